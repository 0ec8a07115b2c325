#!/bin/bash
# Drives the workflow from inside a SLURM job, where the login node is no place for Snakemake:
#   sbatch slurm/driver.sh --configfile config/data/maestro.yaml config/experiments/paper.yaml
# What follows the script goes to Snakemake; options of the job stand before it, such as
# --partition=long --time=2-00:00:00. Ten minutes before its time limit the driver submits nothing
# more; five minutes later it cancels what still runs (trainings save a checkpoint); then it queues
# itself again, with all its options, and goes on. See docs/cluster.md.
#SBATCH --job-name=spiking-music
#SBATCH --cpus-per-task=1
#SBATCH --mem=2G
#SBATCH --time=1-00:00:00
#SBATCH --signal=B:USR1@600
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=results/driver-%j.log
set -um # Snakemake gets a process group of its own, and heeds Ctrl-C's signal

patience=${SPIKING_MUSIC_DRIVER_PATIENCE:-300} # seconds that jobs have after the warning
job=$SLURM_JOB_ID restarts=${SLURM_RESTART_COUNT:-0}
name=driver-$job # its jobs' names begin so
if [ -x .venv/bin/snakemake ]; then PATH=$PWD/.venv/bin:$PATH; fi

folder=. before= # in which Snakemake works, by its last --directory
for each in "$@"; do
  case $before in -d | --directory) folder=$each ;; esac
  case $each in
    --) break ;;
    --directory=*) folder=${each#*=} ;;
    -d?*) folder=${each#-d} ;;
  esac
  before=$each
done
locks=$folder/.snakemake/locks
taken=$folder/.snakemake/locks-of-$name # names those that this job's Snakemake took
held() { find "$locks" -type f -printf '%f %i %T@\n' 2>/dev/null | sort; }
note_locks() { # once Snakemake has taken them: what was not there before
  local before=$1 new=
  while [ -z "$new" ]; do
    sleep 1
    if [ "$taken" -nt "$locks" ]; then continue; fi # none has come or gone since the last look
    touch "$taken"
    new=$(comm -13 <(echo "$before") <(held))
  done
  sleep 1 # there are two, of inputs and of outputs
  comm -13 <(echo "$before") <(held) >"$taken"
}
unlock() { # what an earlier start of this job left locked, and nothing else
  if [ -s "$taken" ]; then comm -12 "$taken" <(held) | while read -r lock _; do rm "$locks/$lock"; done; fi
  rm -f "$taken"
  if [ -n "$(held)" ]; then
    echo "another Snakemake holds locks in this folder, which stay: where it makes the same files, this driver ends"
  fi
}

jobs_left() { squeue --me --noheader --format='%i %j' | awk -v name="${name}_" 'index($2, name) == 1 { print $1 }'; }
warned=no
warn() { # of the time limit
  warned=yes
  kill -TERM "$driven"
  (sleep "$patience" && kill -INT "$driven") 2>/dev/null &
}
trap warn USR1
trap 'kill -INT "$driven"' TERM INT # scancel

# an earlier start of this job may have been lost with its node
if [ "$restarts" -gt 0 ]; then
  echo "start $((restarts + 1)) of this driver"
  jobs_left | xargs --no-run-if-empty scancel
  while [ -n "$(jobs_left)" ]; do sleep 2; done
  unlock
fi

mkdir -p "$folder/.snakemake"
before=$(held)
touch "$taken"
( # what belongs to this job must not reach those that Snakemake submits
  for each in $(compgen -v | grep -E '^(SLURM|SRUN|SBATCH)_' | grep -v '^SLURM_CONF$'); do unset "$each"; done
  exec snakemake --profile slurm --slurm-watched-jobname-prefix "$name" "$@"
) &
driven=$!
note_locks "$before" &
noting=$!
disown "$noting"
code=-1
while kill -0 "$driven" 2>/dev/null; do # a signal ends `wait` early
  wait "$driven"
  code=$?
done
kill -KILL -- "-$noting" 2>/dev/null
rm -f "$taken" # Snakemake has ended and taken its locks along
if [ $warned = no ]; then exit $code; fi
echo "the time limit is near: queued again"
exec scontrol requeue "$job"

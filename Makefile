# Everything runs in .venv, which the first target that needs it makes from requirements.lock.
PYTHON ?= python3.11
CORES ?= 2
BIN := .venv/bin
# one more than cores, as many tests wait for a browser, a server or a clock
PARALLEL := --numprocesses=$(shell expr $(CORES) + 1) --dist=loadfile
RUN := PATH="$(CURDIR)/$(BIN):$$PATH"
LOCKED := test -f dvc.lock || { echo 'error: no results belong to this commit, as it has no dvc.lock:' \
	'make them with `make`, or check out a commit that has one' >&2; exit 1; }

.PHONY: demo check test wheel cluster fresh lint bench pull restore resume clean
.DEFAULT_GOAL := demo

demo: .venv/ready ## the whole pipeline on generated music: models, tables, figures, report
	$(RUN) snakemake --cores $(CORES) efficiency # and all that comes before
	$(RUN) snakemake --cores $(CORES) --report results/demo/report.html efficiency
	@cat results/demo/summary.md
	@echo 'all of it on one page: results/demo/index.html'
	@echo 'to listen: results/demo/listen/index.html'
	@echo 'the listening test: results/demo/listen/test/index.html'

check: lint ## the linters, and the unit tests: minutes
	$(RUN) pytest $(PARALLEL) -m 'not (workflow or browser or cluster or wheel or fresh or slow)'

test: .venv/ready ## all tests but those of `make wheel`, `make cluster` and `make fresh`
	$(RUN) pytest $(PARALLEL) $(addprefix --ignore=tests/,wheel cluster fresh)

wheel: ## wheel and sdist, built, checked and used on every Python that is at hand
	.ci/wheel

cluster: .venv/ready ## the workflow on a real SLURM, which is installed: root on Debian only
	$(RUN) pytest --verbose --durations=0 tests/cluster

fresh: ## what README says on a bare Debian, and the recipes of images: root on Debian only; an hour
	SPIKING_MUSIC_FRESH=full SPIKING_MUSIC_REQUIRE_FRESH=1 .ci/fresh

lint: .venv/ready ## ruff, mypy, snakefmt, snakemake --lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow rules
	$(RUN) snakemake --lint

bench: .venv/ready ## measurements of speed and memory; minutes
	for script in benchmarks/*.py; do PYTHONPATH=. $(BIN)/python "$$script" || exit; done

pull: .venv/ready ## the results of this commit from DVC's remote, and nothing to be done
	@$(LOCKED)
	@test -n "$$($(RUN) dvc config core.remote 2>/dev/null)" || { echo 'error: there is no DVC remote to pull from:' \
		'name one by `dvc remote add --default NAME URL` (docs/reproducibility.md)' >&2; exit 1; }
	$(RUN) dvc fetch
	@$(MAKE) --no-print-directory restore

restore: .venv/ready ## the same from DVC's cache: after git checkout
	@$(LOCKED)
	@$(RUN) dvc checkout --quiet 2>/dev/null || { echo "error: DVC's cache lacks results of this commit:" \
		'`make pull` fetches them, `dvc checkout` says which' >&2; exit 1; }
	$(RUN) dvc status --quiet || { $(RUN) dvc status; exit 1; } # what is not whole is not blessed
	$(RUN) snakemake --cores $(CORES) --touch --forceall --quiet all

resume: .venv/ready ## go on after a kill or a power cut
	$(RUN) snakemake --unlock
	$(RUN) snakemake --cores $(CORES) --rerun-incomplete

clean: ## remove what the demo made
	rm -rf results/demo

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null || { echo \
	'error: the workflow needs Python 3.11 or 3.12, and $(PYTHON) is none: `make PYTHON=python3.12`' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@

# What every rule has: a log, a table of times and memory, and the environment of the package. Memory
# and time are named by rules that need more than the profile of a cluster gives to all.

for each in workflow.rules:
    if each.shellcmd and each.output and each.name not in others:
        name = each.name.replace("_", "-")
        name = "-".join([name, *(f"{{{w}}}" for w in wildcards_in(*each.output))])
        each.log_modifier = each.benchmark_modifier = each.output_modifier
        each.set_log(f"<results>/logs/{name}.log")
        each.benchmark = f"<results>/benchmarks/{name}.tsv"
        each.conda_env = str(root / "envs" / "spiking-music.yaml")


# results of other code are kept, and named with the option that remakes them
if workflow.is_main_process:
    told = stale.note(
        Path(plan.results),
        lambda path: [each.name for each in workflow.rules if each.is_producer(path)],
    )
    if told:
        print(told, file=sys.stderr)

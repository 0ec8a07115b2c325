"""The command `train-tiny` of tests/workflow/warm.py: a run that tests kill and stop."""

import sys
from pathlib import Path

from spiking_music.config import VariantConfig
from spiking_music.training.loop import train


def main() -> None:
    """Arguments: the variant as JSON, the folder, the shards, of which the last is to validate."""
    config, folder, *shards = sys.argv[1:]
    out, clips = Path(folder), [Path(shard) for shard in shards]
    train(
        VariantConfig.model_validate_json(config),
        clips[:-1],
        clips[-1:],
        out / "weights.safetensors",
        out / "log.csv",
        out / "checkpoints",
    )

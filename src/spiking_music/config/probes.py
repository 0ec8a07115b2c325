"""Section of config.yaml about probes."""

from typing import Annotated

from pydantic import Field, field_validator

from spiking_music.config.sections import Count, Positive, Section, Split

Penalty = Annotated[float, Field(gt=0)]


class ProbeConfig(Section):
    """What is told from frozen codes, and by which classifiers (docs/probes.md)."""

    labels: tuple[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")], ...]
    test: Annotated[tuple[Split, ...], Field(min_length=1)]  # splits; `train` fits the probes
    least: Annotated[int, Field(ge=2)]  # train performances of a class
    window: Positive  # latent steps
    mels: Positive  # bands of the features to compare with
    penalties: Annotated[tuple[Penalty, ...], Field(min_length=1)]  # to choose from, L2
    folds: Annotated[int, Field(ge=2)]  # of performances, to choose by
    hidden: Positive  # units of the network
    steps: Positive  # of the network's training, of 64 clips
    seeds: Positive  # networks, whose results are averaged
    shuffles: Count  # linear probes of shuffled labels
    bootstrap: Positive  # resamplings of the 95 % intervals

    @field_validator("test")
    @classmethod
    def _unseen(cls, test: tuple[Split, ...]) -> tuple[Split, ...]:
        if "train" in test:
            raise ValueError("the split that fits the probes cannot test them")
        return test

"""A class that the configuration alone knows is refused, wherever a model depends on its kind."""

from collections.abc import Callable
from typing import Any, Literal

import pytest

from spiking_music.codec.reach import reach
from spiking_music.config import VariantConfig
from spiking_music.config.coding import BinaryConfig, ConformerConfig, EventsConfig, WaveformConfig
from spiking_music.config.decoders import RegressionConfig
from spiking_music.config.models import LevelSparsityConfig
from spiking_music.config.sections import Section
from spiking_music.errors import ConfigError
from spiking_music.model.autoencoder import Autoencoder
from spiking_music.model.bottleneck import make_bottleneck
from spiking_music.training.rate_losses import make_sparsity
from tests.training.conftest import BINARY, CONTEXT, LEVELS, WAVEFORM, tiny


class NewEvents(EventsConfig):
    """Binary codes like any other, as far as the configuration can tell."""

    kind: Literal["new"] = "new"
    units: int = 8

    @property
    def rows(self) -> int:
        return self.units


class NewBackbone(Section):
    kind: Literal["new"] = "new"
    latent: int = 8


class NewContext(Section):
    kind: Literal["new"] = "new"
    reach: int = 0


class NewDecoder(Section):
    kind: Literal["new"] = "new"


class NewSparsity(Section):
    kind: Literal["new"] = "new"
    levels: int = 0


NEW: dict[str, Section] = {
    "bottleneck": NewEvents(),
    "backbone": NewBackbone(),
    "context": NewContext(),
    "decoder": NewDecoder(),
    "sparsity": NewSparsity(),
}


def knowing(part: str) -> VariantConfig:
    """A variant whose `part` is of a class that was added to the configuration and nowhere else."""
    return tiny().model_copy(update={part: NEW[part]})


@pytest.mark.parametrize(
    ("part", "build"),
    [
        ("bottleneck", Autoencoder),
        ("backbone", Autoencoder),
        ("context", Autoencoder),
        ("decoder", Autoencoder),
        ("sparsity", make_sparsity),
        ("backbone", reach),
        ("decoder", reach),
    ],
)
def test_a_class_without_a_branch_is_refused(
    part: str, build: Callable[[VariantConfig], Any]
) -> None:
    with pytest.raises(ConfigError, match=r"the kind 'new' .* has no branch for it") as caught:
        build(knowing(part))
    assert "\n" not in str(caught.value)


def test_a_bottleneck_without_a_branch_is_no_passage() -> None:
    with pytest.raises(ConfigError, match="make_bottleneck has no branch"):
        make_bottleneck(NewEvents(), 8)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("part", "known", "row"),
    [
        ("bottleneck", BinaryConfig, BINARY),
        ("backbone", WaveformConfig, WAVEFORM),
        ("context", ConformerConfig, CONTEXT),
        ("decoder", RegressionConfig, {"kind": "regression"}),
        ("sparsity", LevelSparsityConfig, LEVELS),
    ],
)
def test_a_kin_of_a_known_class_has_its_branch(part: str, known: Any, row: dict[str, Any]) -> None:
    changed = {part: known.model_validate(row)}
    if part == "sparsity":
        changed["context"] = ConformerConfig.model_validate(CONTEXT)
    config = tiny().model_copy(update=changed)
    Autoencoder(config)
    make_sparsity(config)
    reach(config)

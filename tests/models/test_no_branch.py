"""A class that the configuration alone knows is refused: no part is left out in silence."""

from collections.abc import Callable
from typing import Any, Literal

import pytest

from spiking_music.config import VariantConfig
from spiking_music.config.quantizers import EventsConfig
from spiking_music.config.registry import Registry
from spiking_music.config.sections import Section
from spiking_music.errors import ConfigError
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.training.rate_losses import make_sparsity
from tests.training.conftest import tiny


class NewEvents(EventsConfig):
    """Binary codes like any other, as far as the configuration can tell."""

    kind: Literal["new"] = "new"
    units: int = 8

    @property
    def rows(self) -> int:
        return self.units


class NewPart(Section):
    kind: Literal["new"] = "new"
    latent: int = 8
    levels: int = 0


@pytest.mark.parametrize(
    ("part", "new", "build"),
    [
        ("bottleneck", NewEvents(), Autoencoder),
        ("backbone", NewPart(), Autoencoder),
        ("context", NewPart(), Autoencoder),
        ("decoder", NewPart(), Autoencoder),
        ("sparsity", NewPart(), make_sparsity),
    ],
)
def test_a_class_without_a_module_is_refused(
    part: str, new: Section, build: Callable[[VariantConfig], Any]
) -> None:
    with pytest.raises(ConfigError, match=r"knows the \w+ 'new' .* no module") as caught:
        build(tiny().model_copy(update={part: new}))
    assert "\n" not in str(caught.value)


def test_a_class_that_is_registered_without_a_module_is_refused() -> None:
    registry = Registry("bottleneck")

    @registry(module="nowhere:Units")
    class Registered(NewEvents):
        kind: Literal["registered"] = "registered"

    with pytest.raises(ConfigError, match="no module is registered for it as its 'encoder'"):
        registry.build("encoder", Registered())

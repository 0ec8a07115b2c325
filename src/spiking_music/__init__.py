"""spiking-music: event-based compression of piano music."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spiking_music.codec.session import Codec

__version__ = "0.1.0"


def load(path: Path | str | None = None, device: str = "cpu") -> "Codec":
    """The codec of a model folder or a weights file, by default the pretrained one.

    See `spiking_music.codec.session.load`.
    """
    from spiking_music.codec.session import load  # here, as it imports numpy

    return load(path, device)

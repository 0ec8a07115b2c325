"""spiking-music: event-based compression of piano music."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spiking_music.codec.many import Outcome
    from spiking_music.codec.session import Codec

__version__ = "0.1.0"


def load(path: Path | str | None = None, device: str = "cpu") -> "Codec":
    """The codec of a model folder or a weights file, by default the pretrained one.

    See `spiking_music.codec.session.load`.
    """
    from spiking_music.codec.session import load  # here, as it imports numpy

    return load(path, device)


def encode_many(
    recordings: Iterable[tuple[Path | str, Path | str]],
    model: Path | str | None = None,
    jobs: int = 1,
    **options: Any,
) -> "Iterator[Outcome]":
    """Encode pairs of a recording's path and its stream's, in so many processes.

    See `spiking_music.codec.many.encode_many`.
    """
    from spiking_music.codec.many import encode_many

    return encode_many(recordings, model, jobs, **options)

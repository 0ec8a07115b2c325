"""`spiking_music.config`, imported when a verb first needs it: a mistyped path is told sooner."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spiking_music.config import *  # noqa: F403


def __getattr__(name: str) -> Any:
    from spiking_music import config

    return getattr(config, name)

"""The package's codec as the page in the browser has it."""

import shutil
from pathlib import Path

from spiking_music.codec.session import Codec, load
from spiking_music.models.shipped import PRETRAINED, TABLES, WEIGHTS


def plain(folder: Path) -> Codec:
    """The codec whose encoder has the plain quantiser, from a copy of its files in `folder`."""
    for name in (WEIGHTS, TABLES):
        shutil.copy(PRETRAINED / name, folder)
    return load(folder)

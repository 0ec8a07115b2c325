"""A recording that is cut short is seen in a data set, whatever its container."""

from pathlib import Path

import pytest

from spiking_music.audio.recording import stream
from spiking_music.data.sources import _folder_checker
from spiking_music.errors import DataError
from tests.audio.making import made

KINDS = ["wav", "rf64", "w64", "au", "caf", "aiff", "flac", "ogg-vorbis", "ogg-opus", "mp3", "m4a"]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("kept", [0.5, 0.97])
def test_the_check_of_a_folder_and_the_clips_notice(name: str, kept: float, tmp_path: Path) -> None:
    data = made(name)
    path = tmp_path / "1.wav"
    path.write_bytes(data)
    _folder_checker(tmp_path)("", "1.wav")
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(DataError, match="cut short"):
        _folder_checker(tmp_path)("", "1.wav")
    with pytest.raises(DataError, match="cut short"):
        list(stream(path, 22050))

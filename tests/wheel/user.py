"""A program that uses the public API, as its user would write it: `mypy --strict` must pass."""

import io
import sys

import numpy as np
from numpy.typing import NDArray

import spiking_music
from spiking_music.codec.encoding import Wish
from spiking_music.codec.session import Codec, Encoded
from spiking_music.errors import SpikingMusicError


def busiest(events: NDArray[np.void]) -> int:
    """The unit with most events."""
    return int(np.bincount(events["unit"]).argmax())


def main(seconds: float) -> None:
    codec: Codec = spiking_music.load()
    time = np.arange(round(44_100 * seconds)) / 44_100
    sound = 0.1 * np.sin(2 * np.pi * 440 * time)
    stream: bytes = codec.encode(sound, 44_100, kbps=2.0)
    audio: NDArray[np.float32] = codec.decode(stream, original_rate=True)
    assert len(audio) == len(sound)
    events = codec.events(stream)
    unit = codec.units[busiest(events)]
    print(spiking_music.__version__, codec.sample_rate, unit["hz"], events["time"].max())
    again: NDArray[np.float32] = codec.synthesize(events)
    assert np.array_equal(again, codec.decode(stream))
    file = io.BytesIO()
    done: Encoded = codec.write([audio], 44_100, file, Wish(level=12))
    file.seek(0)
    pieces = list(codec.read(file, start=0.1))
    assert sum(map(len, pieces)) < done.samples
    try:
        codec.decode(b"no stream")
    except SpikingMusicError as error:
        print(error)


if __name__ == "__main__":
    main(float(sys.argv[1]))

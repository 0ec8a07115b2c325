"""The codec as one uses it: waveforms or blocks of samples ↔ `.spk` streams.

codec = spiking_music.load()  # the pretrained model, or load("results/demo/models/free")
stream = codec.encode(waveform, 44100)  # bytes
audio = codec.decode(stream)  # (n,) float32 at 22 050 Hz
events = codec.events(stream)  # times in seconds, and units
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking_music.audio.mixing import resampled
from spiking_music.codec import events as event_lists
from spiking_music.codec import given
from spiking_music.codec import samples as streams
from spiking_music.codec.decoded import Decoding
from spiking_music.codec.delay import layout
from spiking_music.codec.encoding import BlockEncoder, Missed, Wish
from spiking_music.codec.events import Coding, EventReader, Events
from spiking_music.codec.live import Decoder, Encoder
from spiking_music.codec.model_folder import CodecModel, load_model
from spiking_music.codec.stream import (
    CompactHeader,
    CompactWriter,
    StreamWriter,
    open_stream,
)
from spiking_music.codec.units import units
from spiking_music.errors import CodeError

Samples = streams.Samples


@dataclass(frozen=True)
class Encoded:
    """What became of a recording: `samples` at the codec's rate; `missed` by rate control;
    `reached`: SI-SNR in dB of the blocks, where a bound of it was asked for."""

    samples: int
    original_samples: int
    missed: Missed | None
    reached: tuple[float, ...] = ()


class Codec:
    """A trained model as a codec; see `load`."""

    def __init__(self, model: CodecModel) -> None:
        self.model = model

    @property
    def sample_rate(self) -> int:
        """Hz of what is decoded."""
        return self.model.config.signal.sample_rate

    def encode(
        self,
        waveform: ArrayLike,
        sample_rate: float,
        level: int | None = None,
        kbps: float | None = None,
        min_si_snr: float | None = None,
        format: str = "best",
        robust: bool = False,
        delay: float | None = None,
    ) -> bytes:
        """A waveform (channels, n) or (n,) of floats, full scale = 1, any rate → a stream.

        Arrays, torch tensors and lists will do. Channels are mixed to one. A model with levels
        takes one of `level`, `kbps` and `min_si_snr` (see `Wish`; the package's has a level for
        those who give none), others none. `robust`: a stream of version 1, whose header can be
        restored. `delay`: seconds, from 0.5 on, after which a decoder can make sound of what goes
        in (docs/codec.md); else blocks are as long as the model's. Raises `DataError` where the
        waveform cannot be used, `CodeError` where the model cannot do what is asked for.
        """
        mono = given.mono(waveform)
        file = io.BytesIO()
        wish = Wish(level, kbps, min_si_snr)
        self.write(streams.chunks(mono), sample_rate, file, wish, format, robust, delay)
        return file.getvalue()

    def decode(
        self,
        stream: bytes,
        start: float = 0.0,
        duration: float | None = None,
        original_rate: bool = False,
        salvage: bool = False,
    ) -> Samples:
        """The recording of a stream, (n,): as many samples as were encoded, at 22 050 Hz.

        `start` and `duration` (seconds) select a section. `original_rate`: at the rate, and with
        the number of samples, that the recording had. `salvage`: blocks that are damaged become
        silence. Raises `CodeError` where the stream is damaged or made by another model.
        """
        pieces = self.read(given.stream(stream), start, duration, original_rate, salvage)
        return np.concatenate(list(pieces))

    @property
    def units(self) -> NDArray[np.void]:
        """What the units are, (N,), as `codec.units.units` says; `CodeError` for RVQ (*ours*)."""
        return units(self.model.config)

    def events(
        self,
        source: bytes | ArrayLike,
        sample_rate: float | None = None,
        level: int | None = None,
        kbps: float | None = None,
        min_si_snr: float | None = None,
    ) -> Events:
        """The events (*ours*) of a stream, or of a waveform that is encoded first, as by `encode`.

        Structured (n,), by time: `time` (float64), the centre of a frame in seconds of the
        recording, and `unit` (int32), a row of `units`. `coding` of it is what events do not say.
        Raises as `encode` and `decode` do, `CodeError` for RVQ, which has no events.
        """
        if sample_rate is not None:
            source = self.encode(source, sample_rate, level, kbps, min_si_snr)
        elif not isinstance(source, bytes | bytearray | memoryview):
            raise CodeError(
                "events are those of a stream, or of a waveform whose sample rate is given: "
                "events(waveform, 44100)"
            )
        elif (level, kbps, min_si_snr) != (None, None, None):
            raise CodeError("a stream has its levels: give level, kbps or min_si_snr to encode it")
        return event_lists.gathered(self.read_events(given.stream(source)))

    def synthesize(
        self,
        events: ArrayLike,
        samples: int | None = None,
        level: int | None = None,
        coding: Coding | None = None,
    ) -> Samples:
        """The sound of events (*ours*), (n,) float32: of `events`, also where they were edited.

        `synthesize(events(stream))` is `decode(stream)`. events: structured, with fields `time` (s)
        and `unit`, in any order; a time means the frame that it lies in, and an event that is there
        twice counts once. samples: how many to make, else those of the recording, or to the end of
        the last frame. coding: lengths, levels and gains, else those of the events where they have
        them; blocks beyond take the last level and no gain. level: μ of all blocks, instead.

        Raises `DataError` for what are no events of the model, or lie beyond the end, `CodeError`
        where the model needs a level and none is known.
        """
        samples, level = given.whole("samples", samples), given.whole("level", level)
        stream = event_lists.stream_of(self.model, events, samples, level, coding)
        return self.decode(stream)

    def write(
        self,
        pieces: Iterable[Samples],
        sample_rate: float,
        file: BinaryIO,
        wish: Wish,
        format: str = "best",
        robust: bool = False,
        delay: float | None = None,
        live: bool = False,
    ) -> Encoded:
        """Encode mono pieces (n,) of a recording to a file that may be a pipe; errors as `encode`.

        Needs memory for a few blocks, however long the recording is. live: each block is written as
        soon as it can be, instead of some at a time, which is faster for models in torch.
        """
        given.require_file(file, "write")
        format, wish = given.text("a format", format), _checked(wish)
        sample_rate, pieces = given.rate(sample_rate), given.pieces(pieces)
        delay, robust = given.number("a delay", delay), given.flag("robust", robust)
        plan = layout(self.model, sample_rate, delay, robust)
        header = plan.header
        writer: StreamWriter | CompactWriter
        if isinstance(header, CompactHeader):
            writer = CompactWriter(file, header, self.model.coder, format)
        else:
            writer = StreamWriter(file, header, self.model.coder, format)
        encoder = BlockEncoder(self.model, plan, wish, writer, live)
        original, own = streams.Tally(), streams.Tally()
        at_rate = resampled(original.count(pieces), sample_rate, header.sample_rate)
        counted = own.count(streams.at_least_one(at_rate, original))
        with writer:
            for block in encoder.blocks(streams.filled(counted, header.hop)):
                writer.write(block)
                file.flush()
            writer.finish(own.samples, original.samples)
        return Encoded(own.samples, original.samples, encoder.missed, tuple(encoder.reached))

    def read(
        self,
        file: BinaryIO,
        start: float = 0.0,
        duration: float | None = None,
        original_rate: bool = False,
        salvage: bool = False,
        live: bool = False,
    ) -> Decoding:
        """Decode from a file that may be a pipe; arguments and errors as for `decode`.

        Needs memory for a few blocks, however long the recording is; where the file can be sought,
        what is before `start` is not decoded. live: all sound comes as soon as it can, instead of
        some blocks at a time.
        """
        given.require_file(file, "read")
        start = given.seconds("start", start) or 0.0
        duration = given.seconds("duration", duration)
        original_rate = given.flag("original_rate", original_rate)
        salvage = given.flag("salvage", salvage)
        reader = open_stream(file, self.model.known, self.model.coder)
        return Decoding(self.model, reader, start, duration, original_rate, salvage, live)

    def encoder(
        self,
        sample_rate: float,
        level: int | None = None,
        kbps: float | None = None,
        min_si_snr: float | None = None,
        format: str = "best",
        robust: bool = False,
        delay: float | None = None,
    ) -> Encoder:
        """What encodes a recording that comes piece by piece; arguments and errors as `encode`."""
        wish = _checked(Wish(level, kbps, min_si_snr)).settled(self.model.config)
        layout(self.model, given.rate(sample_rate), given.number("a delay", delay), robust)
        return Encoder(
            lambda pieces, file: self.write(
                pieces, sample_rate, file, wish, format, robust, delay, live=True
            )
        )

    def decoder(self, original_rate: bool = False, salvage: bool = False) -> Decoder:
        """What decodes a stream that comes piece by piece; arguments and errors as `decode`."""
        original_rate, salvage = given.flag("original_rate", original_rate), bool(salvage)
        return Decoder(
            lambda file: self.read(file, original_rate=original_rate, salvage=salvage, live=True)
        )

    def read_events(
        self, file: BinaryIO, start: float = 0.0, duration: float | None = None
    ) -> EventReader:
        """The events of a stream, or of a section in seconds, block by block; see `events`."""
        given.require_file(file, "read")
        start = given.seconds("start", start) or 0.0
        duration = given.seconds("duration", duration)
        reader = open_stream(file, self.model.known, self.model.coder)
        return EventReader(self.model, reader, start, duration)


def _checked(wish: object) -> Wish:
    """The wish in plain numbers; `CodeError` where it is none."""
    if not isinstance(wish, Wish):
        raise CodeError(f"what is wished for is a Wish, not {type(wish).__name__}")
    return Wish(
        given.whole("level", wish.level),
        given.number("kbps", wish.kbps),
        given.number("min_si_snr", wish.min_si_snr),
    )


def load(path: Path | str | None = None, device: str = "cpu") -> Codec:
    """The codec of a model folder, or of a weights file with its tables beside it.

    Without a path, the MDCT codec that comes with the package; `rvq`, `free`, `sparse` and
    `mu-sparse` are the package's models of Lisboa & Bellec 2024.

    Raises `CodeError` where it is missing, damaged or no codec, `ConfigError` where there is no
    such device.
    """
    device = given.text("a device", device)
    try:
        return Codec(load_model(given.path(path), device))
    except OSError as error:
        raise CodeError(f"no model can be read at '{path}' ({error.strerror})") from None

"""Coverage-guided fuzzing of streams: `python -m tests.fuzz.fuzz_stream CORPUS [libFuzzer flags]`.

Every input is read, salvaged and summed up, from a file and from a pipe: as it is, and once more
with its checksums made right, so that the search gets beyond them. Entropy-coded payloads go to a
model's coder where a stream has its shape, to a stand-in elsewhere. Anything but `CodeError` is a
finding, which libFuzzer writes to a file: put it into tests/fuzz/regressions.
"""

import io
import sys

import atheris

INCLUDED = ["spiking_music.codec", "tests.codec.stream.examples"]
COMPILED = ["codec.entropy.adaptive", "codec.entropy.learned"]
COMPILED += ["rangecoder.binary_code", "rangecoder.compiled", "rangecoder.probabilities"]
COMPILED = [f"spiking_music.{name}" for name in COMPILED]

with atheris.instrument_imports(INCLUDED, COMPILED):  # numba cannot compile instrumented code
    from benchmarks.mutation_kinds import repair
    from benchmarks.mutations import Pipe, coder_of, coders

    from spiking_music.codec.stream import Block, StreamReader, summary
    from spiking_music.errors import CodeError
    from tests.codec.stream.examples import RunLengths


def consume(data: bytes, pipe: bool) -> None:
    """Use every way there is to read a stream."""
    kind = Pipe if pipe else io.BytesIO
    for method in ("blocks", "salvage"):
        try:
            reader = StreamReader(kind(data))
            reader.coder = coder_of(reader.header) or RunLengths(reader.header)
            for item in getattr(reader, method)():
                if isinstance(item, Block):
                    assert item.codes.shape[0] == reader.header.rows
                    assert item.codes.shape[1] <= reader.header.block_steps
        except CodeError:
            pass
    try:
        told = summary(kind(data))
        assert told.total_bytes == len(data), "a stream was read whole, but has other bytes"
        assert len(list(StreamReader(kind(data)).frames(len(told.blocks) - 1))) == 1
    except CodeError:
        pass


def test_one_input(data: bytes) -> None:
    for stream in (data, repair(data)):
        consume(stream, pipe=False)
        consume(stream, pipe=True)


if __name__ == "__main__":
    coders()  # fitted now, not inside a limit of time
    atheris.Setup(sys.argv, test_one_input)
    atheris.Fuzz()

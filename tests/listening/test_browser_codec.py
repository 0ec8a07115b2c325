"""The codec in JavaScript: events equal to Python's, samples close to them, errors told."""

import base64
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from spiking_music.codec.session import Codec, load
from spiking_music.codec.stream import StreamReader, summary
from spiking_music.listening.bundle import bundled
from spiking_music.listening.codec_page import CODEC
from tests.conftest import ROOT
from tests.listening.javascript import DECODE, JavaScript, differences, floats, model
from tests.listening.plain import plain

RATE = 22050
VECTORS = ROOT / "tests" / "codec" / "stream" / "vectors"
CLOSE = 1e-3  # of samples; they are to 1e-6 on one machine
ENCODE = """
const codec = codecOf(argument);
return argument.wavs.map((wav) => {
  const blocks = codec.encoder.stream(modules["codec/wav"].readWav(bytesOf(wav)), argument.wish);
  let step;
  do { step = blocks.next(); } while (!step.done);
  return base64(step.value);
});
"""


@pytest.fixture(scope="module")
def codec() -> Codec:
    return load()


@pytest.fixture(scope="module")
def packed() -> dict[str, bytes]:
    return model()


@pytest.fixture
def javascript(tmp_path: Path) -> JavaScript:
    return JavaScript(tmp_path)


def wav(audio: NDArray, rate: int, subtype: str = "FLOAT") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, audio, rate, subtype, format="WAV")
    return file.getvalue()


def excerpts(piano: NDArray, count: int) -> list[NDArray]:
    """Parts of the piece of many lengths, some of them louder than full scale or hardly there."""
    draw = np.random.default_rng(5)
    sizes = draw.integers(1, 3 * RATE, count)
    starts = [draw.integers(0, len(piano) - size) for size in sizes]
    gains = 10.0 ** draw.uniform(-3, 1, count)
    return [
        gain * piano[start : start + size]
        for start, size, gain in zip(starts, sizes, gains, strict=True)
    ]


def test_streams_of_all_kinds_decode_to_the_same(
    codec: Codec, packed: dict[str, bytes], javascript: JavaScript, piano: NDArray
) -> None:
    levels = [0, 1, 3, 5, 8, 10, 12, 16, 20, 24, 28, 31]
    cuts = excerpts(piano, 20)
    streams = [codec.encode(x, RATE, level=levels[i % 12]) for i, x in enumerate(cuts)]
    formats = ("dense", "coo", "time", "units", "entropy")
    streams += [codec.encode(piano[:30000], RATE, 16, format=format) for format in formats]
    streams.append(codec.encode(np.zeros(5), 8000))
    streams.append(codec.encode(np.random.default_rng(0).uniform(-2, 2, 99999), 44100, level=0))
    found = javascript.run(DECODE, streams=streams, **packed)
    assert differences(codec, streams, found) < CLOSE


def test_levels_that_change_from_block_to_block(
    codec: Codec, packed: dict[str, bytes], javascript: JavaScript, piano: NDArray
) -> None:
    stream = codec.encode(piano * np.linspace(0, 1, len(piano)) ** 4, RATE, kbps=1.2)
    known = codec.model.known
    assert len({block.level for block in summary(io.BytesIO(stream), known).blocks}) > 1
    found = javascript.run(DECODE, streams=[stream], **packed)
    assert differences(codec, [stream], found) < CLOSE


def test_it_encodes_as_python_does(
    packed: dict[str, bytes], javascript: JavaScript, piano: NDArray, tmp_path: Path
) -> None:
    """Nearly all events, as both round differently; and of equal events, equal bytes."""
    codec = plain(tmp_path)
    cuts = [np.float32(x) for x in (piano[:200_000], 3 * piano[:50_000], np.zeros(7))]
    made = javascript.run(ENCODE, wavs=[wav(x, RATE) for x in cuts], wish={"level": 10}, **packed)
    for audio, text in zip(cuts, made, strict=True):
        stream = base64.b64decode(text)
        own, expected = codec.events(stream), codec.events(codec.encode(audio, RATE, level=10))
        shared = np.intersect1d(np.asarray(own), np.asarray(expected))
        assert len(shared) >= 0.999 * max(len(own), len(expected))
        reader = StreamReader(io.BytesIO(stream), codec.model.coder)
        again = [codec.model.coder.encode(block.codes) for block in reader.blocks()]
        written = [frame.payload for frame in reader.frames() if frame.format == "entropy"]
        assert written == again[: len(written)]
        assert reader.trailer.original_samples == len(audio)


def test_a_bit_rate_is_kept_with_the_best_level(
    codec: Codec, packed: dict[str, bytes], javascript: JavaScript, piano: NDArray
) -> None:
    (text,) = javascript.run(
        ENCODE, wavs=[wav(piano[:180_000], RATE, "PCM_16")], wish={"kbps": 1.1}, **packed
    )
    frames = list(StreamReader(io.BytesIO(base64.b64decode(text))).frames())
    expected = codec.encode(piano[:180_000], RATE, kbps=1.1, robust=True)
    levels = [frame.level for frame in StreamReader(io.BytesIO(expected)).frames()]
    assert np.abs(np.subtract([frame.level for frame in frames], levels)).max() <= 1
    assert len(base64.b64decode(text)) * 8 / 1000 / (180_000 / RATE) <= 1.1


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_other_rates_are_resampled(javascript: JavaScript, piano: NDArray, rate: int) -> None:
    audio = soxr.resample(piano[: 4 * RATE], RATE, rate).astype(np.float32)
    body = """
    const samples = new Float32Array(bytesOf(argument.audio).buffer);
    return numbers(modules["codec/resampling"].resampled(samples, argument.rate, 22050));
    """
    found = floats(javascript.run(body, audio=audio.tobytes(), rate=rate))
    expected = soxr.resample(audio, rate, RATE)
    assert len(found) == int(len(audio) * RATE / rate + 0.5)
    assert np.square(found - expected).sum() < 1e-5 * np.square(expected).sum()


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_wav_files_are_read(javascript: JavaScript, piano: NDArray, subtype: str) -> None:
    stereo = np.stack([piano[:3000], -0.5 * piano[1000:4000]], axis=1)
    body = """
    const { rate, samples } = modules["codec/wav"].readWav(bytesOf(argument.wav));
    return [rate, numbers(samples)];
    """
    file = wav(stereo, 32000, subtype)
    rate, text = javascript.run(body, wav=file)
    expected, _ = soundfile.read(io.BytesIO(file))
    assert rate == 32000
    np.testing.assert_allclose(floats(text), expected.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda s: s[:60], "ends within block 0"),
        (lambda s: s[:100] + bytes([s[100] ^ 1]) + s[101:], "Block 0 of the stream is damaged"),
        (lambda s: s[:20] + bytes([s[20] ^ 1]) + s[21:], "header of the stream is damaged"),
        (lambda s: s[:-1] + bytes([s[-1] ^ 1]), "as a whole is damaged"),
        (lambda s: s + b"x", "follow the end"),
        (lambda s: b"RIFF" + s, "no .spk stream"),
        (lambda s: s[:8] + b"\x07" + s[9:], "version 7"),
    ],
)
def test_damage_is_told_in_a_sentence(
    codec: Codec, javascript: JavaScript, piano: NDArray, damage: Any, words: str
) -> None:
    body = """
    const { StreamError } = modules["codec/errors"];
    try {
      modules["codec/stream"].readStream(bytesOf(argument.stream), argument.config);
    } catch (error) {
      return error instanceof StreamError ? error.message : `a bug: ${error}`;
    }
    """
    stream = damage(codec.encode(piano[:9000], RATE, robust=True))
    said = javascript.run(body, stream=stream, config={})
    assert words in said
    assert "bug" not in said


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.spk")), ids=lambda path: path.stem)
def test_vectors_are_read(javascript: JavaScript, path: Path) -> None:
    """Fields and payloads of all that has binary codes, of either version."""
    expected = json.loads(path.with_suffix(".json").read_text())
    head = expected["header"]
    if head["kind"] != "binary":
        pytest.skip("the page decodes events only")
    layout, rate = {"rows": head["rows"]}, head["sample_rate"]
    shape = {"layout": layout, "sampleRate": rate, "hop": head["hop"]}
    config = {**shape, "fingerprint": head["fingerprint"]}
    body = """
    const stream = modules["codec/stream"].readStream(bytesOf(argument.stream), argument.config);
    const { unpackPlain, PLAIN } = modules["codec/formats"];
    const rows = argument.config.layout.rows;
    return [stream.trailer, stream.frames.map((frame) => [
      frame.steps, frame.level, frame.gain,
      frame.format > 3 ? null : [...unpackPlain(
        frame.payload, PLAIN[frame.format], rows, frame.steps, frame.events)]])];
    """
    trailer, frames = javascript.run(body, stream=path.read_bytes(), config=config)
    assert trailer["samples"] == expected["trailer"]["samples"]
    assert trailer["originalSamples"] == expected["trailer"]["original_samples"]
    for (steps, level, gain, z), block in zip(frames, expected["blocks"], strict=True):
        known = 255 if block["level"] is None else block["level"]
        assert (steps, level, gain) == (block["steps"], known, pytest.approx(block["gain"]))
        assert z is None or z == np.ravel(block["codes"]).tolist()


def test_a_stream_of_another_model_is_refused(
    packed: dict[str, bytes], javascript: JavaScript, piano: NDArray
) -> None:
    body = "try { decoded(codecOf(argument), argument.stream); } catch (e) { return e.message; }"
    said = javascript.run(body, stream=load("free").encode(piano[:9000], RATE), **packed)
    assert "another model" in said


def test_the_kernels_are_those_of_their_text(tmp_path: Path) -> None:
    if shutil.which("wat2wasm") is None:
        pytest.skip("wat2wasm, of Debian's package wabt, is not at hand: run tests/install.sh")
    made = tmp_path / "kernels.wasm"
    subprocess.run(["wat2wasm", CODEC / "kernels.wat", "-o", made], check=True)
    assert made.read_bytes() == (CODEC / "kernels.wasm").read_bytes()


def test_a_bundle_has_each_module_once_and_before_its_users(tmp_path: Path) -> None:
    texts = {
        "a": 'import { b } from "b";\nimport { c } from "c";\nconst x = b + c;\n',
        "b": 'import { c } from "c";\nexport const b = c + 1;\nconst x = 1;\n',
        "c": "export const c = 1;\nconst x = 1;\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.js").write_text(text)
    modules = {name: tmp_path / f"{name}.js" for name in "abc"}
    script = bundled(modules, "a")
    assert [script.index(f'modules["{name}"] = ') for name in "cba"] == sorted(
        script.index(f'modules["{name}"] = ') for name in "abc"
    )
    assert "import" not in script
    with pytest.raises(KeyError):
        bundled({"a": modules["a"]}, "a")

"""Headers that real programs write and that decoders misread; and files that were joined."""

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from spiking_music.errors import DataError
from tests.audio.making import SAMPLES, made, read

PCM = (np.random.default_rng(1).uniform(-0.3, 0.3, 5001) * 32767).astype("<i2").tobytes()
ID3 = b"ID3\x04\0\0\0\0\x01\0" + bytes(128)
ID3V1 = b"TAG" + bytes(125)
APE = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0) + bytes(8)


def chunk(name: bytes, content: bytes, padded: bool = True) -> bytes:
    pad = b"\0" if padded and len(content) % 2 else b""
    return name + struct.pack("<I", len(content)) + content + pad


def wav(
    data: bytes,
    *,
    magic: bytes = b"RIFF",
    before: bytes = b"",
    size: int | None = None,
    bits: int = 16,
    frame: int = 2,
) -> bytes:
    """A mono WAV, its `size` in the header as told."""
    layout = struct.pack("<HHIIHH", 1, 1, 44100, 44100 * frame, frame, bits)
    size = len(data) if size is None else size
    body = b"WAVE" + before + chunk(b"fmt ", layout) + b"data" + struct.pack("<I", size) + data
    return magic + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("magic", [b"RF64", b"BW64"])
@pytest.mark.parametrize("told", [len(PCM), 0, 2**64 - 1])
def test_wide_headers(magic: bytes, told: int, tmp_path: Path) -> None:
    ds64 = chunk(b"ds64", struct.pack("<QQQI", 0, told, 0, 0))
    found = read(wav(PCM, magic=magic, before=ds64, size=0xFFFFFFFF), tmp_path)
    np.testing.assert_array_equal(found, np.frombuffer(PCM, "<i2") / np.float32(32768))
    assert len(read(wav(PCM, magic=magic, before=ds64), tmp_path)) == 5001


def test_a_chunk_of_odd_size_without_padding_is_passed(tmp_path: Path) -> None:
    data = wav(PCM, before=chunk(b"JUNK", b"abc", padded=False))
    assert len(read(data, tmp_path)) == 5001


def test_samples_of_24_bits_in_four_bytes(tmp_path: Path) -> None:
    samples = np.frombuffer(PCM, "<i2").astype("<i4") << 16
    found = read(wav(samples.tobytes(), bits=24, frame=4), tmp_path)
    np.testing.assert_allclose(found, samples / 2**31, atol=1e-7)


@pytest.mark.parametrize("missing", [2, 2000])
@pytest.mark.parametrize("name", ["wav", "rf64", "au", "w64"])
def test_samples_that_the_header_does_not_count_are_noticed(
    name: str, missing: int, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="bytes follow its samples"):
        read(made(name) + os.urandom(missing), tmp_path)
    for tail in (bytes(300), ID3V1):
        assert len(read(made(name) + tail, tmp_path)) == SAMPLES


@pytest.mark.parametrize("name", ["wav", "aiff", "wma", "tta", "voc", "nist", "avr", "8svx"])
def test_joined_files_of_kinds_that_are_not_chained_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        read(made(name) * 2, tmp_path)


def test_a_wav_of_odd_size_and_another_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="more samples follow at byte"):
        read(wav(PCM + b"\0", bits=8, frame=1) + wav(PCM), tmp_path)


@pytest.mark.parametrize("name", ["m4a", "m4a-alac", "mp4-opus", "mov", "webm", "mkv"])
def test_joined_containers_are_read_one_after_the_other(name: str, tmp_path: Path) -> None:
    once = read(made(name), tmp_path)
    np.testing.assert_array_equal(read(made(name) * 2, tmp_path), np.concatenate([once, once]))


@pytest.mark.parametrize("name", ["mp3-snd", "flac"])
def test_joined_files_may_have_tags(name: str, tmp_path: Path) -> None:
    data = ID3 + made(name) + APE + ID3V1
    assert len(read(data, tmp_path)) == SAMPLES
    assert len(read(data + data, tmp_path)) == 2 * SAMPLES


@pytest.mark.parametrize("name", ["wv", "tta"])
def test_tags_behind_the_blocks_are_no_blocks(name: str, tmp_path: Path) -> None:
    assert len(read(made(name) + ID3V1, tmp_path)) == SAMPLES


@pytest.mark.parametrize("change", [-3000, -1])
def test_a_flac_that_counts_too_few_samples_is_read_whole(change: int, tmp_path: Path) -> None:
    data = bytearray(made("flac"))
    total = int.from_bytes(data[21:26]) + change
    data[21:26] = total.to_bytes(5)
    assert len(read(bytes(data), tmp_path)) == SAMPLES


def test_opus_that_tells_no_rate_is_decoded_at_48_khz(tmp_path: Path) -> None:
    from spiking_music.audio.containers.ogg import check_sum

    data = bytearray(made("ogg-opus"))
    size = 28 + data[27]
    data[40:44] = bytes(4)
    data[22:26] = bytes(4)
    data[22:26] = struct.pack("<I", check_sum(bytes(data[:size])))
    np.testing.assert_array_equal(read(bytes(data), tmp_path), read(made("ogg-opus"), tmp_path))


@pytest.mark.parametrize("duration", [0, 5000, 0xFFFFFFFF])
def test_the_samples_of_an_mp4_count_and_not_what_its_track_says(
    duration: int, tmp_path: Path
) -> None:
    data = bytearray(made("m4a"))
    at = data.index(b"mdhd") + 20
    data[at : at + 4] = struct.pack(">I", duration)
    assert len(read(bytes(data), tmp_path)) == SAMPLES


@pytest.mark.parametrize("kind", [b"ulaw", b"alaw"])
def test_aiff_c_may_tell_the_bits_of_what_is_decoded(kind: bytes, tmp_path: Path) -> None:
    common = struct.pack(">hIh", 1, 4000, 16) + b"\x40\x0e\xac\x44" + bytes(6) + kind + b"\0\0"
    sound = b"SSND" + struct.pack(">I", 4008) + bytes(8) + os.urandom(4000)
    body = b"AIFCCOMM" + struct.pack(">I", len(common)) + common + sound
    assert len(read(b"FORM" + struct.pack(">I", len(body)) + body, tmp_path)) == 4000


def test_a_table_of_mp3_that_tells_nothing(tmp_path: Path) -> None:
    data = made("mp3-snd")
    at = data.index(b"Info" if b"Info" in data else b"Xing")
    none = data[: at + 8] + bytes(4) + data[at + 12 :]
    assert len(read(none, tmp_path)) >= SAMPLES
    unnamed = data[: at + 120] + b"GOGO" + data[at + 124 :]
    assert len(read(unnamed, tmp_path)) >= SAMPLES


def test_nms_adpcm_in_wav(tmp_path: Path) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(6000), 8000, "NMS_ADPCM_32", format="WAV")
    assert len(read(file.getvalue(), tmp_path)) >= 6000

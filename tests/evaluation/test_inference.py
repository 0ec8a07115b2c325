"""Codes as a file: what is in it, equal bytes, and refusal of what does not belong together."""

import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import CodeError, ConfigError, DataError, OutputError
from spiking_music.evaluation.codes_file import MANY, open_codes, pictured
from spiking_music.evaluation.inference import decode_batch, encode_split, require_origin
from spiking_music.models.weights import load_weights
from tests.conftest import full_disk
from tests.evaluation.conftest import (
    CODEBOOKS,
    HOP,
    LEVEL,
    MELS,
    SAMPLES,
    SIZE,
    UNITS,
    Model,
    Split,
    write_split,
)

STEPS = SAMPLES // HOP


def test_binary_codes(free: Model, split: Split, free_codes: Path) -> None:
    with h5py.File(free_codes) as file:
        codes = file["codes"][:]
        attributes = dict(file.attrs)
        assert file["codes"].chunks == (1, UNITS, STEPS)
    assert codes.shape == (5, UNITS, STEPS)
    assert codes.dtype == np.uint8
    assert set(np.unique(codes)) == {0, 1}
    assert attributes.pop("weights").isalnum()
    assert attributes == {
        "kind": "binary",
        "codebook_size": 1,
        "level": -1,
        "variant": "free",
        "hop": HOP,
        "sample_rate": 22050,
        "layout": "",
    }
    model, _ = load_weights(free.weights)
    for clip, z in zip(Clips(split.clips), codes, strict=True):
        np.testing.assert_array_equal(model.encode(clip[None, None])[0], z)


def test_rvq_codes(rvq_codes: Path) -> None:
    with open_codes(rvq_codes) as coded:
        assert (len(coded), coded.rows, coded.steps) == (5, CODEBOOKS, STEPS)
        assert coded.seconds == pytest.approx(SAMPLES / 22050)
        assert (coded.origin.kind, coded.origin.codebook_size) == ("rvq", SIZE)
        batches = list(coded.batches(3))
    assert [len(batch) for batch in batches] == [3, 2]
    codes = np.concatenate(batches)
    assert codes.dtype == np.uint16
    assert 0 < codes.max() < SIZE


def test_codes_at_a_level_are_coded_and_decoded_at_it(
    mu_sparse: Model, split: Split, mu_codes: Path, tmp_path: Path
) -> None:
    model, _ = load_weights(mu_sparse.weights)
    x, mu = Clips(split.clips)[0][None, None], torch.tensor([LEVEL])
    with open_codes(mu_codes) as coded:
        assert coded.origin.level == LEVEL
        require_origin(coded, mu_sparse.weights, mu_sparse.config)
        z = next(coded.batches(1))
    np.testing.assert_array_equal(z, model.encode(x, mu))
    y = decode_batch(model, z, LEVEL)
    np.testing.assert_array_equal(y, model.decode(torch.from_numpy(z), mu)[:, 0])
    encode_split(mu_sparse.weights, split.clips, tmp_path / "other.h5", 2, 0)
    with open_codes(tmp_path / "other.h5") as coded:
        require_origin(coded, mu_sparse.weights, mu_sparse.config)
        assert (next(coded.batches(1)) != z).any()
        assert (decode_batch(model, z, 0) != y).any()


def test_clips_take_turns_at_several_levels_for_entropy_tables_alone(
    mu_sparse: Model, free: Model, split: Split, free_codes: Path, tmp_path: Path
) -> None:
    model, _ = load_weights(mu_sparse.weights)
    encode_split(mu_sparse.weights, split.clips, tmp_path / "turns.h5", 2, 0, 31, 16)
    with open_codes(tmp_path / "turns.h5") as coded:
        (z,) = coded.batches(5)
        assert coded.origin.level == -2
        with pytest.raises(CodeError, match="level -2"):  # no decoder knows which had which
            require_origin(coded, mu_sparse.weights, mu_sparse.config)
    for clip, level in enumerate([0, 31, 16, 0, 31]):
        x = Clips(split.clips)[clip][None, None]
        np.testing.assert_array_equal(z[clip : clip + 1], model.encode(x, torch.tensor([level])))
    with pytest.raises(ConfigError, match="not 32"):
        encode_split(mu_sparse.weights, split.clips, tmp_path / "out.h5", 2, 0, 32)
    encode_split(free.weights, split.clips, tmp_path / "free.h5", 2, 0, 31, 16)
    assert (tmp_path / "free.h5").read_bytes() == free_codes.read_bytes()


def test_a_level_that_the_model_lacks_is_refused(
    mu_sparse: Model, split: Split, mu_codes: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"has levels 0\.\.31, not 32: change `level` and"):
        encode_split(mu_sparse.weights, split.clips, tmp_path / "out.h5", 2, 32)
    changed = tmp_path / "changed.h5"
    shutil.copy(mu_codes, changed)
    with h5py.File(changed, "r+") as file:
        file.attrs["level"] = 40
    with open_codes(changed) as coded, pytest.raises(CodeError, match="level 40"):
        require_origin(coded, mu_sparse.weights, mu_sparse.config)


def test_a_mel_spectrogram_is_kept_as_it_is(mel: Model, split: Split, mel_codes: Path) -> None:
    model, _ = load_weights(mel.weights)
    with open_codes(mel_codes) as coded:
        require_origin(coded, mel.weights, mel.config)
        assert (coded.origin.kind, coded.rows, coded.steps) == ("mel", MELS, STEPS)
        batches = list(coded.batches(2))
    assert batches[0].dtype == np.float32
    x = torch.stack([Clips(split.clips)[i] for i in range(2)])[:, None]
    np.testing.assert_array_equal(batches[0], model.encode(x))
    assert decode_batch(model, batches[0], -1).shape == (2, SAMPLES)


def test_equal_inputs_give_equal_bytes_at_any_batch_size(
    free: Model, split: Split, free_codes: Path, tmp_path: Path
) -> None:
    encode_split(free.weights, split.clips, tmp_path / "again.h5", 5, LEVEL)
    assert (tmp_path / "again.h5").read_bytes() == free_codes.read_bytes()


def test_a_full_disk_is_one_sentence_and_no_file(
    free: Model, split: Split, free_codes: Path, tmp_path: Path
) -> None:
    for room in (100, free_codes.stat().st_size - 1):
        with full_disk(room), pytest.raises(OutputError, match=r"^cannot write '.*/c\.h5' \("):
            encode_split(free.weights, split.clips, tmp_path / "c.h5", 2, LEVEL)
        assert not list(tmp_path.iterdir())


def test_missing_damaged_and_foreign_files(free_codes: Path, tmp_path: Path) -> None:
    with pytest.raises(CodeError, match="no codes at"), open_codes(tmp_path / "none.h5"):
        pass
    whole = free_codes.read_bytes()
    cut = tmp_path / "cut.h5"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CodeError, match="are damaged"), open_codes(cut):
        pass
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["codes"] = np.zeros((1, 2, 3))
    with pytest.raises(CodeError, match="of this version"), open_codes(tmp_path / "other.h5"):
        pass


def test_flipped_bytes_are_noticed(free_codes: Path, tmp_path: Path) -> None:
    with h5py.File(free_codes) as file:
        where = file["codes"].id.get_chunk_info(2)
    damaged = bytearray(free_codes.read_bytes())
    damaged[where.byte_offset : where.byte_offset + where.size] = bytes(where.size)
    (tmp_path / "damaged.h5").write_bytes(damaged)
    with (
        open_codes(tmp_path / "damaged.h5") as coded,
        pytest.raises(CodeError, match=r"damaged.h5' are damaged"),
    ):
        list(coded.batches(2))


def test_codes_of_another_model_are_refused(
    free: Model, rvq: Model, free_codes: Path, make_model: Callable[[str, int], Model]
) -> None:
    with open_codes(free_codes) as coded:
        require_origin(coded, free.weights, free.config)
        with pytest.raises(CodeError, match="kind binary, not rvq"):
            require_origin(coded, rvq.weights, rvq.config)
        again = make_model("free", 1)
        with pytest.raises(CodeError, match="another training"):
            require_origin(coded, again.weights, again.config)


def test_clips_that_do_not_suit_the_model(free: Model, tmp_path: Path) -> None:
    longer = write_split(tmp_path, {0: [0]}, 2 * SAMPLES)
    with pytest.raises(DataError, match=r"\(22050, 16384\), but model .* expects \(22050, 8192\)"):
        encode_split(free.weights, longer.clips, tmp_path / "out.h5", 2, LEVEL)
    none = write_split(tmp_path, {7: []}, SAMPLES)
    with pytest.raises(DataError, match="nothing to encode"):
        encode_split(free.weights, none.clips, tmp_path / "out.h5", 2, LEVEL)
    assert not (tmp_path / "out.h5").exists()


def test_pictures_show_all_rows_of_few_and_those_that_fire_of_many() -> None:
    few, many = np.zeros((MANY, 9), np.uint8), np.zeros((MANY + 1, 9), np.uint8)
    assert pictured(few).tolist() == list(range(MANY))
    assert pictured(many).tolist() == [0]  # a picture has a row at least
    many[[3, 400], [8, 0]] = 1
    assert pictured(many).tolist() == [3, 400]

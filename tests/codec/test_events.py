"""Events as arrays: their times and units, what units stand for, and the way back to sound."""

import io

import numpy as np
import pytest
import torch

import spiking_music
from spiking_music.codec.events import BLOCK, EVENT, Coding, Events
from spiking_music.codec.session import Codec
from spiking_music.codec.stream import open_stream
from spiking_music.errors import CodeError, DataError
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.pretrained import PRETRAINED, WEIGHTS
from spiking_music.models.weights import load_weights
from tests.codec.conftest import BLOCK as BLOCK_SAMPLES
from tests.codec.conftest import HOP, RATE, MakeCodec, music


@pytest.fixture(scope="module")
def shipped() -> Codec:
    return spiking_music.load()


@pytest.fixture(scope="module")
def trained() -> Autoencoder:
    """The same model as it was trained."""
    return load_weights(PRETRAINED / WEIGHTS)[0]


def matrix(codec: Codec, stream: bytes) -> np.ndarray:
    """All codes of a stream side by side, (N, T)."""
    reader = open_stream(io.BytesIO(stream), codec.model.known, codec.model.coder)
    return np.concatenate([block.codes for block in reader.blocks()], axis=1)


@pytest.mark.parametrize("name", ["free", "mu-sparse", "mdct-mu"])
def test_events_are_the_ones_of_the_codes_at_the_centres_of_their_frames(
    codec_of: MakeCodec, shipped: Codec, name: str
) -> None:
    codec = shipped if name == "mdct-mu" else codec_of(name)
    seconds = 9.1 if name == "mdct-mu" else 2.6 * BLOCK_SAMPLES / RATE
    stream = codec.encode(music(seconds), RATE, level=16 if codec.model.config.levels else None)
    events = codec.events(stream)
    found = {
        (unit, frame)
        for frame, column in enumerate(matrix(codec, stream).T)
        for unit in np.flatnonzero(column).tolist()
    }
    frame = events["time"] * RATE / HOP - 0.5
    assert np.abs(frame - frame.round()).max() < 1e-6
    pairs = list(zip(events["unit"].tolist(), frame.round().astype(int).tolist(), strict=True))
    assert len(pairs) == len(found) and set(pairs) == found
    assert events.dtype == EVENT and (np.diff(events["time"]) >= 0).all()
    assert len(events.coding.blocks) > 2  # times go on from block to block
    assert len(codec.units) == len(matrix(codec, stream))


def test_a_waveform_gives_the_events_of_its_stream(codec_of: MakeCodec) -> None:
    codec = codec_of("mu-sparse")
    audio = music(1.0)
    made, read = codec.events(audio, RATE, level=3), codec.events(codec.encode(audio, RATE, 3))
    assert np.array_equal(made, read) and (made.coding.blocks == read.coding.blocks).all()
    assert not np.array_equal(made, codec.events(audio, RATE, level=30))


def test_units_of_the_mdct_codec_are_what_its_quantiser_does(
    shipped: Codec, trained: Autoencoder
) -> None:
    """Each unit fires just above the threshold of the table, and not just below it."""
    quantizer = trained.bottleneck
    bins, units = quantizer.bins, shipped.units
    rng = np.random.default_rng(0)
    for unit in units[rng.permutation(len(units))[:300]]:
        for factor in (0.995, 1.005):
            latent = torch.zeros(1, bins + 1 + quantizer.bands, 2)
            latent[:, bins:] = -60
            value = float(unit["threshold"] * factor)
            if unit["kind"] in ("on", "off", "further"):
                coded = int(np.argmin(np.abs((np.arange(bins) + 0.5) * RATE / 1024 - unit["hz"])))
                latent[:, coded] = value * (unit["sign"] or 1)
                latent[:, bins] = 0  # full scale: a root mean square of 1
            elif unit["kind"] == "gain":
                latent[:, bins] = 2 * np.log2(value)
            else:
                edges = np.array(shipped.model.config.backbone.envelope_edges)
                centres = (edges[1:] + edges[:-1]) / 2 * RATE / 1024
                latent[:, bins + 1 + int(np.argmin(np.abs(centres - unit["hz"])))] = 2 * np.log2(
                    value
                )
            fires = bool(quantizer.encode(latent)[0, unit["unit"], 0])
            assert fires == (factor > 1), (unit, factor)
    assert set(units["sign"][units["kind"] == "off"]) == {-1}
    assert set(units["sign"][units["kind"] == "further"]) == {0}


def test_a_level_scales_the_thresholds_of_coefficients(
    shipped: Codec, trained: Autoencoder
) -> None:
    doubling = shipped.model.config.conditioning.doubling
    units = shipped.units
    coded = 40  # bin
    for level in (0, 7, 16):
        threshold = units["threshold"][coded] * 2 ** (level / doubling)
        latent = torch.zeros(2, shipped.model.config.backbone.latent, 1)
        latent[0, coded], latent[1, coded] = threshold * 0.999, threshold * 1.001
        codes = trained.codes_at(latent, torch.tensor([level, level]))
        assert codes[:, coded, 0].tolist() == [0, 1]


def test_a_tone_is_at_its_frequency(shipped: Codec) -> None:
    time = np.arange(4 * RATE) / RATE
    events = shipped.events(0.3 * np.sin(2 * np.pi * 440 * time), RATE)
    unit = shipped.units[events["unit"]]
    on = unit[np.isin(unit["kind"], ("on", "off", "further"))]
    hz, counts = np.unique(on["hz"], return_counts=True)
    assert abs(hz[counts.argmax()] - 440) <= RATE / (2 * HOP) / 2


def test_units_of_a_trained_encoder_have_numbers_only(codec_of: MakeCodec) -> None:
    units = codec_of("free").units
    assert units["unit"].tolist() == list(range(len(units))) and set(units["kind"]) == {"unit"}
    assert np.isnan(units["hz"]).all() and np.isnan(units["threshold"]).all()


@pytest.mark.parametrize("name", ["free", "mu-sparse", "mdct-mu"])
@pytest.mark.parametrize("loud", [1.0, 7.0])
def test_events_sound_as_their_stream(
    codec_of: MakeCodec, shipped: Codec, name: str, loud: float
) -> None:
    codec = shipped if name == "mdct-mu" else codec_of(name)
    audio = music(9.1 if name == "mdct-mu" else 2.6 * BLOCK_SAMPLES / RATE)
    audio[len(audio) // 2 :] *= loud  # so that blocks have gains of their own
    wish = {"min_si_snr": 5.0} if codec.model.config.levels else {}
    stream = codec.encode(audio, RATE, **wish)
    events = codec.events(stream)
    assert (len(set(events.coding.blocks["gain"].tolist())) > 1) == (loud > 1)
    again = codec.synthesize(events)
    assert again.dtype == np.float32 and np.array_equal(again, codec.decode(stream))
    shuffled = events[np.random.default_rng(0).permutation(len(events))]
    assert np.array_equal(codec.synthesize(shuffled), again)
    twice = np.concatenate([events, events])
    assert np.array_equal(codec.synthesize(twice, coding=events.coding), again)


def test_edited_events_sound_otherwise(shipped: Codec) -> None:
    audio = music(6.0)
    events = shipped.events(audio, RATE, level=10)
    whole = shipped.synthesize(events)
    hz = shipped.units["hz"][events["unit"]]
    low = shipped.synthesize(events[~(hz > 500)])
    spectrum, cut = (np.abs(np.fft.rfft(sound)) for sound in (whole, low))
    above = np.fft.rfftfreq(len(audio), 1 / RATE) > 700
    assert (cut[above] ** 2).sum() < 0.2 * (spectrum[above] ** 2).sum()
    later = events.copy()
    frames = 40
    later["time"] += frames * HOP / RATE
    moved = shipped.synthesize(later, samples=len(audio) + frames * HOP)
    assert len(moved) == len(audio) + frames * HOP
    ours, theirs = moved[frames * HOP :][HOP * 40 : -HOP * 40], whole[HOP * 40 : -HOP * 40]
    assert ((ours - theirs) ** 2).sum() < 0.05 * (theirs**2).sum()  # blocks end elsewhere
    assert ((moved[: len(whole)] - whole) ** 2).sum() > 0.5 * (whole**2).sum()


def test_events_from_nothing_have_a_level_and_a_length(shipped: Codec) -> None:
    tone = np.zeros(60, EVENT)
    tone["time"] = (np.arange(60) // 2 + 0.5) * HOP / RATE
    gain = np.flatnonzero(shipped.units["kind"] == "gain")[15]
    tone["unit"] = np.where(np.arange(60) % 2, 20, gain)
    sound = shipped.synthesize(tone, level=10)
    assert len(sound) == 30 * HOP and np.abs(sound).max() > 1e-3
    silent = shipped.synthesize(tone[:0], samples=1000, level=10)
    assert len(silent) == 1000 and np.abs(silent).max() < np.abs(sound).max() / 10
    with pytest.raises(CodeError, match="give level="):
        shipped.synthesize(tone)


def test_the_coding_stays_with_parts_and_copies(codec_of: MakeCodec) -> None:
    events = codec_of("free").events(music(0.5), RATE)
    for part in (events[3:], events[events["unit"] > 2], events.copy(), np.sort(events)):
        assert part.coding is events.coding
    assert type(events["time"]) is np.ndarray


def test_what_are_no_events_is_told_in_a_sentence(codec_of: MakeCodec) -> None:
    codec = codec_of("free")
    events = codec.events(music(0.5), RATE)

    def changed(name: str, value: float) -> np.ndarray:
        other = np.array(events)
        other[name][0] = value
        return other

    wrong: list[tuple[object, str]] = [
        (np.zeros(3), "structured array"),
        ([1, 2], "structured array"),
        (np.zeros(3, [("time", "f8")]), "structured array"),
        (events.reshape(1, -1), "structured array"),
        (np.zeros(3, [("time", "U3"), ("unit", "i4")]), "times of events are seconds"),
        (changed("unit", len(codec.units)), "drop events of others"),
        (changed("unit", -1), "drop events of others"),
        (changed("time", np.nan), "correct the times"),
        (changed("time", -0.1), "correct the times"),
        (changed("time", 1e9), "correct the times"),
        (np.zeros(0, EVENT), "give samples from 1 on"),
    ]
    for value, message in wrong:
        with pytest.raises(DataError, match=message):
            codec.synthesize(value)
    with pytest.raises(DataError, match=r"beyond the end, 0\.023 s: drop it"):
        codec.synthesize(events, samples=HOP)
    for samples in (0, -3, 10**12):
        with pytest.raises(DataError, match="give samples from 1 on"):
            codec.synthesize(events, samples=samples)
    with pytest.raises(CodeError, match="samples is a whole number"):
        codec.synthesize(events, samples=1.5)


def test_what_has_no_events_is_told_in_a_sentence(codec_of: MakeCodec) -> None:
    codec, rvq = codec_of("free"), codec_of("rvq")
    stream = codec.encode(music(0.5), RATE)
    for ask in (lambda: rvq.units, lambda: rvq.events(music(0.5), RATE),
                lambda: rvq.synthesize(np.zeros(1, EVENT))):  # fmt: skip
        with pytest.raises(CodeError, match="codes indices into codebooks and no events"):
            ask()
    with pytest.raises(CodeError, match="sample rate is given"):
        codec.events(music(0.5))
    with pytest.raises(CodeError, match="a stream has its levels"):
        codec.events(stream, level=3)
    with pytest.raises(CodeError, match="name the model that encoded it"):
        codec_of("mu-sparse").events(stream)
    with pytest.raises(CodeError):
        codec.events(stream[:-40])


def test_blocks_beyond_the_coding_go_on_at_its_last_level(codec_of: MakeCodec) -> None:
    codec = codec_of("mu-sparse")
    events = np.array(codec.events(music(3 * BLOCK_SAMPLES / RATE), RATE, level=9))
    known = np.array([(0.0, 9, 1.0)], BLOCK)
    samples = 3 * BLOCK_SAMPLES
    longer = codec.synthesize(Events(events, Coding(samples, known)))
    assert np.array_equal(longer, codec.synthesize(events, samples, level=9))
    assert not np.array_equal(longer, codec.synthesize(events, samples, level=20))

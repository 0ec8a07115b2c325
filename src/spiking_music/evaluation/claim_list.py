"""What Lisboa & Bellec 2024 claim, with the criteria of docs/claims.md, written before the runs."""

from math import inf

from spiking_music.evaluation.claims import (
    Claim,
    difference,
    mean,
    rank_correlation,
    ratio,
    rest_to_dense,
    tail_difference,
)

MARGIN = 0.1  # of scores that end at 5: less is nothing that listeners would tell


def _quality() -> list[Claim]:
    """RVQ, FREE and SPARSE side by side, and what makes SPARSE possible."""
    rvq_free = difference("rvq.si_snr_db", "free.si_snr_db")
    beyond_dense = difference("sparse.kbps_paper", "sparse.kbps_dense")
    text = "FREE is 2 ± 1 dB below RVQ at equal bits"
    found = [Claim("1a", text, "RVQ − FREE, SI-SNR dB", rvq_free, 1, 3)]
    for number, name in (("1b", "visqol"), ("1c", "zimtohrli")):
        of = difference(f"free.{name}", f"rvq.{name}")
        found.append(Claim(number, "and does not sound worse", f"FREE − RVQ, {name}", of, -MARGIN))
    found.append(
        Claim("2", "SPARSE takes less than dense storage", "kbps_paper − N·T", beyond_dense, high=0)
    )
    for number, text, row, low, high in (
        ("3a", "a constant γ collapses", "sparse-constant", -inf, 0),
        ("3b", "too strong a γ collapses", "sparse-strong", -inf, 0),
        ("3c", "the schedule of γ does not", "sparse", 3, inf),
    ):
        of = mean(f"{row}.si_snr_db")
        found.append(Claim(number, text, f"SI-SNR of `{row}`, dB", of, low, high))
    return found


def _events() -> list[Claim]:
    """Events and the music: how many, when, and what they cost."""
    follow = rank_correlation("sparse.events", "onsets")
    quality = rank_correlation("sparse.events", "sparse.si_snr_db")
    tail = tail_difference("mu-sparse.si_snr_db", "sparse.si_snr_db", 0.05)
    rate = mean("mu-sparse.kbps_paper")
    good, cheap = mean("mu-sparse.controlled"), mean("mu-sparse.controlled_cheap")
    return [
        Claim("4", "events follow notes", "Spearman's ρ of S and onsets", follow, 0.3),
        Claim("5a", "few events, low SI-SNR", "Spearman's ρ of S and SI-SNR", quality, 0.2),
        Claim("5b", "μ = 16 lifts the lower tail", "5 % quantile, μ-SPARSE − SPARSE, dB", tail, 0),
        Claim("5c", "at about 2 kbps", "kbps_paper of μ-SPARSE at μ = 16", rate, 1.5, 2.5),
        Claim("6a", "quality control keeps 9 dB", "share of clips that reach it", good, 0.5),
        Claim("6b", "at about 2 kbps", "share of clips at 9 dB within 2.25 kbps", cheap, 0.5),
        Claim(
            "12",
            "events are few where music rests",
            "events of the tenth of clips with the fewest onsets / with the most",
            rest_to_dense("sparse.events"),
            high=0.5,
        ),
    ]


def _units() -> list[Claim]:
    """What units are tuned to (figure 5), beyond the null of circular shifts."""
    selective = mean("sparse.selective_units")
    more = difference("sparse.selective_units", "free.selective_units")
    bits = difference("sparse.information_mean", "free.information_mean")
    peak = mean("sparse.peak_lag")
    octaves, fifths = mean("sparse.octaves_by_chance"), mean("sparse.fifths_by_chance")
    return [
        Claim("7a", "SPARSE's units are selective", "units, of 80", selective, 8),
        Claim("7b", "more than FREE's", "selective units, SPARSE − FREE", more, 1),
        Claim("7c", "and say more of notes", "bits/s of a unit and note, SPARSE − FREE", bits, 0),
        Claim("7d", "in synchrony with onsets", "lag of the peak, frames", peak, -2, 2),
        Claim("8a", "units are tuned to octaves", "p of so many by chance", octaves, high=0.05),
        Claim("8b", "and to fifths", "p of so many notes by chance", fifths, high=0.05),
    ]


def _systems() -> list[Claim]:
    """The order of systems, by ViSQOL in the place of listeners; and what parts are worth."""
    found = []
    for number, text, one, other, low, high in (
        ("9a", "SPARSE sounds like MEL", "sparse", "mel", -MARGIN, MARGIN),
        ("9b", "SPARSE is below FREE", "sparse", "free", -inf, 0),
        ("9c", "SPARSE is below RVQ", "sparse", "rvq", -inf, 0),
        ("9d", "RVQ-impaired is below SPARSE", "rvq-impaired", "sparse", -inf, 0),
        ("9e", "the anchor is below SPARSE", "anchor", "sparse", -inf, 0),
    ):
        of = difference(f"{one}.visqol", f"{other}.visqol")
        found.append(Claim(number, text, f"ViSQOL, `{one}` − `{other}`", of, low, high))
    conformers = difference("sparse.si_snr_db", "sparse-convolutional.si_snr_db")
    coded, text = ratio("rvq.kbps", "rvq.kbps_paper"), "an entropy coder takes a third off RVQ"
    return [
        *found,
        Claim("10", "conformers pay", "SI-SNR with − without, dB", conformers, 0),
        Claim("11", text, "kbps / kbps_paper", coded, 0.6, 0.75),
    ]


CLAIMS = tuple(
    sorted(
        [*_quality(), *_events(), *_units(), *_systems()],
        key=lambda claim: (int(claim.number.rstrip("abcde")), claim.number),
    )
)

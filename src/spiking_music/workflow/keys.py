"""Keys that rules hand to their verbs, where they are many or depend on the configuration.

The other rules name their keys themselves. tests/workflow/keys.yaml lists what reaches which rule.
"""

from spiking_music.config import Config


def _of(section: str, names: str) -> list[str]:
    return [f"{section}.{name}" for name in names.split()]


CLIENT = _of("download", "folder connections attempts backoff timeout")
TABLE = _of("download", "table table_checksum")
ARCHIVE = _of("download", "archive archive_bytes archive_checksum whole")
COMPOSED = _of("dataset.demo", "minutes performances styles levels tempi octaves")
CLIPS = _of("signal", "sample_rate clip_samples")
CLIPS += _of("dataset", "tail silence silence_dbfs bad_recordings")
SWEEP = _of("evaluation", "batch_size levels sweep_clips bound_db budget_kbps bootstrap")
SELECTIVITY = _of("selectivity", "max_lag window surrogates level")
SELECTIVITY += _of("selectivity", "information_lag information_surrogates")
CLASSIFIERS = _of("probe", "labels test least window penalties folds hidden steps seeds shuffles")
CLASSIFIERS += ["probe.bootstrap"]
SAMPLES = [*_of("signal", "sample_rate hop"), "listening.samples"]
SAMPLES += _of("listening.stimuli", "loudness_lufs peak_dbfs")
RATINGS = _of("listening.ratings", "resamplings level")


def index(config: Config) -> list[str]:
    """Of the table of performances."""
    source = config.dataset.source
    keys = ["seed", *_of("dataset", "source notes labels shards subset")]
    keys += COMPOSED if source == "demo" else ["dataset.path"]
    keys += ["dataset.fma"] if source == "fma" else []
    return keys + ([*CLIENT, *TABLE] if config.dataset.fetched else [])


def recordings(config: Config) -> list[str]:
    """Of how recordings are made, checked or fetched."""
    keys = ["seed", *_of("dataset", "source bad_recordings")]
    if config.dataset.fetched:
        return keys + CLIENT
    made = {
        "demo": _of("dataset", "demo soundfont"),
        "midi": [*_of("dataset", "path soundfont"), "signal.sample_rate"],
    }
    return keys + made.get(config.dataset.source, [])


def version(config: Config) -> list[str]:
    """Of all that lies between a folder of one's own and its clips and onsets."""
    return [*index(config), *recordings(config), *CLIPS, "signal"]


def scores(config: Config) -> list[str]:
    """Of how reconstructions are compared with the clips they came from."""
    keys = _of("evaluation", "batch_size max_lag silence_dbfs perceptual")
    return keys + (["evaluation.processes"] if config.evaluation.perceptual else [])

"""MP3 and Opus as rows: `evaluate`'s measures of what comes back, and the true bytes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spiking_music.codec import classical
from spiking_music.config import EvaluationConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import ConfigError, DataError
from spiking_music.evaluation import metrics
from spiking_music.evaluation.reconstruct import MEASURES, evaluate_classical
from tests.evaluation.conftest import SILENT, Split


def test_a_table_a_rate(split: Split, settings: EvaluationConfig, tmp_path: Path) -> None:
    evaluate_classical("mp3", [2, 64], split.clips, split.tables, tmp_path, settings)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mp3-2.csv", "mp3-64.csv"]
    clips = [clip.numpy() for clip in Clips(split.clips)]
    for kbps in (2, 64):
        table = pd.read_csv(tmp_path / f"mp3-{kbps}.csv")
        assert list(table) == [
            *("clip", "performance", "offset", *MEASURES, "silent", "kbps", "kbps_header")
        ]
        files = [classical.compress(clip, "mp3", kbps) for clip in clips]
        assert table["kbps"].tolist() == pytest.approx([file.kbps for file in files])
        assert table["kbps_header"].tolist() == pytest.approx([file.header_kbps for file in files])
        restored = np.stack([classical.restore(file) for file in files])
        expected = metrics.si_snr(restored, np.stack(clips))
        heard = table["silent"] == 0
        assert heard.tolist() == [clip != SILENT for clip in range(5)]
        assert table["si_snr_db"][heard].tolist() == pytest.approx(expected[heard].tolist())


def test_refusals(split: Split, settings: EvaluationConfig, tmp_path: Path) -> None:
    given = (split.clips, split.tables, tmp_path, settings)
    with pytest.raises(ConfigError, match="opus at 5 kbps is out of range"):
        evaluate_classical("opus", [5], *given)
    with pytest.raises(ConfigError, match="unknown codec 'aac'"):
        evaluate_classical("aac", [64], *given)
    with pytest.raises(DataError, match="have 4 rows for 5 clips"):
        short = tmp_path / "short.csv"
        pd.read_csv(split.tables[1]).head(1).to_csv(short, index=False)
        tables = [split.tables[0], short]
        evaluate_classical("opus", [16], split.clips, tables, tmp_path, settings)
    assert not list(tmp_path.glob("opus-*"))

"""Which clips are chosen."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spiking_music import config as configuration
from spiking_music.config import StimuliConfig
from spiking_music.errors import DataError
from spiking_music.listening.selection import Chosen, choose, quietest_dbfs, read_chosen, table
from tests.conftest import DEFAULTS
from tests.listening.conftest import PAUSE, SIGNAL, Inputs


def settings(**changes: object) -> StimuliConfig:
    section = configuration.section(configuration.read(DEFAULTS), StimuliConfig)
    return section.model_copy(update=changes)


def chosen(inputs: Inputs, seed: int = 1, **changes: object) -> list[Chosen]:
    return choose(inputs.clips, inputs.performances, settings(**changes), seed)


@pytest.mark.parametrize("seed", range(5))
def test_common_composers_first_and_a_performance_each(inputs: Inputs, seed: int) -> None:
    """Bach has two of three performances; each is heard once before any is heard twice."""
    found = chosen(inputs, seed, clips=5)
    assert [each.clip for each in found] == ["c1", "c2", "c3", "c4", "c5"]
    assert [each.composer for each in found[:3]] == ["Bach", "Clara Schumann", "Bach"]
    assert {each.performance for each in found[:3]} == {0, 1, 2}
    assert len({each.index for each in found}) == 5


def test_the_seed_decides_and_nothing_else(inputs: Inputs) -> None:
    assert chosen(inputs, 3) == chosen(inputs, 3)
    assert len({tuple(each.index for each in chosen(inputs, seed)) for seed in range(9)}) > 1


def test_a_clip_with_a_pause_is_never_chosen(
    inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    found = chosen(inputs, clips=6)
    assert PAUSE not in [each.index for each in found]
    assert len(found) == 5
    assert "only 5 clips without silence, where 6 are asked for" in capsys.readouterr().err
    assert all(each.quietest_dbfs >= -45 for each in found)


def test_nothing_loud_enough_is_one_sentence(inputs: Inputs) -> None:
    with pytest.raises(DataError, match=r"lower listening\.stimuli\.quiet_dbfs"):
        chosen(inputs, quiet_dbfs=-1)


def test_clips_of_another_catalogue_are_refused(inputs: Inputs, tmp_path: Path) -> None:
    rows = pd.read_csv(inputs.performances)
    rows[rows["performance"] != 2].to_csv(tmp_path / "other.csv", index=False)
    with pytest.raises(DataError, match="performance 2 of the clips is not in"):
        choose(inputs.clips, tmp_path / "other.csv", settings(), 1)


def test_where_it_comes_from_is_what_the_tables_say(inputs: Inputs) -> None:
    places = pd.concat([pd.read_csv(path.with_suffix(".csv")) for path in inputs.clips])
    for each in chosen(inputs):
        row = places.iloc[each.index]
        assert (each.performance, each.offset) == (row["performance"], row["offset"])
        assert each.title == f"No. {each.performance}"


def test_the_quietest_frame_is_found() -> None:
    time = np.arange(2 * SIGNAL.sample_rate) / SIGNAL.sample_rate
    tone = np.sin(2 * np.pi * 441 * time).astype(np.float32)
    assert quietest_dbfs(tone, SIGNAL.sample_rate) == pytest.approx(-3.01, abs=0.01)
    tone[(time >= 0.9) & (time < 1.4)] /= 10
    assert quietest_dbfs(tone, SIGNAL.sample_rate) == pytest.approx(-23.01, abs=0.01)
    tone[(time >= 0.9) & (time < 1.1)] = 10  # 200 ms are no silence
    assert quietest_dbfs(0 * tone, SIGNAL.sample_rate) == -np.inf


def test_the_table_is_read_as_it_was_written(inputs: Inputs, tmp_path: Path) -> None:
    found = chosen(inputs)
    table(found).to_csv(tmp_path / "clips.csv", index=False)
    assert read_chosen(tmp_path / "clips.csv") == found
    with pytest.raises(DataError, match="is no table of chosen clips"):
        read_chosen(inputs.performances)

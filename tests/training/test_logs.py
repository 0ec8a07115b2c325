import re
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from spiking_music import cli
from spiking_music.errors import OutputError, TrainingError
from spiking_music.training.logs import Log
from tests.conftest import full_disk

VALIDATION = {"validation_loss": 2.0, "validation_si_snr_db": 7.5}


def test_rows_have_validation_columns_that_may_be_empty(tmp_path: Path) -> None:
    log = Log(tmp_path / "new" / "log.csv", "", 0)
    log.write(10, {"loss": torch.tensor(1.5, requires_grad=True), "rate": 1e-3}, {})
    log.write(20, {"loss": 1.25, "rate": 1e-3}, VALIDATION)
    log.close()
    table = pd.read_csv(log.path)
    assert list(table) == ["step", "loss", "rate", "validation_loss", "validation_si_snr_db"]
    assert table["loss"].tolist() == [1.5, 1.25]
    assert table["validation_si_snr_db"].isna().tolist() == [True, False]
    assert log.path.read_text() == log.text


def test_resuming_drops_later_rows_and_restores_earlier_ones(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    log = Log(path, "", 0)
    log.write(10, {"loss": 3.0}, {})
    saved = log.text
    log.write(20, {"loss": 2.0}, VALIDATION)
    log.close()
    with path.open("a") as file:
        file.write("30,1.")  # killed in the middle of a row
    time.sleep(1.1)  # TensorBoard orders its files by the second, and within it by a bare counter
    resumed = Log(path, saved, 10)
    resumed.write(20, {"loss": 2.5}, {})
    resumed.close()
    assert pd.read_csv(path)["loss"].tolist() == [3.0, 2.5]

    path.unlink()  # as a workflow engine does with outputs of a failed job
    time.sleep(1.1)
    Log(path, saved, 10).close()
    assert pd.read_csv(path)["step"].tolist() == [10]

    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(10, 3.0)]


def test_columns_may_not_change(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.csv", "", 0)
    log.write(10, {"loss": 3.0}, {})
    with pytest.raises(TrainingError, match="step 20"):
        log.write(20, {"loss": 3.0, "density": 0.5}, {})


def test_audio_is_kept_beside_the_table_and_clipped(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.csv", "", 0)
    wave = 2 * np.sin(np.arange(4000) / 10).astype(np.float32)
    log.audio(5, "estimate-0", wave, 8000)
    log.close()
    audio, rate = soundfile.read(tmp_path / "validation" / "estimate-0.wav")
    assert rate == 8000
    assert np.allclose(audio, wave.clip(-1, 1), atol=1e-4)
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.step for event in events.Audio("estimate-0")] == [5]


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.csv", "", 0)
    log.write(10, {"loss": 3.0}, {})
    room = log.path.stat().st_size
    with full_disk(room), pytest.raises(OutputError, match=r"^cannot write '.*/log\.csv' \("):
        log.write(20, {"loss": 3.0}, {})
    with full_disk(1000), pytest.raises(OutputError, match=r"^cannot write '.*/e\.wav' \("):
        log.audio(20, "e", np.zeros(4000, np.float32), 8000)
    assert not list((tmp_path / "validation").iterdir())
    log.close()


def test_a_thread_that_cannot_write_does_not_say_so_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """TensorBoard writes in a thread, and raises what happened there on its next call."""

    def train(**_: object) -> None:
        log = Log(tmp_path / "log.csv", "", 0)
        with full_disk(1000):
            for step in range(100):
                log.write(step, {"loss": 1.0}, {})

    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(cli, "app", train)
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    assert re.fullmatch(
        r"error: cannot write '.*/(log\.csv|tensorboard)' \(File too large\): .*\n",
        capsys.readouterr().err,
    )


def test_the_clock_shows_in_tensorboard_and_not_in_the_table(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.csv", "", 0)
    log.write(10, {"loss": 3.0}, {})
    log.clock(10, {"seconds": 1.5})
    log.close()
    assert "seconds" not in log.path.read_text()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("seconds")] == [(10, 1.5)]

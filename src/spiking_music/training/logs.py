"""What a run leaves to look at: a CSV table of the curves, TensorBoard, validation audio."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from torch.utils.tensorboard import SummaryWriter

from spiking_music.errors import TrainingError
from spiking_music.files import Disk, atomic, writing

VALIDATION = ("validation_loss", "validation_si_snr_db")


class Log:
    """Writes `path` (CSV), and beside it `tensorboard/` and `validation/*.wav`.

    `text` is all that the table held when the checkpoint was written, "" in a new run. The table
    starts as exactly that: rows after the checkpoint vanish because their steps run again, and rows
    before it survive even if the file was deleted, as workflow engines do with outputs of a failed
    job. `step` is the checkpoint's. `validation` names the columns of a validation.
    """

    def __init__(
        self, path: Path, text: str, step: int, validation: Sequence[str] = VALIDATION
    ) -> None:
        self.path = path
        self.validation = validation
        self.lines = text.splitlines(keepends=True)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.events = path.parent / "tensorboard"
        with writing(self.events):
            self.tensorboard = SummaryWriter(str(self.events), purge_step=step + 1)

    @property
    def text(self) -> str:
        """All rows so far, for the checkpoint."""
        return "".join(self.lines)

    def write(self, step: int, row: dict[str, Any], validation: dict[str, float]) -> None:
        """Append a row of numbers and scalar tensors.

        The validation columns come last, and are empty where `validation` is. Raises
        `TrainingError` where the columns are not those of the rows before.
        """
        values = {name: float(torch.as_tensor(value).detach()) for name, value in row.items()}
        header = ["step", *row, *self.validation]
        if not self.lines:
            self._append(header)
        elif self.lines[0] != ",".join(header) + "\n":
            raise TrainingError(f"the columns of '{self.path}' changed at step {step}: {header}")
        cells = [f"{value:.9g}" for value in values.values()]
        cells += [f"{validation[name]:.9g}" if validation else "" for name in self.validation]
        self._append([str(step), *cells])
        self._show(step, values | validation)

    def clock(self, step: int, row: dict[str, float]) -> None:
        """Show what the clock says in TensorBoard only: equal runs write equal tables."""
        self._show(step, row)

    def audio(self, step: int, name: str, waveform: np.ndarray, sample_rate: int) -> None:
        """Keep `waveform` (T_x,) as validation/<name>.wav, replacing the last one."""
        waveform = waveform.clip(-1, 1)
        path = self.path.parent / "validation" / f"{name}.wav"
        with atomic(path) as temporary, Disk(temporary) as disk:
            soundfile.write(disk, waveform, sample_rate, format="WAV")
        with writing(self.events):
            self.tensorboard.add_audio(name, waveform[None], step, sample_rate)

    def close(self) -> None:
        """Flush TensorBoard; the table is flushed row by row."""
        with writing(self.events):
            self.tensorboard.close()

    def _show(self, step: int, values: dict[str, float]) -> None:
        with writing(self.events):
            for name, value in values.items():
                self.tensorboard.add_scalar(name, value, step)
            self.tensorboard.flush()

    def _append(self, cells: list[str]) -> None:
        line = ",".join(cells) + "\n"
        self.lines.append(line)
        with writing(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(line)

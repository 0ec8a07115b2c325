"""What a verb replaces: with --force its own, and never what another program made."""

import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile

from spiking_music import overwriting
from spiking_music.codec.event_files import About, event_file
from spiking_music.codec.event_tables import BLOCK, EVENT, UNIT, is_ours, paths
from spiking_music.codec.sound_file import is_decoded, sound_file
from spiking_music.errors import OutputError
from tests.cli.calls import CALLS
from tests.cli.test_targets import HEADS, aimed, run, tree  # noqa: F401


@pytest.mark.parametrize("ending", [".wav", ".flac"])
def test_only_what_was_decoded_here_is_decoded_over(run, tree: Path, ending: str) -> None:  # noqa: F811
    recording = tree / "full" / f"recording{ending}"
    call = ["decode", "../source/a.spk", str(recording), "--force"]
    soundfile.write(recording, np.zeros(100), 22050, subtype="PCM_16")  # as ours, but for the tag
    code, said, lost, _ = run(call)
    assert code == 1 and not lost and "was not decoded here" in said
    recording.unlink()
    with sound_file(recording, 22050, 100) as write:
        write(np.zeros(100, np.float32))
    assert is_decoded(recording)
    code, said, _, _ = run(call)  # whose source is no stream
    assert code == 1 and "was not decoded here" not in said


@pytest.mark.parametrize("ending", [".csv", ".npz", ".h5"])
@pytest.mark.parametrize("beside", ["", "-units", "-blocks"])
def test_only_events_are_replaced_by_events(run, tree: Path, ending: str, beside: str) -> None:  # noqa: F811
    if beside and ending != ".csv":
        return
    target = tree / "full" / f"table{beside}{ending}"  # one of its own for each
    other = target.with_stem(target.stem + beside)
    call = ["events", "../source/a.spk", str(target), "--force"]
    if ending == ".csv":
        other.write_text("name,score\nanna,3\n")
    elif ending == ".npz":
        np.savez(other, events=np.zeros(3))
    else:
        with h5py.File(other, "w") as file:
            file["events"] = np.zeros(3)
    code, said, lost, _ = run(call)
    assert code == 1 and not lost and f"'{other}' exists and holds no events" in said
    other.unlink()
    units = np.zeros(3, UNIT)
    with event_file(target, About(units, 100, 22050)) as write:
        write(np.zeros(1, BLOCK), np.zeros(2, EVENT))
    assert is_ours(other)
    code, said, lost, _ = run(call)  # whose source is no stream
    assert code == 1 and not lost and "holds no events" not in said


@pytest.mark.parametrize("beside", [(), ("-units",), ("-blocks",), ("-units", "-blocks")])
def test_times_and_units_may_be_anyones(run, tree: Path, beside: tuple[str, ...]) -> None:  # noqa: F811
    """It is ours only with the other two tables, and those have columns of our own."""
    ours, table = tree / "full" / "ours.csv", tree / "full" / "anyones.csv"
    with event_file(ours, About(np.zeros(3, UNIT), 100, 22050)) as write:
        write(np.zeros(1, BLOCK), np.zeros(2, EVENT))
    for path in paths(table):
        path.unlink(missing_ok=True)
    table.write_bytes(ours.read_bytes())
    for name in beside:
        ours.with_name(f"ours{name}.csv").rename(table.with_name(f"anyones{name}.csv"))
    code, said, lost, _ = run(["events", "../source/a.spk", str(table), "--force"])
    assert code == 1 and not lost
    assert ("holds no events" in said) == (len(beside) < 2)
    if len(beside) == 2:
        table.with_name("anyones-blocks.csv").write_text("time,level\n0,1\n")
        assert not is_ours(table)


def test_a_table_that_is_no_log_is_kept_though_checkpoints_are_there(run, tree: Path) -> None:  # noqa: F811
    place = tree / "full" / "run"
    place.mkdir()
    (place / "step-000000001.pt").write_text("of a run")
    table = tree / "full" / "mine.csv"
    table.write_text("name,score\nanna,3\n")
    words = [word.replace("{folder}", str(place)) for word in CALLS["train variant"][0]]
    for force in ([], ["--force"]):
        code, said, lost, _ = run([*aimed(words, "log.csv", str(table)), *force])
        assert code == 1 and not lost and "is no table of a training run" in said


def test_a_folder_where_a_disk_is_mounted_is_refused(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os.path, "ismount", lambda path: str(path) == str(tmp_path))
    with pytest.raises(OutputError, match="where a disk is mounted"):
        overwriting.require_folder(tmp_path, "ratings")


def test_training_keeps_what_it_starts_from(run, tree: Path) -> None:  # noqa: F811
    kept = tree / "full" / "checkpoints"
    kept.mkdir()
    (kept / "last-good.safetensors").write_bytes(HEADS[".safetensors"])
    start = json.dumps({"training": {"start_from": str(kept / "last-good.safetensors")}})
    words = [*CALLS["train variant"][0], "--config", start, "--force"]
    code, said, lost, _ = run(aimed(words, "folder", str(kept)))
    assert code == 1 and not lost and "which this command reads" in said
    code, said, lost, _ = run(aimed(words, "file.safetensors", str(kept / "last-good.safetensors")))
    assert code == 1 and not lost and "is read by this command" in said

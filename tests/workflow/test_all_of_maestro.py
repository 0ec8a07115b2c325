"""How many jobs all of MAESTRO makes."""

from pathlib import Path

import pytest

from tests.workflow.conftest import run_snakemake
from tests.workflow.test_workflow import jobs


@pytest.fixture
def maestro_table(tmp_path: Path) -> Path:
    """A MAESTRO folder as far as a dry run looks into it."""
    folder = tmp_path / "maestro"
    folder.mkdir()
    (folder / "maestro-v3.0.0.csv").write_text(
        "canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration\n"
    )
    return folder


def test_all_of_maestro_is_a_few_jobs(tmp_path: Path, maestro_table: Path) -> None:
    """1276 recordings are looked at one by one, but not made one by one."""
    rows = []
    for number in range(1276):
        split = "train" if number < 962 else "validation" if number < 1099 else "test"
        names = f"{number}.midi", f"{number}.wav"
        for name in names:
            (maestro_table / name).touch()
        rows.append(f"Anon,No. {number},{split},2004,{','.join(names)},600")
    with (maestro_table / "maestro-v3.0.0.csv").open("a") as file:
        file.write("\n".join(rows) + "\n")
    own = f"dataset={{source: folder, path: {maestro_table}}}"
    done = run_snakemake(tmp_path, "-n", "--config", own, overlays=("config/data/maestro.yaml",))
    counted = jobs(done)
    assert (counted["recordings"], counted["clips"]) == (28, 84)
    assert sum(counted.values()) < 250

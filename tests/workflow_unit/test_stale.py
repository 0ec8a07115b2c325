"""Results of other code are noticed: what counts as code, and what is said of it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spiking_music.provenance import environment, modules, stale

MODULE = '''"""A module."""

from functools import cache

SIZE = 3


@cache
def grow(value):
    """More."""
    return [value + SIZE for _ in {"b", "a"}]
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: Any) -> Iterator[Path]:
    """A package of one module in the place of ours."""
    folder = tmp_path / "package"
    (folder / "config").mkdir(parents=True)
    (folder / "figures").mkdir()
    (folder / "figures" / "style.py").write_text(MODULE)
    monkeypatch.setattr(modules, "PACKAGE", folder)
    monkeypatch.setattr(environment, "PACKAGE", folder)
    forget()
    yield folder
    forget()


def forget() -> None:
    modules.digest.cache_clear()
    environment.source.cache_clear()


def digest(name: str = "spiking_music.figures.style") -> str:
    forget()
    return modules.digest(name)


def rewrite(path: Path, *change: str) -> None:
    text = path.read_text()
    assert change[0] in text
    path.write_text(text.replace(*change))


@pytest.mark.parametrize(
    "change",
    [
        ('"""More."""', '"""Much more."""'),
        ('"""More."""\n', '"""More."""  # than before\n'),
        ("SIZE = 3\n", "SIZE = (\n    3\n)\n\n"),
        ('{"b", "a"}', '{"a", "b"}'),
    ],
)
def test_words_and_layout_are_no_code(package: Path, change: tuple[str, str]) -> None:
    before = digest()
    rewrite(package / "figures" / "style.py", *change)
    assert digest() == before != ""


@pytest.mark.parametrize(
    "change",
    [
        ("SIZE = 3", "SIZE = 4"),
        ("value + SIZE", "value - SIZE"),
        ("def grow(value)", "def grow(value=1)"),
        ("@cache\n", ""),
        ('{"b", "a"}', '{"b", "c"}'),
        ("grow", "shrink"),
        ("def grow", "def grow)"),
    ],
)
def test_anything_else_is(package: Path, change: tuple[str, str]) -> None:
    before = digest()
    rewrite(package / "figures" / "style.py", *change)
    assert digest() != before


def test_digests_are_equal_in_every_process() -> None:
    script = "from spiking_music.provenance.modules import digest; print(digest('{}'))"
    name = "spiking_music.figures.style"
    ran = [
        subprocess.run(
            [sys.executable, "-c", script.format(name)],
            capture_output=True,
            text=True,
            env={**environment_of(), "PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert ran[0] == ran[1] == digest() != ""


def environment_of() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(modules.PACKAGE.parent)}


def test_keys_of_the_configuration_are_no_code_but_its_methods_are(package: Path) -> None:
    path, name = package / "config" / "sections.py", "spiking_music.config.sections"
    path.write_text("class A:\n    level: int\n\n    def twice(self):\n        return 2\n")
    before = digest(name)
    rewrite(path, "level: int", "level: float\n    other: int = 3")
    assert digest(name) == before
    rewrite(path, "return 2", "return 3")
    assert digest(name) != before


def test_data_belongs_to_the_module_that_names_it(package: Path) -> None:
    style = package / "figures" / "style.py"
    style.write_text("from pathlib import Path\n\nPAGE = Path(__file__).parent / 'page'\n")
    (package / "figures" / "page").mkdir()
    (package / "figures" / "page" / "main.js").write_text("1")
    (package / "figures" / "other.js").write_text("1")
    before = digest()
    (package / "figures" / "other.js").write_text("2")
    assert digest() == before
    (package / "figures" / "page" / "main.js").write_text("2")
    assert digest() != before


def test_a_process_knows_what_it_has_used() -> None:
    script = (
        "import json, spiking_music.figures.storage; "
        "from spiking_music.provenance import modules; print(json.dumps(modules.used()))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    used = json.loads(run.stdout)
    assert {"spiking_music.figures.storage", "spiking_music.figures.style"} <= used.keys()
    assert not [name for name in used if ".training" in name or ".cli" in name]


Record = Callable[..., None]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Make a result and its record: `record("a.csv", style="…")`."""

    def write(output: str, python: str = sys.version, **others: Any) -> None:
        path = tmp_path / "results" / output
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        place = tmp_path / "results" / "provenance" / f"{output}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        known = {
            "output": output,
            "modules": {"spiking_music.figures.style": digest()},
            "software": {"python": python.split()[0]},
            "code": {"source": environment.source()},
        }
        place.write_text(json.dumps(known | others))

    return write


def note(folder: Path) -> str:
    forget()
    rules = {"figures": "figure_storage", "models": "train"}
    return stale.note(
        folder / "results", lambda path: [rules[path.split("/")[-2]]] if "/" in path else []
    )


def test_results_of_other_code_are_named_with_the_remedy(
    package: Path, record: Record, tmp_path: Path
) -> None:
    record("figures/fig1.png")
    record("models/w.safetensors", modules={"spiking_music.gone": ""})
    assert note(tmp_path) == ""
    rewrite(package / "figures" / "style.py", "SIZE = 3", "SIZE = 4")
    said = note(tmp_path)
    assert "(figures.style)" in said and said.endswith("add: --forcerun figure_storage")
    assert said.startswith(f"note: code has changed since results in '{tmp_path}/results' were")
    assert "\n" not in said and "train" not in said
    rewrite(package / "figures" / "style.py", "SIZE = 4", "SIZE = 3")
    assert note(tmp_path) == ""


def test_a_module_that_is_gone_has_changed(package: Path, record: Record, tmp_path: Path) -> None:
    record("figures/fig1.png")
    (package / "figures" / "style.py").unlink()
    assert "--forcerun figure_storage" in note(tmp_path)


def test_a_comment_is_not_said(package: Path, record: Record, tmp_path: Path) -> None:
    record("figures/fig1.png")
    rewrite(package / "figures" / "style.py", "SIZE = 3", "SIZE = 3  # or four")
    assert note(tmp_path) == ""


@pytest.mark.parametrize(
    "others", [{"modules": None}, {"python": "3.9.1"}, {"software": {}}, {"code": "of old"}]
)
def test_what_is_not_known_is_not_said(
    package: Path, record: Record, tmp_path: Path, others: dict[str, Any]
) -> None:
    record("figures/fig1.png", **others)
    rewrite(package / "figures" / "style.py", "SIZE = 3", "SIZE = 4")
    assert note(tmp_path) == ""


def test_damaged_records_and_deleted_results_are_not_said(
    package: Path, record: Record, tmp_path: Path
) -> None:
    record("figures/fig1.png")
    record("figures/fig2.png")
    (tmp_path / "results" / "figures" / "fig1.png").unlink()
    (tmp_path / "results" / "provenance" / "figures" / "fig2.png.json").write_text("{")
    rewrite(package / "figures" / "style.py", "SIZE = 3", "SIZE = 4")
    assert note(tmp_path) == "" == note(tmp_path / "nowhere")

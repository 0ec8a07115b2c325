"""What README, docs and report promise of themselves: short lines, links and paths that exist."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README, RESULTS = ROOT / "README.md", ROOT / "docs" / "results.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
CARDS = [ROOT / "CHANGELOG.md", ROOT / "src" / "spiking_music" / "pretrained" / "README.md"]
CAPTIONS = sorted((ROOT / "report").glob("*.rst"))
LONGEST = 120
LINK = re.compile(r"\]\(([^)\s]+)\)")
FOLDERS = "config|src|tests|examples|experiments|benchmarks|slurm|envs"
NAMED = re.compile(rf"(?<![\w/.-])(?:{FOLDERS})/[\w./-]+\w")
ELSEWHERE = re.compile(r"\bSP" + r"EC\b|\b[Ii]ssue" + r"s? #?\d")
OURS = re.compile(r"\b(lapped|ladders?|rungs?|repairs?|graded units|neighbours network)\b", re.I)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines outside of code and tables, without the targets of links."""
    code = False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.lstrip().startswith("```"):
            code = not code
        elif not code and not line.startswith("|"):
            yield number, LINK.sub("]", line)


def anchors(path: Path) -> set[str]:
    """The anchors that a forge makes of a page's headings."""
    headings = (line.lstrip("#").strip() for _, line in prose(path) if line.startswith("#"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", [*PAGES, *CARDS, *CAPTIONS], ids=name)
def test_no_line_of_prose_is_long(path: Path) -> None:
    long = [number for number, line in prose(path) if len(line) > LONGEST]
    assert not long, f"lines of more than {LONGEST} characters: {long}"


@pytest.mark.parametrize(("path", "most"), [(README, 110), (RESULTS, 200)], ids=str)
def test_a_page_is_short(path: Path, most: int) -> None:
    assert len(path.read_text().splitlines()) <= most


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(path.read_text()):
        if target.startswith(("http:", "https:")):
            continue
        place, _, anchor = target.partition("#")
        page = (path.parent / place).resolve() if place else path
        assert page.exists(), f"{target} does not exist"
        assert not anchor or anchor in anchors(page), f"{target} is no heading"


@pytest.mark.parametrize("path", [*PAGES, *CAPTIONS], ids=name)
def test_files_that_are_named_exist(path: Path) -> None:
    named = {found.rstrip(".") for found in NAMED.findall(path.read_text())}
    missing = [file for file in sorted(named) if not (ROOT / file).exists()]
    made = {"envs/spiking-music.sif", "slurm/site.yaml"}  # by whoever follows the page
    made |= {"src/spiking_music/models/quantizers/winners.py"}
    assert not set(missing) - made


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_words_are_those_of_the_field(path: Path) -> None:
    found = {
        (number, word[0])
        for number, line in prose(path)
        for word in OURS.finditer(re.sub("`[^`]*`", "", line))
    }
    assert not found


def test_nothing_cites_a_document_outside_the_repository() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    found = []
    for file in filter(None, tracked):
        path = ROOT / file
        if path.suffix in {".png", ".safetensors", ".spk", ".json"} or not path.is_file():
            continue
        for number, line in enumerate(path.read_text(errors="ignore").splitlines(), 1):
            if ELSEWHERE.search(line) and "mdeff/fma" not in line:  # FMA's own list of faults
                found.append(f"{file}:{number}")
    assert not found

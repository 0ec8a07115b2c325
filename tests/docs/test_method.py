"""docs/method.md: every link leads to a function, whose docstring cites what the page says."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "method.md"
LINK = re.compile(r"\[`(\w+)`\]\(\.\./(src/[\w/]+\.py)\)")
CITATION = "Lisboa & Bellec 2024, "


def rows() -> list[tuple[str, str, str | None]]:
    """(function, file, what its docstring must hold) of each link; None outside of tables."""
    found = []
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)]
        wanted = cells[-2] if len(cells) > 2 else None
        found += [(name, path, wanted) for name, path in LINK.findall(line)]
    return found


def docstring(name: str, path: str) -> str:
    """The docstring, in one line, of the one function or class `name` at the top of a file."""
    tree = ast.parse((ROOT / path).read_text())
    defined = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name
    ]
    assert len(defined) == 1, f"{path} does not define {name}"
    return " ".join((ast.get_docstring(defined[0]) or "").split())


def cites(text: str, wanted: str) -> bool:
    """Whether a docstring cites `wanted` of the paper, or marks what is ours."""
    if wanted == "*ours*":
        return wanted in text
    named = text.split(CITATION)[1:]
    return any(re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", part) for part in named)


def test_the_page_links_to_the_code_of_every_topic() -> None:
    wanted = {cited for _, _, cited in rows()}
    assert {"eq. (7)", "eq. (9)", "*ours*", *(f"figure {n}" for n in range(1, 6))} <= wanted


@pytest.mark.parametrize(("name", "path", "wanted"), rows())
def test_a_link_leads_to_a_function_that_cites_the_paper(
    name: str, path: str, wanted: str | None
) -> None:
    text = docstring(name, path)
    assert wanted is None or cites(text, wanted), f"{name} in {path} does not cite {wanted}"


def test_a_missing_citation_is_found() -> None:
    assert cites("A loss (Lisboa & Bellec 2024, eq. (7)).", "eq. (7)")
    assert not cites("A loss (Lisboa & Bellec 2024, eq. (7)).", "eq. (9)")
    assert not cites("Figure 1 of another paper.", "figure 1")
    assert not cites("Lisboa & Bellec 2024, figure 12", "figure 1")

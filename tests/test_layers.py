"""Rooms of the package import what stands below them, and nothing above."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

SOURCE = ROOT / "src" / "spiking_music"
ORDER = (  # from the bottom up; what stands in one line knows nothing of its neighbours
    ("errors", "hdf5", "marks", "progress", "reasons", "signatures", "utf8"),
    ("extras", "overwriting"),
    ("files", "locks", "processes"),
    ("audio", "config", "rangecoder"),
    ("data", "models", "provenance"),
    ("mdct", "training"),
    ("codec",),
    ("evaluation",),
    ("listening",),
    ("figures",),
    ("front_page",),
    ("workflow",),
    ("cli",),
    ("__init__", "__main__"),
)
HEIGHT = {room: height for height, rooms in enumerate(ORDER) for room in rooms}


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Rooms that a module imports, at its top or within functions, and the lines.

    `import spiking_music` alone asks only where the package lies: provenance does.
    """
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "spiking_music":
            names = [f"spiking_music.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: a relative import"
            names = [str(node.module)]
        for name in names:
            if name.startswith("spiking_music."):
                name = name.split(".")[1]
                yield name if name in HEIGHT else "__init__", node.lineno


def test_every_room_has_its_place() -> None:
    rooms = {room(path) for path in SOURCE.rglob("*.py")}
    assert rooms == HEIGHT.keys()


def test_nothing_imports_upward() -> None:
    upward = [
        f"{path.relative_to(SOURCE)}:{line}: {other}"
        for path in sorted(SOURCE.rglob("*.py"))
        for other, line in imports(path)
        if other != room(path) and HEIGHT[other] >= HEIGHT[room(path)]
    ]
    assert not upward, "\n".join(upward)

"""Pictures of the docs: each has a command that makes it, and is shown."""

from docs.images import IMAGES, MAKERS

from tests.conftest import ROOT


def test_every_picture_has_its_maker_and_its_place() -> None:
    pictures = {path.stem for path in IMAGES.iterdir()}
    assert pictures == set(MAKERS)
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    text = "".join(page.read_text() for page in pages)
    assert all(f"images/{name}.png)" in text for name in pictures)

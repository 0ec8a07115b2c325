"""The page of a package index: README.md, which lies there without the repository."""

import re
import runpy

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
page = runpy.run_path(str(ROOT / "setup.py"), run_name="setup")["page"]
TARGET = re.compile(r"\]\(([^)\s]+)\)")


def test_without_an_address_links_are_their_words() -> None:
    text = page(README, None)
    assert "docs/images" not in text and "maps the paper to the code" in text
    assert all(target.startswith("https://") for target in TARGET.findall(text))


def test_with_an_address_every_link_leads_there() -> None:
    text = page(README, "https://forge.example/spiking-music")
    assert "](https://forge.example/spiking-music/raw/main/docs/images/events.png)" in text
    assert "](https://forge.example/spiking-music/blob/main/docs/codec.md)" in text
    assert all(target.startswith("https://") for target in TARGET.findall(text))
    assert len(TARGET.findall(text)) == len(TARGET.findall(README))

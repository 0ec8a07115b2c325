"""The front page in a real browser: from disk, at the size of a phone, for everyone."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from spiking_music.front_page.build import build
from tests.browser.conftest import OpenPage
from tests.browser.test_mushra_access import violations
from tests.front_page.material import make_sources


@pytest.fixture
def path(tmp_path: Path, raw: dict[str, Any]) -> Path:
    build(make_sources(tmp_path), raw, tmp_path / "index.html")
    return tmp_path / "index.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 360])
def test_anyone_can_read_it(path: Path, open_page: OpenPage, width: int, scheme: str) -> None:
    """No violations by axe, and nothing wider than the window."""
    size = {"width": width, "height": 800}
    page = open_page(path.as_uri(), viewport=size, color_scheme=scheme, bypass_csp=True)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not violations(page)


def test_its_sounds_play(path: Path, open_page: OpenPage) -> None:
    """From disk and under the page's own policy."""
    page = open_page(path.as_uri())
    played = (
        page.locator("audio")
        .nth(1)
        .evaluate(
            """async sound => {
            const ended = new Promise(resolve => sound.addEventListener("ended", resolve));
            await sound.play();
            await ended;
            return sound.duration;
        }"""
        )
    )
    assert played == pytest.approx(0.01, abs=0.005)

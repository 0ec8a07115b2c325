"""The front page: everything that it was given is on it, and nothing is fetched."""

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import soundfile

from spiking_music.errors import DataError
from spiking_music.front_page.build import Sources, build
from tests.front_page.material import FIGURES, make_sources


class Elements(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def values(self, tag: str, name: str) -> list[str]:
        """The attribute `name` of all elements `tag`."""
        return [value for each, about in self.found if each == tag and (value := about.get(name))]


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return make_sources(tmp_path)


def made(sources: Sources, raw: dict[str, Any], out: Path) -> tuple[str, Elements]:
    build(sources, raw, out)
    text = out.read_text(encoding="utf-8")
    elements = Elements()
    elements.feed(text)
    return text, elements


def test_it_holds_table_figures_claims_and_sounds(
    sources: Sources, raw: dict[str, Any], tmp_path: Path
) -> None:
    text, elements = made(sources, raw, tmp_path / "index.html")
    assert "<td>9.82</td>" in text and "Étude &lt;3&gt;" in text
    assert "RVQ &lt;is&gt; better" in text and "2.26 [2.10, 2.41]" in text
    assert "1 reproduced, 1 not reproduced" in text
    assert len(elements.values("img", "src")) == len(FIGURES)
    assert len(elements.values("audio", "src")) == 2
    fifth = text[text.index('<section id="fig5">') :].partition("</section>")[0]
    assert "units are selective" in fifth and "RVQ &lt;is&gt;" not in fifth
    assert "units of <code>sparse</code>" in fifth
    assert text.count("<figcaption>") == 4  # one a kind of figure
    assert "N = 80 units" in text  # of the caption of figure 1, from the configuration


def test_nothing_is_fetched_and_links_lead_to_what_is_there(
    sources: Sources, raw: dict[str, Any], tmp_path: Path
) -> None:
    text, elements = made(sources, raw, tmp_path / "index.html")
    embedded = [*elements.values("img", "src"), *elements.values("audio", "src")]
    assert all(source.startswith("data:") for source in embedded)
    assert not re.search(r"url\(|@import|<script|<link", text)
    targets = [link for link in elements.values("a", "href") if not link.startswith("#")]
    made_later = ("listen/", "provenance/")
    assert all((tmp_path / link).is_file() for link in targets if not link.startswith(made_later))
    assert "clips.svg" in targets
    anchors = [link[1:] for link in elements.values("a", "href") if link.startswith("#")]
    assert set(anchors) <= set(elements.values("section", "id"))


def test_equal_inputs_give_equal_bytes(
    sources: Sources, raw: dict[str, Any], tmp_path: Path
) -> None:
    once, again = (made(sources, raw, tmp_path / f"{i}.html")[0] for i in range(2))
    assert once == again


def test_sounds_are_those_of_the_test(
    sources: Sources, raw: dict[str, Any], tmp_path: Path
) -> None:
    _, elements = made(sources, raw, tmp_path / "index.html")
    content = base64.b64decode(elements.values("audio", "src")[1].partition(",")[2])
    samples, rate = soundfile.read(io.BytesIO(content), dtype="int16")
    assert rate == 48000 and set(samples) == {int(0.1 * 32768)}


def test_what_cannot_be_shown_is_one_sentence(
    sources: Sources, raw: dict[str, Any], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.rst"
    bad.write_text("{{ snakemake.config['no such key'] }}")
    figure = sources.figures[0]
    wrong = Sources(sources.summary, sources.claims, [figure], [bad], sources.stimuli)
    with pytest.raises(DataError, match=r"bad\.rst' is no caption .*no such key"):
        build(wrong, raw, tmp_path / "index.html")
    assert not (tmp_path / "index.html").exists()
    few = Sources(sources.summary, sources.claims, [figure], [], sources.stimuli)
    with pytest.raises(DataError, match="as many captions as figures"):
        build(few, raw, tmp_path / "index.html")

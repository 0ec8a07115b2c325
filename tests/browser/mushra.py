"""The page under test, on the server of the tests, and its results."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from spiking_music import config as configuration
from spiking_music.config import PageConfig
from spiking_music.listening.test_page import build
from tests.browser.conftest import Site
from tests.browser.stimuli import names, write_stimuli
from tests.conftest import DEFAULTS


def make_page(site: Site, **changes: Any) -> Path:
    """Build the test into the site's folder `test`; returns the manifest of its stimuli.

    Sounds need to be heard for a third of a second only, so that participants are quick.
    """
    manifest = write_stimuli(site.folder.parent / "stimuli")
    page = {"heard_seconds": 0.3, **changes}
    raw = configuration.read([*DEFAULTS, json.dumps({"listening": {"page": page}})])
    build(manifest, configuration.section(raw, PageConfig), site.folder / "test")
    return manifest


def rows(results: Path | str) -> list[dict[str, str]]:
    """A results file, or its text, as rows by column."""
    text = results if isinstance(results, str) else results.read_bytes().decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def posted(site: Site) -> list[dict[str, Any]]:
    """The messages that the site was sent, in the order in which they came."""
    return [json.loads(body) for body in site.posted]


def scores_sent(site: Site, manifest: Path) -> list[tuple[str, str, int]]:
    """Clip, system and score of all pages that were posted, in the order of presentation."""
    pages = [message for message in posted(site) if message["kind"] == "page"]
    sounds = names(manifest)
    return [
        (page["clip"], sounds[sound][1], score)
        for page in sorted(pages, key=lambda page: page["position"])
        for sound, score in page["ratings"]
    ]

"""What the server of a listening test takes for a message of the test, and what it refuses."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from spiking_music import config as configuration
from spiking_music.config import PageConfig
from spiking_music.errors import DataError
from spiking_music.listening.collector.export import listeners
from spiking_music.listening.collector.messages import Design, part
from spiking_music.listening.manifest import read_manifest
from tests.conftest import DEFAULTS


def paired(manifest: Path, **changes: Any) -> tuple[Design, dict[str, Any]]:
    """A test of ABX, and a message of its first page."""
    page = {"method": "abx", "pairs": [["reference", "free"]], "attention": 1, **changes}
    raw = configuration.read([*DEFAULTS, json.dumps({"listening": {"page": page}})])
    design = Design.of(read_manifest(manifest), configuration.section(raw, PageConfig))
    trial = next(iter(design.trials.values()))
    head = {"version": 1, "test": "tones", "session": str(uuid.uuid4()), "seed": 7}
    answer = {"x": "b", "answer": "a", "milliseconds": 5, "comment": "", "position": 3}
    place = {"method": "abx", "clip": trial.clip, "trial": trial.name}
    return design, {**head, **answer, **place, "kind": "choice", "sounds": [*trial.sounds]}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"method": "ab"}, "trial: not one of this test"),
        ({"trial": "c1"}, "trial: not one of this test"),
        ({"clip": "c2"}, "trial: not one of this test"),
        ({"sounds": ["0", "1"]}, "sounds: not those of the trial"),
        ({"x": None}, "x: of ABX, and of nothing else"),
        ({"answer": "none"}, "answer: a or b"),
        ({"answer": "c"}, "answer"),
        ({"kind": "page", "ratings": [["0", 1]]}, "page.method"),
    ],
)
def test_choices_that_cannot_be_are_refused(
    manifest: Path, change: dict[str, Any], reason: str
) -> None:
    design, message = paired(manifest)
    assert part(design.read(json.dumps(message).encode())) == f"page:{message['trial']}"
    with pytest.raises(DataError, match=reason):
        design.read(json.dumps(message | change).encode())


def test_scores_of_mos_are_of_1_to_5_and_attention_pages_are_counted(manifest: Path) -> None:
    design, message = paired(manifest, method="mos", pairs=[])
    trial = next(iter(design.trials.values()))
    head = {name: message[name] for name in ("version", "test", "session", "seed")}
    rest = {"clip": trial.clip, "trial": trial.name, "position": 1, "milliseconds": 1}
    page = {**head, **rest, "kind": "page", "method": "mos", "comment": ""}
    rated = {**page, "ratings": [[trial.sounds[0], 5]]}
    assert part(design.read(json.dumps(rated).encode())) == f"page:{trial.name}"
    with pytest.raises(DataError, match="not all from 1 to 5"):
        design.read(json.dumps({**page, "ratings": [[trial.sounds[0], 6]]}).encode())
    attention = {**head, "kind": "attention", "number": 1, "asked": "2", "given": "3"}
    read_back = design.read(json.dumps(attention).encode())
    (listener,) = listeners([read_back])
    assert listener.failed == 1
    with pytest.raises(DataError, match="not an attention page"):
        design.read(json.dumps({**attention, "number": 2}).encode())

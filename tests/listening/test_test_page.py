"""The folder of a listening test, as far as it can be seen without a browser."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from spiking_music import config as configuration
from spiking_music.config import PageConfig
from spiking_music.errors import ConfigError, DataError
from spiking_music.listening.manifest import read_manifest
from spiking_music.listening.test_page import build, render
from spiking_music.marks import MARK
from tests.browser.stimuli import SYSTEMS, names, write_stimuli
from tests.conftest import DEFAULTS


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return write_stimuli(tmp_path / "stimuli")


def settings(**changes: Any) -> PageConfig:
    raw = configuration.read([*DEFAULTS, json.dumps({"listening": {"page": changes}})])
    return configuration.section(raw, PageConfig)


ASKED = {"name": "q", "text": "Why?", "when": "before"}


def embedded(text: str) -> dict[str, Any]:
    """What the page knows of the test."""
    found = re.search(r'<script type="application/json" id="test">(.*?)</script>', text, re.S)
    assert found
    return json.loads(found[1])


def changed(manifest: Path, change: dict[str, Any]) -> Path:
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | change))
    return manifest


def test_every_sound_is_there_byte_for_byte(manifest: Path, tmp_path: Path) -> None:
    build(manifest, settings(), tmp_path / "page")
    files = {path.name for path in (tmp_path / "page").rglob("*") if path.is_file()}
    assert files == {MARK, "index.html", *(f"{name}.js" for name in names(manifest))}
    for name in names(manifest):
        script = (tmp_path / "page" / "audio" / f"{name}.js").read_text()
        found = re.fullmatch(rf'receiveSound\("{name}", "([^"]+)"\);\n', script)
        assert found
        assert base64.b64decode(found[1]) == (manifest.parent / f"{name}.wav").read_bytes()


def test_the_page_names_no_system_and_no_address(manifest: Path) -> None:
    text = render(read_manifest(manifest), settings())
    plain = re.sub(r'base64,[^"]+|sha256-[^\']+|"systems": "[^"]+"', "", text)
    for system in SYSTEMS[1:]:
        assert system not in plain
    assert not re.search(r"https?://|(?<!:)//\w+\.", plain)


def test_equal_tests_are_equal_bytes_and_others_have_another_digest(manifest: Path) -> None:
    stimuli = read_manifest(manifest)
    assert render(stimuli, settings()) == render(stimuli, settings())
    digests = {
        embedded(render(stimuli, settings(**change)))["digest"]
        for change in ({}, {"title": "Another"}, {"heard_seconds": 2}, {"fields": ["name"]})
    }
    assert len(digests) == 4


def test_the_policy_covers_scripts_style_and_the_server_of_results(manifest: Path) -> None:
    text = render(read_manifest(manifest), settings(post_url="https://lab.example:8443/put?x=1"))
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    assert "connect-src https://lab.example:8443;" in policy[1]
    blocks = [
        *re.findall(r"<style>(.*?)</style>", text, re.S),
        *re.findall(r'<script type="(?:importmap|module)">(.*?)</script>', text, re.S),
    ]
    assert len(blocks) == 3
    for block in blocks:
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
        assert f"sha256-{digest}" in policy[1]
    assert "connect-src &#x27;none&#x27;" in render(read_manifest(manifest), settings())


def test_a_path_is_of_the_pages_own_server(manifest: Path) -> None:
    text = render(read_manifest(manifest), settings(post_url="/messages"))
    assert "connect-src &#x27;self&#x27;" in text


def test_more_clips_a_listener_than_there_are_is_refused(manifest: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has 2 clips, fewer than 'listening.page.clips' \(3\)"):
        build(manifest, settings(clips=3), tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_a_title_is_text(manifest: Path) -> None:
    text = render(read_manifest(manifest), settings(title="</title><script>alert(1)</script> $x"))
    assert "<script>alert" not in text
    assert embedded(text)["title"] == "</title><script>alert(1)</script> $x"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 2}, "'version'"),
        ({"clips": []}, "'clips'"),
        ({"training": ["c9"]}, "no clip is called 'c9', which training names"),
        ({"sound": 1}, "unknown"),
    ],
)
def test_a_malformed_manifest_is_refused(
    manifest: Path, tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(DataError, match="is no manifest of stimuli") as caught:
        build(changed(manifest, change), settings(), tmp_path / "page")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "page").exists()


def test_what_is_no_json_is_refused(manifest: Path) -> None:
    manifest.write_text("{")
    with pytest.raises(DataError, match="is no manifest of stimuli"):
        read_manifest(manifest)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"system": "rvq"}, "needs one reference, and each system once"),
        ({"samples": 5}, "differ in length"),
        ({"file": "../secret.wav"}, "file"),
    ],
)
def test_stimuli_that_cannot_be_compared_are_refused(
    manifest: Path, change: dict[str, Any], sentence: str
) -> None:
    clips = json.loads(manifest.read_text())["clips"]
    clips[1]["stimuli"][0] |= change
    with pytest.raises(DataError, match=sentence):
        read_manifest(changed(manifest, {"clips": clips}))


def test_a_sound_that_has_changed_is_refused(manifest: Path, tmp_path: Path) -> None:
    sound = next(manifest.parent.glob("*.wav"))
    sound.write_bytes(sound.read_bytes()[:-2])
    with pytest.raises(DataError, match="has changed since its manifest"):
        build(manifest, settings(), tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_another_rate_is_refused(manifest: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="at 48000 Hz, its manifest says 120000 at 44100"):
        build(changed(manifest, {"sample_rate": 44100}), settings(), tmp_path / "page")


def test_all_sounds_are_mono_or_all_are_stereo(manifest: Path, tmp_path: Path) -> None:
    clips = json.loads(manifest.read_text())["clips"]
    for stimulus in (stimulus for clip in clips for stimulus in clip["stimuli"]):
        path = manifest.parent / stimulus["file"]
        soundfile.write(path, np.zeros((stimulus["samples"], 2)), 48000)
        stimulus["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(DataError, match="has 2 channels, its manifest says 1"):
        build(changed(manifest, {"clips": clips}), settings(), tmp_path / "page")
    build(changed(manifest, {"channels": 2}), settings(), tmp_path / "page")
    assert (tmp_path / "page" / "index.html").is_file()


def test_pages_of_each_method(manifest: Path) -> None:
    """Five systems, of which three are under test, in each of two clips."""
    stimuli = read_manifest(manifest)
    counts = {"mushra": 2, "mos": 10, "dcr": 10, "abx": 6, "ab": 6}
    for method, count in counts.items():
        test = embedded(render(stimuli, settings(method=method)))
        assert len(test["trials"]) == len({trial["name"] for trial in test["trials"]}) == count
        assert set(test["training"]) <= {trial["name"] for trial in test["trials"]}
    pairs = {"pairs": [["free", "anchor-distorted"]], "repeats": 3}
    test = embedded(render(stimuli, settings(method="ab", **pairs)))
    called = {name: system for name, (_, system) in names(manifest).items()}
    compared = {tuple(called[sound] for sound in trial["sounds"]) for trial in test["trials"]}
    assert {frozenset(pair) for pair in compared} == {frozenset(["free", "anchor-distorted"])}
    assert len(test["trials"]) == 6
    with pytest.raises(DataError, match="names 'nobody', which clip 'c1' does not have"):
        render(stimuli, settings(method="ab", pairs=[["free", "nobody"]]))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"post_url": "ftp://x"}, "'listening.page.post_url'"),
        ({"post_url": "http://x; script-src *"}, "'listening.page.post_url'"),
        ({"fields": ["trial_id"]}, "'trial_id' is a column of the results already"),
        ({"fields": ["name", "name"]}, "a field is asked for twice"),
        ({"post_url": "//x/y"}, "'listening.page.post_url'"),
        ({"language": "it"}, "'listening.page.language'"),
        ({"clips": 0}, "'listening.page.clips'"),
        ({"fields_from_address": {"age": "AGE"}}, "'age' is none of the fields"),
        ({"completion": {"url": "https://x.example/{age}"}}, "'age' is none of the fields"),
        ({"completion": {"url": "javascript:alert(1)"}}, "'listening.page.completion.url'"),
        ({"questions": [{**ASKED, "name": "participant"}]}, "a field is asked for twice"),
        ({"questions": [{**ASKED, "admit": ["no"]}]}, "question 'q' does not offer 'no'"),
        ({"questions": [{**ASKED, "choices": ["a", "a"]}]}, "question 'q' offers a choice twice"),
        (
            {"questions": [{**ASKED, "when": "after", "choices": ["a"], "admit": ["a"]}]},
            "question 'q' comes too late to screen out: ask it before",
        ),
        ({"ramp_ms": 20}, "'listening.page.ramp_ms'"),
        ({"titel": "x"}, "'listening.page.titel'; did you mean 'title'?"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(**change)
    assert sentence in str(caught.value)

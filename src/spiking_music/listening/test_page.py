"""A listening test, MUSHRA or another, as one folder that opens from disk or any web server.

A page opened from disk may neither fetch files nor import modules from them. So index.html holds
the modules as data URLs in an import map, and every sound is a script that hands over its bytes.
A content security policy keeps the page from reaching anything but its folder and `post_url`. What
it says is a module, too: that of `languages` which the configuration names.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from spiking_music import files
from spiking_music.config import PageConfig
from spiking_music.config.listening import EndingConfig
from spiking_music.errors import DataError
from spiking_music.listening import inline_html
from spiking_music.listening.design import practice, sound, trials
from spiking_music.listening.inline_html import Page, base64_text, json_text
from spiking_music.listening.manifest import Manifest, read_manifest, read_stimulus
from spiking_music.listening.scores import REFERENCE
from spiking_music.progress import tracked

PAGE = Path(__file__).parent / "page"
MODULES = PAGE / "modules"
LANGUAGES = PAGE / "languages"
ENTRY = 'import "mushra/main";'


def build(manifest_path: Path, settings: PageConfig, out: Path) -> None:
    """Write the folder `out`: index.html, and the sounds in audio/.

    manifest_path: of the rule `stimuli`, sounds beside it. Raises `DataError` where a sound is not
    what the manifest says, or where listeners are to rate more clips than there are, or pairs of
    systems that are not there.
    """
    manifest = read_manifest(manifest_path)
    if settings.clips and settings.clips > len(manifest.clips):
        raise DataError(
            f"'{manifest_path}' has {len(manifest.clips)} clips, fewer than 'listening.page.clips' "
            f"({settings.clips}): make more stimuli, or ask for fewer"
        )
    stimuli = [stimulus for clip in manifest.clips for stimulus in clip.stimuli]
    text = render(manifest, settings)
    with files.folder(out, "test-page", [manifest_path]) as folder:
        (folder / "audio").mkdir()
        for stimulus in tracked(stimuli, "sounds", len(stimuli)):
            content = read_stimulus(manifest_path.parent, stimulus, manifest)
            name = sound(stimulus.file)
            script = f'receiveSound("{name}", "{base64_text(content)}");\n'
            (folder / "audio" / f"{name}.js").write_text(script, encoding="utf-8")
        (folder / "index.html").write_text(text, encoding="utf-8")
    files.wrote(out / "index.html")


def render(manifest: Manifest, settings: PageConfig) -> str:
    """The text of index.html; equal arguments give equal text."""
    page = Page(
        title=settings.title,
        metas='<meta name="robots" content="noindex">',
        style=(PAGE / "style.css").read_text(encoding="utf-8"),
        modules=modules(settings.language),
        entry=ENTRY,
        sources="'self' file: data:",
        connect=_origin(settings.post_url) if settings.post_url else "'none'",
        language=settings.language,
    )
    return inline_html.render(page, PAGE / "body.html", test=json_text(_test(manifest, settings)))


def modules(language: str = "en") -> dict[str, Path]:
    """The modules of the page by name; `mushra/words` are those of the language."""
    own = {f"mushra/{path.stem}": path for path in MODULES.glob("*.js")}
    return own | {"mushra/words": LANGUAGES / f"{language}.js"}


def _test(manifest: Manifest, settings: PageConfig) -> dict[str, Any]:
    """What the page knows of the test; which sound is of which system is out of plain sight."""
    systems = {
        sound(stimulus.file): stimulus.system
        for clip in manifest.clips
        for stimulus in clip.stimuli
    }
    clips = [
        {
            "clip": clip.clip,
            "title": clip.title,
            "reference": next(sound(s.file) for s in clip.stimuli if s.system == REFERENCE),
        }
        for clip in manifest.clips
    ]
    made = trials(manifest, settings)
    test = {
        "test": manifest.test,
        "method": settings.method,
        "seed": manifest.seed,
        "sampleRate": manifest.sample_rate,
        "clips": clips,
        "trials": [asdict(trial) for trial in made],
        "training": practice(manifest, made),
        "attention": settings.attention,
        "headphones": settings.headphones,
        "systems": base64_text(json.dumps(systems, sort_keys=True).encode()),
        "title": settings.title,
        "contact": settings.contact,
        "postUrl": settings.post_url,
        "fields": list(settings.fields),
        "fieldsFromAddress": settings.fields_from_address,
        "consent": settings.consent,
        "questions": [question.model_dump() for question in settings.questions],
        "clipsEach": settings.clips,
        "completion": _ending(settings.completion),
        "screenedOut": _ending(settings.screened_out),
        "loopSeconds": settings.loop_seconds,
        "heardSeconds": settings.heard_seconds,
        "rampSeconds": settings.ramp_ms / 1000,
    }
    # progress is kept under this name: another test begins anew
    digest = hashlib.sha256(json.dumps(test, sort_keys=True).encode()).hexdigest()
    return {**test, "digest": digest[:16]}


def _ending(ending: EndingConfig) -> dict[str, str | None]:
    return {"code": ending.code, "url": ending.url}


def _origin(url: str) -> str:
    """What the policy calls it; a path is of the server that the page comes from."""
    parts = urlsplit(url)
    if not parts.netloc:
        return "'self'"
    return f"{parts.scheme}://{parts.netloc}"

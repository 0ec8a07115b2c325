"""A MUSHRA listening test (ITU-R BS.1534-3) as one folder that opens from disk or any web server.

A page opened from disk may neither fetch files nor import modules from them. So index.html holds
the modules as data URLs in an import map, and every sound is a script that hands over its bytes.
A content security policy keeps the page from reaching anything but its folder and `post_url`.
"""

import base64
import hashlib
import html
import json
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import track

from spiking_music.config import PageConfig
from spiking_music.files import atomic, wrote
from spiking_music.listening.manifest import REFERENCE, Manifest, read_manifest, read_stimulus

PAGE = Path(__file__).parent / "page"
ENTRY = 'import "mushra/main";'


def build(manifest_path: Path, settings: PageConfig, out: Path) -> None:
    """Write the folder `out`: index.html, and the sounds in audio/.

    manifest_path: of the rule `stimuli`, sounds beside it. Raises `DataError` where a sound is not
    what the manifest says.
    """
    manifest = read_manifest(manifest_path)
    stimuli = [stimulus for clip in manifest.clips for stimulus in clip.stimuli]
    with atomic(out) as folder:
        (folder / "audio").mkdir(parents=True)
        for stimulus in track(stimuli, "sounds", console=Console(stderr=True)):
            content = read_stimulus(manifest_path.parent, stimulus, manifest.sample_rate)
            script = f'receiveSound("{_id(stimulus.file)}", "{_base64(content)}");\n'
            (folder / "audio" / f"{_id(stimulus.file)}.js").write_text(script)
        (folder / "index.html").write_text(render(manifest, settings))
    wrote(out / "index.html")


def render(manifest: Manifest, settings: PageConfig) -> str:
    """The text of index.html; equal arguments give equal text."""
    style = (PAGE / "style.css").read_text()
    modules = json.dumps({"imports": _modules()}, indent=1)
    template = Template((PAGE / "index.html").read_text())
    return template.substitute(
        title=html.escape(settings.title),
        policy=html.escape(_policy(style, (modules, ENTRY), settings.post_url)),
        style=style,
        modules=modules,
        entry=ENTRY,
        test=json.dumps(_test(manifest, settings), indent=1).replace("<", "\\u003c"),
    )


def _test(manifest: Manifest, settings: PageConfig) -> dict[str, Any]:
    """What the page knows of the test; which sound is of which system is out of plain sight."""
    systems = {
        _id(stimulus.file): stimulus.system for clip in manifest.clips for stimulus in clip.stimuli
    }
    clips = [
        {
            "clip": clip.clip,
            "title": clip.title,
            "reference": next(_id(s.file) for s in clip.stimuli if s.system == REFERENCE),
            "stimuli": sorted(_id(s.file) for s in clip.stimuli),
        }
        for clip in manifest.clips
    ]
    test = {
        "test": manifest.test,
        "seed": manifest.seed,
        "sampleRate": manifest.sample_rate,
        "clips": clips,
        "training": list(manifest.training),
        "systems": _base64(json.dumps(systems, sort_keys=True).encode()),
        "title": settings.title,
        "contact": settings.contact,
        "postUrl": settings.post_url,
        "fields": list(settings.fields),
        "loopSeconds": settings.loop_seconds,
        "heardSeconds": settings.heard_seconds,
        "rampSeconds": settings.ramp_ms / 1000,
    }
    # progress is kept under this name: another test begins anew
    digest = hashlib.sha256(json.dumps(test, sort_keys=True).encode()).hexdigest()
    return {**test, "digest": digest[:16]}


def _modules() -> dict[str, str]:
    """The page's modules by the names they import each other by."""
    return {
        f"mushra/{path.stem}": f"data:text/javascript;base64,{_base64(path.read_bytes())}"
        for path in sorted((PAGE / "modules").glob("*.js"))
    }


def _policy(style: str, scripts: tuple[str, ...], post_url: str | None) -> str:
    """A content security policy of our own scripts and style, our folder and `post_url`."""
    target = "'none'"
    if post_url:
        target = f"{urlsplit(post_url).scheme}://{urlsplit(post_url).netloc}"
    hashes = " ".join(_hash(script) for script in scripts)
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {hashes} 'self' file: data:",
            f"style-src {_hash(style)}",
            "img-src data:",
            f"connect-src {target}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(text: str) -> str:
    return f"'sha256-{_base64(hashlib.sha256(text.encode()).digest())}'"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _id(file: str) -> str:
    return Path(file).stem

"""The codec in the browser: one page that decodes streams and encodes recordings, and asks nobody.

The codec runs in a worker, whose script, weights and compiled kernels the page holds as text.
"""

import gzip
from pathlib import Path

from spiking_music import files
from spiking_music.listening import browser_model, inline_html
from spiking_music.listening.bundle import bundled
from spiking_music.listening.inline_html import Page, base64_text, json_text

FOLDER = Path(__file__).parent
CODEC, OWN, SHARED = FOLDER / "browser" / "codec", FOLDER / "browser" / "page", FOLDER / "page"
ENTRY = 'import "page/main";'
# the worker is a blob, and compiles the kernels
SOURCES = "data: blob: 'wasm-unsafe-eval'"


def build(out: Path, model: Path | None = None) -> None:
    """Write the page `out` (.html) of a model folder, or of the package's model.

    Equal inputs give equal bytes. Raises as `browser_model.packed`.
    """
    text = render(browser_model.packed(model))
    with files.atomic(out) as temporary:
        temporary.write_text(text, encoding="utf-8")
    files.wrote(out)


def render(model: bytes) -> str:
    """The text of the page of a `browser_model.packed` model."""
    modules = {f"page/{path.stem}": path for path in (OWN / "modules").glob("*.js")}
    modules["mushra/dom"] = SHARED / "modules" / "dom.js"
    codec = codec_modules()
    modules |= {name: codec[name] for name in ("codec/errors", "codec/wav")}
    page = Page(
        title="Piano music in events",
        metas='<meta name="color-scheme" content="light dark">',
        style="".join((each / "style.css").read_text(encoding="utf-8") for each in (SHARED, OWN)),
        modules=modules,
        entry=ENTRY,
        sources=SOURCES,
    )
    return inline_html.render(
        page,
        OWN / "body.html",
        data=json_text(browser_model.config_of(model)),
        model=model_text(model),
        **decoder(),
    )


def model_text(model: bytes) -> str:
    """What the element of a packed model holds."""
    return base64_text(gzip.compress(model, mtime=0))


def decoder() -> dict[str, str]:
    """What the elements `worker` and `kernels` of a page hold."""
    kernels = (CODEC / "kernels.wasm").read_bytes()
    return {"worker": worker_script(), "kernels": base64_text(kernels)}


def client_modules() -> dict[str, Path]:
    """What another page needs to let the worker decode, and to transform."""
    return {"page/client": OWN / "modules" / "client.js", "codec/fourier": CODEC / "fourier.js"}


def codec_modules() -> dict[str, Path]:
    """The modules of the codec by name."""
    return {f"codec/{path.stem}": path for path in CODEC.glob("*.js")}


def worker_script() -> str:
    """What the worker runs."""
    return bundled(codec_modules(), "codec/worker")

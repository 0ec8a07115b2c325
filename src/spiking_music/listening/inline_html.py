"""Pages in one file: head, modules, data, and a policy that lets nothing else in."""

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

TEMPLATE = Path(__file__).parent / "page" / "page.html"  # of both pages


@dataclass(frozen=True)
class Page:
    """What makes a page: title, further elements of its head, its code, and what it may reach."""

    title: str
    metas: str  # elements of the head
    style: str
    modules: Mapping[str, Path]
    entry: str  # the script that starts it
    sources: str = "data:"  # see `policy`
    connect: str = "'none'"
    language: str = "en"  # BCP 47


def render(page: Page, body: Path, **values: str) -> str:
    """The text of the page, the template `body` filled with `values` and the title in it."""
    mapped = import_map(page.modules)
    allowed = policy(page.style, (mapped, page.entry), page.sources, page.connect)
    title = html.escape(page.title)
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        language=page.language,
        title=title,
        policy=html.escape(allowed),
        metas=page.metas,
        style=page.style,
        body=Template(body.read_text(encoding="utf-8"))
        .substitute(values, title=title)
        .rstrip("\n"),
        modules=mapped,
        entry=page.entry,
    )


def base64_text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def import_map(modules: Mapping[str, Path]) -> str:
    """An import map of the modules by the names they import each other by."""
    urls = {
        name: f"data:text/javascript;base64,{base64_text(path.read_bytes())}"
        for name, path in sorted(modules.items())
    }
    return json.dumps({"imports": urls}, indent=1)


def json_text(value: Any) -> str:
    """JSON that nothing in it can end the script element of."""
    return json.dumps(value, indent=1).replace("<", "\\u003c")


def policy(
    style: str, scripts: Iterable[str], sources: str = "data:", connect: str = "'none'"
) -> str:
    """A content security policy that lets in our own scripts and style.

    sources: where other scripts may come from. connect: where the page may send something.
    """
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, scripts))} {sources}",
            f"style-src {_hash(style)}",
            "img-src data:",
            f"connect-src {connect}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64_text(hashlib.sha256(text.encode()).digest())}'"

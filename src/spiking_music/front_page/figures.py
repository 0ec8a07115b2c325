"""What the page shows with each figure: caption, claims, and the tables behind it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from PIL import Image

from spiking_music.errors import DataError
from spiking_music.front_page import captions
from spiking_music.front_page.names import CLAIMS, TITLES, kind_of
from spiking_music.provenance import find

TABLES = (".csv", ".npz")
ALL = "side by side"  # in the place of a variant


@dataclass(frozen=True)
class Figure:
    """A picture and what belongs to it. Links are relative to the page."""

    name: str
    title: str
    picture: Path
    caption: str  # HTML
    claims: Sequence[Mapping[str, Any]]  # rows of claims.csv
    files: Sequence[tuple[str, str]]  # name and link: other formats, and tables behind it

    @property
    def kind(self) -> str:
        """Its name without the variant or whatever else it is of."""
        return kind_of(self.name)


def collect(
    pictures: Sequence[Path],
    caption_files: Sequence[Path],
    config: Mapping[str, Any],
    claims: Sequence[Mapping[str, Any]],
    page: Path,
) -> Iterator[Figure]:
    """The figures for the page at `page`, in order; `DataError` where a picture is damaged."""
    for picture, caption in zip(pictures, caption_files, strict=True):
        _require_whole(picture)
        kind = kind_of(picture.stem)
        rest = picture.stem.removeprefix(kind).removeprefix("-")
        wildcards = {"variant": rest, "judges": rest, "label": rest}
        own = [row for row in claims if _number(str(row["claim"])) in CLAIMS.get(kind, ())]
        yield Figure(
            picture.stem,
            TITLES[kind] + (f": {rest or ALL}" if kind in ("fig2", "fig4", "probe") else ""),
            picture,
            captions.render(caption, config, wildcards),
            own,
            [*_files(picture, page.absolute().parent)],
        )


def _require_whole(picture: Path) -> None:
    try:
        with Image.open(picture, formats=["PNG"]) as image:
            image.load()
    except (OSError, SyntaxError, ValueError) as error:  # Pillow's of PNG
        raise DataError(
            f"'{picture}' is no whole PNG ({error}): delete it and run its rule again"
        ) from None


def _number(claim: str) -> str:
    """7 of claim 7b."""
    return claim.rstrip(ascii_lowercase)


def _files(picture: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Other formats of a picture, and the tables that its record says it was drawn from."""
    paths = [picture.absolute().with_suffix(suffix) for suffix in (".svg", ".pdf")]
    try:
        root, record = find(picture)
        paths += [root / name for name in record["inputs"]]
    except DataError:  # drawn outside the workflow
        pass
    for path in paths:
        if path.is_file() and path.suffix in (".svg", ".pdf", *TABLES):
            name = f"{path.parent.name}/{path.name}" if path.suffix in TABLES else path.suffix[1:]
            yield name.removesuffix(".csv"), Path(os.path.relpath(path, folder)).as_posix()

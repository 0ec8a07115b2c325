"""Write docs/api.md from the docstrings of the package: `python docs/api.py`."""

from pathlib import Path

from griffe import GriffeLoader
from griffe2md import ConfigDict, default_config, render_object_docs

PAGE = Path(__file__).with_name("api.md")
SOURCE = PAGE.parents[1] / "src"
OBJECTS = (  # in the order of the page
    "codec.session.load",
    "codec.many.encode_many",
    "codec.many.Outcome",
    "codec.session.Codec",
    "codec.session.Encoded",
    "codec.decoded.Decoding",
    "codec.live.Encoder",
    "codec.live.Decoder",
    "codec.encoding.Wish",
    "codec.encoding.Missed",
    "codec.choice.Choice",
    "codec.events.Coding",
    "codec.events.Events",
    "codec.event_tables",
    "errors",
)
HEAD = """# Python: the codec

Made from the docstrings by `python docs/api.py`. What they are for, task by task, with examples:
[codec.md](codec.md).
`spiking_music.load` and `spiking_music.encode_many` are the first two.

"""
SETTINGS: ConfigDict = {
    **default_config,
    "show_object_full_path": False,
    "show_root_members_full_path": False,
    "show_bases": False,
    "show_if_no_docstring": False,
    "show_signature_annotations": True,
    "line_length": 100,
    "members_order": "source",
    "summary": False,
}


def text() -> str:
    """The page."""
    loader = GriffeLoader(search_paths=[SOURCE], allow_inspection=False)
    package = loader.load("spiking_music")
    return (
        HEAD
        + "\n\n".join(render_object_docs(package[name], SETTINGS).strip() for name in OBJECTS)
        + "\n"
    )


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    print(f"wrote {PAGE}")

"""The page of the package index: README.md, whose links and pictures lead into the repository.

They become absolute where pyproject.toml has the repository's address (`Repository` in
`[project.urls]`). Until it has one, links become their words and pictures are left out.
"""

import re
import tomllib
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent
PICTURE = re.compile(r"!\[([^\]]*)\]\((?!https?:)([^)\s]+)\)\n*")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:)([^)\s]+)\)")


def page(readme: str, repository: str | None) -> str:
    """The text of README.md without relative links."""
    if repository is None:
        return LINK.sub(r"\1", PICTURE.sub("", readme))
    readme = PICTURE.sub(rf"![\1]({repository}/raw/main/\2)\n\n", readme)
    return LINK.sub(rf"[\1]({repository}/blob/main/\2)", readme)


if __name__ == "__main__":
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    setup(
        long_description=page(
            (ROOT / "README.md").read_text("utf-8"), project["urls"].get("Repository")
        ),
        long_description_content_type="text/markdown",
    )

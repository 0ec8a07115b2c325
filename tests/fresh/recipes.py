"""The recipes of images, read: what is copied into an image, what is run there, what it starts.

Only what envs/ uses is understood; anything else is refused, so that no step is left out.
"""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath


@dataclass
class Recipe:
    """Steps of an image in their order: files, then commands."""

    base: str = ""
    copies: dict[str, str] = field(default_factory=dict)  # of the clone → their paths in the image
    commands: list[str] = field(default_factory=list)  # lines of one script for sh -e
    start: list[str] = field(default_factory=list)


def dockerfile(text: str) -> Recipe:
    """Of Docker: https://docs.docker.com/reference/dockerfile/."""
    recipe = Recipe()
    folder: list[str] = []  # to be changed to before the next command
    for line in text.replace("\\\n", " ").splitlines():
        word, _, rest = line.partition(" ")
        match word:
            case "FROM":
                recipe.base = rest
            case "WORKDIR":
                folder = [f"cd {rest}"]
            case "COPY":
                recipe.copies |= _copied(*rest.split())
            case "RUN":
                recipe.commands += folder + [" ".join(each.split()) for each in rest.split("&&")]
                folder = []
            case "ENTRYPOINT":
                recipe.start = re.findall(r'"([^"]*)"', rest)
            case _ if line.strip() and not line.startswith("#"):
                raise ValueError(f"a Dockerfile's line that is not understood: {line}")
    return recipe


def _copied(*words: str) -> dict[str, str]:
    """COPY: a folder's content goes to the target; files go below one that ends in a slash."""
    *sources, target = words
    if not target.endswith("/"):
        (source,) = sources
        return {source: target}
    return {source: f"{target}{PurePosixPath(source).name}" for source in sources}


def definition(text: str) -> Recipe:
    """Of Apptainer: https://apptainer.org/docs/user/main/definition_files.html."""
    recipe = Recipe()
    section = ""
    for line in (each.strip() for each in text.splitlines()):
        if line.startswith("%"):
            section = line
        elif line and not line.startswith("#"):
            match section:
                case "":
                    key, _, value = line.partition(": ")
                    if key == "From":
                        recipe.base = value
                case "%files":  # one source and its place in the image a line
                    source, target = line.split()
                    recipe.copies[source] = target
                case "%post":
                    recipe.commands.append(line)
                case "%runscript":
                    recipe.start = line.removeprefix("exec ").removesuffix(' "$@"').split()
                case _:
                    raise ValueError(f"a section that is not understood: {section}")
    return recipe

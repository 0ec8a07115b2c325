"""The command line in this process, called a thousand times."""

import functools
from collections.abc import Iterator

import pytest
import typer.main


@pytest.fixture(scope="session", autouse=True)
def built_once() -> Iterator[None]:
    """Typer builds its commands anew for each call, a fifth of what a refusal takes."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(typer.main, "get_command", functools.cache(typer.main.get_command))
        yield

"""The API's page says what the docstrings say."""

import runpy

from tests.conftest import ROOT


def test_the_page_is_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "api.py"))["text"]()
    assert made == (ROOT / "docs" / "api.md").read_text(), "run `python docs/api.py`"

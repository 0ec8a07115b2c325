"""The system's Chromium for Playwright, as tests, benchmarks and pictures of the docs start it."""

import os
import shutil

from playwright.sync_api import Browser, Playwright


def launched(playwright: Playwright, *arguments: str) -> Browser:
    """Chromium, which refuses to have a sandbox under root."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    path = shutil.which("chromium")
    return playwright.chromium.launch(executable_path=path, args=[*sandbox, *arguments])

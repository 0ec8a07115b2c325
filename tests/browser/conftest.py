"""A real browser, and a server on this machine that keeps what is posted to it."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

REQUIRED = "SPIKING_MUSIC_REQUIRE_BROWSER"  # set to 1, a missing browser is a failure
OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the system; the tests are skipped where there is none."""
    path = shutil.which("chromium")
    if path is None:
        reason = "Chromium is not at hand: run tests/browser/install.sh"
        pytest.fail(reason) if os.environ.get(REQUIRED) == "1" else pytest.skip(reason)
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=arguments)
        yield chromium
        chromium.close()


class Site(ThreadingHTTPServer):
    """Serves `folder` at `address`; `posted` are the bodies it was sent."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
        self.folder = folder
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.posted: list[str] = []
        self.status = 200  # of the answers to a POST


class _Handler(SimpleHTTPRequestHandler):
    server: Site

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.server.status == 200:
            self.server.posted.append(body)
        self.send_response(self.server.status)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Be silent."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A server of an empty folder."""
    folder = tmp_path / "site"
    folder.mkdir()
    with Site(folder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open an address in a context of its own; other arguments are Playwright's of a context.

    script: runs before the page's own. When the test ends, no page may have asked another machine
    for anything or reported an error other than one that says `expected`.
    """
    errors: list[str] = []
    asked: list[str] = []

    with ExitStack() as stack:

        def opened(
            address: str, script: str = "", expected: str | None = None, **arguments: Any
        ) -> Page:
            def complain(words: str) -> None:
                if expected is None or expected not in words:
                    errors.append(words)

            context = browser.new_context(**arguments)
            stack.callback(context.close)
            context.set_default_timeout(20_000)
            context.on("request", lambda request: asked.append(request.url))
            context.on("weberror", lambda error: complain(str(error.error)))
            context.on("console", lambda said: said.type == "error" and complain(said.text))
            if script:
                context.add_init_script(script)
            page = context.new_page()
            page.goto(address)
            return page

        yield opened
    hosts = {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts <= {"127.0.0.1", None}  # None: a file
    assert errors == []

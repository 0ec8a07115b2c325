"""A real browser, and a server on this machine that keeps what is posted to it."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.browser.firefox import FIREFOX
from tests.chromium import launched

expect.set_options(timeout=20_000)  # milliseconds: other jobs take turns
REQUIRED = "SPIKING_MUSIC_REQUIRE_BROWSER"  # set to 1, a missing browser is a failure
OpenPage = Callable[..., Page]
PULSE = ("--exit-idle-time=-1", "--load=module-null-sink", "--load=module-native-protocol-unix")
MAY_PLAY = {"media.autoplay.default": 0, "media.autoplay.blocking_policy": 0}


def found(program: str) -> str:
    """Where a program of the system is; the tests are skipped where it is missing."""
    path = shutil.which(program)
    if path is None:
        reason = f"{program} is not at hand: run tests/install.sh"
        pytest.fail(reason) if os.environ.get(REQUIRED) == "1" else pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium of the system."""
    found("chromium")
    chromium = launched(playwright)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def firefox(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Firefox of the system, and loudspeakers for it: without any, its audio does not run."""
    found(FIREFOX)
    folder = tmp_path_factory.mktemp("firefox")
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "PULSE_RUNTIME_PATH": str(folder)}
    executable = folder / "firefox"
    executable.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.browser.firefox "$@"\n')
    executable.chmod(0o755)
    pulse = subprocess.Popen(
        [found("pulseaudio"), "-n", "--daemonize=no", *PULSE],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        launched = playwright.firefox.launch(
            channel="moz-firefox",
            executable_path=executable,
            env=environment,
            firefox_user_prefs=MAY_PLAY,
            timeout=120_000,
        )
        yield launched
        launched.close()
    finally:
        pulse.terminate()
        pulse.wait()


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

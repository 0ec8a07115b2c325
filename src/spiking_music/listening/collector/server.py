"""The web server: messages in, and the test's page out where it is given."""

import socket
import sqlite3
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from spiking_music.config import PageConfig
from spiking_music.errors import DataError, OutputError
from spiking_music.listening.collector.database import Database
from spiking_music.listening.collector.messages import LARGEST, Design
from spiking_music.listening.manifest import read_manifest

MESSAGES = "/messages"  # where pages send theirs


def collect(
    manifest_path: Path,
    settings: PageConfig,
    database_path: Path,
    page: Path | None,
    host: str,
    port: int,
) -> None:
    """Serve until stopped.

    page: folder of the listening test, which visitors get. port: 0 is any that is free. Raises
    `OutputError` where the database cannot be used or the address is taken.
    """
    if page and database_path.resolve().is_relative_to(page.resolve()):
        raise OutputError(
            f"'{database_path}' is in '{page}', which everybody may read: name another place"
        )
    manifest = read_manifest(manifest_path)
    try:
        listening = socket.create_server((host, port), backlog=2048)
    except OSError as error:
        raise OutputError(
            f"cannot listen at {host}:{port} ({error.strerror or error}): name another --port"
        ) from None
    with listening:
        database = Database(database_path, manifest)
        try:
            server = app(database, Design.of(manifest, settings), page)
            print(_told(listening, database_path, page), file=sys.stderr, flush=True)
            config = uvicorn.Config(
                server, log_level="warning", access_log=False, server_header=False
            )
            uvicorn.Server(config).run(sockets=[listening])
        finally:
            database.close()


def app(database: Database, design: Design, page: Path | None) -> Starlette:
    """The application, which answers every message by the listener's number, or by an error."""

    async def receive(request: Request) -> JSONResponse:
        try:
            message = design.read(await request.body())
        except DataError as error:
            return JSONResponse({"error": str(error)}, 400)
        try:
            number = await run_in_threadpool(database.add, message)
        except sqlite3.OperationalError as error:  # a full disk; the page tries again
            print(f"a message is not stored: {error}", file=sys.stderr, flush=True)
            return JSONResponse({"error": "not stored: send it again"}, 503)
        return JSONResponse({"number": number})

    limited = Route(MESSAGES, receive, methods=["POST"], max_body_size=LARGEST)
    routes: list[BaseRoute] = [limited]
    if page:
        routes.append(Mount("/", StaticFiles(directory=page, html=True)))
    anywhere = Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["POST"])
    return Starlette(routes=routes, middleware=[anywhere])


def _told(listening: socket.socket, database: Path, page: Path | None) -> str:
    host, port = listening.getsockname()[:2]
    what = f", the test at http://{host}:{port}/" if page else ""
    return f"collecting at http://{host}:{port}{MESSAGES} into {database}{what}; Ctrl-C ends"

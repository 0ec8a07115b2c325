"""Debian's Firefox for Playwright: `python -m tests.browser.firefox ARGUMENTS…`, as its executable.

Playwright speaks WebDriver BiDi with it, and begins with a command (of colour schemes) that the
extended support release does not know yet. It is answered here; all others pass.
"""

import asyncio
import json
import re
import sys
from typing import Any

from aiohttp import ClientSession, WSMsgType, web

FIREFOX = "firefox-esr"
UNKNOWN = "emulation.setMediaFeaturesOverride"
LISTENING = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")


async def run(arguments: list[str]) -> int:
    """Run Firefox, and say that it listens where `bridge` does."""
    firefox = await asyncio.create_subprocess_exec(
        FIREFOX, *arguments, stderr=asyncio.subprocess.PIPE
    )
    assert firefox.stderr
    async for line in firefox.stderr:
        found = LISTENING.search(line)
        if found:
            address = await serve(found[1].decode())
            line = line.replace(found[1], address.encode())
        sys.stderr.buffer.write(line)
        sys.stderr.flush()
    return await firefox.wait()


async def serve(firefox: str) -> str:
    """A server in front of `firefox`; its address."""
    app = web.Application()
    app.router.add_get("/session", lambda request: bridge(request, f"{firefox}/session"))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    return f"ws://{host}:{port}"


async def bridge(request: web.Request, address: str) -> web.WebSocketResponse:
    """Pass messages between Playwright and Firefox."""
    near = web.WebSocketResponse(max_msg_size=0)
    await near.prepare(request)
    async with ClientSession() as client, client.ws_connect(address, max_msg_size=0) as far:
        answers = asyncio.create_task(pump(far, near))
        async for message in near:
            if message.type == WSMsgType.TEXT:
                asked = json.loads(message.data)
                if asked["method"] == UNKNOWN:
                    await near.send_json({"type": "success", "id": asked["id"], "result": {}})
                else:
                    await far.send_str(message.data)
        answers.cancel()
    return near


async def pump(source: Any, target: Any) -> None:
    async for message in source:
        if message.type == WSMsgType.TEXT:
            await target.send_str(message.data)
    await target.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(run(sys.argv[1:])))

"""uvicorn's raw ASGI answering every request with nothing: what Tabard ran on when its promises were made."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn


async def empty(scope: Any, receive: Any, send: Any) -> None:
    """Read the body, answer nothing."""
    assert scope["type"] == "http"
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    uvicorn.run(
        empty,
        port=int(sys.argv[1]),
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
    )

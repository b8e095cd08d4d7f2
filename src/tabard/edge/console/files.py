"""The built pages: read once, gzipped once, with hashed names that may be kept for ever."""

from __future__ import annotations

import asyncio
import gzip
import os
from pathlib import Path
from typing import NamedTuple

from tabard.core.http import HttpReply, HttpRequest

PREFIX = "/_/console/"
_ASSETS = "assets/"
_KINDS = {
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".svg": b"image/svg+xml",
    ".png": b"image/png",
    ".woff2": b"font/woff2",
    ".woff": b"font/woff",
    ".json": b"application/json",
    ".txt": b"text/plain; charset=utf-8",
}
_COMPRESSED = frozenset({".html", ".js", ".css", ".svg", ".json", ".txt"})
_FOR_EVER = b"public, max-age=31536000, immutable"

NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tabard console: not built</title></head>
<body><h1>The console has not been built</h1>
<p>This server runs from a source checkout in which the console's pages were not built yet. Everything else works.</p>
<p>With Node 20 or later, in the checkout:</p>
<pre>cd console
npm ci
npm run build</pre>
<p>Then load this page again; the server need not be restarted.</p></body></html>
"""


class _File(NamedTuple):
    body: bytes
    zipped: bytes | None
    kind: bytes


class Pages:
    """The files below one folder. The folder may appear, or be built anew, while the server runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, _File] = {}
        self._built: float | None = None

    @classmethod
    def installed(cls) -> Pages:
        """Those of the wheel, else those that a source checkout has built; ``TABARD_CONSOLE_PAGES`` names others."""
        named = os.environ.get("TABARD_CONSOLE_PAGES")
        if named:
            return cls(Path(named))
        edge = Path(__file__).resolve().parents[1]
        packaged = edge / "console_files"
        return cls(packaged if packaged.is_dir() else edge.parents[2] / "console" / "dist")

    @property
    def is_built(self) -> bool:
        """Whether there are pages to serve."""
        return (self._folder / "index.html").is_file()

    async def reply(self, request: HttpRequest) -> HttpReply:
        """The file that a path below ``/_/console/`` names, or the page for a path that is the console's own."""
        try:
            built = (self._folder / "index.html").stat().st_mtime
        except OSError:
            return HttpReply(503, [(b"content-type", _KINDS[".html"])], NOT_BUILT.encode())
        if built != self._built:
            self._files = await asyncio.to_thread(_read, self._folder)
            self._built = built
        name = request.path[len(PREFIX) :]
        file = self._files.get(name)
        if file is None:
            if name.startswith(_ASSETS):
                return HttpReply(404, [(b"content-type", b"text/plain")], b"not found\n")
            name = "index.html"
            file = self._files[name]
        headers = [
            (b"content-type", file.kind),
            (b"cache-control", _FOR_EVER if name.startswith(_ASSETS) else b"no-cache"),
            (b"vary", b"accept-encoding"),
        ]
        if file.zipped is not None and "gzip" in (request.header(b"accept-encoding") or ""):
            headers.append((b"content-encoding", b"gzip"))
            return HttpReply(200, headers, file.zipped)
        return HttpReply(200, headers, file.body)


def _read(folder: Path) -> dict[str, _File]:
    files = {}
    for path in folder.rglob("*"):
        kind = _KINDS.get(path.suffix)
        if kind is None or not path.is_file():
            continue
        body = path.read_bytes()
        zipped = gzip.compress(body, 6, mtime=0) if path.suffix in _COMPRESSED else None
        files[path.relative_to(folder).as_posix()] = _File(body, zipped, kind)
    return files

"""Style sheets and scripts: built once at start, served from memory under an address that names their content."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, request

from eventhub.kit.access import public
from eventhub.kit.errors import NotFound
from eventhub.kit.packing import takes_gzip

STATIC = Path(__file__).parent.parent / "static"
STYLES = ("pico.min.css", "eventhub.css", "more.css")
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
FOREVER = "public, max-age=31536000, immutable"


TOGETHER = {"answer.js": ("autosave.js", "show-if.js")}
"""Scripts that a page behind a mailed link needs both of, in one request."""


@dataclass(frozen=True)
class Asset:
    """A finished file."""

    address: str
    body: bytes
    packed: bytes
    media_type: str


class Assets:
    """All assets by name and by address."""

    def __init__(self, folder: Path = STATIC) -> None:
        style = b"\n".join((folder / "css" / name).read_bytes() for name in STYLES)
        scripts = b"\n".join(path.read_bytes() for path in sorted((folder / "js").glob("*.js")))
        files = {"site.css": style, "site.js": scripts}
        files |= {path.name: path.read_bytes() for path in sorted((folder / "js").glob("*.js"))}
        files |= {name: b"\n".join(files[part] for part in parts) for name, parts in TOGETHER.items()}
        files |= {path.name: path.read_bytes() for path in sorted(folder.glob("*.*")) if path.suffix in TYPES}
        # Of the phones at the doors: no other page needs them, so they are in no file of all pages.
        files |= {path.name: path.read_bytes() for path in sorted((folder / "check-in").glob("*.*"))}
        self.by_name = {name: _finish(name, body) for name, body in files.items()}
        self.by_address = {asset.address: asset for asset in self.by_name.values()}

    def address(self, name: str) -> str:
        """Where ``name`` is served. Raises KeyError for a name that is not there."""
        return f"/assets/{self.by_name[name].address}"


def init_assets(app: Flask) -> None:
    """Build the assets and serve them."""
    app.extensions["eventhub.assets"] = assets = Assets()
    app.jinja_env.globals["asset"] = assets.address

    @app.get("/assets/<path:address>")
    @public
    def asset(address: str) -> Response:
        found = assets.by_address.get(address)
        if found is None:
            raise NotFound
        packed = takes_gzip(request.headers.get("Accept-Encoding", "")) and len(found.packed) < len(found.body)
        response = Response(found.packed if packed else found.body, content_type=found.media_type)
        response.headers["Cache-Control"] = FOREVER
        response.headers["Vary"] = "Accept-Encoding"
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        return response


def _finish(name: str, body: bytes) -> Asset:
    stem, _, ending = name.rpartition(".")
    kind = TYPES[f".{ending}"]
    charset = "" if kind.startswith("image/png") else "; charset=utf-8"
    address = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{ending}"
    return Asset(address, body, gzip.compress(body, 9, mtime=0), kind + charset)

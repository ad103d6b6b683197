"""Kept pages handed out before Flask: the very answer that was sent before, while it is still true.

The first answer goes the whole way. What was sent then, header by header, is laid on the shelf under the request that
asked for it, and the same request gets it from there as long as the revisions behind the page stand and its moment has
not passed. What differs in anything (another host, an older ETag, no gzip) goes the whole way. Such pages are the same
for everybody and set no cookie (SAFETY.md property 11), so who asks plays no part.
"""

from collections.abc import Iterable
from time import perf_counter
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

from eventhub.kit import health
from eventhub.kit.packing import takes_gzip
from eventhub.kit.pages import KEPT, Ready, Source, cache_control

Headers = list[tuple[str, str]]
GZIP = ("Content-Encoding", "gzip")


class Shelf:
    """A WSGI app in front of another one."""

    def __init__(self, app: Flask, inner: WSGIApplication) -> None:
        self._extensions = app.extensions
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from the shelf, or let the app answer and note what it said."""
        begun = perf_counter()
        key = _asked_for(environ)
        if key is None:
            return self._inner(environ, start_response)
        store = self._extensions["eventhub.pages"]
        ready: Ready | None = store.ready.get(key)
        if ready is None or ready.if_none_match != environ.get("HTTP_IF_NONE_MATCH") or not store.holds(ready.source):
            return self._inner(environ, self._noting(environ, start_response, key))
        start_response(ready.status, _headers(ready))
        health.observe(ready.source.endpoint, "GET", int(ready.status[:3]), perf_counter() - begun)
        return [ready.body]

    def _noting(self, environ: WSGIEnvironment, start_response: StartResponse, key: tuple[str, ...]) -> StartResponse:
        def note(status: str, headers: Headers, exc_info: Any = None, /) -> Any:
            source: Source | None = environ.get(KEPT)
            if source is not None and exc_info is None and (answer := _ready(environ, source, status, headers)):
                self._extensions["eventhub.pages"].lay(key, answer)
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        return note


def _asked_for(environ: WSGIEnvironment) -> tuple[str, ...] | None:
    """What the answer depends on, but for the ETag; None for what never comes from the shelf."""
    if environ["REQUEST_METHOD"] != "GET" or not takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
        return None
    known = "304" if "HTTP_IF_NONE_MATCH" in environ else "200"
    place = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
    return environ.get("HTTP_HOST", ""), *place, known


def _ready(environ: WSGIEnvironment, source: Source, status: str, headers: Headers) -> Ready | None:
    """The answer to be kept, when it is the page's own bytes or tells the one who asks that they have them."""
    asked = environ.get("HTTP_IF_NONE_MATCH")
    said = set(headers)
    body = source.page.body
    if status == "200 OK" and asked is None and said >= {GZIP, ("Content-Length", str(len(body)))}:
        return Ready(source, status, headers, body, None)
    if status == "304 NOT MODIFIED" and ("ETag", asked) in said:
        return Ready(source, status, headers, b"", asked)
    return None


def _headers(ready: Ready) -> Headers:
    """What was sent before; only the seconds until a page changes by itself have become fewer."""
    if ready.source.page.until is None:
        return ready.headers.copy()
    said = cache_control(ready.source.page)
    return [(name, said if name == "Cache-Control" else value) for name, value in ready.headers]

"""Public pages, kept in memory as compressed bytes under the revision they were made from.

A page is looked up by address and revision: a change of content makes a new revision, so an old page is never
shown once the change is committed (at most ``MEMO`` seconds later in another process). Pages that change with the
clock say when with ``changes_at``.
"""

import gzip
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from threading import Lock
from typing import Any

from flask import Response, current_app, g, make_response, request

from eventhub.kit.clock import now
from eventhub.kit.packing import takes_gzip
from eventhub.kit.revisions import numbers_of

MEMO = 0.5
SIZE = 600
OWN_SIZE = 400
MAX_AGE = 60
KEPT = "eventhub.kept"
"""Where an answer leaves its Source in the WSGI environment, for the shelf."""

Key = tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """A finished page."""

    body: bytes
    etag: str
    media_type: str
    until: datetime | None


@dataclass(frozen=True)
class Source:
    """Where an answer came from: a kept page, the revisions it stands on, and the view's name."""

    page: Kept
    revisions: tuple[tuple[str, int], ...]
    endpoint: str | None


@dataclass(frozen=True)
class Ready:
    """A whole answer as it was sent. ``if_none_match``: the ETag it answers with 304."""

    source: Source
    status: str
    headers: list[tuple[str, str]]
    body: bytes
    if_none_match: str | None


class Memory:
    """Finished pages, the least recently used ones dropped."""

    def __init__(self, size: int) -> None:
        self._pages: OrderedDict[Key, Kept] = OrderedDict()
        self._size = size
        self._lock = Lock()

    def get(self, key: Key) -> Kept | None:
        """A page that is still true, or None."""
        with self._lock:
            page = self._pages.get(key)
            if page is None or (page.until and page.until <= now()):
                return None
            self._pages.move_to_end(key)
            return page

    def put(self, key: Key, page: Kept) -> None:
        """Keep a page."""
        with self._lock:
            self._pages[key] = page
            while len(self._pages) > self._size:
                self._pages.popitem(last=False)


class PageStore(Memory):
    """The finished pages of one process, whole answers (shelf.py), and in ``own`` what is somebody's own."""

    def __init__(self) -> None:
        super().__init__(SIZE)
        self.own = Memory(OWN_SIZE)
        self.ready: dict[Key, Ready] = {}
        self._numbers: dict[str, tuple[float, int]] = {}

    def numbers(self, names: Sequence[str]) -> list[int]:
        """The revisions, asked from the database at most every ``MEMO`` seconds, all at once."""
        known = {name: number for name in names if (number := self._known(name)) is not None}
        unknown = [name for name in names if name not in known]
        if unknown:
            until = time.monotonic() + float(current_app.config["PAGE_MEMO"])
            known |= numbers_of(unknown)
            self._numbers.update({name: (until, known[name]) for name in unknown})
        return [known[name] for name in names]

    def lay(self, key: Key, answer: Ready) -> None:
        """Keep a whole answer, the ones laid first dropped."""
        with self._lock:
            self.ready.pop(key, None)
            self.ready[key] = answer
            while len(self.ready) > SIZE:
                del self.ready[next(iter(self.ready))]

    def holds(self, source: Source) -> bool:
        """Whether an answer is true, as far as this is known without asking the database."""
        if any(self._known(name) != number for name, number in source.revisions):
            return False
        return source.page.until is None or source.page.until > now()

    def _known(self, name: str) -> int | None:
        known = self._numbers.get(name)
        return known[1] if known and known[0] > time.monotonic() else None


def changes_at(instant: datetime | None) -> None:
    """This page reads otherwise from ``instant`` on (a deadline passes, a session begins)."""
    if instant and instant > now():
        g.page_until = min(instant, getattr(g, "page_until", None) or instant)


def kept_page(*revisions: str, strong: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Serve a view's page from memory while the named revisions stand; answers 304 without building it.

    ``strong``: the ETag stands for the very bytes, and is another one when they are compressed (RFC 9110 8.8.3.3).
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(view)
        def wrapped(**values: Any) -> Response:
            store: PageStore = current_app.extensions["eventhub.pages"]
            numbers = store.numbers(revisions)
            key = (request.host, request.full_path, *map(str, numbers))
            page = store.get(key)
            if page is None:
                g.pop("page_until", None)
                answer = make_response(view(**values))
                if answer.status_code != 200:
                    return answer
                page = _finish(answer)
                store.put(key, page)
            if g.get("access") == "public":
                source = Source(page, tuple(zip(revisions, numbers, strict=True)), request.endpoint)
                request.environ[KEPT] = source
            return _answer(page, cache_control(page), strong=strong)

        return wrapped

    return decorate


def own_page(key: Key, build: Callable[[], tuple[Key, Response]]) -> Response:
    """Somebody's own answer from memory, for a view that found the key this moment: it holds all that the answer is
    made of, so what has changed has another key. ``build`` says which key it was made from, for it may be newer.

    No cache on the way keeps it (SAFETY.md property 11): an app that keeps its own copy asks with the ETag, which is
    strong.
    """
    store: PageStore = current_app.extensions["eventhub.pages"]
    page = store.own.get(key)
    if page is None:
        made_from, answer = build()
        page = _finish(answer)
        store.own.put(made_from, page)
    return _answer(page, "no-store", strong=True)


def packed_page(view: Callable[..., Any]) -> Callable[..., Response]:
    """Send a public page compressed that is made anew for each question and kept nowhere.

    Only for pages that hold no secret of whoever asks, or none but in their own address, which whoever could measure
    them would know: beside words that somebody else chose, the length of what is compressed would tell of it.
    """

    @wraps(view)
    def wrapped(**values: Any) -> Response:
        answer = make_response(view(**values))
        answer.vary.add("Accept-Encoding")
        if answer.status_code == 200 and takes_gzip(request.headers.get("Accept-Encoding", "")):
            answer.set_data(gzip.compress(answer.get_data(), 5, mtime=0))
            answer.headers["Content-Encoding"] = "gzip"
        return answer

    return wrapped


def _finish(answer: Response) -> Kept:
    body = answer.get_data()
    etag = hashlib.sha256(body).hexdigest()[:32]
    return Kept(gzip.compress(body, 6, mtime=0), etag, answer.content_type, getattr(g, "page_until", None))


def _answer(page: Kept, said: str, *, strong: bool) -> Response:
    response = Response(content_type=page.media_type)
    packed = takes_gzip(request.headers.get("Accept-Encoding", ""))
    # A weak one is the same for compressed and plain bytes.
    etag = f"{page.etag}-gzip" if strong and packed else page.etag
    response.set_etag(etag, weak=not strong)
    response.headers["Cache-Control"] = said
    response.headers["Vary"] = "Accept-Encoding"
    if request.if_none_match.contains_weak(etag):
        response.status_code = 304
        return response
    if packed:
        response.headers["Content-Encoding"] = "gzip"
        response.set_data(page.body)
    else:
        response.set_data(gzip.decompress(page.body))
    return response


def cache_control(page: Kept) -> str:
    """Anybody may show it for some seconds without asking: never beyond the moment when it changes by itself."""
    left = MAX_AGE if page.until is None else max(0, min(MAX_AGE, int((page.until - now()).total_seconds())))
    return f"public, max-age={left}"

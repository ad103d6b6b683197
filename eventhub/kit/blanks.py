"""Pages with blanks: the same for all readers but for a few hidden values, drawn once and filled in for each.

Such a page is drawn as for nobody: in a request of its own that carries no cookie, with marks in the place of the
values. Whose request led to it is not in reach while it is drawn, so nothing of theirs can be kept. A page is found
by all that it is made of, never by a name that could outlive its content.
"""

import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock

from flask import Flask, current_app, g, request
from markupsafe import escape

SIZE = 200
EXTENSION = "eventhub.blanks"

Key = tuple[Hashable, ...]
Parts = tuple[str, ...]
Draw = Callable[[Mapping[str, str]], str]


class Blanks:
    """The drawn pages of one process: pieces of text and names of blanks in turn, the least recently used dropped."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Key, Parts] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Parts | None:
        """A page that was drawn before, or None."""
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def put(self, key: Key, page: Parts) -> None:
        """Keep a page."""
        with self._lock:
            self._pages[key] = page
            while len(self._pages) > SIZE:
                self._pages.popitem(last=False)


def cut(names: tuple[str, ...], draw: Draw) -> Parts:
    """Draw a page for nobody. ``draw`` is given a mark for each blank and puts it where the value belongs, once.

    Raises LookupError when a mark does not stand on the page just once.
    """
    marks = {name: f"blank-{secrets.token_hex(16)}" for name in names}
    with _nobody():
        page = draw(marks)
    if any(page.count(mark) != 1 for mark in marks.values()):
        raise LookupError("a blank does not stand on the page just once")
    of_mark = {mark: name for name, mark in marks.items()}
    pieces = re.split(f"({'|'.join(marks.values())})", page)
    return tuple(of_mark[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def filled(page: Parts, values: Mapping[str, str]) -> str:
    """A page with its values."""
    return "".join([str(escape(values[piece])) if place % 2 else piece for place, piece in enumerate(page)])


@contextmanager
def _nobody() -> Iterator[None]:
    """The request of somebody without a cookie for the same page in the same language."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    lang, base, path = g.lang, request.root_url, request.path
    # A context of its own, since the present one knows who is signed in.
    with app.app_context(), app.test_request_context(path, base_url=base):
        g.lang = lang
        yield

"""Pages of a list: which one is asked for, and the way to the others."""

from collections.abc import Callable
from typing import Any

from flask import request

NEIGHBOURS = 2


def page_number() -> int:
    """The page that the address asks for; 1 where it asks for nonsense."""
    asked = request.args.get("page", "1")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1


def pager(at: Callable[[int], str], *, page: int, size: int, total: int) -> dict[str, Any]:
    """What ``components/pager.html`` draws: the span shown, and links to the first, the last and the nearest pages.

    ``at`` gives the address of a page; a page past the end has no span and leads back.
    """
    pages = max(1, -(-total // size))
    near = sorted({1, pages, *range(max(1, page - NEIGHBOURS), min(pages, page + NEIGHBOURS) + 1)})
    return {
        "first": min((page - 1) * size + 1, total),
        "last": min(page * size, total),
        "total": total,
        "links": [{"label": number, "url": at(number), "current": number == page} for number in near]
        if pages > 1
        else [],
        "previous_url": at(page - 1) if 1 < page <= pages else None,
        "next_url": at(page + 1) if page < pages else None,
    }

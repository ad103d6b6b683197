"""The public list of participants: the same for everybody, kept in memory, gone where organizers did not ask for it.

There is no search by name: no address holds one, and none comes into a history, a log or a cache.
"""

from collections.abc import Collection
from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.utils import redirect

from eventhub.kit import codes
from eventhub.kit.access import public
from eventhub.kit.clock import now
from eventhub.kit.codes import collation_key
from eventhub.kit.pages import changes_at, kept_page
from eventhub.kit.paging import page_number, pager
from eventhub.registration import participants as lists
from eventhub.registration import shown
from eventhub.registration.participants import FRESH, REVISION, Page
from eventhub.registration.views import bp

__all__ = ["bp"]

PER_PAGE = 100
MOST_PAGES = 200
"""More than any forum has: of addresses past the last page no more than these are ever built and kept."""


@bp.get("/events/<slug>/participants")
@public
@kept_page("programme", "people", REVISION)
def participants(slug: str) -> ResponseReturnValue:
    """Who takes part and agreed to be named: public name, organization, country represented, category."""
    event = lists.event_with_list(slug)
    changes_at(now() + FRESH)
    g.section = "forums" if event.kind in shown.FORUMS else "dialogues"
    known = {"category": codes.codes("participant_category"), "country": dict(codes.countries(g.lang))}
    asked = {name: code if (code := request.args.get(name, "")) in values else "" for name, values in known.items()}
    number = min(page_number(), MOST_PAGES)
    address = _address(slug, asked, number)
    if request.full_path.rstrip("?") != address:
        # A page is kept for each address: of those that mean the same there is one, however many can be written.
        return redirect(address)
    found = lists.page_of(event.id, g.lang, page=number, size=PER_PAGE, **asked)
    return render_template(
        "registration/participants.html",
        event=event,
        found=found,
        asked=asked,
        categories=_choices(found.categories, "participant_category"),
        countries=_choices(found.countries, None),
        pager=_pager(slug, found, asked),
    )


def _choices(found: Collection[str], vocabulary: str | None) -> list[tuple[str, str]]:
    def words(code: str) -> str:
        return shown.label(vocabulary, code, g.lang) if vocabulary else shown.country(code, g.lang)

    return sorted(((code, words(code)) for code in found), key=lambda pair: collation_key(pair[1], g.lang))


def _address(slug: str, asked: dict[str, str], page: int) -> str:
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
    return url_for("registration.participants", slug=slug, **kept, page=page if page > 1 else None)


def _pager(slug: str, found: Page, asked: dict[str, str]) -> dict[str, Any] | None:
    if found.total <= PER_PAGE:
        return None

    def at(page: int) -> str:
        return _address(slug, asked, page)

    return pager(at, page=found.number, size=PER_PAGE, total=found.total)

"""The public list of participants: the same for everybody, kept in memory, gone where organizers did not ask for it.

There is no search by name: no address holds one, and none comes into a history, a log or a cache.
"""

from collections.abc import Collection
from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue

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


@bp.get("/events/<slug>/participants")
@public
@kept_page("programme", "people", REVISION)
def participants(slug: str) -> ResponseReturnValue:
    """Who takes part and agreed to be named: public name, organization, country represented, category."""
    event = lists.event_with_list(slug)
    changes_at(now() + FRESH)
    g.section = "forums" if event.kind in shown.FORUMS else "dialogues"
    asked = {name: request.args.get(name, "") for name in ("category", "country")}
    found = lists.page_of(event.id, g.lang, page=page_number(), size=PER_PAGE, **asked)
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


def _pager(slug: str, found: Page, asked: dict[str, str]) -> dict[str, Any] | None:
    if found.total <= PER_PAGE:
        return None
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}

    def at(page: int) -> str:
        return url_for("registration.participants", slug=slug, page=page if page > 1 else None, **kept)

    return pager(at, page=found.number, size=PER_PAGE, total=found.total)

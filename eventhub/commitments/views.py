"""The public pages: what was promised, what became of it, and who has gone quiet. Without a session."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from eventhub.commitments import filters, queries, shown
from eventhub.commitments.models import Commitment
from eventhub.commitments.moves import REVISION
from eventhub.commitments.queries import Wanted
from eventhub.commitments.standing import outdated_by
from eventhub.commitments.whole import whole
from eventhub.kit import codes
from eventhub.kit.access import public
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.i18n import direction
from eventhub.kit.pages import changes_at, kept_page, packed_page
from eventhub.kit.paging import page_number, pager
from eventhub.kit.panels import panels
from eventhub.programme.models import Event

bp = Blueprint("commitments", __name__)

REFERENCE = re.compile(r"C-([0-9]{4,12})")


# Not kept: what people look for stays in no memory, and no proxy's either.
@bp.get("/commitments")
@public
@packed_page
def index() -> ResponseReturnValue:
    """Search and filters, newest first. Six statements at the most."""
    g.section = "commitments"
    wanted, page = filters.wanted(request.args), page_number()
    events = queries.events_with_commitments()
    found = queries.public_list(wanted, g.lang, today=now().date(), page=page)
    kept: dict[str, Any] = filters.kept(request.args)
    return render_template(
        "commitments/index.html",
        rows=[
            shown.row(one, found.progress.get(one.id), found.translations.get(one.id), found.outdated.get(one.id))
            for one in found.rows
        ],
        total=found.total,
        wanted=wanted,
        asked=kept,
        selects=_selects(wanted, events),
        top=panels("commitments.list_top", kept),
        beside=panels("commitments.list", kept),
        pager=pager(
            lambda number: url_for("commitments.index", **kept, page=number),
            page=page,
            size=queries.PER_PAGE,
            total=found.total,
        ),
    )


@bp.get("/commitments/<reference>")
@public
@kept_page(REVISION, "programme")
def commitment(reference: str) -> ResponseReturnValue:
    """One commitment for ever at one address, with its whole history."""
    g.section = "commitments"
    match = REFERENCE.fullmatch(reference)
    found = queries.public_commitment(int(match[1])) if match else None
    if found is None or found.reference != reference:
        raise NotFound
    changes_at(datetime.combine(now().date() + timedelta(days=1), time(), tzinfo=UTC))
    became = whole(found)
    translated = {one.language: one for one in became.translations}
    mine = translated.get(g.lang)
    done = sum(one.done_on is not None for one in found.milestones)
    return render_template(
        "commitments/commitment.html",
        commitment=found,
        words=shown.titled(found, mine),
        version=found.words,
        direction_said=direction(found.language),
        translation=mine.wording if mine and found.language != g.lang else None,
        others=[code for code in translated if code not in {g.lang, found.language}],
        makers=shown.made_by(found),
        lead=next((one for one in found.makers if one.is_lead), None),
        event_title=shown.event_title(found.event),
        axes=shown.three_axes(
            found,
            (done, len(found.milestones)) if found.milestones else None,
            outdated_by(became.reports, became.reviews),
        ),
        state=shown.STATES[found.state],
        is_over=found.state.value in {"withdrawn", "superseded", "closed"},
        details=shown.details(found),
        milestones=shown.steps(found.milestones),
        indicators=shown.indicators(found.indicators),
        changes=shown.changes(found),
        history=shown.history(
            found, became.reports, became.reviews, _told(found), kin=became.kin, makers=became.former
        ),
        related=shown.related(became.kin),
        former=shown.former(became.former),
        below=panels("commitments.main", found),
        beside=panels("commitments.aside", found),
    )


def _told(found: Commitment) -> list[tuple[datetime, dict[str, Any]]]:
    """What features further up tell of its history."""
    return [entry for panel in panels("commitments.history", found) for entry in panel.context["history"]]


def _selects(wanted: Wanted, events: list[Event]) -> list[dict[str, Any]]:
    """The filters: name, label, what stands for all, the choices and the chosen one."""
    everything, everyone = _l("All"), _l("Everyone")
    return [
        _select("maker", _l("Made by"), everyone, codes.choices("commitment_maker_type", g.lang), wanted.maker),
        _select("country", _l("Country"), everything, codes.countries(g.lang), wanted.country),
        _select("theme", _l("Theme"), everything, codes.choices("theme", g.lang), wanted.theme),
        _select("group", _l("Group concerned"), everything, codes.choices("group_concerned", g.lang), wanted.group),
        _select("event", _l("Event"), everything, [(one.slug, shown.event_title(one)) for one in events], wanted.event),
        _select("said", _l("They say"), everything, codes.choices("self_report", g.lang), wanted.said),
        _select("checked", _l("We checked"), everything, codes.choices("review", g.lang), wanted.checked),
        _select("fresh", _l("Last heard"), everything, codes.choices("freshness", g.lang), wanted.freshness),
    ]


def _select(name: str, label: Any, none: Any, choices: list[tuple[str, str]], chosen: str | None) -> dict[str, Any]:
    return {"name": name, "label": label, "none": none, "choices": choices, "chosen": chosen or ""}

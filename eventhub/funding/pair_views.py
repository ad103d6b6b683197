"""Who may have applied twice: the pairs of a call, and one pair side by side with what the desk finds of it."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import flash, g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext

from eventhub.funding import desk_shown, duplicates
from eventhub.funding.console import at_desk, bp, seen_versions
from eventhub.funding.desk import Desk
from eventhub.funding.desk_forms import PairForm, TwoPeopleForm
from eventhub.funding.duplicates import Pair
from eventhub.funding.models import Application
from eventhub.funding.nearness import too_near
from eventhub.funding.pairing import MAILBOX
from eventhub.funding.record_views import SIGHT
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.forms import submit
from eventhub.kit.i18n import said_by_clock, show_date
from eventhub.kit.web import back_to
from eventhub.people.queries import public_names
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.registration.pair_models import Verdict
from eventhub.registration.twins import Likeness

__all__ = ["bp"]

REASONS: dict[str, Any] = {
    Likeness.DOCUMENT.value: _l("Same paper, or same number of a document"),
    Likeness.NAME.value: _l("Same name"),
    Likeness.ONE_WORD.value: _l("Same name, of one word"),
    Likeness.SPELLING.value: _l("Names one letter apart"),
    Likeness.NAME_PART.value: _l("One name is part of the other"),
    Likeness.ORGANISATION.value: _l("Same organization"),
    Likeness.COUNTRY.value: _l("Same country"),
    MAILBOX: _l("Email addresses that are nearly the same"),
}
"""What speaks for two applications being of one person."""

VERDICTS: dict[Verdict, Any] = {
    Verdict.DIFFERENT: (_l("Two people"), "ok"),
    Verdict.SAME: (_l("One person; the older application withdrawn"), "silent"),
    Verdict.TAKEN_BACK: (_l("Two people after all"), "warn"),
}
"""What was found, in words and shape."""


@bp.get("/console/funds/<slug>/duplicates", endpoint="duplicates")
@staff
def the_list(slug: str) -> ResponseReturnValue:
    """The pairs that wait, the likeliest first, and those decided on."""
    place = at_desk(slug)
    waits, done = duplicates.waiting(place.call.id, actor().id), duplicates.decided(place.call.id, actor().id)
    names = public_names({one.pair.decided_by_id for one in done if one.pair.decided_by_id})
    return render_template(
        "funding/pairs.html",
        place=place,
        title=desk_shown.title_of(place.call, g.lang),
        waits=[_line(place, one) for one in waits],
        done=[_line(place, one) | _finding(place, one, names) for one in done],
    )


@bp.route("/console/funds/<slug>/duplicates/<uuid:pair_id>", methods=["GET", "POST"])
@staff
def duplicate(slug: str, pair_id: uuid.UUID) -> ResponseReturnValue:
    """Both side by side. Two people, or one person whose newer application goes on: with a reason."""
    place = at_desk(slug)
    one, me, form = duplicates.pair_of(place.call.id, pair_id, actor().id), actor().person, PairForm()
    if form.validate_on_submit():
        text, seen = form.text.data or "", seen_versions()
        if form.finding.data == Verdict.DIFFERENT.value:
            done = submit(form, lambda: duplicates.hold_apart(me, one, text))
        else:
            done = submit(form, lambda: duplicates.keep_newest(me, place.call, one, text, seen=seen))
        if done is not None:
            flash(_("Your finding is kept in both histories."), "ok")
            return back_to("funding_console.duplicates", slug=slug)
        place = at_desk(slug)
        one = duplicates.pair_of(place.call.id, pair_id, actor().id)
    return _draw(place, one, form)


@bp.post("/console/funds/<slug>/duplicates/<uuid:pair_id>/two-people")
@staff
@stands_on("funding_console.duplicate")
def two_people(slug: str, pair_id: uuid.UUID) -> ResponseReturnValue:
    """One person was a mistake: the application that was withdrawn is looked at again."""
    place = at_desk(slug)
    one, me, form = duplicates.pair_of(place.call.id, pair_id, actor().id), actor().person, TwoPeopleForm()
    if form.validate_on_submit():
        if submit(form, lambda: duplicates.take_back(me, place.call, one, form.why.data or "")) is not None:
            flash(_("The application is looked at again."), "ok")
            return back_to("funding_console.duplicate", slug=slug, pair_id=pair_id)
        place = at_desk(slug)
        one = duplicates.pair_of(place.call.id, pair_id, actor().id)
    return _draw(place, one, form)


def _draw(place: Desk, one: Pair, form: PairForm | TwoPeopleForm) -> ResponseReturnValue:
    near = too_near(actor().person, one.both)
    names = public_names({one.pair.decided_by_id} if one.pair.decided_by_id else set())
    undo = form if isinstance(form, TwoPeopleForm) else TwoPeopleForm(formdata=None)
    find = form if isinstance(form, PairForm) else PairForm(formdata=None)
    sent = undo if undo.errors else find
    page = render_template(
        "funding/pair.html",
        place=place,
        title=desk_shown.title_of(place.call, g.lang),
        one=one,
        line=_line(place, one),
        finding=_finding(place, one, names) if one.pair.verdict else None,
        both=one.both,
        rows=_side_by_side(place, one),
        near=next((desk_shown.why_too_near(near[mine.id]) for mine in one.both if mine.id in near), None),
        stands=one.stands,
        chosen=str(duplicates.ChosenAlready.message) if one.older.state in duplicates.CHOSEN else "",
        form=sent if sent.errors else None,
        find_form=find,
        undo_form=undo if one.pair.verdict is Verdict.SAME else None,
    )
    return page, sent.status


def _line(place: Desk, one: Pair) -> dict[str, Any]:
    return {
        "url": url_for("funding_console.duplicate", slug=place.call.slug, pair_id=one.pair.id),
        "people": [
            {
                "name": mine.listed_name,
                "reference": mine.reference,
                "organisation": mine.organisation.name if mine.organisation else None,
                "tag": desk_shown.STATES[place.seen(mine)],
            }
            for mine in one.both
        ],
        "reasons": [REASONS[reason] for reason in one.pair.reasons if reason in REASONS],
        "found": _when(place, one.pair.found_at),
        "since": show_date(one.pair.found_at.date(), g.lang),
        "days": (now() - one.pair.found_at).days,
    }


def _finding(place: Desk, one: Pair, names: Mapping[uuid.UUID, str]) -> dict[str, Any]:
    pair = one.pair
    if pair.verdict is None or pair.decided_at is None:
        return {}
    who = names.get(pair.decided_by_id) if pair.decided_by_id else None
    return {"verdict": VERDICTS[pair.verdict], "decided": _when(place, pair.decided_at), "who": who}


def _when(place: Desk, instant: Any) -> str:
    return said_by_clock(desk_shown.moment(place.call, instant, actor().person.time_zone, g.lang))


def _side_by_side(place: Desk, one: Pair) -> list[dict[str, Any]]:
    """What stands beside each other, the same lines for both: what the desk reads of each without a reason."""
    told = [_facts(place, mine) | _answers(mine) for mine in one.both]
    labels = dict.fromkeys([*told[0], *told[1]])
    rows = [{"label": label, "values": [side.get(label) or "–" for side in told]} for label in labels]
    return [row | {"differs": row["values"][0] != row["values"][1]} for row in rows]


def _facts(place: Desk, mine: Application) -> dict[str, str]:
    return {
        pgettext("date", "Sent"): _when(place, mine.submitted_at) if mine.submitted_at else "",
        _("Organization"): mine.organisation.name if mine.organisation else "",
        _("Nominated by"): mine.nominated_by.name if mine.nominated_by else "",
        _("Country"): desk_shown.country(mine.residence, g.lang),
    }


def _answers(mine: Application) -> dict[str, str]:
    """Open answers that this desk may read. Of what is sealed only that there is something."""
    if mine.answer_set is None:
        return {}
    definition = questionnaires.localised(questionnaires.version(mine.answer_set.version_id), g.lang)
    sections = given.to_show(definition, given.load(mine.answer_set), g.lang, who=SIGHT)
    rows = [row for section in sections for row in section.rows if row.value]
    return {str(row.label): _("Kept sealed") if row.sealed else row.value for row in rows}

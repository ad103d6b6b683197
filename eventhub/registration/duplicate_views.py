"""Who may be registered twice: the pairs of an event, and one pair side by side with what the desk finds of it.

For those alone who read legal names at this desk: that two public names are one person would tell whose they are.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import flash, g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext
from markupsafe import Markup

from eventhub.kit import codes
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import submit
from eventhub.kit.i18n import said_by_clock, show_by, show_date
from eventhub.kit.web import back_to
from eventhub.people.queries import public_names
from eventhub.programme.models import Event
from eventhub.programme.shown import clock_of
from eventhub.programme.shown import sentence as with_parts
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.registration import access, categories, duplicates, queries, shown
from eventhub.registration.access import Sight
from eventhub.registration.console import at_desk, bp, seen_versions, setup_of
from eventhub.registration.duplicates import Pair
from eventhub.registration.models import Registration
from eventhub.registration.pair_forms import DuplicateForm, TwoPeopleForm
from eventhub.registration.pair_models import Verdict
from eventhub.registration.previews import why_too_near
from eventhub.registration.twins import Likeness

__all__ = ["bp"]

REASONS: dict[str, Any] = {
    Likeness.DOCUMENT: _l("Same number of a document"),
    Likeness.NAME: _l("Same name"),
    Likeness.ONE_WORD: _l("Same name, of one word"),
    Likeness.SPELLING: _l("Names one letter apart"),
    Likeness.NAME_PART: _l("One name is part of the other"),
    Likeness.ORGANISATION: _l("Same organization"),
    Likeness.COUNTRY: _l("Same country"),
}
"""What speaks for two registrations being of one person."""

VERDICTS: dict[Verdict, Any] = {
    Verdict.DIFFERENT: (_l("Two people"), "ok"),
    Verdict.SAME: (_l("One person; one registration withdrawn"), "silent"),
    Verdict.TAKEN_BACK: (_l("Two people after all"), "warn"),
}
"""What was found, in words and shape."""


@bp.get("/console/events/<slug>/registrations/duplicates", endpoint="duplicates")
@staff
def the_list(slug: str) -> ResponseReturnValue:
    """The pairs that wait, the likeliest first, and those decided on."""
    event = _event(slug)
    waits, done = duplicates.waiting(event.id, actor().id), duplicates.decided(event.id, actor().id)
    names = public_names({one.pair.decided_by_id for one in done if one.pair.decided_by_id})
    return render_template(
        "registration/duplicates.html",
        event=event,
        waits=[_line(event, one) for one in waits],
        done=[_line(event, one) | _finding(event, one, names) for one in done],
    )


@bp.route("/console/events/<slug>/registrations/duplicates/<uuid:pair_id>", methods=["GET", "POST"])
@staff
def duplicate(slug: str, pair_id: uuid.UUID) -> ResponseReturnValue:
    """Both side by side. Two people, or one person and which registration goes on: with a reason."""
    event = _event(slug)
    one, me, form = duplicates.pair_of(event.id, pair_id, actor().id), actor().person, DuplicateForm()
    _offer(form, one)
    if form.validate_on_submit():
        said, text, seen = form.finding.data, form.text.data or "", seen_versions()
        if said == Verdict.DIFFERENT:
            done = submit(form, lambda: duplicates.hold_apart(me, one, text))
        else:
            kept_id = one.both[int(said)].id
            done = submit(form, lambda: duplicates.keep_one(me, one, kept_id, text, seen=seen))
        if done is not None:
            flash(_("Your finding is kept in both histories."), "ok")
            return back_to("registration_console.duplicates", slug=slug)
        event, one = _event(slug), duplicates.pair_of(event.id, pair_id, actor().id)
    return _draw(event, one, form)


@bp.post("/console/events/<slug>/registrations/duplicates/<uuid:pair_id>/two-people")
@staff
@stands_on("registration_console.duplicate")
def two_people(slug: str, pair_id: uuid.UUID) -> ResponseReturnValue:
    """One person was a mistake: the registration that was withdrawn is looked at again."""
    event = _event(slug)
    one, me, form = duplicates.pair_of(event.id, pair_id, actor().id), actor().person, TwoPeopleForm()
    if form.validate_on_submit():
        if submit(form, lambda: duplicates.take_back(me, one, form.why.data or "")) is not None:
            flash(_("The registration is under review again."), "ok")
            return back_to("registration_console.duplicate", slug=slug, pair_id=pair_id)
        event, one = _event(slug), duplicates.pair_of(event.id, pair_id, actor().id)
    return _draw(event, one, form)


def _event(slug: str) -> Event:
    event, setup, seen = at_desk(slug)
    setup_of(setup)
    if seen is not Sight.BADGES:
        raise NotFound
    return event


def _offer(form: DuplicateForm, one: Pair) -> None:
    """What can be found: of two registrations the one that goes on must let the other one go."""
    found: list[tuple[str, Any]] = [(Verdict.DIFFERENT.value, _("Two different people: nobody is asked again"))]
    for place, kept in enumerate(one.both):
        if kept.state in duplicates.STANDING and duplicates.may_drop(one.other_than(kept.id)):
            code = Markup('<span class="code">{}</span>').format(kept.reference)
            words = with_parts(_("One person: %(reference)s goes on, the other one is withdrawn"), reference=code)
            found.append((str(place), words))
    form.offer(found)


def _draw(event: Event, one: Pair, form: DuplicateForm | TwoPeopleForm) -> ResponseReturnValue:
    both = one.both
    near = queries.too_near(actor().id, both)
    names = public_names({one.pair.decided_by_id} if one.pair.decided_by_id else set())
    undo = form if isinstance(form, TwoPeopleForm) else TwoPeopleForm(formdata=None)
    if not isinstance(form, DuplicateForm):
        form = DuplicateForm(formdata=None)
        _offer(form, one)
    sent = undo if undo.errors else form
    stands = all(mine.state in duplicates.STANDING for mine in both)
    page = render_template(
        "registration/duplicate.html",
        event=event,
        one=one,
        line=_line(event, one),
        finding=_finding(event, one, names) if one.pair.verdict else None,
        both=both,
        names=[shown.name_of(mine, Sight.BADGES) for mine in both],
        rows=_side_by_side(event, one),
        near=next((why_too_near(near[mine.id]) for mine in both if mine.id in near), None),
        stands=stands,
        form=sent if sent.errors else None,
        find_form=form,
        undo_form=undo if one.pair.verdict is Verdict.SAME else None,
    )
    return page, sent.status


def _line(event: Event, one: Pair) -> dict[str, Any]:
    return {
        "url": url_for("registration_console.duplicate", slug=event.slug, pair_id=one.pair.id),
        "people": [
            {
                "name": shown.name_of(mine, Sight.BADGES) or mine.reference,
                "reference": mine.reference,
                "organisation": mine.organisation.name if mine.organisation else None,
                "tag": shown.STATES[mine.state],
            }
            for mine in one.both
        ],
        "reasons": [REASONS[reason] for reason in one.pair.reasons if reason in REASONS],
        "found": _when(event, one.pair.found_at),
        "since": show_date(one.pair.found_at.date(), g.lang),
        "days": (now() - one.pair.found_at).days,
    }


def _finding(event: Event, one: Pair, names: Mapping[uuid.UUID, str]) -> dict[str, Any]:
    pair = one.pair
    if pair.verdict is None or pair.decided_at is None:
        return {}
    who = names.get(pair.decided_by_id) if pair.decided_by_id else None
    return {"verdict": VERDICTS[pair.verdict], "decided": _when(event, pair.decided_at), "who": who}


def _when(event: Event, moment: Any) -> str:
    return said_by_clock(show_by(moment, clock_of(event, actor().person.time_zone, g.lang), g.lang))


def _side_by_side(event: Event, one: Pair) -> list[dict[str, Any]]:
    """What stands beside each other, the same lines for both: what the desk reads of each without a reason."""
    is_bare = any(mine.answer_set is None for mine in one.both)
    told = [_facts(event, mine, is_bare=is_bare) | _answers(event, mine) for mine in one.both]
    labels = dict.fromkeys([*told[0], *told[1]])
    rows = [{"label": label, "values": [side.get(label) or "–" for side in told]} for label in labels]
    return [row | {"differs": row["values"][0] != row["values"][1]} for row in rows]


def _facts(event: Event, mine: Registration, *, is_bare: bool) -> dict[str, str]:
    """What is known beside the answers; ``is_bare``: there are none that say the category and the country."""
    found = {
        _("Public name"): mine.person.alias or "",
        pgettext("date", "Sent"): _when(event, mine.submitted_at) if mine.submitted_at else "",
        _("Organization"): mine.organisation.name if mine.organisation else "",
        _("Account"): _("Signs in with an address") if mine.person.email else _("Has no account"),
        pgettext("of a registration", "Place"): _("Has a place") if mine.has_seat else _("Has no place"),
    }
    if is_bare:
        category = shown.label("participant_category", mine.category, g.lang) if mine.category else ""
        country = codes.country_name(mine.country, g.lang) if mine.country and mine.country.isupper() else ""
        found |= {_("Category"): category, _("Country"): country}
    return found


def _answers(event: Event, mine: Registration) -> dict[str, str]:
    """Open answers that this desk may read. Of what is sealed only that there is something."""
    if mine.answer_set is None:
        return {}
    asked = questionnaires.localised(questionnaires.version(mine.answer_set.version_id), g.lang)
    definition = categories.fitted(asked, categories.rules_of(event.id), mine.category)
    answers = queries.as_it_stands(mine, definition, given.load(mine.answer_set))
    sections = given.to_show(definition, answers, g.lang, who=access.viewers(Sight.BADGES))
    rows = [row for section in sections for row in section.rows if row.value]
    return {str(row.label): _("Kept sealed") if row.sealed else row.value for row in rows}

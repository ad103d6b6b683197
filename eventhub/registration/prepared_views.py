"""Decisions in two steps: preparing after the preview, the page of all that is prepared, releasing and dropping."""

import uuid
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from eventhub.kit import presence
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.i18n import LANGUAGES
from eventhub.kit.web import back_to
from eventhub.programme.models import Event
from eventhub.registration import access, desk, prepared, preparing, shown
from eventhub.registration.access import Sight
from eventhub.registration.console import PageTooOld, at_desk, bp, ids_of, marked_ids, seen_versions, setup_of
from eventhub.registration.forms import DecisionForm
from eventhub.registration.models import Registration, RegistrationSetup, State
from eventhub.registration.preparing import Hindrance, Standing
from eventhub.registration.previews import (
    KINDS,
    WORD_AWAITED,
    draw_preview,
    letters_to,
    outcome_of,
    told_by,
    why_too_near,
)

__all__ = ["bp"]

HINDRANCES: Mapping[Hindrance, Any] = {
    Hindrance.CHANGED: _l("The registration has changed since. Look at it and prepare the decision again."),
    Hindrance.SAME_HAND: _l("You prepared this decision: somebody else releases it."),
    Hindrance.QUOTA: _l("All places of this category are taken."),
    Hindrance.SEATS: _l("All places are taken."),
    Hindrance.TURN: _l("Others have waited longer for a place."),
    Hindrance.WORD: WORD_AWAITED,
    Hindrance.SECURITY: _l("Security comes first. The registration’s page says how it stands."),
    Hindrance.OWN_WORD: _l("You spoke for security here: somebody else releases it."),
}
"""Why a decision cannot be released now, where one sentence says it."""


@bp.get("/console/events/<slug>/registrations/prepared")
@staff
def prepared_decisions(slug: str) -> ResponseReturnValue:
    """All that is prepared, by kind, with the mails that will go out, and what cannot be released now."""
    event, setup, seen = at_desk(slug)
    presence.leave(actor().id)
    return _draw(event, setup_of(setup), seen, ActionForm(formdata=None))


@bp.post("/console/events/<slug>/registrations/prepared")
@staff
@stands_on("registration_console.desk")
def prepare(slug: str) -> ResponseReturnValue:
    """Keep a decision on everybody that the preview showed: on all or, when anything is in the way, on nobody."""
    event, setup, _seen = at_desk(slug)
    outcome, ids = outcome_of(request.form.get("outcome", "")), marked_ids()
    if outcome not in preparing.OUTCOMES:
        raise NotFound
    registrations = desk.chosen(event.id, ids)
    form = DecisionForm()
    form.offer(outcome, g.lang)
    person, versions, stands = actor().person, seen_versions(), _stands()
    if form.validate_on_submit():
        if len(registrations) != len(ids):
            raise NotFound
        reason, text = form.reason.data, form.text.data or None
        kept = submit(
            form,
            lambda: preparing.prepare(person, registrations, outcome, reason, text, seen=versions, stands=stands),
        )
        if kept:
            words = ngettext(
                "%(num)s decision is prepared. Nobody outside the desk knows of it until it is released.",
                "%(num)s decisions are prepared. Nobody outside the desk knows of them until they are released.",
                kept,
            )
            flash(words, "ok")
            return back_to("registration_console.desk", slug=slug)
        registrations = desk.chosen(event.id, ids)
    return draw_preview(event, setup_of(setup), form, outcome, registrations, versions=versions)


@bp.post("/console/events/<slug>/registrations/prepared/release")
@staff
@stands_on("registration_console.prepared_decisions")
def release(slug: str) -> ResponseReturnValue:
    """Carry out what the page showed and still holds: mails go out now."""
    event, setup, seen = at_desk(slug)
    setup_of(setup)
    form, person = ActionForm(), actor().person
    if form.validate_on_submit():
        done = submit(form, lambda: preparing.release(person, event.id, ids_of("decision")))
        if done is not None:
            flash(ngettext("%(num)s decision is released.", "%(num)s decisions are released.", done.done), "ok")
            if done.left:
                words = ngettext(
                    "%(num)s stays as it was: see below why.", "%(num)s stay as they were: see below why.", done.left
                )
                flash(words, "warn")
            if done.gone:
                words = ngettext(
                    "%(num)s decision was dropped or prepared anew by a colleague after this page was opened: it is not"
                    " released. The history of the file says by whom.",
                    "%(num)s decisions were dropped or prepared anew by a colleague after this page was opened: they"
                    " are not released. The histories of the files say by whom.",
                    done.gone,
                )
                flash(words, "warn")
            return back_to("registration_console.prepared_decisions", slug=slug)
        event, setup, seen = at_desk(slug)
    return _draw(event, setup_of(setup), seen, form)


@bp.post("/console/events/<slug>/registrations/prepared/drop")
@staff
@stands_on("registration_console.prepared_decisions")
def drop(slug: str) -> ResponseReturnValue:
    """Forget what is prepared about those chosen."""
    event, _setup, _seen = at_desk(slug)
    form, person = ActionForm(), actor().person
    if not form.validate_on_submit():
        raise PageTooOld
    # About oneself nothing is prepared, as far as one may know.
    chosen = [one for one in desk.chosen(event.id, marked_ids()) if one.person_id != person.id]
    number = preparing.give_up(person, chosen)
    words = ngettext("%(num)s prepared decision is dropped.", "%(num)s prepared decisions are dropped.", number)
    flash(words, "ok" if number else "warn")
    return back_to("registration_console.prepared_decisions", slug=slug)


def _stands() -> dict[uuid.UUID, uuid.UUID]:
    """What the page showed as prepared, by registration. Raises NotFound for nonsense."""
    found = {}
    for value in request.form.getlist("stands")[: desk.BULK_LIMIT]:
        one, _colon, decision = value.partition(":")
        try:
            found[uuid.UUID(one)] = uuid.UUID(decision)
        except ValueError:
            raise NotFound from None
    return found


def _draw(event: Event, setup: RegistrationSetup, seen: Sight, form: ActionForm) -> ResponseReturnValue:
    person = actor().person
    found = prepared.of_event(event.id, person.id, limit=desk.BULK_LIMIT)
    standing = preparing.stand(person, setup, found)
    hold = [one for one in standing if one.hindrance is None]
    kinds = [
        _kind(event, setup, seen, list(group)) for _key, group in groupby(sorted(hold, key=_sorted_by), key=_sorted_by)
    ]
    needed = sum(one.decision.outcome is State.ACCREDITED and not one.registration.has_seat for one in hold)
    page = render_template(
        "registration/prepared.html",
        event=event,
        setup=setup,
        form=form,
        kinds=kinds,
        hold=len(hold),
        found=len(found),
        is_full_page=len(found) == desk.BULK_LIMIT,
        hindered=[
            _line(event, seen, one) | {"why": _why(one), "kind": KINDS[one.decision.outcome]}
            for one in standing
            if one.hindrance is not None
        ],
        needed=needed,
        left=None if setup.capacity is None else setup.capacity - setup.seats_taken,
        may_set_up=access.may_set_up(actor().grants, event),
    )
    return page, form.status


def _sorted_by(one: Standing) -> tuple[int, str, str]:
    decision = one.decision
    return preparing.OUTCOMES.index(decision.outcome), decision.reason, decision.text or ""


def _kind(event: Event, setup: RegistrationSetup, seen: Sight, group: Sequence[Standing]) -> dict[str, Any]:
    """People to whom the same is said."""
    decision = group[0].decision
    people = [one.registration for one in group]
    needed = {one.person.language for one in people}
    return {
        "heading": _heading(decision.outcome, len(group)),
        "outcome": decision.outcome,
        "reason": shown.label("decision_reason.registration", decision.reason, g.lang),
        "text": decision.text,
        "lines": [_line(event, seen, one) for one in group],
        "discreet": sum(one.person.discreet for one in people),
        "letters": letters_to(
            event,
            setup,
            decision.outcome,
            decision.reason,
            decision.text,
            people,
            languages=[lang for lang in LANGUAGES if lang in needed],
        ),
    }


def _heading(outcome: State, number: int) -> str:
    if outcome is State.ACCREDITED:
        return str(ngettext("Accredit %(num)s person", "Accredit %(num)s people", number))
    if outcome is State.WAITLISTED:
        return str(ngettext("Put %(num)s person on the waiting list", "Put %(num)s people on the waiting list", number))
    return str(ngettext("Decline %(num)s registration", "Decline %(num)s registrations", number))


def _line(event: Event, seen: Sight, one: Standing) -> dict[str, Any]:
    registration = one.registration
    return {
        "id": one.decision.id,
        "registration_id": registration.id,
        "name": shown.name_of(registration, seen),
        "reference": registration.reference,
        "organisation": registration.organisation.name if registration.organisation else None,
        "url": url_for("registration_console.record", slug=event.slug, registration_id=registration.id),
        "by": told_by(one.decision, event),
        "tag": shown.STATES[registration.state],
        "is_near": one.near is not None,
    }


def _why(one: Standing) -> Any:
    if one.hindrance is Hindrance.OWN:
        return why_too_near(one.near)
    if one.hindrance is Hindrance.MOVED:
        return _("Decided otherwise meanwhile: %(state)s", state=_state(one.registration))
    return HINDRANCES[one.hindrance] if one.hindrance else ""


def _state(registration: Registration) -> Any:
    return shown.STATES[registration.state][0]

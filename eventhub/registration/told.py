"""What the person reads of her own registration: its history, the place in line, the offer of a place."""

from collections.abc import Mapping
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import pgettext

from eventhub.kit.audit import history
from eventhub.kit.i18n import show_moment
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires.definition import Definition
from eventhub.registration import line, queries, shown
from eventhub.registration.models import Registration, State
from eventhub.registration.queries import Intake


def own_lines(
    person: Person, registration: Registration, event: Event, definition: Definition | None
) -> list[dict[str, Any]]:
    """What happened, for the person: moves, changes, and every time somebody read a sealed answer."""
    labels = {question.key: str(question.label) for question in definition.questions()} if definition else {}
    lines = []
    for entry, _text in history("registration", registration.id):
        told = _line(entry.verb, entry.detail, labels, event)
        if told is None:
            continue
        when = show_moment(entry.at, person.time_zone, g.lang)
        lines.append(
            {
                "when": _("%(day)s, %(time)s", day=when.day, time=when.time),
                "datetime": when.iso,
                "title": told[0],
                "text": told[1],
                "kind": told[2],
            }
        )
    return lines


def _line(
    verb: str, detail: Mapping[str, Any], labels: Mapping[str, str], event: Event
) -> tuple[Any, str | None, str] | None:
    questions = ", ".join(labels.get(name, name) for name in detail.get("questions", ()))
    if verb == "registration.changed":
        return _("Answers changed"), questions, ""
    if verb == "registration.own_file":
        return _("You saved a file that is kept sealed"), questions, ""
    if verb == "registration.revealed":
        return _("The secretariat read answers that are kept sealed"), questions, "warn"
    state = verb.removeprefix("registration.")
    if detail.get("cause") in shown.CAUSES:
        return shown.CAUSES[detail["cause"]], None, "ok" if detail["cause"] == "accepted" else "silent"
    if state == State.OFFERED and "until" in detail:
        return _("Place offered"), shown.until_words(detail["until"], event, g.lang), "warn"
    if state in set(State) and State(state) is not State.SUBMITTED:
        word, kind = shown.STATES[State(state)]
        return word, None, {"ok": "ok", "warn": "warn", "silent": "silent"}.get(kind, "")
    if state == State.SUBMITTED:
        return pgettext("state of a registration", "Sent"), None, ""
    return None


def place_in_line(found: Intake) -> str | None:
    """The place in line, in a range, where the event shows it."""
    registration = found.registration
    if registration is None or registration.state is not State.WAITLISTED or not found.setup.shows_place:
        return None
    return shown.place_words(line.place_of(registration))


def offer_due(person: Person, found: Intake) -> shown.Due | None:
    """Until when a place is offered."""
    registration = found.registration
    offer = queries.newest_offer(registration) if registration and registration.state is State.OFFERED else None
    return shown.due(offer.until, found.event, g.lang, zone=person.time_zone) if offer else None

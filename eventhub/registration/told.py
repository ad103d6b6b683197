"""What the person reads of her own registration: its history, the place in line, the offer of a place."""

from collections.abc import Mapping
from typing import Any

from flask import flash, g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext
from markupsafe import Markup, escape

from eventhub.kit.audit import history
from eventhub.kit.i18n import said_by_clock, show_by
from eventhub.kit.panels import gathered
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.programme.shown import clock_of
from eventhub.questionnaires.definition import Definition
from eventhub.questionnaires.forms import AnswerForm
from eventhub.registration import cancelling, line, participants, queries, shown, ways
from eventhub.registration.models import Registration, State
from eventhub.registration.queries import Intake

TOLD = frozenset({State.DECLINED, State.WAITLISTED, State.REVOKED})
"""States that come with words of their own."""

NAMES = frozenset({"legal_name", "display_name"})
"""The keys of questions whose answers are printed as somebody's name (copies.py)."""

DEEDS: dict[str, Any] = {
    "registration.changed": _l("Answers changed"),
    "registration.own_file": _l("You saved a file that is kept sealed"),
    "registration.own_read": _l("You read your answers that are kept sealed"),
    "registration.revealed": _l("The secretariat read answers that are kept sealed"),
    "registration.asked": _l("Another question asked"),
    "registration.answered": _l("Message sent"),
    "registration.message_file": _l("The secretariat saved a file that you sent"),
    "registration.way_asked": _l("Asked to choose again how to take part"),
    "registration.way_chosen": _l("Way of taking part chosen again"),
}
"""What was done beside moves."""


def own_lines(
    person: Person, registration: Registration, event: Event, definition: Definition | None
) -> list[dict[str, Any]]:
    """What happened, for the person: moves, changes, and every time somebody read a sealed answer."""
    labels = {question.key: str(question.label) for question in definition.questions()} if definition else {}
    lines, clock = [], clock_of(event, person.time_zone, g.lang)
    for entry, _text in history("registration", registration.id):
        told = _line(entry.verb, entry.detail, labels, event)
        if told is None:
            continue
        when = show_by(entry.at, clock, g.lang)
        lines.append(
            {
                "when": said_by_clock(when),
                "datetime": when.iso,
                "title": told[0],
                "text": told[1],
                "kind": told[2],
            }
        )
    return _with_cancellation(lines, event, clock)


def _with_cancellation(lines: list[dict[str, Any]], event: Event, clock: Any) -> list[dict[str, Any]]:
    """The lines with that of the event's cancellation at its place; one statement where it is cancelled, else none."""
    at = cancelling.cancelled_at(event)
    if at is None:
        return lines
    when = show_by(at, clock, g.lang)
    line = {"when": said_by_clock(when), "datetime": when.iso, "title": shown.OFF[0], "text": None, "kind": "warn"}
    place = next((number for number, one in enumerate(lines) if one["datetime"] <= when.iso), len(lines))
    return [*lines[:place], line, *lines[place:]]


def _line(
    verb: str, detail: Mapping[str, Any], labels: Mapping[str, str], event: Event
) -> tuple[Any, str | None, str] | None:
    questions = ", ".join(labels.get(name, name) for name in detail.get("questions", ()))
    if verb == "registration.way_chosen":
        return DEEDS[verb], shown.label(ways.LIST, detail.get("way"), g.lang), "ok"
    if verb in DEEDS and "until" in detail:
        return DEEDS[verb], shown.until_words(detail["until"], event, g.lang), "warn"
    if verb in DEEDS:
        return DEEDS[verb], questions or None, "warn" if verb == "registration.revealed" else ""
    state = verb.removeprefix("registration.")
    if detail.get("cause") in shown.CAUSES:
        return shown.CAUSES[detail["cause"]], None, shown.KIND_OF_CAUSE.get(detail["cause"], "silent")
    if state == State.OFFERED and "until" in detail:
        return _("Place offered"), shown.until_words(detail["until"], event, g.lang), "warn"
    if state in set(State) and State(state) is not State.SUBMITTED:
        word, kind = shown.STATES[State(state)]
        return word, None, {"ok": "ok", "warn": "warn", "silent": "silent"}.get(kind, "")
    if state == State.SUBMITTED:
        return pgettext("state of a registration", "Sent"), None, ""
    return None


def decision(registration: Registration) -> tuple[str, str | None] | None:
    """The text of the reason, and what staff added to it: the letter of a discreet person says neither."""
    if registration.state not in TOLD:
        return None
    return shown.reason_text(registration.reason, g.lang), queries.decision_words(registration)


def page_sent(form: AnswerForm) -> None:
    """What to say, on the page that comes next, of a page that was sent: which files are not kept, and which names no
    paper can show.

    What a sealed file is called says as much as the file: it is told by its question alone.
    """
    for question, name in form.files_not_asked:
        if question.sealed:
            said = _("The file for “%(question)s” was not kept: given your other answers, this is not asked of you.")
        else:
            said = _("The file %(name)s was not kept: given your other answers, “%(question)s” is not asked of you.")
        flash(escape(said) % {"name": _isolated(name), "question": _isolated(str(question.label))}, "warn")
    for question in form.page.questions:
        typed = form.cleaned.get(question.key) if question.key in NAMES and not question.sealed else None
        if isinstance(typed, str) and (unprintable := gathered("people.name", (str(question.label), typed), {})):
            flash(unprintable["said"], "warn")


def _isolated(text: str) -> Markup:
    return Markup("<bdi>{}</bdi>").format(text)


def soon_listed(found: Intake) -> str | None:
    """What somebody who agreed to stand on the public list must know: it is made anew every few minutes
    (participants.FRESH). None where the list is not public, or where she is not on it. One statement at the most.
    """
    registration = found.registration
    if registration is None or not found.setup.public_list or not participants.is_listed(registration):
        return None
    return str(_("You agreed to be named: it takes up to five minutes until your name is on the public list."))


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

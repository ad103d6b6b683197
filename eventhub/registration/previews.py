"""What a decision will do, shown before it is taken: whom it is about, which places it needs, what people will read."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from flask import g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from eventhub.kit.access import actor
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, direction, said_by_clock, show_by, show_date
from eventhub.kit.mail import render
from eventhub.kit.working_days import working_days_after
from eventhub.people.queries import public_names
from eventhub.programme.models import Event
from eventhub.programme.shown import clock_of
from eventhub.registration import access, deciding, desk, letters, prepared, preparing, queries, shown, stages
from eventhub.registration.categories import rules_of
from eventhub.registration.forms import REASONS_FOR, DecisionForm
from eventhub.registration.models import PreparedDecision, Registration, RegistrationSetup, State, Word
from eventhub.registration.moves import can_move
from eventhub.registration.queries import Nearness
from eventhub.registration.seats import keys, left_by_count

KINDS: dict[State, Any] = {
    State.ACCREDITED: lazy_pgettext("prepared decision", "Accredit"),
    State.WAITLISTED: _l("Waiting list"),
    State.DECLINED: lazy_pgettext("prepared decision", "Decline"),
}
"""What is prepared, in a word."""


WORD_AWAITED = _l("Its focal point has not agreed yet.")
LACKS: dict[stages.Lack, Any] = {
    stages.Lack.NOT_ASKED: _l("Security was not asked yet"),
    stages.Lack.WAITS: _l("Security has not answered yet"),
    stages.Lack.OBJECTED: _l("Security objects: say on the page of the registration why you go on, or decline"),
    stages.Lack.OWN_WORD: _l("You spoke for security here yourself: a colleague accredits"),
}
"""Why somebody cannot be accredited at once."""


def outcome_of(value: str) -> State:
    """The outcome that a form names. Raises NotFound for nonsense."""
    try:
        outcome = State(value)
    except ValueError:
        raise NotFound from None
    if outcome not in deciding.OUTCOMES:
        raise NotFound
    return outcome


def draw_preview(
    event: Event,
    found: RegistrationSetup,
    form: DecisionForm,
    outcome: State,
    registrations: Sequence[Registration],
    *,
    versions: Mapping[uuid.UUID, int] | None = None,
) -> ResponseReturnValue:
    """The page between choosing people and deciding on them, or preparing it.

    ``versions``: those of the page that was just sent. What a colleague changed since is left out and said, so that
    pressing once more overturns nobody's decision.
    """
    person = actor().person
    seen = access.desk_sight(actor().grants, event)
    near = queries.too_near(person.id, registrations)
    moved = {one.id for one in registrations if (versions or {}).get(one.id, one.version) != one.version}
    by = desk.last_hands(moved)
    early = {one.id for one in registrations if outcome is State.ACCREDITED and one.awaits_word}
    able = [
        one for one in registrations if can_move(one.state, outcome) and not {one.id} & (near.keys() | moved | early)
    ]
    unable = [one for one in registrations if one not in able]
    needed = sum(not one.has_seat for one in able) if outcome is State.ACCREDITED else 0
    left = None if found.capacity is None else found.capacity - found.seats_taken
    seatless = [one for one in able if not one.has_seat and outcome is State.ACCREDITED]
    wanted = Counter(key for one in seatless for key in keys(one.category, one.attendance_mode))
    rooms = left_by_count(event.id) if wanted else {}
    page = render_template(
        "registration/preview.html",
        event=event,
        setup=found,
        form=form,
        outcome=outcome,
        able=[(one, shown.name_of(one, seen), shown.STATES[one.state]) for one in able],
        unable=[
            (
                one,
                shown.name_of(one, seen),
                _moved(one, by.get(one.id)) if one.id in moved else _why_not(one, outcome, near.get(one.id)),
            )
            for one in unable
        ],
        lacking=_lacking(found, outcome, able, seen),
        needed=needed,
        left=left,
        short=[
            {"label": shown.counted(key, g.lang), "needed": number, "left": rooms[key]}
            for key, number in wanted.items()
            if number > rooms.get(key, number)
        ],
        letters=letters_to(event, found, outcome, form.reason.data, form.text.data, able),
        prepared={one: (row.id, told_by(row, event)) for one, row in _prepared(able).items()},
        may_prepare=outcome in preparing.OUTCOMES,
        discreet=sum(one.person.discreet for one in able),
    )
    return page, form.status


def lacks(
    found: RegistrationSetup, outcome: State, registrations: Sequence[Registration]
) -> dict[uuid.UUID, stages.Lack]:
    """What security has still to say about those who would be accredited. Two statements, or none."""
    if outcome is not State.ACCREDITED or not registrations:
        return {}
    said = stages.standing(found, rules_of(found.event_id), registrations, decides=actor().id)
    return {one: each.lack for one, each in said.items() if each.lack is not None}


def _lacking(
    found: RegistrationSetup, outcome: State, able: Sequence[Registration], seen: access.Sight
) -> list[tuple[Registration, str, Any]]:
    known = lacks(found, outcome, able)
    return [(one, shown.name_of(one, seen), LACKS[known[one.id]]) for one in able if one.id in known]


def _prepared(able: Sequence[Registration]) -> dict[uuid.UUID, PreparedDecision]:
    return prepared.about([one.id for one in able], actor().id)


def _moved(one: Registration, who: str | None) -> Any:
    state = shown.STATES[one.state][0]
    if who:
        return _("%(state)s: %(who)s changed this while you were looking at it", state=state, who=who)
    return _("%(state)s: changed while you were looking at it", state=state)


def letters_to(
    event: Event,
    found: RegistrationSetup,
    outcome: State,
    reason: str,
    text: str | None,
    able: Sequence[Registration],
    *,
    languages: Sequence[str] = LANGUAGES,
) -> list[dict[str, Any]]:
    """The letter in each language, to one of those concerned; the languages that are needed stand first."""
    plain = [one for one in able if not one.person.discreet and one.person.email]
    if not plain or reason not in REASONS_FOR[outcome]:
        return []
    wanted = {one.person.language for one in able}
    found_letters = []
    for lang in sorted(languages, key=lambda code: (code not in wanted, LANGUAGES.index(code))):
        # Somebody who will read it in this language, where there is one.
        reader = next((one for one in plain if one.person.language == lang), plain[0])
        example = Registration(
            reference=reader.reference, reason=reason, state=outcome, late=reader.late, event_id=event.id
        )
        written = letters.letter(
            letters.DECISIONS[outcome],
            example,
            event,
            found,
            person=reader.person,
            language=lang,
            text=text or None,
        )
        if written is not None:
            mail = render(written, "<preview@localhost>", now())
            found_letters.append(
                {
                    "lang": lang,
                    "direction": direction(lang),
                    "name": AUTONYMS[lang],
                    "subject": mail.subject,
                    "text": mail.text,
                    "needed": sum(one.person.language == lang for one in able),
                }
            )
    return found_letters


def _why_not(one: Registration, outcome: State, near: Nearness | None) -> Any:
    if not can_move(one.state, outcome):
        return shown.STATES[one.state][0]
    return WORD_AWAITED if near is None and one.awaits_word else why_too_near(near)


def why_too_near(near: Nearness | None) -> Any:
    """Why somebody does not decide about a registration."""
    if near is Nearness.ORGANISATION:
        return _("From an organization that you represent, or represented within the last two years")
    if near is Nearness.FILED:
        return _("Registered by yourself: a colleague decides")
    if near is Nearness.FOCAL:
        return _("Of a delegation whose focal point you are or were: a colleague decides")
    return _("Your own registration")


def told_by(decision: PreparedDecision, event: Event) -> dict[str, Any]:
    """What is prepared, by whom and when, by the reader's own clock."""
    when = show_by(decision.prepared_at, clock_of(event, actor().person.time_zone, g.lang), g.lang)
    return {
        "kind": KINDS[decision.outcome],
        "who": (decision.prepared_by and decision.prepared_by.public_name) or _("The secretariat"),
        "when": said_by_clock(when),
        "datetime": when.iso,
    }


def stage_of(event: Event, found: RegistrationSetup, registration: Registration) -> dict[str, Any] | None:
    """What stands on a registration's page of security: what it said, what is lacking, and what can be done. None where
    it is not needed and was not asked.
    """
    said = stages.standing(found, rules_of(event.id), [registration])[registration.id]
    one = said.approval
    if not said.is_needed and one is None:
        return None
    clock = clock_of(event, actor().person.time_zone, g.lang)
    names = public_names({who for who in (one.answered_by_id, one.passed_by_id) if who}) if one else {}
    objects = one is not None and one.outcome is Word.OBJECTION
    silent = one is not None and stages.is_silent(found, one, now())
    due = working_days_after(one.asked_at.date(), found.security_within_days) if one else None
    return {
        "approval": one,
        "may_ask": said.is_needed and one is None and registration.state in stages.ASKABLE,
        "tag": shown.WORDS[one.outcome] if one and one.outcome else None,
        "asked": said_by_clock(show_by(one.asked_at, clock, g.lang)) if one else None,
        "answered": said_by_clock(show_by(one.answered_at, clock, g.lang)) if one and one.answered_at else None,
        "passed": said_by_clock(show_by(one.passed_at, clock, g.lang)) if one and one.passed_at else None,
        "who_answered": names.get(one.answered_by_id) if one and one.answered_by_id else None,
        "who_passed": names.get(one.passed_by_id) if one and one.passed_by_id else None,
        "due": show_date(due, g.lang) if due and one and one.outcome is None and one.passed_at is None else None,
        "is_silent": silent,
        "may_pass": one is not None
        and one.passed_at is None
        and registration.state in stages.OPEN
        and (objects or silent),
    }

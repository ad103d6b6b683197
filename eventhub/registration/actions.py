"""Registering: drafts, sending, changing, withdrawing.

Locks are taken in one order (see seats.py): the event's row of seats before registrations; only whoever sends a draft
holds that first, and the row of seats as late as possible.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, means
from eventhub.kit.outbox import promise
from eventhub.kit.revisions import bump
from eventhub.people.actions import set_consents
from eventhub.people.models import Channel, Consent, Person
from eventhub.people.queries import consented
from eventhub.programme.models import Event, Publication
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.actions import drop_inapplicable
from eventhub.questionnaires.answers import field_name
from eventhub.questionnaires.definition import Definition
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration import at_once, cancelling, categories, line, offers, stages, ways, windows
from eventhub.registration.copies import PHOTOGRAPH, copy_columns, fill_profile, keep_category, on_papers, owe_needs
from eventhub.registration.models import TAKES_PART, ModeChoice, Registration, State
from eventhub.registration.moves import CategoryDecided, NotPossible, move, owe
from eventhub.registration.participants import REVISION
from eventhub.registration.queries import (
    AMENDABLE,
    Intake,
    as_it_stands,
    consent_channels,
    may_amend,
    may_withdraw,
)
from eventhub.registration.reference import new_reference
from eventhub.registration.seats import hold_seats, keys, left_by_count, take_seat
from eventhub.registration.windows import Window


class NotOpenYet(DomainError):
    """Registration has not opened."""

    message = _l("Registration has not opened yet. Come back when it does.")


class Closed(DomainError):
    """The deadline has passed, and there was no draft before it."""

    message = _l("Registration closed before this was sent. What you wrote is kept on this page, so you can copy it.")


class EventCancelled(DomainError):
    """The event does not take place."""

    message = _l("This event was cancelled, so nobody can register any more.")


class EventFull(DomainError):
    """No seat is left, and the event has no waiting list."""

    message = _l(
        "The last place was taken while you were writing. This event has no waiting list. Your answers are kept."
    )


class AlreadyRegistered(DomainError):
    """One registration per person and event."""

    message = _l("You are registered for this event already. You find the registration on your page.")


class Withdrawn(DomainError):
    """The registration was taken back while its form stood open."""

    message = _l("This registration was withdrawn meanwhile. What you typed is still on this page, so you can copy it.")


class DraftGone(DomainError):
    """The draft was deleted while its form stood open."""

    message = _l("Your draft was deleted meanwhile. What you typed is still on this page. Send again to begin anew.")


class AnswersMoved(DomainError):
    """The answers are not those that were looked at before sending."""

    message = _l("Some answers were changed in another window. Look at them again, then send.")


class Incomplete(DomainError):
    """A required answer is missing."""

    status = 422
    message = _l("Some answers are still missing. They are marked below.")


class SendAgain(DomainError):
    """Two references met by chance."""

    message = _l("Your registration could not be numbered. Please press the button once more.")


class CategoryClosed(Incomplete):
    """The category somebody chose takes nobody now, while others do: closed, or outside its own instants."""

    message = _l(
        "The category you chose takes no registrations at the moment. Your answers are kept: choose another category if"
        " it fits, or come back when this one is open."
    )
    field = field_name(categories.QUESTION)


class WayGone(Incomplete):
    """The event has no such way of taking part."""

    message = _l("Nobody can take part in this event in the way you chose. Choose another one.")
    field = field_name(ways.QUESTION)


means("uq_registration_event_id_person_id", AlreadyRegistered())
means("uq_registration_reference", SendAgain())


def start_draft(actor: Person, person: Person, intake: Intake) -> Intake:
    """Begin a registration, or take up the one that was begun. Raises when the event takes none now.

    An expired draft becomes a draft again when the deadline was extended.
    """
    if intake.registration is not None:
        if intake.registration.state is State.WITHDRAWN:
            raise Withdrawn
        if intake.registration.state is State.EXPIRED:
            _demand_open(intake)
            move(intake.registration, State.DRAFT, actor=actor)
        return intake
    _demand_open(intake)
    answer_set = _begin_answers(person, intake)
    registration = Registration(
        id=uuid.uuid4(),
        event_id=intake.event.id,
        person_id=person.id,
        filed_by_id=actor.id if actor.id != person.id else None,
        answer_set_id=answer_set.id if answer_set else None,
        state=State.DRAFT,
    )
    db.session.add(registration)
    audit.record("registration.draft", registration, actor=actor, scope_id=intake.event.id)
    db.session.flush()
    return _with(intake, registration, answer_set)


def save_page(
    actor: Person, intake: Intake, values: Mapping[str, object], *, typed_in: uuid.UUID | None = None
) -> Registration:
    """Keep the answers of one page: of a draft as they come, of a sent registration as a change (see ``amend``).

    ``typed_in`` is the open window they come from, as AnswerForm.settle knows it. Nobody consents for somebody else:
    what another person typed there is not kept.
    """
    registration = _needed(intake.registration)
    if actor.id != registration.person_id:
        values = _without_consents(intake, values)
    if registration.state is not State.DRAFT:
        return amend(actor, intake, values, typed_in=typed_in)
    if intake.answer_set is not None:
        given.save(intake.answer_set, intake.key, values, retain_from=_ends(intake.event), typed_in=typed_in)
        registration.changed_at = now()
        keep_category(registration, _definition(intake), values)
    return registration


def submit(actor: Person, intake: Intake) -> Registration:
    """Send a draft. The seat is taken last; an error leaves the draft as it was.

    Raises NotOpenYet, Closed, CategoryClosed, WayGone, EventCancelled, NotAnyMore, Incomplete, EventFull,
    AlreadyRegistered.
    """
    registration = _needed(intake.registration)
    if registration.state is not State.DRAFT:
        raise AlreadyRegistered
    answers = given.load(intake.answer_set) if intake.answer_set else {}
    is_own = actor.id == registration.person_id
    late = _demand_sendable(intake, registration.created_at, answers.get(categories.QUESTION))
    _prepare(registration, intake, answers if is_own else _without_consents(intake, answers), late, is_own=is_own)
    return _send(actor, registration, intake)


def register_now(
    actor: Person,
    person: Person,
    intake: Intake,
    values: Mapping[str, object],
    *,
    typed_in: uuid.UUID | None = None,
) -> Registration:
    """Begin, answer and send in one step: for questionnaires of a single page, in as few statements as can be.

    Raises what ``submit`` raises.
    """
    if intake.registration is not None:
        intake = start_draft(actor, person, intake)
        if _needed(intake.registration).state is not State.DRAFT:
            raise AlreadyRegistered
        save_page(actor, intake, values, typed_in=typed_in)
        return submit(actor, intake)
    moment = now()
    _demand_sendable(intake, moment, values.get(categories.QUESTION))
    answer_set = at_once.first_answers(person, intake, moment)
    rows = (
        given.first_rows(answer_set, intake.key, values, retain_from=_ends(intake.event), typed_in=typed_in)
        if answer_set
        else []
    )
    registration = Registration(
        id=uuid.uuid4(),
        event_id=intake.event.id,
        person_id=person.id,
        filed_by_id=actor.id if actor.id != person.id else None,
        answer_set_id=answer_set.id if answer_set else None,
        state=State.DRAFT,
        has_seat=False,
        created_at=moment,
        version=1,
    )
    intake = _with(intake, registration, answer_set)
    _prepare(registration, intake, values, late=False)
    if (targets := at_once.states_of(registration, intake)) and at_once.write_with_seat(
        actor, registration, targets, answer_set=answer_set, answers=rows
    ):
        return registration
    if answer_set is not None:
        db.session.add(answer_set)
        db.session.flush()
        given.keep_rows(rows)
    return _send(actor, registration, intake)


def amend(
    actor: Person, intake: Intake, values: Mapping[str, object], *, typed_in: uuid.UUID | None = None
) -> Registration:
    """Change answers of a registration that was sent, until the deadline. The audit names the questions. Raises Closed,
    NotPossible, CategoryDecided, CategoryClosed, WayGone, QuotaFull, WayFull.

    Answers to what staff had asked for bring the registration back under review.
    """
    registration = _needed(intake.registration)
    moment = now()
    cancelling.demand_taking_place(registration.event_id)
    if not may_amend(intake, moment) or intake.answer_set is None:
        raise Closed if registration.state in AMENDABLE else NotPossible
    change_answers(actor, intake, values, typed_in=typed_in)
    return registration


def change_answers(
    actor: Person,
    intake: Intake,
    values: Mapping[str, object],
    *,
    typed_in: uuid.UUID | None = None,
    verb: str = "registration.changed",
    **detail: str,
) -> None:
    """Keep other answers of a registration that was sent, and all that follows from them. What may be changed when, the
    caller knows. Raises what ``amend`` raises of the answers.
    """
    registration, answer_set, moment = _needed(intake.registration), intake.answer_set, now()
    if answer_set is None:
        raise NotPossible
    definition = intake.as_asked(questionnaires.version(answer_set.version_id).definition)
    before = as_it_stands(registration, definition, given.opened(answer_set, intake.key))
    given.save(answer_set, intake.key, values, retain_from=_ends(intake.event), typed_in=typed_in)
    changed = sorted(name for name, value in values.items() if before.get(name) != value)
    if not changed:
        return
    after = before | dict(values)
    _demand_offered(intake, definition, after, changed)
    drop_inapplicable(answer_set, definition, after)
    printed, category, way = on_papers(registration), registration.category, registration.attendance_mode
    copy_columns(registration, definition, given.applicable(definition, after))
    if registration.state in TAKES_PART:
        now_in = registration.category
        if now_in != category and categories.are_looked_at(intake.setup, intake.rules, category, now_in):
            raise CategoryDecided
        bump(REVISION)
    consents = _consents(intake, {name: value for name, value in values.items() if name in changed})
    if consents:
        set_consents(db.session.get_one(Person, registration.person_id), consents, event_id=intake.event.id)
    registration.changed_at = moment
    audit.record(verb, registration, actor=actor, scope_id=intake.event.id, questions=changed, **detail)
    promise("registration.changed", registration_id=registration.id)
    stages.lapse_if_seen(actor, registration, changed)
    owe_needs(registration, changed)
    if on_papers(registration) != printed or PHOTOGRAPH in changed:
        promise("registration.reprinted", registration_id=registration.id)
    if registration.state is State.INFO_REQUESTED:
        move(registration, State.UNDER_REVIEW, actor=actor, cause="answered")
        registration.answered_at = moment
    moved_on(registration, category, way)


def moved_on(registration: Registration, category: str | None, way: str | None) -> None:
    """The category or the way may be another one: the database counts the seat there now, or refuses, and what it left
    is somebody else's.
    """
    if way != registration.attendance_mode:
        db.session.flush()
        open_choice = update(ModeChoice).where(ModeChoice.registration_id == registration.id)
        db.session.execute(open_choice.where(ModeChoice.closed_at.is_(None)).values(closed_at=now()))
    left = set(keys(category, way)) - set(keys(registration.category, registration.attendance_mode))
    if left and (registration.has_seat or registration.state is State.WAITLISTED):
        db.session.flush()
        for key in sorted(left):
            offers.fill(registration.event_id, int(registration.has_seat), moved_from=key)


def withdraw(actor: Person, intake: Intake) -> Registration:
    """Take a registration back. Its seat is offered to the first on the waiting list, where that goes by itself."""
    registration = _needed(intake.registration)
    if not may_withdraw(registration):
        raise NotPossible
    if registration.state is not State.DRAFT:
        promise("registration.withdrawn", registration_id=registration.id)
        promise("registration.withdrawn_calendar", registration_id=registration.id)
    offers.leave(actor, registration)
    return registration


def _send(actor: Person, registration: Registration, intake: Intake) -> Registration:
    """From here on every statement holds the lock on the event's seats."""
    setup, rule = intake.setup, categories.rule_of(intake.rules, registration.category)
    counted = at_once.counted_under(registration, intake)
    targets = [State.SUBMITTED]
    # Whom a focal point nominated, that focal point looks at first.
    awaits = bool(registration.awaits_word)
    reviewed = State.AWAITING_FOCAL_POINT if awaits else State.UNDER_REVIEW
    if not categories.seats_at_once(setup, rule):
        targets.append(reviewed)
    elif not _others_wait(intake, registration) and take_seat(intake.event.id, counted):
        registration.has_seat = True
        targets.append(reviewed if awaits or categories.is_looked_at(setup, rule) else State.ACCREDITED)
    elif setup.waiting_list:
        targets.append(State.WAITLISTED)
    else:
        raise EventFull
    # After the seats, as everybody does: whoever cancels the event at this moment is waited for.
    mode = cancelling.demand_taking_place(intake.event.id)
    if mode is not intake.event.mode and registration.attendance_mode in ways.gone(mode):
        raise WayGone
    if registration not in db.session:
        db.session.add(registration)
    move(registration, *targets, actor=actor, reason=at_once.reason_for(targets))
    if targets[-1] is reviewed:
        promise("registration.submitted", registration_id=registration.id)
    else:
        owe([registration], targets[-1])
    if awaits:
        promise("registration.awaits_focal_point", registration_id=registration.id)
    db.session.flush()
    return registration


def _others_wait(intake: Intake, registration: Registration) -> bool:
    """Whether free seats belong to the waiting list: where no offers are made by themselves, there may be both."""
    if not at_once.offers_are_by_hand(intake):
        return False
    setup, rooms = hold_seats(intake.event.id), left_by_count(intake.event.id)
    limited, kind = offers.is_limited(setup, rooms), (registration.category, registration.attendance_mode)
    return bool(line.before(setup.event_id, *kind, rooms, is_limited=limited))


def _prepare(
    registration: Registration, intake: Intake, answers: Mapping[str, object], late: bool, *, is_own: bool = True
) -> None:
    definition = _definition(intake)
    if definition is not None:
        gaps = categories.gaps(definition, intake.rules, answers)
        if missing := [question for _page, question in gaps if is_own or question.kind != "consent"]:
            _demand_offered(intake, definition, answers, [question.key for question in missing])
            raise Incomplete
        if registration in db.session and intake.answer_set is not None:
            drop_inapplicable(intake.answer_set, definition, answers)
        answers = given.applicable(definition, answers)
    moment = now()
    registration.reference = new_reference(intake.event.code)
    registration.submitted_at, registration.changed_at, registration.late = moment, moment, late
    copy_columns(registration, definition, answers)
    fill_profile(db.session.get_one(Person, registration.person_id), definition, answers)
    _note_consents(registration, intake, answers)
    owe_needs(registration, answers)
    if intake.answer_set is not None and intake.answer_set.sent_at is None:
        intake.answer_set.sent_at = moment


def _begin_answers(person: Person, intake: Intake) -> AnswerSet | None:
    answer_set = at_once.first_answers(person, intake)
    if answer_set is not None:
        db.session.add(answer_set)
        db.session.flush()
    return answer_set


def _demand_open(intake: Intake) -> None:
    if intake.event.publication is Publication.CANCELLED:
        raise EventCancelled
    place = windows.overall(intake.setup, now(), intake.rules)
    if place is Window.NOT_YET:
        raise NotOpenYet
    if place is not Window.OPEN:
        raise Closed


def _demand_sendable(intake: Intake, begun_at: datetime, category: object) -> bool:
    """Whether the draft is late but within the time of grace of its category (DOMAIN.md rule 2)."""
    rule = categories.rule_of(intake.rules, category if isinstance(category, str) else None)
    begun_in_time, place = begun_at < windows.closes(intake.setup, rule), None
    if intake.event.publication is not Publication.CANCELLED:
        place = windows.window(intake.setup, now(), rule)
    if place is Window.GRACE and begun_in_time:
        return True
    if place is not Window.OPEN:
        _demand_open(intake)
        raise CategoryClosed  # others are open
    return False


def _demand_offered(
    intake: Intake, definition: Definition, answers: Mapping[str, object], asked: Collection[str]
) -> None:
    """Nobody comes into a category that is closed, or takes part in a way that the event does not have."""
    refusals = {ways.QUESTION: WayGone, categories.QUESTION: CategoryClosed if intake.rules else None}
    for question in definition.questions():
        chosen, refusal = answers.get(question.key), refusals.get(question.key)
        if refusal is None or question.key not in asked or question.kind != "choice" or not chosen:
            continue
        shut = question.key == categories.QUESTION and not windows.lets_in(intake.setup, intake.rules, chosen)
        if shut or chosen not in {one.id for one in question.options}:
            raise refusal


def _note_consents(registration: Registration, intake: Intake, answers: Mapping[str, object]) -> None:
    """Consents given with the registration, dated (DOMAIN.md rule 8). Without an answer the word is no, unwritten; a no
    is written where a yes for all events stands, since the newest word counts.

    Nobody is on any list yet, so no public page has to be made anew.
    """
    said = _consents(intake, answers)
    if not said:
        return
    standing = consented(registration.person_id, registration.event_id) if not all(said.values()) else set()
    for channel, yes in said.items():
        if yes or channel in standing:
            db.session.add(
                Consent(person_id=registration.person_id, channel=channel, event_id=registration.event_id, given=yes)
            )


def _without_consents(intake: Intake, answers: Mapping[str, object]) -> dict[str, object]:
    definition = _definition(intake)
    asked = {one.key for one in definition.questions() if one.kind == "consent"} if definition else set()
    return {key: value for key, value in answers.items() if key not in asked}


def _consents(intake: Intake, answers: Mapping[str, object]) -> dict[Channel, bool]:
    asked = consent_channels(_definition(intake))
    return {channel: answers[key] is True for key, channel in asked.items() if key in answers}


def _definition(intake: Intake) -> Definition | None:
    return intake.as_asked(questionnaires.version(intake.version_id).definition) if intake.version_id else None


def _ends(event: Event) -> datetime:
    """The midnight that ends the event, from which days of retention count."""
    midnight = datetime.combine(event.last_day + timedelta(days=1), time(), ZoneInfo(event.time_zone))
    return midnight.astimezone(UTC)


def _with(intake: Intake, registration: Registration, answer_set: AnswerSet | None) -> Intake:
    return replace(intake, registration=registration, answer_set=answer_set)


def _needed(registration: Registration | None) -> Registration:
    if registration is None:
        raise NotPossible
    return registration

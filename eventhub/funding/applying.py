"""Applying: drafts, sending, changing, completing what the desk asked for, withdrawing.

Locks are taken in one order: the application, then the name of the organization that nominates, the call's row of
numbers last of all.
"""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, cast, func, select, update

from eventhub.funding import costs, debts, own, traits
from eventhub.funding.costs import Journey, Need
from eventhub.funding.debts import Bar, Barred
from eventhub.funding.gaps import Gap, gaps
from eventhub.funding.models import Application, Call, Stand, State, Voucher
from eventhub.funding.moves import NotPossible, move, move_all
from eventhub.funding.own import Intake, Window
from eventhub.funding.rules import Support
from eventhub.kit import audit, codes
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.kit.errors import DomainError, means
from eventhub.kit.money import digits_of
from eventhub.kit.outbox import promise
from eventhub.people.affiliations import affiliate
from eventhub.people.models import Person
from eventhub.people.names import take_name
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.actions import drop_inapplicable, start_answers
from eventhub.questionnaires.definition import Definition
from eventhub.registration.models import Registration
from eventhub.registration.models import State as Registered
from eventhub.registration.reference import new_reference

REMINDERS = (72, 24)
"""Hours before the deadline at which whoever has a draft is reminded, once each."""
MOST = 10**12
"""Minor units: no call is about more."""


class NotOpenYet(DomainError):
    """The call has not opened."""

    message = _l("This call has not opened yet. Come back when it does.")


class Closed(DomainError):
    """The deadline has passed, and there was no draft before it."""

    message = _l("The deadline passed before this was sent. What you wrote is kept on this page, so you can copy it.")


class CallCancelled(DomainError):
    """The call was cancelled."""

    message = _l("This call was cancelled, so nobody can apply any more.")


class AlreadyApplied(DomainError):
    """One application per person and call."""

    message = _l("You have applied to this call already. You find the application on your page.")


class DraftGone(DomainError):
    """The draft was deleted while its form stood open."""

    message = _l("Your draft was deleted meanwhile. What you typed is still on this page. Send again to begin anew.")


class AnswersMoved(DomainError):
    """The answers are not those that were looked at before sending."""

    message = _l("Some answers were changed in another window. Look at them again, then send.")


class Incomplete(DomainError):
    """Something is missing; all of it stands on the page."""

    status = 422
    message = _l("Something is still missing. It is listed above.")


class IsBarred(DomainError):
    """The person, or the organization that nominates, is not considered now; all reasons stand on the page."""

    status = 422
    message = _l("This application cannot be sent now. Above you read why, and what you can do.")

    def __init__(self, reasons: list[Barred]) -> None:
        super().__init__()
        self.reasons = reasons


class SendAgain(DomainError):
    """Two references met by chance."""

    message = _l("Your application could not be numbered. Please press the button once more.")


means("uq_fund_application_call_id_person_id", AlreadyApplied())
means("uq_fund_application_reference", SendAgain())


def start_draft(actor: Person, person: Person, found: Intake) -> Intake:
    """Begin an application, or take up the one that was begun. One that expired is a draft again when the deadline was
    extended. Raises NotOpenYet, Closed, CallCancelled.
    """
    application = found.application
    if application is not None:
        if application.state is State.EXPIRED:
            _demand_open(found)
            move(application, State.DRAFT, actor=actor)
        return found
    _demand_open(found)
    version_id = found.version_id
    answer_set = start_answers(questionnaires.version(version_id), person) if version_id else None
    application = Application(
        id=uuid.uuid4(),
        call_id=found.call.id,
        person_id=person.id,
        filed_by_id=actor.id if actor.id != person.id else None,
        registration_id=registration_of(person.id, found.call),
        answer_set_id=answer_set.id if answer_set else None,
        state=State.DRAFT,
        language=person.language,
    )
    db.session.add(application)
    audit.record("funding.draft", application, actor=actor, scope_id=found.call.id)
    db.session.flush()
    return replace(found, application=application, answer_set=answer_set)


def save_page(
    actor: Person, found: Intake, values: Mapping[str, object], *, typed_in: uuid.UUID | None = None
) -> Application:
    """Keep the answers of one page: of a draft as they come, of a sent file as a change. ``typed_in``: the open window
    (AnswerForm.settle). Raises NotPossible, Closed, IsBarred.
    """
    application, answer_set = _needed(found.application), found.answer_set
    if answer_set is None:
        raise NotPossible
    if application.state is State.DRAFT:
        given.save(answer_set, found.key, values, retain_from=found.ends, typed_in=typed_in)
        application.changed_at = now()
        return application
    moment = now()
    if not own.may_amend(found, moment):
        raise Closed if application.state in own.AMENDABLE else NotPossible
    before = given.opened(answer_set, found.key)
    given.save(answer_set, found.key, values, retain_from=found.ends, typed_in=typed_in)
    changed = sorted(name for name, value in values.items() if before.get(name) != value)
    if changed:
        definition = _definition(found)
        after = given.opened(answer_set, found.key)
        drop_inapplicable(answer_set, definition, after)
        _copy(application, found, given.applicable(definition, after))
        _demand_free(found, application)
        application.changed_at = moment
        audit.record("funding.changed", application, actor=actor, scope_id=application.call_id, questions=changed)
        db.session.flush()
    return application


def missing(found: Intake, definition: Definition | None = None) -> list[Gap]:
    """All that is missing; ``definition`` in the reader's language, for the words. Two statements."""
    answers = given.load(found.answer_set) if found.answer_set else {}
    asked = definition or (_definition(found) if found.version_id else None)
    standing = own.vouchers(found.application.id) if found.application else []
    person = db.session.get(Person, found.application.person_id) if found.application else None
    has_name = person is None or bool(person.public_name)
    return gaps(asked, answers, found.rules.vouching, standing, has_name=has_name)


def bars(found: Intake, person_id: uuid.UUID) -> list[Barred]:
    """All that stands against the person, and against the organization that nominates as far as it is known."""
    limits, moment, application = found.rules.limits, now(), found.application
    if application is None:
        return debts.of_person(person_id, found.call, limits, moment)
    reasons = debts.of_application(application, found.call, limits, moment)
    nominator = application.nominated_by_id
    if nominator is None:
        return reasons
    most = limits.nominees_per_organisation
    if most is not None and debts.nominees(found.call.id, nominator, application.id) >= most:
        reasons.append(Barred(Bar.NOMINEES, most=most))
    return reasons


def submit(actor: Person, found: Intake) -> Application:
    """Send a draft: number, reference, and what stands beside the answers, in one transaction. An error leaves it as it
    was. ``found`` holds the application. Raises AlreadyApplied, Closed, NotOpenYet, CallCancelled, Incomplete,
    IsBarred.
    """
    application, answer_set = _needed(found.application), found.answer_set
    if application.state is not State.DRAFT:
        raise AlreadyApplied
    moment = now()
    if not own.is_sendable(found, moment):
        _demand_open(found)
        raise Closed
    late = own.window(found.call, moment) is Window.GRACE
    if missing(found):
        raise Incomplete
    if answer_set is not None:
        definition, answers = _definition(found), given.opened(answer_set, found.key)
        drop_inapplicable(answer_set, definition, answers)
        _copy(application, found, given.applicable(definition, answers))
        answer_set.sent_at = answer_set.sent_at or moment
    application.late, application.submitted_at = late, moment
    application.registration_id = application.registration_id or registration_of(application.person_id, found.call)
    application.reference = new_reference(found.call.code)
    _demand_free(found, application)
    application.number = _next_number(found.call.id)
    move(application, State.SUBMITTED, actor=actor, late=late)
    promise("funding.received", application_id=application.id)
    db.session.flush()
    return application


def send_again(actor: Person, found: Intake) -> Application:
    """Send a file that was completed: the desk looks at it again. Raises NotPossible, Incomplete, IsBarred."""
    application = _needed(found.application)
    if application.state is not State.INFO_REQUESTED:
        raise NotPossible
    if missing(found):
        raise Incomplete
    _demand_free(found, application)
    moment = now()
    move(application, State.SUBMITTED, actor=actor, cause="answered")
    application.answered_at = moment
    promise("funding.received", application_id=application.id)
    db.session.flush()
    return application


def withdraw(actor: Person, found: Intake) -> Application:
    """Take an application back. What the money and the letters have to do with it, features above hear by the promise.
    Raises NotPossible.
    """
    application = _needed(found.application)
    if not own.may_withdraw(application):
        raise NotPossible
    move(application, State.WITHDRAWN, actor=actor)
    application.outcome_seen = None
    promise("funding.withdrawn", application_id=application.id)
    db.session.flush()
    return application


def expire_drafts(moment: datetime, limit: int = 500) -> int:
    """Close drafts of calls that take no more, the time of grace included; how many. What was typed stays until its
    days of retention are over. Safe to repeat.
    """
    over = Call.closes_at + func.make_interval(0, 0, 0, 0, Call.grace_hours) <= moment
    rows = (
        select(Application)
        .join(Call, Call.id == Application.call_id)
        .where(Application.state == State.DRAFT, over | (Call.stand != Stand.OPEN))
        .order_by(Application.id)
        .limit(limit)
        .with_for_update(of=Application, skip_locked=True)
    )
    drafts = list(db.session.scalars(rows))
    if drafts:
        move_all(drafts, State.EXPIRED, actor=None)
    return len(drafts)


def remind_drafts(moment: datetime, limit: int = 500) -> int:
    """Owe a reminder to whoever had a draft three days, and one day, before the deadline: once each, and once more when
    the deadline was extended; how many. Safe to repeat.
    """
    owed, closes = 0, cast(func.floor(func.extract("epoch", Call.closes_at)), BigInteger)
    for hours in REMINDERS:
        ahead = timedelta(hours=hours)
        nearer = max((one for one in REMINDERS if one < hours), default=0)
        told = (
            select(AuditEntry.id)
            .where(
                AuditEntry.subject_kind == Application.__tablename__,
                AuditEntry.subject_id == Application.id,
                AuditEntry.verb == "funding.draft_reminded",
                AuditEntry.detail["hours"].as_integer() == hours,
                cast(AuditEntry.detail["closes"].as_string(), BigInteger) == closes,
            )
            .correlate(Application, Call)
            .exists()
        )
        rows = (
            select(Application, closes)
            .join(Call, Call.id == Application.call_id)
            .where(
                Application.state == State.DRAFT,
                Call.stand == Stand.OPEN,
                Call.closes_at <= moment + ahead,
                Call.closes_at > moment + timedelta(hours=nearer),
                Application.created_at < Call.closes_at - ahead,
                ~told,
            )
            .order_by(Application.id)
            .limit(limit)
            .with_for_update(of=Application, skip_locked=True)
        )
        for application, of_deadline in db.session.execute(rows).all():
            detail: dict[str, Any] = {"hours": hours, "closes": of_deadline}
            audit.record("funding.draft_reminded", application, actor=None, scope_id=application.call_id, **detail)
            promise("funding.draft_reminded", application_id=application.id)
            owed += 1
    db.session.flush()
    return owed


def first_time(value: object) -> bool | None:
    """Whether somebody comes for the first time, however the question asks for it."""
    return traits.truth(value)


def supports(value: object, allowed: tuple[Support, ...]) -> list[Support]:
    """The variants of funding that somebody would accept, the fullest first, as far as the call knows them."""
    chosen = set(value) if isinstance(value, list) else {value}
    return [one for one in Support if one in allowed and one.value in chosen]


def minor(value: object, currency: str) -> int | None:
    """An amount that somebody typed, in minor units of a currency; None for no amount, a negative one, or an absurd
    one.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST:
        return None
    exact = (Decimal(str(value)) * 10 ** digits_of(currency)).quantize(Decimal(1), ROUND_HALF_UP)
    return min(int(exact), MOST)


def journey(found: Intake, answers: Mapping[str, object]) -> Journey:
    """What of a file its cost is reckoned from."""
    asked = {Need.ACCESS: "needs_access", Need.COMPANION: "needs_companion", Need.CONNECTIVITY: "needs_connectivity"}
    needs = frozenset(need for need, key in asked.items() if traits.truth(_one(answers.get(key))))
    basis, event = found.rules.costs, found.event
    days = basis.dsa_days or ((event.last_day - event.first_day).days + 1 if event else 0)
    return Journey(_country(answers.get("origin")) or _country(answers.get("residence")), days, needs)


def _copy(application: Application, found: Intake, answers: Mapping[str, object]) -> None:
    """Keep beside the answers what lists, reviewers and the balance need; what is sealed only sealed again."""
    definition = _definition(found)
    sealed = {question.key for question in definition.questions() if question.sealed}
    plain = {key: value for key, value in answers.items() if key not in sealed}
    application.residence = _text(plain.get("residence"))
    application.nationality = _text(plain.get("nationality"))
    application.origin = _country(plain.get("origin")) or _country(plain.get("residence"))
    application.region = region(_country(plain.get("residence")))
    application.language = _text(plain.get("language")) or application.language
    application.first_time = first_time(plain.get("first_time"))
    wanted = supports(plain.get("support"), found.rules.supports)
    application.support = wanted[0] if wanted else None
    application.accepts = [one.value for one in wanted]
    partial = Support.PARTIAL in wanted
    application.asked_amount = minor(plain.get("partial_amount"), found.call.currency) if partial else None
    lines = costs.estimate(found.rules.costs, journey(found, answers))
    application.cost, application.cost_lines = costs.total(lines), costs.to_json(lines)
    traits.keep(application, found.key, traits.cells(answers, judged_on(found)))
    application.organisation_id = _organisation(application.person_id, plain.get("organisation"))
    named = _organisation(application.person_id, plain.get("nominating_organisation"))
    application.nominated_by_id = named or _nominators(application)
    take_name(db.session.get_one(Person, application.person_id), _text(plain.get("legal_name")))


def follow_nominator(found: Intake) -> Application:
    """Somebody else was named as nominator of a file that was sent: where the form does not say which organization
    nominates, it is that person's. Raises IsBarred.
    """
    application, answer_set = _needed(found.application), found.answer_set
    said = given.load(answer_set).get("nominating_organisation") if answer_set else None
    if application.state is State.DRAFT or said:
        return application
    before, application.nominated_by_id = application.nominated_by_id, _nominators(application)
    if application.nominated_by_id != before:
        _demand_free(found, application)
    db.session.flush()
    return application


def judged_on(found: Intake) -> date:
    """The day on which ages and statuses count: that of the deadline as the call was opened with."""
    return found.call.closes_at.date()


def region(country: str | None) -> str | None:
    """The forum's region of a country; None where it is in none."""
    try:
        return codes.country(country).forum_region if country else None
    except KeyError:
        return None


def _demand_free(found: Intake, application: Application) -> None:
    """Nobody who is barred is considered. Whoever is nominated by the same organization at this moment is waited
    for.
    """
    if application.nominated_by_id is not None:
        debts.hold_nominees(found.call.id, application.nominated_by_id)
    db.session.flush()
    if reasons := bars(found, application.person_id):
        raise IsBarred(reasons)


def _next_number(call_id: uuid.UUID) -> int:
    """The next number of the call. Whoever is numbered at this moment is waited for, and an undone sending gives its
    number back: there are no gaps.
    """
    table = table_of(Call)
    given_now = update(table).where(table.c.id == call_id).values(numbers_given=table.c.numbers_given + 1)
    number: int = db.session.execute(given_now.returning(table.c.numbers_given)).scalar_one()
    return number


def registration_of(person_id: uuid.UUID, call: Call) -> uuid.UUID | None:
    """Somebody's registration for the event of a call, unless it was withdrawn."""
    if call.event_id is None:
        return None
    mine = Registration.person_id == person_id, Registration.event_id == call.event_id
    rows = select(Registration.id).where(*mine, Registration.state != Registered.WITHDRAWN)
    found: uuid.UUID | None = db.session.scalar(rows)
    return found


def _nominators(application: Application) -> uuid.UUID | None:
    """The organization of whoever is named as nominator."""
    rows = own.vouchers(application.id)
    return next((one.organisation_id for one in rows if one.role is Voucher.NOMINATOR), None)


def _organisation(person_id: uuid.UUID, value: object) -> uuid.UUID | None:
    name = _text(value.get("name")) if isinstance(value, dict) else None
    return affiliate(person_id, name) if name else None


def _demand_open(found: Intake) -> None:
    where = own.window(found.call, now())
    if where is Window.CANCELLED:
        raise CallCancelled
    if where is Window.NOT_YET:
        raise NotOpenYet
    if where is not Window.OPEN:
        raise Closed


def _definition(found: Intake) -> Definition:
    if found.version_id is None:
        raise NotPossible
    return questionnaires.version(found.version_id).definition


def _needed(application: Application | None) -> Application:
    if application is None:
        raise NotPossible
    return application


def _one(value: object) -> object:
    return value[0] if isinstance(value, list) and value else value


def _country(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) == 2 else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

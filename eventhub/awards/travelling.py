"""Between a yes and the report: visas, tickets, the journey."""

from datetime import date, timedelta

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from eventhub.awards import awarding, queries
from eventhub.awards.models import Award, Outcome, Ticket, TravelReport, Visa, VisaState
from eventhub.funding import timing
from eventhub.funding.models import State
from eventhub.funding.moves import NotPossible, move
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.i18n import language, show_date, show_days
from eventhub.kit.outbox import promise
from eventhub.people.models import Person
from eventhub.programme.models import Event


class DaysWrong(DomainError):
    """A journey that ends before it begins."""

    status = 422
    field = "returns_on"
    message = _l("The journey ends before it begins.")


class NotBegun(DaysWrong):
    """The same, where the last day is noted: the ticket says when the journey begins."""

    field = "ended_on"


class FarFromEvent(DomainError):
    """A day that has nothing to do with the event: of another year, mostly. ``first`` and ``last`` are possible."""

    status = 422

    def __init__(self, field: str, first: date, last: date) -> None:
        super().__init__(
            _l(
                "That is far from the event. Give a day from %(first)s to %(last)s.",
                first=LazyString(lambda: show_date(first, language())),
                last=LazyString(lambda: show_date(last, language())),
            )
        )
        self.field = field


class MissesEvent(DomainError):
    """A journey that is over before the event begins, or begins after it: a slip, and a ticket costs money."""

    status = 422

    def __init__(self, field: str, first: date, last: date) -> None:
        super().__init__(
            _l(
                "The journey covers no day of the event (%(days)s). Look at both days.",
                days=LazyString(lambda: show_days(first, last, language())),
            )
        )
        self.field = field


class VisaDayWrong(DomainError):
    """A day that cannot be that of a visa for this journey: ``first`` and ``last`` are possible."""

    status = 422

    def __init__(self, field: str, first: date, last: date) -> None:
        super().__init__(
            _l(
                "Give a day from %(first)s to %(last)s.",
                first=LazyString(lambda: show_date(first, language())),
                last=LazyString(lambda: show_date(last, language())),
            )
        )
        self.field = field


class NotOver(DomainError):
    """A journey that lies ahead."""

    status = 422
    field = "ended_on"
    message = _l("A journey that is not over yet cannot be closed.")


AROUND = timedelta(days=45)
"""So long before and after the event a journey may be."""
BEFORE_GRANT = timedelta(days=180)
"""So long before the approval somebody may have asked for a visa."""
AWAITED = frozenset({State.VISA_PENDING, State.TICKETED})
"""In which states a visa is followed: also one that comes after the ticket."""
DECIDED = frozenset({VisaState.GRANTED, VisaState.REFUSED})
AHEAD = timedelta(days=366)
"""So long after the approval, where a call is for no event."""


def days_of(award: Award) -> tuple[date, date]:
    """Between which days a journey is: around the event, or else the year after the approval."""
    event = event_of(award)
    if event is not None:
        return event.first_day - AROUND, event.last_day + AROUND
    approved = award.approved_at.date()
    return approved - AROUND, approved + AHEAD


def event_of(award: Award) -> Event | None:
    """The event that somebody travels to, where the call is for one."""
    return timing.event_of(queries.call(award.application.call_id))


def visa_of(award: Award) -> Visa | None:
    """The visa of an award, where one is followed."""
    return db.session.scalar(select(Visa).where(Visa.award_id == award.id))


def visa_needed(actor: Person, award: Award, *, appointment_on: date | None = None) -> Visa:
    """Accepted, or refused before → a visa is pending; the person gets a letter with what helps. Where the ticket is
    bought, the grant stays where it is. Raises NotPossible, and VisaDayWrong.
    """
    _demand_days(award, None, appointment_on)
    visa = visa_of(award)
    again = visa is not None and visa.state is VisaState.REFUSED
    if award.application.state is State.TICKETED:
        if visa is not None and not again:
            raise NotPossible
        audit.record("awards.visa_needed", award, actor=actor, scope_id=award.application.call_id)
    else:
        move(award.application, State.VISA_PENDING, actor=actor)
    if visa is None:
        visa = Visa(award_id=award.id)
        db.session.add(visa)
    visa.state, visa.asked_on = VisaState.ASKED if again else VisaState.NEEDED, now().date() if again else None
    visa.appointment_on, visa.decided_on, visa.changed_at = appointment_on, None, now()
    promise("awards.visa_help", award_id=award.id)
    db.session.flush()
    return visa


def visa_not_needed(actor: Person, award: Award, visa: Visa) -> Award:
    """It was noted by mistake that a visa is needed: accepted, as before. The letter that helps is not sent where it
    waits still. Raises NotPossible once the visa was asked for or decided on.
    """
    if visa.state is not VisaState.NEEDED or visa.refusals:
        raise NotPossible
    if award.application.state is not State.TICKETED:
        move(award.application, State.ACCEPTED, actor=actor)
    db.session.delete(visa)
    audit.record("awards.visa_not_needed", award, actor=actor, scope_id=award.application.call_id)
    db.session.flush()
    return award


def visa_asked(actor: Person, award: Award, visa: Visa, *, asked_on: date, appointment_on: date | None) -> Visa:
    """The person has asked for it. Raises NotPossible, and VisaDayWrong."""
    if award.application.state not in AWAITED or visa.state in DECIDED:
        raise NotPossible
    _demand_days(award, asked_on, appointment_on)
    visa.state, visa.asked_on, visa.appointment_on, visa.changed_at = VisaState.ASKED, asked_on, appointment_on, now()
    audit.record("awards.visa_asked", award, actor=actor, scope_id=award.application.call_id)
    db.session.flush()
    return visa


def visa_granted(actor: Person, award: Award, visa: Visa) -> Visa:
    """The visa is there; a ticket may be bought. Raises NotPossible."""
    if award.application.state not in AWAITED or visa.state in DECIDED:
        raise NotPossible
    visa.state, visa.decided_on, visa.changed_at = VisaState.GRANTED, now().date(), now()
    audit.record("awards.visa_granted", award, actor=actor, scope_id=award.application.call_id)
    db.session.flush()
    return visa


def visa_refused(actor: Person, award: Award, visa: Visa) -> Visa:
    """Refused: the money stays until somebody cancels the grant or the person asks again; where the ticket is bought,
    the grant stays where it is. Raises NotPossible.
    """
    if visa.state in DECIDED:
        raise NotPossible
    if award.application.state is State.TICKETED:
        audit.record("awards.visa_refused", award, actor=actor, scope_id=award.application.call_id)
    else:
        move(award.application, State.VISA_REFUSED, actor=actor)
    visa.state, visa.decided_on, visa.changed_at = VisaState.REFUSED, now().date(), now()
    visa.refusals += 1
    db.session.flush()
    return visa


def ticketed(actor: Person, award: Award, *, travels_on: date, returns_on: date) -> Ticket:
    """A ticket is bought: from now on nobody replaces the person. Raises NotPossible, where a visa is needed and not
    there too, DaysWrong, FarFromEvent for days of another year, and MissesEvent.
    """
    first, last = days_of(award)
    for field, day in (("travels_on", travels_on), ("returns_on", returns_on)):
        if not first <= day <= last:
            raise FarFromEvent(field, first, last)
    if returns_on < travels_on:
        raise DaysWrong
    event = event_of(award)
    if event is not None and (returns_on < event.first_day or travels_on > event.last_day):
        field = "returns_on" if returns_on < event.first_day else "travels_on"
        raise MissesEvent(field, event.first_day, event.last_day)
    if award.application.state is State.VISA_PENDING:
        visa = visa_of(award)
        if visa is None or visa.state is not VisaState.GRANTED:
            raise NotPossible
    move(award.application, State.TICKETED, actor=actor)
    row = Ticket(award_id=award.id, travels_on=travels_on, returns_on=returns_on, bought_by_id=actor.id)
    db.session.add(row)
    promise("awards.ticket", award_id=award.id)
    db.session.flush()
    return row


def _demand_days(award: Award, asked_on: date | None, appointment_on: date | None) -> None:
    """A visa is asked for until today, and its appointment is before the event ends. Raises VisaDayWrong."""
    event, approved = event_of(award), award.approved_at.date()
    first, last = approved - BEFORE_GRANT, event.last_day if event is not None else approved + AHEAD
    for field, day, latest in (("asked_on", asked_on, now().date()), ("appointment_on", appointment_on, last)):
        if day is not None and not first <= day <= latest:
            raise VisaDayWrong(field, first, latest)


def travelled(actor: Person | None, award: Award, *, ended_on: date, report_days: int) -> TravelReport:
    """The person was there: the report is due so many days after the journey. Raises NotPossible, NotOver,
    NotBegun for a day before the ticket's first, and FarFromEvent.
    """
    if ended_on > now().date():
        raise NotOver
    begins = db.session.scalar(select(Ticket.travels_on).where(Ticket.award_id == award.id))
    if begins is not None and ended_on < begins:
        raise NotBegun
    first, last = days_of(award)
    if not first <= ended_on <= last:
        raise FarFromEvent("ended_on", first, last)
    move(award.application, State.TRAVELLED, State.REPORT_DUE, actor=actor)
    row = TravelReport(award_id=award.id, ended_on=ended_on, due=ended_on + timedelta(days=report_days))
    db.session.add(row)
    promise("awards.report_due", award_id=award.id)
    db.session.flush()
    return row


def cancelled_by_refusal(actor: Person, award: Award) -> Award:
    """A refusal for good: the money is free and the next reserve is proposed. Raises NotPossible."""
    if award.application.state is not State.VISA_REFUSED:
        raise NotPossible
    return awarding.cancel(actor, award)


def is_replaceable(award: Award) -> bool:
    """Whether the nominator may still name somebody else: accepted, and no ticket bought."""
    states = {State.ACCEPTED, State.VISA_PENDING, State.VISA_REFUSED}
    return award.outcome is Outcome.ACCEPTED and award.application.state in states

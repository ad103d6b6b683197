"""Releasing what is staged: everybody of a call learns at one instant, and the letters go within the same hour.

A release is made now, or at an instant until which it can be stopped. The number of statements does not grow with the
decisions.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import contains_eager, joinedload

from eventhub.awards import awarding, queries
from eventhub.awards.access import may_offer
from eventhub.awards.considering import NotConsidered, standing_against
from eventhub.awards.explaining import REASONS
from eventhub.awards.ledger import EnvelopeBroken
from eventhub.awards.models import Award
from eventhub.awards.release_models import Decision, Failed, Release, Staging
from eventhub.awards.staging import hold_call
from eventhub.funding.models import Application, Call, Stand, State
from eventhub.funding.moves import NotPossible, hold_rows
from eventhub.funding.nearness import Aside, OwnFile, StillToCome, too_near, waits_near
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, Forbidden, NotFound, Stale, means
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import Place, SealKey, Unreadable, open_sealed, place, seal
from eventhub.kit.tokens import digest
from eventhub.people.models import Person
from eventhub.people.queries import grants_of
from eventhub.reviewing.queries import call_by_id
from eventhub.selecting.models import Slate, SlateState
from eventhub.selecting.queries import standing as standing_slate

GAP = timedelta(milliseconds=200)
"""Between two letters, so that a mail server is not flooded; less where so many would take longer than ``WITHIN``."""
WITHIN = timedelta(minutes=50)
LONGEST = timedelta(days=60)
"""So far ahead a release can be set."""
OPEN = frozenset({State.SUBMITTED, State.INFO_REQUESTED, State.ELIGIBLE, State.UNDER_REVIEW})
"""Who has no answer, as far as applicants know."""
WAITS = (
    Application.state.in_(list(REASONS)),
    Application.outcome_seen.is_not(None),
    Application.erased_at.is_(None),
    Application.merged_into_id.is_(None),
)
"""What is staged."""
CHOICES = {
    State.RESERVE: ("reserve",),
    State.NOT_RECOMMENDED: ("below_line", "over_organisation_limit", "budget", "report_owed", "conflict", "other"),
}
"""Codes of decision_reason.funding that an officer may choose for each outcome."""


class UnderWay(DomainError):
    """One release at a time."""

    message = _l("A release of this call is set already. Stop it first if you want another one.")


class NothingStaged(DomainError):
    """Everything was released."""

    message = _l("Nothing waits for a release. Somebody may have been faster.")


class NotReleased(DomainError):
    """A letter that would come before everybody else's."""

    message = _l("Not released yet. The release tells everybody at once.")


class NotApproved(DomainError):
    """The board has recommended something newer, or nothing is approved."""

    message = _l("No approved slate stands at present. The approver decides first.")


class ChangedSince(DomainError):
    """What would be released is not what the page showed."""

    message = _l("Something changed since you opened this page. Look at it again; what changed is named below.")


class WrongInstant(DomainError):
    """The instant is past, or too far away."""

    status = 422
    field = "at"
    message = _l("Choose a day and a time from now on, at most 60 days ahead.")


class NotSet(DomainError):
    """There is nothing to stop."""

    message = _l("No release is set any more: it was stopped, or it is done.")


class NotOfficer(Forbidden):
    """Whoever set the release may not release for this call any more: nothing goes out in that name."""


class WrongCode(DomainError):
    """Not a reason for this outcome."""

    status = 422
    field = "reason"
    message = _l("Choose a reason")


means("ix_fund_release_standing", UnderWay())


@dataclass(frozen=True)
class Staged:
    """One decision that nobody was told yet. ``award`` is there for whoever was chosen."""

    application: Application
    decision: Decision
    award: Award | None

    @property
    def words(self) -> str | None:
        """The plain words beside the reason."""
        return words_of(self.application.person, self.decision, self.decision.words)

    @property
    def changed_at(self) -> datetime:
        """When the outcome or its words changed last."""
        return max(self.application.changed_at, self.decision.changed_at)

    @property
    def line(self) -> str:
        """All that a page shows of it, in one line."""
        amount = self.award.amount if self.award else ""
        return f"{self.application.id} {self.application.state.value} {self.decision.version} {amount}"


def staged(call_id: uuid.UUID) -> list[Staged]:
    """All decisions of a call that wait for a release, by number: one statement."""
    return _staged(Application.call_id == call_id)


def _held(*where: ColumnElement[bool]) -> list[Staged]:
    """The same, held until the end of the transaction: applications, then awards, each in one order, and read anew
    after that. A deed that came first is seen, and one that comes later finds them told.
    """
    staying = select(Application.id).where(*where, *WAITS).order_by(Application.id).with_for_update()
    ids = list(db.session.scalars(staying))
    grants = select(Award.id).where(Award.application_id.in_(ids)).order_by(Award.application_id).with_for_update()
    db.session.execute(grants)
    return _staged(*where, anew=True)


def one_staged(call_id: uuid.UUID, application_id: uuid.UUID) -> Staged:
    """One of them. Raises NotFound."""
    found = _staged(Application.call_id == call_id, Application.id == application_id)
    if not found:
        raise NotFound
    return found[0]


def _staged(*where: ColumnElement[bool], anew: bool = False) -> list[Staged]:
    rows = (
        select(Application, Decision, Award)
        .join(Decision, Decision.application_id == Application.id)
        .outerjoin(Award, Award.application_id == Application.id)
        .where(*where, *WAITS)
        .options(
            joinedload(Application.person).joinedload(Person.seal_key),
            joinedload(Application.call),
            contains_eager(Award.application),
            joinedload(Award.envelope),
        )
        .order_by(Application.number, Application.id)
    )
    if anew:
        rows = rows.execution_options(populate_existing=True)
    return [Staged(*row) for row in db.session.execute(rows)]


def gone(call_id: uuid.UUID) -> list[Application]:
    """Who withdrew after the decision was staged: nothing is told, and no money is kept."""
    rows = (
        select(Application)
        .join(Decision, Decision.application_id == Application.id)
        .where(
            Application.call_id == call_id,
            Application.state == State.WITHDRAWN,
            Application.erased_at.is_(None),
            or_(Decision.told_at.is_(None), Decision.told_reason.is_not(None)),
        )
        .options(joinedload(Application.person))
        .order_by(Application.number)
    )
    return list(db.session.scalars(rows))


def undecided(call_id: uuid.UUID, aside: Aside) -> int:
    """How many files are still under review: the release does not speak of them. Without those that the reader is near
    to.
    """
    rows = select(Application.id).where(Application.call_id == call_id, Application.state == State.UNDER_REVIEW)
    return len(list(db.session.scalars(rows.where(aside.others()))))


def is_near(actor: Person, call_id: uuid.UUID) -> bool:
    """Whether somebody is too near to any file of a call whose applicant waits for word (funding/nearness.py)."""
    return waits_near(actor, call_id)


def stamp_of(rows: Sequence[Staged]) -> str:
    """What a page showed, in one word: another one as soon as anything of it is different. Only the house can make it:
    it is of all decisions, also of those that the page's reader must not know, and nobody may try these out.
    """
    said = "\n".join(sorted(one.line for one in rows))
    return digest(f"awards.release\0{said}").hex()


def marks(rows: Sequence[Staged]) -> dict[str, str]:
    """The same of each decision by itself, by application. Whoever reads a mark does not read the decision."""
    return {str(one.application.id): digest(f"awards.release\0{one.line}").hex() for one in rows}


def approved_slate(call_id: uuid.UUID) -> Slate | None:
    """The slate that was approved and stands."""
    found = standing_slate(call_id)
    return found if found is not None and found.state is SlateState.APPROVED else None


def standing(call_id: uuid.UUID) -> Release | None:
    """The release that is set and neither done nor stopped."""
    rows = select(Release).where(Release.call_id == call_id, Release.done_at.is_(None), Release.stopped_at.is_(None))
    return db.session.scalar(rows.where(Release.failed.is_(None)))


def releases(call_id: uuid.UUID, limit: int = 20) -> list[Release]:
    """What was released, stopped or set, the newest first."""
    rows = select(Release).where(Release.call_id == call_id).order_by(Release.made_at.desc(), Release.id)
    return list(db.session.scalars(rows.limit(limit)))


def last_done(call_id: uuid.UUID) -> datetime | None:
    """When decisions of a call were released last."""
    return db.session.scalar(select(func.max(Release.done_at)).where(Release.call_id == call_id))


def staging_of(slate: Slate | None) -> Staging | None:
    """What became of an approved slate."""
    if slate is None:
        return None
    return db.session.scalar(select(Staging).where(Staging.slate_id == slate.id))


def say(actor: Person, row: Staged, *, reason: str, words: str | None, version: int) -> Decision:
    """Another reason, or plain words beside it, before anybody was told. Raises WrongCode, OwnFile, Stale, and NotFound
    where a release was faster.
    """
    held = _held(Application.id == row.application.id)
    if not held:
        raise NotFound
    (row,) = held
    state = row.application.state
    if state not in CHOICES:
        raise NotFound
    if reason not in CHOICES[state]:
        raise WrongCode
    if too_near(actor, [row.application]):
        raise OwnFile
    decision = row.decision
    if decision.version != version:
        raise Stale
    decision.keep_told()
    decision.reason, decision.changed_at, decision.changed_by_id = reason, now(), actor.id
    text = (words or "").strip()
    decision.words = seal(row.application.person.seal_key, _place(decision), text) if text else None
    audit.record("awards.reason_set", row.application, actor=actor, scope_id=row.application.call_id, reason=reason)
    db.session.flush()
    return decision


def words_of(person: Person, decision: Decision, sealed: bytes | None) -> str | None:
    """Plain words of a decision: those that wait, or those told. None where there are none, or after an erasure."""
    if sealed is None:
        return None
    try:
        key = db.session.get_one(SealKey, person.seal_key_id)
        return open_sealed(key, _place(decision), sealed).decode()
    except Unreadable:
        return None


def words_told(application: Application) -> str | None:
    """The plain words that an applicant reads beside the reason, once told."""
    told = decision_told(application)
    if told is None:
        return None
    person = db.session.get_one(Person, application.person_id)
    return words_of(person, told, told.words_told)


def decision_told(application: Application) -> Decision | None:
    """What somebody was told beside the outcome that the person knows of, also while another one is staged; None before
    the release. What was told are its ``reason_told`` and ``words_told``.
    """
    rows = select(Decision).where(Decision.application_id == application.id, Decision.told_at.is_not(None))
    return db.session.scalar(rows)


def look(actor: Person, call: Call, *, stamp: str, at: datetime | None = None) -> list[Staged]:
    """What would be released, before somebody says so a second time. Raises what ``release`` does; nothing is held."""
    rows = staged(call.id)
    _demand_ready(actor, call, rows, stamp, at)
    return rows


def _demand_ready(actor: Person, call: Call, rows: Sequence[Staged], stamp: str, at: datetime | None) -> None:
    if at is not None and not now() - timedelta(minutes=1) <= at <= now() + LONGEST:
        raise WrongInstant
    if call.stand is Stand.CANCELLED:
        raise NotPossible
    if standing(call.id) is not None:
        raise UnderWay
    if approved_slate(call.id) is None:
        raise NotApproved
    if not rows:
        raise NothingStaged
    if is_near(actor, call.id):
        raise StillToCome
    if stamp != stamp_of(rows):
        raise ChangedSince


def release(actor: Person, call: Call, *, stamp: str, at: datetime | None = None) -> Release:
    """Tell everybody: now, or at an instant. ``stamp`` is of the page on which it was decided.

    Raises UnderWay, NotApproved, NothingStaged, ChangedSince, OwnFile, WrongInstant, NotConsidered, EnvelopeBroken;
    then nothing is done.
    """
    moment = now()
    call = hold_call(call.id)
    rows = _held(Application.call_id == call.id)
    _demand_ready(actor, call, rows, stamp, at)
    row = Release(
        id=uuid.uuid4(), call_id=call.id, at=max(at or moment, moment), made_by_id=actor.id, marks=marks(rows)
    )
    db.session.add(row)
    db.session.flush()
    audit.record("awards.release_set", row, actor=actor, scope_id=call.id)
    if row.at > moment:
        promise("awards.release", not_before=row.at, release_id=row.id)
    else:
        _tell(actor, row, rows)
    db.session.flush()
    return row


def offer_again(actor: Person, call: Call, awards: Sequence[Award], *, accept_days: int) -> list[Award]:
    """Offer grants once more whose days to answer went by. Call and applications are held, in this order.

    Raises NotReleased for one that nobody was told of, NotPossible, Forbidden, EnvelopeBroken; then nothing is done.
    """
    if any(one.application.state is State.APPROVED for one in awards):
        raise NotReleased
    if call.stand is Stand.CANCELLED:
        raise NotPossible
    return awarding.offer_all(actor, awards, accept_days=accept_days)


def stop(actor: Person, call: Call) -> Release:
    """Stop a release before its instant: nobody is told. Raises NotSet."""
    hold_call(call.id)
    row = standing(call.id)
    if row is None:
        raise NotSet
    row.stopped_at, row.stopped_by_id = now(), actor.id
    audit.record("awards.release_stopped", row, actor=actor, scope_id=call.id)
    db.session.flush()
    return row


def release_due(release_id: uuid.UUID) -> Release | None:
    """The instant has come. Safe to repeat; None where it was stopped or is done. Where it cannot be done nothing is,
    and the reason is kept: also where a decision or an amount was added or changed since, which whoever set the release
    has not seen, and where that person is no officer of the call any more. Whoever left meanwhile is told nothing, and
    who owes something or is debarred by now is held back: all others are told. What was not done as it was set is
    mailed to whoever set it.
    """
    row = db.session.get_one(Release, release_id)
    call = hold_call(row.call_id)
    db.session.refresh(row, with_for_update=True)
    if row.done_at or row.stopped_at or row.failed:
        return None
    actor = db.session.get_one(Person, row.made_by_id)
    try:
        with db.session.begin_nested():
            _do(row, call, actor)
    except EnvelopeBroken:
        fail(row, Failed.MONEY)
    except NotOfficer:
        fail(row, Failed.ROLE)
    except Forbidden:
        fail(row, Failed.NEAR)
    except NotConsidered:
        fail(row, Failed.BARRED)
    except (NotPossible, Stale):
        fail(row, Failed.MOVED)
    return row


def _do(row: Release, call: Call, actor: Person) -> None:
    if call.stand is Stand.CANCELLED or approved_slate(call.id) is None:
        raise NotPossible
    rows = _held(Application.call_id == call.id)
    if any(one.changed_at > row.made_at for one in rows) or not _is_as_seen(row, rows):
        raise Stale
    if not may_offer(grants_of(actor.id), call_by_id(call.id).scope):
        raise NotOfficer
    if is_near(actor, call.id):
        raise OwnFile
    barred = {one.id for one in standing_against([one.application for one in rows if _is_offered(one)])}
    going = [one for one in rows if one.application.id not in barred]
    if rows and not going:
        raise NotConsidered
    row.held = len(barred)
    _tell(actor, row, going)
    if row.held:
        promise("awards.release_failed", release_id=row.id)


def _is_as_seen(row: Release, rows: Sequence[Staged]) -> bool:
    """Whether each decision is as whoever set the release saw it: no other amount, no other words, nobody more."""
    return row.marks is None or marks(rows).items() <= row.marks.items()


def _is_offered(one: Staged) -> bool:
    return one.award is not None and one.application.state is State.APPROVED


def changed_since(row: Release, rows: Sequence[Staged]) -> list[Application]:
    """Whose decision is not any more as whoever set a release saw it."""
    return [] if row.marks is None else [one.application for one in rows if not _is_as_seen(row, [one])]


def fail(row: Release, why: Failed) -> None:
    """Keep why a release was not done, and write to whoever set it."""
    row.failed, row.held = why, 0
    promise("awards.release_failed", release_id=row.id)
    audit.record("awards.release_failed", row, actor=None, scope_id=row.call_id, why=why.value)
    db.session.flush()


def _tell(actor: Person, row: Release, rows: Sequence[Staged]) -> None:
    moment = now()
    hold_rows([one.application for one in rows])
    gap = min(GAP, WITHIN / max(1, len(rows)))
    awards = [one.award for one in rows if one.award is not None and _is_offered(one)]
    if awards:
        rules = queries.rules_of(row.call_id)
        awarding.offer_all(actor, awards, accept_days=rules.accept_days, at=moment, gap=gap)
    others = [one for one in rows if one.application.state in CHOICES]
    if others:
        awarding.tell_each(
            [(one.application, one.decision.reason) for one in others], at=moment + len(awards) * gap, gap=gap
        )
    seen = update(Decision).where(Decision.id.in_([one.decision.id for one in rows]))
    db.session.execute(
        seen.values(told_at=moment, told_reason=None, told_words=None), execution_options={"synchronize_session": False}
    )
    for one in rows:
        db.session.expire(one.decision)
    row.done_at, row.told = moment, len(awards) + len(others)
    promise("awards.count_money", call_id=row.call_id)
    audit.record(
        "awards.released",
        row,
        actor=actor,
        scope_id=row.call_id,
        offered=len(awards),
        others=len(others),
        held=row.held,
    )
    db.session.flush()


def _place(decision: Decision) -> Place:
    return place("fund_decision", "words", decision.id)

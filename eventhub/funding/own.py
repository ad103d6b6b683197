"""One's own application, as its pages need it, and who vouches for it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import load_only

from eventhub.funding import rules as ruling
from eventhub.funding.models import MOVES, Application, Call, CallRules, Endorsement, Stand, State
from eventhub.funding.rules import Rules
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration.queries import EVENT_COLUMNS

AMENDABLE = frozenset({State.SUBMITTED, State.INFO_REQUESTED})
"""While the desk has the file and has not decided."""
WITHDRAWABLE = frozenset(
    {
        *(State.SUBMITTED, State.INFO_REQUESTED, State.ELIGIBLE, State.UNDER_REVIEW, State.RECOMMENDED, State.RESERVE),
        *(State.APPROVED, State.ACCEPTED, State.VISA_PENDING, State.TICKETED),
    }
)
"""By what the applicant knows: a staged outcome must not show in whether there is a button."""
WAITING = frozenset(
    {State.SUBMITTED, State.INFO_REQUESTED, State.ELIGIBLE, State.UNDER_REVIEW, State.RECOMMENDED, State.RESERVE}
)
"""While somebody may still be chosen."""
VOUCHABLE = frozenset({State.DRAFT, State.SUBMITTED, State.INFO_REQUESTED, State.ELIGIBLE})
"""While an applicant may name who vouches."""


ROUNDS: list[Callable[[uuid.UUID], datetime | None]] = []
"""Features further up that know when decisions of a call were told last: whoever still waits then reads that these were
not all.
"""


class Window(StrEnum):
    """Whether a call takes applications."""

    NOT_YET = "not_yet"
    OPEN = "open"
    GRACE = "grace"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Intake:
    """A call that is public, its rules, and a person's application to it, if there is one."""

    call: Call
    event: Event | None
    standing: CallRules
    application: Application | None
    answer_set: AnswerSet | None
    key: SealKey

    @cached_property
    def rules(self) -> Rules:
        """The rules in force."""
        return rules_of(self.standing)

    @property
    def version_id(self) -> uuid.UUID | None:
        """Which version of the form is answered: the one that was begun, else the one that goes with the rules."""
        if self.answer_set is not None:
            return self.answer_set.version_id
        return self.standing.version_id or self.call.version_id

    @property
    def ends(self) -> datetime:
        """From when days of retention count."""
        return ends_of(self.call, self.event)


def ends_of(call: Call, event: Event | None) -> datetime:
    """The midnight that ends the event of a call, else its deadline with its grace."""
    if event is None:
        return call.closes_at + timedelta(hours=call.grace_hours)
    midnight = datetime.combine(event.last_day + timedelta(days=1), time(), ZoneInfo(event.time_zone))
    return midnight.astimezone(UTC)


_NEWEST = (
    select(CallRules.id)
    .where(CallRules.call_id == Call.id, CallRules.agreed_at.is_not(None))
    .order_by(CallRules.number.desc())
    .limit(1)
    .correlate(Call)
    .scalar_subquery()
)
_PARTS = (
    select(Call, Event, CallRules, Application, AnswerSet, SealKey)
    .outerjoin(Event, Event.id == Call.event_id)
    .join(CallRules, CallRules.id == _NEWEST)
    .outerjoin(Application, and_(Application.call_id == Call.id, Application.person_id == bindparam("person_id")))
    .outerjoin(AnswerSet, AnswerSet.id == Application.answer_set_id)
    .join(SealKey, SealKey.id == bindparam("seal_key_id"))
    .options(load_only(*EVENT_COLUMNS, raiseload=True))
    .where(Call.stand != Stand.DRAFT)
)


def intake(slug: str, person: Person, *, lock: bool = False) -> Intake:
    """A call for somebody who applies. One statement; two with ``lock``, which holds the application. Raises NotFound
    for calls that are not public.
    """
    if lock:
        mine = select(Application.id).join(Call, Call.id == Application.call_id)
        db.session.execute(
            mine.where(Call.slug == slug, Application.person_id == person.id).with_for_update(of=Application)
        )
    return _one(_PARTS.where(Call.slug == slug), person, lock=lock)


def intake_alone(slug: str, person: Person) -> Intake:
    """The same for somebody who is about to begin: whoever begins at the same moment, in another window, is waited
    for. Until the end of the transaction.
    """
    here = func.hashtextextended(f"funding:{slug}:{person.id}", 0)
    db.session.execute(select(func.pg_advisory_xact_lock(here)))
    return intake(slug, person, lock=True)


def by_reference(reference: str, person: Person, *, lock: bool = False) -> Intake:
    """One's own application by its reference. Raises NotFound, also for anybody else's."""
    mine = Application.reference == reference, Application.person_id == person.id
    if lock:
        db.session.execute(select(Application.id).where(*mine).with_for_update())
    return _one(_PARTS.where(Application.reference == reference), person, lock=lock)


def call_of(slug: str) -> tuple[Call, CallRules]:
    """A public call with its rules, for somebody who is not signed in. One statement. Raises NotFound."""
    rows = select(Call, CallRules).join(CallRules, CallRules.id == _NEWEST)
    found = db.session.execute(rows.where(Call.slug == slug, Call.stand != Stand.DRAFT)).first()
    if found is None:
        raise NotFound
    return found[0], found[1]


def may_withdraw(application: Application) -> bool:
    """Whether an applicant may take an application back."""
    known = application.outcome_seen or application.state
    return known in WITHDRAWABLE and State.WITHDRAWN in MOVES[application.state]


def told_others(application: Application) -> datetime | None:
    """When decisions of the call were told last, of somebody who is not among them as far as that person knows."""
    known = application.outcome_seen or application.state
    if known not in WAITING - {State.RECOMMENDED, State.RESERVE}:
        return None
    moments = [moment for asked in ROUNDS if (moment := asked(application.call_id)) is not None]
    return max(moments, default=None)


def rules_of(standing: CallRules) -> Rules:
    """The rules that were agreed to."""
    return ruling.read(standing.rules)


def mine(person: Person) -> list[Intake]:
    """All applications of a person, the newest first. One statement."""
    rows = _PARTS.where(Application.id.is_not(None)).order_by(Application.created_at.desc(), Application.id)
    asked = {"person_id": person.id, "seal_key_id": person.seal_key_id}
    return [Intake(*row) for row in db.session.execute(rows, asked)]


def states_of(person_id: uuid.UUID) -> dict[uuid.UUID, tuple[State, str | None]]:
    """Where somebody's applications stand as far as the applicant knows, with their references, by call. One
    statement.
    """
    known = func.coalesce(Application.outcome_seen, Application.state)
    rows = select(Application.call_id, known, Application.reference).where(Application.person_id == person_id)
    return {row[0]: (State(row[1]), row[2]) for row in db.session.execute(rows)}


def window(call: Call, moment: datetime) -> Window:
    """Whether a call takes applications at this moment. In the time of grace it takes drafts that were begun before."""
    if call.stand is Stand.CANCELLED:
        return Window.CANCELLED
    if call.stand is not Stand.OPEN:
        return Window.CLOSED
    if moment < call.opens_at:
        return Window.NOT_YET
    if moment < call.closes_at:
        return Window.OPEN
    return Window.GRACE if moment < call.closes_at + timedelta(hours=call.grace_hours) else Window.CLOSED


def is_sendable(found: Intake, moment: datetime) -> bool:
    """Whether a draft may be sent now, or one may be begun where there is none."""
    where, draft = window(found.call, moment), found.application
    if where is Window.OPEN:
        return True
    return where is Window.GRACE and draft is not None and draft.created_at < found.call.closes_at


def may_amend(found: Intake, moment: datetime) -> bool:
    """Whether answers that were sent may be changed: until the deadline, and while the desk waits for more."""
    application = found.application
    if application is None or application.state not in AMENDABLE or found.call.stand is not Stand.OPEN:
        return False
    return application.state is State.INFO_REQUESTED or window(found.call, moment) is Window.OPEN


def vouchers(application_id: uuid.UUID, *, lock: bool = False) -> list[Endorsement]:
    """Who stands as nominator and referees, in that order. One statement."""
    rows = (
        select(Endorsement)
        .where(Endorsement.application_id == application_id, Endorsement.withdrawn_at.is_(None))
        .order_by(Endorsement.role, Endorsement.place)
    )
    if lock:
        rows = rows.with_for_update().execution_options(populate_existing=True)
    return list(db.session.scalars(rows))


def _one(rows: object, person: Person, *, lock: bool) -> Intake:
    asked = {"person_id": person.id, "seal_key_id": person.seal_key_id}
    found = db.session.execute(rows, asked, execution_options={"populate_existing": lock}).first()  # type: ignore[call-overload]
    if found is None:
        raise NotFound
    return Intake(*found)

"""What security says before an accreditation takes effect: asked, answered, passed over with a reason, lapsed.

The stage moves no registration and blocks none by itself. While its word is missing nobody is accredited; an objection
or a silence longer than the event grants is passed over by the desk with a reason for colleagues. Locks: the
registrations first, then what is said about them.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import contains_eager

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.kit.errors import DomainError, NotFound, Stale
from eventhub.kit.working_days import working_days_after
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.cancelling import demand_taking_place
from eventhub.registration.categories import Rules, needs_security, rule_of, rules_of
from eventhub.registration.models import TAKES_PART, Approval, Registration, RegistrationSetup, Stage, State, Word
from eventhub.registration.moves import NotPossible, OwnFile, demand_distance, hold_rows
from eventhub.registration.queries import too_near

ASKED, PASSED, LAPSED = "registration.security_asked", "registration.security_passed", "registration.security_lapsed"
SAID = {Word.NO_OBJECTION: "registration.security_clear", Word.OBJECTION: "registration.security_objection"}
DEEDS = frozenset({ASKED, PASSED, LAPSED, *SAID.values()})
ASKABLE = frozenset({State.SUBMITTED, State.UNDER_REVIEW, State.INFO_REQUESTED, State.WAITLISTED, State.OFFERED})
"""About whom security is asked: the focal point has spoken, and nobody has decided for good."""
OPEN = ASKABLE | TAKES_PART
"""About whom security may say something: what it learns late is a note for the desk as well."""
SEEN = frozenset(
    {
        "legal_name",
        "display_name",
        "badge_name",
        "nationality",
        "nationality_status",
        "document_type",
        "document_number",
        "date_of_birth",
        "badge_photo",
    }
)
"""Answers on which security's word rests: once one of them is another, it is asked anew."""
KEPT = timedelta(days=30)
"""So long after the event what security said is deleted."""
NAMED = 5
"""So many registrations an error names."""


class Lack(StrEnum):
    """Why somebody cannot be accredited yet."""

    NOT_ASKED = "not_asked"
    WAITS = "waits"
    OBJECTED = "objected"
    OWN_WORD = "own_word"
    """Security's word, or the word to go on without it, came from the one who would accredit: two people, two steps."""


class ApprovalMissing(DomainError):
    """Security has not said its word, and nobody has gone on without it."""

    def __init__(self, registrations: Sequence[Registration]) -> None:
        named = [one.reference or "" for one in registrations[:NAMED]] + (["…"] if len(registrations) > NAMED else [])
        super().__init__(
            _l(
                "Security comes first for %(references)s. Ask it on the registration’s page or in the list; where it"
                " objects or keeps silent too long, you can go on there with a reason.",
                references=", ".join(named),
            )
        )


class OwnWord(DomainError):
    """Whoever spoke for security does not accredit as well."""

    message = _l(
        "You gave the word for security yourself, or went on without it. A colleague accredits: it takes two people."
    )


class NotByYou(OwnFile):
    """Whoever is near to a person does not speak for security about them; which way near stays untold: security does
    not see the organization.
    """

    message = _l("You cannot speak for security about this person. Leave it to a colleague.")


class NobodyToAsk(DomainError):
    """None of those chosen needs it, or all were asked."""

    message = _l("Security was asked about all of these already, or need not be asked.")


class TooEarly(DomainError):
    """Security still has time to answer."""

    def __init__(self, setup: RegistrationSetup) -> None:
        super().__init__(
            _l(
                "Security has %(days)s working days to answer. You can go on without it after that.",
                days=setup.security_within_days,
            ),
        )


@dataclass(frozen=True)
class Standing:
    """How the stage of one registration stands: whether it is needed, what is there, and what is lacking."""

    is_needed: bool
    approval: Approval | None
    lack: Lack | None


def standing(
    setup: RegistrationSetup,
    rules: Rules,
    registrations: Collection[Registration],
    *,
    decides: uuid.UUID | None = None,
    lock: bool = False,
) -> dict[uuid.UUID, Standing]:
    """How the stage stands for each registration; ``decides`` is who would accredit. One statement, or none."""
    needed = {one.id: needs_security(setup, rule_of(rules, one.category)) for one in registrations}
    # Who needs nothing now may have been asked about before: pages show it, deeds do not wait for it.
    known = _known([one.id for one in registrations if needed[one.id] or not lock], lock=lock)
    found = {}
    for one in registrations:
        is_needed, approval = needed[one.id], known.get(one.id)
        found[one.id] = Standing(is_needed, approval, _lack(setup, approval, decides) if is_needed else None)
    return found


def demand_approved(actor: Person, setup: RegistrationSetup, registrations: Sequence[Registration]) -> None:
    """Nobody is accredited before security's word where it is needed. The caller holds the rows. Raises
    ApprovalMissing, OwnWord.
    """
    found = standing(setup, rules_of(setup.event_id), registrations, decides=actor.id, lock=True)
    if lacking := [one for one in registrations if found[one.id].lack not in {None, Lack.OWN_WORD}]:
        raise ApprovalMissing(lacking)
    if any(one.lack is Lack.OWN_WORD for one in found.values()):
        raise OwnWord


def demand_other_hands(actor: Person, setup: RegistrationSetup, registrations: Sequence[Registration]) -> None:
    """Whoever spoke for security gives nobody a place that the person alone turns into an accreditation. The caller
    holds the rows. Raises OwnWord.
    """
    found = standing(setup, rules_of(setup.event_id), registrations, decides=actor.id, lock=True)
    if any(one.lack is Lack.OWN_WORD for one in found.values()):
        raise OwnWord


def is_approved(setup: RegistrationSetup, registration: Registration, *, by: Collection[uuid.UUID] = ()) -> bool:
    """Whether nothing is lacking for somebody to be accredited by the hands of these. The caller holds the row."""
    found = standing(setup, rules_of(setup.event_id), [registration], lock=True)[registration.id]
    if found.lack is not None or not found.is_needed:
        return found.lack is None
    return all(_lack(setup, found.approval, who) is None for who in by)


def unsettled(event_id: uuid.UUID, categories: Mapping[uuid.UUID, str | None]) -> set[uuid.UUID]:
    """Of these who take part, with their categories, those about whom security was asked anew, or speaks late: it has
    not answered or objects, and nobody at the desk went on. They get no badge and enter nowhere meanwhile.
    """
    setup = db.session.get(RegistrationSetup, event_id)
    if setup is None or not categories:
        return set()
    rules = rules_of(event_id)
    known = _known([one for one, category in categories.items() if needs_security(setup, rule_of(rules, category))])
    return {one for one, approval in known.items() if _lack(setup, approval, None) in {Lack.WAITS, Lack.OBJECTED}}


def ask(actor: Person, setup: RegistrationSetup, registrations: Sequence[Registration]) -> int:
    """Ask security about those who need its word and were not asked; how many. Asked twice is asked once. Raises
    OwnFile, Stale, NotAnyMore, NobodyToAsk.
    """
    demand_distance(actor, registrations)
    demand_taking_place(setup.event_id)
    hold_rows(registrations)
    found = standing(setup, rules_of(setup.event_id), registrations, lock=True)
    to_ask = [one for one in registrations if one.state in ASKABLE and found[one.id].lack is Lack.NOT_ASKED]
    asked = _ask(to_ask, actor)
    if not asked:
        raise NobodyToAsk
    return asked


def say(
    actor: Person, approval_id: uuid.UUID, word: Word, note: str | None, *, seen: int, name_seen: bytes | None = None
) -> Approval:
    """What security says, with a note for colleagues at the desk; it may say otherwise later. ``seen`` is the version
    that its page showed, ``name_seen`` a digest of the name that stood there (security.py). Raises
    NotByYou, NotAnyMore, Stale, NotPossible, NotFound.
    """
    approval = _held(approval_id)
    registration = approval.registration
    if too_near(actor.id, [registration]):
        raise NotByYou
    demand_taking_place(registration.event_id)
    if approval.version != seen:
        raise Stale
    if approval.lapsed_at is not None or registration.state not in OPEN:
        raise NotPossible
    approval.outcome, approval.answered_at, approval.answered_by_id = word, now(), actor.id
    approval.note, approval.name_seen = note or None, name_seen
    # Who goes on without this word has to know it.
    approval.passed_at = approval.passed_by_id = approval.why_passed = None
    audit.record(SAID[word], registration, actor=actor, scope_id=registration.event_id)
    return approval


def go_on(actor: Person, setup: RegistrationSetup, registration: Registration, why: str, *, seen: int) -> Approval:
    """The desk goes on in spite of an objection, or of a silence, and says why, to colleagues alone. Raises OwnFile,
    NotAnyMore, Stale, NotPossible, TooEarly.
    """
    demand_distance(actor, [registration])
    demand_taking_place(registration.event_id)
    hold_rows([registration])
    approval = _known([registration.id], lock=True).get(registration.id)
    if approval is None or registration.state not in OPEN:
        raise NotPossible
    if approval.version != seen:
        raise Stale
    if approval.outcome is Word.NO_OBJECTION or approval.passed_at is not None:
        raise NotPossible
    if approval.outcome is None and not is_silent(setup, approval, now()):
        raise TooEarly(setup)
    approval.passed_at, approval.passed_by_id, approval.why_passed = now(), actor.id, why
    audit.record(
        PASSED,
        registration,
        actor=actor,
        scope_id=registration.event_id,
        over="objection" if approval.outcome else "silence",
    )
    return approval


def is_silent(setup: RegistrationSetup, approval: Approval, moment: datetime) -> bool:
    """Whether security has had its working days and said nothing."""
    last = working_days_after(approval.asked_at.date(), setup.security_within_days)
    return approval.outcome is None and moment.date() > last


def lapse(actor: Person | None, registration: Registration, *, ask_again: bool) -> None:
    """What was said does not count any more: the person is another on paper, or is looked at from the beginning. With
    ``ask_again`` security is asked anew, also about somebody who takes part already. The caller holds the row.
    """
    standing_now = Approval.registration_id == registration.id, Approval.lapsed_at.is_(None)
    lapsed = update(Approval).where(*standing_now).values(lapsed_at=now(), version=Approval.version + 1)
    gone = db.session.execute(lapsed.returning(Approval.id).execution_options(synchronize_session=False)).first()
    if gone is None:
        return
    audit.record(LAPSED, registration, actor=actor, scope_id=registration.event_id)
    if ask_again and registration.state in OPEN:
        _ask([registration], None)


def lapse_if_seen(actor: Person, registration: Registration, changed: Collection[str]) -> None:
    """Answers were changed: a word that rests on one of them does not count any more."""
    if not SEEN.isdisjoint(changed):
        lapse(actor, registration, ask_again=True)


def hand_on(before: Registration, after: Registration) -> None:
    """Two registrations of one person became one: what was said of the one that goes is said of the one that stays. Of
    two words about it an objection stands, else the one that stands already; nobody is told, and nothing is asked.
    """
    both = select(Approval).where(Approval.registration_id.in_([before.id, after.id]))
    rows = db.session.scalars(both.order_by(Approval.id).with_for_update()).all()
    there = {one.stage: one for one in rows if one.registration_id == after.id and one.lapsed_at is None}
    for one in rows:
        if one.registration_id != before.id or one.answered_at is None:
            continue
        other = there.get(one.stage)
        if one.lapsed_at is None and other is not None:
            objects_alone = one.outcome == Word.OBJECTION and other.outcome != Word.OBJECTION
            (other if objects_alone else one).lapsed_at = now()
            db.session.flush()
        one.registration_id = after.id
    db.session.flush()


def erase(registration_ids: Collection[uuid.UUID]) -> None:
    """Delete what was said about these."""
    db.session.execute(delete(Approval).where(Approval.registration_id.in_(registration_ids)))


def delete_old(moment: datetime) -> int:
    """Delete what was said about people of events that are long over; how many rows."""
    over = select(Registration.id).join(Event, Event.id == Registration.event_id)
    over = over.where(Event.last_day < (moment - KEPT).date())
    gone = delete(Approval).where(Approval.registration_id.in_(over)).returning(Approval.id)
    return len(db.session.execute(gone.execution_options(synchronize_session=False)).all())


def is_forgotten(event_id: uuid.UUID) -> bool:
    """Whether the event is so long over that no history tells what security said at it, nor that it was asked."""
    event = db.session.get(Event, event_id)
    return event is not None and event.last_day < (now() - KEPT).date()


def joined(viewer: uuid.UUID) -> ColumnElement[bool]:
    """What joins a registration with the word about it, as far as the viewer may know: nobody knows it of oneself."""
    return and_(
        Approval.registration_id == Registration.id, Approval.lapsed_at.is_(None), Registration.person_id != viewer
    )


def waits(viewer: uuid.UUID) -> ColumnElement[bool]:
    """Security was asked and has not answered, and nobody went on."""
    unanswered = and_(Approval.outcome.is_(None), Approval.passed_at.is_(None))
    return exists().where(joined(viewer), unanswered).correlate(Registration)


def objects(viewer: uuid.UUID) -> ColumnElement[bool]:
    """Security objected, and nobody at the desk has said what follows."""
    unsettled = and_(Approval.outcome == Word.OBJECTION, Approval.passed_at.is_(None))
    return exists().where(joined(viewer), unsettled).correlate(Registration)


def _lack(setup: RegistrationSetup, approval: Approval | None, decides: uuid.UUID | None) -> Lack | None:
    if approval is None:
        return Lack.NOT_ASKED
    if approval.passed_at is not None:
        is_own = setup.releases_by_another and decides is not None and approval.passed_by_id == decides
        return Lack.OWN_WORD if is_own or _answered_by(approval, decides) else None
    if approval.outcome is None:
        return Lack.WAITS
    if approval.outcome is Word.OBJECTION:
        return Lack.OBJECTED
    return Lack.OWN_WORD if _answered_by(approval, decides) else None


def _answered_by(approval: Approval, who: uuid.UUID | None) -> bool:
    return who is not None and approval.answered_by_id == who


def _known(registration_ids: Collection[uuid.UUID], *, lock: bool = False) -> Mapping[uuid.UUID, Approval]:
    if not registration_ids:
        return {}
    rows = (
        select(Approval)
        .where(
            Approval.registration_id.in_(registration_ids),
            Approval.stage == Stage.SECURITY,
            Approval.lapsed_at.is_(None),
        )
        .order_by(Approval.id)
        .execution_options(populate_existing=True)
    )
    if lock:
        db.session.flush()
        rows = rows.with_for_update()
    return {one.registration_id: one for one in db.session.scalars(rows)}


def _ask(registrations: Sequence[Registration], actor: Person | None) -> int:
    if not registrations:
        return 0
    moment = now()
    rows = [
        {
            "id": uuid.uuid4(),
            "registration_id": one.id,
            "stage": Stage.SECURITY,
            "asked_at": moment,
            "asked_by_id": actor.id if actor else None,
            "version": 1,
        }
        for one in registrations
    ]
    # Two at once meet at the unique index: the second one finds the question asked.
    statement = insert(table_of(Approval)).values(rows).on_conflict_do_nothing()
    kept = set(db.session.scalars(statement.returning(table_of(Approval).c.registration_id)))
    for one in registrations:
        if one.id in kept:
            audit.record(ASKED, one, actor=actor, scope_id=one.event_id)
    return len(kept)


def _held(approval_id: uuid.UUID) -> Approval:
    """One that stands, locked after its registration, both as they are now. Raises NotFound."""
    of = select(Approval.registration_id).where(Approval.id == approval_id).scalar_subquery()
    rows = (
        select(Registration)
        .join(Registration.person)
        .options(contains_eager(Registration.person))
        .where(Registration.id == of, Registration.erased_at.is_(None))
        .with_for_update(of=Registration)
        .execution_options(populate_existing=True)
    )
    if db.session.scalar(rows) is None:
        raise NotFound
    this = (
        select(Approval)
        .join(Approval.registration)
        .options(contains_eager(Approval.registration))
        .where(Approval.id == approval_id)
        .with_for_update(of=Approval)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(this).one()

"""Somebody else of the same organization comes: the nominator alone names whom, before a ticket is bought.

The nominator is asked by a signed link and chooses among the organization's own reserves of the call; each is looked at
anew: debts of the person and of the organization, and that nobody else was proposed meanwhile.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import joinedload

from eventhub.awards import awarding, queries
from eventhub.awards.considering import NotConsidered, reasons
from eventhub.awards.models import Award, Outcome, Proposal, Replacement
from eventhub.awards.travelling import is_replaceable
from eventhub.funding import vouching
from eventhub.funding.debts import Bar, Barred
from eventhub.funding.models import Application, Endorsement, State, Vouch, Voucher
from eventhub.funding.moves import NotPossible
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.outbox import promise
from eventhub.kit.tokens import digest, new_salt, token
from eventhub.people.models import Person

PURPOSE = "replacement"
HOLDS = timedelta(days=14)
CONFIRMED = (
    Endorsement.role == Voucher.NOMINATOR,
    Endorsement.outcome == Vouch.CONFIRMED,
    Endorsement.withdrawn_at.is_(None),
)
TOLD = func.coalesce(Application.outcome_seen, Application.state)
DEBARRED = _l("Your organization may nominate nobody at present. The fund’s desk can tell you more.")
REPORT_FIRST = _l("Your organization owes a report on an earlier journey. Once it has arrived, name somebody here.")


class NoNominator(DomainError):
    """Nobody confirmed the nomination, or whoever did reads no mails about it: nobody may name somebody else."""

    message = _l("Nobody confirmed this nomination, so nobody can name somebody else.")


class NotEligible(NotConsidered):
    """The one who was named is not considered: ``why`` is the code of the reason (decision_reason.funding). What the
    organization owes its nominator is told, what the person owes is the person's.
    """

    message = _l("This person cannot take the place now. The fund’s desk can tell you why.")

    def __init__(self, reasons: Sequence[Barred] = ()) -> None:
        super().__init__(reasons)
        kinds = {one.why for one in reasons}
        self.why = "report_owed" if kinds & {Bar.OWN_REPORT, Bar.THEIR_REPORT} else "not_eligible"
        if Bar.THEIR_DEBARRED in kinds:
            self.message = DEBARRED
        elif Bar.THEIR_REPORT in kinds:
            self.message = REPORT_FIRST


def ask_nominator(actor: Person, award: Award) -> Replacement:
    """Mail the nominator a link on which somebody else may be named. The application is held. Raises NotPossible once a
    ticket is bought, and NoNominator.
    """
    if not is_replaceable(award):
        raise NotPossible
    nominator = _nominator(award)
    if nominator is None or "@" not in nominator.email or award.application.nominated_by_id is None:
        raise NoNominator
    standing = select(Replacement).where(Replacement.award_id == award.id, Replacement.closed_at.is_(None))
    for old in db.session.scalars(standing):
        old.closed_at, old.email = now(), ""
    db.session.flush()
    row = Replacement(
        id=uuid.uuid4(),
        award_id=award.id,
        email=nominator.email,
        language=nominator.language,
        salt=new_salt(),
        until=now() + HOLDS,
    )
    row.token_hash = digest(link(row))
    db.session.add(row)
    promise("awards.replace", replacement_id=row.id)
    audit.record("awards.replacement_asked", award, actor=actor, scope_id=award.application.call_id)
    db.session.flush()
    return row


def link(row: Replacement) -> str:
    """The secret of the nominator's link, made anew for a letter."""
    return token(PURPOSE, row.id, row.salt)


def is_open(row: Replacement, moment: datetime) -> bool:
    """Whether the link still asks something."""
    return row.closed_at is None and row.until > moment


def asked(award: Award) -> Replacement | None:
    """The question to the nominator that still waits for an answer."""
    rows = select(Replacement).where(Replacement.award_id == award.id, Replacement.closed_at.is_(None))
    return db.session.scalar(rows.where(Replacement.until > now()))


def _nominator(award: Award) -> Endorsement | None:
    rows = select(Endorsement).where(Endorsement.application_id == award.application_id, *CONFIRMED)
    return db.session.scalars(rows).first()


def candidates(award: Award) -> Sequence[Application]:
    """Whom the nominator may name: those of the same organization in the same call who were told that they are
    reserves, and whose nomination the same mailbox, or the organization's own, confirmed. Whoever was moved since
    without a word stays among them: else the list would tell of it before the release.
    """
    nominator = _nominator(award)
    if award.application.nominated_by_id is None or nominator is None:
        return []
    theirs = [Endorsement.organisation_id == award.application.nominated_by_id]
    if "@" in nominator.email:
        theirs.append(Endorsement.email == nominator.email)
    confirmed = exists().where(Endorsement.application_id == Application.id, *CONFIRMED, or_(*theirs))
    rows = (
        select(Application)
        .where(
            Application.call_id == award.application.call_id,
            Application.nominated_by_id == award.application.nominated_by_id,
            TOLD == State.RESERVE,
            confirmed,
            Application.erased_at.is_(None),
        )
        .options(joinedload(Application.person))
        .order_by(Application.number)
    )
    return list(db.session.scalars(rows))


def name(secret: str, application_id: uuid.UUID) -> Proposal:
    """The nominator names somebody: the award ends, and the one who was named is proposed, for a person to confirm. The
    same press again changes nothing.

    Raises NotFound, NotPossible once a ticket is bought, NotEligible with its reason.
    """
    row = queries.replacement(secret)
    if row is None:
        raise NotFound
    award = queries.award(row.award_id, lock=True)
    db.session.refresh(row)
    if row.new_application_id == application_id:
        made = select(Proposal).where(Proposal.freed_award_id == award.id, Proposal.application_id == application_id)
        return db.session.scalars(made.order_by(Proposal.made_at.desc())).one()
    if not is_open(row, now()) or not is_replaceable(award):
        raise NotPossible
    chosen = next((one for one in candidates(award) if one.id == application_id), None)
    if chosen is None:
        raise NotFound
    if queries.held_reserve(chosen.id) is None:
        # Moved without a word, or just now: in the words of whoever owes something.
        raise NotEligible
    demand_eligible(chosen)
    open_one = select(Proposal).where(
        Proposal.application_id == chosen.id, Proposal.confirmed_at.is_(None), Proposal.dropped_at.is_(None)
    )
    made_before = db.session.scalars(open_one).first()
    if made_before is not None:
        made_before.dropped_at = now()
        db.session.flush()
    proposal = Proposal(call_id=chosen.call_id, freed_award_id=award.id, application_id=chosen.id, made_at=now())
    db.session.add(proposal)
    row.new_application_id, row.closed_at, row.email = chosen.id, now(), ""
    _end(award)
    db.session.flush()
    return proposal


def forget_mailbox(application_ids: Collection[uuid.UUID]) -> None:
    """The nominators of these applications read no mails about them any more: no link is open, no address stays."""
    theirs = select(Award.id).where(Award.application_id.in_(application_ids))
    rows = select(Replacement).where(Replacement.award_id.in_(theirs)).order_by(Replacement.id).with_for_update()
    for row in db.session.scalars(rows.execution_options(populate_existing=True)).all():
        row.closed_at, row.email = row.closed_at or now(), ""
    db.session.flush()


vouching.NOMINATOR_GONE.append(forget_mailbox)


def nominator_of(award: Award) -> Endorsement | None:
    """Who confirmed the nomination and reads mails about it."""
    rows = select(Endorsement).where(Endorsement.application_id == award.application_id, *CONFIRMED)
    found = db.session.scalar(rows)
    return found if found is not None and "@" in found.email else None


def demand_eligible(application: Application) -> None:
    """Look at somebody anew: nothing may stand against the person or the organization. Raises NotEligible."""
    if found := reasons(application):
        raise NotEligible(found)


def _end(award: Award) -> None:
    state = award.application.state
    target = State.WITHDRAWN if state is State.VISA_PENDING else State.CANCELLED
    awarding.end(None, award, target, Outcome.REPLACED, reason="replaced", proposes=False)

"""Who vouches for an applicant: named by the applicant, asked by a signed link, answered without an account.

A stranger's mailbox is asked a few times at the most, whoever asks, and says with one press that it wants no more. The
link of a row stays the same while the row stands; naming another mailbox makes another row.
"""

import json
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from eventhub.funding import gaps, own
from eventhub.funding.models import Application, Call, Endorsement, Stand, State, Vouch, Voucher
from eventhub.funding.own import Intake
from eventhub.funding.rules import Limits, Vouching
from eventhub.kit import audit, files
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound, TooMany
from eventhub.kit.file_types import EVERYTHING
from eventhub.kit.limits import count
from eventhub.kit.mailboxes import one_mailbox
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import Place, SealKey, Unreadable, open_sealed, place, resealed, seal
from eventhub.kit.text import told_to_strangers
from eventhub.kit.tokens import digest, new_salt, token
from eventhub.people.affiliations import affiliate
from eventhub.people.models import Person
from eventhub.questionnaires.uploads import Upload

PURPOSE = "endorsement"
A_DAY = 24 * 3600
MAILS = {"limit": 20, "seconds": A_DAY}
"""Mails that one applicant causes in a day."""
TO_ONE = {"limit": 30, "seconds": A_DAY}
"""Mails that go to one mailbox in a day, whoever causes them: an organization nominates several people."""
AGAIN = {"limit": 3, "seconds": A_DAY}
"""Mails that one applicant sends to one mailbox in a day."""
BEFORE_DUE = timedelta(days=3)
"""How long before the letter is due a reminder goes out."""
TO_BREATHE = timedelta(days=2)
"""Nobody is reminded sooner after being asked."""
LISTENING = frozenset(
    {
        *(State.DRAFT, State.SUBMITTED, State.INFO_REQUESTED, State.ELIGIBLE),
        *(State.UNDER_REVIEW, State.RECOMMENDED, State.RESERVE),
    }
)
"""While what is said behind a link can still matter."""
SCORED: list[Callable[[uuid.UUID], bool]] = []
"""Features further up that know whether somebody has handed in a review of an application: what is said after that is
marked, and changes no score by itself.
"""
NOMINATOR_GONE: list[Callable[[Collection[uuid.UUID]], object]] = []
"""Features further up that keep a nominator's mailbox for an application: they forget it and close what it opens."""


class NotNow(DomainError):
    """The file has gone on."""

    message = _l("Nobody else can be named for this application any more.")


class OwnVouch(DomainError):
    """Applicants vouch for themselves."""

    status = 422
    message = _l("This is your own mailbox. Name somebody else: nobody vouches for themselves.")
    field = "email"


class NoName(DomainError):
    """Whoever vouches would not know for whom."""

    status = 422
    message = _l("Write your own name on your profile first: whoever vouches for you must know who asks.")


class NamedTwice(DomainError):
    """One mailbox for two who vouch."""

    status = 422
    message = _l("You have named this mailbox already. Each of them must be another person.")
    field = "email"


class Unwanted(DomainError):
    """The mailbox wants no more of these mails."""

    status = 422
    message = _l("This mailbox wants no mails about you. Name somebody else.")
    field = "email"


class Answered(DomainError):
    """There is an answer."""

    message = _l("The answer is here already, so nothing can be changed.")


class TooManyMails(DomainError):
    """An applicant's mails of a day are used up."""

    status = 429
    message = _l("You have caused as many mails as one person may in a day. Go on tomorrow.")


class LinkClosed(DomainError):
    """The link was used or replaced, or the application has gone on."""

    status = 410
    message = _l(
        "This link opens nothing: it was used or replaced, or it is not complete. If your answer is still missing, "
        "open the link in the email again, or ask the applicant to send a new one."
    )


class LetterNeeded(DomainError):
    """The call asks for a letter."""

    status = 422
    message = _l("Choose the file of your letter")
    field = "letter"


@dataclass(frozen=True)
class Named:
    """Whom the applicant names: one of the call's slots, a name, a mailbox, the language of the mail."""

    slot: gaps.Slot
    name: str
    email: str
    language: str
    organisation: str | None = None


@dataclass(frozen=True)
class Asked:
    """What stands behind a link."""

    endorsement: Endorsement
    application: Application
    call: Call
    applicant: Person
    vouching: Vouching
    limits: Limits


def name(actor: Person, found: Intake, named: Named) -> Endorsement:
    """Name somebody who vouches, in place of whoever was named there before, and ask them by mail. The same mailbox
    again only puts the name right. ``found`` holds the application. Raises NotNow, NotFound, Answered, NoName,
    OwnVouch, NamedTwice, Unwanted, TooManyMails.
    """
    application = _open(found)
    if named.slot not in gaps.slots(found.rules.vouching):
        raise NotFound
    standing = own.vouchers(application.id, lock=True)
    before = next((one for one in standing if (one.role, one.place) == named.slot), None)
    if before is not None and before.outcome is Vouch.CONFIRMED:
        raise Answered
    _demand_other(actor, application, named, [one for one in standing if one is not before])
    organisation_id = affiliate(actor.id, named.organisation) if named.organisation else None
    if before is not None and before.email == named.email and before.outcome is None:
        before.name, before.language, before.organisation_id = named.name, named.language, organisation_id
        db.session.flush()
        return before
    may_mail = _may_mail(actor, named.email)
    if before is not None:
        before.withdrawn_at = now()
        audit.record("funding.vouch_replaced", application, actor=actor, scope_id=application.call_id)
        db.session.flush()
    role, number = named.slot
    row = Endorsement(
        id=uuid.uuid4(),
        application_id=application.id,
        role=role,
        place=number,
        name=named.name,
        email=named.email,
        language=named.language,
        organisation_id=organisation_id,
        salt=new_salt(),
        letter_due=found.call.closes_at,
    )
    row.token_hash = digest(link_token(row))
    db.session.add(row)
    audit.record("funding.vouch_asked", application, actor=actor, scope_id=application.call_id, role=role.value)
    if may_mail:
        promise("funding.vouch_asked", endorsement_id=row.id)
    db.session.flush()
    return row


def ask_again(actor: Person, found: Intake, slot: gaps.Slot) -> Endorsement:
    """Mail the same link once more. Raises NotNow, NotFound, Answered, TooManyMails."""
    application = _open(found)
    standing = own.vouchers(application.id, lock=True)
    row = next((one for one in standing if (one.role, one.place) == slot), None)
    if row is None:
        raise NotFound
    if row.outcome is not None:
        raise Answered
    if _may_mail(actor, row.email):
        promise("funding.vouch_asked", endorsement_id=row.id)
    audit.record("funding.vouch_asked", application, actor=actor, scope_id=application.call_id, role=row.role.value)
    db.session.flush()
    return row


def behind(secret: str, *, lock: bool = False) -> Asked | None:
    """What a link is about, whether it is open or not; None for nobody's. One statement, one more for the rules."""
    if lock:
        # The application first, as every deed does, then the row of the link.
        mine = select(Endorsement.application_id).where(Endorsement.token_hash == digest(secret)).scalar_subquery()
        db.session.execute(select(Application.id).where(Application.id == mine).with_for_update())
    rows = (
        select(Endorsement, Application, Call, Person)
        .join(Application, Application.id == Endorsement.application_id)
        .join(Call, Call.id == Application.call_id)
        .join(Person, Person.id == Application.person_id)
        .where(Endorsement.token_hash == digest(secret))
    )
    if lock:
        rows = rows.with_for_update(of=Endorsement).execution_options(populate_existing=True)
    found = db.session.execute(rows).first()
    if found is None:
        return None
    _call, standing = own.call_of(found[2].slug)
    rules = own.rules_of(standing)
    return Asked(*found, rules.vouching, rules.limits)


def is_open(asked: Asked, moment: datetime) -> bool:
    """Whether an answer is still taken: until so many days after the deadline, and while the file has not gone on as
    far as its applicant knows: whoever vouches must not learn of a decision before the release.
    """
    row, application = asked.endorsement, asked.application
    standing = row.outcome is None and row.withdrawn_at is None and asked.applicant.erased_at is None
    listening = (application.outcome_seen or application.state) in LISTENING and asked.call.stand is Stand.OPEN
    return standing and listening and moment < last_moment(asked)


def last_moment(asked: Asked) -> datetime:
    """Until when an answer is taken."""
    return due(asked) + timedelta(days=asked.vouching.late_days)


def due(asked: Asked) -> datetime:
    """By when an answer comes in time: the deadline as it was when the question was asked, or as it was extended."""
    return max(asked.endorsement.letter_due, asked.call.closes_at)


def wants_letter(asked: Asked) -> bool:
    """Whether this one is asked for a letter and not only for a press."""
    return asked.vouching.letter


def answer(secret: str, outcome: Vouch, words: str = "", upload: Upload | None = None) -> Endorsement:
    """Say yes or no behind a link, once. Raises LinkClosed, LetterNeeded, and what files.store raises at its field."""
    asked = behind(secret, lock=True)
    moment = now()
    if asked is None or not is_open(asked, moment):
        raise LinkClosed
    row, application = asked.endorsement, asked.application
    key = db.session.get_one(SealKey, asked.applicant.seal_key_id)
    file_name = ""
    if outcome is Vouch.CONFIRMED and upload is not None:
        row.file_id, file_name = _stored(upload, asked, key)
    elif outcome is Vouch.CONFIRMED and wants_letter(asked):
        raise LetterNeeded
    if words or file_name:
        row.words = seal(key, _place(row), json.dumps({"text": words, "file": file_name}, ensure_ascii=False))
    row.outcome, row.answered_at = outcome, moment
    row.late = moment > due(asked)
    row.after_scoring = any(scored(application.id) for scored in SCORED)
    audit.record(
        f"funding.vouch_{outcome.value}",
        application,
        actor=None,
        scope_id=application.call_id,
        role=row.role.value,
        late=row.late,
    )
    promise("funding.vouch_answered", endorsement_id=row.id)
    db.session.flush()
    return row


def refuse(secret: str) -> bool:
    """Whoever reads the mailbox says: not me. Name and mailbox are forgotten but for a digest, and this applicant's
    mails go there no more. What was confirmed there counts no more, and stands at the desk as disowned. Once more is
    the same; False for nobody's link.
    """
    asked = behind(secret, lock=True)
    if asked is None:
        return False
    email, moment = asked.endorsement.email, now()
    if "@" not in email:
        return True
    theirs = (
        select(Endorsement)
        .join(Application, Application.id == Endorsement.application_id)
        .where(Application.person_id == asked.application.person_id, Endorsement.email.like("%@%"))
        .order_by(Endorsement.id)
        .with_for_update(of=Endorsement)
        .execution_options(populate_existing=True)
    )
    told = False
    mailbox = one_mailbox(email)
    rows = [row for row in db.session.scalars(theirs).all() if one_mailbox(row.email) == mailbox]
    for row in rows:
        row.email, row.name = _forgotten(mailbox), ""
        if row.outcome in {None, Vouch.CONFIRMED}:
            row.disowned_at = moment if row.outcome is Vouch.CONFIRMED else None
            row.outcome, row.answered_at = Vouch.NOT_ME, row.answered_at or moment
            if row.withdrawn_at is None and not told:
                promise("funding.vouch_answered", endorsement_id=row.id)
                told = True
    mailbox_gone({row.application_id for row in rows if row.role is Voucher.NOMINATOR})
    audit.record("funding.vouch_not_me", asked.application, actor=None, scope_id=asked.application.call_id)
    db.session.flush()
    return True


def words_of(row: Endorsement, key: SealKey) -> tuple[str, str]:
    """What was written behind the link, and what the letter was called. Reading it for a page must be recorded by the
    caller where it is not the applicant's own. Empty where there is nothing, or the key was destroyed.
    """
    if row.words is None:
        return "", ""
    try:
        said = json.loads(open_sealed(key, _place(row), row.words))
    except Unreadable:
        return "", ""
    return said["text"], said["file"]


def hand_on(row: Endorsement, before: SealKey, after: SealKey) -> None:
    """The application is somebody else's: what was written behind the link is sealed for that person."""
    row.words = resealed(before, after, _place(row), row.words)


def to_remind(moment: datetime, limit: int = 500) -> int:
    """Owe a reminder to whoever has not answered, once, shortly before the letter is due; how many. Safe to repeat."""
    rows = (
        select(Endorsement)
        .join(Application, Application.id == Endorsement.application_id)
        .join(Call, Call.id == Application.call_id)
        .where(
            Endorsement.outcome.is_(None),
            Endorsement.withdrawn_at.is_(None),
            Endorsement.reminded_at.is_(None),
            Endorsement.asked_at <= moment - TO_BREATHE,
            Call.closes_at <= moment + BEFORE_DUE,
            Call.closes_at > moment,
            Call.stand == Stand.OPEN,
            Application.state.in_(LISTENING),
        )
        .order_by(Endorsement.id)
        .limit(limit)
        .with_for_update(of=Endorsement, skip_locked=True)
    )
    found = db.session.scalars(rows).all()
    for row in found:
        row.reminded_at = moment
        promise("funding.vouch_reminded", endorsement_id=row.id)
    db.session.flush()
    return len(found)


def link_token(row: Endorsement) -> str:
    """The secret in the link of somebody who vouches."""
    return token("funding.vouch", row.id, row.salt)


def told(endorsement_id: uuid.UUID) -> Asked | None:
    """What a mail about a link is about; None for none any more."""
    row = db.session.get(Endorsement, endorsement_id)
    return behind(link_token(row)) if row is not None else None


def mailbox_gone(application_ids: Collection[uuid.UUID]) -> None:
    """The mailbox of the nominator of these applications is forgotten, here and by all that keep it."""
    for forget in NOMINATOR_GONE:
        forget(application_ids)


def _open(found: Intake) -> Application:
    application, moment = found.application, now()
    if application is None:
        raise NotFound
    if application.state not in own.VOUCHABLE or found.call.stand is not Stand.OPEN:
        raise NotNow
    if application.state is State.DRAFT and not own.is_sendable(found, moment):
        raise NotNow
    return application


def _demand_other(actor: Person, application: Application, named: Named, others: list[Endorsement]) -> None:
    """The applicant, whoever types for the applicant, and each who vouches are different people."""
    mailbox = one_mailbox(named.email)
    applicant = db.session.get_one(Person, application.person_id)
    if not told_to_strangers(applicant.public_name):
        raise NoName
    if mailbox in {one_mailbox(person.email) for person in (actor, applicant) if person.email}:
        raise OwnVouch
    if mailbox in {one_mailbox(one.email) for one in others if one.outcome is not Vouch.NOT_ME}:
        raise NamedTwice
    # Some digests are of the address as it was written, with its tag.
    digests = [_forgotten(mailbox), _forgotten(named.email)]
    refused = (
        select(Endorsement.id)
        .join(Application, Application.id == Endorsement.application_id)
        .where(Application.person_id == applicant.id, Endorsement.email.in_(digests))
    )
    if db.session.scalar(refused.limit(1)) is not None:
        raise Unwanted


def _may_mail(actor: Person, email: str) -> bool:
    mailbox = one_mailbox(email)
    try:
        count("funding.vouch_again", f"{actor.id} {mailbox}", **AGAIN)
        count("funding.vouch_mails", str(actor.id), **MAILS)
    except TooMany:
        raise TooManyMails from None
    try:
        count("funding.vouch_mails_to", mailbox, **TO_ONE)
    except TooMany:
        # Said to nobody: an applicant must not learn what others sent there.
        return False
    return True


def _stored(upload: Upload, asked: Asked, key: SealKey) -> tuple[uuid.UUID, str]:
    try:
        file = files.store(
            upload.data,
            name="file",
            allowed=EVERYTHING,
            purpose=PURPOSE,
            owner_id=asked.application.person_id,
            key=key,
        )
    except DomainError as error:
        error.field = "letter"
        raise
    return file.id, files.named(file.media_type, upload.name)


def _forgotten(email: str) -> str:
    """What is kept of a mailbox that wants no mails about an applicant."""
    return digest(f"funding.unwanted\0{email}").hex()


def _place(row: Endorsement) -> Place:
    return place("fund_endorsement", "words", row.id)


def role_order(row: Endorsement) -> tuple[bool, int]:
    """The nominator first, then referees by number."""
    return row.role is not Voucher.NOMINATOR, row.place

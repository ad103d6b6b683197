"""Naming people, their links, mailboxes that were mistyped or want none of it, and taking somebody back.

Locks are taken in one order: the registrar, then charges, then what registration locks (seats before registrations).
Of all links of a person only the newest opens anything: each mail and each slip makes a new one.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from eventhub.helping import access, queries
from eventhub.helping.models import MOST, Charge, Registrar, UnwantedHelp
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.kit.errors import DomainError, NotFound, TooMany, means
from eventhub.kit.limits import count
from eventhub.kit.outbox import promise
from eventhub.kit.tokens import digest, new_salt, token
from eventhub.people import actions as people
from eventhub.people.models import Person, name_key
from eventhub.programme.models import Event
from eventhub.registration import behalf
from eventhub.registration.models import RegistrationSetup
from eventhub.registration.queries import takes

ROWS = 12
"""So many people are named with one form at the most."""
A_DAY = 24 * 3600
MAILS = {"limit": 60, "seconds": A_DAY}
"""Mails that one helper causes in a day."""
TO_ONE = {"limit": 30, "seconds": A_DAY}
"""Mails that go to one mailbox in a day, whoever causes them: a village shares one."""

BY_ONE = {"limit": 15, "seconds": A_DAY}
"""Mails that one helper sends to one mailbox in a day: half of what it gets, so that others' mails arrive too."""
AGAIN = {"limit": 5, "seconds": A_DAY}
"""Of these so many are mails about somebody who was named before."""


class NotOffered(DomainError):
    """The event does not let people register others, or not now."""

    message = _l("Nobody can be registered by others for this event at the moment.")


class AllNamed(DomainError):
    """The helper has named as many people as allowed."""

    status = 422
    message = _l("You have named as many people as one person may register. Ask the secretariat for a larger number.")
    field = "name_0"


class TooFew(DomainError):
    """More people are named than the new number would allow."""

    status = 422
    message = _l("This person has named more people already. Choose a larger number.")
    field = "most"


class NobodyNamed(DomainError):
    """An empty form."""

    status = 422
    message = _l("Write at least one name.")
    field = "name_0"


class NamedTwice(DomainError):
    """The same name and mailbox again."""

    status = 422
    message = _l("You have named this person already.")


class TooManyMails(DomainError):
    """One helper's mails of a day are used up."""

    status = 429
    message = _l("You have caused as many mails as one person may in a day. Print the slips, or go on tomorrow.")


class NoMailbox(DomainError):
    """There is no mailbox to write to."""

    status = 422
    message = _l("There is no mailbox to write to. Name another one, or print a slip.")


class Unwanted(DomainError):
    """The mailbox has said that it wants no more of these mails."""

    status = 422
    message = _l("This mailbox wants no mails from you about others. Name another one, or print a slip.")
    field = "email"


class TakenOver(DomainError):
    """The person has the own file now, or was taken back."""

    message = _l("This person has taken the registration over, so nothing can be done here any more.")


class LinkClosed(DomainError):
    """The link was used, replaced by a newer one, or taken back."""

    status = 410
    message = _l("This link is closed. Ask whoever gave it to you for a new one.")


means("ck_registrar_taken_within_most", AllNamed())


@dataclass(frozen=True)
class Named:
    """What a row of the form says: ``row`` is its number, so that a problem is said there."""

    row: int
    name: str
    email: str | None = None
    phone: str | None = None


def is_open(event: Event, setup: RegistrationSetup) -> bool:
    """Whether somebody may be named now."""
    return setup.by_others and takes(event, setup, now())


def problems(
    found: Registrar | None, event_id: uuid.UUID, helper_id: uuid.UUID, rows: Sequence[Named]
) -> dict[str, Any]:
    """What is wrong with which row, by the name of the field: named already, twice in the form, one too many."""
    there = {(name_key(one.charge.name), one.charge.email) for one in queries.people(event_id, helper_id)}
    taken, most = queries.places(found)
    wrong: dict[str, Any] = {}
    for one in rows:
        who = name_key(one.name), one.email
        if who in there:
            wrong[f"name_{one.row}"] = NamedTwice.message
            continue
        there.add(who)
        taken += 1
        if taken > most:
            wrong[f"name_{one.row}"] = AllNamed.message
        elif one.email and queries.is_unwanted(helper_id, one.email):
            wrong[f"email_{one.row}"] = Unwanted.message
    return wrong


def name(actor: Person, event: Event, setup: RegistrationSetup, rows: Sequence[Named], language: str) -> list[Charge]:
    """Name these people and mail a link to each who has a mailbox: all of them or, on any error, nobody. Raises
    NotOffered, NobodyNamed, NamedTwice, AllNamed, Unwanted, TooManyMails.
    """
    if not is_open(event, setup):
        raise NotOffered
    if not rows:
        raise NobodyNamed
    found = hold(event.id, actor.id)
    for field, message in problems(found, event.id, actor.id, rows).items():
        raise NamedTwice(message, field=field)
    made = []
    for one in rows[:ROWS]:
        charge = Charge(
            id=uuid.uuid4(),
            event_id=event.id,
            helper_id=actor.id,
            name=one.name,
            email=one.email,
            phone=one.phone,
            language=language,
            named_at=now(),
            kept_own=False,
        )
        _new_link(charge)
        db.session.add(charge)
        made.append(charge)
    db.session.flush()
    for charge in made:
        audit.record("helping.named", charge, actor=actor, scope_id=event.id)
        if charge.email and _may_mail(actor, charge.email):
            _mail(charge)
    return made


def write_again(actor: Person, charge: Charge) -> Charge:
    """Mail a new link; the one before it opens nothing any more. Raises TakenOver, NoMailbox, TooManyMails."""
    charge = held(actor, charge)
    if charge.email is None:
        raise NoMailbox
    # Where the mailbox gets no more today the link that it has stays open.
    if _may_mail(actor, charge.email, again=True):
        _new_link(charge)
        _mail(charge)
    audit.record("helping.written_again", charge, actor=actor, scope_id=charge.event_id)
    db.session.flush()
    return charge


def correct(actor: Person, charge: Charge, name: str, *, email: str | None, phone: str | None, language: str) -> Charge:
    """Put right what was typed of somebody. Another mailbox gets a new link, and the old one opens nothing any more.
    Raises TakenOver, Unwanted, TooManyMails.
    """
    charge = held(actor, charge)
    moved = email != charge.email
    charge.name, charge.email, charge.phone, charge.language = name, email, phone, language
    if moved:
        charge.refused_at = None
        _new_link(charge)
    if moved and email and _may_mail(actor, email, again=True):
        _mail(charge)
    audit.record("helping.corrected", charge, actor=actor, scope_id=charge.event_id)
    db.session.flush()
    return charge


def slips(actor: Person, charges: Sequence[Charge]) -> list[tuple[Charge, str]]:
    """A new link for each of these people, to be shown once and handed over on paper. Raises TakenOver."""
    made = []
    for charge in sorted(charges, key=lambda one: one.id):
        row = held(actor, charge)
        _new_link(row)
        made.append((row, charge_token(row)))
    db.session.flush()
    return sorted(made, key=lambda pair: (pair[0].named_at, pair[0].name))


def take_back(actor: Person, charge: Charge) -> Charge:
    """The helper does not register this person after all: what was typed is erased with the person without an account,
    and a seat is the next one's. What was decided on stays, with what colleagues said of it: else the same person would
    be named again as if nothing had been. Raises TakenOver.
    """
    hold(charge.event_id, actor.id)
    charge = held(actor, charge)
    charge.left_at, charge.email, charge.phone = now(), None, None
    before = db.session.get(Person, charge.person_id) if charge.person_id else None
    charge.name = ""
    db.session.flush()
    if before is not None:
        behalf.withdraw(actor, before, charge.event_id)
        if behalf.is_kept(before, charge.event_id):
            before.managed_by_id = None
        else:
            people.erase(None, before)
    audit.record("helping.taken_back", charge, actor=actor, scope_id=charge.event_id)
    return charge


def refuse(secret: str) -> bool:
    """Whoever reads the mailbox says: not me. The mailbox is forgotten, links that were mailed there die, and this
    helper's mails go there no more. What was typed stays where it was: perhaps the address was mistyped. Once more is
    the same.
    """
    found = queries.refusable(secret)
    if found is None:
        return False
    helper_id, address_hash = found
    moment = now()
    row = {"helper_id": helper_id, "address_hash": address_hash, "since": moment, "refused_at": moment}
    said = insert(table_of(UnwantedHelp)).values(row)
    key = ["helper_id", "address_hash"]
    db.session.execute(said.on_conflict_do_update(index_elements=key, set_={"refused_at": moment}))
    theirs = select(Charge).where(
        Charge.helper_id == helper_id, Charge.email.is_not(None), Charge.claimed_at.is_(None), Charge.left_at.is_(None)
    )
    rows = theirs.order_by(Charge.id).with_for_update().execution_options(populate_existing=True)
    for charge in db.session.scalars(rows).all():
        if charge.email is None or queries.address_hash(charge.email) != address_hash:
            continue
        charge.email, charge.refused_at = None, moment
        if charge.by_mail:  # a slip was handed to somebody else
            _new_link(charge)
        audit.record("helping.refused", charge, actor=None, scope_id=charge.event_id)
    db.session.flush()
    return True


def throw_out(actor: Person, event_id: uuid.UUID) -> Charge:
    """The person wants the helper to know nothing more, not even that there is a registration. Raises NotFound."""
    found = queries.of_person(event_id, actor.id)
    if found is None:
        raise NotFound
    if found.helper_id is not None:
        hold(event_id, found.helper_id)
    found.left_at, found.name, found.email, found.phone = now(), "", None, None
    audit.record("helping.thrown_out", found, actor=actor, scope_id=event_id)
    db.session.flush()
    return found


def set_most(actor: Person, event: Event, found: Registrar, most: int) -> Registrar:
    """The desk lets somebody register more people, or fewer. Raises TooFew."""
    found = hold(event.id, found.person_id)
    if found.taken > most:
        raise TooFew
    found.most = most
    _note("number_set", event, actor, number=most)
    db.session.flush()
    return found


def let_others(actor: Person, event: Event, setup: RegistrationSetup, *, allowed: bool) -> RegistrationSetup:
    """Whether people register others for this event. Those who are named stay, and may still be filled in for."""
    if setup.by_others != allowed:
        setup.by_others = allowed
        _note("allowed" if allowed else "not_allowed", event, actor)
        db.session.flush()
    return setup


def charge_token(charge: Charge) -> str:
    """The secret in somebody's newest link."""
    return token("helping.charge", charge.id, charge.salt)


def not_me(helper_id: uuid.UUID, email: str) -> str:
    """The secret by which a mailbox says that it wants no more of a helper's mails: the same in all of them."""
    address_hash = queries.address_hash(email)
    secret = token("helping.not_me", helper_id, address_hash)
    row = {"helper_id": helper_id, "address_hash": address_hash, "token_hash": digest(secret), "since": now()}
    made = insert(table_of(UnwantedHelp)).values(row)
    key = ["helper_id", "address_hash"]
    db.session.execute(made.on_conflict_do_update(index_elements=key, set_={"token_hash": digest(secret)}))
    return secret


def hold(event_id: uuid.UUID, person_id: uuid.UUID) -> Registrar:
    """Lock somebody's row as a helper, made where there is none."""
    db.session.flush()
    first = {"event_id": event_id, "person_id": person_id, "most": MOST, "taken": 0, "since": now()}
    db.session.execute(insert(table_of(Registrar)).values(first).on_conflict_do_nothing())
    mine = select(Registrar).where(Registrar.event_id == event_id, Registrar.person_id == person_id)
    return db.session.scalars(mine.with_for_update().execution_options(populate_existing=True)).one()


def held(actor: Person, charge: Charge) -> Charge:
    """Lock one of the helper's people, who has not taken the link. Raises TakenOver."""
    row = select(Charge).where(Charge.id == charge.id).with_for_update()
    charge = db.session.scalars(row.execution_options(populate_existing=True)).one()
    if not access.may_fill(actor.id, charge):
        raise TakenOver
    return charge


def _new_link(charge: Charge) -> None:
    charge.salt = new_salt()
    charge.token_hash, charge.by_mail = digest(charge_token(charge)), False


def _may_mail(actor: Person, email: str, *, again: bool = False) -> bool:
    """Count a mail before its link is made; whether it may go. Raises Unwanted, TooManyMails."""
    if queries.is_unwanted(actor.id, email):
        raise Unwanted
    try:
        if again:
            count("helping.mails_again", f"{actor.id} {email}", **AGAIN)
        count("helping.mails_by", f"{actor.id} {email}", **BY_ONE)
        count("helping.mails", str(actor.id), **MAILS)
    except TooMany:
        raise TooManyMails from None
    try:
        count("helping.mails_to", email, **TO_ONE)
    except TooMany:
        # Said to nobody: a helper must not learn what others sent there.
        return False
    return True


def _mail(charge: Charge) -> None:
    charge.by_mail = True
    promise("helping.named", charge_id=charge.id)


def _note(deed: str, event: Event, actor: Person, **detail: Any) -> None:
    audit.record(f"helping.{deed}", event, actor=actor, scope_id=event.id, **detail)

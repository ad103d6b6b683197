"""Ask for a paper, keep what the printer made, say how papers look, and let papers die."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert, select

from eventhub.kit import audit, files
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.file_types import PDF, PNG
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import SealKey
from eventhub.papers import access, queries
from eventhub.papers.models import BadgeName, Kind, Layout, PaperBearer, PaperOrder, PaperSetup, Problem
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration import stages
from eventhub.registration.access import Sight
from eventhub.registration.cancelling import demand_taking_place
from eventhub.registration.models import Registration, State
from eventhub.registration.moves import move_all

AT_ONCE = 8
"""Papers that one person may have in the making."""
SIZE = 80_000_000
"""The largest file, in bytes."""
STALE = timedelta(minutes=20)
"""How long a file may wait to be made anew: with a sweep every half hour no withdrawn name lies longer than an hour
(DOMAIN.md rule 8)."""
PURPOSE = "papers.paper"
NAMES = {
    Kind.BADGES: "badges",
    Kind.CONFIRMATION: "confirmation",
    Kind.VISA_LETTER: "letter",
    Kind.CERTIFICATE: "certificate",
    Kind.PARTICIPANTS: "list",
}
"""File names that say nothing of the event (SAFETY.md property 13)."""


class TooManyAtOnce(DomainError):
    """Somebody asks for more than the printer should owe one person."""

    status = 429
    message = _l("Several papers are being made for you. Wait until they are ready.")


class NotThisPaper(DomainError):
    """The registration is not in a state in which this paper is given."""

    status = 409
    message = _l("This paper cannot be made now. Look at how your registration stands.")


class LegalNamesElsewhere(DomainError):
    """The badges of this event carry legal names, which this role does not see."""

    status = 403
    message = _l("These badges carry legal names: only the accreditation desk can make them.")


class NothingToIssue(DomainError):
    """Nobody on the batch is accredited and without a badge."""

    status = 409
    message = _l("Nobody in this file waits for a badge any more.")


class ReasonNeeded(DomainError):
    """A list leaves the house for a reason (SAFETY.md property 6)."""

    status = 422
    field = "reason"
    message = _l("Say what you need it for")


def order_own(
    actor: Person,
    registration: Registration,
    event: Event,
    kind: Kind,
    language: str,
    *,
    public_name: bool = True,
    with_document: bool = False,
) -> PaperOrder:
    """A participant asks for a paper of her own: the one there is already, when it says the same. Raises NotFound,
    NotThisPaper, TooManyAtOnce.
    """
    if registration.person_id != actor.id:
        raise NotFound
    if kind not in access.kinds_for(registration, event):
        raise NotThisPaper
    order = PaperOrder(
        kind=kind,
        event_id=event.id,
        registration_id=registration.id,
        owner_id=actor.id,
        language=language,
        public_name=public_name,
        with_document=with_document and kind is Kind.VISA_LETTER,
    )
    return _owed(actor, order, registration, None)


def order_badges(
    actor: Person,
    event: Event,
    seen: Sight,
    language: str,
    *,
    layout: Layout,
    filters: Mapping[str, str],
    reason: str,
) -> PaperOrder:
    """The desk asks for badges of those who take part, as the filters say. Raises LegalNamesElsewhere, ReasonNeeded,
    TooManyAtOnce, NotAnyMore for a cancelled event.
    """
    demand_taking_place(event.id)
    setup = queries.setup_of(event.id)
    if not access.may_print_badges(seen, setup.badge_name):
        raise LegalNamesElsewhere
    order = PaperOrder(
        kind=Kind.BADGES,
        event_id=event.id,
        owner_id=actor.id,
        language=language,
        layout=layout,
        filters={name: code for name, code in filters.items() if code},
        badge_name=setup.badge_name,
        photos=setup.photos,
        sight=seen,
    )
    return _owed(actor, order, event, reason)


def order_list(actor: Person, event: Event, language: str, *, reason: str) -> PaperOrder:
    """The desk asks for the list of participants. Raises ReasonNeeded, TooManyAtOnce."""
    order = PaperOrder(kind=Kind.PARTICIPANTS, event_id=event.id, owner_id=actor.id, language=language)
    return _owed(actor, order, event, reason)


def order_samples(actor: Person, event: Event, language: str) -> list[PaperOrder]:
    """One picture of each paper, of nobody, in one language; those there were make room."""
    _one_after_the_other(actor)
    for old in queries.orders_of(actor, event, sample=True):
        if old.language == language:
            _drop(old)
    orders = [
        PaperOrder(kind=kind, event_id=event.id, owner_id=actor.id, language=language, is_sample=True) for kind in Kind
    ]
    db.session.add_all(orders)
    db.session.flush()
    for order in orders:
        promise("papers.make", order_id=order.id)
    return orders


def name_in(order: PaperOrder, registrations: Collection[uuid.UUID]) -> int:
    """Note whose names a file of the desk is about to hold; how many. Made anew it may hold fewer, never others."""
    db.session.execute(delete(PaperBearer).where(PaperBearer.order_id == order.id))
    if registrations:
        rows = [{"order_id": order.id, "registration_id": one} for one in registrations]
        db.session.execute(insert(PaperBearer), rows)
    return len(registrations)


def store(order_id: uuid.UUID, body: bytes) -> files.StoredFile | None:
    """Put what the printer made into the store, sealed for the owner; None when the order is gone. The order is not
    locked, since a large batch takes seconds. Raises what ``files.store`` raises.
    """
    order = db.session.get(PaperOrder, order_id)
    if order is None:
        return None
    ending, media_type = ("png", PNG) if order.is_sample else ("pdf", PDF)
    owner = db.session.get_one(Person, order.owner_id)
    return files.store(
        body,
        name=f"{NAMES[order.kind]}.{ending}",
        allowed=frozenset({media_type}),
        purpose=PURPOSE,
        owner_id=owner.id,
        key=db.session.get_one(SealKey, owner.seal_key_id),
        limit=SIZE,
    )


def keep(
    order: PaperOrder, file: files.StoredFile, *, at: datetime, number: int, left_out: list[dict[str, object]]
) -> PaperOrder:
    """Keep what the printer made; ``at`` is the time that the file bears. What is made anew takes the place of what was
    there, and the order says nothing of it: who it counts and leaves out is what the first file did.
    """
    _remove_file(order)
    if order.made_at is None:
        order.made_at, order.number, order.left_out = at, number, left_out
    order.file, order.stale_at = file, None
    db.session.flush()
    return order


def mark_issued(actor: Person, event: Event, order: PaperOrder) -> list[Registration]:
    """Say that the badges of a batch were handed out: whoever is accredited and named in it has a badge now. Those who
    moved on meanwhile, or about whom security was asked anew, are left where they are. As many statements for a
    thousand as for one. Raises NothingToIssue, NotAnyMore.
    """
    demand_taking_place(event.id)
    bearers = queries.to_issue(order)
    waiting = stages.unsettled(event.id, {one.id: one.category for one in bearers})
    bearers = [one for one in bearers if one.id not in waiting]
    if order.kind is not Kind.BADGES or order.file_id is None or not bearers:
        raise NothingToIssue
    audit.record("papers.issued", event, actor=actor, scope_id=event.id, order=order.id, rows=len(bearers))
    for has_seat in (True, False):
        group = [one for one in bearers if one.has_seat is has_seat]
        if group:
            move_all(group, State.BADGE_ISSUED, actor=actor, has_seat=has_seat)
    db.session.flush()
    return bearers


def give_up(order: PaperOrder, problem: Problem, left_out: list[dict[str, object]]) -> PaperOrder:
    """Nothing can be printed, or not any more, and why."""
    _remove_file(order)
    order.file = order.made_at = order.number = order.stale_at = None
    order.problem, order.left_out = problem, left_out
    return order


def owe_again(order: PaperOrder) -> PaperOrder:
    """What was printed is out of date already: somebody hid meanwhile."""
    promise("papers.make", order_id=order.id)
    return order


def set_up(
    actor: Person,
    event: Event,
    *,
    badge_name: BadgeName,
    layout: Layout,
    photos: bool,
    host: Texts,
    signatory: str | None,
    signatory_title: Texts,
    contact: str | None,
) -> PaperSetup:
    """Say how the papers of an event look, and who signs them."""
    setup = db.session.get(PaperSetup, event.id) or PaperSetup(event_id=event.id)
    db.session.add(setup)
    setup.badge_name, setup.layout, setup.photos = badge_name, layout, photos
    setup.host, setup.signatory, setup.signatory_title, setup.contact = host, signatory, signatory_title, contact
    audit.record("papers.set_up", event, actor=actor, scope_id=event.id, badge_name=badge_name.value, photos=photos)
    db.session.flush()
    return setup


def drop_outdated() -> int:
    """Give up the papers whose day is over, and files with a withdrawn name that nobody could make anew; how many."""
    orders = [*queries.outdated(), *queries.long_stale(now() - STALE)]
    for order in orders:
        _drop(order)
    db.session.flush()
    return len(orders)


def drop_all_of(event_id: uuid.UUID) -> int:
    """Give up what was asked for at an event that is cancelled: badges, letters and confirmations of what does not take
    place. How many.
    """
    return _give_up_all(queries.of_event(event_id))


def make_anew_without_those_gone() -> int:
    """Make the files anew that name somebody who does not take part any more, for whatever reason; how many."""
    return _make_anew(queries.naming_somebody_gone())


def forget(person_id: uuid.UUID) -> int:
    """After an erasure: give up all that the person asked for, make anew what names her. How many."""
    return follow(person_id) + _give_up_all(queries.everything_of(person_id))


def follow(person_id: uuid.UUID) -> int:
    """When a person hides, takes back a consent or changes the public name: her own papers are asked for again, and the
    desk's files that name her are made anew. Nothing of that shows at the desk: that a batch is gone would tell that
    somebody has just hidden. How many.
    """
    return _give_up_all(queries.own_papers(person_id)) + _make_anew(queries.naming(person_id))


def follow_registration(person_id: uuid.UUID, registration_id: uuid.UUID) -> int:
    """When a registration was withdrawn, or other names, another organization, country or category were given in it:
    no paper says what was there before. How many.
    """
    own, naming = queries.own_papers(person_id, registration_id), queries.naming(person_id, registration_id)
    return _give_up_all(own) + _make_anew(naming)


def _make_anew(orders: Iterable[PaperOrder]) -> int:
    count = 0
    for order in orders:
        count += 1
        order.edition += 1
        # One promise is enough: whoever prints an older edition owes the next one (workers/papers.py).
        if order.made_at is not None and order.stale_at is None:
            order.stale_at = now()
            promise("papers.make", order_id=order.id)
    db.session.flush()
    return count


def _give_up_all(orders: Iterable[PaperOrder]) -> int:
    count = 0
    for order in orders:
        _drop(order)
        count += 1
    db.session.flush()
    return count


def _owed(actor: Person, order: PaperOrder, subject: object, reason: str | None) -> PaperOrder:
    if reason is not None and not reason.strip():
        raise ReasonNeeded
    _one_after_the_other(actor)
    same = queries.same_as(order) if order.registration_id is not None else None
    if same is not None:
        return same
    if queries.open_orders(actor) >= AT_ONCE:
        raise TooManyAtOnce
    db.session.add(order)
    db.session.flush()
    audit.record(
        "papers.asked",
        subject,
        actor=actor,
        scope_id=order.event_id,
        text=reason,
        kind=order.kind.value,
        order=order.id,
        filters=dict(order.filters),
    )
    promise("papers.make", order_id=order.id)
    return order


def _one_after_the_other(actor: Person) -> None:
    """Who asks for many papers at once is counted as if they came one by one."""
    db.session.execute(select(Person.id).where(Person.id == actor.id).with_for_update(key_share=True))


def _drop(order: PaperOrder) -> None:
    _remove_file(order)
    db.session.delete(order)


def _remove_file(order: PaperOrder) -> None:
    if order.file_id is not None and order.file is not None:
        files.remove(order.file)

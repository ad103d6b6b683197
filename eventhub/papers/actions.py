"""Ask for a paper, keep what the printer made, say how papers look, and let papers die."""

import uuid
from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from eventhub.kit import audit, files
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.file_types import PDF, PNG
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import SealKey
from eventhub.papers import access, queries
from eventhub.papers.models import BadgeName, Kind, Layout, PaperOrder, PaperSetup, Problem
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.access import Sight
from eventhub.registration.models import Registration

AT_ONCE = 8
"""Papers that one person may have in the making."""
SIZE = 80_000_000
"""The largest file, in bytes."""
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
    """A participant asks for a paper of her own. Raises NotFound, NotThisPaper, TooManyAtOnce."""
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
    TooManyAtOnce.
    """
    if not access.may_print_badges(seen, queries.setup_of(event.id)):
        raise LegalNamesElsewhere
    order = PaperOrder(
        kind=Kind.BADGES,
        event_id=event.id,
        owner_id=actor.id,
        language=language,
        layout=layout,
        filters={name: code for name, code in filters.items() if code},
    )
    return _owed(actor, order, event, reason)


def order_list(actor: Person, event: Event, language: str, *, reason: str) -> PaperOrder:
    """The desk asks for the list of participants. Raises ReasonNeeded, TooManyAtOnce."""
    order = PaperOrder(kind=Kind.PARTICIPANTS, event_id=event.id, owner_id=actor.id, language=language)
    return _owed(actor, order, event, reason)


def order_samples(actor: Person, event: Event, language: str) -> list[PaperOrder]:
    """One picture of each paper, of nobody, in one language; those there were make room."""
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


def keep(order: PaperOrder, body: bytes, *, number: int, left_out: list[dict[str, object]]) -> PaperOrder:
    """Keep what the printer made, sealed for the owner. Raises what ``files.store`` raises."""
    ending = "png" if order.is_sample else "pdf"
    file = files.store(
        body,
        name=f"{NAMES[order.kind]}.{ending}",
        allowed=frozenset({PNG if order.is_sample else PDF}),
        purpose=PURPOSE,
        owner_id=order.owner_id,
        key=db.session.get_one(SealKey, order.owner.seal_key_id),
        limit=SIZE,
    )
    order.file_id, order.made_at, order.number, order.left_out = file.id, now(), number, left_out
    db.session.flush()
    return order


def give_up(order: PaperOrder, problem: Problem, left_out: list[dict[str, object]]) -> PaperOrder:
    """Nothing can be printed, and why."""
    order.problem, order.left_out = problem, left_out
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
    """Give up the papers whose day is over; how many."""
    orders = queries.outdated()
    for order in orders:
        _drop(order)
    db.session.flush()
    return len(orders)


def forget(person_id: uuid.UUID) -> int:
    """Give up every paper that may hold somebody's name: after an erasure, or when a person hides or takes back a
    consent. Whoever printed a batch asks for it again. How many.
    """
    orders = queries.naming(person_id)
    for order in orders:
        _drop(order)
    db.session.flush()
    return len(orders)


def _owed(actor: Person, order: PaperOrder, subject: object, reason: str | None) -> PaperOrder:
    if reason is not None and not reason.strip():
        raise ReasonNeeded
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


def _drop(order: PaperOrder) -> None:
    if order.file is not None:
        files.remove(order.file)
    db.session.delete(order)

"""Which categories an event takes, and by which rules; how many places each way of taking part has."""

import uuid
from collections.abc import Mapping
from typing import Any, Literal

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from eventhub.kit import audit, codes
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.revisions import bump
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration import categories, offers, opening, ways
from eventhub.registration.eligibility import Paper, usual_papers
from eventhub.registration.models import ModePlaces, Registration, RegistrationCategory, RegistrationSetup
from eventhub.registration.participants import REVISION
from eventhub.registration.seats import added, hold_seats

WINDOW = ("opens_at", "closes_at")
"""Columns of a category that say when it is open (opening.set_window)."""


class QuotaBelowSeats(DomainError):
    """More people of the category have a seat than the new quota would allow."""

    status = 422
    field = "quota"

    def __init__(self, seats: int) -> None:
        super().__init__(
            lazy_ngettext(
                "%(num)s person of this category has a place already. Choose no smaller number, or leave it empty.",
                "%(num)s people of this category have a place already. Choose no smaller number, or leave it empty.",
                seats,
            )
        )


class WayBelowSeats(QuotaBelowSeats):
    """More people have a seat in this way of taking part than the new limit would allow."""

    def __init__(self, code: str, seats: int) -> None:
        super().__init__(seats)
        self.field = code
        self.message = lazy_ngettext(
            "%(num)s person has a place in this way already. Choose no smaller number, or leave it empty.",
            "%(num)s people have a place in this way already. Choose no smaller number, or leave it empty.",
            seats,
        )


class OthersWouldClose(DomainError):
    """The first category of an event closes all others of the questionnaire, and nobody has said that it may."""

    status = 422
    message = _l(
        "This event has no categories of its own now, so the form offers all. "
        "Say what becomes of the others, and save again."
    )


def save_category(
    actor: Person,
    event: Event,
    code: str,
    *,
    is_open: bool,
    offered: tuple[str, ...],
    others: Literal["keep", "close"] | None,
    **rules: Any,
) -> int:
    """Take or close a category as ``set_category`` does. With the first one of an event the form offers no other any
    more: ``others`` says whether those of the questionnaire (``offered``) are taken along with their usual papers, and
    counts for the first one alone. Returns how many were taken besides. Raises OthersWouldClose.
    """
    hold_seats(event.id)
    rest = tuple(one for one in offered if one != code)
    is_first = is_open and bool(rest) and not categories.rows_of(event.id)
    if is_first and others is None:
        raise OthersWouldClose
    set_category(actor, event, code, is_open=is_open, **rules)
    return take_usual(actor, event, rest) if is_first and others == "keep" else 0


def set_category(actor: Person, event: Event, code: str, *, is_open: bool, **rules: Any) -> bool:
    """Take a category with its rules, or close it; true in any case. Drafts in it are asked to choose again;
    registrations that were sent stay as they are, and so does its row. When the last one is closed the event has no
    categories of its own any more.

    ``rules`` are columns of RegistrationCategory. Places that a larger quota makes free are offered to the waiting
    list as those of the event are. Raises NotFound for a code that is not on the list, QuotaBelowSeats, ClosesTooEarly,
    NotLater.
    """
    if code not in codes.codes(categories.LIST):
        raise NotFound
    setup = hold_seats(event.id)
    known = categories.rows_of(event.id)
    row = known.get(code)
    if row is None and not is_open:
        return True
    freed: int | None = 0
    is_new = row is None or not row.is_open
    if row is None:
        row = RegistrationCategory(event_id=event.id, code=code, seats_taken=_seated(event, code))
        db.session.add(row)
    else:
        freed = added(row.quota, rules.get("quota", row.quota))
    if (quota := rules.get("quota")) is not None and quota < row.seats_taken:
        raise QuotaBelowSeats(row.seats_taken)
    own = {name: rules.pop(name, getattr(row, name)) for name in WINDOW}
    if is_open:
        opening.set_window(event, setup, row, is_new=is_new, **own)
    for name, value in (rules | {"is_open": is_open}).items():
        setattr(row, name, value)
    if not is_open and not any(one.is_open for one in known.values()):
        for one in known.values():
            db.session.delete(one)
        freed = None
    audit.record("registration.category_set", event, actor=actor, scope_id=event.id, category=code, open=is_open)
    _take_effect(event, setup, freed)
    return True


def take_usual(actor: Person, event: Event, offered: tuple[str, ...]) -> int:
    """Take the categories that the questionnaire offers, each with the papers that are usually asked; how many. Those
    with rules already stay as they are.
    """
    setup = hold_seats(event.id)
    known = categories.rows_of(event.id)
    new = [code for code in offered if code not in known and code in codes.codes(categories.LIST)]
    for code in new:
        papers = usual_papers(code)
        db.session.add(
            RegistrationCategory(
                event_id=event.id,
                code=code,
                seats_taken=_seated(event, code),
                asks_letter=Paper.LETTER in papers,
                asks_attestation=Paper.ATTESTATION in papers,
            )
        )
    if new:
        audit.record("registration.category_set", event, actor=actor, scope_id=event.id, categories=new, open=True)
        _take_effect(event, setup, 0)
    return len(new)


def limit_ways(actor: Person, event: Event, quotas: Mapping[str, int | None]) -> int:
    """Say how many places there are for each way of taking part; None: no limit of its own. How many were changed.
    Places that a larger number makes free are offered to the waiting list. Raises WayBelowSeats.
    """
    hold_seats(event.id)
    rows = places_of_ways(event.id)
    changed, freed = [], 0
    for code in sorted(set(quotas) & set(codes.codes(ways.LIST))):
        row, quota = rows.get(code), quotas[code]
        if quota == (row.quota if row else None):
            continue
        taken = row.seats_taken if row else _seated(event, code, Registration.attendance_mode)
        if quota is not None and quota < taken:
            raise WayBelowSeats(code, taken)
        changed.append(code)
        if row is not None and quota is not None:
            freed += max(0, quota - row.quota)
        if row is None:
            db.session.add(ModePlaces(event_id=event.id, code=code, quota=quota, seats_taken=taken))
        elif quota is None:
            db.session.delete(row)
        else:
            row.quota = quota
    if changed:
        audit.record("registration.ways_limited", event, actor=actor, scope_id=event.id, ways=changed)
        db.session.flush()
        is_unlimited = any(quotas[code] is None for code in changed)
        offers.fill(event.id, None if is_unlimited else freed)
    return len(changed)


def places_of_ways(event_id: uuid.UUID) -> dict[str, ModePlaces]:
    """The limits of the ways of taking part, by code. One statement."""
    rows = select(ModePlaces).where(ModePlaces.event_id == event_id).execution_options(populate_existing=True)
    return {row.code: row for row in db.session.scalars(rows)}


def _take_effect(event: Event, setup: RegistrationSetup, freed: int | None) -> None:
    bump(REVISION)
    bump("programme")  # the page of the event says by when people of each category register
    opening.note_span(setup)
    offers.fill(event.id, freed)


def _seated(event: Event, code: str, column: InstrumentedAttribute[str | None] = Registration.category) -> int:
    """From here on the database counts; who has a seat already is counted once."""
    rows = select(func.count()).where(Registration.event_id == event.id, column == code, Registration.has_seat)
    return db.session.scalar(rows) or 0

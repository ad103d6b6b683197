"""Whose application a page is about: the visitor's own, or that of somebody without an account whom the visitor helps.

A helper's pages are the applicant's, at the same addresses with ``?for=`` and the person's place on the helper's list.
Every address of applying that such a page names carries it on. From the takeover on nothing of it is there.
"""

import uuid
from typing import Any

from flask import g, request

from eventhub.funding import behalf
from eventhub.helping.models import Charge
from eventhub.kit.access import actor
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import posted
from eventhub.people.models import Person
from eventhub.registration.reference import read_reference

FOR = "for"
PAGES = frozenset(
    f"funding.{name}"
    for name in (
        *("apply", "own_name", "step", "keep", "check", "done", "vouchers", "voucher", "ask_again"),
        *("mine_one", "amend", "send_again", "withdraw", "take_up", "own_file", "sealed_answers"),
    )
) | {f"awards.{name}" for name in ("mine", "report", "keep", "receipt", "allowance", "visa", "leave")}
"""Pages that somebody may look at for another person."""


def subject() -> Person:
    """Whose application this page is about; a POST holds the place on the helper's list. Raises NotFound."""
    me: Person = actor().person
    asked = request.args.get(FOR)
    if asked is None:
        return me
    try:
        charge_id = uuid.UUID(asked)
    except ValueError:
        raise NotFound from None
    known = request.view_args or {}
    reference = read_reference(known["reference"]) if "reference" in known else None
    charge, person = behalf.charge_of(me, charge_id, slug=known.get("slug"), reference=reference, lock=posted())
    g.helped = charge
    return person


def helped() -> Charge | None:
    """The person on the helper's list whom this page is about; None on one's own pages."""
    found: Charge | None = g.get("helped")
    return found


def go_on_for(endpoint: str, values: dict[str, Any]) -> None:
    """A page for somebody else leads to pages for the same person."""
    if endpoint in PAGES and (charge := g.get("helped")) is not None:
        values.setdefault(FOR, str(charge.id))

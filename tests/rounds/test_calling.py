"""Whoever calls finds the number, sealed with the mailbox, for a reason that is kept, and the makers behind it."""

import pytest
from flask import Flask
from sqlalchemy import select

from eventhub.commitments import capturing, confirming, phones
from eventhub.commitments.models import Contact
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Role
from eventhub.rounds import asking
from tests.delegations.test_journeys import browser
from tests.factories.commitments import new_address
from tests.factories.people import form_fields, make_person, make_staff
from tests.factories.rounds import aged, event_of_months_ago, followed, link_of, opened
from tests.rounds.test_pages import send

pytestmark = pytest.mark.usefixtures("database")
NUMBER = "+41 22 555 01 23"


def test_a_number_is_kept_sealed_and_read_for_a_reason_by_whoever_calls(app: Flask) -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    found = opened(event)
    aged(found, 21)
    asking.remind_due(now())
    db.session.flush()
    staff = browser(app, make_staff(Role.ORGANISER, event_id=event.id))
    record = f"/en/console/commitments/{made.id}"
    given = {"email": box, "name": "", "language": "en"}
    status, shown = send(staff, record, given | {"phone": "call me"}, f"{record}/contacts")
    assert (status, "Enter a telephone number" in shown, "call me" in shown) == (422, True, True)
    status, shown = send(staff, record, given | {"phone": NUMBER}, f"{record}/contacts")
    assert (status, NUMBER in shown) == (200, False)
    calls = staff.get(f"/en/console/rounds/{found.id}/calls").text
    assert "Ministry of Education of Utopia" in calls
    assert "Show the telephone number" in calls
    page = f"/en/console/rounds/links/{link_of(box).id}"
    status, shown = send(staff, page, {"reason": ""}, f"{page}/telephone")
    assert (status, NUMBER in shown) == (422, False)
    status, shown = send(staff, page, {"reason": "Third round without a word"}, f"{page}/telephone")
    assert (status, NUMBER in shown) == (200, True)
    read = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "rounds.phone_read")).all()
    assert len(read) == 1
    stranger = browser(app, make_staff(Role.ORGANISER, event_id=event_of_months_ago().id))
    hidden = form_fields(staff.get(page).text, f"{page}/telephone")
    assert stranger.post(f"{page}/telephone", data=hidden | {"reason": "x"}).status_code == 404


def test_a_number_goes_with_its_mailbox_and_nothing_opens_it() -> None:
    made = followed(event_of_months_ago(), new_address())
    keeper = make_person()
    contact = capturing.add_contact(keeper, made, new_address(), name="Bao", language="en", phone=NUMBER)
    assert phones.read(contact) == NUMBER
    first = contact.phone_key_id
    capturing.add_contact(keeper, made, str(contact.email), name="", language="en", phone="+41 22 555 01 99")
    assert phones.read(contact) == "+41 22 555 01 99"
    keys = [first, contact.phone_key_id]
    confirming.forget(keeper, made, contact)
    db.session.flush()
    db.session.expire_all()
    again = db.session.get_one(Contact, contact.id)
    assert (again.email, again.phone, again.phone_key_id) == (None, None, None)
    assert [db.session.get_one(SealKey, one).wrapped for one in keys] == [None, None]

"""What is hidden stands on no page of whoever may not know of it: drafts of events, what was withdrawn for safety."""

import xml.etree.ElementTree as ET

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from eventhub.commitments import succeeding, verifying
from eventhub.commitments.models import Kin, Why
from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.people.queries import grants_of
from eventhub.programme.models import Event, Publication
from tests.delegations.test_journeys import browser
from tests.factories.commitments import past_event, published
from tests.factories.evidence import again, checked
from tests.factories.people import make_staff

pytestmark = pytest.mark.usefixtures("database")
LISTS = (
    "/en/commitments",
    "/en/commitments/changes.atom",
    "/open-data/commitments.csv",
    "/open-data/commitments.json",
    "/cal/days/commitments.ics",
)


def test_of_an_event_that_is_a_draft_no_address_tells_anything(client: FlaskClient) -> None:
    event = past_event()
    before, after = published(event), published()
    evidence = checked(before)
    who = make_staff(Role.ORGANISER)
    succeeding.replace(who, grants_of(who.id), again(before), [after.number], Kin.MERGED, "Two became one")
    page = f"/en/commitments/{before.reference}"
    ways = [page, f"{page}/changes.atom", f"{page}/evidence/{evidence.id}"]
    assert [client.get(way).status_code for way in ways] == [200] * 3
    db.session.execute(update(Event).where(Event.id == event.id).values(publication=Publication.DRAFT))
    db.session.expire_all()
    for way in (*ways, f"{page}/speak"):
        assert client.get(f"{way}?fresh").status_code == 404
    assert before.reference not in client.get(f"/en/commitments/{after.reference}?fresh").text


def test_whoever_captures_reads_nothing_of_what_was_withdrawn_for_safety(app: Flask) -> None:
    event = past_event()
    before, after = published(event, title="Old classes"), published(event, title="New classes")
    who = make_staff(Role.ORGANISER, event_id=event.id)
    succeeding.replace(who, grants_of(who.id), before, [after.number], Kin.MERGED, "Two became one")
    verifying.withdraw(who, again(after), Why.SAFETY, reason="They were threatened")
    pages = (
        f"/en/console/commitments/{before.id}",
        f"/en/console/events/{event.slug}/commitments",
        "/en/console/commitments",
    )
    rapporteur = browser(app, make_staff(Role.RAPPORTEUR, event_id=event.id))
    keeper = browser(app, who)
    for page in pages:
        answer = rapporteur.get(page)
        assert answer.status_code == 200
        assert "New classes" not in answer.text
        assert after.reference not in answer.text
        assert "New classes" in keeper.get(page).text


@pytest.mark.parametrize("asked", ["q=a%00b", "by=%00", "by=%01x", "event=a%00", "by=%EF%BF%BE", "q=%E2%80%AE"])
@pytest.mark.parametrize("address", LISTS)
def test_control_signs_in_an_address_are_no_question(client: FlaskClient, address: str, asked: str) -> None:
    published()
    assert client.get(f"{address}?{asked}").status_code == 200


def test_staff_ask_with_control_signs_too(app: Flask) -> None:
    keeper = browser(app, make_staff(Role.ORGANISER, event_id=published().event_id))
    for address in ("/en/console/commitments?q=a%00b", "/en/console/rounds?event=a%00b"):
        assert keeper.get(address).status_code == 200


@pytest.mark.parametrize("asked", ["by=%01x", "by=%EF%BF%BE%3C/title%3E", "q=%00"])
def test_a_feed_is_well_formed_whatever_it_is_asked_for(client: FlaskClient, asked: str) -> None:
    published()
    ET.fromstring(client.get(f"/en/commitments/changes.atom?{asked}").data)  # noqa: S314 (our own)

"""Feeds of changes and the calendar of due dates: ids that stay, 304, one maker, one commitment, what is called off."""

import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from eventhub.calendars.lint import problems
from eventhub.commitments import capturing, following, queries, verifying
from eventhub.commitments.capturing import Words
from eventhub.commitments.models import Says, Verdict, Why
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.rounds import opening
from tests.factories.commitments import past_event, published
from tests.factories.people import make_person
from tests.factories.rounds import event_of_months_ago, followed, opened

pytestmark = pytest.mark.usefixtures("database")
ATOM = "{http://www.w3.org/2005/Atom}"


def entries(client: FlaskClient, path: str) -> list[tuple[str, str, str]]:
    """Id, title and text of each entry."""
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/atom+xml")
    feed = ET.fromstring(answer.data)  # noqa: S314 (our own)
    found = feed.findall(f"{ATOM}entry")
    return [tuple(one.findtext(f"{ATOM}{name}", "") for name in ("id", "title", "summary")) for one in found]  # type: ignore[misc]


def test_a_feed_tells_what_happened_newest_first_under_ids_that_stay(client: FlaskClient) -> None:
    made = published(past_event(), title="Classes & <courses>")
    following.say(made, Says.PLANNING, text="We look for rooms")
    following.check(make_person(), made, Verdict.EVIDENCE_SEEN)
    capturing.amend(make_person(), made, Words("Other words", title="Classes"), reason="A new budget")
    db.session.flush()
    found = entries(client, "/en/commitments/changes.atom")
    told = {title.split(" · ")[0]: text for _id, title, text in found}
    assert told["The maker says: Being planned"] == "We look for rooms"
    assert told["The words were changed"] == "A new budget"
    assert {"Published", "We checked: Evidence seen"} <= set(told)
    following.say(queries.record(made.id), Says.IN_PROGRESS)
    db.session.flush()
    later = entries(client, "/en/commitments/changes.atom")
    assert {one[0] for one in found} < {one[0] for one in later}
    assert len({one[0] for one in later}) == len(later) == 5
    assert {one[0] for one in entries(client, f"/ar/commitments/{made.reference}/changes.atom")} == {
        one[0] for one in later
    }


def test_silence_is_an_entry_and_its_author_is_who_said_it(client: FlaskClient) -> None:
    event = event_of_months_ago()
    made = followed(event, maker="Union")
    found = opened(event)
    with time_machine.travel(found.closes_at + timedelta(minutes=5), tick=False):
        assert opening.close_due(now()) == 1
    following.check(make_person(), made, Verdict.DISPUTED, text="Nobody saw it")
    following.say(made, Says.PLANNING)
    db.session.flush()
    feed = ET.fromstring(client.get(f"/en/commitments/{made.reference}/changes.atom").data)  # noqa: S314 (our own)
    said = [
        (one.findtext(f"{ATOM}title", "").split(" · ")[0], one.findtext(f"{ATOM}author/{ATOM}name"))
        for one in feed.findall(f"{ATOM}entry")
    ]
    assert set(said) == {
        ("No report received", "The secretariat"),
        ("We checked: Disputed", "The secretariat"),
        ("The maker says: Being planned", "Union"),
        ("Published", "Union"),
    }


def test_one_maker_one_commitment_and_what_was_withdrawn(client: FlaskClient) -> None:
    event = past_event()
    ours, theirs = published(event, maker="Union"), published(event, maker="Ministry")
    assert len(entries(client, "/en/commitments/changes.atom?by=Union")) == 1
    assert len(entries(client, f"/fr/commitments/{theirs.reference}/changes.atom")) == 1
    verifying.withdraw(make_person(), queries.record(ours.id), Why.MAKER, reason="No money")
    db.session.flush()
    assert [one[2] for one in entries(client, "/en/commitments/changes.atom?by=Union")] == [
        "No money",
        "We will open classes in the mother tongue in 120 primary schools.",
    ]
    verifying.withdraw(make_person(), queries.record(theirs.id), Why.SAFETY, reason="Threatened")
    db.session.flush()
    assert entries(client, "/en/commitments/changes.atom?by=Ministry") == []
    assert client.get(f"/en/commitments/{theirs.reference}/changes.atom").status_code == 404
    assert client.get("/en/commitments/C-99999/changes.atom").status_code == 404


def test_an_unchanged_feed_is_304(client: FlaskClient) -> None:
    made = published(past_event())
    for path in ("/en/commitments/changes.atom", "/cal/days/commitments.ics"):
        etag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
        made = queries.record(made.id)
        following.say(made, Says.FULFILLED)
        words = Words(f"Other words {path}", due_on=date(2029, 1, 31))
        capturing.amend(make_person(), made, words, reason="Later")
        db.session.flush()
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_due_dates_are_days_of_a_calendar_that_moves_and_is_called_off(client: FlaskClient) -> None:
    event = past_event()
    made = published(event, title="Classes", due_on=date(2028, 12, 31), maker="Union")
    published(event, due_on=None)
    body = client.get("/cal/days/commitments.ics").text
    assert problems(body.encode(), kind="feed") == []
    assert body.count("BEGIN:VEVENT") == 1
    assert "DTSTART;VALUE=DATE:20281231" in body
    assert "SUMMARY" in body
    assert "Due: Classes" in body
    uid = next(line for line in body.splitlines() if line.startswith("UID:"))
    capturing.amend(
        make_person(),
        queries.record(made.id),
        Words("Later", title="Classes", due_on=date(2029, 6, 30)),
        reason="Rains",
    )
    db.session.flush()
    moved = client.get("/cal/days/commitments.ar.ics?by=Union").text
    assert uid in moved
    assert "SEQUENCE:1" in moved
    assert "DTSTART;VALUE=DATE:20290630" in moved
    assert client.get("/cal/days/commitments.ics?by=Ministry").text.count("BEGIN:VEVENT") == 0
    verifying.withdraw(make_person(), queries.record(made.id), Why.MAKER, reason="No money")
    db.session.flush()
    gone = client.get("/cal/days/commitments.ics").text
    assert "STATUS:CANCELLED" in gone
    assert "SEQUENCE:2" in gone
    assert client.get("/cal/days/lunch.ics").status_code == 404

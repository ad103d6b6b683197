"""The days of a call fit before its event: proposed, refused or warned about; files are read before it begins."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.funding import call_queries, opening, presets, timing
from eventhub.funding.models import Call, FundKind
from eventhub.funding.rules import read
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Role
from tests.factories.funding_calls import make_call
from tests.factories.people import make_staff, sign_in
from tests.factories.programme import make_event
from tests.programme.console import error_at, fields_of, text_of

RULES = read(presets.preset(FundKind.TRAVEL).rules)
NEED = timing.reading_time(RULES).days + RULES.accept_days
SHORT = "and the event begins before that."


@pytest.mark.parametrize("days", [3, 15, 40, 90, 300])
def test_proposed_days_lie_before_the_event_and_fit_where_they_can(client: FlaskClient, days: int) -> None:
    today = now().date()
    event = make_event(first_day=today + timedelta(days=days), last_day=today + timedelta(days=days))
    sign_in(client, make_staff(Role.FUND_OFFICER, event_id=event.id))
    page = client.get("/en/console/funds/new")
    values = fields_of(page) | {"code": "NEW1", "slug": "new-1"}
    assert values["event"] == [str(event.id)]
    done = client.post("/en/console/funds/new", data=values, follow_redirects=True)
    made = db.session.scalars(select(Call).where(Call.slug == "new-1")).one()
    assert made.closes_at > max(made.opens_at, now())
    assert not timing.is_after(event, made.closes_at)
    is_short = days <= NEED + 1
    assert timing.is_short(event, made.closes_at, RULES) is is_short
    assert (SHORT in done.text) is is_short
    assert (SHORT in client.get("/en/console/funds/new-1/open").text) is is_short


def test_a_deadline_after_the_event_is_refused_at_its_field(client: FlaskClient) -> None:
    event = make_event()
    sign_in(client, make_staff(Role.FUND_OFFICER, event_id=event.id))
    late = f"{event.first_day + timedelta(days=42)}T23:59"
    values = fields_of(client.get("/en/console/funds/new")) | {"code": "NEW1", "slug": "new-1", "closes_at": late}
    refused = client.post("/en/console/funds/new", data=values)
    assert refused.status_code == 422
    assert "The event has begun by then" in error_at(refused, "closes_at")
    assert db.session.scalar(select(Call.id).where(Call.slug == "new-1")) is None
    call = make_call(event, is_open=False, slug="new-2", closes_at=now() + timedelta(days=5))
    facts = "/en/console/funds/new-2/facts"
    refused = client.post(facts, data=fields_of(client.get(facts)) | {"closes_at": late})
    assert "The event has begun by then" in error_at(refused, "closes_at")
    call.closes_at = now() + timedelta(days=60)  # the event was moved to earlier meanwhile
    db.session.flush()
    page = client.get("/en/console/funds/new-2/open")
    assert "The event has begun by then" in text_of(page)
    assert "Open the call" not in text_of(page)
    with pytest.raises(opening.NotReady):
        opening.open_call(make_staff(), call, stamp=call_queries.standing(call).stamp)


def test_a_later_deadline_warns_where_reading_does_not_fit_before_the_event(client: FlaskClient) -> None:
    event = make_event(first_day=now().date() + timedelta(days=90), last_day=now().date() + timedelta(days=90))
    call = make_call(event, closes_at=now() + timedelta(days=5))
    sign_in(client, make_staff(Role.FUND_OFFICER, event_id=event.id))
    url = f"/en/console/funds/{call.slug}/extend"
    for days, is_short in ((20, False), (85, True)):
        later = {"closes_at": f"{now() + timedelta(days=days):%Y-%m-%dT%H:%M}"}
        said = client.post(url, data=fields_of(client.get(url)) | later)
        assert said.status_code == 200
        assert (SHORT in said.text) is is_short


@pytest.mark.usefixtures("database")
def test_files_are_read_before_the_event_begins() -> None:
    zone = ZoneInfo("Europe/Zurich")
    event = make_event(first_day=date(2027, 6, 30), last_day=date(2027, 7, 1))
    begins = datetime(2027, 6, 30, tzinfo=zone)
    minute = timedelta(minutes=1)
    reading, answers = timing.reading_time(RULES), timedelta(days=RULES.accept_days)
    for closes, ends in (
        (begins - timedelta(days=90), begins - timedelta(days=90) + reading),
        (begins - answers - timedelta(days=2), begins - answers - minute),
        (begins - timedelta(days=2), begins - minute),
    ):
        assert timing.read_by(event, closes, RULES) == ends
    assert timing.read_by(None, begins, RULES) == begins + reading

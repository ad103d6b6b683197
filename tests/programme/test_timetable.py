"""The public programme as a week and as a day: what is drawn where, for whom, and at what price."""

import gzip
import re
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask.testing import FlaskClient

from eventhub.kit.db import db
from eventhub.kit.revisions import bump
from eventhub.programme import grid
from eventhub.programme.models import Event, Publication, SessionKind
from tests.factories.programme import make_event, make_room, make_session
from tests.programme.console import text_of

MONDAY = date(2030, 4, 1)


def forum(days: int = 2, **given: Any) -> Event:
    return make_event(first_day=MONDAY + timedelta(days=3), last_day=MONDAY + timedelta(days=2 + days), **given)


def week_of(client: FlaskClient, event: Event, query: str = "") -> str:
    """The page's source."""
    answer = client.get(f"/en/events/{event.slug}/week{query}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def columns(page: str) -> list[tuple[str, int]]:
    """Days with the number of their slots."""
    parts = re.split(r'<div class="dayc[^"]*" id="d(\d+)">', page)[1:]
    return [(parts[n], parts[n + 1].count('class="slot')) for n in range(0, len(parts), 2)]


def test_a_week_has_the_days_of_the_event(client: FlaskClient) -> None:
    event = forum()
    make_session(event, start=time(10))
    make_session(event, start=time(11), title={"en": "Tea"}, kind=SessionKind.BREAK)
    cancelled = make_session(event, start=time(14), day=1, publication=Publication.CANCELLED)
    room = make_room(event, name={"en": "Room XX"})
    here = make_session(event, start=time(16), day=1, room_id=room.id)
    make_session(event, start=time(18), day=1, publication=Publication.DRAFT)
    page = week_of(client, event)
    assert columns(page) == [("20300404", 2), ("20300405", 2)]
    assert re.search(r'<div class="slot s6 l2 pause">.*Tea', page), "a pause leads nowhere"
    assert f'<a class="slot s12 l2 off" href="/en/events/{event.slug}/sessions/{cancelled.id}">' in page
    assert f'href="/en/events/{event.slug}/sessions/{here.id}"' in page
    assert "Room XX" in page
    assert "Times in Geneva" in page
    assert f'href="/en/events/{event.slug}/week"' in client.get(f"/en/events/{event.slug}").get_data(as_text=True)


def test_a_day_and_the_ways_to_it(client: FlaskClient) -> None:
    event = forum()
    make_session(event)
    make_session(event, day=1)
    page = week_of(client, event)
    assert f"/en/events/{event.slug}/week?day=2030-04-05&amp;view=day" in page
    day = week_of(client, event, "?day=2030-04-05&view=day")
    assert columns(day) == [("20300405", 1)]
    assert 'aria-current="true">Friday' in day


def test_it_opens_on_the_days_of_the_event_not_on_one_of_preparation(client: FlaskClient) -> None:
    event = forum()
    make_session(event, day=-4)
    make_session(event, start=time(11))
    assert columns(week_of(client, event)) == [("20300404", 1)]
    with time_machine.travel(datetime(2030, 3, 31, 8, tzinfo=UTC), tick=False):
        bump("programme")
        assert columns(week_of(client, event)) == [("20300331", 1)], "on the day itself it is what matters"


def test_weeks_before_and_after(client: FlaskClient) -> None:
    event = forum(days=9)
    make_session(event, day=-3)
    make_session(event)
    make_session(event, day=8)
    first = week_of(client, event)
    assert [day for day, _ in columns(first)] == ["20300401", "20300402", "20300403", "20300404"]
    assert "No sessions" in first
    assert "Later week" in first
    assert "Earlier week" not in first
    later = week_of(client, event, "?day=2030-04-12")
    assert columns(later) == [("20300412", 1)]
    assert "Earlier week" in later


@pytest.mark.parametrize("query", ["?day=2031-01-01", "?day=9999-12-31&view=day", "?day=0001-01-01", "?day=x&view=y"])
def test_a_day_without_anything_leads_to_one_that_has(client: FlaskClient, query: str) -> None:
    event = forum()
    make_session(event)
    assert columns(week_of(client, event, query)) == [("20300404", 1)]


def test_what_goes_past_midnight_goes_on_in_the_next_column(client: FlaskClient) -> None:
    event = forum()
    make_session(event, start=time(22), hours=3.5)
    page = week_of(client, event)
    assert columns(page) == [("20300404", 1), ("20300405", 1)]
    assert 'class="slot s44 l4"' in page
    assert 'class="slot s0 l3"' in page
    assert columns(week_of(client, event, "?day=2030-04-05&view=day")) == [("20300405", 1)]


def test_nothing_yet_and_nothing_for_anybody(client: FlaskClient) -> None:
    event = forum()
    assert "The programme is not published yet" in week_of(client, event)
    draft = forum(publication=Publication.DRAFT)
    assert client.get(f"/en/events/{draft.slug}/week").status_code == 404
    assert client.get("/en/events/no-such-event/week").status_code == 404
    gone = forum(publication=Publication.CANCELLED)
    make_session(gone, publication=Publication.CANCELLED)
    assert "This event is cancelled" in week_of(client, gone)


def test_it_costs_the_same_however_long_it_is_and_is_kept(client: FlaskClient, statements: list[str]) -> None:
    event = forum()
    room = make_room(event)
    make_session(event, room_id=room.id)
    address = f"/en/events/{event.slug}/week"
    client.get("/en/forums")
    spent = []
    for _ in range(2):
        db.session.expire_all()
        statements.clear()
        answer = client.get(address)
        spent.append(len([one for one in statements if "session" in one or "event" in one]))
        again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
        for number in range(30):
            make_session(event, start=time(8 + number % 10), day=number % 2, room_id=room.id)
        bump("programme")
        db.session.flush()
    assert spent[0] == spent[1] <= 3
    assert len(gzip.compress(answer.data)) < 12_000


def test_a_title_in_another_language_says_so(client: FlaskClient) -> None:
    event = forum()
    make_session(event, title={"fr": "Accueil <b>"}, start=time(9))
    page = week_of(client, event)
    assert '<span lang="fr" dir="ltr">Accueil &lt;b&gt;</span>' in page
    assert "French" in text_of(client.get(f"/en/events/{event.slug}/week"))


def test_a_day_that_the_clocks_shorten_lies_on_three() -> None:
    """24 hours that begin before the night on which an hour is lost end on the day after the next."""
    zone = ZoneInfo("Europe/Zurich")
    begins = datetime(2027, 3, 27, 23, 30, tzinfo=zone)
    ends = (begins.astimezone(UTC) + timedelta(hours=24)).astimezone(zone)
    found = grid.parts([SimpleNamespace(start=begins, end=ends)])
    assert [(part.day.day, part.start, part.end, part.goes_on) for part in found] == [
        (27, 23 * 60 + 30, grid.DAY, False),
        (28, 0, grid.DAY, True),
        (29, 0, 30, True),
    ]

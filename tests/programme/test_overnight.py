"""Sessions past midnight: a box says so, a day is the most, and every page tells on which day they end."""

import re
from datetime import date, datetime, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.kit.db import db
from eventhub.kit.i18n import show_span
from eventhub.people.models import Role
from eventhub.programme import console_queries as queries
from eventhub.programme import session_actions
from eventhub.programme.models import Event, Session
from tests.factories.calendars import make_chooser, make_entry
from tests.factories.people import make_staff, sign_in
from tests.factories.programme import make_event, make_room, make_session
from tests.programme.console import error_at, fields_of, send, text_of

THURSDAY = date(2027, 11, 25)


def to_edit(client: FlaskClient, first: date = THURSDAY) -> tuple[Event, str]:
    """An event of two days and the page of a new session; its organiser is signed in."""
    event = make_event(first_day=first, last_day=first + timedelta(days=1))
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    return event, f"/en/console/events/{event.slug}/sessions/new"


def test_a_session_past_midnight_needs_the_box(client: FlaskClient) -> None:
    event, new = to_edit(client)
    refused = send(client, new, title__en="Vigil", starts="22:00", ends="01:30")
    assert refused.status_code == 422
    assert "It ends on the next day" in error_at(refused, "ends")
    assert client.post(new, data=fields_of(refused) | {"ends_next_day": "y"}).status_code == 303
    session = db.session.scalars(select(Session)).one()
    assert (session.starts_local, session.ends_local) == (datetime(2027, 11, 25, 22), datetime(2027, 11, 26, 1, 30))  # noqa: DTZ001
    assert session.ends_at - session.starts_at == timedelta(hours=3.5)
    there = f"/en/console/events/{event.slug}/sessions/{session.id}"
    for page in (there, f"{there}/move"):
        fields = fields_of(client.get(page))
        assert (fields["starts"], fields["ends"], fields["ends_next_day"]) == (["22:00"], ["01:30"], ["y"])
        assert client.post(page, data=fields).status_code == 303
    version = session.version
    db.session.refresh(session)
    assert session.version == version, "saved as it was, it did not change"
    assert "22:00–01:30 (next day)" in text_of(client.get(f"/en/console/events/{event.slug}/programme"))


@pytest.mark.parametrize(
    ("starts", "ends", "next_day", "said"),
    [
        ("22:00", "22:30", True, "at most 24 hours"),
        ("10:00", "10:00", False, "later than the beginning"),
        ("10:00", "09:59", False, "later than the beginning"),
    ],
)
def test_what_is_too_long_or_ends_before_it_begins(
    client: FlaskClient, starts: str, ends: str, next_day: bool, said: str
) -> None:
    _event, new = to_edit(client)
    box = {"ends_next_day": "y"} if next_day else {}
    refused = send(client, new, title__en="Vigil", starts=starts, ends=ends, **box)
    assert refused.status_code == 422
    assert said in error_at(refused, "ends")
    assert fields_of(refused).get("ends_next_day", []) == (["y"] if next_day else [])
    assert db.session.scalars(select(Session)).all() == []


def test_a_whole_day_is_the_most(client: FlaskClient) -> None:
    _event, new = to_edit(client)
    assert send(client, new, title__en="A", starts="10:00", ends="10:00", ends_next_day="y").status_code == 303
    [session] = db.session.scalars(select(Session))
    assert session.ends_at - session.starts_at == timedelta(hours=24)


def test_the_night_on_which_the_clocks_change(client: FlaskClient) -> None:
    _event, new = to_edit(client, date(2027, 3, 27))
    gap = send(client, new, title__en="A", starts="22:00", ends="02:30", ends_next_day="y")
    assert "jump over" in error_at(gap, "ends")
    # 24 hours by the clocks on the wall, and 25 that pass.
    _event, new = to_edit(client, date(2027, 10, 30))
    assert "at most 24" in error_at(
        send(client, new, title__en="A", starts="10:00", ends="10:00", ends_next_day="y"), "ends"
    )
    twice = send(client, new, title__en="A", starts="22:00", ends="02:30", ends_next_day="y")
    assert "comes twice" in error_at(twice, "ends_fold")
    assert client.post(new, data=fields_of(twice) | {"ends_fold": "1"}).status_code == 303
    [session] = db.session.scalars(select(Session))
    assert session.ends_at - session.starts_at == timedelta(hours=5.5)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2027-13-01", "x"])
def test_days_that_nobody_means(client: FlaskClient, day: str) -> None:
    _event, new = to_edit(client)
    assert send(client, new, title__en="A", day=day, starts="22:00", ends="01:00", ends_next_day="y").status_code == 422
    assert client.get(new, query_string={"day": day}).status_code == 200


def test_what_follows_late_is_proposed_past_midnight(client: FlaskClient) -> None:
    event, new = to_edit(client)
    make_session(event, start=time(22, 30), hours=1)
    fields = fields_of(client.get(f"{new}?day={THURSDAY}"))
    assert (fields["starts"], fields["ends"], fields["ends_next_day"]) == (["23:30"], ["00:30"], ["y"])


def test_a_room_is_taken_until_the_night_is_over(client: FlaskClient) -> None:
    event, new = to_edit(client)
    room = make_room(event)
    make_session(event, start=time(22), hours=4, room_id=room.id)
    tomorrow = str(THURSDAY + timedelta(days=1))
    asked = send(client, new, title__en="A", day=tomorrow, starts="01:00", ends="03:00", room_id=str(room.id))
    assert "in the same room at once" in text_of(asked)


def test_every_page_says_on_which_day_it_ends(client: FlaskClient) -> None:
    event = make_event(first_day=THURSDAY, last_day=THURSDAY + timedelta(days=1))
    session = db.session.get_one(Session, make_entry(event, start=time(22), hours=3.5).session_id)
    said = "22:00–01:30 (next day)"
    assert said in text_of(client.get(f"/en/events/{event.slug}"))
    assert said in text_of(client.get(f"/en/events/{event.slug}/sessions/{session.id}"))
    page = client.get(f"/en/events/{event.slug}/week").get_data(as_text=True)
    assert re.findall(r"<time [^>]*>([^<]+)</time>", page) == [said, "Until 01:30"]
    sign_in(client, make_chooser(session))
    mine = client.get(f"/en/me/sessions?day={THURSDAY}")
    assert text_of(mine).count(said) == 2
    friday = client.get(f"/en/me/sessions?view=day&day={THURSDAY + timedelta(days=1)}")
    assert "Until 01:30" in text_of(friday)


@pytest.mark.usefixtures("database")
def test_a_session_is_moved_past_midnight() -> None:
    event = make_event(first_day=THURSDAY, last_day=THURSDAY)
    session = queries.session_of(event, make_session(event, start=time(22), hours=3.5).id)
    slot = session_actions.Slot(THURSDAY, time(23), time(1), None, None, None, ends_next_day=True)
    session_actions.move_session(make_staff(Role.ORGANISER), session, slot=slot, version=session.version)
    assert session.ends_at - session.starts_at == timedelta(hours=2)


def test_words_for_spans() -> None:
    night = datetime(2027, 11, 25, 22)  # noqa: DTZ001
    assert show_span(night, night + timedelta(hours=1), "en") == "22:00–23:00"
    assert show_span(night, night + timedelta(hours=2), "en") == "22:00–00:00"
    assert show_span(night, night + timedelta(hours=24), "en") == "22:00–22:00 (next day)"
    assert show_span(night, night + timedelta(hours=50), "en") == "22:00–28 November 2027, 00:00"

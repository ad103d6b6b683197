"""The grid of a week: as many hours as it needs, sessions at the same time side by side, all else at full width."""

import re
from datetime import time

from flask.testing import FlaskClient

from eventhub.calendars import actions, my_week, queries
from eventhub.calendars.models import Choice
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.programme import grid
from eventhub.programme.models import EventKind, Session
from tests.factories.calendars import make_chooser, make_entry
from tests.factories.people import sign_in
from tests.factories.programme import make_event
from tests.live import ROOT


def page_of(*times: tuple[time, float], own: bool = False, zone: str = "Asia/Tokyo") -> my_week.Page:
    """Somebody's week of sessions that begin at these times in Lagos and take so many hours."""
    event = make_event(kind=EventKind.FORUM, time_zone="Africa/Lagos")
    entries = [make_entry(event, start=start, hours=hours) for start, hours in times]
    person = make_chooser(*(db.session.get_one(Session, one.session_id) for one in entries), time_zone=zone)
    return my_week.my_page(
        queries.my_sessions(person), lang="en", own_zone=zone, wish=my_week.Wish(own_time=own), moment=now()
    )


def slots(page: my_week.Page) -> list[grid.Slot]:
    """All that is drawn."""
    return [slot for day in page.days for slot in day.slots]


def test_an_ordinary_day_is_ten_hours(client: FlaskClient) -> None:
    page = page_of((time(10), 2), (time(16), 2))
    assert (page.hours[0], page.hours[-1]) == ("08:00", "17:00")
    assert [(slot.start, slot.length) for slot in slots(page)] == [(4, 4), (16, 4)]


def test_what_is_early_or_late_has_its_own_hours(client: FlaskClient) -> None:
    page = page_of((time(6, 45), 1), (time(19), 2.5))
    assert (page.hours[0], page.hours[-1]) == ("06:00", "21:00")
    assert [(slot.start, slot.length) for slot in slots(page)] == [(2, 2), (26, 5)]


def test_far_away_times_stand_where_they_are_and_go_on_after_midnight(client: FlaskClient) -> None:
    # 23:00 to 01:00, and 03:00 on the next day, in Tokyo.
    page = page_of((time(15), 2), (time(19), 2), own=True)
    assert (page.hours[0], page.hours[-1]) == ("00:00", "23:00")
    late, rest, early = slots(page)
    assert (late.time, late.start + late.length) == ("23:00–01:00 (next day)", 2 * len(page.hours))
    assert (rest.time, rest.start, rest.length) == ("Until 01:00", 0, 2)
    assert (early.time, early.start) == ("03:00–05:00", 6)


def test_side_by_side_only_what_is_at_the_same_time(client: FlaskClient) -> None:
    page = page_of((time(10), 2), (time(11), 2), (time(15), 1))
    [day] = [one for one in page.days if one.slots]
    assert day.lanes == 2
    assert [slot.wide for slot in day.slots] == [False, False, True]
    assert [slot.state for slot in day.slots] == ["clash", "clash", ""]
    assert ["overlaps" in slot.note for slot in day.slots] == [True, True, False]


def test_one_after_the_other_at_a_quarter_to_is_no_overlap(client: FlaskClient) -> None:
    page = page_of((time(10), 0.75), (time(10, 45), 0.75))
    assert {day.lanes for day in page.days} == {1}


def test_every_row_that_the_page_names_is_drawn(client: FlaskClient) -> None:
    style = (ROOT / "eventhub/static/css/eventhub.css").read_text()
    assert {int(one) for one in re.findall(r"\.s(\d+) \{ grid-row-start", style)} == set(range(48))
    assert {int(one) for one in re.findall(r"\.l(\d+) \{ grid-row-end", style)} == set(range(1, 49))
    event = make_event(kind=EventKind.FORUM)
    first = db.session.get_one(Session, make_entry(event, start=time(10), hours=6).session_id)
    second = db.session.get_one(Session, make_entry(event, start=time(11), hours=1).session_id)
    person = make_chooser(first)
    actions.choose(person, second, Choice.MAYBE)
    sign_in(client, person)
    page = client.get("/en/me/sessions").get_data(as_text=True)
    assert 'class="dayc c2' in page
    assert 'class="slot s4 l12 clash"' in page
    assert 'class="slot s6 l2 maybe"' in page

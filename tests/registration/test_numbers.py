"""The desk's numbers: counted right, in one statement, and another desk's numbers stay with it."""

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.registration import numbers
from eventhub.registration.models import State
from tests.factories.people import grant, make_person, make_staff, sign_in
from tests.factories.programme import make_event, make_series
from tests.factories.registration import make_registration, open_registration

pytestmark = pytest.mark.usefixtures("database")
TODAY = date(2026, 9, 1)


def forum(series: object = None, *, first_day: date = TODAY + timedelta(days=28)) -> Event:
    event = make_event(series or make_series(), time_zone="UTC", first_day=first_day, last_day=first_day)
    open_registration(event)
    return event


def registered(event: Event, number: int = 1, *, days_before: int = 40, **given: object) -> list[Person]:
    people = [make_person() for _ in range(number)]
    at = event.first_day - timedelta(days=days_before)
    for person in people:
        row = make_registration(event, person, **given)
        row.submitted_at = now().replace(year=at.year, month=at.month, day=at.day)
    db.session.flush()
    return people


def counted(event: Event) -> numbers.Numbers:
    return numbers.numbers(event, numbers.former_event(event), today=TODAY, first_timers=True)


def test_each_is_counted_where_it_belongs() -> None:
    event = forum()
    registered(event, 3, state=State.ACCREDITED, category="ngo_ecosoc", country="KE", attendance_mode="online")
    registered(event, 2, category="academia", country="FR")
    registered(event, 1, state=State.WITHDRAWN, category="academia", country="XX")
    registered(event, 4, state=State.DRAFT)
    found = counted(event)
    assert (found.registered, found.taking_part, found.ended, found.first_time) == (6, 3, 1, 3)
    lines = {
        (name, one.code): (one.registered, one.taking_part, one.former)
        for name, all_of in found.by.items()
        for one in all_of
    }
    assert lines == {
        ("participant_category", "ngo_ecosoc"): (3, 3, None),
        ("participant_category", "academia"): (3, 0, None),
        ("attendance_mode", "online"): (3, 3, None),
        ("attendance_mode", "in_person"): (3, 0, None),
        ("regional_group", "african"): (3, 3, None),
        ("regional_group", "weog"): (2, 0, None),
        ("regional_group", ""): (1, 0, None),
    }
    assert (found.former_total, found.former_then) == (None, None)


def test_weeks_rise_to_what_there_is_today() -> None:
    event = forum()
    for days_before in (60, 45, 45, 30, 29):
        registered(event, days_before=days_before)
    points = [(one.weeks_before, one.registered) for one in counted(event).points]
    assert points == [(9, 0), (8, 1), (7, 1), (6, 3), (5, 3), (4, 5)]


def test_beside_the_former_event_as_long_before_it() -> None:
    series = make_series()
    before = forum(series, first_day=TODAY - timedelta(days=300))
    for days_before in (60, 40, 29, 27, 10):
        registered(before, days_before=days_before, state=State.ATTENDED, category="academia")
    forum(first_day=TODAY - timedelta(days=100))  # of another series
    event = forum(series)
    assert numbers.former_event(event) == before
    found = counted(event)
    assert (found.former_total, found.former_then) == (5, 3)
    assert [one.former for one in found.by["participant_category"]] == [5]


def test_who_came_before_is_no_newcomer() -> None:
    series = make_series()
    before, event = forum(series, first_day=TODAY - timedelta(days=300)), forum(series)
    (again,) = registered(before, state=State.ATTENDED)
    (refused,) = registered(before, state=State.DECLINED)
    for person in (again, refused, make_person()):
        make_registration(event, person, state=State.ACCREDITED)
    assert (counted(event).taking_part, counted(event).first_time) == (3, 2)


def test_the_page(client: FlaskClient, statements: list[str]) -> None:
    series = make_series()
    before = forum(series, first_day=now().date() - timedelta(days=300))
    event = forum(series, first_day=now().date() + timedelta(days=20))
    registered(before, 7, state=State.ATTENDED)
    counts = []
    address = f"/en/console/events/{event.slug}/registrations/numbers"
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    assert "Nobody has registered yet" in client.get(address).get_data(as_text=True)
    for _ in range(2):
        registered(event, 3, state=State.ACCREDITED)
        statements.clear()
        page = client.get(address).get_data(as_text=True)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 7
    assert '<polyline class="curve"' in page


def test_numbers_of_other_desks_are_not_told_by_a_difference(client: FlaskClient) -> None:
    """Of a former event nothing is seen without its desk, and of all earlier ones not who was there: two looks with one
    decision between them would tell whom it was about.
    """
    series = make_series()
    long_ago = forum(series, first_day=now().date() - timedelta(days=700))
    before = forum(series, first_day=now().date() - timedelta(days=300))
    event = forum(series, first_day=now().date() + timedelta(days=20))
    registered(before, 7, state=State.ATTENDED, category="panellist")
    registered(long_ago, 2, state=State.ATTENDED)
    registered(event, 3, state=State.ACCREDITED, category="academia")
    address = f"/en/console/events/{event.slug}/registrations/numbers"
    of_all, of_former = "For the first time", "Took part in the former event"
    for scopes, seen in (
        ([event], ()),
        ([event, before], (of_former,)),
        ([event, before, long_ago], (of_former, of_all)),
    ):
        reader = make_staff(Role.ACCREDITATION_OFFICER, event_id=scopes[0].id)
        for one in scopes[1:]:
            grant(reader, Role.ACCREDITATION_OFFICER, event_id=one.id)
        sign_in(client, reader)
        page = client.get(address).get_data(as_text=True)
        assert [words for words in (of_former, of_all) if words in page] == list(seen)
        assert ("Panellist" in page) == (of_former in seen)
        assert ("shown to those who work at its desk" in page) == (of_former not in seen)
    sign_in(client, make_staff(Role.ORGANISER, series_id=series.id))
    page = client.get(address).get_data(as_text=True)
    assert of_former in page
    assert of_all in page
    assert '<td class="num" role="cell">7</td>' in page


def test_an_event_without_former_ones(client: FlaskClient) -> None:
    event = forum(first_day=now().date() + timedelta(days=20))
    registered(event, state=State.ACCREDITED, category=None, country=None)
    sign_in(client, make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id))
    page = client.get(f"/ar/console/events/{event.slug}/registrations/numbers").get_data(as_text=True)
    assert "<table" in page

"""A preparatory day at the doors: a gate of its own before the event's days, for whom its sessions are."""

from datetime import time, timedelta

import time_machine
from flask.testing import FlaskClient

from eventhub.checkin import actions, queries, rooms
from eventhub.checkin.models import GateKey, Refusal, Scan
from eventhub.checkin.rooms import Door
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event, Publication, Session
from eventhub.registration import line
from eventhub.registration.models import State
from tests.checkin.scene import badge, in_words
from tests.factories.people import make_person, make_staff, sign_in
from tests.factories.programme import make_event, make_session
from tests.factories.registration import make_registration, open_registration

LINK = "https://meet.example.org/briefing"


def prepared(**given: object) -> tuple[Event, Session]:
    """A forum that begins tomorrow, with a briefing for minority groups today."""
    first = now().date() + timedelta(days=1)
    event = make_event(time_zone="UTC", first_day=first, last_day=first + timedelta(days=1))
    open_registration(event)
    values: dict[str, object] = {"for_categories": ["academic_expert", "media"]}
    return event, make_session(event, day=-1, start=time(9), **(values | given))  # type: ignore[arg-type]


def typed(event: Event, reference: str | None, key: GateKey) -> Scan:
    actor = make_staff(Role.CHECK_IN, event_id=event.id)
    return actions.scan_typed(actor, event, queries.gate_of(event, str(key)), reference or "")


def test_the_day_has_a_gate_for_those_its_sessions_are_for(database: None) -> None:
    event, session = prepared()
    invited, other = badge(event, category="academic_expert"), badge(event, category="member_state")
    keys = GateKey(day=now().date()), GateKey(session_id=session.id)
    assert next(gate.key for gate in queries.gates(event)) == keys[0]
    for key in keys:
        assert in_words(typed(event, invited.reference, key)) == ("accepted", None)
        assert in_words(typed(event, other.reference, key)) == ("refused", Refusal.CATEGORY)
    # No rule of the gate lets others in; it narrows what the programme says.
    boss = make_staff(Role.ORGANISER, event_id=event.id)
    rule = {"modes": [], "capacity": None, "closed": False}
    actions.set_rule(boss, event, keys[1], categories=["media", "member_state"], **rule)  # type: ignore[arg-type]
    assert in_words(typed(event, other.reference, keys[1]))[1] == Refusal.CATEGORY
    late = badge(event, category="academic_expert")
    assert in_words(typed(event, late.reference, keys[1]))[1] == Refusal.CATEGORY
    (count,) = [one for one in queries.counts(event) if one.gate.key == keys[0]]
    assert (count.entered, count.expected) == (1, 1 + 1)  # who is in is expected too, and the one who came late


def test_one_session_for_everybody_opens_the_day_to_everybody(database: None) -> None:
    event, _session = prepared()
    make_session(event, day=-1, start=time(15))
    make_session(event, day=-2, publication=Publication.DRAFT)
    days = [gate for gate in queries.gates(event) if gate.key.day]
    assert [gate.key.day for gate in days] == [event.first_day + timedelta(days=number) for number in (-1, 0, 1)]
    assert days[0].let_in == frozenset()
    assert in_words(typed(event, badge(event).reference, days[0].key)) == ("accepted", None)


def test_the_room_online_is_closed_to_others(client: FlaskClient) -> None:
    event, session = prepared(join_link=LINK)
    people: list[Person] = []
    for category in ("academic_expert", "member_state"):
        person = make_person()
        make_registration(event, person, state=State.ACCREDITED, has_seat=True, category=category)
        people.append(person)
    with time_machine.travel(session.starts_at, tick=False):
        doors = [rooms.room(event.slug, session.id, person).door(now()) for person in people]
        assert doors == [Door.OPEN, Door.FOR_OTHERS]
        sign_in(client, people[1])
        page = client.get(f"/en/events/{event.slug}/sessions/{session.id}/join")
        assert "This session is for other participants" in page.text
        assert LINK not in page.text


def test_the_event_itself_begins_on_its_own_day(database: None) -> None:
    event, _session = prepared()
    plenary = make_session(event, start=time(10))
    assert line.begins(event.id) == plenary.starts_at
    assert not line.is_over(event.id, plenary.starts_at - timedelta(hours=1))


def test_the_programme_says_so_everywhere(client: FlaskClient) -> None:
    event, session = prepared(title={"en": "Briefing for speakers"})
    make_session(event)
    page = client.get(f"/en/events/{event.slug}").text
    assert "Preparatory day" in page
    assert "Only for:" in page
    assert page.index("Preparatory day") < page.index("Briefing for speakers")
    data = client.get("/open-data/events.json").get_json(force=True)
    (rows,) = [one["sessions"] for one in data["events"] if one["code"] == event.code]
    (mine,) = [row for row in rows if row["id"] == str(session.id)]
    assert mine["for_categories"] == ["academic_expert", "media"]
    db.session.flush()
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    assert "Preparatory day" in client.get(f"/en/console/events/{event.slug}/programme").text
    overview = client.get(f"/en/console/events/{event.slug}").text
    assert "1 session is on a preparatory day" in overview

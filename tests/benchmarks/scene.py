"""What the benchmark runs on: a forum of 5,000 registrations, a dialogue to register for, feeds of 30 and 3,000."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import time, timedelta

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from psycopg import sql
from sqlalchemy import insert

from eventhub.calendars import actions as calendars
from eventhub.calendars.feeds import feed_token
from eventhub.calendars.models import Choice
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.revisions import bump
from eventhub.kit.tokens import digest
from eventhub.people.models import Organisation, Person, Role, WebSession, name_key
from eventhub.programme.models import Event
from eventhub.registration.models import Registration, State
from eventhub.registration.reference import new_reference
from tests import servers
from tests.factories.people import grant, make_person
from tests.factories.programme import make_session
from tests.factories.registration import make_dialogue, make_forum
from tests.live import House

ROWS = 5_000
NEWCOMERS = 1_500
ACCREDITED = 3
"""A row that is accredited (see ``_registrations``): only who takes part has a feed with something in it."""


@dataclass
class Scene:
    """Addresses and cookies."""

    forum: str
    forum_id: uuid.UUID
    dialogue: str
    big_id: uuid.UUID
    personal: str
    admin: str
    newcomers: list[str]


def build(house: House) -> Scene:
    """Fill the house's database."""
    with house.work():
        forum = make_forum(capacity=6_000)
        sessions = [make_session(forum, start=time(8 + one % 10), day=one % 2, hours=0.75) for one in range(30)]
        dialogue = make_dialogue(capacity=100_000)
        big = make_forum()
        for number in range(1_000):
            make_session(big, start=time(8 + number % 10), day=number % 2, hours=0.5)
        people = _people(ROWS)
        _registrations(forum, people)
        calendars.follow_all([forum, dialogue, big])
        member = db.session.get_one(Person, people[ACCREDITED])
        for session in sessions:
            calendars.choose(member, session, Choice.GOING)
        feed = calendars.new_link(member)
        personal = feed_token(feed)
        admin = make_person()
        grant(admin, Role.ADMIN)
        bump("programme")
        scene = Scene(forum.slug, forum.id, dialogue.slug, big.id, personal, "", [])
        newcomers = _people(NEWCOMERS)
        cookies = _sessions(house.app, [admin.id, *newcomers])
    scene.admin, scene.newcomers = cookies[0], cookies[1:]
    servers.run_sql(sql.SQL("ANALYZE"), house.name)
    return scene


def people_in(event: Event, count: int) -> list[uuid.UUID]:
    """So many people with a registration for the event."""
    people = _people(count)
    _registrations(event, people)
    return people


def _people(count: int) -> list[uuid.UUID]:
    key = make_person().seal_key_id
    rows = [
        {
            "id": uuid.uuid4(),
            "name": f"Person {number} {secrets.token_hex(3)}",
            "email": f"p{number}-{secrets.token_hex(6)}@example.org",
            "seal_key_id": key,
            "nationality": "KE",
            "residence": "KE",
        }
        for number in range(count)
    ]
    db.session.execute(insert(Person), rows)
    return [uuid.UUID(str(row["id"])) for row in rows]


def _registrations(forum: Event, people: list[uuid.UUID]) -> None:
    names = [f"Organization {number} {secrets.token_hex(2)}" for number in range(400)]
    houses = [{"id": uuid.uuid4(), "name": name, "name_key": name_key(name), "kind": "ngo"} for name in names]
    db.session.execute(insert(Organisation), houses)
    references: set[str] = set()
    while len(references) < len(people):  # two of thousands may be alike
        references.add(new_reference("BENCH"))
    states = [State.UNDER_REVIEW] * 3 + [State.ACCREDITED] * 5 + [State.WAITLISTED, State.DECLINED]
    rows = [
        {
            "id": uuid.uuid4(),
            "event_id": forum.id,
            "person_id": person,
            "organisation_id": houses[number % 400]["id"],
            "state": states[number % 10],
            "has_seat": states[number % 10] is State.ACCREDITED,
            "reference": references.pop(),
            "category": "ngo_no_ecosoc",
            "attendance_mode": "in_person",
            "country": ("KE", "FR", "BR", "TH")[number % 4],
            "submitted_at": now() - timedelta(minutes=number),
            "version": 1,
        }
        for number, person in enumerate(people)
    ]
    db.session.execute(insert(Registration), rows)


def _sessions(app: Flask, people: list[uuid.UUID]) -> list[str]:
    """A signed cookie for each person, staff with their second factor."""
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    rows, cookies = [], []
    for person in people:
        secret = secrets.token_urlsafe(32)
        until = now() + timedelta(hours=8)
        rows.append({"person_id": person, "token_hash": digest(secret), "until": until, "second_factor_at": now()})
        csrf = secrets.token_hex(20)
        cookies.append(signer.dumps({"_user_id": secret, "_fresh": True, "csrf_token": csrf}))
    db.session.execute(insert(WebSession), rows)
    return cookies

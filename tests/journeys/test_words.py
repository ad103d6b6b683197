"""Pages in other scripts show no English. (That every message is translated: tests/house/test_catalogues.py.)"""

import re
from collections.abc import Iterator

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient

from eventhub.calendars.actions import follow_all
from eventhub.commitments.axes import Freshness
from eventhub.commitments.models import Says, State, Verdict
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event, EventKind, Mode, Publication, SessionKind
from eventhub.tracker.open_rows import LISTS
from tests.factories.people import make_person, sign_in
from tests.factories.programme import make_room, make_session
from tests.factories.registration import make_dialogue, register

SIX = ("ar", "zh", "en", "fr", "ru", "es")
# What stands in a page as it is, whatever the language: names, formats, addresses.
ALLOWED = frozenset(
    {"eventhub", "javascript", "google", "outlook", "calendar", "office", "person", "amina"}
    | {"wcag", "aa", "pdf", "ics", "csv", "json", "xlsx", "qr", "utc", "url", "iana", "iso", "x"}
)
CODES = {word for kind in (EventKind, Mode, Publication, SessionKind) for one in kind for word in one.value.split("_")}
CODES |= {word for kind in (Says, Verdict, State, Freshness) for one in kind for word in one.value.split("_")}
CODES |= {word for name in LISTS for word in name.split("_")} | {"date", "none"}
"""Values of fields, which the page about open data names as they stand in the files."""
NAMED_THERE = {*SIX, "title", "sessions", "concept", "note", "iCalendar"}
LATIN = re.compile(r"[A-Za-z](?:[A-Za-z’'-]*[A-Za-z])?")
MACHINE = re.compile(r"https?://\S+|webcal://\S+|\S+@\S+|\bEH-[A-Z0-9-]+|A/HRC/\S+|\b[A-Z]{2,}\d+\S*")
SKIPPED = {"script", "style", "bdi", "time", "svg", "option", "head", "code"}
TITLES = {"ar": "فعالية", "zh": "活动", "ru": "Мероприятие"}


def own_words(page: str, language: str) -> list[str]:
    """Latin words that a person sees as the page's own language: not marked as another one, no name, no island."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)

    def walk(element: object, tongue: str) -> Iterator[str]:
        assert hasattr(element, "get")
        tongue = element.get("lang") or tongue
        if element.tag in SKIPPED or tongue != language or "ltr" in (element.get("class") or "").split():
            return
        if {"code", "ref"} & set((element.get("class") or "").split()):
            return
        yield element.text or ""
        for name in ("aria-label", "alt", "title", "placeholder"):
            yield element.get(name) or ""
        for child in element:  # type: ignore[attr-defined]
            if isinstance(child.tag, str):
                yield from walk(child, tongue)
            yield child.tail or ""

    body = tree.find("body")
    text = "\n".join(walk(body, language))
    return sorted({word for word in LATIN.findall(MACHINE.sub(" ", text)) if word.lower() not in ALLOWED})


@pytest.fixture
def scene(app: Flask, database: None) -> tuple[Event, Person, str]:
    """A dialogue whose texts stand in every language, and somebody registered for it."""
    event = make_dialogue(data=None)
    for language, title in TITLES.items():
        for name in ("title", "lead", "description", "city", "venue", "practical"):
            setattr(event, name, {**(getattr(event, name) or {}), language: title})
    room = make_room(event, name=dict(TITLES))
    session = make_session(event, title=dict(TITLES), room_id=room.id)
    follow_all([event])
    person = make_person(name="Amina", time_zone="UTC")
    with app.test_request_context():
        registration = register(event, person)
    db.session.flush()
    assert session.id
    return event, person, str(registration.reference)


@pytest.mark.parametrize("language", sorted(TITLES))
def test_pages_show_no_english(client: FlaskClient, scene: tuple[Event, Person, str], language: str) -> None:
    event, person, reference = scene
    person.language = language
    own = (
        "/me",
        "/me/profile",
        "/me/email",
        "/me/consents",
        "/me/devices",
        "/me/data",
        "/me/data/erase",
        "/me/sessions",
        f"/me/sessions/events/{event.slug}",
        f"/me/registrations/{reference}",
        f"/me/registrations/{reference}/withdraw",
        f"/events/{event.slug}/register/done",
    )
    public = (
        "/",
        "/forums",
        "/dialogues",
        "/search?q=x",
        "/sign-in",
        f"/events/{event.slug}",
        f"/events/{event.slug}/documents",
        "/about/accessibility",
        "/about/safety",
        "/about/help",
        "/about/open-data",
        "/nothing-here",
    )
    seen = {path: client.get(f"/{language}{path}") for path in public}
    sign_in(client, person)
    seen |= {path: client.get(f"/{language}{path}") for path in own}
    assert {path: answer.status_code for path, answer in seen.items() if path != "/nothing-here"} == dict.fromkeys(
        (*public[:-1], *own), 200
    )
    left = {path: own_words(answer.get_data(as_text=True), language) for path, answer in seen.items()}
    left["/about/open-data"] = sorted(set(left["/about/open-data"]) - CODES - NAMED_THERE)
    assert {path: words for path, words in left.items() if words} == {}

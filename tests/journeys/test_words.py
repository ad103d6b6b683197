"""No visible string is left in English: every message is translated, and pages in other scripts show no English."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from string import Formatter

import html5lib
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient

from eventhub.calendars.actions import follow_all
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event, EventKind, Mode, Publication, SessionKind
from tests.factories.people import make_person, sign_in
from tests.factories.programme import make_room, make_session
from tests.factories.registration import make_dialogue, register

ROOT = Path(__file__).parents[2]
SIX = ("ar", "zh", "en", "fr", "ru", "es")
LANGUAGES = ("ar", "zh", "fr", "ru", "es")
PLURALS = {"ar": 6, "zh": 1, "fr": 2, "es": 2, "ru": 3}
OWN = {"_l": None, "lazy_gettext": None, "lazy_ngettext": (1, 2), "lazy_pgettext": ((1, "c"), 2)}
NAMED = re.compile(r"%\((\w+)\)[sd]")
BRACED = re.compile(r"\{(\w*)\}")
TAGS = re.compile(r"<(/?\w+)")
"""Markup of a message must come back in the translation."""


@pytest.fixture(scope="module")
def messages() -> dict[tuple[str | None, object], Message]:
    """What pybabel extracts from the source as ``make i18n`` does: context and text to the message."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        method_map, options_map = parse_mapping_cfg(file)
    catalogue = Catalog()
    for name, line, text, comments, context in extract_from_dir(
        ROOT, method_map, options_map, {**DEFAULT_KEYWORDS, **OWN}, ("Translators:",)
    ):
        catalogue.add(text, None, [(name, line)], context=context, auto_comments=comments)
    found = {(message.context, message.id): message for message in catalogue if message.id}
    assert len(found) > 1000
    return found


def catalogue_of(language: str) -> Catalog:
    """The translations as they stand in the repository."""
    path = ROOT / "eventhub" / "translations" / language / "LC_MESSAGES" / "messages.po"
    return read_po(BytesIO(path.read_bytes()), locale=language)


def placeholders(text: str) -> set[str]:
    """The parts of a message that are filled in, and its markup."""
    braced = {f"{{{name}}}" for _, name, _, _ in Formatter().parse(text) if name} if BRACED.search(text) else set()
    return set(NAMED.findall(text)) | braced | set(TAGS.findall(text))


def problems(message: Message, catalogue: Catalog, language: str) -> Iterator[str]:
    """What is wrong with the translation of one message."""
    first = message.id if isinstance(message.id, str) else message.id[0]
    mine = catalogue.get(first, message.context)
    if mine is None:
        yield f"is not in the catalogue: {first!r}"
        return
    if mine.fuzzy:
        yield f"is only a guess: {first!r}"
    forms = [mine.string] if isinstance(mine.string, str) else list(mine.string)
    if len(forms) != (1 if isinstance(message.id, str) else PLURALS[language]):
        yield f"has {len(forms)} forms: {first!r}"
    if not all(forms):
        yield f"is not translated: {first!r}"
        return
    wanted = placeholders(first if isinstance(message.id, str) else message.id[1])
    for form in forms:
        # A form for exactly one or two may say the number in a word.
        left_out = wanted - placeholders(form) - (set() if isinstance(message.id, str) else {"num", "number"})
        if left_out or placeholders(form) - wanted:
            yield f"has other parts: {first!r}: {form!r}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated(messages: dict[tuple[str | None, object], Message], language: str) -> None:
    catalogue = catalogue_of(language)
    wrong = [problem for message in messages.values() for problem in problems(message, catalogue, language)]
    assert not wrong, f"{language}: {len(wrong)} of {len(messages)}\n" + "\n".join(wrong[:60])


# What stands in a page as it is, whatever the language: names, formats, addresses.
ALLOWED = frozenset(
    {"eventhub", "javascript", "google", "outlook", "calendar", "office", "person", "amina"}
    | {"wcag", "aa", "pdf", "ics", "csv", "json", "xlsx", "qr", "utc", "url", "iana", "iso", "x"}
)
CODES = {word for kind in (EventKind, Mode, Publication, SessionKind) for one in kind for word in one.value.split("_")}
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

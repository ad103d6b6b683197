"""The public pages: what they show, what they hide, and how little they cost."""

import gzip
import json
import re
import uuid
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import html5lib
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.test import TestResponse

from eventhub.kit import revisions
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.i18n import LANGUAGES
from eventhub.programme.models import Document, Event, EventKind, Mode, Publication, SessionKind
from eventhub.programme.open_data import DOCUMENT_FIELDS, EVENT_FIELDS, SESSION_FIELDS
from eventhub.programme.search import index_event
from tests.factories.people import make_person, sign_in
from tests.factories.programme import (
    PDF_BYTES,
    add_item,
    add_panellist,
    make_document,
    make_event,
    make_room,
    make_series,
    make_session,
)

PAGES = ["/", "/forums", "/dialogues", "/search", "/search?q=forum"]
ABOUT = ["/about/accessibility", "/about/safety", "/about/help", "/about/open-data"]
MACHINE = [
    "/robots.txt",
    "/sitemap.xml",
    "/open-data/events.json",
    "/open-data/events.csv",
    "/open-data/documents.json",
]


def full_event(**given: object) -> Event:
    """An event with everything a page can show, for the search too."""
    texts = {"description": {"en": "About **it**."}, "practical": {"en": "Bring a badge."}}
    event = make_event(**(texts | given))
    room = make_room(event, name={"en": "Room XX", "ar": "القاعة XX"})
    session = make_session(
        event,
        room_id=room.id,
        title={"en": "Opening", "ar": "الافتتاح"},
        summary={"en": "Words of welcome"},
        description={"en": "The session opens."},
        interpretation=["en", "fr"],
        access_services=["international_sign"],
        join_link="https://join.example.org/secret-room",
    )
    add_item(session, "Adoption of the agenda")
    add_panellist(session, "Amina Yusuf Warsame", function={"en": "Chair"})
    make_document(event, ("en", "fr"), symbol="A/HRC/FMI/2026/1")
    index_event(event)
    return event


def addresses(event: Event) -> list[str]:
    """Every public address that an event brings."""
    base = [f"/events/{event.slug}", f"/events/{event.slug}/documents", f"/series/{event.series.slug}"]
    sessions = [f"/events/{event.slug}/sessions/{session.id}" for session in event.sessions]
    files = [f"/documents/{version.id}" for document in event.documents for version in document.versions]
    return base + sessions + files


def loaded(event: Event) -> Event:
    """The same row with what hangs on it, drafts too."""
    db.session.flush()
    db.session.expire_all()
    options = (
        joinedload(Event.series),
        selectinload(Event.sessions),
        selectinload(Event.documents).selectinload(Document.versions),
    )
    return db.session.scalars(select(Event).options(*options).where(Event.id == event.id)).one()


def world(client: FlaskClient, more: list[str]) -> dict[str, bytes]:
    """All bytes the public can fetch, headers that could tell something included."""
    paths = [f"/{lang}{path}" for lang in ("en", "ar") for path in PAGES + ABOUT + more] + MACHINE
    paths += [f"/{lang}/search?q={word}" for lang in ("en", "fr") for word in ("secret", "quartz", "forum", "session")]
    return {path: answer(client.get(path)) for path in paths}


def answer(response: TestResponse) -> bytes:
    etag = response.headers.get("ETag", "")
    return f"{response.status_code} {etag} ".encode() + response.data


def test_a_hidden_draft_changes_no_byte_of_the_public_world(client: FlaskClient) -> None:
    event = loaded(full_event())
    known = addresses(event)
    series = event.series
    secret = {"en": "Secret quartz", "fr": "Quartz secret"}
    before = world(client, known)
    missing = {path: answer(client.get(f"/en{path}")) for path in ["/events/secret", f"/documents/{uuid.uuid4()}"]}

    session = make_session(event, title=secret, publication=Publication.DRAFT)
    document = make_document(event, ("en",), title=secret, publication=Publication.DRAFT)
    hidden = full_event(title=secret, slug="secret", publication=Publication.DRAFT, series=series)
    other = full_event(title=secret, series=make_series(slug="secret-series"), publication=Publication.DRAFT)
    for one in (event, hidden, other):
        index_event(one)
    revisions.bump("programme")
    db.session.flush()

    assert world(client, known) == before
    secrets = [*addresses(loaded(hidden)), *addresses(loaded(other))[2:], f"/events/{other.slug}"]
    secrets += [f"/events/{event.slug}/sessions/{session.id}"]
    secrets += [f"/documents/{version.id}" for version in loaded(event).documents[-1].versions]
    assert document.id == loaded(event).documents[-1].id
    for path in secrets:
        if path == f"/series/{series.slug}":
            continue
        response = client.get(f"/en{path}")
        assert response.status_code == 404, path
        assert b"quartz" not in response.data.lower()
    assert answer(client.get("/en/events/secret")) == missing["/events/secret"]


@pytest.mark.parametrize("path", PAGES + ABOUT)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_stands_alone_in_every_language(client: FlaskClient, lang: str, path: str) -> None:
    response = client.get(f"/{lang}{path}")
    assert response.status_code == 200
    direction = "rtl" if lang == "ar" else "ltr"
    assert f'<html lang="{lang}" dir="{direction}">' in response.text
    assert "Set-Cookie" not in response.headers
    assert "Cookie" not in response.headers.get("Vary", "")
    tree = html5lib.parse(response.text, namespaceHTMLElements=False)
    alternates = [link.get("hreflang") for link in tree.iter("link") if link.get("rel") == "alternate"]
    assert alternates == list(LANGUAGES)
    assert len(list(tree.iter("h1"))) == 1
    assert len([script for script in tree.iter("script") if script.get("src")]) <= 1


def test_the_empty_house_says_so(client: FlaskClient) -> None:
    home = client.get("/en/").text
    assert "No forum is announced at the moment" in home
    assert "No regional forum is announced" in home
    assert "No dialogue is announced" in home
    assert "Nothing is announced at the moment" in client.get("/en/forums").text


def test_home_shows_the_next_forum_regional_forums_and_dialogues(client: FlaskClient) -> None:
    today = now().date()
    make_event(title={"en": "Last year"}, first_day=today - timedelta(days=9), last_day=today - timedelta(days=8))
    make_event(title={"en": "Called off"}, publication=Publication.CANCELLED)
    next_forum = make_event(title={"en": "The Forum"}, venue={"en": "Palais"}, last_day=today + timedelta(days=40))
    make_event(title={"en": "Asia"}, kind=EventKind.REGIONAL_FORUM, city={"en": "Bangkok"}, time_zone="Asia/Bangkok")
    dialogue = make_event(title={"en": "Fair work"}, kind=EventKind.DIALOGUE, mode=Mode.ONLINE)
    make_session(dialogue)
    text = client.get("/en/").text
    assert re.findall(r"<h1>(.*?)</h1>", text) == ["The Forum"]
    assert f'href="/en/events/{next_forum.slug}#programme"' in text
    assert "Palais, Geneva, and online" in text
    assert "Bangkok and online" in text
    assert "10:00–11:00 in Geneva" in text
    assert "Dates confirmed" in text
    assert "Last year" not in text


def test_lists_part_what_comes_from_what_is_past(client: FlaskClient) -> None:
    today = now().date()
    for number in range(23):
        day = today - timedelta(days=10 + number)
        make_event(title={"en": f"Past {number:02}"}, first_day=day, last_day=day)
    make_event(title={"en": "Coming"})
    make_event(title={"en": "Talk"}, kind=EventKind.TRAINING)
    text = client.get("/en/forums").text
    assert text.index("Coming") < text.index("Past 00") < text.index("Past 19")
    assert "Past 20" not in text
    assert "Talk" not in text
    assert "1–20 of 23" in text
    second = client.get("/en/forums?page=2").text
    assert "Past 22" in second
    assert "Past 19" not in second
    assert client.get("/en/forums?page=99").data.count(b"Past 2") == second.encode().count(b"Past 2")
    assert "Talk" in client.get("/en/dialogues").text


def test_event_page_shows_its_programme(client: FlaskClient) -> None:
    event = full_event(lead={"en": "Lead words"}, interpretation=["ar", "en", "fr"])
    make_session(event, title={"en": "Lunch"}, kind=SessionKind.BREAK, start=time(13))
    text = client.get(f"/en/events/{event.slug}").text
    for words in (
        "Lead words",
        "10:00–11:00",
        "Opening",
        "Words of welcome",
        "Amina Yusuf Warsame",
        "Chair",
        "Room XX",
    ):
        assert words in text, words
    assert "Interpretation: English and French" in text
    assert "In all sessions: International Sign" in text
    assert "<strong>it</strong>" in text
    assert "A/HRC/FMI/2026/1" in text
    assert re.search(r'<time datetime="\d{4}-\d\d-\d\dT10:00\+0[12]:00" data-local="', text)
    assert re.search(r"Times in Geneva <span class=\"ltr\">\(UTC\+[12]\)</span>", text)
    assert 'aria-current="true">Forums' in text
    assert text.count('class="rest"') == 1
    assert "<bdi>Amina Yusuf Warsame</bdi>" in text


def test_what_is_missing_falls_back_visibly(client: FlaskClient) -> None:
    event = full_event(title={"fr": "Forum des minorités"}, original_language="fr", practical={"en": "Bring a badge."})
    text = client.get(f"/ar/events/{event.slug}").text
    assert '<html lang="ar" dir="rtl">' in text
    mark = re.search(
        r'<h1><span lang="fr" dir="ltr">Forum des minorités</span> <span class="tongue-mark">(.*?)</span>', text
    )
    assert mark
    assert mark[1] == "الفرنسية"
    assert re.search(r'<div lang="en" dir="ltr"><p dir="auto">Bring a badge', text)
    assert ">الافتتاح</a>" in text
    assert "<title>Forum des minorités – EventHub</title>" in text


def test_cancelled_is_marked_and_stays(client: FlaskClient) -> None:
    event = full_event(cancelled_reason={"en": "The venue is closed."}, publication=Publication.CANCELLED)
    other = full_event()
    session = make_session(other, title={"en": "Called off"}, publication=Publication.CANCELLED)
    text = client.get(f"/en/events/{event.slug}").text
    assert "This event is cancelled" in text
    assert "The venue is closed." in text
    assert "Event cancelled" in client.get("/en/forums").text
    assert "Session cancelled" in client.get(f"/en/events/{other.slug}").text
    assert "This session is cancelled" in client.get(f"/en/events/{other.slug}/sessions/{session.id}").text


def test_session_page(client: FlaskClient) -> None:
    event = full_event()
    (session,) = loaded(event).sessions
    text = client.get(f"/en/events/{event.slug}/sessions/{session.id}").text
    for words in ("Opening", "The session opens.", "Adoption of the agenda", "Chair", "Room XX", "International Sign"):
        assert words in text, words
    assert "English and French" in text
    assert f'href="/en/events/{event.slug}#programme"' in text


def test_the_link_to_join_is_on_no_public_page(client: FlaskClient) -> None:
    event = loaded(full_event())
    for path in [f"/en{path}" for path in addresses(event)] + MACHINE + ["/en/search?q=secret-room"]:
        assert b"secret-room" not in client.get(path).data.replace(b"q=secret-room", b"").replace(
            b'value="secret-room"', b""
        )


def test_documents_are_filtered_by_type_and_language(client: FlaskClient) -> None:
    event = make_event()
    make_document(event, ("en",), title={"en": "Agenda"}, kind="provisional_agenda")
    make_document(event, ("en", "fr"), title={"en": "Note"}, kind="concept_note")
    where = f"/en/events/{event.slug}/documents"

    def found(query: str) -> list[str]:
        return re.findall(r'<li id="d-[^"]+"><a [^>]+>(.*?)</a>', client.get(where + query).text)

    assert found("") == ["Agenda", "Note"]
    assert found("?type=concept_note") == ["Note"]
    assert found("?language=fr") == ["Note"]
    assert found("?type=provisional_agenda&language=fr") == []
    assert "No document fits" in client.get(f"{where}?type=provisional_agenda&language=fr").text
    assert found("?type=x&language=<b>") == ["Agenda", "Note"]
    assert "French" in client.get(f"{where}?language=fr").text
    assert "No documents yet" in client.get(f"/en/events/{make_event().slug}/documents").text


def test_files_are_saved_not_shown(client: FlaskClient) -> None:
    event = loaded(full_event())
    (version, *_) = event.documents[0].versions
    response = client.get(f"/en/documents/{version.id}")
    assert response.data == PDF_BYTES
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/en/events/none",
        "/en/events/none/documents",
        "/en/events/none/sessions/95ccdf75-b77b-4b55-92a3-32725133fcc9",
        "/en/events/x/sessions/1",
        "/en/documents/22a3c2c5-f59c-4d49-9b9c-189cbb18e2ed",
        "/en/documents/../../etc/passwd",
        "/en/series/none",
        "/en/about/none",
        "/en/about/",
        "/de/",
        "/en/events/%00",
        "/en/events/" + "a" * 3000,
        "/open-data/persons.json",
    ],
)
def test_unknown_things_are_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_head_answers_like_get_without_a_body(client: FlaskClient) -> None:
    event = full_event()
    for path in ["/en/", f"/en/events/{event.slug}", "/sitemap.xml", "/open-data/events.json"]:
        got, head = client.get(path), client.head(path)
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["ETag"] == got.headers["ETag"]


def test_unchanged_pages_answer_304_without_being_built(client: FlaskClient, statements: list[str]) -> None:
    event = full_event()
    path = f"/en/events/{event.slug}"
    first = client.get(path)
    etag, _weak = first.get_etag()
    statements.clear()
    for given in (f'"{etag}"', f'"other", "{etag}"', f'W/"{etag}"', "*"):
        response = client.get(path, headers={"If-None-Match": given})
        assert (response.status_code, response.data) == (304, b""), given
        assert response.headers["ETag"] == first.headers["ETag"]
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert len(statements) == 5, "one question each: the revisions of all that the page is made of"
    assert all("revision" in statement for statement in statements)


def test_a_change_is_seen_at_once(client: FlaskClient) -> None:
    event = full_event()
    path = f"/en/events/{event.slug}"
    before = client.get(path)
    event.title = {"en": "Another name"}
    revisions.bump("programme")
    db.session.flush()
    after = client.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "Another name" in after.text


def test_pages_are_packed_only_for_who_unpacks(app: Flask, client: FlaskClient) -> None:
    event = full_event()
    path = f"/en/events/{event.slug}"
    plain = client.get(path)
    packed = FlaskClient(app).get(path, headers={"Accept-Encoding": "br, gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"


def test_the_first_visit_stays_within_thirty_kilobytes_and_four_requests(app: Flask, client: FlaskClient) -> None:
    event = full_event()
    for _ in range(12):
        session = make_session(event, summary={"en": "A sentence about what is discussed here and by whom. "})
        add_panellist(session, "Somebody With Long Names", function={"en": "Panellist"})
    for path in ("/en/", f"/en/events/{event.slug}", "/ar/search?q=forum"):
        response = FlaskClient(app).get(path, headers={"Accept-Encoding": "gzip"})
        html = gzip.decompress(response.data).decode() if "Content-Encoding" in response.headers else response.text
        page = len(response.data) if "Content-Encoding" in response.headers else len(gzip.compress(response.data))
        parts = set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', html))
        assert len(parts) <= 3
        size = page + sum(len(client.get(part, headers={"Accept-Encoding": "gzip"}).data) for part in parts)
        assert size <= 30_000, (path, size)


def test_an_event_page_is_built_with_few_statements(client: FlaskClient, statements: list[str]) -> None:
    counts = []
    for sessions in (1, 3):
        event = full_event()
        for _ in range(sessions):
            session = make_session(event, room_id=make_room(event).id)
            add_item(session)
            add_panellist(session, "Somebody")
            make_document(event, ("en", "ar"))
        db.session.flush()
        path = f"/en/events/{event.slug}"
        statements.clear()
        assert client.get(path).status_code == 200
        counts.append(len(statements))
        statements.clear()
        assert client.get(path).status_code == 200
        assert len(statements) == 1
    assert counts[0] == counts[1] <= 9


@pytest.mark.parametrize("path", ["/", "/forums", "/dialogues"])
def test_lists_are_built_with_few_statements(client: FlaskClient, statements: list[str], path: str) -> None:
    counts = []
    for _ in range(2):
        for kind in (EventKind.FORUM, EventKind.REGIONAL_FORUM, EventKind.DIALOGUE):
            make_session(make_event(kind=kind))
        revisions.bump("programme")
        db.session.flush()
        statements.clear()
        assert client.get(f"/en{path}").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6


def test_a_signed_in_reader_gets_the_page_of_everybody(client: FlaskClient) -> None:
    event = full_event()
    before = client.get(f"/en/events/{event.slug}")
    person = make_person(name="Zebedee Quux", discreet=True)
    sign_in(client, person)
    with client.session_transaction() as session:
        session["_flashes"] = [("ok", "For you alone")]
    revisions.bump("programme")
    after = client.get(f"/en/events/{event.slug}")
    assert after.data == before.data
    assert "Set-Cookie" not in after.headers
    with client.session_transaction() as session:
        assert session["_flashes"] == [("ok", "For you alone")]


@pytest.mark.parametrize(
    ("asked", "lang"),
    [("ar,en;q=0.5", "ar"), ("zh-Hans-CN", "zh"), ("de", "en"), ("", "en"), ("de, fr;q=0.1", "fr"), ("x" * 5000, "en")],
)
def test_the_front_door_leads_to_the_readers_language(client: FlaskClient, asked: str, lang: str) -> None:
    response = client.get("/", headers={"Accept-Language": asked} if asked else {})
    assert (response.status_code, response.headers["Location"]) == (302, f"/{lang}/")
    assert response.headers["Vary"] == "Accept-Language"
    assert "Set-Cookie" not in response.headers


def test_open_data_holds_what_its_page_describes(client: FlaskClient) -> None:
    event = full_event()
    full_event(title={"en": '=cmd|"x"!A1'}, publication=Publication.CANCELLED)
    found = json.loads(client.get("/open-data/events.json").data)
    mine = next(row for row in found["events"] if row["code"] == event.code)
    assert set(mine) == set(EVENT_FIELDS) | {"sessions"}
    assert set(mine["sessions"][0]) == set(SESSION_FIELDS)
    assert mine["title"] == event.title
    assert mine["url"] == f"http://localhost/en/events/{event.slug}"
    assert [row["status"] for row in found["events"]].count("cancelled") == 1
    documents = json.loads(client.get("/open-data/documents.json").data)["documents"]
    assert set(documents[0]) == set(DOCUMENT_FIELDS)
    assert set(documents[0]["files"]) == {"en", "fr"}
    table = client.get("/open-data/events.csv")
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert table.data.startswith('\ufeff"code","url","series"'.encode())
    assert "'=cmd" in table.text
    described = client.get("/en/about/open-data").text
    for name in (*EVENT_FIELDS, *SESSION_FIELDS, *DOCUMENT_FIELDS):
        assert f"<code>{name}</code>" in described


@pytest.mark.parametrize("path", MACHINE)
def test_machines_are_answered_without_a_session(client: FlaskClient, path: str) -> None:
    full_event()
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["ETag"]
    assert "Set-Cookie" not in response.headers
    assert b"Amina" not in response.data
    assert client.get(path, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_the_site_map_names_public_pages_in_six_languages(client: FlaskClient) -> None:
    event = loaded(full_event())
    pages = [f"/events/{event.slug}", f"/events/{event.slug}/sessions/{event.sessions[0].id}"]
    text = client.get("/sitemap.xml").text
    for lang in LANGUAGES:
        for page in pages:
            assert f"<loc>http://localhost/{lang}{page}</loc>" in text
    for address in re.findall(r"<loc>http://localhost(.*?)</loc>", text):
        assert client.get(address).status_code == 200, address
    assert "Sitemap: http://localhost/sitemap.xml" in client.get("/robots.txt").text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_footer_pages_have_headings_in_order(client: FlaskClient, lang: str) -> None:
    for path in ABOUT:
        levels = [int(level) for level in re.findall(r"<h([1-6])", client.get(f"/{lang}{path}").text)]
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), (path, levels)


def test_names_and_texts_are_never_markup(client: FlaskClient) -> None:
    attack = "<script>alert(1)</script>"
    event = full_event(
        **{name: {"en": attack} for name in ("title", "lead", "description", "practical", "city", "venue")}
    )
    session = make_session(event, title={"en": attack}, summary={"en": attack}, description={"en": attack})
    add_panellist(session, attack, function={"en": attack})
    add_item(session, attack)
    make_document(event, title={"en": attack}, symbol=attack)
    index_event(event)
    for path in addresses(loaded(event))[:5]:
        assert b"<script>alert" not in client.get(f"/en{path}").data
    for path in ("/en/", "/en/forums", "/en/search?q=script", "/sitemap.xml"):
        assert b"<script>alert" not in client.get(path).data


def test_pages_change_with_the_clock(client: FlaskClient) -> None:
    make_event(title={"en": "Soon"}, first_day=date(2027, 3, 9), last_day=date(2027, 3, 10), time_zone="Asia/Bangkok")

    def seen_at(instant: datetime) -> str:
        with time_machine.travel(instant, tick=False):
            return client.get("/en/forums").text

    assert "Dates confirmed" in seen_at(datetime(2027, 3, 8, 16, 59, tzinfo=UTC))
    assert "Taking place now" in seen_at(datetime(2027, 3, 8, 17, 0, tzinfo=UTC))
    last = seen_at(datetime(2027, 3, 10, 16, 59, tzinfo=UTC))
    assert "Nothing is announced" not in last
    assert "Nothing is announced" in seen_at(datetime(2027, 3, 10, 17, 0, tzinfo=UTC))

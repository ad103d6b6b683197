"""The search finds what is public, in six languages, whatever is typed."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import Markup
from sqlalchemy import select

from eventhub.kit.db import db, unit_of_work
from eventhub.programme.models import Event, Publication, SearchEntry, SessionKind
from eventhub.programme.search import PER_PAGE, Found, index_document, index_event, reindex_all, search
from tests.factories.programme import (
    add_item,
    add_panellist,
    make_document,
    make_event,
    make_room,
    make_session,
)

FORUM = {
    "en": "Forum on Minority Issues, nineteenth session",
    "fr": "Forum sur les questions relatives aux minorités, dix-neuvième session",
    "es": "Foro sobre Cuestiones de las Minorías, 19º período de sesiones",
    "ru": "Форум по вопросам меньшинств, девятнадцатая сессия",
    "ar": "المنتدى المعني بقضايا الأقليات، الدورة التاسعة عشرة",
    "zh": "少数群体问题论坛第十九届会议",
}


def titles(found: Found) -> list[str]:
    return [hit.title.striptags() for hit in found.hits]


@pytest.fixture
def forum(database: None) -> Event:
    event = make_event(title=FORUM, lead={"en": "Equal access to public life.", "fr": "L’égalité d’accès."})
    index_event(event)
    return event


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("zh", "少数群体"),
        ("zh", "论坛"),
        ("ar", "اقليات"),
        ("ar", "الأقلية"),
        ("ar", "منتدى"),
        ("en", "minority"),
        ("en", "MINORITIES"),
        ("en", "forum minor"),
        ("fr", "minorites"),
        ("fr", "égalité"),
        ("fr", "egalite"),
        ("es", "minorias"),
        ("ru", "меньшинства"),
        ("ru", "вопрос"),
    ],
)
def test_finds_the_forum_in_every_language(forum: Event, language: str, question: str) -> None:
    found = search(question, language)
    assert [(hit.object_id, hit.language, found.alike) for hit in found.hits] == [(forum.id, language, False)]


@pytest.mark.parametrize(
    ("language", "question"),
    [("en", "minorty isues"), ("ru", "меншинств"), ("fr", "minoritees"), ("es", "cuestione minoria")],
)
def test_a_mistyped_word_finds_what_is_written_alike(forum: Event, language: str, question: str) -> None:
    found = search(question, language)
    assert [hit.object_id for hit in found.hits] == [forum.id]


def test_what_is_unlike_everything_finds_nothing(forum: Event) -> None:
    assert search("xylophone quartz", "en").hits == []


def test_one_hit_for_each_thing_in_the_language_of_the_page_else_of_the_words(forum: Event) -> None:
    assert [hit.language for hit in search("forum", "fr").hits] == ["fr"]
    assert [hit.language for hit in search("forum minority", "zh").hits] == ["en"]
    found = search("少数群体", "en")
    assert [(hit.language, hit.direction) for hit in found.hits] == [("zh", "ltr")]
    assert [(hit.language, hit.direction) for hit in search("الأقليات", "en").hits] == [("ar", "rtl")]


def test_titles_come_before_texts(database: None) -> None:
    body = make_event(title={"en": "A gathering"}, description={"en": "Statelessness. " * 30})
    title = make_event(title={"en": "Statelessness and birth registration"})
    for event in (body, title):
        index_event(event)
    assert [hit.object_id for hit in search("statelessness", "en").hits] == [title.id, body.id]


def test_snippets_mark_the_words_and_nothing_else(database: None) -> None:
    event = make_event(
        title={"en": "A <b>bold</b> title & more"},
        description={"en": "Lead. " * 60 + "The **languages** of <script>alert(1)</script> schools. " + "End. " * 60},
    )
    index_event(event)
    (hit,) = search("language", "en").hits
    assert Markup("<mark>languages</mark>") in hit.snippet
    assert "<script" not in hit.snippet
    assert hit.snippet.startswith("… ")
    assert hit.snippet.endswith(" …")
    assert len(hit.snippet.striptags()) < 300
    assert hit.title == Markup("A &lt;b&gt;bold&lt;/b&gt; title &amp; more")
    (hit,) = search("bold", "en").hits
    assert hit.title == Markup("A &lt;b&gt;<mark>bold</mark>&lt;/b&gt; title &amp; more")


def test_snippets_mark_within_chinese_and_arabic(forum: Event) -> None:
    (chinese,) = search("少数群体", "zh").hits
    assert chinese.title == Markup("<mark>少数群体</mark>问题论坛第十九届会议")
    (arabic,) = search("اقليات", "ar").hits
    assert "<mark>الأقليات</mark>" in arabic.title


def test_sessions_and_documents_are_found_with_their_event(forum: Event) -> None:
    room = make_room(forum, name={"en": "Room XX"})
    session = make_session(forum, title={"en": "Languages at school"}, room_id=room.id)
    add_item(session, "Mother tongue")
    note = make_document(forum, symbol="A/HRC/FMI/2026/1", title={"en": "Provisional agenda"})
    index_event(forum)
    assert [hit.object_id for hit in search("mother tongue", "en").hits] == [session.id]
    assert [hit.object_id for hit in search("A/HRC/FMI/2026/1", "en").hits] == [note.id]
    assert [hit.object_id for hit in search("hrc/fmi/2026", "fr").hits] == [note.id]
    assert [hit.kind for hit in search("agenda", "en", ("document",)).hits] == ["document"]
    assert search("agenda", "en", ("event",)).hits == []


def test_names_of_panellists_are_not_searched(forum: Event) -> None:
    add_panellist(make_session(forum), "Amina Yusuf Warsame", function={"en": "Chair"})
    index_event(forum)
    assert search("Amina Warsame", "en").total == 0
    assert search("Amina", "en").total == 0


@pytest.mark.parametrize("state", [Publication.DRAFT, Publication.CANCELLED])
def test_only_drafts_are_unknown(database: None, state: Publication) -> None:
    event = make_event(title={"en": "Quartz gathering"}, publication=state)
    make_session(event, title={"en": "Quartz session"})
    make_document(event, title={"en": "Quartz paper"})
    index_event(event)
    assert search("quartz", "en").total == (0 if state is Publication.DRAFT else 3)


def test_draft_sessions_and_documents_and_breaks_are_unknown(database: None) -> None:
    event = make_event(title={"en": "Gathering"})
    make_session(event, title={"en": "Quartz session"}, publication=Publication.DRAFT)
    make_session(event, title={"en": "Quartz break"}, kind=SessionKind.BREAK)
    hidden = make_document(event, title={"en": "Quartz paper"}, publication=Publication.DRAFT)
    make_document(event, (), title={"en": "Quartz without a file"})
    index_event(event)
    index_document(hidden)
    assert search("quartz", "en").total == 0


def test_a_draft_that_is_still_indexed_is_not_found(database: None) -> None:
    event = make_event(title={"en": "Quartz gathering"})
    index_event(event)
    event.publication = Publication.DRAFT
    db.session.flush()
    assert search("quartz", "en").total == 0


def test_changes_are_known_after_indexing(database: None) -> None:
    event = make_event(title={"en": "Quartz gathering"})
    note = make_document(event, title={"en": "Old paper"})
    index_event(event)
    event.title = {"en": "Granite gathering"}
    note.title = {"en": "New paper"}
    index_event(event)
    index_document(note)
    assert [search(word, "en").total for word in ("quartz", "granite", "old", "new")] == [0, 2, 0, 1]
    note.publication = Publication.CANCELLED
    index_document(note)
    assert search("new paper", "en").total == 0


def test_reindexing_everything_gives_the_same_entries(forum: Event) -> None:
    make_session(forum)
    make_document(forum, ("en", "ar"))
    index_event(forum)
    columns = (SearchEntry.kind, SearchEntry.object_id, SearchEntry.language, SearchEntry.plain, SearchEntry.vector)
    before = set(map(tuple, db.session.execute(select(*columns))))
    db.session.query(SearchEntry).delete()
    assert reindex_all() == 1
    assert set(map(tuple, db.session.execute(select(*columns)))) == before != set()


def test_pages_turn_without_loss(database: None) -> None:
    events = [make_event(title={"en": f"Quartz {number}"}) for number in range(PER_PAGE + 3)]
    for event in events:
        index_event(event)
    first, second, beyond = (search("quartz", "en", page=page) for page in (1, 2, 9))
    assert (first.total, first.pages, len(first.hits), len(second.hits)) == (PER_PAGE + 3, 2, PER_PAGE, 3)
    assert {hit.object_id for hit in first.hits + second.hits} == {event.id for event in events}
    assert [hit.object_id for hit in beyond.hits] == [hit.object_id for hit in first.hits]


ATTACKS = [
    "",
    " ",
    "'",
    "''",
    "\\",
    "a' | 'b",
    "a & | ! ( ) <-> :*",
    "'; DROP TABLE event; --",
    "%",
    "_%_",
    "{a}",
    ":A",
    "<script>alert(1)</script>",
    "\u202e\u200b",
    "ﷺ" * 50,
    "的",
    "😀",
    "a" * 5000,
    "a " * 3000,
    "((((((((",
    "/" * 300,
    "A/1/" * 200,
    "\ud800",
    "\x00null",
]


@pytest.mark.parametrize("question", ATTACKS)
def test_no_question_breaks_the_search(forum: Event, question: str) -> None:
    assert search(question.replace("\x00", "").encode(errors="ignore").decode(), "en").page == 1


@pytest.mark.parametrize("question", ATTACKS)
def test_no_question_breaks_the_page(client: FlaskClient, question: str) -> None:
    with unit_of_work():
        index_event(make_event(title=FORUM))
    for language in ("en", "ar"):
        raw = question.encode("utf-8", "surrogatepass")
        response = client.get(f"/{language}/search", query_string="q=" + "".join(f"%{byte:02x}" for byte in raw))
        assert response.status_code == 200
        assert b"<script>alert" not in response.data


@pytest.mark.parametrize(
    "query", ["page=-1", "page=x", "page=999999999999", "kind=person", "kind=", "q=a&q=b", "page=²"]
)
def test_odd_parameters_are_ignored(client: FlaskClient, query: str) -> None:
    with unit_of_work():
        index_event(make_event(title=FORUM))
    response = client.get(f"/en/search?q=forum&{query}")
    assert response.status_code == 200
    assert "<mark>Forum</mark>" in response.text


def test_search_takes_few_statements(app: Flask, client: FlaskClient, statements: list[str]) -> None:
    counts = []
    for more in (1, 3):
        with unit_of_work():
            for _ in range(more):
                event = make_event(title={"en": "Quartz"})
                make_session(event, title={"en": "Quartz session"})
                index_event(event)
        statements.clear()
        assert client.get("/en/search?q=quartz").status_code == 200
        counts.append(len(statements))
    statements.clear()
    client.get("/en/search?q=qwartzz")
    assert counts == [2, 2]
    assert len(statements) <= 4


def test_the_search_page_keeps_nothing(client: FlaskClient) -> None:
    response = client.get("/en/search?q=somebody")
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers
    assert 'content="noindex"' in response.text
    assert "Nothing found" in response.text
    assert 'value="somebody"' in response.text
    assert "/ar/search?q=somebody" in response.text

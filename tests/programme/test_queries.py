"""What the public may read, and what does not exist for it."""

import uuid
from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy.exc import InvalidRequestError

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.programme import queries
from eventhub.programme.models import Event, EventKind, Publication, SessionKind
from tests.factories.programme import (
    add_item,
    add_panellist,
    add_version,
    make_document,
    make_event,
    make_room,
    make_series,
    make_session,
)


@pytest.fixture(autouse=True)
def _rows(database: None) -> None:
    """Every test here writes rows."""


def test_drafts_are_in_no_list() -> None:
    shown = make_event(kind=EventKind.DIALOGUE)
    cancelled = make_event(publication=Publication.CANCELLED)
    make_event(publication=Publication.DRAFT)
    assert {event.id for event in queries.public_events()} == {shown.id, cancelled.id}
    assert [event.id for event in queries.public_events(queries.DIALOGUES)] == [shown.id]
    assert {event.id for event in queries.public_programmes()} == {shown.id, cancelled.id}


def test_lists_leave_the_long_texts_where_they_are() -> None:
    make_event(description={"en": "long"})
    db.session.expire_all()
    (event,) = queries.public_events()
    assert event.series.slug
    with pytest.raises(InvalidRequestError):
        _ = event.description


def test_a_series_exists_once_it_has_something_to_show() -> None:
    series = make_series()
    make_event(series, publication=Publication.DRAFT)
    with pytest.raises(NotFound):
        queries.public_series(series.slug)
    event = make_event(series)
    found, events = queries.public_series(series.slug)
    assert (found.id, [one.id for one in events]) == (series.id, [event.id])


def test_an_event_comes_whole_and_without_its_drafts() -> None:
    event = make_event()
    room = make_room(event)
    session = make_session(event, room_id=room.id)
    cancelled = make_session(event, publication=Publication.CANCELLED, day=1)
    make_session(event, publication=Publication.DRAFT)
    add_item(session, "Second", position=2)
    add_item(session, "First", position=1)
    add_panellist(session, "Amina")
    document = make_document(event, ("en", "fr"))
    make_document(event, publication=Publication.DRAFT)
    make_document(event, publication=Publication.CANCELLED)
    make_document(event, ())
    db.session.expire_all()
    found = queries.public_event(event.slug)
    assert [one.id for one in found.sessions] == [session.id, cancelled.id]
    whole = queries.public_session(event.slug, session.id)
    assert [item.title["en"] for item in whole.items] == ["First", "Second"]
    assert [one.name for one in found.sessions[0].panellists] == ["Amina"]
    assert found.sessions[0].room is not None
    assert [one.id for one in found.documents] == [document.id]
    assert sorted(version.language for version in found.documents[0].versions) == ["en", "fr"]


@pytest.mark.parametrize("slug", ["none", "", "EVENT-1", "event-1'--", "\u202e"])
def test_unknown_events_are_not_found(slug: str) -> None:
    with pytest.raises(NotFound):
        queries.public_event(slug)


def test_a_session_is_public_only_with_its_event() -> None:
    event = make_event()
    session = make_session(event)
    draft = make_session(event, publication=Publication.DRAFT)
    assert queries.public_session(event.slug, session.id).event.series.slug
    for slug, session_id in [(event.slug, draft.id), ("other", session.id), (event.slug, uuid.uuid4())]:
        with pytest.raises(NotFound):
            queries.public_session(slug, session_id)
    event.publication = Publication.DRAFT
    db.session.flush()
    with pytest.raises(NotFound):
        queries.public_session(event.slug, session.id)


def test_a_file_is_public_only_with_its_document_and_its_event() -> None:
    event = make_event()
    document = make_document(event)
    (version,) = queries.public_documents(event.slug).documents[0].versions
    newer = add_version(document, "en", 2)
    assert queries.public_version(version.id).file.name
    assert queries.public_version(newer.id).file.name
    for thing in (document, event):
        thing.publication = Publication.DRAFT
        db.session.flush()
        with pytest.raises(NotFound):
            queries.public_version(version.id)
        thing.publication = Publication.PUBLISHED
    document.publication = Publication.CANCELLED
    db.session.flush()
    with pytest.raises(NotFound):
        queries.public_version(version.id)


def test_the_newest_file_of_each_language_is_offered() -> None:
    event = make_event()
    document = make_document(event, ("en", "fr"))
    add_version(document, "en", 3)
    add_version(document, "en", 2)
    db.session.expire_all()
    (found,) = queries.public_event(event.slug).documents
    assert {code: version.number for code, version in queries.current_versions(found).items()} == {"en": 3, "fr": 1}


def test_an_event_is_over_when_its_last_day_ends_where_it_takes_place() -> None:
    day = date(2026, 11, 27)
    east = make_event(first_day=day, last_day=day, time_zone="Pacific/Auckland")
    west = make_event(first_day=day, last_day=day, time_zone="America/Panama")
    assert queries.ends(east) == datetime(2026, 11, 27, 11, tzinfo=UTC)
    assert queries.ends(west) == datetime(2026, 11, 28, 5, tzinfo=UTC)
    between = queries.listed([east, west], datetime(2026, 11, 28, 0, tzinfo=UTC))
    assert (between.coming, between.past) == ([west], [east])


def test_first_sessions_skip_drafts_breaks_and_what_is_cancelled() -> None:
    event = make_event()
    make_session(event, kind=SessionKind.BREAK)
    make_session(event, publication=Publication.DRAFT)
    make_session(event, publication=Publication.CANCELLED)
    second = make_session(event, day=1)
    make_session(event, day=1, start=time(15))
    empty = make_event()
    found = queries.first_sessions([event, empty])
    assert {event_id: session.id for event_id, session in found.items()} == {event.id: second.id}


def test_an_event_takes_four_statements_whatever_its_size(statements: list[str]) -> None:
    def fill(event: Event) -> None:
        for _ in range(3):
            session = make_session(event, room_id=make_room(event).id)
            add_item(session)
            add_panellist(session, "Amina")
            make_document(event, ("en", "fr"))

    event = make_event(first_day=now().date())
    for _ in range(2):
        fill(event)
        slug = event.slug
        db.session.expire_all()
        statements.clear()
        queries.public_event(slug)
        assert len(statements) == 4

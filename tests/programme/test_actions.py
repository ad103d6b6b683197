"""What organisers' deeds do: states, wall-clock times, promises, history, search and copies."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from eventhub.calendars import zones
from eventhub.kit import revisions
from eventhub.kit.audit import AuditEntry
from eventhub.kit.db import db
from eventhub.kit.errors import Stale
from eventhub.kit.files import FileTypeRefused, StoredFile
from eventhub.kit.i18n import show_moment
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from eventhub.programme import actions, checks, document_actions, local_time, session_actions
from eventhub.programme import console_queries as queries
from eventhub.programme.actions import EventFacts, EventTexts
from eventhub.programme.deeds import OnlyDrafts, WrongState
from eventhub.programme.models import (
    Document,
    DocumentVersion,
    Event,
    Mode,
    Publication,
    SearchEntry,
    Session,
    SessionKind,
)
from eventhub.programme.session_actions import SessionFacts, Slot
from tests.factories.people import make_person
from tests.factories.programme import (
    PDF_BYTES,
    add_item,
    add_panellist,
    make_document,
    make_event,
    make_room,
    make_session,
)

DRAFT = Publication.DRAFT
SUMMER, WINTER = date(2027, 3, 28), date(2027, 10, 31)
"""The nights when clocks change in Zurich, 2027."""


def wall(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A wall-clock time, which has no zone of its own."""
    return datetime.combine(date(year, month, day), time(hour, minute))


def utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return wall(year, month, day, hour, minute).replace(tzinfo=UTC)


@pytest.fixture
def actor(database: None) -> Person:
    return make_person()


def facts_of(event: Event, **changes: object) -> EventFacts:
    names = EventFacts.__dataclass_fields__
    return replace(EventFacts(**{name: getattr(event, name) for name in names}), **changes)


def texts_of(event: Event, **changes: object) -> EventTexts:
    names = EventTexts.__dataclass_fields__
    return replace(EventTexts(**{name: getattr(event, name) for name in names}), **changes)


def session_facts(**changes: object) -> SessionFacts:
    plain = SessionFacts(
        kind=SessionKind.PLENARY,
        title={"en": "A sitting"},
        summary={},
        description={},
        join_link=None,
        interpretation=["en"],
        access_services=[],
        chosen_beforehand=False,
    )
    return replace(plain, **changes)


def slot(day: date, starts: time = time(10), ends: time = time(11), **changes: object) -> Slot:
    return replace(Slot(day, starts, ends, None, None, None), **changes)


def promised() -> list[tuple[str, str]]:
    rows = db.session.scalars(select(Promise).order_by(Promise.id))
    return [(row.task, next(iter(row.payload.values()))) for row in rows]


def verbs(event: Event) -> list[str]:
    rows = select(AuditEntry.verb).where(AuditEntry.subject_id == event.id).order_by(AuditEntry.id)
    return [verb.removeprefix("programme.") for verb in db.session.scalars(rows)]


def edit(actor: Person, event: Event, **changes: object) -> Event:
    """Change facts of an event with its sessions as the console does."""
    sessions = queries.programme_of(event)
    move = bool(changes.pop("move_sessions", False))
    facts = facts_of(event, **changes)
    edited = actions.edit_event(actor, event, facts=facts, version=event.version, sessions=sessions, move_sessions=move)
    db.session.flush()
    return edited


# --- Wall-clock times -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "fold", "instant"),
    [
        (wall(2027, 1, 15, 10), None, utc(2027, 1, 15, 9)),
        (wall(2027, 7, 15, 10), None, utc(2027, 7, 15, 8)),
        (wall(2027, 10, 31, 2, 30), 0, utc(2027, 10, 31, 0, 30)),
        (wall(2027, 10, 31, 2, 30), 1, utc(2027, 10, 31, 1, 30)),
        (wall(2027, 10, 31, 3, 0), None, utc(2027, 10, 31, 2, 0)),
    ],
)
def test_instants(local: datetime, fold: int | None, instant: datetime) -> None:
    assert local_time.instant_of(local, "Europe/Zurich", fold) == instant


def test_gap_repeated_hour_and_unknown_zone() -> None:
    with pytest.raises(local_time.LocalTimeMissing):
        local_time.instant_of(wall(2027, 3, 28, 2, 30), "Europe/Zurich")
    with pytest.raises(local_time.LocalTimeMissing):
        local_time.instant_of(wall(2027, 3, 28, 2, 30), "Europe/Zurich", 1)
    with pytest.raises(local_time.LocalTimeTwice):
        local_time.instant_of(wall(2027, 10, 31, 2, 30), "Europe/Zurich")
    for zone in ("Mars/Olympus", "", "../../etc/passwd", "Europe", "/etc/localtime", "europe/zurich\0", "Factory"):
        with pytest.raises(local_time.UnknownZone):
            local_time.instant_of(wall(2027, 1, 1), zone)
    # Lord Howe Island moves by half an hour.
    assert local_time.is_repeated(wall(2027, 4, 4, 1, 45), "Australia/Lord_Howe")
    assert not local_time.is_repeated(wall(2027, 4, 4, 1, 15), "Australia/Lord_Howe")


def test_every_zone_offered_means_the_same_in_calendars_and_on_pages() -> None:
    names = local_time.zone_names()
    assert {"UTC", "Europe/Zurich", "Asia/Kathmandu", "America/Panama"} <= set(names)
    for name in names:
        for noon in (wall(2027, 1, 15, 12), wall(2027, 6, 15, 12)):
            instant = local_time.instant_of(noon, name)
            assert instant == zones.utc_of(noon, name)
            assert show_moment(instant, name, "en").time == "12:00"


# --- Events -----------------------------------------------------------------------------------------------------


def test_edit_refuses_an_old_version(actor: Person) -> None:
    event = make_event()
    old = event.version
    actions.edit_event_texts(actor, event, texts=texts_of(event, title={"en": "Second"}), version=old)
    db.session.flush()
    with pytest.raises(Stale):
        actions.edit_event_texts(actor, event, texts=texts_of(event, title={"en": "Third"}), version=old)
    assert event.title == {"en": "Second"}


def test_nothing_changed_is_nothing_done(actor: Person) -> None:
    event = make_event()
    before = event.version, revisions.current("programme")
    actions.edit_event_texts(actor, event, texts=texts_of(event), version=event.version)
    edit(actor, event)
    assert (event.version, revisions.current("programme")) == before
    assert (promised(), verbs(event)) == ([], [])


def test_public_event_tells_calendars_and_pages_a_draft_does_not(actor: Person) -> None:
    public, draft = make_event(), make_event(publication=DRAFT)
    revision = revisions.current("programme")
    actions.edit_event_texts(actor, draft, texts=texts_of(draft, title={"en": "Secret"}), version=draft.version)
    db.session.flush()
    assert promised() == []
    assert revisions.current("programme") == revision
    actions.edit_event_texts(actor, public, texts=texts_of(public, title={"en": "Open"}), version=public.version)
    assert promised() == [("programme.event_changed", str(public.id))]
    assert revisions.current("programme") == revision + 1
    titles = set(db.session.scalars(select(SearchEntry.title)))
    assert "Open" in titles
    assert "Secret" not in titles


def test_publish_and_cancel_move_through_the_table(actor: Person) -> None:
    event = make_event(publication=DRAFT)
    shown, hidden = make_session(event), make_session(event, publication=DRAFT, start=time(12))
    with pytest.raises(WrongState):
        actions.cancel_event(actor, event, sessions=[], reason={"en": "No"})
    actions.publish_event(actor, event, sessions=queries.programme_of(event), with_sessions=False)
    assert hidden.publication is DRAFT
    assert ("programme.session_changed", str(shown.id)) in promised()
    assert ("programme.session_changed", str(hidden.id)) not in promised()
    with pytest.raises(WrongState):
        actions.publish_event(actor, event, sessions=[], with_sessions=False)
    actions.cancel_event(actor, event, sessions=queries.programme_of(event), reason={"en": "No hall"})
    assert (event.publication, shown.publication, hidden.publication) == (
        Publication.CANCELLED,
        Publication.CANCELLED,
        DRAFT,
    )
    with pytest.raises(WrongState):
        actions.publish_event(actor, event, sessions=[], with_sessions=False)
    assert verbs(event) == ["event_published", "event_cancelled"]
    with pytest.raises(WrongState):
        session_actions.publish_session(actor, queries.session_of(event, hidden.id))
    assert session_actions.publish_all(actor, event, sessions=queries.programme_of(event)) == []


@pytest.mark.parametrize("days", [-1, 61])
def test_days_in_order(actor: Person, days: int) -> None:
    event = make_event()
    with pytest.raises(actions.DaysWrong):
        edit(actor, event, last_day=event.first_day + timedelta(days=days))


def test_code_and_address_are_fixed_once_public(actor: Person) -> None:
    public, draft = make_event(), make_event(publication=DRAFT)
    for changes in ({"code": "NEW"}, {"slug": "new-place"}):
        with pytest.raises(actions.AddressFixed):
            edit(actor, public, **changes)
        edit(actor, draft, **changes)
    assert (draft.code, draft.slug) == ("NEW", "new-place")


def test_sessions_follow_into_a_new_zone(actor: Person) -> None:
    event = make_event(first_day=date(2027, 6, 1), last_day=date(2027, 6, 2))
    session = make_session(event, start=time(10))
    edit(actor, event, time_zone="America/Panama")
    assert session.starts_local == wall(2027, 6, 1, 10)
    assert session.starts_at == utc(2027, 6, 1, 15)
    assert ("programme.session_changed", str(session.id)) in promised()


def test_sessions_move_with_the_event_only_when_asked(actor: Person) -> None:
    event = make_event(first_day=date(2027, 10, 20), last_day=date(2027, 10, 21))
    session = make_session(event, start=time(10))
    edit(actor, event, first_day=date(2027, 10, 21))
    assert session.starts_local == wall(2027, 10, 20, 10)
    ready = checks.readiness(event, queries.programme_of(event))
    assert [one.id for one in ready.preparing] == [session.id]  # the day before: a preparatory one by now
    assert ready.outside_days == []
    edit(actor, event, first_day=date(2027, 11, 4), last_day=date(2027, 11, 5), move_sessions=True)
    assert session.starts_local == wall(2027, 11, 3, 10)
    assert session.starts_at == utc(2027, 11, 3, 9)  # winter time by then


def test_moving_into_a_gap_is_refused_and_names_the_session(actor: Person) -> None:
    event = make_event(first_day=SUMMER - timedelta(days=7), last_day=SUMMER - timedelta(days=7))
    make_session(event, start=time(2, 30), title={"en": "Night watch"})
    with pytest.raises(local_time.LocalTimeMissing) as refused:
        edit(actor, event, first_day=SUMMER, last_day=SUMMER, move_sessions=True)
    assert refused.value.field == "first_day"
    assert "Night watch" in str(refused.value.message)


# --- Copies -----------------------------------------------------------------------------------------------------


def copied(actor: Person, source: Event, first_day: date, *, keep_weekday: bool = False) -> Event:
    return actions.copy_event(
        actor,
        source,
        sessions=queries.programme_of(source),
        rooms=queries.rooms_of(source),
        code="COPY1",
        slug="copy-1",
        first_day=first_day,
        keep_weekday=keep_weekday,
    )


def test_copy_keeps_wall_times_across_a_change_of_clocks(actor: Person) -> None:
    source = make_event(
        first_day=date(2026, 11, 26), last_day=date(2026, 11, 27), title={"en": "Forum", "ar": "المنتدى"}
    )
    room = make_room(source)
    one = make_session(source, start=time(10), room_id=room.id, join_link="https://a.example/", interpretation=["ar"])
    two = make_session(source, start=time(15), day=1, publication=DRAFT)
    gone = make_session(source, start=time(17), publication=Publication.CANCELLED)
    add_item(one, "First point")
    add_panellist(one, "Amina")
    make_document(source)
    event = copied(actor, source, date(2027, 6, 3))
    sessions = queries.programme_of(event)
    assert event.publication is DRAFT
    assert (event.title, event.copied_from_id) == (source.title, source.id)
    assert [one.starts_local for one in sessions] == [wall(2027, 6, 3, 10), wall(2027, 6, 4, 15)]
    assert sessions[0].starts_at == utc(2027, 6, 3, 8)  # 9 h UTC in winter, 8 h in summer
    assert all(one.publication is DRAFT for one in sessions)
    assert sessions[0].room is not None
    assert (sessions[0].room.name, sessions[0].room.event_id) == (room.name, event.id)
    assert [item.title for item in sessions[0].items] == [{"en": "First point"}]
    assert (sessions[0].panellists, sessions[0].join_link, sessions[0].interpretation) == ([], None, ["ar"])
    assert queries.documents_of(event) == []
    assert {one.id for one in queries.programme_of(source)} == {one.id, two.id, gone.id}
    event.title = {"en": "Changed"}
    db.session.flush()
    assert source.title["en"] == "Forum"


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        (date(2027, 11, 22), date(2027, 11, 25)),
        (date(2027, 11, 25), date(2027, 11, 25)),
        (date(2027, 11, 26), date(2027, 12, 2)),
    ],
)
def test_copy_keeps_the_weekday_when_asked(actor: Person, wanted: date, first: date) -> None:
    source = make_event(first_day=date(2026, 11, 26), last_day=date(2026, 11, 27))  # a Thursday
    event = copied(actor, source, wanted, keep_weekday=True)
    assert (event.first_day, event.last_day) == (first, first + timedelta(days=1))


def test_copy_into_a_gap_is_refused(actor: Person) -> None:
    source = make_event(first_day=date(2026, 3, 1), last_day=date(2026, 3, 1))
    make_session(source, start=time(2, 30))
    with pytest.raises(local_time.LocalTimeMissing):
        copied(actor, source, SUMMER)


def test_copy_of_a_repeated_hour_keeps_its_reading(actor: Person) -> None:
    source = make_event(first_day=date(2026, 10, 25), last_day=date(2026, 10, 25))
    second = utc(2026, 10, 25, 1, 30)
    make_session(source, start=time(2, 30), starts_fold=1, starts_at=second, ends_at=second + timedelta(hours=1))
    event = copied(actor, source, WINTER)
    assert queries.programme_of(event)[0].starts_at == utc(2027, 10, 31, 1, 30)


# --- Sessions ---------------------------------------------------------------------------------------------------


def test_every_change_of_a_public_session_is_promised(actor: Person) -> None:
    event = make_event()
    session = session_actions.add_session(actor, event, facts=session_facts(), slot=slot(event.first_day))
    session = queries.session_of(event, session.id)
    assert promised() == []
    deeds: list[Callable[[], object]] = [
        lambda: session_actions.publish_session(actor, session),
        lambda: session_actions.edit_session(
            actor,
            session,
            facts=session_facts(title={"en": "Renamed"}),
            slot=slot(event.first_day),
            version=session.version,
        ),
        lambda: session_actions.move_session(
            actor, session, slot=slot(event.first_day, time(12), time(13)), version=session.version
        ),
        lambda: session_actions.add_item(actor, session, title={"en": "Point"}),
        lambda: session_actions.add_panellist(actor, session, name="Amina", function={}),
        lambda: session_actions.cancel_session(actor, session, reason={"en": "The speaker is ill"}),
    ]
    for number, deed in enumerate(deeds, 1):
        version, revision = session.version, revisions.current("programme")
        deed()
        db.session.flush()
        off = [("programme.session_cancelled", str(session.id))] if number == len(deeds) else []
        assert sorted(promised()) == off + [("programme.session_changed", str(session.id))] * number
        assert session.version > version
        assert revisions.current("programme") == revision + 1
    assert verbs(event) == [
        "session_added",
        "session_published",
        "session_edited",
        "session_moved",
        "session_edited",
        "session_edited",
        "session_cancelled",
    ]


def test_public_session_of_a_draft_event_is_not_promised(actor: Person) -> None:
    event = make_event(publication=DRAFT)
    session = queries.session_of(event, make_session(event, publication=DRAFT).id)
    session_actions.publish_session(actor, session)
    assert promised() == []


def test_room_change_reaches_its_sessions(actor: Person) -> None:
    event = make_event()
    room = make_room(event)
    session, elsewhere = make_session(event, room_id=room.id), make_session(event, start=time(14))
    session_actions.edit_room(actor, event, room, name={"en": "Other hall"})
    assert promised() == [("programme.session_changed", str(session.id))]
    assert str(elsewhere.id) not in str(promised())
    with pytest.raises(session_actions.RoomInUse):
        session_actions.delete_room(actor, event, room)


def test_only_drafts_are_deleted(actor: Person) -> None:
    event = make_event()
    public = queries.session_of(event, make_session(event).id)
    with pytest.raises(OnlyDrafts):
        session_actions.delete_session(actor, public)
    draft = queries.session_of(event, make_session(event, publication=DRAFT, start=time(15)).id)
    add_item(draft)
    session_actions.delete_session(actor, draft)
    assert db.session.scalars(select(Session.id)).all() == [public.id]


def test_session_ends_after_it_begins_by_the_clock_that_matters(actor: Person) -> None:
    event = make_event(first_day=WINTER, last_day=WINTER)
    backwards = slot(WINTER, time(2, 45), time(2, 15), starts_fold=0, ends_fold=1)
    session = session_actions.add_session(actor, event, facts=session_facts(), slot=backwards)
    assert session.ends_at - session.starts_at == timedelta(minutes=30)
    with pytest.raises(session_actions.EndsBeforeStart):
        session_actions.add_session(
            actor,
            event,
            facts=session_facts(),
            slot=slot(WINTER, time(2, 15), time(2, 45), starts_fold=1, ends_fold=0),
        )


@pytest.mark.parametrize(
    ("link", "good"),
    [
        ("https://meet.example.org/a?b=c#d", True),
        ("https://münchen.example/", True),
        ("javascript:alert(1)", False),
        ("JAVASCRIPT:alert(1)", False),
        ("data:text/html,x", False),
        ("http://meet.example.org", False),
        ("//meet.example.org", False),
        ("https:meet.example.org", False),
        ("https://user@evil.example/", False),
        ("https://a.example\\@evil.example/", False),
        ("https://a.example:99999/", False),
        ("", False),
    ],
)
def test_links_to_join(actor: Person, link: str, good: bool) -> None:
    event = make_event()
    facts = session_facts(join_link=link)
    if good:
        assert session_actions.add_session(actor, event, facts=facts, slot=slot(event.first_day)).join_link == link
    else:
        with pytest.raises(session_actions.LinkUnsafe):
            session_actions.add_session(actor, event, facts=facts, slot=slot(event.first_day))


def test_clashes_need_overlap_and_a_living_session(database: None) -> None:
    event = make_event(mode=Mode.ONLINE)
    room = make_room(event)
    make_session(event, start=time(10), hours=1, room_id=room.id)
    make_session(event, start=time(11), hours=1, room_id=room.id)
    make_session(event, start=time(10), hours=1, room_id=room.id, publication=Publication.CANCELLED)
    make_session(event, start=time(10), hours=1, room_id=room.id, kind=SessionKind.BREAK)
    sessions = queries.programme_of(event)
    assert checks.clashes(sessions) == []
    late = make_session(event, start=time(11, 59), hours=1, room_id=room.id)
    clashes = checks.clashes(queries.programme_of(event))
    assert [clash.second.id for clash in clashes] == [late.id]
    ready = checks.readiness(event, queries.programme_of(event))
    assert not ready.complete
    assert len(ready.without_link) == 3


# --- Documents --------------------------------------------------------------------------------------------------


def test_new_version_keeps_the_old_one(actor: Person) -> None:
    event = make_event()
    document = queries.document_of(event, make_document(event, languages=("en",)).id)
    first = document.versions[0]
    second = document_actions.add_version(actor, document, language="en", data=PDF_BYTES, name="again.pdf")
    third = document_actions.add_version(actor, document, language="fr", data=PDF_BYTES, name="note.pdf")
    assert (first.number, second.number, third.number) == (1, 2, 1)
    assert db.session.get_one(StoredFile, first.file_id).deleted_at is None
    assert len(db.session.scalars(select(DocumentVersion)).all()) == 3


def test_wrong_type_is_refused_at_the_field(actor: Person) -> None:
    event = make_event()
    document = queries.document_of(event, make_document(event, languages=()).id)
    with pytest.raises(FileTypeRefused) as refused:
        document_actions.add_version(actor, document, language="en", data=b"GIF89a...", name="agenda.pdf")
    assert refused.value.field == "file"


def test_deleting_a_draft_gives_its_files_up(actor: Person) -> None:
    event = make_event()
    document = queries.document_of(event, make_document(event, publication=DRAFT).id)
    document_actions.delete_document(actor, document)
    assert db.session.scalars(select(Document)).all() == []
    assert all(file.deleted_at for file in db.session.scalars(select(StoredFile)))
    public = queries.document_of(event, make_document(event).id)
    with pytest.raises(OnlyDrafts):
        document_actions.delete_document(actor, public)


def test_published_document_is_found_and_a_withdrawn_one_is_not(actor: Person) -> None:
    event = make_event()
    document = queries.document_of(event, make_document(event, publication=DRAFT, title={"en": "Findable"}).id)
    document_actions.publish_document(actor, document)
    db.session.flush()
    assert "Findable" in set(db.session.scalars(select(SearchEntry.title)))
    document_actions.withdraw_document(actor, document)
    db.session.flush()
    assert "Findable" not in set(db.session.scalars(select(SearchEntry.title)))
    with pytest.raises(WrongState):
        document_actions.publish_document(actor, document)


def test_deeds_are_recorded_without_words(actor: Person) -> None:
    event = make_event()
    actions.edit_event_texts(
        actor, event, texts=texts_of(event, title={"en": "Very private words"}), version=event.version
    )
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.subject_id == event.id)).one()
    assert (entry.actor_id, entry.scope_id, entry.detail) == (actor.id, event.id, {"fields": ["title"]})


@pytest.mark.usefixtures("database")
def test_a_session_stands_on_the_days_of_its_event_or_shortly_before() -> None:
    event = make_event(first_day=date(2030, 5, 10), last_day=date(2030, 5, 11))
    one = make_session(event)
    set_committed_value(one, "event", event)
    slot = Slot(day=date(2030, 5, 3), starts=time(9), ends=time(10), starts_fold=None, ends_fold=None, room=None)
    session_actions.move_session(make_person(), one, slot=slot, version=one.version)
    for day in (date(2030, 5, 2), date(2030, 5, 12), date(2031, 5, 10)):
        with pytest.raises(session_actions.DayFarOff):
            session_actions.move_session(make_person(), one, slot=replace(slot, day=day), version=one.version)
    assert one.starts_local.date() == date(2030, 5, 3)

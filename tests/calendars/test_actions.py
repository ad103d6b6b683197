"""Entries follow their sessions: UID for ever, SEQUENCE only when it matters, and nothing when nothing changed."""

import threading
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from eventhub.calendars import actions, invites, queries
from eventhub.calendars.models import (
    CalendarEntry,
    Choice,
    ChosenSession,
    EntryBlob,
    EntryStatus,
    Feed,
    Invite,
    InviteMail,
    Method,
    Partstat,
)
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.outbox import Promise
from eventhub.kit.revisions import current
from eventhub.people.models import Person
from eventhub.programme.local_time import instant_of
from eventhub.programme.models import Event, EventKind, Publication, Session, SessionKind
from eventhub.registration.models import State
from tests.factories.calendars import make_chooser, make_dialogue, make_entry, make_room, make_seated
from tests.factories.people import make_person, make_staff
from tests.factories.programme import make_event, make_series, make_session
from tests.live import House

pytestmark = pytest.mark.usefixtures("database")


def session_of(entry: CalendarEntry) -> Session:
    return db.session.get_one(Session, entry.session_id)


def move(session: Session, minutes: int = 60) -> None:
    session.starts_local += timedelta(minutes=minutes)
    session.ends_local += timedelta(minutes=minutes)
    session.starts_at = instant_of(session.starts_local, session.time_zone, session.starts_fold)
    session.ends_at = instant_of(session.ends_local, session.time_zone, session.ends_fold)


def stored(entry: CalendarEntry) -> dict[tuple[str, str], bytes]:
    rows = db.session.scalars(
        select(EntryBlob).where(EntryBlob.entry_id == entry.id).execution_options(populate_existing=True)
    )
    return {(row.language, row.audience.value): row.body for row in rows}


def owed(method: Method | None = None) -> list[InviteMail]:
    rows = select(InviteMail).order_by(InviteMail.created_at, InviteMail.sequence)
    return [mail for mail in db.session.scalars(rows) if method in (None, mail.method)]


def test_a_published_session_gets_an_entry_in_six_languages_for_everybody_and_for_the_discreet() -> None:
    entry = make_entry()
    assert (entry.sequence, entry.status) == (0, EntryStatus.CONFIRMED)
    assert len(stored(entry)) == 12
    assert entry.uid.endswith("@meetings.example")
    assert str(entry.session_id) not in entry.uid


@pytest.mark.parametrize(
    "given",
    [{"kind": SessionKind.BREAK}, {"publication": Publication.DRAFT}, {"publication": Publication.CANCELLED}],
)
def test_breaks_drafts_and_what_was_never_published_get_none(given: dict[str, object]) -> None:
    assert actions.follow_session(make_session(make_event(), **given)) == []
    assert db.session.scalar(select(func.count(CalendarEntry.id))) == 0


def test_a_draft_event_hides_its_published_sessions() -> None:
    event = make_event(publication=Publication.DRAFT)
    make_session(event)
    assert actions.follow_event(event) == []
    event.publication = Publication.PUBLISHED
    assert len(actions.follow_event(event)) == 1


def test_nothing_changes_when_nothing_changed_an_hour_later() -> None:
    entry = make_entry()
    before, revision, stamp = stored(entry), current(actions.REVISION), entry.dtstamp
    with time_machine.travel(now() + timedelta(hours=1), tick=False):
        assert actions.follow_session(session_of(entry)) == []
    assert stored(entry) == before
    assert (current(actions.REVISION), entry.dtstamp) == (revision, stamp)


def in_another_room(session: Session) -> None:
    session.room_id = make_room(db.session.get_one(Event, session.event_id)).id


EDITS: dict[str, Callable[[Session], object]] = {
    "start and end": move,
    "end": lambda session: (
        setattr(session, "ends_local", session.ends_local + timedelta(minutes=30)),
        setattr(session, "ends_at", session.ends_at + timedelta(minutes=30)),
    ),
    "place": in_another_room,
    "join link": lambda session: setattr(session, "join_link", "https://meet.example.org/1"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_sequence_rises_with_time_place_and_join_link(edit: Callable[[Session], object]) -> None:
    entry = make_entry()
    uid, stamp = entry.uid, entry.dtstamp
    edit(session_of(entry))
    (changed,) = actions.follow_session(session_of(entry))
    assert (changed.uid, changed.sequence) == (uid, 1)
    assert changed.dtstamp > stamp
    assert all(b"\r\nSEQUENCE:1\r\n" in body for body in stored(entry).values())


def test_a_change_of_words_moves_the_stamps_alone() -> None:
    entry = make_entry()
    stamp = entry.dtstamp
    session_of(entry).title = {"en": "Other words"}
    (changed,) = actions.follow_session(session_of(entry))
    assert changed.sequence == 0
    assert changed.dtstamp == changed.last_modified > stamp
    assert b"\r\nSUMMARY;LANGUAGE=en:Other words\r\n" in stored(entry)["en", "public"]


def test_a_translated_room_name_is_no_other_place_but_a_new_name_is() -> None:
    event = make_event()
    room = make_room(event, name={"en": "Room XX"})
    entry = make_entry(event, room_id=room.id)
    room.name = {"en": "Room XX", "fr": "Salle XX"}
    assert [entry.sequence for entry in actions.follow_event(event)] == [0]
    assert b"Salle XX" in stored(entry)["fr", "public"]
    room.name = {"en": "Room XXI", "fr": "Salle XXI"}
    assert [entry.sequence for entry in actions.follow_event(event)] == [1]


def test_the_events_and_the_series_names_reach_every_entry() -> None:
    series = make_series()
    event = make_event(series)
    entries = [make_entry(event, start=time(hour)) for hour in (9, 11, 15)]
    event.title, series.title = {"en": "Renamed event"}, {"en": "Renamed series"}
    assert len(actions.follow_event(event)) == 3
    for entry in entries:
        body = stored(entry)["en", "public"].replace(b"\r\n ", b"")
        assert b"Renamed event" in body
        assert b"CATEGORIES;LANGUAGE=en:Renamed series" in body
        assert entry.sequence == 0


def test_cancelling_keeps_uid_and_times_and_coming_back_is_another_entry() -> None:
    entry = make_entry()
    session, start = session_of(entry), entry.starts_local
    session.publication = Publication.CANCELLED
    move(session)
    (cancelled,) = actions.follow_session(session)
    assert (cancelled.id, cancelled.status, cancelled.sequence) == (entry.id, EntryStatus.CANCELLED, 1)
    assert cancelled.starts_local == start
    assert all(b"\r\nSTATUS:CANCELLED\r\n" in body for body in stored(entry).values())
    assert actions.follow_session(session) == []
    session.publication = Publication.PUBLISHED
    (back,) = actions.follow_session(session)
    assert back.uid != entry.uid
    assert (back.sequence, back.status) == (0, EntryStatus.CONFIRMED)


def test_a_cancelled_event_cancels_all_its_entries() -> None:
    event = make_event()
    for hour in (9, 11):
        make_entry(event, start=time(hour))
    event.publication = Publication.CANCELLED
    assert {entry.status for entry in actions.follow_event(event)} == {EntryStatus.CANCELLED}


def test_entries_of_an_event_point_to_its_first_one_and_never_change_their_mind() -> None:
    event = make_event()
    for hour in (9, 11, 15):
        make_session(event, start=time(hour))
    entries = actions.follow_event(event)
    first = next(entry for entry in entries if entry.related_uid is None)
    assert {entry.related_uid for entry in entries if entry is not first} == {first.uid}
    assert actions.follow_event(event) == []


def test_dialogues_of_a_series_point_to_the_first_dialogue() -> None:
    series = make_series()
    entries = [
        make_entry(make_event(series, kind=EventKind.DIALOGUE)),
        make_entry(make_event(series, kind=EventKind.DIALOGUE)),
    ]
    assert [entry.related_uid for entry in entries] == [None, entries[0].uid]


# Forms let no NUL and no lone surrogate through, and PostgreSQL would hold neither.
LETTERS = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
WORDS = st.dictionaries(st.sampled_from(["en", "ar"]), st.text(LETTERS, max_size=20), min_size=1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("title"), WORDS),
        st.tuples(st.just("move"), st.integers(-600, 600)),
        st.tuples(st.just("link"), st.none() | st.just("https://meet.example.org/a")),
        st.tuples(st.just("state"), st.sampled_from([Publication.PUBLISHED, Publication.CANCELLED])),
        st.tuples(st.just("again"), st.none()),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_edits_keep_uids_and_rise_strictly(steps: list[tuple[str, object]]) -> None:
    session = make_session(make_event())
    seen: dict[str, tuple[int, object, bytes]] = {}
    for kind, value in [("again", None), *steps]:
        if kind == "title":
            session.title = value  # type: ignore[assignment]
        elif kind == "move":
            move(session, value)  # type: ignore[arg-type]
        elif kind == "link":
            session.join_link = value  # type: ignore[assignment]
        elif kind == "state":
            session.publication = value  # type: ignore[assignment]
        db.session.flush()
        changed = actions.follow_session(session)
        risen = [one for one in changed if one.uid in seen and one.sequence > seen[one.uid][0]]
        assert len(risen) <= 1
        for entry in queries.entries_of([session.id]):
            body = stored(entry)["en", "public"]
            if entry.uid in seen:
                sequence, stamp, before = seen[entry.uid]
                assert entry.sequence in (sequence, sequence + 1)
                assert (entry.dtstamp > stamp) == bool(body != before) == (entry in changed)  # type: ignore[operator]
            else:
                assert entry.sequence == 0
            seen[entry.uid] = (entry.sequence, entry.dtstamp, body)
        live = [entry for entry in queries.entries_of([session.id]) if entry.status is not EntryStatus.CANCELLED]
        assert len(live) == (session.publication is Publication.PUBLISHED)


def test_following_an_event_costs_the_same_for_one_unchanged_session_and_for_three(statements: list[str]) -> None:
    event = make_event()
    counts = []
    for hours in ([9], [11, 15]):
        for hour in hours:
            make_entry(event, start=time(hour))
        db.session.flush()
        statements.clear()
        actions.follow_event(event)
        counts.append(len(statements))
    assert counts == [3, 3]


# --- Choosing -----------------------------------------------------------------------------------------------------


def test_accreditation_chooses_what_is_chosen_beforehand_and_makes_a_link() -> None:
    event = make_event()
    plenary = make_session(event, chosen_beforehand=True)
    make_session(event, start=time(15))
    registration = make_seated(event)
    assert actions.on_accredited(registration) is False
    assert db.session.scalars(select(ChosenSession.session_id)).all() == [plenary.id]
    assert db.session.scalar(select(func.count(Feed.id))) == 1
    actions.on_accredited(registration)
    assert db.session.scalar(select(func.count(Feed.id))) == 1
    assert owed() == []


def test_accreditation_leaves_a_choice_as_it_is() -> None:
    event = make_event()
    make_session(event, chosen_beforehand=True)
    wanted = make_session(event, start=time(15))
    registration = make_seated(event)
    actions.choose_among(db.session.get_one(Person, registration.person_id), [wanted], [wanted.id])
    actions.on_accredited(registration)
    assert db.session.scalars(select(ChosenSession.session_id)).all() == [wanted.id]


def test_a_session_published_late_comes_to_those_who_have_a_seat() -> None:
    event = make_event()
    seated = make_seated(event)
    make_seated(event, state=State.WITHDRAWN)
    session = make_session(event, chosen_beforehand=True)
    actions.follow_session(session)
    assert db.session.scalars(select(ChosenSession.person_id)).all() == [seated.person_id]


def test_a_session_left_out_does_not_come_back_when_it_moves() -> None:
    event = make_event()
    session = make_session(event, chosen_beforehand=True)
    seated = make_seated(event)
    actions.follow_session(session)
    actions.leave_out(db.session.get_one(Person, seated.person_id), session.id)
    move(session)
    actions.follow_session(session)
    assert db.session.scalar(select(func.count()).select_from(ChosenSession)) == 0


def test_choosing_twice_is_choosing_once_and_the_last_word_counts() -> None:
    session = make_session(make_event())
    person = make_chooser(session)
    actions.choose(person, session, Choice.MAYBE)
    assert db.session.scalars(select(ChosenSession.choice)).all() == [Choice.MAYBE]


def test_ticking_among_an_events_sessions_leaves_others_alone() -> None:
    event = make_event()
    first, second, third = (make_session(event, start=time(hour)) for hour in (9, 11, 15))
    other = make_event()
    elsewhere = make_session(other)
    person = make_chooser(first, second)
    make_seated(other, person)
    actions.choose(person, elsewhere, Choice.GOING)
    actions.choose(person, second, Choice.MAYBE)
    assert actions.choose_among(person, [first, second, third], [second.id, third.id, elsewhere.id]) == 2
    chosen = {row.session_id: row.choice for row in db.session.scalars(select(ChosenSession))}
    assert chosen == {second.id: Choice.MAYBE, third.id: Choice.GOING, elsewhere.id: Choice.GOING}


# --- Invites ------------------------------------------------------------------------------------------------------


def test_a_dialogues_confirmation_is_an_invite_owed_once() -> None:
    event, session = make_dialogue()
    registration = make_seated(event)
    assert actions.is_confirmed_by_invite(registration)
    assert actions.on_accredited(registration) is True
    assert actions.on_accredited(registration) is False
    (mail,) = owed()
    assert (mail.method, mail.sequence) == (Method.REQUEST, 0)
    (promise,) = db.session.scalars(select(Promise).where(Promise.task == "calendars.invite"))
    assert promise.payload == {"invite_mail_id": str(mail.id)}
    assert db.session.scalars(select(ChosenSession.session_id)).all() == [session.id]


@pytest.mark.parametrize("given", [{"discreet": True}, {"email": None}])
def test_no_invite_for_the_discreet_nor_without_an_address(given: dict[str, object]) -> None:
    event, _ = make_dialogue()
    registration = make_seated(event, make_person(**given))
    assert not actions.is_confirmed_by_invite(registration)
    assert actions.on_accredited(registration) is False
    assert owed() == []


def test_a_forum_invites_nobody_by_itself() -> None:
    event = make_event()
    make_entry(event)
    assert actions.on_accredited(make_seated(event)) is False
    assert owed() == []


def test_moving_and_cancelling_tell_all_invited_in_two_statements_each(statements: list[str]) -> None:
    event, session = make_dialogue()
    for _ in range(5):
        actions.on_accredited(make_seated(event))
    first = db.session.scalars(select(Invite)).first()
    assert first
    first.partstat = Partstat.ACCEPTED
    move(session)
    db.session.flush()
    statements.clear()
    actions.follow_session(session)
    assert len([one for one in statements if "INSERT INTO promise" in one]) == 1
    updates = [mail for mail in owed(Method.REQUEST) if mail.sequence == 1]
    assert len(updates) == 5
    assert db.session.scalars(select(Invite.partstat).distinct()).all() == [Partstat.NEEDS_ACTION]
    session.publication = Publication.CANCELLED
    actions.follow_session(session)
    assert {mail.sequence for mail in owed(Method.CANCEL)} == {2}
    assert len(owed(Method.CANCEL)) == 5
    assert db.session.scalar(select(func.count(Promise.id)).where(Promise.task == "calendars.invite")) == 15


def test_words_alone_mail_nobody_unless_an_organiser_pushes_them() -> None:
    event, session = make_dialogue()
    actions.on_accredited(make_seated(event))
    session.title = {"en": "Other words"}
    actions.follow_session(session)
    assert len(owed()) == 1
    entry = actions.push_as_update(make_staff(), session)
    assert entry.sequence == 1
    assert [mail.sequence for mail in owed()] == [0, 1]


def test_pushing_what_has_no_entry_is_not_found() -> None:
    with pytest.raises(NotFound):
        actions.push_as_update(make_staff(), make_session(make_event(), publication=Publication.DRAFT))


def test_who_withdraws_is_told_alone_and_sequences_rise_for_that_person_through_a_return() -> None:
    event, session = make_dialogue()
    leaver, other = make_seated(event), make_seated(event)
    for registration in (leaver, other):
        actions.on_accredited(registration)
    actions.on_withdrawn(leaver)
    (cancel,) = owed(Method.CANCEL)
    invite = db.session.get_one(Invite, cancel.invite_id)
    assert (invite.person_id, cancel.sequence) == (leaver.person_id, 1)
    assert db.session.scalars(select(ChosenSession.person_id)).all() == [other.person_id]
    assert invites.uninvite(leaver) == []
    move(session)
    actions.follow_session(session)
    assert len([mail for mail in owed(Method.REQUEST) if mail.invite_id == invite.id]) == 1
    actions.on_accredited(leaver)
    sent = [mail.sequence for mail in owed() if mail.invite_id == invite.id]
    assert sorted(sent) == [0, 1, 3]


def test_a_dialogue_published_after_its_seats_were_given_invites_them_then() -> None:
    event = make_event(kind=EventKind.DIALOGUE)
    registration = make_seated(event)
    make_seated(event, make_person(discreet=True))
    assert actions.on_accredited(registration) is False
    session = make_session(event)
    actions.follow_session(session)
    assert len(owed()) == 1
    session.publication = Publication.CANCELLED
    actions.follow_session(session)
    session.publication = Publication.PUBLISHED
    actions.follow_session(session)
    assert [mail.method for mail in owed()].count(Method.REQUEST) == 2
    assert len({mail.invite_id for mail in owed(Method.REQUEST)}) == 2


def test_what_is_over_mails_nobody() -> None:
    event, session = make_dialogue()
    actions.on_accredited(make_seated(event))
    with time_machine.travel(session.ends_at + timedelta(hours=1), tick=False):
        session.join_link = "https://meet.example.org/late"
        actions.follow_session(session)
        actions.on_withdrawn(make_seated(event))
    assert len(owed()) == 1


def test_loading_whole_events_mails_nobody() -> None:
    event = make_event(kind=EventKind.DIALOGUE)
    make_seated(event)
    make_session(event)
    assert actions.follow_all([event]) == 1
    assert owed() == []


def test_an_answer_counts_once_and_only_while_the_invite_stands() -> None:
    event, _session = make_dialogue()
    registration = make_seated(event)
    actions.on_accredited(registration)
    invite = db.session.scalars(select(Invite)).one()
    invite.entry = db.session.get_one(CalendarEntry, invite.entry_id)
    invites.answer(invite, Partstat.ACCEPTED)
    invites.answer(invite, Partstat.TENTATIVE)
    (count,) = queries.head_counts(event)
    assert (count.accepted, count.declined, count.tentative, count.silent) == (0, 0, 1, 0)
    actions.on_withdrawn(registration)
    with pytest.raises(invites.InviteClosed):
        invites.answer(invite, Partstat.ACCEPTED)
    (count,) = queries.head_counts(event)
    assert (count.accepted, count.tentative, count.silent) == (0, 0, 0)
    assert db.session.get_one(type(registration), registration.id).state is State.ACCREDITED


def test_erasing_forgets_choices_links_invites_and_answers() -> None:
    event, _ = make_dialogue()
    registration = make_seated(event)
    actions.on_accredited(registration)
    actions.erase(registration.person_id)
    for table in (ChosenSession, Feed, Invite, InviteMail):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0


def test_a_new_link_revokes_the_old_one() -> None:
    person = make_person()
    first, second = actions.new_link(person), actions.new_link(person)
    db.session.refresh(first)
    assert first.revoked_at is not None
    assert second.token_hash != first.token_hash
    assert queries.live_feed(person) is second


# --- Together -----------------------------------------------------------------------------------------------------


@pytest.mark.lane
def test_edits_at_the_same_moment_rise_one_after_the_other(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        with house.work():
            event, session = make_dialogue()
            actions.on_accredited(make_seated(event))
            session_id = session.id
        start = threading.Barrier(4)
        failures: list[BaseException] = []

        def edit(number: int) -> None:
            try:
                start.wait()
                for step in range(5):
                    with house.work():
                        # As the console does: the session's row is written first, then the entry follows.
                        link = f"https://meet.example.org/{number}/{step}"
                        db.session.execute(update(Session).where(Session.id == session_id).values(join_link=link))
                        actions.follow_session(db.session.get_one(Session, session_id))
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=edit, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert house.query("SELECT sequence FROM calendar_entry") == [(20,)]
        sequences = [row[0] for row in house.query("SELECT sequence FROM invite_mail ORDER BY dtstamp")]
        assert sequences == list(range(21))


@pytest.mark.lane
def test_two_workers_that_follow_a_new_session_make_one_entry(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        with house.work():
            session_id = make_session(make_event()).id
        start = threading.Barrier(4)
        failures: list[BaseException] = []

        def follow() -> None:
            try:
                start.wait()
                with house.work():
                    actions.follow_session(db.session.get_one(Session, session_id))
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=follow) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert house.query("SELECT count(*), max(sequence) FROM calendar_entry") == [(1, 0)]
        assert house.query("SELECT count(*) FROM entry_blob") == [(12,)]

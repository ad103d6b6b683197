"""Answers by mail: each rule of acceptance, what a person must judge, and mails meant to harm."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from eventhub.calendars import actions, imip, invites, replies, reply_reader
from eventhub.calendars.models import ArrivedReply, CalendarEntry, Invite, InviteWord, Partstat, Word
from eventhub.calendars.replies import Refusal, TooManyUnread, addressed
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from eventhub.programme.models import Session
from eventhub.registration.models import Registration, State
from tests.calendars.answering import address_of, arrive, calendar, invited, mail, stamp
from tests.factories.people import make_person

HOUR = timedelta(hours=1)
NOTHING: tuple[str, ...] = ("-",)


@pytest.fixture(autouse=True)
def _database(database: None) -> None:
    """Every test here writes."""


def unchanged(invite: Invite) -> None:
    """Nobody answered and nothing waits."""
    assert invite.partstat is Partstat.NEEDS_ACTION
    assert invite.answered_at is None
    assert db.session.scalar(select(func.count()).select_from(InviteWord)) == 0
    assert db.session.scalar(select(func.count()).select_from(ArrivedReply)) == 0


@pytest.mark.parametrize("partstat", ["ACCEPTED", "DECLINED", "TENTATIVE"])
def test_an_answer_counts_and_registers_or_withdraws_nobody(partstat: str) -> None:
    invite, registration = invited()
    people = db.session.scalar(select(func.count()).select_from(Person))
    owed = db.session.scalar(select(func.count()).select_from(Promise))
    assert arrive(mail(invite, partstat=partstat), invite) is None
    assert invite.partstat is Partstat(partstat)
    db.session.refresh(registration)
    assert (registration.state, registration.has_seat) == (State.ACCREDITED, True)
    assert db.session.scalar(select(func.count()).select_from(Person)) == people, "nobody is made"
    assert db.session.scalar(select(func.count()).select_from(Promise)) == (owed or 0) + 1, "nothing is sent back"
    assert db.session.scalar(select(func.count()).select_from(ArrivedReply)) == 0, "the mail is not kept"


def test_a_reply_without_organizer_or_sequence_is_taken_as_outlook_com_writes_it() -> None:
    invite, _ = invited()
    assert arrive(mail(invite, without=("ORGANIZER", "SEQUENCE")), invite) is None
    assert invite.partstat is Partstat.ACCEPTED


def test_a_mailbox_that_forwards_answers_in_its_own_name() -> None:
    """The secret proves who was invited; the address that an app names may be an alias."""
    invite, _ = invited()
    assert arrive(mail(invite, attendee="alias@elsewhere.example"), invite) is None
    assert invite.partstat is Partstat.ACCEPTED


def test_the_last_answer_counts_however_often_and_in_whatever_order_mails_come() -> None:
    invite, _ = invited()
    moment = now() - HOUR
    first, second = (mail(invite, dtstamp=stamp(moment, later=n * HOUR / 4), partstat=p) for n, p in ANSWERED)
    assert arrive(second, invite) is None
    assert arrive(first, invite) is Refusal.STALE
    assert arrive(second, invite) is Refusal.STALE
    assert invite.partstat is Partstat.DECLINED


ANSWERED = ((1, "ACCEPTED"), (2, "DECLINED"))


def test_an_answer_on_the_web_is_newer_than_a_mail_written_before() -> None:
    invite, _ = invited()
    written = mail(invite, dtstamp=stamp(now(), later=-HOUR))
    found = imip.invite_token(invite)
    invites.answer(replies.queries.invite_by_token(found, lock=True), Partstat.DECLINED)
    assert arrive(written, invite) is Refusal.STALE
    assert invite.partstat is Partstat.DECLINED


def test_a_clock_that_is_ahead_bars_no_later_answer() -> None:
    invite, _ = invited()
    assert arrive(mail(invite, dtstamp="20991231T235959Z"), invite) is None
    assert invite.answer_dtstamp
    assert invite.answer_dtstamp <= now()


REFUSED: dict[str, tuple[Callable[[Invite], bytes], Refusal]] = {
    "no calendar": (lambda _one: b"Subject: On holiday\r\n\r\nBack on Monday.", Refusal.UNREADABLE),
    "nothing at all": (lambda _one: b"", Refusal.UNREADABLE),
    "a calendar cut off": (lambda one: mail(one, calendar(one)[:-20]), Refusal.UNREADABLE),
    "two calendars": (lambda one: mail(one, calendar(one) * 2), Refusal.UNREADABLE),
    "another method in the header": (lambda one: mail(one, header="REQUEST"), Refusal.METHOD),
    "no method in the header": (lambda one: mail(one, header=""), Refusal.METHOD),
    "a method that is none of ours": (lambda one: mail(one, header="PUBLISH", method="PUBLISH"), Refusal.METHOD),
    "an invite sent back": (lambda one: mail(one, header="REQUEST", method="REQUEST"), Refusal.METHOD),
    "the method twice": (
        lambda one: mail(one, calendar(one).replace("METHOD:REPLY", "METHOD:REPLY\r\nMETHOD:REPLY")),
        Refusal.METHOD,
    ),
    "no entry": (
        lambda one: mail(one, "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n"),
        Refusal.EVENTS,
    ),
    "two entries": (
        lambda one: mail(one, calendar(one).replace("END:VEVENT", "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT")),
        Refusal.EVENTS,
    ),
    "a task": (lambda one: mail(one, calendar(one).replace("VEVENT", "VTODO")), Refusal.ATTENDEES),
    "two attendees": (lambda one: mail(one, twice=("ATTENDEE",)), Refusal.ATTENDEES),
    "no attendee": (lambda one: mail(one, without=("ATTENDEE",)), Refusal.ATTENDEES),
    "another entry": (lambda one: mail(one, uid="another@meetings.example"), Refusal.UID),
    "no entry named": (lambda one: mail(one, without=("UID",)), Refusal.UID),
    "a revision that never was": (lambda one: mail(one, sequence="7"), Refusal.SEQUENCE),
    "no stamp": (lambda one: mail(one, without=("DTSTAMP",)), Refusal.STALE),
    "a stamp in local time": (lambda one: mail(one, dtstamp="20261126T100000"), Refusal.STALE),
    "a stamp that is no day": (lambda one: mail(one, dtstamp="20261341T100000Z"), Refusal.STALE),
    "not an answer": (lambda one: mail(one, partstat="NEEDS-ACTION"), Refusal.PARTSTAT),
    "somebody else sent": (lambda one: mail(one, partstat="DELEGATED"), Refusal.PARTSTAT),
    "larger than a mail may be": (lambda one: mail(one) + b"x" * reply_reader.BIGGEST, Refusal.UNREADABLE),
    "the times that stand": (lambda one: mail(one, header="COUNTER", method="COUNTER"), Refusal.TIMES),
    "times in the past": (
        lambda one: mail(one, header="COUNTER", method="COUNTER", dtstart="20200101T100000Z"),
        Refusal.TIMES,
    ),
    "an end before its start": (
        lambda one: mail(one, header="COUNTER", method="COUNTER", dtend=stamp(now())),
        Refusal.TIMES,
    ),
    "the last hour that a clock can say": (
        lambda one: mail(one, header="COUNTER", method="COUNTER", dtstart="99991231T235900Z", without=("DTEND",)),
        Refusal.TIMES,
    ),
    "the first hour that a clock can say, east of here": (
        lambda one: mail(
            one,
            calendar(one, method="COUNTER", without=("DTSTART:",)).replace(
                "END:VEVENT", "DTSTART;TZID=Asia/Tokyo:00010101T000000\r\nEND:VEVENT"
            ),
            header="COUNTER",
        ),
        Refusal.TIMES,
    ),
    "times of a zone that is none": (
        lambda one: mail(
            one, header="COUNTER", method="COUNTER", dtstart__Moon="20271126T100000", without=("DTSTART:",)
        ),
        Refusal.TIMES,
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_whatever_breaks_a_rule_changes_nothing_and_is_logged_without_a_person(
    kind: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    write, why = REFUSED[kind]
    invite, _ = invited(email=f"amina-{kind.count('a')}@private.example")
    assert arrive(write(invite), invite) is why
    unchanged(invite)
    said = caplog.text + "".join(capfd.readouterr())
    assert "private.example" not in said
    assert imip.invite_token(invite) not in said


def test_an_invite_that_is_closed_takes_no_answer() -> None:
    invite, registration = invited()
    invites.uninvite(registration)
    assert arrive(mail(invite), invite) is Refusal.CLOSED
    assert invite.partstat is Partstat.NEEDS_ACTION


def test_the_mailbox_alone_does_not_speak_for_whoever_has_a_second_step() -> None:
    invite, _ = invited()
    person = db.session.get_one(Person, invite.person_id)
    person.asks_second_step = True
    db.session.flush()
    assert arrive(mail(invite), invite) is Refusal.SECOND_STEP
    unchanged(invite)


def test_whoever_is_erased_has_no_address_any_more() -> None:
    invite, _ = invited()
    person = db.session.get_one(Person, invite.person_id)
    address = address_of(invite)
    assert addressed(address) == (True, invite.id)
    person.erased_at = now()
    db.session.flush()
    assert addressed(address) == (False, None)


# --- The address --------------------------------------------------------------------------------------------------


def test_only_addresses_of_invites_are_taken_and_their_case_does_not_matter(app: Flask) -> None:
    invite, _ = invited()
    address = address_of(invite)
    for known in (address, address.upper(), f"<{address}>"):
        assert addressed(known) == (True, invite.id)
    domain = address.partition("@")[2]
    assert addressed(f"rsvp@{domain}") == (True, None)
    for unknown in (
        *("", "@", "rsvp", f"rsvp+@{domain}", f"rsvp+{'a' * 52}@{domain}", f"info@{domain}", f"rsvp++x@{domain}"),
        address.replace("@", "@x."),
        address.partition("@")[0] + "@example.org",
        f"rsvp+{'ا' * 5}@{domain}",
    ):
        assert addressed(unknown) == (False, None), unknown


def test_new_links_close_the_old_address() -> None:
    invite, _ = invited()
    address = address_of(invite)
    invites.renew_links(invite.person_id)
    db.session.flush()
    db.session.refresh(invite)
    assert addressed(address) == (False, None)
    assert addressed(address_of(invite)) == (True, invite.id)


# --- Without the secret -------------------------------------------------------------------------------------------


def test_without_the_secret_an_answer_waits_for_a_person_and_a_flood_is_one_line() -> None:
    invite, _ = invited()
    for number, answer in enumerate(("ACCEPTED", "DECLINED", "TENTATIVE", "DECLINED")):
        assert arrive(mail(invite, partstat=answer, dtstamp=stamp(now(), later=number * HOUR)), None) is None
    db.session.refresh(invite)
    assert invite.partstat is Partstat.NEEDS_ACTION
    [word] = db.session.scalars(select(InviteWord)).all()
    assert (word.kind, word.partstat) == (Word.UNPROVEN, Partstat.DECLINED)


@pytest.mark.parametrize("broken", [{"uid": "a\x00b@meetings.example"}, {"attendee": "a\x00b@example.org"}])
def test_a_sign_that_no_database_holds_is_refused_and_no_task_comes_back_to_it(broken: dict[str, str]) -> None:
    invite, _ = invited()
    assert arrive(mail(invite, **broken), None) is Refusal.UNREADABLE
    unchanged(invite)


def test_a_proposal_whose_clock_is_ahead_bars_no_later_one() -> None:
    invite, _ = invited()
    for hours, dtstamp in ((48, "20991231T235959Z"), (72, stamp(now(), later=HOUR))):
        asked = stamp(now(), later=hours * HOUR)
        written = mail(invite, header="COUNTER", method="COUNTER", dtstamp=dtstamp, dtstart=asked, without=("DTEND",))
        assert arrive(written, invite) is None
        db.session.execute(update(InviteWord).values(dtstamp=InviteWord.dtstamp - timedelta(seconds=1)))
    [word] = db.session.scalars(select(InviteWord).execution_options(populate_existing=True)).all()
    assert word.dtstamp <= now()
    assert word.starts_at
    assert word.starts_at > now() + 60 * HOUR


def test_without_the_secret_strangers_and_proposals_come_to_nothing() -> None:
    invite, _ = invited()
    make_person(email="known@example.org")
    for stranger in ("known@example.org", "nobody@example.org", ""):
        assert arrive(mail(invite, attendee=stranger), None) is Refusal.UNKNOWN
    assert arrive(mail(invite, uid="guess@meetings.example"), None) is Refusal.UNKNOWN
    moved = stamp(now(), later=48 * HOUR)
    proposal = mail(invite, header="COUNTER", method="COUNTER", dtstart=moved, without=("DTEND",))
    assert arrive(proposal, None) is Refusal.UNPROVEN
    unchanged(invite)


# --- Another time -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Europe/Zurich", "W. Europe Standard Time"])
def test_another_time_is_put_before_the_organisers_and_moves_nothing(zone: str) -> None:
    invite, _ = invited()
    entry = db.session.get_one(CalendarEntry, invite.entry_id)
    before = (entry.starts_at, entry.sequence)
    year = now().year + 1
    changes = {f"dtstart__{zone}": f"{year}0115T100000", f"dtend__{zone}": f"{year}0115T113000"}
    # Names of properties are written in capitals, names of zones as they are.
    text = calendar(invite, method="COUNTER", partstat="TENTATIVE", without=("DTSTART:", "DTEND:"))
    times = "".join(f"{key[:7].rstrip('_').upper()};TZID={zone}:{value}\r\n" for key, value in changes.items())
    raw = mail(invite, text.replace("END:VEVENT", times + "END:VEVENT"), header="COUNTER")
    assert arrive(raw, invite) is None
    [word] = db.session.scalars(select(InviteWord)).all()
    assert word.kind is Word.COUNTER
    assert word.starts_at
    assert word.ends_at
    assert f"{word.starts_at:%H:%M}" == "09:00", "ten in Geneva in winter"
    assert word.ends_at - word.starts_at == timedelta(minutes=90)
    db.session.refresh(entry)
    assert (entry.starts_at, entry.sequence) == before
    assert invite.partstat is Partstat.NEEDS_ACTION, "a proposal is no answer"


# --- Harm ---------------------------------------------------------------------------------------------------------


def test_a_flood_for_one_invite_is_put_off_and_others_still_arrive() -> None:
    invite, _ = invited()
    other, _ = invited()
    for _number in range(replies.UNREAD_OF_ONE):
        replies.keep(invite.id, mail(invite))
    with pytest.raises(TooManyUnread):
        replies.keep(invite.id, mail(invite))
    assert arrive(mail(other), other) is None


def test_a_mail_is_read_once() -> None:
    invite, _ = invited()
    arrived = replies.keep(invite.id, mail(invite))
    assert replies.take(arrived.id) is None
    assert replies.take(arrived.id) is None
    db.session.refresh(invite)
    assert invite.partstat is Partstat.ACCEPTED


def test_mails_nobody_read_are_deleted() -> None:
    invite, _ = invited()
    arrived = replies.keep(invite.id, b"x")
    replies.forget_unread()
    assert db.session.scalar(select(func.count()).select_from(ArrivedReply)) == 1
    arrived.arrived_at = now() - timedelta(days=8)
    db.session.flush()
    replies.forget_unread()
    assert db.session.scalar(select(func.count()).select_from(ArrivedReply)) == 0


HOSTILE = {
    "one long line": b"BEGIN:VCALENDAR\r\n" + b"X" * 250_000,
    "folds without end": b"BEGIN:VCALENDAR\r\nX:" + b"\r\n " * 80_000,
    "semicolons": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTENDEE" + b";A=B" * 60_000 + b":x",
    "quotes": b"BEGIN:VCALENDAR\r\n" + b'"' * 250_000,
    "nested": b"BEGIN:A\r\n" * 27_000,
    "many entries": b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 9_000 + b"END:VCALENDAR\r\n",
    "no text": bytes(range(256)) * 1_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_end_within_limits(kind: str) -> None:
    head = b"Content-Type: text/calendar; method=REPLY\r\n\r\n"
    begun = time.monotonic()
    told = replies.parsed((head + HOSTILE[kind])[: reply_reader.BIGGEST])
    assert time.monotonic() - begun < replies.PATIENCE
    assert told is None or told.events != 1


def test_parts_within_parts_end_within_limits() -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(4_000))
    assert replies.parsed(nested) is None


def test_a_child_with_limits() -> None:
    """What eats memory or time takes the child down and nothing else."""
    for greedy in ("bytearray(10**9)", "sum(iter(int, 1))"):
        program = (
            f"import sys; sys.path.insert(0, {str(Path(reply_reader.__file__).parent)!r}); import reply_reader as r\n"
        )
        program += "r.SECONDS = 1\nr.read = lambda raw: " + greedy + "\nr.main()"
        done = subprocess.run([sys.executable, "-I", "-c", program], input=b"", capture_output=True, timeout=30)
        assert done.returncode != 0


@given(st.binary(max_size=2_000), st.sampled_from([b"", b"Content-Type: text/calendar; method=REPLY\r\n\r\n"]))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_of_chance_never_break_the_reader(data: bytes, head: bytes) -> None:
    told = reply_reader.read(head + data)
    assert told is None or told.events >= 0


def test_what_is_read_holds_no_names_and_no_comments() -> None:
    invite, _ = invited()
    told = reply_reader.read(mail(invite))
    assert "script" not in repr(told)
    assert "Somebody" not in repr(told)


def test_erasing_forgets_what_came_by_mail() -> None:
    invite, _ = invited()
    arrive(mail(invite), None)
    replies.keep(invite.id, b"x")
    actions.erase(invite.person_id)
    for table in (InviteWord, ArrivedReply):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0


def test_a_session_that_moved_asks_again_and_old_answers_do_not_return() -> None:
    invite, registration = invited()
    assert isinstance(registration, Registration)
    early = mail(invite, dtstamp=stamp(now(), later=-2 * HOUR))
    assert arrive(mail(invite, dtstamp=stamp(now(), later=-HOUR)), invite) is None
    entry = db.session.get_one(CalendarEntry, invite.entry_id)
    session = db.session.get_one(Session, entry.session_id)
    for name in ("starts_local", "ends_local", "starts_at", "ends_at"):
        setattr(session, name, getattr(session, name) + HOUR)
    db.session.flush()
    actions.follow_session(session)
    db.session.refresh(invite)
    assert invite.partstat is Partstat.NEEDS_ACTION
    assert arrive(early, invite) is Refusal.STALE
    assert invite.partstat is Partstat.NEEDS_ACTION

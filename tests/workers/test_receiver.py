"""The receiver as a process of its own, spoken to as a mail server speaks; and the life of one session by mail."""

import smtplib
import socket
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import icalendar
import pytest

from eventhub.calendars import actions, feeds
from eventhub.calendars.lint import problems
from eventhub.calendars.models import CalendarEntry, Feed, Invite, Partstat
from eventhub.calendars.reply_reader import BIGGEST
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.local.process import LOOPBACK, free_port, port_in_use
from eventhub.programme.models import Publication, Session
from tests.calendars.answering import address_of, invited, mail, stamp
from tests.live import House, wait_for

pytestmark = pytest.mark.lane


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[House]:
    """A house whose receiver listens."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPLIES_LISTEN", f"{LOOPBACK}:{port}")
        with House(tmp_path_factory.mktemp("house")) as made:
            made.start("receiver", "workers.receiver")
            wait_for(lambda: port_in_use(port), seconds=60, what="the receiver")
            yield made


@pytest.fixture
def invite(house: House) -> Invite:
    """An invite to answer, committed."""
    with house.work():
        made, _ = invited()
        db.session.flush()
        db.session.expunge(made)
    return made


def written(house: House, invite: Invite, **changes: Any) -> tuple[str, bytes]:
    """The address to answer to, and an answer."""
    with house.work():
        mine = db.session.get_one(Invite, invite.id)
        return address_of(mine), mail(mine, **changes)


def offer(port: int, address: str, raw: bytes) -> tuple[int, bytes]:
    """What the receiver says to one mail."""
    with smtplib.LMTP(LOOPBACK, port) as client:
        client.ehlo_or_helo_if_needed()
        client.mail("amina@example.org", [f"SIZE={len(raw)}"])
        code, said = client.rcpt(address)
        return client.data(raw) if code == 250 else (code, said)


def arrived(house: House) -> int:
    return int(str(house.query("SELECT count(*) FROM arrived_reply")[0][0]))


def test_a_known_address_is_taken_and_stands_in_the_database_when_250_is_said(
    house: House, port: int, invite: Invite
) -> None:
    address, raw = written(house, invite)
    before = arrived(house)
    assert offer(port, address, raw)[0] == 250
    assert arrived(house) == before + 1
    owed = house.query("SELECT payload FROM promise WHERE task = 'calendars.reply' ORDER BY id DESC LIMIT 1")
    assert "@" not in str(owed), "only an id"


def test_unknown_addresses_are_refused_at_once(house: House, port: int, invite: Invite) -> None:
    address, raw = written(house, invite)
    domain = address.partition("@")[2]
    before = arrived(house)
    for unknown in (f"rsvp+{'a' * 52}@{domain}", f"postmaster@{domain}", "somebody@example.org"):
        assert offer(port, unknown, raw)[0] == 550
    assert arrived(house) == before


def test_a_mail_that_is_too_large_is_refused(house: House, port: int, invite: Invite) -> None:
    address, raw = written(house, invite)
    large = raw + b"xxxxxxxx\r\n" * (BIGGEST // 10)
    before = arrived(house)
    with smtplib.LMTP(LOOPBACK, port) as client:
        client.ehlo_or_helo_if_needed()
        assert client.mail("amina@example.org", [f"SIZE={len(large)}"])[0] == 552
        client.rset()
        client.mail("amina@example.org")
        client.rcpt(address)
        assert client.data(large)[0] == 552
    assert arrived(house) == before


def test_one_recipient_in_each_transaction(house: House, port: int, invite: Invite) -> None:
    address, _ = written(house, invite)
    with smtplib.LMTP(LOOPBACK, port) as client:
        client.ehlo_or_helo_if_needed()
        client.mail("amina@example.org")
        assert [client.rcpt(address)[0] for _ in range(2)] == [250, 452]


def test_a_flood_is_put_off_and_the_next_invite_is_not(house: House, port: int, invite: Invite) -> None:
    address, raw = written(house, invite)
    codes = [offer(port, address, raw)[0] for _ in range(5)]
    assert codes == [250, 250, 250, 451, 451]
    with house.work():
        other, _ = invited()
        to_other = address_of(other), mail(other)
    assert offer(port, *to_other)[0] == 250


def test_it_speaks_lmtp_alone_and_nonsense_ends_nothing(house: House, port: int, invite: Invite) -> None:
    with socket.create_connection((LOOPBACK, port), 10) as raw:
        raw.recv(1000)
        raw.sendall(b"EHLO x\r\n")
        assert raw.recv(1000).startswith(b"500")
        raw.sendall(b"\x00\xff" * 50_000 + b"\r\nLHLO " + b"y" * 5_000 + b"\r\n")
    address, answer = written(house, invite)
    assert offer(port, address, answer)[0] == 250


def test_its_log_names_nobody(house: House, port: int, invite: Invite) -> None:
    address, raw = written(house, invite)
    for one in (address, "stranger@private.example"):
        offer(port, one, raw)
    log = (house.folder / "receiver.log").read_text()
    assert address.partition("@")[0].partition("+")[2] not in log
    assert "private.example" not in log


def test_it_does_not_run_where_nothing_says_where_to_listen(house: House) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPLIES_LISTEN", "")
        silent = house.start("silent", "workers.receiver")
        assert silent.wait(60) == 1


# --- The life of one session --------------------------------------------------------------------------------------


def test_from_invite_to_move_to_room_change_to_cancel_with_answers_between(house: House, port: int) -> None:
    """Each mail is parsed and linted, the feed is read again after each step, and the answers are real mails."""
    house.web()
    for start in (house.worker, house.relay):
        start()
    with house.work():
        invite, registration = invited(email="amina@example.org")
        feed = db.session.query(Feed).filter_by(person_id=registration.person_id).one()
        secret = feeds.feed_token(feed)
        invite_id, session_id = invite.id, db.session.get_one(CalendarEntry, invite.entry_id).session_id
    first = calendar_mail(house, 1)
    assert entry_of(first)["SEQUENCE"] == 0
    assert in_feed(house, secret)["SEQUENCE"] == 0

    answer(port, first, "ACCEPTED")
    wait_for(lambda: said(house, invite_id) is Partstat.ACCEPTED, seconds=60, what="the answer")

    change(house, session_id, later=timedelta(hours=2))
    moved = calendar_mail(house, 2)
    assert said(house, invite_id) is Partstat.NEEDS_ACTION, "what was answered was answered to another time"
    answer(port, moved, "TENTATIVE")
    wait_for(lambda: said(house, invite_id) is Partstat.TENTATIVE, seconds=60, what="the second answer")
    answer(port, first, "ACCEPTED", stamped=stamp(now() - timedelta(days=1)))

    change(house, session_id, link="https://meet.example.org/other-room")
    relocated = calendar_mail(house, 3)
    answer(port, relocated, "DECLINED", forged=True)
    wait_for(lambda: house.query("SELECT 1 FROM invite_word"), seconds=60, what="the unproven answer")
    assert said(house, invite_id) is Partstat.TENTATIVE, "neither the old nor the forged one counts"

    change(house, session_id, cancelled=True)
    gone = calendar_mail(house, 4)
    answer(port, gone, "ACCEPTED")
    wait_for(lambda: not arrived_for(house, invite_id), seconds=60, what="the last answer to be read")
    assert said(house, invite_id) is Partstat.TENTATIVE

    entries = [entry_of(one) for one in (first, moved, relocated, gone)]
    assert [int(one["SEQUENCE"]) for one in entries] == [0, 1, 2, 3]
    assert len({str(one["UID"]) for one in entries}) == 1
    assert len({str(one["ORGANIZER"]) for one in entries}) == 1
    assert [method_of(one) for one in (first, moved, relocated, gone)] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    last = in_feed(house, secret)
    assert (last["STATUS"], last["SEQUENCE"], last["UID"]) == ("CANCELLED", 3, entries[0]["UID"])


def calendar_mail(house: House, number: int) -> EmailMessage:
    """The so-many-eth mail, once it is there; its calendar is sound."""
    wait_for(lambda: len(house.mails_to("amina@example.org")) >= number, seconds=90, what=f"mail {number}")
    found = house.mails_to("amina@example.org")[number - 1]
    body, copy = calendars_in(found)
    assert body == copy
    assert not problems(body, kind="cancel" if b"METHOD:CANCEL" in body else "request")
    return found


def calendars_in(sent: EmailMessage) -> tuple[bytes, bytes]:
    """The calendar as alternative and as file."""
    found = [part.get_payload(decode=True) for part in sent.walk() if part.get_content_subtype() in {"calendar", "ics"}]
    assert len(found) == 2
    return bytes(found[0]), bytes(found[1])


def entry_of(sent: EmailMessage) -> Any:
    [event] = icalendar.Calendar.from_ical(calendars_in(sent)[0]).walk("VEVENT")
    return event


def method_of(sent: EmailMessage) -> str:
    return str(icalendar.Calendar.from_ical(calendars_in(sent)[0])["METHOD"])


def in_feed(house: House, secret: str) -> Any:
    """The entry in the person's feed, as the web serves it."""
    with urllib.request.urlopen(f"{house.origin}/cal/{secret}.ics", timeout=20) as got:
        body = got.read()
    assert not problems(body, kind="feed")
    [event] = icalendar.Calendar.from_ical(body).walk("VEVENT")
    return event


def answer(port: int, sent: EmailMessage, partstat: str, *, stamped: str = "", forged: bool = False) -> None:
    """What the calendar app of the invited person sends back; forged: to the address without the secret."""
    event = entry_of(sent)
    to = parseaddr(str(sent["From"]))[1]
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//App//EN", "METHOD:REPLY", "BEGIN:VEVENT"),
        *(f"UID:{event['UID']}", f"SEQUENCE:{event['SEQUENCE']}", f"DTSTAMP:{stamped or stamp(now(), later=LATER)}"),
        *(f"ATTENDEE;PARTSTAT={partstat}:mailto:amina@example.org", "END:VEVENT", "END:VCALENDAR", ""),
    ]
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = "amina@example.org", to, "Accepted"
    reply.set_content("Sent by an app.")
    reply.add_alternative(
        "\r\n".join(lines).encode(), maintype="text", subtype="calendar", params={"method": "REPLY"}, cte="base64"
    )
    address = "rsvp@" + to.partition("@")[2] if forged else to
    assert offer(port, address, reply.as_bytes())[0] == 250


LATER = timedelta(seconds=2)
"""Stamps are whole seconds, and a step takes less."""


def said(house: House, invite_id: object) -> Partstat:
    return Partstat(str(house.query("SELECT partstat FROM invite WHERE id = %s", invite_id)[0][0]))


def arrived_for(house: House, invite_id: object) -> bool:
    return bool(house.query("SELECT 1 FROM arrived_reply WHERE invite_id = %s", invite_id))


def change(
    house: House, session_id: object, *, later: timedelta = timedelta(), link: str = "", cancelled: bool = False
) -> None:
    """What an organiser does to the session."""
    with house.work():
        session = db.session.get_one(Session, session_id)
        for name in ("starts_local", "ends_local", "starts_at", "ends_at"):
            setattr(session, name, getattr(session, name) + later)
        session.join_link = link or session.join_link
        if cancelled:
            session.publication = Publication.CANCELLED
        db.session.flush()
        actions.follow_session(session)

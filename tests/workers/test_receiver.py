"""The receiver as a process of its own, spoken to as a mail server speaks."""

import smtplib
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from eventhub.calendars.models import Invite
from eventhub.calendars.reply_reader import BIGGEST
from eventhub.kit.db import db
from eventhub.local.process import LOOPBACK, free_port
from tests.calendars.answering import address_of, invited, mail
from tests.calendars.app_answers import offer, receiving
from tests.live import House

pytestmark = pytest.mark.lane


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[House]:
    """A house whose receiver listens."""
    with receiving(tmp_path_factory.mktemp("house"), port) as made:
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

"""Mail: written once, sent once, repeated byte for byte, and never kept longer than needed."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from eventhub.kit import mail, outbox
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.mail import Letter, Mail, post
from eventhub.kit.outbox import LEASE, LEASE_SPREAD, TRIES, Promise, promise
from eventhub.local.mailsink import Answer, MailSink

TO = "grace.marker@example.org"


@pytest.fixture
def sink(app: Flask, database: None, tmp_path: Path) -> Iterator[MailSink]:
    """A mail server that does as it is told, and the app that knows it."""
    settings = app.extensions["eventhub.settings"]
    with MailSink(tmp_path / "mail") as running:
        app.extensions["eventhub.settings"] = settings.model_copy(update={"smtp_url": running.url()})
        yield running
        app.extensions["eventhub.settings"] = settings


def owe(**payload: object) -> int:
    """A committed promise of a mail."""
    with unit_of_work():
        promise("test.letter", **payload)  # type: ignore[arg-type]
    newest = db.session.query(Promise).order_by(Promise.id.desc()).first()
    assert newest is not None
    return newest.id


def letter(**payload: object) -> Letter:
    """A letter as a feature writes one."""
    return Letter(to=TO, language="en", subject=lambda: f"Note {payload.get('number', 1)}", template="base")


def row(number: int) -> Promise:
    """As it stands in the database."""
    db.session.expire_all()
    return db.session.get_one(Promise, number)


def raw(sink: MailSink) -> list[bytes]:
    """The bytes of what arrived."""
    return [file.read_bytes() for file in sorted((sink.maildir / "new").iterdir())]


def test_sent_kept_and_wiped(sink: MailSink) -> None:
    number = owe(number=7)
    post(number, letter)
    [arrived] = sink.messages()
    assert arrived["To"] == TO
    assert arrived["Subject"] == "Note 7"
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived["Content-Language"] == "en"
    assert sorted(part.get_content_type() for part in arrived.walk()) == [
        "multipart/alternative",
        "text/html",
        "text/plain",
    ]
    kept = db.session.get_one(Mail, number)
    assert row(number).kept_at is not None
    assert kept.sealed is None
    assert kept.sent_at is not None
    assert kept.message_id == arrived["Message-ID"]


def test_a_mail_that_is_no_longer_true_is_not_tried_again(sink: MailSink) -> None:
    """Greylisted mails wait for days: before each attempt the writer is asked whether there is still much to say."""
    sink.rule = lambda _to, _before: Answer(451, "Greylisted")
    number = owe()
    post(number, letter)
    assert db.session.get_one(Mail, number).sealed is not None
    sink.rule = lambda _to, _before: Answer()
    with time_machine.travel(now() + timedelta(hours=1)):
        post(number, lambda **_: None)
    assert sink.messages() == []
    assert row(number).kept_at is not None
    assert db.session.get_one(Mail, number).sealed is None


def test_delivered_twice_sent_once(sink: MailSink) -> None:
    number = owe()
    for _ in range(3):
        post(number, letter)
    assert len(sink.messages()) == 1


def test_nothing_to_send_any_more(sink: MailSink) -> None:
    number = owe()
    post(number, lambda: None)
    assert row(number).kept_at is not None
    assert sink.answers == []


def test_no_transaction_is_open_while_the_mail_server_thinks(sink: MailSink) -> None:
    states: list[bool] = []

    def look(_to: str, _before: int) -> Answer:
        states.append(session.in_transaction())
        return Answer()

    sink.rule = look
    session = db.session()
    post(owe(), letter)
    assert states == [False]


def test_a_temporary_refusal_is_tried_again_with_the_same_bytes(sink: MailSink) -> None:
    written = []

    def write(**payload: object) -> Letter:
        written.append(payload)
        return letter()

    sink.rule = lambda _to, before: Answer(451, "Greylisted") if before < 2 else Answer()
    number = owe()
    with time_machine.travel(now(), tick=False) as clock:
        post(number, write)
        assert (row(number).problem, row(number).tries, row(number).refusals) == ("SMTP 451", 0, 1)
        waiting = db.session.get_one(Mail, number)
        assert waiting.sealed is not None
        assert TO.encode() not in waiting.sealed
        clock.shift(timedelta(minutes=1))
        post(number, write)
        clock.shift(timedelta(minutes=2))
        post(number, write)
    assert row(number).kept_at is not None
    assert len(sink.messages()) == 1
    assert len(written) == 3, "asked each time whether it is still true"


@pytest.mark.parametrize("at", ["RCPT", "DATA"])
def test_a_final_refusal_stops_and_shows(sink: MailSink, at: str) -> None:
    sink.rule = lambda _to, _before: Answer(550, "No such user", at=at)  # type: ignore[arg-type]
    number = owe()
    post(number, letter)
    assert row(number).parked_at is not None
    assert [(parked.id, parked.problem) for parked in outbox.parked_promises()] == [(number, "SMTP 550")]
    post(number, letter)
    assert len(sink.answers) == 1
    sink.rule = lambda _to, _before: Answer()
    with unit_of_work():
        outbox.retry(row(number))
    post(number, letter)
    assert len(sink.messages()) == 1
    assert row(number).kept_at is not None


def test_no_mail_server_at_all(sink: MailSink) -> None:
    number = owe()
    sink.stop()
    post(number, letter)
    assert (row(number).problem, row(number).tries) == ("SMTP 421", 0)
    sink.start()
    with time_machine.travel(now() + timedelta(minutes=2), tick=True):
        post(number, letter)
    assert len(sink.messages()) == 1


def test_hung_up_after_the_data_one_repeat_byte_for_byte(sink: MailSink) -> None:
    """The server took the mail, and the line went dead before it could say so."""
    sink.rule = lambda _to, before: Answer(hang_up=before == 0)
    number = owe()
    post(number, letter)
    assert row(number).kept_at is None
    with time_machine.travel(now() + timedelta(minutes=2), tick=True):
        post(number, letter)
        post(number, letter)
    first, second = raw(sink)
    assert first == second
    assert row(number).kept_at is not None


def test_two_at_once_after_a_lost_lease_repeat_the_same_bytes(sink: MailSink) -> None:
    """A worker so slow that another took over: both send, both the same."""
    number = owe()
    with time_machine.travel(now(), tick=True) as clock:

        def slow(_to: str, before: int) -> Answer:
            if before == 0:
                clock.shift(LEASE + timedelta(seconds=LEASE_SPREAD))
            return Answer(hang_up=before == 0)

        sink.rule = slow
        post(number, letter)
        assert row(number).kept_at is None
        clock.shift(timedelta(minutes=2))
        post(number, letter)
    first, second = raw(sink)
    assert first == second
    assert row(number).kept_at is not None


def test_a_letter_that_cannot_be_written_uses_up_its_tries(sink: MailSink) -> None:
    def broken(**payload: object) -> Letter:
        raise LookupError(TO)

    number = owe()
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(TRIES):
            with pytest.raises(LookupError):
                post(number, broken)
            clock.shift(timedelta(minutes=11))
    assert row(number).parked_at is not None
    assert row(number).problem == "could not be written: LookupError"
    assert sink.answers == []


def test_an_address_no_server_can_take_uses_up_its_tries(sink: MailSink, capfd: pytest.CaptureFixture[str]) -> None:
    def write(**payload: object) -> Letter:
        return Letter(to="a\ud800b@example.org", language="en", subject=lambda: "x", template="base", compose=odd)

    def odd(_mail: mail.Rendered) -> bytes:
        return b"Subject: x\r\n\r\nx\r\n"

    number = owe()
    with pytest.raises(ValueError, match="surrogates"):
        post(number, write)
    assert row(number).leased_until is None
    assert row(number).kept_at is None


@pytest.mark.usefixtures("database")
def test_a_goodbye_that_fails_is_not_a_refusal(app: Flask) -> None:
    """A server that took the mail and then answers QUIT badly, or never, has taken it all the same."""
    for last_words in (b"421 busy\r\n", b""):
        with scripted_server(app, last_words) as seen:
            number = owe()
            post(number, letter)
            assert row(number).kept_at is not None
            assert seen.count("DATA") == 1


@pytest.mark.usefixtures("database")
def test_a_server_that_drips_is_cut_off(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte at a time resets every timeout; the whole conversation is bounded all the same."""
    monkeypatch.setattr(mail, "PATIENCE", 1)
    with scripted_server(app, b"", drip=True):
        number = owe()
        began = time.monotonic()
        post(number, letter)
        assert time.monotonic() - began < 5
        assert (row(number).refusals, row(number).tries, row(number).parked_at) == (1, 0, None)


class scripted_server:  # noqa: N801 (used like a function)
    """A mail server of a few lines, for what the sink is too well-behaved to do."""

    def __init__(self, app: Flask, last_words: bytes, *, drip: bool = False) -> None:
        self.app, self.last_words, self.drip = app, last_words, drip
        self.seen: list[str] = []
        self.done = threading.Event()

    def __enter__(self) -> list[str]:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.settings = self.app.extensions["eventhub.settings"]
        url = f"smtp://127.0.0.1:{self.listener.getsockname()[1]}"
        self.app.extensions["eventhub.settings"] = self.settings.model_copy(update={"smtp_url": url})
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self.seen

    def __exit__(self, *_: object) -> None:
        self.app.extensions["eventhub.settings"] = self.settings
        self.done.set()
        self.thread.join(5)
        self.listener.close()

    def serve(self) -> None:
        connection, _ = self.listener.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 hello\r\n")
            for line in lines:
                verb = line.split()[0].upper().decode()
                self.seen.append(verb)
                if verb == "DATA":
                    connection.sendall(b"354 go on\r\n")
                    while next(lines) != b".\r\n":
                        pass
                    self.answer_data(connection)
                    continue
                if verb == "QUIT":
                    connection.sendall(self.last_words)
                    self.done.wait(10)
                    return
                connection.sendall(b"250 OK\r\n")

    def answer_data(self, connection: socket.socket) -> None:
        if not self.drip:
            connection.sendall(b"250 OK\r\n")
        while self.drip and not self.done.wait(0.2):
            try:
                connection.sendall(b"2")
            except OSError:
                return


def test_a_discreet_letter_names_nothing(app: Flask, sink: MailSink) -> None:
    def write(**payload: object) -> Letter:
        return Letter(
            to=TO, language="fr", subject=lambda: "Note", template="base", context={"neutral": True}, discreet=True
        )

    post(owe(), write)
    [arrived] = sink.messages()
    settings = app.extensions["eventhub.settings"]
    assert settings.neutral_mail_from.split("<")[1].strip(">") in arrived["From"]
    assert arrived["Message-ID"].endswith("@meetings.example>")
    [whole] = raw(sink)
    assert b"eventhub" not in whole.lower()


@pytest.mark.parametrize("discreet", [True, False])
def test_a_mail_that_waits_is_written_anew_when_its_reader_goes_discreet_or_back(
    app: Flask, sink: MailSink, discreet: bool
) -> None:
    """The server greylists first, as real ones do; what it gets in the end is what is right then."""

    def write(now_discreet: bool) -> Letter:
        subject = "Note" if now_discreet else "Forum on Minority Issues"
        return Letter(
            to=TO,
            language="en",
            subject=lambda: subject,
            template="base",
            context={"neutral": now_discreet},
            discreet=now_discreet,
        )

    sink.rule = lambda _to, before: Answer(451, "Greylisted") if before < 2 else Answer()
    number = owe()
    with time_machine.travel(now(), tick=False) as clock:
        post(number, lambda: write(not discreet))
        message_id = db.session.get_one(Mail, number).message_id
        for _ in range(2):
            clock.shift(timedelta(minutes=5))
            post(number, lambda: write(discreet))
    assert row(number).kept_at is not None
    assert [code for _to, code in sink.answers] == [451, 451, 250]
    [arrived] = sink.messages()
    [whole] = raw(sink)
    assert arrived["Message-ID"] == message_id
    assert (b"Minority" in whole, b"eventhub" in whole.lower()) == (not discreet, not discreet)
    assert (db.session.get_one(Mail, number).discreet, db.session.get_one(Mail, number).sealed) == (discreet, None)


def test_the_subject_is_one_line(sink: MailSink) -> None:
    def write(**payload: object) -> Letter:
        return Letter(to=TO, language="en", subject=lambda: "A\r\nBcc: other@example.org\r\n\r\nB", template="base")

    post(owe(), write)
    [arrived] = sink.messages()
    assert arrived["Bcc"] is None
    assert "\n" not in arrived["Subject"]
    assert sink.answers == [(TO, 250)]


@pytest.mark.parametrize("language", ["ar", "zh", "en", "fr", "ru", "es"])
def test_written_in_the_readers_language(sink: MailSink, language: str) -> None:
    post(owe(), lambda: Letter(to=TO, language=language, subject=lambda: "x", template="base"))
    [arrived] = sink.messages()
    assert arrived["Content-Language"] == language
    html = arrived.get_body(("html",))
    assert html is not None
    assert f'lang="{language}"' in html.get_content()
    assert ('dir="rtl"' in html.get_content()) == (language == "ar")


def test_a_mail_that_waits_goes_to_the_address_of_today(sink: MailSink) -> None:
    """Greylisted, then its reader takes another address: the bytes for the former mailbox are thrown away."""
    sink.rule = lambda to, _before: Answer(451, "Greylisted") if to == TO else Answer()
    number, new = owe(), "grace.anew@example.org"

    def write(to: str, link: str) -> Letter:
        return Letter(to=to, language="en", subject=lambda: f"Open {link}", template="base")

    post(number, lambda: write(TO, "old-link"))
    first = db.session.get_one(Mail, number).message_id
    with time_machine.travel(now() + timedelta(hours=1)):
        post(number, lambda: write(new, "new-link"))
    [arrived] = sink.messages()
    assert (arrived["To"], arrived["Subject"]) == (new, "Open new-link")
    assert arrived["Message-ID"] == first, "what was refused may have been delivered all the same"
    assert b"old-link" not in raw(sink)[0]
    assert row(number).kept_at is not None
    assert db.session.get_one(Mail, number).sealed is None

"""Mails that come back: recognised by their Message-ID, read in a child with limits, told to the desk alone."""

import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func

from eventhub.cli import main
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.mail import Mail
from eventhub.kit.outbox import Promise, promise
from eventhub.local.mailsink import MailSink
from eventhub.mailings import actions, bounces, dsn
from eventhub.mailings.models import Outcome, Stage
from eventhub.people.models import Role
from tests.factories.people import make_person, make_staff, sign_in
from tests.mailings.scene import line_of, make_event_with, make_mailing, minute, outcomes, send, work

REPORT = """\
From: MAILER-DAEMON@mx.example.org
To: noreply@eventhub.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
MIME-Version: 1.0

--b
Content-Type: text/plain

I am sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}

--b
Content-Type: {kind}

Message-ID: {message_id}
From: EventHub <noreply@eventhub.example>
Subject: Doors open

--b--
"""
KNOWN = f"<{uuid.uuid4().hex}.17@meetings.example>"


def report(message_id: str = KNOWN, **given: str) -> bytes:
    """What a mail server sends back."""
    values = {"to": "x@example.org", "action": "failed", "status": "5.1.1", "kind": "text/rfc822-headers"}
    return REPORT.format(message_id=message_id, **(values | given)).encode()


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822"])
def test_read(kind: str) -> None:
    assert dsn.read(report(kind=kind)) == {"message_id": KNOWN, "status": "5.1.1"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff" * 400,
        b"Subject: I am on holiday\r\n\r\nBack on Monday.",
        report(action="delayed", status="4.4.1"),
        report(action="delivered", status="2.0.0"),
        report(message_id="<somebody@else.example>"),
        report(message_id="<'; DROP TABLE mail --@x>"),
        b"Content-Type: multipart/report; boundary=b\r\n\r\n" + b"--b\r\nContent-Type: message/rfc822\r\n\r\n" * 3_000,
    ],
)
def test_whatever_is_none_is_none(raw: bytes) -> None:
    assert bounces.parsed(raw) is None


def test_a_child_with_limits() -> None:
    """What eats memory or time takes the child down and nothing else."""
    for greedy in ("bytearray(10**9)", "sum(iter(int, 1))"):
        program = f"import sys; sys.path.insert(0, {str(Path(dsn.__file__).parent)!r}); import dsn\n"
        program += "dsn.SECONDS = 1\ndsn.read = lambda raw: " + greedy + "\ndsn.main()"
        done = subprocess.run([sys.executable, "-I", "-c", program], input=b"", capture_output=True, timeout=30)
        assert done.returncode != 0


def test_noted_at_the_mail_and_seen_by_the_desk(sink: MailSink, client: FlaskClient) -> None:
    person = make_person(name="Amina")
    event, [registration] = make_event_with(person)
    mailing = make_mailing(event)
    send(mailing, event)
    minute()
    work()
    minute()
    [mail] = db.session.query(Mail)
    assert bounces.take(report(mail.message_id))
    assert not bounces.take(report(mail.message_id)), "told once"
    assert not bounces.take(report(f"<{uuid.uuid4().hex}.{mail.promise_id}@meetings.example>")), "a guess"
    assert line_of(mailing, person).state is Outcome.BOUNCED
    assert outcomes(mailing) == {Outcome.BOUNCED: 1}
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    console = f"/en/console/events/{event.slug}"
    for page in (f"{console}/mailings/not-reached", f"{console}/mailings/{mailing.id}/log?state=bounced"):
        shown = client.get(page).get_data(as_text=True)
        assert "Amina" in shown
        assert "5.1.1" in shown
    beside = client.get(f"{console}/registrations/{registration.id}").get_data(as_text=True)
    assert "Came back" in beside
    db.session.refresh(mailing)
    assert mailing.stage is Stage.DONE
    assert actions.send_again(make_person(), mailing) == 1
    minute()
    work()
    assert len({str(one["Message-ID"]) for one in sink.messages()}) == 2
    assert outcomes(mailing) == {Outcome.SENT: 1}


def test_a_maildir_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    for name in ("2.b", "1.a"):
        (tmp_path / "new" / name).write_bytes(b"x")
    found = list(bounces.waiting(tmp_path))
    assert {one.name for one in found} == {"1.a", "2.b"}
    for one in found:
        bounces.put_away(one)
    assert list(bounces.waiting(tmp_path)) == []
    assert {one.name for one in (tmp_path / "cur").iterdir()} == {"1.a:2,S", "2.b:2,S"}


@pytest.mark.lane
def test_the_command_reads_a_maildir_a_file_and_its_input(committed: Flask, tmp_path: Path) -> None:
    with committed.app_context(), unit_of_work():
        ids = [f"<{uuid.uuid4().hex}.{number}@meetings.example>" for number in range(3)]
        for message_id in ids:
            promise("registration.accredited", registration_id=uuid.uuid4())
            db.session.flush()
            number = db.session.query(func.max(Promise.id)).scalar()
            values = {"template": "registration/letter", "language": "en", "sent_at": now()}
            db.session.add(Mail(promise_id=number, message_id=message_id, **values))
    box = tmp_path / "box"
    (box / "new").mkdir(parents=True)
    (box / "new" / "1.a").write_bytes(report(ids[0]))
    (box / "new" / "2.b").write_bytes(b"no report")
    file = tmp_path / "one"
    file.write_bytes(report(ids[1], status="5.7.1"))
    settings = committed.extensions["eventhub.settings"]
    environment = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url, "SMTP_URL": ""}
    run = CliRunner(env=environment | {"EVENTHUB_HOME": str(tmp_path)})
    told = [
        run.invoke(main, ["bounces", str(source)], input=given).output.strip()
        for source, given in ((box, None), (box, None), (file, None), ("-", report(ids[2])))
    ]
    assert told == ["2 read, 1 noted", "0 read, 0 noted", "1 read, 1 noted", "1 read, 1 noted"]
    assert "no Maildir" in run.invoke(main, ["bounces", str(tmp_path)]).output
    with committed.app_context(), unit_of_work(read_only=True):
        noted = {one.message_id: one.bounce for one in db.session.query(Mail)}
    assert noted == {ids[0]: "5.1.1", ids[1]: "5.7.1", ids[2]: "5.1.1"}

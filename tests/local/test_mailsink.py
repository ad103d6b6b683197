"""The mail sink as a real SMTP server."""

import email.policy
import os
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from eventhub.local.mailsink import Answer, MailSink
from eventhub.local.process import LocalServerError, free_port, wait_until
from eventhub.local.supervisor import accepts


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    with MailSink(tmp_path / "mail") as running:
        yield running


def _message(subject: str = "Wéi ﻷ 论坛") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Secretariat <forum@example.org>"
    message["To"] = "n.ali@example.org"
    message["Subject"] = subject
    message["Message-ID"] = "<1@example.org>"
    message.set_content("Agenda\nمرحبا\n.\n")
    return message


def _send(port: int, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.send_message(message)


def test_a_message_can_be_read_back_whole(sink: MailSink) -> None:
    _send(sink.port, _message())
    [read] = sink.messages()
    assert read["Subject"] == "Wéi ﻷ 论坛"
    assert read["Delivered-To"] == "n.ali@example.org"
    assert read["Return-Path"] == "<forum@example.org>"
    assert read["Message-ID"] == "<1@example.org>"
    assert read.get_content().splitlines() == ["Agenda", "مرحبا", "."]
    [file] = (sink.maildir / "new").iterdir()
    parsed = BytesParser(policy=email.policy.default).parsebytes(file.read_bytes())
    assert parsed.defects == []
    assert sink.maildir.stat().st_mode & 0o077 == 0


def test_messages_come_oldest_first(sink: MailSink) -> None:
    for number in range(12):
        _send(sink.port, _message(f"{number}"))
    assert [message["Subject"] for message in sink.messages()] == [f"{number}" for number in range(12)]


def test_a_rule_refuses_for_now_then_for_good_then_takes(sink: MailSink) -> None:
    script = [Answer(451, "4.7.1 greylisted", at="RCPT"), Answer(452, "4.2.2 full"), Answer(550, "5.1.1 unknown")]
    sink.rule = lambda _recipient, before: script[before] if before < len(script) else Answer()
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        _send(sink.port, _message())
    assert refused.value.recipients["n.ali@example.org"][0] == 451
    for code in (452, 550):
        with pytest.raises(smtplib.SMTPDataError) as error:
            _send(sink.port, _message())
        assert error.value.smtp_code == code
    assert sink.messages() == []
    _send(sink.port, _message())
    assert len(sink.messages()) == 1
    assert [code for _, code in sink.answers] == [451, 452, 550, 250]


def test_a_slow_answer_makes_the_client_wait(sink: MailSink) -> None:
    sink.rule = lambda *_: Answer(seconds=0.4)
    begun = time.monotonic()
    _send(sink.port, _message())
    assert time.monotonic() - begun >= 0.4
    sink.rule = lambda *_: Answer(seconds=5)
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=0.3) as client:
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            client.send_message(_message())
        client.close()


def test_a_connection_lost_after_delivery_leaves_the_message(sink: MailSink) -> None:
    sink.rule = lambda *_: Answer(hang_up=True)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        _send(sink.port, _message())
    assert len(sink.messages()) == 1


def test_a_stopped_sink_refuses_and_comes_back_on_its_port(sink: MailSink) -> None:
    port = sink.port
    sink.stop()
    with pytest.raises(ConnectionRefusedError):
        _send(port, _message())
    sink.start()
    assert sink.port == port
    _send(port, _message())
    assert len(sink.messages()) == 1


def test_a_port_in_use_is_said(sink: MailSink, tmp_path: Path) -> None:
    with pytest.raises(LocalServerError, match=f"port {sink.port} is in use"):
        MailSink(tmp_path / "other", port=sink.port).start()


@pytest.mark.lane
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_as_a_program_it_serves_until_told_to_stop(tmp_path: Path, sign: signal.Signals) -> None:
    port = free_port()
    command = [sys.executable, "-m", "eventhub.local.mailsink", "--port", str(port), "--maildir", str(tmp_path / "m")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, env=environment) as process:
        try:
            assert wait_until(accepts(port), 10)
            _send(port, _message())
            second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)
            assert second.returncode == 1
            assert second.stderr == f"Mail sink: port {port} is in use by another program.\n"
            process.send_signal(sign)
            assert process.wait(5) == 0
        finally:
            process.kill()
    assert len(list((tmp_path / "m" / "new").iterdir())) == 1

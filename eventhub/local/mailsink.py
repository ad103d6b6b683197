"""A real SMTP server that delivers nothing: each message goes into a Maildir, or is refused as a rule says."""

import argparse
import asyncio
import mailbox
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Literal, Self
from weakref import WeakKeyDictionary

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from eventhub.local.process import LOOPBACK, LocalServerError, free_port, port_in_use

_BIG = 50_000_000


@dataclass(frozen=True)
class Answer:
    """What the sink says to one message: an SMTP reply, after some seconds, at one of two moments.

    Any code from 400 on refuses. `hang_up` takes the message as the code says and then closes the connection without
    a word, as a network does that fails at the worst moment.
    """

    code: int = 250
    text: str = "OK"
    seconds: float = 0
    at: Literal["RCPT", "DATA"] = "DATA"
    hang_up: bool = False

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


Rule = Callable[[str, int], Answer]
"""Given a recipient's address and how often it was offered a message before, says what the sink answers."""


def accept(_recipient: str, _before: int) -> Answer:
    """The rule of a willing server."""
    return Answer()


class MailSink:
    """An SMTP server on the loopback address, in a thread of its own."""

    def __init__(self, maildir: Path, *, port: int | None = None, rule: Rule = accept) -> None:
        self.maildir = maildir
        self.port = port or 0
        self.rule = rule
        self.answers: list[tuple[str, int]] = []
        """Recipient and reply code of each message offered so far."""
        self._chosen_port = port
        self._controller: Controller | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Serve; LocalServerError when the port is taken."""
        if self._controller:
            return
        self.maildir.parent.mkdir(parents=True, exist_ok=True)
        mailbox.Maildir(self.maildir, create=True)
        for _ in range(10):
            self.port = self._chosen_port or self.port or free_port()
            if not port_in_use(self.port) and (controller := self._listen()):
                self._controller = controller
                return
            if self._chosen_port:
                break
            self.port = free_port()
        raise LocalServerError(f"Mail sink: port {self.port} is in use by another program.")

    def stop(self) -> None:
        """Close the port; the next start takes the same one."""
        controller, self._controller = self._controller, None
        if controller:
            controller.stop()

    def url(self) -> str:
        """The address for SMTP_URL."""
        return f"smtp://{LOOPBACK}:{self.port}"

    def messages(self) -> list[EmailMessage]:
        """What was delivered, oldest first."""
        box = mailbox.Maildir(self.maildir, create=True)
        files = sorted(box.keys(), key=_arrival)
        return [message_from_bytes(box.get_bytes(key), policy=policy.default) for key in files]

    def clear(self) -> None:
        """Forget all messages and answers."""
        mailbox.Maildir(self.maildir, create=True).clear()
        self.answers.clear()

    def decide(self, recipient: str) -> Answer:
        """What the rule says to this offer, noted in `answers`."""
        with self._lock:
            answer = self.rule(recipient, sum(1 for known, _ in self.answers if known == recipient))
            self.answers.append((recipient, answer.code))
            return answer

    def deliver(self, envelope: Envelope) -> None:
        """Write the message, with its envelope as a delivering server notes it."""
        body = envelope.content
        content = body if isinstance(body, bytes) else str(body).encode()
        people = "".join(f"Delivered-To: {recipient}\r\n" for recipient in envelope.rcpt_tos)
        head = f"Return-Path: <{envelope.mail_from or ''}>\r\n{people}".encode()
        mailbox.Maildir(self.maildir, create=True).add(head + content)

    def _listen(self) -> Controller | None:
        """A serving controller, or None when another program was quicker to take the port."""
        controller = Controller(_Handler(self), hostname=LOOPBACK, port=self.port, data_size_limit=_BIG)
        try:
            controller.start()
        except OSError:
            controller.loop.close()
            return None
        return controller


class _Handler:
    """The calls aiosmtpd makes; an offer is decided at RCPT and said where the answer wants it said."""

    def __init__(self, sink: MailSink) -> None:
        self._sink = sink
        self._late: WeakKeyDictionary[Envelope, list[Answer]] = WeakKeyDictionary()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self._sink.decide(address)
        if answer.at == "DATA":
            envelope.rcpt_tos.append(address)
            self._late.setdefault(envelope, []).append(answer)
            return "250 OK"
        return await _say(server, answer)

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        answers = self._late.pop(envelope, [])
        worst = max(answers, key=lambda answer: (answer.code, answer.seconds, answer.hang_up), default=Answer())
        if worst.code < 400:
            self._sink.deliver(envelope)
        return await _say(server, worst)


async def _say(server: SMTP, answer: Answer) -> str:
    await asyncio.sleep(answer.seconds)
    if answer.hang_up and isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()
    return str(answer)


def _arrival(key: str) -> tuple[float, int]:
    """Sort key of a Maildir name, `seconds.M<microseconds>P<process>Q<count>.host`."""
    seconds, middle, *_ = key.split(".")
    return float(seconds), int(middle.removeprefix("M").split("P")[0])


def main() -> int:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="eventhub.local.mailsink", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--maildir", type=Path, required=True)
    wanted = parser.parse_args()
    # Blocked before the server's thread begins, so that it inherits the mask and only we hear them.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        with MailSink(wanted.maildir, port=wanted.port):
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
    except LocalServerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

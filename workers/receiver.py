"""Takes answers to invites from the mail server by LMTP, stores each one, and leaves the reading to a task.

A process of its own: what strangers send reaches neither the web nor a worker but as a row. It answers 250 only once
the mail is in the database. Off unless REPLIES_LISTEN says where to listen; it must be reached by the house's own mail
server alone.
"""

import asyncio
import signal
import sys
import uuid

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from sqlalchemy.exc import DBAPIError

from eventhub.app import create_app
from eventhub.calendars import replies
from eventhub.calendars.reply_reader import BIGGEST
from eventhub.kit import limits
from eventhub.kit.config import Settings, load_settings
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.errors import TooMany
from workers.ready import say_ready

log = structlog.get_logger()
UNKNOWN = "550 5.1.1 No such address here"
LATER = "451 4.3.0 Not now, please come again"
ONE_EACH = "452 4.5.3 One recipient in each transaction"
MOST, WINDOW = 30, 3600
"""Mails taken for one invite in so many seconds."""
AT_ONCE = 50
"""Connections; a mail server keeps a few."""
IDLE = 60
"""Seconds without a word after which a connection ends."""


class Door:
    """The calls that aiosmtpd makes. Questions to the database are asked beside the loop, each in a context."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Known addresses alone, and one at a time, so that one reply to DATA says what became of it."""
        if envelope.rcpt_tos:
            return ONE_EACH
        answer = await asyncio.to_thread(self.is_known, address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Stored, or to be sent again."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode(errors="replace")
        return await asyncio.to_thread(self.store, envelope.rcpt_tos[0], raw)

    async def handle_exception(self, error: Exception) -> str:
        """Of what goes wrong only its kind is told and kept."""
        log.error("receiver.failed", error=type(error).__name__)
        return LATER

    def is_known(self, address: str) -> str | None:
        """What is said to a recipient that is not taken; None where it is."""
        try:
            with self._app.app_context(), unit_of_work(read_only=True):
                return None if replies.addressed(address)[0] else UNKNOWN
        except DBAPIError as error:
            return self._later(error)

    def store(self, address: str, raw: bytes) -> str:
        """What is said to a whole mail."""
        try:
            with self._app.app_context(), unit_of_work():
                taken, invite_id = replies.addressed(address)
                if not taken:
                    return UNKNOWN
                _count(invite_id)
                replies.keep(invite_id, raw)
        except (replies.TooManyUnread, TooMany, DBAPIError) as error:
            return self._later(error)
        return "250 2.0.0 OK"

    def _later(self, error: Exception) -> str:
        log.warning("receiver.later", error=type(error).__name__)
        with self._app.app_context():
            db.session.remove()
        return LATER


def _count(invite_id: uuid.UUID | None) -> None:
    """Raises TooMany: somebody floods one invite, or the address without a secret."""
    limits.count("replies", str(invite_id), limit=MOST, seconds=WINDOW)


def _close(connection: LMTP) -> None:
    if connection.transport is not None:
        connection.transport.close()


async def serve(settings: Settings, app: Flask) -> None:
    """Listen until SIGTERM or SIGINT."""
    host, _, port = settings.replies_listen.rpartition(":")
    door, loop, stop = Door(app), asyncio.get_running_loop(), asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    opened: set[LMTP] = set()

    def connection() -> LMTP:
        for gone in [one for one in opened if one.transport is None or one.transport.is_closing()]:
            opened.discard(gone)
        made = LMTP(
            door, loop=loop, data_size_limit=BIGGEST, hostname=settings.calendar_domain, ident="LMTP", timeout=IDLE
        )
        if len(opened) >= AT_ONCE:
            loop.call_soon(_close, made)
        opened.add(made)
        return made

    server = await loop.create_server(connection, host=host, port=int(port), backlog=AT_ONCE)
    say_ready()
    async with server:
        await stop.wait()


def main() -> int:
    """Run until told to stop; 1 when nothing says where to listen."""
    settings = load_settings(process_name="eventhub-receiver")
    if not settings.replies_listen:
        sys.stderr.write("REPLIES_LISTEN is empty: no answers by mail are taken.\n")
        return 1
    asyncio.run(serve(settings, create_app(settings)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

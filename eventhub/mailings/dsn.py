"""Read one report about a mail that did not arrive (RFC 3464), alone in a process of its own with limits.

Anybody can send anything to the address that mails come from. So this runs as a program that knows nothing of the
house: it reads bytes from its input and writes one line of JSON. Whatever goes wrong in it is a message that is none.
"""

import json
import re
import resource
import sys
from email import policy
from email.message import Message
from email.parser import BytesParser

MEMORY, SECONDS = 128 * 1024 * 1024, 5
BIGGEST = 1_000_000
"""Bytes that are read; what comes behind them is not."""
MOST_PARTS = 50
MESSAGE_ID = re.compile(r"<[0-9a-f]{32}\.[0-9]{1,19}@[A-Za-z0-9.-]{1,255}>")
STATUS = re.compile(r"([245])\.[0-9]{1,3}\.[0-9]{1,3}")


def read(raw: bytes) -> dict[str, str] | None:
    """Which mail of ours a report is about, and with which status it failed for good. None for anything else: other
    mail, a delay, a success, a report that does not say which mail.
    """
    message = BytesParser(policy=policy.compat32).parsebytes(raw[:BIGGEST])
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return None
    parts = [part for part, _number in zip(message.walk(), range(MOST_PARTS), strict=False)]
    status, told = _failed(parts), _about(parts)
    return {"message_id": told, "status": status} if status and told else None


def _failed(parts: list[Message]) -> str | None:
    """The status of the first recipient for whom it failed for good."""
    for part in parts:
        if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
            continue
        for block in part.get_payload():
            if not isinstance(block, Message):
                continue
            action = str(block.get("Action", "")).strip().lower()
            status = STATUS.match(str(block.get("Status", "")).strip())
            if action == "failed" and status and status[1] == "5":
                return status[0]
    return None


def _about(parts: list[Message]) -> str | None:
    """The Message-ID of the mail that is sent back, or of its head."""
    for number, part in enumerate(parts):
        kind = part.get_content_type()
        if kind == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            back = payload if isinstance(payload, bytes) else b""
            inner: Message | None = BytesParser(policy=policy.compat32).parsebytes(back, headersonly=True)
        elif kind == "message/rfc822" and number:
            first = next(iter(part.get_payload()), None)
            inner = first if isinstance(first, Message) else None
        else:
            continue
        found = MESSAGE_ID.fullmatch(str(inner.get("Message-ID", "")).strip()) if inner is not None else None
        if found:
            return found[0]
    return None


def main() -> None:
    """Bytes in, a line of JSON out: ``null`` for what is no report."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (BIGGEST, BIGGEST))
    sys.stdout.write(json.dumps(read(sys.stdin.buffer.read(BIGGEST))))


if __name__ == "__main__":
    main()

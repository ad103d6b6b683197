"""The mail that carries an invite, update, cancellation or reply (iMIP, RFC 6047), byte for byte repeatable."""

import re
from base64 import b64encode
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256

from eventhub.calendars.ics import clean_line, clean_text, plain_address
from eventhub.kit.mime import MIME

_METHODS = frozenset({"REQUEST", "CANCEL", "REPLY"})
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+>")


def imip_message(  # noqa: PLR0913 - one argument for each thing a reader of the mail sees
    *,
    sender: str,
    sender_name: str | None,
    recipient: str,
    subject: str,
    text: str,
    html: str,
    calendar: bytes,
    method: str,
    message_id: str,
    date: datetime,
    language: str,
) -> bytes:
    """A whole message, CRLF throughout: the text, the same as HTML, the calendar, and the calendar as invite.ics.

    multipart/mixed › multipart/alternative (text/plain, text/html, text/calendar) + application/ics: Gmail and Outlook
    act on the alternative, others open the attachment. Equal arguments give equal bytes, so a retry repeats the mail.
    Raises ics.BadAddress for an address, and ValueError for a method that is not the calendar's own, a Message-ID or
    language tag that is none, or a naive date. Names and subjects are cleaned to one line.
    """
    if method not in _METHODS or calendar.count(b"\r\nMETHOD:%s\r\n" % method.encode()) != 1:
        raise ValueError("the method is not the calendar's own")
    if date.utcoffset() is None:
        raise ValueError("the date of a mail must be aware")
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError("not a Message-ID")
    if not re.fullmatch("[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", language):
        raise ValueError("not a language tag")
    headers = {
        "From": _mailbox(clean_line(sender_name or ""), plain_address(sender)),
        "To": plain_address(recipient),
        "Subject": _unstructured(clean_line(subject)),
        "Date": format_datetime(date),
        "Message-ID": message_id,
        "Content-Language": language,
        # Holiday answers to a machine help nobody (RFC 3834).
        "Auto-Submitted": "auto-generated",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("ascii")
    return head + _body(clean_text(text), clean_text(html), calendar, method, message_id)


def _body(text: str, html: str, calendar: bytes, method: str, message_id: str) -> bytes:
    """MIME-Version, Content-Type and the parts."""
    message = EmailMessage(policy=MIME)
    message.set_content(text, charset="utf-8", cte=_cte(text))
    message.add_alternative(html, subtype="html", charset="utf-8", cte=_cte(html))
    # Bytes, not text: the str way rewrites the calendar's line ends.
    as_message = {"charset": "UTF-8", "method": method}
    message.add_alternative(calendar, maintype="text", subtype="calendar", params=as_message)
    as_file = {"name": "invite.ics"}
    message.add_attachment(calendar, maintype="application", subtype="ics", filename="invite.ics", params=as_file)
    # Boundaries made of the Message-ID instead of chance; "=_" cannot occur in an encoded body.
    unique = sha256(message_id.encode()).hexdigest()[:32]
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{number}_{unique}")
        if part is not message:
            del part["MIME-Version"]
    return message.as_bytes()


def _cte(text: str) -> str:
    """Never 7bit or 8bit: encoded bodies hold no line that a boundary, a long line or a leading dot could hurt."""
    return "quoted-printable" if text.isascii() else "base64"


# Headers are encoded here: Python's own folding changes between versions, and a repeated mail must be the same mail.


def _mailbox(name: str, address: str) -> str:
    if not name:
        return address
    if _is_plain(name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"\r\n <{address}>'
    return f"{_encoded_words(name)}\r\n <{address}>"


def _unstructured(text: str) -> str:
    return text if _is_plain(text) else _encoded_words(text)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and len(text) <= 60 and "=?" not in text


def _encoded_words(text: str) -> str:
    """RFC 2047: base64 words of at most 75 characters, none splitting a letter, one on a line."""
    words, word = [], b""
    for letter in text:
        octets = letter.encode()
        # 39 octets are 52 in base64: 64 with the frame, 73 behind "Subject: ".
        if len(word) + len(octets) > 39:
            words.append(word)
            word = b""
        word += octets
    return "\r\n ".join(f"=?utf-8?b?{b64encode(part).decode()}?=" for part in (*words, word))

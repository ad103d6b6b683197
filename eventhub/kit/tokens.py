"""Secrets in links: made from the house's secret and a stored salt, so that the database holds only their hash."""

import base64
import hashlib
import hmac
import secrets
import uuid

from flask import current_app


def new_salt() -> bytes:
    """Sixteen random bytes that make a token of their own."""
    return secrets.token_bytes(16)


def token(purpose: str, row: uuid.UUID, salt: bytes) -> str:
    """A 256-bit token for one row and one purpose; it can be made again for a mail, never read from the database."""
    made = hmac.new(_key(), b"\0".join((purpose.encode(), row.bytes, salt)), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def code(purpose: str, row: uuid.UUID, salt: bytes) -> str:
    """An 8-digit code for one row and one purpose."""
    made = hmac.new(_key(), b"\0".join((b"code", purpose.encode(), row.bytes, salt)), hashlib.sha256).digest()
    return f"{int.from_bytes(made) % 10**8:08d}"


def digest(secret: str) -> bytes:
    """What is stored of a token or code. Keyed, so that eight digits cannot be tried out on a stolen table."""
    return hmac.new(_key(), b"digest\0" + secret.encode(errors="replace"), hashlib.sha256).digest()


def blind(purpose: str, scope: uuid.UUID, value: str) -> bytes:
    """What tells whether two values are the same, within one scope alone, and nothing else to whoever lacks the house's
    secret. Few values can be (dates of birth), so whoever has it can try them all: such a digest is kept sealed.
    """
    return hmac.new(
        _key(), b"\0".join((b"blind", purpose.encode(), scope.bytes, value.encode())), hashlib.sha256
    ).digest()


def same(left: bytes, right: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(left, right)


def _key() -> bytes:
    key: bytes = current_app.extensions["eventhub.secret"]
    return key

"""References that people read out, copy by hand and type on a phone: ``EH-FMI19-7K4Q-2M8T``.

Six random signs and two check signs in Crockford's base32, which has no I, L, O and U. Reading is forgiving: case,
spaces, missing dashes and the usual confusions (O for 0, I and L for 1) do not matter; a mistyped sign is noticed.
"""

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CONFUSED = str.maketrans({"O": "0", "I": "1", "L": "1"})
RANDOM = 6
CHECK = 2
PREFIX = "EH"
NO_SIGN = re.compile(r"[^A-Z0-9]+")
GAPS = re.compile(r"[\s\u2010-\u2015_/.-]+")


def new_reference(event_code: str) -> str:
    """A reference for an event: 30 random bits, so that none can be guessed from another."""
    code = NO_SIGN.sub("", event_code.upper())
    return _written(code, "".join(secrets.choice(ALPHABET) for _ in range(RANDOM)))


def read_reference(typed: str) -> str | None:
    """The reference as it is stored, or None when this cannot be one (also when a sign was mistyped)."""
    signs = GAPS.sub("", typed).upper()
    if not signs.startswith(PREFIX) or NO_SIGN.search(signs) or len(signs) > 60:
        return None
    signs = signs.removeprefix(PREFIX)
    code, tail = signs[: -RANDOM - CHECK], signs[-RANDOM - CHECK :].translate(CONFUSED)
    if not code or any(sign not in ALPHABET for sign in tail) or tail[RANDOM:] != check_signs(code, tail[:RANDOM]):
        return None
    return _written(code, tail[:RANDOM])


def check_signs(code: str, body: str) -> str:
    """Two signs over code and body. The sum is taken modulo the prime 1021 with squares as weights, so that one wrong
    sign and two swapped ones are always noticed.
    """
    total = sum(place * place * (ord(sign) - 32) for place, sign in enumerate(body + code, 2))
    value = total % 1021
    return ALPHABET[value // 32] + ALPHABET[value % 32]


def _written(code: str, body: str) -> str:
    tail = body + check_signs(code, body)
    return f"{PREFIX}-{code}-{tail[:4]}-{tail[4:]}"

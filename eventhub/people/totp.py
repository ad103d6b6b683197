"""The second factor of staff: codes by the clock (RFC 6238), each used once, and eight recovery codes on paper."""

import base64
import hashlib
import io
from datetime import timedelta

import pyotp
import segno
from sqlalchemy import delete, select

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.sealed import Place, SealKey, open_sealed, place, seal
from eventhub.kit.tokens import digest, same, token
from eventhub.people.models import Person, RecoveryCode, SecondFactor, WebSession

STEP = 30
WINDOW = (-1, 0, 1)
TRIES = 5
PAUSE = timedelta(minutes=15)
SHOWN = timedelta(minutes=15)
RECOVERY_CODES = 8


def factor_of(person: Person, *, lock: bool = False) -> SecondFactor | None:
    """A person's second factor, confirmed or about to be."""
    found = select(SecondFactor).where(SecondFactor.person_id == person.id)
    return db.session.scalar(found.with_for_update() if lock else found)


def begin(person: Person) -> SecondFactor:
    """A fresh secret that counts once a code has confirmed it. One that is confirmed stays as it is."""
    factor = factor_of(person, lock=True)
    if factor is None:
        factor = SecondFactor(person_id=person.id, secret=_sealed(person, pyotp.random_base32()))
        db.session.add(factor)
        db.session.flush()
    return factor


def secret_of(person: Person, factor: SecondFactor) -> str:
    """The secret in base 32. Raises Unreadable."""
    return open_sealed(_key(person), _where(person), factor.secret).decode()


def address_of(person: Person, factor: SecondFactor) -> str:
    """What an authenticator app reads from the QR code (otpauth URI)."""
    return pyotp.TOTP(secret_of(person, factor)).provisioning_uri(name=person.email or "", issuer_name="EventHub")


def qr_of(text: str) -> str:
    """A QR code as SVG with paths only, for use inside a page."""
    buffer = io.BytesIO()
    segno.make(text, error="m").save(
        buffer, kind="svg", xmldecl=False, svgns=True, nl=False, scale=5, svgclass=None, lineclass=None, omitsize=True
    )
    return buffer.getvalue().decode()


def has_tries(factor: SecondFactor) -> bool:
    """Whether a code may be tried now: five in fifteen minutes."""
    return factor.tries_since is None or now() - factor.tries_since > PAUSE or factor.tries < TRIES


def try_code(person: Person, typed: str) -> bool:
    """Whether a code of the app is right, not used before and within one step of now. Counts the try first."""
    factor = factor_of(person, lock=True)
    if factor is None or not _count(factor):
        return False
    totp = pyotp.TOTP(secret_of(person, factor))
    present = int(now().timestamp()) // STEP
    for step in (present + shift for shift in WINDOW):
        if step > factor.last_step and same(totp.generate_otp(step).encode(), typed.encode()):
            factor.last_step, factor.tries, factor.tries_since = step, 0, None
            return True
    return False


def try_recovery_code(person: Person, typed: str) -> bool:
    """Whether it is one of the recovery codes, unused till now. Counts the try first."""
    factor = factor_of(person, lock=True)
    if factor is None or factor.confirmed_at is None or not _count(factor):
        return False
    wanted = _recovery_digest(person, typed)
    for row in db.session.scalars(
        select(RecoveryCode).where(RecoveryCode.person_id == person.id, RecoveryCode.spent_at.is_(None))
    ):
        if same(row.code_hash, wanted):
            row.spent_at, factor.tries, factor.tries_since = now(), 0, None
            return True
    return False


def confirm(person: Person) -> None:
    """The first code was right: from now on the factor counts, and the recovery codes stand, hashed."""
    factor = factor_of(person, lock=True)
    if factor is None:
        raise LookupError("no second factor was begun")
    factor.confirmed_at, factor.codes_kept_at = now(), None
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    db.session.add_all(
        RecoveryCode(person_id=person.id, code_hash=_recovery_digest(person, code))
        for code in recovery_codes(person, factor)
    )


def recovery_codes(person: Person, factor: SecondFactor) -> list[str]:
    """The eight codes, made anew from the secret: a page that is loaded twice shows the same ones."""
    secret = secret_of(person, factor).encode()
    made = (
        hashlib.sha256(token(f"recovery-{number}", person.id, secret).encode()).digest()
        for number in range(RECOVERY_CODES)
    )
    letters = (base64.b32encode(one).decode().lower() for one in made)
    return [f"{one[:5]}-{one[5:10]}" for one in letters]


def shows_codes(factor: SecondFactor | None, session: WebSession) -> bool:
    """Whether the recovery codes may be shown: once, for 15 minutes, to the session that set the factor up."""
    return bool(
        factor
        and factor.confirmed_at
        and factor.codes_kept_at is None
        and session.second_factor_at == factor.confirmed_at
        and now() - factor.confirmed_at < SHOWN
    )


def drop(person: Person) -> None:
    """No second factor any more: the next sign-in sets up a new one."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    db.session.execute(delete(SecondFactor).where(SecondFactor.person_id == person.id))


def _count(factor: SecondFactor) -> bool:
    if not has_tries(factor):
        return False
    moment = now()
    if factor.tries_since is None or moment - factor.tries_since > PAUSE:
        factor.tries, factor.tries_since = 0, moment
    factor.tries += 1
    return True


def _recovery_digest(person: Person, typed: str) -> bytes:
    plain = "".join(sign for sign in typed.lower() if sign.isalnum())
    return digest(f"recovery:{person.id}:{plain}")


def _sealed(person: Person, secret: str) -> bytes:
    return seal(_key(person), _where(person), secret)


def _where(person: Person) -> Place:
    return place("second_factor", "secret", person.id)


def _key(person: Person) -> SealKey:
    return db.session.get_one(SealKey, person.seal_key_id)

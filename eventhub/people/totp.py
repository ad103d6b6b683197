"""The second factor of staff: codes by the clock (RFC 6238), each used once, and eight recovery codes on paper.

A secret that waits for its first code belongs to the web session that began it. The second factor of before stays in
force until that code comes: a new phone replaces it, and a mailbox alone never does. The first one of somebody who
accepted a role is begun by the session that typed the offer's code, and by others with that code (roles.py).
"""

import base64
import hashlib
import io
import uuid
from datetime import timedelta

import pyotp
from sqlalchemy import delete, select

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.qr import qr_code
from eventhub.kit.sealed import Place, SealKey, open_sealed, place, seal
from eventhub.kit.tokens import digest, same, token
from eventhub.people.models import PendingFactor, Person, RecoveryCode, SecondFactor, WebSession

STEP = 30
WINDOW = (-1, 0, 1)
TRIES = 5
PAUSE = timedelta(minutes=15)
SHOWN = timedelta(minutes=15)
RECOVERY_CODES = 8


def factor_of(person: Person, *, lock: bool = False) -> SecondFactor | None:
    """A person's second factor, which a code has confirmed."""
    found = select(SecondFactor).where(SecondFactor.person_id == person.id, SecondFactor.confirmed_at.is_not(None))
    return db.session.scalar(found.with_for_update() if lock else found)


def pending_of(session: WebSession, *, lock: bool = False) -> PendingFactor | None:
    """The secret that this session began and no code has confirmed yet."""
    found = select(PendingFactor).where(
        PendingFactor.session_id == session.id, PendingFactor.person_id == session.person_id
    )
    return db.session.scalar(found.with_for_update().execution_options(populate_existing=True) if lock else found)


def begin(person: Person, session: WebSession, *, anew: bool = False) -> PendingFactor | None:
    """A fresh secret for this session, which counts once a code has confirmed it; the one it began before stays. None
    where the person has a second factor already, unless a new phone is to replace it (``anew``): then what other
    sessions began is gone.
    """
    _one_at_a_time(person)
    if anew:
        db.session.execute(delete(PendingFactor).where(PendingFactor.person_id == person.id))
    elif factor_of(person) is not None:
        return None
    pending = pending_of(session)
    if pending is None:
        sealed = seal(_key(person), _where_pending(session.id), pyotp.random_base32())
        pending = PendingFactor(session_id=session.id, person_id=person.id, secret=sealed)
        db.session.add(pending)
        db.session.flush()
    return pending


def give_up(person: Person, session: WebSession) -> bool:
    """The old phone stays: what this session began is gone, if it still waits and there is an old one. Whether it was
    so; the first phone of somebody cannot be given up, nor one that a code has confirmed meanwhile.
    """
    _one_at_a_time(person)
    pending = pending_of(session, lock=True)
    if pending is None or factor_of(person) is None:
        return False
    db.session.delete(pending)
    db.session.flush()
    return True


def secret_of(person: Person, factor: SecondFactor | PendingFactor) -> str:
    """The secret in base 32. Raises Unreadable."""
    where = _where(person) if isinstance(factor, SecondFactor) else _where_pending(factor.session_id)
    return open_sealed(_key(person), where, factor.secret).decode()


def address_of(person: Person, factor: SecondFactor | PendingFactor) -> str:
    """What an authenticator app reads from the QR code (otpauth URI)."""
    return pyotp.TOTP(secret_of(person, factor)).provisioning_uri(name=person.email or "", issuer_name="EventHub")


def qr_of(text: str) -> str:
    """A QR code as SVG with paths only, for use inside a page."""
    buffer = io.BytesIO()
    qr_code(text).save(
        buffer, kind="svg", xmldecl=False, svgns=True, nl=False, scale=5, svgclass=None, lineclass=None, omitsize=True
    )
    return buffer.getvalue().decode()


def has_tries(factor: SecondFactor | PendingFactor) -> bool:
    """Whether a code may be tried now: five in fifteen minutes."""
    return factor.tries_since is None or now() - factor.tries_since > PAUSE or factor.tries < TRIES


def try_code(person: Person, typed: str) -> bool:
    """Whether a code of the app is right, not used before and within one step of now. Counts the try first."""
    factor = factor_of(person, lock=True)
    if factor is None or not _count(factor):
        return False
    step = _step_of(secret_of(person, factor), typed)
    if step is None or step <= factor.last_step:
        return False
    factor.last_step, factor.tries, factor.tries_since = step, 0, None
    return True


def try_recovery_code(person: Person, typed: str) -> bool:
    """Whether it is one of the recovery codes, unused till now. Counts the try first."""
    factor = factor_of(person, lock=True)
    if factor is None or not _count(factor):
        return False
    wanted = _recovery_digest(person, typed)
    for row in db.session.scalars(
        select(RecoveryCode).where(RecoveryCode.person_id == person.id, RecoveryCode.spent_at.is_(None))
    ):
        if same(row.code_hash, wanted):
            row.spent_at, factor.tries, factor.tries_since = now(), 0, None
            return True
    return False


def confirm(person: Person, session: WebSession, typed: str) -> SecondFactor | None:
    """The first code of the secret that this session began. When it is right the secret is the person's second factor
    from now on, in the place of another; the recovery codes stand, hashed, and what other sessions began is gone. Else
    None, and the try is counted.
    """
    _one_at_a_time(person)
    pending = pending_of(session, lock=True)
    if pending is None or not _count(pending):
        return None
    secret = secret_of(person, pending)
    step = _step_of(secret, typed)
    return None if step is None else settle(person, secret, step)


def settle(person: Person, secret: str, last_step: int = 0) -> SecondFactor:
    """The secret is the person's second factor from now on, with recovery codes of its own. Codes of steps up to
    ``last_step`` are used.
    """
    drop(person)
    person.first_phone_offer_id = None
    sealed = seal(_key(person), _where(person), secret)
    factor = SecondFactor(person_id=person.id, secret=sealed, confirmed_at=now(), last_step=last_step)
    db.session.add(factor)
    db.session.flush()
    db.session.add_all(
        RecoveryCode(person_id=person.id, code_hash=_recovery_digest(person, code))
        for code in recovery_codes(person, factor)
    )
    return factor


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
    """No second factor any more, nor one about to be: the next sign-in sets up a new one."""
    _one_at_a_time(person)
    for table in (PendingFactor, RecoveryCode, SecondFactor):
        db.session.execute(delete(table).where(table.person_id == person.id))


def _one_at_a_time(person: Person) -> None:
    """Two sessions that set up a phone at once wait for each other: the second one finds what the first one did."""
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))


def _step_of(secret: str, typed: str) -> int | None:
    """The step of the clock whose code it is, the earliest one within reach; None for a wrong code."""
    totp, present = pyotp.TOTP(secret), int(now().timestamp()) // STEP
    steps = (present + shift for shift in WINDOW)
    return next((step for step in steps if same(totp.generate_otp(step).encode(), typed.encode())), None)


def _count(factor: SecondFactor | PendingFactor) -> bool:
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


def _where(person: Person) -> Place:
    return place("second_factor", "secret", person.id)


def _where_pending(session_id: uuid.UUID) -> Place:
    return place("pending_factor", "secret", session_id)


def _key(person: Person) -> SealKey:
    return db.session.get_one(SealKey, person.seal_key_id)

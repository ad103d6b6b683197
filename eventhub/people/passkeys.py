"""Passkeys: a device signs in with its own lock instead of a mail (Web Authentication, Level 3).

One that a session made which had given its second factor stands for that factor too: the device is something one has,
and its lock is asked for each time. One of before stays a way to the mailbox's half of the way alone, so that whoever
merely read somebody's mail does not become staff with that person. Challenges are of one browser, for one use.
"""

import json
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound, means
from eventhub.kit.outbox import promise
from eventhub.kit.tokens import digest
from eventhub.people.models import Passkey, PasskeyChallenge, Person, WebSession

OPEN = timedelta(minutes=5)
"""How long a device has for its answer; our default."""
MOST = 10
"""How many one person keeps; our default."""
LABEL = 60


class NotRecognised(DomainError):
    """A wrong, late, used or unknown answer of a device; which of them is not said."""

    status = 422
    message = _l("This passkey was not recognized. Try again, or sign in with your email address.")
    field = "secret"


class TooManyPasskeys(DomainError):
    """A bound on what is kept."""

    message = _l("You have ten passkeys already. Remove one you no longer use.")
    field = "secret"


class KnownAlready(DomainError):
    """The device has made one before."""

    message = _l("This device has a passkey of yours already.")
    field = "secret"


means("uq_passkey_credential_id", KnownAlready())


def of_person(person_id: uuid.UUID) -> list[Passkey]:
    """A person's passkeys, the newest first."""
    mine = select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.made_at.desc(), Passkey.id)
    return list(db.session.scalars(mine))


def options_to_make(person: Person, holder: str) -> dict[str, Any]:
    """What a browser asks its device, to make a passkey. ``holder``: what only this browser knows."""
    # Slow to load, and needed by the few who press this button.
    from webauthn import generate_registration_options, options_to_json  # noqa: PLC0415
    from webauthn.helpers.structs import (  # noqa: PLC0415
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=_house(),
        rp_name="EventHub",
        user_id=person.id.bytes,
        # The address and not the name: the device shows it to whoever looks at its list of passkeys.
        user_name=person.email or "",
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in of_person(person.id)],
    )
    _remember(holder, options.challenge, is_for_making=True)
    return dict(json.loads(options_to_json(options)))


def make(person: Person, session: WebSession, holder: str, answer: str, label: str) -> Passkey:
    """Keep what the device made. Raises NotRecognised, TooManyPasskeys, KnownAlready. The person is told by mail.

    ``label``: what the person calls the device; the browser's name where nothing is said.
    """
    from webauthn import verify_registration_response  # noqa: PLC0415 (see options_to_make)
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    challenge = _take(holder, is_for_making=True)
    if challenge is None:
        raise NotRecognised
    # Two windows at once would pass the bound together.
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    if len(of_person(person.id)) >= MOST:
        raise TooManyPasskeys
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=_house(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise NotRecognised from error
    row = Passkey(
        id=uuid.uuid4(),
        person_id=person.id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        is_second_factor=session.second_factor_at is not None,
        label=label[:LABEL] or session.browser,
        made_at=now(),
    )
    db.session.add(row)
    db.session.flush()
    audit.record("person.passkey_made", person, actor=person)
    promise("people.passkey_made", person_id=person.id)
    return row


def options_to_give(holder: str, known: Sequence[Passkey] = ()) -> dict[str, Any]:
    """What a browser asks its device, to sign in: with one of ``known``, or with any that it has for this house."""
    from webauthn import generate_authentication_options, options_to_json  # noqa: PLC0415 (see options_to_make)
    from webauthn.helpers.structs import (  # noqa: PLC0415
        PublicKeyCredentialDescriptor,
        UserVerificationRequirement,
    )

    options = generate_authentication_options(
        rp_id=_house(),
        allow_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    _remember(holder, options.challenge, is_for_making=False)
    return dict(json.loads(options_to_json(options)))


def recognise(holder: str, answer: str) -> Passkey:
    """Whose device answers, of somebody who has an account. The answer is good once. Raises NotRecognised."""
    challenge = _take(holder, is_for_making=False)
    if challenge is None:
        raise NotRecognised
    row = _named_in(answer)
    if row is None:
        raise NotRecognised
    row.sign_count, row.used_at = _count_after(row, challenge, answer), now()
    return row


def remove(person: Person, passkey_id: uuid.UUID) -> None:
    """It opens nothing any more. Raises NotFound for somebody else's."""
    gone = db.session.scalar(
        delete(Passkey).where(Passkey.id == passkey_id, Passkey.person_id == person.id).returning(Passkey.id)
    )
    if gone is None:
        raise NotFound
    audit.record("person.passkey_removed", person, actor=person)


def lower(person_id: uuid.UUID) -> None:
    """They sign in and stand for no second step any more: the one under which they were made has ended, or another one
    begins, which may be somebody else's.
    """
    db.session.execute(update(Passkey).where(Passkey.person_id == person_id).values(is_second_factor=False))


def drop_all(person_id: uuid.UUID) -> None:
    """None any more: somebody is erased, or a second step is cleared."""
    db.session.execute(delete(Passkey).where(Passkey.person_id == person_id))


def _named_in(answer: str) -> Passkey | None:
    """The passkey that the answer names, of a person who is there; locked."""
    from webauthn.helpers import base64url_to_bytes, parse_authentication_credential_json  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    try:
        given = parse_authentication_credential_json(answer)
        credential_id = base64url_to_bytes(given.id)
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    rows = select(Passkey).join(Person, Person.id == Passkey.person_id)
    rows = rows.where(Passkey.credential_id == credential_id, Person.erased_at.is_(None))
    row = db.session.scalar(rows.with_for_update(of=Passkey))
    told = given.response.user_handle
    return row if row is not None and (told is None or told == row.person_id.bytes) else None


def _count_after(row: Passkey, challenge: bytes, answer: str) -> int:
    """How often the device has signed, by an answer that holds. Raises NotRecognised."""
    from webauthn import verify_authentication_response  # noqa: PLC0415 (see options_to_make)
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    try:
        checked = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=_house(),
            expected_origin=_origin(),
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise NotRecognised from error
    return int(checked.new_sign_count)


def _remember(holder: str, challenge: bytes, *, is_for_making: bool) -> None:
    """One challenge a browser: a new one takes the place of the last."""
    row = insert(PasskeyChallenge).values(
        holder_hash=digest(holder), challenge=challenge, is_for_making=is_for_making, until=now() + OPEN
    )
    anew = {name: row.excluded[name] for name in ("challenge", "is_for_making", "until")}
    db.session.execute(row.on_conflict_do_update(index_elements=["holder_hash"], set_=anew))


def _take(holder: str, *, is_for_making: bool) -> bytes | None:
    """The challenge of this browser, which is used up; None when it has none of this kind, or it is too old."""
    mine = PasskeyChallenge.holder_hash == digest(holder), PasskeyChallenge.is_for_making == is_for_making
    gone = delete(PasskeyChallenge).where(*mine).returning(PasskeyChallenge.challenge, PasskeyChallenge.until)
    found = db.session.execute(gone).first()
    return found.challenge if found is not None and found.until > now() else None


def use_up(holder: str) -> None:
    """What this browser was asked is answered, whatever came of it: for whoever undid the deed that took it."""
    db.session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.holder_hash == digest(holder)))


def work_at(root_url: str) -> bool:
    """Whether devices keep passkeys for the address at which the site is looked at: for its own, not for the neutral
    one of discreet people.
    """
    return root_url.rstrip("/") == _origin()


def _origin() -> str:
    return str(current_app.extensions["eventhub.settings"].origin)


def _house() -> str:
    """The name under which devices keep passkeys of this house: the host alone."""
    return urlsplit(_origin()).hostname or ""

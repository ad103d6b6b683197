"""Persons, organizations, roles, and a quick way in."""

import itertools
import secrets
import uuid
from datetime import timedelta

import pyotp
from flask.testing import FlaskClient

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.sealed import new_key
from eventhub.kit.tokens import digest
from eventhub.people import totp
from eventhub.people.models import Organisation, Passkey, Person, Role, RoleGrant, ScopeKind, WebSession
from tests.forms import post_forms

NUMBERS = itertools.count(1)


def make_person(**given: object) -> Person:
    """A person with an address nobody else has."""
    number = next(NUMBERS)
    key = new_key()
    values: dict[str, object] = {
        "name": f"Person {number}",
        "email": f"person{number}-{secrets.token_hex(3)}@example.org",
    }
    person = Person(id=uuid.uuid4(), seal_key_id=key.id, **(values | given))
    db.session.add(person)
    db.session.flush()
    return person


def make_passkey(person: Person, *, label: str = "", is_second_factor: bool = False) -> Passkey:
    """A passkey whose device nobody has."""
    row = Passkey(
        id=uuid.uuid4(),
        person_id=person.id,
        credential_id=secrets.token_bytes(16),
        public_key=b"",
        sign_count=0,
        is_second_factor=is_second_factor,
        label=label,
    )
    db.session.add(row)
    db.session.flush()
    return row


def make_organisation(**given: object) -> Organisation:
    """An organization without consultative status."""
    values: dict[str, object] = {"name": f"Organization {next(NUMBERS)}", "kind": "ngo", "country": "KE"}
    organisation = Organisation(**(values | given))
    db.session.add(organisation)
    db.session.flush()
    return organisation


def grant(
    person: Person, role: Role, *, event_id: uuid.UUID | None = None, series_id: uuid.UUID | None = None
) -> RoleGrant:
    """Give a role: for an event, a series, or everything. It has been held for some days."""
    kind = ScopeKind.EVENT if event_id else ScopeKind.SERIES if series_id else ScopeKind.ALL
    row = RoleGrant(person_id=person.id, role=role, scope_kind=kind, scope_id=event_id or series_id)
    row.granted_at = now() - timedelta(days=2)
    db.session.add(row)
    db.session.flush()
    return row


def make_staff(role: Role = Role.ADMIN, **scope: uuid.UUID | None) -> Person:
    """A person with one role."""
    person = make_person()
    grant(person, role, **scope)
    return person


def give_phone(person: Person) -> pyotp.TOTP:
    """A second factor, confirmed long ago; the app on the phone."""
    secret = pyotp.random_base32()
    totp.settle(person, secret)
    return pyotp.TOTP(secret)


def sign_in(client: FlaskClient, person: Person, *, second_factor: bool | None = None) -> Person:
    """Give the client a session of this person; staff get theirs with a second factor unless told otherwise."""
    secret = secrets.token_urlsafe(32)
    if second_factor is None:
        second_factor = db.session.query(RoleGrant).filter_by(person_id=person.id, revoked_at=None).count() > 0
    db.session.add(
        WebSession(
            person_id=person.id,
            token_hash=digest(secret),
            until=now() + timedelta(hours=8),
            second_factor_at=now() if second_factor else None,
        )
    )
    db.session.flush()
    with client.session_transaction() as session:
        session["_user_id"] = secret
        session["_fresh"] = True
    return person


def form_fields(html: str, action: str | None = None) -> dict[str, str]:
    """The hidden fields of a page's form (CSRF token, form key), as a browser would send them."""
    forms = post_forms(html)
    if action is not None:
        forms = [form for form in forms if form.get("action", "").endswith(action)]
    assert forms, "no such form on the page"
    found: dict[str, str] = {}
    for field in forms[0].iter("input"):
        if field.get("type") == "hidden" and field.get("name"):
            # Of a name that stands there twice a form reads the first: so does whoever sends these.
            found.setdefault(field.get("name", ""), field.get("value", ""))
    return found

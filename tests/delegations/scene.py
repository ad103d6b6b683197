"""Addresses and forms that the tests of delegations share."""

import uuid

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from eventhub.delegations.models import Delegation, Nominee
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from tests.factories.people import form_fields, make_staff, sign_in


def desk(event: Event, more: str = "", delegation: Delegation | None = None) -> str:
    """A page of the console."""
    there = f"/{delegation.id}" if delegation else ""
    return f"/en/console/events/{event.slug}/delegations{there}{more}"


def mine(delegation: Delegation, more: str = "", nominee: Nominee | None = None, language: str = "en") -> str:
    """A page of the focal point."""
    who = f"/people/{nominee.id}" if nominee else ""
    return f"/{language}/me/delegations/{delegation.id}{who}{more}"


def officer(client: FlaskClient, event: Event) -> Person:
    """Somebody of the desk, signed in."""
    return sign_in(client, make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id))


def send(client: FlaskClient, page: str, path: str | None = None, /, **typed: object) -> TestResponse:
    """Open a page, and send the form that goes to ``path`` (else to the page itself)."""
    text = client.get(page).text
    hidden = form_fields(text, path) if path else form_fields(text)
    return client.post(path or page, data={**hidden, **typed})


def owed(task: str) -> list[dict[str, object]]:
    """What is promised by this name."""
    return [one.payload for one in db.session.scalars(select(Promise).where(Promise.task == task))]


def history(registration_id: uuid.UUID) -> list[tuple[str, uuid.UUID | None, str | None, dict[str, object]]]:
    """Verb, who, words and detail of each deed about a registration, oldest first."""
    rows = (
        select(AuditEntry, AuditText.text)
        .outerjoin(AuditText, AuditText.entry_id == AuditEntry.id)
        .where(AuditEntry.subject_id == registration_id)
        .order_by(AuditEntry.id)
    )
    return [
        (entry.verb.removeprefix("registration."), entry.actor_id, text, entry.detail)
        for entry, text in db.session.execute(rows)
    ]

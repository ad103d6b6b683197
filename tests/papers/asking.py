"""Asking for papers over HTTP, as people do."""

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eventhub.papers.models import Kind
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.registration.models import Registration
from tests.factories.people import form_fields, make_staff, sign_in


def own(registration: Registration, more: str = "") -> str:
    """The address of one's own papers."""
    return f"/en/me/registrations/{registration.reference}/papers{more}"


def console(event: Event, more: str = "") -> str:
    """The address of the desk's papers."""
    return f"/en/console/events/{event.slug}/papers{more}"


def ask(client: FlaskClient, registration: Registration, kind: Kind, **typed: object) -> int:
    """Ask for a paper of one's own; the answer's status."""
    return sent(client, registration, kind, **typed).status_code


def sent(client: FlaskClient, registration: Registration, kind: Kind, **typed: object) -> TestResponse:
    """Ask for a paper of one's own; the answer."""
    fields = form_fields(client.get(own(registration)).text, f"/papers/{kind.value}")
    return client.post(own(registration, f"/{kind.value}"), data=fields | {"language": "en", "name": "public"} | typed)


def print_badges(client: FlaskClient, event: Event, **typed: object) -> int:
    """Ask for badges; the answer's status."""
    fields = form_fields(client.get(console(event)).text, "/papers/badges")
    data = fields | {"layout": "sheet_4", "language": "en", "reason": "The desk opens at eight."} | typed
    return client.post(console(event, "/badges"), data=data).status_code


def officer(client: FlaskClient, event: Event, role: Role = Role.ACCREDITATION_OFFICER) -> Person:
    """Somebody at the event's desk, signed in."""
    return sign_in(client, make_staff(role, event_id=event.id))

"""What a person does with a browser."""

import secrets

import pyotp
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eventhub.kit.db import db
from eventhub.people import sign_in, totp
from eventhub.people.models import PendingFactor, Person, SignInRequest, WebSession
from tests.factories.people import form_fields


def new_email() -> str:
    """An address nobody has."""
    return f"somebody-{secrets.token_hex(6)}@example.org"


def send(
    client: FlaskClient, path: str, *, page: str | None = None, action: str | None = None, **typed: object
) -> TestResponse:
    """Open a page, fill in its form and send it to ``path``."""
    hidden = form_fields(client.get(page or path).get_data(as_text=True), action)
    return client.post(path, data={**hidden, **typed})


def ask(client: FlaskClient, email: str, *, language: str = "en", target: str | None = None) -> TestResponse:
    """Ask for a link."""
    path = f"/{language}/sign-in" + (f"?next={target}" if target else "")
    return send(client, path, email=email)


def newest(email: str) -> SignInRequest:
    """The last request of an address."""
    rows = db.session.query(SignInRequest).filter_by(email=email).order_by(SignInRequest.created_at.desc())
    return rows.first() or _missing()


def _missing() -> SignInRequest:
    raise AssertionError("nobody asked")


def link(email: str) -> str:
    """The path of the link in the mail."""
    return f"/en/sign-in/{sign_in.link_token(newest(email))}"


def code(email: str) -> str:
    """The code in the mail."""
    return sign_in.sign_in_code(newest(email))


def come_in(client: FlaskClient, email: str) -> TestResponse:
    """Ask, open the link, press the button."""
    ask(client, email)
    return send(client, link(email))


def newest_session(person: Person) -> WebSession:
    """The session that began last."""
    mine = db.session.query(WebSession).filter_by(person_id=person.id)
    row = mine.order_by(WebSession.created_at.desc()).first()
    assert row is not None
    return row


def is_in(client: FlaskClient) -> bool:
    """Whether My page opens."""
    return client.get("/en/me").status_code == 200


def set_up_factor(client: FlaskClient, person: Person) -> pyotp.TOTP:
    """Begin and confirm the second step in the browser; the app on the phone."""
    assert send(client, "/en/second-factor/set-up").status_code == 303
    phone = phone_of(person)
    answer = send(client, "/en/second-factor/set-up", code=phone.now())
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return phone


def phone_of(person: Person) -> pyotp.TOTP:
    """The app that scanned the code: the one that waits for its first, else the one that counts."""
    waiting = db.session.query(PendingFactor).filter_by(person_id=person.id).one_or_none()
    factor = waiting or totp.factor_of(person)
    assert factor is not None
    return pyotp.TOTP(totp.secret_of(person, factor))

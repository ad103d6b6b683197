"""Many people at once: signed in by SQL, each with a browser of their own over a real socket."""

import secrets
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from itsdangerous import URLSafeTimedSerializer

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.sealed import new_key
from eventhub.kit.tokens import digest
from eventhub.people.models import Person, WebSession
from tests.live import House
from tests.wire import Answer, Browser


@dataclass
class Member:
    """One of the crowd: who it is, the browser, and the token that the session's forms carry."""

    person_id: uuid.UUID
    email: str
    browser: Browser
    csrf_token: str

    def send(self, path: str, **answers: str) -> Answer:
        """Send a form, as a page opened just now would."""
        return self.browser.post(path, self.fields() | answers)

    def fields(self) -> dict[str, str]:
        """The hidden fields of a fresh form."""
        return {"csrf_token": self.csrf_token, "form_key": str(uuid.uuid4())}


@dataclass(frozen=True)
class Timed:
    """An answer and the seconds it took; no answer when the connection failed."""

    answer: Answer | None
    seconds: float


def gather(house: House, count: int, *, timeout: float = 60) -> list[Member]:
    """So many signed-in people; their persons and sessions are written at once."""
    people, found = [], []
    with house.work():
        for number in range(count):
            name = f"{secrets.token_hex(4)}-{number}"
            person = Person(
                id=uuid.uuid4(), name=f"Crowd {name}", email=f"crowd-{name}@example.org", seal_key_id=new_key().id
            )
            secret = secrets.token_urlsafe(32)
            people.append(person)
            db.session.add(person)
            db.session.add(WebSession(person=person, token_hash=digest(secret), until=now() + timedelta(days=1)))
            cookies, token = cookies_of(house, secret)
            found.append(Member(person.id, str(person.email), Browser(house.host, cookies, timeout), token))
    return found


def cookies_of(house: House, secret: str) -> tuple[dict[str, str], str]:
    """The cookie of a session, and a token for its forms."""
    app = house.app
    raw = secrets.token_hex(20)
    held = {"_user_id": secret, "_fresh": True, "csrf_token": raw}
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    token = str(URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps(raw))
    return {app.config["SESSION_COOKIE_NAME"]: signer.dumps(held)}, token


def all_at_once(members: Sequence[Member], press: Callable[[Member], Answer]) -> list[Timed]:
    """Everybody presses the button at the same moment."""
    start = threading.Barrier(len(members))
    answers: list[Timed] = []

    def one(member: Member) -> None:
        start.wait()
        began = monotonic()
        try:
            answer: Answer | None = press(member)
        except OSError:
            answer = None
        answers.append(Timed(answer, monotonic() - began))

    threads = [threading.Thread(target=one, args=(member,)) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers

"""Signed-in browsers: the cookie holds a random secret, PostgreSQL its hash; revoking one is immediate."""

import secrets
import uuid
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from flask import Flask, g, request, session
from flask_login import LoginManager, UserMixin, login_user, logout_user
from sqlalchemy import Row, bindparam, select, update

from eventhub.kit.clock import now
from eventhub.kit.db import as_loaded, db, known_of, table_of
from eventhub.kit.tokens import digest
from eventhub.people.models import Person, Role, RoleGrant, WebSession

PARTICIPANT_SESSION = timedelta(days=30)
STAFF_SESSION = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=10)

BROWSERS = ("Firefox", "Edg", "OPR", "SamsungBrowser", "Chrome", "Safari")
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")

_SESSION, _PERSON = table_of(WebSession), table_of(Person)
# Asked in every request of somebody signed in: made once, and read as a plain row, of which most requests need little.
_LIVE = (
    select(*_SESSION.c, *_PERSON.c)
    .join(_PERSON, _PERSON.c.id == _SESSION.c.person_id)
    .where(
        _SESSION.c.token_hash == bindparam("token_hash"),
        _SESSION.c.revoked_at.is_(None),
        _SESSION.c.until > bindparam("moment"),
        _PERSON.c.erased_at.is_(None),
    )
)


class Visitor(UserMixin):
    """The signed-in person of a request with the session it came by and the roles held.

    What was read of them stands in ``seen``; they become models of the database's session when a view first asks.
    """

    def __init__(self, secret: str, seen: Row[Any]) -> None:
        self.secret = secret
        width = len(_SESSION.c)
        self._of_session = dict(zip(_SESSION.c.keys(), seen[:width], strict=True))
        self._of_person = dict(zip(_PERSON.c.keys(), seen[width:], strict=True))

    @classmethod
    def just_let_in(cls, web_session: WebSession, secret: str) -> "Visitor":
        """The visitor of a session that begins in this request."""
        visitor = cls.__new__(cls)
        visitor.secret = secret
        visitor.web_session, visitor.person = web_session, web_session.person
        return visitor

    @cached_property
    def web_session(self) -> WebSession:
        """The session, as a model."""
        return as_loaded(WebSession, self._of_session)

    @cached_property
    def person(self) -> Person:
        """The person, as a model."""
        return as_loaded(Person, self._of_person)

    @cached_property
    def grants(self) -> list[RoleGrant]:
        """The roles held now; asked for when a page first needs them."""
        mine = select(RoleGrant).where(RoleGrant.person_id == self.id, RoleGrant.revoked_at.is_(None))
        return list(db.session.scalars(mine))

    def __getattr__(self, name: str) -> Any:
        """A visitor answers for the person: ``actor().language``."""
        if "person" not in self.__dict__ and name in self.__dict__.get("_of_person", ()):
            # Whoever else loaded the person in this request may have changed something since.
            known = known_of(Person, self._of_person["id"])
            return self._of_person[name] if known is None else getattr(known, name)
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.person, name)

    @property
    def id(self) -> Any:
        """The person's id, so that a visitor can stand for the actor in the audit."""
        return self.person.id if "person" in self.__dict__ else self._of_person["id"]

    def get_id(self) -> str:
        """What the cookie holds: the session's secret, never the person."""
        return self.secret

    def is_staff(self) -> bool:
        """Whether the person holds any role."""
        return bool(self.grants)

    def has_second_factor(self) -> bool:
        """Whether this session gave the second factor."""
        return self._of("second_factor_at") is not None

    def is_half_signed_in(self) -> bool:
        """Whether the second factor is still to be given."""
        return bool(self._of("is_half"))

    def _of(self, name: str) -> Any:
        known = self.web_session if "web_session" in self.__dict__ else known_of(WebSession, self._of_session["id"])
        return self._of_session[name] if known is None else getattr(known, name)

    def has_role(self, *roles: Role) -> bool:
        """Whether the person holds one of the roles in any scope."""
        return any(grant.role in roles for grant in self.grants)


def init_sessions(app: Flask) -> None:
    """Teach Flask-Login where sessions live."""
    # Without current_user in templates: a public page must not ask who reads it.
    manager = LoginManager(app, add_context_processor=False)
    manager.session_protection = None

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(secret: str) -> Visitor | None:
        return load_visitor(secret)


def load_visitor(secret: str) -> Visitor | None:
    """The visitor behind a cookie, or None when the session is over. One statement."""
    moment = now()
    found = db.session.execute(_LIVE, {"token_hash": digest(secret), "moment": moment}).first()
    if found is None:
        return None
    visitor = Visitor(secret, found)
    _note_visit(visitor, found.seen_at, moment)
    return visitor


def begin_session(person: Person, *, is_staff: bool, secret: str | None = None) -> WebSession:
    """Sign a browser in: whatever session it had is over, the new one has a new secret.

    The session of staff, and of whoever asks for it, is half a session until the second factor is given. ``secret``:
    one that can be made again for the same browser (sign_in.session_secret), so that a repeat finds the session; else a
    random one.
    """
    secret = secret or secrets.token_urlsafe(32)
    moment = now()
    _revoke(session.get("_user_id"))
    row = WebSession(
        person_id=person.id,
        token_hash=digest(secret),
        browser=browser_name(request.headers.get("User-Agent", "")),
        created_at=moment,
        seen_at=moment,
        until=moment + (STAFF_SESSION if is_staff else PARTICIPANT_SESSION),
        is_half=is_staff or person.asks_second_step,
    )
    db.session.add(row)
    row.person = person
    _let_in(Visitor.just_let_in(row, secret))
    return row


def resume_session(secret: str, *, since: datetime) -> Visitor | None:
    """Give the browser once more the session with this secret, or None when none was begun since then."""
    visitor = load_visitor(secret)
    if visitor is None or visitor.web_session.created_at < since:
        return None
    _let_in(visitor)
    return visitor


def end_session() -> None:
    """Sign this browser out and forget everything its cookie held."""
    _revoke(session.get("_user_id"))
    logout_user()
    session.clear()


def revoke_other_sessions(person: Person, *, keep: uuid.UUID | None) -> int:
    """Sign all other browsers out, at once; how many."""
    gone = db.session.execute(
        update(WebSession)
        .where(WebSession.person_id == person.id, WebSession.revoked_at.is_(None), WebSession.id.is_distinct_from(keep))
        .values(revoked_at=now())
        .returning(WebSession.id)
    )
    return len(gone.all())


def live_sessions(person_id: object) -> list[WebSession]:
    """Where a person is signed in, latest first."""
    rows = (
        select(WebSession)
        .where(WebSession.person_id == person_id, WebSession.revoked_at.is_(None), WebSession.until > now())
        .order_by(WebSession.seen_at.desc())
    )
    return list(db.session.scalars(rows))


def browser_name(agent: str) -> str:
    """Enough to recognise one's own device: "Firefox, Android". Versions are left out."""
    browser = next((name for name in BROWSERS if name in agent), "")
    system = next((name for name in SYSTEMS if name in agent), "")
    names = {"Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet", "Mac OS": "macOS"}
    return ", ".join(names.get(part, part) for part in (browser, system) if part)


def _let_in(visitor: Visitor) -> None:
    kept = session.get("kept")
    session.clear()
    if kept:
        session["kept"] = kept
    session.permanent = True
    login_user(visitor, force=True)


def _revoke(secret: str | None) -> None:
    if secret:
        mine = update(WebSession).where(WebSession.token_hash == digest(secret), WebSession.revoked_at.is_(None))
        db.session.execute(mine.values(revoked_at=now()))


def _note_visit(visitor: Visitor, seen_at: datetime, moment: datetime) -> None:
    # Only a request that writes anyway may move the mark: a GET never writes.
    if request.method == "POST" and moment - seen_at > SEEN_EVERY and not getattr(g, "visit_noted", False):
        g.visit_noted = True
        visitor.web_session.seen_at = moment

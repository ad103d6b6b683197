"""Signed-in browsers: the cookie holds a random secret, PostgreSQL its hash; revoking one is immediate."""

import secrets
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from flask import Flask, g, request, session
from flask_login import LoginManager, UserMixin, login_user, logout_user
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import contains_eager

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.tokens import digest
from eventhub.people.models import Person, Role, RoleGrant, WebSession

PARTICIPANT_SESSION = timedelta(days=30)
STAFF_SESSION = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=10)

BROWSERS = ("Firefox", "Edg", "OPR", "SamsungBrowser", "Chrome", "Safari")
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")

# Asked in every request of somebody signed in: made once.
_LIVE = (
    select(WebSession)
    .join(WebSession.person)
    .options(contains_eager(WebSession.person))
    .where(
        WebSession.token_hash == bindparam("token_hash"),
        WebSession.revoked_at.is_(None),
        WebSession.until > bindparam("moment"),
        Person.erased_at.is_(None),
    )
)


class Visitor(UserMixin):
    """The signed-in person of a request with the session it came by and the roles held."""

    def __init__(self, web_session: WebSession, secret: str) -> None:
        self.web_session = web_session
        self.person: Person = web_session.person
        self.secret = secret

    @cached_property
    def grants(self) -> list[RoleGrant]:
        """The roles held now; asked for when a page first needs them."""
        mine = select(RoleGrant).where(RoleGrant.person_id == self.person.id, RoleGrant.revoked_at.is_(None))
        return list(db.session.scalars(mine))

    def __getattr__(self, name: str) -> Any:
        """A visitor answers for the person: ``actor().language``."""
        return getattr(self.__dict__["person"], name)

    @property
    def id(self) -> Any:
        """The person's id, so that a visitor can stand for the actor in the audit."""
        return self.person.id

    def get_id(self) -> str:
        """What the cookie holds: the session's secret, never the person."""
        return self.secret

    def is_staff(self) -> bool:
        """Whether the person holds any role."""
        return bool(self.grants)

    def has_second_factor(self) -> bool:
        """Whether this session gave the second factor."""
        return self.web_session.second_factor_at is not None

    def is_half_signed_in(self) -> bool:
        """Whether the second factor is still to be given."""
        return self.web_session.is_half

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
    found: WebSession | None = db.session.scalar(_LIVE, {"token_hash": digest(secret), "moment": moment})
    if found is None:
        return None
    _note_visit(found, moment)
    return Visitor(found, secret)


def begin_session(person: Person, *, is_staff: bool, secret: str | None = None) -> WebSession:
    """Sign a browser in: whatever session it had is over, the new one has a new secret.

    The session of staff is half a session until the second factor is given. ``secret``: one that can be made again
    for the same browser (sign_in.session_secret), so that a repeat finds the session; else a random one.
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
        is_half=is_staff,
    )
    db.session.add(row)
    row.person = person
    _let_in(Visitor(row, secret))
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


def _note_visit(found: WebSession, moment: datetime) -> None:
    # Only a request that writes anyway may move the mark: a GET never writes.
    if request.method == "POST" and moment - found.seen_at > SEEN_EVERY and not getattr(g, "visit_noted", False):
        g.visit_noted = True
        found.seen_at = moment

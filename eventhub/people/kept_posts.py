"""What was typed when a session had ended: kept sealed for a day, given back once the same person has signed in.

Only the words of somebody whose session still tells who it was are kept: on a shared computer a page that was left open
after signing out belongs to nobody, and whoever signs in next must not find it. Codes and other secrets are not kept.
"""

import json
import secrets
import uuid
from datetime import timedelta
from typing import Any

from flask import current_app, g, request, session
from flask_login import current_user
from sqlalchemy import ColumnElement, delete, select
from werkzeug.datastructures import MultiDict

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import TooMany
from eventhub.kit.forms import is_secret_name
from eventhub.kit.limits import count
from eventhub.kit.sealed import Unreadable, open_for_house, place, seal_for_house
from eventhub.kit.tokens import digest
from eventhub.people.models import KeptPost, Person, WebSession

KEPT = timedelta(days=1)
LIMIT = 200_000
NOT_KEPT = {"csrf_token", "form_key"}


class PostKeeper:
    """Stands behind the guard (kit/access.py) and the base form (kit/forms.py)."""

    def keep(self, path: str) -> bool:
        """Keep the form of this request, without files, for the owner of the session that has ended, until the page at
        ``path`` is opened. A form from another site is left alone. Whether nothing is lost that somebody typed here:
        it is kept, or there was nothing to keep.
        """
        typed = [(name, value) for name, value in request.form.items(multi=True) if _is_kept(name)]
        packed = json.dumps(typed).encode()
        if not typed or not _is_from_our_page():
            return True
        owner = _whose()
        if owner is None or len(packed) > LIMIT:
            return False
        try:
            count("kept_post", request.remote_addr or "", limit=60, seconds=900)
        except TooMany:
            return False
        token, row = secrets.token_urlsafe(32), uuid.uuid4()
        db.session.add(
            KeptPost(
                id=row,
                person_id=owner,
                token_hash=digest(token),
                path=path,
                sealed=seal_for_house(_where(row), packed),
            )
        )
        session["kept"] = token
        return True

    def given_back(self) -> MultiDict[str, Any] | None:
        """What was typed into the form of this page before the sign-in, or None. Asked once a request."""
        if "kept_post" not in g:
            g.kept_post = self._find() if "kept" in session else None
        found: MultiDict[str, Any] | None = g.kept_post
        return found

    def forget(self, path: str) -> None:
        """The form of that page was sent again: what was kept for it has served."""
        if "kept" in session:
            mine = delete(KeptPost).where(*_for_page(path))
            if db.session.execute(mine.returning(KeptPost.id)).first():
                session.pop("kept")

    def _find(self) -> MultiDict[str, Any] | None:
        row = db.session.scalar(select(KeptPost).where(*_for_page(request.path), KeptPost.created_at > now() - KEPT))
        if row is None:
            return None
        try:
            return MultiDict([(name, value) for name, value in json.loads(open_for_house(_where(row.id), row.sealed))])
        except Unreadable:
            return None


def forget_old() -> None:
    """Gone after a day."""
    db.session.execute(delete(KeptPost).where(KeptPost.created_at < now() - KEPT))


def _for_page(path: str) -> tuple[ColumnElement[bool], ...]:
    """What the person who is signed in typed into a page, in this browser."""
    return (
        KeptPost.token_hash == digest(session["kept"]),
        KeptPost.path == path,
        KeptPost.person_id == current_user.id,
    )


def _is_kept(name: str) -> bool:
    if name == "code" and getattr(current_app.view_functions[request.endpoint or ""], "plain_code", False):
        return True
    return name not in NOT_KEPT and not is_secret_name(name)


def _whose() -> uuid.UUID | None:
    # A session that is over still tells whose it was; signing out makes the browser forget which one it had.
    secret = session.get("_user_id")
    if not secret:
        return None
    whose = select(Person.id).join(WebSession, WebSession.person_id == Person.id)
    return db.session.scalar(whose.where(WebSession.token_hash == digest(secret), Person.erased_at.is_(None)))


def _is_from_our_page() -> bool:
    # Our pages send no Referer and so "Origin: null"; Sec-Fetch-Site tells the truth in every browser since 2023.
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    return request.headers.get("Origin") == request.host_url.rstrip("/")


def _where(row: uuid.UUID) -> Any:
    return place("kept_post", "sealed", row)

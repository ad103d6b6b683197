"""EventHub with a few more pages, each of which tries one thing that the kit must do or refuse.

``granian tests.kit.probe_site:app`` serves it; ``undone(app)`` is the ``database`` fixture for an app of one's own.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import flask
from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import func, select
from wtforms import FileField, StringField

import eventhub.app
from eventhub.kit import audit
from eventhub.kit.access import anyone, public, staff
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.config import Settings, load_settings
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.forms import Form, required, submit
from eventhub.kit.outbox import promise
from eventhub.kit.pages import changes_at, kept_page
from eventhub.kit.revisions import Revision, bump
from eventhub.kit.web import back_to

bp = Blueprint("probe", __name__)


class WordForm(Form):
    """One word, and perhaps a file."""

    word = StringField(validators=[required()])
    file = FileField()


class NotThisWord(DomainError):
    """The word "no" is refused by the action."""

    status = 422
    message = "Not this word"
    field = "word"


@bp.route("/probe/form", methods=["GET", "POST"])
@anyone
def form() -> ResponseReturnValue:
    """A form that writes one row; the word "slow" takes its time."""
    sent = WordForm()
    if sent.validate_on_submit() and submit(sent, lambda: note(str(sent.word.data))):
        return back_to("probe.thanks", word=sent.word.data)
    return page(sent.csrf_token(), sent.form_key(), sent.errors), sent.status


def note(word: str) -> AuditEntry:
    """Write a row and owe something; then perhaps think better of it."""
    entry = audit.record("probe.noted", "probe", actor=None, reason=word)
    promise("test.count", name=word)
    db.session.flush()
    if word == "slow":
        time.sleep(0.5)
    if word == "no":
        raise NotThisWord
    return entry


@bp.get("/probe/thanks")
@anyone
def thanks() -> ResponseReturnValue:
    """Where the form leads."""
    return page("thanks")


@bp.post("/probe/careless")
@anyone
def careless() -> ResponseReturnValue:
    """Writes without having looked at the CSRF token."""
    audit.record("probe.careless", "probe", actor=None)
    return back_to("probe.thanks")


@bp.get("/probe/writes-on-get")
@anyone
def writes_on_get() -> ResponseReturnValue:
    """A GET that writes."""
    audit.record("probe.on_get", "probe", actor=None)
    db.session.flush()
    return page("written")


@bp.route("/probe/commits", methods=["GET", "POST"])
@anyone
def commits() -> ResponseReturnValue:
    """Commits by itself."""
    audit.record("probe.committed", "probe", actor=None)
    db.session.commit()
    return page("committed")


@bp.route("/probe/fails", methods=["GET", "POST"])
@anyone
def fails() -> ResponseReturnValue:
    """A bug after a write, with words that nobody may read."""
    audit.record("probe.failed", "probe", actor=None)
    db.session.flush()
    raise LookupError("grace.marker@example.org")


@bp.get("/probe/public")
@public
@kept_page("probe")
def kept() -> ResponseReturnValue:
    """The same for all until somebody bumps it."""
    number = db.session.scalar(select(func.max(Revision.number)).where(Revision.name == "probe"))
    return page(f"revision {number}")


@bp.get("/probe/timed")
@public
@kept_page("probe")
def timed() -> ResponseReturnValue:
    """A page that reads otherwise at two instants."""
    changes_at(now() + timedelta(hours=1))
    changes_at(now() + timedelta(seconds=20))
    changes_at(now() - timedelta(days=1))
    changes_at(None)
    return page(now().isoformat())


@bp.get("/probe/missing")
@public
@kept_page("probe")
def missing() -> ResponseReturnValue:
    """Not found, which must not be kept."""
    return page("nothing"), 404


@bp.get("/probe/leaky")
@public
@kept_page("probe")
def leaky() -> ResponseReturnValue:
    """A public page that would set a cookie."""
    flask.session["seen"] = True
    return page("leaky")


@bp.get("/probe/desk")
@staff
def desk() -> ResponseReturnValue:
    """For staff."""
    return page("desk")


@bp.post("/probe/bump")
@public
def bumped() -> ResponseReturnValue:
    """Public content changes."""
    bump("probe")
    return page("bumped")


def page(*parts: object) -> Markup:
    """A small but valid page."""
    body = Markup("").join(Markup("<p>{}</p>").format(part) for part in parts)
    frame = '<!doctype html><html lang="en"><title>Probe</title><form method="post">{}</form></html>'
    return Markup(frame).format(body)  # noqa: S704 (a constant)


def build(settings: Settings, **config: Any) -> Flask:
    """The application with these pages."""
    known = eventhub.app.BLUEPRINTS
    eventhub.app.BLUEPRINTS = (*known, bp)
    try:
        return eventhub.app.create_app(settings, **config)
    finally:
        eventhub.app.BLUEPRINTS = known


@contextmanager
def undone(app: Flask) -> Iterator[None]:
    """Everything written meanwhile is undone; test and requests share one connection."""
    with app.app_context():
        engine = db.engine
        with engine.connect() as connection:
            outer = connection.begin()
            db.engines[None] = connection  # type: ignore[index]
            try:
                yield
            finally:
                db.session.remove()
                outer.rollback()
                db.engines[None] = engine  # type: ignore[index]


def noted(verb: str = "probe.noted") -> list[str | None]:
    """The words that were committed, in order."""
    db.session.expire_all()
    return list(db.session.scalars(select(AuditEntry.reason).where(AuditEntry.verb == verb).order_by(AuditEntry.id)))


def __getattr__(name: str) -> Any:  # what the web server asks for; tests that import this module need no app
    if name == "app":
        return build(load_settings())
    raise AttributeError(name)

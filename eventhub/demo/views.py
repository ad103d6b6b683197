"""Doors that only the demo has: its mailbox, and sign-in as one of its people by one press."""

import email
import mailbox
from email import policy
from email.message import EmailMessage
from pathlib import Path

from flask import Blueprint, abort, current_app, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import StringField

from eventhub.demo.cast import CAST, address_of
from eventhub.demo.phones import code_of, give_phone
from eventhub.kit.access import anyone, demo_only
from eventhub.kit.clock import now
from eventhub.kit.config import Settings
from eventhub.kit.db import db
from eventhub.kit.forms import Form
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.people.queries import grants_of
from eventhub.people.sessions import begin_session

bp = Blueprint("demo", __name__)
SHOWN = 100


class CastForm(Form):
    """Whom to be."""

    member = StringField()


@bp.get("/dev/mailbox")
@demo_only
def inbox() -> ResponseReturnValue:
    """The mails the local sink caught, newest first."""
    letters = [(key, read_letter(path)) for key, path in letters_of(folder())[:SHOWN]]
    return render_template("demo/mailbox.html", letters=letters)


@bp.get("/dev/mailbox/<key>")
@demo_only
def letter(key: str) -> ResponseReturnValue:
    """One mail, as text: its HTML is never run in this origin."""
    path = next((path for name, path in letters_of(folder()) if name == key), None)
    if path is None:
        abort(404)
    found = read_letter(path)
    return render_template("demo/letter.html", letter=found, text=plain_text(found), parts=list(found.walk()))


@bp.route("/dev/sign-in", methods=["GET", "POST"])
@anyone
def cast() -> ResponseReturnValue:
    """The demo's people; one press signs in as one of them, second factor included. Beside staff stands the code that
    their phone shows, for whoever signs in by mail or does what asks for a fresh code.
    """
    form = CastForm()
    if form.validate_on_submit():
        person = db.session.scalar(select(Person).where(Person.email == address_of(form.member.data or "")))
        if person is None:
            abort(404)
        is_staff = bool(grants_of(person.id))
        session = begin_session(person, is_staff=is_staff)
        if is_staff:
            session.is_half, session.second_factor_at = False, now()
            give_phone(person)
        db.session.flush()
        return back_to("people_console.today" if is_staff else "people.me")
    known = {str(address_of(member.key)): member.key for member in CAST if member.roles}
    people = db.session.scalars(select(Person).where(Person.email.in_(known)))
    codes = {known[str(person.email)]: code_of(person) for person in people}
    return render_template("demo/cast.html", form=form, cast=CAST, codes=codes)


def folder() -> Path:
    """Where the local mail sink keeps what it caught."""
    settings: Settings = current_app.extensions["eventhub.settings"]
    return settings.eventhub_home / "mail"


def letters_of(maildir: Path) -> list[tuple[str, Path]]:
    """Keys and files of a Maildir, newest first."""
    if not maildir.is_dir():
        return []
    box = mailbox.Maildir(maildir, create=False)
    files = [path for part in ("new", "cur") for path in (maildir / part).glob("*")]
    known = set(box.keys())
    found = [(path.name.partition(":")[0], path) for path in files if path.name.partition(":")[0] in known]
    return sorted(found, key=lambda item: item[1].stat().st_mtime_ns, reverse=True)


def read_letter(path: Path) -> EmailMessage:
    """A mail as Python's parser reads it."""
    with path.open("rb") as file:
        parsed: EmailMessage = email.message_from_binary_file(file, policy=policy.default)
    return parsed


def plain_text(found: EmailMessage) -> str:
    """The plain part of a mail."""
    body = found.get_body(preferencelist=("plain",))
    return str(body.get_content()) if body else ""

"""Questions about one's own registration: the whole exchange, and the way to answer."""

import uuid

from flask import Response, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.kit.access import actor, personal
from eventhub.kit.errors import NotFound
from eventhub.kit.files import attachment
from eventhub.kit.forms import submit
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.programme.shown import clock_of
from eventhub.registration import exchange, queries, thread
from eventhub.registration.drawing import SCRIPTS
from eventhub.registration.forms import MessageForm
from eventhub.registration.models import Registration, State
from eventhub.registration.queries import Intake
from eventhub.registration.reference import read_reference
from eventhub.registration.views import bp

__all__ = ["bp"]


@bp.route("/me/registrations/<reference>/questions", methods=["GET", "POST"])
@personal
def questions(reference: str) -> ResponseReturnValue:
    """What was asked and answered; a form where something may be written."""
    person: Person = actor().person
    found, registration = _own(person, reference, lock=request.method == "POST")
    form = MessageForm()
    awaited = registration.state is State.INFO_REQUESTED
    if form.validate_on_submit() and submit(
        form, lambda: thread.answer(person, found, form.text.data or "", form.upload())
    ):
        flash(
            _("Your answer is sent. Your registration is now looked at again.")
            if awaited
            else _("Your message is sent. The secretariat reads it."),
            "ok",
        )
        return back_to("registration.questions", reference=reference)
    said = thread.messages(registration, found.key)
    page = render_template(
        "registration/questions.html",
        intake=found,
        registration=registration,
        form=form,
        lines=exchange.lines(
            said,
            exchange.own_author,
            clock_of(found.event, person.time_zone, g.lang),
            lambda one: url_for("registration.question_file", reference=reference, message_id=one.message.id),
        ),
        may_write=thread.may_write(registration),
        scripts=SCRIPTS,
    )
    return page, form.status


@bp.get("/me/registrations/<reference>/questions/<uuid:message_id>")
@personal
def question_file(reference: str, message_id: uuid.UUID) -> Response:
    """The file of one message, to be saved."""
    person: Person = actor().person
    found, registration = _own(person, reference)
    return attachment(*thread.file_of(registration, message_id, found.key)[:2])


def _own(person: Person, reference: str, *, lock: bool = False) -> tuple[Intake, Registration]:
    known = read_reference(reference)
    if known is None:
        raise NotFound
    found = queries.own(person, known, lock=lock)
    if found.registration is None:
        raise NotFound
    return found, found.registration

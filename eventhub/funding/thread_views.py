"""Questions about one's own application: the whole exchange, and the way to answer."""

import uuid

from flask import Blueprint, Response, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.funding import desk_shown, thread, writing
from eventhub.funding.desk_forms import MessageForm
from eventhub.funding.exchange import lines, own_author
from eventhub.funding.models import Application, State
from eventhub.kit.access import actor, personal
from eventhub.kit.files import attachment
from eventhub.kit.forms import submit
from eventhub.kit.i18n import show_date
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.questionnaires import queries as questionnaires
from eventhub.registration.reference import read_reference

bp = Blueprint("funding_thread", __name__)


@bp.route("/me/applications/<reference>/questions", methods=["GET", "POST"])
@personal
def mine(reference: str) -> ResponseReturnValue:
    """What was asked and answered; a form where something may be written."""
    person: Person = actor().person
    application = _own(person, reference, lock=request.method == "POST")
    form = MessageForm()
    awaited = application.state is State.INFO_REQUESTED
    key = application.person.seal_key
    if form.validate_on_submit() and submit(
        form, lambda: thread.answer(person, application, key, form.text.data or "", form.upload())
    ):
        flash(
            _("Your answer is sent. Your application is now looked at again.")
            if awaited and application.state is State.SUBMITTED
            else _("Your message is sent. The secretariat reads it."),
            "ok",
        )
        return back_to("funding_thread.mine", reference=reference)
    answers, merged = application.answer_set, application.merged_into_id is not None
    until = writing.until(application)
    definition = questionnaires.localised(questionnaires.version(answers.version_id), g.lang) if answers else None
    page = render_template(
        "funding/thread.html",
        application=application,
        title=desk_shown.title_of(application.call, g.lang),
        reference=reference,
        form=form,
        lines=lines(
            thread.messages(application.id, key),
            own_author,
            desk_shown.clock_of(application.call, person.time_zone, g.lang),
            lambda one: url_for("funding_thread.message_file", reference=reference, message_id=one.message.id),
            definition,
        ),
        may_write=thread.may_write(application),
        word=desk_shown.STATES[application.outcome_seen or application.state],
        asked=awaited,
        missing=desk_shown.gaps_words(thread.form_gaps(application), definition) if awaited else [],
        refused=application.state is State.INELIGIBLE or merged,
        until=show_date(until, g.lang) if until and not merged else None,
        scripts=["site.js"],
    )
    return page, form.status


@bp.get("/me/applications/<reference>/questions/<uuid:message_id>")
@personal
def message_file(reference: str, message_id: uuid.UUID) -> Response:
    """The file of one message, to be saved."""
    application = _own(actor().person, reference)
    return attachment(*thread.file_of(application.id, message_id, application.person.seal_key)[:2])


def _own(person: Person, reference: str, *, lock: bool = False) -> Application:
    # Asked for even when it cannot be one: no answer takes less than another.
    return thread.own(person, read_reference(reference) or "", lock=lock)

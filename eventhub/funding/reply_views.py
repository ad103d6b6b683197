"""What the fund's desk does with what somebody wrote: answers it, or marks it as read."""

import uuid

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.funding import replying
from eventhub.funding.console import bp
from eventhub.funding.desk import Desk
from eventhub.funding.desk_forms import ReplyForm
from eventhub.funding.models import Application
from eventhub.funding.record_views import Versions, done_or_shown
from eventhub.kit.access import staff, stands_on
from eventhub.kit.forms import ActionForm
from eventhub.people.models import Person

__all__ = ["bp"]


@bp.post("/console/funds/<slug>/files/<uuid:application_id>/answer-read")
@staff
@stands_on("funding_console.record")
def mark_read(slug: str, application_id: uuid.UUID) -> ResponseReturnValue:
    """An answer that needs nothing more."""

    def deed(_form: ActionForm, person: Person, _place: Desk, application: Application, versions: Versions) -> object:
        return replying.mark_read(person, application, seen=versions)

    return done_or_shown(slug, application_id, ActionForm, deed)


@bp.post("/console/funds/<slug>/files/<uuid:application_id>/reply")
@staff
@stands_on("funding_console.record")
def reply(slug: str, application_id: uuid.UUID) -> ResponseReturnValue:
    """Write to somebody of whom nothing is asked."""

    def deed(form: ReplyForm, person: Person, _place: Desk, application: Application, versions: Versions) -> object:
        return replying.reply(person, application, form.message.data or "", upload=form.upload(), seen=versions)

    return done_or_shown(slug, application_id, ReplyForm, deed, _("Your message is sent."))

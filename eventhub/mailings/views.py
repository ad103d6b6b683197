"""Messages: what one was sent, to be read behind sign-in, and the press that stops mails which may be stopped."""

import uuid
from typing import Any

from flask import Blueprint, flash, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.kit.access import actor, by_token, personal, stands_on
from eventhub.kit.forms import ActionForm, posted, submit
from eventhub.kit.i18n import AUTONYMS, show_own
from eventhub.kit.web import back_to
from eventhub.mailings import actions, letters, queries
from eventhub.mailings.forms import StopForm
from eventhub.mailings.models import MailingLine
from eventhub.people.models import Person

bp = Blueprint("mailings", __name__)


@bp.get("/me/messages")
@personal
def messages() -> ResponseReturnValue:
    """What I was sent, the newest first, and whether I want news and invitations by mail."""
    person: Person = actor().person
    preference = queries.preference(person.id)
    return render_template(
        "mailings/messages.html",
        rows=[_told(line, person) | {"id": line.id} for line in queries.messages(person)],
        stopped=bool(preference and preference.stopped_at),
        once=ActionForm(formdata=None),
    )


@bp.get("/me/messages/<uuid:line_id>")
@personal
def message(line_id: uuid.UUID) -> ResponseReturnValue:
    """One message, in full."""
    person: Person = actor().person
    line = queries.message(person, line_id)
    told = _told(line, person)
    return render_template("mailings/message.html", body=told["said"], **told)


@bp.post("/me/messages/mails/<wish>")
@personal
@stands_on("mailings.messages")
def wanted(wish: str) -> ResponseReturnValue:
    """Stop news and invitations by mail, or take them again."""
    person, form = actor().person, ActionForm()
    wants = wish != "none"
    if form.validate_on_submit() and submit(form, lambda: actions.want(actions.preference_of(person.id), wanted=wants)):
        if wants:
            flash(_("You get news and invitations by mail again."), "ok")
        else:
            flash(_("You get no news and invitations by mail. Mails about your own registration still come."), "ok")
    return back_to("mailings.messages")


@bp.route("/stop/<token>", methods=["GET", "POST"])
@by_token
def stop(token: str) -> ResponseReturnValue:
    """Stop mails by the link in one of them: by a button, or by the mail program itself (RFC 8058), which has seen no
    page and sends no key. The answer names nobody and nothing.
    """
    preference = queries.preference_by_token(token, lock=posted())
    if posted():
        actions.want(preference, wanted=False)
        return render_template("mailings/stop.html", done=True, form=StopForm(formdata=None))
    return render_template("mailings/stop.html", done=preference.stopped_at is not None, form=StopForm())


def _told(line: MailingLine, person: Person) -> dict[str, Any]:
    values = letters.values_for(line.mailing, line.registration, person, line.mailing.event, g.lang)
    what = letters.said(line.mailing, g.lang, values)
    return {
        "said": what,
        "event": line.mailing.event,
        "when": show_own(line.sent_at or line.promised_at or line.moved_at, person.time_zone, g.lang),
        "original": AUTONYMS[what.lang] if what.is_fallback else None,
    }

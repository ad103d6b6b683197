"""What everybody can do: save public evidence, and ask for a link to say something about a commitment."""

import re
import uuid

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.utils import redirect

from eventhub.commitments import shown as commitments_shown
from eventhub.commitments.models import Commitment
from eventhub.evidence import queries, voices
from eventhub.evidence.forms import AskForm
from eventhub.kit import files
from eventhub.kit.access import actor, anyone, public
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm
from eventhub.kit.i18n import direction
from eventhub.kit.limits import count

bp = Blueprint("evidence", __name__)

REFERENCE = re.compile(r"C-([0-9]{4,12})")
# A hall behind one address; each mailbox has a limit of its own, which tells nobody anything.
PER_ADDRESS = {"limit": 300, "seconds": 3600}


@bp.get("/commitments/<reference>/evidence/<uuid:evidence_id>")
@public
def file(reference: str, evidence_id: uuid.UUID) -> ResponseReturnValue:
    """Save evidence that was checked. One whose file is gone says so."""
    found = queries.public_file(_number(reference), evidence_id)
    return files.attachment(found.file, found.file_name)


@bp.route("/commitments/<reference>/speak", methods=["GET", "POST"])
@anyone
def speak(reference: str) -> ResponseReturnValue:
    """Say what you know: by a mailed link, or at once for whoever is signed in."""
    g.section = "commitments"
    found = queries.speakable(_number(reference))
    if current_user.is_authenticated and not current_user.is_half_signed_in():
        form = ActionForm()
        if form.validate_on_submit():
            voice = voices.own(actor().person, found, g.lang)
            return redirect(url_for("evidence.sent", token=voices.link_token(voice)), 303)
        return _draw("evidence/speak.html", found, form, signed_in=True)
    asking = AskForm()
    if asking.validate_on_submit():
        count("evidence.address", request.remote_addr or "", **PER_ADDRESS)
        voices.ask(found, asking.email.data or "", g.lang)
        return _draw("evidence/asked.html", found, None, email=asking.email.data)
    return _draw("evidence/speak.html", found, asking, signed_in=False)


def _draw(
    template: str, commitment: Commitment, form: ActionForm | AskForm | None, **more: object
) -> ResponseReturnValue:
    page = render_template(
        template,
        form=form,
        commitment=commitment,
        words=commitments_shown.titled(commitment),
        makers=commitments_shown.made_by(commitment),
        direction_of=direction(commitment.language),
        **more,
    )
    return page, form.status if form else 200


def _number(reference: str) -> int:
    match = REFERENCE.fullmatch(reference)
    if match is None or f"C-{int(match[1]):04d}" != reference:
        raise NotFound
    return int(match[1])

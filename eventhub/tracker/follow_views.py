"""Following commitments by mail: asking, agreeing behind the mailed link, leaving. Looking changes nothing."""

import re
import uuid
from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.utils import redirect

from eventhub.commitments import queries, shown
from eventhub.commitments.models import Commitment
from eventhub.kit.access import anyone, by_token
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import Form, posted, submit
from eventhub.kit.i18n import direction, show_date
from eventhub.kit.limits import count
from eventhub.tracker import subscribing, told
from eventhub.tracker.changes import Change
from eventhub.tracker.forms import MAKER, ONE, FollowForm, LeaveForm, Sessionless
from eventhub.tracker.subscribing import Told
from eventhub.tracker.views import bp

__all__ = ["bp"]

REFERENCE = re.compile(r"C-([0-9]{4,12})")
LINK = "/following/<token>"
# A hall behind one address; each mailbox has a limit of its own, which tells nobody anything.
PER_ADDRESS = {"limit": 300, "seconds": 3600}
SHOWN = 12
"""So many changes stand on the page behind the link."""


@bp.route("/commitments/<reference>/follow", methods=["GET", "POST"])
@anyone
def follow(reference: str) -> ResponseReturnValue:
    """Ask for mails about one commitment, or about all of its maker."""
    g.section = "commitments"
    found = _commitment(reference)
    lead = next((one.name for one in found.makers if one.is_lead), "")
    form = FollowForm(lead, data={"what": ONE})
    if form.validate_on_submit():
        count("tracker.address", request.remote_addr or "", **PER_ADDRESS)
        subscribing.ask(found, form.email.data or "", g.lang, whole_maker=form.what.data == MAKER)
        return _draw("tracker/follow_asked.html", found, form, email=form.email.data)
    return _draw("tracker/follow_page.html", found, form)


@bp.get(LINK)
@by_token
def following(token: str) -> ResponseReturnValue:
    """What a mailbox follows, what changed of it, and how to stop."""
    return _behind(token, Sessionless(formdata=None))


@bp.post(f"{LINK}/agree")
@by_token
def agree(token: str) -> ResponseReturnValue:
    """Yes: mails go out from now on."""
    reader, form = subscribing.behind(token, lock=True), Sessionless()
    if form.validate_on_submit() and submit(form, lambda: subscribing.agree(reader, g.lang)):
        return redirect(url_for("tracker.following", token=token, done="agreed"), 303)
    return _behind(token, form)


@bp.post(f"{LINK}/<uuid:follow_id>/stop")
@by_token
def stop_one(token: str, follow_id: uuid.UUID) -> ResponseReturnValue:
    """Follow one of them no more."""
    reader, form = subscribing.behind(token, lock=True), Sessionless()
    if form.validate_on_submit():
        if subscribing.stop(reader, follow_id):
            return redirect(url_for("tracker.following", token=token, done="stopped"), 303)
        return _left(done=True)
    return _behind(token, form)


@bp.route(f"{LINK}/stop", methods=["GET", "POST"])
@by_token
def leave(token: str) -> ResponseReturnValue:
    """No more mails: by a button, or by the mail program itself (RFC 8058), which has seen no page and sends no key.
    The answer names nobody and nothing, and is the same for a link that nobody knows.
    """
    if posted():
        subscribing.leave(token)
    return _left(done=posted())


def _left(*, done: bool) -> ResponseReturnValue:
    return render_template("tracker/leave.html", done=done, form=LeaveForm(formdata=None) if done else LeaveForm())


def _behind(token: str, form: Form) -> ResponseReturnValue:
    reader = subscribing.behind(token)
    follows = subscribing.followed(reader)
    page = render_template(
        "tracker/following.html",
        token=token,
        done=request.args.get("done", ""),
        action=form,
        waiting=[_told(one) for one in follows if not one.is_agreed],
        agreed=[_told(one) for one in follows if one.is_agreed],
        changes=[_change(one) for one in subscribing.news(reader)[:SHOWN]],
    )
    return page, form.status


def _told(one: Told) -> dict[str, Any]:
    if one.commitment is None:
        return {"id": one.follow.id, "maker": one.maker, "words": None, "url": _of_maker(one.maker)}
    return {
        "id": one.follow.id,
        "maker": None,
        "words": shown.titled(one.commitment),
        "makers": shown.made_by(one.commitment),
        "reference": one.commitment.reference,
        "url": url_for("commitments.commitment", reference=one.commitment.reference),
    }


def _of_maker(name: str | None) -> str | None:
    by: dict[str, Any] = {"by": name}
    return url_for("commitments.index", **by) if name else None


def _change(one: Change) -> dict[str, Any]:
    return {
        "day": show_date(one.at.date(), g.lang),
        "what": told.headline(one),
        "words": shown.titled(one.commitment),
        "url": url_for("commitments.commitment", reference=one.commitment.reference),
    }


def _commitment(reference: str) -> Commitment:
    match = REFERENCE.fullmatch(reference)
    found = queries.public_commitment(int(match[1])) if match else None
    if found is None or found.reference != reference:
        raise NotFound
    return found


def _draw(template: str, commitment: Commitment, form: FollowForm, **more: object) -> ResponseReturnValue:
    page = render_template(
        template,
        form=form,
        commitment=commitment,
        makers=shown.made_by(commitment),
        direction_of=direction(commitment.language),
        **more,
    )
    return page, form.status

"""Staff's pages of what follows: another commitment in its place, a joint maker who leaves, another who takes over."""

import uuid

from flask import flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from eventhub.commitments import queries, shown, succeeding
from eventhub.commitments.console import RECORD, bp, gone_on, kept
from eventhub.commitments.forms import HandOverForm, LeaveForm, ReplacedForm
from eventhub.commitments.models import Commitment, Kin, Maker, State
from eventhub.kit.access import actor, staff
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.forms import Form, submit
from eventhub.kit.web import back_to

__all__ = ["bp"]


class LookFirst(DomainError):
    """A number alone says little, and what it leads to cannot be undone."""

    status = 422
    message = _l("Nothing is saved yet: look whether this is what you mean.")


@bp.route(f"{RECORD}/replaced", methods=["GET", "POST"])
@staff
def replaced(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """Another commitment stands in its place: it replaces it, takes it in, or is a part of it."""
    found = kept(commitment_id, lock=request.method == "POST")
    if request.method == "GET" and found.state is not State.PUBLISHED:
        return gone_on(found)
    form = ReplacedForm()
    if form.validate_on_submit():
        if submit(form, lambda: _replace(found, form)):
            return _done(found)
        found = kept(commitment_id)
    return _draw("commitments/replaced.html", found, form)


def _replace(found: Commitment, form: ReplacedForm) -> Commitment:
    """Others in its place, once somebody has read what the typed references are. Raises LookFirst."""
    me, numbers = actor(), succeeding.references(form.references.data or "")
    done = succeeding.replace(me.person, me.grants, found, numbers, Kin(form.kin.data), form.reason.data or "")
    meant = [queries.record(one.id) for number in numbers if (one := queries.by_number(number))]
    seen = ",".join(f"{one.reference}.{one.newest}.{one.lock}" for one in meant)
    if request.form.get("seen") != seen:
        form.seen = seen
        form.meant = [
            {"reference": one.reference, "words": shown.titled(one), "makers": shown.made_by(one)} for one in meant
        ]
        raise LookFirst
    return done


@bp.route(f"{RECORD}/makers/<uuid:maker_id>/leave", methods=["GET", "POST"])
@staff
def leave(commitment_id: uuid.UUID, maker_id: uuid.UUID) -> ResponseReturnValue:
    """A joint maker stands for it no more."""
    found = kept(commitment_id, lock=request.method == "POST")
    maker = _maker(found, maker_id)
    if maker is None:
        return gone_on(found)
    form = LeaveForm()
    if form.validate_on_submit():
        reason = form.reason.data or ""
        if submit(form, lambda: succeeding.leave(actor().person, found, maker_id, reason)):
            return _done(found)
        found = kept(commitment_id)
        maker = _maker(found, maker_id)
        if maker is None:
            return gone_on(found)
    return _draw("commitments/leave.html", found, form, maker=maker)


@bp.route(f"{RECORD}/makers/<uuid:maker_id>/successor", methods=["GET", "POST"])
@staff
def successor(commitment_id: uuid.UUID, maker_id: uuid.UUID) -> ResponseReturnValue:
    """Another maker stands in the place of one, after a change of government for instance."""
    found = kept(commitment_id, lock=request.method == "POST")
    maker = _maker(found, maker_id)
    if maker is None:
        return gone_on(found)
    form = HandOverForm(data={"kind": maker.kind, "country": maker.country, "language": g.lang})
    if form.validate_on_submit():
        to, reason = form.made_by(), form.reason.data or ""
        speaks = {"email": form.email.data or None, "name": form.name.data or "", "language": form.language.data}
        if submit(form, lambda: succeeding.hand_over(actor().person, found, maker_id, to, reason, **speaks)):
            return _done(found)
        found = kept(commitment_id)
        maker = _maker(found, maker_id)
        if maker is None:
            return gone_on(found)
    return _draw("commitments/successor.html", found, form, maker=maker)


def _maker(found: Commitment, maker_id: uuid.UUID) -> Maker | None:
    """A maker of a commitment that stands; None where a colleague was faster. Raises NotFound for that of another."""
    other = db.session.get(Maker, maker_id)
    if other is not None and other.commitment_id != found.id:
        raise NotFound
    stands = found.state in {State.PUBLISHED, State.CLOSED}
    return next((one for one in found.makers if stands and one.id == maker_id), None)


def _done(found: Commitment) -> ResponseReturnValue:
    flash(_("Done."), "ok")
    return back_to("commitments_console.record", commitment_id=found.id)


def _draw(template: str, found: Commitment, form: Form, maker: Maker | None = None) -> ResponseReturnValue:
    page = render_template(
        template, commitment=found, form=form, maker=maker, makers=shown.made_by(found), words=shown.titled(found)
    )
    return page, form.status

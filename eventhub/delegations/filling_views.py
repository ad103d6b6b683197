"""A focal point fills in the form for somebody without an account: page by page, then a look at all of it."""

import uuid
from functools import partial

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.delegations import filling, queries
from eventhub.delegations.models import Delegation, Nominee
from eventhub.delegations.views import bp
from eventhub.kit.access import actor, personal, stands_on
from eventhub.kit.forms import ActionForm, submit
from eventhub.programme.models import Event
from eventhub.registration import on_behalf
from eventhub.registration.on_behalf import Filling

__all__ = ["bp"]

PERSON = "/me/delegations/<uuid:delegation_id>/people/<uuid:nominee_id>"


@bp.post(f"{PERSON}/fill")
@personal
@stands_on("delegations.nominee")
def fill(delegation_id: uuid.UUID, nominee_id: uuid.UUID) -> ResponseReturnValue:
    """Begin, or go on."""
    delegation, event, nominee = _nominee(delegation_id, nominee_id)
    form, person = ActionForm(), actor().person
    begun = form.validate_on_submit() and submit(form, lambda: filling.take_up(person, delegation, event, nominee))
    if begun:
        nominee = queries.nominee_of(delegation_id, nominee_id).nominee
    return on_behalf.begin(_filling(delegation, event, nominee), form, is_begun=bool(begun))


@bp.route(f"{PERSON}/answers/<page>", methods=["GET", "POST"])
@personal
def answers(delegation_id: uuid.UUID, nominee_id: uuid.UUID, page: str) -> ResponseReturnValue:
    """One page of the form."""
    return on_behalf.answers(_filling(*_nominee(delegation_id, nominee_id)), page)


@bp.route(f"{PERSON}/check", methods=["GET", "POST"])
@personal
def check(delegation_id: uuid.UUID, nominee_id: uuid.UUID) -> ResponseReturnValue:
    """All that was filled in, to be looked at before it is sent."""
    sent = _("Sent. Approve the nomination when it is complete, and hand the link over.")
    return on_behalf.check(_filling(*_nominee(delegation_id, nominee_id)), filling.send, sent=sent)


@bp.route(f"{PERSON}/typed", methods=["GET", "POST"])
@personal
def typed(delegation_id: uuid.UUID, nominee_id: uuid.UUID) -> ResponseReturnValue:
    """What I typed for somebody, until that person takes the link."""
    return on_behalf.typed(_filling(*_nominee(delegation_id, nominee_id)))


def _nominee(delegation_id: uuid.UUID, nominee_id: uuid.UUID) -> tuple[Delegation, Event, Nominee]:
    delegation, event, _setup = queries.own(actor().id, delegation_id)
    return delegation, event, queries.nominee_of(delegation.id, nominee_id).nominee


def _filling(delegation: Delegation, event: Event, nominee: Nominee) -> Filling:
    person = actor().person
    mine = url_for("delegations.delegation", delegation_id=delegation.id)
    return Filling(
        actor=person,
        name=nominee.name,
        event=event,
        intake=partial(filling.intake_for, person, delegation, event, nominee),
        feature="delegations",
        home="delegations.nominee",
        where={"delegation_id": delegation.id, "nominee_id": nominee.id},
        trail=({"label": _("My page"), "url": url_for("people.me")}, {"label": _("My delegation"), "url": mine}),
    )

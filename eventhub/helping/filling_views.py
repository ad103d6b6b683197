"""A helper fills in the form for somebody without an account: page by page, then a look at all of it."""

import uuid
from functools import partial

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.helping import claiming, queries
from eventhub.helping.models import Charge
from eventhub.helping.views import ONE, bp, row_of
from eventhub.kit.access import actor, personal, stands_on
from eventhub.kit.forms import ActionForm, submit
from eventhub.programme.models import Event
from eventhub.registration import on_behalf
from eventhub.registration.on_behalf import Filling

__all__ = ["bp"]


@bp.post(f"{ONE}/fill")
@personal
@stands_on("helping.person")
def fill(slug: str, charge_id: uuid.UUID) -> ResponseReturnValue:
    """Begin, or go on."""
    event, row = row_of(slug, charge_id)
    form, person = ActionForm(), actor().person
    begun = form.validate_on_submit() and submit(form, lambda: claiming.take_up(person, row.charge, event))
    charge = queries.one_of(event.id, person.id, charge_id).charge if begun else row.charge
    return on_behalf.begin(_filling(event, charge), form, is_begun=bool(begun))


@bp.route(f"{ONE}/answers/<page>", methods=["GET", "POST"])
@personal
def answers(slug: str, charge_id: uuid.UUID, page: str) -> ResponseReturnValue:
    """One page of the form."""
    return on_behalf.answers(_found(slug, charge_id), page)


@bp.route(f"{ONE}/check", methods=["GET", "POST"])
@personal
def check(slug: str, charge_id: uuid.UUID) -> ResponseReturnValue:
    """All that was filled in, to be looked at before it is sent."""
    sent = _("Sent. Hand the link over: with it the person sees and changes everything.")
    return on_behalf.check(_found(slug, charge_id), claiming.send, sent=sent)


@bp.route(f"{ONE}/typed", methods=["GET", "POST"])
@personal
def typed(slug: str, charge_id: uuid.UUID) -> ResponseReturnValue:
    """What I typed for somebody, until that person takes the link."""
    return on_behalf.typed(_found(slug, charge_id))


def _found(slug: str, charge_id: uuid.UUID) -> Filling:
    event, row = row_of(slug, charge_id)
    return _filling(event, row.charge)


def _filling(event: Event, charge: Charge) -> Filling:
    person = actor().person
    return Filling(
        actor=person,
        name=charge.name,
        event=event,
        intake=partial(claiming.intake_for, person, charge, event),
        feature="helping",
        home="helping.person",
        where={"slug": event.slug, "charge_id": charge.id},
        trail=({"label": _("People I register"), "url": url_for("helping.people", slug=event.slug)},),
    )

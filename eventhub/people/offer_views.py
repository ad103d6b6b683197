"""Roles that are offered to me: looked at, accepted or declined."""

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.kit.access import actor, personal
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import submit
from eventhub.kit.panels import gathered
from eventhub.kit.web import back_to
from eventhub.people import queries, roles
from eventhub.people.factor_views import bp, count_offer_code
from eventhub.people.forms import ROLE_NAMES, OfferForm, as_uuid
from eventhub.people.models import RoleGrant

__all__ = ["bp"]


@bp.route("/me/roles", methods=["GET", "POST"], endpoint="roles")
@personal
def offered_roles() -> ResponseReturnValue:
    """Roles that I am offered; I hold none before I accept it, with the code that the giver told me."""
    form, visitor = OfferForm(), actor()
    person, chosen = visitor.person, as_uuid(request.form.get("offer", ""))
    asks_code = not roles.needs_no_code(person, visitor.web_session)
    if form.validate_on_submit():
        if chosen is None:
            raise NotFound
        if request.form.get("answer") == "accept":
            count_offer_code(visitor)
            typed = (form.code.data or "") if asks_code else None
            answered: object = submit(form, lambda: roles.accept_role(person, visitor.web_session, chosen, typed=typed))
        else:
            answered = submit(form, lambda: roles.decline_role(person, chosen))
        if answered:
            accepted = isinstance(answered, RoleGrant)
            flash(_("The role is yours.") if accepted else _("You have declined the role."), "ok")
            return back_to("people_console.today" if accepted else "people.me")
    found, offers = queries.own_offers(person), []
    # The stored label is in the language of whoever offered it.
    names = gathered("people.scope_names", {one.scope_id for one in found if one.scope_id}, {})
    for one in found:
        own = form if one.id == chosen else OfferForm(formdata=None)
        own.code.id = f"code-{one.id}" if own is not form else "code"
        offers.append((one, ROLE_NAMES[one.role], names.get(str(one.scope_id)) or one.scope_label, own))
    return render_template("people/offers.html", form=form, offers=offers, asks_code=asks_code), form.status

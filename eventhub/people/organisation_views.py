"""Organizations for the secretariat: which records may be of one, one record, and how they become one."""

import uuid
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from eventhub.kit import codes
from eventhub.kit.access import actor, staff
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.i18n import show_own
from eventhub.kit.web import back_to
from eventhub.people import merging, same
from eventhub.people.access import holds
from eventhub.people.forms import MergeOrganisationsForm, OrganisationSearchForm
from eventhub.people.models import Organisation, Role
from eventhub.people.organiser_views import bp
from eventhub.people.same import Likeness

__all__ = ["bp"]

REASONS: dict[str, Any] = {
    Likeness.NAME: _l("Same name"),
    Likeness.SPELLING: _l("One letter apart"),
    Likeness.ACRONYM: _l("Same short name"),
    Likeness.NAME_PART: _l("One name is part of the other"),
    Likeness.COUNTRY: _l("Same country"),
    Likeness.STATUS: _l("Same consultative status"),
}
"""What speaks for two records being of one organization."""


@bp.get("/console/organizations")
@staff
def organisations() -> ResponseReturnValue:
    """Records that may be of one organization, and a search among all."""
    _demand_admin_of_all()
    form = OrganisationSearchForm(request.args)
    q = (form.q.data or "").strip()
    return render_template(
        "people/organisations.html",
        search_form=form,
        q=q,
        found=[_told(row) for row in same.search(q)],
        groups=[
            {
                "kept": _told(one.kept),
                "names": one.names[:3],
                "more": max(0, len(one.names) - 3),
                "reasons": [REASONS[reason] for reason in one.reasons],
                "since": show_own(one.since, actor().time_zone, g.lang),
            }
            for one in same.groups()
        ],
    )


@bp.route("/console/organizations/<uuid:organisation_id>", methods=["GET", "POST"])
@staff
def organisation(organisation_id: uuid.UUID) -> ResponseReturnValue:
    """One record with what may be the same: confirm it, hold others apart, or go on to merging."""
    _demand_admin_of_all()
    row, me, form = merging.found(organisation_id), actor().person, ActionForm()
    if form.validate_on_submit():
        chosen, deed = _ids(request.form.getlist("other")), request.form.get("do")
        if deed == "merge" and chosen:
            going = [str(one) for one in chosen if one != organisation_id]
            address = url_for("people_console.merge_organisations", organisation_id=organisation_id, other=going)
            return redirect(address, 303)
        if deed == "confirm" and submit(form, lambda: merging.confirm(me, row)) is not None:
            flash(_("The organization is confirmed. Whoever writes its name from now on means this one."), "ok")
            return back_to("people_console.organisation", organisation_id=organisation_id)
        if deed in {"apart", "merge"} and (held := submit(form, lambda: merging.hold_apart(me, row.id, chosen))):
            words = ngettext(
                "%(num)s record is another organization. Nobody is asked again.",
                "%(num)s records are other organizations. Nobody is asked again.",
                held,
            )
            flash(words, "ok")
            return back_to("people_console.organisation", organisation_id=organisation_id)
    search_form = OrganisationSearchForm(request.args)
    q, waiting = (search_form.q.data or "").strip(), same.waiting_for(row.id)
    others = [(one, waiting.get(one.id)) for one in [*_likeliest(waiting), *same.search(q)]]
    listed = {one.id: (one, pair) for one, pair in others if one.id != row.id}
    page = render_template(
        "people/organisation.html",
        form=form,
        search_form=search_form,
        q=q,
        one=_told(row),
        former=same.former_names(row.id),
        others=[
            _told(other) | {"reasons": [REASONS[reason] for reason in pair.reasons] if pair else []}
            for other, pair in listed.values()
        ],
        chosen=set(request.form.getlist("other")),
        scripts=["choose-all.js"],
    )
    return page, form.status


@bp.route("/console/organizations/<uuid:organisation_id>/merge", methods=["GET", "POST"])
@staff
def merge_organisations(organisation_id: uuid.UUID) -> ResponseReturnValue:
    """What would move, and the button after which nothing brings it back."""
    _demand_admin_of_all()
    row, me, form = merging.found(organisation_id), actor().person, MergeOrganisationsForm()
    wanted = _ids(request.args.getlist("other"))
    chosen = [one for one in same.records(wanted) if one.id != row.id]
    if form.validate_on_submit():
        done = submit(form, lambda: merging.merge(me, row.id, wanted, form.text.data or ""))
        if done is not None:
            flash(_("These records are one now."), "ok")
            return back_to("people_console.organisation", organisation_id=organisation_id)
        row = merging.found(organisation_id)
        chosen = [one for one in same.records(wanted) if one.id != row.id]
    if not chosen and not form.is_submitted():
        raise NotFound
    page = render_template(
        "people/merge_organisations.html",
        form=form,
        one=_told(row),
        others=[_told(other) for other in chosen],
        counts=merging.counts([other.id for other in chosen], row.id),
    )
    return page, form.status


def _likeliest(waiting: dict[uuid.UUID, Any]) -> list[Organisation]:
    rows = {row.id: row for row in same.records(waiting)}
    return [rows[one] for one in waiting if one in rows]


def _told(row: Organisation) -> dict[str, Any]:
    status = codes.label("ecosoc_status", row.ecosoc_status, g.lang) if row.ecosoc_status != "none" else None
    return {
        "id": row.id,
        "name": row.name,
        "country": codes.country_name(row.country, g.lang) if row.country else None,
        "kind": codes.label("organisation_kind", row.kind, g.lang),
        "status": status,
        "is_confirmed": row.confirmed_at is not None,
        "url": url_for("people_console.organisation", organisation_id=row.id),
    }


def _ids(values: list[str]) -> list[uuid.UUID]:
    """Raises NotFound for nonsense."""
    try:
        return list(dict.fromkeys(uuid.UUID(value) for value in values[: merging.MOST]))
    except ValueError:
        raise NotFound from None


def _demand_admin_of_all() -> None:
    if not holds(actor().grants, Role.ADMIN):
        raise NotFound

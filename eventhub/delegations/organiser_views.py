"""The desk's pages: the delegations of an event, opening one, and one with its focal point and people."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.delegations import actions, merging, queries
from eventhub.delegations.console import at_desk, bp, delegation_at_desk, tag_of
from eventhub.delegations.forms import KIND_NAMES, FocalForm, MergeForm, OpenForm, OverrideForm, SettingsForm
from eventhub.delegations.models import Delegation
from eventhub.delegations.queries import Line, Row
from eventhub.kit import codes
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.forms import ActionForm, Form, posted, submit
from eventhub.kit.i18n import show_date, show_moment, show_number
from eventhub.kit.web import back_to
from eventhub.programme.models import Event
from eventhub.registration import categories
from eventhub.registration.access import Sight, desk_sight
from eventhub.registration.queries import setup_of

DEEDS: dict[str, Any] = {
    "opened": lambda: _("Delegation opened"),
    "changed": lambda: _("Settings changed"),
    "closed": lambda: _("Delegation closed"),
    "reopened": lambda: _("Delegation opened again"),
    "focal_point_invited": lambda: _("Focal point invited"),
    "focal_point_accepted": lambda: _("Focal point accepted"),
    "focal_point_declined": lambda: _("Focal point declined"),
    "focal_point_ended": lambda: _("Focal point ended"),
    "nominated": lambda: _("People nominated"),
    "approved": lambda: _("A person approved"),
    "overridden": lambda: _("Gone on without the focal point"),
    "declined": lambda: _("A person declined"),
    "replaced": lambda: _("A person replaced"),
    "moved": lambda: _("Organization changed"),
    "merged": lambda: _("Two delegations became one"),
}


@bp.get("/console/events/<slug>/delegations", endpoint="delegations")
@staff
def the_list(slug: str) -> ResponseReturnValue:
    """Organization, quota, who is in, who waits for the focal point, and where it is silent."""
    event = at_desk(slug)
    lines = queries.of_event(event.id)
    today = now().date()
    return render_template(
        "delegations/list.html",
        event=event,
        rows=[_line(one, one.is_silent(today) and one.delegation.focal_id is not None) for one in lines],
        total=sum(one.delegation.places_taken for one in lines),
        waiting=sum(one.waiting for one in lines),
    )


@bp.route("/console/events/<slug>/delegations/new", methods=["GET", "POST"])
@staff
def new(slug: str) -> ResponseReturnValue:
    """Open a delegation."""
    event = at_desk(slug)
    form = OpenForm()
    form.offer(_categories(event))
    if form.validate_on_submit():
        made = submit(
            form,
            lambda: actions.open_delegation(
                actor().person,
                event,
                form.organisation.data or "",
                country=form.country.data or None,
                quota=form.quota.data,
                category=form.category.data or None,
                silent_days=form.silent_days.data or 5,
            ),
        )
        if made is not None:
            flash(_("The delegation is open. Invite its focal point now."), "ok")
            return back_to("delegations_console.delegation", slug=slug, delegation_id=made.id)
    return render_template("delegations/new.html", event=event, form=form), form.status


@bp.route("/console/events/<slug>/delegations/<uuid:delegation_id>", methods=["GET", "POST"])
@staff
def delegation(slug: str, delegation_id: uuid.UUID) -> ResponseReturnValue:
    """One delegation: its settings (the form of this page), its focal point, its people, what was done."""
    event, found = delegation_at_desk(slug, delegation_id)
    form = SettingsForm(obj=found)
    form.offer(_categories(event, found.category))
    if posted() and form.validate_on_submit():
        changed = submit(
            form,
            lambda: actions.change(
                actor().person,
                found,
                quota=form.quota.data,
                category=form.category.data or None,
                silent_days=form.silent_days.data or 5,
            ),
        )
        if changed is not None:
            flash(_("The settings are kept."), "ok")
            return back_to("delegations_console.delegation", slug=slug, delegation_id=delegation_id)
    return _draw(event, found, form)


@bp.post("/console/events/<slug>/delegations/<uuid:delegation_id>/focal-point")
@staff
@stands_on("delegations_console.delegation")
def invite(slug: str, delegation_id: uuid.UUID) -> ResponseReturnValue:
    """Invite a focal point."""
    event, found = delegation_at_desk(slug, delegation_id)
    form = FocalForm()
    if form.validate_on_submit():
        email, language = form.email.data or "", form.language.data
        if submit(form, lambda: actions.invite_focal_point(actor().person, found, email, language)):
            flash(_("The invitation is on its way."), "ok")
            return back_to("delegations_console.delegation", slug=slug, delegation_id=delegation_id)
    return _draw(event, found, form)


@bp.post("/console/events/<slug>/delegations/<uuid:delegation_id>/focal-point/end")
@staff
@stands_on("delegations_console.delegation")
def end(slug: str, delegation_id: uuid.UUID) -> ResponseReturnValue:
    """The focal point has left."""
    event, found = delegation_at_desk(slug, delegation_id)
    form = ActionForm()
    holds = form.validate_on_submit()
    if holds and found.focal is not None and request.form.get("sure") != str(found.focal_id):
        return _sure(
            event,
            found,
            form,
            title=_("The focal point has left?"),
            rows=[
                {"label": _("Name"), "value": found.focal.public_name or _("No name yet")},
                {"label": _("Email address"), "value": found.focal.email or "", "kind": "ltr"},
            ],
            text=_(
                "The pages of this delegation are closed to this person at once. Nobody can nominate, replace or"
                " approve until another focal point has accepted. The people of the delegation stay."
            ),
            sent={"sure": str(found.focal_id)},
            label=_("The focal point has left"),
        )
    if holds and submit(form, lambda: actions.end_focal_point(actor().person, found)):
        flash(_("Nobody is focal point of this delegation now. Invite another one."), "ok")
        return back_to("delegations_console.delegation", slug=slug, delegation_id=delegation_id)
    return _draw(event, found, form)


@bp.post("/console/events/<slug>/delegations/<uuid:delegation_id>/state")
@staff
@stands_on("delegations_console.delegation")
def state(slug: str, delegation_id: uuid.UUID) -> ResponseReturnValue:
    """Close the delegation, or open it again."""
    event, found = delegation_at_desk(slug, delegation_id)
    form, opens = ActionForm(), request.form.get("to") == "open"
    if form.validate_on_submit():
        deed = actions.reopen if opens else actions.close
        if submit(form, lambda: deed(actor().person, found)):
            flash(_("The delegation is open again.") if opens else _("The delegation is closed."), "ok")
            return back_to("delegations_console.delegation", slug=slug, delegation_id=delegation_id)
    return _draw(event, found, form)


@bp.post("/console/events/<slug>/delegations/<uuid:delegation_id>/organization")
@staff
@stands_on("delegations_console.delegation")
def move(slug: str, delegation_id: uuid.UUID) -> ResponseReturnValue:
    """The organization has another name, or became part of another one."""
    event, found = delegation_at_desk(slug, delegation_id)
    form = MergeForm()
    if form.validate_on_submit():
        name = form.organisation.data or ""
        met = merging.met(found, name)
        if met is not None and request.form.get("sure") != str(met.id):
            both = [(found, _("This delegation")), (met, _("The other delegation"))]
            return _sure(
                event,
                found,
                form,
                title=_("Let two delegations become one?"),
                rows=[
                    {
                        "label": label,
                        "value": _(
                            "%(name)s: %(taken)s of %(all)s",
                            name=one.organisation.name,
                            taken=show_number(one.places_taken, g.lang),
                            all=_("No limit") if one.quota is None else show_number(one.quota, g.lang),
                        ),
                    }
                    for one, label in both
                ],
                text=_(
                    "This organization has a delegation here already. Both become one: everybody is in it, its quota is"
                    " that of both together, and its focal point stays where it has one. This cannot be undone."
                ),
                sent={"sure": str(met.id), "organisation": name},
                label=_("Let them become one"),
            )
        kept = submit(form, lambda: merging.move_to(actor().person, found, name))
        if kept is not None:
            flash(_("The two delegations are one now.") if met else _("The delegation follows its organization."), "ok")
            return back_to("delegations_console.delegation", slug=slug, delegation_id=kept.id)
    return _draw(event, found, form)


@bp.route(
    "/console/events/<slug>/delegations/<uuid:delegation_id>/people/<uuid:nominee_id>/override",
    methods=["GET", "POST"],
)
@staff
def override(slug: str, delegation_id: uuid.UUID, nominee_id: uuid.UUID) -> ResponseReturnValue:
    """Go on without a silent focal point, with a reason."""
    event, found = delegation_at_desk(slug, delegation_id)
    row = queries.nominee_of(found.id, nominee_id)
    form = OverrideForm()
    if form.validate_on_submit() and submit(
        form, lambda: actions.override(actor().person, found, row, form.why.data or "")
    ):
        flash(_("The registration is under review now."), "ok")
        return back_to("delegations_console.delegation", slug=slug, delegation_id=delegation_id)
    if form.errors:
        found, row = queries.as_it_stands(found), queries.nominee_of(delegation_id, nominee_id)
    due = row.answer_by(found) if row.waits else None
    page = render_template(
        "delegations/override.html",
        event=event,
        delegation=found,
        name=told(found, row, desk_sight(actor().grants, event))["name"],
        form=form,
        due=show_date(due, g.lang) if due else None,
        is_silent=due is not None and due < now().date(),
    )
    return page, form.status


def _line(one: Line, silent: bool) -> dict[str, Any]:
    quota = one.delegation.quota
    taken = show_number(one.delegation.places_taken, g.lang)
    return {
        "line": one,
        "taken": taken,
        "quota": show_number(quota, g.lang) if quota is not None else None,
        "is_full": quota is not None and one.delegation.places_taken >= quota,
        "silent": silent,
    }


def _sure(event: Event, delegation: Delegation, form: Form, **told: Any) -> ResponseReturnValue:
    """Before a deed that cannot be undone: what it means, and the button again. ``sent`` goes with it."""
    return render_template("delegations/sure.html", event=event, delegation=delegation, form=form, **told)


def _draw(event: Event, delegation: Delegation, sent: Form) -> ResponseReturnValue:
    """The page of a delegation with the form that was sent in its place."""
    if sent.errors:
        delegation = queries.as_it_stands(delegation)
    settings = sent if isinstance(sent, SettingsForm) else SettingsForm(formdata=None, obj=delegation)
    if settings is not sent:
        settings.offer(_categories(event, delegation.category))
    people, seen = queries.people(delegation.id), desk_sight(actor().grants, event)
    everybody = [told(delegation, row, seen) for row in people.everybody()]
    left = [told(delegation, row, seen) for row in people.left]
    told_people = {str(one["nominee"].id): one["name"] for one in [*everybody, *left]}
    invitation = queries.open_invitation(delegation.id)
    page = render_template(
        "delegations/delegation.html",
        event=event,
        delegation=delegation,
        form=sent,
        settings=settings,
        focal=sent if isinstance(sent, FocalForm) else FocalForm(formdata=None),
        merge=sent if isinstance(sent, MergeForm) else MergeForm(formdata=None),
        bulk=sent if isinstance(sent, ActionForm) else ActionForm(formdata=None),
        invitation=invitation,
        invited_on=show_date(invitation.invited_at.date(), g.lang) if invitation else None,
        people=everybody,
        left=left,
        lines=_history(delegation, told_people),
    )
    return page, sent.status


def told(delegation: Delegation, row: Row, seen: Sight | None = None) -> dict[str, Any]:
    """A nominee in words, for the focal point, who typed the name, and for the desk (``seen``): whoever makes no badges
    reads the public name once somebody has taken the link (DOMAIN.md rule 9). For the focal point nothing here follows
    from what the desk decided.
    """
    is_public = seen not in {None, Sight.BADGES} and row.nominee.claimed_at is not None
    due = row.answer_by(delegation) if seen is None or row.waits else None
    return {
        "row": row,
        "nominee": row.nominee,
        "name": (row.public_name if is_public else row.nominee.name) or "—",
        "tag": tag_of(row),
        "kind": KIND_NAMES[row.nominee.kind] if row.nominee.beside_id else None,
        "due": show_date(due, g.lang, year=False) if due else None,
        "is_silent": due is not None and due < now().date(),
    }


def _history(delegation: Delegation, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """What was done, with the people whom it concerned: by the name that their reader may see, of those still known."""
    lines = []
    for entry, who in queries.deeds(delegation.id):
        deed = DEEDS.get(entry.verb.removeprefix("delegation."))
        when = show_moment(entry.at, actor().person.time_zone, g.lang)
        lines.append(
            {
                "when": _("%(day)s, %(time)s", day=when.day, time=when.time),
                "datetime": when.iso,
                "title": deed() if deed else _("Other change"),
                "who": who if who or entry.actor_id is None else _("No name yet"),
                "names": [names[one] for one in entry.detail.get("nominees", ()) if one in names],
            }
        )
    return lines


def _categories(event: Event, chosen: str | None = None) -> list[str]:
    """The categories that the event takes; all of the list where it has none of its own."""
    rules = categories.rules_of(event.id)
    known = [rule.code for rule in rules if rule.is_open] or list(codes.codes(categories.LIST))
    return known if chosen is None or chosen in known else [chosen, *known]


def address_of(delegation: Delegation, slug: str) -> str:
    """Where the desk looks after a delegation."""
    return url_for("delegations_console.delegation", slug=slug, delegation_id=delegation.id)


def takes_registrations(event: Event) -> bool:
    """Whether an event may have delegations."""
    return setup_of(event.id) is not None

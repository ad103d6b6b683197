"""Pages for staff: what needs doing today, who holds which role, and work that waits for a person."""

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.kit import health, outbox
from eventhub.kit.access import actor, staff
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.headers import saved_as_json
from eventhub.kit.limits import count
from eventhub.kit.panels import gathered, panels
from eventhub.kit.task_names import TASK_NAMES
from eventhub.kit.web import back_to
from eventhub.people import actions, queries, resets, roles
from eventhub.people.access import Scope, holds, may_grant, scope_for, scope_of
from eventhub.people.forms import ROLE_NAMES, FreshCodeForm, GrantForm, ResetForm, WithoutAccountForm
from eventhub.people.models import Role, RoleGrant, RoleOffer, ScopeKind, SecondFactorReset

bp = Blueprint("people_console", __name__)

# Beside the tries that the row of the second factor counts (people/views.py).
PER_CODE = {"limit": 20, "seconds": 900}


@dataclass(frozen=True)
class ScopeChoice:
    """Something a role can be given for."""

    kind: ScopeKind
    id: uuid.UUID | None
    label: Any
    series_id: uuid.UUID | None = None

    @property
    def value(self) -> str:
        """How the form names it."""
        return f"{self.kind}:{self.id or ''}"


@dataclass(frozen=True)
class HeldRole:
    """A row of the list: a role, where it holds, and whether the reader may take it away."""

    grant: RoleGrant
    role: Any
    scope: Any
    may_revoke: bool


@dataclass(frozen=True)
class OfferedRole:
    """A row of the other list: what was offered to an address."""

    offer: RoleOffer
    role: Any
    scope: Any
    code: str


@bp.route("/console")
@staff
def today() -> ResponseReturnValue:
    """What needs me today."""
    visitor = actor()
    is_admin = visitor.has_role(Role.ADMIN)
    is_admin_of_all = holds(visitor.grants, Role.ADMIN)
    return render_template(
        "people/today.html",
        visitor=visitor,
        panels=panels("console.today", visitor),
        is_admin=is_admin,
        is_admin_of_all=is_admin_of_all,
        parked=outbox.parked_count() if is_admin_of_all else 0,
        beat_is_silent=is_admin and not health.beat_is_heard(),
    )


@bp.route("/console/roles", methods=["GET", "POST"], endpoint="roles")
@staff
def who_holds_what() -> ResponseReturnValue:
    """Who holds which role within my own scope, and to which addresses one is offered; offer one."""
    scopes = _scopes()
    form = _grant_form(scopes)
    if form.validate_on_submit():
        chosen = next(one for one in scopes if one.value == form.scope.data)
        allowed = form.role.data != Role.ADMIN or _code_is_right(form)
        if allowed and submit(form, lambda: _offer(form, chosen)) is not None:
            flash(_("The role is offered. It is theirs once they accept."), "ok")
            # Not the code itself: what is said goes through the cookie, which anybody at this computer can read.
            flash(
                _(
                    "Tell the person the code that stands beside the offer, by voice or on paper, never by email."
                    " Without it a mailbox alone could accept the role."
                )
            )
            return back_to("people_console.roles")
    return _roles_page(scopes, form)


@bp.route("/console/roles/<uuid:grant_id>/revoke", methods=["GET", "POST"])
@staff
def revoke(grant_id: uuid.UUID) -> ResponseReturnValue:
    """Take a role away, at once; an administrator's with a fresh code."""
    scopes, grant = _scopes(), queries.open_grant(grant_id)
    form = FreshCodeForm() if grant.role is Role.ADMIN else ActionForm()
    series_id = _series_of(grant, scopes)
    if not may_grant(actor().grants, grant.role, scope_of(grant, series_id)):
        raise NotFound
    if form.validate_on_submit():
        allowed = not isinstance(form, FreshCodeForm) or _code_is_right(form)
        if allowed and submit(form, lambda: roles.revoke_role(actor().person, grant, series_id=series_id)) is not None:
            flash(_("The role is taken away."), "ok")
            return back_to("people_console.roles")
    scope = next((one.label for one in scopes if (one.kind, one.id) == (grant.scope_kind, grant.scope_id)), "–")
    shown = {"grant": grant, "role": ROLE_NAMES[grant.role], "scope": scope}
    return render_template("people/revoke.html", form=form, asks_code=grant.role is Role.ADMIN, **shown), form.status


@bp.route("/console/roles/offers/<uuid:offer_id>/take-back", methods=["POST"])
@staff
def take_back(offer_id: uuid.UUID) -> ResponseReturnValue:
    """An offer that nobody answered yet is open no more."""
    scopes, form = _scopes(), ActionForm()
    offer = queries.open_offer(offer_id)
    if not may_grant(actor().grants, offer.role, _scope_of_offer(offer)):
        raise NotFound
    if form.validate_on_submit() and submit(form, lambda: roles.take_back_offer(actor().person, offer)):
        flash(_("The offer is taken back."), "ok")
        return back_to("people_console.roles")
    return _roles_page(scopes, _grant_form(scopes, blank=True), shown=form)


@bp.route("/console/second-factors")
@staff
def second_factors() -> ResponseReturnValue:
    """Whose second factor can be cleared, and requests that wait for a second administrator."""
    _demand_admin_of_all()
    me, open_ones = actor(), queries.open_resets()
    return render_template(
        "people/second_factors.html",
        people=queries.people_with_second_factor(me.id),
        waiting=[one for one in open_ones if one.reset.person_id != me.id],
        mine=queries.reset_about(me.id),
        keep=ActionForm(formdata=None),
        zone=me.time_zone,
    )


@bp.route("/console/second-factors/<uuid:person_id>", methods=["GET", "POST"])
@staff
def second_factor_of(person_id: uuid.UUID) -> ResponseReturnValue:
    """Ask that somebody's second factor be cleared: for a reason, with a fresh code of one's own."""
    _demand_admin_of_all()
    me = actor()
    person, form = queries.person_with_second_factor(person_id, me.id), ResetForm()
    if form.validate_on_submit() and _code_is_right(form):
        asked = submit(form, lambda: resets.ask_for_reset(me.person, person, form.reason.data or ""))
        if asked:
            flash(_said_of(asked), "ok")
            return back_to("people_console.second_factors")
    alone, agreeing = resets.is_alone(me.person, person), queries.admins_of_all() - {me.id, person.id}
    page = render_template(
        "people/second_factor_of.html",
        form=form,
        person=person,
        alone=alone,
        agreeing=agreeing,
        notice=resets.counts_as_admin(person),
    )
    return page, form.status


@bp.route("/console/second-factors/requests/<uuid:reset_id>", methods=["GET", "POST"])
@staff
def second_factor_request(reset_id: uuid.UUID) -> ResponseReturnValue:
    """The second administrator agrees or refuses; whoever asked may take the request back."""
    _demand_admin_of_all()
    me, form = actor(), FreshCodeForm()
    one = queries.open_reset(reset_id, but=me.id)
    if form.validate_on_submit() and _code_is_right(form):
        agrees = request.form.get("answer") == "agree"
        answer = resets.agree_to_reset if agrees else resets.refuse_reset
        if submit(form, lambda: answer(me.person, one.reset)):
            flash(
                _("The second step is cleared.") if agrees else _("The request is closed; nothing was changed."), "ok"
            )
            return back_to("people_console.second_factors")
    own = one.reset.asked_by_id == me.id
    page = render_template(
        "people/second_factor_request.html",
        form=form,
        one=one,
        own=own,
        goes_on=own and resets.may_go_on_alone(me.person, one.reset),
        alone_from=one.reset.asked_at + resets.NOTICE if one.reset.until - one.reset.asked_at >= resets.ALONE else None,
        zone=me.time_zone,
    )
    return page, form.status


def _said_of(asked: SecondFactorReset) -> str:
    if asked.done_at:
        return str(_("The second step is cleared."))
    if asked.until - asked.asked_at >= resets.ALONE:
        return str(_("Asked. If nobody says no within 24 hours, you can clear it."))
    return str(_("Asked. Another administrator decides."))


def _code_is_right(form: FreshCodeForm | GrantForm) -> bool:
    person = actor().person
    count("second_factor", str(person.id), **PER_CODE)
    if actions.gives_fresh_code(person, form.code.data or ""):
        return True
    form.code.errors = [_("This code does not work. Each code works once; wait for the next one.")]
    return False


@bp.route("/console/people/<uuid:person_id>/data", methods=["GET", "POST"])
@staff
def data_of(person_id: uuid.UUID) -> ResponseReturnValue:
    """The copy of everything about somebody who has no account, or its erasure: for a reason, with a fresh code."""
    _demand_admin_of_all()
    me = actor().person
    person, form = queries.person_without_account(person_id), WithoutAccountForm()
    if form.validate_on_submit() and _code_is_right(form):
        reason = form.reason.data or ""
        if request.form.get("do") == "copy":
            if submit(form, lambda: actions.note_copy_handed_over(me, person, reason)):
                found = gathered("me.data", person, queries.own_data(person))
                return saved_as_json(found, "personal-data.json")
        elif submit(form, lambda: actions.erase(me, person, reason)):
            flash(_("What we knew about this person is erased."), "ok")
            return back_to("people_console.today")
    page = render_template("people/data_of.html", form=form, person=person, scripts=["spent-code.js"])
    return page, form.status


@bp.route("/console/promises")
@staff
def promises() -> ResponseReturnValue:
    """Work that was given up and waits for a person. No personal data: tasks, times and codes."""
    _demand_admin_of_all()
    return _promises_page(ActionForm())


@bp.route("/console/promises/<int(max=9223372036854775807):promise_id>/retry", methods=["POST"])
@staff
def retry(promise_id: int) -> ResponseReturnValue:
    """Try parked work again."""
    _demand_admin_of_all()
    form = ActionForm()
    if form.validate_on_submit():
        actions.retry_promise(actor().person, promise_id)
        flash(_("It will be tried again within a minute."), "ok")
        return back_to("people_console.promises")
    return _promises_page(form), form.status


def _promises_page(form: ActionForm) -> str:
    return render_template("people/promises.html", form=form, rows=outbox.parked_promises(), names=TASK_NAMES)


def _offer(form: GrantForm, chosen: ScopeChoice) -> RoleOffer:
    return roles.offer_role(
        actor().person,
        form.email.data or "",
        g.lang,
        role=Role(form.role.data),
        scope_kind=chosen.kind,
        scope_id=chosen.id,
        series_id=chosen.series_id,
        scope_label="" if chosen.kind is ScopeKind.ALL else str(chosen.label),
    )


def _scopes() -> list[ScopeChoice]:
    """What the reader may give roles for. Raises NotFound for those who give none.

    Features further up fill the place ``people.scopes`` with ``{"choices": [(kind, id, label[, series id])]}``.
    """
    visitor = actor()
    if not visitor.has_role(Role.ADMIN):
        raise NotFound
    offered = [ScopeChoice(ScopeKind.ALL, None, _("The whole platform"))]
    for panel in panels("people.scopes", visitor):
        offered += [ScopeChoice(ScopeKind(kind), *rest) for kind, *rest in panel.context["choices"]]
    return [
        one for one in offered if holds(visitor.grants, Role.ADMIN, scope=scope_for(one.kind, one.id, one.series_id))
    ]


def _grant_form(scopes: list[ScopeChoice], *, blank: bool = False) -> GrantForm:
    is_admin_of_all = holds(actor().grants, Role.ADMIN)
    given = [(role.value, name) for role, name in ROLE_NAMES.items() if is_admin_of_all or role is not Role.ADMIN]
    return GrantForm(given, [(one.value, one.label) for one in scopes], blank=blank)


def _roles_page(scopes: list[ScopeChoice], form: GrantForm, shown: Any = None) -> ResponseReturnValue:
    mine = actor().grants
    labels = {(one.kind, one.id): one.label for one in scopes}
    held = []
    for grant in queries.open_grants():
        scope = scope_of(grant, _series_of(grant, scopes))
        if holds(mine, Role.ADMIN, scope=scope):
            is_own = grant.role is Role.ADMIN and grant.person_id == actor().id
            held.append(
                HeldRole(
                    grant,
                    ROLE_NAMES[grant.role],
                    labels.get((grant.scope_kind, grant.scope_id), "–"),
                    may_grant(mine, grant.role, scope) and not is_own,
                )
            )
    offered = [
        OfferedRole(one, ROLE_NAMES[one.role], labels.get((one.scope_kind, one.scope_id), "–"), roles.code_of(one))
        for one in queries.open_offers()
        if may_grant(mine, one.role, _scope_of_offer(one))
    ]
    shown = shown or form
    page = render_template(
        "people/roles.html", form=shown, grant_form=form, action_form=ActionForm(), held=held, offered=offered
    )
    return page, shown.status


def _scope_of_offer(offer: RoleOffer) -> Scope | None:
    return scope_for(offer.scope_kind, offer.scope_id, offer.series_id)


def _series_of(grant: RoleGrant, scopes: list[ScopeChoice]) -> uuid.UUID | None:
    if grant.scope_kind is not ScopeKind.EVENT:
        return None
    return next((one.series_id for one in scopes if one.kind is ScopeKind.EVENT and one.id == grant.scope_id), None)


def _demand_admin_of_all() -> None:
    if not holds(actor().grants, Role.ADMIN):
        raise NotFound

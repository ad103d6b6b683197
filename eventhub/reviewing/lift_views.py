"""Officers lift a tie that somebody declared: the list, and one tie with who asks, why, and who agrees."""

import uuid
from typing import Any

from flask import flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext

from eventhub.kit import codes
from eventhub.kit.access import actor, staff
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.i18n import show_own
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.people.queries import public_names
from eventhub.reviewing import lifting, shown
from eventhub.reviewing.forms import LiftForm
from eventhub.reviewing.lifting import Declared
from eventhub.reviewing.organiser_views import bp, call_at, frame

__all__ = ["bp"]

DEEDS: dict[str, tuple[Any, str]] = {
    "tie_lift_asked": (_l("Asked to lift the tie"), "warn"),
    "tie_lifted": (_l("Tie lifted"), "ok"),
    "tie_lift_refused": (_l("The tie stays"), "silent"),
}


@bp.get("/console/funds/<slug>/reviewing/ties")
@staff
def declared_ties(slug: str) -> ResponseReturnValue:
    """Every tie that somebody declared and that counts."""
    call = call_at(slug)
    rows = [_row(one) for one in lifting.declared(call, actor().person)]
    return render_template("reviewing/declared.html", **frame(call), rows=rows)


@bp.route("/console/funds/<slug>/reviewing/ties/<uuid:tie_id>", methods=["GET", "POST"])
@staff
def declared_tie(slug: str, tie_id: uuid.UUID) -> ResponseReturnValue:
    """One tie: an officer asks to lift it and says why, another agrees or lets it stay."""
    call, person = call_at(slug), actor().person
    found = lifting.one_declared(call, person, tie_id, lock=request.method == "POST")
    go = request.form.get("go", "")
    form: LiftForm | ActionForm = LiftForm() if go in {"", "ask"} else ActionForm()
    if go and go not in {"ask", "agree", "refuse"}:
        raise NotFound
    if form.validate_on_submit():

        def deed() -> object:
            if isinstance(form, LiftForm):
                return lifting.ask(person, found.tie, form.reason.data or "")
            return lifting.agree(person, found.tie) if go == "agree" else lifting.refuse(person, found.tie)

        if submit(form, deed):
            said = {"ask": _("Another officer decides now."), "agree": _("Tie lifted"), "refuse": _("The tie stays")}
            flash(said.get(go, said["ask"]), "ok")
            return back_to("reviewing_console.declared_tie", slug=slug, tie_id=tie_id)
        found = lifting.one_declared(call, person, tie_id)
    page = render_template(
        "reviewing/declared_one.html",
        **frame(call),
        row=_row(found),
        form=form if isinstance(form, LiftForm) else LiftForm(formdata=None),
        once=form if isinstance(form, ActionForm) else ActionForm(formdata=None),
        is_asked=found.tie.lift_asked_by_id is not None,
        is_mine=found.tie.lift_asked_by_id == person.id,
        is_lifted=found.tie.lifted_at is not None,
        lines=_history(found, person),
    )
    return page, form.status


def _row(one: Declared) -> dict[str, Any]:
    tie = one.tie
    about = (
        tie.organisation.name
        if tie.organisation
        else codes.country_name(tie.country, g.lang)
        if tie.country
        else _("Application %(number)s", number=one.number)
    )
    tag = (pgettext("a tie", "Taken back"), "silent") if tie.withdrawn_at else None
    if tie.lift_asked_at:
        tag = (_("Waits for another officer"), "warn")
    if tie.lifted_at:
        tag = DEEDS["tie_lifted"]
    return {
        "id": tie.id,
        "name": one.person.public_name,
        "about": about,
        "kind": shown.CONFLICTS[tie.kind],
        "at": show_own(tie.made_at, actor().person.time_zone, g.lang),
        "tag": tag,
    }


def _history(one: Declared, person: Person) -> list[dict[str, Any]]:
    told = lifting.history(one.tie)
    names = public_names({entry.actor_id for entry, _text in told if entry.actor_id})
    found = []
    for entry, text in told:
        title, kind = DEEDS[entry.verb.removeprefix("reviewing.")]
        found.append(
            {
                "when": show_own(entry.at, person.time_zone, g.lang),
                "datetime": entry.at.isoformat(timespec="minutes"),
                "title": title,
                "kind": kind,
                "who": names.get(entry.actor_id, "") if entry.actor_id else "",
                "text": text,
            }
        )
    return found

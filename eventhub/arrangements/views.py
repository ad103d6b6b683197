"""What I need to take part: one's own wishes for an event, asked for, changed and taken back."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.arrangements import actions, due, queries, words
from eventhub.arrangements.forms import WishForm
from eventhub.arrangements.models import Need, Status
from eventhub.arrangements.queries import WANTED_IN, Known, Step
from eventhub.kit.access import actor, personal, stands_on
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.i18n import show_date, show_moment
from eventhub.kit.limits import count
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.programme.models import Publication, Session
from eventhub.registration import queries as registrations
from eventhub.registration.models import Registration
from eventhub.registration.queries import Intake
from eventhub.registration.reference import read_reference

bp = Blueprint("arrangements", __name__)
AN_HOUR = 60
"""How often somebody may ask for something: more than anybody needs, and no flood of rows."""


@bp.route("/me/registrations/<reference>/needs", methods=["GET", "POST"])
@personal
def mine(reference: str) -> ResponseReturnValue:
    """What was asked for and how far it is, and a form for more."""
    person: Person = actor().person
    found, registration = own(person, reference, lock=request.method == "POST")
    sessions = queries.sessions(found.event.id)
    form = WishForm()
    form.fill(queries.held_sessions(sessions), found.event)
    if form.validate_on_submit() and submit(form, lambda: _asked(person, found, form, sessions)):
        flash(_("We have noted what you need. You find below how far it is."), "ok")
        return back_to("arrangements.mine", reference=reference)
    return _page(found, registration, sessions, form)


@bp.route("/me/registrations/<reference>/needs/<uuid:need_id>", methods=["GET", "POST"])
@personal
def change(reference: str, need_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for something else instead."""
    person: Person = actor().person
    found, registration = own(person, reference, lock=request.method == "POST")
    sessions = queries.sessions(found.event.id)
    held = _held(found, registration, need_id)
    form = WishForm()
    form.fill(queries.held_sessions(sessions), found.event)
    if request.method == "GET":
        form.show_wish(held.wish, held.need.session_id)
    if form.validate_on_submit() and submit(
        form, lambda: actions.change(person, found, need_id, form.wish(), form.session_of(sessions))
    ):
        flash(_("What you need is changed."), "ok")
        return back_to("arrangements.mine", reference=reference)
    page = render_template(
        "arrangements/change.html",
        form=form,
        reference=reference,
        need_id=need_id,
        event=found.event,
        shows=shows(),
        scripts=["show-if.js"],
    )
    return page, form.status


@bp.post("/me/registrations/<reference>/needs/<uuid:need_id>/taken-back")
@personal
@stands_on("arrangements.mine")
def take_back(reference: str, need_id: uuid.UUID) -> ResponseReturnValue:
    """It is not needed after all."""
    person: Person = actor().person
    found, registration = own(person, reference, lock=True)
    _held(found, registration, need_id)
    form = ActionForm()
    if form.validate_on_submit() and submit(form, lambda: actions.take_back(person, found, need_id)):
        flash(_("We have noted that you do not need it any more."), "ok")
        return back_to("arrangements.mine", reference=reference)
    sessions = queries.sessions(found.event.id)
    fresh = WishForm(formdata=None)
    fresh.fill(queries.held_sessions(sessions), found.event)
    return _page(found, registration, sessions, fresh, refused=form)


def own(person: Person, reference: str, *, lock: bool = False) -> tuple[Intake, Registration]:
    """One's own registration that was sent. Raises NotFound for everybody else's."""
    known = read_reference(reference)
    if known is None:
        raise NotFound
    found = registrations.own(person, known, lock=lock)
    if found.registration is None or found.registration.reference is None:
        raise NotFound
    return found, found.registration


def shows() -> Mapping[str, dict[str, Any]]:
    """Which field stands beside which kind, for js/show-if.js."""
    return {
        "signs": {"question": "kind", "in": ["sign_language"]},
        "captions": {"question": "kind", "in": ["captioning"]},
        "pair": {"question": "kind", "in": ["interpretation"]},
    }


def _asked(person: Person, found: Intake, form: WishForm, sessions: Sequence[Session]) -> Need:
    count("arrangements.asked", str(person.id), limit=AN_HOUR, seconds=3600)
    return actions.ask(person, found, form.wish(), form.session_of(sessions))


def _held(found: Intake, registration: Registration, need_id: uuid.UUID) -> Known:
    """One's own wish. Raises NotFound."""
    for one in queries.of_registration(registration.id, found.key):
        if one.need.id == need_id:
            return one
    raise NotFound


def _page(
    found: Intake,
    registration: Registration,
    sessions: Sequence[Session],
    form: WishForm,
    *,
    refused: ActionForm | None = None,
) -> ResponseReturnValue:
    event, lead = found.event, queries.lead_days(found.event.id)
    off = event.publication is Publication.CANCELLED
    there = {one.id: one for one in sessions}
    held = queries.of_registration(registration.id, found.key)
    steps = queries.steps([one.need.id for one in held])
    rows = []
    for one in held:
        session = there.get(one.need.session_id) if one.need.session_id else None
        by = due.due_on(event, session, lead)
        is_off = session is not None and session.publication is Publication.CANCELLED
        may = not off and registration.state in WANTED_IN and actions.may_change(event, one.need, session, lead)
        rows.append(
            {
                "id": one.need.id,
                "what": words.wish(one.wish, g.lang),
                "words": one.wish.words,
                "where": words.where(session, event, g.lang),
                "tag": words.SESSION_OFF if is_off and not off else words.STATUSES[one.need.status],
                "answer": one.answer,
                "may_change": may,
                "by": show_date(by, g.lang) if may else None,
                "is_off": is_off and not off,
                "is_over": one.need.status is Status.TAKEN_BACK,
                "steps": _told(steps.get(one.need.id, [])),
            }
        )
    takes = not off and registration.state in WANTED_IN and due.today(event) <= event.last_day
    last = due.due_on(event, None, lead)
    page = render_template(
        "arrangements/mine.html",
        form=form,
        refused=refused,
        once=ActionForm(formdata=None),
        reference=registration.reference,
        event=event,
        standing=[row for row in rows if not row["is_over"]],
        over=[row for row in rows if row["is_over"]],
        takes=takes,
        off=off,
        due=show_date(last, g.lang, weekday=True),
        is_late=due.today(event) > last,
        shows=shows(),
        back=url_for("registration.mine_one", reference=registration.reference),
        scripts=["show-if.js"],
    )
    return page, (refused or form).status


def _told(steps: Sequence[Step]) -> list[dict[str, Any]]:
    zone = actor().time_zone
    return [
        {"word": words.STATUSES[step.status][0], "at": show_moment(step.at, zone, g.lang)} for step in reversed(steps)
    ]

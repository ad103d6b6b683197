"""The helper's own pages, the slips to hand over, and the link of each person."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, lazy_pgettext, ngettext
from flask_babel import gettext as _

from eventhub.helping import access, actions, claiming, queries
from eventhub.helping.actions import LinkClosed
from eventhub.helping.forms import ClaimForm, PersonForm, RefuseForm, rows_form
from eventhub.helping.models import Charge
from eventhub.helping.queries import Row, Status
from eventhub.kit.access import actor, by_token, personal, stands_on
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.i18n import LOCALES, direction, show_number
from eventhub.kit.panels import panels
from eventhub.kit.web import absolute, back_to
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration import behalf, shown
from eventhub.registration.models import Registration

bp = Blueprint("helping", __name__)

STATUS_NAMES: dict[Status, tuple[Any, str]] = {
    Status.NAMED: (lazy_pgettext("a person registered by others", "Not begun"), "new"),
    Status.BEGUN: (lazy_pgettext("a person registered by others", "Begun"), "new"),
    Status.SENT: (lazy_pgettext("a person registered by others", "Sent"), "go"),
    Status.WITHDRAWN: (lazy_pgettext("a person registered by others", "Withdrawn"), "silent"),
    Status.TAKEN: (lazy_pgettext("a person registered by others", "Taken over"), "ok"),
    Status.KEPT_OWN: (lazy_pgettext("a person registered by others", "Registered already"), "silent"),
}
"""Words and colour for where a person stands."""
PEOPLE = "/me/people/<slug>"
ONE = f"{PEOPLE}/<uuid:charge_id>"


@bp.get(PEOPLE)
@personal
def people(slug: str) -> ResponseReturnValue:
    """Everybody whom I register for an event, and where each one stands."""
    event, setup = queries.open_event(slug)
    rows = queries.people(event.id, actor().id)
    return render_template(
        "helping/people.html",
        event=event,
        people=[told(row) for row in rows],
        places=_places(event),
        is_open=actions.is_open(event, setup),
        allowed=setup.by_others,
        without_mailbox=sum(access.may_fill(actor().id, row.charge) and row.charge.email is None for row in rows),
        form=ActionForm(formdata=None),
    )


@bp.route(f"{PEOPLE}/add", methods=["GET", "POST"])
@personal
def add(slug: str) -> ResponseReturnValue:
    """Up to twelve people with one form. What is wrong is said at its row; nobody is named before all rows hold."""
    event, setup = queries.open_event(slug)
    if not actions.is_open(event, setup):
        return back_to("helping.people", slug=slug)
    person: Person = actor().person
    form = rows_form()
    if request.method == "GET":
        form.language.data = g.lang
    if form.validate_on_submit():
        rows, known = form.named(), queries.registrar(event.id, person.id)
        if not form.show_at_fields(actions.problems(known, event.id, person.id, rows)):
            made = submit(form, lambda: actions.name(person, event, setup, rows, form.language.data))
            if made is not None:
                words = ngettext("%(num)s person is on your list.", "%(num)s people are on your list.", len(made))
                flash(words, "ok")
                return back_to("helping.people", slug=slug)
            event, setup = queries.open_event(slug)
    known_as = queries.told_name(person.alias, person.name, discreet=person.discreet)
    page = render_template("helping/add.html", event=event, form=form, places=_places(event), is_named=bool(known_as))
    return page, form.status


@bp.get(ONE)
@personal
def person(slug: str, charge_id: uuid.UUID) -> ResponseReturnValue:
    """One of my people: where the registration stands, and what I can do."""
    event, row = row_of(slug, charge_id)
    return _draw(event, row, ActionForm(formdata=None))


@bp.route(f"{ONE}/change", methods=["GET", "POST"])
@personal
def change(slug: str, charge_id: uuid.UUID) -> ResponseReturnValue:
    """A mistyped name, mailbox or telephone, until the person has taken the link."""
    event, row = row_of(slug, charge_id)
    me: Person = actor().person
    if not access.may_fill(me.id, row.charge):
        return back_to("helping.person", slug=slug, charge_id=charge_id)
    form = PersonForm(obj=row.charge)
    if form.validate_on_submit():
        values = {"email": form.email.data or None, "phone": form.phone.data or None, "language": form.language.data}
        if submit(form, lambda: actions.correct(me, row.charge, form.name.data or "", **values)):
            flash(_("What you typed is kept."), "ok")
            return back_to("helping.person", slug=slug, charge_id=charge_id)
        event, row = row_of(slug, charge_id)
    return render_template("helping/change.html", event=event, charge=row.charge, form=form), form.status


@bp.post(f"{ONE}/mail")
@personal
@stands_on("helping.person")
def write_again(slug: str, charge_id: uuid.UUID) -> ResponseReturnValue:
    """Mail a new link."""
    event, row = row_of(slug, charge_id)
    form, me = ActionForm(), actor().person
    if form.validate_on_submit() and submit(form, lambda: actions.write_again(me, row.charge)):
        flash(_("A mail with a new link is on its way. The link before it opens nothing any more."), "ok")
        return back_to("helping.person", slug=slug, charge_id=charge_id)
    return _draw(event, row, form)


@bp.post(f"{ONE}/slip")
@personal
@stands_on("helping.person")
def slip(slug: str, charge_id: uuid.UUID) -> ResponseReturnValue:
    """A slip of paper with a new link for one person, shown once."""
    event, row = row_of(slug, charge_id)
    return _slips(event, [row]) or _draw(event, row, ActionForm(formdata=None))


@bp.post(f"{PEOPLE}/slips")
@personal
@stands_on("helping.people")
def slips(slug: str) -> ResponseReturnValue:
    """The same for everybody without a mailbox, to be printed in one go."""
    event, _setup = queries.open_event(slug)
    me = actor().id
    rows = [row for row in queries.people(event.id, me) if access.may_fill(me, row.charge) and not row.charge.email]
    return _slips(event, rows) or back_to("helping.people", slug=slug)


@bp.post(f"{ONE}/take-back")
@personal
@stands_on("helping.person")
def take_back(slug: str, charge_id: uuid.UUID) -> ResponseReturnValue:
    """I do not register this person after all."""
    event, row = row_of(slug, charge_id)
    form, me = ActionForm(), actor().person
    if form.validate_on_submit() and submit(form, lambda: actions.take_back(me, row.charge)):
        flash(_("This person is not on your list any more. What you typed is deleted, unless it must be kept."), "ok")
        return back_to("helping.people", slug=slug)
    return _draw(event, row, form)


@bp.route("/me/links/<token>", methods=["GET", "POST"])
@personal
def claim(token: str) -> ResponseReturnValue:
    """The link of a person: for whom, by whom, and a button. Of two registrations one is chosen."""
    found = queries.by_token(token)
    if found is None:
        raise LinkClosed
    charge, event = found
    me: Person = actor().person
    if charge.claimed_at is not None and charge.person_id == me.id and charge.left_at is None:
        return back_to("registration.start", slug=event.slug)
    own, theirs = claiming.standing(me, charge)
    form = ClaimForm()
    if own is None or theirs is None:
        del form.keep
    if form.validate_on_submit():
        taken = submit(form, lambda: claiming.claim(me, token, form.kept))
        if taken is not None:
            return _taken(*taken)
        charge, event = queries.by_token(token, lock=True) or (charge, event)
        own, theirs = claiming.standing(me, charge)
    helper = queries.told_names([charge.helper_id]) if charge.helper_id else {}
    page = render_template(
        "helping/claim.html",
        event=event,
        charge=charge,
        form=form,
        helper=next(iter(helper.values()), ""),
        is_open=charge.claimed_at is None and charge.left_at is None,
        another=claiming.ClaimedAlready.message if queries.took_another(event.id, me.id) else None,
        own=_state(own),
        theirs=_state(theirs),
        may_exchange=own is None or theirs is None or behalf.may_give_way(own, theirs),
        email=me.email,
        refuse=url_for("helping.refuse", token=token),
    )
    return page, form.status


@bp.route("/not-me/<token>", methods=["GET", "POST"])
@by_token
def refuse(token: str) -> ResponseReturnValue:
    """Not me: the mailbox is forgotten, and this helper's mails go there no more. No sign-in is needed for that."""
    if queries.refusable(token) is None:
        raise LinkClosed
    form = RefuseForm()
    if form.validate_on_submit() and submit(form, lambda: actions.refuse(token)):
        return render_template("helping/refuse.html", form=form, done=True)
    return render_template("helping/refuse.html", form=form, done=False), form.status


@bp.post("/me/registrations/<slug>/without-helper")
@personal
@stands_on("registration.start")
def throw_out(slug: str) -> ResponseReturnValue:
    """Whoever registered me is not to see anything of it any more."""
    event = queries.helped_at(slug, actor().id)
    form, me = ActionForm(), actor().person
    if form.validate_on_submit() and submit(form, lambda: actions.throw_out(me, event.id)):
        flash(_("The helper does not see any more that you have a registration."), "ok")
    return back_to("registration.start", slug=slug)


def told(row: Row) -> dict[str, Any]:
    """A person in words, for the helper."""
    return {"charge": row.charge, "tag": STATUS_NAMES[row.status]}


def row_of(slug: str, charge_id: uuid.UUID) -> tuple[Event, Row]:
    """One of the visitor's people. Raises NotFound."""
    return queries.own(slug, actor().id, charge_id)


def _taken(charge: Charge, event: Event) -> ResponseReturnValue:
    if charge.kept_own:
        flash(_("Your own registration stays, and what was filled in for you is deleted. The helper was told."), "ok")
    else:
        flash(_("The registration is yours. Look at each answer, and put right what is wrong."), "ok")
    return back_to("registration.start", slug=event.slug)


def _draw(event: Event, row: Row, form: Form) -> ResponseReturnValue:
    me: Person = actor().person
    if form.errors:
        row = queries.one_of(event.id, me.id, row.charge.id)
    fills = access.may_fill(me.id, row.charge)
    page = render_template(
        "helping/person.html",
        event=event,
        it=told(row),
        row=row,
        charge=row.charge,
        form=form,
        fills=fills,
        beside=panels("helping.person", (event, row)) if fills else [],
        may_type=fills and row.status in {Status.NAMED, Status.BEGUN},
        has_typed=fills and row.state is not None,
        # Nobody else could learn the answer while the person has no account.
        state=shown.STATES[row.state] if fills and row.state and row.status is Status.SENT else None,
    )
    return page, form.status


def _slips(event: Event, rows: Sequence[Row]) -> ResponseReturnValue | None:
    """The slips, or None where there is nobody for whom to print one."""
    form, me = ActionForm(), actor().person
    if not rows or not form.validate_on_submit():
        return None
    made = submit(form, lambda: actions.slips(me, [row.charge for row in rows]))
    if made is None:
        for message in form.form_errors[:1]:
            flash(str(message), "warn")
        return back_to("helping.people", slug=event.slug)
    references = _references(event, [charge for charge, _secret in made])
    printed = []
    for charge, secret in made:
        url = absolute("helping.claim", lang=charge.language, token=secret)
        reference = references.get(charge.person_id) if charge.person_id else None
        # A slip is read by the person, whatever language the helper reads.
        with force_locale(LOCALES[charge.language]):
            words = [
                _(
                    "For you alone. Open the link, sign in with any email address, and take over what was filled in for"
                    " you."
                )
            ]
            if reference:
                words.append(_("Without a mailbox: show this at the badge desk."))
        said = {"words": " ".join(words), "lang": charge.language, "direction": direction(charge.language)}
        printed.append({"charge": charge, "url": url, "qr": shown.qr(url), "reference": reference, **said})
    return render_template("helping/slips.html", event=event, slips=printed)


def _references(event: Event, charges: Sequence[Charge]) -> dict[uuid.UUID, str]:
    persons = [charge.person_id for charge in charges if charge.person_id]
    return queries.references(event.id, persons)


def _state(registration: Registration | None) -> tuple[Any, str] | None:
    return shown.STATES[registration.state] if registration is not None else None


def _places(event: Event) -> dict[str, Any]:
    taken, most = queries.places(queries.registrar(event.id, actor().id))
    return {"taken": show_number(taken, g.lang), "all": show_number(most, g.lang), "left": most - taken}

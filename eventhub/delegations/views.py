"""The focal point's own pages, and the links of focal points and nominees."""

import uuid
from typing import Any

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from eventhub.delegations import access, actions, filling, letters, links, queries
from eventhub.delegations.actions import DelegationClosed, Left, LinkClosed
from eventhub.delegations.forms import AcceptForm, BesideForm, MailboxForm, ReplaceForm, rows_form
from eventhub.delegations.models import Delegation, Kind, Nominee
from eventhub.delegations.organiser_views import told
from eventhub.delegations.queries import Row, Status
from eventhub.kit.access import actor, personal, stands_on
from eventhub.kit.clock import now
from eventhub.kit.errors import Stale
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.i18n import AUTONYMS, LOCALES, direction, show_number
from eventhub.kit.limits import count
from eventhub.kit.web import absolute, back_to
from eventhub.people.models import Person
from eventhub.programme import shown as programme
from eventhub.programme.models import Event
from eventhub.registration import asking, shown
from eventhub.registration import queries as registrations

bp = Blueprint("delegations", __name__)

DECLINING = frozenset({"decline", "declined"})
"""What the buttons of an invitation say that is not taken: first a question, then the deed."""

AN_HOUR = {"limit": 40, "seconds": 3600}
"""Forms that send mails to mailboxes which somebody else names."""


@bp.route("/me/requests/<token>", methods=["GET", "POST"])
@personal
def become(token: str) -> ResponseReturnValue:
    """The link of a focal point: what is asked, and a button. The address says nothing of what it is for."""
    found = queries.invitation_by_token(token)
    if found is None:
        raise LinkClosed
    invitation, delegation, event = found
    person: Person = actor().person
    # Whoever has no name yet gives one: a focal point without a name is nobody to the people who deal with it.
    go = request.form.get("go")
    form = ActionForm() if person.name or go in DECLINING else AcceptForm()
    holds = form.validate_on_submit()
    if holds and go == "declined":
        if submit(form, lambda: filling.decline_focal_point(person, token)):
            flash(_("You have declined. The secretariat reads it and asks somebody else."), "ok")
            return back_to("people.me")
    elif holds and go != "decline":
        name = form.name.data if isinstance(form, AcceptForm) else None
        made = submit(form, lambda: filling.become(person, token, name))
        if made is not None:
            flash(_("You are the focal point now. Nominate the people of your delegation."), "ok")
            return back_to("delegations.delegation", delegation_id=made.id)
    if form.errors:
        delegation = queries.as_it_stands(delegation)
    is_mine = delegation.focal_id == person.id and invitation.accepted_by_id == person.id
    if not is_mine and not actions.is_open(invitation, now()):
        raise LinkClosed  # and nothing of what it was for
    page = render_template(
        "delegations/become.html",
        event=event,
        delegation=delegation,
        form=form,
        is_mine=is_mine,
        asks=holds and go == "decline",
        email=person.email,
    )
    return page, form.status


@bp.route("/me/invitations/<token>", methods=["GET", "POST"])
@personal
def claim(token: str) -> ResponseReturnValue:
    """The link of a nominee: for which delegation, and a button that leads into the registration."""
    found = queries.by_token(token)
    if found is None:
        raise LinkClosed
    nominee, delegation, event = found
    person: Person = actor().person
    if nominee.claimed_at is not None and nominee.person_id == person.id and nominee.left_at is None:
        return _into_registration(event, delegation)
    form, go = ActionForm(), request.form.get("go")
    holds = form.validate_on_submit()
    if holds and go == "declined":
        if submit(form, lambda: filling.decline(person, token)):
            flash(
                _("You have declined. The focal point of the delegation gets a mail that somebody does not come."), "ok"
            )
            return back_to("people.me")
    elif holds and go != "decline" and submit(form, lambda: filling.claim(person, token)):
        flash(_("The invitation is yours. Go on with your registration here."), "ok")
        return _into_registration(event, delegation)
    if form.errors:
        found = queries.by_token(token, lock=True)
        nominee, delegation, event = found or (nominee, delegation, event)
    if nominee.claimed_at is not None or nominee.left_at is not None:
        raise LinkClosed  # and nothing of what it was for
    mine = registrations.intake(event.slug, person).registration
    page = render_template(
        "delegations/claim.html",
        event=event,
        delegation=delegation,
        nominee=nominee,
        form=form,
        is_typed=nominee.person_id is not None,
        is_registered=mine is not None and mine.submitted_at is not None,
        asks=holds and go == "decline",
        by=letters.register_by(delegation, event, g.lang),
        email=person.email,
    )
    return page, form.status


@bp.get("/me/delegations/<uuid:delegation_id>")
@personal
def delegation(delegation_id: uuid.UUID) -> ResponseReturnValue:
    """Everybody whom I nominated, and where each one stands."""
    found, event, _setup = queries.own(actor().id, delegation_id)
    people = queries.people(found.id)
    # What the focal point has let wait too long comes first; the rest as it was nominated.
    lines = sorted((told(found, row) for row in people.everybody()), key=lambda line: not line["is_silent"])
    return render_template(
        "delegations/mine.html",
        event=event,
        delegation=found,
        people=lines,
        left=[told(found, row) for row in people.left],
        by_hand=[
            line["nominee"] for line in lines if line["row"].status is Status.INVITED and not line["nominee"].email
        ],
        waiting=sum(line["row"].status is Status.COMPLETE for line in lines),
        may_nominate=access.may_nominate(actor().id, found),
        places=_places(found),
        form=ActionForm(formdata=None),
    )


@bp.route("/me/delegations/<uuid:delegation_id>/nominate", methods=["GET", "POST"])
@personal
def nominate(delegation_id: uuid.UUID) -> ResponseReturnValue:
    """Up to twelve people with one form. What is wrong is said at its row, and nobody is nominated before all rows
    hold; what was typed stays.
    """
    found, event, _setup = queries.own(actor().id, delegation_id)
    if found.closed_at is not None:
        return back_to("delegations.delegation", delegation_id=delegation_id)
    form = rows_form()
    if request.method == "GET":
        form.language.data = g.lang
    if form.validate_on_submit():
        rows = form.nominations()
        if not form.show_at_fields(actions.problems(found, rows)):
            count("delegations.nominate", str(actor().id), **AN_HOUR)
            made = submit(form, lambda: actions.nominate(actor().person, found, rows, form.language.data))
            if made is not None:
                words = ngettext("%(num)s person is nominated.", "%(num)s people are nominated.", len(made))
                flash(words, "ok")
                return back_to("delegations.delegation", delegation_id=delegation_id)
    page = render_template("delegations/nominate.html", event=event, delegation=found, form=form, places=_places(found))
    return page, form.status


@bp.get("/me/delegations/<uuid:delegation_id>/people/<uuid:nominee_id>")
@personal
def nominee(delegation_id: uuid.UUID, nominee_id: uuid.UUID) -> ResponseReturnValue:
    """One of my people: where the registration stands, and what I can do."""
    found, event, row = _row(delegation_id, nominee_id)
    return _draw(found, event, row, ActionForm(formdata=None))


@bp.post("/me/delegations/<uuid:delegation_id>/people/<uuid:nominee_id>/approve")
@personal
@stands_on("delegations.nominee")
def approve(delegation_id: uuid.UUID, nominee_id: uuid.UUID) -> ResponseReturnValue:
    """My word that this person belongs to the delegation."""
    found, event, row = _row(delegation_id, nominee_id)
    form = ActionForm()
    if form.validate_on_submit() and submit(form, lambda: actions.approve(actor().person, found, row)):
        flash(_("Approved. The secretariat looks at the registration now."), "ok")
        return back_to("delegations.delegation", delegation_id=delegation_id)
    return _draw(found, event, row, form)


@bp.route("/me/delegations/<uuid:delegation_id>/people/<uuid:nominee_id>/replace", methods=["GET", "POST"])
@personal
def replace(delegation_id: uuid.UUID, nominee_id: uuid.UUID) -> ResponseReturnValue:
    """Somebody else comes, or nobody."""
    found, event, row = _row(delegation_id, nominee_id)
    if row.nominee.left_at is not None or found.closed_at is not None:
        if request.method == "POST":
            flash(str(Left.message if row.nominee.left_at is not None else DelegationClosed.message), "warn")
        return back_to("delegations.nominee", delegation_id=delegation_id, nominee_id=nominee_id)
    form = ReplaceForm()
    asks, go = False, request.form.get("go")
    if request.method == "GET":
        form.language.data = row.nominee.language
    if form.validate_on_submit() and go != "edit":
        one, language, seen = form.nomination, form.language.data, form.seen.data or ""
        if go != "replace":
            # Nothing is done yet: what it means is shown first, since it cannot be undone.
            problems = actions.problems_beside(found, one) if one else {}
            form.name_0.errors = [*form.name_0.errors, *problems.values()]
            form.form_errors.extend([] if seen == row.mark else [Stale.message])
            asks = not form.errors
        else:
            count("delegations.nominate", str(actor().id), **AN_HOUR)
            if submit(form, lambda: actions.replace(actor().person, found, row, one, language, seen=seen)):
                flash(_("The place is free.") if one is None else _("Somebody else is nominated instead."), "ok")
                return back_to("delegations.delegation", delegation_id=delegation_id)
    found, row = _again(found, row, form)
    form.seen.data = row.mark
    page = render_template(
        "delegations/replace.html",
        event=event,
        delegation=found,
        row=row,
        it=told(found, row),
        form=form,
        asks=asks,
        beside=queries.people(found.id).beside.get(row.nominee.id, []),
        language=AUTONYMS.get(form.language.data or ""),
    )
    return page, form.status


@bp.route("/me/delegations/<uuid:delegation_id>/people/<uuid:nominee_id>/beside", methods=["GET", "POST"])
@personal
def beside(delegation_id: uuid.UUID, nominee_id: uuid.UUID) -> ResponseReturnValue:
    """An assistant, interpreter or guard of one of my people, outside quota."""
    found, event, row = _row(delegation_id, nominee_id)
    if row.nominee.left_at is not None or row.nominee.beside_id is not None or found.closed_at is not None:
        return back_to("delegations.nominee", delegation_id=delegation_id, nominee_id=nominee_id)
    form = BesideForm()
    if request.method == "GET":
        form.language.data = row.nominee.language
    if form.validate_on_submit():
        count("delegations.nominate", str(actor().id), **AN_HOUR)
        kind, language = Kind(form.kind.data), form.language.data
        made = submit(
            form,
            lambda: actions.add_beside(actor().person, found, row.nominee, form.nomination, language, kind),
        )
        if made is not None:
            flash(ngettext("%(num)s person is nominated.", "%(num)s people are nominated.", 1), "ok")
            return back_to("delegations.delegation", delegation_id=delegation_id)
    found, row = _again(found, row, form)
    page = render_template("delegations/beside.html", event=event, delegation=found, row=row, form=form)
    return page, form.status


@bp.get("/me/delegations/<uuid:delegation_id>/people/<uuid:nominee_id>/link")
@personal
def link(delegation_id: uuid.UUID, nominee_id: uuid.UUID) -> ResponseReturnValue:
    """The person's link to hand over on paper or on a screen: in words and as a QR code. Dead once it is taken."""
    found, event, row = _row(delegation_id, nominee_id)
    if not _has_link(row.nominee):
        return back_to("delegations.nominee", delegation_id=delegation_id, nominee_id=nominee_id)
    url = absolute("delegations.claim", lang=row.nominee.language, token=actions.nominee_token(row.nominee))
    language = row.nominee.language
    with force_locale(LOCALES[language]):
        title = programme.words(event.title, event.original_language, language)
        lines = [
            _("You are nominated for this event: %(event)s.", event=title),
            _("Delegation: %(name)s", name=found.organisation.name),
            _("Open this address or scan the code. Sign in with an email address of your own, and complete your data."),
            *(
                [_("Register by: %(when)s", when=until)]
                if (until := letters.register_by(found, event, language))
                else []
            ),
        ]
    paper = {"lang": language, "direction": direction(language), "lines": lines}
    return render_template(
        "delegations/link.html", event=event, delegation=found, row=row, url=url, qr=shown.qr(url), paper=paper
    )


@bp.post("/me/delegations/<uuid:delegation_id>/people/<uuid:nominee_id>/mail")
@personal
@stands_on("delegations.nominee")
def write_again(delegation_id: uuid.UUID, nominee_id: uuid.UUID) -> ResponseReturnValue:
    """Mail the person a new link."""
    found, event, row = _row(delegation_id, nominee_id)
    form = ActionForm()
    if form.validate_on_submit() and submit(form, lambda: links.write_again(actor().person, found, row)):
        flash(_("A mail with a new link is on its way. The link before it opens nothing any more."), "ok")
        return back_to("delegations.nominee", delegation_id=delegation_id, nominee_id=nominee_id)
    return _draw(found, event, row, form)


@bp.route("/me/delegations/<uuid:delegation_id>/people/<uuid:nominee_id>/mailbox", methods=["GET", "POST"])
@personal
def mailbox(delegation_id: uuid.UUID, nominee_id: uuid.UUID) -> ResponseReturnValue:
    """Another mailbox for somebody whose address was mistyped, until the link is taken."""
    found, event, row = _row(delegation_id, nominee_id)
    if not _has_link(row.nominee) or found.closed_at is not None:
        return back_to("delegations.nominee", delegation_id=delegation_id, nominee_id=nominee_id)
    form = MailboxForm(obj=row.nominee)
    if form.validate_on_submit():
        count("delegations.nominate", str(actor().id), **AN_HOUR)
        email, language = form.email.data or None, form.language.data
        if submit(form, lambda: links.correct(actor().person, found, row, email, language)):
            flash(_("What you typed is kept."), "ok")
            return back_to("delegations.nominee", delegation_id=delegation_id, nominee_id=nominee_id)
    found, row = _again(found, row, form)
    page = render_template("delegations/mailbox.html", event=event, delegation=found, row=row, form=form)
    return page, form.status


def _into_registration(event: Event, delegation: Delegation) -> ResponseReturnValue:
    """Into the usual registration, with the category of the delegation where it names one."""
    mark = {asking.CHOSEN: asking.mark_of(delegation.category)} if delegation.category else {}
    return back_to("registration.start", slug=event.slug, **mark)


def _row(delegation_id: uuid.UUID, nominee_id: uuid.UUID) -> tuple[Delegation, Event, Row]:
    found, event, _setup = queries.own(actor().id, delegation_id)
    return found, event, queries.nominee_of(found.id, nominee_id)


def _again(found: Delegation, row: Row, form: Form) -> tuple[Delegation, Row]:
    """Both read anew where a deed was undone."""
    if not form.errors:
        return found, row
    found = queries.as_it_stands(found)
    return found, queries.nominee_of(found.id, row.nominee.id)


def _draw(found: Delegation, event: Event, row: Row, form: Form) -> ResponseReturnValue:
    person: Person = actor().person
    found, row = _again(found, row, form)
    fills = filling.fillable(person, found, row.nominee)
    page = render_template(
        "delegations/nominee.html",
        event=event,
        delegation=found,
        it=told(found, row),
        row=row,
        form=form,
        may_change=access.may_nominate(person.id, found) and row.nominee.left_at is None,
        may_fill=fills and row.status in {Status.INVITED, Status.BEGUN},
        has_link=_has_link(row.nominee),
        has_typed=fills and row.nominee.typed_by_id == person.id,
    )
    return page, form.status


def _has_link(nominee: Nominee) -> bool:
    return nominee.claimed_at is None and nominee.left_at is None


def _places(delegation: Delegation) -> dict[str, Any]:
    quota = delegation.quota
    return {
        "taken": show_number(delegation.places_taken, g.lang),
        "quota": show_number(quota, g.lang) if quota is not None else None,
        "left": None if quota is None else quota - delegation.places_taken,
        "url": url_for("delegations.nominate", delegation_id=delegation.id),
    }

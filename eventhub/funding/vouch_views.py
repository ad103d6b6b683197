"""Who vouches: named by the applicant, and answering behind a mailed link without an account."""

from typing import Any

from flask import flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import StringField

from eventhub.funding import applying, gaps, naming, own, told, vouching
from eventhub.funding.application_views import definition_of
from eventhub.funding.forms import NominatorForm, TokenForm, VoucherForm, VouchForm
from eventhub.funding.models import Endorsement, Vouch, Voucher
from eventhub.funding.own import Intake
from eventhub.funding.subject import subject
from eventhub.funding.views import bp
from eventhub.funding.vouching import Asked, LinkClosed, Named
from eventhub.kit.access import actor, by_token, personal, stands_on
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, posted, submit
from eventhub.kit.text import told_to_strangers
from eventhub.kit.web import back_to
from eventhub.people.models import Organisation, Person
from eventhub.questionnaires import answers as given

__all__ = ["bp"]

PEOPLE = "/funds/<slug>/apply/people"
VOUCH = "/vouch/<token>"


@bp.get(PEOPLE)
@personal
def vouchers(slug: str) -> ResponseReturnValue:
    """Who nominates me, my referees, and where each stands."""
    person = subject()
    found = own.intake(slug, person)
    if found.application is None or not gaps.slots(found.rules.vouching):
        return back_to("funding.apply", slug=slug)
    definition = definition_of(found)
    answers = given.load(found.answer_set) if found.answer_set else {}
    pages = given.visible_pages(definition, answers) if definition else []
    return render_template(
        "funding/vouchers.html",
        steps=told.steps_of(found, pages),
        back=told.step_before(found, pages, is_last=False),
        call=found.call,
        application=found.application,
        vouchers=told.vouchers(found),
        letter=found.rules.vouching.letter,
        due=told.due(found.call.closes_at, found.call, person.time_zone),
    )


@bp.route(f"{PEOPLE}/<slot>", methods=["GET", "POST"])
@personal
def voucher(slug: str, slot: str) -> ResponseReturnValue:
    """One of them: a name and a mailbox, to which a link goes at once."""
    person = subject()
    found = own.intake(slug, person, lock=posted())
    place = _slot(found, slot)
    row = _standing(found, place)
    form_of = NominatorForm if place[0] is Voucher.NOMINATOR else VoucherForm
    form = form_of(data=_filled(found, place, row))
    if told_to_strangers(person.public_name):
        del form.own_name
    elif person.discreet:
        form.own_name.label.text = _("Public name")
    if form.validate_on_submit():
        named = Named(
            place, form.name.data or "", form.email.data or "", form.language.data, form.organisation.data or None
        )
        if submit(form, told.telling(found, lambda: _name(person, found, named, form.own_name))):
            flash(_("Kept. A mail with a link is on its way."), "ok")
            return back_to("funding.vouchers", slug=slug)
    page = render_template(
        "funding/voucher.html",
        call=found.call,
        form=form,
        label=told.slot_name(place, found.rules.vouching.referees),
        slot=slot,
        row=row,
        tag=told.vouch_tag(row) if row else None,
        letter=found.rules.vouching.letter,
        again=ActionForm(formdata=None),
    )
    return page, form.status


@bp.post(f"{PEOPLE}/<slot>/again")
@personal
@stands_on("funding.voucher")
def ask_again(slug: str, slot: str) -> ResponseReturnValue:
    """Mail the same link once more."""
    person = subject()
    found = own.intake(slug, person, lock=True)
    place, form = _slot(found, slot), ActionForm()
    if form.validate_on_submit() and submit(form, lambda: vouching.ask_again(actor().person, found, place)):
        flash(_("A mail with the link is on its way again."), "ok")
    for message in form.form_errors[:1]:
        flash(str(message), "warn")
    return back_to("funding.voucher", slug=slug, slot=slot)


@bp.route(VOUCH, methods=["GET", "POST"])
@by_token
def vouch(token: str) -> ResponseReturnValue:
    """What is asked behind a link: yes, with a letter where the call wants one, or no. Looking changes nothing."""
    asked = vouching.behind(token)
    if asked is None or not vouching.is_open(asked, now()):
        return _closed(asked)
    form = VouchForm()
    if not vouching.wants_letter(asked):
        del form.letter
    if form.validate_on_submit():
        says = Vouch.CONFIRMED if request.form.get("go") == "yes" else Vouch.DECLINED
        words, upload = form.words.data or "", form.upload()
        if submit(form, lambda: vouching.answer(token, says, words, upload)):
            return render_template("funding/vouched.html", yes=says is Vouch.CONFIRMED)
        asked = vouching.behind(token) or asked
    page = render_template(
        "funding/vouch.html",
        call=asked.call,
        form=form,
        applicant=told_to_strangers(asked.applicant.public_name) or _("No name yet"),
        is_nominator=asked.endorsement.role is Voucher.NOMINATOR,
        organisation=_nominating(asked),
        most=asked.limits.nominees_per_organisation,
        blocks=asked.limits.owed_report_blocks,
        letter=vouching.wants_letter(asked),
        due=told.due(vouching.due(asked), asked.call),
        is_late=now() > vouching.due(asked),
        token=token,
    )
    return page, form.status


@bp.route(f"{VOUCH}/not-me", methods=["GET", "POST"])
@by_token
def not_me(token: str) -> ResponseReturnValue:
    """Not me: the mailbox is forgotten, and this applicant's mails go there no more."""
    if vouching.behind(token) is None:
        raise LinkClosed
    form = TokenForm()
    if form.validate_on_submit() and submit(form, lambda: vouching.refuse(token)):
        return render_template("funding/not_me.html", form=form, done=True)
    return render_template("funding/not_me.html", form=form, done=False), form.status


def _name(applicant: Person, found: Intake, named: Named, own_name: StringField | None) -> Endorsement:
    if own_name is not None:
        naming.take(applicant, own_name.data or "")
    row = vouching.name(actor().person, found, named)
    applying.follow_nominator(found)
    return row


def _closed(asked: Asked | None) -> ResponseReturnValue:
    """A link that was answered says so to whoever opens it again; any other one says nothing."""
    if asked is None or asked.endorsement.outcome is not Vouch.CONFIRMED:
        raise LinkClosed
    # A second answer, from another window or the mail opened twice, is not taken.
    return render_template("funding/vouched.html", yes=True, stands=posted())


def _nominating(asked: Asked) -> str | None:
    """What the nominating organization is called, as the applicant named it."""
    named = asked.endorsement.organisation_id or asked.application.nominated_by_id
    row = db.session.get(Organisation, named) if named else None
    return told_to_strangers(row.name) or None if row else None


def _slot(found: Intake, code: str) -> gaps.Slot:
    if found.application is None:
        raise NotFound
    for slot in gaps.slots(found.rules.vouching):
        if told.slot_code(slot) == code:
            return slot
    raise NotFound


def _standing(found: Intake, slot: gaps.Slot) -> Endorsement | None:
    if found.application is None:
        return None
    rows = own.vouchers(found.application.id)
    return next((one for one in rows if (one.role, one.place) == slot), None)


def _filled(found: Intake, slot: gaps.Slot, row: Endorsement | None) -> dict[str, Any]:
    """What the form says when it is opened: who is named, and the organization that was named or answered already, also
    for another mailbox after a no.
    """
    answers = given.load(found.answer_set) if found.answer_set and slot[0] is Voucher.NOMINATOR else {}
    said = answers.get("nominating_organisation")
    answered = said["name"] if isinstance(said, dict) else ""
    if row is None:
        return {"language": g.lang, "organisation": answered}
    organisation = db.session.get(Organisation, row.organisation_id) if row.organisation_id else None
    known = "@" in row.email and row.outcome is None
    return {
        "name": row.name if known else "",
        "email": row.email if known else "",
        "organisation": organisation.name if organisation else answered if not known else "",
        "language": row.language,
    }

"""One grant: what is paid for what, the visa, the ticket, the journey, its end, its report and its history."""

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from flask import flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext

from eventhub.awards import (
    awarding,
    bought,
    console_queries,
    console_shown,
    leftovers,
    letters,
    own_shown,
    paying,
    queries,
    release_shown,
    replacing,
    reporting,
    travelling,
    undoing,
)
from eventhub.awards.console import Place, at_awards, at_desk, at_till, bp, found_award
from eventhub.awards.console_forms import (
    AcceptForm,
    EndForm,
    HomeForm,
    ReadForm,
    TicketForm,
    UndoForm,
    VisaForm,
    chosen_day,
)
from eventhub.awards.ledger import shown
from eventhub.awards.leftovers import StillAsked
from eventhub.awards.letters import title_of
from eventhub.awards.models import Award, AwardLine, Ticket, TravelReport, Visa, VisaState
from eventhub.funding import attending
from eventhub.funding.attending import Attending, Step
from eventhub.funding.desk_shown import STATES
from eventhub.funding.models import MOVES, State
from eventhub.funding.moves import NotPossible
from eventhub.kit.access import staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.codes import label
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.i18n import show_date, show_own
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.people.queries import public_names

__all__ = ["bp"]
SomeForm = TypeVar("SomeForm", bound=Form)
Deed = Callable[[Place, Award, Any], object]
FOLLOWED = frozenset({State.ACCEPTED, State.VISA_PENDING, State.VISA_REFUSED, State.TICKETED})


@bp.get("/console/funds/<slug>/grants/<uuid:award_id>")
@staff
def record(slug: str, award_id: uuid.UUID) -> ResponseReturnValue:
    """One grant."""
    place = at_awards(slug)
    return _draw(place, found_award(place, award_id))


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/visa")
@staff
@stands_on("awards_console.record")
def visa(slug: str, award_id: uuid.UUID) -> ResponseReturnValue:
    """A visa is needed, asked for, granted or refused."""
    deed = request.form.get("deed", "")
    if deed not in VISA_DEEDS:
        raise NotFound
    return _done(slug, award_id, VisaForm, VISA_DEEDS[deed], _("Saved"))


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/ticket")
@staff
@stands_on("awards_console.record")
def ticket(slug: str, award_id: uuid.UUID) -> ResponseReturnValue:
    """A ticket is bought."""

    def deed(place: Place, award: Award, form: TicketForm) -> object:
        first, last = chosen_day(form.travels_on), chosen_day(form.returns_on)
        return travelling.ticketed(place.person, award, travels_on=first, returns_on=last)

    return _done(slug, award_id, TicketForm, deed, _("Saved"))


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/travelled")
@staff
@stands_on("awards_console.record")
def travelled(slug: str, award_id: uuid.UUID) -> ResponseReturnValue:
    """The person was there; the report is due."""

    def deed(place: Place, award: Award, form: HomeForm) -> object:
        days = place.reading.rules.report_days
        return travelling.travelled(place.person, award, ended_on=chosen_day(form.ended_on), report_days=days)

    return _done(slug, award_id, HomeForm, deed, _("The journey is over. The report is asked for by mail."))


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/end")
@staff
@stands_on("awards_console.record")
def end(slug: str, award_id: uuid.UUID) -> ResponseReturnValue:
    """The grant is cancelled, or the person has said that she does not come."""
    deeds: dict[str, Deed] = {
        "cancel": lambda place, award, form: awarding.cancel(place.person, award, text=form.reason.data),
        "withdraw": lambda place, award, form: awarding.withdraw(place.person, award, text=form.reason.data),
    }
    deed = request.form.get("deed", "")
    if deed not in deeds:
        raise NotFound
    return _done(slug, award_id, EndForm, deeds[deed], _ended)


def _ended(award: Award) -> str:
    if award.committed:
        return str(
            _("The grant has ended. What its ticket still costs stays committed; the rest of its money is free.")
        )
    return str(_("The grant has ended. Its money is free again."))


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/undo")
@staff
@stands_on("awards_console.record")
def undo(slug: str, award_id: uuid.UUID) -> ResponseReturnValue:
    """A ticket, or that the person was there, was noted by mistake."""

    def deed(place: Place, award: Award, form: UndoForm) -> object:
        return undoing.undo(place.person, award, text=form.mistake.data)

    return _done(slug, award_id, UndoForm, deed, _("Taken back. The grant is where it was before."))


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/accept")
@staff
@stands_on("awards_console.record")
def accept(slug: str, award_id: uuid.UUID) -> ResponseReturnValue:
    """The person has accepted by other ways than the link: whoever has no mailbox has none."""

    def deed(place: Place, award: Award, form: AcceptForm) -> object:
        return awarding.accept_for(place.person, award, text=form.how.data)

    return _done(slug, award_id, AcceptForm, deed, _("Saved"))


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/replace")
@staff
@stands_on("awards_console.record")
def ask_nominator(slug: str, award_id: uuid.UUID) -> ResponseReturnValue:
    """Ask the nominator who comes instead, while no ticket is bought."""

    def deed(place: Place, award: Award, _form: ActionForm) -> object:
        return replacing.ask_nominator(place.person, award)

    return _done(slug, award_id, ActionForm, deed, _("The nominator was asked for somebody else"))


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/report")
@staff
@stands_on("awards_console.record")
def read_report(slug: str, award_id: uuid.UUID) -> ResponseReturnValue:
    """Open the report, once, for a reason; the answer to this request alone shows it."""
    place = at_desk(slug)
    award, form = found_award(place, award_id), ReadForm()
    report, opened = queries.report_of(award.id), None
    if report is None or report.filed_at is None:
        raise NotFound
    if form.validate_on_submit():
        opened = submit(form, lambda: reporting.read_report(place.person, award, report, reason=form.why.data or ""))
    return _draw(place, award, form, opened=opened)


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/settle")
@staff
@stands_on("awards_console.record")
def settle(slug: str, award_id: uuid.UUID) -> ResponseReturnValue:
    """Everything is paid: what is left is free again."""
    place, form = at_till(slug), ActionForm()
    award = found_award(place, award_id, lock=True)
    if form.validate_on_submit() and submit(form, lambda: paying.settle(place.person, award)):
        flash(_("The grant was settled"), "ok")
        return back_to("awards_console.record", slug=slug, award_id=award_id)
    return _draw(place, found_award(place, award_id), form)


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/left/<deed>")
@staff
@stands_on("awards_console.record")
def leave_it(slug: str, award_id: uuid.UUID, deed: str) -> ResponseReturnValue:
    """Of a grant that ended: nothing more is paid for its ticket, or what was paid stays paid."""
    deeds: dict[str, Callable[[Person, Award], object]] = {
        "ticket": leftovers.let_go,
        "paid": leftovers.stay_paid,
    }
    if deed not in deeds:
        raise NotFound
    place, form = at_till(slug), ActionForm()
    award = found_award(place, award_id, lock=True)
    if form.validate_on_submit() and submit(form, lambda: deeds[deed](place.person, award)):
        flash(_("Saved"), "ok")
        return back_to("awards_console.record", slug=slug, award_id=award_id)
    return _draw(place, found_award(place, award_id), form)


def _needed(place: Place, award: Award, form: VisaForm) -> object:
    return travelling.visa_needed(place.person, award, appointment_on=form.appointment_on.data)


def _asked(place: Place, award: Award, form: VisaForm) -> object:
    day, other = form.asked_on.data or now().date(), form.appointment_on.data
    return travelling.visa_asked(place.person, award, _visa(award), asked_on=day, appointment_on=other)


def _granted(place: Place, award: Award, _form: VisaForm) -> object:
    return travelling.visa_granted(place.person, award, _visa(award))


def _refused(place: Place, award: Award, _form: VisaForm) -> object:
    return travelling.visa_refused(place.person, award, _visa(award))


def _not_needed(place: Place, award: Award, _form: VisaForm) -> object:
    return travelling.visa_not_needed(place.person, award, _visa(award))


VISA_DEEDS: dict[str, Deed] = {
    "needed": _needed,
    "not_needed": _not_needed,
    "asked": _asked,
    "granted": _granted,
    "refused": _refused,
}


def _visa(award: Award) -> Visa:
    found = travelling.visa_of(award)
    if found is None:
        raise NotPossible
    return found


def _done(
    slug: str, award_id: uuid.UUID, kind: type[SomeForm], deed: Deed, said: str | Callable[[Award], str]
) -> ResponseReturnValue:
    """An officer's deed to a grant that is held, or the page comes back with what is wrong."""
    place, form = at_desk(slug), kind()
    award = found_award(place, award_id, lock=True)
    if form.validate_on_submit() and submit(form, lambda: deed(place, award, form)):
        flash(said if isinstance(said, str) else said(award), "ok")
        return back_to("awards_console.record", slug=slug, award_id=award_id)
    return _draw(place, found_award(place, award_id), form)


def _draw(
    place: Place, award: Award, sent: Form | None = None, *, opened: dict[str, str] | None = None
) -> ResponseReturnValue:
    application, envelope, zone = award.application, award.envelope, place.reading.call.time_zone
    visa_row, report = travelling.visa_of(award), queries.report_of(award.id)
    ticket_row, lines = queries.ticket_of(award.id), console_queries.whole_lines(award.id)
    there = attending.of_person(application.person_id, place.reading.call)
    payments, deeds = queries.all_payments(award.id), console_queries.deeds(award)
    people = {who for one in payments for who in (one.asked_by_id, one.agreed_by_id)}
    people |= {entry.actor_id for entry, _text in deeds} | {award.offered_by_id, award.approved_by_id}
    names = public_names([one for one in people if one])
    state = application.state
    bought_next = state is State.VISA_PENDING and _may_buy(state, visa_row)
    page = render_template(
        "awards/grant.html",
        slug=place.slug,
        call_title=title_of(place.reading.call, g.lang),
        award=award,
        application=application,
        name=console_shown.title_of(award),
        tag=(_("Visa granted"), "ok") if bought_next else STATES[state],
        no_ticket_yet=state is State.VISA_PENDING and not bought_next,
        place=place,
        amount=shown(envelope, award.amount, g.lang),
        facts=_facts(place, award, names, ticket_row, report, there),
        lines=[console_shown.cost(envelope, one) for one in lines],
        payments=[console_shown.payment(envelope, one, names, zone) for one in payments],
        history=[console_shown.deed(entry, text, names, zone) for entry, text in deeds],
        visa=console_shown.VISAS[visa_row.state] if visa_row else None,
        visa_deeds=_visa_deeds(state, visa_row) if place.offers else [],
        refusals=visa_row.refusals if visa_row else 0,
        appointment=show_date(visa_row.appointment_on, g.lang) if visa_row and visa_row.appointment_on else None,
        visa_form=_this_or_fresh(sent, VisaForm),
        ticket_form=_this_or_fresh(sent, TicketForm) if place.offers and _may_buy(state, visa_row) else None,
        home_form=_this_or_fresh(sent, HomeForm) if place.offers and state is State.TICKETED else None,
        undo_form=_this_or_fresh(sent, UndoForm) if place.offers and undoing.may_undo(award) else None,
        end_form=_this_or_fresh(sent, EndForm),
        accept_form=_this_or_fresh(sent, AcceptForm) if place.offers and state is State.OFFERED else None,
        unreached=not application.person.email and application.erased_at is None,
        letter=_on_paper(award) if place.offers else None,
        ends=_ends(state) if place.offers else [],
        may_offer=place.offers and state is State.LAPSED,
        replace=_replace(place, award),
        may_settle=place.pays and state is State.CLOSED and award.settled_at is None,
        may_pay=place.pays and not award.ended_at and any(paying.is_payable(award, one) for one in lines),
        left=_left(award, lines),
        remote=_is_remote(place, award, there),
        three=place.person.id in paying.deciders(award),
        read_form=_this_or_fresh(sent, ReadForm) if place.offers and report and report.filed_at else None,
        opened=[{"label": words, "value": opened.get(key), "kind": "long"} for key, words, _n in reporting.QUESTIONS]
        if opened is not None
        else None,
        form=sent if sent and sent.errors else None,
        act=ActionForm(formdata=None),
        stays=state in FOLLOWED | {State.TRAVELLED, State.REPORT_DUE, State.REPORT_OVERDUE, State.CLOSED},
    )
    return page, sent.status if sent else 200


def _left(award: Award, lines: list[AwardLine]) -> dict[str, Any]:
    """Of a grant that ended: what its ticket holds and where it is paid, and what is paid out."""
    ticket = next((one for one in lines if bought.is_of_ticket(award, one)), None)
    return {
        "ticket": ticket,
        "held": shown(award.envelope, award.committed, g.lang) if ticket else None,
        "asked": StillAsked.message if ticket and leftovers.is_asked(award) else None,
        "out": shown(award.envelope, award.spent, g.lang) if leftovers.is_out(award) else None,
    }


def _is_remote(place: Place, award: Award, there: Attending | None) -> bool:
    """Whether somebody whose journey lies ahead is registered without coming."""
    is_ahead = award.application.state in own_shown.AHEAD and place.reading.call.kind in own_shown.JOURNEYS
    return is_ahead and there is not None and there.is_remote


def _replace(place: Place, award: Award) -> dict[str, Any] | None:
    """How many the nominator could name, and until when an answer is waited for; None where nobody may come instead."""
    if not (place.offers and travelling.is_replaceable(award) and award.application.nominated_by_id is not None):
        return None
    row, zone = replacing.asked(award), place.reading.call.time_zone
    return {
        "number": len(replacing.candidates(award)),
        "asked": show_own(row.asked_at, zone, g.lang) if row else None,
        "until": show_own(row.until, zone, g.lang) if row else None,
    }


def _facts(
    place: Place,
    award: Award,
    names: dict[uuid.UUID, str],
    row: Ticket | None,
    report: TravelReport | None,
    there: Attending | None,
) -> list[dict[str, Any]]:
    zone, envelope = place.reading.call.time_zone, award.envelope

    def said(minor: int) -> str:
        return shown(envelope, minor, g.lang)

    journey = f"{show_date(row.travels_on, g.lang)} – {show_date(row.returns_on, g.lang)}" if row else ""
    due = ""
    if report:
        due = (
            pgettext("a report", "Filed") if report.filed_at else _("Due by %(day)s", day=show_date(report.due, g.lang))
        )
    mode = there.attendance_mode if there else None
    to_come = there is not None and there.step in {Step.REGISTER, Step.NOT_YET, Step.TOO_LATE}
    found = [
        (_("Support"), str(console_shown.VARIANTS[award.variant])),
        (_("Approved by"), names.get(award.approved_by_id, "")),
        (_("Offered by"), names.get(award.offered_by_id, "") if award.offered_by_id else ""),
        (_("Offered on"), show_own(award.offered_at, zone, g.lang) if award.offered_at else ""),
        (_("Answer by"), show_own(award.accept_by, zone, g.lang) if award.accept_by else ""),
        (_("Registration for the event"), there.tag()[0] if there else ""),
        (
            _("Way of taking part"),
            label("attendance_mode", mode, g.lang) if mode else "",
        ),
        (
            _("Registration closes"),
            show_own(there.closes_at, there.event.time_zone, g.lang) if there and to_come else "",
        ),
        (_("Journey"), journey),
        (_("Report"), due),
        (_("Paid so far"), said(award.spent)),
        (_("Still committed"), said(award.committed)),
        (_("Settled on"), show_own(award.settled_at, zone, g.lang) if award.settled_at else ""),
    ]
    return [{"label": label, "value": value} for label, value in found if value]


def _visa_deeds(state: State, row: Visa | None) -> list[tuple[str, Any]]:
    """Which steps of a visa are possible now, with their words."""
    found: list[VisaState] = []
    is_refused = row is None or row.state is VisaState.REFUSED
    if state in {State.ACCEPTED, State.VISA_REFUSED} or (state is State.TICKETED and is_refused):
        found = [VisaState.NEEDED]
    elif state in travelling.AWAITED and row is not None and row.state is not VisaState.GRANTED:
        found = [VisaState.ASKED, VisaState.GRANTED, VisaState.REFUSED]
    steps = [(one.value, console_shown.VISAS[one][0]) for one in found]
    if state in travelling.AWAITED and row is not None and row.state is VisaState.NEEDED and not row.refusals:
        steps.append(("not_needed", _("No visa is needed after all")))
    return steps


def _may_buy(state: State, row: Visa | None) -> bool:
    return state is State.ACCEPTED or (state is State.VISA_PENDING and bool(row and row.state is VisaState.GRANTED))


def _on_paper(award: Award) -> dict[str, Any] | None:
    """The letter of an offer for a person without an address: staff hand it over or read it out."""
    person = award.application.person
    if person.email or award.application.erased_at is not None or award.application.state is not State.OFFERED:
        return None
    return release_shown.drawn(letters.offered_on_paper(award), person.language)


def _ends(state: State) -> list[str]:
    """How an officer may end a grant in this state."""
    ways = []
    if State.CANCELLED in MOVES[state]:
        ways.append("cancel")
    if State.WITHDRAWN in MOVES[state] or state is State.OFFERED:
        ways.append("withdraw")
    return ways


def _this_or_fresh(sent: Form | None, kind: type[SomeForm]) -> SomeForm:
    return sent if isinstance(sent, kind) else kind(formdata=None)

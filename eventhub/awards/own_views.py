"""What a person does with her own grant: visa, leaving, receipts, the statement of the allowance, the report."""

import uuid
from zoneinfo import ZoneInfo

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.awards import (
    console_queries,
    console_shown,
    leaving,
    leftovers,
    queries,
    receipts,
    reporting,
    statements,
    stays,
    travelling,
)
from eventhub.awards.console_forms import LeaveForm, OwnVisaForm, ReceiptForm
from eventhub.awards.forms import ReportForm
from eventhub.awards.letters import title_of
from eventhub.awards.models import Award, AwardLine, AwardStay, Outcome, Visa
from eventhub.awards.views import bp
from eventhub.funding.allowance import Payee
from eventhub.funding.moves import NotPossible
from eventhub.funding.subject import subject
from eventhub.kit.access import actor, personal, stands_on
from eventhub.kit.clock import now
from eventhub.kit.codes import label
from eventhub.kit.errors import NotFound
from eventhub.kit.files import attachment
from eventhub.kit.forms import ActionForm, posted, submit
from eventhub.kit.i18n import show_date, show_days
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.questionnaires import windows

__all__ = ["bp"]


@bp.route("/me/grants/<reference>/receipts/<uuid:line_id>", methods=["GET", "POST"])
@personal
def receipt(reference: str, line_id: uuid.UUID) -> ResponseReturnValue:
    """Send the receipt of a cost line; another one takes its place until the real cost is noted."""
    me: Person = actor().person
    person = subject()
    award = queries.own_award(person, reference, lock=posted())
    row, form = _own_line(award, line_id), ReceiptForm()
    if form.validate_on_submit():
        sent = form.upload()
        if sent is None:
            form.show_at_fields({"file": _("Choose a file")})
        elif submit(form, lambda: receipts.attach(me, award, row, sent)):
            flash(_("Your receipt has arrived."), "ok")
            return back_to("awards.mine", reference=reference)
        award = queries.own_award(person, reference)
        row = _own_line(award, line_id)
    page = render_template(
        "awards/receipt.html",
        title=title_of(award.application.call, g.lang),
        label=label("fund_cost_line", row.kind.value, g.lang),
        kept=_came(row, award.application.call.time_zone),
        is_open=receipts.may_send(award, row),
        form=form,
        reference=reference,
        scripts=["file-size.js"],
    )
    return page, form.status


def _came(row: AwardLine, zone: str) -> str:
    """The day on which a receipt came, in words; empty where there is none."""
    came = receipts.sent_on(row)
    return show_date(came.astimezone(ZoneInfo(zone)).date(), g.lang) if came else ""


def _own_line(award: Award, line_id: uuid.UUID) -> AwardLine:
    """A line that the traveller pays. Raises NotFound for what the fund buys, whose receipt is the desk's."""
    row = console_queries.line(award.id, line_id)
    if row.payee is not Payee.TRAVELLER:
        raise NotFound
    return row


@bp.route("/me/grants/<reference>/visa", methods=["GET", "POST"])
@personal
def visa(reference: str) -> ResponseReturnValue:
    """Where the visa stands: when it was asked for, the day of the appointment, or that it was refused, which is asked
    once more.
    """
    me: Person = actor().person
    award = queries.own_award(subject(), reference, lock=posted())
    row = travelling.visa_of(award)
    if row is None or not leaving.may_tell(award, row):
        return back_to("awards.mine", reference=reference)
    known = {"asked_on": row.asked_on, "appointment_on": row.appointment_on}
    go, form = request.form.get("go"), OwnVisaForm(data=known)
    if form.validate_on_submit() and go != "ask" and submit(form, lambda: _tell(me, award, row, form, go)):
        flash(_("Saved."), "ok")
        return back_to("awards.mine", reference=reference)
    page = render_template(
        "awards/own_visa.html",
        title=title_of(award.application.call, g.lang),
        state=console_shown.VISAS[row.state],
        form=form,
        asks=go == "ask" and not form.errors,
        reference=reference,
        asking=url_for("funding_thread.mine", reference=reference),
    )
    return page, form.status


def _tell(me: Person, award: Award, row: Visa, form: OwnVisaForm, go: str | None) -> Visa:
    if go == "refused":
        return leaving.visa_refused(me, award, row)
    days = {"asked_on": form.asked_on.data, "appointment_on": form.appointment_on.data}
    return leaving.visa_days(me, award, row, **days)


@bp.route("/me/grants/<reference>/cannot-come", methods=["GET", "POST"])
@personal
def leave(reference: str) -> ResponseReturnValue:
    """I cannot come: asked once, then the grant ends."""
    award = queries.own_award(subject(), reference, lock=posted())
    ticket = queries.ticket_of(award.id)
    if not leaving.may_leave(award, travelling.event_of(award), ticket):
        return back_to("awards.mine", reference=reference)
    form, me = LeaveForm(), actor().person
    if form.validate_on_submit() and submit(form, lambda: leaving.leave(me, award, text=form.text.data)):
        flash(_("Thank you for telling us. The grant goes to somebody else."), "ok")
        return back_to("awards.mine", reference=reference)
    page = render_template(
        "awards/leave.html",
        title=title_of(award.application.call, g.lang),
        form=form,
        ticket=show_days(ticket.travels_on, ticket.returns_on, g.lang) if ticket else None,
        paid=leftovers.told(award, g.lang),
        reference=reference,
    )
    return page, form.status


@bp.get("/me/grants/<reference>/allowance")
@personal
def allowance(reference: str) -> ResponseReturnValue:
    """The statement of the allowance, as the fund's desk reckoned it."""
    award = queries.own_award(subject(), reference)
    row = _stay(award)
    call = award.application.call
    event = console_queries.event_of(call)
    found = stays.statement(award, row, queries.rules_of(call.id), event)
    return render_template(
        "awards/allowance.html",
        title=title_of(call, g.lang),
        reference=reference,
        statement=console_shown.statement(found) if found else None,
        arrives=show_date(row.arrives.date(), g.lang),
        leaves=show_date(row.leaves.date(), g.lang),
        back=url_for("awards.mine", reference=reference),
        paper=_paper(row),
        ask_url=url_for("awards.allowance_paper", reference=reference),
        file_url=url_for("awards.allowance_file", reference=reference),
        here=url_for("awards.allowance", reference=reference),
        act=ActionForm(),
    )


def _paper(row: AwardStay) -> str:
    """How far the PDF is: to be asked for, in the making, or there."""
    found = statements.of_stay(row, g.lang)
    if found is None or (found.made_at is None and now() - found.asked_at >= statements.SLOW):
        return "ask"
    return "made" if found.made_at else "waits"


@bp.post("/me/grants/<reference>/allowance/paper")
@personal
@stands_on("awards.allowance")
def allowance_paper(reference: str) -> ResponseReturnValue:
    """Ask for the same as a PDF in the language of the page."""
    row, form = _stay(queries.own_award(subject(), reference)), ActionForm()
    if form.validate_on_submit():
        submit(form, lambda: statements.ask(row, g.lang))
    return back_to("awards.allowance", reference=reference)


@bp.get("/me/grants/<reference>/allowance/file")
@personal
def allowance_file(reference: str) -> ResponseReturnValue:
    """The PDF, once a worker made it."""
    row = _stay(queries.own_award(subject(), reference))
    return attachment(statements.fetch(row, g.lang), f"allowance-{reference}")


def _stay(award: Award) -> AwardStay:
    """The stay of a grant that was accepted. Raises NotFound."""
    row = stays.stay_of(award) if award.outcome is Outcome.ACCEPTED else None
    if row is None:
        raise NotFound
    return row


@bp.post("/me/grants/<reference>/report/keep")
@personal
@stands_on("awards.report")
def keep(reference: str) -> ResponseReturnValue:
    """Keep the report while it is written; nothing is filed. 409 once it was filed, and where another window
    wrote other words.
    """
    award = queries.own_award(subject(), reference, lock=True)
    report = queries.report_of(award.id)
    if report is None:
        raise NotFound
    form = ReportForm()
    if not form.validate_on_submit():
        return "", 422
    page = windows.read(form.drawn.data)
    found = reporting.settled(award, report, form.said(), page)
    try:
        reporting.keep(award, report, found.answers, window=page.window if page else None)
    except NotPossible:
        return "", 409
    return "", 409 if found.clashes else 204

"""A grant in the words of whoever holds it: what, for which days, what is to be done and by when."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select

from eventhub.arrangements import visas
from eventhub.awards import console_queries, leaving, letters, receipts
from eventhub.awards.console_shown import VISAS
from eventhub.awards.models import Award, AwardLine, Outcome, Ticket, TravelReport, Visa, VisaState
from eventhub.funding.attending import Attending, when_and_where
from eventhub.funding.models import FundKind, State
from eventhub.kit.clock import now
from eventhub.kit.codes import label
from eventhub.kit.db import db
from eventhub.kit.i18n import show_date, show_days
from eventhub.programme.models import Event

KINDS: dict[State, str] = {
    State.OFFERED: "warn",
    State.VISA_PENDING: "go",
    State.REPORT_DUE: "warn",
    State.VISA_REFUSED: "stop",
    State.REPORT_OVERDUE: "stop",
    State.CLOSED: "silent",
}
"""Shape and colour of where a grant stands; all others are ``ok`` while it holds, and silent once it ended."""

NEXT: dict[State, Any] = {
    State.ACCEPTED: _l("We write to you about visa and ticket. Please buy no ticket yourself before that."),
    State.VISA_REFUSED: _l("Tell us whether you ask for the visa once more: we can help."),
    State.TICKETED: _l("Keep boarding passes and receipts. If you cannot come, tell us at once."),
    State.CLOSED: _l("Thank you. Nothing is owed any more."),
    State.DECLINED_BY_APPLICANT: _l("Thank you for telling us. The grant goes to somebody else."),
    State.LAPSED: _l("We had no answer in time, so the grant goes to somebody else."),
}
AHEAD = frozenset({State.OFFERED, State.ACCEPTED, State.VISA_PENDING, State.VISA_REFUSED, State.TICKETED})
"""While the journey lies ahead: its holder has to be registered for the event."""
JOURNEYS = frozenset({FundKind.TRAVEL, FundKind.FELLOWSHIP})
"""Calls whose grants bring somebody to an event."""
VISA_NEXT: dict[VisaState, Any] = {
    VisaState.NEEDED: _l("Ask for your visa as soon as you can, and tell us the day of your appointment."),
    VisaState.ASKED: _l("Tell us when your visa is there. If it is refused, tell us the same day: we can help."),
    VisaState.GRANTED: _l("Your visa is there. We write to you about the ticket."),
}


@dataclass(frozen=True)
class Journey:
    """What belongs to a grant: the event, visa, ticket and report, where there are such."""

    event: Event | None
    visa: Visa | None
    ticket: Ticket | None
    report: TravelReport | None
    report_days: int

    @property
    def report_due(self) -> date | None:
        """The last day of the report, as far as it is known: counted from the ticket until the journey is over."""
        if self.report is not None:
            return self.report.due
        return self.ticket.returns_on + timedelta(days=self.report_days) if self.ticket else None


def journey(award: Award, report_days: int) -> Journey:
    """All of it. Two statements at the most."""
    rows = (
        select(Visa, Ticket, TravelReport)
        .select_from(Award)
        .outerjoin(Visa, Visa.award_id == Award.id)
        .outerjoin(Ticket, Ticket.award_id == Award.id)
        .outerjoin(TravelReport, TravelReport.award_id == Award.id)
        .where(Award.id == award.id)
    )
    visa, ticket, report = db.session.execute(rows).one()
    return Journey(console_queries.event_of(award.application.call), visa, ticket, report, report_days)


def kind(award: Award, found: Journey) -> str:
    """How the state looks."""
    if award.application.state is State.VISA_PENDING and found.visa and found.visa.state is VisaState.GRANTED:
        return "ok"
    holds = award.outcome in {None, Outcome.ACCEPTED}
    return KINDS.get(award.application.state, "ok") if holds else "silent"


def next_of(award: Award, found: Journey) -> Any:
    """What comes next, or why nothing does; empty while an answer or a report is awaited."""
    state = award.application.state
    if award.outcome in {Outcome.REPLACED, Outcome.CANCELLED, Outcome.WITHDRAWN}:
        return letters.why_ended(award.outcome)
    if state is State.VISA_PENDING:
        return VISA_NEXT.get(found.visa.state if found.visa else VisaState.NEEDED, "")
    return NEXT.get(state, "")


def facts(award: Award, found: Journey, paid: str, there: Attending | None = None) -> list[dict[str, Any]]:
    """Event, days, visa, money and report, each in a line."""
    lang, holds = g.lang, award.outcome in {None, Outcome.ACCEPTED}
    rows: list[tuple[Any, Any]] = []
    if found.event is not None:
        rows.append((_("Event"), when_and_where(found.event, lang)))
    if there is not None:
        rows.append((_("Registration for the event"), there.tag()[0]))
        if there.is_remote:
            rows.append((_("Way of taking part"), label("attendance_mode", there.attendance_mode or "", lang)))
    if award.outcome is Outcome.ACCEPTED:
        days = show_days(found.ticket.travels_on, found.ticket.returns_on, lang) if found.ticket else ""
        rows.append((_("Your journey"), days or _("Not settled yet")))
        if found.visa is not None:
            rows += _visa(found.visa, lang)
    if award.outcome is Outcome.ACCEPTED or award.spent:
        rows.append((_("Paid so far"), paid))
    if holds:
        rows.append((_("Report on the journey"), _report(found, lang)))
    return [{"label": name, "value": value} for name, value in rows]


def remote(award: Award, there: Attending | None) -> Any:
    """That a grant of a journey is held by somebody who is registered without coming; None for all others."""
    if there is None or not there.is_remote or award.application.call.kind not in JOURNEYS:
        return None
    return _("You are registered to take part remotely, and the grant is for coming in person. Change it to in person.")


def steps(award: Award, found: Journey, lines: list[AwardLine], there: Attending | None = None) -> list[dict[str, Any]]:
    """What its holder has to do: the report first, then the visa, then receipts that have not come. ``there``: the
    registration, whose pages a helper does not open from here.
    """
    own: dict[str, Any] = {"reference": award.application.reference}
    rows: list[dict[str, Any]] = []
    if found.report is not None and found.report.filed_at is None:
        rows.append(
            {
                "label": _("Write the report"),
                "note": _by(found.report.due, g.lang),
                "url": url_for("awards.report", **own),
            }
        )
    rows += _visa_steps(award, found, there)
    rows += [
        {
            "label": _("Send the receipt: %(what)s", what=label("fund_cost_line", row.kind.value, g.lang)),
            "note": None,
            "url": url_for("awards.receipt", line_id=row.id, **own),
        }
        for row in lines
        if row.receipt_id is None and receipts.is_wanted(award, row)
    ]
    return rows


def _visa_steps(award: Award, found: Journey, there: Attending | None) -> list[dict[str, Any]]:
    """While a visa is awaited: where the invitation letter is, and where the fund is told of it."""
    tells = leaving.may_tell(award, found.visa)
    if found.visa is None or not (tells or award.application.state is State.VISA_REFUSED):
        return []
    rows: list[dict[str, Any]] = []
    if there is not None and there.reference and visas.travels(there.event, there.attendance_mode):
        url = url_for("arrangements.visa", reference=there.reference)
        rows.append({"label": _("The invitation letter for the embassy"), "note": None, "url": url})
    event = found.event
    rows.append(
        {
            "label": _("Tell the fund where your visa stands"),
            "note": _("Needed by %(day)s", day=show_date(event.first_day, g.lang)) if event else None,
            "url": url_for("awards.visa" if tells else "funding_thread.mine", reference=award.application.reference),
        }
    )
    return rows


def _visa(visa: Visa, lang: str) -> list[tuple[Any, Any]]:
    rows: list[tuple[Any, Any]] = [(_("Visa"), VISAS[visa.state][0])]
    if visa.appointment_on is not None and visa.state in {VisaState.NEEDED, VisaState.ASKED}:
        rows.append((_("Visa appointment"), show_date(visa.appointment_on, lang)))
    return rows


def _report(found: Journey, lang: str) -> str:
    if found.report is not None and found.report.filed_at is not None:
        return str(_("Your report is filed"))
    if found.report_due is not None:
        return _by(found.report_due, lang)
    days = found.report_days
    return str(ngettext("%(num)s day after the journey", "%(num)s days after the journey", days))


def _by(due: date, lang: str) -> str:
    """By when the report comes, or came not."""
    day = show_date(due, lang)
    return str(_("Was due by %(day)s", day=day) if due < now().date() else _("Due by %(day)s", day=day))

"""What became of last year's grants in the demo: offers, tickets, payments, reports, and two that did not come."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from eventhub.awards import ledger
from eventhub.awards.models import Award, AwardLine, Outcome, Payment, Ticket, TravelReport, Visa, VisaState
from eventhub.awards.money_models import FundEnvelope, Movement, MovementKind
from eventhub.awards.reporting import QUESTIONS
from eventhub.demo.crowd import plain
from eventhub.demo.documents import text
from eventhub.demo.fund_files import CHOSEN, PAST, Filed, day
from eventhub.funding.allowance import CostKind, Payee
from eventhub.funding.models import Call, Debt, Owed, State
from eventhub.kit.db import db
from eventhub.kit.sealed import place, seal
from eventhub.kit.tokens import new_salt
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.reviewing.queries import call_by_id

SUPPLIED = frozenset({CostKind.TICKET, CostKind.INSURANCE})
OUTCOMES = {
    State.DECLINED_BY_APPLICANT: Outcome.DECLINED,
    State.LAPSED: Outcome.LAPSED,
    State.CANCELLED: Outcome.CANCELLED,
}
TRAVELLED = frozenset({State.CLOSED, State.REPORT_OVERDUE})
SAVED = 7
"""Per cent by which tickets were cheaper than reckoned."""


@dataclass
class Book:
    """What is written at the end, and the people of the money. ``envelopes``: by their key in the rules."""

    envelopes: Mapping[str, FundEnvelope]
    cast: Mapping[str, Person]
    forum: Event
    report_days: int
    awards: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    movements: list[dict[str, Any]] = field(default_factory=list)
    visas: list[dict[str, Any]] = field(default_factory=list)
    tickets: list[dict[str, Any]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    debts: list[dict[str, Any]] = field(default_factory=list)


def make_past_money(call: Call, files: Sequence[Filed], cast: Mapping[str, Person], forum: Event) -> None:
    """Awards of everybody who was chosen, from reserved to settled; the ledger is as the deeds would have left it."""
    rules = call_by_id(call.id).rules
    envelopes = ledger.open_envelopes(cast["finance"], call, rules)
    book = Book({one.key: one for one in envelopes}, cast, forum, rules.report_days)
    for one in files:
        if len(PAST.get(one.known.state, ())) > len(CHOSEN):
            _award(book, one)
    for table, rows in (
        (Award, book.awards),
        (AwardLine, book.lines),
        (Payment, book.payments),
        (Movement, sorted(book.movements, key=lambda row: row["at"])),
        (Visa, book.visas),
        (Ticket, book.tickets),
        (TravelReport, book.reports),
        (Debt, book.debts),
    ):
        if rows:
            db.session.execute(insert(plain(table)), rows)
    db.session.expire_all()


def _award(book: Book, one: Filed) -> None:
    state, travelled = one.known.state, one.known.state in TRAVELLED
    outcome = Outcome.ACCEPTED if travelled else OUTCOMES[state]
    begins = datetime.combine(book.forum.first_day, datetime.min.time(), day(0).tzinfo)
    approved, offered, answered = (begins - timedelta(days=days) for days in (48, 46, 42))
    ended = begins - timedelta(days=9) if state is State.CANCELLED else answered
    award_id = uuid.uuid4()
    supported = any(line.code.value == CostKind.ACCESSIBILITY.value for line in one.lines)
    envelope = book.envelopes["access" if supported else "main"]
    book.awards.append(
        {
            "id": award_id,
            "application_id": one.id,
            "envelope_id": envelope.id,
            "variant": "full",
            "cell": f"region:{one.region}",
            "amount": one.cost,
            "recommended_by_id": book.cast["chair"].id,
            "approved_by_id": book.cast["approver"].id,
            "approved_at": approved,
            "offered_by_id": book.cast["fund_officer"].id,
            "offered_at": offered,
            "accept_by": offered + timedelta(days=7),
            "salt": new_salt(),
            "token_hash": None,
            "outcome": outcome,
            "answered_at": None if state is State.LAPSED else answered,
            "ended_at": None if travelled else ended,
            "settled_at": begins + timedelta(days=50) if state is State.CLOSED else None,
        }
    )

    def moved(kind: MovementKind, amount: int, at: datetime, reason: str, payment: uuid.UUID | None = None) -> None:
        by = book.cast["approver" if reason == "approved" else "fund_officer" if reason == "offered" else "finance"].id
        book.movements.append(
            {
                "envelope_id": envelope.id,
                "award_id": award_id,
                "payment_id": payment,
                "kind": kind,
                "amount": amount,
                "by_id": by,
                "reason": reason,
                "at": at,
            }
        )

    moved(MovementKind.RESERVE, one.cost, approved, "approved")
    moved(MovementKind.COMMIT, one.cost, offered, "offered")
    paid = 0
    for line in one.lines:
        kind = CostKind(line.code.value)
        line_id = uuid.uuid4()
        actual = line.amount * (100 - SAVED) // 100 if kind is CostKind.TICKET else line.amount
        book.lines.append(
            {
                "id": line_id,
                "award_id": award_id,
                "kind": kind,
                "payee": Payee.SUPPLIER if kind in SUPPLIED else Payee.TRAVELLER,
                "estimated": line.amount,
                "approved": line.amount,
                "actual": actual if travelled else None,
            }
        )
        if travelled:
            payment_id, at = uuid.uuid4(), begins - timedelta(days=20 if kind in SUPPLIED else 1)
            book.payments.append(
                {
                    "id": payment_id,
                    "award_id": award_id,
                    "line_id": line_id,
                    "amount": actual,
                    "returned": 0,
                    "asked_by_id": book.cast["finance"].id,
                    "asked_at": at - timedelta(days=1),
                    "agreed_by_id": book.cast["second_finance"].id,
                    "paid_at": at,
                }
            )
            moved(MovementKind.PAY, actual, at, "paid", payment_id)
            paid += actual
    if not travelled:
        moved(MovementKind.UNCOMMIT, one.cost, ended, outcome.value)
    elif state is State.CLOSED and one.cost > paid:
        moved(MovementKind.UNCOMMIT, one.cost - paid, begins + timedelta(days=50), "settled")
    _journey(book, one, award_id)


def _journey(book: Book, one: Filed, award_id: uuid.UUID) -> None:
    first, last = book.forum.first_day, book.forum.last_day
    if one.known.state is State.CANCELLED:
        asked, decided = first - timedelta(days=35), first - timedelta(days=9)
        visa = {"award_id": award_id, "state": VisaState.REFUSED, "asked_on": asked, "decided_on": decided}
        book.visas.append(visa | {"id": uuid.uuid4(), "refusals": 1, "changed_at": day(0)})
    if one.known.state not in TRAVELLED:
        return
    ended = last + timedelta(days=1)
    due = ended + timedelta(days=book.report_days)
    ticket = {"id": uuid.uuid4(), "award_id": award_id, "travels_on": first - timedelta(days=1), "returns_on": ended}
    bought = datetime.combine(first, datetime.min.time(), day(0).tzinfo) - timedelta(days=25)
    book.tickets.append(ticket | {"bought_by_id": book.cast["fund_officer"].id, "bought_at": bought})
    report_id, filed = uuid.uuid4(), one.known.state is State.CLOSED
    written = text("fund")["report"]
    said = {
        name: written[name][one.one.known.language] if name in written else "" for name, _words, _needed in QUESTIONS
    }
    sealed = seal(one.one.key, place("fund_travel_report", "answers", report_id), json.dumps(said, ensure_ascii=False))
    over = datetime.combine(due + timedelta(days=1), datetime.min.time(), day(0).tzinfo)
    book.reports.append(
        {
            "id": report_id,
            "award_id": award_id,
            "ended_on": ended,
            "due": due,
            "answers": sealed if filed else None,
            "reminded": 21 if filed else 45,
            "filed_at": over - timedelta(days=3 + (one.number or 0) % 20) if filed else None,
            "overdue_at": None if filed else over,
        }
    )
    if not filed:
        for who in (
            {"person_id": one.one.id, "organisation_id": None},
            {"person_id": None, "organisation_id": one.nominator_id},
        ):
            owed = {"id": uuid.uuid4(), "kind": Owed.REPORT, "application_id": one.id, "since": over}
            book.debts.append(owed | who)

"""Writing the ledger: envelopes are held, what a deed would do is counted first, then one statement writes it.

The database would refuse too (0038); counting first says by how much, before anything is written.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from math import floor
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import func, insert, or_, select

from eventhub.awards import envelope as counting
from eventhub.awards import exchange
from eventhub.awards.models import Award, AwardLine
from eventhub.awards.money_models import ExchangeRate, FundEnvelope, Movement, MovementKind
from eventhub.funding.models import Call
from eventhub.funding.rules import Envelope, Rules
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db, known_of, table_of
from eventhub.kit.errors import DomainError, NotFound, means
from eventhub.kit.i18n import money, show_money
from eventhub.kit.money import Money, MoneyError, TooLarge
from eventhub.kit.small_numbers import STEP
from eventhub.people.models import Person


class EnvelopeBroken(DomainError):
    """A deed would break an envelope: ``by`` so much, ``of`` which of its sums, ``envelope_id`` which one."""

    message = _l("The envelope does not hold so much any more. Look at it again.")

    def __init__(self, of: str = "free", by: Money | None = None, envelope_id: uuid.UUID | None = None) -> None:
        self.of, self.by, self.envelope_id = of, by, envelope_id
        super().__init__(_told(of, by) if by is not None else None)


class AmountWrong(DomainError):
    """An amount below one minor unit."""

    status = 422
    field = "amount"
    message = _l("An amount is more than nothing.")


class RateKnown(DomainError):
    """Another rate for a currency and day by whose rate a cost was reckoned."""

    status = 422
    field = "valid_from"
    message = _l("A cost was reckoned by the rate from this day, so it stays as it is. Enter one from a later day.")


class NoRateYet(DomainError):
    """No exchange rate holds on that day."""

    status = 422
    field = "currency"
    message = _l("No exchange rate for this currency is entered for that day.")


class TooMuch(DomainError):
    """An amount that no rate makes sense of."""

    status = 422
    field = "given"
    message = _l("Look at this amount and at the exchange rate again: together they come to too much.")


def _told(of: str, by: Money) -> Any:
    said = LazyString(lambda: money(by))
    match of:
        case "budget":
            return _l("The budget does not reach for this payment: %(amount)s are missing.", amount=said)
        case "reserved":
            return _l("So much is not reserved: %(amount)s are missing.", amount=said)
        case "committed":
            return _l("So much is not promised to this person: %(amount)s are missing.", amount=said)
        case "paid":
            return _l("More would come back than was paid: %(amount)s too much.", amount=said)
    return _l("The envelope does not hold so much: %(amount)s are missing.", amount=said)


for _name in (
    "ck_fund_envelope_not_negative",
    "ck_fund_envelope_returned_was_paid",
    "ck_fund_envelope_spent_within_budget",
    "ck_fund_envelope_promised_within_ceiling",
    "ck_fund_award_not_negative",
    "ck_fund_award_returned_was_paid",
    "ck_fund_award_within_amount",
):
    means(_name, EnvelopeBroken())
means("ix_fund_exchange_rate_entry", RateKnown())


@dataclass(frozen=True, slots=True)
class Line:
    """One movement to write. ``amount`` in minor units of the envelope's currency."""

    envelope_id: uuid.UUID
    kind: MovementKind
    amount: int
    award_id: uuid.UUID | None = None
    payment_id: uuid.UUID | None = None


def pure(row: FundEnvelope) -> counting.Envelope:
    """An envelope as the arithmetic knows it."""
    return counting.Envelope(
        Money(row.budget, row.currency),
        Decimal(row.over_commit) / 100,
        row.reserved,
        row.committed,
        row.paid,
        row.returned,
    )


def hold(envelope_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, FundEnvelope]:
    """Lock envelopes in one order, and read them anew. Applications are held before. Raises NotFound."""
    rows = select(FundEnvelope).where(FundEnvelope.id.in_(set(envelope_ids))).order_by(FundEnvelope.id)
    held = rows.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = {row.id: row for row in db.session.scalars(held)}
    if len(found) != len(set(envelope_ids)):
        raise NotFound
    return found


SUMS = ("reserved", "committed", "paid", "returned")
STEPS: dict[MovementKind, Callable[[counting.Envelope, Money], counting.Envelope]] = {
    MovementKind.RAISE: lambda held, amount: held.rebudget(held.budget + amount),
    MovementKind.CUT: lambda held, amount: held.rebudget(held.budget - amount),
    MovementKind.RESERVE: counting.Envelope.reserve,
    MovementKind.RELEASE: counting.Envelope.release,
    MovementKind.COMMIT: counting.Envelope.commit,
    MovementKind.UNCOMMIT: counting.Envelope.uncommit,
    MovementKind.PAY: counting.Envelope.pay,
    MovementKind.RETURN: counting.Envelope.give_back,
}


def after(held: counting.Envelope, lines: Iterable[Line], envelope_id: uuid.UUID) -> counting.Envelope:
    """What movements would make of an envelope. Raises EnvelopeBroken with by how much, and AmountWrong."""
    try:
        for line in lines:
            held = STEPS[line.kind](held, Money(line.amount, held.budget.currency))
    except counting.NotEnough as error:
        raise EnvelopeBroken(error.of, error.by, envelope_id) from None
    except MoneyError:
        raise AmountWrong from None
    return held


def write(actor: Person | None, lines: Sequence[Line], *, reason: str) -> None:
    """Write movements: the envelopes are held, the effect counted, then one statement. Raises EnvelopeBroken with by
    how much, AmountWrong and NotFound; then nothing was written.
    """
    if not lines:
        return
    if any(line.amount <= 0 for line in lines):
        raise AmountWrong
    by_envelope: dict[uuid.UUID, list[Line]] = defaultdict(list)
    for line in lines:
        by_envelope[line.envelope_id].append(line)
    db.session.flush()
    held = hold(by_envelope)
    for key, own in by_envelope.items():
        after(pure(held[key]), own, key)
    moment = now()
    db.session.execute(
        insert(table_of(Movement)).values(
            [
                {
                    "envelope_id": line.envelope_id,
                    "award_id": line.award_id,
                    "payment_id": line.payment_id,
                    "kind": line.kind,
                    "amount": line.amount,
                    "by_id": actor.id if actor else None,
                    "reason": reason,
                    "at": moment,
                }
                for line in lines
            ]
        )
    )
    for row in held.values():
        db.session.expire(row)
    for award_id in {line.award_id for line in lines if line.award_id}:
        if (award := known_of(Award, award_id)) is not None:
            db.session.expire(award, SUMS)


MOVED, BACK = "moved", "moved_back"
"""Reasons of what went from one envelope into another, and of what went back: a cut and a raise beside each other."""


def free(actor: Person | None, call_id: uuid.UUID, lines: Sequence[Line], *, reason: str) -> None:
    """Write movements that free money: what had come from another envelope of the call, and is needed no more, goes
    back there. Raises what ``write`` raises.
    """
    if not lines:
        return
    rows = _hold_lenders(call_id)
    write(actor, lines, reason=reason)
    back: list[Line] = []
    for (source, target), owed in _lent(rows).items():
        state = after(pure(rows[target]), [one for one in back if one.envelope_id == target], target)
        amount = min(owed, _movable(state))
        if amount > 0:
            back += [Line(target, MovementKind.CUT, amount), Line(source, MovementKind.RAISE, amount)]
    write(None, back, reason=BACK)


def fetch(call_id: uuid.UUID, needs: Mapping[uuid.UUID, int]) -> None:
    """Before so much is reserved once more in each envelope, or cut from it: what went back, and is missing now, comes
    again from where it had come from, as far as it is free there.

    Where envelopes tell of sealed answers it comes from any of them, and whether there is enough is asked of all
    together: so no refusal tells which one pays for somebody. Raises EnvelopeBroken then.
    """
    rows = _hold_lenders(call_id)
    apart = single(rows.values())
    if apart is not None and (short := sum(needs.values()) - apart) > 0:
        raise EnvelopeBroken("free", Money(short, next(iter(rows.values())).currency))
    turns = sorted(rows, key=lambda one: _turn(rows[one]))
    pairs = list(_pairs(rows)) if apart is None else list(permutations(turns, 2))
    lines: list[Line] = []
    for envelope_id, amount in needs.items():
        if envelope_id not in rows:
            continue
        missing = amount - pure(rows[envelope_id]).free
        for source, target in pairs:
            if target == envelope_id and missing > 0:
                state = after(pure(rows[source]), [one for one in lines if one.envelope_id == source], source)
                part = min(missing, _movable(state) - needs.get(source, 0))
                if part > 0:
                    lines += [Line(source, MovementKind.CUT, part), Line(target, MovementKind.RAISE, part)]
                    missing -= part
    write(None, lines, reason=MOVED)


def pool(rows: Collection[FundEnvelope]) -> int | None:
    """What all envelopes of a call hold for single people, in minor units, where one of them tells of sealed answers;
    else None.

    What is for some groups alone is left out (``kept``) as far as it was not used when the last slate was staged; where
    it paid for fewer than five people then, as much as its whole budget, as far as all envelopes together held that:
    the number tells of nobody, and what is given back later is there for whoever steps in.
    """
    apart = single(rows)
    return None if apart is None else max(0, apart)


def single(rows: Collection[FundEnvelope]) -> int | None:
    """As ``pool``, and below zero by how much is wanting before anything is there for single people."""
    if all(row.kept is None for row in rows):
        return None
    return sum(pure(row).free for row in rows) - kept(rows)


def kept(rows: Collection[FundEnvelope]) -> int:
    """What is kept for some groups until the next slate, in minor units."""
    return sum(row.kept or 0 for row in rows)


def keep_apart(rules: Rules, rows: Collection[FundEnvelope], people: Mapping[uuid.UUID, int]) -> None:
    """A slate was staged: what envelopes for some groups keep until the next. ``people``: for how many each pays."""
    if not rules.envelopes_tell:
        return
    known = {one.id: one for one in rules.envelopes}
    left = sum(pure(row).free for row in rows)
    for row in sorted(rows, key=lambda each: _of_few(known.get(each.key), people.get(each.id, 0))):
        one = known.get(row.key)
        held = row.budget if _of_few(one, people.get(row.id, 0)) else max(0, pure(row).free)
        row.kept = 0 if one is None or not one.cells else max(0, min(held, left))
        left -= row.kept


def _of_few(rules: Envelope | None, people: int) -> bool:
    return rules is not None and rules.is_telling and people < STEP


def demand_cut(row: FundEnvelope, by: int) -> None:
    """Whether a budget may be cut by so much. Raises EnvelopeBroken.

    Where envelopes tell of sealed answers it is asked of all together, as ``fetch`` does.
    """
    rows = db.session.scalars(select(FundEnvelope).where(FundEnvelope.call_id == row.call_id)).all()
    apart = pool(rows)
    if apart is None:
        after(pure(row), [Line(row.id, MovementKind.CUT, by)], row.id)
        return
    held = min(row.budget, apart + (row.kept or 0), sum(pure(one).free for one in rows))
    if by > held:
        raise EnvelopeBroken("free", Money(by - held, row.currency), row.id)


def make_room(row: FundEnvelope, difference: int) -> None:
    """Before a budget changes where envelopes tell of sealed answers: what is kept follows, and a cut that this one
    does not bear by itself is borne by all together. Raises EnvelopeBroken.
    """
    if row.kept is None:
        return
    if difference < 0:
        demand_cut(row, -difference)
        kept, row.kept = row.kept, 0
        fetch(row.call_id, {row.id: -difference})
        row.kept = max(0, kept + difference)
    elif row.kept:
        row.kept += difference
    db.session.flush()


def _turn(row: FundEnvelope) -> tuple[int, str]:
    """Envelopes that keep nothing for some groups give first."""
    return row.kept or 0, row.key


def _movable(held: counting.Envelope) -> int:
    """By how much an envelope may be cut: its ceiling sinks by more where promises may go beyond the budget."""
    return min(floor(held.free / Fraction(held.over_commit)), held.budget.minor - held.spent)


def _hold_lenders(call_id: uuid.UUID) -> dict[uuid.UUID, FundEnvelope]:
    """The envelopes of a call, held, where money goes from one into another, or ever did; else none."""
    own = select(FundEnvelope.id).where(FundEnvelope.call_id == call_id)
    ever = select(Movement.id).where(Movement.envelope_id.in_(own), Movement.reason == MOVED).limit(1)
    apart = own.where(FundEnvelope.kept.is_not(None)).limit(1)
    lends = db.session.scalar(select(or_(ever.exists(), apart.exists())))
    return hold(list(db.session.scalars(own))) if lends else {}


def _pairs(rows: Collection[uuid.UUID]) -> dict[tuple[uuid.UUID, uuid.UUID], int]:
    """What one envelope gave another, less what came back: by source and target, the oldest first."""
    moves = select(Movement.envelope_id, Movement.amount, Movement.kind, Movement.reason).where(
        Movement.envelope_id.in_(rows), Movement.reason.in_([MOVED, BACK])
    )
    found: dict[tuple[uuid.UUID, uuid.UUID], int] = {}
    cut: uuid.UUID | None = None
    for envelope_id, amount, kind, reason in db.session.execute(moves.order_by(Movement.id)):
        if kind is MovementKind.CUT:
            cut = envelope_id
        elif cut is not None:
            key = (cut, envelope_id) if reason == MOVED else (envelope_id, cut)
            found[key] = found.get(key, 0) + (amount if reason == MOVED else -amount)
            cut = None
    return found


def lent(rows: Collection[FundEnvelope]) -> dict[uuid.UUID, int]:
    """By how much money of other envelopes stands in the budget of each, below zero where it gave some: nothing where
    no envelope tells of sealed answers. One statement there.
    """
    found: dict[uuid.UUID, int] = {}
    if pool(rows) is None:
        return found
    for (source, target), amount in _lent([row.id for row in rows]).items():
        found[source] = found.get(source, 0) - amount
        found[target] = found.get(target, 0) + amount
    return found


def _lent(rows: Collection[uuid.UUID]) -> dict[tuple[uuid.UUID, uuid.UUID], int]:
    pairs = _pairs(rows)
    net = {(one, other): sum_ - pairs.get((other, one), 0) for (one, other), sum_ in pairs.items()}
    return {key: sum_ for key, sum_ in net.items() if sum_ > 0}


def offer_effect(row: FundEnvelope, amount: int) -> counting.Effect:
    """What promising so much more would do, before anybody does it: for the page where a decision is made up."""
    return pure(row).offer(Money(amount, row.currency))


def open_envelopes(actor: Person | None, call: Call, rules: Rules) -> list[FundEnvelope]:
    """The envelopes of a call as its frozen rules say, each with its budget as the first line of its ledger. Envelopes
    that are there already stay as they are.
    """
    known = set(db.session.scalars(select(FundEnvelope.key).where(FundEnvelope.call_id == call.id)))
    made = [
        (
            FundEnvelope(
                id=uuid.uuid4(),
                call_id=call.id,
                key=one.id,
                currency=call.currency,
                over_commit=rules.over_commit,
                kept=(one.amount if one.cells else 0) if rules.envelopes_tell else None,
            ),
            one.amount,
        )
        for one in rules.envelopes
        if one.id not in known
    ]
    rows = [row for row, _amount in made]
    db.session.add_all(rows)
    write(actor, [Line(row.id, MovementKind.RAISE, amount) for row, amount in made if amount], reason="opened")
    return rows


def change_budget(
    actor: Person, row: FundEnvelope, difference: int, *, reason: str, text: str | None = None
) -> FundEnvelope:
    """Raise a budget, or cut it (a negative ``difference``); ``text``: why, in words. Raises EnvelopeBroken, with what
    must be released first, when a cut goes below what is promised or spent.
    """
    kind = MovementKind.RAISE if difference > 0 else MovementKind.CUT
    make_room(row, difference)
    write(actor, [Line(row.id, kind, abs(difference))], reason=reason)
    audit.record(
        f"awards.budget_{kind.value}", row, actor=actor, scope_id=row.call_id, text=text, amount=abs(difference)
    )
    return row


def enter_rate(
    actor: Person, call: Call, currency: str, units: Decimal, valid_from: date, *, source: str = exchange.UN_OPERATIONAL
) -> ExchangeRate:
    """A dated rate of a call: ``units`` of ``currency`` for one of its own. One that was wrong is followed by another
    for the same day, and stays in the list. Raises RateWrong of the arithmetic, and RateKnown once a cost was reckoned
    by the one that holds.
    """
    exchange.Rate(currency, units, valid_from, source)
    _hold_rates(call.id, currency, alone=True)
    before = rate_of(call.id, call.currency, currency, valid_from)
    if before is not None and before.valid_from != valid_from:
        before = None
    if before is not None and db.session.scalar(select(AwardLine.id).where(AwardLine.rate_id == before.id).limit(1)):
        raise RateKnown
    row = ExchangeRate(
        call_id=call.id,
        entry=before.entry + 1 if before is not None and before.call_id else 1,
        base=call.currency,
        currency=currency,
        units=units,
        valid_from=valid_from,
        source=source,
        entered_by_id=actor.id,
    )
    db.session.add(row)
    db.session.flush()
    again = {"instead_of": str(before.id)} if before is not None else {}
    audit.record(
        "awards.rate_entered", row, actor=actor, scope_id=call.id, currency=currency, base=call.currency, **again
    )
    return row


def _hold_rates(call_id: uuid.UUID, currency: str, *, alone: bool) -> None:
    """Whoever reckons and whoever enters a rate wait for each other, until the end of the transaction: else a cost
    could be reckoned by a rate that is replaced at the same moment.
    """
    here = func.hashtextextended(f"awards.rates:{call_id}:{currency}", 0)
    db.session.execute(select((func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared)(here)))


def rate_of(call_id: uuid.UUID, base: str, currency: str, on: date) -> ExchangeRate | None:
    """The rate in force on a day, the newest entry of its day: of this call before one of all calls."""
    rows = select(ExchangeRate).where(
        or_(ExchangeRate.call_id == call_id, ExchangeRate.call_id.is_(None)),
        ExchangeRate.base == base,
        ExchangeRate.currency == currency,
        ExchangeRate.valid_from <= on,
    )
    newest = rows.order_by(
        ExchangeRate.valid_from.desc(), ExchangeRate.call_id.asc().nulls_last(), ExchangeRate.entry.desc()
    )
    return db.session.scalars(newest.limit(1)).first()


def converted(call_id: uuid.UUID, given: Money, base: str, on: date) -> tuple[Money, ExchangeRate | None]:
    """An amount in the envelope's currency by the rate of the call in force on a day, and that rate. Raises NoRateYet,
    TooMuch.
    """
    if given.currency == base:
        return given, None
    _hold_rates(call_id, given.currency, alone=False)
    row = rate_of(call_id, base, given.currency, on)
    if row is None:
        raise NoRateYet
    rate = exchange.Rate(row.currency, row.units, row.valid_from, row.source)
    try:
        return exchange.Rates(base, [rate]).to_fund(given, on).money, row
    except TooLarge:
        raise TooMuch from None


def shown(row: FundEnvelope, minor: int, lang: str) -> str:
    """An amount of an envelope, as people read it."""
    return show_money(Money(minor, row.currency), lang)

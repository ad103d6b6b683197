"""From the approved slate to staged decisions: money is reserved, reserves are lined up, everybody has a reason.

Nobody outside hears of it: what applicants know (``outcome_seen``) stays until the release. All of a slate is staged,
or nothing of it.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select
from sqlalchemy.orm import defer, joinedload

from eventhub.awards import awarding, explaining, ledger, queries
from eventhub.awards.access import may_approve
from eventhub.awards.allotting import Need, NoRoom, Purse, fitted
from eventhub.awards.awarding import Cost, Grant
from eventhub.awards.ledger import AmountWrong, EnvelopeBroken, Line
from eventhub.awards.models import Award, Proposal, ReservePlace
from eventhub.awards.money_models import FundEnvelope, MovementKind
from eventhub.awards.queries import Left
from eventhub.awards.recommending import recommenders
from eventhub.awards.refusals import AlreadyAwarded, PlaceFilled, SlateFirst, TwoPeople
from eventhub.awards.release_models import Failed, Staging
from eventhub.funding.allowance import CostKind, Payee
from eventhub.funding.costs import OWN_WAY
from eventhub.funding.estimates import Variant
from eventhub.funding.models import Application, Call, Stand, State
from eventhub.funding.moves import NotPossible
from eventhub.funding.nearness import OwnFile, demand_unconcerned, too_near
from eventhub.funding.rules import OPEN_TRAITS, Bound, Rules, Support
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, Forbidden, Stale
from eventhub.kit.money import Money
from eventhub.kit.outbox import promise
from eventhub.people.models import Person
from eventhub.people.queries import grants_of
from eventhub.reviewing.queries import call_by_id
from eventhub.selecting import inputs
from eventhub.selecting.inputs import cells_of, variants_of
from eventhub.selecting.models import Slate, SlateState
from eventhub.selecting.queries import aside

VARIANTS = {Support.FULL: Variant.FULL, Support.PARTIAL: Variant.OWN_STAY, Support.WOULD_COME: Variant.WOULD_COME}
SUPPLIED = frozenset({CostKind.TICKET, CostKind.INSURANCE})
"""Lines that the fund buys by itself."""


class NothingToApprove(DomainError):
    """No reserve was confirmed that waits for an approver."""

    message = _l("Nobody waits for an approval any more. Somebody may have been faster.")


class NotApprover(Forbidden):
    """Whoever approved the slate may not approve for this call any more: nothing is given in that name."""


@dataclass(frozen=True)
class Plan:
    """What somebody is to be given: the way, and how much in minor units."""

    application: Application
    way: Support
    cost: int
    cell: str | None


def hold_call(call_id: uuid.UUID) -> Call:
    """One staging and one release of a call at a time: until the end of the transaction."""
    held = select(Call).where(Call.id == call_id).with_for_update(key_share=True)
    return db.session.scalars(held.execution_options(populate_existing=True)).one()


def stage(slate_id: uuid.UUID) -> Staging | None:
    """Stage what an approved slate says. Safe to repeat; None for a slate that does not stand.

    Where the money does not suffice, or somebody may not decide on a file, nothing is done and the reason is kept.
    """
    slate = db.session.scalars(
        select(Slate).where(Slate.id == slate_id).options(defer(Slate.snapshot, raiseload=True))
    ).one()
    call = hold_call(slate.call_id)
    row = db.session.scalar(select(Staging).where(Staging.slate_id == slate.id))
    if row is not None and row.done_at is not None:
        return row
    db.session.refresh(slate, ["state"])
    if slate.state is not SlateState.APPROVED:
        return None
    if row is None:
        row = Staging(id=uuid.uuid4(), call_id=call.id, slate_id=slate.id)
        db.session.add(row)
        db.session.flush()
    row.tried_at, row.failed, row.missing = now(), None, None
    try:
        with db.session.begin_nested():
            _stage(call, slate)
            db.session.flush()
    except (EnvelopeBroken, NoRoom, AmountWrong) as error:
        row.failed, row.missing = Failed.MONEY, _missing(error)
    except NotApprover:
        row.failed = Failed.ROLE
    except (Forbidden, TwoPeople):
        row.failed = Failed.NEAR
    except (NotPossible, Stale, AlreadyAwarded):
        row.failed = Failed.MOVED
    else:
        row.done_at = now()
    verb = "awards.staged" if row.done_at else "awards.not_staged"
    audit.record(verb, row, actor=None, scope_id=call.id, number=slate.number)
    db.session.flush()
    return row


def stage_again(actor: Person, slate: Slate) -> Slate:
    """Try once more what could not be staged, since money was found or a colleague approved. Raises NotPossible."""
    row = db.session.scalar(select(Staging).where(Staging.slate_id == slate.id))
    if slate.state is not SlateState.APPROVED or (row is not None and row.done_at is not None):
        raise NotPossible
    audit.record("awards.staging_asked", slate, actor=actor, scope_id=slate.call_id)
    promise("selecting.approved", slate_id=slate.id)
    return slate


Stepping = tuple[Application, Proposal, ReservePlace | None]


def confirmed(call_id: uuid.UUID) -> list[Stepping]:
    """Reserves whom a person confirmed and no approver approved yet. A slate that was staged since has no place for
    them, and while one waits that the board has recommended since there are none: it says what becomes of them.
    """
    rows = (
        select(Application, Proposal, ReservePlace)
        .join(Proposal, Proposal.application_id == Application.id)
        .outerjoin(ReservePlace, ReservePlace.application_id == Application.id)
        .where(
            Application.call_id == call_id,
            Application.state == State.RECOMMENDED,
            Application.erased_at.is_(None),
            Proposal.confirmed_at.is_not(None),
            ~queries.is_pending(Application.call_id),
        )
        .options(joinedload(Application.person).joinedload(Person.seal_key))
        .order_by(Proposal.confirmed_at.desc(), Proposal.id, ReservePlace.place)
    )
    found: dict[uuid.UUID, Stepping] = {}
    for application, proposal, place in db.session.execute(rows.execution_options(populate_existing=True)):
        found.setdefault(application.id, (application, proposal, place))
    return list(found.values())


def amounts(call_id: uuid.UUID, waiting: Sequence[Stepping]) -> dict[uuid.UUID, int]:
    """What each of them is to be given, in minor units, by application. One statement."""
    slate = _staged(call_id)
    return {application.id: _plan(application, slate, place).cost for application, _proposal, place in waiting}


def signers(call_id: uuid.UUID, waiting: Sequence[Stepping]) -> dict[uuid.UUID, uuid.UUID]:
    """Who signed for each of them, by application. One statement."""
    slate = _staged(call_id)
    return {application.id: _signer(slate, proposal, place) for application, proposal, place in waiting}


def approve_confirmed(actor: Person, call: Call, rules: Rules, ids: Collection[uuid.UUID]) -> list[Award]:
    """An approver approves reserves who step in, of the ``ids`` that the page showed those on whom this person may
    decide; they wait for the next release.

    Raises NothingToApprove, StillToCome (who is near to a file that waits for word), SlateFirst (another slate says
    what becomes of them), PlaceFilled, TwoPeople (who recommended all of them), OwnFile (who stands aside for all of
    them), EnvelopeBroken.
    """
    demand_unconcerned(actor, call.id)
    call = hold_call(call.id)
    _hold(call.id, ids)
    _demand_staged(call.id)
    waiting = _unfilled([one for one in confirmed(call.id) if one[0].id in ids])
    slate = _staged(call.id)
    by_signer: dict[uuid.UUID, list[Plan]] = {}
    near = set(too_near(actor, [one for one, _proposal, _place in waiting]))
    near |= aside(call_by_id(call.id), [actor.id])[actor.id]
    apart = 0
    signers = {one.id: _signer(slate, proposal, place) for one, proposal, place in waiting}
    recommended = recommenders(signers)
    for application, _proposal, place in waiting:
        signer = signers[application.id]
        if application.id in near:
            continue
        if actor.id in recommended[application.id]:
            apart += 1
            continue
        by_signer.setdefault(signer, []).append(_plan(application, slate, place))
    if not by_signer:
        raise TwoPeople if apart else OwnFile
    made: list[Award] = []
    for signer, plans in by_signer.items():
        try:
            grants = _grants(call, rules, plans, whole=False)
        except NoRoom as error:
            raise EnvelopeBroken("free", Money(error.missing, call.currency) if error.missing else None) from None
        made += awarding.approve_all(actor, call, grants, recommended_by=signer)
    explaining.note_reasons(call.id, [plan.application for plans in by_signer.values() for plan in plans], frozenset())
    return made


def _demand_staged(call_id: uuid.UUID) -> None:
    if db.session.scalar(select(queries.is_pending(call_id))):
        raise SlateFirst


def _unfilled(waiting: Sequence[Stepping]) -> list[Stepping]:
    """Those whose place no slate has filled since."""
    if not waiting:
        raise NothingToApprove
    filled = queries.filled([proposal.id for _one, proposal, _place in waiting])
    left = [one for one in waiting if one[1].id not in filled]
    if not left:
        raise PlaceFilled
    return left


def _hold(call_id: uuid.UUID, ids: Collection[uuid.UUID]) -> None:
    """Applications are held before envelopes, in one order."""
    rows = select(Application.id).where(Application.call_id == call_id, Application.id.in_(list(ids)))
    db.session.execute(rows.order_by(Application.id).with_for_update())


def _staged(call_id: uuid.UUID) -> Slate | None:
    """The slate that was staged last."""
    rows = select(Slate).join(Staging, Staging.slate_id == Slate.id).options(defer(Slate.snapshot, raiseload=True))
    done = rows.where(Staging.call_id == call_id, Staging.done_at.is_not(None))
    return db.session.scalars(done.order_by(Staging.done_at.desc()).limit(1)).first()


def _signer(slate: Slate | None, proposal: Proposal, place: ReservePlace | None) -> uuid.UUID:
    """Who recommended a reserve: whoever signed the slate that has a place for it, else who confirmed it."""
    signed = place.recommended_by_id if place else slate.recommended_by_id if slate else None
    found = signed or proposal.decided_by_id
    if found is None:
        raise NotPossible
    return found


def _plan(application: Application, slate: Slate | None, place: ReservePlace | None) -> Plan:
    """What a reserve is given: the way and the amount that were signed, else as the application was reckoned."""
    signed = next((one for one in slate.people if one["id"] == str(application.id)), None) if slate else None
    way = Support(signed["way"]) if signed else application.support or Support.FULL
    if place is not None:
        return Plan(application, way, place.amount or 0, place.cell)
    ways = {one.id: one.cost for one in variants_of(application)}
    return Plan(application, way, signed["cost"] if signed else ways.get(way.value, 0), None)


def _stage(call: Call, slate: Slate) -> None:
    rules = queries.rules_of(call.id)
    people = {one["id"]: one for one in slate.people}
    files = _files(call.id)
    lists: dict[str, list[str]] = slate.reserves["by_cell"]
    plans = [
        Plan(one, Support(people[str(one.id)]["way"]), people[str(one.id)]["cost"], _cell(one, rules, lists))
        for one in files
        if one.state is State.RECOMMENDED and people.get(str(one.id), {}).get("chosen")
    ]
    if slate.recommended_by_id is None or slate.approved_by_id is None:
        raise NotPossible
    _line_up(call, slate, files, people)
    if plans:
        approver = db.session.get_one(Person, slate.approved_by_id)
        if not may_approve(grants_of(approver.id), call_by_id(call.id).scope):
            raise NotApprover
        awarding.approve_all(approver, call, _grants(call, rules, plans), recommended_by=slate.recommended_by_id)
    held = queries.envelopes(call.id)
    ledger.keep_apart(rules, held, queries.people_of(one.id for one in held))
    told = [one for one in files if one.state in explaining.REASONS]
    explaining.note_reasons(call.id, told, explaining.over_limit(rules, files, people))
    _propose(call, slate, rules)


def propose_missed() -> int:
    """Places of chosen people who left before they had a grant, and for which nobody is proposed any more or yet: the
    clock asks again. How many are proposed now.
    """
    waits = select(ReservePlace.call_id).join(Application, Application.id == ReservePlace.application_id)
    of_reserves = select(Proposal.call_id).where(Proposal.freed_application_id.is_not(None))
    staged = select(Staging.call_id).where(Staging.done_at > now() - awarding.LOOKS_BACK)
    rows = select(Call).where(
        Call.id.in_(waits.where(Application.state == State.RESERVE)),
        Call.id.in_(of_reserves) | Call.id.in_(staged),
        ~queries.is_pending(Call.id),
        Call.stand != Stand.CANCELLED,
    )
    made = 0
    for call in db.session.scalars(rows.order_by(Call.id)).all():
        hold_call(call.id)
        slate = _staged(call.id)
        if slate is not None:
            made += _propose(call, slate, queries.rules_of(call.id))
    return made


def places_left(call_id: uuid.UUID) -> list[tuple[Application, bool]]:
    """Chosen people who left before they had a grant and whose place no reserve was confirmed for, and whether one is
    proposed. They are loaded with the person.
    """
    slate = _staged(call_id)
    if slate is None:
        return []
    found = db.session.scalars(_gone(slate)).all()
    proposals = queries.for_places([one.id for one in found])
    return [(one, one.id in proposals) for one in found if proposals.get(one.id) is None]


def _propose(call: Call, slate: Slate, rules: Rules) -> int:
    """The next reserve for each place of a slate whose person left before there was a grant. What was proposed for
    places of a former slate is dropped: the new one has filled them.
    """
    lists: dict[str, list[str]] = slate.reserves["by_cell"]
    left = [Left(call.id, None, one.id, _cell(one, rules, lists)) for one in db.session.scalars(_gone(slate))]
    former = select(Proposal).where(
        Proposal.call_id == call.id,
        Proposal.freed_application_id.is_not(None),
        Proposal.freed_application_id.not_in([one.application_id for one in left]),
        Proposal.confirmed_at.is_(None),
        Proposal.dropped_at.is_(None),
    )
    for proposal in db.session.scalars(former.order_by(Proposal.id)).all():
        proposal.dropped_at = now()
    filled = queries.for_places([one.application_id for one in left if one.application_id])
    return sum(awarding.propose_next(one) is not None for one in left if one.application_id not in filled)


def _gone(slate: Slate) -> Select[Application]:
    """Who was chosen and left before there was a grant."""
    chosen = [uuid.UUID(one["id"]) for one in slate.people if one["chosen"]]
    granted = select(Award.id).where(Award.application_id == Application.id)
    gone = (Application.state != State.RECOMMENDED) | Application.erased_at.is_not(None)
    rows = select(Application).options(joinedload(Application.person).joinedload(Person.seal_key))
    mine = rows.where(Application.id.in_(chosen), gone | Application.merged_into_id.is_not(None), ~granted.exists())
    return mine.order_by(Application.number)


def _files(call_id: uuid.UUID) -> list[Application]:
    rows = (
        select(Application)
        .where(
            Application.call_id == call_id,
            Application.state.in_([State.RECOMMENDED, State.RESERVE, State.NOT_RECOMMENDED]),
            Application.erased_at.is_(None),
            Application.merged_into_id.is_(None),
        )
        .options(joinedload(Application.person).joinedload(Person.seal_key))
        .order_by(Application.id)
        .with_for_update(of=Application)
    )
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def _line_up(call: Call, slate: Slate, files: Sequence[Application], people: dict[str, Any]) -> None:
    """Who is next in general, and for each open cell; whoever left the list of reserves since is not among them."""
    waiting = {str(one.id): one for one in files if one.state is State.RESERVE}
    lists: list[tuple[str | None, list[str]]] = [(None, slate.reserves["general"])]
    lists += sorted(slate.reserves["by_cell"].items())
    awarding.line_up(
        call,
        [
            ReservePlace(
                call_id=call.id,
                application_id=waiting[one].id,
                recommended_by_id=slate.recommended_by_id,
                cell=cell,
                place=place,
                amount=people[one]["cost"] or None,
            )
            for cell, ids in lists
            for place, one in enumerate([each for each in ids if each in waiting], 1)
        ],
    )


def _cell(application: Application, rules: Rules, lists: dict[str, list[str]]) -> str | None:
    """The open cell that somebody fills: one that the rules ask for before one that they limit."""
    own = set(cells_of(application))
    ordered = sorted(rules.balance, key=lambda rule: rule.bound is not Bound.LEAST)
    open_keys = [rule.key for rule in ordered if rule.dimension in OPEN_TRAITS]
    return next((key for key in open_keys if key in own and key in lists), None)


def _grants(call: Call, rules: Rules, plans: Sequence[Plan], *, whole: bool = True) -> list[Grant]:
    """Each with its envelope and its lines; ``whole``: all of a slate. Raises NoRoom, and EnvelopeBroken where single
    people are paid from all envelopes together, since one of them tells of sealed answers.
    """
    db.session.flush()
    ledger.open_envelopes(None, call, rules)
    rows = queries.envelopes(call.id)
    ledger.hold([row.id for row in rows])
    only_for = {one.id: one.cells for one in rules.envelopes}
    home = min(rows, key=lambda row: (bool(only_for.get(row.key)), row.key))
    pooled = not whole and home.kept is not None
    limited = any(only_for.get(row.key) for row in rows) and not pooled
    if limited:
        audit.record("selecting.traits_counted", call, actor=None, scope_id=call.id, files=len(plans))
    needs = [Need(str(plan.application.id), plan.cost, cells_of(plan.application) if limited else ()) for plan in plans]
    purses = [Purse(row.key, ledger.pure(row).free, only_for.get(row.key, ())) for row in rows]
    by_key: dict[str, FundEnvelope] = {row.key: row for row in rows}
    if pooled:
        ledger.fetch(call.id, {home.id: sum(one.amount for one in needs)})
    found, moved = ({one.id: home.key for one in needs}, ()) if pooled else fitted(needs, purses)
    lines = [
        Line(by_key[key].id, kind, one.amount)
        for one in moved
        for key, kind in ((one.source, MovementKind.CUT), (one.target, MovementKind.RAISE))
    ]
    ledger.write(None, lines, reason=ledger.MOVED)
    return [
        Grant(
            plan.application,
            by_key[found[str(plan.application.id)]].id,
            costs_of(plan.application, plan.way, plan.cost),
            VARIANTS[plan.way],
            plan.cell,
        )
        for plan in plans
    ]


def costs_of(application: Application, way: Support, cost: int) -> list[Cost]:
    """The lines of a grant of ``cost`` minor units: as they were reckoned, up to what is given. What was reckoned for
    nothing else goes to the ticket.
    """
    left, costs = cost, dict[CostKind, int]()
    for line in application.cost_lines:
        if way is Support.WOULD_COME and line["code"] in OWN_WAY:
            continue
        amount = min(left, int(line["amount"]))
        if amount > 0:
            kind = CostKind(line["code"])
            costs[kind] = costs.get(kind, 0) + amount
            left -= amount
    if left > 0:
        costs[CostKind.TICKET] = costs.get(CostKind.TICKET, 0) + left
    return [
        Cost(kind, amount, Payee.SUPPLIER if kind in SUPPLIED else Payee.TRAVELLER) for kind, amount in costs.items()
    ]


def _missing(error: EnvelopeBroken | NoRoom | AmountWrong) -> int | None:
    if isinstance(error, NoRoom):
        return error.missing or None
    if isinstance(error, EnvelopeBroken) and error.by is not None:
        return error.by.minor
    return None


def granted(application_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[Support, int]]:
    """The way and the amount, in minor units, that hold for those who have an award. One statement."""
    ways = {variant: support for support, variant in VARIANTS.items()}
    rows = select(Award.application_id, Award.variant, Award.amount).where(Award.application_id.in_(application_ids))
    found = db.session.execute(rows)
    return {row.application_id: (ways.get(row.variant, Support.PARTIAL), row.amount) for row in found}


inputs.GRANTED.append(granted)

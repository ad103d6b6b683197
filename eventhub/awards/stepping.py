"""Reserves who were confirmed and wait for an approver: what each one costs, for whose place, and what is free for it.

Nothing of it is read from sealed answers: what is free is told of each envelope, and never who may be paid from it.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import g
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import joinedload

from eventhub.awards import access, awarding, console_shown, ledger, queries, releasing, staging
from eventhub.awards.models import Award, Proposal, ReservePlace
from eventhub.awards.recommending import recommenders
from eventhub.awards.release_models import Decision
from eventhub.funding.access import scope_of
from eventhub.funding.call_shown import cell_name, group_name
from eventhub.funding.models import Application, Call, Stand, State
from eventhub.funding.moves import NotPossible, move
from eventhub.funding.nearness import OwnFile, aside_of, demand_unconcerned, too_near
from eventhub.funding.rules import Dimension, Rules
from eventhub.kit import audit
from eventhub.kit.db import db
from eventhub.kit.i18n import show_money, show_number
from eventhub.kit.money import Money
from eventhub.people.models import Person, RoleGrant
from eventhub.programme.models import Event
from eventhub.selecting.models import SlateState
from eventhub.selecting.queries import standing as standing_slate


@dataclass(frozen=True)
class ToApprove:
    """A call in which reserves wait for the word of an approver, and how many."""

    call: Call
    number: int


def to_approve(grants: Iterable[RoleGrant], person: Person) -> list[ToApprove]:
    """Where an approver has reserves to approve, without those that this person is near to or confirmed, calls in which
    a near file waits for word, and calls whose board has recommended another slate since. Five statements at the most.
    """
    mine, aside = list(grants), aside_of(person)
    found = (
        select(Call, Event.series_id, func.count(Application.id.distinct()))
        .join(Application, Application.call_id == Call.id)
        .join(Proposal, Proposal.application_id == Application.id)
        .outerjoin(Event, Event.id == Call.event_id)
        .where(
            Call.stand == Stand.OPEN,
            Application.state == State.RECOMMENDED,
            Application.erased_at.is_(None),
            Proposal.confirmed_at.is_not(None),
            Proposal.decided_by_id != person.id,
            ~queries.is_pending(Call.id),
            aside.others(),
        )
        .group_by(Call.id, Event.series_id)
        .order_by(Call.closes_at, Call.id)
    )
    waiting = [
        ToApprove(call, number)
        for call, series_id, number in db.session.execute(found)
        if access.may_approve(mine, scope_of(call, series_id))
    ]
    near = aside.waiting([one.call.id for one in waiting])
    return [one for one in waiting if one.call.id not in near]


def free(call_id: uuid.UUID) -> int:
    """What the envelopes that pay for everybody hold together, in minor units: at the least that much is free."""
    rows, only_for = queries.envelopes(call_id), {one.id: one.cells for one in queries.rules_of(call_id).envelopes}
    apart = ledger.pool(rows)
    return sum(ledger.pure(row).free for row in rows if not only_for.get(row.key)) if apart is None else apart


def free_in_words(call: Call, rules: Rules) -> list[dict[str, str]]:
    """What is free in each envelope of a call, in all together where one of them would tell of a sealed answer."""
    envelopes = queries.envelopes(call.id)
    apart = ledger.pool(envelopes)
    if apart is not None:
        whole = console_shown.as_one(envelopes)
        title = console_shown.envelope_title(rules, whole.key, call.original_language)
        kept = min(ledger.kept(envelopes), max(0, ledger.pure(whole).free))
        return [
            {
                "title": title,
                "amount": ledger.shown(whole, apart, g.lang),
                "kept": ledger.shown(whole, kept, g.lang) if kept else "",
            }
        ]
    return [
        {
            "title": console_shown.envelope_title(rules, row.key, call.original_language),
            "amount": ledger.shown(row, ledger.pure(row).free, g.lang),
            "kept": "",
        }
        for row in envelopes
    ]


def rows(person: Person, call: Call, *, is_near: bool) -> list[dict[str, Any]]:
    """The reserves of a call who wait for an approver, of those that the reader may see; none for whoever ``is_near``
    to a file that waits for word.
    """
    waiting = [] if is_near else staging.confirmed(call.id)
    if not waiting:
        return []
    hidden = too_near(person, [one for one, _proposal, _place in waiting])
    amounts = staging.amounts(call.id, waiting)
    recommended = recommenders(staging.signers(call.id, waiting))
    left = _freed([proposal for _one, proposal, _place in waiting])
    gone = too_near(person, list(left.values()))
    envelopes = queries.envelopes(call.id)
    apart = ledger.single(envelopes)
    held = sum(max(0, ledger.pure(row).free) for row in envelopes) if apart is None else apart
    found = []
    for one, proposal, place in waiting:
        if one.id in hidden:
            continue
        freed = left.get(proposal.freed_award_id or proposal.freed_application_id)
        missing = max(0, amounts[one.id] - held)
        found.append(
            {
                "id": one.id,
                "proposal": proposal.id,
                "name": one.listed_name,
                "number": one.number,
                "rank": place_in_words(place),
                "amount": show_money(Money(amounts[one.id], call.currency), g.lang),
                "freed": freed.listed_name if freed is not None and freed.id not in gone else None,
                "missing": show_money(Money(missing, call.currency), g.lang) if missing else None,
                "is_own": person.id in recommended[one.id],
            }
        )
    return found


def places(call_id: uuid.UUID) -> dict[uuid.UUID, dict[str, str]]:
    """Where each reserve of a call stands: in general, else on the list of a group. One statement."""
    found = select(ReservePlace).where(ReservePlace.call_id == call_id)
    ordered = found.order_by(ReservePlace.cell.is_not(None), ReservePlace.place, ReservePlace.id)
    told: dict[uuid.UUID, dict[str, str]] = {}
    for one in db.session.scalars(ordered):
        told.setdefault(one.application_id, place_in_words(one) or {})
    return told


def place_in_words(place: ReservePlace | None) -> dict[str, str] | None:
    """Where a reserve stands: the number, and the group of whose list it is; in general there is none."""
    if place is None:
        return None
    dimension, _colon, cell = (place.cell or "").partition(":")
    # "Yes" alone says nothing.
    named = group_name if dimension == Dimension.FIRST_TIME else cell_name
    group = named(Dimension(dimension), cell, g.lang) if place.cell else ""
    return {"number": show_number(place.place, g.lang), "group": group}


def _freed(proposals: Sequence[Proposal]) -> dict[uuid.UUID | None, Application]:
    """Who left the place of each, by the award that ended, or by the application that went before it had one."""
    awards = {one.freed_award_id for one in proposals if one.freed_award_id}
    files = {one.freed_application_id for one in proposals if one.freed_application_id}
    found = select(Award.id, Application).select_from(Application)
    found = found.outerjoin(Award, and_(Award.application_id == Application.id, Award.id.in_(awards)))
    named = found.where(or_(Award.id.is_not(None), Application.id.in_(files))).options(joinedload(Application.person))
    return {award_id or one.id: one for award_id, one in db.session.execute(named)}


def drop(actor: Person, proposal: Proposal) -> Proposal | None:
    """Not this reserve, whether confirmed or not: as long as no approver has approved it, it stays in reserve. The next
    one for whom enough is free is proposed, else the next one. The proposal is held.

    Raises NotPossible, and StillToCome for whoever is near to a file that waits for word: the own one may be next.
    """
    demand_unconcerned(actor, proposal.call_id)
    if proposal.confirmed_at is not None:
        _take_back(actor, proposal)
    following = awarding.drop(actor, proposal)
    held = free(proposal.call_id)
    while following is not None and not _fits(following, held) and _is_anybody(following, held):
        following = awarding.drop(actor, queries.proposal(following.id, lock=True))
    return following


def _take_back(actor: Person, proposal: Proposal) -> None:
    application = proposal.application
    slate = standing_slate(proposal.call_id)
    staged = releasing.staging_of(slate)
    decides = slate is not None and slate.state in {SlateState.RECOMMENDED, SlateState.APPROVED}
    if application.state is not State.RECOMMENDED or (decides and (staged is None or staged.done_at is None)):
        raise NotPossible
    if too_near(actor, [application]):
        raise OwnFile
    seen = application.outcome_seen
    move(application, State.RESERVE, actor=actor, reason="reserve")
    was_told = select(Decision.id).where(Decision.application_id == application.id, Decision.told_at.is_not(None))
    knows = seen is State.RESERVE and db.session.scalar(was_told) is not None
    application.outcome_seen = None if knows else seen
    proposal.confirmed_at = None
    audit.record("awards.confirmation_dropped", application, actor=actor, scope_id=proposal.call_id)
    db.session.flush()


def _fits(proposal: Proposal, held: int) -> bool:
    places = select(ReservePlace.amount).where(ReservePlace.application_id == proposal.application_id).limit(1)
    return (db.session.scalar(places) or 0) <= held


def _same_place(proposal: Proposal) -> ColumnElement[bool]:
    if proposal.freed_award_id:
        return Proposal.freed_award_id == proposal.freed_award_id
    return Proposal.freed_application_id == proposal.freed_application_id


def _is_anybody(proposal: Proposal, held: int) -> bool:
    """Whether somebody else in line could be paid, who was not passed over for the same place."""
    waits = and_(Proposal.confirmed_at.is_(None), Proposal.dropped_at.is_(None))
    passed = select(Proposal.application_id).where(
        Proposal.call_id == proposal.call_id,
        or_(waits, and_(_same_place(proposal), Proposal.dropped_at.is_not(None))),
    )
    others = (
        select(ReservePlace.id)
        .join(Application, Application.id == ReservePlace.application_id)
        .where(
            ReservePlace.call_id == proposal.call_id,
            func.coalesce(ReservePlace.amount, 0) <= held,
            Application.state == State.RESERVE,
            Application.erased_at.is_(None),
            Application.id.not_in(passed),
        )
    )
    return db.session.scalar(others.limit(1)) is not None

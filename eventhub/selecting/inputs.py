"""What the solver is given for a call: its rules, the files with their scores and costs, pins, ties.

The cells of balance that nobody sees of one person are opened here, in a worker alone: each run leaves one row of the
audit, and what is made of them is sealed again (models.Slate). Whoever did not say stands in no cell.
"""

import json
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import joinedload, load_only

from eventhub.funding import costs
from eventhub.funding.models import Application, CallRules, State
from eventhub.funding.rules import OPEN_TRAITS, Balance, Bound, CostLine, Dimension, Rules, Support, TieRule, Unit
from eventhub.funding.rules import cell_key as key_of
from eventhub.kit import audit
from eventhub.kit.db import db
from eventhub.kit.sealed import Unreadable, open_for_house, open_sealed, place
from eventhub.people.affiliations import as_one
from eventhub.people.models import Person
from eventhub.reviewing.models import Scoring
from eventhub.reviewing.queries import Reading
from eventhub.selecting import ties
from eventhub.selecting.models import Failed, Pin
from eventhub.selecting.problem import WHOLE, Candidate, Cap, Problem, Purse, Rule, Variant
from eventhub.selecting.problem import Pin as Pinned

OPEN = (State.UNDER_REVIEW, State.RECOMMENDED, State.RESERVE, State.NOT_RECOMMENDED)
"""Who may be chosen."""
TAKEN = (
    *(State.APPROVED, State.OFFERED, State.ACCEPTED, State.VISA_PENDING, State.VISA_REFUSED),
    *(State.TICKETED, State.TRAVELLED, State.REPORT_DUE, State.REPORT_OVERDUE, State.CLOSED),
)
"""Who was approved already: these stay whatever is solved. A refused visa frees no money: it may be asked for again."""
GRANTED: list[Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, tuple[Support, int]]]] = []
"""Features further up that know what was granted for applications: the way, and the amount in minor units."""
SEALED = frozenset(one.value for one in Dimension if one not in OPEN_TRAITS)
"""Dimensions that are only ever counted."""
RULE, CAP = "balance.", "organisation.cap"
"""How rules and the cap are called in a problem, where ``places`` and ``budget`` are names of their own."""
COLUMNS = (
    *(Application.id, Application.call_id, Application.person_id, Application.state, Application.number),
    *(Application.organisation_id, Application.nominated_by_id, Application.region, Application.origin),
    *(Application.residence, Application.language, Application.first_time, Application.traits),
    *(Application.outcome_seen, Application.changed_at, Application.version),
    *(Application.support, Application.accepts, Application.asked_amount, Application.cost, Application.cost_lines),
)


class NoInputs(Exception):
    """There is nothing to solve; ``why`` is said on the page."""

    def __init__(self, why: Failed) -> None:
        self.why = why
        super().__init__(why.value)


@dataclass(frozen=True)
class What:
    """A change to try: ``budget`` in minor units, ``fares`` in per cent, ``places``, and who is gone."""

    budget: int | None = None
    fares: int = 0
    places: int | None = None
    gone: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inputs:
    """A problem, and what it was made from. ``raw``: the scores as they are, before ties were made equal."""

    problem: Problem
    rules: Rules
    rules_digest: str
    rules_number: int
    scoring_id: uuid.UUID
    commitment: str
    raw: Mapping[str, float]
    deviations: Mapping[str, float]
    tied: frozenset[str]
    pins: tuple[str, ...]
    accepted: frozenset[str]
    unscored: int
    uncosted: int


def gather(reading: Reading, actor: object | None, what: What | None = None) -> Inputs:
    """The problem of a call as it stands: in seven statements, and one row of the audit. Raises NoInputs."""
    what = what or What()
    call, rules = reading.call, reading.rules
    agreed = db.session.execute(
        select(CallRules.digest, CallRules.number)
        .where(CallRules.call_id == call.id, CallRules.agreed_at.is_not(None))
        .order_by(CallRules.number.desc())
        .limit(1)
    ).one_or_none()
    scoring = newest_scoring(call.id)
    if scoring is None:
        raise NoInputs(Failed.NO_SCORES)
    seed = seed_of(reading)
    files = files_of(call.id)
    scores, deviations = _scores(scoring)
    told = [one for one in files if str(one.id) in scores]
    costed = [one for one in told if one.cost is not None]
    if not costed:
        raise NoInputs(Failed.NO_FILES)
    audit.record("selecting.traits_counted", call, actor=actor, scope_id=call.id, files=len(costed))
    pins = standing_pins(call.id)
    one_of = as_one({each for one in costed for each in (one.organisation_id, one.nominated_by_id) if each})
    plain = Problem(
        candidates=_within_caps(
            _as_granted([_candidate(one, scores[str(one.id)], what.fares, one_of) for one in costed], costed),
            {str(one.id) for one in costed if one.state in TAKEN},
            rules.limits.selected_per_organisation,
        ),
        budget=rules.budget if what.budget is None else what.budget,
        places=_places(rules, costed) if what.places is None else what.places,
        rules=tuple(rule_of(one) for one in rules.balance),
        caps=_caps(rules),
        pins=_pins(costed, pins),
        purses=_purses(rules, what.budget),
    )
    problem, tied = _levelled(plain, rules, scores, deviations, seed)
    return Inputs(
        problem=problem,
        rules=rules,
        rules_digest=agreed.digest if agreed else "",
        rules_number=agreed.number if agreed else 0,
        scoring_id=scoring.id,
        commitment=call.lottery_commitment or "",
        raw={str(one.id): scores[str(one.id)] for one in costed},
        deviations={str(one.id): deviations[str(one.id)] for one in costed if str(one.id) in deviations},
        tied=tied,
        pins=tuple(sorted(str(one.id) for one in pins)),
        accepted=frozenset(str(one.id) for one in costed if one.state in TAKEN),
        unscored=len(files) - len(told),
        uncosted=len(told) - len(costed),
    )


def newest_scoring(call_id: uuid.UUID) -> Scoring | None:
    """The scoring that holds."""
    rows = select(Scoring).where(Scoring.call_id == call_id).order_by(Scoring.at.desc(), Scoring.id).limit(1)
    return db.session.scalar(rows)


def files_of(call_id: uuid.UUID) -> list[Application]:
    """Everybody who may be chosen or was, with the key of what is sealed: one statement."""
    rows = (
        select(Application)
        .where(
            Application.call_id == call_id,
            Application.state.in_([*OPEN, *TAKEN]),
            Application.erased_at.is_(None),
            Application.merged_into_id.is_(None),
            Application.person.has(Person.erased_at.is_(None)),
        )
        .options(
            load_only(*COLUMNS, raiseload=True),
            joinedload(Application.person).load_only(Person.id, raiseload=True).joinedload(Person.seal_key),
        )
        .order_by(Application.number)
    )
    return list(db.session.scalars(rows))


def standing_pins(call_id: uuid.UUID) -> list[Pin]:
    """Pins that were not dropped."""
    rows = select(Pin).where(Pin.call_id == call_id, Pin.dropped_at.is_(None)).order_by(Pin.at, Pin.id)
    return list(db.session.scalars(rows))


def seed_of(reading: Reading) -> str:
    """The seed of the lottery in hexadecimal. Raises NoInputs where it is not the one that was committed to."""
    call = reading.call
    if call.lottery_seal is None or call.lottery_commitment is None:
        raise NoInputs(Failed.LOTTERY)
    try:
        seed = open_for_house(place("fund_call", "lottery_seal", call.id), call.lottery_seal)
    except Unreadable:
        raise NoInputs(Failed.LOTTERY) from None
    if not ties.verify(seed.hex(), call.lottery_commitment):
        raise NoInputs(Failed.LOTTERY)
    return seed.hex()


def open_cells(application: Application) -> list[str]:
    """The cells of a person that a board may see."""
    return [
        key_of(dimension, value)
        for dimension, value in (
            (Dimension.REGION, application.region),
            (Dimension.COUNTRY, application.residence),
            (Dimension.LANGUAGE, application.language),
            (
                Dimension.FIRST_TIME,
                None if application.first_time is None else "yes" if application.first_time else "no",
            ),
        )
        if value
    ]


def cells_of(application: Application) -> tuple[str, ...]:
    """The cells of a person, open ones and sealed ones. An erased key leaves the open ones."""
    found = open_cells(application)
    if application.traits is not None:
        try:
            where = place("fund_application", "traits", application.id)
            found += json.loads(open_sealed(application.person.seal_key, where, application.traits))
        except Unreadable:
            pass
    return tuple(sorted(set(found)))


def variants_of(application: Application, fares: int = 0) -> tuple[Variant, ...]:
    """The ways of funding that an applicant accepts, what was asked for first; in minor units.

    What each costs is said where the applicant's estimate is (funding/costs.py). ``fares``: per cent by which tickets
    went up, rounded up.
    """
    lines = {line["code"]: int(line["amount"]) for line in application.cost_lines}
    rise = -(-lines.get(CostLine.TICKET.value, 0) * fares // 100)
    whole = max(0, (application.cost or 0) + rise)
    paid = costs.amounts(whole, lines, application.asked_amount)
    first = application.support or Support.FULL
    ways = [first, *(Support(one) for one in application.accepts if one != first)]
    return tuple(Variant(one.value, paid[one]) for one in dict.fromkeys(ways))


def rule_of(balance: Balance) -> Rule:
    """A rule of balance as the solver knows it."""
    number = balance.value if balance.unit is Unit.PEOPLE else None
    share = balance.value * WHOLE // 100 if balance.unit is Unit.PERCENT else None
    if balance.bound is Bound.LEAST:
        return Rule(RULE + balance.id, (balance.key,), min_count=number, min_share=share)
    return Rule(RULE + balance.id, (balance.key,), max_count=number, max_share=share)


def _caps(rules: Rules) -> tuple[Cap, ...]:
    most = rules.limits.selected_per_organisation
    return () if most is None else (Cap(CAP, most),)


def _purses(rules: Rules, budget: int | None) -> tuple[Purse, ...]:
    """The envelopes, where some are not for everybody. A budget that is tried changes all of them alike."""
    if not any(one.cells for one in rules.envelopes):
        return ()
    whole = rules.budget or 1
    return tuple(
        Purse(one.id, one.amount if budget is None else one.amount * budget // whole, one.cells)
        for one in rules.envelopes
    )


def _candidate(application: Application, score: float, fares: int, one_of: Mapping[uuid.UUID, uuid.UUID]) -> Candidate:
    organisations = {str(one_of[one]) for one in (application.organisation_id, application.nominated_by_id) if one}
    return Candidate(
        id=str(application.id),
        score=score,
        variants=variants_of(application, fares),
        organisations=tuple(sorted(organisations)),
        cells=cells_of(application),
    )


def _places(rules: Rules, files: Collection[Application]) -> int | None:
    """The places of a call; whoever came in beside them with what was left of the money stays."""
    return None if rules.places is None else max(rules.places, sum(one.state in TAKEN for one in files))


def _as_granted(candidates: Collection[Candidate], files: Collection[Application]) -> tuple[Candidate, ...]:
    """Whoever was approved already stays in the way of then and costs what was granted, whatever fares do since."""
    taken = [one.id for one in files if one.state in TAKEN]
    found = {str(one): way for granted in GRANTED for one, way in granted(taken).items()} if taken else {}
    return tuple(
        replace(one, variants=(Variant(found[one.id][0].value, found[one.id][1]),)) if one.id in found else one
        for one in candidates
    )


def _within_caps(candidates: Sequence[Candidate], taken: Collection[str], most: int | None) -> tuple[Candidate, ...]:
    """Whoever stays beyond the cap of an organization (two that turned out to be one) does not keep the rest from being
    chosen; nobody else of it comes in.
    """
    counted: Counter[str] = Counter()
    found = []
    for one in candidates:
        if one.id in taken and most is not None:
            one = replace(one, organisations=tuple(each for each in one.organisations if counted[each] < most))
            counted.update(one.organisations)
        found.append(one)
    return tuple(found)


def _pins(files: Collection[Application], pins: Collection[Pin]) -> tuple[Pinned, ...]:
    known = {one.id for one in files if one.state in OPEN}
    return tuple(
        Pinned(str(one.application_id), one.must, str(one.id)) for one in pins if one.application_id in known
    ) + tuple(Pinned(str(one.id), True, "accepted") for one in files if one.state in TAKEN)


def _scores(scoring: Scoring) -> tuple[dict[str, float], dict[str, float]]:
    """Points by application, the calibrated ones where there are any, and their deviations."""
    scores, deviations = {}, {}
    for one in scoring.files:
        points = one["raw"] if one.get("calibrated") is None else one["calibrated"]
        if points is None:
            continue
        scores[str(one["application"])] = min(100.0, max(0.0, float(points)))
        if one.get("deviation") is not None:
            deviations[str(one["application"])] = float(one["deviation"])
    return scores, deviations


def _levelled(
    problem: Problem, rules: Rules, scores: Mapping[str, float], deviations: Mapping[str, float], seed: str
) -> tuple[Problem, frozenset[str]]:
    """Whoever cannot be told apart from the last place stands on its line; there the rules of ties decide."""
    ids = {one.id for one in problem.candidates}
    own = {one: scores[one] for one in ids}
    ranked, size = sorted(own.values(), reverse=True), problem.size()
    if not 0 < size < len(ranked):
        return replace(problem, lottery=_order(problem, rules, seed)), frozenset()
    line = ranked[size - 1]
    tied = ties.band(own, deviations, line)
    if len(tied) < 2:
        tied = frozenset()
    level = ties.levelled(own, tied, line)
    candidates = tuple(replace(one, score=level[one.id], rank_score=own[one.id]) for one in problem.candidates)
    return replace(problem, candidates=candidates, lottery=_order(problem, rules, seed)), tied


def _order(problem: Problem, rules: Rules, seed: str) -> tuple[str, ...]:
    asked = {rule.cells[0] for rule in problem.rules if rule.min_count or rule.min_share}
    groups = {
        TieRule.FIRST_TIME: [one.id for one in problem.candidates if key_of(Dimension.FIRST_TIME, "yes") in one.cells],
        TieRule.UNDER_REPRESENTED: [one.id for one in problem.candidates if not asked.isdisjoint(one.cells)],
    }
    wanted = [groups[one] for one in rules.ties if one in groups]
    first, second = ([*wanted, [], []])[:2]
    return ties.decided([one.id for one in problem.candidates], seed, first_time=first, under_represented=second)

"""When no slate keeps all rules: by how few people must they be eased, and which of them."""

from dataclasses import dataclass, replace

import numpy as np

from eventhub.selecting.engine import Clock
from eventhub.selecting.model import Board, decide, force, program
from eventhub.selecting.problem import BUDGET, PLACES, Cap, Problem, Rule
from eventhub.selecting.slate import Impossible, Missing


def contradictions(problem: Problem) -> tuple[str, ...]:
    """What no easing of rules can heal: pins against each other, the budget or the places."""
    must = problem.pinned(must=True)
    pinned = [one for one in problem.candidates if one.id in must]
    found = []
    if must & problem.pinned(must=False):
        found.append("pinned both ways")
    if any(not problem.open_variants(one) for one in pinned):
        found.append("two variants")
    elif problem.budget is not None:
        cheapest = sum(min(variant.cost for variant in problem.open_variants(one)) for one in pinned)
        own = {one.id: min(variant.cost for variant in problem.open_variants(one)) for one in pinned}
        held = all(sum(own.get(one, 0) for one in bound.people) <= bound.amount for bound in problem.bounds())
        if cheapest > problem.budget or not held:
            found.append("pins over budget")
    if len(must) > problem.size():
        found.append("pins over places")
    return tuple(found)


@dataclass(frozen=True)
class Asked:
    """How many people a slate is to have: K, exactly ``size`` of them or from ``least`` to ``most``; ``forced`` is a
    candidate's number who must be chosen."""

    places: int
    size: int | None = None
    least: int = 0
    most: int | None = None
    forced: int | None = None


def least_easing(room: Board, asked: Asked, clock: Clock) -> Impossible:
    """The fewest people by which rules and caps must be eased so that a slate is possible.

    Among equally small easings the rule that comes first by its id keeps the most.
    """
    made, slacks = program(room, asked.places, asked.size, eased=True)
    made.add("", np.arange(len(room.who)), 1, asked.least, np.inf if asked.most is None else asked.most)
    if asked.forced is not None:
        force(room, made, asked.forced)
    people = np.zeros(len(made.lower), np.int64)
    people[[slack.column for slack in slacks]] = -1
    found = decide(made, people, clock)
    if found is None:
        return _hard(room, asked, clock)
    proven = found.proven
    for slack in slacks:
        if made.lower[slack.column] == made.upper[slack.column]:
            continue
        alone = np.zeros(len(made.lower), np.int64)
        alone[slack.column] = -1
        answer = decide(made, alone, clock)
        if answer is None:
            proven = False
            break
        found, proven = answer, proven and answer.proven
    missing = tuple(
        Missing(slack.rule, int(found.at[slack.column]), slack.group, slack.too_many)
        for slack in slacks
        if found.at[slack.column]
    )
    return Impossible(missing=missing, proven=proven)


def _hard(room: Board, asked: Asked, clock: Clock) -> Impossible:
    """Without any rule there is no slate either: the money, or the places beside those who must be chosen."""
    if clock.over:
        return Impossible(("time",), proven=False)
    if room.problem.budget is None:
        return Impossible((PLACES,))
    rich = replace(room, problem=replace(room.problem, budget=None))
    answer = least_easing(rich, asked, clock)
    if not answer.contradictions:
        return Impossible((BUDGET,))
    must = room.problem.pinned(must=True)
    people = {number for number, one in enumerate(room.problem.candidates) if one.id in must}
    people |= set() if asked.forced is None else {asked.forced}
    cost = sum(int(room.cost[room.cheapest[number]]) for number in people)
    return Impossible((BUDGET,) * (cost > room.problem.budget) + answer.contradictions)


def eased(problem: Problem, answer: Impossible, places: int) -> Problem:
    """The problem with its rules eased by the people of an answer, for K = ``places``; shares become counts there."""
    by = {(one.rule, one.group, one.too_many): one.people for one in answer.missing}

    def rule(one: Rule) -> Rule:
        less, more = by.get((one.id, "", False), 0), by.get((one.id, "", True), 0)
        if less:
            one = replace(one, min_count=max(0, one.least(places) - less), min_share=None)
        if more:
            one = replace(one, max_count=(one.most(places) or 0) + more, max_share=None)
        return one

    def cap(one: Cap) -> Cap:
        wider = {group: one.limit(group) + people for (name, group, _), people in by.items() if name == one.id}
        return replace(one, exceptions=tuple(sorted({**dict(one.exceptions), **wider}.items())))

    return replace(problem, rules=tuple(map(rule, problem.rules)), caps=tuple(map(cap, problem.caps)))

"""Who applies to the fund in the demo, how their files stand, and how twelve readers score them: pure, always the same.

Places point into ``names.people`` and ``organisations.organisations``; days count back from today.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest

from eventhub.demo.cast import CAST
from eventhub.demo.names import DemoPerson
from eventhub.demo.organisations import DemoOrganisation
from eventhub.funding.costs import Need
from eventhub.funding.models import State
from eventhub.funding.rules import Support
from eventhub.kit import codes

SEED = 47
APPLICATIONS = 240
READERS = 12
VOUCHING = frozenset({"ngo", "minority_organisation", "community_group"})
"""Kinds of organizations that nominate."""
MOST_NOMINEES = 2
THIS_YEAR = (
    (State.UNDER_REVIEW, 160),
    (State.ELIGIBLE, 12),
    (State.SUBMITTED, 20),
    (State.INFO_REQUESTED, 12),
    (State.INELIGIBLE, 12),
    (State.WITHDRAWN, 8),
    (State.DRAFT, 16),
)
LAST_YEAR = (
    (State.CLOSED, 31),
    (State.REPORT_OVERDUE, 2),
    (State.DECLINED_BY_APPLICANT, 2),
    (State.LAPSED, 1),
    (State.CANCELLED, 1),
    (State.NOT_RECOMMENDED, 17),
    (State.INELIGIBLE, 4),
    (State.EXPIRED, 2),
)
REFUSED = ("not_eligible", "incomplete", "report_owed", "over_organisation_limit", "conflict")
OPENED, FIRST_DEADLINE, EXTENDED, CLOSES = 75, 30, 31, -3
"""Days ago on which this year's call opened, was to close, and was extended; it closes in three days."""
BASES = ("national", "ethnic", "religious", "linguistic", "descent_based")
UNSAID = "prefer_not_to_say"
SPREAD = 25
"""Points between two readers above which one more reads."""


@dataclass(frozen=True)
class PlannedFile:
    """One application. ``person`` is a place among the people, or the key of somebody of the cast; ``sent`` the days
    ago on which it was sent (None: never), ``nominator`` a place among the organizations. ``quality`` is what readers
    try to see. ``vouched``: confirmed, waiting, declined or late. ``twin_of``: whose second file this is, sent under
    another address.
    """

    person: int | str
    state: State
    nominator: int
    sent: float | None
    begun: float
    quality: float
    first_time: bool
    gender: str | None
    born: str | None
    minority: tuple[str, ...]
    disability: str | None
    support: Support
    asked: int | None
    needs: frozenset[Need]
    words: tuple[int, int, int]
    vouched: str = "confirmed"
    reason: str | None = None
    gap: str | None = None
    answered: bool = False
    twin_of: int | None = None


@dataclass(frozen=True)
class Reader:
    """Somebody on the panel: ``bias`` in marks (of three), ``gain``: how far good and bad files stand apart."""

    region: str
    languages: tuple[str, ...]
    bias: float
    gain: float


PANEL = (
    Reader("europe_central_asia", ("en", "ru", "fr", "zh"), -0.30, 1.15),
    Reader("africa_middle_east", ("en", "fr", "ar"), 0.20, 0.80),
    Reader("americas", ("en", "es", "fr"), 0.05, 1.00),
    Reader("asia_pacific", ("en", "zh", "ru"), -0.10, 1.10),
    Reader("europe_central_asia", ("en", "fr", "es"), -0.20, 0.90),
    Reader("africa_middle_east", ("en", "ar", "fr"), 0.30, 0.70),
    Reader("americas", ("en", "es"), 0.00, 1.20),
    Reader("asia_pacific", ("en", "zh", "ar"), 0.15, 1.00),
    Reader("europe_central_asia", ("en", "ru", "es"), 0.10, 1.05),
    Reader("africa_middle_east", ("en", "fr", "ar"), -0.35, 1.00),
    Reader("americas", ("en", "es", "zh"), 0.25, 0.85),
    Reader("asia_pacific", ("en", "ru", "ar"), -0.05, 0.95),
)


def this_year(people: list[DemoPerson], houses: list[DemoOrganisation]) -> list[PlannedFile]:
    """The 240 files of this year, in the order in which they were sent; drafts come last."""
    rng = random.Random(SEED)
    owing = {houses[one.nominator].name for one in last_year(people, houses) if one.state is State.REPORT_OVERDUE}
    used: Counter[str] = Counter(dict.fromkeys(owing, MOST_NOMINEES))
    chosen = applicants(people)[: APPLICATIONS - 2]
    states = [state for state, number in THIS_YEAR for _ in range(number)]
    rng.shuffle(states)
    states.remove(State.INFO_REQUESTED)
    states.remove(State.UNDER_REVIEW)
    made = [_file(rng, place, people[place], state, houses, used) for place, state in zip(chosen, states, strict=True)]
    known = people[chosen[0]]
    made.append(_file(rng, "participant", replace(known, gender="woman"), State.INFO_REQUESTED, houses, used))
    made.append(_file(rng, "discreet", replace(known, gender="woman"), State.UNDER_REVIEW, houses, used))
    made.sort(key=lambda one: -(one.sent or -100))
    return list(_stood(_tied(_doubled(made), people)))


def last_year(people: list[DemoPerson], houses: list[DemoOrganisation]) -> list[PlannedFile]:
    """Sixty files of last year: people who do not apply this year, but for one of the two whose report is missing."""
    rng = random.Random(SEED - 1)
    chosen = applicants(people)[APPLICATIONS : APPLICATIONS + sum(number for _state, number in LAST_YEAR) - 1]
    states = [state for state, number in LAST_YEAR for _ in range(number)]
    rng.shuffle(states)
    states.remove(State.REPORT_OVERDUE)
    used: Counter[str] = Counter()
    made = [_file(rng, place, people[place], state, houses, used) for place, state in zip(chosen, states, strict=True)]
    made.append(_file(rng, "traveller", people[chosen[0]], State.REPORT_OVERDUE, houses, used))
    moved = [replace(one, sent=one.sent and one.sent + 400, begun=one.begun + 400) for one in made]
    return sorted(moved, key=lambda one: -(one.sent or 0))


def applicants(people: list[DemoPerson]) -> list[int]:
    """Places of people who may apply, regions taking turns as long as there is somebody."""
    acted = {member.name for member in CAST}
    by_region: dict[str, list[int]] = {}
    for place, one in enumerate(people):
        region = region_of(one.residence)
        if (
            region
            and one.name not in acted
            and (one.category == "minority_representative" or one.category.startswith("ngo"))
        ):
            by_region.setdefault(region, []).append(place)
    rounds = zip_longest(*(by_region[region] for region in sorted(by_region)))
    return [place for turn in rounds for place in turn if place is not None]


def region_of(country: str) -> str | None:
    """The forum's region of a country."""
    try:
        return codes.country(country).forum_region
    except KeyError:
        return None


def experts(people: list[DemoPerson], number: int) -> list[int]:
    """Places of people who may sit on a panel or a board: academics and people of national institutions."""
    wanted = [place for place, one in enumerate(people) if one.category in {"academic_expert", "nhri"}]
    by_region = {
        reader.region: iter([place for place in wanted if region_of(people[place].residence) == reader.region])
        for reader in PANEL
    }
    regions = [PANEL[place % len(PANEL)].region for place in range(1, number + 1)]
    return [next(by_region[region]) for region in regions]


def readers_of(
    language: str, region: str | None, shut: Iterable[int], loads: Counter[int], number: int = 3
) -> list[int]:
    """Who reads a file: who knows its language, the least busy first, one of them at least from another region."""
    fit = [place for place, one in enumerate(PANEL) if language in one.languages and place not in set(shut)]
    fit.sort(key=lambda place: (loads[place], (place * 5 + sum(loads.values())) % READERS))
    found = fit[:number]
    if found and all(PANEL[place].region == region for place in found):
        found[-1] = next((place for place in fit if PANEL[place].region != region), found[-1])
    loads.update(found)
    return found


def marks(file: int, reader: int, quality: float) -> Mapping[str, int]:
    """What a reader gives a file by criterion, from 0 to 3."""
    rng = random.Random(f"{SEED}:{file}:{reader}")
    shared = random.Random(f"{SEED}:{file}")
    one = PANEL[reader]
    found = {}
    for criterion in ("need", "voice", "after"):
        seen = 1.55 + one.gain * (0.5 * quality + 0.25 * shared.gauss()) + one.bias + 0.28 * rng.gauss()
        found[criterion] = min(3, max(0, round(seen)))
    return found


def _file(
    rng: random.Random,
    person: int | str,
    known: DemoPerson,
    state: State,
    houses: list[DemoOrganisation],
    used: Counter[str],
) -> PlannedFile:
    counted = state not in {State.DRAFT, State.EXPIRED, State.WITHDRAWN, State.INELIGIBLE}
    first_time = rng.random() < 0.55
    region = region_of(known.residence)
    # Who was here before writes better files, and fewer good ones come from one region: so rules of balance matter.
    quality = rng.gauss() + (0 if first_time else 1.1) - (1.2 if region == "americas" else 0)
    late = state in {State.SUBMITTED, State.INFO_REQUESTED, State.ELIGIBLE}
    sent = rng.uniform(1, FIRST_DEADLINE - 1) if late else FIRST_DEADLINE + 44 * rng.random() ** 2
    unsent = state in {State.DRAFT, State.EXPIRED}
    support = rng.choices((Support.FULL, Support.PARTIAL, Support.WOULD_COME), (84, 12, 4))[0]
    return PlannedFile(
        person=person,
        state=state,
        nominator=_nominator(rng, known, houses, used if counted else Counter()),
        sent=None if unsent else sent,
        begun=rng.uniform(1, 20) if unsent else sent + rng.uniform(0.1, 0.9),
        quality=quality,
        first_time=first_time,
        gender=known.gender if rng.random() < 0.9 else None,
        born=_born(rng) if rng.random() < 0.85 else None,
        minority=tuple(sorted(rng.sample(BASES, rng.choice((1, 1, 2))))) if rng.random() < 0.75 else (),
        disability=rng.choices(("yes", "no", UNSAID, None), (8, 70, 7, 15))[0],
        support=support,
        asked=rng.randrange(8, 19) * 100 if support is Support.PARTIAL else None,
        needs=frozenset(need for need in (Need.ACCESS, Need.COMPANION) if rng.random() < 0.06),
        words=(rng.randrange(3), rng.randrange(3), rng.randrange(3)),
    )


def _nominator(rng: random.Random, known: DemoPerson, houses: list[DemoOrganisation], used: Counter[str]) -> int:
    own = known.organisation_index
    region = region_of(known.residence)
    places = [place for place, one in enumerate(houses) if one.kind in VOUCHING]
    near = [place for place in places if region_of(houses[place].country) == region]
    for wanted in ([own] if own in places else [], _shuffled(rng, near), _shuffled(rng, places)):
        for place in wanted:
            if place is not None and used[houses[place].name] < MOST_NOMINEES:
                used[houses[place].name] += 1
                return place
    raise ValueError("too few organizations nominate")


def _shuffled(rng: random.Random, places: list[int]) -> list[int]:
    return rng.sample(places, len(places))


def _born(rng: random.Random) -> str:
    year = 2026 - round(rng.triangular(19, 74, 31))
    return f"{year}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"


def _doubled(files: list[PlannedFile]) -> list[PlannedFile]:
    """Two of those that nobody looked at yet are second files of people who are read already."""
    read = [one for one in files if one.state is State.UNDER_REVIEW and isinstance(one.person, int) and one.born]
    new = [place for place, one in enumerate(files) if one.state is State.SUBMITTED]
    doubled = list(files)
    for place, first in zip(new[2:4], read[20:22], strict=True):
        whose = first.person if isinstance(first.person, int) else None
        doubled[place] = replace(files[place], person=f"twin{whose}", twin_of=whose, born=first.born)
    return doubled


def _tied(files: list[PlannedFile], people: list[DemoPerson]) -> list[PlannedFile]:
    """Two files are nominated by the institutions of readers: these never get them."""
    houses = [people[place].organisation_index for place in experts(people, READERS - 1)]
    tied = list(files)
    read = [place for place, one in enumerate(files) if one.state is State.UNDER_REVIEW and one.twin_of is None]
    for place, house in zip(read[70:72], [house for house in houses if house is not None], strict=False):
        tied[place] = replace(files[place], nominator=house)
    return tied


def _stood(files: list[PlannedFile]) -> Iterator[PlannedFile]:
    """What is special about some files of each state: who has not vouched, what is missing, why it was refused."""
    turn: Counter[State] = Counter()
    for one in files:
        place = turn[one.state]
        turn[one.state] += 1
        if one.state is State.SUBMITTED:
            yield replace(one, vouched="waiting" if place % 3 == 0 else "confirmed", answered=place % 5 == 4)
        elif one.state is State.INFO_REQUESTED:
            waiting = place % 3 == 1 and one.person != "participant"
            vouched = ("declined" if place == 4 else "waiting") if waiting else "confirmed"
            yield replace(one, vouched=vouched, gap=None if waiting else "why_after")
        elif one.state is State.INELIGIBLE:
            yield replace(one, reason=REFUSED[place % len(REFUSED)])
        elif one.state is State.UNDER_REVIEW and place in {40, 41}:
            yield replace(one, vouched="late")
        else:
            yield one

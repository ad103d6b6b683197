"""Gender in numbers: counted without anybody, hidden where a cell is small, and still where one person would show."""

import itertools
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.kit import codes
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.small_numbers import MOVED, moves
from eventhub.people.models import Role
from eventhub.programme.models import Event
from eventhub.registration import genders
from eventhub.registration.genders import SILENT, published
from eventhub.registration.models import FrozenGender, Registration, State
from tests.factories.registration import make_dialogue, register
from tests.registration.test_organiser_views import desk, officer

ASKED = {
    "pages": [
        {
            "id": "p1",
            "title": "About you",
            "questions": [
                {"id": "q1", "key": "display_name", "kind": "short_text", "label": "Name", "required": True},
                {
                    "id": "q2",
                    "key": "gender",
                    "kind": "choice",
                    "label": "Gender",
                    "sealed": True,
                    "see": ["statistics"],
                    "options": [
                        {"id": code, "label": code} for code in ("woman", "man", "another", "prefer_not_to_say")
                    ],
                },
            ],
        }
    ]
}
NAMES = (*codes.codes("gender"), SILENT)


def come(event: Event, number: int, gender: str | None) -> list[Registration]:
    answers: dict[str, object] = {"display_name": "A name"} | ({"gender": gender} if gender else {})
    return [register(event, **answers) for _ in range(number)]


def told(event: Event) -> dict[str, int | None]:
    found = genders.table(event.id)
    assert found is not None
    return {cell.code: cell.at_least for cell in found.cells}


@pytest.mark.usefixtures("database")
def test_what_is_counted_is_frozen_and_written_down_without_a_person() -> None:
    event = make_dialogue(data=ASKED)
    assert genders.table(event.id) is None
    come(event, 12, "woman")
    come(event, 7, "man")
    come(event, 2, "prefer_not_to_say")
    come(event, 6, None)
    assert genders.freeze(now()) == 1
    assert told(event) == {"woman": 10, "man": 5, "another": None, "prefer_not_to_say": None, "": None}
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == genders.COUNTED)).one()
    assert (entry.actor_id, entry.subject_kind, entry.subject_id) == (None, "event", event.id)
    assert entry.detail == {"rows": 21, "questions": ["gender"]}
    assert genders.freeze(now()) == 0, "the same day counts once"


@pytest.mark.usefixtures("database")
def test_a_table_moves_after_a_week_and_by_five_people_alone() -> None:
    event = make_dialogue(data=ASKED, closes_at=now() + timedelta(days=60))
    come(event, 12, "woman")
    come(event, 9, "man")
    come(event, 3, "another")
    come(event, 4, "prefer_not_to_say")
    genders.freeze(now())
    before = told(event)
    come(event, 30, "man")
    with time_machine.travel(now() + timedelta(days=6), tick=False):
        assert genders.freeze(now()) == 0
        assert told(event) == before
    with time_machine.travel(now() + timedelta(days=7), tick=False):
        genders.freeze(now())
        assert told(event)["man"] == 35
        come(event, 4, "woman")
    with time_machine.travel(now() + timedelta(days=15), tick=False):
        genders.freeze(now())
        assert told(event)["woman"] == 10, "four people are too few"
        come(event, 1, "woman")
        assert genders.freeze(now()) == 0, "sealed answers are opened once a week"
    with time_machine.travel(now() + timedelta(days=22), tick=False):
        genders.freeze(now())
        assert told(event)["woman"] == 15


@pytest.mark.usefixtures("database")
def test_only_those_who_take_part_are_counted_and_no_reader_sees_more(client: FlaskClient) -> None:
    event = make_dialogue(data=ASKED)
    gone = come(event, 3, "woman")
    come(event, 8, "woman")
    come(event, 6, "man")
    for one in gone:
        one.state = State.WITHDRAWN
    genders.freeze(now())
    assert db.session.get_one(FrozenGender, event.id).numbers["woman"] == 8
    pages = []
    for role in (Role.ADMIN, Role.ORGANISER, Role.ACCREDITATION_OFFICER):
        officer(client, event, role)
        page = client.get(desk(event, "/numbers?category=ngo&gender=woman")).text
        pages.append(page[page.index('id="gender-h"') : page.index("Drafts are not counted")])
    assert len(set(pages)) == 1, "the same for every reader, whatever the address asks"
    assert "I prefer not to say" in pages[0]
    assert "No answer" in pages[0]
    assert "Not shown" in pages[0]


@pytest.mark.usefixtures("database")
def test_where_nobody_is_asked_nothing_is_opened() -> None:
    event = make_dialogue()
    register(event)
    assert genders.freeze(now()) == 0
    assert genders.table(event.id) is None
    assert db.session.scalar(select(AuditEntry.id).where(AuditEntry.verb == genders.COUNTED)) is None


@lru_cache(maxsize=50_000)
def table_of(numbers: tuple[int, ...]) -> tuple[int | None, ...]:
    return tuple(cell.at_least for cell in published(dict(zip(NAMES, numbers, strict=True))))


@lru_cache(maxsize=40)
def worlds(total: int) -> list[tuple[int, ...]]:
    """All ways in which so many people may have answered."""
    cuts = itertools.combinations(range(total + len(NAMES) - 1), len(NAMES) - 1)
    ends = ((-1, *cut, total + len(NAMES) - 1) for cut in cuts)
    return [tuple(b - a - 1 for a, b in itertools.pairwise(end)) for end in ends]


@pytest.mark.parametrize("total", [3, 9, 14, 24])
def test_a_solver_that_knows_the_number_of_people_recovers_no_small_cell(total: int) -> None:
    """Everything that gives the same table is one to the reader: each hidden cell could be several numbers there."""
    behind: dict[tuple[int | None, ...], list[set[int]]] = defaultdict(lambda: [set() for _ in NAMES])
    for world in worlds(total):
        for place, number in enumerate(world):
            behind[table_of(world)][place].add(number)
    assert behind
    for table, cells in behind.items():
        for shown, possible in zip(table, cells, strict=True):
            assert shown is None or shown >= 5
            assert shown is not None or len(possible) > 2, (table, cells)


def test_a_solver_over_two_tables_tells_nothing_of_one_person_who_came() -> None:
    """The reader knows both tables, how many people there were, and who came between: of no one of them is it certain
    what they answered.
    """
    chance = random.Random(5)
    for _ in range(25):
        before = tuple(chance.choice((0, 1, 3, 4, 5, 7)) for _ in NAMES)
        arrived = [chance.randrange(len(NAMES)) for _ in range(chance.randrange(1, 8))]
        after = tuple(number + arrived.count(place) for place, number in enumerate(before))
        if not moves(dict(zip(NAMES, before, strict=True)), dict(zip(NAMES, after, strict=True))):
            assert len(arrived) < MOVED
            continue
        first, second = table_of(before), table_of(after)
        starts = [world for world in worlds(sum(before)) if table_of(world) == first]
        chance.shuffle(starts)
        assert any(
            _leaves_doubt(possible, len(arrived)) for possible in _possible(starts, second, worlds(len(arrived)))
        ), "not all of those who came can be said to have given one answer"


def _possible(
    starts: list[tuple[int, ...]], second: tuple[int | None, ...], steps: list[tuple[int, ...]]
) -> Iterator[set[tuple[int, ...]]]:
    """What may have come between the two tables: more and more of it."""
    found: set[tuple[int, ...]] = set()
    for start in starts:
        found |= {step for step in steps if table_of(tuple(map(sum, zip(start, step, strict=True)))) == second}
        yield found


def _leaves_doubt(possible: set[tuple[int, ...]], number: int) -> bool:
    return len(possible) > 1 and all(min(step[place] for step in possible) < number for place in range(len(NAMES)))

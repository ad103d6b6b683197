"""Forms write their own fields only (SAFETY.md property 25).

Each POST of the table of routes is sent twice, each time into the same world: as it is, and with every column name of
every table as one more field. The database must look the same afterwards.
"""

import re
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import Boolean, Column, Date, DateTime, Enum, Integer, Uuid, select

from eventhub.kit.clock import now
from eventhub.kit.db import db
from tests.house.routes import OK, ROUTES, Route
from tests.house.test_routes import form_of
from tests.house.world import ROLES, World

INTRUDER = "Intruded"
POSTS = [route for route in ROUTES if "POST" in route.methods.split() and OK in (route.post or route.who).values()]
FIRST = ("owner", "organiser", "officer", "admin")
OWN: Mapping[str, set[str]] = {
    "registration_console.preview": {"reason", "text"},
    "registration_console.decide": {"reason", "text"},
    "registration_console.prepare": {"reason", "text"},
    "registration_console.reveal": {"reason"},
    "evidence_console.save": {"reason"},
    "registration_console.ask": {"question"},
    "registration_console.security_word": {"note"},
    "funding_console.decide": {"text"},
    "people.erase": {"sure"},
    "awards_console.visa": {"asked_on", "appointment_on"},
    "awards_console.ask": {"payee", "account"},
    "awards_console.take_back": {"again"},
    "arrangements_console.names": {"reason"},
    "mailings_console.send": {"send_at", "version"},
    "mailings_console.trial": {"language"},
    "papers_console.badges": {"category", "country", "mode", "reference"},
    "commitments_console.keep": {"session", "kind", "due_on", "language", "country", "speaker", "email"},
    "rounds.draft": {"says", "hindrance", "language"},
    "commitments_console.add_contact": {"phone"},
    "tracker.ask_report": {"language"},
}
"""Fields of a form's own that its smallest valid content leaves out, where no page shows the form."""
RANDOM = {
    ("registration", "reference"),
    ("fund_application", "reference"),
    ("questionnaire", "draft"),
    ("questionnaire_version", "definition"),
    ("stored_file", "storage_key"),
    ("seat_offer", "token_hash"),
    ("fund_call", "lottery_seal"),
    ("fund_call", "lottery_commitment"),
}
"""Columns with references and ids that are drawn anew each time: looked through for the intruder alone."""
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+")
COUNTED = {"id", "entry_id", "number", "offset_ms", "listed_offset_ms", "sent_offset_ms"}
"""Numbers that are others each time: of rows, and what clocks are off by."""
NAME = re.compile(r'\bname="([^"]+)"')


@dataclass(frozen=True)
class Untouched:
    """The world as it is before anything is sent: the ids in it, and what each table holds."""

    ids: set[uuid.UUID]
    sums: dict[str, str]


@pytest.fixture(scope="module")
def untouched(world: World) -> Untouched:
    """Every form is sent into the same world, so that it is read once."""
    return Untouched(_ids(world), _sums(world))


@pytest.mark.parametrize("route", POSTS, ids=[f"{route.endpoint} {route.address}" for route in POSTS])
def test_only_named_fields_are_written(world: World, untouched: Untouched, route: Route) -> None:
    who = route.post or route.who
    role = next(role for role in (*FIRST, *ROLES) if who[role] == OK)
    address = route.address.format(**world.mine)
    # The clock stands: a phone shows the same code to both.
    with time_machine.travel(now(), tick=False):
        data = form_of(world, route, role)
        extra = _intrusion(world, data.keys() | _fields(world, route, role, address))
        assert len(extra) > 150
        plain, status = _after(world, untouched, role, address, form_of(world, route, role))
        intruded, same = _after(world, untouched, role, address, extra | form_of(world, route, role))
    assert status < 400
    assert status == same
    assert not [row for row in intruded if INTRUDER in str(row)]
    assert intruded - plain == plain - intruded == Counter()


def test_the_comparison_sees_one_changed_field(world: World, untouched: Untouched) -> None:
    """Else the tests above would prove nothing."""
    plain, _ = _after(world, untouched, "owner", "/en/me/discreet", {"discreet": "y"})
    other, _ = _after(world, untouched, "owner", "/en/me/discreet", {})
    assert plain != other


def _fields(world: World, route: Route, role: str, address: str) -> set[str]:
    """The names of the fields that the form has anyway."""
    if "GET" not in route.methods.split():
        return set(OWN.get(route.endpoint, ()))
    page = world.ask(role, "GET", address).response.get_data(as_text=True)
    return set(NAME.findall(page)) | OWN.get(route.endpoint, set())


def _intrusion(world: World, own: set[str]) -> dict[str, str]:
    """Every column name of every table with a value of its kind, but for the form's own fields."""
    values: dict[str, str] = {}
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            values.setdefault(column.name, _value(world, column))
    return {name: value for name, value in values.items() if name not in own}


def _value(world: World, column: Column[Any]) -> str:
    kind = column.type
    if isinstance(kind, Boolean):
        return "y"
    if isinstance(kind, Uuid):
        return str(world.persons["stranger"])
    if isinstance(kind, Enum):
        return str(kind.enums[-1])
    if isinstance(kind, DateTime):
        return "2031-02-03T04:05"
    if isinstance(kind, Date):
        return "2031-02-03"
    return "77" if isinstance(kind, Integer) else INTRUDER


def _after(
    world: World, untouched: Untouched, role: str, address: str, data: Mapping[str, Any]
) -> tuple[Counter[str], int]:
    """All rows of tables that a form changed, without what is random or the time of day; and the answer's status."""
    with world.moment():
        answer = world.ask(role, "POST", address, data)
        found: Counter[str] = Counter()
        sums = _sums(world)
        for table in db.metadata.sorted_tables:
            if sums[table.name] == untouched.sums[table.name]:
                continue
            for row in world.connection.execute(select(table)).mappings():
                found[str((table.name, _plain(table.name, row, untouched.ids)))] += 1
    return found, answer.status


def _sums(world: World) -> dict[str, str]:
    """What every table holds, in a word each: the server counts faster than we read."""
    parts = [
        f"SELECT '{table.name}', md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')) FROM \"{table.name}\" t"
        for table in db.metadata.sorted_tables
    ]
    return {row[0]: row[1] for row in world.connection.exec_driver_sql(" UNION ALL ".join(parts))}


def _ids(world: World) -> set[uuid.UUID]:
    return {
        value
        for table in db.metadata.sorted_tables
        for row in world.connection.execute(select(table))
        for value in row
        if isinstance(value, uuid.UUID)
    }


def _plain(table: str, row: Mapping[Any, Any], before: set[uuid.UUID]) -> list[tuple[str, str]]:
    return [(name, _word(table, name, value, before)) for name, value in row.items()]


def _word(table: str, name: str, value: Any, before: set[uuid.UUID]) -> str:
    if isinstance(value, uuid.UUID):
        return str(value) if value in before else "a new one"
    if isinstance(value, datetime):
        return str(value) if value.year == 2031 else "a time"
    if isinstance(value, bytes | memoryview):
        return "bytes"
    if isinstance(value, int) and not isinstance(value, bool) and name in COUNTED:
        return "a number"
    if (table, name) in RANDOM and INTRUDER not in str(value):
        return "drawn anew"
    said = INSTANT.sub(lambda found: found[0] if found[0].startswith("2031") else "a time", str(value))
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", lambda found: _known(found[0], before), said)


def _known(word: str, before: set[uuid.UUID]) -> str:
    return word if uuid.UUID(word) in before else "a new one"

"""Every address of the fund, as every role, with a file of somebody else in every part that may name one.

The addresses come from the map of the app, so that a page that is built tomorrow is walked too. Whatever an answer
says of the files (a page, a list, a search, a preview, a file to save, an error) is looked for by the marks of
tests/house/walled.py, and must be among what the role may see.
"""

import itertools
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.routing import Rule

from eventhub.kit.db import db
from eventhub.programme.models import Event
from tests.house.routes import ROUTES
from tests.house.walled import BESIDE, EVERYTHING, MAY, Walled, build
from tests.house.world import World

pytestmark = pytest.mark.together
FUND = ("funding", "reviewing", "selecting", "awards")
MOST = {"GET": 8, "POST": 2}
"""So many addresses are made of one rule at the most."""
ASKED = "q=zeph&chip=all&all=1&size=100&stand=open"
"""What widens every list and search."""
BESIDE_THE_FUND = re.compile("/console|/search|/me|open-data|metrics")
"""Addresses of others that list, find or count what belongs to many features."""
NEEDS = {"reader": {"answer", "number"}, "board_member": {"public", "pin"}, "approver": {"public"}}
"""What some must find to do their work: a wall that is too high fails too."""
SEALED_OFF = {"legal", "mailbox", "phone", "review", "pin", "payee", "report"}
"""What the desk does not show either: of whoever has an alias, what readers and the board say, a report not filed."""
TYPED: dict[str, Any] = {
    "outcome": "eligible",
    "reason": "I want to know",
    "kind": "csv",
    "text": "Words",
    "question": "Where?",
    "days": "3",
    "note": "Words",
    "why": "Words",
    "go": "keep",
    "deed": "come",
    "what": "cut",
    "must": "yes",
    "answer": "accept",
    "finding": "different",
    "party": "person",
    "seen": "1",
}
"""Something for every field that a form of the fund might have."""


@pytest.fixture(scope="module")
def walled(world: World) -> Walled:
    with world.writing():
        event = db.session.scalars(select(Event).where(Event.slug == world.mine["event"])).one()
        return build(world, event)


def test_whoever_runs_the_fund_sees_every_kind_of_value(world: World, walled: Walled) -> None:
    """The walk finds what there is to find: otherwise it would prove nothing of the others."""
    found = {kind for _where, kinds in walk(world, walled, "fund_officer") for kind in kinds}
    assert EVERYTHING - found <= SEALED_OFF, EVERYTHING - found


@pytest.mark.parametrize("role", [role for role in MAY if role != "fund_officer"])
def test_nobody_sees_more_of_a_file_than_the_role_may(world: World, walled: Walled, role: str) -> None:
    answers = list(walk(world, walled, role))
    assert [(where, kinds - MAY[role]) for where, kinds in answers if kinds - MAY[role]] == []
    assert NEEDS.get(role, set()) <= {kind for _where, kinds in answers for kind in kinds}


def walk(world: World, walled: Walled, role: str) -> Iterator[tuple[str, set[str]]]:
    """What stands in every answer that a role gets: by method and address."""
    for rule in sorted(world.app.url_map.iter_rules(), key=lambda one: (one.endpoint, one.rule)):
        mine = rule.endpoint.startswith(FUND)
        if not mine and (set(rule.arguments) - {"lang"} or not BESIDE_THE_FUND.search(rule.rule)):
            continue
        methods = rule.methods or set()
        if "GET" in methods:
            for address in addresses(world, rule, walled, role, "GET"):
                yield f"GET {address}", look(world, walled, role, "GET", f"{address}?{ASKED}")
        if "POST" in methods and mine:
            for address in addresses(world, rule, walled, role, "POST"):
                with world.moment():
                    yield f"POST {address}", look(world, walled, role, "POST", address, sent(world, rule, walled))


def look(
    world: World, walled: Walled, role: str, method: str, address: str, data: Mapping[str, Any] | None = None
) -> set[str]:
    """The kinds of values in an answer, with its headers, and in the page that it leads to."""
    answer = world.ask(BESIDE + role, method, address, data)
    told = _told(answer)
    if answer.location.startswith("/") and method == "POST":
        address += answer.location
        told += _told(world.ask(BESIDE + role, "GET", answer.location))
    return walled.seen(told, but=address)


def addresses(world: World, rule: Rule, walled: Walled, role: str, method: str) -> list[str]:
    """The addresses of a rule with what hangs on the files in each of its parts."""
    names = sorted(set(rule.arguments) - {"lang"})
    pools = [_pool(rule, name, walled, role) for name in names]
    adapter = world.app.url_map.bind("localhost")
    found = []
    for values in itertools.islice(itertools.product(*pools), MOST[method]):
        parts = dict(zip(names, values, strict=True)) | ({"lang": "en"} if "lang" in rule.arguments else {})
        found.append(adapter.build(rule.endpoint, parts, force_external=False))
    return list(dict.fromkeys(found))


def sent(world: World, rule: Rule, walled: Walled) -> dict[str, Any]:
    """A form that names the files wherever a form of the fund may name one."""
    line = next((one for one in ROUTES if one.endpoint == rule.endpoint and one.data), None)
    usual = {name: str(value).format(**world.mine) for name, value in line.data.items()} if line else {}
    named = {
        "id": walled.parts["application_id"],
        "application": walled.parts["application_id"][-1],
        "reference": walled.parts["reference"][0],
        "q": "zeph",
    }
    # Whoever passes the gate without a tie may see what is behind it.
    tied: dict[str, Any] = {f"tie_{uuid.UUID(one).hex}": "family" for one in walled.parts["review_id"]}
    tied |= {"tied_countries": walled.parts["country"]}
    return TYPED | usual | named | tied


def _pool(rule: Rule, name: str, walled: Walled, role: str) -> list[Any]:
    parts = walled.parts_for(role)
    kind = type(rule._converters[name]).__name__
    if name in parts:
        return parts[name]
    if kind == "AnyConverter":
        return sorted(rule._converters[name].items)[:1]  # type: ignore[attr-defined]
    if kind == "IntegerConverter":
        return [1]
    return walled.ids if kind == "UUIDConverter" else ["p1"]


def _told(answer: Any) -> str:
    headers = "\n".join(f"{name}: {value}" for name, value in answer.response.headers if name != "Set-Cookie")
    return headers + answer.response.get_data().decode("utf-8", "replace")

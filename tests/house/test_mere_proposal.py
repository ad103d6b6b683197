"""A change of rules that somebody proposed, and to which nobody agreed, decides nothing: every page of the fund is the
same as before, but for those where rules are changed and agreed to.
"""

import difflib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from sqlalchemy import delete, select

from eventhub.funding import call_queries, rules
from eventhub.funding.models import Call, CallRules
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.pages import PageStore
from tests.house.routes import ROUTES
from tests.house.test_two_worlds import TOKENS
from tests.house.world import World

pytestmark = pytest.mark.together
OF_THE_FUND = ("awards", "funding", "reviewing", "selecting")
WHERE_RULES_CHANGE = {
    *("funding_console.call", "funding_console.call_change", "funding_console.call_rules"),
    *("funding_console.call_words", "funding_console.call_form", "funding_console.call_facts"),
}
ROLES = ("admin", "approver", "reviewer", "owner")


@pytest.fixture(scope="module", autouse=True)
def one_moment() -> Iterator[None]:
    """The clock stands, so that pages that tell the time are equal."""
    with time_machine.travel(now(), tick=False):
        yield


def _drawn(world: World, role: str) -> dict[str, tuple[int, str]]:
    seen = {}
    for route in ROUTES:
        if route.endpoint.partition(".")[0].startswith(OF_THE_FUND) and "GET" in route.methods:
            if route.endpoint in WHERE_RULES_CHANGE:
                continue
            store = world.app.extensions["eventhub.redis"]
            for key in store.scan_iter("present:*"):
                store.delete(key)
            world.app.extensions["eventhub.pages"] = PageStore()
            with world.connection.begin_nested() as looked:
                answer = world.ask(role, "GET", route.address.format(**world.mine))
                looked.rollback()
            body = TOKENS.sub("", answer.response.get_data().decode("utf-8", "replace"))
            seen[route.address] = answer.status, re.sub(r"/awaited/[\w-]+", "", body)
    return seen


def _turned(held: dict[str, Any]) -> dict[str, Any]:
    """Rules that differ in all that anything could be decided by."""
    standing = rules.to_json(rules.read(held))
    costs, reviewing = standing["costs"], standing["reviewing"]
    limits = {
        "nominees_per_organisation": 1,
        "selected_per_organisation": 7,
        "months_between_grants": 0 if standing["limits"]["months_between_grants"] else 120,
        "owed_report_blocks": not standing["limits"]["owed_report_blocks"],
    }
    flat = {name: value + 12_345 for name, value in costs.items() if isinstance(value, int) and name != "dsa_days"}
    made = standing | {
        "limits": limits,
        "costs": costs | flat | {"dsa_days": costs["dsa_days"] + 3, "fares": []},
        "reviewing": reviewing
        | {
            "readers": reviewing["readers"] + 2,
            "masking": "named" if reviewing["masking"] == "masked" else "masked",
            "board_masking": "named" if reviewing["board_masking"] == "masked" else "masked",
            "nationality_conflicts": not reviewing["nationality_conflicts"],
            "ends_after_days": reviewing["ends_after_days"] + 9,
            "another_above": 3,
        },
        "envelopes": [one | {"amount": one["amount"] + 77_700} for one in standing["envelopes"]],
        "vouching": {"nominator": True, "referees": 2, "letter": True, "late_days": 1},
        "supports": ["full", "partial"] if standing["supports"] != ["full", "partial"] else ["would_come"],
        "ties": ["lottery"],
        "board": {"members": 9, "quorum": 9},
        "places": (standing["places"] or 3) + 1,
        "balance": [],
        **{name: standing[name] + 4 for name in ("file_days", "accept_days", "report_days")},
        "over_commit": 133,
    }
    return rules.to_json(rules.read(made))


def _propose_everywhere(world: World) -> int:
    with world.writing():
        db.session.execute(delete(CallRules).where(CallRules.agreed_at.is_(None), CallRules.dropped_at.is_(None)))
        newest: dict[Any, CallRules] = {}
        for one in db.session.scalars(select(CallRules).order_by(CallRules.number)):
            newest[one.call_id] = one
        officer = world.persons["fund_officer"]
        for call in db.session.scalars(select(Call).where(Call.id.in_(newest))):
            held = newest[call.id]
            row = CallRules(call_id=call.id, number=held.number + 1, rules=_turned(held.rules), reason="Why not")
            row.texts = {name: {"en": f"Proposed {name}"} for name in call_queries.TEXTS}
            row.version_id, row.digest, row.proposed_by_id = held.version_id, "f" * 64, officer
            db.session.add(row)
        return len(newest)


@pytest.mark.parametrize("role", ROLES)
def test_a_proposal_changes_no_page(world: World, role: str) -> None:
    with world.moment():
        with world.writing():
            db.session.execute(delete(CallRules).where(CallRules.agreed_at.is_(None), CallRules.dropped_at.is_(None)))
        before = _drawn(world, role)
        assert _propose_everywhere(world) > 5
        after = _drawn(world, role)
    assert len(before) > 60
    for address, told in before.items():
        assert after[address][0] == told[0]
        now_told = difflib.unified_diff(told[1].splitlines(), after[address][1].splitlines(), n=0, lineterm="")
        told_anew = "\n".join(now_told)
        assert told_anew == "", f"{role} reads a mere proposal at {address}: {told_anew}"

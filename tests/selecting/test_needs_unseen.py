"""What somebody needs is not to be reckoned out of what a journey costs: by readers, by the board, by a sum."""

import csv
import io

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from eventhub.funding import costs
from eventhub.funding.models import Application, Call
from eventhub.funding.rules import CostLine, Costs, Support
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.reviewing import shown
from eventhub.selecting import actions, queries
from eventhub.selecting.models import Slate
from tests.factories.people import sign_in
from tests.factories.selecting import COST, make_approver, make_member, make_scored, make_slate, meet, reading
from tests.programme.console import text_of
from tests.selecting.test_room import at, export

NEED = 33_300
TICKET = {"code": "economy_return_ticket", "amount": COST}
ACCESS = {"code": "accessibility_support", "amount": NEED}


@pytest.fixture
def scene(client: FlaskClient) -> tuple[Call, list[Application], Person, Slate]:
    """Twelve files alike, but the first one needs something."""
    call, files = make_scored(12, places=4, envelopes=[{"id": "a", "title": {"en": "A"}, "amount": 1_040_000}])
    for one in files:
        one.cost_lines = [TICKET]
    files[0].cost_lines, files[0].cost = [TICKET, ACCESS], COST + NEED
    db.session.flush()
    member, other = make_member(call), make_member(call)
    slate = make_slate(meet(call, member, other), member)
    assert slate.result["cost"] == 4 * COST + NEED, "what is calculated counts the need"
    sign_in(client, member)
    return call, files, member, slate


@pytest.mark.usefixtures("database")
def test_the_board_reads_the_same_cost_of_everybody(
    client: FlaskClient, scene: tuple[Call, list[Application], Person, Slate]
) -> None:
    call, files, _member, slate = scene
    for page in (at(call), at(call, "?all=1"), at(call, f"/slates/{slate.number}/recommend")):
        told = text_of(client.get(page))
        assert "2,500" in told
        assert "10,000" in told, "the sum of four"
        for secret in ("2,833", "10,333", "Left "):
            assert secret not in told
        assert "Without what access needs" in told
    table = list(csv.reader(io.StringIO(export(client, call, slate).get_data().decode("utf-8-sig"))))
    assert len({row[5] for row in table[1:]}) == 1
    ways = queries.open_costs(reading(call), [one.id for one in files])
    assert len({tuple(sorted(one.items())) for one in ways.values()}) == 1, "in no way of funding"


@pytest.mark.usefixtures("database")
def test_whoever_approves_the_money_reads_the_exact_sum(
    client: FlaskClient, scene: tuple[Call, list[Application], Person, Slate]
) -> None:
    call, _files, member, slate = scene
    actions.recommend(member, reading(call), queries.open_board(call.id), slate.number)
    sign_in(client, make_approver(call))
    told = text_of(client.get(at(call, f"/slates/{slate.number}/decide")))
    assert "10,333" in told
    assert "2,833" not in told, "of one person nobody needs it"


@pytest.mark.usefixtures("database")
def test_a_reader_reads_the_same_cost(app: Flask, scene: tuple[Call, list[Application], Person, Slate]) -> None:
    call, files, _member, _slate = scene
    with app.test_request_context("/en/"):
        g.lang = "en"
        told = [
            next(row["value"] for row in shown.facts(one, reading(call), "en") if row["label"] == "Reckoned cost")
            for one in files[:2]
        ]
    assert told[0] == told[1]


def test_a_part_and_whoever_would_come_tell_nothing_either() -> None:
    rules = Costs(lines=(CostLine.TICKET, CostLine.ACCESS, CostLine.COMPANION))
    plain = {"economy_return_ticket": 1000}
    needing = plain | {"accessibility_support": 300, "childcare_or_companion": 200}
    for asked in (None, 500, 1200, 1400, 9000):
        assert costs.without_needs(rules, 1500, needing, asked) == costs.without_needs(rules, 1000, plain, asked)
    assert costs.without_needs(rules, 1500, needing, None)[Support.WOULD_COME] == 0


def test_where_no_ticket_is_paid_everybody_is_connected() -> None:
    rules = Costs(lines=(CostLine.CONNECTIVITY, CostLine.ACCESS))
    told = costs.without_needs(rules, 80, {"data_or_connectivity_grant": 50, "accessibility_support": 30}, None)
    assert told[Support.FULL] == 50

"""However many there are, the same few statements answer."""

from datetime import date

import pytest
from flask.testing import FlaskClient

from eventhub.commitments import following
from eventhub.commitments.capturing import Step
from eventhub.commitments.models import Says
from tests.factories.commitments import described, past_event, published

pytestmark = pytest.mark.usefixtures("database")

MOST = {
    "/en/commitments": 6,
    "/en/commitments?q=schools": 6,
    "/en/commitments?maker=government&country=KE&said=planning&fresh=up_to_date&by=Ministry+of+Education+of+Utopia": 6,
    "/open-data/commitments.csv": 6,
    "/open-data/commitments.json": 12,
    "/en/commitments/changes.atom": 5,
    "/cal/days/commitments.ics": 6,
    "/en/commitments/scorecards": 10,
    "/en/commitments/scorecards?by=country": 9,
}


def one_more() -> str:
    made = described(published(past_event()), themes=["education"], milestones=[Step("A law", date(2026, 1, 1))])
    following.say(made, Says.PLANNING, text="Soon")
    return made.reference


@pytest.mark.parametrize("path", MOST)
def test_three_cost_as_many_statements_as_one(client: FlaskClient, statements: list[str], path: str) -> None:
    counts = []
    for _ in range(3):
        one_more()
        statements.clear()
        assert client.get(path).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[-1] <= MOST[path], "\n".join(statements)


def test_a_page_of_one_asks_little(client: FlaskClient, statements: list[str]) -> None:
    reference = one_more()
    statements.clear()
    assert client.get(f"/en/commitments/{reference}").status_code == 200
    assert len(statements) <= 6, "\n".join(statements)

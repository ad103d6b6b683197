"""However many there are, the same few statements answer."""

from datetime import date

import pytest
from flask.testing import FlaskClient

from eventhub.commitments import following
from eventhub.commitments.capturing import Step
from eventhub.commitments.models import Says
from tests.factories.commitments import described, past_event, published
from tests.factories.filled import with_everything

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


EVERYTHING = (
    "No report received",
    "We checked: Evidence seen",
    "The maker says: Being planned",
    "Report of the ministry",
    "Four of the schools",
    "We send teachers by June",
    "Took in",
    "Old classes",
    "Union of Schools",
    "It has no budget any more",
    "A new budget year",
    "A/HRC/52/71",
    "Classes that are open",
    "The law is passed",
)
"""What such a page shows: of each list at least two rows, so that nothing is asked for each row."""


@pytest.mark.parametrize("path", MOST)
def test_three_cost_as_many_statements_as_one(client: FlaskClient, statements: list[str], path: str) -> None:
    counts = []
    for _ in range(3):
        one_more()
        statements.clear()
        assert client.get(path).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[-1] <= MOST[path], "\n".join(statements)


def test_a_page_of_one_asks_as_little_with_everything_on_it(client: FlaskClient, statements: list[str]) -> None:
    plain, filled = one_more(), with_everything().reference
    spent = []
    for reference in (plain, filled):
        client.get(f"/ar/commitments/{plain}")
        statements.clear()
        page = client.get(f"/en/commitments/{reference}")
        assert page.status_code == 200
        spent.append(len(statements))
    assert spent[0] == spent[1] <= 6, "\n".join(statements)
    for words in EVERYTHING:
        assert words in page.text, words


@pytest.mark.parametrize("path", ["/en/commitments", "/en/commitments?q=classes"])
def test_a_list_of_what_has_everything_asks_as_little(client: FlaskClient, statements: list[str], path: str) -> None:
    one_more()
    statements.clear()
    client.get(path)
    before = len(statements)
    with_everything()
    statements.clear()
    assert "Forty-six classes" in client.get(path).text
    assert len(statements) == before <= 6, "\n".join(statements)

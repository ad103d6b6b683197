"""However many there are, the same few statements answer."""

from datetime import date
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from eventhub.commitments import capturing, following, succeeding
from eventhub.commitments.capturing import MadeBy, Step, Words
from eventhub.commitments.models import Commitment, Kin, Says, Verdict
from eventhub.evidence import commenting
from eventhub.evidence.models import Word
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.people.queries import grants_of
from eventhub.rounds.models import Round, RoundItem
from tests.factories.commitments import described, past_event, published
from tests.factories.evidence import again, checked, shown_comment
from tests.factories.people import make_person, make_staff
from tests.factories.rounds import event_of_months_ago

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


def with_everything() -> str:
    """One that has all that a page can show, twice."""
    event = event_of_months_ago()
    made = published(event, title="Forty-six classes", language="fr")
    for step in ("first", "second"):
        capturing.amend(
            make_person(),
            made,
            Words(f"The {step} words", title="Forty-six classes", due_on=date(2029, 1, 31)),
            reason=f"A new budget year, the {step}",
        )
        made = again(made)
    for language in ("en", "ar"):
        capturing.translate(make_person(), made, language, wording="Forty-six classes", title="Forty-six classes")
    makers = [MadeBy(name, "government", "KE") for name in ("Union of Schools", "Foundation", "Ministry of Schools")]
    made = described(
        made,
        makers=makers,
        recommendations=[("A/HRC/52/71", "65"), ("A/HRC/52/71", "66")],
        indicators=[("Classes that are open", Decimal(0), Decimal(46)), ("Teachers", Decimal(0), Decimal(92))],
        milestones=[Step("The law is passed"), Step("The classes are open")],
    )
    for place in (0, 1):
        succeeding.leave(make_person(), made, made.makers[place].id, "It has no budget any more")
    made = again(made)
    for _time in range(2):
        following.say(made, Says.PLANNING, text="Soon")
        checked(made)
        following.check(make_person(), made, Verdict.EVIDENCE_SEEN)
        _comment, reply = shown_comment(made)
        assert reply is not None
        commenting.answer(commenting.reply_token(reply), "We send teachers by June", "en")
        commenting.decide_reply(make_person(), made, reply, Word.SHOWN)
        keeper = make_staff(Role.ORGANISER, event_id=event.id)
        before = published(event, title="Old classes")
        succeeding.replace(keeper, grants_of(keeper.id), before, [made.number], Kin.MERGED, "Two became one")
    for months in (3, 6):
        silent(made, months)
    db.session.flush()
    return made.reference


def silent(made: Commitment, step: int) -> None:
    """A round that closed without a word."""
    found = Round(
        event_id=made.event_id, step=step, planned_on=date(2026, 1, 1), days=[0], opened_at=now(), closes_at=now()
    )
    db.session.add(found)
    db.session.flush()
    db.session.add(RoundItem(round_id=found.id, commitment_id=made.id, version=1, silent_on=date(2026, 2, 1)))


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
    plain, filled = one_more(), with_everything()
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

"""What was said as a PDF, in the language of the page: printed, kept, and gone after a day."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from eventhub.commitments.models import Says
from eventhub.kit.clock import now
from eventhub.rounds import answering, copies, copy_paper
from eventhub.rounds.answering import Said
from tests.factories.commitments import new_address
from tests.factories.rounds import event_of_months_ago, followed, item_of, link_of, opened, secret

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("lang", ["en", "ar", "zh"])
def test_a_copy_says_what_was_said(client: FlaskClient, lang: str) -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box, wording="سنفتح فصولا باللغة الأم", language="ar")
    opened(event)
    said = Said(Says.IN_PROGRESS, text="#read(secret) 46", obstacles=("funding",), hindrance="Late", language="en")
    answering.answer(secret(box), item_of(made).id, said, seen=1)
    link = link_of(box)
    paper = copies.to_make(copies.ask(link, lang).id)
    assert paper is not None
    data = copy_paper.gather(paper, now())
    assert data is not None
    values = [row["value"] for row in data["sections"][0]["parts"][0]["rows"]]
    assert {made.reference, "#read(secret) 46", "Late"} <= set(values)
    body = copy_paper.make(data, now())
    assert body.startswith(b"%PDF")
    copies.keep(paper, body, at=now())
    answer = client.get(f"/{lang}/answer/{secret(box)}/copy.pdf")
    assert (answer.status_code, answer.data[:4]) == (200, b"%PDF")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert copies.drop_outdated(now() + copies.LIFE - timedelta(minutes=5)) == 0
    assert copies.drop_outdated(now() + copies.LIFE + timedelta(minutes=5)) == 1
    assert client.get(f"/{lang}/answer/{secret(box)}/copy.pdf").status_code == 404


def test_after_another_answer_the_copy_is_made_anew() -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    opened(event)
    answering.answer(secret(box), item_of(made).id, Said(Says.PLANNING), seen=1)
    copies.ask(link_of(box), "en")
    answering.answer(secret(box), item_of(made).id, Said(Says.IN_PROGRESS), seen=1)
    assert copies.how_far(link_of(box), "en") == "ask"

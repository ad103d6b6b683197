"""Whoever speaks for the maker is told what was checked in public, why, and how to answer."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.commitments.models import Verdict
from eventhub.evidence import assessing, letters
from eventhub.evidence.models import Voice
from eventhub.kit.clock import now
from eventhub.kit.codes import LANGUAGES
from eventhub.kit.db import db
from eventhub.kit.mail import render
from eventhub.kit.outbox import Promise
from tests.factories.commitments import published
from tests.factories.evidence import again, sign
from tests.factories.people import make_person
from tests.rounds.test_pages import ADDRESS

pytestmark = pytest.mark.usefixtures("database")
WHY = "Two of the schools say that nobody came."


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_maker_reads_what_was_checked_and_can_answer(client: FlaskClient, lang: str) -> None:
    commitment = published()
    commitment.contacts[0].language = lang
    db.session.flush()
    first = assessing.assess(make_person(), commitment, Verdict.NO_EVIDENCE, text="None yet", seen=sign(commitment))
    again(commitment)
    review = assessing.assess(make_person(), commitment, Verdict.DISPUTED, text=WHY, seen=sign(commitment))
    voice = db.session.scalars(select(Voice).where(Voice.commitment_id == commitment.id)).one()
    owed = db.session.scalars(select(Promise).where(Promise.task == "evidence.assessed")).all()
    assert {one.payload["review_id"] for one in owed} == {str(first.id), str(review.id)}
    assert letters.assessed(first.id, voice.id) is None
    letter = letters.assessed(review.id, voice.id)
    assert letter is not None
    assert letter.to == again(commitment).contacts[0].email
    mail = render(letter, "<1@example.org>", now())
    assert WHY in mail.text
    (way,) = {one for one in ADDRESS.findall(mail.text) if "/speak/" in one}
    page = client.get(way[way.index(f"/{lang}/") :])
    assert (page.status_code, WHY in page.text) == (200, True)
    again(commitment).contacts[0].email = None
    db.session.flush()
    assert letters.assessed(review.id, voice.id) is None

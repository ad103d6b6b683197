"""Whoever speaks for the maker is told what was checked in public, why, and how to answer."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.commitments.models import Verdict
from eventhub.evidence import assessing, commenting, letters, voices
from eventhub.evidence.models import Comment, ShownAs, Voice
from eventhub.kit.clock import now
from eventhub.kit.codes import LANGUAGES
from eventhub.kit.db import db
from eventhub.kit.mail import render
from eventhub.kit.outbox import Promise
from tests.factories.commitments import published
from tests.factories.evidence import again, make_voice, sign
from tests.factories.people import form_fields, make_person
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


def test_somebody_of_no_organization_comments_as_a_person(client: FlaskClient) -> None:
    commitment = published()
    url = f"/en/speak/{voices.link_token(make_voice(commitment))}/comment"
    given = {"text": "My daughter sees no teacher there.", "language": "en", "name": "Ilona", "country": "HU"}
    hidden = form_fields(client.get(url).text, url)
    refused = client.post(url, data=hidden | given | {"shown_as": "protected"})
    assert refused.status_code == 422
    assert "or choose to be shown as a person" in refused.text
    assert "My daughter sees no teacher there." in refused.text
    assert client.post(url, data=form_fields(refused.text, url) | given | {"shown_as": "person"}).status_code == 303
    comment = db.session.scalars(select(Comment).where(Comment.commitment_id == commitment.id)).one()
    assert (comment.shown_as, voices.identity(voice_of(comment))["organisation"]) == (ShownAs.PERSON, "")
    commenting.show(make_person(), again(commitment), comment)
    page = client.get(f"/en/commitments/{commitment.reference}").text
    assert "A person (Hungary)" in page
    assert "Ilona" not in page


def voice_of(comment: Comment) -> Voice:
    """Who wrote it."""
    return db.session.get_one(Voice, comment.voice_id)

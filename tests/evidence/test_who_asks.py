"""Whoever asks for a link learns nothing by how long it takes, and the link goes where the person reads mail now."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from eventhub.commitments.models import Commitment
from eventhub.evidence import giving, letters, voices
from eventhub.evidence.models import Standing
from eventhub.evidence.voices import LinkClosed
from eventhub.kit.db import db
from eventhub.people.models import Affiliation, Role
from tests.delegations.test_journeys import browser
from tests.factories.commitments import new_address, published
from tests.factories.evidence import again, checked, make_comment, make_evidence, make_voice
from tests.factories.people import make_organisation, make_person, make_staff

pytestmark = pytest.mark.usefixtures("database")


def asks(commitment: Commitment, email: str) -> None:
    voices.ask(again(commitment), email, "en")
    db.session.flush()


def test_asking_takes_as_many_statements_whoever_it_is(statements: list[str]) -> None:
    commitment = published()
    spoke, known, both = new_address(), make_person(email=new_address()), make_person(email=new_address())
    asks(commitment, spoke)
    asks(commitment, str(both.email))
    told = {}
    for who in (new_address(), spoke, str(known.email), str(both.email), str(commitment.contacts[0].email)):
        found = again(commitment)
        statements.clear()
        voices.ask(found, who, "en")
        db.session.flush()
        told[who] = len(statements)
    assert len(set(told.values())) == 1, told


def test_a_link_goes_to_the_present_mailbox_and_the_former_one_opens_nothing() -> None:
    commitment, person = published(), make_person(email=new_address())
    voice = voices.own(person, commitment, "en")
    make_comment(commitment, voice=voice)
    former = voices.link_token(voice)
    person.email = new_address()
    asks(commitment, person.email)
    letter = letters.link_asked(voice.id)
    assert letter is not None
    assert letter.to == person.email
    with pytest.raises(LinkClosed):
        voices.behind(former)
    assert voices.behind(voices.link_token(voice))[0].id == voice.id
    assert voices.identity(voice)["name"] == "Amina Yusuf"
    key = voices.link_token(voice)
    asks(commitment, person.email)
    assert voices.link_token(voice) == key


def test_why_somebody_took_evidence_back_is_no_word_for_everybody(client: FlaskClient) -> None:
    commitment = published()
    voice = make_voice(commitment)
    mine, theirs = make_evidence(commitment, voice=voice, title="Of a voice"), checked(commitment, title="Of staff")
    giving.check(make_person(), again(commitment), mine, Standing.PUBLIC)
    giving.take_back(voice, again(commitment), mine, "Ask Amina Yusuf why")
    giving.retract(make_person(), again(commitment), theirs, "Another one is newer")
    page = client.get(f"/en/commitments/{commitment.reference}").text
    assert all(words in page for words in ("Of a voice", "Of staff", "Another one is newer"))
    assert "Amina" not in page


def test_whoever_is_near_to_the_maker_reads_nothing_of_evidence_that_waits(app: Flask) -> None:
    commitment = published(maker="Ministry of Education of Utopia")
    near = make_staff(Role.COMMITMENT_REVIEWER, event_id=commitment.event_id)
    ministry = make_organisation(name="Ministry of Education of Utopia")
    db.session.add(Affiliation(person_id=near.id, organisation_id=ministry.id))
    waits, shown = make_evidence(commitment, title="Minutes"), checked(commitment)
    desk = f"/en/console/assessments/{commitment.id}/evidence"
    assert browser(app, near).get(f"{desk}/{waits.id}/retract").status_code == 404
    assert browser(app, near).get(f"{desk}/{shown.id}/retract").status_code == 200
    other = make_staff(Role.COMMITMENT_REVIEWER, event_id=commitment.event_id)
    assert "Minutes" in browser(app, other).get(f"{desk}/{waits.id}/retract").text

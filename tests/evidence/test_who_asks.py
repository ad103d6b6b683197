"""Whoever asks for a link learns nothing by how long it takes, and the link goes where the person reads mail now."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from eventhub.commitments import queries as commitments
from eventhub.commitments import succeeding, verifying
from eventhub.commitments.models import Commitment, Kin, Why
from eventhub.evidence import giving, letters, voices
from eventhub.evidence.models import Standing
from eventhub.evidence.voices import LinkClosed
from eventhub.kit.db import db
from eventhub.people.models import Affiliation, Role
from eventhub.people.queries import grants_of
from tests.delegations.test_journeys import browser
from tests.factories.commitments import new_address, past_event, published
from tests.factories.evidence import again, checked, make_comment, make_evidence, make_voice, shown_comment
from tests.factories.people import form_fields, make_organisation, make_person, make_staff

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


def test_what_was_said_is_taken_back_also_when_another_commitment_stands_in_its_place(client: FlaskClient) -> None:
    event = past_event()
    before, after = published(event), published(event)
    voice = make_voice(before)
    shown, _reply = shown_comment(before, voice=voice, text="Four schools have no teacher.")
    sent = make_evidence(again(before), voice=voice)
    here, page = f"/en/speak/{voices.link_token(voice)}", f"/en/commitments/{before.reference}"
    who = make_staff(Role.ORGANISER, event_id=event.id)
    succeeding.replace(who, grants_of(who.id), again(before), [after.number], Kin.MERGED, "Two became one")
    assert "Four schools" in client.get(page).text
    told = client.get(here)
    assert (told.status_code, f'{here}/comment"' in told.text) == (200, False)
    assert [client.get(f"{here}/{way}").status_code for way in ("comment", "evidence")] == [410, 410]
    take_back = f"{here}/comment/{shown.id}/take-back"
    assert client.post(take_back, data=form_fields(told.text, take_back)).status_code == 303
    assert "Four schools" not in client.get(page).text
    retract = f"{here}/evidence/{sent.id}/retract"
    data = form_fields(client.get(retract).text, retract) | {"reason": "It names somebody"}
    assert client.post(retract, data=data).status_code == 303
    gone = make_voice(published(event))
    verifying.withdraw(who, commitments.record(gone.commitment_id), Why.SAFETY, reason="They were threatened")
    assert client.get(f"/en/speak/{voices.link_token(gone)}").status_code == 410


def test_one_piece_or_four_take_as_many_statements(app: Flask, client: FlaskClient, statements: list[str]) -> None:
    commitment = published()
    voice = make_voice(commitment)
    desk = f"/en/console/assessments/{commitment.id}"
    staff = browser(app, make_staff(Role.COMMITMENT_REVIEWER, event_id=commitment.event_id))
    told = []
    for number in (1, 3):
        for _one in range(number):
            make_evidence(commitment, voice=voice)
            make_comment(commitment, voice=voice)
            make_comment(commitment)
        for browsing, page in ((staff, desk), (client, f"/en/speak/{voices.link_token(voice)}")):
            db.session.flush()
            db.session.expire_all()
            statements.clear()
            assert browsing.get(page).status_code == 200
            told.append(len(statements))
    assert told[:2] == told[2:]

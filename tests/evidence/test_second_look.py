"""Two look where one could do harm: whoever gave evidence does not check it, whoever is near destroys none, and nobody
drowns those who read.
"""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from eventhub.commitments import verifying
from eventhub.commitments.models import Commitment, Why
from eventhub.evidence import giving, queries, voices
from eventhub.evidence.models import Comment, Evidence, Standing
from eventhub.evidence.voices import TooMuchUnread
from eventhub.kit import files
from eventhub.kit.db import db
from eventhub.kit.files import FileGone, StoredFile
from eventhub.kit.outbox import Promise
from eventhub.people.models import Affiliation, Person, Role
from tests.delegations.test_journeys import browser
from tests.factories.commitments import published
from tests.factories.evidence import again, checked, make_comment, make_evidence, make_voice
from tests.factories.people import form_fields, make_organisation, make_person, make_staff

pytestmark = pytest.mark.usefixtures("database")
MAKER = "Ministry of Education of Utopia"


def reviewer(commitment: Commitment) -> Person:
    return make_staff(Role.COMMITMENT_REVIEWER, event_id=commitment.event_id)


def near(commitment: Commitment) -> Person:
    who = reviewer(commitment)
    db.session.add(Affiliation(person_id=who.id, organisation_id=make_organisation(name=MAKER).id))
    db.session.flush()
    return who


def test_whoever_gave_evidence_does_not_check_it_and_the_page_says_who_does(app: Flask) -> None:
    commitment = published()
    giver, other = reviewer(commitment), reviewer(commitment)
    made = make_evidence(commitment, actor=giver)
    with pytest.raises(giving.OwnEvidence):
        giving.check(giver, commitment, made, Standing.PUBLIC)
    desk = f"/en/console/assessments/{commitment.id}"
    page = browser(app, giver).get(desk).text
    assert "A colleague checks it" in page
    assert "Checked: show it" not in page
    page = browser(app, other).get(desk).text
    assert "A colleague checks it" not in page
    assert "Checked: show it" in page
    mine = update(Evidence).where(Evidence.id == made.id)
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(mine.values(checked_by_id=giver.id))
    giving.check(other, again(commitment), db.session.get_one(Evidence, made.id), Standing.PUBLIC)
    db.session.flush()


def test_whoever_is_near_hides_and_destroys_nothing(app: Flask, client: FlaskClient) -> None:
    commitment = published(maker=MAKER)
    made, who = checked(commitment), near(commitment)
    url = f"/en/console/assessments/{commitment.id}/evidence/{made.id}/retract"
    staff = browser(app, who)
    page = staff.get(url).text
    assert "You destroy nothing here" in page
    fields = form_fields(page) | {"reason": "It names a child"}
    assert staff.post(url, data=fields).status_code == 422
    assert (
        staff.post(url, data=form_fields(staff.get(url).text) | {"reason": "It names a child", "hide": "1"}).status_code
        == 303
    )
    commitment = again(commitment)
    found = db.session.get_one(Evidence, made.id)
    assert (found.standing, found.title, found.checked_by_id) == (Standing.WAITING, "", None)
    assert giving.words_of(found).title == "Report of the ministry"
    files.read(db.session.get_one(StoredFile, found.file_id))
    public = f"/en/commitments/{commitment.reference}"
    shown = client.get(public).text
    assert "Report of the ministry" not in shown
    assert "Evidence was hidden on" in shown
    assert client.get(f"{public}/evidence/{found.id}").status_code == 404
    assert staff.get(url).status_code == 404
    other = browser(app, reviewer(commitment))
    assert "hid this on" in other.get(f"/en/console/assessments/{commitment.id}").text
    giving.check(make_person(), again(commitment), db.session.get_one(Evidence, made.id), Standing.PUBLIC)
    db.session.flush()
    shown = client.get(public).text
    assert "Report of the ministry" in shown
    assert "Evidence was hidden on" not in shown


@pytest.mark.parametrize("hide", [False, True])
def test_a_colleague_decides_what_becomes_of_what_was_hidden(client: FlaskClient, hide: bool) -> None:
    commitment = published(maker=MAKER)
    made = checked(commitment)
    giving.retract(near(commitment), commitment, made, "It names a child", hide=True)
    giving.retract(make_person(), again(commitment), made, "It does", hide=hide)
    with pytest.raises(FileGone):
        files.read(db.session.get_one(StoredFile, made.file_id))
    page = client.get(f"/en/commitments/{commitment.reference}").text
    assert ("Report of the ministry" in page) is not hide
    assert "Evidence was hidden on" not in page


def test_nobody_drowns_those_who_read_and_neither_side_shuts_the_other_out(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "UNREAD", 2)
    commitment = published()
    of_maker = make_voice(commitment, make_person(email=commitment.contacts[0].email))
    make_comment(commitment)
    make_evidence(commitment, voice=make_voice(commitment))
    late = make_voice(commitment)
    with pytest.raises(TooMuchUnread) as told:
        make_evidence(commitment, voice=late)
    assert told.value.field == "file"
    page = f"/en/speak/{voices.link_token(late)}/comment"
    typed = {
        "text": "There is no teacher.",
        "language": "en",
        "shown_as": "protected",
        "name": "A",
        "organisation": "B",
    }
    answer = client.post(page, data=form_fields(client.get(page).text) | typed)
    assert answer.status_code == 422
    assert "waits to be read that nothing more is taken now" in answer.text
    assert "There is no teacher." in answer.text
    assert db.session.scalar(select(func.count(Comment.id))) == 1
    make_evidence(again(commitment), voice=of_maker)
    assert queries.unread(commitment.id, of_maker=True) == 1
    giving.check(make_person(), again(commitment), queries.all_evidence(commitment.id)[1], Standing.SEALED)
    make_evidence(again(commitment))


def test_sealed_reasons_are_counted_with_all_that_is_sealed_about_commitments() -> None:
    commitment, reader = published(), make_person()
    made = checked(commitment, Standing.SEALED)
    harmful = published()
    verifying.withdraw(make_person(), harmful, Why.SAFETY, reason="They were threatened")
    db.session.flush()
    for _number in range(10):
        giving.note_read(reader, commitment, made, "A colleague asks")
    alarms = select(func.count(Promise.id)).where(Promise.task == "registration.many_reads")
    for number in range(12):
        assert verifying.read_reason(reader, harmful, "I look after it") == "They were threatened"
        assert db.session.scalar(alarms) == (1 if number >= 10 else 0)

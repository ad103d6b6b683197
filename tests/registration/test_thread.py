"""Questions of the desk and answers: who reads them, what moves, what is kept and for how long."""

import io
import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from eventhub.kit import files
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.files import StoredFile
from eventhub.kit.sealed import SealKey, destroy
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.questionnaires.uploads import Upload
from eventhub.registration import actions, deciding, personal_data, thread
from eventhub.registration.models import Message, Registration, State
from eventhub.registration.moves import NotPossible, OwnFile
from tests.factories.people import form_fields, make_person, make_staff, sign_in
from tests.factories.programme import PDF_BYTES
from tests.factories.registration import intake, make_forum, make_registration, register
from tests.registration.test_files import is_a_download, picture

QUESTION = "Could you send the letter with its signature?\nThank you."


def asked(event: Event, person: Person, text: str = QUESTION) -> Registration:
    """A registration about which the desk has asked something."""
    one = register(event, person)
    thread.ask(make_person(), one, db.session.get_one(SealKey, person.seal_key_id), text)
    db.session.flush()
    return one


def desk(event: Event, one: Registration, more: str = "") -> str:
    return f"/en/console/events/{event.slug}/registrations/{one.id}{more}"


def mine(one: Registration, more: str = "/questions") -> str:
    return f"/en/me/registrations/{one.reference}{more}"


def at_desk(client: FlaskClient, event: Event, role: Role = Role.ACCREDITATION_OFFICER) -> Person:
    return sign_in(client, make_staff(role, event_id=event.id))


def ask(client: FlaskClient, event: Event, one: Registration, **more: object) -> TestResponse:
    fields = form_fields(client.get(desk(event, one)).text, f"{one.id}/questions")
    return client.post(desk(event, one, "/questions"), data=fields | {"question": QUESTION} | more)


def answer(
    client: FlaskClient, one: Registration, text: str = "", file: tuple[io.BytesIO, str] | None = None
) -> TestResponse:
    fields: dict[str, object] = form_fields(client.get(mine(one)).text, "/questions") | {"text": text}
    if file is not None:
        fields["file"] = FileStorage(*file)
    # Written out here: of a large file the test client would leave one open.
    boundary, body = encode_multipart(fields)
    return client.post(mine(one), data=body, content_type=f"multipart/form-data; boundary={boundary}")


def said(one: Registration) -> list[str | None]:
    person = db.session.get_one(Person, one.person_id)
    key = db.session.get_one(SealKey, person.seal_key_id)
    return [message.text for message in thread.messages(one, key)]


def test_a_question_is_asked_answered_and_seen_at_the_desk(app: Flask, client: FlaskClient) -> None:
    event, person = make_forum(), make_person(name="Amina Yusuf")
    one = register(event, person)
    at_desk(client, event)
    answered = ask(client, event, one, file=(io.BytesIO(PDF_BYTES), "model letter.pdf"))
    assert answered.location == desk(event, one)
    db.session.refresh(one)
    assert one.state is State.INFO_REQUESTED
    page = client.get(desk(event, one)).text
    assert "with its signature?" in page
    assert "model letter.pdf" in page
    assert "Your question is sent." in page

    owner = app.test_client()
    sign_in(owner, person)
    assert f'href="{mine(one)}"' in owner.get("/en/me").text
    assert f'href="{mine(one)}"' in owner.get(mine(one, "")).text
    page = owner.get(mine(one)).text
    assert "with its signature?\nThank you." in page
    assert "The secretariat" in page
    assert answer(owner, one, text="Here it is", file=(io.BytesIO(picture()), "signed.png")).location == mine(one)
    db.session.refresh(one)
    assert one.state is State.UNDER_REVIEW
    assert one.answered_at is not None
    page = owner.get(mine(one)).text
    assert "Your registration is now looked at again." in page
    assert "signed.png" in page

    listed = client.get(f"/en/console/events/{event.slug}/registrations").text
    assert "Answered <b>1</b>" in listed
    assert '<span class="tag new">Answered</span>' in listed
    page = client.get(desk(event, one)).text
    assert "Here it is" in page
    found = re.search(
        rf'href="({re.escape(desk(event, one, "/questions/"))}[0-9a-f-]+)" download><bdi>signed.png', page
    )
    assert found is not None
    saved = client.get(found[1])
    assert is_a_download(saved)
    assert "signed.png" in saved.headers["Content-Disposition"]
    assert "The secretariat saved a file that you sent" in owner.get(mine(one, "")).text


def test_internal_notes_and_the_names_of_officers_stay_at_the_desk(app: Flask, client: FlaskClient) -> None:
    event, person = make_forum(), make_person()
    one = register(event, person)
    officer = at_desk(client, event)
    officer.name = "Olga Officer"
    db.session.flush()
    assert ask(client, event, one).status_code == 303
    deciding.note(officer, one, "He sounded nervous")
    owner = app.test_client()
    sign_in(owner, person)
    for page in (owner.get(mine(one)).text, owner.get(mine(one, "")).text, owner.get("/en/me").text):
        assert "nervous" not in page
        assert "Olga" not in page
    assert "Olga Officer" in client.get(desk(event, one)).text


def test_the_organiser_reads_public_names_and_others_read_nothing(app: Flask, client: FlaskClient) -> None:
    event, person = make_forum(), make_person(name="Amina Yusuf", alias="A. Y.")
    one = asked(event, person)
    thread.answer(person, intake(event, person), "Secret words")
    at_desk(client, event, Role.ORGANISER)
    page = client.get(desk(event, one)).text
    assert "Secret words" in page
    assert "Amina" not in page
    for role in (Role.HOST_PARTNER, Role.CHECK_IN, Role.RAPPORTEUR):
        other = app.test_client()
        at_desk(other, event, role)
        assert other.get(desk(event, one)).status_code == 404
    stranger = app.test_client()
    sign_in(stranger, make_person())
    assert stranger.get(mine(one)).status_code == 404


def test_what_is_wrong_stands_at_its_field_and_the_words_stay(client: FlaskClient) -> None:
    event, person = make_forum(), make_person()
    one = asked(event, person)
    sign_in(client, person)
    empty = answer(client, one, text="  ")
    assert empty.status_code == 422
    assert "Write an answer, or choose a file" in empty.text
    for name, body, words in (
        ("letter.pdf", b"%PDF-1.4 cut off", "damaged"),
        ("page.html", b"<html><script>alert(1)</script></html>", "PDF"),
        ("empty.pdf", b"", "empty"),
        ("large.pdf", b"%PDF-1.4\n" + b"0" * files.LIMIT, "too large"),
    ):
        refused = answer(client, one, text="My long explanation", file=(io.BytesIO(body), name))
        assert refused.status_code in {413, 422}, name
        assert "My long explanation</textarea>" in refused.text
        assert words in refused.text.partition('id="file-e"')[2].partition("</p>")[0]
    db.session.refresh(one)
    assert one.state is State.INFO_REQUESTED
    assert said(one) == [QUESTION]
    assert answer(client, one, file=(io.BytesIO(PDF_BYTES), "letter.pdf")).status_code == 303
    assert said(one) == [QUESTION, ""]


def test_an_empty_question_is_not_sent(client: FlaskClient) -> None:
    event = make_forum()
    one = register(event)
    at_desk(client, event)
    refused = ask(client, event, one, question=" ", file=(io.BytesIO(PDF_BYTES), "letter.pdf"))
    assert refused.status_code == 422
    assert "Fill in this field" in refused.text
    db.session.refresh(one)
    assert one.state is State.UNDER_REVIEW


def test_a_second_press_sends_nothing_twice(client: FlaskClient) -> None:
    event, person = make_forum(), make_person()
    one = asked(event, person)
    sign_in(client, person)
    fields = form_fields(client.get(mine(one)).text, "/questions") | {"text": "Here"}
    for _ in range(2):
        data = fields | {"file": (io.BytesIO(PDF_BYTES), "letter.pdf")}
        assert client.post(mine(one), data=data).location == mine(one)
    assert said(one) == [QUESTION, "Here"]
    assert client.post(mine(one), data=fields | {"text": "Other words"}).status_code == 409


def test_a_second_officer_sees_the_first_question_before_asking_more(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    one = register(event)
    at_desk(client, event)
    other = app.test_client()
    at_desk(other, event)
    fields = form_fields(client.get(desk(event, one)).text, f"{one.id}/questions")
    assert ask(other, event, one, question="Which organization?").status_code == 303
    refused = client.post(desk(event, one, "/questions"), data=fields | {"question": "Which country?"})
    assert refused.status_code == 422
    assert "Somebody else changed this" in refused.text
    assert "Which organization?" in refused.text
    assert "Which country?</textarea>" in refused.text
    again = form_fields(refused.text, f"{one.id}/questions")
    assert client.post(desk(event, one, "/questions"), data=again | {"question": "Which country?"}).status_code == 303
    assert said(one) == ["Which organization?", "Which country?"]
    db.session.refresh(one)
    assert one.state is State.INFO_REQUESTED


def test_a_decision_on_what_was_there_before_the_answer_is_shown_the_answer_first(
    app: Flask, client: FlaskClient
) -> None:
    event, person = make_forum(), make_person()
    one = asked(event, person)
    at_desk(client, event)
    bulk = form_fields(client.get(desk(event, one)).text, "preview") | {"outcome": "declined", "id": str(one.id)}
    preview = client.post(f"/en/console/events/{event.slug}/registrations/preview", data=bulk).text
    fields = form_fields(preview, "decision") | {"reason": "missing_letter", "id": str(one.id)}
    owner = app.test_client()
    sign_in(owner, person)
    assert answer(owner, one, text="Here").status_code == 303
    refused = client.post(f"/en/console/events/{event.slug}/registrations/decision", data=fields)
    assert refused.status_code == 422
    assert "Somebody else changed this" in refused.text
    db.session.refresh(one)
    assert one.state is State.UNDER_REVIEW


def test_an_answer_after_the_decision_is_kept_and_marked(client: FlaskClient) -> None:
    event, person = make_forum(), make_person()
    one = asked(event, person)
    sign_in(client, person)
    fields = form_fields(client.get(mine(one)).text, "/questions") | {"text": "The letter is on its way"}
    deciding.decide(make_person(), [one], State.DECLINED, "missing_letter")
    assert client.post(mine(one), data=fields).status_code == 303
    assert "Your message is sent. The secretariat reads it." in client.get(mine(one)).text
    db.session.refresh(one)
    assert one.state is State.DECLINED
    assert one.answered_at is not None
    assert one.changed_at == one.decided_at, "doors go by when it was decided, not by what was written since"
    officer = at_desk(client, event)
    assert "Answered <b>1</b>" in client.get(f"/en/console/events/{event.slug}/registrations?chip=answered").text
    page = client.get(desk(event, one)).text
    taken = form_fields(page, "taken-up") | {"why": "The letter came late"}
    assert client.post(desk(event, one, "/taken-up"), data=taken).status_code == 303
    db.session.refresh(one)
    assert (one.state, one.reason, one.decided_at) == (State.UNDER_REVIEW, None, None)
    page = client.get(desk(event, one)).text
    assert "Taken up again" in page
    assert "The letter came late" in page
    sign_in(client, person)
    assert "The letter came late" not in client.get(mine(one, "")).text
    assert officer.id != person.id


def test_an_answer_can_be_marked_as_read(client: FlaskClient) -> None:
    event, person = make_forum(), make_person()
    one = asked(event, person)
    thread.answer(person, intake(event, person), "Thank you!")
    at_desk(client, event)
    fields = form_fields(client.get(desk(event, one)).text, "answer-read")
    assert client.post(desk(event, one, "/answer-read"), data=fields).status_code == 303
    db.session.refresh(one)
    assert one.answered_at is None
    assert "Mark as read" not in client.get(desk(event, one)).text
    thread.answer(person, intake(event, person), "One thing more")
    db.session.flush()
    late = client.post(desk(event, one, "/answer-read"), data=fields | {"form_key": str(uuid.uuid4())})
    assert late.status_code == 422
    db.session.refresh(one)
    assert one.answered_at is not None


@pytest.mark.usefixtures("database")
def test_changed_answers_count_as_an_answer_and_a_decision_ends_the_mark() -> None:
    event, person = make_forum(), make_person()
    one = asked(event, person)
    actions.amend(person, intake(event, person), {"legal_name": "Amina Y."})
    assert one.state is State.UNDER_REVIEW
    assert one.answered_at is not None
    deciding.decide(make_person(), [one], State.ACCREDITED, "complete")
    assert one.answered_at is None


def test_the_view_of_answers_begins_with_whoever_answered_first(client: FlaskClient) -> None:
    event = make_forum()
    people = [make_person(name=name) for name in ("Ada", "Ben")]
    for person in people:
        asked(event, person)
    for hours, person in ((2, people[1]), (1, people[0])):
        with time_machine.travel(now() - timedelta(hours=hours), tick=False):
            thread.answer(person, intake(event, person), "Here")
    register(event)
    officer = at_desk(client, event)
    page = client.get(f"/en/console/events/{event.slug}/registrations?chip=answered").text
    assert page.count('<th scope="row">') == 2
    first, second = re.findall(r'<th scope="row"><a href="[^"]+/([0-9a-f-]{36})"', page)
    rows = {str(one.id): one.person_id for one in db.session.scalars(select(Registration))}
    assert [rows[first], rows[second]] == [people[1].id, people[0].id]
    assert officer.id


def test_where_nothing_may_be_written_there_is_no_form(client: FlaskClient) -> None:
    event, person = make_forum(), make_person()
    one = register(event, person)
    sign_in(client, person)
    page = client.get(mine(one)).text
    assert "Nothing has been asked so far." in page
    assert "<textarea" not in page
    with pytest.raises(thread.NotAsked):
        thread.answer(person, intake(event, person), "Hello")
    thread.ask(make_person(), one, db.session.get_one(SealKey, person.seal_key_id), QUESTION)
    db.session.flush()
    fields = form_fields(client.get(mine(one)).text, "/questions") | {"text": "Too late, but typed"}
    actions.withdraw(person, intake(event, person))
    db.session.flush()
    refused = client.post(mine(one), data=fields)
    assert refused.status_code == 422
    assert "Nothing more can be sent about this registration." in refused.text
    assert "Too late, but typed" in refused.text
    assert said(one) == [QUESTION]


@pytest.mark.usefixtures("database")
def test_who_floods_is_told_to_wait_until_it_is_read() -> None:
    event, person = make_forum(), make_person()
    one = asked(event, person)
    for _ in range(thread.IN_A_ROW):
        thread.answer(person, intake(event, person), "More")
    with pytest.raises(thread.TooManyAtOnce):
        thread.answer(person, intake(event, person), "More")
    thread.ask(make_person(), one, db.session.get_one(SealKey, person.seal_key_id), "And?")
    assert thread.answer(person, intake(event, person), "More").id


@pytest.mark.usefixtures("database")
def test_nobody_asks_about_their_own_file_and_nobody_where_all_is_decided() -> None:
    event, person = make_forum(), make_person()
    one = register(event, person)
    key = db.session.get_one(SealKey, person.seal_key_id)
    with pytest.raises(OwnFile):
        thread.ask(person, one, key, QUESTION)
    for state in set(State) - thread.ASKED_IN - {State.DRAFT, State.OFFERED}:
        other = make_registration(event, person=make_person(), state=state)
        with pytest.raises(NotPossible):
            thread.ask(make_person(), other, key, QUESTION)


@pytest.mark.usefixtures("database")
def test_words_and_files_are_sealed_and_go_with_the_person() -> None:
    event, person = make_forum(), make_person()
    one = asked(event, person, "Marker-Q1")
    upload = Upload("Marker-name.pdf", PDF_BYTES)
    message = thread.answer(person, intake(event, person), "Marker-A1", upload)
    db.session.flush()
    rows = list(db.session.scalars(select(Message).where(Message.registration_id == one.id)))
    assert not [row for row in rows if b"Marker" in row.sealed]
    file = db.session.get_one(StoredFile, message.file_id)
    assert (file.name, file.seal_key_id) == ("file.pdf", person.seal_key_id)
    assert not db.session.scalar(select(AuditEntry.id).where(AuditEntry.text_digest.is_not(None)).limit(1))
    told = personal_data.own_data(person)[0]["questions"]
    assert [(line["from"], line["text"], line["file"]) for line in told] == [
        ("secretariat", "Marker-Q1", None),
        ("you", "Marker-A1", "Marker-name.pdf"),
    ]
    key = db.session.get_one(SealKey, person.seal_key_id)
    destroy(key)
    assert [line.text for line in thread.messages(one, key)] == [None, None]
    personal_data.erase(person)
    assert not list(db.session.scalars(select(Message)))
    assert file.deleted_at is not None


@pytest.mark.usefixtures("database")
def test_the_exchange_is_deleted_thirty_days_after_the_event() -> None:
    event, person = make_forum(), make_person()
    one = asked(event, person)
    message = thread.answer(person, intake(event, person), "Here", Upload("letter.pdf", PDF_BYTES))
    file_id, ends = message.file_id, message.delete_after
    assert thread.delete_expired(ends - timedelta(hours=1)) == 0
    assert 29 < (ends.date() - event.last_day).days < 33
    assert thread.delete_expired(ends) == 2
    assert thread.delete_expired(ends) == 0
    assert db.session.get_one(StoredFile, file_id).deleted_at is not None
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "registration.messages_expired")).one()
    assert (entry.subject_id, entry.detail) == (one.id, {"number": 2})


def test_the_page_takes_as_many_statements_for_three_answers_as_for_one(
    client: FlaskClient, statements: list[str]
) -> None:
    event, person = make_forum(), make_person()
    one = asked(event, person)
    thread.answer(person, intake(event, person), "Answer 0")
    at_desk(client, event)
    client.get(desk(event, one))
    numbers = []
    for more in ((), (1, 2)):
        for number in more:
            with time_machine.travel(now() + timedelta(minutes=number), tick=False):
                thread.answer(person, intake(event, person), f"Answer {number}")
        db.session.flush()
        statements.clear()
        page = client.get(desk(event, one)).text
        numbers.append(len(statements))
    assert page.index("Answer 0") < page.index("Answer 1") < page.index("Answer 2")
    assert numbers[1] <= numbers[0]

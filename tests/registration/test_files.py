"""Files given as answers: whose they are, who may save them, and what is written down."""

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.db import db
from eventhub.kit.files import StoredFile
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.questionnaires.models import Answer
from eventhub.questionnaires.uploads import Upload
from eventhub.registration import personal_data
from eventhub.registration.models import Registration, State
from tests.factories.people import form_fields, make_person, make_staff, sign_in
from tests.factories.programme import PDF_BYTES
from tests.factories.registration import ANSWERS, WITH_PAPERS, intake, make_forum, register

LETTER = "رسالة “الجمعية”.pdf"


def picture() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(target, "PNG")
    return target.getvalue()


def forum() -> Event:
    return make_forum(data=WITH_PAPERS)


def sent(event: Event, person: Person | None = None) -> Registration:
    files = {"letter": Upload(LETTER, PDF_BYTES), "scan": Upload("passport of Amina.png", picture())}
    return register(event, person or make_person(), **(ANSWERS | files))


def desk(event: Event, one: Registration, more: str = "") -> str:
    return f"/en/console/events/{event.slug}/registrations/{one.id}{more}"


def mine(one: Registration, more: str = "") -> str:
    return f"/en/me/registrations/{one.reference}{more}"


def at_desk(client: FlaskClient, event: Event, role: Role = Role.ACCREDITATION_OFFICER) -> Person:
    return sign_in(client, make_staff(role, event_id=event.id))


def deeds(verb: str) -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.verb == verb)))


def is_a_download(answer: TestResponse) -> bool:
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    return True


def test_the_desk_saves_the_letter_and_sees_what_it_is(client: FlaskClient) -> None:
    event = forum()
    one = sent(event)
    for role in (Role.ACCREDITATION_OFFICER, Role.ORGANISER):
        at_desk(client, event, role)
        page = client.get(desk(event, one)).text
        assert f'href="{desk(event, one, "/files/letter")}"' in page
        for word in ("رسالة", "PDF", "1 KB", "File sent on"):
            assert word in page
        answer = client.get(desk(event, one, "/files/letter"))
        assert is_a_download(answer)
        assert answer.data == PDF_BYTES
        assert answer.content_type == "application/pdf"
        assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]
    assert not deeds("registration.revealed")


def test_a_sealed_file_needs_a_reason_and_is_written_down(client: FlaskClient) -> None:
    event = forum()
    one = sent(event)
    officer = at_desk(client, event)
    address = desk(event, one, "/files/scan")
    page = client.get(desk(event, one)).text
    assert "passport of Amina" not in page
    assert client.get(address).status_code == 404
    fields = form_fields(page, "sealed#opened-t")
    refused = client.post(address, data=fields | {"reason": "  "})
    assert refused.status_code == 422
    assert refused.mimetype == "text/html"
    assert client.post(address, data={"reason": "Badge"}).status_code == 422
    assert not deeds("registration.revealed")
    answer = client.post(address, data=fields | {"reason": "To compare the photographs"})
    assert is_a_download(answer)
    assert 'filename="passport of Amina.png"' in answer.headers["Content-Disposition"]
    assert Image.open(io.BytesIO(answer.data)).size == (8, 8)
    entry = deeds("registration.revealed")[0]
    assert (entry.actor_id, entry.subject_id, entry.detail) == (officer.id, one.id, {"questions": ["scan"]})
    assert db.session.get_one(AuditText, entry.id).text == "To compare the photographs"
    sign_in(client, db.session.get_one(Person, one.person_id))
    assert "Copy of the document" in client.get(mine(one)).text.partition("The secretariat read")[2]


def test_what_cannot_be_handed_out_is_not_written_down(client: FlaskClient) -> None:
    event = forum()
    one = sent(event)
    at_desk(client, event)
    fields = form_fields(client.get(desk(event, one)).text, "sealed#opened-t")
    scan = db.session.scalars(select(StoredFile).where(StoredFile.seal_key_id.is_not(None))).one()
    scan.digest = b"another"
    db.session.flush()
    answer = client.post(desk(event, one, "/files/scan"), data=fields | {"reason": "Badge"})
    assert answer.status_code == 422
    assert not deeds("registration.revealed")


def test_opened_answers_name_the_file_and_lead_on_to_it(client: FlaskClient) -> None:
    event = forum()
    one = sent(event)
    at_desk(client, event)
    fields = form_fields(client.get(desk(event, one)).text, "sealed#opened-t")
    page = client.post(desk(event, one, "/sealed"), data=fields | {"reason": "Badge"}).text
    assert "passport of Amina.png" in page
    assert "PNG" in page
    again = form_fields(page, "sealed#opened-t") | {"reason": "Badge"}
    assert is_a_download(client.post(desk(event, one, "/files/scan"), data=again))


def test_an_organiser_has_nothing_to_open_where_only_the_desk_reads(client: FlaskClient) -> None:
    event = forum()
    one = sent(event)
    at_desk(client, event, Role.ORGANISER)
    page = client.get(desk(event, one)).text
    assert "Copy of the document" not in page
    fields = form_fields(page, "note") | {"reason": "Badge"}
    assert client.post(desk(event, one, "/files/scan"), data=fields).status_code == 404
    assert not deeds("registration.revealed")


@pytest.mark.parametrize("question", ["legal_name", "document_number", "no_such_question", "scan"])
def test_only_open_file_answers_have_an_address_to_follow(client: FlaskClient, question: str) -> None:
    event = forum()
    one = sent(event)
    at_desk(client, event)
    assert client.get(desk(event, one, f"/files/{question}")).status_code == 404
    sign_in(client, db.session.get_one(Person, one.person_id))
    assert client.get(mine(one, f"/files/{question}")).status_code == 404


def test_a_file_of_another_registration_is_not_reached(client: FlaskClient) -> None:
    event, other = forum(), forum()
    one, stranger = sent(event), sent(other)
    at_desk(client, event)
    assert client.get(desk(event, stranger, "/files/letter")).status_code == 404
    assert client.get(desk(other, stranger, "/files/letter")).status_code == 404
    sign_in(client, db.session.get_one(Person, one.person_id))
    assert client.get(mine(stranger, "/files/letter")).status_code == 404


def test_the_person_saves_her_own_files_and_sees_when_the_sealed_one_was_saved(client: FlaskClient) -> None:
    event, person = forum(), make_person()
    one = sent(event, person)
    sign_in(client, person)
    page = client.get(mine(one)).text
    assert f'href="{mine(one, "/files/letter")}"' in page
    assert "passport of Amina" not in page
    for word in ("رسالة", "PDF", "PNG", "File sent on"):
        assert word in page
    assert client.get(mine(one, "/files/letter")).data == PDF_BYTES
    fields = form_fields(page, "scan")
    assert client.get(mine(one, "/files/scan")).status_code == 404
    assert client.post(mine(one, "/files/scan"), data={}).status_code == 409
    assert not deeds("registration.own_file")
    answer = client.post(mine(one, "/files/scan"), data=fields)
    assert is_a_download(answer)
    assert 'filename="passport of Amina.png"' in answer.headers["Content-Disposition"]
    assert [entry.actor_id for entry in deeds("registration.own_file")] == [person.id]
    assert "You saved a file that is kept sealed" in client.get(mine(one)).text
    at_desk(client, event)
    assert "You saved" not in client.get(desk(event, one)).text


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_files_are_told_on_the_form_they_were_sent_with(client: FlaskClient, language: str) -> None:
    event, person = forum(), make_person()
    sign_in(client, person)
    form = f"/{language}/events/{event.slug}/register/p4"
    files = f"/{language}/events/{event.slug}/register/files"
    assert client.get(f"{files}/letter").status_code == 404
    fields = form_fields(client.get(form).text, "p4")
    letter = (io.BytesIO(PDF_BYTES), LETTER)
    scan = (io.BytesIO(picture()), "passport of Amina.png")
    assert client.post(form, data=fields | {"q_letter": letter, "q_scan": scan, "go": "later"}).status_code == 303
    assert intake(event, person).registration.state is State.DRAFT  # type: ignore[union-attr]
    page = client.get(form).text
    assert f'href="{files}/letter"' in page
    assert "passport of Amina" not in page
    assert 'form="open-scan"' in page
    assert is_a_download(client.get(f"{files}/letter"))
    assert is_a_download(client.post(f"{files}/scan", data=form_fields(page, "files/scan")))
    assert f'href="{files}/letter"' in client.get(f"/{language}/events/{event.slug}/register/check").text
    sign_in(client, make_person())
    assert client.get(f"{files}/letter").status_code == 404
    assert client.post(f"{files}/scan", data=form_fields(page, "files/scan")).status_code == 404


def test_a_file_that_was_replaced_or_erased_is_gone(app: Flask, client: FlaskClient) -> None:
    event, person = forum(), make_person()
    one = sent(event, person)
    sign_in(client, person)
    form = mine(one, "/answers/p4")
    fields = form_fields(client.get(form).text, "p4")
    answer = client.post(form, data=fields | {"q_letter": (io.BytesIO(picture()), "new.png")})
    assert answer.status_code == 303
    assert client.get(mine(one, "/files/letter")).mimetype == "image/png"
    fields = form_fields(client.get(form).text, "p4")
    assert client.post(form, data=fields | {"q_letter_remove": "y"}).status_code == 303
    assert client.get(mine(one, "/files/letter")).status_code == 404


def test_the_name_of_a_sealed_file_stands_nowhere_open_and_goes_with_the_person(database: None) -> None:
    person = make_person()
    one = sent(forum(), person)
    files = db.session.scalars(select(StoredFile).where(StoredFile.owner_id == person.id)).all()
    assert {file.name for file in files} == {LETTER, "file.png"}
    assert personal_data.own_data(person)[0]["answers"]["scan"]["name"] == "passport of Amina.png"
    stored = db.session.scalars(select(Answer).where(Answer.answer_set_id == one.answer_set_id)).all()
    assert "passport" not in repr([(row.value, row.sealed) for row in stored])
    personal_data.erase(person)
    assert {file.name for file in files} == {""}


def asking_for_a_visa(*, sealed: bool, single: bool) -> Event:
    """A page whose file is asked only of those who need a visa; a browser without script offers it to all."""
    asked = [
        {"id": "q1", "key": "visa", "kind": "consent", "label": "I need a visa", "purpose": "photo"},
        {
            "id": "q2",
            "key": "scan",
            "kind": "file",
            "label": "Copy of <the> passport",
            "sealed": sealed,
            "show_if": {"question": "visa", "in": [True]},
        },
        {"id": "q3", "key": "name", "kind": "short_text", "label": "Name", "required": True},
    ]
    more = {
        "id": "p2",
        "title": "Two",
        "questions": [{"id": "q4", "key": "more", "kind": "short_text", "label": "More"}],
    }
    pages = [{"id": "p1", "title": "One", "questions": asked}, *([] if single else [more])]
    return make_forum(data={"pages": pages})


@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize("sealed", [True, False])
def test_a_file_that_is_not_asked_is_not_dropped_without_a_word(
    client: FlaskClient, *, sealed: bool, single: bool
) -> None:
    event = asking_for_a_visa(sealed=sealed, single=single)
    sign_in(client, make_person())
    url = f"/en/events/{event.slug}/register/p1"

    def send(name: str, **more: object) -> TestResponse:
        file = {"q_scan": (io.BytesIO(PDF_BYTES), "my & scan.pdf")}
        return client.post(url, data=form_fields(client.get(url).text) | {"q_name": name} | file | more)

    why = "<bdi>Copy of &lt;the&gt; passport</bdi>”"
    wrong = send("")
    assert wrong.status_code == 422
    assert why in wrong.text
    answer = send("Amina")
    assert answer.status_code == 303
    page = client.get(answer.location).text
    if sealed:
        assert f"The file for “{why} was not kept: given your other answers, this is not asked of you." in page
        assert "scan.pdf" not in page
    else:
        said = f"<bdi>my &amp; scan.pdf</bdi> was not kept: given your other answers, “{why} is not asked of you."
        assert said in page
    assert "was not kept" not in client.get(answer.location).text
    assert db.session.scalars(select(StoredFile)).all() == []


def test_a_file_that_is_asked_is_kept_without_a_word(client: FlaskClient) -> None:
    event = asking_for_a_visa(sealed=False, single=False)
    sign_in(client, make_person())
    url = f"/en/events/{event.slug}/register/p1"
    typed = {"q_visa": "y", "q_name": "Amina", "q_scan": (io.BytesIO(PDF_BYTES), "scan.pdf")}
    answer = client.post(url, data=form_fields(client.get(url).text) | typed)
    assert "was not kept" not in client.get(answer.location).text
    assert len(db.session.scalars(select(StoredFile)).all()) == 1


def test_a_change_says_which_file_it_does_not_keep(client: FlaskClient) -> None:
    event = asking_for_a_visa(sealed=False, single=False)
    one = register(event, sign_in(client, make_person()), name="Amina")
    url = mine(one, "/answers/p1")
    typed = {"q_name": "Amina Y.", "q_scan": (io.BytesIO(PDF_BYTES), "scan.pdf")}
    answer = client.post(url, data=form_fields(client.get(url).text) | typed, follow_redirects=True)
    assert "Your answers were changed." in answer.text
    assert "<bdi>scan.pdf</bdi> was not kept" in answer.text

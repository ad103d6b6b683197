"""Former answers: offered, looked at, taken over by a press; what never is, what leaves a gap, and two windows."""

import copy
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from eventhub.kit import files
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.files import StoredFile
from eventhub.people.models import Consent, Person
from eventhub.programme.models import Event
from eventhub.questionnaires import answers as given
from eventhub.questionnaires.models import Answer
from eventhub.questionnaires.uploads import Upload
from eventhub.registration import queries, reuse
from eventhub.registration.asking import mark_of
from eventhub.registration.models import Registration, State
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.programme import PDF_BYTES
from tests.factories.registration import ANSWERS, THREE_PAGES, WITH_PAPERS, intake, make_dialogue, make_forum, register
from tests.registration.test_files import picture
from tests.together import at_once

pytestmark = pytest.mark.usefixtures("database")
EVERYTHING = ["attendance_mode", "category", "organisation", "legal_name", "nationality", "document_number"]


@pytest.fixture
def person(client: FlaskClient) -> Person:
    return sign_in(client, make_person(name="Amina"))


def former(event: Event, more: str = "former") -> str:
    return f"/en/events/{event.slug}/register/{more}"


def press(client: FlaskClient, event: Event, *keys: str) -> TestResponse:
    hidden = form_fields(client.get(former(event)).text)
    hidden.pop("take", None)
    return client.post(former(event), data={**hidden, "take": list(keys)})


def changed(key: str, **parts: Any) -> dict[str, Any]:
    """The forum's form with one question that is another one now."""
    data = copy.deepcopy(WITH_PAPERS)
    for page in data["pages"]:
        for question in page["questions"]:
            if question["key"] == key:
                question |= parts
    return data


def test_former_answers_are_offered_and_nothing_is_taken_without_pressing(client: FlaskClient, person: Person) -> None:
    before = register(make_forum(), person)
    event = make_forum()
    assert "You have registered before" in client.get(f"/en/events/{event.slug}/register").text
    assert "6 answers from former events" in client.get(former(event, "p1")).text
    page = client.get(former(event)).text
    assert "Amina Yusuf Warsame" in page
    assert "•••••418" in page
    assert "RT1234418" not in page
    assert "From " in page
    assert "list of participants" not in page  # a consent
    assert [one.id for one in db.session.scalars(select(Registration))] == [before.id]

    answer = press(client, event, *EVERYTHING)
    assert answer.headers["Location"].endswith("/register/p1")
    found = intake(event, person)
    assert found.answer_set is not None
    assert found.registration is not None
    assert found.registration.state is State.DRAFT
    opened = given.opened(found.answer_set, found.key)
    assert opened == {key: ANSWERS[key] for key in EVERYTHING}
    rows = db.session.scalars(select(Answer).where(Answer.answer_set_id == found.answer_set.id)).all()
    assert [one.sealed is not None for one in rows if one.question == "q6"] == [True]
    deed = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "answer.carried_over")).one()
    assert (deed.actor_id, deed.subject_id, deed.scope_id) == (person.id, before.answer_set_id, None)
    assert deed.detail == {"questions": ["document_number"]}
    assert db.session.scalars(select(Consent).where(Consent.event_id == event.id)).all() == []

    # What is there now is marked with where it is from, until its page is sent.
    step = client.get(former(event, "p2")).text
    assert "Amina Yusuf Warsame" in step
    assert "From " in step
    assert "answers from former events" not in step  # all of it is taken
    hidden = form_fields(step)
    client.post(former(event, "p2"), data=hidden | {"q_legal_name": "Amina Y. Warsame", "q_nationality": "SO"})
    check = client.get(former(event, "check")).text
    assert "Taken over from former events" in check
    refused = client.post(former(event, "check"), data=form_fields(check))
    assert refused.status_code == 422
    assert "then tick this box" in refused.text
    sent = client.post(former(event, "check"), data=form_fields(refused.text) | {"looked": "y"})
    assert sent.headers["Location"].endswith("/register/done")
    db.session.refresh(found.registration)
    assert (found.registration.legal_name, before.legal_name) == ("Amina Y. Warsame", "Amina Yusuf Warsame")


def test_only_what_is_ticked_is_taken_and_what_was_typed_stays(client: FlaskClient, person: Person) -> None:
    register(make_forum(), person)
    event = make_forum()
    tab = form_fields(client.get(former(event)).text)
    second = form_fields(client.get(former(event, "p2")).text)
    client.post(former(event, "p2"), data=second | {"q_legal_name": "Another Name", "q_nationality": ""})
    assert "Amina Yusuf Warsame" not in client.get(former(event)).text
    tab.pop("take", None)
    client.post(former(event), data=tab | {"take": ["legal_name", "nationality"]})
    found = intake(event, person)
    assert found.answer_set is not None
    assert given.load(found.answer_set) == {"legal_name": "Another Name", "nationality": "SO"}
    # The window that was open all the time left the nationality alone: it takes nothing back.
    client.post(former(event, "p2"), data=second | {"q_legal_name": "Third Name", "q_nationality": ""})
    assert given.load(found.answer_set)["nationality"] == "SO"
    assert press(client, event).status_code == 422


def test_self_identification_is_never_offered(client: FlaskClient, person: Person) -> None:
    more = {
        "id": "p9",
        "title": "About yourself",
        "questions": [
            {"id": "g1", "key": "gender", "kind": "short_text", "label": "Your gender", "sealed": True},
            {"id": "g2", "key": "first_time", "kind": "short_text", "label": "Counted", "see": ["statistics"]},
        ],
    }
    data = {"pages": [*THREE_PAGES["pages"], more]}
    register(make_forum(data=data), person, **ANSWERS, gender="woman", first_time="no")
    event = make_forum(data=data)
    page = client.get(former(event)).text
    assert "Your gender" not in page
    assert "Counted" not in page
    press(client, event, *EVERYTHING, "gender", "first_time", "list_of_participants")
    found = intake(event, person)
    assert found.answer_set is not None
    assert set(given.load(found.answer_set)) == set(EVERYTHING)


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("category", {"options": [{"id": "ngo_no_ecosoc", "label": "A group"}, {"id": "other", "label": "Another"}]}),
        ("legal_name", {"kind": "phone"}),
        ("document_number", {"sealed": False}),
    ],
)
def test_a_question_that_changed_leaves_the_gap_visible(
    client: FlaskClient, person: Person, key: str, parts: dict[str, Any]
) -> None:
    register(make_forum(), person)
    event = make_forum(data=changed(key, **parts))
    page = client.get(former(event)).text
    assert "takes other answers now" in page
    assert f'value="{key}"' not in page
    press(client, event, *EVERYTHING)
    found = intake(event, person)
    assert found.answer_set is not None
    assert key not in given.load(found.answer_set)


def test_an_option_is_known_again_by_its_words(client: FlaskClient, person: Person) -> None:
    register(make_forum(), person)
    other = [{"id": "x9", "label": "A non-governmental organization"}, {"id": "y9", "label": "A Member State"}]
    event = make_forum(data=changed("category", options=other))
    press(client, event, "category")
    found = intake(event, person)
    assert found.answer_set is not None
    assert given.load(found.answer_set) == {"category": "x9"}


def test_files_are_copied_and_kept_by_their_own_retention(client: FlaskClient, person: Person) -> None:
    scan = {"letter": Upload("letter.pdf", PDF_BYTES), "scan": Upload("passport of Amina.png", picture())}
    register(make_forum(data=WITH_PAPERS), person, **ANSWERS, **scan)
    event = make_forum(data=changed("letter", retention_days=30))
    press(client, event, "letter", "scan")
    found = intake(event, person)
    assert found.answer_set is not None
    new = given.attached(found.answer_set, given.load(found.answer_set, found.key))
    kept = db.session.scalars(select(StoredFile).where(StoredFile.id.not_in([one.id for one in new.values()]))).all()
    assert len(kept) == 2
    assert files.read(new["letter"]) == PDF_BYTES
    assert (new["letter"].name, new["scan"].name) == ("letter.pdf", "file.png")
    assert new["scan"].seal_key_id == person.seal_key_id
    assert given.opened(found.answer_set, found.key)["scan"]["name"] == "passport of Amina.png"  # type: ignore[index]
    due = db.session.scalars(
        select(Answer.delete_after).where(Answer.answer_set_id == found.answer_set.id, Answer.question == "q8")
    ).one()
    assert due is not None
    assert due.date() >= event.last_day + timedelta(days=30)
    # The old file goes when its time is over, the new one stays.
    for one in kept:
        files.remove(one)
    db.session.flush()
    assert files.read(new["scan"])
    third = make_forum(data=WITH_PAPERS)
    page = client.get(former(third)).text
    assert "was deleted when its time was over" in page
    assert 'value="letter"' not in page


@pytest.mark.parametrize("is_sealed", [False, True])
def test_an_identity_document_that_expires_is_asked_anew(client: FlaskClient, person: Person, is_sealed: bool) -> None:
    data = copy.deepcopy(THREE_PAGES)
    expiry = {"id": "q66", "key": "document_expiry", "kind": "date", "label": "Until when?", "sealed": is_sealed}
    data["pages"][1]["questions"].append(expiry)
    day = (now().date() + timedelta(days=1)).isoformat()
    register(make_forum(data=data), person, **ANSWERS, document_expiry=day)
    event = make_forum(data=data)
    page = client.get(former(event)).text
    assert "does not hold any more" in page
    assert 'value="document_number"' not in page
    assert 'value="legal_name"' in page


def test_what_the_other_answers_do_not_lead_to_is_not_taken(client: FlaskClient, person: Person) -> None:
    register(make_forum(), person)
    event = make_forum()
    press(client, event, "document_number", "legal_name")
    found = intake(event, person)
    assert found.answer_set is not None
    assert set(given.load(found.answer_set)) == {"legal_name"}


def test_a_category_that_was_just_found_out_is_not_replaced(client: FlaskClient, person: Person) -> None:
    register(make_forum(), person)
    event = make_forum()
    mark = mark_of("member_state")
    start = client.get(f"/en/events/{event.slug}/register?as={mark}").text
    assert f"register/former?as={mark}" in start
    page = f"{former(event)}?as={mark}"
    text = client.get(page).text
    assert 'value="category"' not in text
    hidden = form_fields(text)
    hidden.pop("take", None)
    answer = client.post(page, data={**hidden, "take": ["category", "legal_name"]})
    assert answer.headers["Location"].endswith(f"/register/p1?as={mark}")
    found = intake(event, person)
    assert found.answer_set is not None
    assert set(given.load(found.answer_set)) == {"legal_name"}


def test_another_persons_answers_are_no_ones_former_answers(app: Flask, client: FlaskClient, person: Person) -> None:
    register(make_forum())
    event = make_forum()
    assert "You have registered before" not in client.get(f"/en/events/{event.slug}/register").text
    assert client.get(former(event)).status_code == 303
    assert client.post(former(event), data={"take": EVERYTHING}).status_code == 303
    assert intake(event, person).registration is None


def test_a_form_of_one_page_is_filled_too(client: FlaskClient, person: Person) -> None:
    register(make_dialogue(), person, display_name="Amina", needs="A ramp")
    event = make_dialogue()
    page = client.get(f"/en/events/{event.slug}/register").text
    assert "2 answers from former events" in page
    press(client, event, "display_name", "needs")
    step = client.get(f"/en/events/{event.slug}/register").text
    assert 'value="Amina"' in step
    assert "From " in step
    answer = client.post(f"/en/events/{event.slug}/register/p1", data=form_fields(step) | {"q_display_name": "Amina"})
    assert answer.headers["Location"].endswith("/register/done")
    found = intake(event, person)
    assert found.answer_set is not None
    assert given.opened(found.answer_set, found.key) == {"display_name": "Amina", "needs": "A ramp"}


@pytest.mark.lane
def test_two_windows_that_press_at_once_begin_one_draft(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        person = make_person()
        register(make_forum(), person)
        event = make_forum()
        person_id, slug = person.id, event.slug

    def window(*keys: str) -> str:
        who = db.session.get_one(Person, person_id)
        found = queries.intake_alone(slug, who)
        assert found.newest_version_id is not None
        definition = reuse.questionnaires.version(found.newest_version_id).definition
        reuse.take_over(who, found, definition, keys)
        return "taken"

    both = [lambda keys=keys: window(*keys) for keys in (EVERYTHING, ["legal_name", "nationality"], ["category"])]
    told = at_once(committed, both)  # type: ignore[arg-type]
    assert told["taken"] + told["NothingChosen"] == 3
    with committed.app_context():
        assert len(db.session.scalars(select(Registration)).all()) == 2
        db.session.remove()

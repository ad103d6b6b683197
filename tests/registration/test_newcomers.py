"""The first page of everybody who comes to register: drawn once, nobody's own, and never older than what it shows."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication
from eventhub.questionnaires import actions as questionnaires
from eventhub.questionnaires.checks import parse
from eventhub.questionnaires.models import Questionnaire
from eventhub.registration.asking import mark_of
from eventhub.registration.models import RegistrationSetup
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.registration import ONE_PAGE, make_dialogue, register

OWN = ("csrf_token", "form_key", "drawn")


@pytest.fixture
def event() -> Event:
    return make_dialogue(capacity=3)


def page_of(client: FlaskClient, event: Event, language: str = "en") -> str:
    answer = client.get(f"/{language}/events/{event.slug}/register")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.text


def newcomer(app: Flask, **given: object) -> tuple[FlaskClient, Person]:
    client = app.test_client()
    return client, sign_in(client, make_person(**given))


def test_two_people_share_the_page_and_nothing_that_is_their_own(app: Flask, database: None, event: Event) -> None:
    one, first = newcomer(app, name="Amina Yusuf")
    other, second = newcomer(app, name="Li Wei", time_zone="Asia/Tokyo")
    pages = [page_of(one, event), page_of(other, event), page_of(one, event)]
    fields = [form_fields(page) for page in pages]
    for name in OWN:
        assert fields[0][name] != fields[1][name]
    assert fields[0]["form_key"] != fields[2]["form_key"]
    assert len({_without_own(page, own) for page, own in zip(pages, fields, strict=True)}) == 1
    known = str(app.extensions["eventhub.blanks"]._pages.values())
    assert "Name to show" in known
    for person in (first, second):
        for own in (person.name, person.email, str(person.id), *(value for sent in fields for value in sent.values())):
            assert not own or own not in known


def test_what_is_kept_was_drawn_without_a_cookie(app: Flask, database: None, event: Event) -> None:
    """The kept page is the page that is drawn for one person alone: nothing is missing, nothing is more."""
    client, person = newcomer(app)
    kept = page_of(client, event)
    alone = client.get(f"/en/events/{event.slug}/register/p1").text
    assert _form(_without_own(kept, form_fields(kept))) == _form(_without_own(alone, form_fields(alone)))
    assert person.name not in kept


def test_names_of_the_house_that_are_made_up_keep_no_page(app: Flask, database: None, event: Event) -> None:
    client, _ = newcomer(app)
    page_of(client, event)
    kept = len(app.extensions["eventhub.blanks"]._pages)
    for port in range(5):
        answer = client.get(f"/en/events/{event.slug}/register", base_url=f"http://localhost:{9000 + port}")
        assert answer.status_code == 200
    assert len(app.extensions["eventhub.blanks"]._pages) == kept >= 1


def test_what_is_sent_from_it_counts(app: Flask, database: None, event: Event) -> None:
    (one, _), (other, _) = newcomer(app), newcomer(app)
    url = f"/en/events/{event.slug}/register/p1"
    mine, theirs = (form_fields(page_of(client, event)) | {"q_display_name": "Amina"} for client in (one, other))
    assert one.post(url, data=theirs).status_code == 422
    assert one.post(url, data=mine).location == f"/en/events/{event.slug}/register/done"
    assert one.get(f"/en/events/{event.slug}/register").status_code == 303
    assert other.post(url, data=theirs).location == f"/en/events/{event.slug}/register/done"


def test_a_change_of_the_event_shows_at_once(app: Flask, database: None, event: Event) -> None:
    client, _ = newcomer(app)
    assert "Better words" not in page_of(client, event)
    event.title = {"en": "Better words"}
    db.session.flush()
    assert "Better words" in page_of(client, event)


def test_a_change_of_the_questionnaire_shows_at_once(app: Flask, database: None, event: Event) -> None:
    client, _ = newcomer(app)
    page_of(client, event)
    setup = db.session.get_one(RegistrationSetup, event.id)
    questionnaire = db.session.get_one(Questionnaire, setup.questionnaire_id)
    page = ONE_PAGE["pages"][0]
    questions = [page["questions"][0] | {"label": "What others read"}, *page["questions"][1:]]
    new = parse({"pages": [page | {"questions": questions}]})
    questionnaires.save_draft(make_person(), questionnaire, new, seen=questionnaire.lock)
    questionnaires.publish(None, questionnaire)
    db.session.flush()
    assert "What others read" in page_of(client, event)


def test_a_change_of_its_translation_shows_at_once(app: Flask, database: None, event: Event) -> None:
    client, _ = newcomer(app)
    assert "Name to show" in page_of(client, event, "fr")
    setup = db.session.get_one(RegistrationSetup, event.id)
    questionnaire = db.session.get_one(Questionnaire, setup.questionnaire_id)
    for words in ("Nom affiché", "Nom public"):
        questionnaires.translate(None, questionnaire, {("q1", "label"): {"fr": words}})
        db.session.flush()
        assert words in page_of(client, event, "fr")
    assert "Name to show" in page_of(client, event, "en")


def test_the_clock_and_the_seats_show_at_once(app: Flask, database: None, event: Event) -> None:
    client, _ = newcomer(app)
    assert "Send my registration" in page_of(client, event)
    for _number in range(3):
        register(event)
    assert "Put me on the waiting list" in page_of(client, event)
    setup = db.session.get_one(RegistrationSetup, event.id)
    with time_machine.travel(setup.closes_at + timedelta(seconds=1), tick=False):
        assert "Send my registration" not in page_of(client, event)
    opened = setup.opens_at
    setup.opens_at = now() + timedelta(days=1)
    db.session.flush()
    assert "Send my registration" not in page_of(client, event)
    setup.opens_at, setup.capacity = opened, 5
    db.session.flush()
    assert "Send my registration" in page_of(client, event)
    event.publication = Publication.CANCELLED
    db.session.flush()
    assert "Send my registration" not in page_of(client, event)


def test_the_discreet_get_a_page_of_their_own(app: Flask, database: None, event: Event) -> None:
    (open_one, _), (discreet, _) = newcomer(app), newcomer(app, discreet=True, alias="Horn")
    public, own = page_of(open_one, event), page_of(discreet, event)
    assert "wikipedia.org" not in public
    assert "wikipedia.org" in own
    assert "<title>My answers</title>" in own
    assert "wikipedia.org" not in page_of(open_one, event)


def test_a_category_that_comes_along_is_marked_for_this_reader_alone(app: Flask, database: None) -> None:
    page = ONE_PAGE["pages"][0]
    options = [{"id": "member_state", "label": "A State"}, {"id": "ngo_no_ecosoc", "label": "A civil society group"}]
    asked = {"id": "q9", "key": "category", "kind": "choice", "label": "For whom do you speak?", "options": options}
    event = make_dialogue(data={"pages": [page | {"questions": [*page["questions"], asked]}]})
    client, _ = newcomer(app)
    assert "checked" not in page_of(client, event)
    brought = client.get(f"/en/events/{event.slug}/register", query_string={"as": mark_of("ngo_no_ecosoc")})
    assert "checked" in brought.text
    assert "checked" not in page_of(client, event)


def _without_own(page: str, own: dict[str, str]) -> str:
    for name in OWN:
        assert page.count(own[name]) == 1
        page = page.replace(own[name], name)
    return page


def _form(page: str) -> str:
    found = re.search(r'<form method="post".*?</form>', page, re.DOTALL)
    assert found is not None
    return found[0]

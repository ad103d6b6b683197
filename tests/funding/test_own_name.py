"""Whoever applies without a name on the profile tells it on the way, and loses nothing that was typed."""

import uuid

import pytest
from flask.testing import FlaskClient

from eventhub.funding import applying, own
from eventhub.kit.db import db
from eventhub.people.models import Person
from tests.factories.funding import ANSWERS, an_open_call, begin, held
from tests.factories.people import make_person, sign_in
from tests.programme.console import error_at, fields_of, text_of

pytestmark = pytest.mark.usefixtures("database")
NOMINATED = {"vouching": {"nominator": True, "referees": 0}}


def test_the_name_is_the_first_step_of_whoever_has_none(client: FlaskClient) -> None:
    call, person = an_open_call(), make_person(name="")
    sign_in(client, person)
    at = f"/en/funds/{call.slug}/apply"
    assert f"{at}/own/name" in client.get(at).text
    typed = fields_of(client.get(f"{at}/own/name"), action="/own/name")
    assert error_at(client.post(f"{at}/own/name", data=typed | {"name": " "}), "name")
    bad = client.post(f"{at}/own/name", data=typed | {"name": "win www.example.org", "form_key": str(uuid.uuid4())})
    assert error_at(bad, "name")
    assert "win www.example.org" in bad.text
    sent = client.post(f"{at}/own/name", data=typed | {"name": "Amina Yusuf", "form_key": str(uuid.uuid4())})
    assert sent.location.endswith(f"{at}/p1")
    assert db.session.get_one(Person, person.id).name == "Amina Yusuf"
    assert f"{at}/own/name" not in client.get(at).text


def test_a_discreet_person_is_asked_for_a_public_name(client: FlaskClient) -> None:
    call, person = an_open_call(), make_person(name="", discreet=True)
    sign_in(client, person)
    at = f"/en/funds/{call.slug}/apply/own/name"
    page = client.get(at)
    assert "Public name" in text_of(page)
    assert client.post(at, data=fields_of(page, action="/own/name") | {"name": "Sunbird"}).status_code == 303
    assert (person.alias, person.name) == ("Sunbird", "")


def test_whoever_is_asked_at_the_nominator_keeps_all_that_was_typed(client: FlaskClient) -> None:
    call, person = an_open_call(changed=NOMINATED), make_person(name="")
    begin(call, person)
    sign_in(client, person)
    at = f"/en/funds/{call.slug}/apply/people/nominator-1"
    email = "asha@example.org"
    typed = fields_of(client.get(at), action="nominator-1")
    typed |= {"name": "Asha Noor", "email": email, "organisation": "Herders"}
    page = client.post(at, data=typed | {"own_name": ""})
    assert error_at(page, "own_name")
    for kept in ("Asha Noor", email, "Herders"):
        assert kept in page.text
    wrong = typed | {"own_name": "Amina Yusuf", "email": str(person.email), "form_key": str(uuid.uuid4())}
    refused = client.post(at, data=wrong)
    assert error_at(refused, "email")
    assert "Amina Yusuf" in refused.text
    assert db.session.get_one(Person, person.id).name == "", "half of a form was kept"
    sent = client.post(at, data=typed | {"own_name": "Amina Yusuf", "form_key": str(uuid.uuid4())})
    assert sent.location.endswith("/apply/people")
    assert db.session.get_one(Person, person.id).name == "Amina Yusuf"
    assert own.vouchers(held(call, person).application.id)[0].name == "Asha Noor"  # type: ignore[union-attr]
    assert "own_name" not in fields_of(client.get(at), action="nominator-1")


def test_all_steps_lead_to_the_name_and_then_to_whoever_is_still_to_be_named(client: FlaskClient) -> None:
    call, person = an_open_call(changed=NOMINATED), make_person(name="")
    begin(call, person, ANSWERS)
    assert applying.missing(held(call, person))[0].is_name
    sign_in(client, person)
    at = f"/en/funds/{call.slug}/apply"
    for page in (at, f"{at}/check"):
        assert f'href="{at}/own/name"' in client.get(page).text
    form = fields_of(client.get(f"{at}/own/name"), action="/own/name")
    sent = client.post(f"{at}/own/name", data=form | {"name": "Amina Yusuf"})
    assert sent.location.endswith("/apply/people"), "the first step with a gap"
    assert f'href="{at}/people"' in client.get(at).text

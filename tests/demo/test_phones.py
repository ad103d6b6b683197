"""The phones of the demo's staff: what one needs of them is shown, in the demo and nowhere else."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

import eventhub.app
from eventhub.demo.cast import address_of
from eventhub.kit.clock import now
from eventhub.kit.config import Kind
from eventhub.kit.db import db
from eventhub.people import totp
from eventhub.people.models import Person, Role
from tests.factories.people import form_fields, grant, make_person, sign_in

CODE = re.compile(r'Code of the phone: <span class="code">(\d{6})</span>')
PLACE = "/dev/sign-in"


@pytest.fixture
def admin(database: None) -> Person:
    person = make_person(name="Ines Duarte", email=address_of("admin"))
    grant(person, Role.ADMIN)
    return person


def as_admin(client: FlaskClient) -> str:
    """One press, then the page once more."""
    answer = client.post(PLACE, data=form_fields(client.get(PLACE).text) | {"member": "admin"})
    assert answer.status_code == 303
    return client.get(PLACE).text


def test_one_press_opens_a_page_of_staff(client: FlaskClient, admin: Person) -> None:
    as_admin(client)
    assert client.get("/en/console/roles").status_code == 200


def test_the_code_that_is_shown_works_and_then_the_next_one_is_shown(client: FlaskClient, admin: Person) -> None:
    make_person(email=address_of("participant"))
    start = now()
    with time_machine.travel(start, tick=False):
        codes = CODE.findall(as_admin(client))
        assert len(codes) == 1  # the participant has no phone
        assert totp.try_code(admin, codes[0])
        db.session.flush()
        (after,) = CODE.findall(client.get(PLACE).text)
        assert after != codes[0]
        assert totp.try_code(admin, after)
        db.session.flush()
    with time_machine.travel(start + timedelta(minutes=1), tick=False):
        assert totp.try_code(admin, *CODE.findall(client.get(PLACE).text))


def test_a_press_changes_no_phone_that_is_there(client: FlaskClient, admin: Person) -> None:
    as_admin(client)
    before = totp.factor_of(admin)
    assert before is not None
    secret = totp.secret_of(admin, before)
    as_admin(client)
    after = totp.factor_of(admin)
    assert after is not None
    assert totp.secret_of(admin, after) == secret


def test_the_second_step_leads_to_the_codes(client: FlaskClient, admin: Person) -> None:
    as_admin(client)
    sign_in(client, admin, second_factor=False)
    assert f'href="{PLACE}"' in client.get("/en/second-factor").text


def test_in_production_no_address_shows_a_code(app: Flask, database: None) -> None:
    settings = app.extensions["eventhub.settings"].model_copy(update={"eventhub_env": Kind.PRODUCTION})
    real = eventhub.app.create_app(settings)
    assert not [rule for rule in real.url_map.iter_rules() if rule.endpoint.startswith("demo.")]
    with real.test_client() as client:
        assert client.get(PLACE, base_url="https://localhost").status_code == 404

"""A first time at the forum beside a grant before: asked about once, and taken as it is said again."""

import copy

import pytest
from flask.testing import FlaskClient

from eventhub.funding.models import Call
from eventhub.kit.db import db
from eventhub.people.models import Person
from tests.factories.funding import FORM, an_open_call, apply, held
from tests.factories.people import make_person, sign_in
from tests.programme.console import error_at, fields_of

pytestmark = pytest.mark.usefixtures("database")
ASKED = "Is it your first time at the forum all the same?"
"""What the page asks."""


def one_page() -> Call:
    """A call that asks both on its first page, as the form that calls begin with does."""
    form = copy.deepcopy(FORM)
    form["pages"][0]["questions"].append(form["pages"][1]["questions"].pop())
    return an_open_call(form=form)


@pytest.fixture
def person(client: FlaskClient) -> Person:
    """Who applies."""
    return sign_in(client, make_person())


def typed(client: FlaskClient, address: str, **more: str) -> dict[str, object]:
    here = client.get(address)
    action = address.rpartition("/")[2]
    return fields_of(here, action=f"/{action}") | {"q_residence": "KE", "q_first_time": "yes"} | more


def test_both_are_asked_about_once_and_kept(client: FlaskClient, person: Person) -> None:
    call = one_page()
    address = f"/en/funds/{call.slug}/apply/p1"
    values = typed(client, address, q_previous_grant="yes")
    asked = client.post(address, data=values)
    assert asked.status_code == 422
    assert ASKED in error_at(asked, "q_first_time")
    assert held(call, person).application is not None, "nothing typed is lost"
    again = client.post(address, data=fields_of(asked, action="/p1"))
    assert again.location.endswith("/p2")


def test_it_is_asked_beside_all_else_that_is_missing(client: FlaskClient, person: Person) -> None:
    address = f"/en/funds/{one_page().slug}/apply/p1"
    asked = client.post(address, data=typed(client, address, q_previous_grant="yes", q_residence=""))
    assert error_at(asked, "q_residence")
    assert ASKED in error_at(asked, "q_first_time")
    last = client.post(address, data=fields_of(asked, action="/p1") | {"q_residence": "KE"})
    assert last.location.endswith("/p2")


@pytest.mark.parametrize("more", [{"q_previous_grant": "no"}, {"q_previous_grant": "yes", "go": "later"}, {}])
def test_nothing_is_asked_where_nothing_is_odd(client: FlaskClient, person: Person, more: dict[str, str]) -> None:
    address = f"/en/funds/{one_page().slug}/apply/p1"
    assert client.post(address, data=typed(client, address, **more)).status_code == 303


def test_an_answer_of_another_page_counts_and_typing_is_kept_without_a_question(
    client: FlaskClient, person: Person
) -> None:
    call = an_open_call()
    first, second = (f"/en/funds/{call.slug}/apply/{page}" for page in ("p1", "p2"))
    client.post(first, data=typed(client, first))
    values = fields_of(client.get(second), action="/p2") | {"q_previous_grant": "yes"}
    assert client.post(f"{second}/draft", data=values).status_code == 204
    asked = client.post(second, data=values | {"q_organisation": "Another"})
    assert ASKED in error_at(asked, "q_previous_grant")


def test_it_is_asked_of_changed_answers_too(client: FlaskClient, person: Person) -> None:
    call = an_open_call()
    one = apply(call, person)
    db.session.flush()
    address = f"/en/me/applications/{one.reference}/answers/p2"
    values = fields_of(client.get(address), action="/answers/p2") | {"q_previous_grant": "yes"}
    asked = client.post(address, data=values)
    assert ASKED in error_at(asked, "q_previous_grant")
    assert client.post(address, data=fields_of(asked, action="/answers/p2")).status_code == 303

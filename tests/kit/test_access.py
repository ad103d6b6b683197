"""Every view says who may use it, and the unit of work does what it says."""

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

import eventhub.app
from eventhub.kit.access import machine, public
from eventhub.kit.config import Kind
from eventhub.kit.db import CommitRefused, db, unit_of_work
from eventhub.kit.web import NotProtected
from eventhub.people.models import Person, Role
from tests.factories.people import form_fields, grant, make_person, sign_in
from tests.kit.probe_site import noted


def test_a_view_without_a_mark_stops_the_start(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    bp = Blueprint("unmarked", __name__)
    bp.add_url_rule("/secret", "secret", lambda: "everything")
    bp.add_url_rule("/open", "open", public(lambda: "this"))
    monkeypatch.setattr(eventhub.app, "MACHINE_BLUEPRINTS", (bp,))
    with pytest.raises(RuntimeError, match=r"do not say who may use them: unmarked\.secret$"):
        eventhub.app.create_app(app.extensions["eventhub.settings"])


def test_every_route_of_the_app_is_marked(app: Flask) -> None:
    marks = {name: getattr(view, "access", None) for name, view in app.view_functions.items() if name != "static"}
    known = {"public", "anyone", "by_token", "personal", "staff", "machine", "demo_only"}
    assert {name for name, mark in marks.items() if mark not in known} == set()


def test_demo_doors_do_not_exist_in_production(app: Flask) -> None:
    settings = app.extensions["eventhub.settings"].model_copy(update={"eventhub_env": Kind.PRODUCTION})
    real = eventhub.app.create_app(settings)
    assert not [rule for rule in real.url_map.iter_rules() if rule.rule.startswith("/dev")]
    doors = [name for name, view in real.view_functions.items() if getattr(view, "access", "") == "demo_only"]
    assert doors == []


def test_a_post_that_never_looked_at_csrf_fails_loudly_and_writes_nothing(probe: FlaskClient) -> None:
    with pytest.raises(NotProtected):
        probe.post("/en/probe/careless")
    assert noted("probe.careless") == []


def test_a_get_that_writes_is_undone(probe: FlaskClient) -> None:
    assert probe.get("/en/probe/writes-on-get").status_code == 200
    assert noted("probe.on_get") == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stray_commit_is_refused(probe: FlaskClient, method: str) -> None:
    with pytest.raises(CommitRefused):
        getattr(probe, method)("/en/probe/commits")
    assert noted("probe.committed") == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_raising_rolls_back(probe: FlaskClient, method: str) -> None:
    with pytest.raises(LookupError):
        getattr(probe, method)("/en/probe/fails")
    assert noted("probe.failed") == []


@pytest.mark.usefixtures("database")
def test_a_unit_of_work_inside_another_does_not_open_the_door() -> None:
    """What is allowed to commit once is not allowed to commit twice."""
    with unit_of_work():
        make_person()
    with pytest.raises(CommitRefused):
        db.session.commit()
    assert db.session.query(Person).count() == 1


def test_a_stranger_is_sent_to_sign_in_before_anything_is_loaded(client: FlaskClient, statements: list[str]) -> None:
    for path in ("/en/me", "/en/console", "/en/console/events/there-is-no-such-event"):
        statements.clear()
        answer = client.get(path)
        assert answer.status_code == 303
        assert "/en/sign-in" in answer.location
        assert [statement for statement in statements if "SAVEPOINT" not in statement] == []


def test_staff_pages_do_not_exist_for_others(probe: FlaskClient) -> None:
    sign_in(probe, make_person())
    there, nowhere = probe.get("/en/probe/desk"), probe.get("/en/probe/no-such-desk")
    assert there.status_code == nowhere.status_code == 404


def test_staff_give_the_second_factor_first(probe: FlaskClient) -> None:
    person = make_person()
    grant(person, Role.ORGANISER)
    sign_in(probe, person, second_factor=False)
    answer = probe.get("/en/probe/desk")
    assert answer.status_code == 303
    assert "second" in answer.location
    sign_in(probe, person, second_factor=True)
    assert probe.get("/en/probe/desk").status_code == 200


def test_machines_need_no_session(probe: FlaskClient) -> None:
    answer = probe.get("/healthz")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert machine(lambda: "")().strip() == ""


def test_a_form_of_another_browser_is_refused(probe: FlaskClient, probe_app: Flask) -> None:
    """Cross-site request forgery: a token taken from one's own page is of no use in another's session."""
    stolen = form_fields(probe.get("/en/probe/form").get_data(as_text=True))
    victim = probe_app.test_client()
    victim.get("/en/probe/form")
    assert victim.post("/en/probe/form", data=stolen | {"word": "yes"}).status_code == 422
    assert noted() == []


def test_methods_a_route_does_not_have(probe: FlaskClient) -> None:
    assert probe.put("/en/probe/form").status_code == 405
    assert probe.delete("/en/probe/form").status_code == 405

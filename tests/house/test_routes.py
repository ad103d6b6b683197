"""Every address × method × role, with real things in and out of scope (SAFETY.md properties 1 and 2).

What is refused is refused as if it did not exist: status, bytes, headers and the number of SQL statements are those of
an address that leads nowhere. What is permitted works, POSTs too.
"""

import io
import re
import uuid
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.factories.programme import PDF_BYTES
from tests.house.routes import HIDDEN, NOTHING, OK, REFUSED, ROUTES, SECOND_FACTOR, SIGN_IN, Route
from tests.house.world import ROLES, Answer, World
from tests.programme.console import fields_of

CASES = [(route, method) for route in ROUTES for method in route.methods.split()]
NAMES = [f"{method} {route.endpoint} {route.address}" for route, method in CASES]
PART = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize(("route", "method"), CASES, ids=NAMES)
def test_each_role_gets_what_the_table_says(world: World, route: Route, method: str) -> None:
    expected = route.post if method == "POST" and route.post else route.who
    found = {role: _outcome(world, route, method, role, expected[role]) for role in ROLES}
    assert found == dict(expected)


@pytest.mark.parametrize(("route", "method"), CASES, ids=NAMES)
def test_a_thing_of_another_event_is_not_found_under_this_one(world: World, route: Route, method: str) -> None:
    parts = [part for part in PART.findall(route.address) if part in world.foreign]
    if len(parts) < 2:
        return
    for role in ("admin", "organiser"):
        for wrong in range(1, len(parts)):
            mixed = world.mine | {part: world.foreign[part] for part in parts[wrong:]}
            with world.moment() if method == "POST" else nullcontext():
                answer = world.ask(role, method, route.address.format(**mixed), _data(world, route, world.mine))
            assert answer.status == 404, f"{role} reaches {route.address.format(**mixed)}"


def test_the_table_names_every_route_and_no_other(app: Flask, world: World) -> None:
    there = {
        (rule.endpoint, rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    named = {_rule(app, route, method, world) for route, method in CASES}
    assert sorted(there - named) == [], "these routes stand in no line of tests/house/routes.py"
    assert sorted(named - there) == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.endpoint)
def test_methods_that_a_route_does_not_have_do_nothing(world: World, route: Route) -> None:
    for method in {"GET", "POST", "PUT"} - _methods(world, route):
        answer = world.ask("admin", method, route.address.format(**world.mine).partition("?")[0])
        assert answer.status == 405, method


def test_every_line_says_something_about_every_role() -> None:
    for route, _method in CASES:
        assert set(route.who) == set(ROLES)
        assert set(route.post or route.who) == set(ROLES)


def _outcome(world: World, route: Route, method: str, role: str, expected: str) -> str:
    address = route.address.format(**world.mine)
    with world.moment() if method == "POST" else nullcontext():
        data = form_of(world, route, role) if method == "POST" and expected == OK else _data(world, route, world.mine)
        answer = world.ask(role, method, address, data if method == "POST" else None)
        outcome = _class(answer, route, expected)
        if outcome == OK and answer.location.startswith("/"):
            led = world.ask(role, "GET", answer.location)
            assert led.status < 400, f"{role} is led to {answer.location}: {led.status}"
    if outcome == HIDDEN:
        _is_as_if_it_were_not_there(world, route, method, role, answer)
    return outcome


def _class(answer: Answer, route: Route, expected: str) -> str:
    if answer.status == 404 and expected == NOTHING:
        return NOTHING
    led = answer.location.partition("?")[0]
    if answer.status == 303 and led == "/en/sign-in" != route.leads:
        return SIGN_IN
    if answer.status == 303 and led == "/en/second-factor":
        return SECOND_FACTOR
    known = {200: OK, 204: OK, 302: OK, 303: OK, 404: HIDDEN, 422: REFUSED}
    return known.get(answer.status) or str(answer.status)


def _is_as_if_it_were_not_there(world: World, route: Route, method: str, role: str, answer: Answer) -> None:
    parts = {part for part in PART.findall(route.address) if part != "asset"}
    if not parts:
        return
    ghosts = world.mine | {part: _ghost(world, part) for part in parts}
    with world.moment() if method == "POST" else nullcontext():
        data = _data(world, route, world.mine) if method == "POST" else None
        ghost = world.ask(role, method, route.address.format(**ghosts), data)
    assert ghost.status == 404
    assert _seen(answer, parts, world.mine) == _seen(ghost, parts, ghosts), f"{role} can tell the two apart"
    assert answer.statements == ghost.statements, f"{role} can tell the two apart by the SQL they take"


def _seen(answer: Answer, parts: set[str], words: Mapping[str, str]) -> tuple[str, list[tuple[str, str]]]:
    body = answer.response.get_data(as_text=True)
    for part in parts:
        body = body.replace(words[part], "…")
    headers = [(name, value) for name, value in answer.response.headers if name not in {"Date", "Content-Length"}]
    return body, headers


def _ghost(world: World, part: str) -> str:
    """Something of the same shape that nobody has."""
    word = world.mine[part]
    if part in {"reference", "offered", "wayless", "my_application", "granted", "home", "on_visa"}:
        return world.mine["ghost_reference"]
    if word.isdigit():
        return "999999999"
    try:
        return str(uuid.UUID(word)) and str(uuid.uuid4())
    except ValueError:
        return "no-such-thing"


def _data(world: World, route: Route, words: Mapping[str, str]) -> dict[str, Any]:
    data = {name: value.format(**words) for name, value in route.data.items()}
    if route.file:
        data[route.file] = (io.BytesIO(PDF_BYTES), "paper.pdf")
    return data


def form_of(world: World, route: Route, role: str) -> dict[str, Any]:
    """What a browser would send: the page's own form with the changes of the table."""
    data = _data(world, route, world.mine)
    if not route.fills:
        return data
    address = route.address.format(**world.mine)
    # Read once: only what another series' administrator is offered differs from what the others are.
    known = address, role == "other_admin"
    if known not in world.forms:
        page = world.ask(role, "GET", address).response
        try:
            world.forms[known] = fields_of(page)
        except IndexError:
            world.forms[known] = fields_of(page, action=address)
    return world.forms[known] | data


def _rule(app: Flask, route: Route, method: str, world: World) -> tuple[str, str, str]:
    adapter = app.url_map.bind("localhost")
    try:
        rule, _values = adapter.match(
            route.address.format(**world.mine).partition("?")[0], method=method, return_rule=True
        )
    except HTTPException:
        return route.endpoint, route.address, method
    return route.endpoint, rule.rule, method


def _methods(world: World, route: Route) -> set[str]:
    adapter = world.app.url_map.bind("localhost")
    return set(adapter.allowed_methods(route.address.format(**world.mine).partition("?")[0]))

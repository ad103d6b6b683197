"""Headers of every kind of answer: hosts, caching, cookies, transport and content security."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from eventhub.app import create_app
from eventhub.kit.db import close_pools
from eventhub.people.models import Role
from tests.factories.people import grant, make_person, sign_in
from tests.factories.programme import make_event

pytestmark = pytest.mark.usefixtures("database")


def addresses(app: Flask, *marks: str) -> list[str]:
    """All addresses without variables, but the language, that can be opened, by mark."""

    def opens(rule: Rule) -> bool:
        view = app.view_functions[rule.endpoint]
        return rule.arguments <= {"lang"} and "GET" in (rule.methods or ()) and getattr(view, "access", "") in marks

    return sorted(rule.rule.replace("<lang:lang>", "en") for rule in app.url_map.iter_rules() if opens(rule))


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:80", "127.0.0.1.evil"])
def test_an_unknown_host_is_refused_everywhere(app: Flask, host: str) -> None:
    """Else the attacker's host would stand in links and mails (SAFETY.md property 12)."""
    client = app.test_client()
    paths = [*addresses(app, "public", "anyone", "personal", "staff", "machine"), "/nowhere", "/en/sign-in?next=/en/me"]
    assert len(paths) > 15
    for path in paths:
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 400, path
        assert host not in answer.get_data(as_text=True)
        assert "evil" not in str(answer.headers)


def test_a_forwarded_host_is_ignored(client: FlaskClient) -> None:
    answer = client.get("/en/me", headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
    assert answer.status_code == 303
    assert "evil" not in answer.location


def test_public_pages_set_no_cookie_and_may_be_kept(app: Flask) -> None:
    make_event()
    client = app.test_client()
    paths = addresses(app, "public")
    assert len(paths) > 5
    kept = 0
    for path in paths:
        answer = client.get(path)
        assert "Set-Cookie" not in answer.headers, path
        if answer.status_code == 200:
            assert "Cookie" not in answer.headers.get("Vary", ""), path
            kept += answer.headers["Cache-Control"].startswith("public, max-age=")
            assert answer.headers["Cache-Control"].startswith(("public, max-age=", "no-store")), (
                path
            )  # words looked for
    assert kept > 5


def test_public_pages_are_the_same_for_who_is_signed_in(app: Flask) -> None:
    make_event()
    stranger, known = app.test_client(), app.test_client()
    sign_in(known, make_person(name="Grace Marker", discreet=True))
    for path in addresses(app, "public"):
        assert stranger.get(path).data == known.get(path).data, path


def test_personal_and_staff_pages_are_never_kept(app: Flask) -> None:
    """Two people behind one caching proxy never share a byte (property 11)."""
    client = app.test_client()
    person = make_person()
    grant(person, Role.ADMIN)
    sign_in(client, person)
    paths = addresses(app, "personal", "staff", "anyone")
    assert len(paths) > 8
    for path in paths:
        answer = client.get(path)
        assert answer.status_code < 500, path
        assert "no-store" in answer.headers["Cache-Control"], path
        assert "ETag" not in answer.headers, path


def test_errors_are_never_kept(app: Flask) -> None:
    client = app.test_client()
    for path in ("/en/nowhere", "/nowhere", "/en/events/no-such-event", "/en/series/none"):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["Cache-Control"] == "no-store", path


def test_content_security_without_inline(app: Flask) -> None:
    client = app.test_client()
    sign_in(client, make_person())
    for path in [*addresses(app, "public", "personal", "anyone"), "/nowhere"]:
        answer = client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy, path
        if answer.mimetype == "text/html":
            parts = {part.split()[0]: part.split()[1:] for part in policy.split(";")}
            assert parts["default-src"] == ["'none'"], path
            assert parts["script-src"] == ["'self'"], path
            assert parts["style-src"] == ["'self'"], path
            assert parts["frame-ancestors"] == parts["base-uri"] == ["'none'"], path
            assert parts["require-trusted-types-for"] == ["'script'"], path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path


@pytest.fixture
def secured(app: Flask) -> Iterator[Flask]:
    """The app behind https."""
    settings = app.extensions["eventhub.settings"].model_copy(update={"origin": "https://localhost"})
    made = create_app(settings, TESTING=True)
    yield made
    with made.app_context():
        close_pools()


def test_transport_security_only_where_there_is_transport_security(app: Flask, secured: Flask) -> None:
    assert "Strict-Transport-Security" not in app.test_client().get("/healthz").headers
    told = secured.test_client().get("/healthz").headers["Strict-Transport-Security"]
    assert int(told.split("max-age=")[1].split(";")[0]) >= 31_536_000


def test_cookies_behind_https(secured: Flask) -> None:
    """``__Host-``: no other host of the domain can plant one; no script reads it; no other site sends it."""
    with secured.app_context():
        answer = secured.test_client().get("/en/sign-in", base_url="https://localhost")
    cookie = answer.headers.get("Set-Cookie", "")
    assert cookie.startswith("__Host-session=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in cookie
    assert "Domain" not in cookie

"""Languages in addresses, targets of redirects, and the headers that every answer carries."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from eventhub.kit.db import close_pools
from eventhub.kit.web import absolute, local_target
from tests.kit import probe_site
from tests.kit.probe_site import noted


@pytest.mark.parametrize("lang", ["ar", "zh", "en", "fr", "ru", "es"])
def test_the_address_says_the_language(probe: FlaskClient, lang: str) -> None:
    answer = probe.post(f"/{lang}/probe/form", data={})
    assert answer.status_code == 422
    assert probe.get(f"/{lang}/probe/thanks").status_code == 200


@pytest.mark.parametrize("lang", ["de", "EN", "e", "en-GB", "xx"])
def test_no_other_language(probe: FlaskClient, lang: str) -> None:
    assert probe.get(f"/{lang}/probe/thanks").status_code == 404


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/",
        "https://evil.example/en/probe/thanks",
        "/en//evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "/en/probe/thanks\\..\\x",
        "javascript:alert(1)",
        "en/probe/thanks",
        "/nowhere",
        "/en/probe/careless",
        "/en/probe/thanks" + "x" * 600,
        "",
        None,
        "\t//evil.example",
        "/%2f/evil.example",
        "http:///evil.example",
    ],
)
def test_targets_that_are_not_ours(probe_app: Flask, target: str | None) -> None:
    with probe_app.test_request_context("/en/"):
        assert local_target(target) is None


@pytest.mark.parametrize("target", ["/en/probe/thanks", "/ar/probe/thanks?word=a%20b", "/en/probe/form"])
def test_targets_that_are_ours(probe_app: Flask, target: str) -> None:
    with probe_app.test_request_context("/en/"):
        assert local_target(target) == target


def test_a_target_keeps_its_own_language(probe_app: Flask) -> None:
    with probe_app.test_request_context("/en/"):
        assert local_target("/ar/probe/thanks") == "/ar/probe/thanks"


@pytest.mark.parametrize("query", ["x=%0d%0aSet-Cookie:%20a=b", "x=\r\nSet-Cookie: a=b"])
def test_a_target_cannot_split_headers(probe_app: Flask, query: str) -> None:
    with probe_app.test_request_context("/en/"):
        found = local_target(f"/en/probe/thanks?{query}")
        assert found is None or ("\r" not in found and "\n" not in found)


def test_links_in_mails_use_the_configured_origin(probe_app: Flask) -> None:
    with probe_app.test_request_context("/en/", base_url="http://evil.example"):
        assert absolute("probe.thanks", lang="fr") == "http://localhost/fr/probe/thanks"


def test_an_unexpected_error_says_nothing(probe_app: Flask, capfd: pytest.CaptureFixture[str]) -> None:
    """A bug becomes a page; its words, which may name a person, reach neither the page nor the log."""
    settings = probe_app.extensions["eventhub.settings"]
    calm = probe_site.build(settings, PAGE_MEMO=0)
    with probe_site.undone(calm):
        answer = calm.test_client().post("/en/probe/fails")
        assert answer.status_code == 500
        assert noted("probe.failed") == []
    with calm.app_context():
        close_pools()
    said = answer.get_data(as_text=True) + "".join(capfd.readouterr())
    assert "LookupError" in said
    assert "grace.marker" not in said


def test_head_and_options_write_nothing(probe: FlaskClient) -> None:
    assert probe.head("/en/probe/writes-on-get").status_code == 200
    assert probe.options("/en/probe/form").status_code == 200
    assert noted("probe.on_get") == []


@pytest.mark.parametrize("path", ["/en/probe/thanks", "/en/probe/public", "/healthz", "/nowhere", "/en/probe/form"])
def test_the_headers_of_every_answer(probe: FlaskClient, path: str) -> None:
    headers = probe.get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"]
    assert "Permissions-Policy" in headers
    assert "Server" not in headers or "Werkzeug" not in headers["Server"]


@pytest.mark.parametrize(
    "query", ["endpoint=1", "_anchor=x", "_external=1&_scheme=javascript", "_method=GET", "a=1&a=2"]
)
def test_what_stands_behind_the_question_mark_stays_there(client: FlaskClient, query: str) -> None:
    """Links to the other languages repeat it and never obey it."""
    page = client.get(f"/en/sign-in?{query}")
    assert page.status_code == 200
    assert f'href="/ar/sign-in?{query.replace("&", "&amp;")}"' in page.text

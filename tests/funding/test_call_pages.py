"""The public pages of calls: light, kept, in the reader's words; the guide that answers at once and keeps nothing."""

import gzip
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventhub.funding import call_queries, opening
from eventhub.funding.models import Call
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.form_keys import FormKey
from tests.factories.funding_calls import make_call, propose
from tests.factories.people import make_person
from tests.factories.programme import make_event
from tests.programme.console import error_at, fields_of, text_of

ALL = ("ar", "zh", "en", "fr", "ru", "es")
PASSES = {
    "belongs": "yes",
    "otherwise": "no",
    "nominated": "yes",
    "recent_grant": "no",
    "report_owed": "no",
    "adult": "yes",
}


def page_of(call: Call, rest: str = "", lang: str = "en") -> str:
    return f"/{lang}/funds/{call.slug}{rest}"


@pytest.mark.parametrize("lang", ALL)
def test_pages_in_six_languages_are_light(client: FlaskClient, lang: str) -> None:
    call = make_call()
    for path in (f"/{lang}/funds", page_of(call, lang=lang), page_of(call, "/guide", lang)):
        answer = client.get(path)
        assert answer.status_code == 200
        assert len(gzip.compress(answer.data)) < 14_000, path
        assert "Set-Cookie" not in answer.headers
        if lang != "en":
            assert "tongue-mark" not in answer.text, "the words of a kind are there in six languages"


def test_a_draft_is_nowhere(client: FlaskClient) -> None:
    call = make_call(make_event(), is_open=False)
    assert client.get(page_of(call)).status_code == 404
    assert client.get(page_of(call, "/guide")).status_code == 404
    assert call.slug not in client.get("/en/funds").text


def test_the_page_says_all_rules(client: FlaskClient) -> None:
    call = make_call()
    said = text_of(client.get(page_of(call)))
    for words in ("USD 120,000", "USD 220 a day, 5 days", "2 people at the most", "24 months", "Need: weight 30%"):
        assert words in said
    assert call.lottery_commitment in said
    assert call_queries.standing(call).stamp in said
    assert "seed" in said


def test_the_same_page_is_not_sent_again(client: FlaskClient) -> None:
    call = make_call()
    first = client.get(page_of(call))
    again = client.get(page_of(call), headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_a_changed_rule_is_on_the_page_with_its_reason(client: FlaskClient) -> None:
    call = make_call()
    assert "There are 40 places" in text_of(client.get(page_of(call)))
    propose(make_person(), call, reason="A donor gave more", places=45)
    assert "45 places" not in text_of(client.get(page_of(call)))
    opening.agree(make_person(), call, digest=call_queries.standing(call).stamp)
    said = text_of(client.get(page_of(call)))
    assert "There are 45 places" in said
    assert "Because: A donor gave more" in said


def test_an_extended_deadline_shows_the_former_one(client: FlaskClient) -> None:
    call = make_call()
    before = call.closes_at
    opening.extend(make_person(), call, before + timedelta(days=9), before=before.isoformat(), reason="")
    assert "<del>" in client.get(page_of(call)).text


def test_a_cancelled_call_says_why(client: FlaskClient) -> None:
    call = make_call()
    opening.cancel(make_person(), call, reason={"en": "The money went elsewhere"})
    assert "The money went elsewhere" in text_of(client.get(page_of(call)))
    assert client.get(page_of(call, "/guide")).status_code == 404


def test_an_event_shows_its_calls(client: FlaskClient) -> None:
    event = make_event()
    call = make_call(event)
    assert f"/en/funds/{call.slug}" in client.get(f"/en/events/{event.slug}").text


def test_a_call_that_opens_later(client: FlaskClient) -> None:
    call = make_call(opens_at=now() + timedelta(days=2))
    said = text_of(client.get(page_of(call)))
    assert "Opens soon" in said
    assert "Can I apply?" in said


# --- The guide --------------------------------------------------------------------------------------------------


def ask(client: FlaskClient, call: Call, answers: dict[str, str]) -> object:
    values = fields_of(client.get(page_of(call, "/guide")), action="/guide")
    return client.post(page_of(call, "/guide"), data=values | answers)


def test_who_can_apply_is_told_so(client: FlaskClient) -> None:
    call = make_call()
    assert "Yes, you can apply" in text_of(ask(client, call, PASSES))  # type: ignore[arg-type]


def test_a_call_that_is_over_says_so_and_leads_into_no_form(client: FlaskClient) -> None:
    call = make_call()
    call.opens_at, call.closes_at, call.grace_hours = now() - timedelta(days=9), now() - timedelta(days=2), 0
    db.session.flush()
    page = client.get(page_of(call, "/guide"))
    assert "This call is closed" in text_of(page)
    assert '<form method="post"' not in page.get_data(as_text=True)


def test_every_reason_is_told_at_once(client: FlaskClient) -> None:
    call = make_call()
    page = ask(client, call, PASSES | {"otherwise": "yes", "adult": "no"})
    said = text_of(page)  # type: ignore[arg-type]
    assert "could not come otherwise" in said
    assert "under 18" in said
    assert "you can apply" not in said


def test_a_missing_answer_is_asked_for(client: FlaskClient) -> None:
    call = make_call()
    page = ask(client, call, {name: value for name, value in PASSES.items() if name != "adult"})
    assert error_at(page, "adult")  # type: ignore[arg-type]
    assert re.search(r'name="belongs" value="yes" checked', page.text), "the other answers are kept"  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", ["", "maybe", "<script>", "yes" * 500])
def test_nonsense_is_no_answer(client: FlaskClient, value: str) -> None:
    call = make_call()
    page = ask(client, call, PASSES | {"belongs": value})
    assert "Yes, you can apply" not in text_of(page)  # type: ignore[arg-type]


def test_the_guide_keeps_nothing(client: FlaskClient) -> None:
    call = make_call()
    answer = ask(client, call, PASSES)
    assert "Set-Cookie" not in answer.headers  # type: ignore[attr-defined]
    assert db.session.scalar(select(func.count()).select_from(FormKey)) == 0


@pytest.mark.parametrize("number", [1, 3])
def test_pages_take_few_statements(client: FlaskClient, statements: list[str], number: int) -> None:
    event = make_event()
    calls = [make_call(event) for _one in range(number)]
    for path, most in (("/en/funds", 4), (page_of(calls[0]), 6), (page_of(calls[0], "/guide"), 3)):
        statements.clear()
        assert client.get(path).status_code == 200
        assert len([one for one in statements if one.startswith("SELECT")]) <= most, path

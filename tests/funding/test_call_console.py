"""Calls in the console: who gets which page, what forms refuse at which field, what is never lost."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.funding import call_queries, calls
from eventhub.funding.models import Call, FundKind, Stand, State
from eventhub.funding.rule_forms import PAGES
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from tests.factories.funding_calls import apply_to, make_call, propose
from tests.factories.people import form_fields, make_person, make_staff, sign_in
from tests.factories.programme import make_event, make_series
from tests.programme.console import error_at, fields_of, send, text_of


def officer(client: FlaskClient, **scope: Any) -> Person:
    return sign_in(client, make_staff(Role.FUND_OFFICER, **scope))


def url(call: Call, page: str = "") -> str:
    return f"/en/console/funds/{call.slug}{page}"


def fresh(call: Call) -> Call:
    db.session.expire_all()
    return db.session.scalars(select(Call).where(Call.slug == call.slug)).one()


EDITING = ("/facts", "/words", "/open", "/delete", *(f"/rules/{one.name}" for one in PAGES))


# --- Who gets which page ----------------------------------------------------------------------------------------


def test_officers_alone_write(client: FlaskClient) -> None:
    event = make_event()
    call = make_call(event, is_open=False)
    for role, status in ((Role.FUND_OFFICER, 200), (Role.ADMIN, 200), (Role.FUND_REVIEWER, 404), (Role.ORGANISER, 404)):
        sign_in(client, make_staff(role, event_id=event.id))
        for page in EDITING:
            assert client.get(url(call, page)).status_code == status, (role, page)


def test_out_of_scope_nothing_exists(client: FlaskClient) -> None:
    call = make_call(make_event(), is_open=False)
    officer(client, event_id=make_event().id)
    for page in ("", *EDITING):
        assert client.get(url(call, page)).status_code == 404
    assert call.code not in client.get("/en/console/funds").get_data(as_text=True)


def test_an_officer_of_a_series_makes_calls_for_its_events_alone(client: FlaskClient) -> None:
    series = make_series()
    event, other = make_event(series), make_event()
    officer(client, series_id=series.id)
    page = client.get("/en/console/funds/new")
    assert event.code in text_of(page)
    assert other.code not in text_of(page)
    values = fields_of(page) | {"code": "NEW1", "slug": "new-1", "event": str(other.id)}
    assert client.post("/en/console/funds/new", data=values).status_code == 422
    assert client.post("/en/console/funds/new", data=values | {"event": str(event.id)}).status_code == 303
    made = db.session.scalars(select(Call).where(Call.slug == "new-1")).one()
    assert (made.event_id, made.kind, made.stand) == (event.id, FundKind.TRAVEL, Stand.DRAFT)


def test_a_copy_counts_its_names_on(client: FlaskClient) -> None:
    officer(client)
    source = make_call(slug="travel-2026", code="TRAVEL26", kind=FundKind.REMOTE)
    done = send(client, f"/en/console/funds/new?copy={source.id}")
    assert done.status_code == 303
    made = db.session.scalars(select(Call).where(Call.slug == "travel-2027")).one()
    assert (made.code, made.kind, made.copied_from_id) == ("TRAVEL27", FundKind.REMOTE, source.id)


# --- Forms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [one.name for one in PAGES])
def test_a_page_sent_untouched_changes_nothing(client: FlaskClient, part: str) -> None:
    officer(client)
    call = make_call(is_open=False)
    before = call.rules
    assert send(client, url(call, f"/rules/{part}")).status_code == 303
    assert fresh(call).rules == before


@pytest.mark.parametrize("kind", FundKind)
@pytest.mark.parametrize("part", [one.name for one in PAGES])
def test_every_kind_has_every_page_in_arabic(client: FlaskClient, kind: FundKind, part: str) -> None:
    officer(client)
    call = make_call(kind=kind, is_open=False)
    assert client.get(f"/ar/console/funds/{call.slug}/rules/{part}").status_code == 200


@pytest.mark.parametrize(
    ("part", "field", "typed", "said"),
    [
        ("money", "dsa", "-5", "less than nothing"),
        ("money", "dsa", "99999999999999", "too large"),
        ("money", "dsa", "a lot", "such as 120,000"),
        ("money", "dsa", "1.2.3", "such as 120,000"),
        ("money", "dsa", "", "Fill in this field"),
        ("money", "places", "0", "from 1 to 5000"),
        ("money", "places", "many", "whole number"),
        ("money", "rows-0-amount", "-1", "less than nothing"),
        ("rubric", "rows-0-weight", "31", "add up to 101"),
        ("rubric", "rows-0-weight", "-3", "from 1 to 100"),
        ("rubric", "rows-0-title-en", "", "original language"),
        ("guide", "rows-0-reason-en", "", "original language"),
        ("fares", "rows-0-countries", "FR ZZ", "Unknown: ZZ"),
        ("fares", "rows-0-countries", "US", "stands in two lines"),
        ("people", "quorum", "6", "5 members"),
        ("people", "referees", "4", "from 0 to 3"),
        ("balance", "rows-4-value", "101", "100 per cent"),
        ("balance", "rows-4-value", "", "Fill in this field"),
        ("balance", "rows-5-value", "10", ""),
    ],
)
def test_a_wrong_value_is_named_at_its_field(client: FlaskClient, part: str, field: str, typed: str, said: str) -> None:
    officer(client)
    call = make_call(is_open=False)
    before = call.rules
    page = send(client, url(call, f"/rules/{part}"), **{field.replace("-", "__"): typed})
    at = {"rows-5-value": "rows-4-value"}.get(field, field)
    at = "rows-6-countries" if typed == "US" else at  # at the line that says it again
    assert page.status_code == 422
    assert said in error_at(page, at)
    assert fields_of(page)[field] == [typed], "what was typed is kept"
    assert fresh(call).rules == before


def test_a_balance_rule_of_an_unknown_country(client: FlaskClient) -> None:
    officer(client)
    call = make_call(is_open=False)
    path = url(call, "/rules/balance")
    page = send(client, path, rows__8__group="country:", rows__8__country="XQ", rows__8__value="2")
    assert page.status_code == 422
    assert "no country" in error_at(page, "rows-8-country")
    assert send(client, path, rows__8__group="country:", rows__8__country="pe", rows__8__value="2").status_code == 303
    assert fresh(call).rules["balance"][-1]["cell"] == "PE"


def test_money_is_read_as_people_write_it(client: FlaskClient) -> None:
    officer(client)
    call = make_call(is_open=False)
    for typed, stored in (("1,200.50", 120050), ("1 200,5", 120050), ("7", 700), ("1\u202f000", 100000)):
        assert send(client, url(call, "/rules/money"), dsa=typed).status_code == 303, typed
        assert fresh(call).rules["costs"]["dsa"] == stored


def test_more_lines_are_given_and_nothing_is_saved(client: FlaskClient) -> None:
    officer(client)
    call = make_call(is_open=False)
    path = url(call, "/rules/fares")
    before = len([name for name in fields_of(client.get(path)) if name.endswith("-amount")])
    page = send(client, path, more="1", rows__0__amount="777")
    assert page.status_code == 200
    assert fields_of(page)["rows-0-amount"] == ["777"]
    assert len([name for name in fields_of(page) if name.endswith("-amount")]) == before + 3
    assert fresh(call).rules["costs"]["fares"][0]["amount"] != 77700


def test_a_line_is_removed(client: FlaskClient) -> None:
    officer(client)
    call = make_call(is_open=False)
    number = len(call.rules["costs"]["fares"])
    assert send(client, url(call, "/rules/fares"), rows__0__remove="y").status_code == 303
    assert len(fresh(call).rules["costs"]["fares"]) == number - 1


def test_what_a_colleague_saved_meanwhile_is_shown(client: FlaskClient) -> None:
    officer(client)
    call = make_call(is_open=False)
    values = fields_of(client.get(url(call, "/rules/money"))) | {"places": "50"}
    calls.edit(make_person(), call, stamp=call_queries.standing(call).stamp, rules={"places": 60})
    page = client.post(url(call, "/rules/money"), data=values)
    assert page.status_code == 422
    assert "What is saved now" in text_of(page)
    assert "60" in text_of(page)
    again = fields_of(page)
    assert again["places"] == ["50"]
    assert client.post(url(call, "/rules/money"), data=again).status_code == 303
    assert fresh(call).rules["places"] == 50


def test_taken_names_and_wrong_dates_are_named(client: FlaskClient) -> None:
    officer(client)
    other, call = make_call(is_open=False), make_call(is_open=False)
    path = url(call, "/facts")
    assert "already" in error_at(send(client, path, slug=other.slug), "slug")
    assert "already" in error_at(send(client, path, code=other.code), "code")
    assert "after the opening" in error_at(send(client, path, closes_at="2020-01-01T10:00"), "closes_at")
    assert error_at(send(client, path, opens_at="yesterday"), "opens_at")
    assert error_at(send(client, path, grace_hours="169"), "grace_hours")
    assert "taken by a page" in error_at(send(client, path, slug="new"), "slug")
    assert send(client, path, slug="another-1").status_code == 303


def test_the_hour_that_is_jumped_over(client: FlaskClient) -> None:
    officer(client)
    call = make_call(is_open=False)
    assert "jump over" in error_at(send(client, url(call, "/facts"), closes_at="2027-03-28T02:30"), "closes_at")


# --- Opening and changing ---------------------------------------------------------------------------------------


def test_all_gaps_stand_on_one_page(client: FlaskClient) -> None:
    officer(client)
    call = make_call(is_open=False)
    calls.edit(make_person(), call, stamp=call_queries.standing(call).stamp, rules={"guide": []})
    shown = text_of(client.get(url(call, "/open")))
    assert "There is no question that says who can apply" in shown
    assert "Open the call" not in shown


def test_opening_and_a_change_by_two_people(client: FlaskClient) -> None:
    first = officer(client)
    call = make_call(is_open=False)
    assert send(client, url(call, "/open")).status_code == 303
    assert fresh(call).stand is Stand.OPEN
    assert client.get(url(call, "/facts")).status_code == 404
    page = send(client, url(call, "/rules/money"), places="44")
    assert error_at(page, "reason")
    assert send(client, url(call, "/rules/money"), places="44", reason="More money").status_code == 303
    page = client.get(url(call, "/change"))
    assert "somebody else has to agree" in text_of(page)
    assert "Was: 40" in text_of(page)
    assert "Will be: 44" in text_of(page)
    officer(client)
    assert send(client, url(call, "/change/agree"), at=url(call, "/change")).status_code == 303
    assert fresh(call).rules["places"] == 44
    sign_in(client, first)
    assert "More money" in text_of(client.get(url(call, "/change")))


def test_an_approver_agrees_and_a_reviewer_does_not(client: FlaskClient) -> None:
    event = make_event()
    call = make_call(event)
    propose(make_person(), call)
    sign_in(client, make_staff(Role.FUND_REVIEWER, event_id=event.id))
    assert client.get(url(call, "/change")).status_code == 404
    sign_in(client, make_staff(Role.APPROVER, event_id=event.id))
    assert client.get(url(call, "/rules/money")).status_code == 404
    assert send(client, url(call, "/change/agree"), at=url(call, "/change")).status_code == 303


def test_extending_and_calling_off(client: FlaskClient) -> None:
    officer(client)
    call = make_call()
    there = url(call, "/extend")
    assert error_at(send(client, there, closes_at="2020-01-01T10:00"), "closes_at")
    asked = send(client, there, closes_at="2099-01-01T10:00", reason="Floods")
    assert "Thursday 1 January 2099, 10:00, Zurich" in asked.text
    assert fresh(call).closes_at.year != 2099, "said back in words, and nothing else yet"
    other_day = {"closes_at": "2099-01-02T10:00", "reason": "Floods"}
    asked = client.post(there, data=form_fields(asked.text) | other_day)
    assert "Friday 2 January 2099, 10:00, Zurich" in asked.text, "another time is said back anew"
    assert client.post(there, data=form_fields(asked.text) | other_day).status_code == 303
    assert fresh(call).closes_at.year == 2099
    assert call_queries.deadlines_of(call.id)[-1].reason == "Floods"
    assert error_at(send(client, url(call, "/cancel")), "why_off-en")
    assert send(client, url(call, "/cancel"), why_off__en="No money").status_code == 303
    assert fresh(call).stand is Stand.CANCELLED
    assert client.get(url(call, "/cancel")).status_code == 303
    assert client.get(url(call, "/change")).status_code == 303


def test_a_deadline_keeps_the_clock_over_the_end_of_summer_time_and_ends_with_the_event(client: FlaskClient) -> None:
    officer(client)
    event = make_event(first_day=date(2031, 11, 20), last_day=date(2031, 11, 21))
    call = make_call(event)
    call.closes_at = datetime(2031, 10, 24, 21, 59, tzinfo=UTC)
    db.session.flush()
    there = url(call, "/extend")
    late = send(client, there, closes_at="2031-11-21T00:00")
    assert "Choose a day up to its first day" in error_at(late, "closes_at")
    asked = send(client, there, closes_at="2031-11-20T23:59")
    assert "20 November 2031, 23:59, Zurich (UTC+1)" in asked.text
    assert client.post(there, data=form_fields(asked.text) | {"closes_at": "2031-11-20T23:59"}).status_code == 303
    assert fresh(call).closes_at == datetime(2031, 11, 20, 22, 59, tzinfo=UTC)


def test_once_the_board_has_decided_the_deadline_and_the_call_stay(client: FlaskClient) -> None:
    officer(client)
    call = make_call()
    asked = send(client, url(call, "/extend"), closes_at="2099-01-01T10:00")
    one = apply_to(call, State.UNDER_REVIEW)
    assert 'name="closes_at"' in client.get(url(call, "/extend")).text
    one.state, one.outcome_seen = State.NOT_RECOMMENDED, State.UNDER_REVIEW
    db.session.flush()
    assert "The board has decided on this call" in client.get(url(call, "/extend")).text, "also before a release"
    one.outcome_seen = None
    db.session.flush()
    page = client.get(url(call, "/extend")).text
    assert "The board has decided on this call" in page
    assert 'name="closes_at"' not in page
    page = client.post(url(call, "/extend"), data=form_fields(asked.text) | {"closes_at": "2099-01-01T10:00"})
    assert "The board has decided on this call" in page.text
    assert fresh(call).closes_at.year != 2099
    assert "why_off-en" in client.get(url(call, "/cancel")).text
    one.state = State.OFFERED
    db.session.flush()
    page = client.get(url(call, "/cancel")).text
    assert "Some people hold an offer" in page
    assert "why_off-en" not in page


def test_a_draft_is_deleted(client: FlaskClient) -> None:
    officer(client)
    call = make_call(is_open=False)
    path = url(call)
    assert send(client, f"{path}/delete").status_code == 303
    assert client.get(path).status_code == 404


def test_today_names_changes_that_wait(client: FlaskClient) -> None:
    event = make_event()
    propose(make_person(), make_call(event))
    officer(client, event_id=event.id)
    assert "wait for a second person" in text_of(client.get("/en/console"))


# --- Statements -------------------------------------------------------------------------------------------------


def selects(statements: list[str]) -> int:
    return len([one for one in statements if one.startswith("SELECT")])


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_takes_few_statements(client: FlaskClient, statements: list[str], number: int) -> None:
    for _one in range(number):
        apply_to(make_call())
    officer(client)
    statements.clear()
    page = client.get("/en/console/funds")
    assert page.status_code == 200
    assert selects(statements) <= 5


@pytest.mark.parametrize("number", [1, 3])
def test_a_call_takes_few_statements(client: FlaskClient, statements: list[str], number: int) -> None:
    call = make_call()
    for _one in range(number):
        apply_to(call)
    officer(client)
    statements.clear()
    assert client.get(url(call)).status_code == 200
    assert selects(statements) <= 10


@pytest.mark.parametrize(
    "question", ["q=%00", "q=%25", "kind=none", "stand=x", "page=-3", "page=99999999", "q=" + "a" * 500]
)
def test_the_list_takes_any_question(client: FlaskClient, question: str) -> None:
    officer(client)
    make_call()
    assert client.get(f"/en/console/funds?{question}").status_code == 200


def test_what_a_preset_brought_is_not_called_ready_before_somebody_looked(client: FlaskClient) -> None:
    officer(client)
    call = make_call(is_open=False)
    asked = text_of(client.get(url(call, "/open")))
    assert asked.count("From the preset, not looked at yet") == 1 + len(PAGES)
    assert "nobody has looked at them yet" in asked
    for _ in range(2):
        assert send(client, url(call, "/rules/money")).status_code == 303
    page = text_of(client.get(url(call)))
    assert page.count("From the preset, not looked at yet") == len(PAGES)
    assert page.count("Looked at, and left as it was") == 1
    assert send(client, url(call, "/rules/money"), places="30").status_code == 303
    for part in (*(f"/rules/{one.name}" for one in PAGES), "/words"):
        assert send(client, url(call, part)).status_code == 303
    assert "not looked at yet" not in text_of(client.get(url(call, "/open")))


def test_a_copy_names_the_former_call(client: FlaskClient) -> None:
    person = officer(client)
    source = make_call(is_open=False)
    facts = {"slug": "again", "code": "AGAIN"}
    known = {name: getattr(source, name) for name in calls.CallFacts.__dataclass_fields__} | facts
    made = calls.copy(person, source, facts=calls.CallFacts(**known), event=None)
    assert "From the former call, not looked at yet" in text_of(client.get(url(made)))


@pytest.mark.parametrize(
    ("part", "typed", "field", "said"),
    [
        ("money", {"dsa_days": "0"}, "dsa_days", "write at least 1 day"),
        ("people", {"members": "1", "quorum": "1"}, "members", "from 2 to 30"),
        ("people", {"members": "3", "quorum": "1"}, "quorum", "from 2 to 30"),
    ],
)
def test_an_allowance_has_days_and_a_board_is_not_one_person(
    client: FlaskClient, part: str, typed: dict[str, str], field: str, said: str
) -> None:
    officer(client)
    call = make_call(is_open=False)
    page = send(client, url(call, f"/rules/{part}"), **typed)
    assert page.status_code == 422
    assert said in error_at(page, field)

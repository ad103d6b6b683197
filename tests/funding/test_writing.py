"""Who may write to the fund without having been asked, until when, and that the desk answers."""

import uuid
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.funding import desk, replying, thread, writing
from eventhub.funding.models import Application, Call, State
from eventhub.funding.moves import NotPossible, move
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from tests.factories.funding_desk import fund_officer, make_application, make_call
from tests.factories.people import make_person, sign_in
from tests.factories.programme import make_event
from tests.programme.console import error_at, fields_of, text_of

pytestmark = pytest.mark.usefixtures("database")


def key_of(person: Person) -> SealKey:
    return db.session.get_one(SealKey, person.seal_key_id)


def here(days: int = 0) -> date:
    """The day it is at the fund so many days from now: its clock may be a day ahead of UTC."""
    return (now() + timedelta(days=days)).astimezone(ZoneInfo("Europe/Zurich")).date()


def for_event(days: int = 20) -> Call:
    """A call for an event that ends so many days from now."""
    day = here(days)
    return make_call(make_event(first_day=day, last_day=day))


def page(one: Application, lang: str = "en") -> str:
    return f"/{lang}/me/applications/{one.reference}/questions"


@pytest.mark.parametrize("state", sorted(writing.HOLDING))
def test_whoever_holds_a_grant_or_waits_for_one_may_write_at_any_time(state: State) -> None:
    one = make_application(for_event(), make_person(), state=state)
    assert thread.may_write(one)
    assert writing.until(one) is None
    with time_machine.travel(now() + timedelta(days=500)):
        assert thread.may_write(one)


@pytest.mark.parametrize("state", sorted(writing.OVER))
def test_whose_application_is_over_may_write_until_a_day_that_the_page_names(client: FlaskClient, state: State) -> None:
    who, call = make_person(), for_event(20)
    one = make_application(call, who, state=state)
    last = here(20) + timedelta(days=90)
    assert writing.until(one) == last
    sign_in(client, who)
    assert "You can write here until" in text_of(client.get(page(one)))
    sent = fields_of(client.get(page(one)), action="/questions") | {"text": "Why not?"}
    assert client.post(page(one), data=sent).status_code == 303
    assert one.answered_at is not None
    with time_machine.travel(now() + timedelta(days=112)):
        assert not thread.may_write(one)
        with pytest.raises(thread.ThreadEnded):
            thread.answer(who, one, key_of(who), "Once more")
    with time_machine.travel(now() + timedelta(days=110)):
        thread.answer(who, one, key_of(who), "On the last day")


def test_a_late_visitor_reads_that_the_days_are_over(client: FlaskClient) -> None:
    who, call = make_person(), for_event(-100)
    one = make_application(call, who, state=State.NOT_RECOMMENDED)
    sign_in(client, who)
    told = text_of(client.get(page(one)))
    assert "You could write here until" in told
    assert "Help and contact" in told


def test_the_last_day_says_nothing_of_what_is_staged() -> None:
    call = for_event()
    one = make_application(call, make_person(), state=State.NOT_RECOMMENDED)
    before = writing.until(one)
    one.outcome_seen = State.NOT_RECOMMENDED
    db.session.flush()
    with time_machine.travel(now() + timedelta(days=5)):
        move(one, State.RECOMMENDED, actor=None)
        assert writing.until(one) == before
    hidden = make_application(call, make_person(), state=State.NOT_RECOMMENDED, outcome_seen=State.UNDER_REVIEW)
    assert writing.until(hidden) is None
    assert not thread.may_write(hidden)


def test_a_call_for_no_event_counts_from_its_deadline() -> None:
    call = make_call()
    call.event_id = None
    db.session.flush()
    one = make_application(call, make_person(), state=State.INELIGIBLE)
    assert isinstance(writing.until(one), date)
    closes = call.closes_at.astimezone(ZoneInfo(call.time_zone))
    assert writing.until(one) == closes.date() + timedelta(days=365)


def test_whoever_withdrew_leaves_nothing_to_answer_and_writes_anew() -> None:
    who = make_person()
    one = make_application(for_event(), who, state=State.RESERVE)
    thread.answer(who, one, key_of(who), "When?")
    move(one, State.WITHDRAWN, actor=who)
    db.session.flush()
    assert one.answered_at is None
    thread.answer(who, one, key_of(who), "It was a mistake")
    assert one.answered_at is not None


def test_the_desk_answers_and_the_person_is_told(client: FlaskClient) -> None:
    call, who, officer = for_event(), make_person(), fund_officer()
    one = make_application(call, who, state=State.ACCEPTED)
    thread.answer(who, one, key_of(who), "Which hotel?")
    db.session.flush()
    sign_in(client, officer)
    at = f"/en/console/funds/{call.slug}/files/{one.id}"
    assert "Which hotel?" in text_of(client.get(at))
    values = fields_of(client.get(at), action="/reply")
    assert error_at(client.post(f"{at}/reply", data=values), "message")
    values |= {"message": "The one at the station.", "form_key": str(uuid.uuid4())}
    assert client.post(f"{at}/reply", data=values).status_code == 303
    db.session.expire_all()
    one = db.session.get_one(Application, one.id)
    assert one.answered_at is None
    assert one.state is State.ACCEPTED
    owed = db.session.scalars(select(Promise).where(Promise.task == "funding.replied")).one()
    said = replying.replied(uuid.UUID(owed.payload["message_id"]))
    assert said is not None
    assert said.text == "The one at the station."
    assert "Message to the person" in text_of(client.get(at))
    sign_in(client, who)
    told = text_of(client.get(page(one)))
    assert "The one at the station." in told
    assert "The secretariat" in told


@pytest.mark.parametrize("state", [State.SUBMITTED, State.INFO_REQUESTED, State.DRAFT])
def test_where_something_can_be_asked_it_is_asked(state: State) -> None:
    call = for_event()
    one = make_application(call, make_person(), state=state)
    with pytest.raises(NotPossible):
        replying.reply(fund_officer(), desk.record(call.id, one.id) if state is not State.DRAFT else one, "Hello")


@pytest.mark.parametrize("lang", ["ar", "zh", "fr", "ru", "es"])
def test_the_page_says_it_in_each_language(client: FlaskClient, lang: str) -> None:
    who = make_person()
    one = make_application(for_event(), who, state=State.NOT_RECOMMENDED)
    sign_in(client, who)
    assert client.get(page(one, lang)).status_code == 200

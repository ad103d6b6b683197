"""Mails of the fund's desk in six languages, and what the page Today says."""

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from eventhub.funding import debarring, desk, desk_letters, thread
from eventhub.funding.debarring import Party
from eventhub.funding.desk_letters import Asked
from eventhub.funding.file_check import Gap, Lack
from eventhub.funding.models import State
from eventhub.kit.clock import now
from eventhub.kit.codes import LANGUAGES
from eventhub.kit.db import db
from eventhub.kit.mail import render
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Role
from tests.factories.funding_desk import fund_officer, make_application, make_call, make_pair
from tests.factories.people import make_person, sign_in

pytestmark = pytest.mark.usefixtures("database")

GAPS = (Gap(Lack.PAPER, "letter"), Gap(Lack.NOMINATOR), Gap(Lack.REFEREE, "1"), Gap(Lack.LETTER))
NOT_ELIGIBLE = {
    "en": "does not meet one of the conditions",
    "fr": "conditions",
    "es": "condiciones",
    "ru": "услови",
    "ar": "شروط",
    "zh": "条件",
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", desk_letters.WORDS)
def test_every_letter_in_every_language(kind: str, lang: str) -> None:
    call = make_call()
    one = make_application(call, make_person(name="Amina Yusuf", language=lang), reason="not_eligible")
    application = desk.record(call.id, one.id)
    asked = Asked(GAPS, application.answer_set, now() + timedelta(days=3))
    letter = desk_letters.letter(
        kind, application, call, person=one.person, text="Words of <b>mine</b>", asked=asked, kept="EH-OTHER"
    )
    assert letter is not None
    mail = render(letter, "<1@example.org>", now())
    assert one.reference is not None
    assert one.reference in mail.text
    assert "Amina Yusuf" in mail.text
    assert "&lt;b&gt;mine" in mail.html
    assert "%(" not in mail.subject + mail.text
    if kind == "ineligible":
        assert NOT_ELIGIBLE[lang] in mail.text
    if kind in {"asked", "asked_again"}:
        assert mail.text.count("•") == 4, "all that is missing, at once"
        assert "23:59" in mail.text or ":" in mail.text
    if lang != "en":
        english = render(
            desk_letters.letter(kind, application, call, person=one.person, language="en", asked=asked),  # type: ignore[arg-type]
            "<1@example.org>",
            now(),
        )
        assert mail.subject != english.subject


def test_nobody_without_an_address_is_written_to() -> None:
    call = make_call()
    one = make_application(call, make_person(email=None))
    assert desk_letters.letter("eligible", one, call, person=desk.record(call.id, one.id).person) is None
    with pytest.raises(thread.NobodyToAsk):
        thread.ask(fund_officer(), call, desk.record(call.id, one.id), "Where?", days=3)


def test_an_answer_makes_the_mail_about_the_question_void() -> None:
    call, who = make_call(), make_person()
    one = make_application(call, who)
    message = thread.ask(fund_officer(), call, desk.record(call.id, one.id), "Where?", [Gap(Lack.LETTER)], days=3)
    db.session.flush()
    said = thread.question_told(message.id)
    assert said is not None
    assert (said.text, said.gaps) == ("Where?", (Gap(Lack.LETTER),))
    with time_machine.travel(now() + timedelta(days=9)):
        assert thread.question_told(message.id, reminder=True) is None
    thread.answer(who, one, db.session.get_one(SealKey, who.seal_key_id), "Here")
    db.session.flush()
    assert thread.question_told(message.id) is None


def test_the_exchange_goes_with_the_person_and_after_a_year() -> None:
    call, who = make_call(), make_person()
    one, other = make_application(call, who), make_application(call)
    for each in (one, other):
        thread.ask(fund_officer(), call, desk.record(call.id, each.id), "Where?", days=3)
    key = db.session.get_one(SealKey, who.seal_key_id)
    assert [line["text"] for line in thread.own_data(one.id, key)] == ["Where?"]
    assert thread.erase([one.id]) == 1
    assert not thread.is_there(one.id)
    with time_machine.travel(now() + timedelta(days=366)):
        assert thread.delete_expired(now()) == 1
    assert not thread.is_there(other.id)


def test_nobody_floods_the_desk() -> None:
    call, who = make_call(), make_person()
    one = make_application(call, who)
    thread.ask(fund_officer(), call, desk.record(call.id, one.id), "Where?", days=3)
    key = db.session.get_one(SealKey, who.seal_key_id)
    for number in range(thread.IN_A_ROW):
        thread.answer(who, one, key, f"Here {number}")
    with pytest.raises(thread.TooManyAtOnce):
        thread.answer(who, one, key, "Once more")


@pytest.mark.parametrize("state", [State.DRAFT, State.EXPIRED, State.SUBMITTED, State.ELIGIBLE, State.UNDER_REVIEW])
def test_whoever_was_not_asked_does_not_write(state: State) -> None:
    who = make_person()
    one = make_application(make_call(), who, state=state)
    with pytest.raises((thread.ThreadEnded, thread.NotAsked)):
        thread.answer(who, one, db.session.get_one(SealKey, who.seal_key_id), "Hello")


def test_today_names_what_waits_to_those_who_may(client: FlaskClient, statements: list[str]) -> None:
    call, other = make_call(title={"en": "First fund"}), make_call(title={"en": "Other fund"})
    make_application(call)
    make_application(call, state=State.INFO_REQUESTED, due_at=now() - timedelta(hours=1))
    make_pair(call)
    one = make_application(other)
    debarring.propose(fund_officer(), str(one.reference), Party.PERSON, "Why", None)
    sign_in(client, fund_officer(call))
    page = client.get("/en/console").text
    assert "First fund" in page
    assert "3 to decide" in page
    assert "1 without an answer in time" in page
    assert "1 possible duplicate" in page
    assert "Other fund" not in page
    assert "Proposals to debar" not in page
    sign_in(client, fund_officer())
    statements.clear()
    page = client.get("/en/console").text
    assert "Other fund" in page
    assert "Proposals to debar" in page
    assert sum("fund_" in each for each in statements) == 8, (
        "at desks, debts, changes, slates, letters, grants, reserves, files left open"
    )
    sign_in(client, fund_officer(call, Role.FUND_REVIEWER))
    assert "First fund" not in client.get("/en/console").text

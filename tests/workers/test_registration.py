"""Letters about registrations: in the person's language, neutral for the discreet, never untrue."""

import html
import inspect
import re
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import select

from eventhub.calendars import actions as calendars
from eventhub.calendars.models import Choice, ChosenSession
from eventhub.kit.clock import now
from eventhub.kit.codes import LANGUAGES, reason_text
from eventhub.kit.db import db
from eventhub.kit.mail import Letter, compose, render
from eventhub.kit.outbox import Promise
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person, Role
from eventhub.registration import actions, deciding, disclosure, letters, opening, personal_data, queries, thread
from eventhub.registration.models import Message, Registration, RegistrationSetup, State
from tests import servers
from tests.factories.calendars import make_entry
from tests.factories.people import make_person, make_staff
from tests.factories.programme import make_session
from tests.factories.registration import intake, make_dialogue, make_forum, register

pytestmark = pytest.mark.usefixtures("database")

UN_WORDS = re.compile(r"eventhub|\bUN\b|united nations|forum|minorit|registr|accredit|dialogue", re.IGNORECASE)


KINDS = ["submitted", "waitlisted", "accredited", "declined", "revoked", "taken_up", "asked", "withdrawn", "changed"]

Write = Callable[[str, Registration], Letter | None]


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    """All tasks by name; the worker's own app is told of a database that it does not need here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
        # Importing it reads the environment.
        import_module("workers.registration")
        celery = import_module("workers.app").celery
    return dict(celery.tasks)


@pytest.fixture
def write(tasks: dict[str, Any]) -> Write:
    """The letter that a task would send now."""
    return lambda kind, one: tasks[f"registration.{kind}"].__wrapped__.__wrapped__(registration_id=str(one.id))


def told(letter: Letter | None) -> tuple[str, str, str]:
    assert letter is not None
    mail = render(letter, "<1@example.org>", now())
    return mail.subject, mail.text, html.unescape(mail.html)


def test_every_promise_has_a_task(tasks: dict[str, Any]) -> None:
    event, person, staff = make_forum(), make_person(), make_person()
    one = register(event, person)
    actions.amend(person, intake(event, person), {"legal_name": "X"})
    deciding.decide(staff, [one], State.WAITLISTED, "over_quota")
    deciding.decide(staff, [one], State.ACCREDITED, "complete")
    actions.withdraw(person, intake(event, person))
    two = register(event)
    deciding.decide(staff, [two], State.DECLINED, "late")
    found = db.session.get_one(RegistrationSetup, event.id)
    opening.extend_deadline(staff, event, found, found.closes_at + timedelta(days=1))
    three = register(event, make_person())
    asked_about(three)
    deciding.decide(staff, [three], State.ACCREDITED, "complete")
    deciding.decide(staff, [three], State.REVOKED, "duplicate")
    deciding.take_up_again(staff, three, "An appeal")
    db.session.flush()
    promised = set(db.session.scalars(select(Promise.task).where(Promise.task.startswith("registration."))))
    assert promised == {
        "registration.submitted",
        "registration.changed",
        "registration.reprinted",
        "registration.waitlisted",
        "registration.accredited",
        "registration.accredited_calendar",
        "registration.withdrawn",
        "registration.withdrawn_calendar",
        "registration.declined",
        "registration.deadline_extended",
        "registration.asked",
        "registration.revoked",
        "registration.taken_up",
    }
    assert promised <= set(tasks)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_letters_in_six_languages(language: str, kind: str) -> None:
    one = register(make_forum(), make_person(language=language, name="<b>Amina</b>"))
    setup = queries.setup_of(one.event_id)
    full = queries.with_person(one.id)
    assert setup is not None
    assert full is not None
    one.reason = "missing_letter" if kind in {"declined", "revoked"} else one.reason
    letter = letters.letter(kind, one, full.event, setup, person=full.person)
    subject, text, page = told(letter)
    assert subject
    assert one.reference in text
    assert one.reference in page
    page_of_it = "/questions" if kind == "asked" else ""
    assert f"/{language}/me/registrations/{one.reference}{page_of_it}\n" in text
    assert f'lang="{language}"' in page
    assert "<b>Amina</b>" in text
    if kind in {"declined", "revoked"}:
        assert reason_text("registration", "missing_letter", language) in text


@pytest.mark.parametrize("outcome", [State.DECLINED, State.REVOKED])
def test_a_security_objection_reads_like_any_other_refusal(write: Write, outcome: State) -> None:
    bodies = []
    for reason in ("security_objection_recorded", "other"):
        event, person = make_forum(), make_person(name="Same")
        event.title = {"en": "Same"}
        one = register(event, person)
        if outcome is State.REVOKED:
            deciding.decide(make_person(), [one], State.ACCREDITED, "complete")
        deciding.decide(make_person(), [one], outcome, reason)
        bodies.append([part.replace(one.reference or "", "REF") for part in told(write(outcome.value, one))])
    assert bodies[0] == bodies[1]


def asked_about(one: Registration, text: str = "Where is the <b>letter</b>?") -> Message:
    """A question of the desk."""
    person = db.session.get_one(Person, one.person_id)
    message = thread.ask(make_person(), one, db.session.get_one(SealKey, person.seal_key_id), text)
    db.session.flush()
    return message


def question_mail(tasks: dict[str, Any], message: Message) -> Letter | None:
    letter: Letter | None = tasks["registration.asked"].__wrapped__.__wrapped__(message_id=str(message.id))
    return letter


def test_a_question_goes_out_in_its_own_words_until_it_is_answered(tasks: dict[str, Any]) -> None:
    event, person = make_forum(), make_person(language="fr")
    one = register(event, person)
    message = asked_about(one)
    payload = db.session.scalars(select(Promise.payload).where(Promise.task == "registration.asked")).one()
    assert payload == {"message_id": str(message.id)}
    subject, text, page = told(question_mail(tasks, message))
    assert subject.startswith("Une question sur votre inscription")
    assert "Where is the <b>letter</b>?" in text
    assert "Where is the <b>letter</b>?" in page
    thread.answer(person, intake(event, person), "Here")
    db.session.flush()
    assert question_mail(tasks, message) is None


def test_the_question_to_a_discreet_person_stands_in_no_mail(tasks: dict[str, Any]) -> None:
    one = register(make_forum(), make_person(discreet=True))
    letter = question_mail(tasks, asked_about(one, "Where is the letter of the minority forum?"))
    assert letter is not None
    assert letter.discreet
    for part in told(letter):
        assert "letter" not in part
        assert str(one.reference) not in part


def test_what_was_owed_for_a_taken_back_place_spares_who_was_accredited_anew(tasks: dict[str, Any]) -> None:
    event, person, staff = make_forum(), make_person(), make_person()
    session = make_session(event)
    calendars.follow_session(session)
    one = register(event, person)
    deciding.decide(staff, [one], State.ACCREDITED, "complete")
    calendars.choose(person, session, Choice.GOING)
    chosen = select(ChosenSession.session_id).where(ChosenSession.person_id == person.id)
    leave = inspect.unwrap(tasks["registration.withdrawn_calendar"].run)
    leave(registration_id=str(one.id))
    assert list(db.session.scalars(chosen)) == [session.id]
    deciding.decide(staff, [one], State.REVOKED, "duplicate")
    leave(registration_id=str(one.id))
    assert list(db.session.scalars(chosen)) == []


def test_words_of_staff_stand_in_the_letter_as_text(write: Write) -> None:
    one = register(make_forum())
    deciding.decide(make_person(), [one], State.DECLINED, "other", "See <script>alert(1)</script> http://evil.example")
    letter = write("declined", one)
    assert letter is not None
    mail = render(letter, "<1@example.org>", now())
    assert "<script>" not in mail.html
    assert 'href="http://evil' not in mail.html
    assert "See <script>alert(1)</script>" in mail.text


@pytest.mark.parametrize("kind", KINDS)
def test_a_discreet_person_reads_that_there_is_news_and_nothing_else(kind: str) -> None:
    event = make_forum()
    event.title = {"en": "Forum on Minority Issues"}
    person = make_person(discreet=True, name="Amina Warsame")
    one = register(event, person)
    full = queries.with_person(one.id)
    setup = queries.setup_of(event.id)
    assert full is not None
    assert setup is not None
    letter = letters.letter(kind, one, full.event, setup, person=full.person, text="Forum")
    assert letter is not None
    assert letter.discreet
    mail = render(letter, "<1@meetings.example>", now())
    for part in (mail.subject, mail.text, mail.html, mail.sender):
        assert not UN_WORDS.search(part.replace(person.email or "", "")), part
        assert "Amina" not in part
        assert one.reference not in part
    body = compose(mail)
    assert b"EventHub" not in body


def test_a_letter_that_is_no_longer_true_is_not_sent(write: Write) -> None:
    event, person, staff = make_forum(), make_person(), make_person()
    one = register(event, person)
    deciding.decide(staff, [one], State.ACCREDITED, "complete")
    assert write("accredited", one)
    actions.withdraw(person, intake(event, person))
    assert write("accredited", one) is None
    assert write("submitted", one) is None
    assert write("withdrawn", one)


def test_nobody_is_written_to_without_an_address(write: Write) -> None:
    event, person = make_forum(), make_person()
    one = register(event, person)
    person.email = None
    db.session.flush()
    assert write("submitted", one) is None


def test_a_dialogues_invite_is_its_confirmation(write: Write) -> None:
    event = make_dialogue()
    unseen = register(event)
    assert write("accredited", unseen) is not None
    make_entry(event)
    plain, discreet = register(event), register(event, make_person(discreet=True))
    assert write("accredited", plain) is None
    assert write("accredited", discreet) is not None


def test_a_forums_accreditation_leads_to_my_sessions(write: Write) -> None:
    one = register(make_forum())
    deciding.decide(make_person(), [one], State.ACCREDITED, "complete")
    assert "/en/me/sessions" in told(write("accredited", one))[1]


def test_many_reads_are_told_to_another_administrator(tasks: dict[str, Any]) -> None:
    event, officer, admin = make_forum(), make_staff(Role.ADMIN), make_staff(Role.ADMIN)
    person = make_person()
    one = register(event, person)
    found = intake(event, person)
    for _ in range(disclosure.READS_AN_HOUR + 1):
        disclosure.reveal(officer, one, found.answer_set, found.key, {"document_number"}, "Badge")
    db.session.flush()
    row = db.session.scalars(select(Promise).where(Promise.task == "registration.many_reads")).one()
    letter = tasks["registration.many_reads"].__wrapped__.__wrapped__(**row.payload)
    assert letter.to == admin.email
    assert "Amina" not in told(letter)[1]


def test_many_refusals_are_told_to_another_administrator(tasks: dict[str, Any]) -> None:
    event, door, admin = make_forum(), make_staff(Role.CHECK_IN), make_staff(Role.ADMIN)
    since = now() - timedelta(hours=1)
    entry = disclosure.note_refusals(door.id, event, number=51, since=since)
    assert entry is not None
    assert disclosure.note_refusals(door.id, event, number=52, since=since) is None
    letter = tasks["registration.many_refusals"].__wrapped__.__wrapped__(entry_id=entry.id)
    assert letter.to == admin.email
    assert "fifty badges" in told(letter)[1]


@pytest.mark.parametrize("other", ["everything", "series", "event", "another series", "nobody"])
def test_many_searches_are_told_to_another_administrator_of_the_scope(tasks: dict[str, Any], other: str) -> None:
    event, admin = make_forum(), make_staff(Role.ADMIN)
    scopes: dict[str, dict[str, Any]] = {
        "everything": {},
        "series": {"series_id": event.series_id},
        "event": {"event_id": event.id},
        "another series": {"series_id": make_forum().series_id},
    }
    told_to = make_staff(Role.ADMIN, **scopes[other]) if other in scopes else None
    for _ in range(disclosure.SEARCHES_AN_HOUR + 1):
        disclosure.note_search(admin.id, event.id)
    row = db.session.scalars(select(Promise).where(Promise.task == "registration.many_searches")).one()
    assert list(row.payload) == ["entry_id"]
    letter = tasks["registration.many_searches"].__wrapped__.__wrapped__(**row.payload)
    if other in {"another series", "nobody"}:
        assert letter is None
    else:
        assert told_to is not None
        assert letter.to == told_to.email
        assert "more than fifty times" in told(letter)[1]


def test_erasure_gives_seats_back_and_leaves_a_number() -> None:
    event, person = make_dialogue(capacity=1), make_person()
    one = register(event, person, display_name="Amina", needs="Ramp")
    waiting = register(event)
    assert personal_data.own_data(person)[0]["answers"] == {"display_name": "Amina", "needs": "Ramp"}
    assert personal_data.erase(person) == 1
    assert personal_data.erase(person) == 1
    db.session.refresh(one)
    assert (one.state, one.has_seat, one.country) == (State.WITHDRAWN, False, None)
    assert db.session.get_one(RegistrationSetup, event.id).seats_taken == 1
    found = queries.intake(event.slug, person)
    assert found.answer_set is not None
    assert personal_data.own_data(person)[0]["answers"] == {}
    db.session.refresh(waiting)
    assert (waiting.state, waiting.has_seat) == (State.OFFERED, True)

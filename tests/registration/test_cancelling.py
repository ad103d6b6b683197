"""Once an event is cancelled: the desk stops, nothing is mailed but that, people read and withdraw."""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.calendars import actions as calendars
from eventhub.calendars.models import Choice
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.kit.sealed import SealKey
from eventhub.papers import actions as papers
from eventhub.papers.models import Kind, Layout, PaperOrder
from eventhub.people.models import Person, Role
from eventhub.programme import actions as programme
from eventhub.programme import console_queries
from eventhub.programme.models import Event
from eventhub.registration import actions, deciding, offers, opening, preparing, queries, thread
from eventhub.registration.access import Sight
from eventhub.registration.cancelling import NotAnyMore
from eventhub.registration.models import Registration, RegistrationSetup, SeatOffer, State
from tests import servers
from tests.factories.people import make_person, make_staff, sign_in
from tests.factories.programme import make_event, make_session
from tests.factories.registration import (
    intake,
    make_forum,
    make_prepared,
    make_registration,
    open_registration,
    register,
)
from tests.programme.console import fields_of, text_of

pytestmark = pytest.mark.usefixtures("database")

REASON = {"en": "The hall burned down"}


def cancel(event: Event) -> None:
    sessions = console_queries.programme_of(event)
    programme.cancel_event(make_person(), event, sessions=sessions, reason=REASON)
    db.session.flush()


def in_state(event: Event, state: State, person: Person | None = None) -> Registration:
    seated = state in {State.ACCREDITED, State.OFFERED}
    return make_registration(event, person, state=state, has_seat=seated)


def test_the_desk_decides_prepares_asks_and_offers_nothing_more() -> None:
    event, staff = make_forum(capacity=9), make_person()
    waits, reviewed = in_state(event, State.WAITLISTED), in_state(event, State.UNDER_REVIEW)
    refused, seated = in_state(event, State.DECLINED), in_state(event, State.ACCREDITED)
    setup = db.session.get_one(RegistrationSetup, event.id)
    prepared = make_prepared(reviewed)
    batch = papers.order_badges(staff, event, Sight.BADGES, "en", layout=Layout.SHEET_4, filters={}, reason="Door")
    cancel(event)
    key = db.session.get_one(SealKey, db.session.get_one(Person, reviewed.person_id).seal_key_id)
    deeds: list[Callable[[], object]] = [
        lambda: deciding.decide(staff, [reviewed], State.ACCREDITED, "complete"),
        lambda: deciding.decide(staff, [reviewed], State.DECLINED, "late"),
        lambda: deciding.decide(staff, [seated], State.REVOKED, "duplicate"),
        lambda: deciding.take_up_again(staff, refused, "An appeal"),
        lambda: preparing.prepare(staff, [reviewed], State.ACCREDITED, "complete"),
        lambda: preparing.release(staff, event.id, [prepared.id]),
        lambda: offers.offer_by_hand(staff, event.id, [waits]),
        lambda: thread.ask(staff, reviewed, key, "Who signed?"),
        lambda: opening.extend_deadline(staff, event, setup, setup.closes_at + timedelta(days=1)),
        lambda: papers.order_badges(staff, event, Sight.BADGES, "en", layout=Layout.SHEET_4, filters={}, reason="Door"),
        lambda: papers.mark_issued(staff, event, batch),
    ]
    for deed in deeds:
        with pytest.raises(NotAnyMore):
            deed()
    assert preparing.give_up(staff, [reviewed]) == 1
    assert [waits.state, reviewed.state, seated.state] == [State.WAITLISTED, State.UNDER_REVIEW, State.ACCREDITED]


def test_the_desk_says_so_and_has_no_buttons(client: FlaskClient) -> None:
    event = make_forum()
    one, waits = in_state(event, State.UNDER_REVIEW), in_state(event, State.WAITLISTED)
    make_prepared(one)
    sign_in(client, make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id))
    base = f"/en/console/events/{event.slug}/registrations"
    pages = [
        base,
        f"{base}/{one.id}",
        f"{base}/prepared",
        f"{base}/waiting-list",
        f"/en/console/events/{event.slug}/papers",
    ]
    assert "Accredit…" in text_of(client.get(base))
    assert "This event is cancelled" not in text_of(client.get(base))
    cancel(event)
    for page in pages:
        text = text_of(client.get(page))
        assert "This event is cancelled" in text, page
        for button in ("Accredit…", "Decline…", "Release 1", "Offer a place", "Send the question"):
            assert button not in text, page
    assert waits.reference
    assert "Drop" in text_of(client.get(f"{base}/prepared"))


def test_a_decision_on_its_way_is_refused_in_words(client: FlaskClient) -> None:
    event = make_forum()
    one = in_state(event, State.UNDER_REVIEW)
    sign_in(client, make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id))
    base = f"/en/console/events/{event.slug}/registrations"
    token = fields_of(client.get(base), action="/preview")
    preview = client.post(f"{base}/preview", data=token | {"id": [str(one.id)], "outcome": "accredited"})
    fields = fields_of(preview, action="/decision")
    cancel(event)
    answer = client.post(f"{base}/decision", data=fields | {"outcome": "accredited"})
    assert answer.status_code == 422
    assert "This event is cancelled. Nothing is decided" in text_of(answer)


def test_offers_end_in_silence_and_nothing_goes_to_the_next() -> None:
    event, first, second = make_forum(capacity=1, offer_hours=1), make_person(), make_person()
    taken = in_state(event, State.ACCREDITED)
    db.session.get_one(RegistrationSetup, event.id).seats_taken = 1
    waiting = [in_state(event, State.WAITLISTED, person) for person in (first, second)]
    db.session.flush()
    actions.withdraw(
        db.session.get_one(Person, taken.person_id), intake(event, db.session.get_one(Person, taken.person_id))
    )
    offer = db.session.scalars(select(SeatOffer)).one()
    cancel(event)
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        assert offers.lapse(now()) == 0
    with pytest.raises(offers.OfferClosed):
        offers.accept(first, offer)
    offered = next(one for one in waiting if one.state is State.OFFERED)
    person = db.session.get_one(Person, offered.person_id)
    actions.withdraw(person, intake(event, person))
    db.session.flush()
    assert offered.state is State.WITHDRAWN
    assert len(db.session.scalars(select(SeatOffer)).all()) == 1
    promised = list(db.session.scalars(select(Promise.task)))
    assert "registration.lapsed" not in promised
    assert promised.count("registration.withdrawn") == 2


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    """All tasks by name; the worker's own app is told of a database that it does not need here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
        # Importing it reads the environment.
        import_module("workers.registration")
        import_module("workers.programme")
        celery = import_module("workers.app").celery
    return dict(celery.tasks)


def test_what_waited_to_be_mailed_is_not_any_more(tasks: dict[str, Any]) -> None:
    event = make_forum()
    stand = {
        "submitted": State.UNDER_REVIEW,
        "waitlisted": State.WAITLISTED,
        "accredited": State.ACCREDITED,
        "place_kept": State.UNDER_REVIEW,
        "changed": State.UNDER_REVIEW,
        "taken_up": State.UNDER_REVIEW,
        "deadline_extended": State.DRAFT,
        "declined": State.DECLINED,
        "withdrawn": State.WITHDRAWN,
    }
    rows = {kind: in_state(event, state) for kind, state in stand.items()}

    def write(kind: str) -> object:
        return tasks[f"registration.{kind}"].__wrapped__.__wrapped__(registration_id=str(rows[kind].id))

    assert all(write(kind) for kind in stand)
    cancel(event)
    assert {kind for kind in stand if write(kind)} == {"declined", "withdrawn"}


def test_papers_that_were_asked_for_are_given_up(tasks: dict[str, Any]) -> None:
    event, person = make_forum(), make_person()
    one = in_state(event, State.ACCREDITED, person)
    papers.order_own(person, one, event, Kind.VISA_LETTER, "en")
    db.session.flush()
    cancel(event)
    tasks["programme.event_cancelled"].__wrapped__.__wrapped__(event_id=str(event.id))
    db.session.flush()
    assert db.session.scalars(select(PaperOrder)).all() == []


def test_my_page_says_cancelled_and_leaves_reading_and_withdrawing(client: FlaskClient) -> None:
    event, person = make_forum(), make_person()
    session = make_session(event, title={"en": "On schools"})
    calendars.follow_session(session)
    one = register(event, person)
    deciding.decide(make_person(), [one], State.ACCREDITED, "complete")
    calendars.choose(person, session, Choice.GOING)
    draft_of = make_event()
    open_registration(draft_of)
    actions.start_draft(person, person, intake(draft_of, person))
    sign_in(client, person)
    assert "Accredited" in text_of(client.get("/en/me"))
    assert "Go on with my registration" in text_of(client.get("/en/me"))
    cancel(event)
    cancel(draft_of)
    calendars.follow_event(event)
    me = text_of(client.get("/en/me"))
    assert me.count("Event cancelled") == 2
    assert "Session cancelled" in me
    for words in ("Accredited", "See or change my answers", "Go on with my registration"):
        assert words not in me
    assert f"/en/events/{draft_of.slug}" in client.get("/en/me").text
    own = client.get(f"/en/me/registrations/{one.reference}")
    assert "Event cancelled" in text_of(own)
    assert "/answers/" not in own.text
    found = queries.own(person, one.reference or "")
    assert not queries.may_amend(found, now())
    with pytest.raises(NotAnyMore):
        actions.amend(person, found, {"legal_name": "X"})
    address = f"/en/me/registrations/{one.reference}/withdraw"
    assert client.post(address, data=fields_of(client.get(address), action="")).status_code == 303
    assert "Withdrawn" in text_of(client.get("/en/me"))


def test_the_organiser_reads_who_is_told_and_how(client: FlaskClient) -> None:
    event = make_forum()
    session = make_session(event)
    calendars.follow_session(session)
    for state in (State.ACCREDITED, State.WAITLISTED, State.DRAFT, State.DECLINED, State.WITHDRAWN):
        chooser = make_person()
        in_state(event, state, chooser)
        if state is State.ACCREDITED:
            calendars.choose(chooser, session, Choice.MAYBE)
    in_state(event, State.ACCREDITED, make_person(email=None))
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    base = f"/en/console/events/{event.slug}"
    text = text_of(client.get(f"{base}/cancel"))
    assert "3 people get a mail with the reason" in text
    assert "1 person has no email address" in text
    text = text_of(client.get(f"{base}/sessions/{session.id}/cancel"))
    assert "1 person gets a mail with the reason" in text
    assert "no email address" not in text

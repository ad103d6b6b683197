"""The waiting list from end to end: offers, answers, lapses, the desk's page, the mails in six languages."""

import re
import uuid
from datetime import timedelta
from typing import Any

import html5lib
import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.kit import mail
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.i18n import LANGUAGES
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event, Publication
from eventhub.registration import actions, deciding, histories, letters, line, offers, personal_data, queries
from eventhub.registration.models import Outcome, Registration, RegistrationSetup, SeatAt, SeatOffer, State
from eventhub.registration.moves import NotEnoughSeats
from tests.factories.people import form_fields, grant, make_person, sign_in
from tests.factories.programme import make_session
from tests.factories.registration import intake, make_dialogue, make_forum, register

pytestmark = pytest.mark.usefixtures("database")

TELLING = re.compile(r"eventhub|\bUN\b|united nations|forum|minorit|registr|dialogue|accredit|geneva", re.IGNORECASE)


def full(number: int = 2, *, person: Person | None = None, **given: Any) -> tuple[Event, Person, list[Registration]]:
    """A dialogue of one seat: who has it, and those who wait; ``person`` waits first."""
    event, first = make_dialogue(capacity=1, **given), make_person()
    register(event, first)
    return event, first, [register(event, person if not place else None) for place in range(number)]


def offered(**given: Any) -> tuple[Event, Registration, SeatOffer]:
    """The first of two in line, to whom the seat is offered."""
    event, first, waiting = full(**given)
    actions.withdraw(first, intake(event, first))
    return event, waiting[0], newest(waiting[0])


def newest(one: Registration) -> SeatOffer:
    db.session.refresh(one)
    offer = queries.newest_offer(one)
    assert offer is not None
    return offer


def states(*rows: Registration) -> list[State]:
    for one in rows:
        db.session.refresh(one)
    return [one.state for one in rows]


def owner(one: Registration) -> Person:
    return db.session.get_one(Person, one.person_id)


def promised(one: Registration) -> list[str]:
    rows = db.session.scalars(select(Promise).order_by(Promise.id))
    return [row.task for row in rows if row.payload.get("registration_id") == str(one.id)]


def test_accepting_confirms_and_tells_the_calendar() -> None:
    event, one, offer = offered()
    assert db.session.scalar(select(Promise).where(Promise.task == "registration.offered")) is not None
    assert timedelta(hours=47) < offer.until - offer.offered_at <= timedelta(hours=48)
    offers.accept(owner(one), offer)
    assert states(one) == [State.ACCREDITED]
    assert (one.has_seat, one.reason, newest(one).outcome) == (True, "complete", Outcome.ACCEPTED)
    assert promised(one)[-2:] == ["registration.accredited", "registration.accredited_calendar"]
    assert db.session.get_one(RegistrationSetup, event.id).seats_taken == 1


def test_who_was_never_looked_at_is_looked_at_after_accepting() -> None:
    event, first = make_forum(capacity=1, seat_at=SeatAt.SUBMISSION), make_person()
    register(event, first)
    one = register(event)
    actions.withdraw(first, intake(event, first))
    offers.accept(owner(one), newest(one))
    assert states(one) == [State.UNDER_REVIEW]
    assert one.has_seat
    assert promised(one)[-1] == "registration.place_kept"


def test_who_was_put_on_the_list_by_a_decision_is_accredited_by_accepting() -> None:
    event, first, staff = make_forum(capacity=1), make_person(), make_person()
    seated, one = register(event, first), register(event)
    deciding.decide(staff, [seated], State.ACCREDITED, "complete")
    deciding.decide(staff, [one], State.WAITLISTED, "over_quota")
    actions.withdraw(first, intake(event, first))
    offers.accept(owner(one), newest(one))
    assert states(one) == [State.ACCREDITED]


def test_a_place_given_back_goes_to_the_next() -> None:
    event, first, (one, two) = full()
    actions.withdraw(first, intake(event, first))
    offers.give_back(owner(one), newest(one))
    assert states(one, two) == [State.WITHDRAWN, State.OFFERED]
    assert newest(one).outcome is Outcome.GIVEN_BACK
    with pytest.raises(offers.OfferClosed):
        offers.accept(owner(one), newest(one))


@pytest.mark.parametrize("leaves", [False, True])
def test_a_lapsed_offer_goes_to_the_next_and_its_person_waits_at_the_end(leaves: bool) -> None:
    event, first, (one, two, three) = full(3, leaves_on_lapse=leaves)
    actions.withdraw(first, intake(event, first))
    offer = newest(one)
    with time_machine.travel(offer.until - timedelta(seconds=1), tick=False):
        assert offers.lapse(now()) == 0
    with time_machine.travel(offer.until, tick=False):
        with pytest.raises(offers.OfferClosed):
            offers.accept(owner(one), offer)
        assert offers.lapse(now()) == 1
        assert offers.lapse(now()) == 0
    left = State.WITHDRAWN if leaves else State.WAITLISTED
    assert states(one, two, three) == [left, State.OFFERED, State.WAITLISTED]
    ended = ["registration.lapsed", *(["registration.withdrawn_calendar"] if leaves else [])]
    assert promised(one)[-len(ended) :] == ended
    if not leaves:
        assert line.place_of(one) == 2


def test_an_offer_never_lasts_beyond_the_beginning_of_the_event() -> None:
    event, first, (one, two) = full()
    session = make_session(event)
    with time_machine.travel(session.starts_at - timedelta(hours=3), tick=False):
        actions.withdraw(first, intake(event, first))
        assert newest(one).until == session.starts_at
    with time_machine.travel(session.starts_at, tick=False):
        assert offers.lapse(now()) == 1
    assert states(one, two) == [State.WAITLISTED, State.WAITLISTED]


def test_a_cancelled_event_offers_nothing_and_nothing_is_accepted() -> None:
    event, one, offer = offered()
    event.publication = Publication.CANCELLED
    db.session.flush()
    with pytest.raises(offers.OfferClosed):
        offers.accept(owner(one), offer)


def test_where_offers_are_made_by_hand_nobody_new_overtakes() -> None:
    event, first, (one,) = full(1, offers_by_hand=True)
    actions.withdraw(first, intake(event, first))
    newcomer = register(event)
    assert states(one, newcomer) == [State.WAITLISTED, State.WAITLISTED]


def test_by_hand_out_of_order_needs_a_reason_that_is_kept_once() -> None:
    event, first, (one, two) = full(offers_by_hand=True)
    actions.withdraw(first, intake(event, first))
    staff = make_person()
    with pytest.raises(offers.ReasonNeeded):
        offers.offer_by_hand(staff, event.id, [two])
    assert offers.offer_by_hand(staff, event.id, [two], "She opens the meeting") == 1
    assert states(one, two) == [State.WAITLISTED, State.OFFERED]
    deed = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "registration.passed_over")).one()
    assert (deed.subject_id, deed.detail["number"], deed.detail["first"]) == (event.id, 1, [str(two.id)])
    assert [row.entry_id for row in db.session.query(AuditText)] == [deed.id]
    assert past_the_line(one) == [(None, False)]
    assert past_the_line(two) == [("She opens the meeting", True)]
    assert past_the_line(register(event)) == [], "who came to the line later was not passed over"
    with pytest.raises(NotEnoughSeats):
        offers.offer_by_hand(staff, event.id, [one])


def test_the_reason_why_somebody_came_first_goes_with_the_person() -> None:
    event, first, (one, two, three) = full(3, offers_by_hand=True)
    actions.withdraw(first, intake(event, first))
    offers.offer_by_hand(make_person(), event.id, [two], "She flees from her home")
    assert [past_the_line(row) for row in (one, three)] == [[(None, False)], []], "three stands behind two"
    for row in (one, two):
        assert db.session.query(AuditText).count() == 1
        personal_data.erase(owner(row))
    assert db.session.query(AuditText).count() == 0
    assert past_the_line(two) == [(None, True)]


def past_the_line(one: Registration) -> list[tuple[str | None, bool]]:
    """What the history tells of places given past the line: the words, and whether it was this one's."""
    db.session.flush()
    return [
        (deed.text, deed.came_first) for deed in histories.deeds(one) if deed.entry.verb == "registration.passed_over"
    ]


def test_a_list_that_goes_by_itself_keeps_its_order_against_officers_too() -> None:
    event, staff = make_forum(capacity=5), make_person()
    one, two = register(event), register(event)
    deciding.decide(staff, [one, two], State.WAITLISTED, "over_quota")
    with pytest.raises(offers.OutOfTurn):
        offers.offer_by_hand(staff, event.id, [two], "Because")
    with pytest.raises(offers.OutOfTurn):
        deciding.decide(staff, [two], State.ACCREDITED, "complete")
    assert offers.offer_by_hand(staff, event.id, [one, two]) == 2


def test_the_mailed_link_shows_and_only_the_buttons_change(client: FlaskClient) -> None:
    _event, one, offer = offered()
    url = f"/en/offers/{offers.offer_token(offer)}"
    page = client.get(url)
    assert page.status_code == 200
    assert "Accept the place" in page.text
    assert "Set-Cookie" not in page.headers
    assert states(one) == [State.OFFERED]
    fields = form_fields(page.text)
    assert client.post(url, data=fields | {"answer": "keep"}).status_code == 422
    fields["form_key"] = str(uuid.uuid4())
    assert client.post(url, data=fields | {"answer": "accept"}).status_code == 303
    assert states(one) == [State.ACCREDITED]
    assert "The place is yours." in client.get(url).text
    late = client.post(url, data=fields | {"answer": "give_back", "form_key": str(uuid.uuid4())})
    assert late.status_code == 422
    assert "not open any more" in late.text
    assert states(one) == [State.ACCREDITED]
    assert client.get("/en/offers/nothing").status_code == 404


def test_a_discreet_persons_link_says_nothing_of_the_event(client: FlaskClient) -> None:
    person = make_person(discreet=True, time_zone="Africa/Nairobi")
    event, _one, offer = offered(person=person)
    main = client.get(f"/en/offers/{offers.offer_token(offer)}").text.split("<main")[1].split("</main>")[0]
    assert event.title["en"] not in main
    assert "Meeting" in main
    assert "UTC+3" in main


def test_my_pages_lead_to_the_offer(client: FlaskClient) -> None:
    person = make_person()
    _event, one, _offer = offered(person=person)
    sign_in(client, person)
    url = f"/en/me/registrations/{one.reference}/offer"
    assert url in client.get("/en/me").text
    assert url in client.get(f"/en/me/registrations/{one.reference}").text
    fields = form_fields(client.get(url).text)
    assert client.post(url, data=fields | {"answer": "give_back"}).status_code == 303
    assert states(one) == [State.WITHDRAWN]
    assert "Offered place given back" in client.get(f"/en/me/registrations/{one.reference}").text


@pytest.mark.parametrize("shows", [False, True])
def test_a_place_in_line_is_told_as_a_range_where_the_organizer_allows_it(client: FlaskClient, shows: bool) -> None:
    person = make_person()
    _event, _first, (one, *_rest) = full(3, person=person, shows_place=shows)
    sign_in(client, person)
    page = client.get(f"/en/me/registrations/{one.reference}").text
    assert "You are on the waiting list." in page
    assert ("between 1 and 5" in page) == shows
    assert [line.place_range(place) for place in (1, 5, 6, 21, 1001)] == [
        (1, 5),
        (1, 5),
        (6, 10),
        (21, 50),
        (1001, None),
    ]


def test_the_desk_offers_from_the_line(client: FlaskClient) -> None:
    event, first, (one, two) = full(offers_by_hand=True)
    officer = sign_in(client, make_person(), second_factor=True)
    grant(officer, Role.ACCREDITATION_OFFICER, event_id=event.id)
    actions.withdraw(first, intake(event, first))
    url = f"/en/console/events/{event.slug}/registrations/waiting-list"
    assert url in client.get(f"/en/console/events/{event.slug}/registrations?chip=waiting").text
    page = client.get(url).text
    assert page.index(str(one.id)) < page.index(str(two.id))
    sent = form_fields(page) | {"id": str(two.id), "seen": f"{two.id}:{two.version}"}
    refused = client.post(url, data=sent)
    assert refused.status_code == 422
    assert "Say why these people come first" in refused.text
    told = sent | {"text": "She opens the meeting", "form_key": str(uuid.uuid4())}
    assert client.post(url, data=told).status_code == 303
    assert states(one, two) == [State.WAITLISTED, State.OFFERED]
    records = f"/en/console/events/{event.slug}/registrations"
    passed, came = (client.get(f"{records}/{row.id}").text for row in (one, two))
    assert "Somebody who waited less got a place first" in passed
    assert "She opens the meeting" not in passed
    assert "She opens the meeting" in came.partition("Got a place before others who wait")[2]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_letters_in_each_language(lang: str) -> None:
    person = make_person(language=lang, time_zone="Africa/Nairobi")
    event, one, offer = offered(person=person)
    setup = db.session.get_one(RegistrationSetup, event.id)
    full_one = queries.with_person(one.id)
    assert full_one is not None
    found = {}
    for kind in ("offered", "lapsed", "place_kept"):
        given = {"offer": offer} if kind == "offered" else {}
        letter = letters.letter(kind, full_one, event, setup, person=person, **given)
        assert letter is not None
        made = mail.render(letter, "<x@localhost>", now())
        found[kind] = made
        html5lib.HTMLParser(strict=False).parse(made.html)
        assert "%(" not in made.text + made.subject
    links = re.findall(r"https?://\S+", found["offered"].text)
    assert [one for one in links if f"/{lang}/offers/{offers.offer_token(offer)}" in one]
    assert "UTC+3" in found["offered"].text
    if lang != "en":
        english = {"A place is offered", "has ended", "is kept"}
        assert not [words for words in english if any(words in made.subject for made in found.values())]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_discreet_letter_tells_nothing_but_when(lang: str) -> None:
    person = make_person(language=lang, discreet=True, time_zone="Africa/Nairobi")
    event, one, offer = offered(person=person)
    setup = db.session.get_one(RegistrationSetup, event.id)
    letter = letters.letter("offered", one, event, setup, person=person, offer=offer)
    assert letter is not None
    assert letter.discreet
    made = mail.render(letter, "<x@localhost>", now())
    for part in (made.subject, made.text, made.html, made.sender):
        plain = part.replace(str(person.email), "")
        assert not TELLING.search(re.sub(r"/offers/\S+", "", plain)), plain
        assert event.title["en"] not in plain
    assert offers.offer_token(offer) in made.text

"""Wishes of people: from their answers and from their own page, sealed, changed until they are due."""

from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from eventhub.arrangements import actions, due, keeping, queries
from eventhub.arrangements.models import Kind, Need, Status
from eventhub.arrangements.wishes import Wish
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.kit.working_days import working_days_after, working_days_before
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication
from eventhub.registration import actions as registration
from eventhub.registration.cancelling import NotAnyMore
from eventhub.registration.models import Registration, State
from tests.arrangements.scene import (
    CAPTIONS,
    FORM,
    WHEELCHAIR,
    come,
    gathered,
    held,
    key_of,
    make_stage,
    opened,
    person_of,
    wish,
)
from tests.factories.people import make_person, sign_in
from tests.factories.registration import intake, make_dialogue, register
from tests.programme.console import error_at, fields_of, text_of
from tests.programme.console import send as send_from

pytestmark = pytest.mark.usefixtures("database")


def page_of(one: Registration, lang: str = "en") -> str:
    return f"/{lang}/me/registrations/{one.reference}/needs"


def send(client: FlaskClient, address: str, **changes: Any) -> TestResponse:
    return send_from(client, address, at=address, **changes)


@pytest.fixture
def person(client: FlaskClient) -> Person:
    found = make_person()
    sign_in(client, found)
    return found


def test_answers_become_wishes_once() -> None:
    event, _session = make_stage()
    one = come(event, access_needs=["wheelchair", "international_sign", "guide_dog"], other_support="No nuts, please")
    assert set(gathered(one)) == {
        WHEELCHAIR,
        Wish(Kind.SIGN_LANGUAGE, "ils"),
        Wish(Kind.OTHER, words="guide dog"),
        Wish(Kind.OTHER, words="No nuts, please"),
    }
    before = {found.need.id for found in held(one)}
    assert actions.gather(one.id) == 0
    assert {found.need.id for found in held(one)} == before
    assert {found.need.status for found in held(one)} == {Status.ASKED}


def test_answers_of_a_registration_that_is_written_in_one_statement() -> None:
    event = make_dialogue(data=FORM, capacity=2)
    one = register(event, display_name="Amina", access_needs=["international_sign"])
    assert one.has_seat
    assert gathered(one) == [Wish(Kind.SIGN_LANGUAGE, "ils")]


def test_who_needs_nothing_owes_nothing() -> None:
    event, _session = make_stage()
    one = come(event)
    assert db.session.query(Promise).filter_by(task="registration.needs_told").count() == 0
    assert actions.gather(one.id) == 0


def test_changed_answers_are_followed_and_the_own_page_is_not_overruled() -> None:
    event, _session = make_stage()
    one = come(event, access_needs=["wheelchair", "realtime_captioning"])
    gathered(one)
    person = person_of(one)
    captions = next(found for found in held(one) if found.wish == CAPTIONS)
    actions.take_back(person, intake(event, person), captions.need.id)
    wish(event, one, Wish(Kind.DIET, words="Halal"))
    registration.amend(person, intake(event, person), {"access_needs": ["realtime_captioning", "large_print"]})
    actions.gather(one.id)
    standing = {found.wish: found.need.status for found in held(one)}
    assert standing == {
        WHEELCHAIR: Status.TAKEN_BACK,  # not on the form any more
        CAPTIONS: Status.TAKEN_BACK,  # still on the form, but taken back on the own page
        Wish(Kind.DIET, words="Halal"): Status.ASKED,
        Wish(Kind.LARGE_PRINT): Status.ASKED,
    }
    registration.amend(person, intake(event, person), {"access_needs": []})
    actions.gather(one.id)
    registration.amend(person, intake(event, person), {"access_needs": ["realtime_captioning"]})
    actions.gather(one.id)
    assert [found.need.status for found in held(one) if found.wish == CAPTIONS] == [Status.TAKEN_BACK, Status.ASKED]


def test_a_wish_of_the_own_page_that_the_answers_repeat_is_one() -> None:
    event, _session = make_stage()
    one = come(event)
    wish(event, one)
    person = person_of(one)
    registration.amend(person, intake(event, person), {"access_needs": ["wheelchair"]})
    actions.gather(one.id)
    assert [found.wish for found in held(one)] == [WHEELCHAIR]


def test_nothing_of_a_wish_stands_open_in_the_database() -> None:
    event, session = make_stage()
    one = come(event, access_needs=["wheelchair"], other_support="insulin in a fridge")
    gathered(one)
    wish(event, one, Wish(Kind.SIGN_LANGUAGE, "fsl", words="left-handed signer"), session)
    for table in ("access_need", "audit_entry", "promise", "audit_text"):
        rows = db.session.execute(text(f"SELECT row_to_json(t)::text FROM {table} t")).scalars().all()
        for word in ("wheelchair", "insulin", "fsl", "left-handed", "sign_language"):
            assert not [row for row in rows if word in row], (table, word)


def test_asked_for_changed_and_taken_back_on_the_own_page(client: FlaskClient, person: Person) -> None:
    event, session = make_stage()
    one = come(event, person)
    sign_in(client, person)
    card = client.get(f"/en/me/registrations/{one.reference}")
    assert f'href="{page_of(one)}"' in card.get_data(as_text=True)

    refused = send(client, page_of(one), kind="sign_language")
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Choose a language" in error_at(refused, "signs")
    led = send(client, page_of(one), kind="sign_language", signs="fsl", text="Front row", session=session.id.hex)
    assert led.status_code == HTTPStatus.SEE_OTHER
    page = client.get(page_of(one))
    assert "Sign language interpretation: French Sign Language" in text_of(page)
    assert "Front row" in text_of(page)
    assert "Opening" in text_of(page)
    (need,) = db.session.query(Need).all()
    assert opened(need) == Wish(Kind.SIGN_LANGUAGE, "fsl", words="Front row")

    again = send(client, page_of(one), kind="sign_language", signs="fsl", text="Front row", session=session.id.hex)
    assert "asked for this already" in error_at(again, "kind")

    address = f"{page_of(one)}/{need.id}"
    form = fields_of(client.get(address), action=address)
    assert (form["kind"], form["signs"], form["text"]) == (["sign_language"], ["fsl"], ["Front row"])
    assert send(client, address, kind="interpretation", language="ar", into="fr").status_code == HTTPStatus.SEE_OTHER
    words = text_of(client.get(page_of(one)))
    assert "Interpretation from Arabic into French" in words
    changed = next(found for found in held(one) if found.need.status is Status.ASKED)
    assert changed.wish == Wish(Kind.INTERPRETATION, "ar", "fr", "Front row")

    back = f"{page_of(one)}/{changed.need.id}/taken-back"
    data = fields_of(client.get(page_of(one)), action=back)
    assert client.post(back, data=data).status_code == HTTPStatus.SEE_OTHER
    assert {found.need.status for found in held(one)} == {Status.TAKEN_BACK}
    assert "You have not asked for anything." in text_of(client.get(page_of(one)))


@pytest.mark.parametrize(
    ("sent", "field", "message"),
    [
        ({"kind": ""}, "kind", "Choose what you need"),
        ({"kind": "teleport"}, "kind", "Choose one of the answers"),
        ({"kind": "diet"}, "text", "Say in your own words"),
        ({"kind": "other", "text": "  "}, "text", "Say in your own words"),
        ({"kind": "interpretation", "language": "fr", "into": "fr"}, "into", "another language"),
        ({"kind": "wheelchair", "session": "0" * 32}, "session", "Choose one of the answers"),
    ],
)
def test_what_is_missing_stands_at_its_field(
    client: FlaskClient, person: Person, sent: dict[str, Any], field: str, message: str
) -> None:
    event, _session = make_stage()
    one = come(event, person)
    sign_in(client, person)
    answer = send(client, page_of(one), **sent)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert message in error_at(answer, field)
    assert db.session.query(Need).count() == 0


def test_another_persons_wish_is_not_found(client: FlaskClient, person: Person) -> None:
    event, _session = make_stage()
    mine, other = come(event, person), come(event)
    theirs = wish(event, other)
    sign_in(client, person)
    for reference in (mine.reference, other.reference):
        address = f"/en/me/registrations/{reference}/needs/{theirs.id}"
        assert client.get(address).status_code == HTTPStatus.NOT_FOUND
    data = fields_of(client.get(page_of(mine)), action=page_of(mine))
    answer = client.post(f"{page_of(mine)}/{theirs.id}/taken-back", data=data)
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert theirs.status is Status.ASKED


def last_moment(event: Event) -> datetime:
    """The end of the last day on which a wish for the whole event can be changed."""
    day = due.due_on(event, None, queries.lead_days(event.id))
    return datetime.combine(day, time(23, 59), ZoneInfo(event.time_zone))


def test_until_the_due_day_and_not_after(client: FlaskClient, person: Person) -> None:
    event, _session = make_stage()
    one = come(event, person)
    need, other = wish(event, one), wish(event, one, CAPTIONS)
    end = last_moment(event)
    with time_machine.travel(end, tick=False):
        sign_in(client, person)
        assert "Not needed any more" in text_of(client.get(page_of(one)))
        actions.take_back(person, intake(event, person), need.id)
    with time_machine.travel(end + timedelta(minutes=1), tick=False):
        sign_in(client, person)
        page = text_of(client.get(page_of(one)))
        assert "Not needed any more" not in page
        assert "It cannot be changed here any more" in page
        assert "comes late" in page
        data = fields_of(client.get(page_of(one)), action=page_of(one))
        refused = client.post(f"{page_of(one)}/{other.id}/taken-back", data=data)
        assert refused.status_code == HTTPStatus.CONFLICT or "too late to change" in text_of(refused)
        assert other.status is Status.ASKED
        late = actions.ask(person, intake(event, person), Wish(Kind.DIET, words="Vegan"), None)
        assert late.status is Status.ASKED
    with time_machine.travel(end + timedelta(days=30), tick=False), pytest.raises(actions.Over):
        actions.ask(person, intake(event, person), Wish(Kind.QUIET_ROOM), None)


def test_who_is_not_expected_asks_for_nothing() -> None:
    event, _session = make_stage()
    one = come(event)
    one.state = State.DECLINED
    db.session.flush()
    with pytest.raises(actions.NotTakingPart):
        wish(event, one)
    assert actions.gather(one.id) == 0


def test_a_session_is_due_by_its_own_day() -> None:
    event, session = make_stage()
    event.first_day = (monday := next_monday())
    session.starts_local = datetime.combine(monday + timedelta(days=2), time(10))
    assert due.due_on(event, None, 3) == monday - timedelta(days=5)  # Wednesday
    assert due.due_on(event, session, 3) == monday - timedelta(days=3)  # Friday
    assert due.due_on(event, None, 0) == monday
    assert working_days_after(monday - timedelta(days=3), 1) == monday
    assert working_days_before(monday, 1) == monday - timedelta(days=3)


def next_monday() -> Any:
    day = (now() + timedelta(days=30)).date()
    return day + timedelta(days=-day.weekday() % 7)


def test_kept_for_thirty_days_after_the_event() -> None:
    event, _session = make_stage()
    one = come(event, access_needs=["wheelchair"])
    gathered(one)
    (found,) = held(one)
    end = datetime.combine(event.last_day + timedelta(days=1), time(), ZoneInfo(event.time_zone))
    assert found.need.delete_after == end + timedelta(days=30)
    assert keeping.delete_expired(end + timedelta(days=30) - timedelta(seconds=1)) == 0
    event.last_day += timedelta(days=10)
    db.session.flush()
    keeping.follow_days(event.id)
    db.session.expire_all()
    assert keeping.delete_expired(end + timedelta(days=31)) == 0
    assert keeping.delete_expired(end + timedelta(days=41)) == 1
    assert db.session.query(Need).count() == 0
    noted = db.session.query(AuditEntry).filter_by(verb="arrangements.expired").one()
    assert (noted.subject_id, noted.detail) == (event.id, {"number": 1})


def test_the_person_gets_a_copy_and_is_erased(client: FlaskClient, person: Person) -> None:
    event, session = make_stage()
    one = come(event, person)
    wish(event, one, Wish(Kind.SIGN_LANGUAGE, "fsl", words="Front row"), session)
    other = wish(event, come(event))
    sign_in(client, person)
    data = fields_of(client.get("/en/me/data"), action="/me/data/copy")
    copy = client.post("/en/me/data/copy", data=data).get_json()
    (row,) = copy["needs"]
    assert (row["kind"], row["language"], row["words"]) == ("sign_language", "fsl", "Front row")
    assert (row["reference"], row["status"]) == (one.reference, "asked")
    keeping.erase(person.id)
    keeping.erase(person.id)
    assert [need.id for need in db.session.query(Need)] == [other.id]


def test_a_destroyed_key_hides_and_breaks_nothing() -> None:
    event, _session = make_stage()
    one = come(event)
    wish(event, one)
    key_of(one).wrapped = None
    db.session.flush()
    assert held(one) == []
    assert queries.known(event.id) == []


def test_at_most_twenty() -> None:
    event, _session = make_stage()
    one = come(event)
    for number in range(actions.AT_MOST):
        wish(event, one, Wish(Kind.OTHER, words=str(number)))
    with pytest.raises(actions.TooManyWishes):
        wish(event, one)


def test_as_many_statements_for_three_as_for_one(client: FlaskClient, person: Person, statements: list[str]) -> None:
    event, session = make_stage()
    one = come(event, person)
    address = page_of(one)
    wish(event, one)
    sign_in(client, person)
    client.get(address)
    numbers = []
    for _round in range(2):
        statements.clear()
        assert client.get(address).status_code == HTTPStatus.OK
        numbers.append(len(statements))
        for kind in (Kind.QUIET_ROOM, Kind.LARGE_PRINT) if not _round else ():
            wish(event, one, Wish(kind), session)
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("lang", ["ar", "zh", "fr", "ru", "es"])
def test_the_page_speaks(client: FlaskClient, person: Person, lang: str) -> None:
    event, _session = make_stage()
    one = come(event, person)
    wish(event, one)
    sign_in(client, person)
    page = client.get(page_of(one, lang))
    assert page.status_code == HTTPStatus.OK
    assert "no-store" in page.headers["Cache-Control"]


def test_nothing_is_asked_for_at_a_cancelled_event(client: FlaskClient, person: Person) -> None:
    event, _session = make_stage()
    one = come(event, person)
    event.publication = Publication.CANCELLED
    db.session.flush()
    with pytest.raises(NotAnyMore):
        actions.ask(person, intake(event, person), Wish(Kind.WHEELCHAIR), None)
    assert held(one) == []


def test_the_same_wish_in_other_words_is_one(person: Person) -> None:
    event, session = make_stage()
    come(event, person)
    found = intake(event, person)
    actions.ask(person, found, Wish(Kind.CAPTIONING, "fr", words="on a screen"), session)
    with pytest.raises(actions.AskedAlready):
        actions.ask(person, found, Wish(Kind.CAPTIONING, "fr", words="large letters"), session)
    actions.ask(person, found, Wish(Kind.CAPTIONING, "fr"), None)
    actions.ask(person, found, Wish(Kind.DIET, words="no nuts"), None)
    actions.ask(person, found, Wish(Kind.DIET, words="halal"), None)
    with pytest.raises(actions.AskedAlready):
        actions.ask(person, found, Wish(Kind.DIET, words="No  nuts"), None)


def test_pages_of_a_cancelled_session_and_a_cancelled_event_say_so(client: FlaskClient, person: Person) -> None:
    event, session = make_stage()
    one = come(event, person)
    wish(event, one, CAPTIONS, session)
    session.publication = Publication.CANCELLED
    db.session.flush()
    assert "Session cancelled" in client.get(page_of(one)).text
    event.publication, event.cancelled_at = Publication.CANCELLED, now()
    db.session.flush()
    text = client.get(page_of(one)).text
    assert "Ask for it" not in text
    assert "Not needed any more" not in text
    own = client.get(f"/en/me/registrations/{one.reference}").text
    assert "Ask for something" not in own
    assert "Say where it stands" not in own
    assert own.count("Event cancelled") == 2  # where it stands, and among what happened
    assert "Event cancelled" in client.get(f"/en/me/registrations/{one.reference}/questions").text

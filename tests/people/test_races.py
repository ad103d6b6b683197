"""What two people, or two hands of one, do at the same moment: real threads on committed data."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pyotp
import pytest
from sqlalchemy import text

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.people import actions, queries, roles, totp
from eventhub.people.models import PendingFactor, Person, SecondFactor, WebSession
from tests.factories.people import form_fields, make_staff
from tests.live import House
from tests.people.visits import code, link, new_email
from tests.together import together

pytestmark = pytest.mark.lane
ROUNDS = 8


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house")) as running:
        yield running


def two_admins(house: House) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """The only two administrators: their ids, and those of their roles."""
    with house.work():
        db.session.execute(text("UPDATE role_grant SET revoked_at = now() WHERE revoked_at IS NULL"))
        return [(one.id, queries.grants_of(one.id)[0].id) for one in (make_staff(), make_staff())]


def admins(house: House) -> int:
    with house.work():
        return len(queries.admins_of_all())


def leave(house: House, who: uuid.UUID) -> None:
    with house.work():
        person = db.session.get_one(Person, who)
        actions.erase(person, person)


def take(house: House, who: uuid.UUID, grant: uuid.UUID) -> None:
    with house.work():
        roles.revoke_role(db.session.get_one(Person, who), queries.open_grant(grant))


def confirm(house: House, session_id: uuid.UUID) -> bool:
    with house.work():
        session = db.session.get_one(WebSession, session_id)
        person, pending = db.session.get_one(Person, session.person_id), totp.pending_of(session)
        if pending is None:
            return False
        code = pyotp.TOTP(totp.secret_of(person, pending)).at(now())
        return totp.confirm(person, session, code) is not None


def begin(house: House, session_id: uuid.UUID) -> bool:
    with house.work():
        session = db.session.get_one(WebSession, session_id)
        return totp.begin(db.session.get_one(Person, session.person_id), session) is not None


def browsers(person: Person, number: int) -> list[uuid.UUID]:
    """So many signed-in browsers of a person."""
    rows = [
        WebSession(
            id=uuid.uuid4(), person_id=person.id, token_hash=uuid.uuid4().bytes, until=now() + timedelta(hours=1)
        )
        for _ in range(number)
    ]
    db.session.add_all(rows)
    db.session.flush()
    return [one.id for one in rows]


def test_of_two_browsers_that_set_up_a_phone_at_once_one_has_it(house: House) -> None:
    for _ in range(ROUNDS):
        with house.work():
            person = make_staff()
            who, (first, second, third) = person.id, browsers(person, 3)
        for one in (first, second):
            assert begin(house, one)
        told = together([partial(confirm, house, first), partial(confirm, house, second), partial(begin, house, third)])
        assert sorted(told[:2]) == [False, True], told
        with house.work():
            # One that began while the other confirmed has nothing to confirm later.
            assert db.session.query(PendingFactor).filter_by(person_id=who).count() == 0
            assert db.session.query(SecondFactor).filter_by(person_id=who).count() == 1


def test_of_two_administrators_who_leave_at_once_one_stays(house: House) -> None:
    for _ in range(ROUNDS):
        (first, _role), (second, _other) = two_admins(house)
        told = together([partial(leave, house, first), partial(leave, house, second)])
        assert sorted(type(one).__name__ for one in told) == ["LastAdmin", "NoneType"], told
        assert admins(house) == 1


def test_of_two_administrators_who_take_each_others_role_one_stays(house: House) -> None:
    for _ in range(ROUNDS):
        (first, first_role), (second, second_role) = two_admins(house)
        told = together([partial(take, house, first, second_role), partial(take, house, second, first_role)])
        assert [type(one) for one in told if one is not None] == [NotFound], told
        assert admins(house) == 1


def test_of_two_administrators_one_leaves_and_takes_the_others_role_at_once(house: House) -> None:
    for _ in range(ROUNDS):
        (first, _role), (_second, second_role) = two_admins(house)
        told = together([partial(leave, house, first), partial(take, house, first, second_role)])
        assert len([one for one in told if one is None]) == 1, told
        assert admins(house) == 1


@pytest.mark.parametrize("by", ["link", "code"])
def test_a_button_pressed_twice_at_once_ends_signed_in(house: House, by: str) -> None:
    """Whichever answer the browser keeps, its cookie opens the same one session."""
    for _ in range(ROUNDS):
        email, browser = new_email(), house.app.test_client()
        asked = form_fields(browser.get("/en/sign-in").text)
        browser.post("/en/sign-in", data=asked | {"email": email})
        with house.work():
            path, typed = (link(email), {}) if by == "link" else ("/en/sign-in/sent", {"code": code(email)})
        fields = form_fields(browser.get(path).text) | typed
        cookie = browser.get_cookie("session")
        assert cookie is not None

        def press(value: str = cookie.value, path: str = path, fields: dict[str, str] = fields) -> tuple[int, int]:
            hand = house.app.test_client()
            hand.set_cookie("session", value)
            status = hand.post(path, data=fields).status_code
            return status, hand.get("/en/me").status_code

        assert together([press, press]) == [(303, 200), (303, 200)]
        with house.work():
            rows = "SELECT count(*) FROM web_session w JOIN person p ON p.id = w.person_id WHERE p.email = :email"
            assert db.session.scalar(text(rows), {"email": email}) == 1

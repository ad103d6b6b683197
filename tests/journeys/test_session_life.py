"""The life of one session, invited, moved, in another room, cancelled: by organiser, attendee and mail program."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from eventhub.calendars import feeds
from eventhub.calendars.models import CalendarEntry, Feed, Partstat
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.local.process import free_port
from eventhub.people.models import Role
from eventhub.programme.models import Event, Session
from tests.calendars.answering import invited, stamp
from tests.calendars.app_answers import answer, calendar_mail, entry_of, in_feed, method_of, receiving
from tests.factories.calendars import make_room
from tests.factories.people import make_staff
from tests.journeys.browser import DESK, PHONE, axe_problems, keep_shot, scrolls_sideways, visitor
from tests.journeys.stage import person_in, press, say
from tests.live import House, wait_for

pytestmark = pytest.mark.lane

ROOM = "Salle XIX — القاعة"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[House]:
    """A house that takes answers by mail."""
    with receiving(tmp_path_factory.mktemp("house"), port) as made:
        made.web()
        made.worker()
        made.relay()
        yield made


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"), [("en", True, DESK), ("ar", False, PHONE)], ids=["english", "arabic-phone-plain"]
)
def test_from_invite_to_move_to_room_change_to_cancel(
    house: House, chromium: Browser, port: int, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    address = f"amina-{lang}@example.org"
    with house.work():
        invite, registration = invited(email=address, language=lang)
        entry = db.session.get_one(CalendarEntry, invite.entry_id)
        event = db.session.get_one(Event, entry.event_id)
        room = make_room(event)
        room.name = {"en": ROOM, "ar": ROOM}
        feed = db.session.query(Feed).filter_by(person_id=registration.person_id).one()
        secret = feeds.feed_token(feed)
        ids = invite.id, entry.session_id, registration.person_id
        staff = make_staff(Role.ORGANISER, event_id=event.id).id
        slug, room_id = event.slug, room.id
    invite_id, session_id, person_id = ids
    console = f"/{lang}/console/events/{slug}/sessions/{session_id}"
    organiser = visitor(
        chromium,
        house.origin,
        language=lang,
        scripts=scripts,
        viewport=viewport,
        cookie=house.session_cookie(staff, second_factor=True),
    )

    first = calendar_mail(house, address, 1)
    assert entry_of(first)["SEQUENCE"] == in_feed(house, secret)["SEQUENCE"] == 0
    answer(port, first, address, "ACCEPTED")
    wait_for(lambda: _said(house, invite_id) is Partstat.ACCEPTED, seconds=60, what="the answer")

    # Two hours later: the form says first who is told.
    with house.work():
        before = db.session.get_one(Session, session_id).starts_local
    page = organiser.go(f"{console}/move")
    expect(page.locator("#told-t + ul li").first).to_be_visible()
    page.fill("[name=starts]", f"{before + timedelta(hours=2):%H:%M}")
    page.fill("[name=ends]", f"{before + timedelta(hours=3, minutes=30):%H:%M}")
    _look(page, f"session-life-{lang}-1-move", scripts)
    assert press(page) == 200
    moved = calendar_mail(house, address, 2)
    assert _said(house, invite_id) is Partstat.NEEDS_ACTION, "what was answered was answered to another time"
    assert entry_of(moved)["DTSTART"].dt - entry_of(first)["DTSTART"].dt == timedelta(hours=2)
    assert in_feed(house, secret)["DTSTART"].dt == entry_of(moved)["DTSTART"].dt
    answer(port, moved, address, "TENTATIVE")
    wait_for(lambda: _said(house, invite_id) is Partstat.TENTATIVE, seconds=60, what="the second answer")
    answer(port, first, address, "ACCEPTED", stamped=stamp(now() - timedelta(days=1)))

    # Another room: the same time, and the calendar names the place.
    page = organiser.go(f"{console}/move")
    page.select_option("[name=room_id]", str(room_id))
    assert press(page) == 200
    relocated = calendar_mail(house, address, 3)
    assert ROOM in str(entry_of(relocated)["LOCATION"])
    assert str(entry_of(relocated)["DTSTART"].dt) == str(entry_of(moved)["DTSTART"].dt)
    answer(port, relocated, address, "DECLINED", forged=True)
    wait_for(lambda: _waiting(house, invite_id), seconds=60, what="the unproven answer")
    assert _said(house, invite_id) in {Partstat.TENTATIVE, Partstat.NEEDS_ACTION}, "neither the old nor the forged one"
    stood = _said(house, invite_id)

    # What came without proof stands before the organisers, who set it aside.
    page = organiser.go(f"/{lang}/console/events/{slug}/calendar/answers")
    _look(page, f"session-life-{lang}-2-words", scripts)
    assert press(page, "main form[action$='aside'] button") == 200
    assert not _waiting(house, invite_id)
    assert _said(house, invite_id) is stood

    # Cancelled, with a reason.
    page = organiser.go(f"{console}/cancel")
    page.locator("[name=reason-en]").fill("The interpreters are ill.")
    _look(page, f"session-life-{lang}-3-cancel", scripts)
    assert press(page, "main form[method=post] button.danger") == 200
    gone = calendar_mail(house, address, 4)
    answer(port, gone, address, "ACCEPTED")
    wait_for(lambda: not _unread(house, invite_id), seconds=60, what="the last answer to be read")
    assert _said(house, invite_id) is stood

    mails = [first, moved, relocated, gone]
    entries = [entry_of(one) for one in mails]
    assert [int(one["SEQUENCE"]) for one in entries] == [0, 1, 2, 3]
    assert len({str(one["UID"]) for one in entries}) == len({str(one["ORGANIZER"]) for one in entries}) == 1
    assert [method_of(one) for one in mails] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    assert {mail["Content-Language"] for mail in mails} == {lang}
    last = in_feed(house, secret)
    assert (last["STATUS"], last["SEQUENCE"], last["UID"]) == ("CANCELLED", 3, entries[0]["UID"])
    assert organiser.complaints == []
    organiser.close()

    # The attendee reads the same on her own page.
    with person_in(house, chromium, person_id, language=lang, scripts=scripts, viewport=viewport) as amina:
        page = amina.go(f"/{lang}/me/sessions")
        _look(page, f"session-life-{lang}-4-mine", scripts)
        expect(page.locator("main")).to_contain_text(say(house, lang, "Cancelled"))


def _look(page: Page, name: str, scripts: bool) -> None:
    assert not scrolls_sideways(page)
    if scripts:
        assert axe_problems(page) == []
    keep_shot(page, name)


def _said(house: House, invite_id: object) -> Partstat:
    return Partstat(str(house.query("SELECT partstat FROM invite WHERE id = %s", invite_id)[0][0]))


def _waiting(house: House, invite_id: object) -> bool:
    return bool(house.query("SELECT 1 FROM invite_word WHERE invite_id = %s", invite_id))


def _unread(house: House, invite_id: object) -> bool:
    return bool(house.query("SELECT 1 FROM arrived_reply WHERE invite_id = %s", invite_id))

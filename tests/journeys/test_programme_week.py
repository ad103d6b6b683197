"""The programme as a week and a day for everybody, and what organisers are asked: nights, panels, doubtful times."""

from collections.abc import Iterator
from datetime import time, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.programme.models import ClockDoubt, Event, Publication, Session, SessionKind
from tests.factories.calendars import make_chooser, make_entry
from tests.factories.people import make_staff
from tests.factories.programme import add_panellist, clocks_change, make_event, make_room, make_session
from tests.journeys.browser import DESK, PHONE, axe_problems, keep_shot, scrolls_sideways, visitor
from tests.live import House

pytestmark = pytest.mark.lane

NIGHT = clocks_change(10)
"""When the clocks go back in Geneva."""

WAYS = pytest.mark.parametrize(
    ("lang", "scripts", "viewport"),
    [("en", True, DESK), ("en", False, PHONE), ("ar", False, DESK), ("ar", True, PHONE)],
    ids=["english", "english-phone-plain", "arabic-plain", "arabic-phone"],
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house")) as made:
        made.web()
        yield made


def busy_event() -> tuple[Event, list[Session]]:
    """Two days with sessions side by side, a pause, a night, and one that is off."""
    event = make_event(title={"en": "Forum on Civic Space", "ar": "المنتدى المعني بالحيز المدني"})
    rooms = [make_room(event), make_room(event)]
    said = [
        (0, time(9), 1.5, "Opening", "الافتتاح", {"room_id": rooms[0].id}),
        (0, time(10, 30), 0.5, "Coffee", "قهوة", {"kind": SessionKind.BREAK}),
        (0, time(11), 2, "Protecting defenders online", "حماية المدافعين على الإنترنت", {"room_id": rooms[0].id}),
        (0, time(11), 1, "Access to funds", "الحصول على التمويل", {"room_id": rooms[1].id}),
        (0, time(22), 3.5, "Vigil", "وقفة", {"room_id": rooms[0].id}),
        (1, time(10), 2, "The right of peaceful assembly", "الحق في التجمع السلمي", {"room_id": rooms[1].id}),
        (1, time(15), 1, "Closing", "الختام", {"publication": Publication.CANCELLED}),
    ]
    known = []
    for day, start, hours, english, arabic, more in said:
        values = {"day": day, "start": start, "hours": hours, "title": {"en": english, "ar": arabic}, **more}
        if more.keys() & {"kind", "publication"}:
            make_session(event, **values)
        else:
            known.append(db.session.get_one(Session, make_entry(event, **values).session_id))
    return event, known


def is_sound(page: Page, name: str, scripts: bool) -> None:
    """Nothing that axe finds, where it can run, and no way to the side; a picture of it."""
    if scripts:
        assert axe_problems(page) == []
    assert not scrolls_sideways(page)
    keep_shot(page, name)


@WAYS
def test_the_programme_as_a_week_and_a_day(
    house: House, chromium: Browser, lang: str, scripts: bool, viewport: dict[str, int], request: pytest.FixtureRequest
) -> None:
    name = f"week-{request.node.callspec.id}"
    with house.work():
        event, _sessions = busy_event()
        slug, first = event.slug, event.first_day
    reader = visitor(chromium, house.origin, language=lang, scripts=scripts, viewport=viewport)
    page = reader.go(f"/{lang}/events/{slug}")
    is_sound(page, f"{name}-list", scripts)
    # By the keyboard alone: the way to the week is a link, the way to a session is its slot.
    page.locator(f'a[href="/{lang}/events/{slug}/week"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator(".dayc")).to_have_count(2)
    expect(page.locator(".slot")).to_have_count(8)
    is_sound(page, f"{name}-week", scripts)
    page.locator(f'.chips a[href*="day={first + timedelta(days=1)}"]').click()
    expect(page.locator(".dayc")).to_have_count(1)
    expect(page.locator(".slot")).to_have_count(3)
    is_sound(page, f"{name}-day", scripts)
    page.locator("a.slot").nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{lang}/events/{slug}/sessions/*")
    reader.close()


@WAYS
def test_what_organisers_are_asked(
    house: House, chromium: Browser, lang: str, scripts: bool, viewport: dict[str, int], request: pytest.FixtureRequest
) -> None:
    name = f"asked-{request.node.callspec.id}"
    with house.work():
        event, sessions = busy_event()
        add_panellist(sessions[1], name="Amina Diallo")
        slug, other = event.slug, sessions[2].id
        staff = make_staff(Role.ORGANISER, event_id=event.id).id
        person = make_chooser(*sessions[:4]).id
        doubtful = make_event(title={"en": "Night of dialogue", "ar": "ليلة الحوار"}, first_day=NIGHT, last_day=NIGHT)
        night = db.session.get_one(Session, make_entry(doubtful, start=time(2, 30)).session_id)
        night.clock_doubt = ClockDoubt.OPEN
        keeper = make_staff(Role.ORGANISER, event_id=doubtful.id).id
        doubtful_slug, night_id = doubtful.slug, night.id
    ways = {"language": lang, "scripts": scripts, "viewport": viewport}
    organiser = visitor(chromium, house.origin, cookie=house.session_cookie(staff, second_factor=True), **ways)
    page = organiser.go(f"/{lang}/console/events/{slug}/sessions/{other}/panel/new")
    page.fill("#name", "Amina Diallo")
    page.locator("main form button").first.click()
    expect(page.locator("#clashes")).to_be_visible()
    expect(page.locator("#name")).to_have_value("Amina Diallo")
    is_sound(page, f"{name}-panel", scripts)
    page.locator('button[name="clash"]').click()
    page.wait_for_url("**/sessions/*#panel")
    page = organiser.go(f"/{lang}/console/events/{slug}/sessions/{other}/move")
    page.fill("#starts", "23:00")
    page.fill("#ends", "01:00")
    page.locator("main form button").first.click()
    expect(page.locator("#ends-e")).to_be_visible()
    is_sound(page, f"{name}-night-refused", scripts)
    page.check("#ends_next_day")
    page.locator("main form button").first.click()
    page.wait_for_url("**/programme#*")
    is_sound(page, f"{name}-programme", scripts)
    organiser.close()

    decider = visitor(chromium, house.origin, cookie=house.session_cookie(keeper, second_factor=True), **ways)
    page = decider.go(f"/{lang}/console")
    is_sound(page, f"{name}-today", scripts)
    page.locator(f'a[href$="/sessions/{night_id}/move"]').click()
    is_sound(page, f"{name}-doubt", scripts)
    page.locator("main form button").first.click()
    expect(page.locator("#starts_fold-e")).to_be_visible()
    page.select_option("#starts_fold", "1")
    page.locator("main form button").first.click()
    page.wait_for_url(f"**/events/{doubtful_slug}/programme#*")
    decider.close()

    attendee = visitor(chromium, house.origin, cookie=house.session_cookie(person), **ways)
    is_sound(attendee.go(f"/{lang}/me/sessions"), f"{name}-mine", scripts)
    attendee.close()

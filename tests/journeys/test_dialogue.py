"""A dialogue in Chromium: one page, a confirmation that is the calendar's invite, and a way out that cancels it."""

import re
from datetime import timedelta
from email.message import EmailMessage

import icalendar
import pytest
from playwright.sync_api import Browser, expect

from eventhub.calendars.actions import choose, follow_all
from eventhub.calendars.lint import problems
from eventhub.calendars.models import Choice
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.programme.models import Session
from tests.factories.people import make_person
from tests.factories.programme import make_session
from tests.factories.registration import make_dialogue, register
from tests.journeys.browser import DESK, PHONE, axe_problems, keep_shot, scrolls_sideways, visitor
from tests.journeys.stage import (
    Scene,
    build_dialogue,
    heading,
    new_address,
    newest_mail,
    plain_text,
    press,
    say,
    sign_in,
)
from tests.live import House

pytestmark = pytest.mark.lane

ROOM = "https://meet.example.org/hall"
TREE = [
    ("multipart/mixed", None),
    ("multipart/alternative", None),
    ("text/plain", None),
    ("text/html", None),
    ("text/calendar", None),
    ("application/ics", "attachment"),
]


@pytest.fixture(scope="module")
def dialogue(house: House) -> Scene:
    return build_dialogue(house)


def calendar_of(mail: EmailMessage, method: str) -> icalendar.Event:
    """The one event of a calendar mail whose parts are what mail programs need."""
    assert [(part.get_content_type(), part.get_content_disposition()) for part in mail.walk()] == TREE
    alternative = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    file = next(part for part in mail.walk() if part.get_content_type() == "application/ics")
    assert alternative.get_param("method") == method
    data = alternative.get_payload(decode=True)
    assert isinstance(data, bytes)
    assert data == file.get_payload(decode=True)
    assert problems(data, kind="request" if method == "REQUEST" else "cancel") == []
    calendar = icalendar.Calendar.from_ical(data)
    assert str(calendar["METHOD"]) == method
    (event,) = calendar.events
    return event


def answered(house: House, address: str) -> object:
    """What the invite knows of the person's answer."""
    statement = "SELECT partstat FROM invite i JOIN person p ON p.id = i.person_id WHERE p.email = %s"
    return house.query(statement, address)[0][0]


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"),
    [("en", True, PHONE), ("ar", False, DESK)],
    ids=["en-scripts-phone", "ar-plain-desk"],
)
def test_one_page_an_invite_and_a_way_out(
    house: House, chromium: Browser, dialogue: Scene, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    address = new_address()
    name = f"dialogue-{lang}"
    person = visitor(chromium, house.origin, language=lang, scripts=scripts, viewport=viewport)
    page = person.go(f"/{lang}/dialogues")
    page.locator(f"main a[href$='/events/{dialogue.slug}']").first.click()
    page.locator(f"a[href$='/events/{dialogue.slug}/register']:visible").first.click()
    page.locator("main .btns a.btn").first.click()
    sign_in(house, person, address, by_link=scripts)

    # One page is the whole form.
    page.fill("[name=q_display_name]", "Amina")
    page.select_option("[name=q_residence]", "KE")
    page.fill("[name=q_needs]", "A quiet room")
    keep_shot(page, f"{name}-01-form")
    assert not scrolls_sideways(page)
    press(page)
    assert page.url.endswith("/register/done")
    assert heading(page) == say(house, lang, "Your place is confirmed")
    keep_shot(page, f"{name}-02-done")

    # The confirmation is the invite, and the only mail of it.
    mail = newest_mail(house, address, 2)
    assert mail["Content-Language"] == lang
    assert mail["Subject"] == say(house, lang, "Confirmed: %(title)s", title=dialogue.titles[lang])
    invited = calendar_of(mail, "REQUEST")
    assert str(invited["ATTENDEE"]) == f"mailto:{address}"
    (answer,) = re.findall(rf"{re.escape(house.origin)}/{lang}/invites/\S+", plain_text(mail))[:1]

    # The answer by the mail's link changes nothing until a button is pressed.
    page.goto(answer)
    keep_shot(page, f"{name}-03-answer")
    assert answered(house, address) == "NEEDS-ACTION"
    press(page)
    assert answered(house, address) == "ACCEPTED"
    keep_shot(page, f"{name}-04-answered")

    # My page, my registration, and out.
    person.go(f"/{lang}/me")
    page.locator("main a[href*='/me/registrations/']").first.click()
    page.wait_for_url("**/me/registrations/**", wait_until="load")
    keep_shot(page, f"{name}-05-mine")
    assert not scrolls_sideways(page)
    page.locator("main a[href$='/withdraw']").first.click()
    keep_shot(page, f"{name}-06-withdraw")
    press(page)
    keep_shot(page, f"{name}-07-withdrawn")
    cancelled = next(
        calendar_of(mail, "CANCEL")
        for number in (3, 4)
        if newest_mail(house, address, number).get_content_type() == "multipart/mixed"
        for mail in [newest_mail(house, address, number)]
    )
    assert str(cancelled["UID"]) == str(invited["UID"])
    assert int(cancelled["SEQUENCE"]) > int(invited["SEQUENCE"])
    assert str(cancelled["STATUS"]) == "CANCELLED"
    assert house.query("SELECT seats_taken FROM registration_setup WHERE event_id = %s", dialogue.event_id) == [(0,)]
    assert person.complaints == []
    person.close()


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"), [("en", True, PHONE), ("ar", False, PHONE)], ids=["en-scripts", "ar-plain"]
)
def test_into_the_room_and_noted_once(
    house: House, chromium: Browser, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    with house.work():
        event, who = make_dialogue(), make_person(language=lang)
        session = make_session(event, title={"en": "Land"}, join_link=ROOM, dial_in="+41 22 555 01 00")
        session.starts_at, session.ends_at = now() + timedelta(hours=1), now() + timedelta(hours=3)
        follow_all([event])
        register(event, who)
        choose(who, session, Choice.GOING)
        ids, slug = (who.id, session.id), event.slug
    person = visitor(
        chromium, house.origin, language=lang, scripts=scripts, viewport=viewport, cookie=house.session_cookie(ids[0])
    )
    person.page.route(f"{ROOM}**", lambda route: route.fulfill(status=200, body="Welcome"))
    page = person.go(f"/{lang}/me/sessions")
    page.locator(f"main a[href$='/sessions/{ids[1]}/join']").click()
    expect(page.locator("main h2")).to_have_text(say(house, lang, "The room is not open yet"))
    expect(page.locator("main form")).to_have_count(0)
    keep_shot(page, f"room-{lang}-01-early")
    with house.work():
        db.session.get_one(Session, ids[1]).starts_at = now() + timedelta(minutes=10)
    page.locator("main a.btn").click()
    keep_shot(page, f"room-{lang}-02-open")
    assert not scripts or axe_problems(page) == []
    assert not scrolls_sideways(page)
    press(page)
    keep_shot(page, f"room-{lang}-03-joined")
    assert not scripts or axe_problems(page) == []
    for _ in range(2):
        page.goto(f"{house.origin}/{lang}/events/{slug}/sessions/{ids[1]}/join")
        page.locator("main .btns a.btn").click()
        expect(page).to_have_url(ROOM)
    noted = "SELECT count(*) FROM online_attendance WHERE session_id = %s"
    assert house.query(noted, ids[1]) == [(1,)]
    assert person.complaints == []
    person.close()

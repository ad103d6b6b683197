"""A full session: somebody waits, another leaves, the place and the mail come; then the whole event moves a week."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from eventhub.calendars import actions as calendars
from eventhub.calendars.models import Choice
from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.programme.models import Event
from eventhub.registration.models import State
from tests.factories.people import make_person, make_staff
from tests.factories.programme import make_session
from tests.factories.registration import make_registration
from tests.journeys.browser import DESK, PHONE, axe_problems, keep_shot, scrolls_sideways, visitor
from tests.journeys.stage import build_forum, new_address, person_in, press, say
from tests.journeys.test_questions import mail_about
from tests.live import House

pytestmark = pytest.mark.lane
WEEK = timedelta(days=7)
TITLE = {"en": "Film evening", "ar": "أمسية سينمائية"}


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"), [("en", True, DESK), ("ar", False, PHONE)], ids=["desk", "phone-without-scripts"]
)
def test_a_place_is_handed_on_and_the_event_moves(
    house: House, chromium: Browser, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    forum, address = build_forum(house), new_address()
    with house.work():
        event = db.session.get_one(Event, forum.event_id)
        film = make_session(event, day=-1, title=TITLE, places=1, for_categories=["ngo_no_ecosoc"])
        calendars.follow_session(film)
        holder, waiting = make_person(language=lang), make_person(email=address, language=lang)
        for person in (holder, waiting):
            make_registration(event, person, state=State.ACCREDITED, has_seat=True)
        calendars.choose(holder, film, Choice.GOING)
        organizer = make_staff(Role.ORGANISER, event_id=event.id)
        ids, later = (holder.id, waiting.id, organizer.id), event.first_day + WEEK
    given = {"language": lang, "scripts": scripts, "viewport": viewport}
    shot = f"places-{lang}-{viewport['width']}"

    with person_in(house, chromium, ids[1], **given) as one:
        one.go(f"/{lang}/me/sessions/events/{forum.slug}")
        assert not scripts or axe_problems(one.page) == []
        assert not scrolls_sideways(one.page)
        keep_shot(one.page, f"{shot}-1-full")
        assert press(one.page, "button[value=join]") == 200
        expect(one.page.locator("#waiting")).to_be_visible()
        with person_in(house, chromium, ids[0], **given) as other:
            other.go(f"/{lang}/me/sessions")
            assert press(other.page, "button[value=none]") == 200
        mail_about(house, address, say(house, lang, "You have a place: %(title)s", title=TITLE[lang]))
        one.go(f"/{lang}/me/sessions")
        expect(one.page.locator("#waiting")).to_have_count(0)
        expect(one.page.locator(".agenda")).to_contain_text(TITLE[lang])
        keep_shot(one.page, f"{shot}-2-mine")

    staff = visitor(chromium, house.origin, cookie=house.session_cookie(ids[2], second_factor=True), **given)  # type: ignore[arg-type]
    staff.go(f"/{lang}/console/events/{forum.slug}/move")
    staff.page.fill("[name=first_day]", later.isoformat())
    assert press(staff.page, "form[method=get] button") == 200
    assert not scripts or axe_problems(staff.page) == []
    assert not scrolls_sideways(staff.page)
    keep_shot(staff.page, f"{shot}-3-move")
    assert press(staff.page, "form[method=post] button.danger") == 200
    expect(staff.page.locator("#history")).to_contain_text(say(house, lang, "Event moved to other days"))
    staff.close()
    mail_about(house, address, say(house, lang, "New dates: %(title)s", title=forum.titles[lang]))
    with house.work():
        assert db.session.get_one(Event, forum.event_id).first_day == later

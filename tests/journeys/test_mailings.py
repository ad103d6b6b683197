"""An organizer writes to those accredited, looks, sends; two people read it, one of them in discreet mode.

In English at a desk with scripts and in Arabic on a phone without: by real pages, a real worker and real mails.
"""

import re
import uuid
from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.mailings import sending
from eventhub.mailings.models import Mailing, Stage
from eventhub.people.models import Role
from eventhub.programme.models import Event
from eventhub.registration.models import State
from tests.factories.people import make_person, make_staff
from tests.factories.registration import make_registration
from tests.journeys.browser import DESK, PHONE, axe_problems, keep_shot, scrolls_sideways, visitor
from tests.journeys.stage import build_forum, new_address, newest_mail, plain_text, press, say
from tests.live import House, wait_for

pytestmark = pytest.mark.lane


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"),
    [("en", True, DESK), ("ar", False, PHONE)],
    ids=["english-desk-with-scripts", "arabic-phone"],
)
def test_written_looked_at_sent_and_read(
    house: House, chromium: Browser, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    forum = build_forum(house)
    plain, hidden, shot = new_address(), new_address(), f"mailings-{lang}-{viewport['width']}"
    with house.work():
        event = db.session.get_one(Event, forum.event_id)
        reader = make_person(name="Amina Yusuf", email=plain, language=lang)
        discreet = make_person(name="Grace Hidden", email=hidden, language=lang, discreet=True, alias="G. H.")
        chinese = make_person(name="李娜", email=new_address(), language="zh")
        for one in (reader, discreet, chinese):
            make_registration(event, one, state=State.ACCREDITED)
        make_registration(event, make_person(name="Undecided"), state=State.UNDER_REVIEW)
        organiser = make_staff(Role.ORGANISER, event_id=event.id)
        organiser.name, organiser.language = "Louis Bernard", lang
        organiser_id, discreet_id, reader_id = organiser.id, discreet.id, reader.id

    console = f"/{lang}/console/events/{forum.slug}/mailings"
    look = {"language": lang, "scripts": scripts, "viewport": viewport}
    cookie = house.session_cookie(organiser_id, second_factor=True)
    staff = visitor(chromium, house.origin, cookie=cookie, **look)  # type: ignore[arg-type]

    def seen(name: str) -> None:
        keep_shot(staff.page, f"{shot}-{name}")
        assert not scrolls_sideways(staff.page)
        assert not scripts or axe_problems(staff.page) == []

    staff.go(console)
    seen("01-empty")
    staff.page.locator(f"a[href='{console}/new']").first.click()
    seen("02-new")
    assert press(staff.page) == 200
    assert press(staff.page) == 422
    staff.page.locator("[name=groups][value=accredited]").check()
    assert press(staff.page) == 200
    recipients = staff.page.locator("main, aside").all_inner_texts()
    assert "Amina Yusuf" in " ".join(recipients)
    assert "Undecided" not in " ".join(recipients)
    seen("03-recipients")
    staff.page.locator("main a[href$='/texts']").click()
    staff.page.select_option("[name=original_language]", "en")
    staff.page.fill("[name=subject-en]", "Doors open at nine")
    staff.page.fill("[name=text-en]", "Dear {nam},\n\nwelcome to {event}: {link}")
    assert press(staff.page) == 422
    seen("04-wrong-placeholder")
    staff.page.fill("[name=text-en]", "Dear {name},\n\nwelcome to {event}: {link}")
    staff.page.fill("[name=subject-ar]", "تفتح الأبواب في التاسعة")
    staff.page.fill("[name=text-ar]", "تحية طيبة، {name}\n\nأهلاً بكم في {event}: {link}")
    seen("05-texts")
    assert press(staff.page) == 200
    here = staff.page.url
    seen("06-look")
    assert press(staff.page, "form[action$='/trial'] button") == 200
    assert press(staff.page, "form[action$='/send'] button") == 200
    seen("07-scheduled")
    with house.work():
        sending.step(now() + timedelta(seconds=1), 100)

    told = newest_mail(house, plain)
    subject = {"en": "Doors open at nine", "ar": "تفتح الأبواب في التاسعة"}[lang]
    assert told["Subject"] == subject
    assert forum.titles[lang] in plain_text(told)
    neutral = newest_mail(house, hidden)
    assert neutral["Subject"] == say(house, lang, "There is news for you")
    for word in (subject, forum.titles[lang], "Grace", "EventHub"):
        assert word not in neutral.as_string() + plain_text(neutral)
    with house.work():
        sending.step(now() + timedelta(seconds=1), 100)
    wait_for(lambda: stage(house, here) is Stage.DONE, seconds=20, what="all mails out")
    staff.go(here.removeprefix(house.origin))
    seen("08-sent")
    staff.page.locator("main a[href$='/log']").first.click()
    seen("09-log")
    staff.go(f"{console}/not-reached")
    seen("10-not-reached")
    staff.go(console)
    seen("11-list")

    (link,) = re.findall(rf"{re.escape(house.origin)}(/{lang}/me/messages)", plain_text(neutral))
    owner = visitor(chromium, house.origin, cookie=house.session_cookie(discreet_id), **look)  # type: ignore[arg-type]
    owner.go(link)
    keep_shot(owner.page, f"{shot}-12-messages")
    assert not scrolls_sideways(owner.page)
    assert not scripts or axe_problems(owner.page) == []
    owner.page.locator("main a[href*='/me/messages/']").first.click()
    assert subject in owner.page.locator("h1").inner_text()
    assert "G. H." in owner.page.locator("main").inner_text()
    assert subject not in owner.page.title()
    keep_shot(owner.page, f"{shot}-13-message")
    assert not scripts or axe_problems(owner.page) == []
    owner.go(f"/{lang}/me/messages")
    assert press(owner.page, "form[action$='/mails/none'] button") == 200
    keep_shot(owner.page, f"{shot}-14-stopped")
    mine = visitor(chromium, house.origin, cookie=house.session_cookie(reader_id), **look)  # type: ignore[arg-type]
    mine.go(f"/{lang}/me")
    assert mine.page.locator(f"a[href='/{lang}/me/messages']").count() == 1
    for one in (staff, owner, mine):
        assert one.complaints == [complaint for complaint in one.complaints if "422" in complaint]
        one.close()


def stage(house: House, address: str) -> Stage:
    """Where the mailing at an address stands, once the clock has looked."""
    with house.work():
        sending.step(now() + timedelta(seconds=1), 100)
        return db.session.get_one(Mailing, uuid.UUID(address.rpartition("/")[2])).stage

"""In a real browser: captured in the room, confirmed by the mailed link, verified, published, read by everybody.

In English on a desk, and in Arabic on a phone without scripts.
"""

import re

import pytest
from playwright.sync_api import Browser, expect

from eventhub.people.models import Role
from tests.factories.commitments import past_event
from tests.factories.people import make_staff
from tests.journeys.browser import DESK, PHONE, axe_problems, visitor
from tests.journeys.stage import new_address, newest_mail, plain_text, press, say
from tests.journeys.test_delegations import look
from tests.live import House

pytestmark = pytest.mark.lane
WORDS = {
    "en": "We will open classes in the mother tongue in 120 primary schools in the border districts.",
    "ar": "سنفتح فصولا باللغة الأم في 120 مدرسة ابتدائية في المناطق الحدودية.",
}
MAKERS = {"en": "Ministry of Education", "ar": "وزارة التربية والتعليم"}


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"),
    [("en", True, DESK), ("ar", False, PHONE)],
    ids=["desk", "arabic-phone-without-scripts"],
)
def test_from_the_room_to_the_public_page(
    house: House, chromium: Browser, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    shot, mailbox = f"commitments-{lang}-{viewport['width']}", new_address()
    with house.work():
        event = past_event()
        event.title = {"en": "Dialogue on education in minority languages", "ar": "حوار بشأن التعليم بلغات الأقليات"}
        slug, organiser_id = event.slug, make_staff(Role.ORGANISER, event_id=event.id).id
    given = {"language": lang, "scripts": scripts, "viewport": viewport}
    cookie = house.session_cookie(organiser_id)
    staff = visitor(chromium, house.origin, cookie=cookie, **given)  # type: ignore[arg-type]
    maker = visitor(chromium, house.origin, **given)  # type: ignore[arg-type]
    page = staff.page
    staff.go(f"/{lang}/console/events/{slug}/commitments")
    look(staff, f"{shot}-01-room")
    assert press(page) == 422
    look(staff, f"{shot}-02-missing")
    page.fill("[name=maker]", MAKERS[lang])
    page.select_option("[name=kind]", "government")
    page.fill("[name=wording]", WORDS[lang])
    page.fill("[name=due_on]", "2028-12-31")
    page.locator("main form details summary").first.click()
    if scripts:
        page.fill("[name=speaker]", "The Minister")
        expect(page.locator("[data-autosave-status].saved")).to_be_visible()
        staff.go(f"/{lang}")
        staff.go(f"/{lang}/console/events/{slug}/commitments")
        expect(page.locator("[name=wording]")).to_have_value(WORDS[lang])
        expect(page.locator("[name=speaker]")).to_have_value("The Minister")
        look(staff, f"{shot}-02-again")
    page.fill("[name=email]", mailbox)
    page.select_option("[name=country]", "KE")
    page.select_option("[name=language]", lang)
    assert press(page) == 200
    look(staff, f"{shot}-03-today")
    assert not scripts or axe_problems(page) == []
    assert press(page, "form[action$='/ask'] button") == 200

    found = re.search(r"/\w\w/confirm/[\w-]+", plain_text(newest_mail(house, mailbox)))
    assert found
    maker.go(found[0])
    expect(maker.page.locator("blockquote.words")).to_contain_text(WORDS[lang])
    look(maker, f"{shot}-04-confirm")
    assert not scripts or axe_problems(maker.page) == []
    maker.page.locator("main a[href$='/correct']").click()
    maker.page.fill("[name=wording]", WORDS[lang].replace("120", "100"))
    assert press(maker.page) == 422
    look(maker, f"{shot}-05-correct")
    maker.page.fill("[name=reason]", "100")
    assert press(maker.page) == 200
    expect(maker.page.locator("main")).to_contain_text(
        say(house, lang, "Your words are kept, beside those that were written down.")
    )
    look(maker, f"{shot}-06-answered")

    page.locator("ul.docs a").first.click()
    look(staff, f"{shot}-07-record")
    assert not scripts or axe_problems(page) == []
    assert press(page, "form[action$='/verify'] button") == 200
    assert press(page, "form[action$='/state'] button[value=publish]") == 200
    staff.go(page.url.removeprefix(house.origin) + "/details")
    look(staff, f"{shot}-08-details")
    page.check("[name=themes][value=education]")
    page.fill("[name=milestone_0]", MAKERS[lang])
    page.fill("[name=done_0]", "2026-02-01")
    page.fill("[name=milestone_1]", WORDS[lang])
    page.fill("[name=due_1]", "2027-02-01")
    page.fill("[name=symbol_0]", "A/HRC/52/71")
    page.fill("[name=paragraph_0]", "65")
    assert press(page, "form[action$='/details'] button") == 200
    staff.go(f"/{lang}/console/commitments")
    look(staff, f"{shot}-09-list")

    maker.go(f"/{lang}/commitments?theme=education")
    look(maker, f"{shot}-10-public-list")
    assert not scripts or axe_problems(maker.page) == []
    maker.page.locator(".pledge a", has_text=WORDS[lang][:20]).first.click()
    expect(maker.page.locator("blockquote.words")).to_contain_text(WORDS[lang].replace("120", "100"))
    look(maker, f"{shot}-11-public")
    assert not scripts or axe_problems(maker.page) == []
    staff.close()
    maker.close()

"""In a real browser: a link by mail, evidence, a check, a result; a comment, a moderator, the maker's reply, a dispute.

In English on a desk, and in Arabic on a phone without scripts, with a file named in Chinese.
"""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from eventhub.commitments import following
from eventhub.commitments.models import Says
from eventhub.people.models import Role
from tests.factories.commitments import past_event, published
from tests.factories.evidence import a_pdf
from tests.factories.people import make_staff
from tests.journeys.browser import DESK, PHONE, axe_problems, visitor
from tests.journeys.stage import new_address, newest_mail, plain_text, press
from tests.journeys.test_delegations import look
from tests.live import House

pytestmark = pytest.mark.lane
TITLE = {"en": "Report of the ministry for 2026", "ar": "تقرير الوزارة لعام 2026"}
COMMENT = {
    "en": "Dr. Okafor told us that four of the schools have no teacher who speaks the language.",
    "ar": "أخبرنا السيد محمد أن أربع مدارس ليس فيها معلم يتحدث اللغة.",
}
NAME = {"en": "Okafor", "ar": "محمد"}
REPLY = {
    "en": "We agree for two of them and will send teachers by June.",
    "ar": "نتفق بشأن مدرستين وسنرسل معلمين قبل يونيو.",
}


def link_in(house: House, mailbox: str, part: str) -> str:
    """The address in the newest mail to a mailbox."""
    found = re.search(rf"/\w\w/{part}/[\w-]+", plain_text(newest_mail(house, mailbox)))
    assert found
    return found[0]


def choose(page: Page, name: str, value: str) -> None:
    """Mark one of the choices."""
    page.locator(f"[name={name}][value={value}]").check()


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"),
    [("en", True, DESK), ("ar", False, PHONE)],
    ids=["desk", "arabic-phone-without-scripts"],
)
def test_from_a_claim_to_a_dispute(
    house: House, chromium: Browser, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    shot, mailbox = f"evidence-{lang}-{viewport['width']}", new_address()
    with house.work():
        event = past_event()
        event.title = {"en": "Dialogue on education in minority languages", "ar": "حوار بشأن التعليم بلغات الأقليات"}
        made = published(event, maker="Ministry of Education", title="Classes in the mother tongue")
        following.say(made, Says.FULFILLED, text="All 120 schools have opened their classes.")
        made.contacts[0].language = lang
        reference, maker_box = made.reference, str(made.contacts[0].email)
        reviewer_id = make_staff(Role.COMMITMENT_REVIEWER, event_id=event.id).id
    given = {"language": lang, "scripts": scripts, "viewport": viewport}
    cookie = house.session_cookie(reviewer_id)
    staff = visitor(chromium, house.origin, cookie=cookie, **given)  # type: ignore[arg-type]
    other = visitor(chromium, house.origin, **given)  # type: ignore[arg-type]
    page, desk, public = other.page, staff.page, f"/{lang}/commitments/{reference}"
    other.go(public)
    look(other, f"{shot}-01-nothing")
    page.locator("main a[href$='/speak']").click()
    look(other, f"{shot}-02-speak")
    assert press(page) == 422
    page.fill("[name=email]", mailbox)
    assert press(page) == 200
    link = link_in(house, mailbox, "speak")
    other.go(link)
    look(other, f"{shot}-03-link")
    page.locator("main a[href$='/evidence']").click()
    assert press(page) == 422
    look(other, f"{shot}-04-evidence-missing")
    page.fill("[name=title]", TITLE[lang])
    page.set_input_files("[name=file]", {"name": "教育部报告.pdf", "mimeType": "application/pdf", "buffer": a_pdf()})
    page.select_option("[name=language]", lang)
    page.fill("[name=address]", "https://example.org/report/2026")
    page.fill("[name=shown_on]", "2026-01-05")
    assert press(page) == 200
    page.locator("main a[href$='/comment']").click()
    page.fill("[name=text]", COMMENT[lang])
    page.locator("[name=disputes]").check()
    page.select_option("[name=country]", "KE")
    assert press(page) == 422
    look(other, f"{shot}-05-comment-missing")
    page.fill("[name=name]", "Amina Yusuf")
    page.fill("[name=organisation]", "Open Horizons")
    assert press(page) == 200
    look(other, f"{shot}-06-sent")
    assert not scripts or axe_problems(page) == []

    staff.go(f"/{lang}/console/assessments")
    look(staff, f"{shot}-07-queue")
    assert not scripts or axe_problems(desk) == []
    desk.locator("main table a").first.click()
    look(staff, f"{shot}-08-desk")
    assert not scripts or axe_problems(desk) == []
    assert press(desk, "form[action$='/check'] button[value=public]") == 200
    desk.locator("main a[href*='/comments/']").first.click()
    desk.fill("[name=cut]", NAME[lang])
    look(staff, f"{shot}-09-moderate")
    assert not scripts or axe_problems(desk) == []
    assert press(desk, "button[value=show]") == 200
    choose(desk, "verdict", "confirmed")
    desk.fill("[name=text]", "The report names 120 schools.")
    assert press(desk, "form[action$='/result'] button") == 200

    other.go(link_in(house, maker_box, "right-of-reply"))
    expect(page.locator("main")).not_to_contain_text(NAME[lang])
    page.fill("[name=text]", REPLY[lang])
    look(other, f"{shot}-10-reply")
    assert press(page) == 200
    desk.reload()
    assert press(desk, "form[action*='/replies/'] button[value=show]") == 200
    choose(desk, "verdict", "disputed")
    desk.fill("[name=text]", "Two of the schools have no teacher yet, as the maker agrees.")
    assert press(desk, "form[action$='/result'] button") == 200
    look(staff, f"{shot}-11-done")

    # A browser of its own: the first one may keep the page for a minute.
    reader = visitor(chromium, house.origin, **given)  # type: ignore[arg-type]
    reader.go(public)
    look(reader, f"{shot}-12-public")
    assert not scripts or axe_problems(reader.page) == []
    main = reader.page.locator("main")
    for words in (TITLE[lang], REPLY[lang]):
        expect(main).to_contain_text(words)
    for words in (NAME[lang], "Amina", "Horizons"):
        expect(main).not_to_contain_text(words)
    assert staff.complaints == []
    staff.close()
    other.close()
    reader.close()

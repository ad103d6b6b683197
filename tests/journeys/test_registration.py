"""A person registers for the Forum, from the home page to her own calendar: two languages, with and without scripts."""

import re
import urllib.request

import icalendar
import pytest
from playwright.sync_api import Browser

from eventhub.calendars.lint import problems
from tests.journeys.browser import DESK, PHONE, Visitor, keep_shot, scrolls_sideways, visitor
from tests.journeys.stage import (
    Scene,
    build_forum,
    heading,
    new_address,
    newest_mail,
    person_in,
    plain_text,
    press,
    say,
    sign_in,
)
from tests.live import House

pytestmark = pytest.mark.lane
OWN_HOUSE = True

NAMES = {"en": "Amina Yusuf Warsame", "ar": "أمينة يوسف ورسمة"}
MARKER = "RT1234418"


@pytest.fixture(scope="module")
def forum(house: House) -> Scene:
    return build_forum(house)


# Both languages with and without scripts, and each of these on a desk and on a phone.
@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"),
    [("en", True, PHONE), ("en", False, DESK), ("ar", True, DESK), ("ar", False, PHONE)],
    ids=["en-scripts-phone", "en-plain-desk", "ar-scripts-desk", "ar-plain-phone"],
)
def test_from_the_home_page_to_her_own_calendar(
    house: House, chromium: Browser, forum: Scene, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    address = new_address()
    name = f"{lang}-{'scripts' if scripts else 'plain'}-{viewport['width']}"
    options = {"language": lang, "scripts": scripts, "viewport": viewport}
    person = visitor(chromium, house.origin, **options)  # type: ignore[arg-type]
    page = person.page

    # Home, the event, register, and the way in.
    person.go(f"/{lang}/")
    keep_shot(page, f"{name}-01-home")
    page.locator(f"main a[href*='/{lang}/events/{forum.slug}#']").first.click()
    assert heading(page) == forum.titles[lang]
    keep_shot(page, f"{name}-02-event")
    page.locator(f"a[href$='/events/{forum.slug}/register']:visible").first.click()
    keep_shot(page, f"{name}-03-register")
    page.locator("main .btns a.btn").first.click()
    keep_shot(page, f"{name}-04-sign-in")
    sign_in(house, person, address, by_link=not scripts)
    assert newest_mail(house, address)["Content-Language"] == lang
    assert page.url.endswith(f"/{lang}/events/{forum.slug}/register/p1")

    # The first page, half of the second one, and away.
    page.check("[name=q_attendance_mode][value=in_person]")
    page.check("[name=q_category][value=ngo_no_ecosoc]")
    page.fill("[name=q_organisation]", "Horn Voices Association")
    keep_shot(page, f"{name}-05-first-page")
    press(page)
    assert page.url.endswith("/register/p2")
    page.fill("[name=q_legal_name]", NAMES[lang])
    page.select_option("[name=q_nationality]", "SO")
    press(page, "button[name=go][value=later]")
    assert page.url.endswith(f"/{lang}/me")
    keep_shot(page, f"{name}-06-left")
    assert person.complaints == []
    person.close()

    # Another device, days later.
    person = visitor(chromium, house.origin, **options)  # type: ignore[arg-type]
    page = person.page
    person.go(f"/{lang}/events/{forum.slug}/register/p2")
    sign_in(house, person, address, by_link=scripts, number=2)
    assert page.url.endswith("/register/p2")
    assert page.input_value("[name=q_legal_name]") == NAMES[lang]
    assert page.input_value("[name=q_nationality]") == "SO"
    page.fill("[name=q_document_number]", MARKER)
    keep_shot(page, f"{name}-07-resumed")
    press(page)
    page.check("[name=q_list_of_participants]")
    press(page)

    # All answers, and sent.
    assert page.url.endswith("/register/check")
    summary = page.locator("main").inner_text()
    assert NAMES[lang] in summary
    assert "Horn Voices Association" in summary
    assert MARKER not in page.content(), "what is sealed shows no more than its end"
    keep_shot(page, f"{name}-08-check")
    press(page)
    assert page.url.endswith("/register/done")
    assert heading(page) == say(house, lang, "We have your registration")
    reference = page.locator(".ref").first.inner_text().strip()
    assert re.fullmatch(rf"EH-{forum.code}-[A-Z0-9]{{4}}-[A-Z0-9]{{4}}", reference)
    keep_shot(page, f"{name}-09-done")
    assert not scrolls_sideways(page)

    mail = newest_mail(house, address, 3)
    assert mail["Content-Language"] == lang
    assert reference in plain_text(mail)
    assert mail["Subject"] == say(house, lang, "We have your registration: %(event)s", event=forum.titles[lang])

    accredit(house, chromium, forum, lang, reference, name)
    mail = newest_mail(house, address, 4)
    assert mail["Subject"] == say(house, lang, "You are accredited: %(event)s", event=forum.titles[lang])
    (link,) = re.findall(rf"{re.escape(house.origin)}/{lang}/me/sessions\b", plain_text(mail))[:1]

    choose_and_subscribe(person, forum, lang, link, name)
    assert person.complaints == []
    person.close()


def accredit(house: House, chromium: Browser, forum: Scene, lang: str, reference: str, name: str) -> None:
    """An organiser finds the registration at the desk, reads the letter beforehand, and decides."""
    with person_in(house, chromium, forum.organiser_id, language=lang) as desk:
        page = desk.go(f"/{lang}/console/events/{forum.slug}/registrations?q={reference}")
        assert page.locator("tbody tr").count() == 1
        page.locator("tbody input[type=checkbox]").first.check()
        keep_shot(page, f"{name}-10-desk")
        press(page, "button[name=outcome][value=accredited]")
        assert forum.titles[lang] in page.locator("details .card").all_inner_texts().__str__()
        keep_shot(page, f"{name}-11-preview")
        press(page)
        assert page.url.endswith("/registrations")
        assert desk.complaints == []


def choose_and_subscribe(person: Visitor, forum: Scene, lang: str, link: str, name: str) -> None:
    """My sessions: two of three, and the address that a calendar app reads."""
    page = person.page
    page.goto(link)
    page.locator(f"main a[href$='/me/sessions/events/{forum.slug}']").first.click()
    for session_id in forum.session_ids[:2]:
        page.check(f"[name=sessions][value='{session_id}']")
    keep_shot(page, f"{name}-12-choose")
    press(page)
    assert page.locator(".agenda li").count() == 2
    page.locator("#subscribe details summary").last.click()
    press(page, "#subscribe form button")
    keep_shot(page, f"{name}-13-sessions")
    assert not scrolls_sideways(page)
    address = page.locator("#subscribe .code").first.text_content()
    assert address
    with urllib.request.urlopen(address, timeout=10) as answer:
        feed = answer.read()
    assert problems(feed, kind="feed") == []
    events = icalendar.Calendar.from_ical(feed).events
    titles = {str(event["SUMMARY"]) for event in events}
    assert len(events) == 2
    expected = {"en": "Languages at school", "ar": "اللغات في المدرسة"}[lang]
    assert any(expected in title for title in titles), titles


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_the_same_form_sent_from_two_tabs_counts_once(house: House, chromium: Browser, forum: Scene, lang: str) -> None:
    address = new_address()
    person = visitor(chromium, house.origin, language=lang)
    page = person.go(f"/{lang}/events/{forum.slug}/register/p1")
    sign_in(house, person, address, by_link=False)
    other = person.context.new_page()
    other.goto(page.url)
    for tab, mode in ((page, "in_person"), (other, "remote_listening")):
        tab.check(f"[name=q_attendance_mode][value={mode}]")
        tab.check("[name=q_category][value=member_state]")
    press(page)
    press(other)
    assert other.url.endswith("/register/p1"), "what the first tab kept is not taken back unseen"
    assert other.locator(".errors a").count() == 1, "the answers differ in one"
    assert other.is_checked("[name=q_attendance_mode][value=remote_listening]"), "nothing typed is lost"
    keep_shot(other, f"{lang}-two-tabs-differ")
    press(other)
    assert other.url.endswith("/register/p2"), "sent once more, it is meant"
    page.reload()
    assert page.locator("[name=q_document_number]").is_hidden() or not page.locator("[name=q_document_number]").count()
    other.fill("[name=q_legal_name]", NAMES[lang])
    press(other)
    press(other)
    page.goto(other.url)
    assert page.url.endswith("/register/check")
    press(page)
    press(other)
    assert page.url.endswith("/register/done")
    assert "/me/registrations/" in other.url, "the second send leads to the registration"
    rows = house.query(
        "SELECT state FROM registration r JOIN person p ON p.id = r.person_id WHERE p.email = %s", address
    )
    assert rows == [("under_review",)]
    newest_mail(house, address, 2)
    sent = say(house, lang, "We have your registration: %(event)s", event=forum.titles[lang])
    assert [mail["Subject"] for mail in house.mails_to(address)].count(sent) == 1
    keep_shot(other, f"{lang}-two-tabs")
    person.close()

"""The desk asks, the person reads the mail and answers with a file; a place is given, taken back, and appealed for."""

import re
import uuid
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.programme.models import Event
from eventhub.registration.models import Registration
from tests.factories.people import make_person, make_staff
from tests.factories.programme import PDF_BYTES
from tests.factories.registration import register
from tests.journeys.browser import DESK, PHONE, axe_problems, keep_shot, scrolls_sideways, visitor
from tests.journeys.stage import Scene, build_forum, new_address, person_in, plain_text, press, say
from tests.live import House, wait_for

pytestmark = pytest.mark.lane

LETTER = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": PDF_BYTES}
WORDS = {
    "en": ("Could you send the letter with its signature?", "Here it is, signed by our president."),
    "ar": ("يرجى إرسال الرسالة موقعة.", "ها هي الرسالة موقعة من رئيسة جمعيتنا."),
}


@pytest.fixture(scope="module")
def forum(house: House) -> Scene:
    return build_forum(house)


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"), [("en", True, DESK), ("ar", False, PHONE)], ids=["desk", "phone-without-scripts"]
)
def test_asked_answered_taken_back_and_appealed(
    house: House, chromium: Browser, forum: Scene, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    question, answer = WORDS[lang]
    address, shot = new_address(), f"questions-{lang}-{viewport['width']}"
    with house.work():
        person = make_person(name="Amina Yusuf", email=address, language=lang)
        one = register(db.session.get_one(Event, forum.event_id), person)
        officer = make_staff(Role.ACCREDITATION_OFFICER, event_id=forum.event_id)
        person_id, officer_id, record = person.id, officer.id, one.id
        reference = one.reference
    given = {"language": lang, "scripts": scripts, "viewport": viewport}
    desk = f"/{lang}/console/events/{forum.slug}/registrations"
    mine = f"/{lang}/me/registrations/{reference}/questions"
    staff = visitor(chromium, house.origin, cookie=house.session_cookie(officer_id, second_factor=True), **given)  # type: ignore[arg-type]

    # The desk asks.
    staff.go(f"{desk}/{record}")
    staff.page.fill("[name=question]", question)
    assert press(staff.page, "form[action$='/questions'] button") == 200
    assert question in staff.page.locator("#questions").inner_text()
    keep_shot(staff.page, f"{shot}-1-asked")

    # The mail leads to the page, and what is wrong there stands at its field.
    title = forum.titles[lang]
    mail = mail_about(house, address, say(house, lang, "A question about your registration: %(event)s", event=title))
    assert question in plain_text(mail)
    (link,) = re.findall(rf"{re.escape(house.origin)}{re.escape(mine)}\b", plain_text(mail))[:1]
    with person_in(house, chromium, person_id, **given) as owner:
        owner.page.goto(link)
        assert question in owner.page.locator("main").inner_text()
        owner.page.fill("[name=text]", answer)
        owner.page.set_input_files("[name=file]", {**LETTER, "buffer": b"no letter at all"})
        assert press(owner.page) == 422
        assert owner.page.input_value("[name=text]") == answer
        assert owner.page.locator("#file-e").is_visible()
        keep_shot(owner.page, f"{shot}-2-wrong-file")
        assert not scripts or axe_problems(owner.page) == []
        owner.page.set_input_files("[name=file]", LETTER)
        assert press(owner.page) == 200
        assert (
            say(house, lang, "Your answer is sent. Your registration is now looked at again.") in owner.page.content()
        )
        with owner.page.expect_download() as saved:
            owner.page.locator("a[download]").click()
        assert saved.value.suggested_filename == "letter.pdf"
        keep_shot(owner.page, f"{shot}-3-answered")
        assert not scrolls_sideways(owner.page)

    # It shows at the desk, and is decided on.
    staff.go(f"{desk}?chip=answered")
    assert staff.page.locator("td .tag.new").count() >= 1
    keep_shot(staff.page, f"{shot}-4-desk")
    staff.go(f"{desk}/{record}")
    assert answer in staff.page.locator("#questions").inner_text()
    press(staff.page, "#decide button[value=accredited]")
    press(staff.page, "form[action$='/decision'] button")

    # It is taken back: nothing is decided before there is a reason.
    staff.go(f"{desk}/{record}")
    press(staff.page, "#decide button[value=revoked]")
    keep_shot(staff.page, f"{shot}-5-take-back")
    assert not scripts or axe_problems(staff.page) == []
    assert press(staff.page, "form[action$='/decision'] button") == 422
    staff.page.select_option("[name=reason]", "identity_not_shown")
    press(staff.page, "form[action$='/decision'] button")
    mail = mail_about(house, address, say(house, lang, "About your registration: %(event)s", event=title))
    assert str(reference) in plain_text(mail)

    # The person writes, and somebody looks again.
    with person_in(house, chromium, person_id, **given) as owner:
        owner.go(mine.removesuffix("/questions"))
        keep_shot(owner.page, f"{shot}-6-taken-back")
        owner.page.locator(f"a[href='{mine}']").first.click()
        owner.page.fill("[name=text]", answer)
        assert press(owner.page) == 200
    staff.go(f"{desk}/{record}")
    staff.page.fill("[name=why]", "She showed it")
    keep_shot(staff.page, f"{shot}-7-appeal")
    press(staff.page, "form[action$='/taken-up'] button")
    assert not scripts or axe_problems(staff.page) == []
    assert not scrolls_sideways(staff.page)
    assert state_of(house, record) == "under_review"
    assert mail_about(house, address, say(house, lang, "We look at your registration again: %(event)s", event=title))
    assert [said for said in staff.complaints if "422" not in said] == []
    staff.close()


def mail_about(house: House, address: str, subject: str) -> EmailMessage:
    """The mail with this subject, whichever came before it."""

    def found() -> list[EmailMessage]:
        return [mail for mail in house.mails_to(address) if mail["Subject"] == subject]

    wait_for(lambda: bool(found()), seconds=30, what=f"mail “{subject}”")
    return found()[0]


def state_of(house: House, registration_id: uuid.UUID) -> str:
    """Where the registration stands."""
    with house.work():
        return str(db.session.scalars(select(Registration.state).where(Registration.id == registration_id)).one().value)

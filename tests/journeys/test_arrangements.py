"""Somebody says what is needed, the desk orders and answers it, the person reads how far it is; a visa is refused.

In English at a desk and in Arabic on a phone, both without scripts; a third visitor has them.
"""

import uuid

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from eventhub.arrangements.models import Need, Status, Visa, VisaStatus
from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.programme.models import Event, Session
from eventhub.registration import actions, queries
from tests.arrangements.scene import FORM
from tests.factories.people import make_person, make_staff
from tests.journeys.browser import DESK, PHONE, axe_problems, keep_shot, scrolls_sideways, visitor
from tests.journeys.stage import Scene, build_forum, new_address, newest_mail, plain_text, press, say
from tests.live import House, wait_for

pytestmark = pytest.mark.lane

WORDS = {
    "en": ("In the front row, please.", "Step-free way at gate A.", "The ramp is at gate B.", "They gave no reason."),
    "ar": ("في الصف الأول من فضلكم.", "مدخل بلا درج عند البوابة ألف.", "المنحدر عند البوابة باء.", "لم يذكروا سبباً."),
}


@pytest.fixture(scope="module")
def forum(house: House) -> Scene:
    scene = build_forum(house, FORM)
    with house.work():
        for session_id in scene.session_ids[:2]:
            session = db.session.get_one(Session, session_id)
            session.interpretation = ["ar", "en", "fr"]
            session.access_services = ["international_sign", "realtime_captioning"]
    return scene


def statuses(house: House, registration_id: uuid.UUID) -> list[Status]:
    with house.work():
        rows = select(Need.status).where(Need.registration_id == registration_id)
        return sorted(db.session.scalars(rows))


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport", "signs"),
    [
        ("en", False, DESK, "ils"),
        ("ar", False, PHONE, "fsl"),
        ("en", True, PHONE, "bfi"),
        ("ar", True, DESK, "jos"),
    ],
    ids=["english-desk", "arabic-phone", "english-phone-with-scripts", "arabic-desk-with-scripts"],
)
def test_asked_for_ordered_answered_and_a_visa_refused(
    house: House, chromium: Browser, forum: Scene, lang: str, scripts: bool, viewport: dict[str, int], signs: str
) -> None:
    front, step_free, ramp, no_reason = WORDS[lang]
    address, shot = new_address(), f"arrangements-{lang}-{viewport['width']}"
    with house.work():
        event = db.session.get_one(Event, forum.event_id)
        person = make_person(name="Amina Yusuf", email=address, language=lang)
        found = queries.intake(event.slug, person)
        answers: dict[str, object] = {"display_name": "Amina Yusuf", "access_needs": ["wheelchair"]}
        one = actions.register_now(person, person, found, answers)
        officer = make_staff(Role.ORGANISER, event_id=event.id)
        officer.name = "Grace Wanjiru"
        person_id, officer_id, one_id, reference = person.id, officer.id, one.id, one.reference
    # The answers have become a wish, by the worker.
    wait_for(lambda: statuses(house, one_id) == [Status.ASKED], seconds=30, what="the wish from the answers")

    mine = f"/{lang}/me/registrations/{reference}"
    look = {"language": lang, "scripts": scripts, "viewport": viewport}
    owner = visitor(chromium, house.origin, cookie=house.session_cookie(person_id), **look)  # type: ignore[arg-type]
    owner.go(mine)
    keep_shot(owner.page, f"{shot}-01-registration")
    owner.page.locator(f"a[href='{mine}/needs']").first.click()
    owner.page.select_option("[name=kind]", "sign_language")
    owner.page.fill("[name=text]", front)
    assert press(owner.page, f"form[action='{mine}/needs'] button") == 422
    assert owner.page.locator("#signs-e").is_visible()
    keep_shot(owner.page, f"{shot}-02-missing")
    owner.page.select_option("[name=signs]", signs)
    owner.page.select_option("[name=session]", forum.session_ids[0].hex)
    assert press(owner.page, f"form[action='{mine}/needs'] button") == 200
    assert front in owner.page.locator("main").inner_text()
    keep_shot(owner.page, f"{shot}-03-asked")
    assert not scrolls_sideways(owner.page)
    assert not scripts or axe_problems(owner.page) == []

    # The desk sees counts, and names for a reason alone.
    console = f"/{lang}/console/events/{forum.slug}/arrangements"
    cookie = house.session_cookie(officer_id, second_factor=True)
    staff = visitor(chromium, house.origin, cookie=cookie, **look)  # type: ignore[arg-type]
    staff.go(console)
    assert "Amina" not in staff.page.content()
    keep_shot(staff.page, f"{shot}-04-sheet")
    assert not scrolls_sideways(staff.page)
    assert not scripts or axe_problems(staff.page) == []
    line = f"{console}/lines/wheelchair.-.-.-"
    staff.go(line)
    assert "Amina" not in staff.page.content()
    keep_shot(staff.page, f"{shot}-05-line")
    staff.page.fill("[name=reason]", step_free)
    assert press(staff.page, f"form[action='{line}/names'] button") == 200
    assert "Amina Yusuf" in staff.page.content()
    keep_shot(staff.page, f"{shot}-06-names")
    assert not scrolls_sideways(staff.page)
    assert not scripts or axe_problems(staff.page) == []
    for button in staff.page.locator("input[name=id]").all():
        button.uncheck()
    staff.page.locator("tr", has_text=reference).locator("input[name=id]").check()
    staff.page.fill("[name=answer]", ramp)
    assert press(staff.page, "button[value=not_possible]") == 200
    staff.go(f"{console}/lines/sign_language.{signs}.-.{forum.session_ids[0].hex}")
    for step in ("ordered", "confirmed"):
        for box in staff.page.locator("input[name=id]").all():
            box.check()
        press(staff.page, f"button[value={step}]")
    wait_for(
        lambda: statuses(house, one_id) == [Status.CONFIRMED, Status.NOT_POSSIBLE], seconds=10, what="both answers"
    )

    # The mails say that there is an answer, and nothing about what.
    for number in (1, 2, 3):
        newest_mail(house, address, number)
    told = [plain_text(mail) for mail in house.mails_to(address)]
    for kind in ("Something you asked for with your registration is confirmed.",):
        assert [text for text in told if say(house, lang, kind) in text]
    for word in (ramp, front, "wheelchair", say(house, lang, "Sign language interpretation")):
        assert not [text for text in told if word in text]
    owner.go(f"{mine}/needs")
    assert ramp in owner.page.locator("main").inner_text()
    keep_shot(owner.page, f"{shot}-07-answered")
    owner.page.locator(f"a[href^='{mine}/needs/']").first.click()
    keep_shot(owner.page, f"{shot}-08-change")

    # A visa.
    owner.go(f"{mine}/visa")
    keep_shot(owner.page, f"{shot}-09-visa")
    owner.page.select_option("[name=stands]", "refused")
    owner.page.fill("[name=text]", no_reason)
    assert press(owner.page, f"form[action='{mine}/visa'] button") == 200
    assert no_reason in owner.page.locator("main").inner_text()
    owner.go(f"{mine}/visa")
    keep_shot(owner.page, f"{shot}-10-refused")
    assert not scrolls_sideways(owner.page)
    assert not scripts or axe_problems(owner.page) == []
    staff.go(f"{console}/visas?status=refused")
    assert "Amina Yusuf" in staff.page.content()
    keep_shot(staff.page, f"{shot}-11-visas")
    assert not scrolls_sideways(staff.page)
    assert not scripts or axe_problems(staff.page) == []
    staff.page.locator(f"a[href$='/visas/{one_id}']").first.click()
    staff.page.select_option("[name=stands]", "granted")
    keep_shot(staff.page, f"{shot}-12-one-visa")
    press(staff.page, "main form button[type=submit]")
    staff.go(f"{console}/export")
    keep_shot(staff.page, f"{shot}-13-export")
    staff.go(f"{console}/settings")
    keep_shot(staff.page, f"{shot}-14-settings")
    with house.work():
        assert db.session.get_one(Visa, one_id).status is VisaStatus.GRANTED
    assert owner.complaints == [complaint for complaint in owner.complaints if "422" in complaint]
    owner.close()
    staff.close()

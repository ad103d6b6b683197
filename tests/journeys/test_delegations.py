"""A delegation in a real browser, with and without scripts, in English and Arabic, at a desk and on a phone: opened,
nominated, filled in for somebody without an account, taken over by link, approved.
"""

import re

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from eventhub.delegations.models import Nominee
from eventhub.kit.db import db
from eventhub.people.models import Role
from tests.factories.people import make_person, make_staff
from tests.journeys.browser import DESK, PHONE, Visitor, axe_problems, keep_shot, scrolls_sideways, visitor
from tests.journeys.stage import Scene, build_forum, new_address, newest_mail, plain_text, press, say
from tests.live import House

pytestmark = pytest.mark.lane


@pytest.fixture(scope="module")
def forum(house: House) -> Scene:
    return build_forum(house)


def link_in(house: House, address: str, part: str) -> str:
    """The way that the newest mail to an address leads."""
    found = re.search(rf"/\w\w/me/{part}/[\w-]+", plain_text(newest_mail(house, address)))
    assert found
    return found[0]


def look(who: Visitor, name: str) -> None:
    """A picture for a person to judge; the page fits the screen."""
    keep_shot(who.page, name)
    assert not scrolls_sideways(who.page), name


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"),
    [("en", True, DESK), ("ar", False, PHONE), ("en", False, PHONE), ("ar", True, DESK)],
    ids=["desk", "arabic-phone-without-scripts", "phone-without-scripts", "arabic-desk"],
)
def test_opened_nominated_filled_in_taken_over_and_approved(
    house: House, chromium: Browser, forum: Scene, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    shot = f"delegations-{lang}-{viewport['width']}"
    asked, invited = new_address(), new_address()
    name = "وزارة الأمثلة" if lang == "ar" else "Ministry of Examples"
    name += f" {viewport['width']}"
    with house.work():
        officer = make_staff(Role.ACCREDITATION_OFFICER, event_id=forum.event_id)
        focal = make_person(email=asked, name="Fatima Focal", language=lang)
        amina = make_person(name="")
        ids = officer.id, focal.id, amina.id
    given = {"language": lang, "scripts": scripts, "viewport": viewport}
    staff, theirs, taker = (
        visitor(
            chromium,
            house.origin,
            cookie=house.session_cookie(one, second_factor=one == ids[0]),
            **given,  # type: ignore[arg-type]
        )
        for one in ids
    )

    # The desk opens a delegation and invites its focal point.
    console = f"/{lang}/console/events/{forum.slug}/delegations"
    staff.go(f"{console}/new")
    look(staff, f"{shot}-01-new")
    staff.page.fill("[name=organisation]", name)
    staff.page.fill("[name=quota]", "3")
    staff.page.select_option("[name=category]", "member_state")
    assert press(staff.page) == 200
    staff.page.fill("#focal [name=email]", asked)
    staff.page.select_option("#focal [name=language]", lang)
    assert press(staff.page, "#focal form[action$='/focal-point'] button") == 200
    page = staff.page.url.removeprefix(house.origin)

    # The focal point accepts by the link of the mail and nominates three people at once, a mistake among them.
    theirs.go(link_in(house, asked, "requests"))
    look(theirs, f"{shot}-02-become")
    assert press(theirs.page) == 200
    look(theirs, f"{shot}-03-empty")
    own = theirs.page.url.removeprefix(house.origin)
    theirs.go(f"{own}/nominate")
    for row, (who, mailbox) in enumerate((("Amina Yusuf", invited), ("", "lost@example.org"), ("Grace Akinyi", ""))):
        theirs.page.fill(f"[name=name_{row}]", who)
        theirs.page.fill(f"[name=email_{row}]", mailbox)
    assert press(theirs.page) == 422
    expect(theirs.page.locator("main")).to_contain_text(say(house, lang, "Write the name of the person"))
    assert theirs.page.input_value("[name=name_2]") == "Grace Akinyi"
    look(theirs, f"{shot}-04-nominate")
    theirs.page.fill("[name=name_1]", "Olga Petrova")
    assert press(theirs.page) == 200
    look(theirs, f"{shot}-05-people")
    expect(theirs.page.locator(".tasks li")).to_have_count(3)

    # Grace has no account: the focal point types for her, and hands the link over.
    theirs.page.locator(".tasks").get_by_role("link", name="Grace Akinyi").click()
    look(theirs, f"{shot}-06-nominee")
    grace = theirs.page.url.removeprefix(house.origin)
    assert press(theirs.page, "form[action$='/fill'] button") == 200
    look(theirs, f"{shot}-07-answers")
    theirs.page.check("[name=q_attendance_mode][value=in_person]")
    assert press(theirs.page, "main form button >> nth=0") == 200
    theirs.page.fill("[name=q_legal_name]", "Grace Akinyi")
    theirs.page.fill("[name=q_document_number]", "RT1234418")
    assert press(theirs.page, "main form button >> nth=0") == 200
    look(theirs, f"{shot}-08-check")
    assert press(theirs.page) == 200
    theirs.go(f"{grace}/typed")
    assert press(theirs.page) == 200
    expect(theirs.page.locator("main")).to_contain_text("RT1234418")
    look(theirs, f"{shot}-09-typed")
    theirs.go(f"{grace}/link")
    look(theirs, f"{shot}-10-link")
    link = re.search(r"/\w\w/me/invitations/[\w-]+", theirs.page.locator("main").inner_text())
    assert link

    # She takes it over; from then on the focal point reads no answer.
    taker.go(link[0])
    look(taker, f"{shot}-11-claim")
    assert press(taker.page) == 200
    expect(taker.page.locator("main")).to_contain_text("Fatima Focal")
    look(taker, f"{shot}-12-own")
    assert theirs.page.goto(f"{house.origin}{grace}/typed").status == 404  # type: ignore[union-attr]

    # An interpreter beside her, Olga replaced, and Grace approved.
    theirs.go(f"{grace}/beside")
    theirs.page.select_option("[name=kind]", "interpreter")
    theirs.page.fill("[name=name_0]", "Ines Intérprete")
    look(theirs, f"{shot}-13-beside")
    assert press(theirs.page) == 200
    theirs.page.locator(".tasks").get_by_role("link", name="Olga Petrova").click()
    theirs.go(f"{theirs.page.url.removeprefix(house.origin)}/replace")
    look(theirs, f"{shot}-14-replace")
    assert press(theirs.page) == 200
    look(theirs, f"{shot}-14b-sure")
    assert press(theirs.page, "button[value=replace]") == 200
    theirs.go(grace)
    look(theirs, f"{shot}-15-word")
    assert press(theirs.page, "form[action$='/approve'] button") == 200
    look(theirs, f"{shot}-16-after")
    assert not scripts or axe_problems(theirs.page) == []
    theirs.go(f"/{lang}/me")
    look(theirs, f"{shot}-17-me")

    # The desk sees the list and the delegation.
    staff.go(page)
    expect(staff.page.locator("main")).to_contain_text("Grace Akinyi")
    look(staff, f"{shot}-18-delegation")
    assert not scripts or axe_problems(staff.page) == []
    staff.go(console)
    look(staff, f"{shot}-19-list")
    assert not scripts or axe_problems(staff.page) == []
    with house.work():
        nominee = db.session.scalars(
            select(Nominee).where(Nominee.name == "Grace Akinyi", Nominee.person_id == ids[2])
        ).one()
        assert nominee.approved_at is not None
    for one in (staff, theirs, taker):
        # A mistake and a door that is closed, both meant.
        assert all("422" in line or "404" in line for line in one.complaints)
        one.close()

"""In a real browser, with and without scripts, in English and Arabic: a neighbour registers others, one takes the own
file over by the mailed link, one by a slip; and whoever registered before takes former answers over.
"""

import re

import pytest
from playwright.sync_api import Browser, expect

from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from tests.factories.people import make_person, make_staff
from tests.factories.registration import make_forum, register
from tests.journeys.browser import DESK, PHONE, axe_problems, visitor
from tests.journeys.stage import Scene, build_forum, new_address, press, say
from tests.journeys.test_delegations import link_in, look
from tests.live import House

pytestmark = pytest.mark.lane
VARIANTS = pytest.mark.parametrize(
    ("lang", "scripts", "viewport"),
    [("en", True, DESK), ("ar", False, PHONE)],
    ids=["desk", "arabic-phone-without-scripts"],
)


@pytest.fixture(scope="module")
def forum(house: House) -> Scene:
    return build_forum(house)


@VARIANTS
def test_named_filled_in_mailed_printed_and_taken_over(
    house: House, chromium: Browser, forum: Scene, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    shot, shared = f"helping-{lang}-{viewport['width']}", new_address()
    with house.work():
        helper, amina, grace = (make_person(name=name, language=lang) for name in ("Hodan Warsame", "", ""))
        officer = make_staff(Role.ACCREDITATION_OFFICER, event_id=forum.event_id)
        ids = helper.id, amina.id, grace.id, officer.id
    theirs, first, second, staff = (
        visitor(
            chromium,
            house.origin,
            cookie=house.session_cookie(one, second_factor=one == ids[3]),
            language=lang,
            scripts=scripts,
            viewport=viewport,
        )
        for one in ids
    )
    own = f"/{lang}/me/people/{forum.slug}"
    theirs.go(f"/{lang}/events/{forum.slug}/register")
    theirs.page.locator(f"main a[href='{own}']").click()
    look(theirs, f"{shot}-01-empty")
    theirs.go(f"{own}/add")
    for row, (who, mailbox) in enumerate((("Amina Yusuf", shared), ("", "lost@example.org"), ("Grace Akinyi", ""))):
        theirs.page.fill(f"[name=name_{row}]", who)
        theirs.page.fill(f"[name=email_{row}]", mailbox)
    assert press(theirs.page) == 422
    expect(theirs.page.locator("main")).to_contain_text(say(house, lang, "Write the name of the person"))
    theirs.page.fill("[name=email_1]", "")
    theirs.page.fill("[name=phone_2]", "+254 700 000 000")
    look(theirs, f"{shot}-02-add")
    assert press(theirs.page) == 200
    expect(theirs.page.locator(".tasks li")).to_have_count(2)
    look(theirs, f"{shot}-03-people")
    assert not scripts or axe_problems(theirs.page) == []

    # She fills the form in for Grace, sends it, and prints the slip.
    theirs.page.get_by_role("link", name="Grace Akinyi").click()
    there = theirs.page.url.removeprefix(house.origin)
    assert press(theirs.page, "form[action$='/fill'] button") == 200
    theirs.page.check("[name=q_attendance_mode][value=in_person]")
    theirs.page.check("[name=q_category][value=ngo_no_ecosoc]")
    assert press(theirs.page, "main form button >> nth=0") == 200
    theirs.page.fill("[name=q_legal_name]", "Grace Akinyi")
    theirs.page.fill("[name=q_document_number]", "RT1234418")
    assert press(theirs.page, "main form button >> nth=0") == 200
    assert press(theirs.page) == 200
    look(theirs, f"{shot}-04-person")
    assert press(theirs.page, "form[action$='/slip'] button") == 200
    look(theirs, f"{shot}-05-slip")
    assert not scripts or axe_problems(theirs.page) == []
    slip = re.search(r"/\w\w/me/links/[\w-]+", theirs.page.locator("main").inner_text())
    assert slip

    # Grace takes it over by the slip; the helper reads nothing any more, and is thrown out.
    second.go(slip[0])
    look(second, f"{shot}-06-claim")
    assert press(second.page) == 200
    expect(second.page.locator("main")).to_contain_text("Grace Akinyi")
    expect(second.page.locator("aside")).to_contain_text("Hodan Warsame")
    look(second, f"{shot}-07-own")
    theirs.go(there)
    look(theirs, f"{shot}-08-taken")
    assert "RT1234418" not in theirs.page.content()
    assert press(second.page, "form[action$='/without-helper'] button") == 200
    assert theirs.page.goto(house.origin + there).status == 404  # type: ignore[union-attr]

    # Amina takes the link of the shared mailbox, and answers everything herself.
    first.go(link_in(house, shared, "links"))
    assert press(first.page) == 200
    expect(first.page).to_have_url(re.compile(f"/{lang}/events/{forum.slug}/register"))

    staff.go(f"/{lang}/console/events/{forum.slug}/people-registered-by-others")
    expect(staff.page.locator("main")).to_contain_text("Hodan Warsame")
    look(staff, f"{shot}-09-desk")
    assert not scripts or axe_problems(staff.page) == []
    for one in (theirs, first, second, staff):
        # A mistake and a door that is closed, both meant.
        assert all("422" in line or "404" in line for line in one.complaints)
        one.close()


@VARIANTS
def test_former_answers_are_looked_at_taken_over_and_sent(
    house: House, chromium: Browser, forum: Scene, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    shot = f"former-{lang}-{viewport['width']}"
    with house.work():
        person = make_person(name="Amina Yusuf", language=lang)
        register(make_forum(), person)
        person_id = person.id
    cookie = house.session_cookie(person_id)
    mine = visitor(chromium, house.origin, cookie=cookie, language=lang, scripts=scripts, viewport=viewport)
    there = f"/{lang}/events/{forum.slug}/register"
    mine.go(there)
    mine.page.locator("main a[href$='/former']").click()
    look(mine, f"{shot}-01-former")
    assert not scripts or axe_problems(mine.page) == []
    assert press(mine.page) == 200
    look(mine, f"{shot}-02-step")
    for _page in range(3):
        assert press(mine.page, "main form button >> nth=0") == 200
    expect(mine.page.locator("main")).to_contain_text(say(house, lang, "Taken over from former events"))
    assert press(mine.page) == 422
    look(mine, f"{shot}-03-check")
    mine.page.check("[name=looked]")
    assert press(mine.page) == 200
    expect(mine.page).to_have_url(re.compile(r"/register/done$"))
    with house.work():
        assert db.session.get_one(Person, person_id).name == "Amina Yusuf"
    assert all("422" in line for line in mine.complaints)
    mine.close()

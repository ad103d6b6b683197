"""Somebody registered twice: the desk compares both, asks, keeps one, and the person gets a kind letter; an
organization in two spellings becomes one. In English with scripts, in Arabic on a phone without.
"""

import pytest
from playwright.sync_api import Browser

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people import same
from eventhub.people.models import Organisation, Role
from eventhub.registration import duplicates
from eventhub.registration.models import Registration, State
from tests.factories.people import make_organisation, make_person, make_staff
from tests.factories.registration import make_forum, make_registration
from tests.journeys.browser import DESK, PHONE, axe_problems, keep_shot, scrolls_sideways, visitor
from tests.journeys.stage import new_address, newest_mail, plain_text, press
from tests.live import House

pytestmark = pytest.mark.lane


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"), [("en", True, DESK), ("ar", False, PHONE)], ids=["english-desk", "arabic-phone"]
)
def test_registered_twice_and_spelt_twice(
    house: House, chromium: Browser, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    first_address, second_address = new_address(), new_address()
    with house.work():
        event, title = make_forum(data=None), f"Voices of the Coast {new_address()[6:10]}"
        stays = make_organisation(name=title, confirmed_at=now())
        goes = make_organisation(name=f"{title}s")
        first, second = (
            make_registration(
                event,
                make_person(name="", email=address, language=lang),
                legal_name=name,
                organisation_id=goes.id,
                state=state,
            )
            for address, name, state in (
                (first_address, "Amina Yusuf Warsame", State.ACCREDITED),
                (second_address, "WARSAME, Amina Yusuf", State.UNDER_REVIEW),
            )
        )
        duplicates.compare(event.id)
        same.find()
        officer = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id).id
        admin = make_staff().id
        slug, kept_reference, dropped_id, stays_id = event.slug, str(first.reference), second.id, stays.id
        dropped_reference = str(second.reference)
    look = {"language": lang, "scripts": scripts, "viewport": viewport}
    shot = f"duplicates-{lang}-{viewport['width']}"
    cookie = house.session_cookie(officer, second_factor=True)
    desk = visitor(chromium, house.origin, cookie=cookie, **look)  # type: ignore[arg-type]
    desk.go(f"/{lang}/console/events/{slug}/registrations?chip=all")
    press(desk.page, f"a[href$='/{slug}/registrations/duplicates']")
    assert "WARSAME, Amina Yusuf" in desk.page.content()
    press(desk.page, "main td a.more")
    keep_shot(desk.page, f"{shot}-01-pair")
    desk.page.locator("label", has_text=kept_reference).click()
    desk.page.fill("[name=text]", "She told us on the telephone")
    assert press(desk.page, "main form[novalidate] button") == 422
    assert desk.page.locator("#sure-e").is_visible()
    desk.page.locator("[name=sure]").check()
    keep_shot(desk.page, f"{shot}-02-not-sure")
    assert not scrolls_sideways(desk.page)
    assert not scripts or axe_problems(desk.page) == []
    assert press(desk.page, "main form[novalidate] button") == 200
    keep_shot(desk.page, f"{shot}-03-decided")
    with house.work():
        assert db.session.get_one(Registration, dropped_id).state is State.WITHDRAWN
    words = plain_text(newest_mail(house, second_address))
    assert kept_reference in words
    assert dropped_reference in words
    assert first_address not in words
    assert house.mails_to(first_address) == []

    cookie = house.session_cookie(admin, second_factor=True)
    staff = visitor(chromium, house.origin, cookie=cookie, **look)  # type: ignore[arg-type]
    staff.go(f"/{lang}/console/organizations/{stays_id}")
    staff.page.locator("tr", has_text=f"{title}s").locator("[name=other]").check()
    assert press(staff.page, "button[value=merge]") == 200
    assert f"{title}s" in staff.page.content()
    staff.page.fill("[name=text]", "One letter too many")
    assert not scrolls_sideways(staff.page)
    assert press(staff.page, "main form[novalidate] button") == 200
    keep_shot(staff.page, f"{shot}-04-merged")
    with house.work():
        assert db.session.get_one(Registration, dropped_id).organisation_id == stays_id
        assert db.session.get(Organisation, stays_id)
    for one in (desk, staff):
        assert one.complaints == [] or all("422" in words for words in one.complaints)
        one.close()

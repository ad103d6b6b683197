"""An event goes from hybrid to in person: an organizer looks whom that concerns, one person chooses again by one press.

Beside it a category that closed with a draft in it, on the person's own page. Desk with scripts in English, where axe
looks at every page; telephone without in Arabic.
"""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.programme.models import Mode
from eventhub.registration import actions, admission
from eventhub.registration.models import Registration
from tests.factories.people import grant, make_person, make_staff
from tests.factories.registration import FOR_CATEGORIES, intake, make_forum, register, take_category
from tests.journeys.browser import (
    ALL_BUT_CONTRAST,
    DESK,
    PHONE,
    Visitor,
    axe_problems,
    keep_shot,
    scrolls_sideways,
    visitor,
)
from tests.journeys.stage import new_address, press
from tests.live import House

pytestmark = pytest.mark.lane


def looks_well(seen: Visitor, name: str) -> None:
    keep_shot(seen.page, name)
    # Without scripts axe cannot look.
    assert "-ar-" in name or axe_problems(seen.page, ALL_BUT_CONTRAST) == []
    assert not scrolls_sideways(seen.page)


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"), [("en", True, DESK), ("ar", False, PHONE)], ids=["desk", "phone-without-scripts"]
)
def test_hybrid_becomes_in_person(
    house: House, chromium: Browser, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    with house.work():
        event = make_forum(capacity=50)
        person = make_person(email=new_address(), language=lang)
        mine = register(
            event, person, attendance_mode="remote_listening", category="ngo_no_ecosoc", legal_name="Amina Yusuf"
        )
        register(event)
        staff = make_staff(Role.ORGANISER, event_id=event.id)
        admission.limit_ways(staff, event, {"in_person": 20})
        other = make_forum(data=FOR_CATEGORIES)
        grant(staff, Role.ORGANISER, event_id=other.id)
        take_category(other, "ngo_ecosoc")
        take_category(other, "minority_representative", opens_at=now() + timedelta(days=1))
        take_category(other, "member_state", closes_at=now() + timedelta(days=2))
        begun = actions.start_draft(person, person, intake(other, person))
        actions.save_page(person, begun, {"category": "minority_representative", "display_name": "Amina"})
        ids, slug, reference, mine_id, other_slug = (
            (person.id, staff.id),
            event.slug,
            mine.reference,
            mine.id,
            other.slug,
        )
    shot = f"ways-{lang}-{viewport['width']}"
    owner, desk = (
        visitor(
            chromium, house.origin, cookie=house.session_cookie(one), language=lang, scripts=scripts, viewport=viewport
        )
        for one in ids
    )
    settings = f"/{lang}/console/events/{slug}/registration-settings"
    desk.go(f"{settings}/ways")
    looks_well(desk, f"{shot}-1-places")
    desk.go(f"{settings}/mode?to=in_person")
    looks_well(desk, f"{shot}-2-switch")
    assert press(desk.page, "main form button") == 200
    looks_well(desk, f"{shot}-3-switched")
    desk.go(f"/{lang}/console")
    looks_well(desk, f"{shot}-4-today")
    desk.go(f"/{lang}/console/events/{other_slug}/registration-settings/categories/member_state")
    looks_well(desk, f"{shot}-5-category")
    desk.go(f"/{lang}/console/events/{other_slug}/registration-settings/categories")
    looks_well(desk, f"{shot}-6-categories")

    owner.go(f"/{lang}/me")
    owner.go(f"/{lang}/me/registrations/{reference}")
    looks_well(owner, f"{shot}-7-mine")
    owner.go(f"/{lang}/me/registrations/{reference}/way")
    looks_well(owner, f"{shot}-8-way")
    assert press(owner.page, "button[value=in_person]") == 200
    expect(owner.page.locator("main")).to_contain_text(reference or "")
    with house.work():
        assert db.session.get_one(Registration, mine_id).attendance_mode == Mode.IN_PERSON.value

    owner.go(f"/{lang}/events/{other_slug}")
    looks_well(owner, f"{shot}-9-event")
    owner.go(f"/{lang}/events/{other_slug}/register")
    looks_well(owner, f"{shot}-10-start")
    owner.go(f"/{lang}/events/{other_slug}/register/p1")
    looks_well(owner, f"{shot}-11-field")
    owner.close()
    desk.close()
    assert owner.complaints == desk.complaints == []

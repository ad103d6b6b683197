"""Papers from the button to the file, through a real worker and a real broker: in Arabic and without script."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from eventhub.people.models import Role
from tests.factories.people import make_person, make_staff
from tests.journeys.browser import Visitor, visitor
from tests.live import House
from tests.papers.making import has, read
from tests.papers.scene import accredited, make_people, make_stage

pytestmark = pytest.mark.lane
TRIES = 30


def test_a_participant_s_confirmation_in_arabic(house: House, chromium: Browser) -> None:
    with house.work():
        person = make_person(name="أمينة يوسف", language="ar")
        registration = accredited(make_stage(), person)
        reference, person_id = registration.reference, person.id
    one = visitor(chromium, house.origin, cookie=house.session_cookie(person_id), scripts=False)
    one.page.goto(f"{one.origin}/ar/me/registrations/{reference}")
    one.page.locator("#papers a.btn").click()
    one.page.locator('form[action$="/papers/confirmation"] button').click()
    body = _saved(one, one.page.locator("table").first)
    assert has(read(body), "أمينة يوسف")
    assert str(reference) in read(body)
    one.close()


def test_badges_at_the_desk(house: House, chromium: Browser) -> None:
    with house.work():
        event = make_stage(slug="forum-of-badges", code="FMI20")
        make_people(event)
        slug, officer_id = event.slug, make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id).id
    one = visitor(chromium, house.origin, cookie=house.session_cookie(officer_id, second_factor=True))
    one.page.goto(f"{one.origin}/en/console/events/{slug}/papers")
    one.page.get_by_label("What do you need it for?").first.fill("The desk opens at eight.")
    one.page.get_by_role("button", name="Make the badges").click()
    text = read(_saved(one, one.page.locator("table").first))
    assert all(has(text, name) for name in ("Amina Yusuf", "Айсылу Хасанова", "ሃይለ ሥላሴ"))
    one.close()


def _saved(one: Visitor, table: Locator) -> bytes:
    """Press Refresh until the file is there, then save it."""
    for _ in range(TRIES):
        expect(table).to_be_visible()
        if not table.locator("a.btn.second").count():
            break
        one.page.wait_for_timeout(500)
        with one.page.expect_navigation(wait_until="load"):
            table.locator("a.btn.second").first.click()
    with one.page.expect_download() as download:
        table.locator("a.btn").click()
    return Path(download.value.path()).read_bytes()

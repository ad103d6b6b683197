"""A desk decides in two steps: prepared by one officer, looked at and released by another, read by the people then."""

import pytest
from playwright.sync_api import Browser, expect

from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.programme.models import Event
from tests.factories.people import make_person, make_staff
from tests.factories.registration import register
from tests.journeys.browser import DESK, PHONE, axe_problems, keep_shot, scrolls_sideways, visitor
from tests.journeys.stage import Scene, build_forum, new_address, person_in, press, say
from tests.journeys.test_questions import mail_about, state_of
from tests.live import House

pytestmark = pytest.mark.lane


@pytest.fixture(scope="module")
def forum(house: House) -> Scene:
    return build_forum(house)


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"), [("en", True, DESK), ("ar", False, PHONE)], ids=["desk", "phone-without-scripts"]
)
def test_prepared_seen_by_a_colleague_and_released(
    house: House, chromium: Browser, forum: Scene, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    addresses, shot = [new_address(), new_address()], f"preparing-{lang}-{viewport['width']}"
    with house.work():
        event = db.session.get_one(Event, forum.event_id)
        people = [make_person(email=address, language=lang) for address in addresses]
        comes, stays = (register(event, person) for person in people)
        officer = make_staff(Role.ACCREDITATION_OFFICER, event_id=forum.event_id)
        colleague = make_staff(Role.ORGANISER, event_id=forum.event_id)
        officer.alias, colleague.alias = "Grace Alias", "Ada Alias"
        ids, officers = (people[0].id, comes.id, stays.id), (officer.id, colleague.id)
        reference = comes.reference
    person_id, coming, staying = ids
    given = {"language": lang, "scripts": scripts, "viewport": viewport}
    desk = f"/{lang}/console/events/{forum.slug}/registrations"
    first, second = (
        visitor(chromium, house.origin, cookie=house.session_cookie(one, second_factor=True), **given)  # type: ignore[arg-type]
        for one in officers
    )

    # One officer prepares, from the list and from a record, while a colleague has the same record open.
    second.go(f"{desk}/{staying}")
    first.go(f"{desk}?chip=all")
    first.page.check(f"input[name=id][value='{coming}']")
    press(first.page, "#list button[value=accredited]")
    assert press(first.page, "button[formaction$='/prepared']") == 200
    first.go(f"{desk}/{staying}")
    expect(first.page.locator("#colleagues")).to_contain_text("Ada Alias")
    press(first.page, "#decide button[value=declined]")
    first.page.select_option("[name=reason]", "missing_letter")
    keep_shot(first.page, f"{shot}-1-preview")
    assert press(first.page, "button[formaction$='/prepared']") == 200
    first.go(f"{desk}?chip=prepared")
    expect(first.page.locator("tbody tr")).to_have_count(2)
    keep_shot(first.page, f"{shot}-2-list")

    # Nobody outside knows.
    accredited = say(house, lang, "You are accredited: %(event)s", event=forum.titles[lang])
    refused = say(house, lang, "About your registration: %(event)s", event=forum.titles[lang])
    assert [state_of(house, one) for one in (coming, staying)] == ["under_review"] * 2
    with person_in(house, chromium, person_id, **given) as owner:
        owner.go(f"/{lang}/me/registrations/{reference}")
        before = owner.page.locator("main").inner_text()
        assert say(house, lang, "Under review") in before

    # The colleague looks at everything, with the mails, and releases.
    second.go(f"{desk}/prepared")
    expect(second.page.locator("main")).to_contain_text("Grace Alias")
    expect(second.page.locator("main")).to_contain_text(accredited)
    keep_shot(second.page, f"{shot}-3-release")
    assert not scripts or axe_problems(second.page) == []
    assert not scrolls_sideways(second.page)
    sent = {mail["Subject"] for address in addresses for mail in house.mails_to(address)}
    assert not sent & {accredited, refused}
    assert press(second.page, "form[action$='/prepared/release'] .btn:not([formaction])") == 200
    assert [state_of(house, one) for one in (coming, staying)] == ["accredited", "declined"]
    for address, subject in zip(addresses, (accredited, refused), strict=True):
        assert mail_about(house, address, subject)
    keep_shot(second.page, f"{shot}-4-released")
    for one in (first, second):
        assert one.complaints == []
        one.close()

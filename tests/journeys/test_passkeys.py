"""A device keeps a passkey and signs in with it, in a real browser; who cannot is told, and signs in as before."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from eventhub.people.models import Role
from tests.factories.people import give_phone, make_person, make_staff
from tests.journeys.browser import DESK, PHONE, axe_problems, keep_shot, scrolls_sideways, visitor
from tests.journeys.stage import press
from tests.live import House

pytestmark = pytest.mark.lane

GIVE = "form[data-passkey] button"


@contextmanager
def device(page: Page) -> Iterator[None]:
    """A device with a lock that its owner opens, as Chromium plays it."""
    spoken = page.context.new_cdp_session(page)
    spoken.send("WebAuthn.enable")
    spoken.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )
    yield
    spoken.detach()


@pytest.mark.parametrize(("lang", "viewport"), [("en", DESK), ("ar", PHONE)], ids=["desk", "phone"])
def test_kept_on_the_own_page_and_given_at_the_sign_in(
    house: House, chromium: Browser, lang: str, viewport: dict[str, int]
) -> None:
    with house.work():
        person_id = make_person(language=lang).id
    cookie = house.session_cookie(person_id)
    one = visitor(chromium, house.origin, language=lang, viewport=viewport, cookie=cookie)
    with device(one.page):
        one.go(f"/{lang}/me/devices")
        one.page.click(f"a[href='/{lang}/me/passkeys']")
        one.page.fill("[name=label]", "جهازي")
        assert axe_problems(one.page) == []
        one.page.click("form[data-passkey] button")
        expect(one.page.locator("main li.card")).to_contain_text("جهازي")
        assert not scrolls_sideways(one.page)
        assert axe_problems(one.page) == []
        keep_shot(one.page, f"passkeys-{lang}")
        one.page.context.clear_cookies()
        one.go(f"/{lang}/sign-in?next=/{lang}/me/profile")
        keep_shot(one.page, f"passkeys-{lang}-sign-in")
        assert press(one.page, GIVE) == 200
        assert one.page.url.endswith(f"{house.origin}/{lang}/me/profile")
        one.go(f"/{lang}/me/passkeys")
        one.page.click("main li.card button")
        assert press(one.page) == 200  # the page before it says what stays on the device
        expect(one.page.locator("main li.card")).to_have_count(0)
        one.page.context.clear_cookies()
        one.go(f"/{lang}/sign-in")
        assert press(one.page, GIVE) == 200
        assert one.page.url == f"{house.origin}/{lang}/sign-in"
        keep_shot(one.page, f"passkeys-{lang}-unknown")
    assert one.complaints == []
    one.close()


def test_staff_give_it_in_place_of_the_code(house: House, chromium: Browser) -> None:
    with house.work():
        staff = make_staff(Role.ADMIN)
        phone, person_id = give_phone(staff), staff.id
    one = visitor(chromium, house.origin, cookie=house.session_cookie(person_id, second_factor=True))
    with device(one.page):
        one.go("/en/me/passkeys")
        one.page.fill("[name=code]", "000000")
        one.page.click("form[data-passkey] button")
        expect(one.page.locator(".problem", has_text="This code does not work").first).to_be_visible()
        one.page.fill("[name=code]", phone.now())
        one.page.click("form[data-passkey] button")
        expect(one.page.locator("main li.card")).to_have_count(1)
        one.page.context.clear_cookies()
        one.go("/en/sign-in?next=/en/console")
        assert press(one.page, GIVE) == 200
        assert one.page.url == f"{house.origin}/en/console"
    one.close()


def test_who_has_no_device_or_no_script_is_told_and_signs_in_by_mail(house: House, chromium: Browser) -> None:
    with house.work():
        person_id = make_person().id
    plain = visitor(chromium, house.origin, scripts=False, cookie=house.session_cookie(person_id))
    plain.go("/en/me/passkeys")
    expect(plain.page.locator("main")).to_contain_text("This needs JavaScript and a recent browser.")
    expect(plain.page.locator("form[data-passkey]")).to_be_hidden()
    plain.close()
    one = visitor(chromium, house.origin)
    one.go("/en/sign-in")
    one.page.context.set_offline(True)
    one.page.click(GIVE)
    expect(one.page.locator("[data-failed]")).to_be_focused()
    one.page.context.set_offline(False)
    one.page.fill("[name=email]", "somebody@example.org")
    assert press(one.page, "main form:not([data-passkey]) button") == 200
    assert one.page.url.endswith("/en/sign-in/sent")
    one.close()

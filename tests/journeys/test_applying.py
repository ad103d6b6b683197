"""A person applies to the fund from a telephone without scripts, in French; her nominator answers behind a link."""

import re
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.factories.funding import an_open_call
from tests.factories.programme import PDF_BYTES
from tests.journeys.browser import (
    ALL_BUT_CONTRAST,
    DESK,
    PHONE,
    axe_problems,
    keep_shot,
    scrolls_sideways,
    visitor,
)
from tests.journeys.stage import heading, new_address, newest_mail, plain_text, press, say, sign_in
from tests.live import House

pytestmark = pytest.mark.lane


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"),
    [("fr", False, PHONE), ("ar", False, PHONE), ("en", True, DESK)],
    ids=["fr-plain-phone", "ar-plain-phone", "en-scripts-desk"],
)
def test_from_the_call_to_a_number_and_a_nominators_yes(
    house: House, chromium: Browser, tmp_path: Path, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    with house.work():
        slug = an_open_call(changed={"vouching": {"nominator": True}}).slug
    paper = tmp_path / "lettre.pdf"
    paper.write_bytes(PDF_BYTES)
    shot = f"apply-{lang}-{'desk' if viewport is DESK else 'phone'}"
    person = visitor(chromium, house.origin, language=lang, scripts=scripts, viewport=viewport)
    page = person.go(f"/{lang}/funds/{slug}/apply")

    def look(name: str) -> None:
        keep_shot(page, f"{shot}-{name}")
        assert not scrolls_sideways(page), name
        if scripts:
            assert axe_problems(page, ALL_BUT_CONTRAST) == [], name

    look("01-start")
    page.locator("main .btns a.btn").first.click()
    sign_in(house, person, new_address(), by_link=True)
    assert page.url.endswith(f"/{lang}/funds/{slug}/apply/p1")
    page.select_option("[name=q_residence]", "KE")
    press(page)
    look("02-one-gap")
    page.check("[name=q_first_time][value=yes]")
    press(page)
    press(page)
    page.fill("[name=q_why_need]", "Personne ne paie mon voyage.")
    press(page, "button[name=go][value=later]")
    assert page.url.endswith("/apply")
    look("03-overview")
    page.goto(f"{house.origin}/{lang}/funds/{slug}/apply/check")
    look("04-all-gaps")
    page.goto(f"{house.origin}/{lang}/funds/{slug}/apply/p3")
    page.fill("[name=q_why_voice]", "Ce qui a été promis.")
    press(page)
    page.check("[name=q_support][value=full]")
    look("05-need")
    press(page)
    page.check("[name=q_gender][value=woman]")
    press(page)
    page.set_input_files("[name=q_letter]", str(paper))
    press(page)
    look("06-vouchers")
    people = page.url
    person.go(f"/{lang}/me/profile")
    page.fill("[name=name]", "Amina Yusuf")
    press(page)
    page.goto(people)
    page.locator("main .tasks a").first.click()
    nominator = f"asha-{uuid.uuid4().hex[:8]}@example.org"
    page.fill("[name=name]", "Asha Noor")
    page.fill("[name=email]", nominator)
    page.fill("[name=organisation]", "Pastoralist Women Forum")
    look("07-voucher")
    press(page)
    page.locator("main .btns a.btn").first.click()
    look("08-check")
    press(page, "main form:not([action*=files]) button[type=submit]")
    assert page.url.endswith("/apply/done")
    assert heading(page) == say(house, lang, "We have your application")
    look("09-done")

    mail = newest_mail(house, nominator)
    assert mail["Content-Language"] == lang
    (link,) = re.findall(rf"{re.escape(house.origin)}/\w\w/vouch/[^/\s]+(?=\s)", plain_text(mail))
    other = visitor(chromium, house.origin, language=lang, scripts=scripts, viewport=viewport)
    other.page.goto(link)
    keep_shot(other.page, f"{shot}-10-vouch")
    assert "Amina Yusuf" in other.page.locator("main").inner_text()
    press(other.page, "button[name=go][value=yes]")
    keep_shot(other.page, f"{shot}-11-vouched")
    other.close()

    page.locator("main .btns a.btn").first.click()
    look("12-mine")
    assert say(house, lang, "Vouched for you") in page.locator("main").inner_text()
    person.go(f"/{lang}/me")
    look("13-me")
    assert say(house, lang, "My application") in page.locator("main").inner_text()
    assert [one for one in person.complaints if "422" not in one] == []
    person.close()

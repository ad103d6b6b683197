"""From an event to the answer "you can apply": on a telephone, without scripts, in two directions of script."""

import pytest
from playwright.sync_api import Browser

from tests.factories.funding_calls import make_call
from tests.factories.programme import make_event
from tests.journeys.browser import PHONE, axe_problems, keep_shot, scrolls_sideways, visitor
from tests.journeys.stage import press
from tests.live import House

pytestmark = pytest.mark.lane

PASSES = {"belongs": "yes", "otherwise": "no", "nominated": "yes", "recent_grant": "no", "report_owed": "no"}


@pytest.mark.parametrize("lang", ["ar", "fr"])
def test_may_i_apply(house: House, chromium: Browser, lang: str) -> None:
    with house.work():
        event = make_event()
        call = make_call(event)
        address, slug = f"/{lang}/events/{event.slug}", call.slug
    person = visitor(chromium, house.origin, viewport=PHONE, scripts=False)
    page = person.go(address)
    page.locator(f"a[href$='/funds/{slug}']").first.click()
    keep_shot(page, f"fund-call-{lang}")
    assert not scrolls_sideways(page)
    page.locator(f"a[href$='/funds/{slug}/guide']").first.click()
    for question, answer in PASSES.items():
        page.check(f"input[name='{question}'][value='{answer}']")
    page.check("input[name='adult'][value='no']")
    press(page)
    stopped = page.locator(".note.warn")
    assert stopped.count() == 1, "the reason stands there at once"
    keep_shot(page, f"fund-guide-stopped-{lang}")
    assert page.is_checked("input[name='belongs'][value='yes']"), "what was answered is kept"
    page.check("input[name='adult'][value='yes']")
    press(page)
    assert page.locator(".note.ok").count() == 1
    keep_shot(page, f"fund-guide-passed-{lang}")
    assert not scrolls_sideways(page)
    assert page.url.endswith(f"/funds/{slug}/guide"), "no address says what was answered"
    assert person.context.cookies() == []
    assert person.complaints == []
    person.close()


def test_the_answer_is_accessible(house: House, chromium: Browser) -> None:
    with house.work():
        slug = make_call().slug
    person = visitor(chromium, house.origin, viewport=PHONE)
    page = person.go(f"/en/funds/{slug}/guide")
    page.check("input[name='adult'][value='no']")
    press(page)
    assert axe_problems(page) == []
    person.close()

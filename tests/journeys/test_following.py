"""In a real browser: following by mail from a commitment's page to the mail of the day and out again, and the report.

In English on a desk with axe, and in Arabic on a phone without scripts, through a real worker.
"""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from eventhub.commitments import following, queries
from eventhub.commitments.models import Says
from eventhub.kit.clock import now
from eventhub.tracker import subscribing
from tests.factories.commitments import past_event, published
from tests.journeys.browser import DESK, PHONE, axe_problems, visitor
from tests.journeys.stage import new_address, newest_mail, plain_text, press
from tests.journeys.test_delegations import look
from tests.journeys.test_evidence import link_in
from tests.live import House, wait_for

pytestmark = pytest.mark.lane


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"),
    [("en", True, DESK), ("ar", False, PHONE)],
    ids=["desk", "arabic-phone-without-scripts"],
)
def test_from_a_commitments_page_to_the_mail_of_the_day_and_out_again(
    house: House, chromium: Browser, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    shot, mailbox = f"following-{lang}-{viewport['width']}", new_address()
    with house.work():
        made = published(past_event(), maker="Ministry of Education", title="Classes in the mother tongue")
        reference, commitment_id, slug = made.reference, made.id, made.event.slug
    reader = visitor(chromium, house.origin, language=lang, scripts=scripts, viewport=viewport)
    page = reader.page
    reader.go(f"/{lang}/commitments/{reference}")
    page.locator("main a[href$='/follow']").click()
    page.locator("[name=what][value=maker]").check()
    assert press(page) == 422
    look(reader, f"{shot}-01-missing")
    expect(page.locator("[name=what][value=maker]")).to_be_checked()
    page.fill("[name=email]", mailbox)
    assert press(page) == 200
    link = link_in(house, mailbox, "following")
    reader.go(link)
    look(reader, f"{shot}-02-link")
    assert not scripts or axe_problems(page) == []
    assert press(page, "form[action$='/agree'] button") == 200
    with house.work():
        following.say(queries.record(commitment_id), Says.IN_PROGRESS, text="Forty schools have opened classes.")
    with house.work():
        assert subscribing.tell_due((now() + timedelta(days=1)).replace(hour=9)) >= 1
    told = newest_mail(house, mailbox, number=2)
    assert f"/{lang}/commitments/{reference}" in plain_text(told)
    assert f"{link}/stop>" in str(told["List-Unsubscribe"])
    reader.go(link)
    look(reader, f"{shot}-03-news")
    assert not scripts or axe_problems(page) == []
    reader.go(f"/{lang}/commitments/reports/event/{slug}")
    assert press(page) == 200
    wait_for(lambda: _made(reader, f"/{lang}/commitments/reports/event/{slug}"), seconds=60, what="the report")
    look(reader, f"{shot}-04-report")
    assert not scripts or axe_problems(page) == []
    file = page.request.get(f"{house.origin}/{lang}/commitments/reports/event/{slug}/commitments.pdf")
    assert file.body()[:4] == b"%PDF"
    reader.go(f"{link}/stop")
    assert press(page) == 200
    look(reader, f"{shot}-05-left")
    reader.close()
    with house.work():
        assert not subscribing.tell_due((now() + timedelta(days=3)).replace(hour=9))
    assert house.query("SELECT count(*) FROM tracker_reader") == [(0,)]


def _made(reader: object, path: str) -> bool:
    page = reader.go(path)  # type: ignore[attr-defined]
    return bool(page.locator("main a[href$='/commitments.pdf']").count())

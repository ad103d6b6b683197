"""In a real browser: an organizer sets up an evaluation, attendees answer by one link each, and read what came of it.

In English on a desk, and without scripts on a phone in Arabic.
"""

import re

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select, text

from eventhub.evaluations import actions, answering
from eventhub.evaluations.models import Evaluation
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.registration.models import State
from tests.factories.evaluations import aged, attended, counted, event_of_yesterday, secrets_of
from tests.factories.people import make_person, make_staff
from tests.factories.registration import make_registration
from tests.journeys.browser import DESK, PHONE, axe_problems, visitor
from tests.journeys.stage import new_address, newest_mail, plain_text, press, say
from tests.journeys.test_delegations import look
from tests.live import House

pytestmark = pytest.mark.lane
WORDS = {
    "en": "More time for questions, and a quiet room beside the hall.",
    "ar": "مزيد من الوقت للأسئلة، وغرفة هادئة بجوار القاعة.",
}
STEPS = (5, 5, 4, 5, 4, 3, 5, 4, 4, 5, 2)


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"),
    [("en", True, DESK), ("ar", False, PHONE), ("en", False, PHONE), ("ar", True, DESK)],
    ids=["desk", "arabic-phone-without-scripts", "phone-without-scripts", "arabic-desk"],
)
def test_set_up_asked_answered_counted_and_published(
    house: House, chromium: Browser, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    shot = f"evaluations-{lang}-{viewport['width']}"
    box = new_address()
    with house.work():
        event = event_of_yesterday()
        event.title = {"en": "Dialogue on education in minority languages", "ar": "حوار بشأن التعليم بلغات الأقليات"}
        amina = make_person(email=box, name="Amina Yusuf", language=lang)
        make_registration(event, amina, state=State.ATTENDED, has_seat=True)
        attended(event, 30)
        organiser_id = make_staff(Role.ORGANISER, event_id=event.id).id
        slug, event_id = event.slug, event.id
    kind = {"language": lang, "scripts": scripts, "viewport": viewport}
    staff = visitor(chromium, house.origin, cookie=house.session_cookie(organiser_id), **kind)  # type: ignore[arg-type]
    console = f"/{lang}/console/events/{slug}/evaluation"
    staff.go(console)
    look(staff, f"{shot}-01-none")
    staff.page.click("main .btns a")
    look(staff, f"{shot}-02-set-up")
    assert not scripts or axe_problems(staff.page) == []
    staff.page.fill("[name=closes_on]", "2020-01-01")
    assert press(staff.page) == 422
    look(staff, f"{shot}-03-wrong")
    staff.page.fill("[name=closes_on]", "")
    with house.work():
        last = str(now().date() + actions.LASTS)
    staff.page.fill("[name=closes_on]", last)
    assert press(staff.page) == 200

    with house.work():
        assert actions.open_due(now()) >= 1
    found = re.search(rf"/{lang}/evaluation/[\w-]+", plain_text(newest_mail(house, box)))
    assert found
    person = visitor(chromium, house.origin, **kind)  # type: ignore[arg-type]
    person.go(found[0])
    look(person, f"{shot}-04-form")
    assert not scripts or axe_problems(person.page) == []
    assert press(person.page) == 422
    look(person, f"{shot}-05-nothing-said")
    person.page.check("[name=overall][value='4']")
    person.page.check("[name=safe][value='5']")
    person.page.fill("[name=missing]", WORDS[lang])
    assert press(person.page) == 200
    expect(person.page.locator("main")).to_contain_text(say(house, lang, "Nobody can see which answers are yours"))
    look(person, f"{shot}-06-thanks")
    assert not scripts or axe_problems(person.page) == []
    staff.go(console)
    look(staff, f"{shot}-07-open")

    with house.work():
        made = db.session.scalars(select(Evaluation).where(Evaluation.event_id == event_id)).one()
        for place, secret in enumerate(secrets_of(made)[:26]):
            step = STEPS[place % len(STEPS)]
            said = {"overall": step, "useful": max(1, step - 1), "access": STEPS[-1 - place % 9], "safe": 5}
            said |= {"organisation": 4 + place % 2}
            answering.answer(secret, said | ({"missing": WORDS[lang]} if place % 4 == 0 else {}), lang)
        aged(made, 14)
        counted()
        assert actions.close_due(now()) == 1
    staff.go(console)
    look(staff, f"{shot}-08-results")
    assert not scripts or axe_problems(staff.page) == []
    staff.page.locator("a[href*='/words/']").first.click()
    look(staff, f"{shot}-09-words")
    assert not scripts or axe_problems(staff.page) == []
    assert press(staff.page, "button[value=show]") == 200
    assert press(staff.page, "button[value=publish]") == 200
    person.go(f"/{lang}/events/{slug}/evaluation")
    expect(person.page.locator("main")).to_contain_text(WORDS[lang])
    look(person, f"{shot}-10-public")
    assert not scripts or axe_problems(person.page) == []
    person.go(f"/{lang}/events/{slug}")
    look(person, f"{shot}-11-event")
    with house.work():
        assert db.session.scalar(text("SELECT count(*) FROM evaluation_waiting")) == 0
    staff.close()
    person.close()

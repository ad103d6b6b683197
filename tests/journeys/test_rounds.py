"""In a real browser: a round by the clock, its mail, no change in one press, obstacles, a colleague, silence in public.

In English on a desk, and without scripts in Arabic and Russian on a phone.
"""

import re

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select, text

from eventhub.commitments.models import Says
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.rounds import answering, asking, opening
from eventhub.rounds.answering import Said
from eventhub.rounds.models import Round
from tests.factories.people import make_staff
from tests.factories.rounds import aged, event_of_months_ago, followed, item_of, opened, secret
from tests.journeys.browser import DESK, PHONE, axe_problems, visitor
from tests.journeys.stage import new_address, newest_mail, plain_text, press, say
from tests.journeys.test_delegations import look
from tests.live import House

pytestmark = pytest.mark.lane
WORDS = {
    "en": "We will open classes in the mother tongue in 120 primary schools in the border districts.",
    "ar": "سنفتح فصولا باللغة الأم في 120 مدرسة ابتدائية في المناطق الحدودية.",
    "ru": "Мы откроем классы с обучением на родном языке в 120 начальных школах приграничных районов.",
}
MAKERS = {"en": "Ministry of Education", "ar": "وزارة التربية والتعليم", "ru": "Министерство образования"}


@pytest.mark.parametrize(
    ("lang", "scripts", "viewport"),
    [("en", True, DESK), ("ar", False, PHONE), ("ru", False, PHONE), ("ar", True, DESK)],
    ids=["desk", "arabic-phone-without-scripts", "russian-phone-without-scripts", "arabic-desk"],
)
def test_asked_answered_handed_on_reminded_and_silent_in_public(
    house: House, chromium: Browser, lang: str, scripts: bool, viewport: dict[str, int]
) -> None:
    shot = f"rounds-{lang}-{viewport['width']}"
    one, many, colleague, quiet = (new_address() for _ in range(4))
    given = {"wording": WORDS[lang], "maker": MAKERS[lang], "language": lang}
    with house.work():
        event = event_of_months_ago()
        event.title = {
            "en": "Dialogue on education in minority languages",
            "ar": "حوار بشأن التعليم بلغات الأقليات",
            "ru": "Диалог об образовании на языках меньшинств",
        }
        single = followed(event, one, **given)
        several = [followed(event, many, **given) for _ in range(3)]
        silent = followed(event, quiet, **given)
        found = opened(event)
        for made in (single, *several[:2]):
            box = one if made is single else many
            answering.answer(secret(box), item_of(made).id, Said(Says.IN_PROGRESS, text=WORDS[lang]), seen=1)
        db.session.execute(text("DELETE FROM round_answer"))
        db.session.execute(text("UPDATE round_item SET answered_at = NULL"))
        db.session.execute(text("UPDATE round_link SET language = :lang"), {"lang": lang})
        link, listing, round_id = secret(one), secret(many), found.id
        references = [made.reference for made in (single, *several, silent)]
        organiser_id = make_staff(Role.ORGANISER, event_id=event.id).id
    kind = {"language": lang, "scripts": scripts, "viewport": viewport}
    maker = visitor(chromium, house.origin, **kind)  # type: ignore[arg-type]
    page = maker.page

    mail = plain_text(newest_mail(house, one))
    assert re.search(rf"/{lang}/answer/{re.escape(link)}/commitments/{references[0]}\?says=in_progress", mail)
    maker.go(f"/{lang}/answer/{link}/commitments/{references[0]}?says=changed")
    expect(page.locator("input[value=changed]")).to_be_checked()
    look(maker, f"{shot}-01-item")
    assert not scripts or axe_problems(page) == []
    assert press(page, "form[data-autosave] button") == 422
    look(maker, f"{shot}-02-why-missing")
    page.check("input[value=in_progress]")
    page.check("input[value=staff_capacity]")
    page.fill("[name=hindrance]", WORDS[lang])
    page.fill("[name=text]", WORDS[lang])
    assert press(page, "form[data-autosave] button") == 200
    look(maker, f"{shot}-03-thanks")
    assert not scripts or axe_problems(page) == []

    maker.go(f"/{lang}/answer/{listing}")
    look(maker, f"{shot}-04-list")
    assert not scripts or axe_problems(page) == []
    page.locator("a[href$='/colleague']").click()
    assert press(page) == 422
    look(maker, f"{shot}-05-colleague")
    page.check("[name=items] >> nth=2")
    page.fill("[name=email]", colleague)
    page.fill("[name=name]", "Bao")
    page.select_option("[name=language]", lang)
    assert press(page) == 200
    assert press(page, "form[action$='/same'] button") == 200
    look(maker, f"{shot}-06-no-change")
    theirs = re.search(r"/\w\w/answer/[\w-]+(?:/commitments/C-\d+)?", plain_text(newest_mail(house, colleague)))
    assert theirs
    maker.go(theirs[0])
    assert references[1] not in page.content()
    page.check("input[value=planning]")
    assert press(page, "form[data-autosave] button") == 200
    maker.go(f"/{lang}/answer/{listing}/later")
    look(maker, f"{shot}-07-later")

    with house.work():
        aged(db.session.get_one(Round, round_id), 21)
        asking.remind_due(now())
    newest_mail(house, quiet)
    staff = visitor(chromium, house.origin, cookie=house.session_cookie(organiser_id), **kind)  # type: ignore[arg-type]
    for number, path in ((8, ""), (9, "?view=all"), (10, "/calls")):
        staff.go(f"/{lang}/console/rounds/{round_id}{path}")
        look(staff, f"{shot}-{number:02}-staff")
        assert not scripts or axe_problems(staff.page) == []
    staff.page.locator("main table a").first.click()
    staff.page.check("[name=reached][value=nobody]")
    staff.page.fill("[name=text]", WORDS[lang])
    assert press(staff.page, "form[action$='/calls'] button") == 200
    look(staff, f"{shot}-11-link")
    assert not scripts or axe_problems(staff.page) == []
    staff.go(f"/{lang}/console")
    look(staff, f"{shot}-12-today")
    staff.go(f"/{lang}/console/rounds")
    look(staff, f"{shot}-13-rounds")

    with house.work():
        aged(db.session.get_one(Round, round_id), 9)
        assert opening.close_due(now()) == 1
        assert db.session.scalars(select(Round).where(Round.closed_at.is_not(None))).all()
    maker.go(f"/{lang}/commitments/{references[4]}")
    expect(page.locator("main")).to_contain_text(say(house, lang, "No report received"))
    look(maker, f"{shot}-14-public")
    staff.close()
    maker.close()

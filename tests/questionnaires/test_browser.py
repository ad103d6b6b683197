"""The preview and the editor in Chromium: live conditions, without scripts too, in both directions, seen by axe."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from eventhub.questionnaires import actions
from tests.factories.people import make_staff
from tests.factories.questionnaires import make_questionnaire, options, page, question
from tests.journeys.browser import DESK, PHONE, axe_problems, visitor
from tests.live import House

pytestmark = pytest.mark.lane

FORM = (
    page(
        "pone",
        question("visa", "choice", label="Do you need a visa?", options=options("yes", "no"), required=True),
        question("place", label="Where do you apply?", show_if={"question": "visa", "in": ["yes"]}, required=True),
        question("street", label="In which street?", show_if={"question": "place", "answered": True}),
        question("age", "number", label="How old are you?"),
        question("guardian", label="Who comes with you?", show_if={"question": "age", "less_than": 18}),
        question("photo", "consent", label="You may take my picture"),
        question("why", "long_text", label="Why not?", show_if={"not": {"question": "photo", "in": [True]}}),
        question("scan", "file", label="Your document", sealed=True, help="A picture of the page with your name"),
    ),
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house")) as built:
        built.web()
        yield built


@pytest.fixture(scope="module")
def made(house: House) -> tuple[uuid.UUID, tuple[str, str]]:
    """A questionnaire, half translated, and the cookie of an administrator."""
    with house.work():
        admin = make_staff()
        questionnaire = make_questionnaire(*FORM, name="Forum")
        actions.translate(None, questionnaire, {("qvisa", "label"): {"ar": "هل تحتاجون إلى تأشيرة؟"}})
        ids = questionnaire.id, admin.id
    return ids[0], house.session_cookie(ids[1])


def shown(tab: Page) -> list[str]:
    """The names of the questions a person sees and could answer."""
    script = (
        "[...document.querySelectorAll('main [name^=q_]')].filter(i => !i.disabled && i.offsetParent).map(i => i.name)"
    )
    return sorted(set(tab.evaluate(script)))


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_conditions_are_live(
    house: House, chromium: Browser, made: tuple[uuid.UUID, tuple[str, str]], lang: str
) -> None:
    person = visitor(chromium, house.origin, language=lang, cookie=made[1])
    tab = person.go(f"/{lang}/console/questionnaires/{made[0]}/preview")
    always = ["q_age", "q_photo", "q_scan", "q_visa"]
    assert shown(tab) == sorted([*always, "q_why"])
    tab.check("[name=q_visa][value=yes]")
    assert "q_place" in shown(tab)
    assert "q_street" not in shown(tab)
    tab.fill("[name=q_place]", "Nairobi")
    assert "q_street" in shown(tab)
    tab.check("[name=q_visa][value=no]")
    assert not {"q_place", "q_street"} & set(shown(tab))
    tab.fill("[name=q_age]", "١٧" if lang == "ar" else "17")
    assert "q_guardian" in shown(tab)
    tab.fill("[name=q_age]", "18")
    assert "q_guardian" not in shown(tab)
    tab.check("[name=q_photo]")
    assert "q_why" not in shown(tab)
    tab.click("main form button[type=submit]")
    tab.wait_for_selector("dl.summary")
    assert person.complaints == []
    person.close()


def test_without_scripts_the_server_decides(
    house: House, chromium: Browser, made: tuple[uuid.UUID, tuple[str, str]]
) -> None:
    person = visitor(chromium, house.origin, scripts=False, cookie=made[1])
    tab = person.go(f"/en/console/questionnaires/{made[0]}/preview")
    tab.check("[name=q_visa][value=no]")
    tab.fill("[name=q_place]", "does not apply")
    tab.click("main form button[type=submit]")
    tab.wait_for_selector("dl.summary")
    assert "does not apply" not in tab.content()
    person.close()


@pytest.mark.parametrize(("lang", "viewport"), [("en", DESK), ("ar", PHONE)], ids=["en-desk", "ar-phone"])
def test_axe_finds_nothing(
    house: House, chromium: Browser, made: tuple[uuid.UUID, tuple[str, str]], lang: str, viewport: dict[str, int]
) -> None:
    person = visitor(chromium, house.origin, language=lang, viewport=viewport, cookie=made[1])
    for name, rest in {
        "list": "",
        "edit": f"/{made[0]}",
        "question": f"/{made[0]}/questions/qvisa",
        "kinds": f"/{made[0]}/pages/pone/questions/new",
        "condition": f"/{made[0]}/conditions/qwhy?about=visa",
        "languages": f"/{made[0]}/languages/pone",
        "publish": f"/{made[0]}/publish",
        "preview": f"/{made[0]}/preview",
    }.items():
        tab = person.go(f"/{lang}/console/questionnaires{rest}")
        # axe does not see a broken mirror: SHOTS=folder keeps pictures for a person to look at
        if shots := os.environ.get("SHOTS"):
            picture = Path(shots) / f"{name}-{lang}-{viewport['width']}.png"
            tab.screenshot(path=picture, full_page=True)
        assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
        assert axe_problems(tab) == [], name
    assert person.complaints == []
    person.close()

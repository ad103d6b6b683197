"""Bad input and bad days in Chromium: answered in the person's language, at the field, and nothing typed is lost."""

import copy
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask_babel import force_locale
from playwright.sync_api import Browser, Page, expect

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person, WebSession
from eventhub.programme.models import Event
from eventhub.registration.models import RegistrationSetup
from tests.factories.people import make_person
from tests.factories.registration import ONE_PAGE, register
from tests.journeys.browser import Visitor, keep_shot
from tests.journeys.stage import (
    Scene,
    build_dialogue,
    build_forum,
    heading,
    newest_mail,
    person_in,
    press,
    say,
    sign_in,
)
from tests.live import House

pytestmark = pytest.mark.lane

MORE: list[dict[str, Any]] = [
    {"id": "q11", "key": "story", "kind": "long_text", "label": "Your story"},
    {"id": "q12", "key": "age", "kind": "number", "label": "Your age"},
    {"id": "q13", "key": "arrival", "kind": "date", "label": "Day of arrival"},
    {"id": "q14", "key": "contact", "kind": "email", "label": "Address of a friend"},
    {"id": "q15", "key": "phone", "kind": "phone", "label": "Phone"},
    {"id": "q16", "key": "scan", "kind": "file", "label": "A copy of your document"},
]
SCRIPT = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
DIALOGUE_FIELDS = {"q_display_name": "Amina", "q_needs": "A quiet room"}
LANGUAGES = pytest.mark.parametrize("lang", ["en", "ar"])


@pytest.fixture(scope="module")
def forum(house: House) -> Scene:
    pages: dict[str, Any] = copy.deepcopy(ONE_PAGE)
    pages["pages"][0]["questions"] += MORE
    pages["pages"].append(
        {
            "id": "p2",
            "title": "Consents",
            "questions": [{"id": "q20", "key": "photo", "kind": "consent", "label": "Photographs", "purpose": "photo"}],
        }
    )
    return build_forum(house, pages)


@contextmanager
def somebody(house: House, chromium: Browser, lang: str, path: str, **given: Any) -> Iterator[Visitor]:
    """A signed-in person at a page; at the end nothing has stood in the console but the browser's note of a status."""
    with house.work():
        person_id = make_person(language=lang).id
    with person_in(house, chromium, person_id, language=lang, **given) as visitor:
        visitor.go(f"/{lang}{path}")
        yield visitor
        assert [text for text in visitor.complaints if "Failed to load resource" not in text] == []


def errors(page: Page) -> dict[str, str]:
    """Every field that is marked as wrong, and what stands at it: tied by aria-describedby, so that it is heard too."""
    script = """() => Object.fromEntries([...document.querySelectorAll('main .wrong')].map(box => {
      const input = box.querySelector('input, textarea, select');
      const group = box.matches('fieldset') ? box : input;
      const said = (group.getAttribute('aria-describedby') || '').split(' ').map(id => document.getElementById(id));
      return [input.name, said.filter(Boolean).filter(e => e.matches('.problem')).map(e => e.innerText).join(' ')];
    }))"""
    found: dict[str, str] = page.evaluate(script)
    return found


def assert_refused(house: House, page: Page, lang: str, wanted: dict[str, str]) -> None:
    """The page says in its language which fields are wrong, in a summary whose links lead to them."""
    found = errors(page)
    assert set(found) == set(wanted), found
    hidden = say(house, lang, "Error:")
    for name, words in wanted.items():
        assert words in found[name]
        assert found[name].startswith(hidden)
    assert page.title().startswith(hidden)
    targets = page.eval_on_selector_all(".errors a", "links => links.map(a => document.querySelector(a.hash)?.name)")
    assert set(targets) == set(wanted)
    assert page.locator("html").get_attribute("lang") == lang


@LANGUAGES
def test_empty(house: House, chromium: Browser, forum: Scene, lang: str) -> None:
    with somebody(house, chromium, lang, f"/events/{forum.slug}/register/p1") as person:
        person.page.fill("[name=q_needs]", "A quiet room")
        person.page.fill("[name=q_display_name]", "  \u200b ")
        assert press(person.page) == 422
        assert_refused(house, person.page, lang, {"q_display_name": say(house, lang, "Answer this question")})
        assert person.page.input_value("[name=q_needs]") == "A quiet room"
        keep_shot(person.page, f"bad-{lang}-empty")


@LANGUAGES
def test_wrong_in_every_way_at_once(house: House, chromium: Browser, forum: Scene, lang: str) -> None:
    typed = {
        "q_display_name": "x" * 5000,
        "q_story": f"{SCRIPT}\nشكراً 谢谢",
        "q_age": "seventeen",
        "q_arrival": "0001-01-01",
        "q_contact": "amina(at)example.org",
        "q_phone": "call me",
    }
    with somebody(house, chromium, lang, f"/events/{forum.slug}/register/p1") as person:
        page = person.page
        # A country that is not on the list, as a changed page could send it.
        page.evaluate("document.querySelector('[name=q_residence]').add(new Option('Atlantis', 'XX'))")
        page.select_option("[name=q_residence]", "XX")
        for name, value in typed.items():
            page.fill(f"[name={name}]", value)
        assert press(page) == 422
        wanted = {
            "q_display_name": say(house, lang, "This text is too long: %(number)s characters, at most %(most)s").split(
                "%"
            )[0],
            "q_residence": say(house, lang, "Choose one of the answers on the list"),
            "q_age": say(house, lang, "Write a number"),
            "q_arrival": say(house, lang, "Look at the year again"),
            "q_contact": say(house, lang, "Write an email address, such as name@example.org"),
            "q_phone": say(house, lang, "Write the number with its country code, such as +41 22 917 90 00"),
        }
        assert_refused(house, page, lang, wanted)
        for name in typed:
            assert page.input_value(f"[name={name}]") == typed[name], name
        assert "owned" not in page.title()
        keep_shot(page, f"bad-{lang}-everything")


@LANGUAGES
def test_what_nobody_can_see_goes_and_the_rest_stays(house: House, chromium: Browser, forum: Scene, lang: str) -> None:
    with somebody(house, chromium, lang, f"/events/{forum.slug}/register/p1") as person:
        page = person.page
        script = "([n, v]) => { document.querySelector(`[name=${n}]`).value = v }"
        page.evaluate(script, ["q_display_name", "Amina\u0000 \u202eYusuf\u2066 \ud800Warsame"])
        page.fill("[name=q_story]", SCRIPT)
        assert press(page) == 200
        assert page.url.endswith("/register/p2")
        press(page)
        assert page.url.endswith("/register/check")
        shown = page.locator("main").inner_text()
        assert "Amina Yusuf Warsame" in shown.replace("\ufffd", "")
        assert SCRIPT in shown
        assert "owned" not in page.title()
        assert not any(sign in page.content() for sign in "\u0000\u202e\u2066")
        keep_shot(page, f"bad-{lang}-cleaned")


@LANGUAGES
def test_a_text_of_three_megabytes(house: House, chromium: Browser, forum: Scene, lang: str) -> None:
    path = f"/events/{forum.slug}/register/p1"
    with somebody(house, chromium, lang, path) as person:
        page = person.page
        with page.expect_response(lambda answer: answer.url.endswith("/draft")) as saved:
            page.fill("[name=q_display_name]", "Amina")
        assert saved.value.status == 204
        # Hidden, since laying out three million letters would be a test of the browser.
        fill = "box => { box.hidden = true; box.style.display = 'none'; box.value = 'x'.repeat(3_000_000) }"
        page.locator("[name=q_story]").evaluate(fill)
        assert press(page) == 413
        assert heading(page) == say(house, lang, "This is too large to send")
        assert page.locator("html").get_attribute("lang") == lang
        keep_shot(page, f"bad-{lang}-three-megabytes")
        page.get_by_role("link", name=say(house, lang, "Open the form again")).click()
        assert page.url.endswith(path)
        assert page.input_value("[name=q_display_name]") == "Amina"


@LANGUAGES
def test_a_program_that_calls_itself_a_photograph(house: House, chromium: Browser, forum: Scene, lang: str) -> None:
    with somebody(house, chromium, lang, f"/events/{forum.slug}/register/p1") as person:
        page = person.page
        page.fill("[name=q_display_name]", "Amina")
        for body in (b"MZ\x90\x00" + b"\x00" * 200, b"<html><script>alert(1)</script></html>"):
            page.set_input_files("[name=q_scan]", {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": body})
            assert press(page) == 422
            found = errors(page)
            assert set(found) == {"q_scan"}
            assert found["q_scan"]
            assert page.input_value("[name=q_display_name]") == "Amina"
        keep_shot(page, f"bad-{lang}-file")
        assert house.query("SELECT count(*) FROM stored_file WHERE purpose <> 'document'") == [(0,)]


@pytest.mark.parametrize(("lang", "scripts"), [("en", True), ("ar", False)], ids=["en-scripts", "ar-plain"])
def test_a_photograph_as_large_as_telephones_make_them(
    house: House, chromium: Browser, forum: Scene, lang: str, scripts: bool
) -> None:
    with somebody(house, chromium, lang, f"/events/{forum.slug}/register/p1", scripts=scripts) as person:
        page = person.page
        page.fill("[name=q_display_name]", "Amina")
        large = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff" + b"\x00" * 16_000_000}
        page.set_input_files("[name=q_scan]", large)
        too_large = say(house, lang, "This file is too large. Send one of at most %(size)s MB.", size=15)
        if scripts:
            assert page.locator(".problem[role=alert]").inner_text() == too_large
            assert page.input_value("[name=q_scan]") == "", "it is not sent"
            go_on = say(house, lang, "Choose another one, or press the button again to go on without a file.")
            page.locator("main form button[type=submit]").first.click(no_wait_after=True)
            assert page.locator(".problem[role=alert]").inner_text() == f"{too_large} {go_on}", "it stops once"
            assert press(page) == 200
            assert page.url.endswith("/register/p2")
        else:
            assert press(page) == 422
            assert list(errors(page)) == ["q_scan"]
            assert too_large in errors(page)["q_scan"]
            assert page.input_value("[name=q_display_name]") == "Amina"
        keep_shot(page, f"bad-{lang}-large-photo-{scripts}")


@LANGUAGES
def test_a_page_that_was_open_too_long(house: House, chromium: Browser, forum: Scene, lang: str) -> None:
    with somebody(house, chromium, lang, f"/events/{forum.slug}/register/p1", scripts=True) as person:
        page = person.page
        page.fill("[name=q_display_name]", "Amina")
        page.fill("[name=q_needs]", "A quiet room")
        page.evaluate("document.querySelector('main [name=csrf_token]').value = 'ImZvbyI.aaaaaa.bbbbbbbb'")
        assert press(page) == 422
        too_long = say(house, lang, "This page was open too long. Look at your answers and send again.")
        assert page.locator(".errors li").all_inner_texts() == [too_long]
        assert page.locator("html").get_attribute("lang") == lang
        assert page.input_value("[name=q_display_name]") == "Amina"
        keep_shot(page, f"bad-{lang}-stale")
        assert press(page) == 200
        assert page.url.endswith("/register/p2")


@LANGUAGES
def test_closed_a_second_ago(house: House, chromium: Browser, lang: str) -> None:
    scene = build_dialogue(house)
    with somebody(house, chromium, lang, f"/events/{scene.slug}/register", scripts=False) as person:
        page = person.page
        for name, value in DIALOGUE_FIELDS.items():
            page.fill(f"[name={name}]", value)
        with house.work():
            db.session.get_one(RegistrationSetup, scene.event_id).closes_at = now() - timedelta(seconds=1)
        assert 400 <= press(page) < 500
        closed = "Registration closed before this was sent. What you wrote is kept on this page, so you can copy it."
        assert say(house, lang, closed) in page.locator(".errors").inner_text()
        for name, value in DIALOGUE_FIELDS.items():
            assert page.input_value(f"[name={name}]") == value
        keep_shot(page, f"bad-{lang}-closed")


@LANGUAGES
def test_the_last_place_goes_while_the_form_is_filled_in(house: House, chromium: Browser, lang: str) -> None:
    scene = build_dialogue(house, capacity=1, waiting_list=False)
    with somebody(house, chromium, lang, f"/events/{scene.slug}/register", scripts=False) as person:
        page = person.page
        for name, value in DIALOGUE_FIELDS.items():
            page.fill(f"[name={name}]", value)
        with house.work(), force_locale("en"):
            register(db.session.get_one(Event, scene.event_id))
        assert 400 <= press(page) < 500
        full = "The last place was taken while you were writing. This event has no waiting list. Your answers are kept."
        assert say(house, lang, full) in page.locator(".errors").inner_text()
        for name, value in DIALOGUE_FIELDS.items():
            assert page.input_value(f"[name={name}]") == value
        keep_shot(page, f"bad-{lang}-full")
        counted = "SELECT seats_taken FROM registration_setup WHERE event_id = %s"
        assert house.query(counted, scene.event_id) == [(1,)]


@LANGUAGES
def test_a_double_click_counts_once(house: House, chromium: Browser, lang: str) -> None:
    scene = build_dialogue(house)
    with somebody(house, chromium, lang, f"/events/{scene.slug}/register") as person:
        page = person.page
        page.fill("[name=q_display_name]", "Amina")
        # The second press takes back the navigation of the first, so no single one of them is waited for.
        page.locator("main form button[type=submit]").first.dblclick(no_wait_after=True)
        expect(page).to_have_url(re.compile("/register/done$"), timeout=30_000)
        page.wait_for_load_state()
        assert heading(page) == say(house, lang, "Your place is confirmed")
        assert house.query("SELECT state FROM registration WHERE event_id = %s", scene.event_id) == [("accredited",)]


@LANGUAGES
def test_a_session_that_ends_mid_form_keeps_every_answer(
    house: House, chromium: Browser, forum: Scene, lang: str
) -> None:
    with somebody(house, chromium, lang, f"/events/{forum.slug}/register/p1", scripts=False) as person:
        page = person.page
        address = last_address(house)
        page.fill("[name=q_display_name]", "Amina")
        page.fill("[name=q_story]", "A long story\nof two lines")
        with house.work():
            end_sessions(address)
        press(page)
        assert "/sign-in" in page.url
        keep_shot(page, f"bad-{lang}-signed-out")
        sign_in(house, person, address, by_link=False)
        assert newest_mail(house, address)["Content-Language"] == lang
        assert page.url.endswith("/register/p1")
        assert page.input_value("[name=q_display_name]") == "Amina"
        assert page.input_value("[name=q_story]") == "A long story\nof two lines"
        assert press(page) == 200
        assert page.url.endswith("/register/p2")


def last_address(house: House) -> str:
    """The address of the person made last."""
    return str(house.query("SELECT email FROM person ORDER BY created_at DESC LIMIT 1")[0][0])


def end_sessions(address: str) -> None:
    """As if the hours of the session were over."""
    person: uuid.UUID = db.session.query(Person.id).filter_by(email=address).scalar()
    db.session.query(WebSession).filter_by(person_id=person).update({"until": now() - timedelta(seconds=1)})

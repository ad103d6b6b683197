"""Every page in Chromium, seen by axe, in six languages and both directions; and a way through by keyboard alone."""

import itertools
import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.browser import (
    ALL_BUT_CONTRAST,
    DESK,
    PHONE,
    RULES,
    Visitor,
    axe_problems,
    keep_shot,
    scrolls_sideways,
    visitor,
)
from tests.journeys.stage import press
from tests.journeys.tour import SIX, Stop, Tour, build_tour, forgotten
from tests.live import House

pytestmark = pytest.mark.lane
OWN_HOUSE = True

IN_TURN = ("ar", "zh", "en", "ar", "fr", "ru", "ar", "es")


@pytest.fixture(scope="module")
def tour(house: House) -> Tour:
    return build_tour(house)


def test_every_page_has_a_stop(house: House, tour: Tour) -> None:
    assert forgotten(house.app, tour) == set()


def test_axe_finds_nothing(house: House, chromium: Browser, tour: Tour) -> None:
    """Each page in one of the languages, in turn, so that every language is seen on pages of every kind, and those from
    right to left most; with the environment's AXE=all, every page in every language. On a desk and, made narrow, on a
    phone: nothing but the styles knows the width."""
    found: list[str] = []
    turn = itertools.cycle(IN_TURN)
    for who, stops in itertools.groupby(tour.stops, lambda stop: stop.who):
        person = visitor(chromium, house.origin, cookie=tour.cookies[who])
        for stop in stops:
            for language in SIX if os.environ.get("AXE") == "all" else (next(turn),):
                found += look(person, stop, language)
        person.close()
    assert found == []


def look(person: Visitor, stop: Stop, language: str) -> Iterator[str]:
    """What is wrong with one page. Contrast is looked at once: the gallery of test_components.py has every component's
    colours in both widths and schemes."""
    place = f"/{language}{stop.path}"
    person.complaints.clear()
    person.page.set_viewport_size(DESK)
    answer = person.page.goto(person.origin + place, wait_until="load")
    if answer is None or answer.status not in {200, 410} or not person.page.url.startswith(person.origin + place):
        yield f"{place}: {answer and answer.status} at {person.page.url}"
        return
    for viewport, rules in ((DESK, RULES), (PHONE, ALL_BUT_CONTRAST)):
        width = viewport["width"]
        person.page.set_viewport_size(viewport)
        keep_shot(person.page, f"page-{stop.endpoint}-{language}-{width}")
        yield from (f"{place} at {width}: {problem}" for problem in axe_problems(person.page, rules))
        if scrolls_sideways(person.page):
            yield f"{place}: scrolls sideways at {width}"
    yield from (f"{place}: console: {complaint}" for complaint in person.complaints)


def focused(page: Page) -> str:
    """The element that has the focus, as selector and text."""
    script = "document.activeElement.id || document.activeElement.hash || document.activeElement.name || ''"
    return str(page.evaluate(script))


def is_marked(page: Page) -> bool:
    """Whether the focus can be seen: an outline or a ring."""
    script = """() => { const s = getComputedStyle(document.activeElement);
      return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== 'none' }"""
    return bool(page.evaluate(script))


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_way_through_by_keyboard(house: House, chromium: Browser, tour: Tour, language: str) -> None:
    person = visitor(chromium, house.origin, cookie=tour.cookies["beginner"])
    page = person.go(f"/{language}/events/{tour.slug}/register/p1")
    page.keyboard.press("Tab")
    assert focused(page) == "#main", "the skip link comes first"
    box = page.evaluate("(r => [r.x, r.y, r.width, r.height])(document.activeElement.getBoundingClientRect())")
    assert box[0] >= 0
    assert box[1] >= 0
    assert min(box[2:]) >= 24, "and it is seen once it has the focus"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    # Every stop on the way can be seen.
    page.reload()
    for _ in range(25):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        # The button inside a date field is marked by the browser itself, where a page cannot see it.
        inside = page.evaluate(
            "document.activeElement.type === 'date' && !document.activeElement.matches(':focus-visible')"
        )
        assert inside or is_marked(page), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    # A wrong answer, and from the summary to its field.
    page.fill("[name=q_legal_name]", "")
    page.focus("[name=q_legal_name]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    link = page.locator(".errors a").first
    link.focus()
    assert is_marked(page)
    page.keyboard.press("Enter")
    assert focused(page) == "q_legal_name"
    keep_shot(page, f"keyboard-{language}-error")
    page.keyboard.type("Amina")
    assert press(page) == 200
    assert page.url.endswith("/register/p2")
    person.close()

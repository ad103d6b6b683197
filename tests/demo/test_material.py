"""The demo's raw material: counts, determinism, and the style rules of six languages that a machine can see."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from eventhub.demo.documents import (
    LANGUAGES,
    TEXTS,
    activities,
    documents,
    event_text,
    file_text,
    recommendations,
    symbol_for,
    text,
)
from eventhub.demo.names import WITHOUT_NATIONALITY, people
from eventhub.demo.organisations import organisations
from eventhub.demo.plan import EVENTS, first_day, registration_window, wall_time

SEED = 20
FILES = sorted(path.stem for path in TEXTS.glob("*.json"))
# What may stand in Latin letters inside Arabic, Chinese and Russian text.
LATIN_ALLOWED = {"XX", "XXIV", "PDF", "WCAG", "AA", "JavaScript", "iCalendar", "help@example.org", "MB"}
# The languages name themselves, whatever the language of the page.
OWN_NAMES = {"العربية", "中文", "English", "Français", "Русский", "Español"}
PLACE = re.compile(r"\{\w+\}")
"""Where a number is put in."""
LATIN = re.compile(r"[A-Za-zÀ-ɏ@.]*[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ@.]*")
KINDS = {
    "short_text", "long_text", "number", "date", "choice", "choices", "country", "language", "organisation", "phone",
    "email", "file", "consent", "section",
}  # fmt: skip


def six(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every text of a file: the mappings that have languages as keys."""
    if isinstance(node, dict):
        if set(node) & set(LANGUAGES):
            yield path, node
        else:
            for key, value in node.items():
                yield from six(value, f"{path}/{key}")
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from six(value, f"{path}/{place}")


def texts_in(language: str) -> list[tuple[str, str]]:
    return [
        (f"{file}{path}", versions[language])
        for file in FILES
        for path, versions in six(text(file))
        if language in versions and versions[language] not in OWN_NAMES
    ]


def test_the_same_seed_gives_the_same_people_and_another_seed_does_not() -> None:
    assert people(SEED) == people(SEED)
    assert people(SEED) != people(SEED + 1)


@pytest.mark.parametrize("seed", [1, 7, SEED, 300])
def test_nine_hundred_people_have_a_hundred_nationalities(seed: int) -> None:
    made = people(seed)
    assert len(made) == 900
    assert len({person.country for person in made} - set(WITHOUT_NATIONALITY)) == 100
    assert {person.country for person in made} >= set(WITHOUT_NATIONALITY)
    assert len({person.name for person in made}) == 900


def test_addresses_are_unique_ascii_and_of_example_domains() -> None:
    addresses = [person.email for person in people(SEED)]
    assert len(set(addresses)) == 900
    assert [one for one in addresses if not re.fullmatch(r"[a-z0-9.]+@example\.(org|com|net)", one)] == []


def test_the_address_of_a_discreet_person_does_not_hold_the_name() -> None:
    discreet = [person for person in people(SEED) if person.discreet]
    assert 20 <= len(discreet) <= 55
    assert all(person.alias for person in discreet)
    for person in discreet:
        words = [word.lower() for word in person.badge_name.split() if len(word) > 3]
        assert [word for word in words if word in person.email] == []


def test_shares_are_as_the_demo_needs_them() -> None:
    made = people(SEED)
    assert 40 <= sum(person.alias is not None for person in made) <= 70
    assert {person.language for person in made} == set(LANGUAGES)
    assert sum(person.name_latin is not None for person in made) > 250
    assert sum(" " not in person.badge_name for person in made) > 10
    assert {person.gender for person in made} == {"woman", "man", "another", "prefer_not_to_say"}


def test_every_name_in_another_script_has_a_latin_line() -> None:
    def latin(name: str) -> bool:
        return all(ord(letter) < 0x300 or 0x1E00 <= ord(letter) < 0x1F00 or not letter.isalpha() for letter in name)

    for person in people(SEED):
        assert (person.name_latin is None) == latin(person.name), person.name
        assert latin(person.badge_name), person.badge_name


def test_nobody_without_nationality_sits_for_a_state() -> None:
    rooms = organisations()
    for person in people(SEED):
        if person.country in WITHOUT_NATIONALITY and person.organisation_index is not None:
            assert rooms[person.organisation_index].kind not in {"permanent_mission", "state"}


def test_four_hundred_organisations_in_every_country() -> None:
    rooms = organisations()
    assert rooms == organisations()
    assert len(rooms) == len({(one.name, one.country) for one in rooms}) == 400
    assert len({one.country for one in rooms}) == 100
    assert {one.ganhri for one in rooms if one.kind == "nhri"} == {"A", "B", "none"}
    assert {one.ecosoc for one in rooms} == {"general", "special", "roster", "none", "pending"}
    assert {one.ecosoc for one in rooms if one.kind not in {"ngo"}} == {"none"}


@pytest.mark.parametrize("file", [name for name in FILES if name not in ("documents", "recommendations")])
def test_every_text_has_six_languages(file: str) -> None:
    found = list(six(text(file)))
    assert found
    assert [(path, sorted(one)) for path, one in found if sorted(one) != sorted(LANGUAGES)] == []
    assert [path for path, one in found for value in one.values() if not value.strip()] == []


def test_documents_have_titles_in_six_languages_and_the_versions_they_name() -> None:
    made = {one.key: one for one in documents()}
    for one in made.values():
        assert set(one.title) == set(LANGUAGES)
        assert set(one.body) == set(one.languages)
        assert all(body.count("\n\n") >= 2 for body in one.body.values()), one.key
        assert one.event in {event.key for event in EVENTS}
    assert made["practical_guide"].languages == ("en", "fr")
    assert made["draft_recommendations"].languages == ("en", "fr", "es")
    agenda = made["provisional_agenda"]
    assert symbol_for(agenda, date(2031, 5, 1)) == "A/HRC/FMI/2031/1"
    assert file_text(agenda, "en", date(2031, 5, 1)).startswith("A/HRC/FMI/2031/1\nProvisional agenda\n\n")


def test_the_recommendations_and_the_action_plan_are_documents_to_be_read() -> None:
    made = {one.key: one for one in documents()}
    printed = file_text(made["recommendations_fifteenth"], "en", date(2031, 5, 1))
    assert printed.startswith("A/HRC/52/71\nRecommendations of the fifteenth session\n\n")
    assert [number for number in range(40, 80) if f"\n{number}. " in printed] == list(range(53, 66))
    plan = file_text(made["action_plan"], "en", date(2031, 5, 1))
    assert len(recommendations()) == 13
    assert all(f"{one.paragraph}. {one.text}" in printed for one in recommendations())
    assert len(activities()) == 23
    assert all(f"{one.ref}. {one.text}" in plan for one in activities())


@pytest.mark.parametrize("language", ["ar", "zh", "ru"])
def test_no_latin_words_are_left_over(language: str) -> None:
    left = [
        (path, word)
        for path, value in texts_in(language)
        for word in LATIN.findall(PLACE.sub("", value))
        if word.strip(".") not in LATIN_ALLOWED
    ]
    assert left == []


RULES = [
    ("ar", r"ـ", "tatweel"),
    ("ar", r"[\u064E-\u0650\u0652]", "vowel signs"),
    ("ar", r"[,;?](?!\d)", "Latin punctuation"),
    ("ar", r"[٠-٩]", "Eastern digits"),
    ("ar", r"إيميل", "a loan word for email"),
    ("zh", r"少数民族", "the word for China's ethnic groups"),
    ("zh", r"成员国|公民社会|官方语言|你|他们|她", "words the style refuses"),
    ("zh", r"[一-鿿] \d|\d [一-鿿]", "a space between Chinese and digits"),
    ("zh", r"[一-鿿][,;?!]", "half-width punctuation"),
    ("ru", r"[ёЁ]", "the letter ё"),
    ("ru", r"(?<!\u00a0)—", "a dash without no-break space"),
    ("ru", r"[“”\"]", "quotation marks other than « »"),
    ("ru", r"имейл|национальность", "words the style refuses"),
    ("fr", r"'|\"|“|”", "straight or English quotation marks"),
    ("fr", r"(?<!\u00a0)[:»](?=\s|$)|«(?!\u00a0)", "a colon or quotation mark without no-break space"),
    ("fr", r"(?<!\u202f)[;!?](?=\s|$)", "high punctuation without narrow no-break space"),
    ("fr", r"\b[Ee]mail|\bagenda\b|évidence|éligible", "words the style refuses"),
    ("es", r"[«»\"']", "quotation marks other than “ ”"),
    ("es", r"\b[Ee]mail|evidencia|lengua de signos|\btú\b", "words the style refuses"),
    ("en", r"'|\"", "straight quotation marks"),
    ("en", r"\b(program|center|organisations?|e-mail)\b", "other than UN spelling"),
]


@pytest.mark.parametrize(("language", "pattern", "what"), RULES, ids=[f"{rule[0]}: {rule[2]}" for rule in RULES])
def test_style(language: str, pattern: str, what: str) -> None:
    found = [(path, match.group()) for path, value in texts_in(language) for match in re.finditer(pattern, value)]
    assert found == [], what


def test_no_text_holds_bidirectional_controls_or_an_absolute_date() -> None:
    months = "January|February|March|April|June|July|August|September|October|November|December"
    for language in LANGUAGES:
        for path, value in texts_in(language):
            assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", value), path
    assert [path for path, value in texts_in("en") if re.search(rf"\b({months})\b|\b20[2-9]\d\b", value)] == []


@pytest.mark.parametrize("name", ["registration_form", "regional_registration_form", "dialogue_registration_form"])
def test_questions_hang_together(name: str) -> None:
    form = text(name)
    before: dict[str, set[str]] = {}
    for page in form["pages"]:
        for question in page["questions"]:
            assert question["key"] not in before
            assert question["kind"] in KINDS
            options = [option["key"] for option in question.get("options", [])]
            assert bool(options) == (question["kind"] in ("choice", "choices"))
            assert len(options) == len(set(options))
            if question["show_if"]:
                assert set(question["show_if"]["in"]) <= before[question["show_if"]["question"]]
            if question["sealed"]:
                assert question["retention_days"] <= 90
            before[question["key"]] = set(options)


def test_sealed_questions_are_the_dangerous_ones() -> None:
    sealed = {q["key"] for page in text("registration_form")["pages"] for q in page["questions"] if q["sealed"]}
    assert sealed == {
        "document_number", "date_of_birth", "access_needs", "other_support", "minority_basis", "gender",
    }  # fmt: skip


def test_every_planned_event_has_texts_and_sessions_inside_its_days() -> None:
    for event in EVENTS:
        found = event_text(event.texts, event.key)
        assert found["key"] == event.key
        assert (found["venue"] is None) == (event.venue is None) or event.status == "draft"
        assert event.series in text("series")
        assert event.form is None or text(event.form)["key"] == event.form
        numbers = {item["number"] for item in found["agenda_items"]}
        previous = (0, "")
        for session in found["sessions"]:
            assert 1 <= session["day"] <= event.days
            assert session["starts"] < session["ends"]
            assert (session["day"], session["starts"]) >= previous
            assert set(session["agenda_items"]) <= numbers
            previous = (session["day"], session["ends"])
    assert len(event_text("forum_this_year", "forum_this_year")["sessions"]) == 8


@pytest.mark.parametrize("today", [date(2026, 11, 21) + timedelta(days=day) for day in range(7)])
def test_the_plan_looks_alive_on_every_weekday(today: date) -> None:
    plan = {event.key: event for event in EVENTS}
    assert len(plan) == len(EVENTS) == 12
    for event in EVENTS:
        days = [first_day(event, today) + timedelta(days=day) for day in range(event.days)]
        assert all(day.weekday() < 5 for day in days)
        assert wall_time(event, today, event.days, "17:00").date() == days[-1]
        window = registration_window(event, today)
        if window:
            assert window.opens < window.closes
            assert window.closes.date() < days[0]
    forum = registration_window(plan["forum_this_year"], today)
    assert forum is not None
    assert forum.first_closes is not None
    assert forum.opens.date() < today < forum.closes.date()
    assert first_day(plan["forum_this_year"], today) - forum.closes.date() >= timedelta(days=5)
    assert forum.first_closes < forum.closes
    assert registration_window(plan["regional_americas"], today) is None

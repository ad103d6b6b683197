"""Every kind of question: what it takes, what it refuses, how it shows and exports."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage

from eventhub.kit.i18n import LANGUAGES
from eventhub.questionnaires import kinds
from eventhub.questionnaires.definition import Question
from eventhub.questionnaires.kinds import KINDS
from eventhub.questionnaires.typed import days_from_today, number_as_typed
from eventhub.questionnaires.uploads import Upload, Wrong
from tests.factories.questionnaires import define, page, question
from tests.questionnaires.test_answers import picture

UNSAID = [{"id": one, "label": one} for one in ("red", "prefer_not_to_say")]


def ask(kind: str, **given: Any) -> Question:
    return define(page("pone", question("it", kind, **given))).question("it")


@pytest.mark.parametrize(
    ("asked", "typed", "kept"),
    [
        (ask("short_text"), "  Amina\u202e \x00 Yusuf\ud800 ", "Amina Yusuf"),
        (ask("short_text"), "<script>alert(1)</script>", "<script>alert(1)</script>"),
        (ask("short_text"), " \u200b\u202e ", None),
        (ask("short_text", variant="latin"), "Şükran O’Neill-D'Souza Jr.", "Şükran O’Neill-D'Souza Jr."),
        (ask("short_text", variant="latin"), "Nguye\u0302\u0303n", "Nguyễn"),
        (ask("short_text", variant="latin"), "  ", None),
        (ask("long_text"), "one\r\ntwo\x00", "one\ntwo"),
        (ask("number"), "1 234,5", 1234.5),
        (ask("number"), "٣٤", 34),
        (ask("number"), "-3", -3),
        (ask("date"), "1990-11-26", "1990-11-26"),
        (ask("date"), "٢٠٢٦-١١-٢٦", "2026-11-26"),
        (ask("choice"), "red", "red"),
        (ask("choices"), ["blue", "red", "red"], ["red", "blue"]),
        (ask("choices"), [], None),
        (ask("country"), "KE", "KE"),
        (ask("country", variant="nationality"), "stateless", "stateless"),
        (ask("country", variant="anywhere"), "GL", "GL"),
        (ask("language"), "ar", "ar"),
        (ask("organisation"), " Horn  Voices ", {"name": "Horn Voices"}),
        (ask("phone"), "+41 22 917 90 00", "+41 22 917 90 00"),
        (ask("phone"), "٠٢٢٩١٧٩٠٠٠", "0229179000"),
        (ask("email"), "Amina@Example.ORG", "amina@example.org"),
        (ask("consent"), False, False),
        (ask("consent"), True, True),
    ],
)
def test_what_is_kept(asked: Question, typed: object, kept: object) -> None:
    value = kinds.clean(asked, typed, "fr")
    assert value == kept
    assert type(value) is type(kept)
    assert kinds.clean(asked, value, "fr") == kept


@pytest.mark.parametrize(
    ("asked", "typed"),
    [
        (ask("short_text"), "x" * 501),
        (ask("short_text", limits={"max_length": 3}), "four"),
        (ask("short_text", limits={"min_length": 3}), "ab"),
        (ask("short_text"), {"name": "x"}),
        (ask("long_text"), "x" * 20_001),
        (ask("long_text"), ["x"]),
        (ask("number"), "one"),
        (ask("number"), "NaN"),
        (ask("number"), "1e400"),
        (ask("number"), float("inf")),
        (ask("number"), "1;2"),
        (ask("number"), True),
        (ask("number"), "9" * 40),
        (ask("number", limits={"min_number": 0}), "-1"),
        (ask("number", limits={"max_number": 10.5}), "10.6"),
        (ask("date"), "26/11/2026"),
        (ask("date"), "2026-02-30"),
        (ask("date"), "0001-01-01"),
        (ask("date"), 20261126),
        (ask("date", limits={"min_date": "2026-01-01"}), "2025-12-31"),
        (ask("date", limits={"min_date": "today-43830"}), "1875-03-01"),
        (ask("short_text", variant="latin"), "أمينة"),
        (ask("short_text", variant="latin"), "Amina <x>"),
        (ask("short_text", variant="latin"), "Амина"),
        (ask("choice"), "purple"),
        (ask("choice"), ["red"]),
        (ask("choice"), 0),
        (ask("choices"), ["red", "purple"]),
        (ask("choices"), "red"),
        (ask("choices", limits={"max_choices": 1}), ["red", "green"]),
        (ask("choices", options=UNSAID), ["red", "prefer_not_to_say"]),
        (ask("country"), "XX"),
        (ask("country"), "GL"),
        (ask("country"), "stateless"),
        (ask("language"), "klingon"),
        (ask("language", variant="six"), "de"),
        (ask("organisation"), "x" * 201),
        (ask("organisation"), {"id": "../../etc", "name": "x"}),
        (ask("organisation"), {"id": "x"}),
        (ask("phone"), "call me"),
        (ask("phone"), "+" + "1" * 20),
        (ask("email"), "amina"),
        (ask("email"), "\u212aim@example.org"),
        (ask("email"), "a@b.org\nBcc: c@d.org"),
        (ask("consent"), "yes"),
        (ask("section"), "an answer"),
        (ask("file"), "letter.pdf"),
        (ask("file"), {"file": "../../etc/passwd"}),
        (ask("file"), Upload("letter.pdf", b"<html><script>alert(1)</script>")),
        (ask("file"), Upload("letter.pdf", b"")),
        (ask("file", limits={"max_bytes": 10}), Upload("letter.png", picture())),
        (ask("file", limits={"files": ["pdf"]}), Upload("letter.pdf", picture())),
    ],
)
def test_what_is_refused(app: Flask, asked: Question, typed: object) -> None:
    with pytest.raises(Wrong) as caught, app.test_request_context("/en/"):
        kinds.clean(asked, typed)
    assert str(caught.value.message)


@pytest.mark.parametrize(
    ("typed", "language", "number"),
    [
        ("1,234", "en", 1234),
        ("2,500", "ar", 2500),
        ("1,234", "zh", 1234),
        ("1 234,5", "fr", 1234.5),
        ("2.500,50", "es", 2500.5),
        ("2.500,50", "en", 2500.5),
        ("2,500.50", "fr", 2500.5),
        ("2500,50", "en", 2500.5),
        ("12,50", "en", 12.5),
        ("2500.5", "ru", 2500.5),
        ("1.250.000", "es", 1_250_000),
        ("1,25,000", "en", 125_000),
        ("\u0662\u066c\u0665\u0660\u0660", "fr", 2500),
        ("\u0662\u066c\u0665\u0660\u0660\u066b\u0665", "ar", 2500.5),
        ("2’500", "fr", 2500),
        ("0.500", "en", 0.5),
        ("0,500", "fr", 0.5),
        ("2.5000", "en", 2.5),
        ("-1.5", "en", -1.5),
    ],
)
def test_commas_mean_what_the_reader_of_that_language_means(typed: str, language: str, number: float) -> None:
    assert kinds.clean(ask("number"), typed, language) == number


@pytest.mark.parametrize(
    ("typed", "languages"),
    [
        ("2.500", ("ar", "zh", "en", "fr", "ru", "es")),
        ("2,500", ("fr", "ru", "es")),
        ("-2.500", ("en", "es")),
        ("\u0662,\u0665\u0660\u0660", ("fr",)),
        ("1,5", ("ar", "zh", "en")),
    ],
)
def test_a_number_that_may_be_a_thousand_times_larger_is_asked_again(typed: str, languages: tuple[str, ...]) -> None:
    for language in languages:
        with pytest.raises(Wrong) as caught:
            kinds.clean(ask("number"), typed, language)
        assert "two ways" in str(caught.value.message)


@pytest.mark.parametrize(
    "typed",
    [
        "1,2,3",
        "1.2.3",
        "1.200.30",
        "12,50,00",
        "1,2.5",
        ",",
        "5.",
        "1.200 USD",
        "2'5",
        "1 5",
        "25 00",
        "2\u066c5",
        "1.5 0",
    ],
)
def test_marks_that_group_nothing_make_no_number(typed: str) -> None:
    with pytest.raises(Wrong):
        kinds.clean(ask("number"), typed, "en")


@given(st.decimals(-(10**9), 10**9, places=3), st.sampled_from(LANGUAGES))
def test_a_stored_number_is_read_again_as_it_was(number: Decimal, language: str) -> None:
    stored = int(number) if number == number.to_integral_value() else float(number)
    assert kinds.clean(ask("number"), number_as_typed(ask("number"), stored, language), language) == stored


def test_today_is_a_limit_that_moves() -> None:
    born = ask("date", limits={"max_date": "today"})
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC)):
        assert kinds.clean(born, "2026-03-01") == "2026-03-01"
        with pytest.raises(Wrong):
            kinds.clean(born, "2026-03-02")


def test_a_file_is_judged_by_its_content_alone() -> None:
    asked = ask("file", limits={"files": ["images"]})
    sent = FileStorage(io.BytesIO(picture()), filename="..\\..\\evil\u202egnp.exe")
    upload = kinds.clean(asked, sent)
    assert isinstance(upload, Upload)
    assert "\u202e" not in upload.name
    assert "/" not in upload.name
    assert kinds.clean(asked, FileStorage(io.BytesIO(b""), filename="")) is None


@pytest.mark.parametrize(
    ("asked", "value", "shown", "cell"),
    [
        (ask("short_text"), "=1+1", "=1+1", "=1+1"),
        (ask("number"), 1234.5, "1\u202f234,5", 1234.5),
        (ask("number"), 3, "3", 3),
        (ask("date"), "2026-12-01", "1er décembre 2026", date(2026, 12, 1)),
        (ask("choice"), "red", "red label", "red label"),
        (ask("choice"), "gone", "gone", "gone"),
        (ask("choices"), ["red", "blue"], "red label, blue label", "red label; blue label"),
        (ask("country"), "DE", "Allemagne", "Allemagne"),
        (ask("language"), "ar", "arabe", "arabe"),
        (ask("organisation"), {"name": "Horn Voices"}, "Horn Voices", "Horn Voices"),
        (ask("consent"), True, "Yes", "Yes"),
        (ask("file"), {"file": "x", "name": "l.pdf", "size": 3}, "l.pdf", "l.pdf"),
    ],
)
def test_how_answers_show_and_export(app: Flask, asked: Question, value: object, shown: str, cell: object) -> None:
    with app.test_request_context("/en/"):
        assert kinds.show(asked, value, "fr") == shown
        assert kinds.export(asked, value, "fr") == cell
    assert kinds.export(asked, None) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(KINDS)),
    st.one_of(
        st.text(max_size=40),
        st.binary(max_size=20),
        st.integers(),
        st.floats(),
        st.booleans(),
        st.lists(st.text(max_size=3), max_size=3),
        st.dictionaries(st.sampled_from(["id", "name", "file", "size"]), st.text(max_size=5)),
    ),
    st.sampled_from(["en", "fr", "ar"]),
)
def test_anything_is_an_answer_or_refused(app: Flask, kind: str, typed: object, language: str) -> None:
    asked = ask(kind)
    with app.test_request_context("/en/"):
        try:
            value = kinds.clean(asked, typed, language)
        except Wrong:
            return
        if value is not None:
            assert kinds.clean(asked, value, "en") == value
            assert isinstance(kinds.show(asked, value, language), str)


def test_days_from_today_are_limits_that_move() -> None:
    stay = ask("date", limits={"min_date": "today-2", "max_date": "today+30"})
    with time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=UTC)):
        for day in ("2026-03-08", "2026-04-09"):
            assert kinds.clean(stay, day) == day
        for day in ("2026-03-07", "2026-04-10"):
            with pytest.raises(Wrong):
                kinds.clean(stay, day)
        for limit in ("today+", "today-x", "today+999999", "tomorrow"):
            assert days_from_today(limit) is None

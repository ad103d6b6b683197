"""Words of templates: remembered for each language, never said in another one."""

from datetime import date

import pytest
from flask import Flask, g, render_template_string
from flask_babel import force_locale

from eventhub.kit.i18n import LANGUAGES, LOCALES, labelling, show_zone

LINE = "{{ _('My page') }} · {{ _('Page %(number)s', number=n) }} · {{ ngettext('%(num)s B', '%(num)s Bs', n) }}"


def test_each_language_says_its_own_words_again_and_again(app: Flask) -> None:
    def said(n: int) -> list[str]:
        with app.test_request_context("/en/"):
            g.lang = "en"
            lines = []
            for language in LANGUAGES:
                with force_locale(LOCALES[language]):
                    lines.append(render_template_string(LINE, n=n))
            return lines

    first = said(2)
    assert len({line.partition(" · ")[0] for line in first}) == len(LANGUAGES)
    assert said(2) == first
    assert [line.replace("3", "2") for line in said(3)] == first
    assert all(line.endswith("1 B") for line in said(1))


def test_what_stands_in_a_text_is_escaped_each_time(app: Flask) -> None:
    with app.test_request_context("/en/"):
        g.lang = "en"
        for typed, shown in (("<b>", "&lt;b&gt;"), ("&", "&amp;")):
            assert render_template_string("{{ _('Page %(number)s', number=typed) }}", typed=typed).endswith(shown)


def test_one_word_of_two_meanings_in_a_template(app: Flask) -> None:
    meanings = ("state of a registration", "answers to an invite")
    line = "{{ pgettext(meaning, 'Declined') }}"
    with app.test_request_context("/fr/"):
        g.lang = "fr"
        said = [render_template_string(line, meaning=one) for one in (*meanings, *meanings)]
    assert said[:2] == said[2:]
    assert said[0] != said[1]
    assert "Declined" not in said


@pytest.mark.parametrize(
    ("zone", "day", "shown"),
    [
        ("Europe/Zurich", date(2026, 11, 26), "Zurich (UTC+1)"),
        ("Europe/Zurich", date(2026, 7, 1), "Zurich (UTC+2)"),
        ("Asia/Kathmandu", date(2026, 7, 1), "Kathmandu (UTC+5:45)"),
        ("UTC", date(2026, 7, 1), "UTC"),
    ],
)
def test_a_zone_is_a_city_and_an_offset(app: Flask, zone: str, day: date, shown: str) -> None:
    with app.test_request_context("/en/"):
        g.lang = "en"
        assert show_zone(zone, "en", day) == shown


def test_a_label_that_asks_gets_no_colon(app: Flask) -> None:
    with app.test_request_context(), force_locale(LOCALES["fr"]):
        assert [labelling(one) for one in ("Lieu", "Pour quand ?", "متى؟", "何时？")] == [
            "Lieu\u00a0:",
            "Pour quand ?",
            "متى؟",
            "何时？",
        ]

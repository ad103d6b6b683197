"""Words of templates: remembered for each language, never said in another one."""

from flask import Flask, g, render_template_string
from flask_babel import force_locale

from eventhub.kit.i18n import LANGUAGES, LOCALES

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

"""The templates' components: each stands alone in both directions, valid, accessible, within the house's rules."""

import gzip
import json
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import html5lib
import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    EmailField,
    FieldList,
    FileField,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "eventhub" / "static"
COMPONENTS = sorted((TEMPLATES / "components").glob("*.html")) + sorted(
    (TEMPLATES / "mail" / "components").glob("*.html")
)
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
STYLES = ("pico.min.css", "eventhub.css", "more.css")
DIRECTIONS = {"en": "ltr", "ar": "rtl"}

NAMES = {"ar": "العربية", "zh": "中文", "en": "English", "fr": "Français", "ru": "Русский", "es": "Español"}

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Forum on Minority Issues, nineteenth session",
        "person": "Amina Yusuf Warsame",
        "organization": "Horn Voices Association",
        "place": "Palais des Nations, Geneva, and online",
        "when": "26–27 November 2026",
        "deadline": "Friday 30 October, 18:00",
        "zone": "Geneva time (UTC+1)",
        "lead": "Two days in Geneva and online. Anyone working for the rights of minorities may take part.",
        "session": "Item 3: Languages at school and in court",
        "text": "Discussion with the floor",
        "home": "Home",
        "register": "Register",
        "status": "Under review",
        "name": "Your name",
        "hint": "As in your travel document. One name is fine.",
        "email": "Email address",
        "attend": "How will you take part?",
        "attend_a": "In person, in Geneva",
        "attend_b": "Online, to listen",
        "wrong": "Choose how you will take part",
        "day": "Thursday",
    },
    "ar": {
        "title": "المنتدى المعني بقضايا الأقليات، الدورة التاسعة عشرة",
        "person": "أمينة يوسف ورسمه",
        "organization": "جمعية أصوات القرن",
        "place": "قصر الأمم، جنيف، وعبر الإنترنت",
        "when": "26–27 تشرين الثاني/نوفمبر 2026",
        "deadline": "الجمعة 30 تشرين الأول/أكتوبر، 18:00",
        "zone": "بتوقيت جنيف",
        "lead": "يومان في جنيف وعبر الإنترنت. يحق لكل من يعمل من أجل حقوق الأقليات المشاركة.",
        "session": "البند 3: اللغات في المدرسة والمحكمة",
        "text": "نقاش مفتوح",
        "home": "الصفحة الأولى",
        "register": "التسجيل",
        "status": "قيد المراجعة",
        "name": "اسمكم",
        "hint": "كما ورد في وثيقة السفر. يكفي اسم واحد.",
        "email": "عنوان البريد الإلكتروني",
        "attend": "كيف ستشاركون؟",
        "attend_a": "حضورياً في جنيف",
        "attend_b": "عن بُعد للاستماع",
        "wrong": "يرجى اختيار طريقة المشاركة",
        "day": "الخميس",
    },
}

# The gallery's Arabic pages say the components' own words in Arabic, so that a person can judge the mirror.
ARABIC = {
    "Skip to the content": "انتقال إلى المحتوى",
    "Language": "اللغة",
    "Main": "الرئيسية",
    "You are here": "موقعكم الحالي",
    "Error:": "خطأ:",
    "Change": "تغيير",
    "Not answered": "بلا جواب",
    "Missing": "ناقص",
    "Add to calendar": "إضافة إلى التقويم",
    "Step %(now)s of %(total)s": "الخطوة %(now)s من %(total)s",
    "%(label)s (optional)": "%(label)s (اختياري)",
    "Your reference": "رقمكم المرجعي",
    "Show": "عرض",
    "Next page": "التالي",
    "Export:": "تصدير:",
    "%(first)s–%(last)s of %(total)s": "%(first)s–%(last)s من %(total)s",
    "Chosen: %(number)s": "اختير: %(number)s",
    "Chosen: {number}": "اختير: {number}",
    "Leave this page quickly": "مغادرة الصفحة بسرعة",
    "Works on slow connections and without JavaScript.": "تعمل الصفحة على الاتصالات البطيئة ومن دون جافا سكريبت.",
}

PLACED = dict(
    line.split(": ", 1) for line in (ROOT / "tests/house/placed.txt").read_text(encoding="utf-8").splitlines()[2:]
)


class SixTitles(Form):
    """One text in six languages."""

    ar = StringField("ar")
    zh = StringField("zh")
    en = StringField("en")
    fr = StringField("fr", [Length(max=3, message="Too long for this line")])
    ru = TextAreaField("ru")
    es = StringField("es")


class CountryField(SelectField):
    """A field of another name, as features make them."""


def every_field_form(words: dict[str, str]) -> type[Form]:
    """A form class with every kind of field, labelled in the page's language."""
    needed = [InputRequired(message="This answer is needed")]

    class EveryField(Form):
        csrf_token = HiddenField(default="token")
        form_key = HiddenField(default="key")
        title = StringField(words["name"], needed, description=words["hint"], render_kw={"autocomplete": "name"})
        email = EmailField(words["email"], [InputRequired(), Regexp(r".+\.org$", message="Check the address")])
        phone = TelField(words["text"])
        reference = StringField(words["status"], render_kw={"dir": "ltr", "class": "w-m"})
        about = TextAreaField(words["lead"], [Length(max=10)], render_kw={"rows": 3})
        age = IntegerField(words["day"], [Optional(), NumberRange(min=1, max=9, message="A number from 1 to 9")])
        born = DateField(words["when"])
        starts = DateTimeLocalField(words["zone"])
        country = CountryField(words["place"], needed, choices={"": "–", "SO": "Somalia", "KE": "Kenya"})
        attend = RadioField(
            words["attend"],
            [InputRequired(message=words["wrong"])],
            choices={"room": words["attend_a"], "online": words["attend_b"]},
            validate_choice=False,
        )
        needs = SelectMultipleField(words["session"], choices={"a": words["home"], "b": words["register"]})
        topics = SelectMultipleField(
            words["organization"],
            needed,
            choices={1: words["home"], 2: words["register"]},
            coerce=int,
            widget=ListWidget(prefix_label=False),
            option_widget=CheckboxInput(),
        )
        agree = BooleanField(words["register"], needed, description=words["hint"])
        letter = FileField(words["deadline"], description=words["text"], render_kw={"accept": ".pdf"})
        titles = FormField(SixTitles)
        others = FieldList(FormField(SixTitles), min_entries=1)

    return EveryField


@dataclass(frozen=True)
class Link:
    """A link as the app hands it to the base template."""

    label: str
    url: str
    current: bool = False


@dataclass(frozen=True)
class Tongue:
    """A language as the app hands it to the base template."""

    code: str
    name: str
    url: str
    current: bool


def gallery_data(lang: str) -> dict[str, Any]:
    """What the samples and the base template need, in one language."""
    w = WORDS[lang]
    form = every_field_form(w)(
        MultiDict({"title": w["person"], "email": "amina@example", "titles-fr": "Quatre", "titles-en": "Four"})
    )
    form.validate()
    slot = {
        "time": "10:00–10:45",
        "datetime": "2026-11-26T10:00+01:00",
        "title": w["session"],
        "url": "#x",
        "note": w["text"],
    }
    return {
        "lang": lang,
        "direction": DIRECTIONS[lang],
        "w": w,
        "words": w,
        "form": form,
        "home_url": f"/{lang}/",
        "languages": [Tongue(code, name, f"/{code}/", code == lang) for code, name in NAMES.items()],
        "nav": [
            Link(w["home"], "#x", True),
            Link(w["register"], "#x"),
            {"label": w["person"], "url": "#x", "current": False, "person": True},
        ],
        "footer": [Link(w["home"], "#x"), Link(w["register"], "#x")],
        "asset": lambda name: f"/assets/{name}",
        "flashes": lambda: [("ok", w["lead"])],
        "svg": Markup('<svg aria-hidden="true" viewBox="0 0 25 25"><path stroke="#000" d="M4 4.5h7m1 0h1"/></svg>'),
        "options": [
            {"id": "way-0", "value": "a", "label": w["attend_a"], "checked": True, "hint": w["hint"]},
            {"id": "way-1", "value": "b", "label": w["attend_b"], "checked": False},
        ],
        "agenda_items": [
            {
                "time": "10:00–10:45",
                "datetime": "2026-11-26T10:00+01:00",
                "until": "2026-11-26T10:45+01:00",
                "title": w["session"],
                "text": w["text"],
                "add_url": "#x",
            },
            {"time": "13:00–15:00", "datetime": "2026-11-26T13:00+01:00", "title": w["home"], "rest": True},
            {
                "time": "15:00–18:00",
                "datetime": "2026-11-26T15:00+01:00",
                "title": "Languages at school",
                "lang": "en",
                "direction": "ltr",
                "tag": (w["status"], "ok"),
            },
        ],
        "summary_rows": [
            {"label": w["name"], "value": w["person"], "url": "#x"},
            {"label": w["email"], "value": "amina@example.org", "kind": "ltr"},
            {"label": w["session"], "value": "a\nb", "kind": "long", "url": "#y"},
            {"label": w["place"], "value": None},
        ],
        "columns": [
            {"check": True},
            {"label": w["name"], "url": "#x", "sort": "ascending"},
            {"label": w["day"], "num": True},
            {"label": w["status"], "hidden": True},
        ],
        "axis_items": [
            {"label": w["home"], "tag": (w["status"], "go"), "note": w["text"]},
            {"label": w["register"], "tag": (w["status"], "silent")},
        ],
        "hours": [f"{hour:02}:00" for hour in range(8, 18)],
        "days": [
            {"id": f"d{number}", "name": w["day"], "date": f"{23 + number}", "today": number == 1, "slots": slots}
            for number, slots in enumerate(
                [
                    [],
                    [{**slot, "start": 4, "length": 2}, {**slot, "start": 4, "length": 2, "state": "maybe"}],
                    [
                        {**slot, "start": -4, "length": 1},
                        {**slot, "start": 8, "length": 8, "state": "off"},
                        {**slot, "start": 30, "length": 4},
                    ],
                    [{**slot, "start": 12, "length": 3}],
                    [{**slot, "start": 14, "length": 5}],
                ]
            )
        ],
        "points": [
            {"label": str(seats), "value": value} for seats, value in ((20, 87.9), (30, 86.2), (40, 84.9), (48, 82.1))
        ],
    }


@cache  # a template is compiled once, not for each test
def environment(lang: str = "en") -> Environment:
    """Jinja as strict as it comes: an unknown name is an error, all text is escaped."""
    found = Environment(
        loader=FileSystemLoader([TEMPLATES, ROOT / "tests" / "house"]),
        autoescape=lambda name: not (name or "").endswith(".txt"),  # noqa: S701 (plain mail is not HTML)
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    words = ARABIC if lang == "ar" else {}
    found.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: words.get(text, text),
        lambda one, many, number: words.get(one, one if number == 1 else many),
        newstyle=True,
    )
    return found


@cache
def placed(name: str, lang: str) -> Markup:
    """One component, as a page places it."""
    folder = "mail/components" if name.startswith("mail_") else "components"
    source = f'{{% from "{folder}/{name}.html" import {name} as it %}}{PLACED[name]}'
    return Markup(environment(lang).from_string(source).render(**gallery_data(lang)))  # noqa: S704 (escaped)


def gallery_page(lang: str, face: str, **more: object) -> str:
    """Every component of the pages on one page."""
    outside = {"lang_bar", "masthead", "exit_link", "flashes", "error_summary", "panel", "hidden_fields"}
    shown = {name: placed(name, lang) for name in PLACED if name not in outside and not name.startswith("mail_")}
    data = gallery_data(lang) | {"face": face, "shown": shown, "beside": placed("panel", lang)} | more
    return environment(lang).get_template("gallery.html").render(**data)


def parsed(html: str) -> Any:
    """The document, if html5lib finds no fault in it."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)


def whole(fragment: str, lang: str) -> str:
    """A fragment as a document of its own."""
    return f'<!doctype html><html lang="{lang}" dir="{DIRECTIONS[lang]}"><title>x</title><body>{fragment}</body></html>'


def test_every_component_is_placed() -> None:
    assert {path.stem for path in COMPONENTS} == set(PLACED)


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_a_file_defines_the_macro_of_its_name(path: Path) -> None:
    assert re.findall(r"{%-? macro (\w+)\(", path.read_text()) == [path.stem]
    assert path.read_text().startswith("{#"), "a component opens with a line that says what it is"


@pytest.mark.parametrize("lang", DIRECTIONS)
@pytest.mark.parametrize("name", PLACED)
def test_a_component_stands_alone(name: str, lang: str) -> None:
    tree = parsed(whole(placed(name, lang), lang))
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in tree.iter():
        for attribute in ("aria-describedby", "aria-labelledby", "for"):
            for target in (element.get(attribute) or "").split():
                assert target in ids, f"{attribute} points to {target}, which is not there"


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_templates_hold_nothing_a_strict_csp_refuses(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)
    assert not re.search(r"<style|javascript:", source)
    assert not re.search(r"[\s\"']on[a-z]+\s*=\s*[\"']", source)
    assert not re.search(r"\|\s*safe\b", source)
    if path.relative_to(TEMPLATES).parts[0] != "mail":
        assert not re.search(r"\sstyle\s*=", source)
        assert not re.search(r"\balign\s*=|\b(left|right)\s*:", source)


def test_own_styles_know_no_left_and_right_and_no_colour() -> None:
    for name in ("eventhub.css", "more.css"):
        source = re.sub(r"/\*.*?\*/", "", (STATIC / "css" / name).read_text(), flags=re.DOTALL)
        # a gradient's direction and a transform are not the page's own axes
        assert not re.search(
            r"(?<![\w-])(left|right|margin-left|margin-right|padding-left|padding-right|float: (left|right))\b", source
        )
        assert not re.search(r"(?<![\w-])(width|height|top|bottom)\s*:", source)
    assert not re.search(r"#[0-9a-f]{3,8}\b|rgb|hsl", (STATIC / "css" / "more.css").read_text())


def test_scripts_are_small_and_safe_for_trusted_types() -> None:
    assert [path.stem for path in SCRIPTS] == [
        "autosave",
        "choose-all",
        "exit",
        "file-size",
        "leave",
        "local-time",
        "passkey",
        "show-if",
        "spent-code",
    ]
    for path in SCRIPTS:
        source = path.read_text()
        assert path.stat().st_size < 2048
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|srcdoc|\.style\b", source
        )


class TestField:
    """The field component, one kind after another."""

    @staticmethod
    def html(name: str, **more: object) -> Any:
        form = gallery_data("en")["form"]
        source = '{% from "components/field.html" import field %}{{ field(field=part, **more) }}'
        text = environment().from_string(source).render(part=form[name], more=more)
        return parsed(whole(text, "en"))

    def test_a_right_answer_with_hint_and_autocomplete(self) -> None:
        tree = self.html("title")
        control = tree.find(".//input")
        assert control.attrib == {
            "id": "title", "name": "title", "type": "text", "dir": "auto", "autocomplete": "name",
            "aria-describedby": "title-h", "value": "Amina Yusuf Warsame",
        }  # fmt: skip
        assert tree.find(".//label").text == "Your name"
        assert tree.find(".//span[@id='title-h']").text == WORDS["en"]["hint"]

    def test_a_wrong_answer_is_kept_and_tied_to_its_error(self) -> None:
        tree = self.html("email")
        control = tree.find(".//input")
        assert (control.get("value"), control.get("dir"), control.get("inputmode")) == ("amina@example", "ltr", "email")
        assert (control.get("aria-invalid"), control.get("aria-describedby")) == ("true", "email-e")
        assert "".join(tree.find(".//p[@id='email-e']").itertext()) == "Error: Check the address"
        assert tree.find(".//div").get("class") == "field wrong"

    def test_optional_is_said_and_the_browsers_own_checks_are_off(self) -> None:
        tree = self.html("about")
        assert tree.find(".//label").text == f"{WORDS['en']['lead']} (optional)"
        assert tree.find(".//textarea").get("maxlength") is None
        assert tree.find(".//textarea").get("rows") == "3"
        assert self.html("about", optional=False).find(".//label").text == WORDS["en"]["lead"]

    def test_numbers_are_typed_as_text(self) -> None:
        control = self.html("age", width="s").find(".//input")
        assert (control.get("type"), control.get("inputmode"), control.get("dir"), control.get("class")) == (
            "text",
            "numeric",
            "ltr",
            "w-s",
        )
        assert control.get("min") is None

    @pytest.mark.parametrize(
        ("name", "kind"), [("born", "date"), ("starts", "datetime-local"), ("phone", "tel"), ("letter", "file")]
    )
    def test_other_inputs(self, name: str, kind: str) -> None:
        control = self.html(name).find(".//input")
        assert control.get("type") == kind
        assert control.get("dir") == (None if kind == "file" else "ltr")

    def test_radios_are_a_fieldset_with_legend(self) -> None:
        tree = self.html("attend", hints={"room": "You will need a badge"})
        fieldset = tree.find(".//fieldset")
        assert fieldset.get("class") == "wrong"
        assert fieldset.get("aria-describedby") == "attend-e"
        assert tree.find(".//legend").text == "How will you take part?"
        assert [(box.get("type"), box.get("id"), box.get("value")) for box in tree.iterfind(".//input")] == [
            ("radio", "attend-0", "room"),
            ("radio", "attend-1", "online"),
        ]
        assert tree.find(".//input").get("aria-describedby") == "attend-0-h"

    @pytest.mark.parametrize("name", ["needs", "topics"])
    def test_several_choices_are_checkboxes(self, name: str) -> None:
        tree = self.html(name)
        assert [(box.get("type"), box.get("name")) for box in tree.iterfind(".//input")] == [("checkbox", name)] * 2

    def test_a_subclass_of_a_select_is_a_select(self) -> None:
        tree = self.html("country")
        assert [option.get("value") for option in tree.iterfind(".//select/option")] == ["", "SO", "KE"]
        assert tree.find(".//select").get("aria-invalid") == "true"

    def test_one_checkbox_has_its_label_after_it(self) -> None:
        tree = self.html("agree")
        assert [child.tag for child in tree.find(".//div[@class='choice']")] == ["input", "label", "span"]
        assert "(optional)" not in "".join(tree.itertext())

    def test_render_kw_wins_over_the_guess(self) -> None:
        assert self.html("reference").find(".//input").get("dir") == "ltr"

    def test_a_condition_survives_as_json(self) -> None:
        rule = {"question": "a", "in": ['"><script>', "b'"]}
        assert json.loads(self.html("phone", show_if=rule).find(".//div").get("data-show-if")) == rule

    def test_a_label_in_another_language_is_marked(self) -> None:
        label = self.html("title", lang="ar", direction="rtl").find(".//label")
        assert (label.get("lang"), label.get("dir")) == ("ar", "rtl")


def test_the_summary_links_each_wrong_field_in_order() -> None:
    tree = parsed(whole(placed("error_summary", "en"), "en"))
    box = tree.find(".//div")
    assert (box.get("role"), box.get("tabindex"), box.get("class")) == ("alert", "-1", "errors")
    assert [link.get("href") for link in tree.iterfind(".//a")] == [
        "#email",
        "#country",
        "#attend-0",
        "#topics-0",
        "#agree",
        "#titles-fr",
    ]
    problems = ["Check the address", "This answer is needed", "Choose how you will take part"]
    for link, problem in zip(tree.iterfind(".//a"), problems, strict=False):
        question, said = "".join(link.itertext()).split(problem)
        assert question.strip()
        assert not said
    assert f"{WORDS['en']['place']}: This answer is needed" in "".join(tree.itertext())
    assert "6 answers need your attention" in "".join(tree.itertext())


def test_every_link_of_the_summary_finds_its_field() -> None:
    summary, fields = placed("error_summary", "en"), placed("field", "en") + placed("language_tabs", "en")
    ids = {element.get("id") for element in parsed(whole(fields, "en")).iter()}
    assert {link.get("href")[1:] for link in parsed(whole(summary, "en")).iterfind(".//a")} <= ids


def test_a_form_level_error_is_said_without_a_link() -> None:
    form = Form(MultiDict())
    form.validate()
    form.form_errors.append("The form has closed")
    text = environment().from_string(
        '{% from "components/error_summary.html" import error_summary %}{{ error_summary(form=form) }}'
    )
    tree = parsed(whole(text.render(form=form), "en"))
    assert [item.text for item in tree.iterfind(".//li")] == ["The form has closed"]


def test_hidden_fields_carry_their_values_and_no_id() -> None:
    tree = parsed(whole(placed("hidden_fields", "en"), "en"))
    assert [field.attrib for field in tree.iterfind(".//input")] == [
        {"name": "csrf_token", "type": "hidden", "value": "token"},
        {"name": "form_key", "type": "hidden", "value": "key"},
    ]


def test_bars_grow_from_the_inline_start() -> None:
    def boxes(lang: str) -> list[tuple[str, str]]:
        return [
            (box.get("x"), box.get("width")) for box in parsed(whole(placed("bar", lang), lang)).iter() if box.get("x")
        ]

    assert boxes("en") == [("0%", "40%"), ("40%", "25%"), ("65%", "10%"), ("60%", "3")]
    assert boxes("ar") == [("60%", "40%"), ("35%", "25%"), ("25%", "10%"), ("40%", "3")]


def test_typed_text_is_never_markup() -> None:
    attack = "<img src=x onerror=alert(1)>\"'"
    data = gallery_data("en") | {
        "w": dict.fromkeys(WORDS["en"], attack),
        "form": every_field_form(dict.fromkeys(WORDS["en"], attack))(),
    }
    for name, source in PLACED.items():
        folder = "mail/components" if name.startswith("mail_") else "components"
        text = (
            environment().from_string(f'{{% from "{folder}/{name}.html" import {name} as it %}}{source}').render(**data)
        )
        assert parsed(whole(text, "en")).find(".//img") is None, name


class TestBase:
    """The two faces and the error pages."""

    @pytest.mark.parametrize("face", ["base.html", "console.html"])
    @pytest.mark.parametrize("lang", DIRECTIONS)
    def test_a_page_is_valid(self, lang: str, face: str) -> None:
        tree = parsed(gallery_page(lang, face))
        assert tree.attrib == {"lang": lang, "dir": DIRECTIONS[lang]}
        assert tree.find(".//body").get("class") == {"base.html": "public", "console.html": "console"}[face]
        assert [link.get("hreflang") for link in tree.iterfind(".//nav[@class='langs']//a")] == [
            "ar",
            "zh",
            "en",
            "fr",
            "ru",
            "es",
        ]

    def test_the_title_says_when_a_form_has_errors(self) -> None:
        assert parsed(gallery_page("en", "base.html")).find(".//title").text == "Error: Gallery – EventHub"
        assert parsed(gallery_page("en", "base.html", form=None)).find(".//title").text == "Gallery – EventHub"

    def test_the_summary_stands_before_the_h1(self) -> None:
        html = gallery_page("en", "base.html")
        assert html.index('role="alert"') < html.index("<h1>")

    def test_in_discreet_mode_the_way_out_is_the_first_link_and_the_title_is_neutral(self) -> None:
        tree = parsed(gallery_page("en", "base.html", form=None, exit_url="https://weather.example/"))
        links = [link.get("href") for link in tree.iter("a")]
        assert links[:2] == ["https://weather.example/", "#main"]
        assert tree.find(".//title").text == "My page"

    @pytest.mark.parametrize("code", [400, 403, 404, 409, 410, 413, 422, 429, 500, 503])
    def test_error_pages_need_nothing_but_the_style(self, code: int) -> None:
        template = environment().get_template(f"errors/{code}.html")
        bare = parsed(template.render(asset=lambda name: f"/assets/{name}"))
        assert bare.find(".//h1").text
        assert list(bare.iterfind(".//main//a")), "an error page keeps an answer"
        full = parsed(
            template.render(
                **gallery_data("en"), reference="E-1", message="<b>", retry_url="/r", sign_in_url="/s", search_url="/f"
            )
        )
        assert full.find(".//p[@class='lead']").text == "<b>"

    def test_a_public_page_is_light(self) -> None:
        style = b"".join((STATIC / "css" / name).read_bytes() for name in STYLES)
        light = [template_weight("en"), template_weight("ar")]
        total = [weight(style) + page + weight((STATIC / "favicon.svg").read_bytes()) for page in light]
        assert max(total) <= 24 * 1024, "leaves 6 KB of the 30 for a page's own words and one script"


def template_weight(lang: str) -> int:
    """Compressed bytes of the frame of a page."""
    return weight(environment(lang).get_template("errors/404.html").render(**gallery_data(lang)).encode())


def weight(data: bytes) -> int:
    """Bytes on the wire at gzip's best."""
    return len(gzip.compress(data, 9))


class TestMail:
    """The frame of every mail."""

    BODY = (
        '{% extends "mail/base.html" %}'
        '{% from "mail/components/mail_text.html" import mail_text %}'
        '{% from "mail/components/mail_button.html" import mail_button %}'
        '{% from "mail/components/mail_quote.html" import mail_quote %}'
        '{% from "mail/components/mail_facts.html" import mail_facts %}'
        "{% block preview %}{{ w.lead }}{% endblock %}{% block heading %}{{ w.status }}{% endblock %}"
        "{% block body %}{% call mail_text() %}{{ w.lead }}{% endcall %}"
        "{{ mail_quote(text=w.session, direction=direction) }}"
        "{{ mail_facts(rows=[{'label': w.home, 'value': w.place}], direction=direction) }}"
        "{{ mail_button(url='https://x.example/', label=w.register, direction=direction) }}{% endblock %}"
        "{% block foot %}{{ w.text }}{% endblock %}"
    )

    @pytest.mark.parametrize("lang", DIRECTIONS)
    def test_every_cell_says_its_direction(self, lang: str) -> None:
        html = (
            environment(lang)
            .from_string(self.BODY)
            .render(**gallery_data(lang), subject="S", language_url="https://x.example/l")
        )
        tree = parsed(html)
        cells = [cell for cell in tree.iter() if cell.tag in ("td", "th")]
        assert len(cells) > 8
        side = {"en": "left", "ar": "right"}[lang]
        assert {(cell.get("dir"), cell.get("align")) for cell in cells} == {
            (DIRECTIONS[lang], side),
            (DIRECTIONS[lang], "center"),
        }
        assert not [element for element in tree.iter() if element.tag in ("img", "script", "link", "style")]
        assert "EventHub" in "".join(tree.itertext())

    def test_the_neutral_form_names_nothing(self) -> None:
        data = gallery_data("en") | {"subject": "Your request", "neutral": True}
        html = environment().from_string(self.BODY).render(**data)
        assert "event" not in html.lower()
        text = environment().get_template("mail/base.txt").render(subject="Your request", neutral=True)
        assert [line for line in text.strip().splitlines() if line] == ["Your request", "--"]

    def test_the_plain_form_is_not_escaped_and_signs_off(self) -> None:
        text = (
            environment()
            .get_template("mail/base.txt")
            .render(subject="Tea & <cake>", language_url="https://x.example/")
        )
        assert text.startswith("Tea & <cake>\n")
        assert "\n-- \nEventHub\n" in text


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves pages from memory and assets from the tree, under the strict policy of the product."""

    pages: dict[str, bytes] = {}
    posted: list[bytes] = []
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; require-trusted-types-for 'script'"
    )

    def do_GET(self) -> None:
        name = self.path.removeprefix("/assets/").split("?")[0]
        if name == "site.css":
            self.answer("text/css", b"\n".join((STATIC / "css" / style).read_bytes() for style in STYLES))
        elif name.endswith(".js"):
            self.answer("text/javascript", (STATIC / "js" / name).read_bytes())
        elif name.endswith(".svg"):
            self.answer("image/svg+xml", (STATIC / name).read_bytes())
        else:
            self.answer("text/html; charset=utf-8", self.pages[self.path])

    def do_POST(self) -> None:
        self.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer("text/plain", b"kept", 409 if b"who=twice" in self.posted[-1] else 200)

    def answer(self, kind: str, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", self.policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The gallery in two languages and faces, and small pages for the scripts."""
    QuietHandler.pages = {
        f"/{lang}/{face}": gallery_page(lang, face, scripts=[path.name for path in SCRIPTS]).encode()
        for lang in DIRECTIONS
        for face in ("base.html", "console.html")
    }
    QuietHandler.pages |= {
        f"/{lang}/404": environment(lang)
        .get_template("errors/404.html")
        .render(**(gallery_data(lang) | {"form": None, "flashes": list}))
        .encode()
        for lang in DIRECTIONS
    }
    QuietHandler.pages["/out"] = b"<!doctype html><title>Weather</title><p>Sunny"
    QuietHandler.pages["/discreet"] = gallery_page(
        "en", "base.html", form=None, exit_url="/out", scripts=["exit.js"]
    ).encode()
    scripts = "".join(f'<script src="/assets/{path.name}" defer></script>' for path in SCRIPTS)
    rules = [
        {"question": "how", "in": ["room"]},
        {"all": [{"question": "visa", "in": ["yes"]}, {"any": [{"question": "how", "in": ["room"]}]}]},
    ]
    visa, place = (escape(json.dumps(rule)) for rule in rules)
    form_page = f"""<!doctype html><html lang="en"><title>x</title>{scripts}
        <form data-autosave="/draft" method="post"><input type="hidden" name="form_key" value="submission">
        <input name="who"><input type="radio" name="how" value="room"><input type="radio" name="how" value="online">
        <div data-show-if="{visa}"><select name="visa"><option>no<option>yes</select></div>
        <div data-show-if="{place}"><input name="place"></div>
        <div data-autosave-newer hidden>Another window</div>
        <span data-autosave-status data-saved="Saved at {{time}}" data-failed="Not saved"></span></form>"""
    QuietHandler.pages["/form"] = form_page.encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.lane
@pytest.mark.parametrize(
    ("lang", "width", "scheme"),
    [
        ("en", 1280, "light"),
        ("en", 1280, "dark"),
        ("en", 390, "light"),
        ("ar", 1280, "light"),
        ("ar", 390, "light"),
    ],
)
@pytest.mark.parametrize("page", ["base.html", "console.html", "404"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    site: str, chromium: Any, lang: str, page: str, width: int, scheme: str
) -> None:
    """Each rule where it can find something new: the dark scheme changes colours and nothing else; the language changes
    everything but colours, which are the same classes in a mirror."""
    from tests.journeys import browser  # noqa: PLC0415 (loads Playwright, which only this lane needs)

    rules = browser.RULES if lang == "en" else browser.ALL_BUT_CONTRAST
    tab = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(f"{site}/{lang}/{page}")
    assert said == []
    assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert browser.axe_problems(tab, browser.CONTRAST if scheme == "dark" else rules) == []
    # axe does not see a wrong mirror: SHOTS=folder keeps pictures for a person to look at
    if shots := os.environ.get("SHOTS"):
        tab.screenshot(path=Path(shots) / f"{page.removesuffix('.html')}-{lang}-{width}-{scheme}.png", full_page=True)
    tab.close()


@pytest.mark.lane
def test_the_longest_day_stands_in_the_head_of_a_whole_week(site: str, chromium: Any) -> None:
    day = '<div class="dayc"><h2>الثلاثاء <small>22 تشرين الثاني/نوفمبر</small></h2></div>'
    tab = chromium.new_page(viewport={"width": 1080, "height": 900})
    page = gallery_page("ar", "base.html", form=None)
    week = f'<main><div class="week d7"><ol class="hours"></ol>{day * 7}</div></main>'
    QuietHandler.pages["/week"] = re.sub(r"<main.*</main>", week, page, flags=re.DOTALL).encode()
    tab.goto(f"{site}/week")
    heads = tab.locator(".dayc h2")
    assert heads.count() == 7
    assert heads.first.evaluate("head => head.clientWidth") < 150
    assert heads.first.evaluate("head => head.scrollHeight - head.clientHeight") <= 0
    tab.close()


@pytest.mark.lane
class TestScripts:
    """The small scripts, each doing its one thing."""

    def test_conditions_hide_and_disable(self, site: str, chromium: Any) -> None:
        tab = chromium.new_page()
        tab.goto(f"{site}/form")
        state = "[...document.querySelectorAll('[data-show-if]')].map(b => [b.hidden, b.firstElementChild.disabled])"
        assert tab.evaluate(state) == [[True, True], [True, True]]
        tab.check("[value=room]")
        assert tab.evaluate(state) == [[False, False], [True, True]]
        tab.select_option("[name=visa]", "yes")
        assert tab.evaluate(state) == [[False, False], [False, False]]
        tab.check("[value=online]")
        assert tab.evaluate(state) == [[True, True], [True, True]]
        tab.close()

    def test_answers_are_kept_while_typing(self, site: str, chromium: Any) -> None:
        sync_playwright = pytest.importorskip("playwright.sync_api")
        tab = chromium.new_page()
        tab.goto(f"{site}/form")
        QuietHandler.posted.clear()
        tab.fill("[name=who]", "Ámina")
        sync_playwright.expect(tab.locator("[data-autosave-status]")).to_have_text(re.compile(r"^Saved at \d\d:\d\d$"))
        (body,) = QuietHandler.posted
        assert b"who=%C3%81mina" in body
        assert b"form_key=submission" not in body
        newer, status = tab.locator("[data-autosave-newer]"), tab.locator("[data-autosave-status]")
        sync_playwright.expect(newer).to_be_hidden()
        tab.fill("[name=who]", "twice")
        sync_playwright.expect(newer).to_be_visible()
        sync_playwright.expect(status).to_be_empty()
        assert tab.input_value("[name=who]") == "twice"
        tab.fill("[name=who]", "once")
        sync_playwright.expect(newer).to_be_hidden()
        sync_playwright.expect(status).to_have_text(re.compile("^Saved at"))
        tab.context.set_offline(True)
        tab.fill("[name=who]", "B")
        sync_playwright.expect(tab.locator("[data-autosave-status]")).to_have_text("Not saved")
        tab.close()

    @pytest.mark.parametrize("way", ["click", "shift"])
    def test_the_way_out_replaces_the_page(self, site: str, chromium: Any, way: str) -> None:
        tab = chromium.new_page()
        tab.goto(f"{site}/en/404")
        tab.goto(f"{site}/discreet")
        if way == "click":
            tab.click("a[data-exit]")
        else:
            for _press in range(3):
                tab.keyboard.press("Shift")
        tab.wait_for_url("**/out")
        tab.go_back()
        assert tab.url.endswith("/en/404")
        tab.close()

    def test_a_spent_code_leaves_its_field(self, site: str, chromium: Any) -> None:
        script = '<script src="/assets/spent-code.js" defer></script>'
        form = '<form method="post" data-spends="code" action="/form"><input name="code"><button>Save</button></form>'
        QuietHandler.pages["/spends"] = f'<!doctype html><html lang="en"><title>x</title>{script}{form}'.encode()
        tab = chromium.new_page()
        tab.goto(f"{site}/spends")
        # The copy comes as a file, so the page stays.
        tab.evaluate("document.forms[0].addEventListener('submit', (event) => event.preventDefault())")
        tab.fill("[name=code]", "123456")
        tab.click("button")
        tab.wait_for_function("document.forms[0].elements.code.value === ''")
        tab.close()

    def test_choose_all_counts(self, site: str, chromium: Any) -> None:
        tab = chromium.new_page()
        tab.goto(f"{site}/en/console.html")
        count = "document.querySelector('[data-chosen]').textContent"
        assert tab.evaluate(count) == "Chosen: 1"
        tab.check("th.check input")
        assert tab.evaluate(count) == "Chosen: 2"
        assert tab.locator("tr.on").count() == 2
        tab.uncheck("td.check input >> nth=0")
        assert tab.evaluate("document.querySelector('th.check input').indeterminate")
        tab.close()

    @pytest.mark.parametrize(
        ("lang", "zone", "local"),
        [
            ("en", "Africa/Nairobi", "12:00–12:45 (UTC+3)"),
            ("ar", "Africa/Nairobi", "12:00–12:45 (UTC+3)"),
            ("en", "Pacific/Kiritimati", "23:00–23:45 (UTC+14)"),
            ("en", "America/St_Johns", "05:30–06:15 (UTC-3:30)"),
            ("en", "Pacific/Honolulu", "Wednesday 23:00–23:45 (UTC-10)"),
            ("en", "Europe/Zurich", None),
        ],
    )
    def test_the_readers_own_time(self, site: str, chromium: Any, lang: str, zone: str, local: str | None) -> None:
        tab = chromium.new_page(timezone_id=zone)
        tab.goto(f"{site}/{lang}/base.html")
        found = tab.locator(".agenda .local")
        assert (found.first.text_content() if found.count() else None) == local
        tab.close()

    def test_all_of_it_works_as_one_file_too(self, site: str, chromium: Any) -> None:
        QuietHandler.pages["/bundle"] = b"<!doctype html><html lang='en'><title>x</title><p>x"
        tab = chromium.new_page(bypass_csp=True)
        errors: list[str] = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(f"{site}/bundle")
        tab.add_script_tag(content="\n".join(path.read_text() for path in SCRIPTS))
        assert errors == []
        tab.close()

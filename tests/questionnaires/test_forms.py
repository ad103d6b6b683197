"""Forms made from a version, over real requests: what applies, what is kept, and what a hostile hand may send."""

import io
import uuid
from collections.abc import Mapping
from typing import Any

import html5lib
import pytest
from babel.support import Translations
from flask import Flask, g, render_template_string
from wtforms.i18n import messages_path

from eventhub.kit.i18n import LANGUAGES, LOCALES
from eventhub.questionnaires import kinds
from eventhub.questionnaires.answers import Sealed
from eventhub.questionnaires.definition import Definition
from eventhub.questionnaires.editor_forms import QuestionForm
from eventhub.questionnaires.forms import AnswerForm, answer_form
from eventhub.questionnaires.uploads import Upload
from eventhub.questionnaires.wording import Wording, localise, source_digest
from tests.factories.questionnaires import define, every_kind, options, page, question
from tests.questionnaires.test_answers import picture

DRAW = '{% from "questionnaires/page.html" import questions %}{{ questions(form=form) }}'


class Sent:
    """What came of a page that was sent."""

    def __init__(self, form: AnswerForm, good: bool, html: str) -> None:
        self.form, self.good, self.html = form, good, html
        self.values = form.values()
        self.errors = {name: str(errors[0]) for name, errors in form.errors.items()}


def send(
    app: Flask,
    definition: Definition,
    data: Mapping[str, Any],
    answers: Mapping[str, object] | None = None,
    number: int = 0,
    **more: Any,
) -> Sent:
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        body = {"form_key": str(uuid.uuid4())} | dict(data)
        with app.test_request_context("/en/", method="POST", data=body):
            g.lang = "en"
            form = answer_form(definition, definition.pages[number], language="en", answers=answers or {}, **more)
            good = form.validate_on_submit()
            return Sent(form, good, render_template_string(DRAW, form=form))
    finally:
        app.config["WTF_CSRF_ENABLED"] = True


def opened(
    app: Flask,
    definition: Definition,
    answers: Mapping[str, object],
    number: int = 0,
    language: str = "en",
    **more: Any,
) -> str:
    with app.test_request_context("/en/"):
        g.lang = "en"
        form = answer_form(definition, definition.pages[number], language=language, answers=answers, **more)
        return render_template_string(DRAW, form=form)


def test_a_whole_page_of_every_kind(app: Flask) -> None:
    sent = send(
        app,
        define(every_kind()),
        {
            "q_short_text": " Amina\u202e ",
            "q_long_text": "one\r\ntwo",
            "q_number": "1,234",
            "q_date": "2026-11-26",
            "q_choice": "red",
            "q_choices": ["green", "red"],
            "q_country": "KE",
            "q_language": "ar",
            "q_organisation": "Horn Voices",
            "q_phone": "+41 22 917 90 00",
            "q_email": "Amina@Example.org",
            "q_file": (io.BytesIO(picture()), "letter.png"),
            "q_consent": "y",
        },
    )
    assert sent.errors == {}
    assert sent.good
    assert isinstance(sent.values.pop("file"), Upload)
    assert sent.values == {
        "short_text": "Amina",
        "long_text": "one\ntwo",
        "number": 1234,
        "date": "2026-11-26",
        "choice": "red",
        "choices": ["red", "green"],
        "country": "KE",
        "language": "ar",
        "organisation": {"name": "Horn Voices"},
        "phone": "+41 22 917 90 00",
        "email": "amina@example.org",
        "consent": True,
    }


def test_an_empty_page_is_fine_when_nothing_is_required(app: Flask) -> None:
    sent = send(app, define(every_kind()), {})
    assert sent.good
    assert set(map(repr, sent.values.values())) == {"None", "False"}


HOSTILE = [
    "",
    " \x00\u200b ",
    "x" * 30_000,
    "<script>alert(1)</script>",
    "\u202egnp.exe",
    "\ud83d",
    "=1+1",
    "'; --",
    "{{7*7}}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_kind(app: Flask, text: str) -> None:
    definition = define(every_kind())
    names = [f"q_{one.key}" for one in definition.questions()]
    sent = send(app, definition, {name: text.encode(errors="surrogatepass") for name in names})
    assert "<script>" not in sent.html
    assert "49" not in sent.html
    for key, value in sent.values.items():
        if value is not None:
            assert kinds.clean(definition.question(key), value) == value
            assert not set("\x00\u202e\u200b") & set(str(value))
            assert len(str(value)) <= 20_000


def test_required_is_asked_for_in_the_words_of_its_kind(app: Flask) -> None:
    required = [
        question(one["key"], one["kind"], required=True)
        for one in every_kind()["questions"]
        if one["kind"] != "section"
    ]
    sent = send(app, define(page("pone", *required)), {})
    assert not sent.good
    assert len(sent.errors) == len(required)
    assert sent.errors["q_consent"] == "Tick this box to go on"
    assert sent.errors["q_choice"] == "Choose one answer"
    assert sent.errors["q_short_text"] == "Answer this question"


VISA = page(
    "pone",
    question("visa", "choice", options=options("yes", "no"), required=True),
    question("place", "email", required=True, show_if={"question": "visa", "in": ["yes"]}),
    question("street", required=True, show_if={"question": "place", "answered": True}),
)


def test_required_only_when_visible_and_hidden_answers_dropped(app: Flask) -> None:
    sent = send(app, define(VISA), {"q_visa": "no", "q_place": "not an address", "q_street": "smuggled"})
    assert sent.good
    assert sent.values == {"visa": "no", "place": None, "street": None}
    shown = send(app, define(VISA), {"q_visa": "yes", "q_street": "smuggled"})
    assert set(shown.errors) == {"q_place"}
    assert shown.values == {"visa": "yes", "place": None, "street": None}


def test_what_holds_is_kept_beside_what_does_not(app: Flask) -> None:
    sent = send(app, define(VISA), {"q_visa": "yes", "q_place": "wrong", "q_street": "Avenue"})
    assert sent.values["visa"] == "yes"
    assert "place" not in sent.values
    assert 'value="wrong"' in sent.html


def test_a_question_settled_by_an_earlier_page_is_not_even_there(app: Flask) -> None:
    definition = define(
        page("pone", question("visa", "choice", options=options("yes", "no"))),
        page("ptwo", question("place", show_if={"question": "visa", "in": ["yes"]}, required=True), question("end")),
    )
    assert "q_place" not in opened(app, definition, {"visa": "no"}, 1)
    html = opened(app, definition, {"visa": "yes"}, 1)
    assert 'name="q_place"' in html
    assert "data-show-if" not in html
    smuggled = send(app, definition, {"q_place": "x", "q_end": "y"}, {"visa": "no", "place": "old"}, 1)
    assert smuggled.values == {"place": None, "end": "y"}


def test_live_conditions_speak_of_fields(app: Flask) -> None:
    definition = define(
        page(
            "pone",
            question("agree", "consent"),
            question("why", show_if={"not": {"question": "agree", "in": [True]}}),
        )
    )
    tree = html5lib.parse(opened(app, definition, {}), namespaceHTMLElements=False)
    rules = [box.get("data-show-if") for box in tree.iter("div") if box.get("data-show-if")]
    assert rules == ['{"not": {"in": ["y"], "question": "q_agree"}}']


def test_sealed_answers_never_fill_the_page_and_stay_when_left_empty(app: Flask) -> None:
    definition = define(page("pone", question("number", sealed=True, required=True), question("name")))
    stored = {"number": Sealed("418"), "name": "Amina"}
    html = opened(app, definition, stored)
    assert "•••••418" in html
    assert 'autocomplete="off"' in html
    untouched = send(app, definition, {"q_name": "Amina"}, stored)
    assert untouched.good
    assert untouched.values == {"name": "Amina"}
    removed = send(app, definition, {"q_name": "Amina", "q_number_remove": "y"}, stored)
    assert set(removed.errors) == {"q_number"}
    assert removed.values == {"name": "Amina", "number": None}
    assert send(app, definition, {"q_number": "RT9", "q_name": ""}, stored).values == {"number": "RT9", "name": None}


def test_a_file_stays_until_it_is_replaced_or_removed(app: Flask) -> None:
    definition = define(page("pone", question("letter", "file", required=True)))
    stored = {"letter": {"file": str(uuid.uuid4()), "name": "letter.pdf", "size": 3}}
    assert "letter.pdf" in opened(app, definition, stored)
    assert send(app, definition, {}, stored).values == {}
    assert send(app, definition, {}, stored).good
    assert send(app, definition, {"q_letter_remove": "y"}, stored).values == {"letter": None}
    wrong = send(app, definition, {"q_letter": (io.BytesIO(b"MZ\x90<script>"), "innocent.pdf")}, stored)
    assert "not accepted" in wrong.errors["q_letter"]
    assert wrong.values == {}


def test_only_named_questions_are_taken(app: Flask) -> None:
    extra = {"owner_id": "x", "q_owner_id": "x", "sent_at": "x", "version_id": "x", "q_name__class__": "x"}
    sent = send(app, define(page("pone", question("name"))), {"q_name": "Amina"} | extra)
    assert sent.values == {"name": "Amina"}


def test_a_typed_organization_may_be_one_of_the_persons_own(app: Flask) -> None:
    known = uuid.uuid4()
    definition = define(page("pone", question("org", "organisation")))
    sent = send(app, definition, {"q_org": " Horn  Voices"}, organisations=[(known, "Horn Voices")])
    assert sent.values == {"org": {"id": str(known), "name": "Horn Voices"}}
    assert '<option value="Horn Voices">' in opened(app, definition, {}, organisations=[(known, "Horn Voices")])


def test_a_draft_comes_back_as_it_was(app: Flask) -> None:
    definition = define(every_kind())
    stored = {"short_text": "Amina <b>", "number": 3, "choices": ["red"], "country": "KE", "consent": True}
    html = opened(app, definition, stored)
    assert 'value="Amina &lt;b&gt;"' in html
    assert '<option selected value="KE">' in html
    assert html.count("checked") == 2


def test_an_answer_that_is_not_translated_says_so(app: Flask) -> None:
    definition = define(page("pone", question("colour", "choice")))
    texts = {
        ("qcolour", "label", source_digest("colour label")): {"ar": "اللون"},
        ("qcolour.red", "label", source_digest("red label")): {"ar": "<أحمر>"},
    }
    html = opened(app, localise(definition, Wording(texts), "ar"), {}, language="ar")
    assert '<span lang="en" dir="ltr">green label</span> <span class="tongue-mark">English</span>' in html
    assert "&lt;أحمر&gt;" in html
    assert html.count("tongue-mark") == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_refusal_of_a_file_lists_what_the_hint_lists(app: Flask, language: str) -> None:
    asked = question("letter", "file", help="On letterhead.", limits={"files": ["images", "pdf"]})
    definition = define(page("pone", asked))
    data = {"q_letter": (io.BytesIO(b"just text"), "letter.txt")}
    with app.test_request_context(f"/{language}/", method="POST", data=data | {"form_key": str(uuid.uuid4())}):
        g.lang = language
        form = answer_form(definition, definition.pages[0], language=language, answers={})
        form.validate()
        hint = next(form.parts()).hint
        problem = str(form.q_letter.errors[0])
    assert "PDF, JPEG, PNG, WebP" in hint
    assert "PDF, JPEG, PNG, WebP" in problem
    assert "Word" not in hint + problem


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_library_would_say_is_said_in_our_words(app: Flask, language: str) -> None:
    wrong = {"label": "", "max_length": "many", "retention_days": "-1", "see": "everybody"}
    with app.test_request_context(f"/{language}/", method="POST", data=wrong | {"form_key": str(uuid.uuid4())}):
        g.lang = language
        form = QuestionForm(lock="1")
        form.for_kind("short_text")
        form.validate()
        said = {name: str(form[name].errors[0]) for name in ("label", "max_length", "retention_days", "see")}
        library = Translations.load(messages_path(), [LOCALES[language]], domain="wtforms")
    theirs = {"This field is required.", "Not a valid integer value.", "Not a valid choice."}
    assert not {library.gettext(one) for one in theirs} & set(said.values())
    english = {"Fill in this field", "Write a whole number, such as 12", "Write a number from 0 to 3650"}
    assert bool(english & set(said.values())) is (language == "en")
    assert len(set(said.values())) == 4

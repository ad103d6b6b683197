"""Definitions: read, checked with the place named, written back, put into a language."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.questionnaires.checks import check, parse
from eventhub.questionnaires.definition import QUESTIONS, DefinitionWrong, read, to_json
from eventhub.questionnaires.kinds import KINDS
from eventhub.questionnaires.wording import Text, Wording, localise, source_digest, texts_of
from tests.factories.questionnaires import define, every_kind, options, page, question

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
OPTIONS = st.lists(st.fixed_dictionaries({"id": NAMES, "label": WORDS}), max_size=3)
QUESTION = st.fixed_dictionaries(
    {"id": NAMES, "key": NAMES, "kind": st.sampled_from(sorted(KINDS)), "label": WORDS},
    optional={
        "help": WORDS,
        "required": st.booleans(),
        "sealed": st.booleans(),
        "options": OPTIONS,
        "limits": st.fixed_dictionaries(
            {}, optional={"max_length": st.integers(1, 500), "min_number": st.integers(-5, 5)}
        ),
        "show_if": st.just({"question": "x", "in": ["y"]}),
        "see": st.lists(st.sampled_from(["desk", "organiser", "statistics"]), max_size=2),
        "retention_days": st.integers(0, 400),
    },
)
PAGE = st.fixed_dictionaries(
    {"id": NAMES, "title": WORDS, "questions": st.lists(QUESTION, max_size=3)}, optional={"intro": WORDS}
)
PARTS = ["pages", "id", "title", "questions", "show_if", "key", "kind", "label", "options", "limits", "see", "sealed"]
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(PARTS),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=15,
)


@given(st.lists(PAGE, max_size=3))
def test_what_is_written_reads_back_the_same(pages: list[dict[str, Any]]) -> None:
    definition = read({"pages": pages})
    written = to_json(definition)
    again = read(written)
    assert to_json(again) == written
    assert [one.questions for one in again.pages] == [one.questions for one in definition.pages]


@given(ANYTHING)
def test_anything_is_a_definition_or_refused_with_places(data: object) -> None:
    try:
        found = check(read(data))
    except DefinitionWrong as error:
        found = error.problems
    assert all(problem.place for problem in found)
    assert found


def problems_of(*pages: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem.place, problem.item) for problem in check(define(*pages))]


def test_one_of_each_kind_holds() -> None:
    assert check(define(every_kind())) == []


def test_each_problem_names_its_place() -> None:
    first = question("colour", "choice", options=options("red"))
    assert problems_of(page("pone", first)) == [("pages[0].questions[0].options", "qcolour")]
    twice = options("red", "red")
    assert problems_of(page("pone", question("colour", "choice", options=twice)))[0][0].endswith("options")
    assert problems_of(page("pone", question("name", options=options("red", "green"))))[0][0].endswith("options")
    assert problems_of(page("pone", question("name", label="")))[0][0].endswith("label")
    assert problems_of(page("pone", question("name"), title=""))[0] == ("pages[0].title", "pone")
    assert problems_of(page("pone"))[0] == ("pages[0].questions", "pone")
    assert problems_of()[0][0] == "pages"
    assert problems_of(page("pone", question("note", "section", required=True)))[0][0].endswith("required")
    assert problems_of(page("pone", question("photo", "consent", sealed=True)))[0][0].endswith("sealed")
    assert problems_of(page("pone", question("land", "country", variant="moon")))[0][0].endswith("variant")
    assert problems_of(page("pone", question("name", limits={"max_choices": 2})))[0][0].endswith("limits")
    assert problems_of(page("pone", question("name", limits={"min_length": 9, "max_length": 3})))[0][0].endswith(
        "limits"
    )
    assert problems_of(page("pone", question("name", autocomplete="cc-number")))[0][0].endswith("autocomplete")


def test_names_and_ids_are_used_once() -> None:
    doubled = page("pone", question("name", id="qa"), question("name", id="qb"))
    assert problems_of(doubled) == [("name.key", "qb")]
    same_id = page("pone", question("one", id="qa"), question("two", id="qa"))
    assert problems_of(same_id) == [("qa", "qa")]


def test_too_many_questions() -> None:
    many = [page(f"p{number}", *(question(f"k{number}_{n}") for n in range(30))) for number in range(3)]
    assert len(many) * 30 > QUESTIONS
    assert problems_of(*many) == [("pages", "")]


@pytest.mark.parametrize(
    "show_if",
    [
        {"question": "later", "answered": True},
        {"question": "self", "answered": True},
        {"question": "nobody", "answered": True},
        {"question": "colour", "in": ["purple"]},
        {"question": "colour", "at_least": 3},
        {"question": "secret", "answered": True},
        {"question": "text", "in": ["anything"]},
        {"question": "photo", "in": [False]},
        {"question": "day", "at_least": 3},
        {"question": "day", "at_least": "tomorrow"},
        {"question": "note", "answered": True},
        {"any": [{"question": "colour", "in": ["red"]}, {"not": {"question": "later", "answered": True}}]},
    ],
)
def test_a_condition_asks_what_came_before_and_can_be_answered(show_if: dict[str, Any]) -> None:
    where = page(
        "pone",
        question("colour", "choice"),
        question("secret", sealed=True),
        question("text"),
        question("photo", "consent"),
        question("day", "date"),
        question("note", "section"),
        question("self", show_if=show_if),
        question("later"),
    )
    assert problems_of(where) == [("pages[0].questions[6].show_if", "qself")]


@pytest.mark.parametrize(
    "show_if",
    [
        {"question": "colour", "in": ["red", "green"]},
        {"not": {"question": "several", "in": ["red"]}},
        {"question": "photo", "in": [True]},
        {"question": "age", "at_least": 18},
        {"question": "day", "less_than": "2026-01-01"},
        {"question": "land", "in": ["KE"]},
        {"all": [{"question": "text", "answered": True}, {"question": "tongue", "in": ["ar"]}]},
    ],
)
def test_conditions_that_hold_together(show_if: dict[str, Any]) -> None:
    first = page(
        "pone",
        question("colour", "choice"),
        question("several", "choices"),
        question("photo", "consent"),
        question("age", "number"),
        question("day", "date"),
        question("land", "country"),
        question("tongue", "language"),
        question("text"),
    )
    assert problems_of(first, page("ptwo", question("more"), show_if=show_if)) == []


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (None, "questionnaire"),
        ({"pages": "x"}, "pages"),
        ({"pages": [3]}, "pages[0]"),
        ({"pages": [{"id": "P 1", "title": ""}]}, "pages[0].id"),
        ({"pages": [page("p1", question("a"), evil=1)]}, "pages[0]"),
        ({"pages": [page("p1", question("a", kind="password"))]}, "pages[0].questions[0].kind"),
        ({"pages": [page("p1", question("a", required="yes"))]}, "pages[0].questions[0].required"),
        ({"pages": [page("p1", question("__class__", id="qa"))]}, "pages[0].questions[0].key"),
        ({"pages": [page("p1", question("a", see=["everyone"]))]}, "pages[0].questions[0].see"),
        ({"pages": [page("p1", question("a", limits={"max_length": -1}))]}, "pages[0].questions[0].limits.max_length"),
        ({"pages": [page("p1", question("a", limits={"max_date": "soon"}))]}, "pages[0].questions[0].limits.max_date"),
        ({"pages": [page("p1", question("a", retention_days=True))]}, "pages[0].questions[0].retention_days"),
        ({"pages": [page("p1", question("a", show_if="a == 1"))]}, "pages[0].questions[0].show_if"),
        ({"pages": [page("p1", question("a", label=["x"]))]}, "pages[0].questions[0].label"),
    ],
)
def test_what_no_editor_writes_is_refused(data: object, place: str) -> None:
    with pytest.raises(DefinitionWrong) as caught:
        parse(data)
    assert caught.value.problems[0].place == place


def test_a_language_falls_back_text_by_text() -> None:
    definition = define(page("pone", question("colour", "choice", help="Help"), intro="Intro"), language="fr")
    texts = {
        ("pone", "title", source_digest("pone title")): {"ar": "عنوان"},
        ("qcolour.red", "label", source_digest("red label")): {"ar": "أحمر"},
        ("qcolour", "label", source_digest("an older original")): {"ar": "قديم"},
    }
    shown = localise(definition, Wording(texts), "ar")
    where = shown.pages[0]
    assert (str(where.title), where.title.language) == ("عنوان", "ar")
    assert where.intro.language == "fr"
    assert (str(where.questions[0].label), where.questions[0].label.language) == ("colour label", "fr")
    assert [option.label.language for option in where.questions[0].options] == ["ar", "fr", "fr"]
    assert to_json(localise(definition, Wording({}), "ar")) == to_json(definition)
    assert localise(definition, Wording(texts), "fr") is definition


def test_every_text_is_named_once() -> None:
    found = list(texts_of(define(every_kind())))
    assert len({(text.item, text.part) for text in found}) == len(found)
    assert Text("qchoice.red", "label", found[0].words).item in {text.item for text in found}

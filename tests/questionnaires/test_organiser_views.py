"""The editor in the browser: who may, what it does without scripts, stale pages, and a preview that keeps nothing."""

import re
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from eventhub.kit.db import Base, db
from eventhub.people.models import Role
from eventhub.questionnaires import actions, queries
from eventhub.questionnaires.definition import AUTOCOMPLETE
from eventhub.questionnaires.editor_forms import DETAILS
from eventhub.questionnaires.models import Purpose, Questionnaire, QuestionnaireVersion
from tests.factories.people import form_fields, make_person, make_staff, sign_in
from tests.factories.programme import make_event
from tests.factories.questionnaires import every_kind, make_questionnaire, page, published, question

ROOT = "/en/console/questionnaires"


@pytest.fixture
def admin(client: FlaskClient) -> FlaskClient:
    """A client signed in as an administrator."""
    sign_in(client, make_staff())
    return client


def address(questionnaire: Questionnaire, rest: str = "") -> str:
    return f"{ROOT}/{questionnaire.id}{rest}"


def post(client: FlaskClient, url: str, **data: Any) -> TestResponse:
    """Open the page and send its form as a browser would: what it shows, and what is typed."""
    hidden = form_fields(client.get(url).get_data(as_text=True))
    return client.post(url, data=hidden | data)


def draft_of(questionnaire: Questionnaire) -> list[tuple[str, list[str]]]:
    db.session.expire_all()
    definition = queries.draft(queries.questionnaire(questionnaire.id))
    return [(one.id, [asked.key for asked in one.questions]) for one in definition.pages]


def pages_of(questionnaire: Questionnaire) -> list[str]:
    first = queries.draft(questionnaire).pages[0]
    return [
        "",
        "/publish",
        "/preview",
        f"/preview/{first.id}",
        "/pages/new",
        f"/pages/{first.id}",
        f"/pages/{first.id}/questions/new",
        f"/pages/{first.id}/questions/new?kind=choices",
        f"/questions/{first.questions[-1].id}",
        f"/conditions/{first.questions[-1].id}",
        f"/conditions/{first.id}",
        f"/languages/{first.id}",
    ]


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_every_page_of_the_editor_draws(admin: FlaskClient, lang: str) -> None:
    questionnaire = make_questionnaire(every_kind())
    published(questionnaire)
    for rest in ["", *pages_of(questionnaire)]:
        url = address(questionnaire, rest).replace("/en/", f"/{lang}/")
        assert admin.get(url).status_code == 200, url
    assert admin.get(f"/{lang}/console/questionnaires").status_code == 200
    assert admin.get(f"/{lang}/console/questionnaires/new").status_code == 200


@pytest.mark.parametrize("kind", [one["kind"] for one in every_kind()["questions"]])
def test_every_kind_has_its_form_and_its_condition(admin: FlaskClient, kind: str) -> None:
    questionnaire = make_questionnaire(page("pone", question("it", kind), question("after")))
    assert admin.get(address(questionnaire, "/questions/qit")).status_code == 200
    found = admin.get(address(questionnaire, "/conditions/qafter?about=it"))
    assert found.status_code == 200
    assert ("Add" in found.get_data(as_text=True)) is True


def test_who_may_not_edit_finds_nothing(client: FlaskClient) -> None:
    event, other = make_event(), make_event()
    questionnaire = make_questionnaire(every_kind(), scope_id=event.id)
    strangers = [
        make_staff(Role.ORGANISER, event_id=other.id),
        make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id),
        make_staff(Role.HOST_PARTNER),
        make_person(),
    ]
    for person in strangers:
        sign_in(client, person)
        for rest in pages_of(questionnaire):
            assert client.get(address(questionnaire, rest)).status_code == 404, (person, rest)
        assert questionnaire.name not in client.get(ROOT).get_data(as_text=True)
    sign_in(client, make_staff(), second_factor=False)
    assert client.get(address(questionnaire)).status_code == 303


def test_without_a_session_one_signs_in_first(client: FlaskClient, database: None) -> None:
    questionnaire = make_questionnaire()
    for rest in pages_of(questionnaire):
        assert client.get(address(questionnaire, rest)).status_code == 303


def test_organisers_of_the_event_and_of_its_series_may(client: FlaskClient) -> None:
    event = make_event()
    questionnaire = make_questionnaire(scope_id=event.id)
    for person in (
        make_staff(),
        make_staff(Role.ORGANISER, event_id=event.id),
        make_staff(Role.ORGANISER, series_id=event.series_id),
        make_staff(Role.ORGANISER),
    ):
        sign_in(client, person)
        assert client.get(address(questionnaire)).status_code == 200
        assert questionnaire.name in client.get(ROOT).get_data(as_text=True)


@pytest.mark.parametrize(
    "rest", ["/pages/nothing", "/questions/pone", "/conditions/x", "/languages/qname", "/preview/zz"]
)
def test_parts_that_are_not_there(admin: FlaskClient, rest: str) -> None:
    assert admin.get(address(make_questionnaire(), rest)).status_code == 404


def test_a_questionnaire_from_nothing_to_published(admin: FlaskClient) -> None:
    made = post(admin, f"{ROOT}/new", name="Forum", purpose="registration", original_language="en")
    questionnaire = db.session.scalars(select(Questionnaire)).one()
    assert made.location.endswith(str(questionnaire.id))
    assert (questionnaire.purpose, questionnaire.original_language) == (Purpose.REGISTRATION, "en")
    assert post(admin, address(questionnaire, "/pages/new"), title="About you").status_code == 303
    where = draft_of(questionnaire)[0][0]
    new = f"/pages/{where}/questions/new?kind="
    assert (
        post(admin, address(questionnaire, f"{new}short_text"), label="Your <b>name</b>", see="desk").status_code == 303
    )
    choice = {
        "label": "How?",
        "required": "y",
        "see": ["desk", "organiser"],
        "retention_days": "30",
        "options-0-label": "Second",
        "options-0-place": "2",
        "options-1-label": "First",
        "options-1-place": "1",
        "options-2-label": "",
    }
    assert post(admin, address(questionnaire, f"{new}choice"), **choice).status_code == 303
    assert draft_of(questionnaire) == [(where, ["your_b_name_b", "how"])]
    how = queries.draft(questionnaire).question("how")
    assert [option.label for option in how.options] == ["First", "Second"]
    assert (how.required, how.see, how.retention_days) == (True, ("organiser", "desk"), 30)
    assert "&lt;b&gt;" in admin.get(address(questionnaire)).get_data(as_text=True)
    assert post(admin, address(questionnaire, "/publish")).status_code == 303
    version = db.session.scalars(select(QuestionnaireVersion)).one()
    assert version.number == 1
    again = post(admin, address(questionnaire, "/pages/new"), title="More")
    assert again.status_code == 303
    refused = admin.get(address(questionnaire, "/publish")).get_data(as_text=True)
    assert "This page has no question." in refused
    assert "cannot be published" in refused


def test_editing_keeps_ids_and_moves_conditions_along_with_a_key(admin: FlaskClient) -> None:
    questionnaire = make_questionnaire(
        page("pone", question("colour", "choice"), question("why", show_if={"question": "colour", "in": ["red"]}))
    )
    sent = {
        "label": "Which colour?",
        "key": "shade",
        "options-0-id": "red",
        "options-0-label": "Rouge",
        "options-0-place": "1",
        "options-1-id": "green",
        "options-1-label": "Vert",
        "options-1-place": "2",
        "options-2-label": "",
    }
    assert post(admin, address(questionnaire, "/questions/qcolour"), **sent).status_code == 303
    definition = queries.draft(questionnaire)
    colour = definition.question("shade")
    assert (colour.id, [option.id for option in colour.options]) == ("qcolour", ["red", "green"])
    assert actions.publishing_problems(questionnaire) == []


def test_small_buttons(admin: FlaskClient) -> None:
    questionnaire = make_questionnaire(page("pone", question("a"), question("b")), page("ptwo", question("c")))
    steps = [
        ("down:qa", [("pone", ["b", "a"]), ("ptwo", ["c"])]),
        ("down:qa", [("pone", ["b"]), ("ptwo", ["a", "c"])]),
        ("up:qa", [("pone", ["b", "a"]), ("ptwo", ["c"])]),
        ("double:qb", [("pone", ["b", "b_2", "a"]), ("ptwo", ["c"])]),
        ("up:ptwo", [("ptwo", ["c"]), ("pone", ["b", "b_2", "a"])]),
        ("delete:qb", [("ptwo", ["c"]), ("pone", ["b_2", "a"])]),
        ("up:ptwo", [("ptwo", ["c"]), ("pone", ["b_2", "a"])]),
    ]
    for do, expected in steps:
        assert post(admin, address(questionnaire), do=do).status_code == 303
        assert draft_of(questionnaire) == expected
    assert post(admin, address(questionnaire), do="explode:qa").status_code == 404
    assert post(admin, address(questionnaire), do="up:nothing").status_code == 404


def test_a_page_that_was_open_too_long_is_refused_and_nothing_typed_is_lost(admin: FlaskClient) -> None:
    questionnaire = make_questionnaire()
    hidden = form_fields(admin.get(address(questionnaire, "/questions/qname")).get_data(as_text=True))
    assert post(admin, address(questionnaire), do="double:qname").status_code == 303
    stale = admin.post(address(questionnaire, "/questions/qname"), data=hidden | {"label": "Typed for long"})
    assert stale.status_code == 422
    text = stale.get_data(as_text=True)
    assert "Somebody else changed this" in text
    assert "Typed for long" in text
    assert draft_of(questionnaire) == [("pone", ["name", "name_2"])]


def test_the_same_form_twice_is_done_once(admin: FlaskClient) -> None:
    questionnaire = make_questionnaire()
    url = address(questionnaire, "/pages/new")
    body = form_fields(admin.get(url).get_data(as_text=True)) | {"title": "More"}
    first, second = admin.post(url, data=body), admin.post(url, data=body)
    assert (first.status_code, second.status_code, second.location) == (303, 303, first.location)
    assert len(draft_of(questionnaire)) == 2


@pytest.mark.parametrize(
    ("kind", "data", "field"),
    [
        ("short_text", {"label": ""}, "label"),
        ("short_text", {"label": "x" * 501}, "label"),
        ("short_text", {"label": "ok", "key": "__class__"}, "key"),
        ("short_text", {"label": "ok", "max_length": "many"}, "max_length"),
        ("short_text", {"label": "ok", "retention_days": "-1"}, "retention_days"),
        ("short_text", {"label": "ok", "see": "everybody"}, "see"),
        ("short_text", {"label": "ok", "autocomplete": "cc-number"}, "autocomplete"),
        ("date", {"label": "ok", "min_date": "tomorrow"}, ""),
        ("consent", {"label": "ok", "purpose": "everything"}, "purpose"),
        ("country", {"label": "ok", "variant": "moon"}, "variant"),
    ],
)
def test_wrong_input_is_shown_and_kept(admin: FlaskClient, kind: str, data: dict[str, str], field: str) -> None:
    questionnaire = make_questionnaire()
    answer = post(admin, address(questionnaire, f"/pages/pone/questions/new?kind={kind}"), **data)
    assert answer.status_code == 422
    assert f'id="{field}-e"' in answer.get_data(as_text=True) or not field
    assert draft_of(questionnaire) == [("pone", ["name"])]


def test_a_condition_is_built_with_buttons_alone(admin: FlaskClient) -> None:
    questionnaire = make_questionnaire(
        page("pone", question("colour", "choice"), question("age", "number"), question("why"), question("later"))
    )
    url = address(questionnaire, "/conditions/qwhy")
    assert "later label" not in admin.get(url).get_data(as_text=True)

    def add(about: str, **data: Any) -> int:
        opened = admin.get(f"{url}?about={about}").get_data(as_text=True)
        hidden = form_fields(opened)
        return admin.post(f"{url}?about={about}", data=hidden | {"do": "add:"} | data).status_code

    assert add("colour", how="in", values=["red", "blue"]) == 303
    assert add("age", how="at_least", value="18") == 303
    assert add("colour", how="in") == 422
    assert add("colour", how="in", values=["purple"]) == 422
    assert add("age", how="at_least", value="old") == 422
    shown = queries.draft(questionnaire).question("why").show_if
    assert shown is not None
    text = admin.get(url).get_data(as_text=True)
    assert "“colour label” is: red label, blue label" in text
    assert "“age label” is 18 or more" in text
    assert post(admin, url, do="any:").status_code == 303
    assert "at least one of these" in admin.get(url).get_data(as_text=True)
    assert "“age label” is 18 or more" in admin.get(address(questionnaire)).get_data(as_text=True)
    assert "“age label” is 18 or more" in admin.get(address(questionnaire, "/questions/qwhy")).get_data(as_text=True)
    assert post(admin, url, do="remove:0").status_code == 303
    assert post(admin, url, do="remove:0").status_code == 303
    assert queries.draft(questionnaire).question("why").show_if is None


def test_languages_side_by_side(admin: FlaskClient) -> None:
    questionnaire = make_questionnaire(page("pone", question("name", label="Your name")))
    published(questionnaire)
    url = address(questionnaire, "/languages/pone")
    html = admin.get(url).get_data(as_text=True)
    assert html.count("Missing") == 10
    name = next(
        part.split('"')[0] for part in html.split('name="') if part.startswith("t_qname_label") and "_ar" in part[:60]
    )
    assert post(admin, url, **{name: "اسمكم"}).status_code == 303
    assert admin.get(url).get_data(as_text=True).count("Missing") == 9
    assert "اسمكم" in admin.get(address(questionnaire, "/preview").replace("/en/", "/ar/")).get_data(as_text=True)
    assert db.session.scalar(select(func.count()).select_from(QuestionnaireVersion)) == 1


def counted() -> dict[str, int]:
    return {
        table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
        if table.name not in ("web_session",)
    }


def test_the_preview_walks_like_a_participant_and_keeps_nothing(admin: FlaskClient) -> None:
    questionnaire = make_questionnaire(
        page("pone", question("visa", "choice", required=True), question("secret", sealed=True)),
        page("ptwo", question("place", required=True), show_if={"question": "visa", "in": ["red"]}),
        page("pthree", question("end")),
    )
    before = counted()
    url = address(questionnaire, "/preview/pone")
    refused = post(admin, url)
    assert refused.status_code == 422
    assert "Choose one answer" in refused.get_data(as_text=True)
    second = post(admin, url, q_visa="red", q_secret="RT123418")
    text = second.get_data(as_text=True)
    assert "ptwo title" in text
    third = admin.post(address(questionnaire, "/preview/ptwo"), data=form_fields(text) | {"q_place": "Geneva"})
    assert "pthree title" in third.get_data(as_text=True)
    done = admin.post(address(questionnaire, "/preview/pthree"), data=form_fields(third.get_data(as_text=True)))
    summary = done.get_data(as_text=True)
    assert "Check your answers" in summary
    assert "Geneva" in summary
    skipped = post(admin, url, q_visa="blue").get_data(as_text=True)
    assert "pthree title" in skipped
    assert counted() == before


@pytest.mark.parametrize("carried", ["{", "[]", '"x"', '{"visa": {"a": 1}, "nobody": 3}', "[" * 5000])
def test_a_preview_takes_nothing_amiss(admin: FlaskClient, carried: str) -> None:
    questionnaire = make_questionnaire(page("pone", question("visa", "choice")), page("ptwo", question("end")))
    assert post(admin, address(questionnaire, "/preview/pone"), carried=carried).status_code == 200


def test_lists_ask_a_fixed_number_of_times(admin: FlaskClient, statements: list[str]) -> None:
    def cost() -> int:
        db.session.expire_all()
        statements.clear()
        assert admin.get(ROOT).status_code == 200
        return len(statements)

    published(make_questionnaire(scope_id=make_event().id))
    one = cost()
    for _ in range(2):
        published(make_questionnaire(scope_id=make_event().id))
    assert cost() == one
    assert one <= 6


def test_a_scope_that_is_not_mine_cannot_be_written_into(client: FlaskClient) -> None:
    mine, other = make_event(), make_event()
    sign_in(client, make_staff(Role.ORGANISER, event_id=mine.id))
    assert client.get(f"{ROOT}/new?scope={other.id}").status_code == 404
    assert client.get(f"{ROOT}/new?scope={uuid.uuid4()}").status_code == 404
    assert client.get(f"{ROOT}/new?scope=x").status_code == 404
    assert client.get(f"{ROOT}/new").status_code == 404
    made = post(client, f"{ROOT}/new?scope={mine.id}", name="Mine", purpose="survey", original_language="fr")
    assert made.status_code == 303
    assert db.session.scalars(select(Questionnaire)).one().scope_id == mine.id


def test_dates_are_limited_by_choices_in_the_readers_language(admin: FlaskClient) -> None:
    questionnaire = make_questionnaire()
    new = address(questionnaire, "/pages/pone/questions/new?kind=date")
    page = admin.get(new.replace("/en/", "/fr/")).get_data(as_text=True)
    assert "Aujourd’hui" in page
    assert "data-show-if" in page
    for sent, kept in (
        ({"max_date": "today"}, {"max_date": "today"}),
        ({"min_date": "day", "min_date_day": "1990-11-26"}, {"min_date": "1990-11-26"}),
        ({"min_date": "before", "min_date_days": "30"}, {"min_date": "today-30"}),
        (
            {"min_date": "after", "min_date_days": "7", "max_date": "after", "max_date_days": "9"},
            {"min_date": "today+7", "max_date": "today+9"},
        ),
        ({"min_date": ""}, None),
    ):
        data = sent | {"label": "Date", "key": f"d_{len(draft_of(questionnaire)[0][1])}"}
        assert post(admin, new, **data).status_code == 303
        db.session.expire_all()
        made = db.session.get_one(Questionnaire, questionnaire.id).draft["pages"][0]["questions"][-1]
        assert made.get("limits") == kept
        opened = admin.get(address(questionnaire, f"/questions/{made['id']}")).get_data(as_text=True)
        for name, value in sent.items():
            assert re.search(rf'name="{name}"[^>]*value="{value}"|value="{value}"[^>]*name="{name}"', opened) or (
                re.search(rf'name="{name}">.*?<option selected value="{value}"', opened, re.S)
            )


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"min_date": "tomorrow"}, "min_date"),
        ({"min_date": "day"}, "min_date_day"),
        ({"max_date": "day", "max_date_day": "soon"}, "max_date_day"),
        ({"max_date": "after"}, "max_date_days"),
        ({"max_date": "before", "max_date_days": "0"}, "max_date_days"),
    ],
)
def test_a_limit_without_its_date_is_asked_for(admin: FlaskClient, data: dict[str, str], field: str) -> None:
    questionnaire = make_questionnaire()
    answer = post(admin, address(questionnaire, "/pages/pone/questions/new?kind=date"), label="Date", **data)
    assert answer.status_code == 422
    assert f'id="{field}-e"' in answer.get_data(as_text=True)


def test_titles_are_in_the_readers_language_and_say_when_they_are_not(admin: FlaskClient) -> None:
    questionnaire = make_questionnaire(page("pone", question("name"), question("town")))
    person = make_person()
    texts = {("qname", "label"): {"fr": "Votre nom"}}
    actions.translate(person, questionnaire, texts, seen=questionnaire.lock)
    shown = admin.get(address(questionnaire).replace("/en/", "/fr/")).get_data(as_text=True)
    assert "<bdi>Votre nom</bdi>" in shown
    assert '<span lang="en" dir="auto">town label</span> <span class="tongue-mark">English</span>' in shown
    assert "<bdi>name label</bdi>" in admin.get(address(questionnaire)).get_data(as_text=True)


def test_what_was_deleted_is_named_and_where_it_still_stands(admin: FlaskClient) -> None:
    questionnaire = make_questionnaire(page("pone", question("name"), question("town"), question("note")))
    assert post(admin, address(questionnaire), do="delete:qnote", lock=str(questionnaire.lock)).status_code == 303
    said = admin.get(address(questionnaire)).get_data(as_text=True)
    assert "Deleted: note label" in said
    assert "published version" not in said
    actions.publish(None, questionnaire)
    post(admin, address(questionnaire), do="delete:qtown", lock=str(questionnaire.lock))
    said = admin.get(address(questionnaire)).get_data(as_text=True)
    assert "Deleted: town label" in said
    assert "The published version keeps it until you publish again." in said


def test_each_detail_that_browsers_fill_in_has_words() -> None:
    assert set(DETAILS) == AUTOCOMPLETE
    assert not AUTOCOMPLETE & {str(words) for words in DETAILS.values()}

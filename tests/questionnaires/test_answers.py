"""Answers in a real database: kept, shown, sealed, carried over, erased; versions that never change."""

import io
import json
import uuid
from datetime import timedelta

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound, Stale
from eventhub.kit.files import FileTypeRefused, StoredFile
from eventhub.kit.sealed import destroy
from eventhub.questionnaires import actions, answers, queries
from eventhub.questionnaires.answers import AnswerGone, AnswerWrong, Sealed
from eventhub.questionnaires.models import Answer, AnswerSet, QuestionnaireText, QuestionnaireVersion
from eventhub.questionnaires.uploads import Upload
from tests.factories.people import make_person
from tests.factories.questionnaires import (
    begin,
    define,
    make_questionnaire,
    options,
    page,
    publish,
    published,
    question,
    redraft,
)

pytestmark = pytest.mark.usefixtures("database")


def picture(kind: str = "PNG") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(target, kind)
    return target.getvalue()


def refuses(statement: str, **values: object) -> str:
    """The database's own words when it refuses."""
    with pytest.raises(IntegrityError) as caught, db.session.begin_nested():
        db.session.execute(text(statement), values)
    return str(caught.value.orig)


def test_the_database_refuses_to_change_a_version() -> None:
    version = publish()
    sent = {"id": version.id}
    assert "never changed" in refuses("UPDATE questionnaire_version SET definition = '{}' WHERE id = :id", **sent)
    assert "never changed" in refuses("UPDATE questionnaire_version SET number = 9 WHERE id = :id", **sent)


def test_an_answered_version_is_never_deleted_an_unanswered_one_may_be() -> None:
    version = publish()
    begin(version, make_person())
    assert "answer_set" in refuses("DELETE FROM questionnaire_version WHERE id = :id", id=version.id)
    other = publish()
    db.session.execute(text("DELETE FROM questionnaire_version WHERE id = :id"), {"id": other.id})


def test_a_draft_begun_on_version_one_is_finished_after_version_two() -> None:
    questionnaire = make_questionnaire(page("pone", question("name", required=True), question("role")))
    first = published(questionnaire)
    answer_set, key = begin(first, make_person())
    answers.save(answer_set, key, {"role": "chair"})
    redraft(questionnaire, page("pone", question("name", required=True), question("fresh", required=True)))
    second = published(questionnaire)
    assert (first.number, second.number) == (1, 2)
    assert queries.newest_version(questionnaire.id) is second
    with pytest.raises(actions.Incomplete):
        actions.finish_answers(answer_set, first.definition)
    answers.save(answer_set, key, {"name": "Amina", "fresh": "smuggled"})
    actions.finish_answers(answer_set, first.definition)
    assert answers.load(answer_set) == {"name": "Amina", "role": "chair"}
    assert answer_set.version_id == first.id
    assert answer_set.sent_at is not None
    with pytest.raises(actions.AlreadySent):
        actions.finish_answers(answer_set, first.definition)


def test_publishing_says_no_to_gaps_to_no_news_and_to_a_stale_page() -> None:
    questionnaire = make_questionnaire(page("pone", question("name", label="")))
    with pytest.raises(actions.NotReady) as caught:
        actions.publish(None, questionnaire)
    assert [problem.item for problem in caught.value.problems] == ["qname"]
    redraft(questionnaire, page("pone", question("name")))
    actions.publish(None, questionnaire)
    with pytest.raises(actions.NothingNew):
        actions.publish(None, questionnaire)
    with pytest.raises(Stale):
        actions.publish(None, questionnaire, seen=questionnaire.lock - 1)


def test_a_consent_must_name_its_channel() -> None:
    questionnaire = make_questionnaire(page("pone", question("agree", "consent", purpose="everything")))
    with pytest.raises(actions.NotReady):
        actions.publish(None, questionnaire)


def test_a_translation_makes_no_version_and_is_seen_at_once() -> None:
    version = publish(page("pone", question("name", label="Your name", help="As you write it")))
    questionnaire = queries.questionnaire(version.questionnaire_id)
    before = queries.localised(version, "ar")
    assert before.pages[0].questions[0].label.language == "en"
    actions.translate(
        None, questionnaire, {("qname", "label"): {"ar": "اسمكم", "xx": "no"}, ("gone", "label"): {"ar": "x"}}
    )
    after = queries.localised(version, "ar")
    label = after.pages[0].questions[0].label
    assert (str(label), label.language) == ("اسمكم", "ar")
    assert after.pages[0].questions[0].help.language == "en"
    assert queries.localised(version, "ar") is after
    assert db.session.query(QuestionnaireVersion).filter_by(questionnaire_id=questionnaire.id).count() == 1
    assert [row.texts for row in db.session.query(QuestionnaireText)] == [{"ar": "اسمكم"}]


def test_a_new_original_starts_without_translations_and_the_old_version_keeps_its_own() -> None:
    questionnaire = make_questionnaire(page("pone", question("name", label="Your name")))
    first = published(questionnaire)
    actions.translate(None, questionnaire, {("qname", "label"): {"fr": "Votre nom"}})
    redraft(questionnaire, page("pone", question("name", label="Your full name")))
    second = published(questionnaire)
    assert str(queries.localised(second, "fr").pages[0].questions[0].label) == "Your full name"
    actions.translate(None, questionnaire, {("qname", "label"): {"fr": "Votre nom complet"}})
    assert str(queries.localised(first, "fr").pages[0].questions[0].label) == "Votre nom"
    assert str(queries.localised(second, "fr").pages[0].questions[0].label) == "Votre nom complet"


def test_a_page_of_answers_is_saved_in_one_statement(statements: list[str]) -> None:
    version = publish(page("pone", question("a"), question("b"), question("c", sealed=True), question("d")))
    answer_set, key = begin(version, make_person())
    answers.save(answer_set, key, {"a": "1", "b": "2", "c": "3", "d": "4"})
    db.session.flush()
    statements.clear()
    answers.save(answer_set, key, {"a": "one", "b": None, "c": "three", "d": "4"})
    assert len([one for one in statements if "INTO answer" in one]) == 1
    assert len(statements) == 1
    assert answers.load(answer_set) == {"a": "one", "c": Sealed(), "d": "4"}


def test_sealed_answers_stand_nowhere_in_the_open() -> None:
    version = publish(page("pone", question("number", sealed=True)))
    answer_set, key = begin(version, make_person())
    answers.save(answer_set, key, {"number": "RT123418"})
    row = db.session.scalars(select(Answer).where(Answer.answer_set_id == answer_set.id)).one()
    assert row.value is None
    assert b"RT123418" not in (row.sealed or b"")
    assert str(answers.load(answer_set)["number"]) == "•••••"
    assert str(answers.load(answer_set, key)["number"]) == "•••••418"
    assert answers.opened(answer_set, key) == {"number": "RT123418"}
    assert answers.load_many({answer_set.id: version.id}) == {answer_set.id: {"number": Sealed()}}


def test_a_sealed_answer_moved_to_another_row_does_not_open() -> None:
    version = publish(page("pone", question("number", sealed=True), question("other", sealed=True)))
    person = make_person()
    answer_set, key = begin(version, person)
    answers.save(answer_set, key, {"number": "RT123418", "other": "x"})
    rows = {row.question: row for row in db.session.scalars(select(Answer))}
    rows["qother"].sealed = rows["qnumber"].sealed
    db.session.flush()
    with pytest.raises(AnswerGone):
        answers.opened(answer_set, key)


def test_revealing_is_recorded_with_its_reason() -> None:
    version = publish(page("pone", question("number", sealed=True), question("open")))
    answer_set, key = begin(version, make_person())
    officer = make_person()
    answers.save(answer_set, key, {"number": "RT123418", "open": "x"})
    asked = version.definition.question("number")
    assert answers.reveal(answer_set, asked, key, actor=officer, reason="Badge desk") == "RT123418"
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "answer.revealed")).one()
    assert (entry.actor_id, entry.subject_id, entry.detail) == (officer.id, answer_set.id, {"question": "qnumber"})
    assert "RT123418" not in json.dumps(entry.detail)
    with pytest.raises(NotFound):
        answers.reveal(answer_set, version.definition.question("open"), key, actor=officer, reason="x")
    destroy(key)
    with pytest.raises(AnswerGone):
        answers.reveal(answer_set, asked, key, actor=officer, reason="x")


def test_saving_takes_only_answers_to_questions_of_the_version() -> None:
    version = publish(page("pone", question("colour", "choice"), question("note", "section")))
    answer_set, key = begin(version, make_person())
    answers.save(answer_set, key, {"nobody_asked": "x", "note": "x", "owner_id": "x"})
    assert answers.load(answer_set) == {}
    with pytest.raises(AnswerWrong) as caught:
        answers.save(answer_set, key, {"colour": "purple"})
    assert caught.value.field == "q_colour"
    with pytest.raises(ValueError, match="another key"):
        answers.save(answer_set, begin(version, make_person())[1], {"colour": "red"})


def test_files_are_kept_replaced_and_given_up(app: Flask) -> None:
    version = publish(page("pone", question("letter", "file"), question("scan", "file", sealed=True)))
    person = make_person()
    answer_set, key = begin(version, person)
    answers.save(answer_set, key, {"letter": Upload("l.png", picture()), "scan": Upload("s.png", picture())})
    found = answers.load(answer_set)
    letter = answers.stored_file(answer_set, found["letter"])
    assert (letter.name, letter.owner_id, letter.seal_key_id) == ("l.png", person.id, None)
    answers.save(answer_set, key, {"letter": found["letter"]})
    assert letter.deleted_at is None
    answers.save(answer_set, key, {"letter": Upload("m.png", picture())})
    assert letter.deleted_at is not None
    with pytest.raises(NotFound):
        answers.stored_file(answer_set, found["letter"])
    sealed = db.session.scalars(select(StoredFile).where(StoredFile.seal_key_id == key.id)).one()
    answers.save(answer_set, key, {"scan": None})
    assert sealed.deleted_at is not None
    with pytest.raises(FileTypeRefused) as caught:
        answers.save(answer_set, key, {"letter": Upload("innocent.png", b"<script>alert(1)</script>")})
    assert caught.value.field == "q_letter"


def test_a_file_is_never_taken_over_by_its_id() -> None:
    version = publish(
        page("pone", question("letter", "file"), question("copy", "file"), question("scan", "file", sealed=True))
    )
    (mine, my_key), (theirs, their_key) = begin(version, make_person()), begin(version, make_person())
    answers.save(theirs, their_key, {"letter": Upload("l.png", picture()), "scan": Upload("s.png", picture())})
    answers.save(mine, my_key, {"letter": Upload("m.png", picture())})
    stolen = answers.opened(theirs, their_key)
    own = answers.load(mine)["letter"]
    attempts: list[dict[str, object]] = [{"letter": stolen["letter"]}, {"letter": stolen["scan"]}, {"copy": own}]
    attempts += [{"scan": stolen["scan"]}, {"letter": {"file": str(uuid.uuid4()), "name": "x.png", "size": 1}}]
    for attempt in attempts:
        with pytest.raises(AnswerWrong):
            answers.save(mine, my_key, attempt)
    assert answers.load(mine) == {"letter": own}
    assert answers.stored_file(mine, own).deleted_at is None
    for value in stolen.values():
        with pytest.raises(NotFound):
            answers.stored_file(mine, value)
    # What the answer holds already may be named, and its name and size stay what they are.
    answers.save(mine, my_key, {"letter": dict(own, name="other.html", size=0)})  # type: ignore[call-overload]
    assert answers.load(mine) == {"letter": own}


def test_the_files_of_a_set_are_found_at_once(statements: list[str]) -> None:
    version = publish(page("pone", question("letter", "file"), question("scan", "file", sealed=True), question("name")))
    answer_set, key = begin(version, make_person())
    answers.save(answer_set, key, {"name": "Amina"})
    db.session.flush()
    statements.clear()
    assert answers.attached(answer_set, answers.load(answer_set, key)) == {}
    assert len(statements) == 1
    answers.save(answer_set, key, {"letter": Upload("l.png", picture()), "scan": Upload("s.png", picture())})
    assert list(answers.attached(answer_set, answers.load(answer_set))) == ["letter"]
    db.session.flush()
    statements.clear()
    found = answers.attached(answer_set, answers.load(answer_set, key))
    assert {name: file.name for name, file in found.items()} == {"letter": "l.png", "scan": "file.png"}
    assert len(statements) == 2


def test_retention_deletes_each_answer_on_its_day_and_says_so() -> None:
    version = publish(
        page("pone", question("scan", "file", sealed=True, retention_days=30), question("name", retention_days=365))
    )
    answer_set, key = begin(version, make_person())
    end = now() + timedelta(days=10)
    answers.save(answer_set, key, {"scan": Upload("s.png", picture()), "name": "Amina"}, retain_from=end)
    file = db.session.scalars(select(StoredFile).where(StoredFile.seal_key_id == key.id)).one()
    assert actions.delete_expired(end + timedelta(days=29)) == 0
    assert actions.delete_expired(end + timedelta(days=31)) == 1
    assert answers.load(answer_set) == {"name": "Amina"}
    assert file.deleted_at is not None
    record = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "answers.expired")).one()
    assert (record.subject_id, record.detail) == (answer_set.id, {"number": 1})
    assert actions.delete_expired(end + timedelta(days=400)) == 1
    assert answers.load(answer_set) == {}


def test_erasing_a_person_takes_every_answer_and_nobody_elses() -> None:
    version = publish(page("pone", question("name"), question("letter", "file")))
    person, other = make_person(), make_person()
    mine, my_key = begin(version, person)
    theirs, their_key = begin(version, other)
    answers.save(mine, my_key, {"name": "Amina", "letter": Upload("l.png", picture())})
    answers.save(theirs, their_key, {"name": "Baya"})
    file = answers.stored_file(mine, answers.load(mine)["letter"])
    assert actions.erase_answers(person) == 2
    assert answers.load(mine) == {}
    assert file.deleted_at is not None
    assert answers.load(theirs) == {"name": "Baya"}


def test_carrying_over_takes_what_still_fits() -> None:
    first = publish(
        page(
            "pone",
            question("name"),
            question("colour", "choice"),
            question("shade", "choice"),
            question("number", sealed=True),
            question("unsealed", sealed=True),
            question("agree", "consent"),
            question("turned", "short_text"),
        )
    )
    person = make_person()
    source, key = begin(first, person)
    given = {"name": "Amina", "colour": "red", "shade": "blue", "number": "RT1", "unsealed": "x", "turned": "3"}
    answers.save(source, key, given | {"agree": True})
    second = publish(
        page(
            "pone",
            question("name", id="qother"),
            question("colour", "choice"),
            question("shade", "choice", options=options("dark", "light")),
            question("number", sealed=True),
            question("unsealed"),
            question("agree", "consent"),
            question("turned", "number"),
        )
    )
    target, _ = begin(second, person)
    assert actions.carry_over(source, key, target, key) == 3
    assert answers.opened(target, key) == {"name": "Amina", "colour": "red", "number": "RT1"}
    stranger, stranger_key = begin(second, make_person())
    with pytest.raises(ValueError, match="owner"):
        actions.carry_over(source, key, stranger, stranger_key)


def test_hidden_answers_are_dropped_when_sent() -> None:
    version = publish(
        page("pone", question("visa", "choice", options=options("yes", "no"))),
        page(
            "ptwo",
            question("place", required=True, show_if={"question": "visa", "in": ["yes"]}),
            question("street", show_if={"question": "place", "answered": True}),
            question("end"),
        ),
    )
    answer_set, key = begin(version, make_person())
    answers.save(answer_set, key, {"visa": "yes", "place": "Geneva", "street": "Avenue", "end": "x"})
    answers.save(answer_set, key, {"visa": "no"})
    found = answers.load(answer_set)
    assert answers.applicable(version.definition, found) == {"visa": "no", "end": "x"}
    assert answers.complete(version.definition, found) == []
    actions.finish_answers(answer_set, version.definition)
    assert answers.load(answer_set) == {"visa": "no", "end": "x"}


def test_what_applies_follows_pages_and_chains() -> None:
    definition = define(
        page("pone", question("a", "choice")),
        page("ptwo", question("b", required=True), show_if={"question": "a", "in": ["red"]}),
        page("pthree", question("c", required=True, show_if={"question": "b", "answered": True})),
    )
    assert [one.id for one in answers.visible_pages(definition, {})] == ["pone"]
    missing = answers.complete(definition, {"a": "red"})
    assert [(where.id, asked.key) for where, asked in missing] == [("ptwo", "b")]
    assert answers.complete(definition, {"a": "red", "b": "x", "c": "y"}) == []
    assert [one.id for one in answers.visible_pages(definition, {"a": "blue", "b": "left over", "c": "y"})] == ["pone"]


def test_a_required_consent_must_be_given() -> None:
    definition = define(page("pone", question("agree", "consent", required=True), question("photo", "consent")))
    assert len(answers.complete(definition, {"agree": False, "photo": False})) == 1
    assert answers.complete(definition, {"agree": True, "photo": False}) == []


def test_the_summary_masks_and_hides(app: Flask) -> None:
    definition = define(
        page(
            "pone",
            question("name", see=["organiser"]),
            question("number", sealed=True, see=["desk"]),
            question("gender", "choice", see=["statistics"]),
            question("photo", "consent", see=["organiser", "desk"]),
            question("note", "section"),
        )
    )
    given = {"name": "Amina", "number": Sealed("418"), "gender": "red", "photo": False}
    with app.test_request_context("/en/"):
        own = answers.to_show(definition, given, "en", url=lambda where: f"/{where.id}")
        assert [(row.key, row.value, row.url) for row in own[0].rows] == [
            ("name", "Amina", "/pone"),
            ("number", "•••••418", "/pone"),
            ("gender", "red label", "/pone"),
            ("photo", "No", "/pone"),
        ]
        desk = answers.to_show(definition, given, "en", who={"desk"})
        assert [(row.key, row.value) for row in desk[0].rows] == [("number", "•••••418"), ("photo", "No")]
        assert answers.to_show(definition, given, "en", who={"check_in"}) == []


def test_answer_sets_are_read_in_a_fixed_number_of_statements(statements: list[str]) -> None:
    version = publish(page("pone", question("name")))
    sets = []
    for name in ("Amina", "Baya", "Chen"):
        answer_set, key = begin(version, make_person())
        answers.save(answer_set, key, {"name": name})
        sets.append(answer_set.id)
    db.session.flush()
    statements.clear()
    answers.load_many({sets[0]: version.id})
    one = len(statements)
    statements.clear()
    assert [found["name"] for found in answers.load_many(dict.fromkeys(sets, version.id)).values()] == [
        "Amina",
        "Baya",
        "Chen",
    ]
    assert (one, len(statements)) == (1, 1)
    assert db.session.query(AnswerSet).count() == 3

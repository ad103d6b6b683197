"""The pages of a release, as officers, approvers and others meet them."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import release_panels, releasing
from eventhub.awards.release_models import Decision, Failed, Staging
from eventhub.funding.desk_models import FundPair
from eventhub.funding.models import Application, CallRules, Debt, Owed, State
from eventhub.funding.own import Intake
from eventhub.kit.clock import now
from eventhub.kit.codes import LANGUAGES, reason_text
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.kit.panels import Panel
from eventhub.people.models import Person, Role
from eventhub.registration.reference import new_reference
from tests.factories.people import make_person, sign_in
from tests.factories.releasing import Decided, make_staged, release
from tests.factories.selecting import make_member, role
from tests.programme.console import error_at, fields_of, send, text_of

pytestmark = pytest.mark.usefixtures("database")
GO = {"when": "now", "go": "send"}


@pytest.fixture
def scene(client: FlaskClient) -> Decided:
    """Staged decisions, and their officer at the desk."""
    made = make_staged(40, 3)
    sign_in(client, made.officer)
    return made


def at(scene: Decided, rest: str = "", lang: str = "en") -> str:
    return f"/{lang}/console/funds/{scene.call.slug}/release{rest}"


def file_in(scene: Decided, state: State) -> Application:
    return next(one for one in scene.files if one.state is state)


def person_of(file: Application) -> Person:
    return db.session.get_one(Person, file.person_id)


def letters() -> list[Promise]:
    return list(db.session.scalars(select(Promise).where(Promise.task.in_(["awards.offered", "awards.decided"]))))


def test_the_page_shows_decisions_by_kind_and_releases_all(client: FlaskClient, scene: Decided) -> None:
    page = client.get(at(scene))
    told = text_of(page)
    assert page.status_code == HTTPStatus.OK
    for words in ("Selected", "On the reserve list", "Not selected", "40 people learn at the same time"):
        assert words in told
    assert "/awaited/" in told
    assert 'name="stamp"' in page.text
    assert page.text.count('name="stamp"') == 1
    assert error_at(send(client, at(scene), at=at(scene)), "when") == "Error: Choose when the decisions are released"
    asked = send(client, at(scene), at=at(scene), when="now")
    for words in ("Release 40 decisions?", "Approved in all: USD", "it cannot be taken back", "40 people learn"):
        assert words in text_of(asked)
    assert not letters()
    assert client.post(at(scene), data=fields_of(asked, action=at(scene)) | GO).status_code == HTTPStatus.SEE_OTHER
    assert len(letters()) == 40
    after = text_of(client.get(at(scene)))
    assert "40 people are being told." in after
    assert "Everything is released" in after


def test_the_same_form_sent_twice_releases_once(client: FlaskClient, scene: Decided) -> None:

    values = fields_of(client.get(at(scene)), action=at(scene)) | GO
    assert client.post(at(scene), data=values).status_code == HTTPStatus.SEE_OTHER
    assert client.post(at(scene), data=values).status_code == HTTPStatus.SEE_OTHER
    assert len(letters()) == 40


def test_an_instant_is_set_shown_and_stopped(client: FlaskClient, scene: Decided) -> None:
    when = (now() + timedelta(days=1)).strftime("%Y-%m-%dT10:00")

    past = send_at(client, scene, "")
    assert "Choose a day and a time" in error_at(past, "at")
    values = fields_of(client.get(at(scene)), action=at(scene)) | {"when": "later", "at": when}
    asked = client.post(at(scene), data=values)
    assert "10:00" in text_of(asked)
    assert fields_of(asked, action=at(scene))["at"] == [when]
    assert not letters()
    assert send_at(client, scene, "2001-01-01T10:00").status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert send_at(client, scene, when).status_code == HTTPStatus.SEE_OTHER
    assert not letters()
    page = client.get(at(scene))
    assert "The release is set" in text_of(page)
    assert "Release the decisions" not in text_of(page)
    assert send(client, at(scene, "/stop"), at=at(scene)).status_code == HTTPStatus.SEE_OTHER
    assert "Release stopped" in text_of(client.get(at(scene)))
    assert not letters()


def send_at(client: FlaskClient, scene: Decided, when: str) -> object:

    values = fields_of(client.get(at(scene)), action=at(scene)) | {"when": "later", "at": when, "go": "send"}
    return client.post(at(scene), data=values)


def test_a_release_that_failed_is_shown_with_its_reason_and_whom_it_is_about(
    client: FlaskClient, scene: Decided
) -> None:
    made = release(scene, at=now() + timedelta(hours=1))
    file = file_in(scene, State.NOT_RECOMMENDED)
    releasing.say(scene.officer, releasing.one_staged(scene.call.id, file.id), reason="budget", words=None, version=1)
    assert "Release failed" not in text_of(client.get("/en/console"))
    releasing.release_due(made.id)
    told = text_of(client.get(at(scene)))
    for words in (
        "The decisions had moved on",
        "Files that changed since the release was set",
        person_of(file).public_name,
    ):
        assert words in told
    assert "Release failed" in text_of(client.get("/en/console"))
    release(scene)
    assert "Files that changed since the release was set" not in text_of(client.get(at(scene)))
    assert "Release failed" not in text_of(client.get("/en/console"))


def test_a_possible_duplicate_of_somebody_chosen_is_named_before_it_goes(client: FlaskClient, scene: Decided) -> None:
    chosen, other = file_in(scene, State.APPROVED), file_in(scene, State.NOT_RECOMMENDED)
    first, second = sorted((chosen.id, other.id))
    words = "Possible duplicates, one of them chosen"
    assert words not in text_of(client.get(at(scene)))
    pair = FundPair(call_id=scene.call.id, first_id=first, second_id=second, score=3, reasons=["name"])
    db.session.add(pair)
    db.session.flush()
    told = text_of(client.get(at(scene)))
    assert words in told
    assert person_of(other).public_name in told
    asked = text_of(send(client, at(scene), at=at(scene), when="now"))
    for page in (told, asked):
        for said in (
            words,
            "Is it time?",
            "40 files lack a reader.",
            "1 possible duplicate waits for the fund’s desk.",
        ):
            assert said in page, said
    assert f"#{chosen.number}" in told
    sign_in(client, role(person_of(other), Role.FUND_OFFICER, scene.call))
    assert words not in text_of(client.get(at(scene))), "nobody learns of whoever looks like them"


def test_who_is_held_back_is_told_to_nobody_who_is_near(client: FlaskClient, scene: Decided) -> None:
    file = file_in(scene, State.APPROVED)
    made = release(scene, at=now() + timedelta(hours=1))
    db.session.add(Debt(kind=Owed.REPORT, person_id=file.person_id, since=now()))
    db.session.flush()
    releasing.release_due(made.id)
    told = text_of(client.get(at(scene)))
    assert "1 person was not told" in told
    assert person_of(file).public_name in told
    assert "To release" in text_of(client.get("/en/console"))
    sign_in(client, role(person_of(file), Role.FUND_OFFICER, scene.call))
    told = text_of(client.get(at(scene)))
    assert "was not told" not in told
    assert "To release" not in text_of(client.get("/en/console"))


def test_what_changed_meanwhile_is_named_before_it_goes(client: FlaskClient, scene: Decided) -> None:

    values = fields_of(client.get(at(scene)), action=at(scene)) | GO
    file = file_in(scene, State.NOT_RECOMMENDED)
    one = releasing.one_staged(scene.call.id, file.id)
    releasing.say(scene.officer, one, reason="budget", words=None, version=1)
    page = client.post(at(scene), data=values)
    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Something changed since you opened this page" in text_of(page)
    told = text_of(page)
    assert "Files that changed since you looked" in told
    assert person_of(file).public_name in told
    assert not letters()


def test_a_reason_and_words_are_changed_on_the_letters_page(client: FlaskClient, scene: Decided) -> None:
    file = file_in(scene, State.NOT_RECOMMENDED)
    person_of(file).language = "fr"
    db.session.flush()
    where = at(scene, f"/{file.id}")
    page = client.get(where)
    assert " ".join(reason_text("funding", "below_line", "fr").split()) in text_of(page)
    assert send(client, where, reason="nonsense").status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    long = send(client, where, reason="budget", words="x" * 3000)
    assert error_at(long, "words")
    assert "x" * 3000 in long.get_data(as_text=True)
    assert send(client, where, reason="budget", words="L'eau <b>compte</b>").status_code == HTTPStatus.SEE_OTHER
    told = text_of(client.get(where))
    assert "L'eau <b>compte</b>" in told
    assert " ".join(reason_text("funding", "budget", "fr").split()) in told
    release(scene)
    assert client.get(where).status_code == HTTPStatus.NOT_FOUND


def test_two_officers_change_one_reason(client: FlaskClient, scene: Decided) -> None:

    file = file_in(scene, State.NOT_RECOMMENDED)
    where = at(scene, f"/{file.id}")
    values = fields_of(client.get(where))
    releasing.say(
        scene.officer, releasing.one_staged(scene.call.id, file.id), reason="budget", words="First", version=1
    )
    page = client.post(where, data=values | {"reason": "other", "words": "Second"})
    assert "Somebody else changed this" in text_of(page)
    assert "Second" in page.get_data(as_text=True)


def test_a_chosen_person_s_letter_is_shown_and_its_link_leads_nowhere(client: FlaskClient, scene: Decided) -> None:
    page = client.get(at(scene, f"/{file_in(scene, State.APPROVED).id}"))
    told = text_of(page)
    assert "a grant is offered to you" in told
    address = next(part for part in told.split() if "/awaited/" in part)
    assert client.get("/en/awaited/" + address.rpartition("/")[2]).status_code == HTTPStatus.NOT_FOUND


def test_a_discreet_person_gets_a_neutral_mail_and_an_alias_in_lists(client: FlaskClient, scene: Decided) -> None:
    file = file_in(scene, State.NOT_RECOMMENDED)
    person = person_of(file)
    person.discreet, person.alias, name = True, "Marigold", person.name
    db.session.flush()
    told = client.get(at(scene)).get_data(as_text=True)
    assert "Marigold" in told
    assert name not in told
    letter = text_of(client.get(at(scene, f"/{file.id}")))
    assert "There is news for you" in letter
    assert reason_text("funding", "below_line", "en")[:40] not in letter.partition("Why")[0]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_in_six_languages(client: FlaskClient, scene: Decided, lang: str) -> None:
    file = file_in(scene, State.RESERVE)
    for rest in ("", f"/{file.id}"):
        assert client.get(at(scene, rest, lang)).status_code == HTTPStatus.OK


def test_the_page_takes_as_many_statements_for_many(client: FlaskClient, statements: list[str]) -> None:
    counts = []
    for number in (3, 30):
        made = make_staged(number, 1)
        sign_in(client, made.officer)
        client.get(at(made))
        statements.clear()
        client.get(at(made))
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 33


@pytest.mark.parametrize("which", [Role.BOARD_MEMBER, Role.FINANCE, Role.FUND_REVIEWER, None])
def test_others_may_not_know_of_it(client: FlaskClient, which: Role | None) -> None:
    made = make_staged()
    person = make_person()
    if which:
        role(person, which, made.call)
    sign_in(client, person)
    for rest in ("", f"/{made.files[0].id}"):
        assert client.get(at(made, rest)).status_code == HTTPStatus.NOT_FOUND


def test_an_approver_looks_and_does_not_release(client: FlaskClient) -> None:
    made = make_staged()
    sign_in(client, made.approver)
    page = client.get(at(made))
    assert page.status_code == HTTPStatus.OK
    assert "Release the decisions" not in text_of(page)


def test_an_officer_s_own_decision_is_not_there(client: FlaskClient, scene: Decided) -> None:
    file = file_in(scene, State.RESERVE)
    name = person_of(file).name
    file.filed_by_id = scene.officer.id
    db.session.flush()
    told = client.get(at(scene)).get_data(as_text=True)
    assert name not in told
    assert "a colleague takes care of them." in told
    assert client.get(at(scene, f"/{file.id}")).status_code == HTTPStatus.NOT_FOUND
    assert "stamp" not in told
    assert client.post(at(scene), data=GO).status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
    assert not letters()


def test_a_staging_that_failed_stands_on_the_page_and_on_today(client: FlaskClient, scene: Decided) -> None:
    row = db.session.scalars(select(Staging)).one()
    row.done_at, row.failed, row.missing = None, Failed.MONEY, 123_400
    db.session.flush()
    told = text_of(client.get(at(scene)))
    assert "USD\xa01,234" in told or "USD 1,234" in told
    assert "Release the decisions" not in told
    assert "Not prepared" in text_of(client.get("/en/console"))
    assert send(client, at(scene, "/again"), at=at(scene)).status_code == HTTPStatus.SEE_OTHER


def test_the_applicant_reads_why_only_after_the_release(client: FlaskClient, scene: Decided) -> None:
    file = file_in(scene, State.NOT_RECOMMENDED)
    one = releasing.one_staged(scene.call.id, file.id)
    releasing.say(scene.officer, one, reason="budget", words="Water matters", version=1)
    file.reference = new_reference(scene.call.code)
    db.session.flush()
    sign_in(client, person_of(file))
    where = f"/en/me/applications/{file.reference}"
    before = text_of(client.get(where))
    assert "Water matters" not in before
    assert "Under review" in before
    release(scene)
    after = text_of(client.get(where))
    assert "Water matters" in after
    assert " ".join(reason_text("funding", "budget", "en").split()) in after
    assert db.session.scalars(select(Decision).where(Decision.application_id == file.id)).one().told_at


def test_a_member_of_the_board_does_not_release(client: FlaskClient, scene: Decided) -> None:
    sign_in(client, make_member(scene.call))
    assert client.post(at(scene)).status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN}
    assert not letters()


def test_whoever_was_not_part_of_a_release_reads_so(app: Flask, scene: Decided) -> None:
    left, told = scene.files[:2]
    left.state, left.outcome_seen = State.UNDER_REVIEW, None
    db.session.flush()
    rules = db.session.scalars(select(CallRules).where(CallRules.call_id == scene.call.id)).first()
    assert rules is not None

    def panel(file: Application) -> Panel | None:
        with app.test_request_context("/en/"):
            g.lang = "en"
            return release_panels.mine(Intake(scene.call, None, rules, file, None, person_of(file).seal_key))

    assert panel(left) is None
    release(scene)
    found = panel(left)
    assert found is not None
    assert found.template == "awards/release_without.html"
    other = panel(told)
    assert other is None or other.template != found.template

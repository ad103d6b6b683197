"""The pages of an applicant as a browser without scripts meets them."""

import copy
import io
import uuid
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.funding import applying, notices, own, told
from eventhub.funding.models import Application, Call, Debt, Owed, Stand, State
from eventhub.funding.moves import move
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.i18n import show_date
from eventhub.kit.mail import render
from eventhub.people.models import Person
from eventhub.questionnaires.models import Answer
from tests.delegations.test_journeys import browser
from tests.factories.funding import ANSWERS, FORM, an_open_call, apply, begin, held
from tests.factories.people import make_person, sign_in
from tests.factories.programme import PDF_BYTES
from tests.factories.registration import make_forum, register
from tests.programme.console import error_at, fields_of, text_of

pytestmark = pytest.mark.usefixtures("database")

TYPED: dict[str, dict[str, object]] = {
    "p1": {"q_residence": "KE", "q_first_time": "yes"},
    "p2": {"q_nominating_organisation": "Pastoralist Women Forum"},
    "p3": {"q_why_need": "No grant pays for it.", "q_why_voice": "What was promised."},
    "p4": {"q_support": ["full", "partial"], "q_partial_amount": "850.50"},
    "p5": {"q_gender": "woman"},
    "p6": {},
}


def at(call: Call, more: str = "", lang: str = "en") -> str:
    return f"/{lang}/funds/{call.slug}/apply{more}"


def fill(client: FlaskClient, call: Call, page: str, **more: object) -> str:
    """Send one page as a browser would; where it leads."""
    there = client.get(at(call, f"/{page}"))
    values = fields_of(there, action=f"/apply/{page}") | TYPED[page] | more
    sent = client.post(at(call, f"/{page}"), data=values, content_type="multipart/form-data")
    assert sent.status_code == 303, text_of(sent)
    return sent.location


def only(person: Person) -> Application:
    return db.session.scalars(select(Application).where(Application.person_id == person.id)).one()


def test_from_the_first_page_to_a_reference_and_a_number(client: FlaskClient) -> None:
    call, person = an_open_call(), make_person()
    begun = client.get(at(call))
    assert "It takes about 24 minutes." in text_of(begun)
    sign_in(client, person)
    for page, following in zip(TYPED, [*list(TYPED)[1:], "check"], strict=True):
        assert fill(client, call, page).endswith(f"/apply/{following}")
    looked = client.get(at(call, "/check"))
    assert "Pastoralist Women Forum" in text_of(looked)
    assert "Woman" not in text_of(looked)
    sent = client.post(at(call, "/check"), data=fields_of(looked, action="/check"))
    assert sent.location.endswith("/apply/done")
    done = text_of(client.get(at(call, "/done")))
    one = only(person)
    assert one.reference
    assert one.reference in done
    assert "Its number is 1." in done
    assert one.asked_amount == 85_050
    again = client.post(at(call, "/check"), data=fields_of(looked, action="/check"))
    assert again.location == sent.location
    assert client.get(at(call)).location.endswith(one.reference)
    mine = text_of(client.get(f"/en/me/applications/{one.reference}"))
    assert "Sent" in mine
    assert "What happened" in mine
    assert "My application" in text_of(client.get("/en/me"))


def test_what_holds_is_kept_and_the_draft_goes_on_from_another_device(client: FlaskClient) -> None:
    call, person = an_open_call(), make_person()
    sign_in(client, person)
    values = fields_of(client.get(at(call, "/p3")), action="/p3") | {"q_why_need": "First half"}
    again = client.post(at(call, "/p3"), data=values)
    assert again.status_code == 422
    assert error_at(again, "q_why_voice")
    other = browser(client.application, person)
    assert "First half" in other.get(at(call, "/p3")).get_data(as_text=True)
    overview = text_of(other.get(at(call)))
    assert "1 missing" in overview
    assert "Not yet" in overview
    later = other.post(at(call, "/p3"), data=fields_of(other.get(at(call, "/p3")), action="/p3") | {"go": "later"})
    assert later.location.endswith("/apply")


def test_all_gaps_stand_on_the_check_page_with_the_way_to_each(client: FlaskClient) -> None:
    call = an_open_call(changed={"vouching": {"nominator": True, "referees": 2}})
    sign_in(client, person := make_person())
    begin(call, person, {"residence": "KE"})
    page = client.get(at(call, "/check"))
    words = page.get_data(as_text=True)
    assert "7 answers are still missing" in words
    for way in ("/p1#q_first_time", "/p3#q_why_need", "/p4#q_support", "/people/nominator-1", "/people/referee-2"):
        assert f"{way}" in words
    sent = client.post(at(call, "/check"), data=fields_of(page, action="/check"))
    assert sent.status_code == 422
    assert only(person).state is State.DRAFT


def test_two_windows_that_disagree_are_both_shown(client: FlaskClient) -> None:
    call, person = an_open_call(), make_person()
    sign_in(client, person)
    begin(call, person)
    first, second = (fields_of(client.get(at(call, "/p3")), action="/p3") for _window in range(2))
    assert client.post(at(call, "/p3"), data=first | {"q_why_need": "From one"}).status_code == 303
    clash = client.post(at(call, "/p3"), data=second | {"q_why_need": "From the other"})
    assert clash.status_code == 422
    assert "From one" in error_at(clash, "q_why_need")
    looked = fields_of(client.get(at(call, "/check")), action="/check")
    assert client.post(at(call, "/p3"), data=fields_of(clash, action="/p3")).status_code == 303
    assert client.post(at(call, "/check"), data=looked).status_code == 422
    assert only(person).state is State.DRAFT


def test_what_was_typed_while_another_window_sent_it_stands_on_the_page_of_changes(client: FlaskClient) -> None:
    call, person = an_open_call(), make_person()
    sign_in(client, person)
    begin(call, person)
    typed = fields_of(client.get(at(call, "/p3")), action="/p3") | {"q_why_need": "Typed in the second window"}
    sent = applying.submit(person, held(call, person))
    answer = client.post(at(call, "/p3"), data=typed)
    assert answer.status_code == 409
    assert "sent already, from another window" in text_of(answer)
    assert "Typed in the second window" in text_of(answer)
    before = client.get(f"/en/me/applications/{sent.reference}")
    assert "Typed in the second window" not in text_of(before)
    saved = client.post(
        f"/en/me/applications/{sent.reference}/answers/p3", data=fields_of(answer, action="/answers/p3")
    )
    assert saved.status_code == 303
    assert "Typed in the second window" in text_of(client.get(saved.location))


def test_autosave_keeps_what_holds_and_says_what_does_not(client: FlaskClient) -> None:
    call, person = an_open_call(), make_person()
    sign_in(client, person)
    values = fields_of(client.get(at(call, "/p1")), action="/p1") | {"q_residence": "KE"}
    assert client.post(at(call, "/p1/draft"), data=values).status_code == 204
    assert only(person).state is State.DRAFT
    begin(call, person)
    applying.submit(person, held(call, person))
    assert client.post(at(call, "/p1/draft"), data=values | {"form_key": str(uuid.uuid4())}).status_code == 409


@pytest.mark.parametrize("body", [b"MZ\x90\x00" * 40, b"<svg onload=alert(1)>", b"%PDF-1.4\n/JavaScript", b""])
def test_hostile_papers_are_refused_at_their_field(client: FlaskClient, body: bytes) -> None:
    call, person = an_open_call(), make_person()
    sign_in(client, person)
    values = fields_of(client.get(at(call, "/p6")), action="/p6") | {"q_letter": (io.BytesIO(body), "../letter.pdf")}
    sent = client.post(at(call, "/p6"), data=values, content_type="multipart/form-data")
    assert sent.status_code == 422
    assert error_at(sent, "q_letter")


def test_own_files_are_saved_and_a_sealed_one_by_post_alone(client: FlaskClient) -> None:
    call, person = an_open_call(), make_person()
    sign_in(client, person)
    papers = {name: (io.BytesIO(PDF_BYTES), "paper.pdf") for name in ("q_letter", "q_identity_copy")}
    fill(client, call, "p6", **papers)
    assert client.get(at(call, "/files/letter")).headers["Content-Disposition"].startswith("attachment")
    assert client.get(at(call, "/files/identity_copy")).status_code == 404
    form = fields_of(client.get(at(call, "/p6")), action="/files/identity_copy")
    assert client.post(at(call, "/files/identity_copy"), data=form).data.startswith(b"%PDF")
    other = browser(client.application, make_person())
    assert other.get(at(call, "/files/letter")).status_code == 404
    sealed = client.get(at(call, "/sealed/answers"))
    fill(client, call, "p5")
    assert "Woman" not in text_of(sealed)
    shown = client.post(at(call, "/sealed/answers"), data=fields_of(sealed))
    assert "Woman" in text_of(shown)


def test_a_sent_file_is_amended_completed_and_withdrawn(client: FlaskClient) -> None:
    call, person = an_open_call(), make_person()
    sign_in(client, person)
    one = apply(call, person)
    mine = f"/en/me/applications/{one.reference}"
    page = client.get(f"{mine}/answers/p1")
    values = fields_of(page, action="/answers/p1") | {"q_residence": "SN"}
    assert client.post(f"{mine}/answers/p1", data=values).location.endswith(mine)
    assert only(person).residence == "SN"
    move(only(person), State.INFO_REQUESTED, actor=None)
    only(person).due_at = now()
    call.closes_at = now()
    db.session.flush()
    values = fields_of(client.get(f"{mine}/answers/p3"), action="/answers/p3") | {"q_why_need": ""}
    assert client.post(f"{mine}/answers/p3", data=values).status_code == 422
    asked = client.get(mine)
    assert "We need something more from you" in text_of(asked)
    assert "Send it again" not in text_of(asked)
    values = fields_of(client.get(f"{mine}/answers/p3"), action="/answers/p3") | {"q_why_need": "Said anew"}
    assert client.post(f"{mine}/answers/p3", data=values).status_code == 303
    asked = client.get(mine)
    sent = client.post(f"{mine}/send", data=fields_of(asked, action="/send"))
    assert sent.location.endswith(mine)
    assert only(person).state is State.SUBMITTED
    assert client.get(f"{mine}/answers/p1").status_code == 303
    out = client.get(f"{mine}/withdraw")
    assert client.post(f"{mine}/withdraw", data=fields_of(out, action="/withdraw")).location.endswith(mine)
    assert "Withdrawn" in text_of(client.get(mine))
    assert client.get(f"{mine}/withdraw").status_code == 303


def test_nobody_elses_application_is_there(client: FlaskClient) -> None:
    call, person = an_open_call(), make_person()
    one = apply(call, person)
    sign_in(client, make_person())
    for more in ("", "/answers/p1", "/withdraw"):
        assert client.get(f"/en/me/applications/{one.reference}{more}").status_code == 404
    assert client.get("/en/me/applications/EH-NO-SUCH").status_code == 404
    assert client.get(at(an_open_call(stand=Stand.DRAFT))).status_code == 404


def test_what_stands_in_the_way_is_told_before_anything_is_typed(client: FlaskClient) -> None:
    call, person = an_open_call(), make_person()
    db.session.add(Debt(kind=Owed.REPORT, person_id=person.id))
    sign_in(client, person)
    assert "You owe the report on an earlier journey." in text_of(client.get(at(call)))
    begin(call, person)
    page = client.get(at(call, "/check"))
    assert client.post(at(call, "/check"), data=fields_of(page, action="/check")).status_code == 422


def test_what_bars_the_organization_is_told_when_it_is_sent_and_names_nobody(client: FlaskClient) -> None:
    call = an_open_call(changed={"limits": {"nominees_per_organisation": 1}})
    first, person = make_person(name="Omar Barre"), make_person()
    apply(call, first)
    sign_in(client, person)
    begin(call, person)
    page = client.get(at(call, "/check"))
    told = text_of(client.post(at(call, "/check"), data=fields_of(page, action="/check")))
    assert "This organization has nominated 1 person already" in told
    assert "Omar" not in told
    assert only(person).number is None
    sent = apply(call, person, ANSWERS | {"nominating_organisation": {"name": "Herders"}})
    address = f"/en/me/applications/{sent.reference}/answers/p2"
    values = fields_of(client.get(address), action="/answers/p2")
    values |= {"q_nominating_organisation": "Pastoralist Women Forum"}
    refused = client.post(address, data=values)
    assert refused.status_code == 422
    assert "This organization has nominated 1 person already" in text_of(refused)


@pytest.mark.parametrize(
    ("stand", "days", "words"),
    [("cancelled", 7, "This call was cancelled"), ("open", -7, "This call is closed"), ("settled", 7, "is closed")],
)
def test_a_call_that_takes_nothing_says_so(client: FlaskClient, stand: str, days: int, words: str) -> None:
    call = an_open_call(stand=Stand(stand))
    call.opens_at = now() - timedelta(days=20)
    call.closes_at = now() + timedelta(days=days)
    db.session.flush()
    assert words in text_of(client.get(at(call)))
    sign_in(client, make_person())
    assert words in text_of(client.get(at(call)))
    values = fields_of(client.get(at(call, "/p1")), action="/p1") | TYPED["p1"]
    assert client.post(at(call, "/p1"), data=values).status_code in {409, 422}
    assert db.session.scalar(select(Application.id)) is None


def test_answers_of_the_registration_are_taken_by_a_press_sealed_ones_by_their_own(client: FlaskClient) -> None:
    form = copy.deepcopy(FORM)
    form["pages"][0]["questions"].append(
        {"id": "qdoc", "key": "document_number", "kind": "short_text", "label": "Document", "sealed": True}
    )
    event, person = make_forum(), make_person()
    register(event, person)
    call = an_open_call(event, form=form)
    sign_in(client, person)
    page = client.get(at(call, "/former"))
    words = text_of(page)
    assert "Somalia" in words
    assert "Document" in words
    assert "RT1234418" not in words
    taken = client.post(at(call, "/former"), data=fields_of(page, action="/former"))
    assert taken.location.endswith("/apply/former")
    one = only(person)
    assert one.registration_id is not None
    kept = select(Answer.question).where(Answer.answer_set_id == one.answer_set_id)
    assert set(db.session.scalars(kept)) == {"qnationality", "qorganisation"}
    page = client.get(at(call, "/former"))
    values = fields_of(page, action="/former") | {"go": "sealed"}
    assert client.post(at(call, "/former"), data=values).location.endswith("/apply")
    assert "qdoc" in set(db.session.scalars(kept))
    assert "I have looked at the answers that were taken over" in text_of(client.get(at(call, "/check")))


def test_pages_take_as_many_statements_whatever_there_is(client: FlaskClient, statements: list[str]) -> None:
    person = make_person()
    sign_in(client, person)
    counts = {}
    for number in (1, 3):
        calls = [an_open_call(changed={"vouching": {"nominator": True}}) for _one in range(number)]
        for call in calls:
            begin(call, person, ANSWERS)
        db.session.flush()
        seen = []
        for address in (at(calls[0]), at(calls[0], "/check"), at(calls[0], "/p3"), "/en/me"):
            statements.clear()
            assert client.get(address).status_code == 200
            seen.append(len(statements))
        counts[number] = seen
    assert counts[1] == counts[3]
    assert all(one <= 10 for one in counts[1][:3]), counts
    assert counts[1][3] <= 13, "every feature has a panel on My page"


def test_the_last_two_steps_have_the_bar_and_the_way_back(client: FlaskClient) -> None:
    call, person = an_open_call(changed={"vouching": {"nominator": True}}), make_person()
    begin(call, person)
    sign_in(client, person)
    people = text_of(client.get(at(call, "/people")))
    assert "Step 7 of 8" in people
    assert "Back to: " in people
    last = text_of(client.get(at(call, "/check")))
    assert "Step 8 of 8" in last
    assert "Back to: Who vouches for you" in last


@pytest.mark.parametrize("lang", ["en", "ar", "zh", "fr", "ru", "es"])
def test_number_and_day_of_the_answer_stand_where_the_applicant_looks(client: FlaskClient, lang: str) -> None:
    call, person = an_open_call(changed={"answer_days": 30}), make_person(language=lang)
    one = apply(call, person)
    sign_in(client, person)
    day = told.answer_day(call, own.rules_of(own.call_of(call.slug)[1]))
    assert day is not None
    assert day == (call.closes_at + timedelta(days=30)).astimezone(ZoneInfo(call.time_zone)).date()
    said = show_date(day, lang)
    for page in (at(call, "/done", lang), f"/{lang}/me/applications/{one.reference}", f"/{lang}/me"):
        shown = text_of(client.get(page))
        assert said in shown
        assert str(one.number) in shown
    letter = notices.received(one, call, person, answered_by=day)
    assert letter is not None
    mail = render(letter, "<1@example.org>", now())
    assert said in mail.text
    assert str(one.number) in mail.text
    one.state = State.NOT_RECOMMENDED
    db.session.flush()
    assert said not in text_of(client.get(f"/{lang}/me"))


def test_a_call_that_names_no_day_promises_none(client: FlaskClient) -> None:
    call, person = an_open_call(make_forum()), make_person()
    apply(call, person)
    sign_in(client, person)
    for page in (at(call, "/done"), "/en/me", f"/en/funds/{call.slug}"):
        assert "at the latest" not in text_of(client.get(page))


def test_the_answer_comes_before_the_event() -> None:
    forum = make_forum()
    call = an_open_call(forum, changed={"answer_days": 365})
    rules = own.rules_of(own.call_of(call.slug)[1])
    assert told.answer_day(call, rules) == forum.first_day - timedelta(days=1)


def test_what_counts_is_said_beside_the_deadline(client: FlaskClient) -> None:
    call = an_open_call(changed={"answer_days": 30})
    page = text_of(client.get(f"/en/funds/{call.slug}"))
    assert "What counts is the moment when you send your application." in page
    assert "at the latest 30 days after the deadline" in page

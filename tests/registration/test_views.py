"""The way of a participant: page by page, with everything that goes wrong on it."""

import re
import uuid
from datetime import timedelta

import html5lib
import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.actions import set_consents
from eventhub.people.models import Channel, Person
from eventhub.people.queries import consenting
from eventhub.programme.models import Event, Publication
from eventhub.questionnaires import answers
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration import actions, disclosure, opening
from eventhub.registration.models import Registration, RegistrationSetup, State
from eventhub.registration.moves import move
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.registration import intake, make_dialogue, make_forum, make_registration, register

PAGE_1 = {"q_attendance_mode": "in_person", "q_category": "ngo_no_ecosoc", "q_organisation": "Horn Voices"}
PAGE_2 = {"q_legal_name": "Amina Yusuf", "q_nationality": "SO", "q_document_number": "RT123456789"}
HOSTILE = "<script>alert(1)</script>\"'\u202e\ud800\x00=1+1{{7*7}}"


@pytest.fixture
def person(client: FlaskClient) -> Person:
    return sign_in(client, make_person(name="Amina Yusuf Warsame"))


def mine(event: Event, person: Person) -> Registration | None:
    db.session.expire_all()
    rows = select(Registration).where(Registration.event_id == event.id, Registration.person_id == person.id)
    return db.session.scalar(rows)


def kept(registration: Registration | None) -> dict[str, object]:
    assert registration is not None
    return answers.load(db.session.get_one(AnswerSet, registration.answer_set_id))


def test_from_start_to_done(client: FlaskClient, person: Person) -> None:
    event = make_forum()
    base = f"/en/events/{event.slug}/register"
    start = client.get(base)
    assert start.status_code == 200
    assert "Register by" in start.text
    assert f"{base}/p1" in start.text
    for page, sent, then in (("p1", PAGE_1, "p2"), ("p2", PAGE_2, "p3"), ("p3", {}, "check")):
        fields = form_fields(client.get(f"{base}/{page}").text)
        answer = client.post(f"{base}/{page}", data=fields | sent)
        assert (answer.status_code, answer.location) == (303, f"{base}/{then}")
    check = client.get(f"{base}/check")
    assert "Amina Yusuf" in check.text
    assert "RT123456789" not in check.text
    assert "•••••789" in check.text
    sent_now = client.post(f"{base}/check", data=form_fields(check.text))
    assert sent_now.location == f"{base}/done"
    done = client.get(f"{base}/done").text
    registration = mine(event, person)
    assert registration is not None
    assert registration.state is State.UNDER_REVIEW
    assert registration.reference in done
    assert "<svg" in done
    assert "style=" not in done
    assert client.get(base).location == f"/en/me/registrations/{registration.reference}"


def test_a_draft_goes_on_where_it_stopped_on_another_device(client: FlaskClient, person: Person) -> None:
    event = make_forum()
    base = f"/en/events/{event.slug}/register"
    fields = form_fields(client.get(f"{base}/p1").text)
    client.post(f"{base}/p1", data=fields | PAGE_1)
    fields = form_fields(client.get(f"{base}/p2").text)
    later = client.post(f"{base}/p2", data=fields | {"q_legal_name": "Amina", "go": "later"})
    assert later.location == "/en/me"
    other = client.application.test_client()
    sign_in(other, person)
    assert "Draft" in other.get("/en/me").text
    assert f"{base}/p2" in other.get(base).text
    assert 'value="Amina"' in other.get(f"{base}/p2").text


def test_what_holds_is_kept_though_the_page_is_wrong(client: FlaskClient, person: Person) -> None:
    event = make_forum()
    base = f"/en/events/{event.slug}/register"
    fields = form_fields(client.get(f"{base}/p1").text)
    answer = client.post(f"{base}/p1", data=fields | {"q_organisation": "Horn Voices", "q_category": "nonsense"})
    assert answer.status_code == 422
    assert "Error:" in answer.text
    assert 'value="Horn Voices"' in answer.text
    assert kept(mine(event, person)) == {"organisation": {"name": "Horn Voices"}}


def test_a_stale_token_shows_the_form_again_with_all_answers(client: FlaskClient, person: Person) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = True
    for event, address in ((make_forum(), "p2"), (make_dialogue(), "p1")):
        url = f"/en/events/{event.slug}/register/{address}"
        fields = form_fields(client.get(url).text) | {"csrf_token": "stale"}
        data = {"q_legal_name": "Amina typed this", "q_display_name": "Amina typed this", "q_document_number": "RT55"}
        answer = client.post(url, data=fields | data)
        assert answer.status_code == 422
        assert "Amina typed this" in answer.text
        assert mine(event, person) is None


def test_autosave_keeps_what_holds_and_never_sends(client: FlaskClient, person: Person) -> None:
    for event, address, data in ((make_forum(), "p1", PAGE_1), (make_dialogue(), "p1", {"q_display_name": "A"})):
        url = f"/en/events/{event.slug}/register/{address}"
        fields = form_fields(client.get(url).text)
        for _ in range(2):
            answer = client.post(f"{url}/draft", data=fields | data | {"form_key": str(uuid.uuid4())})
            assert (answer.status_code, answer.data) == (204, b"")
        registration = mine(event, person)
        assert registration is not None
        assert registration.state is State.DRAFT
        assert kept(registration)
        refused = client.post(f"{url}/draft", data=data)
        assert refused.status_code == 422


def test_saving_says_how_much_of_what_was_typed_is_not_kept(client: FlaskClient, person: Person) -> None:
    url = f"/en/events/{make_forum().slug}/register/p2"
    fields = form_fields(client.get(url).text)
    for typed, wrong in (({"q_legal_name": "Amina"}, None), ({"q_legal_name": "A" * 5000, "q_nationality": "XX"}, "2")):
        answer = client.post(f"{url}/draft", data=fields | typed | {"form_key": str(uuid.uuid4())})
        assert (answer.status_code, answer.headers.get("Not-Kept")) == (204, wrong)


def test_one_page_is_answered_and_sent_at_once(client: FlaskClient, person: Person, statements: list[str]) -> None:
    event = make_dialogue(capacity=100)
    url = f"/en/events/{event.slug}/register"
    client.get(url)
    statements.clear()
    page = client.get(url)
    reading = len(statements)
    fields = form_fields(page.text)
    statements.clear()
    answer = client.post(f"{url}/p1", data=fields | {"q_display_name": "Amina"})
    assert answer.location == f"{url}/done"
    writing = [one for one in statements if not one.startswith(("SAVEPOINT", "RELEASE"))]
    assert reading + len(writing) <= 11, "\n".join([f"GET {reading}", *writing])
    registration = mine(event, person)
    assert registration is not None
    assert registration.state is State.ACCREDITED
    assert "Your place is confirmed" in client.get(f"{url}/done").text


def test_a_double_click_makes_one_registration(client: FlaskClient, person: Person) -> None:
    event = make_dialogue()
    url = f"/en/events/{event.slug}/register/p1"
    fields = form_fields(client.get(url).text) | {"q_display_name": "Amina"}
    first, second = client.post(url, data=fields), client.post(url, data=fields)
    assert first.status_code == second.status_code == 303
    assert first.location == f"/en/events/{event.slug}/register/done"
    assert db.session.query(Registration).filter_by(event_id=event.id).count() == 1
    assert db.session.get_one(RegistrationSetup, event.id).seats_taken == 1


def test_the_last_place_goes_between_reading_and_sending(client: FlaskClient, person: Person) -> None:
    event = make_dialogue(capacity=1, waiting_list=False)
    url = f"/en/events/{event.slug}/register/p1"
    fields = form_fields(client.get(url).text)
    register(event)
    answer = client.post(url, data=fields | {"q_display_name": "Amina", "q_needs": "A quiet place"})
    assert answer.status_code == 422
    assert "no waiting list" in answer.text
    assert 'value="Amina"' in answer.text
    assert "A quiet place" in answer.text
    assert mine(event, person) is None


def test_the_last_place_goes_and_there_is_a_list(client: FlaskClient, person: Person) -> None:
    event = make_dialogue(capacity=1)
    url = f"/en/events/{event.slug}/register/p1"
    fields = form_fields(client.get(url).text)
    register(event)
    assert "waiting list" in client.get(url).text
    answer = client.post(url, data=fields | {"q_display_name": "Amina"})
    assert answer.status_code == 303
    assert "You are on the waiting list" in client.get(f"/en/events/{event.slug}/register/done").text
    one = mine(event, person)
    assert one is not None
    move(one, State.WITHDRAWN, actor=None)
    db.session.flush()
    done = client.get(f"/en/events/{event.slug}/register/done")
    assert done.location == f"/en/me/registrations/{one.reference}", "nothing happens next"


def test_closed_a_second_ago_and_nothing_is_lost(client: FlaskClient, person: Person) -> None:
    closes = now() + timedelta(minutes=5)
    for event, page, data in (
        (make_dialogue(closes_at=closes), "p1", {"q_display_name": "Typed by Amina"}),
        (make_forum(closes_at=closes), "p2", {"q_legal_name": "Typed by Amina"}),
    ):
        url = f"/en/events/{event.slug}/register/{page}"
        fields = form_fields(client.get(url).text)
        with time_machine.travel(closes + timedelta(seconds=1), tick=False):
            answer = client.post(url, data=fields | data)
            assert answer.status_code == 422
            assert "Registration closed before this was sent" in answer.text
            assert "Typed by Amina" in answer.text
            assert "Registration is closed" in client.get(f"/en/events/{event.slug}/register").text


def test_a_draft_is_sent_in_the_time_of_grace_and_says_so(client: FlaskClient, person: Person) -> None:
    closes = now() + timedelta(minutes=5)
    event = make_forum(closes_at=closes)
    base = f"/en/events/{event.slug}/register"
    found = actions.start_draft(person, person, intake(event, person))
    actions.save_page(
        person,
        found,
        {"attendance_mode": "remote_listening", "category": "member_state", "legal_name": "Amina"},
    )
    with time_machine.travel(closes + timedelta(hours=2), tick=False):
        assert "The deadline has passed" in client.get(base).text
        answer = client.post(f"{base}/check", data=form_fields(client.get(f"{base}/check").text))
        assert answer.location == f"{base}/done"
        assert "marked as late" in client.get(f"{base}/done").text


def test_an_expired_draft_says_so_and_shows_what_was_typed(client: FlaskClient, person: Person) -> None:
    closes = now() + timedelta(minutes=5)
    event = make_forum(closes_at=closes)
    base = f"/en/events/{event.slug}/register"
    found = actions.start_draft(person, person, intake(event, person))
    actions.save_page(person, found, {"legal_name": "Typed by Amina"})
    with time_machine.travel(closes + timedelta(hours=30), tick=False):
        sign_in(client, person)
        opening.expire_drafts(now())
        assert "Registration is closed" in client.get(base).text
        page = client.get(f"{base}/p2")
        assert "Typed by Amina" in page.text
        answer = client.post(f"{base}/p2", data=form_fields(page.text) | PAGE_2)
        assert answer.status_code == 422
        assert "Amina Yusuf" in answer.text


def test_checking_names_what_is_missing(client: FlaskClient, person: Person) -> None:
    event = make_forum()
    base = f"/en/events/{event.slug}/register"
    actions.start_draft(person, person, intake(event, person))
    page = client.get(f"{base}/check")
    assert "answers are still missing" in page.text
    assert f"{base}/p1#q_attendance_mode" in page.text
    answer = client.post(f"{base}/check", data=form_fields(page.text))
    assert answer.status_code == 422
    registration = mine(event, person)
    assert registration is not None
    assert registration.state is State.DRAFT


@pytest.mark.parametrize("field", ["q_legal_name", "q_nationality", "q_document_number"])
@pytest.mark.parametrize("value", ["", HOSTILE, "x" * 30_000, "\x00", "\ud800", "\u202eabc", "9" * 400])
def test_hostile_text_is_never_an_error_of_ours(client: FlaskClient, person: Person, field: str, value: str) -> None:
    event = make_forum()
    url = f"/en/events/{event.slug}/register/p2"
    fields = form_fields(client.get(url).text)
    data = PAGE_2 | {field: value}
    body = {name: text.encode("utf-8", "surrogatepass") for name, text in (fields | data).items()}
    answer = client.post(url, data=body)
    assert answer.status_code in {303, 422}
    assert "<script>alert" not in answer.text
    assert "<script>alert" not in client.get(url).text


def test_column_names_move_nothing(client: FlaskClient, person: Person) -> None:
    event = make_dialogue()
    url = f"/en/events/{event.slug}/register/p1"
    fields = form_fields(client.get(url).text) | {"q_display_name": "Amina"}
    extra = {column.name: "1" for column in Registration.__table__.columns} | {"state": "attended", "has_seat": "false"}
    client.post(url, data=extra | fields)
    registration = mine(event, person)
    assert registration is not None
    assert registration.state is State.ACCREDITED
    assert registration.person_id == person.id
    assert registration.has_seat


def test_strangers_see_the_start_and_are_sent_to_sign_in(client: FlaskClient) -> None:
    event = make_forum()
    base = f"/en/events/{event.slug}/register"
    assert client.get(base).status_code == 200
    for address in (f"{base}/p1", f"{base}/check", f"{base}/done", "/en/me/registrations/EH-X-1"):
        assert "/sign-in" in client.get(address).location
    assert "/sign-in" in client.post(f"{base}/p1", data=PAGE_1).location


def test_drafts_of_events_and_events_without_registration_are_not_there(client: FlaskClient, person: Person) -> None:
    hidden = make_forum()
    hidden.publication = Publication.DRAFT
    none = make_forum()
    db.session.query(RegistrationSetup).filter_by(event_id=none.id).delete()
    db.session.flush()
    pages = [client.get(f"/en/events/{slug}/register") for slug in (hidden.slug, none.slug, "no-such")]
    assert {page.status_code for page in pages} == {404}
    bodies = {re.sub(r"/events/[^/]+/", "/events/X/", page.text) for page in pages}
    assert len(bodies) == 1


def test_another_persons_registration_is_not_there(client: FlaskClient, person: Person) -> None:
    other = register(make_forum())
    base = f"/en/me/registrations/{other.reference}"
    for address in (base, f"{base}/withdraw", f"{base}/answers/p1"):
        assert client.get(address).status_code == 404
    own = register(make_forum(), person)
    fields = form_fields(client.get(f"/en/me/registrations/{own.reference}/withdraw").text)
    assert client.post(f"{base}/withdraw", data=fields).status_code == 404
    assert client.post(f"{base}/answers/p1", data=fields | PAGE_1).status_code == 404
    db.session.refresh(other)
    assert other.state is State.UNDER_REVIEW


def test_ones_own_registration_can_be_read_changed_and_withdrawn(client: FlaskClient, person: Person) -> None:
    event = make_forum()
    registration = register(event, person)
    base = f"/en/me/registrations/{registration.reference}"
    page = client.get(base.lower().replace("-", "").replace("/en/me/registrations/", "/en/me/registrations/"))
    assert page.status_code == 404 or registration.reference in page.text
    page = client.get(base)
    assert "Under review" in page.text
    assert f"{base}/answers/p2" in page.text
    form = client.get(f"{base}/answers/p2").text
    assert "RT1234418" not in form
    answer = client.post(
        f"{base}/answers/p2", data=form_fields(form) | {"q_legal_name": "Amina Y.", "q_nationality": "SO"}
    )
    assert answer.location == base
    assert kept(mine(event, person))["legal_name"] == "Amina Y."
    assert "Answers changed" in client.get(base).text
    answer = client.post(f"{base}/withdraw", data=form_fields(client.get(f"{base}/withdraw").text))
    assert answer.location == base
    assert "Withdrawn" in client.get(base).text
    assert client.get(f"{base}/withdraw").location == base


def test_a_consent_that_was_taken_back_is_not_given_again_by_the_way(client: FlaskClient, person: Person) -> None:
    event = make_forum()
    registration = register(event, person)
    path = f"/en/me/registrations/{registration.reference}/answers/p3"
    assert _is_yes(client.get(path).text)
    set_consents(person, {Channel.LIST_OF_PARTICIPANTS: False}, event_id=event.id)
    page = client.get(path).text
    assert not _is_yes(page)
    assert client.post(path, data=form_fields(page)).status_code == 303
    assert consenting([person.id], Channel.LIST_OF_PARTICIPANTS, event.id) == set()
    assert "Answers changed" not in client.get(path.partition("/answers")[0]).text, "nothing was changed"
    assert (
        client.post(path, data=form_fields(client.get(path).text) | {"q_list_of_participants": "y"}).status_code == 303
    )
    assert consenting([person.id], Channel.LIST_OF_PARTICIPANTS, event.id) == {person.id}


def _is_yes(page: str) -> bool:
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    (box,) = (one for one in tree.iter("input") if one.get("name") == "q_list_of_participants")
    return box.get("checked") is not None


def test_answers_are_not_changed_after_the_deadline(client: FlaskClient, person: Person) -> None:
    event = make_forum()
    registration = register(event, person)
    base = f"/en/me/registrations/{registration.reference}"
    fields = form_fields(client.get(f"{base}/answers/p2").text)
    with time_machine.travel(db.session.get_one(RegistrationSetup, event.id).closes_at, tick=False):
        sign_in(client, person)
        answer = client.post(f"{base}/answers/p2", data=fields | PAGE_2)
        assert answer.status_code == 422
        assert "Amina Yusuf" in answer.text
        assert client.get(f"{base}/answers/p2").location == base


def test_who_read_a_sealed_answer_is_told(client: FlaskClient, person: Person) -> None:
    event = make_forum()
    registration = register(event, person)
    found = intake(event, person)
    officer = make_person(name="Officer")
    disclosure.reveal(officer, registration, found.answer_set, found.key, {"document_number"}, "Badge")
    page = client.get(f"/en/me/registrations/{registration.reference}").text
    assert "read answers that are kept sealed" in page
    assert "Number of your document" in page
    assert "Officer" not in page


def test_a_discreet_persons_pages_have_neutral_titles(client: FlaskClient) -> None:
    person = sign_in(client, make_person(discreet=True))
    event = make_forum()
    registration = register(event, person)
    for address in (
        f"/en/me/registrations/{registration.reference}",
        f"/en/events/{event.slug}/register/done",
        f"/en/me/registrations/{registration.reference}/withdraw",
    ):
        title = re.search(r"<title>(.*?)</title>", client.get(address).text, re.DOTALL)
        assert title is not None
        assert title[1] == "My answers"


@pytest.mark.parametrize("count", [1, 3])
def test_my_page_needs_one_statement_for_all_registrations(
    client: FlaskClient, person: Person, statements: list[str], count: int
) -> None:
    for _ in range(count):
        make_registration(make_forum(data=None), person)
    client.get("/en/me")
    statements.clear()
    page = client.get("/en/me")
    assert page.text.count('<span class="code">EH-FMI') == count
    assert sum("registration_setup" in one for one in statements) == 1


def test_beside_an_event_stands_by_when_and_the_old_deadline(client: FlaskClient) -> None:
    event = make_forum()
    page = client.get(f"/en/events/{event.slug}").text
    assert "Register by" in page
    assert f"/en/events/{event.slug}/register" in page
    assert "<del>" not in page
    found = db.session.get_one(RegistrationSetup, event.id)
    opening.extend_deadline(make_person(), event, found, found.closes_at + timedelta(days=3))
    page = client.get(f"/ar/events/{event.slug}").text
    assert "<del>" in page


def test_home_says_by_when(client: FlaskClient) -> None:
    event = make_forum()
    page = client.get("/en/").text
    assert f"/en/events/{event.slug}/register" in page
    assert "Register by" in page


def test_an_event_that_asks_nothing_is_one_button(client: FlaskClient, person: Person) -> None:
    event = make_dialogue(data=None)
    base = f"/en/events/{event.slug}/register"
    assert f"{base}/check" in client.get(base).text
    answer = client.post(f"{base}/check", data=form_fields(client.get(f"{base}/check").text))
    assert answer.location == f"{base}/done"
    registration = mine(event, person)
    assert registration is not None
    assert registration.state is State.ACCREDITED


def test_a_name_that_no_paper_can_show_is_said_and_kept(client: FlaskClient, person: Person) -> None:
    event = make_forum()
    base = f"/en/events/{event.slug}/register"
    client.post(f"{base}/p1", data=form_fields(client.get(f"{base}/p1").text) | PAGE_1)
    fields = form_fields(client.get(f"{base}/p2").text)
    answer = client.post(f"{base}/p2", data=fields | PAGE_2 | {"q_legal_name": "Amina 😀"})
    assert answer.location == f"{base}/p3"
    assert "“Your name” has signs that our papers cannot print: 😀." in client.get(answer.location).text
    assert kept(mine(event, person))["legal_name"] == "Amina 😀"
    fields = form_fields(client.get(f"{base}/p2").text)
    answer = client.post(f"{base}/p2", data=fields | PAGE_2 | {"form_key": str(uuid.uuid4())})
    assert "cannot print" not in client.get(answer.location).text


@pytest.mark.parametrize(("zone", "place"), [("UTC", "Geneva"), ("Africa/Nairobi", "Nairobi"), ("Etc/UTC", "UTC")])
def test_an_hour_says_whose_clock_it_follows(client: FlaskClient, zone: str, place: str) -> None:
    """The event's while the person chose none."""
    person = make_person(time_zone=zone)
    event = make_forum()
    sign_in(client, person)
    registration = register(event, person)
    assert re.search(
        rf"<time[^>]*>[^<]+, \d\d:\d\d, {place}</time>",
        client.get(f"/en/me/registrations/{registration.reference}").text,
    )
    assert f", {'UTC' if zone == 'UTC' else place}</time>" in client.get("/en/me/devices").text

"""Papers over HTTP: asked for, made by the worker, fetched by whoever asked and by nobody else, for a day."""

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.files import StoredFile
from eventhub.kit.i18n import LANGUAGES
from eventhub.papers import actions
from eventhub.papers.models import BadgeName, Kind, PaperOrder, PaperSetup
from eventhub.papers.views import AN_HOUR
from eventhub.people.models import Role
from eventhub.registration.actions import amend
from eventhub.registration.models import State
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.registration import ANSWERS, intake, make_forum, register
from tests.papers.asking import ask, console, officer, own, print_badges, sent
from tests.papers.making import Make, content, has, make, read
from tests.papers.scene import accredited, agree, make_people, make_stage, person_of

__all__ = ["make"]
pytestmark = pytest.mark.usefixtures("database")


def test_a_participant_gets_her_confirmation(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    registration = accredited(event, make_person(name="Amina Yusuf"))
    sign_in(client, person_of(registration))
    page = client.get(f"/en/me/registrations/{registration.reference}").text
    assert own(registration) in page
    assert ask(client, registration, Kind.CONFIRMATION) == 303
    waiting = client.get(own(registration)).text
    assert "Being made" in waiting
    assert "Refresh" in waiting
    (order,) = make()
    ready = client.get(own(registration)).text
    assert f"/en/me/papers/{order.id}" in ready
    answer = client.get(f"/en/me/papers/{order.id}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer.headers["Cache-Control"]
    assert has(read(answer.data), "Amina Yusuf Horn Voices 26–27 November 2026 Geneva")
    assert registration.reference in read(answer.data)


def test_a_paper_has_one_owner_and_dies_after_a_day(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    registration = accredited(event)
    sign_in(client, person_of(registration))
    ask(client, registration, Kind.CONFIRMATION)
    (order,) = make()
    address, file = f"/en/me/papers/{order.id}", order.file_id
    assert client.get(address).status_code == 200
    assert file is not None
    with time_machine.travel(now() + timedelta(hours=24, seconds=1), tick=False):
        sign_in(client, person_of(registration))
        assert client.get(address).status_code == 404
        assert client.get(own(registration)).status_code == 200
        assert actions.drop_outdated() == 1
    assert db.session.get(PaperOrder, order.id) is None
    assert db.session.get_one(StoredFile, file).deleted_at is not None
    sign_in(client, person_of(accredited(event)))
    assert client.get(address).status_code == 404
    assert client.get(own(registration)).status_code == 404


def test_somebody_else_cannot_fetch_a_living_paper(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    registration = accredited(event)
    sign_in(client, person_of(registration))
    ask(client, registration, Kind.CONFIRMATION)
    (order,) = make()
    sign_in(client, person_of(accredited(event)))
    assert client.get(f"/en/me/papers/{order.id}").status_code == 404
    officer(client, event)
    assert client.get(console(event, f"/{order.id}")).status_code == 404


@pytest.mark.parametrize(
    ("state", "kinds"),
    [
        (State.UNDER_REVIEW, {"confirmation"}),
        (State.WAITLISTED, {"confirmation"}),
        (State.ACCREDITED, {"confirmation", "visa_letter"}),
        (State.ATTENDED, {"confirmation", "certificate"}),
        (State.DECLINED, set()),
        (State.WITHDRAWN, set()),
        (State.NO_SHOW, set()),
    ],
)
def test_each_state_gives_its_papers_and_no_other(client: FlaskClient, state: State, kinds: set[str]) -> None:
    registration = accredited(make_stage(), state=state)
    sign_in(client, person_of(registration))
    page = client.get(own(registration)).text
    assert {kind for kind in ("confirmation", "visa_letter", "certificate") if f"/papers/{kind}" in page} == kinds
    hidden = form_fields(client.get("/en/me/profile").text)
    for kind in {"confirmation", "visa_letter", "certificate"} - kinds:
        answer = client.post(own(registration, f"/{kind}"), data=hidden | {"language": "en", "name": "public"})
        assert answer.status_code == 422
        assert "This paper cannot be made now" in answer.text
    assert db.session.scalars(select(PaperOrder)).all() == []


def test_a_visa_letter_tells_of_the_passport_only_when_asked_and_the_reading_is_recorded(
    client: FlaskClient, make: Make
) -> None:
    event = make_forum()
    person = make_person(name="Amina Yusuf", nationality="SO")
    registration = register(event, person, **ANSWERS)
    registration.state = State.ACCREDITED
    db.session.flush()
    sign_in(client, person)
    assert ask(client, registration, Kind.VISA_LETTER) == 303
    assert ask(client, registration, Kind.VISA_LETTER, with_document="y") == 303
    plain, told = (read(content(order)) for order in make())
    number = str(ANSWERS["document_number"])
    assert number not in plain
    assert number in told
    assert "Amina Yusuf Warsame" in told, "embassies compare it with the travel document"
    reads = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "papers.sealed_read")).all()
    assert [(entry.actor_id, entry.subject_id, entry.detail["questions"]) for entry in reads] == [
        (person.id, registration.id, ["document_number"])
    ]


def test_badges_of_a_filtered_list_carry_the_public_name(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    make_people(event)
    hidden = accredited(
        event, make_person(name="Grace Marker", alias="Blue Heron", name_latin="Grace Marker"), category="ngo_ecosoc"
    )
    officer(client, event, Role.ORGANISER)
    assert print_badges(client, event, category="ngo_ecosoc") == 303
    (order,) = make()
    text = read(content(order))
    assert order.number == 2
    assert "Blue Heron" in text
    assert "Grace" not in text
    assert "Marker" not in text
    assert has(text, "Amina Yusuf")
    assert "Khasanova" not in text
    assert hidden.reference is not None
    assert hidden.reference in text
    page = client.get(console(event)).text
    assert "2 people" in page
    assert client.get(console(event, f"/{order.id}")).data == content(order)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "papers.asked")).one()
    assert db.session.get_one(AuditText, entry.id).text == "The desk opens at eight."


def test_another_officer_s_badges_do_not_exist(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    make_people(event)
    officer(client, event)
    print_badges(client, event)
    (order,) = make()
    assert client.get(console(event, f"/{order.id}")).status_code == 200
    officer(client, event)
    assert client.get(console(event, f"/{order.id}")).status_code == 404
    assert str(order.id) not in client.get(console(event)).text


def test_a_batch_needs_a_reason(client: FlaskClient) -> None:
    event = make_stage()
    make_people(event)
    officer(client, event)
    assert print_badges(client, event, reason=" ") == 422
    assert db.session.scalars(select(PaperOrder)).all() == []


def test_legal_names_are_printed_by_the_accreditation_desk_alone(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    accredited(event, make_person(name="Amina", alias="Blue Heron"), legal_name="Amina Yusuf Warsame")
    db.session.add(PaperSetup(event_id=event.id, badge_name=BadgeName.LEGAL))
    db.session.flush()
    officer(client, event, Role.ORGANISER)
    page = client.get(console(event)).text
    assert "only the accreditation desk" in page
    fields = form_fields(page, "/papers/list")
    data = fields | {"layout": "a6", "language": "en", "reason": "x", "category": "", "country": "", "mode": ""}
    assert client.post(console(event, "/badges"), data=data).status_code == 422
    officer(client, event)
    assert print_badges(client, event) == 303
    (order,) = make()
    assert has(read(content(order)), "Amina Yusuf Warsame")
    assert "Heron" not in read(content(order))


def test_the_list_names_those_who_agreed_by_their_public_names(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    make_people(event)
    silent = accredited(event, make_person(name="Silent Person"))
    took_back = accredited(event, make_person(name="Regretful Person"))
    agree(person_of(took_back), event)
    with time_machine.travel(now() + timedelta(minutes=1)):
        agree(person_of(took_back), event, given=False)
    covered = accredited(event, make_person(name="Grace Marker", alias="Blue Heron"))
    agree(person_of(covered), event)
    officer(client, event, Role.ORGANISER)
    fields = form_fields(client.get(console(event)).text, "/papers/list")
    assert (
        client.post(console(event, "/list"), data=fields | {"language": "en", "reason": "For the report."}).status_code
        == 303
    )
    (order,) = make()
    text = read(content(order))
    assert "Blue Heron" in text
    assert has(text, "Айсылу Хасанова")
    assert "Ethiopia" in text
    for name in ("Silent", "Regretful", "Marker", str(silent.reference)):
        assert name not in text


def test_samples_are_pictures_of_every_paper(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    officer(client, event)
    fields = form_fields(client.get(console(event)).text, "/papers/samples")
    assert client.post(console(event, "/samples"), data=fields | {"language": "ar"}).status_code == 303
    orders = make()
    assert {order.kind for order in orders} == set(Kind)
    page = client.get(console(event, "?samples=ar")).text
    assert page.count("<img") == len(Kind)
    for order in orders:
        answer = client.get(console(event, f"/{order.id}"))
        assert answer.mimetype == "image/png"
        assert answer.data.startswith(b"\x89PNG")


def test_the_settings_stand_on_the_papers(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    registration = accredited(event)
    officer(client, event, Role.ORGANISER)
    page = client.get(console(event, "/settings"))
    data = form_fields(page.text) | {
        "host-en": "Office of the High Commissioner",
        "badge_name": "public",
        "layout": "card",
        "signatory": "Ingrid Solheim",
        "signatory_title-en": "Secretary of the Forum",
        "contact": "forum@example.org",
    }
    assert client.post(console(event, "/settings"), data=data).status_code == 303
    assert 'value="card" selected' in client.get(console(event)).text.replace(
        'selected value="card"', 'value="card" selected'
    )
    sign_in(client, person_of(registration))
    ask(client, registration, Kind.VISA_LETTER)
    (order,) = make()
    text = read(content(order))
    for words in ("Office of the High Commissioner", "Ingrid Solheim", "Secretary of the Forum", "forum@example.org"):
        assert words in text


def test_nobody_keeps_the_printer_for_himself(client: FlaskClient) -> None:
    registration = accredited(make_stage())
    sign_in(client, person_of(registration))
    wanted = [(kind, lang) for kind in (Kind.CONFIRMATION, Kind.VISA_LETTER) for lang in LANGUAGES]
    answers = [ask(client, registration, kind, language=lang) for kind, lang in wanted[: actions.AT_ONCE + 1]]
    assert answers == [303] * actions.AT_ONCE + [422]


def test_nobody_asks_all_day(client: FlaskClient) -> None:
    registration = accredited(make_stage())
    sign_in(client, person_of(registration))
    assert [ask(client, registration, Kind.CONFIRMATION) for _ in range(AN_HOUR + 1)] == [303] * AN_HOUR + [422]
    assert "Too many tries" in sent(client, registration, Kind.CONFIRMATION).text
    with time_machine.travel(now() + timedelta(hours=1), tick=False):
        sign_in(client, person_of(registration))
        assert ask(client, registration, Kind.CONFIRMATION) == 303


@pytest.mark.parametrize("change", ["nothing", "name", "event", "day", "setup"])
def test_the_same_paper_is_not_made_twice(client: FlaskClient, make: Make, change: str) -> None:
    """While it waits and once it is made; another one is made as soon as it would say something else."""
    event = make_stage()
    registration = accredited(event)
    sign_in(client, person_of(registration))
    for _ in range(2):
        ask(client, registration, Kind.CONFIRMATION)
        (order,) = make()
    later = now()
    if change == "name":
        person_of(registration).alias = "Blue Heron"
    elif change == "event":
        event.city = {"en": "Nairobi"}
    elif change == "setup":
        db.session.add(PaperSetup(event_id=event.id, signatory="Ingrid Solheim"))
    elif change == "day":
        later += timedelta(hours=23, minutes=59)
    db.session.flush()
    with time_machine.travel(later, tick=False):
        sign_in(client, person_of(registration))
        ask(client, registration, Kind.CONFIRMATION)
        orders = make()
    assert [one.id for one in orders][:1] == [order.id]
    assert len(orders) == (1 if change == "nothing" else 2)


def test_a_letter_with_another_number_of_the_passport_is_another_letter(client: FlaskClient, make: Make) -> None:
    event = make_forum()
    registration = register(event)
    registration.state = State.ACCREDITED
    person = sign_in(client, person_of(registration))
    for with_document, number in ((True, 1), (False, 2)):
        typed = {"with_document": "y"} if with_document else {}
        for _ in range(2):
            ask(client, registration, Kind.VISA_LETTER, **typed)
            assert len(make()) == number
    amend(person, intake(event, person), {"document_number": "N 2"})
    ask(client, registration, Kind.VISA_LETTER, with_document="y")
    assert len(make()) == 3
    ask(client, registration, Kind.VISA_LETTER)
    assert len(make()) == 3, "the one that does not say the number says the same"


def test_who_works_there_is_not_counted_on_the_list(client: FlaskClient, make: Make) -> None:
    """The secretariat agreed to be listed, but a list of participants names participants."""
    event = make_stage()
    make_people(event)
    for name in ("Grace Secretary", "𓀀"):
        colleague = make_person(name=name)
        accredited(event, colleague, category="secretariat")
        agree(colleague, event)
    officer(client, event)
    fields = form_fields(client.get(console(event)).text, "/papers/list")
    client.post(console(event, "/list"), data=fields | {"language": "en", "reason": "For the report."})
    (order,) = make()
    assert "Secretary" not in read(content(order))
    assert (order.number, order.left_out) == (6, [])


def test_a_filter_without_people_says_so(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    officer(client, event)
    assert print_badges(client, event) == 303
    make()
    assert "There is nobody to print" in client.get(console(event)).text


def test_a_name_in_letters_that_no_font_has_is_reported(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    latin = accredited(event, make_person(name="𓀀𓀁", name_latin="Hor Nakht"))
    without = accredited(event, make_person(name="𓀀"))
    officer(client, event)
    print_badges(client, event)
    (order,) = make()
    assert order.number == 1
    assert "Hor Nakht" in read(content(order))
    assert {part["reference"]: (part["signs"], part["printed"]) for part in order.left_out} == {
        latin.reference: (["U+13000", "U+13001"], True),
        without.reference: (["U+13000"], False),
    }
    page = client.get(console(event)).text
    assert str(without.reference) in page
    assert "Left out, since no font has these letters" in page
    sign_in(client, person_of(without))
    ask(client, without, Kind.CONFIRMATION)
    make()
    assert "It holds letters that none of our fonts has" in client.get(own(without)).text

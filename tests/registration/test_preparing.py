"""Decisions in two steps: what is prepared is nobody's news, what is released is decided, once and by the rules."""

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from eventhub.programme.models import Event
from eventhub.registration import actions, deciding, offers, personal_data, preparing
from eventhub.registration.models import PreparedDecision, Registration, RegistrationSetup, State
from eventhub.registration.moves import NotPossible, OwnFile
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.programme import make_event
from tests.factories.registration import (
    intake,
    make_dialogue,
    make_forum,
    make_prepared,
    make_registration,
    register,
    take_category,
)
from tests.registration.test_organiser_views import VALUES, choose, desk, officer, settings

pytestmark = pytest.mark.usefixtures("database")


def as_sent(page: str, action: str) -> MultiDict[str, str]:
    """The form of a page as a browser sends it by its own button."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    form = next(one for one in tree.iter("form") if one.get("action", "").endswith(action))
    return MultiDict([(one.get("name", ""), one.get("value", "")) for one in form.iter("input") if one.get("name")])


def prepare(client: FlaskClient, event: Event, outcome: str, *chosen: Registration, **more: str) -> TestResponse:
    data = as_sent(choose(client, event, outcome, *chosen).text, "/decision")
    data.update(more)
    return client.post(desk(event, "/prepared"), data=data)


def release(client: FlaskClient, event: Event) -> TestResponse:
    data = as_sent(client.get(desk(event, "/prepared")).text, "/prepared/release")
    return client.post(desk(event, "/prepared/release"), data=data)


def prepared() -> list[PreparedDecision]:
    return list(db.session.scalars(select(PreparedDecision)))


def owed() -> set[str]:
    return {one.task for one in db.session.scalars(select(Promise)) if one.task.startswith("registration.")}


def again(*registrations: Registration) -> list[State]:
    for one in registrations:
        db.session.refresh(one)
    return [one.state for one in registrations]


def test_what_is_prepared_changes_nothing_and_is_released_in_one_go(app: Flask, client: FlaskClient) -> None:
    event = make_forum(capacity=2)
    owner = make_person(language="ar")
    one, two, three = register(event, owner), register(event), register(event)
    mine = app.test_client()
    sign_in(mine, owner)
    before = mine.get(f"/en/me/registrations/{one.reference}").text
    db.session.query(Promise).delete()
    officer(client, event).alias = "Grace Alias"
    db.session.flush()
    assert prepare(client, event, "accredited", one, two, reason="complete", text="Welcome!").status_code == 303
    assert prepare(client, event, "declined", three, reason="missing_letter").status_code == 303
    assert again(one, two, three) == [State.UNDER_REVIEW] * 3
    assert db.session.get_one(RegistrationSetup, event.id).seats_taken == 0
    assert owed() == set()
    assert mine.get(f"/en/me/registrations/{one.reference}").text == before

    page = client.get(desk(event, "?chip=prepared")).text
    assert "Prepared <b>3</b>" in page
    assert "To decide <b>3</b>" in page
    record = client.get(desk(event, f"/{one.id}")).text
    assert "Prepared: Accredit" in record
    assert "Grace Alias" in record
    assert "Welcome!" in record

    page = client.get(desk(event, "/prepared")).text
    for words in (
        "Accredit 2 people",
        "Decline 1 registration",
        "Welcome!",
        "العربية",
        "Places needed: 2",
        "Release 3",
    ):
        assert words in page
    assert "العربية" in page
    sent = as_sent(page, "/prepared/release")
    assert client.post(desk(event, "/prepared/release"), data=sent).status_code == 303
    assert "3 decisions are released." in client.get(desk(event, "/prepared")).text
    assert again(one, two, three) == [State.ACCREDITED, State.ACCREDITED, State.DECLINED]
    assert three.reason == "missing_letter"
    assert db.session.get_one(RegistrationSetup, event.id, populate_existing=True).seats_taken == 2
    assert owed() == {
        *("registration.accredited", "registration.accredited_calendar"),
        *("registration.declined", "registration.withdrawn_calendar"),
    }
    assert not prepared()
    number = db.session.query(Promise).count()
    assert client.post(desk(event, "/prepared/release"), data=sent).status_code == 303, "the same answer"
    assert db.session.query(Promise).count() == number


def test_a_colleague_s_page_of_before_releases_nothing_twice(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    one = register(event)
    make_prepared(one)
    officer(client, event)
    other = app.test_client()
    officer(other, event, Role.ORGANISER)
    late = as_sent(other.get(desk(event, "/prepared")).text, "/prepared/release")
    assert release(client, event).status_code == 303
    number = db.session.query(Promise).count()
    answer = other.post(desk(event, "/prepared/release"), data=late)
    assert answer.status_code == 422
    assert "Nothing was done twice" in answer.text
    assert db.session.query(Promise).count() == number


def test_what_does_not_hold_any_more_stays_by_name(client: FlaskClient) -> None:
    event = make_forum(capacity=1)
    names = ["Fits", "Seatless", "Decided", "Rewritten"]
    fits, seatless, decided, rewritten = (make_registration(event, legal_name=name) for name in names)
    for one in (fits, seatless, decided):
        make_prepared(one)
    make_prepared(rewritten, State.DECLINED, "missing_letter")
    deciding.decide(make_person(), [decided], State.DECLINED, "late")
    rewritten.country = "SE"
    db.session.flush()
    officer(client, event)
    page = client.get(desk(event, "/prepared")).text
    assert "3 cannot be released now" in page
    assert "All places are taken." in page
    assert "Decided otherwise meanwhile: Declined" in page
    assert "The registration has changed since." in page
    assert "Accredit 1 person" in page
    assert release(client, event).status_code == 303
    assert again(fits, seatless, decided, rewritten) == [
        State.ACCREDITED,
        State.UNDER_REVIEW,
        State.DECLINED,
        State.UNDER_REVIEW,
    ]
    assert {one.registration_id for one in prepared()} == {seatless.id, decided.id, rewritten.id}
    page = client.get(desk(event, "/prepared")).text
    assert "3 cannot be released now" in page
    assert "/prepared/release" not in page
    for name in names[1:]:
        assert name in page


def test_what_came_between_the_page_and_the_button_is_left(client: FlaskClient) -> None:
    """A seat that the page counted is gone when the button is pressed; what was prepared anew was not seen."""
    event = make_forum(capacity=2)
    one, two, three = register(event), register(event), register(event)
    for each in (one, two, three):
        make_prepared(each, *((State.DECLINED, "missing_letter") if each is three else ()))
    officer(client, event)
    sent = as_sent(client.get(desk(event, "/prepared")).text, "/prepared/release")
    deciding.decide(make_person(), [register(event)], State.ACCREDITED, "complete")
    preparing.prepare(make_person(), [three], State.DECLINED, "other", "Words nobody has read")
    assert client.post(desk(event, "/prepared/release"), data=sent).status_code == 303
    page = client.get(desk(event, "/prepared")).text
    assert "1 stays as it was: see below why." in page
    assert "1 decision was dropped or prepared anew by a colleague" in page
    assert again(one, two, three) == [State.ACCREDITED, State.UNDER_REVIEW, State.UNDER_REVIEW]


def test_quotas_bind_the_release(client: FlaskClient) -> None:
    event = make_forum()
    take_category(event, quota=1)
    take_category(event, "member_state", quota=5)
    first, second = make_registration(event), make_registration(event)
    other = make_registration(event, category="member_state")
    for one in (first, second, other):
        make_prepared(one)
    officer(client, event)
    assert "All places of this category are taken." in client.get(desk(event, "/prepared")).text
    assert release(client, event).status_code == 303
    assert again(first, second, other) == [State.ACCREDITED, State.UNDER_REVIEW, State.ACCREDITED]


def test_nobody_comes_past_the_line_by_a_release(client: FlaskClient) -> None:
    event = make_forum(capacity=3, offers_by_hand=True)
    line = [make_registration(event, state=State.WAITLISTED) for _ in range(3)]
    make_prepared(line[2])
    officer(client, event)
    assert "Others have waited longer" in client.get(desk(event, "/prepared")).text
    # With those before, in other words each: the line's order stands above the grouping by words.
    make_prepared(line[0], text="A")
    make_prepared(line[1], text="B")
    db.session.get_one(PreparedDecision, prepared()[0].id).text = "A"
    db.session.flush()
    assert release(client, event).status_code == 303
    assert again(*line) == [State.ACCREDITED] * 3


def test_seats_that_a_release_frees_go_to_the_line_and_disturb_nothing(client: FlaskClient) -> None:
    """A seat is given back first and another one in line declined after: nobody is offered a place and then refused."""
    event = make_dialogue(capacity=1, needs_accreditation=True)
    seated, first, second = (register(event, None, display_name="A") for _ in range(3))
    assert [seated.has_seat, first.state, second.state] == [True, State.WAITLISTED, State.WAITLISTED]
    make_prepared(seated, State.DECLINED, "late", text="A")
    make_prepared(first, State.DECLINED, "late", text="B")
    officer(client, event)
    assert release(client, event).status_code == 303
    assert again(seated, first, second) == [State.DECLINED, State.DECLINED, State.OFFERED]


def test_four_eyes_where_the_event_is_set_so(app: Flask, client: FlaskClient) -> None:
    event = make_forum(releases_by_another=True)
    one = register(event)
    officer(client, event)
    assert prepare(client, event, "accredited", one, reason="complete").status_code == 303
    page = client.get(desk(event, "/prepared")).text
    assert "You prepared this decision: somebody else releases it." in page
    assert "/prepared/release" not in page
    fields = form_fields(page, "drop")
    answer = client.post(
        desk(event, "/prepared/release"), data=fields | {"decision": [str(each.id) for each in prepared()]}
    )
    assert answer.status_code == 422
    assert again(one) == [State.UNDER_REVIEW]
    other = app.test_client()
    officer(other, event, Role.ORGANISER)
    assert release(other, event).status_code == 303
    assert again(one) == [State.ACCREDITED]


def test_the_setting_of_four_eyes_is_off_until_set(client: FlaskClient) -> None:
    assert db.session.get_one(RegistrationSetup, make_forum().id).releases_by_another is False
    event = make_event(time_zone="Europe/Zurich")
    officer(client, event, Role.ORGANISER)
    fields = form_fields(client.get(settings(event)).text, "registration-settings")
    values = VALUES | {"closes_at": "2030-03-30T18:00", "releases_by_another": "y"}
    assert client.post(settings(event), data=fields | values).status_code == 303
    assert db.session.get_one(RegistrationSetup, event.id).releases_by_another is True


def test_own_file_is_neither_seen_nor_touched(client: FlaskClient) -> None:
    """What colleagues prepare about an officer is not there for the officer: no row, no number, no chip."""
    event = make_forum()
    person = officer(client, event)
    own = make_registration(event, person)
    lists = [desk(event, "?chip=all"), desk(event, "?chip=prepared"), desk(event, "/prepared")]
    before = [_plain(client.get(address).text) for address in lists]
    decision = make_prepared(own)
    assert [_plain(client.get(address).text) for address in lists] == before
    fields = form_fields(client.get(desk(event, "?chip=all")).text, "preview")
    ours = fields | {"decision": str(decision.id), "id": str(own.id)}
    assert client.post(desk(event, "/prepared/release"), data=ours).status_code == 422
    assert client.post(desk(event, "/prepared/drop"), data=ours | {"form_key": str(own.id)}).status_code == 303
    assert again(own) == [State.UNDER_REVIEW]
    assert len(prepared()) == 1
    with pytest.raises(OwnFile):
        preparing.prepare(person, [own], State.ACCREDITED, "complete")


def _plain(page: str) -> str:
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    return " ".join(" ".join(tree.find(".//main").itertext()).split())


def test_one_s_organization_is_shown_and_left_to_a_colleague(client: FlaskClient) -> None:
    event = make_forum()
    person = officer(client, event)
    one = make_registration(event, filed_by_id=person.id)
    make_prepared(one)
    page = client.get(desk(event, "/prepared")).text
    assert "Registered by yourself: a colleague decides" in page
    with pytest.raises(preparing.NothingHolds):
        preparing.release(person, event.id, [prepared()[0].id])
    with pytest.raises(OwnFile):
        preparing.give_up(person, [one])


def test_a_colleague_s_preparation_is_not_overwritten_unseen(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    one = register(event)
    officer(client, event)
    other = app.test_client()
    officer(other, event, Role.ORGANISER)
    sent = as_sent(choose(client, event, "accredited", one).text, "/decision")
    sent["reason"] = "complete"
    assert prepare(other, event, "declined", one, reason="missing_letter").status_code == 303
    answer = client.post(desk(event, "/prepared"), data=sent)
    assert answer.status_code == 422
    assert "Somebody else changed this" in answer.text
    assert "Decline, by" in answer.text.replace("\n", " ")
    knowing = as_sent(answer.text, "/decision")
    knowing["reason"] = "complete"
    assert client.post(desk(event, "/prepared"), data=knowing).status_code == 303
    (kept,) = prepared()
    assert (kept.outcome, kept.text) == (State.ACCREDITED, None)


def test_a_prepared_decision_is_changed_and_dropped_from_the_record(client: FlaskClient) -> None:
    event = make_forum()
    one = register(event)
    officer(client, event)
    assert prepare(client, event, "declined", one, reason="other", text="First words").status_code == 303
    fields = as_sent(client.get(desk(event, f"/{one.id}")).text, "/preview")
    preview = client.post(desk(event, "/preview"), data=fields | {"outcome": "declined"})
    assert "First words" in preview.text
    data = as_sent(preview.text, "/decision")
    data.update({"reason": "other", "text": "Second words"})
    assert client.post(desk(event, "/prepared"), data=data).status_code == 303
    assert [each.text for each in prepared()] == ["Second words"]
    fields = as_sent(client.get(desk(event, f"/{one.id}")).text, "/preview")
    assert client.post(desk(event, "/prepared/drop"), data=fields).status_code == 303
    assert not prepared()
    page = client.get(desk(event, f"/{one.id}")).text
    assert page.count("Decision prepared") == 2
    assert "Prepared decision dropped" in page


def test_a_refusal_needs_words_and_a_reason_when_it_is_prepared_too(client: FlaskClient) -> None:
    event = make_forum()
    one = register(event)
    officer(client, event)
    assert prepare(client, event, "declined", one).status_code == 422
    assert prepare(client, event, "declined", one, reason="other").status_code == 422
    assert prepare(client, event, "declined", one, reason="complete").status_code == 422
    assert not prepared()


def test_taking_back_is_not_prepared(client: FlaskClient) -> None:
    event = make_forum()
    one = register(event)
    deciding.decide(make_person(), [one], State.ACCREDITED, "complete")
    officer(client, event)
    preview = choose(client, event, "revoked", one).text
    assert "Prepare, and release later" not in preview
    assert client.post(desk(event, "/prepared"), data=as_sent(preview, "/decision")).status_code == 404
    with pytest.raises(NotPossible):
        preparing.prepare(make_person(), [one], State.REVOKED, "other")


def test_who_withdraws_takes_the_prepared_decision_along() -> None:
    event = make_forum()
    owner = make_person()
    one = register(event, owner)
    make_prepared(one, State.DECLINED, "late")
    actions.withdraw(owner, intake(event, owner))
    db.session.flush()
    assert not prepared()
    verbs = select(AuditEntry.verb, AuditEntry.actor_id).where(AuditEntry.subject_id == one.id).order_by(AuditEntry.id)
    lines = [tuple(row) for row in db.session.execute(verbs)]
    assert lines[-2:] == [("registration.prepared_dropped", owner.id), ("registration.withdrawn", owner.id)]
    with pytest.raises(preparing.NotThereAnyMore):
        preparing.release(make_person(), event.id, [one.id])


def test_withdrawing_costs_the_same_whether_something_is_prepared_or_not(statements: list[str]) -> None:
    """What nobody outside the desk may know is not to be measured either."""
    event = make_forum()
    counts = []
    for is_prepared in (False, True):
        owner = make_person()
        one = register(event, owner)
        if is_prepared:
            make_prepared(one)
        found = intake(event, owner)
        statements.clear()
        actions.withdraw(owner, found)
        db.session.flush()
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_who_lets_an_offer_lapse_and_leaves_takes_it_along() -> None:
    event = make_dialogue(capacity=1, leaves_on_lapse=True)
    leaving = make_person()
    register(event, leaving)
    one = register(event)
    actions.withdraw(leaving, intake(event, leaving))
    db.session.refresh(one)
    assert one.state is State.OFFERED
    make_prepared(one)
    offer = db.session.scalars(select(offers.SeatOffer)).one()
    offers.lapse(offer.until)
    assert again(one) == [State.WITHDRAWN]
    assert not prepared()


@pytest.mark.parametrize("state", [State.UNDER_REVIEW, State.DECLINED])
def test_erasure_takes_it_along(state: State) -> None:
    event = make_forum()
    owner = make_person()
    make_prepared(make_registration(event, owner, state=state), State.DECLINED, "other", text="Words about somebody")
    personal_data.erase(owner)
    assert not prepared()
    assert not db.session.scalars(select(AuditText)).all()


@pytest.mark.parametrize("outcome", [State.REVOKED, State.WITHDRAWN, State.OFFERED])
def test_the_database_knows_what_can_be_prepared(outcome: State) -> None:
    one = make_registration(make_forum())
    with pytest.raises(IntegrityError), db.session.begin_nested():
        make_prepared(one, outcome)


def test_one_prepared_decision_for_a_registration() -> None:
    one = make_registration(make_forum())
    make_prepared(one)
    with pytest.raises(IntegrityError), db.session.begin_nested():
        make_prepared(one, State.DECLINED, "late")


def test_any_error_undoes_the_whole_release(client: FlaskClient) -> None:
    """A reason that is on no list any more is refused in the last step: the steps before are undone with it."""
    event = make_forum()
    one, two = register(event), register(event)
    make_prepared(one)
    make_prepared(two, State.DECLINED, "no_longer_a_reason")
    officer(client, event)
    answer = release(client, event)
    assert answer.status_code == 422
    assert "Choose a reason" in answer.text
    assert again(one, two) == [State.UNDER_REVIEW] * 2
    assert len(prepared()) == 2
    assert "registration.accredited" not in owed()


@pytest.mark.parametrize("page", ["/prepared", "?chip=prepared"])
def test_the_pages_statements_do_not_grow(client: FlaskClient, statements: list[str], page: str) -> None:
    event = make_forum(capacity=50)
    take_category(event, quota=40)
    officer(client, event)
    counts = []
    for number in (1, 4):
        for _ in range(number):
            make_prepared(make_registration(event))
            make_prepared(make_registration(event, state=State.WAITLISTED))
            make_prepared(make_registration(event), State.DECLINED, "late")
        client.get(desk(event, page))
        statements.clear()
        assert client.get(desk(event, page)).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_statements_of_the_deeds_do_not_grow(statements: list[str]) -> None:
    event, person = make_forum(), make_person()
    counts = []
    for number in (1, 4):
        chosen = [make_registration(event) for _ in range(number)]
        statements.clear()
        preparing.prepare(person, chosen, State.ACCREDITED, "complete", "Welcome")
        prepared_in = len(statements)
        ids = [one.id for one in prepared()]
        statements.clear()
        assert preparing.release(person, event.id, ids).done == number
        released_in = len(statements)
        chosen = [make_registration(event) for _ in range(number)]
        preparing.prepare(person, chosen, State.DECLINED, "late")
        statements.clear()
        assert preparing.give_up(person, chosen) == number
        counts.append((prepared_in, released_in, len(statements)))
    assert counts[0] == counts[1]


def test_the_list_as_a_file_says_nothing_of_it_and_follows_the_chip(client: FlaskClient) -> None:
    event = make_forum()
    one, _other = make_registration(event, legal_name="Amina"), make_registration(event, legal_name="Björn")
    make_prepared(one, State.DECLINED, "other", text="Words that wait")
    officer(client, event)
    address = desk(event, "/export?chip=prepared")
    fields = form_fields(client.get(address).text) | {"reason": "Look", "kind": "csv"}
    text = client.post(address, data=fields).data.decode()
    assert "Amina" in text
    assert "Björn" not in text
    assert "Words that wait" not in text

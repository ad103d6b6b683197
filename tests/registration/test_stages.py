"""Security before an accreditation: asked, answered, gone on without; never a block by itself, never told."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from eventhub.checkin import queries as entering
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import Stale
from eventhub.papers import actions as papers
from eventhub.papers import making
from eventhub.papers.models import Layout
from eventhub.people import actions as people
from eventhub.people.affiliations import affiliate
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.registration import actions, deciding, doors, histories, offers, personal_data, preparing, stages
from eventhub.registration import security as pages
from eventhub.registration.access import Sight
from eventhub.registration.models import (
    Approval,
    PreparedDecision,
    Registration,
    RegistrationSetup,
    SeatAt,
    SeatOffer,
    State,
    Word,
)
from eventhub.registration.moves import OwnFile
from eventhub.registration.prepared import held
from tests.factories.people import form_fields, make_person, make_staff, sign_in
from tests.factories.registration import (
    ANSWERS,
    intake,
    make_forum,
    make_prepared,
    make_registration,
    register,
    take_category,
)
from tests.registration.test_organiser_views import choose, desk, officer
from tests.registration.test_preparing import as_sent, prepare, release

pytestmark = pytest.mark.usefixtures("database")
NAME = "Amina Yusuf Warsame"


def a_forum(**given: Any) -> tuple[Event, RegistrationSetup]:
    event = make_forum(**({"needs_security": True} | given))
    return event, db.session.get_one(RegistrationSetup, event.id)


def ask(event: Event, *registrations: Registration) -> list[Approval]:
    stages.ask(make_person(), db.session.get_one(RegistrationSetup, event.id), registrations)
    rows = select(Approval).where(Approval.registration_id.in_([one.id for one in registrations]))
    return list(db.session.scalars(rows.where(Approval.lapsed_at.is_(None))))


def say(approval: Approval, word: Word = Word.NO_OBJECTION, note: str | None = None, who: Person | None = None) -> None:
    stages.say(who or make_person(), approval.id, word, note, seen=approval.version)
    db.session.flush()


def accredit(*registrations: Registration, by: Person | None = None) -> None:
    deciding.decide(by or make_person(), registrations, State.ACCREDITED, "complete")


def security(client: FlaskClient, event: Event) -> Person:
    return sign_in(client, make_staff(Role.SECURITY_OFFICER, event_id=event.id))


def at(event: Event, more: str = "") -> str:
    return f"/en/console/events/{event.slug}/security{more}"


def speak(client: FlaskClient, event: Event, approval: Approval, **values: str) -> TestResponse:
    page = client.get(at(event, f"/{approval.id}")).text
    return client.post(at(event, f"/{approval.id}/word"), data=form_fields(page, "/word") | values)


def test_nobody_is_accredited_before_security_has_spoken() -> None:
    event, _setup = a_forum()
    one = register(event)
    with pytest.raises(stages.ApprovalMissing) as refused:
        accredit(one)
    assert str(one.reference) in str(refused.value.message)
    (approval,) = ask(event, one)
    with pytest.raises(stages.ApprovalMissing):
        accredit(one)
    assert one.state is State.UNDER_REVIEW, "the stage moves nobody"
    say(approval)
    accredit(one)
    assert one.state is State.ACCREDITED


def test_an_objection_blocks_nothing_by_itself_and_is_told_to_nobody(app: Flask, client: FlaskClient) -> None:
    event, setup = a_forum()
    owner = make_person()
    one = register(event, owner)
    mine = app.test_client()
    sign_in(mine, owner)
    before = mine.get(f"/en/me/registrations/{one.reference}").text
    (approval,) = ask(event, one)
    say(approval, Word.OBJECTION, "A marker of suspicion")
    with pytest.raises(stages.ApprovalMissing):
        accredit(one)
    assert mine.get(f"/en/me/registrations/{one.reference}").text == before
    assert "suspicion" not in str(personal_data.own_data(owner))
    officer(client, event)
    page = client.get(desk(event, f"/{one.id}")).text
    assert "A marker of suspicion" in page
    fields = form_fields(page, "/security-passed")
    refused = client.post(desk(event, f"/{one.id}/security-passed"), data=fields | {"why_passed": ""})
    assert refused.status_code == 422
    assert "why_passed-e" in refused.text
    done = client.post(
        desk(event, f"/{one.id}/security-passed"), data=fields | {"why_passed": "A known defender, we take it up"}
    )
    assert done.status_code == 303, done.text
    assert "A known defender" in client.get(desk(event, f"/{one.id}")).text
    accredit(one)
    assert one.state is State.ACCREDITED
    assert setup.needs_security
    told = mine.get(f"/en/me/registrations/{one.reference}").text + str(personal_data.own_data(owner))
    for word in ("suspicion", "defender", "objection"):
        assert word not in told.lower()


def test_what_security_does_not_say_in_time_is_gone_on_without() -> None:
    event, setup = a_forum(security_within_days=3)
    one, officer_ = register(event), make_person()
    (approval,) = ask(event, one)
    with pytest.raises(stages.TooEarly):
        stages.go_on(officer_, setup, one, "They are slow", seen=approval.version)
    with time_machine.travel(now() + timedelta(days=6), tick=False):
        stages.go_on(officer_, setup, one, "They are slow", seen=approval.version)
        accredit(one, by=officer_)
    assert one.state is State.ACCREDITED
    over = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == stages.PASSED)).one()
    assert over.detail == {"over": "silence"}


def test_it_takes_two_people() -> None:
    event, setup = a_forum()
    one, two, both = register(event), register(event), make_person()
    first, second = ask(event, one, two)
    for approval in (first, second):
        say(approval, who=both)
    with pytest.raises(stages.OwnWord):
        accredit(one, two, by=both)
    accredit(one, two)
    setup.releases_by_another = True
    three = register(event)
    (approval,) = ask(event, three)
    say(approval, Word.OBJECTION, "Doubts")
    stages.go_on(both, setup, three, "No ground", seen=approval.version)
    with pytest.raises(stages.OwnWord):
        accredit(three, by=both)
    accredit(three)


def test_nobody_speaks_about_oneself(client: FlaskClient) -> None:
    event, setup = a_forum()
    person = security(client, event)
    one = register(event, person)
    (approval,) = ask(event, one)
    with pytest.raises(OwnFile):
        say(approval, who=person)
    with pytest.raises(OwnFile):
        stages.go_on(person, setup, one, "Me", seen=approval.version)
    assert "Nobody waits for your word" in client.get(at(event)).text
    assert client.get(at(event, f"/{approval.id}")).status_code == 404


def test_categories_say_for_themselves_who_is_asked() -> None:
    event, setup = a_forum(needs_security=False)
    take_category(event, security=True)
    take_category(event, "member_state", security=None)
    one, other = register(event), register(event, **(ANSWERS | {"category": "member_state"}))
    with pytest.raises(stages.ApprovalMissing):
        accredit(one)
    accredit(other)
    with pytest.raises(stages.NobodyToAsk):
        stages.ask(make_person(), setup, [other])
    take_category(event, security=False)
    setup.needs_security = True
    accredit(one)


def test_a_category_with_security_is_never_confirmed_at_once() -> None:
    event, _setup = a_forum(needs_security=False, needs_accreditation=False, seat_at=SeatAt.SUBMISSION)
    take_category(event, security=True)
    one = register(event, **ANSWERS)
    assert one.state is State.UNDER_REVIEW


def test_a_prepared_decision_waits_for_security(client: FlaskClient) -> None:
    event, _setup = a_forum()
    one, two = register(event), register(event)
    officer(client, event)
    page = choose(client, event, "accredited", one, two).text
    assert "Security comes first for 2 people" in page
    assert "Accredit 2 people</button>" not in page
    assert prepare(client, event, "accredited", one, two, reason="complete").status_code == 303
    page = client.get(desk(event, "/prepared")).text
    assert "Security comes first." in page
    assert "/prepared/release" not in page
    first, _second = ask(event, one, two)
    say(first)
    assert release(client, event).status_code == 303
    states = {db.session.get_one(Registration, each).state for each in (first.registration_id,)}
    assert states == {State.ACCREDITED}
    assert len(list(db.session.scalars(select(PreparedDecision)))) == 1


def test_the_others_of_a_batch_can_be_left_out(client: FlaskClient) -> None:
    event, _setup = a_forum()
    one, two = register(event), register(event)
    (approval,) = ask(event, one)
    say(approval)
    officer(client, event)
    sent = as_sent(choose(client, event, "accredited", one, two).text, "/decision")
    sent["reason"] = "complete"
    refused = client.post(desk(event, "/decision"), data=sent)
    assert refused.status_code == 422
    assert f"Security comes first for {two.reference}" in refused.text
    sent["without"] = "security"
    page = client.post(desk(event, "/preview"), data=sent).text
    assert "Accredit 1 person</button>" in page
    sent = as_sent(page, "/decision")
    sent["reason"] = "complete"
    assert client.post(desk(event, "/decision"), data=sent).status_code == 303


def test_an_offer_that_is_accepted_keeps_the_place_until_security_has_spoken() -> None:
    event, _setup = a_forum(capacity=1)
    owner, first = make_person(), register(event)
    one = register(event, owner)
    (approval,) = ask(event, first)
    say(approval)
    accredit(first)
    deciding.decide(make_person(), [one], State.WAITLISTED, "over_quota")
    actions.withdraw(
        db.session.get_one(Person, first.person_id), intake(event, db.session.get_one(Person, first.person_id))
    )
    offer = db.session.scalars(select(SeatOffer)).one()
    kept = offers.accept(owner, offer)
    assert kept.state is State.UNDER_REVIEW
    assert kept.has_seat
    (approval,) = ask(event, kept)
    say(approval)
    accredit(kept)


def test_a_walk_in_is_not_accredited_past_security() -> None:
    event, setup = a_forum()
    with pytest.raises(doors.SecurityFirst):
        doors.register_at_desk(
            make_person(),
            event,
            setup,
            doors.Newcomer("Somebody", "ngo_no_ecosoc"),
            accredit=True,
            may_pass_over=True,
            text=None,
        )


def test_who_becomes_another_on_paper_is_asked_about_anew() -> None:
    event, _setup = a_forum()
    owner = make_person()
    one = register(event, owner)
    (approval,) = ask(event, one)
    say(approval)
    actions.amend(owner, intake(event, owner), {"organisation": {"name": "Another house"}})
    assert approval.lapsed_at is None
    actions.amend(owner, intake(event, owner), {"legal_name": "Somebody Else"})
    db.session.refresh(approval)
    assert approval.lapsed_at is not None
    fresh = db.session.scalars(select(Approval).where(Approval.lapsed_at.is_(None))).one()
    assert fresh.outcome is None
    with pytest.raises(stages.ApprovalMissing):
        accredit(one)
    say(fresh)
    accredit(one)
    actions.amend(owner, intake(event, owner), {"nationality": "KE"})
    asked = db.session.scalars(select(Approval).where(Approval.lapsed_at.is_(None))).one()
    assert asked.outcome is None, "also after the accreditation, which stands"
    assert one.state is State.ACCREDITED


def test_who_is_looked_at_again_is_asked_about_again() -> None:
    event, _setup = a_forum()
    one = register(event)
    (approval,) = ask(event, one)
    say(approval)
    accredit(one)
    deciding.decide(make_person(), [one], State.REVOKED, "duplicate")
    deciding.take_up_again(make_person(), one, "A mistake")
    with pytest.raises(stages.ApprovalMissing):
        accredit(one)


def test_a_word_that_changed_meanwhile_is_seen_first() -> None:
    event, setup = a_forum()
    one = register(event)
    (approval,) = ask(event, one)
    before = approval.version
    say(approval, Word.OBJECTION, "Doubts")
    with pytest.raises(Stale):
        stages.say(make_person(), approval.id, Word.NO_OBJECTION, None, seen=before)
    with pytest.raises(Stale):
        stages.go_on(make_person(), setup, one, "Why not", seen=before)
    stages.go_on(make_person(), setup, one, "No ground", seen=approval.version)
    db.session.flush()
    say(approval, Word.OBJECTION, "New facts")
    with pytest.raises(stages.ApprovalMissing):
        accredit(one)


def test_security_sees_five_lines_and_no_more(client: FlaskClient) -> None:
    event, _setup = a_forum()
    one = register(event, make_person(alias="Amina Alias"))
    (approval,) = ask(event, one)
    reader = security(client, event)
    page = client.get(at(event)).text
    assert "Amina Alias" in page
    assert "Somalia" in page
    person = client.get(at(event, f"/{approval.id}")).text
    for secret in (NAME, "Horn Voices", "RT1234418", str(one.reference), "In person"):
        assert secret not in page
        assert secret not in person
    assert client.get(desk(event)).status_code == 404
    assert client.get(desk(event, f"/{one.id}")).status_code == 404
    refused = client.post(
        at(event, f"/{approval.id}/sealed"), data=form_fields(person, "/sealed#opened-t") | {"reason": " "}
    )
    assert refused.status_code == 422
    shown = client.post(
        at(event, f"/{approval.id}/sealed"), data=form_fields(person, "/sealed#opened-t") | {"reason": "Match"}
    )
    assert "RT1234418" in shown.text
    read = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "registration.revealed")).one()
    assert (read.actor_id, read.detail["questions"]) == (reader.id, ["document_number"])


def test_security_answers_in_a_form_that_names_its_faults(client: FlaskClient) -> None:
    event, _setup = a_forum()
    one, two = register(event), register(event)
    first, second = ask(event, one, two)
    security(client, event)
    none = speak(client, event, first)
    assert none.status_code == 422
    assert "Choose one of the two" in none.text
    bare = speak(client, event, first, word="objection")
    assert bare.status_code == 422
    assert "Say what the objection is" in bare.text
    assert speak(client, event, first, word="objection", note="On a list").status_code == 303
    assert speak(client, event, second, word="no_objection").status_code == 303
    page = client.get(at(event, "?said=1")).text
    assert "No objection" in page
    assert "Objection" in page
    assert "Nobody waits" in client.get(at(event)).text


def test_the_list_for_security_as_a_file(client: FlaskClient) -> None:
    event, _setup = a_forum()
    ask(event, register(event))
    security(client, event)
    page = client.get(at(event, "/export")).text
    fields = form_fields(page, "/export")
    assert client.post(at(event, "/export"), data=fields | {"reason": "", "kind": "csv"}).status_code == 422
    file = client.post(at(event, "/export"), data=fields | {"reason": "Our own check", "kind": "csv"})
    assert file.mimetype == "text/csv"
    assert file.text.splitlines()[0].lstrip("\ufeff").count(",") == 3
    for secret in ("Horn Voices", "RT1234418", "EH-"):
        assert secret not in file.text
    taken = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "registration.exported")).one()
    assert taken.detail == {"rows": 1, "kind": "csv", "sight": "security"}


def test_the_desk_asks_many_at_once_and_finds_who_waits(client: FlaskClient) -> None:
    event, _setup = a_forum()
    people = [register(event) for _ in range(3)]
    officer(client, event)
    page = client.get(desk(event)).text
    assert page.count("Security not asked yet") == 3
    sent = form_fields(page, "/preview") | {"id": [str(one.id) for one in people]}
    assert client.post(desk(event, "/security"), data=sent).status_code == 303
    page = client.get(desk(event, "?chip=security")).text
    assert "Waits for security <b>3</b>" in page
    assert "Security is asked about 3 people." in page
    approval = db.session.scalars(select(Approval).limit(1)).one()
    say(approval, Word.OBJECTION, "Doubts")
    page = client.get(desk(event, "?chip=objected")).text
    assert "Security objects <b>1</b>" in page
    assert "Waits for security <b>2</b>" in page


def test_a_withdrawn_person_is_on_no_list_and_an_erased_one_has_no_rows(client: FlaskClient) -> None:
    event, _setup = a_forum()
    owner, other = make_person(), make_person()
    first, _second = ask(event, register(event, owner), register(event, other))
    actions.withdraw(owner, intake(event, owner))
    personal_data.erase(other)
    security(client, event)
    assert "Nobody waits" in client.get(at(event)).text
    assert client.get(at(event, f"/{first.id}")).status_code == 404
    assert db.session.query(Approval).count() == 1
    with time_machine.travel(now() + timedelta(days=400), tick=False):
        stages.delete_old(now())
    assert db.session.query(Approval).count() == 0


def test_security_finds_its_events_on_the_first_page_of_the_console(client: FlaskClient) -> None:
    event, _setup = a_forum()
    ask(event, register(event))
    security(client, event)
    page = client.get("/en/console").text
    assert "People who wait for the word of security" in page
    assert at(event) in page


def test_prepared_and_released_by_who_spoke_for_security_does_not_hold() -> None:
    event, setup = a_forum()
    one, both = make_registration(event), make_person()
    (approval,) = ask(event, one)
    say(approval, who=both)
    decision = make_prepared(one)
    found = preparing.stand(both, setup, held([decision.id], event.id, both.id))
    assert [each.hindrance for each in found] == [preparing.Hindrance.OWN_WORD]
    assert preparing.release(make_person(), event.id, [decision.id]).done == 1


def standing_about(registration: Registration) -> Approval:
    rows = select(Approval).where(Approval.registration_id == registration.id, Approval.lapsed_at.is_(None))
    return db.session.scalars(rows).one()


def may_enter(event: Event, registration: Registration) -> bool:
    found = entering.bearer(event.id, str(registration.reference))
    return found is not None and found.may_enter


def test_whoever_spoke_for_security_lets_nobody_in_by_an_offer() -> None:
    event, _setup = a_forum(capacity=5, offers_by_hand=True)
    both, owner = make_person(), make_person()
    one = register(event, owner)
    (approval,) = ask(event, one)
    say(approval, who=both)
    deciding.decide(both, [one], State.WAITLISTED, "complete")
    db.session.flush()
    with pytest.raises(stages.OwnWord):
        offers.offer_by_hand(both, event.id, [one])
    offers.offer_by_hand(make_person(), event.id, [one])
    offers.accept(owner, db.session.scalars(select(SeatOffer)).one())
    assert (one.state, one.has_seat) == (State.UNDER_REVIEW, True), "the same hands put her on the list"
    accredit(one)


def test_a_word_about_another_public_name_lapses() -> None:
    event, _setup = a_forum()
    owner, there = make_person(), make_person()
    one = register(event, owner)
    (approval,) = ask(event, one)
    approval = pages.one(event, there.id, approval.id)
    saw = pages.seal_of_name(one, event).hex()
    people.choose_alias(owner, "Quite Another Name")
    with pytest.raises(Stale):
        pages.say(there, approval, event, Word.NO_OBJECTION, None, seen=1, seen_name=saw)
    saw = pages.seal_of_name(one, event).hex()
    pages.say(there, approval, event, Word.NO_OBJECTION, None, seen=1, seen_name=saw)
    people.set_discreet(owner, True)
    pages.follow(owner.id)
    assert standing_about(one).id == approval.id, "the same name"
    accredit(one)
    people.choose_alias(owner, "A Third Name")
    pages.follow(owner.id)
    assert standing_about(one).id != approval.id
    assert stages.unsettled(event.id, {one.id: one.category}) == {one.id}


def test_nobody_gets_a_badge_or_enters_by_a_name_that_security_has_not_seen() -> None:
    event, _setup = a_forum()
    owner, there = make_person(), make_staff(Role.ADMIN)
    one = register(event, owner)
    (approval,) = ask(event, one)
    say(approval)
    accredit(one)
    order = papers.order_badges(there, event, Sight.BADGES, "en", layout=Layout.A6, filters={}, reason="The first day")
    papers.name_in(order, [one.id])
    assert may_enter(event, one)
    assert making._people(order, {})
    actions.save_page(owner, intake(event, owner), {"legal_name": "Quite Another Person"})
    db.session.flush()
    assert making._people(order, {}) == []
    assert not may_enter(event, one)
    assert entering.expected(event.id) == []
    with pytest.raises(papers.NothingToIssue):
        papers.mark_issued(there, event, order)
    say(standing_about(one))
    assert may_enter(event, one)
    assert making._people(order, {})


def test_no_history_tells_of_security_once_its_words_are_deleted() -> None:
    event, _setup = a_forum()
    one = register(event)
    (approval,) = ask(event, one)
    say(approval, Word.OBJECTION, "Why")
    assert "registration.security_objection" in {deed.entry.verb for deed in histories.deeds(one)}
    with time_machine.travel(now() + (event.last_day - now().date()) + stages.KEPT + timedelta(days=2), tick=False):
        left = {deed.entry.verb for deed in histories.deeds(one)}
    assert left
    assert not any("security" in verb for verb in left)


def test_a_refused_word_does_not_tell_of_whose_organization_somebody_is() -> None:
    event, _setup = a_forum()
    there, owner = make_person(), make_person()
    one = register(event, owner)
    one.organisation_id = affiliate(owner.id, "Secret Rights Group")
    affiliate(there.id, "Secret Rights Group")
    (approval,) = ask(event, one)
    with pytest.raises(stages.NotByYou) as refused:
        say(approval, who=there)
    assert "organization" not in str(refused.value.message)

"""Deciding eligibility: one and many, with a preview; nobody about themselves; asking for what is missing."""

import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.funding import deciding, desk, desk_history, thread
from eventhub.funding.file_check import Gap, Lack, gaps, read_gap
from eventhub.funding.models import Application, Call, Owed, Stand, State, Vouch, Voucher
from eventhub.funding.nearness import OwnFile
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import Stale
from eventhub.kit.outbox import Promise
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Affiliation
from eventhub.questionnaires.uploads import Upload
from tests.factories.funding_desk import (
    FORM,
    fund_officer,
    make_application,
    make_call,
    make_debt,
    make_endorsement,
    some_rules,
)
from tests.factories.people import form_fields, make_organisation, make_person, sign_in
from tests.factories.registration import a_photograph
from tests.funding.test_desk import at


def tasks() -> list[str]:
    return [one for one in db.session.scalars(select(Promise.task)) if one.startswith("funding.")]


def choose(client: FlaskClient, call: Call, outcome: str, *chosen: Application) -> Any:
    fields = form_fields(client.get(at(call, "?chip=all")).text, "preview")
    return client.post(at(call, "/preview"), data=fields | {"outcome": outcome, "id": [str(one.id) for one in chosen]})


def decide(client: FlaskClient, call: Call, outcome: str, *chosen: Application, **more: Any) -> Any:
    page = choose(client, call, outcome, *chosen).text
    fields: dict[str, Any] = form_fields(page, "decision")
    seen = [f"{one.id}:{one.version}" for one in chosen]
    return client.post(
        at(call, "/decision"),
        data=fields | {"outcome": outcome, "id": [str(one.id) for one in chosen], "seen": seen} | more,
    )


def test_a_preview_shows_the_letter_in_six_languages_and_one_press_decides(client: FlaskClient) -> None:
    call = make_call()
    one = make_application(call, make_person(name="Amina Yusuf", language="fr"))
    two = make_application(call, make_person(name="Sokha Chann", discreet=True))
    sign_in(client, fund_officer(call))
    page = choose(client, call, "eligible", one, two).text
    for word in ("English", "العربية", "中文", "Français", "Русский", "Español", "Find 2 applications eligible?"):
        assert word in page
    assert "says only that there is news" in page
    assert "Sokha" not in page
    assert two.reference in page
    assert decide(client, call, "eligible", one, two).status_code == 303
    assert {one.state, two.state} == {State.ELIGIBLE}
    assert one.decided_at is not None
    assert tasks() == ["funding.eligible"] * 2


def test_a_preview_names_what_is_missing_and_says_that_answers_freeze(client: FlaskClient) -> None:
    call = make_call()
    bare = make_application(call, make_person(name="Bare File"))
    make_endorsement(bare)
    sign_in(client, fund_officer(call))
    page = choose(client, call, "eligible", bare).text
    missing = page.partition("Something is missing")[2].partition("</ul>")[0]
    assert "Bare File" in missing
    assert "Referee 1 has not answered yet" in missing
    assert "The call is still open" in page
    for outcome in ("incomplete", "ineligible"):
        assert "The call is still open" not in choose(client, call, outcome, bare).text
    with time_machine.travel(call.closes_at, tick=False):
        sign_in(client, fund_officer(call))
        assert "The call is still open" not in choose(client, call, "eligible", bare).text


def test_a_refusal_needs_a_reason_from_the_list_and_sometimes_words(client: FlaskClient) -> None:
    call = make_call()
    one = make_application(call)
    sign_in(client, fund_officer(call))
    for bad in ("", "selected", "withdrawn", "nonsense"):
        assert decide(client, call, "ineligible", one, reason=bad).status_code == 422, bad
    assert decide(client, call, "ineligible", one, reason="other", text="  ").status_code == 422
    answer = decide(client, call, "ineligible", one, reason="incomplete", text="The letter is unsigned.")
    assert answer.status_code == 303
    assert (one.state, one.reason) == (State.INELIGIBLE, "incomplete")
    assert desk_history.decision_words(one) == "The letter is unsigned."


@pytest.mark.parametrize("outcome", ["submitted", "recommended", "nonsense", "", "withdrawn"])
def test_other_outcomes_do_not_exist(client: FlaskClient, outcome: str) -> None:
    call = make_call()
    one = make_application(call)
    sign_in(client, fund_officer(call))
    assert choose(client, call, outcome, one).status_code == 404


def test_a_hundred_take_as_many_statements_as_three(statements: list[str]) -> None:
    call = make_call()
    counts = []
    for number in (3, 100):
        ids = [make_application(call).id for _ in range(number)]
        officer = fund_officer(call)
        db.session.expire_all()
        chosen = desk.chosen(call.id, ids)
        db.session.refresh(call)
        db.session.refresh(officer)
        statements.clear()
        deciding.decide(officer, call, chosen, State.INELIGIBLE, "not_eligible", "So it is.")
        counts.append(len(statements))
    assert counts[0] == counts[1], counts


def test_nobody_decides_about_themselves(client: FlaskClient) -> None:
    call = make_call()
    me, house = fund_officer(call), make_organisation()
    db.session.add(Affiliation(person_id=me.id, organisation_id=house.id, is_main=True))
    own = make_application(call, me)
    filed = make_application(call, filed_by_id=me.id)
    ours = make_application(call, organisation_id=house.id)
    nominated = make_application(call, nominated_by_id=house.id)
    vouched = make_application(call)
    make_endorsement(vouched, Voucher.REFEREE, outcome=None, email=me.email, withdrawn_at=now())
    for one in (own, filed, ours, nominated, vouched):
        with pytest.raises(OwnFile):
            deciding.decide(me, call, [one], State.ELIGIBLE, None)
        with pytest.raises(OwnFile):
            thread.ask(me, call, one, "A letter?", days=3)
        one.state = State.INELIGIBLE
        with pytest.raises(OwnFile):
            deciding.take_up_again(me, call, one, "Again")
        one.state = State.SUBMITTED
    other = make_application(call)
    db.session.flush()
    sign_in(client, me)
    page = choose(client, call, "eligible", own, filed, ours, nominated, vouched, other).text
    assert "Find 1 application eligible?" in page
    assert "5 of those chosen cannot be decided so" in page
    fields: dict[str, Any] = form_fields(page, "decision")
    forged = client.post(at(call, "/decision"), data=fields | {"outcome": "eligible", "id": [str(ours.id)]})
    assert forged.status_code == 422
    assert ours.state is State.SUBMITTED
    assert client.get(at(call, f"/{own.id}")).status_code == 403


def test_a_colleague_s_decision_is_not_overturned(app: Flask, client: FlaskClient) -> None:
    call = make_call()
    one = make_application(call)
    sign_in(client, fund_officer(call))
    fields: dict[str, Any] = form_fields(choose(client, call, "eligible", one).text, "decision")
    before = one.version
    other = fund_officer(call)
    deciding.decide(other, call, [one], State.INELIGIBLE, "not_eligible")
    db.session.flush()
    answer = client.post(at(call, "/decision"), data=fields | {"id": str(one.id), "seen": f"{one.id}:{before}"})
    assert answer.status_code == 422
    assert one.state is State.INELIGIBLE
    with pytest.raises(Stale):
        deciding.take_up_again(other, call, one, "Again", seen={one.id: before})


def test_asking_names_all_gaps_at_once_and_the_applicant_answers(app: Flask, client: FlaskClient) -> None:
    call = make_call(rules=some_rules(file_days=4))
    who = make_person(name="Amina Yusuf")
    one = make_application(call, who)
    make_endorsement(one, outcome=Vouch.DECLINED)
    sign_in(client, fund_officer(call))
    page = client.get(at(call, f"/{one.id}")).text
    for gap in (
        "Letter of your organization",
        "The organization that was named does not nominate",
        "Referee 1 has not answered yet",
    ):
        assert gap in page
    assert 'value="4"' in page
    fields = form_fields(page, "missing")
    with time_machine.travel(now(), tick=False):
        answer = client.post(
            at(call, f"/{one.id}/missing"), data=fields | {"with_gaps": "y", "question": "And your city?", "days": "4"}
        )
        assert answer.status_code == 303
        assert one.state is State.INFO_REQUESTED
        assert one.due_at == thread.due_after(call, 4, now())
    assert tasks() == ["funding.asked"]
    mine = app.test_client()
    sign_in(mine, who)
    own = f"/en/me/applications/{one.reference}/questions"
    page = mine.get(own).text
    assert "And your city?" in page
    assert "Letter of your organization" in page
    fields = form_fields(page)
    assert mine.post(own, data=fields | {"text": " "}).status_code == 422
    fields = form_fields(mine.get(own).text)
    sent = {"text": "Nairobi. Here it is.", "file": (io.BytesIO(a_photograph()), "letter of Amina.jpg")}
    assert mine.post(own, data=fields | sent).status_code == 303
    assert one.state is State.INFO_REQUESTED, "the letter is still missing in the form, which stays open"
    assert one.answered_at is not None
    assert "Still missing in your form" in mine.get(own).text
    assert "Amina Yusuf" in client.get(at(call, "?chip=answered")).text
    page = client.get(at(call, f"/{one.id}")).text
    assert "Nairobi. Here it is." in page
    assert "letter of Amina" in page
    said = thread.messages(one.id, db.session.get_one(SealKey, who.seal_key_id))[-1]
    saved, reads = at(call, f"/{one.id}/messages/{said.message.id}"), select(AuditEntry)
    reads = reads.where(AuditEntry.verb == "funding.file_read")
    asked = client.get(saved)
    assert (asked.status_code, asked.mimetype) == (200, "text/html")
    fields = form_fields(asked.text)
    assert client.post(saved, data=fields | {"reason": " "}).status_code == 422
    assert not db.session.scalars(reads).all(), "nothing was given without a reason"
    given = client.post(saved, data=form_fields(client.get(saved).text) | {"reason": "To see the letter"})
    assert (given.status_code, given.mimetype) == (200, "image/jpeg")
    entry = db.session.scalars(reads).one()
    assert db.session.get_one(AuditText, entry.id).text == "To see the letter"
    fields = form_fields(client.get(at(call, f"/{one.id}")).text, "answer-read")
    fields["seen"] = f"{one.id}:{one.version}"
    assert client.post(at(call, f"/{one.id}/answer-read"), data=fields).status_code == 303
    assert one.answered_at is None


def test_an_answer_brings_a_whole_file_back_to_the_desk(app: Flask, client: FlaskClient) -> None:
    call, who = make_call(), make_person()
    one = make_application(call, who, answers={"letter": Upload("letter.jpg", a_photograph())})
    thread.ask(fund_officer(call), call, desk.record(call.id, one.id), "Which city?", days=3)
    sign_in(client, who)
    own = f"/en/me/applications/{one.reference}/questions"
    page = client.get(own).text
    assert "Still missing" not in page
    assert client.post(own, data=form_fields(page) | {"text": "Nairobi"}).status_code == 303
    assert one.state is State.SUBMITTED
    assert "looked at again" in client.get(own).text


def test_words_are_sealed_and_another_person_reads_nothing(app: Flask, client: FlaskClient) -> None:
    call = make_call()
    one = make_application(call)
    message = thread.ask(fund_officer(call), call, desk.record(call.id, one.id), "A word of MARKER", days=2)
    assert b"MARKER" not in message.sealed
    stranger = app.test_client()
    sign_in(stranger, make_person())
    own = f"/en/me/applications/{one.reference}/questions"
    assert stranger.get(own).status_code == 404
    assert stranger.get("/en/me/applications/EH-X-0000-0000/questions").status_code == 404


def test_silence_ends_nothing_by_itself_and_may_be_decided(client: FlaskClient) -> None:
    call = make_call()
    one = make_application(call)
    officer = fund_officer(call)
    thread.ask(officer, call, desk.record(call.id, one.id), "A letter?", days=2)
    assert thread.remind(now()) == 0, "just asked"
    with time_machine.travel(now() + timedelta(days=2)):
        assert thread.remind(now()) == 1
        assert thread.remind(now()) == 0
    with time_machine.travel(now() + timedelta(days=9)):
        assert thread.remind(now()) == 0
        assert one.state is State.INFO_REQUESTED
        assert deciding.decide(officer, call, [one], State.ELIGIBLE, None) == 1
    assert one.state is State.ELIGIBLE
    verbs = [deed.entry.verb for deed in desk_history.deeds(one.id)]
    assert verbs[:2] == ["funding.eligible", "funding.submitted"]


def test_a_cured_file_is_looked_at_again_with_a_reason(app: Flask, client: FlaskClient) -> None:
    call = make_call()
    who = make_person()
    one = make_application(call, who)
    deciding.decide(fund_officer(call), call, [one], State.INELIGIBLE, "incomplete")
    mine = app.test_client()
    sign_in(mine, who)
    own = f"/en/me/applications/{one.reference}/questions"
    page = mine.get(own).text
    assert "somebody looks again" in page
    assert mine.post(own, data=form_fields(page) | {"text": "Here is the letter"}).status_code == 303
    assert one.state is State.INELIGIBLE, "nothing moves by itself"
    sign_in(client, fund_officer(call))
    page = client.get(at(call, "?chip=answered")).text
    assert str(one.number) in page
    fields = form_fields(client.get(at(call, f"/{one.id}")).text, "again")
    assert client.post(at(call, f"/{one.id}/again"), data=fields | {"why": " "}).status_code == 422
    fields = form_fields(client.get(at(call, f"/{one.id}")).text, "again")
    fields["seen"] = f"{one.id}:{one.version}"
    assert client.post(at(call, f"/{one.id}/again"), data=fields | {"why": "The letter came"}).status_code == 303
    assert (one.state, one.reason, one.decided_at) == (State.SUBMITTED, None, None)
    assert "funding.taken_up" in tasks()


def test_sealed_answers_open_by_post_with_a_reason_once(client: FlaskClient) -> None:
    call = make_call()
    one = make_application(call, answers={"birth_date": "1990-11-26"})
    me = sign_in(client, fund_officer(call))
    address = at(call, f"/{one.id}/sealed")
    page = client.get(at(call, f"/{one.id}")).text
    assert "1990" not in page
    fields = form_fields(page, "sealed#opened-t")
    assert client.post(address, data=fields | {"reason": ""}).status_code == 422
    fields = form_fields(client.get(at(call, f"/{one.id}")).text, "sealed#opened-t")
    opened = client.post(address, data=fields | {"reason": "To compare it with the passport"})
    assert "26 November 1990" in opened.text
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "funding.revealed")).one()
    assert (entry.actor_id, entry.detail["questions"]) == (me.id, ["birth_date"])
    assert client.get(address).status_code in {302, 303, 404, 405}
    assert "Sealed answers read" in client.get(at(call, f"/{one.id}")).text


def test_papers_stand_beside_answers_and_a_sealed_one_needs_a_reason(client: FlaskClient) -> None:
    call = make_call()
    files = {
        "letter": Upload("letter.jpg", a_photograph()),
        "identity_copy": Upload("passport.jpg", a_photograph()),
    }
    one = make_application(call, answers=files)
    sign_in(client, fund_officer(call))
    page = client.get(at(call, f"/{one.id}/papers")).text
    assert "data:image" in page
    assert "We have no money to travel." in page
    sealed = at(call, f"/{one.id}/papers/identity_copy")
    page = client.get(sealed).text
    assert "data:image" not in page
    assert "passport" not in page
    shown = client.post(sealed, data=form_fields(page) | {"reason": "To compare", "turn": "90"})
    assert "data:image" in shown.text
    assert client.get(at(call, f"/{one.id}/files/letter")).status_code == 200
    assert client.get(at(call, f"/{one.id}/files/identity_copy")).status_code == 404
    for bad in ("nonsense", "why_need"):
        assert client.get(at(call, f"/{one.id}/papers/{bad}")).status_code == 404
        assert client.get(at(call, f"/{one.id}/files/{bad}")).status_code == 404


def test_a_debt_is_shown_without_the_traveller_s_name(client: FlaskClient) -> None:
    call = make_call()
    house = make_organisation()
    one = make_application(call, nominated_by_id=house.id)
    make_debt(organisation=house, note="The journey of Zaynab Qadir")
    make_debt(one_person := make_person(), kind=Owed.DEBARRED, note="Forged letter", until=now().date())
    one.person_id = one_person.id
    db.session.flush()
    sign_in(client, fund_officer(call))
    page = client.get(at(call, f"/{one.id}")).text
    assert "The organization that nominates" in page
    assert "Owes a report" in page
    assert "Debarred" in page
    assert "Zaynab" not in page
    assert "Something is owed to the fund" in choose(client, call, "eligible", one).text


def test_a_cancelled_call_decides_nothing(client: FlaskClient) -> None:
    call = make_call(stand=Stand.CANCELLED)
    one = make_application(call)
    with pytest.raises(deciding.CallCancelled):
        deciding.decide(fund_officer(call), call, [one], State.ELIGIBLE, None)
    sign_in(client, fund_officer(call))
    assert "Eligible…" not in client.get(at(call, f"/{one.id}")).text


@pytest.mark.parametrize(
    ("field", "bad"),
    [("days", "0"), ("days", "-3"), ("days", "x"), ("days", "99999999999999"), ("days", ""), ("question", "x" * 9000)],
)
def test_bad_input_is_answered_at_its_field_and_nothing_is_lost(client: FlaskClient, field: str, bad: str) -> None:
    call = make_call()
    one = make_application(call)
    sign_in(client, fund_officer(call))
    fields = form_fields(client.get(at(call, f"/{one.id}")).text, "missing")
    data = fields | {"question": "What I typed", "days": "3", "with_gaps": "y"} | {field: bad}
    answer = client.post(at(call, f"/{one.id}/missing"), data=data)
    assert answer.status_code == 422
    assert "aria-invalid" in answer.text
    assert field == "question" or "What I typed" in answer.text
    assert one.state is State.SUBMITTED


def test_the_machine_lists_gaps_and_reads_its_own_codes() -> None:
    rules = some_rules(vouching={"nominator": True, "referees": 2, "letter": True}).vouching
    assert gaps(None, {}, rules, []) == [Gap(Lack.NOMINATOR), Gap(Lack.REFEREE, "1"), Gap(Lack.REFEREE, "2")]
    for gap in gaps(None, {}, rules, []):
        assert read_gap(gap.code) == gap
    assert read_gap("nonsense:x") is None
    assert FORM["pages"]


def test_notes_stay_inside(app: Flask, client: FlaskClient) -> None:
    call = make_call()
    who = make_person()
    one = make_application(call, who)
    sign_in(client, fund_officer(call))
    fields = form_fields(client.get(at(call, f"/{one.id}")).text, "note")
    assert client.post(at(call, f"/{one.id}/note"), data=fields | {"text": "Ask the embassy"}).status_code == 303
    assert "Ask the embassy" in client.get(at(call, f"/{one.id}")).text
    mine = app.test_client()
    sign_in(mine, who)
    assert "Ask the embassy" not in mine.get(f"/en/me/applications/{one.reference}/questions").text


def test_the_same_is_not_asked_twice_while_its_answer_is_awaited(client: FlaskClient) -> None:
    call = make_call()
    one, officer = make_application(call), fund_officer(call)

    def asked(text: str) -> None:
        thread.ask(officer, call, desk.record(call.id, one.id), text, [Gap(Lack.LETTER)], days=3)

    asked("")
    with pytest.raises(thread.AskedAlready):
        asked(" ")
    asked("And one word more")
    one.answered_at = now() + timedelta(seconds=1)
    asked("And one word more")


def test_the_record_takes_a_constant_number_of_statements(client: FlaskClient, statements: list[str]) -> None:
    call = make_call()
    few, many = make_application(call), make_application(call)
    make_endorsement(few)
    make_endorsement(many)
    make_endorsement(many, Voucher.REFEREE)
    officer = fund_officer(call)
    for turn in range(3):
        thread.ask(officer, call, desk.record(call.id, many.id), f"And {turn}?", days=2)
    thread.ask(officer, call, desk.record(call.id, few.id), "And?", days=2)
    sign_in(client, fund_officer(call))
    counts = []
    for one in (few, many):
        client.get(at(call, f"/{one.id}"))
        statements.clear()
        client.get(at(call, f"/{one.id}"))
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 20, counts

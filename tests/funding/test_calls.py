"""Calls: written, opened with frozen rules, changed by two people, extended, called off; who is told of it."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from eventhub.funding import call_letters, call_queries, calls, opening
from eventhub.funding.calls import (
    ClosesBeforeOpening,
    NotADraft,
    ProposedByAnother,
    ReasonMissing,
    RulesWrong,
)
from eventhub.funding.models import Call, CallDeadline, CallRules, FundKind, Stand, State
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import Stale
from eventhub.kit.mail import Letter
from eventhub.kit.outbox import Promise
from eventhub.kit.revisions import current
from eventhub.kit.sealed import open_for_house, place
from eventhub.questionnaires.models import Purpose
from eventhub.questionnaires.queries import newest_version
from tests.factories.funding_calls import apply_to, facts_of, make_call, propose
from tests.factories.people import make_person
from tests.factories.programme import make_event

pytestmark = pytest.mark.usefixtures("database")


def stamp(call: Call) -> str:
    return call_queries.standing(call).stamp


def promised(task: str) -> list[dict[str, object]]:
    db.session.flush()
    return [one.payload for one in db.session.scalars(select(Promise).where(Promise.task == task).order_by(Promise.id))]


def agreed(call: Call) -> CallRules:
    person = make_person()
    digest = call_queries.standing(call).stamp
    return opening.agree(person, call, digest=digest)


# --- Writing ----------------------------------------------------------------------------------------------------


def test_a_new_call_has_a_form_of_its_own() -> None:
    call = make_call(make_event(), is_open=False)
    form = call_queries.form_of(call)
    assert form is not None
    assert (form.purpose, form.scope_id) == (Purpose.FUNDING, call.id)
    newest = newest_version(form.id)
    assert newest is not None
    assert newest.number == 1


def test_a_copy_takes_rules_words_and_form() -> None:
    officer = make_person()
    source = make_call(kind=FundKind.REMOTE)
    propose(officer, source, places=7)
    agreed(source)
    made = calls.copy(officer, source, facts=facts_of(), event=None)
    assert made.rules["places"] == 7
    assert (made.stand, made.copied_from_id, made.title) == (Stand.DRAFT, source.id, source.title)
    assert made.questionnaire_id != source.questionnaire_id


def test_dates_must_follow_each_other() -> None:
    with pytest.raises(ClosesBeforeOpening):
        make_call(is_open=False, opens_at=now(), closes_at=now() - timedelta(hours=1))
    with pytest.raises(ClosesBeforeOpening):
        make_call(is_open=False, opens_at=now(), closes_at=now() + timedelta(days=400))


def test_two_tabs_do_not_overwrite_each_other() -> None:
    call, officer = make_call(is_open=False), make_person()
    seen = stamp(call)
    calls.edit(officer, call, stamp=seen, rules={"places": 10})
    with pytest.raises(Stale):
        calls.edit(officer, call, stamp=seen, rules={"places": 11})
    assert call.rules["places"] == 10


def test_rules_that_no_form_lets_through() -> None:
    call = make_call(is_open=False)
    for wrong in ({"places": -1}, {"envelopes": []}, {"board": {"members": 2, "quorum": 3}}, {"nothing": 1}):
        with pytest.raises(RulesWrong):
            calls.edit(make_person(), call, stamp=stamp(call), rules=wrong)


# --- Opening ----------------------------------------------------------------------------------------------------


def test_opening_freezes_and_commits_to_the_lottery() -> None:
    call = make_call()
    assert (call.stand, call.version_id is not None) == (Stand.OPEN, True)
    assert call.lottery_seal is not None
    seed = open_for_house(place("fund_call", "lottery_seal", call.id), call.lottery_seal)
    assert len(seed) == 32
    assert call.lottery_commitment == hashlib.sha256(seed).hexdigest()
    frozen = db.session.scalars(select(CallRules).where(CallRules.call_id == call.id)).one()
    assert (frozen.number, frozen.agreed_at is not None) == (1, True)
    assert (
        db.session.scalars(select(CallDeadline).where(CallDeadline.call_id == call.id)).one().closes_at
        == call.closes_at
    )


def test_opening_makes_pages_anew() -> None:
    before = current("funding"), current("programme")
    make_call()
    assert (current("funding"), current("programme")) == (before[0] + 1, before[1] + 1)


def test_a_call_with_gaps_does_not_open() -> None:
    late = make_call(is_open=False, opens_at=now() - timedelta(days=9), closes_at=now() - timedelta(days=1))
    with pytest.raises(opening.NotReady):
        opening.open_call(make_person(), late, stamp=stamp(late))
    empty = make_call(is_open=False)
    calls.edit(make_person(), empty, stamp=stamp(empty), rules={"guide": []})
    with pytest.raises(opening.NotReady):
        opening.open_call(make_person(), empty, stamp=stamp(empty))


def test_opening_what_somebody_changed_meanwhile() -> None:
    call = make_call(is_open=False)
    seen = stamp(call)
    calls.edit(make_person(), call, stamp=seen, rules={"places": 3})
    with pytest.raises(Stale):
        opening.open_call(make_person(), call, stamp=seen)


def test_the_database_refuses_to_change_what_was_agreed() -> None:
    call = make_call()
    with pytest.raises(DBAPIError, match="never change"), db.session.begin_nested():
        db.session.execute(text("UPDATE fund_call_rules SET rules = '{}' WHERE call_id = :id"), {"id": call.id})


# --- Changing ---------------------------------------------------------------------------------------------------


def test_a_change_takes_a_reason_and_a_second_person() -> None:
    call, officer = make_call(), make_person()
    with pytest.raises(ReasonMissing):
        propose(officer, call, reason="")
    propose(officer, call, places=41)
    assert call.rules["places"] == 40, "nothing holds before somebody agreed"
    with pytest.raises(opening.OwnProposal):
        opening.agree(officer, call, digest=stamp(call))
    rules = agreed(call)
    assert call.rules["places"] == 41
    assert (rules.number, rules.reason) == (2, "More money came")
    assert promised("funding.rules_changed") == [{"call_id": str(call.id), "number": 2}]


def test_the_second_person_agrees_to_what_the_page_showed() -> None:
    call, officer = make_call(), make_person()
    propose(officer, call, places=41)
    shown = stamp(call)
    propose(officer, call, reason="", places=42)
    with pytest.raises(Stale):
        opening.agree(make_person(), call, digest=shown)


def test_one_change_at_a_time() -> None:
    call = make_call()
    propose(make_person(), call)
    with pytest.raises(ProposedByAnother):
        propose(make_person(), call, places=43)
    opening.drop(make_person(), call)
    with pytest.raises(opening.NothingProposed):
        opening.drop(make_person(), call)
    propose(make_person(), call, places=43)
    assert agreed(call).number == 3


def test_who_learns_of_changed_rules() -> None:
    call = make_call()
    told = [apply_to(call, State.DRAFT), apply_to(call, State.SUBMITTED)]
    apply_to(call, State.WITHDRAWN)
    propose(make_person(), call)
    agreed(call)
    for _twice in range(2):
        opening.tell_of_rules(call.id, 2)
    assert {one["application_id"] for one in promised("funding.rules_told")} == {str(one.id) for one in told}
    letter = call_letters.rules_told(told[0].id, 2)
    assert letter is not None
    assert "More money came" in str(letter.context["quote"])


# --- Deadline and end -------------------------------------------------------------------------------------------


def test_a_later_deadline_is_appended_and_told_once() -> None:
    call = make_call()
    draft, lost, sent = apply_to(call), apply_to(call, State.EXPIRED), apply_to(call, State.SUBMITTED)
    before = call.closes_at
    with pytest.raises(opening.DeadlineNotLater):
        opening.extend(make_person(), call, before - timedelta(hours=1), before=before.isoformat(), reason="")
    deadline = opening.extend(
        make_person(), call, before + timedelta(days=7), before=before.isoformat(), reason="Floods"
    )
    assert [one.closes_at for one in call_queries.deadlines_of(call.id)] == [before, before + timedelta(days=7)]
    with pytest.raises(Stale):
        opening.extend(make_person(), call, before + timedelta(days=9), before=before.isoformat(), reason="")
    for _twice in range(2):
        opening.tell_of_deadline(call.id, deadline.id)
    assert {one["application_id"] for one in promised("funding.extended_told")} == {str(draft.id), str(lost.id)}
    db.session.refresh(lost)
    assert lost.state is State.DRAFT, "what had expired can be sent after all"
    assert call_letters.extended_told(draft.id, deadline.id) is not None
    assert call_letters.extended_told(sent.id, deadline.id) is None


def test_calling_off_tells_everybody_once() -> None:
    call = make_call()
    draft = apply_to(call)
    opening.cancel(make_person(), call, reason={"en": "No money"})
    for _twice in range(2):
        opening.tell_of_end(call.id)
    assert [one["application_id"] for one in promised("funding.cancelled_told")] == [str(draft.id)]
    assert call_letters.cancelled_told(draft.id) is not None
    with pytest.raises(NotADraft):
        opening.cancel(make_person(), call, reason={"en": "Again"})


@pytest.mark.parametrize("state", [State.UNDER_REVIEW, State.RECOMMENDED, State.RESERVE, State.NOT_RECOMMENDED])
def test_calling_off_tells_everybody_who_still_waits(state: State) -> None:
    call = make_call()
    one, told = apply_to(call, state), apply_to(call, State.NOT_RECOMMENDED)
    one.outcome_seen = State.UNDER_REVIEW
    db.session.flush()
    opening.cancel(make_person(), call, reason={"en": "No money"})
    opening.tell_of_end(call.id)
    assert [each["application_id"] for each in promised("funding.cancelled_told")] == [str(one.id)]
    assert call_letters.cancelled_told(one.id) is not None
    assert call_letters.cancelled_told(told.id) is None


def test_a_call_with_grants_is_not_called_off() -> None:
    call = make_call()
    apply_to(call, State.OFFERED)
    with pytest.raises(opening.GrantsGiven):
        opening.cancel(make_person(), call, reason={"en": "No money"})


@pytest.mark.parametrize("language", ["ar", "zh", "en", "fr", "ru", "es"])
def test_a_discreet_person_is_told_neutrally(language: str) -> None:
    call = make_call()
    person = make_person(discreet=True, language=language)
    one = apply_to(call, person=person)
    opening.cancel(make_person(), call, reason={"en": "No money"})
    letter = call_letters.cancelled_told(one.id)
    assert isinstance(letter, Letter)
    assert letter.discreet
    assert call.slug not in str(letter.context)


def test_every_deed_is_written_down() -> None:
    call = make_call()
    propose(make_person(), call)
    agreed(call)
    rows = select(AuditEntry.verb).where(AuditEntry.subject_id == call.id).order_by(AuditEntry.id)
    assert list(db.session.scalars(rows)) == [
        "funding.call_created",
        "funding.call_opened",
        "funding.change_proposed",
        "funding.change_agreed",
    ]

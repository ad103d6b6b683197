"""Scans taken in: phones without a network, wrong clocks, any order, twice; one entry per person, every scan a row."""

import json
import random
import uuid
from collections import Counter
from datetime import datetime, timedelta

import pytest
import time_machine

from eventhub.checkin import actions, queries, roster
from eventhub.checkin.models import Entry, GateKey, Scan, Verdict
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people import actions as people
from eventhub.people.models import Role
from eventhub.programme.models import Event
from eventhub.registration import personal_data
from eventhub.registration.models import Registration, RegistrationSetup, State
from eventhub.registration.moves import move
from tests.checkin.scene import Phone, badge, entries, in_words, make_today, noon, scans, today
from tests.factories.people import make_person, make_staff
from tests.factories.programme import make_session

pytestmark = pytest.mark.usefixtures("database")
MORNING = datetime.fromisoformat("2026-11-26T07:00:00+00:00")


@pytest.fixture
def event() -> Event:
    return make_today()


def phone(event: Event, ahead: timedelta = timedelta()) -> Phone:
    made = Phone(make_staff(Role.CHECK_IN, event_id=event.id), event, ahead)
    made.fetch_list()
    return made


def typed(event: Event, reference: str | None, key: GateKey | None = None) -> Scan:
    actor = make_staff(Role.CHECK_IN, event_id=event.id)
    gate = queries.gate_of(event, str(key or today(event)))
    return actions.scan_typed(actor, event, gate, reference or "")


@pytest.mark.parametrize("seed", range(6))
def test_a_hundred_scans_offline_on_two_phones_one_an_hour_off(seed: int) -> None:
    """Uploaded in any order, in pieces, twice: one entry per person at the right time, every scan a row."""
    chance = random.Random(seed)
    with time_machine.travel(MORNING, tick=False) as traveller:
        event = make_today()
        crowd = [badge(event) for _ in range(40)]
        late, gone = badge(event), badge(event)
        gone.state = State.UNDER_REVIEW
        db.session.flush()
        phones = [phone(event), phone(event, timedelta(hours=1))]
        gone.state = State.ACCREDITED
        first: dict[uuid.UUID, datetime] = {}
        moments = [MORNING + timedelta(minutes=5 * number + 1) for number in range(100)]
        for number, moment in enumerate(moments):
            one = phones[chance.randrange(2)]
            if number % 20 == 7:
                one.scan(gone.reference, moment)
            elif number % 20 == 13:
                one.scan(None, moment)
            else:
                who = crowd[chance.randrange(40)]
                assert one.scan(str(who.reference), moment) is Verdict.ACCEPTED
                first.setdefault(who.id, moment)
        assert late.id not in first
        traveller.move_to(MORNING + timedelta(hours=10))
        pieces = [(one, one.queue[at : at + 7]) for one in phones for at in range(0, len(one.queue), 7)]
        for _one, piece in pieces:
            chance.shuffle(piece)
        for _ in range(2):
            chance.shuffle(pieces)
            for one, piece in pieces:
                one.send(piece)
        rows = scans()
        assert len(rows) == 100
        assert {row.scanned_at for row in rows} == set(moments)
        assert Counter(in_words(row) for row in rows) == {
            ("accepted", None): 90,
            ("refused", "unknown"): 5,
            ("refused", "unreadable"): 5,
        }
        assert {row.device_at - row.scanned_at for row in rows} == {timedelta(), timedelta(hours=1)}
        assert {row.received_at for row in rows} == {now()}
        assert not any(row.clock_doubtful for row in rows)
        assert {row.registration_id: row.entered_at for row in entries()} == first
        by_id = {row.id: row for row in rows}
        assert all(by_id[one.scan_id].scanned_at == one.entered_at for one in entries())
        states = {one.id: db.session.get_one(Registration, one.id).state for one in crowd}
        assert all((state is State.ATTENDED) == (who in first) for who, state in states.items())
        came = db.session.query(AuditEntry).filter_by(verb="registration.attended").count()
        assert came == len(first)


def test_a_badge_shown_twice_is_one_entry(event: Event) -> None:
    who = badge(event)
    first, second = typed(event, who.reference), typed(event, who.reference.lower().replace("-", " "))
    assert (in_words(first), in_words(second)) == (("accepted", None), ("accepted", None))
    (entry,) = entries()
    assert entry.scan_id == first.id


def test_the_next_day_and_a_session_are_entries_of_their_own(event: Event) -> None:
    who, session = badge(event), make_session(event)
    typed(event, who.reference)
    typed(event, who.reference, GateKey(session_id=session.id))
    with time_machine.travel(now() + timedelta(days=1)):
        typed(event, who.reference, GateKey(day=event.last_day))
    assert {(one.day, one.session_id) for one in entries()} == {
        (event.first_day, None),
        (event.last_day, None),
        (None, session.id),
    }
    assert db.session.get_one(Registration, who.id).state is State.ATTENDED


@pytest.mark.parametrize("state", sorted(set(State) - {State.ACCREDITED, State.BADGE_ISSUED, State.ATTENDED}))
def test_nobody_else_gets_in_and_the_door_learns_no_more(event: Event, state: State) -> None:
    assert in_words(typed(event, badge(event, state=state).reference)) == ("refused", "not_accredited")
    assert not entries()


def test_refusals_say_why(event: Event) -> None:
    elsewhere = badge(make_today())
    assert in_words(typed(event, "nonsense")) == ("refused", "unreadable")
    assert in_words(typed(event, elsewhere.reference)) == ("refused", "other_event")
    assert in_words(typed(event, badge(event, attendance_mode="remote_listening").reference)) == ("refused", "mode")
    assert in_words(typed(event, badge(event).reference, GateKey(day=event.last_day))) == ("refused", "closed")
    assert len(scans()) == 4


def test_a_person_who_erased_herself_has_a_badge_of_nobody(event: Event) -> None:
    person = make_person()
    reference = badge(event, person).reference
    one = phone(event)
    people.erase(person, person)
    personal_data.erase(person)
    assert in_words(typed(event, reference)) == ("refused", "unknown")
    one.fetch_list()
    assert one.people == {}


def test_rules_of_gates(event: Event) -> None:
    boss = make_staff(Role.ORGANISER, event_id=event.id)
    state, ngo = badge(event, category="member_state"), badge(event, category="ngo_ecosoc")
    remote = badge(event, category="member_state", attendance_mode="remote_speaking")
    third = badge(event, category="member_state")
    rule = {"modes": ["in_person", "remote_speaking"], "closed": False}
    actions.set_rule(boss, event, today(event), categories=["member_state"], capacity=2, **rule)  # type: ignore[arg-type]
    assert in_words(typed(event, ngo.reference)) == ("refused", "category")
    assert in_words(typed(event, state.reference)) == ("accepted", None)
    assert in_words(typed(event, remote.reference)) == ("accepted", None)
    assert in_words(typed(event, third.reference)) == ("refused", "full")
    assert in_words(typed(event, state.reference)) == ("accepted", None), "who is in may come back"
    with pytest.raises(actions.CapacityBelowEntered):
        actions.set_rule(boss, event, today(event), categories=[], capacity=1, **rule)  # type: ignore[arg-type]
    actions.set_rule(boss, event, today(event), categories=[], capacity=None, modes=[], closed=True)
    assert in_words(typed(event, third.reference)) == ("refused", "closed")


def test_who_was_let_in_by_a_phone_is_inside_whatever_the_rules_say_by_then(event: Event) -> None:
    boss = make_staff(Role.ORGANISER, event_id=event.id)
    one, first, second = phone(event), badge(event), badge(event)
    one.fetch_list()
    actions.set_rule(boss, event, today(event), categories=[], modes=[], capacity=1, closed=False)
    one.scan(first.reference)
    one.scan(second.reference)
    sent = one.send()
    assert [in_words(scan) for scan in sent] == [("accepted", None)] * 2
    assert Counter(scan.over_capacity for scan in sent) == {False: 1, True: 1}
    assert len(entries()) == 2
    assert len(queries.to_look_at(event.id)) == 1


def test_revoked_before_and_after_the_scan(event: Event) -> None:
    """A list is as old as the last connection: what the phone could not know is seen later, by somebody."""
    before, after = badge(event), badge(event)
    one = phone(event)
    start = now()
    with time_machine.travel(start + timedelta(minutes=10), tick=False):
        move(before, State.REVOKED, actor=None, reason="other")
    with time_machine.travel(start + timedelta(minutes=20), tick=False):
        one.scan(before.reference)
        one.scan(after.reference)
    with time_machine.travel(start + timedelta(minutes=30), tick=False):
        move(after, State.REVOKED, actor=None, reason="other")
        db.session.flush()
        found = {scan.registration_id: scan for scan in one.send()}
    assert in_words(found[before.id]) == ("refused", "not_accredited")
    assert in_words(found[after.id]) == ("accepted", None)
    assert [row.registration_id for row in entries()] == [after.id]
    assert db.session.get_one(Registration, after.id).state is State.REVOKED
    assert [row.scan.registration_id for row in queries.to_look_at(event.id)] == [before.id]


def test_a_list_holds_no_reference_and_no_legal_name(event: Event) -> None:
    person = make_person(name="Amina Legal", alias="A. Y.")
    reference = badge(event, person, legal_name="Amina Legal Yusuf").reference
    badge(event, make_person(), state=State.UNDER_REVIEW, display_name="Not Yet")
    actor = make_staff(Role.CHECK_IN, event_id=event.id)
    signed = actions.hand_out_list(actor, event, device_id=None, device_at=now())
    text = signed.head + signed.people
    assert "A. Y." in text
    for word in (reference, reference[-9:], "Legal", "Not Yet", str(person.id), str(person.email)):
        assert word not in text
    head = roster.read(signed.head, signed.signature)
    assert head is not None
    assert roster.instant(head.until) == noon(event.first_day) + timedelta(hours=12)


def test_a_list_that_we_did_not_sign_is_refused(event: Event) -> None:
    one = phone(event)
    one.scan(badge(event).reference)
    known = json.loads(one.head)
    forged = json.dumps(known | {"issued": 0}, separators=(",", ":"))
    for head, signature in ((forged, one.signature), (one.head, "00" * 32), (one.head, "x"), ("{}", one.signature)):
        with pytest.raises(actions.NotOurList):
            actions.take_in(one.actor, event, head, signature, now(), one.queue)
    with pytest.raises(actions.NotOurList):
        actions.take_in(one.actor, make_today(), one.head, one.signature, now(), one.queue)
    assert not scans()


def test_a_scan_answered_too_late_is_sent_again_and_stays_one(event: Event) -> None:
    """The server had decided; the phone waited in vain, decided by its list, and says so later."""
    one, who = phone(event), badge(event)
    one.fetch_list()
    one.scan(who.reference)
    (waiting,) = one.queue
    live = actions.Reading(waiting.nonce, waiting.key, waiting.source, waiting.device_at, reference=who.reference)
    (first,) = one.send([live])
    assert (first.offline, first.shown) == (False, None)
    (again,) = one.send()
    assert again.id == first.id
    assert again.shown is Verdict.ACCEPTED
    assert len(scans()) == len(entries()) == 1


def test_walk_ins_take_seats_and_stop_when_none_is_left() -> None:
    event = make_today(capacity=1, needs_accreditation=False)
    actor = make_staff(Role.CHECK_IN, event_id=event.id)
    gate = queries.gate_of(event, str(today(event)))
    setup = db.session.get_one(RegistrationSetup, event.id)
    what = {"category": "academic_expert", "contact": None, "may_accredit": False}
    made, scan = actions.register_walk_in(actor, event, setup, gate, name="Grace", **what)  # type: ignore[arg-type]
    assert scan is not None
    assert (made.state, made.has_seat, in_words(scan)) == (State.ATTENDED, True, ("accepted", None))
    with pytest.raises(Exception, match="NoPlaceLeft"):
        actions.register_walk_in(actor, event, setup, gate, name="Ada", **what)  # type: ignore[arg-type]
    verbs = {row.verb for row in db.session.query(AuditEntry).filter_by(subject_id=made.id, actor_id=actor.id)}
    assert {"registration.at_desk", "registration.accredited", "registration.attended"} <= verbs


def test_a_walk_in_at_a_forum_waits_for_the_desk(event: Event) -> None:
    actor = make_staff(Role.CHECK_IN, event_id=event.id)
    gate = queries.gate_of(event, str(today(event)))
    known = make_person(email="known@example.org")
    setup = db.session.get_one(RegistrationSetup, event.id)
    what = {"name": "Grace", "category": "media", "contact": "known@example.org"}
    made, scan = actions.register_walk_in(actor, event, setup, gate, **what, may_accredit=False)
    assert (made.state, made.has_seat, scan) == (State.UNDER_REVIEW, False, None)
    assert made.person_id != known.id, "an address at a door opens nobody's account"
    made, scan = actions.register_walk_in(actor, event, setup, gate, **what, may_accredit=True)
    assert made.state is State.ATTENDED
    assert db.session.query(Entry).count() == 1

"""Scans taken in: phones without a network, wrong clocks, any order, twice; one entry per person, every scan a row."""

import json
import random
import uuid
from collections import Counter
from datetime import datetime, timedelta

import pytest
import time_machine

from eventhub.checkin import actions, queries, roster
from eventhub.checkin.models import Entry, GateKey, Refusal, Scan, Verdict
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people import actions as people
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.registration import histories, personal_data
from eventhub.registration.disclosure import REFUSALS_AN_HOUR
from eventhub.registration.doors import Newcomer, NoPlaceLeft, NotToday, OthersWait
from eventhub.registration.models import Registration, RegistrationSetup, State
from eventhub.registration.moves import NotPossible, OwnFile, move
from eventhub.registration.offers import ReasonNeeded
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


def test_revoked_before_and_after_the_scan() -> None:
    """A list is as old as the last connection: what the phone could not know is seen later, by somebody."""
    with time_machine.travel(MORNING, tick=False) as clock:
        event = make_today()
        before, after = badge(event), badge(event)
        one = phone(event)
        clock.move_to(MORNING + timedelta(minutes=10))
        move(before, State.REVOKED, actor=None, reason="other")
        clock.move_to(MORNING + timedelta(minutes=20))
        one.scan(before.reference)
        one.scan(after.reference)
        clock.move_to(MORNING + timedelta(minutes=30))
        move(after, State.REVOKED, actor=None, reason="other")
        db.session.flush()
        found = {scan.registration_id: scan for scan in one.send()}
    assert in_words(found[before.id]) == ("refused", "not_accredited")
    assert in_words(found[after.id]) == ("accepted", None)
    assert [row.registration_id for row in entries()] == [after.id]
    assert db.session.get_one(Registration, after.id).state is State.REVOKED
    assert [row.scan.registration_id for row in queries.to_look_at(event.id)] == [before.id]


def test_taking_somebody_up_again_makes_no_scan_good(event: Event) -> None:
    """Let in by a phone that did not know of it: that stays to be looked at, whatever is decided afterwards."""
    who = badge(event)
    one = phone(event)
    start = now()
    with time_machine.travel(start + timedelta(minutes=10), tick=False):
        move(who, State.REVOKED, actor=None, reason="other")
    with time_machine.travel(start + timedelta(minutes=20), tick=False):
        one.scan(who.reference)
    with time_machine.travel(start + timedelta(minutes=25), tick=False):
        move(who, State.UNDER_REVIEW, actor=None)
    with time_machine.travel(start + timedelta(minutes=30), tick=False):
        db.session.flush()
        (scan,) = one.send()
    assert in_words(scan) == ("refused", "not_accredited")
    assert entries() == []
    assert [row.scan.registration_id for row in queries.to_look_at(event.id)] == [who.id]


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
    what = {"may_accredit": False, "may_decide": False}
    made, scan = actions.register_walk_in(actor, event, setup, gate, Newcomer("Grace", "academic_expert"), **what)
    assert scan is not None
    assert (made.state, made.has_seat, in_words(scan)) == (State.ATTENDED, True, ("accepted", None))
    with pytest.raises(Exception, match="NoPlaceLeft"):
        actions.register_walk_in(actor, event, setup, gate, Newcomer("Ada", "academic_expert"), **what)
    verbs = {row.verb for row in db.session.query(AuditEntry).filter_by(subject_id=made.id, actor_id=actor.id)}
    assert {"registration.at_desk", "registration.accredited", "registration.attended"} <= verbs


def test_a_walk_in_at_a_forum_waits_for_the_desk(event: Event) -> None:
    actor = make_staff(Role.CHECK_IN, event_id=event.id)
    gate = queries.gate_of(event, str(today(event)))
    known = make_person(email="known@example.org")
    setup = db.session.get_one(RegistrationSetup, event.id)
    who = Newcomer("Grace", "media", "known@example.org")
    made, scan = actions.register_walk_in(actor, event, setup, gate, who, may_accredit=False, may_decide=False)
    assert (made.state, made.has_seat, scan) == (State.UNDER_REVIEW, False, None)
    assert made.person_id != known.id, "an address at a door opens nobody's account"
    made, scan = actions.register_walk_in(actor, event, setup, gate, who, may_accredit=True, may_decide=False)
    assert made.state is State.ATTENDED
    assert db.session.query(Entry).count() == 1


def test_nobody_comes_by_a_gate_of_another_week() -> None:
    """A phone says that it let people in by a gate for which it never had a list: refused, and listed."""
    event = make_today(days=20)
    one, people = phone(event), [badge(event) for _ in range(3)]
    one.fetch_list()
    for who in people:
        one.scan(str(who.reference), key=GateKey(day=event.first_day + timedelta(days=15)))
    assert [in_words(scan) for scan in one.send()] == [("refused", "closed")] * 3
    assert not entries()
    assert {db.session.get_one(Registration, who.id).state for who in people} == {State.ACCREDITED}
    assert len(queries.to_look_at(event.id)) == 3


@pytest.mark.parametrize(("days", "let_in"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_wrong_by_a_day_and_that_is_looked_at(days: int, let_in: bool) -> None:
    start = make_today(days=9)
    with time_machine.travel(noon(start.first_day + timedelta(days=4)), tick=False):
        one, who = phone(start), badge(start)
        one.fetch_list()
        one.scan(str(who.reference), key=GateKey(day=start.first_day + timedelta(days=4 + days)))
        (scan,) = one.send()
        assert in_words(scan) == (("accepted", None) if let_in else ("refused", "closed"))
        assert len(entries()) == int(let_in)
        assert len(queries.to_look_at(start.id)) == int(days != 0)


def test_what_a_phone_let_in_against_the_rule_is_looked_at(event: Event) -> None:
    boss = make_staff(Role.ORGANISER, event_id=event.id)
    one, other, closed = phone(event), badge(event, category="media"), badge(event)
    one.fetch_list()
    rule = {"modes": [], "capacity": None}
    actions.set_rule(boss, event, today(event), categories=["member_state"], closed=False, **rule)  # type: ignore[arg-type]
    one.scan(str(other.reference))
    one.send()
    one.queue.clear()
    actions.set_rule(boss, event, today(event), categories=[], closed=True, **rule)  # type: ignore[arg-type]
    one.scan(str(closed.reference))
    one.send()
    found = {row.scan.registration_id: row.scan.waived for row in queries.to_look_at(event.id)}
    assert found == {other.id: Refusal.CATEGORY, closed.id: Refusal.CLOSED}


@pytest.mark.parametrize("before", [State.ACCREDITED, State.BADGE_ISSUED])
def test_an_entry_that_was_a_mistake_is_undone(event: Event, before: State) -> None:
    boss, who = make_staff(Role.ORGANISER, event_id=event.id), badge(event, state=State.UNDER_REVIEW)
    move(who, State.ACCREDITED, actor=boss, reason="complete")
    if before is State.BADGE_ISSUED:
        move(who, State.BADGE_ISSUED, actor=boss)
    decided = who.decided_at
    typed(event, who.reference)
    typed(event, who.reference, GateKey(session_id=make_session(event).id))
    session = next(one.session_id for one in entries() if one.session_id)
    actions.undo_entry(boss, event, today(event), str(who.reference), reason="The wrong badge")
    assert who.state is State.ATTENDED, "somebody came to the session all the same"
    actions.undo_entry(boss, event, GateKey(session_id=session), str(who.reference).lower(), reason="The wrong badge")
    assert (who.state, who.reason, who.decided_at) == (before, "complete", decided)
    assert not entries()
    assert len(scans()) == 2
    rows = db.session.query(AuditEntry).filter_by(verb="registration.entry_undone").order_by(AuditEntry.id).all()
    assert [(row.actor_id, row.detail.get("back")) for row in rows] == [(boss.id, None), (boss.id, before.value)]
    assert db.session.get_one(AuditText, rows[0].id).text == "The wrong badge"
    with pytest.raises(actions.NotIn):
        actions.undo_entry(boss, event, today(event), str(who.reference), reason="Again")
    typed(event, who.reference)
    assert who.state is State.ATTENDED, "who comes after all comes in"


def test_nobody_undoes_an_entry_of_their_own(event: Event) -> None:
    boss = make_staff(Role.ORGANISER, event_id=event.id)
    mine = badge(event, boss)
    typed(event, mine.reference)
    with pytest.raises(OwnFile):
        actions.undo_entry(boss, event, today(event), str(mine.reference), reason="I was not there")
    with pytest.raises(actions.NotIn):
        actions.undo_entry(boss, event, today(event), "nonsense", reason="x")


def test_no_decision_takes_the_way_of_a_correction(event: Event) -> None:
    who = badge(event, state=State.ATTENDED)
    for target in (State.ACCREDITED, State.BADGE_ISSUED):
        with pytest.raises(NotPossible):
            move(who, target, actor=None)


def test_many_refusals_within_an_hour_are_reported_once(event: Event) -> None:
    actor = make_staff(Role.CHECK_IN, event_id=event.id)
    gate = queries.gate_of(event, str(event.last_day))
    reports = db.session.query(Promise).filter_by(task="registration.many_refusals")
    who = badge(event)
    for number in range(REFUSALS_AN_HOUR + 3):
        assert reports.count() == int(number > REFUSALS_AN_HOUR)
        actions.scan_typed(actor, event, gate, str(who.reference))
    assert reports.count() == 1
    entry = db.session.query(AuditEntry).filter_by(verb="registration.many_refusals").one()
    assert (entry.actor_id, entry.scope_id) == (actor.id, event.id)


def walk_in(event: Event, gate: GateKey, *, may_decide: bool, text: str | None = None) -> Registration:
    actor = make_staff(Role.ORGANISER if may_decide else Role.CHECK_IN, event_id=event.id)
    setup = db.session.get_one(RegistrationSetup, event.id)
    at = queries.gate_of(event, str(gate))
    who = Newcomer("Grace", "media")
    told = {"may_accredit": may_decide, "may_decide": may_decide, "text": text}
    return actions.register_walk_in(actor, event, setup, at, who, **told)[0]  # type: ignore[arg-type]


def test_walk_ins_come_on_the_day_of_the_gate() -> None:
    event = make_today(days=20, needs_accreditation=False)
    for days in (1, 15):
        with pytest.raises(NotToday):
            walk_in(event, GateKey(day=event.first_day + timedelta(days=days)), may_decide=True)
    assert walk_in(event, today(event), may_decide=False).state is State.ATTENDED
    boss = make_staff(Role.ORGANISER, event_id=event.id)
    actions.set_rule(boss, event, today(event), categories=[], modes=[], capacity=None, closed=True)
    with pytest.raises(NotToday):
        walk_in(event, today(event), may_decide=True)


def test_a_walk_in_passes_nobody_over_in_silence() -> None:
    event = make_today(capacity=5, needs_accreditation=False)
    waiting = [badge(event, state=State.WAITLISTED) for _ in range(3)]
    with pytest.raises(OthersWait), db.session.begin_nested():
        walk_in(event, today(event), may_decide=False, text="A friend of mine")
    with pytest.raises(ReasonNeeded), db.session.begin_nested():
        walk_in(event, today(event), may_decide=True)
    made = walk_in(event, today(event), may_decide=True, text="She speaks at ten")
    assert (made.state, made.has_seat) == (State.ATTENDED, True)
    deed = db.session.query(AuditEntry).filter_by(verb="registration.passed_over").one()
    assert (deed.subject_id, deed.detail["number"], deed.detail["first"]) == (event.id, 3, [str(made.id)])
    assert [[one.text for one in histories.deeds(row) if one.entry.id == deed.id] for row in waiting] == [[None]] * 3
    assert [(row.entry_id, row.text) for row in db.session.query(AuditText)] == [(deed.id, "She speaks at ten")]
    assert {one.state for one in waiting} == {State.WAITLISTED}
    assert ("registration.passed_over", "She speaks at ten") in [
        (one.entry.verb, one.text) for one in histories.deeds(made)
    ]
    person = db.session.get_one(Person, made.person_id)
    people.erase(None, person)
    personal_data.erase(person)
    assert db.session.query(AuditText).count() == 0, "the words are about the one who got the place"
    for _ in range(4):
        walk_in(event, today(event), may_decide=True, text="And another")
    with pytest.raises(NoPlaceLeft):
        walk_in(event, today(event), may_decide=True, text="And another")

"""No byte of any mail to a discreet person tells what it is about: every kind of mail there is, in six languages.

SAFETY.md property 13. A task that sends mails and has no scene here fails: whoever adds one adds what it is about.
"""

import email
import email.policy
import inspect
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from eventhub.arrangements.models import Kind, Status
from eventhub.arrangements.wishes import Wish
from eventhub.calendars import actions as calendars
from eventhub.calendars import invites
from eventhub.calendars.models import Choice, InviteMail
from eventhub.commitments import confirming, following, verifying
from eventhub.commitments.models import Says
from eventhub.commitments.models import Verdict as Found
from eventhub.delegations import actions as delegations
from eventhub.delegations import filling
from eventhub.evaluations import actions as evaluations_clock
from eventhub.evaluations.models import Invitation
from eventhub.evidence import assessing, voices
from eventhub.funding import call_queries, opening, replying, vouching
from eventhub.funding import desk as fund_desk
from eventhub.funding import thread as fund_thread
from eventhub.funding.models import Call, Vouch, Voucher
from eventhub.funding.models import State as Applied
from eventhub.funding.models import State as FundState
from eventhub.funding.vouching import Named
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.codes import LANGUAGES
from eventhub.kit.db import db
from eventhub.kit.mail import Letter, compose, render
from eventhub.kit.outbox import Promise
from eventhub.kit.sealed import SealKey
from eventhub.mailings.models import Kind as MailingKind
from eventhub.people import actions as people
from eventhub.people import resets, roles
from eventhub.people.models import Person, Role, ScopeKind
from eventhub.programme.models import Event, Mode, Publication, Session
from eventhub.registration import actions, offers, switching, thread
from eventhub.registration.models import Registration, SeatOffer, State
from eventhub.registration.pair_models import Verdict
from eventhub.rounds import asking, board
from eventhub.tracker import subscribing
from tests import servers
from tests.arrangements import scene as arrangements
from tests.awards import scene as awards
from tests.factories import calendars as in_calendars
from tests.factories import commitments, evaluations, evidence, rounds, tracker
from tests.factories import funding_calls as funds
from tests.factories import reviewing as reads
from tests.factories.delegations import arrived, make_delegation, nominate
from tests.factories.funding import an_open_call, begin, held
from tests.factories.funding_desk import make_application, make_call
from tests.factories.funding_desk import make_pair as make_fund_pair
from tests.factories.helping import name_people
from tests.factories.people import give_phone, make_person, make_staff
from tests.factories.programme import make_session
from tests.factories.registration import intake, make_dialogue, make_forum, make_pair, make_registration, register
from tests.mailings import scene as mailings

pytestmark = pytest.mark.usefixtures("database")

Payload = dict[str, Any]
Scene = Callable[[Person], Payload]

MARKERS = {
    "ar": "زعفران",
    "zh": "藏红花",
    "en": "Saffronry",
    "fr": "Safranière",
    "ru": "Шафрания",
    "es": "Azafranal",
}
"""A word of the event's own in each language: title, theme, place, reason."""
NAMES = (
    r"eventhub|united nations|(?-i:\bUN\b|\bONU\b|\bООН\b)|ohchr|forum|minorit|human rights"
    r"|nations unies|naciones unidas"
    r"|foro\b|minorías|derechos humanos|droits de l|организац|форум|меньшинств|права человека|прав человека"
    r"|الأمم|منتدى|المنتدى|الأقليات|حقوق الإنسان|联合国|论坛|少数|人权|localhost|safranduft|SAFRAN"
)
TELLING = re.compile("|".join([NAMES, *MARKERS.values()]), re.IGNORECASE)


def marked(event: Event) -> Event:
    """The event, with its word wherever an event says one."""
    for field in ("title", "lead", "description", "city", "venue", "cancelled_reason"):
        setattr(event, field, dict(MARKERS))
    event.code, event.slug = f"SAFRAN{uuid.uuid4().hex[:6]}", f"safranduft-{uuid.uuid4().hex[:8]}"
    db.session.flush()
    return event


def sitting(event: Event, **given: Any) -> Session:
    """A session of such an event, which calendars know."""
    made = make_session(event, title=dict(MARKERS), **given)
    calendars.follow_session(made)
    return made


def in_state(state: State) -> Scene:
    """The registration of an event, which stands there."""

    def made(person: Person) -> Payload:
        reference = {"reference": None, "submitted_at": None} if state is State.DRAFT else {}
        one = make_registration(marked(make_forum()), person, state=state, reason="other", **reference)
        return {"registration_id": str(one.id)}

    return made


def helped(person: Person) -> Payload:
    (charge,) = name_people(marked(make_forum()), make_person(), "Amina Yusuf", email=str(person.email))
    return {"charge_id": str(charge.id)}


def asked_to_confirm(person: Person) -> Payload:
    """A commitment that the person is asked to confirm, with its word in all that a mail could quote."""
    word = MARKERS["en"]
    made = commitments.make_commitment(
        marked(commitments.past_event()), wording=word, title=word, maker=word, email=str(person.email)
    )
    commitment, _asking = commitments.asked(made)
    confirming.question(make_staff(), commitment, word)
    return owed("commitments.questioned")


def spoken_about(task: str) -> Scene:
    """A commitment about which the person asks for a link, or whose maker the person is and may reply."""

    def made(person: Person) -> Payload:
        word, email = MARKERS["en"], str(person.email)
        commitment = commitments.published(marked(commitments.past_event()), wording=word, title=word, maker=word)
        if task == "evidence.link_asked":
            voices.ask(commitment, email, "en")
        else:
            commitment.contacts[0].email = email
            db.session.flush()
            if task == "commitments.told":
                verifying.close(make_staff(), commitment, reason=word)
            elif task == "evidence.assessed":
                sign = evidence.sign(commitment)
                assessing.assess(make_staff(), commitment, Found.DISPUTED, text=word, seen=sign)
            else:
                evidence.shown_comment(commitment, text=word)
        return owed(task)

    return made


def followed(task: str) -> Scene:
    """A commitment and a maker that the person asks to follow, and what changes of them."""

    def made(person: Person) -> Payload:
        word, email = MARKERS["en"], str(person.email)
        shown = commitments.published(marked(commitments.past_event()), wording=word, title=word, maker=word)
        tracker.following(shown, shown, email=email, agreed=task == "tracker.digest")
        if task == "tracker.digest":
            following.say(shown, Says.PLANNING, text=word)
            db.session.flush()
            subscribing.tell_due((now() + timedelta(days=1)).replace(hour=9))
        return owed(task)

    return made


def asked_in_a_round(task: str) -> Scene:
    """A round in which the person is asked, with its word in all that a mail could quote."""

    def made(person: Person) -> Payload:
        word, email = MARKERS["en"], str(person.email)
        event = marked(rounds.event_of_months_ago())
        given = {"wording": word, "title": word, "maker": word}
        if task == "rounds.handed_on":
            box = commitments.new_address()
            asked = rounds.followed(event, box, **given)
            rounds.opened(event)
            asking.hand_on(rounds.secret(box), {rounds.item_of(asked).id}, email, word, "en")
            return owed(task)
        rounds.followed(event, email, **given)
        rounds.opened(event)
        if task == "rounds.reminded":
            asking.nudge(make_staff(), board.link_of(rounds.link_of(email).id))
        return owed(task)

    return made


def asked_how_it_was(task: str) -> Scene:
    """An evaluation of an event with the word in its title, which the person attended."""

    def made(person: Person) -> Payload:
        event = marked(evaluations.event_of_yesterday())
        make_registration(event, person, state=State.ATTENDED, has_seat=True)
        found = evaluations.opened(5, event)
        if task == "evaluations.reminded":
            evaluations.aged(found, 8)
            assert evaluations_clock.remind_due(now()) == 1
        mine = select(Invitation.id).where(Invitation.person_id == person.id)
        return {"invitation_id": str(db.session.scalars(mine).one())}

    return made


def call_for() -> Call:
    """A call with its word wherever it says one."""
    call = an_open_call(changed={"vouching": {"nominator": True}})
    call.title, call.code, call.slug = (
        dict(MARKERS),
        f"SAFRAN{uuid.uuid4().hex[:6].upper()}",
        f"safranduft-{uuid.uuid4().hex[:8]}",
    )
    db.session.flush()
    return call


def applied(state: Applied) -> Scene:
    """An application that stands there."""

    def made(person: Person) -> Payload:
        one = begin(call_for(), person)
        one.state, one.number, one.reference = state, 1, f"EH-SAFRAN-{uuid.uuid4().hex[:8]}"
        return {"application_id": str(one.id)}

    return made


def vouches(outcome: Vouch | None) -> Scene:
    """Somebody is asked to vouch for the person, or has answered; or the person is the one who is asked."""

    def made(person: Person) -> Payload:
        call, applicant = call_for(), person if outcome else make_person(discreet=True, name="Amina Yusuf")
        begin(call, applicant)
        email = f"asha-{uuid.uuid4().hex[:8]}@example.org" if outcome else str(person.email)
        row = vouching.name(applicant, held(call, applicant), Named((Voucher.NOMINATOR, 0), "Asha", email, "en"))
        if outcome:
            vouching.answer(vouching.link_token(row), outcome)
        return {"endorsement_id": str(row.id)}

    return made


def called_off(person: Person) -> Payload:
    event = marked(make_forum())
    one = make_registration(event, person, state=State.ACCREDITED, has_seat=True)
    event.publication, event.cancelled_at = Publication.CANCELLED, now()
    return {"registration_id": str(one.id)}


def way_gone(task: str) -> Scene:
    """The event is held in person now; the person had chosen to take part online."""

    def made(person: Person) -> Payload:
        event = marked(make_forum())
        event.mode = Mode.HYBRID
        make_registration(event, person, state=State.ACCREDITED, has_seat=True, attendance_mode="remote_listening")
        db.session.flush()
        switching.switch(make_person(), event, Mode.IN_PERSON, now() + timedelta(days=7), version=event.version)
        return owed(task)

    return made


def offered(person: Person) -> Payload:
    event, first = marked(make_dialogue(capacity=1)), make_person()
    register(event, first)
    register(event, person)
    actions.withdraw(first, intake(event, first))
    offers.fill(event.id, 0)
    return {"offer_id": str(db.session.scalars(select(SeatOffer.id)).one())}


def registered_twice(person: Person) -> Payload:
    pair = make_pair(marked(make_forum()), is_one=True)
    db.session.get_one(Registration, pair.dropped_id).person_id = person.id
    return {"pair_id": str(pair.id)}


def asked(person: Person) -> Payload:
    one = register(marked(make_forum()), person)
    key = db.session.get_one(SealKey, person.seal_key_id)
    return {"message_id": str(thread.ask(make_person(), one, key, f"A letter of {MARKERS['en']}?").id)}


def of_fund() -> Call:
    return make_call(title=dict(MARKERS), code=f"SAFRAN{uuid.uuid4().hex[:6].upper()}")


def on_file(state: FundState) -> Scene:
    """An application to a fund, which stands there."""

    def made(person: Person) -> Payload:
        return {"application_id": str(make_application(of_fund(), person, state=state, reason="other").id)}

    return made


def asked_by_fund(person: Person) -> Payload:
    call = of_fund()
    one = fund_desk.record(call.id, make_application(call, person).id)
    return {"message_id": str(fund_thread.ask(make_person(), call, one, f"A letter of {MARKERS['en']}?", days=3).id)}


def answered_by_fund(person: Person) -> Payload:
    call = of_fund()
    one = fund_desk.record(call.id, make_application(call, person, state=FundState.RESERVE).id)
    return {"message_id": str(replying.reply(make_person(), one, f"A letter of {MARKERS['en']}.").id)}


def applied_twice(person: Person) -> Payload:
    call = of_fund()
    row, older, _newer = make_fund_pair(call)
    older.person_id, older.state = person.id, FundState.WITHDRAWN
    row.verdict, row.dropped_id, row.decided_at = Verdict.SAME, older.id, now()
    return {"pair_id": str(row.id)}


def alarmed(person: Person) -> Payload:
    """Somebody looked at much of an event; the person is who is told."""
    roles.grant_role(None, person, role=Role.ADMIN)
    db.session.flush()
    entry = audit.record("registration.read", marked(make_forum()), actor=make_person())
    db.session.flush()
    return {"entry_id": entry.id}


def answered(status: Status) -> Scene:
    def made(person: Person) -> Payload:
        event, session = arrangements.make_stage()
        one = arrangements.come(marked(event), person)
        arrangements.wish(event, one, Wish(Kind.SIGN_LANGUAGE, "fsl", words=MARKERS["en"]), session).status = status
        return {"registration_id": str(one.id)}

    return made


def focal_point_invited(person: Person) -> Payload:
    delegation = make_delegation(marked(make_forum()), name=MARKERS["en"])
    return {"invitation_id": str(delegations.invite_focal_point(make_person(), delegation, str(person.email), "en").id)}


def nominated(person: Person) -> Payload:
    delegation = make_delegation(marked(make_forum()), make_person(), name=MARKERS["en"])
    focal = db.session.get_one(Person, delegation.focal_id)
    row = delegations.Nomination(0, "Amina Yusuf", str(person.email))
    return {"nominee_id": str(delegations.nominate(focal, delegation, [row], "en")[0].id)}


def focal_point_ended(person: Person) -> Payload:
    delegation = make_delegation(marked(make_forum()), name=MARKERS["en"])
    return {"delegation_id": str(delegation.id), "person_id": str(person.id)}


def nomination_called_off(person: Person) -> Payload:
    event = marked(make_forum())
    delegation = make_delegation(event, make_person(), name=MARKERS["en"])
    focal = db.session.get_one(Person, delegation.focal_id)
    (made,) = delegations.nominate(focal, delegation, [delegations.Nomination(0, "Amina", str(person.email))], "en")
    event.publication = Publication.CANCELLED
    return {"nominee_id": str(made.id)}


def awaited(person: Person) -> Payload:
    event = marked(make_forum())
    _nominee, one = arrived(make_delegation(event, person, name=MARKERS["en"]), event, MARKERS["en"])
    return {"registration_id": str(one.id)}


def invited(person: Person) -> Payload:
    """An invitation went out before the person became discreet: it is taken out in neutral words."""
    person.discreet = False
    event = marked(make_dialogue())
    sitting(event)
    one = register(event, person)
    calendars.on_accredited(one)
    db.session.flush()
    person.discreet = True
    for sent in db.session.scalars(select(Promise).where(Promise.task == "calendars.invite")):
        sent.kept_at = now()
    invites.follow_visibility(person.id)
    db.session.flush()
    newest = select(InviteMail.id).order_by(InviteMail.created_at.desc(), InviteMail.id.desc())
    return {"invite_mail_id": str(db.session.scalars(newest).first())}


def declined_nomination(person: Person) -> Payload:
    delegation = make_delegation(marked(make_forum()), person, name=MARKERS["en"])
    (nominee,) = nominate(delegation, MARKERS["en"])
    filling.decline(make_person(), delegations.nominee_token(nominee))
    return owed("delegations.declined")


def session_called_off(person: Person) -> Payload:
    session = sitting(marked(make_forum()))
    in_calendars.make_seated(db.session.get_one(Event, session.event_id), person)
    calendars.choose(person, session, Choice.GOING)
    session.publication, session.cancelled_reason = Publication.CANCELLED, dict(MARKERS)
    session.cancelled_at = now()
    return {"session_id": str(session.id), "person_id": str(person.id)}


def moved(person: Person) -> Payload:
    session = sitting(marked(make_forum()))
    in_calendars.make_seated(db.session.get_one(Event, session.event_id), person)
    calendars.choose(person, session, Choice.GOING)
    session.ends_local += timedelta(minutes=5)
    session.ends_at += timedelta(minutes=5)
    (entry,) = calendars.follow_session(session)
    since = int(entry.raised_at.timestamp())
    return {"event_id": str(session.event_id), "person_id": str(person.id), "since": since}


def given_a_place(person: Person) -> Payload:
    session = sitting(marked(make_forum()))
    in_calendars.make_seated(db.session.get_one(Event, session.event_id), person)
    calendars.choose(person, session, Choice.GOING)
    return {"session_id": str(session.id), "person_id": str(person.id)}


def session_reminded(person: Person) -> Payload:
    """A session begins soon, and the person wanted to be told."""
    session = sitting(marked(make_forum()))
    in_calendars.make_seated(db.session.get_one(Event, session.event_id), person)
    calendars.choose(person, session, Choice.GOING)
    begins = int(session.starts_at.timestamp())
    return {"session_id": str(session.id), "person_id": str(person.id), "begins": begins}


def without_a_place(person: Person) -> Payload:
    """An answer by mail gave the place up, or found none."""
    session = sitting(marked(make_forum()), places=1)
    in_calendars.make_seated(db.session.get_one(Event, session.event_id), person)
    return {"session_id": str(session.id), "person_id": str(person.id)}


def left_to_others(person: Person) -> Payload:
    session = sitting(marked(make_forum()), for_categories=["member_state"])
    in_calendars.make_seated(db.session.get_one(Event, session.event_id), person)
    return {"session_id": str(session.id), "person_id": str(person.id)}


def on_other_days(person: Person) -> Payload:
    event = marked(make_forum())
    one = in_calendars.make_seated(event, person)
    calendars.choose(person, sitting(event), Choice.GOING)
    first_day = event.first_day.isoformat()
    return {"registration_id": str(one.id), "first_day": first_day, "was": ["2030-01-01", "2030-01-02"]}


def told_of_a_call(task: str) -> Scene:
    """A call of the fund that says the word everywhere, of which somebody who applied is told."""

    def made(person: Person) -> Payload:
        call = funds.make_call(marked(make_forum()), slug=f"safranduft-{uuid.uuid4().hex[:8]}", code="SAFRAN")
        one = funds.apply_to(call, person=person)
        call.title = dict(MARKERS)
        if task == "funding.rules_told":
            funds.propose(make_person(), call, reason=MARKERS["en"])
            opening.agree(make_person(), call, digest=call_queries.standing(call).stamp)
            return {"application_id": str(one.id), "number": 2}
        if task == "funding.cancelled_told":
            opening.cancel(make_person(), call, reason=dict(MARKERS))
            return {"application_id": str(one.id)}
        call.closes_at -= timedelta(days=9)
        later = call.closes_at + timedelta(days=3)
        deadline = opening.extend(make_person(), call, later, before=call.closes_at.isoformat(), reason=MARKERS["en"])
        return {"application_id": str(one.id), "deadline_id": str(deadline.id)}

    return made


def signing_in(person: Person) -> Payload:
    people.request_sign_in(str(person.email), person.language, next_url="/en/events/safranduft")
    return owed("people.sign_in")


def changing_address(task: str) -> Scene:
    def made(person: Person) -> Payload:
        people.request_email_change(person, f"{uuid.uuid4().hex}@example.org")
        return owed(task)

    return made


def mailed(person: Person) -> Payload:
    """A mailing that may be stopped, which names the event in each language."""
    event = marked(make_forum(data=None))
    make_registration(event, person, state=State.ACCREDITED)
    one = mailings.make_mailing(event, kind=MailingKind.NEWS, subject=dict(MARKERS), text=dict(MARKERS))
    mailings.send(one, event)
    mailings.minute()
    return owed("mailings.letter")


def tried_out(person: Person) -> Payload:
    """The same, which somebody of the desk in discreet mode tries out."""
    one = mailings.make_mailing(marked(make_forum(data=None)), subject=dict(MARKERS), text=dict(MARKERS))
    return {"mailing_id": str(one.id), "person_id": str(person.id), "language": person.language}


def given_a_role(person: Person) -> Payload:
    event = marked(make_forum())
    grant = roles.grant_role(None, person, role=Role.CHECK_IN, scope_kind=ScopeKind.EVENT, scope_id=event.id)
    return {"grant_id": str(grant.id)}


def offered_a_role(person: Person) -> Payload:
    label = MARKERS["en"]
    roles.offer_role(
        make_staff(), str(person.email), "en", role=Role.CHECK_IN, scope_kind=ScopeKind.ALL, scope_label=label
    )
    return owed("people.role_offered")


def reset(person: Person) -> Payload:
    concerned = make_staff()
    give_phone(concerned)
    row = resets.ask_for_reset(make_staff(), concerned, MARKERS["en"])
    return {"reset_id": str(row.id), "person_id": str(person.id)}


def herself(person: Person) -> Payload:
    return {"person_id": str(person.id)}


def owed(task: str) -> Payload:
    """What is promised by that name, last."""
    db.session.flush()
    newest = select(Promise.payload).where(Promise.task == task).order_by(Promise.id.desc())
    payload = db.session.scalars(newest).first()
    assert payload is not None, task
    return dict(payload)


def read_by(person: Person) -> Any:
    """A file in the hands of the person, for a call that says the words of the event."""
    call = reads.make_call(title=dict(MARKERS))
    reads.make_reader(call, person)
    return reads.give(reads.make_file(call), person, is_open=False)


def files_wait(person: Person) -> Payload:
    return {"gate_id": str(read_by(person).gate_id)}


def reminded(person: Person) -> Payload:
    return {"call_id": str(read_by(person).call_id), "person_id": str(person.id)}


def taken_back(person: Person) -> Payload:
    return reminded(person) | {"number": 2}


SCENES: dict[str, Scene] = {
    "reviewing.files_wait": files_wait,
    "reviewing.reminded": reminded,
    "reviewing.taken_back": taken_back,
    "registration.submitted": in_state(State.UNDER_REVIEW),
    "registration.waitlisted": in_state(State.WAITLISTED),
    "registration.offered": offered,
    "registration.lapsed": in_state(State.WAITLISTED),
    "registration.place_kept": in_state(State.UNDER_REVIEW),
    "registration.accredited": in_state(State.ACCREDITED),
    "registration.declined": in_state(State.DECLINED),
    "registration.revoked": in_state(State.REVOKED),
    "registration.taken_up": in_state(State.UNDER_REVIEW),
    "registration.asked": asked,
    "registration.withdrawn": in_state(State.WITHDRAWN),
    "registration.dropped": registered_twice,
    "registration.replaced": in_state(State.WITHDRAWN),
    "registration.changed": in_state(State.UNDER_REVIEW),
    "registration.deadline_extended": in_state(State.DRAFT),
    "registration.event_cancelled": called_off,
    "registration.way_asked": way_gone("registration.way_asked"),
    "registration.way_reminded": way_gone("registration.way_reminded"),
    "registration.many_reads": alarmed,
    "registration.many_searches": alarmed,
    "registration.many_refusals": alarmed,
    "registration.awaits_focal_point": awaited,
    "arrangements.confirmed": answered(Status.CONFIRMED),
    "arrangements.not_possible": answered(Status.NOT_POSSIBLE),
    "delegations.focal_point_invited": focal_point_invited,
    "delegations.nominated": nominated,
    "funding.eligible": on_file(FundState.ELIGIBLE),
    "funding.ineligible": on_file(FundState.INELIGIBLE),
    "funding.taken_up": on_file(FundState.SUBMITTED),
    "funding.replied": answered_by_fund,
    "funding.asked": asked_by_fund,
    "funding.asked_again": asked_by_fund,
    "funding.merged": applied_twice,
    "delegations.focal_point_ended": focal_point_ended,
    "delegations.called_off": focal_point_ended,
    "delegations.nomination_called_off": nomination_called_off,
    "helping.named": helped,
    "commitments.asked": asked_to_confirm,
    "commitments.reminded": asked_to_confirm,
    "commitments.questioned": asked_to_confirm,
    "commitments.told": spoken_about("commitments.told"),
    "evaluations.asked": asked_how_it_was("evaluations.asked"),
    "evaluations.reminded": asked_how_it_was("evaluations.reminded"),
    "evidence.assessed": spoken_about("evidence.assessed"),
    "evidence.link_asked": spoken_about("evidence.link_asked"),
    "evidence.reply_asked": spoken_about("evidence.reply_asked"),
    "rounds.asked": asked_in_a_round("rounds.asked"),
    "rounds.handed_on": asked_in_a_round("rounds.handed_on"),
    "rounds.reminded": asked_in_a_round("rounds.reminded"),
    "tracker.digest": followed("tracker.digest"),
    "tracker.follow_asked": followed("tracker.follow_asked"),
    "funding.received": applied(Applied.SUBMITTED),
    "funding.draft_reminded": applied(Applied.DRAFT),
    "funding.withdrawn": applied(Applied.WITHDRAWN),
    "funding.vouch_asked": vouches(None),
    "funding.vouch_reminded": vouches(None),
    "funding.vouch_answered": vouches(Vouch.CONFIRMED),
    **awards.scenes(MARKERS),
    "delegations.declined": declined_nomination,
    "calendars.invite": invited,
    "calendars.session_cancelled": session_called_off,
    "calendars.sessions_changed": moved,
    "calendars.place_given": given_a_place,
    "calendars.place_given_up": without_a_place,
    "calendars.no_place": without_a_place,
    "calendars.place_lost": left_to_others,
    "calendars.event_moved": on_other_days,
    "calendars.reminder": session_reminded,
    "funding.rules_told": told_of_a_call("funding.rules_told"),
    "funding.extended_told": told_of_a_call("funding.extended_told"),
    "funding.cancelled_told": told_of_a_call("funding.cancelled_told"),
    "mailings.letter": mailed,
    "mailings.test": tried_out,
    "people.sign_in": signing_in,
    "people.email_change_old": changing_address("people.email_change_old"),
    "people.email_change_new": changing_address("people.email_change_new"),
    "people.role_given": given_a_role,
    "people.role_taken": herself,
    "people.role_offered": offered_a_role,
    "people.second_factor_reset": herself,
    "people.second_factor_asked": reset,
    "people.second_factor_at_stake": reset,
    "people.second_factor_was_reset": herself,
    "people.second_factor_renewed": herself,
    "people.second_factor_set_up": herself,
    "people.second_step_ended": herself,
    "people.passkey_made": herself,
    "people.administrator_added": herself,
    "people.administrator_removed": herself,
}


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    """All tasks by name; the worker's own app is told of a database that it does not need here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
        celery = import_module("workers.app").celery
        for feature in import_module("workers.app").FEATURES:
            import_module(feature)
    return dict(celery.tasks)


@pytest.fixture
def neutral(app: Flask) -> Iterator[None]:
    """Addresses that name nothing, beside ours."""
    settings = app.extensions["eventhub.settings"]
    told = {"mail_from": "The Forum <noreply@forum.example.org>", "neutral_origin": "http://127.0.0.1"}
    told |= {"neutral_mail_from": "Meetings <noreply@meetings.example>"}
    app.extensions["eventhub.settings"] = settings.model_copy(update=told)
    yield
    app.extensions["eventhub.settings"] = settings


def is_mail(task: Any) -> bool:
    """Whether it is made by ``mails``: its function gives a letter."""
    return "Letter" in str(inspect.signature(inspect.unwrap(task.run)).return_annotation)


def everything(letter: Letter) -> str:
    """All that stands in the mail: its bytes, and what they mean."""
    raw = (letter.compose or compose)(render(letter, "<1@meetings.example>", now()))
    message = email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)
    headers = [f"{name}: {value}" for name, value in message.items()]
    parts = [part for part in message.walk() if not part.is_multipart()]
    heads = [f"{name}: {value}" for part in parts for name, value in part.items()]
    bodies = [(part.get_payload(decode=True) or b"").decode() for part in parts]  # type: ignore[union-attr]
    return "\n".join([raw.decode(), *headers, *heads, *bodies])


def test_every_mail_has_its_scene(tasks: dict[str, Any]) -> None:
    ours = {name for name, task in tasks.items() if not name.startswith(("celery.", "test.")) and is_mail(task)}
    assert ours == set(SCENES)


@pytest.mark.parametrize("name", SCENES)
def test_a_discreet_persons_mail_tells_nothing(tasks: dict[str, Any], neutral: None, name: str) -> None:
    person = make_person(discreet=True, alias="S. T.")
    payload = SCENES[name](person)
    db.session.flush()
    write = inspect.unwrap(tasks[name].run)
    for language in LANGUAGES:
        person.language = language
        letter = write(**payload)
        assert letter is not None, "the scene owes no mail"
        said = everything(letter)
        assert not TELLING.search(said), (language, TELLING.search(said), said)

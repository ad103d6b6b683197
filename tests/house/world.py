"""A small world with things in and out of everybody's reach, and people of every role who ask for them by HTTP.

The world is written once for a module. Whatever a request writes is undone before the next one.
"""

import json
import mailbox
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import time, timedelta
from email.message import EmailMessage
from typing import Any

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import Connection, event
from werkzeug.test import TestResponse

from eventhub.arrangements import actions as arrangements
from eventhub.arrangements.models import Kind, Need
from eventhub.arrangements.wishes import Wish
from eventhub.awards import awarding, replacing, travelling
from eventhub.calendars import actions as calendars
from eventhub.calendars import feeds, imip
from eventhub.calendars.models import CalendarEntry, Choice, Invite, InviteWord, Partstat
from eventhub.calendars.models import Word as Came
from eventhub.checkin import actions as checkin
from eventhub.checkin.models import Device, Entry, Scan, Source, Verdict
from eventhub.delegations import actions as delegations
from eventhub.delegations import filling
from eventhub.demo.cast import address_of
from eventhub.funding import vouching
from eventhub.funding.models import State as Standing
from eventhub.funding.models import Voucher
from eventhub.funding.vouching import Named
from eventhub.helping import actions as helping
from eventhub.helping import claiming
from eventhub.kit import audit, slots
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.limits import key_of
from eventhub.kit.outbox import Promise
from eventhub.kit.pages import PageStore
from eventhub.kit.sealed import SealKey
from eventhub.kit.tokens import digest
from eventhub.mailings import actions as mailings
from eventhub.mailings.models import Kind as MailingKind
from eventhub.people import actions as people
from eventhub.people import resets, roles, sign_in
from eventhub.people.models import Person, Role, ScopeKind, WebSession
from eventhub.programme.models import Event, Publication, Series, SessionKind
from eventhub.questionnaires.models import Questionnaire
from eventhub.questionnaires.uploads import Upload
from eventhub.registration import actions, offers, queries, security, thread
from eventhub.registration.models import Registration, State, Word
from eventhub.registration.reference import new_reference
from eventhub.reviewing import assigning
from eventhub.reviewing.models import Conflict, Tie
from eventhub.reviewing.queries import call_by_id
from tests.awards import scene as awards
from tests.factories import reviewing as reads
from tests.factories.awards import make_award, make_fund
from tests.factories.delegations import arrived, make_delegation, nominate
from tests.factories.funding import ANSWERS as APPLIED
from tests.factories.funding import OPEN_TO_ALL, an_open_call, apply, begin, held
from tests.factories.helping import name_people
from tests.factories.papers import make_paper
from tests.factories.people import give_phone, grant, make_organisation, make_passkey, make_person
from tests.factories.programme import (
    PDF_BYTES,
    add_item,
    add_panellist,
    add_version,
    make_document,
    make_event,
    make_room,
    make_series,
    make_session,
)
from tests.factories.questionnaires import make_questionnaire, page, question
from tests.factories.registration import (
    ANSWERS,
    WITH_PAPERS,
    intake,
    make_approval,
    make_dialogue,
    make_forum,
    make_pair,
    make_prepared,
    make_registration,
    open_registration,
    register,
    take_category,
)
from tests.factories.registration import make_questionnaire as make_published
from tests.house.awards_world import donors_report
from tests.house.board_world import board_parts
from tests.house.calls_world import call_parts
from tests.house.commitments_world import commitment_parts
from tests.house.evaluations_world import evaluation_parts
from tests.house.evidence_world import evidence_parts
from tests.house.fund_world import fund_parts
from tests.house.grants_world import grant_parts, keep_statement, note_stay, own_line
from tests.house.rounds_world import round_parts
from tests.mailings.scene import line_of, make_mailing, minute, send

ROLES = (
    "anonymous",
    "owner",
    "stranger",
    "organiser",
    "other_organiser",
    "officer",
    "other_officer",
    "rapporteur",
    "reviewer",
    "fund_officer",
    "board_member",
    "approver",
    "finance",
    "partner",
    "check_in",
    "security",
    "admin",
    "series_admin",
    "other_admin",
    "half",
)
"""``owner``: the participant whose things are asked for. ``stranger``: another participant, registered for the same
event. ``other_*``: the same role over another event or series. ``half``: the organiser before the second factor."""

# One of its own for each process of a run: codes typed are counted by browser, in the store that all share.
BROWSER = f"the browser that asked for a link {os.getpid()}"
CSRF = "the CSRF secret of every session here"


@dataclass(frozen=True)
class Answer:
    """What came back: status, where it leads, the bytes, and the SQL it took."""

    response: TestResponse
    statements: int

    @property
    def status(self) -> int:
        """The status code."""
        return self.response.status_code

    @property
    def location(self) -> str:
        """Where it leads, or nothing."""
        return self.response.headers.get("Location", "")


@dataclass
class World:
    """The app on one connection that is never committed, and the words that stand in addresses."""

    app: Flask
    connection: Connection
    mine: dict[str, str] = field(default_factory=dict)
    """The parts of addresses and forms, by name: ``{event}`` is the slug of the event everybody's role is about."""
    foreign: dict[str, str] = field(default_factory=dict)
    """The same parts for the other event."""
    cookies: dict[str, str] = field(default_factory=dict)
    persons: dict[str, uuid.UUID] = field(default_factory=dict)
    forms: dict[tuple[str, bool], dict[str, Any]] = field(default_factory=dict)
    """Forms that were read from pages before."""
    _seen: list[str] = field(default_factory=list)

    def ask(
        self, role: str, method: str, address: str, data: Mapping[str, Any] | None = None, *, language: str = "en"
    ) -> Answer:
        """One request of one role, with a valid CSRF token and a new form key where something is sent."""
        client = FlaskClient(self.app, self.app.response_class, use_cookies=False)
        options: dict[str, Any] = {"headers": {"Cookie": f"session={self.cookies[role]}", "Accept-Language": language}}
        if method == "POST":
            options["data"] = {**(data or {}), "csrf_token": self.token, "form_key": str(uuid.uuid4())}
        self._seen.clear()
        with self.app.app_context():
            response = client.open(address, method=method, **options)
            body = response.get_data()
        response.close()
        assert body is not None
        return Answer(response, len(self._seen))

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Whatever happens inside is undone."""
        nested = self.connection.begin_nested()
        try:
            yield
        finally:
            nested.rollback()
            with self.app.app_context():
                self.app.extensions["eventhub.redis"].delete(key_of("sign_in.code", BROWSER, seconds=900))
            # Pages of a revision that never came to be.
            self.app.extensions["eventhub.pages"] = PageStore()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Change the world by hand, inside ``moment``."""
        with self.app.app_context(), unit_of_work():
            yield

    @property
    def token(self) -> str:
        """A CSRF token that holds for every session of this world."""
        serializer = URLSafeTimedSerializer(str(self.app.secret_key), salt="wtf-csrf-token")
        return str(serializer.dumps(CSRF))

    def sign(self, role: str, person: Person | None, *, half: bool = False, staff: bool = False) -> None:
        """A session of this role's own."""
        content = {"csrf_token": CSRF, "browser": BROWSER}
        if person is not None:
            row = WebSession(
                person_id=person.id,
                token_hash=digest(f"secret of {role}"),
                until=now() + timedelta(hours=8),
                second_factor_at=now() if staff and not half else None,
                is_half=half,
            )
            db.session.add(row)
            db.session.flush()
            content |= {"_user_id": f"secret of {role}", "_fresh": True}  # type: ignore[dict-item]
            self.persons[role] = person.id
            if role == "owner":
                self.mine["session_row"] = str(row.id)
        serializer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        self.cookies[role] = str(serializer.dumps(content))


@contextmanager
def world_of(app: Flask) -> Iterator[World]:
    """The world, and nothing of it afterwards."""
    app.extensions["eventhub.pages"] = PageStore()
    with app.app_context():
        engine = db.engine
    with engine.connect() as connection:
        outer = connection.begin()
        world = World(app, connection)
        with app.app_context():
            db.engines[None] = connection  # type: ignore[index]
        event.listen(engine, "before_cursor_execute", world_listener(world))
        # The notice of a silent clock would come up in the middle of a long run.
        alarm, slots.SILENT = slots.SILENT, timedelta(days=1)
        try:
            with app.app_context(), unit_of_work():
                _build(world)
            yield world
        finally:
            slots.SILENT = alarm
            event.remove(engine, "before_cursor_execute", LISTENERS.pop(id(world)))
            outer.rollback()
            with app.app_context():
                db.engines[None] = engine  # type: ignore[index]
            app.extensions["eventhub.pages"] = PageStore()


LISTENERS: dict[int, Any] = {}


def world_listener(world: World) -> Any:
    """Notes every statement of the app."""

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if "SAVEPOINT" not in statement:
            world._seen.append(statement)

    LISTENERS[id(world)] = note
    return note


def _build(world: World) -> None:
    series, other_series = make_series(slug="reached"), make_series(slug="out-of-reach")
    event, other = _forum(series), _forum(other_series)
    draft = make_event(series, publication=Publication.DRAFT)
    make_session(draft, publication=Publication.DRAFT)
    fresh = make_forum()
    bare = make_event()
    open_registration(bare)
    _people(world, series, other_series, event, other, draft)
    world.mine |= _parts(event, world.persons["owner"])
    world.foreign |= _parts(other, make_person().id)
    world.mine |= {
        "series": series.slug,
        "fresh": fresh.slug,
        "bare": bare.slug,
        "begun": _begun(db.session.get_one(Person, world.persons["owner"])).slug,
        "draft": draft.slug,
        "asset": world.app.extensions["eventhub.assets"].address("site.css").removeprefix("/assets/"),
        "letter": _letter(world.app),
    }
    world.foreign |= {"series": other_series.slug, "draft": other.slug}
    world.mine |= _prints(world, event)
    world.foreign |= _prints(world, other)
    world.mine |= _at_the_door(world, event)
    world.mine |= _ways_in(world.persons["owner"], world.persons["half"])
    world.mine |= _online(db.session.get_one(Person, world.persons["owner"]))
    world.mine |= _offered(db.session.get_one(Person, world.persons["owner"]))
    world.mine |= _granted(db.session.get_one(Person, world.persons["owner"]))
    wayless = make_registration(make_dialogue(), db.session.get_one(Person, world.persons["owner"]))
    world.mine["wayless"] = str(wayless.reference)
    for where in (event, other):
        for code in ("ngo_no_ecosoc", "member_state"):
            take_category(where, code)
    world.mine["helped"] = _taken_over(db.session.get_one(Person, world.persons["owner"]))
    for parts, where in ((world.mine, event), (world.foreign, other)):
        parts["declined"] = str(make_registration(where, state=State.DECLINED).id)
        parts["waiting"] = str(make_registration(where, state=State.WAITLISTED).id)
        ready = make_prepared(make_registration(where, state=State.UNDER_REVIEW))
        objected = make_approval(make_registration(where), Word.OBJECTION)
        parts["objected"] = str(objected.registration_id)
        theirs = db.session.get_one(Registration, uuid.UUID(parts["registration"]))
        parts["answered"] = str(make_approval(theirs).id)
        asked_about = make_registration(where)
        parts["approval"] = str(make_approval(asked_about).id)
        parts["name_seen"] = security.seal_of_name(queries.with_person(asked_about.id) or asked_about, where).hex()
        parts |= {"ready": str(ready.registration_id), "decision": str(ready.id)}
        parts |= _delegation(world, where)
        parts |= _helped(world, where)
        parts |= call_parts(where)
        parts |= commitment_parts(where)
        parts |= evidence_parts(where)
        parts |= round_parts(where)
        parts |= evaluation_parts(where)
        owner = db.session.get_one(Person, world.persons["owner"]) if where is event else make_person()
        parts |= fund_parts(where, owner)
        parts |= grant_parts(where)
        parts |= {"pair": str(make_pair(where).id), "one_person": str(make_pair(where, is_one=True).id)}
    world.mine |= _funded(db.session.get_one(Person, world.persons["owner"]))
    world.mine |= _read(event, db.session.get_one(Person, world.persons["reviewer"]))
    world.foreign |= _read(other, make_person())
    board = [db.session.get_one(Person, world.persons[role]) for role in ("board_member", "admin", "series_admin")]
    world.mine |= board_parts(event, *board)
    world.foreign |= board_parts(other)
    world.mine |= {"donors_report": donors_report(world.mine["call"], board[1])}
    world.foreign |= {"donors_report": donors_report(world.foreign["call"], make_person())}
    world.mine |= {"house": str(make_organisation().id), "other_house": str(make_organisation().id)}
    world.mine |= {"promise": str(_parked()), "foreign_event_id": world.foreign["event_id"]}


def _forum(series: Series) -> Event:
    event = make_event(series, first_day=(now() + timedelta(days=30)).date())
    open_registration(event, questionnaire_id=make_published(WITH_PAPERS).id, public_list=True)
    return event


def _people(world: World, series: Series, other_series: Series, event: Event, other: Event, draft: Event) -> None:
    world.sign("anonymous", None)
    for name in ("owner", "stranger"):
        world.sign(name, make_person(name=f"Legal {name}", alias=f"Public {name}"))
    scoped = {
        "organiser": (Role.ORGANISER, {"event_id": event.id}),
        "other_organiser": (Role.ORGANISER, {"event_id": other.id}),
        "officer": (Role.ACCREDITATION_OFFICER, {"event_id": event.id}),
        "other_officer": (Role.ACCREDITATION_OFFICER, {"event_id": other.id}),
        "rapporteur": (Role.RAPPORTEUR, {"event_id": event.id}),
        "reviewer": (Role.FUND_REVIEWER, {}),
        "fund_officer": (Role.FUND_OFFICER, {"event_id": event.id}),
        "board_member": (Role.BOARD_MEMBER, {"event_id": event.id}),
        "approver": (Role.APPROVER, {"event_id": event.id}),
        "finance": (Role.FINANCE, {"event_id": event.id}),
        "partner": (Role.HOST_PARTNER, {"event_id": event.id}),
        "check_in": (Role.CHECK_IN, {"event_id": event.id}),
        "security": (Role.SECURITY_OFFICER, {"event_id": event.id}),
        "admin": (Role.ADMIN, {}),
        "series_admin": (Role.ADMIN, {"series_id": series.id}),
        "other_admin": (Role.ADMIN, {"series_id": other_series.id}),
        "half": (Role.ORGANISER, {"event_id": event.id}),
    }
    for name, (role, scope) in scoped.items():
        person = make_person(name=f"Legal {name}", alias=f"Public {name}")
        given = grant(person, role, **scope)
        world.sign(name, person, staff=True, half=name == "half")
        if name == "organiser":
            grant(person, role, event_id=draft.id)
            audit.record("programme.event_edited", event, actor=person, scope_id=event.id)
        if name == "rapporteur":
            world.mine["grant"] = str(given.id)
        if name == "other_organiser":
            world.foreign["grant"] = str(given.id)
    another = make_person()
    grant(another, Role.ADMIN)  # so that "admin" is not the last one and may leave
    for parts, address, where in (
        (world.mine, db.session.get_one(Person, world.persons["owner"]).email, event),
        (world.foreign, "elsewhere@example.org", other),
    ):
        offer = roles.offer_role(
            another,
            str(address),
            "en",
            role=Role.CHECK_IN,
            scope_kind=ScopeKind.EVENT,
            scope_id=where.id,
            series_id=where.series_id,
        )
        parts["offer"] = str(offer.id)
    colleague, lost, admin = make_person(), make_person(), db.session.get_one(Person, world.persons["admin"])
    for person in (colleague, lost):
        give_phone(person)
    world.mine["admin_phone"] = Phone(give_phone(admin).secret)
    world.mine["colleague"] = str(colleague.id)
    world.mine["walk_in"] = str(make_person(email=None, phone="+254 700 000 000").id)
    world.mine["reset"] = str(resets.ask_for_reset(another, lost, "She called").id)
    make_person(name="Grace", email=address_of("participant"))


def _parts(event: Event, owner_id: uuid.UUID) -> dict[str, str]:
    """One of everything that hangs on an event."""
    session = make_session(event, kind=SessionKind.PLENARY)
    hidden = make_session(event, start=time(15), publication=Publication.DRAFT)
    items = [add_item(session, title) for title in ("One", "Two")]
    panellist = add_panellist(session, "Speaker")
    document, paper = make_document(event), make_document(event, publication=Publication.DRAFT)
    owner = db.session.get_one(Person, owner_id)
    registration = register(event, owner, **(ANSWERS | _papers()))
    calendars.follow_session(session)
    calendars.choose(owner, session, Choice.GOING)
    editable = make_questionnaire(
        page("pone", question("first", required=True), question("second")),
        page("ptwo", question("third")),
        scope_id=event.id,
    )
    return {
        "event": event.slug,
        "event_id": str(event.id),
        "session": str(session.id),
        "draft_session": str(hidden.id),
        "item": str(items[0].id),
        "panellist": str(panellist.id),
        "room": str(make_room(event).id),
        "document": str(document.id),
        "version": str(add_version(document, "fr").id),
        "draft_document": str(paper.id),
        "questionnaire": str(editable.id),
        "lock": str(db.session.get_one(Questionnaire, editable.id).lock),
        "registration": str(registration.id),
        "message": str(_asked_and_answered(event, owner, registration)),
        "need": str(_needed(event, owner).id),
        **_mailed(event, owner),
        "reference": str(registration.reference),
        "ghost_reference": new_reference(event.code),
        "until": (now() + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M"),
    }


def _asked_and_answered(event: Event, owner: Person, registration: Registration) -> uuid.UUID:
    """The owner's answer with a file, to a question of the desk."""
    key = db.session.get_one(SealKey, owner.seal_key_id)
    thread.ask(make_person(), registration, key, "Where is the letter?")
    return thread.answer(owner, intake(event, owner), "Here it is", Upload("letter.pdf", PDF_BYTES)).id


def _delegation(world: World, event: Event) -> dict[str, str]:
    """A delegation of the owner's, who is its focal point: somebody who was invited, somebody for whom the owner fills
    in, somebody who waits for the owner's word longer than is allowed, and the links of two more.
    """
    owner = db.session.get_one(Person, world.persons["owner"])
    delegation = make_delegation(event, owner, name=f"Delegation at {event.slug}")
    invited, filled, linked = nominate(delegation, "Invited", "Filled", "Linked")
    filling.take_up(owner, delegation, event, filled)
    late, _registration = arrived(delegation, event, "Late", days_ago=20)
    asked = make_delegation(event, name=f"Another delegation at {event.slug}")
    invitation = delegations.invite_focal_point(make_person(), asked, "focal@example.org", "en")
    return {
        "delegation": str(delegation.id),
        "nominee": str(invited.id),
        "filled": str(filled.id),
        "late": str(late.id),
        "nominee_link": delegations.nominee_token(linked),
        "focal_link": delegations.focal_token(invitation),
    }


def _helped(world: World, event: Event) -> dict[str, str]:
    """People whom the owner registers for the event, one with a form begun; and the links of somebody else's."""
    owner, other = db.session.get_one(Person, world.persons["owner"]), make_person()
    named, typed = name_people(event, owner, "Named", "Typed", email="village@example.org")
    claiming.take_up(owner, typed, event)
    linked, refusing = name_people(event, other, "Linked", "Refusing", email="other-village@example.org")
    return {
        "charge": str(named.id),
        "typed_charge": str(typed.id),
        "charge_link": helping.charge_token(linked),
        "refuse_link": helping.charge_token(refusing),
        "registrar": str(other.id),
    }


def _taken_over(owner: Person) -> str:
    """An event for which somebody else had named the owner, who took the link."""
    event, other = make_forum(), make_person()
    (charge,) = name_people(event, other, "Owner")
    claiming.claim(owner, helping.charge_token(charge))
    return str(event.slug)


def _needed(event: Event, owner: Person) -> Need:
    """What the owner needs to take part."""
    return arrangements.ask(owner, intake(event, owner), Wish(Kind.WHEELCHAIR, words="The bridge is low"), None)


def _mailed(event: Event, owner: Person) -> dict[str, str]:
    """A mailing that is written, one that is being sent and whose mail to the owner waits in the outbox, and the link
    by which the owner stops such mails.
    """
    draft = make_mailing(event, kind=MailingKind.NEWS)
    sent = make_mailing(event, kind=MailingKind.NEWS)
    send(sent, event)
    minute()
    db.session.refresh(draft)
    return {
        "mailing": str(draft.id),
        "mailing_version": str(draft.version),
        "mailing_sent": str(sent.id),
        "mailed": str(line_of(sent, owner).id),
        "stop_link": mailings.stop_token(mailings.preference_of(owner.id)),
    }


def _prints(world: World, event: Event) -> dict[str, str]:
    """The owner's confirmation, and the officer's badges."""
    owner, officer = (db.session.get_one(Person, world.persons[name]) for name in ("owner", "officer"))
    mine = db.session.query(Registration).filter_by(person_id=owner.id, event_id=event.id).one_or_none()
    return {
        "own_paper": str(make_paper(event, owner, mine).id),
        "printed": str(make_paper(event, officer).id),
    }


def _read(event: Event, reader: Person) -> dict[str, str]:
    """A call whose files are read: one in the reader's hands, one behind a gate, one that lacks readers, a draft."""
    call = reads.make_call(event_id=event.id, readers=1)
    reads.make_reader(call, reader)
    review, shut = (reads.give(reads.make_file(call), reader, is_open=is_open) for is_open in (True, False))
    newcomer = reads.role(make_person(), Role.FUND_REVIEWER, call)
    reads.make_file(call)
    draft = assigning.ask(make_person(), call_by_id(call.id))
    tie = Tie(id=uuid.uuid4(), call_id=call.id, person_id=newcomer.id, kind=Conflict.OTHER, country="KE")
    db.session.add(tie)
    db.session.flush()
    return {
        "fund": call.slug,
        "declared_tie": str(tie.id),
        "review": str(review.id),
        "review_version": str(review.version),
        "reading_gate": str(shut.gate_id),
        "readers_draft": str(draft.id),
        "reader": str(reader.id),
        "new_reader": str(newcomer.id),
    }


def _at_the_door(world: World, event: Event) -> dict[str, str]:
    """A phone's list, and a scan that waits on it."""
    staff = db.session.get_one(Person, world.persons["check_in"])
    signed = checkin.hand_out_list(staff, event, device_id=None, device_at=now())
    scan = {"nonce": str(uuid.uuid4()), "gate": world.mine["session"], "source": "camera", "at": 1790000000000}
    waiting = scan | {"reason": "unreadable", "shown": "refused", "offline": True}
    told = {"list_head": signed.head, "list_signature": signed.signature, "scanned": json.dumps([waiting])}
    return told | {"came": _came(event), "today": str(event.first_day)}


def _came(event: Event) -> str:
    """Somebody who is in by the gate of the first day."""
    who = make_registration(event, state=State.ATTENDED, has_seat=False)
    device = Device(id=uuid.uuid4(), event_id=event.id)
    db.session.add(device)
    db.session.flush()
    scan = Scan(
        id=uuid.uuid4(),
        event_id=event.id,
        day=event.first_day,
        device_id=device.id,
        nonce=uuid.uuid4(),
        source=Source.TYPED,
        registration_id=who.id,
        device_at=now(),
        sent_offset_ms=0,
        scanned_at=now(),
        verdict=Verdict.ACCEPTED,
    )
    db.session.add(scan)
    db.session.flush()
    at = {"event_id": event.id, "registration_id": who.id, "day": event.first_day}
    db.session.add(Entry(id=uuid.uuid4(), scan_id=scan.id, entered_at=now(), **at))
    db.session.flush()
    return str(who.reference)


def _papers() -> dict[str, object]:
    """An open and a sealed file."""
    return {"letter": Upload("letter.pdf", PDF_BYTES), "scan": Upload("scan.pdf", PDF_BYTES)}


def _begun(owner: Person) -> Event:
    """An event for which the owner has a draft with files."""
    event = make_forum(data=WITH_PAPERS)
    draft = actions.start_draft(owner, owner, intake(event, owner))
    actions.save_page(owner, draft, _papers())
    return event


def _funded(owner: Person) -> dict[str, str]:
    """A call for which the owner has a draft with files and a nominator, and one to which the owner has applied."""
    call = an_open_call(changed=OPEN_TO_ALL | {"vouching": {"nominator": True, "referees": 1}})
    papers = {"letter": Upload("letter.pdf", PDF_BYTES), "identity_copy": Upload("id.pdf", PDF_BYTES)}
    begin(call, owner, APPLIED | papers)
    who = [
        Named(slot, "Asha", f"{slot[0].value}@example.org", "en")
        for slot in ((Voucher.NOMINATOR, 0), (Voucher.REFEREE, 0))
    ]
    first, _second = [vouching.name(owner, held(call, owner), one) for one in who]
    return {
        "my_call": call.slug,
        "my_application": str(apply(an_open_call(changed=OPEN_TO_ALL), owner).reference),
        "vouch_link": vouching.link_token(first),
    }


def _online(owner: Person) -> dict[str, str]:
    """A room that stands open, and the owner may enter it."""
    event = make_dialogue()
    times = {"starts_at": now() - timedelta(minutes=5), "ends_at": now() + timedelta(hours=8)}
    session = make_session(event, join_link="https://meet.example.org/room", dial_in="+41 22 000 00 00", **times)
    register(event, owner)
    return {"online": event.slug, "online_session": str(session.id)}


def _granted(owner: Person) -> dict[str, str]:
    """A grant that is offered to the owner, one that waits for a visa, one with a report due, and one where a nominator
    may name somebody.
    """
    offered = make_award(make_fund(), person=owner)
    fund = make_fund()
    home = awards.came_home(fund, person=owner)
    note_stay(fund, home)
    keep_statement(home)
    bound = make_fund()
    on_visa = make_award(bound, Standing.ACCEPTED, person=owner)
    travelling.visa_needed(bound.officer, on_visa)
    award, row = awards.nominated(make_fund(), "chair@example.org")
    return {
        "granted": str(offered.application.reference),
        "grant_link": awarding.link(offered),
        "home": str(home.application.reference),
        "on_visa": str(on_visa.application.reference),
        "own_line": str(own_line(home).id),
        "replace_link": replacing.link(row),
        "successor": str(replacing.candidates(award)[0].id),
    }


def _offered(owner: Person) -> dict[str, str]:
    """A place that is offered to the owner, and the mailed link."""
    event, first = make_dialogue(capacity=1), make_person()
    register(event, first)
    mine = register(event, owner)
    actions.withdraw(first, intake(event, first))
    offer = queries.newest_offer(mine)
    assert offer is not None
    return {"offered": str(mine.reference), "offer_link": offers.offer_token(offer)}


def _ways_in(owner_id: uuid.UUID, half_id: uuid.UUID) -> dict[str, str]:
    """Secrets in mails: a sign-in link and its code, a change of address, a feed, an invite; a code of a phone."""
    owner, half = (db.session.get_one(Person, one) for one in (owner_id, half_id))
    newcomer = make_person()
    asked = sign_in.open_request(str(newcomer.email), "en", browser=BROWSER)
    asked.code_until += timedelta(days=1)  # a busy machine takes longer than ten minutes
    change = people.request_email_change(owner, "new-address@example.org")
    feed = calendars.new_link(owner)
    registration = db.session.query(Registration).filter_by(person_id=owner.id, state=State.UNDER_REVIEW).one()
    entry = db.session.query(CalendarEntry).filter_by(event_id=registration.event_id).one()
    invite = Invite(id=uuid.uuid4(), entry_id=entry.id, person_id=owner.id, salt=b"salt", raised=0)
    invite.token_hash = digest(imip.invite_token(invite))
    db.session.add(invite)
    db.session.flush()
    answer = {"partstat": Partstat.ACCEPTED, "dtstamp": now()}
    word = InviteWord(id=uuid.uuid4(), invite_id=invite.id, kind=Came.UNPROVEN, **answer)
    db.session.add(word)
    return {
        "word": str(word.id),
        "link": sign_in.link_token(asked),
        "code": sign_in.sign_in_code(asked),
        "change": people.email_change_token(change, people.NEW),
        "feed": feeds.feed_token(feed),
        "invite": imip.invite_token(invite),
        "passkey": str(make_passkey(owner).id),
        "phone": Phone(give_phone(half).secret),
    }


class Phone(str):
    """Whoever formats it reads the code that the phone shows at that moment."""

    __slots__ = ()

    def __format__(self, _spec: str) -> str:
        return str(pyotp.TOTP(str(self)).now())


def _parked() -> int:
    row = Promise(id=123456789, task="people.erased", payload={}, parked_at=now(), problem="crash", not_before=now())
    db.session.add(row)
    db.session.flush()
    return row.id


def _letter(app: Flask) -> str:
    """The name of a mail in the demo's mailbox."""
    letter = EmailMessage()
    letter["Subject"] = "Hello"
    letter.set_content("Hello")
    folder = app.extensions["eventhub.settings"].eventhub_home / "mail"
    return str(mailbox.Maildir(folder).add(letter))

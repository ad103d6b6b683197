"""Every page of the app with real objects behind it, for tests that look at all of them.

``build_tour(house)`` makes the objects; ``Tour.stops`` says who opens which address. A new route must be given a stop,
or a place in ``NOT_PAGES``: ``forgotten`` finds it.
"""

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any

from flask import Flask

from eventhub.arrangements import actions as arrangements
from eventhub.arrangements.models import Kind as NeedKind
from eventhub.arrangements.wishes import Wish
from eventhub.awards import awarding, replacing
from eventhub.calendars import actions as calendars
from eventhub.calendars import imip, places
from eventhub.calendars.models import Choice, Invite, InviteWord, Partstat
from eventhub.calendars.models import Word as Came
from eventhub.delegations import actions as delegations
from eventhub.delegations import filling
from eventhub.delegations.actions import Nomination
from eventhub.delegations.models import FocalInvitation, Kind, Nominee
from eventhub.funding import call_queries, opening, vouching
from eventhub.funding import calls as call_actions
from eventhub.funding.models import Application, Call, Endorsement, Voucher
from eventhub.funding.vouching import Named
from eventhub.helping import actions as helping
from eventhub.helping import claiming
from eventhub.helping.models import Charge
from eventhub.kit.access import access_of
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.kit.sealed import SealKey
from eventhub.mailings import actions as mailings
from eventhub.people import actions as people
from eventhub.people import merging, resets, roles, same, sessions, totp
from eventhub.people.models import Person, Role, ScopeKind
from eventhub.people.queries import grants_of
from eventhub.programme.models import Event, EventKind, Mode, Publication, Series
from eventhub.questionnaires import actions as questionnaires
from eventhub.questionnaires.definition import read
from eventhub.questionnaires.models import Purpose, Questionnaire
from eventhub.questionnaires.uploads import Upload
from eventhub.registration import actions as registration
from eventhub.registration import admission, deciding, offers, preparing, thread
from eventhub.registration.models import RegistrationSetup, State, Word
from eventhub.registration.queries import newest_offer
from eventhub.reviewing import asking, lifting, scoring
from eventhub.reviewing.models import Conflict, Tie
from tests.awards import scene as awards
from tests.factories import reviewing as reads
from tests.factories.awards import make_award, make_fund
from tests.factories.delegations import make_delegation, nominate
from tests.factories.funding import ANSWERS as APPLIED
from tests.factories.funding import OPEN_TO_ALL, an_open_call, apply, begin, held
from tests.factories.funding_calls import make_call, propose
from tests.factories.helping import name_people
from tests.factories.papers import make_paper
from tests.factories.people import give_phone, make_organisation, make_passkey, make_person, make_staff
from tests.factories.programme import (
    PDF_BYTES,
    add_item,
    add_panellist,
    make_document,
    make_event,
    make_room,
    make_session,
)
from tests.factories.registration import (
    ANSWERS,
    WITH_PAPERS,
    a_photograph,
    intake,
    listed,
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
from tests.house.board_world import board_parts
from tests.journeys.commitments_tour import commitment_stops
from tests.journeys.evaluations_tour import evaluation_stops
from tests.journeys.evidence_tour import evidence_stops
from tests.journeys.fund_tour import fund_stops
from tests.journeys.grant_tour import grant_stops
from tests.journeys.rounds_tour import round_stops
from tests.live import House
from tests.mailings.scene import line_of, make_mailing, minute
from tests.mailings.scene import send as send_mailing

SIX = ("ar", "zh", "en", "fr", "ru", "es")
NOT_PAGES = frozenset(
    {
        "evaluations_console.table",
        "asset",
        "checkin_console.worker",
        "calendars.all_feed",
        "calendars.day_feed",
        "calendars.event_feed",
        "calendars.my_file",
        "calendars.personal_feed",
        "calendars.series_feed",
        "calendars.session_file",
        "papers.fetch",
        "papers_console.fetch",
        "awards_numbers.fetch",
        "demo.cast",
        "demo.letter",
        "people.recovery_codes",
        "programme.document_file",
        "programme_api.documents_json",
        "programme_api.events_csv",
        "programme_api.events_json",
        "programme_api.front",
        "programme_api.robots",
        "programme_api.sitemap",
        "programme_console.document_file",
        "evidence.file",
        "rounds.copy",
        "tracker.feed",
        "tracker.report_file",
        "tracker.feed_of_one",
        "tracker_api.csv_file",
        "tracker_api.json_file",
        "tracker_api.xlsx_file",
        "tracker_console.template",
        "registration.draft_file",
        "registration.own_file",
        "awards.allowance_file",
        "funding.own_file",
        "registration.question_file",
        "registration_console.file",
        "registration_console.message_file",
        "funding_console.answer_file",
        "funding_thread.message_file",
    }
)
"""Files, feeds and data; what only the demo has; and the recovery codes, shown once, after a code of a phone."""

Words = Callable[[str], str]


@dataclass(frozen=True)
class Stop:
    """One page: who opens which address (without the language)."""

    endpoint: str
    who: str
    path: str

    @property
    def public(self) -> bool:
        """Whether it is the same for everybody."""
        return self.who == "public"


@dataclass
class Tour:
    """The pages of a house, and the people who may open them."""

    slug: str
    registration_id: uuid.UUID
    stops: list[Stop] = field(default_factory=list)
    persons: dict[str, uuid.UUID] = field(default_factory=dict)
    cookies: dict[str, tuple[str, str] | None] = field(default_factory=dict)


def as_it_is(words: str) -> str:
    """The words of an ordinary tour."""
    return words


def forgotten(app: Flask, tour: Tour) -> set[str]:
    """Pages of the app that no stop opens."""
    seen = {stop.endpoint for stop in tour.stops} | NOT_PAGES
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    return {name for name in pages - seen if name != "static" and access_of(app, name) not in {"machine", "demo_only"}}


def build_tour(house: House, words: Words = as_it_is) -> Tour:
    """An event with one of everything, in six languages; ``words`` makes each free text."""
    with house.work():
        tour = _build(words)
    for name, person_id in tour.persons.items():
        tour.cookies[name] = house.session_cookie(person_id, second_factor=name in {"staff", "officer", "reader"})
    with house.work():
        # The secret that the page shows belongs to the session that began it.
        no_phone = db.session.get_one(Person, tour.persons["phone"])
        totp.begin(no_phone, *sessions.live_sessions(no_phone.id))
    tour.cookies["public"] = None
    return tour


def _read(words: Words, event: Event) -> tuple[Person, dict[str, str], dict[str, str]]:
    """A call whose files are read: somebody who reads, the pages of reading, and those of whoever looks after it."""
    call = reads.make_call(event_id=event.id, readers=1, title={"en": words("Travel fund")})
    reader = reads.make_reader(call, make_person(name=words("First reader")))
    other = reads.make_reader(call, make_person(name=words("Second reader")))
    file = reads.make_file(call, support="full")
    mine, theirs = reads.give(file, reader), reads.give(file, other)
    reads.hand_in(theirs, other, reads.said(words=words("A reason")))
    house = make_organisation(name=words("Horn Voices House"))
    shut = reads.give(reads.make_file(call, organisation_id=house.id, origin="KE"), reader, is_open=False)
    over = reads.give(reads.make_file(call), reader)
    reads.hand_in(over, reader, reads.said(words=words("My reason")))
    due = scoring.due(call.id)
    assert due is not None
    scoring.keep(call.id, due[1], asking.calibrated(due[0]))
    reads.make_file(call)
    newcomer = reads.role(make_person(name=words("New reader")), Role.FUND_REVIEWER, call)
    draft = reads.work_out(make_person(), call)
    loose, asked = (
        Tie(id=uuid.uuid4(), call_id=call.id, person_id=newcomer.id, kind=Conflict.OTHER, country=country)
        for country in ("KE", "PE")
    )
    db.session.add_all([loose, asked])
    db.session.flush()
    lifting.ask(make_person(name=words("Officer")), asked, words("A mistake"))
    console = f"/console/funds/{call.slug}/reviewing"
    own = {
        "reviewing.mine": "/reviews",
        "reviewing.my_ties": "/reviews/ties",
        "reviewing.gate": f"/reviews/gates/{shut.gate_id}",
        "reviewing.review": f"/reviews/{mine.id}",
        "reviewing.review#done": f"/reviews/{over.id}",
        "reviewing.abstain": f"/reviews/{mine.id}/abstain",
        "reviewing.recuse": f"/reviews/{mine.id}/step-back",
    }
    return (
        reader,
        own,
        {
            "reviewing_console.index": console,
            "reviewing_console.readers": f"{console}/readers",
            "reviewing_console.reader": f"{console}/readers/{newcomer.id}",
            "reviewing_console.draft": f"{console}/drafts/{draft.id}",
            "reviewing_console.scores": f"{console}/scores",
            "reviewing_console.declared_ties": f"{console}/ties",
            "reviewing_console.declared_tie": f"{console}/ties/{loose.id}",
            "reviewing_console.declared_tie#asked": f"{console}/ties/{asked.id}",
        },
    )


def _build(words: Words) -> Tour:
    def texts(text: str) -> dict[str, str]:
        return {language: words(text) for language in SIX}

    version = _questionnaire(words)
    event = make_forum(data=None, capacity=200, public_list=True)
    db.session.get_one(RegistrationSetup, event.id).questionnaire_id = version.id
    for name in ("title", "lead", "description", "practical", "access_services", "city", "venue"):
        setattr(event, name, texts(f"{name} of the event"))
    event.interpretation = ["en", "ar"]
    room = make_room(event, name=texts("Room XX"), capacity=120)
    first, second = (
        make_session(
            event,
            start=time(10 + place),
            hours=1.5,
            room_id=room.id,
            title=texts(f"Session {place}"),
            summary=texts("What it is about"),
            description=texts("A description"),
            join_link="https://meet.example.org/room",
            interpretation=["en", "fr"],
        )
        for place in (0, 1)
    )
    items = [add_item(first) for _ in range(2)]
    panel = [add_panellist(first, words("Speaker"), function=texts("Function")) for _ in range(2)]
    for item in items:
        item.title = texts("Item")
    document = make_document(event, ("en", "ar"), title=texts("Concept note"), symbol="A/HRC/1/1")
    paper = make_document(event, publication=Publication.DRAFT, title=texts("Draft"))
    draft = make_event(publication=Publication.DRAFT, title=texts("Draft event"))
    gone = make_event(
        publication=Publication.CANCELLED, title=texts("Cancelled"), cancelled_reason=texts("Nobody can come")
    )
    dialogue = make_event(kind=EventKind.DIALOGUE, mode=Mode.ONLINE, title=texts("Dialogue"))
    make_session(dialogue, start=time(14), title=texts("Dialogue"))
    open_registration(dialogue, needs_accreditation=False, questionnaire_id=version.id)
    calendars.follow_all([event, dialogue])

    organisation = make_organisation(name=words("Horn Voices"))
    owner = make_person(name=words("Amina Yusuf"), alias=words("A. Y."), name_latin=words("Amina"))
    beginner = make_person(name=words("Beginner"))
    staff = make_staff(Role.ADMIN)
    staff.name = words("Administrator")
    boards = board_parts(event, staff)
    board = f"/console/funds/{boards['board']}/board"
    half, no_phone = make_staff(Role.ORGANISER, event_id=event.id), make_staff(Role.ORGANISER, event_id=event.id)
    officer = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
    give_phone(half)
    make_passkey(half, label=words("My phone"), is_second_factor=True)
    make_passkey(owner, label=words("My phone"))
    colleague = make_staff(Role.ADMIN)
    (theirs,) = grants_of(colleague.id)
    reset = resets.ask_for_reset(colleague, half, words("The phone was lost"))
    tour = Tour(event.slug, uuid.uuid4())
    for email in (beginner.email, "somebody-new@example.org"):
        roles.offer_role(staff, str(email), "en", role=Role.RAPPORTEUR, scope_kind=ScopeKind.ALL)
    tour.persons = {"owner": owner.id, "beginner": beginner.id, "staff": staff.id, "officer": officer.id}
    tour.persons |= {"half": half.id, "phone": no_phone.id}

    answers: dict[str, object] = {
        "legal_name": words("Amina Yusuf"),
        "story": words("A story"),
        "organisation": {"name": words("Horn Voices")},
        "category": "ngo_no_ecosoc",
        "secret": words("RT123"),
    }
    mine = registration.register_now(owner, owner, intake(event, owner), answers)
    tour.registration_id = mine.id
    deciding.note(staff, mine, words("A note for colleagues"))
    registration.start_draft(beginner, beginner, intake(event, beginner))
    registration.save_page(beginner, intake(event, beginner), {"legal_name": words("Beginner")})
    key = db.session.get_one(SealKey, owner.seal_key_id)
    thread.ask(staff, mine, key, words("A question of the desk"))
    thread.answer(owner, intake(event, owner), words("An answer"), Upload(f"{words('letter')}.pdf", PDF_BYTES))
    wish = Wish(NeedKind.SIGN_LANGUAGE, "ils", words=words("In the front row"))
    need = arrangements.ask(owner, intake(event, owner), wish, first)
    written = make_mailing(event, subject=texts("Doors open at nine"), text=texts("Dear {name}, see {link}"))
    mailed = make_mailing(event, subject=texts("A former mailing"), text=texts("Dear {name}, see {link}"))
    send_mailing(mailed, event)
    minute()
    message_id = line_of(mailed, owner).id
    stop_link = mailings.stop_token(mailings.preference_of(owner.id))
    call_draft, call_open = fund_calls(event, staff, words, texts)
    take_category(event, quota=30, asks_letter=True, asks_attestation=True)
    take_category(event, "member_state", quota=60, is_listed=True)
    take_category(event, "media", closes_at=now() + timedelta(days=3))
    admission.limit_ways(staff, event, {"in_person": 80})
    make_registration(event, organisation_id=organisation.id)
    for number, category in enumerate(("ngo_ecosoc", "member_state", "academic_expert")):
        named = make_person(name=words(f"Named {number}"))
        listed(event, named, category=category, represents="KE", organisation_id=organisation.id)
    other = make_registration(event)
    deciding.decide(staff, [other], State.DECLINED, "other", words("Words to add"))
    for number in range(2):
        ready = make_registration(event, make_person(name=words(f"Ready {number}")))
        make_prepared(ready, State.DECLINED, "other", text=words("Words that wait"), version=ready.version + number)
    preparing.prepare(staff, [mine], State.DECLINED, "missing_letter", words("Words that wait"))
    lettered = make_forum(data=WITH_PAPERS)
    lettered.title = texts("A forum with papers")
    papers = ANSWERS | {
        "letter": Upload(f"{words('letter')}.png", a_photograph(kind="PNG")),
        "scan": Upload("scan.pdf", PDF_BYTES),
    }
    sent = register(lettered, make_person(name=words("With papers")), **papers)
    objected = make_approval(mine, Word.OBJECTION, note=words("A note of security"))
    passed = make_registration(event, make_person(name=words("Passed")))
    make_approval(passed, note=words("Doubts"), passed_at=now(), why_passed=words("No ground"))
    for session in (first, second):
        calendars.choose(owner, session, Choice.GOING)
    film = make_session(event, day=-1, title=texts("Film"), places=1, for_categories=["ngo_no_ecosoc"])
    calendars.follow_session(film)
    keen = make_person()
    make_registration(event, keen, state=State.ACCREDITED)
    calendars.choose(keen, film, Choice.GOING)
    places.wait(owner, film)
    calendars.new_link(owner)
    make_paper(event, owner, mine)
    make_paper(event, staff)
    seated = registration.register_now(owner, owner, intake(dialogue, owner), answers)
    calendars.on_accredited(seated)
    invite = db.session.query(Invite).filter_by(person_id=owner.id).first()
    proposed = {"starts_at": now() + timedelta(days=9), "ends_at": now() + timedelta(days=9, hours=1)}
    assert invite is not None
    for kind in Came:
        values = proposed if kind is Came.COUNTER else {"partstat": Partstat.DECLINED}
        db.session.add(InviteWord(invite_id=invite.id, kind=kind, dtstamp=now(), **values))
    make_registration(event, state=State.WAITLISTED)
    twins, one_person = make_pair(event), make_pair(event, is_one=True)
    houses = [make_organisation(name=words("Mountain Voices")) for _ in range(3)]
    merging.merge(staff, houses[0].id, [houses.pop().id], words("One house"))
    same.find()
    full = make_dialogue(capacity=1)
    full.title = texts("A full dialogue")
    leaving = make_person()
    register(full, leaving)
    promised = register(full, owner)
    wayless = make_registration(make_dialogue(), owner)
    registration.withdraw(leaving, intake(full, leaving))
    offer = newest_offer(promised)
    granted = make_award(make_fund(), person=owner)
    home = awards.came_home(make_fund(), person=owner)
    # Now: what is made below may forget what hangs on an award.
    grant_reference, home_reference = granted.application.reference, home.application.reference
    _award, replaced = awards.nominated(make_fund(), "chair@example.org")
    assert offer is not None
    live = make_dialogue()
    live.title = texts("A dialogue that goes on")
    hall = make_session(live, title=texts("Land and language"), join_link="https://meet.example.org/hall")
    hall.starts_at, hall.ends_at = now() - timedelta(minutes=5), now() + timedelta(hours=8)
    hall.dial_in, hall.interpretation = words("+41 22 555 01 00"), ["fr", "ar"]
    register(live, owner)
    change = people.request_email_change(owner, f"other-{uuid.uuid4().hex[:8]}@example.org")
    db.session.add(Promise(id=910, task="people.erased", payload={}, parked_at=now(), problem=words("crash")))
    delegation, (invited, filled, waiting), asked_to_be = _delegation(words, event, owner)
    named, typed, linked = _helped(words, event, owner)
    fund, voucher, sent_to, applied = _funded(words, event, owner)
    again = make_forum()
    again.title = texts("A forum for those who came before")
    editable = _questionnaire(words)
    question, page = "q2", "p1"
    db.session.flush()

    add = tour.stops.append
    slug, session_id = event.slug, first.id
    console = f"/console/events/{slug}"
    asked = f"/console/questionnaires/{editable.id}"

    def stops(who: str, pages: dict[str, str]) -> None:
        for endpoint, path in pages.items():
            add(Stop(endpoint.split("#")[0], who, path))

    made, rounds = commitment_stops(words, texts, owner, staff), round_stops(words, texts)
    spoken, judged = evidence_stops(words, texts), evaluation_stops(words, texts)
    for found in (fund_stops(words, texts, owner), grant_stops(words, texts, owner), made, rounds, spoken, judged):
        for who, pages in found.items():
            stops(who, pages)
    stops(
        "public",
        {
            "programme.home": "/",
            "programme.forums": "/forums",
            "programme.dialogues": "/dialogues",
            "programme.series": f"/series/{series_slug(event)}",
            "programme.event": f"/events/{slug}",
            "programme.event#cancelled": f"/events/{gone.slug}",
            "programme.week": f"/events/{slug}/week",
            "programme.week#day": f"/events/{slug}/week?view=day",
            "programme.documents": f"/events/{slug}/documents",
            "programme.session": f"/events/{slug}/sessions/{session_id}",
            "programme.search": "/search?q=event",
            "programme.search#nothing": "/search?q=zzzz",
            "programme.page": "/about/accessibility",
            "programme.page#safety": "/about/safety",
            "programme.page#help": "/about/help",
            "programme.page#open-data": "/about/open-data",
            "people.sign_in": "/sign-in",
            "people.sign_in_sent": "/sign-in/sent",
            "people.erased": "/erased",
            "people.signed_out": "/signed-out",
            "people.sign_in_link": f"/sign-in/{people.one_time_link(beginner).rsplit('/', 1)[1]}",
            "people.agree_to_email_change": f"/email-change/{people.email_change_token(change, people.NEW)}",
            "calendars.reply": f"/invites/{imip.invite_token(invite)}",
            "registration.start": f"/events/{slug}/register",
            "registration.guide": f"/events/{slug}/register/guide",
            "registration.participants": f"/events/{slug}/participants",
            "registration.participants#nobody": f"/events/{slug}/participants?category=media",
            "mailings.stop": f"/stop/{stop_link}",
            "funding.calls": "/funds",
            "funding.call": f"/funds/{call_open}",
            "funding.guide": f"/funds/{call_open}/guide",
            "helping.refuse": f"/not-me/{helping.charge_token(linked)}",
            "registration.offer": f"/offers/{offers.offer_token(offer)}",
            "funding.apply": f"/funds/{fund.slug}/apply",
            "funding.vouch": f"/vouch/{vouching.link_token(voucher)}",
            "funding.not_me": f"/vouch/{vouching.link_token(voucher)}/not-me",
            "awards.answer": f"/awaited/{awarding.link(granted)}",
            "awards.replace": f"/replace/{replacing.link(replaced)}",
        },
    )
    stops(
        "owner",
        {
            "people.me": "/me",
            "people.profile": "/me/profile",
            "people.email": "/me/email",
            "people.consents": "/me/consents",
            "people.devices": "/me/devices",
            "people.passkeys": "/me/passkeys",
            "people.second_step": "/me/second-step",
            "people.roles": "/me/roles",
            "people.hide": "/me/hide",
            "rooms.join": f"/events/{slug}/sessions/{session_id}/join",
            "rooms.join#open": f"/events/{live.slug}/sessions/{hall.id}/join",
            "people.data": "/me/data",
            "people.erase": "/me/data/erase",
            "registration.done": f"/events/{slug}/register/done",
            "registration.mine_one": f"/me/registrations/{mine.reference}",
            "mailings.messages": "/me/messages",
            "mailings.message": f"/me/messages/{message_id}",
            "papers.mine": f"/me/registrations/{mine.reference}/papers",
            "arrangements.mine": f"/me/registrations/{mine.reference}/needs",
            "arrangements.change": f"/me/registrations/{mine.reference}/needs/{need.id}",
            "arrangements.visa": f"/me/registrations/{mine.reference}/visa",
            "registration.amend": f"/me/registrations/{mine.reference}/answers/p1",
            "registration.sealed_answers": f"/events/{slug}/register/sealed/answers",
            "registration.questions": f"/me/registrations/{mine.reference}/questions",
            "registration.withdraw": f"/me/registrations/{mine.reference}/withdraw",
            "awards.mine": f"/me/grants/{grant_reference}",
            "awards.report": f"/me/grants/{home_reference}/report",
            "registration.own_offer": f"/me/registrations/{promised.reference}/offer",
            "registration.way": f"/me/registrations/{wayless.reference}/way",
            "registration.mine_one#way": f"/me/registrations/{wayless.reference}",
            "registration.mine_one#offered": f"/me/registrations/{promised.reference}",
            "delegations.delegation": f"{delegation}",
            "delegations.nominate": f"{delegation}/nominate",
            "delegations.nominee": f"{delegation}/people/{waiting.id}",
            "delegations.nominee#invited": f"{delegation}/people/{invited.id}",
            "delegations.replace": f"{delegation}/people/{invited.id}/replace",
            "delegations.beside": f"{delegation}/people/{invited.id}/beside",
            "delegations.link": f"{delegation}/people/{invited.id}/link",
            "delegations.answers": f"{delegation}/people/{filled.id}/answers/{page}",
            "delegations.check": f"{delegation}/people/{filled.id}/check",
            "delegations.typed": f"{delegation}/people/{filled.id}/typed",
            "delegations.mailbox": f"{delegation}/people/{invited.id}/mailbox",
            "registration.former": f"/events/{again.slug}/register/former",
            "helping.people": f"/me/people/{slug}",
            "helping.add": f"/me/people/{slug}/add",
            "helping.person": f"/me/people/{slug}/{typed.id}",
            "helping.change": f"/me/people/{slug}/{named.id}/change",
            "helping.answers": f"/me/people/{slug}/{typed.id}/answers/{page}",
            "helping.check": f"/me/people/{slug}/{typed.id}/check",
            "helping.typed": f"/me/people/{slug}/{typed.id}/typed",
            "helping.claim": f"/me/links/{helping.charge_token(linked)}",
            "delegations.become": f"/me/requests/{delegations.focal_token(asked_to_be)}",
            "delegations.claim": f"/me/invitations/{delegations.nominee_token(filled)}",
            "delegations.claim#invited": f"/me/invitations/{delegations.nominee_token(invited)}",
            "funding.apply#begun": f"/funds/{fund.slug}/apply",
            "funding.step": f"/funds/{fund.slug}/apply/p4",
            "funding.own_name": f"/funds/{fund.slug}/apply/own/name",
            "funding.vouchers": f"/funds/{fund.slug}/apply/people",
            "funding.voucher": f"/funds/{fund.slug}/apply/people/nominator-1",
            "funding.check": f"/funds/{fund.slug}/apply/check",
            "funding.sealed_answers": f"/funds/{fund.slug}/apply/sealed/answers",
            "funding.done": f"/funds/{sent_to.slug}/apply/done",
            "funding.former": f"/funds/{fund.slug}/apply/former",
            "funding.mine_one": f"/me/applications/{applied.reference}",
            "funding.amend": f"/me/applications/{applied.reference}/answers/p3",
            "funding.withdraw": f"/me/applications/{applied.reference}/withdraw",
            "calendars.my_sessions": "/me/sessions",
            "calendars.my_sessions#week": f"/me/sessions?day={event.first_day.isoformat()}",
            "calendars.choose": f"/me/sessions/events/{dialogue.slug}",
            "calendars.choose#full": f"/me/sessions/events/{slug}",
        },
    )
    stops(
        "beginner",
        {
            "people.me": "/me",
            "people.roles": "/me/roles",
            "registration.start": f"/events/{slug}/register",
            "registration.step": f"/events/{slug}/register/p1",
            "registration.check": f"/events/{slug}/register/check",
        },
    )
    stops("half", {"people.second_factor": "/second-factor"})
    stops("phone", {"people.second_factor_setup": "/second-factor/set-up"})
    stops(
        "staff",
        {
            "people.second_factor_setup": "/second-factor/set-up",
            "people_console.today": "/console",
            "people_console.roles": "/console/roles",
            "people_console.revoke": f"/console/roles/{theirs.id}/revoke",
            "people.renew_second_factor": "/second-factor/renew",
            "people_console.second_factors": "/console/second-factors",
            "people_console.second_factor_of": f"/console/second-factors/{half.id}",
            "people_console.second_factor_request": f"/console/second-factors/requests/{reset.id}",
            "people_console.data_of": f"/console/people/{make_person(name=words('Walk-in'), email=None).id}/data",
            "people_console.promises": "/console/promises",
            "people_console.organisations": "/console/organizations?q=a",
            "people_console.organisation": f"/console/organizations/{houses[0].id}",
            "people_console.merge_organisations": f"/console/organizations/{houses[0].id}/merge?other={houses[1].id}",
            "programme_console.events": "/console/events",
            "programme_console.event_new": "/console/events/new",
            "programme_console.event": console,
            "programme_console.event#draft": f"/console/events/{draft.slug}",
            "programme_console.event_texts": f"{console}/texts",
            "programme_console.event_facts": f"{console}/facts",
            "programme_console.event_copy": f"{console}/copy",
            "programme_console.event_cancel": f"{console}/cancel",
            "programme_console.event_move": f"{console}/move",
            "programme_console.event_move#look": f"{console}/move?first_day={event.last_day + timedelta(days=7)}",
            "programme_console.event_publish": f"/console/events/{draft.slug}/publish",
            "programme_console.event_publish#public": f"{console}/publish",
            "programme_console.programme": f"{console}/programme",
            "programme_console.documents": f"{console}/documents",
            "programme_console.document": f"{console}/documents/{document.id}",
            "programme_console.document_new": f"{console}/documents/new",
            "programme_console.document_file_new": f"{console}/documents/{document.id}/files/new",
            "programme_console.document_withdraw": f"{console}/documents/{document.id}/withdraw",
            "programme_console.document_delete": f"{console}/documents/{paper.id}/delete",
            "programme_console.rooms": f"{console}/rooms",
            "programme_console.room": f"{console}/rooms/{room.id}",
            "programme_console.session_new": f"{console}/sessions/new",
            "programme_console.session": f"{console}/sessions/{session_id}",
            "programme_console.session_move": f"{console}/sessions/{session_id}/move",
            "programme_console.session_cancel": f"{console}/sessions/{session_id}/cancel",
            "programme_console.session_delete": f"{console}/sessions/{hidden_session(event, texts).id}/delete",
            "programme_console.item": f"{console}/sessions/{session_id}/items/{items[0].id}",
            "programme_console.item#new": f"{console}/sessions/{session_id}/items/new",
            "programme_console.panellist": f"{console}/sessions/{session_id}/panel/{panel[0].id}",
            "programme_console.panellist#new": f"{console}/sessions/{session_id}/panel/new",
            "programme_console.series_new": "/console/series/new",
            "programme_console.series_edit": f"/console/series/{series_slug(event)}",
            "helping_console.registrars": f"{console}/people-registered-by-others",
            "selecting_console.room": board,
            "selecting_console.run": f"{board}/runs/{boards['board_run']}",
            "selecting_console.file": f"{board}/files/{boards['board_file']}",
            "selecting_console.file#pinned": f"{board}/files/{boards['board_pinned']}",
            "selecting_console.asides_of": f"{board}/aside",
            "selecting_console.lift_aside": f"{board}/aside/{boards['board_aside']}",
            "selecting_console.slates": f"{board}/slates",
            "selecting_console.export": f"{board}/slates/1/file",
            "selecting_console.recommend": f"{board}/slates/1/recommend",
            "selecting_console.decide": f"/console/funds/{boards['board_decided']}/board/slates/1/decide",
            "awards_release.board": f"/console/funds/{boards['staged']}/release",
            "awards_release.board#set": f"/console/funds/{boards['staged_set']}/release",
            "awards_release.letter": f"/console/funds/{boards['staged']}/release/{boards['staged_file']}",
            "registration_console.desk": f"{console}/registrations?chip=all",
            "registration_console.record": f"{console}/registrations/{mine.id}",
            "registration_console.record#passed": f"{console}/registrations/{passed.id}",
            "registration_console.papers": f"/console/events/{lettered.slug}/registrations/{sent.id}/papers",
            "registration_console.paper#open": f"/console/events/{lettered.slug}/registrations/{sent.id}/papers/letter",
            "registration_console.paper": f"/console/events/{lettered.slug}/registrations/{sent.id}/papers/scan",
            "registration_console.security_list": f"{console}/security?said=1",
            "registration_console.security_person": f"{console}/security/{objected.id}",
            "registration_console.security_export": f"{console}/security/export",
            "registration_console.record#declined": f"{console}/registrations/{other.id}",
            "registration_console.prepared_decisions": f"{console}/registrations/prepared",
            "registration_console.duplicates": f"{console}/registrations/duplicates",
            "registration_console.duplicate": f"{console}/registrations/duplicates/{twins.id}",
            "registration_console.duplicate#found": f"{console}/registrations/duplicates/{one_person.id}",
            "registration_console.waiting_list": f"{console}/registrations/waiting-list",
            "registration_console.numbers_page": f"{console}/registrations/numbers",
            "registration_console.export": f"{console}/registrations/export?chip=all",
            "registration_console.partner_counts": f"{console}/registration-counts",
            "registration_console.setup": f"{console}/registration-settings",
            "registration_console.category_list": f"{console}/registration-settings/categories",
            "registration_console.category": f"{console}/registration-settings/categories/ngo_no_ecosoc",
            "registration_console.way_places": f"{console}/registration-settings/ways",
            "registration_console.switch": f"{console}/registration-settings/mode",
            "registration_console.switch#online": f"{console}/registration-settings/mode?to=online",
            "delegations_console.delegations": f"{console}/delegations",
            "delegations_console.new": f"{console}/delegations/new",
            "delegations_console.delegation": f"{console}/delegations/{delegation.rpartition('/')[2]}",
            "delegations_console.override": (
                f"{console}/delegations/{delegation.rpartition('/')[2]}/people/{waiting.id}/override"
            ),
            "calendars_console.head_count": f"{console}/calendar",
            "calendars_console.words": f"/console/events/{dialogue.slug}/calendar/answers",
            "calendars_console.session_places": f"{console}/calendar/places",
            "arrangements_console.index": f"{console}/arrangements",
            "arrangements_console.line": f"{console}/arrangements/lines/sign_language.ils.-.{session_id.hex}",
            "arrangements_console.export": f"{console}/arrangements/export",
            "arrangements_console.setup": f"{console}/arrangements/settings",
            "arrangements_console.visa_list": f"{console}/arrangements/visas",
            "arrangements_console.visa_list#nobody": f"{console}/arrangements/visas?status=refused",
            "arrangements_console.visa_of": f"{console}/arrangements/visas/{mine.id}",
            "mailings_console.index": f"{console}/mailings",
            "mailings_console.new": f"{console}/mailings/new",
            "mailings_console.unreached": f"{console}/mailings/not-reached",
            "mailings_console.mailing": f"{console}/mailings/{written.id}",
            "mailings_console.mailing#sent": f"{console}/mailings/{mailed.id}",
            "mailings_console.audience_of": f"{console}/mailings/{written.id}/recipients",
            "mailings_console.texts": f"{console}/mailings/{written.id}/texts",
            "mailings_console.log": f"{console}/mailings/{mailed.id}/log",
            "papers_console.index": f"{console}/papers",
            "papers_console.setup": f"{console}/papers/settings",
            "checkin_console.index": f"{console}/check-in",
            "checkin_console.door": f"{console}/check-in/gates/{event.first_day}",
            "checkin_console.walk_in": f"{console}/check-in/gates/{session_id}/walk-in",
            "checkin_console.rule": f"{console}/check-in/gates/{session_id}/rule",
            "checkin_console.counts": f"{console}/check-in/counts",
            "checkin_console.undo": f"{console}/check-in/undo",
            "checkin_console.export": f"{console}/check-in/export",
            "funding_console.funds": "/console/funds",
            "funding_console.call_new": "/console/funds/new",
            "funding_console.call": f"/console/funds/{call_draft}",
            "funding_console.call#open": f"/console/funds/{call_open}",
            "funding_console.call_facts": f"/console/funds/{call_draft}/facts",
            "funding_console.call_words": f"/console/funds/{call_draft}/words",
            "funding_console.call_rules": f"/console/funds/{call_draft}/rules/guide",
            "funding_console.call_rules#money": f"/console/funds/{call_draft}/rules/money",
            "funding_console.call_rules#fares": f"/console/funds/{call_draft}/rules/fares",
            "funding_console.call_rules#rubric": f"/console/funds/{call_draft}/rules/rubric",
            "funding_console.call_rules#people": f"/console/funds/{call_draft}/rules/people",
            "funding_console.call_rules#balance": f"/console/funds/{call_open}/rules/balance",
            "funding_console.call_open": f"/console/funds/{call_draft}/open",
            "funding_console.call_delete": f"/console/funds/{call_draft}/delete",
            "funding_console.call_change": f"/console/funds/{call_open}/change",
            "funding_console.call_extend": f"/console/funds/{call_open}/extend",
            "funding_console.call_cancel": f"/console/funds/{call_open}/cancel",
            "questionnaires_console.index": "/console/questionnaires",
            "questionnaires_console.new": "/console/questionnaires/new",
            "questionnaires_console.edit": asked,
            "questionnaires_console.page": f"{asked}/pages/{page}",
            "questionnaires_console.new_question": f"{asked}/pages/{page}/questions/new",
            "questionnaires_console.question": f"{asked}/questions/{question}",
            "questionnaires_console.condition": f"{asked}/conditions/q5",
            "questionnaires_console.languages": f"{asked}/languages/{page}",
            "questionnaires_console.preview": f"{asked}/preview",
            "questionnaires_console.publish": f"{asked}/publish",
        },
    )
    reader, reading, looking_after = _read(words, event)
    tour.persons["reader"] = reader.id
    stops("reader", reading)
    stops("staff", looking_after)
    return tour


def fund_calls(event: Any, staff: Person, words: Words, texts: Callable[[str], dict[str, str]]) -> tuple[str, str]:
    """A call that is written, and one that is open with a changed rule and a further change; their addresses."""
    draft = make_call(event, is_open=False)
    free = {"title": texts("A call"), "lead": texts("Who pays"), "description": texts("More about it")}
    envelopes = [{"id": "main", "title": texts("General money"), "amount": 12_000_000, "cells": []}]
    # Of an event that has not begun, so that the deadline can be later.
    days = {"first_day": event.last_day + timedelta(days=90), "last_day": event.last_day + timedelta(days=91)}
    ahead = make_event(db.session.get_one(Series, event.series_id), title=texts("An event ahead"), **days)
    for one in (draft, make_call(ahead)):
        stamp = call_queries.standing(one).stamp
        call_actions.edit(
            staff, one, stamp=stamp, texts=free, rules={"envelopes": envelopes}, reason=words("More money")
        )
    opening.agree(make_person(), one, digest=call_queries.standing(one).stamp)
    before = one.closes_at
    opening.extend(staff, one, before + timedelta(days=2), before=before.isoformat(), reason=words("Floods"))
    propose(make_person(), one, reason=words("Fewer places"), places=30)
    return draft.slug, one.slug


def series_slug(event: Any) -> str:
    """The address of the event's series."""
    return db.session.get_one(Series, event.series_id).slug


def hidden_session(event: Any, texts: Callable[[str], dict[str, str]]) -> Any:
    """A session that may still be deleted."""
    return make_session(event, start=time(16), publication=Publication.DRAFT, title=texts("Hidden"))


def _delegation(words: Words, event: Any, owner: Person) -> tuple[str, list[Nominee], FocalInvitation]:
    """A delegation of the owner's with people in several states, and an invitation to be focal point of another one."""
    made = make_delegation(event, owner, name=words("Ministry of Examples"), quota=5)
    invited, filled, waiting, gone = nominate(
        made, words("Invited Person"), words("Filled Person"), words("Waiting Person"), words("Gone Person")
    )
    filling.take_up(owner, made, event, filled)
    came = make_registration(event, state=State.AWAITING_FOCAL_POINT, delegation_id=made.id)
    came.submitted_at = now() - timedelta(days=20)
    waiting.person_id, waiting.claimed_at = came.person_id, now()
    beside = Nomination(0, words("Guarding Person"), None)
    delegations.add_beside(owner, made, waiting, beside, "en", Kind.GUARD)
    delegations.leave(None, [gone])
    other = make_delegation(event, name=words("Union of Examples"))
    db.session.flush()
    invitation = delegations.invite_focal_point(owner, other, "focal@example.org", "en")
    return f"/me/delegations/{made.id}", [invited, filled, waiting], invitation


def _helped(words: Words, event: Any, owner: Person) -> list[Charge]:
    """People whom the owner registers, one with a form begun; and somebody's whom another person registers."""
    named, typed = name_people(event, owner, words("Named Person"), words("Typed Person"))
    claiming.take_up(owner, typed, event)
    (linked,) = name_people(event, make_person(), words("Linked Person"), email="village@example.org")
    return [named, typed, linked]


def _funded(words: Words, event: Any, owner: Person) -> tuple[Call, Endorsement, Call, Application]:
    """A call of the event for which the owner has a draft and a nominator, and one to which the owner has applied."""
    fund = an_open_call(event, changed=OPEN_TO_ALL | {"vouching": {"nominator": True, "referees": 2, "letter": True}})
    sent_to = an_open_call(changed=OPEN_TO_ALL)
    for call in (fund, sent_to):
        call.title = {"en": words("A call"), "ar": words("دعوة")}
    begin(fund, owner, APPLIED | {"why_need": words("No grant pays for it")})
    who = Named((Voucher.NOMINATOR, 0), words("Somebody who vouches"), "vouches@example.org", "en", words("Herders"))
    voucher = vouching.name(owner, held(fund, owner), who)
    return fund, voucher, sent_to, apply(sent_to, owner)


NUMBERS = itertools.count(1)


def _questionnaire(words: Words) -> Questionnaire:
    """Two pages with one question of most kinds; every text in six languages."""

    def ask(number: int, key: str, kind: str, **more: Any) -> dict[str, Any]:
        base = {"id": f"q{number}", "key": key, "kind": kind, "label": words(key), "help": words("A hint")}
        return base | more

    options = [{"id": name, "label": words(name), "help": words("Hint")} for name in ("ngo_no_ecosoc", "member_state")]
    first = [
        ask(1, "legal_name", "short_text", required=True, see=["desk"]),
        ask(2, "category", "choice", options=options),
        ask(3, "organisation", "organisation"),
        ask(4, "nationality", "country", variant="nationality"),
        ask(5, "story", "long_text", show_if={"question": "category", "in": ["ngo_no_ecosoc"]}),
        ask(6, "secret", "short_text", sealed=True, see=["desk"]),
        ask(7, "age", "number"),
        ask(8, "arrival", "date"),
        ask(9, "scan", "file"),
        ask(10, "words", "section"),
    ]
    second = [ask(11, "photo", "consent", purpose="photo"), ask(12, "tongue", "language")]
    pages = [
        {"id": "p1", "title": words("Page one"), "intro": words("Words before"), "questions": first},
        {"id": "p2", "title": words("Page two"), "questions": second},
    ]
    made = questionnaires.create(
        None,
        purpose=Purpose.REGISTRATION,
        name=words(f"Questionnaire {next(NUMBERS)}"),
        definition=read({"pages": pages}, "en"),
    )
    questionnaires.publish(None, made)
    return made

"""Calls whose files are read: applications, a panel, readers given out, reviews handed in."""

import itertools
import uuid
from datetime import timedelta
from typing import Any

from eventhub.funding.models import Application, Call, CallRules, FundKind, Stand, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person, Role, RoleGrant, ScopeKind
from eventhub.questionnaires import answers, queries
from eventhub.questionnaires.models import Purpose
from eventhub.reviewing import asking, assigning, reading
from eventhub.reviewing.models import Draft, Gate, PanelMember, Review
from eventhub.reviewing.queries import Reading, call_by_id
from eventhub.reviewing.reading import Said
from tests.factories.people import make_person
from tests.factories.questionnaires import begin, page, publish, question

NUMBERS = itertools.count(1)
REGIONS = ("africa_middle_east", "americas", "asia_pacific", "europe_central_asia")


def criterion(name: str, weight: int) -> dict[str, Any]:
    """A criterion with anchors at 0, 1, 2 and 3 points."""
    anchors = [{"points": points, "text": {"en": f"{name} {points}"}} for points in range(4)]
    texts = {"title": {"en": name.title()}, "question": {"en": f"How much {name}?"}}
    return {"id": name, "weight": weight, "anchors": anchors} | texts


def rules_of(**reviewing: Any) -> dict[str, Any]:
    """The rules of a call with two criteria, 40 and 60."""
    return {
        "reviewing": {"rubric": [criterion("need", 40), criterion("voice", 60)], "readers": 2} | reviewing,
        "costs": {"lines": ["economy_return_ticket"]},
        "envelopes": [{"id": "all", "title": {"en": "All"}, "amount": 12_000_000}],
    }


def make_call(**given: Any) -> Call:
    """An open call whose rules hold; words such as ``readers=3`` change how files are read."""
    number = next(NUMBERS)
    frame = {key: given.pop(key) for key in ("event_id", "title", "slug", "code") if key in given}
    values: dict[str, Any] = {
        "slug": f"read-{number}",
        "code": f"READ{number}",
        "kind": FundKind.TRAVEL,
        "stand": Stand.OPEN,
        "title": {"en": f"Fund {number}"},
        "time_zone": "Europe/Zurich",
        "opens_at": now() - timedelta(days=30),
        "closes_at": now() - timedelta(days=1),
        "lottery_commitment": "ab" * 32,
    }
    call = Call(id=uuid.uuid4(), **(values | frame))
    db.session.add(call)
    db.session.flush()
    rules = rules_of(**given)
    db.session.add(CallRules(call_id=call.id, number=1, rules=rules, digest="00", agreed_at=now()))
    db.session.flush()
    return call


def make_file(call: Call, person: Person | None = None, **given: Any) -> Application:
    """An application that is complete and eligible."""
    who = person or make_person(name="Amina Legal", alias=None)
    number = next(NUMBERS)
    values: dict[str, Any] = {
        "state": State.ELIGIBLE,
        "number": number,
        "reference": f"REF-{number}-{uuid.uuid4().hex[:4]}",
        "region": REGIONS[number % 4],
        "first_time": True,
        "cost": 264_000,
        "submitted_at": now() - timedelta(days=2),
    }
    row = Application(id=uuid.uuid4(), call_id=call.id, person_id=who.id, **(values | given))
    db.session.add(row)
    db.session.flush()
    return row


def answer(application: Application) -> Application:
    """Answers to what reviewers see, to what they do not, to a sealed question, and to one that tells who it is."""
    version = publish(
        page(
            "p1",
            question("motive", "long_text", see=["reviewer"]),
            question("desk_only", "short_text"),
            question("secret", "short_text", see=["reviewer"], sealed=True),
            question("my_name", "short_text", see=["reviewer"], autocomplete="name"),
            question("mailbox", "email", see=["reviewer"]),
        ),
        purpose=Purpose.REGISTRATION,
    )
    person = db.session.get_one(Person, application.person_id)
    answer_set, key = begin(queries.version(version.id), person)
    given: dict[str, object] = {
        "motive": "I teach the evening class",
        "desk_only": "For the desk alone",
        "secret": "Sealed words",
        "my_name": "Amina Legal",
        "mailbox": "amina-secret@example.org",
    }
    answers.save(answer_set, key, given)
    application.answer_set_id = answer_set.id
    db.session.flush()
    return application


def role(person: Person, which: Role, call: Call) -> Person:
    """Give a role over a call."""
    row = RoleGrant(person_id=person.id, role=which, scope_kind=ScopeKind.CALL, scope_id=call.id)
    row.granted_at = now() - timedelta(days=2)
    db.session.add(row)
    db.session.flush()
    return person


def make_officer(call: Call) -> Person:
    """An officer of the fund, for this call."""
    return role(make_person(name="Olga Officer"), Role.FUND_OFFICER, call)


def make_reader(call: Call, person: Person | None = None, **given: Any) -> Person:
    """Somebody on the panel who reads English."""
    who = role(person or make_person(name=f"Reader {next(NUMBERS)}"), Role.FUND_REVIEWER, call)
    values: dict[str, Any] = {"languages": ["en"], "region": REGIONS[next(NUMBERS) % 4]}
    db.session.add(PanelMember(id=uuid.uuid4(), call_id=call.id, person_id=who.id, **(values | given)))
    db.session.flush()
    return who


def work_out(person: Person, call: Call, **given: Any) -> Draft:
    """Ask for readers and work them out, as the worker does, in a process of its own."""
    draft = assigning.ask(person, call_by_id(call.id), **given)
    request = assigning.gather(call_by_id(call.id), languages_hard=bool(draft.figures["languages_hard"]))
    assert request.panel is not None
    found = asking.reassigned(request.panel, request.held) if request.held else asking.assigned(request.panel)
    assigning.keep(call.id, draft.id, assigning.digest(request), found)
    db.session.flush()
    return draft


def give(application: Application, reader: Person, *, is_open: bool = True, gate: Gate | None = None) -> Review:
    """A file in a reader's hands, its gate passed unless told otherwise; the file is under review."""
    if gate is None:
        gate = Gate(id=uuid.uuid4(), call_id=application.call_id, person_id=reader.id)
        gate.declared_at = now() if is_open else None
        db.session.add(gate)
        db.session.flush()
    row = Review(
        id=uuid.uuid4(),
        call_id=application.call_id,
        application_id=application.id,
        person_id=reader.id,
        gate_id=gate.id,
    )
    db.session.add(row)
    application.state = State.UNDER_REVIEW
    db.session.flush()
    return row


def said(need: int = 2, voice: int = 3, words: str = "A reason") -> Said:
    """A whole review."""
    return Said({"need": need, "voice": voice}, {"need": f"{words} for need", "voice": f"{words} for voice"}, 2)


def hand_in(review: Review, reader: Person, given: Said | None = None) -> Review:
    """The reader hands a review in."""
    done = reading.hand_in(reader, review.id, given or said(), seen=review.version, window=uuid.uuid4())
    db.session.flush()
    return done


def typed(given: Said | None = None, **more: str) -> dict[str, str]:
    """A whole review as a browser sends it."""
    given = given or said()
    fields = {f"mark_{name}": str(points) for name, points in given.marks.items()}
    fields |= {f"why_{name}": words for name, words in given.words.items()}
    return fields | {"sure": str(given.confidence)} | more


def the(call: Call) -> Reading:
    """The call with its rules, as pages load it."""
    return call_by_id(call.id)

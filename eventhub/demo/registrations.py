"""The demo's registrations in every state, with answers, histories and decisions."""

import json
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from eventhub.demo.crowd import Somebody, plain
from eventhub.demo.plan import EVENTS, PlannedEvent, registration_window
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.codes import reason_text
from eventhub.kit.db import db
from eventhub.kit.sealed import place, seal
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires.models import Answer, AnswerSet, QuestionnaireVersion
from eventhub.registration.models import SEATED, Deadline, Message, Registration, RegistrationSetup, SeatAt, State
from eventhub.registration.reference import new_reference
from eventhub.registration.thread import kept_until, sealed_words

THIS_YEAR = (
    (State.ACCREDITED, 520),
    (State.BADGE_ISSUED, 24),
    (State.UNDER_REVIEW, 137),
    (State.INFO_REQUESTED, 44),
    (State.AWAITING_FOCAL_POINT, 21),
    (State.WAITLISTED, 30),
    (State.DECLINED, 29),
    (State.WITHDRAWN, 26),
    (State.REVOKED, 2),
    (State.EXPIRED, 7),
    (State.DRAFT, 60),
)
LAST_YEAR = ((State.ATTENDED, 330), (State.NO_SHOW, 38), (State.DECLINED, 17), (State.WITHDRAWN, 15))
REGIONAL = (
    (State.ACCREDITED, 96),
    (State.UNDER_REVIEW, 34),
    (State.DRAFT, 12),
    (State.DECLINED, 4),
    (State.WITHDRAWN, 4),
)
DIALOGUE_PAST = ((State.ATTENDED, 152), (State.NO_SHOW, 44), (State.WITHDRAWN, 4))
DIALOGUE_OPEN = ((State.ACCREDITED, 196), (State.WITHDRAWN, 4))
MIX = {
    "forum_this_year": THIS_YEAR,
    "forum_last_year": LAST_YEAR,
    "regional_asia_pacific": REGIONAL,
    "languages_online": DIALOGUE_PAST,
    "fair_work": DIALOGUE_OPEN,
}
WAY: dict[State, tuple[State, ...]] = {
    State.DRAFT: (),
    State.EXPIRED: (State.EXPIRED,),
    State.UNDER_REVIEW: (State.SUBMITTED, State.UNDER_REVIEW),
    State.INFO_REQUESTED: (State.SUBMITTED, State.UNDER_REVIEW, State.INFO_REQUESTED),
    State.AWAITING_FOCAL_POINT: (State.SUBMITTED, State.AWAITING_FOCAL_POINT),
    State.WAITLISTED: (State.SUBMITTED, State.UNDER_REVIEW, State.WAITLISTED),
    State.DECLINED: (State.SUBMITTED, State.UNDER_REVIEW, State.DECLINED),
    State.WITHDRAWN: (State.SUBMITTED, State.WITHDRAWN),
    State.ACCREDITED: (State.SUBMITTED, State.UNDER_REVIEW, State.ACCREDITED),
    State.BADGE_ISSUED: (State.SUBMITTED, State.UNDER_REVIEW, State.ACCREDITED, State.BADGE_ISSUED),
    State.REVOKED: (State.SUBMITTED, State.UNDER_REVIEW, State.ACCREDITED, State.REVOKED),
    State.ATTENDED: (State.SUBMITTED, State.UNDER_REVIEW, State.ACCREDITED, State.ATTENDED),
    State.NO_SHOW: (State.SUBMITTED, State.UNDER_REVIEW, State.ACCREDITED, State.NO_SHOW),
}
REASONS = {
    State.ACCREDITED: ("complete",),
    State.DECLINED: ("missing_letter", "letter_not_signed", "not_within_mandate", "identity_not_shown"),
    State.WAITLISTED: ("over_quota",),
    State.INFO_REQUESTED: ("missing_letter", "letter_not_signed"),
    State.REVOKED: ("other",),
}
ITEMS = ("item_2", "item_3", "item_4", "item_5")


@dataclass
class Rows:
    """What is written at the end, table by table."""

    answer_sets: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    registrations: list[dict[str, Any]] = field(default_factory=list)
    deeds: list[dict[str, Any]] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)


def make_registrations(
    events: dict[str, Event],
    versions: dict[str, QuestionnaireVersion],
    crowd: list[Somebody],
    cast: dict[str, Person],
    acting: dict[str, Somebody],
    today: date,
) -> dict[str, list[tuple[uuid.UUID, uuid.UUID]]]:
    """Set-ups and registrations of every event; returns (registration, person) of those with a seat, by event."""
    rng = random.Random(19)
    rows = Rows()
    seated: dict[str, list[tuple[uuid.UUID, uuid.UUID]]] = {}
    for plan in EVENTS:
        version = versions.get(plan.form or "")
        mix = MIX.get(plan.key, ())
        counts = Counter(dict(mix))
        taken = sum(number for state, number in counts.items() if state in SEATED)
        if not _set_up(plan, events[plan.key], version, taken, today):
            continue
        people = crowd if plan.kind == "forum" else rng.sample(crowd, len(crowd))
        if plan.key == "regional_asia_pacific":
            people = sorted(people, key=lambda one: one.known.time_zone.partition("/")[0] not in {"Asia", "Pacific"})
        states = [state for state, number in mix for _ in range(number)]
        rng.shuffle(states)
        if plan.key in {"forum_this_year", "fair_work"}:
            people = [*acting.values(), *people]
            _put_first(states, State.ACCREDITED, State.UNDER_REVIEW if plan.kind == "forum" else State.ACCREDITED)
        made = [
            _register(rng, rows, plan, events[plan.key], version, one, state, cast)
            for one, state in zip(people, states, strict=False)
        ]
        seated[plan.key] = [pair for pair, state in zip(made, states, strict=True) if state in SEATED]
    db.session.flush()
    for table, lines in ((AnswerSet, rows.answer_sets), (Answer, rows.answers), (Registration, rows.registrations)):
        db.session.execute(insert(plain(table)), lines)
    db.session.execute(insert(plain(Message)), rows.questions)
    db.session.execute(insert(plain(AuditEntry)), sorted(rows.deeds, key=lambda deed: deed["at"]))
    return seated


def _put_first(states: list[State], *wanted: State) -> None:
    """Let the first ones stand as wanted; the mix stays the same."""
    for number, state in enumerate(wanted):
        found = states.index(state, number)
        states[number], states[found] = states[found], states[number]


def _set_up(plan: PlannedEvent, event: Event, version: QuestionnaireVersion | None, taken: int, today: date) -> bool:
    window = registration_window(plan, today)
    if window is None:
        return False
    zone = ZoneInfo(plan.zone)

    def instant(local: datetime) -> datetime:
        return local.replace(tzinfo=zone).astimezone(UTC)

    db.session.add(
        RegistrationSetup(
            event_id=event.id,
            questionnaire_id=version.questionnaire_id if version else None,
            opens_at=instant(window.opens),
            closes_at=instant(window.closes),
            grace_hours=plan.grace_hours,
            needs_accreditation=plan.seat_at == "accreditation",
            seat_at=SeatAt(plan.seat_at),
            capacity=plan.capacity,
            seats_taken=taken,
            waiting_list=plan.waiting_list,
            public_list=plan.kind == "forum",
        )
    )
    opened = instant(window.opens)
    if window.first_closes and window.extended_on:
        extended = datetime.combine(window.extended_on, datetime.min.time(), UTC) + timedelta(hours=9)
        db.session.add(Deadline(event_id=event.id, closes_at=instant(window.first_closes), announced_at=opened))
        db.session.add(Deadline(event_id=event.id, closes_at=instant(window.closes), announced_at=extended))
    else:
        db.session.add(Deadline(event_id=event.id, closes_at=instant(window.closes), announced_at=opened))
    return True


def _register(
    rng: random.Random,
    rows: Rows,
    plan: PlannedEvent,
    event: Event,
    version: QuestionnaireVersion | None,
    one: Somebody,
    state: State,
    cast: dict[str, Person],
) -> tuple[uuid.UUID, uuid.UUID]:
    begun = _begun(rng, plan)
    registration_id = uuid.uuid4()
    answers = dict(_answers(rng, plan, one))
    answer_set_id = answer_set(rows, version, one, answers, begun, draft=state is State.DRAFT) if version else None
    way = WAY[state] if plan.seat_at == "accreditation" else _short_way(state)
    moments = [begun + timedelta(hours=3 + 31 * step) for step in range(len(way))]
    moments = [min(moment, now() - timedelta(minutes=10 * (len(way) - step))) for step, moment in enumerate(moments)]
    reason = rng.choice(REASONS[state]) if state in REASONS else None
    officer = cast["officer"].id
    before = State.DRAFT
    for step, moment in zip(way, moments, strict=True):
        by_self = step in {State.SUBMITTED, State.WITHDRAWN}
        rows.deeds.append(
            {
                "at": moment,
                "actor_id": one.id if by_self else None if step is State.UNDER_REVIEW else officer,
                "verb": f"registration.{step.value}",
                "subject_kind": "registration",
                "subject_id": registration_id,
                "scope_id": event.id,
                "reason": rng.choice(REASONS[step]) if step in REASONS and step is not state else reason,
                "detail": {"from": before.value, "to": step.value},
                "text_digest": None,
            }
        )
        before = step
    sent = moments[0] if way and way[0] is State.SUBMITTED else None
    decided = moments[-1] if state in SEATED | {State.DECLINED, State.WAITLISTED, State.REVOKED} else None
    rows.registrations.append(
        {
            "id": registration_id,
            "event_id": event.id,
            "person_id": one.id,
            "filed_by_id": None,
            "answer_set_id": answer_set_id,
            "organisation_id": one.organisation_id,
            "state": state,
            "has_seat": state in SEATED,
            "reference": new_reference(event.code) if sent else None,
            "category": one.known.category,
            "attendance_mode": answers.get("attendance_mode", "remote_listening"),
            "country": one.known.residence,
            "represents": one.known.country if one.known.category in {"member_state", "observer_state"} else None,
            "legal_name": answers.get("legal_name"),
            "display_name": answers.get("display_name"),
            "reason": reason,
            "late": bool(sent) and rng.random() < 0.02,
            "created_at": begun,
            "changed_at": moments[-1] if moments else begun,
            "submitted_at": sent,
            "decided_at": decided,
            "version": 1,
        }
    )
    if state is State.INFO_REQUESTED and reason:
        rows.questions.append(_question(event, registration_id, one, reason, officer, moments[-1]))
    return registration_id, one.id


def _question(
    event: Event, registration_id: uuid.UUID, one: Somebody, reason: str, officer: uuid.UUID, at: datetime
) -> dict[str, Any]:
    """What the desk asks for, in the words of the reason."""
    message_id = uuid.uuid4()
    return {
        "id": message_id,
        "registration_id": registration_id,
        "author_id": officer,
        "by_desk": True,
        "sealed": sealed_words(one.key, message_id, reason_text("registration", reason, one.known.language)),
        "file_id": None,
        "sent_at": at,
        "delete_after": kept_until(at, event.last_day, event.time_zone),
    }


def _begun(rng: random.Random, plan: PlannedEvent) -> datetime:
    """Four in ten come in the last two days; those of an open registration within the days that have passed."""
    opens = plan.registration_opens_offset or -30
    closes = min(plan.registration_closes_offset or 0, -1)
    day = closes - rng.random() * 2 if rng.random() < 0.4 else opens + rng.random() * (closes - opens)
    return now() + timedelta(days=day)


def _short_way(state: State) -> tuple[State, ...]:
    if state is State.WITHDRAWN:
        return (State.SUBMITTED, State.ACCREDITED, State.WITHDRAWN)
    tail = () if state is State.ACCREDITED else (state,)
    return (State.SUBMITTED, State.ACCREDITED, *tail)


def answer_set(
    rows: Rows, version: QuestionnaireVersion, one: Somebody, answers: dict[str, Any], begun: datetime, *, draft: bool
) -> uuid.UUID:
    """A set of answers among the rows, those of dangerous questions sealed; of a draft the first few."""
    questions = {question["key"]: question for page in version.definition["pages"] for question in page["questions"]}
    if draft:
        answers = dict(list(answers.items())[:4])
    set_id = uuid.uuid4()
    rows.answer_sets.append(
        {
            "id": set_id,
            "version_id": version.id,
            "owner_id": one.id,
            "seal_key_id": one.key.id,
            "created_at": begun,
            "changed_at": begun,
            "sent_at": None if draft else begun,
        }
    )
    for key, value in answers.items():
        question = questions.get(key)
        if question is not None:
            rows.answers.append(_answer(set_id, question, value, one, begun))
    return set_id


def _answer(set_id: uuid.UUID, question: dict[str, Any], value: Any, one: Somebody, begun: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": uuid.uuid4(),
        "answer_set_id": set_id,
        "question": question["id"],
        "value": value,
        "sealed": None,
        "changed_at": begun,
    }
    if question.get("sealed"):
        where = place("answer", "sealed", f"{set_id}:{question['id']}")
        row |= {"value": None, "sealed": seal(one.key, where, json.dumps(value))}
    return row


def _answers(rng: random.Random, plan: PlannedEvent, one: Somebody) -> Iterator[tuple[str, Any]]:
    known = one.known
    if plan.kind == "dialogue":
        yield "display_name", known.alias or known.name
        yield "listening_language", known.language
        yield "residence", known.residence
        return
    mode = rng.choices(("in_person", "remote_speaking", "remote_listening", "video_statement"), (60, 15, 20, 5))[0]
    yield "attendance_mode", mode
    yield "category", known.category
    yield from _who(one)
    if mode == "in_person":
        yield "document_type", "national_passport" if known.country.isupper() else "refugee_travel_document_1951"
        yield "document_number", f"{rng.choice('ABCDEFGH')}{rng.randrange(10**7):07d}"
        yield "date_of_birth", f"{rng.randrange(1955, 2004)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
    speaks = mode != "remote_listening" and rng.random() < 0.6
    if mode != "remote_listening":
        yield "wishes_to_speak", "yes" if speaks else "no"
    if speaks:
        yield "speaking_items", [rng.choice(ITEMS)]
        yield "speaking_language", known.language
    if rng.random() < 0.07:
        yield "access_needs", [rng.choice(("wheelchair", "international_sign", "realtime_captioning", "large_print"))]
    if rng.random() < 0.5:
        yield "gender", known.gender


def _who(one: Somebody) -> Iterator[tuple[str, Any]]:
    known = one.known
    yield "legal_name", known.name
    if known.name_latin:
        yield "badge_name", known.name_latin
    yield "nationality_status", "has_nationality" if known.country.isupper() else known.country
    if known.country.isupper():
        yield "nationality", known.country
        yield "country_of_concern", known.country
    yield "residence", known.residence

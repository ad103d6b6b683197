"""The rows of the fund's files in the demo: answers, people who vouch, histories, what the desk asked."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import insert, select

from eventhub.demo.crowd import SEED, Somebody, plain
from eventhub.demo.documents import LANGUAGES, text
from eventhub.demo.fund_plan import PlannedFile, region_of
from eventhub.demo.names import WANTED, people
from eventhub.demo.organisations import DemoOrganisation, organisations
from eventhub.demo.registrations import Rows, answer_set
from eventhub.funding import costs, traits, vouching
from eventhub.funding.costs import Journey
from eventhub.funding.desk_models import FundMessage
from eventhub.funding.models import Application, Call, Endorsement, State, Vouch, Voucher
from eventhub.funding.rules import Rules, Support
from eventhub.funding.thread import due_after
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.sealed import place, seal
from eventhub.kit.tokens import digest, new_salt
from eventhub.people.models import Organisation, Person
from eventhub.questionnaires.models import Answer, AnswerSet, QuestionnaireVersion
from eventhub.registration.models import Registration
from eventhub.registration.reference import new_reference

NAMESPACE = uuid.UUID("5f2b6c0e-7d51-4c1c-9a38-1d2f0a6be047")
WAYS: Mapping[State, tuple[State, ...]] = {
    State.DRAFT: (),
    State.EXPIRED: (State.EXPIRED,),
    State.SUBMITTED: (State.SUBMITTED,),
    State.WITHDRAWN: (State.SUBMITTED, State.WITHDRAWN),
    State.INFO_REQUESTED: (State.SUBMITTED, State.INFO_REQUESTED),
    State.INELIGIBLE: (State.SUBMITTED, State.INELIGIBLE),
    State.ELIGIBLE: (State.SUBMITTED, State.ELIGIBLE),
    State.UNDER_REVIEW: (State.SUBMITTED, State.ELIGIBLE, State.UNDER_REVIEW),
}
READ = WAYS[State.UNDER_REVIEW]
CHOSEN = (*READ, State.RECOMMENDED, State.APPROVED, State.OFFERED)
JOURNEY = (*CHOSEN, State.ACCEPTED, State.TICKETED, State.TRAVELLED, State.REPORT_DUE)
PAST: Mapping[State, tuple[State, ...]] = {
    State.NOT_RECOMMENDED: (*READ, State.NOT_RECOMMENDED),
    State.DECLINED_BY_APPLICANT: (*CHOSEN, State.DECLINED_BY_APPLICANT),
    State.LAPSED: (*CHOSEN, State.LAPSED),
    State.CANCELLED: (*CHOSEN, State.ACCEPTED, State.VISA_PENDING, State.VISA_REFUSED, State.CANCELLED),
    State.REPORT_OVERDUE: (*JOURNEY, State.REPORT_OVERDUE),
    State.CLOSED: (*JOURNEY, State.CLOSED),
}
BY_APPLICANT = {State.SUBMITTED, State.WITHDRAWN, State.ACCEPTED, State.DECLINED_BY_APPLICANT, State.CLOSED}
BY_CLOCK = {State.EXPIRED, State.LAPSED, State.REPORT_OVERDUE}
KEPT = timedelta(days=150)


@dataclass(frozen=True)
class Filed:
    """A file in the database, with what the demo knows of it."""

    id: uuid.UUID
    known: PlannedFile
    one: Somebody
    number: int | None
    region: str | None
    nominator_id: uuid.UUID
    cost: int
    lines: Sequence[costs.Line]


@dataclass
class Desk:
    """The call whose files are written, and who works at it."""

    call: Call
    rules: Rules
    version: QuestionnaireVersion
    officer: Person
    houses: Sequence[uuid.UUID]
    registered: Mapping[uuid.UUID, uuid.UUID] = field(default_factory=dict)


def houses_in_order() -> list[uuid.UUID]:
    """The ids of the demo's organizations, as ``organisations()`` lists them."""
    rows = db.session.execute(select(Organisation.name, Organisation.country, Organisation.id))
    ids = {(name, country): key for name, country, key in rows}
    return [ids[(one.name, one.country)] for one in organisations()]


def registered(call: Call) -> dict[uuid.UUID, uuid.UUID]:
    """Registrations for the call's event, by person."""
    rows = select(Registration.person_id, Registration.id).where(Registration.event_id == call.event_id)
    return {row.person_id: row.id for row in db.session.execute(rows)}


def write_files(desk: Desk, files: Sequence[tuple[PlannedFile, Somebody]]) -> list[Filed]:
    """Write the files with all that hangs on them; numbers in the order in which they were sent."""
    rows, applications = Rows(), []
    endorsements: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    made: list[Filed] = []
    number = 0
    for known, one in files:
        number += known.sent is not None
        filed = _filed(desk, known, one, number if known.sent is not None else None)
        begun = now() - timedelta(days=known.begun)
        answers = _answers(desk, known, one)
        set_id = answer_set(rows, desk.version, one, answers, begun, draft=known.sent is None)
        deeds = _deeds(desk, filed)
        rows.deeds += deeds
        applications.append(_row(desk, filed, set_id, begun, [deed["at"] for deed in deeds]))
        if known.sent is not None:
            endorsements.append(_endorsement(desk, filed))
        messages += _messages(desk, filed, [deed["at"] for deed in deeds])
        made.append(filed)
    for table, lines in (
        (AnswerSet, rows.answer_sets),
        (Answer, rows.answers),
        (Application, applications),
        (Endorsement, endorsements),
        (FundMessage, messages),
        (AuditEntry, sorted(rows.deeds, key=lambda deed: deed["at"])),
    ):
        if lines:
            db.session.execute(insert(plain(table)), lines)
    desk.call.numbers_given = number
    db.session.flush()
    return made


def said(kind: str, language: str, number: int = 0) -> str:
    """Words of the demo, in a language."""
    found = text("fund")[kind]
    words: str = (found[number % len(found)] if isinstance(found, list) else found)[language]
    return words


@cache
def _known_houses() -> list[DemoOrganisation]:
    return organisations()


@cache
def _names() -> list[str]:
    return [one.name for one in people(SEED)]


def _filed(desk: Desk, known: PlannedFile, one: Somebody, number: int | None) -> Filed:
    basis = desk.rules.costs
    lines = costs.estimate(basis, Journey(one.known.residence, basis.dsa_days, known.needs))
    key = uuid.uuid5(NAMESPACE, f"{desk.call.code}:{known.person}")
    region, nominator = region_of(one.known.residence), desk.houses[known.nominator]
    return Filed(key, known, one, number, region, nominator, costs.total(lines), lines)


def _answers(desk: Desk, known: PlannedFile, one: Somebody) -> dict[str, Any]:
    person, language = one.known, one.known.language
    houses = _known_houses()
    own = next((place for place, key in enumerate(desk.houses) if key == one.organisation_id), None)
    answers: dict[str, Any] = {
        "residence": person.residence,
        "origin": person.residence,
        "origin_city": person.time_zone.rpartition("/")[2].replace("_", " "),
        "nationality": person.country,
        "language": language,
        "first_time": "yes" if known.first_time else "no",
        "previous_grant": "no",
        "organisation": {"name": houses[own].name} if own is not None else None,
        "role": said("role", language, known.words[0]),
        "nominating_organisation": {"name": houses[known.nominator].name},
        "why_need": said("need", language, known.words[0]),
        "why_voice": said("voice", language, known.words[1]),
        "why_after": said("after", language, known.words[2]),
        "support": known.support.value,
        "partial_amount": known.asked,
        "needs_access": "yes" if costs.Need.ACCESS in known.needs else "no",
        "access_details": said("access", language) if costs.Need.ACCESS in known.needs else None,
        "needs_companion": "yes" if costs.Need.COMPANION in known.needs else "no",
        "gender": known.gender,
        "birth_date": known.born,
        "minority_basis": list(known.minority) or None,
        "disability": known.disability,
        "confirm": "yes",
    }
    return {key: value for key, value in answers.items() if value is not None and key != known.gap}


def _row(desk: Desk, filed: Filed, set_id: uuid.UUID, begun: datetime, moments: list[datetime]) -> dict[str, Any]:
    known, one = filed.known, filed.one
    sent = known.sent is not None
    cells = traits.cells(
        {
            "gender": known.gender,
            "birth_date": known.born,
            "minority_basis": list(known.minority),
            "disability": known.disability,
        },
        desk.call.closes_at.date(),
    )
    where = place("fund_application", "traits", filed.id)
    asked = known.state is State.INFO_REQUESTED
    decided = known.state not in {State.SUBMITTED, State.INFO_REQUESTED, State.WITHDRAWN}
    hours = timedelta(hours=30)
    return {
        "id": filed.id,
        "call_id": desk.call.id,
        "person_id": one.id,
        "registration_id": desk.registered.get(one.id),
        "answer_set_id": set_id,
        "organisation_id": one.organisation_id if sent else None,
        "nominated_by_id": filed.nominator_id if sent else None,
        "state": known.state,
        "number": filed.number,
        "reference": new_reference(desk.call.code) if sent else None,
        "origin": one.known.residence if sent else None,
        "residence": one.known.residence if sent else None,
        "nationality": one.known.country if sent else None,
        "region": filed.region if sent else None,
        "language": one.known.language,
        "first_time": known.first_time if sent else None,
        "traits": seal(one.key, where, json.dumps(cells)) if sent else None,
        "support": known.support if sent else None,
        "accepts": [known.support.value] if sent else [],
        "asked_amount": known.asked * 100 if sent and known.asked and known.support is Support.PARTIAL else None,
        "cost": filed.cost if sent else None,
        "cost_lines": costs.to_json(filed.lines) if sent else [],
        "reason": known.reason,
        "late": False,
        "created_at": begun,
        "changed_at": moments[-1] if moments else begun,
        "submitted_at": moments[0] if sent else None,
        "asked_at": moments[1] if asked else None,
        "due_at": due_after(desk.call, 2, now()) if asked else None,
        "answered_at": moments[0] + hours if known.answered else None,
        "decided_at": moments[-1] if sent and decided else None,
        "version": 1,
    }


def _deeds(desk: Desk, filed: Filed) -> list[dict[str, Any]]:
    known = filed.known
    way = WAYS.get(known.state) or PAST.get(known.state, ())
    sent = now() - timedelta(days=known.sent if known.sent is not None else known.begun)
    ahead = now() - sent
    step = min(timedelta(days=6), (ahead - timedelta(hours=2)) / max(1, len(way)))
    before, deeds = State.DRAFT, []
    for place_of, state in enumerate(way):
        actor = filed.one.id if state in BY_APPLICANT else None if state in BY_CLOCK else desk.officer.id
        deeds.append(
            {
                "at": sent + step * place_of,
                "actor_id": actor,
                "verb": f"funding.{state.value}",
                "subject_kind": "fund_application",
                "subject_id": filed.id,
                "scope_id": desk.call.id,
                "reason": known.reason if state is known.state else None,
                "detail": {"from": before.value, "to": state.value},
                "text_digest": None,
            }
        )
        before = state
    return deeds


def _endorsement(desk: Desk, filed: Filed) -> dict[str, Any]:
    known, house = filed.known, _known_houses()[filed.known.nominator]
    language = house.language if house.language in LANGUAGES else "en"
    sent = now() - timedelta(days=known.sent or 0)
    key = uuid.uuid4()
    row = Endorsement(id=key, salt=new_salt())
    outcome = {"waiting": None, "declined": Vouch.DECLINED}.get(known.vouched, Vouch.CONFIRMED)
    late = known.vouched == "late"
    answered = None if outcome is None else now() - timedelta(days=2) if late else sent + timedelta(hours=20)
    words = json.dumps({"text": said("vouch", language), "file": ""}, ensure_ascii=False)
    confirmed = outcome is Vouch.CONFIRMED
    return {
        "id": key,
        "application_id": filed.id,
        "role": Voucher.NOMINATOR,
        "place": 0,
        "name": _names()[(known.nominator * 37 + 11) % WANTED],
        "email": f"office{known.nominator}@example.org",
        "language": language,
        "organisation_id": filed.nominator_id,
        "salt": row.salt,
        "token_hash": digest(vouching.link_token(row)),
        "asked_at": sent,
        "sent_at": sent,
        "reminded_at": None,
        "letter_due": desk.call.closes_at + timedelta(days=desk.rules.vouching.late_days),
        "outcome": outcome,
        "answered_at": min(answered, now()) if answered else None,
        "words": seal(filed.one.key, place("fund_endorsement", "words", key), words) if confirmed else None,
        "late": late,
        "after_scoring": late,
        "version": 1,
    }


def _messages(desk: Desk, filed: Filed, moments: list[datetime]) -> list[dict[str, Any]]:
    known, language = filed.known, filed.one.known.language
    if known.state is not State.INFO_REQUESTED and not known.answered:
        return []
    gap = f"answer:{known.gap}" if known.gap else "nominator:"
    asked = moments[1] if len(moments) > 1 else moments[0] + timedelta(hours=5)
    due = due_after(desk.call, 2, now())
    made = [_message(desk, filed, said("asked", language), [gap], asked, due)]
    if known.answered:
        made.append(_message(desk, filed, said("answered", language), [], moments[0] + timedelta(hours=30), None))
    return made


def _message(
    desk: Desk, filed: Filed, words: str, gaps: list[str], at: datetime, due: datetime | None
) -> dict[str, Any]:
    key = uuid.uuid4()
    said_so = json.dumps({"text": words, "gaps": gaps, "file": ""}, ensure_ascii=False)
    return {
        "id": key,
        "application_id": filed.id,
        "author_id": desk.officer.id if due else filed.one.id,
        "by_desk": due is not None,
        "sealed": seal(filed.one.key, place("fund_message", "sealed", key), said_so),
        "file_id": None,
        "sent_at": at,
        "due_at": due,
        "delete_after": now() + KEPT,
    }


def day(ago: float) -> datetime:
    """An instant so many days ago."""
    return now() - timedelta(days=ago)

"""The fund of the demo: this year's call with its files, readers, scores and a board that meets; last year's call."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from sqlalchemy import delete, insert

from eventhub.awards import dashboard_counts, ledger
from eventhub.demo.crowd import SEED as PEOPLE_SEED
from eventhub.demo.crowd import Somebody, person_row, plain
from eventhub.demo.documents import text
from eventhub.demo.duplicates import turned
from eventhub.demo.fund_files import Desk, Filed, day, houses_in_order, registered, write_files
from eventhub.demo.fund_past import make_past_money
from eventhub.demo.fund_plan import CLOSES, EXTENDED, FIRST_DEADLINE, OPENED, PANEL, PlannedFile, experts, last_year
from eventhub.demo.fund_plan import this_year as planned
from eventhub.demo.fund_reviews import make_reviews
from eventhub.demo.names import people
from eventhub.demo.organisations import organisations
from eventhub.funding import call_queries, debarring, duplicates, presets
from eventhub.funding.debarring import Party
from eventhub.funding.models import Application, Call, CallDeadline, CallRules, FundKind, Stand, State
from eventhub.funding.rules import read, to_json, whole_digest
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.kit.revisions import bump
from eventhub.kit.sealed import SealKey, new_key, place, seal_for_house
from eventhub.people.models import Person, Role, RoleGrant, ScopeKind
from eventhub.programme.local_time import instant_of
from eventhub.programme.models import Event
from eventhub.questionnaires import actions as questionnaires
from eventhub.questionnaires.models import Purpose, QuestionnaireVersion
from eventhub.reviewing.queries import call_by_id
from eventhub.selecting import actions as board

DAILY = 34_000
"""What a day in Geneva costs this year, in cents: the money reaches for the places, and for hardly more."""
ZONE = "Europe/Zurich"
OURS = ("funding.%", "reviewing.%", "selecting.%", "awards.%")


@dataclass(frozen=True)
class Days:
    """Days ago on which a call opened and closes."""

    opened: float
    closes: float
    first_deadline: float | None = None


def make_fund(
    this_forum: Event,
    last_forum: Event,
    crowd: Sequence[Somebody],
    cast: Mapping[str, Person],
    acting: Mapping[str, Somebody],
) -> None:
    """Both calls. Nobody is written to about what happened before the demo began."""
    known, houses = people(PEOPLE_SEED), organisations()
    officer = cast["fund_officer"]
    everybody: dict[int | str, Somebody] = dict(enumerate(crowd))
    everybody.update(acting)
    everybody["traveller"] = _somebody(cast["traveller"], acting["participant"])

    past = _call(officer, last_forum, "last-year", Days(OPENED + 400, FIRST_DEADLINE + 390), {})
    filed = _files(past, officer, last_year(known, houses), everybody)
    make_past_money(past, filed, cast, last_forum)

    days = Days(OPENED, CLOSES, FIRST_DEADLINE)
    call = _call(officer, this_forum, "this-year", days, {"dsa": DAILY})
    plan = planned(known, houses)
    everybody.update(_twins(plan, crowd))
    files = _files(call, officer, plan, everybody)
    panel = _panel(this_forum, crowd, cast)
    reading = call_by_id(call.id)
    make_reviews(reading, files, panel)
    while duplicates.compare(call.id):
        pass
    _debar(filed, officer, cast["approver"])
    meeting = board.open_board(cast["chair"], reading)
    board.come(cast["member"], meeting)
    board.come(cast["third_member"], meeting)
    ledger.open_envelopes(cast["finance"], call, reading.rules)
    db.session.flush()
    dashboard_counts.freeze(now())
    for task in OURS:
        db.session.execute(delete(Promise).where(Promise.task.like(task)))
    bump("funding")


def _call(officer: Person, event: Event, which: str, days: Days, basis: Mapping[str, int]) -> Call:
    """An open call of the preset, its rules frozen on the day it opened. ``basis``: other amounts of the costs."""
    opened, closes = _noon(days.opened), _evening(days.closes)
    begin, form = presets.preset(FundKind.TRAVEL), presets.application_form()
    parts = {"costs": begin.rules["costs"] | dict(basis), "vouching": begin.rules["vouching"] | {"letter": False}}
    data = to_json(read(begin.rules | parts))
    call = Call(
        id=uuid.uuid4(),
        slug=f"travel-fund-{event.first_day.year}",
        code=f"VF{event.first_day.year}",
        kind=FundKind.TRAVEL,
        stand=Stand.OPEN,
        event_id=event.id,
        title={code: f"{words} ({event.first_day.year})" for code, words in begin.title.items()},
        lead=begin.lead,
        time_zone=ZONE,
        opens_at=opened,
        closes_at=closes,
        rules=data,
        made_by_id=officer.id,
        created_at=opened - timedelta(days=9),
        opened_at=opened,
        changed_at=opened,
    )
    seed = hashlib.sha256(f"demo lottery {which}".encode()).digest()
    call.lottery_seal = seal_for_house(place("fund_call", "lottery_seal", call.id), seed)
    call.lottery_commitment = hashlib.sha256(seed).hexdigest()
    db.session.add(call)
    db.session.flush()
    name = f"{form.name[presets.ORIGINAL]} ({call.code})"
    asked = questionnaires.create(
        officer, purpose=Purpose.FUNDING, name=name, scope_id=call.id, definition=form.definition
    )
    questionnaires.translate(officer, asked, form.translations)
    version = questionnaires.publish(officer, asked)
    call.questionnaire_id, call.version_id = asked.id, version.id
    texts = {part: getattr(call, part) for part in call_queries.TEXTS}
    frozen = CallRules(
        call_id=call.id, number=1, rules=data, texts=texts, version_id=version.id, proposed_by_id=officer.id
    )
    frozen.digest = whole_digest(data, texts, str(version.id))
    frozen.agreed_by_id, frozen.proposed_at, frozen.agreed_at = officer.id, opened, opened
    first = _evening(days.first_deadline) if days.first_deadline is not None else closes
    db.session.add_all([frozen, CallDeadline(call_id=call.id, closes_at=first, announced_at=opened)])
    _deed("funding.call_created", call, officer, call.created_at, kind=call.kind.value)
    _deed("funding.call_opened", call, officer, opened, digest=frozen.digest)
    if first != closes:
        reason = text("fund")["extended"]["en"]
        later = CallDeadline(call_id=call.id, closes_at=closes, reason=reason, announced_at=_noon(EXTENDED))
        db.session.add(later)
        _deed("funding.deadline_extended", call, officer, _noon(EXTENDED), closes_at=closes.isoformat())
    db.session.flush()
    return call


def _deed(verb: str, call: Call, actor: Person, at: datetime, **detail: str) -> None:
    """A line of the call's history, on its day."""
    db.session.add(
        audit.AuditEntry(
            at=at,
            actor_id=actor.id,
            verb=verb,
            subject_kind="fund_call",
            subject_id=call.id,
            scope_id=call.id,
            detail=detail,
        )
    )


def _files(
    call: Call, officer: Person, plan: Sequence[PlannedFile], everybody: Mapping[int | str, Somebody]
) -> list[Filed]:
    reading = call_by_id(call.id)
    version = db.session.get_one(QuestionnaireVersion, call.version_id)
    desk = Desk(call, reading.rules, version, officer, houses_in_order(), registered(call))
    return write_files(desk, [(one, everybody[one.person]) for one in plan])


def _somebody(person: Person, like: Somebody) -> Somebody:
    key = db.session.get_one(SealKey, person.seal_key_id)
    return Somebody(person.id, replace(like.known, name=person.name, language=person.language, alias=None), None, key)


def _panel(forum: Event, crowd: Sequence[Somebody], cast: Mapping[str, Person]) -> list[uuid.UUID]:
    """The twelve readers, the first of whom is of the cast; two more people of the crowd sit on the board."""
    chosen = [crowd[place_of].id for place_of in experts([one.known for one in crowd], len(PANEL) + 1)]
    readers, members = chosen[: len(PANEL) - 1], chosen[len(PANEL) - 1 :]
    for role, ids in ((Role.FUND_REVIEWER, readers), (Role.BOARD_MEMBER, members)):
        db.session.add_all(
            RoleGrant(person_id=one, role=role, scope_kind=ScopeKind.EVENT, scope_id=forum.id, granted_at=day(70))
            for one in ids
        )
    db.session.flush()
    return [cast["reviewer"].id, *readers]


def _twins(plan: Sequence[PlannedFile], crowd: Sequence[Somebody]) -> dict[str, Somebody]:
    """Those who stand there twice: the same name as an airline has it, under another address."""
    made: dict[str, Somebody] = {}
    for one in plan:
        if one.twin_of is not None:
            first = crowd[one.twin_of]
            known = replace(first.known, name=turned(first.known.name), email=f"{one.person}@example.org", alias=None)
            made[str(one.person)] = Somebody(uuid.uuid4(), known, None, new_key())
    db.session.flush()
    db.session.execute(insert(plain(Person)), [person_row(one) for one in made.values()])
    return made


def _debar(filed: Sequence[Filed], officer: Person, approver: Person) -> None:
    """The one whose grant was cancelled last year is not considered for two years: two people said so."""
    one = next(each for each in filed if each.known.state is State.CANCELLED)
    reference = db.session.get_one(Application, one.id).reference or ""
    until = day(-700).date()
    proposal = debarring.propose(officer, reference, Party.PERSON, text("fund")["debarred"]["en"], until)
    debarring.agree(approver, proposal.id)


def _noon(ago: float) -> datetime:
    return day(ago).replace(hour=9, minute=0, second=0, microsecond=0)


def _evening(ago: float) -> datetime:
    """A minute before midnight by the clock of the call, in summer and in winter."""
    return instant_of(datetime.combine(day(ago).date(), time(23, 59)), ZONE)

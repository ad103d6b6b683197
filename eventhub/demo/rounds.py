"""Rounds of the demo: what makers of last year’s dialogues were asked, what they said, and who is silent."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert, select

from eventhub.commitments.models import Commitment, Contact, Maker, Report, Says, State
from eventhub.demo.crowd import plain as table
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.rounds import schedule
from eventhub.rounds.models import (
    Ended,
    Part,
    Reached,
    Round,
    RoundAnswer,
    RoundCall,
    RoundItem,
    RoundLink,
    RoundPart,
    Standing,
)
from eventhub.rounds.opening import fresh
from eventhub.rounds.schedule import Rhythm

NAMES = {
    "ar": ("نوال الهاشمي", "يوسف منصور", "هدى الراوي"),
    "zh": ("陈静", "刘伟", "赵敏"),
    "en": ("Abena Owusu", "Peter Lindqvist", "Maya Fernando"),
    "fr": ("Claire Dubois", "Moussa Traoré", "Élodie Martin"),
    "ru": ("Ольга Миронова", "Тимур Ахметов", "Вера Лебедева"),
    "es": ("Lucía Paredes", "Andrés Quiroga", "Carmen Ibáñez"),
}
OBSTACLES = ("funding", "staff_capacity", "political_change", "coordination")
ORDER = (Contact, Round, RoundLink, RoundItem, RoundPart, RoundAnswer, RoundCall)
AT = time(8, tzinfo=UTC)
BOUNCES, LENT, DIFFERING = 3, 7, 11
"""One of so many commitments of the open round is such a case."""


@dataclass(frozen=True)
class _Promise:
    """One commitment with its mailbox and a second one, and its reports, the oldest first."""

    row: Any
    first: uuid.UUID
    second: uuid.UUID
    reports: Sequence[Any]


@dataclass
class _Book:
    """What is written at the end, by table."""

    rows: dict[Any, list[dict[str, Any]]] = field(default_factory=lambda: {one: [] for one in ORDER})
    links: dict[tuple[uuid.UUID, str], dict[str, Any]] = field(default_factory=dict)


def make_rounds(events: Sequence[Event], today: date, staff: Person) -> None:
    """The rounds of these events up to now, with the reports that exist. Nobody is written to."""
    book = _Book()
    for event in events:
        promises = _promises(book, event)
        for step, day in schedule.planned(Rhythm(), event.last_day):
            if day > today:
                break
            _round(book, event, (step, day), promises, datetime.combine(today, AT), staff)
    for model in ORDER:
        if book.rows[model]:
            db.session.execute(insert(table(model)), book.rows[model])


def _promises(book: _Book, event: Event) -> list[_Promise]:
    """The commitments of an event, and mailboxes for their makers: one mailbox speaks for all that a maker promised."""
    said: dict[uuid.UUID, list[Any]] = {}
    told = select(Report.id, Report.commitment_id, Report.says, Report.text, Report.said_at)
    told = told.join(Commitment, Commitment.id == Report.commitment_id).where(Commitment.event_id == event.id)
    for one in db.session.execute(told.order_by(Report.said_at)):
        said.setdefault(one.commitment_id, []).append(one)
    rows = (
        select(Commitment.id, Commitment.number, Commitment.language, Maker.name)
        .join(Maker, Maker.commitment_id == Commitment.id)
        .where(Commitment.event_id == event.id, Commitment.state == State.PUBLISHED, Maker.is_lead)
        .order_by(Commitment.number)
    )
    found: list[_Promise] = []
    for row in db.session.execute(rows):
        first, second = (_contact(book, row, place) for place in (1, 2))
        found.append(_Promise(row, first, second, said.get(row.id, ())))
    return found


def _contact(book: _Book, row: Any, place: int) -> uuid.UUID:
    contact_id = uuid.uuid4()
    # The same maker has the same mailboxes in all dialogues.
    box = uuid.uuid5(uuid.NAMESPACE_OID, row.name).int
    name = NAMES[row.language][(box + place) % 3]
    values = {"id": contact_id, "commitment_id": row.id, "position": place, "name": name, "refused_at": None}
    email = f"{'reports' if place == 1 else 'office'}@m{box % 10**6}.example.org"
    book.rows[Contact].append(values | {"email": email, "language": row.language})
    return contact_id


def _round(
    book: _Book, event: Event, planned: tuple[int, date], promises: Sequence[_Promise], moment: datetime, staff: Person
) -> None:
    step, day = planned
    opened = datetime.combine(day, AT)
    closes = datetime.combine(day + schedule.OPEN, time(), tzinfo=UTC)
    is_over, round_id = closes <= moment, uuid.uuid4()
    book.rows[Round].append(
        {
            "id": round_id,
            "event_id": event.id,
            "step": step,
            "planned_on": day,
            "days": list(schedule.DAYS),
            "opened_at": opened,
            "closes_at": closes,
            "closed_at": closes if is_over else None,
        }
    )
    contacts = {one["id"]: one for one in book.rows[Contact]}
    for place, promise in enumerate(promises):
        said = next((one for one in promise.reports if opened <= one.said_at < min(closes, moment)), None)
        item = {
            "id": uuid.uuid4(),
            "round_id": round_id,
            "commitment_id": promise.row.id,
            "version": 1,
            "contact_id": promise.first,
            "answered_at": said.said_at if said else None,
            "silent_on": closes.date() if is_over and said is None else None,
        }
        book.rows[RoundItem].append(item)
        link = _link(book, round_id, contacts[promise.first], opened)
        _part(book, link, item, Part.LEAD)
        _asked_until(link, said.said_at if said else min(closes, moment), opened)
        if said is not None:
            before = next((one.says for one in reversed(promise.reports) if one.said_at < opened), None)
            _answer(book, item, link, said, place, before)
        elif is_over:
            _called(book, link, closes - timedelta(days=4) + timedelta(hours=8 + place % 7), place, staff)
        if not is_over:
            _cases(book, item, link, contacts[promise.second], said, place, moment, staff)


def _link(book: _Book, round_id: uuid.UUID, contact: dict[str, Any], at: datetime) -> dict[str, Any]:
    """The link of a mailbox in a round, made where there is none."""
    key = round_id, str(contact["email"])
    if key not in book.links:
        made = fresh(round_id, key[1], contact["name"], contact["language"], at)
        book.links[key] = made | dict.fromkeys(("parent_id", "paused_until", "ended_at", "ended"))
        book.rows[RoundLink].append(book.links[key])
    return book.links[key]


def _part(
    book: _Book, link: dict[str, Any], item: dict[str, Any], part: Part, ended_at: datetime | None = None
) -> None:
    row = {"link_id": link["id"], "item_id": item["id"], "part": part, "ended_at": ended_at}
    book.rows[RoundPart].append(row)


def _asked_until(link: dict[str, Any], until: datetime, opened: datetime) -> None:
    """Mails went out until the last answer behind a link."""
    number = schedule.mails_done(schedule.DAYS, opened, until)
    link["reminded"] = link["mailed"] = max(link["mailed"], number)


def _answer(
    book: _Book,
    item: dict[str, Any],
    link: dict[str, Any],
    said: Any,
    place: int,
    before: Says | None,
) -> None:
    hindered = said.says in {Says.IN_PROGRESS, Says.PLANNING, Says.NOT_STARTED} and place % 4 == 0
    book.rows[RoundAnswer].append(
        {
            "item_id": item["id"],
            "link_id": link["id"],
            "part": Part.LEAD,
            "says": said.says,
            "unchanged": before == said.says,
            "text": said.text,
            "language": link["language"],
            "obstacles": [OBSTACLES[place // 4 % len(OBSTACLES)]] if hindered else [],
            "hindrance": "",
            "standing": Standing.SAID,
            "report_id": said.id,
            "answered_at": said.said_at,
        }
    )


def _called(book: _Book, link: dict[str, Any], at: datetime, place: int, staff: Person) -> None:
    """Somebody called two of three who were silent."""
    if place % 3 == 2:
        return
    reached = (Reached.NOBODY, Reached.SPOKE, Reached.WRONG)[place // 3 % 3]
    row = {"link_id": link["id"], "author_id": staff.id, "reached": reached, "text": "", "called_at": at}
    book.rows[RoundCall].append(row)


def _cases(
    book: _Book,
    item: dict[str, Any],
    link: dict[str, Any],
    second: dict[str, Any],
    said: Any,
    place: int,
    moment: datetime,
    staff: Person,
) -> None:
    """What can happen in a round that is open: mails that came back, colleagues, several who answer, a call."""
    round_id, at = item["round_id"], link["made_at"] + timedelta(days=2)
    if said is None and place % BOUNCES == 0 and link["ended"] is None:
        link["ended"], link["ended_at"] = Ended.BOUNCED, at
        book.rows[RoundPart][-1]["ended_at"] = at
        if place % 2:
            # Nobody is left to be asked: there the other mailbox said that it was the wrong one.
            item["contact_id"] = None
            second["email"], second["name"], second["refused_at"] = None, "", at
            return
        item["contact_id"] = second["id"]
        other = _link(book, round_id, second, at)
        _part(book, other, item, Part.LEAD)
        _asked_until(other, moment, link["made_at"])
    elif said is None and place % LENT == 0 and link["ended"] is None:
        colleague = fresh(round_id, f"colleague.{second['email']}", second["name"], link["language"], at)
        child = colleague | {"parent_id": link["id"], "paused_until": None, "ended_at": None, "ended": None}
        book.rows[RoundLink].append(child)
        _asked_until(child, moment, at)
        _part(book, child, item, Part.DELEGATE)
    elif said is not None and place % DIFFERING == 0:
        other = _link(book, round_id, second, at)
        _part(book, other, item, Part.OTHER)
        _asked_until(other, moment, at)
        noted = {"standing": Standing.NOTED, "report_id": None, "part": Part.OTHER, "link_id": other["id"]}
        again = Says.PLANNING if said.says is not Says.PLANNING else Says.NOT_STARTED
        values = {"says": again, "unchanged": False, "text": "", "answered_at": said.said_at + timedelta(hours=3)}
        book.rows[RoundAnswer].append(book.rows[RoundAnswer][-1] | noted | values)
    elif said is None and place % 2:
        _called(book, link, moment - timedelta(days=1) + timedelta(hours=place % 5), place, staff)

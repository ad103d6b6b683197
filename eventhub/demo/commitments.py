"""Last year’s dialogues of the demo with 240 commitments, what became of them, and the Action Plan as drafts."""

import random
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert

from eventhub.commitments import axes
from eventhub.commitments.models import (
    Commitment,
    Maker,
    Milestone,
    Recommendation,
    Report,
    Review,
    Says,
    State,
    Verdict,
    Version,
)
from eventhub.demo.crowd import plain as table
from eventhub.demo.documents import activities, recommendations, text
from eventhub.demo.evidence import Reviewed, make_evidence
from eventhub.demo.organisations import DemoOrganisation, organisations
from eventhub.kit.codes import country_name
from eventhub.kit.db import db
from eventhub.kit.i18n import LANGUAGES
from eventhub.kit.normal import plain
from eventhub.kit.revisions import bump
from eventhub.people.models import Person, Role, RoleGrant, ScopeKind
from eventhub.programme.models import Event, EventKind, Mode, Publication
from eventhub.tracker import importing, judging

SEED = 66
SAYS: tuple[tuple[Says | None, int], ...] = (
    (Says.FULFILLED, 36),
    (Says.IN_PROGRESS, 120),
    (Says.PLANNING, 26),
    (Says.NOT_STARTED, 15),
    (Says.CHANGED, 12),
    (Says.WITHDRAWN, 7),
    (None, 24),
)
"""What makers of 240 say: 15 %, 50 %, 17 % planning or not started, 5 %, 3 %, and nothing."""
GONE_QUIET = 29
"""So many reported once and not since: with those who never did, 22 % are silent."""
NOT_YET = 4
"""One of so many has not answered in the round that is open."""
CHECKS = (
    *[Verdict.CONFIRMED] * 20,
    *[Verdict.EVIDENCE_SEEN] * 24,
    *[Verdict.DISPUTED] * 8,
    *[Verdict.NO_EVIDENCE] * 12,
)
KINDS = {
    "state": "government",
    "permanent_mission": "government",
    "nhri": "nhri",
    "academic": "academic",
    "un_entity": "un_or_igo",
}
FROM_BUSINESS, FROM_DONORS, FROM_CITIES = "business", "donor_foundation", "local_authority"
PLAN = "Guidance Note on Racial Discrimination and Minorities"


@dataclass
class Book:
    """What is written at the end, by table."""

    rows: dict[Any, list[dict[str, Any]]] = field(
        default_factory=lambda: {
            one: [] for one in (Commitment, Version, Maker, Milestone, Recommendation, Report, Review)
        }
    )


def make_commitments(model: Event, today: date, organiser: Person, plan_event: Event) -> list[Event]:
    """Three dialogues in the series of ``model``, 80 commitments each, and the Action Plan as drafts of another event.

    Nobody is written to about what happened before the demo began. The organizer looks after the dialogues too.
    """
    told, chance = text("commitments"), random.Random(SEED)
    events = {key: _dialogue(key, one, model, today) for key, one in told["dialogues"].items()}
    says = [one for one, number in SAYS for _ in range(number)]
    chance.shuffle(says)
    reported = [place for place, one in enumerate(says) if one in {Says.IN_PROGRESS, Says.PLANNING, Says.NOT_STARTED}]
    quiet = frozenset(chance.sample(reported, GONE_QUIET))
    checked = _checks(says, chance)
    book, makers, reviewed = Book(), _makers(), []
    keys = list(events)
    for place, one in enumerate(says):
        key = keys[place % len(keys)]
        choices = [promise for promise in told["promises"] if promise["dialogue"] == key]
        made = _Made(events[key], choices[place // len(keys) % len(choices)], makers[place % len(makers)], place)
        _write(book, told, made, chance, today)
        _follow(book, told, made, one, today, is_quiet=place in quiet)
        if place in checked:
            reviewed.append(_review(book, told, made, checked[place], today))
    for model_of, rows in book.rows.items():
        if model_of is Review:
            make_evidence(told, reviewed)
        db.session.execute(insert(table(model_of)), rows)
    _bring_plan(organiser, plan_event)
    for event in events.values():
        scope = {"scope_kind": ScopeKind.EVENT, "scope_id": event.id}
        db.session.add(RoleGrant(person_id=organiser.id, role=Role.ORGANISER, **scope))
    bump("commitments")
    return list(events.values())


@dataclass
class _Made:
    event: Event
    promise: Mapping[str, Any]
    maker: DemoOrganisation
    place: int
    id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def language(self) -> str:
        return self.maker.language if self.maker.language in LANGUAGES else "en"

    @property
    def published(self) -> datetime:
        day = self.event.first_day + timedelta(days=3 + self.place % 5)
        return datetime.combine(day, time(9, self.place % 60), tzinfo=UTC)


def _dialogue(key: str, told: Mapping[str, Any], model: Event, today: date) -> Event:
    first = today + timedelta(days=told["offset"])
    event = Event(
        id=uuid.uuid4(),
        series_id=model.series_id,
        slug=f"{key.replace('_', '-')}-{first.year}",
        code=told["code"],
        kind=EventKind.DIALOGUE,
        mode=Mode.ONLINE,
        publication=Publication.PUBLISHED,
        title=told["title"],
        lead=told["lead"],
        time_zone=model.time_zone,
        first_day=first,
        last_day=first,
        interpretation=list(LANGUAGES),
    )
    db.session.add(event)
    db.session.flush()
    return event


def _makers() -> list[DemoOrganisation]:
    """Who makes them: every second one a State's, the others as they come."""
    known = organisations()
    states = [one for one in known if one.kind == "state"]
    others = [one for one in known if one.kind not in {"state", "permanent_mission"}]
    pairs: Iterator[DemoOrganisation] = (one for pair in zip(states * 4, others, strict=False) for one in pair)
    return list(pairs)


def _kind(made: _Made) -> str:
    if made.maker.kind in KINDS:
        return KINDS[made.maker.kind]
    return {1: FROM_BUSINESS, 3: FROM_DONORS, 5: FROM_CITIES}.get(made.place % 11, "civil_society")


def _write(book: Book, told: Mapping[str, Any], made: _Made, chance: random.Random, today: date) -> None:
    promise, lang = made.promise, made.language
    number = chance.randint(promise["from"], promise["to"])
    year = made.event.first_day.year + chance.choice((0, 1, 1, 2, 3))
    wording, title = promise["wording"][lang].format(n=number, year=year), promise["title"][lang]
    name = made.maker.name
    if made.maker.kind == "state":
        name = f"{name} ({country_name(made.maker.country, lang)})"
    heard = made.published.date()
    book.rows[Commitment].append(
        {
            **dict.fromkeys(("session_id", "captured_by_id", "withdrawn_at", "withdrawn_why", "seal_key_id")),
            "id": made.id,
            "event_id": made.event.id,
            "state": State.PUBLISHED,
            "language": lang,
            "said_at": made.published - timedelta(days=3),
            "captured_at": made.published - timedelta(days=3),
            "speaker": "",
            "kind": promise["type"],
            "newest": 1,
            "confirmed": 1,
            "confirmed_at": made.published,
            "themes": promise["themes"],
            "groups": promise["groups"],
            "sdgs": promise["sdgs"],
            "countries": [made.maker.country],
            "said": None,
            "checked": Verdict.UNVERIFIED,
            "heard_on": heard,
            "expected_on": axes.expected(heard, heard),
            "published_at": made.published,
            "withdrawn_reason": "",
            "sealed_reason": None,
            "plain": plain(f"{title} {wording} {name}"),
            "lock": 1,
        }
    )
    amount = number * promise["amount"] if "amount" in promise else None
    book.rows[Version].append(
        {
            "commitment_id": made.id,
            "number": 1,
            "wording": wording,
            "title": title,
            "start_on": None,
            "due_on": date(year, 12, 31),
            "amount": amount,
            "currency": "USD" if amount else None,
            "beneficiaries": "",
            "reason": "",
            "by_maker": False,
            "written_by_id": None,
            "written_at": made.published - timedelta(days=2),
        }
    )
    book.rows[Maker].append(
        {
            "id": uuid.uuid4(),
            "commitment_id": made.id,
            "position": 1,
            "name": name,
            "kind": _kind(made),
            "country": made.maker.country,
            "organisation_id": None,
            "is_lead": True,
        }
    )
    answered = recommendations()[made.place % len(recommendations())]
    book.rows[Recommendation].append(
        {"commitment_id": made.id, "position": 1, "symbol": answered.document, "paragraph": str(answered.paragraph)}
    )
    if made.place % 2:
        _steps(book, told, made, today)


def _steps(book: Book, told: Mapping[str, Any], made: _Made, today: date) -> None:
    """Milestones of every second one, three months apart; those of the past are done but for a few."""
    for place, words in enumerate(told["steps"], 1):
        due = axes.later(made.published.date(), 3 * place)
        done = due - timedelta(days=6) if due < today and (made.place + place) % 5 else None
        step = {"id": uuid.uuid4(), "commitment_id": made.id, "position": place, "text": words[made.language]}
        book.rows[Milestone].append(step | {"due_on": due, "done_on": done})


def _follow(
    book: Book, told: Mapping[str, Any], made: _Made, says: Says | None, today: date, *, is_quiet: bool
) -> None:
    """The first round, and the newest one that is over, with what they say now."""
    if says is None:
        return
    begun = made.published.date()
    rounds = [day for months in axes.MONTHS if (day := axes.later(begun, months)) < today - timedelta(days=12)]
    if len(rounds) == len(axes.MONTHS) and made.place % NOT_YET == 1:
        # The newest round is still open, and they have not answered yet.
        rounds.pop()
    if is_quiet:
        _report(book, told, made, says, rounds[0] + timedelta(days=made.place % 17))
        return
    early: Says = Says.PLANNING if says in {Says.IN_PROGRESS, Says.FULFILLED, Says.CHANGED} else says
    for day in rounds[:-1]:
        _report(book, told, made, early, day + timedelta(days=made.place % 17))
        early = Says.IN_PROGRESS if early is Says.PLANNING and says is not Says.PLANNING else early
    _report(book, told, made, says, rounds[-1] + timedelta(days=made.place % 11))


def _report(book: Book, told: Mapping[str, Any], made: _Made, says: Says, day: date) -> None:
    at = datetime.combine(day, time(8 + made.place % 9, made.place % 60), tzinfo=UTC)
    words = told["reports"][says.value][made.language]
    book.rows[Report].append({"id": uuid.uuid4(), "commitment_id": made.id, "says": says, "text": words, "said_at": at})


def _checks(says: list[Says | None], chance: random.Random) -> dict[int, Verdict]:
    """Which are checked: what is said to be fulfilled is confirmed first."""
    done = [place for place, one in enumerate(says) if one is Says.FULFILLED]
    going = [place for place, one in enumerate(says) if one is Says.IN_PROGRESS]
    order = [*chance.sample(done, 28), *chance.sample(going, len(CHECKS) - 28)]
    return dict(zip(order, CHECKS, strict=True))


def _review(book: Book, told: Mapping[str, Any], made: _Made, verdict: Verdict, today: date) -> Reviewed:
    words = told["reviews"].get(verdict.value, {}).get(made.language, "")
    day = today - timedelta(days=3 + made.place % 40)
    book.rows[Review].append(
        {
            "id": uuid.uuid4(),
            "commitment_id": made.id,
            "verdict": verdict,
            "text": words,
            "reviewer_id": None,
            "reviewed_at": datetime.combine(day, time(15), tzinfo=UTC),
        }
    )
    wording = next(row["wording"] for row in book.rows[Version] if row["commitment_id"] == made.id)
    return Reviewed(made.id, made.place, made.language, made.maker.country, wording, verdict, day)


def _bring_plan(organiser: Person, event: Event) -> None:
    """The 23 activities of the Action Plan, as a table that somebody brought and confirmed."""
    head = ["wording", "title", "makers", "maker_types", "language", "start_on", "due_on", "recommendations"]
    rows = [
        [
            *(one.text, one.title or "", "United Nations Network on Racial Discrimination and Minorities"),
            *("un_or_igo", "en", str(one.start_year), str(one.end_year)),
            "|".join(f"{PLAN}, {number}" for number in one.guidance_note_recommendations),
        ]
        for one in activities()
    ]
    sheet = importing.bring(organiser, event, [head, *rows], name="action-plan.xlsx", language="en")
    verdict = judging.judge(event, sheet.rows, "en")
    importing.write(organiser, event, sheet, seen=len(verdict.good), language="en")

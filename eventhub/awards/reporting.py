"""Reports on journeys: ten questions, reminders each sent once, and what is owed when a report does not come."""

import json
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Integer, select, type_coerce, update

from eventhub.awards.models import Award, TravelReport
from eventhub.funding import looking
from eventhub.funding.models import Application, Debt, Owed, State
from eventhub.funding.moves import NotPossible, move, move_all
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import Place, open_sealed, place, seal
from eventhub.people.models import Person
from eventhub.questionnaires.windows import Drawn, digest

REMINDERS = (7, 21, 30, 45)
"""Days after the end of the journey on which somebody who has not filed the report is reminded (FUNDING.md), where a
call gives USUAL_DAYS for it; in proportion where it gives more or fewer.
"""
USUAL_DAYS = 30
BATCH = 100
LONGEST = 4_000
SENTENCE = 12
"""Letters of the shortest answer that is taken where one is needed."""

QUESTIONS = (
    ("attended", _l("Which meetings did you take part in?"), True),
    ("spoke", _l("Did you speak, and on what?"), True),
    ("met", _l("Whom did you meet: delegations, organizations, experts?"), False),
    ("learned", _l("What did you learn that you will use?"), True),
    ("results", _l("What came of it for your community?"), True),
    ("next", _l("What will you do in the next six months?"), True),
    ("shared", _l("With whom have you shared what you learned?"), False),
    ("obstacles", _l("What made taking part hard: visa, journey, languages, access?"), False),
    ("safety", _l("Did anybody threaten or hinder you because you took part?"), False),
    ("better", _l("What should the fund do better?"), False),
)
"""The ten questions: name, words, whether an answer is needed. Nobody is made to write about threats."""


TYPED_IN = "typed_in"
"""Beside the answers: from which window each was kept last."""


@dataclass(frozen=True)
class Settled:
    """What to keep of a page that was sent, and the questions that another window answered in other words."""

    answers: dict[str, str]
    clashes: list[str]


def is_a_sentence(said: str) -> bool:
    """Whether an answer that is needed says something: about three words. A Chinese sign counts as three letters."""
    return sum(3 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in said.strip()) >= SENTENCE


class Gaps(DomainError):
    """Questions without the answer that they need."""

    status = 422
    message = _l("Some answers are missing.")

    def __init__(self, keys: list[str]) -> None:
        self.keys = keys
        super().__init__(field=keys[0])


def keep(
    award: Award, report: TravelReport, answers: Mapping[str, str], *, window: uuid.UUID | None = None
) -> TravelReport:
    """Keep what is written so far, sealed with the person's key; nothing is filed. ``window``: where it was typed.
    Raises NotPossible after filing.
    """
    if report.filed_at is not None:
        raise NotPossible
    before = _opened(award, report)
    known: dict[str, Any] = {key: _clean(answers.get(key)) for key, _words, _needed in QUESTIONS}
    typed_in = before.get(TYPED_IN, {})
    changed = {key for key, said in known.items() if said != before.get(key, "")}
    known[TYPED_IN] = typed_in | dict.fromkeys(changed, window.hex if window else "")
    key = award.application.person.seal_key
    report.answers = seal(key, _place(report), json.dumps(known, ensure_ascii=False))
    db.session.flush()
    return report


def drawn(award: Award, report: TravelReport, window: uuid.UUID | None = None) -> Drawn:
    """What a page of the report knows that is drawn now, in a new window or in one that is open."""
    return Drawn(window or uuid.uuid4(), {key: _mark(said) for key, said in answers(award, report).items()})


def settled(award: Award, report: TravelReport, sent: Mapping[str, str], page: Drawn | None) -> Settled:
    """What to keep of a page that was sent, beside what another window kept since it was drawn: what was left alone
    here stays as the other wrote it, and where both wrote, the other's stays until it is sent once more. The report is
    read under the lock of its application.
    """
    before = _opened(award, report)
    typed_in = before.get(TYPED_IN, {})
    found, clashes = {}, []
    for key, _words, _needed in QUESTIONS:
        said, kept = _clean(sent.get(key)), before.get(key, "")
        mine = page is None or _mark(kept) == page.marks.get(key, "") or typed_in.get(key) == page.window.hex
        if not mine and said != kept:
            if page is not None and _mark(said) != page.marks.get(key, ""):
                clashes.append(key)
            said = kept
        found[key] = said
    return Settled(found, clashes)


def file(actor: Person, award: Award, report: TravelReport, answers: Mapping[str, str]) -> TravelReport:
    """File the report: nothing is owed any more, by nobody. The application is held. Filed already: nothing changes.

    Raises Gaps and NotPossible.
    """
    if report.filed_at is not None:
        return report
    keep(award, report, answers)
    missing = [key for key, _words, needed in QUESTIONS if needed and not (answers.get(key) or "").strip()]
    if missing:
        raise Gaps(missing)
    move(award.application, State.CLOSED, actor=actor)
    report.filed_at = now()
    cleared = update(Debt).where(
        Debt.application_id == award.application_id, Debt.kind == Owed.REPORT, Debt.cleared_at.is_(None)
    )
    db.session.execute(cleared.values(cleared_at=now(), cleared_by_id=actor.id))
    promise("awards.thanks", award_id=award.id)
    db.session.flush()
    return report


def answers(award: Award, report: TravelReport) -> dict[str, str]:
    """What the person wrote, for the person."""
    return {key: said for key, said in _opened(award, report).items() if key != TYPED_IN}


def read_report(actor: Person, award: Award, report: TravelReport, *, reason: str) -> dict[str, str]:
    """What the person wrote, for staff: a sealed read, with its reason in the audit."""
    looking.note_grant_read("awards.report_read", actor, award, award.application.call_id, reason)
    return answers(award, report)


def remind_due(today: date) -> int:
    """Promise the reminders whose day has come; each goes out once, and of several that were missed only the last. How
    many.
    """
    count = 0
    given = type_coerce(TravelReport.due - TravelReport.ended_on, Integer)
    for usual in reversed(REMINDERS):
        after = (given * usual + (USUAL_DAYS - 1)) // USUAL_DAYS
        rows = (
            select(TravelReport)
            .join(TravelReport.award)
            .join(Award.application)
            .where(
                Application.erased_at.is_(None),
                TravelReport.filed_at.is_(None),
                TravelReport.reminded < after,
                TravelReport.ended_on + after <= today,
            )
            .order_by(TravelReport.id)
            .limit(BATCH)
            .with_for_update(of=TravelReport, skip_locked=True)
        )
        for report in db.session.scalars(rows):
            days = reminder_day(usual, report)
            report.reminded = days
            promise(
                "awards.report_reminder",
                key=f"awards.report_reminder:{report.id}:{days}",
                award_id=report.award_id,
                days=days,
            )
            count += 1
    db.session.flush()
    return count


def reminder_day(usual: int, report: TravelReport) -> int:
    """So many days after the journey stands for ``usual`` days where the usual time is given; rounded up."""
    return -(-(report.due - report.ended_on).days * usual // USUAL_DAYS)


def overdue_due(moment: datetime) -> int:
    """The day after a report was due: the person and whoever nominated owe it until it is filed. How many."""
    rows = (
        select(Application, TravelReport, Award)
        .join(Award, Award.application_id == Application.id)
        .join(TravelReport, TravelReport.award_id == Award.id)
        .where(
            Application.state == State.REPORT_DUE,
            Application.erased_at.is_(None),
            TravelReport.filed_at.is_(None),
            TravelReport.due < moment.date(),
        )
        .order_by(Application.id)
        .limit(BATCH)
        .with_for_update(of=[Application, TravelReport], skip_locked=True)
    )
    found = db.session.execute(rows).all()
    if not found:
        return 0
    move_all([row.Application for row in found], State.REPORT_OVERDUE, actor=None)
    for application, report, award in found:
        report.overdue_at = moment
        owing: list[dict[str, object]] = [{"person_id": application.person_id}]
        if application.nominated_by_id is not None:
            owing.append({"organisation_id": application.nominated_by_id})
        db.session.add_all(Debt(kind=Owed.REPORT, application_id=application.id, since=moment, **who) for who in owing)
        promise("awards.report_overdue", award_id=award.id)
    db.session.flush()
    return len(found)


def _opened(award: Award, report: TravelReport) -> dict[str, Any]:
    if report.answers is None:
        return {}
    found: dict[str, Any] = json.loads(open_sealed(award.application.person.seal_key, _place(report), report.answers))
    return found


def _clean(said: str | None) -> str:
    return (said or "").replace("\r\n", "\n").strip()[:LONGEST]


def _mark(said: str) -> str:
    return digest(said.encode()) if said else ""


def _place(report: TravelReport) -> Place:
    return place("fund_travel_report", "answers", report.id)

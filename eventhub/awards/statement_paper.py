"""The statement of an allowance as data for the printer, in the language of its reader. Only workers come here."""

from datetime import datetime
from typing import Any

from flask import g
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from eventhub.awards import console_shown, queries, stays
from eventhub.awards.console_queries import event_of
from eventhub.awards.letters import title_of
from eventhub.awards.models import Award, AwardStay, Outcome, StatementPaper
from eventhub.funding.allowance import Statement
from eventhub.kit.db import db
from eventhub.kit.i18n import LOCALES, in_language, show_date, show_zone
from eventhub.papers import queries as papers
from eventhub.papers import typeset
from eventhub.papers.typeset import Source
from eventhub.people.models import Person
from eventhub.programme.models import Event


def owner_of(paper: StatementPaper) -> Person:
    """The traveller."""
    award = queries.award(paper.stay.award_id)
    return db.session.get_one(Person, award.application.person_id)


def gather(paper: StatementPaper, moment: datetime) -> dict[str, Any] | None:
    """What the printer is given. Inside a unit of work; None where nothing is stated any more."""
    award, row = queries.award(paper.stay.award_id), paper.stay
    call, before = award.application.call, getattr(g, "lang", "en")
    event = event_of(call)
    found = stays.statement(award, row, queries.rules_of(call.id), event)
    if found is None or award.outcome is not Outcome.ACCEPTED or award.application.erased_at is not None:
        return None
    g.lang = paper.language
    try:
        with force_locale(LOCALES[paper.language]):
            return _manuscript(award, row, found, event, moment)
    finally:
        g.lang = before


def make(data: dict[str, Any], at: datetime) -> bytes:
    """The file. No database is needed. Raises typeset.NotPrinted."""
    return typeset.pdf(Source.DONORS, data, at=at)


def _manuscript(
    award: Award, row: AwardStay, found: Statement, event: Event | None, moment: datetime
) -> dict[str, Any]:
    lang, call, told = g.lang, award.application.call, console_shown.statement(found)
    zone = stays.place_clock(award, event)
    host = papers.setup_of(event.id).host if event else {}
    days = f"{show_date(row.arrives.date(), lang)} – {show_date(row.leaves.date(), lang)}"
    name = db.session.scalar(select(Person.name).where(Person.id == award.application.person_id)) or ""
    facts = [
        (_("Person"), name, False),
        (_("Your reference"), award.application.reference or "", True),
        (_("Journey"), days, False),
    ]
    rows = [
        [" · ".join(str(one[part]) for part in ("label", "days") if one[part]), *(one[part] for part in NUMBERS)]
        for one in told["rows"]
    ]
    parts: list[dict[str, Any]] = [
        {"kind": "facts", "rows": [{"label": label, "value": value, "code": code} for label, value, code in facts]},
        {
            "kind": "words",
            "text": _("By the clock of the place: %(zone)s", zone=show_zone(zone, lang, row.arrives.date())),
            "soft": True,
        },
        {
            "kind": "table",
            "heads": [_("What"), _("Number"), _("Per unit"), _("Amount")],
            "rows": [*rows, [_("In all"), "", "", told["total"]]],
        },
    ]
    if told["nothing"]:
        parts.append({"kind": "words", "text": _("Nothing is paid for this stay."), "soft": False})
    return {
        "language": lang,
        "title": _("Statement of the allowance"),
        "heading": _("Statement of the allowance"),
        "event": title_of(call, lang),
        "house": in_language(host, lang, call.original_language).text or _("Secretariat"),
        "date": show_date(moment.date(), lang),
        "footer": title_of(call, lang),
        "sections": [{"title": _("What the fund pays"), "parts": parts}],
    }


NUMBERS = ("quantity", "unit", "amount")

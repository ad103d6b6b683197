"""All that is public of commitments as rows with stable names: for files, whatever is filtered.

Whether something is public is asked of ``commitments.queries.matching`` alone. Of a record's words only those are here
that the maker was first asked about, or that came later: what was put right in a draft is staff's own.
"""

import json
import uuid
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Date, Select, Text, and_, case, cast, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by

from eventhub.commitments import axes, queries
from eventhub.commitments.models import (
    FOLLOWED,
    Commitment,
    Indicator,
    Maker,
    Milestone,
    Recommendation,
    Report,
    Review,
    Translation,
    Version,
)
from eventhub.commitments.queries import Wanted
from eventhub.kit.db import db
from eventhub.programme.models import Event

FIELDS: dict[str, Any] = {
    "reference": _l("Reference; it never changes"),
    "url": _l("Address of the commitment’s page"),
    "status": _l("Of the record: published, closed, superseded or withdrawn"),
    "title": _l("Short title in the language of the words; may be empty"),
    "wording": _l("The exact words that hold"),
    "language": _l("Code of the language in which it was said"),
    "makers": _l("Who made it, the one who leads and reports first"),
    "maker_types": _l("Codes of the makers’ kinds, in the same order"),
    "maker_countries": _l("Countries of the makers by their ISO 3166-1 codes, in the same order; none for none"),
    "event": _l("Short code of the event"),
    "said_on": _l("Day on which it was said (ISO 8601)"),
    "speaker": _l("Who spoke, if this was written down"),
    "type": _l("Code of the kind of commitment"),
    "themes": _l("Codes of themes"),
    "groups": _l("Codes of the groups concerned"),
    "sdgs": _l("Goals and targets of the Sustainable Development Goals"),
    "countries": _l("Countries it is about, by their ISO 3166-1 codes"),
    "recommendations": _l("Document symbols and paragraphs it answers"),
    "start_on": _l("First day, if one was named (ISO 8601)"),
    "due_on": _l("Last day, if one was named (ISO 8601)"),
    "amount": _l("Amount of money in whole units, if one was named"),
    "currency": _l("Currency by its ISO 4217 code"),
    "beneficiaries": _l("Who benefits, in the maker’s words"),
    "self_report": _l(
        "What the maker says: not_started, planning, in_progress, fulfilled, changed, withdrawn; or empty"
    ),
    "reviewed": _l("What was checked: unverified, evidence_seen, confirmed, disputed or no_evidence"),
    "freshness": _l("up_to_date, due or silent on the day of the file; empty when nobody is asked any more"),
    "last_heard_on": _l("Day of the last news (ISO 8601)"),
    "expected_on": _l("Day on which the next news is expected (ISO 8601)"),
    "milestones_done": _l("How many milestones are done"),
    "milestones": _l("How many milestones there are"),
    "reports": _l("How many reports the maker has made"),
    "first_report_on": _l("Day of the first report (ISO 8601)"),
    "published_on": _l("Day of publication (ISO 8601)"),
    "withdrawn_on": _l("Day on which it was withdrawn (ISO 8601)"),
    "withdrawn_reason": _l("Why it was withdrawn, in words"),
}
"""Names of columns and keys, and what each holds. A name never changes its meaning; new ones come at the end."""
LISTS: dict[str, Any] = {
    "translations": _l("Translations of the words: language, title and wording"),
    "versions": _l("The words as they were first mailed to the maker, and each change since, with its reason"),
    "reports_made": _l("Each report of the maker: day, status and text"),
    "reviews": _l("Each review: day, result and text"),
    "steps": _l("Milestones: text, due and done"),
    "indicators": _l("Indicators: name, baseline and target"),
}
"""What the JSON file holds beside the fields."""
LIST_NAMES = ("makers", "maker_types", "maker_countries", "themes", "groups", "sdgs", "countries", "recommendations")
NONE = "none"
"""In the place of a maker’s country."""
BETWEEN = " | "
"""Between the parts of a cell that holds several."""

Address = Callable[[str], str]
Row = list[Any]


def rows(wanted: Wanted, today: date, address: Address) -> list[Row]:
    """What is public and asked for, under FIELDS, the newest publication first; lists are lists. Five statements.

    ``address`` gives the page of a reference.
    """
    ids = _ids(wanted, today)
    makers, steps = _gathered(_makers(ids)), _gathered(_steps(ids))
    told, answers = _gathered(_reports(ids)), _gathered(_answered(ids))
    known: dict[str, list[str]] = {}
    found: list[Row] = []
    for one in _told(_base(wanted, today)):
        reference, own_id = f"C-{one[1]:04d}", one[0]
        names, kinds, places = makers.get(own_id, ([], [], []))
        done, all_steps = steps.get(own_id, (0, 0))
        count, first = told.get(own_id, (0, None))
        found.append(
            [
                *(reference, address(reference), *one[2:6], names, kinds, places, *one[6:10]),
                *(_list(text, known) for text in one[10:14]),
                *(answers.get(own_id, ([],))[0], *one[14:16], _number(one[16]), *one[17:22]),
                *(one[22], one[23] if one[21] else None, done, all_steps, count, first, *one[24:]),
            ]
        )
    return found


def cells(row: Row) -> Row:
    """A row as the cells of a sheet: a list in one cell."""
    return [BETWEEN.join(value) if isinstance(value, list) else value for value in row]


def histories(wanted: Wanted, today: date) -> dict[str, dict[str, str]]:
    """By reference what LISTS names, each as a JSON text that the database wrote. Six statements."""
    ids = _ids(wanted, today)
    found: dict[str, dict[str, str]] = {}
    for name, (entry, order, table, conditions) in _lists().items():
        listed = cast(func.json_agg(text("entry ORDER BY place")), Text)
        inner = (
            select(Commitment.number, entry.label("entry"), order.label("place"))
            .join(table, table.commitment_id == Commitment.id)
            .where(Commitment.id.in_(ids), *conditions)
            .subquery()
        )
        for number, value in _told(select(inner.c.number, listed).group_by(inner.c.number)):
            found.setdefault(f"C-{number:04d}", {})[name] = value
    return found


def _ids(wanted: Wanted, today: date) -> Select[Any]:
    return queries.matching(select(Commitment.id), wanted, today)


def _base(wanted: Wanted, today: date) -> Select[Any]:
    one, words = Commitment, Version
    silent_from = today - axes.TO_ANSWER
    fresh = case(
        (one.state.not_in(FOLLOWED), None),
        (one.expected_on > today, axes.Freshness.UP_TO_DATE.value),
        (one.expected_on > silent_from, axes.Freshness.DUE.value),
        else_=axes.Freshness.SILENT.value,
    )
    columns = select(
        *(one.id, one.number, _text(one.state), words.title, words.wording, one.language),
        *(Event.code, _day(one.said_at), one.speaker, one.kind),
        *(_text(one.themes), _text(one.groups), _text(one.sdgs), _text(one.countries)),
        *(words.start_on, words.due_on, words.amount, words.currency, words.beneficiaries),
        *(_text(one.said), _text(one.checked), fresh, one.heard_on, one.expected_on),
        *(_day(one.published_at), _day(one.withdrawn_at), one.withdrawn_reason),
    )
    found = queries.matching(columns, wanted, today)
    found = found.join(words, and_(words.commitment_id == one.id, words.number == one.newest))
    return found.order_by(one.published_at.desc(), one.id.desc())


def _makers(ids: Select[Any]) -> Select[Any]:
    def listed(column: Any) -> ColumnElement[Any]:
        return func.array_agg(aggregate_order_by(column, Maker.is_lead.desc(), Maker.position))

    columns = listed(Maker.name), listed(Maker.kind), listed(func.coalesce(Maker.country, NONE))
    return _of(Maker, ids, *columns)


def _steps(ids: Select[Any]) -> Select[Any]:
    return _of(Milestone, ids, func.count(Milestone.done_on), func.count())


def _reports(ids: Select[Any]) -> Select[Any]:
    return _of(Report, ids, func.count(), func.min(_day(Report.said_at)))


def _answered(ids: Select[Any]) -> Select[Any]:
    named = case((Recommendation.paragraph == "", Recommendation.symbol), else_=_named_paragraph())
    return _of(Recommendation, ids, func.array_agg(aggregate_order_by(named, Recommendation.position)))


def _named_paragraph() -> ColumnElement[Any]:
    return Recommendation.symbol + literal(", ") + Recommendation.paragraph


def _of(table: Any, ids: Select[Any], *columns: Any) -> Select[Any]:
    return select(table.commitment_id, *columns).where(table.commitment_id.in_(ids)).group_by(table.commitment_id)


def _gathered(asked: Select[Any]) -> dict[uuid.UUID, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in _told(asked)}


def _told(asked: Select[Any]) -> Sequence[Any]:
    """Rows as they come: there may be thousands, and no object is made of any."""
    found: Sequence[Any] = db.session.connection().execute(asked).all()
    return found


def _lists() -> dict[str, tuple[Any, Any, Any, Sequence[Any]]]:
    """By the names of LISTS: an entry, its order, its table, and which rows of it are public."""
    first = (
        select(func.max(Version.number))
        .where(Version.commitment_id == Commitment.id, Version.reason == "")
        .correlate(Commitment)
        .scalar_subquery()
    )
    later = Version.reason != ""
    entry = func.json_build_object
    return {
        "translations": (
            entry("language", Translation.language, "title", Translation.title, "wording", Translation.wording),
            Translation.language,
            Translation,
            [Translation.number == Commitment.newest],
        ),
        "versions": (
            entry(
                *("number", Version.number, "since", case((later, _day(Version.written_at)), else_=None)),
                *("title", Version.title, "wording", Version.wording),
                *("start_on", Version.start_on, "due_on", Version.due_on),
                *("amount", Version.amount, "currency", Version.currency),
                *("reason", Version.reason),
            ),
            Version.number,
            Version,
            [or_(later, Version.number == first)],
        ),
        "reports_made": (
            entry("on", _day(Report.said_at), "status", Report.says, "text", Report.text),
            Report.said_at,
            Report,
            [],
        ),
        "reviews": (
            entry("on", _day(Review.reviewed_at), "result", Review.verdict, "text", Review.text),
            Review.reviewed_at,
            Review,
            [],
        ),
        "steps": (
            entry("text", Milestone.text, "due_on", Milestone.due_on, "done_on", Milestone.done_on),
            Milestone.position,
            Milestone,
            [],
        ),
        "indicators": (
            entry("name", Indicator.name, "baseline", Indicator.baseline, "target", Indicator.target),
            Indicator.position,
            Indicator,
            [],
        ),
    }


def _text(column: Any) -> ColumnElement[Any]:
    return cast(column, Text)


def _list(text: str, known: dict[str, list[str]]) -> list[str]:
    """A list of codes; the same few come again and again, and are read once."""
    if text not in known:
        known[text] = json.loads(text)
    return known[text]


def _day(moment: Any) -> ColumnElement[Any]:
    return cast(func.timezone("UTC", moment), Date)


def _number(amount: Any) -> int | float | None:
    if amount is None:
        return None
    return int(amount) if amount == int(amount) else float(amount)

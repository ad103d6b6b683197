"""All that is public of commitments as rows with stable names: for files, whatever is filtered.

Whether something is public is asked of ``commitments.queries.matching`` alone. Of a record's words only those are here
that held on publication or came later: what was put right before, and why, is staff's own.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Date, Select, Text, and_, case, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

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
    "versions": _l("The words since publication, one entry for each change, with its reason"),
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
LIST_PLACES = tuple(list(FIELDS).index(name) for name in LIST_NAMES)
AMOUNT = list(FIELDS).index("amount")
NO_MAKERS, NO_LIST, NO_STEPS, NO_REPORTS = ("[]", "[]", "[]"), ("[]",), (0, 0), (0, None)

Row = list[Any]


def rows(wanted: Wanted, today: date, page: str, *, histories: bool = False) -> list[Row]:
    """What is public and asked for, under FIELDS, the newest publication first. Five statements; eleven with
    ``histories``, where each row goes on with one JSON text for each name of LISTS, which the database wrote.

    What LIST_NAMES names is a JSON text. ``page`` is what stands before a reference in the address of its page.
    """
    ids = _ids(wanted, today)
    makers, steps = _gathered(_makers(ids)), _gathered(_steps(ids))
    told, answers = _gathered(_reports(ids)), _gathered(_answered(ids))
    lists = [_gathered(asked) for asked in _lists(ids)] if histories else []
    found: list[Row] = []
    for own_id, number, amount, *one in _told(_base(wanted, today)):
        reference = f"C-{number:04d}"
        found.append(
            [
                *(reference, page + reference, *one[:4], *makers.get(own_id, NO_MAKERS), *one[4:12]),
                *(*answers.get(own_id, NO_LIST), *one[12:14], amount if amount is None else _number(amount)),
                *(*one[14:21], *steps.get(own_id, NO_STEPS), *told.get(own_id, NO_REPORTS), *one[21:]),
                *(known.get(own_id, NO_LIST)[0] for known in lists),
            ]
        )
    return found


def cells(rows: Iterable[Row]) -> Iterator[Row]:
    """Rows as the cells of a sheet: a list in one cell. The same few lists come again and again, and are read once."""
    known: dict[str, str] = {}
    for row in rows:
        for place in LIST_PLACES:
            value = row[place]
            if value not in known:
                known[value] = BETWEEN.join(json.loads(value))
            row[place] = known[value]
        yield row


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
        *(_text(one.id), one.number, words.amount),
        *(_text(one.state), words.title, words.wording, one.language),
        *(Event.code, _day(one.said_at), one.speaker, one.kind),
        *(_text(one.themes), _text(one.groups), _text(one.sdgs), _text(one.countries)),
        *(words.start_on, words.due_on, words.currency, words.beneficiaries),
        *(_text(one.said), _text(one.checked), fresh, one.heard_on),
        case((one.state.in_(FOLLOWED), one.expected_on), else_=None),
        *(_day(one.published_at), _day(one.withdrawn_at), one.withdrawn_reason),
    )
    found = queries.matching(columns, wanted, today)
    found = found.join(words, and_(words.commitment_id == one.id, words.number == one.newest))
    return found.order_by(one.published_at.desc(), one.id.desc())


def _makers(ids: Select[Any]) -> Select[Any]:
    def listed(column: Any) -> ColumnElement[Any]:
        return _text(func.json_agg(aggregate_order_by(column, Maker.is_lead.desc(), Maker.position)))

    return _of(Maker, ids, listed(Maker.name), listed(Maker.kind), listed(func.coalesce(Maker.country, NONE)))


def _steps(ids: Select[Any]) -> Select[Any]:
    return _of(Milestone, ids, func.count(Milestone.done_on), func.count())


def _reports(ids: Select[Any]) -> Select[Any]:
    return _of(Report, ids, func.count(), _day(func.min(Report.said_at)))


def _answered(ids: Select[Any]) -> Select[Any]:
    named = case((Recommendation.paragraph == "", Recommendation.symbol), else_=_named_paragraph())
    return _of(Recommendation, ids, _text(func.json_agg(aggregate_order_by(named, Recommendation.position))))


def _named_paragraph() -> ColumnElement[Any]:
    return Recommendation.symbol + literal(", ") + Recommendation.paragraph


def _lists(ids: Select[Any]) -> list[Select[Any]]:
    """For each name of LISTS the question for what is public of it, by commitment."""
    asked = {
        "translations": _listed(
            _entry(language=Translation.language, title=Translation.title, wording=Translation.wording),
            Translation.language,
            _of(Translation, ids).join(Commitment, Commitment.id == Translation.commitment_id),
        ).where(Translation.number == Commitment.newest),
        "versions": _versions(ids),
        "reports_made": _listed(
            _entry(on=_day(Report.said_at), status=Report.says, text=Report.text), Report.said_at, _of(Report, ids)
        ),
        "reviews": _listed(
            _entry(on=_day(Review.reviewed_at), result=Review.verdict, text=Review.text),
            Review.reviewed_at,
            _of(Review, ids),
        ),
        "steps": _listed(
            _entry(text=Milestone.text, due_on=Milestone.due_on, done_on=Milestone.done_on),
            Milestone.position,
            _of(Milestone, ids),
        ),
        "indicators": _listed(
            _entry(name=Indicator.name, baseline=Indicator.baseline, target=Indicator.target),
            Indicator.position,
            _of(Indicator, ids),
        ),
    }
    return [asked[name] for name in LISTS]


def _versions(ids: Select[Any]) -> Select[Any]:
    """The words that held on publication, and those that came later."""
    earlier = aliased(Version)
    first = select(func.max(earlier.number)).where(
        earlier.commitment_id == Version.commitment_id, earlier.written_at <= Commitment.published_at
    )
    later = Version.written_at > Commitment.published_at
    entry = _entry(
        number=Version.number,
        since=case((later, _day(Version.written_at)), else_=None),
        title=Version.title,
        wording=Version.wording,
        start_on=Version.start_on,
        due_on=Version.due_on,
        amount=Version.amount,
        currency=Version.currency,
        reason=case((later, Version.reason), else_=""),
    )
    found = _of(Version, ids).join(Commitment, Commitment.id == Version.commitment_id)
    return _listed(entry, Version.number, found.where(or_(later, Version.number == first.scalar_subquery())))


def _listed(entry: ColumnElement[Any], order: Any, found: Select[Any]) -> Select[Any]:
    return found.add_columns(func.concat("[", func.string_agg(entry, aggregate_order_by(literal(", "), order)), "]"))


def _entry(**values: Any) -> ColumnElement[Any]:
    """A JSON object as a text, put together from pieces: quicker than ``json_build_object``."""
    parts: list[Any] = []
    for name, value in values.items():
        parts += [f'{", " if parts else "{"}"{name}" : ', func.coalesce(_text(func.to_json(value)), "null")]
    return func.concat(*parts, "}")


def _of(table: Any, ids: Select[Any], *columns: Any) -> Select[Any]:
    """Of each commitment what it has of a table. Its id is a text: rows are put together by it, at half the cost."""
    one = table.commitment_id
    return select(_text(one), *columns).where(one.in_(ids)).group_by(one)


def _gathered(asked: Select[Any]) -> dict[str, Sequence[Any]]:
    return {own_id: values for own_id, *values in _told(asked)}


def _told(asked: Select[Any]) -> Sequence[Any]:
    """Rows as they come: there may be thousands, and no object is made of any."""
    found: Sequence[Any] = db.session.connection().execute(asked).all()
    return found


def _text(column: Any) -> ColumnElement[Any]:
    return cast(column, Text)


def _day(moment: Any) -> ColumnElement[Any]:
    return cast(func.timezone("UTC", moment), Date)


def _number(amount: Any) -> int | float | None:
    if amount is None:
        return None
    return int(amount) if amount == int(amount) else float(amount)

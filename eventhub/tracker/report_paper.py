"""The report for the next session as data for the printer: only what is public. Only workers come here.

Three axes stand beside each other and are never counted together. A rate or a median of fewer than five is not said,
small groups stand in one row, and a round in which fewer than five were asked about is left out.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import g
from flask_babel import force_locale, pgettext
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from eventhub.commitments import axes, queries
from eventhub.commitments import shown as commitments
from eventhub.commitments.axes import Freshness
from eventhub.commitments.models import FOLLOWED, Commitment, Says, Translation, Verdict
from eventhub.commitments.queries import Wanted
from eventhub.commitments.standing import Earlier, standing_of
from eventhub.kit.codes import label
from eventhub.kit.db import db
from eventhub.kit.i18n import LOCALES, in_language, show_date, show_number
from eventhub.kit.small_numbers import STEP
from eventhub.papers import queries as papers
from eventhub.papers import typeset
from eventhub.papers.typeset import Source
from eventhub.rounds import comparing, moving
from eventhub.rounds import shown as rounds
from eventhub.rounds.moving import SILENT, Line, Move
from eventhub.tracker import reports, scores, shown
from eventhub.tracker.models import SessionReport
from eventhub.tracker.reports import Subject
from eventhub.tracker.scores import GONE, By

LATE = frozenset({Freshness.DUE, Freshness.SILENT})
OVER = frozenset({Says.FULFILLED, Says.WITHDRAWN})
Part = dict[str, Any]


@dataclass(frozen=True)
class Manuscript:
    """What the printer is given, and the numbers of the commitments that it names."""

    data: dict[str, Any]
    numbers: list[int]


@dataclass(frozen=True)
class _Told:
    """One commitment as the report names it."""

    one: Commitment
    title: str
    title_in: str | None
    """The language of the title, where it is not the report’s."""
    fresh: Freshness | None
    lead: str
    outdated: Earlier | None = None
    """The newest check, where the maker has said something else since."""

    @property
    def due_on(self) -> date | None:
        return self.one.words.due_on


def gather(report: SessionReport, moment: datetime) -> Manuscript:
    """Read what the report says, in its language. Inside a unit of work. Raises NotFound when nothing is public."""
    subject, before = reports.subject_of(report), getattr(g, "lang", "en")
    g.lang = report.language
    try:
        with force_locale(LOCALES[report.language]):
            return _manuscript(subject, moment)
    finally:
        g.lang = before


def make(manuscript: Manuscript, at: datetime) -> bytes:
    """The file. No database is needed. Raises typeset.NotPrinted."""
    return typeset.pdf(Source.DONORS, manuscript.data, at=at)


def _manuscript(subject: Subject, moment: datetime) -> Manuscript:
    today, lang = moment.date(), g.lang
    everything = _commitments(subject, today)
    told = [one for one in everything if one.one.state not in GONE]
    title = in_language(subject.title, lang, subject.language).text
    sections = [
        _at_a_glance(subject, everything, told, today),
        _three_axes(told),
        _kinds(subject, today),
        *_rounds(told),
        *_listed(_("Fulfilled, and confirmed on evidence"), _confirmed(told), ("due", "heard")),
        *_listed(_("Past the last day, and not said to be fulfilled"), _overdue(told, today), ("due", "says")),
        *_listed(_("Disputed"), [one for one in told if one.one.checked is Verdict.DISPUTED], ("says", "checked")),
        *_quiet(told),
        *_listed(_("Every commitment"), everything, ("says", "checked", "fresh")),
    ]
    host = papers.setup_of(subject.event_id).host
    heading = _("Commitments: what became of them")
    data = {
        "language": lang,
        "title": heading,
        "heading": heading,
        "event": title,
        "house": in_language(host, lang, subject.language).text or _("Secretariat"),
        "date": show_date(today, lang),
        "footer": title,
        "sections": sections,
    }
    return Manuscript(data, [one.one.number for one in everything])


def _commitments(subject: Subject, today: date) -> list[_Told]:
    rows = queries.matching(select(Commitment), Wanted(), today).where(subject.is_in()).order_by(Commitment.number)
    rows = rows.options(joinedload(Commitment.words), selectinload(Commitment.makers))
    found = db.session.scalars(rows).all()
    ids = [one.id for one in found]
    known, outdated = queries.translations_of(ids, g.lang), standing_of(ids).outdated
    return [_told(one, known.get(one.id), today, outdated.get(one.id)) for one in found]


def _told(one: Commitment, translation: Translation | None, today: date, outdated: Earlier | None) -> _Told:
    words = commitments.titled(one, translation)
    fresh = None
    if one.state in FOLLOWED and one.heard_on and one.expected_on:
        fresh = axes.freshness(one.heard_on, one.expected_on, today).freshness
    lead = next((maker.name for maker in one.makers if maker.is_lead), commitments.made_by(one))
    return _Told(one, words.title, words.language, fresh, lead, outdated)


def _at_a_glance(subject: Subject, everything: Sequence[_Told], told: Sequence[_Told], today: date) -> Part:
    whole = scores.whole(scores.facts(By.EVENT, today, also=subject.is_in()))
    gone = len(everything) - len(told)
    facts = [
        (_("Commitments"), show_number(len(told), g.lang)),
        (_("Makers"), show_number(len({one.lead for one in told}), g.lang)),
        (_("Response rate"), shown.percent(whole.rate)),
        (_("Days to the first report, median"), shown.dash(whole.first_report)),
        (_("Past the last day, and not said to be fulfilled"), show_number(len(_overdue(told, today)), g.lang)),
        *([(_("Withdrawn or replaced since"), show_number(gone, g.lang))] if gone else []),
    ]
    note = _(
        "Everything here is public. Of fewer than five commitments no rate is said, and such groups stand together."
        " Withdrawn and replaced commitments are not counted."
    )
    return {
        "title": _("At a glance"),
        "parts": [
            {"kind": "facts", "rows": [{"label": name, "value": value, "code": False} for name, value in facts]},
            {"kind": "words", "text": note, "soft": True},
        ],
    }


def _three_axes(told: Sequence[_Told]) -> Part:
    said, checked = Counter(one.one.said for one in told), Counter(one.one.checked for one in told)
    fresh = Counter(one.fresh for one in told)
    return {
        "title": _("Where they stand"),
        "parts": [
            {
                "kind": "words",
                "text": _("What makers say, what was checked and how fresh the news is are three things."),
                "soft": False,
            },
            *_counted(
                _("They say"),
                [
                    *((label("self_report", one.value, g.lang), said[one]) for one in Says),
                    (_("No report yet"), said[None]),
                ],
            ),
            *_counted(_("We checked"), [(label("review", one.value, g.lang), checked[one]) for one in Verdict]),
            *_counted(_("Last heard"), [(label("freshness", one.value, g.lang), fresh[one]) for one in Freshness]),
        ],
    }


def _counted(title: str, rows: Sequence[tuple[str, int]]) -> list[Part]:
    cells = [[name, show_number(number, g.lang)] for name, number in rows]
    return [{"kind": "table", "heads": [title, _("Commitments")], "rows": cells}]


def _kinds(subject: Subject, today: date) -> Part:
    found = scores.scores(scores.facts(By.MAKER, today, also=subject.is_in()))
    heads = [
        str(shown.HEADS[By.MAKER]),
        _("Commitments"),
        pgettext("commitments", "Fulfilled"),
        _("Response rate"),
        _("Days to the first report"),
        pgettext("commitments", "Silent"),
    ]
    rows = [
        [
            shown.name(By.MAKER, one, {}),
            show_number(one.total, g.lang),
            show_number(one.says.get(Says.FULFILLED, 0), g.lang),
            shown.percent(one.rate),
            shown.dash(one.first_report),
            show_number(one.silent, g.lang),
        ]
        for one in found
    ]
    return {"title": str(shown.TABS[By.MAKER]), "parts": [{"kind": "table", "heads": heads, "rows": rows}]}


def _rounds(told: Sequence[_Told]) -> list[Part]:
    """The rounds that closed, beside each other, and how many moved in the last one."""
    public = {one.one.id for one in told}
    events = sorted({one.one.event_id for one in told})
    answers = [one for one in comparing.answers_of(events, public=True) if one.commitment in public]
    lines = [one for one in moving.lines(answers) if one.asked >= STEP]
    if not lines:
        return []
    shares = [(kinds, words) for kinds, words, _kind in shown.SHARES if None not in kinds]
    heads = [
        _("Round"),
        _("Asked about"),
        _("Response rate"),
        *(str(words) for _kinds_of, words in shares),
        pgettext("commitments", "Silent"),
    ]
    rows = [
        [
            _("After %(months)s", months=rounds.months(one.step)),
            show_number(one.asked, g.lang),
            shown.percent(one.rate),
            *(show_number(_share(one, kinds), g.lang) for kinds, _words in shares),
            show_number(one.says[SILENT], g.lang),
        ]
        for one in lines
    ]
    parts: list[Part] = [{"kind": "table", "heads": heads, "rows": rows}]
    known = {one.step for one in lines}
    steps = [one for one in moving.steps(answers) if {one.before, one.after} <= known]
    if steps:
        parts += _moved(steps[-1])
    return [{"title": _("Comparison of rounds"), "parts": parts}]


def _moved(step: moving.Step) -> list[Part]:
    names = {
        Move.UP: _("Moved up"),
        Move.DOWN: _("Moved down"),
        Move.CHANGED: _("Changed or taken back"),
        Move.FELL_SILENT: _("Fell silent"),
        Move.SPOKE: _("Answered again"),
        Move.STILL_SILENT: _("Still silent"),
        Move.SAME: _("As before"),
    }
    title = _("From %(before)s to %(after)s", before=rounds.months(step.before), after=rounds.months(step.after))
    return _counted(title, [(words, len(step.moves[one])) for one, words in names.items()])


def _share(line: Line, kinds: Sequence[Says | None]) -> int:
    return sum(line.says[one.value] for one in kinds if one)


def _confirmed(told: Sequence[_Told]) -> list[_Told]:
    """Said to be fulfilled, and confirmed since it was: a check of an earlier claim is none of this one."""
    claimed = [one for one in told if one.one.said is Says.FULFILLED and one.outdated is None]
    return [one for one in claimed if one.one.checked is Verdict.CONFIRMED]


def _overdue(told: Sequence[_Told], today: date) -> list[_Told]:
    return [one for one in told if one.due_on and one.due_on < today and one.one.said not in OVER]


def _quiet(told: Sequence[_Told]) -> list[Part]:
    """Who is silent, by name, who leads most of it first."""
    silent = [one for one in told if one.fresh is Freshness.SILENT]
    number = Counter(one.lead for one in silent)
    if not number:
        return []
    spoken = {one.lead: _foreign(one.one) for one in silent}
    since = {name: min(one.one.heard_on for one in silent if one.lead == name and one.one.heard_on) for name in number}
    rows = [
        [_cell(name, spoken[name]), _cell(show_number(many, g.lang)), _cell(show_date(since[name], g.lang))]
        for name, many in sorted(number.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    heads = [_("Made by"), _("Silent commitments"), _("Last heard")]
    return [{"title": _("Who has gone quiet"), "parts": [_list(heads, rows, [3, 1, 1])]}]


def _listed(title: str, told: Sequence[_Told], columns: Sequence[str]) -> list[Part]:
    if not told:
        return []
    heads = {
        "due": _("By when?"),
        "heard": _("Last heard"),
        "says": _("They say"),
        "checked": _("We checked"),
        "fresh": _("Last heard"),
    }
    rows = [
        [
            _cell(one.one.reference, is_code=True),
            _cell(one.title, one.title_in, below=commitments.made_by(one.one), below_in=_foreign(one.one)),
            *(_cell(_column(one, name)) for name in columns),
        ]
        for one in told
    ]
    wide = [0.9, 4, *(1.4 for _name in columns)]
    table = _list([_("Reference"), _("Commitment"), *(heads[one] for one in columns)], rows, wide)
    return [{"title": title, "parts": [table]}]


def _column(told: _Told, name: str) -> str:
    one = told.one
    if one.state in GONE and name in {"says", "fresh"}:
        return str(commitments.STATES[one.state][0]) if name == "says" else "–"
    if name == "due":
        return show_date(told.due_on, g.lang) if told.due_on else "–"
    if name == "heard":
        return show_date(one.heard_on, g.lang) if one.heard_on else "–"
    if name == "says":
        return label("self_report", one.said.value, g.lang) if one.said else _("No report yet")
    if name == "checked":
        found = label("review", one.checked.value, g.lang)
        if told.outdated is None:
            return found
        return f"{found} · {commitments.before(told.outdated)}"
    day = show_date(one.heard_on, g.lang) if one.heard_on else "–"
    return f"{label('freshness', told.fresh.value, g.lang)} · {day}" if told.fresh in LATE else day


def _cell(
    text: str, lang: str | None = None, *, is_code: bool = False, below: str = "", below_in: str | None = None
) -> dict[str, Any]:
    """A cell; languages where they are not the report’s."""
    return {"text": text, "lang": lang, "code": is_code, "below": below, "below_lang": below_in}


def _foreign(one: Commitment) -> str | None:
    """The language in which its maker is named, where it is not the report’s."""
    return one.language if one.language != g.lang else None


def _list(heads: Sequence[str], rows: Sequence[Sequence[dict[str, Any]]], wide: Sequence[float]) -> Part:
    return {"kind": "list", "heads": list(heads), "rows": [list(row) for row in rows], "wide": list(wide)}

"""Scorecards in words and shares, for pages alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, ngettext

from eventhub.commitments.models import Says
from eventhub.kit.codes import country_name, label
from eventhub.kit.i18n import show_date, show_number
from eventhub.tracker.scores import OTHERS, By, Point, Score

TABS = {By.MAKER: _l("By kind of maker"), By.COUNTRY: _l("By country"), By.EVENT: _l("By event")}
HEADS = {By.MAKER: _l("Kind of maker"), By.COUNTRY: _l("Country"), By.EVENT: _l("Event")}
FILTERS = {By.MAKER: "maker", By.COUNTRY: "country", By.EVENT: "event"}
SHARES: tuple[tuple[tuple[Says | None, ...], Any, str | None], ...] = (
    ((Says.FULFILLED,), lazy_pgettext("commitments", "Fulfilled"), "ok"),
    ((Says.IN_PROGRESS,), lazy_pgettext("commitments", "In progress"), ""),
    ((Says.PLANNING, Says.NOT_STARTED), lazy_pgettext("commitments", "Planning, or not started"), "soft"),
    ((Says.CHANGED,), lazy_pgettext("commitments", "Changed"), "warn"),
    ((Says.WITHDRAWN,), lazy_pgettext("commitments", "Taken back"), "stop"),
    ((None,), _l("No report yet"), None),
)
"""What makers say, as charts show it: in this order from the start, the last one without a colour."""
QUARTER = 4


def shares(says: Mapping[Says | None, int]) -> list[int]:
    """How many of each of SHARES."""
    return [sum(says.get(one, 0) for one in kinds) for kinds, _words, _kind in SHARES]


def parts(says: Mapping[Says | None, int]) -> list[dict[str, Any]]:
    """The shares as a bar draws them."""
    total = sum(says.values())
    return [
        {"percent": 100 * number / total, "kind": kind}
        for number, (_kinds, _words, kind) in zip(shares(says), SHARES, strict=True)
        if total and kind is not None
    ]


def legend() -> list[dict[str, Any]]:
    """What the colours mean; without one for no report."""
    return [{"label": words, "kind": "track" if kind is None else kind} for _kinds, words, kind in SHARES]


def figures(whole: Score) -> list[dict[str, Any]]:
    """The large numbers."""
    return [
        {"label": _("Commitments"), "value": _number(whole.total)},
        {"label": _("Response rate"), "value": percent(whole.rate)},
        {"label": _("Days to the first report, median"), "value": dash(whole.first_report)},
        {"label": lazy_pgettext("commitments", "Silent"), "value": _number(whole.silent)},
    ]


def rows(by: By, found: Sequence[Score], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of a scorecard."""
    return [
        {
            "label": name(by, one, titles),
            "url": _list_of(by, one.code) if one.code != OTHERS else None,
            "parts": parts(one.says),
            "numbers": [
                _number(one.total),
                _number(one.says.get(Says.FULFILLED, 0)),
                percent(one.rate),
                dash(one.first_report),
                _number(one.silent),
            ],
        }
        for one in found
    ]


def _list_of(by: By, code: str) -> str:
    filters: dict[str, Any] = {FILTERS[by]: code}
    return url_for("commitments.index", **filters)


def name(by: By, one: Score, titles: Mapping[str, str]) -> str:
    """What a row is called."""
    if one.code == OTHERS:
        said: str = ngettext("%(num)s smaller group", "%(num)s smaller groups", one.groups)
        return said
    if by is By.MAKER:
        return label("commitment_maker_type", one.code, g.lang)
    return country_name(one.code, g.lang) if by is By.COUNTRY else titles.get(one.code, one.code)


def columns(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Points as columns of shares; every second one is named, the last one always."""
    return [{"label": short, "parts": parts(one.says)} for one, short in zip(points, short_labels(points), strict=True)]


def short_labels(points: Sequence[Point]) -> list[str]:
    """Month and year in digits, for every second point."""
    last = len(points) - 1
    return [f"{one.day:%m/%y}" if (last - place) % 2 == 0 else "" for place, one in enumerate(points)]


def column_rows(points: Sequence[Point]) -> list[list[str]]:
    """The same as rows of a table."""
    return [[show_date(one.day, g.lang), *map(_number, shares(one.says))] for one in points]


def lines(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Promised, due and done as curves."""
    return [
        {"label": lazy_pgettext("commitments", "Promised"), "kind": "", "values": [one.promised for one in points]},
        {"label": lazy_pgettext("commitments", "Due"), "kind": "warn", "values": [one.due for one in points]},
        {"label": lazy_pgettext("commitments", "Fulfilled"), "kind": "ok", "values": [one.done for one in points]},
    ]


def line_rows(points: Sequence[Point]) -> list[list[str]]:
    """The same as rows of a table."""
    return [[show_date(one.day, g.lang), *map(_number, (one.promised, one.due, one.done))] for one in points]


def scale(points: Sequence[Point]) -> list[int]:
    """Four even steps up to a round number above the highest point."""
    highest = max((max(one.promised, one.due, one.done) for one in points), default=0)
    step = 1
    while step * QUARTER < highest:
        step = step * 2 if str(step)[0] in "15" else step * 5 // 2
    return [step * place for place in range(QUARTER + 1)]


def percent(number: int | None) -> str:
    """45%, or a dash."""
    return "–" if number is None else f"{_number(number)}%"


def dash(number: int | None) -> str:
    """A number, or a dash."""
    return "–" if number is None else _number(number)


def _number(number: int) -> str:
    return show_number(number, g.lang)

"""What differs between two states of a call's rules: the place of each value in words, what it was, what it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from eventhub.funding import call_shown
from eventhub.kit import codes
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, in_language

NAMES: dict[str, Any] = {
    "title": _l("Title"),
    "lead": _l("Lead"),
    "description": _l("Description"),
    "guide": _l("Guide"),
    "question": _l("Question"),
    "stops_on": _l("Stops when the answer is yes"),
    "reason": _l("Reason"),
    "help": _l("Hint"),
    "supports": _l("Support that can be asked for"),
    "vouching": _l("Who vouches"),
    "nominator": _l("A nominating organization"),
    "referees": _l("Number of referees"),
    "letter": _l("A letter"),
    "late_days": _l("Days for late letters"),
    "limits": _l("Limits"),
    "nominees_per_organisation": _l("Nominees of one organization"),
    "selected_per_organisation": _l("People chosen of one organization"),
    "months_between_grants": _l("Months between two grants"),
    "owed_report_blocks": _l("An owed report blocks"),
    "reviewing": _l("Reading files"),
    "rubric": _l("Rubric"),
    "weight": _l("Weight"),
    "anchors": _l("Points"),
    "points": _l("Points"),
    "text": _l("Text"),
    "readers": _l("Readers of each file"),
    "another_above": _l("Another reader above a spread of"),
    "masking": _l("Reviewers"),
    "board_masking": _l("Board"),
    "nationality_conflicts": _l("The same nationality is a conflict"),
    "ends_after_days": _l("Days for reading"),
    "costs": _l("Costs"),
    "lines": _l("What the fund pays for"),
    "fares": _l("Fare table"),
    "amount": _l("Amount"),
    "countries": _l("Countries"),
    "usual_fare": _l("Fare from anywhere else"),
    "dsa": _l("Daily allowance"),
    "dsa_days": _l("Days of allowance"),
    "terminal": _l("Terminal expenses"),
    "visa": _l("Visa fee"),
    "insurance": _l("Travel insurance"),
    "access_most": _l("Accessibility support, at most"),
    "companion_most": _l("Companion or childcare, at most"),
    "connectivity": _l("Connectivity grant"),
    "envelopes": _l("Envelopes"),
    "cells": _l("Only for"),
    "places": _l("Places"),
    "balance": _l("Balance rules"),
    "dimension": _l("Group"),
    "cell": _l("Group"),
    "bound": _l("At least or at most"),
    "value": _l("Number"),
    "unit": _l("People or per cent"),
    "ties": _l("Equal scores"),
    "board": _l("Board"),
    "members": _l("Members of the board"),
    "quorum": _l("Quorum"),
    "answer_days": _l("Days from the deadline to the answer"),
    "file_days": _l("Days to complete a file"),
    "accept_days": _l("Days to accept an offer"),
    "report_days": _l("Days to report after the journey"),
    "over_commit": _l("Offers may reach this share of an envelope"),
}
MONEY = frozenset(
    {"amount", "usual_fare", "dsa", "terminal", "visa", "insurance", "access_most", "companion_most", "connectivity"}
)
SILENT = frozenset({"id", "origin", "points"})
"""What names a thing in a list, and so stands in the place already."""
Path = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One value that differs. ``language``: of a text, else empty; None was not there, or is not any more."""

    place: str
    was: str | None
    now: str | None
    language: str = ""


def changes(old: Mapping[str, Any], new: Mapping[str, Any], *, currency: str, lang: str, original: str) -> list[Change]:
    """All that differs. Both are the rules as JSON with the call's words under their names (``title`` and so on)."""
    before, after = dict(_flat(old, ())), dict(_flat(new, ()))
    titles = _titles(old, lang, original) | _titles(new, lang, original)
    found = []
    for path in dict.fromkeys([*before, *after]):
        was, now = before.get(path), after.get(path)
        if was == now:
            continue
        language = path[-1] if path[-1] in LANGUAGES and len(path) > 1 else ""
        shown = [_value(path, one, currency, lang) for one in (was, now)]
        found.append(Change(_place(path, titles), shown[0], shown[1], language))
    return found


def _flat(data: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(data, Mapping):
        for name, value in data.items():
            if name not in SILENT:
                yield from _flat(value, (*path, name))
    elif isinstance(data, list) and data and isinstance(data[0], Mapping):
        for one in data:
            yield from _flat(one, (*path, str(one.get("id") or one.get("origin") or one.get("points"))))
    elif data not in (None, "", []):
        yield path, data


def _place(path: Path, titles: Mapping[str, str]) -> str:
    parts: list[str] = []
    for part in path:
        known = NAMES.get(part)
        name = AUTONYMS.get(part) or titles.get(part) or (str(known) if known else part.replace("_", " "))
        if not parts or parts[-1] != name:
            parts.append(name)
    return " · ".join(parts)


def _titles(data: Mapping[str, Any], lang: str, original: str) -> dict[str, str]:
    """What the things in lists are called, by id."""
    found = {}
    named = [*data.get("guide", []), *data.get("reviewing", {}).get("rubric", []), *data.get("envelopes", [])]
    for one in named:
        words = one.get("title") or one.get("question")
        found[str(one["id"])] = in_language(words, lang, original).text
    return found


def _value(path: Path, value: Any, currency: str, lang: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if path[-1] in MONEY and isinstance(value, int):
        return call_shown.show_money(value, currency, lang)
    listed = value if isinstance(value, list) else [value]
    return ", ".join(_coded(path[-1], str(one), lang) for one in listed)


def _coded(name: str, value: str, lang: str) -> str:
    words: dict[str, Mapping[Any, Any]] = {
        "supports": call_shown.SUPPORTS,
        "ties": call_shown.TIES,
        "masking": call_shown.MASKINGS,
        "board_masking": call_shown.MASKINGS,
        "dimension": call_shown.DIMENSIONS,
    }
    if name == "countries":
        return codes.country_name(value, lang)
    if name == "lines":
        return codes.label("fund_cost_line", value, lang)
    return str({str(key): word for key, word in words.get(name, {}).items()}.get(value, value))

"""The rows of a table that somebody brought: what each would become, and what is wrong in which cell.

Judged one by one before anything is written.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from eventhub.commitments import shown
from eventhub.commitments.capturing import Described, MadeBy, Words
from eventhub.commitments.models import Commitment, State
from eventhub.kit import codes
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.i18n import LANGUAGES
from eventhub.kit.money import AmountWrong, Money, MoneyError, currencies, parse_amount
from eventhub.kit.normal import plain
from eventhub.kit.text import ascii_email, multi_line, single_line
from eventhub.programme.models import Event

ISOLATED = "\u2066{}\u2069"
"""Days and symbols are read from left to right, also among Arabic words."""
A_DAY, ANOTHER_DAY = ISOLATED.format("2026-05-31"), ISOLATED.format("2028-12-31")
COLUMNS: dict[str, Any] = {
    "wording": _l("The exact words. Needed."),
    "makers": _l("Who made it, the one who leads and reports first. Needed."),
    "maker_types": _l("For each maker, in the same order: a code or its name in any of the six languages. Needed."),
    "maker_countries": _l("For each maker, in the same order: the country’s two letters; none for none"),
    "title": _l("Short title"),
    "language": _l("Code of the language of the words; empty: the event’s own"),
    "said_on": _l("Day on which it was said, such as %(day)s; empty: the event’s first day", day=A_DAY),
    "speaker": _l("Who spoke"),
    "start_on": _l("First day, such as %(day)s, or a year", day=A_DAY),
    "due_on": _l("Last day, such as %(day)s, or a year", day=ANOTHER_DAY),
    "amount": _l("An amount of money in digits"),
    "currency": _l("Currency by its three letters"),
    "beneficiaries": _l("Who benefits"),
    "type": _l("Kind of commitment: a code or its name"),
    "themes": _l("Themes: codes or names"),
    "groups": _l("Groups concerned: codes or names"),
    "sdgs": _l("Goals and targets of the Sustainable Development Goals, such as 4 or 4.5"),
    "countries": _l("Countries it is about, by their two letters"),
    "recommendations": _l(
        "Document symbol, a comma, the paragraph: %(example)s", example=ISOLATED.format("A/HRC/52/71, 65")
    ),
    "contact_email": _l("Mailbox of the maker, to confirm the words; never shown"),
}
"""What is read, under the same names as in the open data."""
NONE = "NONE"
NEEDED = ("wording", "makers", "maker_types")
WORDING, NAME, TITLE, MAKERS, ANSWERS = 4000, 200, 160, 4, 30
SDG = re.compile(r"(?:1[0-7]|[1-9])(?:\.(?:[1-9][0-9]?|[a-d]))?")
YEAR = re.compile(r"(?:20[0-9]{2}|2100)")
ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
BETWEEN = re.compile(r"\s*[|\n]\s*")
BETWEEN_CODES = re.compile(r"\s*[|;,،、，；\n]\s*")


class ColumnsMissing(DomainError):
    """The head does not name what is needed."""

    status = 422
    field = "file"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(_("The first row must name these columns: %(names)s", names=", ".join(names)))


@dataclass
class Judged:
    """One row. ``number`` as a spreadsheet counts; ``problems``: pairs of a column and what is wrong in it;
    ``doubts``: of a column and what somebody had better look at, though it is written.
    """

    number: int
    title: str
    makers: str
    problems: list[tuple[str, str]] = field(default_factory=list)
    words: Words | None = None
    described: Described | None = None
    language: str = ""
    said_on: date | None = None
    email: str | None = None
    doubts: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """All rows, and the columns that nobody reads."""

    rows: list[Judged]
    unread: list[str]

    @property
    def good(self) -> list[Judged]:
        """The rows that would be written."""
        return [one for one in self.rows if not one.problems]


def judge(event: Event, table: Sequence[Sequence[Any]], language: str) -> Verdict:
    """What a table would become at an event; ``language`` of the page, in which amounts are read. One statement.

    Raises ColumnsMissing.
    """
    head = [_name(cell) for cell in table[0]]
    missing = [name for name in NEEDED if name not in head]
    if missing:
        raise ColumnsMissing(missing)
    known, rows = _standing(event), []
    for number, cells in enumerate(table[1:], 2):
        values = {name: cell for name, cell in zip(head, cells, strict=False) if name in COLUMNS and cell}
        if values:
            one = _Reader(values, event, language, number).judged()
            _note_twin(one, known)
            rows.append(one)
    return Verdict(rows, [str(cell) for cell, name in zip(table[0], head, strict=True) if name and name not in COLUMNS])


def _name(cell: Any) -> str:
    return re.sub(r"[\s-]+", "_", cell.strip().lower()) if isinstance(cell, str) else ""


def _standing(event: Event) -> dict[tuple[str, str], str]:
    """What was written down at the event before: the reference by words and maker."""
    rows = select(Commitment).where(Commitment.event_id == event.id, Commitment.state != State.WITHDRAWN)
    rows = rows.options(joinedload(Commitment.words), selectinload(Commitment.makers))
    return {
        _key(one.words.wording, one.makers[0].name if one.makers else ""): one.reference
        for one in db.session.scalars(rows)
    }


def _note_twin(one: Judged, known: dict[tuple[str, str], str]) -> None:
    if one.words is None or one.described is None:
        return
    key = _key(one.words.wording, one.described.makers[0].name)
    if key in known:
        said = _("The same words of the same maker are there already: %(where)s", where=known[key])
        one.problems.append(("wording", said))
    else:
        known[key] = _("row %(number)s", number=one.number)


def _key(wording: str, maker: str) -> tuple[str, str]:
    """The same words of the same maker, whatever stands between them."""
    found = [" ".join(re.findall(r"\w+", plain(text))) for text in (wording, maker)]
    return found[0], found[1]


class _Reader:
    """One row while it is read: each part notes its own problem, so that all of them are told at once."""

    def __init__(self, values: Mapping[str, Any], event: Event, language: str, number: int) -> None:
        self.values, self.event, self.language, self.number = values, event, language, number
        self.problems: list[tuple[str, str]] = []
        for name, cell in values.items():
            if isinstance(cell, dict) and "formula" in cell:
                self.wrong(name, _("A formula is not taken: write what it comes to, as text"))

    def judged(self) -> Judged:
        """All of it."""
        wording = self.text("wording", most=WORDING, lines=True)
        title, speaker = self.text("title", most=TITLE), self.text("speaker")
        makers, language = self.makers(), self.spoken()
        start_on, due_on = self.day("start_on", end=False), self.day("due_on", end=True)
        if start_on and due_on and due_on < start_on:
            self.wrong("due_on", _("The last day is before the first one"))
        money = self.money()
        words = Words(
            *(wording, title, start_on, due_on),
            money.decimal if money else None,
            money.currency if money else None,
            self.text("beneficiaries"),
        )
        described = Described(
            makers=makers,
            kind=next(iter(self.coded("type", "commitment_type")), None),
            speaker=speaker,
            themes=self.coded("themes", "theme"),
            groups=self.coded("groups", "group_concerned"),
            sdgs=self.sdgs(),
            countries=self.countries(),
            recommendations=self.recommendations(),
        )
        email, said_on = self.email(), self.said_on()
        shown = title or (wording if len(wording) <= TITLE else wording[: TITLE - 1] + "…")
        one = Judged(self.number, shown, " · ".join(maker.name for maker in makers), self.problems)
        one.language, one.said_on, one.email = language, said_on, email
        if not self.problems:
            one.words, one.described = words, described
            one.doubts = self.doubts(said_on, due_on)
        return one

    def doubts(self, said_on: date | None, due_on: date | None) -> list[tuple[str, str]]:
        """Days that may be right and mostly are not."""
        found, said = [], said_on or self.event.first_day
        if said_on and said_on > now().date():
            found.append(("said_on", _("This day is still to come: today is written in its place.")))
        if due_on and due_on < min(said, now().date()):
            found.append(("due_on", str(shown.DUE_BEFORE)))
        return found

    def wrong(self, name: str, what: str) -> None:
        """Note what is wrong in a cell, once."""
        if name not in {known for known, _what in self.problems}:
            self.problems.append((name, what))

    def raw(self, name: str) -> str:
        """A cell as text; of a day its digits, nothing of a formula."""
        cell = self.values.get(name, "")
        return str(cell.get("day", "")) if isinstance(cell, dict) else str(cell)

    def text(self, name: str, *, most: int = NAME, lines: bool = False) -> str:
        """Words, cleaned as a form cleans them."""
        raw = self.raw(name)
        found = (multi_line(raw) if lines else single_line(raw)) or ""
        if not found and name in NEEDED:
            self.wrong(name, _("Something must stand here"))
        if len(found) > most:
            self.wrong(name, _("At most %(most)s signs", most=most))
        return found

    def parts(self, name: str, between: re.Pattern[str] = BETWEEN_CODES) -> list[str]:
        """What a cell holds, piece by piece, each once."""
        return [part for part in between.split(self.raw(name).strip()) if part]

    def makers(self) -> list[MadeBy]:
        """The makers with their kinds and countries."""
        names = [single_line(one) or "" for one in self.parts("makers", BETWEEN)]
        typed = self.parts("maker_types", BETWEEN)
        kinds = [_code_of("commitment_maker_type", one) for one in typed]
        places = self.parts("maker_countries", BETWEEN)
        if not names:
            self.wrong("makers", _("Something must stand here"))
        if len(names) > MAKERS or any(len(one) > NAME for one in names):
            self.wrong("makers", _("At most %(makers)s makers, and %(most)s signs each", makers=MAKERS, most=NAME))
        for unknown in (one for one, kind in zip(typed, kinds, strict=True) if kind is None):
            self.wrong("maker_types", _not_listed(unknown, "commitment_maker_type"))
        if len(kinds) != len(names):
            self.wrong("maker_types", _("Write a kind of maker for each maker, parted by |"))
        if places and len(places) != len(names):
            self.wrong("maker_countries", _("Write a country for each maker, parted by |, or nothing at all"))
        places = [one.upper() for one in places] or [NONE] * len(names)
        self.known_countries("maker_countries", [one for one in places if one != NONE])
        return [
            MadeBy(name, kind or "", None if place == NONE else place)
            for name, kind, place in zip(names, kinds, places, strict=False)
        ]

    def spoken(self) -> str:
        """The language of the words."""
        found = self.raw("language").strip().lower() or self.event.original_language
        if found not in LANGUAGES:
            self.wrong("language", _("Write one of these codes: %(codes)s", codes=", ".join(LANGUAGES)))
        return found

    def day(self, name: str, *, end: bool | None = None) -> date | None:
        """A day; a year alone, where ``end`` says which of its days is meant."""
        raw = self.raw(name).strip()
        if not raw:
            return None
        found = ISO_DAY.fullmatch(raw)
        try:
            if found:
                day = date(*map(int, found.groups()))
            elif end is not None and YEAR.fullmatch(raw):
                day = date(int(raw), 12, 31) if end else date(int(raw), 1, 1)
            else:
                raise ValueError  # noqa: TRY301, RUF100
        except ValueError:
            typed = ISOLATED.format(raw[:30])
            self.wrong(
                name, _("“%(typed)s” is no day. Write year, month and day: %(day)s", typed=typed, day=ANOTHER_DAY)
            )
            return None
        if not 2000 <= day.year <= 2100:
            self.wrong(name, _("Give a year from 2000 to 2100"))
        return day

    def said_on(self) -> date | None:
        """The day on which it was said, which is over."""
        return self.day("said_on")

    def money(self) -> Money | None:
        """An amount and its currency, both or none."""
        typed, currency = self.raw("amount").strip(), self.raw("currency").strip().upper()
        if not typed and not currency:
            return None
        if currency not in currencies():
            self.wrong("currency", _("Write the currency by its three letters, such as USD"))
            return None
        try:
            money = parse_amount(typed, currency, self.language)
        except (AmountWrong, MoneyError):
            money = None
        if money is None or money.minor == 0:
            self.wrong("amount", _("Write an amount, such as 120,000"))
        return money

    def coded(self, name: str, vocabulary: str) -> list[str]:
        """Codes of a list, by code or by name."""
        found = []
        for part in self.parts(name):
            code = _code_of(vocabulary, part)
            if code is None:
                self.wrong(name, _not_listed(part, vocabulary))
            elif code not in found:
                found.append(code)
        return found

    def sdgs(self) -> list[str]:
        """Goals and targets."""
        found = self.parts("sdgs")
        unknown = [one for one in found if not SDG.fullmatch(one)]
        if unknown:
            self.wrong("sdgs", _("%(code)s is no goal or target", code=unknown[0][:20]))
        return list(dict.fromkeys(found))

    def countries(self) -> list[str]:
        """Countries it is about."""
        found = [one.upper() for one in self.parts("countries")]
        self.known_countries("countries", found)
        return list(dict.fromkeys(found))

    def known_countries(self, name: str, found: Sequence[str]) -> None:
        """Note the first one that is none."""
        unknown = [one for one in found if not codes.is_country(one)]
        if unknown:
            self.wrong(name, _("There is no country with the code %(code)s", code=unknown[0][:20]))

    def recommendations(self) -> list[tuple[str, str]]:
        """Symbols with their paragraphs."""
        found = []
        for part in self.parts("recommendations", BETWEEN):
            symbol, _comma, paragraph = part.rpartition(",") if "," in part else (part, "", "")
            found.append((symbol.strip(), paragraph.strip()))
        if len(found) > ANSWERS or any(len(symbol) > 60 or len(paragraph) > 20 for symbol, paragraph in found):
            self.wrong("recommendations", _("Write the symbol, a comma and the paragraph, parted by |"))
        return found

    def email(self) -> str | None:
        """A mailbox, as it is kept."""
        raw = self.raw("contact_email").strip()
        if not raw:
            return None
        try:
            return ascii_email(raw)
        except ValueError:
            self.wrong("contact_email", _("Enter an email address like name@example.org"))
            return None


def _not_listed(typed: str, vocabulary: str) -> str:
    """What was typed, and all that may stand there."""
    known = ISOLATED.format(", ".join(sorted(codes.codes(vocabulary))))
    said: str = _("“%(typed)s” is not on the list: %(codes)s", typed=typed[:60], codes=known)
    return said


def _code_of(vocabulary: str, typed: str) -> str | None:
    return _names(vocabulary).get(plain(typed.replace("_", " ")))


@lru_cache(maxsize=8)
def _names(vocabulary: str) -> dict[str, str]:
    """Codes by themselves and by their names in six languages, made plain."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        found |= {plain(label): code for code, label in codes.choices(vocabulary, language)}
    return found | {plain(code.replace("_", " ")): code for code in codes.codes(vocabulary)}

"""The rules of a call as data: what is asked, weighed, paid and balanced. Frozen and hashed when the call opens.

Amounts are integers in minor units of the call's currency (cents), shares are per cent, texts are kept by language.
Nothing here knows a database or a request.
"""

import hashlib
import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from eventhub.kit.i18n import LANGUAGES

GUIDE_QUESTIONS = 6
"""So many questions at the most before anything else (FUNDING.md, a call)."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
"""A stable name that means nothing to people."""
Minor = Annotated[int, Field(ge=0, le=10**12)]
Percent = Annotated[int, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=0, le=10_000)]
Days = Annotated[int, Field(ge=0, le=366)]
Words = dict[str, str]
"""One text by language; the call's original language is always among them."""


class Part(BaseModel):
    """What every part of the rules is: immutable, and without fields that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Dimension(StrEnum):
    """By what the selected people are balanced. Whoever did not say counts in no cell (FUNDING.md, edge cases)."""

    REGION = "region"
    GENDER = "gender"
    AGE = "age"
    MINORITY = "minority"
    FIRST_TIME = "first_time"
    LANGUAGE = "language"
    COUNTRY = "country"
    DISABILITY = "disability"


OPEN_TRAITS = frozenset({Dimension.REGION, Dimension.FIRST_TIME, Dimension.LANGUAGE, Dimension.COUNTRY})
"""What a board may see of each file. All others are sealed, and only ever counted."""


AGE_BANDS = ((25, "under_25"), (35, "25_34"), (50, "35_49"), (65, "50_64"))
"""Cells of age in full years: below which year, and the name of the cell."""
OLDEST = "65_over"
"""From 65 on."""
AGE_CELLS = (*(name for _below, name in AGE_BANDS), OLDEST)


class Bound(StrEnum):
    """Which side of a balance rule."""

    LEAST = "least"
    MOST = "most"


class Unit(StrEnum):
    """Whether a balance rule counts people or is a share of those who are chosen."""

    PEOPLE = "people"
    PERCENT = "percent"


class TieRule(StrEnum):
    """What decides between files that the scores cannot tell apart."""

    FIRST_TIME = "first_time"
    UNDER_REPRESENTED = "under_represented"
    LOTTERY = "lottery"


class Support(StrEnum):
    """What an applicant asks for. Each is a variant of funding that the person would accept."""

    FULL = "full"
    PARTIAL = "partial"
    WOULD_COME = "would_come"


class CostLine(StrEnum):
    """What the fund pays for (the code list fund_cost_line)."""

    TICKET = "economy_return_ticket"
    DSA = "dsa"
    TERMINAL = "terminal_expenses"
    VISA = "visa_fee"
    INSURANCE = "travel_insurance"
    ACCESS = "accessibility_support"
    COMPANION = "childcare_or_companion"
    CONNECTIVITY = "data_or_connectivity_grant"


class Masking(StrEnum):
    """What reviewers and the board see of who somebody is."""

    MASKED = "masked"
    NAMED = "named"


class GuideQuestion(Part):
    """A question with two answers. ``stops_on``: which answer (True is yes) ends it, with ``reason`` said at once."""

    id: Name
    question: Words
    stops_on: bool
    reason: Words
    help: Words = {}


class Anchor(Part):
    """What a number of points means."""

    points: Annotated[int, Field(ge=0, le=10)]
    text: Words


class Criterion(Part):
    """One line of the rubric. The weights of a rubric add up to 100."""

    id: Name
    title: Words
    question: Words
    weight: Annotated[int, Field(ge=1, le=100)]
    anchors: Annotated[tuple[Anchor, ...], Field(min_length=2, max_length=6)]

    @model_validator(mode="after")
    def _rising(self) -> Self:
        points = [one.points for one in self.anchors]
        if points != sorted(set(points)) or points[0] != 0:
            raise ValueError("anchors rise from 0")
        return self


class Fare(Part):
    """What a return ticket costs from an origin: a country (ISO 3166-1 alpha-2), or a zone that lists countries."""

    origin: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$|^[a-z][a-z0-9_]{0,59}$")]
    amount: Minor
    countries: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")], ...] = ()


class Costs(Part):
    """What the cost of a journey is reckoned from, in minor units of the call's currency."""

    lines: tuple[CostLine, ...]
    fares: tuple[Fare, ...] = ()
    usual_fare: Minor = 0
    dsa: Minor = 0
    dsa_days: Days = 0
    terminal: Minor = 0
    visa: Minor = 0
    insurance: Minor = 0
    access_most: Minor = 0
    companion_most: Minor = 0
    connectivity: Minor = 0


class Envelope(Part):
    """A part of the money with an owner of its own. ``cells``: only people of these cells are paid from it."""

    id: Name
    title: Words
    amount: Minor
    cells: tuple[str, ...] = ()

    @property
    def is_telling(self) -> bool:
        """Whether it says something sealed of whoever is paid from it."""
        return any(not one.startswith(tuple(f"{open_one.value}:" for open_one in OPEN_TRAITS)) for one in self.cells)


class Balance(Part):
    """So many, or such a share, of the chosen are of a cell, at the least or at the most."""

    id: Name
    dimension: Dimension
    cell: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    bound: Bound
    value: Count
    unit: Unit = Unit.PEOPLE

    @property
    def key(self) -> str:
        """The cell as people carry it: ``gender:woman``."""
        return cell_key(self.dimension, self.cell)

    @model_validator(mode="after")
    def _a_share(self) -> Self:
        if self.unit is Unit.PERCENT and self.value > 100:
            raise ValueError("a share is 100 per cent at the most")
        return self


class Vouching(Part):
    """Who vouches for an applicant, by letter or by a press on a signed link; ``late_days``: a letter that comes so
    many days after the deadline is still taken, marked as late.
    """

    nominator: bool = False
    referees: Annotated[int, Field(ge=0, le=3)] = 0
    letter: bool = False
    late_days: Days = 7


class Reviewing(Part):
    """How files are read."""

    rubric: tuple[Criterion, ...]
    readers: Annotated[int, Field(ge=1, le=7)] = 3
    another_above: Annotated[int, Field(ge=1, le=100)] = 25
    masking: Masking = Masking.MASKED
    board_masking: Masking = Masking.NAMED
    nationality_conflicts: bool = False
    ends_after_days: Days = 21

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if sum(one.weight for one in self.rubric) != 100:
            raise ValueError("weights add up to 100")
        _distinct(one.id for one in self.rubric)
        return self


class Limits(Part):
    """Who is not considered, and how many of one organization."""

    nominees_per_organisation: Annotated[int, Field(ge=1, le=50)] | None = 2
    selected_per_organisation: Annotated[int, Field(ge=1, le=50)] | None = 1
    months_between_grants: Annotated[int, Field(ge=0, le=120)] = 24
    owed_report_blocks: bool = True


class Board(Part):
    """Who sits on the board, and how many must be present."""

    members: Annotated[int, Field(ge=1, le=30)] = 5
    quorum: Annotated[int, Field(ge=1, le=30)] = 3

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.quorum > self.members:
            raise ValueError("a quorum that the board cannot reach")
        return self


class Rules(Part):
    """All rules of a call. ``file_days``: to complete a file that has gaps; ``accept_days``: to accept an offer;
    ``report_days``: after the journey; ``answer_days``: from the deadline until everybody has the answer;
    ``over_commit``: per cent of an envelope that offers may reach together.
    """

    guide: Annotated[tuple[GuideQuestion, ...], Field(max_length=GUIDE_QUESTIONS)] = ()
    supports: Annotated[tuple[Support, ...], Field(min_length=1)] = (Support.FULL,)
    vouching: Vouching = Vouching()
    limits: Limits = Limits()
    reviewing: Reviewing
    costs: Costs
    envelopes: Annotated[tuple[Envelope, ...], Field(min_length=1, max_length=20)]
    places: Annotated[int, Field(ge=1, le=5_000)] | None = None
    balance: Annotated[tuple[Balance, ...], Field(max_length=40)] = ()
    ties: tuple[TieRule, ...] = (TieRule.FIRST_TIME, TieRule.UNDER_REPRESENTED, TieRule.LOTTERY)
    board: Board = Board()
    file_days: Annotated[int, Field(ge=1, le=30)] = 5
    accept_days: Annotated[int, Field(ge=1, le=60)] = 7
    report_days: Annotated[int, Field(ge=1, le=180)] = 30
    answer_days: Annotated[int, Field(ge=1, le=365)] | None = None
    over_commit: Annotated[int, Field(ge=100, le=200)] = 100

    @property
    def budget(self) -> int:
        """All envelopes together, in minor units."""
        return sum(one.amount for one in self.envelopes)

    @property
    def envelopes_tell(self) -> bool:
        """Whether to know from which envelope somebody is paid is to know something sealed. Then no page says it of
        one grant, nor what moves in one envelope while somebody looks.
        """
        return any(one.is_telling for one in self.envelopes)

    @model_validator(mode="after")
    def _names(self) -> Self:
        for named in (self.guide, self.envelopes, self.balance):
            _distinct(one.id for one in named)
        _distinct(self.ties)
        _distinct(self.supports)
        _distinct(self.costs.lines)
        if not self.ties or self.ties[-1] is not TieRule.LOTTERY:
            raise ValueError("the lottery decides in the end")
        return self


def cell_key(dimension: Dimension, cell: str) -> str:
    """A cell as people carry it: ``gender:woman``."""
    return f"{dimension.value}:{cell}"


def read(data: dict[str, Any]) -> Rules:
    """The rules from JSON. Raises pydantic's ValidationError, whose places name the field."""
    return Rules.model_validate_json(json.dumps(data))


def to_json(rules: Rules) -> dict[str, Any]:
    """The rules as JSON."""
    data: dict[str, Any] = rules.model_dump(mode="json")
    return data


def digest(rules: Rules) -> str:
    """The SHA-256 of the rules, whatever the order of their names: hexadecimal."""
    return _sha256(to_json(rules))


def whole_digest(rules: dict[str, Any], texts: dict[str, Words], version: str) -> str:
    """The SHA-256 of all that applicants can rely on, hexadecimal: the rules as JSON, the call's words, and the id of
    the version of the form. It stands on the public page.
    """
    return _sha256({"form": version, "rules": rules, "texts": texts})


def untranslated(rules: Rules, original: str) -> dict[str, list[str]]:
    """Texts that have no words in a language: place of the text to the languages. Without the original it is an error
    of its own: ``no_words``.
    """
    found = {}
    for place, words in _texts(rules):
        missing = [code for code in LANGUAGES if words.get(original) and not words.get(code)]
        if missing:
            found[place] = missing
    return found


def no_words(rules: Rules, original: str) -> list[str]:
    """Places of texts without words in the call's original language."""
    return [place for place, words in _texts(rules) if not words.get(original)]


def _texts(rules: Rules) -> Iterable[tuple[str, Words]]:
    for question in rules.guide:
        yield f"guide.{question.id}.question", question.question
        yield f"guide.{question.id}.reason", question.reason
    for criterion in rules.reviewing.rubric:
        yield f"rubric.{criterion.id}.title", criterion.title
        yield f"rubric.{criterion.id}.question", criterion.question
        for anchor in criterion.anchors:
            yield f"rubric.{criterion.id}.{anchor.points}", anchor.text
    for envelope in rules.envelopes:
        yield f"envelopes.{envelope.id}", envelope.title


def _sha256(data: Any) -> str:
    canonical = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _distinct(names: Iterable[str]) -> None:
    listed = list(names)
    if len(set(listed)) != len(listed):
        raise ValueError("named twice")

"""The demo's documents and texts: bodies in the languages that exist, and the file text made from them."""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")
TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True)
class DemoDocument:
    """One document of an event. `symbol` holds "{year}" where the event's year belongs, or is None."""

    key: str
    event: str
    symbol: str | None
    type: str
    title: dict[str, str]
    languages: tuple[str, ...]
    body: dict[str, str]


@dataclass(frozen=True)
class Recommendation:
    """A recommendation of a United Nations document, as printed there (English)."""

    document: str
    paragraph: int
    text: str


@dataclass(frozen=True)
class Activity:
    """An activity of the Action Plan to the Guidance Note, with its timeline and the recommendations it answers."""

    ref: str
    area: str
    title: str | None
    text: str
    guidance_note_recommendations: tuple[int, ...]
    start_year: int
    end_year: int


def documents() -> list[DemoDocument]:
    """All documents of the demo, in the order of a page."""
    return [
        DemoDocument(
            key=one["key"],
            event=one["event"],
            symbol=one["symbol"],
            type=one["type"],
            title=one["title"],
            languages=tuple(one["languages"]),
            body=one["body"] or {"en": MADE[one["key"]]()},
        )
        for one in text("documents")["documents"]
    ]


def recommendations() -> list[Recommendation]:
    """The recommendations of A/HRC/52/71, paragraphs 53-65."""
    return [Recommendation(**one) for one in text("recommendations")["recommendations"]]


def activities() -> list[Activity]:
    """The activities of the Action Plan to the Secretary-General's Guidance Note."""
    return [
        Activity(**{**one, "guidance_note_recommendations": tuple(one["guidance_note_recommendations"])})
        for one in text("recommendations")["action_plan"]["activities"]
    ]


def _recommended() -> str:
    paragraphs = [f"{one.paragraph}. {one.text}" for one in recommendations()]
    return "\n\n".join(["The text as the United Nations printed it.", *paragraphs])


def _planned() -> str:
    paragraphs, area = ["The text as the United Nations printed it."], ""
    for one in activities():
        if one.area != area:
            area = one.area
            paragraphs.append(area)
        years = str(one.start_year) if one.start_year == one.end_year else f"{one.start_year}–{one.end_year}"
        paragraphs.append(f"{one.ref}. {one.text} {years}.")
    return "\n\n".join(paragraphs)


MADE = {"recommendations_fifteenth": _recommended, "action_plan": _planned}
"""Documents whose text is made from its parts, in English alone."""


def symbol_for(document: DemoDocument, first_day: date) -> str | None:
    """The document's symbol in the year of its event, for instance A/HRC/FMI/2026/1."""
    return document.symbol.replace("{year}", str(first_day.year)) if document.symbol else None


def file_text(document: DemoDocument, language: str, first_day: date) -> str:
    """The whole text of one language version, as a plain-text file shows it; KeyError where it does not exist."""
    head = [line for line in (symbol_for(document, first_day), document.title[language]) if line]
    return "\n".join(head) + "\n\n" + document.body[language] + "\n"


def event_text(file: str, key: str) -> dict[str, Any]:
    """The texts of one planned event: PlannedEvent.texts names the file, PlannedEvent.key the event."""
    content = text(file)
    found: dict[str, Any] = content["events"][key] if "events" in content else content
    return found


@cache
def text(name: str) -> dict[str, Any]:
    """One file of texts/, read once; not to be changed by the reader."""
    read: dict[str, Any] = json.loads((TEXTS / f"{name}.json").read_text(encoding="utf-8"))
    return read

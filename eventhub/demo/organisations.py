"""Four hundred invented organisations, each named in its own language."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

WANTED = 400
HERE = Path(__file__).parent

# How often each kind stands in the list beside the missions, of which every country has one.
ROTA = (
    ("ngo", "none"),
    ("ngo", "special"),
    ("minority_organisation", "none"),
    ("ngo", "none"),
    ("nhri", "none"),
    ("ngo", "roster"),
    ("community_group", "none"),
    ("ngo", "none"),
    ("academic", "none"),
    ("ngo", "special"),
    ("state", "none"),
    ("minority_organisation", "none"),
    ("ngo", "pending"),
    ("un_entity", "none"),
    ("ngo", "general"),
)


@dataclass(frozen=True)
class DemoOrganisation:
    """One organisation; `kind`, `ecosoc` and `ganhri` are codes of the project's vocabularies."""

    name: str
    kind: str
    ecosoc: str
    ganhri: str
    country: str
    language: str


def organisations() -> list[DemoOrganisation]:
    """The 400 organisations, always the same and in the same order; a person points to one by its place here."""
    made: list[DemoOrganisation] = []
    taken: set[tuple[str, str]] = set()
    for one in _candidates():
        if (one.name, one.country) not in taken:
            taken.add((one.name, one.country))
            made.append(one)
        if len(made) == WANTED:
            return made
    raise ValueError("organisations.json holds too few names")


def _candidates() -> Iterator[DemoOrganisation]:
    book = _book()
    for one in book["featured"]:
        yield _organisation(one["name"], one["kind"], one["ecosoc"], one["country"], len(one["name"]))
    for place, (code, country) in enumerate(_countries().items()):
        mission = book["missions"].get(code) or f"Permanent Mission of {country['name']}"
        yield _organisation(mission, "permanent_mission", "none", code, place)
    for kind, named in book["others"].items():
        for place, (name, code) in enumerate(named):
            yield _organisation(name, kind, "none", code, place)
    for turn in range(40):
        for place, (code, country) in enumerate(_countries().items()):
            kind, ecosoc = ROTA[(place * 4 + turn * 7) % len(ROTA)]
            if kind == "un_entity":
                yield _organisation(book["un_entities"].format(of=country["name"]), kind, "none", code, place)
                continue
            pool = book["names"][book["language_by_country"].get(code, "en")][kind]
            yield _organisation(pool[(place + turn) % len(pool)], kind, ecosoc, code, place + turn)


def _organisation(name: str, kind: str, ecosoc: str, country: str, place: int) -> DemoOrganisation:
    ganhri = ("A", "A", "B", "none")[place % 4] if kind == "nhri" else "none"
    language = "en" if kind == "un_entity" else _book()["language_by_country"].get(country, "en")
    return DemoOrganisation(name, kind, ecosoc, ganhri, country, language)


@cache
def _book() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((HERE / "organisations.json").read_text(encoding="utf-8"))
    return read


@cache
def _countries() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((HERE / "names.json").read_text(encoding="utf-8"))["countries"]
    return read

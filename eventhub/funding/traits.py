"""The cells of balance that a person belongs to and nobody sees of one person: read from answers, sealed, counted.

Whoever did not say belongs to no cell: nothing is guessed (FUNDING.md, edge cases).
"""

import json
from collections.abc import Mapping
from datetime import date

from eventhub.funding.models import Application
from eventhub.funding.rules import AGE_BANDS, OLDEST, Dimension, cell_key
from eventhub.kit.sealed import Place, SealKey, open_sealed, place, seal

UNSAID = frozenset({"prefer_not_to_say", "undisclosed", "not_said"})
"""Answers that say nothing."""
YES = frozenset({"yes", "true"})
NO = frozenset({"no", "none", "false"})


def cells(answers: Mapping[str, object], on: date) -> list[str]:
    """The sealed cells that these answers say, such as ``gender:woman``; ``on`` is the day on which age counts."""
    found = []
    if (gender := said(answers.get("gender"))) is not None:
        found.append(cell_key(Dimension.GENDER, gender))
    if (age := band(answers.get("birth_date"), on)) is not None:
        found.append(cell_key(Dimension.AGE, age))
    basis = answers.get("minority_basis")
    for one in basis if isinstance(basis, list) else [basis]:
        if (kind := said(one)) is not None:
            found.append(cell_key(Dimension.MINORITY, kind))
    if (has := truth(answers.get("disability"))) is not None:
        found.append(cell_key(Dimension.DISABILITY, "yes" if has else "no"))
    return found


def said(value: object) -> str | None:
    """A choice that says something."""
    return value if isinstance(value, str) and value and len(value) <= 60 and value not in UNSAID else None


def truth(value: object) -> bool | None:
    """Yes or no, however the question asks for it; None where it was not said. Own words are a yes."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or not value.strip() or value in UNSAID:
        return None
    return value not in NO


def band(born: object, on: date) -> str | None:
    """The band of age of somebody who was born on an ISO date; None where that is no date, or lies ahead."""
    try:
        day = date.fromisoformat(born) if isinstance(born, str) else None
    except ValueError:
        return None
    if day is None or day > on:
        return None
    years = on.year - day.year - ((on.month, on.day) < (day.month, day.day))
    return next((name for below, name in AGE_BANDS if years < below), OLDEST)


def keep(application: Application, key: SealKey, found: list[str]) -> None:
    """Seal the cells with the person's key. Raises Unreadable when it was destroyed."""
    application.traits = seal(key, _place(application), json.dumps(found))


def opened(application: Application, key: SealKey) -> list[str]:
    """The cells, to be counted and never shown of one person. Raises Unreadable."""
    if application.traits is None:
        return []
    found: list[str] = json.loads(open_sealed(key, _place(application), application.traits))
    return found


def _place(application: Application) -> Place:
    return place("fund_application", "traits", application.id)

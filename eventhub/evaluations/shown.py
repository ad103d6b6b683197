"""Evaluations as pages show them."""

import uuid
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext, pgettext
from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload

from eventhub.evaluations import queries, results
from eventhub.evaluations.bands import Band
from eventhub.evaluations.models import Answer, Evaluation
from eventhub.evaluations.preset import PRESET, STEPS
from eventhub.evaluations.results import Result
from eventhub.kit.db import db
from eventhub.kit.i18n import direction, in_language, show_number
from eventhub.kit.small_numbers import shown as rounded
from eventhub.programme.models import Event, Publication

KINDS = {1: "stop", 2: "warn", 3: "soft", 4: "", 5: "ok"}
"""The colours of the steps in a bar; words and figures stand beside it."""


def title_of(event: Event, lang: str) -> str:
    """What the event is called."""
    return in_language(event.title, lang, event.original_language).text


def published(slug: str) -> tuple[Event, Evaluation | None]:
    """A public event, and its evaluation where anybody may read the summary. Raises NotFound."""
    rows = (
        select(Evaluation)
        .join(Event, Event.id == Evaluation.event_id)
        .where(Event.slug == slug, Event.publication == Publication.PUBLISHED, Evaluation.published_at.is_not(None))
        .options(joinedload(Evaluation.event))
    )
    found = db.session.scalar(rows)
    return (found.event, found) if found else (Event(), None)


def is_published(event_id: uuid.UUID) -> bool:
    """Whether anybody may read the summary of an event's evaluation."""
    return bool(
        db.session.scalar(select(exists().where(Evaluation.event_id == event_id, Evaluation.published_at.is_not(None))))
    )


def state(evaluation: Evaluation | None, event: Event, moment: datetime) -> tuple[str, str]:
    """Where it stands: words and the kind of a tag."""
    if evaluation is None:
        return pgettext("an evaluation", "Not set up"), "silent"
    if evaluation.closed_at is not None:
        return pgettext("an evaluation", "Closed"), "ok"
    if evaluation.opened_at is None:
        return (
            (pgettext("an evaluation", "Not opened"), "warn")
            if queries.is_over(evaluation, event, moment)
            else (pgettext("an evaluation", "Set up"), "new")
        )
    return (
        (pgettext("an evaluation", "Being counted"), "go")
        if queries.is_over(evaluation, event, moment)
        else (pgettext("an evaluation", "Open"), "go")
    )


def figures(evaluation: Evaluation, lang: str) -> list[dict[str, Any]]:
    """How many were asked and answered. While it is open only steps of five are told, so that nobody sees one come."""
    if evaluation.closed_at is not None:
        number, about = evaluation.answered, False
    else:
        number, about = rounded(evaluation.answered + queries.waiting_number(evaluation.id)) or 0, True
    share = show_number(results.rate(number, evaluation.asked), lang)
    said = show_number(number, lang)
    return [
        {"label": _("People asked"), "value": show_number(evaluation.asked, lang)},
        {"label": _("People who answered"), "value": _("at least %(number)s", number=said) if about else said},
        {"label": _("Response rate"), "value": _("at least %(share)s%%", share=share) if about else f"{share}%"},
    ]


def result(one: Result, lang: str) -> dict[str, Any]:
    """One question as a bar and a table, from the best step down. Shares are of what is told."""
    told = tuple(reversed(one.bands))
    whole = sum(band.at_least for band in told)
    rows = [
        {
            "label": steps_of(band),
            "kind": KINDS[(band.low + band.high) // 2],
            "percent": 100 * band.at_least / whole,
            "number": show_number(band.at_least, lang),
        }
        for band in told
    ]
    return {"code": one.question.code, "label": one.question.label, "rows": rows}


def steps_of(band: Band) -> str:
    """The words of the steps that a band joins."""
    return " · ".join(str(STEPS[step]) for step in range(band.high, band.low - 1, -1))


def quotes(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Answers in words that anybody may read."""
    found = results.words(evaluation)
    return [
        {"label": PRESET[code].label, "texts": [_text(one, one.shown) for one in rows if one.shown]}
        for code, rows in found.items()
        if any(one.shown for one in rows)
    ]


def texts(evaluation: Evaluation) -> list[dict[str, Any]]:
    """All answers in words, for those who keep the evaluation."""
    return [
        {
            "code": code,
            "label": PRESET[code].label,
            "number": ngettext("%(num)s answer", "%(num)s answers", len(rows)),
            "rows": [_text(one, one.text) | {"id": one.id, "tag": reading(one)} for one in rows],
        }
        for code, rows in results.words(evaluation).items()
    ]


def reading(one: Answer) -> tuple[str, str]:
    """Whether somebody looked for names in it."""
    if one.shown is None:
        return _("Not read for names yet"), "new"
    return (_("May be shown"), "ok") if one.shown else (_("For organizers alone"), "silent")


def _text(one: Answer, words: str | None) -> dict[str, Any]:
    language = one.language or "en"
    return {"text": words, "lang": language, "direction": direction(language)}

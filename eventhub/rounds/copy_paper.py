"""What was said behind a link as data for the printer, in one language. Only workers come here."""

from datetime import datetime
from typing import Any

from flask import g
from flask_babel import force_locale
from flask_babel import gettext as _

from eventhub.commitments import shown as commitments
from eventhub.kit.codes import label, language_name
from eventhub.kit.i18n import LOCALES, in_language, show_date
from eventhub.papers import queries as papers
from eventhub.papers import typeset
from eventhub.papers.typeset import Source
from eventhub.rounds import queries, shown
from eventhub.rounds.models import RoundCopy
from eventhub.rounds.queries import Asked, Behind


def gather(copy: RoundCopy, moment: datetime) -> dict[str, Any] | None:
    """What the printer is given. Inside a unit of work; None where nothing was said."""
    found, before = queries.behind_link(copy.link_id), getattr(g, "lang", "en")
    if found is None or not any(one.own for one in found.asked):
        return None
    g.lang = copy.language
    try:
        with force_locale(LOCALES[copy.language]):
            return _manuscript(found, moment)
    finally:
        g.lang = before


def make(data: dict[str, Any], at: datetime) -> bytes:
    """The file. No database is needed. Raises typeset.NotPrinted."""
    return typeset.pdf(Source.DONORS, data, at=at)


def _manuscript(found: Behind, moment: datetime) -> dict[str, Any]:
    lang, event = g.lang, found.round.event
    host = papers.setup_of(event.id).host
    return {
        "language": lang,
        "title": _("Copy of your answers"),
        "heading": _("Copy of your answers"),
        "event": shown.event_of(found.round, lang),
        "house": in_language(host, lang, event.original_language).text or _("Secretariat"),
        "date": show_date(moment.date(), lang),
        "footer": shown.event_of(found.round, lang),
        "sections": [_section(one, lang) for one in found.asked if one.own is not None],
    }


def _section(one: Asked, lang: str) -> dict[str, Any]:
    said, words = one.own, one.commitment.words
    assert said is not None  # noqa: S101 (chosen so)
    rows = [
        (_("Your reference"), one.commitment.reference, True),
        (_("Made by"), commitments.made_by(one.commitment), False),
        (_("By when?"), show_date(words.due_on, lang) if words.due_on else "—", False),
        (_("Where does it stand now?"), shown.says(said, lang), False),
        (_("Answered on"), show_date(said.answered_at.date(), lang), False),
    ]
    if said.obstacles:
        named = " · ".join(label("barriers", code, lang) for code in said.obstacles)
        rows.append((_("What stood in the way?"), named, False))
    if said.hindrance:
        rows.append((_("More about what stood in the way"), said.hindrance, False))
    if said.text:
        rows.append((_("What has happened?"), said.text, False))
        rows.append((_("Language you write in"), language_name(said.language, lang), False))
    return {
        "title": commitments.titled(one.commitment).title,
        "parts": [
            {"kind": "facts", "rows": [{"label": name, "value": value, "code": code} for name, value, code in rows]}
        ],
    }

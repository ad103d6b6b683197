"""What anybody may take along: public events, sessions and documents as rows with stable names.

Nothing here is about a person: panellists, links to join and whoever changed something stay out.
"""

from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from eventhub.kit.i18n import LANGUAGES
from eventhub.programme.models import Document, Event, Session
from eventhub.programme.queries import current_versions, local

EVENT_FIELDS = {
    "code": _l("Short code of the event; it never changes"),
    "url": _l("Address of the event’s page"),
    "series": _l("Short name of the series"),
    "kind": _l("forum, regional_forum, dialogue, seminar, training or knowledge_exchange"),
    "mode": _l("in_person, hybrid or online"),
    "status": _l("published or cancelled"),
    "first_day": _l("First day, where the event takes place (ISO 8601)"),
    "last_day": _l("Last day, where the event takes place (ISO 8601)"),
    "time_zone": _l("Time zone by its IANA name"),
    "country": _l("Country by its ISO 3166-1 code; empty for online events"),
    "interpretation": _l("Codes of the languages interpreted"),
    "title": _l("Title by language"),
    "lead": _l("One or two sentences by language"),
    "city": _l("City by language"),
    "venue": _l("Venue by language"),
}
SESSION_FIELDS = {
    "id": _l("Identifier of the session; it never changes"),
    "url": _l("Address of the session’s page"),
    "kind": _l("plenary, panel, side_event, briefing or break"),
    "status": _l("published or cancelled"),
    "starts_at": _l("Begin with its offset from UTC (ISO 8601)"),
    "ends_at": _l("End with its offset from UTC (ISO 8601)"),
    "room": _l("Room by language"),
    "interpretation": _l("Codes of the languages interpreted"),
    "access_services": _l("Codes of sign language and captioning"),
    "places": _l("How many can choose the session; empty for no limit"),
    "for_categories": _l("Codes of the categories of participants it is for; empty for everybody"),
    "title": _l("Title by language"),
    "summary": _l("One or two sentences by language"),
}
DOCUMENT_FIELDS = {
    "id": _l("Identifier of the document; it never changes"),
    "event": _l("Short code of the event"),
    "symbol": _l("United Nations document symbol, if it has one"),
    "type": _l("Type of the document, for instance concept_note"),
    "title": _l("Title by language"),
    "files": _l("Address, format and size in bytes of each language’s file"),
}
IN_LANGUAGES = ("title", "lead", "city", "venue")
CSV_HEADER = [
    column
    for name in EVENT_FIELDS
    for column in ([f"{name}_{language}" for language in LANGUAGES] if name in IN_LANGUAGES else [name])
]

Address = Callable[..., str]


def event_row(event: Event, address: Address) -> dict[str, Any]:
    """An event under the names of EVENT_FIELDS."""
    return {
        "code": event.code,
        "url": address("programme.event", slug=event.slug),
        "series": event.series.slug,
        "kind": event.kind.value,
        "mode": event.mode.value,
        "status": event.publication.value,
        "first_day": event.first_day.isoformat(),
        "last_day": event.last_day.isoformat(),
        "time_zone": event.time_zone,
        "country": event.country,
        "interpretation": event.interpretation,
        "title": _filled(event.title),
        "lead": _filled(event.lead),
        "city": _filled(event.city),
        "venue": _filled(event.venue),
    }


def session_row(session: Session, event: Event, address: Address) -> dict[str, Any]:
    """A session under the names of SESSION_FIELDS."""
    return {
        "id": str(session.id),
        "url": address("programme.session", slug=event.slug, session_id=session.id),
        "kind": session.kind.value,
        "status": session.publication.value,
        "starts_at": local(session.starts_at, session.time_zone).isoformat(timespec="minutes"),
        "ends_at": local(session.ends_at, session.time_zone).isoformat(timespec="minutes"),
        "room": _filled(session.room.name) if session.room else {},
        "interpretation": session.interpretation,
        "access_services": session.access_services,
        "places": session.places,
        "for_categories": session.for_categories,
        "title": _filled(session.title),
        "summary": _filled(session.summary),
    }


def document_row(document: Document, event: Event, address: Address) -> dict[str, Any]:
    """A document under the names of DOCUMENT_FIELDS."""
    files = {
        language: {
            "url": address("programme.document_file", version_id=version.id),
            "format": version.file.media_type,
            "bytes": version.file.size,
        }
        for language, version in sorted(current_versions(document).items())
    }
    return {
        "id": str(document.id),
        "event": event.code,
        "symbol": document.symbol,
        "type": document.kind,
        "title": _filled(document.title),
        "files": files,
    }


def csv_row(row: dict[str, Any]) -> Sequence[object]:
    """An event's row as the cells of CSV_HEADER."""
    cells: list[object] = []
    for name, value in row.items():
        if name in IN_LANGUAGES:
            cells += [value.get(language, "") for language in LANGUAGES]
        else:
            cells.append(" ".join(value) if isinstance(value, list) else value)
    return cells


def _filled(texts: dict[str, str]) -> dict[str, str]:
    return {language: texts[language] for language in LANGUAGES if texts.get(language)}

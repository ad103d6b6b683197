"""For machines: the front door, robots, the site map, and open data. One address for all languages."""

import json
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, current_app, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from eventhub.kit.access import public
from eventhub.kit.config import Settings
from eventhub.kit.exports import csv_chunks
from eventhub.kit.i18n import LANGUAGES
from eventhub.kit.pages import kept_page
from eventhub.kit.panels import panels
from eventhub.kit.web import best_language
from eventhub.programme import queries
from eventhub.programme.footer_pages import NAMES
from eventhub.programme.models import Event
from eventhub.programme.open_data import CSV_HEADER, csv_row, document_row, event_row, session_row

bp = Blueprint("programme_api", __name__)

JSON_TYPE = "application/json; charset=utf-8"


@bp.get("/")
@public
def front() -> ResponseReturnValue:
    """The home page in the language the reader's browser asks for."""
    response = redirect(url_for("programme.home", lang=best_language()), 302)
    response.headers["Vary"] = "Accept-Language"
    return response


@bp.get("/robots.txt")
@public
@kept_page()
def robots() -> ResponseReturnValue:
    """Everything public may be read; what asks the database anew for each address is left out."""
    lines = ["User-agent: *", *(f"Disallow: /{language}/search" for language in LANGUAGES)]
    return Response("\n".join([*lines, f"Sitemap: {_origin()}/sitemap.xml", ""]), content_type="text/plain")


@bp.get("/sitemap.xml")
@public
@kept_page("programme", "funding")
def sitemap() -> ResponseReturnValue:
    """Every public page in six languages, each naming the other five."""
    pages = [{code: _address(endpoint, lang=code, **values) for code in LANGUAGES} for endpoint, values in _pages()]
    return Response(render_template("programme/sitemap.xml", pages=pages), content_type="application/xml")


@bp.get("/open-data/events.json")
@public
@kept_page("programme")
def events_json() -> ResponseReturnValue:
    """All public events with their sessions."""
    events = [
        event_row(event, _address) | {"sessions": [session_row(session, event, _address) for session in event.sessions]}
        for event in queries.public_programmes()
    ]
    return _json({"events": events})


@bp.get("/open-data/events.csv")
@public
@kept_page("programme")
def events_csv() -> ResponseReturnValue:
    """All public events, one a line, a column for each language of a text."""
    rows = [csv_row(event_row(event, _address)) for event in queries.public_events()]
    return Response(b"".join(csv_chunks(rows, CSV_HEADER)), content_type="text/csv; charset=utf-8")


@bp.get("/open-data/documents.json")
@public
@kept_page("programme")
def documents_json() -> ResponseReturnValue:
    """All published documents with their files."""
    found = [
        document_row(document, event, _address) for event in queries.public_programmes() for document in event.documents
    ]
    return _json({"documents": found})


@bp.after_request
def open_to_all(response: Response) -> Response:
    """Pages of other sites may read open data: it is the same for everybody."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _pages() -> Iterator[tuple[str, dict[str, Any]]]:
    events = queries.public_programmes()
    yield from ((f"programme.{name}", {}) for name in ("home", "forums", "dialogues"))
    yield from (("programme.series", {"slug": slug}) for slug in sorted({event.series.slug for event in events}))
    for event in events:
        yield from _event_pages(event)
    yield from (("programme.page", {"name": name}) for name in NAMES)
    for panel in panels("sitemap.pages"):
        yield from panel.context["pages"]


def _event_pages(event: Event) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "programme.event", {"slug": event.slug}
    if event.documents:
        yield "programme.documents", {"slug": event.slug}
    for session in event.sessions:
        yield "programme.session", {"slug": event.slug, "session_id": session.id}


def _json(content: dict[str, Any]) -> Response:
    return Response(json.dumps(content, ensure_ascii=False, indent=1) + "\n", content_type=JSON_TYPE)


def _address(endpoint: str, **values: Any) -> str:
    g.setdefault("lang", "en")
    return _origin() + url_for(endpoint, **{"lang": "en"} | values)


def _origin() -> str:
    settings: Settings = current_app.extensions["eventhub.settings"]
    return settings.origin

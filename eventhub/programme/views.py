"""The public pages of the programme: the same for everybody, kept in memory, without a session.

Places for features further up: ``event.aside`` and ``event.top`` (thing: the Event); ``session.actions`` (the Session);
``home.hero`` (the Event; its template stands among the buttons and may be "", its context may hold ``eyebrow`` and
``facts``); ``home.below`` (the Event or None, under the opening); ``event.tags`` (a list of Events; no template, the
context's ``tags`` maps ids to pairs label, kind).
"""

import uuid
from collections.abc import Collection
from contextlib import suppress
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from eventhub.kit.access import public
from eventhub.kit.clock import now
from eventhub.kit.codes import choices, codes
from eventhub.kit.config import Settings
from eventhub.kit.files import attachment
from eventhub.kit.i18n import LANGUAGES
from eventhub.kit.pages import changes_at, kept_page
from eventhub.kit.paging import page_number, pager
from eventhub.kit.panels import panels
from eventhub.programme import queries, search, shown
from eventhub.programme.footer_pages import NAMES, footer_page
from eventhub.programme.models import Document, DocumentVersion, Event, EventKind, Publication, Series, Session
from eventhub.programme.open_data import DOCUMENT_FIELDS, EVENT_FIELDS, SESSION_FIELDS
from eventhub.programme.timetable import timetable

bp = Blueprint("programme", __name__)

PAST_PER_PAGE = 20
ON_HOME = 6
KIND_LABELS = {"event": _l("Event"), "session": _l("Session"), "document": _l("Document")}
KIND_CHOICES = {"event": _l("Events"), "session": _l("Sessions"), "document": _l("Documents")}


@bp.app_context_processor
def public_words() -> dict[str, Any]:
    """What the templates of this feature call."""
    return {"words": _words, "prose": _prose, "shown": shown}


@bp.get("/")
@public
@kept_page("programme")
def home() -> ResponseReturnValue:
    """The next forum, regional forums, the dialogues to come."""
    moment = now()
    coming = queries.listed(queries.public_events(), moment).coming
    _changes_with(coming)
    forum = _next_forum(coming)
    regional = [event for event in coming if event.kind is EventKind.REGIONAL_FORUM][:4]
    dialogues = [event for event in coming if event.kind in queries.DIALOGUES][:ON_HOME]
    return render_template(
        "programme/home.html",
        scripts=["local-time.js"],
        forum=forum,
        hero=_hero(forum) if forum else None,
        regional=regional,
        dialogues=dialogues,
        sittings=_sittings(dialogues),
        tags=_tags([*regional, *dialogues], moment),
        beside=panels("home.below", forum),
    )


@bp.get("/forums")
@public
@kept_page("programme")
def forums() -> ResponseReturnValue:
    """All forums, world-wide and regional."""
    return _list("forums", queries.public_events(queries.FORUMS))


@bp.get("/dialogues")
@public
@kept_page("programme")
def dialogues() -> ResponseReturnValue:
    """Dialogues, seminars, trainings and exchanges."""
    return _list("dialogues", queries.public_events(queries.DIALOGUES))


@bp.get("/series/<slug>")
@public
@kept_page("programme")
def series(slug: str) -> ResponseReturnValue:
    """One series with all its events."""
    found, events = queries.public_series(slug)
    g.section = section_of(events[0])
    return _list("series", events, series=found)


@bp.get("/events/<slug>")
@public
@kept_page("programme", "places", "commitments")
def event(slug: str) -> ResponseReturnValue:
    """An event: what it is about, its programme by day, its documents."""
    found = queries.public_event(slug)
    _changes_with([found])
    g.section = section_of(found)
    return render_template(
        "programme/event.html",
        scripts=["local-time.js"],
        event=found,
        tag=_tags([found], now()).get(found.id) if found.publication is Publication.CANCELLED else None,
        days=shown.days(found, g.lang, _session_url, lambda session: panels("session.actions", session)),
        offset=shown.offset(found.sessions[0]) if found.sessions else None,
        papers=shown.papers(found.documents, g.lang, _file_url),
        top=panels("event.top", found),
        beside=panels("event.aside", found),
    )


@bp.get("/events/<slug>/week")
@public
@kept_page("programme")
def week(slug: str) -> ResponseReturnValue:
    """The same programme as a grid: a week, or one day."""
    found = queries.public_timetable(slug)
    g.section = section_of(found)

    def to(day: date, one_day: bool) -> str:
        return url_for("programme.week", slug=slug, day=day.isoformat(), view="day" if one_day else None)

    one_day = request.args.get("view") == "day"
    # Before it begins, the event's own days are looked for, and not the one that prepares them.
    wished = _wished_day() or (found.first_day if now().date() < found.first_day else None)
    table = timetable(found, g.lang, wished=wished, one_day=one_day, moment=now(), to=to, url=_session_url)
    changes_at(table.changes_at if table else None)
    return render_template("programme/week.html", event=found, table=table)


@bp.get("/events/<slug>/sessions/<uuid:session_id>")
@public
@kept_page("programme", "places")
def session(slug: str, session_id: uuid.UUID) -> ResponseReturnValue:
    """One sitting with its agenda items, panel, languages and services."""
    found = queries.public_session(slug, session_id)
    g.section = section_of(found.event)
    cancelled = Publication.CANCELLED in {found.publication, found.event.publication}
    return render_template(
        "programme/session.html",
        scripts=["local-time.js"],
        session=found,
        event=found.event,
        cancelled=cancelled,
        entry=shown.entry(found, found.event, g.lang, _session_url, lambda _: []),
        actions=[] if cancelled else panels("session.actions", found),
    )


@bp.get("/events/<slug>/documents")
@public
@kept_page("programme")
def documents(slug: str) -> ResponseReturnValue:
    """All documents of an event, by type and language."""
    found = queries.public_documents(slug)
    g.section = section_of(found)
    kind = _one_of("type", codes("document_type"))
    language = _one_of("language", LANGUAGES)
    chosen = [document for document in found.documents if _fits(document, kind, language)]
    kinds = {document.kind for document in found.documents}
    return render_template(
        "programme/documents.html",
        event=found,
        papers=shown.papers(chosen, g.lang, _file_url, file_language=language),
        total=len(found.documents),
        kind=kind,
        language=language,
        kinds=[(code, label) for code, label in choices("document_type", g.lang) if code in kinds],
        languages_of_files=[code for code in LANGUAGES if _has(found, code)],
    )


@bp.get("/documents/<uuid:version_id>")
@public
def document_file(version_id: uuid.UUID) -> Response:
    """The file of one language of a published document, to be saved."""
    return attachment(queries.public_version(version_id).file)


# Not kept: what people look for stays in no memory, and no proxy's either.
@bp.get("/search", endpoint="search")
@public
def find() -> ResponseReturnValue:
    """Search of events, sessions and documents. What was asked is in no log."""
    question = search.clean(request.args.get("q", ""))
    kind = _one_of("kind", search.KINDS)
    found = search.search(question, g.lang, (kind,) if kind else search.KINDS, page_number())
    return render_template(
        "programme/search.html",
        question=question,
        kind=kind,
        kinds=KIND_CHOICES,
        labels=KIND_LABELS,
        found=found,
        hits=[(hit, _hit_url(hit)) for hit in found.hits],
        pager=_pager(found.page, found.total, search.PER_PAGE, q=question, kind=kind),
        above=panels("search.above", question) if question and not kind and found.page == 1 else [],
    )


@bp.get(f"/about/<any({', '.join(repr(name) for name in NAMES)}):name>")
@public
@kept_page("programme")
def page(name: str) -> ResponseReturnValue:
    """Accessibility, safety, help, open data."""
    return render_template(
        "programme/page.html",
        page=footer_page(name, g.lang, _settings().contact_email),
        name=name,
        fields={"events": EVENT_FIELDS, "sessions": SESSION_FIELDS, "documents": DOCUMENT_FIELDS},
        more=panels("open_data.fields") if name == "open-data" else [],
    )


def _settings() -> Settings:
    settings: Settings = current_app.extensions["eventhub.settings"]
    return settings


def section_of(event: Event) -> str:
    """Which entry of the navigation an event belongs to."""
    return "forums" if event.kind in queries.FORUMS else "dialogues"


def _list(section: str, events: list[Event], *, series: Series | None = None) -> str:
    moment = now()
    g.section = g.get("section") or section
    listed = queries.listed(events, moment)
    _changes_with(listed.coming)
    pages = max(1, -(-len(listed.past) // PAST_PER_PAGE))
    number = min(page_number(), pages)
    past = listed.past[(number - 1) * PAST_PER_PAGE : number * PAST_PER_PAGE]
    return render_template(
        "programme/list.html",
        section=section,
        series=series,
        coming=listed.coming,
        past=past,
        tags=_tags([*listed.coming, *past], moment),
        sittings=_sittings([event for event in listed.coming if event.first_day == event.last_day]),
        pager=_pager(number, len(listed.past), PAST_PER_PAGE, slug=series.slug if series else None),
    )


def _next_forum(coming: list[Event]) -> Event | None:
    """The Forum itself; a regional one where no other is announced. A cancelled one only if nothing else is there."""
    forums = [event for event in coming if event.kind in queries.FORUMS]
    order = sorted(forums, key=lambda one: (one.publication is Publication.CANCELLED, one.kind is not EventKind.FORUM))
    return order[0] if order else None


def _hero(forum: Event) -> dict[str, Any]:
    found = panels("home.hero", forum) if forum.publication is Publication.PUBLISHED else []
    facts = [fact for panel in found for fact in panel.context.get("facts", [])]
    eyebrow = next((panel.context["eyebrow"] for panel in found if panel.context.get("eyebrow")), None)
    return {"facts": facts, "eyebrow": eyebrow, "panels": [panel for panel in found if panel.template]}


def _tags(events: Collection[Event], moment: datetime) -> dict[uuid.UUID, shown.Tag]:
    given: dict[uuid.UUID, shown.Tag] = {}
    for panel in panels("event.tags", list(events)) if events else []:
        given |= panel.context["tags"]
    found = {event.id: shown.status(event, moment, given) for event in events}
    return {event_id: tag for event_id, tag in found.items() if tag}


def _sittings(events: Collection[Event]) -> dict[uuid.UUID, Any]:
    first = queries.first_sessions(events)
    return {event.id: shown.sitting(first[event.id], event, g.lang) for event in events if event.id in first}


def _changes_with(events: Collection[Event]) -> None:
    """Pages read otherwise once an event has begun and once it is over."""
    for event in events:
        changes_at(datetime.combine(event.first_day, time(), ZoneInfo(event.time_zone)))
        changes_at(queries.ends(event))


def _wished_day() -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(request.args.get("day", ""))
    return None


def _has(event: Event, language: str) -> bool:
    return any(language in queries.current_versions(document) for document in event.documents)


def _fits(document: Document, kind: str | None, language: str | None) -> bool:
    return kind in {None, document.kind} and (language is None or language in queries.current_versions(document))


def _one_of(name: str, allowed: Collection[str]) -> str | None:
    value = request.args.get(name, "")
    return value if value in allowed else None


def _pager(number: int, total: int, size: int, **values: Any) -> dict[str, Any] | None:
    if total <= size:
        return None
    values = {name: value for name, value in values.items() if value is not None}

    def at(page: int) -> str:
        return url_for(request.endpoint or "", page=page if page > 1 else None, **values)

    return pager(at, page=number, size=size, total=total)


def _session_url(session: Session) -> str:
    values = dict(request.view_args or {})
    return url_for("programme.session", slug=values["slug"], session_id=session.id)


def _file_url(version: DocumentVersion) -> str:
    return url_for("programme.document_file", version_id=version.id)


def _hit_url(hit: search.Hit) -> str:
    slug = hit.event.slug
    if hit.kind == "session":
        return url_for("programme.session", slug=slug, session_id=hit.object_id)
    if hit.kind == "document":
        return url_for("programme.documents", slug=slug, _anchor=f"d-{hit.object_id}")
    return url_for("programme.event", slug=slug)


def _words(thing: Event | Series, name: str) -> Any:
    return shown.words(getattr(thing, name), thing.original_language, g.lang)


def _prose(thing: Event, name: str) -> Any:
    return shown.prose(getattr(thing, name), thing.original_language, g.lang)

"""The demo's series, events, sessions and documents, dated relative to today."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from eventhub.demo import documents as papers
from eventhub.demo.docx import document as docx
from eventhub.demo.plan import EVENTS, PlannedEvent, first_day, wall_time
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db
from eventhub.kit.file_types import DOCUMENTS
from eventhub.kit.files import store
from eventhub.programme.models import (
    AgendaItem,
    Document,
    DocumentVersion,
    Event,
    EventKind,
    Mode,
    Panellist,
    Publication,
    Room,
    Series,
    Session,
    SessionKind,
)

KINDS = {
    "opening": SessionKind.PLENARY,
    "closing": SessionKind.PLENARY,
    "discussion": SessionKind.PLENARY,
    "side_event": SessionKind.SIDE_EVENT,
    "dialogue": SessionKind.PANEL,
    "training": SessionKind.BRIEFING,
    "seminar": SessionKind.PANEL,
}
CODES = {
    "forum_this_year": "FMI19",
    "forum_last_year": "FMI18",
    "regional_asia_pacific": "RAP",
    "regional_africa_middle_east": "RAM",
    "regional_europe_central_asia": "REC",
    "regional_americas": "RAMS",
    "languages_online": "DLO",
    "fair_work": "DFW",
    "birth_registration": "DBR",
    "policing_trust": "DPT",
    "speaking_at_the_forum": "TSF",
    "equality_data": "SED",
}
BREAK: Texts = {
    "ar": "استراحة",
    "zh": "休息",
    "en": "Break",
    "fr": "Pause",
    "ru": "Перерыв",
    "es": "Pausa",
}
GENEVA: Texts = {"ar": "جنيف", "zh": "日内瓦", "en": "Geneva", "fr": "Genève", "ru": "Женева", "es": "Ginebra"}
JOIN = "https://rooms.example.org/"
DIAL_IN = "+41 22 555 01 00\n998 877 665#"


def make_programme(today: date) -> dict[str, Event]:
    """Everything of the programme, by the plan's keys; cheap to call in an empty database only."""
    series = {key: _series(key, texts) for key, texts in papers.text("series").items()}
    db.session.add_all(series.values())
    db.session.flush()
    events = {plan.key: _event(plan, series[plan.series], today) for plan in EVENTS}
    for plan in EVENTS:
        if plan.copied_from:
            events[plan.key].copied_from_id = events[plan.copied_from].id
    for paper in papers.documents():
        _document(paper, events[paper.event])
    db.session.flush()
    return events


def _series(key: str, texts: dict[str, Any]) -> Series:
    return Series(id=uuid.uuid4(), slug=key.replace("_", "-"), title=texts["title"], summary=texts["lead"])


def _event(plan: PlannedEvent, series: Series, today: date) -> Event:
    texts = papers.event_text(plan.texts, plan.key)
    start = first_day(plan, today)
    venue = texts["venue"] or {}
    event = Event(
        id=uuid.uuid4(),
        series_id=series.id,
        slug=f"{plan.key.replace('_', '-')}-{start.year}",
        code=CODES[plan.key],
        kind=EventKind(plan.kind),
        mode=Mode(plan.mode),
        publication=Publication(plan.status),
        title=texts["title"],
        lead=texts["lead"],
        description=texts["description"],
        practical=texts["practical"],
        access_services=texts["access"],
        city=venue.get("city") or (GENEVA if plan.kind == "dialogue" else {}),
        venue=venue.get("name", {}),
        country=plan.country,
        time_zone=plan.zone,
        first_day=start,
        last_day=start + timedelta(days=plan.days - 1),
        interpretation=["ar", "zh", "en", "fr", "ru", "es"],
        created_at=now() - timedelta(days=max(100, 40 - plan.offset_days)),
    )
    db.session.add(event)
    db.session.flush()
    _sessions(plan, event, texts, today)
    return event


def _sessions(plan: PlannedEvent, event: Event, texts: dict[str, Any], today: date) -> None:
    rooms = _rooms(event, texts)
    items = {item["number"]: item["title"] for item in texts["agenda_items"]}
    ends: dict[int, str] = {}
    for source in texts["sessions"]:
        _break_before(plan, event, source, ends, today)
        ends[source["day"]] = max(source["ends"], ends.get(source["day"], ""))
        session = _session(plan, event, source["day"], source["starts"], source["ends"], today)
        session.kind = KINDS[source["kind"]]
        session.title, session.summary = source["title"], source["summary"]
        session.description = source["description"] or {}
        session.interpretation, session.access_services = source["interpretation"], source["access_services"]
        session.chosen_beforehand = session.kind in {SessionKind.PLENARY, SessionKind.PANEL}
        session.room_id = rooms[(source.get("room") or {}).get("en") or next(iter(rooms))] if rooms else None
        if event.mode is not Mode.IN_PERSON:
            session.dial_in = DIAL_IN
            session.join_link = f"{JOIN}{event.code.lower()}-{source['key'].replace('_', '-')}"
        for position, number in enumerate(source["agenda_items"]):
            title = {code: f"{number}. {words}" for code, words in items[number].items()}
            db.session.add(AgendaItem(session_id=session.id, position=position, title=title))
        for position, panellist in enumerate(source["panellists"]):
            db.session.add(Panellist(session_id=session.id, position=position, name="", function=panellist["label"]))
        db.session.add(session)


def _rooms(event: Event, texts: dict[str, Any]) -> dict[str, uuid.UUID]:
    """The rooms that the event's texts name, by their English name; the main one first."""
    named: list[Texts] = [source["room"] for source in texts["sessions"] if source.get("room")]
    main: Texts | None = (texts["venue"] or {}).get("room")
    rooms: dict[str, uuid.UUID] = {}
    for name in ([main] if main else []) + named:
        if name["en"] not in rooms:
            capacity = 700 if not rooms else 120
            room = Room(id=uuid.uuid4(), event_id=event.id, name=name, capacity=capacity)
            db.session.add(room)
            rooms[name["en"]] = room.id
    db.session.flush()
    return rooms


def _break_before(plan: PlannedEvent, event: Event, source: dict[str, Any], ends: dict[int, str], today: date) -> None:
    last = ends.get(source["day"])
    if last is None or source["kind"] == "side_event" or source["starts"] <= last or source["starts"] < "14:00":
        return
    if last < "13:30":
        db.session.add(_session(plan, event, source["day"], last, source["starts"], today))


def _session(plan: PlannedEvent, event: Event, day: int, starts: str, ends: str, today: date) -> Session:
    begin, end = wall_time(plan, today, day, starts), wall_time(plan, today, day, ends)
    return Session(
        id=uuid.uuid4(),
        event_id=event.id,
        kind=SessionKind.BREAK,
        publication=event.publication,
        title=BREAK,
        starts_local=begin,
        ends_local=end,
        time_zone=plan.zone,
        starts_at=_instant(begin, plan.zone),
        ends_at=_instant(end, plan.zone),
    )


def _instant(local: datetime, zone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _document(paper: papers.DemoDocument, event: Event) -> None:
    row = Document(
        id=uuid.uuid4(),
        event_id=event.id,
        symbol=papers.symbol_for(paper, event.first_day),
        kind=paper.type,
        title=paper.title,
        position=len(paper.key),
        publication=Publication.PUBLISHED,
        published_at=now() - timedelta(days=20),
    )
    db.session.add(row)
    db.session.flush()
    for language in paper.body:
        body = docx(papers.file_text(paper, language, event.first_day), language)
        file = store(body, name=f"{paper.key}-{language}.docx", allowed=DOCUMENTS, purpose="document")
        db.session.add(DocumentVersion(document_id=row.id, language=language, file_id=file.id))

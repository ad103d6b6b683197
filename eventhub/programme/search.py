"""The public search: what is public as words of one language, and questions asked of them.

PostgreSQL's own text search knows neither Chinese nor Arabic, so ``kit/normal.py`` makes the words and PostgreSQL only
compares them. Names of panellists are not among the words: no question here answers whether somebody comes.
"""

import re
import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, takewhile
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, Insert, Integer, Select, bindparam, cast, delete, func, insert, select, text, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import joinedload, load_only, selectinload

from eventhub.kit.codes import codes, label
from eventhub.kit.db import Texts, db
from eventhub.kit.i18n import LANGUAGES, direction, in_language
from eventhub.kit.markdown import to_text
from eventhub.kit.normal import UNSPACED, plain, query_text, tokens, vector_text
from eventhub.kit.text import single_line
from eventhub.programme.models import Document, Event, Publication, SearchEntry, Session, SessionKind
from eventhub.programme.queries import IN_LISTS

KINDS = ("event", "session", "document")
PER_PAGE = 10
LAST_PAGE = 50
BODY_LIMIT = 20_000
PLAIN_LIMIT = 600
LIKENESS = 0.5
"""How much of a mistyped question must be found again (pg_trgm's word similarity, 0 to 1)."""

QUESTION_LIMIT = 200
BEFORE, AFTER, SLACK = 70, 190, 25
"""How many signs a snippet shows before its first hit and from there on, and how far it looks for a space to end at."""

WORD = re.compile(r"[^\W_]+(?:[./'’-][^\W_]+)*")


@dataclass(frozen=True)
class Hit:
    """One thing found, in the best language there is; ``title`` and ``snippet`` carry ``<mark>``."""

    kind: str
    object_id: uuid.UUID
    language: str
    title: Markup
    snippet: Markup
    day: date
    event: Event

    @property
    def direction(self) -> str:
        """Which way the found text runs."""
        return direction(self.language)


@dataclass(frozen=True)
class Found:
    """One page of what was found. ``alike`` when nothing held the words and the nearest ones are shown instead."""

    hits: list[Hit]
    total: int
    page: int
    alike: bool = False

    @property
    def pages(self) -> int:
        """How many pages there are to turn."""
        return min(LAST_PAGE, max(1, -(-self.total // PER_PAGE)))


def search(question: str, language: str, kinds: Collection[str] = KINDS, page: int = 1) -> Found:
    """What holds all the words, titles before texts; each thing once, in the page's language if it has it.

    Where nothing does, what is written most alike. At most four statements.
    """
    question = clean(question)
    page = min(max(page, 1), LAST_PAGE)
    asked = query_text(question)
    if not asked:
        return Found([], 0, page)
    query = func.to_tsquery("simple", asked)
    # A title that holds all the words comes before any text: ts_rank alone stays below 1.
    in_title = func.ts_filter(SearchEntry.vector, text("'{a}'")).op("@@")(query)
    rank = cast(in_title, Integer) + func.ts_rank(SearchEntry.vector, query)
    found = _page(_ranked(language, kinds, rank).where(SearchEntry.vector.op("@@")(query)), question, page)
    return found if found.total else _alike(question, language, kinds, page)


def clean(question: str) -> str:
    """What was typed as one line without what nobody sees, at most 200 signs of it."""
    return single_line(question[: 5 * QUESTION_LIMIT])[:QUESTION_LIMIT]


def index_event(event: Event) -> None:
    """Make the search know an event, its sessions and its documents as they are now; a draft and all of its is
    forgotten. Call it after each change of a public text or of a publication, in the same transaction.
    """
    db.session.flush()
    db.session.execute(delete(SearchEntry).where(SearchEntry.event_id == event.id))
    if event.publication is Publication.DRAFT:
        return
    sessions = select(Session).options(selectinload(Session.items), joinedload(Session.room))
    sessions = sessions.where(Session.event_id == event.id, Session.publication != Publication.DRAFT)
    entries = list(_event_entries(event))
    for session in db.session.scalars(sessions.where(Session.kind != SessionKind.BREAK)):
        entries += _session_entries(session, event)
    for document in db.session.scalars(_offered().where(Document.event_id == event.id)):
        entries += _document_entries(document, event)
    db.session.execute(_insert(), entries)


def index_document(document: Document) -> None:
    """The same for one document."""
    db.session.flush()
    db.session.execute(delete(SearchEntry).where(SearchEntry.object_id == document.id))
    event = db.session.get_one(Event, document.event_id)
    offered = db.session.scalar(_offered().where(Document.id == document.id))
    if offered is not None and event.publication is not Publication.DRAFT:
        db.session.execute(_insert(), list(_document_entries(offered, event)))


def reindex_all() -> int:
    """Make all entries anew, after a change of the rules of words; how many events there are."""
    events = list(db.session.scalars(select(Event)))
    for event in events:
        index_event(event)
    return len(events)


def _ranked(language: str, kinds: Collection[str], rank: ColumnElement[Any]) -> Select[Any, Any, Any, Any, Any]:
    """Entries of public events, one for each thing: the page's language first, else the best one."""
    own = (SearchEntry.language == language).desc()
    return (
        select(SearchEntry.id, SearchEntry.kind, SearchEntry.object_id, SearchEntry.day, rank.label("rank"))
        .join(Event, Event.id == SearchEntry.event_id)
        .where(Event.publication != Publication.DRAFT, SearchEntry.kind.in_(kinds))
        .ext(distinct_on(SearchEntry.kind, SearchEntry.object_id))
        .order_by(SearchEntry.kind, SearchEntry.object_id, own, rank.desc(), SearchEntry.language)
    )


def _alike(question: str, language: str, kinds: Collection[str], page: int) -> Found:
    asked = plain(question)
    if len(asked) < 3:
        return Found([], 0, 1)
    db.session.execute(select(func.set_config("pg_trgm.word_similarity_threshold", str(LIKENESS), true())))
    rows = _ranked(language, kinds, func.word_similarity(asked, SearchEntry.plain))
    return _page(rows.where(SearchEntry.plain.op("%>")(asked)), question, page, alike=True)


def _page(rows: Select[Any, Any, Any, Any, Any], question: str, page: int, *, alike: bool = False) -> Found:
    best = rows.subquery()
    # The long texts are fetched for the rows of this page alone.
    wanted = (
        select(best.c.id, func.count().over().label("total"), best.c.rank)
        .order_by(best.c.rank.desc(), best.c.day.desc(), best.c.kind, best.c.object_id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
        .subquery()
    )
    shown = (
        select(SearchEntry, Event, wanted.c.total)
        .join(wanted, wanted.c.id == SearchEntry.id)
        .join(Event, Event.id == SearchEntry.event_id)
        .options(load_only(*IN_LISTS, raiseload=True))
        .order_by(wanted.c.rank.desc(), SearchEntry.day.desc(), SearchEntry.kind, SearchEntry.object_id)
    )
    found = db.session.execute(shown).all()
    if not found and page > 1:
        return _page(rows, question, 1, alike=alike)
    asked = _Asked(question)
    hits = [_hit(entry, event, asked) for entry, event, _total in found]
    return Found(hits, found[0].total if found else 0, page, alike=alike and bool(found))


def _hit(entry: SearchEntry, event: Event, asked: "_Asked") -> Hit:
    return Hit(
        kind=entry.kind,
        object_id=entry.object_id,
        language=entry.language,
        title=_marked(entry.title, asked.spans(entry.title)),
        snippet=_snippet(entry.body, asked),
        day=entry.day,
        event=event,
    )


class _Asked:
    """The words of a question, to find them again in a text as it is read."""

    def __init__(self, question: str) -> None:
        self._words = frozenset(tokens(question, query=True))
        last = WORD.findall(question)[-1:]
        # The last word may be unfinished: query_text takes it for a beginning, so it is marked as one.
        self._beginnings = tuple(token for token in tokens(last[0], query=True) if len(token) > 1) if last else ()

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where a text holds one of the words, in order."""
        for found in WORD.finditer(text):
            place = found.start()
            for run in UNSPACED.finditer(text, found.start(), found.end()):
                yield from self._word(text, place, run.start())
                yield from self._run(run[0], run.start())
                place = run.end()
            yield from self._word(text, place, found.end())

    def _word(self, text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
        if begin < end and any(
            token in self._words or token.startswith(self._beginnings) for token in tokens(text[begin:end])
        ):
            yield begin, end

    def _run(self, run: str, offset: int) -> Iterator[tuple[int, int]]:
        begin = end = -1
        for place in range(len(run)):
            reach = next((size for size in (2, 1) if plain(run[place : place + size]) in self._words), 0)
            if not reach:
                continue
            if place > end:
                if end > begin:
                    yield offset + begin, offset + end
                begin = place
            end = max(end, min(place + reach, len(run)))
        if end > begin:
            yield offset + begin, offset + end


def _snippet(text: str, asked: _Asked) -> Markup:
    """The surroundings of the first word found; the beginning of the text where the words stand elsewhere."""
    spans = asked.spans(text)
    first = next(spans, (0, 0))
    start = max(0, first[0] - BEFORE)
    if start:
        start = text.find(" ", start, min(start + SLACK, first[0])) + 1 or start
    stop = min(len(text), max(first[1], first[0] + AFTER))
    if stop < len(text):
        cut = text.rfind(" ", max(first[1], stop - SLACK), stop)
        stop = cut if cut > 0 else stop
    # What ends behind the window is not looked at.
    inside = takewhile(lambda span: span[1] <= stop, chain([first], spans))
    shown = _marked(text[start:stop], [(begin - start, end - start) for begin, end in inside if end])
    return Markup("{}{}{}").format("… " if start else "", shown, " …" if stop < len(text) else "")


def _marked(text: str, spans: Iterable[tuple[int, int]]) -> Markup:
    parts, place = [], 0
    for begin, end in spans:
        parts.append(escape(text[place:begin]) + Markup("<mark>{}</mark>").format(text[begin:end]))
        place = end
    return Markup().join(parts) + escape(text[place:])


def _offered() -> Select[Document]:
    return select(Document).where(Document.publication == Publication.PUBLISHED, Document.versions.any())


def _event_entries(event: Event) -> Iterator[dict[str, object]]:
    for language in _languages(event.title):
        body = [event.lead, event.description, event.city, event.venue, event.practical, event.access_services]
        yield _entry("event", event.id, event, event.title, language, _texts(body, language), event.first_day)


def _session_entries(session: Session, event: Event) -> Iterator[dict[str, object]]:
    for language in _languages(session.title):
        body = [session.summary, session.description, *(item.title for item in session.items)]
        if session.room:
            body.append(session.room.name)
        day = session.starts_local.date()
        yield _entry("session", session.id, event, session.title, language, _texts(body, language), day)


def _document_entries(document: Document, event: Event) -> Iterator[dict[str, object]]:
    for language in _languages(document.title):
        kind = label("document_type", document.kind, language) if document.kind in codes("document_type") else ""
        whose = in_language(event.title, language, event.original_language).text
        body = [part for part in (document.symbol, kind, whose) if part]
        yield _entry("document", document.id, event, document.title, language, body, event.first_day)


def _entry(
    kind: str, object_id: uuid.UUID, event: Event, title: Texts, language: str, body: list[str], day: date
) -> dict[str, object]:
    read = " · ".join(body)[:BODY_LIMIT]
    return {
        "kind": kind,
        "object_id": object_id,
        "event_id": event.id,
        "language": language,
        "title": title[language],
        "body": read,
        "plain": plain(f"{title[language]} {read[:PLAIN_LIMIT]}"),
        "title_words": vector_text(title[language]),
        "body_words": vector_text(read),
        "day": day,
    }


def _languages(title: Texts) -> list[str]:
    return [language for language in LANGUAGES if title.get(language)]


def _texts(parts: Iterable[Texts], language: str) -> list[str]:
    found = (" ".join(to_text(part.get(language) or "").split()) for part in parts if part)
    return [text for text in found if text]


def _insert() -> Insert:
    def weighted(name: str, weight: str) -> ColumnElement[str]:
        return func.setweight(func.to_tsvector("simple", bindparam(name)), text(f"'{weight}'"))

    vector = weighted("title_words", "A").op("||")(weighted("body_words", "D"))
    return insert(SearchEntry).values(vector=vector)

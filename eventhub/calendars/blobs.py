"""What an entry says, per language and for whom, and the bytes that are stored of it.

Discreet persons get neutral words, no place, no link and a UID of their own; stamps are cut to the day, so that their
copies can be matched with nothing public but the time itself.
"""

import hashlib
import json
import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from eventhub.calendars.ics import Occasion, event_bytes
from eventhub.calendars.models import Audience, CalendarEntry, EntryStatus
from eventhub.calendars.zones import is_missing
from eventhub.kit.config import Settings
from eventhub.kit.i18n import LANGUAGES, LOCALES, Shown, in_language
from eventhub.kit.tokens import token
from eventhub.kit.web import absolute
from eventhub.programme.models import Session

PLACEHOLDER = uuid.UUID(int=0)
COMMAS = {"ar": "، ", "zh": "，"}
Blob = dict[str, Any]

_OWN_LINE = re.compile(rb"\r\n(SEQUENCE|DTSTAMP|LAST-MODIFIED|STATUS|TRANSP):([^\r]*)")
"""The lines of a VEVENT that may differ in one person's feed."""


def new_uid() -> str:
    """A UID that names no organization, no host and no row; it never changes."""
    settings: Settings = current_app.extensions["eventhub.settings"]
    return f"{uuid.uuid4()}@{settings.calendar_domain}"


def occasion(entry: CalendarEntry, session: Session, language: str) -> Occasion:
    """The public entry in one language. The session comes with event, series and room."""
    event = session.event
    original = event.original_language

    def say(texts: dict[str, str]) -> Shown:
        return in_language(texts, language, original)

    url = absolute("programme.session", lang=language, slug=event.slug, session_id=session.id)
    title, event_title, summary = say(session.title), say(event.title), say(session.summary)
    words = [shown for shown in (title, event_title, summary) if shown.text]
    lines = [shown.text for shown in (event_title, summary) if shown.text and shown.text != title.text]
    spoken = {shown.language for shown in words}
    return replace(
        _bare(entry),
        summary=title.text or event_title.text,
        description="\n\n".join([*lines, url]),
        location=place(session, language),
        url=url,
        categories=tuple(text for text in (say(event.series.title).text,) if text),
        related_to=(entry.related_uid,) if entry.related_uid else (),
        # A mark on text that is partly in another language would be wrong.
        language=spoken.pop() if len(spoken) == 1 else "",
    )


def neutral_occasion(entry: CalendarEntry, uid: str, language: str) -> Occasion:
    """What a discreet person's calendar may know: when, and that it is a meeting."""
    bare = _bare(entry)
    return replace(
        bare,
        uid=uid,
        dtstamp=_day(bare.dtstamp),
        created=_day(bare.created),
        last_modified=_day(bare.last_modified),
        summary=_neutral_summary(language),
        language=language,
    )


def place(session: Session, language: str) -> str:
    """Where a session is: room, venue and city, or online."""
    event = session.event
    named = [session.room.name] if session.room else []
    if session.room or not session.join_link:
        named += [event.venue, event.city]
    texts = [in_language(texts, language, event.original_language).text for texts in named]
    if not any(texts) and session.join_link:
        with force_locale(LOCALES[language]):
            return str(_("Online"))
    return COMMAS.get(language, ", ").join(text for text in texts if text)


def place_digest(session: Session) -> bytes:
    """Stands for the place, in the language it was written in, and the join link: another one raises SEQUENCE.

    A translation of the same place's name does not.
    """
    return _digest([place(session, session.event.original_language), session.join_link])


def words_digest(entry: CalendarEntry, session: Session) -> bytes:
    """Stands for all that the entry says, in six languages, apart from its times, state and stamps."""
    said = []
    for language in LANGUAGES:
        told = occasion(entry, session, language)
        words = (told.summary, told.description, told.location, told.url, told.language)
        said.append([*words, *told.categories, *told.related_to, _neutral_summary(language)])
    return _digest(said)


def blobs_of(entry: CalendarEntry, session: Session) -> list[Blob]:
    """The rows of ``entry_blob`` for an entry: six languages, for everybody and for discreet persons."""
    neutral_uid = f"{PLACEHOLDER}@{entry.uid.partition('@')[2]}"
    rows = []
    for language in LANGUAGES:
        for audience, told in (
            (Audience.PUBLIC, occasion(entry, session, language)),
            (Audience.NEUTRAL, neutral_occasion(entry, neutral_uid, language)),
        ):
            body = event_bytes(told)
            rows.append(
                {
                    "entry_id": entry.id,
                    "language": language,
                    "audience": audience,
                    "zone": told.tzid,
                    "digest": hashlib.sha256(body).digest()[:16],
                    "body": body,
                }
            )
    return rows


def own_uid(person_id: uuid.UUID, entry_id: uuid.UUID) -> uuid.UUID:
    """The random part of the UID in a discreet person's copy: always the same, and told by nobody without our key."""
    secret = hashlib.sha256(token("calendars.uid", person_id, entry_id.bytes).encode()).digest()
    return uuid.UUID(bytes=secret[:16], version=4)


def own_copy(body: bytes, person_id: uuid.UUID, entry_id: uuid.UUID) -> bytes:
    """A stored neutral VEVENT with the person's own UID in it.

    The UUID stands at the start of its line, so no fold ever cuts it and the other folds stay where they are.
    """
    before = f"\r\nUID:{PLACEHOLDER}".encode()
    if body.count(before) != 1:
        raise ValueError("not a neutral VEVENT")
    return body.replace(before, f"\r\nUID:{own_uid(person_id, entry_id)}".encode())


def as_said(body: bytes, *, maybe: bool, raised: int, at: datetime, neutral: bool) -> bytes:
    """A stored VEVENT as it stands in the feed of somebody who said maybe, or said otherwise since: TENTATIVE and
    TRANSPARENT while it is a maybe, with a SEQUENCE of its own and stamps no older than the word. What was cancelled
    stays so. None of these lines is ever folded.
    """
    lines = dict(_OWN_LINE.findall(body))
    stamp_at = f"{_day(at) if neutral else stamp(at).astimezone(UTC):%Y%m%dT%H%M%SZ}".encode()
    own = {
        b"SEQUENCE": str(int(lines[b"SEQUENCE"]) + raised).encode(),
        b"DTSTAMP": max(lines[b"DTSTAMP"], stamp_at),
        b"LAST-MODIFIED": max(lines[b"LAST-MODIFIED"], stamp_at),
    }
    if maybe:
        own |= {b"TRANSP": b"TRANSPARENT"}
    if maybe and lines[b"STATUS"] == EntryStatus.CONFIRMED.value.encode():
        own |= {b"STATUS": EntryStatus.TENTATIVE.value.encode()}

    def say(line: re.Match[bytes]) -> bytes:
        value: bytes = own.get(line[1]) or line[2]
        return b"\r\n%b:%b" % (line[1], value)

    return _OWN_LINE.sub(say, body)


def is_in_utc(entry: CalendarEntry) -> bool:
    """Whether its times are written in UTC, by the rules of zones as they are now."""
    return _bare(entry).tzid is None


def _neutral_summary(language: str) -> str:
    with force_locale(LOCALES[language]):
        return str(_("Meeting"))


def _bare(entry: CalendarEntry) -> Occasion:
    times: dict[str, Any] = {
        "start_local": entry.starts_local,
        "end_local": entry.ends_local,
        "zone": entry.time_zone,
        "fold_start": entry.starts_fold,
        "fold_end": entry.ends_fold,
    }
    if any(is_missing(clock, entry.time_zone) for clock in (entry.starts_local, entry.ends_local)):
        # New rules of the zone skip the time on the wall; the instant that was announced is still one.
        starts, ends = (at.astimezone(UTC).replace(tzinfo=None) for at in (entry.starts_at, entry.ends_at))
        times = {"start_local": starts, "end_local": ends, "zone": "UTC"}
    return Occasion(
        uid=entry.uid,
        sequence=entry.sequence,
        dtstamp=entry.dtstamp,
        created=entry.created,
        last_modified=entry.last_modified,
        status=EntryStatus(entry.status).value,
        **times,
    )


def stamp(moment: datetime) -> datetime:
    """An instant as iCalendar writes it: whole seconds."""
    return moment.replace(microsecond=0)


def _day(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _digest(said: object) -> bytes:
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode(errors="surrogatepass")).digest()

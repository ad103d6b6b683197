"""Feeds and files: the frame round stored entries, and the secret addresses of private feeds.

Public feeds: ``/cal/all.ics``, ``/cal/s/<series>.ics``, ``/cal/f/<event>.ics`` and ``/cal/session/<session>.ics``, in
English; another language stands before the ending (``/cal/all.ar.ics``).
"""

import io
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, true

from eventhub.calendars import blobs, pieces, queries, reminding
from eventhub.calendars.ics import NEUTRAL_PRODID, PRODID, calendar_bytes, with_alarm
from eventhub.calendars.models import Audience
from eventhub.calendars.models import Feed as PrivateFeed
from eventhub.calendars.pieces import Piece, Reader
from eventhub.kit.i18n import LOCALES, in_language
from eventhub.kit.qr import qr_code
from eventhub.kit.tokens import token
from eventhub.kit.web import absolute
from eventhub.programme.models import Event, Series, Session

REFRESH_MINUTES = 60
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""A moment at which nothing had left a feed."""
COLOUR = "steelblue"


@dataclass(frozen=True)
class Frame:
    """What stands round the entries. No name: a file, not a subscription."""

    name: str | None
    source: str | None
    language: str
    neutral: bool = False


@dataclass(frozen=True)
class Feed:
    """A feed or file that is not built yet: which entries, as of when, in which frame.

    ``reader``: whose own sessions these are, as that person means to attend them; ``remind``: minutes before each.
    """

    which: ColumnElement[bool]
    frame: Frame
    moment: datetime
    reader: uuid.UUID | None = None
    remind: int | None = None

    def build(self) -> "Built":
        """The calendar, of one statement."""
        audience = Audience.NEUTRAL if self.frame.neutral else Audience.PUBLIC
        asked = self.which, self.frame.language, audience, self.moment
        if self.reader is None:
            public = pieces.joined(*asked)
            body = _framed([public.body] if public.entries else [], self.frame, public.zones)
            return Built(body, public.leaves_at, public.entries, None)
        found = pieces.pieces(*asked, self.reader)
        stored = [self._own(piece) if piece.said else piece.body for piece in found]
        if self.frame.neutral:
            pairs = zip(stored, found, strict=True)
            stored = [blobs.own_copy(body, self.reader, piece.entry_id) for body, piece in pairs]
        if alarm := reminding.alarm(self.remind, self.frame.language):
            stored = [with_alarm(body, alarm) for body in stored]
        leaves_at = min((piece.leaves_at for piece in found), default=None)
        zones = {piece.zone for piece in found if piece.zone}
        return Built(_framed(stored, self.frame, zones), leaves_at, len(found), pieces.stamp_of(found))

    def _own(self, piece: Piece) -> bytes:
        said = piece.said
        return blobs.as_said(piece.body, **said._asdict(), neutral=self.frame.neutral) if said else piece.body


@dataclass(frozen=True)
class Built:
    """A finished calendar. ``leaves_at``: when its first entry leaves the window, by the clock alone. ``stamp`` stands
    for the entries of a reader's own.
    """

    body: bytes
    leaves_at: datetime | None
    entries: int
    stamp: bytes | None


def event_feed(event: Event, language: str, moment: datetime) -> Feed:
    """The programme of one event."""
    name = in_language(event.title, language, event.original_language).text
    source = absolute("calendars.event_feed", event_id=event.id, lang=language)
    return Feed(queries.of_event(event), Frame(name, source, language), moment)


def series_feed(series: Series, language: str, moment: datetime) -> Feed:
    """All events of a series."""
    name = in_language(series.title, language, series.original_language).text
    source = absolute("calendars.series_feed", slug=series.slug, lang=language)
    return Feed(queries.of_series(series), Frame(name, source, language), moment)


def everything(language: str, moment: datetime) -> Feed:
    """All public events."""
    source = absolute("calendars.all_feed", lang=language)
    with force_locale(LOCALES[language]):
        name = str(_("All events"))
    return Feed(true(), Frame(name, source, language), moment)


def session_file(session_id: uuid.UUID, language: str) -> Feed:
    """One session as a file to open, however long it is over: its page stands, and leads to it."""
    return Feed(queries.of_session(session_id), Frame(None, None, language), ALWAYS)


def private_feed(person: Reader, secret: str, moment: datetime, remind: int | None = None) -> Feed:
    """A person's own sessions, behind their secret address; ``remind``: so many minutes before each."""
    frame = Frame(_private_name(person), feed_address(person, secret), person.language, person.discreet)
    return _private(person, frame, moment, remind)


def private_file(person: Reader, moment: datetime, remind: int | None = None) -> Feed:
    """A person's own sessions as a file, once."""
    return _private(person, Frame(None, None, person.language, person.discreet), moment, remind)


def feed_token(feed: PrivateFeed) -> str:
    """The secret of a private feed, made again from its row; the database holds only its hash."""
    return token("calendars.feed", feed.id, feed.salt)


def feed_address(person: Reader, secret: str) -> str:
    """Where a private feed is read: on the neutral origin for discreet persons."""
    return absolute("calendars.personal_feed", token=secret, neutral=person.discreet)


def webcal(address: str) -> str:
    """The same address in the form that opens a calendar app."""
    return "webcal:" + address.partition(":")[2]


def subscribe_code(address: str) -> str:
    """A QR code that opens a phone's calendar with the address, as SVG with paths only, for use inside a page."""
    buffer = io.BytesIO()
    look = {"xmldecl": False, "svgns": True, "nl": False, "svgclass": None, "lineclass": None, "omitsize": True}
    qr_code(webcal(address)).save(buffer, kind="svg", scale=5, **look)
    return buffer.getvalue().decode()


def provider_links(session: Session, language: str) -> list[tuple[str, str]]:
    """Names and addresses that put one session into a calendar on the web: Google, Outlook, Yahoo. Times in UTC.

    The session comes with its event and room. Never offered to discreet persons: the address tells the provider all.
    """
    title = in_language(session.title, language, session.event.original_language).text
    where = blobs.place(session, language)
    url = absolute("programme.session", lang=language, slug=session.event.slug, session_id=session.id)
    start, end = (f"{moment:%Y%m%dT%H%M%SZ}" for moment in (session.starts_at, session.ends_at))
    iso = {"startdt": f"{session.starts_at:%Y-%m-%dT%H:%M:%SZ}", "enddt": f"{session.ends_at:%Y-%m-%dT%H:%M:%SZ}"}
    google = {"action": "TEMPLATE", "text": title, "dates": f"{start}/{end}", "details": url, "location": where}
    outlook = {"path": "/calendar/action/compose", "rru": "addevent", "subject": title, **iso}
    outlook |= {"body": url, "location": where}
    yahoo = {"v": "60", "title": title, "st": start, "et": end, "desc": url, "in_loc": where}
    return [
        ("Google", "https://calendar.google.com/calendar/render?" + urlencode(google)),
        ("Outlook", "https://outlook.live.com/calendar/0/deeplink/compose?" + urlencode(outlook)),
        ("Yahoo", "https://calendar.yahoo.com/?" + urlencode(yahoo)),
    ]


def _private(person: Reader, frame: Frame, moment: datetime, remind: int | None) -> Feed:
    return Feed(queries.of_person(person.id), frame, moment, reader=person.id, remind=remind)


def _framed(stored: Sequence[bytes], frame: Frame, zones: Collection[str]) -> bytes:
    return calendar_bytes(
        stored,
        name=frame.name,
        zones=zones,
        refresh_minutes=REFRESH_MINUTES,
        source_url=frame.source,
        colour=None if frame.neutral else COLOUR,
        language=frame.language,
        prodid=NEUTRAL_PRODID if frame.neutral else PRODID,
    )


def _private_name(person: Reader) -> str:
    with force_locale(LOCALES[person.language]):
        return str(_("Meetings") if person.discreet else _("My sessions"))

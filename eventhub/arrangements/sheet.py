"""The order sheet of an event: what conference services must provide where and by when, counted, without a name."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from eventhub.arrangements import due, queries
from eventhub.arrangements.models import TO_ORDER, Kind, SessionService, Status
from eventhub.arrangements.queries import Known
from eventhub.kit.errors import NotFound
from eventhub.programme.models import Event, Publication, Session

INTERPRETATION = "interpretation"
"""The code of a session's own interpretation, beside the codes of extra_interpretation."""

ANNOUNCED = {
    "international_sign": (Kind.SIGN_LANGUAGE, "ils"),
    "realtime_captioning": (Kind.CAPTIONING, ""),
}
"""Which wishes a service of the programme meets already."""


@dataclass(frozen=True)
class LineKey:
    """What one line of the sheet is about. ``kind`` is a wish's, or ``programme`` with the service's code."""

    kind: str
    language: str = ""
    into: str = ""
    session_id: uuid.UUID | None = None

    def __str__(self) -> str:
        place = self.session_id.hex if self.session_id else ""
        return ".".join(part or "-" for part in (self.kind, self.language, self.into, place))

    @classmethod
    def read(cls, text: str) -> "LineKey":
        """The line that an address names. Raises NotFound for nonsense."""
        parts = ["" if part == "-" else part for part in text.split(".")]
        if len(parts) != 4 or parts[0] not in {*Kind, PROGRAMME}:
            raise NotFound
        try:
            session_id = uuid.UUID(parts[3]) if parts[3] else None
        except ValueError:
            raise NotFound from None
        return cls(parts[0], parts[1], parts[2], session_id)


PROGRAMME = "programme"


@dataclass
class Line:
    """One line of the sheet. ``wanted`` are open wishes, ``given_up`` orders that nobody needs any more. ``service``:
    what the desk has done about a service of the programme; ``announced``: whether the programme still names it.
    """

    key: LineKey
    session: Session | None
    due: date
    wanted: list[Known] = field(default_factory=list)
    given_up: list[Known] = field(default_factory=list)
    service: SessionService | None = None
    announced: bool = True
    languages: list[str] = field(default_factory=list)
    is_met: bool = False
    """Whether the programme announces the same for this session."""

    @property
    def from_programme(self) -> bool:
        """Whether the programme asks for it, and not people."""
        return self.key.kind == PROGRAMME

    @property
    def statuses(self) -> Counter[Status]:
        """How many stand where."""
        if self.from_programme:
            return Counter([self.service.status if self.service else Status.ASKED]) if self.announced else Counter()
        return Counter(one.need.status for one in self.wanted)

    @property
    def number(self) -> int:
        """How many are wanted."""
        return sum(number for status, number in self.statuses.items() if status is not Status.NOT_POSSIBLE)

    @property
    def to_order(self) -> int:
        """How many nobody has ordered."""
        return sum(self.statuses[status] for status in TO_ORDER)

    @property
    def to_cancel(self) -> int:
        """How many orders nobody needs any more."""
        gone = self.service is not None and not self.announced and self.service.ordered_at is not None
        return len(self.given_up) + gone

    @property
    def has_changed(self) -> bool:
        """Whether the programme names other languages than those that were ordered."""
        ordered = self.service is not None and self.service.ordered_at is not None
        return self.announced and ordered and self.service is not None and self.service.languages != self.languages

    def is_late(self, today: date) -> bool:
        """Whether something should have been ordered by now."""
        return bool(self.to_order) and today > self.due


def lines(event: Event) -> list[Line]:
    """Every line of the sheet by its due day, then by the session's time. Four statements, however many there are. Of a
    cancelled event those alone that hold orders to cancel.
    """
    lead, sessions = queries.lead_days(event.id), queries.sessions(event.id)
    is_cancelled = event.publication is Publication.CANCELLED
    there = {session.id: session for session in sessions}
    found: dict[LineKey, Line] = {}
    held = [] if is_cancelled else queries.held_sessions(sessions)
    for line in _announced(event, held, queries.session_services(event.id), lead):
        found[line.key] = line
    for one in queries.known(event.id):
        session = there.get(one.need.session_id) if one.need.session_id else None
        is_off = is_cancelled or (session is not None and session.publication is Publication.CANCELLED)
        if is_off and one.need.ordered_at is None:
            continue
        key = LineKey(one.wish.kind.value, one.wish.language, one.wish.into, session.id if session else None)
        line = found.setdefault(key, Line(key, session, due.due_on(event, session, lead)))
        (line.given_up if one.given_up or is_off else line.wanted).append(one)
    for line in found.values():
        line.is_met = line.session is not None and not line.from_programme and _meets(line)
    return sorted(found.values(), key=_order)


def line_of(event: Event, key: LineKey) -> Line:
    """One line. Raises NotFound where there is none."""
    for line in lines(event):
        if line.key == key:
            return line
    raise NotFound


def _announced(event: Event, sessions: Sequence[Session], begun: Iterable[SessionService], lead: int) -> Iterator[Line]:
    known = {(one.session_id, one.code): one for one in begun}
    for session in sessions:
        codes = [*session.access_services, *([INTERPRETATION] if session.interpretation else [])]
        for code in dict.fromkeys(codes):
            key = LineKey(PROGRAMME, code, session_id=session.id)
            languages = list(session.interpretation) if code == INTERPRETATION else []
            service = known.pop((session.id, code), None)
            yield Line(key, session, due.due_on(event, session, lead), service=service, languages=languages)
    for service in known.values():
        if service.ordered_at is not None:
            key = LineKey(PROGRAMME, service.code, session_id=service.session_id)
            when = due.due_on(event, service.session, lead)
            yield Line(key, service.session, when, service=service, announced=False, languages=service.languages)


def _meets(line: Line) -> bool:
    session = line.session
    if session is None:
        return False
    if line.key.kind == Kind.INTERPRETATION:
        return {line.key.language, line.key.into} <= set(session.interpretation)
    return any(
        line.key.kind == kind and (not language or line.key.language == language)
        for code, (kind, language) in ANNOUNCED.items()
        if code in session.access_services
    )


def _order(line: Line) -> tuple[date, datetime, bool, str]:
    starts = line.session.starts_local if line.session else datetime.min  # noqa: DTZ901 (a wall time of the event)
    return line.due, starts, not line.from_programme, str(line.key)

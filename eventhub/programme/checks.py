"""What to look at before a programme is public: texts that are missing, sessions that are in each other's way."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from eventhub.kit.codes import collation_key
from eventhub.kit.i18n import LANGUAGES, missing_languages
from eventhub.programme.models import PREPARATION, Event, Mode, Publication, Room, Session, SessionKind


@dataclass(frozen=True)
class Clash:
    """Two sessions at the same time that share a room, or a panellist."""

    first: Session
    second: Session
    room: Room | None = None
    panellist: str | None = None


@dataclass(frozen=True)
class Readiness:
    """What an event still lacks; nothing of it forbids publishing."""

    sessions: int
    drafts: int
    outside_days: list[Session]
    clashes: list[Clash]
    missing: dict[str, list[str]]
    without_link: list[Session]
    over_room: list[Session]
    preparing: list[Session]
    """On a preparatory day: nothing is wrong with that, unless the event was moved and they were not."""

    @property
    def complete(self) -> bool:
        """Whether there is nothing to say."""
        return bool(self.sessions) and not (
            self.drafts or self.outside_days or self.clashes or self.missing or self.without_link or self.over_room
        )


def readiness(event: Event, sessions: Sequence[Session]) -> Readiness:
    """Judge an event with its sessions (rooms and panellists loaded)."""
    alive = [session for session in sessions if session.publication is not Publication.CANCELLED]
    sittings = [session for session in alive if session.kind is not SessionKind.BREAK]
    days = (event.first_day, event.last_day)
    return Readiness(
        sessions=len(sittings),
        drafts=sum(session.publication is Publication.DRAFT for session in alive),
        outside_days=[one for one in alive if not days[0] - PREPARATION <= one.starts_local.date() <= days[1]],
        clashes=clashes(alive),
        missing=missing_texts(event, sittings),
        without_link=[one for one in sittings if event.mode is Mode.ONLINE and not one.join_link],
        preparing=[one for one in alive if days[0] - PREPARATION <= one.starts_local.date() < days[0]],
        over_room=[one for one in sittings if room_too_small(one.places, one.room)],
    )


def room_too_small(places: int | None, room: Room | None) -> int | None:
    """The places of a room, where they are fewer than those of a session in it: to be warned of."""
    seats = room.capacity if room else None
    return seats if seats is not None and (places or 0) > seats else None


def clashes(sessions: Sequence[Session]) -> list[Clash]:
    """Pairs of sessions that overlap in one room or with one panellist; names are compared without case and accents."""
    found = []
    alive = sorted(
        (one for one in sessions if one.publication is not Publication.CANCELLED and one.kind is not SessionKind.BREAK),
        key=lambda one: one.starts_at,
    )
    for first, second in itertools.combinations(alive, 2):
        if second.starts_at >= first.ends_at:
            continue
        if first.room is not None and first.room_id == second.room_id:
            found.append(Clash(first, second, room=first.room))
        names = {collation_key(one.name, "en"): one.name for one in first.panellists}
        shared = names.keys() & {collation_key(one.name, "en") for one in second.panellists}
        found += [Clash(first, second, panellist=names[key]) for key in sorted(shared)]
    return found


def missing_texts(event: Event, sessions: Sequence[Session]) -> dict[str, list[str]]:
    """Which languages lack which texts: "title", "lead" and so on to languages; "sessions" for titles of sessions."""
    gaps = {name: missing_languages(getattr(event, name)) for name in ("title", "lead", "description", "practical")}
    if event.mode is not Mode.ONLINE:
        gaps["city"] = missing_languages(event.city)
    lacking = Counter(code for one in sessions for code in missing_languages(one.title))
    gaps["sessions"] = [code for code in LANGUAGES if lacking[code]]
    return {name: codes for name, codes in gaps.items() if codes}

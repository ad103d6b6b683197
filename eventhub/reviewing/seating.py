"""Who sits on a panel, how much each reads, who left; and one reminder a day to those who have files to hand in."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound, Stale, means
from eventhub.kit.outbox import promise
from eventhub.people.models import Person
from eventhub.reviewing import (
    merging,  # noqa: F401 (declared ties follow when organizations are merged)
    queries,
    ties,
)
from eventhub.reviewing.models import OPEN, PanelMember
from eventhub.reviewing.queries import Reading

NOT_AGAIN = timedelta(hours=20)
"""Nobody is reminded twice within this time."""


class SitsAlready(DomainError):
    """A colleague was faster."""

    message = _l("This person is on the panel already.")


class NobodyToRemind(DomainError):
    """All files are in, or everybody was reminded a short while ago."""

    message = _l("Nobody has files to hand in, or all of them were reminded less than a day ago.")


means("uq_fund_panel_member_call_id_person_id", SitsAlready())


@dataclass(frozen=True)
class Seating:
    """What is known of a reader: languages as codes, region of the forum, country as ISO 3166, files."""

    languages: Sequence[str]
    region: str | None
    country: str | None
    most: int
    fewest: int


def seat(actor: Person, reading: Reading, person_id: uuid.UUID, known: Seating) -> PanelMember:
    """Let somebody who has the role of a reviewer over the call join its panel. Raises NotFound, OwnFile."""
    ties.demand_far(actor, reading.call.id)
    if person_id not in {one.id for one in queries.could_join(reading)}:
        raise NotFound
    member = PanelMember(id=uuid.uuid4(), call_id=reading.call.id, person_id=person_id)
    _set(member, known)
    db.session.add(member)
    audit.record("reviewing.reader_joined", member, actor=actor, scope_id=reading.call.id, person=person_id)
    return member


def change(actor: Person, member: PanelMember, known: Seating, *, seen: int) -> PanelMember:
    """Change what is known of a reader. Raises Stale, OwnFile."""
    ties.demand_far(actor, member.call_id)
    if member.version != seen:
        raise Stale
    _set(member, known)
    audit.record("reviewing.reader_changed", member, actor=actor, scope_id=member.call_id)
    return member


def leave(actor: Person, member: PanelMember, *, is_away: bool) -> PanelMember:
    """Somebody gets nothing new from now on, or comes back. What is handed in stays. Raises OwnFile."""
    ties.demand_far(actor, member.call_id)
    if (member.away_at is not None) != is_away:
        member.away_at = now() if is_away else None
        verb = "reviewing.reader_left" if is_away else "reviewing.reader_back"
        audit.record(verb, member, actor=actor, scope_id=member.call_id)
    return member


def remind(actor: Person, reading: Reading) -> int:
    """A mail to everybody who has files to hand in; how many. Raises NobodyToRemind."""
    since = now() - NOT_AGAIN
    late = [
        one.member
        for one in queries.panel(reading)
        if any(one.counts.get(state) for state in OPEN)
        and not one.is_away
        and (one.member.reminded_at is None or one.member.reminded_at < since)
    ]
    if not late:
        raise NobodyToRemind
    db.session.execute(
        update(PanelMember)
        .where(PanelMember.id.in_([one.id for one in late]))
        .values(reminded_at=now(), version=PanelMember.version + 1)
        .execution_options(synchronize_session=False)
    )
    for one in late:
        promise("reviewing.reminded", call_id=reading.call.id, person_id=one.person_id)
    audit.record("reviewing.readers_reminded", reading.call, actor=actor, scope_id=reading.call.id, number=len(late))
    return len(late)


def _set(member: PanelMember, known: Seating) -> None:
    member.languages, member.region, member.country = list(known.languages), known.region, known.country
    member.most, member.fewest = known.most, known.fewest

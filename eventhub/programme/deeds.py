"""What the deeds of organisers have in common: states that move, what is told to calendars, pages made anew."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, update

from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, Stale
from eventhub.kit.outbox import promise
from eventhub.kit.revisions import bump
from eventhub.programme import search
from eventhub.programme.models import PUBLICATION_MOVES, Document, Event, Publication, Session


class WrongState(DomainError):
    """The thing was published, cancelled or changed in the meantime."""

    message = _l("This is not possible in its present state. Open the page again to see what changed.")


class OnlyDrafts(DomainError):
    """What was public is cancelled or withdrawn, never deleted."""

    message = _l("Only a draft can be deleted. Cancel it instead, so that people learn of it.")


def move(thing: Event | Session | Document, to: Publication) -> None:
    """Move through the table, also when another request does so at the same moment. Raises WrongState."""
    kind = type(thing)
    allowed = [state for state, moves in PUBLICATION_MOVES.items() if to in moves]
    if thing.publication not in allowed:
        raise WrongState
    if kind is Document:  # no version number guards it
        claim = update(Document).where(Document.id == thing.id, Document.publication.in_(allowed))
        moved = db.session.execute(claim.values(publication=to).returning(Document.id))
        if moved.first() is None:
            raise WrongState
    thing.publication = to


def delete_draft(thing: Session | Document) -> None:
    """Delete what was never public, also when another request publishes it at the same moment. Raises OnlyDrafts."""
    kind = type(thing)
    gone = delete(kind).where(kind.id == thing.id, kind.publication == Publication.DRAFT)
    if db.session.execute(gone.returning(kind.id)).first() is None:
        raise OnlyDrafts


def unchanged_since(thing: Event | Session, version: int) -> None:
    """Whoever typed this saw the newest state. Raises Stale."""
    if thing.version != version:
        raise Stale


def tell_calendars(event: Event, session: Session, *, beforehand: bool = False) -> None:
    """Promise that entries of a session will be looked at, once both it and its event have been public.
    ``beforehand``: it was put into everybody's calendar just now.
    """
    if Publication.DRAFT not in (event.publication, session.publication):
        # Named only where it is so: processes of the former code know no such word.
        more: dict[str, Any] = {"beforehand": True} if beforehand else {}
        promise("programme.session_changed", session_id=session.id, **more)


def make_public_anew(event: Event) -> None:
    """Index the event with its sessions for the search, and make its public pages anew unless it is a draft."""
    db.session.flush()
    search.index_event(event)
    if event.publication is not Publication.DRAFT:
        bump("programme")


def assign(thing: Any, values: dict[str, Any]) -> list[str]:
    """Set the columns that differ from ``values``; their names."""
    changed = [name for name, value in values.items() if getattr(thing, name) != value]
    for name in changed:
        setattr(thing, name, values[name])
    return changed


def swap(row: Sequence[Any], thing: Any, *, up: bool) -> bool:
    """Put a thing one place up or down; whether anything moved. Positions are numbered anew from 1."""
    order = [one.id for one in sorted(row, key=lambda one: (one.position, str(one.id)))]
    here = order.index(thing.id)
    there = here + (-1 if up else 1)
    if not 0 <= there < len(order):
        return False
    order[here], order[there] = order[there], order[here]
    for one in row:
        one.position = order.index(one.id) + 1
    return True

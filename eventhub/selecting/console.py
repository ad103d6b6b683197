"""What the pages of the board room share: the blueprint, who comes in, and for which files they stand aside."""

import uuid
from dataclasses import dataclass

from flask import Blueprint, g

from eventhub.funding.nearness import StillToCome, waits_near
from eventhub.funding.rules import Masking
from eventhub.kit.access import actor
from eventhub.kit.errors import NotFound
from eventhub.people.models import Person
from eventhub.reviewing.queries import Reading, call_of, is_reading
from eventhub.selecting import access, queries
from eventhub.selecting.actions import NoMeeting
from eventhub.selecting.models import Board, Slate

bp = Blueprint("selecting_console", __name__)


@dataclass(frozen=True)
class Place:
    """The call, who looks, the files that do not exist for this person, and whether names do not: the rules say so, or
    the person still has files of this call to read, whose applicants must stay unknown until then. ``waits``: a file
    that the person is near to waits for word, so that no slate is shown.
    """

    reading: Reading
    person: Person
    aside: frozenset[uuid.UUID]
    masked: bool
    waits: bool

    @property
    def slug(self) -> str:
        """The call in addresses."""
        return self.reading.call.slug


@bp.before_request
def in_section() -> None:
    """The entry of the navigation these pages belong to."""
    g.section = "funds"


def at_board(slug: str) -> Place:
    """The room of a call for a member of its board. Raises NotFound for everybody else, and StillToCome for whoever is
    near to a file that waits for word: places are known, and who else is chosen would tell of the own file.
    """
    place = at_door(slug)
    if place.waits:
        raise StillToCome
    return place


def at_door(slug: str) -> Place:
    """The same where nothing of a slate is shown: whoever is near to a file may open a meeting and be there."""
    reading = call_of(slug)
    access.demand_member(actor().grants, reading.scope)
    return _place(reading)


def at_officers(slug: str) -> Place:
    """What officers see of a board: who stands aside. Raises NotFound for everybody else."""
    reading = call_of(slug)
    access.demand_officer(actor().grants, reading.scope)
    return _place(reading)


def at_slate(slug: str, number: int) -> tuple[Place, Slate]:
    """A slate, for members and approvers. Raises NotFound, and StillToCome as ``at_board``."""
    reading = call_of(slug)
    access.demand_either(actor().grants, reading.scope)
    place, slate = _slate_at(reading, number)
    if place.waits:
        raise StillToCome
    return place, slate


def at_decision(slug: str, number: int) -> tuple[Place, Slate]:
    """A slate, for approvers. Raises NotFound."""
    reading = call_of(slug)
    access.demand_approver(actor().grants, reading.scope)
    return _slate_at(reading, number)


def meeting(place: Place) -> Board:
    """The meeting that is going on. Raises NoMeeting."""
    board = queries.open_board(place.reading.call.id)
    if board is None:
        raise NoMeeting
    return board


def _slate_at(reading: Reading, number: int) -> tuple[Place, Slate]:
    slate = queries.slate(reading.call.id, number)
    if slate is None:
        raise NotFound
    return _place(reading), slate


def _place(reading: Reading) -> Place:
    person: Person = actor().person
    named = reading.rules.reviewing.board_masking is Masking.NAMED
    masked = not named or is_reading(person.id, reading.call.id)
    aside = frozenset(queries.aside(reading, [person.id])[person.id])
    return Place(reading, person, aside, masked, waits_near(person, reading.call.id))

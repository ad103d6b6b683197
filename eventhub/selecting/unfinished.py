"""What is not done yet that a slate stands on: the same list for the board, the approver and whoever releases."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from eventhub.funding import duplicates
from eventhub.funding.duplicates import Pair
from eventhub.reviewing import assigning
from eventhub.reviewing.models import OPEN
from eventhub.reviewing.queries import Reading, standing
from eventhub.selecting import queries


@dataclass(frozen=True)
class Unfinished:
    """Numbers of files the desk has not decided about (``early``), of reviews that are not in, of files that lack a
    reader (``apart`` of them since their readers differ), of possible duplicates; those of which one is chosen.
    """

    early: int
    unread: int
    lacking: int
    apart: int
    pairs: int
    chosen_pairs: tuple[Pair, ...]


def unfinished(
    reading: Reading, chosen: Collection[uuid.UUID], viewer: uuid.UUID, without: Collection[uuid.UUID]
) -> Unfinished:
    """What speaks for waiting. ``chosen``: by their files; files in ``without``, to which the viewer is too near, are
    not counted. Five statements.
    """
    call_id, rules = reading.call.id, reading.rules.reviewing
    lacking, apart = assigning.waiting(call_id, rules.readers, rules.another_above, without=without, untold=True)
    pairs = [one for one in duplicates.waiting(call_id, viewer) if not {one.first.id, one.second.id} & set(without)]
    return Unfinished(
        queries.undecided(call_id, viewer),
        sum(one.state in OPEN and one.application_id not in without for one in standing(call_id)),
        lacking,
        apart,
        len(pairs),
        tuple(one for one in pairs if {one.first.id, one.second.id} & set(chosen)),
    )

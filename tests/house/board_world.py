"""Boards of the fund in the small world: one that meets over a draft of a slate, one that has recommended its slate."""

from datetime import timedelta

from eventhub.funding.models import State
from eventhub.kit.clock import now
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.selecting import actions, queries, running
from eventhub.selecting.models import Kind
from tests.factories.releasing import make_staged, release
from tests.factories.selecting import answer, make_member, make_scored, make_slate, meet, reading


def board_parts(event: Event, *more: Person) -> dict[str, str]:
    """The words of their addresses. ``more`` are there at the meeting beside two members."""
    call, files = make_scored(4, places=2, event_id=event.id)
    members = [make_member(call), make_member(call), *more]
    board = meet(call, *members)
    held = queries.file(reading(call), files[3].id)
    actions.pin(members[0], board, held, must=False, reason="Withdrew by telephone")
    slate = make_slate(board, members[0])
    aside = actions.recuse(members[1], board, files[0])
    tried = answer(running.ask(members[0], board, Kind.RESOLVE, about=slate, what={"fares": 6}))
    decided, _others = make_scored(4, places=2, event_id=event.id)
    theirs = [make_member(decided), make_member(decided)]
    meeting = meet(decided, *theirs)
    ready = make_slate(meeting, theirs[0])
    actions.recommend(theirs[0], reading(decided), meeting, ready.number)
    return {
        "board": call.slug,
        "board_aside": str(aside.id),
        "board_file": str(files[2].id),
        "board_pinned": str(files[3].id),
        "board_run": str(tried.id),
        "board_decided": decided.slug,
    } | _released(event)


def _released(event: Event) -> dict[str, str]:
    """Staged decisions that wait, and others whose release is set."""
    waits = make_staged(5, 2, event_id=event.id)
    due = make_staged(4, 1, event_id=event.id)
    release(due, at=now() + timedelta(hours=3))
    told = next(one for one in waits.files if one.state is State.RESERVE)
    return {"staged": waits.call.slug, "staged_file": str(told.id), "staged_set": due.call.slug}

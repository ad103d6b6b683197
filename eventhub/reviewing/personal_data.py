"""What reviewing keeps about those who read: their own copy, and what stays of them when they are erased."""

import uuid
from typing import Any

from sqlalchemy import delete, select

from eventhub.funding.models import Application, Call
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Organisation, Person
from eventhub.reviewing import following, queries, reading, ties
from eventhub.reviewing.models import OPEN, STANDS, PanelMember, Review, Tie


def own_data(person: Person) -> dict[str, Any]:
    """Where somebody reads, what was given to read and what was said of it, and the ties that were declared. Of a file
    that this reader may not see there is neither number nor word: it does not exist here either.
    """
    return {"panels": _panels(person), "reviews": _reviews(person), "ties": _ties(person)}


def erase(person_id: uuid.UUID) -> int:
    """Take a reader out of all panels; how many. Reviews that were handed in stay as scores of somebody without a name,
    since others were chosen by them; files in hand are free for other readers. Safe to repeat.
    """
    held = select(Review.application_id).where(Review.person_id == person_id, Review.state.in_(OPEN))
    db.session.execute(
        select(Application.id).where(Application.id.in_(held)).order_by(Application.id).with_for_update()
    )
    rows = (
        select(Review)
        .where(Review.person_id == person_id, Review.state.in_(OPEN))
        .order_by(Review.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for one in db.session.scalars(rows).all():
        following.give_back(one)
    seats = select(PanelMember).where(PanelMember.person_id == person_id).order_by(PanelMember.id).with_for_update()
    found = list(db.session.scalars(seats))
    for seat in found:
        if seat.away_at is None:
            seat.away_at = now()
            audit.record("reviewing.reader_left", seat, actor=None, scope_id=seat.call_id)
        seat.languages, seat.region, seat.country = [], None, None
    # Which organizations and countries somebody is near to tells who it was; which file a reader stepped back from is
    # part of the record of that file.
    db.session.execute(delete(Tie).where(Tie.person_id == person_id, Tie.application_id.is_(None)))
    db.session.flush()
    return len(found)


def _panels(person: Person) -> list[dict[str, Any]]:
    rows = (
        select(PanelMember, Call.title)
        .join(Call, Call.id == PanelMember.call_id)
        .where(PanelMember.person_id == person.id)
        .order_by(PanelMember.joined_at, PanelMember.id)
    )
    return [
        {
            "call": title,
            "languages": seat.languages,
            "region": seat.region,
            "country": seat.country,
            "most": seat.most,
            "fewest": seat.fewest,
            "joined": seat.joined_at,
            "away": seat.away_at,
        }
        for seat, title in db.session.execute(rows)
    ]


def _reviews(person: Person) -> list[dict[str, Any]]:
    rows = (
        select(Review.id, Review.application_id, Review.state, Review.call_id, Review.assigned_at, Review.ended_at)
        .where(Review.person_id == person.id)
        .order_by(Review.assigned_at, Review.id)
    )
    found = db.session.execute(rows).all()
    calls = queries.readings({one.call_id for one in found})
    files = [one.application_id for one in found]
    hidden = ties.conflicts(list(calls.values()), [person.id], files) if found else {}
    open_to = {
        one.id: one
        for one in queries.whole_of(person.id, [each.id for each in found if each.state in STANDS])
        if (one.application_id, person.id) not in hidden and one.gate.declared_at is not None
    }
    return [
        {
            "call": calls[one.call_id].call.title if one.call_id in calls else None,
            "state": one.state.value,
            "given": one.assigned_at,
            "ended": one.ended_at,
        }
        | (_said(open_to[one.id]) if one.id in open_to else {})
        for one in found
    ]


def _said(review: Review) -> dict[str, Any]:
    given = reading.said(review)
    return {
        "application": review.application.number,
        "marks": dict(given.marks),
        "reasons": dict(given.words),
        "confidence": given.confidence,
        "points": review.points,
    }


def _ties(person: Person) -> list[dict[str, Any]]:
    rows = (
        select(Tie, Organisation.name, Call.title)
        .join(Call, Call.id == Tie.call_id)
        .outerjoin(Organisation, Organisation.id == Tie.organisation_id)
        .where(Tie.person_id == person.id, Tie.derived.is_(False))
        .order_by(Tie.made_at, Tie.id)
    )
    return [
        {
            "call": title,
            "kind": tie.kind.value,
            "organisation": name,
            "country": tie.country,
            "one_file": tie.application_id is not None,
            "declared": tie.made_at,
            "taken_back": tie.withdrawn_at,
        }
        for tie, name, title in db.session.execute(rows)
    ]

"""Some who registered twice for this year's Forum, and organizations that stand there in several spellings."""

from collections.abc import Sequence

from sqlalchemy import select, update

from eventhub.kit.db import db
from eventhub.people import same
from eventhub.people.affiliations import affiliate
from eventhub.people.models import Organisation, Person
from eventhub.programme.models import Event
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.models import Answer, AnswerSet
from eventhub.registration import duplicates
from eventhub.registration.models import Registration, State

PEOPLE = 3
HOUSES = 3


def make_duplicates(event: Event, officer: Person) -> None:
    """Three people stand there twice, one of whom are two; three organizations in words of their members' own."""
    rows = select(Registration).where(
        Registration.event_id == event.id,
        Registration.state == State.UNDER_REVIEW,
        Registration.legal_name.is_not(None),
        Registration.delegation_id.is_(None),
    )
    found = list(db.session.scalars(rows.order_by(Registration.submitted_at, Registration.reference).limit(60)))
    two_words = [one for one in found if len((one.legal_name or "").split()) > 1]
    for one, other in zip(two_words[:PEOPLE], two_words[-PEOPLE:], strict=True):
        _called(other, turned(one.legal_name or ""))
    _spelt_otherwise([one for one in found if one.organisation_id is not None])
    db.session.flush()
    while duplicates.compare(event.id):
        pass
    same.find()
    pairs = duplicates.waiting(event.id, officer.id)
    if len(pairs) > 1:
        duplicates.hold_apart(officer, pairs[-1], "Cousins: both wrote to us, each with a passport of their own.")


def _called(registration: Registration, name: str) -> None:
    """The registration says this name, in its answers too."""
    registration.legal_name = name
    if registration.answer_set_id is None:
        return
    version_id = db.session.scalar(select(AnswerSet.version_id).where(AnswerSet.id == registration.answer_set_id))
    definition = questionnaires.version(version_id).definition if version_id else None
    asked = [one.id for one in definition.questions() if one.key == "legal_name"] if definition else []
    mine = update(Answer).where(Answer.answer_set_id == registration.answer_set_id, Answer.question.in_(asked))
    db.session.execute(mine.values(value=name))


def turned(name: str) -> str:
    """As a form of an airline has it: the last word first, in capitals."""
    *given, last = name.split()
    return f"{last.upper()}, {' '.join(given)}"


def _spelt_otherwise(registrations: Sequence[Registration]) -> None:
    houses = {house.id: house for house in db.session.scalars(select(Organisation))}
    spelt: set[str] = set()
    for one in registrations:
        house = houses[one.organisation_id] if one.organisation_id else None
        if house is None or house.name in spelt or len(house.name) < 12 or not house.name.isascii():
            continue
        spelt.add(house.name)
        one.organisation_id = affiliate(one.person_id, f"{house.name[:-2]}{house.name[-1]}", country=house.country)
        if len(spelt) == HOUSES:
            return

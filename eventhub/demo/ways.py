"""The demo's forum has a number of places in its hall; at a regional one a category registers longer than others."""

from datetime import timedelta

from sqlalchemy import func, select

from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.models import QuestionnaireVersion
from eventhub.registration import admission, categories, queries
from eventhub.registration.models import Registration

FREE = 40
LONGER = timedelta(days=10)


def make_ways(forum: Event, regional: Event, version: QuestionnaireVersion, organiser: Person) -> None:
    """Places in the hall for those who have one and some more; States may register longer than others."""
    seated = select(func.count()).where(
        Registration.event_id == forum.id, Registration.attendance_mode == "in_person", Registration.has_seat
    )
    admission.limit_ways(organiser, forum, {"in_person": (db.session.scalar(seated) or 0) + FREE})
    setup = queries.setup_of(regional.id)
    if setup is None:
        return
    longer = setup.closes_at + LONGER
    admission.set_category(organiser, regional, "member_state", is_open=True, closes_at=longer)
    admission.take_usual(organiser, regional, categories.offered(questionnaires.version(version.id).definition, ()))

"""What somebody answered when registering for the event of a call, offered again: shown first, taken by a press.

The rules of what may be offered are those between two events (registration/reuse.py). Sealed answers have a press of
their own.
"""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import load_only

from eventhub.funding import applying, own
from eventhub.funding.models import Application, State
from eventhub.funding.own import Intake
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.answers import Sealed
from eventhub.questionnaires.conditions import answered
from eventhub.questionnaires.definition import Definition
from eventhub.questionnaires.models import AnswerSet
from eventhub.questionnaires.uploads import Wrong
from eventhub.questionnaires.windows import windows_of
from eventhub.registration import reuse
from eventhub.registration.models import Registration
from eventhub.registration.queries import EVENT_COLUMNS
from eventhub.registration.reuse import Former, Gap, NothingChosen, Offer


def former(found: Intake, person: Person) -> Former | None:
    """What the person sent when registering for the call's event; None where there is nothing. Two statements at the
    most.
    """
    if found.call.event_id is None:
        return None
    rows = (
        select(Registration, Event, AnswerSet)
        .join(Event, Event.id == Registration.event_id)
        .join(AnswerSet, AnswerSet.id == Registration.answer_set_id)
        .options(load_only(*EVENT_COLUMNS, raiseload=True))
        .where(
            Registration.event_id == found.call.event_id,
            Registration.person_id == person.id,
            Registration.submitted_at.is_not(None),
            Registration.erased_at.is_(None),
            AnswerSet.seal_key_id == found.key.id,
        )
    )
    row = db.session.execute(rows).first()
    if row is None:
        return None
    registration, event, answer_set = row
    definition = questionnaires.version(answer_set.version_id).definition
    return Former(registration, event, answer_set, definition, given.load(answer_set, found.key))


def may_take(found: Intake) -> bool:
    """Whether answers may be taken over now."""
    draft = found.application is None or found.application.state is State.DRAFT
    return draft and found.call.event_id is not None and own.is_sendable(found, now())


def offers(found: Intake, definition: Definition, before: Former) -> list[Offer]:
    """What may be taken over, in the order of the form, with the gaps; the words are those of ``definition``. What is
    answered already is not offered, nor what the other answers do not lead to.
    """
    if found.version_id is None:
        return []
    asked = {one.key: one for one in questionnaires.version(found.version_id).definition.questions()}
    answers = given.load(found.answer_set) if found.answer_set else {}
    stored = reuse.stored_files([before])
    made: dict[str, Offer] = {}
    for page in definition.pages:
        for question in page.questions:
            value = before.answers.get(question.key)
            if not answered(value) or answered(answers.get(question.key)) or not reuse.is_asked_again(question, page):
                continue
            same = asked[question.key]
            gap = reuse.gap_of(before.event.last_day, found.key, same, before, value, stored)
            try:
                fits = None if gap else reuse.fitting(same, before, value)
            except Wrong:
                gap, fits = Gap.CHANGED, None
            made[question.key] = Offer(page, question, same, before, fits, gap)
    would_be = answers | {key: one.value for key, one in made.items() if one.gap is None}
    shown = {question.key for _page, question in given.visible_questions(definition, would_be)}
    return [offer for key, offer in made.items() if key in shown]


def is_sealed(offer: Offer) -> bool:
    """Whether an offer is opened by a press of its own."""
    return isinstance(offer.value, Sealed)


def take_over(
    actor: Person, found: Intake, definition: Definition, wanted: Collection[str], *, sealed: bool
) -> Application:
    """Take these answers over into the draft, which is begun where there is none: of the open ones those that were
    ticked, of the ``sealed`` ones all. That sealed answers were opened is written down. Raises NothingChosen and what
    ``applying.start_draft`` raises. ``found`` holds the application.
    """
    before = former(found, actor)
    offered = offers(found, definition, before) if before else []
    fitting = [one for one in offered if one.gap is None and is_sealed(one) == sealed]
    chosen = [one for one in fitting if sealed or one.question.key in wanted]
    if before is None or not chosen:
        raise NothingChosen
    begun = applying.start_draft(actor, actor, found)
    values = reuse.values_of(actor, before, found.key, chosen)
    application = applying.save_page(actor, begun, values, typed_in=before.mark)
    db.session.flush()
    return application


def unseen(found: Intake, before: Former | None) -> set[str]:
    """The keys of answers that were taken over and not sent with their page since. One statement, or none."""
    if found.answer_set is None or found.version_id is None or before is None:
        return set()
    kept = windows_of(found.answer_set)
    asked = questionnaires.version(found.version_id).definition.questions()
    return {question.key for question in asked if kept.get(question.id) == before.mark}

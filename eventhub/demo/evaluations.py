"""The demo's evaluations: last year's forum with what came of it, and a dialogue whose attendees are being asked."""

import random
import uuid
from datetime import date, datetime, timedelta

from sqlalchemy import insert, select, update

from eventhub.evaluations import actions, answering, counting, queries
from eventhub.evaluations.models import Answer, Evaluation, Invitation
from eventhub.evaluations.preset import PRESET
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import new_key
from eventhub.kit.tokens import digest, new_salt
from eventhub.people.models import Person
from eventhub.programme.models import Event

SEED = 81
ANSWERED_LAST_YEAR, ANSWERED_SO_FAR = 64, 23
ASKED_SINCE, OPEN_STILL = timedelta(days=5), timedelta(days=8)
STEPS = {
    "overall": (5, 5, 4, 5, 4, 4, 5, 3, 4, 5),
    "useful": (5, 4, 4, 5, 4, 3, 5, 4, 4, 3),
    "access": (4, 5, 3, 4, 2, 5, 4, 3, 4, 2),
    "safe": (5, 4, 5, 5, 3, 5, 4, 5, 2, 5),
    "organisation": (5, 4, 5, 4, 4, 5, 5, 4, 3, 4),
}
WORDS = (
    ("en", "More time for questions from the floor. Two minutes are not enough for a community of forty thousand."),
    ("fr", "Une salle calme à côté de la salle de réunion, et des pauses qui soient de vraies pauses."),
    ("es", "Interpretación también en las reuniones paralelas de la tarde."),
    ("ar", "كان ينقصنا وقت للقاء الوفود الحكومية خارج القاعة."),
    ("ru", "Хотелось бы получать повестку дня раньше, хотя бы за две недели."),
    ("zh", "希望发言名单能提前公布，以便准备。"),
    ("en", "Captions on the screen during the side events, as in the main room."),
    ("fr", "Les documents dans les langues des participants, pas seulement en anglais et en français."),
    ("es", "Un lugar donde dejar a los niños durante las sesiones."),
    ("en", "A way to hear afterwards what became of the recommendations."),
    ("ru", "Больше розеток и место, где можно поработать между заседаниями."),
)


def make_evaluations(last_year: Event, dialogue: Event, today: date, participant: Person) -> None:
    """Nobody is written to about last year, and of the dialogue's attendees one alone: there is a link to try."""
    chance = random.Random(SEED)
    closed, secrets = _asked(last_year, today - timedelta(days=1), today + timedelta(days=1))
    _answer(secrets, ANSWERED_LAST_YEAR, chance)
    closed.closes_on = today - timedelta(days=1)
    _count()
    actions.close_due(now())
    _then(closed, last_year.last_day)
    _open, secrets = _asked(dialogue, today - ASKED_SINCE, today + OPEN_STILL)
    mine = select(Invitation.id).where(Invitation.evaluation_id == _open.id, Invitation.person_id == participant.id)
    own = db.session.scalar(mine) or next(iter(secrets), None)
    _answer({one: secret for one, secret in secrets.items() if one != own}, ANSWERED_SO_FAR, chance)
    _count()
    if own is not None:
        promise("evaluations.asked", key=f"evaluations.asked:{own}", invitation_id=own)


def _asked(event: Event, opens_on: date, closes_on: date) -> tuple[Evaluation, dict[uuid.UUID, str]]:
    """An open evaluation, and the secrets of its links by invitation."""
    key = new_key()
    db.session.flush()
    people, began = actions.attendees(event.id), now() - ASKED_SINCE
    made = Evaluation(
        id=uuid.uuid4(),
        event_id=event.id,
        seal_key_id=key.id,
        questions=list(PRESET),
        opens_on=opens_on,
        closes_on=closes_on,
        opened_at=began,
        asked=len(people),
        answered=0,
    )
    db.session.add(made)
    db.session.flush()
    rows, secrets = [], {}
    for person_id in people:
        invitation_id, salt = uuid.uuid4(), new_salt()
        secrets[invitation_id] = queries.secret_of(invitation_id, salt)
        rows.append(
            {
                "id": invitation_id,
                "evaluation_id": made.id,
                "person_id": person_id,
                "salt": salt,
                "token_hash": digest(secrets[invitation_id]),
                "asked_on": opens_on,
                "answered_on": None,
            }
        )
    db.session.execute(insert(Invitation), rows)
    return made, secrets


def _answer(secrets: dict[uuid.UUID, str], number: int, chance: random.Random) -> None:
    links = list(secrets.values())
    for place, secret in enumerate(chance.sample(links, min(number, len(links)))):
        said: dict[str, int | str] = {code: chance.choice(steps) for code, steps in STEPS.items()}
        language, words = WORDS[place % len(WORDS)]
        if place < len(WORDS):
            said["missing"] = words
        answering.answer(secret, said, language)


def _count() -> None:
    db.session.flush()
    moment = now()
    counting.mark_due(moment)
    counting.take_due(moment)


def _then(closed: Evaluation, last_day: date) -> None:
    """As if all of it had happened after the event, and somebody had read half of the words and published them."""
    opened, ended = last_day + actions.OPENS_AFTER, last_day + actions.OPENS_AFTER + actions.LASTS
    at = datetime.combine(ended + timedelta(days=1), datetime.min.time(), tzinfo=now().tzinfo)
    marks = update(Invitation).where(Invitation.evaluation_id == closed.id)
    db.session.execute(marks.values(asked_on=opened), execution_options={"synchronize_session": False})
    marked = marks.where(Invitation.answered_on.is_not(None)).values(answered_on=ended)
    db.session.execute(marked, execution_options={"synchronize_session": False})
    days = update(Answer).where(Answer.evaluation_id == closed.id).values(counted_on=ended)
    db.session.execute(days, execution_options={"synchronize_session": False})
    for one in list(queries.words(closed.id))[: len(WORDS) // 2 + 1]:
        one.shown = one.text
    closed.opens_on, closed.closes_on = opened, ended
    closed.opened_at, closed.closed_at = at - timedelta(days=14), at
    closed.published_at = at + timedelta(days=3)
    db.session.flush()

"""Rounds, made by the clock's own functions, about events some months ago."""

import uuid
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select, text, update

from eventhub.commitments import queries as commitments
from eventhub.commitments.models import Commitment, Contact, Maker
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.programme.models import Event
from eventhub.rounds import opening, queries
from eventhub.rounds.models import Round, RoundItem, RoundLink
from eventhub.rounds.opening import secret_of
from eventhub.rounds.queries import Behind
from tests.factories.commitments import new_address, published
from tests.factories.programme import make_event


def event_of_months_ago(months: int = 3, **given: object) -> Event:
    """An event whose round of so many months is due today, at a place where it is morning already."""
    last = _back(now().date(), months)
    values: dict[str, object] = {"first_day": last, "last_day": last, "time_zone": zone_of_the_day()}
    return make_event(**(values | given))


def followed(event: Event, *emails: str, joint: bool = False, since: date | None = None, **given: object) -> Commitment:
    """A commitment that was published soon after its event; ``emails``: its contacts in order."""
    made = published(event, in_session=False, **given)
    boxes = list(emails) or [new_address()]
    first = db.session.scalars(select(Contact).where(Contact.commitment_id == made.id)).one()
    first.email, first.name = boxes[0], "Amina"
    for position, email in enumerate(boxes[1:], start=first.position + 1):
        db.session.add(
            Contact(id=uuid.uuid4(), commitment_id=made.id, position=position, email=email, name="", language="fr")
        )
    if joint:
        db.session.add(
            Maker(id=uuid.uuid4(), commitment_id=made.id, position=9, name="Foundation", kind="donor_foundation")
        )
    since = since or event.last_day + timedelta(days=3)
    db.session.flush()
    db.session.execute(
        update(Commitment)
        .where(Commitment.id == made.id)
        .values(
            published_at=datetime.combine(since, datetime.min.time(), tzinfo=UTC),
            heard_on=since,
            expected_on=since + timedelta(days=91),
        )
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()
    return commitments.record(made.id)


def opened(event: Event) -> Round:
    """The round that the clock makes today."""
    assert opening.open_due(now()) >= 1
    return db.session.scalars(select(Round).where(Round.event_id == event.id)).one()


def link_of(email: str, found: Round | None = None) -> RoundLink:
    """The link of a mailbox."""
    rows = select(RoundLink).where(RoundLink.email == email)
    if found is not None:
        rows = rows.where(RoundLink.round_id == found.id)
    db.session.flush()
    return db.session.scalars(rows.execution_options(populate_existing=True)).one()


def secret(email: str) -> str:
    """What its mail bears."""
    return secret_of(link_of(email))


def behind(email: str) -> Behind:
    """What stands behind it."""
    db.session.flush()
    found = queries.behind(secret(email))
    assert found is not None
    return found


def item_of(commitment: Commitment) -> RoundItem:
    """What is asked about a commitment."""
    rows = select(RoundItem).where(RoundItem.commitment_id == commitment.id)
    return db.session.scalars(rows.execution_options(populate_existing=True)).one()


def aged(found: Round, days: int) -> None:
    """The same round, opened so many days before."""
    back = timedelta(days=days)
    db.session.flush()
    for statement in (
        "UPDATE round SET opened_at = opened_at - :back, closes_at = closes_at - :back WHERE id = :id",
        "UPDATE round_link SET made_at = made_at - :back WHERE round_id = :id",
    ):
        db.session.execute(text(statement), {"back": back, "id": found.id})
    asked = select(RoundItem.commitment_id).where(RoundItem.round_id == found.id)
    due = update(Commitment).where(Commitment.id.in_(asked), Commitment.expected_on <= now().date())
    db.session.execute(
        due.values(expected_on=Commitment.expected_on - days).execution_options(synchronize_session=False)
    )
    db.session.expire_all()


def multiply(commitment: Commitment, many: int, *, lost: int = 0) -> None:
    """The same commitment so many times over, each with a mailbox of its own. Every ``lost``-th has one that no server
    knows, and another behind it.
    """
    same = ", ".join(
        column.name for column in Commitment.__table__.columns if column.name not in {"id", "number"}
    ).replace("groups", '"groups"')
    version = "commitment_id, number, wording, title, beneficiaries, reason, by_maker, written_at"
    is_lost = f"number % {lost} = 0" if lost else "false"
    mailbox = f"CASE WHEN {is_lost} THEN 'lost-' ELSE 'maker-' END || number || '@example.org'"
    contact = "id, commitment_id, position, name, email, language"
    second = "'second-' || number || '@example.org'"
    for statement in (
        (
            f"INSERT INTO commitment (id, {same}) SELECT gen_random_uuid(), {same} FROM commitment,"
            " generate_series(1, :many) WHERE id = :id"
        ),
        (
            f"INSERT INTO commitment_version ({version}) SELECT id, 1, 'We', '', '', '', false, now() FROM commitment"
            " WHERE id <> :id"
        ),
        (
            f"INSERT INTO commitment_contact ({contact}) SELECT gen_random_uuid(), id, 1, '', {mailbox}, 'en'"
            " FROM commitment WHERE id <> :id"
        ),
        (
            f"INSERT INTO commitment_contact ({contact}) SELECT gen_random_uuid(), id, 2, '', {second}, 'en'"
            f" FROM commitment WHERE id <> :id AND {is_lost}"
        ),
    ):
        db.session.execute(text(statement), {"id": commitment.id, "many": many})


def zone_of_the_day() -> str:
    """A zone in which it is past eight in the morning of the present day in UTC."""
    return "UTC" if now().hour >= 8 else "Etc/GMT-9"


def _back(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 - months, 12)
    return date(day.year + years, month + 1, min(day.day, 28))

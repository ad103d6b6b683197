"""Rounds by the clock: made once, for whom, with which mails, and closed in public."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventhub.commitments.models import Commitment, Contact, Says
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import Mail
from eventhub.kit.outbox import Promise
from eventhub.rounds import answering, asking, opening, refusals, schedule
from eventhub.rounds.answering import Said
from eventhub.rounds.models import Ended, Part, Round, RoundItem, RoundLink, RoundPart
from eventhub.rounds.schedule import Rhythm
from tests.factories.commitments import new_address, published
from tests.factories.rounds import aged, behind, event_of_months_ago, followed, item_of, link_of, opened, secret

pytestmark = pytest.mark.usefixtures("database")


def mails(task: str) -> int:
    return db.session.scalar(select(func.count(Promise.id)).where(Promise.task == task)) or 0


def test_one_link_for_each_mailbox_lists_all_its_commitments() -> None:
    event, box, other = event_of_months_ago(), new_address(), new_address()
    mine = [followed(event, box), followed(event, box)]
    followed(event, other)
    found = opened(event)
    assert found.step == 3
    assert {one.commitment.id for one in behind(box).asked} == {one.id for one in mine}
    assert len(behind(other).asked) == 1
    assert mails("rounds.asked") == 2
    db.session.expire_all()
    assert {one.expected_on for one in db.session.scalars(select(Commitment))} == {now().date()}


def test_the_clock_makes_a_round_once_however_often_it_runs() -> None:
    event = event_of_months_ago()
    followed(event)
    assert [opening.open_due(now()) for _ in range(3)] == [1, 0, 0]
    assert opening.open_due(now() + timedelta(days=2)) == 0
    assert (mails("rounds.asked"), db.session.scalar(select(func.count(Round.id)))) == (1, 1)


def test_two_days_late_it_is_made_and_a_month_late_it_is_not() -> None:
    event = event_of_months_ago()
    followed(event)
    assert opening.open_due(now() + schedule.LATE + timedelta(days=1)) == 0
    assert opening.open_due(now() + timedelta(days=2)) == 1


def test_who_was_published_or_heard_lately_is_asked_by_the_next_round() -> None:
    event = event_of_months_ago()
    old, fresh = followed(event), published(event, in_session=False)
    found = opened(event)
    asked = list(db.session.scalars(select(RoundItem.commitment_id).where(RoundItem.round_id == found.id)))
    assert asked == [old.id]
    opening.align(now())
    db.session.expire_all()
    day = schedule.after(Rhythm(), event.last_day, now().date())
    assert db.session.get_one(Commitment, fresh.id).expected_on == day
    assert db.session.get_one(Commitment, old.id).expected_on == now().date()


def test_a_plan_of_the_series_counts() -> None:
    event = event_of_months_ago(2)
    followed(event)
    assert opening.open_due(now()) == 0
    opening.keep_plan(event.series_id, Rhythm((2,), 0, (0, 3)))
    found = opened(event)
    assert (found.step, found.days) == (2, [0, 3])


def test_reminders_go_out_on_their_days_and_stop_with_the_answer() -> None:
    event, silent, quick = event_of_months_ago(), new_address(), new_address()
    followed(event, silent)
    answered = followed(event, quick)
    found = opened(event)
    answering.answer(secret(quick), item_of(answered).id, Said(Says.IN_PROGRESS), seen=1)
    assert asking.remind_due(now()) == 0
    for days, expected in ((5, 1), (6, 0), (3, 1), (15, 1)):
        aged(found, days)
        assert asking.remind_due(now()) == expected
        assert asking.remind_due(now()) == 0
        if days == 6:
            continue
    link = link_of(silent)
    assert (link.reminded, link.mailed, mails("rounds.reminded")) == (4, 4, 3)
    assert link_of(quick).mailed == 1


def test_days_that_the_clock_missed_are_one_reminder() -> None:
    event, box = event_of_months_ago(), new_address()
    followed(event, box)
    aged(opened(event), 13)
    assert asking.remind_due(now()) == 1
    assert (link_of(box).reminded, mails("rounds.reminded")) == (3, 1)


def test_a_pause_holds_reminders_until_its_day() -> None:
    event, box = event_of_months_ago(), new_address()
    followed(event, box)
    found = opened(event)
    asking.pause(secret(box), now().date() + timedelta(days=8))
    aged(found, 6)
    assert asking.remind_due(now()) == 0
    assert asking.resume_due(now()) == 0
    assert asking.resume_due(now() + timedelta(days=8)) == 1
    assert asking.remind_due(now()) == 1
    assert asking.remind_due(now()) == 0
    with pytest.raises(refusals.BadDay):
        asking.pause(secret(box), now().date())
    with pytest.raises(refusals.BadDay):
        asking.pause(secret(box), now().date() + timedelta(days=40))


def test_a_mail_that_came_back_goes_on_to_the_next_mailbox_and_then_to_staff() -> None:
    event, first, second = event_of_months_ago(), new_address(), new_address()
    made = followed(event, first, second)
    opened(event)
    assert asking.bounced_due() == 0
    bounce(first)
    assert asking.bounced_due() == 1
    assert link_of(first).ended is Ended.BOUNCED
    assert [one.commitment.id for one in behind(second).asked] == [made.id]
    assert mails("rounds.asked") == 2
    bounce(second)
    assert (asking.bounced_due(), asking.bounced_due()) == (1, 0)
    assert item_of(made).contact_id is None


def test_an_address_that_its_server_refuses_is_one_that_came_back() -> None:
    event, first, second = event_of_months_ago(), new_address(), new_address()
    made = followed(event, first, second)
    opened(event)
    promise = db.session.scalars(select(Promise).where(Promise.task == "rounds.asked")).one()
    promise.parked_at, promise.problem = now(), "SMTP 451"
    db.session.flush()
    assert asking.bounced_due() == 0
    promise.problem = "SMTP 550"
    db.session.flush()
    assert asking.bounced_due() == 1
    assert [one.commitment.id for one in behind(second).asked] == [made.id]


def test_a_mailbox_whose_mail_came_back_once_is_asked_last_in_the_next_round() -> None:
    event, first, second = event_of_months_ago(), new_address(), new_address()
    made = followed(event, first, second)
    opened(event)
    bounce(first)
    asking.bounced_due()
    opening.keep_plan(event.series_id, Rhythm((1, 3), 12, (0,)))
    later = now() + timedelta(days=400)
    db.session.expire_all()
    found = opening.open_round(event, Rhythm(), 12, later.date(), later)
    assert found is not None
    contact = db.session.scalar(select(RoundItem.contact_id).where(RoundItem.round_id == found.id))
    assert db.session.get_one(Contact, contact).email == second
    assert made.id


def test_a_closed_round_makes_silence_public_and_dated(client: FlaskClient) -> None:
    event, box = event_of_months_ago(), new_address()
    made, spoke = followed(event), followed(event, box)
    found = opened(event)
    answering.answer(secret(box), item_of(spoke).id, Said(Says.PLANNING), seen=1)
    assert opening.close_due(now()) == 0
    aged(found, 30)
    assert (opening.close_due(now()), opening.close_due(now())) == (1, 0)
    assert item_of(made).silent_on == found.closes_at.date()
    assert item_of(spoke).silent_on is None
    assert "No report received" in client.get(f"/en/commitments/{made.reference}").text
    assert "No report received" not in client.get(f"/en/commitments/{spoke.reference}").text


def test_what_is_withdrawn_during_a_round_is_not_called_silent() -> None:
    event = event_of_months_ago()
    made = followed(event)
    found = opened(event)
    db.session.execute(
        Commitment.__table__.update()
        .where(Commitment.id == made.id)
        .values(state="withdrawn", withdrawn_why="maker", withdrawn_at=now())
    )
    aged(found, 30)
    opening.close_due(now())
    assert item_of(made).silent_on is None


def test_without_a_mailbox_nobody_is_asked_and_staff_see_it() -> None:
    event = event_of_months_ago()
    made = followed(event)
    for one in db.session.scalars(select(Contact).where(Contact.commitment_id == made.id)):
        one.email = None
    opened(event)
    assert item_of(made).contact_id is None
    assert db.session.scalar(select(func.count(RoundLink.id))) == 0
    assert db.session.scalar(select(func.count()).select_from(RoundPart).where(RoundPart.part == Part.LEAD)) == 0


def bounce(email: str) -> None:
    """The newest mail to this address came back."""
    link = link_of(email)
    rows = select(Promise).where(Promise.payload["link_id"].astext == str(link.id)).order_by(Promise.id.desc())
    promise = db.session.scalars(rows).first()
    assert promise is not None
    promise.kept_at = now()
    db.session.add(
        Mail(
            promise_id=promise.id,
            message_id=f"<{promise.id}@example.org>",
            template="rounds/letter",
            language="en",
            sent_at=now(),
            bounced_at=now(),
            bounce="5.1.1",
        )
    )
    db.session.flush()

"""Who is silent over all rounds, and how rounds compare: numbers that can be counted by hand, with few statements."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from eventhub.commitments.models import Commitment, Says
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from eventhub.programme.models import Event, Series
from eventhub.rounds import answering, asking, board, moving, opening, shown
from eventhub.rounds.answering import Said
from eventhub.rounds.models import Reached, Round, RoundItem, RoundLink
from eventhub.rounds.moving import Answer, Move
from eventhub.rounds.opening import secret_of
from eventhub.rounds.schedule import Rhythm
from tests.delegations.test_journeys import browser
from tests.factories.commitments import new_address
from tests.factories.people import form_fields, make_person, make_staff
from tests.factories.rounds import aged, event_of_months_ago, followed

pytestmark = pytest.mark.usefixtures("database")
BOARD = "/en/console/rounds/silence"


def held(event: Event, step: int, says: dict[Commitment, Says], *, closed: bool = True) -> Round:
    """A round in which these were answered; the others were not."""
    found = opening.open_round(event, Rhythm(), step, now().date(), now())
    assert found is not None
    for commitment, word in says.items():
        item, link = _asked(found, commitment)
        answering.answer(secret_of(link), item.id, Said(word), seen=1)
    if closed:
        aged(found, 60)
        opening.close_due(now())
        db.session.flush()
        back = update(Commitment).where(Commitment.event_id == event.id, Commitment.heard_on == now().date())
        values = {"heard_on": now().date() - timedelta(days=85), "expected_on": now().date()}
        db.session.execute(back.values(**values).execution_options(synchronize_session=False))
        db.session.expire_all()
    return found


def _asked(found: Round, commitment: Commitment) -> tuple[RoundItem, RoundLink]:
    rows = select(RoundItem).where(RoundItem.round_id == found.id, RoundItem.commitment_id == commitment.id)
    item = db.session.scalars(rows).one()
    email = commitment.contacts[0].email
    rows_of_link = select(RoundLink).where(RoundLink.round_id == found.id, RoundLink.email == email)
    return item, db.session.scalars(rows_of_link).one()


def slug_of(event: Event) -> str:
    return db.session.get_one(Series, event.series_id).slug


def organiser(app: Flask, event: Event) -> FlaskClient:
    return browser(app, make_staff(Role.ORGANISER, event_id=event.id))


@pytest.mark.parametrize(
    ("before", "after", "move"),
    [
        ("planning", "in_progress", Move.UP),
        ("not_started", "fulfilled", Move.UP),
        ("in_progress", "not_started", Move.DOWN),
        ("planning", "planning", Move.SAME),
        ("withdrawn", "withdrawn", Move.SAME),
        ("in_progress", "withdrawn", Move.CHANGED),
        ("changed", "fulfilled", Move.CHANGED),
        ("planning", moving.SILENT, Move.FELL_SILENT),
        (moving.SILENT, "planning", Move.SPOKE),
        (moving.SILENT, moving.SILENT, Move.STILL_SILENT),
    ],
)
def test_how_one_status_follows_another(before: str, after: str, move: Move) -> None:
    assert moving.moved(before, after) is move


def test_each_commitment_of_both_rounds_moved_in_one_way() -> None:
    statuses = ("planning", "fulfilled", moving.SILENT)
    answers = [Answer((a, b), 3, a, timedelta(days=1) if a else None) for a in statuses for b in statuses]
    answers += [Answer((a, b), 6, b, None) for a in statuses for b in statuses]
    answers += [Answer("new", 6, "planning", timedelta(days=2))]
    (step,) = moving.steps(answers)
    assert sum(map(len, step.moves.values())) == sum(step.table.values()) == 9
    first, second = moving.lines(answers)
    assert (first.asked, first.answered, first.rate, first.median) == (9, 6, 66, timedelta(days=1))
    assert (second.asked, second.answered, second.median) == (10, 7, timedelta(days=2))


def test_rounds_beside_each_other_and_who_moved(app: Flask) -> None:
    event = event_of_months_ago()
    up, down, fell, silent = (followed(event, new_address(), title=name) for name in ("Up", "Down", "Fell", "Mute"))
    held(event, 3, {up: Says.PLANNING, down: Says.IN_PROGRESS, fell: Says.PLANNING})
    held(event, 6, {up: Says.FULFILLED, down: Says.PLANNING})
    staff, url = organiser(app, event), f"/en/console/series/{slug_of(event)}/rounds/comparison"
    page = staff.get(url).text
    for said in ("After 3 months", "After 6 months", "75 %", "50 %", "From 3 months to 6 months"):
        assert said in page, said
    for move, title in (("up", "Up"), ("down", "Down"), ("fell_silent", "Fell"), ("still_silent", "Mute")):
        named = staff.get(f"{url}?move={move}").text.split('id="who"')[1]
        assert f">{title}</a>" in named
        assert sum(f">{one}</a>" in named for one in ("Up", "Down", "Fell", "Mute")) == 1
    assert silent.number
    assert staff.get(f"{url}?event={event.slug}&after=x&move=x").status_code == 200


def test_a_series_out_of_reach_has_no_comparison(app: Flask) -> None:
    event, other = event_of_months_ago(), event_of_months_ago()
    held(event, 3, {followed(event, new_address()): Says.PLANNING})
    url = f"/en/console/series/{slug_of(event)}/rounds/comparison"
    assert organiser(app, other).get(url).status_code == 404
    assert organiser(app, event).get("/en/console/series/none/rounds/comparison").status_code == 404


def test_the_board_of_the_silent(app: Flask) -> None:
    event = event_of_months_ago()
    answered, quiet = followed(event, new_address(), title="Told"), followed(event, new_address(), title="Mute")
    held(event, 3, {answered: Says.PLANNING})
    found = held(event, 6, {answered: Says.PLANNING}, closed=False)
    other = event_of_months_ago()
    followed(other, new_address(), title="Elsewhere")
    opening.open_round(other, Rhythm(), 3, now().date(), now())
    staff = organiser(app, event)
    page = staff.get(BOARD).text
    assert ">Mute</a>" in page
    assert "1 round without a word" in page
    assert "Told" not in page
    assert "Elsewhere" not in page, "an event out of reach"
    _item, link = _asked(found, quiet)
    asking.called(make_person(), board.link_of(link.id), Reached.NOBODY, "The line was busy")
    assert ">Mute</a>" in staff.get(BOARD).text
    assert ">Mute</a>" not in staff.get(f"{BOARD}?view=uncalled").text
    assert ">Mute</a>" not in staff.get(f"{BOARD}?series=none").text
    assert ">Mute</a>" in staff.get(f"{BOARD}?series={slug_of(event)}&event={event.slug}").text


def test_a_reminder_from_the_board_goes_out_once_and_keeps_the_filters(app: Flask) -> None:
    event = event_of_months_ago()
    quiet = followed(event, new_address())
    found = held(event, 3, {}, closed=False)
    _item, link = _asked(found, quiet)
    staff, page = organiser(app, event), f"{BOARD}?view=uncalled&event={event.slug}"
    url = f"{BOARD}/{link.id}/nudge?view=uncalled&event={event.slug}"
    fields = form_fields(staff.get(page).text, url)
    answers = [staff.post(url, data=fields) for _time in range(2)]
    assert [(one.status_code, one.location) for one in answers] == [(303, page)] * 2
    mails = db.session.scalars(select(Promise).where(Promise.task == "rounds.reminded")).all()
    assert len(mails) == 1
    assert "An email with the link goes out." in staff.get(page).text
    asking.revoke(make_person(), board.link_of(link.id, lock=True))
    again = staff.post(url, data=fields | {"form_key": "another"}, follow_redirects=True)
    assert again.status_code == 200
    assert db.session.scalars(select(Promise).where(Promise.task == "rounds.reminded")).all() == mails


@pytest.mark.parametrize("page", ["silence", "comparison"])
def test_as_many_statements_for_three_as_for_one(app: Flask, page: str, statements: list[str]) -> None:
    event = event_of_months_ago()
    makers = [followed(event, new_address()) for _ in range(2)]
    held(event, 3, {makers[0]: Says.PLANNING})
    found = held(event, 6, {}, closed=False)
    url = BOARD if page == "silence" else f"/en/console/series/{slug_of(event)}/rounds/comparison?move=fell_silent"
    staff = organiser(app, event)

    def cost() -> int:
        db.session.flush()
        db.session.expire_all()
        staff.get(url)
        statements.clear()
        assert staff.get(url).status_code == 200
        return len(statements)

    first = cost()
    for _time in range(3):
        more = followed(event, new_address())
        db.session.add(RoundItem(round_id=found.id, commitment_id=more.id, version=1, contact_id=more.contacts[0].id))
    assert cost() == first
    assert first <= 16


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(seconds=20), "1 minute"),
        (timedelta(minutes=12, seconds=40), "12 minutes"),
        (timedelta(minutes=60), "1 hour"),
        (timedelta(hours=23, minutes=59), "23 hours"),
        (timedelta(days=3, hours=5), "3 days"),
    ],
)
def test_how_long_an_answer_took_is_never_nothing(app: Flask, time: timedelta, words: str) -> None:
    with app.test_request_context("/en/"):
        assert shown.lasted(time) == words

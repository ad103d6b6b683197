"""Somebody holds the whole database, and knows who answered when. Whose answer is whose cannot be told.

Row order, transaction numbers, drafts, times, sizes and every value of every table are tried.
"""

import random
import uuid
from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Date, DateTime, select, text

from eventhub.evaluations import actions, answering, counting
from eventhub.evaluations.models import Answer, Evaluation, Invitation, Waiting
from eventhub.kit.clock import now
from eventhub.kit.db import Base, db, table_of, unit_of_work
from eventhub.kit.form_keys import FormKey
from eventhub.people.models import KeptPost
from eventhub.rounds.models import RoundDraft
from tests.factories.evaluations import aged, opened, secrets_of

pytestmark = pytest.mark.lane
PEOPLE = 14
TRIALS = 20
Rows = dict[str, dict[str, tuple[str, str, str]]]
"""By table and place of the row: the transactions that wrote and locked it, and all that stands in it."""


@pytest.fixture
def held(committed: Flask) -> Iterator[Flask]:
    """Data that are committed, and what they were before."""
    yield committed
    with committed.app_context():
        db.session.remove()


def everything() -> Rows:
    """The whole database with what PostgreSQL itself writes down of each row."""
    found: Rows = {}
    for name in sorted(Base.metadata.tables):
        rows = db.session.execute(text(f'SELECT t.ctid::text, t.xmin::text, t.xmax::text, t::text FROM "{name}" AS t'))
        found[name] = {place: (made, locked, words) for place, made, locked, words in rows}
    return found


def changed(before: Rows, after: Rows) -> dict[str, set[str]]:
    """By table, the places of rows that are other than they were, in whatever PostgreSQL keeps of them."""
    found = {
        name: {place for place, row in rows.items() if before[name].get(place) != row}
        | (before[name].keys() - rows.keys())
        for name, rows in after.items()
    }
    return {name: places for name, places in found.items() if places}


def look(app: Flask) -> Rows:
    """As it is committed now."""
    with app.test_request_context():
        rows = everything()
        db.session.rollback()
        return rows


def do(app: Flask, deed: object) -> object:
    """In a transaction of its own, as the clock does it."""
    with app.test_request_context(), unit_of_work():
        return deed()  # type: ignore[operator]


def begun(app: Flask, people: int = PEOPLE) -> list[str]:
    """An open evaluation; the links in the order of their rows."""

    def make() -> list[str]:
        return secrets_of(opened(people))

    return do(app, make)  # type: ignore[return-value]


def newest(app: Flask) -> uuid.UUID:
    """The evaluation that is not closed."""
    with app.test_request_context():
        found = db.session.scalars(select(Evaluation.id).where(Evaluation.closed_at.is_(None))).one()
        db.session.rollback()
        return found


def finish(app: Flask, evaluation_id: uuid.UUID) -> None:
    """Its days are over, and the clock marks, moves and closes."""
    do(app, lambda: aged(db.session.get_one(Evaluation, evaluation_id), 14))
    for deed in (counting.mark_due, counting.take_due, actions.close_due):
        do(app, lambda deed=deed: deed(now()))


def send(client: FlaskClient, secret: str, number: int) -> None:
    """A form, with a key put in by hand, as somebody might who wishes to leave a trace."""
    page = f"/en/evaluation/{secret}"
    assert client.get(page).status_code == 200
    said = {"overall": str(number % 5 + 1), "safe": "4", "missing": f"Words {number}"}
    key = "11111111-1111-4111-8111-1111111111" + f"{number:02d}"
    answer = client.post(page, data=said | {"form_key": key})
    assert answer.status_code == 303
    assert "Nobody can see which answers are yours" in client.get(answer.location).text


def test_a_press_writes_one_sealed_row_and_touches_no_other(held: Flask) -> None:
    secrets, client = begun(held), held.test_client()
    sizes = set()
    for number, secret in enumerate(secrets):
        before = look(held)
        send(client, secret, number)
        send_again = client.post(f"/en/evaluation/{secret}", data={"overall": "1"})
        assert send_again.status_code == 303
        after = look(held)
        news = changed(before, after)
        # The foreign key's lock stands on the one row of the evaluation, which is the same for all.
        assert len(news.pop("evaluation", {"one"})) == 1
        assert set(news) == {"evaluation_waiting"}
        assert len(news["evaluation_waiting"]) == 1
        (place,) = news["evaluation_waiting"]
        row = after["evaluation_waiting"][place][2]
        assert secret not in row
        assert f"Words {number}" not in row
        sizes.add(len(row))
    assert len(sizes) == 1
    with held.app_context():
        for kind in (FormKey, KeptPost, RoundDraft):
            assert db.session.scalars(select(kind)).first() is None


def test_marks_and_answers_are_of_other_transactions_five_people_at_a_time(held: Flask) -> None:
    secrets = begun(held)
    evaluation_id = newest(held)
    order = random.sample(range(PEOPLE), PEOPLE)
    for place, number in enumerate(order):
        do(held, lambda number=number: answering.answer(secrets[number], {"missing": f"Words {number}"}, "en"))
        before = look(held)
        marked = do(held, lambda: counting.mark_due(now()))
        between = look(held)
        taken = do(held, lambda: counting.take_due(now()))
        after = look(held)
        assert marked == taken
        assert marked == 0 or marked >= 5
        assert marked == (5 if place == 9 else 0)
        if marked:
            assert set(changed(before, between)) == {"evaluation_invitation"}
            assert set(changed(between, after)) == {"evaluation_waiting", "evaluation_answer", "evaluation"}
    do(held, lambda: aged(db.session.get_one(Evaluation, evaluation_id), 14))
    assert do(held, lambda: counting.mark_due(now())) == PEOPLE - 5
    assert do(held, lambda: counting.take_due(now())) == PEOPLE - 5
    assert do(held, lambda: actions.close_due(now())) == 1
    rows = look(held)
    marks = Counter(made for made, _locked, _words in rows["evaluation_invitation"].values())
    answers = Counter(made for made, _locked, _words in rows["evaluation_answer"].values())
    assert min(answers.values()) >= 5
    assert sum(answers.values()) == PEOPLE
    assert min(marks.values()) >= 5
    assert not marks.keys() & answers.keys()
    # Whoever wrote a row of an answer wrote no row elsewhere but the sum.
    for name, table in rows.items():
        if name not in {"evaluation_answer", "evaluation"}:
            assert not {made for made, _locked, _words in table.values()} & answers.keys(), name


def test_no_value_and_no_column_joins_a_person_and_an_answer(held: Flask) -> None:
    secrets = begun(held)
    for number, secret in enumerate(secrets[:12]):
        do(held, lambda number=number, secret=secret: answering.answer(secret, {"missing": f"W{number}"}, "en"))
    do(held, lambda: counting.mark_due(now()))
    do(held, lambda: counting.take_due(now()))
    rows = look(held)
    with held.app_context():
        ties = set()
        for one in db.session.scalars(select(Invitation)):
            ties |= {str(one.id), str(one.person_id), one.token_hash.hex(), (one.salt or b"").hex()}
        of_answers = {str(one) for one in db.session.scalars(select(Answer.id))}
        of_answers |= {one.hex() for one in db.session.scalars(select(Waiting.key))}
        assert len(of_answers) == 12
        db.session.rollback()
    for name, table in rows.items():
        said = "\n".join(words for _made, _locked, words in table.values())
        if name in {"evaluation_answer", "evaluation_waiting"}:
            assert not [tie for tie in (*ties, *secrets) if tie and tie in said]
        else:
            assert not [one for one in of_answers if one in said], name
        assert not [secret for secret in secrets if secret in said], name
    for model in (Answer, Waiting):
        table = table_of(model)
        assert {key.target_fullname for key in table.foreign_keys} == {"evaluation.id"}
        assert not [column for column in table.columns if isinstance(column.type, DateTime)]
    assert isinstance(table_of(Invitation).c.answered_on.type, Date)
    # Nothing that is owed, recorded or kept for a form names an invitation, but the mails that asked.
    for name in ("audit_entry", "audit_text", "form_key", "mail"):
        said = "\n".join(words for _made, _locked, words in rows.get(name, {}).values())
        assert not [tie for tie in ties if tie and tie in said], name


ORDERS = {"ctid": "ctid", "xmin": "xmin::text::bigint, ctid", "id": "id"}


def guessed(app: Flask, trials: int) -> Counter[str]:
    """How many guesses are right, by the order that answers are matched in. Each person answers in the order of the
    invitations, the worst there is. Of ten people one guess is right by chance.
    """
    hits: Counter[str] = Counter()
    for _trial in range(trials):
        for number, secret in enumerate(begun(app, 10)):
            do(app, lambda number=number, secret=secret: answering.answer(secret, {"missing": str(number)}, "en"))
        evaluation_id = newest(app)
        finish(app, evaluation_id)
        with app.test_request_context():
            for name, order in ORDERS.items():
                words = select(Answer.text).where(Answer.evaluation_id == evaluation_id).order_by(text(order))
                told = list(db.session.scalars(words))
                assert len(told) == 10
                hits[name] += sum(1 for place, said in enumerate(told) if said == str(place))
                hits[f"{name} backwards"] += sum(1 for place, said in enumerate(reversed(told)) if said == str(place))
            db.session.rollback()
    return hits


def test_no_order_of_rows_tells_better_than_chance(held: Flask) -> None:
    hits = guessed(held, TRIALS)
    # Twenty are expected; fifty come by chance once in a hundred million runs.
    assert max(hits.values()) < TRIALS * 2.5, hits
    assert len(hits) == 2 * len(ORDERS)


def test_the_guesses_are_right_where_nothing_is_shuffled(held: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would prove nothing."""
    monkeypatch.setattr(counting.CHANCE, "shuffle", lambda _rows: None)
    assert guessed(held, 2)["ctid"] == 20


def test_the_key_of_what_waited_and_the_salts_are_gone_at_the_end(held: Flask) -> None:
    begun(held)
    evaluation_id = newest(held)
    finish(held, evaluation_id)
    with held.app_context():
        key_id = db.session.get_one(Evaluation, evaluation_id).seal_key_id
        wrapped = db.session.scalar(text("SELECT wrapped FROM seal_key WHERE id = :id"), {"id": key_id})
        assert wrapped is None
        assert not [salt for salt in db.session.scalars(select(Invitation.salt)) if salt]
        db.session.rollback()

"""The statement of an allowance as a PDF: asked for, made by the worker, read back in two scripts, gone in time."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from importlib import import_module

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import personal_data, queries, statements, stays
from eventhub.awards.models import Award, AwardStay, StatementPaper
from eventhub.funding import personal_data as applicants
from eventhub.funding.models import State
from eventhub.kit import files
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.registration.reference import new_reference
from tests import servers
from tests.delegations.test_journeys import browser
from tests.factories.awards import Money, make_award, make_fund
from tests.factories.people import make_person, sign_in
from tests.papers.making import has, read
from tests.programme.console import send, text_of

Make = Callable[[], None]
pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def make(app: Flask, database: None, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Keep every promise of a statement, as a worker does."""
    monkeypatch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
    task = import_module("workers.awards")
    monkeypatch.setattr(import_module("workers.papers_made"), "flask_app", app)

    def run() -> None:
        db.session.flush()
        owed = select(Promise.id).where(Promise.task == statements.NAME, Promise.kept_at.is_(None))
        for promise_id in [*db.session.scalars(owed.order_by(Promise.id))]:
            task.make_statement(promise_id)
        db.session.expire_all()
        assert db.session.scalars(owed).all() == []

    return run


def at(day: int, hour: int) -> datetime:
    return datetime.combine(date(2026, 11, day), time(hour))


def home() -> tuple[Money, Award, AwardStay]:
    fund = make_fund()
    award = make_award(fund, State.ACCEPTED, person=make_person(name="Amina Yusuf"))
    award.application.reference = new_reference("AW1")
    row = stays.note(fund.officer, award, at(25, 14), at(29, 10), {}, driven=0)
    db.session.flush()
    return fund, award, row


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ["Statement of the allowance", "Travel fund", "In all"]),
        ("fr", ["Fonds de voyage"]),
        ("ar", ["صندوق السفر", "بيان"]),
    ],
)
def test_the_traveller_reads_it_in_the_language_of_the_page(
    client: FlaskClient, make: Make, lang: str, words: list[str]
) -> None:
    _fund, award, _row = home()
    sign_in(client, award.application.person)
    page = f"/{lang}/me/grants/{award.application.reference}/allowance"
    assert client.get(f"{page}/file").status_code == HTTPStatus.NOT_FOUND
    assert send(client, f"{page}/paper", at=page).status_code == HTTPStatus.SEE_OTHER
    assert client.get(f"{page}/file").status_code == HTTPStatus.NOT_FOUND, "the worker has not come yet"
    make()
    answer = client.get(f"{page}/file")
    assert answer.status_code == HTTPStatus.OK
    assert answer.content_type == "application/pdf"
    assert "attachment" in answer.headers["Content-Disposition"]
    text = read(answer.get_data())
    assert "Amina Yusuf" in text
    for said in words:
        assert has(text, said)


def test_asked_twice_it_is_made_once_and_a_new_stay_drops_it(make: Make) -> None:
    fund, award, row = home()
    assert statements.ask(row, "en").id == statements.ask(row, "en").id
    assert len(db.session.scalars(select(Promise).where(Promise.task == statements.NAME)).all()) == 1
    make()
    row = db.session.get_one(AwardStay, row.id)
    file = statements.fetch(row, "en")
    assert statements.drop_outdated(now()) == 0
    award = queries.award(award.id)
    stays.note(fund.officer, award, at(25, 14), at(28, 10), {}, driven=0)
    assert statements.of_stay(row, "en") is None
    assert file.deleted_at is not None


def test_it_dies_after_a_day_and_with_the_person(make: Make) -> None:
    _fund, award, row = home()
    statements.ask(row, "en")
    make()
    assert statements.drop_outdated(now() + timedelta(days=1, minutes=1)) == 1
    row = db.session.get_one(AwardStay, row.id)
    statements.ask(row, "en")
    make()
    person = queries.award(award.id).application.person
    applicants.erase(person.id)
    personal_data.erase(person)
    assert not db.session.scalars(select(StatementPaper)).all()
    kept = select(files.StoredFile).where(files.StoredFile.purpose == statements.PURPOSE)
    assert all(one.deleted_at is not None for one in db.session.scalars(kept))


def test_nobody_else_fetches_it(app: Flask, make: Make) -> None:
    _fund, award, row = home()
    reference = award.application.reference
    statements.ask(row, "en")
    make()
    page = f"/en/me/grants/{reference}/allowance"
    assert browser(app, make_person()).get(f"{page}/file").status_code == HTTPStatus.NOT_FOUND
    assert browser(app, make_person()).get(page).status_code == HTTPStatus.NOT_FOUND
    assert "Save as PDF" not in text_of(browser(app, make_person()).get("/en/me"))

"""The report for donors: asked for with a reason, made by a worker, fetched by one owner, read in six languages."""

import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from zipfile import ZipFile

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from eventhub.awards import dashboard_counts, dashboard_orders, donors, ledger
from eventhub.awards.dashboard_models import DonorReport, ReportKind
from eventhub.funding.call_queries import rules_of
from eventhub.funding.rules import Balance, Bound, Dimension, Unit
from eventhub.kit import files
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.i18n import LANGUAGES
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person, Role
from tests import servers
from tests.factories.awards import Money
from tests.factories.awards_numbers import make_history, overseer
from tests.factories.people import form_fields, sign_in
from tests.papers.making import has, letters, read

Make = Callable[[], None]


@pytest.fixture
def make(app: Flask, database: None, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Keep every promise of a report, as a worker does."""
    monkeypatch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
    task = import_module("workers.awards")
    monkeypatch.setattr(import_module("workers.papers_made"), "flask_app", app)

    def run() -> None:
        db.session.flush()
        owed = select(Promise.id).where(Promise.task == "awards.make_report", Promise.kept_at.is_(None))
        for promise_id in [*db.session.scalars(owed.order_by(Promise.id))]:
            task.make_report(promise_id)
        db.session.expire_all()
        assert db.session.scalars(owed).all() == []

    return run


@pytest.fixture
def fund(database: None) -> Money:
    made = make_history()
    made.call.lead = {"en": "Journeys to the Forum on Minority Issues"}
    ledger.enter_rate(made.finance, made.call, "CHF", Decimal("0.8900"), now().date())
    dashboard_counts.freeze(now())
    return made


def page(fund: Money, rest: str = "") -> str:
    return f"/en/console/funds/{fund.call.slug}/overview{rest}"


def body_of(order: DonorReport) -> bytes:
    assert order.file_id is not None
    return files.read(db.session.get_one(files.StoredFile, order.file_id))


def ask(fund: Money, owner: Person, kind: ReportKind, language: str) -> DonorReport:
    return dashboard_orders.ask(owner, fund.call, kind, language, reason="For the donors' meeting")


HEADINGS = {
    "en": "Report for donors",
    "fr": "Rapport aux donateurs",
    "es": "Informe para los donantes",
    "ru": "Отчет для доноров",
    "ar": "تقرير إلى الجهات المانحة",
    "zh": "捐助者报告",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pdf_in_each_language(fund: Money, make: Make, language: str) -> None:
    order = ask(fund, overseer(fund), ReportKind.PDF, language)
    make()
    text = read(body_of(order))
    assert has(text, HEADINGS[language]) or set(letters(HEADINGS[language])) <= set(letters(text)), text[:200]
    for number in ("48", "30", "18", "12"):
        assert number in text
    assert "0,89" in text or "0.89" in text
    flat = "".join(text.split())
    for digest in (fund.call.lottery_commitment, digest_of(fund)):
        assert digest
        assert digest in flat
    people = db.session.scalars(select(Person))
    assert not [one.name for one in people if one.name and one.name in text], "no person is named"
    if language == "en":
        for words in (
            "Journeys to the Forum on Minority Issues",
            "Europe and Central Asia",
            "Economy-class return ticket",
        ):
            assert has(text, words), words
        assert "Not shown" in text


def digest_of(fund: Money) -> str:
    """The digest of the rules that hold."""
    return rules_of(fund.call.id)[-1].digest


def test_a_sheet_with_numbers_as_numbers(fund: Money, make: Make) -> None:
    order = ask(fund, overseer(fund), ReportKind.XLSX, "en")
    make()
    rows = CalamineWorkbook.from_object(io.BytesIO(body_of(order))).get_sheet_by_index(0).to_python()
    assert rows[0] == ["Section", "Table", "Row", "Column", "Value"]
    assert ["Who applied and who came", "", "In all", "Applied", 48] in rows
    assert ["Money", "Envelopes in USD", "Voluntary fund", "Budget", 40_000] in rows
    assert ["Money", "Costs in USD", "Economy-class return ticket", "Approved", 7_200] in rows
    small = [row for row in rows[1:] if isinstance(row[4], float) and 0 < row[4] < 5 and str(row[0]).startswith("Who")]
    assert small == []
    names = {one.name for one in db.session.scalars(select(Person))}
    assert not names & {str(cell) for row in rows for cell in row}
    arabic = ask(fund, overseer(fund), ReportKind.XLSX, "ar")
    make()
    with ZipFile(io.BytesIO(body_of(arabic))) as parts:
        assert b'rightToLeft="1"' in parts.read("xl/worksheets/sheet1.xml")


def test_from_the_page_to_the_file(client: FlaskClient, fund: Money, make: Make) -> None:
    owner = overseer(fund)
    sign_in(client, owner)
    fields = form_fields(client.get(page(fund)).text)
    wrong = client.post(page(fund, "/report"), data=fields | {"language": "fr", "kind": "pdf", "reason": " "})
    assert wrong.status_code == 422
    assert "Say what you need it for" in wrong.text
    assert db.session.scalar(select(DonorReport)) is None
    fields = form_fields(client.get(page(fund)).text)
    sent = fields | {"language": "fr", "kind": "pdf", "reason": "The donors meet"}
    for _again in range(2):
        assert client.post(page(fund, "/report"), data=sent).status_code == 303
    order = db.session.scalars(select(DonorReport)).one()
    assert "Being made" in client.get(page(fund)).text
    assert client.get(page(fund, f"/report/{order.id}")).status_code == 404
    make()
    answer = client.get(page(fund, f"/report/{order.id}"))
    assert answer.data.startswith(b"%PDF")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert fund.call.code not in answer.headers["Content-Disposition"]
    asked = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "awards.report_asked")).one()
    assert db.session.scalars(select(AuditText.text).where(AuditText.entry_id == asked.id)).one() == "The donors meet"
    for other in (overseer(fund), overseer(fund, Role.ORGANISER)):
        sign_in(client, other)
        assert client.get(page(fund, f"/report/{order.id}")).status_code == 404


def test_it_dies_after_a_day_and_with_its_owner(fund: Money, make: Make) -> None:
    owner, gone = overseer(fund), overseer(fund)
    order = ask(fund, owner, ReportKind.XLSX, "en")
    other = ask(fund, gone, ReportKind.XLSX, "en")
    make()
    kept = order.file_id
    assert dashboard_orders.fetch(owner, fund.call, order.id).id == kept
    assert dashboard_orders.own_data(owner)[0]["kind"] == "xlsx"
    assert dashboard_orders.forget(gone) == 1
    assert db.session.get(DonorReport, other.id) is None
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        with pytest.raises(NotFound):
            dashboard_orders.fetch(owner, fund.call, order.id)
        assert dashboard_orders.drop_outdated(now()) == 1
    assert db.session.get_one(files.StoredFile, kept).deleted_at is not None


def test_one_person_does_not_fill_the_printer(fund: Money) -> None:
    owner = overseer(fund)
    for language in LANGUAGES:
        ask(fund, owner, ReportKind.PDF, language)
    with pytest.raises(dashboard_orders.TooManyAtOnce):
        ask(fund, owner, ReportKind.PDF, "en")


def test_a_group_with_two_targets_tells_both(app: Flask) -> None:
    parts = {"dimension": Dimension.GENDER, "cell": "woman", "unit": Unit.PERCENT}
    least = Balance(id="least", bound=Bound.LEAST, value=40, **parts)
    most = Balance(id="most", bound=Bound.MOST, value=70, **parts)
    with app.test_request_context("/en/"):
        assert donors._targets([least, most]) == {("gender", "woman"): "at least 40% · at most 70%"}

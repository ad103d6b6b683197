"""What whoever holds a grant reads: what, for which days, what is to be done, whom to ask; and receipts."""

import io
import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from eventhub.awards import awarding, queries, receipts, travelling
from eventhub.awards.models import Award, AwardLine
from eventhub.funding.allowance import CostKind, Payee
from eventhub.funding.models import State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.files import PHOTO_LIMIT
from tests.awards import scene
from tests.factories.awards import Money, make_award, make_fund
from tests.factories.people import form_fields, sign_in
from tests.factories.programme import PDF_BYTES, make_event
from tests.programme.console import error_at, fields_of, text_of

pytestmark = pytest.mark.usefixtures("database")
LANGUAGES = ("en", "ar", "zh", "fr", "ru", "es")


@pytest.fixture
def fund() -> Money:
    """A call for an event in three weeks."""
    made = make_fund()
    day = now().date() + timedelta(days=21)
    made.call.event_id = make_event(first_day=day, last_day=day + timedelta(days=1), city={"en": "Geneva"}).id
    db.session.flush()
    return made


def page_of(client: FlaskClient, award: Award, lang: str = "en") -> str:
    award = queries.award(award.id)
    sign_in(client, award.application.person)
    return text_of(client.get(f"/{lang}/me/grants/{award.application.reference}"))


def with_visa_fee(award: Award) -> AwardLine:
    """A line that she pays and is paid back."""
    row = AwardLine(award_id=award.id, kind=CostKind.VISA, payee=Payee.TRAVELLER, estimated=8_000, approved=8_000)
    db.session.add(row)
    db.session.flush()
    return row


def test_an_answered_link_tells_no_amount_and_says_whom_to_ask(client: FlaskClient, fund: Money) -> None:
    for accepts, says in ((True, "What is asked of you"), (False, "goes to somebody else")):
        award = make_award(fund)
        url = f"/en/awaited/{awarding.link(award)}"
        first = client.get(url)
        assert "1,200" in first.text
        awarding.answer(awarding.link(award), accepts=accepts)
        page, award = client.get(url), queries.award(award.id)
        assert "1,200" not in page.text
        assert says in text_of(page)
        for way in (f"/me/grants/{award.application.reference}", f"/{award.application.reference}/questions"):
            assert way in page.text
        other = client.post(url, data=form_fields(first.text) | {"answer": "decline" if accepts else "accept"})
        assert other.status_code in {409, 422}
        assert "answered already" in text_of(other)
        assert "1,200" not in other.text
        assert "/questions" in other.text
    ended = queries.award(make_award(fund, State.ACCEPTED).id)
    awarding.cancel(fund.officer, ended)
    page = client.get(f"/en/awaited/{awarding.link(ended)}")
    assert "The fund has ended your grant." in text_of(page)
    assert "/questions" in page.text


def test_an_answered_link_of_a_discreet_person_names_no_fund(client: FlaskClient, fund: Money) -> None:
    award = make_award(fund, State.ACCEPTED)
    award = queries.award(award.id)
    award.application.person.discreet, reference = True, str(award.application.reference)
    db.session.flush()
    page = client.get(f"/en/awaited/{awarding.link(award)}").text
    assert "Travel fund" not in page
    assert reference not in page


def test_a_grant_says_days_visa_what_is_to_be_done_and_when_the_report_is_due(client: FlaskClient, fund: Money) -> None:
    award = make_award(fund, State.ACCEPTED)
    with_visa_fee(award)
    page = page_of(client, award)
    for said in ("USD 1,200", "You have accepted", "Geneva", "Not settled yet", "buy no ticket", "Write to the fund"):
        assert said in page
    assert "Send the receipt: Visa fee" in page
    assert "30 days after the journey" in page
    appointment = now().date() + timedelta(days=4)
    award = queries.award(award.id)
    visa = travelling.visa_needed(fund.officer, award, appointment_on=appointment)
    page = page_of(client, award)
    assert "Visa appointment" in page
    assert "Ask for your visa as soon as you can" in page
    award = queries.award(award.id)
    travelling.visa_granted(fund.officer, award, visa)
    assert "Your visa is there" in page_of(client, award)
    first = now().date() + timedelta(days=20)
    award = queries.award(award.id)
    travelling.ticketed(fund.officer, award, travels_on=first, returns_on=first + timedelta(days=4))
    page = page_of(client, award)
    assert "Keep boarding passes" in page
    assert "Not settled yet" not in page
    home = scene.came_home(make_fund())
    page = page_of(client, home)
    assert "Write the report" in page
    assert "Due by" in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_my_grant_is_there_in_each_language_and_state(client: FlaskClient, fund: Money, lang: str) -> None:
    for state in (State.OFFERED, State.LAPSED, State.ACCEPTED):
        award = make_award(fund, state)
        if state is State.ACCEPTED:
            travelling.visa_needed(fund.officer, queries.award(award.id))
        assert page_of(client, award, lang)
        assert client.get(f"/{lang}/awaited/{awarding.link(award)}").status_code == 200


def test_no_receipt_is_asked_of_what_is_paid_by_the_day(client: FlaskClient, fund: Money) -> None:
    award = make_award(fund, State.ACCEPTED)
    assert "receipt" not in page_of(client, award)
    with_visa_fee(award)
    assert "Send a receipt" in page_of(client, award)


def test_one_file_of_receipts_is_replaced_and_what_is_wrong_stands_at_its_field(
    client: FlaskClient, fund: Money
) -> None:
    award = make_award(fund, State.ACCEPTED)
    line, award = with_visa_fee(award), queries.award(award.id)
    sign_in(client, award.application.person)
    url = f"/en/me/grants/{award.application.reference}/receipts/{line.id}"
    page = client.get(url)
    assert "into one PDF" in text_of(page)
    for wrong, name in ((b"", ""), (b"MZ" * 99, "a.exe"), (b"%PDF-" + bytes(PHOTO_LIMIT), "a.pdf")):
        values = fields_of(page) | {"form_key": str(uuid.uuid4())}
        refused = client.post(url, data=values | ({"file": (io.BytesIO(wrong), name)} if name else {}))
        refused.request.environ["wsgi.input"].close()  # werkzeug spools a large form to a file, and leaves it open
        assert refused.status_code in {413, 415, 422}
        assert error_at(refused, "file")
        assert refused.text.count('class="errors"') == 1
    assert receipts.sent_on(line) is None
    values = fields_of(page) | {"form_key": str(uuid.uuid4())}
    assert client.post(url, data=values | {"file": (io.BytesIO(PDF_BYTES), "a.pdf")}).status_code == 303
    assert 'class="errors"' not in client.get(url).text
    page = client.get(url)
    assert "Your receipt came on" in text_of(page)
    assert "Replace the receipt" in text_of(page)
    assert "Replace the receipt" in page_of(client, award)
    before = queries.line(award.id, line.id).receipt_id
    values = form_fields(page.text) | {"form_key": str(uuid.uuid4())}
    assert client.post(url, data=values | {"file": (io.BytesIO(PDF_BYTES), "b.pdf")}).status_code == 303
    assert queries.line(award.id, line.id).receipt_id not in {None, before}

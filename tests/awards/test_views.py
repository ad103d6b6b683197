"""Answering behind a link without an account, one's own grant, the report, the nominator's page."""

import pytest
from flask.testing import FlaskClient

from eventhub.awards import awarding, queries, replacing, reporting, travelling
from eventhub.awards.models import Award, Outcome
from eventhub.funding.models import State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from tests.awards import scene
from tests.factories.awards import make_application, make_award, make_fund
from tests.factories.people import form_fields, make_organisation, make_person, sign_in
from tests.programme.console import error_at, text_of


@pytest.fixture
def offered(client: FlaskClient) -> Award:
    """An offer nobody answered yet."""
    return make_award(make_fund())


def again(award: Award) -> Award:
    """As the database has it now."""
    return queries.award(award.id)


def test_one_press_accepts_without_an_account(client: FlaskClient, offered: Award) -> None:
    url = f"/en/awaited/{awarding.link(offered)}"
    page = client.get(url)
    assert b"USD" in page.data
    assert again(offered).outcome is None  # looking changes nothing
    fields = form_fields(page.text)
    assert "answer" not in fields, "a browser would send it before the value of the button"
    for _ in range(2):
        assert client.post(url, data=fields | {"answer": "accept"}).status_code == 303
    assert again(offered).outcome is Outcome.ACCEPTED
    assert "You have accepted" in client.get(url).text
    assert client.post(url, data={"answer": "decline"}).status_code in {400, 409, 422}
    assert again(offered).outcome is Outcome.ACCEPTED
    cut = client.get(f"{url[:-3]}")
    assert (cut.status_code, "This link is not complete" in cut.text) == (404, True)


def test_no_is_asked_once_more_and_the_first_press_gives_nothing_away(client: FlaskClient, offered: Award) -> None:
    url = f"/en/awaited/{awarding.link(offered)}"
    page = client.get(url).text
    assert 'value="decline"' not in page
    for said in ("Economy-class return ticket", "What is asked of you", "A report is due 30 days after"):
        assert said in page
    asked = client.post(url, data=form_fields(page) | {"answer": "ask"})
    assert asked.status_code == 200
    assert "Decline?" in asked.text
    assert 'value="accept"' not in asked.text
    assert again(offered).outcome is None
    done = client.post(url, data=form_fields(asked.text) | {"answer": "decline"})
    assert done.status_code == 303
    assert again(offered).outcome is Outcome.DECLINED
    late = client.post(url, data={"answer": "ask"}).text
    assert "Decline?" not in late


def test_ones_own_page_asks_once_more_too(client: FlaskClient, offered: Award) -> None:
    sign_in(client, offered.application.person)
    url = f"/en/me/grants/{offered.application.reference}"
    asked = client.post(url, data=form_fields(client.get(url).text) | {"answer": "ask"})
    assert "Decline?" in asked.text
    assert again(offered).outcome is None


def test_a_link_alone_opens_nothing_of_whoever_asks_for_a_second_step(client: FlaskClient, offered: Award) -> None:
    offered.application.person.asks_second_step = True
    db.session.flush()
    assert client.get(f"/en/awaited/{awarding.link(offered)}").status_code == 303


def test_the_page_of_a_discreet_person_names_no_fund(client: FlaskClient, offered: Award) -> None:
    offered.application.person.discreet = True
    db.session.flush()
    page = client.get(f"/en/awaited/{awarding.link(offered)}").text
    assert "Travel fund" not in page


def test_ones_own_grant_says_what_is_paid_and_nobody_elses_is_seen(client: FlaskClient, offered: Award) -> None:
    reference = offered.application.reference
    sign_in(client, offered.application.person)
    page = client.get(f"/en/me/grants/{reference}")
    assert "Economy-class return ticket" in page.text
    assert "1,200" in page.text
    assert "My grant" in client.get("/en/me").text
    data = form_fields(page.text, None) | {"answer": "decline"}
    assert client.post(f"/en/me/grants/{reference}", data=data).status_code == 303
    assert again(offered).application.state is State.DECLINED_BY_APPLICANT
    sign_in(client, make_person())
    assert client.get(f"/en/me/grants/{reference}").status_code == 404
    assert client.get(f"/en/me/grants/{reference}/report").status_code == 404


def test_a_report_is_kept_then_filed(client: FlaskClient) -> None:
    fund = make_fund()
    award = make_award(fund, State.ACCEPTED)
    today = now().date()
    travelling.ticketed(fund.officer, award, travels_on=today, returns_on=today)
    travelling.travelled(fund.officer, award, ended_on=today, report_days=30)
    sign_in(client, award.application.person)
    url = f"/en/me/grants/{award.application.reference}/report"
    page = client.get(url)
    assert client.post(url, data=form_fields(page.text) | {"spoke": "Of water", "go": "keep"}).status_code == 303
    page = client.get(url)
    assert "Of water" in page.text
    gaps = client.post(url, data=form_fields(page.text) | {"spoke": "Of water", "go": "file"})
    assert gaps.status_code == 422
    said = {key: "Of water and of wells" for key, _words, _needed in reporting.QUESTIONS}
    for short in ("لا", "No", "没有"):
        refused = client.post(url, data=form_fields(client.get(url).text) | said | {"learned": short, "go": "filed"})
        assert "Write a sentence or two" in error_at(refused, "learned")
    asked = client.post(url, data=form_fields(client.get(url).text) | said | {"go": "file"})
    assert asked.status_code == 200
    assert "nothing in it can be changed" in text_of(asked)
    assert again(award).application.state is State.REPORT_DUE, "the first press files nothing"
    assert "Of water and of wells" in client.get(url).text
    done = client.post(url, data=form_fields(asked.text) | said | {"go": "filed"})
    assert done.status_code == 303
    assert "Your report is filed" in client.get(url).text
    assert again(award).application.state is State.CLOSED


def test_two_windows_of_a_report_lose_nothing(client: FlaskClient) -> None:
    award = scene.came_home(make_fund())
    sign_in(client, award.application.person)
    url = f"/en/me/grants/{award.application.reference}/report"
    one, two = (form_fields(client.get(url).text) for _ in range(2))
    for words in ("Of wat", "Of water"):
        assert client.post(f"{url}/keep", data=one | {"spoke": words}).status_code == 204
    assert client.post(f"{url}/keep", data=two | {"learned": "To ask"}).status_code == 204
    page = client.get(url).text
    assert "Of water" in page
    assert "To ask" in page
    assert client.post(f"{url}/keep", data=two | {"spoke": "Of fire", "learned": "To ask"}).status_code == 409
    clash = client.post(url, data=two | {"spoke": "Of fire", "learned": "To ask", "go": "file"})
    assert clash.status_code == 422
    assert "<bdi>Of water</bdi>" in clash.text
    assert "Of fire</textarea>" in clash.text
    assert "Of water" in client.get(url).text
    meant = form_fields(clash.text) | {"spoke": "Of fire", "learned": "To ask", "go": "keep"}
    assert client.post(url, data=meant).status_code == 303
    assert "Of fire" in client.get(url).text
    assert client.post(url, data=one | {"spoke": "", "go": "keep"}).status_code == 303, "left alone since it was drawn"
    assert "Of fire" in client.get(url).text


def test_a_nominator_names_somebody_without_an_account(client: FlaskClient) -> None:
    fund, organisation = make_fund(), make_organisation()
    award = make_award(fund, State.ACCEPTED, nominated_by_id=organisation.id)
    other = make_application(fund, State.RESERVE, nominated_by_id=organisation.id)
    scene.confirmed(award.application)
    scene.confirmed(other)
    url = f"/en/replace/{replacing.link(replacing.ask_nominator(fund.officer, award))}"
    page = client.get(url)
    assert client.post(url, data=form_fields(page.text) | {"application": str(other.id)}).status_code == 303
    assert "Thank you" in client.get(url).text
    assert again(award).outcome is Outcome.REPLACED
    assert client.get("/en/replace/nobodys").status_code == 404


def test_pages_cost_few_statements(client: FlaskClient, statements: list[str]) -> None:
    fund = make_fund()
    person = make_person()
    award = make_award(fund, person=person)
    sign_in(client, person)
    statements.clear()
    client.get(f"/en/me/grants/{award.application.reference}")
    assert len(statements) <= 10

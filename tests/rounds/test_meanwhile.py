"""Answers that cross: two windows, a colleague who was faster, and what staff and the lead are told of it."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.commitments.models import Says
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import render
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from eventhub.rounds import asking, letters, queries
from eventhub.rounds.models import Ended, RoundAnswer
from tests.delegations.test_journeys import browser
from tests.factories.commitments import new_address
from tests.factories.people import form_fields, make_staff
from tests.factories.rounds import behind, event_of_months_ago, followed, item_of, link_of, opened, secret
from tests.rounds.test_answering import says

pytestmark = pytest.mark.usefixtures("database")


def test_a_second_window_is_asked_whether_it_replaces_what_came_meanwhile(client: FlaskClient) -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    opened(event)
    page = f"/en/answer/{secret(box)}/commitments/{made.reference}"
    first, second = form_fields(client.get(page).text, page), form_fields(client.get(page).text, page)
    client.post(page, data=first | {"says": "in_progress", "obstacles": "funding", "language": "en"})
    typed = {"says": "fulfilled", "text": "All is done, we think", "language": "en"}
    asked = client.post(page, data=second | typed)
    assert asked.status_code == 422
    assert "Another answer was sent after you opened this page" in asked.text
    assert "You said: In progress" in asked.text
    assert "All is done, we think" in asked.text
    assert re.search(r'value="fulfilled" checked', asked.text)
    assert "Replace that answer with mine" in asked.text
    assert [one.says for one in db.session.scalars(select(RoundAnswer))] == [Says.IN_PROGRESS]
    again = client.post(page, data=form_fields(asked.text, page) | typed)
    assert again.status_code in {302, 303}
    answers = db.session.scalars(select(RoundAnswer).order_by(RoundAnswer.id))
    assert [one.says for one in answers] == [Says.IN_PROGRESS, Says.FULFILLED]


def test_an_answer_of_a_colleague_is_told_to_the_lead_and_to_staff(client: FlaskClient, app: Flask) -> None:
    event, box, colleague = event_of_months_ago(), new_address(), new_address()
    made = followed(event, box)
    opened(event)
    asking.hand_on(secret(box), {item_of(made).id}, colleague, "Bao", "en")
    db.session.flush()
    page = f"/en/answer/{secret(box)}"
    assert "Bao has this one." in client.get(page).text
    says(colleague, made, Says.PLANNING)
    told = client.get(page).text
    assert re.search(r"Bao answered on [^:]+: Being planned", told)
    assert "Bao has this one." not in told
    assert "Thank you" in told
    staff = browser(app, make_staff(Role.ORGANISER))
    for mailbox in (box, colleague):
        drawn = staff.get(f"/en/console/rounds/links/{link_of(mailbox).id}").text
        assert "Not answered" not in drawn, mailbox
        assert "Send a reminder now" not in drawn


def test_whoever_comes_after_somebody_else_answered_is_neither_thanked_nor_told_to_have_said_it(
    client: FlaskClient,
) -> None:
    event, box, colleague = event_of_months_ago(), new_address(), new_address()
    made = followed(event, box)
    opened(event)
    asking.hand_on(secret(box), {item_of(made).id}, colleague, "Bao", "en")
    db.session.flush()
    says(box, made, Says.IN_PROGRESS)
    page = f"/en/answer/{secret(colleague)}"
    shown = client.get(page).text
    assert "Somebody else answered: In progress" in shown
    assert "Somebody else has answered already. You can add your own answer until" in shown
    for words in ("Thank you", "You told us", "You said", "Everything is answered"):
        assert words not in shown, words
    beside = client.get(f"{page}/commitments/{made.reference}").text
    assert "Somebody else answered: In progress" in beside
    says(colleague, made, Says.PLANNING)
    after = client.get(page).text
    assert "Thank you" in after
    assert "You said: Being planned" in after


def test_who_answered_is_not_called_silent(app: Flask) -> None:
    event, box = event_of_months_ago(), new_address()
    made, other = followed(event, box), followed(event, box)
    opened(event)
    staff = browser(app, make_staff(Role.ORGANISER))
    page = f"/en/console/rounds/links/{link_of(box).id}"
    says(box, made, Says.PLANNING)
    assert re.search(r"<h1>.*?</h1>.*?Not answered", staff.get(page).text)
    says(box, other, Says.FULFILLED)
    assert "Not answered" not in staff.get(page).text


def test_after_an_answer_the_list_says_what_became_of_it(client: FlaskClient) -> None:
    event, box = event_of_months_ago(), new_address()
    made, _other = followed(event, box), followed(event, box)
    opened(event)
    says(box, made, Says.PLANNING)
    shown = client.get(f"/en/answer/{secret(box)}?done=kept").text
    assert "Your answer is published. 1 is still open." in shown


def test_staff_send_no_link_where_mails_came_back_and_no_two_at_once(app: Flask) -> None:
    event, box, lost = event_of_months_ago(), new_address(), new_address()
    followed(event, box)
    followed(event, lost)
    opened(event)
    keeper = make_staff(Role.ORGANISER)
    staff = browser(app, keeper)
    gone = link_of(lost)
    gone.ended, gone.ended_at = Ended.BOUNCED, now()
    db.session.flush()
    page = f"/en/console/rounds/links/{gone.id}"
    shown = staff.get(page).text
    assert "Mail a new link" not in shown
    refused = staff.post(f"{page}/renew", data=form_fields(shown, f"{page}/calls"))
    assert "nobody is asked at this address any more" in refused.text
    assert "Write to the secretariat" not in refused.text
    page = f"/en/console/rounds/links/{link_of(box).id}"
    for told in ("An email with the link goes out.", "went out a moment ago"):
        hidden = form_fields(staff.get(page).text, f"{page}/nudge")
        assert told in staff.post(f"{page}/nudge", data=hidden, follow_redirects=True).text
    rows = select(Promise).where(Promise.task == "rounds.reminded")
    assert len(db.session.scalars(rows).all()) == 1


def test_a_mail_speaks_of_no_change_only_where_the_page_has_it() -> None:
    event, box = event_of_months_ago(), new_address()
    followed(event, box)
    opened(event)
    for letter in (letters.asked(behind(box)), letters.reminded(behind(box)), letters.handed_on(behind(box), "")):
        assert letter is not None
        assert "If nothing has changed" not in render(letter, "<1@example.org>", now()).text
    assert queries.behind(secret(box)) is not None

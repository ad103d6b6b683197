"""What the pages promise to makers, staff and everybody, and what then is there."""

import html
import json
import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from eventhub.commitments import capturing, confirming, following, letters, queries, verifying
from eventhub.commitments.capturing import Step, Words
from eventhub.commitments.models import Says, State
from eventhub.commitments.waiting import Waits
from eventhub.kit.clock import now
from eventhub.kit.mail import render
from eventhub.people.models import Role
from tests.commitments.test_journeys import RECORD, room, said, send
from tests.delegations.test_journeys import browser
from tests.factories.commitments import asked, described, make_commitment, new_address, past_event, published
from tests.factories.people import form_fields, make_person, make_staff
from tests.factories.programme import make_event, make_series

pytestmark = pytest.mark.usefixtures("database")


def test_the_words_before_and_why_they_changed_are_public_history_once_the_record_is(client: FlaskClient) -> None:
    keeper, commitment = make_person(), make_commitment(email=new_address(), wording="We open SECRET classes")
    capturing.amend(keeper, commitment, Words("We will open 120 classes"), reason="Dropped in a draft")
    commitment, asking = asked(commitment)
    address = f"/en/confirm/{confirming.link_token(asking)}"
    send(client, f"{address}/correct", {"wording": "We will open 100 classes", "reason": "We said a hundred"})
    for step in (verifying.verify, verifying.publish):
        assert client.get(f"/en/commitments/{commitment.reference}").status_code == 404
        step(keeper, queries.record(commitment.id))
    page = client.get(f"/en/commitments/{commitment.reference}").text
    assert re.search(r"<del>.*?120.*?</del><ins>.*?100.*?</ins>", page)
    assert page.count("We said a hundred") == 2, "beside the change, and in the history"
    assert page.count("by the maker") == 3, "the change, its entry, and the entry of the confirmation"
    assert "SECRET" not in page
    assert "Dropped in a draft" not in page
    (row,) = json.loads(client.get("/open-data/commitments.json").data)["commitments"]
    told = [(one["wording"], one["reason"], one["since"] is None) for one in row["versions"]]
    assert told == [("We will open 120 classes", "", True), ("We will open 100 classes", "We said a hundred", False)]


def test_today_tells_what_waits_for_the_secretariat_and_the_list_shows_it(app: Flask) -> None:
    event = past_event()
    keeper, rapporteur = (make_staff(role, event_id=event.id) for role in (Role.ORGANISER, Role.RAPPORTEUR))
    waiting, _link = asked(make_commitment(event, email=new_address()))
    yes, link = asked(make_commitment(event, email=new_address()))
    confirming.confirm(confirming.link_token(link), seen=1)
    other, link = asked(make_commitment(event, email=new_address()))
    confirming.correct(confirming.link_token(link), Words("Ours"), seen=1, reason="Misheard")
    lost, link = asked(make_commitment(event, email=new_address()))
    confirming.refuse(confirming.link_token(link))
    ready, link = asked(make_commitment(event, email=new_address()))
    confirming.confirm(confirming.link_token(link), seen=1)
    verifying.verify(make_person(), queries.record(ready.id))
    published(event)
    _elsewhere, link = asked(make_commitment(email=new_address()))
    confirming.confirm(confirming.link_token(link), seen=1)
    staff = browser(app, keeper)
    today = staff.get("/en/console").text
    kinds = {Waits.CONFIRMED: yes, Waits.CORRECTED: other, Waits.NOBODY: lost, Waits.VERIFIED: ready}
    for kind, expected in kinds.items():
        assert f'href="{RECORD}?waits={kind.value}"' in today
        page = staff.get(f"{RECORD}?waits={kind.value}").text
        assert re.findall(r"C-\d{4,}", page) == [expected.reference]
    assert "Confirmed, to be verified" in staff.get(f"{RECORD}/{yes.id}").text
    assert "Waits for the maker" in staff.get(f"{RECORD}/{waiting.id}").text
    assert "waits=" not in browser(app, rapporteur).get("/en/console").text
    # A question to the maker gives the word back to them.
    confirming.question(make_person(), queries.record(yes.id), "Which year?")
    assert "waits=confirmed" not in browser(app, keeper).get("/en/console").text


def test_the_list_is_cut_down_to_an_event_and_to_silent_ones(app: Flask) -> None:
    event = past_event()
    mine, other = published(event), published(past_event())
    staff = browser(app, make_staff(Role.ORGANISER))
    page = staff.get(f"{RECORD}?event={event.slug}").text
    assert mine.reference in page
    assert other.reference not in page
    assert mine.reference not in staff.get(f"{RECORD}?fresh=silent&event={event.slug}").text
    assert staff.get(f"{RECORD}?fresh=nonsense&waits=nonsense&state=nonsense&event=%00").status_code == 200
    assert f'href="{RECORD}?event={event.slug}"' in staff.get(room(event)).text


def test_the_event_of_today_stands_first_to_write_something_down(app: Flask) -> None:
    series, day = make_series(), now().date()
    days = [day + timedelta(days=300 + number) for number in range(7)]
    far = [make_event(series, first_day=one, last_day=one) for one in days]
    past = make_event(series, first_day=day - timedelta(days=20), last_day=day - timedelta(days=19))
    on = make_event(series, first_day=day, last_day=day + timedelta(days=1))
    staff = browser(app, make_staff(Role.ORGANISER, series_id=series.id))
    page = staff.get(RECORD).text
    near, everything = page[page.index('id="rooms"') :].split("<details", 1)
    assert re.findall(r"/console/events/([^/]+)/commitments", near)[:2] == [on.slug, past.slug]
    for event in (*far, past, on):
        assert f"/en/console/events/{event.slug}/commitments" in everything


def test_without_a_mailbox_the_next_step_says_so_and_no_message_to_the_maker_is_offered(app: Flask) -> None:
    commitment, link = asked()
    staff = browser(app, make_staff(Role.ORGANISER, event_id=commitment.event_id))
    record = f"{RECORD}/{commitment.id}"
    hidden = form_fields(staff.get(record).text, f"{record}/notes")
    assert 'value="maker"' in staff.get(record).text
    confirming.refuse(confirming.link_token(link))
    page = staff.get(record).text
    steps = page[page.index('id="next"') : page.index('id="contacts"')]
    assert "There is no mailbox to ask. Add one first." in steps
    assert 'href="#contacts"' in steps
    assert 'value="maker"' not in page
    # A page that was drawn before still offers it.
    late = staff.post(f"{record}/notes", data=hidden | {"text": "Which year?", "to": "maker"})
    assert late.status_code == 422
    assert "There is no mailbox to ask. Add one first." in late.text
    assert queries.record(commitment.id).state is State.LAPSED


def test_a_last_day_that_is_past_is_written_down_and_asked_about(app: Flask) -> None:
    event = past_event()
    staff = browser(app, make_staff(Role.RAPPORTEUR, event_id=event.id))
    question = "The last day is before the day on which it was said. Is it right?"
    status, page = send(staff, room(event), said(due_on="2020-01-01"))
    assert (status, question in page) == (200, True)
    _status, page = send(staff, room(event), said(due_on="2099-01-01"))
    assert question not in page


def test_the_maker_sees_all_that_will_be_public_in_their_name_before_confirming(client: FlaskClient) -> None:
    commitment, link = asked()
    described(
        commitment,
        milestones=[Step("The law is drafted", date(2027, 3, 1))],
        indicators=[("Classes that are open", None, None)],
        recommendations=[("A/HRC/52/71", "65")],
        themes=["education"],
    )
    address = f"/en/confirm/{confirming.link_token(link)}"
    for page in (client.get(address).text, client.get(f"{address}/correct").text):
        for told in ("The law is drafted", "1 March 2027", "Classes that are open", "A/HRC/52/71", "31 December 2028"):
            assert told in page


def test_a_missed_last_day_is_said_at_once_and_found_by_a_filter(client: FlaskClient) -> None:
    event = past_event()
    late, done, on_time = (published(event, due_on=date(year, 1, 31)) for year in (2024, 2025, 2099))
    following.say(queries.record(late.id), Says.IN_PROGRESS)
    following.say(queries.record(done.id), Says.FULFILLED)
    head = re.compile(r'<dl class="axes card">(.*?)</dl>', re.DOTALL)
    told = [head.search(client.get(f"/en/commitments/{one.reference}").text) for one in (late, done, on_time)]
    assert ["Past its last day" in one[1] for one in told if one] == [True, False, False]
    assert ["31 January 20" in one[1] for one in told if one] == [True, True, True]
    found = client.get("/en/commitments?due=past").text
    assert [one.reference in found for one in (late, done, on_time)] == [True, False, False]
    assert late.reference in client.get("/open-data/commitments.csv?due=past").text
    assert done.reference not in client.get("/open-data/commitments.csv?due=past").text


@pytest.mark.parametrize("lang", ["ar", "fr", "ru"])
def test_the_mail_writes_its_day_as_the_page_does(app: Flask, client: FlaskClient, lang: str) -> None:
    made = make_commitment(email=new_address(), language=lang)
    _found, link = asked(made)
    letter = letters.asked(queries.told(link.id))
    assert letter is not None
    mail = render(letter, "<one@example.org>", now()).text
    page = client.get(f"/{lang}/confirm/{confirming.link_token(link)}").text
    until = re.search(r"<time[^>]*>([^<]*)</time>\.", page)
    assert until
    assert html.unescape(until[1]) in mail
    assert not re.search(r"[?؟] ?:", mail)


def test_a_dead_link_leads_to_help_and_contact(client: FlaskClient) -> None:
    commitment, link = asked()
    confirming.refuse(confirming.link_token(link))
    gone = client.get(f"/fr/confirm/{confirming.link_token(link)}")
    assert gone.status_code == 410
    assert 'href="/fr/about/help"' in gone.text
    assert commitment.reference not in gone.text


def test_what_is_folded_away_in_the_room_opens_for_an_error_in_it_alone(app: Flask) -> None:
    event = past_event()
    staff = browser(app, make_staff(Role.RAPPORTEUR, event_id=event.id))
    assert "<details open" not in staff.get(room(event)).text
    assert "<details open" not in send(staff, room(event), said(wording=""))[1]
    assert "<details open" in send(staff, room(event), said(email="nobody"))[1]

"""Following by mail: agreed to behind a link, one mail a day at most, left with one press, only what is public."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from eventhub.commitments import following as reports
from eventhub.commitments import queries, verifying
from eventhub.commitments.models import Says, Verdict, Why
from eventhub.kit.clock import now
from eventhub.kit.codes import LANGUAGES
from eventhub.kit.db import db
from eventhub.kit.mail import Letter, render
from eventhub.kit.outbox import Promise
from eventhub.kit.sealed import SealKey
from eventhub.people import actions as people
from eventhub.rounds import opening
from eventhub.tracker import letters, subscribing
from eventhub.tracker.models import Follow, Reader
from tests.factories.commitments import new_address, past_event, published
from tests.factories.people import form_fields, make_person
from tests.factories.rounds import event_of_months_ago, followed, opened
from tests.factories.tracker import following, reader_of

pytestmark = pytest.mark.usefixtures("database")


def tomorrow(days: int = 1) -> datetime:
    """Nine in the morning, so many days from now."""
    return (now() + timedelta(days=days)).replace(hour=9, minute=0)


def promised(task: str = "tracker.digest") -> list[Promise]:
    return list(db.session.scalars(select(Promise).where(Promise.task == task).order_by(Promise.id)))


def digest_of(row: Promise) -> Letter | None:
    values = row.payload
    since, until = (datetime.fromisoformat(values[name]) for name in ("since", "until"))
    return letters.digest(reader_of_id(values["reader_id"]), since, until)


def reader_of_id(known: str) -> object:
    return db.session.scalars(select(Reader.id).where(Reader.id == known)).one()


def mail(letter: Letter) -> str:
    rendered = render(letter, "<one@example.org>", now())
    return rendered.subject + rendered.text + rendered.html


def without_secrets(page: str, email: str) -> str:
    return re.sub(r'name="(csrf_token|form_key)" value="[^"]*"', "", page).replace(email, "")


def send(client: FlaskClient, url: str, email: str, what: str = "one") -> tuple[int, str]:
    answer = client.post(url, data=form_fields(client.get(url).text) | {"email": email, "what": what})
    return answer.status_code, answer.text


def test_silence_is_told_once_the_round_has_closed(app: Flask) -> None:
    event, email = event_of_months_ago(), new_address()
    made = followed(event)
    following(made, email=email)
    found = opened(event)
    with app.test_request_context(), time_machine.travel(found.closes_at + timedelta(minutes=5), tick=False):
        assert subscribing.tell_due(tomorrow()) == 0
        assert opening.close_due(now()) == 1
        assert subscribing.tell_due(tomorrow()) == 1
        assert subscribing.tell_due(tomorrow(2)) == 0
        told = digest_of(promised()[-1])
    assert told is not None
    assert "No report received" in mail(told)


def test_nothing_is_mailed_before_somebody_agreed(client: FlaskClient) -> None:
    shown, email = published(past_event(), title="Classes"), new_address()
    url = f"/en/commitments/{shown.reference}/follow"
    assert send(client, url, email)[0] == 200
    assert len(promised("tracker.follow_asked")) == 1
    reader = reader_of(email)
    asked = letters.follow_asked(reader.id)
    assert asked is not None
    assert subscribing.link_token(reader) in mail(asked)
    assert "Classes" not in mail(asked), "whoever typed a wrong address tells nobody what it was about"
    reports.say(shown, Says.PLANNING)
    db.session.flush()
    assert subscribing.tell_due(tomorrow()) == 0
    link = f"/en/following/{subscribing.link_token(reader)}"
    page = client.get(link).text
    assert "Do you want emails about this?" in page
    assert "Classes" in page
    fields = form_fields(page, f"{link}/agree")
    answer = client.post(f"{link}/agree", data=fields, follow_redirects=True)
    assert "You are told what changes from now on" in answer.text
    assert subscribing.tell_due(tomorrow()) == 0, "what happened before the yes is not told"
    reports.say(queries.record(shown.id), Says.IN_PROGRESS, text="Rooms are found")
    db.session.flush()
    assert subscribing.tell_due(tomorrow()) == 1
    (row,) = promised()
    letter = digest_of(row)
    assert letter is not None
    assert (letter.to, letter.language) == (email, "en")
    assert "The maker says: In progress" in mail(letter)


def test_the_page_says_the_same_of_known_and_unknown_mailboxes(client: FlaskClient) -> None:
    shown, known = published(past_event()), new_address()
    following(shown, email=known)
    url = f"/en/commitments/{shown.reference}/follow"
    first, second = (send(client, url, one)[1].replace(one, "") for one in (known, new_address()))
    assert without_secrets(first, known) == without_secrets(second, known)


def test_bad_input_is_told_at_its_field_and_keeps_the_choice(client: FlaskClient) -> None:
    shown = published(past_event(), maker="Union")
    url = f"/en/commitments/{shown.reference}/follow"
    status, page = send(client, url, "nobody@", "maker")
    assert (status, "Enter an email address like name@example.org" in page) == (422, True)
    assert re.search(r'value="maker" checked', page)
    assert 'value="nobody@"' in page
    assert send(client, url, new_address(), "everything")[0] == 422
    assert not promised("tracker.follow_asked")
    assert client.get("/en/commitments/C-99999/follow").status_code == 404


def test_looking_changes_nothing_and_one_press_leaves(client: FlaskClient) -> None:
    reader, _follows = following(published(past_event()))
    link = f"/en/following/{subscribing.link_token(reader)}"
    before = db.session.execute(text("SELECT * FROM tracker_reader, tracker_follow")).all()
    for address in (link, f"{link}/stop", link, f"{link}/stop"):
        assert client.get(address).status_code == 200
    assert db.session.execute(text("SELECT * FROM tracker_reader, tracker_follow")).all() == before
    key = reader.seal_key_id
    once = client.post(f"{link}/stop", data={"List-Unsubscribe": "One-Click"})
    assert (once.status_code, "You get no more of these emails" in once.text) == (200, True)
    assert db.session.scalar(select(func.count()).select_from(Reader)) == 0
    assert db.session.scalar(select(func.count()).select_from(Follow)) == 0
    assert db.session.get_one(SealKey, key, populate_existing=True).destroyed_at is not None
    again = client.post(f"{link}/stop", data={"List-Unsubscribe": "One-Click"})
    assert again.text == once.text
    assert client.get(link).status_code == 410


def test_whoever_stops_the_last_one_is_forgotten(client: FlaskClient) -> None:
    event = past_event()
    reader, follows = following(published(event, maker="Union"), published(event, maker="Ministry"))
    link = f"/en/following/{subscribing.link_token(reader)}"
    for one, said in zip(follows, ("You follow this no more", "You get no more of these emails"), strict=True):
        url = f"{link}/{one.id}/stop"
        answer = client.post(url, data=form_fields(client.get(link).text, url), follow_redirects=True)
        assert said in answer.text
    assert db.session.scalar(select(func.count()).select_from(Reader)) == 0


def test_one_mail_a_day_however_often_the_clock_runs() -> None:
    event = past_event()
    mine, other = published(event, maker="Union"), published(event, maker="Ministry")
    reader, _follows = following(mine)
    following(other)
    reports.say(mine, Says.PLANNING)
    db.session.flush()
    early = tomorrow().replace(hour=3)
    assert [subscribing.tell_due(one) for one in (early, tomorrow(), tomorrow(), tomorrow())] == [0, 1, 0, 0]
    reports.say(queries.record(mine.id), Says.IN_PROGRESS)
    db.session.flush()
    assert subscribing.tell_due(tomorrow().replace(hour=20)) == 0
    assert [one.payload["reader_id"] for one in promised()] == [str(reader.id)]
    assert subscribing.tell_due(tomorrow(2)) == 0, "what the mail of the day told is not told again"


def test_a_maker_is_followed_with_all_that_comes_later() -> None:
    event = past_event()
    first = published(event, maker="Union")
    following(first, whole_maker=True)
    reports.say(published(event, maker="Ministry"), Says.PLANNING)
    later = published(event, maker="Union", title="A later one")
    db.session.flush()
    assert subscribing.tell_due(tomorrow()) == 1
    letter = digest_of(promised()[0])
    assert letter is not None
    assert "A later one" in mail(letter)
    assert "Ministry" not in mail(letter)
    assert later.reference in mail(letter)


@pytest.mark.parametrize("late", [False, True])
def test_nothing_is_told_of_what_was_hidden_for_safety(late: bool) -> None:
    shown, email = published(past_event(), title="Safran", maker="Safran House"), new_address()
    reader, _follows = following(shown, shown, email=email)
    reports.say(shown, Says.PLANNING, text="Safran")
    db.session.flush()
    if late:
        assert subscribing.tell_due(tomorrow()) == 1
    verifying.withdraw(make_person(), queries.record(shown.id), Why.SAFETY, reason="They were threatened")
    db.session.flush()
    db.session.expire_all()
    assert subscribing.tell_due(tomorrow()) == 0
    assert [digest_of(one) for one in promised()] == [None] * late
    assert subscribing.news(reader) == []
    assert [(one.commitment, one.maker) for one in subscribing.followed(reader)] == [(None, None)] * 2


def test_the_page_behind_the_link_names_nothing_that_is_not_public(client: FlaskClient) -> None:
    shown = published(past_event(), title="Safran", maker="Safran House")
    reader, _follows = following(shown, shown)
    verifying.withdraw(make_person(), queries.record(shown.id), Why.SAFETY, reason="They were threatened")
    db.session.flush()
    page = client.get(f"/en/following/{subscribing.link_token(reader)}").text
    assert "Not public any more" in page
    assert "Safran" not in page
    assert shown.reference not in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_mail_bears_the_press_that_stops_it(app: Flask, lang: str) -> None:
    shown = published(past_event(), title="教室")
    reader, _follows = following(shown)
    subscribing.agree(reader, lang)
    reports.check(make_person(), shown, Verdict.EVIDENCE_SEEN)
    db.session.flush()
    subscribing.tell_due(tomorrow())
    letter = digest_of(promised()[0])
    assert letter is not None
    assert letter.compose is not None
    sent = letter.compose(render(letter, "<one@example.org>", now())).decode("ascii", "replace")
    head = sent.split("\r\n\r\n")[0]
    url = f"/{lang}/following/{subscribing.link_token(reader)}/stop"
    assert f"{url}>" in head.replace("\r\n ", "")
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head


def test_a_discreet_mailbox_is_named_nothing() -> None:
    shown = published(past_event(), title="Safran", maker="Safran")
    person = make_person(email=new_address(), discreet=True)
    following(shown, email=person.email)
    reports.say(shown, Says.PLANNING, text="Safran")
    db.session.flush()
    subscribing.tell_due(tomorrow())
    letter = digest_of(promised()[0])
    assert letter is not None
    assert letter.discreet
    assert "Safran" not in mail(letter)
    assert "commitment" not in mail(letter).lower()


def test_who_never_agreed_and_whose_mails_come_back_is_forgotten() -> None:
    shown = published(past_event())
    following(shown, agreed=False)
    reader, _follows = following(shown)
    assert subscribing.tidy(now()) == 0
    assert subscribing.tidy(now() + subscribing.TO_AGREE + timedelta(hours=1)) == 1
    assert db.session.scalars(select(Reader.id)).all() == [reader.id]
    (row,) = [one for one in promised("tracker.follow_asked") if one.payload["reader_id"] == str(reader.id)]
    row.parked_at, row.problem = now(), "SMTP 550"
    db.session.flush()
    assert subscribing.tidy(now()) == 1
    assert db.session.scalar(select(func.count()).select_from(Follow)) == 0


def test_own_copy_and_erasure() -> None:
    shown, person = published(past_event(), maker="Union"), make_person(email=new_address())
    following(shown, shown, email=person.email)
    told = subscribing.own_data(person)
    assert {(one["commitment"], one["maker"], one["address"]) for one in told} == {
        (shown.reference, None, person.email),
        (None, "Union", person.email),
    }
    for forget in people.LEAVING:
        forget(person, {str(person.email)})
    assert subscribing.own_data(person) == []
    assert db.session.scalar(select(func.count()).select_from(Reader)) == 0


def test_the_address_stands_nowhere_in_the_database() -> None:
    email = new_address()
    following(published(past_event()), email=email)
    rows = db.session.execute(text("SELECT row_to_json(one)::text FROM tracker_reader one")).scalars().all()
    assert rows
    assert not any(email in one for one in rows)


def test_a_mailbox_is_mailed_few_links_in_a_day() -> None:
    shown, email = published(past_event()), new_address()
    for _time in range(8):
        subscribing.ask(shown, email, "en", whole_maker=False)
    assert len(promised("tracker.follow_asked")) == subscribing.TO_ONE["limit"]
    assert len(subscribing.followed(reader_of(email))) == 1

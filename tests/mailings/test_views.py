"""Mailings over HTTP: written at the desk, looked at, sent, read on the own page, stopped with one press."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.local.mailsink import MailSink
from eventhub.mailings import actions, keeping
from eventhub.mailings.models import Kind, Mailing, MailingLine, MailPreference, Outcome, Stage
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.registration.models import State
from tests.factories.people import form_fields, make_person, make_staff, sign_in
from tests.factories.registration import make_forum, make_registration
from tests.mailings.scene import addresses, line_of, make_event_with, make_mailing, minute, outcomes, send, work


def page_of(event: Event, mailing: Mailing | None = None, rest: str = "") -> str:
    return f"/en/console/events/{event.slug}/mailings" + (f"/{mailing.id}" if mailing else "") + rest


def post(client: FlaskClient, page: str, data: dict[str, Any], *, to: str | None = None) -> Any:
    """Send the form of a page as a browser would."""
    fields = form_fields(client.get(page).get_data(as_text=True), action=to)
    return client.post(to or page, data=fields | data)


def organiser_of(client: FlaskClient, event: Event, role: Role = Role.ORGANISER) -> Person:
    return sign_in(client, make_staff(role, event_id=event.id))


def test_from_nothing_to_the_mailbox(client: FlaskClient, sink: MailSink) -> None:
    amina = make_person(name="Amina", language="fr")
    event, _rows = make_event_with(amina, make_person(email=None, name="Silent"))
    make_registration(event, make_person(name="Undecided"), state=State.UNDER_REVIEW)
    organiser_of(client, event)
    answer = post(client, page_of(event, rest="/new"), {"kind": "service", "copied": ""})
    mailing = db.session.query(Mailing).one()
    recipients = page_of(event, mailing, "/recipients")
    assert answer.location.endswith(recipients)
    refused = post(client, recipients, {"kind": "service"})
    assert refused.status_code == 422
    assert "Choose at least one" in refused.get_data(as_text=True)
    saved = post(client, recipients, {"kind": "service", "groups": ["accredited"], "languages": ["fr", "en"]})
    assert saved.status_code == 303
    counted = client.get(recipients).get_data(as_text=True)
    assert "1 person gets it." in counted
    assert "Amina" in counted
    assert "Silent" in counted, "named, with why"
    assert "Undecided" not in counted
    texts = page_of(event, mailing, "/texts")
    words = {"original_language": "en", "subject-en": "News for {nam}", "text-en": "Dear {name}", "text-fr": "Bonjour"}
    wrong = post(client, texts, words)
    assert wrong.status_code == 422
    shown = wrong.get_data(as_text=True)
    assert '<bdi dir="ltr">{nam}</bdi> is no placeholder' in shown
    assert "Fill in both the subject and the text" in shown
    assert "News for {nam}" in shown, "nothing typed is lost"
    assert post(client, texts, words | {"subject-en": "News for {name}", "text-fr": ""}).status_code == 303
    looked = client.get(page_of(event, mailing)).get_data(as_text=True)
    assert "Français: no text. 1 person gets the original language" in looked
    assert "There is news for you" in looked, "what discreet people get"
    form = post(client, page_of(event, mailing), {"send_at": ""}, to=page_of(event, mailing, "/send"))
    assert form.status_code == 303
    minute()
    work()
    assert addresses(sink) == [str(amina.email)]
    told = sink.messages()[0].get_body(("plain",)).get_content()
    assert "Nous n" in told or "language" in told
    assert "Dear Amina" in told


def test_two_tabs(client: FlaskClient) -> None:
    event, _rows = make_event_with(make_person())
    organiser_of(client, event)
    mailing = make_mailing(event)
    texts = page_of(event, mailing, "/texts")
    old = form_fields(client.get(texts).get_data(as_text=True))
    words = {"original_language": "en", "subject-en": "One", "text-en": "One"}
    assert post(client, texts, words).status_code == 303
    late = client.post(texts, data=old | words | {"subject-en": "Two"})
    assert "Somebody else changed this" in late.get_data(as_text=True)
    db.session.refresh(mailing)
    assert mailing.subject["en"] == "One"
    looked = page_of(event, mailing)
    first = form_fields(client.get(looked).get_data(as_text=True), action="/send")
    second = form_fields(client.get(looked).get_data(as_text=True), action="/send")
    assert client.post(f"{looked}/send", data=first).status_code == 303
    assert "no draft any more" in client.post(f"{looked}/send", data=second).get_data(as_text=True)
    assert client.get(texts).status_code == 303, "what is sent is not edited"


def test_at_an_instant_by_the_clock_of_the_event(client: FlaskClient) -> None:
    event, _rows = make_event_with(make_person())
    event.time_zone = "Asia/Bangkok"
    organiser_of(client, event)
    mailing = make_mailing(event)
    to = page_of(event, mailing, "/send")
    past = post(client, page_of(event, mailing), {"send_at": "2020-01-01T10:00"}, to=to)
    assert past.status_code == 422
    assert "Choose a day and time to come" in past.get_data(as_text=True)
    day = (now() + timedelta(days=3)).date()
    assert post(client, page_of(event, mailing), {"send_at": f"{day}T10:00"}, to=to).status_code == 303
    db.session.refresh(mailing)
    assert mailing.send_at is not None
    assert (mailing.send_at.hour, mailing.stage) == (3, Stage.SCHEDULED)


def test_an_officer_drafts_and_tries_and_does_not_send(client: FlaskClient) -> None:
    event, _rows = make_event_with(make_person())
    officer = organiser_of(client, event, Role.ACCREDITATION_OFFICER)
    mailing = make_mailing(event)
    looked = client.get(page_of(event, mailing)).get_data(as_text=True)
    assert "An organizer of the event sends it." in looked
    fields = form_fields(looked, action="/trial")
    assert client.post(page_of(event, mailing, "/send"), data=fields | {"version": "1"}).status_code == 404
    assert client.post(page_of(event, mailing, "/trial"), data=fields | {"language": "ar"}).status_code == 303
    owed = db.session.query(Promise).filter_by(task="mailings.test").one()
    assert owed.payload == {"mailing_id": str(mailing.id), "person_id": str(officer.id), "language": "ar"}


def test_the_buttons_while_it_goes(client: FlaskClient) -> None:
    event, _rows = make_event_with(make_person(), make_person())
    organiser_of(client, event)
    mailing = make_mailing(event)
    send(mailing, event)
    minute(1)
    looked, moves = page_of(event, mailing), page_of(event, mailing, "/moves")
    for move, stage in (("stop", Stage.STOPPED), ("go_on", Stage.SENDING)):
        assert post(client, looked, {"move": move}, to=moves).status_code == 303
        db.session.refresh(mailing)
        assert mailing.stage is stage
    assert "nobody to send it to again" in post(client, looked, {"move": "again"}, to=moves).get_data(as_text=True)
    assert post(client, looked, {"move": "erase"}, to=moves).status_code == 404


def test_first_timers_are_for_those_who_know_them(client: FlaskClient) -> None:
    former = make_forum(data=None)
    former.first_day -= timedelta(days=400)
    former.last_day = former.first_day
    event = make_forum(data=None)
    event.series_id = former.series_id
    came, fresh = make_person(name="Came Before"), make_person(name="First Timer")
    make_registration(former, came, state=State.ATTENDED)
    for one in (came, fresh):
        make_registration(event, one, state=State.ACCREDITED)
    db.session.flush()
    mailing = make_mailing(event)
    recipients = page_of(event, mailing, "/recipients")
    organiser_of(client, event)
    assert "first time" not in client.get(recipients).get_data(as_text=True)
    sign_in(client, make_staff(Role.ORGANISER, series_id=event.series_id))
    post(client, recipients, {"kind": "service", "groups": ["accredited"], "first_time": "y"})
    counted = client.get(recipients).get_data(as_text=True)
    assert "First Timer" in counted
    assert "Came Before" not in counted
    organiser_of(client, event)
    assert client.get(page_of(event, mailing)).status_code == 404
    assert str(mailing.id) not in client.get(page_of(event)).get_data(as_text=True)


def test_a_copy_keeps_the_words_and_chooses_people_anew_elsewhere(client: FlaskClient) -> None:
    event, _rows = make_event_with(make_person())
    organiser_of(client, event)
    former = make_mailing(event, kind=Kind.NEWS)
    elsewhere = make_mailing(make_forum(data=None))
    shown = client.get(page_of(event, rest="/new")).get_data(as_text=True)
    assert former.id.hex in shown
    assert elsewhere.id.hex not in shown
    assert post(client, page_of(event, rest="/new"), {"kind": "service", "copied": former.id.hex}).status_code == 303
    copy = db.session.query(Mailing).filter(Mailing.event_id == event.id, Mailing.id != former.id).one()
    assert (copy.text, copy.kind, copy.audience) == (former.text, former.kind, former.audience)
    assert copy.stage is Stage.DRAFT


def test_read_on_the_own_page_by_its_reader_alone(client: FlaskClient, sink: MailSink) -> None:
    amina, other = make_person(name="Amina", discreet=True, alias="A. Y."), make_person()
    event, [mine, _theirs] = make_event_with(amina, other)
    mailing = make_mailing(event)
    send(mailing, event)
    minute()
    work()
    sign_in(client, amina)
    listed = client.get("/fr/me/messages").get_data(as_text=True)
    assert "Les portes ouvrent" in listed
    page = f"/en/me/messages/{line_of(mailing, amina).id}"
    read = client.get(page).get_data(as_text=True)
    assert "Dear <bdi>A. Y.</bdi>" in read
    assert str(mine.reference) in read
    assert re.search(r"<title>[^<]*Doors", read) is None, "a neutral title"
    assert client.get(f"/en/me/messages/{line_of(mailing, other).id}").status_code == 404
    assert "Messages" in client.get("/en/me").get_data(as_text=True)
    [kept] = keeping.own_data(amina)["messages"]
    assert kept["subject"] == "Doors open at nine, A. Y."


def test_stopped_with_one_press_by_a_mail_program(client: FlaskClient, sink: MailSink) -> None:
    amina = make_person()
    event, _rows = make_event_with(amina)
    mailing = make_mailing(event, kind=Kind.NEWS)
    send(mailing, event)
    minute()
    work()
    [arrived] = sink.messages()
    assert arrived["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.fullmatch(r"<https?://[^/]+(/en/stop/[^>]+)>", arrived["List-Unsubscribe"])
    assert address is not None
    path = address[1]
    before = client.get(path).get_data(as_text=True)
    assert "Stop these mails?" in before
    assert db.session.query(MailPreference).one().stopped_at is None, "looking changes nothing"
    for _ in range(2):
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        said = answer.get_data(as_text=True)
        assert "You get no more of these mails" in said
        assert event.title["en"] not in said
        assert amina.name not in said
        assert "Set-Cookie" not in answer.headers
    db.session.expire_all()
    assert db.session.query(MailPreference).one().stopped_at is not None
    assert client.post(f"{path[:-2]}xx").status_code == 404
    again = make_mailing(event, kind=Kind.NEWS)
    with pytest.raises(actions.Nobody):
        actions.schedule(make_person(), again, event, at=None, version=again.version)
    sign_in(client, amina)
    answer = post(client, "/en/me/messages", {}, to="/en/me/messages/mails/all")
    assert answer.status_code == 303
    db.session.expire_all()
    assert db.session.query(MailPreference).one().stopped_at is None


def test_all_mails_stand_beside_a_registration(client: FlaskClient, sink: MailSink) -> None:
    event, [mine, _other] = make_event_with(make_person(), make_person())
    organiser_of(client, event)
    mailing = make_mailing(event)
    send(mailing, event)
    minute()
    work()
    beside = client.get(f"/en/console/events/{event.slug}/registrations/{mine.id}").get_data(as_text=True)
    assert beside.count("A mail of a mailing to many") == 1
    assert outcomes(mailing) == {Outcome.SENT: 2}


def test_the_pages_ask_the_same_with_many(client: FlaskClient, statements: list[str]) -> None:
    event, _rows = make_event_with(*(make_person() for _ in range(2)))
    organiser_of(client, event)
    mailing = make_mailing(event)
    send(mailing, event)
    minute()
    pages = [
        page_of(event),
        page_of(event, mailing),
        page_of(event, mailing, "/log"),
        page_of(event, rest="/not-reached"),
    ]

    def asked() -> list[int]:
        found = []
        for page in pages:
            statements.clear()
            assert client.get(page).status_code == 200
            found.append(len(statements))
        return found

    asked()
    few = asked()
    for _ in range(3):
        line = MailingLine(mailing_id=mailing.id, person_id=make_person().id, state=Outcome.SENT)
        line.registration_id = make_registration(event, db.session.get_one(Person, line.person_id)).id
        db.session.add(line)
    make_mailing(event)
    db.session.flush()
    assert asked() == few

"""The organisers' page of what came by mail: who sees it, what each button does, and what nobody may read there."""

import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventhub.calendars import actions, imip, invites, queries
from eventhub.calendars.models import CalendarEntry, Invite, InviteWord, Partstat
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.programme.models import Event, Session
from tests.calendars.answering import arrive, invited, mail, stamp
from tests.factories.people import form_fields, make_staff, sign_in
from tests.factories.programme import make_event

DAY = timedelta(days=1)


def scene(*, counter: bool = False) -> tuple[Invite, Event, str]:
    """An answer without proof, or another time that is proposed; the page's address."""
    invite, registration = invited(name="Amina <b>Diallo</b>")
    if counter:
        times = {"dtstart": stamp(now(), later=9 * DAY), "dtend": stamp(now(), later=9.1 * DAY)}
        assert arrive(mail(invite, header="COUNTER", method="COUNTER", **times), invite) is None
    else:
        assert arrive(mail(invite), None) is None
    event = db.session.get_one(Event, registration.event_id)
    return invite, event, f"/en/console/events/{event.slug}/calendar/answers"


def words() -> int:
    return db.session.scalar(select(func.count()).select_from(InviteWord)) or 0


@pytest.mark.parametrize("role", [Role.RAPPORTEUR, Role.CHECK_IN, Role.HOST_PARTNER])
def test_it_is_for_the_events_organisers_alone(client: FlaskClient, role: Role) -> None:
    _, event, address = scene()
    sign_in(client, make_staff(role, event_id=event.id))
    assert client.get(address).status_code == 404
    sign_in(client, make_staff(Role.ORGANISER, event_id=make_event().id))
    assert client.get(address).status_code == 404
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("lang", ["ar", "zh", "en", "fr", "ru", "es"])
def test_every_language_shows_both_kinds_and_nothing_an_app_wrote(client: FlaskClient, lang: str) -> None:
    invite, event, address = scene()
    moved = {"dtstart": stamp(now(), later=9 * DAY), "dtend": stamp(now(), later=9.1 * DAY)}
    assert arrive(mail(invite, header="COUNTER", method="COUNTER", **moved), invite) is None
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    page = client.get(address.replace("/en/", f"/{lang}/")).get_data(as_text=True)
    assert "Amina &lt;b&gt;Diallo&lt;/b&gt;" in page
    assert "Somebody" not in page
    assert "alert(1)" not in page
    assert "/move" in page


def test_an_answer_is_counted_by_hand_and_that_is_recorded(client: FlaskClient) -> None:
    invite, event, address = scene()
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    count = client.get(address.removesuffix("/answers")).get_data(as_text=True)
    assert "1 answer by mail waits for you" in count
    word_id = db.session.scalars(select(InviteWord.id)).one()
    sent = form_fields(client.get(address).get_data(as_text=True))
    for _time in range(2):
        assert client.post(f"{address}/{word_id}/count", data=sent).status_code == 303
    db.session.refresh(invite)
    assert invite.partstat is Partstat.ACCEPTED
    assert words() == 0
    assert db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "calendar.word_counted")).one()
    assert "Nothing to decide" in client.get(address).get_data(as_text=True)


@pytest.mark.parametrize("counter", [False, True])
def test_set_aside_changes_nothing(client: FlaskClient, counter: bool) -> None:
    invite, event, address = scene(counter=counter)
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    [word] = db.session.scalars(select(InviteWord)).all()
    entry = db.session.get_one(CalendarEntry, invite.entry_id)
    before = entry.starts_at
    sent = form_fields(client.get(address).get_data(as_text=True))
    assert client.post(f"{address}/{word.id}/aside", data=sent).status_code == 303
    db.session.refresh(invite)
    db.session.refresh(entry)
    assert (invite.partstat, entry.starts_at, words()) == (Partstat.NEEDS_ACTION, before, 0)


def test_what_was_decided_meanwhile_or_is_of_another_event_is_not_there(client: FlaskClient) -> None:
    _, event, address = scene()
    theirs = {word.id for word in db.session.scalars(select(InviteWord))}
    _, elsewhere, _ = scene()
    other = next(word.id for word in db.session.scalars(select(InviteWord)) if word.id not in theirs)
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    for word_id in (other, uuid.uuid4()):
        sent = form_fields(client.get(address).get_data(as_text=True))
        assert client.post(f"{address}/{word_id}/count", data=sent).location.endswith(address)
    assert words() == 2
    assert elsewhere.id != event.id


def test_an_answer_to_an_invite_that_closed_says_why(client: FlaskClient) -> None:
    invite, event, address = scene()
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    [word] = db.session.scalars(select(InviteWord)).all()
    sent = form_fields(client.get(address).get_data(as_text=True))
    db.session.get_one(CalendarEntry, invite.entry_id).ends_at = now() - DAY
    db.session.flush()
    answer = client.post(f"{address}/{word.id}/count", data=sent)
    assert answer.status_code == 422
    assert "the invitation has ended" in answer.get_data(as_text=True)
    assert words() == 1


@pytest.mark.parametrize("by_mail", [False, True])
def test_what_the_person_surely_says_settles_what_waits_in_their_name(client: FlaskClient, by_mail: bool) -> None:
    invite, event, address = scene()
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    word_id = db.session.scalars(select(InviteWord.id)).one()
    sent = form_fields(client.get(address).get_data(as_text=True))
    if by_mail:
        assert arrive(mail(invite, partstat="DECLINED", dtstamp=stamp(now(), later=DAY)), invite) is None
    else:
        invites.answer(queries.invite_by_token(imip.invite_token(invite), lock=True), Partstat.DECLINED)
    said_at = invite.answer_dtstamp
    assert words() == 0
    assert client.post(f"{address}/{word_id}/count", data=sent).location.endswith(address)
    db.session.refresh(invite)
    assert (invite.partstat, invite.answer_dtstamp) == (Partstat.DECLINED, said_at)


def test_a_word_given_to_another_time_ends_with_it_and_a_proposal_stays(client: FlaskClient) -> None:
    invite, _, _ = scene()
    times = {"dtstart": stamp(now(), later=9 * DAY), "dtend": stamp(now(), later=9.1 * DAY)}
    assert arrive(mail(invite, header="COUNTER", method="COUNTER", **times), invite) is None
    session = db.session.get_one(Session, db.session.get_one(CalendarEntry, invite.entry_id).session_id)
    for name in ("starts_local", "ends_local", "starts_at", "ends_at"):
        setattr(session, name, getattr(session, name) + DAY)
    db.session.flush()
    actions.follow_session(session)
    assert db.session.scalars(select(InviteWord.kind)).all() == ["counter"]

"""My sessions, the answer to an invite, the console's head count, and what stands on other pages."""

import re
import uuid
from datetime import time, timedelta

import icalendar
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventhub.calendars import actions, feeds, imip
from eventhub.calendars.lint import problems
from eventhub.calendars.models import CalendarEntry, Choice, ChosenSession, Feed, Invite, InviteMail, Partstat
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.pages import PageStore
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event, Publication, Session, SessionKind
from eventhub.registration.models import State
from tests.factories.calendars import make_chooser, make_dialogue, make_entry, make_room, make_seated
from tests.factories.people import form_fields, make_person, make_staff, sign_in
from tests.factories.programme import make_event, make_session

MINE = "/en/me/sessions"


@pytest.fixture(autouse=True)
def _fresh(client: FlaskClient) -> None:
    client.application.extensions["eventhub.pages"] = PageStore()


def page(client: FlaskClient, address: str = MINE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def chosen() -> dict[uuid.UUID, Choice]:
    return {row.session_id: row.choice for row in db.session.scalars(select(ChosenSession))}


# --- My sessions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [MINE, "/en/me/sessions.ics", "/en/me/sessions/events/x"])
def test_strangers_are_asked_to_sign_in(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 303
    assert "/sign-in" in answer.location


def test_nothing_yet_offers_the_events_i_am_registered_for(client: FlaskClient) -> None:
    person = sign_in(client, make_person())
    assert "No sessions yet" in page(client)
    event = make_event()
    make_seated(event, person)
    assert f"/en/me/sessions/events/{event.slug}" in page(client)


def test_the_week_and_the_details_show_my_sessions_and_no_others(client: FlaskClient) -> None:
    event = make_event()
    mine = make_session(event, title={"en": "My plenary"}, room_id=make_room(event).id)
    make_session(event, start=time(15), title={"en": "Somebody else's panel"})
    sign_in(client, make_chooser(mine))
    html = page(client)
    assert html.count("My plenary") >= 2
    assert "Somebody else" not in html
    assert 'class="slot s4 l2"' in html
    assert "Room XX" in html
    assert "times in Geneva (UTC" in html


@pytest.mark.parametrize("lang", ["ar", "zh", "fr", "ru", "es"])
def test_every_language(client: FlaskClient, lang: str) -> None:
    sign_in(client, make_chooser(make_session(make_event()), time_zone="Africa/Nairobi"))
    page(client, f"/{lang}/me/sessions?view=day&time=own")


def test_own_time_stands_beside_and_can_be_the_pages_time(client: FlaskClient) -> None:
    session = make_session(make_event(time_zone="Europe/Zurich"), start=time(23), hours=0.5)
    sign_in(client, make_chooser(session, time_zone="Asia/Tokyo"))
    html = page(client)
    assert "23:00–23:30" in html
    assert "in Tokyo (UTC+9)" in html
    own = page(client, MINE + "?time=own")
    assert "times in Tokyo (UTC+9)" in own
    assert "in Geneva (UTC+" in own


def test_conflicts_cancelled_and_maybe_are_marked_in_words(client: FlaskClient) -> None:
    event = make_event()
    first, second = make_session(event, start=time(10), hours=2), make_session(event, start=time(11))
    long = make_session(event, start=time(9), hours=9, title={"en": "All day"})
    first.title, second.title = {"en": "The earlier"}, {"en": "The later"}
    person = sign_in(client, make_chooser(first, second, long))
    told = re.findall(r'<span class="small muted">(.*?)</span>', page(client))
    assert [re.findall("<bdi>(.*?)</bdi>", one) for one in told] == [
        ["The earlier", "The later"],
        ["All day", "The later"],
        ["All day", "The earlier"],
    ]
    long.publication = Publication.CANCELLED
    db.session.flush()
    assert page(client).count("Overlaps with another of your sessions") == 2
    second.publication = Publication.CANCELLED
    actions.choose(person, first, Choice.MAYBE)
    db.session.flush()
    html = page(client)
    assert "Overlaps" not in html
    assert "Session cancelled" in html
    assert 'class="slot s4 l4 maybe"' in html
    assert 'class="slot s6 l2 off"' in html


def test_join_links_are_for_those_with_a_seat_while_there_is_something_to_join(client: FlaskClient) -> None:
    session = make_session(make_event(), join_link="https://meet.example.org/room")
    sign_in(client, make_chooser(session))
    html = page(client)
    assert f"/sessions/{session.id}/join" in html
    assert "meet.example.org" not in html  # the room's own page gives it out
    session.starts_at, session.ends_at = now() - timedelta(hours=2), now() - timedelta(hours=1)
    db.session.flush()
    assert f'id="s-{session.id}"' in page(client)
    assert f"/sessions/{session.id}/join" not in page(client)
    session.starts_at, session.ends_at = now() - timedelta(hours=2), now() + timedelta(hours=1)
    waiting = sign_in(client, make_person())
    make_seated(db.session.get_one(Event, session.event_id), waiting, state=State.UNDER_REVIEW, has_seat=False)
    actions.choose(waiting, session, Choice.GOING)
    db.session.flush()
    html = page(client)
    assert f'id="s-{session.id}"' in html
    assert f"/sessions/{session.id}/join" not in html


def test_the_page_costs_the_same_for_one_session_and_for_three(client: FlaskClient, statements: list[str]) -> None:
    event = make_event()
    counts = []
    for hours in ([9], [9, 11, 15]):
        sign_in(client, make_chooser(*(make_session(event, start=time(hour)) for hour in hours)))
        statements.clear()
        page(client)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6


@pytest.mark.parametrize(
    "query", ["day=nonsense", "day=0001-01-01", "day=9999-12-31", "view=x&time=y", "day=2026-02-30"]
)
def test_nonsense_in_the_address_is_passed_over(client: FlaskClient, query: str) -> None:
    sign_in(client, make_chooser(make_session(make_event())))
    page(client, f"{MINE}?{query}")


def test_other_weeks_are_one_link_away(client: FlaskClient) -> None:
    near, far = make_session(make_event()), make_session(make_event(), day=21)
    person = make_chooser(near)
    make_seated(db.session.get_one(Event, far.event_id), person)
    actions.choose(person, far, Choice.GOING)
    sign_in(client, person)
    html = page(client)
    assert "Later week" in html
    assert "Earlier week" not in html
    assert f"day={far.starts_local:%Y-%m-%d}" in html
    assert "Earlier week" in page(client, f"{MINE}?day={far.starts_local:%Y-%m-%d}")


def test_choosing_among_an_events_sessions(client: FlaskClient) -> None:
    event = make_event()
    one, two = make_session(event, title={"en": "First sitting"}), make_session(event, start=time(15))
    make_session(event, start=time(12), kind=SessionKind.BREAK, title={"en": "Lunch break"})
    sign_in(client, make_chooser(one))
    address = f"/en/me/sessions/events/{event.slug}"
    html = page(client, address)
    assert "First sitting" in html
    assert "Lunch break" not in html
    sent = form_fields(html) | {"sessions": str(two.id)}
    answer = client.post(address, data=sent)
    assert answer.status_code == 303
    assert chosen() == {two.id: Choice.GOING}
    again = client.post(address, data=sent)
    assert (again.status_code, again.location) == (303, answer.location)
    nothing = form_fields(page(client, address))
    assert client.post(address, data=nothing).status_code == 303
    assert chosen() == {}
    wrong = form_fields(page(client, address)) | {"sessions": "not-a-session"}
    assert client.post(address, data=wrong).status_code == 422
    other = form_fields(page(client, address)) | {"sessions": str(make_session(make_event()).id)}
    assert client.post(address, data=other).status_code == 422
    assert client.post(address, data={"sessions": str(two.id)}).status_code == 422
    assert chosen() == {}


@pytest.mark.parametrize("state", [None, State.DRAFT, State.WITHDRAWN])
def test_events_i_am_not_registered_for_do_not_exist_here(client: FlaskClient, state: State | None) -> None:
    event = make_event()
    session = make_session(event)
    person = sign_in(client, make_person())
    if state:
        make_seated(event, person, state=state)
    assert client.get(f"/en/me/sessions/events/{event.slug}").status_code == 404
    fields = form_fields(page(client))
    answer = client.post(f"{MINE}/{session.id}", data=fields | {"choice": "going"})
    assert answer.status_code == 404
    assert chosen() == {}


def test_one_session_is_maybe_going_or_left_out(client: FlaskClient) -> None:
    session = make_session(make_event())
    sign_in(client, make_chooser(session))
    for choice, expected in (
        ("maybe", {session.id: Choice.MAYBE}),
        ("going", {session.id: Choice.GOING}),
        ("none", {}),
    ):
        fields = form_fields(page(client))
        answer = client.post(f"{MINE}/{session.id}?view=day", data=fields | {"choice": choice})
        assert answer.status_code == 303
        assert "view=day" in answer.location
        assert chosen() == expected
    fields = form_fields(page(client))
    client.post(f"{MINE}/{session.id}", data=fields | {"choice": "none", "form_key": str(uuid.uuid4())})
    assert "Left out: " in page(client)
    assert client.post(f"{MINE}/{session.id}", data=fields | {"choice": "perhaps"}).status_code == 422
    assert chosen() == {}


def test_the_private_link_is_made_shown_and_made_anew(client: FlaskClient) -> None:
    session = make_session(make_event())
    actions.follow_session(session)
    sign_in(client, make_chooser(session))
    assert "Make my private link" in page(client)
    client.post(f"{MINE}/link", data=form_fields(page(client), "/link"))
    feed = db.session.scalars(select(Feed)).one()
    token = feeds.feed_token(feed)
    html = page(client)
    assert f"webcal://localhost/cal/{token}.ics" in html
    assert f"http://localhost/cal/{token}.ics" in html
    assert "8 to 24 hours" in html
    assert client.get(f"/cal/{token}.ics").status_code == 200
    sent = form_fields(html, "/link")
    assert client.post(f"{MINE}/link", data=sent).status_code == 303
    assert client.post(f"{MINE}/link", data=sent).status_code == 303
    assert db.session.scalar(select(func.count(Feed.id))) == 2
    assert token not in page(client)
    assert client.get(f"/cal/{token}.ics").status_code == 410


def test_a_link_needs_the_forms_own_token(client: FlaskClient) -> None:
    sign_in(client, make_person())
    assert client.post(f"{MINE}/link", data={}).status_code == 422
    assert client.post(f"{MINE}/{uuid.uuid4()}", data={"choice": "going"}).status_code == 422
    assert db.session.scalar(select(func.count(Feed.id))) == 0


def test_downloading_once(client: FlaskClient) -> None:
    entry = make_entry(title={"en": "Zweisprachigkeit"})
    person = sign_in(client, make_chooser(db.session.get_one(Session, entry.session_id)))
    answer = client.get("/en/me/sessions.ics")
    assert problems(answer.data, kind="download") == []
    assert "my-sessions.ics" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    person.discreet = True
    db.session.flush()
    discreet = client.get("/en/me/sessions.ics")
    assert problems(discreet.data, kind="download") == []
    assert b"Zweisprachigkeit" not in discreet.data
    assert 'filename="meetings.ics"' in discreet.headers["Content-Disposition"]
    sign_in(client, make_person())
    assert client.get("/en/me/sessions.ics").status_code == 404


def test_a_discreet_persons_page_has_a_neutral_title_and_says_what_calendars_show(client: FlaskClient) -> None:
    session = make_session(make_event(title={"en": "Zweisprachigkeit"}))
    sign_in(client, make_chooser(session, discreet=True))
    html = page(client)
    title = html.partition("<title>")[2].partition("</title>")[0]
    assert title == "My page"
    assert "titles read “Meeting”" in html


# --- Answering an invite ------------------------------------------------------------------------------------------


def invited(**given: object) -> tuple[Invite, str]:
    event, _ = make_dialogue(title={"en": "Zweisprachigkeit"})
    registration = make_seated(event, make_person(**given))
    actions.on_accredited(registration)
    invite = db.session.scalars(select(Invite)).one()
    return invite, f"/en/invites/{imip.invite_token(invite)}"


def test_looking_at_an_invite_changes_nothing(client: FlaskClient) -> None:
    invite, address = invited()
    html = page(client, address)
    assert "Zweisprachigkeit" in html
    assert "Set-Cookie" not in client.get(address).headers
    client.head(address)
    db.session.refresh(invite)
    assert invite.partstat is Partstat.NEEDS_ACTION


@pytest.mark.parametrize(
    ("answer", "partstat"), [("accepted", "ACCEPTED"), ("declined", "DECLINED"), ("tentative", "TENTATIVE")]
)
def test_answering(client: FlaskClient, answer: str, partstat: str) -> None:
    invite, address = invited()
    sent = form_fields(page(client, address)) | {"answer": answer}
    first = client.post(address, data=sent)
    assert first.status_code == 303
    assert client.post(address, data=sent).location == first.location
    db.session.refresh(invite)
    assert invite.partstat == partstat
    assert "Your answer so far" in page(client, address)


@pytest.mark.parametrize(("answer", "word"), [("ACCEPTED", "yes"), ("DECLINED", "no"), ("TENTATIVE", "maybe")])
def test_what_one_answered_stands_on_ones_own_pages(client: FlaskClient, answer: str, word: str) -> None:
    invite, address = invited()
    sign_in(client, db.session.get_one(Person, invite.person_id))
    for path in ("/en/me/sessions", "/en/me"):
        assert "You answered the invitation" not in page(client, path)
    invite.partstat = Partstat(answer)
    db.session.flush()
    mine = page(client, "/en/me/sessions")
    assert f"You answered the invitation: {word}" in mine
    assert address in mine, "with the way to change it"
    assert f"You answered the invitation: {word}" in page(client, "/en/me")


@pytest.mark.parametrize("sent", [{}, {"answer": "yes"}, {"answer": ""}, {"answer": "accepted declined"}])
def test_a_wrong_answer_changes_nothing(client: FlaskClient, sent: dict[str, str]) -> None:
    invite, address = invited()
    client.post(address, data=form_fields(page(client, address)) | sent)
    db.session.refresh(invite)
    assert invite.partstat is Partstat.NEEDS_ACTION


def test_a_guess_is_not_found(client: FlaskClient) -> None:
    for method in (client.get, client.post):
        assert method(f"/en/invites/{'a' * 52}").status_code == 404


def test_a_closed_invite_says_so_and_takes_no_answer(client: FlaskClient) -> None:
    invite, address = invited()
    sent = form_fields(page(client, address)) | {"answer": "accepted"}
    session = db.session.get_one(Session, db.session.get_one(CalendarEntry, invite.entry_id).session_id)
    session.publication = Publication.CANCELLED
    actions.follow_session(session)
    assert "This invitation is closed" in page(client, address)
    assert client.post(address, data=sent).status_code == 422
    db.session.refresh(invite)
    assert invite.partstat is Partstat.NEEDS_ACTION


def test_a_person_gone_discreet_reads_neutral_words(client: FlaskClient) -> None:
    invite, address = invited()
    invite.person = db.session.get_one(actions.Person, invite.person_id)
    invite.person.discreet = True
    db.session.flush()
    html = page(client, address)
    assert "Zweisprachigkeit" not in html
    assert "Meeting" in html


# --- The console --------------------------------------------------------------------------------------------------


def test_organisers_see_a_head_count_and_nobody_elses(client: FlaskClient) -> None:
    event, _ = make_dialogue()
    for partstat in (Partstat.ACCEPTED, Partstat.ACCEPTED, Partstat.DECLINED, Partstat.NEEDS_ACTION):
        registration = make_seated(event)
        actions.on_accredited(registration)
        db.session.scalars(select(Invite).where(Invite.person_id == registration.person_id)).one().partstat = partstat
    db.session.flush()
    address = f"/en/console/events/{event.slug}/calendar"
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    cells = "".join(page(client, address).split())
    assert '<tdclass="num">2</td><tdclass="num">1</td><tdclass="num">0</td><tdclass="num">1</td>' in cells
    sign_in(client, make_staff(Role.ORGANISER, event_id=make_event().id))
    assert client.get(address).status_code == 404
    sign_in(client, make_staff(Role.FUND_REVIEWER))
    assert client.get(address).status_code == 404
    sign_in(client, make_person())
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("role", [Role.RAPPORTEUR, Role.CHECK_IN, Role.ACCREDITATION_OFFICER, Role.HOST_PARTNER])
def test_exact_counts_of_answers_are_for_organisers_alone(client: FlaskClient, role: Role) -> None:
    event, _ = make_dialogue()
    actions.on_accredited(make_seated(event))
    console = f"/en/console/events/{event.slug}"
    sign_in(client, make_staff(role, event_id=event.id))
    assert client.get(f"{console}/calendar").status_code == 404
    assert "/calendar" not in client.get(console).text
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    assert client.get(f"{console}/calendar").status_code == 200
    assert f"{console}/calendar" in client.get(console).text


def test_the_head_count_costs_the_same_for_one_session_and_for_three(
    client: FlaskClient, statements: list[str]
) -> None:
    event = make_event()
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    counts = []
    for hours in ([9], [11, 15]):
        for hour in hours:
            make_entry(event, start=time(hour))
        statements.clear()
        page(client, f"/en/console/events/{event.slug}/calendar")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6


def test_pushing_an_update_is_for_editors_and_recorded(client: FlaskClient) -> None:
    event, session = make_dialogue()
    actions.on_accredited(make_seated(event))
    address = f"/en/console/events/{event.slug}/calendar"
    editor = sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    sent = form_fields(page(client, address))
    answer = client.post(f"{address}/{session.id}/push", data=sent)
    assert answer.status_code == 303
    assert db.session.scalar(select(func.count(InviteMail.id))) == 2
    record = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "calendar.pushed")).one()
    assert (record.actor_id, record.subject_id) == (editor.id, session.id)
    client.post(f"{address}/{session.id}/push", data=sent)
    assert db.session.scalar(select(func.count(InviteMail.id))) == 2
    fields = form_fields(page(client, address))
    assert client.post(f"{address}/{make_session(make_event()).id}/push", data=fields).status_code == 404
    sign_in(client, make_staff(Role.CHECK_IN, event_id=event.id))
    assert client.post(f"{address}/{session.id}/push", data={}).status_code == 404


# --- On other pages -----------------------------------------------------------------------------------------------


def test_event_and_session_pages_lead_into_calendars(client: FlaskClient) -> None:
    event = make_event()
    entry = make_entry(event, title={"en": "A & B"})
    html = page(client, f"/ar/events/{event.slug}")
    assert f"webcal://localhost/cal/f/{event.id}.ar.ics" in html
    assert f"/cal/session/{entry.session_id}.ar.ics" in html
    assert client.get(f"/cal/session/{entry.session_id}.ar.ics").status_code == 200
    session = page(client, f"/en/events/{event.slug}/sessions/{entry.session_id}")
    assert f"dates={entry.starts_at:%Y%m%dT%H%M%SZ}%2F{entry.ends_at:%Y%m%dT%H%M%SZ}" in session
    assert "text=A+%26+B" in session
    for host in ("calendar.google.com", "outlook.live.com", "calendar.yahoo.com"):
        assert host in session


def test_my_page_shows_what_comes_next(client: FlaskClient) -> None:
    session = make_session(make_event(), title={"en": "Next sitting"})
    sign_in(client, make_chooser(session))
    html = page(client, "/en/me")
    assert "Next sitting" in html
    assert MINE in html


def test_files_read_in_the_readers_language(client: FlaskClient) -> None:
    entry = make_entry(title={"en": "Opening", "ar": "الافتتاح"})
    answer = client.get(f"/cal/session/{entry.session_id}.ar.ics")
    assert icalendar.Calendar.from_ical(answer.data).events[0]["SUMMARY"] == "الافتتاح"
    assert now() < entry.starts_at

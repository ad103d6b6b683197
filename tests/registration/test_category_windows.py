"""Categories that open and close at their own instants: what the form, the start page, the guide, drafts, late ones,
changes and extensions make of them. Answers are never lost, and each refusal says at its field what can be done.
"""

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.registration import actions, deciding, letters, opening, queries, windows
from eventhub.registration.models import Registration, RegistrationSetup, State
from tests.factories.people import form_fields, grant, make_person, sign_in
from tests.factories.registration import FOR_CATEGORIES, intake, make_forum, register, take_category
from tests.programme.console import text_of

pytestmark = pytest.mark.usefixtures("database")

STATE, NGO, GROUP = "member_state", "ngo_ecosoc", "minority_representative"
DAY = timedelta(days=1)


def forum(**windows_of: timedelta) -> Event:
    """Registration closes in a week; States until ``states``, organizations in status until ``ngos``, from now."""
    event = make_forum(data=FOR_CATEGORIES)
    for code, name in ((STATE, "states"), (NGO, "ngos")):
        own = {"closes_at": now() + windows_of[name]} if name in windows_of else {}
        take_category(event, code, **own)
    return event


def setup_of(event: Event) -> RegistrationSetup:
    return db.session.get_one(RegistrationSetup, event.id, populate_existing=True)


def begun(event: Event, category: str, person: Person | None = None) -> tuple[Person, Registration]:
    person = person or make_person()
    found = actions.start_draft(person, person, intake(event, person))
    actions.save_page(person, found, {"category": category, "display_name": "Amina"})
    db.session.flush()
    assert found.registration is not None
    return person, found.registration


def chosen(event: Event, person: Person, category: str) -> None:
    actions.save_page(person, intake(event, person), {"category": category})


def choices(client: FlaskClient, event: Event) -> set[str]:
    page = client.get(f"/en/events/{event.slug}/register/p1").text
    return {code for code in (STATE, NGO, GROUP) if f'value="{code}"' in page}


def test_the_form_offers_what_is_open_now(client: FlaskClient) -> None:
    event = forum(states=2 * DAY, ngos=20 * DAY)
    take_category(event, GROUP, opens_at=now() + 3 * DAY)
    sign_in(client, make_person())
    assert choices(client, event) == {STATE, NGO}
    with time_machine.travel(now() + 5 * DAY, tick=False):
        sign_in(client, make_person())
        assert choices(client, event) == {NGO, GROUP}
    # The event's own deadline is over, not that of the organizations.
    with time_machine.travel(now() + 10 * DAY, tick=False):
        sign_in(client, make_person())
        assert choices(client, event) == {NGO}
        assert register(event, category=NGO, display_name="Amina").late is False
        with pytest.raises(actions.CategoryClosed):
            register(event, category=STATE, display_name="Amina")
    with time_machine.travel(now() + 21 * DAY, tick=False), pytest.raises(actions.Closed):
        register(event, category=NGO, display_name="Amina")


def test_a_draft_whose_category_closed_says_so_at_the_field_and_keeps_all(client: FlaskClient) -> None:
    event = forum(states=2 * DAY)
    person, mine = begun(event, STATE, sign_in(client, make_person()))
    with time_machine.travel(now() + 4 * DAY, tick=False):
        sign_in(client, person)
        page = client.get(f"/en/events/{event.slug}/register/p1")
        assert page.status_code == 200
        assert "Registration in the category “Member State” closed on" in text_of(page)
        assert "Choose another category if one fits" in text_of(page)
        fields = form_fields(page.text) | {"q_category": STATE}
        again = client.post(f"/en/events/{event.slug}/register/p1", data=fields)
        assert again.status_code == 422
        assert "Registration in the category “Member State” closed on" in text_of(again)
        check = client.get(f"/en/events/{event.slug}/register/check")
        assert "/register/p1#q_category" in check.text
        assert "A Member State" in check.text
        with pytest.raises(actions.CategoryClosed) as refused:
            actions.submit(person, intake(event, person))
        assert refused.value.field == "q_category"
        chosen(event, person, NGO)
        assert actions.submit(person, intake(event, person)).late is False
        assert mine.category == NGO


def test_grace_is_that_of_the_category(client: FlaskClient) -> None:
    event = forum(states=2 * DAY)
    in_time, _one = begun(event, STATE, sign_in(client, make_person()))
    with time_machine.travel(now() + 2 * DAY + timedelta(hours=3), tick=False):
        sign_in(client, in_time)
        assert "You began before it" in client.get(f"/en/events/{event.slug}/register").text
        too_late, _two = begun(event, NGO)
        chosen(event, too_late, STATE)
        with pytest.raises(actions.CategoryClosed):
            actions.submit(too_late, intake(event, too_late))
        assert actions.submit(in_time, intake(event, in_time)).late is True


def test_a_draft_begun_too_late_for_another_category_is_told_at_the_field(client: FlaskClient) -> None:
    event = forum(states=DAY)
    with time_machine.travel(now() + 3 * DAY, tick=False):
        begun(event, NGO, sign_in(client, make_person()))
        address = f"/en/events/{event.slug}/register/p1"
        sent = client.post(address, data=form_fields(client.get(address).text) | {"q_category": STATE})
        assert sent.status_code == 422
        assert "Registration in the category “Member State” closed on" in text_of(sent)


def test_nothing_is_a_dead_end_when_every_category_is_closed(client: FlaskClient) -> None:
    event = forum()
    person, _mine = begun(event, STATE, sign_in(client, make_person()))
    take_category(event, STATE, is_open=False)
    page = client.get(f"/en/events/{event.slug}/register/p1")
    assert "This event takes no registrations in the category “Member State” at the moment" in text_of(page)
    take_category(event, NGO, is_open=False)  # none is left: the form offers all again
    assert choices(client, event) == {STATE, NGO, GROUP}
    assert actions.submit(person, intake(event, person)).state is State.UNDER_REVIEW


def test_drafts_expire_with_their_category_and_wake_up_while_another_is_open() -> None:
    event = forum(states=2 * DAY, ngos=20 * DAY)
    (state, _a), (ngo, _b), (none, _c) = begun(event, STATE), begun(event, NGO), begun(event, STATE)
    actions.save_page(none, intake(event, none), {"category": None})
    states = lambda: [intake(event, one).registration.state for one in (state, ngo, none)]  # type: ignore[union-attr]  # noqa: E731
    with time_machine.travel(now() + 2 * DAY + timedelta(hours=23), tick=False):
        assert opening.expire_drafts(now()) == 0
    with time_machine.travel(now() + 4 * DAY, tick=False):
        assert opening.expire_drafts(now()) == 1
        assert states() == [State.EXPIRED, State.DRAFT, State.DRAFT]
        actions.start_draft(state, state, intake(event, state))
        db.session.flush()
        assert opening.expire_drafts(now()) == 0, "whoever goes on in time for another category is not shut out"
        chosen(event, state, NGO)
        actions.submit(state, intake(event, state))
    with time_machine.travel(now() + 22 * DAY, tick=False):
        assert opening.expire_drafts(now()) == 2


def test_an_extension_for_one_category_tells_those_of_it_once() -> None:
    event, staff = forum(states=2 * DAY), make_person()
    _state, of_states = begun(event, STATE)
    _ngo, of_ngos = begun(event, NGO)
    late = register(event, category=STATE, display_name="Late")
    deciding.decide(staff, [late], State.DECLINED, "late")
    first, later = now() + 2 * DAY, now() + 9 * DAY
    deadline = opening.extend_deadline(staff, event, setup_of(event), later, category=STATE)
    told = db.session.scalars(select(Promise).where(Promise.task == "registration.deadline_extended"))
    promised = {one.payload["registration_id"]: one.payload["deadline_id"] for one in told}
    assert promised == {str(of_states.id): str(deadline.id), str(late.id): str(deadline.id)}
    announced = [one.closes_at for one in queries.deadlines(event.id, STATE)]
    assert [abs(one - other) < timedelta(minutes=1) for one, other in zip(announced, (first, later), strict=True)]
    assert queries.deadlines(event.id) == []
    assert setup_of(event).last_closes_at == later
    for moment in (first, later, now() - DAY):
        with pytest.raises(opening.NotLater):
            opening.extend_deadline(staff, event, setup_of(event), moment, category=STATE)
    # Extending the event is news for those alone whose category follows it.
    opening.extend_deadline(staff, event, setup_of(event), now() + 12 * DAY)
    ids = [
        one.payload["registration_id"]
        for one in db.session.scalars(select(Promise).where(Promise.task == "registration.deadline_extended"))
    ]
    assert sorted(ids) == sorted([str(of_states.id), str(late.id), str(of_ngos.id)])


def test_the_letter_names_the_deadline_that_was_announced() -> None:
    event = forum(states=2 * DAY)
    _person, draft = begun(event, STATE)
    full, later = queries.with_person(draft.id), now() + 9 * DAY
    assert full is not None
    letter = letters.letter("deadline_extended", full, full.event, setup_of(event), person=full.person, until=later)
    assert letter is not None
    assert str(later.day) in str(letter.context["paragraphs"][0])


def test_changes_follow_the_category_of_the_person(client: FlaskClient) -> None:
    event, person = forum(states=2 * DAY, ngos=20 * DAY), make_person()
    state = register(event, sign_in(client, person), category=STATE, display_name="Amina")
    other = make_person()
    ngo = register(event, other, category=NGO, display_name="Li")
    with time_machine.travel(now() + 10 * DAY, tick=False):
        with pytest.raises(actions.Closed):
            actions.amend(person, intake(event, person), {"display_name": "Late"})
        sign_in(client, person)
        assert "Answers cannot be changed any more" in client.get(f"/en/me/registrations/{state.reference}").text
        actions.amend(other, intake(event, other), {"display_name": "Li Wei"})
        with pytest.raises(actions.CategoryClosed):
            actions.amend(other, intake(event, other), {"category": STATE})
        assert ngo.category == NGO


def test_pages_before_an_account_say_when(client: FlaskClient) -> None:
    event = forum(states=2 * DAY)
    take_category(event, GROUP, opens_at=now() + 3 * DAY)
    page = text_of(client.get(f"/en/events/{event.slug}"))
    assert "Deadlines by category" in page
    start = text_of(client.get(f"/en/events/{event.slug}/register"))
    assert "Deadlines by category" in start
    assert start.count("Until") >= 2
    assert "From" in start
    address = f"/en/events/{event.slug}/register/guide"
    said: dict[str, str] = {}
    answer = client.get(address)
    for name, value in (("whom", "community_group"), ("letterhead", "no"), ("witness", "nhri")):
        said[name] = value
        answer = client.post(address, data=form_fields(answer.text) | said)
    assert "Registration in the category “Representative of a minority” opens on" in text_of(answer) or (
        "opens on" in text_of(answer)
    )


def test_a_page_that_is_kept_changes_with_the_clock_of_a_category(client: FlaskClient) -> None:
    event = forum(states=2 * DAY)
    assert "Closed since" not in client.get(f"/en/events/{event.slug}").text
    with time_machine.travel(now() + 2 * DAY + timedelta(minutes=1), tick=False):
        assert "Closed since" in client.get(f"/en/events/{event.slug}").text


def test_settings_move_an_announced_deadline_by_extension_alone(client: FlaskClient) -> None:
    event, staff = forum(), make_person()
    grant(staff, Role.ORGANISER, event_id=event.id)
    sign_in(client, staff)
    address = f"/en/console/events/{event.slug}/registration-settings/categories/{STATE}"
    page = client.get(address)
    assert "Extend the deadline" in page.text
    later = (now() + 20 * DAY).strftime("%Y-%m-%dT%H:%M")
    refused = client.post(address, data=form_fields(page.text) | {"is_open": "y", "closes_at": later})
    assert refused.status_code == 422
    assert "can only be moved to a later time" in refused.text
    moved = client.post(f"{address}/deadline", data=form_fields(client.get(address).text) | {"until": later})
    assert moved.status_code == 303
    assert setup_of(event).last_closes_at is not None
    page = client.get(address)
    assert "<del>" in page.text
    wrong = client.post(f"{address}/deadline", data=form_fields(page.text) | {"until": "2026-01-01T10:00"})
    assert wrong.status_code == 422
    assert "can only be moved to a later time" in wrong.text


@pytest.mark.parametrize("day", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_a_day_that_nobody_means_is_refused_at_its_field(client: FlaskClient, day: str) -> None:
    event, staff = forum(), make_person()
    grant(staff, Role.ORGANISER, event_id=event.id)
    sign_in(client, staff)
    settings = f"/en/console/events/{event.slug}/registration-settings"
    fields = form_fields(client.get(f"{settings}/categories/{STATE}").text)
    for address, sent in (
        (f"{settings}/categories/{STATE}", {"is_open": "y", "opens_at": day}),
        (f"{settings}/categories/{STATE}/deadline", {"until": day}),
        (f"{settings}/mode?to=in_person", {"mode": "in_person", "version": "1", "until": day}),
    ):
        refused = client.post(address, data=fields | sent)
        assert refused.status_code == 422
        assert "Give a year from 2000 to 2100" in refused.text


def test_a_category_must_close_after_it_opens() -> None:
    event = forum()
    with pytest.raises(opening.ClosesTooEarly):
        take_category(event, GROUP, opens_at=now() + 2 * DAY, closes_at=now() + DAY)
    with pytest.raises(opening.ClosesTooEarly):  # after the event's own end
        take_category(event, GROUP, opens_at=now() + 8 * DAY)


def test_without_instants_of_its_own_nothing_is_different() -> None:
    event = forum()
    assert setup_of(event).first_opens_at is None
    found = intake(event, make_person())
    assert windows.standing(found.rules, found.setup, now() + 30 * DAY) == found.rules

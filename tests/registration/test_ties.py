"""What a registration says about the person beside its answers: a tie to an organization, and a name."""

import copy
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.papers.queries import bearers
from eventhub.people import actions as people
from eventhub.people.affiliations import STILL_NEAR, affiliate, forget_ended, represents
from eventhub.people.models import Affiliation, Organisation, Person, Role
from eventhub.people.queries import own_data
from eventhub.programme.models import Event
from eventhub.registration import actions, copies, deciding, desk, personal_data
from eventhub.registration.access import Sight
from eventhub.registration.models import Registration, State
from eventhub.registration.moves import OwnFile
from tests.factories.people import form_fields, make_organisation, make_person, make_staff, sign_in
from tests.factories.registration import ANSWERS, THREE_PAGES, intake, make_dialogue, make_forum, register

pytestmark = pytest.mark.usefixtures("database")
HORN = "Horn Voices Association"


def named(event: Event, name: str | None, person: Person | None = None) -> Registration:
    return register(event, person or make_person(), **(ANSWERS | {"organisation": {"name": name} if name else None}))


def amend(event: Event, person: Person, name: str | None) -> None:
    actions.amend(person, intake(event, person), {"organisation": {"name": name} if name else None})


def ties(person: Person) -> set[str]:
    rows = select(Organisation.name).join(Affiliation, Affiliation.organisation_id == Organisation.id)
    return set(db.session.scalars(rows.where(Affiliation.person_id == person.id, Affiliation.until.is_(None))))


def organisations() -> list[str]:
    return list(db.session.scalars(select(Organisation.name).order_by(Organisation.name)))


def test_nobody_decides_on_whom_they_represent_by_their_own_answer() -> None:
    """SAFETY.md property 7, from answers alone."""
    event, officer = make_forum(), make_person()
    colleague = named(event, "  HORN   voices association ")
    deciding.decide(officer, [colleague], State.WAITLISTED, "over_quota")
    named(make_forum(), HORN, officer)
    with pytest.raises(OwnFile):
        deciding.decide(officer, [colleague], State.ACCREDITED, "complete")
    named(make_forum(), "Another", officer)
    with pytest.raises(OwnFile):
        deciding.decide(officer, [colleague], State.ACCREDITED, "complete")


@pytest.mark.parametrize("changed", ["Another", None])
def test_an_amended_answer_frees_nobody_from_the_rule(changed: str | None) -> None:
    """SAFETY.md property 7 is not shed by a word: who represented an organization stays near to it for two years."""
    event, own, officer = make_forum(), make_forum(), make_person()
    colleague = named(event, HORN)
    named(own, HORN, officer)
    amend(own, officer, changed)
    assert ties(officer) == ({changed} if changed else set())
    with pytest.raises(OwnFile):
        deciding.decide(officer, [colleague], State.ACCREDITED, "complete")
    with time_machine.travel(now() + STILL_NEAR + timedelta(days=1), tick=False):
        assert deciding.decide(officer, [colleague], State.WAITLISTED, "over_quota") == 1


def test_an_ended_tie_stands_again_when_the_answer_comes_back() -> None:
    event, person = make_forum(), make_person()
    named(event, HORN, person)
    for name, standing in ((None, set()), (HORN, {HORN})):
        amend(event, person, name)
        assert ties(person) == standing
    assert db.session.query(Affiliation).one().until is None


def test_ties_that_no_longer_count_are_forgotten_with_their_organizations() -> None:
    event, person = make_forum(), make_person()
    named(event, HORN, person)
    amend(event, person, "Another")
    with time_machine.travel(now() + STILL_NEAR, tick=False):
        assert forget_ended() == set()
    with time_machine.travel(now() + STILL_NEAR + timedelta(days=1), tick=False):
        assert copies.let_go(forget_ended()) == 1
    assert (ties(person), organisations()) == ({"Another"}, ["Another"])


def test_the_preview_says_who_is_too_near(client: FlaskClient) -> None:
    """Not listed as decidable first and refused afterwards."""
    event = make_forum()
    officer = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
    named(make_forum(), HORN, officer)
    near, far = named(event, HORN.upper()), named(event, "Union of Shepherds")
    sign_in(client, officer)
    desk = f"/en/console/events/{event.slug}/registrations"
    fields = form_fields(client.get(desk).text)
    chosen = fields | {"outcome": "accredited", "id": [str(near.id), str(far.id)]}
    page = client.post(f"{desk}/preview", data=chosen).text
    assert f'name="id" value="{far.id}"' in page
    assert f'name="id" value="{near.id}"' not in page
    assert "From an organization that you represent" in page
    assert "a colleague decides" in client.get(f"{desk}/{near.id}").text
    assert "a colleague decides" not in client.get(f"{desk}/{far.id}").text


@pytest.mark.parametrize("first", [None, "H\u0336o\u0336r\u0336n Voices  ASSOCIATION", "horn voices association", HORN])
def test_what_nobody_confirmed_stands_in_each_ones_own_words(first: str | None) -> None:
    """Nobody learns from her own pages that another named it, nor reads how another writes it."""
    event, person = make_forum(), make_person()
    if first:
        named(event, first)
    one = named(event, HORN, person)
    assert db.session.get_one(Organisation, one.organisation_id).name == HORN
    copy_of_all = own_data(person)
    assert [row["name"] for row in copy_of_all["organizations"]] == [HORN]
    rows = desk.rows(event.id, desk.Filters(make_person().id, "all"), Sight.BADGES)
    assert {row.organisation for row in rows} == {HORN, first or HORN}
    deciding.decide(make_person(), [one], State.ACCREDITED, "complete")
    assert [bearer.organisation for bearer in bearers(event.id, {"reference": str(one.reference)})] == [HORN]


def test_a_draft_ties_to_nothing() -> None:
    event, person = make_forum(), make_person()
    draft = actions.start_draft(person, person, intake(event, person))
    actions.save_page(person, draft, {"organisation": {"name": HORN}})
    assert ties(person) == set()
    assert organisations() == []


def test_the_tie_follows_the_answer() -> None:
    event, person = make_forum(), make_person()
    one = named(event, HORN, person)
    assert ties(person) == {HORN}
    amend(event, person, HORN)
    assert ties(person) == {HORN}
    amend(event, person, "Union of Shepherds")
    assert ties(person) == {"Union of Shepherds"}
    amend(event, person, None)
    assert (ties(person), one.organisation_id) == (set(), None)
    assert organisations() == [HORN, "Union of Shepherds"]  # for those who ask who is too near


def test_what_another_registration_or_another_person_says_stays() -> None:
    first, second, person = make_forum(), make_forum(), make_person()
    named(first, HORN, person)
    named(second, HORN, person)
    amend(first, person, None)
    assert ties(person) == {HORN}
    other = make_person()
    named(first, HORN, other)
    amend(second, person, None)
    assert (ties(person), ties(other)) == (set(), {HORN})


def test_a_tie_that_says_more_was_not_made_by_the_answer() -> None:
    event, person, organisation = make_forum(), make_person(), make_organisation(name=HORN)
    db.session.add(Affiliation(person_id=person.id, organisation_id=organisation.id, role="Head", is_main=True))
    named(event, HORN, person)
    amend(event, person, None)
    assert ties(person) == {HORN}


@pytest.mark.parametrize("name", ["DÉFENSE DES MINORITÉS", "Defense  des minorites", "Défense des minorités"])
def test_one_organization_however_it_is_typed(name: str) -> None:
    known = make_organisation(name="Défense des minorités", confirmed_at=now())
    assert affiliate(make_person().id, name) == known.id


def test_a_confirmed_organization_is_preferred_and_namesakes_count_as_one() -> None:
    """Two States have a Ministry of Justice each: whoever is of one does not decide on the other's people."""
    make_organisation(name="Ministry of Justice")
    confirmed = make_organisation(name="Ministry of Justice", confirmed_at=now())
    namesake = make_organisation(name="Ministry of Justice", confirmed_at=now())
    person = make_person()
    assert affiliate(person.id, "ministry of justice") == confirmed.id
    assert represents(person.id, {namesake.id, make_organisation().id}) == {namesake.id}
    assert represents(make_person().id, {namesake.id}) == set()


def test_an_organization_that_only_an_erased_person_named_leaves_with_her() -> None:
    event, person, other = make_forum(), make_person(), make_person()
    confirmed = make_organisation(name="Known Union", confirmed_at=now())
    one = named(event, "Only Hers", person)
    named(make_forum(), "Shared", person)
    named(make_forum(), "Known Union", person)
    named(event, "Shared", other)
    people.erase(person, person)
    personal_data.erase(person)
    assert organisations() == ["Known Union", "Shared"]  # the other person's
    assert db.session.get(Organisation, confirmed.id) is not None
    assert (ties(other), one.organisation_id, one.legal_name) == ({"Shared"}, None, None)
    personal_data.erase(person)
    assert organisations() == ["Known Union", "Shared"]


def test_nothing_of_the_person_stays_with_a_shared_organization() -> None:
    named(make_forum(), "Shared", make_person())
    assert db.session.scalars(select(Organisation)).one().country is None


def test_a_sealed_organization_stands_nowhere_in_the_open() -> None:
    data = copy.deepcopy(THREE_PAGES)
    data["pages"][0]["questions"][2]["sealed"] = True
    person = make_person()
    named(make_forum(data=data), HORN, person)
    assert (ties(person), organisations()) == (set(), [])


# Names


def open_name(**changes: Any) -> dict[str, Any]:
    """A forum's questions whose name organisers may read, as the demo's ask."""
    data = copy.deepcopy(THREE_PAGES)
    data["pages"][1]["questions"][0] |= {"see": ["organiser", "desk"]} | changes
    return data


def test_a_profile_without_a_name_takes_the_one_of_the_registration(client: FlaskClient) -> None:
    person = make_person(name="")
    sign_in(client, person)
    assert "tell us your name" in client.get("/en/me").text
    register(make_forum(data=open_name()), person)
    assert person.name == "Amina Yusuf Warsame"
    assert "tell us your name" not in client.get("/en/me").text
    assert 'value="Amina Yusuf Warsame"' in client.get("/en/me/profile").text


def test_a_name_that_is_there_already_stays() -> None:
    person = make_person(name="Amina")
    register(make_forum(data=open_name()), person)
    assert person.name == "Amina"


def test_the_name_to_show_is_taken_where_there_is_no_other() -> None:
    person = make_person(name="")
    register(make_dialogue(), person, display_name="Falcon")
    assert person.public_name == "Falcon"


@pytest.mark.parametrize(
    ("given", "changes", "taken"),
    [
        ({"discreet": True}, {}, ""),
        ({"discreet": True, "alias": "A. Y."}, {}, "Amina Yusuf Warsame"),
        ({}, {"see": ["desk"]}, ""),
        ({"alias": "A. Y."}, {"see": ["desk"]}, "Amina Yusuf Warsame"),
        ({}, {"see": ["statistics"]}, ""),
        ({"alias": "A. Y."}, {"sealed": True}, ""),
    ],
)
def test_no_name_reaches_those_who_may_not_read_it(given: dict[str, Any], changes: dict[str, Any], taken: str) -> None:
    person = make_person(name="", **given)
    one = register(make_forum(data=open_name(**changes)), person)
    assert person.name == taken
    hidden = changes.get("sealed") or changes.get("see") == ["statistics"]
    assert one.legal_name == (None if hidden else "Amina Yusuf Warsame")


@pytest.mark.parametrize(
    ("role", "shown", "unknown"),
    [(Role.ACCREDITATION_OFFICER, "Amina Yusuf Warsame", "Profile"), (Role.ORGANISER, "A. Y.", "Warsame")],
)
def test_the_desk_shows_the_name_of_the_answer(client: FlaskClient, role: Role, shown: str, unknown: str) -> None:
    event = make_forum()
    one = register(event, make_person(name="Profile Name", alias="A. Y."))
    sign_in(client, make_staff(role, event_id=event.id))
    desk = f"/en/console/events/{event.slug}/registrations"
    for address in (desk, f"{desk}?q={shown.split()[0]}", f"{desk}?sort=name", f"{desk}/{one.id}"):
        page = client.get(address).text
        assert shown in page
        assert unknown not in page
    assert "Nothing fits" in client.get(f"{desk}?q=Warsame").text or role is Role.ACCREDITATION_OFFICER


def test_the_desk_has_a_name_where_the_profile_has_none(client: FlaskClient) -> None:
    event = make_dialogue()
    one = register(event, make_person(name="", discreet=True), display_name="Falcon")
    for role in (Role.ACCREDITATION_OFFICER, Role.ORGANISER):
        sign_in(client, make_staff(role, event_id=event.id))
        assert "Falcon" in client.get(f"/en/console/events/{event.slug}/registrations?chip=all").text
        assert (
            "<h1><bdi>Falcon</bdi></h1>" in client.get(f"/en/console/events/{event.slug}/registrations/{one.id}").text
        )


def test_an_amended_name_is_the_one_at_the_desk() -> None:
    event, person = make_forum(), make_person()
    one = register(event, person)
    actions.amend(person, intake(event, person), {"legal_name": "Amina Warsame"})
    assert one.legal_name == "Amina Warsame"


# Discreet without a public name


def test_discreet_without_a_public_name_is_asked_for_one(client: FlaskClient) -> None:
    event, person = make_forum(), make_person(name="Amina Warsame", discreet=True)
    sign_in(client, person)
    register_pages = [f"/en/events/{event.slug}/register", f"/en/events/{event.slug}/register/p1"]
    for address in register_pages:
        assert "/en/me#public-name" in client.get(address).text
    page = client.get("/en/me").text
    assert 'id="public-name"' in page
    fields = form_fields(page, "public-name")
    refused = client.post("/en/me/public-name", data=fields | {"alias": " "})
    assert refused.status_code == 422
    assert "Write the name that others may read" in refused.text
    answer = client.post("/en/me/public-name", data=fields | {"alias": "Falcon"})
    assert answer.location == "/en/me"
    db.session.refresh(person)
    assert (person.alias, person.public_name, person.name) == ("Falcon", "Falcon", "Amina Warsame")
    assert 'id="public-name"' not in client.get("/en/me").text
    for address in register_pages:
        assert "#public-name" not in client.get(address).text


def test_others_are_not_asked_for_a_public_name(client: FlaskClient) -> None:
    event = make_forum()
    for person in (make_person(), make_person(discreet=True, alias="Falcon")):
        sign_in(client, person)
        assert 'id="public-name"' not in client.get("/en/me").text
        assert "#public-name" not in client.get(f"/en/events/{event.slug}/register").text


def test_a_code_for_the_badge_desk_only_where_there_is_one(client: FlaskClient) -> None:
    person = make_person()
    sign_in(client, person)
    for event, has_desk in ((make_forum(), True), (make_dialogue(), False)):
        one = register(event, person)
        for address in (f"/en/events/{event.slug}/register/done", f"/en/me/registrations/{one.reference}"):
            page = client.get(address).text
            assert str(one.reference) in page
            assert ("for the badge desk" in page) is has_desk

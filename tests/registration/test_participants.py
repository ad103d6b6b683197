"""The public list of participants: who stands on it, what it says of them, and that nobody stays who left."""

import gzip
import random
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import insert

from eventhub.kit import codes
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.pages import PageStore
from eventhub.papers.queries import bearers
from eventhub.people import actions as people
from eventhub.people.models import Channel, Consent, Organisation, Person
from eventhub.programme.models import Event, Publication
from eventhub.registration import actions, deciding, opening, participants
from eventhub.registration.models import Registration, RegistrationSetup, State
from eventhub.registration.moves import move, move_all
from tests.factories.people import form_fields, make_organisation, make_person, make_staff, sign_in
from tests.factories.registration import ANSWERS, intake, listed, make_forum, make_registration, register
from tests.programme.console import fields_of

pytestmark = pytest.mark.usefixtures("database")
MARKER = "Zhenevieve"


@pytest.fixture
def event() -> Event:
    """A forum whose list is public."""
    return make_forum(public_list=True)


def address(event: Event, more: str = "") -> str:
    """Where the list stands."""
    return f"/en/events/{event.slug}/participants{more}"


def marked(event: Event, **given: object) -> Registration:
    """Somebody on the list who can be found in any text."""
    return listed(event, make_person(name=f"{MARKER} Moreau"), **given)


def person_of(registration: Registration) -> Person:
    """Whose registration it is."""
    return db.session.get_one(Person, registration.person_id)


def main_of(page: str) -> str:
    """What the page itself says."""
    return page.partition("<main")[2].partition("<aside")[0]


# Who stands on it


def test_there_is_no_list_unless_organizers_want_it(client: FlaskClient) -> None:
    event = make_forum()
    marked(event)
    assert client.get(address(event)).status_code == 404
    assert "/participants" not in client.get(f"/en/events/{event.slug}").text


@pytest.mark.parametrize("publication", [Publication.DRAFT, Publication.CANCELLED])
def test_there_is_none_of_an_event_that_does_not_take_place(client: FlaskClient, publication: Publication) -> None:
    event = make_forum(public_list=True)
    marked(event)
    event.publication = publication
    db.session.flush()
    assert client.get(address(event)).status_code == 404


def test_it_says_four_things_and_nothing_else(client: FlaskClient, event: Event) -> None:
    person = make_person(
        name="Legal Moreau", alias=f"{MARKER} M.", email="moreau@example.org", nationality="FR", residence="BE"
    )
    organisation = make_organisation(name="Horn Voices", country="SO")
    listed(
        event,
        person,
        organisation_id=organisation.id,
        represents="KE",
        country="FR",
        category="ngo_ecosoc",
        legal_name="Legal Moreau",
        display_name="Shown Moreau",
    )
    page = main_of(client.get(address(event)).text)
    for said in (f"<bdi>{MARKER} M.</bdi>", "<bdi>Horn Voices</bdi>", "<bdi>Kenya</bdi>"):
        assert said in page
    for kept in ("Legal", "Shown", "moreau@", "France", "Belgium", "Somalia", str(person.id), "EH-"):
        assert kept not in page


def test_a_country_is_named_only_where_somebody_speaks_for_it(client: FlaskClient, event: Event) -> None:
    marked(event, country="FR")
    assert "France" not in main_of(client.get(address(event)).text)


def test_the_answers_say_which_country_somebody_speaks_for() -> None:
    asked = {
        "pages": [
            {
                "id": "p1",
                "title": "One",
                "questions": [
                    {"id": "q1", "key": "nationality", "kind": "country", "label": "N", "variant": "nationality"},
                    {"id": "q2", "key": "country_represented", "kind": "country", "label": "R"},
                ],
            }
        ]
    }
    event = make_forum(data=asked)
    both = register(event, nationality="SO", country_represented="KE")
    one = register(event, nationality="SO")
    assert (both.country, both.represents) == ("KE", "KE")
    assert (one.country, one.represents) == ("SO", None)


LEFT_OUT: dict[str, Callable[[Event], object]] = {
    "without consent": lambda event: make_registration(event, _person(), state=State.ACCREDITED),
    "not decided": lambda event: listed(event, _person(), state=State.UNDER_REVIEW),
    "offered": lambda event: listed(event, _person(), state=State.OFFERED),
    "did not come": lambda event: listed(event, _person(), state=State.NO_SHOW),
    "revoked": lambda event: listed(event, _person(), state=State.REVOKED),
    "discreet": lambda event: listed(event, _person(discreet=True, alias=f"{MARKER} Alias")),
    "erased": lambda event: listed(event, _person(erased_at=now())),
    "works there": lambda event: listed(event, _person(), category="security_staff"),
    "elsewhere": lambda _event: listed(make_forum(public_list=True), _person()),
    "consent for another event": lambda event: _elsewhere(event),
    "took it back": lambda event: _took_back(event),
}


def _person(**given: object) -> Person:
    return make_person(**({"name": f"{MARKER} Moreau"} | given))


def _elsewhere(event: Event) -> None:
    person = _person()
    listed(make_forum(), person)
    make_registration(event, person, state=State.ACCREDITED)


def _took_back(event: Event) -> None:
    registration = listed(event, _person())
    with time_machine.travel(now() + timedelta(seconds=1), tick=False):
        people.set_consents(person_of(registration), {Channel.LIST_OF_PARTICIPANTS: False})


@pytest.mark.parametrize("who", LEFT_OUT)
def test_nobody_else_stands_on_it(client: FlaskClient, event: Event, who: str) -> None:
    """Neither on the page nor on the paper: one rule says it."""
    LEFT_OUT[who](event)
    db.session.flush()
    page = client.get(address(event)).text
    assert MARKER not in page
    assert "Nobody is named here yet" in page
    assert bearers(event.id, {}, listed=True) == []
    assert "/participants" not in client.get(f"/en/events/{event.slug}").text


@pytest.mark.parametrize("state", [State.ACCREDITED, State.BADGE_ISSUED, State.ATTENDED])
def test_who_takes_part_and_agreed_stands_on_page_and_paper(client: FlaskClient, event: Event, state: State) -> None:
    registration = marked(event, state=state)
    assert MARKER in client.get(address(event)).text
    assert [one.registration_id for one in bearers(event.id, {}, listed=True)] == [registration.id]
    assert address(event) in client.get(f"/en/events/{event.slug}").text


def test_a_yes_for_all_events_counts_too(client: FlaskClient, event: Event) -> None:
    person = _person()
    make_registration(event, person, state=State.ACCREDITED)
    people.set_consents(person, {Channel.LIST_OF_PARTICIPANTS: True})
    assert MARKER in client.get(address(event)).text


# Leaving it


def tour(client: FlaskClient, event: Event) -> dict[str, str]:
    """Every public page, feed and file that may name somebody, in two languages, and what each one's ETag is."""
    found = {}
    for lang in ("en", "ar"):
        base = f"/{lang}/events/{event.slug}"
        pages = [f"/{lang}/", base, f"{base}/documents", f"/{lang}/search?q=Moreau", f"/{lang}/forums"]
        lists = ["", "?category=ngo_no_ecosoc", "?country=KE", "?page=2", "?category=ngo_no_ecosoc&country=KE"]
        pages += [f"{base}/participants{more}" for more in lists]
        found |= dict.fromkeys(pages, "")
    found |= dict.fromkeys(("/sitemap.xml", "/open-data/events.json", "/open-data/events.csv"), "")
    return found


def passer_by(client: FlaskClient, path: str, etag: str = "") -> tuple[int, bytes, bytes, str]:
    """Somebody without a session, whose browser takes gzip: status, the page, its bytes as sent, and the ETag."""
    app = client.application
    headers = {"Accept-Encoding": "gzip"} | ({"If-None-Match": etag} if etag else {})
    with app.app_context():
        answer = FlaskClient(app, app.response_class, use_cookies=False).get(path, headers=headers)
    db.session.expire_all()
    page = gzip.decompress(answer.data) if answer.data and "Content-Encoding" in answer.headers else answer.data
    return answer.status_code, page, answer.data, answer.headers.get("ETag", "")


def look(client: FlaskClient, known: dict[str, str]) -> dict[str, tuple[int, bool]]:
    """Ask for all of them, with the ETags one knows; the status, and whether the marker is there. Notes new ETags."""
    seen = {}
    for path, etag in known.items():
        status, page, _sent, known[path] = passer_by(client, path, etag)
        seen[path] = status, MARKER.encode() in page
    return seen


def _by_consent(client: FlaskClient, registration: Registration) -> None:
    people.set_consents(person_of(registration), {Channel.LIST_OF_PARTICIPANTS: False})


def _by_hiding(client: FlaskClient, registration: Registration) -> None:
    sign_in(client, person_of(registration))
    fields = form_fields(client.get("/en/me").text, "/me/hide")
    assert client.post("/en/me/hide", data=fields).location == "/en/me/hide"


def _by_going_discreet(client: FlaskClient, registration: Registration) -> None:
    people.set_discreet(person_of(registration), True)


def _by_withdrawing(client: FlaskClient, registration: Registration) -> None:
    event = db.session.get_one(Event, registration.event_id)
    actions.withdraw(person_of(registration), intake(event, person_of(registration)))


def _by_revocation(client: FlaskClient, registration: Registration) -> None:
    move(registration, State.REVOKED, actor=None)


def _in_one_go(client: FlaskClient, registration: Registration) -> None:
    move_all([registration], State.NO_SHOW, actor=None, has_seat=True)


def _by_erasure(client: FlaskClient, registration: Registration) -> None:
    people.erase(None, person_of(registration))


def _by_another_name(client: FlaskClient, registration: Registration) -> None:
    people.choose_alias(person_of(registration), "Blue Heron")


def _by_the_organizers(client: FlaskClient, registration: Registration) -> None:
    event, setup = (db.session.get_one(kind, registration.event_id) for kind in (Event, RegistrationSetup))
    opening.set_up(make_staff(), event, setup=setup, public_list=False)


STILL_THERE = (_by_another_name, _by_the_organizers)
"""Ways after which the paper of the desk still names the person, by what is the public name now."""
WAYS = (
    _by_consent,
    _by_hiding,
    _by_going_discreet,
    _by_withdrawing,
    _by_revocation,
    _in_one_go,
    _by_erasure,
    _by_another_name,
    _by_the_organizers,
)


@pytest.mark.parametrize("leave", WAYS, ids=lambda way: way.__name__[1:])
def test_who_leaves_is_on_no_page_any_more(
    client: FlaskClient, event: Event, leave: Callable[[FlaskClient, Registration], None]
) -> None:
    """At once, in fresh and in conditional answers: who kept a page gets another one, never a 304."""
    registration = marked(event, represents="KE")
    listed(event, make_person(name="Somebody Else"), represents="KE")
    listed(event, make_person(name="Third"), represents="SO", category="member_state")
    known = tour(client, event)
    before = look(client, known)
    named = {path for path, (_status, there) in before.items() if there}
    assert named == {path for path in known if "/participants" in path}
    assert all(status == 304 for path, (status, _there) in look(client, dict(known)).items() if path in named)
    leave(client, registration)
    db.session.flush()
    after = look(client, known)
    assert {path for path, (_status, there) in after.items() if there} == set()
    assert {after[path][0] for path in named} <= {200, 404}, "a page that was kept is not true any more"
    fresh = look(client, dict.fromkeys(known, ""))
    assert {path for path, (_status, there) in fresh.items() if there} == set()
    on_paper = {one.public_name for one in bearers(event.id, {}, listed=True)}
    assert (person_of(registration).public_name in on_paper) == (leave in STILL_THERE)
    assert MARKER not in str(on_paper) or leave is _by_the_organizers


def test_words_that_are_changed_later_take_the_place_of_the_old_ones(client: FlaskClient, event: Event) -> None:
    person = make_person(alias="Blue Heron")
    registration = register(event, person, **(ANSWERS | {"organisation": {"name": f"{MARKER} Union"}}))
    move(registration, State.ACCREDITED, actor=None)
    db.session.flush()
    assert MARKER in client.get(address(event)).text
    actions.amend(person, intake(event, person), {"organisation": {"name": "Another Union"}})
    db.session.flush()
    page = client.get(address(event)).text
    assert MARKER not in page
    assert "Another Union" in page


def test_who_is_accredited_comes_on_it_within_minutes(client: FlaskClient, event: Event) -> None:
    listed(event, make_person(name="Somebody Else"))
    assert MARKER not in client.get(address(event)).text
    marked(event)
    with time_machine.travel(now() + participants.FRESH, tick=False):
        assert MARKER in client.get(address(event)).text


# The page


def test_it_is_public_and_not_for_search_engines(client: FlaskClient, event: Event) -> None:
    marked(event)
    answer = client.get(address(event))
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in answer.headers
    assert '<meta name="robots" content="noindex, noarchive, nosnippet">' in answer.text
    assert "/participants" not in client.get("/sitemap.xml").text


def test_filters_and_pages(client: FlaskClient, event: Event) -> None:
    for number in range(103):
        listed(event, make_person(name=f"Name {number:03d}"), category="ngo_ecosoc", represents="KE")
    listed(event, make_person(name="Ambassador"), category="member_state", represents="PE")
    first, second = (main_of(client.get(address(event, more)).text) for more in ("", "?page=2"))
    assert (first.count("<li><strong>"), second.count("<li><strong>")) == (100, 4)
    assert first.index("Ambassador") < first.index("Name 000")
    assert "Name 102" in second
    state = main_of(client.get(address(event, "?category=member_state")).text)
    assert state.count("<li><strong>") == 1
    assert main_of(client.get(address(event, "?country=PE")).text).count("<li><strong>") == 1
    assert "Nobody on the list fits" in client.get(address(event, "?category=ngo_ecosoc&country=PE")).text
    assert main_of(client.get(address(event, "?page=199")).text) == second


def test_what_means_the_same_is_built_and_kept_once(client: FlaskClient, event: Event) -> None:
    """However many addresses can be written: each that is no page of its own leads to the one that is."""
    listed(event, make_person(name="Grace"), category="ngo_ecosoc", represents="KE")
    for more, meant in {
        "?page=-1&category=<b>": "",
        "?page=1": "",
        "?x=1": "",
        "?category=&country=KE": "?country=KE",
        "?country=KE&category=ngo_ecosoc": "?category=ngo_ecosoc&country=KE",
        "?page=99999&country=KE": "?country=KE&page=200",
    }.items():
        answer = client.get(address(event, more))
        assert (answer.status_code, answer.location) == (302, address(event, meant)), more
        assert client.get(answer.location).status_code == 200


def test_five_thousand_people(client: FlaskClient, event: Event, statements: list[str]) -> None:
    """As many statements as for one, and with a hundred names that nobody else has light enough for a slow phone."""
    counts = []
    for number in (1, 5_000):
        _crowd(event, number)
        client.application.extensions["eventhub.pages"] = PageStore()
        db.session.expire_all()
        statements.clear()
        _status, page, sent, _etag = passer_by(client, address(event))
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6
    assert b"of 5001" in page
    assets = client.application.extensions["eventhub.assets"]
    with_it = sum(len(gzip.compress(assets_file(client, assets.address(name)))) for name in ("site.css", "favicon.svg"))
    assert len(sent) + with_it + HEADERS < 30_000


HEADERS = 2_500
"""Bytes of the headers of three answers, at the most."""


def assets_file(client: FlaskClient, address: str) -> bytes:
    """A file that the page needs."""
    return passer_by(client, address)[1]


def _crowd(event: Event, number: int) -> None:
    """People with names of their own, of as many organizations, from two hundred countries."""
    letters = random.Random(number)
    key = make_person().seal_key_id
    countries = [code for code, _name in codes.countries("en")]

    def word(long: int) -> str:
        return "".join(letters.choices("abcdefghiklmnoprstuvy", k=long)).capitalize()

    people = [{"id": uuid.uuid4(), "name": f"{word(7)} {word(9)}", "seal_key_id": key} for _ in range(number)]
    unions = [
        {"id": uuid.uuid4(), "name": f"{word(8)} {word(6)} {word(9)}", "kind": "ngo", "name_key": word(9)}
        for _ in range(number)
    ]
    db.session.execute(insert(Person), people)
    db.session.execute(insert(Organisation), unions)
    agreed = {"channel": Channel.LIST_OF_PARTICIPANTS, "event_id": None, "given": True}
    db.session.execute(insert(Consent), [agreed | {"person_id": one["id"]} for one in people])
    db.session.execute(
        insert(Registration),
        [
            {
                "event_id": event.id,
                "person_id": one["id"],
                "state": State.ACCREDITED,
                "reference": f"EH-{one['id']}",
                "category": "ngo_no_ecosoc",
                "represents": letters.choice(countries),
                "organisation_id": union["id"],
            }
            for one, union in zip(people, unions, strict=True)
        ],
    )


def test_organizers_switch_it_on_and_off(client: FlaskClient) -> None:
    event = make_forum()
    sign_in(client, make_staff(event_id=event.id))
    settings = f"/en/console/events/{event.slug}/registration-settings"
    for on in (True, False):
        form = fields_of(client.get(settings), action=settings)
        assert ("public_list" in form) != on
        form.pop("public_list", None)
        assert client.post(settings, data=form | ({"public_list": "y"} if on else {})).status_code == 303
        if on:
            marked(event)
        assert passer_by(client, address(event))[0] == (200 if on else 404)
        assert (MARKER.encode() in passer_by(client, address(event))[1]) == on


def test_a_list_becomes_public_only_before_anybody_agreed_to_another_one(client: FlaskClient) -> None:
    """Consent is to what was said when it was asked for."""
    event = make_forum(public_list=False)
    found = db.session.get_one(RegistrationSetup, event.id)
    staff, person = make_person(), make_person()
    page = f"/en/events/{event.slug}/register/p3"
    sign_in(client, person)
    told = "anybody on the internet can read your name"
    assert told not in client.get(page).text
    opening.set_up(staff, event, setup=found, public_list=True)
    assert told in client.get(page).text
    opening.set_up(staff, event, setup=found, public_list=False)
    people.set_consents(person, {Channel.LIST_OF_PARTICIPANTS: True}, event_id=event.id)
    with pytest.raises(participants.AgreedToLess):
        opening.set_up(staff, event, setup=found, public_list=True)


# When a yes shows


def test_a_yes_says_how_long_it_takes(client: FlaskClient, event: Event) -> None:
    """Wherever she says it, and where it is confirmed: the list is made anew every few minutes."""
    assert timedelta(minutes=5) == participants.FRESH  # what the words say
    person = sign_in(client, make_person())
    sent = register(event, person, **(ANSWERS | {"list_of_participants": False}))
    deciding.decide(make_staff(), [sent], State.ACCREDITED, "complete")
    db.session.flush()
    here = f"/en/me/registrations/{sent.reference}"
    page = client.get(f"{here}/answers/p3").text
    assert "it takes up to five minutes until your name is there" in page
    yes = form_fields(page) | {"q_list_of_participants": "y"}
    soon = "it takes up to five minutes until your name is on the public list"
    assert soon in client.post(f"{here}/answers/p3", data=yes, follow_redirects=True).text
    assert soon in client.get(f"/en/events/{event.slug}/register/done").text
    people.set_discreet(person, True)
    db.session.flush()
    assert soon not in client.get(f"/en/events/{event.slug}/register/done").text
    people.set_discreet(person, False)
    db.session.flush()
    no = form_fields(client.get(f"{here}/answers/p3").text)
    assert soon not in client.post(f"{here}/answers/p3", data=no, follow_redirects=True).text
    assert soon not in client.get(f"/en/events/{event.slug}/register/done").text


def test_nobody_waits_for_a_list_that_is_not_public(client: FlaskClient) -> None:
    event = make_forum()
    sent = register(event, sign_in(client, make_person()), **(ANSWERS | {"list_of_participants": True}))
    deciding.decide(make_staff(), [sent], State.ACCREDITED, "complete")
    db.session.flush()
    assert "five minutes" not in client.get(f"/en/me/registrations/{sent.reference}/answers/p3").text
    assert "five minutes" not in client.get(f"/en/events/{event.slug}/register/done").text


def test_ones_own_page_of_consents_says_it_too(client: FlaskClient) -> None:
    sign_in(client, make_person())
    page = client.get("/en/me/consents").text
    assert "After a yes it takes up to five minutes until your name is there" in page
    soon = "it takes up to five minutes until your name is on it"
    answers = dict.fromkeys((channel.value for channel in Channel), "no")
    for said, told in (("yes", True), ("yes", False), ("no", False)):
        fields = form_fields(client.get("/en/me/consents").text) | answers | {"list_of_participants": said}
        shown = client.post("/en/me/consents", data=fields, follow_redirects=True).text
        assert "Your consents are saved." in shown
        assert (soon in shown) is told

"""Two worlds that differ in one hidden fact are the same to everybody who may not know it (SAFETY.md property 2).

Every page of the table of routes with lists, searches, counts, exports, feeds and open data, the desk also of another
event: byte for byte but for fresh tokens, and with as many SQL statements.
"""

import io
import re
import secrets
import uuid
import zipfile
from collections.abc import Callable, Iterator
from datetime import time
from typing import Any

import pytest
import time_machine
from sqlalchemy import update

from eventhub.arrangements import actions as arrangements
from eventhub.arrangements import ordering
from eventhub.arrangements.models import Kind, Status
from eventhub.arrangements.wishes import Wish
from eventhub.commitments import queries as commitments
from eventhub.funding.models import Application, Call
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.files import StoredFile
from eventhub.people.affiliations import affiliate
from eventhub.people.models import Affiliation, Person, Role
from eventhub.programme.models import Event, Publication, Series
from eventhub.registration import duplicates
from eventhub.registration.models import Registration, State
from eventhub.registration.pair_models import RegistrationPair
from eventhub.reviewing.models import Gate, Review
from tests.factories import reviewing as reads
from tests.factories.evidence import make_comment, make_evidence, make_voice
from tests.factories.people import grant, make_organisation, make_person
from tests.factories.programme import add_panellist, make_document, make_event, make_session
from tests.factories.questionnaires import make_questionnaire
from tests.factories.registration import ANSWERS, intake, listed, make_prepared, make_registration
from tests.house.routes import ONLY_IN_THE_DEMO, ROUTES
from tests.house.world import World

pytestmark = pytest.mark.together
SECRET = "Zhenevieve"
"""A word that stands in every hidden fact, and is searched for."""

DESK = "/en/console/events/{event}/registrations"
SEARCHES = (
    f"/en/search?q={SECRET}",
    f"/fr/search?q={SECRET}",
    "/en/search?q=session&page=2",
    f"/en/console/events?q={SECRET}",
    "/en/console/events?sort=changed",
    "/en/console/events?state=draft",
    f"{DESK}?chip=all&q={SECRET}",
    f"{DESK}?chip=all&sort=name",
    f"{DESK}?chip=all&sort=country",
    f"{DESK}?country=KE&size=100",
)
EXPORT = f"{DESK}/export?chip=all"


@pytest.fixture(scope="module", autouse=True)
def one_moment() -> Iterator[None]:
    """Both worlds are looked at in the same minute: the clock stands, so that pages that tell the time are equal."""
    with time_machine.travel(now(), tick=False):
        yield


@pytest.fixture(autouse=True)
def nobody_there(world: World) -> None:
    """No colleague has a file open from a test before: the desk may know of that, and the clock stands."""
    store = world.app.extensions["eventhub.redis"]
    for key in store.scan_iter("present:*"):
        store.delete(key)


TOKENS = re.compile(r'<input[^>]*name="(?:csrf_token|form_key|drawn|window)"[^>]*>')
LEFT_OUT = {"probes.healthz", "probes.readyz", "probes.metrics", "asset"}
OF_THE_OWNER = {
    *("awards.answer", "calendars.personal_feed", "calendars.reply", "people.agree_to_email_change"),
    *("funding.vouch", "registration.offer"),
}
"""Addresses that are a secret of the person the facts are about: whoever holds one is that person, or is asked by her
to vouch for her and so has been told.
"""
Seen = dict[str, tuple[int, str, str, int]]


def pages(world: World) -> list[str]:
    """Every address that can be opened."""
    found = []
    for route in ROUTES:
        if "GET" in route.methods and route.endpoint not in LEFT_OUT | OF_THE_OWNER and route not in ONLY_IN_THE_DEMO:
            found.append(route.address.format(**world.mine))
    for address in SEARCHES:
        found += [address.format(**world.mine), address.format(**world.foreign)]
    return list(dict.fromkeys(found))


def everything(world: World, role: str, addresses: list[str] | None = None) -> Seen:
    """All that a role can fetch, or what is at these addresses, and exports: status, headers, bytes without tokens,
    SQL."""
    seen: Seen = {}
    for address in pages(world) if addresses is None else addresses:
        seen[address] = _told(world.ask(role, "GET", address))
    for words in (world.mine, world.foreign):
        address = EXPORT.format(**words)
        with world.connection.begin_nested() as undone:
            seen[f"POST {address}"] = _told(world.ask(role, "POST", address, {"reason": "Look", "kind": "csv"}))
            undone.rollback()
    return seen


def _text(body: bytes) -> str:
    """What a reply holds; of a workbook everything but the second in which it was written."""
    if not body.startswith(b"PK"):
        return body.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        return "\n".join(f"{name}: {book.read(name)!r}" for name in book.namelist() if name != "docProps/core.xml")


def _told(answer: Any) -> tuple[int, str, str, int]:
    body = TOKENS.sub("", _text(answer.response.get_data()))
    headers = "\n".join(f"{name}: {value}" for name, value in answer.response.headers if name != "Set-Cookie")
    return answer.status, re.sub(r"Content-Length.*", "", headers), body, answer.statements


@pytest.fixture(scope="module")
def known(world: World) -> Callable[[str], Seen]:
    """What a role sees in the first world; fetched once."""
    found: dict[str, Seen] = {}
    for role in ("admin", "owner", "officer"):  # what a process reads once is read now
        with world.moment():
            everything(world, role)

    def of(role: str) -> Seen:
        if role not in found:
            with world.moment():
                found[role] = everything(world, role)
        return found[role]

    return of


def _event(world: World) -> Event:
    return db.session.query(Event).filter_by(slug=world.mine["event"]).one()


def _somebody(**given: object) -> Person:
    return make_person(name=f"{SECRET} Legal", email=f"{SECRET.lower()}-{secrets.token_hex(3)}@example.org", **given)


def registered(world: World) -> None:
    """Somebody registered for the event."""
    organisation = make_organisation(name=f"{SECRET} Union")
    make_registration(_event(world), _somebody(), organisation_id=organisation.id)


def unnamed(world: World) -> None:
    """People take part whom no list names: one who did not agree, one who agreed and went discreet since."""
    event, organisation = _event(world), make_organisation(name=f"{SECRET} League")
    make_registration(event, _somebody(), state=State.ACCREDITED, organisation_id=organisation.id, represents="PE")
    discreet = make_person(name=f"{SECRET} Public", discreet=True)
    listed(event, discreet, organisation_id=organisation.id, represents="PE", category="member_state")


def drafted(world: World) -> None:
    """A draft event, and drafts in a public one."""
    series = db.session.query(Series).filter_by(slug=world.mine["series"]).one()
    title = {"en": f"{SECRET} talks", "fr": f"{SECRET} parle"}
    make_session(make_event(series, publication=Publication.DRAFT, title=title), title=title)
    session = make_session(_event(world), start=time(17), publication=Publication.DRAFT, title=title)
    add_panellist(session, SECRET)
    make_document(_event(world), publication=Publication.DRAFT, title=title)


def hidden_away(world: World) -> None:
    """A participant takes an alias and switches discreet mode on."""
    owner = db.session.get_one(Person, world.persons["owner"])
    owner.alias, owner.discreet = f"{SECRET} Public", True


def renamed(world: World) -> None:
    """The legal name behind an alias."""
    owner = db.session.get_one(Person, world.persons["owner"])
    owner.name, owner.name_latin = f"{SECRET} Legal", f"{SECRET} Latin"
    # Not by way of the model: its version stands on pages of the desk.
    names = {"legal_name": f"{SECRET} Legal"}
    db.session.execute(update(Registration).where(Registration.person_id == owner.id).values(**names))


def appointed(world: World) -> None:
    """Somebody holds a role for the event."""
    grant(_somebody(), Role.RAPPORTEUR, event_id=_event(world).id)


def asked(world: World) -> None:
    """A questionnaire of the event is being written."""
    make_questionnaire(name=f"{SECRET} form", scope_id=_event(world).id)


def declined(world: World) -> None:
    """A decision on somebody's registration."""
    row = db.session.query(Registration).filter_by(reference=world.mine["reference"]).one()
    row.reason, row.category = "late", "member_state"


def prepared(world: World) -> None:
    """A decision on somebody's registration that nobody has released."""
    row = db.session.query(Registration).filter_by(reference=world.mine["reference"]).one()
    make_prepared(row, State.DECLINED, "other", text=f"{SECRET} stays at home")


def alike(world: World) -> None:
    """Somebody's registration looks like another one, and the desk said that they are two people."""
    row = db.session.query(Registration).filter_by(reference=world.mine["reference"]).one()
    first, second = sorted((row.id, uuid.UUID(world.mine["ready"])))
    pair = RegistrationPair(
        id=uuid.uuid4(), event_id=row.event_id, first_id=first, second_id=second, score=3, reasons=["name"]
    )
    db.session.add(pair)
    db.session.flush()
    officer = _somebody()
    duplicates.hold_apart(officer, duplicates.pair_of(row.event_id, pair.id, officer.id), f"{SECRET} has a cousin")


def needed(world: World) -> None:
    """What somebody needs to take part, and that it was answered."""
    row = db.session.query(Registration).filter_by(reference=world.mine["reference"]).one()
    person = db.session.get_one(Person, row.person_id)
    wish = Wish(Kind.OTHER, words=f"{SECRET} needs a quiet room")
    need = arrangements.ask(person, intake(_event(world), person), wish, None)
    ordering.move_needs(_somebody(), _event(world), [need.id], Status.CONFIRMED, seen={need.id: need.version})


def handed_in(world: World) -> None:
    """Another letter, and another copy of the document."""
    row = db.session.query(Registration).filter_by(reference=world.mine["reference"]).one()
    papers = db.session.query(StoredFile).filter_by(owner_id=row.person_id)
    for file in papers:
        file.name, file.size = f"{SECRET}.pdf", file.size + 5000


def reviewed(world: World) -> None:
    """Another reader handed in a review of a file, and reads one more."""
    review = db.session.get_one(Review, uuid.UUID(world.mine["review"]))
    call, file = db.session.get_one(Call, review.call_id), db.session.get_one(Application, review.application_id)
    other = reads.make_reader(call, _somebody())
    reads.hand_in(reads.give(file, other), other, reads.said(words=f"{SECRET} is strict"))
    reads.give(reads.make_file(call), other)


def conflicted(world: World) -> None:
    """A file of somebody to whom the reader has a tie was given to that reader."""
    review = db.session.get_one(Review, uuid.UUID(world.mine["review"]))
    call, reader = db.session.get_one(Call, review.call_id), db.session.get_one(Person, review.person_id)
    house = make_organisation(name=f"{SECRET} House")
    db.session.add(Affiliation(person_id=reader.id, organisation_id=house.id))
    gate = db.session.get_one(Gate, uuid.UUID(world.mine["reading_gate"]))
    reads.give(reads.make_file(call, _somebody(), organisation_id=house.id), reader)
    reads.give(reads.make_file(call, _somebody(), nominated_by_id=house.id), reader, gate=gate)


def commented(world: World) -> None:
    """Somebody said something about a commitment and sent evidence, which nobody has read yet."""
    commitment = commitments.record(uuid.UUID(world.mine["assessed"]))
    voice = make_voice(commitment, _somebody())
    make_comment(commitment, voice=voice, text=f"{SECRET} says so", organisation=f"{SECRET} Union")
    make_evidence(commitment, voice=voice, title=f"{SECRET} minutes", name=f"{SECRET}.pdf")


Fact = Callable[[World], None]
ABOUT_PEOPLE: tuple[Fact, ...] = (registered, declined, hidden_away, renamed, handed_in, needed)
HIDDEN_FROM: dict[str, tuple[Fact, ...]] = {
    "anonymous": (*ABOUT_PEOPLE, unnamed, prepared, drafted, commented),
    "stranger": (*ABOUT_PEOPLE, unnamed, drafted, appointed, asked),
    "owner": (prepared, alike),
    "organiser": (renamed, appointed, alike),
    "officer": (asked,),
    "other_organiser": (*ABOUT_PEOPLE, unnamed, drafted),
    "other_officer": (*ABOUT_PEOPLE, prepared, alike),
    "other_admin": (*ABOUT_PEOPLE, appointed, asked),
    "rapporteur": (*ABOUT_PEOPLE, appointed, asked, commented),
    "check_in": (*ABOUT_PEOPLE, prepared),
    "partner": (*ABOUT_PEOPLE, prepared, alike, drafted, commented),
    "reviewer": (*ABOUT_PEOPLE, reviewed, conflicted),
}
"""What each role may not know."""
INSIDE = [
    (registered, "organiser", f"{DESK}?chip=all"),
    (unnamed, "organiser", f"{DESK}?chip=all"),
    (declined, "organiser", f"{DESK}?chip=all"),
    (hidden_away, "organiser", f"{DESK}?chip=all"),
    (renamed, "officer", f"{DESK}?chip=all"),
    (prepared, "organiser", f"{DESK}?chip=all"),
    (prepared, "organiser", f"{DESK}/prepared"),
    (alike, "officer", f"{DESK}/duplicates"),
    (needed, "organiser", "/en/console/events/{event}/arrangements"),
    (handed_in, "organiser", f"{DESK}/{{registration}}"),
    (drafted, "organiser", "/en/console/events/{event}/programme"),
    (appointed, "series_admin", "/en/console/roles"),
    (asked, "organiser", "/en/console/questionnaires"),
    (reviewed, "admin", "/en/console/funds/{fund}/reviewing"),
    (conflicted, "admin", "/en/console/funds/{fund}/reviewing"),
    (commented, "organiser", "/en/console/assessments/{assessed}"),
]


@pytest.mark.parametrize("role", HIDDEN_FROM)
def test_nobody_outside_sees_a_difference(world: World, known: Callable[[str], Seen], role: str) -> None:
    """All facts that are hidden from a role come true at once; if any can be seen, the test says which of them."""
    facts = HIDDEN_FROM[role]
    told = _what_shows(world, known(role), role, facts)
    each = [(fact.__name__, _what_shows(world, known(role), role, (fact,))) for fact in facts] if told else []
    assert told == {}, "\n".join(f"{name} at {len(shows)}: {list(shows.items())[:2]}" for name, shows in each if shows)


def _what_shows(world: World, before: Seen, role: str, facts: tuple[Fact, ...]) -> dict[str, Any]:
    """Where a role sees that something has come true, and how."""
    with world.moment():
        with world.writing():
            for fact in facts:
                fact(world)
        return _differences(before, everything(world, role))


@pytest.mark.parametrize(("fact", "role", "address"), INSIDE, ids=[case[0].__name__ for case in INSIDE])
def test_whoever_may_know_sees_it(world: World, fact: Callable[[World], None], role: str, address: str) -> None:
    before = _told(world.ask(role, "GET", address.format(**world.mine)))
    with world.moment():
        with world.writing():
            fact(world)
        after = _told(world.ask(role, "GET", address.format(**world.mine)))
    assert (before[0], after[0]) == (200, 200)
    assert before[2] != after[2]


SPELLINGS = ("horn voices  ASSOCIATION", "H\u0336o\u0336r\u0336n\u0336 Voices Association", "Horn Voices Association")


@pytest.mark.parametrize("role", ["stranger", "organiser", "officer"])
def test_nobody_learns_whether_another_has_named_an_organization(
    world: World, known: Callable[[str], Seen], role: str
) -> None:
    """What an outsider writes is shown as she writes it, whether or not somebody wrote it before, elsewhere: on every
    page when all spellings were written before, on those that name her organization also after each alone."""
    known(role)  # what a process reads once
    name = "Horn Voices Association"

    def seen_after(wrote: tuple[str, ...], addresses: list[str] | None = None) -> Seen:
        with world.moment():
            with world.writing():
                for spelling in wrote:
                    affiliate(_somebody().id, spelling)
                one = db.session.get_one(Registration, uuid.UUID(int=7))
                one.organisation_id = affiliate(one.person_id, name)
                db.session.flush()
            seen = everything(world, role, addresses)
            seen["the copy"] = _told(world.ask(role, "POST", "/en/me/data/copy"))
        return seen

    with world.moment(), time_machine.travel(now(), tick=False):
        with world.writing():
            event = _event(world)
            make_registration(event, db.session.get_one(Person, world.persons["stranger"]), id=uuid.UUID(int=7))
        nobody = seen_after(())
        naming = [address for address in pages(world) if name in nobody[address][2]]
        assert name in str(nobody.values())
        assert _differences(nobody, seen_after(SPELLINGS)) == {}
        for spelling in SPELLINGS:
            assert _differences(nobody, seen_after((spelling,), naming)) == {}, spelling


def test_a_name_given_for_being_shown_covers_the_one_of_the_profile(world: World) -> None:
    """For those who read public names alone; without an alias too, and in every line of the history."""
    role, seen = "organiser", []
    with world.moment():
        with world.writing():
            owner = db.session.get_one(Person, world.persons["owner"])
            owner.alias = None
            shown = {"display_name": "Falcon", "legal_name": None}
            db.session.execute(update(Registration).where(Registration.person_id == owner.id).values(**shown))
        for name in ("Amina Before", f"{SECRET} Legal"):
            with world.writing():
                db.session.get_one(Person, world.persons["owner"]).name = name
            addresses = [f"{DESK}/{{registration}}", f"{DESK}?chip=all&sort=name", f"{DESK}?chip=all&q={SECRET}"]
            seen.append([_told(world.ask(role, "GET", one.format(**world.mine))) for one in addresses])
    assert seen[0] == seen[1]
    assert seen[0][0][2].count("Falcon") > 1  # the heading, and what she did herself


def test_half_a_session_opens_no_draft(world: World) -> None:
    """Whoever has the mailbox of staff but not the phone sees what a stranger to the house sees."""
    with world.moment():
        with world.writing():
            make_registration(_event(world), db.session.get_one(Person, world.persons["half"]))
        address = f"/en/events/{world.mine['event']}/register"
        half, anonymous = (world.ask(role, "GET", address) for role in ("half", "anonymous"))
        assert half.status == 200
        assert _told(half)[2] == _told(anonymous)[2]


@pytest.mark.parametrize("role", ["owner", "organiser", "officer", "rapporteur", "check_in", "other_admin"])
def test_no_page_that_is_only_opened_holds_a_sealed_answer(known: Callable[[str], Seen], role: str) -> None:
    sealed = str(ANSWERS["document_number"])
    holding = {address for address, told in known(role).items() if sealed in told[2]}
    assert holding == set()


def test_opening_a_sealed_answer_is_written_down(world: World) -> None:
    address = f"{DESK}/{{registration}}/sealed".format(**world.mine)
    reads = "SELECT count(*) FROM audit_entry WHERE verb = 'registration.revealed'"
    with world.moment():
        assert world.ask("officer", "POST", address, {"reason": " "}).status == 422
        assert world.connection.exec_driver_sql(reads).scalar() == 0
        answer = world.ask("officer", "POST", address, {"reason": "Visa"})
        assert str(ANSWERS["document_number"]) in answer.response.get_data(as_text=True)
        assert answer.response.headers["Cache-Control"] == "no-store"
        assert world.connection.exec_driver_sql(reads).scalar() == 1


@pytest.mark.parametrize("role", ["organiser", "rapporteur", "check_in", "partner", "other_admin", "stranger"])
def test_legal_names_stay_where_badges_are_made(known: Callable[[str], Seen], role: str) -> None:
    """DOMAIN.md rule 9, for everybody but oneself."""
    others = [name for name in ("owner", "stranger", "organiser", "rapporteur") if name != role]
    for address, told in known(role).items():
        for name in others:
            assert f"Legal {name}" not in told[2], address


@pytest.mark.parametrize(
    ("address", "name"), [("/en/console/roles", "rapporteur"), ("/en/console/events/{event}", "organiser")]
)
def test_staff_too_go_by_their_public_names(world: World, address: str, name: str) -> None:
    page = world.ask("series_admin", "GET", address.format(**world.mine)).response.get_data(as_text=True)
    assert f"Public {name}" in page
    assert "Legal " not in page


def test_the_addresses_are_many(world: World) -> None:
    assert len(pages(world)) > 100


def _differences(before: Seen, after: Seen) -> dict[str, Any]:
    return {address: _difference(before[address], told) for address, told in after.items() if before[address] != told}


def _difference(before: tuple[int, str, str, int], after: tuple[int, str, str, int]) -> Any:
    if before[2] == after[2]:
        return before[0], after[0], before[3], after[3], before[1] == after[1]
    place = next((n for n, (a, b) in enumerate(zip(before[2], after[2], strict=False)) if a != b), 0)
    return before[2][place - 80 : place + 120], after[2][place - 80 : place + 120]

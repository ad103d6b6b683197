"""Hide me now, without script: a name that stood on every list is nowhere in what others can fetch, and nowhere kept.

A marker name is looked for in fresh and conditional answers of all public pages, in what staff read and save, in the
papers that a real worker had printed, in a dump of the whole database and in the broker.
"""

import gzip
import time
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from eventhub.kit.db import db
from eventhub.kit.revisions import bump
from eventhub.kit.sealed import SealKey
from eventhub.papers import actions as papers
from eventhub.people import actions as people
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.questionnaires.uploads import Upload
from eventhub.registration import thread
from eventhub.registration.participants import REVISION
from tests.factories.people import make_organisation, make_person, make_staff
from tests.factories.programme import PDF_BYTES
from tests.factories.registration import ANSWERS, WITH_PAPERS, intake, listed, make_forum, register
from tests.journeys.browser import axe_problems, visitor
from tests.journeys.tour import Tour, build_tour
from tests.live import House, wait_for
from tests.papers.making import read

pytestmark = pytest.mark.lane
OWN_HOUSE = True
MARKER = "Zhenevieve"
AT_ONCE = 5.0
"""Seconds: the promise is an hour; what is kept in a process is looked at again after half a second."""
Known = dict[str, str]


@pytest.fixture(scope="module")
def tour(house: House) -> Tour:
    return build_tour(house)


def fetch(house: House, path: str, *, etag: str = "", cookie: tuple[str, str] | None = None) -> tuple[int, bytes, str]:
    """Status, content and ETag of an answer as a browser or a cache on the way asks for it."""
    headers = {"Accept-Encoding": "gzip"} | ({"If-None-Match": etag} if etag else {})
    if cookie:
        headers["Cookie"] = f"{cookie[0]}={cookie[1]}"
    try:
        with urllib.request.urlopen(urllib.request.Request(house.origin + path, headers=headers), timeout=10) as answer:
            body = answer.read()
            packed = answer.headers.get("Content-Encoding") == "gzip"
            return answer.status, gzip.decompress(body) if packed else body, answer.headers.get("ETag", "")
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers.get("ETag", "")


def naming(house: House, known: Known) -> set[str]:
    """Which of these addresses name the marker, asked with the ETags one knows; new ones are noted."""
    found = set()
    for path, etag in known.items():
        _status, body, known[path] = fetch(house, path, etag=etag)
        if MARKER.encode() in body:
            found.add(path)
    return found


def public_addresses(tour: Tour) -> Known:
    """Every public page of the tour in two languages, the list filtered and paged, feeds and open data."""
    pages = [f"/{lang}{stop.path}" for lang in ("en", "ar") for stop in tour.stops if stop.public]
    lists = [f"/en/events/{tour.slug}/participants?{more}" for more in ("page=2", "country=KE", "category=ngo_ecosoc")]
    files = ["/sitemap.xml", "/open-data/events.json", "/open-data/events.csv", "/open-data/documents.json"]
    return dict.fromkeys([*pages, *lists, "/en/search?q=Moreau", *files, f"/calendars/events/{tour.slug}.ics"], "")


def in_the_database(house: House) -> dict[str, set[str]]:
    """Tables and columns that hold the marker anywhere."""
    columns = house.query(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
    )
    found: dict[str, set[str]] = {}
    for table, column in columns:
        rows = house.query(f'SELECT 1 FROM "{table}" WHERE "{column}"::text ILIKE %s LIMIT 1', f"%{MARKER}%")
        if rows:
            found.setdefault(str(table), set()).add(str(column))
    return found


def in_the_broker(house: House) -> bool:
    """Whether the broker holds the marker under any key."""
    broker = house.broker()
    return any(MARKER.encode() in (broker.dump(key) or b"") + key for key in broker.scan_iter())


def named_person(house: House, tour: Tour, name: str) -> Person:
    """Somebody on the tour's list, of an organization of the same name."""
    event = db.session.query(Event).filter_by(slug=tour.slug).one()
    person = make_person(name=f"{name} Moreau")
    listed(event, person, category="ngo_ecosoc", represents="KE", organisation_id=make_organisation(name="Horn").id)
    bump(REVISION)  # who comes is on the page when it is made anew, after minutes: here at once
    return person


def printed_list(house: House, tour: Tour, officer: Person) -> Callable[[], str]:
    """A list that the desk had printed; what is read in it now, or "" while it is made anew."""
    event = db.session.query(Event).filter_by(slug=tour.slug).one()
    order_id = papers.order_list(officer, event, "en", reason="For the report").id
    officer_id = officer.id

    def text() -> str:
        cookie = house.session_cookie(officer_id, second_factor=True)
        status, body, _etag = fetch(house, f"/en/console/events/{tour.slug}/papers/{order_id}", cookie=cookie)
        return read(body) if status == 200 else ""

    return text


def test_hiding_takes_the_name_out_of_everything(house: House, chromium: Browser, tour: Tour) -> None:
    with house.work():
        person_id = named_person(house, tour, MARKER).id
        event = db.session.query(Event).filter_by(slug=tour.slug).one()
        officer = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
        printed, officer_id = printed_list(house, tour, officer), officer.id
    wait_for(lambda: MARKER in printed(), seconds=60, what="the list from the printer")
    known = public_addresses(tour)
    lists = {path for path in known if "/participants" in path and "media" not in path}
    assert naming(house, known) == lists
    assert all(fetch(house, path, etag=known[path])[0] == 304 for path in lists), "kept pages answer that they stand"

    one = visitor(chromium, house.origin, cookie=house.session_cookie(person_id), scripts=False)
    one.go("/en/me").get_by_role("button", name="Hide me now").click()
    pressed = time.monotonic()
    expect(one.page.get_by_role("heading", level=1)).to_have_text("You are hidden")
    assert one.page.url.endswith("/en/me/hide")
    expect(one.page.get_by_role("heading", name="What we cannot take back for you")).to_be_visible()
    wait_for(lambda: not naming(house, dict(known)), seconds=AT_ONCE, what="the public pages")
    assert time.monotonic() - pressed < AT_ONCE * 2
    assert naming(house, dict.fromkeys(known, "")) == set(), "nor to somebody who asks for the first time"
    assert all(fetch(house, path, etag=known[path])[0] == 200 for path in lists), "what was kept does not stand"
    one.close()

    wait_for(lambda: printed() and MARKER not in printed(), seconds=60, what="the list made anew")
    assert in_the_database(house) == {"person": {"name"}}, "only the account itself, behind the doors of the house"
    assert not in_the_broker(house)
    cookie = house.session_cookie(officer_id, second_factor=True)
    desk = fetch(house, f"/en/console/events/{tour.slug}/registrations?chip=all&size=100", cookie=cookie)[1]
    assert MARKER.encode() in desk, "those who work on registrations still see them"


def send_files(person: Person) -> None:
    """Files of every kind that people send, each called by the name: answers open and sealed, and messages."""
    event = make_forum(data=WITH_PAPERS)
    upload = Upload(f"Passport of {MARKER}.pdf", PDF_BYTES)
    one = register(event, person, **(ANSWERS | {"letter": upload, "scan": upload}))
    thread.ask(make_person(), one, db.session.get_one(SealKey, person.seal_key_id), f"Are you {MARKER}?", upload)
    thread.answer(person, intake(event, person), f"I am {MARKER}", upload)


def test_erasure_leaves_the_name_nowhere(house: House, tour: Tour) -> None:
    with house.work():
        for person in db.session.query(Person).filter(Person.name.contains(MARKER)):
            people.erase(None, person)
        person = named_person(house, tour, MARKER)
        person_id = person.id
        send_files(person)
    assert "stored_file" in in_the_database(house)
    known = public_addresses(tour)
    assert naming(house, known)
    with house.work():
        people.erase(None, db.session.get_one(Person, person_id))
    wait_for(lambda: not naming(house, dict(known)), seconds=AT_ONCE, what="the public pages")
    wait_for(lambda: not in_the_database(house), seconds=30, what="the database")
    assert not in_the_broker(house)


def test_the_pages_of_hiding_before_and_after(house: House, chromium: Browser, tour: Tour) -> None:
    """axe finds nothing in either, and the press on the page itself works with the keyboard alone."""
    with house.work():
        person_id = named_person(house, tour, "Amina").id
    one = visitor(chromium, house.origin, cookie=house.session_cookie(person_id))
    page = one.go("/ar/me/hide")
    assert axe_problems(page) == []
    page.locator("main form button").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".done-panel")
    assert axe_problems(page) == []
    assert one.complaints == []
    one.close()

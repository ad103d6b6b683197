"""The doors in Chromium, on a phone, in English and Arabic: with the server stopped and started again, with a camera
that sees a real badge, and without script.
"""

import io
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import segno
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.programme.models import Event
from tests.checkin.scene import badge, make_today, today
from tests.factories.people import make_person, make_staff
from tests.factories.programme import make_session
from tests.journeys.browser import FLAGS, PHONE, Visitor, axe_problems, keep_shot, scrolls_sideways, visitor
from tests.journeys.browser import chromium as program_of_this_machine
from tests.journeys.stage import person_in, say
from tests.live import House

pytestmark = pytest.mark.lane

LONG = {"en": "Item 5: Commitments and draft recommendations", "ar": "البند 5: الالتزامات ومشروع التوصيات"}


@dataclass(frozen=True)
class Door:
    """A gate of today, who works there, and badges: of Amina, of Aisylu, of somebody not accredited."""

    path: str
    staff_id: uuid.UUID
    references: tuple[str, str]
    slug: str


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose web server can be stopped."""
    with House(tmp_path_factory.mktemp("doors")) as built:
        built.web()
        yield built


def build(house: House) -> Door:
    with house.work():
        event = make_today(days=3)
        event.title = {"en": "Forum on Minority Issues", "ar": "المنتدى المعني بقضايا الأقليات"}
        first = badge(event, make_person(name="Legal Amina", alias="أمينة ي."), legal_name="Legal Amina Yusuf")
        second = badge(event, make_person(name="Айсылу Хасанова"))
        staff = make_staff(Role.CHECK_IN, event_id=event.id)
        path = f"console/events/{event.slug}/check-in/gates/{today(event)}"
        return Door(path, staff.id, (str(first.reference), str(second.reference)), event.slug)


@dataclass
class AtDoor:
    """Somebody who works at a gate, on a phone: its page is open, the list has come."""

    door: Door
    one: Visitor
    page: Page


@contextmanager
def at_door(house: House, chromium: Browser, *, language: str = "en", clock: bool = False) -> Iterator[AtDoor]:
    """A gate of its own. ``clock``: the page's clock can be moved."""
    if not house.answers():
        house.web()
    door = build(house)
    with person_in(house, chromium, door.staff_id, viewport=PHONE, language=language) as one:
        if clock:
            one.page.clock.install()
        page = one.go(f"/{language}/{door.path}")
        listed(page, 2)
        yield AtDoor(door, one, page)


def type_in(page: Page, reference: str) -> None:
    page.fill("[name=reference]", reference)
    page.locator("[data-typed] button[type=submit]").click()


def listed(page: Page, number: int) -> None:
    """Until the list is on the phone and the page is kept."""
    expect(page.locator("[data-listed]")).to_contain_text(str(number))
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function(
        "async () => (await Promise.all((await caches.keys()).map(async name => "
        "(await (await caches.open(name)).keys()).length))).some(number => number > 4)"
    )


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_server_goes_and_comes_back(house: House, chromium: Browser, language: str) -> None:
    with at_door(house, chromium, language=language) as at:
        page = at.page
        assert not at.one.complaints
        type_in(page, at.door.references[0])
        expect(page.locator("#result .word")).to_have_text(say(house, language, "Come in"))
        expect(page.locator("#result .who")).to_have_text("أمينة ي.")
        assert "Legal" not in page.content()
        assert not axe_problems(page)
        assert not scrolls_sideways(page)
        keep_shot(page, f"door-{language}")

        house.end(house.processes[-1])
        page.reload()
        expect(page.locator("[data-listed]")).to_contain_text("2")
        type_in(page, at.door.references[1].lower())
        expect(page.locator("#result.ok .word")).to_have_text(say(house, language, "Come in"))
        expect(page.locator("#result .who")).to_have_text("Айсылу Хасанова")
        type_in(page, at.door.references[1])
        expect(page.locator("#result.warn .word")).to_have_text(say(house, language, "Already in"))
        type_in(page, at.door.references[0])
        expect(page.locator("#result.warn")).to_be_visible()
        type_in(page, "EH-NONSENSE")
        expect(page.locator("#result.stop .word")).to_have_text(say(house, language, "Stop"))
        expect(page.locator("[data-waiting]")).to_contain_text("4")
        keep_shot(page, f"door-offline-{language}")

        house.web()
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("[data-waiting]")).to_have_text(say(house, language, "Everything is sent"), timeout=20_000)
        rows = house.query(
            "SELECT s.verdict, s.reason, s.offline FROM check_in_scan s JOIN event e ON e.id = s.event_id "
            "WHERE e.slug = %s ORDER BY s.scanned_at",
            at.door.slug,
        )
        assert rows == [
            ("accepted", None, False),
            ("accepted", None, True),
            ("accepted", None, True),
            ("accepted", None, True),
            ("refused", "unreadable", True),
        ]
        inside = "SELECT count(*) FROM check_in_entry n JOIN event e ON e.id = n.event_id WHERE e.slug = %s"
        assert house.query(inside, at.door.slug) == [(2,)]
        page.goto(f"{at.one.origin}/{language}/console/events/{at.door.slug}/check-in/counts")
        assert not axe_problems(page)
        keep_shot(page, f"counts-{language}")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_counts_of_a_gate_take_little_of_a_phone(house: House, chromium: Browser, language: str) -> None:
    with at_door(house, chromium, language=language) as at:
        with house.work():
            event = db.session.scalars(select(Event).where(Event.slug == at.door.slug)).one()
            begin = now()
            make_session(event, title=LONG, starts_at=begin, ends_at=begin + timedelta(hours=1))
        page = at.one.go(f"/{language}/console/events/{at.door.slug}/check-in/counts")
        gates = page.get_by_role("table").first.get_by_role("row")
        assert gates.count() >= 5
        expect(page.get_by_role("rowheader", name=LONG[language])).to_be_visible()
        assert max(gates.nth(row).bounding_box()["height"] for row in range(gates.count())) < 125  # type: ignore[index]
        expect(gates.nth(1).get_by_role("cell").last).to_be_in_viewport()
        assert not scrolls_sideways(page)
        assert not axe_problems(page)
        keep_shot(page, f"counts-phone-{language}")


def test_when_the_role_is_taken_the_names_leave_the_phone(house: House, chromium: Browser) -> None:
    with at_door(house, chromium) as at:
        page = at.page
        assert names_kept(page)
        house.change("UPDATE role_grant SET revoked_at = now() WHERE person_id = %s", at.door.staff_id)
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("[data-net]")).to_contain_text("deleted from this phone")
        assert not names_kept(page)
        page.wait_for_function("async () => !(await caches.keys()).length")


def test_signing_out_clears_the_phone(house: House, chromium: Browser) -> None:
    with at_door(house, chromium) as at:
        page = at.page
        page.goto(f"{at.one.origin}/en/me")
        with page.expect_navigation():
            page.locator('form[action$="/sign-out"] button').first.click()
        page.wait_for_function("async () => !(await caches.keys()).length")
        assert page.evaluate("indexedDB.databases().then(found => found.length)") == 0


def test_signing_out_spares_scans_that_wait_and_leaves_no_name(house: House, chromium: Browser) -> None:
    with at_door(house, chromium) as at:
        page = at.page
        page.route("**/check-in/scans", lambda route: route.abort())
        type_in(page, at.door.references[1])
        expect(page.locator("#result.ok .who")).to_have_text("Айсылу Хасанова")
        expect(page.locator("[data-waiting]")).to_contain_text("1")
        page.goto(f"{at.one.origin}/en/me")
        with page.expect_navigation():
            page.locator('form[action$="/sign-out"] button').first.click()
        page.wait_for_load_state()
        kept = page.evaluate(EVERYTHING)
        assert "Айсылу" not in json.dumps(kept, ensure_ascii=False)
        assert [len(kept[name]) for name in ("queue", "lists", "seen")] == [1, 0, 0]
        assert page.evaluate("async () => (await caches.keys()).length + localStorage.length") == 0
        assert "sign-in" in at.one.go("/en/me").url
        name, value = house.session_cookie(at.door.staff_id)
        page.context.add_cookies([{"name": name, "value": value, "url": at.one.origin}])
        page.unroute("**/check-in/scans")
        page = at.one.go(f"/en/{at.door.path}")
        expect(page.locator("[data-waiting]")).to_have_text("Everything is sent", timeout=20_000)
        assert inside(house, at.door) == 1


def test_names_leave_a_page_that_stays_open_past_midnight(house: House, chromium: Browser) -> None:
    with at_door(house, chromium, clock=True) as at:
        page = at.page
        type_in(page, at.door.references[1])
        expect(page.locator("#result .who")).to_have_text("Айсылу Хасанова")
        page.context.set_offline(True)
        assert names_kept(page)
        # The phone sleeps, with its timers, and is woken on the next day.
        page.clock.set_system_time(now() + timedelta(days=1, hours=1))
        assert names_kept(page)
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator("[data-listed]")).to_have_text("No list on this phone")
        assert not names_kept(page)
        assert "Айсылу" not in page.content()
        type_in(page, at.door.references[1])
        expect(page.locator("#result.stop")).to_contain_text("no list")


def test_names_leave_at_midnight_by_the_clock_alone(house: House, chromium: Browser) -> None:
    with at_door(house, chromium, clock=True) as at:
        page = at.page
        page.context.set_offline(True)
        page.clock.fast_forward("25:00:00")
        expect(page.locator("[data-listed]")).to_have_text("No list on this phone")
        assert not names_kept(page)


def test_a_scan_that_is_always_refused_blocks_no_other(house: House, chromium: Browser) -> None:
    with at_door(house, chromium) as at:
        page = at.page
        page.route("**/check-in/scans", lambda route: route.abort())
        for reference in at.door.references:
            type_in(page, reference)
            expect(page.locator("#result.ok")).to_be_visible()
        type_in(page, "EH-NONSENSE")
        expect(page.locator("[data-waiting]")).to_contain_text("3")
        # One that no server takes, and one of a gate that is gone, before all others.
        page.evaluate(SPOIL)
        page.unroute("**/check-in/scans")
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("[data-aside]")).to_contain_text("could not be sent: 2", timeout=20_000)
        expect(page.locator("[data-waiting]")).to_have_text("Everything is sent")
        assert inside(house, at.door) == 2
        assert not axe_problems(page)
        keep_shot(page, "door-aside")
        with page.expect_download() as saved:
            page.locator("[data-save]").click()
        rows = json.loads(saved.value.path().read_text())
        assert {row["aside"] for row in rows} == {"scans", "gate"}
        assert "Айсылу" not in json.dumps(rows, ensure_ascii=False)
        page.locator("[data-again]").click()
        expect(page.locator("[data-aside]")).to_contain_text("could not be sent: 2", timeout=20_000)
        assert [len(page.evaluate(EVERYTHING)[name]) for name in ("queue",)] == [2]


def test_typing_works_without_script(house: House, chromium: Browser) -> None:
    door = build(house)
    with person_in(house, chromium, door.staff_id, viewport=PHONE, scripts=False) as one:
        page = one.go(f"/en/{door.path}")
        for word in ("Come in", "Already in"):
            type_in(page, door.references[0])
            expect(page.locator("#result .word")).to_have_text(word)
        assert not one.complaints


def test_the_camera_reads_a_badge(house: House, chromium: Browser, tmp_path: Path) -> None:
    """A film of a badge held before the camera: our decoder reads it, since this browser has none."""
    door = build(house)
    film = tmp_path / "badge.mjpeg"
    film.write_bytes(b"".join(frame(door.references[1], turn) for turn in range(-8, 9, 2)))
    running = chromium.browser_type.launch(
        executable_path=program(),
        args=[
            *FLAGS,
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ],
    )
    try:
        one = visitor(running, house.origin, viewport=PHONE, cookie=house.session_cookie(door.staff_id))
        page = one.go(f"/en/{door.path}")
        listed(page, 2)
        page.locator("[data-camera]").click()
        expect(page.locator("#result.ok .who")).to_have_text("Айсылу Хасанова", timeout=20_000)
        keep_shot(page, "door-camera")
        page.locator("[data-camera]").click()
        expect(page.locator(".camera")).to_be_hidden()
        rows = house.query(
            "SELECT DISTINCT s.source, s.verdict FROM check_in_scan s JOIN event e ON e.id = s.event_id "
            "WHERE e.slug = %s",
            door.slug,
        )
        assert rows == [("camera", "accepted")]
        assert not one.complaints
    finally:
        running.close()


def frame(reference: str, turn: int) -> bytes:
    """One picture of the film: the badge's code, a little turned, on grey."""
    code = io.BytesIO()
    segno.make(reference, micro=False, error="m").save(code, kind="png", scale=9, border=4)
    drawn = Image.open(code).convert("L").rotate(turn, expand=True, fillcolor=255)
    picture = Image.new("L", (640, 480), 170)
    picture.paste(drawn, ((640 - drawn.width) // 2, (480 - drawn.height) // 2))
    saved = io.BytesIO()
    picture.convert("RGB").save(saved, "JPEG", quality=80)
    return saved.getvalue()


def inside(house: House, door: Door) -> int:
    """How many are in."""
    rows = "SELECT count(*) FROM check_in_entry n JOIN event e ON e.id = n.event_id WHERE e.slug = %s"
    return int(house.query(rows, door.slug)[0][0])


def names_kept(page: Page) -> bool:
    """Whether the phone holds somebody's name."""
    return bool(page.evaluate(NAMES_KEPT))


NAMES_KEPT = """() => new Promise((done) => {
  const asked = indexedDB.open("check-in");
  asked.onsuccess = () => {
    const all = asked.result.transaction("lists").objectStore("lists").getAll();
    all.onsuccess = () => { asked.result.close(); done(JSON.stringify(all.result).includes("Айсылу")); };
  };
})"""


EVERYTHING = """() => new Promise((done) => {
  const asked = indexedDB.open("check-in");
  asked.onsuccess = () => {
    const names = ["queue", "lists", "seen"], found = { queue: [], lists: [], seen: [] };
    if (!asked.result.objectStoreNames.length) return done(found);
    const work = asked.result.transaction(names);
    for (const name of names)
      work.objectStore(name).getAll().onsuccess = ({ target }) => { found[name] = target.result; };
    work.oncomplete = () => { asked.result.close(); done(found); };
  };
})"""

SPOIL = """() => new Promise((done) => {
  const asked = indexedDB.open("check-in");
  asked.onsuccess = () => {
    const work = asked.result.transaction("queue", "readwrite"), rows = work.objectStore("queue");
    rows.getAll().onsuccess = ({ target: { result: [one] } }) => {
      const spoilt = { at: -5, gate: "2020-01-01" };
      Object.entries(spoilt).forEach(([name, value], number) => {
        const nonce = `00000000-0000-4000-8000-00000000000${number}`;
        rows.put({ ...one, scan: { ...one.scan, nonce, [name]: value } }, nonce);
      });
    };
    work.oncomplete = () => { asked.result.close(); done(); };
  };
})"""


def program() -> str:
    """The Chromium of this machine."""
    found = program_of_this_machine()
    assert found
    return found

"""The database goes away under requests, or has no connection left: what was answered stays, and all recovers."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from sqlalchemy import Engine

from eventhub.kit.db import ASK_AFTER, READING, db
from eventhub.local.postgres import Postgres
from tests import servers
from tests.crowd import Member, Timed, all_at_once, gather
from tests.factories.registration import make_dialogue
from tests.live import House, wait_for
from tests.storm import Hands, Seen, judge_registrations
from tests.wire import Answer

pytestmark = pytest.mark.lane
PEOPLE, DIALOGUES, HANDS, RESTARTS = 96, 4, 8, 3
ASKING = 24
PATIENCE = 10
"""Seconds within which there is an answer, be it that there is none now (SAFETY.md, faults)."""


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server of its own: others of this run must not feel it die."""
    few = {"max_connections": "100"}
    server = Postgres(tmp_path_factory.mktemp("server") / "postgres", durable=False, settings=few)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="module")
def house(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two server processes on it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(servers.SERVER, postgres.url())
        servers.make_template()
        with House(tmp_path_factory.mktemp("house")) as built:
            built.web(workers=2)
            yield built


@pytest.fixture(scope="module")
def people(house: House) -> Iterator[list[Member]]:
    """Some who are signed in."""
    members = gather(house, PEOPLE, timeout=2 * PATIENCE)
    yield members
    for member in members:
        member.browser.close()


def open_dialogue(house: House) -> str:
    """Its slug."""
    with house.work():
        return str(make_dialogue(capacity=PEOPLE).slug)


def everybody_asks(people: list[Member], slug: str) -> list[Timed]:
    """A public page, one's own page and a page that reads and writes, all at once."""
    paths = [f"/en/events/{slug}", "/en/me", f"/en/events/{slug}/register/p1"]

    def ask(member: Member) -> Answer:
        return member.browser.get(paths[people.index(member) % len(paths)] + f"?x={time.monotonic()}")

    return all_at_once(people[:ASKING], ask)


def statuses(answers: list[Timed]) -> set[int]:
    """What was answered; 0 where nothing came."""
    return {one.answer.status if one.answer else 0 for one in answers}


def test_a_restarted_database_loses_nothing_and_every_request_recovers(
    house: House, postgres: Postgres, people: list[Member]
) -> None:
    jobs: queue.Queue[tuple[Member, str]] = queue.Queue()
    slugs = [open_dialogue(house) for _ in range(DIALOGUES)]
    for slug in slugs:
        for member in people:
            jobs.put((member, slug))
    seen, end = Seen(), threading.Event()
    hands = [Hands(house, jobs, seen, end) for _ in range(HANDS)]
    for hand in hands:
        hand.start()
    for _ in range(RESTARTS):
        known, first = len(seen.acknowledged), postgres.pid
        wait_for(lambda known=known: len(seen.acknowledged) >= known + 15, seconds=60, what="registrations")  # type: ignore[misc]
        postgres.restart()
        assert postgres.pid != first
        assert not jobs.empty(), "it was restarted under requests"
    for hand in hands:
        hand.join(120)
    assert not any(hand.is_alive() for hand in hands)

    assert set(seen.statuses) <= {"303", "503"}, "the server processes themselves live on"
    assert seen.statuses["503"], "else the requests never felt it"
    assert len(seen.acknowledged) == PEOPLE * DIALOGUES
    assert judge_registrations(house, seen) == []
    assert half_rows(house) == {"no answers": 0, "no promise": 0, "no audit": 0, "not known": 0}
    assert seen.slowest < PATIENCE

    # Nobody asks while it goes down and comes up: every connection of every pool is dead, and nobody is told so.
    everybody_asks(people, slugs[0])
    postgres.restart()
    time.sleep(ASK_AFTER + 0.1)
    for _ in range(3):
        assert statuses(everybody_asks(people, slugs[0])) <= {200, 303}


def half_rows(house: House) -> dict[str, int]:
    """How many registrations lack a part of what one transaction writes."""
    parts = {
        "no answers": "NOT EXISTS (SELECT 1 FROM answer a WHERE a.answer_set_id = r.answer_set_id)",
        "no promise": "NOT EXISTS (SELECT 1 FROM promise p WHERE p.payload->>'registration_id' = r.id::text)",
        "no audit": "NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.subject_id = r.id)",
        "not known": "r.person_id NOT IN (SELECT id FROM person)",
    }
    counted = ", ".join(f"count(*) FILTER (WHERE {lacks})" for lacks in parts.values())
    [row] = house.query(f"SELECT {counted} FROM registration r WHERE r.reference IS NOT NULL")
    return {name: int(str(number)) for name, number in zip(parts, row, strict=True)}


def test_without_a_connection_left_the_answer_is_503_and_comes_soon(house: House, people: list[Member]) -> None:
    slug = open_dialogue(house)
    assert statuses(everybody_asks(people, slug)) <= {200, 303}
    with ExitStack() as held:
        number = hold_all(house, held)
        assert number > 60
        answers = everybody_asks(people, slug)
        assert statuses(answers) == {503}
        for one in answers:
            assert one.answer is not None
            assert int(one.answer.headers["Retry-After"]) > 0
            assert one.seconds < PATIENCE
        assert house.answers(), "the process is well: nobody should kill it for that"
        form = people[0].send(f"/en/events/{slug}/register/p1", q_display_name="Somebody")
        assert form.status == 503
        assert people[0].browser.get("/readyz").status == 503
    wait_for(lambda: statuses(everybody_asks(people, slug)) <= {200, 303}, seconds=PATIENCE, what="all to recover")
    assert house.query("SELECT count(*) FROM registration r JOIN event e ON e.id = event_id WHERE slug = %s", slug) == [
        (0,)
    ]


def hold_all(house: House, held: ExitStack) -> int:
    """Take every connection that the app's role may have, each idle in a transaction; how many."""
    ours = servers.plain(house.settings.database_url)
    cut = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE usename = %s"
    house.query(cut, servers.APP_ROLE)
    for number in range(1000):
        try:
            connection = psycopg.connect(ours)
        except psycopg.OperationalError:
            return number
        held.callback(connection.close)
        connection.execute("SELECT 1")
    raise AssertionError("there is no end of connections")


def test_with_the_pool_used_up_the_answer_is_503_and_comes_soon(house: House) -> None:
    slug = open_dialogue(house)
    browser = house.app.test_client()
    with house.app.app_context(), ExitStack() as cleared:
        engine: Engine = db.engines[READING]
        cleared.callback(engine.dispose)
        with ExitStack() as held:
            for _ in range(engine.pool.size() + engine.pool._max_overflow):  # type: ignore[attr-defined]
                held.enter_context(engine.connect())
            began = time.monotonic()
            answer = browser.get(f"/en/events/{slug}", base_url=house.origin)
            assert time.monotonic() - began < PATIENCE
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
        assert browser.get(f"/en/events/{slug}", base_url=house.origin).status_code == 200

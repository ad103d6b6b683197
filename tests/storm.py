"""The kill storm: people register over HTTP while web, worker, relay, beat, PostgreSQL and Valkey die at random.

``python -m tests.storm --seconds 60`` runs in the checks, half an hour of it at night. It ends with a table and, when
anything that was promised did not hold (SAFETY.md, faults), with a list of it and exit code 1.
"""

import argparse
import contextlib
import hashlib
import os
import queue
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

import psycopg
import redis
from sqlalchemy.exc import SQLAlchemyError

from eventhub.kit import audit
from eventhub.local.mailsink import Answer as Reply
from eventhub.local.postgres import Postgres
from eventhub.local.process import group_members
from eventhub.local.valkey import Valkey
from tests import servers
from tests.crowd import Member, gather
from tests.factories.registration import make_dialogue
from tests.live import House, wait_for

PEOPLE = 240
PLACES = 100
HANDS = 16
"""People who press buttons at the same time."""
CALM = 120
"""Seconds after which, once nothing dies any more, nothing may be owed."""
ANSWER = 15
CONCURRENCY = 8
"""Tasks that a worker has in hand, each of which may be a mail that is sent once more."""

WEIGHTS = {
    "web worker": 4,
    "worker": 5,
    "relay": 3,
    "beat": 1,
    "web": 1,
    "postgres": 2,
    "backend": 3,
    "valkey": 2,
    "flushall": 2,
}
"""What dies, and how often beside the others."""


@dataclass
class Seen:
    """What people were told, and what was done to the processes."""

    acknowledged: set[tuple[str, str]] = field(default_factory=set)
    withdrawn: set[tuple[str, str]] = field(default_factory=set)
    statuses: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)
    slowest: float = 0.0
    kills: Counter[str] = field(default_factory=Counter)
    heads: list[tuple[int, str]] = field(default_factory=list)
    sealed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Storm:
    """A house whose parts die and are started again at once, as a supervisor would."""

    def __init__(
        self, house: House, postgres: Postgres, valkey: Valkey, seen: Seen, parts: set[str] | None = None
    ) -> None:
        self.house, self.postgres, self.valkey, self.seen, self.parts = house, postgres, valkey, seen, parts
        self.starters: dict[str, Callable[[], subprocess.Popen[bytes]]] = {
            "web": lambda: house.web(workers=2, wait=False),
            "worker": house.worker,
            "relay": house.relay,
            "beat": house.beat,
        }
        self.running = {name: start() for name, start in self.starters.items()}

    def strike(self) -> None:
        """Kill one part, or empty the broker."""
        weights = {part: weight for part, weight in WEIGHTS.items() if self.parts is None or part in self.parts}
        for part in weights:
            if not self._works(part):
                weights[part] = 0  # it is just coming up: dying before it does anything would show nothing
        if not any(weights.values()):
            return
        [part] = random.choices(list(weights), list(weights.values()))
        self.seen.kills[part] += self._kill(part)
        self.revive()

    def _works(self, part: str) -> bool:
        if part in {"web", "web worker"}:
            return self.house.answers()
        if part not in {"worker", "relay"}:
            return True
        named = "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND application_name = %s"
        with contextlib.suppress(psycopg.Error):
            return bool(self.house.query(named, self.house.name, f"eventhub-{part}"))
        return False

    def revive(self) -> None:
        """Start again what is gone."""
        for name, process in self.running.items():
            if process.poll() is not None:
                self.house.processes.remove(process)
                self.running[name] = self.starters[name]()
        for server in (self.postgres, self.valkey):
            if not server.running():
                server.restart()

    def _kill(self, part: str) -> int:
        if part in self.running:
            process = self.running[part]
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        elif part == "web worker":
            leader = self.running["web"].pid
            workers = [member.pid for member in group_members(leader) if member.pid != leader]
            if not workers:
                return 0
            with contextlib.suppress(ProcessLookupError):
                os.kill(random.choice(workers), signal.SIGKILL)
        elif part == "backend":
            return self._kill_backend()
        elif part == "flushall":
            with contextlib.suppress(redis.RedisError):
                self.house.broker().flushall()
        else:
            server = {"postgres": self.postgres, "valkey": self.valkey}[part]
            if server.pid:
                os.kill(server.pid, signal.SIGKILL)
                wait_for(lambda: not server.running(), seconds=10, what=f"{part} to die")
        return 1

    def _kill_backend(self) -> int:
        """One process of PostgreSQL that serves us: all its sessions are cut, and it recovers."""
        try:
            found = self.house.query("SELECT pid FROM pg_stat_activity WHERE datname = %s", self.house.name)
        except psycopg.Error:
            return 0
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(str(random.choice(found)[0])), signal.SIGKILL)
        return 1


class Hands(threading.Thread):
    """Somebody who registers one person after the other, and tries again as people do until there is an answer."""

    def __init__(self, house: House, jobs: "queue.Queue[tuple[Member, str]]", seen: Seen, end: threading.Event) -> None:
        super().__init__(daemon=True)
        self.house, self.jobs, self.seen, self.end = house, jobs, seen, end

    def run(self) -> None:
        """Until the end, or until nobody is left."""
        while not self.end.is_set():
            try:
                member, slug = self.jobs.get_nowait()
            except queue.Empty:
                return
            done = f"/en/events/{slug}/register/done"
            if self.press(member, f"/en/events/{slug}/register/p1", done, q_display_name="Somebody"):
                with self.seen.lock:
                    self.seen.acknowledged.add((str(member.person_id), slug))
                if random.random() < 0.1:
                    self.withdraw(member, slug)

    def withdraw(self, member: Member, slug: str) -> None:
        """Take it back."""
        try:
            leads = member.browser.get(f"/en/events/{slug}/register")
        except (OSError, HTTPException):
            return
        if leads.status == 303 and self.press(member, f"{leads.location}/withdraw", leads.location):
            with self.seen.lock:
                self.seen.withdrawn.add((str(member.person_id), slug))

    def press(self, member: Member, path: str, expected: str, **answers: str) -> bool:
        """Send one form, with the same key each time, until the answer is there."""
        form = member.fields() | answers
        for _ in range(40):
            began = time.monotonic()
            try:
                answer = member.browser.post(path, form)
                status = str(answer.status)
            except (OSError, HTTPException) as error:
                answer, status = None, type(error).__name__
            self.note(status, time.monotonic() - began)
            if answer is not None and (answer.status, answer.location) == (303, expected):
                return True
            if answer is not None and answer.status != 503:
                with self.seen.lock:
                    self.seen.odd.append(f"{path}: {status} {answer.location}")
                return False
            if self.end.wait(0.3):
                return False
        return False

    def note(self, status: str, seconds: float) -> None:
        """Count an answer."""
        with self.seen.lock:
            self.seen.statuses[status] += 1
            self.seen.slowest = max(self.seen.slowest, seconds)


def seal_all_the_time(house: House, seen: Seen, end: threading.Event) -> None:
    """Chain the audit while everything dies; heads are noted when they are committed."""
    while not end.wait(1):
        try:
            with house.work():
                count = audit.seal(200)
            with house.work():
                head = audit.head()
        except SQLAlchemyError:
            continue
        seen.sealed += count
        seen.heads.append(head)


def run(seconds: float, parts: set[str] | None = None, logs: Path | None = None) -> int:
    """The whole storm; how many promises of ours were broken."""
    with tempfile.TemporaryDirectory(prefix="eventhub-storm-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o755)
        with (
            Postgres(home / "postgres", durable=False) as postgres,
            Valkey(home / "valkey", password="storm") as valkey,
        ):
            os.environ[servers.SERVER], os.environ[servers.BROKER] = postgres.url(), valkey.url()
            servers.make_template()
            with House(home) as house:
                faults = storm(house, postgres, valkey, seconds, parts)
        if logs:
            logs.mkdir(parents=True, exist_ok=True)
            for log in home.glob("*.log"):
                shutil.copy(log, logs)
        return faults


def storm(house: House, postgres: Postgres, valkey: Valkey, seconds: float, parts: set[str] | None) -> int:
    """Prepare, strike, wait, judge."""
    house.sink.rule = lambda _to, _before: Reply(seconds=random.choice((0, 0, 0.05, 0.2)))
    members = gather(house, PEOPLE, timeout=ANSWER)
    jobs: queue.Queue[tuple[Member, str]] = queue.Queue()
    for _ in range(10 + int(seconds) // 5):
        with house.work():
            slug = str(make_dialogue(capacity=PLACES).slug)
        for member in random.sample(members, len(members)):
            jobs.put((member, slug))
    seen = Seen()
    raging = Storm(house, postgres, valkey, seen, parts)
    wait_for(house.answers, seconds=90, what="the web server")
    resting, silence = threading.Event(), threading.Event()
    threading.Thread(target=seal_all_the_time, args=(house, seen, silence), daemon=True).start()
    hands = [Hands(house, jobs, seen, resting) for _ in range(HANDS)]
    for hand in hands:
        hand.start()
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        time.sleep(random.uniform(0.4, 1.6))
        raging.strike()
    resting.set()
    for hand in hands:
        hand.join(ANSWER * 2)
    calm_after = rest(house, raging)
    silence.set()
    for member in members:
        member.browser.close()
    faults = judge(house, seen)
    if calm_after is None:
        faults.append(f"promises are still owed {CALM} s after the last kill")
    report(house, seen, time.monotonic() - began, calm_after)
    for fault, number in Counter(faults).most_common(40):
        sys.stdout.write(f"BROKEN: {fault}" + (f" ({number} times)\n" if number > 1 else "\n"))
    return len(faults)


def rest(house: House, raging: Storm) -> float | None:
    """Let everything run until nothing is owed; the seconds it took, or None when it took too long."""
    began = time.monotonic()
    while time.monotonic() - began < CALM:
        raging.revive()
        with contextlib.suppress(psycopg.Error):
            if house.query("SELECT count(*) FROM promise WHERE kept_at IS NULL AND parked_at IS NULL") == [(0,)]:
                return time.monotonic() - began
        time.sleep(0.5)
    return None


def judge(house: House, seen: Seen) -> list[str]:
    """What does not hold."""
    return [
        *judge_registrations(house, seen),
        *judge_promises(house),
        *judge_mails(house, seen),
        *judge_audit(house, seen),
    ]


def judge_registrations(house: House, seen: Seen) -> list[str]:
    """Everything acknowledged is there, once, and seats are what registrations hold."""
    rows = house.query(
        "SELECT r.person_id::text, e.slug, r.state FROM registration r JOIN event e ON e.id = r.event_id "
        "WHERE r.reference IS NOT NULL"
    )
    there = {(str(person), str(slug)): str(state) for person, slug, state in rows}
    faults = [f"acknowledged and not there: {lost}" for lost in seen.acknowledged - there.keys()]
    faults += [f"withdrawn and still {there[one]}" for one in seen.withdrawn if there.get(one) != "withdrawn"]
    faults += [f"unexpected answer: {answer}" for answer in seen.odd]
    faults += [f"one answer took {seen.slowest:.1f} s"] if seen.slowest > ANSWER else []
    seats = house.query(
        "SELECT s.seats_taken, s.capacity, count(r.id) FILTER (WHERE r.has_seat) FROM registration_setup s "
        "LEFT JOIN registration r ON r.event_id = s.event_id GROUP BY s.event_id, s.seats_taken, s.capacity"
    )
    faults += [f"seats: {taken} taken, {held} held, {places} places" for taken, places, held in seats if taken != held]
    faults += [f"oversold: {taken} of {places}" for taken, places, _ in seats if int(str(taken)) > int(str(places))]
    # A place that somebody gave back is offered to the first in line, and is held until the answer.
    offered = "EXISTS (SELECT 1 FROM seat_offer o WHERE o.registration_id = r.id AND o.closed_at IS NULL)"
    rows = "SELECT count(*) FROM registration r WHERE has_seat AND state <> 'accredited'"
    half = house.query(f"{rows} AND NOT (state = 'offered' AND {offered})")[0][0]
    return faults + ([f"{half} seats held without being accredited or offered"] if half else [])


def judge_promises(house: House) -> list[str]:
    """Each registration owed what it owes, once, and all of it was kept."""
    lost = house.query(
        "SELECT count(*) FROM registration r WHERE r.reference IS NOT NULL AND NOT EXISTS (SELECT 1 FROM promise p "
        "WHERE p.payload->>'registration_id' = r.id::text AND p.task IN ('registration.accredited', "
        "'registration.waitlisted'))"
    )[0][0]
    twice = house.query(
        "SELECT task, count(*) FROM promise WHERE task LIKE 'registration.%%' "
        "GROUP BY task, payload HAVING count(*) > 1"
    )
    unkept = house.query(
        "SELECT task, count(*), max(tries), max(problem) FROM promise WHERE kept_at IS NULL GROUP BY task"
    )
    faults = [f"{lost} registrations owe nothing"] if lost else []
    faults += [f"promised {number} times: {task}" for task, number in twice]
    return faults + [f"not kept: {number} x {task}, {tries} tries, {why}" for task, number, tries, why in unkept]


def judge_mails(house: House, seen: Seen) -> list[str]:
    """Each mail was sent, and repeats are the same bytes and no more than there were tasks in flight."""
    copies = copies_of(house)
    known = {
        str(message_id): int(str(tries))
        for message_id, tries in house.query(
            "SELECT m.message_id, p.tries + p.refusals FROM mail m JOIN promise p ON p.id = m.promise_id"
        )
    }
    faults = [f"never sent: {number}" for number in known.keys() - copies.keys()]
    faults += [f"sent by nobody: {number}" for number in copies.keys() - known.keys()]
    for number, bodies in copies.items():
        if len(set(bodies)) > 1:
            faults.append(f"repeated with other bytes: {number}")
        if len(bodies) > known.get(number, 0):
            faults.append(f"sent {len(bodies)} times in {known.get(number)} tries: {number}")
    in_flight = CONCURRENCY * sum(seen.kills[part] for part in ("worker", "postgres", "backend"))
    repeats = sum(len(bodies) - 1 for bodies in copies.values())
    return faults + ([f"{repeats} repeats, but at most {in_flight} were in flight"] if repeats > in_flight else [])


def copies_of(house: House) -> dict[str, list[str]]:
    """The mails that arrived: for each Message-ID the digests of what came under it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for file in (house.sink.maildir / "new").iterdir():
        body = file.read_bytes()
        [number] = [line[12:] for line in body.split(b"\r\n") if line.lower().startswith(b"message-id: ")][:1]
        found[number.decode().strip()].append(hashlib.sha256(body).hexdigest())
    return found


def judge_audit(house: House, seen: Seen) -> list[str]:
    """The chain is whole, and every head that was noted is in it."""
    with house.work():
        audit.seal(1_000_000)
    with house.work():
        faults = [f"audit: entry {fault.entry_id} {fault.kind}" for fault in audit.verify()]
        for head in seen.heads[-3:]:
            faults += [f"audit: entry {fault.entry_id} {fault.kind}" for fault in audit.verify(head)]
    unchained = house.query("SELECT (SELECT count(*) FROM audit_entry) - (SELECT count(*) FROM audit_seal)")[0][0]
    silent = house.query(
        "SELECT count(*) FROM registration r WHERE r.reference IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM audit_entry a WHERE a.subject_id = r.id)"
    )[0][0]
    faults += [f"{unchained} entries of the audit are not chained"] if unchained else []
    return faults + ([f"{silent} registrations without a trace in the audit"] if silent else [])


def report(house: House, seen: Seen, seconds: float, calm_after: float | None) -> None:
    """The table."""
    [(promises, tries, parked)] = house.query("SELECT count(*), max(tries), count(parked_at) FROM promise")
    [(entries,)] = house.query("SELECT count(*) FROM audit_entry")
    copies = copies_of(house)
    lines = {
        "storm": f"{seconds:.0f} s, {sum(seen.kills.values())} strikes: "
        + ", ".join(f"{part} {number}" for part, number in seen.kills.most_common()),
        "answers": ", ".join(f"{status} {number}" for status, number in seen.statuses.most_common())
        + f"; the slowest {seen.slowest:.1f} s",
        "registrations acknowledged": f"{len(seen.acknowledged)}, withdrawn {len(seen.withdrawn)}",
        "promises": f"{promises}, at most {tries} tries, {parked} parked",
        "all kept after": f"{calm_after:.0f} s" if calm_after is not None else f"more than {CALM} s",
        "mails": f"{len(copies)}, {sum(len(bodies) - 1 for bodies in copies.values())} repeats",
        "audit": f"{entries} entries, {seen.sealed} chained during the storm",
        "bugs logged": ", ".join(f"{what} {number}" for what, number in bugs(house).most_common(8)) or "none",
    }
    for name, text in lines.items():
        sys.stdout.write(f"{name:<28}{text}\n")


def bugs(house: House) -> Counter[str]:
    """Errors that the processes called bugs: their kind and place."""
    found: Counter[str] = Counter()
    for log in house.folder.glob("*.log"):
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if re.search(r"error *\] bug\b|task\.failed|mail\.(write_failed|not_sent)|promise\.parked", line):
                told = dict(re.findall(r"(error|cause|where|task)=(\S+)", line))
                found[f"{log.stem}: {' '.join(told.values())}"] += 1
    return found


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="tests.storm", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None, help="Choose the same victims again.")
    parser.add_argument("--parts", default=None, help=f"Only these die, parted by commas: {', '.join(WEIGHTS)}")
    parser.add_argument("--logs", type=Path, default=None, help="Copy the logs of all processes into this folder.")
    wanted = parser.parse_args()
    random.seed(wanted.seed)
    return 1 if run(wanted.seconds, set(wanted.parts.split(",")) if wanted.parts else None, wanted.logs) else 0


if __name__ == "__main__":
    sys.exit(main())

"""How long everybody waits for 10,000 commitments with 60,000 reports: the list, a search, one page, scorecards, files.

By itself: ``python -m tests.benchmarks.promises``.
"""

import random
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from psycopg import sql
from sqlalchemy import event as events
from sqlalchemy import insert, text

from eventhub.commitments.axes import expected
from eventhub.commitments.models import Commitment, Maker, Milestone, Report, Review, Says, State, Version
from eventhub.evidence.models import Comment, Evidence
from eventhub.kit import codes
from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.kit.normal import plain
from eventhub.rounds.models import RoundItem
from tests import servers
from tests.factories.filled import with_everything
from tests.factories.programme import make_event
from tests.live import House

RECORDS, REPORTS, EVENTS, MAKERS = 10_000, 6, 12, 600
WORDS = ["we", "will", "open", "train", "publish", "protect", "teach", "schools", "clinics", "women", "register"]

Row = tuple[str, str, str, str]


def promise_rows(house: House) -> list[Row]:
    """All of them, on a house's database."""
    house.change("ALTER TABLE commitment_report DISABLE TRIGGER report_followed")
    with house.work():
        _fill()
    house.change("ALTER TABLE commitment_report ENABLE TRIGGER report_followed")
    with house.work():
        filled = _spread(with_everything())
    # As a database does by itself a minute later.
    servers.run_sql(sql.SQL("ANALYZE"), house.name)
    list_, one = "/en/commitments", f"/en/commitments/{filled}"
    return [
        _asked(house, "list of 10,000 commitments", list_, "≤ 50 ms, ≤ 6 SQL"),
        _asked(house, "its last page", f"{list_}?page=500", "≤ 50 ms, ≤ 6 SQL"),
        _asked(house, "search in it", f"{list_}?q=schools+women+register", "≤ 50 ms, ≤ 6 SQL"),
        _asked(house, "filtered by four", f"{list_}?maker=business&country=KE&fresh=silent", "≤ 50 ms"),
        _asked(house, "one commitment with all there is", one, "≤ 50 ms, ≤ 6 SQL"),
        _asked(house, "scorecards, first time", f"{list_}/scorecards", ""),
        _asked(house, "feed of changes, first time", f"{list_}/changes.atom", ""),
        _asked(house, "calendar of due dates, first time", "/cal/days/commitments.ics", ""),
        *(
            _asked(house, f"all of them as {kind.upper()}", f"/open-data/commitments.{kind}", "< 1 s", times=3)
            for kind in ("csv", "xlsx", "json")
        ),
    ]


def _asked(house: House, name: str, path: str, budget: str, times: int = 15) -> Row:
    """The middle of some requests, none of them answered from memory."""
    spent, statements, size = [], 0, 0
    client = house.app.test_client()
    for number in range(times):
        house.app.extensions["eventhub.pages"]._pages.clear()
        house.app.extensions["eventhub.pages"].ready.clear()
        with _counted() as count:
            begun = time.perf_counter()
            answer = client.get(path, base_url=house.origin, environ_base={"REMOTE_PORT": number})
            body = answer.get_data()
            spent.append(time.perf_counter() - begun)
        assert answer.status_code == 200, (path, answer.status_code)
        statements, size = len(count), len(body)
    middle = sorted(spent)[len(spent) // 2]
    return name, f"{middle * 1000:.0f} ms", f"{statements} SQL, {size / 1000:,.0f} KB", budget


class _counted:  # noqa: N801 (reads as a word)
    """The statements of a block."""

    def __enter__(self) -> list[str]:
        self.seen: list[str] = []
        events.listen(_engine(), "before_cursor_execute", self._note)
        return self.seen

    def __exit__(self, *_: object) -> None:
        events.remove(_engine(), "before_cursor_execute", self._note)

    def _note(self, _link: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("SET ", "SHOW ")):
            self.seen.append(statement)


def _engine() -> object:
    from sqlalchemy.engine import Engine  # noqa: PLC0415 (all of them, whichever pool answers)

    return Engine


def _fill() -> None:
    chance, moment = random.Random(7), now()
    places = [make_event(first_day=(moment - timedelta(days=60 * number + 20)).date()) for number in range(EVENTS)]
    kinds, themes = codes.codes("commitment_maker_type"), codes.codes("theme")
    countries = [code for code, _name in codes.countries("en")]
    rows: dict[type, list[dict[str, object]]] = {one: [] for one in (Commitment, Version, Maker, Milestone, Report)}
    for number in range(RECORDS):
        _one(chance, moment, number, places, kinds, themes, countries, rows)
    for table, values in rows.items():
        for part in _parts(values):
            db.session.execute(insert(table_of(table)), part)


def _spread(filled: Commitment) -> str:
    """Let all the others have its evidence, comments, reviews and silent rounds too; the reference of it."""
    for table in (Evidence, Comment, Review, RoundItem):
        named = [f'"{one.name}"' for one in table_of(table).columns if one.name not in {"id", "commitment_id"}]
        columns, mine = ", ".join(named), ", ".join(f"o.{name}" for name in named)
        name = table_of(table).name
        others = f"SELECT gen_random_uuid(), c.id, {mine} FROM {name} o, commitment c"
        made = f"INSERT INTO {name} (id, commitment_id, {columns}) {others}"
        db.session.execute(text(f"{made} WHERE o.commitment_id = :id AND c.id <> :id"), {"id": filled.id})
    return filled.reference


def _one(chance, moment, number, places, kinds, themes, countries, rows) -> None:  # type: ignore[no-untyped-def]
    event = places[number % EVENTS]
    own_id, wording = uuid.uuid4(), " ".join(chance.choices(WORDS, k=30))
    published = moment - timedelta(days=60 * (number % EVENTS) + 10, seconds=number)
    heard = min(moment, published + timedelta(days=chance.randrange(1, 400))).date()
    heard = max(heard, published.date())
    name = f"Ministry {number % MAKERS}"
    said = chance.choice(list(Says))
    rows[Commitment].append(
        {
            **dict.fromkeys(("session_id", "kind", "captured_by_id", "withdrawn_at", "withdrawn_why", "seal_key_id")),
            "id": own_id,
            "event_id": event.id,
            "state": State.PUBLISHED,
            "language": "en",
            "said_at": published,
            "speaker": "",
            "captured_at": published,
            "newest": 1,
            "confirmed": 1,
            "confirmed_at": published,
            "themes": chance.sample(themes, 2),
            "groups": [],
            "sdgs": ["4"],
            "countries": [chance.choice(countries)],
            "said": said,
            "checked": "unverified",
            "heard_on": heard,
            "published_at": published,
            "expected_on": expected(published.date(), heard),
            "withdrawn_reason": "",
            "sealed_reason": None,
            "plain": plain(f"{wording} {name}"),
            "lock": 1,
        }
    )
    rows[Version].append(
        {
            **dict.fromkeys(("start_on", "amount", "currency", "written_by_id")),
            "commitment_id": own_id,
            "number": 1,
            "wording": wording,
            "title": wording[:60],
            "reason": "",
            "due_on": (published + timedelta(days=chance.randrange(30, 900))).date(),
            "beneficiaries": "",
            "by_maker": False,
            "written_at": published,
        }
    )
    rows[Maker].append(
        {
            "id": uuid.uuid4(),
            "commitment_id": own_id,
            "position": 1,
            "name": name,
            "is_lead": True,
            "kind": kinds[number % len(kinds)],
            "country": countries[number % 150],
            "organisation_id": None,
        }
    )
    for place in (1, 2, 3):
        step = {"id": uuid.uuid4(), "commitment_id": own_id, "position": place, "text": "A step", "due_on": None}
        rows[Milestone].append(step | {"done_on": heard if place == 1 else None})
    for place in range(REPORTS):
        at = published + timedelta(days=60 * place + 5)
        told = {"id": uuid.uuid4(), "commitment_id": own_id, "said_at": at, "text": "Forty-six of them are open now"}
        rows[Report].append(told | {"says": said if place == REPORTS - 1 else chance.choice(list(Says))})


def _parts(values: list[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    for first in range(0, len(values), 5_000):
        yield values[first : first + 5_000]


def main() -> None:
    """Print the figures."""
    running = servers.Servers()
    running.start()
    try:
        with tempfile.TemporaryDirectory(prefix="eventhub-bench-") as folder, House(Path(folder)) as house:
            for row in promise_rows(house):
                print("  ".join(cell.ljust(width) for cell, width in zip(row, (36, 12, 24, 20), strict=True)).rstrip())  # noqa: T201
    finally:
        running.stop()


if __name__ == "__main__":
    main()

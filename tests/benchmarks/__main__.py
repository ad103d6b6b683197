"""Start the app in its production form, load it, and print what it does beside floors and budgets."""

import asyncio
import gzip
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlencode

from tests import servers
from tests.benchmarks import floors
from tests.benchmarks.choices import choice_rows
from tests.benchmarks.invites import calendar_rows
from tests.benchmarks.load import Link, Rate, flow, get
from tests.benchmarks.prints import badge_rows
from tests.benchmarks.promises import promise_rows
from tests.benchmarks.reviews import review_rows
from tests.benchmarks.rounds import round_rows
from tests.benchmarks.scene import ROWS, Scene, build
from tests.live import ROOT, House

ZIPPED = {"Accept-Encoding": "gzip"}
Step = Callable[[Link], Awaitable[bool]]


def main() -> None:
    """One run, some minutes."""
    running = servers.Servers()
    running.start()
    try:
        with tempfile.TemporaryDirectory(prefix="eventhub-bench-") as folder, House(Path(folder)) as house:
            print("Preparing 5,000 registrations, 1,030 sessions and 1,500 people …", flush=True)  # noqa: T201
            scene = build(house)
            rows = [
                *_start(),
                *_floors(house),
                *_measure(house, scene),
                *calendar_rows(house),
                *promise_rows(house),
                *badge_rows(house, scene.forum_id),
                *review_rows(),
                *choice_rows(),
            ]
        # By itself: it has a house of its own, whose workers need both cores.
        rows += round_rows()
        _print(rows)
    finally:
        running.stop()


# Not ru_maxrss, which a child inherits from whoever started it.
PEAK = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"

Row = tuple[str, str, str, str]


def _start() -> list[Row]:
    # Logs are drawn in colours where a tool for developers has brought the library for it: no server has that.
    code = f"import sys; sys.modules['rich'] = None; import eventhub.wsgi; {PEAK}"
    # As the web server is started (eventhub/local/household.py); an installation has its bytecode.
    start = [sys.executable, "-OO", "-c", code]
    settings = {"DATABASE_URL": servers.database_url(servers.TEMPLATE), "PATH": ""}
    for _ in range(2):
        begun = time.perf_counter()
        done = subprocess.run(start, cwd=ROOT, env=settings, capture_output=True, check=True)
        seconds = time.perf_counter() - begun
    return [
        ("web worker, cold start", f"{seconds:.1f} s", "", "≤ 1.5 s"),
        ("web worker, memory", f"{int(done.stdout) // 1024} MB", "", "≤ 120 MB"),
    ]


def _floors(house: House) -> list[Row]:
    hello = floors.web_server(house)
    seats = floors.one_row_transactions(servers.plain(house.settings.database_owner_url))
    return [
        ("floor: a constant of 4 KB", f"{hello.per_second:,.0f}/s", "", ""),
        ("floor: take a seat and write a row", f"{seats:,.0f}/s", "", ""),
    ]


def _measure(house: House, scene: Scene) -> list[Row]:
    house.web(workers=2)
    origin = house.origin
    event = f"{origin}/en/events/{scene.forum}"
    feed, whole = f"{origin}/cal/f/{scene.forum_id}.ics", f"{origin}/cal/f/{scene.big_id}.ics"
    personal = f"{origin}/cal/{scene.personal}.ics"
    status, headers, body = asyncio.run(_once(event, ZIPPED))
    assert status == 200, status
    etag, feed_etag = headers["etag"], asyncio.run(_once(feed, ZIPPED))[1]["etag"]
    rows: list[Row] = [
        ("event page, weight of the HTML", f"{len(body) / 1000:.1f} KB", "", "≤ 30 KB with style"),
        _rated("event page", get(event, headers=ZIPPED), "≥ 4,000/s from memory"),
        _rated("event page, 304", get(event, headers=ZIPPED | {"If-None-Match": etag}), "no page built"),
        _rated("programme feed of 30", get(feed, headers=ZIPPED), "≥ 1,000/s"),
        _rated("programme feed of 30, 304", get(feed, headers=ZIPPED | {"If-None-Match": feed_etag}), "≥ 2,000/s"),
        _rated("personal feed of 30", get(personal, headers=ZIPPED), "≥ 1,000/s"),
    ]
    begun = time.perf_counter()
    _, _, large = asyncio.run(_once(whole, ZIPPED))
    rows.append(
        ("feed of 1,000, first time", f"{(time.perf_counter() - begun) * 1000:.0f} ms", f"{len(large):,} B", "")
    )
    registered = flow([_registering(scene, cookie) for cookie in scene.newcomers], origin)
    rows.append(_rated("registration, GET + POST", registered, "≥ 300/s"))
    return [*rows, *_desk(origin, scene)]


def _desk(origin: str, scene: Scene) -> list[Row]:
    cookie = {"Cookie": f"session={scene.admin}"} | ZIPPED
    desk = f"/en/console/events/{scene.forum}/registrations"

    async def ask() -> list[Row]:
        link = await Link.open(origin)
        times = []
        for _ in range(30):
            begun = time.perf_counter()
            status, _, body = await link.ask("GET", desk, cookie)
            times.append(time.perf_counter() - begun)
            assert status == 200, status
        plain = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        rows: list[Row] = [
            (
                f"organizer's list of {ROWS:,}",
                f"{sorted(times)[15] * 1000:.0f} ms",
                f"{len(plain) / 1000:.0f} KB",
                "≤ 50 ms, ≤ 200 KB",
            )
        ]
        for kind, budget in (("csv", "< 0.5 s"), ("xlsx", "< 1 s")):
            _, _, page = await link.ask("GET", f"{desk}/export", {"Cookie": cookie["Cookie"]})
            fields = hidden(page.decode()) | {"reason": "Benchmark of the export", "kind": kind}
            begun = time.perf_counter()
            status, _, file = await link.ask("POST", f"{desk}/export?state=all", form_headers(cookie), encoded(fields))
            seconds = time.perf_counter() - begun
            assert status == 200, (status, file[:2000])
            rows.append((f"export as {kind.upper()}", f"{seconds:.2f} s", f"{len(file) / 1000:,.0f} KB", budget))
        link.close()
        return rows

    return asyncio.run(ask())


def _registering(scene: Scene, cookie: str) -> Step:
    path = f"/en/events/{scene.dialogue}/register"

    async def step(link: Link) -> bool:
        headers = {"Cookie": f"session={cookie}"}
        status, _, body = await link.ask("GET", path, headers)
        page = body.decode()
        action = re.search(r'<form[^>]*method="post"[^>]*action="([^"]+)"', page)
        fields = hidden(page) | {"q_display_name": "A. Person", "q_residence": "KE"}
        answer, _, _ = await link.ask(
            "POST", action.group(1) if action else path, form_headers(headers), encoded(fields)
        )
        return status == 200 and answer == 303

    return step


async def _once(url: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    link = await Link.open(url)
    answer = await link.ask("GET", url.split("/", 3)[3].join(("/", "")), headers)
    link.close()
    return answer


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the page's first form."""
    return dict(re.findall(r'<input[^>]*name="(csrf_token|form_key)"[^>]*value="([^"]*)"', page))


def form_headers(headers: dict[str, str]) -> dict[str, str]:
    """Headers of a form that is sent."""
    return headers | {"Content-Type": "application/x-www-form-urlencoded"}


def encoded(fields: dict[str, str]) -> bytes:
    """A form's body."""
    return urlencode(fields).encode()


def _rated(name: str, rate: Rate, budget: str) -> Row:
    failed = f", {rate.failed} failed" if rate.failed else ""
    return name, f"{rate.per_second:,.0f}/s", f"slow {rate.p95_ms:.0f} ms{failed}", budget


def _print(rows: list[Row]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())  # noqa: T201


if __name__ == "__main__":
    main()

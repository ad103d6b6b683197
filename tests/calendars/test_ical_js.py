"""ical.js reads the same instants as we wrote: an independent parser, where node and the package are present.

NODE_PATH says where ``npm install ical.js`` put it.
"""

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventhub.calendars.ics import alarm_bytes, with_alarm
from eventhub.calendars.zones import LocalTimeAmbiguous, LocalTimeDoesNotExist, resolve_local
from tests.calendars.occasions import SCRIPTS, cancel, feed, occasion, request, wall

READ = """
const ICAL = require("ical.js").default || require("ical.js");
const root = new ICAL.Component(ICAL.parse(require("fs").readFileSync(0, "utf8")));
for (const zone of root.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
console.log(JSON.stringify(root.getAllSubcomponents("vevent").map((one) => {
  const event = new ICAL.Event(one);
  const alarm = one.getFirstSubcomponent("valarm");
  return {
    uid: event.uid, summary: event.summary, description: event.description, location: event.location,
    sequence: event.sequence, status: one.getFirstPropertyValue("status"),
    start: event.startDate.toUnixTime(), end: event.endDate.toUnixTime(),
    alarm: alarm && alarm.getFirstPropertyValue("trigger").toSeconds(),
  };
})));
"""


@cache
def present() -> bool:
    """Whether node finds the package."""
    node = shutil.which("node")
    if node is None:
        return False
    return subprocess.run([node, "-e", "require('ical.js')"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not present(), reason="node with ical.js is not here")


def read(data: bytes) -> list[dict[str, object]]:
    """The entries as ical.js understands them."""
    done = subprocess.run(["node", "-e", READ], input=data, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()[:500]
    return list(json.loads(done.stdout))


def test_feeds_invites_and_cancellations_are_read_whole() -> None:
    words = {"summary": SCRIPTS["ar"], "description": "a; b, c \\ d\n" + SCRIPTS["emoji"], "location": SCRIPTS["zh"]}
    entry = occasion(**words)
    off = occasion(**words, status="CANCELLED", sequence=1)
    for data, status in ((feed(entry), "CONFIRMED"), (request(entry), "CONFIRMED"), (cancel(off), "CANCELLED")):
        [found] = read(data)
        assert {name: found[name] for name in words} == words
        assert (found["uid"], found["status"]) == (entry.uid, status)


@pytest.mark.parametrize("minutes", [15, 60, 1440, 1500])
def test_reminders_come_so_long_before(minutes: int) -> None:
    data = feed(occasion())
    event = data[data.index(b"BEGIN:VEVENT") : data.index(b"END:VCALENDAR")]
    [found] = read(data.replace(event, with_alarm(event, alarm_bytes(minutes, "Reminder", "en"))))
    assert found["alarm"] == -60 * minutes


ZONES = ["Europe/Zurich", "America/New_York", "Asia/Kathmandu", "Africa/Cairo", "Asia/Jerusalem", "Pacific/Kiritimati"]


@given(
    st.lists(
        st.tuples(
            st.datetimes(wall("2026-01-01"), wall("2028-12-31")),
            st.integers(15, 2_000),
            st.sampled_from(ZONES),
        ),
        min_size=1,
        max_size=40,
    )
)
@settings(deadline=None, max_examples=15)
def test_it_reads_the_same_instants(times: list[tuple[datetime, int, str]]) -> None:
    entries, meant = [], {}
    for number, (start, minutes, zone) in enumerate(times):
        local = start.replace(second=0, microsecond=0)
        end = local + timedelta(minutes=minutes)
        try:
            instants = [resolve_local(one, zone).astimezone(UTC) for one in (local, end)]
        except (LocalTimeDoesNotExist, LocalTimeAmbiguous):
            continue
        uid = f"{number}@cal.example.org"
        if instants[0] < instants[1]:
            entries.append(occasion(uid=uid, start_local=local, end_local=end, zone=zone))
            meant[uid] = tuple(int(one.timestamp()) for one in instants)
    if entries:
        assert {str(one["uid"]): (one["start"], one["end"]) for one in read(feed(*entries))} == meant

"""A feed as people's programs take it: vdirsyncer fetches it twice over HTTP and khal shows it, where they are here.

vdirsyncer puts a UID of its own for each entry that is only read, so that they are not compared here.

CALENDAR_CLIENTS names a folder with both, such as the bin of an environment of their own; else the PATH is looked at.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from eventhub.calendars import actions, feeds
from eventhub.kit.db import db
from eventhub.programme.models import EventKind, Publication, Session
from tests.calendars.occasions import SCRIPTS
from tests.factories.calendars import make_chooser, make_entry
from tests.factories.programme import make_event
from tests.live import House


def program(name: str) -> str | None:
    """The path of a client."""
    return shutil.which(name, path=os.environ.get("CALENDAR_CLIENTS") or None)


pytestmark = [
    pytest.mark.lane,
    pytest.mark.skipif(not (program("vdirsyncer") and program("khal")), reason="vdirsyncer and khal are not here"),
]

FETCH = """
[general]
status_path = "{folder}/status"
[pair house]
a = "there"
b = "here"
collections = null
conflict_resolution = "a wins"
[storage there]
type = "http"
url = "{url}"
[storage here]
type = "filesystem"
path = "{folder}/entries"
fileext = ".ics"
"""
SHOW = """
[calendars]
[[house]]
path = {folder}/entries
readonly = True
[locale]
local_timezone = UTC
default_timezone = UTC
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%dT%H:%M
longdatetimeformat = %Y-%m-%dT%H:%M
[sqlite]
path = {folder}/khal.db
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house")) as made:
        made.web()
        yield made


def run(name: str, *arguments: str, folder: Path) -> str:
    """What a client prints; it must be content."""
    path = program(name)
    assert path
    done = subprocess.run(
        [path, *arguments], env={"HOME": str(folder), "PATH": os.defpath, "LANG": "C.UTF-8"}, capture_output=True
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()[-2_000:]
    return done.stdout.decode() + done.stderr.decode()


def shown(folder: Path) -> dict[str, tuple[datetime, datetime]]:
    """Titles and instants as khal lists them."""
    asked = ("--format", "{title}\t{start}\t{end}", "--day-format", "", "--notstarted")
    listed = run("khal", "-c", f"{folder}/khal.conf", "list", *asked, "2020-01-01", "2040-01-01", folder=folder)
    rows = [line.split("\t") for line in listed.splitlines() if "\t" in line]
    return {title: (_instant(start), _instant(end)) for title, start, end in rows}


def _instant(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def test_vdirsyncer_and_khal_read_the_feed_end_to_end(house: House, tmp_path: Path) -> None:
    with house.work():
        event = make_event(kind=EventKind.FORUM)
        words = [SCRIPTS[lang] for lang in ("ar", "zh", "ru", "emoji")]
        entries = [make_entry(event, start=time(8 + place * 2), hours=1) for place in range(len(words))]
        sessions = [db.session.get_one(Session, entry.session_id) for entry in entries]
        for session, title in zip(sessions, words, strict=True):
            session.title = {"en": title}
            actions.follow_session(session)
        person = make_chooser(*sessions)
        secret = feeds.feed_token(actions.new_link(person))
        instants = {one.title["en"]: (one.starts_at, one.ends_at) for one in sessions}
        first, off = sessions[0].id, sessions[-1].id
    for name, text in (("fetch.conf", FETCH), ("khal.conf", SHOW)):
        (tmp_path / name).write_text(text.format(folder=tmp_path, url=f"{house.origin}/cal/{secret}.ics"))
    for folder in ("entries", "status"):
        (tmp_path / folder).mkdir()
    fetch = "-c", f"{tmp_path}/fetch.conf"
    run("vdirsyncer", *fetch, "discover", folder=tmp_path)
    run("vdirsyncer", *fetch, "sync", folder=tmp_path)
    assert len(list((tmp_path / "entries").iterdir())) == len(words)
    assert shown(tmp_path) == instants

    # Half an hour later in the first, the last one called off; what did not change is not fetched anew.
    before = {path.read_bytes() for path in (tmp_path / "entries").iterdir()}
    with house.work():
        session = db.session.get_one(Session, first)
        for name in ("starts_local", "ends_local", "starts_at", "ends_at"):
            setattr(session, name, getattr(session, name) + timedelta(minutes=30))
        gone = db.session.get_one(Session, off)
        gone.publication = Publication.CANCELLED
        for one in (session, gone):
            actions.follow_session(one)
        moved = {session.title["en"]: (session.starts_at, session.ends_at)}
    said = run("vdirsyncer", *fetch, "sync", folder=tmp_path)
    assert said.count("Copying") == 2, said
    after = {path.read_bytes() for path in (tmp_path / "entries").iterdir()}
    assert (len(after), len(before & after)) == (4, 2)
    assert shown(tmp_path) | moved == shown(tmp_path)
    assert sum(b"STATUS:CANCELLED" in data for data in after) == 1

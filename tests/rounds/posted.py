"""A round that real workers send while they are killed: what arrived, and whether each mailbox got its mail once."""

import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.local.mailsink import Answer
from eventhub.rounds import asking, opening
from eventhub.rounds.models import RoundLink
from tests.factories.rounds import event_of_months_ago, followed, multiply
from tests.live import House, wait_for

IN_HAND = 8
"""So many mails a worker sends at once: as many may be on their way when it is killed."""
LOST = 33
"""Each so many mailboxes one that no server knows: three in a hundred."""
UNKEPT = "SELECT count(*) FROM promise WHERE kept_at IS NULL AND parked_at IS NULL"


@dataclass
class Posted:
    """``took``: seconds to queue all; ``faults``: what does not hold; ``repeats``: mails that came once more."""

    took: float
    seconds: float
    mails: int
    lost: int
    repeats: int
    faults: list[str]


def rule(recipient: str, _before: int) -> Answer:
    """A server that does not know the mailboxes that are lost."""
    return Answer(550, "5.1.1 no such user") if recipient.startswith("lost-") else Answer()


def send(folder: Path, many: int, *, kills: int) -> Posted:
    """Ask so many mailboxes, kill the worker as often while they are asked, and judge what came of it."""
    with House(folder) as house:
        house.sink.rule = rule
        with house.work():
            multiply(followed(event_of_months_ago(), "maker-0@example.org"), many - 1, lost=LOST)
        house.change("DELETE FROM promise")
        began = time.monotonic()
        with house.work():
            assert opening.open_due(now()) == 1
            assert opening.open_due(now()) == 0
        took = time.monotonic() - began
        began = time.monotonic()
        house.relay()
        _send_through(house, many, kills)
        _settle(house, many)
        with house.work():
            while asking.bounced_due():
                db.session.flush()
            boxes = set(db.session.scalars(select(RoundLink.email).where(RoundLink.ended.is_(None))))
            lost = set(db.session.scalars(select(RoundLink.email).where(RoundLink.ended.is_not(None))))
        _settle(house, many)
        return _judged(house, Posted(took, time.monotonic() - began, 0, len(lost), 0, []), boxes, lost, kills)


def _send_through(house: House, many: int, kills: int) -> None:
    for number in range(kills):
        worker = house.worker()
        until = many * (number + 1) // (kills + 2)
        wait_for(lambda: len(house.sink.answers) >= until, seconds=60 + many / 10, what=f"{until} mails")  # noqa: B023
        house.end(worker, signal.SIGKILL)
        house.change("UPDATE promise SET leased_until = now(), offered_until = now() WHERE kept_at IS NULL")
    house.worker()


def _settle(house: House, many: int) -> None:
    wait_for(lambda: house.query(UNKEPT) == [(0,)], seconds=90 + many / 10, what="all promises")


def _judged(house: House, found: Posted, boxes: set[str], lost: set[str], kills: int) -> Posted:
    """Each mailbox has its mail under one number, none that is lost has any, and none came again but on its way."""
    mails = [(str(mail["To"]), str(mail["Message-ID"])) for mail in house.mails()]
    numbers = Counter(box for box, _number in set(mails))
    found.mails, found.repeats = len(mails), len(mails) - len(set(mails))
    expected = {one for one in boxes if not one.startswith("lost-")}
    if set(numbers) != expected:
        found.faults.append(f"{len(expected - set(numbers))} without a mail, {len(set(numbers) - expected)} too many")
    if several := [box for box, times in numbers.items() if times > 1]:
        found.faults.append(f"{len(several)} with several mails, such as {several[0]}")
    if boxes & lost or {one for one in lost if not one.startswith("lost-")}:
        found.faults.append("a mailbox that came back is still asked, or another one is not")
    if found.repeats > IN_HAND * kills:
        found.faults.append(f"{found.repeats} repeats, but at most {IN_HAND * kills} were on their way")
    return found

"""A round sent by real workers: each mailbox gets its mail once, though a worker is killed half way."""

import signal
from collections import Counter
from pathlib import Path

import pytest

from eventhub.kit.clock import now
from eventhub.rounds import opening
from tests.factories.commitments import new_address
from tests.factories.rounds import event_of_months_ago, followed
from tests.live import House, wait_for

pytestmark = pytest.mark.lane
BOXES = 24
IN_HAND = 4
"""So many mails a worker sends at once."""


def test_each_mailbox_gets_its_mail_once_through_a_killed_worker(tmp_path: Path) -> None:
    boxes = [new_address() for _ in range(BOXES)]
    with House(tmp_path) as house:
        with house.work():
            event = event_of_months_ago()
            for box in boxes:
                followed(event, box)
        house.change("DELETE FROM promise")
        with house.work():
            assert opening.open_due(now()) == 1
            assert opening.open_due(now()) == 0
        first = house.worker()
        house.relay()
        wait_for(lambda: len(house.mails()) >= 3, seconds=60, what="the first mails")
        house.end(first, signal.SIGKILL)
        house.change("UPDATE promise SET leased_until = now(), offered_until = now() WHERE kept_at IS NULL")
        house.worker()
        left = "SELECT count(*) FROM promise WHERE kept_at IS NULL"
        wait_for(lambda: house.query(left) == [(0,)], seconds=90, what="all mails")
        mails = house.mails()
    ids = {str(mail["To"]): str(mail["Message-ID"]) for mail in mails}
    assert set(ids) == set(boxes)
    assert {(str(mail["To"]), str(mail["Message-ID"])) for mail in mails} == set(ids.items())
    again = sum(count - 1 for count in Counter(str(mail["To"]) for mail in mails).values())
    assert again <= IN_HAND, "only what was on its way when the worker was killed comes again, under the same number"

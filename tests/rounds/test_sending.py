"""A round sent by real workers: each mailbox gets its mail once, though the worker is killed and addresses are lost."""

from pathlib import Path

import pytest

from tests.rounds import posted

pytestmark = pytest.mark.lane
BOXES = 300


def test_each_mailbox_gets_its_mail_once_through_a_killed_worker_and_lost_ones_go_on(tmp_path: Path) -> None:
    found = posted.send(tmp_path, BOXES, kills=1)
    assert found.faults == []
    assert found.lost == len([number for number in range(1, BOXES + 1) if number % posted.LOST == 0])
    assert found.mails == BOXES + found.repeats

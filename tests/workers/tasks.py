"""Tasks that only the tests have, for a real worker (``--app tests.workers.tasks:celery``).

``python -m tests.workers.tasks`` is a relay that knows them.
"""

import os
import time

from eventhub.kit.mail import Letter
from eventhub.kit.revisions import bump
from workers.app import mails, writes
from workers.relay import main
from workers.schedule import celery

__all__ = ["celery"]
# Only these: the tests of the plumbing need no feature.
celery.conf.include = ["workers.upkeep"]


@writes("test.count")
def count(name: str) -> None:
    """Count how often this was done, and committed."""
    bump(name)


@writes("test.count_slowly")
def count_slowly(name: str, seconds: float) -> None:
    """The same, with time to be killed in between."""
    bump(name)
    time.sleep(seconds)


@writes("test.poison")
def poison() -> None:
    """Takes the whole worker along."""
    os._exit(1)


@writes("test.broken")
def broken(marker: str) -> None:
    """Fails with words that belong in no log."""
    raise LookupError(f"{marker} at grace.marker@example.org")


@mails("test.letter")
def letter(to: str, number: int) -> Letter:
    """A mail; the address stands in the payload here only because this task belongs to no feature."""
    return Letter(to=to, language="en", subject=lambda: f"Note {number}", template="base")


if __name__ == "__main__":
    main()

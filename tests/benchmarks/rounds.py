"""How long a round of 10,000 invitations takes: to queue them, and to send each once through workers that are killed.

By itself: ``python -m tests.benchmarks.rounds``.
"""

import tempfile
from pathlib import Path

from tests import servers
from tests.rounds import posted

MAILBOXES, KILLS = 10_000, 3

Row = tuple[str, str, str, str]


def round_rows() -> list[Row]:
    """In a house of its own: three mailboxes in a hundred are unknown to their server, and the next ones are asked."""
    with tempfile.TemporaryDirectory(prefix="eventhub-bench-") as folder:
        found = posted.send(Path(folder), MAILBOXES, kills=KILLS)
    faults = "; ".join(found.faults) or f"each mailbox once, {found.repeats} repeats"
    return [
        ("round of 10,000 invitations, queued", f"{found.took:.1f} s", "", "< 10 s"),
        (
            f"the same sent, worker killed {KILLS} times",
            f"{found.mails / found.seconds:,.0f}/s",
            f"{found.lost} came back",
            faults,
        ),
    ]


def main() -> None:
    """Print the figures."""
    running = servers.Servers()
    running.start()
    try:
        for row in round_rows():
            print("  ".join(cell.ljust(width) for cell, width in zip(row, (36, 12, 24, 20), strict=True)).rstrip())  # noqa: T201
    finally:
        running.stop()


if __name__ == "__main__":
    main()

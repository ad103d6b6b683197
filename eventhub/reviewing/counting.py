"""The program that assigns and calibrates, in a process of its own that asking.py starts.

numpy and scipy weigh more than the web does, so they are loaded here alone; the environment is empty, memory and time
have an end. On standard input stands one request as JSON (``Request`` of exchange.py), on standard output the answer.
Whatever goes wrong ends the program with a code and without a word, which might quote the request.
"""

import resource
import sys

from eventhub.reviewing.exchange import ANSWER, FAILED, NOT_UNDERSTOOD, REQUEST, Answer, Request
from eventhub.reviewing.terms import Refused

MEMORY = 1_000_000_000
"""Bytes of address space; 3,000 files and 60 reviewers take half of it, most of that the libraries' own."""
SECONDS = 60
"""Of processor time; whoever waits does so a little longer."""


def main() -> None:
    """Read one request, answer it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        answer = ANSWER.dump_json(answered(REQUEST.validate_json(sys.stdin.buffer.read())))
    except ValueError:
        sys.exit(NOT_UNDERSTOOD)
    except Exception:
        # A traceback shows lines of code, a message of a library perhaps data: neither leaves.
        sys.exit(FAILED)
    sys.stdout.buffer.write(answer)


def answered(request: Request) -> Answer:
    """What the pure modules say. Raises ValueError where the request contradicts itself."""
    if request.do == "calibrate":
        from eventhub.reviewing.calibration import calibrate  # noqa: PLC0415 (loaded under the limits alone)

        return Answer(calibration=calibrate(request.scores))
    if request.panel is None:
        raise ValueError("no panel")
    from eventhub.reviewing.assignment import assign, reassign  # noqa: PLC0415 (see above)

    found = assign(request.panel) if request.do == "assign" else reassign(request.panel, request.held)
    return Answer(refused=found) if isinstance(found, Refused) else Answer(assigned=found)


if __name__ == "__main__":
    main()

"""The program that solves, in a process of its own that asking.py starts.

numpy and highspy weigh more than the rest of the house together, and a hard case may take all the memory it gets: here
both end with the process. On standard input stands one request in JSON, on standard output come lines of JSON:
``{"progress": [done, of]}`` as often as it likes, and at the end ``{"result": …}`` or ``{"refused": "…"}`` with one
of the fixed words of NotAProblem. Whatever else goes wrong ends the program without a word, which might quote data.
"""

import gc
import json
import os
import resource
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from eventhub.selecting import problem as problems
from eventhub.selecting.reserves import reserves
from eventhub.selecting.resolving import resolve
from eventhub.selecting.selection import curve, prices, recompute, solve
from eventhub.selecting.slate import Seat, slate_from_data
from eventhub.selecting.snapshot import restored
from eventhub.selecting.whynot import to_be_told, why_not

MEMORY = 2_000_000_000
"""Bytes of address space. 3,000 applications fill some 64 MB, but a search that branches keeps its branches."""
SECONDS = 900
"""Of processor time: reasons for three thousand people in the background are the longest that is asked."""
FILES = 64


def main() -> None:
    """Answer one request."""
    gc.enable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    # What a library prints by itself must not stand among the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def say(line: Mapping[str, Any]) -> None:
        answers.write(json.dumps(line, allow_nan=False) + "\n")
        answers.flush()

    try:
        request = json.load(sys.stdin.buffer)
        say({"result": ASKED[request["ask"]](request, lambda done, of: say({"progress": [done, of]}))})
    except problems.NotAProblem as refused:
        say({"refused": str(refused)})
    except BaseException:
        # A traceback would show names and scores.
        os._exit(3)


Told = Callable[[int, int], None]
Request = Mapping[str, Any]


def _seconds(request: Request) -> float:
    return float(request.get("seconds", 30.0))


def _solve(request: Request, _told: Told) -> Any:
    return asdict(solve(problems.from_data(request["problem"]), _seconds(request)))


def _recompute(request: Request, _told: Told) -> Any:
    if "former" in request:
        return _resolve({**request, "problem": problems.as_data(restored(request["snapshot"]))}, _told)
    return asdict(recompute(request["snapshot"], _seconds(request)))


def _curve(request: Request, told: Told) -> Any:
    points = curve(problems.from_data(request["problem"]), _seconds(request), told, least=request.get("least", 1))
    return [{**asdict(point), "mean": point.mean} for point in points]


def _prices(request: Request, told: Told) -> Any:
    problem, slate = problems.from_data(request["problem"]), slate_from_data(request["slate"])
    return [asdict(price) for price in prices(problem, slate, _seconds(request), told)]


def _why_not(request: Request, told: Told) -> Any:
    problem, slate = problems.from_data(request["problem"]), slate_from_data(request["slate"])
    who = request.get("who")
    who = to_be_told(problem, slate) if who is None else who
    found = []
    for answer in why_not(problem, slate, who, _seconds(request)):
        found.append({**asdict(answer), "tied": answer.tied})
        told(len(found), len(who))
    return found


def _resolve(request: Request, _told: Told) -> Any:
    former = [Seat(**seat) for seat in request["former"]]
    accepted, gone = request.get("accepted", ()), request.get("gone", ())
    problem = problems.from_data(request["problem"])
    return asdict(resolve(problem, former, accepted=accepted, gone=gone, seconds=_seconds(request)))


def _reserves(request: Request, _told: Told) -> Any:
    return asdict(reserves(problems.from_data(request["problem"]), slate_from_data(request["slate"])))


ASKED: Mapping[str, Callable[[Request, Told], Any]] = {
    "solve": _solve,
    "recompute": _recompute,
    "curve": _curve,
    "prices": _prices,
    "why_not": _why_not,
    "resolve": _resolve,
    "reserves": _reserves,
}


if __name__ == "__main__":
    main()

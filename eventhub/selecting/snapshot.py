"""A problem as one line of canonical JSON and its digest: the same inputs in another order give the same."""

import hashlib
import json

from eventhub.selecting.problem import Problem, as_data, checked, from_data


def canonical(problem: Problem) -> str:
    """The one text of a problem: sorted, without spaces, ASCII. Raises NotAProblem."""
    data = as_data(checked(problem))
    for candidate in data["candidates"]:
        # 80 and 80.0 are one score, and nothing below a thousandth counts.
        candidate["score"] = round(candidate["score"] * 1000) / 1000
        rank = candidate["rank_score"]
        candidate["rank_score"] = None if rank is None else round(rank * 1000) / 1000
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(problem: Problem) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(canonical(problem).encode()).hexdigest()


def restored(text: str) -> Problem:
    """The problem of a canonical text. Raises NotAProblem."""
    return checked(from_data(json.loads(text)))

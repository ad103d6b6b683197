"""Numbers of people as they may leave: rounded down, small ones hidden with enough others, and still where few moved.

SAFETY.md property 4. Pure: codes and numbers, no database. Whoever reads knows how many people there are in all.
"""

from collections.abc import Mapping, Sequence

STEP = 5
"""A smaller number is not told, and any other is rounded down to a multiple."""
MOVED = 5
"""So many people at the least must have made a difference between two tables."""


def shown(number: int) -> int | None:
    """A count as it may leave."""
    return None if number < STEP else number - number % STEP


def told(known: Mapping[str, int]) -> dict[str, int | None]:
    """What of the true numbers may be read, by code: at least how many, None where that is not told.

    With the number of people, which readers know, what is hidden adds up to what is not shown. So the next smallest
    cells are hidden as well until the hidden ones leave room: two of them at least, five people or more behind them,
    and either a larger cell among them or so few people unshown that each one could be empty.
    """
    order = sorted(known, key=lambda code: (known[code], code))
    hidden = [code for code in order if known[code] < STEP]
    if hidden:
        for code in order[len(hidden) :]:
            if _leave_room(known, hidden):
                break
            hidden.append(code)
    return {code: None if code in hidden else shown(number) for code, number in known.items()}


def moves(before: Mapping[str, int], after: Mapping[str, int]) -> bool:
    """Whether at least five people came, left or answered otherwise between two counts."""
    names = before.keys() | after.keys()
    steps = [after.get(name, 0) - before.get(name, 0) for name in names]
    return max(sum(step for step in steps if step > 0), -sum(step for step in steps if step < 0)) >= MOVED


def _leave_room(known: Mapping[str, int], hidden: Sequence[str]) -> bool:
    if len(hidden) < 2 or sum(known[code] for code in hidden) < STEP:
        return False
    unshown = sum(number if code in hidden else number % STEP for code, number in known.items())
    return known[hidden[-1]] >= STEP or unshown <= (STEP - 1) * (len(known) - 1)

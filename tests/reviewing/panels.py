"""Panels of files and reviewers, small ones to think through and large ones made from a seed."""

import itertools
import random
from collections.abc import Callable, Iterator, Sequence

from hypothesis import strategies as st

from eventhub.reviewing.terms import Affinity, File, Pair, Panel, Reviewer

REGIONS = ("africa", "arctic", "asia", None)
LANGUAGES = ("en", "fr")
Choice = tuple[tuple[int, ...], ...]


@st.composite
def panels(draw: st.DrawFn, files: int = 4, reviewers: int = 4, needs: int = 3) -> Panel:
    """Small panels with everything in them: conflicts, languages, regions, loads, people who are away, affinities."""
    names = [f"r{number}" for number in range(draw(st.integers(1, reviewers)))]
    codes = st.frozensets(st.sampled_from(LANGUAGES), max_size=2)
    readers = tuple(
        Reviewer(
            name,
            draw(st.sampled_from(REGIONS)),
            draw(codes),
            draw(st.integers(0, files)),
            draw(st.integers(0, 2)),
            draw(st.integers(0, 9)) == 0,
        )
        for name in names
    )
    read = tuple(
        File(
            f"f{number}",
            draw(st.sampled_from(REGIONS)),
            draw(codes),
            draw(st.frozensets(st.sampled_from(names), max_size=2)),
            draw(st.integers(0, needs)),
        )
        for number in range(draw(st.integers(1, files)))
    )
    known = [Affinity(file.id, name, draw(st.floats(0, 1))) for file in read for name in names if draw(st.booleans())]
    return Panel(read, readers, draw(st.booleans()), tuple(known), draw(st.text(max_size=3)))


def may(panel: Panel, file: File, reviewer: Reviewer) -> bool:
    """May this pair be newly made?"""
    reads = not file.languages or bool(file.languages & reviewer.languages) or not panel.languages_hard
    return reviewer.id not in file.conflicts and reads and not reviewer.away


def elsewhere(file: File, reviewer: Reviewer) -> bool:
    """Is the reviewer known to be of another region than the file?"""
    return file.region is not None and reviewer.region is not None and file.region != reviewer.region


def every_assignment(panel: Panel) -> Iterator[dict[str, tuple[Reviewer, ...]]]:
    """All assignments that hold the hard rules, found by trying: what the programme's answers are measured by."""
    load = {one.id: 0 for one in panel.reviewers}
    chosen: dict[str, tuple[Reviewer, ...]] = {}

    def on(rest: Sequence[File]) -> Iterator[dict[str, tuple[Reviewer, ...]]]:
        if not rest:
            yield dict(chosen)
            return
        free = [one for one in panel.reviewers if may(panel, rest[0], one) and load[one.id] < one.most]
        for readers in itertools.combinations(free, rest[0].needs):
            for one in readers:
                load[one.id] += 1
            chosen[rest[0].id] = readers
            yield from on(rest[1:])
            for one in readers:
                load[one.id] -= 1

    return on(panel.files)


def readers_of(pairs: Sequence[Pair]) -> Callable[[str], set[str]]:
    """Who reads a file, from a list of pairs."""
    found: dict[str, set[str]] = {}
    for one in pairs:
        found.setdefault(one.file, set()).add(one.reviewer)
    return lambda file: found.get(file, set())


def a_large_panel(files: int = 1000, reviewers: int = 20, seed: int = 1, room: int = 30) -> Panel:
    """As a fund has: five regions, three languages, a quarter of the reviewers read all of them, some conflicts."""
    chance = random.Random(seed)
    regions, languages = ("africa", "arctic", "asia", "europe", "pacific"), ("en", "es", "fr")
    names = [f"r{number:02}" for number in range(reviewers)]
    readers = tuple(
        Reviewer(
            name,
            regions[number % 5],
            frozenset(languages) if number % 4 == 0 else frozenset({"en", chance.choice(languages)}),
            files * 3 // reviewers + room,
            10,
        )
        for number, name in enumerate(names)
    )
    read = tuple(
        File(
            f"f{number:04}",
            chance.choice(regions),
            frozenset(chance.sample(languages, chance.choice((1, 1, 2)))),
            frozenset(chance.sample(names, chance.choice((0, 0, 1, 3)))),
        )
        for number in range(files)
    )
    return Panel(read, readers, seed="call")

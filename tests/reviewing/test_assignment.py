"""Who reads which file: rules that always hold, wishes where they can be had, and refusals that name the cause."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventhub.reviewing.assignment import assign
from eventhub.reviewing.terms import Affinity, Assigned, Crowded, File, Pair, Panel, Refused, Reviewer, TooFew
from tests.reviewing.panels import a_large_panel, elsewhere, every_assignment, may, panels, readers_of

ENGLISH, FRENCH = frozenset({"en"}), frozenset({"fr"})


def holds(panel: Panel, found: Assigned) -> None:
    """The rules that nothing may break, and the numbers that the answer tells of itself."""
    files, reviewers = {one.id: one for one in panel.files}, {one.id: one for one in panel.reviewers}
    assert len(set(found.pairs)) == len(found.pairs)
    for pair in found.pairs:
        assert may(panel, files[pair.file], reviewers[pair.reviewer])
    given_to = Counter(pair.file for pair in found.pairs)
    assert all(given_to[one.id] == one.needs for one in panel.files)
    loads = Counter(pair.reviewer for pair in found.pairs)
    assert found.loads == {one.id: loads[one.id] for one in panel.reviewers}
    assert all(loads[one.id] <= one.most for one in panel.reviewers)
    readers = readers_of(found.pairs)
    assert set(found.without_outsider) == {
        one.id
        for one in panel.files
        if one.region and one.needs and not any(elsewhere(one, reviewers[name]) for name in readers(one.id))
    }
    assert found.below_least == {
        one.id: min(one.least, one.most) - loads[one.id]
        for one in panel.reviewers
        if loads[one.id] < min(one.least, one.most) and not one.away
    }
    assert sorted(name for group in found.groups for name in group) == sorted(loads)


@given(panels())
@settings(max_examples=150, deadline=None)
def test_an_assignment_holds_every_rule_or_there_is_none(panel: Panel) -> None:
    found = assign(panel)
    possible = next(every_assignment(panel), None)
    if isinstance(found, Refused):
        assert possible is None, "there is one"
        assert found.short > 0
        assert found.files or found.crowded or found.capacity_short, "no cause is named"
    else:
        assert possible is not None
        holds(panel, found)
        assert found.added == found.pairs
        assert not found.removed


@given(panels(files=5))
@settings(max_examples=100, deadline=None)
def test_a_refusal_counts_right(panel: Panel) -> None:
    """What the cut says is true: so many readings are wanted there, so many can be had, and no more is missing."""
    found = assign(panel)
    if not isinstance(found, Refused):
        return
    files, reviewers = {one.id: one for one in panel.files}, {one.id: one for one in panel.reviewers}
    for one in found.files:
        assert one.possible < one.needs
        assert one.possible + one.conflict + one.language + one.load == len(panel.reviewers)
        assert one.possible == sum(may(panel, files[one.file], other) and other.most > 0 for other in panel.reviewers)
    if found.crowded:
        crowd = [files[name] for name in found.crowded.files]
        assert found.crowded.needs == sum(one.needs for one in crowd)
        full = [reviewers[name] for name in found.crowded.reviewers]
        others = [one for one in panel.reviewers if one not in full]
        places = sum(one.most for one in full) + sum(
            may(panel, file, one) and one.most > 0 for file in crowd for one in others
        )
        assert found.crowded.places == places
        assert found.crowded.needs - places == found.short
    more = sum(one.needs for one in panel.files) - sum(0 if one.away else one.most for one in panel.reviewers)
    assert found.capacity_short == max(0, more)
    # With so many readings fewer there is an assignment: nothing more is missing.
    assert fits_with_fewer(panel, found.short)
    assert not fits_with_fewer(panel, found.short - 1)


def fits_with_fewer(panel: Panel, fewer: int) -> bool:
    """Is there an assignment if ``fewer`` readings are left out, wherever that helps most?"""
    ghosts = tuple(Reviewer(f"ghost{number}", most=1, languages=ENGLISH | FRENCH) for number in range(fewer))
    return next(every_assignment(replace(panel, reviewers=panel.reviewers + ghosts)), None) is not None


@given(panels(), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_of_what_is_given_does_not_matter(panel: Panel, chance: random.Random) -> None:
    files, reviewers, known = list(panel.files), list(panel.reviewers), list(panel.affinities)
    for one in (files, reviewers, known):
        chance.shuffle(one)
    mixed = replace(panel, files=tuple(files), reviewers=tuple(reviewers), affinities=tuple(known))
    assert assign(mixed) == assign(panel)


@given(panels(files=3, needs=2))
@settings(max_examples=100, deadline=None)
def test_somebody_from_elsewhere_reads_wherever_that_is_possible(panel: Panel) -> None:
    """As few files without one as any assignment has, whatever experts and even loads would have liked."""
    panel = replace(panel, languages_hard=True, reviewers=tuple(replace(one, least=0) for one in panel.reviewers))
    found = assign(panel)
    if isinstance(found, Refused):
        return
    fewest = min(
        sum(
            bool(file.region and file.needs) and not any(elsewhere(file, one) for one in readers[file.id])
            for file in panel.files
        )
        for readers in every_assignment(panel)
    )
    assert len(found.without_outsider) == fewest


@given(panels(files=3, needs=2))
@settings(max_examples=60, deadline=None)
def test_where_languages_are_soft_no_pair_is_foreign_without_need(panel: Panel) -> None:
    files = tuple(replace(one, region=None) for one in panel.files)
    readers = tuple(replace(one, least=0) for one in panel.reviewers)
    panel = replace(panel, files=files, reviewers=readers, languages_hard=False)
    found = assign(panel)
    if isinstance(found, Refused):
        return
    fewest = min(
        sum(bool(file.languages) and not file.languages & one.languages for file in files for one in chosen[file.id])
        for chosen in every_assignment(panel)
    )
    assert len(found.without_language) == fewest


def a_panel(files: int, readers: int, needs: int = 3, most: int = 1000, **options: object) -> Panel:
    return Panel(
        tuple(File(f"f{number:03}", needs=needs) for number in range(files)),
        tuple(Reviewer(f"r{number:02}", most=most) for number in range(readers)),
        **options,  # type: ignore[arg-type]
    )


def test_a_real_call() -> None:
    """A thousand files and twenty reviewers: everybody has an outsider and an even share, and all are connected."""
    panel = a_large_panel()
    found = assign(panel)
    assert isinstance(found, Assigned)
    holds(panel, found)
    assert not found.without_outsider
    assert not found.below_least
    assert len(found.groups) == 1
    assert set(found.loads.values()) == {150}


def test_the_seed_decides_among_equals_alone() -> None:
    one, other = assign(a_panel(20, 6, seed="one")), assign(a_panel(20, 6, seed="other"))
    assert isinstance(one, Assigned)
    assert isinstance(other, Assigned)
    assert one.pairs != other.pairs
    assert set(one.loads.values()) == set(other.loads.values()) == {10}


def test_loads_are_even_beside_a_small_most() -> None:
    panel = a_panel(20, 6)
    panel = replace(panel, reviewers=(replace(panel.reviewers[0], most=4), *panel.reviewers[1:]))
    found = assign(panel)
    assert isinstance(found, Assigned)
    assert found.loads["r00"] == 4
    assert sorted(set(found.loads.values())) == [4, 11, 12]


def test_a_promised_least_goes_before_an_even_share() -> None:
    panel = a_panel(10, 5, needs=1)
    panel = replace(panel, reviewers=(replace(panel.reviewers[0], least=6), *panel.reviewers[1:]))
    found = assign(panel)
    assert isinstance(found, Assigned)
    assert found.loads["r00"] == 6
    assert sum(found.loads.values()) == 10


def test_a_least_that_cannot_be_reached_is_told() -> None:
    panel = a_panel(3, 4, needs=2)
    found = assign(replace(panel, reviewers=tuple(replace(one, least=2) for one in panel.reviewers)))
    assert isinstance(found, Assigned)
    assert sum(found.below_least.values()) == 2


def test_experts_read_what_they_know() -> None:
    panel = a_panel(6, 3, needs=1)
    wishes = tuple(Affinity(f"f{number:03}", f"r0{number % 3}", 1.0) for number in range(6))
    found = assign(replace(panel, affinities=wishes))
    assert isinstance(found, Assigned)
    assert set(found.pairs) == {Pair(one.file, one.reviewer) for one in wishes}


def test_groups_are_joined_where_they_can_be() -> None:
    """Two circles of experts would each read their own: one exchange keeps their scores comparable."""
    panel = a_panel(20, 6)
    circles = [(file.id, [f"r{number:02}" for number in range(3 * (at % 2), 3 * (at % 2) + 3)])
               for at, file in enumerate(panel.files)]  # fmt: skip
    wishes = tuple(Affinity(file, name, 1.0) for file, names in circles for name in names)
    found = assign(replace(panel, affinities=wishes))
    assert isinstance(found, Assigned)
    assert len(found.groups) == 1
    own = sum(Pair(one.file, one.reviewer) in found.pairs for one in wishes)
    assert own == 58, "one exchange, two pairs"
    assert set(found.loads.values()) == {10}


@pytest.mark.parametrize("hard", [True, False])
def test_groups_that_a_language_keeps_apart_are_told(hard: bool) -> None:
    files = tuple(File(f"f{number}", None, (ENGLISH, FRENCH)[number % 2], needs=2) for number in range(8))
    readers = tuple(Reviewer(f"r{number}", None, (ENGLISH, FRENCH)[number % 2]) for number in range(4))
    found = assign(Panel(files, readers, hard))
    assert isinstance(found, Assigned)
    assert not found.without_language
    assert found.groups == (("r0", "r2"), ("r1", "r3"))


def test_too_little_room_is_told_in_readings() -> None:
    found = assign(a_panel(10, 4, most=7))
    assert isinstance(found, Refused)
    assert found == Refused(2, capacity_short=2)


def test_each_cause_is_told_for_its_file() -> None:
    panel = Panel(
        (
            File("easy", languages=ENGLISH, needs=1),
            File("hard", languages=FRENCH, conflicts=frozenset({"amal"}), needs=3),
        ),
        (
            Reviewer("amal", languages=FRENCH),
            Reviewer("bea", languages=ENGLISH),
            Reviewer("chi", languages=FRENCH, away=True),
            Reviewer("dag", languages=FRENCH, most=0),
            Reviewer("eve", languages=FRENCH),
        ),
    )
    found = assign(panel)
    assert found == Refused(2, files=(TooFew("hard", 3, 1, conflict=1, language=1, load=2),))
    soft = assign(replace(panel, languages_hard=False))
    assert soft == Refused(1, files=(TooFew("hard", 3, 2, conflict=1, language=0, load=2),))


def test_files_that_want_the_same_few_reviewers_are_told_together() -> None:
    files = (
        *(File(f"french{number}", languages=FRENCH, needs=2) for number in range(3)),
        *(File(f"english{number}", languages=ENGLISH, needs=2) for number in range(3)),
    )
    readers = (
        Reviewer("amal", languages=FRENCH, most=2),
        Reviewer("bea", languages=FRENCH, most=3),
        Reviewer("chi", languages=ENGLISH),
        Reviewer("dag", languages=ENGLISH),
    )
    found = assign(Panel(files, readers))
    assert isinstance(found, Refused)
    assert (found.short, found.capacity_short, found.files) == (1, 0, ())
    assert found.crowded == Crowded(("french0", "french1", "french2"), ("amal",), 6, 5)


def test_nobody_and_nothing() -> None:
    assert assign(Panel((), ())) == Assigned((), {})
    assert isinstance(assign(Panel((File("f"),), ())), Refused)
    assert assign(Panel((), (Reviewer("r"),))) == Assigned((), {"r": 0})


@pytest.mark.parametrize(
    "panel",
    [
        Panel((File("f"), File("f")), ()),
        Panel((), (Reviewer("r"), Reviewer("r"))),
        Panel((File("f", needs=-1),), ()),
        Panel((), (Reviewer("r", most=-1),)),
        Panel((File("f"),), (Reviewer("r"),), affinities=(Affinity("f", "r", 1.5),)),
    ],
)
def test_a_panel_that_contradicts_itself(panel: Panel) -> None:
    with pytest.raises(ValueError):
        assign(panel)

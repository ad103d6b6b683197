"""After a change only what must move moves: somebody leaves, recuses, a file wants one more reader."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from eventhub.reviewing.assignment import assign, reassign
from eventhub.reviewing.terms import Assigned, File, Held, Pair, Panel, Refused, Reviewer
from tests.reviewing.panels import a_large_panel, elsewhere, every_assignment, may, panels, readers_of

MANY_REFUSED = [HealthCheck.filter_too_much]
"""Small panels are often impossible, and then nothing was held before the change: such a case says nothing here."""


def held_of(pairs: Sequence[Pair], begun: Sequence[Pair] = ()) -> list[Held]:
    return [Held(one.file, one.reviewer, one in begun) for one in pairs]


def with_reviewer(panel: Panel, name: str, **changes: object) -> Panel:
    readers = tuple(replace(one, **changes) if one.id == name else one for one in panel.reviewers)  # type: ignore[arg-type]
    return replace(panel, reviewers=readers)


def with_file(panel: Panel, name: str, **changes: object) -> Panel:
    files = tuple(replace(one, **changes) if one.id == name else one for one in panel.files)  # type: ignore[arg-type]
    return replace(panel, files=files)


@st.composite
def changes(draw: st.DrawFn) -> tuple[Panel, list[Held]]:
    """A panel with its assignment, and then something happens."""
    panel = draw(panels(files=3, needs=2))
    found = assign(panel)
    assume(isinstance(found, Assigned) and found.pairs)
    assert isinstance(found, Assigned)
    held = [Held(one.file, one.reviewer, draw(st.booleans())) for one in found.pairs]
    file, reader = draw(st.sampled_from(panel.files)), draw(st.sampled_from(panel.reviewers))
    match draw(st.sampled_from(("leaves", "recuses", "one more", "less room"))):
        case "leaves":
            panel = with_reviewer(panel, reader.id, away=True)
        case "recuses":
            panel = with_file(panel, file.id, conflicts=file.conflicts | {reader.id})
        case "one more":
            panel = with_file(panel, file.id, needs=file.needs + 1)
        case _:
            panel = with_reviewer(panel, reader.id, most=max(0, reader.most - 1))
    return panel, held


def begun_still(panel: Panel, held: Sequence[Held]) -> set[tuple[str, str]]:
    files = {one.id: one for one in panel.files}
    return {(one.file, one.reviewer) for one in held if one.begun and one.reviewer not in files[one.file].conflicts}


def rest_of(panel: Panel, held: Sequence[Held]) -> Panel:
    """The panel without what was begun: what every answer must solve beside it."""
    fixed = begun_still(panel, held)
    load, done = Counter(name for _file, name in fixed), Counter(file for file, _name in fixed)
    readers = tuple(replace(one, most=max(0, one.most - load[one.id])) for one in panel.reviewers)
    files = tuple(
        replace(
            one,
            needs=one.needs - done[one.id],
            conflicts=one.conflicts | {name for file, name in fixed if file == one.id},
        )
        for one in panel.files
    )
    return replace(panel, files=files, reviewers=readers)


@given(changes())
@settings(max_examples=100, deadline=None, suppress_health_check=MANY_REFUSED)
def test_what_was_begun_stays_and_as_little_as_possible_moves(change: tuple[Panel, list[Held]]) -> None:
    panel, held = change
    found, rest = reassign(panel, held), rest_of(panel, held)
    possible = list(every_assignment(rest))
    if isinstance(found, Refused):
        assert not possible, "there is one"
        return
    assert possible
    fixed, before = begun_still(panel, held), {Pair(one.file, one.reviewer) for one in held}
    pairs = {(one.file, one.reviewer) for one in found.pairs}
    assert fixed <= pairs
    files, readers = {one.id: one for one in panel.files}, {one.id: one for one in panel.reviewers}
    assert all(name not in files[file].conflicts for file, name in pairs)
    assert all(may(panel, files[file], readers[name]) for file, name in pairs - fixed)
    assert all(sum(file == one.id for file, _name in pairs) == one.needs for one in panel.files)
    begun = Counter(name for _file, name in fixed)
    assert all(found.loads[one.id] <= max(one.most, begun[one.id]) for one in panel.reviewers)
    assert set(found.added) == set(found.pairs) - before
    assert set(found.removed) == before - set(found.pairs)
    most_kept = max(sum(Pair(file, one.id) in before for file in new for one in new[file]) for new in possible)
    assert len(before & set(found.pairs)) == most_kept + len(fixed)


@given(changes(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, suppress_health_check=MANY_REFUSED)
def test_the_order_of_what_is_given_does_not_matter(change: tuple[Panel, list[Held]], chance: random.Random) -> None:
    panel, held = change
    files, readers, mixed = list(panel.files), list(panel.reviewers), list(held)
    for one in (files, readers, mixed):
        chance.shuffle(one)
    assert reassign(replace(panel, files=tuple(files), reviewers=tuple(readers)), mixed) == reassign(panel, held)


def a_call() -> tuple[Panel, Assigned]:
    panel = a_large_panel(files=200)
    found = assign(panel)
    assert isinstance(found, Assigned)
    return panel, found


def test_nothing_happened() -> None:
    panel, before = a_call()
    after = reassign(panel, held_of(before.pairs))
    assert after == replace(before, added=())


def test_a_reviewer_leaves() -> None:
    """The files that were not begun go to others with an outsider still; the finished reviews count on."""
    panel, before = a_call()
    theirs = [one for one in before.pairs if one.reviewer == "r07"]
    finished = theirs[:10]
    after = reassign(with_reviewer(panel, "r07", away=True), held_of(before.pairs, finished))
    assert isinstance(after, Assigned)
    assert set(after.removed) == set(theirs) - set(finished)
    assert {one.file for one in after.added} == {one.file for one in after.removed}
    assert len(after.added) == len(after.removed) == 20
    assert not after.without_outsider


def test_a_recusal_takes_the_file_away_even_if_it_was_begun() -> None:
    panel, before = a_call()
    pair = before.pairs[40]
    file = next(one for one in panel.files if one.id == pair.file)
    hidden = with_file(panel, file.id, conflicts=file.conflicts | {pair.reviewer})
    after = reassign(hidden, held_of(before.pairs, before.pairs))
    assert isinstance(after, Assigned)
    assert after.removed == (pair,)
    assert [one.file for one in after.added] == [pair.file]


def test_one_more_reader_is_from_elsewhere_if_nobody_was() -> None:
    readers = (*(Reviewer(f"home{number}", "asia") for number in range(6)), Reviewer("away", "africa"))
    held = [Held("f", "home0", begun=True), Held("f", "home1", begun=True)]
    after = reassign(Panel((File("f", "asia", needs=3),), readers), held)
    assert isinstance(after, Assigned)
    assert after.added == (Pair("f", "away"),)
    assert not after.without_outsider


def test_others_make_room_only_where_there_is_no_other_way() -> None:
    """The one who may read the file has no room, so one file moves on to the next, and no more."""
    panel = Panel(
        (File("a", needs=1), File("b", needs=1), File("c", conflicts=frozenset({"bea"}), needs=1)),
        (Reviewer("amal", most=2), Reviewer("bea", most=2)),
    )
    held = [Held("a", "amal"), Held("b", "amal", begun=True)]
    after = reassign(panel, held)
    assert isinstance(after, Assigned)
    assert after.removed == (Pair("a", "amal"),)
    assert set(after.added) == {Pair("a", "bea"), Pair("c", "amal")}
    refused = reassign(panel, [replace(one, begun=True) for one in held])
    assert isinstance(refused, Refused)
    assert [(one.file, one.conflict, one.load) for one in refused.files] == [("c", 1, 1)]


def test_a_file_that_was_withdrawn_is_given_back() -> None:
    panel, before = a_call()
    gone = panel.files[5].id
    after = reassign(replace(panel, files=panel.files[:5] + panel.files[6:]), held_of(before.pairs))
    assert isinstance(after, Assigned)
    assert {one.file for one in after.removed} == {gone}
    assert not after.added


def test_new_files_are_added_to_what_is_held() -> None:
    panel, before = a_call()
    late = File("late", "asia", frozenset({"en"}))
    after = reassign(replace(panel, files=(*panel.files, late)), held_of(before.pairs))
    assert isinstance(after, Assigned)
    assert not after.removed
    assert {one.file for one in after.added} == {"late"}
    readers = {one.id: one for one in panel.reviewers}
    assert any(elsewhere(late, readers[name]) for name in readers_of(after.pairs)("late"))


@pytest.mark.parametrize("held", [[Held("f", "r"), Held("f", "r")], [Held("f", "stranger")]])
def test_what_is_held_must_make_sense(held: list[Held]) -> None:
    with pytest.raises(ValueError):
        reassign(Panel((File("f", needs=1),), (Reviewer("r"),)), held)

"""Whole grants out of several envelopes: what the board's solver allows can always be paid."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.awards.allotting import Need, NoRoom, Purse, Transfer, allot, fitted, missing_of

CELLS = ("disability:yes", "region:africa", "first:yes")


@st.composite
def funds(draw: st.DrawFn) -> tuple[list[Need], list[Purse]]:
    """One envelope for everybody and some for people of one cell each, as calls have them."""
    own = draw(st.integers(0, len(CELLS)))
    purses = [Purse("general", draw(st.integers(0, 300)))]
    purses += [Purse(f"e{number}", draw(st.integers(0, 200)), (CELLS[number],)) for number in range(own)]
    needs = [
        Need(f"p{number}", draw(st.integers(0, 90)), draw(st.sampled_from([(), *((one,) for one in CELLS)])))
        for number in range(draw(st.integers(0, 9)))
    ]
    return needs, purses


@given(funds())
def test_what_fits_in_parts_is_paid_whole(fund: tuple[list[Need], list[Purse]]) -> None:
    needs, purses = fund
    missing = missing_of(needs, purses)
    if missing:
        with pytest.raises(NoRoom) as short:
            fitted(needs, purses)
        assert short.value.missing == missing
        return
    found, moved = fitted(needs, purses)
    by_id = {one.id: one for one in purses}
    left = Counter({one.id: one.free for one in purses})
    for one in moved:
        assert one.amount > 0
        left[one.source] -= one.amount
        left[one.target] += one.amount
    for need in needs:
        assert by_id[found[need.id]].serves(need.cells)
        left[found[need.id]] -= need.amount
    assert min(left.values()) >= 0
    # Money for some goes to nobody else: it never leaves for an envelope that serves more people.
    assert all(not by_id[one.source].cells for one in moved)


def test_nothing_moves_where_whole_grants_fit() -> None:
    needs = [Need("w", 50, ("disability:yes",)), Need("m", 60)]
    purses = [Purse("general", 60), Purse("own", 50, ("disability:yes",))]
    assert fitted(needs, purses) == ({"w": "own", "m": "general"}, ())


def test_the_narrow_envelope_pays_and_the_other_one_fills_it() -> None:
    needs = [Need("w", 50, ("disability:yes",)), Need("m", 60)]
    purses = [Purse("general", 75), Purse("own", 35, ("disability:yes",))]
    with pytest.raises(NoRoom):
        allot(needs, purses)
    assert fitted(needs, purses) == ({"m": "general", "w": "own"}, (Transfer("general", "own", 15),))

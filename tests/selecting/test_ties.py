"""The lottery: committed, repeatable, and only for those who cannot be told apart."""

import hashlib

import pytest

from eventhub.selecting import ties

SEED = "00112233445566778899aabbccddeeff"


def test_commitment() -> None:
    """The published hash belongs to one seed."""
    commitment = ties.commit(SEED)
    assert commitment == hashlib.sha256(bytes.fromhex(SEED)).hexdigest()
    assert ties.verify(SEED, commitment)
    assert ties.verify(SEED, commitment.upper())
    assert not ties.verify(SEED[:-1] + "0", commitment)
    assert not ties.verify("not hexadecimal", commitment)
    assert not ties.verify("00", commitment)
    with pytest.raises(ValueError, match="short"):
        ties.commit("00ff")


def test_order() -> None:
    """Always the same, whoever is named first; another seed gives another order."""
    people = [f"p{number}" for number in range(50)]
    order = ties.order(people, SEED)
    assert order == ties.order(reversed(people), SEED)
    assert sorted(order) == sorted(people)
    assert order != ties.order(people, "ff" * 16)
    # Whoever leaves changes nothing among the others.
    assert [one for one in order if one != "p7"] == list(ties.order([one for one in people if one != "p7"], SEED))
    # Written down once: another machine or version must find the same.
    assert ties.order(["a", "b", "c", "d"], SEED) == ORDER


ORDER = ("b", "a", "d", "c")


def test_band() -> None:
    """Within one deviation of the line people are equals, and stand on it."""
    scores = {"a": 81.0, "b": 79.2, "c": 78.0, "d": 80.0}
    tied = ties.band(scores, {"a": 1.0, "b": 0.5, "c": 2.0}, 80.0)
    assert tied == {"a", "c", "d"}
    assert ties.levelled(scores, tied, 80.0) == {"a": 80.0, "b": 79.2, "c": 80.0, "d": 80.0}


def test_first_timers_come_before_the_lottery() -> None:
    """Then the under-represented, then the lottery alone."""
    people = [f"p{number}" for number in range(9)]
    order = ties.decided(people, SEED, first_time={"p3", "p5"}, under_represented={"p5", "p8"})
    assert order[:3] == ("p5", "p3", "p8")
    assert order[3:] == tuple(one for one in ties.order(people, SEED) if one not in {"p3", "p5", "p8"})

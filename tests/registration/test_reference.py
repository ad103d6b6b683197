"""References survive being read aloud, copied and typed."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.registration.reference import ALPHABET, new_reference, read_reference

CODES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=12)


@given(CODES, st.randoms())
def test_is_read_back_however_it_is_typed(code: str, chance: random.Random) -> None:
    reference = new_reference(code)
    typed = "".join(chance.choice([sign, sign.lower()]) for sign in reference)
    typed = typed.replace("-", chance.choice(["", " ", "–", "-", "_"]))
    head, tail = typed[:-8], typed[-8:]
    confused = tail.replace("0", chance.choice("0oO")).replace("1", chance.choice("1iIlL"))
    assert read_reference(f"  {head}{confused} ") == reference


@given(CODES, st.integers(min_value=0, max_value=7), st.sampled_from(ALPHABET))
def test_one_wrong_sign_is_noticed(code: str, place: int, sign: str) -> None:
    reference = new_reference(code)
    signs = list(reference.replace("-", ""))
    place -= 8
    if signs[place] == sign:
        return
    signs[place] = sign
    assert read_reference("".join(signs)) is None


@given(CODES, st.integers(min_value=0, max_value=6))
def test_two_swapped_signs_are_noticed(code: str, place: int) -> None:
    signs = list(new_reference(code).replace("-", ""))
    place -= 8
    if signs[place] == signs[place + 1]:
        return
    signs[place], signs[place + 1] = signs[place + 1], signs[place]
    assert read_reference("".join(signs)) is None


@pytest.mark.parametrize(
    "typed", ["", "EH", "EH-", "XX-FMI19-7K4Q-2M8T", "EH-" + "A" * 500, "EH-FMI19-٧K4Q-2M8T", "\0"]
)
def test_is_none_when_it_cannot_be_one(typed: str) -> None:
    assert read_reference(typed) is None


def test_looks_as_printed() -> None:
    first, code, body, tail = new_reference("fmi-19").split("-")
    assert (first, code, len(body), len(tail)) == ("EH", "FMI19", 4, 4)

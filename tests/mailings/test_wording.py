"""Placeholders are data: filled once, named where they are unknown, never run."""

import pytest

from eventhub.mailings import wording

VALUES = {"name": "{reference} {0.__class__}", "event": "Forum", "reference": "ABC", "link": "https://x.example"}


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Dear {name}, {event}", []),
        ("{ name }", []),
        ("{Name}", ["{Name}"]),
        ("{name.__class__} and {0} and {}", ["{name.__class__}", "{0}", "{}"]),
        ("{name!r:>9} %(name)s {{name}}", ["{name!r:>9}", "{", "}"]),
        ("an open { brace", ["{"]),
    ],
)
def test_what_is_no_placeholder_is_named(typed: str, told: list[str]) -> None:
    assert wording.unknown(typed) == told


def test_the_link_is_none_for_a_subject() -> None:
    assert wording.unknown("{link}", wording.IN_SUBJECTS) == ["{link}"]


def test_values_are_not_looked_at_again() -> None:
    assert wording.filled("Dear {name} of { event }", VALUES) == "Dear {reference} {0.__class__} of Forum"


def test_paragraphs_lines_and_pieces() -> None:
    [first, second] = wording.paragraphs("Dear {name}\n\n\nGo to {link}\nnow", VALUES)
    assert [[piece.name for piece in line] for line in first] == [["", "name"]]
    assert [[piece.words for piece in line] for line in second] == [["Go to ", "https://x.example"], ["now"]]

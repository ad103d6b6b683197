"""Placeholders in what somebody wrote: named in braces, filled as data. Nothing typed is ever run as a format."""

import re
from collections.abc import Mapping
from typing import NamedTuple

NAMES = ("name", "event", "reference", "link")
"""What may stand in braces in a text."""

IN_SUBJECTS = ("name", "event", "reference")

BRACED = re.compile(r"\{([^{}\n]{0,60})\}")


class Piece(NamedTuple):
    """A part of a line: ``name`` of the placeholder whose value it is, empty for what was typed."""

    name: str
    words: str


def unknown(text: str, known: tuple[str, ...] = NAMES) -> list[str]:
    """What stands in braces and is no placeholder, and braces that stand alone; each once, as it was typed."""
    found = [match[0] for match in BRACED.finditer(text) if match[1].strip() not in known]
    return list(dict.fromkeys([*found, *re.findall(r"[{}]", BRACED.sub("", text))]))


def used(text: str) -> set[str]:
    """The placeholders of a text."""
    return {match[1].strip() for match in BRACED.finditer(text)} & set(NAMES)


def pieces(text: str, values: Mapping[str, str]) -> list[Piece]:
    """A text with its values, which are not looked at again: braces in somebody's name are the name."""
    found, place = [], 0
    for match in BRACED.finditer(text):
        name = match[1].strip()
        if name in values:
            found += [Piece("", text[place : match.start()]), Piece(name, values[name])]
            place = match.end()
    return [piece for piece in (*found, Piece("", text[place:])) if piece.words]


def filled(text: str, values: Mapping[str, str]) -> str:
    """The same as one text."""
    return "".join(piece.words for piece in pieces(text, values))


def paragraphs(text: str, values: Mapping[str, str]) -> list[list[list[Piece]]]:
    """The same in paragraphs, each of lines, each of pieces."""
    return [
        [pieces(line, values) for line in paragraph.split("\n") if line.strip()]
        for paragraph in re.split(r"\n\s*\n", text)
        if paragraph.strip()
    ]

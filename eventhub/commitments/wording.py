"""The words of a commitment: the visible difference of two versions, a short title, and what they leave open. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Literal

TITLE = 110
"""Characters of a title that is cut from the wording."""
PIECES = re.compile(r"\s+|[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")
"""Words with the spaces between them; where a script has no spaces, its signs."""


class Missing(StrEnum):
    """What a wording leaves open that a reader will ask for."""

    DUE = "due"
    MEASURE = "measure"
    MILESTONES = "milestones"
    WHERE = "where"
    FOR_WHOM = "for_whom"


@dataclass(frozen=True)
class Part:
    """A piece of the difference of two texts."""

    kind: Literal["same", "out", "in"]
    text: str


def difference(before: str, after: str) -> list[Part]:
    """What went out and what came in: same and out parts make ``before``, same and in parts ``after``."""
    old, new = PIECES.findall(before), PIECES.findall(after)
    parts: list[Part] = []
    for kind, start, end, begin, stop in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(Part("same", "".join(old[start:end])))
            continue
        if end > start:
            parts.append(Part("out", "".join(old[start:end])))
        if stop > begin:
            parts.append(Part("in", "".join(new[begin:stop])))
    return parts


def title_of(title: str, wording: str) -> str:
    """The title, else the beginning of the wording, cut between words."""
    whole = title or " ".join(wording.split())
    if len(whole) <= TITLE:
        return whole
    cut = whole[:TITLE]
    head = cut.rpartition(" ")[0]
    return (head if len(head) > TITLE // 2 else cut).rstrip(" ,;:，；：、،؛") + "…"


def missing(
    *, due: object, wording: str, indicators: int, milestones: int, countries: Sequence[str], groups: Sequence[str]
) -> list[Missing]:
    """What would make a commitment easier to follow (specific, measurable, dated). It advises and never blocks."""
    found = {
        Missing.DUE: not due,
        Missing.MEASURE: not indicators and not any(sign.isdecimal() for sign in wording),
        Missing.MILESTONES: not milestones,
        Missing.WHERE: not countries,
        Missing.FOR_WHOM: not groups,
    }
    return [what for what, is_missing in found.items() if is_missing]

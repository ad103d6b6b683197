"""A simple look for people in a text: a hint to a moderator, who decides. Pure.

It finds what stands behind a form of address, email addresses and telephone numbers, names that the house knows, and
two words with capitals in the middle of a sentence. It misses names in scripts without capitals that nobody addresses.
"""

import re
from collections.abc import Iterable

MOST = 12
ADDRESSED = re.compile(
    r"(?<!\w)(?:Mr|Mrs|Ms|Dr|Prof|Mme|Mlle|M|Sr|Sra|Srta|Dra|г-н|г-жа|д-р|господин|госпожа|السيدة|السيد|الدكتورة|الدكتور"
    r"|الأستاذة|الأستاذ|الشيخ)\.?[ \u00a0]+\w[\w’'-]+(?:[ \u00a0]+[A-ZА-ЯЁ\u0600-\u06ff]\w[\w’'-]*)?"
)
ADDRESSED_AFTER = re.compile(r"[\u4e00-\u9fff]{1,4}(?:先生|女士|博士|教授|主任|部长)")
MAILBOX = re.compile(r"[^\s@<>]+@[^\s@<>]+\.\w+")
TELEPHONE = re.compile(r"\+?\d[\d ()\-/]{6,}\d")
CAPITALS = re.compile(r"(?<=[\w,;:] )[A-ZÀ-ÞА-ЯЁ][\w’'-]+ [A-ZÀ-ÞА-ЯЁ][\w’'-]+")
CUT = "[…]"
"""What stands in the place of words that were taken out."""


def hints(text: str, known: Iterable[str] = ()) -> list[str]:
    """The parts of a text that may say who somebody is, each once, in their order. ``known``: names to look for."""
    found: list[tuple[int, str]] = []
    for pattern in (ADDRESSED, ADDRESSED_AFTER, MAILBOX, TELEPHONE, CAPITALS):
        found += [(match.start(), match[0].strip()) for match in pattern.finditer(text)]
    low = text.casefold()
    for name in known:
        if len(name) > 3 and (start := low.find(name.casefold())) >= 0:
            found.append((start, text[start : start + len(name)]))
    return list(dict.fromkeys(part for _start, part in sorted(found)))[:MOST]


def cut(text: str, parts: Iterable[str]) -> tuple[str, int, list[str]]:
    """The text without these parts, how many places were cut, and the parts that do not stand in it. Longer parts go
    first, so that a name is cut whole before one of its words is.
    """
    places, missing = 0, []
    for part in sorted(set(parts), key=len, reverse=True):
        number = text.count(part)
        if number:
            places, text = places + number, text.replace(part, CUT)
        else:
            missing.append(part)
    return text, places, missing

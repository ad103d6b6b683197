"""Which signs the fonts of the papers have: a sign that none of them has is found before it is printed as a box."""

import struct
import unicodedata
from functools import cache
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
SELECTORS = frozenset({*range(0x180B, 0x180E), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)})


def missing(text: str) -> tuple[str, ...]:
    """The signs of a text that no font has, each once, in order. Spaces and invisible signs are never missing."""
    if text.isascii():  # every font has these: most names need none to be read
        return ()
    known = _known()
    composed = unicodedata.normalize("NFC", text)
    return tuple(dict.fromkeys(sign for sign in composed if ord(sign) not in known and not _is_invisible(sign)))


def names_of(signs: tuple[str, ...]) -> list[str]:
    """U+1F60A: signs by their numbers, for a report that may hold no name."""
    return [f"U+{ord(sign):04X}" for sign in signs]


def signs_of(font: Path) -> frozenset[int]:
    """The code points that one font file maps to a glyph (OpenType, table cmap, formats 4 and 12)."""
    data = font.read_bytes()
    start = _table(data, b"cmap")
    found: set[int] = set()
    for number in range(struct.unpack_from(">H", data, start + 2)[0]):
        place = start + struct.unpack_from(">I", data, start + 4 + 8 * number + 4)[0]
        form = struct.unpack_from(">H", data, place)[0]
        if form == 12:
            found |= _groups(data, place)
        elif form == 4:
            found |= _segments(data, place)
    return frozenset(found)


@cache
def _known() -> frozenset[int]:
    return frozenset().union(*(signs_of(font) for font in sorted(FONTS.glob("*.[ot]tf"))))


def _is_invisible(sign: str) -> bool:
    return unicodedata.category(sign) in INVISIBLE or ord(sign) in SELECTORS


def _table(data: bytes, name: bytes) -> int:
    for number in range(struct.unpack_from(">H", data, 4)[0]):
        tag, _sum, offset, _length = struct.unpack_from(">4sIII", data, 12 + 16 * number)
        if tag == name:
            return int(offset)
    raise ValueError(f"no table {name!r}")


def _groups(data: bytes, place: int) -> set[int]:
    found: set[int] = set()
    for number in range(struct.unpack_from(">I", data, place + 12)[0]):
        first, last, glyph = struct.unpack_from(">III", data, place + 16 + 12 * number)
        found.update(sign for sign in range(first, last + 1) if glyph + sign - first)
    return found


def _segments(data: bytes, place: int) -> set[int]:
    count = struct.unpack_from(">H", data, place + 6)[0] // 2
    ends, starts, deltas, offsets = (place + 14 + shift for shift in (0, 2 * count + 2, 4 * count + 2, 6 * count + 2))
    found: set[int] = set()
    for number in range(count):
        end, start, delta, offset = (
            struct.unpack_from(">H", data, column + 2 * number)[0] for column in (ends, starts, deltas, offsets)
        )
        for sign in range(start, min(end, 0xFFFE) + 1):
            glyph = sign
            if offset:
                glyph = struct.unpack_from(">H", data, offsets + 2 * number + offset + 2 * (sign - start))[0]
            if glyph and (glyph + delta) & 0xFFFF:
                found.add(sign)
    return found

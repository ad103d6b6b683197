"""Typed text made clean: what a person can see stays, what nobody can see goes.

SAFETY.md property 20: no bidirectional or invisible characters in names, subjects and file names; joiners stay
where a script needs them. E-mail addresses are compared exactly, in ASCII.
"""

import re
import string
import unicodedata
from typing import overload

ZWNJ, ZWJ = "\u200c", "\u200d"
KELVIN = "\u212a"
LINE_ENDS = re.compile("\r\n|[\r\n\v\f\x85\u2028\u2029]")
SPACES = re.compile(r"[\s\u2800]+")
LINE_SPACES = re.compile(r"[^\S\n]+(?=\n|$)")
EMPTY_LINES = re.compile(r"\n{4,}")
NO_BREAK = ("\u00a0", "\u202f")

# Default_Ignorable_Code_Point of Unicode 16 and noncharacters, without joiners and variation selectors, which have
# a rule each below; then what only steers software: interlinear annotation and the object replacement sign.
IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufdd0-\ufdef\ufff0-\ufffc\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff"
    "\U000e01f0-\U000e0fff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)
CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
SURROGATES = re.compile("[\ud800-\udfff]")
CAREFUL = re.compile("[\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]")

LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{3,28}[0-9]")
LINK = re.compile(r"://|www\.|[@＠]|[\w-]{2,}[.。．｡][^\W\d_]{2,}", re.IGNORECASE)
"""What a mail program would make a link of, in any script."""
NUMBER_TO_CALL = re.compile(r"\d(?:[ ()./+-]{0,2}\d){6,}")
TITLE = re.compile(r"(?<![\w.])([^\W\d_]{2,4})\.(?=[^\W\d_]+(?:[\s.,'’-]|$))")
"""What may be a title before a name, typed without a space after its stop."""
STRANGERS_READ = 60
"""So many signs of a name are told to strangers."""
DIGITS = {ord(digit): str(int(digit)) for digit in "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹０１２３４５６７８９"}
"""Digits of other scripts that keyboards give, as ASCII."""
ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)

NAME_LIMIT = 120
NAME_BYTES = 200
FORBIDDEN_IN_NAMES = re.compile(r'[<>:"/\\|?*]')
DEVICE_NAMES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)", re.IGNORECASE)


@overload
def single_line(value: str) -> str: ...
@overload
def single_line(value: None) -> None: ...
def single_line(value: str | None) -> str | None:
    """One clean line in NFC: every run of white space is one space, and none stands at the ends.

    A no-break space that stands alone is kept: French and Russian titles need it. None stays None.
    """
    if value is None:
        return None
    return _compose(SPACES.sub(_one_space, _visible(value)).strip())


@overload
def multi_line(value: str) -> str: ...
@overload
def multi_line(value: None) -> None: ...
def multi_line(value: str | None) -> str | None:
    """Clean text in NFC with its lines: every line end is ``\\n``, no space ends a line, no more than two empty lines
    follow each other. None stays None.
    """
    if value is None:
        return None
    text = LINE_SPACES.sub("", LINE_ENDS.sub("\n", _visible(value)))
    return _compose(EMPTY_LINES.sub("\n\n\n", text).strip())


def ascii_email(value: str) -> str:
    """The address as it is stored and compared: ASCII, lower case by ASCII's own rules, otherwise untouched.

    Letters that only look like ASCII (U+212A for K, U+0131 for i) are refused, never folded. The check is of syntax
    alone (RFC 5321 dot-atom and host name, 254 characters) and asks no server.
    Raises ValueError with one of the codes ``email.empty``, ``email.not_ascii``, ``email.too_long``,
    ``email.syntax``.
    """
    address = value.strip(" \t\r\n")
    if not address:
        raise ValueError("email.empty")
    if not address.isascii():
        raise ValueError("email.not_ascii")
    address = address.translate(ASCII_LOWER)
    local, at, host = address.rpartition("@")
    if len(address) > 254 or len(local) > 64:
        raise ValueError("email.too_long")
    labels = host.split(".")
    named = len(labels) > 1 and not labels[-1].isdigit() and all(LABEL.fullmatch(label) for label in labels)
    if not (at and named and LOCAL_PART.fullmatch(local)):
        raise ValueError("email.syntax")
    return address


def phone_number(value: str) -> str:
    """The number as it is stored: ASCII digits, plain spaces, 5 to 15 digits in all (E.164). Raises ValueError."""
    number = (single_line(value) or "").translate(DIGITS).replace("\u00a0", " ").replace("\u202f", " ")
    if not PHONE.fullmatch(number) or not 5 <= sum(sign.isdigit() for sign in number) <= 15:
        raise ValueError("phone.syntax")
    return number


def is_advertisement(name: str) -> bool:
    """Whether a name holds a link, an address or a number to call, as no name does: "Dr.Ahmed" is one."""
    line = TITLE.sub(_spaced_title, single_line(name))
    return bool(LINK.search(line) or NUMBER_TO_CALL.search(line))


def told_to_strangers(name: str | None) -> str:
    """A name as it stands in mails to people who never asked for them: one line of at most 60 characters in which
    nothing can be pressed; empty where that is not possible.
    """
    line = single_line(name or "")
    if is_advertisement(line):
        return ""
    line = TITLE.sub(_spaced_title, line)
    return line if len(line) <= STRANGERS_READ else f"{line[: STRANGERS_READ - 1]}…"


def safe_file_name(name: str | None) -> str:
    """A file name for storage lists and downloads: the last part of the path, clean, without characters that any
    system reserves, at most 120 characters and 200 bytes, its ending kept. ``file`` when nothing is left.
    """
    line = single_line(name or "").replace("\\", "/").rpartition("/")[2]
    line = FORBIDDEN_IN_NAMES.sub("", line).strip(" .\u00a0\u202f" + ZWJ + ZWNJ)
    if DEVICE_NAMES.match(line):
        line = f"file-{line}"
    stem, dot, ending = line.rpartition(".")
    if not dot or not stem or len(ending) > 12 or len(ending.encode()) > 24:
        stem, dot, ending = line, "", ""
    while len(stem) + len(dot + ending) > NAME_LIMIT or len((stem + dot + ending).encode()) > NAME_BYTES:
        stem = stem[:-1].rstrip(" .")
    # Cutting may have parted a joiner from its letter.
    return single_line(stem + dot + ending).strip(" .") or "file"


def _spaced_title(found: re.Match[str]) -> str:
    """Mail programs make no link of a word that a space parts from its stop."""
    title, rest = found[1], found.string[found.end() : found.end() + 1]
    return f"{title}. " if title[0].isupper() and rest.isupper() else found[0]


def _visible(text: str) -> str:
    text = SURROGATES.sub("", text)
    text = IGNORABLE.sub("", CONTROLS.sub("", text))
    return _judge_joiners(text) if CAREFUL.search(text) else text


def _judge_joiners(text: str) -> str:
    kept: list[str] = []
    for place, sign in enumerate(text):
        before = kept[-1] if kept else ""
        after = text[place + 1] if place + 1 < len(text) else ""
        if not CAREFUL.match(sign) or _belongs(sign, before, after):
            kept.append(sign)
    return "".join(kept)


def _belongs(sign: str, before: str, after: str) -> bool:
    if not before:
        return False
    if sign in {ZWJ, ZWNJ}:
        if unicodedata.combining(before) == 9:  # a virama: Malayalam, Sinhala and others end words this way (RFC 5892)
            return True
        if unicodedata.category(before)[0] in "LM" and unicodedata.category(after or " ")[0] == "L":
            return True
        return sign == ZWJ and _is_pictograph(before) and _is_pictograph(after)
    if "\ufe00" <= sign <= "\ufe0f":
        return before in "#*0123456789" or (_is_pictograph(before) and not CAREFUL.match(before))
    if sign >= "\U000e0100":  # ideographic variation: how a family writes its own name
        return unicodedata.name(before, "").startswith("CJK")
    return "\u1820" <= before <= "\u18aa"  # Mongolian letter forms


def _is_pictograph(sign: str) -> bool:
    return bool(sign) and (
        unicodedata.category(sign) == "So" or sign in "\u2194\ufe0f" or "\U0001f000" <= sign <= "\U0001faff"
    )


def _one_space(run: re.Match[str]) -> str:
    return run[0] if run[0] in NO_BREAK else " "


def _compose(text: str) -> str:
    # NFC would turn the Kelvin sign into the letter K, and an address with it into somebody else's.
    return KELVIN.join(unicodedata.normalize("NFC", part) for part in text.split(KELVIN))

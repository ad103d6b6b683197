"""Every string of the source is translated, whole, in each of the five catalogues; English is the source itself."""

import ast
import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

pytestmark = pytest.mark.together
ROOT = Path(__file__).parents[2]
LANGUAGES = ("ar", "zh", "fr", "ru", "es")
PLURALS = {"ar": 6, "zh": 1, "fr": 2, "es": 2, "ru": 3}
OWN = {"_l": None, "lazy_gettext": None, "lazy_ngettext": (1, 2), "lazy_pgettext": ((1, "c"), 2)}
NAMED = re.compile(r"%\((\w+)\)[sd]")
BRACED = re.compile(r"\{(\w*)\}")
TAGS = re.compile(r"<(/?\w+)")
"""Markup of a message must come back in the translation."""


@pytest.fixture(scope="module")
def messages() -> dict[tuple[str | None, object], Message]:
    """What pybabel extracts from the source as ``make i18n`` does: context and text to the message."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        method_map, options_map = parse_mapping_cfg(file)
    catalogue = Catalog()
    for name, line, text, comments, context in extract_from_dir(
        ROOT, method_map, options_map, {**DEFAULT_KEYWORDS, **OWN}, ("Translators:",)
    ):
        catalogue.add(text, None, [(name, line)], context=context, auto_comments=comments)
    found = {(message.context, message.id): message for message in catalogue if message.id}
    assert len(found) > 1000
    return found


def test_no_words_stand_inside_an_f_string() -> None:
    """What stands there is found from Python 3.12 on alone: until then nobody would translate it."""
    names = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
    found = []
    for path in [*(ROOT / "eventhub").rglob("*.py"), *(ROOT / "workers").glob("*.py")]:
        inside = (one for one in ast.walk(ast.parse(path.read_bytes())) if isinstance(one, ast.JoinedStr))
        calls = (call for one in inside for call in ast.walk(one) if isinstance(call, ast.Call))
        found += [
            f"{path.relative_to(ROOT)}:{call.lineno}"
            for call in calls
            if isinstance(call.func, ast.Name) and call.func.id in names and isinstance(call.args[0], ast.Constant)
        ]
    assert found == []


def catalogue_of(language: str) -> Catalog:
    """The translations as they stand in the repository."""
    path = ROOT / "eventhub" / "translations" / language / "LC_MESSAGES" / "messages.po"
    return read_po(BytesIO(path.read_bytes()), locale=language)


def placeholders(text: str) -> set[str]:
    """The parts of a message that are filled in, and its markup."""
    braced = {f"{{{name}}}" for _, name, _, _ in Formatter().parse(text) if name} if BRACED.search(text) else set()
    return set(NAMED.findall(text)) | braced | set(TAGS.findall(text))


def problems(message: Message, catalogue: Catalog, language: str) -> Iterator[str]:
    """What is wrong with the translation of one message."""
    first = message.id if isinstance(message.id, str) else message.id[0]
    mine = catalogue.get(first, message.context)
    if mine is None:
        yield f"is not in the catalogue: {first!r}"
        return
    if mine.fuzzy:
        yield f"is only a guess: {first!r}"
    forms = [mine.string] if isinstance(mine.string, str) else list(mine.string)
    if len(forms) != (1 if isinstance(message.id, str) else PLURALS[language]):
        yield f"has {len(forms)} forms: {first!r}"
    if not all(forms):
        yield f"is not translated: {first!r}"
        return
    wanted = placeholders(first if isinstance(message.id, str) else message.id[1])
    for form in forms:
        # A form for exactly one or two may say the number in a word.
        left_out = wanted - placeholders(form) - (set() if isinstance(message.id, str) else {"num", "number"})
        if left_out or placeholders(form) - wanted:
            yield f"has other parts: {first!r}: {form!r}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated(messages: dict[tuple[str | None, object], Message], language: str) -> None:
    catalogue = catalogue_of(language)
    wrong = [problem for message in messages.values() for problem in problems(message, catalogue, language)]
    assert not wrong, f"{language}: {len(wrong)} of {len(messages)}\n" + "\n".join(wrong[:60])


NOUN = re.compile(r"%\(num\)s ([\u0621-\u0652]+)")
TANWIN = "\u0627\u064b"
"""The end of a noun after 11 to 99 in Arabic."""


def is_exchanged(forms: Sequence[str]) -> bool:
    """Whether an Arabic plural says after a hundred (form 4) what belongs after 11 to 99 (form 5)."""
    hundred, tens = (found.group(1) if (found := NOUN.search(form)) else "" for form in forms[4:6])
    return hundred != tens and hundred in {tens + TANWIN, tens + TANWIN[0]}


def test_arabic_numbers_have_their_own_forms() -> None:
    plurals = [
        message for message in catalogue_of("ar") if isinstance(message.id, tuple | list) and all(message.string)
    ]
    assert len(plurals) > 50
    assert not [message.id[0] for message in plurals if is_exchanged(message.string)]
    day = "\u064a\u0648\u0645"
    assert is_exchanged(["", "", "", "", f"%(num)s {day}{TANWIN}", f"%(num)s {day}"])
    assert not is_exchanged(["", "", "", "", f"%(num)s {day}", f"%(num)s {day}{TANWIN}"])

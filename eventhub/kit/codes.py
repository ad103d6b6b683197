"""Code lists in six languages: vocabularies, countries, languages, and the words behind a decision."""

import json
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")
CountryKind = Literal["member", "observer", "territory"]
REPRESENTED: tuple[CountryKind, ...] = ("member", "observer")
ANYWHERE: tuple[CountryKind, ...] = ("member", "observer", "territory")

INTERNATIONAL_SIGN = "ils"

_DATA = Path(__file__).parent.parent / "data"


@dataclass(frozen=True)
class Country:
    """A State, or a territory one can live in or travel from but not represent."""

    iso2: str
    iso3: str | None
    m49: str | None
    kind: CountryKind
    regional_group: str | None
    forum_region: str | None
    ldc: bool
    ldc_until: date | None
    sids: bool
    lldc: bool
    zh_sort: str = field(repr=False)
    names: Mapping[str, str] = field(repr=False, hash=False)

    def is_ldc(self, on: date) -> bool:
        """Whether the State is a least developed country on that day: the status ends on `ldc_until`."""
        return self.ldc and (self.ldc_until is None or on < self.ldc_until)


@dataclass(frozen=True)
class Language:
    """A language people speak or sign; `interface` marks the six the pages exist in."""

    code: str
    autonym: str
    interface: bool
    sign: bool
    zh_sort: str = field(repr=False)
    names: Mapping[str, str] = field(repr=False, hash=False)


def label(vocabulary: str, code: str, language: str) -> str:
    """The short label of a code. KeyError names what is unknown.

    Labels of `decision_reason.*` are for staff; the person concerned reads `reason_text` and nothing else.
    """
    return _in_language(_code(vocabulary, code), language)


def choices(vocabulary: str, language: str) -> list[tuple[str, str]]:
    """(code, label) in the order of the list, which has a meaning; not sorted by label."""
    return [(code, label(vocabulary, code, language)) for code in codes(vocabulary)]


def codes(vocabulary: str) -> tuple[str, ...]:
    """The codes of a vocabulary, in the order of the list."""
    return tuple(_vocabulary(vocabulary))


def reason_text(kind: Literal["registration", "funding"], code: str, language: str) -> str:
    """What the person concerned reads: why, without blame, and what they can do next.

    A recorded security objection reads exactly like "other", so that nobody can tell the two apart.
    """
    texts: Mapping[str, str] = _code(f"decision_reason.{kind}", code)["text"]
    return _in_language(texts, language)


def country(iso2: str) -> Country:
    """The country of an ISO 3166-1 alpha-2 code (XK for Kosovo, as in CLDR). KeyError if there is none."""
    try:
        return _countries()[iso2]
    except KeyError:
        raise KeyError(f"no country with the code {iso2!r}") from None


def country_name(iso2: str, language: str) -> str:
    """The name of a State as the United Nations writes it; of a territory, by the same usage where there is one."""
    return _in_language(country(iso2).names, language)


def is_country(iso2: str) -> bool:
    """Whether a code is that of a country or a territory of the list."""
    return iso2 in _countries()


def countries(language: str, *, kinds: Collection[CountryKind] = REPRESENTED) -> list[tuple[str, str]]:
    """(iso2, name), sorted for the language. Pass `kinds=ANYWHERE` for residence and origin of a journey."""
    chosen = [one for one in _countries().values() if one.kind in kinds]
    return _sorted([(one.iso2, _in_language(one.names, language), one.zh_sort) for one in chosen], language)


def nationality_choices(language: str) -> list[tuple[str, str]]:
    """States, then the answers for those without a State's passport: nobody has to name a country to register."""
    return countries(language) + choices("nationality_extra", language)


def language_name(code: str, language: str) -> str:
    """The name of a language, as it stands inside a sentence (lower case in French, Spanish and Russian)."""
    return _in_language(_language(code).names, language)


def autonym(code: str) -> str:
    """What a language calls itself, in its own script."""
    return _language(code).autonym


def language_choices(language: str, *, interface_only: bool = False) -> list[tuple[str, str]]:
    """(code, name): the six of the United Nations first, then all others, spoken and signed together; each part sorted
    for the language.
    """

    def part(*, interface: bool) -> list[tuple[str, str]]:
        chosen = [one for one in _languages().values() if one.interface is interface]
        return _sorted([(one.code, _in_language(one.names, language), one.zh_sort) for one in chosen], language)

    return part(interface=True) + ([] if interface_only else part(interface=False))


def sign_languages(language: str) -> list[tuple[str, str]]:
    """(code, name): International Sign, then all other sign languages, sorted for the language."""
    rows = [(one.code, _in_language(one.names, language), one.zh_sort) for one in _languages().values() if one.sign]
    return sorted(_sorted(rows, language), key=lambda one: one[0] != INTERNATIONAL_SIGN)


def collation_key(text: str, language: str) -> str:
    """A key that sorts names well enough where the database has no ICU. Never shown.

    English, French and Spanish fold accents and case (ñ follows n in Spanish); Russian folds case and ё; Arabic folds
    the forms of hamza and keeps the article, so البرازيل stands under alif as in United Nations lists. Chinese falls
    back to code points: the code lists carry their own pinyin.
    """
    letters = unicodedata.normalize("NFC", text).casefold()
    if language == "ar":
        letters = _without_marks(letters.translate(_ARABIC_FORMS))
    elif language == "ru":
        letters = letters.replace("ё", "е")
    elif language != "zh":
        letters = _without_marks(letters.replace("ñ", "n\uffff") if language == "es" else letters)
    kept = "".join(c if c.isalnum() or c == "\uffff" else " " if c in " -\u00a0" else "" for c in letters)
    return " ".join(kept.split())


_ARABIC_FORMS = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ـ": ""})


def _without_marks(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _sorted(rows: list[tuple[str, str, str]], language: str) -> list[tuple[str, str]]:
    """(code, name, pinyin) rows in the order of the language; pinyin is compared syllable by syllable."""

    def key(row: tuple[str, str, str]) -> tuple[list[str], str]:
        _, name, pinyin = row
        return (pinyin if language == "zh" else collation_key(name, language)).split(" "), name

    return [(code, name) for code, name, _ in sorted(rows, key=key)]


def _language(code: str) -> Language:
    try:
        return _languages()[code]
    except KeyError:
        raise KeyError(f"no language with the code {code!r}") from None


def _in_language(texts: Mapping[str, Any], language: str) -> str:
    if language not in LANGUAGES:
        raise KeyError(f"no texts in the language {language!r}; there are {', '.join(LANGUAGES)}")
    return str(texts[language])


def _code(vocabulary: str, code: str) -> Mapping[str, Any]:
    entries = _vocabulary(vocabulary)
    if code not in entries:
        raise KeyError(f"no code {code!r} in the vocabulary {vocabulary!r}")
    return entries[code]


def _vocabulary(vocabulary: str) -> Mapping[str, Mapping[str, Any]]:
    vocabularies = _vocabularies()
    if vocabulary not in vocabularies:
        raise KeyError(f"no vocabulary {vocabulary!r}")
    return vocabularies[vocabulary]


@cache
def _vocabularies() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    return MappingProxyType(_read("vocabularies.json"))


@cache
def _countries() -> Mapping[str, Country]:
    rows: list[dict[str, Any]] = _read("countries.json")
    return MappingProxyType({row["iso2"]: _country(row) for row in rows})


def _country(row: dict[str, Any]) -> Country:
    return Country(
        iso2=row["iso2"],
        iso3=row["iso3"],
        m49=row["m49"],
        kind=row["kind"],
        regional_group=row["regional_group"],
        forum_region=row["forum_region"],
        ldc=row["ldc"],
        ldc_until=date.fromisoformat(row["ldc_until"]) if row["ldc_until"] else None,
        sids=row["sids"],
        lldc=row["lldc"],
        zh_sort=row["zh_sort"],
        names=MappingProxyType(row["names"]),
    )


@cache
def _languages() -> Mapping[str, Language]:
    rows: list[dict[str, Any]] = _read("languages.json")
    return MappingProxyType({row["code"]: Language(**{**row, "names": MappingProxyType(row["names"])}) for row in rows})


def _read(name: str) -> Any:
    return json.loads((_DATA / name).read_text(encoding="utf-8"))

"""Six languages: direction, dates, numbers, texts with a visible fallback, and the compiled catalogues.

Patterns follow the house style (docs/languages.md), which overrides CLDR in English, Spanish and Arabic.
"""

import os
import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, get_timezone_location
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import get_currency_name
from flask import g, has_request_context
from flask_babel import force_locale, get_locale, get_translations, gettext
from flask_babel import lazy_gettext as _l
from jinja2 import Environment

from eventhub.kit.db import Texts

QUESTIONS = ("?", "؟", "？")
"""With what a question ends."""
LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")
"""In the order of every language bar."""

AUTONYMS = {"ar": "العربية", "zh": "中文", "en": "English", "fr": "Français", "ru": "Русский", "es": "Español"}
CATALOGUES = Path(__file__).parent.parent / "translations"
LOCALES = {code: Locale.parse("zh_Hans" if code == "zh" else code) for code in LANGUAGES}

ARABIC_MONTHS = (
    "كانون الثاني/يناير",
    "شباط/فبراير",
    "آذار/مارس",
    "نيسان/أبريل",
    "أيار/مايو",
    "حزيران/يونيه",
    "تموز/يوليه",
    "آب/أغسطس",
    "أيلول/سبتمبر",
    "تشرين الأول/أكتوبر",
    "تشرين الثاني/نوفمبر",
    "كانون الأول/ديسمبر",
)
NO_BREAK = "\u00a0"
MONTH_AND_DAY = {"en": "d MMMM", "fr": "d MMMM", "es": "d 'de' MMMM", "ru": "d MMMM", "zh": "M月d日"}
WITH_YEAR = {
    "en": "d MMMM y",
    "fr": "d MMMM y",
    "es": "d 'de' MMMM 'de' y",
    "ru": "d MMMM y 'года'",
    "zh": "y年M月d日",
}
SEPARATORS = {"en": (",", "."), "fr": ("\u202f", ","), "ru": ("\u00a0", ","), "es": ("\u00a0", ","), "ar": (",", ".")}

DOLLARS = {
    "ru": dict.fromkeys(("one", "few", "many", "other"), "долл. США"),
    "ar": {"few": "دولارات", "many": "دولاراً", "other": "دولار"},
}
"""What the house calls the dollar of the United States, by plural; other currencies have their names from CLDR."""


UNCHOSEN = "UTC"
"""The zone of people who never chose one: nobody's clock."""


class Clock(NamedTuple):
    """Whose clock a page goes by: a zone, and the place that names it."""

    zone: str
    place: str


class Shown(NamedTuple):
    """A text in the best language there is, and which one that is."""

    text: str
    language: str
    direction: str
    fallback: bool


class Amount(Protocol):
    """Money as far as showing it goes: whole ``minor`` units of a ``currency`` that has so many decimal ``digits``."""

    @property
    def minor(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def digits(self) -> int: ...


@dataclass(frozen=True)
class Moment:
    """An instant as words: its date, its time, and where that time holds."""

    day: str
    time: str
    place: str
    iso: str


def direction(language: str) -> str:
    """``rtl`` for Arabic (and the other right-to-left scripts content may come in), else ``ltr``."""
    return "rtl" if language in {"ar", "he", "fa", "ur", "ps", "ckb", "syr", "dv"} else "ltr"


def language() -> str:
    """The language of this page or, outside a request, of the mail being written."""
    if has_request_context() and hasattr(g, "lang"):
        return str(g.lang)
    return str(getattr(g, "lang", "en"))


def in_language(texts: Texts | None, wanted: str, original: str = "en") -> Shown:
    """The text in the wanted language, else in the original one, else in any; an empty text when there is none."""
    texts = {code: text for code, text in (texts or {}).items() if text}
    for code in (wanted, original, "en", *texts):
        if code in texts:
            return Shown(texts[code], code, direction(code), code != wanted)
    return Shown("", wanted, direction(wanted), False)


def missing_languages(texts: Texts | None) -> list[str]:
    """Which of the six languages have no text yet."""
    return [code for code in LANGUAGES if not (texts or {}).get(code)]


def month_name(day: date, lang: str) -> str:
    """A short heading for a month, as on a calendar leaf."""
    return ARABIC_MONTHS[day.month - 1] if lang == "ar" else format_date(day, "MMM", locale=LOCALES[lang])


def show_date(day: date, lang: str, *, weekday: bool = False, year: bool = True) -> str:
    """26 November 2026, written out as each language writes it; never 05/06."""
    if lang == "ar":
        text = f"{day.day} {ARABIC_MONTHS[day.month - 1]}" + (f" {day.year}" if year else "")
        return f"{format_date(day, 'EEEE', locale=LOCALES['ar'])} {text}" if weekday else text
    text = format_date(day, (WITH_YEAR if year else MONTH_AND_DAY)[lang], locale=LOCALES[lang])
    if lang == "fr" and day.day == 1:
        text = "1er" + text[1:]
    if not weekday:
        return text
    name = format_date(day, "EEEE", locale=LOCALES[lang])
    if lang == "zh":
        return f"{text}{name}"
    return f"{name}, {text}" if lang in {"ru", "es"} else f"{name} {text}"


def show_days(first: date, last: date, lang: str) -> str:
    """26–27 November 2026: one day or a range of days."""
    if first == last:
        return show_date(first, lang)
    if (first.year, first.month) == (last.year, last.month):
        end = show_date(last, lang)
        if lang == "zh":
            return f"{first.year}年{first.month}月{first.day}日至{last.day}日"
        head = "1er" if lang == "fr" and first.day == 1 else str(first.day)
        return f"{head}–{end}"
    if lang == "zh":
        return f"{show_date(first, lang)}至{show_date(last, lang)}"
    return f"{show_date(first, lang, year=first.year != last.year)} – {show_date(last, lang)}"


def show_time(moment: datetime) -> str:
    """14:30, in the zone the moment carries."""
    return moment.strftime("%H:%M")


def show_span(starts: datetime, ends: datetime, lang: str) -> str:
    """14:30–16:00, or 22:00–01:30 (next day), by one clock. Midnight itself needs no such word."""
    span, days = f"{show_time(starts)}–{show_time(ends)}", (ends.date() - starts.date()).days
    if days <= 0 or (days == 1 and show_time(ends) == "00:00" < show_time(starts)):
        return span
    if days > 1:
        return f"{show_time(starts)}–{show_date(ends.date(), lang)}, {show_time(ends)}"
    with force_locale(LOCALES[lang]):
        return str(gettext("%(time)s (next day)", time=span))


def show_offset(moment: datetime) -> str:
    """UTC+1, UTC+5:30."""
    minutes = int((moment.utcoffset() or moment - moment).total_seconds() // 60)
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    return "UTC" if minutes == 0 else f"UTC{'−' if sign == '-' else '+'}{hours}" + (f":{rest:02d}" if rest else "")


def show_moment(instant: datetime, zone: str, lang: str, *, year: bool = True) -> Moment:
    """An instant in one time zone, as words: the day with its weekday, the time, the offset, and ISO 8601."""
    local = instant.astimezone(ZoneInfo(zone))
    return Moment(
        show_date(local.date(), lang, weekday=True, year=year),
        show_time(local),
        show_offset(local),
        local.isoformat(timespec="minutes"),
    )


def own_clock(zone: str, lang: str, here: Clock | None = None) -> Clock:
    """The clock of a reader's own zone; while none was chosen, that of what the page is about, else UTC. Where both are
    the same it bears the name of the page's place: Geneva, and not Zurich, after which the zone is called.
    """
    if here is not None and zone in {UNCHOSEN, here.zone}:
        return here
    return Clock(zone, zone_city(zone, lang).rpartition("/")[2])


def show_by(instant: datetime, clock: Clock, lang: str) -> Moment:
    """An instant by a clock that its ``place`` names, for ``said_by_clock``."""
    here = show_moment(instant, clock.zone, lang)
    return Moment(here.day, here.time, clock.place, here.iso)


def show_own(instant: datetime, zone: str, lang: str) -> str:
    """Sunday 22 November 2026, 15:28, UTC: an instant by the reader's own clock, named."""
    return said_by_clock(show_by(instant, own_clock(zone, lang), lang))


def said_by_clock(moment: Moment) -> str:
    """Sunday 22 November 2026, 15:28, Geneva: no time of day stands without saying whose it is."""
    return str(gettext("%(day)s, %(time)s, %(place)s", day=moment.day, time=moment.time, place=moment.place))


@lru_cache(maxsize=4_096)
def zone_city(zone: str, lang: str) -> str:
    """The place whose time a zone is: Geneva for Europe/Zurich is an event's matter; here the zone's own city."""
    if zone in {"UTC", "Etc/UTC"}:
        return "UTC"
    name: str = get_timezone_location(zone, locale=LOCALES[lang], return_city=True)
    return name


@lru_cache(maxsize=4_096)
def _offset_at_noon(zone: str, day: date) -> str:
    """Kept, since a form offers all zones of the world, of one day."""
    return show_offset(datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)))


def show_zone(zone: str, lang: str, day: date) -> str:
    """Zurich (UTC+1): a time zone by its city and its offset at noon of a day, as staff read it."""
    city, offset = zone_city(zone, lang).rpartition("/")[2], _offset_at_noon(zone, day)
    return offset if city == offset else str(gettext("%(place)s (%(offset)s)", place=city, offset=offset))


def show_number(value: float | Decimal, lang: str, digits: int = 0) -> str:
    """1,234.5 · 1 234,5: with the separators of the house style."""
    thousands, point = SEPARATORS.get(lang, (",", "."))
    return f"{value:,.{digits}f}".replace(",", "\0").replace(".", point).replace("\0", thousands)


def show_amount(amount: Amount, lang: str) -> str:
    """1,200 · 1 200,50: the number alone. Without decimals when whole, except where a currency has three of them:
    there 1,200 and 1.200 are both usual, and a thousand times apart.
    """
    value = Decimal(abs(amount.minor)).scaleb(-amount.digits)
    digits = 0 if value == int(value) and amount.digits < 3 else amount.digits
    return ("−" if amount.minor < 0 else "") + show_number(value, lang, digits)


def show_money(amount: Amount, lang: str) -> str:
    """USD 1,200 · 1 200 USD (fr, es) · 1 200 долл. США · 1,200 دولار · 1,200美元."""
    number = show_amount(amount, lang)
    if lang == "en":
        return f"{amount.currency}{NO_BREAK}{number}"
    if lang in {"fr", "es"}:
        return f"{number}{NO_BREAK}{amount.currency}"
    return f"{number}{'' if lang == 'zh' else NO_BREAK}{_currency_name(amount, lang)}"


def money(amount: Amount) -> str:
    """An amount in the language of the page, for templates: ``{{ grant|money }}``."""
    return show_money(amount, language())


def _currency_name(amount: Amount, lang: str) -> str:
    """By its number: 2 швейцарских франка, 5 швейцарских франков."""
    value, locale = Decimal(abs(amount.minor)).scaleb(-amount.digits).normalize(), LOCALES[lang]
    if amount.currency == "USD" and lang in DOLLARS:
        return DOLLARS[lang].get(locale.plural_form(value), DOLLARS[lang]["other"])
    return get_currency_name(amount.currency, value, locale)


def show_size(size: int, lang: str) -> str:
    """The size of a file in words a reader knows."""
    with force_locale(LOCALES[lang]):
        if size < 1_000_000:
            return str(gettext("%(n)s KB", n=show_number(max(1, round(size / 1000)), lang)))
        return str(gettext("%(n)s MB", n=show_number(size / 1_000_000, lang, 1)))


def labelling(label: object) -> str:
    """A label with a colon, for what stands behind it in a mail in plain text; a question needs none."""
    text = str(label)
    return text if text.endswith(QUESTIONS) else str(gettext("%(label)s:", label=text))


def remember_words(environment: Environment) -> None:
    """Templates say the same texts again and again: each is looked up once for each language."""

    @lru_cache(maxsize=8_192)
    def said(_language: str, text: str) -> str:
        return str(get_translations().ugettext(text))

    def say(text: str) -> str:
        locale = get_locale()
        return said(locale.language if locale else "", text)

    @lru_cache(maxsize=1_024)
    def said_of(_language: str, context: str, text: str) -> str:
        return str(get_translations().upgettext(context, text))

    def say_of(context: str, text: str) -> str:
        locale = get_locale()
        return said_of(locale.language if locale else "", context, text)

    def say_number(one: str, many: str, number: int) -> str:
        return str(get_translations().ungettext(one, many, number))

    def say_number_of(context: str, one: str, many: str, number: int) -> str:
        return str(get_translations().unpgettext(context, one, many, number))

    environment.install_gettext_callables(  # type: ignore[attr-defined]
        say, say_number, newstyle=True, pgettext=say_of, npgettext=say_number_of
    )


LANGUAGE_NAMES = {
    "ar": _l("Arabic"),
    "zh": _l("Chinese"),
    "en": _l("English"),
    "fr": _l("French"),
    "ru": _l("Russian"),
    "es": _l("Spanish"),
}


def compile_catalogues(folder: Path = CATALOGUES) -> None:
    """Make the .mo files that are missing or older than their .po. Safe when several processes do it at once."""
    for po in sorted(folder.glob("*/LC_MESSAGES/messages.po")):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        with po.open("rb") as source:
            catalogue = read_po(source, locale=po.parts[-3])
        handle, name = tempfile.mkstemp(dir=po.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as target:
            write_mo(target, catalogue)
        Path(name).chmod(0o644)
        Path(name).replace(mo)

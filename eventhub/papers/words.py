"""What all papers say alike, and values in the direction of their own script."""

import unicodedata
from datetime import date
from typing import Any

from flask_babel import gettext as _

from eventhub.kit.i18n import in_language, show_date, show_days
from eventhub.kit.qr import qr_code
from eventhub.papers.models import PaperSetup
from eventhub.programme.models import Event, Mode

Data = dict[str, Any]
MASK = 2
FROM_RIGHT = frozenset({"R", "AL"})
OPEN, CLOSE = "\u2068", "\u2069"
"""First strong isolate and its end: the fonts draw neither."""


def value(text: str) -> Data:
    """A value for a line of its own, which runs as its first letter does (Unicode bidirectional algorithm, P2)."""
    return {"text": text, "rtl": from_right(text)}


def from_right(text: str) -> bool:
    """Whether the first letter that has a direction is written from right to left."""
    strong = (unicodedata.bidirectional(sign) for sign in text)
    return next((kind in FROM_RIGHT for kind in strong if kind in FROM_RIGHT or kind == "L"), False)


def inside(text: str) -> str:
    """A value inside a sentence of any direction."""
    return f"{OPEN}{text}{CLOSE}"


def qr(reference: str) -> str:
    """The reference as an SVG picture, dark on nothing, error correction M."""
    # Choosing among eight masks takes most of the time, and any of them can be read: a batch of badges has hundreds.
    code = qr_code(reference, micro=False, mask=MASK)
    return str(code.svg_inline(border=0, dark="#17212e", svgclass=None, lineclass=None))


def is_latin(text: str) -> bool:
    """Whether every letter of a text is a Latin one."""
    return all("LATIN" in unicodedata.name(sign, "") for sign in text if sign.isalpha())


def title(event: Event, lang: str) -> str:
    """The event's title."""
    return in_language(event.title, lang, event.original_language).text


def where(event: Event, lang: str) -> str:
    """Palais des Nations, Geneva; Online."""
    venue = in_language(event.venue, lang, event.original_language).text
    city = in_language(event.city, lang, event.original_language).text
    if event.mode is Mode.ONLINE:
        return str(_("Online"))
    return str(_("%(venue)s, %(city)s", venue=venue, city=city)) if venue and city else venue or city


def when_and_where(event: Event, lang: str) -> str:
    """26–27 November 2026 · Palais des Nations, Geneva."""
    return " · ".join(part for part in (show_days(event.first_day, event.last_day, lang), where(event, lang)) if part)


def common(event: Event, setup: PaperSetup, lang: str, *, heading: str, today: date) -> Data:
    """What every paper but a badge begins with."""
    return {
        "language": lang,
        "title": heading,
        "heading": heading,
        "house": in_language(setup.host, lang, event.original_language).text or str(_("Secretariat")),
        "event": title(event, lang),
        "when": when_and_where(event, lang),
        "date": show_date(today, lang),
    }


def signature(event: Event, setup: PaperSetup, lang: str) -> list[str]:
    """Who signs: name, function, house. Empty where nobody was named."""
    if not setup.signatory:
        return []
    function = in_language(setup.signatory_title, lang, event.original_language).text
    house = in_language(setup.host, lang, event.original_language).text
    return [line for line in (setup.signatory, function, house) if line]

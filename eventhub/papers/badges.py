"""What stands on badges: the name that the event's rule says, organization, country, category in colour and words."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from eventhub.kit.codes import collation_key
from eventhub.kit.i18n import show_days
from eventhub.papers import words
from eventhub.papers.glyphs import missing, names_of
from eventhub.papers.models import BadgeName, Layout
from eventhub.papers.queries import Bearer
from eventhub.papers.words import Data
from eventhub.programme.models import Event
from eventhub.registration import shown
from eventhub.registration.models import BadgeColour

COLOURS = {
    "member_state": ("#143470", "S"),
    "observer_state": ("#143470", "S"),
    "un_entity": ("#005b8c", "U"),
    "un_mechanism_or_treaty_body": ("#005b8c", "U"),
    "intergovernmental_org": ("#0b625b", "I"),
    "regional_org_or_mechanism": ("#0b625b", "I"),
    "nhri": ("#5b3a8c", "H"),
    "other_national_body": ("#5b3a8c", "H"),
    "ngo_ecosoc": ("#17643a", "N"),
    "ngo_no_ecosoc": ("#17643a", "N"),
    "minority_representative": ("#9a3b0c", "R"),
    "academic_expert": ("#7a1f5c", "A"),
    "panellist": ("#8a1538", "P"),
    "fellow": ("#9a3b0c", "F"),
    "private_sector_platform": ("#4a4f57", "B"),
    "foundation_donor": ("#4a4f57", "D"),
    "media": ("#7d4a00", "M"),
    "interpreter_or_assistant": ("#5c5300", "T"),
    "secretariat": ("#17212e", "O"),
    "security_staff": ("#17212e", "G"),
}
"""Colour and letter of each category: white on each colour has a contrast of at least 4.5 (WCAG 2.2, 1.4.3), and the
category stands there in words, so that no colour has to be told from another."""

OTHER = ("#475467", "X")

PALETTE = {
    BadgeColour.NAVY: "#143470",
    BadgeColour.BLUE: "#005b8c",
    BadgeColour.TEAL: "#0b625b",
    BadgeColour.GREEN: "#17643a",
    BadgeColour.VIOLET: "#5b3a8c",
    BadgeColour.PLUM: "#7a1f5c",
    BadgeColour.CRIMSON: "#8a1538",
    BadgeColour.RUST: "#9a3b0c",
    BadgeColour.BROWN: "#7d4a00",
    BadgeColour.OLIVE: "#5c5300",
    BadgeColour.GREY: "#4a4f57",
    BadgeColour.BLACK: "#17212e",
}
"""The colours that an event may choose for its categories, with the same contrast."""


def compose(
    event: Event,
    people: Sequence[Bearer],
    lang: str,
    *,
    rule: BadgeName,
    layout: Layout,
    pictures: Mapping[Any, int] | None = None,
    colours: Mapping[str, BadgeColour] | None = None,
) -> tuple[Data, list[Data]]:
    """The data of a batch, in the order of the names, and who was left out since no font has the signs of the name.

    ``pictures``: the number of the photo of a registration, where there is one; ``colours`` those that the event chose
    for its categories.
    """
    drawn, left_out = [], []
    fixed = missing(words.title(event, lang))
    for one in people:
        badge, signs = _badge(one, rule, lang, (pictures or {}).get(one.registration_id), colours or {})
        if badge is not None:
            drawn.append(badge)
        if signs:
            left_out.append({"reference": one.reference, "signs": names_of(signs), "printed": badge is not None})
    if fixed:
        left_out.append({"reference": event.code, "signs": names_of(fixed), "printed": True})
    drawn.sort(
        key=lambda badge: collation_key(badge["latin"]["text"] if badge["latin"] else badge["name"]["text"], lang)
    )
    data = {
        "language": lang,
        "title": str(_("Badges")),
        "event": words.title(event, lang),
        "when": show_days(event.first_day, event.last_day, lang),
        "layout": layout.value,
        "words": {
            "reference": str(_("Reference")),
            "code": str(_("QR code of the reference")),
            "photo": str(_("Photograph")),
        },
        "badges": drawn,
    }
    return data, left_out


def _badge(
    one: Bearer, rule: BadgeName, lang: str, picture: int | None, colours: Mapping[str, BadgeColour]
) -> tuple[Data | None, tuple[str, ...]]:
    """One badge, and the signs that could not be printed. None where no form of the name can be."""
    name, latin = names(one, rule)
    signs = missing(name)
    if signs:
        if not latin or missing(latin):
            return None, signs
        name, latin = latin, None
    organisation = one.organisation
    if organisation and (more := missing(organisation)):
        signs, organisation = (*signs, *more), None
    colour, letter = COLOURS.get(one.category or "", OTHER)
    chosen = colours.get(one.category or "")
    country = shown.represented(one.country, lang)
    badge = {
        "name": words.value(name),
        "latin": words.value(latin) if latin else None,
        "organisation": words.value(organisation) if organisation else None,
        "country": country or None,
        "category": shown.label("participant_category", one.category, lang) or str(_("Participant")),
        "colour": PALETTE[chosen] if chosen else colour,
        "letter": letter,
        "reference": one.reference,
        "qr": words.qr(one.reference),
        "picture": picture,
    }
    return badge, signs


def names(one: Bearer, rule: BadgeName) -> tuple[str, str | None]:
    """The name of a badge and its Latin form beneath, where the name is in another script.

    By the public name nothing of the legal one shows: where an alias or another name to be shown covers it, its Latin
    form stays away too.
    """
    if rule is BadgeName.LEGAL:
        name, latin = one.legal_name or one.name, one.name_latin
        # The name in the travel document is the Latin form of a name whose owner writes it in another script.
        if words.is_latin(name) and not words.is_latin(one.name) and one.name:
            name, latin = one.name, name
    else:
        name = one.public_name
        latin = one.name_latin if name == one.name else None
    return name, latin if latin and not words.is_latin(name) else None

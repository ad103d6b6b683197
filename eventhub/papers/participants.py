"""The list of participants, as the United Nations print it: by groups, States by country, the others by organization.

Who stands on it is said in registration/participants.py; they stand there by their public names (DOMAIN.md rule 9).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from eventhub.kit.codes import collation_key
from eventhub.kit.i18n import show_date
from eventhub.papers import words
from eventhub.papers.glyphs import missing, names_of
from eventhub.papers.models import PaperSetup
from eventhub.papers.queries import Bearer
from eventhub.papers.words import Data
from eventhub.programme.models import Event
from eventhub.registration import shown

GROUPS = (
    (_l("States"), ("member_state", "observer_state")),
    (_l("United Nations entities, mechanisms and treaty bodies"), ("un_entity", "un_mechanism_or_treaty_body")),
    (_l("Intergovernmental and regional organizations"), ("intergovernmental_org", "regional_org_or_mechanism")),
    (_l("National human rights institutions and other national bodies"), ("nhri", "other_national_body")),
    (_l("Non-governmental organizations"), ("ngo_ecosoc", "ngo_no_ecosoc")),
    (
        _l("Minority representatives, academics and experts"),
        ("minority_representative", "academic_expert", "panellist", "fellow"),
    ),
)
"""In the order of the lists of United Nations meetings; other categories follow under Others."""

BY_COUNTRY = frozenset({"member_state", "observer_state"})


def compose(
    event: Event, setup: PaperSetup, people: Sequence[Bearer], lang: str, *, today: date
) -> tuple[Data, list[Data]]:
    """The data of the list, and who was left out since no font has the signs of the name."""
    printable = [one for one in people if not missing(_line(one))]
    left_out = [
        {"reference": one.reference, "signs": names_of(missing(_line(one))), "printed": False}
        for one in people
        if missing(_line(one))
    ]
    group_of = {category: number for number, (_title, categories) in enumerate(GROUPS) for category in categories}
    grouped: dict[int, list[Bearer]] = defaultdict(list)
    for one in printable:
        grouped[group_of.get(one.category or "", len(GROUPS))].append(one)
    titles = [*(str(title) for title, _categories in GROUPS), str(_("Others"))]
    data = words.common(event, setup, lang, heading=str(_("List of participants")), today=today)
    data |= {
        "note": str(_("As at %(day)s. Only those are listed who agreed to it.", day=show_date(today, lang))),
        "footer": words.title(event, lang),
        "groups": [{"title": titles[number], "entries": _entries(grouped[number], lang)} for number in sorted(grouped)],
    }
    return data, left_out


def _entries(people: Sequence[Bearer], lang: str) -> list[Data]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in people:
        if one.category in BY_COUNTRY:
            title = shown.country(one.represents or one.country, lang)
        else:
            # A nationality or a residence is nobody's business here: only a country that somebody speaks for.
            title = one.organisation or shown.country(one.represents, lang) or str(_("In a personal capacity"))
        found[title].append(one.public_name)
    return [
        {
            "title": words.value(title),
            "people": [words.value(name) for name in sorted(found[title], key=lambda name: collation_key(name, lang))],
        }
        for title in sorted(found, key=lambda title: collation_key(title, lang))
    ]


def _line(one: Bearer) -> str:
    return f"{one.public_name} {one.organisation or ''}"

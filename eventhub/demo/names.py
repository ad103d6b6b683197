"""Nine hundred invented persons from a hundred countries, their names as they write them."""

import json
import random
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from eventhub.demo.organisations import DemoOrganisation, organisations

WANTED = 900
WITHOUT_NATIONALITY = {"stateless": 16, "refugee_1951_travel_document": 16}
HERE = Path(__file__).parent

# What category people of an organisation of this kind take part in; NGOs differ by consultative status.
CATEGORIES = {
    "permanent_mission": "member_state",
    "state": "member_state",
    "parliament": "other_national_body",
    "local_authority": "other_national_body",
    "nhri": "nhri",
    "un_entity": "un_entity",
    "intergovernmental": "intergovernmental_org",
    "regional_mechanism": "regional_org_or_mechanism",
    "minority_organisation": "minority_representative",
    "community_group": "minority_representative",
    "academic": "academic_expert",
    "business": "private_sector_platform",
    "foundation": "foundation_donor",
    "media": "media",
}
OBSERVER_STATES = {"PS", "VA"}
# Letters that Unicode does not take apart into a base letter and a mark.
WITHOUT_STROKES = str.maketrans("ıøłŁəƏðÐđĐ", "iolLeEdDdD")
OF_STATES = {"permanent_mission", "state", "parliament", "local_authority"}


@dataclass(frozen=True)
class DemoPerson:
    """One person of the demo.

    `name` is as the person writes it, `name_latin` the badge's second line where the name is in another script.
    `country` is a nationality: ISO 3166 alpha-2, "stateless" or "refugee_1951_travel_document". `organisation_index`
    points into `organisations()`.
    """

    name: str
    name_latin: str | None
    alias: str | None
    email: str
    country: str
    residence: str
    language: str
    time_zone: str
    discreet: bool
    gender: str
    phone: str | None
    organisation_index: int | None
    category: str

    @property
    def badge_name(self) -> str:
        """The name in Latin letters."""
        return self.name_latin or self.name


def people(seed: int) -> list[DemoPerson]:
    """900 persons of exactly 100 nationalities; the same seed gives the same list."""
    rng = random.Random(seed)
    rooms = organisations()
    by_country: dict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(rooms):
        by_country[one.country].append(index)
    made = [_featured(rng, entry, rooms) for entry in _book()["featured"]]
    names = {person.name for person in made}
    for country in _nationalities(rng, made):
        made.append(_person(rng, country, names, by_country, rooms))
        names.add(made[-1].name)
    return [replace(person, email=_email(rng, person, number)) for number, person in enumerate(made, start=1)]


def _nationalities(rng: random.Random, made: list[DemoPerson]) -> list[str]:
    """The nationality of everyone still to be made, by each country's weight."""
    countries = _book()["countries"]
    weights = {code: 6 + 2 * entry["weight"] for code, entry in countries.items()}
    without = [code for code, count in WITHOUT_NATIONALITY.items() for _ in range(count)]
    left = WANTED - len(made) - len(without)
    total = sum(weights.values())
    chosen = [code for code, weight in weights.items() for _ in range(left * weight // total)]
    chosen += rng.sample(sorted(weights), left - len(chosen))
    everyone = chosen + without
    rng.shuffle(everyone)
    return everyone


def _person(
    rng: random.Random,
    nationality: str,
    names: set[str],
    by_country: Mapping[str, list[int]],
    rooms: list[DemoOrganisation],
) -> DemoPerson:
    countries = _book()["countries"]
    flight = nationality in WITHOUT_NATIONALITY
    origin = rng.choice(("SY", "AF", "SO", "MM", "ER", "IQ", "SD", "BD", "CI")) if flight else nationality
    residence = rng.choice(("KE", "JO", "TR", "DE", "SE", "LB", "PK", "FR", "UG")) if flight else nationality
    if not flight and rng.random() < 0.09:
        residence = rng.choice(("CH", "FR", "DE", "GB", "US", "CA", "SE", "ZA", "KE", "TH", "MX", "TR"))
    gender = rng.choices(("woman", "man", "another", "prefer_not_to_say"), (50, 45, 2, 3))[0]
    name, latin = _new_name(rng, origin, gender, names)
    index = _organisation(rng, residence if flight else origin, flight, by_country, rooms)
    alone = ("academic_expert", "minority_representative", "media")
    category = _category(rooms[index]) if index is not None else rng.choice(alone)
    discreet = category not in ("member_state", "observer_state", "un_entity") and rng.random() < 0.05
    wants_alias = discreet or rng.random() < 0.02
    return DemoPerson(
        name=name,
        name_latin=latin,
        alias=_alias(latin or name) if wants_alias else None,
        email="",
        country=nationality,
        residence=residence,
        language=rng.choice(countries[origin]["languages"]),
        time_zone=countries[residence]["zone"],
        discreet=discreet,
        gender=gender,
        phone=_phone(rng) if rng.random() < 0.45 else None,
        organisation_index=index,
        category=category,
    )


def _featured(rng: random.Random, entry: dict[str, Any], rooms: list[DemoOrganisation]) -> DemoPerson:
    index = next(place for place, one in enumerate(rooms) if one.name == entry["organisation"])
    return DemoPerson(
        name=entry["name"],
        name_latin=entry["name_latin"],
        alias=entry["alias"],
        email="",
        country=entry["country"],
        residence=entry["residence"],
        language=entry["language"],
        time_zone=_book()["countries"][entry["residence"]]["zone"],
        discreet=entry["discreet"],
        gender=entry["gender"],
        phone=_phone(rng),
        organisation_index=index,
        category=_category(rooms[index]),
    )


def _organisation(
    rng: random.Random, country: str, flight: bool, by_country: Mapping[str, list[int]], rooms: list[DemoOrganisation]
) -> int | None:
    """Someone without a State's protection does not sit in a State's delegation."""
    open_to = [place for place in by_country[country] if not (flight and rooms[place].kind in OF_STATES)]
    if not open_to or rng.random() < 0.05:
        return None
    return rng.choices(open_to, [7 if rooms[place].kind in OF_STATES else 10 for place in open_to])[0]


def _category(organisation: DemoOrganisation) -> str:
    if organisation.kind == "ngo":
        return "ngo_ecosoc" if organisation.ecosoc in ("general", "special", "roster") else "ngo_no_ecosoc"
    if organisation.kind == "permanent_mission" and organisation.country in OBSERVER_STATES:
        return "observer_state"
    return CATEGORIES[organisation.kind]


def _new_name(rng: random.Random, country: str, gender: str, names: set[str]) -> tuple[str, str | None]:
    for _ in range(400):
        culture = _book()["cultures"][rng.choice(_book()["countries"][country]["cultures"])]
        name, latin = _name(rng, culture, gender)
        if name not in names:
            return name, latin
    raise ValueError(f"names.json holds too few names for {country}")


def _name(rng: random.Random, culture: dict[str, Any], gender: str) -> tuple[str, str | None]:
    """A name in the order its people write it: g given, f and s family, p and q a father's and grandfather's."""
    woman = gender == "woman" or (gender != "man" and rng.random() < 0.5)
    given = rng.choice(culture["f" if woman else "m"])
    fathers = rng.sample([one for one in culture["m"] if one != given], 2)
    families = rng.sample(culture["family"], 2) if culture["family"] else ["", ""]
    parts = {"g": given, "p": fathers[0], "q": fathers[1], "f": families[0], "s": families[1]}
    used: list[str] = []
    for letter in rng.choice(culture["orders"]):
        part = parts[letter]
        if letter in "pf":  # a repeated letter takes the next of its kind, not the same again
            parts[letter] = fathers[1] if letter == "p" else families[1]
        used.append(part)
    forms = [_gendered(part, woman).split("|") for part in used]
    native = culture["join"].join(form[0] for form in forms)
    latin = culture["latin_join"].join(form[-1] for form in forms)
    return native, (latin if latin != native and any(len(form) > 1 for form in forms) else None)


def _gendered(part: str, woman: bool) -> str:
    """Family names that differ stand as "man's~woman's"."""
    forms = part.split("~")
    return forms[-1] if woman else forms[0]


def _alias(latin: str) -> str:
    """Initials keep a person recognizable to friends and to nobody else."""
    return " ".join(f"{word[0].upper()}." for word in latin.replace("-", " ").split()[:2])


def _email(rng: random.Random, person: DemoPerson, number: int) -> str:
    domain = rng.choice(("example.org", "example.com", "example.net"))
    if person.discreet:  # someone who hides would not put the name into the address
        return f"{rng.choice(_book()['neutral_mailboxes'])}{number}@{domain}"
    words = [word for word in (_ascii(part) for part in person.badge_name.split()) if word]
    return f"{'.'.join([words[0], words[-1]] if len(words) > 1 else words)}{number}@{domain}"


def _ascii(word: str) -> str:
    folded = word.translate(WITHOUT_STROKES).replace("ß", "ss").replace("þ", "th").replace("Þ", "Th")
    plain = unicodedata.normalize("NFKD", folded)
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum()).lower()


def _phone(rng: random.Random) -> str:
    """A number of the ranges that regulators keep for films and examples."""
    pattern: str = rng.choice(_book()["phones"])
    return pattern.format(rng.randrange(100))


@cache
def _book() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((HERE / "names.json").read_text(encoding="utf-8"))
    return read

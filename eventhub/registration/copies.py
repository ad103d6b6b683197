"""What stands beside the answers: columns for lists, a tie to an organization, a name for a profile without one.

No open column holds a copy of a sealed answer, and a name is copied only for those who may read the answer itself.
"""

import uuid
from collections.abc import Collection, Mapping

from sqlalchemy import select

from eventhub.kit import codes
from eventhub.kit.db import db
from eventhub.kit.outbox import promise
from eventhub.people.affiliations import affiliate, forget_unused, unaffiliate
from eventhub.people.models import Person
from eventhub.people.names import take_name
from eventhub.questionnaires.access import may_see
from eventhub.questionnaires.definition import Definition
from eventhub.registration.access import Sight, viewers
from eventhub.registration.models import Registration

COUNTRY = ("country_represented", "nationality", "nationality_status", "residence")
"""Questions that say where somebody belongs, the first that is answered counts."""

PHOTOGRAPH = "badge_photo"
"""The key of the question that asks for the photograph of a badge."""

NEEDS = frozenset({"access_needs", "other_support"})
"""Keys of the questions that ask what somebody needs to take part: features further up provide it."""


def copy_columns(registration: Registration, definition: Definition | None, answers: Mapping[str, object]) -> None:
    """Keep beside the answers that apply: category, way of attending, country, names, organization."""
    known = _unsealed(definition, answers)
    registration.category = _text(known.get("category"))
    registration.attendance_mode = _text(known.get("attendance_mode"))
    registration.country = next((code for name in COUNTRY if (code := _country(known.get(name)))), None)
    registration.represents = _country(known.get("country_represented"))
    registration.legal_name = _name(definition, known, "legal_name", Sight.BADGES)
    registration.display_name = _name(definition, known, "display_name", Sight.PUBLIC_NAMES)
    _tie(registration, _organisation(known.get("organisation")), _country(known.get("country_represented")))


def keep_category(registration: Registration, definition: Definition | None, values: Mapping[str, object]) -> None:
    """Keep the category that a draft has come to: by when it is sent depends on it."""
    known = _unsealed(definition, values)
    if "category" in known:
        registration.category = _text(known["category"])


def on_papers(registration: Registration) -> tuple[object, ...]:
    """What badges, letters and lists say of somebody, as far as it was copied here from the answers."""
    names = registration.legal_name, registration.display_name
    belongs = registration.organisation_id, registration.country, registration.represents, registration.category
    return *names, *belongs, registration.attendance_mode


def fill_profile(person: Person, definition: Definition | None, answers: Mapping[str, object]) -> None:
    """A profile without a name takes the one that was given here. What only the badge desk may read is taken where a
    public name covers it: the name of a profile is what others read.
    """
    known, seen = _unsealed(definition, answers), Sight.BADGES if person.alias else Sight.PUBLIC_NAMES
    legal, latin, shown = (_name(definition, known, key, seen) for key in ("legal_name", "badge_name", "display_name"))
    take_name(person, legal or shown, latin)


def owe_needs(registration: Registration, answered: Collection[str]) -> None:
    """News for whoever provides what people need to take part: it was asked for, or asked for differently."""
    if not NEEDS.isdisjoint(answered):
        promise("registration.needs_told", registration_id=registration.id)


def let_go(organisation_ids: set[uuid.UUID]) -> int:
    """Delete the organizations among these that only answers named which are gone; how many."""
    used = select(Registration.organisation_id).where(Registration.organisation_id.in_(organisation_ids)).distinct()
    return forget_unused(organisation_ids - set(db.session.scalars(used))) if organisation_ids else 0


def _tie(registration: Registration, name: str | None, country: str | None) -> None:
    before, person_id = registration.organisation_id, registration.person_id
    registration.organisation_id = affiliate(person_id, name, country=country) if name else None
    if before is None or before == registration.organisation_id:
        return
    db.session.flush()
    elsewhere = select(Registration.id).where(
        Registration.person_id == person_id, Registration.organisation_id == before
    )
    if db.session.scalar(elsewhere.limit(1)) is None:
        unaffiliate(person_id, before)
        let_go({before})


def _unsealed(definition: Definition | None, answers: Mapping[str, object]) -> dict[str, object]:
    sealed = {question.key for question in definition.questions() if question.sealed} if definition else set()
    return {name: value for name, value in answers.items() if name not in sealed}


def _name(definition: Definition | None, known: Mapping[str, object], key: str, seen: Sight) -> str | None:
    asked = next((question for question in definition.questions() if question.key == key), None) if definition else None
    return _text(known.get(key)) if asked is not None and may_see(asked, viewers(seen)) else None


def _organisation(value: object) -> str | None:
    return _text(value.get("name")) if isinstance(value, dict) else None


def _country(value: object) -> str | None:
    known = set(codes.codes("nationality_extra"))
    if not isinstance(value, str) or (len(value) != 2 and value not in known):
        return None
    return value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

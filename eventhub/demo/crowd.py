"""The demo's organizations, persons, sign-ins and roles."""

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

from sqlalchemy import Table, insert

from eventhub.demo.cast import CAST, CastMember, address_of
from eventhub.demo.names import DemoPerson, people
from eventhub.demo.organisations import organisations
from eventhub.demo.phones import give_phone
from eventhub.kit.clock import now
from eventhub.kit.db import Base, db
from eventhub.kit.sealed import SealKey, new_key
from eventhub.people.models import Affiliation, Channel, Consent, Organisation, Person, RoleGrant, ScopeKind, name_key
from eventhub.programme.models import Event

SEED = 2026
TAKING_PART = ("participant", "discreet")


@dataclass(frozen=True)
class Somebody:
    """A person in the database with what the demo knows about them."""

    id: uuid.UUID
    known: DemoPerson
    organisation_id: uuid.UUID | None
    key: SealKey


def make_crowd() -> list[Somebody]:
    """Four hundred organizations and nine hundred persons."""
    houses = [
        {
            "id": uuid.uuid4(),
            "name": one.name,
            "name_key": name_key(one.name),
            "kind": one.kind,
            "ecosoc_status": one.ecosoc,
            "ganhri_status": one.ganhri or "none",
            "country": one.country,
            "created_at": now() - timedelta(days=500),
            "confirmed_at": now() - timedelta(days=480),
        }
        for one in organisations()
    ]
    db.session.execute(insert(plain(Organisation)), houses)
    ids = [uuid.UUID(str(house["id"])) for house in houses]
    crowd = [_somebody(known, ids) for known in people(SEED)]
    db.session.flush()
    db.session.execute(insert(plain(Person)), [person_row(one) for one in crowd])
    db.session.execute(insert(plain(Affiliation)), [_affiliation(one) for one in crowd if one.organisation_id])
    db.session.execute(
        insert(plain(Consent)), [row for number, one in enumerate(crowd) for row in _consents(number, one)]
    )
    return crowd


def make_cast(forum: Event) -> tuple[dict[str, Person], dict[str, Somebody]]:
    """The people one can sign in as, with their roles, and what registers those of them who take part."""
    keys = {member.key: new_key() for member in CAST}
    db.session.flush()
    made = {member.key: _member(member, keys[member.key]) for member in CAST}
    db.session.flush()
    for member in CAST:
        for role in member.roles:
            db.session.add(
                RoleGrant(
                    person_id=made[member.key].id,
                    role=role,
                    scope_kind=ScopeKind.EVENT if member.forum_only else ScopeKind.ALL,
                    scope_id=forum.id if member.forum_only else None,
                    granted_at=now() - timedelta(days=90),
                )
            )
        if member.roles:
            give_phone(made[member.key])
    template = next(one for one in people(SEED) if one.category == "minority_representative" and one.country == "KE")
    acting = {
        key: Somebody(
            made[key].id,
            replace(template, name=made[key].name, name_latin=None, alias=made[key].alias),
            None,
            keys[key],
        )
        for key in TAKING_PART
    }
    return made, acting


def plain(model: type[Base]) -> Table:
    """The bare table: inserts through a mapped class are parted by which values are empty, into thousands."""
    return cast(Table, model.__table__)


def _member(member: CastMember, key: SealKey) -> Person:
    person = Person(
        id=uuid.uuid4(),
        name=member.name,
        alias=member.alias,
        email=address_of(member.key),
        language=member.language,
        time_zone="Africa/Nairobi" if member.key in {"participant", "discreet"} else "Europe/Zurich",
        nationality="KE",
        residence="KE",
        discreet=member.discreet,
        seal_key_id=key.id,
        created_at=now() - timedelta(days=120),
    )
    db.session.add(person)
    return person


def _somebody(known: DemoPerson, houses: list[uuid.UUID]) -> Somebody:
    organisation = houses[known.organisation_index] if known.organisation_index is not None else None
    return Somebody(uuid.uuid4(), known, organisation, new_key())


def person_row(one: Somebody) -> dict[str, object]:
    """What is known of somebody, as a row."""
    known = one.known
    return {
        "id": one.id,
        "name": known.name,
        "name_latin": known.name_latin,
        "alias": known.alias,
        "email": known.email,
        "phone": known.phone,
        "language": known.language,
        "time_zone": known.time_zone,
        "nationality": known.country,
        "residence": known.residence,
        "discreet": known.discreet,
        "seal_key_id": one.key.id,
        "created_at": now() - timedelta(days=400),
    }


def _affiliation(one: Somebody) -> dict[str, object]:
    return {"id": uuid.uuid4(), "person_id": one.id, "organisation_id": one.organisation_id, "is_main": True}


def _consents(number: int, one: Somebody) -> list[dict[str, object]]:
    """Most say nothing, which means no; a third agree to the list of participants, one in forty changed their mind."""
    if one.known.discreet or number % 3:
        return []
    yes = {"id": uuid.uuid4(), "person_id": one.id, "channel": Channel.LIST_OF_PARTICIPANTS, "given": True}
    rows: list[dict[str, object]] = [yes | {"at": now() - timedelta(days=60), "event_id": None}]
    if number % 40 == 0:
        rows.append(yes | {"id": uuid.uuid4(), "given": False, "at": now() - timedelta(days=5), "event_id": None})
    return rows

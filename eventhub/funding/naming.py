"""The name by which others know an applicant, told while applying: nobody is sent to the whole profile for it."""

from dataclasses import fields, replace

from eventhub.people import actions as people
from eventhub.people.actions import Details
from eventhub.people.models import Person
from eventhub.people.names import take_name


def take(person: Person, typed: str) -> Person:
    """Keep it: as the public name of whoever is discreet or has one, else as the name."""
    if person.discreet or person.alias:
        return people.choose_alias(person, typed)
    if take_name(person, typed):
        return person
    known = Details(**{one.name: getattr(person, one.name) for one in fields(Details)})
    return people.update_profile(person, replace(known, name=typed))

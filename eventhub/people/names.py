"""The name of a person, as other features come to know it."""

from eventhub.kit.text import is_advertisement
from eventhub.people.models import Person


def take_name(person: Person, name: str | None, name_latin: str | None = None) -> bool:
    """Let a profile without a name have the one that the person gave elsewhere; whether it did.

    But for a discreet person without a public name: it would stand where others read. My page asks for a public name.
    Nor one that reads as an advertisement: it would go out in mails to others.
    Public pages are not made anew: nobody without a name stands on one, and in the rush of an opening they must last.
    """
    if person.name or not name or (person.discreet and not person.alias) or is_advertisement(name):
        return False
    person.name, person.name_latin = name, person.name_latin or name_latin
    return True

"""Telephone numbers beside the mailboxes of makers: sealed, each with a key of its own, for whoever calls.

The database forgets the number and its key wherever the mailbox is forgotten.
"""

from eventhub.commitments.models import Contact
from eventhub.kit import sealed
from eventhub.kit.db import db
from eventhub.kit.sealed import SealKey, Unreadable, place


def keep(contact: Contact, number: str) -> None:
    """Seal a number beside a mailbox, in the place of the one before; an empty one forgets that."""
    if contact.phone_key_id is not None:
        sealed.destroy(db.session.get_one(SealKey, contact.phone_key_id))
        contact.phone = contact.phone_key_id = None
    if number:
        key = sealed.new_key()
        db.session.flush()
        contact.phone, contact.phone_key_id = sealed.seal(key, _place(contact), number), key.id
    db.session.flush()


def read(contact: Contact) -> str:
    """The number, empty where none can be read. Showing it must be recorded."""
    if contact.phone is None:
        return ""
    key = db.session.get_one(SealKey, contact.phone_key_id)
    try:
        return sealed.open_sealed(key, _place(contact), contact.phone).decode()
    except Unreadable:
        return ""


def _place(contact: Contact) -> sealed.Place:
    return place("commitment_contact", "phone", contact.id)

"""Invites by mail: the calendar that goes to one person, its secret sender address, and the whole message."""

import base64
from dataclasses import replace
from email.utils import parseaddr

from flask import current_app

from eventhub.calendars import blobs, reminding
from eventhub.calendars.ics import NEUTRAL_PRODID, PRODID, Occasion, Party, cancel_bytes, request_bytes
from eventhub.calendars.imip_message import imip_message
from eventhub.calendars.models import Invite, InviteMail, Method
from eventhub.kit.config import Settings
from eventhub.kit.mail import Rendered
from eventhub.kit.tokens import token


def invite_token(invite: Invite) -> str:
    """The secret of an invite: in the sender's address and in the link to answer.

    Lower-case letters and digits only: mail servers on the way may change the case of an address.
    """
    made = token("calendars.invite", invite.id, invite.salt)
    return base64.b32encode(base64.urlsafe_b64decode(made + "=")).decode().rstrip("=").lower()


def organizer(invite: Invite, sender: str) -> Party:
    """Who invites: an address of this invite alone, the same in every mail about it. ``sender`` gives the name."""
    settings: Settings = current_app.extensions["eventhub.settings"]
    return Party(f"rsvp+{invite_token(invite)}@{settings.calendar_domain}", parseaddr(sender)[0])


def calendar_of(mail: InviteMail, *, sender: str) -> bytes:
    """The iTIP message of one mail. The invite comes with its person, entry, session, event, series and room."""
    invite, discreet = mail.invite, mail.invite.person.discreet
    attendee = Party(invite.person.email or "", "" if discreet else invite.person.public_name)
    parties = {"organizer": organizer(invite, sender), "attendee": attendee}
    prodid = NEUTRAL_PRODID if discreet else PRODID
    told = _told(mail)
    if mail.method is Method.CANCEL:
        return cancel_bytes(told, **parties, prodid=prodid)
    chosen = reminding.reminding_of(invite.person)
    alarm = reminding.alarm(chosen.in_calendar, invite.person.language)
    return request_bytes(told, **parties, prodid=prodid, alarm=alarm)


def compose(mail: InviteMail, rendered: Rendered) -> bytes:
    """The whole message, ready to be sent and sealed."""
    calendar = calendar_of(mail, sender=rendered.sender)
    party = organizer(mail.invite, rendered.sender)
    return imip_message(
        sender=party.address,
        sender_name=party.name,
        recipient=rendered.to,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        calendar=calendar,
        method=mail.method.value,
        message_id=rendered.message_id,
        date=rendered.date,
        language=rendered.language,
    )


def _told(mail: InviteMail) -> Occasion:
    """The entry as this mail tells it: its own revision, and cancelled where this person alone is taken off."""
    entry, person = mail.invite.entry, mail.invite.person
    if person.discreet:
        told = blobs.neutral_occasion(entry, entry.uid, person.language)
    else:
        told = blobs.occasion(entry, entry.session, person.language)
    status = "CANCELLED" if mail.method is Method.CANCEL else told.status
    return replace(told, sequence=mail.sequence, dtstamp=mail.dtstamp, status=status)

"""What follows when a call changes: letters to those who applied or began to."""

import uuid

from eventhub.funding import call_letters, opening
from eventhub.kit.mail import Letter
from workers.app import mails, writes


@writes("funding.rules_changed")
def rules_changed(call_id: str, number: int) -> None:
    """A second person agreed to a change of rules."""
    opening.tell_of_rules(uuid.UUID(call_id), number)


@writes("funding.deadline_extended")
def deadline_extended(call_id: str, deadline_id: str) -> None:
    """A later deadline was announced."""
    opening.tell_of_deadline(uuid.UUID(call_id), uuid.UUID(deadline_id))


@writes("funding.call_cancelled")
def call_cancelled(call_id: str) -> None:
    """A call was called off."""
    opening.tell_of_end(uuid.UUID(call_id))


@mails("funding.rules_told")
def rules_told(application_id: str, number: int) -> Letter | None:
    """The rules have changed."""
    return call_letters.rules_told(uuid.UUID(application_id), number)


@mails("funding.extended_told")
def extended_told(application_id: str, deadline_id: str) -> Letter | None:
    """There is more time."""
    return call_letters.extended_told(uuid.UUID(application_id), uuid.UUID(deadline_id))


@mails("funding.cancelled_told")
def cancelled_told(application_id: str) -> Letter | None:
    """The call does not go on."""
    return call_letters.cancelled_told(uuid.UUID(application_id))

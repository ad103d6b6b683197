"""A nominee's link, mailed again, or sent to another mailbox when the first one was mistyped: until it is taken."""

from typing import Any

from flask_babel import lazy_gettext as _l

from eventhub.delegations import actions, queries
from eventhub.delegations.actions import LinkClosed, RowWrong, nominee_token
from eventhub.delegations.models import Delegation, Nominee
from eventhub.delegations.queries import Row
from eventhub.kit import audit
from eventhub.kit.errors import DomainError, TooMany
from eventhub.kit.limits import count
from eventhub.kit.outbox import promise
from eventhub.kit.tokens import digest, new_salt
from eventhub.people.models import Person

A_DAY: dict[str, Any] = {"limit": 6, "seconds": 24 * 3600}
"""Mails to one nominee in a day, wherever they go."""


class NoMailbox(DomainError):
    """There is no mailbox to write to."""

    status = 422
    message = _l("There is no mailbox to write to. Name another one, or hand the link over.")


class MailedEnough(DomainError):
    """The mails of a day are used up."""

    status = 429
    message = _l("This person was written to often enough today. Hand the link over, or try again tomorrow.")


def write_again(actor: Person, delegation: Delegation, row: Row) -> Nominee:
    """Mail a new link; the one before it opens nothing any more. Raises NotFound, DelegationClosed, LinkClosed,
    NoMailbox, MailedEnough.
    """
    nominee = _held(actor, delegation, row)
    if nominee.email is None:
        raise NoMailbox
    _send(actor, nominee)
    return nominee


def correct(actor: Person, delegation: Delegation, row: Row, email: str | None, language: str) -> Nominee:
    """Another mailbox, or none: it gets a new link, and the old one opens nothing any more. Raises what ``write_again``
    raises, and RowWrong.
    """
    nominee = _held(actor, delegation, row)
    nominee.language = language
    if email == nominee.email:
        return nominee
    one = actions.Nomination(0, nominee.name, email)
    for message in actions.problems_beside(delegation, one).values():
        raise RowWrong(message, field="email")
    nominee.email = email
    _send(actor, nominee)
    return nominee


def _held(actor: Person, delegation: Delegation, row: Row) -> Nominee:
    actions.hold(delegation)
    actions.demand_may(actor, delegation)
    row = queries.nominee_of(delegation.id, row.nominee.id, lock=True)
    if row.nominee.claimed_at is not None or row.nominee.left_at is not None:
        raise LinkClosed(_l("The link was taken, or the person was replaced. Look at the list again."))
    return row.nominee


def _send(actor: Person, nominee: Nominee) -> None:
    nominee.salt = new_salt()
    nominee.token_hash = digest(nominee_token(nominee))
    if nominee.email:
        try:
            count("delegations.mail_again", str(nominee.id), **A_DAY)
        except TooMany:
            raise MailedEnough from None
        promise("delegations.nominated", nominee_id=nominee.id)
    audit.record("delegation.link_renewed", nominee, actor=actor, scope_id=nominee.event_id)

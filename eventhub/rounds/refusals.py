"""Why somebody is not asked: what is wrong with a day, a mailbox or a choice, each at its field."""

from flask_babel import lazy_gettext as _l

from eventhub.kit.errors import DomainError


class BadDay(DomainError):
    """A day on which nobody can be asked in this round."""

    status = 422
    message = _l("Choose a day after today and before the round ends.")
    field = "day"


class SameMailbox(DomainError):
    """The link is this mailbox's own."""

    status = 422
    message = _l("This is the mailbox that the link was sent to. Write a colleague’s.")
    field = "email"


class CameBack(DomainError):
    """A mail to this address came back."""

    status = 422
    message = _l("A mail to this address did not arrive. Write another.")
    field = "email"


class SaidNotMe(DomainError):
    """A colleague is not asked again by whom they turned away."""

    status = 422
    message = _l("Somebody at this address was asked before and said “not me”. Write another.")
    field = "email"


class NothingChosen(DomainError):
    """Nothing was chosen to be handed on."""

    status = 422
    message = _l("Choose at least one commitment.")
    field = "items"


class NobodyLeft(DomainError):
    """All mailboxes were asked, or there is none."""

    status = 422
    message = _l("There is no other mailbox to ask. Add one to the commitment first.")


class NothingOpen(DomainError):
    """Nothing waits behind the link."""

    status = 422
    message = _l("Nothing waits for an answer behind this link.")

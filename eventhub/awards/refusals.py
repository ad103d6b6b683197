"""Why a grant is not approved, offered or answered."""

from flask_babel import lazy_gettext as _l

from eventhub.funding.moves import NotPossible
from eventhub.kit.errors import DomainError, Forbidden, NotFound, means


class AlreadyAwarded(DomainError):
    """The application has an award."""

    message = _l("This application has a grant already.")


class TwoPeople(DomainError):
    """Whoever recommended does not approve."""

    status = 403
    message = _l("Whoever recommended a grant may not approve it. Somebody else has to.")


class NeedsApprover(DomainError):
    """An officer cuts what is approved before the offer, and only an approver raises it."""

    status = 403
    field = "approved"
    message = _l("Only an approver can raise what is approved.")


class TooLate(DomainError):
    """The days to answer are over."""

    status = 410
    message = _l("The days to answer this offer are over.")


class Answered(DomainError):
    """Another answer was given already."""

    message = _l("This offer was answered already. Write to us if you want to change your answer.")


class PlaceFilled(NotPossible):
    """A reserve who was proposed for a place that the board has filled since."""

    message = _l("The board has filled this place since. The proposal can only be dropped.")


class SlateFirst(DomainError):
    """The board has recommended another slate, which says what becomes of a reserve."""

    message = _l(
        "The board has recommended another slate since. Reserves are approved once that one is decided and prepared."
    )


class PlaceTaken(DomainError):
    """A lapsed offer whose place a reserve was confirmed for, or a slate has filled since."""

    message = _l("The place of a lapsed offer went to somebody on the reserve list. It cannot be offered again.")


class LinkUnknown(NotFound):
    """A mailed link that a mailbox broke, or one that a newer link has replaced: a clock may be running behind it."""

    message = _l(
        "This link is not complete, or a newer one has replaced it. Open it again in the newest email from us, or sign "
        "in and look at My page. If that does not help, write to us: see “Help and contact”."
    )


class SumsHidden(Forbidden):
    """A sum less all that somebody sees is the own decision, which is not told yet (SAFETY.md properties 2 and 7)."""

    message = _l(
        "You have a tie to an application of this call whose decision is still to come. Until then sums are not shown"
        " to you, and a colleague has to do this."
    )


means("uq_fund_award_application_id", AlreadyAwarded())
means("ck_fund_award_two_people", TwoPeople())
means("ix_fund_proposal_open", NotPossible())

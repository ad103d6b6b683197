"""Whether somebody may still be considered for a place, looked at anew by the rules that applying goes by."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from eventhub.awards import queries
from eventhub.funding import debts
from eventhub.funding.debts import Bar, Barred
from eventhub.funding.models import Application, Call
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError


class NotConsidered(DomainError):
    """Something stands against the person, or against the organization that nominates; ``reasons`` name nobody."""

    message = _l("A report is owed, somebody is debarred, or takes another grant: look at the file first.")

    def __init__(self, reasons: Sequence[Barred] = ()) -> None:
        super().__init__()
        self.reasons = list(reasons)


class OtherGrant(DomainError):
    """Nobody takes two grants within the months that the rules of the call name."""

    message = _l(
        "You have accepted another grant, and the rules do not allow two so close to each other. Decline this offer, or"
        " end the other grant first."
    )


class Debarred(DomainError):
    """A grant is accepted by nobody who is debarred, or whose nominator is."""

    message = _l("This grant cannot be accepted at present. Please write to us.")


def reasons(application: Application) -> list[Barred]:
    """All that stands against an application now, by the rules that two people agreed to."""
    call = db.session.get_one(Call, application.call_id)
    return debts.of_application(application, call, queries.rules_of(call.id).limits, now())


def demand_considered(application: Application) -> None:
    """Raises NotConsidered."""
    if found := reasons(application):
        raise NotConsidered(found)


def standing_against(applications: Sequence[Application]) -> list[Application]:
    """Which of these people are not considered since something is owed or somebody is debarred, by them or by whoever
    nominates them, or since they take another grant too close to this one. Two statements where there is nobody; each
    one found is looked at closely.
    """
    theirs = {one.nominated_by_id for one in applications if one.nominated_by_id is not None}
    people, organisations = debts.owing({one.person_id for one in applications}, theirs, now())
    people |= debts.granted_beside(applications)
    suspects = [one for one in applications if one.person_id in people or one.nominated_by_id in organisations]
    return [one for one in suspects if reasons(one)]


def demand_all_considered(applications: Sequence[Application]) -> None:
    """Raises NotConsidered, which names the references."""
    found = standing_against(applications)
    if found:
        error = NotConsidered()
        error.message = f"{error.message} ({', '.join(str(one.reference) for one in found)})"
        raise error


def demand_acceptable(application: Application) -> None:
    """Raises Debarred, OtherGrant. What is owed since the offer does not take the offer back; two people who debar do,
    and another grant that was accepted meanwhile. Whoever accepts for the same person elsewhere waits.
    """
    debts.hold_person(application.person_id)
    found = {one.why for one in reasons(application)}
    if found & {Bar.OWN_DEBARRED, Bar.THEIR_DEBARRED}:
        raise Debarred
    if Bar.TOO_SOON in found:
        raise OtherGrant

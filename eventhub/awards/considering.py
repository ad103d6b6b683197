"""Whether somebody may still be considered for a place, looked at anew by the rules that applying goes by."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from eventhub.funding import call_queries, debts
from eventhub.funding.debts import Barred
from eventhub.funding.models import Application, Call
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError


class NotConsidered(DomainError):
    """Something stands against the person, or against the organization that nominates; ``reasons`` name nobody."""

    message = _l("Something is owed here, or somebody is debarred: look at the file first.")

    def __init__(self, reasons: Sequence[Barred] = ()) -> None:
        super().__init__()
        self.reasons = list(reasons)


def reasons(application: Application) -> list[Barred]:
    """All that stands against an application now."""
    call = db.session.get_one(Call, application.call_id)
    return debts.of_application(application, call, call_queries.standing(call).rules.limits, now())


def demand_considered(application: Application) -> None:
    """Raises NotConsidered."""
    if found := reasons(application):
        raise NotConsidered(found)

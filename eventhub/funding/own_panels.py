"""What stands of one's own applications on My page, and in the copy of all data."""

import uuid
from collections.abc import Mapping

from flask import g, url_for
from flask_babel import gettext as _

from eventhub.funding import call_queries, call_shown, own, personal_data, told
from eventhub.funding.models import Call, State
from eventhub.funding.own import Intake
from eventhub.funding.subject import FOR
from eventhub.helping.queries import Row
from eventhub.kit.clock import now
from eventhub.kit.panels import Panel, Provider
from eventhub.people.models import Person
from eventhub.people.sessions import Visitor
from eventhub.programme.models import Event


def mine(visitor: Visitor) -> Panel | None:
    """Each application: where it stands, what is next, and until when."""
    found = own.mine(visitor.person)
    return Panel("funding/me_panel.html", {"items": [_item(one, visitor) for one in found]}) if found else None


def data(person: Person) -> Panel:
    """The applications in the person's copy of all data."""
    return Panel("", {"applications": personal_data.own_data(person)})


def for_others(shown: tuple[Event, Row]) -> Panel | None:
    """On a helper's page of a person: the calls of the event, for which the helper may apply in the person's name."""
    event, row = shown
    charge = row.charge
    begun = own.states_of(charge.person_id) if charge.person_id and charge.claimed_at is None else {}
    calls = [
        one for one in call_queries.calls_of(event.id, begun) if call_shown.is_taking(one) or _reference(begun, one)
    ]
    items = [
        {
            "title": told.title(one),
            "due": call_shown.moment_of(one, one.closes_at, g.lang) if call_shown.is_taking(one) else None,
            "tag": told.STATES[begun[one.id][0]] if one.id in begun else None,
            "url": _address(one, _reference(begun, one), charge.id),
        }
        for one in calls
    ]
    context = {"calls": items, "may": charge.person_id is not None}
    return Panel("funding/behalf_panel.html", context) if items else None


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("me.main", mine),
    ("me.data", data),
    ("helping.person", for_others),
)
"""What app.py registers."""


def _reference(begun: Mapping[uuid.UUID, tuple[State, str | None]], call: Call) -> str | None:
    return begun[call.id][1] if call.id in begun else None


def _address(call: Call, reference: str | None, charge_id: uuid.UUID) -> str:
    """An application that was sent has its own page, also when the call takes no more."""
    if reference:
        return url_for("funding.mine_one", reference=reference) + f"?{FOR}={charge_id}"
    return url_for("funding.apply", slug=call.slug) + f"?{FOR}={charge_id}"


def _item(one: Intake, visitor: Visitor) -> dict[str, object]:
    application = one.application
    assert application is not None  # noqa: S101 (own.mine gives none without)
    due = told.until(one, visitor.person.time_zone)
    item: dict[str, object] = {
        "title": told.title(one.call),
        "tag": told.tag(application),
        "reference": application.reference,
        "number": application.number,
        "answered_by": told.answered_by(one),
        "note": told.next_of(application, one.call),
        "due": due[1] if due else None,
        "due_label": due[0] if due else None,
        "url": None,
        "label": _("See my application"),
    }
    if application.reference:
        return item | {"url": url_for("funding.mine_one", reference=application.reference)}
    if application.state in {State.DRAFT, State.EXPIRED} and own.is_sendable(one, now()):
        return item | {"url": url_for("funding.apply", slug=one.call.slug), "label": _("Go on with my application")}
    return item | {"note": None}

"""What stands of one's own applications on My page, and in the copy of all data."""

from flask import url_for
from flask_babel import gettext as _

from eventhub.funding import own, personal_data, told
from eventhub.funding.models import State
from eventhub.funding.own import Intake
from eventhub.kit.clock import now
from eventhub.kit.panels import Panel, Provider
from eventhub.people.models import Person
from eventhub.people.sessions import Visitor


def mine(visitor: Visitor) -> Panel | None:
    """Each application: where it stands, what is next, and until when."""
    found = own.mine(visitor.person)
    return Panel("funding/me_panel.html", {"items": [_item(one, visitor) for one in found]}) if found else None


def data(person: Person) -> Panel:
    """The applications in the person's copy of all data."""
    return Panel("", {"applications": personal_data.own_data(person)})


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("me.main", mine),
    ("me.data", data),
)
"""What app.py registers."""


def _item(one: Intake, visitor: Visitor) -> dict[str, object]:
    application = one.application
    assert application is not None  # noqa: S101 (own.mine gives none without)
    due = told.until(one, visitor.person.time_zone)
    item: dict[str, object] = {
        "title": told.title(one.call),
        "tag": told.tag(application),
        "reference": application.reference,
        "note": told.NEXT.get(told.state(application)),
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

"""Who may look at and change events on the console: what is out of scope does not exist (404, absent from lists)."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, false, or_, true

from eventhub.people.access import Scope, holds, ids_covered
from eventhub.people.models import Role, RoleGrant, ScopeKind
from eventhub.programme.models import Event, Series

EDITORS = (Role.ORGANISER,)
DOCUMENT_KEEPERS = (Role.ORGANISER, Role.RAPPORTEUR)
ONLOOKERS = (Role.ORGANISER, Role.RAPPORTEUR, Role.ACCREDITATION_OFFICER, Role.CHECK_IN)
"""Who finds an event's console page: a host partner sees counts elsewhere and nothing here."""

Grants = Iterable[RoleGrant]


def scope_of(event: Event) -> Scope:
    """The scope a deed on this event happens in."""
    return Scope(series_id=event.series_id, event_id=event.id)


def scope_of_series(series: Series) -> Scope:
    """The scope a deed on this series happens in."""
    return Scope(series_id=series.id)


def may_see(grants: Grants, event: Event) -> bool:
    """Whether the event's console page exists for these roles."""
    return holds(grants, *ONLOOKERS, scope=scope_of(event))


def may_look(grants: Grants) -> bool:
    """Whether there is a list of events for these roles, be it empty."""
    return any(grant.role in (*ONLOOKERS, Role.ADMIN) for grant in grants)


def may_edit(grants: Grants, event: Event) -> bool:
    """Whether the event, its programme and its rooms may be changed."""
    return holds(grants, *EDITORS, scope=scope_of(event))


def may_keep_documents(grants: Grants, event: Event) -> bool:
    """Whether the event's documents may be changed."""
    return holds(grants, *DOCUMENT_KEEPERS, scope=scope_of(event))


def may_create_in(grants: Grants, series: Series) -> bool:
    """Whether the series may be changed and given a new event: a role for one event does not reach that far."""
    return holds(grants, *EDITORS, scope=scope_of_series(series))


def may_create_series(grants: Grants) -> bool:
    """Whether a new series may be made: only by those whose role reaches everything."""
    return holds(grants, *EDITORS)


def visible_events(grants: Grants, *roles: Role) -> ColumnElement[bool]:
    """A condition on Event: those the roles (admin always counts) reach. Without roles, those that may be seen."""
    named = list(grants)
    wanted = roles or ONLOOKERS
    series = ids_covered(named, ScopeKind.SERIES, *wanted)
    if series is None:
        return true()
    events = ids_covered(named, ScopeKind.EVENT, *wanted) or set()
    return or_(Event.series_id.in_(series), Event.id.in_(events)) if series or events else false()


def editable_series(grants: Grants) -> ColumnElement[bool]:
    """A condition on Series: those that may be changed and given new events."""
    ids = ids_covered(list(grants), ScopeKind.SERIES, *EDITORS)
    return true() if ids is None else Series.id.in_(ids)

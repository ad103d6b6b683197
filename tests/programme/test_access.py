"""Who finds which events on the console: predicates and SQL conditions agree."""

import pytest
from sqlalchemy import select

from eventhub.kit.db import db
from eventhub.people.models import Role, RoleGrant
from eventhub.programme import access
from eventhub.programme.models import Event
from tests.factories.people import grant, make_person
from tests.factories.programme import make_event, make_series

SEEING = {Role.ADMIN, Role.ORGANISER, Role.RAPPORTEUR, Role.ACCREDITATION_OFFICER, Role.CHECK_IN}
EDITING = {Role.ADMIN, Role.ORGANISER}
KEEPING_DOCUMENTS = {Role.ADMIN, Role.ORGANISER, Role.RAPPORTEUR}


def grants_of(role: Role, **scope: object) -> list[RoleGrant]:
    return [grant(make_person(), role, **scope)]


def listed(grants: list[RoleGrant], *roles: Role) -> set[object]:
    return set(db.session.scalars(select(Event.id).where(access.visible_events(grants, *roles))))


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("reach", ["all", "series", "event", "elsewhere"])
def test_role_and_scope_decide(database: None, role: Role, reach: str) -> None:
    inside, sibling, outside = make_event(), make_event(), make_event()
    scope = {
        "all": {},
        "series": {"series_id": inside.series_id},
        "event": {"event_id": inside.id},
        "elsewhere": {"event_id": outside.id},
    }[reach]
    grants = grants_of(role, **scope)
    reached = reach != "elsewhere"
    assert access.may_see(grants, inside) is (reached and role in SEEING)
    assert access.may_edit(grants, inside) is (reached and role in EDITING)
    assert access.may_keep_documents(grants, inside) is (reached and role in KEEPING_DOCUMENTS)
    assert access.may_see(grants, sibling) is (reach == "all" and role in SEEING)
    for event in (inside, sibling, outside):
        assert (event.id in listed(grants)) is access.may_see(grants, event)
        assert (event.id in listed(grants, *access.EDITORS)) is access.may_edit(grants, event)
        assert (event.id in listed(grants, *access.DOCUMENT_KEEPERS)) is access.may_keep_documents(grants, event)


def test_a_role_for_one_event_makes_no_new_events(database: None) -> None:
    event = make_event()
    mine = grants_of(Role.ORGANISER, event_id=event.id)
    series = db.session.get_one(type(make_series()), event.series_id)
    assert not access.may_create_in(mine, series)
    assert access.may_create_in(grants_of(Role.ORGANISER, series_id=series.id), series)
    assert not access.may_create_series(grants_of(Role.ORGANISER, series_id=series.id))
    assert access.may_create_series(grants_of(Role.ORGANISER))


def test_no_roles_see_nothing(database: None) -> None:
    event = make_event()
    assert listed([]) == set()
    assert not access.may_see([], event)
    assert not access.may_look([])


def test_scope_names_event_and_series(database: None) -> None:
    event = make_event()
    assert access.scope_of(event).series_id == event.series_id
    assert access.scope_of(event).event_id == event.id

"""A copy of an event: each column is taken over, made anew or left behind, by decision and not by oversight."""

from datetime import UTC, date, datetime

import pytest

from eventhub.kit.db import Base
from eventhub.programme import console_queries as queries
from eventhub.programme.copying import EVENT_PARTS, SESSION_PARTS, copied_event
from eventhub.programme.models import Event, Mode, Session, SessionKind
from tests.factories.programme import make_event, make_session

OF_ITS_OWN = {
    Event: {
        *("id", "slug", "code", "publication", "first_day", "last_day", "copied_from_id"),
        *("created_at", "changed_at", "version"),
    },
    Session: {
        *("id", "event_id", "room_id", "publication", "starts_local", "ends_local", "starts_fold", "ends_fold"),
        *("starts_at", "ends_at", "clock_doubt", "changed_at", "version", "places_taken"),
    },
}
"""What a copy has too, but not from its source as it stands there."""
LEFT_BEHIND = {
    Event: {"cancelled_reason", "cancelled_at"},
    Session: {"join_link", "dial_in", "cancelled_reason", "cancelled_at"},
}
"""What belongs to the source alone: decisions on it, and ways into its rooms."""
TAKEN_OVER = {Event: EVENT_PARTS, Session: SESSION_PARTS}
TEXT = {"en": "Here", "ar": "هنا"}
FILLED = {
    Event: {
        **dict.fromkeys(("title", "lead", "description", "practical", "access_services", "city", "venue"), TEXT),
        "original_language": "ar",
        "mode": Mode.HYBRID,
        "country": "CH",
        "interpretation": ["ar", "fr"],
        "cancelled_reason": TEXT,
        "cancelled_at": datetime(2030, 1, 1, tzinfo=UTC),
        "time_zone": "Africa/Nairobi",
    },
    Session: {
        **dict.fromkeys(("title", "summary", "description"), TEXT),
        "kind": SessionKind.SIDE_EVENT,
        "interpretation": ["ar"],
        "access_services": ["captioning"],
        "chosen_beforehand": True,
        "join_link": "https://a.example/",
        "dial_in": "+41 22 000 00 00",
        "cancelled_reason": TEXT,
        "cancelled_at": datetime(2030, 1, 1, tzinfo=UTC),
        "opens_before": 30,
        "for_categories": ["academic_expert"],
        "time_zone": "Asia/Tokyo",
    },
}


@pytest.mark.parametrize("model", [Event, Session])
def test_each_column_is_decided_on(model: type[Base]) -> None:
    """A new column goes into ``copying.EVENT_PARTS`` or ``SESSION_PARTS``, or into a list above."""
    decided = [*TAKEN_OVER[model], *OF_ITS_OWN[model], *LEFT_BEHIND[model]]
    assert sorted(decided) == sorted(model.__mapper__.column_attrs.keys())


@pytest.mark.usefixtures("database")
def test_a_copy_has_what_is_taken_over_and_nothing_that_is_left_behind() -> None:
    event = make_event(**FILLED[Event])
    make_session(event, **FILLED[Session])
    [session] = queries.programme_of(event)
    twin = copied_event(event, [session], [], new={"code": "C2", "slug": "c-2", "first_day": date(2031, 2, 3)})
    [sitting] = queries.programme_of(twin)
    for source, copy in ((event, twin), (session, sitting)):
        model = type(source)
        assert {name: getattr(copy, name) for name in TAKEN_OVER[model]} == {
            name: getattr(source, name) for name in TAKEN_OVER[model]
        }
        for name in LEFT_BEHIND[model]:
            assert getattr(source, name)
            assert not getattr(copy, name)

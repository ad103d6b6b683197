"""Putting somebody on a panel who sits on another one at that time: asked before it is saved, as for rooms."""

import re
from datetime import time

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.programme.models import Event, EventKind, Panellist, Session
from tests.factories.calendars import make_entry
from tests.factories.people import make_staff, sign_in
from tests.factories.programme import add_panellist, make_event
from tests.programme.console import fields_of, text_of


def two_at_once(client: FlaskClient) -> tuple[Event, Session]:
    """A session while another one has Amina Diallo on its panel; an organiser is signed in. The one without her."""
    event = make_event(kind=EventKind.FORUM)
    first, second = (
        db.session.get_one(Session, make_entry(event, start=time(hour), hours=2).session_id) for hour in (9, 10)
    )
    add_panellist(first, name="Amina Diallo")
    db.session.expire_all()
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    return event, second


def address(event: Event, session: Session, panellist: object = "new") -> str:
    return f"/en/console/events/{event.slug}/sessions/{session.id}/panel/{panellist}"


def clash_value(page: TestResponse) -> str:
    """What stands on the button that saves all the same."""
    found = re.search(r'name="clash" value="([0-9a-f]+)"', page.get_data(as_text=True))
    assert found
    return found[1]


def names_on(session: Session) -> list[str]:
    db.session.expire_all()
    return list(db.session.scalars(select(Panellist.name).where(Panellist.session_id == session.id)))


def test_a_new_panellist_who_sits_elsewhere_is_asked_about(client: FlaskClient) -> None:
    event, session = two_at_once(client)
    there = address(event, session)
    asked = client.post(there, data=fields_of(client.get(there)) | {"name": "amina diallo", "function-fr": "Juriste"})
    assert asked.status_code == 422
    assert "have the same panellist at once" in text_of(asked)
    assert "Change the panel or the time" in text_of(asked)
    assert names_on(session) == []
    kept = fields_of(asked)
    assert (kept["name"], kept["function-fr"]) == (["amina diallo"], ["Juriste"])
    assert client.post(there, data=kept).status_code == 422, "the plain button asks again"
    assert client.post(there, data=fields_of(asked) | {"clash": "yes"}).status_code == 422, "a forged word too"
    knowing = fields_of(asked) | {"clash": clash_value(asked)}
    saved = client.post(there, data=knowing)
    assert saved.status_code == 303
    assert client.post(there, data=knowing).status_code == 303, "sent twice"
    assert names_on(session) == ["amina diallo"]
    assert "have the same panellist at once" in text_of(client.get(saved.location))


def test_somebody_who_is_renamed_into_a_clash_is_asked_about_too(client: FlaskClient) -> None:
    event, session = two_at_once(client)
    known = add_panellist(session, name="Noor Haddad")
    there = address(event, session, known.id)
    asked = client.post(there, data=fields_of(client.get(there)) | {"name": "Amina Diallo"})
    assert asked.status_code == 422
    assert names_on(session) == ["Noor Haddad"]
    assert client.post(there, data=fields_of(asked) | {"clash": clash_value(asked)}).status_code == 303
    assert names_on(session) == ["Amina Diallo"]
    # What was known when it was saved is not asked about again.
    later = fields_of(client.get(there)) | {"function-en": "Lawyer"}
    assert client.post(there, data=later).status_code == 303


def test_somebody_who_sits_nowhere_else_is_not_asked_about(client: FlaskClient) -> None:
    event, session = two_at_once(client)
    there = address(event, session)
    saved = client.post(there, data=fields_of(client.get(there)) | {"name": "Noor Haddad"})
    assert saved.status_code == 303
    assert "at once" not in text_of(client.get(saved.location))

"""A tie that somebody declared is lifted by two officers, and by nobody else."""

import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.funding.models import Application, Call
from eventhub.funding.nearness import OwnFile
from eventhub.kit.audit import AuditEntry
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.reviewing import lifting, queries, reading
from eventhub.reviewing.lifting import NotAsked, OwnTie, SameOfficer
from eventhub.reviewing.models import Conflict, Tie
from eventhub.selecting.queries import aside
from tests.factories import reviewing as f
from tests.factories.people import make_person, sign_in
from tests.programme.console import fields_of, text_of

pytestmark = pytest.mark.usefixtures("database")


def officer(call: Call, name: str) -> Person:
    """An officer of the call."""
    return f.role(make_person(name=name), Role.FUND_OFFICER, call)


def stepped_back(call: Call) -> tuple[Person, Application, Tie]:
    """A reader who stepped back from a file by mistake."""
    reader, file = f.make_reader(call), f.make_file(call)
    reading.recuse(reader, f.give(file, reader).id, Conflict.FAMILY)
    return reader, file, db.session.scalars(select(Tie).where(Tie.person_id == reader.id)).one()


def is_aside(call: Call, reader: Person, file: Application) -> bool:
    """Whether the board hides the file from this person."""
    return file.id in aside(queries.call_by_id(call.id), [reader.id])[reader.id]


def test_one_asks_with_a_reason_and_another_agrees(client: FlaskClient) -> None:
    call = f.make_call()
    reader, file, tie = stepped_back(call)
    first, second = officer(call, "Ada First"), officer(call, "Bo Second")
    listed = f"/en/console/funds/{call.slug}/reviewing/ties"
    page = f"{listed}/{tie.id}"
    sign_in(client, first)
    assert reader.public_name in client.get(listed).text
    empty = client.post(page, data=fields_of(client.get(page)) | {"go": "ask", "reason": " "})
    assert empty.status_code == 422
    assert tie.lift_asked_at is None
    sent = fields_of(client.get(page)) | {"go": "ask", "reason": "Another person of that name"}
    assert client.post(page, data=sent).status_code == 303
    own = client.get(page)
    assert "Lift the tie" not in text_of(own).replace("Asked to lift the tie", "")
    assert client.post(page, data=fields_of(own) | {"go": "agree"}).status_code == 422
    assert is_aside(call, reader, file)
    sign_in(client, second)
    shown = client.get(page)
    for words in ("Another person of that name", "Ada First", "Waits for another officer"):
        assert words in shown.text
    assert client.post(page, data=fields_of(shown) | {"go": "agree"}).status_code == 303
    assert not is_aside(call, reader, file)
    after = text_of(client.get(page))
    assert "This tie counts no more" in after
    assert "Bo Second" in after
    assert reader.public_name not in text_of(client.get(listed))
    verbs = select(AuditEntry.verb).where(AuditEntry.subject_id == tie.id).order_by(AuditEntry.id)
    assert list(db.session.scalars(verbs)) == ["reviewing.tie_lift_asked", "reviewing.tie_lifted"]


def test_nobody_lifts_an_own_tie_alone_twice_or_near_to_a_file(client: FlaskClient) -> None:
    call = f.make_call()
    reader, _file, tie = stepped_back(call)
    first, second = officer(call, "Ada"), officer(call, "Bo")
    applicant = officer(call, "Cy")
    f.make_file(call, applicant)
    with pytest.raises(NotAsked):
        lifting.agree(second, tie)
    with pytest.raises(OwnTie):
        lifting.ask(reader, tie, "Mine")
    with pytest.raises(OwnFile):
        lifting.ask(applicant, tie, "Near")
    lifting.ask(first, tie, "A mistake")
    with pytest.raises(NotAsked):
        lifting.ask(second, tie, "Again")
    with pytest.raises(SameOfficer):
        lifting.agree(first, tie)
    lifting.refuse(second, tie)
    assert (tie.lift_asked_by_id, tie.withdrawn_at) == (None, None)
    lifting.ask(second, tie, "Once more")
    with pytest.raises(OwnFile):
        lifting.agree(applicant, tie)
    lifting.agree(first, tie)
    with pytest.raises(NotAsked):
        lifting.agree(first, tie)
    f.role(reader, Role.FUND_OFFICER, call)
    sign_in(client, reader)
    assert client.get(f"/en/console/funds/{call.slug}/reviewing/ties/{tie.id}").status_code == 404
    assert client.get(f"/en/console/funds/{call.slug}/reviewing/ties/{uuid.uuid4()}").status_code == 404


def test_a_tie_that_was_taken_back_is_lifted_too() -> None:
    call = f.make_call()
    reader, file = f.make_reader(call), f.make_file(call, residence="KE")
    tie = Tie(id=uuid.uuid4(), call_id=call.id, person_id=reader.id, kind=Conflict.OTHER, country="KE")
    db.session.add(tie)
    db.session.flush()
    reading.withdraw_tie(reader, tie.id)
    assert is_aside(call, reader, file)
    lifting.ask(officer(call, "Ada"), tie, "Never stood for that country")
    lifting.agree(officer(call, "Bo"), tie)
    assert not is_aside(call, reader, file)

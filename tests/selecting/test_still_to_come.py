"""In the room and at the approver's: whoever applied reads no slate before the release, and decides on none."""

import re
from http import HTTPStatus

import pytest
from flask.testing import FlaskClient

from eventhub.funding.nearness import StillToCome
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.reviewing.queries import call_by_id
from eventhub.selecting import actions
from eventhub.selecting.models import Recusal, Slate
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.selecting import COST, make_member, make_scored, make_slate, meet, reading, role
from tests.programme.console import text_of

pytestmark = pytest.mark.usefixtures("database")
TIGHT = [{"id": "all", "title": {"en": "All"}, "amount": 3 * COST}]
LISTED = (0, 4, 9)
"""Somebody chosen, a reserve, and one who is neither."""


def recommended() -> tuple[Slate, list[Person]]:
    """A slate of three out of twelve that waits for an approver, and who applied, the best first."""
    call, files = make_scored(12, places=3, envelopes=TIGHT)
    members = [make_member(call), make_member(call)]
    board = meet(call, *members)
    slate = make_slate(board, members[0])
    actions.recommend(members[0], reading(call), board, slate.number)
    return slate, [db.session.get_one(Person, one.person_id) for one in files]


@pytest.mark.parametrize("place", LISTED)
def test_an_approver_who_applied_reads_no_slate_and_decides_on_none(client: FlaskClient, place: int) -> None:
    slate, people = recommended()
    call = call_by_id(slate.call_id)
    approver = role(people[place], Role.APPROVER, call.call)
    sign_in(client, approver)
    root = f"/en/console/funds/{call.call.slug}/board/slates/{slate.number}"
    page = client.get(f"{root}/decide")
    told = text_of(page)
    assert page.status_code == HTTPStatus.OK
    assert str(StillToCome.message) in told
    assert not re.search(r"Applicant|Reserve \d|Chosen|USD|Approve this slate", told)
    for deed in (lambda: actions.approve(approver, call, slate.number), lambda: back(approver, slate)):
        with pytest.raises(StillToCome):
            deed()
    assert client.get(f"{root}/file").status_code == HTTPStatus.FORBIDDEN


def back(approver: Person, slate: Slate) -> Slate:
    return actions.send_back(approver, call_by_id(slate.call_id), slate.number, reason="Look again")


@pytest.mark.parametrize("place", LISTED)
def test_a_member_who_applied_is_there_and_reads_no_slate(client: FlaskClient, place: int) -> None:
    slate, people = recommended()
    call = call_by_id(slate.call_id).call
    sign_in(client, make_member(call, people[place]))
    room = f"/en/console/funds/{call.slug}/board"
    for page in (room, f"{room}?all=1", f"{room}?slate={slate.number}"):
        told = text_of(client.get(page))
        assert str(StillToCome.message) in told
        assert not re.search(r"Applicant|Reserve \d|Chosen|Places|USD|Calculate", told)
    for page in (f"{room}/slates", f"{room}/slates/{slate.number}/file", f"{room}/slates/{slate.number}/recommend"):
        answer = client.get(page)
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert str(StillToCome.message) in text_of(answer)
    fields = form_fields(client.get(room).get_data(as_text=True))
    assert client.post(f"{room}/meeting", data=fields | {"deed": "come"}).status_code == HTTPStatus.SEE_OTHER


@pytest.mark.parametrize("place", LISTED)
def test_an_approver_who_stood_aside_decides_on_no_slate_that_lists_the_file(place: int) -> None:
    slate, people = recommended()
    approver = role(make_person(), Role.APPROVER, call_by_id(slate.call_id).call)
    file = sorted(slate.people, key=lambda one: one["rank"])[place]
    db.session.add(Recusal(call_id=slate.call_id, application_id=file["id"], person_id=approver.id))
    db.session.flush()
    with pytest.raises(actions.TooNear):
        actions.approve(approver, call_by_id(slate.call_id), slate.number)
    assert people

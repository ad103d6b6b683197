"""Two boards that differ in one file are the same to a member who stands aside for it (SAFETY.md property 2)."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.funding.models import Application
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.sealed import SealKey, place, seal
from eventhub.people.affiliations import affiliate
from eventhub.people.models import Person
from eventhub.selecting import actions, queries
from eventhub.selecting.models import Pin, Run
from tests.factories.people import form_fields, sign_in
from tests.factories.selecting import make_member, make_scored, make_slate, meet, reading

SECRET = "Zhenevieve"
TOKENS = re.compile(r'<input[^>]*name="(?:csrf_token|form_key)"[^>]*>')
pytestmark = pytest.mark.usefixtures("database")


def renamed(file: Application) -> None:
    person = db.session.get_one(Person, file.person_id)
    person.name, person.alias, person.name_latin = f"{SECRET} Legal", SECRET, SECRET


def discreet(file: Application) -> None:
    db.session.get_one(Person, file.person_id).discreet = True


def moved(file: Application) -> None:
    file.region, file.origin, file.residence, file.nationality = "asia_pacific", "NP", "NP", "NP"
    file.first_time, file.language = not file.first_time, "ru"


def joined(file: Application) -> None:
    file.organisation_id = affiliate(file.person_id, f"{SECRET} Association")


def sealed(file: Application) -> None:
    key = db.session.get_one(SealKey, db.session.get_one(Person, file.person_id).seal_key_id)
    file.traits = seal(key, place("fund_application", "traits", file.id), '["disability:yes"]')


def reasoned(file: Application) -> None:
    row = db.session.scalars(select(Pin).where(Pin.application_id == file.id)).one()
    key = db.session.get_one(SealKey, db.session.get_one(Person, file.person_id).seal_key_id)
    row.reason = seal(key, place("fund_pin", "reason", row.id), f"{SECRET} has to come")


def costs(file: Application) -> None:
    file.cost_lines, file.asked_amount = [{"code": "visa_fee", "amount": file.cost}], 1


FACTS = (renamed, discreet, moved, joined, sealed, reasoned, costs)


@pytest.mark.parametrize("fact", FACTS, ids=[one.__name__ for one in FACTS])
def test_whoever_stands_aside_cannot_tell_the_two_apart(
    client: FlaskClient, statements: list[str], fact: Callable[[Application], None]
) -> None:
    call, files = make_scored(30, places=10, envelopes=[{"id": "a", "title": {"en": "A"}, "amount": 2_600_000}])
    member, other = make_member(call), make_member(call)
    board = meet(call, member, other)
    hidden = files[4]
    actions.pin(other, board, queries.file(reading(call), hidden.id), must=True, reason="Speaks for many")
    slate = make_slate(board, member, and_more=True)
    actions.recuse(member, board, hidden)
    sign_in(client, member)
    root = f"/en/console/funds/{call.slug}/board"
    runs = db.session.scalars(select(Run.id).where(Run.call_id == call.id))
    pages = [
        *(root, f"{root}?all=1", f"{root}/slates", f"{root}/slates/{slate.number}/recommend"),
        *(f"{root}/slates/{slate.number}/file", f"{root}/files/{hidden.id}", "/en/console"),
        *(f"{root}/files/{one.id}" for one in (files[0], files[15], files[29])),
        *(f"{root}/runs/{one}" for one in runs),
    ]

    def seen() -> list[Any]:
        db.session.flush()
        db.session.expire_all()
        found = []
        for page in pages:
            statements.clear()
            answer = client.get(page)
            found.append((page, answer.status_code, len(statements), TOKENS.sub("", answer.get_data(as_text=True))))
        where = f"{root}/slates/{slate.number}/file"
        fields = form_fields(client.get(where).get_data(as_text=True)) | {"reason": "Minutes"}
        found.append(("export", client.post(where, data=fields).get_data(as_text=True)))
        return found

    with time_machine.travel(now(), tick=False):
        seen()  # what a process reads once
        before = seen()
        fact(db.session.get_one(Application, hidden.id))
        after = seen()
    assert [one for one, same in zip(after, before, strict=True) if one != same] == []
    assert SECRET not in str(after)
    statuses = {one[0]: one[1] for one in after[:-1]}
    assert statuses.pop(f"{root}/files/{hidden.id}") == HTTPStatus.NOT_FOUND
    assert set(statuses.values()) == {HTTPStatus.OK}

"""Envelopes for people of a sealed cell: no page of staff says who is paid from one."""

import re

from flask.testing import FlaskClient

from eventhub.awards import queries
from eventhub.funding.models import Application, State
from eventhub.kit.db import db
from eventhub.people.models import Role
from tests.factories.awards import Money, make_award, make_fund
from tests.factories.funding_desk import fund_officer
from tests.factories.people import make_person, sign_in
from tests.programme.console import fields_of, text_of

ENVELOPES = [
    {"id": "main", "title": {"en": "General money"}, "amount": 1_000_000},
    {"id": "access", "title": {"en": "For some"}, "amount": 900_000, "cells": ["disability:yes"]},
]


def as_told(client: FlaskClient, key: str) -> list[str]:
    """What officers and finance read of a call that pays two people from one envelope."""
    fund = make_fund(envelopes=ENVELOPES)
    call = fund.call
    envelopes = queries.envelopes(call.id)
    mine = Money(call, next(one for one in envelopes if one.key == key))
    kept = make_award(mine, State.ACCEPTED, person=make_person(name="Kept"))
    lapsed = make_award(mine, State.LAPSED, person=make_person(name="Lapsed"))
    root = f"/en/console/funds/{call.slug}"
    sign_in(client, fund_officer(call, Role.FINANCE))
    pages = [client.get(f"{root}/{rest}") for rest in ("money", f"grants/{kept.id}", "grants/payments")]
    pages += [client.get(f"{root}/money/{one.id}/budget") for one in envelopes]
    sign_in(client, fund_officer(call))
    fields = fields_of(client.get(f"{root}/grants?view=ended"), action="/offer")
    pages += [client.post(f"{root}/grants/offer", data=fields | {"id": str(lapsed.id)})]
    pages += [client.get(f"{root}/overview"), client.get(f"{root}/money")]
    assert [page.status_code for page in pages] == [200] * len(pages)
    told = [text_of(page) for page in pages]
    for one in (kept, lapsed):
        file = db.session.get_one(Application, one.application_id)
        told = [text.replace(str(file.reference), file.state.value) for text in told]
    numbers = r"\d\d:\d\d(:\d\d)?|Person \d+|Officer \d+|#\d+"
    return [re.sub(numbers, "–", text.replace(call.code, "CODE")) for text in told]


def test_two_calls_that_differ_in_the_envelope_are_told_alike(client: FlaskClient) -> None:
    first, second = as_told(client, "main"), as_told(client, "access")
    for one, other in zip(first, second, strict=True):
        assert one == other
    assert "All envelopes together" in first[0]
    assert "For some" in first[0]
    assert "Money reserved" in first[0]

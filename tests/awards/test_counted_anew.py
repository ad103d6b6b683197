"""Sums of envelopes after a release: counted anew at once, dated, and never more free in them than in the whole."""

import re

from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import awarding, dashboard, dashboard_counts, ledger
from eventhub.awards.dashboard_models import FrozenBalance
from eventhub.awards.models import Award
from eventhub.awards.queries import rules_of
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from tests.factories.people import make_person, sign_in
from tests.factories.releasing import Decided, decide, release, stage
from tests.factories.selecting import COST, make_call, make_file, role, score
from tests.programme.console import text_of


def world(access: int) -> Decided:
    """A slate of twelve of whom so many are paid from an envelope for people of a sealed cell, counted before it was
    staged.
    """
    call = make_call(
        places=12,
        envelopes=[
            {"id": "main", "title": {"en": "General money"}, "amount": 12 * COST},
            {"id": "access", "title": {"en": "For some"}, "amount": access * COST, "cells": ["disability:yes"]},
        ],
    )
    files = [make_file(call, traits=[f"disability:{'yes' if at < access else 'no'}"]) for at in range(20)]
    score(call, {one: 90.0 - at for at, one in enumerate(files)})
    made = decide(call, files)
    ledger.open_envelopes(None, call, rules_of(call.id))
    dashboard_counts.freeze(now())
    assert stage(made).failed is None
    return made


def page_of(client: FlaskClient, scene: Decided) -> str:
    return text_of(client.get(f"/en/console/funds/{scene.call.slug}/money"))


def committed(text: str) -> list[str]:
    """What is committed in all envelopes together, and in each that says so."""
    return re.findall(r"Committed\s?USD\s([\d,]+)", text.partition("Ledger")[0])


def test_a_release_counts_the_envelopes_anew(client: FlaskClient, database: None) -> None:
    scene = world(6)
    sign_in(client, role(make_person(), Role.FINANCE, scene.call))
    before = page_of(client, scene)
    assert "Money has moved since then." in before, "they were counted before anything was reserved"
    release(scene)
    (owed,) = db.session.scalars(select(Promise).where(Promise.task == "awards.count_money"))
    assert owed.payload == {"call_id": str(scene.call.id)}
    dashboard.count_anew(scene.call.id)
    after = page_of(client, scene)
    whole, *each = (int(one.replace(",", "")) for one in committed(after) if one != "0")
    assert len(each) >= 2
    assert sum(each[-2:]) == whole > 0
    assert after.count("Counted on ") == 2
    assert "Money has moved since then." not in after
    award = db.session.scalars(select(Award).where(Award.application_id == scene.files[0].id)).one()
    awarding.answer(awarding.link(award), accepts=False)
    dashboard.count_anew(scene.call.id)
    later = page_of(client, scene)
    assert committed(later)[-2:] == committed(after)[-2:], "one person makes no difference"
    assert "Money has moved since then." in later


def test_an_envelope_of_few_says_nothing_that_the_whole_contradicts(client: FlaskClient, database: None) -> None:
    scene = world(2)
    sign_in(client, role(make_person(), Role.FINANCE, scene.call))
    release(scene)
    dashboard.count_anew(scene.call.id)
    told = page_of(client, scene).partition("Ledger")[0]
    apart = told[told.index("General money") :]
    assert "Committed" not in apart
    assert "Free" not in apart


def test_what_is_free_is_left_out_where_envelopes_are_older_than_the_whole(database: None) -> None:
    scene = world(6)
    release(scene)
    row = db.session.get_one(FrozenBalance, scene.call.id)
    rows = {"": [12 * COST, 0, 0, 0], "main": [0, 0, 0, 0], "access": [0, 0, 0, 0]}
    row.numbers = row.numbers | {"money": row.numbers["money"] | {"sums": rows}}
    db.session.flush()
    for found in (
        dashboard.money(scene.call, exact=False),
        dashboard.money(scene.call, exact=True, tells=True),
    ):
        assert found.is_older
        assert {one.free for one in found.envelopes} == {None}


def test_a_call_that_no_night_has_counted_yet_is_left_to_it(database: None) -> None:
    call = make_call()
    dashboard.count_anew(call.id)
    assert db.session.get(FrozenBalance, call.id) is None

"""The true numbers behind a balance are sealed: whoever reads the row, or a backup of it, reads lower bounds alone."""

import base64
import json
import secrets
from datetime import timedelta
from typing import Any

import pytest
from flask import current_app

from eventhub.awards import dashboard_counts
from eventhub.awards.dashboard_models import FrozenBalance
from eventhub.funding.models import Stand
from eventhub.kit.clock import now
from eventhub.kit.db import db
from tests.factories.awards import Money
from tests.factories.awards_numbers import apply, make_history


@pytest.fixture
def fund(database: None) -> Money:
    made = make_history()
    dashboard_counts.freeze(now())
    return made


def numbers(fund: Money) -> dict[str, Any]:
    """What stands in the row."""
    db.session.expire_all()
    return db.session.get_one(FrozenBalance, fund.call.id).numbers


def plain(fund: Money) -> None:
    """The row as the former code wrote it."""
    row, found = db.session.get_one(FrozenBalance, fund.call.id), dict(numbers(fund))
    for family in dashboard_counts.FAMILIES:
        cells = {"gender": {"woman": 3, "": 45}}
        found[family] = found[family] | {"kept": [{"stage": 0, "day": 1, "cells": cells}]}
    row.numbers = found
    db.session.flush()


def test_no_true_number_of_a_cell_stands_in_the_row(fund: Money) -> None:
    for family in dashboard_counts.FAMILIES:
        found = numbers(fund)[family]
        assert isinstance(found["kept"], str)
        told = [one["told"] for columns in found["columns"].values() for one in columns]
        assert all(number is None or number % 5 == 0 for one in told for number in one.values())
    assert '"woman": ' not in json.dumps({name: one["kept"] for name, one in numbers(fund).items() if "kept" in one})


@pytest.mark.parametrize("stand", [Stand.OPEN, Stand.CANCELLED])
def test_what_was_kept_open_before_is_sealed_at_the_next_look(fund: Money, stand: Stand) -> None:
    plain(fund)
    fund.call.stand = stand
    dashboard_counts.freeze(now() + timedelta(days=1))
    assert all(isinstance(numbers(fund)[family]["kept"], str) for family in dashboard_counts.FAMILIES)


def test_it_follows_a_new_master_key_within_a_day(fund: Money, monkeypatch: pytest.MonkeyPatch) -> None:
    masters = current_app.extensions["eventhub.master_keys"]
    newest = {"newest": secrets.token_bytes(32)}
    monkeypatch.setitem(current_app.extensions, "eventhub.master_keys", newest | masters)
    assert dashboard_counts.freeze(now() + timedelta(days=1)) == 0
    for family in dashboard_counts.FAMILIES:
        assert b"newest" in base64.b64decode(numbers(fund)[family]["kept"])[:10]


def test_nothing_new_is_told_once_the_true_numbers_are_lost(fund: Money) -> None:
    row, found = db.session.get_one(FrozenBalance, fund.call.id), dict(numbers(fund))
    found["people"] = found["people"] | {"kept": "AAAA"}
    row.numbers = found
    before = found["people"]["columns"]
    apply(fund, range(12))
    for day in (1, 2):
        dashboard_counts.freeze(now() + timedelta(days=day))
    assert numbers(fund)["people"]["columns"] == before
    assert numbers(fund)["people"]["totals"][0] == 60
    assert dashboard_counts.balance(fund.call.id) is not None

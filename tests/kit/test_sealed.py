"""Sealed values: they open in their own place with their own key, and nowhere else."""

import base64
import secrets
import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventhub.kit import sealed
from eventhub.kit.db import db
from eventhub.kit.sealed import Unreadable, new_key, open_for_house, open_sealed, place, seal, seal_for_house

pytestmark = pytest.mark.usefixtures("database")

ROW = uuid.uuid4()
HERE = place("person", "phone", ROW)


@pytest.fixture(autouse=True)
def _masters(app: Flask) -> Iterator[None]:
    """Each test may change the master keys."""
    before = app.extensions["eventhub.master_keys"]
    yield
    app.extensions["eventhub.master_keys"] = before


def master(app: Flask, *names: str) -> None:
    """Configure master keys, newest first; known names keep their key."""
    known = app.extensions["eventhub.master_keys"]
    app.extensions["eventhub.master_keys"] = {name: known.get(name, secrets.token_bytes(32)) for name in names}


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=500), st.text(st.characters(exclude_categories=["Cs"]), max_size=500)))
def test_round_trip(value: str | bytes) -> None:
    key = new_key()
    plain = value.encode() if isinstance(value, str) else value
    assert open_sealed(key, HERE, seal(key, HERE, value)) == plain
    assert open_for_house(HERE, seal_for_house(HERE, plain)) == plain


def test_the_same_value_never_looks_the_same() -> None:
    key = new_key()
    one, two = seal(key, HERE, "+41 22 000 00 00"), seal(key, HERE, "+41 22 000 00 00")
    assert one != two
    assert b"+41" not in one


@pytest.mark.parametrize(
    "elsewhere",
    [place("person", "phone", uuid.uuid4()), place("person", "email", ROW), place("organization", "phone", ROW)],
    ids=["row", "column", "table"],
)
def test_a_moved_value_does_not_open(elsewhere: sealed.Place) -> None:
    key = new_key()
    with pytest.raises(Unreadable):
        open_sealed(key, elsewhere, seal(key, HERE, "secret"))
    with pytest.raises(Unreadable):
        open_for_house(elsewhere, seal_for_house(HERE, b"secret"))


def test_another_key_does_not_open_it() -> None:
    key, other = new_key(), new_key()
    value = seal(key, HERE, "secret")
    with pytest.raises(Unreadable):
        open_sealed(other, HERE, value)
    with pytest.raises(Unreadable):  # also when the key's number is forged
        open_sealed(other, HERE, value[:1] + other.id.bytes + value[17:])


def test_every_changed_byte_is_seen() -> None:
    key = new_key()
    value = seal(key, HERE, "secret")
    for index in range(len(value)):
        changed = bytearray(value)
        changed[index] ^= 1
        with pytest.raises(Unreadable):
            open_sealed(key, HERE, bytes(changed))
    for end in range(len(value)):
        with pytest.raises(Unreadable):
            open_sealed(key, HERE, value[:end])


def test_a_cut_house_value_is_unreadable() -> None:
    value = seal_for_house(HERE, b"secret")
    for end in range(len(value)):
        with pytest.raises(Unreadable):
            open_for_house(HERE, value[:end])


def test_destroying_a_key(app: Flask) -> None:
    key = new_key()
    value = seal(key, HERE, "secret")
    sealed.destroy(key)
    db.session.flush()
    assert key.wrapped is None
    assert key.destroyed_at is not None
    with pytest.raises(Unreadable):
        open_sealed(key, HERE, value)
    with pytest.raises(Unreadable):
        seal(key, HERE, "more")
    master(app, "newer", *app.extensions["eventhub.master_keys"])
    sealed.rotate()
    assert key.wrapped is None


def test_rotation_loses_nothing(app: Flask) -> None:
    old = next(iter(app.extensions["eventhub.master_keys"]))
    keys = [new_key() for _ in range(5)]
    db.session.flush()
    values = [seal(key, HERE, f"value {number}") for number, key in enumerate(keys)]
    house = seal_for_house(HERE, b"mail")
    master(app, "newer", old)
    late = new_key()  # made and written to between two steps
    db.session.flush()
    assert late.master == "newer"
    assert sealed.rotate(limit=3) == 3
    values[0] = seal(keys[0], HERE, "value 0")
    assert sealed.rotate(limit=3) == 2
    assert sealed.rotate() == 0
    db.session.flush()
    db.session.expire_all()
    assert open_for_house(HERE, house) == b"mail"
    master(app, "newer")
    assert sealed.check_keys()
    assert [open_sealed(key, HERE, value) for key, value in zip(keys, values, strict=True)] == [
        f"value {number}".encode() for number in range(5)
    ]
    with pytest.raises(Unreadable):
        open_for_house(HERE, house)


def test_a_lost_master_key_is_noticed(app: Flask) -> None:
    key = new_key()
    db.session.flush()
    value = seal(key, HERE, "secret")
    master(app, "other")
    assert not sealed.check_keys()
    with pytest.raises(Unreadable):
        open_sealed(key, HERE, value)


def test_a_wrapped_key_of_another_person_does_not_open() -> None:
    key, other = new_key(), new_key()
    value = seal(key, HERE, "secret")
    key.wrapped = other.wrapped
    with pytest.raises(Unreadable):
        open_sealed(key, HERE, value)


def test_reading_the_setting() -> None:
    first, second = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
    assert sealed.read_masters(f"b:{first}, a:{second}") == {"b": bytes([1]) * 32, "a": bytes([2]) * 32}
    assert list(sealed.read_masters(f"b:{first},a:{second}")) == ["b", "a"]

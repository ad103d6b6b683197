"""Who of several people is looking at the same thing just now: kept in Valkey, by ids alone, for ten minutes.

A comfort and nothing that anybody relies on: while Valkey is away nobody is there. One person is in one place at a
time, the one entered last; only that person's own requests keep it so.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import redis
import structlog
from flask import current_app

from eventhub.kit.clock import now

log = structlog.get_logger()
KEPT = timedelta(minutes=10)
_SECONDS = int(KEPT.total_seconds())


@dataclass(frozen=True)
class There:
    """Somebody who is at the same place, and since when."""

    who: uuid.UUID
    since: datetime


def enter(place: uuid.UUID, who: uuid.UUID) -> list[There]:
    """Note that somebody looks at a thing, and whoever else does, the first first. Whoever is there already stays so
    since then; whoever was elsewhere is there no more.
    """
    client: redis.Redis | None = current_app.extensions.get("eventhub.redis")
    if client is None:
        return []
    try:
        return _enter(client, place, who)
    except redis.RedisError as error:
        log.warning("presence.store_away", error=type(error).__name__)
        return []


def leave(who: uuid.UUID) -> None:
    """Note that somebody looks at nothing any more."""
    client: redis.Redis | None = current_app.extensions.get("eventhub.redis")
    if client is None:
        return
    try:
        client.delete(_of(who))
    except redis.RedisError as error:
        log.warning("presence.store_away", error=type(error).__name__)


def _enter(client: redis.Redis, place: uuid.UUID, who: uuid.UUID) -> list[There]:
    moment, visitors = now(), f"present:at:{place}"
    pipe: Any = client.pipeline(transaction=False)
    pipe.get(_of(who))
    pipe.zremrangebyscore(visitors, "-inf", (moment - KEPT).timestamp())
    pipe.zadd(visitors, {who.hex: moment.timestamp()})
    pipe.expire(visitors, _SECONDS)
    pipe.zrange(visitors, 0, -1)
    before, *_done, found = pipe.execute()
    known = _read(before)
    since = known[1] if known and known[0] == place and known[2] > moment - KEPT else moment
    others = [uuid.UUID(one.decode()) for one in found if one.decode() != who.hex]
    pipe = client.pipeline(transaction=False)
    pipe.set(_of(who), f"{place.hex} {since.timestamp()} {moment.timestamp()}", ex=_SECONDS)
    for one in others:
        pipe.get(_of(one))
    # Whoever has gone elsewhere since still stands among the visitors: where somebody is, that one's own key says.
    places = [_read(value) for value in pipe.execute()[1:]]
    there = [
        There(one, told[1])
        for one, told in zip(others, places, strict=True)
        if told and told[0] == place and told[2] > moment - KEPT
    ]
    return sorted(there, key=lambda one: one.since)


def _of(who: uuid.UUID) -> str:
    return f"present:who:{who}"


def _read(value: bytes | None) -> tuple[uuid.UUID, datetime, datetime] | None:
    """Where somebody is, since when, and when last seen there."""
    if value is None:
        return None
    place, since, seen = value.decode().split()
    zone = now().tzinfo
    return uuid.UUID(place), datetime.fromtimestamp(float(since), zone), datetime.fromtimestamp(float(seen), zone)

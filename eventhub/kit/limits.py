"""Limits on repeated tries: counted in Valkey, in this process while Valkey is away.

Accounts and tokens are counted before addresses, so a hall behind one address registers freely.
"""

import hashlib
import time
from collections import OrderedDict
from threading import Lock

import redis
import structlog
from flask import current_app

from eventhub.kit.errors import TooMany

log = structlog.get_logger()
_local: "OrderedDict[str, tuple[float, int]]" = OrderedDict()
_lock = Lock()


def connect(url: str) -> "redis.Redis | None":
    """A client that never makes a page wait: short timeouts, no retries. None without a URL."""
    if not url:
        return None
    return redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.3, retry_on_timeout=False, retry=None)


def count(name: str, subject: str, *, limit: int, seconds: int) -> None:
    """Count one try of ``name`` by ``subject`` (an account, a token, at last an address).

    Raises TooMany above ``limit`` tries in a window of ``seconds``.
    """
    if _increase(key_of(name, subject, seconds=seconds), seconds) > limit:
        raise TooMany


def key_of(name: str, subject: str, *, seconds: int) -> str:
    """Where the store counts the tries of the present window. Hashed: it holds no address and no e-mail."""
    digest = hashlib.blake2b(
        subject.encode(errors="replace"), key=current_app.extensions["eventhub.secret"], digest_size=16
    )
    return f"limit:{name}:{digest.hexdigest()}:{int(time.time() // seconds)}"


def _increase(key: str, seconds: int) -> int:
    client: redis.Redis | None = current_app.extensions.get("eventhub.redis")
    if client is not None:
        try:
            pipe = client.pipeline(transaction=False)
            pipe.incr(key)
            pipe.expire(key, seconds)
            return int(pipe.execute()[0])
        except redis.RedisError as error:
            log.warning("limits.store_away", error=type(error).__name__)
    with _lock:
        ends, tries = _local.pop(key, (time.time() + seconds, 0))
        _local[key] = (ends, tries + 1)
        while len(_local) > 50_000:
            _local.popitem(last=False)
        return tries + 1

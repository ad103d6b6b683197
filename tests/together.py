"""Real threads that act at the same moment, on an app whose data are committed (the fixture ``committed``)."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from eventhub.kit.db import db, unit_of_work
from eventhub.kit.errors import DomainError, domain_error_of


def together(deeds: Sequence[Callable[[], object]]) -> list[object]:
    """Do all at the same moment, each in a thread; what each gave, or the error it raised."""
    gate = threading.Barrier(len(deeds))

    def one(deed: Callable[[], object]) -> object:
        gate.wait(60)
        try:
            return deed()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(one, deeds))


def at_once(app: Flask, deeds: Sequence[Callable[[], str]], *, served: int | None = None) -> Counter[str]:
    """Do all at the same moment, each in a transaction of its own: how it ended for how many.

    A refusal counts under its class's name, any other error fails the test. ``served``: how many a web server has
    threads for; the others wait for one of those and not for a connection.
    """
    room = threading.BoundedSemaphore(served or len(deeds))

    def worked(deed: Callable[[], str]) -> str:
        with room, app.test_request_context():
            try:
                with unit_of_work():
                    return deed()
            finally:
                db.session.remove()

    return Counter(_ended(told) for told in together([lambda deed=deed: worked(deed) for deed in deeds]))


def _ended(told: object) -> str:
    if isinstance(told, DomainError):
        return type(told).__name__
    if isinstance(told, Exception):
        known = domain_error_of(told) if hasattr(told, "orig") else None
        if known is None:
            raise told
        return type(known).__name__
    return str(told)

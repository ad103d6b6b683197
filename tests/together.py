"""Real threads that act at the same moment, on an app whose data are committed (the fixture ``committed``)."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

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


def meanwhile(app: Flask, first: Callable[[], object], second: Callable[[], object], *, patience: float = 1) -> None:
    """Do the second deed while the transaction of the first one stays open, for so many seconds or until the second is
    done. Both are committed in the end.
    """
    done, go_on = threading.Event(), threading.Event()

    def worked(deed: Callable[[], object], after: Callable[[], object]) -> None:
        with app.test_request_context():
            try:
                with unit_of_work():
                    deed()
                    db.session.flush()
                    after()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        begun = pool.submit(worked, first, lambda: (done.set(), go_on.wait(60)))
        assert done.wait(60), begun.exception()
        other = pool.submit(worked, second, lambda: None)
        wait([other], timeout=patience)
        go_on.set()
        begun.result(60)
        other.result(60)


def _ended(told: object) -> str:
    if isinstance(told, DomainError):
        return type(told).__name__
    if isinstance(told, Exception):
        known = domain_error_of(told) if hasattr(told, "orig") else None
        if known is None:
            raise told
        return type(known).__name__
    return str(told)

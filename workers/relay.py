"""The relay: carries due promises from the outbox to the queue, woken by NOTIFY, polling as the fallback."""

import signal
import sys
import time
from datetime import datetime
from types import FrameType

import psycopg
import redis
import structlog
from kombu.exceptions import OperationalError

from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import offer_due, withdraw_offers
from eventhub.kit.slots import SILENT, is_silent, silence
from workers.app import deliver, flask_app, settings, waiting
from workers.ready import say_ready

log = structlog.get_logger()
NAP = 2.0
LISTEN_EVERY = 60.0
BATCH = 100
ENOUGH = 1000
"""Tasks in the queue from which on nothing is added: while no worker runs, offers made again would fill the broker."""


class Relay:
    """One relay; several may run, rows are claimed with SKIP LOCKED."""

    def __init__(self) -> None:
        self.stopping = False
        self._began = now()
        self._listened = 0.0
        self._alarmed_at: datetime | None = None
        self._listener: psycopg.Connection[tuple[object, ...]] | None = None

    def run(self) -> None:
        """Carry until told to stop. The database or the broker may be away for as long as they like."""
        while not self.stopping:
            try:
                self._listen()
                say_ready()
                while not self.stopping and self.carry():
                    pass
                if time.monotonic() - self._listened > LISTEN_EVERY:
                    self._listened = time.monotonic()
                    self.listen_for_beat()
                self._wait()
            except Exception as error:
                log.warning("relay.waiting", error=type(error).__name__)
                self._listener = None
                time.sleep(NAP)

    def carry(self) -> bool:
        """Offer one batch; whether there may be more."""
        if not self._has_room():
            return False
        with flask_app.app_context():
            with unit_of_work():
                batch = offer_due(BATCH)
            failed = []
            for promise_id, task in batch:
                try:
                    deliver(task, promise_id)
                except (OperationalError, OSError) as error:
                    log.warning("relay.broker_away", error=type(error).__name__)
                    failed = [number for number, _ in batch if number >= promise_id]
                    break
                except Exception as error:
                    log.error("relay.cannot_offer", task=task, error=type(error).__name__)
            if failed:
                with unit_of_work():
                    withdraw_offers(failed)
            db.session.remove()
        return len(batch) == BATCH and not failed

    def listen_for_beat(self) -> bool:
        """Whether beat is heard of. Its silence is an error in the log, said again every ten minutes: the relay runs
        apart from beat, so that one of them is there to tell.
        """
        with flask_app.app_context():
            with unit_of_work(read_only=True):
                silent, quiet = is_silent(began=self._began), silence()
            db.session.remove()
        moment = now()
        if not silent:
            self._alarmed_at = None
        elif self._alarmed_at is None or abs(moment - self._alarmed_at) >= SILENT:
            self._alarmed_at = moment
            log.error("beat.silent", seconds=round((quiet or moment - self._began).total_seconds()))
        return not silent

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        """End after the batch at hand."""
        self.stopping = True

    def _has_room(self) -> bool:
        try:
            return waiting() < ENOUGH
        except redis.RedisError as error:
            log.warning("relay.broker_away", error=type(error).__name__)
            return False

    def _listen(self) -> None:
        if self._listener is None or self._listener.closed:
            url = settings.database_url.replace("postgresql+psycopg://", "postgresql://")
            self._listener = psycopg.connect(url, autocommit=True, connect_timeout=5, application_name="eventhub-relay")
            self._listener.execute("LISTEN promise")

    def _wait(self) -> None:
        if self._listener is not None:
            for _ in self._listener.notifies(timeout=NAP, stop_after=1):
                break


def main() -> None:
    """Run until SIGTERM."""
    relay = Relay()
    signal.signal(signal.SIGTERM, relay.stop)
    signal.signal(signal.SIGINT, relay.stop)
    relay.run()
    sys.exit(0)


if __name__ == "__main__":
    main()

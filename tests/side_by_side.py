"""Tests in several processes: which stay together, what happens when a process dies, and one that does not end.

A plugin of pytest, loaded by ``pyproject.toml``.
"""

import contextlib
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

PATIENCE = 900
"""Seconds for one test with what it sets up and takes down; the longest, axe on every page, takes five minutes."""
STDERR = os.dup(2)
"""Where people look: pytest reads along what a test says on the other."""


class Lanes(LoadScopeScheduling):
    """A file of the lane stays in one process, since its house is built once, and one whose tests share what takes long
    to make; any other test goes to whoever is free.

    xdist 3.8 has groups for this, but pytest 9.2 no longer lets it name them: so the file's own text says it.

    And a process that dies does not hold up the others: xdist puts all that it had done back into the queue, as groups
    without tests; a process that keeps its last test until it knows the next one is then given such an empty group, and
    waits for ever. The test that a process died in is not given to the next one either.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if stays_together(self.config.rootpath / file) else nodeid

    def remove_node(self, node: WorkerController) -> str | None:
        """Take a process out: what it had not done goes to others, the test it died in has failed."""
        work = self.assigned_work[node]
        for scope in [scope for scope, tests in work.items() if all(tests.values())]:
            del work[scope]
        died_in = next((name for tests in work.values() for name, done in tests.items() if not done), None)
        if died_in is not None:
            scope = self._split_scope(died_in)
            work[scope][died_in] = True
            if all(work[scope].values()):
                del work[scope]
        self.workqueue.update(work)
        work.clear()
        super().remove_node(node)
        for other in self.assigned_work:
            self._reschedule(other)
        return died_in


@cache
def stays_together(file: Path) -> bool:
    """Whether all tests of a file go to one process."""
    text = file.read_text(encoding="utf-8")
    return "pytest.mark.lane" in text or "pytest.mark.together" in text


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Lanes:
    """See :class:`Lanes`."""
    return Lanes(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What stays together begins first, it takes longest."""
    items.sort(key=lambda item: not any(item.iter_markers("lane")) and not any(item.iter_markers("together")))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Name a failure at once: a run that is broken off has then said what failed."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        crash = getattr(report.longrepr, "reprcrash", None)
        said = crash.message.splitlines()[0][:300] if crash and crash.message else ""
        print(f"\n{report.when} failed: {report.nodeid}: {said}", file=sys.__stdout__, flush=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A test that does not end, or what is taken down after it, is ended with its process: xdist counts it as failed,
    starts another process, and the run goes on. Timers of threads fire also while the test waits.
    """
    watch = threading.Timer(PATIENCE, _give_up, [item.nodeid])
    watch.daemon = True
    watch.start()
    try:
        return (yield)
    finally:
        watch.cancel()


def _give_up(name: str) -> None:
    os.write(STDERR, f"\n{name} did not end in {PATIENCE} s: its process is ended. What it was at:\n".encode())
    faulthandler.dump_traceback(STDERR)
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if int(entry.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                os.kill(int(entry.parent.name), signal.SIGKILL)
    os._exit(70)

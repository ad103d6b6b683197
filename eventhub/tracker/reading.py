"""A file that somebody brings becomes rows of cells, in a process of its own (sheet_reader.py)."""

import json
import os
import subprocess
import sys
from typing import Any

from flask_babel import lazy_gettext as _l

from eventhub.kit.errors import DomainError
from eventhub.tracker import sheet_reader

PATIENCE = 10
"""Seconds for the child, which stops itself sooner by its own limit of computing time."""


class NotReadable(DomainError):
    """Neither CSV nor XLSX, or broken."""

    status = 422
    message = _l("This file cannot be read. Save it as XLSX or as CSV in UTF-8, and send it again.")
    field = "file"


class NoRows(DomainError):
    """Nothing stands in it but a head."""

    status = 422
    message = _l("There are no rows in this file")
    field = "file"


class TooManyRows(DomainError):
    """More than are brought in at once."""

    status = 422
    message = _l("Bring at most %(most)s rows at once", most=sheet_reader.MOST)
    field = "file"


class TooLarge(DomainError):
    """More bytes than are read."""

    status = 422
    message = _l("This file is too large. Send one of at most %(size)s MB.", size=sheet_reader.BIGGEST // 10**6)
    field = "file"


def table(raw: bytes) -> list[list[Any]]:
    """The cells, the head first. Raises NotReadable, NoRows, TooManyRows, TooLarge."""
    if len(raw) > sheet_reader.BIGGEST:
        raise TooLarge
    try:
        done = subprocess.run(  # noqa: S603 (our own program, told nothing)
            [sys.executable, "-I", "-S", sheet_reader.__file__],
            input=raw,
            capture_output=True,
            timeout=PATIENCE,
            check=True,
            env={"PATH": os.defpath},
        )
        found: list[list[Any]] | None = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        found = None
    if found is None:
        raise NotReadable
    if len(found) < 2:
        raise NoRows
    if len(found) > sheet_reader.MOST + 1:
        raise TooManyRows
    return found

"""Typst sources of our own and data beside them become PDF and PNG files.

Values never stand in markup: they arrive as one JSON string in ``sys.inputs`` and as pictures by number, so a name like
``#read("/etc/passwd")`` is printed as it is. The sources see their own folder and nothing else; no package is fetched,
no font but those of the folder ``fonts`` is used. The printer (printer.py) is a process of its own: typst weighs 34 MB
and fills memory, and the web never loads it.
"""

import base64
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

PRINTER = Path(__file__).parent / "printer.py"
LONGEST = 50
"""Seconds that a paper may take: less than the lease of its promise."""


class Source(StrEnum):
    """The typst files, one per sort of paper."""

    BADGE = "badge"
    LETTER = "letter"
    CERTIFICATE = "certificate"
    PARTICIPANTS = "participants"
    DONORS = "donors"


class NotPrinted(RuntimeError):
    """The printer failed; what it says stays with it, since it may quote the values."""


def pdf(source: Source, data: Mapping[str, Any], *, at: datetime, pictures: Sequence[str] = ()) -> bytes:
    """One PDF file, letters and lists tagged for screen readers. ``at`` is the time it bears.

    Pictures (SVG, see ``photograph``) are named in the data by their number. The same input gives the same bytes.
    Raises NotPrinted.
    """
    return _printed(source, data, pictures, format="pdf", at=at.astimezone(UTC).replace(microsecond=0).isoformat())


def png(source: Source, data: Mapping[str, Any], *, pictures: Sequence[str] = (), ppi: float | None = None) -> bytes:
    """The first page as a picture; ``ppi`` in dots per inch. Raises NotPrinted."""
    return _printed(source, data, pictures, format="png", ppi=ppi)


def photograph(jpeg: bytes, width: int, height: int) -> str:
    """A photograph in the one form in which the printer takes pictures without a file on a disk. Size in pixels."""
    body = base64.b64encode(jpeg).decode()
    size = f'width="{width}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><image {size} href="data:image/jpeg;base64,{body}"/></svg>'


def _printed(source: Source, data: Mapping[str, Any], pictures: Sequence[str], **form: Any) -> bytes:
    job = {
        "source": source.value,
        "data": data,
        "pictures": list(pictures),
        **form,
    }
    try:
        # Nothing here comes from a person: our own interpreter, our own file; values go in by standard input.
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-I", str(PRINTER)],
            input=json.dumps(job, ensure_ascii=False).encode(),
            capture_output=True,
            env={"LC_ALL": "C.UTF-8"},
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotPrinted("took too long") from None
    if done.returncode != 0:
        raise NotPrinted(f"code {done.returncode}")
    return done.stdout

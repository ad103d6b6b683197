"""Pages of a stored file as small pictures of our own making; the file itself is never shown.

SAFETY.md properties 22 and 23: a child process (drawing.py) with bounded memory and time draws them, and whatever goes
wrong there means that the paper can only be saved. The libraries that draw are never loaded in this process.
"""

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flask_babel import lazy_gettext as _l

from eventhub.kit.errors import DomainError
from eventhub.kit.file_types import IMAGES, PDF

PROGRAM = Path(__file__).parent / "drawing.py"
MOST_PAGES = 5
"""So many pages of a PDF are drawn; whoever needs more saves the file."""
TURNS = (0, 90, 180, 270)
LONGEST = 10
"""Seconds until a paper is given up."""
DRAWN = IMAGES | {PDF}
"""What can be drawn; an Office document can only be saved."""
AT_ONCE = threading.BoundedSemaphore(2)
"""A reader who opens many papers does not fill the machine with programs that draw."""


@dataclass(frozen=True)
class Picture:
    """One drawn page: its number from 1, and the picture as the address of an image."""

    number: int
    data: str


@dataclass(frozen=True)
class Pages:
    """What was drawn of a file, and how many pages it has."""

    known: int
    pictures: tuple[Picture, ...]


class NotDrawn(DomainError):
    """The paper cannot be drawn: broken, too heavy, or protected."""

    message = _l("This paper cannot be shown here. Save it to look at it.")


class BusyDrawing(DomainError):
    """Others look at heavy papers."""

    status = 503
    message = _l("Other papers are being drawn at the moment. Try again in a few seconds.")


def drawn(data: bytes, media_type: str, *, pages: Sequence[int] = (1,), turn: int = 0) -> Pages:
    """Pages (numbers from 1) of a PDF or a picture, turned clockwise by ``turn`` degrees, one of TURNS.

    Raises NotDrawn, also for kinds that nobody draws and pages beyond the fifth, and BusyDrawing.
    """
    wanted = [number for number in pages if 1 <= number <= MOST_PAGES]
    if media_type not in DRAWN or turn not in TURNS or not wanted:
        raise NotDrawn
    job = {"kind": media_type, "pages": [number - 1 for number in wanted], "turn": turn}
    if not AT_ONCE.acquire(timeout=LONGEST):
        raise BusyDrawing
    try:
        # Our own interpreter and our own file; what a stranger sent goes in by standard input.
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-I", str(PROGRAM)],
            input=json.dumps(job).encode() + b"\n" + data,
            capture_output=True,
            env={"LC_ALL": "C.UTF-8"},
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotDrawn from None
    finally:
        AT_ONCE.release()
    if done.returncode != 0:
        raise NotDrawn
    return _read(done.stdout, wanted)


def _read(answer: bytes, wanted: Sequence[int]) -> Pages:
    head, _line, rest = answer.partition(b"\n")
    told, pictures, start = json.loads(head), [], 0
    for number, size in zip(wanted, told["sizes"], strict=False):
        body = base64.b64encode(rest[start : start + size]).decode()
        pictures.append(Picture(number, f"data:image/webp;base64,{body}"))
        start += size
    if not pictures:
        raise NotDrawn
    return Pages(told["pages"], tuple(pictures))

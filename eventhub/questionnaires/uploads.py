"""Questions that are answered with a file: what they take, and what is said of anything else."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from wtforms import Field, FileField

from eventhub.kit.errors import DomainError
from eventhub.kit.file_types import DOCUMENTS, EVERYTHING, IMAGES, PDF
from eventhub.kit.files import LIMIT, arriving, within
from eventhub.kit.text import safe_file_name

if TYPE_CHECKING:  # definition.py stands above this module
    from eventhub.questionnaires.definition import Question

GO_ON = _l("Choose another one, or press the button again to go on without a file.")
FILES = {"images": IMAGES, "documents": DOCUMENTS, "pdf": frozenset({PDF})}


class Wrong(ValueError):
    """Not an answer to this question; ``message`` is for the person."""

    def __init__(self, message: Any) -> None:
        super().__init__(str(type(self).__name__))
        self.message = message


@dataclass(frozen=True)
class Upload:
    """A file that was sent and not yet stored."""

    name: str
    data: bytes


def clean_file(question: "Question", value: Any, _: str) -> Any:
    """An upload that was looked into, what is stored of one, or None where nothing was chosen. Raises Wrong."""
    if isinstance(value, dict):
        return _stored(value)
    if isinstance(value, FileStorage):
        if not value.filename:
            return None
        value = Upload(safe_file_name(value.filename), value.stream.read(most_to_read(question) + 1))
    if not isinstance(value, Upload):
        raise Wrong(_l("Choose a file"))
    try:
        within(value.data, allowed_files(question), most_bytes(question))
    except DomainError as error:
        raise Wrong(error.message) from None
    return value


def _stored(value: dict[str, Any]) -> dict[str, Any]:
    """The shape alone: that it is the file of that answer is for answers.save, the one door to the table."""
    try:
        return {"file": str(uuid.UUID(str(value["file"]))), "name": str(value["name"]), "size": int(value["size"])}
    except (KeyError, ValueError, TypeError):
        raise Wrong(_l("Choose a file")) from None


def most_bytes(question: "Question") -> int:
    """The largest file that a file question takes, in bytes."""
    return question.limits.max_bytes or LIMIT


def most_to_read(question: "Question") -> int:
    """How many bytes may be sent: a photograph that is larger is made smaller."""
    return arriving(allowed_files(question), most_bytes(question))


def most_megabytes(question: "Question") -> int:
    """The largest file in megabytes, as people are told."""
    return max(1, most_bytes(question) // 10**6)


def _too_large(most: int) -> Any:
    return _l("This file is too large. Send one of at most %(size)s MB.", size=max(1, most // 10**6))


def allowed_files(question: "Question") -> frozenset[str]:
    """The media types that a file question takes."""
    sets = [FILES[name] for name in question.limits.files]
    return frozenset().union(*sets) if sets else EVERYTHING


def file_field(question: "Question", _: str) -> Field:
    """The input, and what its script says of a file that is too large."""
    told = {
        "data-most": most_bytes(question),
        "data-most-photo": most_to_read(question),
        "data-too-large": _too_large(most_bytes(question)),
        "data-too-large-photo": _too_large(most_to_read(question)),
        "data-go-on": GO_ON,
    }
    return FileField(question.label, render_kw={"accept": ",".join(sorted(allowed_files(question)))} | told)

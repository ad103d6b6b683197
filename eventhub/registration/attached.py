"""Files given as answers, as pages tell of them: name, type, size, day, and the way to save them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from flask import g, url_for

from eventhub.kit.file_types import NAMES
from eventhub.kit.files import StoredFile
from eventhub.kit.forms import ActionForm, Form
from eventhub.kit.i18n import show_date, show_size
from eventhub.questionnaires import answers as given
from eventhub.questionnaires.conditions import Answers
from eventhub.questionnaires.definition import Definition
from eventhub.registration.queries import Intake


@dataclass(frozen=True)
class Attached:
    """What components/attached.html draws. With a ``form`` the file is sealed: its name stays away, and saving it is a
    POST. Without ``url`` it is named only.
    """

    name: str
    kind: str
    size: str
    day: str
    url: str | None = None
    form: Form | None = None


def told(files: Mapping[str, StoredFile], zone: str, url: Callable[[str], str] | None = None) -> dict[str, Attached]:
    """Files in words, by question key. ``zone`` says which day it was."""
    return {key: _told(file, zone, url(key) if url else None, None) for key, file in files.items()}


def named(file: Attached, name: str, url: str | None = None) -> Attached:
    """A file whose name was sealed and is opened for this reader, with the way to save it."""
    return replace(file, name=name or file.name, url=url or file.url)


def own(found: Intake, answers: Answers | None = None) -> dict[str, Attached]:
    """The files of a person's own answers, by question key; ``answers`` were loaded with the person's key."""
    if found.answer_set is None:
        return {}
    files = given.attached(found.answer_set, given.load(found.answer_set, found.key) if answers is None else answers)
    zone = found.event.time_zone
    return {
        key: _told(file, zone, _own_address(found, key), ActionForm(formdata=None) if file.seal_key_id else None)
        for key, file in files.items()
    }


def _own_address(found: Intake, question: str) -> str:
    reference = found.registration.reference if found.registration else None
    if reference:
        return url_for("registration.own_file", reference=reference, question=question)
    return url_for("registration.draft_file", slug=found.event.slug, question=question)


def _told(file: StoredFile, zone: str, url: str | None, form: Form | None) -> Attached:
    day = file.created_at.astimezone(ZoneInfo(zone)).date()
    return Attached(
        file.name,
        NAMES.get(file.media_type, file.media_type),
        show_size(file.size, g.lang),
        show_date(day, g.lang),
        url,
        form,
    )


def has_sealed(definition: Definition | None, answers: Mapping[str, object]) -> bool:
    """Whether something was answered that its owner reads behind a button alone."""
    asked = definition.questions() if definition else ()
    return any(one.sealed and one.kind != "file" and answers.get(one.key) for one in asked)

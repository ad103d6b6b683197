"""One registration's answers beside its papers: pages drawn small, chosen, turned; a sealed one for a reason alone."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.kit import files, presence
from eventhub.kit.access import actor, staff
from eventhub.kit.errors import NotFound
from eventhub.kit.file_types import NAMES
from eventhub.kit.files import StoredFile
from eventhub.kit.forms import submit
from eventhub.kit.page_pictures import DRAWN, MOST_PAGES, TURNS, BusyDrawing, NotDrawn, Pages, drawn
from eventhub.kit.paging import page_number
from eventhub.programme.models import Event
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.access import may_see
from eventhub.questionnaires.definition import Definition, Question
from eventhub.registration import access, categories, desk, disclosure, queries, shown
from eventhub.registration.access import Sight
from eventhub.registration.console import at_desk, bp
from eventhub.registration.models import Registration
from eventhub.registration.moves import OwnRecord
from eventhub.registration.stage_forms import LookForm

__all__ = ["bp"]


@dataclass(frozen=True)
class Paper:
    """A paper that was sent, as this reader may see it."""

    question: Question
    file: StoredFile | None
    """None while it is sealed."""


@bp.get("/console/events/<slug>/registrations/<uuid:registration_id>/papers")
@staff
def papers(slug: str, registration_id: uuid.UUID) -> ResponseReturnValue:
    """The first paper beside the answers, or that there is none."""
    event, registration, seen = _found(slug, registration_id)
    sent = _papers(registration, seen)
    first = next((one for one in sent if one.file is not None), sent[0] if sent else None)
    return _draw(event, registration, seen, sent, first)


@bp.route("/console/events/<slug>/registrations/<uuid:registration_id>/papers/<question>", methods=["GET", "POST"])
@staff
def paper(slug: str, registration_id: uuid.UUID, question: str) -> ResponseReturnValue:
    """One paper beside the answers. A sealed one is drawn in the answer to a POST that says why, and nowhere else."""
    event, registration, seen = _found(slug, registration_id)
    sent = _papers(registration, seen)
    chosen = next((one for one in sent if one.question.key == question), None)
    if chosen is None or (request.method == "POST" and not chosen.question.sealed):
        raise NotFound
    form, opened = LookForm(), None
    if form.validate_on_submit():
        opened = submit(form, lambda: _open(registration, chosen.question, form.reason.data or ""))
    return _draw(event, registration, seen, sent, chosen, form=form, opened=opened)


def _found(slug: str, registration_id: uuid.UUID) -> tuple[Event, Registration, Sight]:
    event, _setup, seen = at_desk(slug)
    registration = desk.record(event.id, registration_id)
    if registration.person_id == actor().id:
        raise OwnRecord
    return event, registration, seen


def _open(registration: Registration, question: Question, reason: str) -> StoredFile:
    """The file behind a sealed answer, recorded. Raises NotFound, and what ``disclosure.reveal`` raises."""
    answer_set = registration.answer_set
    if answer_set is None:
        raise NotFound
    key = registration.person.seal_key
    opened = disclosure.reveal(actor().person, registration, answer_set, key, {question.key}, reason)
    return given.stored_file(answer_set, opened.get(question.key))


def _draw(
    event: Event,
    registration: Registration,
    seen: Sight,
    sent: Sequence[Paper],
    chosen: Paper | None,
    *,
    form: LookForm | None = None,
    opened: StoredFile | None = None,
) -> ResponseReturnValue:
    presence.enter(registration.id, actor().id)
    form = form or LookForm(formdata=None)
    turn = _turn(form.turn.data if opened else request.args.get("turn", ""))
    file = opened or (chosen.file if chosen else None)
    number = min(page_number(), MOST_PAGES)
    pages, problem = _pictures(file, range(1, MOST_PAGES + 1) if opened else (number,), turn)
    page = render_template(
        "registration/papers.html",
        event=event,
        registration=registration,
        name=shown.name_of(registration, seen),
        sections=_sections(registration, seen),
        papers=[_choice(event, registration, one, chosen) for one in sent],
        chosen=chosen,
        file=file,
        kind=NAMES.get(file.media_type, "") if file else "",
        pages=pages,
        problem=problem,
        number=number,
        drawn=min(pages.known, MOST_PAGES) if pages else 0,
        turn=turn,
        turns=_turns(turn),
        address=_address(event, registration, chosen.question.key) if chosen else None,
        save_url=url_for(
            "registration_console.file", slug=event.slug, registration_id=registration.id, question=chosen.question.key
        )
        if chosen
        else None,
        form=form,
        is_open=opened is not None,
    )
    return page, form.status


def _pictures(file: StoredFile | None, pages: Sequence[int], turn: int) -> tuple[Pages | None, Any]:
    """The drawn pages, or why there are none."""
    if file is None:
        return None, None
    if file.media_type not in DRAWN:
        kind = NAMES.get(file.media_type, file.media_type)
        return None, _("A document of the kind %(kind)s is not shown here. Save it to look at it.", kind=kind)
    try:
        return drawn(files.read(file), file.media_type, pages=pages, turn=turn), None
    except (NotDrawn, BusyDrawing, files.FileGone, files.FileDamaged) as error:
        return None, error.message


def _papers(registration: Registration, seen: Sight) -> list[Paper]:
    """The papers that were sent and that this sight reaches, in the order of the form."""
    definition, answer_set = _definition(registration), registration.answer_set
    if definition is None or answer_set is None:
        return []
    answers, who = given.load(answer_set), access.viewers(seen)
    known = given.attached(answer_set, answers)
    return [
        Paper(question, known.get(question.key))
        for question in definition.questions()
        if question.kind == "file"
        and may_see(question, who)
        and (question.key in known or (question.sealed and answers.get(question.key) is not None))
    ]


def _definition(registration: Registration) -> Definition | None:
    if registration.answer_set is None:
        return None
    asked = questionnaires.localised(questionnaires.version(registration.answer_set.version_id), g.lang)
    return categories.fitted(asked, categories.rules_of(registration.event_id), registration.category)


def _sections(registration: Registration, seen: Sight) -> list[given.Section]:
    definition, answer_set = _definition(registration), registration.answer_set
    if definition is None or answer_set is None:
        return []
    answers = queries.as_it_stands(registration, definition, given.load(answer_set))
    return given.to_show(definition, answers, g.lang, who=access.viewers(seen))


def _choice(event: Event, registration: Registration, one: Paper, chosen: Paper | None) -> dict[str, Any]:
    return {
        "label": one.question.label,
        "url": _address(event, registration, one.question.key),
        "current": chosen is not None and one.question.key == chosen.question.key,
        "sealed": one.question.sealed,
    }


def _address(event: Event, registration: Registration, key: str) -> str:
    return url_for("registration_console.paper", slug=event.slug, registration_id=registration.id, question=key)


def _turn(value: str | None) -> int:
    known = {str(one): one for one in TURNS}
    return known.get(value or "", 0)


def _turns(turn: int) -> dict[str, int]:
    """What a turn to the left and to the right leads to."""
    return {"left": (turn - 90) % 360, "right": (turn + 90) % 360}

"""One file's answers beside its papers: pages drawn small, chosen, turned; a sealed one for a reason alone."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.funding import desk_shown, looking
from eventhub.funding.console import at_desk, bp
from eventhub.funding.desk import Desk
from eventhub.funding.desk_forms import RevealForm
from eventhub.funding.models import Application
from eventhub.funding.record_views import SIGHT, definition_of, found_file, sections_of
from eventhub.kit import files, presence
from eventhub.kit.access import actor, staff
from eventhub.kit.errors import NotFound
from eventhub.kit.file_types import NAMES
from eventhub.kit.files import StoredFile
from eventhub.kit.forms import submit
from eventhub.kit.page_pictures import DRAWN, MOST_PAGES, TURNS, BusyDrawing, NotDrawn, Pages, drawn
from eventhub.kit.paging import page_number
from eventhub.questionnaires import answers as given
from eventhub.questionnaires.access import may_see
from eventhub.questionnaires.definition import Question

__all__ = ["bp"]


@dataclass(frozen=True)
class Paper:
    """A paper that was sent, as an officer may see it; ``file`` is None while it is sealed."""

    question: Question
    file: StoredFile | None


@bp.get("/console/funds/<slug>/files/<uuid:application_id>/papers")
@staff
def papers(slug: str, application_id: uuid.UUID) -> ResponseReturnValue:
    """The first paper beside the answers, or that there is none."""
    where = at_desk(slug)
    application = found_file(where, application_id)
    sent = _papers(application)
    first = next((one for one in sent if one.file is not None), sent[0] if sent else None)
    return _draw(where, application, sent, first)


@bp.route("/console/funds/<slug>/files/<uuid:application_id>/papers/<question>", methods=["GET", "POST"])
@staff
def paper(slug: str, application_id: uuid.UUID, question: str) -> ResponseReturnValue:
    """One paper beside the answers. A sealed one is drawn in the answer to a POST that says why, and nowhere else."""
    where = at_desk(slug)
    application = found_file(where, application_id)
    sent = _papers(application)
    chosen = next((one for one in sent if one.question.key == question), None)
    if chosen is None or (request.method == "POST" and not chosen.question.sealed):
        raise NotFound
    form, opened = RevealForm(), None
    if form.validate_on_submit():
        opened = submit(form, lambda: _open(application, chosen.question, form.reason.data or ""))
    return _draw(where, application, sent, chosen, form=form, opened=opened)


def _open(application: Application, question: Question, reason: str) -> StoredFile:
    answer_set = application.answer_set
    if answer_set is None:
        raise NotFound
    key = application.person.seal_key
    opened = looking.reveal(actor().person, application, answer_set, key, {question.key}, reason)
    return given.stored_file(answer_set, opened.get(question.key))


def _draw(
    where: Desk,
    application: Application,
    sent: Sequence[Paper],
    chosen: Paper | None,
    *,
    form: RevealForm | None = None,
    opened: StoredFile | None = None,
) -> ResponseReturnValue:
    presence.enter(application.id, actor().id)
    form = form or RevealForm(formdata=None)
    turn = _turn((request.form if opened else request.args).get("turn", ""))
    file = opened or (chosen.file if chosen else None)
    number = min(page_number(), MOST_PAGES)
    pages, problem = _pictures(file, range(1, MOST_PAGES + 1) if opened else (number,), turn)
    page = render_template(
        "funding/papers.html",
        place=where,
        title=desk_shown.title_of(where.call, g.lang),
        application=application,
        name=application.person.public_name,
        sections=sections_of(application),
        papers=[_choice(where, application, one, chosen) for one in sent],
        chosen=chosen,
        file=file,
        kind=NAMES.get(file.media_type, "") if file else "",
        pages=pages,
        problem=problem,
        number=number,
        drawn=min(pages.known, MOST_PAGES) if pages else 0,
        turns={"left": (turn - 90) % 360, "right": (turn + 90) % 360},
        turn=turn,
        address=_address(where, application, chosen.question.key) if chosen else None,
        save_url=url_for(
            "funding_console.answer_file",
            slug=where.call.slug,
            application_id=application.id,
            question=chosen.question.key,
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


def _papers(application: Application) -> list[Paper]:
    """The papers that were sent and that an officer may see, in the order of the form."""
    definition, answer_set = definition_of(application), application.answer_set
    if definition is None or answer_set is None:
        return []
    answers = given.load(answer_set)
    known = given.attached(answer_set, answers)
    return [
        Paper(question, known.get(question.key))
        for question in definition.questions()
        if question.kind == "file"
        and may_see(question, SIGHT)
        and (question.key in known or (question.sealed and answers.get(question.key) is not None))
    ]


def _choice(where: Desk, application: Application, one: Paper, chosen: Paper | None) -> dict[str, Any]:
    return {
        "label": one.question.label,
        "url": _address(where, application, one.question.key),
        "current": chosen is not None and one.question.key == chosen.question.key,
    }


def _address(where: Desk, application: Application, key: str) -> str:
    return url_for("funding_console.paper", slug=where.call.slug, application_id=application.id, question=key)


def _turn(value: str | None) -> int:
    return {str(one): one for one in TURNS}.get(value or "", 0)

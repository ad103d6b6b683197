"""Security's own pages: who waits for its word, one person in five lines, and the list as a file."""

import uuid
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.kit import audit, files
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.exports import csv_response, xlsx_response
from eventhub.kit.forms import ActionForm, Form, posted, submit
from eventhub.kit.i18n import direction, said_by_clock, show_by, show_date
from eventhub.kit.page_pictures import BusyDrawing, NotDrawn, drawn
from eventhub.kit.paging import page_number, pager
from eventhub.kit.web import back_to
from eventhub.people.access import holds
from eventhub.people.models import Role
from eventhub.programme.models import Event
from eventhub.programme.shown import clock_of
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import kinds
from eventhub.registration import access, desk, disclosure, security, stages
from eventhub.registration.console import PageTooOld, at_desk, bp, marked_ids, setup_of
from eventhub.registration.forms import ExportForm, RevealForm
from eventhub.registration.models import Approval, Word
from eventhub.registration.security import Line
from eventhub.registration.shown import WORDS
from eventhub.registration.stage_forms import WordForm

__all__ = ["bp"]


@bp.get("/console/events/<slug>/security")
@staff
def security_list(slug: str) -> ResponseReturnValue:
    """Who waits for security's word, the longest wait first, and who has it."""
    event = _event(slug)
    waiting, page = request.args.get("said") != "1", page_number()
    lines, total = security.lines(event, actor().id, g.lang, waiting=waiting, page=page)

    def at(number: int) -> str:
        return url_for(
            "registration_console.security_list",
            slug=slug,
            said=None if waiting else "1",
            page=number if number > 1 else None,
        )

    return render_template(
        "registration/security.html",
        event=event,
        lines=[_row(event, one) for one in lines],
        waiting=waiting,
        pager=pager(at, page=page, size=security.PAGE, total=total) if total else None,
    )


@bp.get("/console/events/<slug>/security/<uuid:approval_id>")
@staff
def security_person(slug: str, approval_id: uuid.UUID) -> ResponseReturnValue:
    """One person: what security needs to look somebody up, and nothing else."""
    event = _event(slug)
    return _draw(event, security.one(event, actor().id, approval_id))


@bp.post("/console/events/<slug>/security/<uuid:approval_id>/word")
@staff
@stands_on("registration_console.security_person")
def security_word(slug: str, approval_id: uuid.UUID) -> ResponseReturnValue:
    """What security says: no objection, or one with a note."""
    event = _event(slug)
    approval, form, person = security.one(event, actor().id, approval_id), WordForm(), actor().person
    if form.validate_on_submit():
        word, note = Word(form.word.data), form.note.data
        seen, name = form.seen_version, form.seen_name.data or ""
        if submit(form, lambda: security.say(person, approval, event, word, note, seen=seen, seen_name=name)):
            flash(_("Your word is recorded. The accreditation desk decides."), "ok")
            return back_to("registration_console.security_list", slug=slug)
    return _draw(event, security.one(event, actor().id, approval_id), form)


@bp.post("/console/events/<slug>/security/<uuid:approval_id>/sealed")
@staff
@stands_on("registration_console.security_person")
def security_reveal(slug: str, approval_id: uuid.UUID) -> ResponseReturnValue:
    """The sealed number of the document, and a sealed photograph by the rule, for a reason that is recorded."""
    event = _event(slug)
    approval, form, person = security.one(event, actor().id, approval_id), RevealForm(), actor().person
    registration, keys = approval.registration, _sealed_keys(event, approval)
    answer_set = registration.answer_set
    if not keys or answer_set is None:
        raise NotFound
    opened: dict[str, object] | None = None
    if form.validate_on_submit():
        key, reason = registration.person.seal_key, form.reason.data or ""
        opened = submit(form, lambda: disclosure.reveal(person, registration, answer_set, key, keys, reason))
    return _draw(event, approval, form, opened=opened)


@bp.route("/console/events/<slug>/security/export", methods=["GET", "POST"])
@staff
def security_export(slug: str) -> ResponseReturnValue:
    """Those who wait, as a file with the few columns that security sees, for a reason that is recorded."""
    event, _setup = desk.event_of(slug)
    grants = actor().grants
    if not (
        access.works_for_security(grants, event)
        or holds(grants, Role.ACCREDITATION_OFFICER, scope=access.scope_of(event))
    ):
        raise NotFound
    form = ExportForm()
    header = [_("Name on the badge"), _("Nationality"), _("Kind of document"), _("Asked on")]
    if form.validate_on_submit():
        lines, _total = security.lines(event, actor().id, g.lang, waiting=True, page=1, size=security.LONGEST_FILE)
        rows: list[list[object]] = [
            [one.name, one.nationality, one.document, one.approval.asked_at.date()] for one in lines
        ]
        audit.record(
            "registration.exported",
            event,
            actor=actor().person,
            scope_id=event.id,
            text=form.reason.data or "",
            rows=len(rows),
            kind=form.kind.data,
            sight="security",
        )
        name = f"{event.code}-security-{now():%Y-%m-%d}"
        if form.kind.data == "csv":
            return csv_response(rows, header, f"{name}.csv")
        return xlsx_response(rows, header, f"{name}.xlsx", sheet=_("Security"), rtl=direction(g.lang) == "rtl")
    works_there = access.works_for_security(grants, event)
    to = "registration_console.security_list" if works_there else "registration_console.desk"
    page = render_template(
        "registration/security_export.html",
        event=event,
        form=form,
        columns=header,
        back=url_for(to, slug=slug),
    )
    return page, form.status


@bp.post("/console/events/<slug>/registrations/security")
@staff
@stands_on("registration_console.desk")
def ask_security(slug: str) -> ResponseReturnValue:
    """Ask security about the people who are chosen in the list, or about the one whose page it is."""
    event, setup, _seen = at_desk(slug)
    form, person = ActionForm(), actor().person
    if not form.validate_on_submit():
        raise PageTooOld
    chosen, found = desk.chosen(event.id, marked_ids()), setup_of(setup)
    if not chosen:
        flash(_("Choose at least one person first."), "warn")
        return back_to("registration_console.desk", slug=slug)
    asked = submit(form, lambda: stages.ask(person, found, chosen))
    if asked:
        flash(
            ngettext("Security is asked about %(num)s person.", "Security is asked about %(num)s people.", asked), "ok"
        )
    else:
        flash(" ".join(str(one) for one in form.form_errors), "warn")
    if request.form.get("back") == "record":
        return back_to("registration_console.record", slug=slug, registration_id=chosen[0].id)
    return back_to("registration_console.desk", slug=slug)


def _event(slug: str) -> Event:
    """The event for whose security the visitor speaks. Raises NotFound for everybody else."""
    event, _setup = desk.event_of(slug)
    if not access.works_for_security(actor().grants, event):
        raise NotFound
    return event


def _sealed_keys(event: Event, approval: Approval) -> set[str]:
    """What may be opened for a reason: the number of the document, and a sealed photograph where badges bear one."""
    found = set()
    number = security.asked(approval.registration, security.NUMBER)
    if number is not None and number.sealed:
        found.add(number.key)
    photo = security.photograph(approval.registration)
    if photo is not None and photo.sealed and security.rule_of(event).photos:
        found.add(photo.key)
    return found


def _draw(
    event: Event, approval: Approval, sent: Form | None = None, *, opened: dict[str, object] | None = None
) -> ResponseReturnValue:
    takes_word = sent if isinstance(sent, WordForm) else None
    word_form = takes_word or WordForm(formdata=None)
    if takes_word is None:
        word_form.word.data = approval.outcome.value if approval.outcome else None
        word_form.note.data = approval.note
    word_form.seen.data = str(approval.version)
    word_form.seen_name.data = security.seal_of_name(approval.registration, event).hex()
    page = render_template(
        "registration/security_person.html",
        event=event,
        line=_row(event, security.told(approval, event, g.lang)),
        approval=approval,
        word=WORDS[approval.outcome] if approval.outcome else None,
        word_form=word_form,
        reveal_form=sent if isinstance(sent, RevealForm) else RevealForm(formdata=None) if posted() else RevealForm(),
        may_reveal=bool(_sealed_keys(event, approval)),
        form=sent if sent and sent.errors else None,
        opened=_opened(approval, opened) if opened is not None else None,
        photo=_photo(event, approval, opened or {}),
    )
    return page, sent.status if sent else 200


def _opened(approval: Approval, opened: dict[str, object]) -> list[dict[str, Any]]:
    number = security.asked(approval.registration, security.NUMBER)
    if number is None or opened.get(number.key) is None:
        return []
    return [
        {"label": _("Number of the document"), "value": kinds.show(number, opened[number.key], g.lang), "kind": "ltr"}
    ]


def _photo(event: Event, approval: Approval, opened: dict[str, object]) -> str | None:
    """The photograph as the address of an image, where badges bear one and it is not sealed or was opened for this."""
    registration, question = approval.registration, security.photograph(approval.registration)
    if question is None or registration.answer_set is None or not security.rule_of(event).photos:
        return None
    known = given.load(registration.answer_set) | opened
    file = given.attached(registration.answer_set, {question.key: known.get(question.key)}).get(question.key)
    if file is None:
        return None
    try:
        return drawn(files.read(file), file.media_type).pictures[0].data
    except (NotDrawn, BusyDrawing, files.FileGone, files.FileDamaged):
        return None


def _row(event: Event, one: Line) -> dict[str, Any]:
    approval, clock = one.approval, clock_of(event, actor().person.time_zone, g.lang)
    return {
        "name": one.name,
        "nationality": one.nationality,
        "document": one.document,
        "asked": show_date(approval.asked_at.date(), g.lang),
        "days": (now() - approval.asked_at).days,
        "said": said_by_clock(show_by(approval.answered_at, clock, g.lang)) if approval.answered_at else None,
        "tag": WORDS[approval.outcome] if approval.outcome else None,
        "url": url_for("registration_console.security_person", slug=event.slug, approval_id=approval.id),
    }

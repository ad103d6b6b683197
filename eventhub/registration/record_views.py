"""One registration at the desk: answers and their files, notes, what is sealed, history."""

import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from flask import Response, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.kit import presence
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.errors import NotFound
from eventhub.kit.files import attachment
from eventhub.kit.forms import ActionForm, Form, posted, submit
from eventhub.kit.i18n import said_by_clock, show_by, show_moment
from eventhub.kit.panels import panels
from eventhub.kit.web import back_to, write_down
from eventhub.people.access import holds
from eventhub.people.models import Person, Role
from eventhub.people.queries import public_names
from eventhub.programme.models import Event, Publication
from eventhub.programme.shown import clock_of
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.access import may_see
from eventhub.questionnaires.definition import Definition, Question
from eventhub.registration import (
    access,
    attached,
    categories,
    deciding,
    desk,
    disclosure,
    duplicates,
    exchange,
    exporting,
    focal,
    histories,
    prepared,
    queries,
    shown,
    stages,
    thread,
)
from eventhub.registration.access import Sight
from eventhub.registration.console import at_desk, bp, seen_versions, setup_of
from eventhub.registration.forms import NoteForm, QuestionForm, RevealForm, TakeUpForm
from eventhub.registration.models import Registration, RegistrationSetup, State
from eventhub.registration.moves import OwnRecord, can_move
from eventhub.registration.previews import KINDS, stage_of, told_by
from eventhub.registration.stage_forms import PassForm

SomeForm = TypeVar("SomeForm", bound=Form)
Versions = Mapping[uuid.UUID, int]


@bp.get("/console/events/<slug>/registrations/<uuid:registration_id>")
@staff
def record(slug: str, registration_id: uuid.UUID) -> ResponseReturnValue:
    """One registration: answers, decisions, history."""
    event, setup, seen = at_desk(slug)
    return _draw_record(event, setup_of(setup), seen, _record(event, registration_id))


@bp.post("/console/events/<slug>/registrations/<uuid:registration_id>/note")
@staff
@stands_on("registration_console.record")
def note(slug: str, registration_id: uuid.UUID) -> ResponseReturnValue:
    """A word for colleagues in the record's history."""

    def deed(form: NoteForm, person: Person, registration: Registration, _versions: Versions) -> object:
        words = form.text.data or ""
        if form.note_kind.data == "objection":
            return focal.object_to(person, registration, words)
        return deciding.note(person, registration, words)

    return _done_or_shown(slug, registration_id, NoteForm, deed, _("Your note is kept."))


@bp.post("/console/events/<slug>/registrations/<uuid:registration_id>/sealed")
@staff
@stands_on("registration_console.record")
def reveal(slug: str, registration_id: uuid.UUID) -> ResponseReturnValue:
    """Open the sealed answers this role may see, once, for a reason; the answer to this request alone shows them."""
    event, setup, seen = at_desk(slug)
    registration, person = _record(event, registration_id), actor().person
    form = RevealForm()
    sealed = _sealed_keys(_sections(event, registration, seen))
    answer_set = registration.answer_set
    if not sealed or answer_set is None:
        raise NotFound
    opened: dict[str, object] | None = None
    if form.validate_on_submit():
        opened = submit(
            form,
            lambda: disclosure.reveal(
                person, registration, answer_set, registration.person.seal_key, sealed, form.reason.data or ""
            ),
        )
    return _draw_record(event, setup_of(setup), seen, registration, form, opened=opened)


@bp.route("/console/events/<slug>/registrations/<uuid:registration_id>/files/<question>", methods=["GET", "POST"])
@staff
def file(slug: str, registration_id: uuid.UUID, question: str) -> ResponseReturnValue:
    """A file that was given as an answer, to be saved. A sealed one is opened by POST alone, for a reason."""
    event, setup, seen = at_desk(slug)
    registration, person = _record(event, registration_id), actor().person
    asked, answer_set = _file_question(registration, seen, question), registration.answer_set
    if asked is None or answer_set is None or asked.sealed != (request.method == "POST"):
        raise NotFound
    if not asked.sealed:
        return attachment(given.stored_file(answer_set, given.load(answer_set).get(asked.key)))
    form, key = RevealForm(), registration.person.seal_key
    if form.validate_on_submit():
        reason = form.reason.data or ""
        opened = submit(form, lambda: disclosure.reveal(person, registration, answer_set, key, {asked.key}, reason))
        if opened is not None:
            value = opened.get(asked.key)
            return attachment(given.stored_file(answer_set, value), given.file_name(value))
    return _draw_record(event, setup_of(setup), seen, registration, form)


@bp.post("/console/events/<slug>/registrations/<uuid:registration_id>/questions")
@staff
@stands_on("registration_console.record")
def ask(slug: str, registration_id: uuid.UUID) -> ResponseReturnValue:
    """A question to the person, by mail and on the page where it is answered."""

    def deed(form: QuestionForm, person: Person, registration: Registration, versions: Versions) -> object:
        key, words = registration.person.seal_key, form.question.data or ""
        return thread.ask(person, registration, key, words, form.upload(), seen=versions)

    return _done_or_shown(slug, registration_id, QuestionForm, deed, _("Your question is sent."))


@bp.get("/console/events/<slug>/registrations/<uuid:registration_id>/questions/<uuid:message_id>")
@staff
def message_file(slug: str, registration_id: uuid.UUID, message_id: uuid.UUID) -> Response:
    """The file of a message, to be saved; the person sees that it was."""
    event, _setup, _seen = at_desk(slug)
    registration = _record(event, registration_id)
    stored, name, by_desk = thread.file_of(registration, message_id, registration.person.seal_key)
    answer = attachment(stored, name)
    if not by_desk and request.method == "GET":
        write_down(partial(disclosure.note_file_read, actor().id, registration_id, event.id))
    return answer


@bp.post("/console/events/<slug>/registrations/<uuid:registration_id>/answer-read")
@staff
@stands_on("registration_console.record")
def mark_read(slug: str, registration_id: uuid.UUID) -> ResponseReturnValue:
    """An answer that needs nothing more."""

    def deed(_form: ActionForm, person: Person, registration: Registration, versions: Versions) -> object:
        return thread.mark_read(person, registration, seen=versions)

    return _done_or_shown(slug, registration_id, ActionForm, deed)


@bp.post("/console/events/<slug>/registrations/<uuid:registration_id>/security-passed")
@staff
@stands_on("registration_console.record")
def pass_security(slug: str, registration_id: uuid.UUID) -> ResponseReturnValue:
    """Go on in spite of what security says, or of its silence, for a reason that colleagues read."""

    def deed(form: PassForm, person: Person, registration: Registration, _versions: Versions) -> object:
        found = setup_of(at_desk(slug)[1])
        return stages.go_on(person, found, registration, form.why_passed.data or "", seen=form.seen_version)

    said = _("Your reason is kept, and security does not hold this up any more.")
    return _done_or_shown(slug, registration_id, PassForm, deed, said)


@bp.post("/console/events/<slug>/registrations/<uuid:registration_id>/taken-up")
@staff
@stands_on("registration_console.record")
def take_up(slug: str, registration_id: uuid.UUID) -> ResponseReturnValue:
    """Look again at somebody who was refused."""

    def deed(form: TakeUpForm, person: Person, registration: Registration, versions: Versions) -> object:
        return deciding.take_up_again(person, registration, form.why.data or "", seen=versions)

    return _done_or_shown(slug, registration_id, TakeUpForm, deed, _("The registration is under review again."))


def _record(event: Event, registration_id: uuid.UUID) -> Registration:
    """A registration, for a colleague: what is noted about one's own is not for oneself. Raises NotFound, OwnRecord."""
    found = desk.record(event.id, registration_id)
    if found.person_id == actor().id:
        raise OwnRecord
    return found


def _done_or_shown(
    slug: str,
    registration_id: uuid.UUID,
    kind: type[SomeForm],
    deed: Callable[[SomeForm, Person, Registration, Versions], object],
    said: str | None = None,
) -> ResponseReturnValue:
    """What a form of the record asks for is done to it as it was seen, or the form comes back with what is wrong."""
    event, setup, seen = at_desk(slug)
    registration, person, versions = _record(event, registration_id), actor().person, seen_versions()
    form = kind()
    if form.validate_on_submit() and submit(form, lambda: deed(form, person, registration, versions)):
        if said:
            flash(said, "ok")
        return back_to("registration_console.record", slug=slug, registration_id=registration_id)
    return _draw_record(event, setup_of(setup), seen, registration, form)


def _draw_record(
    event: Event,
    found: RegistrationSetup,
    seen: Sight,
    registration: Registration,
    sent: Form | None = None,
    *,
    opened: dict[str, object] | None = None,
) -> ResponseReturnValue:
    """``sent``: the form of this page that must be shown again, if it was not done."""
    sections = _sections(event, registration, seen)
    definition = _definition(registration)
    labels = {question.key: str(question.label) for question in definition.questions()} if definition else {}
    takes_place = event.publication is not Publication.CANCELLED
    standing = prepared.about([registration.id], actor().id).get(registration.id)
    stage = stage_of(event, found, registration)
    page = render_template(
        "registration/record.html",
        event=event,
        setup=found,
        registration=registration,
        name=shown.name_of(registration, seen),
        alias=registration.person.alias if seen is Sight.BADGES else None,
        sections=sections,
        sealed=bool(_sealed_keys(sections)),
        sealed_files=_sealed_files(event, registration, sections),
        opened=_opened(event, registration, opened) if opened is not None else None,
        outcomes=[
            outcome
            for outcome in deciding.OUTCOMES
            if takes_place and can_move(registration.state, outcome) and outcome is not registration.state
        ],
        category_facts=_category_facts(event, registration),
        data_url=_data_address(registration.person),
        colleagues=_colleagues(event, registration),
        prepared=standing,
        prepared_by=told_by(standing, event) if standing else None,
        near=queries.too_near(actor().id, [registration]).get(registration.id),
        lines=[line for line in (_deed(one, event, labels, seen) for one in histories.deeds(registration)) if line],
        form=sent if sent and sent.errors else None,
        bulk=ActionForm(formdata=None),
        note_form=_this_or_fresh(sent, NoteForm),
        reveal_form=_this_or_fresh(sent, RevealForm),
        question_form=_this_or_fresh(sent, QuestionForm) if takes_place and thread.may_ask(registration) else None,
        take_up_form=_this_or_fresh(sent, TakeUpForm)
        if takes_place and registration.state in deciding.TAKEN_UP
        else None,
        exchanged=_exchanged(event, registration, seen),
        word=shown.STATES[registration.state],
        stage=stage,
        pass_form=_pass_form(sent, stage),
        papers_url=url_for("registration_console.papers", slug=event.slug, registration_id=registration.id)
        if _has_papers(registration, sections)
        else None,
        beside=panels("registration.record", (event, registration)),
        sent_on=show_moment(registration.submitted_at, event.time_zone, g.lang) if registration.submitted_at else None,
    )
    return page, sent.status if sent else 200


def _colleagues(event: Event, registration: Registration) -> list[dict[str, Any]]:
    """Who else of the desk has this file open, by the public name, and since when by the reader's own clock."""
    there = presence.enter(registration.id, actor().id)
    names = public_names({one.who for one in there})
    clock = clock_of(event, actor().person.time_zone, g.lang)
    return [{"who": names[one.who], "when": show_by(one.since, clock, g.lang)} for one in there if one.who in names]


def _category_facts(event: Event, registration: Registration) -> list[dict[str, Any]]:
    """What the category asks, which of it is still missing, and how full it is."""
    rules = categories.rules_of(event.id)
    rule = categories.rule_of(rules, registration.category)
    if rule is None:
        return []
    facts = [{"label": _("Papers asked"), "value": shown.papers_of(rule) or _("No paper asked")}]
    definition, answer_set = _definition(registration), registration.answer_set
    if definition is not None and answer_set is not None:
        missing = categories.gaps(definition, rules, given.load(answer_set))
        lacks = [str(question.label) for _page, question in missing if question.kind == "file"]
        facts += [{"label": _("Papers missing"), "value": " · ".join(lacks)}] if lacks else []
    if rule.quota is not None:
        quota = shown.quota(categories.rows_of(event.id).get(rule.code), g.lang)
        facts.append({"label": _("Quota"), "value": quota})
    words = _("May take the floor") if rule.may_speak else _("May not take the floor")
    return [*facts, {"label": _("Speaking rights"), "value": words}]


def _data_address(person: Person) -> str | None:
    """Where administrators erase somebody who has no account."""
    if person.email is not None or person.erased_at is not None or not holds(actor().grants, Role.ADMIN):
        return None
    return url_for("people_console.data_of", person_id=person.id)


def _this_or_fresh(sent: Form | None, kind: type[SomeForm]) -> SomeForm:
    """The form that was sent, or one of its kind: on a page that answers another one it stays empty."""
    if isinstance(sent, kind):
        return sent
    return kind(formdata=None) if posted() else kind()


def _pass_form(sent: Form | None, stage: dict[str, Any] | None) -> PassForm:
    """It knows at which version this page shows what security said."""
    form = _this_or_fresh(sent, PassForm)
    approval = stage["approval"] if stage else None
    form.approval_seen.data = str(approval.version) if approval else ""
    return form


def _exchanged(event: Event, registration: Registration, seen: Sight) -> list[exchange.Line]:
    name = shown.name_of(registration, seen) or registration.reference or ""
    return exchange.lines(
        thread.messages(registration, registration.person.seal_key),
        lambda one: (one.author or _("The secretariat")) if one.message.by_desk else name,
        clock_of(event, actor().person.time_zone, g.lang),
        lambda one: url_for(
            "registration_console.message_file",
            slug=event.slug,
            registration_id=registration.id,
            message_id=one.message.id,
        ),
    )


def _definition(registration: Registration) -> Definition | None:
    if registration.answer_set is None:
        return None
    asked = questionnaires.localised(questionnaires.version(registration.answer_set.version_id), g.lang)
    return categories.fitted(asked, categories.rules_of(registration.event_id), registration.category)


def _sections(event: Event, registration: Registration, seen: Sight) -> list[given.Section]:
    definition, answer_set = _definition(registration), registration.answer_set
    if definition is None or answer_set is None:
        return []
    answers = queries.as_it_stands(registration, definition, given.load(answer_set))
    files = attached.told(
        given.attached(answer_set, answers), event.time_zone, lambda key: _file_address(event, registration, key)
    )
    return given.to_show(definition, answers, g.lang, who=access.viewers(seen), files=files)


def _file_address(event: Event, registration: Registration, key: str) -> str:
    return url_for("registration_console.file", slug=event.slug, registration_id=registration.id, question=key)


def _file_question(registration: Registration, seen: Sight, key: str) -> Question | None:
    definition = _definition(registration)
    for question in definition.questions() if definition else ():
        if question.key == key and question.kind == "file" and may_see(question, access.viewers(seen)):
            return question
    return None


def _sealed_keys(sections: list[given.Section]) -> set[str]:
    return {row.key for section in sections for row in section.rows if row.sealed and row.value}


def _sealed_files(event: Event, registration: Registration, sections: list[given.Section]) -> list[dict[str, Any]]:
    """The sealed files among what is shown, each with its own address."""
    definition, sealed = _definition(registration), _sealed_keys(sections)
    return [
        {"label": one.label, "url": _file_address(event, registration, one.key)}
        for one in (definition.questions() if definition else ())
        if one.kind == "file" and one.key in sealed
    ]


def _has_papers(registration: Registration, sections: list[given.Section]) -> bool:
    """Whether this sight reaches a file."""
    definition, there = _definition(registration), {r.key for one in sections for r in one.rows if r.value}
    return any(one.kind == "file" and one.key in there for one in (definition.questions() if definition else ()))


def _opened(event: Event, registration: Registration, opened: dict[str, object]) -> list[dict[str, Any]]:
    definition, answer_set = _definition(registration), registration.answer_set
    if definition is None or answer_set is None:
        return []
    told = attached.told(given.attached(answer_set, opened), event.time_zone)
    files = {key: attached.named(file, given.file_name(opened[key])) for key, file in told.items()}
    return [
        {
            "label": question.label,
            "value": exporting.words(question, opened[question.key], g.lang),
            "file": files.get(question.key),
        }
        for question in definition.questions()
        if question.key in opened
    ]


WARNED = frozenset({"revealed", "objection", "security_objection", "security_passed"})
"""Deeds that a history shows with a mark."""


def _deed(one: histories.Deed, event: Event, labels: Mapping[str, str], seen: Sight) -> dict[str, Any] | None:
    if seen is not Sight.BADGES and duplicates.tells_of_another(one.entry):
        return None
    verb = one.entry.verb.removeprefix("registration.")
    words = {
        "changed": _("Answers changed"),
        "revealed": _("Sealed answers read"),
        "note": _("Note"),
        "objection": _("A State objects"),
        "typed": _("Filled in for the person by somebody else"),
        "own_read": _("Sealed answers read by the person"),
        "typed_read": _("Sealed answers looked at by whoever filled them in"),
        "claimed": _("Taken over by the person"),
        "untied": _("Not of the delegation any more: the person’s own registration"),
        "passed_over": (
            _("Got a place before others who wait")
            if one.came_first
            else _("Somebody who waited less got a place first")
        ),
        "entry_undone": _("An entry at the door was undone"),
        "asked": _("Another question asked"),
        "answered": _("Message from the person"),
        "answer_read": _("Answer marked as read"),
        "message_file": _("A file of the questions and answers saved"),
        "way_asked": _("Asked to choose again how to take part"),
        "way_chosen": _("Way of taking part chosen again"),
        "prepared": _("Decision prepared"),
        "prepared_dropped": _("Prepared decision dropped"),
        "held_apart": _("Not the same person as somebody of a like name"),
        "goes_on": _("Goes on; the same person’s other registration was withdrawn"),
        "security_asked": _("Security asked"),
        "security_clear": _("Security: no objection"),
        "security_objection": _("Security objects"),
        "security_passed": _("Gone on without security"),
        "security_lapsed": _("Security’s word counts no more"),
    }
    cause, until = one.entry.detail.get("cause"), one.entry.detail.get("until")
    if cause in shown.CAUSES:
        title, kind = shown.CAUSES[cause], shown.KIND_OF_CAUSE.get(cause, "silent")
    elif verb in words:
        title, kind = words[verb], "warn" if verb in WARNED else ""
    elif verb in set(State):
        title, kind = shown.STATES[State(verb)]
        kind = kind if kind in {"ok", "warn", "silent"} else ""
    else:
        return None
    questions = ", ".join(labels.get(key, key) for key in one.entry.detail.get("questions", ()))
    reason = one.entry.reason
    parts = [
        str(KINDS[State(one.entry.detail["outcome"])]) if verb in {"prepared", "prepared_dropped"} else "",
        shown.label("decision_reason.registration", reason, g.lang) if reason else "",
        questions if verb != "way_chosen" else shown.label("attendance_mode", one.entry.detail.get("way"), g.lang),
        shown.until_words(until, event, g.lang) if until else "",
        one.text or "",
    ]
    when = show_by(one.entry.at, clock_of(event, actor().person.time_zone, g.lang), g.lang)
    return {
        "when": said_by_clock(when),
        "datetime": when.iso,
        "title": title,
        "kind": kind,
        "who": one.who,
        "text": " · ".join(part for part in parts if part) or None,
    }

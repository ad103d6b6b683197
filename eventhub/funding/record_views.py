"""One file at the fund's desk: form and papers, who vouches, what is missing, questions and answers, history."""

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Response, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext

from eventhub.funding import deciding, desk, desk_history, desk_shown, looking, replying, thread
from eventhub.funding.console import at_desk, bp, seen_versions
from eventhub.funding.desk import Desk
from eventhub.funding.desk_forms import AgainForm, MissingForm, NoteForm, ReplyForm, RevealForm
from eventhub.funding.desk_history import Deed
from eventhub.funding.exchange import Line, lines
from eventhub.funding.file_check import Gap, gaps
from eventhub.funding.models import Application, Debt, Endorsement, Stand, State, Vouch
from eventhub.funding.nearness import OwnRecord, too_near
from eventhub.kit import presence
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.errors import NotFound
from eventhub.kit.files import StoredFile, attachment
from eventhub.kit.forms import ActionForm, Form, posted, submit
from eventhub.kit.i18n import said_by_clock, show_date
from eventhub.kit.sealed import SealKey, Unreadable, open_sealed, place
from eventhub.kit.web import back_to
from eventhub.people.models import Person, Role
from eventhub.people.queries import public_names
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import kinds
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.access import may_see, viewers
from eventhub.questionnaires.definition import Definition, Question
from eventhub.registration import attached

SomeForm = TypeVar("SomeForm", bound=Form)
Versions = Mapping[uuid.UUID, int]
SIGHT = viewers([Role.FUND_OFFICER])
"""What of a form the fund's officers may see."""
USUAL_DAYS = (2, 5)
"""An applicant has so many days at the least and at the most to complete a file, unless an officer says otherwise."""


@bp.get("/console/funds/<slug>/files/<uuid:application_id>")
@staff
def record(slug: str, application_id: uuid.UUID) -> ResponseReturnValue:
    """One file: answers, who vouches, what is missing, history."""
    place = at_desk(slug)
    return _draw(place, found_file(place, application_id))


@bp.post("/console/funds/<slug>/files/<uuid:application_id>/note")
@staff
@stands_on("funding_console.record")
def note(slug: str, application_id: uuid.UUID) -> ResponseReturnValue:
    """A word for colleagues in the file's history."""

    def deed(form: NoteForm, person: Person, _place: Desk, application: Application, _versions: Versions) -> object:
        return deciding.note(person, application, form.text.data or "")

    return done_or_shown(slug, application_id, NoteForm, deed, _("Your note is kept."))


@bp.post("/console/funds/<slug>/files/<uuid:application_id>/sealed")
@staff
@stands_on("funding_console.record")
def reveal(slug: str, application_id: uuid.UUID) -> ResponseReturnValue:
    """Open the sealed answers, once, for a reason; the answer to this request alone shows them."""
    where = at_desk(slug)
    application, person = found_file(where, application_id), actor().person
    form = RevealForm()
    sealed, answer_set = sealed_keys(sections_of(application)), application.answer_set
    if not sealed or answer_set is None:
        raise NotFound
    opened: dict[str, object] | None = None
    if form.validate_on_submit():
        key, reason = application.person.seal_key, form.reason.data or ""
        opened = submit(form, lambda: looking.reveal(person, application, answer_set, key, sealed, reason))
    return _draw(where, application, form, opened=opened)


@bp.route("/console/funds/<slug>/files/<uuid:application_id>/files/<question>", methods=["GET", "POST"])
@staff
def answer_file(slug: str, application_id: uuid.UUID, question: str) -> ResponseReturnValue:
    """A file that was given as an answer, to be saved. A sealed one is opened by POST alone, for a reason."""
    where = at_desk(slug)
    application, person = found_file(where, application_id), actor().person
    asked, answer_set = file_question(application, question), application.answer_set
    if asked is None or answer_set is None or asked.sealed != (request.method == "POST"):
        raise NotFound
    if not asked.sealed:
        return attachment(given.stored_file(answer_set, given.load(answer_set).get(asked.key)))
    form, key = RevealForm(), application.person.seal_key
    if form.validate_on_submit():
        reason = form.reason.data or ""
        opened = submit(form, lambda: looking.reveal(person, application, answer_set, key, {asked.key}, reason))
        if opened is not None:
            value = opened.get(asked.key)
            return attachment(given.stored_file(answer_set, value), given.file_name(value))
    return _draw(where, application, form)


@bp.route("/console/funds/<slug>/files/<uuid:application_id>/letters/<uuid:endorsement_id>", methods=["GET", "POST"])
@staff
def letter(slug: str, application_id: uuid.UUID, endorsement_id: uuid.UUID) -> Response | ResponseReturnValue:
    """The letter of somebody who vouches, for a reason: the page that asks for it, or the file."""
    where = at_desk(slug)
    application = found_file(where, application_id)
    vouchers = desk.endorsements([application.id]).get(application.id, [])
    one = next((one for one in vouchers if one.id == endorsement_id), None)
    if one is None or one.file is None or one.file.deleted_at is not None:
        raise NotFound
    return _for_a_reason(where, application, one.file, _words_of(one, application.person.seal_key)[1] or one.file.name)


@bp.post("/console/funds/<slug>/files/<uuid:application_id>/missing")
@staff
@stands_on("funding_console.record")
def ask(slug: str, application_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for all that is missing, in one mail, until a day."""

    def deed(form: MissingForm, person: Person, where: Desk, application: Application, versions: Versions) -> object:
        asked = form.asked(_gaps(where, application, _vouchers(application)))
        return thread.ask(
            person,
            where.call,
            application,
            form.question.data or "",
            asked,
            days=form.days.data or where.rules.file_days,
            upload=form.upload(),
            seen=versions,
        )

    return done_or_shown(slug, application_id, MissingForm, deed, _("Your letter is sent."))


@bp.route("/console/funds/<slug>/files/<uuid:application_id>/messages/<uuid:message_id>", methods=["GET", "POST"])
@staff
def message_file(slug: str, application_id: uuid.UUID, message_id: uuid.UUID) -> Response | ResponseReturnValue:
    """The file of a message. One that the applicant sent is opened for a reason, and the applicant sees that it was."""
    where = at_desk(slug)
    application = found_file(where, application_id)
    stored, name, by_desk = thread.file_of(application.id, message_id, application.person.seal_key)
    if not by_desk:
        return _for_a_reason(where, application, stored, name)
    if request.method == "POST":
        raise NotFound
    return attachment(stored, name)


def _for_a_reason(
    where: Desk, application: Application, stored: StoredFile, name: str
) -> Response | ResponseReturnValue:
    form, person = RevealForm(), actor().person
    if form.validate_on_submit():
        reason = form.reason.data or ""
        if submit(form, lambda: looking.note_file_read(person, application, reason)):
            return attachment(stored, name)
    page = render_template(
        "funding/file_reason.html",
        place=where,
        title=desk_shown.title_of(where.call, g.lang),
        application=application,
        name=name,
        form=form,
    )
    return page, form.status


@bp.post("/console/funds/<slug>/files/<uuid:application_id>/again")
@staff
@stands_on("funding_console.record")
def take_up(slug: str, application_id: uuid.UUID) -> ResponseReturnValue:
    """Look again at a file that was not eligible."""

    def deed(form: AgainForm, person: Person, where: Desk, application: Application, versions: Versions) -> object:
        return deciding.take_up_again(person, where.call, application, form.why.data or "", seen=versions)

    return done_or_shown(slug, application_id, AgainForm, deed, _("The application is looked at again."))


def found_file(where: Desk, application_id: uuid.UUID) -> Application:
    """A file, for a colleague: what is noted about one's own is not for oneself. Raises NotFound, OwnRecord."""
    found = desk.record(where.call.id, application_id)
    if found.person_id == actor().id:
        raise OwnRecord
    return found


def definition_of(application: Application) -> Definition | None:
    """What was asked, in the reader's language."""
    if application.answer_set is None:
        return None
    return questionnaires.localised(questionnaires.version(application.answer_set.version_id), g.lang)


def sections_of(application: Application, address: Callable[[str], str] | None = None) -> list[given.Section]:
    """The answers page by page, as an officer may see them; ``address`` gives the way to save a file."""
    definition, answer_set = definition_of(application), application.answer_set
    if definition is None or answer_set is None:
        return []
    answers = given.load(answer_set)
    files = attached.told(given.attached(answer_set, answers), "UTC", address) if address else None
    return given.to_show(definition, answers, g.lang, who=SIGHT, files=files)


def file_question(application: Application, key: str) -> Question | None:
    """A question for a file that an officer may see."""
    definition = definition_of(application)
    for question in definition.questions() if definition else ():
        if question.key == key and question.kind == "file" and may_see(question, SIGHT):
            return question
    return None


def sealed_keys(sections: list[given.Section]) -> set[str]:
    """The sealed questions that were answered."""
    return {row.key for section in sections for row in section.rows if row.sealed and row.value}


def done_or_shown(
    slug: str,
    application_id: uuid.UUID,
    kind: type[SomeForm],
    deed: Callable[[SomeForm, Person, Desk, Application, Versions], object],
    said: str | None = None,
) -> ResponseReturnValue:
    """What a form of the record asks for is done to the file as it was seen, or the form comes back with what is
    wrong.
    """
    where = at_desk(slug)
    application, person, versions = found_file(where, application_id), actor().person, seen_versions()
    form = kind()
    if form.validate_on_submit() and submit(form, lambda: deed(form, person, where, application, versions)):
        if said:
            flash(said, "ok")
        return back_to("funding_console.record", slug=slug, application_id=application_id)
    return _draw(where, application, form)


def _draw(
    where: Desk, application: Application, sent: Form | None = None, *, opened: dict[str, object] | None = None
) -> ResponseReturnValue:
    """``sent``: the form of this page that must be shown again, if it was not done."""
    definition = definition_of(application)
    sections = sections_of(application, lambda key: _file_address(where, application, key))
    vouchers = _vouchers(application)
    missing = _gaps(where, application, vouchers)
    near = too_near(actor().person, [application]).get(application.id)
    decides = where.call.stand is not Stand.CANCELLED
    labels = {question.key: str(question.label) for question in definition.questions()} if definition else {}
    deeds = desk_history.deeds_told(where, application)
    page = render_template(
        "funding/file.html",
        place=where,
        title=desk_shown.title_of(where.call, g.lang),
        application=application,
        name=application.person.public_name,
        alias=application.person.alias,
        facts=_facts(where, application),
        sections=sections,
        sealed=bool(sealed_keys(sections)),
        opened=_opened(application, opened) if opened is not None else None,
        missing=desk_shown.gaps_words(missing, definition),
        vouchers=[_voucher(where, application, one) for one in vouchers],
        debts=[_debt(application, one) for one in desk.debts_about(application)],
        outcomes=[
            outcome for outcome in deciding.OUTCOMES if decides and deciding.can_decide(application.state, outcome)
        ],
        colleagues=_colleagues(where, application),
        near=desk_shown.why_too_near(near) if near else None,
        lines=[line for line in (_deed(one, where, labels) for one in deeds) if line],
        exchanged=_exchanged(where, application, definition),
        form=sent if sent and sent.errors else None,
        bulk=ActionForm(formdata=None),
        note_form=this_or_fresh(sent, NoteForm),
        reveal_form=this_or_fresh(sent, RevealForm),
        ask_form=_ask_form(sent, where, missing, application) if decides and thread.may_ask(application) else None,
        reply_form=this_or_fresh(sent, ReplyForm) if replying.may_reply(application) else None,
        again_form=this_or_fresh(sent, AgainForm) if decides and application.state is State.INELIGIBLE else None,
        word=desk_shown.STATES[where.seen(application)],
        papers_url=url_for("funding_console.papers", slug=where.call.slug, application_id=application.id)
        if _has_papers(definition, sections)
        else None,
        merged=application.merged_into_id,
        due=_when(where, application.due_at)
        if application.due_at and application.state is State.INFO_REQUESTED
        else "",
        sent_on=_when(where, application.submitted_at),
    )
    return page, sent.status if sent else 200


def _ask_form(sent: Form | None, where: Desk, missing: list[Gap], application: Application) -> MissingForm:
    form = this_or_fresh(sent, MissingForm)
    if form is not sent:
        form.days.data = min(max(where.rules.file_days, USUAL_DAYS[0]), max(where.rules.file_days, USUAL_DAYS[1]))
        # What was asked for is not asked for again by a press that only means to add something.
        form.with_gaps.data = not thread.is_awaited(application)
    if not missing:
        del form.with_gaps
    return form


def _facts(where: Desk, application: Application) -> list[dict[str, Any]]:
    support = application.support
    facts = [
        (pgettext("of an application", "Number"), f"#{application.number}"),
        (_("Organization"), application.organisation.name if application.organisation else ""),
        (_("Nominated by"), application.nominated_by.name if application.nominated_by else ""),
        (_("Region"), desk_shown.region(application.region, g.lang)),
        (_("Journey from"), desk_shown.country(application.origin, g.lang)),
        (_("First time"), "" if application.first_time is None else _("Yes") if application.first_time else _("No")),
        (_("Asks for"), str(desk_shown.SUPPORTS[support]) if support else ""),
        (_("Asked amount"), desk_shown.money(application.asked_amount, where.call.currency, g.lang)),
        (_("Reckoned cost"), desk_shown.money(application.cost, where.call.currency, g.lang)),
    ]
    return [{"label": label, "value": value} for label, value in facts if value]


def _vouchers(application: Application) -> list[Endorsement]:
    return desk.endorsements([application.id]).get(application.id, [])


def _gaps(where: Desk, application: Application, vouchers: list[Endorsement]) -> list[Gap]:
    definition, answer_set = definition_of(application), application.answer_set
    return gaps(definition, given.load(answer_set) if answer_set else {}, where.rules.vouching, vouchers)


def _voucher(where: Desk, application: Application, one: Endorsement) -> dict[str, Any]:
    words, file_name = _words_of(one, application.person.seal_key)
    return {
        "name": one.name,
        "organisation": one.organisation.name if one.organisation else "",
        "role": desk_shown.VOUCHERS[one.role],
        "tag": desk_shown.DISOWNED if one.disowned_at else desk_shown.VOUCHES[one.outcome],
        "late": one.late,
        "after_scoring": one.after_scoring and one.outcome is Vouch.CONFIRMED,
        "words": words,
        "when": _when(where, one.disowned_at or one.answered_at),
        "file": file_name or (one.file.name if one.file else ""),
        "url": url_for(
            "funding_console.letter",
            slug=where.call.slug,
            application_id=application.id,
            endorsement_id=one.id,
        )
        if one.file is not None and one.file.deleted_at is None
        else None,
    }


def _words_of(one: Endorsement, key: SealKey) -> tuple[str, str]:
    """What somebody who vouches wrote, and what the letter was called."""
    if one.words is None:
        return "", ""
    try:
        said = json.loads(open_sealed(key, place("fund_endorsement", "words", one.id), one.words))
    except (Unreadable, ValueError):
        return "", ""
    return str(said.get("text") or ""), str(said.get("file") or "")


def _debt(application: Application, one: Debt) -> dict[str, Any]:
    """What is owed. Of an organization never whose journey it was."""
    who = (
        _("The applicant")
        if one.person_id
        else _("The organization that nominates")
        if one.organisation_id == application.nominated_by_id
        else _("The organization of the applicant")
    )
    return {
        "who": who,
        "tag": desk_shown.OWED[one.kind],
        "until": show_date(one.until, g.lang) if one.until else None,
    }


def _colleagues(where: Desk, application: Application) -> list[dict[str, Any]]:
    """Who else of the desk has this file open, by the public name, and since when by the reader's own clock."""
    there = presence.enter(application.id, actor().id)
    names = public_names({one.who for one in there})
    zone = actor().person.time_zone
    return [
        {"who": names[one.who], "when": desk_shown.moment(where.call, one.since, zone, g.lang)}
        for one in there
        if one.who in names
    ]


def this_or_fresh(sent: Form | None, kind: type[SomeForm]) -> SomeForm:
    """The form that was sent, or one of its kind: on a page that answers another one it stays empty."""
    if isinstance(sent, kind):
        return sent
    return kind(formdata=None) if posted() else kind()


def _exchanged(where: Desk, application: Application, definition: Definition | None) -> list[Line]:
    name = application.person.public_name or application.reference or ""
    return lines(
        thread.messages(application.id, application.person.seal_key),
        lambda one: (one.author or _("The secretariat")) if one.message.by_desk else name,
        desk_shown.clock_of(where.call, actor().person.time_zone, g.lang),
        lambda one: url_for(
            "funding_console.message_file",
            slug=where.call.slug,
            application_id=application.id,
            message_id=one.message.id,
        ),
        definition,
    )


def _file_address(where: Desk, application: Application, key: str) -> str:
    return url_for("funding_console.answer_file", slug=where.call.slug, application_id=application.id, question=key)


def _has_papers(definition: Definition | None, sections: list[given.Section]) -> bool:
    there = {row.key for one in sections for row in one.rows if row.value}
    return any(one.kind == "file" and one.key in there for one in (definition.questions() if definition else ()))


def _opened(application: Application, opened: dict[str, object]) -> list[dict[str, Any]]:
    definition, answer_set = definition_of(application), application.answer_set
    if definition is None or answer_set is None:
        return []
    told = attached.told(given.attached(answer_set, opened), "UTC")
    files = {key: attached.named(file, given.file_name(opened[key])) for key, file in told.items()}
    return [
        {
            "label": question.label,
            "value": "" if opened[question.key] is None else kinds.show(question, opened[question.key], g.lang),
            "file": files.get(question.key),
        }
        for question in definition.questions()
        if question.key in opened
    ]


def _deed(one: Deed, where: Desk, labels: Mapping[str, str]) -> dict[str, Any] | None:
    verb = one.entry.verb.removeprefix("funding.")
    words = {
        "revealed": _("Sealed answers read"),
        "note": _("Note"),
        "asked": _("Another question asked"),
        "answered": _("Message from the person"),
        "answer_read": _("Answer read"),
        "replied": _("Message to the person"),
        "file_read": _("A letter or a file of the exchange saved"),
        "held_apart": _("Not the same person as somebody of a like name"),
        "goes_on": _("Goes on; the same person’s older application was withdrawn"),
    }
    cause = one.entry.detail.get("cause")
    if cause in desk_shown.CAUSES:
        title, kind = desk_shown.CAUSES[cause], "silent"
    elif verb in words:
        title, kind = words[verb], "warn" if verb == "revealed" else ""
    elif verb in set(State):
        title, kind = desk_shown.STATES[State(verb)]
        kind = kind if kind in {"ok", "warn", "silent"} else ""
    else:
        return None
    questions = ", ".join(labels.get(key, key) for key in one.entry.detail.get("questions", ()))
    parts = [desk_shown.reason(one.entry.reason, g.lang), questions, one.text or ""]
    when = desk_shown.moment(where.call, one.entry.at, actor().person.time_zone, g.lang)
    return {
        "when": said_by_clock(when),
        "datetime": when.iso,
        "title": title,
        "kind": kind,
        "who": one.who,
        "text": " · ".join(part for part in parts if part) or None,
    }


def _when(where: Desk, instant: Any) -> str:
    """A moment in words by the reader's clock; nothing for none."""
    if instant is None:
        return ""
    return said_by_clock(desk_shown.moment(where.call, instant, actor().person.time_zone, g.lang))

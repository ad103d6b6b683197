"""Applying, page by page, from a slow telephone and without scripts: every button keeps what is typed."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from eventhub.funding import applying, attending, doubts, gaps, own, reckoned, returning, reusing, told
from eventhub.funding.forms import CheckForm
from eventhub.funding.models import Application, State
from eventhub.funding.own import Intake, Window
from eventhub.funding.subject import go_on_for, helped, subject
from eventhub.funding.views import bp
from eventhub.kit.access import actor, anyone, personal
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.form_keys import is_repeated
from eventhub.kit.forms import ActionForm, posted, submit
from eventhub.kit.panels import panels
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires import windows as open_windows
from eventhub.questionnaires.answers import field_name
from eventhub.questionnaires.definition import Definition, Page
from eventhub.questionnaires.forms import AnswerForm, answer_form
from eventhub.registration.attached import has_sealed
from eventhub.registration.reference import read_reference
from eventhub.registration.told import page_sent

__all__ = ["bp"]

APPLY = "/funds/<slug>/apply"
MINE = "/me/applications/<reference>"
MINUTES_A_PAGE = 4
SCRIPTS = ["site.js"]
bp.app_url_defaults(go_on_for)


@bp.app_context_processor
def funding_words() -> dict[str, Any]:
    """What the templates of this feature call."""
    return {"fund": told, "fund_helps": helped, "fund_doubts": doubts.are_there}


@bp.get(APPLY)
@anyone
def apply(slug: str) -> ResponseReturnValue:
    """What it takes to apply; for whoever has begun, what is done and what is left."""
    if not current_user.is_authenticated or current_user.is_half_signed_in():
        return _start_for_anybody(slug)
    person = subject()
    found = own.intake(slug, person)
    application = found.application
    if application is not None and application.reference:
        return back_to("funding.mine_one", reference=application.reference)
    definition = definition_of(found)
    answers = given.load(found.answer_set) if found.answer_set else {}
    moment = now()
    former = reusing.former(found, person) if reusing.may_take(found) and not helped() else None
    begun = application is not None and application.state is State.DRAFT
    bars = applying.bars(found, person.id)
    return render_template(
        "funding/apply.html",
        call=found.call,
        rules=found.rules,
        window=own.window(found.call, moment),
        sendable=own.is_sendable(found, moment),
        begun=begun,
        tasks=told.tasks(found, definition, answers) if begun else [],
        pages=given.visible_pages(definition, answers) if definition else [],
        minutes=MINUTES_A_PAGE * max(1, len(definition.pages if definition else ())),
        due=told.due(found.call.closes_at, found.call, person.time_zone),
        barred=told.barred(bars, found.rules.limits.months_between_grants),
        owed=told.reports_owed(bars, person),
        former=former is not None and not begun,
        there=attending.of_person(person.id, found.call),
        begin=told.next_page(found, definition, answers, person),
    )


@bp.route(f"{APPLY}/<page>", methods=["GET", "POST"])
@personal
def step(slug: str, page: str) -> ResponseReturnValue:
    """One page of the form. What is typed is kept on the server with every button."""
    person = subject()
    found = _alone(slug, person) if posted() else own.intake(slug, person)
    if posted() and not is_repeated() and own.may_amend(found, now()):
        return _amend_instead(found, page)
    if (before := _sent_before(found)) is not None:
        return before
    definition = _needed(definition_of(found))
    asked = _page(definition, page)
    answers = _answers(found)
    form = answer_form(definition, asked, language=g.lang, answers=answers)
    answer = _step_sent(person, found, definition, asked, form) if posted() else None
    page_sent(form)
    return answer if answer is not None else _draw_step(person, found, definition, asked, form, answers)


@bp.post(f"{APPLY}/<page>/draft")
@personal
def keep(slug: str, page: str) -> ResponseReturnValue:
    """Keep what is typed while it is typed: every answer that holds. Files wait for the button. 409 when another window
    was there first; the page then says so, and its button shows both.
    """
    person = subject()
    found = _alone(slug, person)
    definition = _needed(definition_of(found))
    form = answer_form(definition, _page(definition, page), language=g.lang, answers=_answers(found))
    _is_valid(form, found)
    if "csrf_token" in form.errors:
        return "", 422
    sent = found.application is not None and found.application.state not in {State.DRAFT, State.EXPIRED}
    if sent or (found.application is None and form.forget_answers()):
        return "", 409
    _kept(person, found, form)
    left = {"Not-Kept": str(form.refused)} if form.refused else {}
    return ("", 409) if form.clashed else ("", 204, left)


@bp.route(f"{APPLY}/check", methods=["GET", "POST"])
@personal
def check(slug: str) -> ResponseReturnValue:
    """All answers, and all that is missing, to be looked at before sending."""
    person = subject()
    found = own.intake(slug, person, lock=posted())
    if (before := _sent_before(found)) is not None:
        return before
    if found.application is None:
        if posted():
            flash(_("Your draft was deleted meanwhile. You can begin anew here."), "warn")
        return back_to("funding.apply", slug=slug)
    definition, answers = _needed(definition_of(found)), _answers(found)
    form = CheckForm()
    unseen = reusing.unseen(found, reusing.former(found, person))
    if not unseen:
        del form.looked
    seen, there = form.drawn.data, _mark_of_all(definition, answers)
    form.drawn.data = there
    if form.validate_on_submit():
        sent = submit(form, told.telling(found, lambda: _send(found, is_as_seen=seen in {None, "", there})))
        if sent is not None:
            return back_to("funding.done", slug=slug)
        found = own.intake(slug, person)
    pages = given.visible_pages(definition, answers)
    sections = given.to_show(
        definition,
        answers,
        g.lang,
        url=lambda page: url_for("funding.step", slug=slug, page=page.id),
        files=told.files_of(found, answers),
    )
    bars = applying.bars(found, person.id)
    page = render_template(
        "funding/check.html",
        call=found.call,
        name=person.public_name,
        email=person.email,
        form=form,
        sections=sections,
        vouchers=told.vouchers(found),
        missing=told.missing(found, definition, lambda page: url_for("funding.step", slug=slug, page=page.id)),
        barred=told.barred(bars, found.rules.limits.months_between_grants),
        owed=told.reports_owed(bars, person),
        taken=[row for section in sections for row in section.rows if row.key in unseen],
        steps=told.steps_of(found, pages),
        back=told.step_before(found, pages),
        has_sealed=has_sealed(definition, answers),
        cost=reckoned.of_draft(found),
    )
    return page, form.status


@bp.get(f"{APPLY}/done")
@personal
def done(slug: str) -> ResponseReturnValue:
    """It arrived: the reference, the number, and what happens next."""
    person = subject()
    found = own.intake(slug, person)
    application = found.application
    if application is None or not application.reference:
        return back_to("funding.apply", slug=slug)
    if application.state is not State.SUBMITTED:
        return back_to("funding.mine_one", reference=application.reference)
    return render_template(
        "funding/done.html",
        call=found.call,
        application=application,
        email=person.email,
        vouchers=told.vouchers(found),
        closes=told.moment(found.call.closes_at, found.call),
        there=attending.of_person(person.id, found.call),
        answered_by=told.answered_by(found),
    )


@bp.get(MINE)
@personal
def mine_one(reference: str) -> ResponseReturnValue:
    """One's own application: where it stands, what is next and until when, what was answered, who vouches."""
    person = subject()
    found = by_reference(person, reference)
    application = _application(found)
    definition, answers = definition_of(found), _answers(found)
    amend = own.may_amend(found, now())
    url: Callable[[Page], str] | None = (lambda page: _amend_address(reference, page)) if amend else None
    return render_template(
        "funding/mine.html",
        call=found.call,
        application=application,
        state=told.state(application),
        tag=told.tag(application),
        next=told.next_of(application, found.call),
        answered_by=told.answered_by(found),
        reason=told.reason(application),
        there=attending.of_person(person.id, found.call) if told.state(application) in own.WAITING else None,
        until=told.until(found, person.time_zone),
        sections=given.to_show(definition, answers, g.lang, url=url, files=told.files_of(found, answers))
        if definition
        else [],
        missing=told.missing(found, definition, lambda page: _amend_address(reference, page)) if amend else [],
        vouchers=[] if told.state(application) is State.WITHDRAWN else told.vouchers(found),
        may_vouch=application.state in own.VOUCHABLE,
        may_amend=amend,
        barred=_barred(found, person),
        closes=told.moment(found.call.closes_at, found.call),
        may_send=application.state is State.INFO_REQUESTED,
        may_withdraw=own.may_withdraw(application),
        back_until=told.moment(last, found.call) if (last := returning.until(application, found.call)) else None,
        has_sealed=has_sealed(definition, answers),
        cost=reckoned.of_sent(application, found.call.currency),
        lines=told.lines(found, person.time_zone, definition),
        beside=panels("funding.told", found) + ([] if helped() else panels("funding.mine", found)),
        form=ActionForm(formdata=None),
    )


@bp.route(f"{MINE}/answers/<page>", methods=["GET", "POST"])
@personal
def amend(reference: str, page: str) -> ResponseReturnValue:
    """Change the answers of one page of an application that was sent."""
    person = subject()
    found = by_reference(person, reference, lock=posted())
    definition = _needed(definition_of(found))
    asked, answers = _page(definition, page), _answers(found)
    form = answer_form(definition, asked, language=g.lang, answers=answers)
    if not posted() and not own.may_amend(found, now()):
        return back_to("funding.mine_one", reference=reference)
    holds = all([_is_valid(form, found), not doubts.asks(form)])
    page_sent(form)
    # What the desk asked for may come page by page: what holds is kept, and gaps are told before it is sent again.
    waits = _application(found).state is State.INFO_REQUESTED and "csrf_token" not in form.errors
    if holds or (posted() and waits):
        done_now = submit(form, told.telling(found, lambda: _kept(person, found, form)))
        if done_now is not None and holds and not form.clashed:
            flash(_("Your answers were changed."), "ok")
            return back_to("funding.mine_one", reference=reference)
    return _draw_amend(found, asked, form, answers), form.status


@bp.post(f"{MINE}/send")
@personal
def send_again(reference: str) -> ResponseReturnValue:
    """Send a file that was completed."""
    person = subject()
    found = by_reference(person, reference, lock=True)
    form = ActionForm()
    if form.validate_on_submit() and submit(
        form, told.telling(found, lambda: applying.send_again(actor().person, found))
    ):
        flash(_("Your application is sent again. The fund looks at it."), "ok")
    for message in form.form_errors[:1]:
        flash(str(message), "warn")
    return back_to("funding.mine_one", reference=reference)


@bp.route(f"{MINE}/withdraw", methods=["GET", "POST"])
@personal
def withdraw(reference: str) -> ResponseReturnValue:
    """Take the application back, after a look at what that means."""
    person = subject()
    found = by_reference(person, reference, lock=posted())
    form = ActionForm()
    if form.validate_on_submit() and submit(form, lambda: applying.withdraw(actor().person, found)):
        flash(_("Your application is withdrawn."), "ok")
        return back_to("funding.mine_one", reference=reference)
    if not own.may_withdraw(_application(found)):
        return back_to("funding.mine_one", reference=reference)
    is_open = own.window(found.call, now()) is Window.OPEN
    page = render_template("funding/withdraw.html", call=found.call, reference=reference, form=form, is_open=is_open)
    return page, form.status


def _start_for_anybody(slug: str) -> str:
    call, standing = own.call_of(slug)
    rules, version_id, moment = own.rules_of(standing), standing.version_id or call.version_id, now()
    asked = questionnaires.localised(questionnaires.version(version_id), g.lang) if version_id else None
    pages = given.visible_pages(asked, {}) if asked else []
    return render_template(
        "funding/apply.html",
        call=call,
        rules=rules,
        window=own.window(call, moment),
        sendable=own.window(call, moment) is Window.OPEN,
        begun=False,
        tasks=[],
        pages=pages,
        minutes=MINUTES_A_PAGE * max(1, len(asked.pages if asked else ())),
        due=told.due(call.closes_at, call),
        barred=[],
        former=False,
        there=attending.of_person(None, call),
        begin=url_for("funding.step", slug=slug, page=pages[0].id) if pages else url_for("funding.check", slug=slug),
    )


def _draw_step(
    person: Person, found: Intake, definition: Definition, asked: Page, form: AnswerForm, answers: Mapping[str, object]
) -> ResponseReturnValue:
    pages = given.visible_pages(definition, answers)
    if asked not in pages:
        pages = sorted([*pages, asked], key=definition.pages.index)
    number = pages.index(asked)
    page = render_template(
        "funding/step.html",
        call=found.call,
        form=form,
        page=asked,
        files=told.files_of(found, answers) if form.has_files else {},
        number=number + 1,
        total=told.steps_of(found, pages),
        back=pages[number - 1] if number else None,
        window=own.window(found.call, now()),
        saved=told.saved(found, person.time_zone),
        currency=told.currency(found, asked),
        scripts=SCRIPTS,
    )
    return page, form.status if posted() else 200


def _amend_instead(found: Intake, page: str) -> ResponseReturnValue:
    """What was typed while another window sent the application stands on the page that changes answers, not kept yet:
    only its button says that what was sent is to be another.
    """
    definition, answers = _needed(definition_of(found)), _answers(found)
    asked = _page(definition, page)
    form = answer_form(definition, asked, language=g.lang, answers=answers)
    form.validate_on_submit()
    page_sent(form)
    return _draw_amend(found, asked, form, answers, meanwhile=True), 409


def _draw_amend(
    found: Intake, asked: Page, form: AnswerForm, answers: Mapping[str, object], *, meanwhile: bool = False
) -> str:
    return render_template(
        "funding/amend.html",
        call=found.call,
        reference=_application(found).reference,
        form=form,
        page=asked,
        currency=told.currency(found, asked),
        files=told.files_of(found, answers) if form.has_files else {},
        meanwhile=meanwhile,
        scripts=SCRIPTS,
    )


def _step_sent(
    person: Person, found: Intake, definition: Definition, asked: Page, form: AnswerForm
) -> ResponseReturnValue | None:
    """Where a page that was sent leads, or None when it must be shown again. What holds is kept either way."""
    holds = all([_is_valid(form, found), not doubts.asks(form)])
    if "csrf_token" in form.errors:
        return None
    if found.application is None and form.forget_answers():
        form.show(applying.DraftGone())
        return None
    kept = submit(form, lambda: _kept(person, found, form))
    if kept is None or form.clashed:
        return None
    slug = found.call.slug
    if request.form.get("go") == "later" and all(_is_only_missing(form, name) for name in form.errors):
        flash(_("Your answers are kept. You can go on here at any time, on any device."), "ok")
        return back_to("funding.apply", slug=slug)
    if not holds:
        return None
    order = definition.pages
    pages = given.visible_pages(definition, _answers(kept))
    later = [page for page in pages if order.index(page) > order.index(asked)]
    if later:
        return back_to("funding.step", slug=slug, page=later[0].id)
    return back_to("funding.vouchers" if gaps.slots(found.rules.vouching) else "funding.check", slug=slug)


def _is_valid(form: AnswerForm, found: Intake) -> bool:
    """Whether a page holds, and whether its day of birth is one that the guide of the call lets in."""
    holds: bool = form.validate_on_submit()
    young = told.too_young(found, form.cleaned.get(told.BORN))
    return not form.show_at_fields({field_name(told.BORN): young} if young else {}) and holds


def _kept(person: Person, found: Intake, form: AnswerForm) -> Intake:
    """Keep what a page says beside what other windows kept since it was drawn."""
    values = form.settle(found.answer_set, found.key)
    begun = applying.start_draft(actor().person, person, found)
    applying.save_page(actor().person, begun, values, typed_in=form.window)
    return begun


def _send(found: Intake, *, is_as_seen: bool) -> Application:
    if not is_as_seen:
        raise applying.AnswersMoved
    return applying.submit(actor().person, found)


def _sent_before(found: Intake) -> ResponseReturnValue | None:
    """Where a form leads whose application was sent meanwhile: to the application."""
    application = found.application
    if application is None or not application.reference:
        return None
    if posted() and not is_repeated():
        flash(_("This application was sent already, from another window. Look at what was sent."), "warn")
    return redirect(url_for("funding.mine_one", reference=application.reference), 303)


def _mark_of_all(definition: Definition, answers: Mapping[str, object]) -> str:
    marks = [(one.key, open_windows.mark(one, answers.get(one.key))) for one in definition.questions()]
    return open_windows.digest(repr(marks).encode())


def _is_only_missing(form: AnswerForm, name: str | None) -> bool:
    field = form._fields.get(name or "")
    return field is not None and not field.data


def _alone(slug: str, person: Person) -> Intake:
    """Nobody else begins the same draft at the same moment."""
    found = own.intake(slug, person, lock=True)
    return found if found.application is not None else own.intake_alone(slug, person)


def by_reference(person: Person, reference: str, *, lock: bool = False) -> Intake:
    """One's own application by its reference, as it was typed. Raises NotFound."""
    known = read_reference(reference)
    if known is None:
        raise NotFound
    return own.by_reference(known, person, lock=lock)


def _application(found: Intake) -> Application:
    if found.application is None:
        raise NotFound
    return found.application


def _barred(found: Intake, person: Person) -> list[str]:
    """What stands against somebody who waits for a decision, with the cure; as soon as it does."""
    application = _application(found)
    if told.state(application) not in own.WAITING:
        return []
    return told.barred(applying.bars(found, person.id), found.rules.limits.months_between_grants, sent=True)


def _amend_address(reference: str, page: Page) -> str:
    return url_for("funding.amend", reference=reference, page=page.id)


def definition_of(found: Intake) -> Definition | None:
    """What is asked, in the reader's language."""
    if found.version_id is None:
        return None
    return questionnaires.localised(questionnaires.version(found.version_id), g.lang)


def _needed(definition: Definition | None) -> Definition:
    if definition is None:
        raise NotFound
    return definition


def _page(definition: Definition, page_id: str) -> Page:
    try:
        return definition.page(page_id)
    except KeyError:
        raise NotFound from None


def _answers(found: Intake) -> dict[str, object]:
    """The answers as their owner sees them: of what is sealed, the last characters."""
    return given.load(found.answer_set, found.key) if found.answer_set else {}

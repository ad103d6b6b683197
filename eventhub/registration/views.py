"""Registering for an event, page by page, and looking after one's own registration."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, current_app, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from eventhub.kit.access import actor, anyone, personal
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.form_keys import is_repeated
from eventhub.kit.forms import ActionForm, submit, submit_alone
from eventhub.kit.panels import panels
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.programme import shown as programme
from eventhub.programme.models import Event, Mode
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import windows as open_windows
from eventhub.questionnaires.answers import Section
from eventhub.questionnaires.definition import Definition, Page
from eventhub.questionnaires.forms import AnswerForm, answer_form
from eventhub.registration import (
    actions,
    asking,
    attached,
    categories,
    deciding,
    queries,
    reuse,
    shown,
    thread,
    told,
    windows,
)
from eventhub.registration.drawing import SCRIPTS, draw_step, newcomers_page, place_of
from eventhub.registration.forms import CheckForm
from eventhub.registration.models import Registration, State
from eventhub.registration.queries import Intake
from eventhub.registration.reference import read_reference
from eventhub.registration.windows import Window

bp = Blueprint("registration", __name__)

MINUTES_A_PAGE = 2


@bp.app_context_processor
def registration_words() -> dict[str, Any]:
    """What the templates of this feature call."""
    return {
        "registered": shown,
        "event_title": _title,
        "event_eyebrow": lambda event: programme.eyebrow(event, g.lang),
        "has_endpoint": lambda name: name in current_app.view_functions,
    }


@bp.get("/events/<slug>/register")
@anyone
def start(slug: str) -> ResponseReturnValue:
    """What it takes to register. A questionnaire of one page is answered right here by those who are signed in."""
    # Half a session (a mailbox without the second factor) is nobody's yet: it must not open a draft.
    signed_in = current_user.is_authenticated and not current_user.is_half_signed_in()
    if signed_in and (page := newcomers_page(slug, actor())) is not None:
        return page
    person = actor().person if signed_in else None
    found = queries.intake(slug, person) if person else queries.open_intake(slug)
    if found.registration is not None and found.registration.reference:
        return back_to("registration.mine_one", reference=found.registration.reference)
    definition = _definition(found)
    place, space, word = shown.openness(found.event, found.setup, found.rules)
    draft = found.registration is not None and found.registration.state is State.DRAFT
    if draft and place in {Window.OPEN, Window.NOT_YET} and found.rule and found.rule.is_open:
        place = windows.window(found.setup, now(), found.rule)
    sendable = place is Window.OPEN or (place is Window.GRACE and draft)
    if person and definition and len(definition.pages) == 1 and sendable:
        return _one_page(person, found, definition, definition.pages[0])
    pages = given.visible_pages(definition, {}) if definition else []
    category = asking.chosen_before(found, definition)
    return render_template(
        "registration/start.html",
        intake=found,
        pages=pages,
        minutes=max(1, MINUTES_A_PAGE * len(definition.pages if definition else ())),
        window=place,
        room=space,
        word=word,
        draft=draft,
        sendable=sendable,
        due=shown.due(
            asking.closes_for(found, category), found.event, g.lang, zone=person.time_zone if person else None
        ),
        opens_at=windows.opens(found.setup, now(), found.rules),
        closed_at=windows.closes(found.setup),
        by_category=asking.by_category(found),
        begin=asking.first_address(found, definition),
        guide=asking.guide_address(found, definition),
        category=category,
        carried=asking.carried(found, definition, {}),
        mixed=categories.is_mixed(found.setup, found.rules),
    )


@bp.route("/events/<slug>/register/<page>", methods=["GET", "POST"])
@personal
def step(slug: str, page: str) -> ResponseReturnValue:
    """One page of the questionnaire. What is typed is kept on the server with every button."""
    person: Person = actor().person
    found = _intake(slug, person)
    if (done_before := _sent_before(found)) is not None:
        return done_before
    definition = _needed(_definition(found))
    asked = _page(definition, page)
    if len(definition.pages) == 1:
        return _one_page(person, found, definition, asked)
    found = _alone(found, person)
    if (done_before := _sent_before(found)) is not None:
        return done_before
    answers = _answers(found)
    form = answer_form(definition, asked, language=g.lang, answers=answers, organisations=())
    answer = _step_sent(person, found, definition, asked, form) if request.method == "POST" else None
    told.page_sent(form)
    return answer if answer is not None else draw_step(found, definition, asked, form, answers)


@bp.post("/events/<slug>/register/<page>/draft")
@personal
def keep(slug: str, page: str) -> ResponseReturnValue:
    """Keep what is typed while it is typed: every answer that holds. Files wait for the button.

    409 when something stays unkept since another window was there first: it changed the same answer, sent the
    registration or deleted the draft. The page then says so, and its button shows both.
    """
    person: Person = actor().person
    found = _alone(_intake(slug, person), person)
    definition = _needed(_definition(found))
    asked = _page(definition, page)
    form = answer_form(definition, asked, language=g.lang, answers=_answers(found))
    form.validate_on_submit()
    if "csrf_token" in form.errors:
        return "", 422
    if (found.registration is not None and found.registration.state is not State.DRAFT) or _draft_is_gone(found, form):
        return "", 409
    _kept(person, found, form)
    left = {"Not-Kept": str(form.refused)} if form.refused else {}
    return ("", 409) if form.clashed else ("", 204, left)


@bp.route("/events/<slug>/register/check", methods=["GET", "POST"])
@personal
def check(slug: str) -> ResponseReturnValue:
    """All answers, to be looked at before sending."""
    person: Person = actor().person
    found = _intake(slug, person)
    if (done_before := _sent_before(found)) is not None:
        return done_before
    definition = _definition(found)
    if definition is not None and found.registration is None:
        if request.method == "POST":
            flash(_("Your draft was deleted meanwhile. You can begin anew here."), "warn")
        return back_to("registration.start", slug=slug)
    answers = _answers(found, with_tails=True)
    form = CheckForm()
    before = reuse.formers(person.id, found) if reuse.may_take(found) else []
    taken = reuse.unseen(found, definition, before) if definition else {}
    if not taken:
        del form.looked
    seen, there = form.drawn.data, _mark_of_all(definition, answers)
    form.drawn.data = there
    if form.validate_on_submit():
        sent = submit(form, lambda: _send(person, found, is_as_seen=seen in {None, "", there}))
        if sent is not None:
            return back_to("registration.done", slug=slug)
    missing = asking.missing(found, definition, answers)
    sections = _sections(found, answers, lambda page: url_for("registration.step", slug=slug, page=page.id))
    page = render_template(
        "registration/check.html",
        intake=found,
        form=form,
        sections=sections,
        missing=missing,
        taken=_taken(sections, taken),
        steps=len(given.visible_pages(definition, answers)) + 1 if definition else 1,
        has_sealed=attached.has_sealed(definition, answers),
    )
    return page, form.status


@bp.get("/events/<slug>/register/done")
@personal
def done(slug: str) -> ResponseReturnValue:
    """It arrived: the reference, and what happens next."""
    person: Person = actor().person
    found = queries.intake(slug, person)
    if found.registration is None or not found.registration.reference:
        return back_to("registration.start", slug=slug)
    if found.registration.state in thread.ENDED | deciding.TAKEN_UP:  # nothing happens next
        return back_to("registration.mine_one", reference=found.registration.reference)
    return render_template(
        "registration/done.html",
        intake=found,
        registration=found.registration,
        qr=shown.qr(found.registration.reference),
        email=person.email,
        soon_listed=told.soon_listed(found),
        has_place=found.event.mode is not Mode.ONLINE,
    )


@bp.get("/me/registrations/<reference>")
@personal
def mine_one(reference: str) -> ResponseReturnValue:
    """One's own registration: where it stands, what was answered, and who opened what is sealed."""
    person: Person = actor().person
    found = _own(person, reference)
    registration = _registration(found)
    definition = _definition(found)
    may_amend = queries.may_amend(found, now()) and definition is not None
    url = _amend_address(registration) if may_amend else None
    answers = queries.as_it_stands(registration, definition, _answers(found, with_tails=True))
    return render_template(
        "registration/mine.html",
        intake=found,
        registration=registration,
        sections=_sections(found, answers, url),
        missing=asking.missing(found, definition, answers),
        has_sealed=attached.has_sealed(definition, answers),
        may_amend=may_amend,
        may_withdraw=queries.may_withdraw(registration),
        due=shown.due(found.closes_at, found.event, g.lang, zone=person.time_zone),
        decision=told.decision(registration),
        may_write=thread.may_write(registration),
        lines=told.own_lines(person, registration, found.event, definition),
        waits=told.place_in_line(found),
        offer_due=told.offer_due(person, found),
        qr=shown.qr(reference),
        beside=panels("registration.mine", found),
        has_place=found.event.mode is not Mode.ONLINE,
    )


@bp.route("/me/registrations/<reference>/answers/<page>", methods=["GET", "POST"])
@personal
def amend(reference: str, page: str) -> ResponseReturnValue:
    """Change the answers of one page of a registration that was sent."""
    person: Person = actor().person
    # Another category may free a place of this one: the event's seats come first.
    found = _own(person, reference, lock=request.method == "POST", seats=request.method == "POST")
    registration, definition = _registration(found), _needed(_definition(found))
    asked = _page(definition, page)
    answers = queries.as_it_stands(registration, definition, _answers(found))
    form = answer_form(definition, asked, language=g.lang, answers=answers)
    open_now = queries.may_amend(found, now())
    if not open_now and request.method == "GET":
        return back_to("registration.mine_one", reference=reference)
    holds = form.validate_on_submit()
    told.page_sent(form)
    if holds:
        done_now = submit(form, lambda: _kept(person, found, form))
        if done_now is not None and not form.clashed:
            flash(_("Your answers were changed."), "ok")
            if asking.newly_agrees(definition, answers, form.values()) and (soon := told.soon_listed(found)):
                flash(soon)
            return back_to("registration.mine_one", reference=reference)
    asking.say_what_closed(form, found, answers)
    files = attached.own(found) if form.has_files else {}
    drawn = render_template(
        "registration/amend.html", intake=found, form=form, page=asked, files=files, scripts=SCRIPTS
    )
    return drawn, form.status


@bp.route("/me/registrations/<reference>/withdraw", methods=["GET", "POST"])
@personal
def withdraw(reference: str) -> ResponseReturnValue:
    """Take the registration back, after a look at what that means."""
    person: Person = actor().person
    found = _own(person, reference, lock=request.method == "POST", seats=request.method == "POST")
    form = ActionForm()
    if form.validate_on_submit() and submit(form, lambda: actions.withdraw(person, found)):
        flash(_("Your registration is withdrawn."), "ok")
        return back_to("registration.mine_one", reference=reference)
    registration = _registration(found)
    if not queries.may_withdraw(registration):
        if request.method == "POST":
            gone = registration.state is State.WITHDRAWN
            flash(
                _("This registration is withdrawn already.")
                if gone
                else _("This registration cannot be withdrawn any more. Here is where it stands."),
                "warn",
            )
        return back_to("registration.mine_one", reference=reference)
    return render_template("registration/withdraw.html", intake=found, form=form), form.status


def _one_page(person: Person, found: Intake, definition: Definition, asked: Page) -> ResponseReturnValue:
    """Begin, answer and send in one go: the fewest statements."""
    later = request.form.get("go") == "later"
    if later:
        found = _alone(found, person)
        if (done_before := _sent_before(found)) is not None:
            return done_before
    answers = _answers(found)
    form = answer_form(definition, asked, language=g.lang, answers=answers)
    if request.method == "POST":
        answer = (_step_sent if later else _one_page_sent)(person, found, definition, asked, form)
        told.page_sent(form)
        if answer is not None:
            return answer
    return draw_step(found, definition, asked, form, answers)


def _one_page_sent(
    person: Person, found: Intake, definition: Definition, asked: Page, form: AnswerForm
) -> ResponseReturnValue | None:
    if not form.validate_on_submit():
        return None
    if _draft_is_gone(found, form):
        form.show(actions.DraftGone())
        return None
    slug, begun = found.event.slug, found.registration is not None
    values = form.settle(found.answer_set, found.key)
    if form.clashed:
        submit(form, lambda: _keep_values(person, found, form, values))
        return None
    sent = submit_alone(form, lambda: actions.register_now(person, person, found, values, typed_in=form.window))
    if sent is not None:
        return redirect(url_for("registration.done", slug=slug), 303)
    # Everything was undone, so the page is made from what is true now.
    person = db.session.merge(person)
    there = queries.intake(slug, person, lock=True)
    if (done_before := _sent_before(there)) is not None:
        return done_before
    if begun or there.registration is None:
        return None
    # Another window began the draft at this very moment: now there are answers to look at beside these.
    again = answer_form(definition, asked, language=g.lang, answers=_answers(there))
    answer = _one_page_sent(person, there, definition, asked, again)
    return answer if answer is not None else draw_step(there, definition, asked, again, _answers(there))


def _step_sent(
    person: Person, found: Intake, definition: Definition, asked: Page, form: AnswerForm
) -> ResponseReturnValue | None:
    """Where a page that was sent leads, or None when it must be shown again. What holds is kept either way."""
    holds = form.validate_on_submit()
    if "csrf_token" in form.errors:
        return None
    if _draft_is_gone(found, form):
        form.show(actions.DraftGone())
        return None
    leaving = request.form.get("go") == "later"
    kept = submit(form, lambda: _kept(person, found, form))
    if kept is None or form.clashed:
        return None
    if leaving and all(_is_only_missing(form, name) for name in form.errors):
        flash(_("Your answers are kept. You can go on here at any time, on any device."), "ok")
        return back_to("people.me")
    if not holds:
        return None
    answers = _answers(kept)
    later = [
        page
        for page in given.visible_pages(definition, answers)
        if place_of(definition, page) > place_of(definition, asked)
    ]
    if later:
        carried = asking.carried(found, definition, answers)
        return back_to("registration.step", slug=found.event.slug, page=later[0].id, **carried)
    return back_to("registration.check", slug=found.event.slug)


def _kept(person: Person, found: Intake, form: AnswerForm) -> Intake:
    """Keep what a page says beside what other windows kept since it was drawn."""
    return _keep_values(person, found, form, form.settle(found.answer_set, found.key))


def _keep_values(person: Person, found: Intake, form: AnswerForm, values: Mapping[str, object]) -> Intake:
    begun = actions.start_draft(person, person, found)
    actions.save_page(person, begun, values, typed_in=form.window)
    return begun


def _sent_before(found: Intake) -> ResponseReturnValue | None:
    """Where a form leads whose registration was sent meanwhile: to the registration."""
    registration = found.registration
    if registration is None or not registration.reference:
        return None
    if request.method == "POST" and not is_repeated():
        if registration.state is State.WITHDRAWN:
            flash(_("This registration was withdrawn meanwhile. It cannot be sent again."), "warn")
        else:
            flash(_("This registration was sent already, from another window. Look at what was sent."), "warn")
    return back_to("registration.mine_one", reference=registration.reference)


def _draft_is_gone(found: Intake, form: AnswerForm) -> bool:
    """Whether the page was drawn from answers of a draft that is there no more. Said once: it may begin anew."""
    return found.registration is None and form.forget_answers()


def _mark_of_all(definition: Definition | None, answers: Mapping[str, object]) -> str:
    if definition is None:
        return ""
    marks = [(one.key, open_windows.mark(one, answers.get(one.key))) for one in definition.questions()]
    return open_windows.digest(repr(marks).encode())


def _send(person: Person, found: Intake, *, is_as_seen: bool) -> Registration:
    if not is_as_seen:
        raise actions.AnswersMoved
    if found.registration is None:
        return actions.register_now(person, person, found, {})
    return actions.submit(person, found)


def _is_only_missing(form: AnswerForm, name: str | None) -> bool:
    field = form._fields.get(name or "")
    return field is not None and not field.data


def _intake(slug: str, person: Person) -> Intake:
    """What registering needs; a registration that is about to change is locked."""
    found = queries.intake(slug, person)
    if request.method == "POST" and found.registration is not None:
        return queries.intake(slug, person, lock=True)
    return found


def _alone(found: Intake, person: Person) -> Intake:
    """Before a draft is begun: nobody else begins it at the same moment."""
    if request.method != "POST" or found.registration is not None:
        return found
    return queries.intake_alone(found.event.slug, person)


def _own(person: Person, reference: str, *, lock: bool = False, seats: bool = False) -> Intake:
    known = read_reference(reference)
    if known is None:
        raise NotFound
    return queries.own(person, known, lock=lock, seats=seats)


def _registration(found: Intake) -> Registration:
    if found.registration is None:
        raise NotFound
    return found.registration


def _definition(found: Intake) -> Definition | None:
    return asking.definition_of(found, g.lang)


def _needed(definition: Definition | None) -> Definition:
    if definition is None:
        raise NotFound
    return definition


def _page(definition: Definition, page_id: str) -> Page:
    try:
        return definition.page(page_id)
    except KeyError:
        raise NotFound from None


def _answers(found: Intake, *, with_tails: bool = False) -> dict[str, object]:
    if found.answer_set is None:
        return {}
    return given.load(found.answer_set, found.key if with_tails else None)


def _sections(found: Intake, answers: Mapping[str, object], url: Callable[[Page], str] | None) -> list[Section]:
    definition = asking.definition_to_read(found, g.lang)
    return given.to_show(definition, answers, g.lang, url=url, files=attached.own(found, answers)) if definition else []


def _taken(sections: list[Section], taken: Mapping[str, reuse.Former]) -> list[tuple[Any, Any]]:
    """The questions whose answers were taken over and not looked at since, with where from."""
    rows = [row for section in sections for row in section.rows if row.key in taken]
    return [(row, shown.origin(taken[row.key].event, taken[row.key].sent_on, g.lang)) for row in rows]


def _amend_address(registration: Registration) -> Callable[[Page], str]:
    return lambda page: url_for("registration.amend", reference=registration.reference, page=page.id)


def _title(event: Event) -> Any:
    return programme.words(event.title, event.original_language, g.lang)

"""A reader's own pages: the list of files, the gate before they open, one file beside its rubric, stepping back."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.funding.models import State
from eventhub.funding.timing import event_of, read_by
from eventhub.kit import codes
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.errors import DomainError, NotFound, or_not_found
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.i18n import show_own
from eventhub.kit.web import back_to
from eventhub.people.models import Person, Role
from eventhub.reviewing import access, queries, reading, shown, ties
from eventhub.reviewing.forms import RecuseForm, ReviewForm, gate_form, review_form
from eventhub.reviewing.models import OPEN, Conflict, Review, Standing
from eventhub.reviewing.queries import Reading
from eventhub.reviewing.reading import OtherWindow, ReadingOver

bp = Blueprint("reviewing", __name__)


@bp.before_request
def in_section() -> None:
    """The entry of the navigation these pages belong to."""
    g.section = "reviews"


@bp.get("/reviews")
@staff
def mine() -> ResponseReturnValue:
    """Everything in my hands, call by call."""
    if not any(one.role is Role.FUND_REVIEWER for one in actor().grants):
        raise NotFound
    person: Person = actor().person
    calls = _calls(person)
    return render_template("reviewing/mine.html", calls=calls)


@bp.route("/reviews/gates/<uuid:gate_id>", methods=["GET", "POST"])
@staff
def gate(gate_id: uuid.UUID) -> ResponseReturnValue:
    """Before files open: what ties me to the organizations and countries they come from."""
    person: Person = actor().person
    found = queries.own_gate(person.id, gate_id)
    call = _my_call(person, found.call_id)
    if found.declared_at is not None:
        return back_to("reviewing.mine")
    behind = queries.behind(found)
    hidden = ties.conflicts([call], [person.id], [one.application_id for one in behind])
    behind = [one for one in behind if (one.application_id, person.id) not in hidden]
    masked = shown.is_masked(call)
    form = gate_form(behind, g.lang, masked=masked)
    if form.validate_on_submit():
        # What the deed answers may be 0, which is no refusal.
        done = submit(
            form,
            lambda: (
                reading.declare(
                    person,
                    gate_id,
                    organisations=form.organisations(),
                    countries=form.countries(),
                    files=form.files(behind),
                ),
            ),
        )
        if done is not None:
            _say_opened(done[0])
            return back_to("reviewing.mine")
    rows = [
        {
            "number": number,
            "countries": ", ".join(codes.country_name(code, g.lang) for code in one.beside),
            "organisations": [name for _id, name in one.organisations],
            "field": form[f"tie_{one.review_id.hex}"],
        }
        for number, one in enumerate([] if masked else behind, 1)
    ]
    page = render_template(
        "reviewing/gate.html", form=form, rows=rows, gate=found, title=shown.title(call, g.lang), call=call.call
    )
    return page, form.status


@bp.route("/reviews/<uuid:review_id>", methods=["GET", "POST"])
@staff
def review(review_id: uuid.UUID) -> ResponseReturnValue:
    """One file beside its rubric. Every button keeps what is typed; two of them also end it."""
    person: Person = actor().person
    found, call = reading.found(person, review_id)
    _demand_reader(person, call)
    form = review_form(call, reading.said(found), found.version)
    if form.validate_on_submit():
        answer = _sent(person, found, call, form)
        if answer is not None:
            return answer
    if form.errors or form.form_errors:
        found, call = reading.found(person, review_id)
        form.seen.data = str(found.version)
        if not _is_open(found):
            return _not_kept(person, found, call, form)
    return _review_page(person, found, call, form)


@bp.post("/reviews/<uuid:review_id>/keep")
@staff
@stands_on("reviewing.review")
def keep(review_id: uuid.UUID) -> ResponseReturnValue:
    """Keep what is typed while it is typed. 409 when another window was there first, or the review is over."""
    person: Person = actor().person
    found, call = reading.found(person, review_id)
    _demand_reader(person, call)
    form = review_form(call, reading.said(found), found.version)
    if not form.validate_on_submit():
        return "", 422
    try:
        reading.keep(person, review_id, form.said(call), seen=form.version(), window=form.page())
    except (OtherWindow, ReadingOver):
        return "", 409
    return "", 204


@bp.route("/reviews/<uuid:review_id>/step-back", methods=["GET", "POST"])
@staff
def recuse(review_id: uuid.UUID) -> ResponseReturnValue:
    """I know this person: the file is gone for me, and goes to somebody else."""
    person: Person = actor().person
    found, call = reading.found(person, review_id)
    _demand_reader(person, call)
    form = RecuseForm()
    if form.validate_on_submit() and submit(form, lambda: reading.recuse(person, review_id, Conflict(form.kind.data))):
        flash(_("You have stepped back. The file goes to somebody else."), "ok")
        return back_to("reviewing.mine")
    page = render_template(
        "reviewing/recuse.html",
        form=form,
        number=found.application.number,
        has_score=found.state is Standing.HANDED_IN,
        back=url_for("reviewing.review", review_id=review_id),
    )
    return page, form.status


@bp.route("/reviews/<uuid:review_id>/abstain", methods=["GET", "POST"])
@staff
def abstain(review_id: uuid.UUID) -> ResponseReturnValue:
    """I cannot judge: asked once more, since nothing leads back. What was typed stays."""
    person: Person = actor().person
    found, call = reading.found(person, review_id)
    _demand_reader(person, call)
    if found.state not in OPEN or found.application.state is not State.UNDER_REVIEW:
        return back_to("reviewing.review", review_id=review_id)
    form = ActionForm()
    if form.validate_on_submit() and submit(form, lambda: reading.abstain(person, review_id)):
        flash(_("You have abstained from this file. That is not a zero."), "ok")
        return back_to("reviewing.mine")
    back = url_for("reviewing.review", review_id=review_id)
    page = render_template("reviewing/abstain.html", form=form, number=found.application.number, back=back)
    return page, form.status


@bp.route("/reviews/ties", methods=["GET", "POST"])
@staff
def my_ties() -> ResponseReturnValue:
    """The ties that I declared; each can be taken back, and stays on record."""
    if not any(one.role is Role.FUND_REVIEWER for one in actor().grants):
        raise NotFound
    person: Person = actor().person
    form = ActionForm()
    if form.validate_on_submit():
        try:
            tie_id = uuid.UUID(request.form.get("tie", ""))
        except ValueError:
            raise NotFound from None
        if submit(form, lambda: reading.withdraw_tie(person, tie_id)):
            flash(_("The tie is taken back. Files that went to somebody else stay there."), "ok")
            return back_to("reviewing.my_ties")
    rows = [
        {
            "id": one.id,
            "kind": shown.CONFLICTS[one.kind],
            "about": one.organisation.name
            if one.organisation
            else codes.country_name(one.country, g.lang)
            if one.country
            else _("One file"),
            "at": show_own(one.made_at, person.time_zone, g.lang),
            "stays": one.application_id is not None,
        }
        for one in queries.declared(person.id)
    ]
    return render_template("reviewing/ties.html", form=form, rows=rows), form.status


def _sent(person: Person, found: Review, call: Reading, form: ReviewForm) -> ResponseReturnValue | None:
    """What a button did; None where the page comes again."""
    given, go = form.said(call), request.form.get("go")
    here: dict[str, Any] = {"seen": form.version(), "window": form.page()}
    if go == "abstain":
        kept = submit(form, lambda: reading.keep(person, found.id, given, **here))
        return back_to("reviewing.abstain", review_id=found.id) if kept else None
    if go == "hand_in":
        if not form.demand_whole(call):
            # What was typed is kept even though something is missing; the page says what.
            _kept_quietly(person, found.id, form, call)
            return None
        if submit(form, lambda: reading.hand_in(person, found.id, given, **here)):
            flash(_("Your review is handed in. You can read what others said of this file now."), "ok")
            return back_to("reviewing.review", review_id=found.id)
        return None
    if submit(form, lambda: reading.keep(person, found.id, given, **here)):
        flash(_("Saved."), "ok")
        return back_to("reviewing.review", review_id=found.id)
    return None


def _kept_quietly(person: Person, review_id: uuid.UUID, form: ReviewForm, call: Reading) -> None:
    try:
        reading.keep(person, review_id, form.said(call), seen=form.version(), window=form.page())
    except DomainError as error:
        form.show(error)


def _is_open(found: Review) -> bool:
    return found.state in OPEN and found.application.state is State.UNDER_REVIEW


def _not_kept(person: Person, found: Review, call: Reading, form: ReviewForm) -> ResponseReturnValue:
    """The review as it stands, and apart from it the words of a window that came too late."""
    kept, typed = reading.said(found), form.said(call).words
    lost = [
        (shown.marked(one.title, call, g.lang), typed[one.id])
        for one in call.rules.reviewing.rubric
        if one.id in typed and typed[one.id] != kept.words.get(one.id)
    ]
    fresh = review_form(call, kept, found.version, sent=False)
    fresh.form_errors = [*form.form_errors, *(one for field in form for one in field.errors)]
    return _review_page(person, found, call, fresh, lost)


def _review_page(
    person: Person, found: Review, call: Reading, form: ReviewForm, lost: Sequence[tuple[str, str]] = ()
) -> ResponseReturnValue:
    application = found.application
    is_open = _is_open(found)
    others = queries.handed_in(application.id, person.id) if found.state is Standing.HANDED_IN else []
    said = reading.said_of(others, found)
    rubric = []
    for one in call.rules.reviewing.rubric:
        mark, why = form[f"mark_{one.id}"], form[f"why_{one.id}"]
        anchors = {each.points: shown.marked(each.text, call, g.lang) for each in one.anchors}
        rubric.append(
            {
                "name": f"mark_{one.id}",
                "title": shown.marked(one.title, call, g.lang),
                "question": shown.marked(one.question, call, g.lang),
                "weight": one.weight,
                "anchors": [
                    {"value": points, "label": text, "checked": str(points) == mark.data}
                    for points, text in anchors.items()
                ],
                "why": f"why_{one.id}",
                "reason": why.data or "",
                "problem": next(iter([*mark.errors, *why.errors]), None),
                "given": anchors.get(int(mark.data)) if mark.data and mark.data.isdigit() else None,
                "points": mark.data,
                "others": [{"points": each.marks.get(one.id), "words": each.words.get(one.id, "")} for each in said],
            }
        )
    page = render_template(
        "reviewing/review.html",
        form=form,
        review=found,
        number=application.number,
        name=None if shown.is_masked(call) else application.listed_name,
        is_open=is_open,
        standing=shown.STANDINGS[found.state] if is_open or found.state not in OPEN else shown.DECIDED,
        decided=application.state is not State.UNDER_REVIEW,
        rubric=rubric,
        lost=lost,
        sure=[
            {"value": value, "label": word, "checked": str(value) == form["sure"].data}
            for value, word in shown.SURE.items()
        ],
        facts=shown.facts(application, call, g.lang),
        sections=shown.told(application, call, g.lang),
        following=None if is_open else _following(person, found, call),
        others=[{"points": one.points, "sure": shown.SURE.get(one.confidence or 0, "")} for one in others],
        saved=show_own(found.saved_at, person.time_zone, g.lang) if found.saved_at else None,
        scripts=["autosave.js"],
    )
    return page, form.status


def _following(person: Person, found: Review, call: Reading) -> dict[str, Any]:
    """The file of the same call to read next, the nearest number after this one first, and how many are done."""
    mine = [
        (one, application)
        for one, application, its_gate, _call in queries.files_of(person.id)
        if one.call_id == found.call_id and its_gate.declared_at is not None
    ]
    hidden = ties.conflicts([call], [person.id], [application.id for _one, application in mine])
    mine = [(one, application) for one, application in mine if (application.id, person.id) not in hidden]
    left = [
        (application.number or 0, one.id)
        for one, application in mine
        if one.state in OPEN and application.state is State.UNDER_REVIEW
    ]
    done = {"done": sum(one.state not in OPEN for one, _application in mine), "all": len(mine)}
    if not left:
        return done | {"number": None, "url": None}
    number, review_id = min([one for one in left if one[0] > (found.application.number or 0)] or left)
    return done | {"number": number, "url": url_for("reviewing.review", review_id=review_id)}


def _say_opened(stepped_back: int) -> None:
    if stepped_back:
        flash(
            ngettext(
                "Your files are open. %(num)s file goes to somebody else.",
                "Your files are open. %(num)s files go to somebody else.",
                stepped_back,
            ),
            "ok",
        )
    else:
        flash(_("Your files are open."), "ok")


def _calls(person: Person) -> list[dict[str, Any]]:
    rows = queries.files_of(person.id)
    calls = queries.readings({one.call_id for one, *_rest in rows})
    mine = {key: one for key, one in calls.items() if access.is_reader(actor().grants, one.scope)}
    hidden = ties.conflicts(list(mine.values()), [person.id], [application.id for _r, application, *_rest in rows])
    letters = queries.came_after([application.id for _r, application, *_rest in rows])
    found: dict[uuid.UUID, dict[str, Any]] = {}
    for one, application, its_gate, _call in rows:
        if one.call_id not in mine or (application.id, person.id) in hidden:
            continue
        call = mine[one.call_id]
        ends = read_by(event_of(call.call), call.call.closes_at, call.rules)
        part = found.setdefault(
            one.call_id,
            {
                "id": one.call_id,
                "title": shown.title(call, g.lang),
                "ends": show_own(ends, person.time_zone, g.lang),
                "masked": shown.is_masked(call),
                "gates": {},
                "files": [],
                "done": 0,
                "goes_on": False,
            },
        )
        decided = application.state is not State.UNDER_REVIEW
        part["goes_on"] = part["goes_on"] or not decided
        if decided and its_gate.declared_at is None:
            continue
        if its_gate.declared_at is None:
            part["gates"][its_gate.id] = part["gates"].get(its_gate.id, 0) + 1
            continue
        part["done"] += one.state not in OPEN
        part["files"].append(
            {
                "url": url_for("reviewing.review", review_id=one.id),
                "number": application.number,
                "region": shown.region(application.region),
                "tag": shown.DECIDED if decided and one.state in OPEN else shown.STANDINGS[one.state],
                "open": one.state in OPEN and not decided,
                "extra": one.extra,
                "points": one.points if one.state is Standing.HANDED_IN else None,
                "letter": one.ended_at is not None and letters.get(application.id, one.ended_at) > one.ended_at,
            }
        )
    for part in found.values():
        part["files"].sort(key=lambda row: (not row["open"], row["number"] or 0))
    return list(found.values())


def _my_call(person: Person, call_id: uuid.UUID) -> Reading:
    call = queries.call_by_id(call_id)
    _demand_reader(person, call)
    return call


def _demand_reader(person: Person, call: Reading) -> None:
    member = or_not_found(queries.member_of(call.call.id, person.id))
    if not access.may_read(actor().grants, call.scope, member):
        raise NotFound

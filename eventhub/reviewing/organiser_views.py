"""The officer's pages: the panel and how far it is, who reads what, what all reviews say together."""

import uuid
from collections import Counter
from functools import partial
from typing import Any

from flask import Blueprint, flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.funding.access import demand_officer
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.errors import NotFound, or_not_found
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.i18n import show_moment, show_number
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.reviewing import assigning, queries, scoring, seating, shown, ties
from eventhub.reviewing.forms import SeatForm
from eventhub.reviewing.models import OPEN, Draft
from eventhub.reviewing.queries import Reading, Seat

bp = Blueprint("reviewing_console", __name__)


@bp.get("/console/funds/<slug>/reviewing")
@staff
def index(slug: str) -> ResponseReturnValue:
    """How far reading is: the panel with each reader's load, files that lack readers, the draft that waits."""
    call = call_at(slug)
    seats = queries.panel(call)
    rules = call.rules.reviewing
    lacking, apart = assigning.waiting(call.call.id, rules.readers, rules.another_above)
    return render_template(
        "reviewing/index.html",
        **frame(call),
        seats=[_seat(one) for one in seats],
        given=sum(one.load for one in seats),
        done=sum(one.done for one in seats),
        lacking=lacking,
        apart=apart,
        draft=queries.open_draft(call.call.id),
        form=ActionForm(formdata=None),
    )


@bp.get("/console/funds/<slug>/reviewing/readers")
@staff
def readers(slug: str) -> ResponseReturnValue:
    """Who has the role and could join the panel."""
    call = call_at(slug)
    return render_template("reviewing/readers.html", **frame(call), people=queries.could_join(call))


@bp.route("/console/funds/<slug>/reviewing/readers/<uuid:person_id>", methods=["GET", "POST"])
@staff
def reader(slug: str, person_id: uuid.UUID) -> ResponseReturnValue:
    """Let somebody join the panel, or change what is known of a reader."""
    call = call_at(slug)
    member = queries.member_of(call.call.id, person_id)
    person = member.person if member else _candidate(call, person_id)
    form = SeatForm(data=_known(member, person))
    form.fill()
    if form.validate_on_submit():
        deed = (
            partial(seating.change, actor().person, member, form.known(), seen=_seen(form))
            if member
            else partial(seating.seat, actor().person, call, person_id, form.known())
        )
        if submit(form, deed):
            flash(_("Saved."), "ok")
            return back_to("reviewing_console.index", slug=slug)
    page = render_template(
        "reviewing/reader.html",
        **frame(call),
        form=form,
        name=person.public_name,
        person_id=person_id,
        member=member,
        once=ActionForm(formdata=None),
    )
    return page, form.status


@bp.post("/console/funds/<slug>/reviewing/readers/<uuid:person_id>/leave")
@staff
@stands_on("reviewing_console.reader")
def leave(slug: str, person_id: uuid.UUID) -> ResponseReturnValue:
    """Somebody leaves the panel, or comes back."""
    call = call_at(slug)
    member = or_not_found(queries.member_of(call.call.id, person_id))
    form = ActionForm()
    away = request.form.get("away") == "yes"
    if form.validate_on_submit() and submit(form, lambda: seating.leave(actor().person, member, is_away=away)):
        flash(_("Saved. Work out readers again, so that nobody waits for somebody who left."), "ok")
    return back_to("reviewing_console.index", slug=slug)


@bp.post("/console/funds/<slug>/reviewing/assign")
@staff
@stands_on("reviewing_console.index")
def assign(slug: str) -> ResponseReturnValue:
    """Let a worker find readers for all files that lack some."""
    call = call_at(slug)
    form = ActionForm()
    hard = request.form.get("languages") != "soft"
    made = None
    if form.validate_on_submit():
        made = submit(form, lambda: assigning.ask(actor().person, call, languages_hard=hard))
    if made is None:
        _say_problems(form)
        return back_to("reviewing_console.index", slug=slug)
    return back_to("reviewing_console.draft", slug=slug, draft_id=made.id)


@bp.route("/console/funds/<slug>/reviewing/drafts/<uuid:draft_id>", methods=["GET", "POST"])
@staff
def draft(slug: str, draft_id: uuid.UUID) -> ResponseReturnValue:
    """Readers as they were worked out, with how fair that is, or why there are none; and the two buttons. Shut to
    whoever has an own or near file in the call.
    """
    call = call_at(slug)
    ties.demand_far(actor().person, call.call.id)
    form = ActionForm()
    if form.validate_on_submit():
        drops = request.form.get("go") == "drop"
        deed = assigning.drop if drops else assigning.release
        if submit(form, lambda: deed(actor().person, call, draft_id)):
            flash(_("The draft is dropped.") if drops else _("The files are given out. Each reader gets a mail."), "ok")
            return back_to("reviewing_console.index", slug=slug)
        call = call_at(slug)
    found = queries.draft_of(call.call.id, draft_id)
    page = render_template("reviewing/draft.html", **frame(call), form=form, draft=found, **_drawn(call, found))
    return page, form.status


@bp.post("/console/funds/<slug>/reviewing/remind")
@staff
@stands_on("reviewing_console.index")
def remind(slug: str) -> ResponseReturnValue:
    """A mail to everybody who has files to hand in."""
    call = call_at(slug)
    form = ActionForm()
    done = submit(form, lambda: seating.remind(actor().person, call)) if form.validate_on_submit() else None
    if done:
        flash(ngettext("%(num)s reader gets a mail.", "%(num)s readers get a mail.", done), "ok")
    else:
        _say_problems(form)
    return back_to("reviewing_console.index", slug=slug)


@bp.route("/console/funds/<slug>/reviewing/scores", methods=["GET", "POST"])
@staff
def scores(slug: str) -> ResponseReturnValue:
    """The mean of each file and, beside it, the calibrated score; each reader's scale; or why there is none."""
    call = call_at(slug)
    form = ActionForm()
    if form.validate_on_submit() and submit(form, lambda: scoring.ask(actor().person, call.call)):
        flash(_("The scores are reckoned anew. Look again in a minute."), "ok")
        return back_to("reviewing_console.scores", slug=slug)
    newest = queries.newest_scoring(call.call.id)
    person: Person = actor().person
    hidden = {file for file, _reader in ties.conflicts([call], [person.id])}
    rows, scales = [], []
    if newest is not None:
        files = [uuid.UUID(one["application"]) for one in newest.files]
        numbers, letters = queries.numbers(files), queries.came_after(files)
        names = queries.names([uuid.UUID(one["reviewer"]) for one in newest.reviewers])
        rows = [
            one | {"number": numbers.get(file), "letter": file in letters}
            for file, one in zip(files, newest.files, strict=True)
            if file not in hidden
        ]
        rows.sort(key=lambda one: (-(one["calibrated"] or one["raw"] or 0), one["number"] or 0))
        scales = [one | {"name": names.get(uuid.UUID(one["reviewer"]), "—")} for one in newest.reviewers]
        scales.sort(key=lambda one: one["name"].casefold())
    page = render_template(
        "reviewing/scores.html",
        **frame(call),
        form=form,
        scoring=newest,
        older=newest is not None and scoring.due(call.call.id) is not None,
        at=show_moment(newest.at, person.time_zone, g.lang) if newest else None,
        skipped=shown.SKIPPED.get(newest.skipped or "") if newest else None,
        rows=rows,
        scales=scales,
    )
    return page, form.status


def call_at(slug: str) -> Reading:
    """A call, for its officers. Raises NotFound for everybody else."""
    found = queries.call_of(slug)
    demand_officer(actor().grants, found.scope)
    return found


def frame(call: Reading) -> dict[str, Any]:
    """What every page of a panel shows of its call."""
    return {"slug": call.call.slug, "title": shown.title(call, g.lang)}


def _seat(one: Seat) -> dict[str, Any]:
    return {
        "person_id": one.member.person_id,
        "name": one.member.person.public_name,
        "languages": shown.languages(one.member.languages),
        "region": shown.region(one.member.region),
        "load": one.load,
        "most": one.member.most,
        "done": one.done,
        "waits": sum(one.counts.get(state, 0) for state in OPEN),
        "is_away": one.is_away,
        "has_role": one.has_role,
    }


def _candidate(call: Reading, person_id: uuid.UUID) -> Person:
    return or_not_found(next((one for one in queries.could_join(call) if one.id == person_id), None))


def _known(member: Any, person: Person) -> dict[str, Any]:
    if member is None:
        return {"languages": [person.language], "most": 40, "fewest": 0, "seen": "0"}
    return {
        "languages": member.languages,
        "region": member.region or "",
        "country": member.country or "",
        "most": member.most,
        "fewest": member.fewest,
        "seen": str(member.version),
    }


def _seen(form: SeatForm) -> int:
    text = str(form.seen.data or "")
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise NotFound
    return int(text)


def _say_problems(form: ActionForm) -> None:
    for message in [*form.form_errors, *(each for errors in form.errors.values() for each in errors)][:1]:
        flash(str(message), "warn")


def _drawn(call: Reading, found: Draft) -> dict[str, Any]:
    """How fair a draft is, in words and numbers."""
    seats = {str(one.member.person_id): one for one in queries.panel(call)}
    names = {key: one.member.person.public_name for key, one in seats.items()}
    hidden = {file for file, _reader in ties.conflicts([call], [actor().person.id])}
    kept = {str(one) for one in hidden}
    numbers = {str(key): value for key, value in queries.numbers(_files_in(found) - hidden).items()}
    figures = found.figures
    new: dict[str, list[Any]] = {}
    unseen = Counter(one for file, one in found.pairs if file in kept)
    for file, one in found.pairs:
        if file not in kept:
            new.setdefault(one, []).append(numbers.get(file))
    return {
        "refusal": shown.refusal(found.refused, numbers, names, g.lang) if found.refused else [],
        "loads": sorted(
            (
                {
                    "name": names.get(one, "—"),
                    "new": len(new.get(one, [])),
                    "load": load - unseen[one],
                    "lacks": figures.get("below_least", {}).get(one, 0),
                    "numbers": ", ".join(
                        show_number(each, g.lang) for each in sorted(n for n in new.get(one, []) if n)
                    ),
                }
                for one, load in figures.get("loads", {}).items()
            ),
            key=lambda row: str(row["name"]).casefold(),
        ),
        "without_outsider": [numbers.get(one) for one in figures.get("without_outsider", [])],
        "without_language": figures.get("without_language", 0),
        "groups": figures.get("groups", 0),
        "readings": len(found.pairs),
        "taken": len(found.removed),
    }


def _files_in(found: Draft) -> set[uuid.UUID]:
    refused = found.refused or {}
    named = {file for file, _reader in found.pairs} | {one["file"] for one in refused.get("files", [])}
    return {uuid.UUID(one) for one in named | set(found.figures.get("without_outsider", []))}

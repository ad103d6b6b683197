"""The officer's page of a release: what is staged, what everybody will read, and one button for all of it."""

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.awards import access, considering, release_queries, release_shown, releasing, staging, stepping
from eventhub.awards.console import marked_ids
from eventhub.awards.letters import title_of
from eventhub.awards.release_forms import ReasonForm, ReleaseForm
from eventhub.awards.release_models import Decision
from eventhub.awards.releasing import CHOICES, Staged
from eventhub.funding.duplicates import Pair
from eventhub.funding.models import Application, State
from eventhub.funding.nearness import Aside, StillToCome, aside_of, too_near
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.i18n import show_moment, show_money, show_own
from eventhub.kit.money import Money
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.people.queries import public_names
from eventhub.reviewing.queries import Reading, call_of
from eventhub.selecting.models import Slate
from eventhub.selecting.unfinished import unfinished

bp = Blueprint("awards_release", __name__)
ROOT = "/console/funds/<slug>/release"


@dataclass(frozen=True)
class Place:
    """The call, who looks, and what this person may do."""

    reading: Reading
    person: Person
    may_release: bool
    may_approve: bool


@bp.before_request
def in_section() -> None:
    """The entry of the navigation these pages belong to."""
    g.section = "funds"


@bp.route(ROOT, methods=["GET", "POST"])
@staff
def board(slug: str) -> ResponseReturnValue:
    """All staged decisions; a POST asks once more, and with ``go`` releases them, now or at an instant."""
    place = _at(slug)
    form = ReleaseForm()
    call = place.reading.call
    if request.method == "POST" and not place.may_release:
        raise NotFound
    if form.validate_on_submit():
        stamp = form.stamp.data or ""
        if request.form.get("go") != "send":
            seen = submit(
                form, lambda: releasing.look(place.person, call, stamp=stamp, at=form.instant(call.time_zone))
            )
            return _ask(place, form, seen) if seen else _draw(place, form)
        made = submit(form, lambda: releasing.release(place.person, call, stamp=stamp, at=form.instant(call.time_zone)))
        if made:
            if made.done_at:
                told = ngettext("%(num)s person is being told.", "%(num)s people are being told.", made.told)
                flash(told, "ok")
            else:
                flash(_("The release is set. Until then you can stop it."), "ok")
            return back_to("awards_release.board", slug=slug)
    return _draw(place, form)


@bp.post(f"{ROOT}/stop")
@staff
@stands_on("awards_release.board")
def stop(slug: str) -> ResponseReturnValue:
    """Stop a release before its instant."""
    place, form = _at(slug), ActionForm()
    if not place.may_release:
        raise NotFound
    if form.validate_on_submit() and submit(form, lambda: releasing.stop(place.person, place.reading.call)):
        flash(_("The release is stopped. Nobody was told."), "ok")
        return back_to("awards_release.board", slug=slug)
    return _draw(place, form)


@bp.post(f"{ROOT}/again")
@staff
@stands_on("awards_release.board")
def again(slug: str) -> ResponseReturnValue:
    """Try again to prepare the decisions of an approved slate."""
    place, form = _at(slug), ActionForm()
    slate = releasing.approved_slate(place.reading.call.id)
    if slate is None:
        raise NotFound
    if form.validate_on_submit() and submit(form, lambda: staging.stage_again(place.person, slate)):
        flash(_("It is being tried again. Open this page in a moment."), "ok")
        return back_to("awards_release.board", slug=slug)
    return _draw(place, form)


@bp.post(f"{ROOT}/reserves")
@staff
@stands_on("awards_release.board")
def reserves(slug: str) -> ResponseReturnValue:
    """An approver approves reserves who step in."""
    place, form = _at(slug), ActionForm()
    if not place.may_approve:
        raise NotFound
    reading, ids = place.reading, marked_ids()
    if form.validate_on_submit() and submit(
        form, lambda: staging.approve_confirmed(place.person, reading.call, reading.rules, ids)
    ):
        flash(_("Approved. The next release tells them."), "ok")
        return back_to("awards_release.board", slug=slug)
    return _draw(place, form)


@bp.route(f"{ROOT}/<uuid:application_id>", methods=["GET", "POST"])
@staff
def letter(slug: str, application_id: uuid.UUID) -> ResponseReturnValue:
    """What one person will read; for whoever is not chosen, reason and words can still be changed."""
    place = _at(slug)
    told = release_queries.on_paper(place.reading.call.id, application_id)
    if told and request.method == "GET":
        return _paper(place, *told[0])
    one = releasing.one_staged(place.reading.call.id, application_id)
    if too_near(place.person, [one.application]) or releasing.is_near(place.person, place.reading.call.id):
        raise NotFound
    codes = CHOICES.get(one.application.state, ())
    may_change = bool(codes) and place.may_release
    if request.method == "POST" and not may_change:
        raise NotFound
    given = {"reason": one.decision.reason, "words": one.words, "version": one.decision.version}
    form = ReasonForm(codes, data=given)
    if form.validate_on_submit():
        seen = form.version.data or ""
        version = int(seen) if seen.isdecimal() and seen.isascii() and len(seen) < 10 else 0
        if submit(
            form,
            lambda: releasing.say(place.person, one, reason=form.reason.data, words=form.words.data, version=version),
        ):
            flash(_("Saved. The letter below is as it will be read."), "ok")
            return back_to("awards_release.letter", slug=slug, application_id=application_id)
    set_one = releasing.standing(place.reading.call.id)
    page = render_template(
        "awards/release_letter.html",
        **_call(place),
        form=form if may_change else None,
        name=one.application.listed_name,
        unreached=not one.application.person.email,
        is_told=False,
        who=release_shown.row(one, g.lang),
        state=next((title, kind) for state, title, kind in release_shown.GROUPS if state is one.application.state),
        letter=release_shown.letter(one, place.reading.rules.accept_days, set_one.at if set_one else None),
    )
    return page, form.status


def _paper(place: Place, application: Application, told: Decision) -> str:
    """A letter after the release, for somebody whom no mail reaches."""
    if too_near(place.person, [application]):
        raise NotFound
    return render_template(
        "awards/release_letter.html",
        **_call(place),
        form=None,
        name=application.listed_name,
        unreached=True,
        is_told=True,
        who={"discreet": False},
        state=next((title, kind) for state, title, kind in release_shown.GROUPS if state is application.state),
        letter=release_shown.paper(application, told, releasing.words_told(application)),
    )


def _at(slug: str) -> Place:
    """For officers and approvers of the call. Raises NotFound for everybody else."""
    reading = call_of(slug)
    grants = list(actor().grants)
    may_release, may_approve = access.may_offer(grants, reading.scope), access.may_approve(grants, reading.scope)
    if not may_release and not may_approve:
        raise NotFound
    return Place(reading, actor().person, may_release, may_approve)


def _call(place: Place) -> dict[str, Any]:
    call = place.reading.call
    return {"call": call, "slug": call.slug, "title": title_of(call, g.lang)}


def _draw(place: Place, form: Form) -> ResponseReturnValue:
    call, lang, aside = place.reading.call, g.lang, aside_of(place.person)
    is_near = releasing.is_near(place.person, call.id)
    # Whoever waits for word of a near file reads nothing of the others: the places are known.
    every = [] if is_near else releasing.staged(call.id)
    left = [] if is_near else releasing.gone(call.id)
    free = [] if is_near else staging.places_left(call.id)
    near = too_near(place.person, [*(one.application for one in every), *left, *(one for one, _is_proposed in free)])
    rows = [one for one in every if one.application.id not in near]
    chosen = _chosen(rows)
    barred = considering.standing_against(chosen)
    slate = releasing.approved_slate(call.id)
    set_one = releasing.standing(call.id)
    past = releasing.releases(call.id)
    sending = form if isinstance(form, ReleaseForm) else ReleaseForm(formdata=None)
    changed = release_shown.changed(rows, left, sending.looked.data) if sending.form_errors else []
    names = public_names([each for one in past for each in (one.made_by_id, one.stopped_by_id) if each])
    sending.stamp.data, sending.looked.data = "" if is_near else releasing.stamp_of(every), now().isoformat()
    page = render_template(
        "awards/release_board.html",
        **_call(place),
        form=form,
        sending=sending,
        button_form=form if isinstance(form, ActionForm) else ActionForm(formdata=None),
        may_release=place.may_release,
        may_approve=place.may_approve,
        slate=slate,
        problem=release_shown.staging(releasing.staging_of(slate), call.currency, lang, near=is_near)
        if slate
        else None,
        unfinished=_left(place, aside, slate, chosen) if rows else None,
        groups=release_shown.groups(rows, lang, whole=bool(request.args.get("all"))),
        places=stepping.places(call.id),
        total=len(rows),
        near=StillToCome.message if is_near else None,
        failed=release_shown.failed(past[0] if past else None, rows),
        changed=changed,
        barred=[one.listed_name for one in barred],
        unreached=[one.listed_name for one in chosen if not one.person.email],
        left=[one.listed_name for one in left if one.id not in near],
        free=[(one.listed_name, is_proposed) for one, is_proposed in free if one.id not in near],
        undecided=releasing.undecided(call.id, aside),
        waiting=stepping.rows(place.person, call, is_near=is_near),
        held=[] if is_near else stepping.free_in_words(call, place.reading.rules),
        set=_set(set_one.at, call.time_zone) if set_one else None,
        letters=_samples(place, rows, set_one.at if set_one else None),
        discreet=sum(one.application.person.discreet for one in rows),
        accept_days=place.reading.rules.accept_days,
        papers=_papers(place),
        past=release_shown.past(past, names, actor().time_zone, lang, near=is_near),
        scripts=["show-if.js"],
    )
    return page, form.status


def _ask(place: Place, form: ReleaseForm, rows: list[Staged]) -> str:
    """How many learn, and of how much money, before it cannot be taken back."""
    call, aside = place.reading.call, aside_of(place.person)
    kinds = release_shown.groups(rows, g.lang, whole=False)
    amount = sum(one.award.amount for one in rows if one.award and one.application.state is State.APPROVED)
    at = form.instant(call.time_zone)
    return render_template(
        "awards/release_ask.html",
        **_call(place),
        unfinished=_left(place, aside, releasing.approved_slate(call.id), _chosen(rows)),
        form=form,
        total=len(rows),
        kinds=[(one["title"], one["number"]) for one in kinds],
        amount=show_money(Money(amount, call.currency), g.lang),
        undecided=releasing.undecided(call.id, aside),
        set=_set(at, call.time_zone) if at else None,
        accept_days=place.reading.rules.accept_days,
    )


def _chosen(rows: list[Staged]) -> list[Application]:
    return [one.application for one in rows if one.award is not None and one.application.state is State.APPROVED]


def _left(place: Place, aside: Aside, slate: Slate | None, chosen: list[Application]) -> dict[str, Any]:
    """What speaks for waiting, as the board and the approver read it; without files that somebody is near to."""
    call, ids = place.reading.call, {one.id for one in chosen}
    near = release_queries.near_files(call.id, aside.others())
    left = unfinished(place.reading, ids, place.person.id, near)

    def named(pair: Pair) -> list[dict[str, Any]]:
        return [{"name": file.listed_name, "url": None} for file in pair.both]

    return {
        "left": left,
        "closes": show_own(call.closes_at, call.time_zone, g.lang) if call.closes_at > now() else "",
        "both": [named(one) for one in left.chosen_pairs if not {one.first.id, one.second.id} <= ids],
        "twice": [named(one) for one in left.chosen_pairs if {one.first.id, one.second.id} <= ids],
        "no_reserves": slate is not None and not slate.reserves["general"],
    }


def _papers(place: Place) -> list[dict[str, Any]]:
    """Whom a letter is handed to, since no mail reaches them."""
    call = place.reading.call
    told = [one for one, _decision in release_queries.on_paper(call.id)]
    near = too_near(place.person, told)
    return [
        {
            "name": one.listed_name,
            "url": url_for("awards_release.letter", slug=call.slug, application_id=one.id),
        }
        for one in told
        if one.id not in near
    ]


def _samples(place: Place, rows: list[Staged], at: Any) -> list[dict[str, Any]]:
    states = {State.APPROVED, State.RESERVE, State.NOT_RECOMMENDED}
    return release_shown.samples(rows, states, place.reading.call, place.reading.rules.accept_days, at)


def _set(at: Any, zone: str) -> dict[str, Any]:
    here = show_moment(at, zone, g.lang)
    return {"day": here.day, "time": here.time, "offset": here.place, "iso": here.iso}

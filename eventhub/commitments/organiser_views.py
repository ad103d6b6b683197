"""Staff's list of commitments, and the record of one: words, makers, thread, and what is decided."""

import uuid
from collections import Counter
from functools import partial
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.commitments import access, capturing, confirming, queries, shown, verifying
from eventhub.commitments.axes import Freshness
from eventhub.commitments.console import RECORD, bp, drafted, gone_on, kept, seen
from eventhub.commitments.detail_forms import INDICATORS, MAKERS, MILESTONES, RECOMMENDATIONS, details_form
from eventhub.commitments.forms import (
    CloseForm,
    ContactForm,
    NoteForm,
    ReadForm,
    TranslateForm,
    VerifyForm,
    WithdrawForm,
    WordsForm,
    languages,
    whole,
)
from eventhub.commitments.models import MOVES, SHOWN, Commitment, State, Why
from eventhub.commitments.queries import Sought
from eventhub.commitments.standing import standing_of
from eventhub.commitments.waiting import Waits
from eventhub.kit import codes
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound, or_not_found
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.i18n import direction, show_own
from eventhub.kit.paging import page_number, pager
from eventhub.kit.panels import panels
from eventhub.kit.text import single_line
from eventhub.kit.web import back_to
from eventhub.people.queries import public_names

__all__ = ["bp"]

NEAR = 6
"""So many events stand beside the list, the others below a fold."""
DEEDS = {"publish": verifying.publish, "hold": verifying.hold}
TARGETS = {"publish": State.PUBLISHED, "hold": State.HELD, "close": State.CLOSED}


@bp.get("/console/commitments")
@staff
def index() -> ResponseReturnValue:
    """All records in reach, by where they stand."""
    g.section = "commitments"
    grants = actor().grants
    if not access.may_look(grants):
        raise NotFound
    asked, page, today = _sought(), page_number(), now().date()
    found = queries.console_list(grants, asked, today=today, page=page)
    events = queries.events_in_reach(grants, today)
    view: dict[str, Any] = {name: value for name, value in vars(asked).items() if value and name in {"state", "waits"}}
    kept_values = view | {
        name: value for name, value in (("q", asked.words), ("event", asked.event), ("fresh", asked.freshness)) if value
    }
    return render_template(
        "commitments/list.html",
        words=asked.words,
        view=view,
        chips=_chips(queries.counts_by_state(grants), asked),
        selects=[
            _choice("event", _("Event"), [(one.slug, shown.event_title(one)) for one in events], asked.event),
            _choice("fresh", _("Last heard"), codes.choices("freshness", g.lang), asked.freshness),
        ],
        events=events,
        near=NEAR,
        ways=[one for panel in panels("commitments.console", actor()) for one in panel.context["links"]],
        event_title=shown.event_title,
        rows=[
            {
                "url": url_for("commitments_console.record", commitment_id=one.id),
                "title": shown.titled(one),
                "reference": one.reference,
                "makers": shown.made_by(one),
                "event": shown.event_title(one.event),
                "tag": shown.stage(one),
            }
            for one in found.rows
        ],
        total=found.total,
        beside=panels("commitments.console_list"),
        pager=pager(
            lambda number: url_for("commitments_console.index", **kept_values, page=number),
            page=page,
            size=queries.PER_PAGE,
            total=found.total,
        ),
    )


@bp.get(RECORD)
@staff
def record(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """One commitment with all that staff may know of it."""
    return draw(seen(commitment_id))


@bp.route(f"{RECORD}/words", methods=["GET", "POST"])
@staff
def words(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """Put the words right: a new version. What others have seen changes with a reason, by those who keep records."""
    found = drafted(commitment_id, lock=request.method == "POST")
    form = WordsForm(found.words)
    if request.method == "GET":
        form.remember(found)
    if found.state is State.DRAFT:
        del form.reason
    if form.validate_on_submit():
        reason = (form.reason.data or "") if "reason" in form._fields else ""
        if submit(
            form,
            lambda: capturing.amend(
                actor().person, found, form.words(), reason=reason, seen=form.number(), knew=form.knew()
            ),
        ):
            flash(_("The words are kept as a new version."), "ok")
            return back_to("commitments_console.record", commitment_id=commitment_id)
        found = seen(commitment_id)
    page = render_template(
        "commitments/words.html",
        commitment=found,
        form=form,
        is_draft=found.state is State.DRAFT,
        advice=shown.advice(found),
    )
    return page, form.status


@bp.route(f"{RECORD}/details", methods=["GET", "POST"])
@staff
def details(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """Makers, what it is about, how one will see it."""
    found = drafted(commitment_id, lock=request.method == "POST")
    form = details_form(found)
    if form.validate_on_submit():
        said, shown_lock = form.described(), whole(form.seen.data)
        if submit(form, lambda: capturing.describe(actor().person, found, said, seen=shown_lock)):
            flash(_("The details are kept."), "ok")
            return back_to("commitments_console.record", commitment_id=commitment_id)
        found = seen(commitment_id)
    page = render_template(
        "commitments/details.html",
        commitment=found,
        form=form,
        makers=form.rows("maker", "kind_of", "country", most=MAKERS),
        joint=any(one.data or one.errors for row in form.rows("maker", "kind_of", most=MAKERS)[1:] for one in row),
        recommendations=form.rows("symbol", "paragraph", most=RECOMMENDATIONS),
        indicators=form.rows("indicator", "baseline", "target", most=INDICATORS),
        milestones=form.rows("milestone", "due", "done", most=MILESTONES),
        advice=shown.advice(found),
    )
    return page, form.status


@bp.route(f"{RECORD}/translation", methods=["GET", "POST"])
@staff
def translation(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """The words in another language, marked as a translation wherever they stand."""
    found = drafted(commitment_id, lock=request.method == "POST")
    form = TranslateForm()
    form.language.choices = [one for one in languages() if one.value != found.language]
    if form.validate_on_submit():
        given = {"wording": form.wording.data or "", "title": form.title.data or ""}
        if submit(form, lambda: capturing.translate(actor().person, found, form.language.data, **given)):
            flash(_("The translation is kept."), "ok")
            return back_to("commitments_console.record", commitment_id=commitment_id)
        found = seen(commitment_id)
    page = render_template(
        "commitments/translation.html",
        commitment=found,
        form=form,
        version=found.words,
        direction_said=direction(found.language),
    )
    return page, form.status


@bp.post(f"{RECORD}/contacts")
@staff
@stands_on("commitments_console.record")
def add_contact(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """One more mailbox that speaks for the maker."""
    found, form = drafted(commitment_id, lock=True), ContactForm()
    if form.validate_on_submit():
        told = {"name": form.name.data or "", "language": form.language.data, "phone": form.phone.data or ""}
        if submit(form, lambda: capturing.add_contact(actor().person, found, form.email.data or "", **told)):
            flash(_("The mailbox is on the list."), "ok")
            return back_to("commitments_console.record", commitment_id=commitment_id)
    return draw(seen(commitment_id), contact=form)


@bp.post(f"{RECORD}/contacts/<uuid:contact_id>")
@staff
@stands_on("commitments_console.record")
def ask(commitment_id: uuid.UUID, contact_id: uuid.UUID) -> ResponseReturnValue:
    """Ask this mailbox to confirm the words."""
    found, form = kept(commitment_id, lock=True), ActionForm()
    contact = or_not_found(next((one for one in found.contacts if one.id == contact_id), None))
    return _done(found, form, lambda: confirming.ask(actor().person, found, contact), _("A mail with a link goes out."))


@bp.post(f"{RECORD}/contacts/<uuid:contact_id>/forget")
@staff
@stands_on("commitments_console.record")
def forget_contact(commitment_id: uuid.UUID, contact_id: uuid.UUID) -> ResponseReturnValue:
    """This mailbox does not speak for the maker."""
    found, form = drafted(commitment_id, lock=True), ActionForm()
    contact = or_not_found(next((one for one in found.contacts if one.id == contact_id), None))
    deed = partial(confirming.forget, actor().person, found, contact)
    return _done(found, form, deed, _("The mailbox is forgotten."))


@bp.post(f"{RECORD}/notes")
@staff
@stands_on("commitments_console.record")
def write(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """A note for colleagues, or a question that the maker is mailed."""
    found, form = seen(commitment_id, lock=True), NoteForm()
    if form.validate_on_submit():
        text, me = form.text.data or "", actor().person
        to_maker = form.to.data == "maker"
        if to_maker:
            access.demand_keep(actor().grants, found.event)
        if submit(form, lambda: confirming.question(me, found, text) if to_maker else verifying.write(me, found, text)):
            flash(_("A mail with your question goes out.") if to_maker else _("The note is kept."), "ok")
            return back_to("commitments_console.record", commitment_id=commitment_id)
    return draw(seen(commitment_id), note=form)


@bp.post(f"{RECORD}/verify")
@staff
@stands_on("commitments_console.record")
def verify(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """The wording is right."""
    found, form = kept(commitment_id, lock=True), VerifyForm()
    if form.validate_on_submit():
        text = form.text.data or ""
        if submit(form, lambda: verifying.verify(actor().person, found, text)):
            flash(_("The wording is verified."), "ok")
            return back_to("commitments_console.record", commitment_id=commitment_id)
    return draw(seen(commitment_id), verify=form)


@bp.post(f"{RECORD}/state")
@staff
@stands_on("commitments_console.record")
def decide(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """Publish, hide for safety, open again."""
    found, form = kept(commitment_id, lock=True), ActionForm()
    deed = DEEDS.get(request.form.get("go", ""))
    if deed is None:
        raise NotFound
    return _done(found, form, lambda: deed(actor().person, found), _("Done."))


@bp.route(f"{RECORD}/close", methods=["GET", "POST"])
@staff
def close(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """It has ended, and why."""
    found = kept(commitment_id, lock=request.method == "POST")
    if request.method == "GET" and found.state is not State.PUBLISHED:
        return gone_on(found)
    form = CloseForm()
    if form.validate_on_submit():
        reason = form.reason.data or ""
        if submit(form, lambda: verifying.close(actor().person, found, reason=reason)):
            flash(_("Done."), "ok")
            return back_to("commitments_console.record", commitment_id=commitment_id)
        found = kept(commitment_id)
    page = render_template("commitments/close.html", commitment=found, form=form, makers=shown.made_by(found))
    return page, form.status


@bp.route(f"{RECORD}/withdraw", methods=["GET", "POST"])
@staff
def withdraw(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """It does not stand any more, and why."""
    found = kept(commitment_id, lock=request.method == "POST")
    form = WithdrawForm()
    if form.validate_on_submit():
        why, reason = Why(form.why.data), form.reason.data or ""
        if submit(form, lambda: verifying.withdraw(actor().person, found, why, reason=reason)):
            flash(_("The commitment is withdrawn."), "ok")
            return back_to("commitments_console.record", commitment_id=commitment_id)
        found = kept(commitment_id)
    page = render_template("commitments/withdraw.html", commitment=found, form=form, makers=shown.made_by(found))
    return page, form.status


@bp.post(f"{RECORD}/reason")
@staff
@stands_on("commitments_console.record")
def read_reason(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """The sealed reason, in this one answer; who read it and why is kept."""
    found, form = kept(commitment_id), ReadForm()
    if form.validate_on_submit():
        text = form.text.data or ""
        reason = submit(form, lambda: verifying.read_reason(actor().person, found, text))
        if reason is not None:
            return draw(found, opened=reason)
    return draw(found, read=form)


def draw(
    found: Commitment,
    *,
    contact: Form | None = None,
    note: Form | None = None,
    verify: Form | None = None,
    read: Form | None = None,
    opened: str | None = None,
) -> ResponseReturnValue:
    """The page of a record; a form that was sent stands in its place with what is wrong."""
    sent = next((one for one in (contact, note, verify, read) if one is not None), None)
    moves = MOVES[found.state]
    may_keep = access.may_keep(actor().grants, found.event)
    askings = queries.askings_of(found)
    waiting = next((one for one in askings if one.closed_at is None), None)
    notes, stands = queries.notes_of(found), standing_of([found.id])
    names = public_names({one.author_id for one in notes if one.author_id})
    has_mailbox = any(one.email for one in found.contacts)
    may_ask = may_keep and found.state in confirming.ASKED_IN
    page = render_template(
        "commitments/record.html",
        form=sent or ActionForm(formdata=None),
        action=ActionForm(formdata=None),
        commitment=found,
        words=shown.titled(found),
        version=found.words,
        direction_said=direction(found.language),
        makers=found.makers,
        event_title=shown.event_title(found.event),
        tag=shown.stage(found),
        amount=shown.amount(found.words),
        changes=_versions(found),
        translations=[one.language for one in queries.translations(found)],
        advice=shown.advice(found),
        axes=shown.three_axes(found, stands.progress.get(found.id), stands.outdated.get(found.id))
        if found.published_at
        else [],
        milestones=shown.steps(found.milestones),
        is_confirmed=found.confirmed == found.newest,
        may_keep=may_keep,
        contacts=[{"row": one, "asked": any(link.contact_id == one.id for link in askings)} for one in found.contacts],
        waiting=show_own(waiting.until, actor().time_zone, g.lang) if waiting else None,
        may_ask=may_ask,
        has_mailbox=has_mailbox,
        nobody=may_ask and not has_mailbox,
        may_verify=may_keep and State.VERIFIED in moves,
        may_withdraw=may_keep and State.WITHDRAWN in moves,
        may_amend=found.state is State.DRAFT or (may_keep and found.state not in SHOWN - {State.PUBLISHED}),
        may_describe=may_keep or found.state is State.DRAFT,
        may_undo=found.state is State.DRAFT and not askings,
        may_question=found.state in confirming.QUESTIONED_IN and any(one.email for one in found.contacts),
        steps=[one for one, target in TARGETS.items() if may_keep and target in moves],
        contact_form=contact or ContactForm(formdata=None, data={"language": found.language}),
        note_form=note or NoteForm(formdata=None),
        verify_form=verify or VerifyForm(formdata=None),
        read_form=read or ReadForm(formdata=None),
        is_sealed=may_keep and found.sealed_reason is not None,
        opened=opened,
        thread=[
            {
                "who": _("The maker") if one.by_maker else names.get(one.author_id, "—") if one.author_id else "—",
                "when": show_own(one.written_at, actor().time_zone, g.lang),
                "text": one.text,
                "to_maker": one.to_maker,
            }
            for one in notes
        ],
        public_url=url_for("commitments.commitment", reference=found.reference) if found.is_shown else None,
        related=shown.related(queries.kin_of(found, actor().grants)),
        former=shown.former(queries.former_makers(found)),
        may_follow=may_keep and found.state in {State.PUBLISHED, State.CLOSED},
        beside=panels("commitments.record", found),
    )
    return page, sent.status if sent else 200


def _versions(found: Commitment) -> list[dict[str, Any]]:
    """Each version beside the one before, newest first."""
    pairs = zip(found.versions, found.versions[1:], strict=False)
    return [shown.change(before, after) for before, after in pairs][::-1]


def _done(found: Commitment, form: Form, deed: Any, said: str) -> ResponseReturnValue:
    if form.validate_on_submit() and submit(form, deed):
        flash(said, "ok")
        return back_to("commitments_console.record", commitment_id=found.id)
    for message in form.form_errors[:1]:
        flash(str(message), "warn")
    return back_to("commitments_console.record", commitment_id=found.id)


def _sought() -> Sought:
    """What the address asks for; what is no answer of a list is left out."""
    state, waits, fresh = (request.args.get(name, "") for name in ("state", "waits", "fresh"))
    return Sought(
        state=State(state) if state in set(State) else None,
        waits=Waits(waits) if waits in set(Waits) else None,
        event=single_line(request.args.get("event", ""))[:200] or None,
        words=single_line(request.args.get("q", ""))[:200],
        freshness=Freshness(fresh) if fresh in set(Freshness) else None,
    )


def _choice(name: str, label: Any, choices: list[tuple[str, str]], chosen: str | None) -> dict[str, Any]:
    return {"name": name, "label": label, "choices": choices, "chosen": chosen or ""}


def _chips(counts: list[tuple[State, Waits | None, int]], asked: Sought) -> list[dict[str, Any]]:
    """Ready-made views: what waits for the secretariat, all, and each place where something stands."""
    waits = sum((Counter({one: number}) for _state, one, number in counts if one), Counter())
    states = sum((Counter({state: number}) for state, _one, number in counts), Counter())
    found: list[dict[str, Any]] = [
        {
            "label": _("All"),
            "url": url_for("commitments_console.index"),
            "current": not (asked.state or asked.waits),
            "count": states.total(),
        }
    ]
    places: list[tuple[str, State | Waits, Any, int]] = [
        ("waits", one, shown.WAITS[one][0], waits[one]) for one in Waits if one is not Waits.VERIFIED
    ]
    places += [
        ("state", one, shown.STATES[one][0], states[one])
        for one in State
        if one is not State.LAPSED or asked.state is one
    ]
    for name, one, label, number in places:
        is_chosen = one in {asked.state, asked.waits}
        if number or is_chosen:
            address: dict[str, Any] = {name: one.value}
            url = url_for("commitments_console.index", **address)
            found.append({"label": label, "url": url, "current": is_chosen, "count": number})
    return found

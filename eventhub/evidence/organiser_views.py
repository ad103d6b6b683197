"""The queue of those who assess commitments, the page of one, and what is decided there."""

import uuid
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.commitments import nearness
from eventhub.commitments import queries as commitments
from eventhub.commitments import shown as commitments_shown
from eventhub.commitments.models import Commitment, Verdict
from eventhub.commitments.standing import standing_of
from eventhub.evidence import access, assessing, commenting, giving, queries, shown
from eventhub.evidence.console import DESK, bp, seen
from eventhub.evidence.forms import AssessForm, EvidenceForm, ModerateForm, ReasonForm, RetractForm, SeenForm
from eventhub.evidence.models import MOVES, Evidence, Standing, Word
from eventhub.kit import files
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import Form, submit
from eventhub.kit.i18n import direction, show_date
from eventhub.kit.paging import page_number, pager
from eventhub.kit.web import back_to

__all__ = ["bp"]

CHECKED = {"public": Standing.PUBLIC, "seal": Standing.SEALED}


@bp.get("/console/assessments")
@staff
def index() -> ResponseReturnValue:
    """What waits to be checked, read and assessed, the oldest first."""
    g.section = "assessments"
    grants = actor().grants
    if not access.may_look(grants):
        raise NotFound
    asked = request.args.get("kind", "")
    kind, page = asked if asked in queries.KINDS else "", page_number()
    rows, total = queries.queue(grants, kind=kind, page=page)
    counts = queries.waiting_by_kind(grants)
    kept: dict[str, Any] = {"kind": kind} if kind else {}
    return render_template(
        "evidence/queue.html",
        chips=_chips(counts, kind),
        total=total,
        rows=[
            {
                "url": url_for("evidence_console.desk", commitment_id=one.commitment.id),
                "title": commitments_shown.titled(one.commitment),
                "reference": one.commitment.reference,
                "makers": commitments_shown.made_by(one.commitment),
                "since": show_date(one.since.date(), g.lang),
                "days": max(0, (now() - one.since).days),
                "tags": [shown.KINDS[name] for name in queries.KINDS if name in one.kinds],
            }
            for one in rows
        ],
        pager=pager(
            lambda number: url_for("evidence_console.index", **kept, page=number),
            page=page,
            size=queries.PER_PAGE,
            total=total,
        ),
    )


@bp.get(DESK)
@staff
def desk(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """One commitment: what its maker says, the evidence, what others say, and the result."""
    return draw(seen(commitment_id))


@bp.post(f"{DESK}/result")
@staff
@stands_on("evidence_console.desk")
def assess(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """Say what was found."""
    found, form = seen(commitment_id, lock=True), AssessForm()
    if form.validate_on_submit():
        verdict, text, sign = Verdict(form.verdict.data), form.text.data or "", form.seen.data or ""
        if submit(form, lambda: assessing.assess(actor().person, found, verdict, text=text, seen=sign)):
            return _done(found, _("Done."))
    form.seen.data = queries.seen_of(found)
    return draw(seen(commitment_id), assess=form)


@bp.route(f"{DESK}/evidence/new", methods=["GET", "POST"])
@staff
def give(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """Evidence that the secretariat has found."""
    found = seen(commitment_id, lock=request.method == "POST")
    form = EvidenceForm(data={"language": g.lang})
    if form.validate_on_submit():
        data, name = form.upload()
        if submit(form, lambda: giving.give(found, form.described(), data, name, actor=actor().person)):
            return _done(found, _("The file is kept. It waits to be checked."))
    return render_template("evidence/give_staff.html", commitment=found, form=form), form.status


@bp.post(f"{DESK}/evidence/<uuid:evidence_id>/file")
@staff
@stands_on("evidence_console.desk")
def save(commitment_id: uuid.UUID, evidence_id: uuid.UUID) -> ResponseReturnValue:
    """Save a file that is not public; who did is kept, and why where it stays sealed."""
    found, form = seen(commitment_id), ReasonForm()
    evidence = queries.one_evidence(found, evidence_id)
    if form.validate_on_submit():
        reason, name = form.reason.data or "", giving.words_of(evidence).file_name
        if submit(form, lambda: giving.note_read(actor().person, found, evidence, reason)):
            return files.attachment(evidence.file, name)
    return draw(found, read=(evidence_id, form))


@bp.post(f"{DESK}/evidence/<uuid:evidence_id>/check")
@staff
@stands_on("evidence_console.desk")
def check(commitment_id: uuid.UUID, evidence_id: uuid.UUID) -> ResponseReturnValue:
    """It was looked at: for everybody, or for those alone who assess."""
    found, form = seen(commitment_id, lock=True), SeenForm()
    evidence, standing = queries.one_evidence(found, evidence_id), CHECKED.get(request.form.get("go", ""))
    if standing is None:
        raise NotFound

    def checked() -> object:
        assessing.demand_seen(found, form.seen.data or "")
        return giving.check(actor().person, found, evidence, standing)

    return _one_button(found, form, checked, _("Done."))


@bp.route(f"{DESK}/evidence/<uuid:evidence_id>/retract", methods=["GET", "POST"])
@staff
def retract(commitment_id: uuid.UUID, evidence_id: uuid.UUID) -> ResponseReturnValue:
    """It does not count any more: the file goes for ever, the trace stays."""
    found = seen(commitment_id, lock=request.method == "POST")
    evidence = queries.one_evidence(found, evidence_id)
    near = nearness.is_of_maker(actor().person, found)
    if (near and evidence.standing is not Standing.PUBLIC) or Standing.RETRACTED not in MOVES[evidence.standing]:
        raise NotFound
    form = RetractForm(data={"seen": queries.seen_of(found)})
    if form.validate_on_submit():
        reason, hide = form.reason.data or "", form.hide.data

        def retracted() -> object:
            assessing.demand_seen(found, form.seen.data or "")
            return giving.retract(actor().person, found, evidence, reason, hide=hide)

        if submit(form, retracted):
            return _done(found, _("Done."))
        form.seen.data = queries.seen_of(found)
    page = render_template(
        "evidence/retract.html", commitment=found, form=form, near=near, evidence=shown.for_reviewers(evidence)
    )
    return page, form.status


@bp.route(f"{DESK}/comments/<uuid:comment_id>", methods=["GET", "POST"])
@staff
def moderate(commitment_id: uuid.UUID, comment_id: uuid.UUID) -> ResponseReturnValue:
    """Read a comment, cut out who somebody is, show it or not."""
    found = seen(commitment_id, lock=request.method == "POST")
    comment = queries.one_comment(found, comment_id)
    form = ModerateForm(data={"seen": queries.seen_of(found), "disputes": comment.disputes})
    if form.validate_on_submit():

        def decided() -> object:
            assessing.demand_seen(found, form.seen.data or "")
            me, go = actor().person, request.form.get("go", "")
            if go == "refuse":
                return commenting.refuse(me, found, comment, form.reason.data or "")
            if comment.standing is Word.SHOWN:
                return commenting.redact(me, found, comment, form.parts())
            return commenting.show(me, found, comment, cut=form.parts(), disputes=form.disputes.data)

        if submit(form, decided):
            return _done(found, _("Done."))
        form.seen.data = queries.seen_of(found)
        comment = queries.one_comment(found, comment_id)
    return _moderation(found, comment, form)


@bp.post(f"{DESK}/comments/<uuid:comment_id>/identity")
@staff
@stands_on("evidence_console.moderate")
def identity(commitment_id: uuid.UUID, comment_id: uuid.UUID) -> ResponseReturnValue:
    """Who wrote it, in this one answer; who read that and why is kept."""
    found, form = seen(commitment_id), ReasonForm()
    comment = queries.one_comment(found, comment_id)
    moderation = ModerateForm(formdata=None, data={"seen": queries.seen_of(found), "disputes": comment.disputes})
    if form.validate_on_submit():
        reason = form.reason.data or ""
        opened = submit(form, lambda: commenting.read_identity(actor().person, found, comment, reason))
        if opened is not None:
            return _moderation(found, comment, moderation, opened=opened)
    return _moderation(found, comment, moderation, read=form)


@bp.post(f"{DESK}/replies/<uuid:reply_id>")
@staff
@stands_on("evidence_console.desk")
def decide_reply(commitment_id: uuid.UUID, reply_id: uuid.UUID) -> ResponseReturnValue:
    """Show the maker's reply, or not."""
    found, form = seen(commitment_id, lock=True), ModerateForm()
    reply = queries.one_reply(found, reply_id)
    standing = {"show": Word.SHOWN, "refuse": Word.REFUSED}.get(request.form.get("go", ""))
    if standing is None:
        raise NotFound

    def decided() -> object:
        assessing.demand_seen(found, form.seen.data or "")
        return commenting.decide_reply(actor().person, found, reply, standing, cut=form.parts())

    if form.validate_on_submit() and submit(form, decided):
        return _done(found, _("Done."))
    form.seen.data = queries.seen_of(found)
    return draw(seen(commitment_id), reply=(reply_id, form))


def draw(
    found: Commitment,
    *,
    assess: Form | None = None,
    read: tuple[uuid.UUID, Form] | None = None,
    reply: tuple[uuid.UUID, Form] | None = None,
) -> ResponseReturnValue:
    """The page of one; a form that was sent stands in its place with what is wrong."""
    g.section = "assessments"
    sign, stands = queries.seen_of(found), standing_of([found.id])
    near = nearness.is_of_maker(actor().person, found)
    form = next((one for one in (assess, *(pair[1] for pair in (read, reply) if pair)) if one is not None), None)
    rows = [] if near else queries.all_evidence(found.id)
    comments = [] if near else queries.all_comments(found.id)
    kept = queries.opened_with(rows, [one for one, _reply, _known in comments])
    page = render_template(
        "evidence/desk.html",
        form=form,
        commitment=found,
        near=near,
        words=commitments_shown.titled(found),
        makers=commitments_shown.made_by(found),
        event_title=commitments_shown.event_title(found.event),
        axes=commitments_shown.three_axes(found, stands.progress.get(found.id), stands.outdated.get(found.id)),
        milestones=commitments_shown.steps(found.milestones),
        direction_of=direction(found.language),
        history=commitments_shown.history(found, commitments.reports_of(found), commitments.reviews_of(found)),
        takes_words=queries.takes_words(found),
        evidence=[
            {
                **shown.for_reviewers(one),
                "is_mine": _is_mine(one) and Standing.PUBLIC in MOVES[one.standing],
                "may_show": Standing.PUBLIC in MOVES[one.standing] and not _is_mine(one),
                "may_seal": Standing.SEALED in MOVES[one.standing] and not _is_mine(one),
                "may_retract": Standing.RETRACTED in MOVES[one.standing],
                "read_form": _apart(read[1] if read and read[0] == one.id else ReasonForm(formdata=None), one.id),
            }
            for one in rows
        ],
        comments=[
            {
                "row": one,
                "who": shown.called(one),
                "when": show_date(one.given_at.date(), g.lang),
                "text": commenting.text_of(one),
                "tag": shown.WORDS[one.standing],
                "reply": shown.replied(found, answer) if answer and answer.text else None,
                "reply_tag": shown.WORDS[answer.standing] if answer and answer.standing else None,
                "reply_id": answer.id if answer else None,
                "reply_waits": bool(answer and answer.standing is Word.WAITING),
                "reply_form": _apart(
                    reply[1]
                    if reply and answer and reply[0] == answer.id
                    else ModerateForm(formdata=None, data={"seen": sign}),
                    one.id,
                ),
            }
            for one, answer, _known in comments
        ],
        seen_form=SeenForm(formdata=None, data={"seen": sign}),
        assess_form=assess or AssessForm(formdata=None, data={"seen": sign}),
        public_url=url_for("commitments.commitment", reference=found.reference) if found.is_shown else None,
    )
    del kept
    return page, form.status if form else 200


def _moderation(
    found: Commitment,
    comment: Any,
    form: ModerateForm,
    *,
    read: ReasonForm | None = None,
    opened: dict[str, str] | None = None,
) -> ResponseReturnValue:
    if nearness.is_of_maker(actor().person, found):
        raise NotFound
    text = commenting.text_of(comment)
    sent = read or form
    page = render_template(
        "evidence/moderate.html",
        commitment=found,
        comment=comment,
        form=sent,
        moderation=form,
        read_form=_apart(read or ReasonForm(formdata=None), comment.id),
        opened=opened,
        who=shown.called(comment),
        when=show_date(comment.given_at.date(), g.lang),
        text=text,
        tag=shown.WORDS[comment.standing],
        hints=commenting.hints(found, text),
        is_shown=comment.standing is Word.SHOWN,
        is_open=comment.standing in {Word.WAITING, Word.SHOWN},
        is_known=comment.voice_id is not None,
    )
    return page, sent.status


def _is_mine(evidence: Evidence) -> bool:
    return bool(evidence.given_by_id == actor().person.id)


def _apart(form: Form, thing: uuid.UUID) -> Form:
    """A form that stands on the page more than once: the ids of its fields say to which thing it belongs."""
    for field in form:
        field.id = f"{field.id}-{thing}"
    return form


def _one_button(found: Commitment, form: Form, deed: Any, said: str) -> ResponseReturnValue:
    if form.validate_on_submit() and submit(form, deed):
        return _done(found, said)
    for message in form.form_errors[:1]:
        flash(str(message), "warn")
    return back_to("evidence_console.desk", commitment_id=found.id)


def _done(found: Commitment, said: str) -> ResponseReturnValue:
    flash(said, "ok")
    return back_to("evidence_console.desk", commitment_id=found.id)


def _chips(counts: dict[str, int], chosen: str) -> list[dict[str, Any]]:
    """Ready-made views: all, and each kind that waits."""
    found: list[dict[str, Any]] = [{"label": _("All"), "url": url_for("evidence_console.index"), "current": not chosen}]
    for kind in queries.KINDS:
        if counts.get(kind) or kind == chosen:
            url = url_for("evidence_console.index", kind=kind)
            label = shown.KINDS[kind][0]
            found.append({"label": label, "url": url, "current": kind == chosen, "count": counts.get(kind, 0)})
    return found

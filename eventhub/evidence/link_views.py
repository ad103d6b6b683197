"""Behind a mailed link: what somebody sends about a commitment, and the maker's reply. Looking changes nothing."""

import uuid
from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.utils import redirect

from eventhub.commitments import shown as commitments_shown
from eventhub.commitments.models import Commitment
from eventhub.evidence import commenting, giving, queries, shown, voices
from eventhub.evidence.commenting import OfTheMaker
from eventhub.evidence.forms import CommentForm, ReplyForm, SentEvidenceForm, Sessionless, TakeBackForm
from eventhub.evidence.models import MOVES, SPOKEN, ShownAs, Standing, Word
from eventhub.evidence.views import bp
from eventhub.kit.access import by_token
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import Form, submit
from eventhub.kit.i18n import direction, show_date
from eventhub.kit.pages import packed_page

__all__ = ["bp"]

LINK = "/speak/<token>"


@bp.get(LINK)
@by_token
def sent(token: str) -> ResponseReturnValue:
    """What was sent by this link, where it stands, and what else can be."""
    voice, commitment = voices.behind(token, to_take_back=True)
    evidence, comments = queries.given_by(voice)
    kept = queries.opened_with(evidence, comments)
    page = _draw(
        "evidence/sent.html",
        commitment,
        None,
        token=token,
        is_maker=voice.is_maker,
        checked=commitments_shown.checked(commitment) if voice.is_maker else None,
        takes_words=queries.takes_words(commitment),
        done=request.args.get("done", ""),
        until=show_date(voice.until.date(), g.lang),
        action=Sessionless(formdata=None),
        evidence=[
            {
                "row": one,
                "words": giving.words_of(one),
                "facts": shown.facts(one),
                "given": show_date(one.given_at.date(), g.lang),
                "tag": shown.STANDINGS[one.standing],
                "may_retract": Standing.RETRACTED in MOVES[one.standing],
            }
            for one in evidence
        ],
        comments=[
            {
                "row": one,
                "text": commenting.text_of(one),
                "who": shown.called(one),
                "given": show_date(one.given_at.date(), g.lang),
                "tag": shown.WORDS[one.standing],
                "may_take_back": Word.TAKEN_BACK in SPOKEN[one.standing],
            }
            for one in comments
        ],
    )
    del kept
    return page


@bp.route(f"{LINK}/comment", methods=["GET", "POST"])
@by_token
@packed_page
def comment(token: str) -> ResponseReturnValue:
    """Say what you know. Nobody reads it before a moderator has."""
    voice, commitment = voices.behind(token, lock=request.method == "POST")
    if voice.is_maker:
        raise OfTheMaker
    known = voices.identity(voice)
    form = CommentForm(
        data={
            "language": g.lang,
            "shown_as": ShownAs.PROTECTED.value,
            "name": known.get("name"),
            "organisation": known.get("organisation"),
        }
    )
    if form.validate_on_submit() and submit(form, lambda: commenting.comment(voice, commitment, form.said())):
        return _back(token, "comment")
    return _draw("evidence/comment.html", commitment, form, token=token)


@bp.route(f"{LINK}/evidence", methods=["GET", "POST"])
@by_token
def evidence(token: str) -> ResponseReturnValue:
    """Send a file that shows what became of it."""
    voice, commitment = voices.behind(token, lock=request.method == "POST")
    form = SentEvidenceForm(data={"language": g.lang})
    if form.validate_on_submit():
        data, name = form.upload()
        if submit(form, lambda: giving.give(commitment, form.described(), data, name, voice=voice)):
            return _back(token, "evidence")
    return _draw("evidence/give.html", commitment, form, token=token, is_maker=voice.is_maker)


@bp.route(f"{LINK}/evidence/<uuid:evidence_id>/retract", methods=["GET", "POST"])
@by_token
def retract(token: str, evidence_id: uuid.UUID) -> ResponseReturnValue:
    """Take evidence back: its file goes for ever."""
    voice, commitment = voices.behind(token, lock=request.method == "POST", to_take_back=True)
    found = queries.one_evidence(commitment, evidence_id)
    if found.voice_id != voice.id or Standing.RETRACTED not in MOVES[found.standing]:
        raise NotFound
    form, title = TakeBackForm(), giving.words_of(found).title
    if form.validate_on_submit():
        reason = form.reason.data or ""
        if submit(form, lambda: giving.take_back(voice, commitment, found, reason)):
            return _back(token, "retracted")
    return _draw("evidence/take_back.html", commitment, form, token=token, evidence_id=found.id, title=title)


@bp.post(f"{LINK}/comment/<uuid:comment_id>/take-back")
@by_token
def take_back(token: str, comment_id: uuid.UUID) -> ResponseReturnValue:
    """Take a comment back: its words go at once."""
    voice, commitment = voices.behind(token, lock=True, to_take_back=True)
    found = queries.one_comment(commitment, comment_id)
    form = Sessionless()
    if form.validate_on_submit():
        commenting.take_back(voice, commitment, found)
    return _back(token, "taken_back")


@bp.route("/right-of-reply/<token>", methods=["GET", "POST"])
@by_token
def reply(token: str) -> ResponseReturnValue:
    """The maker reads a comment as everybody does, and replies."""
    found, on, commitment = commenting.reply_behind(token)
    form = ReplyForm(data={"text": found.text})
    if form.validate_on_submit():
        text = form.text.data or ""
        if submit(form, lambda: commenting.answer(token, text, g.lang)):
            return _draw("evidence/replied.html", commitment, None)
    return _draw(
        "evidence/reply.html",
        commitment,
        form,
        token=token,
        comment=on,
        who=shown.called(on),
        direction_said=direction(on.language),
        when=show_date(on.given_at.date(), g.lang),
        was_sent=found.standing is Word.WAITING,
        was_refused=found.standing is Word.REFUSED,
        until=show_date(found.until.date(), g.lang),
    )


def _back(token: str, done: str) -> ResponseReturnValue:
    return redirect(url_for("evidence.sent", token=token, done=done), 303)


def _draw(template: str, commitment: Commitment, form: Form | None, **more: Any) -> ResponseReturnValue:
    page = render_template(
        template,
        form=form,
        commitment=commitment,
        words=commitments_shown.titled(commitment),
        makers=commitments_shown.made_by(commitment),
        direction_of=direction(commitment.language),
        **more,
    )
    return page, form.status if form else 200

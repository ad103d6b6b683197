"""Behind the link of a contact: all that is asked, one press for “no change”, and other ways. Without an account.

Looking changes nothing: mail scanners open links. A choice in an address is only drawn.
"""

import uuid
from datetime import timedelta
from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.commitments import shown as commitments
from eventhub.evidence import voices
from eventhub.evidence.queries import takes_words
from eventhub.kit.access import by_token
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.files import attachment
from eventhub.kit.forms import posted, submit
from eventhub.kit.i18n import direction, show_date
from eventhub.kit.pages import packed_page
from eventhub.kit.panels import panels
from eventhub.kit.web import back_to
from eventhub.rounds import answering, asking, board, copies, keeping, queries, shown
from eventhub.rounds.answering import LinkOver
from eventhub.rounds.forms import HINDERED, AnswerForm, HandOnForm, LaterForm, TokenForm, UnchangedForm
from eventhub.rounds.models import Standing
from eventhub.rounds.queries import Asked, Behind

bp = Blueprint("rounds", __name__)
LINK = "/answer/<token>"


@bp.get(LINK)
@by_token
def survey(token: str) -> ResponseReturnValue:
    """All that stands behind the link, and what was answered."""
    return _list(token, _readable(token))


@bp.post(f"{LINK}/same")
@by_token
def same(token: str) -> ResponseReturnValue:
    """One press: no change, for one commitment or for all that the press stands for."""
    form = UnchangedForm()
    if form.validate_on_submit():
        seen = form.seen()
        if submit(form, lambda: answering.unchanged(token, seen)):
            return back_to("rounds.survey", token=token, done="kept")
    return _list(token, _readable(token), form)


@bp.route(f"{LINK}/commitments/<reference>", methods=["GET", "POST"])
@by_token
@packed_page
def item(token: str, reference: str) -> ResponseReturnValue:
    """Where one commitment stands."""
    found, one = _named(token, reference)
    form, is_replacing = AnswerForm(one, data=_begun(one)), False
    if form.validate_on_submit():
        said, number, over = form.said(), form.number(), form.drawn_over()
        is_replacing = over != one.newest
        if submit(form, lambda: answering.answer(token, one.item.id, said, seen=number, over=over)):
            return _go_on(token, one)
        found, one = _named(token, reference)
        form.seen.data, form.over.data = str(one.commitment.newest), str(one.newest)
    page = render_template(
        "rounds/item.html",
        token=token,
        form=form,
        is_replacing=is_replacing,
        unchanged=_press(one),
        one=one,
        row=shown.row(one, token, g.lang),
        commitment=one.commitment,
        version=one.commitment.words,
        direction_said=direction(one.commitment.language),
        event_title=shown.event_of(found.round, g.lang),
        place=_place(found, one),
        until=shown.ends(found.round, g.lang),
        own=shown.answer(one.own, g.lang, found.round.event.time_zone) if one.own else None,
        others=[shown.says(other, g.lang) for other in one.others],
        hindered={"question": "says", "in": list(HINDERED)},
        checked=commitments.checked(one.commitment),
        others_ways=found.link.parent_id is None,
        parts=panels("rounds.item", (token, found, one)),
        scripts=["answer.js"],
    )
    return page, form.status


@bp.post(f"{LINK}/commitments/<reference>/evidence")
@by_token
def send_evidence(token: str, reference: str) -> ResponseReturnValue:
    """To the page where the mailbox of this link sends evidence: nobody is asked for it once more."""
    found, form = _readable(token), TokenForm()
    one, email = found.named(reference), found.link.email
    if one is None or found.link.parent_id is not None or email is None or not takes_words(one.commitment):
        raise NotFound
    if not form.validate_on_submit():
        return back_to("rounds.survey", token=token)
    voice = voices.of_mailbox(one.commitment, email, g.lang)
    return back_to("evidence.evidence", token=voices.link_token(voice))


@bp.post(f"{LINK}/commitments/<reference>/draft")
@by_token
def draft(token: str, reference: str) -> ResponseReturnValue:
    """Keep what is typed so far."""
    _found, one = _named(token, reference)
    form = AnswerForm(one)
    form.validate_on_submit()
    answering.keep_draft(token, one.item.id, form.draft())
    return "", 204


@bp.route(f"{LINK}/colleague", methods=["GET", "POST"])
@by_token
def colleague(token: str) -> ResponseReturnValue:
    """Somebody else answers for some of it, behind a link that shows these alone."""
    found = _open(token)
    if found.link.parent_id is not None:
        raise NotFound
    waiting = [one for one in found.asked if one.is_followed]
    choices = [(str(one.item.id), f"{one.commitment.reference} · {_title(one)}") for one in waiting]
    asked_for = request.args.get("for", "")
    chosen = [str(one.item.id) for one in waiting if one.commitment.reference == asked_for or len(waiting) == 1]
    form = HandOnForm(choices, data={"items": chosen, "language": g.lang})
    if form.validate_on_submit():
        given = (form.email.data or "", form.name.data or "", form.language.data)
        if submit(form, lambda: asking.hand_on(token, form.chosen(), *given)):
            return back_to("rounds.survey", token=token)
    return _draw("rounds/colleague.html", token, found, form)


@bp.post(f"{LINK}/colleague/<uuid:colleague_id>")
@by_token
def take_back(token: str, colleague_id: uuid.UUID) -> ResponseReturnValue:
    """What a colleague has is asked here again."""
    if colleague_id not in {one.id for one in board.colleagues_of(_open(token).link)}:
        raise NotFound
    form = TokenForm()
    if form.validate_on_submit() and submit(form, lambda: asking.take_back(token, colleague_id)):
        return back_to("rounds.survey", token=token)
    return _list(token, _readable(token), form)


@bp.route(f"{LINK}/later", methods=["GET", "POST"])
@by_token
def later(token: str) -> ResponseReturnValue:
    """Ask me on a day: no reminder before it."""
    found = _open(token)
    form = LaterForm(data={"day": min(now().date() + timedelta(days=7), shown.last_day(found.round))})
    if form.validate_on_submit() and form.day.data:
        day = form.day.data
        if submit(form, lambda: asking.pause(token, day)):
            return back_to("rounds.survey", token=token)
    return _draw("rounds/later.html", token, found, form)


@bp.route(f"{LINK}/not-me", methods=["GET", "POST"])
@by_token
def not_me(token: str) -> ResponseReturnValue:
    """Not me: the mailbox is forgotten, and the next one is asked."""
    found = _open(token)
    form = TokenForm()
    if form.validate_on_submit() and submit(form, lambda: asking.refuse(token)):
        return render_template("commitments/answered.html", answer="not_me")
    return _draw("rounds/not_me.html", token, found, form)


@bp.post(f"{LINK}/copy")
@by_token
def ask_copy(token: str) -> ResponseReturnValue:
    """Ask for what was said as a PDF in the language of the page."""
    found, form = _readable(token), TokenForm()
    if form.validate_on_submit() and any(one.own for one in found.asked):
        submit(form, lambda: copies.ask(found.link, g.lang))
    return back_to("rounds.survey", token=token)


@bp.get(f"{LINK}/copy.pdf")
@by_token
def copy(token: str) -> ResponseReturnValue:
    """The PDF, once a worker made it."""
    return attachment(copies.fetch(_readable(token).link, g.lang), _("answers"))


def _readable(token: str) -> Behind:
    """What stands behind a link that may be read: an open one, or one whose round is over after an answer, as long as
    mailboxes of rounds are kept.
    """
    found, moment = queries.behind(token), now()
    if found is None or found.link.ended is not None or moment >= found.round.closes_at + keeping.KEPT:
        raise LinkOver
    if not found.asked:
        raise LinkOver
    if not found.is_open(moment) and not any(one.own for one in found.asked):
        raise LinkOver
    return found


def _open(token: str) -> Behind:
    found = queries.behind(token)
    if found is None or not found.is_open(now()) or not found.asked:
        raise LinkOver
    return found


def _named(token: str, reference: str) -> tuple[Behind, Asked]:
    found = _open(token)
    one = found.named(reference)
    if one is None or not one.is_followed:
        raise NotFound
    return found, one


def _list(token: str, found: Behind, form: Any = None) -> ResponseReturnValue:
    is_open = found.is_open(now())
    rows = [shown.row(one, token, g.lang) for one in found.asked]
    waiting = found.waiting() if is_open else []
    lent = [one for one in found.asked if one.colleague and one.own is None and one.lent is None and one.is_followed]
    before = [one for one in waiting if one.before is not None]
    page = render_template(
        "rounds/survey.html",
        token=token,
        form=form,
        rows=rows,
        is_open=is_open,
        is_done=is_open and not waiting and not lent,
        has_answered=any(one.own or one.lent for one in found.asked),
        kept=_kept(found) if is_open and request.args.get("done") == "kept" else None,
        number_open=len(waiting) + len(lent),
        event_title=shown.event_of(found.round, g.lang),
        until=shown.ends(found.round, g.lang),
        all_seen=" ".join(shown.seen(one) for one in before) if len(before) > 1 else "",
        number=len(before),
        press=_press,
        action=TokenForm(formdata=None),
        is_colleague=found.link.parent_id is not None,
        paused=show_date(found.link.paused_until, g.lang) if found.link.paused_until and waiting else None,
        paper=copies.how_far(found.link, g.lang) if any(one.own for one in found.asked) else None,
    )
    return page, form.status if form else 200


def _kept(found: Behind) -> str | None:
    """What became of the newest answer behind this link."""
    newest = max((one.own for one in found.asked if one.own), key=lambda own: own.id, default=None)
    if newest is None:
        return None
    return str(_("Your answer is kept.") if newest.standing is Standing.NOTED else _("Your answer is published."))


def _press(one: Asked) -> UnchangedForm:
    return UnchangedForm(formdata=None, data={"shown": shown.seen(one)})


def _draw(template: str, token: str, found: Behind, form: Any) -> ResponseReturnValue:
    page = render_template(
        template,
        token=token,
        form=form,
        number=len(found.asked),
        event_title=shown.event_of(found.round, g.lang),
        until=shown.ends(found.round, g.lang),
    )
    return page, form.status


def _begun(one: Asked) -> dict[str, Any]:
    """With what the form begins: what was typed and not sent, else the last answer behind this link, else the last
    status; a choice in the address comes before all of them.
    """
    found: dict[str, Any] = {"language": g.lang, "says": one.before.value if one.before else None}
    if one.draft is not None:
        found |= one.draft.given
    elif one.own is not None:
        found |= {
            "says": one.own.says.value,
            "text": one.own.text,
            "obstacles": one.own.obstacles,
            "hindrance": one.own.hindrance,
            "language": one.own.language,
        }
    asked = request.args.get("says", "")
    if asked in commitments.SAYS and not posted():
        found["says"] = asked
    return found | {"seen": str(one.commitment.newest), "over": str(one.newest)}


def _place(found: Behind, one: Asked) -> tuple[int, int]:
    """Which of how many it is."""
    return [other.item.id for other in found.asked].index(one.item.id) + 1, len(found.asked)


def _go_on(token: str, one: Asked) -> ResponseReturnValue:
    """To the next that waits, else to the list."""
    found = _readable(token)
    waiting = [other for other in found.waiting() if other.item.id != one.item.id]
    after = next((other for other in waiting if other.commitment.number > one.commitment.number), None)
    if after is None:
        return back_to("rounds.survey", token=token, done="kept")
    return back_to("rounds.item", token=token, reference=after.commitment.reference)


def _title(one: Asked) -> str:
    return commitments.titled(one.commitment).title

"""The mails: the link to say something about a commitment, and the maker's right of reply.

A mailbox that belongs to a discreet person gets a mail without the words, the event and the maker (SAFETY.md 13).
"""

import uuid
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from eventhub.commitments import queries as commitments
from eventhub.commitments.models import Commitment, Contact, Review
from eventhub.evidence import commenting, queries, voices
from eventhub.evidence.models import Comment, Reply, Voice, Word
from eventhub.kit.codes import label
from eventhub.kit.db import db
from eventhub.kit.i18n import in_language, show_date
from eventhub.kit.mail import Letter
from eventhub.kit.web import absolute
from eventhub.people.queries import person_by_email

ASKED_FOOT = _l(
    "You get this email because somebody gave this address on the page of a commitment. If it was not you, do nothing."
)
REPLY_FOOT = _l(
    "You get this mail because the secretariat of the event was given this address for the commitment. Answers to this"
    " address are not read."
)


def link_asked(voice_id: uuid.UUID) -> Letter | None:
    """Here is the link. None when nothing is taken any more."""
    voice = db.session.get(Voice, voice_id)
    email = voices.identity(voice).get("email") if voice else None
    commitment = commitments.record(voice.commitment_id) if voice else None
    if voice is None or not email or commitment is None or not queries.takes_words(commitment):
        return None
    return _letter(
        email,
        voice.language,
        commitment,
        ("evidence.sent", voices.link_token(voice)),
        _l("Your link to a commitment"),
        paragraphs=[
            _l("You asked for a link to say what you know about this commitment, or to send evidence:"),
            _l("It opens for thirty days. Whoever has it can send something in your name, so do not pass it on."),
        ],
        quote=commitment.words.wording,
        foot=ASKED_FOOT,
    )


def reply_asked(reply_id: uuid.UUID) -> Letter | None:
    """Somebody has commented on your commitment. None when nobody needs to reply any more."""
    reply = db.session.get(Reply, reply_id)
    comment = db.session.get(Comment, reply.comment_id) if reply else None
    contact = db.session.get(Contact, reply.contact_id) if reply and reply.contact_id else None
    if reply is None or comment is None or contact is None or contact.email is None:
        return None
    commitment = commitments.record(reply.commitment_id)
    if comment.standing is not Word.SHOWN or not queries.takes_words(commitment):
        return None
    return _letter(
        contact.email,
        contact.language,
        commitment,
        ("evidence.reply", commenting.reply_token(reply)),
        _l("Somebody has commented on your commitment"),
        paragraphs=[
            _l("On the public page of your commitment a comment is shown. You may reply; your reply stands below it."),
            _l("You need no account. Open the page, read the comment and write your reply."),
        ],
        quote=comment.text,
        foot=REPLY_FOOT,
        until=show_date(reply.until.date(), contact.language),
    )


def assessed(review_id: uuid.UUID, voice_id: uuid.UUID) -> Letter | None:
    """What was found is public. None when another result took its place, or the mailbox speaks no more."""
    voice, review = db.session.get(Voice, voice_id), db.session.get(Review, review_id)
    email = voices.identity(voice).get("email") if voice else None
    if voice is None or review is None or not email:
        return None
    commitment = commitments.record(review.commitment_id)
    is_newest = commitments.reviews_of(commitment)[0].id == review.id
    if not is_newest or not queries.takes_words(commitment) or email not in {one.email for one in commitment.contacts}:
        return None
    result = label("review", review.verdict.value, voice.language)
    return _letter(
        email,
        voice.language,
        commitment,
        ("evidence.sent", voices.link_token(voice)),
        _l("Your commitment was checked"),
        paragraphs=[
            _l("Somebody who is not of the maker has looked at what became of your commitment."),
            _l("We checked: %(result)s", result=result),
            _l("Everybody reads this and the reason below. If you see it otherwise, open the page and send evidence."),
        ],
        quote=review.text,
        foot=REPLY_FOOT,
        until=show_date(voice.until.date(), voice.language),
    )


def _letter(
    email: str,
    lang: str,
    commitment: Commitment,
    link: tuple[str, str],
    subject: Any,
    *,
    paragraphs: list[Any],
    quote: str,
    foot: Any,
    until: str = "",
) -> Letter:
    """``link``: the endpoint and its secret; ``until``: the last day to answer."""
    known = person_by_email(email)
    neutral = known is not None and known.discreet
    address = absolute(link[0], neutral=neutral, lang=lang, token=link[1])
    if neutral:
        return Letter(
            email,
            lang,
            lambda: gettext("There is news for you"),
            "funding/neutral",
            {"url": address, "neutral": True},
            discreet=True,
        )
    event = in_language(commitment.event.title, lang, commitment.event.original_language).text
    facts = [
        {"label": _l("Made by"), "value": " · ".join(one.name for one in commitment.makers)},
        {"label": _l("Event"), "value": event},
        *([{"label": _l("Answer by"), "value": until}] if until else []),
    ]
    return Letter(
        email,
        lang,
        lambda: str(subject),
        "registration/letter",
        {
            "name": "",
            "paragraphs": paragraphs,
            "quote": quote,
            "facts": facts,
            "buttons": [{"label": _l("Open the page"), "url": address}],
            "foot": foot,
        },
    )

"""The mails to whoever follows something: the link to agree, and once a day what changed.

A mailbox that belongs to a discreet person gets a mail that names nothing (SAFETY.md 13); the page behind its link says
what changed.
"""

import uuid
from datetime import datetime
from typing import Any

from flask import g
from flask_babel import force_locale, gettext, ngettext
from flask_babel import lazy_gettext as _l

from eventhub.commitments import shown
from eventhub.commitments.models import Commitment
from eventhub.kit import mail
from eventhub.kit.db import db
from eventhub.kit.i18n import LOCALES, show_date
from eventhub.kit.mail import Letter, Rendered
from eventhub.kit.web import absolute
from eventhub.people.queries import person_by_email
from eventhub.tracker import subscribing, told
from eventhub.tracker.changes import Change
from eventhub.tracker.models import Reader

LISTED = 20
"""So many commitments stand in a mail; the page has them all."""
ASKED_FOOT = _l(
    "You get this email because somebody gave this address on the page of a commitment. If it was not you, do nothing:"
    " no other email follows."
)
DIGEST_FOOT = _l("You get this email because you follow commitments. It comes once a day at most.")


def follow_asked(reader_id: uuid.UUID) -> Letter | None:
    """Here is the link. None when whoever asked has left."""
    found = _found(reader_id)
    if found is None:
        return None
    reader, email = found
    return _letter(
        reader,
        email,
        _l("Do you want emails about commitments?"),
        lambda: {
            "paragraphs": [
                gettext("Somebody gave this address to be told what becomes of a commitment."),
                gettext("Open the page to see what it is about, and press there to agree. No account is needed."),
            ],
            "groups": [],
            "more": 0,
            "button": gettext("See and agree"),
            "foot": ASKED_FOOT,
        },
    )


def digest(reader_id: uuid.UUID, since: datetime, until: datetime) -> Letter | None:
    """What changed in a time. None when nothing of it is public any more, or whoever followed has left."""
    found = _found(reader_id)
    changes = subscribing.news(found[0], since, until) if found else []
    if found is None or not changes:
        return None
    reader, email = found
    by_one: dict[uuid.UUID, list[Change]] = {}
    for one in changes:
        by_one.setdefault(one.commitment.id, []).append(one)
    number = len(by_one)
    return _letter(
        reader,
        email,
        _l("Commitments: what changed"),
        lambda: {
            "paragraphs": [
                ngettext(
                    "%(num)s commitment that you follow has changed.",
                    "%(num)s commitments that you follow have changed.",
                    number,
                )
            ],
            "groups": [_told(theirs, reader.language) for theirs in list(by_one.values())[:LISTED]],
            "more": max(0, number - LISTED),
            "button": gettext("What you follow"),
            "foot": DIGEST_FOOT,
        },
    )


def _found(reader_id: uuid.UUID) -> tuple[Reader, str] | None:
    reader = db.session.get(Reader, reader_id)
    email = subscribing.address(reader) if reader else None
    return (reader, email) if reader is not None and email else None


def _letter(reader: Reader, email: str, subject: Any, context: Any) -> Letter:
    """``context`` is called in the language of the mail."""
    lang, secret = reader.language, subscribing.link_token(reader)
    known = person_by_email(email)
    neutral = known is not None and known.discreet
    url = absolute("tracker.following", neutral=neutral, lang=lang, token=secret)
    stop = absolute("tracker.leave", neutral=neutral, lang=lang, token=secret)
    if neutral:
        return Letter(
            email,
            lang,
            lambda: gettext("There is news for you"),
            "tracker/neutral",
            {"url": url, "stop_url": stop, "neutral": True},
            discreet=True,
            compose=_composed(stop),
        )
    before, g.lang = getattr(g, "lang", "en"), lang
    try:
        with force_locale(LOCALES[lang]):
            values: dict[str, Any] = context()
    finally:
        g.lang = before
    values |= {"url": url, "stop_url": stop}
    return Letter(email, lang, lambda: str(subject), "tracker/letter", values, compose=_composed(stop))


def _told(theirs: list[Change], lang: str) -> dict[str, Any]:
    """What happened to one commitment."""
    one: Commitment = theirs[0].commitment
    words = shown.titled(one)
    return {
        "text": words.title,
        "lang": words.language,
        "direction": words.direction,
        "makers": shown.made_by(one),
        "url": absolute("commitments.commitment", lang=lang, reference=one.reference),
        "facts": [
            {"label": show_date(change.at.date(), lang), "value": told.headline(change)} for change in reversed(theirs)
        ],
    }


def _composed(stop_url: str) -> Any:
    """The message, with the two headers by which a mail program stops such mails at one press (RFC 8058)."""

    def compose(rendered: Rendered) -> bytes:
        head = f"List-Unsubscribe: <{stop_url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        return head.encode("ascii") + mail.compose(rendered)

    return compose

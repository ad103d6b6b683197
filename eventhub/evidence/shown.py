"""Evidence and comments in words. For pages alone."""

from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from eventhub.commitments.models import Commitment
from eventhub.commitments.shown import made_by
from eventhub.evidence import giving
from eventhub.evidence.models import Comment, Evidence, Giver, Reply, ShownAs, Standing, Word
from eventhub.evidence.queries import Spoken
from eventhub.kit.codes import country_name, language_name
from eventhub.kit.file_types import NAMES
from eventhub.kit.i18n import direction, show_date, show_size

STANDINGS: dict[Standing, tuple[Any, str]] = {
    Standing.WAITING: (lazy_pgettext("evidence", "Waits to be checked"), "go"),
    Standing.PUBLIC: (lazy_pgettext("evidence", "Public"), "ok"),
    Standing.SEALED: (lazy_pgettext("evidence", "Sealed"), "stop"),
    Standing.RETRACTED: (lazy_pgettext("evidence", "Retracted"), "silent"),
}
WORDS: dict[Word, tuple[Any, str]] = {
    Word.WAITING: (lazy_pgettext("a comment", "Waits to be read"), "go"),
    Word.SHOWN: (lazy_pgettext("a comment", "Shown"), "ok"),
    Word.REFUSED: (lazy_pgettext("a comment", "Not shown"), "silent"),
    Word.TAKEN_BACK: (lazy_pgettext("a comment", "Taken back"), "silent"),
}
GIVERS: dict[Giver, Any] = {
    Giver.MAKER: _l("from the maker"),
    Giver.CIVIL_SOCIETY: _l("from civil society"),
    Giver.STAFF: _l("from the secretariat"),
}
KINDS: dict[str, tuple[Any, str]] = {
    "claim": (_l("Says it is fulfilled"), "warn"),
    "evidence": (_l("Evidence to check"), "go"),
    "comment": (_l("Comments to read"), "go"),
    "reply": (_l("Replies to read"), "go"),
    "dispute": (_l("Disputed by a comment"), "stop"),
    "unbacked": (_l("Confirmed, but its evidence was retracted"), "stop"),
}


def public_evidence(commitment: Commitment, rows: list[tuple[Evidence, bool]]) -> list[dict[str, Any]]:
    """What everybody reads of each, with the way to save it; ``rows``: with whether whoever gave it took it back. Why
    it went is staff's word alone.
    """
    return [
        {
            "title": one.title,
            "lang": one.language if one.language != g.lang else None,
            "direction": direction(one.language) if one.language != g.lang else None,
            "url": url_for("evidence.file", reference=commitment.reference, evidence_id=one.id)
            if one.standing is Standing.PUBLIC
            else None,
            "facts": facts(one),
            "digest": one.digest.hex(),
            "address": one.address,
            "shown_on": show_date(one.shown_on, g.lang) if one.shown_on and one.address else None,
            "checked": show_date(one.checked_at.date(), g.lang) if one.checked_at else None,
            "hidden": show_date(one.hidden_at.date(), g.lang) if one.hidden_at else None,
            "retracted": show_date(one.retracted_at.date(), g.lang) if one.retracted_at else None,
            "reason": "" if is_own else one.reason,
        }
        for one, is_own in rows
    ]


def facts(one: Evidence) -> list[Any]:
    """PDF, 1.2 MB, in French, from the maker."""
    kind = NAMES.get(one.file.media_type, one.file.media_type)
    language = language_name(one.language, g.lang)
    return [kind, show_size(one.file.size, g.lang), language, GIVERS[one.giver]]


def for_reviewers(one: Evidence) -> dict[str, Any]:
    """The same for those who check it. What stays sealed is named by nothing."""
    words = giving.words_of(one) if one.standing is not Standing.SEALED else giving.Words()
    return {
        "row": one,
        "title": words.title,
        "file_name": words.file_name,
        "address": words.address,
        "shown_on": show_date(one.shown_on, g.lang) if one.shown_on else None,
        "facts": facts(one),
        "given": show_date(one.given_at.date(), g.lang),
        "hidden": show_date(one.hidden_at.date(), g.lang) if one.hidden_at else None,
        "tag": STANDINGS[one.standing],
        "digest": one.digest.hex(),
        "direction": direction(one.language),
    }


def called(comment: Comment) -> str:
    """How the public reads who wrote a comment."""
    if comment.shown_as is ShownAs.ALIAS and comment.alias:
        return comment.alias
    if comment.country:
        return str(_("A civil society organization (%(country)s)", country=country_name(comment.country, g.lang)))
    return str(_("A civil society organization"))


def spoken(commitment: Commitment, rows: list[Spoken]) -> list[dict[str, Any]]:
    """Comments with the replies of the maker."""
    return [
        {
            "who": called(one.comment),
            "when": _("identity protected · %(day)s", day=show_date(one.comment.given_at.date(), g.lang)),
            "text": one.comment.text,
            "lang": one.comment.language,
            "disputes": one.comment.disputes,
            "cuts": one.comment.cuts,
            "reply": replied(commitment, one.reply) if one.reply else None,
        }
        for one in rows
    ]


def replied(commitment: Commitment, reply: Reply) -> dict[str, Any]:
    """The maker's reply."""
    day = show_date(reply.answered_at.date(), g.lang) if reply.answered_at else ""
    return {"who": made_by(commitment), "when": _("reply of the maker · %(day)s", day=day), "text": reply.text}

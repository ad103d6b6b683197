"""Rounds in words: what stands behind a link, and what became of it. For pages and mails."""

from datetime import date, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from eventhub.commitments import shown
from eventhub.evidence.queries import takes_words
from eventhub.kit.codes import label
from eventhub.kit.i18n import direction, in_language, said_by_clock, show_date, show_moment
from eventhub.rounds.models import Ended, Round, RoundAnswer, RoundLink, Standing
from eventhub.rounds.queries import Asked

ENDED: dict[Ended, tuple[Any, str]] = {
    Ended.NOT_ME: (_l("Said “not me”"), "silent"),
    Ended.BOUNCED: (_l("The email came back"), "stop"),
    Ended.REVOKED: (_l("Link ended"), "silent"),
    Ended.FORGOTTEN: (_l("Forgotten"), "silent"),
}


def event_of(round_: Round, lang: str) -> str:
    """What the event is called."""
    return in_language(round_.event.title, lang, round_.event.original_language).text


def titled(round_: Round, lang: str) -> str:
    """After 3 months: what the event is called."""
    return str(_("%(event)s, after %(months)s", event=event_of(round_, lang), months=months(round_.step)))


def lasted(time: timedelta) -> str:
    """How long it took, in the largest unit that it fills: 3 days, 5 hours, 12 minutes."""
    if time >= timedelta(days=1):
        return str(ngettext("%(num)s day", "%(num)s days", time.days))
    if time >= timedelta(hours=1):
        return str(ngettext("%(num)s hour", "%(num)s hours", int(time.total_seconds() // 3600)))
    return str(ngettext("%(num)s minute", "%(num)s minutes", max(1, int(time.total_seconds() // 60))))


def months(number: int) -> str:
    """Three months."""
    return str(ngettext("%(num)s month", "%(num)s months", number))


def ends(round_: Round, lang: str) -> str:
    """The last day on which an answer is taken."""
    return show_date(last_day(round_), lang)


def last_day(round_: Round) -> date:
    """The day before the round closes: it closes as that day ends, in UTC."""
    return date.fromordinal(round_.closes_at.date().toordinal() - 1)


def same_since(one: Asked, lang: str) -> str | None:
    """No change since the day of the last word; None where there was none."""
    if one.before is None or one.commitment.heard_on is None:
        return None
    return str(_("No change since %(day)s", day=show_date(one.commitment.heard_on, lang)))


def moved(one: Asked, lang: str) -> tuple[str, str] | None:
    """The deadline when the link was sent and now, where it moved meanwhile."""
    before, after = one.sent.due_on, one.commitment.words.due_on
    if before == after:
        return None
    return (show_date(before, lang) if before else "—", show_date(after, lang) if after else "—")


def status(one: Asked) -> tuple[str, str]:
    """Where one commitment stands behind a link."""
    if one.own is not None:
        return _("Answered"), "ok"
    if not one.is_followed:
        return str(shown.STATES[one.commitment.state][0]), "silent"
    if one.lent is not None:
        return _("Answered"), "ok"
    if one.colleague is not None:
        return _("With a colleague"), "go"
    if one.item.answered_at is not None:
        return _("Somebody else answered"), "go"
    return _("Not answered"), "new"


def says(answer: RoundAnswer, lang: str) -> str:
    """In progress."""
    return str(label("self_report", answer.says.value, lang))


def row(one: Asked, token: str, lang: str) -> dict[str, Any]:
    """One commitment of the list behind a link."""
    words = shown.titled(one.commitment)
    due = one.commitment.words.due_on
    return {
        "asked": one,
        "url": url_for("rounds.item", token=token, reference=one.commitment.reference),
        "title": words,
        "makers": shown.made_by(one.commitment),
        "due": show_date(due, lang) if due else None,
        "moved": moved(one, lang),
        "said": label("self_report", one.before.value, lang) if one.before else None,
        "own": says(one.own, lang) if one.own else None,
        "elsewhere": says(one.elsewhere, lang) if one.elsewhere else None,
        "evidence_url": url_for("rounds.send_evidence", token=token, reference=one.commitment.reference)
        if one.own and takes_words(one.commitment)
        else None,
        "tag": status(one),
        "same": same_since(one, lang) if one.is_waiting else None,
        "seen": seen(one),
        "colleague": who(one.colleague) if one.colleague else None,
        "lent": (show_date(one.lent.answered_at.date(), lang), says(one.lent, lang)) if one.lent else None,
        "colleague_id": one.colleague.id if one.colleague else None,
    }


def seen(one: Asked) -> str:
    """What the page showed, for the press that says that it still holds."""
    return f"{one.item.id}:{one.commitment.newest}:{one.before.value if one.before else ''}"


def who(link: RoundLink) -> str:
    """The name of a mailbox, or its address."""
    return link.name or link.email or "—"


def answer(one: RoundAnswer, lang: str, zone: str) -> dict[str, Any]:
    """One answer as it was given."""
    return {
        "when": said_by_clock(show_moment(one.answered_at, zone, lang)),
        "iso": one.answered_at.isoformat(),
        "says": says(one, lang),
        "unchanged": one.unchanged,
        "text": one.text,
        "language": one.language,
        "direction": direction(one.language),
        "obstacles": [label("barriers", code, lang) for code in one.obstacles],
        "hindrance": one.hindrance,
        "is_noted": one.standing is Standing.NOTED,
    }

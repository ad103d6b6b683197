"""The mails of a round: the question, a reminder of it, and a part that a colleague handed on.

Every choice is a link that opens the page with the choice made; nothing happens before somebody presses there. A
mailbox that belongs to a discreet person gets a mail that names nothing (SAFETY.md 13).
"""

from collections.abc import Callable, Sequence
from typing import Any

from flask import g
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l

from eventhub.commitments import shown as commitments
from eventhub.commitments.models import Says
from eventhub.kit.clock import now
from eventhub.kit.codes import label
from eventhub.kit.i18n import LOCALES, show_date
from eventhub.kit.mail import Letter
from eventhub.kit.web import absolute
from eventhub.people.queries import person_by_email
from eventhub.rounds import shown
from eventhub.rounds.models import RoundLink
from eventhub.rounds.opening import secret_of
from eventhub.rounds.queries import Asked, Behind

LISTED = 20
"""So many commitments stand in a mail; the page has them all."""
FOOT = _l(
    "You get this email because the secretariat of the event was given this address for the commitment. Answers to this"
    " address are not read."
)


def asked(found: Behind) -> Letter | None:
    """What became of it?"""
    return _letter(
        found,
        lambda title: gettext("What became of your commitment? %(event)s", event=title),
        lambda _title: [
            _l(
                "At this event something was promised in your name. Please tell us where it stands. It takes two"
                " minutes."
            ),
            _no_account(found),
        ],
    )


def reminded(found: Behind) -> Letter | None:
    """It is still not known."""
    return _letter(
        found,
        lambda title: gettext("Still to answer: %(event)s", event=title),
        lambda _title: [
            _l("We have not heard from you yet. If nothing has changed, one press on the page is enough.")
            if _may_be_same(found)
            else _l("We have not heard from you yet."),
            gettext("After %(day)s it is published that no report was received.", day=shown.ends(found.round, g.lang)),
        ],
    )


def handed_on(found: Behind, by: str) -> Letter | None:
    """A colleague asks somebody to answer."""
    return _letter(
        found,
        lambda title: gettext("A colleague asks you to answer: %(event)s", event=title),
        lambda _title: [
            gettext("%(who)s asks you to say where this commitment stands.", who=by)
            if by
            else _l("A colleague asks you to say where this commitment stands."),
            _no_account(found),
        ],
    )


def giver(link: RoundLink) -> str:
    """How a colleague is told who hands something on: by name and never by address; nothing of a discreet person."""
    known = person_by_email(link.email) if link.email else None
    return "" if link.email is None or (known is not None and known.discreet) else link.name


def _may_be_same(found: Behind) -> bool:
    """Whether something was said before of anything that waits, so that “no change” can be pressed."""
    return any(one.before is not None for one in found.waiting())


def _no_account(found: Behind) -> Any:
    if _may_be_same(found):
        return _l("You need no account. If nothing has changed, one press on the page is enough.")
    return _l("You need no account.")


def _letter(found: Behind, subject: Callable[[str], str], paragraphs: Callable[[str], Sequence[Any]]) -> Letter | None:
    """None where nothing waits any more."""
    link, waiting = found.link, found.waiting()
    if link.email is None or not waiting or not found.is_open(now()):
        return None
    lang, secret = link.language, secret_of(link)
    known = person_by_email(link.email)
    if known is not None and known.discreet:
        url = absolute("rounds.survey", neutral=True, lang=lang, token=secret)
        context = {"url": url, "neutral": True}
        return Letter(
            link.email, lang, lambda: gettext("There is news for you"), "funding/neutral", context, discreet=True
        )
    before, g.lang = getattr(g, "lang", "en"), lang
    try:
        with force_locale(LOCALES[lang]):
            context = {
                "name": link.name,
                "paragraphs": [str(one) for one in paragraphs("")],
                "commitments": [_told(one, lang) for one in waiting[:LISTED]],
                "more": max(0, len(waiting) - LISTED),
                "until": shown.ends(found.round, lang),
                "buttons": _buttons(waiting, secret, lang),
                "foot": FOOT,
            }
    finally:
        g.lang = before
    title = shown.event_of(found.round, lang)
    return Letter(link.email, lang, lambda: subject(title), "rounds/letter", context)


def _told(one: Asked, lang: str) -> dict[str, Any]:
    words, due = commitments.titled(one.commitment), one.commitment.words.due_on
    facts = [
        {"label": gettext("Made by"), "value": commitments.made_by(one.commitment)},
        *([{"label": gettext("By when?"), "value": show_date(due, lang)}] if due else []),
    ]
    if one.before is not None:
        facts.append({"label": gettext("You told us"), "value": label("self_report", one.before.value, lang)})
    return {
        "text": words.title,
        "lang": words.language,
        "direction": words.direction,
        "facts": facts,
    }


def _buttons(waiting: Sequence[Asked], secret: str, lang: str) -> list[dict[str, str]]:
    """Of one commitment the first question itself, of several the way to the list."""
    if len(waiting) > 1:
        return [
            {"label": gettext("Open the page"), "url": absolute("rounds.survey", lang=lang, token=secret)},
            {
                "label": gettext("Not me: no more of these mails"),
                "url": absolute("rounds.not_me", lang=lang, token=secret),
            },
        ]
    one = waiting[0]
    place: dict[str, Any] = {"lang": lang, "token": secret, "reference": one.commitment.reference}
    found = []
    same = shown.same_since(one, lang)
    if same and one.before:
        found.append({"label": same, "url": absolute("rounds.item", says=one.before.value, **place)})
    for choice in Says:
        if choice is not one.before:
            words = label("self_report", choice.value, lang)
            found.append({"label": words, "url": absolute("rounds.item", says=choice.value, **place)})
    found.append(
        {"label": gettext("Not me: no more of these mails"), "url": absolute("rounds.not_me", lang=lang, token=secret)}
    )
    return found

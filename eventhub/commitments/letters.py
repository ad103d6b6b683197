"""The mails to makers: confirm these words, a reminder of that, a question.

A mailbox that belongs to a discreet person gets a mail without the words, the event and the maker (SAFETY.md 13).
"""

from collections.abc import Callable
from typing import Any

from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l

from eventhub.commitments import queries
from eventhub.commitments.confirming import link_token
from eventhub.commitments.queries import Behind
from eventhub.kit.i18n import LOCALES, in_language, said_by_clock, show_date, show_moment
from eventhub.kit.mail import Letter
from eventhub.kit.web import absolute
from eventhub.people.queries import person_by_email

FOOT = _l(
    "You get this mail because the secretariat of the event was given this address for the commitment. Answers to this"
    " address are not read."
)


def asked(found: Behind) -> Letter | None:
    """Please confirm these words."""
    return _linked(
        found,
        lambda title: gettext("Please confirm a commitment: %(event)s", event=title),
        _l("At this event a commitment was written down in your name. Please say whether these are your words:"),
    )


def reminded(found: Behind) -> Letter | None:
    """The time to confirm them ends soon."""
    return _linked(
        found,
        lambda title: gettext("Still to confirm: %(event)s", event=title),
        _l("A commitment that was written down in your name waits for your word. Are these your words?"),
    )


def questioned(found: Behind) -> Letter | None:
    """The secretariat asks something before it goes on."""
    notes = queries.notes_of(found.commitment, for_maker=True)
    newest = next((one.text for one in reversed(notes) if one.to_maker), None)
    return _linked(
        found,
        lambda title: gettext("A question about your commitment: %(event)s", event=title),
        _l("Before your commitment is published, the secretariat asks:"),
        quote=newest,
    )


def _linked(found: Behind, subject: Callable[[str], str], first: Any, *, quote: str | None = None) -> Letter | None:
    contact, commitment = found.contact, found.commitment
    if contact.email is None:
        return None
    lang, event, secret = contact.language, commitment.event, link_token(found.asking)
    known = person_by_email(contact.email)
    neutral = known is not None and known.discreet
    url = absolute("commitments.confirm", neutral=neutral, lang=lang, token=secret)
    if neutral:
        return Letter(
            contact.email,
            lang,
            lambda: gettext("There is news for you"),
            "funding/neutral",
            {"url": url, "neutral": True},
            discreet=True,
        )
    title = in_language(event.title, lang, event.original_language).text
    due = commitment.words.due_on
    with force_locale(LOCALES[lang]):
        until = said_by_clock(show_moment(found.asking.until, event.time_zone, lang))
    facts = [
        {"label": _l("Made by"), "value": " · ".join(one.name for one in commitment.makers)},
        *([{"label": _l("Last day"), "value": show_date(due, lang)}] if due else []),
        {"label": _l("Answer by"), "value": until},
    ]
    return Letter(
        contact.email,
        lang,
        lambda: subject(title),
        "registration/letter",
        {
            "name": contact.name,
            "paragraphs": [
                first,
                _l("You need no account. Open the page, read the words again, confirm them or put them right."),
            ],
            "quote": quote or commitment.words.wording,
            "facts": facts,
            "buttons": [
                {"label": _l("Open the page"), "url": url},
                {
                    "label": _l("Not me: no more of these mails"),
                    "url": absolute("commitments.not_me", lang=lang, token=secret),
                },
            ],
            "foot": FOOT,
        },
    )

"""The mails to makers: confirm these words, a reminder of that, a question, and what was done to what they promised.

A mailbox that belongs to a discreet person gets a mail without the words, the event and the maker (SAFETY.md 13).
"""

import uuid
from collections.abc import Callable
from typing import Any

from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l

from eventhub.commitments import queries
from eventhub.commitments.confirming import link_token
from eventhub.commitments.models import State
from eventhub.commitments.queries import Behind
from eventhub.commitments.telling import News, is_seen, reason_of
from eventhub.kit.i18n import LOCALES, in_language, said_by_clock, show_date, show_moment
from eventhub.kit.mail import Letter
from eventhub.kit.web import absolute
from eventhub.people.queries import person_by_email

TOLD = {
    News.AMENDED: _l(
        "The secretariat changed the words or days of a commitment in your name. Everybody reads the new ones, those"
        " before, and the reason. If this is not right, write to the secretariat. These are the words now:"
    ),
    News.MAKERS: _l(
        "The secretariat changed who this commitment is made by. Everybody reads the names below. If they are not"
        " right, write to the secretariat:"
    ),
    News.SUCCEEDED: _l(
        "Another maker stands for this commitment from now on, and this address speaks for it. You will be asked what"
        " becomes of it:"
    ),
    News.REPLACED: _l(
        "Another commitment stands in the place of this one. Their pages lead to one another, and nobody asks you about"
        " this one any more:"
    ),
    News.CLOSED: _l("This commitment was closed. Its page stays, and nobody asks you about it any more:"),
    News.REOPENED: _l("This commitment is open again. You will be asked as before what becomes of it:"),
    News.WITHDRAWN: _l("This commitment was withdrawn. Its page stays, with the reason, for everybody to read:"),
}
STANDS = {News.CLOSED: State.CLOSED, News.REOPENED: State.PUBLISHED}
"""Where a commitment still stands when such a mail goes out."""
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


def told(
    commitment_id: uuid.UUID, contact_id: uuid.UUID, news: News, number: int, former_id: uuid.UUID | None = None
) -> Letter | None:
    """What the secretariat did to a commitment in the maker's name, with the reason that everybody reads. None when its
    words were changed again (``number``: the version of that moment), it is nobody's to see, it was opened again or
    closed again meanwhile, or the mailbox is gone. ``former_id``: the maker who was succeeded.
    """
    commitment = queries.record(commitment_id)
    contact = next((one for one in commitment.contacts if one.id == contact_id and one.email), None)
    if contact is None or contact.email is None or not is_seen(commitment):
        return None
    if news is News.AMENDED and commitment.newest != number:
        return None
    if commitment.state is not STANDS.get(news, commitment.state):
        return None
    lang, event, words = contact.language, commitment.event, commitment.words
    known = person_by_email(contact.email)
    if known is not None and known.discreet:
        url = absolute("people.me", neutral=True, lang=lang)
        return _neutral(contact.email, lang, url, "registration/neutral")
    title = in_language(event.title, lang, event.original_language).text
    day = [{"label": _l("Last day"), "value": show_date(words.due_on, lang)}] if words.due_on else []
    earlier = [one for one in commitment.versions if one.number < words.number]
    former = max(earlier, key=lambda one: one.number).due_on if news is News.AMENDED and earlier else None
    if former not in {None, words.due_on}:
        day.append({"label": _l("Last day before"), "value": show_date(former, lang)})
    return Letter(
        contact.email,
        lang,
        lambda: gettext("News of your commitment: %(event)s", event=title),
        "registration/letter",
        {
            "name": contact.name,
            "paragraphs": [TOLD[news], words.wording],
            "quote": reason_of(commitment, news, former_id) or None,
            "facts": [{"label": _l("Made by"), "value": " · ".join(one.name for one in commitment.makers)}, *day],
            "buttons": [
                {
                    "label": _l("Open the page"),
                    "url": absolute("commitments.commitment", lang=lang, reference=commitment.reference),
                },
                {"label": _l("Help and contact"), "url": absolute("programme.page", lang=lang, name="help")},
            ],
            "foot": FOOT,
        },
    )


def _neutral(email: str, lang: str, url: str, template: str = "funding/neutral") -> Letter:
    return Letter(
        email,
        lang,
        lambda: gettext("There is news for you"),
        template,
        {"url": url, "neutral": True},
        discreet=True,
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
        return _neutral(contact.email, lang, url)
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

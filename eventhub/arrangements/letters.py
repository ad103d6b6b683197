"""Mails about what somebody asked for: that there is an answer, never what it is about.

A mailbox is read by others, and it is about health.
"""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from eventhub.arrangements.models import Status
from eventhub.kit.i18n import in_language, show_days
from eventhub.kit.mail import Letter
from eventhub.kit.web import absolute
from eventhub.registration.models import Registration

PARAGRAPHS: dict[Status, Any] = {
    Status.CONFIRMED: _l("Something you asked for with your registration is confirmed."),
    Status.NOT_POSSIBLE: _l(
        "Something you asked for with your registration is not possible. On your page we say why, and what we can do."
    ),
}


def answered(registration: Registration, status: Status) -> Letter | None:
    """The letter, or None for a person without an address. A discreet person's does not name the event either."""
    person, event = registration.person, registration.event
    if not person.email:
        return None
    lang = person.language
    if person.discreet:
        return Letter(
            person.email,
            lang,
            lambda: gettext("There is news for you"),
            "registration/neutral",
            {"url": absolute("people.me", neutral=True, lang=lang), "neutral": True},
            discreet=True,
        )
    title = in_language(event.title, lang, event.original_language).text
    return Letter(
        person.email,
        lang,
        lambda: gettext("News about your registration: %(event)s", event=title),
        "registration/letter",
        {
            "name": person.public_name,
            "paragraphs": [PARAGRAPHS[status], _l("Sign in to read it.")],
            "quote": None,
            "facts": [
                {"label": _l("Event"), "value": title},
                {"label": _l("When"), "value": show_days(event.first_day, event.last_day, lang)},
                {"label": _l("Your reference"), "value": registration.reference, "ltr": True},
            ],
            "buttons": [
                {
                    "label": _l("See my registration"),
                    "url": absolute("registration.mine_one", lang=lang, reference=registration.reference),
                }
            ],
            "foot": None,
        },
    )

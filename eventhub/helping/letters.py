"""The one mail of a helper: there is a link for you. It names nobody but the helper, and no event.

Nobody knows whose mailbox it is, or who else reads it: which name is meant stands behind the sign-in.
"""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from eventhub.helping import queries
from eventhub.helping.actions import charge_token, not_me
from eventhub.helping.models import Charge
from eventhub.kit.mail import Letter
from eventhub.kit.web import absolute
from eventhub.people.models import Person
from eventhub.people.queries import person_by_email


def named(charge: Charge, helper: Person) -> Letter | None:
    """Somebody fills in a form for you; take it over, or say that it is not for you."""
    if charge.email is None or queries.is_unwanted(helper.id, charge.email):
        return None
    lang, secret = charge.language, charge_token(charge)
    known = person_by_email(charge.email)
    neutral = known is not None and known.discreet
    claim = absolute("helping.claim", neutral=neutral, lang=lang, token=secret)
    if neutral:
        return Letter(
            charge.email,
            lang,
            lambda: gettext("There is news for you"),
            "delegations/neutral",
            {"url": claim, "neutral": True},
            discreet=True,
        )
    who = queries.told_name(helper.alias, helper.name, discreet=helper.discreet)
    return Letter(
        charge.email,
        lang,
        lambda: gettext("%(name)s has a link for you", name=who) if who else gettext("There is a link for you"),
        "registration/letter",
        {
            "name": "",
            "paragraphs": [
                _l("%(name)s fills in a form for somebody who reads this mailbox.", name=who)
                if who
                else _l("Somebody fills in a form for somebody who reads this mailbox."),
                _l(
                    "Open the page and sign in with any email address of your own: there you read whom it is for, and"
                    " take it over. From then on whoever filled it in sees nothing of it."
                ),
                _l("Several people may share this mailbox: each gets a mail of their own, and a link for one person."),
            ],
            "quote": None,
            "facts": [],
            "buttons": [
                {"label": _l("Open the page"), "url": claim},
                {
                    "label": _l("Not me: no more of these mails"),
                    "url": absolute("helping.refuse", lang=lang, token=not_me(helper.id, charge.email)),
                },
            ],
            "foot": _l(
                "You get this mail because somebody gave us this address for it. Answers to this address are not read."
            ),
        },
    )

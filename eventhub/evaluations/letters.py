"""The mails of an evaluation: the question, and one reminder. To a discreet person they name nothing."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from eventhub.evaluations import queries
from eventhub.evaluations.models import Invitation
from eventhub.kit.clock import now
from eventhub.kit.i18n import in_language, show_date, show_moment
from eventhub.kit.mail import Letter
from eventhub.kit.web import absolute

FOOT = _l(
    "You get this email because you took part in the event. One link is for one person: please do not pass it on."
    " Answers to this address are not read."
)
NOBODY_SEES = _l(
    "Nobody can see which answers are yours: they are kept apart from your name, mixed with those of others."
)


def asked(found: Invitation) -> Letter | None:
    """How was it?"""
    return _letter(
        found,
        _l("How was it? %(event)s"),
        [
            _l("Thank you for taking part. What was good, and what should be better next time? It takes two minutes."),
            NOBODY_SEES,
        ],
    )


def reminded(found: Invitation) -> Letter | None:
    """Once more, to whose link is not marked: it may have been answered in the last days."""
    return _letter(
        found,
        _l("Still to say: how was it? %(event)s"),
        [
            _l(
                "We ask once more how it was, and not again. If you have answered in the last days, you need do"
                " nothing: we only learn later, and for many people at once, that a link was used."
            ),
            NOBODY_SEES,
        ],
    )


def _letter(found: Invitation, subject: Any, paragraphs: Sequence[Any]) -> Letter | None:
    """None where nothing is asked any more."""
    person, evaluation = found.person, found.evaluation
    event, lang = evaluation.event, person.language
    if person.email is None or found.salt is None or found.answered_on is not None:
        return None
    if not queries.is_open(evaluation, event, now()):
        return None
    secret = queries.secret_of(found.id, found.salt)
    if person.discreet:
        context: dict[str, Any] = {
            "url": absolute("evaluations.form", neutral=True, lang=lang, token=secret),
            "neutral": True,
            "until": show_moment(queries.ends(evaluation, event), event.time_zone, lang),
            "signs_in": False,
        }
        return Letter(
            person.email, lang, lambda: gettext("There is news for you"), "registration/neutral", context, discreet=True
        )
    title = in_language(event.title, lang, event.original_language).text
    context = {
        "name": person.public_name,
        "paragraphs": paragraphs,
        "quote": None,
        "facts": [
            {"label": _l("Event"), "value": title},
            {"label": _l("Answer by"), "value": show_date(evaluation.closes_on, lang)},
        ],
        "buttons": [{"label": _l("Say how it was"), "url": absolute("evaluations.form", lang=lang, token=secret)}],
        "foot": FOOT,
    }
    return Letter(person.email, lang, lambda: str(subject) % {"event": title}, "registration/letter", context)

"""What applicants are told about a call: changed rules, a later deadline, its end.

A discreet person's letter says that there is news, and nothing about what (SAFETY.md property 13).
"""

import uuid
from typing import Any

from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from eventhub.funding import attending, call_shown
from eventhub.funding.models import Application, CallDeadline, CallRules, Stand, State
from eventhub.funding.opening import NEWS_OF_DEADLINE, NEWS_OF_END, NEWS_OF_RULES, TOLD
from eventhub.kit.db import db
from eventhub.kit.i18n import LOCALES, in_language, said_by_clock
from eventhub.kit.mail import Letter
from eventhub.kit.web import absolute

FOOT = _l("You get this mail because you applied to the fund or began to. Answers to this address are not read.")


def rules_told(application_id: uuid.UUID, number: int) -> Letter | None:
    """The rules have changed and why; None when the file is not judged by them any more, or the call ended."""
    found = _application(application_id, NEWS_OF_RULES)
    if found is None or found.call.stand is not Stand.OPEN:
        return None
    rows = select(CallRules).where(CallRules.call_id == found.call_id, CallRules.number == number)
    changed = db.session.scalar(rows)
    if changed is None or changed.agreed_at is None:
        return None
    return _letter(
        found,
        lambda title: gettext("The rules have changed: %(call)s", call=title),
        [
            _l("The rules of this call have changed. Two people of the fund agreed to it, for this reason:"),
        ],
        quote=changed.reason,
        after=[_l("What you wrote is kept, and you need not do anything. The page of the call shows all rules.")],
    )


def extended_told(application_id: uuid.UUID, deadline_id: uuid.UUID) -> Letter | None:
    """There is more time; None when the application was sent meanwhile, or a still later deadline was announced."""
    found = _application(application_id, NEWS_OF_DEADLINE)
    deadline = db.session.get(CallDeadline, deadline_id)
    if found is None or deadline is None or found.call.stand is not Stand.OPEN:
        return None
    if deadline.closes_at != found.call.closes_at:
        return None
    return _letter(
        found,
        lambda title: gettext("You have more time: %(call)s", call=title),
        [_l("The deadline of this call is later now, and your draft is as you left it. Send it by then.")],
        quote=deadline.reason,
        deadline=True,
    )


def cancelled_told(application_id: uuid.UUID) -> Letter | None:
    """The call does not go on, and why."""
    found = _application(application_id, NEWS_OF_END)
    if found is None or found.call.stand is not Stand.CANCELLED:
        return None
    lang = found.person.language
    reason = in_language(found.call.cancelled_reason, lang, found.call.original_language).text
    return _letter(
        found,
        lambda title: gettext("This call does not go on: %(call)s", call=title),
        [_l("We are sorry: the fund had to cancel this call, and makes no grants from it.")],
        quote=reason,
    )


def _application(application_id: uuid.UUID, states: tuple[State, ...]) -> Application | None:
    rows = (
        select(Application)
        .where(Application.id == application_id, Application.erased_at.is_(None), TOLD.in_(states))
        .options(joinedload(Application.call), joinedload(Application.person))
    )
    return db.session.scalar(rows)


def _letter(
    found: Application,
    subject: Any,
    paragraphs: list[Any],
    *,
    quote: str | None,
    after: list[Any] | None = None,
    deadline: bool = False,
) -> Letter | None:
    person, call = found.person, found.call
    if not person.email:
        return None
    lang = person.language
    if person.discreet:
        return _neutral(person.email, lang)
    title = call_shown.title_of(call, lang)
    facts = [{"label": _l("Call"), "value": title}]
    if deadline:
        with force_locale(LOCALES[lang]):
            until = said_by_clock(call_shown.moment_of(call, call.closes_at, lang))
        facts.append({"label": _l("New deadline"), "value": until})
    return Letter(
        person.email,
        lang,
        lambda: subject(title),
        "registration/letter",
        {
            "name": person.public_name,
            "paragraphs": [*paragraphs, *(after or [])],
            "quote": quote,
            "facts": facts,
            "buttons": [
                {"label": _l("The call and its rules"), "url": absolute("funding.call", slug=call.slug, lang=lang)},
                attending.helping(lang),
            ],
            "foot": FOOT,
        },
    )


def _neutral(to: str, lang: str) -> Letter:
    return Letter(
        to,
        lang,
        lambda: gettext("There is news for you"),
        "registration/neutral",
        {"url": absolute("people.me", neutral=True, lang=lang), "neutral": True},
        discreet=True,
    )

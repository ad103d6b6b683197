"""What delegations write: to a focal point, to a nominee, and that somebody awaits the focal point's word.

A discreet person's mail says that there is something to look at, and nothing about what (SAFETY.md property 13).
"""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from eventhub.delegations.actions import focal_token, nominee_token
from eventhub.delegations.models import Delegation, FocalInvitation, Nominee
from eventhub.kit.clock import now
from eventhub.kit.i18n import in_language, show_days, show_moment
from eventhub.kit.mail import Letter
from eventhub.kit.text import told_to_strangers
from eventhub.kit.web import absolute
from eventhub.people.models import Person
from eventhub.people.queries import person_by_email
from eventhub.programme.models import Event
from eventhub.registration import categories, windows
from eventhub.registration.queries import setup_of

FOOT = _l("You get this mail because somebody gave us this address for it. Answers to this address are not read.")


def focal_point_invited(invitation: FocalInvitation, delegation: Delegation, event: Event) -> Letter:
    """Will you be the focal point?"""
    lang = invitation.language
    known = person_by_email(invitation.email)
    secret = focal_token(invitation)
    if known is not None and known.discreet:
        return _neutral(invitation.email, lang, "delegations.become", token=secret)
    title = _title(event, lang)
    return Letter(
        invitation.email,
        lang,
        lambda: gettext("Focal point of a delegation: %(event)s", event=title),
        "registration/letter",
        {
            "name": "",
            "paragraphs": [
                _l("The secretariat asks you to be the focal point of this delegation."),
                _l(
                    "As focal point you nominate the people of the delegation, see where each nomination stands, and"
                    " approve or replace people. You never see what they answer."
                ),
                _l("Open the page, sign in, and accept. The link holds for thirty days."),
            ],
            "quote": None,
            "facts": _facts(delegation, event, lang, title),
            "buttons": [
                {"label": _l("Look at it and accept"), "url": absolute("delegations.become", lang=lang, token=secret)}
            ],
            "foot": FOOT,
        },
    )


def nominated(nominee: Nominee, delegation: Delegation, event: Event) -> Letter | None:
    """You are nominated; complete your own data. None for whom no mailbox was named."""
    if nominee.email is None:
        return None
    lang, secret = nominee.language, nominee_token(nominee)
    known = person_by_email(nominee.email)
    if known is not None and known.discreet:
        return _neutral(nominee.email, lang, "delegations.claim", token=secret)
    title = _title(event, lang)
    return Letter(
        nominee.email,
        lang,
        lambda: gettext("You are nominated: %(event)s", event=title),
        "registration/letter",
        {
            "name": told_to_strangers(nominee.name),
            "paragraphs": [
                _l("The focal point of your delegation has nominated you for this event."),
                _l(
                    "Open the page, sign in with any email address of your own, and complete your data. The focal point"
                    " sees whether it is complete, and nothing of what you answer."
                ),
                _l(
                    "The link is for you alone: whoever signs in and takes the invitation first has it. Others who read"
                    " this mailbox have links of their own."
                ),
            ],
            "quote": None,
            "facts": [*_facts(delegation, event, lang, title), *_deadline(delegation, event, lang)],
            "buttons": [
                {"label": _l("Complete my registration"), "url": absolute("delegations.claim", lang=lang, token=secret)}
            ],
            "foot": FOOT,
        },
    )


def declined(person: Person, delegation: Delegation, event: Event) -> Letter | None:
    """To the focal point: somebody who was nominated does not come. It names nobody."""
    return _of_my_delegation(
        person,
        delegation,
        event,
        lambda title: gettext("A nomination was declined: %(event)s", event=title),
        _l("Somebody whom you nominated does not come, and has said so. The place is free again."),
        _l("On the page of your delegation you see who it is, and can nominate somebody else."),
    )


def register_by(delegation: Delegation, event: Event, lang: str) -> str | None:
    """Until when a nominee can register in the category of the delegation, by the event's clock; None where nothing is
    open.
    """
    setup = setup_of(event.id)
    if setup is None:
        return None
    closes_at = windows.closes(setup, categories.rule_of(categories.rules_of(event.id), delegation.category))
    if closes_at <= now():
        return None
    here = show_moment(closes_at, event.time_zone, lang)
    said: str = gettext("%(day)s, %(time)s, %(place)s", day=here.day, time=here.time, place=here.place)
    return said


def awaited(person: Person, delegation: Delegation, event: Event) -> Letter | None:
    """To the focal point: somebody's registration is complete, and your word is awaited. It names nobody."""
    return _of_my_delegation(
        person,
        delegation,
        event,
        lambda title: gettext("A nomination awaits your word: %(event)s", event=title),
        _l("Somebody of your delegation has completed the registration. Please approve or replace the person."),
        _l("If we hear nothing within some working days, the secretariat may go on without your word."),
    )


def ended(person: Person, delegation: Delegation, event: Event) -> Letter | None:
    """To whoever was the focal point: somebody else is, or nobody, and the own page of the delegation is closed."""
    if person.email is None or delegation.focal_id == person.id:
        return None
    lang = person.language
    if person.discreet:
        return _neutral(person.email, lang, "people.me")
    title = _title(event, lang)
    return Letter(
        person.email,
        lang,
        lambda: gettext("You are not the focal point any more: %(event)s", event=title),
        "registration/letter",
        {
            "name": person.public_name,
            "paragraphs": [
                _l("Somebody else is the focal point of this delegation now, or the secretariat has ended your part."),
                _l("You do not see its people any more. If this is a mistake, please write to the secretariat."),
            ],
            "quote": None,
            "facts": _facts(delegation, event, lang, title),
            "buttons": [{"label": _l("Go to my page"), "url": absolute("people.me", lang=lang)}],
            "foot": _l(
                "You get this mail because you were the focal point of a delegation. Answers to this address are not"
                " read."
            ),
        },
    )


def called_off(person: Person, delegation: Delegation, event: Event) -> Letter | None:
    """To a focal point: the event is cancelled."""
    if person.email is None:
        return None
    then = _l("You need not do anything as focal point. Whoever of your delegation has registered gets a mail as well.")
    return _called_off(person.email, person.language, person.public_name, delegation, event, then, person.discreet)


def nomination_called_off(nominee: Nominee, delegation: Delegation, event: Event) -> Letter | None:
    """To a nominee who has not taken the link: the event is cancelled."""
    if nominee.email is None:
        return None
    known = person_by_email(nominee.email)
    then = _l("You were nominated for it. You need not do anything, and the link that you got opens nothing any more.")
    discreet = known is not None and known.discreet
    return _called_off(
        nominee.email, nominee.language, told_to_strangers(nominee.name), delegation, event, then, discreet
    )


def _called_off(
    to: str, lang: str, name: str, delegation: Delegation, event: Event, then: Any, discreet: bool
) -> Letter:
    if discreet:
        return _neutral(to, lang, "people.me")
    title = _title(event, lang)
    return Letter(
        to,
        lang,
        lambda: gettext("Cancelled: %(title)s", title=title),
        "registration/letter",
        {
            "name": name,
            "paragraphs": [_l("This event will not take place. We are sorry."), then],
            "quote": None,
            "facts": _facts(delegation, event, lang, title),
            "buttons": [],
            "foot": FOOT,
        },
    )


def _of_my_delegation(
    person: Person, delegation: Delegation, event: Event, subject: Callable[[str], str], *paragraphs: object
) -> Letter | None:
    if person.email is None:
        return None
    lang = person.language
    if person.discreet:
        return _neutral(person.email, lang, "people.me")
    title = _title(event, lang)
    return Letter(
        person.email,
        lang,
        lambda: subject(title),
        "registration/letter",
        {
            "name": person.public_name,
            "paragraphs": list(paragraphs),
            "quote": None,
            "facts": _facts(delegation, event, lang, title),
            "buttons": [
                {
                    "label": _l("Look at my delegation"),
                    "url": absolute("delegations.delegation", lang=lang, delegation_id=delegation.id),
                }
            ],
            "foot": _l(
                "You get this mail because you are the focal point of a delegation. Answers to this address are not"
                " read."
            ),
        },
    )


def _neutral(to: str, lang: str, endpoint: str, **values: Any) -> Letter:
    return Letter(
        to,
        lang,
        lambda: gettext("There is news for you"),
        "delegations/neutral",
        {"url": absolute(endpoint, neutral=True, lang=lang, **values), "neutral": True},
        discreet=True,
    )


def _deadline(delegation: Delegation, event: Event, lang: str) -> list[dict[str, Any]]:
    by = register_by(delegation, event, lang)
    return [{"label": _l("Register by"), "value": by}] if by else []


def _title(event: Event, lang: str) -> str:
    return str(in_language(event.title, lang, event.original_language).text)


def _facts(delegation: Delegation, event: Event, lang: str, title: str) -> list[dict[str, Any]]:
    return [
        {"label": _l("Event"), "value": title},
        {"label": _l("When"), "value": show_days(event.first_day, event.last_day, lang)},
        {"label": _l("Delegation"), "value": delegation.organisation.name},
    ]

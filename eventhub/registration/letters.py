"""What registration writes to people, in their language; the same words for the worker and for the desk's preview.

A discreet person's letter says that there is news, and nothing about what (SAFETY.md property 13).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext, lazy_ngettext
from flask_babel import lazy_gettext as _l

from eventhub.kit.i18n import UNCHOSEN, in_language, show_days, show_moment
from eventhub.kit.mail import Letter
from eventhub.kit.web import absolute
from eventhub.people.models import Person
from eventhub.programme.models import Event, Mode
from eventhub.registration import shown
from eventhub.registration.models import Registration, RegistrationSetup, SeatOffer, State
from eventhub.registration.offers import offer_token

DECISIONS = {
    State.ACCREDITED: "accredited",
    State.WAITLISTED: "waitlisted",
    State.DECLINED: "declined",
    State.REVOKED: "revoked",
}


Words = tuple[Any, list[Any]]
"""A subject and the paragraphs after it, translated when they are drawn."""


@dataclass(frozen=True)
class About:
    """What a letter is about, and in which language."""

    registration: Registration
    event: Event
    setup: RegistrationSetup
    lang: str
    title: str
    offer: SeatOffer | None = None
    signs_in: bool = False
    kept: str | None = None
    until: datetime | None = None


def letter(
    kind: str,
    registration: Registration,
    event: Event,
    setup: RegistrationSetup,
    *,
    person: Person,
    language: str | None = None,
    text: str | None = None,
    offer: SeatOffer | None = None,
    until: datetime | None = None,
) -> Letter | None:
    """The letter of a kind, or None for a person without an address. ``offer``: what the kind "offered" is about;
    ``text``: words of the desk, which are quoted, or where this one is "dropped" the reference of the registration that
    goes on; ``until``: the deadline that a letter names, where it is not the event's own.
    """
    if not person.email:
        return None
    lang = language or person.language
    if person.discreet:
        if offer is not None:
            return _neutral_offer(person.email, lang, person, offer)
        return _neutral(person.email, lang, "people.me")
    title = in_language(event.title, lang, event.original_language).text
    about = About(registration, event, setup, lang, title, offer, person.asks_second_step, text, until)
    subject, paragraphs = WORDS[kind](about)
    return Letter(
        person.email,
        lang,
        lambda: str(subject),
        "registration/letter",
        {
            "name": person.public_name,
            "paragraphs": paragraphs,
            "quote": None if kind == "dropped" else text,
            "facts": _facts(registration, event, lang, title),
            "buttons": _buttons(kind, registration, event, lang, offer),
            "foot": None if registration.reference else BEGUN,
        },
    )


def _neutral(to: str, lang: str, endpoint: str) -> Letter:
    """There is news, and on which page it is read; nothing else (SAFETY.md property 13)."""
    return Letter(
        to,
        lang,
        lambda: gettext("There is news for you"),
        "registration/neutral",
        {"url": absolute(endpoint, neutral=True, lang=lang), "neutral": True},
        discreet=True,
    )


def _submitted(it: About) -> Words:
    late = [_l("It came after the deadline, within the time of grace, and is marked as late.")]
    return _l("We have your registration: %(event)s", event=it.title), [
        _l("Thank you. Your registration has arrived, and nothing more is needed from you now."),
        *(late if it.registration.late else []),
        *([FIRST_THE_FOCAL_POINT] if it.registration.state is State.AWAITING_FOCAL_POINT else []),
        lazy_ngettext(
            "The secretariat looks at it and answers within %(num)s working day.",
            "The secretariat looks at it and answers within %(num)s working days.",
            it.setup.answer_within_days,
        ),
        _l("You can change your answers until the deadline, and withdraw at any time."),
    ]


FIRST_THE_FOCAL_POINT = _l("The focal point of your delegation looks at the nomination first.")


def _waitlisted(it: About) -> Words:
    reason = shown.reason_text(it.registration.reason, it.lang)
    return _l("You are on the waiting list: %(event)s", event=it.title), [
        *([reason] if reason else [_l("Your registration has arrived. All places are taken at the moment.")]),
        _l("When a place becomes free, we write to you at once. You need not do anything until then."),
    ]


def _accredited(it: About) -> Words:
    if not it.setup.needs_accreditation:
        return _l("Your place is confirmed: %(event)s", event=it.title), [
            shown.reason_text("complete", it.lang),
            _l("If you cannot come, please withdraw, so that somebody else gets the place."),
        ]
    return _l("You are accredited: %(event)s", event=it.title), [
        shown.reason_text(it.registration.reason or "complete", it.lang),
        _l(
            "Choose your sessions and put them into your calendar: on the page “My sessions” you also find the address "
            "of your personal calendar, which keeps itself up to date."
        ),
        _l("If you cannot come, please withdraw, so that somebody else gets the place."),
    ]


def _declined(it: About) -> Words:
    return _l("About your registration: %(event)s", event=it.title), [
        shown.reason_text(it.registration.reason or "other", it.lang),
        ANSWER_US,
    ]


def _revoked(it: About) -> Words:
    return _l("About your registration: %(event)s", event=it.title), [
        _l("We had confirmed your place at this event. We have taken this back, and you are not expected any more."),
        shown.reason_text(it.registration.reason or "other", it.lang),
        _l("A badge or a letter that was made for you for this event is no longer valid."),
        ANSWER_US,
    ]


ANSWER_US = _l("You can answer us on the page “Questions about my registration”.")
"""Where the texts of reasons say "write to us"."""


def _taken_up(it: About) -> Words:
    return _l("We look at your registration again: %(event)s", event=it.title), [
        _l("Nothing more is needed from you now. We write to you as soon as there is a decision."),
    ]


def _asked(it: About) -> Words:
    return _l("A question about your registration: %(event)s", event=it.title), [
        _l("Before we decide on your registration, we need something more from you:"),
    ]


def _offered(it: About) -> Words:
    if it.offer is None:
        raise ValueError("this letter is about an offer")
    here = show_moment(it.offer.until, it.event.time_zone, it.lang)
    return _l("A place is offered to you: %(event)s", event=it.title), [
        _l("A place has become free, and it is kept for you until %(day)s, %(time)s (%(offset)s).", **_told(here)),
        *_by_own_clock(it, here),
        _l("Sign in, look at what is offered, and press one button.")
        if it.signs_in
        else _l("Open the page, look at what is offered, and press one button. You need not sign in."),
        _l("If you do not answer in time, the place goes to the next person."),
    ]


def _lapsed(it: About) -> Words:
    if it.registration.state is State.WITHDRAWN:
        then = _l("You are no longer on the waiting list, and you are not expected.")
    else:
        then = _l("You are still on the waiting list, now at its end. You need not do anything.")
    return _l("The offer of a place has ended: %(event)s", event=it.title), [
        _l("We had no answer from you in time, so the place went to the next person."),
        then,
    ]


def _place_kept(it: About) -> Words:
    return _l("Your place is kept: %(event)s", event=it.title), [
        _l("You have accepted, and the place is kept for you while the secretariat looks at your registration."),
        lazy_ngettext(
            "The secretariat looks at it and answers within %(num)s working day.",
            "The secretariat looks at it and answers within %(num)s working days.",
            it.setup.answer_within_days,
        ),
    ]


def _withdrawn(it: About) -> Words:
    return _l("Your registration is withdrawn: %(event)s", event=it.title), [
        _l("You are not expected any more. If it was not you who withdrew, please write to us."),
    ]


def _dropped(it: About) -> Words:
    return _l("You are registered once: %(event)s", event=it.title), [
        shown.reason_text("duplicate", it.lang),
        _l("The registration that goes on has the reference %(reference)s.", reference=it.kept or ""),
    ]


def _replaced(it: About) -> Words:
    return _l("Your nomination has ended: %(event)s", event=it.title), [
        _l(
            "The focal point of your delegation has changed the nominations, and you are not among its people any more."
            " Your registration is therefore withdrawn, and you are not expected."
        ),
        _l("You need not do anything. If you think that this is a mistake, please ask your delegation."),
    ]


def _changed(it: About) -> Words:
    return _l("Your answers were changed: %(event)s", event=it.title), [
        _l("We have your changed answers. If it was not you who changed them, please write to us."),
    ]


def _event_cancelled(it: About) -> Words:
    if not it.registration.reference:
        then = _l("You had begun to register. You need not do anything more.")
    else:
        then = _l("You need not do anything. Your registration stays on your page, where you can read or withdraw it.")
    return _l("Cancelled: %(title)s", title=it.title), [
        _l("This event will not take place. We are sorry."),
        then,
    ]


def _deadline_extended(it: About) -> Words:
    here = show_moment(it.until or it.setup.closes_at, it.event.time_zone, it.lang)
    when = _l("There is more time: you can register until %(day)s, %(time)s (%(offset)s).", **_told(here))
    if it.registration.state is State.DECLINED:
        then = _l("Your registration had come after the earlier deadline. Write to us, and we will look at it again.")
    else:
        then = _l("What you had begun is kept. You can go on where you stopped.")
    return _l("The deadline was extended: %(event)s", event=it.title), [when, then]


NOW_IT_IS = {
    Mode.IN_PERSON: _l("The event now takes place in person only. Nobody can take part remotely."),
    Mode.ONLINE: _l("The event now takes place online only. Nobody can take part in person."),
}


def _way_asked(it: About) -> Words:
    if it.until is None:
        raise ValueError("this letter names a deadline")
    here = show_moment(it.until, it.event.time_zone, it.lang)
    return _l("Please choose again how you take part: %(event)s", event=it.title), [
        NOW_IT_IS[it.event.mode],
        _l("You had registered to take part in another way, so we ask you to choose again, or to withdraw."),
        _l("Please answer until %(day)s, %(time)s (%(offset)s): open the page and press one button.", **_told(here)),
    ]


def _way_reminded(it: About) -> Words:
    _subject, paragraphs = _way_asked(it)
    return _l("Your answer is awaited: %(event)s", event=it.title), [
        _l("We have no answer from you yet to the question how you take part."),
        *paragraphs,
    ]


WORDS: dict[str, Callable[[About], Words]] = {
    "submitted": _submitted,
    "waitlisted": _waitlisted,
    "offered": _offered,
    "lapsed": _lapsed,
    "place_kept": _place_kept,
    "accredited": _accredited,
    "declined": _declined,
    "revoked": _revoked,
    "taken_up": _taken_up,
    "asked": _asked,
    "withdrawn": _withdrawn,
    "dropped": _dropped,
    "replaced": _replaced,
    "changed": _changed,
    "deadline_extended": _deadline_extended,
    "way_asked": _way_asked,
    "way_reminded": _way_reminded,
    "event_cancelled": _event_cancelled,
}
"""Subject and paragraphs of each kind."""


BEGUN = _l("You get this mail because you began to register. Answers to this address are not read.")
"""Why a letter comes to somebody who never sent anything."""


def _told(moment: Any) -> dict[str, str]:
    return {"day": moment.day, "time": moment.time, "offset": moment.place}


def _by_own_clock(it: About, here: Any) -> list[Any]:
    """The same instant where the person is, when that is another clock."""
    zone = it.registration.person.time_zone
    there = show_moment(it.offer.until, zone, it.lang) if it.offer and zone != UNCHOSEN else here
    if there.place == here.place:
        return []
    return [_l("By your own clock: %(day)s, %(time)s (%(offset)s).", **_told(there))]


def _neutral_offer(to: str, lang: str, person: Person, offer: SeatOffer) -> Letter:
    """That an answer is awaited and until when; by the person's own clock, since an event's would tell where it is."""
    return Letter(
        to,
        lang,
        lambda: gettext("An answer is awaited from you"),
        "registration/neutral",
        {
            "url": absolute("registration.offer", neutral=True, lang=lang, token=offer_token(offer)),
            "neutral": True,
            "until": show_moment(offer.until, person.time_zone, lang),
            "signs_in": person.asks_second_step,
        },
        discreet=True,
    )


def _facts(registration: Registration, event: Event, lang: str, title: str) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = [
        {"label": _l("Event"), "value": title},
        {"label": _l("When"), "value": show_days(event.first_day, event.last_day, lang)},
    ]
    if registration.reference:
        facts.append({"label": _l("Your reference"), "value": registration.reference, "ltr": True})
    return facts


def _buttons(
    kind: str, registration: Registration, event: Event, lang: str, offer: SeatOffer | None
) -> list[dict[str, Any]]:
    buttons: list[dict[str, Any]] = []
    if offer is not None:
        address = absolute("registration.offer", lang=lang, token=offer_token(offer))
        return [{"label": _l("Look at the offer and answer"), "url": address}]
    if kind == "accredited" and event.kind in shown.FORUMS:
        buttons.append({"label": _l("My sessions"), "url": absolute("calendars.my_sessions", lang=lang)})
    if kind == "asked":
        address = absolute("registration.questions", lang=lang, reference=registration.reference)
        return [{"label": _l("Answer the question"), "url": address}]
    if kind in {"way_asked", "way_reminded"}:
        address = absolute("registration.way", lang=lang, reference=registration.reference)
        return [{"label": _l("Choose how to take part"), "url": address}]
    if kind == "event_cancelled" and not registration.reference:
        return [{"label": _l("Go to my page"), "url": absolute("people.me", lang=lang)}]
    if registration.reference:
        address = absolute("registration.mine_one", lang=lang, reference=registration.reference)
        buttons.append({"label": _l("See my registration"), "url": address})
    else:
        address = absolute("registration.start", lang=lang, slug=event.slug)
        buttons.append({"label": _l("Go on with my registration"), "url": address})
    if kind in WRITE_TO_US or (kind == "deadline_extended" and registration.state is State.DECLINED):
        buttons.append({"label": _l("Help and contact"), "url": absolute("programme.page", lang=lang, name="help")})
    return buttons


WRITE_TO_US = frozenset({"withdrawn", "dropped", "changed"})
"""Letters that say "write to us": the way stands beside, since answers to them are not read."""


def many_reads(admin: Person) -> Letter | None:
    """To an administrator: somebody opened many sealed answers within an hour. Names nobody; the audit does."""
    return _report(
        admin,
        _l("Many sealed answers were opened"),
        [
            _l("One colleague opened more than twenty sealed answers within an hour."),
            _l("Each one is recorded with its reason. Please look at the record and ask."),
        ],
    )


def many_searches(admin: Person) -> Letter | None:
    """To an administrator: somebody searched lists for many names within an hour."""
    return _report(
        admin,
        _l("Many names were searched for"),
        [
            _l("One colleague searched lists of registrations for names more than fifty times within an hour."),
            _l("Each search is recorded, without the name. Please look at the record and ask."),
        ],
    )


def many_refusals(admin: Person) -> Letter | None:
    """To an administrator: somebody at a door scanned many badges that let nobody in."""
    return _report(
        admin,
        _l("Many badges were refused at a door"),
        [
            _l("One colleague scanned more than fifty badges within an hour that let nobody in."),
            _l("Each scan is recorded. Please look at the live counts and ask."),
        ],
    )


def _report(admin: Person, subject: Any, paragraphs: list[Any]) -> Letter | None:
    if not admin.email:
        return None
    if admin.discreet:
        return _neutral(admin.email, admin.language, "people_console.today")
    return Letter(
        admin.email,
        admin.language,
        lambda: str(subject),
        "registration/letter",
        {
            "name": admin.public_name,
            "paragraphs": paragraphs,
            "quote": None,
            "facts": [],
            "buttons": [
                {"label": _l("Go to the console"), "url": absolute("people_console.today", lang=admin.language)}
            ],
            "foot": _l("You get this mail because you are an administrator. Answers to this address are not read."),
        },
    )

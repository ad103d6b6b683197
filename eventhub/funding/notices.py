"""What is mailed to applicants about their file, and to those who vouch, each in the language chosen for them.

A discreet applicant's mails say that there is news, and nothing about what; so do those to whoever vouches for one, or
for somebody whose name cannot be told to strangers.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l

from eventhub.funding import attending, returning, told
from eventhub.funding.models import Application, Call, Vouch, Voucher
from eventhub.funding.vouching import Asked, due, link_token, wants_letter
from eventhub.kit.clock import now
from eventhub.kit.i18n import in_language, show_date, show_moment
from eventhub.kit.mail import Letter
from eventhub.kit.text import told_to_strangers
from eventhub.kit.web import absolute
from eventhub.people.models import Person
from eventhub.people.queries import person_by_email

FOOT = _l("You get this mail because you applied for support. Answers to this address are not read.")
STRANGER = _l("You get this mail because somebody gave us this address for it. Answers to this address are not read.")


def received(application: Application, call: Call, person: Person, *, answered_by: date | None = None) -> Letter | None:
    """We have your application; ``answered_by``: the last day of the answer, where the rules name one."""
    day = show_date(answered_by, person.language) if answered_by else ""
    late = [_l("It came after the deadline, within the time of grace, and is marked as late.")]
    paragraphs = [
        _l("Thank you. Your application has arrived."),
        *(late if application.late else []),
        _l("The fund checks that nothing is missing. You get a mail in any case."),
        *([_l("Everybody gets the answer on the same day, at the latest on %(day)s.", day=day)] if day else []),
    ]
    there = attending.of_person(person.id, call)
    if there is not None and there.step is not attending.Step.NOTHING:
        paragraphs += there.words(person.language)
    return _own(
        application, call, person, _l("We have your application: %(call)s", call=_title(call, person)), paragraphs
    )


def draft_reminded(application: Application, call: Call, person: Person) -> Letter | None:
    """There is a draft, and a deadline."""
    here = show_moment(call.closes_at, call.time_zone, person.language)
    return _own(
        application,
        call,
        person,
        _l("Your application is not sent yet: %(call)s", call=_title(call, person)),
        [
            _l("You have begun an application. Send it by %(day)s, %(time)s (%(offset)s).", **_told(here)),
            _l("What you had begun is kept. You can go on where you stopped."),
        ],
    )


def withdrawn(application: Application, call: Call, person: Person) -> Letter | None:
    """It is not considered any more; and until when that can be taken back, where it can."""
    last = returning.until(application, call)
    here = show_moment(last, call.time_zone, person.language) if last else None
    back = (
        _l(
            "It is not considered any more. If it was not you who withdrew, or you think again: until %(day)s, %(time)s"
            " (%(offset)s) one press on the page of your application takes it back.",
            **_told(here),
        )
        if here
        else _l("It is not considered any more. If it was not you who withdrew, please write to us.")
    )
    return _own(
        application,
        call,
        person,
        _l("Your application is withdrawn: %(call)s", call=_title(call, person)),
        [back],
    )


def vouch_answered(asked: Asked) -> Letter | None:
    """To the applicant: there is an answer."""
    said = {
        Vouch.CONFIRMED: _l("Somebody vouched for you. Nothing more is needed there."),
        Vouch.DECLINED: _l("Somebody whom you named declined to vouch for you. Please name somebody else."),
        Vouch.NOT_ME: _l("A mailbox that you named was the wrong one. Please name another one."),
    }
    outcome = asked.endorsement.outcome
    if outcome is None:
        return None
    person = asked.applicant
    subject = _l("News about who vouches for you: %(call)s", call=_title(asked.call, person))
    more = [] if outcome is Vouch.CONFIRMED else _who_and_until(asked)
    return _own(asked.application, asked.call, person, subject, [said[outcome]], more)


def vouch_asked(asked: Asked, *, again: bool = False) -> Letter | None:
    """To whoever vouches: your word is asked for."""
    row, call = asked.endorsement, asked.call
    if "@" not in row.email:
        return None
    lang, secret = row.language, link_token(row)
    known = person_by_email(row.email)
    who = told_to_strangers(asked.applicant.public_name)
    if asked.applicant.discreet or not who or (known is not None and known.discreet):
        return Letter(
            row.email,
            lang,
            lambda: gettext("Your word is asked for"),
            "funding/neutral",
            {"url": absolute("funding.vouch", neutral=True, lang=lang, token=secret), "neutral": True},
            discreet=True,
        )
    title = in_language(call.title, lang, call.original_language).text
    here = show_moment(due(asked), call.time_zone, lang)
    asks = (
        _l("%(name)s applies for support and says that your organization nominates them.", name=who)
        if row.role is Voucher.NOMINATOR
        else _l("%(name)s applies for support and names you as a referee.", name=who)
    )
    how = (
        _l("Open the page and upload your letter. You need no account.")
        if wants_letter(asked)
        else _l("Open the page and press one button. You need no account.")
    )
    return Letter(
        row.email,
        lang,
        lambda: (
            gettext("A reminder: your word for %(name)s", name=who)
            if again
            else gettext("Your word for %(name)s", name=who)
        ),
        "registration/letter",
        {
            "name": told_to_strangers(row.name),
            "paragraphs": [asks, how, _l("Please answer by %(day)s, %(time)s (%(offset)s).", **_told(here))],
            "quote": None,
            "facts": [{"label": _l("Call"), "value": title}, *attending.facts(call, lang)],
            "buttons": [
                {"label": _l("Open the page"), "url": absolute("funding.vouch", lang=lang, token=secret)},
                {
                    "label": _l("Not me: no more of these mails"),
                    "url": absolute("funding.not_me", lang=lang, token=secret),
                },
                attending.helping(lang),
            ],
            "foot": STRANGER,
        },
    )


def _who_and_until(asked: Asked) -> list[dict[str, Any]]:
    """Whose answer it is, though a wrong mailbox is forgotten with its name; until when another one comes in time."""
    row, person = asked.endorsement, asked.applicant
    numbered = row.role is Voucher.REFEREE and asked.vouching.referees > 1
    label = _l("Referee %(number)s", number=row.place + 1) if numbered else told.ROLES[row.role]
    facts = [{"label": label, "value": row.name or told.vouch_tag(row)[0]}]
    if (last := due(asked)) > now():
        here = show_moment(last, asked.call.time_zone, person.language)
        when = _l("%(day)s, %(time)s %(offset)s", day=here.day, time=here.time, offset=f"({here.place})")
        facts.append({"label": _l("Their answers are due by"), "value": when})
    return facts


def _own(
    application: Application,
    call: Call,
    person: Person,
    subject: Any,
    paragraphs: list[Any],
    more: Sequence[dict[str, Any]] = (),
) -> Letter | None:
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
    reference = application.reference
    facts: list[dict[str, Any]] = [
        {"label": _l("Call"), "value": _title(call, person)},
        *more,
        *attending.facts(call, lang),
    ]
    if reference:
        facts.append({"label": _l("Your reference"), "value": reference, "ltr": True})
        if application.number:
            facts.append({"label": lazy_pgettext("of an application", "Number"), "value": str(application.number)})
        button = {
            "label": _l("See my application"),
            "url": absolute("funding.mine_one", lang=lang, reference=reference),
        }
    else:
        button = {"label": _l("Go on"), "url": absolute("funding.apply", lang=lang, slug=call.slug)}
    return Letter(
        person.email,
        lang,
        lambda: str(subject),
        "registration/letter",
        {
            "name": person.public_name,
            "paragraphs": paragraphs,
            "quote": None,
            "facts": facts,
            "buttons": [button, attending.helping(lang)],
            "foot": FOOT,
        },
    )


def _title(call: Call, person: Person) -> str:
    return in_language(call.title, person.language, call.original_language).text


def _told(moment: Any) -> dict[str, str]:
    return {"day": moment.day, "time": moment.time, "offset": moment.place}

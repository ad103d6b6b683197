"""What the fund's desk writes to applicants, in their language; the same words for the worker and for the preview.

A discreet person's letter says that there is news, and nothing about what (SAFETY.md property 13).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l

from eventhub.funding import desk_shown
from eventhub.funding.file_check import Gap
from eventhub.funding.models import Application, Call, State
from eventhub.kit import codes
from eventhub.kit.i18n import LOCALES, show_moment
from eventhub.kit.mail import Letter
from eventhub.kit.web import absolute
from eventhub.people.models import Person
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.models import AnswerSet

Words = tuple[Any, list[Any]]
"""A subject and the paragraphs after it, translated when they are drawn."""

DECISIONS = {State.ELIGIBLE: "eligible", State.INELIGIBLE: "ineligible"}
FOOT = _l("You get this mail because you applied for support. Answers to this address are not read.")


@dataclass(frozen=True)
class About:
    """What a letter is about, and in which language. ``missing``: all that is asked for; ``until``: by when."""

    application: Application
    call: Call
    lang: str
    title: str
    missing: tuple[str, ...] = ()
    until: datetime | None = None
    kept: str = ""


@dataclass(frozen=True)
class Asked:
    """What is asked for, named by the questionnaire of ``answers``, and by when."""

    gaps: tuple[Gap, ...] = ()
    answers: AnswerSet | None = None
    until: datetime | None = None


def letter(
    kind: str,
    application: Application,
    call: Call,
    *,
    person: Person,
    language: str | None = None,
    text: str | None = None,
    asked: Asked | None = None,
    kept: str = "",
) -> Letter | None:
    """The letter of a kind, or None for a person without an address. ``text``: words of the desk, which are quoted;
    ``kept``: the reference that goes on.
    """
    if not person.email:
        return None
    lang = language or person.language
    if person.discreet:
        return _neutral(person.email, lang)
    title = desk_shown.title_of(call, lang)
    missing = _named(asked.gaps, asked.answers, lang) if asked else ()
    about = About(application, call, lang, title, missing, asked.until if asked else None, kept)
    subject, paragraphs = WORDS[kind](about)
    return Letter(
        person.email,
        lang,
        lambda: str(subject),
        "registration/letter",
        {
            "name": person.public_name,
            "paragraphs": paragraphs,
            "quote": text or None,
            "facts": _facts(about),
            "buttons": _buttons(kind, application, lang),
            "foot": FOOT,
        },
    )


def _neutral(to: str, lang: str) -> Letter:
    """There is news, and on which page it is read; nothing else."""
    return Letter(
        to,
        lang,
        lambda: gettext("There is news for you"),
        "registration/neutral",
        {"url": absolute("people.me", neutral=True, lang=lang), "neutral": True},
        discreet=True,
    )


def _named(gaps: tuple[Gap, ...], answers: AnswerSet | None, lang: str) -> tuple[str, ...]:
    if not gaps:
        return ()
    definition = questionnaires.localised(questionnaires.version(answers.version_id), lang) if answers else None
    with force_locale(LOCALES[lang]):
        return tuple(desk_shown.gaps_words(gaps, definition))


def _eligible(it: About) -> Words:
    return _l("Your application goes on: %(call)s", call=it.title), [
        _l("We have looked at your file. It is complete, and it meets the conditions of this call."),
        _l("It is now read by reviewers, and a board decides after that. There is nothing you need to do."),
    ]


def _ineligible(it: About) -> Words:
    return _l("About your application: %(call)s", call=it.title), [
        codes.reason_text("funding", it.application.reason or "other", it.lang),
        _l("Is this a mistake, or do you now have what was missing? Write to us on the page below: we look again."),
    ]


def _asked(it: About) -> Words:
    paragraphs: list[Any] = [_l("To go on with your application, we need something more from you.")]
    if it.missing:
        paragraphs += [_l("This is all that is missing:"), *(f"• {one}" for one in it.missing)]
    if it.until is not None:
        paragraphs.append(_until(it))
    paragraphs.append(
        _l("If you cannot get something in time, write to us on the same page. We look for a way together.")
    )
    return _l("Something is missing in your application: %(call)s", call=it.title), paragraphs


def _asked_again(it: About) -> Words:
    _subject, paragraphs = _asked(it)
    return _l("A reminder about your application: %(call)s", call=it.title), [
        _l("We have no answer from you yet."),
        *paragraphs,
    ]


def _taken_up(it: About) -> Words:
    return _l("We look at your application again: %(call)s", call=it.title), [
        _l("Nothing more is needed from you now. We write to you as soon as there is a decision."),
    ]


def _merged(it: About) -> Words:
    return _l("You have applied once: %(call)s", call=it.title), [
        _l("You had sent two applications to this call. The newer one goes on, and the older one is withdrawn."),
        _l("The application that goes on has the reference %(reference)s.", reference=it.kept),
        _l("If these are applications of two people, write to us: we put it right."),
    ]


def _replied(it: About) -> Words:
    return _l("The fund has written to you: %(call)s", call=it.title), [
        _l("This is about your application. You can answer on the page below."),
    ]


def _until(it: About) -> Any:
    here = show_moment(it.until, it.call.time_zone, it.lang)  # type: ignore[arg-type]
    told = {"day": here.day, "time": here.time, "offset": here.place}
    return _l("Please send it until %(day)s, %(time)s (%(offset)s).", **told)


WORDS: dict[str, Callable[[About], Words]] = {
    "eligible": _eligible,
    "ineligible": _ineligible,
    "asked": _asked,
    "asked_again": _asked_again,
    "taken_up": _taken_up,
    "merged": _merged,
    "replied": _replied,
}


def _facts(it: About) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = [{"label": _l("Call"), "value": it.title}]
    if it.application.reference:
        facts.append({"label": _l("Your reference"), "value": it.application.reference, "ltr": True})
    return facts


def _buttons(kind: str, application: Application, lang: str) -> list[dict[str, Any]]:
    if kind == "eligible" or not application.reference:
        return [{"label": _l("Go to my page"), "url": absolute("people.me", lang=lang)}]
    label = _l("Complete my application") if kind in {"asked", "asked_again"} else _l("Write to the fund")
    return [{"label": label, "url": absolute("funding_thread.mine", lang=lang, reference=application.reference)}]

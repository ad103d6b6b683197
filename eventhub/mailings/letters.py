"""The mail of a mailing to one person, in her language; the same words on the page of messages and in the preview.

A discreet person's says that there is something to read on her page, and nothing about what (SAFETY.md property 13).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from eventhub.kit import mail
from eventhub.kit.i18n import in_language
from eventhub.kit.mail import Letter, Rendered
from eventhub.kit.web import absolute
from eventhub.mailings import wording
from eventhub.mailings.actions import preference_of, stop_token
from eventhub.mailings.models import MAY_STOP, Mailing, MailingLine
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.models import Registration

NONE = "—"
"""What stands for a reference that nobody has yet."""


@dataclass(frozen=True)
class Said:
    """What a mailing says to one reader: in the language of the reader, or else the original one."""

    subject: str
    paragraphs: list[list[list[wording.Piece]]]
    lang: str
    direction: str
    is_fallback: bool


def said(mailing: Mailing, language: str, values: Mapping[str, str]) -> Said:
    """Subject and text with their values. Both are in one language: where one of them lacks, both are the original."""
    code = spoken(mailing, language)
    text = in_language(mailing.text, code, mailing.original_language)
    subject = in_language(mailing.subject, code, mailing.original_language)
    return Said(
        wording.filled(subject.text, values),
        wording.paragraphs(text.text, values),
        text.language,
        text.direction,
        text.language != language,
    )


def spoken(mailing: Mailing, language: str) -> str:
    """The language in which a reader of ``language`` gets a mailing."""
    both = {code for code, text in mailing.text.items() if text and mailing.subject.get(code)}
    return language if language in both else mailing.original_language


def values_for(
    mailing: Mailing, registration: Registration, person: Person, event: Event, language: str
) -> dict[str, str]:
    """What stands for the placeholders, for one person; the name is the public one. The event is named in the language
    of the text around it.
    """
    if registration.reference:
        link = absolute("registration.mine_one", lang=language, reference=registration.reference)
    else:
        link = absolute("registration.start", lang=language, slug=event.slug)
    return {
        "name": person.alias or registration.display_name or person.name,
        "event": title_of(event, spoken(mailing, language)),
        "reference": registration.reference or NONE,
        "link": link,
    }


def example(mailing: Mailing, person: Person, event: Event, language: str) -> dict[str, str]:
    """What stands for the placeholders in a preview and in a mail to try."""
    return {
        "name": person.public_name,
        "event": title_of(event, spoken(mailing, language)),
        "reference": "ABC-DEF-2GH",
        "link": absolute("people.me", lang=language),
    }


def title_of(event: Event, language: str) -> str:
    """What the event is called in a language."""
    return in_language(event.title, language, event.original_language).text


def letter(line: MailingLine) -> Letter | None:
    """The mail of a line, which comes with its mailing, event, person and registration. None without an address."""
    person, mailing = line.person, line.mailing
    if not person.email:
        return None
    stop_url = None
    if mailing.kind in MAY_STOP:
        secret = stop_token(preference_of(person.id))
        stop_url = absolute("mailings.stop", neutral=person.discreet, lang=person.language, token=secret)
    if person.discreet:
        return neutral(person.email, person.language, stop_url)
    values = values_for(mailing, line.registration, person, mailing.event, person.language)
    return plain(mailing, person.email, person.language, values, stop_url)


def plain(
    mailing: Mailing, to: str, language: str, values: Mapping[str, str], stop_url: str | None, *, is_test: bool = False
) -> Letter:
    """The mail as most people get it."""
    what = said(mailing, language, values)
    messages = absolute("mailings.messages", lang=language)
    return Letter(
        to,
        language,
        (lambda: gettext("Test: %(subject)s", subject=what.subject)) if is_test else (lambda: what.subject),
        "mailings/letter",
        {"said": what, "stop_url": stop_url, "messages_url": messages, "event": values["event"]},
        compose=_composed(stop_url),
    )


def neutral(to: str, language: str, stop_url: str | None) -> Letter:
    """The mail to a discreet person: word for word that of any other news."""
    return Letter(
        to,
        language,
        lambda: gettext("There is news for you"),
        "mailings/neutral",
        {"url": absolute("mailings.messages", neutral=True, lang=language), "neutral": True, "stop_url": stop_url},
        discreet=True,
        compose=_composed(stop_url),
    )


def _composed(stop_url: str | None) -> Any:
    """The message; with the two headers by which a mail program stops such mails at one press (RFC 8058)."""
    if stop_url is None:
        return None

    def compose(rendered: Rendered) -> bytes:
        head = f"List-Unsubscribe: <{stop_url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        return head.encode("ascii") + mail.compose(rendered)

    return compose

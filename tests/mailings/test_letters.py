"""The mail to one person: in six languages, a visible fallback, neutral for the discreet, stopped where it may be."""

import html
import re

import pytest

from eventhub.kit.clock import now
from eventhub.kit.codes import LANGUAGES
from eventhub.kit.db import db
from eventhub.kit.mail import Rendered, compose, render
from eventhub.mailings import letters, queries
from eventhub.mailings.models import Kind, MailingLine
from tests.factories.people import make_person
from tests.mailings.scene import make_event_with, make_mailing, minute, send

pytestmark = pytest.mark.usefixtures("database")

UN_WORDS = re.compile(r"eventhub|\bUN\b|united nations|forum|minorit|registr|accredit|dialogue", re.IGNORECASE)
SIX = {code: f"<{code}> {{name}}, {{event}}, {{reference}}" for code in LANGUAGES}


def written(kind: Kind = Kind.SERVICE, **given: object) -> tuple[MailingLine, Rendered, bytes]:
    """A line, and its mail in words and bytes."""
    person = make_person(**({"name": "Amina {event} <b>"} | given))
    event, _rows = make_event_with(person)
    event.title = {"en": "Forum on Minority Issues", "ar": "المنتدى المعني بقضايا الأقليات"}
    mailing = make_mailing(event, kind=kind, text=SIX, subject=SIX)
    send(mailing, event)
    minute()
    line = queries.line_told(db.session.query(MailingLine.id).scalar())
    assert line is not None
    letter = letters.letter(line)
    assert letter is not None
    mail = render(letter, "<1@example.org>", now())
    return line, mail, (letter.compose or compose)(mail)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_in_six_languages(lang: str) -> None:
    line, mail, raw = written(language=lang)
    title = line.mailing.event.title.get(lang, "Forum on Minority Issues")
    said = f"<{lang}> Amina {{event}} <b>, {title}, {line.registration.reference}"
    assert mail.subject == said
    assert said in mail.text
    assert "<b>" not in mail.html, "typed text is text"
    assert "&lt;b&gt;" in mail.html
    assert f"/{lang}/me/messages" in mail.text
    assert b"List-Unsubscribe" not in raw


def test_a_missing_language_is_visible() -> None:
    line, _mail, _raw = written(language="ru")
    mailing = line.mailing
    mailing.text = {"en": SIX["en"]}
    letter = letters.letter(line)
    assert letter is not None
    mail = render(letter, "<1@example.org>", now())
    assert 'lang="en" dir="ltr"' in mail.html
    assert mail.subject.startswith("<en>"), "subject and text are in one language"
    assert "<en>" in mail.text
    mailing.event.title = {"en": "Forum on Minority Issues", "ru": "Форум по вопросам меньшинств"}
    again = letters.letter(line)
    assert again is not None
    assert "Форум" not in again.subject(), "nor is the event named in another one inside it"
    assert re.search("[а-я]{5}", mail.text), "and the reader's own language says so"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_not_a_telling_word_for_the_discreet(lang: str) -> None:
    line, mail, raw = written(Kind.NEWS, language=lang, discreet=True, alias="A. Y.")
    all_of_it = mail.subject + mail.text + html.unescape(mail.html)
    for word in ("Amina", "A. Y.", f"<{lang}>", str(line.registration.reference), *line.mailing.event.title.values()):
        assert word not in all_of_it
    assert not UN_WORDS.search(re.sub(r"https?://\S+", "", all_of_it + mail.sender))
    head = raw.partition(b"\r\n\r\n")[0].decode()
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    address = re.search(r"List-Unsubscribe: <https?://[^/]+(/\S+)>", head)
    assert address is not None
    assert re.fullmatch(rf"/{lang}/stop/[\w-]{{43}}", address[1]), "a secret, and nothing else"

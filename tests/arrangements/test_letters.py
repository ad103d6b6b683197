"""The mail of an answer: that there is one, in the person's language, and nothing about what it is."""

import html
import re

import pytest

from eventhub.arrangements import letters
from eventhub.arrangements.models import Kind, Status
from eventhub.arrangements.wishes import Wish
from eventhub.kit.clock import now
from eventhub.kit.codes import LANGUAGES
from eventhub.kit.mail import render
from eventhub.registration.models import Registration
from eventhub.registration.queries import with_person
from tests.arrangements.scene import come, make_stage, wish
from tests.factories.people import make_person

pytestmark = pytest.mark.usefixtures("database")

HEALTH = re.compile(r"wheelchair|sign language|caption|diet|need|assist|health|access", re.IGNORECASE)
ANSWERS = (Status.CONFIRMED, Status.NOT_POSSIBLE)


def somebody(**given: object) -> Registration:
    event, session = make_stage()
    one = come(event, make_person(**given))
    wish(event, one, Wish(Kind.SIGN_LANGUAGE, "fsl", words="My hearing aid"), session)
    found = with_person(one.id)
    assert found is not None
    return found


def told(one: Registration, status: Status) -> tuple[str, str]:
    letter = letters.answered(one, status)
    assert letter is not None
    mail = render(letter, "<1@example.org>", now())
    return mail.subject, mail.text + html.unescape(mail.html)


@pytest.mark.parametrize("status", ANSWERS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_in_six_languages_without_what_it_is(lang: str, status: Status) -> None:
    one = somebody(language=lang)
    subject, words = told(one, status)
    assert str(one.reference) in words
    assert f"/{lang}/me/registrations/{one.reference}" in words
    assert "fsl" not in words
    assert "hearing" not in words
    if lang == "en":
        assert not HEALTH.search(subject + words)
        assert ("not possible" in words) is (status is Status.NOT_POSSIBLE)


@pytest.mark.parametrize("status", ANSWERS)
def test_neutral_for_the_discreet(status: Status) -> None:
    one = somebody(discreet=True, name="Secret Amina")
    subject, words = told(one, status)
    assert subject == "There is news for you"
    for word in ("Secret", str(one.reference), one.event.title["en"], "registration", "confirmed", "possible"):
        assert word not in words


def test_nobody_without_an_address_is_written_to() -> None:
    assert letters.answered(somebody(email=None), Status.CONFIRMED) is None

"""Letters about registrations: why they come, and numbers in each language."""

import pytest

from eventhub.kit import mail
from eventhub.kit.clock import now
from eventhub.kit.i18n import LANGUAGES
from eventhub.registration import actions, letters
from tests.factories.people import make_person
from tests.factories.registration import intake, make_forum, register

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_extended_deadline_is_told_to_drafts_as_to_drafts(language: str) -> None:
    event, person = make_forum(), make_person(language=language)
    found = actions.start_draft(person, person, intake(event, person))
    assert found.registration is not None
    begun = letters.letter("deadline_extended", found.registration, event, found.setup, person=person)
    sent = letters.letter("submitted", register(event), event, found.setup, person=person)
    assert begun is not None
    assert sent is not None
    because = [mail.render(one, "<x@localhost>", now()).text.split("-- \n")[1] for one in (begun, sent)]
    assert because[0] != because[1]
    if language != "en":
        assert "You get this mail" not in because[0]


def test_the_days_of_an_answer_are_counted_as_the_language_counts() -> None:
    event, person = make_forum(), make_person()
    one = register(event, person)
    setup = intake(event, person).setup
    said = {}
    for language, days in (("ru", 1), ("ru", 2), ("ru", 5), ("ar", 1), ("ar", 2), ("ar", 5), ("ar", 11), ("en", 1)):
        setup.answer_within_days = days
        written = letters.letter("submitted", one, event, setup, person=person, language=language)
        assert written is not None
        said[language, days] = mail.render(written, "<x@localhost>", now()).text
    assert "within 1 working day." in said["en", 1]
    assert "1 рабочего дня" in said["ru", 1]
    assert "2 рабочих дней" in said["ru", 2]
    assert "يوم عمل واحد" in said["ar", 1]
    assert "يومي عمل" in said["ar", 2]
    assert "5 أيام عمل" in said["ar", 5]
    assert "11 يوم عمل" in said["ar", 11]


@pytest.mark.parametrize("kind", ["withdrawn", "changed"])
def test_a_letter_that_says_write_to_us_says_where(kind: str) -> None:
    event, person = make_forum(), make_person(language="fr")
    written = letters.letter(kind, register(event, person), event, intake(event, person).setup, person=person)
    assert written is not None
    assert "/fr/about/help" in mail.render(written, "<x@localhost>", now()).text

"""Every page and every mail of rounds, in six languages."""

import re

import pytest
from flask import Flask

from eventhub.kit.clock import now
from eventhub.kit.codes import LANGUAGES
from eventhub.kit.db import db
from eventhub.kit.mail import render
from eventhub.people.models import Role
from eventhub.rounds import letters, opening, queries
from eventhub.rounds.models import RoundLink
from tests.delegations.test_journeys import browser
from tests.factories.commitments import new_address
from tests.factories.people import make_staff
from tests.factories.rounds import aged, event_of_months_ago, followed, link_of, opened
from tests.journeys.rounds_tour import round_stops

pytestmark = pytest.mark.usefixtures("database")


def test_every_page_opens_in_every_language(app: Flask) -> None:
    stops = round_stops(lambda words: words, lambda words: dict.fromkeys(LANGUAGES, words))
    staff, maker = browser(app, make_staff(Role.ORGANISER)), app.test_client()
    for lang in LANGUAGES:
        for who, client in (("public", maker), ("staff", staff)):
            for name, path in stops[who].items():
                answer = client.get(f"/{lang}{path}")
                assert answer.status_code == 200, (name, lang)
                assert f'lang="{lang}"' in answer.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_mail_is_written_in_every_language(lang: str) -> None:
    event, one, many = event_of_months_ago(), new_address(), new_address()
    for box in (one, many, many):
        followed(event, box)
    opened(event)
    for box in (one, many):
        link: RoundLink = link_of(box)
        link.language = lang
        db.session.flush()
        found = queries.behind_link(link.id)
        assert found is not None
        for letter in (letters.asked(found), letters.reminded(found), letters.handed_on(found, "Amina")):
            assert letter is not None
            mail = render(letter, "<1@example.org>", now())
            assert f"/{lang}/answer/" in mail.text
            assert f"/{lang}/answer/" in mail.html
            assert not re.search(r"[?؟？]\s*[:：]", mail.text)


def test_a_round_is_open_and_closed_in_the_gender_of_its_noun(app: Flask) -> None:
    event = event_of_months_ago()
    followed(event, new_address())
    found = opened(event)
    staff, page = browser(app, make_staff(Role.ORGANISER)), "/{}/console/rounds"
    said = {
        "ar": ("مفتوحة", "مغلقة"),
        "fr": ("Ouvert", "Clos"),
        "ru": ("Открыт", "Закрыт"),
        "es": ("Abierta", "Cerrada"),
    }
    for number in range(2):
        for lang, words in said.items():
            assert f">{words[number]}</span>" in staff.get(page.format(lang)).text, lang
        aged(found, 30)
        opening.close_due(now())

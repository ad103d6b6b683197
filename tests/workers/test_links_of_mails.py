"""Mail scanners open every link: whatever stands in a mail about commitments, looking at it changes nothing.

Every kind of mail has a scene in test_discreet_mails.py, so a new one is looked at here by itself.
"""

import inspect
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from eventhub.commitments import following
from eventhub.commitments.models import Says
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import render
from eventhub.people.models import Person
from tests.factories import rounds
from tests.factories.people import make_person
from tests.rounds.test_pages import whole_database
from tests.workers.test_discreet_mails import SCENES, Payload, Scene, owed, tasks

__all__ = ["tasks"]

pytestmark = pytest.mark.usefixtures("database")
ABOUT = ("commitments.", "rounds.", "evidence.", "tracker.", "evaluations.")
ADDRESS = re.compile(r"https?://[^\s\"'<>]+")
HREF = re.compile(r"href=\"([^\"#]+)")
SECRET = re.compile(r"[\w-]{40,}")
"""What only a link in a mail bears."""


def asked_about_several(person: Person) -> Payload:
    """Somebody who told us something before is asked about three commitments."""
    event = rounds.event_of_months_ago()
    for _number in range(3):
        rounds.followed(event, str(person.email))
    rounds.opened(event)
    return owed("rounds.asked")


def asked_again(person: Person) -> Payload:
    """Somebody is asked about one commitment of which something was said: the mail offers that it still holds."""
    event = rounds.event_of_months_ago()
    made = rounds.followed(event, str(person.email))
    long_ago = now() - timedelta(days=60)
    following.say(made, Says.PLANNING, at=long_ago)
    rounds.opened(event)
    return owed("rounds.asked")


PUBLIC_ALONE = {"commitments.told"}
"""Mails that lead to pages for everybody."""
LOOKED_AT: dict[str, tuple[str, Scene]] = {
    name: (name, scene) for name, scene in SCENES.items() if name.startswith(ABOUT)
}
LOOKED_AT |= {
    "several commitments": ("rounds.asked", asked_about_several),
    "asked again": ("rounds.asked", asked_again),
}


def links(letter: Any) -> set[str]:
    """Every address in a mail: in its text, its page and its headers."""
    mail = render(letter, "<1@example.org>", now())
    texts = [unescape(one) for one in vars(mail).values() if isinstance(one, str)]
    return {urlsplit(one)._replace(scheme="", netloc="").geturl() for text in texts for one in ADDRESS.findall(text)}


def beyond(page: str, address: str) -> set[str]:
    """The pages in this language behind the same secret: what a scanner opens next."""
    secret, language = SECRET.search(address), address[:4]
    found = {urlsplit(unescape(one)).path for one in HREF.findall(page)}
    return {one for one in found if secret and secret[0] in one and one.startswith(language)}


@pytest.mark.parametrize("kind", LOOKED_AT)
def test_every_link_of_every_mail_opened_twice_changes_nothing(
    tasks: dict[str, Any], client: FlaskClient, kind: str
) -> None:
    name, scene = LOOKED_AT[kind]
    person = make_person()
    payload = scene(person)
    db.session.flush()
    letter = inspect.unwrap(tasks[name].run)(**payload)
    assert letter is not None
    mailed = links(letter)
    assert kind in PUBLIC_ALONE or any(SECRET.search(one) for one in mailed), "a mail with a link of its own"
    before = whole_database()
    further: set[str] = set()
    for address in sorted(mailed) * 2:
        further |= look(client, address)
    for address in sorted(further - mailed):
        look(client, address)
    db.session.flush()
    assert whole_database() == before


def look(client: FlaskClient, address: str) -> set[str]:
    """Open a page as a mail scanner does; the pages behind the same secret to which it leads."""
    answers = [client.open(address, method=method) for method in ("GET", "HEAD")]
    assert {one.status_code for one in answers} == {200}, address
    assert not any("Set-Cookie" in one.headers for one in answers), address
    return beyond(answers[0].text, address)

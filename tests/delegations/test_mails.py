"""What delegations write, and when nothing is written: six languages, neutral for the discreet, never untrue."""

import html
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import select

from eventhub.delegations import actions, calling_off, filling, queries
from eventhub.delegations.actions import Nomination
from eventhub.delegations.models import FocalInvitation, Nominee
from eventhub.kit.clock import now
from eventhub.kit.codes import LANGUAGES
from eventhub.kit.db import db
from eventhub.kit.mail import Letter, compose, render
from eventhub.people.models import Person
from eventhub.programme import actions as programme
from eventhub.programme import console_queries
from eventhub.registration.cancelling import NotAnyMore
from tests import servers
from tests.delegations.scene import owed
from tests.factories.delegations import arrived, become_focal_point, claim, make_delegation, nominate
from tests.factories.people import make_person
from tests.factories.registration import make_forum

pytestmark = pytest.mark.usefixtures("database")

TELLING = re.compile(
    r"eventhub|\bUN\b|united nations|forum|minorit|registr|accredit|delegat|nominat|focal|examples", re.IGNORECASE
)


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    """All tasks by name; the worker's own app is told of a database that it does not need here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
        import_module("workers.delegations")
        celery = import_module("workers.app").celery
    return dict(celery.tasks)


@pytest.fixture
def letters(tasks: dict[str, Any]) -> Callable[[str], list[Letter | None]]:
    """The letters that are owed by a name, as their task would send them now."""
    return lambda task: [tasks[task].__wrapped__.__wrapped__(**payload) for payload in owed(task)]


def told(letter: Letter | None) -> tuple[str, str, str]:
    assert letter is not None
    mail = render(letter, "<1@example.org>", now())
    return mail.subject, mail.text, html.unescape(mail.html)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_nominee_reads_the_mail_in_the_language_that_was_chosen(language: str, letters: Any) -> None:
    event = make_forum()
    delegation = make_delegation(event, make_person(), name="Kingdom of Examples")
    focal = db.session.get_one(Person, delegation.focal_id)
    rows = [Nomination(0, "Amina Yusuf", "amina@example.org")]
    (nominee,) = actions.nominate(focal, delegation, rows, language)
    (letter,) = letters("delegations.nominated")
    assert letter.to == "amina@example.org"
    for part in told(letter)[1:]:
        assert "Amina Yusuf" in part
        assert "Kingdom of Examples" in part
        assert f"/{language}/me/invitations/{actions.nominee_token(nominee)}" in part
    if language != "en":
        assert "nominated" not in told(letter)[1]


def test_the_focal_point_is_asked_and_told_that_a_word_is_awaited(letters: Any) -> None:
    event = make_forum()
    focal = make_person(email="focal@example.org", language="fr")
    delegation = make_delegation(event, name="Kingdom of Examples")
    invitation = actions.invite_focal_point(make_person(), delegation, "focal@example.org", "ar")
    (asked,) = letters("delegations.focal_point_invited")
    assert f"/ar/me/requests/{actions.focal_token(invitation)}" in told(asked)[1]
    actions.accept_focal_point(focal, actions.focal_token(invitation))
    assert letters("delegations.focal_point_invited") == [None]
    nominee, _registration = arrived(delegation, event, "Amina Marker")
    (awaited,) = letters("registration.awaits_focal_point")
    assert awaited.to == "focal@example.org"
    assert "Marker" not in "".join(told(awaited))  # it names nobody

    actions.approve(focal, delegation, queries.nominee_of(delegation.id, nominee.id))
    assert letters("registration.awaits_focal_point") == [None]


def test_a_link_that_was_taken_or_replaced_meanwhile_is_mailed_to_nobody(letters: Any) -> None:
    delegation = make_delegation(make_forum(), make_person())
    (amina,) = nominate(delegation, "Amina")
    claim(amina)
    assert letters("delegations.nominated") == [None]
    (grace,) = nominate(delegation, "Grace")
    actions.leave(None, [grace])
    assert letters("delegations.nominated") == [None, None]


def test_a_discreet_person_reads_nothing_that_tells_what_it_is_about(letters: Any) -> None:
    event = make_forum()
    focal = make_person(email="somebody@example.org", discreet=True, alias="S.")
    make_person(email="quiet@example.org", discreet=True, alias="Q.")
    delegation = make_delegation(event, focal, name="Kingdom of Examples")
    nominate(delegation, "Amina", email="quiet@example.org")
    arrived(delegation, event, "Grace")
    db.session.scalars(select(FocalInvitation)).one().closed_at = None
    db.session.flush()
    mails = [
        *letters("delegations.focal_point_invited"),
        *(one for one in letters("delegations.nominated") if one and one.to == "quiet@example.org"),
        *letters("registration.awaits_focal_point"),
    ]
    assert len(mails) == 3
    for letter in mails:
        assert letter is not None
        assert letter.discreet
        raw = compose(render(letter, "<1@neutral.example>", now())).decode()
        plain = raw.replace(letter.context["url"], "")
        assert not TELLING.search(plain), TELLING.search(plain)
        assert not TELLING.search(letter.context["url"]), letter.context["url"]


def test_nobody_without_a_mailbox_is_written_to(letters: Any) -> None:
    delegation = make_delegation(make_forum(), make_person())
    focal = db.session.get_one(Person, delegation.focal_id)
    actions.nominate(focal, delegation, [Nomination(0, "Olga", None)], "ru")
    assert letters("delegations.nominated") == []
    assert db.session.scalars(select(Nominee)).one().email is None


def test_nobody_is_invited_to_a_cancelled_event_and_each_is_told_once(letters: Any) -> None:
    event = make_forum()
    delegation = make_delegation(event, make_person(email="focal@example.org"), name="Kingdom of Examples")
    (amina, grace) = nominate(delegation, "Amina", "Grace")
    filling.claim(make_person(), actions.nominee_token(grace))
    invitation = actions.invite_focal_point(make_person(), delegation, "next@example.org", "en")
    assert letters("delegations.nominated")[0] is not None
    sessions = console_queries.programme_of(event)
    programme.cancel_event(make_person(), event, sessions=sessions, reason={"en": "The hall burned down"})
    db.session.flush()
    assert letters("delegations.nominated") == [None, None]
    assert letters("delegations.focal_point_invited")[-1] is None
    for _twice in range(2):
        calling_off.owe_letters(event)
    (off,), (nominee,) = letters("delegations.called_off"), letters("delegations.nomination_called_off")
    assert (off.to, nominee.to) == ("focal@example.org", amina.email)
    assert told(off)[0].startswith("Cancelled: ")
    assert "opens nothing any more" in told(nominee)[1]
    with pytest.raises(NotAnyMore):
        actions.accept_focal_point(make_person(), actions.focal_token(invitation))


def test_the_former_focal_point_is_told_unless_it_is_the_focal_point_again(letters: Any) -> None:
    event, first = make_forum(), make_person(email="first@example.org")
    delegation = make_delegation(event, first, name="Kingdom of Examples")
    become_focal_point(delegation, make_person())
    (letter,) = letters("delegations.focal_point_ended")
    assert letter.to == "first@example.org"
    assert "Kingdom of Examples" in told(letter)[1]
    become_focal_point(delegation, first)
    assert letters("delegations.focal_point_ended")[0] is None

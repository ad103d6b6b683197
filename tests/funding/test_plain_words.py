"""Small things that applicants and those who vouch read: whose answer, by when, whose clock, how much."""

import pytest
from flask.testing import FlaskClient

from eventhub.funding import call_shown, gaps, notices, vouching
from eventhub.funding.models import Vouch
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import render
from tests.factories.funding import an_open_call, begin, held
from tests.factories.people import make_person, sign_in
from tests.programme.console import text_of

pytestmark = pytest.mark.usefixtures("database")
ASKS = {"vouching": {"nominator": True, "referees": 2}}


@pytest.mark.parametrize(("number", "words"), [(1, "Referee 1"), (0, "Who nominates you")])
def test_a_wrong_mailbox_is_told_with_whose_it_was_and_until_when(number: int, words: str) -> None:
    call, person = an_open_call(changed=ASKS), make_person()
    begin(call, person)
    found = held(call, person)
    slot = gaps.slots(found.rules.vouching)[number]
    row = vouching.name(person, found, vouching.Named(slot, "Asha", "asha@example.org", "en", "Herders"))
    secret = vouching.link_token(row)
    vouching.refuse(secret)
    asked = vouching.behind(secret)
    assert asked is not None
    assert asked.endorsement.outcome is Vouch.NOT_ME
    letter = notices.vouch_answered(asked)
    assert letter is not None
    text = " ".join(render(letter, "<1@example.org>", now()).text.split())
    assert f"{words}: Wrong mailbox" in text
    assert "Their answers are due by: " in text
    assert "Asha" not in text, "what was forgotten stays so"


def test_dollars_of_a_call_agree_in_arabic() -> None:
    shown = [call_shown.show_money(one * 100, "USD", "ar") for one in (3, 60, 152, 340, 100)]
    assert [one.rpartition("\u00a0")[2] for one in shown] == ["دولارات", "دولاراً", "دولاراً", "دولاراً", "دولار"]


def test_a_draft_is_saved_by_the_clock_of_the_call_while_nobody_chose_another(client: FlaskClient) -> None:
    call, person = an_open_call(), make_person()
    person.time_zone = "UTC"
    begin(call, person)
    sign_in(client, person)
    page = text_of(client.get(f"/en/funds/{call.slug}/apply/p1"))
    assert "Zurich" in page.partition("Saved at")[2][:20]
    person.time_zone = "Africa/Nairobi"
    db.session.flush()
    page = text_of(client.get(f"/en/funds/{call.slug}/apply/p1"))
    assert "Nairobi" in page.partition("Saved at")[2][:20]


def test_where_no_letter_is_asked_none_is_spoken_of(client: FlaskClient) -> None:
    asks = {"vouching": {"nominator": True, "referees": 0, "letter": False}}
    call, person = an_open_call(changed=asks), make_person()
    begin(call, person)
    found = held(call, person)
    slot = gaps.slots(found.rules.vouching)[0]
    row = vouching.name(person, found, vouching.Named(slot, "Asha", "asha@example.org", "en", "Herders"))
    db.session.flush()
    page = text_of(client.get(f"/en/vouch/{vouching.link_token(row)}"))
    assert "does not read your words" in page
    assert "letter" not in page


@pytest.mark.parametrize(("address", "leads"), [("/funds", "/fr/funds"), ("/search?q=a", "/fr/search?q=a")])
def test_an_address_without_a_language_leads_to_one(client: FlaskClient, address: str, leads: str) -> None:
    there = client.get(address, headers={"Accept-Language": "fr"})
    assert (there.status_code, there.location) == (302, leads)
    assert "Accept-Language" in there.headers["Vary"]


@pytest.mark.parametrize("address", ["/no-such-page", "/en/no-such-page", "/wp-login.php"])
def test_what_is_nowhere_stays_nowhere(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404
    assert client.post("/funds").status_code in {404, 405}

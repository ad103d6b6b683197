"""A commitment is closed with a look before and a reason that everybody reads, and opened again by that name."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape

from eventhub.commitments import queries, wording
from eventhub.commitments.models import Commitment, State
from eventhub.kit.clock import now
from eventhub.kit.i18n import show_date
from eventhub.people.models import Role
from tests.delegations.test_journeys import browser
from tests.factories.commitments import asked, published
from tests.factories.people import form_fields, make_staff

pytestmark = pytest.mark.usefixtures("database")
RECORD = "/en/console/commitments/{}"


def keeper(app: Flask, commitment: Commitment) -> FlaskClient:
    return browser(app, make_staff(Role.ORGANISER, event_id=commitment.event_id))


def test_it_is_closed_with_a_reason_and_opened_again(app: Flask, client: FlaskClient) -> None:
    commitment = published()
    person = make_staff(Role.ORGANISER, event_id=commitment.event_id)
    staff, record = browser(app, person), RECORD.format(commitment.id)
    address = f"{record}/close"
    assert f'href="{address}"' in staff.get(record).text
    asks = staff.get(address).text
    words = queries.record(commitment.id).words
    assert str(escape(wording.title_of(words.title, words.wording))) in asks
    assert f'<span class="code nowrap">{commitment.reference}</span>' in asks
    hidden = form_fields(staff.get(address).text, address)
    empty = staff.post(address, data=hidden | {"reason": ""})
    assert (empty.status_code, "Say why" in empty.text) == (422, True)
    assert queries.record(commitment.id).state is State.PUBLISHED

    sent = staff.post(
        address, data=form_fields(empty.text, address) | {"reason": "Every class is open.\nSo says the ministry."}
    )

    assert sent.status_code == 303
    assert staff.get(address).location == record
    public = client.get(f"/en/commitments/{commitment.reference}").text
    kept = re.compile(r'class="(small )?typed" dir="auto">Every class is open\.\r?\nSo says the ministry\.<')
    assert len(kept.findall(public)) == 2
    page = staff.get(record).text
    day = show_date(now().date(), "en")
    assert f"Closed on {day} by <bdi>{escape(person.alias or person.name)}</bdi>" in page
    assert kept.search(page)
    assert "Open it again" in page
    staff.post(f"{record}/state", data=form_fields(page, f"{record}/state") | {"go": "publish"})
    found = queries.record(commitment.id)
    assert (found.state, found.closed_at, found.closed_reason) == (State.PUBLISHED, None, "")
    assert "Closed on" not in staff.get(record).text


def test_one_press_closes_nothing(app: Flask) -> None:
    commitment = published()
    staff, record = keeper(app, commitment), RECORD.format(commitment.id)
    hidden = form_fields(staff.get(record).text, f"{record}/state")
    assert staff.post(f"{record}/state", data=hidden | {"go": "close"}).status_code == 404


def test_writing_to_the_maker_is_offered_only_while_a_link_can_go_out(app: Flask) -> None:
    offer = "The maker: a mail with a new link goes out"
    shown, waits = published(), asked()[0]
    note, letter = (keeper(app, one).get(RECORD.format(one.id)).text for one in (shown, waits))
    assert offer not in note
    assert "Only colleagues read it." in note
    assert "Keep the note" in note
    assert offer in letter
    assert "Only colleagues read it." not in letter
    assert "Keep the note" not in letter

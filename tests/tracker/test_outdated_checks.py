"""A check that was made before the maker said something else is no word about what is claimed now."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from eventhub.commitments import following, queries
from eventhub.commitments.models import Commitment, Says, Verdict
from eventhub.commitments.standing import outdated_by, standing_of
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Role
from tests.delegations.test_journeys import browser
from tests.factories.commitments import past_event, published
from tests.factories.evidence import checked
from tests.factories.people import make_person, make_staff
from tests.tracker.test_reports import manuscript

pytestmark = pytest.mark.usefixtures("database")
BEFORE = "when they said: In progress"


def told(made: Commitment, *steps: Says | Verdict) -> None:
    """One after the other, each a minute later."""
    for number, step in enumerate(steps):
        with time_machine.travel(now() + timedelta(minutes=number), tick=False):
            if isinstance(step, Says):
                following.say(made, step)
            else:
                following.check(make_person(), made, step, text="Why")


def test_a_confirmation_of_an_earlier_claim_is_not_one_of_the_newest(app: Flask, client: FlaskClient) -> None:
    event = past_event()
    old, new, same = (published(event, title=name) for name in ("Checked before", "Checked after", "Said again"))
    for one in (old, new, same):
        checked(one)
    told(old, Says.IN_PROGRESS, Verdict.CONFIRMED, Says.FULFILLED)
    told(new, Says.IN_PROGRESS, Says.FULFILLED, Verdict.CONFIRMED)
    told(same, Says.FULFILLED, Verdict.CONFIRMED, Says.FULFILLED)
    db.session.flush()
    stands = standing_of([old.id, new.id, same.id])
    assert set(stands.outdated) == {old.id}
    for one in (old, new, same):
        alone = outdated_by(queries.reports_of(one), queries.reviews_of(one))
        assert alone == stands.outdated.get(one.id)
    for one, is_outdated in ((old, True), (new, False), (same, False)):
        assert (BEFORE in client.get(f"/en/commitments/{one.reference}").text) is is_outdated
    assert client.get("/en/commitments").text.count(BEFORE) == 1
    staff = browser(app, make_staff(Role.ORGANISER))
    for page in (f"/en/console/commitments/{old.id}", f"/en/console/assessments/{old.id}"):
        assert BEFORE in staff.get(page).text, page
    sections = {str(one["title"]): str(one) for one in manuscript(event)["sections"]}  # type: ignore[attr-defined]
    confirmed = sections["Fulfilled, and confirmed on evidence"]
    assert [one.reference in confirmed for one in (old, new, same)] == [False, True, True]
    assert BEFORE in sections["Every commitment"]

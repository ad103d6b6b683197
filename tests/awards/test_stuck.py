"""A release that the worker gave up, and deeds in the name of somebody who may not do them any more."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import letters, releasing, staging, stuck
from eventhub.awards.release_models import Failed, Release
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.queries import grants_of
from tests.factories.people import sign_in
from tests.factories.releasing import Decided, make_decided, make_staged, release, stage
from tests.programme.console import text_of

pytestmark = pytest.mark.usefixtures("database")


def given_up(scene: Decided) -> Release:
    """A release whose instant is past and whose task was tried as often as it is."""
    made = release(scene, at=now() + timedelta(hours=1))
    row = db.session.scalars(select(Promise).where(Promise.task == "awards.release")).one()
    row.parked_at, made.at = now(), now() - timedelta(minutes=1)
    db.session.flush()
    return made


def mails() -> list[Promise]:
    return list(db.session.scalars(select(Promise).where(Promise.task == "awards.release_failed")))


def test_whoever_set_a_release_that_was_given_up_learns_of_it(client: FlaskClient) -> None:
    scene = make_staged()
    made = given_up(scene)
    assert (stuck.stuck_due(now()), stuck.stuck_due(now())) == (1, 0)
    assert (made.failed, made.done_at) == (Failed.STUCK, None)
    (mail,) = mails()
    assert mail.payload == {"release_id": str(made.id)}
    letter = letters.release_failed(made, scene.officer, scene.call)
    assert letter is not None
    assert "A fault of the system" in letters.preview(letter).text
    sign_in(client, scene.officer)
    assert "Release failed" in text_of(client.get("/en/console"))
    assert "A fault of the system" in text_of(client.get(f"/en/console/funds/{scene.call.slug}/release"))
    assert releasing.release_due(made.id) is None, "a task that is tried again tells nobody by surprise"
    assert release(scene).told, "it stands in nobody's way"


def test_a_release_before_its_instant_or_still_tried_goes_on() -> None:
    scene = make_staged()
    made = given_up(scene)
    made.at = now() + timedelta(minutes=5)
    db.session.flush()
    assert stuck.stuck_due(now()) == 0
    made.at = now() - timedelta(minutes=5)
    db.session.scalars(select(Promise).where(Promise.task == "awards.release")).one().parked_at = None
    db.session.flush()
    assert stuck.stuck_due(now()) == 0
    assert not mails()


def test_a_slate_is_not_staged_in_the_name_of_somebody_who_is_no_approver_any_more() -> None:
    scene = make_decided()
    taken = grants_of(scene.approver.id)
    for grant in taken:
        grant.revoked_at, grant.revoked_by_id = now(), scene.officer.id
    db.session.flush()
    assert stage(scene).failed is Failed.ROLE
    for grant in taken:
        grant.revoked_at = grant.revoked_by_id = None
    db.session.flush()
    staging.stage_again(scene.officer, scene.slate)
    assert stage(scene).failed is None


def test_a_slate_that_is_not_prepared_in_time_stands_on_the_start_page(client: FlaskClient) -> None:
    scene = make_decided()
    sign_in(client, scene.officer)
    assert "Not prepared" not in text_of(client.get("/en/console"))
    scene.slate.approved_at = now() - timedelta(hours=2)
    db.session.flush()
    assert "Not prepared" in text_of(client.get("/en/console"))

"""What the desk must not read from mailings, and a mail that was put off while its mailing was stopped."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.local.mailsink import Answer, MailSink
from eventhub.mailings import actions, queries
from eventhub.mailings.audience import Audience
from eventhub.mailings.models import Outcome, Stage
from eventhub.people.models import Role
from eventhub.registration.access import Sight
from eventhub.registration.models import State
from tests.factories.people import make_person, make_staff, sign_in
from tests.factories.registration import make_forum, make_registration
from tests.mailings.scene import addresses, make_event_with, make_mailing, minute, outcomes, send, work

pytestmark = pytest.mark.usefixtures("database")


def test_what_was_put_off_goes_out_after_stopping_and_going_on(sink: MailSink) -> None:
    person = make_person()
    sink.rule = lambda _to, _body: Answer(451, "Greylisted")
    event, _ = make_event_with(person)
    mailing = make_mailing(event)
    send(mailing, event)
    minute()
    work()
    minute()
    assert outcomes(mailing) == {Outcome.PUT_OFF: 1}
    actions.stop(make_person(), mailing)
    sink.rule = lambda _to, _body: Answer()
    with time_machine.travel(now() + timedelta(hours=1)):
        work()
        minute()
        db.session.refresh(mailing)
        actions.go_on(make_person(), mailing)
        db.session.flush()
        for _step in range(2):
            minute()
            work()
        minute()
        db.session.refresh(mailing)
    assert (addresses(sink), mailing.stage) == ([person.email], Stage.DONE)


def test_drafts_are_counted_and_named_to_nobody(client: FlaskClient, sink: MailSink) -> None:
    event = make_forum(data=None)
    who = make_person(name="Secret Drafter")
    make_registration(event, who, state=State.DRAFT).reference = None
    organiser = make_staff(Role.ORGANISER, event_id=event.id)
    mailing = make_mailing(event, audience=Audience(groups=("draft",)), by=organiser)
    sink.rule = lambda _to, _body: Answer(550, "No")
    sign_in(client, organiser)
    here = f"/en/console/events/{event.slug}/mailings"
    before = client.get(f"{here}/{mailing.id}/recipients").text
    assert "1 person gets it" in before
    assert "Whose they are stands nowhere" in before
    send(mailing, event)
    minute()
    work()
    minute()
    assert outcomes(mailing) == {Outcome.REFUSED: 1}
    shown = [client.get(f"{here}/{more}").text for more in (f"{mailing.id}/log", "not-reached")]
    assert not any("Secret Drafter" in page for page in [before, *shown])


def test_a_mailing_to_first_timers_tells_nothing_elsewhere(
    client: FlaskClient, sink: MailSink, statements: list[str]
) -> None:
    former, event = make_forum(data=None), make_forum(data=None)
    former.first_day -= timedelta(days=400)
    former.last_day, event.series_id = former.first_day, former.series_id
    fresh = make_person(name="First Timer")
    registration = make_registration(event, fresh, state=State.ACCREDITED)
    only_new = Audience(groups=("accredited",), first_time=True)
    mailing = make_mailing(event, audience=only_new)
    sink.rule = lambda _to, _body: Answer(550, "No")
    send(mailing, event)
    minute()
    work()
    minute()
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    here = f"/en/console/events/{event.slug}"
    assert "A mail of a mailing" not in client.get(f"{here}/registrations/{registration.id}").text
    assert "First Timer" not in client.get(f"{here}/mailings/not-reached").text
    assert len(queries.posted(registration.id, first_timers=True)) == 1
    assert len(queries.unreached(event.id, Sight.BADGES, first_timers=True)) == 1

    def asked() -> int:
        client.get(f"{here}/mailings")
        statements.clear()
        assert client.get(f"{here}/mailings").status_code == 200
        return len(statements)

    count: Callable[[], int] = asked
    one = count()
    for _more in range(5):
        make_mailing(event, audience=only_new)
    assert count() == one

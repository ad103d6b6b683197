"""Each person once: frozen, throttled, looked at again, stopped, sent again, and what the log says of it."""

from datetime import timedelta

import pytest
import time_machine

from eventhub.kit import outbox
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.local.mailsink import Answer, MailSink
from eventhub.mailings import actions, keeping, sending
from eventhub.mailings.models import Kind, Mailing, MailingLine, MailPreference, Outcome, Stage, Why
from eventhub.people import actions as people
from eventhub.people.models import Channel, Consent
from eventhub.registration.models import State
from tests.factories.people import make_person
from tests.factories.registration import make_registration
from tests.mailings.scene import addresses, line_of, make_event_with, make_mailing, minute, outcomes, send, work


def test_everybody_once_in_the_own_language(sink: MailSink) -> None:
    amina, luc = make_person(name="Amina"), make_person(name="Luc", language="fr")
    yu = make_person(name="Yu", language="zh")
    event, (mine, _his, _hers) = make_event_with(amina, luc, yu)
    mailing = make_mailing(event)
    send(mailing, event)
    assert minute() == 3
    assert mailing.stage is Stage.SENDING
    work()
    minute()
    minute()
    assert addresses(sink) == sorted(str(one.email) for one in (amina, luc, yu))
    assert work() == 0
    told = {str(one["To"]): one for one in sink.messages()}
    english = told[str(amina.email)]
    assert english["Subject"] == "Doors open at nine, Amina"
    assert str(mine.reference) in english.get_body(("plain",)).get_content()
    assert told[str(luc.email)]["Subject"] == "Les portes ouvrent à neuf heures"
    chinese = told[str(yu.email)].get_body(("html",)).get_content()
    assert 'lang="en"' in chinese, "the original language, marked as such"
    assert english["List-Unsubscribe"] is None, "about one's own registration: not to be stopped"
    db.session.expire_all()
    assert mailing.stage is Stage.DONE
    assert outcomes(mailing) == {Outcome.SENT: 3}


def test_who_is_meant_is_fixed_when_it_begins(sink: MailSink) -> None:
    event, _one = make_event_with(make_person())
    mailing = make_mailing(event)
    send(mailing, event)
    minute()
    make_registration(event, make_person(), state=State.ACCREDITED)
    minute()
    work()
    assert len(sink.messages()) == 1


def test_so_many_in_a_minute(sink: MailSink) -> None:
    event, _all = make_event_with(*(make_person() for _ in range(5)))
    mailing = make_mailing(event)
    send(mailing, event)
    assert minute(2) == 2
    assert minute(2) == 0, "what lies in the outbox counts"
    work()
    assert minute(2) == 2
    work()
    assert minute(2) == 1
    work()
    minute(2)
    assert len(sink.messages()) == 5
    assert outcomes(mailing) == {Outcome.SENT: 5}


def test_what_is_scheduled_waits(sink: MailSink) -> None:
    event, _one = make_event_with(make_person())
    mailing = make_mailing(event)
    actions.schedule(make_person(), mailing, event, at=now() + timedelta(days=2), version=mailing.version)
    db.session.flush()
    assert minute() == 0
    with time_machine.travel(now() + timedelta(days=2, minutes=1)):
        assert minute() == 1
        work()
    assert len(sink.messages()) == 1


@pytest.mark.usefixtures("database")
def test_called_back_before_it_begins_and_not_after() -> None:
    event, _one = make_event_with(make_person())
    mailing = make_mailing(event)
    send(mailing, event)
    actions.call_back(make_person(), mailing)
    db.session.flush()
    assert minute() == 0
    send(mailing, event)
    minute()
    db.session.refresh(mailing)
    with pytest.raises(actions.NoWay):
        actions.call_back(make_person(), mailing)


def test_looked_at_again_before_the_mail(sink: MailSink) -> None:
    """Erased, withdrawn, gone discreet, stopped such mails: whatever was true when it began."""
    erased, gone, hidden, tired, stays = (make_person(name=f"Name {number}") for number in range(5))
    event, rows = make_event_with(erased, gone, hidden, tired, stays)
    mailing = make_mailing(event, kind=Kind.NEWS)
    send(mailing, event)
    assert minute() == 5
    people.erase(erased, erased)
    keeping.erase(erased.id)
    rows[1].state = State.WITHDRAWN
    hidden.discreet = True
    actions.want(actions.preference_of(tired.id), wanted=False)
    db.session.flush()
    addressed = sorted([str(hidden.email), str(stays.email)])
    work()
    minute()
    assert addresses(sink) == addressed
    assert line_of(mailing, gone).why is Why.ENDED
    assert line_of(mailing, tired).why is Why.STOPPED
    assert db.session.query(MailingLine).filter_by(person_id=erased.id).count() == 0
    neutral = next(one for one in sink.messages() if one["To"] == hidden.email)
    said = neutral.as_string() + neutral.get_body(("plain",)).get_content()
    assert neutral["Subject"] == "There is news for you"
    for word in ("Doors", "Name 2", event.title["en"], "EventHub", "Forum", "registration"):
        assert word not in said


@pytest.mark.usefixtures("database")
def test_who_gets_none_from_the_start() -> None:
    silent, tired, shy, agrees = make_person(email=None), make_person(), make_person(), make_person()
    event, _rows = make_event_with(silent, tired, shy, agrees)
    actions.want(actions.preference_of(tired.id), wanted=False)
    for one in (tired, agrees):
        db.session.add(Consent(person_id=one.id, channel=Channel.FUTURE_CONTACT, event_id=None, given=True))
    mailing = make_mailing(event, kind=Kind.INVITATION)
    send(mailing, event)
    assert minute() == 1
    whys = {one: line_of(mailing, one).why for one in (silent, tired, shy, agrees)}
    assert whys == {silent: Why.NO_ADDRESS, tired: Why.STOPPED, shy: Why.NOT_AGREED, agrees: None}


def test_stopped_while_it_goes_and_gone_on(sink: MailSink) -> None:
    event, _all = make_event_with(*(make_person() for _ in range(4)))
    mailing = make_mailing(event)
    send(mailing, event)
    minute(2)
    actions.stop(make_person(), mailing)
    db.session.flush()
    work()
    assert minute(2) == 0
    assert sink.messages() == []
    assert outcomes(mailing) == {Outcome.WAITING: 4}
    db.session.refresh(mailing)
    actions.go_on(make_person(), mailing)
    db.session.flush()
    assert minute(10) == 4
    work()
    minute()
    assert len(sink.messages()) == 4
    assert len(set(addresses(sink))) == 4


def test_refused_put_off_and_sent_again(sink: MailSink) -> None:
    good, wrong, later = make_person(), make_person(), make_person()
    answers = {wrong.email: Answer(550, "No such user"), later.email: Answer(451, "Greylisted")}
    sink.rule = lambda to, _before: answers.get(to, Answer())
    event, _rows = make_event_with(good, wrong, later)
    mailing = make_mailing(event)
    send(mailing, event)
    minute()
    work()
    minute()
    assert outcomes(mailing) == {Outcome.SENT: 1, Outcome.REFUSED: 1, Outcome.PUT_OFF: 1}
    assert line_of(mailing, wrong).state is Outcome.REFUSED
    sink.rule = lambda _to, _before: Answer()
    db.session.refresh(mailing)
    assert actions.send_again(make_person(), mailing) == 1
    with pytest.raises(actions.NobodyLeft):
        actions.send_again(make_person(), mailing)
    with time_machine.travel(now() + timedelta(hours=1)):
        work()
        minute()
    assert addresses(sink) == sorted(str(one.email) for one in (good, wrong, later))
    assert outcomes(mailing) == {Outcome.SENT: 3}
    db.session.refresh(mailing)
    assert mailing.stage is Stage.DONE


@pytest.mark.usefixtures("database")
def test_deleted_after_the_event_and_kept_longer_when_it_moves() -> None:
    event, _one = make_event_with(make_person())
    mailing = make_mailing(event)
    send(mailing, event)
    minute()
    due = mailing.delete_after
    assert keeping.delete_expired(due - timedelta(minutes=1)) == 0
    event.last_day += timedelta(days=7)
    db.session.flush()
    keeping.follow_days(event.id)
    db.session.refresh(mailing)
    assert mailing.delete_after == due + timedelta(days=7)
    assert keeping.delete_expired(mailing.delete_after) == 1
    assert db.session.query(Mailing).count() == db.session.query(MailingLine).count() == 0


@pytest.mark.usefixtures("database")
def test_links_in_a_former_mailbox_stop_nothing() -> None:
    person = make_person()
    before = actions.stop_token(actions.preference_of(person.id))
    actions.renew_link(person.id)
    db.session.flush()
    row = db.session.get_one(MailPreference, person.id)
    assert actions.stop_token(row) != before


def test_after_a_restore_a_person_decides(sink: MailSink) -> None:
    """What the backup holds as waiting may have gone out since."""
    event, _all = make_event_with(*(make_person() for _ in range(3)))
    going, due = make_mailing(event), make_mailing(event)
    send(going, event)
    minute(1)
    send(due, event)
    outbox.hold(but="people.erased")
    assert sending.hold() == 2
    db.session.flush()
    with time_machine.travel(now() + timedelta(days=1)):
        assert minute() == 0
        work()
    assert sink.messages() == []
    assert (going.stage, due.stage) == (Stage.STOPPED, Stage.DRAFT)
    actions.go_on(make_person(), going)
    db.session.flush()
    with pytest.raises(actions.NobodyLeft):
        actions.send_again(make_person(), going)
    minute()
    work()
    minute()
    assert outcomes(going) == {Outcome.SENT: 2, Outcome.GIVEN_UP: 1}

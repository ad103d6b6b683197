"""Awards of one person for the tests of all pages and all mails."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from eventhub.awards import awarding, paying, queries, replacing, reporting, travelling
from eventhub.awards.models import Award, Replacement
from eventhub.awards.release_models import Failed, Release
from eventhub.funding.models import Application, Endorsement, State, Vouch, Voucher
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.tokens import digest, new_salt
from eventhub.people.models import Person
from tests.factories.awards import Money, make_application, make_award, make_fund
from tests.factories.people import make_organisation

Payload = dict[str, Any]
Words = dict[str, str]


def confirmed(application: Application, email: str = "chair@example.org", **given: Any) -> Endorsement:
    """The nomination of a file, confirmed from a mailbox."""
    values: dict[str, Any] = {
        "role": Voucher.NOMINATOR,
        "name": "A chair",
        "language": "en",
        "salt": b"",
        "token_hash": digest(new_salt().hex()),
        "letter_due": now(),
        "outcome": Vouch.CONFIRMED,
        "answered_at": now(),
    }
    row = Endorsement(application_id=application.id, email=email, **(values | given))
    db.session.add(row)
    db.session.flush()
    return row


def nominated(fund: Money, email: str, **given: Any) -> tuple[Award, Replacement]:
    """An accepted award whose nominator was asked who comes instead, with one who could."""
    organisation = make_organisation()
    award = make_award(fund, State.ACCEPTED, nominated_by_id=organisation.id, **given)
    confirmed(make_application(fund, State.RESERVE, nominated_by_id=organisation.id), email)
    confirmed(award.application, email)
    return award, replacing.ask_nominator(fund.officer, award)


def came_home(fund: Money, **given: Any) -> Award:
    """An award whose report is due."""
    award = make_award(fund, State.ACCEPTED, **given)
    today = now().date()
    travelling.ticketed(
        fund.officer, award, travels_on=today, returns_on=travelling.days_of(award)[1] - travelling.AROUND
    )
    travelling.travelled(fund.officer, award, ended_on=today, report_days=30)
    return award


def _fund(title: Words) -> Money:
    fund = make_fund()
    fund.call.title = dict(title)
    db.session.flush()
    return fund


def scenes(title: Words) -> dict[str, Callable[[Person], Payload]]:
    """Each mail of awards with the scene that owes it; the fund is called by ``title``."""

    def offered(person: Person) -> Payload:
        return {"award_id": str(make_award(_fund(title), person=person).id)}

    def accepted(person: Person) -> Payload:
        return {"award_id": str(make_award(_fund(title), State.ACCEPTED, person=person).id)}

    def lapsed(person: Person) -> Payload:
        award = make_award(_fund(title), person=person)
        awarding.lapse_due(now() + timedelta(days=30))
        return {"award_id": str(award.id)}

    def ended(person: Person) -> Payload:
        fund = _fund(title)
        award = make_award(fund, State.ACCEPTED, person=person)
        awarding.cancel(fund.officer, award)
        return {"award_id": str(award.id)}

    def visa(person: Person) -> Payload:
        fund = _fund(title)
        award = make_award(fund, State.ACCEPTED, person=person)
        travelling.visa_needed(fund.officer, award)
        return {"award_id": str(award.id)}

    def ticket(person: Person) -> Payload:
        fund, today = _fund(title), now().date()
        award = make_award(fund, State.ACCEPTED, person=person)
        travelling.ticketed(fund.officer, award, travels_on=today, returns_on=today)
        return {"award_id": str(award.id)}

    def due(person: Person) -> Payload:
        return {"award_id": str(came_home(_fund(title), person=person).id)}

    def overdue(person: Person) -> Payload:
        award = came_home(_fund(title), person=person)
        reporting.overdue_due(now() + timedelta(days=31))
        return {"award_id": str(award.id)}

    def filed(person: Person) -> Payload:
        award = came_home(_fund(title), person=person)
        report = queries.report_of(award.id)
        assert report is not None
        said = {key: "Much" for key, _words, _needed in reporting.QUESTIONS}
        reporting.file(person, award, report, said)
        return {"award_id": str(award.id)}

    def decided(person: Person) -> Payload:
        one = make_application(_fund(title), State.NOT_RECOMMENDED, person=person)
        return {"application_id": str(one.id), "reason": "below_line"}

    def replace(person: Person) -> Payload:
        _award, row = nominated(_fund(title), str(person.email))
        return {"replacement_id": str(row.id)}

    def nominee_accepted(person: Person) -> Payload:
        award, _row = nominated(_fund(title), str(person.email))
        return {"award_id": str(award.id)}

    def not_released(person: Person) -> Payload:
        fund = _fund(title)
        row = Release(call_id=fund.call.id, at=now(), made_by_id=person.id, failed=Failed.MOVED)
        db.session.add(row)
        db.session.flush()
        return {"release_id": str(row.id)}

    def swept(person: Person) -> Payload:
        fund = _fund(title)
        award = make_award(fund, State.ACCEPTED)
        payment = paying.ask(person, award, queries.lines([award.id])[0], 100)
        awarding.withdraw(award.application.person, award)
        return {"payment_id": str(payment.id)}

    return {
        "awards.payment_swept": swept,
        "awards.release_failed": not_released,
        "awards.offered": offered,
        "awards.accepted": accepted,
        "awards.lapsed": lapsed,
        "awards.ended": ended,
        "awards.visa_help": visa,
        "awards.ticket": ticket,
        "awards.report_due": due,
        "awards.report_reminder": lambda person: due(person) | {"days": 21},
        "awards.report_overdue": overdue,
        "awards.thanks": filed,
        "awards.decided": decided,
        "awards.replace": replace,
        "awards.nominee_accepted": nominee_accepted,
    }

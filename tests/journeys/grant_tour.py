"""Stops of the tour at the grants of the fund: staff's pages and the traveller's own."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from eventhub.awards import awarding, budgets, ledger, paying, queries, receipts, reporting, travelling
from eventhub.awards.models import Award
from eventhub.funding.models import State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from tests.awards import scene
from tests.factories.awards import make_award, make_fund, make_reserves
from tests.factories.people import make_person
from tests.factories.programme import PDF_BYTES
from tests.house.grants_world import a_change_of_rules, note_stay, own_line


def grant_stops(
    words: Callable[[str], str], texts: Callable[[str], dict[str, str]], owner: Person
) -> dict[str, dict[str, str]]:
    """Addresses by who looks."""
    fund = make_fund(2_000_000, over_commit=120)
    fund.call.title = texts("Travel fund of the Council")
    award = make_award(fund, State.ACCEPTED, person=make_person(name=words("Awhina Mere")))
    line = own_line(award)
    receipts.attach(award.application.person, award, line, PDF_BYTES)
    note_stay(fund, award)
    ledger.enter_rate(fund.finance, fund.call, "CHF", Decimal("0.8"), date(2026, 1, 1), source=words("UN Treasury"))
    waiting = paying.ask(fund.finance, award, line, 10_000, payee={"name": "An aunt", "account": "Post office"})
    paid = paying.agree(fund.second, award, paying.ask(fund.finance, award, line, 20_000))
    paying.take_back(fund.second, award, paid, 5_000)
    pending = make_award(fund, State.ACCEPTED)
    visa = travelling.visa_needed(fund.officer, pending)
    travelling.visa_refused(fund.officer, pending, visa)
    bound = make_award(fund, State.ACCEPTED)
    last = travelling.days_of(bound)[1] - travelling.AROUND
    travelling.ticketed(fund.officer, bound, travels_on=now().date(), returns_on=last)
    priced = make_award(fund, State.APPROVED)
    make_award(fund, State.LAPSED)
    make_award(fund)
    closed = _filed(scene.came_home(fund))
    make_reserves(fund, [None])
    left = make_award(fund, State.ACCEPTED)
    awarding.withdraw(left.application.person, left, text=words("Told us by telephone"))
    more = budgets.ask(fund.finance, fund.envelope, 100_000, why=words("A donor gives more"))
    budgets.agree(fund.second, more)
    budgets.ask(fund.second, fund.envelope, -50_000, why=words("A donor gives less"))
    a_change_of_rules(fund, 100_000)
    mine = make_fund()
    home = scene.came_home(mine, person=owner)
    note_stay(mine, home)
    abroad = make_fund()
    travels = make_award(abroad, State.ACCEPTED, person=owner)
    travelling.visa_needed(abroad.officer, travels)
    db.session.flush()
    grants, money = f"/console/funds/{fund.call.slug}/grants", f"/console/funds/{fund.call.slug}/money"
    own = f"/me/grants/{home.application.reference}"
    return {
        "staff": {
            "awards_console.index": grants,
            "awards_console.record": f"{grants}/{award.id}",
            "awards_console.record#refused": f"{grants}/{pending.id}",
            "awards_console.record#bound": f"{grants}/{bound.id}",
            "awards_console.record#closed": f"{grants}/{closed.id}",
            "awards_console.line": f"{grants}/{award.id}/lines/{line.id}",
            "awards_console.line#priced": f"{grants}/{priced.id}/lines/{own_line(priced).id}",
            "awards_console.payment": f"{grants}/{award.id}/payments/{waiting.id}",
            "awards_console.payment#paid": f"{grants}/{award.id}/payments/{paid.id}",
            "awards_console.payments": f"{grants}/payments",
            "awards_console.stay": f"{grants}/{award.id}/allowance",
            "awards_console.reserves": f"{grants}/reserves",
            "awards_console.money": money,
            "awards_console.budget": f"{money}/{fund.envelope.id}/budget",
            "awards_console.rates": f"{money}/rates",
        },
        "owner": {
            "awards.receipt": f"{own}/receipts/{own_line(home).id}",
            "awards.allowance": f"{own}/allowance",
            "awards.visa": f"/me/grants/{travels.application.reference}/visa",
            "awards.leave": f"/me/grants/{travels.application.reference}/cannot-come",
        },
    }


def _filed(award: Award) -> Award:
    report = queries.report_of(award.id)
    assert report is not None
    said = {key: "Much" for key, _words, _needed in reporting.QUESTIONS}
    reporting.file(award.application.person, award, report, said)
    return award

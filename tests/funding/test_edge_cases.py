"""Cases that a fund meets and a happy path does not: who may still be considered, odd amounts, one review, one word for
one group, one number for one journey."""

import uuid
from datetime import date

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import select
from wtforms import ValidationError

from eventhub.awards import awarding, considering, replacing
from eventhub.awards import queries as awards
from eventhub.awards.console_forms import amount_of
from eventhub.awards.models import Proposal
from eventhub.funding import applying, costs, debts, presets, rule_checks, traits
from eventhub.funding.allowance import ldc_at_call
from eventhub.funding.costs import Journey, Need
from eventhub.funding.models import Application, CallRules, FundKind, Owed, State
from eventhub.funding.money_forms import MoneyForm
from eventhub.funding.rule_checks import Problem, balance_findings, usual_cost
from eventhub.funding.rules import AGE_CELLS, Balance, Bound, CostLine, Costs, Dimension, Support, read
from eventhub.kit import codes
from eventhub.kit.amounts import TWO_WAYS
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.questionnaires import answers as given
from eventhub.registration.reference import new_reference
from eventhub.reviewing import asking, queries, scoring, shown
from eventhub.selecting import inputs
from tests.awards.scene import nominated
from tests.delegations.scene import send
from tests.factories import reviewing as reads
from tests.factories.awards import Money, make_award, make_fund, make_reserves
from tests.factories.funding import OPEN_TO_ALL, an_open_call, apply, begin, held
from tests.factories.funding_desk import make_debt
from tests.factories.people import make_organisation, make_person, sign_in
from tests.programme.test_views import LANGUAGES

pytestmark = pytest.mark.usefixtures("database")


def ended(fund: Money) -> None:
    """An award lapses, so that the next reserve is proposed."""
    award = make_award(fund)
    awarding.answer(awarding.link(award), accepts=False)


# Who may still be considered


def test_a_debarred_organization_s_reserve_is_not_taken_and_nobody_is_named(client: FlaskClient) -> None:
    fund, house = make_fund(), make_organisation(name="Quiet House")
    award, row = nominated(fund, "chair@example.org")
    other = replacing.candidates(award)[0]
    debt = make_debt(organisation=db.session.merge(house), kind=Owed.DEBARRED, note="Words of the desk alone")
    debt.organisation_id = award.application.nominated_by_id
    other.reference = new_reference(fund.call.code)
    db.session.flush()
    address = f"/en/replace/{replacing.link(row)}"
    refused = send(client, address, application=str(other.id))
    assert refused.status_code == 422, refused.text
    assert "may nominate nobody at present" in refused.text
    assert "Words of the desk" not in refused.text
    sign_in(client, db.session.get_one(Person, other.person_id))
    told = client.get(f"/en/me/applications/{other.reference}").text
    assert "The organization that nominates you may nominate nobody at present." in told
    assert "Words of the desk" not in told
    debt.cleared_at = now()
    db.session.flush()
    assert "nominates you" not in client.get(f"/en/me/applications/{other.reference}").text
    assert replacing.name(replacing.link(row), other.id).application_id == other.id


@pytest.mark.parametrize("who", ["person", "namesake"])
def test_a_reserve_who_owes_a_report_is_not_taken_either(who: str) -> None:
    fund, house = make_fund(), make_organisation(name="Horn Voices")
    (reserve,) = make_reserves(fund, [None])
    reserve.nominated_by_id = house.id
    ended(fund)
    person = db.session.get_one(Person, reserve.person_id)
    namesake = make_organisation(name="Horn Voices")
    debt = make_debt(person) if who == "person" else make_debt(organisation=namesake)
    proposal = awards.proposal(_proposed(reserve), lock=True)
    with pytest.raises(considering.NotConsidered) as refused:
        awarding.confirm(fund.officer, proposal)
    assert {one.why for one in refused.value.reasons} == {
        debts.Bar.OWN_REPORT if who == "person" else debts.Bar.THEIR_REPORT
    }
    assert reserve.state is State.RESERVE
    debt.cleared_at = now()
    db.session.flush()
    assert awarding.confirm(fund.officer, proposal).state is State.RECOMMENDED


def test_a_proposed_change_of_rules_lets_nobody_through_and_stops_nobody() -> None:
    fund = make_fund()
    (reserve,) = make_reserves(fund, [None])
    ended(fund)
    make_debt(db.session.get_one(Person, reserve.person_id))
    proposal = awards.proposal(_proposed(reserve), lock=True)
    agreed = db.session.scalars(select(CallRules).where(CallRules.call_id == fund.call.id)).one()
    lax = agreed.rules | {"limits": OPEN_TO_ALL["limits"]}
    changed = CallRules(call_id=fund.call.id, number=2, rules=lax, digest="2", proposed_by_id=fund.officer.id)
    db.session.add(changed)
    db.session.flush()
    with pytest.raises(considering.NotConsidered):
        awarding.confirm(fund.officer, proposal)
    changed.agreed_by_id, changed.agreed_at = fund.approver.id, now()
    db.session.flush()
    db.session.add(
        CallRules(call_id=fund.call.id, number=3, rules=agreed.rules, digest="3", proposed_by_id=fund.officer.id)
    )
    db.session.flush()
    assert awarding.confirm(fund.officer, proposal).state is State.RECOMMENDED


def _proposed(reserve: Application) -> uuid.UUID:
    return db.session.scalars(select(Proposal.id).where(Proposal.application_id == reserve.id)).one()


def test_what_the_person_owes_is_not_the_nominator_s_to_know() -> None:
    fund = make_fund()
    award, row = nominated(fund, "chair@example.org")
    other = replacing.candidates(award)[0]
    make_debt(db.session.get_one(Person, other.person_id))
    with pytest.raises(replacing.NotEligible) as refused:
        replacing.name(replacing.link(row), other.id)
    assert refused.value.why == "report_owed"
    assert "report" not in str(refused.value.message)


def test_a_least_developed_country_is_one_on_the_day_of_the_call() -> None:
    leaving = [one for one in map(codes.country, ("BD", "NP", "LA", "SB")) if one.ldc and one.ldc_until]
    assert leaving
    for one in leaving:
        assert one.ldc_until is not None
        before, after = date(one.ldc_until.year - 1, 12, 1), date(one.ldc_until.year + 1, 1, 1)
        assert ldc_at_call(one.ldc, one.ldc_until, before)
        assert not ldc_at_call(one.ldc, one.ldc_until, after)


# Amounts


BASIS = Costs(
    lines=tuple(CostLine),
    fares=(
        {"origin": "KE", "amount": 98_000},
        {"origin": "west", "amount": 110_000, "countries": ("SN", "KE")},
    ),  # type: ignore[arg-type]
    usual_fare=150_000,
    dsa=30_000,
    dsa_days=4,
    terminal=15_200,
    visa=9_000,
    insurance=6_000,
    access_most=50_000,
    companion_most=40_000,
    connectivity=3_000,
)


@pytest.mark.parametrize(("origin", "fare"), [("KE", 98_000), ("SN", 110_000), ("FJ", 150_000), (None, 150_000)])
def test_one_journey_has_one_cost(origin: str | None, fare: int) -> None:
    made = {one.code: one.amount for one in costs.estimate(BASIS, Journey(origin, 4))}
    assert (made[CostLine.TICKET], costs.fare(BASIS, origin)) == (fare, fare)
    assert (made[CostLine.DSA], made[CostLine.TERMINAL]) == (120_000, 15_200)
    assert not {CostLine.ACCESS, CostLine.COMPANION, CostLine.CONNECTIVITY} & made.keys()
    assert usual_cost(BASIS) == costs.total(costs.estimate(BASIS, Journey(None, 4)))
    assert costs.stated(BASIS, Journey(origin, 4)).total.minor == sum(made.values())


def test_needs_and_the_three_ways_of_funding() -> None:
    lines = costs.estimate(BASIS, Journey("KE", 4, frozenset(Need)))
    by_code, whole = {one.code.value: one.amount for one in lines}, costs.total(lines)
    assert whole == 98_000 + 120_000 + 15_200 + 9_000 + 6_000 + 50_000 + 40_000 + 3_000
    paid = costs.amounts(whole, by_code, 70_000)
    assert paid == {Support.FULL: whole, Support.PARTIAL: 70_000, Support.WOULD_COME: 90_000}
    assert costs.amounts(whole, by_code, None)[Support.PARTIAL] == whole
    assert costs.amounts(whole, by_code, 10**12)[Support.PARTIAL] == whole
    assert costs.amounts(0, {}, 5) == dict.fromkeys(Support, 0)


def test_whoever_takes_part_from_afar_has_the_connection_without_asking() -> None:
    afar = BASIS.model_copy(update={"lines": (CostLine.CONNECTIVITY,)})
    assert costs.total(costs.estimate(afar, Journey("KE", 4))) == 3_000


def test_the_applicant_reads_the_board_s_number(client: FlaskClient) -> None:
    call, person = an_open_call(), make_person()
    sent = apply(call, person)
    sign_in(client, person)
    page = client.get(f"/en/me/applications/{sent.reference}").text
    board = {one.id: one.cost for one in inputs.variants_of(sent)}
    assert board == {"full": 233_000, "partial": 85_050}
    for amount in ("2,330", "980", "1,200", "850.50"):
        assert f"USD\N{NO-BREAK SPACE}{amount}" in page, amount
    dearer = {one.id: one.cost for one in inputs.variants_of(sent, fares=6)}
    assert dearer == {"full": 233_000 + 5_880, "partial": 85_050}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_estimate_speaks_six_languages(client: FlaskClient, lang: str) -> None:
    call, person = an_open_call(), make_person(language=lang)
    begin(call, person)
    sign_in(client, person)
    page = client.get(f"/{lang}/funds/{call.slug}/apply/check").text
    assert 'id="cost-t"' in page
    assert "economy_return_ticket" not in page


@pytest.mark.parametrize("typed", ["-5", "1e400", "9" * 40, "NaN", "١٢٣٤٥٦٧٨٩٠١٢٣٤٥", "5; DROP TABLE"])
def test_an_absurd_amount_is_refused_at_its_field_or_counts_as_none(
    app: Flask, client: FlaskClient, typed: str
) -> None:
    call, person = an_open_call(), make_person()
    sign_in(client, person)
    page = f"/en/funds/{call.slug}/apply/p4"
    answer = send(client, page, q_support="partial", q_partial_amount=typed)
    assert answer.status_code in {303, 422}
    if answer.status_code == 422:
        assert 'aria-invalid="true"' in answer.text
        assert typed.replace("<", "&lt;") in answer.text or typed[:10] in answer.text
    assert client.get(f"/en/funds/{call.slug}/apply/check").status_code == 200


@pytest.mark.parametrize(
    ("lang", "typed"),
    [("es", "2.500"), ("fr", "2,500"), ("en", "2.500"), ("ar", "٢.٥٠٠"), ("ru", "2,500"), ("zh", "1,5")],
)
def test_an_amount_that_may_be_a_thousand_times_larger_is_asked_again(
    client: FlaskClient, lang: str, typed: str
) -> None:
    call, person = an_open_call(), make_person(language=lang)
    sign_in(client, person)
    page = f"/{lang}/funds/{call.slug}/apply/p4"
    answer = send(client, page, q_support="partial", q_partial_amount=typed)
    assert answer.status_code == 422
    with force_locale(lang):
        assert str(TWO_WAYS) in answer.text
    assert f'value="{typed}"' in answer.text
    assert send(client, page, q_support="partial", q_partial_amount="2500").status_code == 303
    found = held(call, person)
    assert found.answer_set is not None
    assert given.opened(found.answer_set, found.key)["partial_amount"] == 2500


@pytest.mark.parametrize(
    ("currency", "amount"), [("USD", 250_000), ("JPY", 2_500), ("KWD", 2_500_000), ("IQD", 2_500_000)]
)
def test_an_amount_has_the_decimals_that_banks_settle_it_with(currency: str, amount: int) -> None:
    assert applying.minor(2500, currency) == amount


@pytest.mark.parametrize(
    ("lang", "typed", "amount"),
    [
        ("ar", "٢٬٥٠٠", 250_000),
        ("ar", "٢٥٠٠٫٥", 250_050),
        ("fr", "2 500,50", 250_050),
        ("es", "2.500,50", 250_050),
        ("es", "2.500", 250_000),
        ("en", "2,500", 250_000),
        ("en", "2.500", None),
        ("fr", "2,500", None),
        ("en", "1,5", None),
        ("en", "-5", None),
    ],
)
def test_amounts_of_a_call_s_rules_are_read_as_all_amounts_are(
    app: Flask, lang: str, typed: str, amount: int | None
) -> None:
    with app.test_request_context(f"/{lang}/", method="POST", data={"dsa": typed}):
        g.lang = lang
        form = MoneyForm()
        form.validate()
        assert form.dsa.data == amount
        assert bool(form.dsa.errors) == (amount is None)
        assert form.dsa._value() == typed


@pytest.mark.parametrize(("lang", "typed", "again"), [("en", "1,5", True), ("ar", "1،5", True), ("fr", "1,5", False)])
def test_a_payment_of_one_and_a_half_is_asked_again_where_a_comma_groups(
    app: Flask, lang: str, typed: str, again: bool
) -> None:
    with app.test_request_context(f"/{lang}/"):
        g.lang = lang
        if not again:
            assert amount_of(typed, "USD") == 150
            return
        with pytest.raises(ValidationError) as refused:
            amount_of(typed, "USD")
        assert str(refused.value) == str(TWO_WAYS)


# Reviews


def test_one_review_alone_is_a_mean_without_a_scale() -> None:
    call = reads.make_call()
    reader, file = reads.make_reader(call), reads.make_file(call)
    review = reads.hand_in(reads.give(file, reader), reader)
    found = scoring.due(call.id)
    assert found is not None
    kept = scoring.keep(call.id, found[1], asking.calibrated(found[0]))
    assert kept is not None
    (one,) = kept.files
    assert (one["reviews"], one["raw"], one["calibrated"]) == (1, pytest.approx(review.points), None)
    assert kept.skipped is not None
    assert queries.scores(call.id)[0].points == pytest.approx(review.points)


# One word for one group


@pytest.mark.parametrize("kind", list(FundKind))
def test_rules_of_presets_name_groups_that_answers_are_counted_by(kind: FundKind) -> None:
    for one in read(presets.preset(kind).rules).balance:
        assert rule_checks.is_cell(one.dimension, one.cell), one.key


def test_a_group_that_nobody_can_be_in_keeps_a_call_from_opening() -> None:
    def found(dimension: Dimension, cell: str) -> set[Problem]:
        rule = Balance(id="one", dimension=dimension, cell=cell, bound=Bound.LEAST, value=1)
        return {each.problem for each in balance_findings([rule], 40)}

    for dimension, cell in (
        *((Dimension.AGE, "18_24"), (Dimension.REGION, "africa"), (Dimension.GENDER, "prefer_not_to_say")),
        *((Dimension.COUNTRY, "XX"), (Dimension.LANGUAGE, "tlh"), (Dimension.FIRST_TIME, "perhaps")),
    ):
        assert Problem.NO_SUCH_CELL in found(dimension, cell), cell
    for dimension, cell in (
        *((Dimension.AGE, "under_25"), (Dimension.REGION, "americas"), (Dimension.GENDER, "woman")),
        *((Dimension.COUNTRY, "KE"), (Dimension.LANGUAGE, "ar"), (Dimension.DISABILITY, "yes")),
    ):
        assert found(dimension, cell) == set(), cell


def test_every_age_is_in_one_band() -> None:
    bands = [traits.band(date(2026 - years, 1, 1).isoformat(), date(2026, 6, 1)) for years in range(110)]
    assert [one for one in dict.fromkeys(bands) if one] == list(AGE_CELLS)
    assert rule_checks.cells_of(Dimension.AGE) == AGE_CELLS


def test_regions_are_those_of_the_code_list(app: Flask) -> None:
    with app.test_request_context("/fr/"):
        g.lang = "fr"
        assert [code for code, _name in shown.regions()] == list(codes.codes("forum_region"))
        assert shown.region("americas") == codes.label("forum_region", "americas", "fr")
        assert shown.region("nowhere") == shown.region(None) == ""


# The public search


def test_calls_are_found_and_stand_in_the_site_map(client: FlaskClient) -> None:
    call = an_open_call(title={"en": "Travel fund for herders", "ar": "صندوق سفر الرعاة", "zh": "牧民旅行基金"})
    asked = [("en", "herders travel"), ("en", "herd"), ("fr", "fund herders"), ("ar", "الرعاة"), ("zh", "旅行")]
    for lang, words in asked:
        assert f"/{lang}/funds/{call.slug}" in client.get(f"/{lang}/search", query_string={"q": words}).text, words
    for words in ("fishers", "herders fishers", "the", "%", ""):
        assert f"/funds/{call.slug}" not in client.get("/en/search", query_string={"q": words}).text, words
    assert f"/funds/{call.slug}" not in client.get("/en/search?q=herders&kind=event").text
    assert f"/ar/funds/{call.slug}" in client.get("/sitemap.xml").text

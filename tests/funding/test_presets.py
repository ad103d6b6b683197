"""What a call begins with: rules that hold, a form that can be published, all of it in six languages."""

import pytest

from eventhub.funding import presets, rule_checks
from eventhub.funding.models import FundKind
from eventhub.funding.rules import read, untranslated
from eventhub.kit import codes
from eventhub.kit.i18n import LANGUAGES
from eventhub.questionnaires.checks import check

CONTRACT = {
    *("residence", "origin", "nationality", "first_time", "language", "organisation", "nominating_organisation"),
    *("why_need", "why_voice", "why_after", "support", "partial_amount", "gender", "birth_date", "minority_basis"),
    *("disability", "needs_access", "needs_companion", "letter", "identity_copy", "previous_grant"),
}
"""Keys by which applications are read."""
WHO_SOMEBODY_IS = {"organisation", "nominating_organisation", "nationality", "letter", "identity_copy", "origin_city"}


@pytest.mark.parametrize("kind", FundKind)
def test_every_kind_could_open_as_it_is(kind: FundKind) -> None:
    begin = presets.preset(kind)
    rules = read(begin.rules)
    assert rule_checks.findings(rules, "en") == []
    assert untranslated(rules, "en") == {}
    assert set(begin.title) == set(begin.lead) == set(LANGUAGES)
    assert len(rules.guide) <= 6


@pytest.mark.parametrize("kind", FundKind)
def test_a_preset_is_nobodys_to_spoil(kind: FundKind) -> None:
    presets.preset(kind).rules["places"] = 1
    assert presets.preset(kind).rules["places"] != 1


def test_every_country_has_a_fare() -> None:
    fares = read(presets.preset(FundKind.TRAVEL).rules).costs.fares
    listed = [code for fare in fares for code in fare.countries]
    assert len(listed) == len(set(listed)), "no country in two zones"
    assert {code for code, _name in codes.countries("en")} <= set(listed)


def test_the_form_can_be_published_and_speaks_six_languages() -> None:
    form = presets.application_form()
    assert check(form.definition) == []
    assert {frozenset(texts) for texts in form.translations.values()} == {frozenset(set(LANGUAGES) - {"en"})}
    assert {question.key for question in form.definition.questions()} >= CONTRACT


def test_reviewers_see_nothing_that_says_who_somebody_is() -> None:
    for question in presets.application_form().definition.questions():
        if question.sealed or question.key in WHO_SOMEBODY_IS:
            assert "reviewer" not in question.see, question.key


def test_what_is_only_counted_is_sealed() -> None:
    form = presets.application_form().definition
    for key in ("gender", "minority_basis", "disability"):
        assert form.question(key).sealed
        assert form.question(key).see == ("statistics",)
        assert not form.question(key).required
    assert form.question("birth_date").sealed

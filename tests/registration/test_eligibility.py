"""The guide's rules: every way through the questions, and the papers at its end."""

import itertools

import pytest

from eventhub.kit import codes
from eventhub.registration.eligibility import (
    ANSWERS,
    COMMUNITY,
    NO,
    NOBODY,
    ORGANISATION,
    WHOM,
    WITNESSES,
    YES,
    Advice,
    Paper,
    Step,
    advise,
    next_step,
    steps,
    usual_papers,
)

BOTH = (Paper.LETTER, Paper.ATTESTATION)
STRAIGHT = [code for code in WHOM if code not in {ORGANISATION, COMMUNITY}]


def said(whom: str, status: str = "", letterhead: str = "", witness: str = "") -> dict[Step, str]:
    given = {Step.WHOM: whom, Step.STATUS: status, Step.LETTERHEAD: letterhead, Step.WITNESS: witness}
    return {step: answer for step, answer in given.items() if answer}


@pytest.mark.parametrize("code", STRAIGHT)
def test_who_needs_one_question_only(code: str) -> None:
    assert code in codes.codes("participant_category")
    assert advise(said(code)) == Advice(code)
    assert usual_papers(code) == ()


def test_an_organization_in_status_is_exempt_from_the_letter() -> None:
    advice = advise(said(ORGANISATION, YES))
    assert advice == Advice("ngo_ecosoc")
    assert advice.papers(usual_papers("ngo_ecosoc")) == ()
    assert not advice.has_questions


def test_an_organization_without_status_gives_a_letter_and_answers_questions() -> None:
    advice = advise(said(ORGANISATION, NO, YES))
    assert advice == Advice("ngo_no_ecosoc", letterhead=True)
    assert advice.papers(usual_papers("ngo_no_ecosoc")) == (Paper.LETTER,)
    assert advice.has_questions
    assert not advice.is_stuck(BOTH)


@pytest.mark.parametrize("whom", [ORGANISATION, COMMUNITY])
@pytest.mark.parametrize("witness", [one for one in WITNESSES if one != NOBODY])
def test_without_a_letterhead_a_known_body_attests(whom: str, witness: str) -> None:
    advice = advise(said(whom, NO, NO, witness))
    assert advice is not None
    assert advice.category == {ORGANISATION: "ngo_no_ecosoc", COMMUNITY: "minority_representative"}[whom]
    assert advice.papers(usual_papers(advice.category)) == (Paper.ATTESTATION,)
    assert not advice.is_stuck(BOTH)


def test_a_village_group_with_a_letterhead_gives_a_letter() -> None:
    advice = advise(said(COMMUNITY, letterhead=YES))
    assert advice == Advice("minority_representative", letterhead=True)
    assert advice.papers(BOTH) == (Paper.LETTER,)
    assert not advice.has_questions


@pytest.mark.parametrize("whom", [ORGANISATION, COMMUNITY])
def test_who_has_neither_is_not_left_alone(whom: str) -> None:
    advice = advise(said(whom, NO, NO, NOBODY))
    assert advice is not None
    assert advice.is_stuck(BOTH)
    assert not advice.is_stuck(())


def test_the_event_has_the_last_word() -> None:
    village, office = Advice("minority_representative", letterhead=False, has_witness=True), Advice("media")
    assert village.papers((Paper.LETTER,)) == (Paper.LETTER,)
    assert village.is_stuck((Paper.LETTER,))
    assert village.papers((Paper.ATTESTATION, Paper.IDENTITY)) == (Paper.ATTESTATION, Paper.IDENTITY)
    assert office.papers((Paper.IDENTITY,)) == (Paper.IDENTITY,)
    assert office.papers((*BOTH, Paper.IDENTITY)) == (Paper.LETTER, Paper.IDENTITY)
    assert not office.is_stuck(BOTH)


def test_every_way_ends_after_at_most_four_questions() -> None:
    """Whatever is sent, nonsense included: there is a next question, or advice in a category of the list."""
    choices = [("", "nonsense", *ANSWERS[step]) for step in Step]
    for combination in itertools.product(*choices):
        answers = dict(zip(Step, combination, strict=True))
        asked, missing, advice = steps(answers), next_step(answers), advise(answers)
        assert (missing is None) is (advice is not None)
        assert len(asked) <= 4
        if advice is not None:
            assert advice.category in codes.codes("participant_category")
        else:
            assert missing in asked


def test_every_answer_has_words_in_six_languages() -> None:
    for lang in codes.LANGUAGES:
        for code in WHOM:
            kind = "organisation_kind" if code in {ORGANISATION, COMMUNITY} else "participant_category"
            assert codes.label(kind, code, lang)
        for code in WITNESSES:
            assert code == NOBODY or codes.label("organisation_kind", code, lang)

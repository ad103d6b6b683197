"""Calibration: better than the raw mean where the panel can carry it, silent with a reason where it cannot."""

import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, spearmanr

from eventhub.reviewing.assignment import assign
from eventhub.reviewing.calibration import calibrate
from eventhub.reviewing.terms import Assigned, Calibration, FileScore, Pair, Score, Skipped, asks_for_another, spread
from tests.reviewing.panels import a_large_panel
from tests.reviewing.synthetic import EACH, REGIONS, agreement, truth_and_scores


def test_it_beats_the_raw_mean_on_a_biased_panel() -> None:
    raw, calibrated = agreement(None)
    assert 0.81 < raw < 0.86
    assert calibrated > 0.89
    assert calibrated - raw >= 0.04


def test_it_harms_where_every_region_reads_its_own() -> None:
    """The reason for the wish for outsiders, and for not calibrating a panel that falls apart."""
    raw, calibrated = agreement(0)
    assert calibrated < raw - 0.005


def test_one_outsider_mends_that() -> None:
    raw, calibrated = agreement(1)
    assert calibrated > 0.89
    assert calibrated - raw >= 0.04


def test_on_our_own_assignment() -> None:
    """The readers that the assignment gives are mixed well enough, and the doubt that is told is the real one."""
    panel = a_large_panel()
    found = assign(panel)
    assert isinstance(found, Assigned)
    regions = sorted({one.region for one in panel.files if one.region})
    chance = np.random.default_rng(3)
    home = np.array([regions.index(one.region or "") % REGIONS for one in panel.files])
    file = np.array([int(one.file[1:]) for one in found.pairs])
    who = np.array([int(one.reviewer[1:]) for one in found.pairs])
    truth, points = truth_and_scores(chance, home, file, who)
    told = calibrate(
        [Score(pair.file, pair.reviewer, float(one)) for pair, one in zip(found.pairs, points, strict=True)]
    )
    assert told.skipped is None
    raw, calibrated = [one.raw for one in told.files], np.array([one.calibrated for one in told.files])
    assert spearmanr(calibrated, truth).statistic >= spearmanr(raw, truth).statistic + 0.04
    missed = calibrated - truth
    missed -= missed.mean()
    doubt = np.array([one.deviation for one in told.files])
    assert 0.6 < np.mean(np.abs(missed) < doubt) < 0.76, "one standard deviation holds two thirds"
    assert told.noise == pytest.approx(9, abs=0.6)


def a_panel_of_scores(seed: int = 0, files: int = 60, reviewers: int = 8) -> list[Score]:
    chance = random.Random(seed)
    bias = [chance.gauss(0, 8) for _ in range(reviewers)]
    scores = []
    for number in range(files):
        quality = chance.gauss(0, 10)
        for who in chance.sample(range(reviewers), EACH):
            points = 55 + bias[who] + quality + chance.gauss(0, 6)
            scores.append(Score(f"f{number:02}", f"r{who}", min(100.0, max(0.0, round(points, 1)))))
    return scores


def ranks(told: Calibration) -> npt.NDArray[np.float64]:
    assert told.skipped is None
    return np.asarray(rankdata([one.calibrated for one in told.files]))


@pytest.mark.parametrize("seed", range(4))
def test_a_reviewer_who_is_ten_points_stricter_changes_ranks_little(seed: int) -> None:
    scores = [replace(one, points=0.5 * (one.points or 0) + 30) for one in a_panel_of_scores(seed)]
    shifted = [replace(one, points=(one.points or 0) - 10) if one.reviewer == "r3" else one for one in scores]
    before, after = calibrate(scores), calibrate(shifted)
    raw_before, raw_after = (rankdata([one.raw for one in told.files]) for told in (before, after))
    moved, raw_moved = np.abs(ranks(before) - ranks(after)).mean(), np.abs(raw_before - raw_after).mean()
    assert moved < 0.5
    assert moved < raw_moved / 5
    bias = {one.reviewer: one.bias for one in after.reviewers}["r3"]
    assert bias < {one.reviewer: one.bias for one in before.reviewers}["r3"] - 6


def test_equal_reviewers_leave_the_raw_order() -> None:
    quality: dict[str, float] = {}
    scores = []
    for one in a_panel_of_scores(5):
        quality.setdefault(one.file, one.points or 0.0)
        scores.append(replace(one, points=quality[one.file]))
    told = calibrate(scores)
    assert told.skipped is None
    steps = sorted((one.raw or 0.0, one.calibrated or 0.0) for one in told.files)
    for (raw, calibrated), (raw_2, calibrated_2) in pairwise(steps):
        assert raw == raw_2 or calibrated < calibrated_2
    for file in told.files:
        assert file.calibrated == pytest.approx(file.raw, abs=0.1)
    for reviewer in told.reviewers:
        assert reviewer.bias == pytest.approx(0, abs=0.1)
        assert reviewer.gain == pytest.approx(1, abs=0.02)


def test_who_tells_files_apart_more_sharply_has_the_larger_gain() -> None:
    chance = random.Random(8)
    gains = [0.6, 0.8, 1.0, 1.0, 1.2, 1.4]
    scores = []
    for number in range(120):
        quality = chance.gauss(0, 12)
        for who in chance.sample(range(6), 3):
            scores.append(Score(f"f{number}", f"r{who}", 50 + gains[who] * quality + chance.gauss(0, 3)))
    told = calibrate(scores)
    for one, gain in zip(told.reviewers, gains, strict=True):
        assert one.gain == pytest.approx(gain, abs=0.12)


def test_an_abstention_is_not_a_zero() -> None:
    scores = a_panel_of_scores(1)
    scores[4] = replace(scores[4], points=None)
    told, without = calibrate(scores), calibrate([*scores[:4], *scores[5:]])
    assert told == without
    file = next(one for one in told.files if one.file == scores[4].file)
    assert file.reviews == 2


def test_a_file_of_which_all_abstained_has_no_score() -> None:
    scores = [*a_panel_of_scores(1), *(Score("nobody", f"r{who}", None) for who in range(3))]
    told = calibrate(scores)
    assert FileScore("nobody", 0, None) in told.files
    assert len(told.files) == 61


def test_a_file_with_one_review_is_less_sure() -> None:
    scores = [*a_panel_of_scores(2), Score("single", "r0", 90.0)]
    told = {one.file: one for one in calibrate(scores).files}
    single = told.pop("single")
    assert single.raw == 90.0
    assert single.calibrated is not None
    assert single.calibrated < 90.0
    assert single.deviation is not None
    assert all(single.deviation > (one.deviation or 0) for one in told.values())


def skipped(scores: list[Score]) -> Calibration:
    """What is told when there is no calibration: all raw means, and none of the rest."""
    told = calibrate(scores)
    assert told.skipped
    assert not told.reviewers
    assert all(one.calibrated is None and one.deviation is None and one.shown is None for one in told.files)
    return told


def test_with_few_reviews_each_it_is_left_out() -> None:
    told = skipped(a_panel_of_scores(1, files=18, reviewers=8))
    assert told.skipped is Skipped.TOO_FEW_REVIEWS
    assert len([one.raw for one in told.files if one.raw is not None]) == 18


def test_one_reader_who_helped_out_once_does_not_stop_it() -> None:
    told = calibrate([*a_panel_of_scores(1), Score("f00", "guest", 61.0)])
    assert told.skipped is None
    assert {one.reviewer: one.reviews for one in told.reviewers}["guest"] == 1


def test_a_panel_in_two_parts_is_left_out_and_the_parts_are_named() -> None:
    here = a_panel_of_scores(1, reviewers=4)
    there = [Score(f"x{one.file}", f"x{one.reviewer}", one.points) for one in here]
    told = skipped(here + there)
    assert told.skipped is Skipped.DISCONNECTED
    assert told.groups == (("r0", "r1", "r2", "r3"), ("xr0", "xr1", "xr2", "xr3"))
    # One file that both parts read joins them.
    assert calibrate([*here, *there, Score("f00", "xr0", 50.0)]).skipped is None


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ([], Skipped.NO_SCORES),
        ([Score("f", "r", None)], Skipped.NO_SCORES),
        ([Score("f", "r", 50.0)], Skipped.TOO_FEW_REVIEWERS),
        ([Score(f"f{number}", "r", 50.0 + number) for number in range(20)], Skipped.TOO_FEW_REVIEWERS),
        ([Score(f"f{number}", f"r{who}", 70.0) for number in range(20) for who in range(3)], Skipped.ALL_ALIKE),
    ],
)
def test_other_reasons_to_leave_it_out(scores: list[Score], reason: Skipped) -> None:
    assert skipped(scores).skipped is reason


def test_what_is_shown_stays_on_the_scale() -> None:
    assert FileScore("f", 3, 99.0, 103.5, 4.0).shown == 100.0
    assert FileScore("f", 3, 1.0, -2.0, 4.0).shown == 0.0
    assert FileScore("f", 3, 50.0, 51.5, 4.0).shown == 51.5


@pytest.mark.parametrize(
    "scores",
    [
        [Score("f", "r", 100.5)],
        [Score("f", "r", -1.0)],
        [Score("f", "r", float("nan"))],
        [Score("f", "r", 1.0), Score("f", "r", None)],
    ],
)
def test_scores_that_contradict_themselves(scores: list[Score]) -> None:
    with pytest.raises(ValueError):
        calibrate(scores)


@st.composite
def any_scores(draw: st.DrawFn) -> list[Score]:
    reviewers = draw(st.integers(2, 4))
    points = st.none() | st.floats(0, 100) | st.sampled_from([0.0, 50.0, 100.0])
    return [Score(f"f{number}", f"r{who}", draw(points)) for number in range(12) for who in range(reviewers)]


@given(any_scores(), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_whatever_the_scores_the_answer_is_a_number_and_the_order_does_not_matter(
    scores: list[Score], chance: random.Random
) -> None:
    told = calibrate(scores)
    mixed = scores[:]
    chance.shuffle(mixed)
    assert calibrate(mixed) == told
    for file in told.files:
        given = [one.points for one in scores if one.file == file.file and one.points is not None]
        assert file.reviews == len(given)
        assert file.raw == (pytest.approx(sum(given) / len(given)) if given else None)
        if told.skipped is None and given:
            assert file.calibrated is not None
            assert -100 < file.calibrated < 200
            assert 0 <= (file.deviation or 0) < 100


@pytest.mark.parametrize(
    ("points", "apart", "another"),
    [
        ([], 0, False),
        ([40.0], 0, False),
        ([40.0, None], 0, False),
        ([40.0, 65.0], 25, False),
        ([40.0, 50.0, 65.5], 25.5, True),
        ([None, 10.0, 90.0], 80, True),
    ],
)
def test_readers_who_disagree_ask_for_another(points: list[float | None], apart: float, another: bool) -> None:
    assert spread(points) == apart
    assert asks_for_another(points) is another


def test_a_voided_score_is_left_out_and_the_rest_fitted_again() -> None:
    """A recusal after scoring: what is counted is what is given to be counted."""
    scores = a_panel_of_scores(6)
    pair = Pair(scores[0].file, scores[0].reviewer)
    told = calibrate([one for one in scores if Pair(one.file, one.reviewer) != pair])
    assert next(one for one in told.files if one.file == pair.file).reviews == 2

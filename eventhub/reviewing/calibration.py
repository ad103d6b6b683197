"""What many reviewers' scores say of a file once each reviewer's own scale is taken out.

The model, for reviewer r and file f, in points: score = mean + bias_r + gain_r * quality_f + noise, with crossed random
effects: quality, bias and noise normal around 0, gain normal around 1. Their variances are estimated from the scores
themselves (empirical Bayes: an expectation-maximisation with a Laplace step; Dempster, Laird and Rubin 1977, Laird and
Ware 1982), so where reviewers do not differ the answer is the raw order. The estimate stands beside the raw mean,
never instead of it, and is left out where the panel cannot carry it: with few reviews, or with reviewers in groups
that share no file, it would take the groups' true differences for bias, and harm.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from eventhub.reviewing.terms import Calibration, FileScore, ReviewerScale, Score, Skipped

Real = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

ENOUGH = 8
"""Half of the reviewers must have given at least so many scores."""
ROUNDS = 2000
SETTLED = 1e-3
"""Points: no estimate moves by more between two rounds."""
LEAST_GAIN = 0.1
"""Of the mean of all gains in one round: a panel whose scores lean on nothing does not turn the scale around."""
SMALLEST = 1e-3
"""Points: below this a standard deviation counts as this one, so that nothing is divided by zero."""


@dataclass(frozen=True)
class Fit:
    """The model's estimates, in the order of the numbers given for files and reviewers; points, gains as factors."""

    calibrated: Real
    deviation: Real
    bias: Real
    gain: Real
    noise: float
    settled: bool


def calibrate(scores: Sequence[Score]) -> Calibration:
    """The raw mean of each file and, where the panel can carry it, the calibrated score beside it.

    Abstentions are not counted. Raises ValueError for points outside 0 to 100 and for two scores of one pair.
    """
    given = [one for one in scores if one.points is not None]
    if any(not 0 <= float(one.points or 0) <= 100 for one in given):
        raise ValueError("points outside 0 to 100")
    if len({(one.file, one.reviewer) for one in scores}) < len(scores):
        raise ValueError("two scores of one reviewer for one file")
    given.sort(key=lambda one: (one.file, one.reviewer))
    files, reviewers = sorted({one.file for one in given}), sorted({one.reviewer for one in given})
    row, column = {one: at for at, one in enumerate(files)}, {one: at for at, one in enumerate(reviewers)}
    file = np.array([row[one.file] for one in given], np.int64)
    reviewer = np.array([column[one.reviewer] for one in given], np.int64)
    points = np.array([one.points for one in given], np.float64)
    groups = _groups(file, reviewer, reviewers)
    skipped = _skipped(points, np.bincount(reviewer, minlength=1), len(groups))
    found = None if skipped else fit(file, reviewer, points)
    if found is not None and not found.settled:
        skipped, found = Skipped.NOT_SETTLED, None
    counts, raw = np.bincount(file), np.bincount(file, points) / np.maximum(np.bincount(file), 1)
    silent = sorted({one.file for one in scores} - row.keys())
    told = [
        FileScore(
            one,
            int(counts[at]),
            float(raw[at]),
            None if found is None else float(found.calibrated[at]),
            None if found is None else float(found.deviation[at]),
        )
        for at, one in enumerate(files)
    ]
    reviews = np.bincount(reviewer, minlength=len(reviewers))
    return Calibration(
        tuple(sorted([*told, *(FileScore(one, 0, None) for one in silent)], key=lambda one: one.file)),
        ()
        if found is None
        else tuple(
            ReviewerScale(one, int(reviews[at]), float(found.bias[at]), float(found.gain[at]))
            for at, one in enumerate(reviewers)
        ),
        skipped,
        groups if len(groups) > 1 else (),
        None if found is None else found.noise,
    )


def _groups(file: Whole, reviewer: Whole, reviewers: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The reviewers whose scores can be compared, by way of files that several of them scored."""
    if not len(file):
        return ()
    files = int(file.max()) + 1
    nodes = files + len(reviewers)
    links = csr_array((np.ones(len(file)), (file, files + reviewer)), shape=(nodes, nodes))
    number, label = connected_components(links, directed=False)
    apart = [tuple(one for at, one in enumerate(reviewers) if label[files + at] == group) for group in range(number)]
    return tuple(sorted(apart))


def _skipped(points: Real, reviews: Whole, groups: int) -> Skipped | None:
    if not len(points):
        return Skipped.NO_SCORES
    if len(reviews) < 2:
        return Skipped.TOO_FEW_REVIEWERS
    if np.median(reviews) < ENOUGH:
        return Skipped.TOO_FEW_REVIEWS
    if groups > 1:
        return Skipped.DISCONNECTED
    return Skipped.ALL_ALIKE if np.ptp(points) < SMALLEST else None


def fit(file: Whole, reviewer: Whole, points: Real) -> Fit:
    """Fit the model to scores in points, one per element; ``file`` and ``reviewer`` are numbers from 0.

    It asks nothing of the panel: ``calibrate`` does. Each round takes mean, biases and qualities together, given the
    gains, then the gains, then the variances. Quality is eliminated file by file, so what is inverted has the size of
    the reviewers.
    """
    files, reviewers, number = int(file.max()) + 1, int(reviewer.max()) + 1, len(points)
    quality, spread = np.zeros(files), max(points.var(), SMALLEST)
    gain, gain_variance = np.ones(reviewers), np.zeros(reviewers)
    v_quality, v_bias, v_gain, v_noise = spread / 2, spread / 4, 0.05, spread / 4
    row = np.arange(number)
    design = np.zeros((number, 1 + reviewers))
    design[:, 0] = design[row, 1 + reviewer] = 1.0
    inner = design.T @ design
    settled = False
    for _round in range(ROUNDS):
        before, slope = quality, gain[reviewer]
        own = np.bincount(file, slope**2 + gain_variance[reviewer], files) / v_noise + 1.0 / v_quality
        cross = np.zeros((files, 1 + reviewers))
        np.add.at(cross, (file, 1 + reviewer), slope / v_noise)
        cross[:, 0] = cross.sum(1)
        reduced = cross / own[:, None]
        prior = np.diag(np.r_[0.0, np.full(reviewers, 1.0 / v_bias)])
        covariance = np.linalg.inv(inner / v_noise + prior - cross.T @ reduced)
        pull = np.bincount(file, slope * points, files) / v_noise / own
        effects = covariance @ (design.T @ points / v_noise - cross.T @ pull)
        quality = pull - reduced @ effects
        mixed = reduced @ covariance
        variance = 1.0 / own + (mixed * reduced).sum(1)
        # What is left for gain and quality, how quality leans on mean and bias, and the expected square of quality.
        rest = points - effects[0] - effects[1 + reviewer]
        lean = -mixed[file, 0] - mixed[file, 1 + reviewer]
        square = quality**2 + variance
        weight = np.bincount(reviewer, square[file], reviewers)
        gain_variance = 1.0 / (weight / v_noise + 1.0 / v_gain)
        gain = (np.bincount(reviewer, quality[file] * rest - lean, reviewers) / v_noise + 1.0 / v_gain) * gain_variance
        slope = gain[reviewer]
        unsure = covariance[0, 0] + 2 * covariance[0, 1 + reviewer] + np.diag(covariance)[1 + reviewer]
        missed = (
            (rest - slope * quality[file]) ** 2
            + unsure
            + 2 * slope * lean
            + slope**2 * variance[file]
            + gain_variance[reviewer] * square[file]
        )
        v_noise = max(SMALLEST**2, float(missed.mean()))
        v_quality = max(SMALLEST**2, float(square.mean()))
        v_bias = max(SMALLEST**2, float(np.mean(effects[1:] ** 2 + np.diag(covariance)[1:])))
        v_gain = max(SMALLEST**2, float(np.mean((gain - 1.0) ** 2 + gain_variance)))
        # The panel's own scale is the scale: gains are 1 on the average.
        scale = max(float(gain.mean()), LEAST_GAIN)
        gain, gain_variance = gain / scale, gain_variance / scale**2
        quality, variance, v_quality = quality * scale, variance * scale**2, v_quality * scale**2
        settled = float(np.abs(quality - before).max()) < SETTLED
        if settled:
            break
    # To first order, what is not known of the gains makes quality less sure as well.
    unknown = np.bincount(file, (gain[reviewer] ** 2) * gain_variance[reviewer], files) / (v_noise * own) ** 2
    deviation = np.sqrt(variance + unknown * quality**2)
    return Fit(effects[0] + quality, deviation, effects[1:], gain, float(np.sqrt(v_noise)), settled)

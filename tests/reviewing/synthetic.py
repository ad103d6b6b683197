"""Scores made from a seed, of reviewers who use the scale each in his or her own way, beside the truth.

How files and reviewers differ is chosen so that the raw mean agrees with the truth as well as was measured when the
fund was designed (rank correlation 0.84); what calibration makes of it is then a result.
"""

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from eventhub.reviewing.calibration import fit

FILES, REVIEWERS, EACH, REGIONS = 1000, 20, 3, 4
SEEDS = range(16)
Reading = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


def readings(chance: np.random.Generator, home: npt.NDArray[np.int64], outsiders: int | None) -> Reading:
    """Which reviewer reads which file: anyone (None), or so many of the three from another region than the file's."""
    region = np.arange(REVIEWERS) % REGIONS
    chosen = []
    for one in home:
        if outsiders is None:
            chosen.append(chance.choice(REVIEWERS, EACH, replace=False))
            continue
        inside, outside = np.flatnonzero(region == one), np.flatnonzero(region != one)
        chosen.append(chance.choice(inside, EACH - outsiders, replace=False))
        chosen.append(chance.choice(outside, outsiders, replace=False))
    return np.repeat(np.arange(len(home)), EACH), np.concatenate(chosen)


def truth_and_scores(
    chance: np.random.Generator, home: npt.NDArray[np.int64], file: npt.NDArray[np.int64], who: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Files that differ by 11 points (more between regions), readers by 10 points of bias and a fifth of gain."""
    truth = chance.normal(0, 11, len(home)) + np.array([-6.0, -2.0, 2.0, 6.0])[home]
    bias, gain = chance.normal(0, 10, REVIEWERS), np.clip(chance.normal(1, 0.2, REVIEWERS), 0.4, 1.8)
    points = 58 + bias[who] + gain[who] * truth[file] + chance.normal(0, 9, len(file))
    return truth, np.clip(np.round(points), 0, 100)


def agreement(outsiders: int | None) -> tuple[float, float]:
    """How the raw mean and the calibrated score agree with the truth in rank, on the average of the seeds."""
    found = []
    for seed in SEEDS:
        chance = np.random.default_rng(seed)
        home = chance.integers(0, REGIONS, FILES)
        file, who = readings(chance, home, outsiders)
        truth, points = truth_and_scores(chance, home, file, who)
        raw, model = np.bincount(file, points) / EACH, fit(file, who, points)
        assert model.settled
        found.append((spearmanr(raw, truth).statistic, spearmanr(model.calibrated, truth).statistic))
    raw_mean, calibrated_mean = np.mean(found, axis=0)
    return float(raw_mean), float(calibrated_mean)

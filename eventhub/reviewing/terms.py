"""What the counting of reviews is asked and what it answers: plain data that needs no library.

Identifiers are strings; regions and languages are codes of the call's own choosing; scores are points from 0 to 100.
"""

from dataclasses import dataclass, field
from enum import StrEnum

SPREAD = 25.0
"""Points between the highest and the lowest score of a file above which another reader is asked."""


@dataclass(frozen=True)
class File:
    """A file to be read by ``needs`` different reviewers.

    ``conflicts`` names reviewers who may never see it. Where ``region`` is not known nobody guesses one, and the wish
    for a reader from elsewhere does not apply. A file without ``languages`` can be read by everybody.
    """

    id: str
    region: str | None = None
    languages: frozenset[str] = frozenset()
    conflicts: frozenset[str] = frozenset()
    needs: int = 3


@dataclass(frozen=True)
class Reviewer:
    """A reader, with the most files that may be given and the fewest that should be.

    ``most`` holds always; ``least`` is a wish, and the answer says where it was not reached. Whoever is ``away`` gets
    nothing new and keeps only what was begun.
    """

    id: str
    region: str | None = None
    languages: frozenset[str] = frozenset()
    most: int = 1000
    least: int = 0
    away: bool = False


@dataclass(frozen=True)
class Pair:
    """One file in one reviewer's hands."""

    file: str
    reviewer: str


@dataclass(frozen=True)
class Affinity:
    """How well a reviewer knows the field of a file, from 0 (not at all) to 1."""

    file: str
    reviewer: str
    value: float


@dataclass(frozen=True)
class Panel:
    """All that an assignment depends on.

    With ``languages_hard`` nobody gets a file in a language that he or she does not read; else it is avoided. Among
    equally good answers ``seed`` (of the call) decides: the same panel with the same seed has one answer, in whatever
    order files and reviewers are named.
    """

    files: tuple[File, ...]
    reviewers: tuple[Reviewer, ...]
    languages_hard: bool = True
    affinities: tuple[Affinity, ...] = ()
    seed: str = ""


@dataclass(frozen=True)
class Held:
    """A pair that stands before something changes. What is ``begun`` stays, unless it is a conflict now.

    A score that a recusal made void, and the unfinished review of somebody who left, are not to be called begun.
    """

    file: str
    reviewer: str
    begun: bool = False


@dataclass(frozen=True)
class Assigned:
    """Every file has its readers.

    What could not be had beside that is told: files that nobody from another region reads, pairs without a common
    language, reviewers below their least (how many they lack), and the reviewers in groups joined by files that two of
    them read. More than one group means that scores cannot be compared across them. ``added`` and ``removed`` say what
    changed against what was held.
    """

    pairs: tuple[Pair, ...]
    loads: dict[str, int]
    without_outsider: tuple[str, ...] = ()
    without_language: tuple[Pair, ...] = ()
    below_least: dict[str, int] = field(default_factory=dict)
    groups: tuple[tuple[str, ...], ...] = ()
    added: tuple[Pair, ...] = ()
    removed: tuple[Pair, ...] = ()


@dataclass(frozen=True)
class TooFew:
    """A file that fewer reviewers may read than it needs, and how many each cause keeps away.

    A reviewer is counted once: under conflict before language, and under language before load (away, or no room).
    """

    file: str
    needs: int
    possible: int
    conflict: int
    language: int
    load: int


@dataclass(frozen=True)
class Crowded:
    """Files that need more readings than the reviewers who may read them can give together.

    ``reviewers`` are those whose most is in the way; ``needs`` and ``places`` count readings.
    """

    files: tuple[str, ...]
    reviewers: tuple[str, ...]
    needs: int
    places: int


@dataclass(frozen=True)
class Refused:
    """No assignment exists. ``short`` readings (at least one) cannot be given; the rest says why.

    ``capacity_short`` is by how many all needs exceed what all reviewers may take, whatever they may read.
    """

    short: int
    capacity_short: int = 0
    files: tuple[TooFew, ...] = ()
    crowded: Crowded | None = None


@dataclass(frozen=True)
class Score:
    """What a reviewer gave a file, in points from 0 to 100; None is an abstention, which is not zero."""

    file: str
    reviewer: str
    points: float | None


class Skipped(StrEnum):
    """Why no calibrated score stands beside the raw mean."""

    NO_SCORES = "no_scores"
    TOO_FEW_REVIEWERS = "too_few_reviewers"
    TOO_FEW_REVIEWS = "too_few_reviews"
    DISCONNECTED = "disconnected"
    ALL_ALIKE = "all_alike"
    NOT_SETTLED = "not_settled"


@dataclass(frozen=True)
class FileScore:
    """A file's scores in points: the mean of what was given, and, if calibrated, the estimate with its uncertainty.

    ``raw`` is None where nobody gave a score. ``calibrated`` is not clipped: ``shown`` is, for a page.
    """

    file: str
    reviews: int
    raw: float | None
    calibrated: float | None = None
    deviation: float | None = None

    @property
    def shown(self) -> float | None:
        """The calibrated score between 0 and 100, for eyes alone: ranks come from ``calibrated``."""
        return None if self.calibrated is None else min(100.0, max(0.0, self.calibrated))


@dataclass(frozen=True)
class ReviewerScale:
    """How a reviewer uses the scale.

    ``bias`` in points at the average file (above 0: generous), ``gain`` as a factor (above 1: tells files apart more
    sharply than the panel does).
    """

    reviewer: str
    reviews: int
    bias: float
    gain: float


@dataclass(frozen=True)
class Calibration:
    """Every file's scores; the reviewers' scales, if there was enough to tell, else why not.

    ``groups`` is filled where reviewers form more than one, see ``Assigned``.
    """

    files: tuple[FileScore, ...]
    reviewers: tuple[ReviewerScale, ...] = ()
    skipped: Skipped | None = None
    groups: tuple[tuple[str, ...], ...] = ()
    noise: float | None = None
    """Standard deviation, in points, of one score that neither file nor reviewer explains."""


def spread(points: list[float | None]) -> float:
    """Points between the highest and the lowest score; abstentions (None) do not count. 0.0 for fewer than two."""
    given = [one for one in points if one is not None]
    return max(given) - min(given) if given else 0.0


def asks_for_another(points: list[float | None]) -> bool:
    """Do the readers disagree so much that one more should read the file? Scores in points, see SPREAD."""
    return spread(points) > SPREAD

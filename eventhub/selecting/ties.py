"""Ties inside the band of uncertainty: who is first, decided by rules and a lottery that nobody can steer.

The seed is drawn and its hash published before the scores close; afterwards it is revealed, and everybody can repeat
the order with SHA-256 alone. Source: FUNDING.md, "Reviewing", calibration.
"""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping

SEED_BYTES = 16
"""A seed with less than 128 bits could be guessed from its published hash."""


def commit(seed: str) -> str:
    """The SHA-256 that is published, which anybody can repeat. The seed is hexadecimal; ValueError when it is shorter
    than SEED_BYTES.
    """
    raw = bytes.fromhex(seed)
    if len(raw) < SEED_BYTES:
        raise ValueError("seed too short")
    return hashlib.sha256(raw).hexdigest()


def verify(seed: str, commitment: str) -> bool:
    """Whether a revealed seed is the one that was committed."""
    try:
        return hmac.compare_digest(commit(seed), commitment.lower())
    except (ValueError, TypeError):
        return False


def order(ids: Iterable[str], seed: str) -> tuple[str, ...]:
    """The lottery: everybody once, by SHA-256 of the seed and the id. It depends on nothing else."""
    raw = bytes.fromhex(seed)

    def drawn(one: str) -> tuple[bytes, str]:
        return hashlib.sha256(b"eventhub lottery draw\0" + raw + b"\0" + one.encode()).digest(), one

    return tuple(sorted(set(ids), key=drawn))


def band(scores: Mapping[str, float], deviations: Mapping[str, float], line: float) -> frozenset[str]:
    """Who cannot be told apart from the line: not further from it than one posterior standard deviation of their own.

    Scores, deviations and the line in points. Somebody without a deviation is in the band only on the line itself.
    """
    return frozenset(one for one, score in scores.items() if abs(score - line) <= deviations.get(one, 0.0))


def levelled(scores: Mapping[str, float], tied: Collection[str], line: float) -> dict[str, float]:
    """Scores for the selection: whoever is in the band stands on the line, so that the tie rule decides."""
    return {one: line if one in tied else score for one, score in scores.items()}


def decided(
    ids: Iterable[str], seed: str, *, first_time: Collection[str] = (), under_represented: Collection[str] = ()
) -> tuple[str, ...]:
    """The order among equals: first-time applicants, then those of under-represented groups, then the lottery."""
    first, rare = frozenset(first_time), frozenset(under_represented)
    return tuple(sorted(order(ids, seed), key=lambda one: (one not in first, one not in rare)))

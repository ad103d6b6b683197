"""What the machine finds missing in a file: answers, papers, those who vouch. It lists all and decides nothing.

A colleague reads every file all the same: what a paper says, no machine judges.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from eventhub.funding.models import Endorsement, Vouch, Voucher
from eventhub.funding.rules import Vouching
from eventhub.questionnaires import answers as given
from eventhub.questionnaires.definition import Definition


class Lack(StrEnum):
    """What kind of thing is missing."""

    ANSWER = "answer"
    PAPER = "paper"
    NOMINATOR = "nominator"
    NOMINATOR_REFUSED = "nominator_refused"
    REFEREE = "referee"
    REFEREE_REFUSED = "referee_refused"
    LETTER = "letter"


VOUCHING = frozenset(Lack) - {Lack.ANSWER, Lack.PAPER}
"""What is missing of people who vouch."""


@dataclass(frozen=True)
class Gap:
    """One thing that is missing. ``key`` is a question's key, or the place of a referee as a digit."""

    lack: Lack
    key: str = ""

    @property
    def code(self) -> str:
        """As forms and messages carry it."""
        return f"{self.lack.value}:{self.key}"


def read_gap(code: str) -> Gap | None:
    """A gap from its code, None for nonsense."""
    lack, _colon, key = code.partition(":")
    return Gap(Lack(lack), key) if lack in set(Lack) else None


def gaps(
    definition: Definition | None,
    answers: Mapping[str, object],
    vouching: Vouching,
    endorsements: Iterable[Endorsement],
) -> list[Gap]:
    """All that is missing, in the order of the form, then those who vouch."""
    found = [
        Gap(Lack.PAPER if question.kind == "file" else Lack.ANSWER, question.key)
        for _page, question in (given.complete(definition, answers) if definition else ())
    ]
    return found + vouch_gaps(vouching, endorsements)


def vouch_gaps(vouching: Vouching, endorsements: Iterable[Endorsement]) -> list[Gap]:
    """Who has not vouched yet, or has refused, and where the letter is missing."""
    standing = {(one.role, one.place): one for one in endorsements if one.withdrawn_at is None}
    found = []
    if vouching.nominator:
        found += _of(standing.get((Voucher.NOMINATOR, 0)), Lack.NOMINATOR, Lack.NOMINATOR_REFUSED, "")
        one = standing.get((Voucher.NOMINATOR, 0))
        if vouching.letter and one is not None and one.outcome is Vouch.CONFIRMED and one.file_id is None:
            found.append(Gap(Lack.LETTER))
    for place in range(vouching.referees):
        found += _of(standing.get((Voucher.REFEREE, place)), Lack.REFEREE, Lack.REFEREE_REFUSED, str(place + 1))
    return found


def _of(one: Endorsement | None, waits: Lack, refused: Lack, key: str) -> list[Gap]:
    if one is not None and one.outcome is Vouch.CONFIRMED:
        return []
    return [Gap(waits if one is None or one.outcome is None else refused, key)]

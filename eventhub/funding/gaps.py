"""What is missing in a file, all of it at once: answers, and who vouches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eventhub.funding.models import Endorsement, Vouch, Voucher
from eventhub.funding.rules import Vouching
from eventhub.questionnaires.answers import complete
from eventhub.questionnaires.definition import Definition, Page, Question

Slot = tuple[Voucher, int]


@dataclass(frozen=True)
class Gap:
    """One thing that is missing: an answer, somebody who vouches, or the applicant's own name. ``outcome`` is what was
    said behind the link instead of a yes.
    """

    page: Page | None = None
    question: Question | None = None
    slot: Slot | None = None
    outcome: Vouch | None = None
    is_name: bool = False


def slots(vouching: Vouching) -> list[Slot]:
    """Who vouches under these rules: the nominator first, then referees by number."""
    nominators = [(Voucher.NOMINATOR, 0)] if vouching.nominator else []
    return [*nominators, *((Voucher.REFEREE, place) for place in range(vouching.referees))]


def gaps(
    definition: Definition | None,
    answers: Mapping[str, object],
    vouching: Vouching,
    endorsements: Sequence[Endorsement],
    *,
    has_name: bool = True,
) -> list[Gap]:
    """What has to be there before a file is sent. A letter may come later; who writes it must be named, and not have
    said no.
    """
    found = [] if has_name else [Gap(is_name=True)]
    found += [Gap(page, question) for page, question in complete(definition, answers)] if definition else []
    named = {(one.role, one.place): one for one in endorsements if one.withdrawn_at is None}
    for slot in slots(vouching):
        standing = named.get(slot)
        if standing is None:
            found.append(Gap(slot=slot))
        elif standing.outcome in {Vouch.DECLINED, Vouch.NOT_ME}:
            found.append(Gap(slot=slot, outcome=standing.outcome))
    return found

"""Which category somebody takes part in and which papers it needs, by at most four answers.

The rules are those of the forum (A/HRC/FMI notes to participants): an organization without consultative status gives a
letter and answers a questionnaire; those in status and academia are exempt; a group without letterhead is attested by
a known body. Nothing here knows an event, a person or a database.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Paper(StrEnum):
    """What a category may be asked to show; each is answered by a file question with this key."""

    LETTER = "letter"
    """A letter on letterhead, signed by the head."""
    ATTESTATION = "attestation"
    """A short letter by a known body that vouches for a group without letterhead."""
    IDENTITY = "identity_copy"
    """A copy of the travel document or another one with a photograph."""


class Step(StrEnum):
    """The questions, in their order."""

    WHOM = "whom"
    """Whom somebody represents."""
    STATUS = "consultative"
    """Whether the organization has consultative status."""
    LETTERHEAD = "letterhead"
    """Whether it writes letters under a letterhead of its own."""
    WITNESS = "witness"
    """Which known body can attest that somebody speaks for it."""


ORGANISATION = "ngo"
COMMUNITY = "community_group"
YES, NO = "yes", "no"
NOBODY = "nobody"
WHOM = (
    *("member_state", "observer_state", ORGANISATION, COMMUNITY, "academic_expert", "nhri", "other_national_body"),
    *("un_entity", "un_mechanism_or_treaty_body", "intergovernmental_org", "regional_org_or_mechanism"),
    *("foundation_donor", "private_sector_platform", "media"),
)
"""The answers to the first question: categories by their codes, and two that need more to be told apart."""
WITNESSES = ("ngo", "nhri", "un_entity", "academic", "local_authority", NOBODY)
ANSWERS: Mapping[Step, tuple[str, ...]] = {
    Step.WHOM: WHOM,
    Step.STATUS: (YES, NO),
    Step.LETTERHEAD: (YES, NO),
    Step.WITNESS: WITNESSES,
}
IN_STATUS, WITHOUT_STATUS, GROUP = "ngo_ecosoc", "ngo_no_ecosoc", "minority_representative"
Answers = Mapping[Step, str]
WITH_PAPERS = frozenset({WITHOUT_STATUS, GROUP})


@dataclass(frozen=True)
class Advice:
    """What the answers lead to. ``letterhead`` is None where it does not matter."""

    category: str
    letterhead: bool | None = None
    has_witness: bool = False

    @property
    def has_questions(self) -> bool:
        """Whether the form asks about the organization, in place of what status would tell."""
        return self.category == WITHOUT_STATUS

    def papers(self, asked: Collection[Paper]) -> tuple[Paper, ...]:
        """The papers to have at hand, of those that the event asks of the category; where it takes either a letter or
        an attestation, the one that somebody has.
        """
        needed = set(asked)
        if {Paper.LETTER, Paper.ATTESTATION} <= needed:
            needed.discard(Paper.LETTER if self.letterhead is False else Paper.ATTESTATION)
        return tuple(paper for paper in Paper if paper in needed)

    def is_stuck(self, asked: Collection[Paper]) -> bool:
        """Whether a paper is needed that nobody can give: then the secretariat has to find a way."""
        needed = self.papers(asked)
        no_letter = Paper.LETTER in needed and self.letterhead is False
        return no_letter or (Paper.ATTESTATION in needed and self.letterhead is False and not self.has_witness)


def usual_papers(category: str) -> tuple[Paper, ...]:
    """What a forum asks of a category where nobody said otherwise."""
    return (Paper.LETTER, Paper.ATTESTATION) if category in WITH_PAPERS else ()


def steps(answers: Answers) -> list[Step]:
    """The questions to ask, given the answers so far: those that are answered, and the next one if there is one."""
    asked = [Step.WHOM]
    whom = answers.get(Step.WHOM)
    if whom == ORGANISATION:
        asked.append(Step.STATUS)
    if whom == COMMUNITY or (whom == ORGANISATION and answers.get(Step.STATUS) == NO):
        asked.append(Step.LETTERHEAD)
        if answers.get(Step.LETTERHEAD) == NO:
            asked.append(Step.WITNESS)
    return asked


def next_step(answers: Answers) -> Step | None:
    """The first question without an answer of its list; None when there is advice."""
    return next((step for step in steps(answers) if answers.get(step) not in ANSWERS[step]), None)


def advise(answers: Answers) -> Advice | None:
    """What the answers lead to; None while one is missing."""
    if next_step(answers) is not None:
        return None
    whom = answers[Step.WHOM]
    if whom not in {ORGANISATION, COMMUNITY}:
        return Advice(whom)
    if answers.get(Step.STATUS) == YES and whom == ORGANISATION:
        return Advice(IN_STATUS)
    letterhead = answers[Step.LETTERHEAD] == YES
    witness = not letterhead and answers[Step.WITNESS] != NOBODY
    return Advice(WITHOUT_STATUS if whom == ORGANISATION else GROUP, letterhead, witness)

"""Evidence, comments and replies, made by the actions themselves."""

import itertools

from sqlalchemy import select

from eventhub.commitments import queries as commitments
from eventhub.commitments.models import Commitment
from eventhub.evidence import commenting, giving, queries, voices
from eventhub.evidence.commenting import Said
from eventhub.evidence.giving import Described
from eventhub.evidence.models import Comment, Evidence, Reply, Standing, Voice
from eventhub.kit.db import db
from eventhub.people.models import Person
from tests.factories.people import make_person

_numbers = itertools.count(1)
WORDS = "Four of the schools have no teacher who speaks the language."


def a_pdf() -> bytes:
    """A file like no other: the same one twice is refused."""
    return b"%%PDF-1.7\n1 0 obj\n<</N %d>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%%%EOF\n" % next(_numbers)


def make_voice(commitment: Commitment, person: Person | None = None) -> Voice:
    """Somebody with an open link."""
    return voices.own(person or make_person(), commitment, "en")


def make_evidence(
    commitment: Commitment,
    *,
    voice: Voice | None = None,
    actor: Person | None = None,
    name: str = "report.pdf",
    **described: object,
) -> Evidence:
    """Evidence that waits to be checked; by staff where nobody is named."""
    given: dict[str, object] = {"title": "Report of the ministry", "language": "en"} | described
    who = {"voice": voice} if voice else {"actor": actor or make_person()}
    return giving.give(commitment, Described(**given), a_pdf(), name, **who)  # type: ignore[arg-type]


def checked(commitment: Commitment, standing: Standing = Standing.PUBLIC, **given: object) -> Evidence:
    """Evidence that counts: what a confirmation rests on."""
    made = make_evidence(commitment, **given)  # type: ignore[arg-type]
    return giving.check(make_person(), commitment, made, standing)


def make_comment(commitment: Commitment, *, voice: Voice | None = None, text: str = WORDS, **said: object) -> Comment:
    """A comment that waits to be read."""
    given: dict[str, object] = {"language": "en", "name": "Amina Yusuf", "organisation": "Open Horizons"} | said
    return commenting.comment(voice or make_voice(commitment), commitment, Said(text, **given))  # type: ignore[arg-type]


def shown_comment(commitment: Commitment, **given: object) -> tuple[Comment, Reply | None]:
    """A comment that everybody reads, and the maker's way to reply."""
    made = make_comment(commitment, **given)  # type: ignore[arg-type]
    commenting.show(make_person(), commitment, made)
    return made, db.session.scalar(select(Reply).where(Reply.comment_id == made.id))


def again(commitment: Commitment) -> Commitment:
    """The commitment as it stands now."""
    db.session.flush()
    db.session.expire_all()
    return commitments.record(commitment.id)


def sign(commitment: Commitment) -> str:
    """The sign of the reviewers' page as it stands now."""
    return queries.seen_of(commitment)

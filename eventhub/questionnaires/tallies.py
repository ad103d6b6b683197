"""How often each answer was given, sealed ones too, for numbers that name nobody."""

import uuid
from collections import Counter
from collections.abc import Collection

from sqlalchemy import select

from eventhub.kit.db import db
from eventhub.kit.sealed import SealKey
from eventhub.questionnaires import queries
from eventhub.questionnaires.answers import open_quietly
from eventhub.questionnaires.models import Answer, AnswerSet


def tally(answer_set_ids: Collection[uuid.UUID], key: str) -> tuple[Counter[str] | None, int]:
    """How often each answer was given to the question with this key, and how many sealed answers were opened for that;
    None where nobody was asked. What is counted is told of nobody: the caller records that it was.
    """
    pairs = select(AnswerSet.id, AnswerSet.version_id, SealKey).join(SealKey, SealKey.id == AnswerSet.seal_key_id)
    sets = {row[0]: row for row in db.session.execute(pairs.where(AnswerSet.id.in_(answer_set_ids)))}
    asked = {
        (version_id, question.id)
        for version_id in {row[1] for row in sets.values()}
        for question in queries.version(version_id).definition.questions()
        if question.key == key
    }
    if not asked:
        return None, 0
    found: Counter[str] = Counter()
    opened = 0
    where = Answer.answer_set_id.in_(list(sets)) & Answer.question.in_({question for _version, question in asked})
    rows = select(Answer.answer_set_id, Answer.question, Answer.value, Answer.sealed)
    given = where & (Answer.value.is_not(None) | Answer.sealed.is_not(None))
    for row in db.session.execute(rows.where(given)):
        _set_id, version_id, seal_key = sets[row.answer_set_id]
        if (version_id, row.question) in asked:
            opened += row.sealed is not None
            value = row.value if row.sealed is None else open_quietly(row, seal_key)
            found[value if isinstance(value, str) else ""] += 1
    return found, opened

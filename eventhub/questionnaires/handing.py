"""Answers that become somebody else's: sealed anew with the key of their new owner, files with them."""

import json
from collections.abc import Collection

from sqlalchemy import select

from eventhub.kit import files
from eventhub.kit.db import db
from eventhub.kit.file_types import EVERYTHING
from eventhub.kit.sealed import SealKey, seal
from eventhub.questionnaires.answers import PURPOSE, answer_place, file_of_value, open_quietly
from eventhub.questionnaires.models import Answer, AnswerSet


def hand_over(
    answer_set: AnswerSet, before: SealKey, after: SealKey, *, owner_id: object, without: Collection[str] = ()
) -> AnswerSet:
    """Give a set of answers to the person whose key is ``after``; what the old key opened, it opens no more of these.

    A sealed answer that cannot be opened is deleted, and so are those to the questions in ``without``. Raises what
    files.read and files.store raise.
    """
    rows = list(db.session.scalars(select(Answer).where(Answer.answer_set_id == answer_set.id).with_for_update()))
    answer_set.owner_id, answer_set.seal_key_id = owner_id, after.id  # type: ignore[assignment]
    for row in rows:
        if row.question in without:
            db.session.delete(row)
            continue
        value = row.value if row.sealed is None else open_quietly(row, before)
        is_sealed = row.sealed is not None
        if file_of_value(value) is not None:
            value = _filed_anew(value, answer_set, after if is_sealed else None)
        if is_sealed and value is None:
            db.session.delete(row)
        elif is_sealed:
            body = json.dumps(value, ensure_ascii=False)
            row.sealed = seal(after, answer_place(answer_set.id, row.question), body)
        else:
            row.value = value
    db.session.flush()
    return answer_set


def _filed_anew(value: object, answer_set: AnswerSet, key: SealKey | None) -> object:
    """The same file, kept for its new owner; the old one is given up. None where it is gone."""
    old = db.session.get(files.StoredFile, file_of_value(value))
    if old is None or old.deleted_at is not None or not isinstance(value, dict):
        return None
    made = files.store(
        files.read(old), name=old.name, allowed=EVERYTHING, purpose=PURPOSE, owner_id=answer_set.owner_id, key=key
    )
    files.remove(old)
    return value | {"file": str(made.id), "size": made.size}

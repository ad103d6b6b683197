"""Receipts: a file for a cost line, cleaned and sealed with the traveller's key, whoever sends it."""

from datetime import datetime

from eventhub.awards import bought
from eventhub.awards.models import Award, AwardLine, Outcome
from eventhub.funding import looking
from eventhub.funding.allowance import CostKind, Payee
from eventhub.funding.moves import NotPossible
from eventhub.kit import audit, files
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, or_not_found
from eventhub.kit.file_types import IMAGES, PDF
from eventhub.kit.files import StoredFile
from eventhub.people.models import Person

ALLOWED = IMAGES | {PDF}
PURPOSE = "awards.receipt"


FLAT = frozenset({CostKind.DSA, CostKind.TERMINAL})
"""Paid by the day and by the way, whatever is spent: nobody asks for their receipts."""


def may_send(award: Award, line: AwardLine) -> bool:
    """Whether the traveller may send the receipt of a line: what she pays herself, until its real cost is noted."""
    return award.outcome is Outcome.ACCEPTED and line.payee is Payee.TRAVELLER and line.actual is None


def is_wanted(award: Award, line: AwardLine) -> bool:
    """Whether her receipt is asked for: not of what is paid by the day."""
    return line.kind not in FLAT and may_send(award, line)


def attach(actor: Person, award: Award, line: AwardLine, data: bytes) -> AwardLine:
    """Keep a receipt; the one before is given up. The traveller may change it until the real cost is noted. The award
    is held. Raises NotPossible, and what ``files.store`` raises, at the field ``file``.
    """
    is_own = actor.id in {award.application.person_id, award.application.person.managed_by_id}
    if not bought.takes_cost(award, line) or (is_own and not may_send(award, line)):
        raise NotPossible
    before = db.session.get(StoredFile, line.receipt_id) if line.receipt_id else None
    try:
        kept = files.store(
            data,
            name="receipt",
            allowed=ALLOWED,
            purpose=PURPOSE,
            owner_id=award.application.person_id,
            key=award.application.person.seal_key,
        )
    except DomainError as error:
        error.field = "file"
        raise
    line.receipt_id = kept.id
    if before is not None:
        files.remove(before)
    audit.record("awards.receipt_kept", award, actor=actor, scope_id=award.application.call_id, line=line.kind.value)
    db.session.flush()
    return line


def of_line(line: AwardLine) -> StoredFile:
    """The receipt of a line. Raises NotFound."""
    file = db.session.get(StoredFile, line.receipt_id) if line.receipt_id else None
    return or_not_found(file if file is not None and file.deleted_at is None else None)


def sent_on(line: AwardLine) -> datetime | None:
    """When the receipt of a line came, if it is there."""
    file = db.session.get(StoredFile, line.receipt_id) if line.receipt_id else None
    return file.created_at if file is not None and file.deleted_at is None else None


def note_read(actor: Person, award: Award, line: AwardLine, *, reason: str) -> audit.AuditEntry:
    """Somebody of staff saves a receipt: a sealed read, with its reason in the audit."""
    call_id = award.application.call_id
    return looking.note_grant_read("awards.receipt_read", actor, award, call_id, reason, line=line.kind.value)

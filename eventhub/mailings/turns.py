"""Whether a mail is still due when its turn comes, and the mailing that somebody tries out."""

import uuid

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.mailings import actions, audience, queries
from eventhub.mailings.models import Mailing, MailingLine, Outcome, Stage, Why


def take(line_id: uuid.UUID) -> MailingLine | None:
    """The line whose mail is to be written now. None, and it is written down why, where no mail is due any more: the
    mailing is stopped, or the person is not among those meant as things are now.
    """
    line = queries.line_told(line_id)
    if line is None or line.state is Outcome.SKIPPED:
        return None
    # Read after the line was locked: whoever stopped the mailing meanwhile is heard.
    stage = db.session.scalar(select(Mailing.stage).where(Mailing.id == line.mailing_id))
    if stage is Stage.STOPPED:
        actions.hold_back(line)
        return None
    due, why = audience.still_meant(line.mailing, line.registration_id)
    if not due:
        _skip(line, why or Why.ENDED)
        return None
    return line


def tried(mailing_id: uuid.UUID) -> Mailing | None:
    """A mailing with its event, for the mail to oneself."""
    rows = select(Mailing).options(joinedload(Mailing.event)).where(Mailing.id == mailing_id)
    found: Mailing | None = db.session.scalar(rows)
    return found


def _skip(line: MailingLine, why: Why) -> None:
    values = {"state": Outcome.SKIPPED, "why": why, "moved_at": now()}
    db.session.execute(update(table_of(MailingLine)).where(MailingLine.id == line.id).values(**values))

"""A table of commitments that somebody brought and looks through before anything is written."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id


class Sheet(Base):
    """The cells of a file as they were read, for an event. ``rows`` holds its head first; it is emptied when the drafts
    are written or a day has passed, for mailboxes may stand in it.
    """

    __tablename__ = "tracker_sheet"
    __table_args__ = (CheckConstraint("(done_at IS NULL) = (written IS NULL)", name="done_with_count"),)

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    rows: Mapped[list[Any]] = mapped_column(JSONB)
    brought_at: Mapped[datetime] = mapped_column(default=now, index=True)
    done_at: Mapped[datetime | None]
    written: Mapped[int | None]
    """How many drafts came of it."""

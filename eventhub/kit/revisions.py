"""Counters that say when public content last changed: the key of every cached page and its ETag."""

from collections.abc import Collection

from sqlalchemy import BigInteger, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from eventhub.kit.db import Base, db


class Revision(Base):
    """One counter, for instance ``programme``."""

    __tablename__ = "revision"

    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


def bump(name: str) -> None:
    """Public content changed in this transaction: every page made from it before is stale when it commits."""
    row = insert(Revision).values(name=name, number=1)
    db.session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"number": Revision.number + 1}))


def current(name: str) -> int:
    """The counter now; 0 before the first change."""
    return numbers_of([name])[name]


def numbers_of(names: Collection[str]) -> dict[str, int]:
    """These counters now; 0 before the first change. One statement."""
    rows = db.session.execute(select(Revision.name, Revision.number).where(Revision.name.in_(names)))
    return dict.fromkeys(names, 0) | {row.name: row.number for row in rows}

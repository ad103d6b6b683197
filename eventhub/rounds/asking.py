"""Whom a round asks after the first mail: reminders, the next mailbox, a colleague, a pause, a press of staff.

A link that ends takes nothing along: what it stood for goes to the next mailbox, else to the list of calls.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Integer,
    SQLColumnExpression,
    Uuid,
    and_,
    any_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import aliased, joinedload

from eventhub.commitments.models import FOLLOWED, Commitment, Contact
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.limits import count
from eventhub.kit.mail import Mail
from eventhub.kit.outbox import Promise, promise, promise_all
from eventhub.kit.tokens import blind, digest, new_salt
from eventhub.people.models import Person
from eventhub.rounds import opening, queries
from eventhub.rounds.answering import JustSent, LinkOver, NotAsked, NotToBeAsked, is_open
from eventhub.rounds.models import Ended, Part, Reached, Round, RoundCall, RoundItem, RoundLink, RoundPart
from eventhub.rounds.refusals import BadDay, CameBack, NobodyLeft, NothingChosen, NothingOpen, SaidNotMe, SameMailbox

TASKS = ("rounds.asked", "rounds.reminded", "rounds.handed_on")
COLLEAGUES = {"limit": 50, "seconds": 24 * 3600}
"""To so many colleagues in a day one link may hand something on."""
REFUSED = "rounds.refused"
MAY_RENEW = (None, Ended.REVOKED)
"""How a link may have ended that is mailed anew."""
AT_ONCE = timedelta(minutes=5)
"""So long after a press the same press sends no other mail."""
NUDGES = {"limit": 10, "seconds": 24 * 3600}
"""So many mails a day staff may cause for one mailbox."""


def refuse(secret: str) -> RoundLink:
    """Not me: the mailbox is forgotten, and the next one is asked. Raises LinkOver."""
    link = queries.hold(secret)
    if link is None or not is_open(link, now()):
        raise LinkOver
    parts, email = queries.live_parts(link.id), link.email
    if link.parent_id is not None and email:
        giver = db.session.scalar(select(RoundLink.email).where(RoundLink.id == link.parent_id))
        for part in parts:
            part.refused = _refused(giver, email, part.item.commitment_id)
    _end(link, Ended.NOT_ME)
    link.email, link.name = None, ""
    if link.parent_id is None and email:
        ids = [one.item.commitment_id for one in parts]
        mine = update(Contact).where(Contact.email == email, Contact.commitment_id.in_(ids))
        gone = mine.values(email=None, name="", refused_at=now())
        db.session.execute(gone.execution_options(synchronize_session="fetch"))
    _go_on(link, parts)
    return link


def hand_on(secret: str, items: Collection[uuid.UUID], email: str, name: str, language: str) -> RoundLink:
    """A colleague answers for some of it: behind a link that shows these alone. Raises LinkOver, NothingChosen,
    NotAsked, SameMailbox, SaidNotMe, CameBack, TooMany.
    """
    link = queries.hold(secret)
    if link is None or not is_open(link, now()) or link.parent_id is not None:
        raise LinkOver
    if not items:
        raise NothingChosen
    mine = {one.item_id: one for one in queries.live_parts(link.id)}
    if not set(items) <= set(mine):
        raise NotAsked
    if email == link.email:
        raise SameMailbox
    refused = [_refused(link.email, email, mine[one].item.commitment_id) for one in items]
    if db.session.scalar(select(exists().where(RoundPart.refused.in_(refused)))):
        raise SaidNotMe
    count("rounds.handed_on", str(link.id), **COLLEAGUES)
    child = _colleague(link, email, name, language)
    for item_id in sorted(items):
        _end_others(link.id, item_id, child.id)
        part = Part.OTHER if mine[item_id].part is Part.OTHER else Part.DELEGATE
        _stand(child.id, item_id, part)
    audit.record("rounds.handed_on", link, actor=None, scope_id=link.round.event_id, number=len(items))
    _mail(child, "rounds.handed_on")
    return child


def take_back(secret: str, colleague_id: uuid.UUID) -> RoundLink:
    """What a colleague has is asked here again; the colleague's link opens nothing any more. Raises LinkOver."""
    link = queries.hold(secret)
    if link is None or not is_open(link, now()):
        raise LinkOver
    rows = select(RoundLink).where(RoundLink.id == colleague_id, RoundLink.parent_id == link.id)
    child = db.session.scalar(rows.options(joinedload(RoundLink.round)).with_for_update(of=RoundLink))
    if child is not None and child.ended is None:
        _end(child, Ended.REVOKED)
    return link


def pause(secret: str, day: date) -> RoundLink:
    """Ask me on a day: until then no reminder goes out. Raises LinkOver, BadDay."""
    link = queries.hold(secret)
    if link is None or not is_open(link, now()):
        raise LinkOver
    if not now().date() < day < link.round.closes_at.astimezone(UTC).date():
        raise BadDay
    link.paused_until = day
    db.session.flush()
    return link


def remind_due(moment: datetime) -> int:
    """Owe reminders to all mailboxes that are silent on a day of the plan, one each, however many days were missed; how
    many. Two statements for all rounds. Safe to repeat.
    """
    days = func.jsonb_array_elements_text(Round.days).table_valued("value")
    passed = cast(func.floor(func.extract("epoch", literal(moment) - RoundLink.made_at) / 86400), Integer)
    due = select(func.count()).select_from(days).where(cast(days.c.value, Integer) <= passed)
    number = due.correlate(Round, RoundLink).scalar_subquery()
    every = func.jsonb_array_length(Round.days)
    held = (
        update(RoundLink)
        .where(
            RoundLink.round_id == Round.id,
            Round.closed_at.is_(None),
            Round.closes_at > moment,
            RoundLink.ended.is_(None),
            RoundLink.email.is_not(None),
            RoundLink.paused_until.is_(None),
            number > RoundLink.reminded,
            _has_waiting(RoundLink.id, also_with_colleagues=number >= every),
        )
        .values(reminded=number, mailed=RoundLink.mailed + 1)
        .returning(RoundLink.id)
        .execution_options(synchronize_session=False)
    )
    return _owe(list(db.session.scalars(held)))


def resume_due(moment: datetime) -> int:
    """Those who named a day that has come are in the turn of reminders again; how many. Safe to repeat."""
    resumed = (
        update(RoundLink)
        .where(RoundLink.paused_until <= moment.astimezone(UTC).date(), RoundLink.ended.is_(None))
        .values(paused_until=None, reminded=0)
        .returning(RoundLink.id)
        .execution_options(synchronize_session=False)
    )
    return len(db.session.scalars(resumed).all())


def bounced_due(limit: int = 200) -> int:
    """Mails that came back, or that no server took: the next mailbox is asked. How many. Safe to repeat."""
    about = cast(Promise.payload["link_id"].astext, Uuid)
    came_back = or_(Mail.bounced_at.is_not(None), and_(Promise.parked_at.is_not(None), Promise.problem.like("SMTP 5%")))
    rows = (
        select(RoundLink.id)
        .join(Promise, and_(Promise.task.in_(TASKS), about == RoundLink.id))
        .outerjoin(Mail, Mail.promise_id == Promise.id)
        .where(came_back, RoundLink.ended.is_(None))
        .distinct()
        .limit(limit)
    )
    done = 0
    for link_id in sorted(db.session.scalars(rows)):
        held = select(RoundLink).where(RoundLink.id == link_id, RoundLink.ended.is_(None))
        link = db.session.scalar(held.options(joinedload(RoundLink.round)).with_for_update(of=RoundLink))
        if link is None:
            continue
        parts = queries.live_parts(link.id)
        _end(link, Ended.BOUNCED)
        _go_on(link, parts)
        done += 1
    db.session.flush()
    return done


def follow_contacts() -> int:
    """What mailboxes are asked about for which they speak no more, since another maker or mailbox took over: the next
    one is asked. How many mailboxes. Safe to repeat.
    """
    stands = (
        select(RoundPart)
        .join(RoundItem, RoundItem.id == RoundPart.item_id)
        .join(RoundLink, RoundLink.id == RoundPart.link_id)
        .join(Round, Round.id == RoundLink.round_id)
        .where(RoundPart.ended_at.is_(None), RoundLink.parent_id.is_(None), RoundLink.ended.is_(None))
        .where(Round.closed_at.is_(None), ~queries.still_speaks())
    )
    ids = db.session.scalars(stands.with_only_columns(RoundLink.id).distinct())
    done = 0
    for link_id in sorted(ids):
        held = select(RoundLink).where(RoundLink.id == link_id, RoundLink.ended.is_(None))
        link = db.session.scalar(held.options(joinedload(RoundLink.round)).with_for_update(of=RoundLink))
        parts = list(db.session.scalars(stands.where(RoundLink.id == link_id))) if link else []
        if link is None or not parts:
            continue
        for part in parts:
            _end_others(link.id, part.item_id, link.id)
        _go_on(link, parts)
        done += 1
    db.session.flush()
    return done


def nudge(actor: Person, link: RoundLink) -> RoundLink:
    """One more mail, now. The caller holds the link. Raises NotToBeAsked, NothingOpen, JustSent, TooMany."""
    if not is_open(link, now()) or link.email is None:
        raise NotToBeAsked
    if not db.session.scalar(select(_has_waiting(literal(link.id, Uuid()), also_with_colleagues=literal(True)))):
        raise NothingOpen
    _demand_quiet(link, "rounds.reminded")
    count("rounds.nudged", link.email, **NUDGES)
    audit.record("rounds.nudged", link, actor=actor, scope_id=link.round.event_id)
    link.mailed += 1
    _mail(link, "rounds.reminded")
    return link


def renew(actor: Person, link: RoundLink) -> RoundLink:
    """Another secret, mailed to the same mailbox: the former one opens nothing. Raises NotToBeAsked, JustSent,
    TooMany.
    """
    if link.round.closed_at is not None or now() >= link.round.closes_at or link.email is None:
        raise NotToBeAsked
    if link.ended not in MAY_RENEW:
        raise NotToBeAsked
    task = "rounds.handed_on" if link.parent_id else "rounds.asked"
    _demand_quiet(link, task)
    count("rounds.nudged", link.email, **NUDGES)
    link.salt, link.ended, link.ended_at, link.made_at, link.reminded = new_salt(), None, None, now(), 1
    link.token_hash = digest(opening.secret_of(link))
    link.mailed += 1
    audit.record("rounds.renewed", link, actor=actor, scope_id=link.round.event_id)
    _mail(link, task)
    return link


def revoke(actor: Person, link: RoundLink) -> RoundLink:
    """The link opens nothing any more, nor do those that were made from it. The caller holds it."""
    if link.ended is None:
        _end(link, Ended.REVOKED)
        audit.record("rounds.revoked", link, actor=actor, scope_id=link.round.event_id)
    return link


def ask_next(actor: Person, item: RoundItem) -> RoundLink:
    """Ask one more mailbox of a commitment: as the lead where none has an open link, else beside who is silent. The
    caller holds the item with its round. Raises NotToBeAsked, NobodyLeft.
    """
    is_followed = exists().where(Commitment.id == item.commitment_id, Commitment.state.in_(FOLLOWED))
    if item.round.closed_at is not None or now() >= item.round.closes_at or not db.session.scalar(select(is_followed)):
        raise NotToBeAsked
    found = _next_contact(item)
    if found is None:
        raise NobodyLeft
    part = Part.OTHER if _is_led(item) else Part.LEAD
    if part is Part.LEAD:
        item.contact_id = found.id
    link = _link_to(item.round_id, found)
    _stand(link.id, item.id, part)
    audit.record("rounds.asked_next", item, actor=actor, scope_id=item.round.event_id)
    _mail(link, "rounds.asked")
    return link


def called(actor: Person, link: RoundLink, reached: Reached, text: str) -> RoundCall:
    """Somebody called, or tried to."""
    row = RoundCall(link_id=link.id, author_id=actor.id, reached=reached, text=text, called_at=now())
    db.session.add(row)
    audit.record("rounds.called", link, actor=actor, scope_id=link.round.event_id, reached=reached.value)
    db.session.flush()
    return row


def _end(link: RoundLink, ended: Ended) -> None:
    """A link and those that were made from it end."""
    link.ended, link.ended_at, link.paused_until = ended, now(), None
    db.session.flush()
    made = update(RoundLink).where(RoundLink.parent_id == link.id, RoundLink.ended.is_(None))
    over = made.values(ended=Ended.REVOKED, ended_at=now()).execution_options(synchronize_session="fetch")
    db.session.execute(over)


def _go_on(link: RoundLink, parts: Sequence[RoundPart]) -> None:
    """What stood behind a link that ended: back to who handed it on, else to the next mailbox, else to staff."""
    if link.parent_id is not None:
        parent = db.session.scalar(
            select(RoundLink).where(RoundLink.id == link.parent_id, RoundLink.ended.is_(None)).with_for_update()
        )
        if parent is not None and parent.email and any(one.item.answered_at is None for one in parts):
            parent.mailed += 1
            _mail(parent, "rounds.reminded")
        return
    asked: dict[uuid.UUID, RoundLink] = {}
    for part in sorted(parts, key=lambda one: one.item_id):
        held = select(RoundItem).where(RoundItem.id == part.item_id).with_for_update()
        item = db.session.scalars(held.execution_options(populate_existing=True)).one()
        part.ended_at = now()
        if item.answered_at is not None or part.part is not Part.LEAD:
            continue
        found = _next_contact(item)
        item.contact_id = found.id if found else None
        if found is not None:
            after = _link_to(item.round_id, found)
            _stand(after.id, item.id, Part.LEAD)
            asked[after.id] = after
    for after in asked.values():
        _mail(after, "rounds.asked")


def _demand_quiet(link: RoundLink, task: str) -> None:
    """No two mails by one press. The number of the newest mail is in the key of its promise. Raises JustSent."""
    newest = select(Promise.id).where(Promise.key == f"round:{link.id}:{link.mailed}", Promise.task == task)
    if link.mailed > 1 and db.session.scalar(newest.where(Promise.created_at > now() - AT_ONCE)) is not None:
        raise JustSent


def _is_led(item: RoundItem) -> bool:
    """Whether somebody who leads has an open link."""
    rows = select(RoundPart.item_id).join(RoundLink, RoundLink.id == RoundPart.link_id)
    rows = rows.join(RoundItem, RoundItem.id == RoundPart.item_id).where(queries.still_speaks())
    led = rows.where(
        RoundPart.item_id == item.id,
        RoundPart.part == Part.LEAD,
        RoundPart.ended_at.is_(None),
        RoundLink.ended.is_(None),
    )
    return db.session.scalar(led.limit(1)) is not None


def _next_contact(item: RoundItem) -> Contact | None:
    """The first mailbox of the commitment that has no link in this round, or an open one without this commitment."""
    other = aliased(RoundLink)
    used = exists().where(
        other.round_id == item.round_id,
        other.email == Contact.email,
        other.parent_id.is_(None),
        or_(other.ended.is_not(None), exists().where(RoundPart.link_id == other.id, RoundPart.item_id == item.id)),
    )
    rows = select(Contact).where(Contact.commitment_id == item.commitment_id, Contact.email.is_not(None), ~used)
    return db.session.scalar(rows.order_by(Contact.position).limit(1))


def _link_to(round_id: uuid.UUID, contact: Contact) -> RoundLink:
    """The link of a mailbox in a round, made where there is none; whoever comes second gets the first one's."""
    values = opening.fresh(round_id, str(contact.email), contact.name, contact.language, now())
    made = postgresql.insert(RoundLink).values(**values)
    is_new = (
        db.session.scalar(
            made.on_conflict_do_nothing(
                index_elements=["round_id", "email"], index_where=RoundLink.parent_id.is_(None)
            ).returning(RoundLink.id)
        )
        is not None
    )
    rows = select(RoundLink).where(
        RoundLink.round_id == round_id, RoundLink.email == contact.email, RoundLink.parent_id.is_(None)
    )
    found = db.session.scalars(rows.options(joinedload(RoundLink.round)).with_for_update(of=RoundLink)).one()
    if not is_new:
        found.mailed += 1
        found.paused_until = None
    return found


def _colleague(link: RoundLink, email: str, name: str, language: str) -> RoundLink:
    rows = select(RoundLink).where(RoundLink.parent_id == link.id, RoundLink.email == email)
    found = db.session.scalar(rows.options(joinedload(RoundLink.round)).with_for_update(of=RoundLink))
    if found is None:
        found = RoundLink(**opening.fresh(link.round_id, email, name, language, now()), parent_id=link.id)
        found.round = link.round
        db.session.add(found)
        db.session.flush()
        return found
    if found.ended is Ended.BOUNCED:
        raise CameBack
    if found.ended is not None:
        found.salt, found.ended, found.ended_at = new_salt(), None, None
        found.token_hash = digest(opening.secret_of(found))
        ended = update(RoundPart).where(RoundPart.link_id == found.id).values(ended_at=now())
        db.session.execute(ended.execution_options(synchronize_session=False))
    found.name, found.language, found.made_at, found.reminded = name or found.name, language, now(), 1
    found.mailed += 1
    return found


def _stand(link_id: uuid.UUID, item_id: uuid.UUID, part: Part) -> None:
    row = postgresql.insert(RoundPart).values(link_id=link_id, item_id=item_id, part=part)
    again = row.on_conflict_do_update(
        index_elements=["link_id", "item_id"], set_={"part": row.excluded.part, "ended_at": None}
    )
    db.session.execute(again)


def _refused(giver: str | None, colleague: str, commitment_id: uuid.UUID) -> bytes:
    return blind(REFUSED, commitment_id, f"{giver} {colleague}")


def _end_others(parent_id: uuid.UUID, item_id: uuid.UUID, but: uuid.UUID) -> None:
    """One colleague at a time has a commitment."""
    theirs = select(RoundLink.id).where(RoundLink.parent_id == parent_id, RoundLink.id != but)
    ended = update(RoundPart).where(RoundPart.item_id == item_id, RoundPart.link_id.in_(theirs))
    gone = ended.where(RoundPart.ended_at.is_(None)).values(ended_at=now())
    db.session.execute(gone.execution_options(synchronize_session=False))


def _mail(link: RoundLink, task: str) -> None:
    db.session.flush()
    promise(task, key=f"round:{link.id}:{link.mailed}", link_id=link.id, number=link.mailed)


def _owe(ids: Sequence[uuid.UUID]) -> int:
    if ids:
        which = RoundLink.id == any_(literal(list(ids), postgresql.ARRAY(Uuid)))
        promise_all("rounds.reminded", opening.owed(which))
    return len(ids)


def _has_waiting(
    link_id: SQLColumnExpression[uuid.UUID], *, also_with_colleagues: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Whether something behind a link is unanswered, still followed, and in nobody else's hands."""
    theirs, child = aliased(RoundPart), aliased(RoundLink)
    lent = exists().where(
        theirs.item_id == RoundItem.id,
        theirs.ended_at.is_(None),
        child.id == theirs.link_id,
        child.parent_id == link_id,
        child.ended.is_(None),
    )
    lent = lent.correlate(RoundItem, RoundLink)
    waits = exists().where(
        RoundPart.link_id == link_id,
        RoundPart.ended_at.is_(None),
        RoundItem.id == RoundPart.item_id,
        RoundItem.answered_at.is_(None),
        Commitment.id == RoundItem.commitment_id,
        Commitment.state.in_(FOLLOWED),
        or_(also_with_colleagues, ~lent),
    )
    return waits.correlate(RoundLink, Round)

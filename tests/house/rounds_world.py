"""Rounds in the small world: an open one, with links for each thing that can be done behind one."""

from datetime import timedelta

from sqlalchemy import select

from eventhub.commitments import phones
from eventhub.commitments.models import Contact, Says
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.programme.models import Event
from eventhub.rounds import answering, asking, board, copies, opening
from eventhub.rounds.answering import Said, Seen
from eventhub.rounds.schedule import Rhythm
from tests.factories.commitments import new_address
from tests.factories.people import make_person
from tests.factories.programme import PDF_BYTES
from tests.factories.rounds import behind, followed, item_of, link_of, secret


def round_parts(event: Event) -> dict[str, str]:
    """The parts of addresses and forms, by name."""
    box, refusing, colleague, ended = (new_address() for _ in range(4))
    today = now().date()
    since = today - timedelta(days=90)
    made = [followed(event, one, since=since) for one in (box, box, box, refusing, ended)]
    lonely = followed(event, new_address(), new_address(), since=since)
    found = opening.open_round(event, Rhythm(), 3, today, now())
    assert found is not None
    first = select(Contact).where(Contact.commitment_id == made[0].id)
    phones.keep(db.session.scalars(first).one(), "+41 22 555 01 23")
    answered = item_of(made[0])
    answering.answer(secret(box), answered.id, Said(Says.PLANNING, text="Soon"), seen=1)
    answering.unchanged(secret(box), {answered.id: Seen(1, Says.PLANNING)})
    child = asking.hand_on(secret(box), {item_of(made[2]).id}, colleague, "Bao", "en")
    paper = copies.to_make(copies.ask(link_of(box), "en").id)
    assert paper is not None
    copies.keep(paper, PDF_BYTES, at=now())
    asking.revoke(make_person(), board.link_of(link_of(ended).id, lock=True))
    assert behind(box).asked
    return {
        "round": str(found.id),
        "round_answer_link": secret(box),
        "round_reference": made[1].reference,
        "round_item": str(item_of(made[1]).id),
        "round_shown": f"{answered.id}:1:planning",
        "round_refusing": secret(refusing),
        "round_colleague": str(child.id),
        "round_link": str(link_of(box).id),
        "round_next": str(item_of(lonely).id),
    }

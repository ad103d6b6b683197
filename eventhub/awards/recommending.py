"""Who recommended a grant: none of them approves it, raises it or pays it (SAFETY.md property 7)."""

import uuid
from collections.abc import Mapping

from sqlalchemy import select

from eventhub.awards.models import Award, Proposal
from eventhub.funding.models import Application
from eventhub.kit.db import db
from eventhub.selecting.models import Slate


def recommenders(signers: Mapping[uuid.UUID, uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """By application, all who recommended it: who signed for it (``signers``), who confirmed it as a reserve, and all
    who were present when the board put it on the approved slate of that signer. Two statements.
    """
    found = {one: {signer} for one, signer in signers.items()}
    confirmed = select(Proposal.application_id, Proposal.decided_by_id).where(
        Proposal.application_id.in_(found), Proposal.confirmed_at.is_not(None)
    )
    for application_id, who in db.session.execute(confirmed):
        if who is not None:
            found[application_id].add(who)
    calls = select(Application.call_id).where(Application.id.in_(found))
    slates = select(Slate.recommended_by_id, Slate.minutes, Slate.people, Slate.reserves).where(
        Slate.call_id.in_(calls), Slate.recommended_by_id.in_(set(signers.values())), Slate.approved_at.is_not(None)
    )
    for signer, minutes, people, reserves in db.session.execute(slates):
        put_forward = {one["id"] for one in people if one["chosen"]} | set(reserves["general"])
        put_forward.update(one for ids in reserves["by_cell"].values() for one in ids)
        present = {uuid.UUID(one) for one in minutes.get("present", ())}
        for application_id, who in signers.items():
            if who == signer and str(application_id) in put_forward:
                found[application_id] |= present
    return found


def recommenders_of(award: Award) -> set[uuid.UUID]:
    """All who recommended one grant."""
    return recommenders({award.application_id: award.recommended_by_id})[award.application_id]

"""Staged decisions in words: groups, what changed since, and each letter as it will be read. Nothing is sent."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from eventhub.awards import ledger, letters, releasing
from eventhub.awards.models import Award
from eventhub.awards.money_models import FundEnvelope
from eventhub.awards.release_models import Decision, Failed, Release, Staging
from eventhub.awards.releasing import Staged
from eventhub.funding.models import Application, Call, State
from eventhub.funding.thread import due_after
from eventhub.kit.clock import now
from eventhub.kit.codes import label
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, direction, show_money, show_own
from eventhub.kit.mail import Letter
from eventhub.kit.money import Money
from eventhub.kit.tokens import new_salt
from eventhub.people.models import Person

GROUPS: tuple[tuple[State, Any, str], ...] = (
    (State.APPROVED, _l("Selected"), "ok"),
    (State.RESERVE, _l("On the reserve list"), "new"),
    (State.NOT_RECOMMENDED, _l("Not selected"), "silent"),
)
"""The kinds of decisions, in the order of the page."""
SHORT = 50
"""So many of those not selected stand on the page before somebody asks for all."""
STAGING_FAILED = {
    Failed.MONEY: _l("The envelopes do not hold what the slate gives, so nothing of it was done."),
    Failed.NEAR: _l("Whoever approved the slate has a tie to one of its applicants, so nothing of it was done."),
    Failed.MOVED: _l("A file of the slate has moved on meanwhile, so nothing of it was done."),
}


def groups(rows: Sequence[Staged], lang: str, *, whole: bool) -> list[dict[str, Any]]:
    """The decisions by kind, with who stands there."""
    found = []
    for state, title, kind in GROUPS:
        mine = [one for one in rows if one.application.state is state]
        shown = mine if whole or state is not State.NOT_RECOMMENDED else mine[:SHORT]
        found.append(
            {
                "id": state.value,
                "title": title,
                "kind": kind,
                "number": len(mine),
                "more": len(mine) - len(shown),
                "money": state is State.APPROVED,
                "rows": [row(one, lang) for one in shown],
            }
        )
    return found


def row(one: Staged, lang: str) -> dict[str, Any]:
    """One person in a list, by public name."""
    award = one.award
    return {
        "id": one.application.id,
        "number": one.application.number,
        "name": one.application.listed_name,
        "language": AUTONYMS[one.application.person.language],
        "lang": one.application.person.language,
        "discreet": one.application.person.discreet,
        "amount": ledger.shown(award.envelope, award.amount, lang) if award else None,
        "reason": label("decision_reason.funding", one.decision.reason, lang),
        "words": one.decision.words is not None,
    }


def changed(rows: Sequence[Staged], left: Sequence[Application], looked: str | None) -> list[str]:
    """Whose decision changed, or who withdrew, since a page was drawn."""
    try:
        since = datetime.fromisoformat(looked or "")
    except ValueError:
        return []
    if since.tzinfo is None:
        return []
    files = [one.application for one in rows if one.changed_at > since]
    return [one.listed_name for one in [*files, *(each for each in left if each.changed_at > since)]]


def letter(one: Staged, accept_days: int, at: datetime | None = None) -> dict[str, Any]:
    """The letter of one person as it will be read; on paper for a person without an address."""
    written = _letter(one.application.person, one.application, one, accept_days, at or now())
    return drawn(written, one.application.person.language)


def paper(application: Application, told: Decision, words: str | None) -> dict[str, Any]:
    """The letter of somebody without a mailbox who was told, as it is handed over."""
    person, reason = application.person, told.reason_told or told.reason
    written = letters.decided_on_paper(application, person, application.call, reason, words)
    return drawn(written, person.language)


def samples(
    rows: Sequence[Staged], states: Collection[State], call: Call, accept_days: int, at: datetime | None = None
) -> list[dict[str, Any]]:
    """One letter of each kind in each language that somebody reads, to a made-up person."""
    found = []
    for state, title, _kind in GROUPS:
        mine = [one for one in rows if one.application.state is state]
        wanted = {one.application.person.language for one in mine}
        if not mine or state not in states:
            continue
        written_in = []
        for lang in sorted(LANGUAGES, key=lambda code: (code not in wanted, LANGUAGES.index(code))):
            reader = Person(name="", email="somebody@invalid", language=lang, time_zone=call.time_zone, discreet=False)
            reader.asks_second_step = False
            written = _letter(reader, Application(reference="", state=state), mine[0], accept_days, at or now())
            number = sum(one.application.person.language == lang for one in mine)
            written_in.append(drawn(written, lang) | {"needed": number})
        found.append({"id": state.value, "title": title, "letters": written_in})
    return found


def _letter(person: Person, application: Application, one: Staged, days: int, at: datetime) -> Letter:
    call, mine = one.application.call, one.award
    if mine is None or one.application.state is not State.APPROVED:
        standing = Application(reference=application.reference, state=one.application.state)
        words = one.words if application.id else None
        return letters.decided_on_paper(standing, person, call, one.decision.reason, words)
    # What a preview shows leads nowhere: the link of an offer is its reader's alone.
    like = Application(reference=application.reference, state=State.OFFERED)
    like.person, like.call = person, call
    award = Award(id=uuid.uuid4(), amount=mine.amount, salt=new_salt(), approved_at=at)
    award.accept_by = due_after(call, days, at)
    award.application, award.envelope = like, FundEnvelope(currency=mine.envelope.currency)
    return letters.offered_on_paper(award)


def drawn(written: Letter, lang: str) -> dict[str, Any]:
    """A letter in words, for staff who read it before it is sent, or hand it over."""
    mail = letters.preview(written)
    return {
        "lang": lang,
        "direction": direction(lang),
        "name": AUTONYMS[lang],
        "subject": mail.subject,
        "text": mail.text,
        "discreet": written.discreet,
    }


def staging(row: Staging | None, currency: str, lang: str, *, near: bool) -> dict[str, Any] | None:
    """Why an approved slate is not staged; None where it is. How much is missing is not told to whoever is ``near`` to
    a file: it would tell of the own one.
    """
    if row is not None and row.done_at is not None:
        return None
    if row is None or row.failed is None:
        return {"why": None, "missing": None}
    missing = show_money(Money(row.missing, currency), lang) if row.missing and not near else None
    return {"why": STAGING_FAILED[row.failed], "missing": missing}


def failed(newest: Release | None, rows: Sequence[Staged]) -> dict[str, Any] | None:
    """Why the newest release was not done, and whose decision had changed of those that the reader may see."""
    if newest is None or newest.failed is None or not rows:
        return None
    moved = releasing.changed_since(newest, rows) if newest.failed is Failed.MOVED else []
    return {"why": letters.RELEASE_FAILED[newest.failed], "names": [one.listed_name for one in moved]}


def past(
    rows: Sequence[Release], names: dict[uuid.UUID, str], zone: str, lang: str, *, near: bool
) -> list[dict[str, Any]]:
    """What was released, stopped or failed, for the history. How many were held back is told to nobody who is ``near``
    to a file: it would tell of the own one.
    """
    found = []
    for one in rows:
        ended = one.done_at or one.stopped_at
        if ended is None and one.failed is None:
            continue
        why = letters.RELEASE_FAILED[one.failed] if one.failed else _l("Release stopped")
        title = _l("Released") if one.done_at else why
        when = ended or one.at
        found.append(
            {
                "when": show_own(when, zone, lang),
                "datetime": when.isoformat(timespec="minutes"),
                "title": title,
                "kind": "ok" if one.done_at else "warn",
                "text": str(letters.held_back(one.held)) if one.held and not near else None,
                "who": names.get(one.stopped_by_id or one.made_by_id),
            }
        )
    return found

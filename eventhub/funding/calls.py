"""What officers do to a call that they write: made from a kind or as a copy, its facts, words and rules.

Once a call is open the same deeds propose a change, which a second person agrees to (opening.py).
"""

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from pydantic import ValidationError
from sqlalchemy.orm.attributes import flag_modified

from eventhub.funding import call_queries, presets, timing
from eventhub.funding.call_queries import TEXTS, Standing
from eventhub.funding.models import Call, CallRules, FundKind, Stand
from eventhub.funding.rules import Rules, read, to_json, whole_digest
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db
from eventhub.kit.errors import DomainError, Stale, means
from eventhub.people.models import Person
from eventhub.programme.local_time import zone_info
from eventhub.programme.models import Event
from eventhub.questionnaires import actions as questionnaires
from eventhub.questionnaires.models import Purpose, Questionnaire

LONGEST = timedelta(days=366)


class CallSlugTaken(DomainError):
    """Another call has this address."""

    message = _l("Another page has this address already")
    field = "slug"


class CallCodeTaken(DomainError):
    """Another call has this code."""

    message = _l("Another call has this code already")
    field = "code"


class ClosesBeforeOpening(DomainError):
    """The deadline must lie after the opening, and within a year of it."""

    status = 422
    message = _l("The deadline must lie after the opening, at most a year after it")
    field = "closes_at"


class NotADraft(DomainError):
    """The call was opened or ended in the meantime."""

    message = _l("This is not possible in its present state. Open the page again to see what changed.")


class ReasonMissing(DomainError):
    """Rules of an open call change for a reason only."""

    status = 422
    message = _l("Say why the rules change: applicants read it")
    field = "reason"


class ProposedByAnother(DomainError):
    """One change at a time, and its proposer alone adds to it."""

    message = _l("Somebody else has proposed a change. It is agreed to or dropped before another one begins.")


class RulesWrong(DomainError):
    """What a form let through does not hold as rules: its page is out of date."""

    status = 422
    message = _l("These rules do not hold together. Load the page again and look at each value.")


means("uq_fund_call_slug", CallSlugTaken())
means("uq_fund_call_code", CallCodeTaken())
means("ck_fund_call_closes_after_opening", ClosesBeforeOpening())


@dataclass(frozen=True)
class CallFacts:
    """What a call is called in addresses and references, and when it takes applications. Instants are in UTC."""

    slug: str
    code: str
    original_language: str
    time_zone: str
    opens_at: datetime
    closes_at: datetime
    grace_hours: int
    currency: str


def create(actor: Person, *, kind: FundKind, facts: CallFacts, event: Event | None, title: Texts | None = None) -> Call:
    """A draft with the words and rules of its kind, and a published form for applicants in six languages.

    Raises ClosesBeforeOpening, DeadlineAfterEvent, CallSlugTaken and CallCodeTaken.
    """
    begin = presets.preset(kind)
    call = Call(kind=kind, title=title or begin.title, lead=begin.lead, rules=to_json(read(begin.rules)))
    return _added(actor, call, facts, event, presets.application_form().name, None)


def copy(actor: Person, source: Call, *, facts: CallFacts, event: Event | None, title: Texts | None = None) -> Call:
    """A draft with the words, rules and form of another call: last year's, for this year. Raises like ``create``."""
    known = call_queries.standing(source)
    rules = known.current.rules if known.current else source.rules
    words = {name: dict(getattr(source, name)) for name in TEXTS}
    if title:
        words["title"] = title
    call = Call(kind=source.kind, rules=rules, copied_from_id=source.id, **words)
    return _added(actor, call, facts, event, presets.application_form().name, call_queries.form_of(source))


def edit_facts(actor: Person, call: Call, facts: CallFacts, *, stamp: str) -> Call:
    """Change what a draft is called and when it opens. Raises NotADraft, Stale, ClosesBeforeOpening,
    DeadlineAfterEvent, and the taken.
    """
    call = call_queries.hold(call)
    _demand_draft(call)
    if call_queries.standing(call).stamp != stamp:
        raise Stale
    _check(facts, timing.event_of(call))
    changed = [name for name, value in asdict(facts).items() if getattr(call, name) != value]
    for name in changed:
        setattr(call, name, getattr(facts, name))
    if changed:
        _written(actor, call, call_queries.EDITED, fields=changed)
    return call


def edit(
    actor: Person,
    call: Call,
    *,
    stamp: str,
    rules: dict[str, Any] | None = None,
    texts: dict[str, Texts] | None = None,
    version_id: uuid.UUID | None = None,
    reason: str = "",
    part: str = "",
) -> Call:
    """Change parts of the rules (by their names in rules.py) or words: of a draft at once, of an open call as part of
    the actor's proposal. ``stamp`` is that of the page (Standing), ``part`` the page's name: somebody has looked at
    what a draft began with there, also where nothing was changed. Raises Stale, NotADraft, RulesWrong, ReasonMissing,
    ProposedByAnother.
    """
    call = call_queries.hold(call)
    if call.stand not in {Stand.DRAFT, Stand.OPEN}:
        raise NotADraft
    known = call_queries.standing(call)
    if known.stamp != stamp:
        raise Stale
    made = _joined(known.rules, rules or {})
    words = known.texts | (texts or {})
    if call.stand is Stand.OPEN:
        return _propose(actor, call, known, (made, words, version_id or known.version_id), reason)
    changed = sorted([name for name in rules or {} if to_json(made)[name] != to_json(known.rules)[name]])
    changed += [name for name in texts or {} if words[name] != known.texts[name]]
    if changed:
        call.rules = to_json(made)
        for name in texts or {}:
            setattr(call, name, words[name])
        _written(actor, call, call_queries.EDITED, fields=changed, **({"part": part} if part else {}))
    elif part and part not in call_queries.looked_at(call.id):
        audit.record(call_queries.LOOKED, call, actor=actor, scope_id=call.id, part=part)
    return call


def delete_draft(actor: Person, call: Call) -> str:
    """Take away a call that was never open; the form goes with it unless it was used. Returns its code."""
    call = call_queries.hold(call)
    _demand_draft(call)
    audit.record("funding.call_deleted", call, actor=actor, scope_id=call.id, code=call.code)
    code = call.code
    db.session.delete(call)
    db.session.flush()
    return code


def _propose(
    actor: Person, call: Call, known: Standing, wanted: tuple[Rules, dict[str, Texts], uuid.UUID | None], reason: str
) -> Call:
    rules, texts, version_id = wanted
    proposed, current = known.proposed, known.current
    if proposed is not None and proposed.proposed_by_id != actor.id:
        raise ProposedByAnother
    if current is None:
        raise NotADraft
    data, version = to_json(rules), str(version_id or "")
    digest = whole_digest(data, texts, version)
    if digest == known.stamp:
        return call
    if proposed is None:
        if not reason:
            raise ReasonMissing
        proposed = CallRules(call_id=call.id, number=_next_number(call), proposed_by_id=actor.id, reason=reason)
        db.session.add(proposed)
    if reason:
        proposed.reason = reason
    proposed.rules, proposed.texts, proposed.version_id, proposed.digest = data, texts, version_id, digest
    flag_modified(proposed, "rules")
    proposed.proposed_at = now()
    db.session.flush()
    number = proposed.number
    audit.record("funding.change_proposed", call, actor=actor, scope_id=call.id, number=number, text=reason or None)
    return call


def _next_number(call: Call) -> int:
    return max((one.number for one in call_queries.rules_of(call.id)), default=0) + 1


def _joined(rules: Rules, parts: dict[str, Any]) -> Rules:
    try:
        return read(to_json(rules) | parts)
    except ValidationError as error:
        raise RulesWrong from error


def _added(
    actor: Person, call: Call, facts: CallFacts, event: Event | None, name: Texts, form: Questionnaire | None
) -> Call:
    _check(facts, event)
    call.id = uuid.uuid4()
    call.event_id, call.made_by_id = event.id if event else None, actor.id
    for field, value in asdict(facts).items():
        setattr(call, field, value)
    db.session.add(call)
    db.session.flush()
    call.questionnaire_id = _form_for(actor, call, name, form).id
    db.session.flush()
    verb = "funding.call_copied" if call.copied_from_id else "funding.call_created"
    audit.record(verb, call, actor=actor, scope_id=call.id, kind=call.kind.value)
    return call


def _form_for(actor: Person, call: Call, name: Texts, source: Questionnaire | None) -> Questionnaire:
    called = f"{name[presets.ORIGINAL]} ({call.code})"
    if source is not None:
        made = questionnaires.copy(actor, source, name=called, scope_id=call.id)
    else:
        form = presets.application_form()
        made = questionnaires.create(
            actor, purpose=Purpose.FUNDING, name=called, scope_id=call.id, definition=form.definition
        )
        questionnaires.translate(actor, made, form.translations)
    if not questionnaires.publishing_problems(made):
        questionnaires.publish(actor, made)
    return made


def _demand_draft(call: Call) -> None:
    if call.stand is not Stand.DRAFT:
        raise NotADraft


def _check(facts: CallFacts, event: Event | None) -> None:
    zone_info(facts.time_zone)
    if not timedelta(0) < facts.closes_at - facts.opens_at <= LONGEST:
        raise ClosesBeforeOpening
    if timing.is_after(event, facts.closes_at):
        raise timing.DeadlineAfterEvent


def _written(actor: Person, call: Call, verb: str, **detail: Any) -> None:
    call.changed_at = now()
    db.session.flush()
    audit.record(verb, call, actor=actor, scope_id=call.id, **detail)

"""Who may edit a questionnaire, and who may see an answer."""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from eventhub.people.access import Scope, holds
from eventhub.people.models import Role, RoleGrant
from eventhub.questionnaires.definition import Question
from eventhub.questionnaires.models import Questionnaire

EDITORS = (Role.ORGANISER, Role.FUND_OFFICER)
EVERYTHING = frozenset({"organiser", "desk", "check_in", "rapporteur", "reviewer"})
SEES: dict[Role, frozenset[str]] = {
    Role.ADMIN: EVERYTHING,
    Role.ORGANISER: frozenset({"organiser"}),
    Role.ACCREDITATION_OFFICER: frozenset({"desk"}),
    Role.CHECK_IN: frozenset({"check_in"}),
    Role.RAPPORTEUR: frozenset({"rapporteur"}),
    Role.FUND_OFFICER: frozenset({"organiser", "desk"}),
    Role.FUND_REVIEWER: frozenset({"reviewer"}),
}
"""Which of a question's viewers a role is. ``statistics`` is nobody: such answers are only ever counted."""


Resolver = Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, Scope]]
"""Says where ids of events, series and calls lie: the features that have them stand above this one."""

_RESOLVERS: dict[str, Resolver] = {}


def resolve_scopes_with(name: str, resolver: Resolver) -> None:
    """Let a feature further up say where its things lie; ``app.py`` calls this once for each."""
    _RESOLVERS[name] = resolver


def may_edit(grants: Iterable[RoleGrant], questionnaire: Questionnaire | None) -> bool:
    """Organisers of the event, series or call it belongs to, and admins. One without a scope: those of everything.

    None is one that does not exist: nobody may edit it, and finding that out costs the same statements.
    """
    scope_id = questionnaire.scope_id if questionnaire else None
    scopes = scopes_of([scope_id] if scope_id else [])
    return questionnaire is not None and holds(grants, *EDITORS, scope=scopes[scope_id] if scope_id else None)


def may_create(grants: Iterable[RoleGrant], scope_id: uuid.UUID | None) -> bool:
    """Whoever may edit what belongs there."""
    scopes = scopes_of([scope_id]) if scope_id else {}
    return holds(grants, *EDITORS, scope=scopes[scope_id] if scope_id else None)


def editable(grants: Sequence[RoleGrant], questionnaires: Sequence[Questionnaire]) -> list[Questionnaire]:
    """Those among the questionnaires that somebody with these grants may edit. One statement for each resolver."""
    scopes = scopes_of({one.scope_id for one in questionnaires if one.scope_id})
    return [
        one for one in questionnaires if holds(grants, *EDITORS, scope=scopes[one.scope_id] if one.scope_id else None)
    ]


def scopes_of(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Scope]:
    """Where things lie. An id that no feature knows stands for itself: ids are random, so none is two things."""
    found = {one: Scope(series_id=one, event_id=one, call_id=one) for one in ids}
    for resolver in _RESOLVERS.values():
        found |= resolver(ids)
    return found


def viewers(roles: Iterable[Role]) -> frozenset[str]:
    """Which viewers somebody with these roles (already checked for the scope) is."""
    return frozenset().union(*(SEES.get(role, frozenset()) for role in roles))


def may_see(question: Question, who: Iterable[str]) -> bool:
    """Whether one of these viewers may see the answers to a question."""
    return not set(question.see).isdisjoint(who)

"""Who may edit a questionnaire, and who may see an answer."""

import uuid
from collections.abc import Iterable

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


def may_edit(grants: Iterable[RoleGrant], questionnaire: Questionnaire) -> bool:
    """Organisers of the event, series or call it belongs to, and admins. One without a scope: those of everything."""
    return holds(grants, *EDITORS, scope=scope_of(questionnaire.scope_id))


def may_create(grants: Iterable[RoleGrant], scope_id: uuid.UUID | None) -> bool:
    """Whoever may edit what belongs there."""
    return holds(grants, *EDITORS, scope=scope_of(scope_id))


def scope_of(scope_id: uuid.UUID | None) -> Scope | None:
    """A questionnaire knows the id of what it belongs to, not what that is: ids are random, so none is two things."""
    return Scope(series_id=scope_id, event_id=scope_id, call_id=scope_id) if scope_id else None


def viewers(roles: Iterable[Role]) -> frozenset[str]:
    """Which viewers somebody with these roles (already checked for the scope) is."""
    return frozenset().union(*(SEES.get(role, frozenset()) for role in roles))


def may_see(question: Question, who: Iterable[str]) -> bool:
    """Whether one of these viewers may see the answers to a question."""
    return not set(question.see).isdisjoint(who)

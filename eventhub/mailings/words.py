"""What is said of mailings: what they are about, to whom they go, and what became of each mail."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from eventhub.mailings.models import Kind, Outcome, Stage, Why

KINDS: dict[Kind, tuple[Any, Any]] = {
    Kind.SERVICE: (_l("Their registration"), _l("Everybody chosen gets it: it is about their own registration.")),
    Kind.NEWS: (_l("News of the event"), _l("Whoever stopped such mails gets none, and can stop them with one press.")),
    Kind.INVITATION: (
        _l("Something else than this event"),
        _l("Only those who agreed to be written to about future events get it, and can stop such mails."),
    ),
}
"""What a mailing is about, and what follows from it."""

GROUP_NAMES: dict[str, Any] = {
    "draft": _l("begun and not sent"),
    "decide": _l("sent and not decided"),
    "waiting": _l("on the waiting list, or a place is offered"),
    "accredited": _l("accredited, not yet checked in"),
    "attended": _l("checked in"),
    "no_show": _l("accredited, and the person did not come"),
    "declined": _l("declined or taken back"),
}
"""Whose registration stands where."""

STAGES: dict[Stage, tuple[Any, str]] = {
    Stage.DRAFT: (lazy_pgettext("a mailing", "Draft"), "new"),
    Stage.SCHEDULED: (lazy_pgettext("a mailing", "Will be sent"), "go"),
    Stage.SENDING: (lazy_pgettext("a mailing", "Being sent"), "go"),
    Stage.STOPPED: (lazy_pgettext("a mailing", "Stopped"), "stop"),
    Stage.DONE: (lazy_pgettext("a mailing", "Sent"), "ok"),
}
OUTCOMES: dict[Outcome, tuple[Any, str]] = {
    Outcome.SENT: (lazy_pgettext("a mail", "Sent"), "ok"),
    Outcome.WAITING: (lazy_pgettext("a mail", "Waits"), "new"),
    Outcome.PUT_OFF: (lazy_pgettext("a mail", "Refused for now, tried again"), "go"),
    Outcome.REFUSED: (lazy_pgettext("a mail", "Refused for good"), "stop"),
    Outcome.GIVEN_UP: (lazy_pgettext("a mail", "Not sent, given up"), "stop"),
    Outcome.BOUNCED: (lazy_pgettext("a mail", "Came back"), "stop"),
    Outcome.SKIPPED: (lazy_pgettext("a mail", "Not due"), "silent"),
}
WHYS: dict[Why, Any] = {
    Why.NO_ADDRESS: _l("No email address"),
    Why.STOPPED: _l("Stopped such mails"),
    Why.NOT_AGREED: _l("Did not agree to be written to about future events"),
    Why.ENDED: _l("The registration changed before the mail went out"),
    Why.NOTHING: _l("Nothing was left to send"),
}
"""Why somebody gets no mail."""


def said_problem(problem: str | None) -> str | None:
    """What a mail server said, as a code: SMTP 550, 5.1.1. What went wrong on our side is said by its state."""
    return problem if problem and (problem.startswith("SMTP ") or problem[:1].isdigit()) else None

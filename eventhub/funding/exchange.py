"""Questions and answers about an application, as pages show them (templates/registration/exchange.html)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import g
from flask_babel import gettext as _

from eventhub.funding import desk_shown
from eventhub.funding.thread import Said
from eventhub.kit.i18n import Clock, Moment, said_by_clock, show_by
from eventhub.questionnaires.definition import Definition
from eventhub.registration import attached
from eventhub.registration.attached import Attached


@dataclass(frozen=True)
class Line:
    """One message."""

    who: str
    by_desk: bool
    when: Moment
    text: str | None
    file: Attached | None
    gaps: list[str]
    due: str | None


def lines(
    said: Sequence[Said],
    who: Callable[[Said], str],
    clock: Clock,
    url: Callable[[Said], str],
    definition: Definition | None,
) -> list[Line]:
    """The exchange, the oldest first. ``who`` names the author for this reader, ``clock`` is the reader's; gaps are
    named by ``definition``, in the reader's language.
    """
    files = attached.told({str(one.message.id): one.file for one in said if one.file}, clock.zone)
    return [
        Line(
            who(one),
            one.message.by_desk,
            show_by(one.message.sent_at, clock, g.lang),
            one.text,
            attached.named(files[str(one.message.id)], one.name, url(one)) if str(one.message.id) in files else None,
            desk_shown.gaps_words(one.gaps, definition),
            said_by_clock(show_by(one.message.due_at, clock, g.lang)) if one.message.due_at else None,
        )
        for one in said
    ]


def own_author(one: Said) -> str:
    """Whom the applicant reads: nobody of the desk by name."""
    return str(_("The secretariat")) if one.message.by_desk else str(_("You"))

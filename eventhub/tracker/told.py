"""Changes of commitments in words, for feeds and mails."""

from typing import Any

from flask import g, url_for
from flask_babel import gettext as _

from eventhub.commitments import shown
from eventhub.commitments.models import State
from eventhub.kit.codes import label
from eventhub.kit.text import CONTROLS
from eventhub.tracker.changes import Change, Kind


def headline(change: Change) -> str:
    """What happened, in few words."""
    said: str
    if change.kind is Kind.SAID:
        said = _("The maker says: %(status)s", status=label("self_report", change.code, g.lang))
    elif change.kind is Kind.CHECKED:
        said = _("We checked: %(result)s", result=label("review", change.code, g.lang))
    elif change.kind is Kind.CHANGED:
        said = _("The words were changed")
    elif change.kind is Kind.SILENT:
        said = _("No report received")
    else:
        said = str(shown.STATES[State.PUBLISHED if change.kind is Kind.PUBLISHED else State.WITHDRAWN][0])
    return said


def entry(change: Change, origin: str) -> dict[str, Any]:
    """One change for a feed."""
    one = change.commitment
    text = change.text or (one.words.wording if change.kind in {Kind.PUBLISHED, Kind.CHANGED} else "")
    return {
        "id": change.id,
        "title": _clean(f"{headline(change)} · {shown.titled(one).title}"),
        "url": origin + url_for("commitments.commitment", reference=one.reference),
        "at": f"{change.at:%Y-%m-%dT%H:%M:%SZ}",
        "by": _clean(shown.made_by(one)) if change.by_maker else _("The secretariat"),
        "text": _clean(text),
    }


def _clean(text: str) -> str:
    """What no XML may hold is left out."""
    return CONTROLS.sub("", text)

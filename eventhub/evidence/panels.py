"""What evidence and comments say on pages of other features."""

from flask import url_for
from flask_babel import npgettext

from eventhub.commitments.models import Commitment
from eventhub.evidence import access, keeping, queries, shown
from eventhub.kit.access import actor
from eventhub.kit.panels import Panel, Provider
from eventhub.people.models import Person
from eventhub.people.sessions import Visitor


def comments(commitment: Commitment) -> Panel | None:
    """Below the history of a commitment: what others say, and the maker's replies."""
    rows = queries.shown_comments(commitment.id)
    takes = queries.takes_words(commitment)
    if not rows and not takes:
        return None
    url = url_for("evidence.speak", reference=commitment.reference) if takes else None
    return Panel("evidence/comments_panel.html", {"rows": shown.spoken(commitment, rows), "url": url})


def evidence(commitment: Commitment) -> Panel | None:
    """Beside it: the evidence."""
    rows = queries.shown_with_own(commitment.id)
    return Panel("evidence/evidence_panel.html", {"rows": shown.public_evidence(commitment, rows)}) if rows else None


def record(commitment: Commitment) -> Panel | None:
    """From the record of staff to the desk of those who assess."""
    if not access.may_review(actor().grants, commitment.event) or commitment.published_at is None:
        return None
    return Panel("evidence/record_panel.html", {"url": url_for("evidence_console.desk", commitment_id=commitment.id)})


def listed(_thing: object) -> Panel | None:
    """From staff's list of commitments to the queue."""
    if not access.may_look(actor().grants):
        return None
    number = sum(queries.waiting_by_kind(actor().grants).values())
    return Panel("evidence/record_panel.html", {"url": url_for("evidence_console.index"), "number": number})


def today(visitor: Visitor) -> Panel | None:
    """What waits to be checked, read and assessed."""
    if not access.may_look(visitor.grants):
        return None
    counts = queries.waiting_by_kind(visitor.grants)
    tasks = [
        {
            "label": shown.KINDS[kind][0],
            "url": url_for("evidence_console.index", kind=kind),
            "tag": (npgettext("tasks of the fund", "%(num)s waits", "%(num)s wait", counts[kind]), "warn"),
        }
        for kind in queries.KINDS
        if counts.get(kind)
    ]
    return Panel("evidence/today_panel.html", {"tasks": tasks}) if tasks else None


def data(person: Person) -> Panel:
    """What a person sent about commitments, in the copy of all data."""
    return Panel("", {"sent_about_commitments": keeping.own_data(person)})


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("commitments.main", comments),
    ("commitments.aside", evidence),
    ("commitments.record", record),
    ("commitments.console_list", listed),
    ("console.today", today),
    ("me.data", data),
)
"""What app.py registers."""

"""What the door says: of a scan in one word, in colour and in a sentence; of gates by name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from eventhub.checkin import queries
from eventhub.checkin.models import GateKey, Refusal, Scan, Source, Verdict
from eventhub.checkin.queries import Gate
from eventhub.kit.clock import now
from eventhub.kit.db import Texts
from eventhub.kit.i18n import in_language, show_date, show_moment, show_time
from eventhub.kit.panels import panels
from eventhub.programme.models import Event
from eventhub.registration.models import Registration
from eventhub.registration.shown import label

REASONS: dict[Refusal, Any] = {
    Refusal.UNREADABLE: _l("This is not a reference of ours. Type the one on the badge."),
    Refusal.OTHER_EVENT: _l("This badge is for another event."),
    Refusal.UNKNOWN: _l("This reference is not known here. Send the person to the accreditation desk."),
    Refusal.NOT_ACCREDITED: _l("This registration does not let anybody in. Send the person to the accreditation desk."),
    Refusal.CATEGORY: _l("This gate is for other categories."),
    Refusal.MODE: _l("This person did not register to come in person. Send the person to the accreditation desk."),
    Refusal.FULL: _l("All places at this gate are taken."),
    Refusal.CLOSED: _l("This gate is closed now. Look whether it is the right day."),
    Refusal.NO_LIST: _l("This phone has no list that still holds. Connect it, and scan again."),
}
"""What staff read, and can do, when somebody is not let in."""

CODES: dict[Refusal, Any] = {
    Refusal.UNREADABLE: _l("Unreadable"),
    Refusal.OTHER_EVENT: _l("Another event"),
    Refusal.UNKNOWN: _l("Unknown"),
    Refusal.NOT_ACCREDITED: _l("Not accredited"),
    Refusal.CATEGORY: _l("Category"),
    Refusal.MODE: _l("Way of taking part"),
    Refusal.FULL: _l("Full"),
    Refusal.CLOSED: _l("Gate closed"),
    Refusal.NO_LIST: _l("No list"),
}
"""The same in a word, for tables."""

SOURCES = {Source.TYPED: _l("Typed"), Source.CAMERA: _l("Camera"), Source.DESK: _l("Walk-in")}

COME_IN, ALREADY, STOP = _l("Come in"), _l("Already in"), _l("Stop")


@dataclass(frozen=True)
class Result:
    """The answer of a door: ``kind`` is ok, warn or stop."""

    kind: str
    word: str
    name: str = ""
    category: str = ""
    detail: str = ""


def result(event: Event, scan: Scan, lang: str, *, read: str | None = None) -> Result:
    """What a scan led to, as staff see it. Who is not let in for a reason of the person's own is not named.

    ``read`` is the reference that a phone sent with the scan, if it did. A phone's list holds digests: whoever sends
    those has no badge before them, and learns no name but the one that the list holds anyway.
    """
    found = queries.bearers(event.id, Registration.id == scan.registration_id) if scan.registration_id else []
    bearer = found[0] if found else None
    if scan.verdict is Verdict.REFUSED or bearer is None:
        reason = scan.reason or Refusal.UNKNOWN
        named = bearer if reason in {Refusal.CATEGORY, Refusal.FULL, Refusal.CLOSED} else None
        return Result("stop", str(STOP), *_who(named, lang), str(REASONS[reason]))
    legal = _badge_in_hand(scan, bearer, read) and by_legal_name(event) and _stands_open(event, scan)
    entry = queries.entry_at(bearer.registration_id, scan.key)
    if entry is not None and entry.scan_id != scan.id:
        since = show_time(entry.entered_at.astimezone(ZoneInfo(event.time_zone)))
        who = _who(bearer, lang, legal=legal)
        return Result("warn", str(ALREADY), *who, _("Already in since %(time)s", time=since))
    return Result("ok", str(COME_IN), *_who(bearer, lang, legal=legal))


def gate_name(gate: Gate, event: Event, lang: str) -> str:
    """Thursday, 26 November; 10:00, Opening."""
    if gate.key.day:
        return show_date(gate.key.day, lang, weekday=True, year=False)
    if gate.starts_at is None:
        return in_language(gate.title or {}, lang, event.original_language).text
    return session_name(gate.title or {}, gate.starts_at, event, lang)


def session_name(title: Texts, starts_at: datetime, event: Event, lang: str) -> str:
    """Thursday, 26 November, 10:00: Opening."""
    at = show_moment(starts_at, event.time_zone, lang, year=False)
    named = in_language(title, lang, event.original_language).text
    return str(_("%(day)s, %(time)s: %(title)s", day=at.day, time=at.time, title=named))


def gate_names(event: Event, lang: str) -> dict[GateKey, str]:
    """The names of all gates."""
    return {gate.key: gate_name(gate, event, lang) for gate in queries.gates(event)}


def words() -> dict[str, Any]:
    """What a phone says when it decides by itself."""
    return {
        "ok": str(COME_IN),
        "already": str(ALREADY),
        "stop": str(STOP),
        "since": _("Already in since {time}"),
        "reasons": {reason.value: str(text) for reason, text in REASONS.items()},
        "online": _("Connected"),
        "offline": _("No connection: this phone decides by its list"),
        "waiting": _("Waiting to be sent: {number}"),
        "sent": _("Everything is sent"),
        "aside": _("Scans that could not be sent: {number}. Show them to the desk."),
        "list": _("List of {number} people, good until midnight"),
        "no_list": _("No list on this phone"),
        "signed_out": _("You are signed out. Sign in again: what was scanned is kept, and sent then."),
        "taken": _("You do not work at this door any more. The list was deleted from this phone."),
        "no_camera": _("The camera cannot be used. Type the reference."),
        "scan": _("Scan with the camera"),
        "stop_camera": _("Stop the camera"),
    }


def by_legal_name(event: Event) -> bool:
    """Whether badges of the event carry legal names, as the feature says that makes them; else the public name."""
    return any(panel.context.get("legal") for panel in panels("checkin.badge_name", event))


def _badge_in_hand(scan: Scan, bearer: queries.Bearer, read: str | None) -> bool:
    """Whether the badge's own reference was read, now and with the server: typed into the page (such a scan has no
    list behind it), or sent by the phone. A reference that is not the bearer's own counts for nothing.
    """
    return not scan.offline and (scan.listed_offset_ms is None or read == bearer.reference)


def _stands_open(event: Event, scan: Scan) -> bool:
    """Whether one is let in by the gate of a scan today."""
    return any(gate.key == scan.key and gate.open_at(now(), event.time_zone) for gate in queries.gates(event))


def _who(bearer: queries.Bearer | None, lang: str, *, legal: bool = False) -> tuple[str, str]:
    if bearer is None:
        return "", ""
    return bearer.legal_name if legal else bearer.name, label("participant_category", bearer.category, lang)

"""Attendance and scans as tables for files, read at once: files are written when the database is gone."""

from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from eventhub.checkin import queries, rooms, shown
from eventhub.checkin.models import GateKey, Verdict
from eventhub.programme.models import Event
from eventhub.registration.access import Sight
from eventhub.registration.shown import label

Table = tuple[list[str], list[list[object]]]


def attendance(event: Event, key: GateKey | None, seen: Sight, lang: str) -> Table:
    """Who was where since when, at the doors and online. Legal names for those alone who make badges."""
    zone, names = ZoneInfo(event.time_zone), shown.gate_names(event, lang)
    legal = seen is Sight.BADGES
    header = [
        _("Reference"),
        *([_("Name")] if legal else []),
        _("Public name"),
        _("Category"),
        _("Attendance"),
        _("Gate"),
        _("Entered"),
        _("Online"),
    ]
    names |= {
        GateKey(session_id=one.id): shown.session_name(one.title, one.starts_at, event, lang)
        for one in rooms.held(event)
    }
    rows: list[list[object]] = [
        [
            one.reference,
            *([one.name] if legal else []),
            one.public_name,
            label("participant_category", one.category, lang),
            label("attendance_mode", one.mode, lang),
            names.get(GateKey(one.day, one.session_id), ""),
            one.entered_at.astimezone(zone),
            _("Yes") if online else _("No"),
        ]
        for online, found in ((False, queries.present(event.id, key)), (True, rooms.present(event.id, key)))
        for one in found
    ]
    return header, rows


def scans(event: Event, key: GateKey | None, lang: str) -> Table:
    """Every scan, refusals too, without names."""
    zone, names = ZoneInfo(event.time_zone), shown.gate_names(event, lang)
    header = [
        _("Gate"),
        _("Reference"),
        _("Scanned"),
        _("By the phone’s clock"),
        _("Clock in doubt"),
        _("Arrived"),
        _("Scanned with"),
        _("Scan number"),
        _("How"),
        _("Without connection"),
        _("Result"),
        _("Reason"),
    ]
    rows: list[list[object]] = []
    for one in queries.readings(event.id):
        scan = one.scan
        if key is not None and scan.key != key:
            continue
        result = shown.STOP if scan.verdict is Verdict.REFUSED else shown.COME_IN if one.first else shown.ALREADY
        rows.append(
            [
                names.get(scan.key, ""),
                one.reference or "",
                scan.scanned_at.astimezone(zone),
                scan.device_at.astimezone(zone),
                _("Yes") if scan.clock_doubtful else _("No"),
                scan.received_at.astimezone(zone),
                str(scan.device_id),
                str(scan.nonce),
                str(shown.SOURCES[scan.source]),
                _("Yes") if scan.offline else _("No"),
                str(result),
                str(shown.CODES[scan.reason]) if scan.reason else "",
            ]
        )
    return header, rows

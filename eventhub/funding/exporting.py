"""The list of a call's files as a table for a spreadsheet: public names alone, sealed answers never."""

from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext, pgettext

from eventhub.funding import desk, desk_shown
from eventhub.funding.desk import Desk, Filters, Row
from eventhub.funding.file_check import Gap
from eventhub.funding.rules import Support
from eventhub.kit.money import digits_of


def header(place: Desk) -> list[str]:
    """What the file holds."""
    return [
        pgettext("of an application", "Number"),
        _("Reference"),
        _("Public name"),
        _("Organization"),
        _("Nominated by"),
        _("Region"),
        _("Country"),
        _("Language"),
        _("First time"),
        _("Status"),
        _("Late"),
        _("Vouched"),
        pgettext("in a call or a file", "Missing"),
        _("Asks for"),
        _("Asked amount (%(currency)s)", currency=place.call.currency),
        _("Reckoned cost (%(currency)s)", currency=place.call.currency),
        pgettext("date", "Sent"),
        _("Answer due"),
        pgettext("date", "Decided"),
        _("Reason"),
    ]


def table(place: Desk, filters: Filters, lang: str) -> tuple[list[str], list[list[object]]]:
    """Header and rows, read at once in a constant number of statements."""
    ids = desk.lacking(place, filters) if filters.lacking else None
    rows = desk.rows(place, filters, ids=ids, whole=True)
    missing = desk.gaps_of(place, rows)
    return header(place), [_cells(row, place, missing[row.id], lang) for row in rows]


def _cells(row: Row, place: Desk, missing: list[Gap], lang: str) -> list[object]:
    zone = ZoneInfo(place.call.time_zone)
    yes, no = _("Yes"), _("No")
    one = 10 ** digits_of(place.call.currency)
    return [
        row.number,
        row.reference,
        row.name,
        row.organisation,
        row.nominated_by,
        desk_shown.region(row.region, lang),
        desk_shown.country(row.residence, lang),
        row.language,
        None if row.first_time is None else yes if row.first_time else no,
        str(desk_shown.STATES[row.state][0]),
        yes if row.late else no,
        _("%(done)s of %(all)s", done=row.vouched, all=desk.needed_vouchers(place.rules)),
        ngettext("%(num)s gap", "%(num)s gaps", len(missing)) if missing else None,
        str(desk_shown.SUPPORTS[Support(row.support)]) if row.support else None,
        None if row.asked_amount is None else row.asked_amount / one,
        None if row.cost is None else row.cost / one,
        row.submitted_at.astimezone(zone),
        row.due_at.astimezone(zone) if row.due_at else None,
        row.decided_at.astimezone(zone) if row.decided_at else None,
        desk_shown.reason(row.reason, lang) or None,
    ]

"""Lists as CSV and XLSX files: formula-safe, quick, and the same for every list.

SAFETY.md property 21: a CSV cell that a spreadsheet would run is defused; in XLSX every text is a string cell, which
no spreadsheet runs, so it keeps its exact letters. Where lists are parted by semicolons (most of Europe), or somebody
chooses the separator, a spreadsheet cuts a CSV elsewhere than we did: so every place inside a text where a cell could
begin is defused as well.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time

from flask import Response

from eventhub.kit.headers import attachment_headers
from eventhub.kit.text import CAREFUL, CONTROLS, IGNORABLE

CSV_TYPE = "text/csv; charset=utf-8; header=present"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELL_LIMIT = 32_767
CHUNK = 500
SHORT = 40
"""Texts of so many signs may be codes."""
# A sign that opens a formula, also full-width, small, raised, lowered and Hebrew; what a reader may drop before it.
SIGNS = "=+\\-@＝＋－＠\ufe66\ufe62\ufe63\ufe6b\u207c\u207a\u208c\u208a\ufb29"
UNSEEN = f'"\\s{"".join(part.pattern[1:-1] for part in (IGNORABLE, CONTROLS, CAREFUL))}'
DANGEROUS = re.compile(f"[{UNSEEN}]*+[{SIGNS}]|[\t\r\n\x00]")
# A run is taken whole, with or without a sign behind it: begun anew at each of its separators, time would be squared.
INSIDE = re.compile(f"([;,|\t\r\n][;,|{UNSEEN}]*+)([{SIGNS}]?)")
A_SIGN = re.compile(f"[{SIGNS}]")
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./:_]*+")

Row = Sequence[object]


def csv_response(rows: Iterable[Row], header: Sequence[str], file_name: str) -> Response:
    """A streamed CSV file for download: UTF-8 with a byte order mark, as spreadsheets expect.

    The answer is written after the view has returned and its unit of work has ended: ``rows`` must not need the
    database any more. The order of the header is the order of the cells in each row.
    """
    response = Response(csv_chunks(rows, header), content_type=CSV_TYPE)
    response.headers.update(attachment_headers(file_name))
    return response


def csv_chunks(rows: Iterable[Row], header: Sequence[str]) -> Iterator[bytes]:
    """The bytes of a CSV file, some hundred rows at a time."""
    known: dict[object, str] = {}
    lines = [_line([_quoted(defuse(name)) for name in header])]
    yield "\ufeff".encode()
    for number, row in enumerate(rows, 1):
        lines.append(_line(_cells(row, known)))
        if number % CHUNK == 0:
            yield "".join(lines).encode()
            lines = []
    yield "".join(lines).encode()


def xlsx_response(
    rows: Iterable[Row], header: Sequence[str], file_name: str, *, sheet: str = "Data", rtl: bool = False
) -> Response:
    """An XLSX file for download."""
    response = Response(xlsx_bytes(rows, header, sheet=sheet, rtl=rtl), content_type=XLSX_TYPE)
    response.headers.update(attachment_headers(file_name))
    return response


def xlsx_bytes(rows: Iterable[Row], header: Sequence[str], *, sheet: str = "Data", rtl: bool = False) -> bytes:
    """A workbook of one sheet: bold frozen header with filters, from right to left for Arabic (``rtl``).

    Whole numbers, fractions, dates and truth values keep their type; everything else is a string cell. A moment is
    shown in the zone it carries. Of a column that mixes dates and numbers, the kind that came second becomes text.
    """
    # Only who asks for a workbook loads its writer.
    from rustpy_xlsxwriter import Format, validate_sheet_name, write_worksheet  # noqa: PLC0415

    names = _distinct(header)
    kinds: dict[int, str] = {}
    places = list(enumerate(names))
    records = (
        {name: _xlsx_cell(value, place, kinds) for (place, name), value in zip(places, row, strict=True)}
        for row in rows
    )
    target = io.BytesIO()
    write_worksheet(
        _at_least_one(records, names),
        target,
        sheet_name=sheet if validate_sheet_name(sheet) else "Data",
        freeze_row=1,
        autofilter=True,
        column_width=18.0,
        header_format=Format().set_bold(),
        sheet_view={"right_to_left": rtl},
    )
    return target.getvalue()


def defuse(value: object) -> object:
    """A text that a spreadsheet would take for a formula, with an apostrophe before it; anything else as it is.

    Seen through leading white space, quotes and invisible characters, and in full-width form; likewise behind each
    separator and line end inside. NUL is dropped: no reader of CSV takes it.
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\x00", "")
    if A_SIGN.search(text):
        text = INSIDE.sub(_parted, text)
    return f"'{text}" if DANGEROUS.match(value) else text


def _parted(found: re.Match[str]) -> str:
    return f"{found[1]}'{found[2]}" if found[2] else found[0]


def _line(cells: Sequence[str]) -> str:
    return f"{','.join(cells)}\r\n"


def _cells(row: Row, known: dict[object, str]) -> list[str]:
    try:
        # Lists hold the same codes and days again and again.
        return [known.get(value) or _remembered(known, value) for value in row]
    except TypeError:  # something in it cannot be remembered
        return [_quoted(_csv_cell(value)) for value in row]


def _quoted(value: object) -> str:
    text = str(value)
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if '"' in text else f'"{text}"'


def _remembered(known: dict[object, str], value: object) -> str:
    cell = _quoted(_csv_cell(value))
    # Numbers are left out: 1 and True would be one of them. Long texts hardly come twice.
    if value is None or type(value) is date or (type(value) is str and len(value) <= SHORT):
        known[value] = cell
    return cell


def _csv_cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, str):
        return value if PLAIN.fullmatch(value) else defuse(value.encode(errors="replace").decode())
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, int | float | date | time):
        return value
    text = str(value).encode(errors="replace").decode()
    return defuse(text)


def _xlsx_cell(value: object, place: int, kinds: dict[int, str]) -> object:
    if isinstance(value, str):
        # A text takes no part in what kind of column it stands in.
        return value[:CELL_LIMIT] if value.isascii() else value.encode(errors="replace").decode()[:CELL_LIMIT]
    if value is None or isinstance(value, bool):
        return value
    kind = "date" if isinstance(value, date) else "number" if isinstance(value, int | float) else "text"
    # A column has one number format: a number in a column of dates would be shown as a day in 1900.
    if kind == "text" or kinds.setdefault(place, kind) != kind:
        return str(value).encode(errors="replace").decode()[:CELL_LIMIT]
    # Beyond 15 digits a spreadsheet would round: a long number is a code, not a quantity.
    if isinstance(value, int) and abs(value) >= 10**15:
        return str(value)
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _distinct(header: Sequence[str]) -> list[str]:
    # The writer takes rows as mappings: two questions with the same words must stay two columns.
    names: dict[str, None] = {}
    for title in header:
        clean = title.encode(errors="replace").decode()[:CELL_LIMIT]
        name, copy = clean, 2
        while name in names:
            name, copy = f"{clean} ({copy})", copy + 1
        names[name] = None
    return list(names)


def _at_least_one(records: Iterator[dict[str, object]], names: list[str]) -> Iterator[dict[str, object]]:
    # Without any row the writer would leave the header out.
    first = next(records, None)
    yield first if first is not None else dict.fromkeys(names)
    yield from records

"""Read one table that somebody brings, CSV or XLSX, alone in a process of its own with limits.

Anybody may have made the file. So this runs as a program that knows nothing of the house and uses nothing but the
standard library: bytes in, one line of JSON out. A cell is a text, ``{"day": "2027-05-01"}`` or ``{"formula": "…"}``:
a formula is never worked out, and what a spreadsheet once worked out of it is not taken either. Whatever goes wrong is
a file that cannot be read.
"""

import csv
import io
import json
import re
import resource
import sys
import xml.etree.ElementTree as ET
import zipfile
from datetime import date, timedelta
from typing import Any

MEMORY, SECONDS = 256 * 1024 * 1024, 5
BIGGEST = 5_000_000
"""Bytes of a file."""
UNPACKED = 40_000_000
"""Bytes of one part of a workbook."""
MOST, COLUMNS, CELL = 500, 60, 8_000
"""So many rows below the head, columns, and signs of a cell. A row more is read, so that too many are noticed."""
WHOLE = 5_000_000
"""Signs of all cells together: one shared text in a small workbook may stand in thousands of cells."""
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
DAY_FORMATS = frozenset({*range(14, 18), *range(27, 32), 22, 36, *range(50, 55), 57, 58})
"""Numbers of the formats that show a day (ECMA-376 part 1, 18.8.30), also of East Asia."""
QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
EPOCH = date(1899, 12, 30)
SIGNS = ("=", "+", "-", "@")

Cell = str | dict[str, str]


def read(raw: bytes) -> list[list[Cell]]:
    """The rows of the first sheet, without empty ones at the end. Raises whatever a parser raises."""
    rows = _workbook(raw) if raw[:4] == b"PK\x03\x04" else _text(raw)
    if sum(len(cell) for row in rows for cell in row) > WHOLE:
        raise ValueError("too large")
    while rows and not any(rows[-1]):
        rows.pop()
    return rows


def _text(raw: bytes) -> list[list[Cell]]:
    text = _decoded(raw)
    if "\0" in text:
        raise ValueError("no text")
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    rows: list[list[Cell]] = []
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
        rows.append([_typed(cell[:CELL]) for cell in row[:COLUMNS]])
        if len(rows) == MOST + 2:
            break
    return rows


def _decoded(raw: bytes) -> str:
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return raw.decode("utf-16")
    return raw.decode("utf-8-sig")


def _typed(cell: str) -> Cell:
    """What a spreadsheet would run, unless it is a number or was defused with an apostrophe."""
    text = cell.strip()
    if text.startswith(SIGNS) and len(text) > 1 and not re.fullmatch(r"[+-][0-9][0-9.,\s]*", text):
        return {"formula": text[:100]}
    return text[1:] if text.startswith("'") and text[1:2] in SIGNS else text


def _workbook(raw: bytes) -> list[list[Cell]]:
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        names = set(parts.namelist())
        strings = _strings(_part(parts, "xl/sharedStrings.xml")) if "xl/sharedStrings.xml" in names else []
        days = _day_styles(_part(parts, "xl/styles.xml")) if "xl/styles.xml" in names else set()
        sheets = sorted(name for name in names if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name))
        sheet = _part(parts, min(sheets, key=lambda name: int(re.sub(r"\D", "", name))))
    rows: list[list[Cell]] = []
    for row in sheet.iter(f"{MAIN}row"):
        number = int(row.get("r") or len(rows) + 1)
        if number > MOST + 2 or len(rows) > MOST + 1:
            break
        rows.extend([] for _ in range(number - 1 - len(rows)))
        rows.append(_row(row, strings, days))
    return rows


class _Plain(ET.TreeBuilder):
    """Builds a document without a type: entities in one could grow without end, in whatever encoding it comes."""

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        """Raises ValueError."""
        raise ValueError("refused")


def _part(parts: zipfile.ZipFile, name: str) -> ET.Element:
    """One part of a workbook. A document type is refused."""
    if parts.getinfo(name).file_size > UNPACKED:
        raise ValueError("too large")
    with parts.open(name) as part:
        body = part.read(UNPACKED + 1)
    if len(body) > UNPACKED:
        raise ValueError("too large")
    body = body.replace(STRICT[1:-1].encode(), MAIN[1:-1].encode())
    return ET.fromstring(body, parser=ET.XMLParser(target=_Plain()))  # noqa: S314 (see _Plain)


def _row(row: ET.Element, strings: list[str], days: set[int]) -> list[Cell]:
    cells: list[Cell] = []
    for cell in row.iter(f"{MAIN}c"):
        place = _column(cell.get("r", "")) if cell.get("r") else len(cells)
        if place >= COLUMNS:
            break
        cells.extend("" for _ in range(place - len(cells)))
        cells.append(_value(cell, strings, days))
    return cells


def _value(cell: ET.Element, strings: list[str], days: set[int]) -> Cell:
    formula = cell.find(f"{MAIN}f")
    if formula is not None:
        return {"formula": f"={(formula.text or '')[:100]}"}
    kind, value = cell.get("t", "n"), cell.findtext(f"{MAIN}v", "")
    if kind == "inlineStr":
        return "".join(part.text or "" for part in cell.iter(f"{MAIN}t"))[:CELL].strip()
    if kind == "s":
        return strings[int(value)][:CELL].strip() if value else ""
    if kind == "d":
        return {"day": value[:10]}
    if kind == "n" and value and int(cell.get("s", "0")) in days:
        return {"day": (EPOCH + timedelta(days=int(float(value)))).isoformat()}
    return _plain(value) if kind == "n" else value[:CELL].strip()


def _plain(value: str) -> str:
    """A number as people write it: 2027 and not 2027.0."""
    return value.removesuffix(".0")[:CELL]


def _column(reference: str) -> int:
    place = 0
    for letter in reference.rstrip("0123456789"):
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _strings(part: ET.Element) -> list[str]:
    return ["".join(text.text or "" for text in entry.iter(f"{MAIN}t")) for entry in part.iter(f"{MAIN}si")]


def _day_styles(part: ET.Element) -> set[int]:
    """The styles in which a number is a day."""
    own = {
        int(one.get("numFmtId", "0"))
        for one in part.iter(f"{MAIN}numFmt")
        if re.search("[dDyY]", QUOTED.sub("", one.get("formatCode", "")))
    }
    formats = part.find(f"{MAIN}cellXfs")
    known = list(formats) if formats is not None else []
    return {place for place, one in enumerate(known) if int(one.get("numFmtId", "0")) in own | DAY_FORMATS}


def main() -> None:
    """Bytes in, a line of JSON out: ``null`` for what cannot be read."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    csv.field_size_limit(1_000_000)
    told: Any = None
    try:
        told = read(sys.stdin.buffer.read(BIGGEST + 1)[:BIGGEST])
    except Exception:  # noqa: BLE001, S110, RUF100 (what a parser says of a stranger's bytes stays here, whatever it is)
        told = None
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()

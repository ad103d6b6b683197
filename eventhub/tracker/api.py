"""Open data about commitments: CSV, XLSX and JSON of all of them, or of what a list is filtered to.

One address for all languages; what stands in them everybody may read anyway.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from flask import Blueprint, Response, current_app, g, request, url_for

from eventhub.commitments import filters
from eventhub.commitments.moves import REVISION
from eventhub.kit.access import public
from eventhub.kit.clock import now
from eventhub.kit.config import Settings
from eventhub.kit.exports import CSV_TYPE, XLSX_TYPE, csv_chunks, xlsx_bytes
from eventhub.kit.headers import attachment_headers
from eventhub.kit.pages import PageStore
from eventhub.tracker import open_rows
from eventhub.tracker.open_rows import FIELDS, LIST_NAMES, LISTS

bp = Blueprint("tracker_api", __name__)

JSON_TYPE = "application/json; charset=utf-8"
PART = 200
"""So many records go out at once."""
SHORT = 40
"""Texts of so many signs may be codes."""


@bp.get("/open-data/commitments.csv")
@public
def csv_file() -> Response:
    """One line for each commitment."""
    if (unchanged := _unchanged()) is not None:
        return unchanged
    found = open_rows.cells(_rows())
    return _file(Response(csv_chunks(found, list(FIELDS)), content_type=CSV_TYPE), "csv")


@bp.get("/open-data/commitments.xlsx")
@public
def xlsx_file() -> Response:
    """The same as a workbook."""
    if (unchanged := _unchanged()) is not None:
        return unchanged
    found = open_rows.cells(_rows())
    return _file(Response(xlsx_bytes(found, list(FIELDS), sheet="Commitments"), content_type=XLSX_TYPE), "xlsx")


@bp.get("/open-data/commitments.json")
@public
def json_file() -> Response:
    """The same with the history of each: versions, reports, reviews, milestones, indicators, translations."""
    if (unchanged := _unchanged()) is not None:
        return unchanged
    return _marked(Response(_told(_rows(histories=True)), content_type=JSON_TYPE))


@bp.after_request
def open_to_all(response: Response) -> Response:
    """Pages of other sites may read open data: it is the same for everybody."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _rows(*, histories: bool = False) -> list[open_rows.Row]:
    g.setdefault("lang", "en")
    settings: Settings = current_app.extensions["eventhub.settings"]
    page = settings.origin + url_for("commitments.commitment", lang="en", reference="C-0000").removesuffix("C-0000")
    return open_rows.rows(filters.wanted(request.args), _today(), page, histories=histories)


def _told(rows: list[open_rows.Row]) -> Iterator[str]:
    """The JSON file. What is read again and again, as codes and days are, is put into JSON once."""
    yield f'{{"generated_on": "{_today().isoformat()}", "commitments": ['
    encode = json.JSONEncoder(ensure_ascii=False, default=_day).encode
    names = [*FIELDS, *LISTS]
    before = [f'{", " if place else "{"}"{name}": ' for place, name in enumerate(names)]
    is_json = [name in LIST_NAMES or name in LISTS for name in names]
    known: dict[object, str] = {}
    part, between = [], "\n"
    for row in rows:
        pieces = [between]
        for name, value, told in zip(before, row, is_json, strict=True):
            pieces += (name, value if told else known.get(value) or _remembered(known, value, encode))
        part.append("".join(pieces) + "}")
        between = ",\n"
        if len(part) == PART:
            yield "".join(part)
            part = []
    yield "".join(part) + "\n]}\n"


def _remembered(known: dict[object, str], value: Any, encode: Callable[[Any], str]) -> str:
    told = encode(value)
    # Numbers are left out: 1 and 1.0 would be one of them. Long texts hardly come twice.
    if value is None or isinstance(value, date) or (isinstance(value, str) and len(value) <= SHORT):
        known[value] = told
    return told


def _day(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _file(response: Response, ending: str) -> Response:
    response.headers.update(attachment_headers(f"commitments-{_today():%Y-%m-%d}.{ending}"))
    return _marked(response)


def _unchanged() -> Response | None:
    """304 where the reader has this very file: nothing is asked of the database but two counters."""
    if request.if_none_match.contains_weak(_tag()):
        return _marked(Response(status=304))
    return None


def _marked(response: Response) -> Response:
    response.set_etag(_tag(), weak=True)
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


def _tag() -> str:
    """Stands for all that a file is made of: the filters, the day, and when something public changed last."""
    if "tracker_tag" in g:
        return str(g.tracker_tag)
    store: PageStore = current_app.extensions["eventhub.pages"]
    numbers = store.numbers((REVISION, "programme"))
    asked = sorted(filters.kept(request.args).items())
    told = json.dumps([request.path, request.host, asked, _today().isoformat(), numbers])
    g.tracker_tag = hashlib.sha256(told.encode()).hexdigest()[:32]
    return str(g.tracker_tag)


def _today() -> date:
    return now().date()

"""Many commitments from a spreadsheet: looked through first, each problem told at its row, written once."""

import io
import re
import uuid
import zipfile
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from eventhub.commitments import queries
from eventhub.commitments.models import Commitment, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.exports import xlsx_bytes
from eventhub.people.models import Role
from eventhub.programme.models import Event
from eventhub.tracker import importing, judging, reading, sheet_reader
from eventhub.tracker.models import Sheet
from tests.delegations.test_journeys import browser
from tests.factories.commitments import make_commitment, past_event
from tests.factories.people import form_fields, make_person, make_staff

pytestmark = pytest.mark.usefixtures("database")
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = ["wording", "makers", "maker_types", "due_on"]
GOOD = ["We will teach in three languages.", "Ministry of Language", "government", "2028-12-31"]


def place(event: Event) -> str:
    return f"/en/console/events/{event.slug}/commitments/import"


def brought(browsing: FlaskClient, event: Event, raw: bytes, name: str = "plan.csv") -> tuple[int, str, str]:
    """Send a file as a browser does: the status, the page that follows, and its address."""
    hidden = form_fields(browsing.get(place(event)).text, place(event))
    answer = browsing.post(place(event), data=hidden | {"file": (io.BytesIO(raw), name)})
    if answer.status_code != 303:
        return answer.status_code, answer.text, ""
    url = str(answer.headers["Location"])
    return answer.status_code, browsing.get(url).text, url


def confirm(browsing: FlaskClient, url: str, page: str, **other: str) -> tuple[int, str]:
    """Press the button of a page that was opened before."""
    answer = browsing.post(url, data=form_fields(page, url) | other, follow_redirects=True)
    return answer.status_code, answer.text


def count() -> int:
    return db.session.scalar(select(func.count(Commitment.id))) or 0


def text_of(*rows: list[str]) -> bytes:
    return "\n".join(";".join(row) for row in rows).encode()


def organiser(app: Flask, event: Event) -> FlaskClient:
    return browser(app, make_staff(Role.ORGANISER, event_id=event.id))


def test_a_table_is_looked_through_and_written_once(app: Flask) -> None:
    event = past_event()
    staff = organiser(app, event)
    head = [*HEAD, "themes", "recommendations", "contact_email", "amount", "currency", "start_on", "Our notes"]
    more = ["Education | language", "A/HRC/52/71, 65 | A/HRC/49/81", "Minister@Example.org", "1 200 000", "usd"]
    raw = xlsx_bytes([[*GOOD, *more, 2027, "x"]], head)
    status, page, url = brought(staff, event, raw, "plan.xlsx")
    assert (status, count()) == (303, 0)
    assert "Write 1 draft" in page
    assert "These columns are not read: Our notes" in page
    status, after = confirm(staff, url, page)
    assert (status, count()) == (200, 1)
    assert "1 draft is written." in after
    made = queries.record(db.session.scalars(select(Commitment.id)).one())
    assert (made.state, made.words.wording, made.language) == (State.DRAFT, GOOD[0], "en")
    assert (str(made.words.start_on), str(made.words.due_on)) == ("2027-01-01", "2028-12-31")
    assert (int(made.words.amount or 0), made.words.currency) == (1_200_000, "USD")
    assert made.themes == ["education", "language"]
    assert [(one.symbol, one.paragraph) for one in made.recommendations] == [("A/HRC/52/71", "65"), ("A/HRC/49/81", "")]
    assert [one.email for one in made.contacts] == ["minister@example.org"]
    assert made.said_at.date() == event.first_day
    # The same press once more, from a window that was left open: nothing more is written.
    assert confirm(staff, url, page, form_key=str(uuid.uuid4()))[0] == 200
    assert count() == 1
    assert db.session.scalars(select(Sheet)).one().rows == []


def test_each_problem_is_told_at_its_row_and_nothing_of_such_a_row_is_written(app: Flask) -> None:
    event = past_event()
    make_commitment(event, wording="We have said this.", maker="Union")
    staff = organiser(app, event)
    head = [*HEAD, "language", "themes", "countries", "sdgs", "currency", "amount", "start_on", "contact_email"]
    rows = [
        [*GOOD, "xx", "Unheard of", "QQ", "99", "XYZ", "5", "2029-01-01", "nobody"],
        ["", "", "", "31.12.2028"],
        ["We have said this!", "union", "civil_society"],
        [*GOOD],
        [*GOOD],
        ["=1+1", "Ministry", "government", "2028-02-30"],
        ["We will", "A | B", "government", "1999-01-01"],
    ]
    _status, page, url = brought(staff, event, text_of(head, *rows))
    assert "6 rows have a problem" in page
    assert "Write 1 draft" in page
    for said in (
        "Write one of these codes: ar, zh, en, fr, ru, es",
        "“Unheard of” is not on the list: ",
        "There is no country with the code QQ",
        "99 is no goal or target",
        "Write the currency by its three letters",
        "The last day is before the first one",
        "Enter an email address like name@example.org",
        "Something must stand here",
        "31.12.2028\u2069” is no day",
        "The same words of the same maker are there already: C-",
        "The same words of the same maker are there already: row 5",
        "A formula is not taken",
        "2028-02-30\u2069” is no day",
        "Write a kind of maker for each maker",
        "Give a year from 2000 to 2100",
    ):
        assert said in page, said
    assert confirm(staff, url, page)[0] == 200
    assert count() == 2


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "This file cannot be read|There are no rows"),
        (b"PK\x03\x04 broken", "This file cannot be read"),
        (b"\xff\xfe\x00\xd8\x00", "This file cannot be read"),
        (b"wording,makers,maker_types\n", "There are no rows in this file"),
        (b"wording,makers,maker_types\na\x00b,Union,government\n", "This file cannot be read"),
        (b"words,who\nWe will,Union\n", "The first row must name these columns: wording, makers, maker_types"),
        (b"wording,makers,maker_types\n" + b"a,b,government\n" * 501, "Bring at most 500 rows at once"),
    ],
    ids=["empty", "broken", "no text", "head alone", "NUL", "other head", "too many"],
)
def test_a_file_that_cannot_be_taken_says_why(app: Flask, raw: bytes, said: str) -> None:
    event = past_event()
    status, page, _url = brought(organiser(app, event), event, raw)
    assert status == 422
    assert re.search(said, page)
    assert db.session.scalars(select(Sheet)).all() == []


def test_formula_cells_and_days_of_a_workbook_are_told_apart() -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>wording</t></is></c></row>'
        b'<row r="3"><c r="A3"><f>1+1</f><v>2</v></c><c r="C3" s="1"><v>47118</v></c><c r="D3"><v>2027.0</v></c></row>'
        b"</sheetData></worksheet>"
    )
    styles = (
        b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    )
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as parts:
        parts.writestr("xl/worksheets/sheet1.xml", sheet)
        parts.writestr("xl/styles.xml", styles)
    found = reading.table(raw.getvalue())
    assert found == [["wording"], [], [{"formula": "=1+1"}, "", {"day": "2028-12-31"}, "2027"]]


def test_a_file_too_large_is_not_read() -> None:
    with pytest.raises(reading.TooLarge):
        reading.table(b"x" * (sheet_reader.BIGGEST + 1))


def test_a_bomb_and_a_document_type_are_refused() -> None:
    for body in (b"<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet/>", b" " * 60_000_000):
        raw = io.BytesIO()
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as parts:
            parts.writestr("xl/worksheets/sheet1.xml", body)
        with pytest.raises(reading.NotReadable):
            reading.table(raw.getvalue())


def workbook(sheet: bytes, strings: str = "") -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", sheet)
        if strings:
            parts.writestr("xl/sharedStrings.xml", f'<sst xmlns="{SHEET}"><si><t>{strings}</t></si></sst>')
    return raw.getvalue()


def in_sheet(rows: str, *, head: str = "") -> str:
    return f'{head}<worksheet xmlns="{SHEET}"><sheetData>{rows}</sheetData></worksheet>'


def test_one_long_text_in_thousands_of_cells_is_refused() -> None:
    row = "<row>" + '<c t="s"><v>0</v></c>' * 60 + "</row>"
    raw = workbook(in_sheet(row * 500).encode(), "x" * 4000)
    assert len(raw) < 5000
    with pytest.raises(reading.NotReadable):
        reading.table(raw)
    assert len(reading.table(workbook(in_sheet(row * 500).encode(), "x" * 100))) == 500


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp037"])
def test_a_document_type_is_refused_in_any_encoding(encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a [<!ENTITY e "unfolded">]>'
    cell = '<row><c t="inlineStr"><is><t>{}</t></is></c></row>'
    with pytest.raises(reading.NotReadable):
        reading.table(workbook(in_sheet(cell.format("&e;") * 2, head=head).encode(encoding)))
    plain = in_sheet(cell.format("e") * 2, head='<?xml version="1.0" encoding="utf-16"?>').encode("utf-16")
    assert reading.table(workbook(plain)) == [["e"], ["e"]]


def test_a_row_that_names_the_first_place_again_and_again_ends_somewhere() -> None:
    rows = '<row r="1"><c t="inlineStr"><is><t>e</t></is></c></row>' * 100_000
    with pytest.raises(reading.TooManyRows):
        reading.table(workbook(in_sheet(rows).encode()))


def test_what_changed_since_the_look_is_looked_at_again(app: Flask) -> None:
    event = past_event()
    staff = organiser(app, event)
    _status, page, url = brought(staff, event, text_of(HEAD, GOOD, ["We will", "Union", "civil_society", "2027"]))
    assert "Write 2 drafts" in page
    make_commitment(event, wording=GOOD[0], maker=GOOD[1])
    status, again = confirm(staff, url, page)
    assert status in {409, 422}
    assert (count(), "Write 1 draft" in again) == (1, True)


def test_the_template_has_every_column_and_an_exported_file_can_be_brought(app: Flask, client: FlaskClient) -> None:
    event = past_event()
    staff = organiser(app, event)
    assert staff.get(f"{place(event)}/template.csv").data.decode("utf-8-sig").splitlines()[0].count(",") == 19
    book = CalamineWorkbook.from_filelike(io.BytesIO(staff.get(f"{place(event)}/template.xlsx").data))
    assert book.get_sheet_by_index(0).to_python()[0] == list(judging.COLUMNS)
    from tests.factories.commitments import published  # noqa: PLC0415

    published(past_event(), title="Classes")
    raw = client.get("/open-data/commitments.csv").data
    _status, page, _url = brought(staff, event, raw)
    assert "Write 1 draft" in page


def test_whoever_does_not_look_after_records_finds_nothing_and_a_table_goes_after_a_day(app: Flask) -> None:
    event = past_event()
    rapporteur = browser(app, make_staff(Role.RAPPORTEUR, event_id=event.id))
    assert rapporteur.get(place(event)).status_code == 404
    sheet = importing.bring(make_person(), event, [HEAD, GOOD], name="x.csv", language="en")
    other = past_event()
    assert organiser(app, other).get(f"{place(other)}/{sheet.id}").status_code == 404
    with time_machine.travel(now() + timedelta(days=1, minutes=1), tick=False):
        assert organiser(app, event).get(f"{place(event)}/{sheet.id}").status_code == 404
        assert importing.forget(now()) == 1
        assert importing.forget(now()) == 0


def test_five_hundred_rows_are_the_most() -> None:
    rows = [HEAD, *([f"We will {number}", "Union", "civil_society"] for number in range(sheet_reader.MOST))]
    verdict = judging.judge(past_event(), reading.table(text_of(*rows)), "en")
    assert len(verdict.good) == sheet_reader.MOST


def test_the_look_shows_each_cell_as_it_was_read_and_what_may_be_wrong(app: Flask) -> None:
    event = past_event()
    staff = organiser(app, event)
    head = [*HEAD, "said_on", "contact_email", "countries", "themes", "amount", "currency"]
    rest = ["Minister@Example.org", "KE", "education", "120000", "USD"]
    late = (now() + timedelta(days=900)).date().isoformat()
    raw = text_of(
        head,
        [*GOOD[:3], "2028-02-01", "", *rest],
        ["We will read.", *GOOD[1:3], "2020-03-04", late, *rest],
        ["We will sing.", "Ministry", "gov", "2028", "", *rest],
    )
    _status, page, url = brought(staff, event, raw)
    assert page.count("Becomes a draft") == 2
    for told in ("1 February 2028", "minister@example.org", "Kenya", "120,000", "Government"):
        assert told in page
    assert "The last day is before the day on which it was said. Is it right?" in page
    assert "This day is still to come: today is written in its place." in page
    assert re.search(r"“gov” is not on the list: .{0,9}academic.*government", page)
    assert "parted by |" not in page
    status, _page = confirm(staff, url, page)
    assert (status, count()) == (200, 2)

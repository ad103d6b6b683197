"""Exports: every reader gets the same cells back, and no cell is run."""

import csv
import io
import time
import unicodedata
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from eventhub.kit.exports import csv_chunks, csv_response, defuse, xlsx_bytes, xlsx_response

DANGER = "=+-@＝＋－＠\ufe66\ufe62\ufe63\ufe6b\t\r"
SIGNS = [sign for sign in map(chr, range(0x20, 0x10000)) if unicodedata.normalize("NFKC", sign) in {*"=+-@"}]
HIDDEN = ' "\t\n\u00a0\u00ad\u061c\u200b\u200d\u200f\u2028\u2060\u2066\u2069\u3000\ufe0f\ufeff\U000e0041\x01'


def read_csv(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def read_xlsx(data: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize(
    "start", [*DANGER, " =", "\u00a0=", "\u3000＝", "\n@", "\ufeff+", "\u200b-", "\x00="], ids=ascii
)
def test_formulas_are_defused(start: str) -> None:
    assert str(defuse(f"{start}HYPERLINK(1)")).startswith("'")


@pytest.mark.parametrize("sign", SIGNS, ids=ascii)
def test_no_sign_is_reached_through_what_nobody_sees(sign: str) -> None:
    for before in ("", *HIDDEN, HIDDEN):
        assert str(defuse(f"{before}{sign}1")).startswith("'")
        for parted in ";,|\t\r\n":
            assert f"'{sign}1" in str(defuse(f"Ana{parted}{before}{sign}1"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=ascii)
@given(
    st.lists(
        st.lists(st.text([*"ab'=-;,|\n\r\t \"", "\u2066", "\ufe66", "＝"]), min_size=3, max_size=3),
        min_size=1,
        max_size=3,
    )
)
def test_no_spreadsheet_runs_a_cell_wherever_it_cuts(delimiter: str, rows: list[list[str]]) -> None:
    """A spreadsheet reads by the list separator of its own country, and line by line once it has lost the quotes."""
    text = b"".join(csv_chunks(rows, ["a", "b", "c"])).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        for cell in row:
            assert not cell.lstrip(HIDDEN).startswith(tuple(SIGNS)), text


def test_every_cell_is_quoted() -> None:
    data = b"".join(csv_chunks([["a;b", 5, None, True]], ["w", "x", "y", "z"]))
    assert data.decode("utf-8-sig") == '"w","x","y","z"\r\n"a;b","5","","True"\r\n'


def test_cells_that_are_equal_and_not_the_same_stay_what_they_are() -> None:
    rows = [
        [1, True, 1.0, "1", date(2026, 1, 2)],
        [True, 1, "1", 1.0, datetime(2026, 1, 2, tzinfo=UTC)],
        ['a "b"', [1], *[None] * 3],
    ]
    told = b"".join(csv_chunks(rows * 2, ["a", "b", "c", "d", "e"])).decode("utf-8-sig").splitlines()
    assert told[1:4] == told[4:7]
    assert told[1:4] == [
        '"1","True","1.0","1","2026-01-02"',
        '"True","1","1","1.0","2026-01-02 00:00+00:00"',
        '"a ""b""","[1]","","",""',
    ]


def test_five_thousand_rows_take_less_than_half_a_second() -> None:
    words = "I wish to speak, - as always - on item 5; see note: a@example.org.\n" * 3
    row = ["EH-FMI-7K4Q-2M", "Jean-Pierre O'Neil", "a-b@example.org", "Peoples, Geneva - two; three", None, 5] * 3
    began = time.process_time()
    size = sum(map(len, csv_chunks([[*row, words]] * 5000, ["h"] * 19)))
    assert time.process_time() - began < 0.5
    assert size > 2_000_000


@pytest.mark.parametrize("text", ["\n" * 400_000 + "x=", "; " * 200_000, '"' * 400_000, ";=" * 100_000], ids=len)
def test_no_text_makes_defusing_slow(text: str) -> None:
    began = time.process_time()
    defuse(text)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "value",
    [
        "Ana",
        "",
        "a=b",
        "a-b@c.org; d, e - f",
        "Ana; 'Ben",
        '"a", b',
        "1-2",
        "'=x",
        "№ 5",
        5,
        -5,
        1.5,
        None,
        date(2026, 1, 1),
    ],
)
def test_the_rest_stays(value: object) -> None:
    assert defuse(value) == value


@given(st.text(), st.sampled_from([*DANGER, ""]))
def test_no_cell_begins_as_a_formula(rest: str, start: str) -> None:
    cell = str(defuse(start + rest))
    assert not cell.lstrip().startswith(tuple(DANGER))
    assert not cell.startswith(("\t", "\r", "\n"))
    assert "\x00" not in cell
    assert defuse(cell) == cell


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=3, max_size=3), max_size=4))
def test_csv_comes_back_as_it_was_defused(rows: list[list[str]]) -> None:
    found = read_csv(b"".join(csv_chunks(rows, ["a", "b", "=c"])))
    assert found == [["a", "b", "'=c"], *([str(defuse(cell)) for cell in row] for row in rows)]


def test_csv() -> None:
    moment = datetime(2026, 11, 26, 14, 30, tzinfo=timezone(timedelta(hours=1)))
    row = [None, 5, -5, 1.5, True, date(2026, 11, 26), moment, 'a "b", c\nd', "\ud800x", "الأقليات"]
    response = csv_response([row], [str(number) for number in range(10)], "قائمة.csv")
    (_, found) = read_csv(response.get_data())
    assert found == [
        "", "5", "-5", "1.5", "True", "2026-11-26", "2026-11-26 14:30+01:00", 'a "b", c\nd', "?x", "الأقليات",
    ]  # fmt: skip
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert "filename*=UTF-8''%D9" in response.headers["Content-Disposition"]
    assert response.headers["Cache-Control"] == "no-store"


def test_csv_is_streamed() -> None:
    taken: list[int] = []

    def rows() -> object:
        for number in range(5000):
            taken.append(number)
            yield [number]

    chunks = csv_chunks(rows(), ["n"])  # type: ignore[arg-type]
    next(chunks)
    next(chunks)
    assert len(taken) <= 501
    assert len(read_csv(b"\xef\xbb\xbf" + b"".join(chunks))) > 4000


def test_xlsx() -> None:
    header = ["text", "number", "long", "share", "day", "moment", "yes", "none"]
    moment = datetime(2026, 11, 26, 14, 30, tzinfo=UTC)
    rows = [["=1+1", 5, 10**15, 1.5, date(2026, 11, 26), moment, True, None], ["+41 22", *[None] * 7]]
    names, first, second = read_xlsx(xlsx_bytes(rows, header))
    assert names == header
    day, plain = date(2026, 11, 26), datetime(2026, 11, 26, 14, 30)  # noqa: DTZ001
    assert first == ["=1+1", 5.0, str(10**15), 1.5, day, plain, True, ""]
    assert second[0] == "+41 22"


# The two that are no letters are written as the format wants (_xFFFE_), which this reader leaves as it is.
@given(st.text(st.characters(exclude_characters="\ufffe\uffff"), min_size=1, max_size=50))
def test_xlsx_texts_come_back_exactly(cell: str) -> None:
    (_, (found,)) = read_xlsx(xlsx_bytes([[cell]], ["a"]))
    # XML knows one line end; a lone surrogate has no letter to come back as.
    assert found == cell.encode(errors="replace").decode() or "\r" in cell


@pytest.mark.parametrize(
    "cell", ["=1+1", "{=A1}", "@x", "https://un.org", "007", "1e5", "true", "-", "2026-01-01", "_x0041_"]
)
def test_xlsx_texts_are_string_cells(cell: str) -> None:
    (_, (found,)) = read_xlsx(xlsx_bytes([[cell]], ["a"]))
    assert found == cell


def test_xlsx_edges() -> None:
    assert read_xlsx(xlsx_bytes([], ["a", "b"])) == [["a", "b"]]
    assert read_xlsx(xlsx_bytes([[1, 2, 3]], ["a", "a", "a (2)"]))[0] == ["a", "a (2)", "a (2) (2)"]
    (_, (long,)) = read_xlsx(xlsx_bytes([["x" * 40_000]], ["a"], sheet="bad[name]"))
    assert long == "x" * 32_767
    mixed = read_xlsx(xlsx_bytes([[date(2026, 1, 1)], [4], ["x"]], ["a"]))
    assert mixed == [["a"], [date(2026, 1, 1)], ["4"], ["x"]]


def test_arabic_sheets_run_from_right_to_left() -> None:
    for rtl in (False, True):
        data = xlsx_response([["x"]], ["a"], "x.xlsx", rtl=rtl).get_data()
        assert (b'rightToLeft="1"' in part(data)) is rtl


def part(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return book.read("xl/worksheets/sheet1.xml")

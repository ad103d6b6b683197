"""Papers drawn small by a program of its own: what it draws, what it refuses, and how little it may use."""

import base64
import io
import subprocess
import sys
import time

import pytest
from PIL import Image
from pypdf import PdfWriter

from eventhub.kit import drawing, page_pictures
from eventhub.kit.file_types import DOCX, JPEG, PDF, PNG
from eventhub.kit.page_pictures import MOST_PAGES, NotDrawn, Picture, drawn
from tests.factories.programme import PDF_BYTES
from tests.factories.registration import a_photograph


def a_pdf(pages: int = 1, width: float = 595, height: float = 842) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width, height)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def looked_at(picture: Picture) -> Image.Image:
    head, _comma, body = picture.data.partition(",")
    assert head == "data:image/webp;base64"
    image = Image.open(io.BytesIO(base64.b64decode(body)))
    image.load()
    assert image.format == "WEBP"
    assert not image.info.get("exif")
    return image


def test_a_photograph_is_drawn_small_and_turned() -> None:
    upright = looked_at(drawn(a_photograph(2400, 3000), JPEG).pictures[0])
    assert upright.size == (1100, 1375)
    lying = looked_at(drawn(a_photograph(2400, 3000), JPEG, turn=90).pictures[0])
    assert lying.width > lying.height
    assert looked_at(drawn(a_photograph(300, 420, "PNG"), PNG).pictures[0]).size == (300, 420)


def test_a_quarter_turn_is_clockwise() -> None:
    picture = Image.new("RGB", (100, 100), "white")
    picture.paste((0, 0, 0), (0, 0, 100, 20))  # a black line on top
    target = io.BytesIO()
    picture.save(target, "PNG")
    turned = looked_at(drawn(target.getvalue(), PNG, turn=90).pictures[0]).convert("L")
    assert turned.getpixel((95, 50)) < 60, "the top is on the right"
    assert turned.getpixel((5, 50)) > 200


def test_pages_of_a_pdf_are_drawn_the_first_five_alone() -> None:
    found = drawn(a_pdf(7), PDF, pages=range(1, 20))
    assert found.known == 7
    assert [one.number for one in found.pictures] == list(range(1, MOST_PAGES + 1))
    assert looked_at(found.pictures[0]).width == drawing.WIDE
    lying = looked_at(drawn(a_pdf(), PDF, turn=270).pictures[0])
    assert lying.width > lying.height
    with pytest.raises(NotDrawn):
        drawn(a_pdf(7), PDF, pages=[6])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF_BYTES, PDF),
        (b"%PDF-1.7\n" + b"\x00" * 1000, PDF),
        (b"", JPEG),
        (b"\x89PNG\r\n\x1a\nnothing", PNG),
        (b"PK\x03\x04", DOCX),
    ],
)
def test_what_cannot_be_drawn_says_so(data: bytes, kind: str) -> None:
    with pytest.raises(NotDrawn):
        drawn(data, kind)


def test_a_page_of_any_size_is_a_small_picture() -> None:
    for width, height in ((14_400, 14_400), (1, 14_400), (3, 3)):
        picture = looked_at(drawn(a_pdf(1, width, height), PDF).pictures[0])
        assert picture.width <= drawing.WIDE
        assert picture.height <= drawing.HIGH


def test_a_picture_that_is_too_much_for_the_child_is_refused_and_harms_nobody() -> None:
    target = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(target, "PNG")  # 900 million points in a few kilobytes
    began = time.monotonic()
    with pytest.raises(NotDrawn):
        drawn(target.getvalue(), PNG)
    assert time.monotonic() - began < page_pictures.LONGEST + 2


def test_the_child_knows_nothing_of_the_house_and_the_house_loads_no_renderer() -> None:
    said = "import sys; import eventhub.app; print(sorted({'pypdfium2', 'PIL'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    alone = subprocess.run(
        [sys.executable, "-I", "-c", f"exec(open({str(page_pictures.PROGRAM)!r}).read().split('def main')[0])"],
        capture_output=True,
        env={"LC_ALL": "C.UTF-8"},
        check=False,
    )
    assert alone.returncode == 0, "the program needs nothing but Python's own before it draws"

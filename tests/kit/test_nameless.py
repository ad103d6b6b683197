"""What programs write about people into documents is not there any more, and the documents still open."""

import io
import zipfile

import pytest
from pypdf import PdfReader, PdfWriter

from eventhub.kit.file_types import DOCUMENTS, DOCX, ODT, XLSX, checked
from eventhub.kit.nameless import nameless

NAME = "Ilona Secret"
TYPES = '<Types><Override ContentType="{}.main+xml"/></Types>'


def packed(parts: dict[str, str], first: str = "") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        if first:
            archive.writestr(zipfile.ZipInfo("mimetype"), first)
        for name, text in parts.items():
            archive.writestr(name, text)
    return target.getvalue()


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (
            DOCX,
            packed(
                {
                    "[Content_Types].xml": TYPES.format(DOCX),
                    "docProps/core.xml": f"<a><creator>{NAME}</creator><lastModifiedBy>{NAME}</lastModifiedBy></a>",
                    "docProps/app.xml": f"<a><Company>{NAME}</Company></a>",
                    "word/document.xml": f'<d><w:ins w:id="1" w:author="{NAME}">What we saw</w:ins></d>',
                    "word/comments.xml": f"<d><w:comment w:author='{NAME}' w:initials='{NAME}'/></d>",
                }
            ),
        ),
        (
            XLSX,
            packed(
                {
                    "[Content_Types].xml": TYPES.format(XLSX),
                    "docProps/core.xml": f"<a><creator>{NAME}</creator></a>",
                    "xl/workbook.xml": f'<w><x15ac:absPath url="C:\\Users\\{NAME}\\"/>What we saw</w>',
                    "xl/comments1.xml": f"<c><authors><author>{NAME}</author></authors></c>",
                    "xl/persons/person.xml": f'<p><person displayName="{NAME}" id="1" userId="{NAME}"/></p>',
                }
            ),
        ),
        (
            ODT,
            packed(
                {
                    "content.xml": f"<c>What we saw<dc:creator>{NAME}</dc:creator></c>",
                    "meta.xml": f"<m><dc:creator>{NAME}</dc:creator></m>",
                    "META-INF/manifest.xml": "<m/>",
                },
                ODT,
            ),
        ),
    ],
)
def test_office_files_name_nobody(kind: str, data: bytes) -> None:
    made = nameless(kind, data)
    assert checked(made, DOCUMENTS) == (kind, made)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
        assert archive.namelist() == zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert NAME.encode() not in whole
    assert b"What we saw" in whole


@pytest.mark.parametrize("name", [NAME, "A (b\\) (c) ד", "()"])
def test_a_pdf_names_nobody_and_no_place_in_it_moves(name: str) -> None:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/Author": name, "/Company": name})
    writer.xmp_metadata = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:creator>{NAME}</dc:creator></x:xmpmeta>'.encode()
    target = io.BytesIO()
    writer.write(target)
    made = nameless("application/pdf", target.getvalue())
    assert len(made) == len(target.getvalue())
    known = PdfReader(io.BytesIO(made))
    assert len(known.pages) == 1
    assert not (known.metadata or {}).get("/Author", "").strip()
    assert not (known.metadata or {}).get("/Company", "").strip()
    assert NAME.encode() not in made

"""A document without what its program wrote into it about people: authors, editors, companies, who commented.

Word, Excel, PowerPoint and OpenDocument files are packed anew with empty properties; in a PDF the same bytes are
overwritten by spaces, so that no place in it moves. What stands on the pages is left alone.

Not seen: properties of a PDF that stand in packed object streams, the names of those who marked up its pages, and
pictures inside documents with metadata of their own. The page of those who check evidence says that they look.
"""

import io
import re
import zipfile
from collections.abc import Callable

from eventhub.kit.file_types import DOCX, ODT, PDF, PPTX, XLSX

_CORE = b"http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
_EXTENDED = b"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"
_CUSTOM = b"http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_OFFICE = b"urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'
EMPTY: dict[str, bytes] = {
    "docprops/core.xml": _HEAD + b'<coreProperties xmlns="' + _CORE + b'"/>',
    "docprops/app.xml": _HEAD + b'<Properties xmlns="' + _EXTENDED + b'"/>',
    "docprops/custom.xml": _HEAD + b'<Properties xmlns="' + _CUSTOM + b'"/>',
    "meta.xml": _HEAD + b'<o:document-meta xmlns:o="' + _OFFICE + b'"><o:meta/></o:document-meta>',
}
"""Parts that hold nothing but properties, by their names in small letters."""


def _attribute(names: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"""(\s(?:[\w.-]+:)?(?:%b)\s*=\s*)("[^"]*"|'[^']*')""" % names)


INSIDE: tuple[tuple[re.Pattern[str], re.Pattern[bytes], bytes], ...] = (
    (re.compile(r"word/.*\.xml"), _attribute(b"author|initials|userId"), rb'\1""'),
    (re.compile(r"ppt/(?:comment)?authors\.xml"), _attribute(b"name|initials|userId"), rb'\1""'),
    (re.compile(r"xl/persons/.*\.xml"), _attribute(b"displayName|userId"), rb'\1""'),
    (re.compile(r"xl/workbook\.xml"), _attribute(b"userName"), rb'\1""'),
    (re.compile(r"xl/workbook\.xml"), re.compile(rb"<[\w.-]+:absPath\b[^>]*/>"), rb""),
    (re.compile(r"xl/comments.*\.xml"), re.compile(rb"(<author>)[^<]*(?=</author>)"), rb"\1"),
    (
        re.compile(r"content\.xml"),
        re.compile(rb"(<(?:dc:creator|meta:creator-initials|loext:sender-initials)>)[^<]*(?=</)"),
        rb"\1",
    ),
)
"""Where else people are named: which part, what in it, and what stands there instead."""
PDF_KEY = re.compile(rb"/(?:Author|Creator|Producer|Company|Manager|Subject|Keywords)[\s\x00]*(?=[(<])")
XMP = re.compile(rb"<x:xmpmeta\b.{0,1000000}?</x:xmpmeta>", re.DOTALL)
EMPTY_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>'
LONGEST = 10_000
"""A property of a PDF is no longer."""


def nameless(kind: str, data: bytes) -> bytes:
    """The same document without its properties; ``kind``: its media type. The caller has checked the file."""
    clean = CLEANERS.get(kind)
    return clean(data) if clean else data


def _packed_anew(data: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as made:
        for entry in source.infolist():
            kept = zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0))
            kept.compress_type, kept.external_attr = entry.compress_type, entry.external_attr
            made.writestr(kept, _without_names(entry.filename.lower(), source.read(entry)))
    return target.getvalue()


def _without_names(name: str, part: bytes) -> bytes:
    if name in EMPTY:
        return EMPTY[name]
    for where, what, instead in INSIDE:
        if where.fullmatch(name):
            part = what.sub(instead, part)
    return part


def _overwritten(data: bytes) -> bytes:
    found = bytearray(data)
    for key in PDF_KEY.finditer(data):
        start, end = _string(data, key.end())
        found[start:end] = b" " * (end - start)
    for packet in XMP.finditer(data):
        found[packet.start() : packet.end()] = EMPTY_XMP.ljust(packet.end() - packet.start())
    return bytes(found)


def _string(data: bytes, at: int) -> tuple[int, int]:
    """Where the words of a string begin and end, without its brackets; nothing where it is none."""
    if data[at : at + 2] == b"<<":
        return at, at
    if data[at : at + 1] == b"<":
        end = data.find(b">", at, at + LONGEST)
        return (at + 1, end) if end > 0 else (at, at)
    depth, place, last = 0, at, min(len(data), at + LONGEST)
    while place < last:
        sign = data[place]
        if sign == ord("\\"):
            place += 1
        elif sign == ord("("):
            depth += 1
        elif sign == ord(")"):
            depth -= 1
            if depth == 0:
                return at + 1, place
        place += 1
    return at, at


CLEANERS: dict[str, Callable[[bytes], bytes]] = {
    PDF: _overwritten,
    DOCX: _packed_anew,
    XLSX: _packed_anew,
    PPTX: _packed_anew,
    ODT: _packed_anew,
}

"""What a file really is, told from its content alone, and whether it is whole and harmless.

SAFETY.md property 22. Anything that is two things at once, that steers software (macros, scripts), that fetches or
carries other files, or that grows when unpacked is refused. Images are drawn anew without their metadata. There is no
SVG and no HTML here, and none may be added.

Not seen: names in a PDF's object streams when these are encrypted or packed otherwise than by FlateDecode alone, forms
of the XFA kind; fields of a Word text (INCLUDETEXT, DDE) and objects embedded in Office files, before which Office
asks; links and listeners inside OpenDocument. Whoever needs more puts a scanner behind ``kit.files``.
"""

import io
import itertools
import re
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from flask_babel import lazy_gettext as _l

from eventhub.kit.errors import DomainError

if TYPE_CHECKING:
    from PIL import Image

PDF = "application/pdf"
JPEG = "image/jpeg"
PNG = "image/png"
WEBP = "image/webp"
_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX = f"{_OFFICE}.wordprocessingml.document"
XLSX = f"{_OFFICE}.spreadsheetml.sheet"
PPTX = f"{_OFFICE}.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"

IMAGES = frozenset({JPEG, PNG, WEBP})
DOCUMENTS = frozenset({PDF, DOCX, XLSX, PPTX, ODT})
EVERYTHING = IMAGES | DOCUMENTS

ENDINGS: dict[str, tuple[str, ...]] = {
    PDF: (".pdf",),
    JPEG: (".jpg", ".jpeg"),
    PNG: (".png",),
    WEBP: (".webp",),
    DOCX: (".docx",),
    XLSX: (".xlsx",),
    PPTX: (".pptx",),
    ODT: (".odt",),
}
NAMES = {
    PDF: "PDF",
    JPEG: "JPEG",
    PNG: "PNG",
    WEBP: "WebP",
    DOCX: "Word (.docx)",
    XLSX: "Excel (.xlsx)",
    PPTX: "PowerPoint (.pptx)",
    ODT: "OpenDocument (.odt)",
}

MAX_PIXELS = 40_000_000
MAX_JPEG_PIXELS = 52_000_000
"""Telephones take photographs of 50 million points; a JPEG is read at half or a quarter of that."""
KEPT_PIXELS = 9_000_000
"""A larger picture is kept smaller: at this a page of paper has some 300 points to the inch."""
MAX_SIDE = 30_000
MAX_ENTRIES = 2_000
MAX_UNPACKED = 100_000_000
END_OF_ZIP = 22
PDF_START = re.compile(rb"%PDF-[12]\.\d\s")
PDF_END = re.compile(rb"startxref\s+\d+\s+%%EOF[\s\x00]*\Z")
OFFICE_PARTS = {DOCX: "word/document.xml", XLSX: "xl/workbook.xml", PPTX: "ppt/presentation.xml"}
MACROS = re.compile(
    r"(?:^|/)(?:vba(?:project|data)[^/]*|macrosheets/.*|activex/.*|basic/.*|scripts/.*)$", re.IGNORECASE
)
RELATIONS = re.compile(r"(?:^|/)_rels/[^/]*\.rels$", re.IGNORECASE)
MAX_RELATIONS = 5_000_000
HYPERLINKS = frozenset(
    {
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink",
        "http://purl.oclc.org/ooxml/officeDocument/relationships/hyperlink",
    }
)
MAX_OBJECT_STREAMS = 5_000
MAX_OBJECTS = 30_000_000
OBJECT_WORDS = 4_000
PIECE = 65_536


def _pdf_name(name: str) -> bytes:
    """A pattern for a name however it is written: each letter of a PDF's names may stand as # and two digits."""
    letters = (f"(?:{letter}|#(?i:{ord(letter):02x}))" for letter in name)
    return f"/{''.join(letters)}".encode()


PDF_NAME_ENDS = rb"(?![^\s\x00/<>\[\](){}%])"
PDF_SPACE = rb"(?:[\s\x00]++|%[^\r\n]{0,300}+[\r\n]){0,50}+"
DEEDS = ("JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles", "FileAttachment", "Rendition")
# They are looked for in the whole file, packed pictures too, where so long a name never comes by chance: so a short one
# counts with its value alone.
PDF_DEED = re.compile(b"(?:%b)%b" % (b"|".join(map(_pdf_name, DEEDS)), PDF_NAME_ENDS))
PDF_AA = re.compile(_pdf_name("AA"))
PDF_ACTIONS = re.compile(rb"%b(?:<<|\d{1,10}%b\d{1,10}%bR)" % (PDF_SPACE, PDF_SPACE, PDF_SPACE))
MAX_AA = 1_000
OBJECT_STREAM = re.compile(_pdf_name("ObjStm") + PDF_NAME_ENDS)
PIL_FORMATS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP"}
SAVING: dict[str, dict[str, Any]] = {JPEG: {"quality": 88}, PNG: {"compress_level": 6}, WEBP: {"quality": 88}}
ONE_AT_A_TIME = threading.Lock()
"""A picture of 40 million pixels needs some 300 MB while it is drawn: never two of them in one process."""


class FileTypeRefused(DomainError):
    """Not a type we take, whatever its name says."""

    status = 422
    message = _l("This type of file is not accepted.")


class FileDamaged(DomainError):
    """The type is right, but the file is broken, hides another one, or is too large inside."""

    status = 422
    message = _l("This file is damaged or not safe to open. Save it again under a new name and send that one.")


class HasMacros(FileTypeRefused):
    """A document with a program inside."""

    message = _l("This document contains macros. Save it without macros and send it again.")


class FetchesMore(FileTypeRefused):
    """An Office document that is not whole: opening it asks an address of its maker's choice and tells who opens it."""

    message = _l(
        "This document fetches a template, a picture or another file from elsewhere when it is opened. "
        "Save it as a PDF and send that."
    )


class DoesSomething(FileTypeRefused):
    """A PDF that runs a script, starts a program or carries other files."""

    message = _l(
        "This PDF contains a script, other files or an action that starts by itself. "
        "Print it to a new PDF and send that one."
    )


def checked(data: bytes, allowed: frozenset[str]) -> tuple[str, bytes]:
    """The media type of a file and its safe bytes: of an image, the image drawn anew; of a document, as it came.

    Raises FileTypeRefused and FileDamaged.
    """
    kind = _kind(data)
    if kind not in allowed:
        raise FileTypeRefused(
            _l("This type of file is not accepted. Send one of these: %(types)s", types=names_of(allowed))
        )
    try:
        return kind, CHECKS[kind](data, kind)
    except DomainError:
        raise
    except Exception:
        # Parsers of foreign bytes raise whatever they like: each such error means a file that we do not want.
        raise FileDamaged from None


def is_picture(data: bytes) -> bool:
    """Whether these bytes begin as a picture that we take."""
    return _kind(data[:64]) in IMAGES if not data.startswith(b"PK") else False


def names_of(kinds: frozenset[str]) -> str:
    """The names of file types as people know them."""
    return ", ".join(name for kind, name in NAMES.items() if kind in kinds)


def _kind(data: bytes) -> str | None:
    if PDF_START.match(data):
        return PDF
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    return _kind_of_zip(data) if data.startswith(b"PK\x03\x04") else None


def _kind_of_zip(data: bytes) -> str | None:
    _check_table(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            first = archive.infolist()[0]
            if first.filename == "mimetype" and first.file_size == len(ODT):
                return ODT if archive.read(first) == ODT.encode() else None
    except Exception:
        raise FileDamaged from None  # see checked()
    found = [kind for kind, part in OFFICE_PARTS.items() if part in names and "[Content_Types].xml" in names]
    return found[0] if len(found) == 1 else None


def _check_pdf(data: bytes, _: str) -> bytes:
    # Nothing may follow the end, and no archive may hide in the tail.
    if not PDF_END.search(data, max(0, len(data) - 2048)) or zipfile.is_zipfile(io.BytesIO(data)):
        raise FileDamaged
    if _does_something(data) or any(map(_does_something, _object_streams(data))):
        raise DoesSomething
    return data


def _does_something(part: bytes) -> bool:
    if PDF_DEED.search(part):
        return True
    for number, found in enumerate(PDF_AA.finditer(part)):
        if number >= MAX_AA:
            raise FileDamaged
        if PDF_ACTIONS.match(part, found.end()):
            return True
    return False


def _object_streams(data: bytes) -> Iterator[bytes]:
    """What a PDF keeps packed of its objects, whose names nobody could read else; packed pictures are left alone."""
    left, view = MAX_OBJECTS, memoryview(data)
    for number, found in enumerate(OBJECT_STREAM.finditer(data)):
        if number >= MAX_OBJECT_STREAMS:
            raise FileDamaged
        begins = data.find(b"stream", found.end(), found.end() + OBJECT_WORDS)
        if begins < 0:
            continue
        start = begins + len(b"stream")
        start += 2 if data[start : start + 2] == b"\r\n" else 1
        part = _inflated(view[start:], left)
        left -= len(part)
        if left <= 0:
            raise FileDamaged(_l("This file is too large inside. Send a smaller one."))
        yield part


def _inflated(packed: memoryview, limit: int) -> bytes:
    unpacker, parts, size = zlib.decompressobj(), [], 0
    for start in range(0, len(packed), PIECE):
        try:
            part = unpacker.decompress(packed[start : start + PIECE], limit - size)
        except zlib.error:
            break  # other readers stop here too: what came before counts
        parts.append(part)
        size += len(part)
        if unpacker.eof or size >= limit:
            break
    return b"".join(parts)


def _redraw(data: bytes, kind: str) -> bytes:
    """The picture alone: no metadata, no comments, no second frame, nothing behind the end."""
    from PIL import Image, ImageOps  # noqa: PLC0415 (3 MB in every process, and few ever see a picture)

    form = PIL_FORMATS[kind]
    with ONE_AT_A_TIME, Image.open(io.BytesIO(data), formats=[form]) as image:
        width, height = image.size
        if width * height > (MAX_JPEG_PIXELS if kind == JPEG else MAX_PIXELS) or max(width, height) > MAX_SIDE:
            raise FileDamaged(_l("This picture has too many pixels. Send a smaller one."))
        # Of a JPEG no more than half or a quarter is unpacked where that is enough: a fraction of memory and time.
        image.draft(None, _kept_size(width, height))
        image.load()
        picture = _plain_mode(ImageOps.exif_transpose(image), kind)
        if picture.size != (kept := _kept_size(*picture.size)):
            picture = picture.resize(kept, Image.Resampling.LANCZOS, reducing_gap=2.0)
        picture.info.clear()
        target = io.BytesIO()
        picture.save(target, form, **SAVING[kind])
    return target.getvalue()


def _kept_size(width: int, height: int) -> tuple[int, int]:
    share = min(1.0, (KEPT_PIXELS / (width * height)) ** 0.5)
    return max(1, round(width * share)), max(1, round(height * share))


def _plain_mode(image: "Image.Image", kind: str) -> "Image.Image":
    if kind == JPEG:
        return image if image.mode == "L" else image.convert("RGB")
    if "transparency" in image.info or image.mode in {"RGBA", "LA", "PA"}:
        return image.convert("RGBA")
    return image if image.mode == "L" else image.convert("RGB")


def _check_office(data: bytes, kind: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        _check_zip(archive)
        types = archive.read("[Content_Types].xml").decode()
        fetches = _fetches(archive)
    if "macroenabled" in types.lower() or "vbaproject" in types.lower():
        raise HasMacros
    if f"{kind}.main+xml" not in types:
        raise FileDamaged
    if fetches:
        raise FetchesMore
    return data


def _fetches(archive: zipfile.ZipFile) -> bool:
    """Whether a part stands elsewhere. A link that a reader may follow or not is no part."""
    external: list[dict[str, str]] = []

    def look(_name: str, told: dict[str, str]) -> None:
        mode, kind = told.get("TargetMode", "Internal").strip().lower(), told.get("Type", "")
        if (mode != "internal" and kind not in HYPERLINKS) or kind.endswith("/externalLink"):
            external.append(told)

    def refuse(*_: object) -> None:
        raise FileDamaged  # no Office writes one; entities could hide what is looked for

    for entry in archive.infolist():
        if RELATIONS.search(entry.filename):
            if entry.file_size > MAX_RELATIONS:
                raise FileDamaged(_l("This file is too large inside. Send a smaller one."))
            parser = expat.ParserCreate()
            parser.StartElementHandler, parser.StartDoctypeDeclHandler = look, refuse
            parser.Parse(archive.read(entry), True)
    return bool(external)


def _check_odt(data: bytes, _: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        _check_zip(archive)
        first = archive.infolist()[0]
        if first.compress_type != zipfile.ZIP_STORED or "META-INF/manifest.xml" not in archive.namelist():
            raise FileDamaged
        manifest = archive.read("META-INF/manifest.xml")
    if b"encryption-data" in manifest:  # nobody could look inside for macros
        raise FileDamaged
    return data


def _check_zip(archive: zipfile.ZipFile) -> None:
    """One archive and nothing else, honest about its sizes, with plain names inside."""
    entries = archive.infolist()
    # All of these are read from the table of contents: nothing has been unpacked yet.
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise FileDamaged(_l("This file is too large inside. Send a smaller one."))
    _check_overlap(entries)
    names = [entry.filename.lower() for entry in entries]
    if len(set(names)) != len(names) or not all(_is_plain(entry) for entry in entries):
        raise FileDamaged
    if any(MACROS.search(name) for name in names):
        raise HasMacros
    # Now each part is unpacked in small pieces: sizes and check sums must be what the table of contents says.
    if archive.testzip() is not None:
        raise FileDamaged


def _check_table(data: bytes) -> None:
    """The table of contents ends the file, begins where it says, and is not too long to be read."""
    end = data[-END_OF_ZIP:]
    size, start = int.from_bytes(end[12:16], "little"), int.from_bytes(end[16:20], "little")
    if end[:4] != b"PK\x05\x06" or start + size + END_OF_ZIP != len(data) or size > MAX_ENTRIES * 400:
        raise FileDamaged


def _check_overlap(entries: list[zipfile.ZipInfo]) -> None:
    # A bomb of overlapping entries shares one compressed part among thousands of names.
    places = sorted((entry.header_offset, entry.header_offset + 30 + entry.compress_size) for entry in entries)
    if places[0][0] != 0 or any(stop > start for (_, stop), (start, _stop) in itertools.pairwise(places)):
        raise FileDamaged


def _is_plain(entry: zipfile.ZipInfo) -> bool:
    name = entry.orig_filename
    steps = name.rstrip("/").split("/")
    is_link = (entry.external_attr >> 16) & 0o170000 == 0o120000
    return (
        not (entry.flag_bits & 1 or is_link)
        and entry.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
        and name.isprintable()
        and "\\" not in name
        and ":" not in name
        and all(step not in {"", ".", ".."} for step in steps)
    )


CHECKS: dict[str, Callable[[bytes, str], bytes]] = {
    PDF: _check_pdf,
    JPEG: _redraw,
    PNG: _redraw,
    WEBP: _redraw,
    DOCX: _check_office,
    XLSX: _check_office,
    PPTX: _check_office,
    ODT: _check_odt,
}

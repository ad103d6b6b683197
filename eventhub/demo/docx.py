"""A small Word document made from plain paragraphs: enough for the demo's documents in every script."""

import io
import zipfile
from xml.sax.saxutils import escape

RIGHT_TO_LEFT = {"ar"}
TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def document(text: str, language: str) -> bytes:
    """The text as a .docx file; its first line is set as a heading. The same text gives the same bytes."""
    lines = [line for line in text.splitlines() if line.strip()]
    body = "".join(_paragraph(line, language, heading=number == 0) for number, line in enumerate(lines))
    page = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="{NAMESPACE}"><w:body>{body}'
        "<w:sectPr/></w:body></w:document>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("[Content_Types].xml", TYPES), ("_rels/.rels", RELATIONS), ("word/document.xml", page)):
            archive.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _paragraph(line: str, language: str, *, heading: bool) -> str:
    turned = language in RIGHT_TO_LEFT
    size = '<w:sz w:val="32"/><w:szCs w:val="32"/>' if heading else ""
    run = f"{'<w:b/><w:bCs/>' if heading else ''}{size}{'<w:rtl/>' if turned else ''}"
    return (
        f"<w:p><w:pPr>{'<w:bidi/>' if turned else ''}</w:pPr><w:r><w:rPr>{run}</w:rPr>"
        f'<w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>'
    )

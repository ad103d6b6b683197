"""The program that draws a paper's pages as small pictures, in a process of its own that page_pictures.py starts.

PDF pages are drawn by PDFium, photographs by Pillow: both read bytes that strangers sent, so they run with an empty
environment, little memory and time, and nothing of the rest of the house is loaded here. On standard input stands a
line of JSON (``kind``, ``pages`` to draw, ``turn`` in degrees clockwise), then the file; on standard output a line of
JSON (how many ``pages`` the file has, and the sizes of the pictures in bytes), then these as WebP.
"""

import io
import json
import resource
import sys

MEMORY = 512_000_000
"""Bytes of address space. SAFETY.md asks for 128 MB where replies are parsed; five pages of photographs take up to 200.
"""
SECONDS = 8
"""Of processor time; whoever waits does so a little longer."""
FILES = 24
"""Open at once: the libraries' own, one after the other."""
WIDE, HIGH = 1100, 2200
"""The largest picture of a page, in points of a screen."""
LARGEST = 4.0
"""Never larger than so many times the page's own size: a stamp stays a stamp."""


def main() -> None:
    """Read one file, draw its pages. Any error ends the program without a word, which might quote the file."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    head, _line, body = sys.stdin.buffer.read().partition(b"\n")
    job = json.loads(head)
    draw = _pdf if job["kind"] == "application/pdf" else _photograph
    try:
        known, pictures = draw(body, job["pages"], job["turn"])
    except Exception:
        # What a parser says of a stranger's bytes stays here, whatever it is.
        sys.exit(3)
    told = {"pages": known, "sizes": [len(one) for one in pictures]}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + b"".join(pictures))


def _pdf(body: bytes, pages: list[int], turn: int) -> tuple[int, list[bytes]]:
    import pypdfium2  # noqa: PLC0415 (of the two libraries only the one that is needed)

    document = pypdfium2.PdfDocument(body)
    pictures = []
    for number in pages:
        if number >= len(document):
            break
        page = document[number]
        width, height = page.get_size()
        if turn % 180:
            width, height = height, width
        scale = min(WIDE / width, HIGH / height, LARGEST)
        # No forms and no scripts: the build has neither, and forms are not asked for.
        drawn = page.render(scale=scale, rotation=turn, may_draw_forms=False, draw_annots=True)
        pictures.append(_webp(drawn.to_pil().convert("RGB")))
        drawn.close()
        page.close()
    return len(document), pictures


def _photograph(body: bytes, _pages: list[int], turn: int) -> tuple[int, list[bytes]]:
    from PIL import Image  # noqa: PLC0415 (see above)

    with Image.open(io.BytesIO(body), formats=["JPEG", "PNG", "WEBP"]) as image:
        image.draft("RGB", (WIDE, WIDE))
        picture = image.convert("RGBA") if image.mode in {"RGBA", "LA", "PA", "P"} else image.convert("RGB")
        picture = picture.rotate(-turn, expand=True) if turn else picture
        picture.thumbnail((WIDE, HIGH))
        if picture.mode == "RGBA":
            paper = Image.new("RGB", picture.size, "white")
            paper.paste(picture, mask=picture.getchannel("A"))
            picture = paper
        return 1, [_webp(picture)]


def _webp(picture: object) -> bytes:
    target = io.BytesIO()
    picture.save(target, "WEBP", quality=82, method=2)  # type: ignore[attr-defined]
    return target.getvalue()


if __name__ == "__main__":
    main()

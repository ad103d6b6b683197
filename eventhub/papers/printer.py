"""The printer itself, a process of its own: a job on standard input, a PDF or PNG file on standard output.

It is started by typeset.py with an empty environment, so it holds no secret, knows no database and nothing of the rest
of the house; its memory (some hundred megabytes for a large batch) goes with it. The job is JSON: ``source`` and
``data``, ``pictures`` as SVG, ``format``, and of a PDF the time it bears.
"""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

HERE = Path(__file__).parent
SOURCES, FONTS = HERE / "sources", HERE / "fonts"
NOWHERE = str(SOURCES / "no-packages")
SCREEN = 110.0
"""Dots per inch of a picture for a page."""


def main() -> None:
    """Read one job, print it."""
    job = json.load(sys.stdin.buffer)
    # Nothing of a page that goes wrong may reach a log: what typst says may quote the values.
    try:
        made = _compiler(job).compile(**_form(job), sys_inputs={"data": json.dumps(job["data"], ensure_ascii=False)})
    except typst.TypstError:
        sys.exit(3)
    # Of several pages as pictures the first is meant.
    sys.stdout.buffer.write(made[0] if isinstance(made, list) else made)


def _compiler(job: dict[str, Any]) -> Any:
    files: dict[str, bytes] = {
        "main.typ": (SOURCES / f"{job['source']}.typ").read_bytes(),
        "style.typ": (SOURCES / "style.typ").read_bytes(),
    }
    files |= {f"picture-{number}.svg": picture.encode() for number, picture in enumerate(job["pictures"])}
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    return typst.Compiler(
        files,  # type: ignore[type-var] # the stubs do not know files in memory
        root=str(SOURCES),
        font_paths=fonts,
        ignore_system_fonts=True,
        package_path=NOWHERE,
        package_cache_path=NOWHERE,
    )


def _form(job: dict[str, Any]) -> dict[str, Any]:
    if job["format"] == "png":
        return {"format": "png", "ppi": job.get("ppi") or SCREEN}
    # Tags are for readers of texts; nobody reads a sheet of badges aloud.
    return {"format": "pdf", "timestamp": datetime.fromisoformat(job["at"]), "pdf_tags": job["source"] != "badge"}


if __name__ == "__main__":
    main()

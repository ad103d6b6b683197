"""The pages every site has: accessibility, safety, help, open data. Their texts lie in ``data/pages.json``."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from eventhub.kit.markdown import to_html

SOURCE = Path(__file__).parent.parent / "data" / "pages.json"
NAMES = {
    "accessibility": "accessibility",
    "safety": "your_data_and_safety",
    "help": "help_and_contact",
    "open-data": "open_data",
}
"""The end of the address, and the page's key in the file."""

SAMPLE_CONTACT = "help@example.org"


@dataclass(frozen=True)
class FooterPage:
    """One page in one language."""

    title: str
    body: Markup


def footer_page(name: str, language: str, contact: str) -> FooterPage:
    """The page under a name of ``NAMES`` with the address that people may write to. KeyError for another name."""
    texts = _texts()[NAMES[name]]
    # The texts' own headings begin at the second level.
    body = to_html(texts["body"][language].replace(SAMPLE_CONTACT, contact), top=1)
    return FooterPage(texts["title"][language], body)


def footer_title(name: str, language: str) -> str:
    """The same page's title, for links to it."""
    return str(_texts()[NAMES[name]]["title"][language])


@cache
def _texts() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SOURCE.read_text(encoding="utf-8"))
    return found

"""The demo's questionnaires, made from the texts in six languages."""

import hashlib
from typing import Any

from eventhub.demo.documents import text
from eventhub.kit.db import Texts

VIEWERS = {
    "event_organiser": "organiser",
    "accreditation_officer": "desk",
    "check_in_staff": "check_in",
}
ORIGINAL = "en"
CHANNELS = {"list_of_participants", "photo", "share_with_host_partner"}
COMPLETE = {"legal_name": "name", "display_name": "name", "organisation": "organization", "role": "organization-title"}

Translations = dict[tuple[str, str], Texts]


def form(name: str) -> tuple[str, dict[str, Any], Translations]:
    """A form of the demo: its title, its definition as JSON, and its translations by (item, part)."""
    source = text(name)
    translations: Translations = {}
    pages = [_page(page, translations) for page in source["pages"]]
    return source["title"][ORIGINAL], {"pages": pages}, translations


def question_id(key: str) -> str:
    """The id of a question of the demo."""
    return _id("q", key)


def _page(source: dict[str, Any], translations: Translations) -> dict[str, Any]:
    page_id = _id("p", source["key"])
    made: dict[str, Any] = {
        "id": page_id,
        "title": _words(source["title"], page_id, "title", translations),
        "questions": [_question(question, translations) for question in source["questions"]],
    }
    if source.get("lead"):
        made["intro"] = _words(source["lead"], page_id, "intro", translations)
    return made


def _question(source: dict[str, Any], translations: Translations) -> dict[str, Any]:
    question_id, key = _id("q", source["key"]), source["key"]
    seen = [viewer for name, viewer in VIEWERS.items() if name in source["who_may_see"]]
    made: dict[str, Any] = {
        "id": question_id,
        "key": key,
        "kind": source["kind"],
        "label": _words(source["label"], question_id, "label", translations),
        "required": source["required"],
        "sealed": source["sealed"],
        "see": seen or ["statistics"],
    }
    if source.get("help"):
        made["help"] = _words(source["help"], question_id, "help", translations)
    if source.get("options"):
        made["options"] = [_option(option, question_id, translations) for option in source["options"]]
    if source.get("limits"):
        made["limits"] = {name: value for name, value in source["limits"].items() if value is not None}
    if source.get("show_if"):
        made["show_if"] = source["show_if"]
    if source.get("retention_days") is not None:
        made["retention_days"] = source["retention_days"]
    return made | _particulars(source["kind"], key)


def _particulars(kind: str, key: str) -> dict[str, Any]:
    """What a kind of question needs beside its words."""
    made: dict[str, Any] = {"autocomplete": COMPLETE[key]} if key in COMPLETE else {}
    if kind == "consent" and key in CHANNELS:
        made["purpose"] = key
    if kind == "country" and key in {"residence", "country_of_concern"}:
        made["variant"] = "anywhere"
    if kind == "file":
        made["limits"] = {"files": ["images", "pdf"], "max_bytes": 5_000_000}
    if key == "date_of_birth":
        # Nobody alive is older than 120 years: a year that was mistyped is asked for again.
        made["limits"] = {"min_date": "today-43830", "max_date": "today"}
    if key == "badge_name":
        made["variant"] = "latin"
    return made


def _option(source: dict[str, Any], question_id: str, translations: Translations) -> dict[str, Any]:
    item = f"{question_id}.{source['key']}"
    made = {"id": source["key"], "label": _words(source["label"], item, "label", translations)}
    if source.get("help"):
        made["help"] = _words(source["help"], item, "help", translations)
    return made


def _words(texts: Texts, item: str, part: str, translations: Translations) -> str:
    translations[(item, part)] = {code: words for code, words in texts.items() if code != ORIGINAL}
    return texts[ORIGINAL]


def _id(letter: str, key: str) -> str:
    return letter + hashlib.sha256(key.encode()).hexdigest()[:8]

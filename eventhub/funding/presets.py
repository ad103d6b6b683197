"""What a new call begins with: four kinds of it in six languages, and the form that applicants fill in.

Everything here is a beginning: officers change it before the call opens (FUNDING.md, a call). Costs, in cents, are
round numbers to replace: tickets by part of the world, allowances of the order of magnitude of Geneva.
"""

import copy
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eventhub.funding.models import FundKind
from eventhub.kit.db import Texts
from eventhub.questionnaires.definition import Definition, read

ORIGINAL = "en"
_DATA = Path(__file__).parent.parent / "data"
_NOT_KEYS = ("label", "help", "title", "lead", "options", "key")

Translations = dict[tuple[str, str], Texts]


@dataclass(frozen=True)
class Preset:
    """A kind of call: its words by language, and its rules as JSON (rules.py reads them)."""

    title: Texts
    lead: Texts
    rules: dict[str, Any]


@dataclass(frozen=True)
class Form:
    """A form for applicants: its name by language, the definition in the original, the translations of its texts."""

    name: Texts
    definition: Definition
    translations: Translations


def preset(kind: FundKind) -> Preset:
    """What a call of this kind begins with; the caller may change what it gets."""
    source = copy.deepcopy(_presets()[kind.value])
    return Preset(source["title"], source["lead"], source["rules"])


@cache
def application_form() -> Form:
    """The form of all kinds of calls. The keys of its questions are what applications are read by."""
    source = json.loads((_DATA / "fund_form.json").read_text(encoding="utf-8"))
    translations: Translations = {}
    data = {"pages": [_page(page, translations) for page in source["pages"]]}
    return Form(source["title"], read(data, ORIGINAL), translations)


@cache
def _presets() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_DATA / "fund_presets.json").read_text(encoding="utf-8"))
    return found


def _page(source: dict[str, Any], translations: Translations) -> dict[str, Any]:
    item = _id("p", source["key"])
    made = {"id": item, "title": _words(source["title"], item, "title", translations)}
    if "lead" in source:
        made["intro"] = _words(source["lead"], item, "intro", translations)
    return made | {"questions": [_question(one, translations) for one in source["questions"]]}


def _question(source: dict[str, Any], translations: Translations) -> dict[str, Any]:
    item = _id("q", source["key"])
    made = {name: value for name, value in source.items() if name not in _NOT_KEYS}
    made |= {"id": item, "key": source["key"], "label": _words(source["label"], item, "label", translations)}
    if "help" in source:
        made["help"] = _words(source["help"], item, "help", translations)
    if "options" in source:
        made["options"] = [_option(one, item, translations) for one in source["options"]]
    return made


def _option(source: dict[str, Any], question: str, translations: Translations) -> dict[str, Any]:
    item = f"{question}.{source['key']}"
    made = {"id": source["key"], "label": _words(source["label"], item, "label", translations)}
    if "help" in source:
        made["help"] = _words(source["help"], item, "help", translations)
    return made


def _words(texts: Texts, item: str, part: str, translations: Translations) -> str:
    translations[(item, part)] = {code: words for code, words in texts.items() if code != ORIGINAL}
    return texts[ORIGINAL]


def _id(letter: str, key: str) -> str:
    return letter + hashlib.sha256(f"fund:{key}".encode()).hexdigest()[:8]

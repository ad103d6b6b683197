"""The texts of a questionnaire in other languages, each bound to the original it was made from."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from eventhub.kit.db import Texts
from eventhub.questionnaires.definition import Definition, Question, Words


class Text(NamedTuple):
    """One text that can be translated: the item it belongs to, which part of it, and the original."""

    item: str
    part: str
    words: Words


class Wording:
    """The translations of a questionnaire: (item, part, digest of the original) to the texts by language."""

    def __init__(self, texts: Mapping[tuple[str, str, str], Texts]) -> None:
        self.texts = texts

    def of(self, text: Text) -> Texts:
        """The translations made from exactly this original; none when it has changed since."""
        return self.texts.get((text.item, text.part, source_digest(text.words)), {})


def texts_of(definition: Definition) -> Iterator[Text]:
    """Every text that is not empty, in the order of the pages."""
    for page in definition.pages:
        parts = [Text(page.id, "title", page.title), Text(page.id, "intro", page.intro)]
        for question in page.questions:
            parts += [Text(question.id, "label", question.label), Text(question.id, "help", question.help)]
            for option in question.options:
                item = f"{question.id}.{option.id}"
                parts += [Text(item, "label", option.label), Text(item, "help", option.help)]
        yield from (part for part in parts if part.words)


def localise(definition: Definition, wording: Wording, language: str) -> Definition:
    """The definition in a language; a text without a current translation stays in the original and says so."""
    if language == definition.language:
        return definition

    def put(item: str, part: str, words: Words) -> Words:
        translated = wording.of(Text(item, part, words)).get(language) if words else None
        return Words(translated, language) if translated else words

    def question_in(question: Question) -> Question:
        options = tuple(
            replace(
                option,
                label=put(f"{question.id}.{option.id}", "label", option.label),
                help=put(f"{question.id}.{option.id}", "help", option.help),
            )
            for option in question.options
        )
        label, help_ = put(question.id, "label", question.label), put(question.id, "help", question.help)
        return replace(question, label=label, help=help_, options=options)

    pages = tuple(
        replace(
            page,
            title=put(page.id, "title", page.title),
            intro=put(page.id, "intro", page.intro),
            questions=tuple(question_in(question) for question in page.questions),
        )
        for page in definition.pages
    )
    return Definition(pages, definition.language)


def source_digest(source: str) -> str:
    """Which original a translation was made from: the SHA-256 of its text."""
    return hashlib.sha256(source.encode()).hexdigest()

"""Calls in the public search: few enough to be compared word by word, in any of their languages."""

from collections.abc import Iterable

from eventhub.funding.models import Call
from eventhub.kit.markdown import to_text
from eventhub.kit.normal import UNSPACED, tokens


def with_words(calls: Iterable[Call], question: str) -> list[Call]:
    """The calls that have every word of a question in title, lead or description; those with all of them in the title
    first. A word may be unfinished. None for a question without words.
    """
    asked = [one for one in (_Word(word) for word in question.split()) if one.readings]
    if not asked:
        return []
    found = []
    for call in calls:
        title = _tokens(call.title.values())
        if all(word.stands_in(title) for word in asked):
            found.append((0, call))
        elif all(word.stands_in(title | _tokens([*call.lead.values(), *call.description.values()])) for word in asked):
            found.append((1, call))
    return [call for _rank, call in sorted(found, key=lambda pair: pair[0])]


class _Word:
    """One word of a question, in all its readings; of a script without spaces every part must be there."""

    def __init__(self, word: str) -> None:
        self.readings = tokens(word, query=True)
        self._how = all if UNSPACED.search(word) else any

    def stands_in(self, words: set[str]) -> bool:
        """Whether a text has it."""
        return self._how(any(one.startswith(token) for one in words) for token in self.readings)


def _tokens(texts: Iterable[str]) -> set[str]:
    return {token for text in texts if text for token in tokens(to_text(text))}

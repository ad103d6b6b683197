"""What a wish says: sealed with its owner's key, read from the answers of a registration, opened for lists."""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from eventhub.arrangements.models import Kind, Need
from eventhub.kit.codes import INTERNATIONAL_SIGN
from eventhub.kit.sealed import Place, SealKey, Unreadable, open_sealed, place, seal


@dataclass(frozen=True, order=True)
class Wish:
    """What somebody needs. ``language``: of signs and captions, or that interpretation begins with; ``into``: that it
    leads to. ``words`` are the person's own.
    """

    kind: Kind
    language: str = ""
    into: str = ""
    words: str = ""

    @property
    def essence(self) -> tuple[str, ...]:
        """What makes it the same wish: the own words only where they alone say what it is."""
        own = " ".join(self.words.casefold().split()) if self.kind in {Kind.DIET, Kind.OTHER} else ""
        return self.kind.value, self.language, self.into, own


ON_FORM: Mapping[str, Wish] = {
    "wheelchair": Wish(Kind.WHEELCHAIR),
    "international_sign": Wish(Kind.SIGN_LANGUAGE, INTERNATIONAL_SIGN),
    "realtime_captioning": Wish(Kind.CAPTIONING),
    "large_print": Wish(Kind.LARGE_PRINT),
    "assistant": Wish(Kind.ASSISTANT),
    "quiet_room": Wish(Kind.QUIET_ROOM),
    "phone_line": Wish(Kind.TELEPHONE),
}
"""What the options of the question ``access_needs`` mean. An option that an organiser has added is told in words."""


def from_answers(answers: Mapping[str, object], labels: Mapping[str, str]) -> Iterator[Wish]:
    """What the answers of a registration ask for, each thing once. ``labels`` are the words of the options."""
    chosen = answers.get("access_needs")
    for option in dict.fromkeys(chosen) if isinstance(chosen, list) else ():
        yield ON_FORM.get(option) or Wish(Kind.OTHER, words=labels.get(option, option))
    words = answers.get("other_support")
    if isinstance(words, str) and words.strip():
        yield Wish(Kind.OTHER, words=words.strip())


def sealed(key: SealKey, need_id: uuid.UUID, wish: Wish) -> bytes:
    """A wish as it is kept."""
    said = {"kind": wish.kind.value, "language": wish.language, "into": wish.into, "words": wish.words}
    return seal(key, _place("sealed", need_id), json.dumps(said, ensure_ascii=False))


def sealed_answer(key: SealKey, need_id: uuid.UUID, words: str) -> bytes:
    """What the person is told of a wish that is not possible, as it is kept."""
    return seal(key, _place("answer", need_id), words)


def read(need: Need, key: SealKey) -> Wish | None:
    """What a wish says; None where the key was destroyed. Who shows it beside a name has it recorded first."""
    try:
        said = json.loads(open_sealed(key, _place("sealed", need.id), need.sealed))
    except Unreadable:
        return None
    return Wish(Kind(said["kind"]), said["language"], said["into"], said["words"])


def read_answer(need: Need, key: SealKey) -> str:
    """What the person was told; nothing where nothing was, or the key is gone."""
    if need.answer is None:
        return ""
    try:
        return open_sealed(key, _place("answer", need.id), need.answer).decode()
    except Unreadable:
        return ""


def _place(column: str, need_id: uuid.UUID) -> Place:
    return place("access_need", column, need_id)

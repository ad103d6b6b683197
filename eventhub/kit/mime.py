"""How mails are written down: MIME, every line short, every subject whole."""

from email.header import Header
from email.policy import EmailPolicy
from typing import Any

LONGEST_WORD = 60
"""Signs of a word that stands beside "Subject:" in one line; longer ones are encoded, and so can be cut."""


class Mime(EmailPolicy):
    """MIME as sent, with subjects that arrive as they were written: the library's own folding drops the space between
    two words that are both encoded, and leaves the first line of a long subject empty.
    """

    def fold(self, name: str, value: Any) -> str:
        """A header in lines of at most 76 signs."""
        return _subject_lines(name, value, self.linesep) if name == "Subject" else super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The same in bytes."""
        return self.fold(name, value).encode("ascii") if name == "Subject" else super().fold_binary(name, value)


MIME = Mime(linesep="\r\n")


def _subject_lines(name: str, value: Any, linesep: str) -> str:
    text = str(value)
    plain = text.isascii() and all(len(word) <= LONGEST_WORD for word in text.split())
    header = Header(text, "us-ascii" if plain else "utf-8", maxlinelen=76, header_name=name)
    return f"{name}: {header.encode(linesep=linesep)}{linesep}"

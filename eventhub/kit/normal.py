"""Words made comparable for search, in six languages and whatever else people write.

PostgreSQL's own parser keeps 少数群体问题论坛 as one word and اقليات apart from الأقلية. Here every text becomes plain
tokens before it reaches ``to_tsvector('simple', …)``, and every question the same way. A word that can be read in
two ways (التزام: with an article, or a word of its own) gives all readings: all of them are indexed, and any reading
of the question may match.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

WORD_LIMIT = 60
QUERY_LIMIT = 300
QUERY_WORDS = 16
LINK = "\u01c0"
"""Joins the parts of a document symbol. PostgreSQL's parser takes it for a letter, and no text holds it."""

# Scripts written without spaces between words: pairs of signs stand for words.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3031-\u3035\u3040-\u30ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
# Accents, points and vowel signs that people leave out when they type. Indian and other vowel signs are not among them.
ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
    "\u0711\u0730-\u074a\u08d3-\u08ff\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u0640\u00ad\u200b-\u200f\u2060\ufeff]+"
)
LETTERS = str.maketrans(
    {
        "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "ŧ": "t", "þ": "th", "æ": "ae", "œ": "oe",
        "ى": "ي", "ی": "ي", "ې": "ي", "ے": "ي", "ة": "ه", "ۀ": "ه", "ہ": "ه", "ھ": "ه", "ک": "ك", "ٱ": "ا", "ء": "",
        LINK: " ",
    }
)  # fmt: skip
SYMBOL = re.compile(r"[^\W_]+(?:\.[^\W_]+)*(?:/[^\W_]+(?:\.[^\W_]+)*)+")
ELISION = re.compile(r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)['’ʼ](?=[^\W\d_])")
APOSTROPHE = re.compile(r"(?<=[^\W\d_])['’ʼʻʹ`](?=[^\W\d_])")

ARTICLES = ("وبال", "وكال", "فبال", "وال", "بال", "كال", "فال", "ولل", "لل", "ال")
PARTICLES = ("و", "ب", "ل", "ف", "ك")
ARABIC_ENDINGS = ("ات", "ون", "ين", "ان", "ه")
ENDINGS = """
иями ями ами иях ях ах иям ям ам иеи ием ем ом ов ев еи ои ии ие ия ию ью ыи ая яя ое ее ые ого его ому ему ыми ими
ым им ых их ую юю а я о е ы и у ю ь
"""
RUSSIAN_ENDINGS = tuple(sorted(ENDINGS.split(), key=len, reverse=True))
# Words that carry no meaning of their own: left out of questions, so that each language's grammar does not matter.
GRAMMAR = """
a an and at by for from in of on or the to with
au aux avec ce ces dans de des du en et la le les ou par pour sur un une
al con del el las los o para por una y e
в во для и из к на о об от по с со у
في من على علي الى الي عن مع او و
和 与 的
"""
EMPTY_WORDS = frozenset(GRAMMAR.split())


class Word(NamedTuple):
    """One word as it stands in plain text, and the stems it may have."""

    plain: str
    stems: tuple[str, ...]


def plain(text: str) -> str:
    """Text for comparing letter by letter (trigrams): no case, no accents, one form of each Arabic letter, digits
    0-9, single spaces.
    """
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    text = unicodedata.normalize("NFC", ACCENTS.sub("", text).translate(LETTERS))
    return " ".join("".join(_digit(sign) for sign in text).split())


def tokens(text: str, *, query: bool = False) -> list[str]:
    """The words of a text in order, each in all its readings; of a question, without empty words."""
    return [stem for word in _words(text, query=query) for stem in word.stems]


def vector_text(*texts: str | None) -> str:
    """Tokens of texts, parted by spaces, for ``to_tsvector('simple', …)``."""
    return " ".join(token for text in texts if text for token in tokens(text))


def query_text(question: str) -> str:
    """What somebody typed as the text of a ``to_tsquery('simple', …)``: all words must be there, the last one may be
    unfinished. Whatever is typed, only letters, digits and our own operators come out; empty when no word is left
    (PostgreSQL then finds nothing).
    """
    words = list(_words(question[:QUERY_LIMIT], query=True))[:QUERY_WORDS]
    return " & ".join(_any_of(word, unfinished=place == len(words)) for place, word in enumerate(words, 1))


def _any_of(word: Word, *, unfinished: bool) -> str:
    # One sign of an unspaced script begins a pair, or ends a run and stands alone: as a prefix it finds both.
    if unfinished or (len(word.plain) == 1 and UNSPACED.match(word.plain)):
        found = [f"'{beginning}':*" for beginning in dict.fromkeys((*word.stems, word.plain))]
    else:
        found = [f"'{stem}'" for stem in word.stems]
    return found[0] if len(found) == 1 else f"({' | '.join(found)})"


def _words(text: str, *, query: bool) -> Iterator[Word]:
    text = plain(text)
    place = 0
    for symbol in SYMBOL.finditer(text):
        if any(sign.isdigit() for sign in symbol[0]):
            yield from _running_words(text[place : symbol.start()], query=query)
            yield from _symbol(symbol[0], query=query)
            place = symbol.end()
    yield from _running_words(text[place:], query=query)


def _symbol(symbol: str, *, query: bool) -> Iterator[Word]:
    """A/HRC/52/71: found by all of it, by its end (HRC/52/71), by any part."""
    parts = symbol.replace(".", "").split("/")
    if query:
        yield _exact(LINK.join(parts))
        return
    for start in range(len(parts)):
        yield _exact(LINK.join(parts[start:]))
    for part in parts[:-1]:
        yield _exact(part)


def _running_words(text: str, *, query: bool) -> Iterator[Word]:
    text = APOSTROPHE.sub("", ELISION.sub("", text))
    found: list[Word] = []
    for piece in "".join(sign if _in_word(sign) else " " for sign in text).split():
        place = 0
        for run in UNSPACED.finditer(piece):
            found += _spaced(piece[place : run.start()])
            found += _pairs(run[0], query=query)
            place = run.end()
        found += _spaced(piece[place:])
    full = [word for word in found if word.plain not in EMPTY_WORDS]
    yield from full if query and full else found


def _spaced(word: str) -> list[Word]:
    # Signs that only modify a letter, standing alone, are no word: PostgreSQL would not keep them either.
    spoken = any(sign.isalnum() for sign in word[:WORD_LIMIT])
    return [Word(word[:WORD_LIMIT], _stems(word[:WORD_LIMIT]))] if spoken else []


def _pairs(run: str, *, query: bool) -> list[Word]:
    run = run.replace("的", "") or run
    pairs = [_exact(run[place : place + 2]) for place in range(len(run) - 1)]
    # The last sign stands alone in the index: a question of one sign looks for beginnings.
    return pairs if query and pairs else [*pairs, _exact(run[-1])]


def _exact(word: str) -> Word:
    word = word[:WORD_LIMIT]
    return Word(word, (word,))


@lru_cache(maxsize=20_000)
def _stems(word: str) -> tuple[str, ...]:
    if "\u0600" <= word[0] <= "\u06ff":
        shorn = [word.removeprefix(article) for article in ARTICLES if _begins(word, article, 3)]
        shorn += [word.removeprefix(particle) for particle in PARTICLES if _begins(word, particle, 4)]
        return tuple(dict.fromkeys(_arabic_stem(form) for form in (*shorn, word)))
    if "\u0400" <= word[0] <= "\u04ff":
        return (_russian_stem(word),)
    if word.isascii() and word.isalpha():
        return (_latin_stem(word),)
    return (word,)


def _begins(word: str, start: str, rest: int) -> bool:
    return word.startswith(start) and len(word) - len(start) >= rest


def _arabic_stem(word: str) -> str:
    for ending in ARABIC_ENDINGS:
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            if len(stem) >= 3:
                return stem
            if ending == "ات" and len(stem) == 2:  # لغات and لغة, فئات and فئة
                return stem + "ه"
    return word


def _russian_stem(word: str) -> str:
    for ending in RUSSIAN_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


def _latin_stem(word: str) -> str:
    """Plurals of English, French and Spanish and a final e: minorités, minorías, minorities lose what parts them from
    their singular. The language of a word is not known here, so no rule may need it.
    """
    if len(word) < 4:
        return word
    if word.endswith("aux") and not word.endswith("eaux"):
        return word[:-3] + "al"
    stem = word[:-1] if word.endswith(("s", "eaux")) and not word.endswith("ss") else word
    stem = stem.rstrip("e") if len(stem.rstrip("e")) >= 3 else stem
    return stem[:-1] + "i" if stem.endswith("y") and len(stem) > 3 else stem


@lru_cache(maxsize=4_000)
def _in_word(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LM" or sign.isdecimal()


@lru_cache(maxsize=4_000)
def _digit(sign: str) -> str:
    return str(unicodedata.decimal(sign, sign))

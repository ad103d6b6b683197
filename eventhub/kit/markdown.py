"""What people write with light marks, as safe HTML or as plain text.

SAFETY.md property 19: HTML only through markdown and nh3. No raw HTML, no images, no relative addresses.
"""

import re
from collections.abc import Iterable

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup

BLOCKS = {"p", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol"}
TAGS = BLOCKS | {"br", "hr", "em", "strong", "code", "pre", "li", "a"}
ATTRIBUTES: dict[str, set[str]] = {tag: {"dir"} for tag in BLOCKS} | {"*": set(), "a": {"href"}, "ol": {"dir", "start"}}
SCHEMES = {"http", "https", "mailto"}
GOOD_LINK = re.compile(r"(?:https?://[^/]|mailto:[^?]+$)", re.IGNORECASE)


def to_html(text: str, *, top: int = 3) -> Markup:
    """Safe HTML. The first level of headings is ``h<top>``, below the page's own; each block finds its own direction
    (``dir=auto``); links lead to http, https and mailto only and tell the other side nothing.
    """
    html = nh3.clean(
        _READER.render(text, {"shift": top - 1}),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
    return Markup(html)  # noqa: S704 (nh3 has just cleaned it)


def to_text(text: str) -> str:
    """The words without the marks, for mails and search: blocks parted by an empty line, list items by ``- ``, links
    as their text alone (SAFETY.md property 24: a person's words never become a link in a mail).
    """
    parts: list[str] = []
    lists: list[int] = []
    mark, tight, was_tight = "", False, False
    for token in _READER.parse(text):
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            was_tight = was_tight and bool(lists)
            lists.append(int(token.attrGet("start") or 1) if token.tag == "ol" else 0)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            lists.pop()
        elif token.type == "list_item_open":
            mark = f"{lists[-1]}. " if lists[-1] else "- "
            lists[-1] += 1 if lists[-1] else 0
        elif token.type == "paragraph_open":
            tight = token.hidden
        elif token.type in {"inline", "fence", "code_block"}:
            parts.append("\n" if tight and was_tight else "\n\n")
            parts.append(mark + (_words(token.children) if token.children else token.content.strip("\n")))
            mark, tight, was_tight = "", False, tight
    return "".join(parts).strip()


def _words(children: Iterable[Token]) -> str:
    parts = []
    for token in children:
        if token.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
        else:
            parts.append(token.content)
    return "".join(parts)


def _fit_in(state: StateCore) -> None:
    """Shift headings and let each block find its direction."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(max(int(token.tag[1]) + state.env.get('shift', 0), 2), 6)}"
        if token.nesting == 1 and token.tag in BLOCKS:
            token.attrSet("dir", "auto")


def _only_words(_renderer: object, tokens: list[Token], place: int, *_: object) -> str:
    """Instead of an image: its description."""
    return str(nh3.clean_text(tokens[place].content))


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False})
    reader.validateLink = lambda url: bool(GOOD_LINK.match(url))  # type: ignore[method-assign]
    reader.core.ruler.push("fit_in", _fit_in)
    reader.add_render_rule("image", _only_words)
    return reader


_READER = _reader()

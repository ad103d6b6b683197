"""Markdown: words and light marks come out, nothing that runs does."""

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.kit.markdown import ATTRIBUTES, TAGS, to_html, to_text

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "[x](//evil.example)",
    "[x](/en/sign-out)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    '[x](https://a.example "onmouseover=alert(1)")',
    '[x](https://a.example/"onmouseover="alert(1))',
    "[x]: javascript:alert(1)\n\n[x]",
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    "<!-- x --><base href=//evil.example>",
    "# <iframe src=//evil.example>",
    "<a href='https://a.example' style='x' onclick=y>z</a>",
]
PIECES = st.lists(st.one_of(st.sampled_from([*ATTACKS, "\n", "# ", "- ", "> ", "*", "[", "](", ")"]), st.text())).map(
    "".join
)


def is_harmless(text: str) -> None:
    """Parse the answer as a browser does and look at every element."""
    tree = html5lib.parseFragment(str(to_html(text)), treebuilder="etree", namespaceHTMLElements=False)
    for element in tree.iter():
        if not isinstance(element.tag, str) or element.tag == "DOCUMENT_FRAGMENT":
            continue
        assert element.tag in TAGS
        assert set(element.attrib) <= ATTRIBUTES.get(element.tag, set()) | {"rel"}
        if element.tag == "a":
            assert element.get("href", "").lower().startswith(("http://", "https://", "mailto:"))
            assert element.get("rel") == "noopener noreferrer nofollow"


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks(attack: str) -> None:
    is_harmless(attack)


@given(PIECES)
def test_nothing_that_runs_comes_out(text: str) -> None:
    is_harmless(text)


def test_html() -> None:
    assert to_html("# One\n\nA *b* **c** `d`") == (
        '<h3 dir="auto">One</h3>\n<p dir="auto">A <em>b</em> <strong>c</strong> <code>d</code></p>\n'
    )
    assert '<h6 dir="auto">' in to_html("##### Five")
    link = to_html("[UN](https://un.org/a?b=1&c)")
    assert '<a href="https://un.org/a?b=1&amp;c" rel="noopener noreferrer nofollow">UN</a>' in link
    assert "mailto:a@un.org" in to_html("[us](mailto:a@un.org)")
    assert "https://un.org" in to_html("https://un.org")
    assert "<a" not in to_html("https://un.org")
    assert to_html("![A <map>](https://x.example/y.png)") == '<p dir="auto">A &lt;map&gt;</p>\n'
    assert '<ol start="3" dir="auto">' in to_html("3. c\n4. d")


def test_text() -> None:
    text = "# Title\n\nOne *two*\nthree [four](https://x.example)\n\n- a\n- b\n\n3. c\n4. d\n\n> e\n\n```\nf\n```\n"
    assert to_text(text) == "Title\n\nOne two\nthree four\n\n- a\n- b\n\n3. c\n4. d\n\ne\n\nf"
    assert to_text("") == ""
    assert to_text("![A map](https://x.example/y.png)") == "A map"

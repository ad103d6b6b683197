"""Forms as a browser reads them off a page that is known to be valid: html5lib takes twenty times as long."""

from html.parser import HTMLParser
from xml.etree.ElementTree import Element, SubElement

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])


class _Reader(HTMLParser):
    """Elements with their attributes and what stands in them. One whose end is left out holds what follows it: that
    moves nothing from one form to another, since a form has its end.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("page")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: dict[str, str] = {}
        for name, value in attrs:
            given.setdefault(name, value or "")
        made = SubElement(self._open[-1], tag, given)
        if tag not in VOID:
            self._open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A sign at the end of a tag says nothing in HTML, but in drawings it does: neither holds a field."""
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self._open) - 1, 0, -1):
            if self._open[place].tag == tag:
                del self._open[place:]
                return

    def handle_data(self, data: str) -> None:
        here = self._open[-1]
        if len(here) == 0:
            here.text = (here.text or "") + data


def post_forms(page: str) -> list[Element]:
    """All forms that are sent by POST, in their order."""
    reader = _Reader()
    reader.feed(page.replace("\r\n", "\n").replace("\r", "\n"))
    reader.close()
    forms = [form for form in reader.root.iter("form") if form.get("method", "").lower() == "post"]
    for form in forms:
        for area in form.iter("textarea"):
            area.text = (area.text or "").removeprefix("\n")  # as HTML has it
    return forms

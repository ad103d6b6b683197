"""What the tests of the console share: forms filled in as a browser would."""

from typing import Any

import html5lib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.forms import post_forms


def fields_of(page: TestResponse, number: int = 0, *, action: str | None = None) -> dict[str, Any]:
    """All values of a page's post form, as a browser would send them untouched."""
    forms = post_forms(page.get_data(as_text=True))
    if action is not None:
        forms = [form for form in forms if form.get("action", "").endswith(action)]
    elif number == 0:
        forms = [form for form in forms if not form.get("action")]
    values: dict[str, Any] = {}
    for part in forms[number].iter():
        name, kind = part.get("name"), part.get("type", "text")
        if not name or (kind in {"checkbox", "radio"} and part.get("checked") is None) or kind in {"file", "submit"}:
            continue
        if part.tag == "input":
            values.setdefault(name, []).append(part.get("value", "on" if kind == "checkbox" else ""))
        elif part.tag == "textarea":
            values.setdefault(name, []).append((part.text or "").removeprefix("\n"))
        elif part.tag == "select":
            options = list(part.iter("option"))
            chosen = [one for one in options if one.get("selected") is not None] or options[:1]
            values.setdefault(name, []).append(chosen[0].get("value", ""))
    return values


def send(client: FlaskClient, url: str, *, at: str | None = None, **changes: Any) -> TestResponse:
    """Open a page, change some answers of its form, send it. ``__`` in a name stands for a hyphen."""
    page = client.get(at or url)
    assert page.status_code == 200, page.status_code
    values = fields_of(page, action=url.partition("?")[0] if at else None)
    for name, value in changes.items():
        values[name.replace("__", "-")] = value
    return client.post(url, data={name: value for name, value in values.items() if value is not None})


def text_of(page: TestResponse) -> str:
    """The words of a page."""
    tree = html5lib.parse(page.get_data(as_text=True), namespaceHTMLElements=False)
    return " ".join("".join(tree.find("body").itertext()).split())


def error_at(page: TestResponse, field: str) -> str:
    """The error that stands at a field; empty when there is none."""
    tree = html5lib.parse(page.get_data(as_text=True), namespaceHTMLElements=False)
    found = next((part for part in tree.iter() if part.get("id") == f"{field}-e"), None)
    return "" if found is None else "".join(found.itertext())


def summary_of(page: TestResponse, field: str) -> str:
    """What the list above the form says of a field; empty when it is not on it."""
    tree = html5lib.parse(page.get_data(as_text=True), namespaceHTMLElements=False)
    found = next((part for part in tree.iter("a") if part.get("href") == f"#{field}"), None)
    return "" if found is None else "".join(found.itertext())

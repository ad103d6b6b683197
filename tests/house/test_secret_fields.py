"""No form keeps a secret: fields for codes are of one class, and their names are those that kept posts leave out."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from wtforms import PasswordField
from wtforms.fields.core import UnboundField

from eventhub.funding.call_forms import FactsForm, NewCallForm
from eventhub.kit.forms import Form, SecretField, is_secret_name
from eventhub.programme.forms import CopyForm, EventForm, NewEventForm

ROOT = Path(__file__).parent.parent.parent
PLAIN = {(form, "code") for form in (EventForm, NewEventForm, CopyForm, FactsForm, NewCallForm)}
"""The code of an event or a call, which stands in every reference number."""
PLAIN_VIEWS = {
    *("programme_console.event_new", "programme_console.event_facts", "programme_console.event_copy"),
    *("funding_console.call_new", "funding_console.call_facts"),
}


def fields() -> list[tuple[type[Form], str, Any]]:
    """Every field of every form of the house; forms that tests made are not among them."""
    for module in sorted((ROOT / "eventhub").rglob("*forms.py")):
        import_module(".".join(module.relative_to(ROOT).with_suffix("").parts))
    found, waiting = [], [Form]
    while waiting:
        form = waiting.pop()
        waiting += [heir for heir in form.__subclasses__() if heir.__module__.startswith("eventhub.")]
        for name in dir(form):
            given = getattr(form, name)
            if isinstance(given, UnboundField):
                found.append((form, given.name or name, given))
    return found


def test_every_field_for_a_secret_is_one_that_is_not_kept() -> None:
    wrong, secrets = [], 0
    for form, name, field in fields():
        is_secret = issubclass(field.field_class, SecretField)
        completed = str((field.kwargs.get("render_kw") or {}).get("autocomplete", ""))
        asks = issubclass(field.field_class, PasswordField) or completed in {"one-time-code", "current-password"}
        secrets += is_secret
        if is_secret != is_secret_name(name) and (form, name) not in PLAIN:
            wrong.append((form.__name__, name))
        if asks and not is_secret:
            wrong.append((form.__name__, name))
    assert wrong == []
    assert secrets >= 5


def test_a_secret_under_another_name_is_refused(app: Flask) -> None:
    class Odd(Form):
        """A field that kept posts would take for an ordinary one."""

        answer = SecretField("Answer")

    with app.test_request_context(), pytest.raises(ValueError, match="secret field"):
        Odd(meta={"csrf": False})


@pytest.mark.parametrize(
    ("name", "secret"), [("code", True), ("part-code", True), ("recovery_code", True), ("postal_code", False)]
)
def test_names(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret


def test_only_pages_of_events_and_calls_keep_a_code(app: Flask) -> None:
    marked = {name for name, view in app.view_functions.items() if getattr(view, "plain_code", False)}
    assert marked == PLAIN_VIEWS

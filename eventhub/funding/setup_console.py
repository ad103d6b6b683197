"""What the pages of one call in the console share: who comes in, tabs, what differs from what a colleague saved."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from eventhub.funding import access, call_shown, rule_words
from eventhub.funding import call_queries as queries
from eventhub.funding.call_queries import TEXTS, Standing
from eventhub.funding.models import Call, Stand
from eventhub.funding.rule_forms import PAGES
from eventhub.funding.rules import to_json
from eventhub.kit.access import actor
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.people.access import Scope

Result = TypeVar("Result")


def seen(slug: str) -> Call:
    """A call in somebody's list. Raises NotFound."""
    return queries.call_seen(actor().grants, slug)


def to_run(slug: str) -> Call:
    """A call whose officer the visitor is. Raises NotFound."""
    return queries.call_to_run(actor().grants, slug)


def scope(call: Call) -> Scope:
    """The call as a scope of roles. Its event is loaded."""
    return access.scope_of(call, call.event.series_id if call.event else None)


def sent(form: Form, action: Callable[[], Result]) -> Result | None:
    """Call the action when the form was sent and holds; None when the form must be shown (again)."""
    return submit(form, action) if form.validate_on_submit() else None


def page(name: str, call: Call, *, here: str, form: Form | None = None, **context: Any) -> ResponseReturnValue:
    """A page of one call's console, with its tabs."""
    text = render_template(
        f"funding/console/{name}.html",
        call=call,
        form=form,
        here=here,
        tabs=_tabs(call, here),
        title=call_shown.title_of(call, g.lang),
        stand=(call_shown.STANDS[call.stand], call_shown.STAND_TAGS[call.stand]),
        kind=call_shown.KINDS[call.kind],
        button_form=lambda: ActionForm(formdata=None),
        **context,
    )
    return text, form.status if form else 200


def whole(known: Standing) -> dict[str, Any]:
    """Rules and words of a call together, as changes are told."""
    return to_json(known.rules) | known.texts


def differing(call: Call, old: dict[str, Any], new: dict[str, Any]) -> list[rule_words.Change]:
    """What differs between two states of a call, in the language of the page."""
    return rule_words.changes(old, new, currency=call.currency, lang=g.lang, original=call.original_language)


def current_of(known: Standing) -> dict[str, Any]:
    """The rules that hold, with their words."""
    return known.current.rules | known.current.texts if known.current else {}


def _tabs(call: Call, here: str) -> list[dict[str, Any]]:
    grants = actor().grants
    links: list[tuple[Any, str, str]] = [(gettext("Overview"), ".call", "")]
    if access.runs(grants, scope(call)):
        if call.stand is Stand.DRAFT:
            links.append((gettext("Facts"), ".call_facts", ""))
        if call.stand in {Stand.DRAFT, Stand.OPEN}:
            links.append((gettext("Texts"), ".call_words", ""))
            links += [(one.label, ".call_rules", one.name) for one in PAGES]
    if call.stand is Stand.OPEN and access.may_agree(grants, scope(call)):
        links.append((gettext("Changes of the rules"), ".call_change", ""))
    tabs = []
    for label, endpoint, part in links:
        if f"funding_console{endpoint}" not in current_app.view_functions:
            continue
        values: dict[str, Any] = {"part": part} if part else {}
        tabs.append(
            {"label": label, "url": url_for(endpoint, slug=call.slug, **values), "current": here == (part or endpoint)}
        )
    return tabs


__all__ = ["TEXTS", "current_of", "differing", "page", "scope", "seen", "sent", "to_run", "whole"]

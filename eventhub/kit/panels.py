"""Places on a page that features further up fill: a lower feature's page never imports a higher one.

``app.py`` registers providers; the page asks for its panels and includes each one's template.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app


@dataclass(frozen=True)
class Panel:
    """A part of a page: its template sees ``panel.context`` as ``it``."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)


Provider = Callable[[Any], Panel | None]


def fill(app: Flask, place: str, provider: Provider) -> None:
    """Let ``provider`` fill a place; providers speak in the order in which they were registered."""
    app.extensions.setdefault("eventhub.panels", {}).setdefault(place, []).append(provider)


def panels(place: str, thing: Any = None) -> list[Panel]:
    """What the features further up have to say at this place about this thing."""
    providers: list[Provider] = current_app.extensions.get("eventhub.panels", {}).get(place, [])
    return [panel for provider in providers if (panel := provider(thing)) is not None]


def gathered(place: str, thing: Any, found: dict[str, Any]) -> dict[str, Any]:
    """What a feature knows about a thing, with what those further up add at this place."""
    for panel in panels(place, thing):
        found = found | panel.context
    return found

"""Who may use a route: every view says so, there is no default.

A view is marked with one of the decorators below; ``check_every_route`` refuses to start an app with an unmarked
one. Guards run inside the unit of work and before anything is loaded, so that the answer to a stranger is the same
whether a thing exists or not. What depends on the object (in scope or not) is the feature's own ``access.py``.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from flask import Flask, current_app, flash, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from eventhub.kit.errors import NotFound

View = TypeVar("View", bound=Callable[..., Any])
Guard = Callable[[], Response | None]


class Actor(Protocol):
    """The signed-in person, as far as the kit needs to know."""

    id: Any
    language: str
    time_zone: str
    discreet: bool
    is_authenticated: bool

    def has_second_factor(self) -> bool:
        """Whether this session gave the second factor."""

    def is_staff(self) -> bool:
        """Whether the person holds any role."""

    def is_half_signed_in(self) -> bool:
        """Whether staff have still to give the second factor."""


class PostKeeper(Protocol):
    """Keeps what was typed when the session had ended (people/kept_posts.py); found in ``app.extensions``."""

    def keep(self, path: str) -> bool:
        """Keep the form of this request for the page at this path; whether nothing that was typed is lost."""

    def given_back(self) -> Any:
        """What was typed into the form of this page before, or None."""

    def forget(self, path: str) -> None:
        """The form of the page at this path was sent again."""


def public(view: View) -> View:
    """Anyone; the same for all: touches no session, sets no cookie, may be cached by anyone."""
    return _mark(view, "public")


def anyone(view: View) -> View:
    """Anyone, signed in or not, but with a session (sign-in and the like): never cached."""
    return _mark(view, "anyone")


def by_token(view: View) -> View:
    """Whoever holds the secret in the address, which the view itself checks. No session, no cookie."""
    return _mark(view, "by_token")


def personal(view: View) -> View:
    """The signed-in person, for what is the person's own."""
    return _mark(view, "personal")


def staff(view: View) -> View:
    """A signed-in person with a role and a second factor given; the view then asks the feature's access.py."""
    return _mark(view, "staff")


def demo_only(view: View) -> View:
    """Anyone, in the demo alone: in production the route does not exist."""
    return _mark(view, "demo_only")


def machine(view: View) -> View:
    """Health checks and metrics, for the machines around the app."""
    return _mark(view, "machine")


def actor() -> Any:
    """The signed-in person. Only for views behind ``personal`` or ``staff``."""
    return current_user._get_current_object()


def guard(access: str) -> Response | None:
    """Let the request pass (None), send it to sign-in, or say that nothing is here."""
    if access in {"public", "by_token", "anyone", "machine", "demo_only"}:
        return None
    target, keeper = next_target(), post_keeper()
    if not current_user.is_authenticated:
        if request.method == "POST" and target and keeper and not keeper.keep(target):
            _say_lost()
        return redirect(url_for("people.sign_in", next=target), 303)
    if current_user.is_half_signed_in():
        return redirect(url_for("people.second_factor", next=target), 303)
    if request.method == "POST" and keeper:
        keeper.forget(target or request.path)
    if access == "staff":
        if not current_user.is_staff():
            raise NotFound
        if not current_user.has_second_factor():
            return redirect(url_for("people.second_factor", next=target), 303)
    return None


def _say_lost() -> None:
    lost = _("You are not signed in any more, so this was not saved: what you typed is not kept.")
    # Once, however often a page that stayed open saves by itself.
    if ("warn", lost) not in map(tuple, session.get("_flashes", ())):
        flash(lost, "warn")


def post_keeper() -> PostKeeper | None:
    """Who keeps what was typed, if the app has somebody for it."""
    keeper: PostKeeper | None = current_app.extensions.get("eventhub.post_keeper")
    return keeper


def next_target() -> str | None:
    """Where to go on after sign-in: the page itself, or the page a form came from when that is one of ours."""
    if request.method in {"GET", "HEAD"}:
        return str(request.full_path.rstrip("?"))
    if "GET" in (request.url_rule.methods or set() if request.url_rule else set()):
        return str(request.path)
    page = getattr(current_app.view_functions[request.endpoint or ""], "form_page", None)
    return url_for(page, **(request.view_args or {})) if page else None


def stands_on(page: str) -> Callable[[View], View]:
    """Mark a view that only takes a form with the page (an endpoint, with the same values in its address) that the form
    stands on: whoever has to sign in again comes back there, with what was typed.
    """

    def mark(view: View) -> View:
        view.form_page = page  # type: ignore[attr-defined]
        return view

    return mark


def plain_code(view: View) -> View:
    """Mark a view whose field ``code`` is no secret (the code of an event): it comes back after the sign-in too."""
    view.plain_code = True  # type: ignore[attr-defined]
    return view


def access_of(app: Flask, endpoint: str) -> str:
    """The mark on a view."""
    return str(getattr(app.view_functions[endpoint], "access", ""))


def check_every_route(app: Flask) -> None:
    """Refuse to start with a view that does not say who may use it."""
    unmarked = [name for name, view in app.view_functions.items() if name != "static" and not hasattr(view, "access")]
    if unmarked:
        raise RuntimeError(f"these views do not say who may use them: {', '.join(sorted(unmarked))}")


class PersonalSessions(SecureCookieSessionInterface):
    """Sessions in a cookie, but for pages that are the same for everybody: those neither set nor depend on one."""

    def save_session(self, app: Flask, session: SessionMixin, response: Any) -> None:
        """Flask takes a session for used when an extension looks at it, and would answer ``Vary: Cookie``."""
        if g.get("access") not in {"public", "by_token"}:
            super().save_session(app, session, response)


def keep_sessions_off_public_pages(app: Flask) -> None:
    """A public page that changed the session would want a cookie: a bug that tests must see."""
    app.session_interface = PersonalSessions()

    @app.after_request
    def forget(response: Response) -> Response:
        mark = getattr(g, "access", "")
        if mark in {"public", "by_token"} and session.modified:
            raise RuntimeError("a public page changed the session")
        return response


def _mark(view: View, access: str) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view

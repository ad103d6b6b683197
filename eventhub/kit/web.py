"""What every request passes through: language prefix, guard, unit of work, form key, headers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, current_app, g, get_flashed_messages, make_response, request, session, url_for
from flask_babel import Babel
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as NoSuchAddress
from werkzeug.routing import BaseConverter, BuildError
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as BaseResponse

from eventhub.kit.access import access_of, guard
from eventhub.kit.config import Settings
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.form_keys import OtherContent, answered, remember
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, LOCALES, direction, remember_words

SAFE = {"GET", "HEAD", "OPTIONS"}
REDIRECTS = {302, 303}
CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


class NotProtected(RuntimeError):
    """A view wrote something without looking at the CSRF token: a bug."""


class LanguageConverter(BaseConverter):
    """The first part of every page's address: one of the six languages."""

    regex = "|".join(LANGUAGES)
    part_isolating = True


@dataclass(frozen=True)
class Link:
    """A place to go, as navigation shows it."""

    label: Any
    url: str
    current: bool = False


@dataclass(frozen=True)
class LanguageLink:
    """The same page in another language."""

    code: str
    name: str
    url: str
    current: bool


def init_web(app: Flask, settings: Settings) -> None:
    """Language prefix, headers and context for templates."""
    app.url_map.converters["lang"] = LanguageConverter
    Babel(app, locale_selector=lambda: LOCALES.get(getattr(g, "lang", "en")), default_locale="en")
    remember_words(app.jinja_env)

    @app.url_value_preprocessor
    def pull_language(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.lang = (values or {}).pop("lang", None) or language_of_path(request.path)
        if "\x00" in request.path:  # PostgreSQL holds no NUL: nothing has such an address
            raise NotFound

    @app.before_request
    def lead_to_a_language() -> BaseResponse | None:
        """An address typed without a language, such as /funds, leads to the reader's own."""
        unknown = isinstance(request.routing_exception, NoSuchAddress) and request.method in {"GET", "HEAD"}
        if not unknown or request.path[1:].partition("/")[0] in LANGUAGES:
            return None
        target = local_target(f"/{g.lang}{request.full_path.rstrip('?')}")
        if target is None:
            return None
        response = redirect(target, 302)
        response.headers["Vary"] = "Accept-Language"
        return response

    @app.url_defaults
    def add_language(endpoint: str, values: dict[str, Any]) -> None:
        if "lang" not in values and app.url_map.is_endpoint_expecting(endpoint, "lang"):
            values["lang"] = getattr(g, "lang", "en")

    @app.after_request
    def protect(response: Response) -> Response:
        return _headers(response, settings)

    app.context_processor(_context)


def wrap_views(app: Flask) -> None:
    """Put every view inside its guard and its unit of work. Called once, when all views are there."""
    app.view_functions = {
        name: view if name == "static" else _in_unit_of_work(view, access_of(app, name))
        for name, view in app.view_functions.items()
    }


def language_of_path(path: str) -> str:
    """The language an address begins with, else the best one the reader's browser asks for."""
    first = path[1:].partition("/")[0]
    return first if first in LANGUAGES else best_language()


def best_language() -> str:
    """What the browser asks for, among the six; English otherwise."""
    return request.accept_languages.best_match(LANGUAGES, default="en") or "en"


def local_target(target: str | None) -> str | None:
    """``next`` when it resolves to a GET route of ours, else None (SAFETY.md property 12).

    The address is matched against the routes and built anew; it is never a cut string.
    """
    if not target or len(target) > 500 or not target.isprintable():
        return None
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or "\\" in target:
        return None
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return None
    try:
        endpoint, values = adapter.match(parts.path, method="GET")
        built: str = adapter.build(endpoint, values)
    except (HTTPException, BuildError):
        return None
    return f"{built}?{parts.query}" if parts.query else built


def absolute(endpoint: str, *, neutral: bool = False, **values: Any) -> str:
    """An address for mails, from the configured origin, never from the request's Host."""
    settings: Settings = current_app.extensions["eventhub.settings"]
    origin = settings.neutral_origin if neutral else settings.origin
    with current_app.test_request_context(base_url=origin):
        path = url_for(endpoint, _external=False, **values)
    return origin + path


def flash_context() -> list[tuple[str, str]]:
    """Messages for the top of the next page: (kind, text). A page that is the same for everybody has none: asking
    would open the session, and what one person was told would be kept for all.
    """
    if getattr(g, "access", "") in {"public", "by_token", "machine"}:
        return []
    said = cast(list[tuple[str, str]], get_flashed_messages(with_categories=True))
    return list(said)


def language_links() -> list[LanguageLink]:
    """This page in the six languages; the home page where this one cannot be built."""
    links = []
    for code in LANGUAGES:
        try:
            if request.endpoint is None or request.url_rule is None or "GET" not in (request.url_rule.methods or ()):
                raise BuildError("", {}, None)
            url = url_for(request.endpoint, **dict(request.view_args or {}) | {"lang": code})
            # What stands behind the question mark is anybody's: given to url_for it could name a scheme of its own.
            asked = urlencode([pair for pair in request.args.items(multi=True) if pair[0] != "lang"], errors="replace")
            url += f"{'&' if '?' in url else '?'}{asked}" if asked else ""
        except BuildError:
            url = f"/{code}/"
        links.append(LanguageLink(code, AUTONYMS[code], url, code == g.lang))
    return links


def _in_unit_of_work(view: Callable[..., Any], access: str) -> Callable[..., Any]:
    """Returning commits, raising rolls back, reading never writes."""

    @wraps(view)
    def wrapped(**values: Any) -> Any:
        g.access = access
        reading = request.method in SAFE
        with unit_of_work(read_only=reading):
            refused = guard(access)
            if refused is not None:
                return refused
            # Kept now, while the person is loaded: an error page must not need a database that may just have gone.
            g.exit_url = _exit_url(access)
            answer = view(**values) if reading else _writing(view, values, access)
        for note in g.pop("readings", ()):
            with unit_of_work():
                note()
        return answer

    return wrapped


def write_down(note: Callable[[], object]) -> None:
    """Leave a record of what this answer lets somebody read (SAFETY.md property 5), in a unit of work of its own once
    the page is made and before it is sent: when the record cannot be written, nothing is shown. It stays when a form
    is refused or was answered before. ``note`` takes ids along, no models. For the record alone: a GET changes nothing
    else.
    """
    g.setdefault("readings", []).append(note)


def _writing(view: Callable[..., Any], values: dict[str, Any], access: str) -> Response:
    """Do what a form asks, once: a repeat of a form that was done is undone and answered like the first."""
    is_personal = access not in {"public", "by_token"}
    owner = str(session.get("_user_id") or "") if is_personal else ""
    before = dict(session) if is_personal else None
    try:
        response = make_response(view(**values))
        if _is_unprotected(access, response):
            return _undone(before, answered(owner) or response)
        db.session.flush()
    except (DomainError, IntegrityError, StaleDataError):
        db.session.rollback()
        again = answered(owner)
        if again is None:
            raise
        return make_response(again)
    if response.status_code in REDIRECTS:
        return response if remember(owner, response.location) else _repeated(before, owner, response)
    if response.status_code >= 400 and (again := _answered_alike(owner)) is not None:
        return _undone(before, again)
    return response


def _is_unprotected(access: str, response: Response) -> bool:
    """Whether a view led on before it looked at the CSRF token, as the sign-in page does when somebody has signed in
    meanwhile. Raises NotProtected where it wrote something or has more to say: that is a bug.
    """
    if access not in {"personal", "staff", "anyone"} or g.get("csrf_checked") or response.status_code >= 400:
        return False
    if response.status_code not in REDIRECTS or db.session.new or db.session.deleted:
        raise NotProtected(request.endpoint)
    return True


def _repeated(before: dict[str, Any] | None, owner: str, response: Response) -> Response:
    _undone(before, response)
    return make_response(answered(owner) or response)


def _answered_alike(owner: str) -> Any:
    """What the same form was answered before. Under another form's key what the view noted must stay: a wrong code
    counts as a try, or keys used twice would buy as many as one likes.
    """
    try:
        return answered(owner)
    except OtherContent:
        return None


def _undone(before: dict[str, Any] | None, response: Any) -> Response:
    """Nothing that the view did stays, in the database or in the cookie: a cookie would tell that a code was right.

    But for what it said: that stands for what the first one did. And with ``g.cookie_stands`` the view has found the
    session that the first one made: the browser may never have seen the first answer.
    """
    db.session.rollback()
    if before is not None and dict(session) != before and not g.get("cookie_stands"):
        said = {"_flashes": session["_flashes"]} if "_flashes" in session else {}
        session.clear()
        session.update(before | said)
    return make_response(response)


def _headers(response: Response, settings: Settings) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CSP)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin" if getattr(g, "access", "") == "public" else "no-referrer")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=(), browsing-topics=()")
    if settings.secure_cookies:
        headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    return response


def _context() -> dict[str, Any]:
    lang = getattr(g, "lang", "en")
    return {
        "lang": lang,
        "direction": direction(lang),
        "languages": language_links() if request else [],
        "flashes": flash_context,
        "exit_url": g.get("exit_url"),
        "scripts": [],
        "path": request.path if request else "/",
    }


def _exit_url(access: str) -> str | None:
    """Discreet people get a way out first in tab order, on pages that are theirs."""
    if access not in {"personal", "staff", "anyone"}:
        return None
    return "https://www.wikipedia.org/" if current_user.is_authenticated and current_user.discreet else None


def back_to(endpoint: str, **values: Any) -> Response:
    """See other: where a form that worked leads."""
    return make_response(redirect(url_for(endpoint, **values), 303))

"""Errors a person can act on, and the pages that show them."""

from typing import Any, TypeVar

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from flask.globals import request_ctx
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

log = structlog.get_logger()
Thing = TypeVar("Thing")

CONSTRAINTS: dict[str, "DomainError"] = {}
"""Names of database constraints and the domain error each one means."""


class DomainError(Exception):
    """An expected error: its message is shown to the person, in the person's language.

    ``message`` is a lazy translation; ``field`` names the form field it belongs to, if any.
    """

    status = 409
    message: Any = _l("This is not possible now.")
    field: str | None = None

    def __init__(self, message: Any = None, *, field: str | None = None) -> None:
        super().__init__(type(self).__name__)
        self.message = message if message is not None else type(self).message
        self.field = field if field is not None else type(self).field


class NotFound(DomainError):
    """There is no such thing, or it is not yours to see: the two are never told apart."""

    status = 404
    message = _l("We cannot find this page")


class Forbidden(DomainError):
    """Signed in, but this action is not yours; only for things the person may know of."""

    status = 403
    message = _l("You may not do this")


class Stale(DomainError):
    """Somebody changed the record since the page was opened."""

    message = _l("Somebody else changed this while you were looking at it. Look again before you decide.")


class TooMany(DomainError):
    """A limit on repeated tries was reached."""

    status = 429
    message = _l("Too many tries. Wait a few minutes and try again.")


def or_not_found(thing: Thing | None) -> Thing:
    """The thing that was looked for. Raises NotFound where there is none."""
    if thing is None:
        raise NotFound
    return thing


def means(constraint: str, error: DomainError) -> None:
    """Say which domain error a named database constraint stands for."""
    CONSTRAINTS[constraint] = error


def domain_error_of(error: IntegrityError) -> DomainError | None:
    """The domain error that a broken constraint means, or None when it is a bug."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return CONSTRAINTS.get(name or "")


def register_error_pages(app: Flask) -> None:  # noqa: C901 (one handler after the other)
    """One handler for expected errors, one for HTTP errors, one for what must not happen."""

    @app.errorhandler(DomainError)
    def expected(error: DomainError) -> Response:
        return error_page(error.status, error.message)

    @app.errorhandler(StaleDataError)
    def stale(_error: StaleDataError) -> Response:
        return error_page(Stale.status, Stale.message)

    @app.errorhandler(IntegrityError)
    def broken_rule(error: IntegrityError) -> Response:
        known = domain_error_of(error)
        if known is None:
            return unexpected(error)
        return error_page(known.status, known.message)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.response is not None:
            return make_response(error.response)
        response = error_page(error.code or 500, None)
        for name in ("Allow", "Retry-After"):
            if value := dict(error.get_headers()).get(name):
                response.headers[name] = value
        return response

    @app.errorhandler(OperationalError)
    @app.errorhandler(PoolTimeout)
    def out_of_order(error: Exception) -> Response:
        # The five signs of the SQL standard tell a server that is gone from one without room; the message may quote.
        state = getattr(getattr(error, "orig", None), "sqlstate", None)
        log.error("database.unavailable", error=type(error).__name__, sqlstate=state, path=request.endpoint)
        response = error_page(503, None)
        response.headers["Retry-After"] = "10"
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        if app.config.get("PROPAGATE_BUGS"):
            raise error
        text = error.orig.__class__.__name__ if isinstance(error, DBAPIError) else None
        # The message of an exception may hold a name or an address: its kind and place are enough.
        log.error("bug", error=type(error).__name__, cause=text, endpoint=request.endpoint, where=_place(error))
        return error_page(500, None)


def error_page(status: int, message: Any) -> Response:
    """The page for an error, or plain text for machines."""
    known = {400, 403, 404, 409, 410, 413, 422, 429, 500, 503}
    if not hasattr(g, "lang"):
        g.lang = "en"
    name = status if status in known else (404 if status == 405 else 500 if status >= 500 else 400)
    page = render_template(f"errors/{name}.html", message=message, status=status, retry_url=_same_page(status))
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _same_page(status: int) -> str | None:
    """Where to try again: the form that was sent, if its address can be opened, or the page that did not come."""
    if request.method == "POST":
        adapter = request_ctx.url_adapter
        return request.path if adapter and adapter.test(request.path, "GET") else None
    return request.path if status in {429, 500, 503} else None


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else "?"

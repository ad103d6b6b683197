"""Addresses for the machines around the app: alive, ready, numbers."""

from time import perf_counter

from flask import Blueprint, Flask, Response, g, jsonify, request

from eventhub.kit import health
from eventhub.kit.access import machine

bp = Blueprint("probes", __name__)


@bp.get("/healthz")
@machine
def healthz() -> Response:
    """This process answers."""
    return Response("ok\n" if health.alive() else "not alive\n", content_type="text/plain; charset=utf-8")


@bp.get("/readyz")
@machine
def readyz() -> tuple[Response, int]:
    """Whether a load balancer may send people here, and what is missing by name."""
    found = health.ready()
    return jsonify(found), 200 if health.can_serve(found) else 503


@bp.get("/metrics")
@machine
def metrics() -> Response:
    """Numbers for Prometheus; keep this address inside your network."""
    body, content_type = health.metrics()
    return Response(body, content_type=content_type)


def init_probes(app: Flask) -> None:
    """Serve the probes and time every request."""
    app.register_blueprint(bp)

    @app.before_request
    def begin() -> None:
        g.begun = perf_counter()

    @app.after_request
    def observe(response: Response) -> Response:
        health.observe(request.endpoint, request.method, response.status_code, perf_counter() - g.get("begun", 0.0))
        return response

"""Addresses for the machines around the app: alive, ready, numbers."""

import hmac
from ipaddress import IPv6Address, ip_address
from time import perf_counter

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request

from eventhub.kit import health
from eventhub.kit.access import machine
from eventhub.kit.errors import NotFound

bp = Blueprint("probes", __name__)

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
"""What a proxy adds: behind one on this machine everybody's peer is the machine itself."""


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
    """Numbers for Prometheus, for whoever knows METRICS_TOKEN or asks from this machine itself. They tell how many use
    which page: for anybody else the address leads nowhere.
    """
    if not (_knows_token() or _is_from_here()):
        raise NotFound
    body, content_type = health.metrics()
    return Response(body, content_type=content_type)


def _knows_token() -> bool:
    token: str = current_app.extensions["eventhub.settings"].metrics_token
    sent = request.headers.get("Authorization", "").encode()
    return bool(token) and hmac.compare_digest(sent, f"Bearer {token}".encode())


def _is_from_here() -> bool:
    """Whether the other end of the socket is this machine, and no proxy speaks for somebody else."""
    if any(name in request.headers for name in FORWARDED):
        return False
    # What a trusted proxy said has replaced the address: the socket's own is kept beside it.
    original = request.environ.get("werkzeug.proxy_fix.orig", request.environ)
    try:
        peer = ip_address(original.get("REMOTE_ADDR") or "")
    except ValueError:
        return False
    return ((isinstance(peer, IPv6Address) and peer.ipv4_mapped) or peer).is_loopback


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

"""Compose the application: the only module that knows every feature."""

import hashlib
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from eventhub.calendars import models as calendars_models
from eventhub.demo import views as demo_views
from eventhub.kit import audit, codes, files, form_keys, i18n, logs, mail, outbox, revisions, sealed, slots
from eventhub.kit.access import check_every_route, keep_sessions_off_public_pages
from eventhub.kit.assets import init_assets
from eventhub.kit.config import Settings, load_settings
from eventhub.kit.db import db, engine_options
from eventhub.kit.errors import register_error_pages
from eventhub.kit.i18n import compile_catalogues
from eventhub.kit.limits import connect
from eventhub.kit.pages import MEMO, PageStore
from eventhub.kit.panels import Provider, fill
from eventhub.kit.probes import init_probes
from eventhub.kit.sealed import read_masters
from eventhub.kit.web import init_web, wrap_views
from eventhub.people.sessions import init_sessions
from eventhub.registration import models as registration_models

ROOT = Path(__file__).parent.parent
MAX_UPLOAD = 12_000_000


BLUEPRINTS: tuple[Blueprint, ...] = ()
"""Pages for people: their addresses begin with a language."""

MACHINE_BLUEPRINTS: tuple[Blueprint, ...] = ()
"""Feeds, files and health checks: one address for all languages."""

PANELS: tuple[tuple[str, Provider], ...] = ()
"""Which feature fills which place on a page of a feature further down."""

WORDS = {
    "country_name": codes.country_name,
    "in_language": i18n.in_language,
    "label": codes.label,
    "language_name": codes.language_name,
    "show_date": i18n.show_date,
    "show_days": i18n.show_days,
    "show_moment": i18n.show_moment,
    "show_number": i18n.show_number,
    "show_size": i18n.show_size,
    "show_time": i18n.show_time,
    "zone_city": i18n.zone_city,
}
"""Functions every template may call."""


def create_app(settings: Settings | None = None, **config: Any) -> Flask:
    """The application, ready to serve. Raises SettingsWrong when the environment does not hold."""
    settings = settings or load_settings()
    logs.configure(settings.log_level, production=settings.is_production)
    if not settings.is_production:
        compile_catalogues()
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=None)
    app.config.update(_config(settings) | config)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    _extensions(app, settings)
    init_web(app, settings)
    init_sessions(app)
    init_assets(app)
    register_error_pages(app)
    keep_sessions_off_public_pages(app)
    _features(app, settings)
    check_every_route(app)
    wrap_views(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def _features(app: Flask, settings: Settings) -> None:
    init_probes(app)
    if not settings.is_production:
        app.register_blueprint(demo_views.bp)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint, url_prefix="/<lang:lang>")
    for blueprint in MACHINE_BLUEPRINTS:
        app.register_blueprint(blueprint)
    for place, provider in PANELS:
        fill(app, place, provider)
    app.jinja_env.globals.update(WORDS)


def _config(settings: Settings) -> dict[str, Any]:
    secure = settings.secure_cookies
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.process_name),
        "SESSION_COOKIE_NAME": "__Host-session" if secure else "session",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": 60 * 60 * 24 * 30,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_CHECK_DEFAULT": False,
        "MAX_CONTENT_LENGTH": MAX_UPLOAD,
        "MAX_FORM_MEMORY_SIZE": 2_000_000,
        "MAX_FORM_PARTS": 2_000,
        "TRUSTED_HOSTS": settings.trusted_hosts,
        "PAGE_MEMO": MEMO,
        "BABEL_TRANSLATION_DIRECTORIES": str(Path(__file__).parent / "translations"),
    }


def _extensions(app: Flask, settings: Settings) -> None:
    app.extensions["eventhub.settings"] = settings
    app.extensions["eventhub.master_keys"] = read_masters(settings.sealed_keys)
    app.extensions["eventhub.secret"] = hashlib.sha256(b"tokens\0" + settings.secret_key.encode()).digest()
    app.extensions["eventhub.redis"] = connect(settings.redis_url)
    app.extensions["eventhub.pages"] = PageStore()
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), compare_type=True)
    CSRFProtect(app)
    app.context_processor(_navigation)


def _navigation() -> dict[str, Any]:
    return {"nav": [], "footer": []}


TABLES = (audit, files, form_keys, mail, outbox, revisions, sealed, slots, calendars_models, registration_models)
"""Modules whose tables must be known before the first query or migration."""

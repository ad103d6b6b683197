"""Compose the application: the only module that knows every feature."""

import gc
import hashlib
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, current_app, g, has_request_context, request, url_for
from flask.globals import request_ctx
from flask_babel import lazy_gettext as _l
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from eventhub.arrangements import organiser_views as arrangements_console
from eventhub.arrangements import views as arrangements_pages
from eventhub.arrangements import visa_views as arrangements_visas
from eventhub.arrangements.panels import PROVIDERS as ARRANGEMENTS_PANELS
from eventhub.awards import award_views as awards_grant
from eventhub.awards import dashboard_views as awards_numbers
from eventhub.awards import line_views as awards_lines
from eventhub.awards import list_views as awards_list
from eventhub.awards import money_views as awards_money
from eventhub.awards import own_views as awards_own
from eventhub.awards import payment_views as awards_payments
from eventhub.awards import release_views as awards_release
from eventhub.awards import reserve_views as awards_reserves
from eventhub.awards import stay_views as awards_stays
from eventhub.awards import views as awards_pages
from eventhub.awards.panels import PROVIDERS as AWARDS_PANELS
from eventhub.awards.release_panels import PROVIDERS as RELEASE_PANELS
from eventhub.calendars import organiser_views as calendars_console
from eventhub.calendars import views as calendars_pages
from eventhub.calendars.panels import PROVIDERS as CALENDARS_PANELS
from eventhub.checkin import device_views as checkin_phones
from eventhub.checkin import organiser_views as checkin_console
from eventhub.checkin import room_views as checkin_rooms
from eventhub.commitments import link_views as commitments_links
from eventhub.commitments import organiser_views as commitments_records
from eventhub.commitments import room_views as commitments_rooms
from eventhub.commitments import succession_views as commitments_succession
from eventhub.commitments import views as commitments_pages
from eventhub.commitments.access import CAPTURERS
from eventhub.commitments.panels import PROVIDERS as COMMITMENTS_PANELS
from eventhub.delegations import filling_views as delegations_filling
from eventhub.delegations.console import bp as delegations_console
from eventhub.delegations.panels import PROVIDERS as DELEGATIONS_PANELS
from eventhub.demo import views as demo_views
from eventhub.evaluations import organiser_views as evaluations_console
from eventhub.evaluations import views as evaluations_pages
from eventhub.evaluations.panels import PROVIDERS as EVALUATIONS_PANELS
from eventhub.evidence import link_views as evidence_links
from eventhub.evidence import organiser_views as evidence_console
from eventhub.evidence import views as evidence_pages
from eventhub.evidence.panels import PROVIDERS as EVIDENCE_PANELS
from eventhub.funding import application_views as funding_applications
from eventhub.funding import call_number_views as funding_numbers
from eventhub.funding import call_views as funding_calls
from eventhub.funding import change_views as funding_changes
from eventhub.funding import debt_views as funding_debts
from eventhub.funding import desk_views as funding_desk
from eventhub.funding import file_paper_views as funding_papers
from eventhub.funding import own_views as funding_own
from eventhub.funding import pair_views as funding_pairs
from eventhub.funding import record_views as funding_records
from eventhub.funding import reply_views as funding_replies
from eventhub.funding import setup_views as funding_setup
from eventhub.funding import vouch_views as funding_vouching
from eventhub.funding.access import AROUND as FUND_ROLES
from eventhub.funding.call_panels import PROVIDERS as FUNDING_CALL_PANELS
from eventhub.funding.call_queries import scopes_of as scopes_of_calls
from eventhub.funding.desk_panels import PROVIDERS as FUNDING_DESK_PANELS
from eventhub.funding.own_panels import PROVIDERS as FUNDING_PANELS
from eventhub.funding.thread_views import bp as funding_thread
from eventhub.helping import filling_views as helping_pages
from eventhub.helping.organiser_views import bp as helping_console
from eventhub.helping.panels import PROVIDERS as HELPING_PANELS
from eventhub.kit import blanks, codes, i18n, logs
from eventhub.kit.access import check_every_route, keep_sessions_off_public_pages
from eventhub.kit.assets import init_assets
from eventhub.kit.config import Settings, load_settings
from eventhub.kit.db import READING, db, engine_options, reading_options
from eventhub.kit.errors import register_error_pages
from eventhub.kit.i18n import compile_catalogues
from eventhub.kit.limits import connect
from eventhub.kit.pages import MEMO, PageStore
from eventhub.kit.panels import Provider, fill
from eventhub.kit.probes import init_probes
from eventhub.kit.sealed import read_masters
from eventhub.kit.shelf import Shelf
from eventhub.kit.web import Link, init_web, wrap_views
from eventhub.mailings import log_views as mailings_log
from eventhub.mailings import organiser_views as mailings_console
from eventhub.mailings import views as mailings_pages
from eventhub.mailings.panels import PROVIDERS as MAILINGS_PANELS
from eventhub.papers.organiser_views import bp as papers_console
from eventhub.papers.panels import PROVIDERS as PAPERS_PANELS
from eventhub.papers.views import bp as papers_pages
from eventhub.people.kept_posts import PostKeeper
from eventhub.people.models import Role, RoleGrant
from eventhub.people.organisation_views import bp as people_console
from eventhub.people.passkey_views import bp as people_pages
from eventhub.people.sessions import init_sessions
from eventhub.programme import document_views as programme_documents
from eventhub.programme import event_views as programme_events
from eventhub.programme import organiser_views as programme_lists
from eventhub.programme import part_views as programme_parts
from eventhub.programme import room_views as programme_rooms
from eventhub.programme import session_views as programme_sessions
from eventhub.programme.access import ONLOOKERS
from eventhub.programme.api import bp as programme_api
from eventhub.programme.footer_pages import NAMES as FOOTER
from eventhub.programme.footer_pages import footer_title
from eventhub.programme.organiser_views import scope_choices, scope_names
from eventhub.programme.panels import PROVIDERS as PROGRAMME_PANELS
from eventhub.programme.queries import scopes_of
from eventhub.programme.views import bp as programme_pages
from eventhub.questionnaires.access import EDITORS as QUESTIONNAIRE_EDITORS
from eventhub.questionnaires.access import resolve_scopes_with
from eventhub.questionnaires.organiser_views import bp as questionnaires_console
from eventhub.registration import category_views as registration_categories
from eventhub.registration import duplicate_views as registration_duplicates
from eventhub.registration import file_views as registration_files
from eventhub.registration import guide_views as registration_guide
from eventhub.registration import list_views as registration_lists
from eventhub.registration import number_views as registration_numbers
from eventhub.registration import offer_views as registration_offers
from eventhub.registration import organiser_views as registration_desk
from eventhub.registration import paper_views as registration_papers
from eventhub.registration import prepared_views as registration_prepared
from eventhub.registration import question_views as registration_questions
from eventhub.registration import record_views as registration_records
from eventhub.registration import reuse_views as registration_reuse
from eventhub.registration import security_views as registration_security
from eventhub.registration import setup_views as registration_settings
from eventhub.registration import switch_views as registration_switch
from eventhub.registration import waiting_views as registration_line
from eventhub.registration import way_views as registration_ways
from eventhub.registration.panels import PROVIDERS as REGISTRATION_PANELS
from eventhub.reviewing import lift_views as reviewing_console
from eventhub.reviewing import views as reviewing_pages
from eventhub.reviewing.panels import PROVIDERS as REVIEWING_PANELS
from eventhub.rounds import organiser_views as rounds_console
from eventhub.rounds import overview_views as rounds_overview
from eventhub.rounds.panels import PROVIDERS as ROUNDS_PANELS
from eventhub.rounds.views import bp as rounds_pages
from eventhub.selecting import aside_views as selecting_asides
from eventhub.selecting import file_views as selecting_files
from eventhub.selecting import slate_views as selecting_slates
from eventhub.selecting import views as selecting_room
from eventhub.selecting.panels import PROVIDERS as SELECTING_PANELS
from eventhub.tables import TABLES
from eventhub.tracker import api as tracker_api
from eventhub.tracker import follow_views as tracker_follows
from eventhub.tracker import organiser_views as tracker_console
from eventhub.tracker import report_views as tracker_reports
from eventhub.tracker import views as tracker_pages
from eventhub.tracker.panels import PROVIDERS as TRACKER_PANELS

__all__ = ["TABLES", "create_app"]

ROOT = Path(__file__).parent.parent
MAX_UPLOAD = 25_000_000
"""Bytes of one request. More than any file may have, so that a photograph just as a telephone made it is refused at its
field, with everything else kept, and not by a page that knows nothing of the form."""


BLUEPRINTS: tuple[Blueprint, ...] = (
    people_pages,
    people_console,
    calendars_console.bp,
    programme_pages,
    *{
        module.bp: module
        for module in (
            programme_lists,
            programme_events,
            programme_sessions,
            programme_parts,
            programme_rooms,
            programme_documents,
        )
    },
    questionnaires_console,
    *{
        module.bp: module
        for module in (
            registration_files,
            registration_guide,
            registration_lists,
            registration_offers,
            registration_questions,
            registration_ways,
            registration_reuse,
        )
    },
    *{
        module.bp: module
        for module in (
            registration_desk,
            registration_categories,
            registration_duplicates,
            registration_numbers,
            registration_records,
            registration_papers,
            registration_security,
            registration_settings,
            registration_line,
            registration_switch,
            registration_prepared,
        )
    },
    delegations_filling.bp,
    delegations_console,
    helping_pages.bp,
    helping_console,
    *{module.bp: module for module in (awards_pages, awards_own)},
    *{
        module.bp: module
        for module in (
            *(awards_list, awards_grant, awards_lines, awards_payments),
            *(awards_money, awards_reserves, awards_stays),
        )
    },
    awards_release.bp,
    awards_numbers.bp,
    *{module.bp: module for module in (commitments_pages, commitments_links)},
    *{module.bp: module for module in (commitments_records, commitments_rooms, commitments_succession)},
    *{module.bp: module for module in (evidence_pages, evidence_links)},
    evidence_console.bp,
    *{module.bp: module for module in (tracker_pages, tracker_follows, tracker_reports)},
    tracker_console.bp,
    rounds_pages,
    *{module.bp: module for module in (rounds_console, rounds_overview)},
    evaluations_pages.bp,
    evaluations_console.bp,
    papers_pages,
    papers_console,
    *{module.bp: module for module in (checkin_console, checkin_phones, checkin_rooms)},
    *{module.bp: module for module in (arrangements_pages, arrangements_visas)},
    *{module: module for module in (arrangements_console.bp, arrangements_visas.console)},
    *{module.bp: module for module in (funding_applications, funding_calls, funding_own, funding_vouching)},
    funding_thread,
    *{
        module.bp: module
        for module in (
            funding_setup,
            funding_changes,
            funding_desk,
            funding_records,
            funding_replies,
            funding_papers,
            funding_pairs,
            funding_debts,
            funding_numbers,
        )
    },
    mailings_pages.bp,
    *{module.bp: module for module in (mailings_console, mailings_log)},
    reviewing_pages.bp,
    reviewing_console.bp,
    *{module.bp: module for module in (selecting_room, selecting_files, selecting_slates, selecting_asides)},
)
"""Pages for people: their addresses begin with a language. The desk's modules fill one blueprint."""

MACHINE_BLUEPRINTS: tuple[Blueprint, ...] = (
    programme_api,
    calendars_pages.bp,
    tracker_api.bp,
)
"""Feeds, files and health checks: one address for all languages."""

NAVIGATION = (
    ("forums", _l("Forums"), "programme.forums"),
    ("dialogues", _l("Dialogues"), "programme.dialogues"),
    ("commitments", _l("Commitments"), "commitments.index"),
    ("search", _l("Search"), "programme.search"),
    ("me", _l("My page"), "people.me"),
)
"""The masthead of public and personal pages: name (a page sets ``g.section`` to it), words, endpoint."""

CONSOLE_NAVIGATION = (
    ("today", _l("Today"), "people_console.today"),
    ("events", _l("Events"), "programme_console.events"),
    ("commitments", _l("Commitments"), "commitments_console.index"),
    ("assessments", _l("To assess"), "evidence_console.index"),
    ("funds", _l("Funds"), "funding_console.funds"),
    ("questionnaires", _l("Questionnaires"), "questionnaires_console.index"),
    ("reviews", _l("My files"), "reviewing.mine"),
    ("roles", _l("Roles"), "people_console.roles"),
    ("me", _l("My page"), "people.me"),
)
"""The masthead of staff pages."""

OPEN_TO = {
    "programme_console.events": (Role.ADMIN, *ONLOOKERS),
    "commitments_console.index": (Role.ADMIN, *CAPTURERS),
    "evidence_console.index": (Role.COMMITMENT_REVIEWER,),
    "funding_console.funds": (Role.ADMIN, *FUND_ROLES),
    "questionnaires_console.index": (Role.ADMIN, *QUESTIONNAIRE_EDITORS),
    "people_console.roles": (Role.ADMIN,),
    "reviewing.mine": (Role.FUND_REVIEWER,),
}
"""Entries of the staff masthead that lead nowhere for other roles."""

PANELS: tuple[tuple[str, Provider], ...] = (
    ("people.scopes", scope_choices),
    ("people.scope_names", scope_names),
    *PROGRAMME_PANELS,
    *REGISTRATION_PANELS,
    *DELEGATIONS_PANELS,
    *HELPING_PANELS,
    *AWARDS_PANELS,
    *RELEASE_PANELS,
    *PAPERS_PANELS,
    *ARRANGEMENTS_PANELS,
    *MAILINGS_PANELS,
    *COMMITMENTS_PANELS,
    *TRACKER_PANELS,
    *EVIDENCE_PANELS,
    *ROUNDS_PANELS,
    *EVALUATIONS_PANELS,
    *FUNDING_CALL_PANELS,
    *FUNDING_PANELS,
    *FUNDING_DESK_PANELS,
    *REVIEWING_PANELS,
    *SELECTING_PANELS,
    ("event.aside", calendars_pages.event_aside),
    ("session.actions", checkin_rooms.session_actions),
    ("session.actions", calendars_pages.session_actions),
    ("me.main", calendars_pages.me_main),
    *CALENDARS_PANELS,
    ("console.event", calendars_console.console_event),
    ("console.event", checkin_console.console_event),
    ("console.event_moving", checkin_console.moving),
    ("me.data", checkin_console.data),
)
"""Which feature fills which place on a page of a feature further down."""

WORDS = {
    "country_name": codes.country_name,
    "in_language": i18n.in_language,
    "label": codes.label,
    "language_name": codes.language_name,
    "show_date": i18n.show_date,
    "show_zone": i18n.show_zone,
    "show_days": i18n.show_days,
    "show_moment": i18n.show_moment,
    "show_span": i18n.show_span,
    "show_own": i18n.show_own,
    "said_by_clock": i18n.said_by_clock,
    "show_amount": i18n.show_amount,
    "show_money": i18n.show_money,
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
    app.wsgi_app = Shelf(app, app.wsgi_app)  # type: ignore[method-assign]
    gc.freeze()  # what is loaded stays, and need not be gone through again
    gc.enable()
    return app


def _features(app: Flask, settings: Settings) -> None:
    resolve_scopes_with("programme", scopes_of)
    resolve_scopes_with("funding", scopes_of_calls)
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
    app.jinja_env.filters["money"] = i18n.money
    app.jinja_env.filters["labelling"] = i18n.labelling


def _config(settings: Settings) -> dict[str, Any]:
    secure = settings.secure_cookies
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.process_name),
        "SQLALCHEMY_BINDS": {READING: reading_options(settings.process_name) | {"url": settings.database_url}},
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
    app.extensions[blanks.EXTENSION] = blanks.Blanks()
    app.extensions["eventhub.post_keeper"] = PostKeeper()
    db.init_app(app)
    CSRFProtect(app)
    app.context_processor(_navigation)


def _navigation() -> dict[str, Any]:
    """What stands in the masthead and the footer of every page; there is neither outside a request (mails), nor for a
    host that is not ours, where no address can be built.
    """
    if not has_request_context() or request_ctx.url_adapter is None:
        return {"nav": [], "footer": []}
    lang = g.get("lang", "en")
    entries = _staff_entries() if g.get("access") == "staff" else NAVIGATION
    section = g.get("section") or (request.endpoint or "").rpartition(".")[2]
    return {
        "nav": [
            Link(text, url_for(endpoint), current=name == section)
            for name, text, endpoint in entries
            if endpoint in current_app.view_functions
        ],
        "footer": [Link(footer_title(name, lang), url_for("programme.page", name=name)) for name in FOOTER],
        "home_url": url_for("programme.home"),
        "search_url": url_for("programme.search"),
        "help_url": url_for("programme.page", name="help"),
        "me_url": url_for("people.me"),
        "origin": current_app.extensions["eventhub.settings"].origin,
    }


def _staff_entries() -> tuple[tuple[str, Any, str], ...]:
    # The roles as the guard read them: a page that says the database is gone must not ask it for them.
    grants: list[RoleGrant] = getattr(g.get("_login_user"), "__dict__", {}).get("grants", [])
    held = {grant.role for grant in grants}
    return tuple(one for one in CONSOLE_NAVIGATION if held & set(OPEN_TO.get(one[2], held))) if held else NAVIGATION

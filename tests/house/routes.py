"""Every address of the app with its methods, and what each role gets there: the table that test_routes.py holds true.

A new route needs a line here. Write the address with the parts of tests/house/world.py, the profile of who gets what,
and, for a POST, what a permitted person would send at the least.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from eventhub.kit.clock import now
from eventhub.people.models import Channel
from tests.house.world import ROLES

OK, SIGN_IN, SECOND_FACTOR = "ok", "sign_in", "second_factor"
HIDDEN = "hidden"
"""404, the same bytes and the same SQL as for a thing that does not exist."""
NOTHING = "nothing"
"""404 where the thing may be known, but there is nothing to do."""
REFUSED = "refused"
"""The page may be known and shows why the deed is not possible (422)."""

Profile = Mapping[str, str]


def only(*roles: str) -> Profile:
    """A page behind sign-in that exists for these roles alone."""
    return dict.fromkeys(ROLES, HIDDEN) | {"anonymous": SIGN_IN, "half": SECOND_FACTOR} | dict.fromkeys(roles, OK)


def but(profile: Profile, **other: str) -> Profile:
    """The profile with other outcomes for some roles."""
    return {**profile, **other}


PUBLIC: Profile = dict.fromkeys(ROLES, OK)
NOBODY: Profile = dict.fromkeys(ROLES, HIDDEN)
PERSONAL = but(PUBLIC, anonymous=SIGN_IN, half=SECOND_FACTOR)
"""What is everybody's own: each role gets the own page."""
HALF_WAY = but(dict.fromkeys(ROLES, SECOND_FACTOR), anonymous=SIGN_IN)
"""Leads everybody who is signed in to the second factor, which leads on."""
ACCOUNTS = frozenset(ROLES) - {"anonymous", "half"}
OWNER = only("owner")
REGISTERED = only("owner")
EDIT = only("organiser", "admin", "series_admin")
FORMS = but(EDIT, fund_officer=OK)
PAPERS = but(EDIT, rapporteur=OK)
LOOK = but(PAPERS, officer=OK, check_in=OK)
DESK = but(EDIT, officer=OK)
LEGAL = but(DESK, organiser=NOTHING)
NOT_BY_GET = but(DESK, officer=NOTHING, organiser=NOTHING, admin=NOTHING, series_admin=NOTHING)
"""A sealed file has no address to follow, not for those who may open it either."""
UNREACHED = but(OWNER, owner=NOTHING)
COUNTS = but(DESK, partner=OK)
SERIES = only("admin", "series_admin")
ADMINS = but(SERIES, other_admin=OK)
ADMIN = only("admin")
CREATORS = ADMINS
OF_THE_FUND = ("reviewer", "fund_officer", "board_member", "approver", "finance")
STAFF = only(*(role for role in ROLES if role not in {"anonymous", "owner", "stranger", "half"}))
LISTS = but(STAFF, **dict.fromkeys((*OF_THE_FUND, "partner", "security"), HIDDEN))
SECURITY = only("security", "admin", "series_admin")


@dataclass(frozen=True)
class Route:
    """One line: where, how, who, and what is sent."""

    endpoint: str
    methods: str
    address: str
    who: Profile
    data: Mapping[str, Any] = field(default_factory=dict)
    """What a POST sends; ``{…}`` stands for a part of the world."""
    fills: bool = False
    """The rest of the form is taken from the page itself, as a browser would send it untouched."""
    post: Profile | None = None
    """Who may POST, where that differs from who may look."""
    leads: str = ""
    """Where a success leads when that looks like a refusal (to sign-in)."""
    file: str = ""
    """The name of a field that carries a file."""


NO_CONSENT = {channel.value: "no" for channel in Channel}
EVENT = "/en/console/events/{event}"
SESSION = f"{EVENT}/sessions/{{session}}"
PAPER = f"{EVENT}/documents/{{document}}"
DRAFT_PAPER = f"{EVENT}/documents/{{draft_document}}"
ASKED = "/en/console/questionnaires/{questionnaire}"
DESK_PAGE = f"{EVENT}/registrations"
HOUSES = "/en/console/organizations"
LOCK = {"lock": "{lock}"}
FUND = but(SERIES, fund_officer=OK)
FUND_NOT_BY_GET = but(FUND, admin=NOTHING, series_admin=NOTHING, fund_officer=NOTHING)
AROUND_THE_FUND = but(FUND, reviewer=OK, board_member=OK, approver=OK, finance=OK)
AGREE = but(FUND, approver=OK)
ROOM = but(SERIES, board_member=OK)
SLATE = but(ROOM, approver=OK)
APPROVE = but(SERIES, approver=OK)
TILL = but(SERIES, finance=OK)
COSTS = but(FUND, finance=OK)
GRANT_STAFF = but(AGREE, finance=OK)
TOO_LATE = {role: REFUSED if got == OK else got for role, got in AGREE.items()}
FUND_CALL = "/en/console/funds/{call}"
FUND_FILES = f"{FUND_CALL}/files"
FUND_FILE = f"{FUND_FILES}/{{application}}"
FUND_CHOSEN = {"outcome": "eligible", "id": "{application}"}
CHOSEN = {"outcome": "accredited", "id": "{registration}"}

DELEGATION = f"{EVENT}/delegations/{{delegation}}"
OWN_DELEGATION = "/en/me/delegations/{delegation}"
NOMINEE = f"{OWN_DELEGATION}/people/{{nominee}}"
FILLED = f"{OWN_DELEGATION}/people/{{filled}}"
SETTINGS = {"quota": "40", "silent_days": "5", "category": ""}

FOR_MACHINES = (
    Route("asset", "GET", "/assets/{asset}", PUBLIC),
    Route("probes.healthz", "GET", "/healthz", PUBLIC),
    Route("probes.readyz", "GET", "/readyz", PUBLIC),
    Route("probes.metrics", "GET", "/metrics", PUBLIC),
    Route("programme_api.front", "GET", "/", PUBLIC),
    Route("programme_api.robots", "GET", "/robots.txt", PUBLIC),
    Route("programme_api.sitemap", "GET", "/sitemap.xml", PUBLIC),
    Route("programme_api.events_json", "GET", "/open-data/events.json", PUBLIC),
    Route("programme_api.events_csv", "GET", "/open-data/events.csv", PUBLIC),
    Route("programme_api.documents_json", "GET", "/open-data/documents.json", PUBLIC),
)

ONLY_IN_THE_DEMO = (
    Route("demo.cast", "GET POST", "/dev/sign-in", PUBLIC, {"member": "participant"}),
    Route("demo.inbox", "GET", "/dev/mailbox", PUBLIC),
    Route("demo.letter", "GET", "/dev/mailbox/{letter}", PUBLIC),
)

DELEGATIONS = (
    Route("delegations_console.delegations", "GET", f"{EVENT}/delegations", DESK),
    Route(
        "delegations_console.new",
        "GET POST",
        f"{EVENT}/delegations/new",
        DESK,
        {"organisation": "A new one", "country": "", **SETTINGS},
    ),
    Route("delegations_console.delegation", "GET POST", DELEGATION, DESK, SETTINGS),
    Route(
        "delegations_console.invite",
        "POST",
        f"{DELEGATION}/focal-point",
        DESK,
        {"email": "somebody@example.org", "language": "en"},
    ),
    Route("delegations_console.end", "POST", f"{DELEGATION}/focal-point/end", DESK),
    Route("delegations_console.state", "POST", f"{DELEGATION}/state", DESK, {"to": "closed"}),
    Route("delegations_console.move", "POST", f"{DELEGATION}/organization", DESK, {"organisation": "Renamed"}),
    Route(
        "delegations_console.override",
        "GET POST",
        f"{DELEGATION}/people/{{late}}/override",
        DESK,
        {"why": "Nobody answers"},
    ),
    Route("delegations.become", "GET POST", "/en/me/requests/{focal_link}", PERSONAL),
    Route("delegations.claim", "GET POST", "/en/me/invitations/{nominee_link}", PERSONAL),
    Route("delegations.delegation", "GET", OWN_DELEGATION, OWNER),
    Route(
        "delegations.nominate",
        "GET POST",
        f"{OWN_DELEGATION}/nominate",
        OWNER,
        {"name_0": "Somebody", "email_0": "somebody@example.org", "language": "fr"},
    ),
    Route("delegations.nominee", "GET", NOMINEE, OWNER),
    Route("delegations.approve", "POST", f"{OWN_DELEGATION}/people/{{late}}/approve", OWNER),
    Route(
        "delegations.replace",
        "GET POST",
        f"{NOMINEE}/replace",
        OWNER,
        {"name_0": "Other", "language": "en", "go": "replace"},
        fills=True,
    ),
    Route(
        "delegations.beside",
        "GET POST",
        f"{NOMINEE}/beside",
        OWNER,
        {"kind": "guard", "name_0": "Somebody", "language": "en"},
    ),
    Route("delegations.link", "GET", f"{NOMINEE}/link", OWNER),
    Route("delegations.write_again", "POST", f"{NOMINEE}/mail", OWNER),
    Route("delegations.mailbox", "GET POST", f"{NOMINEE}/mailbox", OWNER, {"email": "b@example.org", "language": "fr"}),
    Route("delegations.fill", "POST", f"{NOMINEE}/fill", OWNER),
    Route(
        "delegations.answers",
        "GET POST",
        f"{FILLED}/answers/p1",
        OWNER,
        {"q_attendance_mode": "in_person", "q_category": "ngo_no_ecosoc"},
    ),
    Route("delegations.check", "GET POST", f"{FILLED}/check", OWNER, post=but(OWNER, owner=REFUSED)),
    Route("delegations.typed", "GET POST", f"{FILLED}/typed", OWNER),
)

OWN_PEOPLE = "/en/me/people/{event}"
CHARGE = f"{OWN_PEOPLE}/{{charge}}"
TYPED = f"{OWN_PEOPLE}/{{typed_charge}}"
BY_OTHERS = f"{EVENT}/people-registered-by-others"
HELPING = (
    Route("helping.people", "GET", OWN_PEOPLE, PERSONAL),
    Route("helping.add", "GET POST", f"{OWN_PEOPLE}/add", PERSONAL, {"name_0": "Somebody", "language": "fr"}),
    Route("helping.slips", "POST", f"{OWN_PEOPLE}/slips", PERSONAL),
    Route("helping.person", "GET", CHARGE, OWNER),
    Route("helping.change", "GET POST", f"{CHARGE}/change", OWNER, {"name": "Other", "language": "fr"}),
    Route("helping.write_again", "POST", f"{CHARGE}/mail", OWNER),
    Route("helping.slip", "POST", f"{CHARGE}/slip", OWNER),
    Route("helping.take_back", "POST", f"{CHARGE}/take-back", OWNER),
    Route("helping.fill", "POST", f"{CHARGE}/fill", OWNER),
    Route(
        "helping.answers",
        "GET POST",
        f"{TYPED}/answers/p1",
        OWNER,
        {"q_attendance_mode": "in_person", "q_category": "ngo_no_ecosoc"},
    ),
    Route("helping.check", "GET POST", f"{TYPED}/check", OWNER, post=but(OWNER, owner=REFUSED)),
    Route("helping.typed", "GET POST", f"{TYPED}/typed", OWNER),
    Route("helping.claim", "GET POST", "/en/me/links/{charge_link}", PERSONAL),
    Route("helping.refuse", "GET POST", "/en/not-me/{refuse_link}", PUBLIC),
    Route("helping.throw_out", "POST", "/en/me/registrations/{helped}/without-helper", OWNER),
    Route("helping_console.registrars", "GET POST", BY_OTHERS, DESK),
    Route("helping_console.number", "POST", f"{BY_OTHERS}/{{registrar}}", DESK, {"most": "30"}),
)

GRANTS = "/en/console/funds/{grants}/grants"
GRANT = f"{GRANTS}/{{grant_accepted}}"
GRANT_LINE = f"{GRANT}/lines/{{grant_line}}"
GRANT_PAYMENT = f"{GRANT}/payments/{{grant_payment}}"
PRICED = f"{GRANTS}/{{grant_approved}}/lines/{{grant_priced}}/approved"
GRANT_MONEY = "/en/console/funds/{grants}/money"
COST = {"given": "80", "currency": "USD", "spent_on": "2026-11-01"}
RATE = {"currency": "CHF", "units": "0.8", "valid_from": "2026-11-01", "source": "UN Treasury"}
JOURNEY = {"travels_on": now().date().isoformat(), "returns_on": (now().date() + timedelta(days=31)).isoformat()}
GRANTED = (
    Route("awards_console.index", "GET", GRANTS, GRANT_STAFF),
    Route("awards_console.offer", "POST", f"{GRANTS}/offer", FUND, {"id": "{grant_lapsed}", "go": "send"}),
    Route("awards_console.record", "GET", GRANT, GRANT_STAFF),
    Route("awards_console.visa", "POST", f"{GRANTS}/{{grant_pending}}/visa", FUND, {"deed": "needed"}),
    Route("awards_console.ticket", "POST", f"{GRANTS}/{{grant_pending}}/ticket", FUND, JOURNEY),
    Route(
        "awards_console.travelled",
        "POST",
        f"{GRANTS}/{{grant_bound}}/travelled",
        FUND,
        {"ended_on": now().date().isoformat()},
    ),
    Route("awards_console.end", "POST", f"{GRANT}/end", FUND, {"deed": "cancel", "reason": "She told us so"}),
    Route("awards_console.undo", "POST", f"{GRANTS}/{{grant_bound}}/undo", FUND, {"mistake": "Another person"}),
    Route("awards_console.accept", "POST", f"{GRANTS}/{{grant_awaited}}/accept", FUND, {"how": "By telephone"}),
    Route("awards_console.ask_nominator", "POST", f"{GRANTS}/{{grant_nominated}}/replace", FUND),
    Route("awards_console.read_report", "POST", f"{GRANTS}/{{grant_closed}}/report", FUND, {"why": "For the donors"}),
    Route("awards_console.settle", "POST", f"{GRANTS}/{{grant_closed}}/settle", TILL),
    Route("awards_console.leave_it", "POST", f"{GRANTS}/{{grant_left}}/left/ticket", TILL),
    Route("awards_console.stay", "GET POST", f"{GRANT}/allowance", GRANT_STAFF, {"driven": "1"}, fills=True, post=FUND),
    Route("awards_console.line", "GET", GRANT_LINE, GRANT_STAFF),
    Route("awards_console.cost", "POST", f"{GRANT_LINE}/cost", COSTS, COST),
    Route("awards_console.reprice", "POST", PRICED, AGREE, {"approved": "5"}),
    Route("awards_console.ask", "POST", f"{GRANT_LINE}/pay", TILL, {"amount": "50"}),
    Route("awards_console.receipt", "POST", f"{GRANT_LINE}/receipt", COSTS, {"why": "To pay it"}),
    Route("awards_console.payments", "GET", f"{GRANTS}/payments", GRANT_STAFF),
    Route("awards_console.payment", "GET", GRANT_PAYMENT, GRANT_STAFF),
    Route("awards_console.agree", "POST", f"{GRANT}/payments/{{grant_simple}}/agree", TILL),
    Route("awards_console.drop", "POST", f"{GRANT_PAYMENT}/drop", TILL),
    Route("awards_console.take_back", "POST", f"{GRANT}/payments/{{grant_paid}}/back", TILL, {"back": "50"}),
    Route("awards_console.decide_back", "POST", f"{GRANT}/payments/{{grant_returned}}/back/agree", TILL),
    Route("awards_console.read_payee", "POST", f"{GRANT_PAYMENT}/payee", TILL, {"why": "To pay"}),
    Route("awards_console.money", "GET", GRANT_MONEY, GRANT_STAFF),
    Route(
        "awards_console.budget",
        "GET POST",
        f"{GRANT_MONEY}/{{grant_envelope}}/budget",
        TILL,
        {"direction": "raise", "amount": "100", "reason": "A donor gives more"},
    ),
    Route("awards_console.agree_budget", "POST", f"{GRANT_MONEY}/changes/{{grant_change}}/agree", TILL),
    Route("awards_console.drop_budget", "POST", f"{GRANT_MONEY}/changes/{{grant_change}}/drop", TILL),
    Route("awards_console.follow", "POST", f"{GRANT_MONEY}/rules/2", TILL),
    Route("awards_console.rates", "GET POST", f"{GRANT_MONEY}/rates", TILL, RATE),
    Route("awards_console.reserves", "GET", f"{GRANTS}/reserves", GRANT_STAFF),
    Route("awards_console.decide", "POST", f"{GRANTS}/reserves/{{grant_proposal}}", FUND, {"deed": "confirm"}),
)

BOARD = "/en/console/funds/{board}/board"
DECIDED = "/en/console/funds/{board_decided}/board/slates/1"
STAGED = "/en/console/funds/{staged}/release"
BOARDS = (
    Route("selecting_console.room", "GET", BOARD, ROOM),
    Route("selecting_console.meet", "POST", f"{BOARD}/meeting", ROOM, {"deed": "come"}),
    Route("selecting_console.calculate", "POST", f"{BOARD}/calculate", ROOM, {"kind": "solve"}),
    Route("selecting_console.what_if", "POST", f"{BOARD}/try", ROOM, {"what": "cut"}),
    Route("selecting_console.run", "GET", f"{BOARD}/runs/{{board_run}}", ROOM),
    Route("selecting_console.stop", "POST", f"{BOARD}/runs/{{board_run}}/stop", ROOM),
    Route("selecting_console.file", "GET", f"{BOARD}/files/{{board_file}}", ROOM),
    Route("selecting_console.why", "POST", f"{BOARD}/files/{{board_file}}/why", ROOM),
    Route(
        "selecting_console.pin",
        "POST",
        f"{BOARD}/files/{{board_file}}/pin",
        ROOM,
        {"must": "yes", "reason": "Speaks for a group that nobody else speaks for"},
    ),
    Route("selecting_console.unpin", "POST", f"{BOARD}/files/{{board_pinned}}/unpin", ROOM),
    Route("selecting_console.stand_aside", "POST", f"{BOARD}/files/{{board_file}}/aside", ROOM),
    Route("selecting_console.asides_of", "GET", f"{BOARD}/aside", FUND),
    Route("selecting_console.lift_aside", "GET POST", f"{BOARD}/aside/{{board_aside}}", FUND, {"reason": "A slip"}),
    Route("selecting_console.slates", "GET", f"{BOARD}/slates", ROOM),
    Route("selecting_console.recommend", "GET POST", f"{BOARD}/slates/1/recommend", ROOM),
    Route("selecting_console.check", "POST", f"{BOARD}/slates/1/check", ROOM),
    Route("selecting_console.export", "GET POST", f"{BOARD}/slates/1/file", SLATE, {"reason": "Minutes"}),
    Route("selecting_console.decide", "GET POST", f"{DECIDED}/decide", APPROVE),
    Route("selecting_console.send_back", "POST", f"{DECIDED}/send-back", APPROVE, {"reason": "Look again"}),
    Route(
        "awards_release.board",
        "GET POST",
        STAGED,
        AGREE,
        {"when": "now", "go": "send"},
        fills=True,
        post=but(AGREE, approver=NOTHING),
    ),
    Route(
        "awards_release.letter",
        "GET POST",
        f"{STAGED}/{{staged_file}}",
        AGREE,
        fills=True,
        post=but(AGREE, approver=NOTHING),
    ),
    Route("awards_release.stop", "POST", "/en/console/funds/{staged_set}/release/stop", but(AGREE, approver=NOTHING)),
    Route("awards_release.again", "POST", f"{STAGED}/again", TOO_LATE),
    Route("awards_release.reserves", "POST", f"{STAGED}/reserves", but(TOO_LATE, fund_officer=NOTHING)),
)

PROGRAMME = (
    Route("programme.home", "GET", "/en/", PUBLIC),
    Route("programme.forums", "GET", "/en/forums", PUBLIC),
    Route("programme.dialogues", "GET", "/en/dialogues", PUBLIC),
    Route("programme.series", "GET", "/en/series/{series}", PUBLIC),
    Route("programme.event", "GET", "/en/events/{event}", PUBLIC),
    Route("programme.event", "GET", "/en/events/{draft}", NOBODY),
    Route("programme.week", "GET", "/en/events/{event}/week", PUBLIC),
    Route("programme.week", "GET", "/en/events/{draft}/week", NOBODY),
    Route("programme.session", "GET", "/en/events/{event}/sessions/{session}", PUBLIC),
    Route("programme.session", "GET", "/en/events/{event}/sessions/{draft_session}", NOBODY),
    Route("programme.documents", "GET", "/en/events/{event}/documents", PUBLIC),
    Route("programme.document_file", "GET", "/en/documents/{version}", PUBLIC),
    Route("programme.search", "GET", "/en/search?q=forum", PUBLIC),
    Route("programme.page", "GET", "/en/about/help", PUBLIC),
)

CALENDARS = (
    Route("calendars.all_feed", "GET", "/cal/all.ics", PUBLIC),
    Route("calendars.all_feed", "GET", "/cal/all.fr.ics", PUBLIC),
    Route("calendars.series_feed", "GET", "/cal/s/{series}.ics", PUBLIC),
    Route("calendars.series_feed", "GET", "/cal/s/{series}.ar.ics", PUBLIC),
    Route("calendars.event_feed", "GET", "/cal/f/{event_id}.ics", PUBLIC),
    Route("calendars.event_feed", "GET", "/cal/f/{event_id}.zh.ics", PUBLIC),
    Route("calendars.session_file", "GET", "/cal/session/{session}.ics", PUBLIC),
    Route("calendars.session_file", "GET", "/cal/session/{session}.es.ics", PUBLIC),
    Route("calendars.session_file", "GET", "/cal/session/{draft_session}.es.ics", NOBODY),
    Route("calendars.personal_feed", "GET", "/cal/{feed}.ics", PUBLIC),
    Route("calendars.reply", "GET POST", "/en/invites/{invite}", PUBLIC, {"answer": "accepted"}),
    Route("calendars.my_sessions", "GET", "/en/me/sessions", PERSONAL),
    Route("calendars.my_file", "GET", "/en/me/sessions.ics", OWNER),
    Route("calendars.my_link", "POST", "/en/me/sessions/link", PERSONAL),
    Route(
        "calendars.my_reminders", "POST", "/en/me/sessions/reminders", PERSONAL, {"in_calendar": "15", "by_mail": "0"}
    ),
    Route("calendars.my_invites", "POST", "/en/me/sessions/invites", PERSONAL),
    Route("calendars.my_choice", "POST", "/en/me/sessions/{session}", REGISTERED, {"choice": "going"}),
    Route("calendars.my_choice", "POST", "/en/me/sessions/{draft_session}", only(), {"choice": "going"}),
    Route("calendars.my_choice", "POST", "/en/me/sessions/{session}", PERSONAL, {"choice": "none"}),
    Route("calendars.choose", "GET POST", "/en/me/sessions/events/{event}", REGISTERED, {"sessions": "{session}"}),
    Route("calendars.my_line", "POST", "/en/me/sessions/{session}/line", REGISTERED, {"line": "join"}),
    Route("calendars.my_line", "POST", "/en/me/sessions/{draft_session}/line", only(), {"line": "join"}),
    Route("calendars.my_line", "POST", "/en/me/sessions/{session}/line", PERSONAL, {"line": "none"}),
    Route("calendars_console.session_places", "GET", f"{EVENT}/calendar/places", EDIT),
    Route("calendars_console.places_file", "POST", f"{EVENT}/calendar/places.csv", EDIT),
    Route("calendars_console.places_file", "POST", f"{EVENT}/calendar/places.xlsx", EDIT),
    Route("calendars_console.head_count", "GET", f"{EVENT}/calendar", EDIT),
    Route("calendars_console.words", "GET", f"{EVENT}/calendar/answers", EDIT),
    Route("calendars_console.count_word", "POST", f"{EVENT}/calendar/answers/{{word}}/count", EDIT),
    Route("calendars_console.set_word_aside", "POST", f"{EVENT}/calendar/answers/{{word}}/aside", EDIT),
    Route("calendars_console.push", "POST", f"{EVENT}/calendar/{{session}}/push", EDIT),
)

PEOPLE = (
    Route("people.sign_in", "GET POST", "/en/sign-in", PUBLIC, {"email": "somebody@example.org"}, leads="/en/sign-in"),
    Route("people.sign_in_sent", "GET POST", "/en/sign-in/sent", PUBLIC, {"code": "{code}"}),
    Route("people.sign_in_link", "GET POST", "/en/sign-in/{link}", PUBLIC),
    Route("people.options_to_give", "POST", "/en/sign-in/passkey/options", PUBLIC),
    Route(
        "people.sign_in_by_passkey",
        "POST",
        "/en/sign-in/passkey",
        but(PUBLIC, anonymous=SIGN_IN, half=SECOND_FACTOR),
        {"secret": "{{}}"},
    ),
    Route("people.sign_out", "POST", "/en/sign-out", PUBLIC),
    Route("people.signed_out", "GET", "/en/signed-out", PUBLIC),
    Route("people.erased", "GET", "/en/erased", PUBLIC),
    Route("people.second_factor", "GET POST", "/en/second-factor", but(PUBLIC, anonymous=SIGN_IN), {"code": "{phone}"}),
    Route(
        "people.second_factor_setup",
        "GET POST",
        "/en/second-factor/set-up",
        # Whoever is neither staff nor asks for a second step is led to the page where one turns it on.
        but(STAFF, anonymous=SIGN_IN, owner=OK, stranger=OK, admin=SECOND_FACTOR),
    ),
    Route("people.keep_second_factor", "POST", "/en/second-factor/keep", HALF_WAY),
    Route("people.object_to_reset", "POST", "/en/second-factor/object", but(STAFF, owner=NOTHING, stranger=NOTHING)),
    Route("people.recovery_codes", "GET POST", "/en/second-factor/recovery-codes", PERSONAL),
    Route(
        "people.renew_second_factor",
        "GET POST",
        "/en/second-factor/renew",
        but(STAFF, owner=NOTHING, stranger=NOTHING),
        {"code": "{admin_phone}"},
        post={role: REFUSED if got == OK else got for role, got in STAFF.items()}
        | {"admin": OK, "owner": NOTHING, "stranger": NOTHING},
        leads="/en/second-factor/set-up",
    ),
    Route("people.agree_to_email_change", "GET POST", "/en/email-change/{change}", PUBLIC, leads="/en/sign-in"),
    Route("people.me", "GET", "/en/me", PERSONAL),
    Route("people.discreet", "POST", "/en/me/discreet", PERSONAL, {"discreet": "y"}),
    Route("people.public_name", "POST", "/en/me/public-name", PERSONAL, {"alias": "A. Other"}),
    Route("people.hide", "GET POST", "/en/me/hide", PERSONAL),
    Route("people.profile", "GET POST", "/en/me/profile", PERSONAL, {"name": "Other name"}, fills=True),
    Route("people.email", "GET POST", "/en/me/email", PERSONAL, {"email": "next@example.org"}),
    Route("people.consents", "GET POST", "/en/me/consents", PERSONAL, NO_CONSENT),
    Route("people.devices", "GET POST", "/en/me/devices", PERSONAL, {"session": "others"}),
    Route("people.devices", "POST", "/en/me/devices", but(only(), owner=HIDDEN), {"session": "{session_row}"}),
    Route(
        "people.passkeys",
        "GET POST",
        "/en/me/passkeys",
        PERSONAL,
        {"secret": "{{}}"},
        post={role: REFUSED if got == OK else got for role, got in PERSONAL.items()},
    ),
    Route(
        "people.second_step",
        "GET POST",
        "/en/me/second-step",
        PERSONAL,
        {},
    ),
    Route("people.options_to_make", "POST", "/en/me/passkeys/options", PERSONAL),
    Route(
        "people.remove_passkey",
        "POST",
        "/en/me/passkeys/remove",
        only("owner"),
        {"passkey": "{passkey}", "sure": "yes"},
    ),
    Route("people.roles", "GET", "/en/me/roles", PERSONAL),
    Route(
        "people.roles",
        "POST",
        "/en/me/roles",
        but(PUBLIC, anonymous=SIGN_IN, half=SECOND_FACTOR, **dict.fromkeys(ACCOUNTS - {"owner"}, REFUSED)),
        {"offer": "{offer}", "answer": "decline"},
    ),
    Route("people.data", "GET", "/en/me/data", PERSONAL),
    Route("people.data_copy", "POST", "/en/me/data/copy", PERSONAL),
    Route("people.erase", "GET POST", "/en/me/data/erase", PERSONAL, {"sure": "y"}),
    Route("people_console.today", "GET", "/en/console", STAFF),
    Route(
        "people_console.roles",
        "GET POST",
        "/en/console/roles",
        ADMINS,
        {"email": "colleague@example.org", "role": "rapporteur", "scope": "event:{event_id}"},
        post=but(ADMINS, other_admin=REFUSED),
    ),
    Route("people_console.revoke", "GET POST", "/en/console/roles/{grant}/revoke", SERIES),
    Route("people_console.take_back", "POST", "/en/console/roles/offers/{offer}/take-back", SERIES),
    Route("people_console.second_factors", "GET", "/en/console/second-factors", ADMIN),
    Route(
        "people_console.second_factor_of",
        "GET POST",
        "/en/console/second-factors/{colleague}",
        ADMIN,
        {"reason": "She called", "code": "{admin_phone}"},
    ),
    Route(
        "people_console.second_factor_request",
        "GET POST",
        "/en/console/second-factors/requests/{reset}",
        ADMIN,
        {"answer": "agree", "code": "{admin_phone}"},
    ),
    Route(
        "people_console.data_of",
        "GET POST",
        "/en/console/people/{walk_in}/data",
        ADMIN,
        {"reason": "She called", "code": "{admin_phone}", "do": "erase"},
    ),
    Route("people_console.organisations", "GET", HOUSES, ADMIN),
    Route("people_console.organisation", "GET POST", f"{HOUSES}/{{house}}", ADMIN, {"do": "confirm"}),
    Route(
        "people_console.merge_organisations",
        "GET POST",
        f"{HOUSES}/{{house}}/merge?other={{other_house}}",
        ADMIN,
        {"text": "The same"},
    ),
    Route("people_console.promises", "GET", "/en/console/promises", ADMIN),
    Route("people_console.retry", "POST", "/en/console/promises/{promise}/retry", ADMIN),
)

REGISTRATION = (
    Route("registration.participants", "GET", "/en/events/{event}/participants", PUBLIC),
    Route("registration.participants", "GET", "/en/events/{fresh}/participants", NOBODY),
    Route("registration.participants", "GET", "/en/events/{draft}/participants", NOBODY),
    Route("registration.start", "GET", "/en/events/{event}/register", PUBLIC),
    Route("registration.start", "GET", "/en/events/{draft}/register", NOBODY),
    Route("registration.guide", "GET POST", "/en/events/{event}/register/guide", PUBLIC, {"whom": "media"}),
    Route("registration.guide", "GET POST", "/en/events/{draft}/register/guide", NOBODY, {"whom": "media"}),
    Route("registration.step", "GET POST", "/en/events/{fresh}/register/p1", PERSONAL, {"go": "later"}),
    Route("registration.keep", "POST", "/en/events/{fresh}/register/p1/draft", PERSONAL),
    Route("registration.check", "GET POST", "/en/events/{bare}/register/check", PERSONAL),
    Route("registration.former", "GET POST", "/en/events/{begun}/register/former", PERSONAL, {"take": "legal_name"}),
    Route("registration.done", "GET", "/en/events/{event}/register/done", PERSONAL),
    Route("registration.mine_one", "GET", "/en/me/registrations/{reference}", OWNER),
    Route("registration.amend", "GET POST", "/en/me/registrations/{reference}/answers/p3", OWNER),
    Route("registration.own_file", "GET", "/en/me/registrations/{reference}/files/letter", OWNER),
    Route("registration.own_file", "GET", "/en/me/registrations/{reference}/files/scan", UNREACHED),
    Route("registration.own_file", "POST", "/en/me/registrations/{reference}/files/scan", OWNER),
    Route("registration.own_file", "POST", "/en/me/registrations/{reference}/files/letter", UNREACHED),
    Route("registration.draft_file", "GET", "/en/events/{begun}/register/files/letter", OWNER),
    Route("registration.draft_file", "POST", "/en/events/{begun}/register/files/scan", OWNER),
    Route("registration.sealed_answers", "GET POST", "/en/events/{begun}/register/sealed/answers", OWNER),
    Route("registration.questions", "GET POST", "/en/me/registrations/{reference}/questions", OWNER, {"text": "Here"}),
    Route("registration.question_file", "GET", "/en/me/registrations/{reference}/questions/{message}", OWNER),
    Route("registration.withdraw", "GET POST", "/en/me/registrations/{reference}/withdraw", OWNER),
    Route("registration.way", "GET POST", "/en/me/registrations/{wayless}/way", OWNER, {"way": "remote_listening"}),
    Route("awards.answer", "GET POST", "/en/awaited/{grant_link}", PUBLIC, {"answer": "accept"}),
    Route("awards.mine", "GET POST", "/en/me/grants/{granted}", OWNER, {"answer": "accept"}),
    Route("awards.report", "GET POST", "/en/me/grants/{home}/report", OWNER, {"spoke": "Of water", "go": "keep"}),
    Route("awards.visa", "GET POST", "/en/me/grants/{on_visa}/visa", OWNER, {"go": "refused"}),
    Route("awards.leave", "GET POST", "/en/me/grants/{on_visa}/cannot-come", OWNER),
    Route("awards.receipt", "GET POST", "/en/me/grants/{home}/receipts/{own_line}", OWNER, file="file", fills=True),
    Route("awards.allowance_paper", "POST", "/en/me/grants/{home}/allowance/paper", OWNER),
    Route("awards.allowance_file", "GET", "/en/me/grants/{home}/allowance/file", OWNER),
    Route("awards.allowance", "GET", "/en/me/grants/{home}/allowance", OWNER),
    Route("awards.keep", "POST", "/en/me/grants/{home}/report/keep", OWNER, {"spoke": "Of water"}),
    Route("awards.replace", "GET POST", "/en/replace/{replace_link}", PUBLIC, {"application": "{successor}"}),
    Route("registration.own_offer", "GET POST", "/en/me/registrations/{offered}/offer", OWNER, {"answer": "accept"}),
    Route("registration.offer", "GET POST", "/en/offers/{offer_link}", PUBLIC, {"answer": "give_back"}),
)

CONSOLE = (
    Route("programme_console.events", "GET", "/en/console/events", LISTS),
    Route(
        "programme_console.series_new",
        "GET POST",
        "/en/console/series/new",
        ADMIN,
        {"slug": "new-series", "title-en": "New", "original_language": "en"},
    ),
    Route(
        "programme_console.series_edit",
        "GET POST",
        "/en/console/series/{series}",
        SERIES,
        {"title-en": "Other", "original_language": "en"},
    ),
    Route(
        "programme_console.event_new",
        "GET POST",
        "/en/console/events/new",
        CREATORS,
        {"title-en": "New", "code": "NEW1", "slug": "new-event", "first_day": "2030-05-06", "last_day": "2030-05-06"},
        fills=True,
    ),
    Route("programme_console.event", "GET", EVENT, LOOK),
    Route("programme_console.event_facts", "GET POST", f"{EVENT}/facts", EDIT, {"city-fr": "Genève"}, fills=True),
    Route("programme_console.event_texts", "GET POST", f"{EVENT}/texts", EDIT, {"lead-en": "Come"}, fills=True),
    Route("programme_console.event_publish", "GET POST", "/en/console/events/{draft}/publish", EDIT),
    Route("programme_console.event_move", "GET POST", f"{EVENT}/move?first_day=2090-01-10", EDIT, fills=True),
    Route("programme_console.event_cancel", "GET POST", f"{EVENT}/cancel", EDIT, {"reason-en": "Storm"}),
    Route(
        "programme_console.event_copy",
        "GET POST",
        f"{EVENT}/copy",
        SERIES,
        {"code": "NEXT1", "slug": "next-one"},
        fills=True,
    ),
    Route("programme_console.programme", "GET", f"{EVENT}/programme", EDIT),
    Route("programme_console.programme_publish", "POST", f"{EVENT}/programme/publish", EDIT),
    Route("programme_console.session_new", "GET POST", f"{EVENT}/sessions/new", EDIT, {"title-en": "New"}, fills=True),
    Route("programme_console.session", "GET POST", SESSION, EDIT, {"title-en": "Other"}, fills=True),
    Route("programme_console.session_move", "GET POST", f"{SESSION}/move", EDIT, {"starts": "09:00"}, fills=True),
    Route("programme_console.session_publish", "POST", f"{EVENT}/sessions/{{draft_session}}/publish", EDIT),
    Route("programme_console.session_cancel", "GET POST", f"{SESSION}/cancel", EDIT, {"reason-en": "Storm"}),
    Route("programme_console.session_delete", "GET POST", f"{EVENT}/sessions/{{draft_session}}/delete", EDIT),
    Route("programme_console.item", "GET POST", f"{SESSION}/items/new", EDIT, {"title-en": "Item"}),
    Route("programme_console.item", "GET POST", f"{SESSION}/items/{{item}}", EDIT, {"title-en": "Item"}),
    Route("programme_console.panellist", "GET POST", f"{SESSION}/panel/new", EDIT, {"name": "Speaker"}),
    Route("programme_console.panellist", "GET POST", f"{SESSION}/panel/{{panellist}}", EDIT, {"name": "Speaker"}),
    Route("programme_console.part_order", "POST", f"{SESSION}/items/{{item}}/order", EDIT, {"move": "down"}),
    Route("programme_console.part_delete", "POST", f"{SESSION}/panel/{{panellist}}/delete", EDIT),
    Route("programme_console.rooms", "GET POST", f"{EVENT}/rooms", EDIT, {"name-en": "Hall"}),
    Route("programme_console.room", "GET POST", f"{EVENT}/rooms/{{room}}", EDIT, {"name-en": "Hall"}),
    Route("programme_console.room_delete", "POST", f"{EVENT}/rooms/{{room}}/delete", EDIT),
    Route("programme_console.documents", "GET", f"{EVENT}/documents", PAPERS),
    Route(
        "programme_console.document_new", "GET POST", f"{EVENT}/documents/new", PAPERS, {"title-en": "X"}, fills=True
    ),
    Route("programme_console.document", "GET POST", PAPER, PAPERS, {"title-en": "X"}, fills=True),
    Route("programme_console.document_file", "GET", f"{PAPER}/files/{{version}}", PAPERS),
    Route(
        "programme_console.document_file_new",
        "GET POST",
        f"{PAPER}/files/new",
        PAPERS,
        {"language": "es"},
        file="file",
    ),
    Route("programme_console.document_order", "POST", f"{PAPER}/order", PAPERS, {"move": "down"}),
    Route("programme_console.document_publish", "POST", f"{DRAFT_PAPER}/publish", PAPERS),
    Route("programme_console.document_withdraw", "GET POST", f"{PAPER}/withdraw", PAPERS),
    Route("programme_console.document_delete", "GET POST", f"{DRAFT_PAPER}/delete", PAPERS),
)

QUESTIONNAIRES = (
    Route("questionnaires_console.index", "GET", "/en/console/questionnaires", STAFF),
    Route(
        "questionnaires_console.new",
        "GET POST",
        "/en/console/questionnaires/new?scope={event_id}",
        FORMS,
        {"name": "New", "purpose": "registration", "original_language": "en"},
    ),
    Route("questionnaires_console.edit", "GET POST", ASKED, FORMS, LOCK | {"do": "double:qsecond"}),
    Route("questionnaires_console.page", "GET POST", f"{ASKED}/pages/pone", FORMS, LOCK | {"title": "Other"}),
    Route(
        "questionnaires_console.new_question",
        "GET POST",
        f"{ASKED}/pages/pone/questions/new?kind=short_text",
        FORMS,
        LOCK | {"label": "How?", "see": "organiser"},
    ),
    Route(
        "questionnaires_console.question",
        "GET POST",
        f"{ASKED}/questions/qsecond",
        FORMS,
        LOCK | {"label": "How?", "see": "organiser"},
    ),
    Route("questionnaires_console.condition", "GET POST", f"{ASKED}/conditions/qthird", FORMS, LOCK | {"do": "any"}),
    Route("questionnaires_console.languages", "GET POST", f"{ASKED}/languages/pone", FORMS, fills=True),
    Route("questionnaires_console.preview", "GET POST", f"{ASKED}/preview", FORMS, {"q_first": "Answer"}),
    Route("questionnaires_console.preview", "GET POST", f"{ASKED}/preview/pone", FORMS, {"q_first": "Answer"}),
    Route("questionnaires_console.publish", "GET POST", f"{ASKED}/publish", FORMS, LOCK),
)

AT_THE_DESK = (
    Route("registration_console.desk", "GET", DESK_PAGE, DESK),
    Route("registration_console.preview", "POST", f"{DESK_PAGE}/preview", DESK, CHOSEN),
    Route("registration_console.decide", "POST", f"{DESK_PAGE}/decision", DESK, CHOSEN | {"reason": "complete"}),
    Route("registration_console.prepared_decisions", "GET", f"{DESK_PAGE}/prepared", DESK),
    Route("registration_console.prepare", "POST", f"{DESK_PAGE}/prepared", DESK, CHOSEN | {"reason": "complete"}),
    Route("registration_console.release", "POST", f"{DESK_PAGE}/prepared/release", DESK, {"decision": "{decision}"}),
    Route("registration_console.drop", "POST", f"{DESK_PAGE}/prepared/drop", DESK, {"id": "{ready}"}),
    Route("registration_console.duplicates", "GET", f"{DESK_PAGE}/duplicates", LEGAL),
    Route(
        "registration_console.duplicate",
        "GET POST",
        f"{DESK_PAGE}/duplicates/{{pair}}",
        LEGAL,
        {"finding": "different", "text": "Cousins"},
    ),
    Route(
        "registration_console.two_people",
        "POST",
        f"{DESK_PAGE}/duplicates/{{one_person}}/two-people",
        LEGAL,
        {"why": "They wrote"},
    ),
    Route("registration_console.waiting_list", "GET POST", f"{DESK_PAGE}/waiting-list", DESK, {"id": "{waiting}"}),
    Route("registration_console.numbers_page", "GET", f"{DESK_PAGE}/numbers", DESK),
    Route("registration_console.export", "GET POST", f"{DESK_PAGE}/export", DESK, {"reason": "Badges", "kind": "csv"}),
    Route("registration_console.record", "GET", f"{DESK_PAGE}/{{registration}}", DESK),
    Route("registration_console.note", "POST", f"{DESK_PAGE}/{{registration}}/note", DESK, {"text": "Called"}),
    # The one sealed answer is for the accreditation desk; for an organiser there is nothing to open.
    Route("registration_console.reveal", "POST", f"{DESK_PAGE}/{{registration}}/sealed", LEGAL, {"reason": "Visa"}),
    Route("registration_console.file", "GET", f"{DESK_PAGE}/{{registration}}/files/letter", DESK),
    Route("registration_console.file", "GET", f"{DESK_PAGE}/{{registration}}/files/scan", NOT_BY_GET),
    Route("registration_console.file", "POST", f"{DESK_PAGE}/{{registration}}/files/scan", LEGAL, {"reason": "Visa"}),
    Route("registration_console.ask", "POST", f"{DESK_PAGE}/{{registration}}/questions", DESK, {"question": "Where?"}),
    Route("registration_console.message_file", "GET", f"{DESK_PAGE}/{{registration}}/questions/{{message}}", DESK),
    Route("registration_console.mark_read", "POST", f"{DESK_PAGE}/{{registration}}/answer-read", DESK),
    Route("registration_console.papers", "GET", f"{DESK_PAGE}/{{registration}}/papers", DESK),
    Route("registration_console.paper", "GET", f"{DESK_PAGE}/{{registration}}/papers/letter", DESK),
    Route(
        "registration_console.paper", "GET POST", f"{DESK_PAGE}/{{registration}}/papers/scan", LEGAL, {"reason": "Visa"}
    ),
    Route("registration_console.ask_security", "POST", f"{DESK_PAGE}/security", DESK, {"id": "{registration}"}),
    Route(
        "registration_console.pass_security",
        "POST",
        f"{DESK_PAGE}/{{objected}}/security-passed",
        DESK,
        {"why_passed": "A known defender", "approval_seen": "1"},
    ),
    Route("registration_console.security_list", "GET", f"{EVENT}/security", SECURITY),
    Route("registration_console.security_person", "GET", f"{EVENT}/security/{{approval}}", SECURITY),
    Route(
        "registration_console.security_word",
        "POST",
        f"{EVENT}/security/{{approval}}/word",
        SECURITY,
        {"word": "no_objection", "seen": "1", "seen_name": "{name_seen}"},
    ),
    Route(
        "registration_console.security_reveal",
        "POST",
        f"{EVENT}/security/{{answered}}/sealed",
        SECURITY,
        {"reason": "Match"},
    ),
    Route(
        "registration_console.security_export",
        "GET POST",
        f"{EVENT}/security/export",
        but(SECURITY, officer=OK),
        {"reason": "Our own check", "kind": "csv"},
    ),
    Route("registration_console.take_up", "POST", f"{DESK_PAGE}/{{declined}}/taken-up", DESK, {"why": "An appeal"}),
    Route("registration_console.partner_counts", "GET", f"{EVENT}/registration-counts", COUNTS),
    Route("registration_console.setup", "GET POST", f"{EVENT}/registration-settings", EDIT, fills=True),
    Route("registration_console.category_list", "GET", f"{EVENT}/registration-settings/categories", EDIT),
    Route("registration_console.usual_categories", "POST", f"{EVENT}/registration-settings/categories", EDIT),
    Route(
        "registration_console.category",
        "GET POST",
        f"{EVENT}/registration-settings/categories/media",
        EDIT,
        {"is_open": "y", "quota": "5", "others": "close"},
        fills=True,
    ),
    Route(
        "registration_console.extend_category",
        "POST",
        f"{EVENT}/registration-settings/categories/ngo_no_ecosoc/deadline",
        EDIT,
        {"until": "{until}"},
    ),
    Route("registration_console.way_places", "GET POST", f"{EVENT}/registration-settings/ways", EDIT, fills=True),
    Route("registration_console.switch", "GET POST", f"{EVENT}/registration-settings/mode?to=online", EDIT, fills=True),
    Route("registration_console.extend", "POST", f"{EVENT}/registration-settings/deadline", EDIT, {"until": "{until}"}),
    Route("registration_console.new_questionnaire", "POST", f"{EVENT}/registration-settings/questionnaire", EDIT),
)

PRINTED = but(only("officer"), organiser=NOTHING, admin=NOTHING, series_admin=NOTHING)
"""Who asked for it, and nobody else."""
OWN_PAPERS = "/en/me/registrations/{reference}/papers"
IN_ENGLISH = {"language": "en", "reason": "The desk opens"}

OWN_NEEDS = "/en/me/registrations/{reference}/needs"
NEEDS = f"{EVENT}/arrangements"
LINE = f"{NEEDS}/lines/wheelchair.-.-.-"
ORDERED = {"id": "{need}", "seen": "{need}:1", "status": "ordered"}

ARRANGED = (
    Route("arrangements.mine", "GET POST", OWN_NEEDS, OWNER, {"kind": "quiet_room"}),
    Route("arrangements.change", "GET POST", f"{OWN_NEEDS}/{{need}}", OWNER, {"kind": "large_print"}),
    Route("arrangements.take_back", "POST", f"{OWN_NEEDS}/{{need}}/taken-back", OWNER),
    Route("arrangements_console.index", "GET", NEEDS, DESK),
    Route("arrangements_console.line", "GET POST", LINE, DESK, ORDERED),
    Route("arrangements_console.names", "POST", f"{LINE}/names", DESK, {"reason": "To meet her"}),
    Route("arrangements_console.export", "GET POST", f"{NEEDS}/export", DESK, {"reason": "Orders", "kind": "csv"}),
    Route("arrangements.visa", "GET POST", "/en/me/registrations/{reference}/visa", OWNER, {"stands": "applied"}),
    Route("arrangements_console.visa_list", "GET", f"{NEEDS}/visas", DESK),
    Route(
        "arrangements_console.visa_of",
        "GET POST",
        f"{NEEDS}/visas/{{registration}}",
        DESK,
        {"stands": "applied", "version": "0"},
    ),
    Route("arrangements_console.setup", "GET POST", f"{NEEDS}/settings", EDIT, {"lead_days": "5"}),
)

PRINTS = (
    Route("papers.mine", "GET", OWN_PAPERS, OWNER),
    Route("papers.ask", "POST", f"{OWN_PAPERS}/confirmation", OWNER, {"language": "en", "name": "public"}),
    Route("papers.fetch", "GET", "/en/me/papers/{own_paper}", OWNER),
    Route("papers_console.index", "GET", f"{EVENT}/papers", DESK),
    Route("papers_console.badges", "POST", f"{EVENT}/papers/badges", DESK, IN_ENGLISH | {"layout": "a6"}),
    Route("papers_console.participants", "POST", f"{EVENT}/papers/list", DESK, IN_ENGLISH),
    Route("papers_console.samples", "POST", f"{EVENT}/papers/samples", DESK, {"language": "en"}),
    Route("papers_console.fetch", "GET", f"{EVENT}/papers/{{printed}}", PRINTED),
    # Nobody named in the batch of this world still waits for a badge.
    Route("papers_console.issued", "POST", f"{EVENT}/papers/{{printed}}/issued", but(PRINTED, officer=REFUSED)),
    Route("papers_console.setup", "GET POST", f"{EVENT}/papers/settings", EDIT, fills=True),
)

MAILINGS = f"{EVENT}/mailings"
MAILING = f"{MAILINGS}/{{mailing}}"

MAILED = (
    Route("mailings.messages", "GET", "/en/me/messages", PERSONAL),
    Route("mailings.message", "GET", "/en/me/messages/{mailed}", OWNER),
    Route("mailings.wanted", "POST", "/en/me/messages/mails/none", PERSONAL),
    Route("mailings.stop", "GET POST", "/en/stop/{stop_link}", PUBLIC),
    Route("mailings_console.index", "GET", MAILINGS, DESK),
    Route("mailings_console.new", "GET POST", f"{MAILINGS}/new", DESK, {"kind": "news", "copied": ""}),
    Route("mailings_console.unreached", "GET", f"{MAILINGS}/not-reached", DESK),
    Route("mailings_console.mailing", "GET", MAILING, DESK),
    Route("mailings_console.audience_of", "GET POST", f"{MAILING}/recipients", DESK, {"groups": "decide"}, fills=True),
    Route("mailings_console.texts", "GET POST", f"{MAILING}/texts", DESK, fills=True),
    Route("mailings_console.trial", "POST", f"{MAILING}/trial", DESK, {"language": "fr"}),
    Route("mailings_console.send", "POST", f"{MAILING}/send", EDIT, {"version": "{mailing_version}"}),
    Route("mailings_console.drop", "POST", f"{MAILING}/delete", DESK),
    Route("mailings_console.log", "GET", f"{MAILINGS}/{{mailing_sent}}/log", DESK),
    Route("mailings_console.move", "POST", f"{MAILINGS}/{{mailing_sent}}/moves", EDIT, {"move": "stop"}),
)

ATTENDANCE = {"what": "attendance", "kind": "csv", "gate": ""}
NOT_TODAY = but(DESK, **dict.fromkeys(("organiser", "officer", "admin", "series_admin", "check_in"), REFUSED))
UNDONE = {"reference": "{came}", "gate": "{today}", "reason": "The wrong badge"}
DOOR = but(DESK, check_in=OK)
DOORS = f"{EVENT}/check-in"
GATE = f"{DOORS}/gates/{{session}}"
SCANNED = {"head": "{list_head}", "signature": "{list_signature}", "clock": "1790000000000", "scans": "{scanned}"}

NO_ROOM = dict.fromkeys(ROLES, HIDDEN) | {"anonymous": SIGN_IN, "half": SECOND_FACTOR}
JOINING = dict.fromkeys(ROLES, REFUSED) | {"owner": OK, "anonymous": SIGN_IN, "half": SECOND_FACTOR}

AT_THE_DOORS = (
    Route("checkin_console.index", "GET", DOORS, DOOR),
    Route("checkin_console.door", "GET POST", GATE, DOOR, {"reference": "{reference}"}),
    Route(
        "checkin_console.walk_in",
        "GET POST",
        f"{GATE}/walk-in",
        DOOR,
        {"name": "Grace", "category": "media"},
        post=NOT_TODAY,
    ),
    Route("checkin_console.rule", "GET POST", f"{GATE}/rule", EDIT, {"capacity": "20", "modes": "in_person"}),
    Route("checkin_console.counts", "GET", f"{DOORS}/counts", DOOR),
    Route("checkin_console.undo", "GET POST", f"{DOORS}/undo", DESK, UNDONE),
    Route("checkin_console.export", "GET POST", f"{DOORS}/export", DESK, IN_ENGLISH | ATTENDANCE),
    Route("checkin_console.hand_out", "POST", f"{DOORS}/list", DOOR, {"clock": "1790000000000"}),
    Route("checkin_console.take_in", "POST", f"{DOORS}/scans", DOOR, SCANNED),
    Route("checkin_console.worker", "GET", f"{DOORS}/worker.js", DOOR),
    Route("rooms.join", "GET POST", "/en/events/{online}/sessions/{online_session}/join", PERSONAL, post=JOINING),
    Route("rooms.join", "GET", "/en/events/{event}/sessions/{draft_session}/join", NO_ROOM),
)

CALLS = "/en/console/funds"
CALL_DRAFT, CALL_OPEN, CALL_CHANGED = (f"{CALLS}/{{{name}}}" for name in ("fund_draft", "fund_open", "fund_changed"))
CALLS_OF_THE_FUND = (
    Route("funding.calls", "GET", "/en/funds", PUBLIC),
    Route("funding.call", "GET", "/en/funds/{fund_open}", PUBLIC),
    Route("funding.call", "GET", "/en/funds/{fund_draft}", NOBODY),
    Route("funding.guide", "GET POST", "/en/funds/{fund_open}/guide", PUBLIC, {"belongs": "yes", "otherwise": "yes"}),
    Route("funding_console.funds", "GET", CALLS, but(AROUND_THE_FUND, other_admin=OK)),
    Route(
        "funding_console.call_new",
        "GET POST",
        f"{CALLS}/new",
        but(ADMINS, fund_officer=OK),
        {"code": "NEW27", "slug": "n-27", "event": "{event_id}"},
        fills=True,
        post=but(ADMINS, fund_officer=OK, other_admin=REFUSED),
    ),
    Route("funding_console.call", "GET", CALL_OPEN, AROUND_THE_FUND),
    Route("funding_console.call_facts", "GET POST", f"{CALL_DRAFT}/facts", FUND, fills=True),
    Route("funding_console.call_words", "GET POST", f"{CALL_DRAFT}/words", FUND, fills=True),
    Route("funding_console.call_rules", "GET POST", f"{CALL_DRAFT}/rules/money", FUND, fills=True),
    Route("funding_console.call_delete", "GET POST", f"{CALL_DRAFT}/delete", FUND),
    Route("funding_console.call_open", "GET POST", f"{CALL_DRAFT}/open", FUND, fills=True),
    Route("funding_console.call_change", "GET", f"{CALL_CHANGED}/change", AGREE),
    Route("funding_console.call_agree", "POST", f"{CALL_CHANGED}/change/agree", AGREE, {"digest": "{fund_digest}"}),
    Route("funding_console.call_drop", "POST", f"{CALL_CHANGED}/change/drop", AGREE),
    Route(
        "funding_console.call_form",
        "POST",
        f"{CALLS}/{{fund_newer}}/change/form",
        FUND,
        {"stamp": "{fund_stamp}", "reason": "Fewer questions"},
    ),
    Route(
        "funding_console.call_extend",
        "GET POST",
        f"{CALL_OPEN}/extend",
        FUND,
        {"before": "{fund_before}", "closes_at": "{fund_later}", "told": "{fund_later}"},
    ),
    Route("funding_console.call_cancel", "GET POST", f"{CALL_OPEN}/cancel", FUND, {"why_off-en": "No money"}),
)

APPLYING = "/en/funds/{my_call}/apply"
APPLIED = "/en/me/applications/{my_application}"
FUNDED = (
    Route("funding.apply", "GET", APPLYING, PUBLIC),
    Route("funding.step", "GET POST", f"{APPLYING}/p1", PERSONAL, {"q_residence": "KE", "q_first_time": "yes"}),
    Route("funding.own_name", "GET POST", f"{APPLYING}/own/name", PERSONAL, {"name": "Amina Yusuf"}),
    Route("funding.keep", "POST", f"{APPLYING}/p1/draft", PERSONAL),
    Route("funding.vouchers", "GET", f"{APPLYING}/people", PERSONAL),
    Route(
        "funding.voucher",
        "GET POST",
        f"{APPLYING}/people/referee-1",
        OWNER,
        {"name": "Omar", "email": "omar@example.org", "language": "fr"},
    ),
    Route("funding.ask_again", "POST", f"{APPLYING}/people/nominator-1/again", OWNER),
    Route("funding.check", "GET POST", f"{APPLYING}/check", PERSONAL),
    Route("funding.former", "GET POST", f"{APPLYING}/former", PERSONAL, {"take": "nationality"}),
    Route("funding.done", "GET", f"{APPLYING}/done", PERSONAL),
    Route("funding.own_file", "GET", f"{APPLYING}/files/letter", OWNER),
    Route("funding.own_file", "GET", f"{APPLYING}/files/identity_copy", UNREACHED),
    Route("funding.own_file", "POST", f"{APPLYING}/files/identity_copy", OWNER),
    Route("funding.own_file", "POST", f"{APPLYING}/files/letter", UNREACHED),
    Route("funding.sealed_answers", "GET POST", f"{APPLYING}/sealed/answers", OWNER),
    Route("funding.mine_one", "GET", APPLIED, OWNER),
    Route("funding.amend", "GET POST", f"{APPLIED}/answers/p6", OWNER),
    Route("funding.send_again", "POST", f"{APPLIED}/send", OWNER),
    Route("funding.withdraw", "GET POST", f"{APPLIED}/withdraw", OWNER),
    Route("funding.take_up", "POST", f"{APPLIED}/withdraw/undo", OWNER),
    Route("funding.vouch", "GET POST", "/en/vouch/{vouch_link}", PUBLIC, {"go": "yes"}),
    Route("funding.not_me", "GET POST", "/en/vouch/{vouch_link}/not-me", PUBLIC),
)

FUND_DESK = (
    Route("funding_console.files", "GET", FUND_FILES, FUND),
    Route("funding_console.preview", "POST", f"{FUND_FILES}/preview", FUND, FUND_CHOSEN),
    Route("funding_console.decide", "POST", f"{FUND_FILES}/decision", FUND, FUND_CHOSEN),
    Route("funding_console.export", "GET POST", f"{FUND_FILES}/export", FUND, {"reason": "Board", "kind": "csv"}),
    Route("funding_console.record", "GET", FUND_FILE, FUND),
    Route("funding_console.note", "POST", f"{FUND_FILE}/note", FUND, {"text": "Called"}),
    Route("funding_console.reveal", "POST", f"{FUND_FILE}/sealed", FUND, {"reason": "Passport"}),
    Route("funding_console.answer_file", "GET", f"{FUND_FILE}/files/letter", FUND),
    Route("funding_console.answer_file", "GET", f"{FUND_FILE}/files/identity_copy", FUND_NOT_BY_GET),
    Route("funding_console.answer_file", "POST", f"{FUND_FILE}/files/identity_copy", FUND, {"reason": "Passport"}),
    Route("funding_console.letter", "GET POST", f"{FUND_FILE}/letters/{{endorsement}}", FUND, {"reason": "To read it"}),
    Route("funding_console.ask", "POST", f"{FUND_FILE}/missing", FUND, {"question": "Where?", "days": "3"}),
    Route(
        "funding_console.message_file",
        "GET POST",
        f"{FUND_FILE}/messages/{{fund_message}}",
        FUND,
        {"reason": "To read it"},
    ),
    Route("funding_console.mark_read", "POST", f"{FUND_FILE}/answer-read", FUND),
    Route("funding_console.reply", "POST", f"{FUND_FILES}/{{application_refused}}/reply", FUND, {"message": "Because"}),
    Route(
        "funding_console.take_up", "POST", f"{FUND_FILES}/{{application_refused}}/again", FUND, {"why": "A letter came"}
    ),
    Route("funding_console.papers", "GET", f"{FUND_FILE}/papers", FUND),
    Route("funding_console.paper", "GET", f"{FUND_FILE}/papers/letter", FUND),
    Route("funding_console.paper", "GET POST", f"{FUND_FILE}/papers/identity_copy", FUND, {"reason": "Passport"}),
    Route("funding_console.duplicates", "GET", f"{FUND_CALL}/duplicates", FUND),
    Route(
        "funding_console.duplicate",
        "GET POST",
        f"{FUND_CALL}/duplicates/{{fund_pair}}",
        FUND,
        {"finding": "different", "text": "Cousins"},
    ),
    Route(
        "funding_console.two_people",
        "POST",
        f"{FUND_CALL}/duplicates/{{fund_same}}/two-people",
        FUND,
        {"why": "They wrote"},
    ),
    Route("funding_console.numbers", "GET", f"{FUND_CALL}/numbers", FUND),
    Route("awards_numbers.overview", "GET", f"{FUND_CALL}/overview", but(GRANT_STAFF, organiser=OK)),
    Route(
        "awards_numbers.report",
        "POST",
        f"{FUND_CALL}/overview/report",
        GRANT_STAFF,
        {"language": "en", "kind": "xlsx", "reason": "The donors meet"},
    ),
    Route(
        "awards_numbers.fetch",
        "GET",
        f"{FUND_CALL}/overview/report/{{donors_report}}",
        but(SERIES, series_admin=NOTHING, fund_officer=NOTHING, approver=NOTHING, finance=NOTHING),
    ),
    Route(
        "funding_console.debts",
        "GET POST",
        "/en/console/funds/debts",
        ADMIN,
        {"reference": "{application_reference}", "party": "person", "note": "Forged"},
    ),
    Route("funding_console.agree", "POST", "/en/console/funds/debts/proposals/{proposal}/agree", ADMIN),
    Route("funding_console.drop", "POST", "/en/console/funds/debts/proposals/{proposal_to_drop}/drop", ADMIN),
    Route("funding_console.clear", "GET POST", "/en/console/funds/debts/{debt}/clear", ADMIN, {"why": "It came"}),
    Route(
        "funding_thread.mine", "GET POST", "/en/me/applications/{application_reference}/questions", OWNER, {"text": "x"}
    ),
    Route(
        "funding_thread.message_file",
        "GET",
        "/en/me/applications/{application_reference}/questions/{fund_message}",
        OWNER,
    ),
)

READS = only("reviewer")
NOBODY_READS = only()
READ_OFFICE = FUND
REVIEW = "/en/reviews/{review}"
READING = "/en/console/funds/{fund}/reviewing"
A_REVIEW = {"seen": "{review_version}", "mark_need": "2", "why_need": "Why", "go": "keep"}
A_READER = {"languages": "en", "most": "9", "fewest": "0"}

READ = (
    Route("reviewing.mine", "GET", "/en/reviews", READS),
    Route("reviewing.my_ties", "GET POST", "/en/reviews/ties", READS, post=NOBODY_READS),
    Route("reviewing.gate", "GET POST", "/en/reviews/gates/{reading_gate}", READS, fills=True),
    Route("reviewing.review", "GET POST", REVIEW, READS, A_REVIEW),
    Route("reviewing.keep", "POST", f"{REVIEW}/keep", READS, A_REVIEW),
    Route("reviewing.abstain", "GET POST", f"{REVIEW}/abstain", READS),
    Route("reviewing.recuse", "GET POST", f"{REVIEW}/step-back", READS, {"kind": "family"}),
    Route("reviewing_console.index", "GET", READING, READ_OFFICE),
    Route("reviewing_console.readers", "GET", f"{READING}/readers", READ_OFFICE),
    Route(
        "reviewing_console.reader", "GET POST", f"{READING}/readers/{{reader}}", READ_OFFICE, A_READER | {"seen": "1"}
    ),
    Route("reviewing_console.reader", "GET POST", f"{READING}/readers/{{new_reader}}", READ_OFFICE, A_READER),
    Route("reviewing_console.leave", "POST", f"{READING}/readers/{{reader}}/leave", READ_OFFICE, {"away": "yes"}),
    Route("reviewing_console.assign", "POST", f"{READING}/assign", READ_OFFICE),
    Route("reviewing_console.draft", "GET POST", f"{READING}/drafts/{{readers_draft}}", READ_OFFICE, {"go": "drop"}),
    Route("reviewing_console.remind", "POST", f"{READING}/remind", READ_OFFICE),
    Route("reviewing_console.scores", "GET POST", f"{READING}/scores", READ_OFFICE),
    Route("reviewing_console.declared_ties", "GET", f"{READING}/ties", READ_OFFICE),
    Route(
        "reviewing_console.declared_tie",
        "GET POST",
        f"{READING}/ties/{{declared_tie}}",
        READ_OFFICE,
        {"reason": "A mistake", "go": "ask"},
    ),
)

PROMISED = "/en/console/commitments"
DRAFTED = f"{PROMISED}/{{commitment}}"
PROMISED_IN = f"{EVENT}/commitments"
SHOWN = f"{PROMISED}/{{shown_commitment}}"
IN_WORDS = {"wording": "Other words", "seen": "1"}

NO_TABLE = {role: REFUSED if got == OK else got for role, got in EDIT.items()}
"""The file that is sent is no table."""

PROMISES_MADE = (
    Route("commitments.index", "GET", "/en/commitments?q=schools", PUBLIC),
    Route("commitments.commitment", "GET", "/en/commitments/{shown_reference}", PUBLIC),
    Route("commitments.confirm", "GET POST", "/en/confirm/{confirm_link}", PUBLIC, {"seen": "1"}),
    Route(
        "commitments.correct",
        "GET POST",
        "/en/confirm/{confirm_link}/correct",
        PUBLIC,
        IN_WORDS | {"reason": "Misheard"},
    ),
    Route("commitments.not_me", "GET POST", "/en/confirm/{maker_link}/not-me", PUBLIC),
    Route("tracker.scorecards", "GET", "/en/commitments/scorecards?by=event", PUBLIC),
    Route("tracker.feed", "GET", "/en/commitments/changes.atom?maker=government", PUBLIC),
    Route("tracker.feed_of_one", "GET", "/en/commitments/{shown_reference}/changes.atom", PUBLIC),
    Route(
        "tracker.follow",
        "GET POST",
        "/en/commitments/{shown_reference}/follow",
        PUBLIC,
        {"what": "one", "email": "somebody@example.org"},
    ),
    Route("tracker.report", "GET", "/en/commitments/reports/event/{event}", PUBLIC),
    Route("tracker.ask_report", "POST", "/en/commitments/reports/event/{event}", PUBLIC),
    Route("tracker.report_file", "GET", "/fr/commitments/reports/event/{event}/commitments.pdf", PUBLIC),
    Route("tracker.following", "GET", "/en/following/{follow_link}", PUBLIC),
    Route("tracker.agree", "POST", "/en/following/{follow_link}/agree", PUBLIC),
    Route("tracker.stop_one", "POST", "/en/following/{follow_link}/{follow}/stop", PUBLIC),
    Route("tracker.leave", "GET POST", "/en/following/{leave_link}/stop", PUBLIC),
    Route("tracker_api.csv_file", "GET", "/open-data/commitments.csv", PUBLIC),
    Route("tracker_api.xlsx_file", "GET", "/open-data/commitments.xlsx", PUBLIC),
    Route("tracker_api.json_file", "GET", "/open-data/commitments.json?q=schools", PUBLIC),
    Route("calendars.day_feed", "GET", "/cal/days/commitments.ics", PUBLIC),
    Route("calendars.day_feed", "GET", "/cal/days/commitments.ar.ics", PUBLIC),
    Route("tracker_console.bring", "GET POST", f"{PROMISED_IN}/import", EDIT, post=NO_TABLE, file="file"),
    Route("tracker_console.template", "GET", f"{PROMISED_IN}/import/template.csv", EDIT),
    Route("tracker_console.look", "GET POST", f"{PROMISED_IN}/import/{{commitment_sheet}}", EDIT, {"seen": "1"}),
    Route("commitments_console.index", "GET", PROMISED, but(PAPERS, other_organiser=OK, other_admin=OK)),
    Route(
        "commitments_console.room",
        "GET POST",
        PROMISED_IN,
        PAPERS,
        {"maker": "Ministry", "kind": "government", "wording": "We will", "language": "en"},
    ),
    Route("commitments_console.keep", "POST", f"{PROMISED_IN}/typed", PAPERS, {"maker": "Ministry", "wording": "We"}),
    Route("commitments_console.ask_all", "POST", f"{PROMISED_IN}/ask", EDIT),
    Route("commitments_console.undo", "POST", f"{DRAFTED}/undo", PAPERS),
    Route("commitments_console.record", "GET", DRAFTED, PAPERS),
    Route("commitments_console.words", "GET POST", f"{DRAFTED}/words", PAPERS, IN_WORDS),
    Route(
        "commitments_console.details",
        "GET POST",
        f"{DRAFTED}/details",
        PAPERS,
        {"maker_0": "Ministry", "kind_of_0": "government", "seen": "{commitment_lock}"},
    ),
    Route(
        "commitments_console.translation",
        "GET POST",
        f"{DRAFTED}/translation",
        PAPERS,
        {"language": "fr", "wording": "Des classes"},
    ),
    Route(
        "commitments_console.add_contact",
        "POST",
        f"{DRAFTED}/contacts",
        PAPERS,
        {"email": "another@example.org", "name": "Amina", "language": "en"},
    ),
    Route("commitments_console.ask", "POST", f"{DRAFTED}/contacts/{{commitment_contact}}", EDIT),
    Route("commitments_console.forget_contact", "POST", f"{DRAFTED}/contacts/{{commitment_contact}}/forget", PAPERS),
    Route("commitments_console.write", "POST", f"{DRAFTED}/notes", PAPERS, {"text": "A note", "to": "us"}),
    Route(
        "commitments_console.verify", "POST", f"{PROMISED}/{{asked_commitment}}/verify", EDIT, {"text": "The webcast"}
    ),
    Route("commitments_console.decide", "POST", f"{SHOWN}/state", EDIT, {"go": "hold"}),
    Route("commitments_console.close", "GET POST", f"{SHOWN}/close", EDIT, {"reason": "Every class is open"}),
    Route("commitments_console.withdraw", "GET POST", f"{SHOWN}/withdraw", EDIT, {"why": "maker", "reason": "No law"}),
    Route(
        "commitments_console.replaced",
        "GET POST",
        f"{SHOWN}/replaced",
        EDIT,
        {
            "kin": "replaced",
            "references": "{assessed_reference}",
            "reason": "A newer one",
            "seen": "{assessed_look}",
        },
    ),
    Route(
        "commitments_console.leave",
        "GET POST",
        f"{PROMISED}/{{joint_commitment}}/makers/{{joint_maker}}/leave",
        EDIT,
        {"reason": "No budget"},
    ),
    Route(
        "commitments_console.successor",
        "GET POST",
        f"{PROMISED}/{{joint_commitment}}/makers/{{joint_maker}}/successor",
        EDIT,
        {"maker": "Office", "kind": "government", "reason": "Renamed", "language": "en"},
    ),
    Route(
        "commitments_console.read_reason",
        "POST",
        f"{PROMISED}/{{hidden_commitment}}/reason",
        EDIT,
        {"text": "The Board asks"},
    ),
)

ASSESSED = "/en/console/assessments/{assessed}"
SPOKEN = "/en/speak/{voice_link}"
SIGNED = {"seen": "{assessed_sign}"}
FILED = {"title": "A report", "language": "en"}

EVIDENCE = (
    Route("evidence.file", "GET", "/en/commitments/{assessed_reference}/evidence/{shown_evidence}", PUBLIC),
    Route(
        "evidence.speak",
        "GET POST",
        "/en/commitments/{assessed_reference}/speak",
        PUBLIC,
        {"email": "somebody@example.org"},
    ),
    Route("evidence.sent", "GET", SPOKEN, PUBLIC),
    Route(
        "evidence.comment",
        "GET POST",
        f"{SPOKEN}/comment",
        PUBLIC,
        {"text": "Four are missing", "language": "en", "shown_as": "protected", "name": "A", "organisation": "B"},
    ),
    Route("evidence.evidence", "GET POST", f"{SPOKEN}/evidence", PUBLIC, FILED, file="file"),
    Route(
        "evidence.retract",
        "GET POST",
        f"{SPOKEN}/evidence/{{waiting_evidence}}/retract",
        PUBLIC,
        {"reason": "Another one is better"},
    ),
    Route("evidence.take_back", "POST", f"{SPOKEN}/comment/{{waiting_comment}}/take-back", PUBLIC),
    Route("evidence.reply", "GET POST", "/en/right-of-reply/{reply_link}", PUBLIC, {"text": "We will add them"}),
    Route("evidence_console.index", "GET", "/en/console/assessments", but(EDIT, other_organiser=OK, other_admin=OK)),
    Route("evidence_console.desk", "GET", ASSESSED, EDIT),
    Route(
        "evidence_console.assess",
        "POST",
        f"{ASSESSED}/result",
        EDIT,
        SIGNED | {"verdict": "evidence_seen", "text": "A report was sent"},
    ),
    Route("evidence_console.give", "GET POST", f"{ASSESSED}/evidence/new", EDIT, FILED, file="file"),
    Route("evidence_console.save", "POST", f"{ASSESSED}/evidence/{{waiting_evidence}}/file", EDIT),
    Route(
        "evidence_console.check",
        "POST",
        f"{ASSESSED}/evidence/{{waiting_evidence}}/check",
        EDIT,
        SIGNED | {"go": "public"},
    ),
    Route(
        "evidence_console.retract",
        "GET POST",
        f"{ASSESSED}/evidence/{{shown_evidence}}/retract",
        EDIT,
        SIGNED | {"reason": "Another year"},
    ),
    Route(
        "evidence_console.moderate",
        "GET POST",
        f"{ASSESSED}/comments/{{waiting_comment}}",
        EDIT,
        SIGNED | {"go": "show"},
    ),
    Route(
        "evidence_console.identity",
        "POST",
        f"{ASSESSED}/comments/{{waiting_comment}}/identity",
        EDIT,
        {"reason": "The Board asks"},
    ),
    Route(
        "evidence_console.decide_reply",
        "POST",
        f"{ASSESSED}/replies/{{answered_reply}}",
        EDIT,
        SIGNED | {"go": "show"},
    ),
)

DRAFT_OF_ANSWER = {"text": "Half", "hindrance": ""}
BEHIND = "/en/answer/{round_answer_link}"
ROUND_PAGE = "/en/console/rounds/{round}"
ROUND_LINK = "/en/console/rounds/links/{round_link}"

ROUNDS = (
    Route("rounds.survey", "GET", BEHIND, PUBLIC),
    Route("rounds.same", "POST", f"{BEHIND}/same", PUBLIC, {"shown": "{round_shown}"}),
    Route(
        "rounds.item",
        "GET POST",
        f"{BEHIND}/commitments/{{round_reference}}",
        PUBLIC,
        {"says": "planning", "language": "en", "seen": "1"},
    ),
    Route("rounds.draft", "POST", f"{BEHIND}/commitments/{{round_reference}}/draft", PUBLIC, DRAFT_OF_ANSWER),
    Route(
        "rounds.colleague",
        "GET POST",
        f"{BEHIND}/colleague",
        PUBLIC,
        {"items": "{round_item}", "email": "colleague@example.org", "language": "en"},
    ),
    Route("rounds.send_evidence", "POST", f"{BEHIND}/commitments/{{round_reference}}/evidence", PUBLIC),
    Route("rounds.take_back", "POST", f"{BEHIND}/colleague/{{round_colleague}}", PUBLIC),
    Route(
        "rounds.later",
        "GET POST",
        f"{BEHIND}/later",
        PUBLIC,
        {"day": (now() + timedelta(days=5)).date().isoformat()},
    ),
    Route("rounds.not_me", "GET POST", "/en/answer/{round_refusing}/not-me", PUBLIC),
    Route("rounds.ask_copy", "POST", f"{BEHIND}/copy", PUBLIC),
    Route("rounds.copy", "GET", f"{BEHIND}/copy.pdf", PUBLIC),
    Route("rounds_console.index", "GET", "/en/console/rounds", but(EDIT, other_organiser=OK, other_admin=OK)),
    Route("rounds_console.silent", "GET", "/en/console/rounds/silence", but(EDIT, other_organiser=OK, other_admin=OK)),
    Route("rounds_console.nudge_silent", "POST", "/en/console/rounds/silence/{round_link}/nudge", EDIT),
    Route("rounds_console.compare", "GET", "/en/console/series/{series}/rounds/comparison?move=same", EDIT),
    Route("rounds_console.board_of", "GET", ROUND_PAGE, EDIT),
    Route("rounds_console.calls", "GET", f"{ROUND_PAGE}/calls", EDIT),
    Route("rounds_console.link", "GET", ROUND_LINK, EDIT),
    Route("rounds_console.note_call", "POST", f"{ROUND_LINK}/calls", EDIT, {"reached": "nobody", "text": "Busy"}),
    Route("rounds_console.read_phone", "POST", f"{ROUND_LINK}/telephone", EDIT, {"reason": "To call"}),
    Route("rounds_console.nudge", "POST", f"{ROUND_LINK}/nudge", EDIT),
    Route("rounds_console.renew", "POST", f"{ROUND_LINK}/renew", EDIT),
    Route("rounds_console.revoke", "POST", f"{ROUND_LINK}/revoke", EDIT),
    Route("rounds_console.ask_next", "POST", "/en/console/rounds/items/{round_next}/next", EDIT),
    Route(
        "rounds_console.plan",
        "GET POST",
        "/en/console/series/{series}/rounds",
        SERIES,
        {"months": "3, 6", "every": "12", "days": "0, 5"},
    ),
)

EVALUATED = f"{EVENT}/evaluation"
EVALUATIONS = (
    Route("evaluations.form", "GET POST", "/en/evaluation/{evaluation_link}", PUBLIC, {"overall": "4"}),
    Route("evaluations.thanks", "GET", "/en/evaluation/{evaluation_done}/thanks", PUBLIC),
    Route("evaluations.summary", "GET", "/en/events/{event}/evaluation", PUBLIC),
    Route("evaluations_console.index", "GET", EVALUATED, EDIT),
    Route(
        "evaluations_console.set_up",
        "GET POST",
        "/en/console/events/{draft}/evaluation/set-up",
        EDIT,
        {
            "questions": "overall",
            "opens_on": (now() + timedelta(days=500)).date().isoformat(),
            "closes_on": (now() + timedelta(days=510)).date().isoformat(),
            "seen": "0",
        },
    ),
    Route("evaluations_console.publish", "POST", f"{EVALUATED}/publish", EDIT, {"go": "publish"}),
    Route(
        "evaluations_console.words",
        "GET POST",
        f"{EVALUATED}/words/{{evaluation_words}}",
        EDIT,
        {"shown": "Some words", "go": "show"},
    ),
    Route("evaluations_console.table", "GET", f"{EVALUATED}.csv", EDIT),
)

ROUTES = (
    *EVALUATIONS,
    *EVIDENCE,
    *PROMISES_MADE,
    *ROUNDS,
    *CALLS_OF_THE_FUND,
    *FUND_DESK,
    *FOR_MACHINES,
    *ONLY_IN_THE_DEMO,
    *PROGRAMME,
    *CALENDARS,
    *PEOPLE,
    *REGISTRATION,
    *CONSOLE,
    *QUESTIONNAIRES,
    *AT_THE_DESK,
    *DELEGATIONS,
    *HELPING,
    *BOARDS,
    *GRANTED,
    *ARRANGED,
    *MAILED,
    *PRINTS,
    *AT_THE_DOORS,
    *FUNDED,
    *READ,
)

"""Attack text in every free-text column, every page and preview opened in Chromium: nothing runs (SAFETY.md, 19)."""

import itertools
import mailbox
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page
from psycopg import sql
from sqlalchemy import Enum, Text
from sqlalchemy.dialects.postgresql import JSONB

from eventhub.kit.db import db
from tests import servers
from tests.journeys.browser import visitor
from tests.journeys.stage import press
from tests.journeys.tour import Stop, Tour, build_tour
from tests.live import House

pytestmark = pytest.mark.lane
OWN_HOUSE = True

BREAK = "'\"></textarea></title></script>"
"""Out of an attribute, a field, a title and a script; the attacks follow."""
ATTACKS = tuple(
    BREAK + one
    for one in (
        "<script>owned('script')</script><img src=x onerror=\"owned('img')\">",
        "<svg onload=owned('svg')><a href=\"javascript:owned('link')\">x</a>[y](javascript:owned('md'))",
        "<iframe srcdoc=\"<script>parent.owned('frame')</script>\"></iframe>{{ 7*7 }}${7*7}%(name)s",
        "' autofocus onfocus=owned('focus') x='<style>*{color:url(https://evil.example/)}</style>",
        "<base href=//evil.example><form action=//evil.example><button>ok</button>",
    )
)
ATTACK = ATTACKS[0]
ADDRESS = "javascript:owned('address')"
TRAP = "window.owned = what => { (window.caught = window.caught || []).push(what) }"

FREE: dict[str, dict[str, Any]] = {
    "affiliation": {"role": ATTACK},
    "agenda_item": {"title": None},
    "answer": {"value": None},
    "approval": {"note": None, "why_passed": None},
    "audit_text": {"text": None},
    "commitment": {"speaker": None, "closed_reason": None, "withdrawn_reason": None, "plain": ATTACK},
    "commitment_half_typed": {"given": None},
    "commitment_version": {"wording": None, "title": None, "beneficiaries": None, "reason": None},
    "commitment_translation": {"wording": None, "title": None},
    "commitment_maker": {"name": None},
    "commitment_contact": {"name": None},
    "commitment_succession": {"reason": None},
    "commitment_former_maker": dict.fromkeys(("name", "succeeded_by", "reason")),
    "commitment_note": {"text": None},
    "commitment_recommendation": {"symbol": None, "paragraph": ATTACK},
    "commitment_indicator": {"name": None},
    "commitment_milestone": {"text": None},
    "commitment_report": {"text": None},
    "commitment_review": {"text": None},
    "commitment_evidence": dict.fromkeys(("title", "address", "file_name", "reason")),
    "commitment_comment": {"text": None, "alias": None, "reason": None},
    "commitment_reply": {"text": None},
    "round_answer": {"text": None, "hindrance": None},
    "round_call": {"text": None},
    "round_draft": {"given": None},
    "round_link": {"name": None},
    "evaluation_answer": {"text": None, "shown": None},
    "document": {"title": None, "symbol": ATTACK},
    "event": dict.fromkeys(
        ("title", "lead", "description", "practical", "access_services", "city", "venue", "cancelled_reason")
    ),
    "fund_call": dict.fromkeys(("title", "lead", "description", "rules")) | {"cancelled_reason": "texts"},
    "fund_call_deadline": {"reason": None},
    "fund_call_rules": {"rules": None, "texts": None, "reason": None},
    "invite_word": {"sender": ATTACK},
    "mailing": {"subject": None, "text": None},
    "charge": {"name": None},
    "fund_endorsement": {"name": None},
    "fund_exchange_rate": {"source": ATTACK},
    "fund_budget_change": {"why": ATTACK},
    "nominee": {"name": None},
    "organisation_alias": {"name": ATTACK},
    "organisation": {"name": None, "head": ATTACK, "website": ADDRESS},
    "panellist": {"name": None, "function": None},
    "paper_setup": {"host": "texts", "signatory": ATTACK, "signatory_title": "texts", "contact": ATTACK},
    "person": {"name": None, "name_latin": None, "alias": None, "phone": ATTACK},
    "prepared_decision": {"text": ATTACK},
    "promise": {"problem": None},
    "questionnaire": {"name": None, "draft": None},
    "questionnaire_text": {"source": None, "texts": None},
    "questionnaire_version": {"definition": None},
    "fund_debar_proposal": {"note": None},
    "fund_debt": {"note": None},
    "registration": {"legal_name": ATTACK, "display_name": ATTACK},
    "fund_slate": {"sent_back_reason": ATTACK},
    "role_offer": {"scope_label": ATTACK},
    "room": {"name": None},
    "second_factor_reset": {"reason": None},
    "search_entry": {"title": ATTACK, "body": ATTACK},
    "series": {"title": "texts", "summary": "texts"},
    "session": {"dial_in": ATTACK, "cancelled_reason": "texts", "title": None, "summary": None, "description": None},
    "stored_file": {"name": ATTACK},
    "passkey": {"label": ATTACK},
    "web_session": {"browser": ATTACK},
    "tracker_follow": {"maker": None},
    "tracker_sheet": {"name": None, "rows": None},
}
"""Columns that hold what somebody typed. None: filled through factories and actions; else written here."""
NOT_FREE = {
    "answer": {"question"},
    "audit_entry": {"verb", "subject_kind", "reason", "detail"},
    "calendar_entry": {"uid", "related_uid", "time_zone"},
    "commitment": {"language", "kind", "themes", "groups", "sdgs", "countries"},
    "commitment_version": {"currency"},
    "commitment_translation": {"language"},
    "commitment_maker": {"kind", "country"},
    "commitment_contact": {"email", "language"},
    "commitment_former_maker": {"kind", "country"},
    "commitment_evidence": {"language"},
    "commitment_comment": {"country", "language"},
    "commitment_reply": {"language"},
    "evidence_voice": {"language"},
    "round": {"days"},
    "tracker_reader": {"language"},
    "tracker_report": {"language", "numbers"},
    "round_answer": {"language", "obstacles"},
    "round_copy": {"language"},
    "round_link": {"email", "language"},
    "round_plan": {"months", "days"},
    "evaluation": {"questions"},
    "evaluation_answer": {"question", "language"},
    "delegation": {"category"},
    "document": {"kind", "original_language"},
    "document_version": {"language"},
    "email_change": {"new_email"},
    "entry_blob": {"language", "zone"},
    "event": {"slug", "code", "original_language", "country", "time_zone", "interpretation"},
    "focal_invitation": {"email", "language"},
    "frozen_counts": {"numbers"},
    "fund_panel_member": {"languages", "region", "country"},
    "fund_readers_draft": {"digest", "pairs", "removed", "figures", "refused"},
    "fund_review": {"marks"},
    "fund_scoring": {"digest", "files", "reviewers", "skipped"},
    "fund_tie": {"country"},
    "frozen_gender": {"numbers"},
    "fund_frozen_balance": {"numbers"},
    "fund_donor_report": {"language"},
    "fund_statement_paper": {"language"},
    "gate_rule": {"categories", "modes"},
    "heartbeat": {"name"},
    "invite_mail": {"told"},
    "job_slot": {"job"},
    "kept_post": {"path"},
    "mail": {"message_id", "template", "language", "bounce"},
    "fund_call": {"slug", "code", "original_language", "time_zone", "currency", "lottery_commitment"},
    "fund_call_rules": {"digest"},
    "mailing": {"original_language", "audience"},
    "charge": {"email", "phone", "language"},
    "fund_application": {
        *("reference", "origin", "residence", "nationality", "region", "language", "accepts", "cost_lines", "reason"),
    },
    "fund_endorsement": {"email", "language"},
    "nominee": {"email", "language"},
    "organisation": {"name_key", "kind", "ecosoc_status", "ganhri_status", "country"},
    "organisation_alias": {"name_key"},
    "organisation_pair": {"reasons"},
    "fund_pair": {"reasons"},
    "registration_pair": {"reasons", "dropped_from"},
    "fund_award": {"cell"},
    "fund_decision": {"reason", "told_reason"},
    "fund_release": {"marks"},
    "fund_award_line": {"given_currency"},
    "fund_envelope": {"key", "currency"},
    "fund_exchange_rate": {"base", "currency"},
    "fund_movement": {"reason"},
    "fund_replacement": {"email", "language"},
    "fund_stay": {"given"},
    "fund_proposal": {"cell"},
    "fund_reserve_place": {"cell"},
    "paper_order": {"language", "filters", "left_out"},
    "person": {"email", "language", "time_zone", "nationality", "residence"},
    "prepared_decision": {"reason"},
    "promise": {"task", "payload", "key"},
    "questionnaire": {"original_language"},
    "questionnaire_text": {"item", "part", "source_digest"},
    "deadline": {"category"},
    "registration_category": {"code"},
    "registration_mode": {"code"},
    "registration": {"reference", "category", "attendance_mode", "country", "represents", "reason"},
    "revision": {"name"},
    "role_offer": {"email", "language"},
    "seal_key": {"master"},
    "fund_run": {"ask", "answer"},
    "fund_slate": {
        *("digest", "rules_digest", "commitment", "pins", "solver", "result", "people", "balance", "reserves"),
        *("change", "minutes", "signature"),
    },
    "search_entry": {"kind", "language", "plain"},
    "series": {"slug", "original_language"},
    "session_service": {"code", "languages"},
    "session": {"for_categories", "time_zone", "interpretation", "access_services", "join_link"},
    "sign_in_request": {"email", "language", "next_url"},
    "stored_file": {"storage_key", "media_type", "purpose"},
}
"""Codes, addresses and keys, which forms check against what they know."""


@pytest.fixture(scope="module")
def tour(house: House) -> Tour:
    turn = itertools.cycle(ATTACKS)
    made = build_tour(house, lambda words: f"{words} {next(turn)}")
    with psycopg.connect(servers.plain(house.settings.database_owner_url), autocommit=True) as connection:
        for table, columns in FREE.items():
            for column, value in columns.items():
                if value is not None:
                    write(connection, table, column, value)
    return made


def write(connection: Any, table: str, column: str, value: str) -> None:
    """Put the attack into every row of a column."""
    given: Any = psycopg.types.json.Jsonb({"en": ATTACK, "ar": ATTACK}) if value == "texts" else value
    statement = sql.SQL("UPDATE {} SET {} = %s").format(sql.Identifier(table), sql.Identifier(column))
    connection.execute(statement, [given])


def test_every_column_of_text_is_named_here() -> None:
    columns = {
        table.name: {
            column.name
            for column in table.columns
            if (isinstance(column.type, Text) and not isinstance(column.type, Enum)) or isinstance(column.type, JSONB)
        }
        for table in db.metadata.tables.values()
    }
    named = {table: set(FREE.get(table, {})) | NOT_FREE.get(table, set()) for table in {*FREE, *NOT_FREE}}
    assert {name: found for name, found in columns.items() if found} == named


def ran(page: Page) -> list[str]:
    """What the page let happen: scripts of the attack, elements made from it, addresses that run."""
    caught = list(page.evaluate("window.caught || []"))
    elements = "script:not([src]), iframe, base, [onload], [onerror], [onfocus], style, img[src='x']"
    caught += page.eval_on_selector_all(elements, "found => found.map(e => e.outerHTML.slice(0, 80))")
    return caught + page.eval_on_selector_all("[href^='javascript:' i]", "found => found.map(e => e.href)")


class Watch:
    """A browser with a trap in each page, and everything it caught."""

    def __init__(self, house: House, chromium: Browser, cookie: tuple[str, str] | None) -> None:
        self.person = visitor(chromium, house.origin, cookie=cookie)
        self.person.context.add_init_script(TRAP)
        self.page = self.person.page
        self.dialogs: list[str] = []
        self.outside: list[str] = []
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        self.page.on(
            "request", lambda asked: None if asked.url.startswith(house.origin) else self.outside.append(asked.url)
        )
        self.shown = 0

    def problems(self, place: str) -> list[str]:
        """What went wrong on the page as it stands."""
        self.shown += BREAK in self.page.locator("body").inner_text()
        complaints = [text for text in self.person.complaints if "Failed to load resource" not in text]
        found = ran(self.page) + complaints + self.dialogs + self.outside
        self.person.complaints.clear()
        return [f"{place}: {one}" for one in found]


def test_no_page_runs_it(house: House, chromium: Browser, tour: Tour) -> None:
    found: list[str] = []
    shown = 0
    for who in tour.cookies:
        watch = Watch(house, chromium, tour.cookies[who])
        for stop in (stop for stop in tour.stops if stop.who == who):
            found += visit(watch, stop)
        shown += watch.shown
        watch.person.close()
    assert found == []
    assert shown > len(tour.stops) / 2, "the attack stands on the pages, as text"


def visit(watch: Watch, stop: Stop) -> list[str]:
    """Open one page in a language that has the texts."""
    place = f"/en{stop.path}"
    answer = watch.page.goto(watch.person.origin + place, wait_until="load")
    assert answer is not None
    assert answer.status < 500, place
    return watch.problems(place)


def search(page: Page) -> None:
    """Send the form of the field that has the focus."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_no_preview_answer_or_search_runs_it(house: House, chromium: Browser, tour: Tour) -> None:
    found: list[str] = []
    staff = Watch(house, chromium, tour.cookies["staff"])
    page = staff.page
    # The desk: a search, and the letters before a decision.
    staff.person.go(f"/en/console/events/{tour.slug}/registrations?chip=all")
    page.fill("[name=q]", ATTACK)
    search(page)
    found += staff.problems("desk, searched")
    for outcome in ("accredited", "declined"):
        staff.person.go(f"/en/console/events/{tour.slug}/registrations?chip=decide")
        for box in page.locator("tbody input[type=checkbox]").all():
            box.check()
        press(page, f"button[name=outcome][value={outcome}]")
        page.fill("[name=text]", ATTACK)
        press(page, "button[formaction$='/preview']")
        assert ATTACK in page.input_value("[name=text]")
        found += staff.problems(f"preview of {outcome}")
    # The questionnaire's preview, sent.
    asked = next(stop for stop in tour.stops if stop.endpoint == "questionnaires_console.preview")
    staff.person.go(f"/en{asked.path}")
    page.fill("[name=q_legal_name]", ATTACK)
    press(page)
    found += staff.problems("preview of the questionnaire")
    # A link to join must be an address of the web.
    sitting = next(stop for stop in tour.stops if stop.endpoint == "programme_console.session")
    staff.person.go(f"/en{sitting.path}")
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")
    page.fill("[name=join_link]", ADDRESS)
    assert press(page, "form:has([name=join_link]) button[type=submit]") == 422
    assert page.locator("[name=join_link][aria-invalid=true]").count() == 1
    found += staff.problems("a link that is none")
    staff.person.close()

    # An officer opens what is sealed, and writes a note.
    officer = Watch(house, chromium, tour.cookies["officer"])
    page = officer.page
    officer.person.go(f"/en/console/events/{tour.slug}/registrations/{tour.registration_id}")
    page.fill("form[action*='/sealed'] [name=reason]", ATTACK)
    press(page, "form[action*='/sealed'] button")
    found += officer.problems("sealed answers opened")
    page.fill("form[action*='/note'] [name=text]", ATTACK)
    press(page, "form[action*='/note'] button")
    found += officer.problems("a note")
    officer.person.close()

    # A participant's own words come back: refused, checked, sent; and the public search.
    person = Watch(house, chromium, tour.cookies["beginner"])
    page = person.page
    person.person.go(f"/en/events/{tour.slug}/register/p1")
    page.fill("[name=q_legal_name]", ATTACK)
    page.fill("[name=q_age]", ATTACK)
    assert press(page) == 422
    found += person.problems("refused")
    page.fill("[name=q_age]", "40")
    press(page)
    press(page)
    assert page.url.endswith("/register/check")
    found += person.problems("check")
    person.person.go("/en/search")
    page.locator("main [name=q]").fill(ATTACK)
    search(page)
    found += person.problems("search")
    # Mails, as the demo shows them.
    letters = list(mailbox.Maildir(house.folder / "mail", create=False).keys())
    assert letters
    for key in letters[:12]:
        person.person.go(f"/dev/mailbox/{key}")
        found += person.problems("a mail")
    assert person.shown
    person.person.close()
    assert found == []

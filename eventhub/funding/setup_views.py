"""Calls in the console: the list, a new one, and the pages on which its words and rules are written."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_pgettext, ngettext
from flask_babel import lazy_gettext as _l

from eventhub.funding import access, call_shown, calls, opening, presets, timing
from eventhub.funding import call_queries as queries
from eventhub.funding.call_forms import FactsForm, ListForm, NewCallForm, WordsForm, given
from eventhub.funding.call_queries import Standing
from eventhub.funding.console import bp
from eventhub.funding.models import Call, FundKind, Stand
from eventhub.funding.rule_forms import PAGES, BalanceForm, GuideForm
from eventhub.funding.rule_forms import Page as RulesPage
from eventhub.funding.rules import Rules, read, to_json, untranslated
from eventhub.funding.setup_console import TEXTS, differing, page, scope, seen, sent, to_run, whole
from eventhub.kit.access import actor, plain_code, staff
from eventhub.kit.clock import now
from eventhub.kit.codes import language_name
from eventhub.kit.errors import NotFound, Stale
from eventhub.kit.forms import ActionForm
from eventhub.kit.i18n import LANGUAGES, in_language, missing_languages, own_clock, said_by_clock, show_by
from eventhub.kit.paging import page_number, pager
from eventhub.kit.panels import panels
from eventhub.kit.web import Link, back_to
from eventhub.people.models import Person
from eventhub.programme.access import scope_of as scope_of_event
from eventhub.programme.models import Event
from eventhub.programme.shown import join
from eventhub.questionnaires.definition import Definition
from eventhub.questionnaires.definition import to_json as definition_json
from eventhub.questionnaires.models import Questionnaire
from eventhub.questionnaires.queries import newest_version

__all__ = ["bp"]

ROOT = "/console/funds"
PARTS = ",".join(repr(one.name) for one in PAGES)
FILTERS = ("q", "kind", "stand")
GROW = 3
"""So many more empty rows at a press."""
DEEDS = {
    "call_created": _l("Call created"),
    "call_copied": _l("Call copied from a former one"),
    "call_edited": _l("Call changed"),
    "call_looked": _l("Looked at, and left as it was"),
    "call_opened": _l("Call opened: its rules are frozen"),
    "change_proposed": _l("Change of rules proposed"),
    "change_agreed": _l("Change of rules agreed to"),
    "change_dropped": _l("Change of rules dropped"),
    "deadline_extended": _l("Deadline extended"),
    "call_cancelled": _l("Call cancelled"),
    "selecting.traits_counted": _l("The board had a slate calculated"),
    "reviewing.scoring_asked": _l("Scores reckoned anew"),
}
GRAVE = {"call_cancelled", "change_dropped"}


@bp.get(ROOT)
@staff
def funds() -> ResponseReturnValue:
    """The calls in scope: filtered and paged by the database."""
    grants = actor().grants
    if not access.may_look(grants):
        raise NotFound
    form = ListForm(request.args)
    wanted = queries.Wanted(
        (form.q.data or "")[:100], _member(FundKind, form.kind.data), _member(Stand, form.stand.data)
    )
    found = queries.calls_page(grants, wanted, page_number())
    kept: dict[str, Any] = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    return render_template(
        "funding/console/calls.html",
        rows=[_row(call, number) for call, number in found.rows],
        fields=list(form),
        filtered=bool(kept),
        may_create=access.may_make_any(grants),
        pager=pager(
            lambda number: url_for(".funds", page=number, **kept), page=found.page, size=queries.PAGE, total=found.total
        ),
    )


@bp.route(f"{ROOT}/new", methods=["GET", "POST"])
@staff
@plain_code
def call_new() -> ResponseReturnValue:
    """A new call, of a kind or as a copy of a former one."""
    grants = actor().grants
    if not access.may_make_any(grants):
        raise NotFound
    former = {str(one.id): one for one in queries.calls_to_copy(grants)}
    events = {str(one.id): one for one in queries.events_for_calls(grants)}
    anywhere = access.may_create(grants, None)
    ahead = [one for one in events.values() if one.first_day > now().date()]
    event = ahead[-1] if ahead else None if anywhere else next(iter(events.values()), None)
    values = _first_values(former, event)
    form = NewCallForm(former=former.values(), events=events.values(), anywhere=anywhere, **values)
    made = sent(form, lambda: _make(form, former, events))
    if made:
        flash(gettext("The draft is there. Nobody outside sees it before you open it."), "ok")
        rules = queries.standing(made).rules
        if timing.is_short(timing.event_of(made), made.closes_at, rules):
            flash(short_in_words(rules), "warn")
        return back_to(".call", slug=made.slug)
    return render_template("funding/console/new.html", form=form), form.status


@bp.get(f"{ROOT}/<slug>")
@staff
def call(slug: str) -> ResponseReturnValue:
    """A call at a glance: what is missing before it opens, where it stands, what was done."""
    found = seen(slug)
    known = queries.standing(found)
    drafts, files = queries.counts(found.id)
    runs = access.runs(actor().grants, scope(found))
    return page(
        "call",
        found,
        here=".call",
        runs=runs,
        known=known,
        rows=readiness(found, known) if runs and found.stand is Stand.DRAFT else [],
        facts=_facts(found, drafts, files, runs=runs),
        history=[_line(deed) for deed in queries.deeds(found)],
        may_copy=access.may_make_any(actor().grants) and runs,
        questionnaire=found.questionnaire_id,
        ways=_ways(found),
    )


def _ways(found: Call) -> list[Link]:
    """Where else a call that was opened is worked on: the desk, readers, the board."""
    if found.stand is Stand.DRAFT:
        return []
    return [link for panel in panels("console.call", (found, scope(found))) for link in panel.context["links"]]


@bp.route(f"{ROOT}/<slug>/facts", methods=["GET", "POST"])
@staff
@plain_code
def call_facts(slug: str) -> ResponseReturnValue:
    """What a draft is called, and when it takes applications."""
    found = to_run(slug)
    if found.stand is not Stand.DRAFT:
        raise NotFound
    form = FactsForm(**_fact_values(found), stamp=queries.standing(found).stamp)
    saved = sent(form, lambda: calls.edit_facts(actor().person, found, form.facts(), stamp=form.stamp.data or ""))
    if saved:
        flash(gettext("Saved"), "ok")
        return back_to(".call", slug=saved.slug)
    found = to_run(slug)
    if form.is_submitted():
        form.stamp.data = queries.standing(found).stamp
    return page("facts", found, here=".call_facts", form=form)


@bp.route(f"{ROOT}/<slug>/words", methods=["GET", "POST"])
@staff
def call_words(slug: str) -> ResponseReturnValue:
    """What a call says, in six languages."""
    found, known = _to_write(slug)
    form = WordsForm(
        **known.texts, stamp=known.stamp, original=found.original_language, is_open=found.stand is Stand.OPEN
    )
    done = sent(
        form,
        lambda: calls.edit(
            actor().person,
            found,
            stamp=form.stamp.data or "",
            texts={name: given(form[name]) for name in TEXTS},
            reason=form.why,
            part="words",
        ),
    )
    if done:
        return _after(found)
    return _again(
        "words", found, form, ".call_words", lambda: whole(known) | {name: given(form[name]) for name in TEXTS}
    )


@bp.route(f"{ROOT}/<slug>/rules/<any({PARTS}):part>", methods=["GET", "POST"])
@staff
def call_rules(slug: str, part: str) -> ResponseReturnValue:
    """One part of the rules."""
    found, known = _to_write(slug)
    one = next(each for each in PAGES if each.name == part)
    form = _rules_form(one, found, known)
    if "more" in request.form and "rows" in form:
        form.grow(GROW)
        return page(part, found, here=part, form=form, known=known, others=[], more=_more(form))
    done = sent(
        form,
        lambda: calls.edit(
            actor().person,
            found,
            stamp=form.stamp.data or "",
            rules=form.parts(known.rules),
            reason=form.why,
            part=part,
        ),
    )
    if done:
        return _after(found)
    return _again(part, found, form, part, lambda: whole(known) | form.parts(known.rules))


@bp.route(f"{ROOT}/<slug>/delete", methods=["GET", "POST"])
@staff
def call_delete(slug: str) -> ResponseReturnValue:
    """Take a draft away, after a question."""
    found = to_run(slug)
    if found.stand is not Stand.DRAFT:
        raise NotFound
    form = ActionForm()
    if sent(form, lambda: calls.delete_draft(actor().person, found)):
        flash(gettext("The draft is deleted"), "ok")
        return back_to(".funds")
    return page("delete", to_run(slug), here=".call", form=form)


def readiness(found: Call, known: Standing) -> list[dict[str, Any]]:
    """What opening needs, as rows of a task list: what must be put right, and what is only not translated, or stands
    there as the draft began with it.
    """
    labels: dict[str, Any] = {"words": gettext("Texts")} | {one.name: one.label for one in PAGES}
    notes: dict[str, list[str]] = {name: [] for name in labels}
    for one in opening.obstacles(found, known):
        notes[one.part].append(str(call_shown.PROBLEMS[one.problem]))
    lacking: dict[str, set[str]] = {name: set() for name in labels}
    for place, languages in untranslated(known.rules, found.original_language).items():
        lacking[{"envelopes": "money"}.get(place.partition(".")[0], place.partition(".")[0])] |= set(languages)
    for name in TEXTS:
        if known.texts[name]:
            lacking["words"] |= set(missing_languages(known.texts[name]))
    rows, looked = _days_row(found, known), queries.looked_at(found.id)
    for name, label in labels.items():
        url = (
            url_for(".call_words", slug=found.slug)
            if name == "words"
            else url_for(".call_rules", slug=found.slug, part=name)
        )
        problems = list(dict.fromkeys(notes[name]))
        tag = MISSING if problems else (LOOK if lacking[name] or name not in looked else READY)
        if name not in looked:
            problems.append(str(FORMER if found.copied_from_id else PRESET))
        if lacking[name]:
            tongues = join([language_name(code, g.lang) for code in LANGUAGES if code in lacking[name]], g.lang)
            problems.append(gettext("Missing: %(languages)s", languages=tongues))
        note = " · ".join(problems) or None
        rows.append({"label": label, "url": url, "note": note, "tag": tag, "unseen": name not in looked})
    return [*rows, _form_row(found)]


PRESET = _l("From the preset, not looked at yet")
FORMER = _l("From the former call, not looked at yet")
READY, LOOK, MISSING = (
    (_l("Ready"), "ok"),
    (_l("Look"), "warn"),
    (lazy_pgettext("in a call or a file", "Missing"), "stop"),
)


def _days_row(found: Call, known: Standing) -> list[dict[str, Any]]:
    """What is wrong with the deadline, where something is."""
    tag, event = MISSING, timing.event_of(found)
    if opening.is_late(found):
        note = gettext("The deadline has passed already")
    elif timing.is_after(event, found.closes_at):
        note = str(timing.DeadlineAfterEvent.message)
    elif timing.is_short(event, found.closes_at, known.rules):
        note, tag = short_in_words(known.rules), LOOK
    else:
        return []
    return [{"label": gettext("Deadline"), "url": url_for(".call_facts", slug=found.slug), "note": note, "tag": tag}]


def short_in_words(rules: Rules) -> str:
    """That the days of a call do not fit before its event."""
    days = timing.reading_time(rules).days + rules.accept_days
    words = ngettext(
        "After this deadline reading and the answers to offers need %(num)s day, and the event begins before that.",
        "After this deadline reading and the answers to offers need %(num)s days, and the event begins before that.",
        days,
    )
    return str(words)


def _form_row(found: Call) -> dict[str, Any]:
    form = queries.form_of(found)
    newest = newest_version(form.id) if form else None
    url = url_for("questionnaires_console.edit", questionnaire_id=form.id) if form else None
    label = gettext("Application form")
    if form is None or newest is None:
        return {"label": label, "url": url, "note": gettext("The form is not published yet"), "tag": MISSING}
    if _is_ahead(form, newest.definition):
        return {"label": label, "url": url, "note": gettext("Its draft differs from what is published"), "tag": LOOK}
    return {"label": label, "url": url, "note": None, "tag": READY}


def _is_ahead(form: Questionnaire, published: Definition) -> bool:
    return bool(definition_json(published) != form.draft)


def _make(form: NewCallForm, former: dict[str, Call], events: dict[str, Event]) -> Call:
    person: Person = actor().person
    event = events.get(form.event.data or "")
    if not access.may_create(actor().grants, scope_of_event(event) if event else None):
        raise NotFound
    begin, title = form.begin.data or "", given(form.title)
    if begin in former:
        return calls.copy(person, former[begin], facts=form.facts(), event=event, title=title or None)
    return calls.create(person, kind=FundKind(begin), facts=form.facts(), event=event, title=title or None)


def _first_values(former: dict[str, Call], event: Event | None) -> dict[str, Any]:
    """What the form proposes for the event that comes next; its days are those that fit before it."""
    source = former.get(request.args.get("copy", ""))
    today = now().replace(hour=9, minute=0, second=0, microsecond=0, tzinfo=None)
    if source is None:
        opens, closes = timing.proposed(event, today, read(presets.preset(FundKind.TRAVEL).rules))
        return {
            "begin": FundKind.TRAVEL.value,
            "event": str(event.id) if event else "",
            "time_zone": event.time_zone if event else "Europe/Zurich",
            "opens_at": opens,
            "closes_at": closes,
            "grace_hours": 24,
            "currency": "USD",
        }
    year = timedelta(days=364)
    values = _fact_values(source)
    return values | {
        "begin": str(source.id),
        "opens_at": values["opens_at"] + year,
        "closes_at": values["closes_at"] + year,
        "slug": _following(source.slug),
        "code": _following(source.code),
    }


def _following(name: str) -> str:
    """The same name with its last number one higher: travel-2026 to travel-2027."""
    found = re.fullmatch(r"(.*?)([0-9]{1,6})([^0-9]*)", name)
    return f"{found[1]}{int(found[2]) + 1:0{len(found[2])}d}{found[3]}" if found else ""


def _fact_values(found: Call) -> dict[str, Any]:
    zone = ZoneInfo(found.time_zone)
    names = ("slug", "code", "original_language", "time_zone", "grace_hours", "currency")
    return {name: getattr(found, name) for name in names} | {
        "opens_at": found.opens_at.astimezone(zone).replace(tzinfo=None),
        "closes_at": found.closes_at.astimezone(zone).replace(tzinfo=None),
    }


def _to_write(slug: str) -> tuple[Call, Standing]:
    found = to_run(slug)
    if found.stand not in {Stand.DRAFT, Stand.OPEN}:
        raise NotFound
    return found, queries.standing(found)


def _rules_form(one: RulesPage, found: Call, known: Standing) -> Any:
    values = one.form.shown(known.rules) | {"stamp": known.stamp}
    form = one.form(data=values, original=found.original_language, is_open=found.stand is Stand.OPEN)
    if isinstance(form, BalanceForm):
        form.places = known.rules.places
    return form


def _after(found: Call) -> ResponseReturnValue:
    if found.stand is Stand.OPEN:
        flash(gettext("The change is proposed. It holds once a second person agrees."), "warn")
        return back_to(".call_change", slug=found.slug)
    flash(gettext("Saved"), "ok")
    return back_to(".call", slug=found.slug)


def _again(name: str, found: Call, form: Any, here: str, typed: Any) -> ResponseReturnValue:
    """The form as it was typed. Where somebody else saved meanwhile, what is stored stands beside it."""
    found = to_run(found.slug)
    known = queries.standing(found)
    others: list[Any] = []
    if form.is_submitted() and form.stamp.data != known.stamp:
        if not form.errors or str(Stale.message) in map(str, form.form_errors):
            others = differing(found, _valid(typed), whole(known))
        form.stamp.data = known.stamp
    return page(name, found, here=here, form=form, known=known, others=others, more=_more(form))


def _valid(typed: Any) -> dict[str, Any]:
    data: dict[str, Any] = typed()
    texts = {name: data.pop(name) for name in TEXTS}
    return to_json(read(data)) | texts


def _more(form: Any) -> bool:
    """Whether the list can be given more empty rows."""
    return "rows" in form and not isinstance(form, GuideForm) and len(form.rows) < (form.rows.max_entries or 0)


def _row(found: Call, number: int | None) -> dict[str, Any]:
    closes = call_shown.moment_of(found, found.closes_at, g.lang)
    return {
        "title": call_shown.title_of(found, g.lang),
        "code": found.code,
        "url": url_for(".call", slug=found.slug),
        "kind": call_shown.KINDS[found.kind],
        "closes": closes.day,
        "sent": number,
        "tag": (call_shown.STANDS[found.stand], call_shown.STAND_TAGS[found.stand])
        if found.stand is Stand.DRAFT
        else call_shown.tag_of(found),
    }


def _facts(found: Call, drafts: int, files: int, *, runs: bool) -> list[dict[str, Any]]:
    rules: Rules = read(found.rules)
    event = found.event

    def when(instant: datetime) -> str:
        return said_by_clock(call_shown.moment_of(found, instant, g.lang))

    rows = [
        {"label": gettext("Kind"), "value": call_shown.KINDS[found.kind]},
        {"label": gettext("Opens"), "value": when(found.opens_at)},
        {"label": gettext("Deadline"), "value": when(found.closes_at)},
        {"label": gettext("Budget"), "value": call_shown.show_money(rules.budget, found.currency, g.lang)},
        {"label": gettext("Places"), "value": rules.places or gettext("As many as the money pays for")},
    ]
    if runs:
        rows.append({"label": gettext("Applications that were sent"), "value": files})
        rows.append({"label": gettext("Drafts"), "value": drafts})
    if event is not None:
        rows.insert(
            1, {"label": gettext("Event"), "value": in_language(event.title, g.lang, event.original_language).text}
        )
    return rows


def _line(deed: queries.Deed) -> dict[str, Any]:
    name = deed.entry.verb.removeprefix("funding.")
    moment = show_by(deed.entry.at, own_clock(actor().time_zone, g.lang), g.lang)
    return {
        "when": said_by_clock(moment),
        "datetime": moment.iso,
        "title": DEEDS.get(name, gettext("Other change")),
        "kind": "ok" if name == "call_opened" else "warn" if name in GRAVE else "",
        "who": deed.who,
        "text": deed.text,
    }


def _member(kind: Any, value: str | None) -> Any:
    try:
        return kind(value) if value else None
    except ValueError:
        return None

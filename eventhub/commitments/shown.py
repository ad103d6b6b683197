"""Commitments in words: their three axes, what happened to them, and how they are named. For pages alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, ngettext

from eventhub.commitments import axes, queries, wording
from eventhub.commitments.axes import Freshness
from eventhub.commitments.models import (
    FOLLOWED,
    Commitment,
    FormerMaker,
    Indicator,
    Kin,
    Milestone,
    Report,
    Review,
    Says,
    State,
    Translation,
    Verdict,
    Version,
)
from eventhub.commitments.queries import Related
from eventhub.commitments.standing import Earlier
from eventhub.commitments.waiting import Waits
from eventhub.commitments.wording import Missing
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.codes import country_name, label
from eventhub.kit.i18n import direction, in_language, show_date, show_money, show_number, show_time
from eventhub.kit.money import Money, digits_of
from eventhub.people.queries import public_names
from eventhub.programme.models import Event, Session

STATES: dict[State, tuple[Any, str]] = {
    State.DRAFT: (lazy_pgettext("a commitment", "Draft"), "new"),
    State.AWAITING_MAKER: (lazy_pgettext("a commitment", "Waits for the maker"), "go"),
    State.CLARIFICATION: (lazy_pgettext("a commitment", "To be clarified"), "warn"),
    State.VERIFIED: (lazy_pgettext("a commitment", "Wording verified"), "go"),
    State.PUBLISHED: (lazy_pgettext("a commitment", "Published"), "ok"),
    State.HELD: (lazy_pgettext("a commitment", "Hidden for safety"), "stop"),
    State.CLOSED: (lazy_pgettext("a commitment", "Closed"), "silent"),
    State.WITHDRAWN: (lazy_pgettext("a commitment", "Withdrawn"), "silent"),
    State.SUPERSEDED: (lazy_pgettext("a commitment", "Replaced by another"), "silent"),
    State.LAPSED: (lazy_pgettext("a commitment", "Nobody has answered"), "warn"),
}
WAITS: dict[Waits, tuple[Any, str]] = {
    Waits.CONFIRMED: (lazy_pgettext("a commitment", "Confirmed, to be verified"), "warn"),
    Waits.CORRECTED: (lazy_pgettext("a commitment", "Put right by the maker, to be verified"), "warn"),
    Waits.NOBODY: (lazy_pgettext("a commitment", "Nobody answers for the maker"), "warn"),
    Waits.VERIFIED: (lazy_pgettext("a commitment", "Verified, to be published"), "go"),
}
SAYS: dict[Says, str] = {
    Says.NOT_STARTED: "new",
    Says.PLANNING: "go",
    Says.IN_PROGRESS: "go",
    Says.FULFILLED: "ok",
    Says.CHANGED: "warn",
    Says.WITHDRAWN: "silent",
}
CHECKED: dict[Verdict, str] = {
    Verdict.UNVERIFIED: "new",
    Verdict.EVIDENCE_SEEN: "go",
    Verdict.CONFIRMED: "ok",
    Verdict.DISPUTED: "stop",
    Verdict.NO_EVIDENCE: "warn",
}
FRESH: dict[Freshness, str] = {Freshness.UP_TO_DATE: "ok", Freshness.DUE: "warn", Freshness.SILENT: "silent"}
MISSING: dict[Missing, Any] = {
    Missing.DUE: _l("By when? Add the last day."),
    Missing.MEASURE: _l("How much, or how many? Add a number or an indicator."),
    Missing.MILESTONES: _l("What comes first? Add milestones with their days."),
    Missing.WHERE: _l("Where? Add the countries."),
    Missing.FOR_WHOM: _l("For whom? Add the groups concerned."),
}


DUE_BEFORE = _l("The last day is before the day on which it was said. Is it right?")


@dataclass(frozen=True)
class Words:
    """Words as a page shows them: in the page's language where they were translated, else as they were said."""

    title: str
    language: str | None
    direction: str | None


def titled(commitment: Commitment, translation: Translation | None = None) -> Words:
    """The title. Language and direction where they are not the page's."""
    if commitment.language != g.lang and translation is not None:
        return Words(wording.title_of(translation.title, translation.wording), None, None)
    title = wording.title_of(commitment.words.title, commitment.words.wording)
    if commitment.language == g.lang:
        return Words(title, None, None)
    return Words(title, commitment.language, direction(commitment.language))


def made_by(commitment: Commitment) -> str:
    """The makers, the one who leads first."""
    return " · ".join(one.name for one in sorted(commitment.makers, key=lambda one: (not one.is_lead, one.position)))


def stage(commitment: Commitment) -> tuple[Any, str]:
    """Where a record stands, for staff: once its maker has confirmed the words it waits for the maker no more."""
    if commitment.state is State.AWAITING_MAKER and commitment.confirmed == commitment.newest:
        return WAITS[Waits.CONFIRMED]
    return STATES[commitment.state]


def event_title(event: Event) -> str:
    """What the event is called."""
    return in_language(event.title, g.lang, event.original_language).text


def session_title(session: Session, event: Event) -> str:
    """26 November, 10:00 · what the session is called."""
    local = session.starts_at.astimezone(ZoneInfo(session.time_zone))
    title = in_language(session.title, g.lang, event.original_language).text
    day = show_date(local.date(), g.lang, year=False)
    when = _("%(day)s, %(time)s", day=day, time=show_time(local))
    return f"{when} · {title}"


def three_axes(
    commitment: Commitment, steps: tuple[int, int] | None, outdated: Earlier | None = None
) -> list[dict[str, Any]]:
    """They say, we checked, last heard, and between them the last day if one was named: for components/axes.html.
    ``outdated``: the newest check, where the maker has said something else since.
    """
    said = commitment.said
    note = None
    if steps and axes.progress(*steps) is not None:
        note = _(
            "%(done)s of %(total)s milestones", done=show_number(steps[0], g.lang), total=show_number(steps[1], g.lang)
        )
    says = (label("self_report", said.value, g.lang), SAYS[said]) if said else (_("No report yet"), "new")
    found = [
        {"label": _("They say"), "tag": says, "note": note},
        {
            "label": _("We checked"),
            "tag": (label("review", commitment.checked.value, g.lang), CHECKED[commitment.checked]),
            "note": before(outdated) if outdated else None,
        },
    ]
    if (due := commitment.words.due_on) is not None:
        is_late = commitment.is_overdue(now().date())
        tag = (_("Past its last day"), "warn") if is_late else (show_date(due, g.lang), "new")
        found.insert(1, {"label": _("By when?"), "tag": tag, "note": show_date(due, g.lang) if is_late else None})
    if commitment.state in FOLLOWED and commitment.heard_on and commitment.expected_on:
        found.append({"label": _("Last heard"), **_fresh(commitment.heard_on, commitment.expected_on)})
    elif commitment.published_at is not None:
        found.append({"label": _("Last heard"), "tag": STATES[commitment.state]})
    return found


def before(earlier: Earlier) -> str:
    """Confirmed on 4 November 2026, when they said: In progress."""
    result, day = label("review", earlier.verdict.value, g.lang), show_date(earlier.on, g.lang)
    if earlier.said is None:
        return str(_("%(result)s on %(day)s, before they said anything", result=result, day=day))
    said = label("self_report", earlier.said.value, g.lang)
    return str(_("%(result)s on %(day)s, when they said: %(status)s", result=result, day=day, status=said))


def _fresh(heard_on: date, expected_on: date) -> dict[str, Any]:
    news = axes.freshness(heard_on, expected_on, now().date())
    tag = (label("freshness", news.freshness.value, g.lang), FRESH[news.freshness])
    if news.freshness is Freshness.UP_TO_DATE:
        return {"tag": tag, "note": show_date(heard_on, g.lang)}
    if news.freshness is Freshness.DUE:
        return {"tag": tag, "note": _("since %(day)s", day=show_date(expected_on, g.lang))}
    return {"tag": tag, "note": ngettext("for %(num)s day", "for %(num)s days", news.days)}


def checked(commitment: Commitment) -> dict[str, Any] | None:
    """What was checked last, for whoever speaks for the maker; None where nothing was."""
    found = queries.reviews_of(commitment)
    if not found:
        return None
    title = _("We checked: %(result)s", result=label("review", found[0].verdict.value, g.lang))
    return {"title": title, "text": found[0].text, "when": show_date(found[0].reviewed_at.date(), g.lang)}


def row(
    commitment: Commitment,
    steps: tuple[int, int] | None,
    translation: Translation | None,
    outdated: Earlier | None = None,
) -> dict[str, Any]:
    """One of the public list, for components/pledge.html."""
    words = titled(commitment, translation)
    event = commitment.event
    return {
        "url": url_for("commitments.commitment", reference=commitment.reference),
        "title": words.title,
        "maker": made_by(commitment),
        "where": _("%(event)s, %(day)s", event=event_title(event), day=show_date(event.first_day, g.lang)),
        "axes": three_axes(commitment, steps, outdated),
        "lang": words.language,
        "direction": words.direction,
    }


def amount(version: Version) -> str | None:
    """USD 2,000,000."""
    if version.amount is None or version.currency is None:
        return None
    return show_money(Money(int(version.amount.scaleb(digits_of(version.currency))), version.currency), g.lang)


def countries(codes: Sequence[str]) -> str:
    """Names of countries, in one line."""
    return " · ".join(country_name(code, g.lang) for code in codes)


def details(commitment: Commitment) -> list[dict[str, Any]]:
    """What it is about beside its words, for components/facts.html."""
    words = commitment.words
    found: list[tuple[Any, str | None, str | None]] = []
    for one in sorted(commitment.makers, key=lambda one: (not one.is_lead, one.position)):
        kind = label("commitment_maker_type", one.kind, g.lang)
        leads = one.is_lead and len(commitment.makers) > 1
        found.append((_("Made by"), one.name, " · ".join([kind, _("leads and reports")]) if leads else kind))
    found += [
        (_("First day"), _day(words.start_on), None),
        (_("By when?"), _day(words.due_on) or _("No day was named"), None),
        (_("Amount"), amount(words), None),
        (_("For whom"), words.beneficiaries, None),
        (
            _("Kind of commitment"),
            label("commitment_type", commitment.kind, g.lang) if commitment.kind else None,
            None,
        ),
        (_("Countries"), countries(commitment.countries), None),
        (_("Themes"), " · ".join(label("theme", one, g.lang) for one in commitment.themes), None),
        (_("Groups concerned"), " · ".join(label("group_concerned", one, g.lang) for one in commitment.groups), None),
    ]
    return [{"label": label_, "value": value, "note": note} for label_, value, note in found if value]


def changes(commitment: Commitment) -> list[dict[str, Any]]:
    """What changed since the maker was first asked, newest first: the difference of the words, the deadline before and
    after, why.
    """
    pairs = zip(commitment.versions, commitment.versions[1:], strict=False)
    return [change(before, after) for before, after in pairs if after.is_told][::-1]


def change(before: Version, after: Version) -> dict[str, Any]:
    """One version beside the one before it."""
    return {
        "number": after.number,
        "when": show_date(after.written_at.date(), g.lang),
        "iso": after.written_at.isoformat(),
        "parts": wording.difference(before.wording, after.wording) if before.wording != after.wording else [],
        "due": (_day(before.due_on), _day(after.due_on)) if before.due_on != after.due_on else None,
        "amount": (amount(before), amount(after)) if amount(before) != amount(after) else None,
        "reason": after.reason,
        "by_maker": after.by_maker,
    }


def _by_whom(commitment: Commitment, version: Version) -> str:
    if version.by_maker:
        return str(_("by the maker"))
    if version.number <= (commitment.confirmed or 0):
        return str(_("by the secretariat"))
    return str(_("by the secretariat, not confirmed by the maker"))


def history(
    commitment: Commitment,
    reports: Sequence[Report],
    reviews: Sequence[Review],
    more: Sequence[tuple[datetime, dict[str, Any]]] = (),
    *,
    kin: Sequence[Related] = (),
    makers: Sequence[FormerMaker] = (),
) -> list[dict[str, Any]]:
    """All that the public may know, newest first, for components/history.html. ``more``: what other features add."""
    found = [*more, *_followed(kin, makers)]
    for report in reports:
        title = _("The maker says: %(status)s", status=label("self_report", report.says.value, g.lang))
        found.append((report.said_at, {"title": title, "text": report.text, "kind": _kind(SAYS[report.says])}))
    for review in reviews:
        title = _("We checked: %(result)s", result=label("review", review.verdict.value, g.lang))
        found.append(
            (review.reviewed_at, {"title": title, "text": review.text, "kind": _kind(CHECKED[review.verdict])})
        )
    for version in (one for one in commitment.versions if one.is_told):
        title = _("The words were changed") + " · " + _by_whom(commitment, version)
        found.append((version.written_at, {"title": title, "text": version.reason}))
    if commitment.closed_at is not None:
        title = str(STATES[State.CLOSED][0])
        found.append((commitment.closed_at, {"title": title, "text": commitment.closed_reason, "kind": "silent"}))
    if commitment.withdrawn_at is not None:
        title = str(STATES[State.WITHDRAWN][0])
        found.append((commitment.withdrawn_at, {"title": title, "text": commitment.withdrawn_reason, "kind": "silent"}))
    if commitment.published_at is not None:
        found.append((commitment.published_at, {"title": str(STATES[State.PUBLISHED][0]), "kind": "ok"}))
    if commitment.confirmed_at is not None:
        found.append((commitment.confirmed_at, {"title": _("Confirmed by the maker"), "kind": "ok"}))
    found.append((commitment.said_at, {"title": _("Said at the event")}))
    found.sort(key=lambda one: one[0], reverse=True)
    return [{"when": show_date(at.date(), g.lang), "datetime": at.date().isoformat(), **what} for at, what in found]


def _followed(kin: Sequence[Related], makers: Sequence[FormerMaker]) -> list[tuple[Any, dict[str, Any]]]:
    """What took its place, and who stands for it no more."""
    found: list[tuple[Any, dict[str, Any]]] = []
    for other in kin:
        label = _("%(label)s:", label=FOLLOWS[other.kin, other.follows])
        found.append((other.at, {"title": f"{label} {other.commitment.reference}", "text": other.reason}))
    for maker in makers:
        title = _("Another maker takes over") if maker.succeeded_by else _("A joint maker leaves")
        names = [one for one in (maker.name, maker.succeeded_by) if one]
        day = datetime.combine(maker.until, time(23, 59), tzinfo=UTC)
        found.append((day, {"title": title, "names": names, "text": maker.reason}))
    return found


def steps(milestones: Sequence[Milestone]) -> list[dict[str, Any]]:
    """Milestones with their days."""
    return [
        {
            "text": one.text,
            "due": _day(one.due_on),
            "done": _day(one.done_on),
            "tag": _step_tag(one),
        }
        for one in milestones
    ]


def indicators(rows: Sequence[Indicator]) -> list[dict[str, Any]]:
    """Indicators with the way from the baseline to the target."""
    return [
        {
            "name": one.name,
            "span": " → ".join(_figure(number) for number in (one.baseline, one.target) if number is not None),
        }
        for one in rows
    ]


def _figure(number: Decimal) -> str:
    return show_number(number, g.lang, max(0, -int(number.normalize().as_tuple().exponent)))


def advice(commitment: Commitment) -> list[Any]:
    """What would make it easier to follow."""
    found = wording.missing(
        due=commitment.words.due_on,
        wording=commitment.words.wording,
        indicators=len(commitment.indicators),
        milestones=len(commitment.milestones),
        countries=commitment.countries,
        groups=commitment.groups,
    )
    return [MISSING[one] for one in found]


def _step_tag(one: Milestone) -> tuple[Any, str]:
    if one.done_on is not None:
        return _l("Done"), "ok"
    if one.due_on is not None and one.due_on < now().date():
        return lazy_pgettext("a milestone", "Late"), "warn"
    return _l("Open"), "new"


def _day(day: date | None) -> str | None:
    return show_date(day, g.lang) if day else None


def _kind(tag: str) -> str:
    return tag if tag in {"ok", "warn", "silent"} else "warn" if tag == "stop" else ""


FOLLOWS: dict[tuple[Kin, bool], Any] = {
    (Kin.REPLACED, True): _l("Replaced by"),
    (Kin.MERGED, True): _l("Merged into"),
    (Kin.SPLIT, True): _l("Split into"),
    (Kin.REPLACED, False): _l("Stands in the place of"),
    (Kin.MERGED, False): _l("Took in"),
    (Kin.SPLIT, False): _l("Was a part of"),
}


def closing_of(commitment: Commitment) -> dict[str, str | None]:
    """When a commitment was closed and by whom, for staff; nobody who has no name any more."""
    actor_id = audit.newest_actor(commitment, f"commitments.{State.CLOSED.value}")
    names = public_names({actor_id} if actor_id else ())
    day = commitment.closed_at.date() if commitment.closed_at else None
    return {"day": _day(day), "who": names.get(actor_id) if actor_id else None}


def related(rows: Sequence[Related]) -> list[dict[str, Any]]:
    """Where a commitment went, and where it comes from, with the ways there."""
    return [
        {
            "label": FOLLOWS[one.kin, one.follows],
            "reference": one.commitment.reference,
            "title": titled(one.commitment),
            "url": url_for("commitments.commitment", reference=one.commitment.reference),
            "reason": one.reason,
            "day": show_date(one.at.date(), g.lang),
        }
        for one in rows
    ]


def former(rows: Sequence[FormerMaker]) -> list[dict[str, Any]]:
    """Who made it and stands for it no more."""
    return [
        {
            "name": one.name,
            "until": _("until %(day)s", day=show_date(one.until, g.lang)),
            "successor": _("Succeeded by: %(name)s", name=one.succeeded_by) if one.succeeded_by else None,
            "reason": one.reason,
        }
        for one in rows
    ]

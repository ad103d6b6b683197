"""Reviewing in words: ties, states, regions, why there are no readers or no calibrated score; a file as it is read."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext, pgettext
from markupsafe import Markup, escape

from eventhub.funding import costs
from eventhub.funding.models import Application, Voucher
from eventhub.funding.rules import Masking, Support
from eventhub.kit import codes
from eventhub.kit.i18n import in_language, show_date, show_money, show_number
from eventhub.kit.money import Money
from eventhub.questionnaires import answers
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.answers import Section
from eventhub.reviewing import queries
from eventhub.reviewing.models import Conflict, Standing
from eventhub.reviewing.queries import Reading
from eventhub.reviewing.terms import Skipped

CONFLICTS: dict[Conflict, Any] = {
    Conflict.OWN_FILE: _l("Own application"),
    Conflict.ORGANISATION: _l("The same organization"),
    Conflict.NATIONALITY: _l("The same nationality"),
    Conflict.VOUCHED: _l("Nominated or recommended the person"),
    Conflict.ACCOUNT: _l("Looks after the account"),
    Conflict.FAMILY: _l("Family or a close friend"),
    Conflict.SUPERVISOR: _l("Supervisor, student or line manager"),
    Conflict.COAUTHOR: _l("Wrote or worked together"),
    Conflict.FINANCIAL: _l("Money is between us"),
    Conflict.OTHER: _l("Another tie"),
}
STANDINGS: dict[Standing, tuple[Any, str]] = {
    Standing.ASSIGNED: (_l("Not begun"), "new"),
    Standing.BEGUN: (_l("Begun"), "go"),
    Standing.HANDED_IN: (_l("Handed in"), "ok"),
    Standing.ABSTAINED: (_l("Abstained"), "silent"),
    Standing.RECUSED: (_l("Stepped back"), "silent"),
    Standing.VOIDED: (_l("Void"), "stop"),
    Standing.TAKEN_BACK: (_l("Given to somebody else"), "silent"),
}
DECIDED: tuple[Any, str] = (_l("Review closed"), "silent")
"""What stands at a file that was decided on before its reader was done."""
SKIPPED: dict[str, Any] = {
    Skipped.NO_SCORES: _l("No review has been handed in yet."),
    Skipped.TOO_FEW_REVIEWERS: _l("Only one reader has handed in reviews, so nobody’s scale can be compared."),
    Skipped.TOO_FEW_REVIEWS: _l("Most readers have handed in fewer than eight reviews: too few to tell their scales."),
    Skipped.DISCONNECTED: _l("The readers form groups that share no file, so their scales cannot be compared."),
    Skipped.ALL_ALIKE: _l("All files have the same scores, so there is nothing to tell apart."),
    Skipped.NOT_SETTLED: _l("The estimate did not settle. The mean stands alone."),
}
SUPPORTS: dict[Support, Any] = {
    Support.FULL: _l("Full support"),
    Support.PARTIAL: _l("Partial support"),
    Support.WOULD_COME: _l("Would come anyway"),
}
SURE: dict[int, Any] = {1: _l("A guess"), 2: _l("Fairly sure"), 3: _l("I know this context")}
AFTER_SCORING = _l("A letter came after the first review. No score changes by itself.")
PERSONAL = frozenset({"file", "email", "phone", "organisation"})
"""Kinds of questions whose answers tell who somebody is, or carry the name of a file."""


def region(code: str | None) -> str:
    """A region of the forum in the page's language; nothing where it is not known."""
    return dict(regions()).get(code or "", "")


def regions() -> list[tuple[str, str]]:
    """The regions of the forum, from the code list."""
    return [(code, str(name)) for code, name in codes.choices("forum_region", g.lang)]


def languages(spoken: Iterable[str]) -> str:
    """Languages by their names, as they were given."""
    return " · ".join(codes.language_name(code, g.lang) for code in spoken)


def title(reading: Reading, lang: str) -> str:
    """What the call is called."""
    return str(in_language(reading.call.title, lang, reading.call.original_language).text)


def words(texts: Mapping[str, str], reading: Reading, lang: str) -> str:
    """A text of the rules."""
    return str(in_language(dict(texts), lang, reading.call.original_language).text)


def marked(texts: Mapping[str, str], reading: Reading, lang: str) -> Markup:
    """A text of the rules for a page: with its language where it is not the page's own."""
    found = in_language(dict(texts), lang, reading.call.original_language)
    if not found.fallback:
        return escape(found.text)
    return Markup('<span lang="{}" dir="{}">{}</span>').format(found.language, found.direction, found.text)


def is_masked(reading: Reading) -> bool:
    """Whether readers see a number and no name."""
    return reading.rules.reviewing.masking is Masking.MASKED


def facts(application: Application, reading: Reading, lang: str) -> list[dict[str, Any]]:
    """What is told of a file beside its answers."""
    asks = str(SUPPORTS[application.support]) if application.support else ""

    def said(minor: int | None) -> str:
        return show_money(Money(minor, reading.call.currency), lang) if minor is not None else ""

    first = {True: _("Yes"), False: _("No"), None: ""}[application.first_time]
    rows = [
        {"label": _("From"), "value": region(application.region)},
        {"label": _("Asks for"), "value": asks},
        *([{"label": _("Asked amount"), "value": said(application.asked_amount)}] if application.asked_amount else []),
        {"label": _("Reckoned cost"), "value": said(_open_cost(application, reading))},
        {"label": _("First time"), "value": first},
    ]
    late, after = application.late, False
    for role, one in queries.backing(application.id):
        late, after = late or one.late, after or one.after_scoring
        kind = codes.label("organisation_kind", one.kind, lang) if one.kind else ""
        day = show_date(one.answered_at.date(), lang) if one.answered_at else ""
        label = _("Nominated by") if role is Voucher.NOMINATOR else _("Recommended by")
        rows.append({"label": label, "value": " · ".join(each for each in (kind or _("A person"), day) if each)})
    rows.append(
        {"label": _("Late paper"), "value": _("Yes, look at it again") if late else pgettext("a late paper", "None")}
    )
    if after:
        rows[-1]["value"] = AFTER_SCORING
    return rows


def _open_cost(application: Application, reading: Reading) -> int | None:
    """The whole journey, without the lines that would tell what the person needs."""
    if application.cost is None:
        return None
    lines = {line["code"]: int(line["amount"]) for line in application.cost_lines}
    return costs.without_needs(reading.rules.costs, application.cost, lines, None)[Support.FULL]


def told(application: Application, reading: Reading, lang: str) -> list[Section]:
    """The answers that reviewers may see. Sealed ones never, and while names are masked none that tells who it is."""
    answer_set = application.answer_set
    if answer_set is None:
        return []
    definition = questionnaires.localised(questionnaires.version(answer_set.version_id), lang)
    named = {one.key for one in definition.questions() if one.autocomplete}
    sections = answers.to_show(definition, answers.load(answer_set), lang, who={"reviewer"})
    hidden = {one.key for one in definition.questions() if one.kind in PERSONAL}
    shut = (hidden | named) if is_masked(reading) else {one.key for one in definition.questions() if one.kind == "file"}
    found = []
    for section in sections:
        rows = tuple(row for row in section.rows if not row.sealed and row.key not in shut and row.value)
        if rows:
            found.append(Section(section.page, rows))
    return found


def refusal(refused: Mapping[str, Any], numbers: Mapping[str, Any], names: Mapping[str, str], lang: str) -> list[str]:
    """Why there are no readers for all files, by cause."""
    said = [
        ngettext(
            "%(num)s reading cannot be given to anybody.",
            "%(num)s readings cannot be given to anybody.",
            refused["short"],
        )
    ]
    if refused["capacity_short"]:
        said.append(
            _(
                "All readers together may take too few files: %(number)s more are needed.",
                number=show_number(refused["capacity_short"], lang),
            )
        )
    said += [
        _(
            "Application %(number)s needs %(needs)s readers and can have %(possible)s. Kept away by ties: %(ties)s; by"
            " language: %(language)s; without room or away: %(load)s.",
            number=numbers.get(one["file"], "—"),
            needs=one["needs"],
            possible=one["possible"],
            ties=one["conflict"],
            language=one["language"],
            load=one["load"],
        )
        for one in refused["files"]
    ]
    crowded = refused["crowded"]
    if crowded:
        said.append(
            _(
                "%(files)s files need %(needs)s readings, and those who may read them have room for %(places)s:"
                " %(names)s.",
                files=len(crowded["files"]),
                needs=crowded["needs"],
                places=crowded["places"],
                names=", ".join(names.get(one, "—") for one in crowded["reviewers"]),
            )
        )
    return said

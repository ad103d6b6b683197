"""A slate and its answers as the pages show them: words and figures, without whoever the visitor stands aside for."""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from eventhub.funding.call_shown import AGE_NAMES
from eventhub.funding.rules import Balance, Bound, Dimension, Rules, Unit
from eventhub.kit import codes, small_numbers
from eventhub.kit.i18n import language, show_amount, show_number
from eventhub.kit.money import Money
from eventhub.selecting.inputs import CAP, SEALED
from eventhub.selecting.models import Failed, Kind, Run, RunState, Slate, SlateState
from eventhub.selecting.problem import BUDGET, PLACES
from eventhub.selecting.queries import Known
from eventhub.selecting.running import missing_of, rule_id

SHOWN_RESERVES = 5
HEAD, TAIL = 8, 7
"""So many of the chosen stand at the head and at the end of a long list, until all are asked for."""
ALWAYS = (Dimension.REGION.value, Dimension.GENDER.value, Dimension.FIRST_TIME.value)
"""What has a panel also where no rule is about it."""
DIMENSIONS: Mapping[str, Any] = {
    "region": _l("Region"),
    "gender": _l("Gender"),
    "age": _l("Age"),
    "minority": _l("Minority"),
    "first_time": _l("First time"),
    "language": _l("Language"),
    "country": _l("Country"),
    "disability": _l("Disability"),
}
STATES: Mapping[SlateState, tuple[Any, str]] = {
    SlateState.DRAFT: (_l("Draft"), "new"),
    SlateState.RECOMMENDED: (_l("Recommended"), "go"),
    SlateState.APPROVED: (_l("Approved"), "ok"),
    SlateState.SENT_BACK: (_l("Sent back"), "warn"),
    SlateState.SUPERSEDED: (_l("Replaced"), "silent"),
}
KINDS: Mapping[Kind, Any] = {
    Kind.SOLVE: _l("A slate"),
    Kind.WHY: _l("Reasons for those not chosen"),
    Kind.CURVE: _l("How many places"),
    Kind.PRICES: _l("Price of the rules"),
    Kind.RESOLVE: _l("The slate again with few changes"),
    Kind.RECOMPUTE: _l("The slate checked for an appeal"),
}
RUN_STATES: Mapping[RunState, tuple[Any, str]] = {
    RunState.WAITING: (_l("Waiting"), "new"),
    RunState.RUNNING: (_l("Being calculated"), "go"),
    RunState.DONE: (_l("Done"), "ok"),
    RunState.FAILED: (_l("Failed"), "stop"),
    RunState.STOPPED: (_l("Stopped"), "silent"),
}
FAILURES: Mapping[Failed, Any] = {
    Failed.DIED: _l("The calculation was cut off. Ask again."),
    Failed.TOO_LONG: _l("The calculation took too long. Ask again."),
    Failed.REFUSED: _l("The data contradict themselves. Tell an administrator."),
    Failed.NO_SCORES: _l("There are no scores yet. They are reckoned each half hour; officers can do it at once."),
    Failed.NO_FILES: _l("No file has both a score and a cost."),
    Failed.LOTTERY: _l("The seed of the lottery is not the one that was published. Tell an administrator."),
}
FACTS: Mapping[str, Any] = {
    "pinned both ways": _l("Somebody is pinned both ways."),
    "pins over budget": _l("Those who must be chosen cost more than the budget."),
    "pins over places": _l("More people must be chosen than there are places."),
    "two variants": _l("Somebody accepted a way of funding that is no longer offered."),
    BUDGET: _l("The budget is too small."),
    PLACES: _l("All places are taken by those who must be chosen."),
    "time": _l("Nothing was found in the time given."),
    "pin": _l("The board pinned this person out."),
}


@dataclass(frozen=True)
class Sight:
    """What a visitor sees: names, and for whom they stand aside."""

    known: Mapping[uuid.UUID, Known]
    aside: frozenset[uuid.UUID]
    url: Callable[[uuid.UUID], str]
    costs: Mapping[uuid.UUID, Mapping[str, int]] = field(default_factory=dict)
    """By file and way of funding, in minor units, without what tells of a need; only for pages with a slate."""

    def who(self, one: str) -> dict[str, Any]:
        """Somebody in a sentence; nothing but a word where the visitor stands aside."""
        key = uuid.UUID(one)
        if key in self.aside:
            return {"name": _("somebody you stand aside for"), "url": None}
        found = self.known.get(key)
        return {"name": name_of(found), "url": self.url(key)}

    def cost(self, one: Mapping[str, Any]) -> int:
        """What somebody on a slate costs, in minor units, as far as a board may see it."""
        return self.costs.get(uuid.UUID(one["id"]), {}).get(one["way"], 0)

    def all(self, ids: Iterable[str]) -> list[dict[str, Any]]:
        """Several people."""
        return [self.who(one) for one in ids]


def name_of(known: Known | None) -> str:
    """The public name, else the number of the file."""
    if known is None:
        return str(_("a file that is gone"))
    return known.name or str(_("File %(number)s", number=show_number(known.number, language())))


def points(thousandths: int) -> str:
    """Points with one decimal."""
    return show_number(thousandths / 1000, language(), 1)


def rows(slate: Slate, sight: Sight, currency: str, *, everybody: bool = False) -> list[dict[str, Any]]:
    """The chosen, then reserves in their order; everybody else after them where asked for. Where some of the chosen are
    left out, a row says so in their place (``gap``).
    """
    lang, binding = language(), binding_cells(slate)
    reserves = {one: turn for turn, one in enumerate(slate.reserves["general"], 1)}
    chosen = ends_of([one for one in slate.people if one["chosen"]], everybody=everybody)
    waiting = sorted((one for one in slate.people if one["id"] in reserves), key=lambda one: reserves[one["id"]])
    rest = [one for one in slate.people if not one["chosen"] and one["id"] not in reserves] if everybody else []
    listed = [*chosen, *(waiting if everybody else waiting[:SHOWN_RESERVES]), *rest]
    visible = [one for one in listed if uuid.UUID(one["id"]) not in sight.aside]
    last = next((one["id"] for one in reversed(visible) if one["chosen"]), None)
    skipped = _skipped(slate, visible, sight)
    found: list[dict[str, Any]] = []
    for one in visible:
        if one["id"] in skipped:
            found.append({"gap": _gap(skipped[one["id"]], lang)})
        known, tag = sight.known.get(uuid.UUID(one["id"])), tag_of(one, reserves)
        is_plain = one["chosen"] and one["pin"] != "must"
        row = {
            "rank": show_number(one["rank"], lang),
            "name": name_of(known),
            "url": sight.url(uuid.UUID(one["id"])),
            "first_time": bool(known and known.first_time),
            "region": cell_label("region", known.region) if known and known.region else "",
            "score": points(one["points"]),
            "deviation": None if one["deviation"] is None else show_number(one["deviation"], lang, 1),
            "cost": show_amount(Money(sight.cost(one), currency), lang),
            "tag": (_("Chosen"), tag[1]) if is_plain else tag,
            "note": _note(one, known, slate, binding) if is_plain else None,
            "cut": one["id"] == last,
        }
        found.append(row)
    return found


def binding_cells(slate: Slate) -> frozenset[tuple[str, str]]:
    """Open cells of which a slate has just as many as a rule asks for: without the rule there might be fewer."""
    return frozenset(
        (one["dimension"], one["cell"])
        for one in slate.balance
        if one["dimension"] not in SEALED and one["least"] and one["chosen"] == one["least"]
    )


def _note(
    one: Mapping[str, Any], known: Known | None, slate: Slate, binding: Collection[tuple[str, str]]
) -> str | None:
    """Why somebody is chosen whom the score alone does not explain; None where it does, or nothing open does."""
    if one["tied"]:
        return str(_("equal scores, decided by rule"))
    if one["beyond"]:
        return str(_("with money left over"))
    if known is None or one["rank"] <= slate.result["places"]:
        return None
    times = {None: None, True: "yes", False: "no"}
    cells = {("region", known.region), ("first_time", times[known.first_time])}
    return str(_("for a rule of balance")) if cells & set(binding) else None


def _skipped(slate: Slate, visible: Sequence[Mapping[str, Any]], sight: Sight) -> dict[str, list[int]]:
    """The ranks of those chosen whom a short list leaves out, by who comes after them on it."""
    listed, found, left = {one["id"] for one in visible}, dict[str, list[int]](), list[int]()
    for one in slate.people:
        if not one["chosen"] or uuid.UUID(one["id"]) in sight.aside:
            continue
        if one["id"] not in listed:
            left.append(one["rank"])
        elif left:
            found[one["id"]], left = left, []
    return found


def _gap(ranks: Sequence[int], lang: str) -> str:
    first, last = show_number(ranks[0], lang), show_number(ranks[-1], lang)
    if len(ranks) == 1:
        return str(_("Rank %(rank)s: one more person is chosen, not shown here", rank=first))
    told = ngettext(
        "Ranks %(first)s to %(last)s: %(num)s more is chosen",
        "Ranks %(first)s to %(last)s: %(num)s more are chosen",
        len(ranks),
        first=first,
        last=last,
    )
    return str(told)


def ends_of(chosen: list[dict[str, Any]], *, everybody: bool = False) -> list[dict[str, Any]]:
    """The chosen, those in the middle of a long list left out unless they are pinned or tied."""
    if everybody or len(chosen) <= HEAD + TAIL:
        return chosen
    middle = [one for one in chosen[HEAD:-TAIL] if one["pin"] or one["tied"]]
    return [*chosen[:HEAD], *middle, *chosen[-TAIL:]]


def tag_of(one: Mapping[str, Any], reserves: Mapping[str, int]) -> tuple[str, str]:
    """The place of somebody on a slate: word and shape."""
    if one["chosen"]:
        if one["pin"] == "must":
            return (_("Has a grant already") if one.get("taken") else _("Pinned by the board")), "go"
        if one["tied"]:
            return _("Chosen: equal scores, decided by rule"), "new"
        return (_("Chosen, with money left over"), "new") if one["beyond"] else (_("Chosen"), "ok")
    if one["id"] in reserves:
        return _("Reserve %(number)s", number=show_number(reserves[one["id"]], language())), "warn"
    return (_("Pinned out"), "stop") if one["pin"] == "not" else (_("Not chosen"), "silent")


def balance(slate: Slate, rules: Rules) -> list[dict[str, Any]]:
    """A panel for each dimension that is ruled or always looked at."""
    lang, size = language(), max(1, len(slate.result["seats"]))
    ruled = {one.dimension.value for one in rules.balance}
    panels = []
    for dimension in (*DIMENSIONS,):
        counts = [one for one in slate.balance if one["dimension"] == dimension]
        if not counts or (dimension not in ruled and dimension not in ALWAYS):
            continue
        lines = []
        for one in counts:
            told = small_numbers.shown(one["chosen"] or 0) if dimension in SEALED else one["chosen"]
            if told is None:
                lines.append({"label": cell_label(dimension, one["cell"]), "text": _("small numbers, not shown")})
                continue
            # Of a sealed cell only "at least so many" is known, which is never said to be at a limit.
            at_limit = dimension not in SEALED and told in {one["least"], one["most"]}
            target = one["least"] if one["least"] is not None else one["most"]
            lines.append(
                {
                    "label": cell_label(dimension, one["cell"]),
                    "text": _figure(one, lang, sealed=dimension in SEALED),
                    "percent": min(100.0, told * 100 / size),
                    "mark": None if target is None else min(99.0, target * 100 / size),
                    "kind": "warn" if at_limit else "soft" if target is None else "",
                }
            )
        panels.append({"title": DIMENSIONS[dimension], "rows": lines})
    return panels


def _figure(one: Mapping[str, Any], lang: str, *, sealed: bool) -> str:
    number = show_number(one["chosen"], lang)
    if sealed:
        return str(_("at least %(number)s", number=show_number(small_numbers.shown(one["chosen"]) or 0, lang)))
    if one["least"] is not None:
        return str(_("%(number)s of at least %(target)s", number=number, target=show_number(one["least"], lang)))
    if one["most"] is not None:
        return str(_("%(number)s of at most %(target)s", number=number, target=show_number(one["most"], lang)))
    return number


def cell_label(dimension: str, cell: str) -> str:
    """What a cell is called."""
    lang = language()
    yes_no = {"first_time": (_("First time"), _("Not the first time")), "disability": (_("Yes"), _("No"))}
    if dimension in yes_no:
        return str(yes_no[dimension][cell != "yes"])
    if dimension == "age":
        return str(AGE_NAMES.get(cell, cell))
    named: Mapping[str, Callable[[], str]] = {
        "region": lambda: codes.label("forum_region", cell, lang),
        "gender": lambda: codes.label("gender", cell, lang),
        "minority": lambda: codes.label("minority_basis", cell, lang),
        "country": lambda: codes.country_name(cell, lang),
        "language": lambda: codes.language_name(cell, lang),
    }
    try:
        return named[dimension]()
    except KeyError:
        return cell


def rule_label(rules: Rules, name: str) -> str:
    """What a rule of a problem is called."""
    found = next((one for one in rules.balance if one.id == rule_id(name)), None)
    if found is not None:
        return _balance_label(found)
    if name == CAP:
        most = rules.limits.selected_per_organisation or 0
        return str(_("At most %(number)s of one organization", number=show_number(most, language())))
    return str({BUDGET: _("The budget"), PLACES: _("The number of places")}.get(name, _("A pin")))


def _balance_label(rule: Balance) -> str:
    number = show_number(rule.value, language()) + ("%" if rule.unit is Unit.PERCENT else "")
    said = cell_label(rule.dimension.value, rule.cell)
    if rule.dimension is Dimension.FIRST_TIME:  # the cell by itself repeats the name of the dimension
        said = str(_("Yes") if rule.cell == "yes" else _("No"))
    cell = f"{DIMENSIONS[rule.dimension.value]}: {said}"
    if rule.bound is Bound.LEAST:
        return str(_("%(cell)s – at least %(number)s", cell=cell, number=number))
    return str(_("%(cell)s – at most %(number)s", cell=cell, number=number))


def prices(run: Run | None, rules: Rules, sight: Sight) -> list[dict[str, Any]] | None:
    """Each rule with the points it costs and how many change, the dearest first; None while that is reckoned. Of rules
    on sealed cells nothing but that there are some: beside the scores of the room a price would name who stands there.
    """
    if run is None or run.answer is None:
        return None
    lang, found = language(), []
    for one in sorted(run.answer["rows"], key=lambda row: -row["lost"]):
        if one["kind"] == "pin" and uuid.UUID(one["id"]) in sight.aside:
            continue
        if _is_sealed(rules, one["id"]):
            continue
        label = rule_label(rules, one["id"])
        if one["kind"] == "pin":
            label = _("Pin: %(name)s", name=sight.who(one["id"])["name"])
        found.append({"label": label, "points": points(one["lost"]), "people": show_number(len(one["joins"]), lang)})
    if _has_sealed(rules):
        found.append({"label": _("Rules of balance that are not shown for one person"), "points": "–", "people": "–"})
    return found


def curve(run: Run | None, places: int) -> dict[str, Any] | None:
    """The mean score by number of places; None where there are not two points of it."""
    rows_of = [] if run is None or run.answer is None else run.answer["rows"]
    told = [(one["places"], round(one["mean"], 1)) for one in rows_of if one["mean"] is not None]
    if len(told) < 2:
        return None
    values = [value for _places, value in told]
    low, high = int(min(values)), int(max(values)) + 1
    step = max(1, (high - low) // 4)
    here = next((value for number, value in told if number == places), None)
    lang = language()
    return {
        "points": [{"label": str(number), "value": value} for number, value in told],
        "low": low,
        "high": high,
        "lines": list(range(low, high + 1, step)),
        "here": str(places),
        "say": _(
            "Mean score: %(first)s with %(few)s places, %(here)s with %(places)s, %(last)s with %(many)s",
            first=show_number(values[0], lang, 1),
            few=show_number(told[0][0], lang),
            last=show_number(values[-1], lang, 1),
            many=show_number(told[-1][0], lang),
            places=show_number(places, lang),
            here="–" if here is None else show_number(here, lang, 1),
        ),
    }


def why(answer: Mapping[str, Any], rules: Rules, sight: Sight) -> dict[str, Any]:
    """Why somebody is not chosen. Rules on sealed cells are said wherever the call has any, in the way or not, and are
    not counted: else they would say on which side of a public rule this person stands.
    """
    because = [one["rule"] for one in answer["because"]]
    forbids = [one["rule"] for one in answer["forbids"]]
    open_rules = [one for one in dict.fromkeys([*forbids, *because]) if not _is_sealed(rules, one)]
    words = [str(FACTS["pin"]) if one == "pin" else rule_label(rules, one) for one in open_rules]
    if _has_sealed(rules):
        words.append(_("Rules of balance that are not shown for one person"))
    return {
        "cost": None if answer["cost"] is None else points(answer["cost"]),
        "tied": answer["cost"] == 0,
        "binds": words,
        "leaves": sight.all(answer["leaves"]),
        "joins": sight.all(answer["joins"]),
        "people": sum(one["people"] for one in answer["forbids"] if not _is_sealed(rules, one["rule"])),
        "proven": answer["proven"],
    }


def why_chosen(slate: Slate, one: Mapping[str, Any], rules: Rules, cells: Collection[str], *, taken: bool) -> list[str]:
    """Why somebody is chosen: by score, a pin, a tie, what was left; and the open rules that this person counts for.
    ``cells``: the open ones. Rules on sealed cells are said of everybody where the call has any.
    """
    lang, places, found = language(), slate.result["places"], []
    if taken:
        found.append(_("This person has an offer already and stays on every slate."))
    if one["pin"] == "must" and not taken:
        found.append(_("Pinned by the board"))
    if one["beyond"]:
        found.append(_("Chosen, with money left over"))
    if one["tied"]:
        found.append(_("This person is as good for the slate as those on it. The rules of ties decided."))
    if not found:
        numbers = {"rank": show_number(one["rank"], lang), "places": show_number(places, lang)}
        if one["rank"] <= places:
            found.append(_("By score: number %(rank)s on the list, for %(places)s places", **numbers))
        else:
            found.append(
                _(
                    "By score: number %(rank)s on the list. Some who stand higher are left out because of the money, a"
                    " rule or a limit.",
                    **numbers,
                )
            )
    counts = [each for each in rules.balance if each.bound is Bound.LEAST and each.key in cells]
    found += [_("Counts towards a rule of balance: %(rule)s", rule=_balance_label(each)) for each in counts]
    if _has_sealed(rules):
        found.append(_("Rules of balance that are not shown for one person"))
    return found


def _is_sealed(rules: Rules, name: str) -> bool:
    found = next((one for one in rules.balance if one.id == rule_id(name)), None)
    return found is not None and found.dimension.value in SEALED


def _has_sealed(rules: Rules) -> bool:
    return any(one.dimension.value in SEALED for one in rules.balance)


def impossible(answer: Mapping[str, Any], rules: Rules) -> list[str]:
    """Why no slate keeps everything, counted in people; rules on sealed cells are said together, without a number."""
    facts, missing = missing_of(answer)
    lines = [str(FACTS.get(one, one)) for one in facts]
    if _has_sealed(rules):
        lines.append(str(_("Rules of balance that are not shown for one person")))
    for one in missing:
        if _is_sealed(rules, one.rule):
            continue
        label = rule_label(rules, one.rule)
        if one.too_many:
            text = ngettext(
                "%(rule)s: %(num)s person too many", "%(rule)s: %(num)s people too many", one.people, rule=label
            )
        else:
            text = ngettext(
                "%(rule)s: %(num)s person is missing", "%(rule)s: %(num)s people are missing", one.people, rule=label
            )
        lines.append(text)
    return lines


def run_line(run: Run, url: str) -> dict[str, Any]:
    """One question to the solver in the list."""
    word, kind = RUN_STATES[run.state]
    far = (
        _("%(done)s of %(all)s", done=run.done, all=run.of_all)
        if run.of_all and run.state is RunState.RUNNING
        else None
    )
    return {
        "label": KINDS[run.kind],
        "tag": (word, kind),
        "far": far,
        "failed": FAILURES[run.failed] if run.failed else None,
        "url": url,
    }


def newest(runs: Sequence[Run], kind: Kind, slate: Slate) -> Run | None:
    """The newest answer of a kind about a slate."""
    return next(
        (one for one in runs if one.kind is kind and one.slate_id == slate.id and one.state is RunState.DONE), None
    )


def reasons(runs: Sequence[Run], slate: Slate) -> dict[str, Mapping[str, Any]]:
    """By application why it is not chosen, the newest answer first."""
    found: dict[str, Mapping[str, Any]] = {}
    for run in runs:
        if run.kind is Kind.WHY and run.slate_id == slate.id and run.answer:
            for one in run.answer["rows"]:
                found.setdefault(one["candidate"], one)
    return found

"""The pages of a call's rules as forms: each reads its part of the rules, and gives it back as JSON."""

from dataclasses import dataclass
from typing import Any

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, IntegerField, SelectField, StringField
from wtforms.validators import Length, NumberRange

from eventhub.funding import call_shown
from eventhub.funding.call_forms import (
    Part,
    Row,
    RowsForm,
    StampForm,
    fresh_id,
    given,
    kept,
    texts,
    whole,
    wrong,
)
from eventhub.funding.money_forms import BLANK, FaresForm, MoneyForm, known_countries
from eventhub.funding.rule_checks import balance_findings
from eventhub.funding.rules import (
    GUIDE_QUESTIONS,
    Balance,
    Bound,
    Dimension,
    Rules,
    TieRule,
    Unit,
)
from eventhub.kit.forms import optional, options, required

ANCHORS = 4
MOST_CRITERIA, MOST_BALANCE = 8, 40
YES_NO = (("yes", _l("Yes")), ("no", _l("No")))
ORDERS = {
    "first_under": (TieRule.FIRST_TIME, TieRule.UNDER_REPRESENTED, TieRule.LOTTERY),
    "under_first": (TieRule.UNDER_REPRESENTED, TieRule.FIRST_TIME, TieRule.LOTTERY),
    "first": (TieRule.FIRST_TIME, TieRule.LOTTERY),
    "under": (TieRule.UNDER_REPRESENTED, TieRule.LOTTERY),
    "lottery": (TieRule.LOTTERY,),
}
COUNTRY = "country:"
LEAST_BOARD = 2
"""Nobody recommends alone."""


class GuideRow(Row):
    """One question of the guide."""

    question = texts(_l("Question"))
    stops_on = SelectField(_l("Stops when the answer is"), choices=options(YES_NO), default="no")
    reason = texts(_l("Reason"), long=True, description=_l("Said at once, with what can be done about it"))
    help = texts(_l("Hint"))


class GuideForm(RowsForm):
    """At most six questions before anything else."""

    rows_of = ("rows",)
    rows = FieldList(FormField(GuideRow), _l("Questions"), max_entries=GUIDE_QUESTIONS)

    def together(self) -> None:
        """Each question has its words."""
        for row in kept(self.rows):
            self.need_words(row.question)
            self.need_words(row.reason)

    @staticmethod
    def shown(rules: Rules) -> dict[str, Any]:
        """What the form holds of the rules."""
        rows = [one.model_dump(mode="json") | {"stops_on": "yes" if one.stops_on else "no"} for one in rules.guide]
        return {"rows": rows + [{}] * (GUIDE_QUESTIONS - len(rows))}

    def parts(self, _rules: Rules) -> dict[str, Any]:
        """The part of the rules that was filled in."""
        return {
            "guide": [
                {
                    "id": row.id.data or fresh_id("g"),
                    "question": given(row.question),
                    "stops_on": row.stops_on.data == "yes",
                    "reason": given(row.reason),
                    "help": given(row.help),
                }
                for row in kept(self.rows)
            ]
        }


class AnchorRow(Part):
    """What a number of points means."""

    text = texts(_l("What it means"))


class CriterionRow(Row):
    """One line of the rubric, with a text for each number of points from 0 on."""

    title = texts(_l("Title"))
    question = texts(_l("Question"))
    weight = IntegerField(_l("Weight in per cent"), [required(), NumberRange(min=1, max=100)])
    anchors = FieldList(FormField(AnchorRow), _l("Points"), min_entries=ANCHORS, max_entries=6)


class RubricForm(RowsForm):
    """What reviewers score, and what each number of points means."""

    rows_of = ("rows",)
    rows = FieldList(FormField(CriterionRow), _l("Criteria"), max_entries=MOST_CRITERIA)

    def together(self) -> None:
        """Weights add up to 100, at least two anchors each, without a gap."""
        rows = kept(self.rows)
        for row in rows:
            self.need_words(row.title)
            self.need_words(row.question)
            filled = [bool(given(one.form.text)) for one in row.anchors]
            count = sum(filled)
            for number, one in enumerate(row.anchors):
                if number < max(2, count):
                    self.need_words(one.form.text)
        if not rows:
            self.form_errors.append(gettext("A rubric needs at least one criterion"))
        weights = [row.weight.data for row in rows]
        if rows and all(isinstance(one, int) for one in weights) and sum(weights) != 100:
            problem = gettext("The weights add up to %(sum)s. They must add up to 100.", sum=sum(weights))
            for row in rows:
                wrong(row.weight, problem)

    @staticmethod
    def shown(rules: Rules) -> dict[str, Any]:
        """What the form holds of the rules."""
        rows = [
            {
                "id": one.id,
                "title": one.title,
                "question": one.question,
                "weight": one.weight,
                "anchors": [{"text": anchor.text} for anchor in one.anchors],
            }
            for one in rules.reviewing.rubric
        ]
        return {"rows": [*rows, {}][:MOST_CRITERIA]}

    def parts(self, rules: Rules) -> dict[str, Any]:
        """The part of the rules that was filled in; the rest of how files are read stays."""
        rubric = [
            {
                "id": row.id.data or fresh_id("c"),
                "title": given(row.title),
                "question": given(row.question),
                "weight": row.weight.data,
                "anchors": [
                    {"points": points, "text": text}
                    for points, text in enumerate(filter(None, (given(one.form.text) for one in row.anchors)))
                ],
            }
            for row in kept(self.rows)
        ]
        return {"reviewing": rules.reviewing.model_dump(mode="json") | {"rubric": rubric}}


class PeopleForm(StampForm):
    """Who vouches, who is considered, who reads, who sits on the board, and how much time each step has."""

    nominator = BooleanField(_l("An organization nominates each applicant"))
    letter = BooleanField(_l("It adds a letter"))
    referees = whole(_l("Number of referees"), 0, 3)
    late_days = whole(
        _l("Days for late letters"), 0, 60, description=_l("After the deadline; such a letter is marked as late")
    )
    nominees_per_organisation = whole(
        _l("Nominees of one organization"), 1, 50, empty=True, description=_l("Empty: any number")
    )
    selected_per_organisation = whole(
        _l("People chosen of one organization"), 1, 50, empty=True, description=_l("Empty: any number")
    )
    months_between_grants = whole(_l("Months between two grants"), 0, 120)
    owed_report_blocks = BooleanField(
        _l("Whoever owes a report is not considered, nor is a nominee of an organization that does")
    )
    readers = whole(_l("Readers of each file"), 1, 7)
    another_above = whole(_l("Another reader above a spread of"), 1, 100, description=_l("In points of 100"))
    ends_after_days = whole(_l("Days for reading"), 0, 366)
    masking = SelectField(
        _l("Reviewers"), choices=options((one.value, name) for one, name in call_shown.MASKINGS.items())
    )
    board_masking = SelectField(
        _l("Board"), choices=options((one.value, name) for one, name in call_shown.MASKINGS.items())
    )
    nationality_conflicts = BooleanField(_l("Nobody reads the file of somebody of the same nationality"))
    order = SelectField(_l("Where scores cannot tell people apart"), [required()])
    members = whole(_l("Members of the board"), LEAST_BOARD, 30)
    quorum = whole(_l("Quorum"), LEAST_BOARD, 30)
    answer_days = whole(
        _l("Days from the deadline to the answer"),
        1,
        365,
        empty=True,
        description=_l("Applicants read the day. Empty: no day is named"),
    )
    file_days = whole(_l("Days to complete a file"), 1, 30)
    accept_days = whole(_l("Days to accept an offer"), 1, 60)
    report_days = whole(_l("Days to report after the journey"), 1, 180)
    GROUPS = {
        "vouching": ("nominator", "letter", "referees", "late_days"),
        "limits": (
            *("nominees_per_organisation", "selected_per_organisation"),
            *("months_between_grants", "owed_report_blocks"),
        ),
        "reviewing": (
            *("readers", "another_above", "ends_after_days"),
            *("masking", "board_masking", "nationality_conflicts"),
        ),
        "board": ("members", "quorum"),
    }
    DAYS = ("answer_days", "file_days", "accept_days", "report_days")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order.choices = options(
            (name, ", ".join(str(call_shown.TIES[one]) for one in rules)) for name, rules in ORDERS.items()
        )

    def validate(self, extra_validators: Any = None) -> bool:
        """A quorum that the board can reach, and a letter by somebody."""
        valid: bool = super().validate(extra_validators)
        if valid and (self.quorum.data or 0) > (self.members.data or 0):
            valid = wrong(
                self.quorum,
                gettext("The board has %(members)s members: the quorum cannot be more", members=self.members.data),
            )
        if self.letter.data and not self.nominator.data:
            valid = wrong(self.letter, gettext("A letter comes from the nominating organization: ask for that too"))
        return valid

    @staticmethod
    def shown(rules: Rules) -> dict[str, Any]:
        """What the form holds of the rules."""
        data = rules.model_dump(mode="json")
        order = next((name for name, ties in ORDERS.items() if ties == rules.ties), "lottery")
        found = {name: data[group][name] for group, names in PeopleForm.GROUPS.items() for name in names}
        return found | {"order": order} | {name: data[name] for name in PeopleForm.DAYS}

    def parts(self, rules: Rules) -> dict[str, Any]:
        """The part of the rules that was filled in."""
        data = rules.model_dump(mode="json")
        groups = {
            group: data[group] | {name: self[name].data for name in names} for group, names in self.GROUPS.items()
        }
        ties = {"ties": [one.value for one in ORDERS[self.order.data]]}
        return groups | ties | {name: self[name].data for name in self.DAYS}


class BalanceRow(Row):
    """So many of a group, at the least or at the most."""

    group = SelectField(_l("Group"), [optional()])
    country = StringField(_l("Code of the country"), [optional(), Length(max=2)], render_kw={"dir": "ltr", "size": "2"})
    bound = SelectField(_l("Bound"), choices=options([("least", _l("At least")), ("most", _l("At most"))]))
    value = IntegerField(_l("Number"), [optional(), NumberRange(min=0, max=10_000)])
    unit = SelectField(_l("Unit"), choices=options([("people", _l("people")), ("percent", _l("per cent"))]))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group.choices = options(
            [("", gettext("None")), *call_shown.cells_to_choose(g.lang), (COUNTRY, gettext("A country"))]
        )

    def is_empty(self) -> bool:
        """Without a group it says nothing, unless a number was typed."""
        return not self.group.data and not (self.value.raw_data and self.value.raw_data[0])


class BalanceForm(RowsForm):
    """How the chosen are balanced."""

    rows_of = ("rows",)
    rows = FieldList(FormField(BalanceRow), _l("Rules"), max_entries=MOST_BALANCE)
    places: int | None = None
    """How many are chosen, set by the page."""

    def together(self) -> None:
        """Every rule is whole, and all of them can be met together."""
        held = []
        for row in kept(self.rows):
            rule = self._rule(row)
            if rule is not None:
                held.append((row, rule))
        if any(row.errors for row in kept(self.rows)):
            return
        by_id = {rule.id: row for row, rule in held}
        for one in balance_findings([rule for _row, rule in held], self.places):
            wrong(by_id[one.item].value, call_shown.PROBLEMS[one.problem])

    def _rule(self, row: BalanceRow) -> Balance | None:
        if not row.group.data:
            wrong(row.group, gettext("Choose a group"))
            return None
        country = (row.country.data or "").upper()
        if row.group.data == COUNTRY and country not in known_countries():
            wrong(row.country, gettext("There is no country with this code"))
            return None
        if row.value.errors:
            return None
        if row.value.data is None:
            wrong(row.value, gettext("Fill in this field"))
            return None
        if row.unit.data == "percent" and row.value.data > 100:
            wrong(row.value, gettext("A share is 100 per cent at the most"))
            return None
        if row.bound.data == "least" and row.value.data == 0:
            wrong(row.value, gettext("At least none says nothing: write 1 or more"))
            return None
        if row.errors:
            return None
        dimension, _colon, cell = row.group.data.partition(":")
        row.id.data = row.id.data or fresh_id("b")
        return Balance(
            id=row.id.data,
            dimension=Dimension(dimension),
            cell=cell or country,
            bound=Bound(row.bound.data),
            value=row.value.data,
            unit=Unit(row.unit.data),
        )

    @staticmethod
    def shown(rules: Rules) -> dict[str, Any]:
        """What the form holds of the rules."""
        rows: list[dict[str, Any]] = []
        for one in rules.balance:
            is_country = one.dimension is Dimension.COUNTRY
            rows.append(
                {
                    "id": one.id,
                    "group": COUNTRY if is_country else one.key,
                    "country": one.cell if is_country else "",
                    "bound": one.bound.value,
                    "value": one.value,
                    "unit": one.unit.value,
                }
            )
        return {"rows": rows + [{}] * BLANK}

    def parts(self, _rules: Rules) -> dict[str, Any]:
        """The part of the rules that was filled in."""
        found = [self._rule(row) for row in kept(self.rows)]
        return {"balance": [one.model_dump(mode="json") for one in found if one]}


@dataclass(frozen=True)
class Page:
    """A page of the rules: its name in addresses, its words, its form."""

    name: str
    label: Any
    form: Any


PAGES = (
    Page("guide", _l("Guide"), GuideForm),
    Page("money", _l("Budget and costs"), MoneyForm),
    Page("fares", _l("Fare table"), FaresForm),
    Page("rubric", _l("Rubric"), RubricForm),
    Page("people", _l("People and steps"), PeopleForm),
    Page("balance", _l("Balance"), BalanceForm),
)
"""In the order of the tabs."""

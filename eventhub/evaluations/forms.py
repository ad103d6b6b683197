"""The form behind a link, and those of staff."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectMultipleField, TextAreaField
from wtforms.fields import DateField
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from eventhub.evaluations.preset import LONGEST, PRESET, STEPS, asked
from eventhub.kit.forms import LIBRARY, Form, optional, options, required

LATEST_LOCK = 9


class AnswerForm(Form):
    """Behind a mailed link, whose address holds the secret: without a session to guard, and without a key, which would
    be kept beside what was answered (form_keys.leave_no_key).
    """

    class Meta(Form.Meta):
        """Without a session."""

        csrf = False

    form_key = None  # type: ignore[assignment] # so WTForms leaves out a field of the class above

    def given(self) -> dict[str, int | str]:
        """What was answered, by code; what was left out is not there."""
        found: dict[str, int | str] = {}
        for code, question in PRESET.items():
            field = self._fields.get(code)
            if field is not None and field.data:
                found[code] = field.data if question.in_words else int(field.data)
        return found

    def validate(self, extra_validators: Any = None) -> bool:
        """At least one question is answered."""
        holds: bool = super().validate(extra_validators)
        if holds and not self.given():
            first = next(self._fields[code] for code in PRESET if code in self._fields)
            first.errors = [gettext("Answer one question at the least. Which ones is up to you.")]
            return False
        return holds


@lru_cache(maxsize=32)
def form_class(codes: tuple[str, ...]) -> type[AnswerForm]:
    """The form that asks these questions."""
    fields = {question.code: _field(question.code) for question in asked(list(codes))}
    return type("AskedForm", (AnswerForm,), fields)


def _field(code: str) -> Any:
    question = PRESET[code]
    if question.in_words:
        return TextAreaField(
            question.label,
            validators=[
                optional(),
                Length(max=LONGEST, message=LIBRARY["Field cannot be longer than %(max)d character."]),
            ],
            description=_l(
                "Write no names, and nothing that only you can know. The organizers read this in another order and"
                " apart from your other answers."
            ),
            render_kw={"rows": 5, "autocomplete": "off"},
        )
    return RadioField(
        question.label,
        choices=options((str(step), words) for step, words in reversed(STEPS.items())),
        validators=[optional()],
        render_kw={"autocomplete": "off"},
    )


class Checks(SelectMultipleField):
    """Boxes to mark."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class SetUpForm(Form):
    """What an evaluation asks, and when."""

    questions = Checks(
        _l("What is asked"),
        choices=options((code, question.label) for code, question in PRESET.items()),
        validators=[required(_l("Choose one question at the least"))],
    )
    opens_on = DateField(
        _l("First day"),
        validators=[required()],
        description=_l("The emails go out at eight in the morning, where the event is."),
    )
    closes_on = DateField(_l("Last day"), validators=[required()])
    seen = HiddenField()

    def version(self) -> int:
        """The version that the page showed; 0 for none."""
        seen = self.seen.data or ""
        return int(seen) if seen.isdecimal() and len(seen) <= LATEST_LOCK else 0

    def chosen(self) -> Sequence[str]:
        """Codes of the questions."""
        return list(self.questions.data or [])


class WordsForm(Form):
    """What of an answer others may read."""

    shown = TextAreaField(
        _l("What others may read"),
        validators=[optional(), Length(max=LONGEST, message=LIBRARY["Field cannot be longer than %(max)d character."])],
        description=_l(
            "Take out names, and whatever points to one person. Change nothing else. Empty it to keep the answer among"
            " the organizers."
        ),
        render_kw={"rows": 6},
    )

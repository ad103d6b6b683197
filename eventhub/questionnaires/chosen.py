"""Answers that are chosen: among the options of a question, or on a code list; their fields and what holds."""

from functools import cache
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import Field, RadioField, SelectField, SelectMultipleField

from eventhub.kit import codes
from eventhub.kit.forms import LongSelect, options
from eventhub.kit.i18n import AUTONYMS, direction
from eventhub.questionnaires.typed import autocomplete
from eventhub.questionnaires.uploads import Wrong

if TYPE_CHECKING:  # definition.py stands above this module
    from eventhub.questionnaires.definition import Question

RADIOS = 15
UNSAID = "prefer_not_to_say"
"""The option that says nothing, so that it goes with no other one."""


def choice_field(question: "Question", language: str) -> Field:
    """One option of several: radios, or a list where they are many."""
    if len(question.options) > RADIOS:
        return _select(question, [(option.id, option.label) for option in question.options])
    return RadioField(question.label, choices=_shown_options(question, language), validate_choice=False, coerce=str)


def choices_field(question: "Question", language: str) -> Field:
    """Any number of options."""
    return SelectMultipleField(
        question.label, choices=_shown_options(question, language), validate_choice=False, coerce=str
    )


def _shown_options(question: "Question", language: str) -> list[Any]:
    """Radios and boxes: an answer in another language than its question says in which one it is."""
    shown: list[tuple[str, Any]] = []
    for option in question.options:
        label: Any = option.label
        if label.language != question.label.language:
            label = Markup('<span lang="{}" dir="{}">{}</span>').format(
                label.language, direction(label.language), label
            )
            if option.label.language != language:
                label += Markup(' <span class="tongue-mark">{}</span>').format(AUTONYMS[option.label.language])
        shown.append((option.id, label))
    return options(shown)


def _select(question: "Question", choices: list[tuple[str, Any]], *, long: bool = False) -> Field:
    return SelectField(
        question.label,
        choices=options([("", _l("Choose one")), *choices]),
        validate_choice=False,
        coerce=str,
        render_kw=autocomplete(question),
        widget=LongSelect() if long else None,
    )


def clean_choice(question: "Question", value: Any, _: str) -> str:
    """The option's id. Raises Wrong."""
    if not is_option(question, value):
        raise Wrong(_l("Choose one of the answers on the list"))
    return str(value)


def clean_choices(question: "Question", value: Any, _: str) -> list[str]:
    """The ids of the options, in the order of the question. Raises Wrong."""
    if not isinstance(value, list | tuple) or not all(is_option(question, one) for one in value):
        raise Wrong(_l("Choose among the answers on the list"))
    most = question.limits.max_choices
    chosen = [option.id for option in question.options if option.id in value]
    if most and len(chosen) > most:
        raise Wrong(_l("Choose at most %(most)s", most=most))
    if UNSAID in chosen and len(chosen) > 1:
        said = option_label(question, UNSAID, "")
        raise Wrong(_l("“%(answer)s” stands alone: clear it, or clear the other answers", answer=said))
    return chosen


def is_option(question: "Question", value: object) -> bool:
    """Whether this is the id of one of the question's options."""
    return any(option.id == value for option in question.options)


def option_label(question: "Question", value: Any, _: str) -> str:
    """What an option says; its id once it is gone."""
    return next((str(option.label) for option in question.options if option.id == value), str(value))


def option_labels(question: "Question", value: Any, language: str) -> str:
    """What the chosen options say, as a list in a sentence."""
    comma = {"ar": "، ", "zh": "、"}.get(language, ", ")
    return comma.join(option_label(question, one, language) for one in value)


def option_cells(question: "Question", value: Any, language: str) -> str:
    """What the chosen options say, for a cell of a table."""
    return "; ".join(option_label(question, one, language) for one in value)


def list_field(question: "Question", language: str) -> Field:
    """A code list to choose from."""
    return _select(question, listed(question, language), long=True)


def clean_listed(question: "Question", value: Any, _: str) -> str:
    """The code. Raises Wrong for one that is not on the list."""
    if not is_listed(question, value):
        raise Wrong(_l("Choose one of the answers on the list"))
    return str(value)


def is_listed(question: "Question", value: object) -> bool:
    """Whether this is a code of the question's list."""
    return any(code == value for code, _ in _codes(question, "en"))


def listed(question: "Question", language: str) -> list[tuple[str, str]]:
    """The code list that a country or language question chooses from."""
    return list(_codes(question, language))


def _codes(question: "Question", language: str) -> tuple[tuple[str, str], ...]:
    return (_countries if question.kind == "country" else _languages)(question.variant, language)


@cache
def _countries(variant: str, language: str) -> tuple[tuple[str, str], ...]:
    if variant == "nationality":
        return tuple(codes.nationality_choices(language))
    return tuple(codes.countries(language, kinds=codes.ANYWHERE if variant == "anywhere" else codes.REPRESENTED))


@cache
def _languages(variant: str, language: str) -> tuple[tuple[str, str], ...]:
    return tuple(codes.language_choices(language, interface_only=variant == "six"))


def country_name(_: "Question", value: Any, language: str) -> str:
    """A country's name, also of what only nationalities know, such as stateless."""
    try:
        return codes.country_name(value, language)
    except KeyError:
        return codes.label("nationality_extra", value, language)

"""What a person is asked when registering: the questionnaire by the event's rules, and a category known beforehand.

Such a category travels in addresses as six signs that say nothing of a person to whoever reads over a shoulder.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from flask import g, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from eventhub.kit import codes
from eventhub.kit.clock import now
from eventhub.people.models import Channel
from eventhub.programme.shown import sentence as with_parts
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.answers import field_name
from eventhub.questionnaires.definition import Definition, Page, Question
from eventhub.questionnaires.forms import AnswerForm
from eventhub.registration import categories, queries, shown, ways, windows
from eventhub.registration.categories import QUESTION, Rule
from eventhub.registration.models import Deadline
from eventhub.registration.queries import Glance, Intake
from eventhub.registration.windows import Window

CHOSEN = "as"


def definition_of(found: Intake, lang: str) -> Definition | None:
    """The questionnaire that is to be answered, in a language; None where nothing is asked."""
    if found.version_id is None:
        return None
    return found.as_asked(questionnaires.localised(questionnaires.version(found.version_id), lang))


def definition_to_read(found: Intake, lang: str) -> Definition | None:
    """The same for reading answers: what was chosen is named also when nobody can choose it any more."""
    if found.version_id is None:
        return None
    asked = questionnaires.localised(questionnaires.version(found.version_id), lang)
    return categories.fitted(asked, found.rules, found.category)


def closes_for(found: Intake, category: str | None) -> datetime:
    """By when somebody registers: in the category of the draft or, before that, in this one; where that is closed, by
    when anybody does.
    """
    rule = categories.rule_of(found.rules, found.category or category)
    return windows.closes(found.setup, rule if rule and rule.is_open else None)


def newcomers_definition(seen: Glance, lang: str) -> Definition | None:
    """The same for somebody who has not begun."""
    if seen.newest_version_id is None:
        return None
    newest = questionnaires.localised(questionnaires.version(seen.newest_version_id), lang)
    return categories.fitted(newest, seen.rules, gone=ways.gone(seen.row.mode))


def missing(found: Intake, definition: Definition | None, answers: Mapping[str, object]) -> list[tuple[Page, Question]]:
    """What is missing, with the page where it is asked."""
    return categories.gaps(definition, found.rules, answers) if definition else []


def say_what_closed(form: AnswerForm, found: Intake, answers: Mapping[str, object]) -> None:
    """Say at its field why a category that was chosen before, or just now, is not among the answers any more, and what
    can be done; the same of a way of taking part.
    """
    asked = {question.key: question for question in form.page.questions}
    for key, why in ((QUESTION, _why_not), (ways.QUESTION, _no_such_way)):
        field, question = form._fields.get(field_name(key)), asked.get(key)
        if field is None or question is None:
            continue
        chosen = field.data if field.raw_data else answers.get(key)
        if isinstance(chosen, str) and chosen and chosen not in {one.id for one in question.options}:
            message = why(found, chosen)
            field.errors = [message] if message else field.errors


def when_open(found: Intake, rule: Rule) -> Markup | None:
    """Since when a category is closed, or when it opens; None while it is open."""
    place, name = windows.window(found.setup, now(), rule), shown.label(categories.LIST, rule.code, g.lang)
    opens_at, closes_at = (shown.moment(one, found.event, g.lang) for one in windows.span(found.setup, rule))
    if place is Window.OPEN:
        return None
    if place is Window.NOT_YET:
        told = _("Registration in the category “%(category)s” opens on %(moment)s.")
        return with_parts(told, category=name, moment=opens_at)
    return with_parts(
        _("Registration in the category “%(category)s” closed on %(moment)s."), category=name, moment=closes_at
    )


def by_category(found: Intake, announced: Sequence[Deadline] = ()) -> list[dict[str, Any]]:
    """By when people of each category register, where one has instants of its own: rows of a list."""
    if found.setup.first_opens_at is None:
        return []
    return [
        {
            "label": shown.label(categories.LIST, rule.code, g.lang),
            "value": _window_words(found, rule, [one for one in announced if one.category == rule.code]),
        }
        for rule in found.rules
        if rule.is_taken
    ]


def _window_words(found: Intake, rule: Rule, announced: Sequence[Deadline]) -> Markup:
    place, (opens_at, closes_at) = windows.window(found.setup, now(), rule), windows.span(found.setup, rule)
    first, last = (shown.moment(one, found.event, g.lang) for one in (opens_at, closes_at))
    if place is Window.NOT_YET:
        told = with_parts(_("From %(first)s to %(last)s"), first=first, last=last)
    elif place is Window.OPEN:
        told = with_parts(_("Until %(moment)s"), moment=last)
    else:
        told = with_parts(_("Closed since %(moment)s"), moment=last)
    older = [one.closes_at for one in announced if one.closes_at < closes_at]
    if not older:
        return told
    former = Markup("<del>{}</del>").format(shown.moment(older[-1], found.event, g.lang))
    return told + Markup("<br><small>{}</small>").format(with_parts(_("Before: %(when)s"), when=former))


def _why_not(found: Intake, code: str) -> Markup | None:
    if not found.rules or code not in codes.codes(categories.LIST):
        return None
    rule, name = categories.rule_of(found.rules, code), shown.label(categories.LIST, code, g.lang)
    when = when_open(found, rule) if rule and rule.is_taken else None
    why = when or _("This event takes no registrations in the category “%(category)s” at the moment.", category=name)
    ways_out = (
        _("Your answers are kept. Choose another category if one fits, or come back when this one is open.")
        if any(one.is_open for one in found.rules)
        else _("Your answers are kept. Come back when a category is open, or write to us.")
    )
    return Markup("{} {}").format(why, ways_out)


def _no_such_way(found: Intake, code: str) -> str | None:
    if code not in ways.gone(found.event.mode):
        return None
    way = shown.label(ways.LIST, code, g.lang)
    return str(_("Nobody can take part in this event in the way “%(way)s” any more. Choose another one.", way=way))


def first_address(found: Intake, definition: Definition | None) -> str:
    """Where to begin or to go on."""
    slug = found.event.slug
    if definition is None:
        return url_for("registration.check", slug=slug)
    answers = given.load(found.answer_set) if found.answer_set else {}
    pages = given.visible_pages(definition, answers)
    if found.registration is not None:
        wanting = {page.id for page, _question in missing(found, definition, answers)}
        pages = [page for page in pages if page.id in wanting]
    if not pages:
        return url_for("registration.check", slug=slug)
    return url_for("registration.step", slug=slug, page=pages[0].id, **carried(found, definition, answers))


def guide_address(found: Intake, definition: Definition | None) -> str | None:
    """The guide to the categories; None where none is asked for."""
    return url_for("registration.guide", slug=found.event.slug) if categories.asks_for_one(definition) else None


def newly_agrees(definition: Definition, before: Mapping[str, object], values: Mapping[str, object]) -> bool:
    """Whether these answers say yes to the list of participants, and those before them did not."""
    return any(
        channel is Channel.LIST_OF_PARTICIPANTS and values.get(key) is True and before.get(key) is not True
        for key, channel in queries.consent_channels(definition).items()
    )


def mark_of(category: str) -> str:
    """A category in an address."""
    return sha256(category.encode()).hexdigest()[:6]


def chosen_before(found: Intake, definition: Definition | None) -> str | None:
    """The category that the address brings along, where this event takes it."""
    mark = request.args.get(CHOSEN, "")
    return next((code for code in categories.offered(definition, found.rules) if mark_of(code) == mark), None)


def carried(found: Intake, definition: Definition | None, answers: Mapping[str, object]) -> dict[str, Any]:
    """What the next address brings along: the category, until it is answered."""
    category = None if answers.get(QUESTION) else chosen_before(found, definition)
    return {CHOSEN: mark_of(category)} if category else {}


def prefill(form: AnswerForm, found: Intake, definition: Definition, answers: Mapping[str, object]) -> None:
    """Mark the category on a page that is opened. It is an answer once it is sent, and not before."""
    category = chosen_before(found, definition)
    field = form._fields.get(field_name(QUESTION))
    if request.method == "GET" and category and field is not None and not answers.get(QUESTION):
        field.data = category

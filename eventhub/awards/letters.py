"""What the fund writes to people about their grants, and to a nominator.

A discreet person's mail says that there is something to look at, and nothing about what (SAFETY.md property 13).
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from flask_babel import LazyString, gettext, lazy_ngettext
from flask_babel import lazy_gettext as _l

from eventhub.awards import leftovers, queries
from eventhub.awards.awarding import link
from eventhub.awards.ledger import shown
from eventhub.awards.models import Award, Outcome, Payment, Replacement, TravelReport
from eventhub.awards.release_models import Failed, Release
from eventhub.awards.replacing import link as replacement_link
from eventhub.funding import attending, thread
from eventhub.funding.attending import Attending, Step
from eventhub.funding.behalf import helper_of
from eventhub.funding.models import Application, Call, Endorsement, State
from eventhub.kit.clock import now
from eventhub.kit.codes import reason_text
from eventhub.kit.i18n import UNCHOSEN, Moment, in_language, show_date, show_days, show_moment
from eventhub.kit.mail import Letter, Rendered, render
from eventhub.kit.web import absolute
from eventhub.people.models import Person
from eventhub.people.queries import person_by_email

Kind = Literal[
    "offered",
    "accepted",
    "lapsed",
    "ended",
    "visa_help",
    "ticket",
    "report_due",
    "report_reminder",
    "report_overdue",
    "thanks",
]
FOOT = _l("You get this mail because you applied for support. Answers to this address are not read.")
FOOT_NOMINATOR = _l("You get this mail because you nominated somebody. Answers to this address are not read.")
FOOT_OFFICER = _l("You get this mail because you set a release of decisions. Answers to this address are not read.")
FOOT_FINANCE = _l("You get this mail because you asked for a payment. Answers to this address are not read.")

FOOT_ON_PAPER = _l("You get this letter because you applied for support.")
ON_PAPER = "preview@invalid"
"""Stands where a letter has no address: nothing is sent to it."""

PAID = _l(
    "The fund buys the ticket. What is paid to you goes to a bank account or to an office that pays it out: finance"
    " asks you which before it pays."
)
TICKET = (
    _l("A ticket is bought for your journey. Below are the days on which the journey begins and ends."),
    _l("If a day or your name on the ticket is wrong, please write to us at once."),
)
THANKS = (_l("Thank you. Your report is filed, and nothing is owed any more. It helps those who come after you."),)
WHO_REPORTS = _l(
    "Whoever travels reports on the journey. Until the report is filed, neither the traveller nor your organization can"
    " have another grant."
)
ONE_PRESS = _l("One press is enough, and it needs no account.")

SUBJECTS: dict[Kind, Callable[[str], str]] = {
    "offered": lambda fund: gettext("A grant is offered to you: %(fund)s", fund=fund),
    "accepted": lambda fund: gettext("You have accepted your grant: %(fund)s", fund=fund),
    "lapsed": lambda fund: gettext("The offer of a grant has ended: %(fund)s", fund=fund),
    "ended": lambda fund: gettext("Your grant has ended: %(fund)s", fund=fund),
    "visa_help": lambda fund: gettext("Your visa: %(fund)s", fund=fund),
    "ticket": lambda fund: gettext("Your ticket: %(fund)s", fund=fund),
    "report_due": lambda fund: gettext("Your report on the journey: %(fund)s", fund=fund),
    "report_reminder": lambda fund: gettext("A reminder of your report: %(fund)s", fund=fund),
    "report_overdue": lambda fund: gettext("Your report is overdue: %(fund)s", fund=fund),
    "thanks": lambda fund: gettext("Thank you for your report: %(fund)s", fund=fund),
}

RELEASE_FAILED = {
    Failed.MONEY: _l("The envelopes did not hold all offers, so nobody was told."),
    Failed.NEAR: _l("Whoever set the release has a tie to one of its applicants, so nobody was told."),
    Failed.MOVED: _l("The decisions had moved on, so nobody was told."),
    Failed.BARRED: _l("Somebody in this release owes a report or is debarred, so nobody was told."),
    Failed.ROLE: _l("Whoever set the release is no fund officer of this call any more, so nobody was told."),
    Failed.STUCK: _l("A fault of the system stopped the release again and again, so nobody was told."),
}


def about(kind: Kind, award: Award, report: TravelReport | None = None) -> Letter | None:
    """A letter about an award; for a person without an address, word to whoever applied for her, or None. The award is
    loaded whole.
    """
    person = award.application.person
    if not person.email:
        return _to_helper(award.application)
    if person.discreet:
        neutral = _neutral(person.email, person.language, "people.me")
        return _neutral_offer(award, person) if kind == "offered" else neutral
    return _about(kind, award, report)


def offered_on_paper(award: Award) -> Letter:
    """The letter of an offer as its reader gets it; for a person without an address as it may be printed and handed
    over: without a link.
    """
    person = award.application.person
    if not person.email:
        return _about("offered", award, None)
    return _neutral_offer(award, person) if person.discreet else _about("offered", award, None)


def _about(kind: Kind, award: Award, report: TravelReport | None) -> Letter:
    person, call = award.application.person, award.application.call
    lang = person.language
    title = title_of(call, lang)
    there = attending.of_person(person.id, call) if kind in {"offered", "accepted", "visa_help"} else None
    more = there.words(lang) if there and there.step is not Step.NOTHING else []
    paragraphs = _ended(award) if kind == "ended" else _paragraphs(kind, award, report, lang)
    return Letter(
        person.email or ON_PAPER,
        lang,
        lambda: SUBJECTS[kind](title),
        "registration/letter",
        {
            "name": person.public_name,
            "paragraphs": [*paragraphs, *([_joined(more)] if more else [])],
            "quote": None,
            "facts": [*_facts(award.application, title), *_own_facts(kind, award, lang), *attending.facts(call, lang)],
            "buttons": _buttons(kind, award, lang, there) if person.email else [],
            "foot": FOOT if person.email else FOOT_ON_PAPER,
        },
    )


def decided(
    application: Application, person: Person, call: Call, reason: str, words: str | None = None
) -> Letter | None:
    """In reserve, or not selected: the coded reason in words that are safe to read for whoever opens the mailbox, and
    plain ``words`` beside it. For a person without an address, word to whoever applied for her, or None.
    """
    if not person.email:
        return _to_helper(application)
    return decided_on_paper(application, person, call, reason, words)


def decided_on_paper(
    application: Application, person: Person, call: Call, reason: str, words: str | None = None
) -> Letter:
    """The same as its reader gets it; for a person without an address as it may be printed and handed over."""
    lang = person.language
    if person.discreet and person.email:
        return _neutral(person.email, lang, "people.me")
    title = title_of(call, lang)
    reserve = (application.outcome_seen or application.state) is State.RESERVE
    lives = attending.reserve_until(call, lang) if reserve else None

    def subject() -> str:
        if reserve:
            return str(gettext("You are on the reserve list: %(fund)s", fund=title))
        return str(gettext("The answer to your application: %(fund)s", fund=title))

    return Letter(
        person.email or ON_PAPER,
        lang,
        subject,
        "registration/letter",
        {
            "name": person.public_name,
            "paragraphs": [reason_text("funding", reason, lang), *([lives] if lives else [])],
            "quote": words,
            "facts": _facts(application, title),
            "buttons": _ways_on(application, lang) if person.email else [],
            "foot": FOOT if person.email else FOOT_ON_PAPER,
        },
    )


def replace(row: Replacement, call: Call) -> Letter:
    """To a nominator: who comes in somebody's place? Names nobody."""
    lang, secret = row.language, replacement_link(row)
    known = person_by_email(row.email)
    if known is not None and known.discreet:
        return _neutral(row.email, lang, "awards.replace", token=secret)
    title = title_of(call, lang)
    here = show_moment(row.until, call.time_zone, lang)
    return Letter(
        row.email,
        lang,
        lambda: gettext("Somebody else may come: %(fund)s", fund=title),
        "registration/letter",
        {
            "name": "",
            "paragraphs": [
                _l("Somebody whom you nominated may not be able to come. You may name another of your nominees."),
                _l(
                    "Open the page and choose. It needs no account, and the link holds until %(day)s, %(time)s"
                    " (%(offset)s).",
                    day=here.day,
                    time=here.time,
                    offset=here.place,
                ),
            ],
            "quote": None,
            "facts": [{"label": _l("Fund"), "value": title}, *attending.facts(call, lang)],
            "buttons": [
                {"label": _l("Name somebody"), "url": absolute("awards.replace", lang=lang, token=secret)},
                attending.helping(lang),
            ],
            "foot": FOOT_NOMINATOR,
        },
    )


def nominee_accepted(award: Award, row: Endorsement, report_days: int) -> Letter:
    """To whoever nominated somebody who accepted: what this asks of the organization. Names nobody."""
    lang, known = row.language, person_by_email(row.email)
    if known is not None and known.discreet:
        return _neutral(row.email, lang, "people.me")
    call = award.application.call
    title = title_of(call, lang)
    days = lazy_ngettext(
        "A report is due %(num)s day after the journey.", "A report is due %(num)s days after the journey.", report_days
    )
    return Letter(
        row.email,
        lang,
        lambda: gettext("A grant was accepted: %(fund)s", fund=title),
        "registration/letter",
        {
            "name": "",
            "paragraphs": [_l("Somebody whom your organization nominated has accepted a grant."), days, WHO_REPORTS],
            "quote": None,
            "facts": [{"label": _l("Fund"), "value": title}, *attending.facts(call, lang)],
            "buttons": [attending.helping(lang)],
            "foot": FOOT_NOMINATOR,
        },
    )


def held_back(number: int) -> Any:
    """How many a release left out."""
    return lazy_ngettext(
        "%(num)s person was not told, since something is owed or somebody is debarred.",
        "%(num)s people were not told, since something is owed or somebody is debarred.",
        number,
    )


def release_failed(row: Release, person: Person, call: Call) -> Letter | None:
    """To whoever set a release that was not done, or not for everybody. Names nobody; None without an address."""
    if not person.email or (row.failed is None and not row.held):
        return None
    lang = person.language
    if person.discreet:
        return _neutral(person.email, lang, "people.me")
    title = title_of(call, lang)
    what = RELEASE_FAILED[row.failed] if row.failed else held_back(row.held)
    return Letter(
        person.email,
        lang,
        lambda: gettext("Your release of decisions: %(fund)s", fund=title),
        "registration/letter",
        {
            "name": person.public_name,
            "paragraphs": [what, _l("Open the page and look at it. Once it is put right, release again.")],
            "quote": None,
            "facts": [{"label": _l("Fund"), "value": title}],
            "buttons": [
                {
                    "label": _l("Release of decisions"),
                    "url": absolute("awards_release.board", lang=lang, slug=call.slug),
                }
            ],
            "foot": FOOT_OFFICER,
        },
    )


def payment_swept(award: Award, payment: Payment, person: Person) -> Letter | None:
    """To whoever asked for a payment that was dropped by the clock. Names nobody; None without an address."""
    if not person.email:
        return None
    lang, call = person.language, award.application.call
    if person.discreet:
        return _neutral(person.email, lang, "people.me")
    title = title_of(call, lang)
    facts = [{"label": _l("Fund"), "value": title}]
    if award.application.reference:
        facts.append({"label": _l("Application"), "value": award.application.reference})
    facts.append({"label": _l("Amount"), "value": shown(award.envelope, payment.amount, lang)})
    return Letter(
        person.email,
        lang,
        lambda: gettext("A payment that you asked for was dropped: %(fund)s", fund=title),
        "registration/letter",
        {
            "name": person.public_name,
            "paragraphs": [
                _l("The grant has ended before a colleague agreed to the payment, so nothing is paid."),
                _l("There is nothing for you to do. If money is owed all the same, look at the grant."),
            ],
            "quote": None,
            "facts": facts,
            "buttons": [
                {
                    "label": _l("Open the grant"),
                    "url": absolute("awards_console.record", lang=lang, slug=call.slug, award_id=award.id),
                }
            ],
            "foot": FOOT_FINANCE,
        },
    )


def preview(letter: Letter) -> Rendered:
    """A letter in words, as it would be sent, for whoever stages decisions. Nothing is sent."""
    return render(letter, "<preview@invalid>", now())


def title_of(call: Call, lang: str) -> str:
    """What the fund's call is called in a language."""
    return str(in_language(call.title, lang, call.original_language).text)


def _paragraphs(kind: Kind, award: Award, report: TravelReport | None, lang: str) -> Sequence[Any]:
    due = show_date(report.due, lang) if report else ""
    match kind:
        case "offered":
            return [
                _l("Your application has been selected, and a grant is offered to you."),
                _until(award, lang),
                *([ONE_PRESS] if _has_link(award.application.person) else []),
                _l("Without an answer the grant goes to somebody else. Please buy no ticket before you have accepted."),
            ]
        case "accepted":
            return [
                _l("Thank you. The grant is yours, and we write to you about visa and ticket."),
                PAID,
                _l("If you cannot come, please tell us at once, so that somebody else can."),
            ]
        case "lapsed":
            return [
                _l("We had no answer in time, so the grant goes to somebody else."),
                _l("If something went wrong, please write to us."),
            ]
        case "visa_help":
            return [
                _l("You need a visa. Please ask for it as soon as you can, and tell us the day of your appointment."),
                _l(
                    "On your page you find the invitation letter for the embassy, once your registration is accepted,"
                    " and where to write to us. If the visa is refused, tell us the same day: we can help."
                ),
            ]
        case "report_due":
            return [
                _l(
                    "Welcome back. Your report on the journey is due by %(day)s: ten questions.",
                    day=due,
                ),
                _l("Until it is filed, neither you nor the organization that nominated you can have another grant."),
            ]
        case "report_reminder":
            return [_l("Your report on the journey is not filed yet. It is due by %(day)s.", day=due)]
        case "report_overdue":
            return [
                _l("Your report on the journey was due by %(day)s.", day=due),
                _l("Until it is filed, neither you nor the organization that nominated you can have another grant."),
            ]
    return TICKET if kind == "ticket" else THANKS


def _until(award: Award, lang: str) -> Any:
    """By when an offer is answered: by the clock of the call, by whose day the deadline was set; beside it the reader's
    own, where that is another one.
    """
    instant, zone = award.accept_by or award.approved_at, award.application.person.time_zone
    here = show_moment(instant, award.application.call.time_zone, lang)
    said = _l("Please answer by %(day)s, %(time)s (%(offset)s).", **_told(here))
    there = show_moment(instant, zone, lang)
    if zone == UNCHOSEN or there.place == here.place:
        return said
    return _joined([said, _l("With you that is %(day)s, %(time)s (%(offset)s).", **_told(there))])


def _told(moment: Moment) -> dict[str, str]:
    return {"day": moment.day, "time": moment.time, "offset": moment.place}


def _joined(sentences: Sequence[Any]) -> Any:
    """Sentences of one paragraph, in the language in which it is drawn."""
    return LazyString(lambda: " ".join(str(one) for one in sentences))


def _ended(award: Award) -> Sequence[Any]:
    """Who ended it, and that nothing more is to be bought."""
    return [
        why_ended(award.outcome),
        _l("Please buy and book nothing more for this journey: the fund no longer pays for it."),
        *leftovers.told(award, award.application.person.language),
        _l("If something went wrong, please write to us."),
    ]


def why_ended(outcome: Outcome | None) -> Any:
    """Who ended a grant, in a sentence."""
    if outcome is Outcome.REPLACED:
        return _l("The organization that nominated you has named somebody else in your place. Your grant has ended.")
    if outcome is Outcome.CANCELLED:
        return _l("The fund has ended your grant.")
    return _l("Your grant has ended. A registration for the event stays: if you will not attend, withdraw it as well.")


def _facts(application: Application, title: str) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = [{"label": _l("Fund"), "value": title}]
    if application.reference:
        facts.append({"label": _l("Your reference"), "value": application.reference, "ltr": True})
    return facts


def _own_facts(kind: Kind, award: Award, lang: str) -> list[dict[str, Any]]:
    if kind == "ticket":
        row = queries.ticket_of(award.id)
        return [{"label": _l("Journey"), "value": show_days(row.travels_on, row.returns_on, lang)}] if row else []
    if kind not in {"offered", "accepted"} or not award.amount:
        return []
    return [{"label": _l("Amount"), "value": shown(award.envelope, award.amount, lang)}]


def _buttons(kind: Kind, award: Award, lang: str, there: Attending | None) -> list[dict[str, Any]]:
    """What is to be done, then where the registration stands, and whom to ask."""
    own: dict[str, Any] = {"lang": lang, "reference": award.application.reference}
    if kind == "offered" and _has_link(award.application.person):
        found = [{"label": _l("Read it and answer"), "url": absolute("awards.answer", lang=lang, token=link(award))}]
    elif kind in {"report_due", "report_reminder", "report_overdue"}:
        found = [{"label": _l("Write the report"), "url": absolute("awards.report", **own)}]
    else:
        found = [{"label": _l("See my grant"), "url": absolute("awards.mine", **own)}]
    if kind == "accepted" and there is not None and there.step is not Step.NOTHING and there.way is not None:
        endpoint, values, says = there.way
        found.append({"label": says, "url": absolute(endpoint, lang=lang, **values)})
    # Whoever holds a grant or was told may write; only long after an end does nobody.
    closed = kind in {"lapsed", "ended", "thanks"} and not thread.may_write(award.application)
    return [*found, attending.helping(lang) if closed else _asking(award.application, lang)]


def _ways_on(application: Application, lang: str) -> list[dict[str, Any]]:
    """After a decision: one's page, and where to ask, since answers to the mail are not read."""
    found = [{"label": _l("Go to my page"), "url": absolute("people.me", lang=lang)}]
    return [*found, _asking(application, lang)] if application.reference else found


def _asking(application: Application, lang: str) -> dict[str, Any]:
    """Whom to ask, since answers to the mail are not read."""
    asking = absolute("funding_thread.mine", lang=lang, reference=application.reference)
    return {"label": _l("Questions about my application"), "url": asking}


def _has_link(person: Person) -> bool:
    """Whether one press behind a mailed link answers an offer."""
    return bool(person.email) and not person.asks_second_step


def _to_helper(application: Application) -> Letter | None:
    """For a person whom no mail reaches: word to whoever registers her, in words that say nothing of what it is."""
    found = helper_of(application)
    if found is None:
        return None
    helper, charge, slug = found
    assert helper.email is not None  # noqa: S101 (helper_of gives none without)
    return _neutral(helper.email, helper.language, "helping.person", slug=slug, charge_id=charge.id)


def _neutral_offer(award: Award, person: Person) -> Letter:
    return Letter(
        person.email or "",
        person.language,
        lambda: gettext("An answer is awaited from you"),
        "registration/neutral",
        {
            "url": absolute("awards.answer", neutral=True, lang=person.language, token=link(award)),
            "neutral": True,
            "until": show_moment(award.accept_by or award.approved_at, person.time_zone, person.language),
            "signs_in": person.asks_second_step,
        },
        discreet=True,
    )


def _neutral(to: str, lang: str, endpoint: str, **values: Any) -> Letter:
    return Letter(
        to,
        lang,
        lambda: gettext("There is news for you"),
        "registration/neutral",
        {"url": absolute(endpoint, neutral=True, lang=lang, **values), "neutral": True},
        discreet=True,
    )

"""Mailings of an event at the desk: written, looked at in six languages, tried, sent, stopped."""

import uuid
from collections import Counter
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.audit import history
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, direction, said_by_clock, show_moment
from eventhub.kit.limits import count
from eventhub.kit.mail import Letter, render
from eventhub.kit.web import absolute, back_to
from eventhub.mailings import access, actions, audience, letters, queries, wording
from eventhub.mailings.audience import Count
from eventhub.mailings.console import at_desk, bp, mailing_at_desk, mailing_to_send, subject_of, visible
from eventhub.mailings.forms import AudienceForm, NewForm, SendForm, TextsForm, TrialForm
from eventhub.mailings.models import MAY_STOP, NOT_REACHED, Kind, Mailing, Outcome, Stage
from eventhub.mailings.words import KINDS, OUTCOMES, STAGES, WHYS
from eventhub.people.queries import public_names
from eventhub.programme.models import Event
from eventhub.registration import access as registration
from eventhub.registration import desk, numbers
from eventhub.registration.access import Sight

__all__ = ["bp"]

TRIALS_AN_HOUR = 30
UNTITLED = 60
"""Signs of a subject that stand in a list of former mailings."""


@bp.get("/console/events/<slug>/mailings")
@staff
def index(slug: str) -> ResponseReturnValue:
    """All mailings of an event, the newest first."""
    event, _seen = at_desk(slug)
    found = [one for one, _of in visible((one, event) for one in queries.of_event(event.id))]
    tallies = queries.tallies([one.id for one in found if one.begun_at])
    return render_template(
        "mailings/index.html",
        event=event,
        rows=[_row(one, event, tallies.get(one.id, Counter())) for one in found],
    )


@bp.route("/console/events/<slug>/mailings/new", methods=["GET", "POST"])
@staff
def new(slug: str) -> ResponseReturnValue:
    """Begin a mailing, empty or with the words of a former one."""
    event, _seen = at_desk(slug)
    reach = [one.id for one in numbers.earlier_events(event) if registration.works_at_desk(actor().grants, one)]
    former = visible(queries.former(event, reach))
    form = NewForm()
    form.fill([(one.id.hex, f"{letters.title_of(of, g.lang)}: {subject_of(one, of)[:UNTITLED]}") for one, of in former])
    if request.method == "GET" and request.args.get("copied") in {one.id.hex for one, _of in former}:
        form.copied.data = request.args["copied"]
    if form.validate_on_submit():
        copied = next((one for one, _of in former if one.id == form.copied_id()), None)
        made = submit(
            form,
            lambda: actions.create(
                actor().person, event, kind=Kind(form.kind.data or "service"), language=g.lang, copied=copied
            ),
        )
        if made is not None:
            return back_to("mailings_console.audience_of", slug=slug, mailing_id=made.id)
    return render_template("mailings/new.html", event=event, form=form), form.status


@bp.route("/console/events/<slug>/mailings/<uuid:mailing_id>/recipients", methods=["GET", "POST"])
@staff
def audience_of(slug: str, mailing_id: uuid.UUID) -> ResponseReturnValue:
    """What it is about and to whom it goes: filters, how many these are, and who."""
    event, seen, mailing = mailing_at_desk(slug, mailing_id)
    form = AudienceForm()
    known = desk.overview(event.id, actor().id)
    form.fill(known, mailing, first_timers=access.knows_first_timers(actor().grants, event))
    if request.method == "GET" and not form.groups.data:
        form.show_audience(mailing, audience.read(mailing.audience))
    if form.validate_on_submit() and submit(
        form,
        lambda: actions.edit_audience(
            actor().person, mailing, kind=Kind(form.kind.data), audience=form.audience(), version=form.seen
        ),
    ):
        flash(_("Saved."), "ok")
        return back_to("mailings_console.audience_of", slug=slug, mailing_id=mailing.id)
    event, seen, mailing = mailing_at_desk(slug, mailing_id)
    if mailing.stage is not Stage.DRAFT:
        return _on_its_way(event, mailing, form)
    form.version.data = str(mailing.version)
    page = render_template(
        "mailings/recipients.html",
        event=event,
        form=form,
        mailing=mailing,
        subject=subject_of(mailing, event),
        kinds=KINDS,
        count=audience.count(mailing, event),
        whys=WHYS,
        autonyms=AUTONYMS,
        people=_people(mailing, event, seen),
    )
    return page, form.status


@bp.route("/console/events/<slug>/mailings/<uuid:mailing_id>/texts", methods=["GET", "POST"])
@staff
def texts(slug: str, mailing_id: uuid.UUID) -> ResponseReturnValue:
    """What it says, in six languages side by side."""
    event, _seen, mailing = mailing_at_desk(slug, mailing_id)
    form = TextsForm(obj=mailing)
    if form.validate_on_submit() and submit(
        form,
        lambda: actions.edit_texts(
            actor().person,
            mailing,
            subject=form.texts("subject"),
            text=form.texts("text"),
            language=form.original_language.data,
            version=form.seen,
        ),
    ):
        flash(_("Saved."), "ok")
        return back_to("mailings_console.mailing", slug=slug, mailing_id=mailing.id)
    event, _seen, mailing = mailing_at_desk(slug, mailing_id)
    if mailing.stage is not Stage.DRAFT:
        return _on_its_way(event, mailing, form)
    form.version.data = str(mailing.version)
    page = render_template(
        "mailings/texts.html",
        event=event,
        form=form,
        mailing=mailing,
        tongues=[{"code": code, "name": AUTONYMS[code]} for code in LANGUAGES],
        names=wording.NAMES,
    )
    return page, form.status


@bp.get("/console/events/<slug>/mailings/<uuid:mailing_id>")
@staff
def mailing(slug: str, mailing_id: uuid.UUID) -> ResponseReturnValue:
    """One mailing: how people will read it, what is missing, the way to send it; later what became of it."""
    event, _seen, found = mailing_at_desk(slug, mailing_id)
    return _one(event, found)


@bp.post("/console/events/<slug>/mailings/<uuid:mailing_id>/trial")
@staff
@stands_on("mailings_console.mailing")
def trial(slug: str, mailing_id: uuid.UUID) -> ResponseReturnValue:
    """Send it to oneself."""
    event, _seen, found = mailing_at_desk(slug, mailing_id)
    form = TrialForm()
    form.fill(found.original_language)
    if form.validate_on_submit() and submit(form, lambda: _tried(found, form)):
        flash(_("The trial is on its way to your own address."), "ok")
        return back_to("mailings_console.mailing", slug=slug, mailing_id=found.id)
    return _one(event, found, form)


@bp.post("/console/events/<slug>/mailings/<uuid:mailing_id>/send")
@staff
@stands_on("mailings_console.mailing")
def send(slug: str, mailing_id: uuid.UUID) -> ResponseReturnValue:
    """Send it now, or at the given moment."""
    event, found = mailing_to_send(slug, mailing_id)
    form = SendForm()
    if form.validate_on_submit() and submit(
        form, lambda: actions.schedule(actor().person, found, event, at=form.at(event), version=form.seen)
    ):
        now_or_then = _("It will go out then.") if form.send_at.data else _("The first mails go out within a minute.")
        flash(now_or_then, "ok")
        return back_to("mailings_console.mailing", slug=slug, mailing_id=found.id)
    return _one(event, found, form)


@bp.post("/console/events/<slug>/mailings/<uuid:mailing_id>/moves")
@staff
@stands_on("mailings_console.mailing")
def move(slug: str, mailing_id: uuid.UUID) -> ResponseReturnValue:
    """Call it back, stop it, go on, or send it again to those not reached."""
    event, found = mailing_to_send(slug, mailing_id)
    deed = MOVES.get(request.form.get("move", ""))
    if deed is None:
        raise NotFound
    form = ActionForm()
    if form.validate_on_submit() and submit(form, lambda: deed(actor().person, found)):
        return back_to("mailings_console.mailing", slug=slug, mailing_id=found.id)
    return _one(event, found, form)


@bp.post("/console/events/<slug>/mailings/<uuid:mailing_id>/delete")
@staff
@stands_on("mailings_console.mailing")
def drop(slug: str, mailing_id: uuid.UUID) -> ResponseReturnValue:
    """Delete a draft."""
    event, _seen, found = mailing_at_desk(slug, mailing_id, lock=True)
    form = ActionForm()
    if form.validate_on_submit() and submit(form, lambda: actions.drop(actor().person, found)):
        flash(_("The draft is deleted."), "ok")
        return back_to("mailings_console.index", slug=slug)
    return _one(event, found, form)


MOVES: dict[str, Any] = {
    "call_back": actions.call_back,
    "stop": actions.stop,
    "go_on": actions.go_on,
    "again": actions.send_again,
}
"""What the buttons of a mailing that was sent do."""


def _tried(found: Mailing, form: TrialForm) -> Mailing:
    count("mailings.trial", str(actor().id), limit=TRIALS_AN_HOUR, seconds=3600)
    return actions.try_out(actor().person, found, form.language.data)


def _one(event: Event, found: Mailing, sent: Form | None = None) -> ResponseReturnValue:
    """``sent``: the form that must be shown again."""
    if sent is not None:
        event, _seen, found = mailing_at_desk(event.slug, found.id)
    tally = queries.tallies([found.id])[found.id] if found.begun_at else Counter()
    who = audience.count(found, event) if found.begun_at is None else None
    trial_form = sent if isinstance(sent, TrialForm) else TrialForm(formdata=None)
    trial_form.fill(found.original_language)
    send_form = sent if isinstance(sent, SendForm) else SendForm(formdata=None)
    send_form.version.data = str(found.version)
    page = render_template(
        "mailings/mailing.html",
        event=event,
        mailing=found,
        subject=subject_of(found, event),
        stage=STAGES[found.stage],
        kind=KINDS[found.kind],
        count=who,
        warnings=_warnings(found, who) if who else [],
        previews=_previews(found, event, who),
        neutral=_drawn(letters.neutral("preview@localhost", g.lang, None), g.lang),
        tally=[
            (OUTCOMES[one], tally[one], url_for(".log", slug=event.slug, mailing_id=found.id, state=one.value))
            for one in OUTCOMES
            if tally[one]
        ],
        total=sum(tally.values()),
        again=sum(tally[one] for one in NOT_REACHED),
        left=tally[Outcome.WAITING] + tally[Outcome.PUT_OFF],
        whys=WHYS,
        send_at=show_moment(found.send_at, event.time_zone, g.lang) if found.send_at else None,
        may_send=access.may_send(actor().grants, event),
        deeds=_deeds(found, event),
        form=sent if sent and sent.errors else None,
        once=ActionForm(formdata=None),
        send_form=send_form,
        trial_form=trial_form,
    )
    return page, sent.status if sent else 200


def _row(one: Mailing, event: Event, tally: Counter[Outcome]) -> dict[str, Any]:
    when = one.begun_at or one.send_at or one.changed_at
    return {
        "subject": subject_of(one, event),
        "url": url_for("mailings_console.mailing", slug=event.slug, mailing_id=one.id),
        "copy_url": url_for("mailings_console.new", slug=event.slug, copied=one.id.hex),
        "tag": STAGES[one.stage],
        "kind": KINDS[one.kind][0],
        "when": show_moment(when, event.time_zone, g.lang),
        "sent": tally[Outcome.SENT],
        "not_reached": sum(tally[state] for state in NOT_REACHED),
    }


def _on_its_way(event: Event, found: Mailing, form: Form) -> ResponseReturnValue:
    """What has begun to go out is not edited any more; what was typed is answered beside it."""
    if form.errors:
        return _one(event, found, form)
    return back_to("mailings_console.mailing", slug=event.slug, mailing_id=found.id)


def _people(found: Mailing, event: Event, seen: Sight) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "reference": one.reference,
            "organisation": one.organisation,
            "why": WHYS[one.why] if one.why else None,
            "url": url_for("registration_console.record", slug=event.slug, registration_id=one.registration_id)
            if one.reference
            else None,
        }
        for one in audience.names(found, event, seen)
    ]


def _warnings(found: Mailing, who: Count) -> list[str]:
    """What somebody should know before sending: languages without a text, a reference that drafts do not have yet."""
    told: list[str] = []
    if not (found.text and found.subject):
        return told
    for lang, number in sorted(who.languages.items()):
        if not (found.text.get(lang) and found.subject.get(lang)) and number:
            told.append(
                ngettext(
                    "%(language)s: no text. %(num)s person gets the original language, marked as such.",
                    "%(language)s: no text. %(num)s people get the original language, marked as such.",
                    number,
                    language=AUTONYMS[lang],
                )
            )
    words = " ".join([*found.text.values(), *found.subject.values()])
    if "draft" in found.audience.get("groups", ()) and "reference" in wording.used(words):
        told.append(_("Registrations that were not sent have no reference yet: a dash stands in its place."))
    return told


def _previews(found: Mailing, event: Event, who: Count | None) -> list[dict[str, Any]]:
    """How it reads in each language that is written, with what stands in the pages of the reader here as an example."""
    person = actor().person
    drawn = []
    for lang in LANGUAGES:
        if not (found.text.get(lang) and found.subject.get(lang)):
            continue
        values = letters.example(found, person, event, lang)
        # Where the link would lead is a secret of each person: here it leads to where one can stop them too.
        stop_url = absolute("mailings.messages", lang=lang) if found.kind in MAY_STOP else None
        drawn.append(
            _drawn(letters.plain(found, "preview@localhost", lang, values, stop_url), lang)
            | {"name": AUTONYMS[lang], "needed": who.languages.get(lang, 0) if who else None}
        )
    return sorted(drawn, key=lambda one: (not one["needed"], one["lang"] != found.original_language))


def _drawn(letter: Letter, lang: str) -> dict[str, Any]:
    mail = render(letter, "<preview@localhost>", now())
    return {"lang": lang, "direction": direction(lang), "subject": mail.subject, "text": mail.text}


DEEDS: dict[str, Any] = {
    "created": _l("Begun"),
    "copied": _l("Begun with the words of a former one"),
    "audience": _l("Recipients changed"),
    "texts": _l("Texts changed"),
    "tried": _l("Sent to oneself as a trial"),
    "sent": _l("Sent"),
    "scheduled": _l("Set to go out at a moment"),
    "called_back": _l("Called back"),
    "begun": _l("Sending began: the recipients are fixed"),
    "stopped": _l("Stopped"),
    "gone_on": _l("Sending went on"),
    "sent_again": _l("Sent again to those not reached"),
    "done": _l("All mails are out"),
}
"""What the history calls each deed."""


def _deeds(found: Mailing, event: Event) -> list[dict[str, Any]]:
    entries = [entry for entry, _text in history(Mailing.__tablename__, found.id)]
    who = public_names({entry.actor_id for entry in entries if entry.actor_id})
    lines = []
    for entry in entries:
        when = show_moment(entry.at, event.time_zone, g.lang)
        lines.append(
            {
                "when": said_by_clock(when),
                "datetime": when.iso,
                "title": DEEDS.get(entry.verb.removeprefix("mailings."), entry.verb),
                "who": who.get(entry.actor_id) if entry.actor_id else None,
            }
        )
    return lines

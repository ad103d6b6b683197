"""The console's pages of an event's papers: badges and lists for a reason, samples in six languages, and the settings.

What is made is fetched by whoever asked for it alone, within a day (SAFETY.md property 6).
"""

import uuid
from typing import Any, TypeVar

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.kit import codes, files
from eventhub.kit.access import actor, post_keeper, staff, stands_on
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, Form, options, posted, submit
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, in_language, show_by
from eventhub.kit.web import back_to
from eventhub.papers import access, actions, panels, queries
from eventhub.papers.forms import BadgesForm, ListForm, PaperSetupForm, SampleForm, given
from eventhub.papers.models import BadgeName, Kind, Layout, PaperOrder, PaperSetup
from eventhub.programme.models import Event
from eventhub.programme.shown import clock_of
from eventhub.registration import shown
from eventhub.registration.access import Sight
from eventhub.registration.reference import read_reference

bp = Blueprint("papers_console", __name__)
FormOf = TypeVar("FormOf", bound=Form)


@bp.get("/console/events/<slug>/papers")
@staff
def index(slug: str) -> ResponseReturnValue:
    """What was asked for, what can be asked for, and how everything looks."""
    event, seen = _at_desk(slug)
    return _page(event, seen)


@bp.post("/console/events/<slug>/papers/badges")
@staff
@stands_on("papers_console.index")
def badges(slug: str) -> ResponseReturnValue:
    """Ask for badges of those who take part, as the filters say."""
    event, seen = _at_desk(slug)
    form = _badges_form(event)
    if form.validate_on_submit():
        reference = read_reference(form.reference.data) if form.reference.data else ""
        filters = {name: form[name].data or "" for name in ("category", "country", "mode")}
        if form.reference.data:
            filters = {"reference": reference or "none"}
        asked = submit(
            form,
            lambda: actions.order_badges(
                actor().person,
                event,
                seen,
                form.language.data,
                layout=Layout(form.layout.data),
                filters=filters,
                reason=form.reason.data or "",
            ),
        )
        if asked is not None:
            return back_to("papers_console.index", slug=slug, _anchor="made")
    return _page(event, seen, badges_form=form)


@bp.post("/console/events/<slug>/papers/list")
@staff
@stands_on("papers_console.index")
def participants(slug: str) -> ResponseReturnValue:
    """Ask for the list of participants: those who agreed to stand on it."""
    event, seen = _at_desk(slug)
    form = _list_form()
    if form.validate_on_submit():
        asked = submit(
            form,
            lambda: actions.order_list(actor().person, event, form.language.data, reason=form.reason.data or ""),
        )
        if asked is not None:
            return back_to("papers_console.index", slug=slug, _anchor="made")
    return _page(event, seen, list_form=form)


@bp.post("/console/events/<slug>/papers/samples")
@staff
@stands_on("papers_console.index")
def samples(slug: str) -> ResponseReturnValue:
    """Draw one of each paper in a language, for a person who does not exist."""
    event, seen = _at_desk(slug)
    form = _sample_form()
    if form.validate_on_submit() and submit(
        form, lambda: actions.order_samples(actor().person, event, form.language.data)
    ):
        return back_to("papers_console.index", slug=slug, samples=form.language.data, _anchor="samples")
    return _page(event, seen, sample_form=form)


@bp.get("/console/events/<slug>/papers/<uuid:order_id>")
@staff
def fetch(slug: str, order_id: uuid.UUID) -> ResponseReturnValue:
    """The file, for whoever asked for it, while the role still reaches what stands in it."""
    _event, _order, file = _made(slug, order_id)
    return files.attachment(file)


@bp.post("/console/events/<slug>/papers/<uuid:order_id>/issued")
@staff
def issued(slug: str, order_id: uuid.UUID) -> ResponseReturnValue:
    """The badges of this batch were handed out."""
    event, order, _file = _made(slug, order_id)
    form = ActionForm()
    if form.validate_on_submit():
        done = submit(form, lambda: actions.mark_issued(actor().person, event, order))
        if done is not None:
            flash(
                ngettext("%(num)s badge is marked as issued.", "%(num)s badges are marked as issued.", len(done)), "ok"
            )
            return back_to("papers_console.index", slug=slug, _anchor="made")
    return _page(event, access.desk(actor().grants, event), issued_form=form)


@bp.route("/console/events/<slug>/papers/settings", methods=["GET", "POST"])
@staff
def setup(slug: str) -> ResponseReturnValue:
    """Letterhead, signature, and which name stands on badges."""
    event = queries.event_of(slug)
    if not access.may_set_up(actor().grants, event):
        raise NotFound
    form = _setup_form(queries.setup_of(event.id))
    if form.validate_on_submit() and submit(form, lambda: _save(event, form)):
        flash(_("The settings are saved."), "ok")
        return back_to("papers_console.setup", slug=slug)
    title = in_language(event.title, g.lang, event.original_language).text
    return render_template("papers/settings.html", event=event, title=title, form=form), form.status


def _at_desk(slug: str) -> tuple[Event, Sight]:
    event = queries.event_of(slug)
    return event, access.desk(actor().grants, event)


def _made(slug: str, order_id: uuid.UUID) -> tuple[Event, PaperOrder, files.StoredFile]:
    event, seen = _at_desk(slug)
    order = queries.order_of(actor().person, order_id)
    if order.file is None or order.event_id != event.id or order.registration_id is not None:
        raise NotFound
    if not access.may_have(seen, order):
        raise NotFound
    return event, order, order.file


def _page(
    event: Event,
    seen: Sight,
    *,
    badges_form: BadgesForm | None = None,
    list_form: ListForm | None = None,
    sample_form: SampleForm | None = None,
    issued_form: ActionForm | None = None,
) -> ResponseReturnValue:
    sent: Form | None = badges_form or list_form or sample_form or issued_form
    setup, me = queries.setup_of(event.id), actor().person
    language = request.args.get("samples", "")
    language = language if language in LANGUAGES else g.lang
    typed = _typed_before()
    page = render_template(
        "papers/console.html",
        event=event,
        title=in_language(event.title, g.lang, event.original_language).text,
        form=sent,
        action_form=issued_form or ActionForm(),
        setup=setup,
        may_print=access.may_print_badges(seen, setup.badge_name),
        may_set_up=access.may_set_up(actor().grants, event),
        badges_form=badges_form or _badges_form(event, setup, is_sent=typed is BadgesForm),
        list_form=list_form or _list_form(is_sent=typed is ListForm),
        sample_form=sample_form or _sample_form(language, is_sent=typed is SampleForm),
        orders=[_told(event, seen, order) for order in queries.orders_of(me, event)],
        sample_language=AUTONYMS[language],
        samples=[
            _told(event, seen, order)
            for order in queries.orders_of(me, event, sample=True)
            if order.language == language
        ],
    )
    return page, sent.status if sent else 200


def _told(event: Event, seen: Sight, order: PaperOrder) -> dict[str, Any]:
    filters = [
        shown.label("participant_category", order.filters.get("category"), g.lang),
        shown.country(order.filters.get("country"), g.lang),
        shown.label("attendance_mode", order.filters.get("mode"), g.lang),
        order.filters.get("reference", ""),
    ]
    has_file = order.file is not None and access.may_have(seen, order)
    return {
        **panels.told(order),
        "kind": order.kind.value,
        "language": AUTONYMS[order.language],
        "what": " · ".join(part for part in filters if part),
        # Not of a list: whoever counted the names in its file would see that somebody has hidden since.
        "number": order.number if order.kind is Kind.BADGES else None,
        "asked": show_by(order.asked_at, clock_of(event, actor().time_zone, g.lang), g.lang),
        "left_out": order.left_out,
        "url": url_for("papers_console.fetch", slug=event.slug, order_id=order.id) if has_file else None,
        "issue_url": url_for("papers_console.issued", slug=event.slug, order_id=order.id)
        if has_file and order.kind is Kind.BADGES and not order.is_sample
        else None,
    }


def _typed_before() -> type[Form] | None:
    """Which of the forms was sent when the session had ended. They share names of fields: what was typed into one must
    not appear in another.
    """
    keeper = None if posted() else post_keeper()
    kept = keeper.given_back() if keeper else None
    if not kept:
        return None
    return BadgesForm if "layout" in kept else ListForm if "reason" in kept else SampleForm


def _badges_form(event: Event, setup: PaperSetup | None = None, *, is_sent: bool = True) -> BadgesForm:
    data = {"language": g.lang, "layout": setup.layout.value if setup else Layout.SHEET_4.value}
    form = _named(BadgesForm(data=data) if is_sent else BadgesForm(formdata=None, data=data), "badges")
    categories, countries = queries.codes_in_use(event.id)
    everybody = ("", _("All"))
    named = sorted(((shown.country(code, g.lang), code) for code in countries), key=lambda pair: _key(pair[0]))
    form.category.choices = options(
        [everybody, *((code, shown.label("participant_category", code, g.lang)) for code in categories)]
    )
    form.country.choices = options([everybody, *((code, name) for name, code in named)])
    form.mode.choices = options(
        [everybody, *((code, codes.label("attendance_mode", code, g.lang)) for code in codes.codes("attendance_mode"))]
    )
    return form


def _key(name: str) -> str:
    return codes.collation_key(name, g.lang)


def _list_form(*, is_sent: bool = True) -> ListForm:
    data = {"language": g.lang}
    return _named(ListForm(data=data) if is_sent else ListForm(formdata=None, data=data), "list")


def _sample_form(language: str | None = None, *, is_sent: bool = True) -> SampleForm:
    data = {"language": language or g.lang}
    return _named(SampleForm(data=data) if is_sent else SampleForm(formdata=None, data=data), "samples")


def _named(form: FormOf, name: str) -> FormOf:
    """Several forms stand on one page: the ids of their fields begin with the form's name."""
    for part in form:
        part.id = f"{name}-{part.id}"
    return form


def _setup_form(found: PaperSetup) -> PaperSetupForm:
    return PaperSetupForm(
        data={
            "host": found.host,
            "badge_name": found.badge_name.value,
            "layout": found.layout.value,
            "photos": found.photos,
            "signatory": found.signatory,
            "signatory_title": found.signatory_title,
            "contact": found.contact,
        }
    )


def _save(event: Event, form: PaperSetupForm) -> PaperSetup:
    return actions.set_up(
        actor().person,
        event,
        badge_name=BadgeName(form.badge_name.data),
        layout=Layout(form.layout.data),
        photos=bool(form.photos.data),
        host=given(form.host),
        signatory=form.signatory.data or None,
        signatory_title=given(form.signatory_title),
        contact=form.contact.data or None,
    )

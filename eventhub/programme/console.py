"""What the pages of the programme's console share: the blueprint, an event's page with its tabs, forms and buttons."""

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Response, flash, g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from eventhub.kit.access import actor
from eventhub.kit.errors import DomainError
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.i18n import in_language, missing_languages
from eventhub.kit.panels import panels
from eventhub.kit.web import back_to
from eventhub.programme import access
from eventhub.programme import console_queries as queries
from eventhub.programme.fields import VersionForm, differences
from eventhub.programme.forms import STATES
from eventhub.programme.models import Document, Event, Publication, Series, Session

bp = Blueprint("programme_console", __name__)
TAGS = {Publication.DRAFT: "", Publication.PUBLISHED: "ok", Publication.CANCELLED: "stop"}
Result = TypeVar("Result")
KEPT = _l("Somebody else changed other things here meanwhile: they stay as they were saved.")


class PageTooOld(DomainError):
    """The button was pressed on a page whose session has changed."""

    status = 400
    message = _l("This page was open too long. Go back, load it again and repeat.")


@bp.before_request
def in_section() -> None:
    """The entry of the navigation these pages belong to."""
    g.section = "events"


@bp.app_context_processor
def console_words() -> dict[str, Any]:
    """What the templates of the console call."""
    return {"own": own_title, "state_tag": _state_tag, "missing_languages": missing_languages}


def session_to_edit(slug: str, session_id: uuid.UUID) -> tuple[Event, Session]:
    """A session and its event, both for those who may change them. Raises NotFound for everybody else."""
    event = to_edit(slug)
    return event, queries.session_of(event, session_id)


def to_edit(slug: str) -> Event:
    """The event whose facts, texts and sessions the visitor may change. Raises NotFound for everybody else."""
    return queries.event_to_edit(actor().grants, slug)


def confirm_deletion(
    event: Event, action: Callable[[], object], *, here: str, thing: str, text: str
) -> ResponseReturnValue:
    """The question before a draft is deleted; ``thing`` is its title, ``text`` what goes with it."""
    return confirm(
        event,
        action,
        here=here,
        thing=thing,
        text=text,
        heading=gettext("Delete this draft?"),
        button=gettext("Delete the draft"),
        said=gettext("The draft is deleted"),
    )


def confirm(event: Event, action: Callable[[], object], *, here: str, said: str, **words: str) -> ResponseReturnValue:
    """A question before something that cannot be undone, on its way back to the page ``here``.

    ``words`` are ``heading``, ``thing``, ``text`` and ``button``; ``said`` is told once it is done.
    """
    form = ActionForm()
    slug = event.slug
    if sent(form, action) is not None:
        flash(said, "ok")
        return back_to(here, slug=slug)
    back = url_for(here, slug=slug)
    return page("confirm", queries.event_seen(actor().grants, slug), here=here, form=form, back=back, **words)


def press(action: Callable[[], object], said: str | None, back: Response) -> Response:
    """Do what a lone button asks; what cannot be done is said on the page it leads back to."""
    form = ActionForm()
    if not form.validate_on_submit():
        raise PageTooOld
    if submit(form, action) is None:
        flash(str(form.form_errors[0]), "stop")
    elif said:
        flash(said, "ok")
    return back


def sent(form: Form, action: Callable[[], Result]) -> Result | None:
    """Call the action when the form was sent and holds; None when the form must be shown (again)."""
    return submit(form, action) if form.validate_on_submit() else None


def page(name: str, event: Event, *, here: str, form: Form | None = None, **context: Any) -> ResponseReturnValue:
    """A page of one event's console, with its tabs."""
    text = render_template(
        f"programme/console/{name}.html",
        event=event,
        form=form,
        tabs=_tabs(event, here),
        button_form=_button_form,
        **context,
    )
    return text, form.status if form else 200


def _tabs(event: Event, here: str) -> list[dict[str, Any]]:
    grants = actor().grants
    tabs = [(gettext("Overview"), ".event")]
    if access.may_edit(grants, event):
        tabs += [
            (gettext("Facts"), ".event_facts"),
            (gettext("Texts"), ".event_texts"),
            (gettext("Programme"), ".programme"),
            (gettext("Rooms"), ".rooms"),
        ]
    if access.may_keep_documents(grants, event):
        tabs.append((gettext("Documents"), ".documents"))
    own = [{"label": text, "url": url_for(end, slug=event.slug), "current": end == here} for text, end in tabs]
    links = [link for panel in panels("console.event", event) for link in panel.context.get("links", [])]
    return own + [{"label": link.label, "url": link.url, "current": False} for link in links]


def _button_form() -> ActionForm:
    """A form for one more button on the page, with a key of its own."""
    return ActionForm(formdata=None)


def others(form: VersionForm, record: Event | Session, stored: VersionForm) -> list[dict[str, Any]]:
    """What somebody else saved since this form was opened, where both changed it. Sending it again then means to
    replace that.
    """
    if not form.is_submitted() or form.seen_version == record.version or form.take_over(stored, record.version):
        return []
    form.version.data = str(record.version)
    found = differences(form, stored, form.conflicts)
    return [{"label": label, "lang": lang, "value": value} for label, lang, value in found]


def kept_of_others(form: VersionForm, record: Event | Session, open_now: Callable[[], VersionForm]) -> bool:
    """Before a form is saved: let what others saved meanwhile stand where nothing was changed here; whether anything
    was taken over and nothing is in conflict. ``open_now``: the form as it would be opened now.
    """
    if not form.is_submitted() or form.seen_version == record.version:
        return False
    return form.take_over(open_now(), record.version)


def own_title(thing: Event | Series | Session | Document, event: Event | None = None) -> str:
    """The title in the page's language, else in the original one."""
    original = event or thing
    return in_language(thing.title, g.lang, getattr(original, "original_language", "en")).text


def _state_tag(thing: Event | Session | Document, event: Event | None = None) -> tuple[Any, str]:
    """``event``: whose session or document it is; nothing of a draft is public before the draft itself."""
    if event is not None and (thing.publication, event.publication) == (Publication.PUBLISHED, Publication.DRAFT):
        return _l("Public with the event"), ""
    return STATES[thing.publication], TAGS[thing.publication]

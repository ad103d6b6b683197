"""The report for the next session: what it holds, asking for it, fetching it. For everybody."""

from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.kit.access import anyone, stands_on
from eventhub.kit.codes import LANGUAGES
from eventhub.kit.errors import NotFound
from eventhub.kit.files import attachment
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.i18n import LANGUAGE_NAMES, in_language
from eventhub.kit.limits import count
from eventhub.kit.web import back_to
from eventhub.tracker import reports
from eventhub.tracker.reports import Of, Subject
from eventhub.tracker.views import bp

__all__ = ["bp"]

PLACE = "/commitments/reports/<any(event, series):of>/<slug>"
PER_ADDRESS = {"limit": 120, "seconds": 3600}


@bp.get(PLACE)
@anyone
def report(of: str, slug: str) -> ResponseReturnValue:
    """What the report says, and how far its file is in each language."""
    return _draw(reports.about(Of(of), slug), ActionForm(formdata=None))


@bp.post(PLACE)
@anyone
@stands_on("tracker.report")
def ask_report(of: str, slug: str) -> ResponseReturnValue:
    """Have it made, in the language of the page if none is named."""
    subject, form = reports.about(Of(of), slug), ActionForm()
    language = request.form.get("language", g.lang)
    if language not in LANGUAGES:
        raise NotFound
    if form.validate_on_submit():
        count("tracker.report", request.remote_addr or "", **PER_ADDRESS)
        if submit(form, lambda: reports.ask(subject, language)):
            return back_to("tracker.report", of=of, slug=slug)
    return _draw(subject, form)


@bp.get(f"{PLACE}/commitments.pdf")
@anyone
def report_file(of: str, slug: str) -> ResponseReturnValue:
    """The file, once a worker made it."""
    name = _("commitments")
    return attachment(reports.fetch(reports.about(Of(of), slug), g.lang), f"{name} {slug} {g.lang}")


def _draw(subject: Subject, form: ActionForm) -> ResponseReturnValue:
    g.section = "commitments"
    here: dict[str, Any] = {"of": subject.of.value, "slug": subject.slug}
    stages = reports.stages(subject)
    page = render_template(
        "tracker/report.html",
        title=in_language(subject.title, g.lang, subject.language).text,
        stage=stages[g.lang],
        others=[
            {
                "code": code,
                "name": LANGUAGE_NAMES[code],
                "stage": stages[code],
                # Each with a key of its own: two of them may be pressed on one page.
                "action": ActionForm(formdata=None),
                "file_url": url_for("tracker.report_file", **here, lang=code),
            }
            for code in LANGUAGES
            if code != g.lang
        ],
        action=form,
        here_url=url_for("tracker.report", **here),
        file_url=url_for("tracker.report_file", **here),
        list_url=url_for("commitments.index", event=subject.slug) if subject.of is Of.EVENT else None,
    )
    return page, form.status

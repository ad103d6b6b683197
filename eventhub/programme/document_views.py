"""The documents of an event in the console: what they are called, their files, and who may read them."""

import uuid

from flask import Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import FileStorage

from eventhub.kit.access import actor, staff
from eventhub.kit.files import attachment
from eventhub.kit.i18n import LANGUAGES
from eventhub.kit.web import back_to
from eventhub.programme import console_queries as queries
from eventhub.programme import document_actions as actions
from eventhub.programme.console import bp, confirm, confirm_deletion, own_title, page, press, sent
from eventhub.programme.document_forms import DocumentForm, VersionUploadForm
from eventhub.programme.models import Document, Event, Publication
from eventhub.programme.queries import current_versions

__all__ = ["bp"]


@bp.get("/console/events/<slug>/documents")
@staff
def documents(slug: str) -> ResponseReturnValue:
    """The event's documents with their languages."""
    event = _event(slug)
    found = [(one, current_versions(one)) for one in queries.documents_of(event)]
    return page("documents", event, here=".documents", documents=found)


@bp.route("/console/events/<slug>/documents/new", methods=["GET", "POST"])
@staff
def document_new(slug: str) -> ResponseReturnValue:
    """A new document; its file comes next."""
    event = _event(slug)
    form = DocumentForm(document=None)
    if document := sent(form, lambda: actions.add_document(actor().person, event, facts=form.facts())):
        flash(gettext("The document is there. Add its first file."), "ok")
        return back_to(".document_file_new", slug=slug, document_id=document.id)
    return page("document", event, here=".documents", form=form, document=None, versions=[])


@bp.route("/console/events/<slug>/documents/<uuid:document_id>", methods=["GET", "POST"])
@staff
def document(slug: str, document_id: uuid.UUID) -> ResponseReturnValue:
    """One document: what it is called, its files with all their versions."""
    document = _document(slug, document_id)
    form = DocumentForm(document=document)
    if sent(form, lambda: actions.edit_document(actor().person, document, facts=form.facts())):
        flash(gettext("Saved"), "ok")
        return back_to(".documents", slug=slug)
    versions = sorted(document.versions, key=lambda one: (LANGUAGES.index(one.language), -one.number))
    return page("document", document.event, here=".documents", form=form, document=document, versions=versions)


@bp.route("/console/events/<slug>/documents/<uuid:document_id>/files/new", methods=["GET", "POST"])
@staff
def document_file_new(slug: str, document_id: uuid.UUID) -> ResponseReturnValue:
    """A file for one language; a former one stays under its number."""
    document = _document(slug, document_id)
    newest = current_versions(document)
    form = VersionUploadForm()
    if request.method == "GET":
        asked = request.args.get("language", "")
        missing = [code for code in (document.original_language, *LANGUAGES) if code not in newest]
        form.language.data = asked if asked in LANGUAGES else next(iter(missing), document.original_language)

    def save() -> object:
        file: FileStorage = form.file.data
        data, name = file.stream.read(), file.filename or ""
        return actions.add_version(actor().person, document, language=form.language.data, data=data, name=name)

    if sent(form, save):
        flash(gettext("The file is there"), "ok")
        return back_to(".documents", slug=slug)
    document = _document(slug, document_id)
    return page("document_file", document.event, here=".documents", form=form, document=document, newest=newest)


@bp.get("/console/events/<slug>/documents/<uuid:document_id>/files/<uuid:version_id>")
@staff
def document_file(slug: str, document_id: uuid.UUID, version_id: uuid.UUID) -> Response:
    """Any version of a file, drafts too, to be saved."""
    return attachment(queries.version_of(_document(slug, document_id), version_id).file)


@bp.post("/console/events/<slug>/documents/<uuid:document_id>/publish")
@staff
def document_publish(slug: str, document_id: uuid.UUID) -> ResponseReturnValue:
    """Let the public read a document."""
    document = _document(slug, document_id)
    waits = document.event.publication is Publication.DRAFT
    said = gettext("The document will be public with the event") if waits else gettext("The document is public")
    back = back_to(".documents", slug=slug)
    return press(lambda: actions.publish_document(actor().person, document), said, back)


@bp.post("/console/events/<slug>/documents/<uuid:document_id>/order")
@staff
def document_order(slug: str, document_id: uuid.UUID) -> ResponseReturnValue:
    """One place up or down."""
    document = _document(slug, document_id)
    among = queries.documents_of(document.event)
    is_up = request.form.get("move") == "up"
    back = back_to(".documents", slug=slug)
    return press(lambda: actions.move_document(actor().person, document, among=among, up=is_up), None, back)


@bp.route("/console/events/<slug>/documents/<uuid:document_id>/withdraw", methods=["GET", "POST"])
@staff
def document_withdraw(slug: str, document_id: uuid.UUID) -> ResponseReturnValue:
    """Offer a document no longer, after a question."""
    document = _document(slug, document_id)
    return confirm(
        document.event,
        lambda: actions.withdraw_document(actor().person, document),
        heading=gettext("Withdraw this document?"),
        thing=own_title(document),
        text=gettext(
            "The public page no longer offers it, and it cannot be published again. Its files are kept here: to offer"
            " them once more, add a new document."
        ),
        button=gettext("Withdraw the document"),
        said=gettext("The document is withdrawn"),
        here=".documents",
    )


@bp.route("/console/events/<slug>/documents/<uuid:document_id>/delete", methods=["GET", "POST"])
@staff
def document_delete(slug: str, document_id: uuid.UUID) -> ResponseReturnValue:
    """Remove a draft, after a question."""
    document = _document(slug, document_id)
    return confirm_deletion(
        document.event,
        lambda: actions.delete_document(actor().person, document),
        thing=own_title(document),
        text=gettext("Its files are deleted too. They cannot be brought back."),
        here=".documents",
    )


def _document(slug: str, document_id: uuid.UUID) -> Document:
    return queries.document_of(_event(slug), document_id)


def _event(slug: str) -> Event:
    """The event whose documents the visitor keeps. Raises NotFound for everybody else."""
    return queries.event_with_documents(actor().grants, slug)

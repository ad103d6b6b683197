"""What organisers do to documents and their files."""

import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from eventhub.kit import audit, files
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db
from eventhub.kit.errors import DomainError, Stale, means
from eventhub.kit.file_types import DOCX, ODT, PDF
from eventhub.kit.revisions import bump
from eventhub.people.models import Person
from eventhub.programme import search
from eventhub.programme.deeds import assign, delete_draft, move, swap
from eventhub.programme.models import Document, DocumentVersion, Event, Publication

DOCUMENT_TYPES = frozenset({PDF, DOCX, ODT})


class NothingToRead(DomainError):
    """A document without a file."""

    message = _l("Add a file before you publish this document")


means("uq_document_version_document_id_language_number", Stale())


@dataclass(frozen=True)
class DocumentFacts:
    """What a document is called."""

    symbol: str | None
    kind: str
    title: Texts
    original_language: str


def add_document(actor: Person, event: Event, *, facts: DocumentFacts) -> Document:
    """A draft without a file, at the end of the list."""
    last = db.session.scalar(select(func.max(Document.position)).where(Document.event_id == event.id)) or 0
    document = Document(id=uuid.uuid4(), event_id=event.id, position=last + 1, **asdict(facts))
    db.session.add(document)
    db.session.flush()
    _document_changed(actor, event, document, "programme.document_added")
    return document


def edit_document(actor: Person, document: Document, *, facts: DocumentFacts) -> Document:
    """Change what a document is called."""
    changed = assign(document, asdict(facts))
    if changed:
        _document_changed(actor, document.event, document, "programme.document_edited", fields=changed)
    return document


def add_version(actor: Person, document: Document, *, language: str, data: bytes, name: str) -> DocumentVersion:
    """A file for one language of the document. A former file of that language stays, under its lower number.

    Raises what ``files.store`` raises, at the field ``file``.
    """
    # One at a time, so that two uploads never take the same number.
    db.session.execute(select(Document.id).where(Document.id == document.id).with_for_update())
    of_language = (DocumentVersion.document_id == document.id, DocumentVersion.language == language)
    last = db.session.scalar(select(func.max(DocumentVersion.number)).where(*of_language)) or 0
    try:
        file = files.store(data, name=name, allowed=DOCUMENT_TYPES, purpose="programme.document")
    except DomainError as error:
        error.field = "file"
        raise
    version = DocumentVersion(
        id=uuid.uuid4(), document_id=document.id, language=language, number=last + 1, file_id=file.id
    )
    db.session.add(version)
    db.session.flush()
    deed = "programme.document_version_added"
    _document_changed(actor, document.event, document, deed, language=language, number=version.number)
    return version


def publish_document(actor: Person, document: Document) -> Document:
    """Let the public read a document (once its event is public). Raises NothingToRead, WrongState."""
    if not document.versions:
        raise NothingToRead
    move(document, Publication.PUBLISHED)
    document.published_at = now()
    _document_changed(actor, document.event, document, "programme.document_published")
    return document


def withdraw_document(actor: Person, document: Document) -> Document:
    """Offer a public document no longer; its files are kept. Raises WrongState."""
    move(document, Publication.CANCELLED)
    _document_changed(actor, document.event, document, "programme.document_withdrawn")
    return document


def move_document(actor: Person, document: Document, *, among: Iterable[Document], up: bool) -> Document:
    """Swap a document with the one before or after it."""
    if swap(list(among), document, up=up):
        _document_changed(actor, document.event, document, "programme.document_moved")
    return document


def delete_document(actor: Person, document: Document) -> Event:
    """Remove a document that was never public, with its files; its event. Raises OnlyDrafts."""
    event = document.event
    kept = [version.file for version in document.versions]
    delete_draft(document)
    for file in kept:
        files.remove(file)
    audit.record("programme.document_deleted", event, actor=actor, scope_id=event.id, document_id=document.id)
    return event


def _document_changed(actor: Person, event: Event, document: Document, verb: str, **detail: Any) -> None:
    audit.record(verb, event, actor=actor, scope_id=event.id, document_id=document.id, **detail)
    db.session.flush()
    search.index_document(document)
    if document.publication is not Publication.DRAFT and event.publication is not Publication.DRAFT:
        bump("programme")

"""The statements that a case's documents hold: those of an exported dossier, or drafts from the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from earwitness.dossier.document import read_document_file
from earwitness.dossier.drafting import Source, draft
from earwitness.dossier.followthemoney import from_followthemoney
from earwitness.dossier.statement import Statement
from earwitness.errors import BadStatement, DocumentError, MissingPart
from earwitness.evidence.exhibit import Exhibit

MAX_EXPORT_BYTES = 200_000_000
Row = tuple[Statement, str, str]  # the statement, its document's name, and draft or accepted


def accepted(documents: Sequence[Exhibit]) -> Iterator[Row]:
    """The statements in those of the documents that are exports of a dossier."""
    for exhibit in documents:
        with exhibit.path.open("rb") as file:
            is_export = file.read(1) == b"{" and exhibit.size <= MAX_EXPORT_BYTES
        if not is_export:
            continue
        try:
            lines = exhibit.path.read_text("utf-8").splitlines()
            yield from [(one, exhibit.name, "accepted") for one in from_followthemoney(lines)]
        except (UnicodeDecodeError, BadStatement):
            continue  # some other JSON: read as text below, like any document


def drafted(documents: Sequence[Exhibit], unread: list[str]) -> Iterator[Row]:
    """Drafts from the documents' text; those that can't be read are added to ``unread``."""
    for exhibit in documents:
        try:
            document = read_document_file(exhibit.path)
        except (DocumentError, MissingPart) as error:
            unread.append(f"{exhibit.name}: {error.what}")
            continue
        source = Source(exhibit.sha256, document.published, document.outlet or exhibit.name)
        for statement in draft(document.text, source):
            yield statement, exhibit.name, "draft"

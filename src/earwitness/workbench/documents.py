"""What is said about a case: its documents, and the statements drafted from them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

from earwitness.dossier.document import read_document_file
from earwitness.dossier.drafting import Source, draft
from earwitness.dossier.model_drafting import NO_DRAFTS, Endpoint, draft_with_model
from earwitness.errors import DocumentError, MissingPart
from earwitness.evidence.exhibit import Role
from earwitness.evidence.names import safe_name
from earwitness.store.dossier import CaseDossier
from earwitness.store.vault import require_plain_file
from earwitness.workbench.exhibits import ExhibitActs
from earwitness.workbench.results import Drafted


class DocumentActs(ExhibitActs):
    """Reading documents, drafting statements, deciding on them."""

    @property
    def dossier(self) -> CaseDossier:
        """The statements of the case: drafts, decisions, names; every act on it can be undone."""
        return CaseDossier(self._folder)

    def draft(
        self,
        file: str | Path,
        *,
        published: date | None = None,
        outlet: str = "",
        model: Endpoint | None = None,
        name: str = "",
    ) -> Drafted:
        """Add a document as an exhibit and draft its statements; all are drafts until accepted.

        Parameters
        ----------
        file : path
            HTML, PDF or text.
        published : date, optional
            The document's own date, from which "last week" counts; else what the document says.
        outlet : str
            Who published it; else what the document says.
        model : Endpoint, optional
            A language model on the user's own machine that drafts as well; each of its statements
            quotes the document word for word, or is dropped and counted.
        name : str
            What to call it; the file's own name where empty.

        Raises
        ------
        ExhibitError, DocumentError, MissingPart, ModelUnreachable
        """
        path = Path(file)
        require_plain_file(path)
        document = read_document_file(path, published=published, outlet=outlet)
        shown = safe_name(name or path.name)
        added = self._add(path, Role.DOCUMENT, name=shown, speaker="")
        source = Source(added.sha256, document.published, document.outlet)
        statements = draft(document.text, source)
        by_model = draft_with_model(document.text, source, model) if model else NO_DRAFTS
        statements += by_model.statements
        fresh = self.dossier.keep_drafts(statements, document=added.sha256)
        return Drafted(
            added.name, added.sha256, document, tuple(statements), fresh, by_model.dropped
        )

    def document_texts(self) -> dict[str, str]:
        """The text of each document exhibit, by its SHA-256; those that cannot be read are left out."""
        texts: dict[str, str] = {}
        for exhibit in self.exhibits:
            if exhibit.role is Role.DOCUMENT:
                with suppress(DocumentError, MissingPart):
                    texts[exhibit.sha256] = read_document_file(exhibit.path).text
        return texts

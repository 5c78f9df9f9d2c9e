"""What is said in the recordings of a case: its transcripts."""

from __future__ import annotations

import tempfile
from pathlib import Path

from earwitness import saying
from earwitness.errors import UnknownExhibit
from earwitness.evidence.exhibit import Declared, Exhibit, Role
from earwitness.evidence.names import safe_name
from earwitness.saying import ArchiveHits
from earwitness.transcripts import Kind, Review, Transcript, write_transcript
from earwitness.transcripts.index import Hits
from earwitness.workbench.exhibits import ExhibitActs
from earwitness.workbench.results import Added


class WordActs(ExhibitActs):
    """Adding, accepting and searching transcripts."""

    def add_transcript(
        self,
        file: str | Path,
        *,
        of: str,
        language: str = "",
        kind: Kind | str = Kind.ORIGINAL,
        by: str = "",
        review: Review | str = Review.DRAFT,
        name: str = "",
    ) -> Added:
        """Add a transcript, and declare which recording it says the words of.

        Parameters
        ----------
        file : path
            In any format of ``earwitness.transcripts.FORMS``.
        of : str
            The recording, by its name or the beginning of its hash.
        language : str
            Such as ``ar``; where empty, the file's own.
        kind : Kind
            In the language that was spoken, or a translation.
        by : str
            Who transcribed or translated; this user where empty.
        review : Review
        name : str
            What to call it; the file's own name where empty.

        Raises
        ------
        BadTranscript, UnknownExhibit, ExhibitError
        """
        declared = Declared(
            of=self._folder.find(of),
            language=language,
            kind=str(Kind(kind)),
            by=by or self._folder.who,
            review=str(Review(review)),
        )
        shown = safe_name(name or Path(file).name)
        return self._add(Path(file), Role.TRANSCRIPT, name=shown, speaker="", declared=declared)

    def accept_transcript(self, wanted: str) -> str:
        """Stand behind a transcript, by its name or the beginning of its hash; give the hash.

        Raises
        ------
        UnknownExhibit
        """
        sha256 = self._folder.find(wanted)
        self._folder.accept(sha256)
        return sha256

    def transcripts(self, of: str = "") -> list[tuple[Exhibit, Transcript]]:
        """The case's transcripts, read; only those of one recording if it is given.

        Raises
        ------
        BadTranscript, UnknownExhibit
        """
        wanted = self._folder.find(of) if of else ""
        return saying.transcripts(self.exhibits, of=wanted)

    def transcript(self, wanted: str) -> Transcript:
        """One transcript of the case, by its name or the beginning of its hash.

        Raises
        ------
        BadTranscript, UnknownExhibit
        """
        sha256 = self._folder.find(wanted)
        for exhibit, transcript in self.transcripts():
            if exhibit.sha256 == sha256:
                return transcript
        raise UnknownExhibit("that exhibit is no transcript", got=wanted)

    def search(self, query: str, *, most: int = 20) -> Hits:
        """Find words in all transcripts of the case, with the seconds in which they are said.

        Parameters
        ----------
        query : str
            Words that occur in one segment; in quotation marks, in that order.
        most : int
            How many places to give.
        """
        folder = self._folder
        return saying.search(
            self.exhibits, folder.cache, query, most=most, database=folder.database
        )

    def search_archives(self, query: str, *, most: int = 20) -> list[ArchiveHits]:
        """Find words in the transcripts that lie beside the archives that the case names."""
        folders = [(self.path / named).absolute() for named in self.case_file.archives]
        return saying.search_archives(folders, query, most=most)

    def keep_draft(self, of: str) -> Added:
        """Make what ``words`` heard in a recording a transcript of the case, as a draft.

        Raises
        ------
        UnknownExhibit
            If there is no such recording, or nothing was heard in it.
        """
        sha256 = self._folder.find(of)
        heard = saying.heard_words(self.outcomes(), sha256)
        with tempfile.TemporaryDirectory(prefix="earwitness-draft-") as folder:
            file = Path(folder) / f"{sha256[:12]}.words.json"
            file.write_bytes(write_transcript(heard, "whisper"))
            return self.add_transcript(file, of=sha256, language=heard.language, by=heard.by)

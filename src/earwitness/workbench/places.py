"""Looking at recordings and listening to them: plots, places, marks."""

from __future__ import annotations

from collections.abc import Generator

from earwitness import listening
from earwitness.engine.preparing import prepare
from earwitness.errors import BadMark, UnknownExhibit
from earwitness.signal.recording import Recording
from earwitness.signal.tiles import Tiles
from earwitness.workbench.opened import OpenCase
from earwitness.workbench.results import Listening


class PlaceActs(OpenCase):
    """Listening, and marking what is heard."""

    def listen(self, wanted: str) -> Listening:
        """A recording of the case, to look at and to listen to.

        Raises
        ------
        UnknownExhibit
            If it is no recording that plays a role.
        """
        sha256 = self._folder.find(wanted)
        found = [each for each in self.exhibits if each.sha256 == sha256 and each.role.is_recording]
        if not found:
            raise UnknownExhibit("that exhibit is no recording of the case", got=wanted)
        settings = self.case_file.settings
        recording = Recording(found[0], self._folder.cache, max_hours=settings.max_hours)
        return Listening(recording, Tiles(recording))

    def prepare(self, wanted: str) -> Generator[float, None, None]:
        """Make a recording ready to be listened to, in a process of its own; give how far it is.

        Raises
        ------
        UnknownExhibit, DecodeError, WorkerDied
        """
        recording = self.listen(wanted).recording
        yield from prepare(recording.exhibit, self._folder.cache, max_hours=recording.max_hours)

    def places(self, sha256: str) -> list[listening.Found]:
        """All places that were found in a recording, in order of time."""
        return listening.places(self.outcomes(sha256))

    def twins(self, sha256: str) -> list[listening.Twin]:
        """The passages of a recording that were heard elsewhere, and where."""
        return listening.twins(self.outcomes(sha256), self.exhibit(sha256), self.exhibits)

    def marks(self, sha256: str) -> list[listening.Mark]:
        """What persons marked in a recording, in order of time."""
        return listening.marks(self.custody, sha256)

    def mark(self, wanted: str, start_s: float, end_s: float, label: str = "") -> None:
        """Mark a place in a recording.

        Raises
        ------
        UnknownExhibit
        BadMark
            If it does not lie between 0 and the longest recording that is allowed.
        """
        recording = self.listen(wanted).recording
        if not 0 <= start_s <= end_s <= recording.max_hours * 3600:
            raise BadMark(
                "a mark begins within the recording and does not end before it begins",
                got=f"{start_s:g} s to {end_s:g} s",
            )
        details = {
            "start_s": round(start_s, 3),
            "end_s": round(end_s, 3),
            "label": label[: listening.MAX_LABEL],
        }
        self._folder.act(
            "mark", changes=False, details=details, exhibits=[recording.exhibit.sha256]
        )

    def unmark(self, wanted: str, number: int) -> None:
        """Take a mark away, by the number of its custody entry; the log keeps it.

        Raises
        ------
        UnknownExhibit
        BadMark
            If there is no such mark.
        """
        sha256 = self.listen(wanted).recording.exhibit.sha256
        if all(mark.number != number for mark in self.marks(sha256)):
            raise BadMark("there is no such mark", got=str(number))
        self._folder.act("unmark", changes=False, details={"number": number}, exhibits=[sha256])

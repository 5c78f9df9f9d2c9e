"""What comes into a case and goes out of it, and what case.toml says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from earwitness import saying
from earwitness.errors import EarwitnessError, NotARecording
from earwitness.evidence.decode import decode, probe
from earwitness.evidence.exhibit import Declared, Role
from earwitness.evidence.names import safe_name
from earwitness.evidence.structure import read_structure
from earwitness.examinations import Parameter, find_examination
from earwitness.voices.regions import read_regions, regions_text
from earwitness.workbench.opened import OpenCase
from earwitness.workbench.results import Added, Refused

MAX_TAGS = 20_000


class ExhibitActs(OpenCase):
    """Adding and withdrawing exhibits, and changing what is said of them."""

    def add(
        self, files: Iterable[str | Path], role: Role | str, *, speaker: str = ""
    ) -> Iterator[Added | Refused]:
        """Add files as exhibits; a file that is refused does not keep the others out.

        Parameters
        ----------
        files : iterable of path
        role : Role
        speaker : str
            For known and population recordings: who speaks.

        Yields
        ------
        Added or Refused
            One for each file, in order.
        """
        for file in files:
            try:
                yield self.add_file(file, role, speaker=speaker)
            except EarwitnessError as error:
                yield Refused(safe_name(Path(file).name), error)

    def add_file(
        self, file: str | Path, role: Role | str, *, name: str = "", speaker: str = ""
    ) -> Added:
        """Add one file as an exhibit.

        Parameters
        ----------
        file : path
        role : Role
        name : str
            What to call it; the file's own name where empty.
        speaker : str
            For known and population recordings: who speaks.

        Raises
        ------
        ExhibitError, DecodeError
        """
        shown = safe_name(name or Path(file).name)
        return self._add(Path(file), Role(role), name=shown, speaker=speaker)

    def _add(
        self,
        file: Path,
        role: Role,
        *,
        name: str,
        speaker: str,
        declared: Declared = Declared(),  # noqa: B008  (it is frozen)
    ) -> Added:
        facts = ""

        def look(copy: Path) -> None:
            nonlocal facts
            if role.is_recording:
                facts = require_sound(copy, max_hours=self.case_file.settings.max_hours)
            elif role is Role.TRANSCRIPT:
                facts = saying.read_file(copy).in_short

        stored = self._folder.receive(file, check=look)
        is_new = self._folder.add(
            stored, name=name, role=role, speaker=speaker, facts=facts, declared=declared
        )
        return Added(name, stored.sha256, stored.size, facts, is_new)

    def withdraw(self, wanted: str) -> str:
        """Take an exhibit's roles away, by its name or the beginning of its hash; give the hash.

        Its bytes and its history stay in the case; adding the file again undoes this.

        Raises
        ------
        UnknownExhibit
        """
        sha256 = self.exhibit(wanted).sha256
        self._folder.withdraw(sha256)
        return sha256

    def set_regions(self, wanted: str, regions: str, *, role: Role | str = Role.QUESTIONED) -> str:
        """Say which parts of a recording are the speaker's; give the regions as they were noted.

        Parameters
        ----------
        wanted : str
            The recording, by its name or the beginning of its hash.
        regions : str
            Such as ``12.5-30, 45-60``, in seconds; empty for all of it.
        role : Role

        Raises
        ------
        UnknownExhibit, BadParameter
        """
        noted = regions_text(read_regions(regions)) if regions else ""
        self._folder.set_regions(self._folder.find(wanted), Role(role), noted)
        return noted

    def set_parameter(self, examination: str, parameter: str, value: Parameter) -> None:
        """Set a parameter of an examination in case.toml.

        Raises
        ------
        UnknownExamination, BadParameter
        """
        found = find_examination(examination)
        checked = found.parameters({parameter: value})[parameter]
        self._folder.set_parameter(found.name, parameter, checked)

    def change(
        self,
        *,
        title: str | None = None,
        claims: Mapping[str, str] | None = None,
        settings: Mapping[str, float] | None = None,
    ) -> None:
        """Change what case.toml says of the case as a whole; comments and order in it are kept.

        Raises
        ------
        BadCaseFile
            If a value is not allowed; nothing is changed then.
        """
        self._folder.change(title=title, claims=claims or {}, settings=settings or {})


def require_sound(path: Path, *, max_hours: float) -> str:
    """What kind of sound a file holds; raises if there is none, or more than is allowed."""
    tags = read_structure(path).tag_count
    if tags > MAX_TAGS:  # FFmpeg takes time by the square of them
        raise NotARecording(
            "the file holds more tags than any recording",
            got=f"{tags:,} tags",
            expected=f"at most {MAX_TAGS:,}",
            do="to keep it in the case all the same, add it with --as document",
        )
    found = probe(path)
    says_too_long = (found.header_duration_s or 0.0) > max_hours * 3600
    for _ in decode(path, max_hours=max_hours):
        if not says_too_long:
            break  # there is sound in it; a header that says "too long" is checked to the end
    return f"{found.codec} in {found.container}, {found.sample_rate_hz} Hz"

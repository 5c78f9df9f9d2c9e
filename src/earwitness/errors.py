"""What can go wrong, as one tree. Each error says what, what was got, what was expected, what to do.

EarwitnessError
├── CaseError
│   ├── CaseNotFound        the folder holds no case
│   ├── CaseExists          a case is there already
│   ├── CaseDamaged         a part of the case cannot be read
│   ├── CaseTooNew          written by a later version of earwitness
│   └── BadCaseFile         case.toml does not say what it should
├── StoreError              the database server can't do what was asked
│   ├── StoreUnreachable    it does not answer, refuses, or went away meanwhile
│   ├── JobTakenOver        a worker was slow or cut off, and another does its job
│   └── StoreNotReady       its tables are missing or of another version, or its role sees too much
├── ExhibitError
│   ├── NotAFile            a folder, link, pipe or device was given
│   ├── UnreadableFile      the file is missing, or may not be read
│   ├── EmptyFile           the file has no bytes
│   ├── NotARecording       nothing in the file can be heard
│   ├── BadTranscript       a transcript is damaged, or in no format that is known
│   ├── ExhibitAltered      an exhibit's bytes are not those that were received
│   ├── UnknownExhibit      no exhibit of the case goes by that name or hash
│   └── BadMark             a mark lies outside of its recording, or is not there
├── DecodeError             the sound could not be decoded
│   └── TooLong             it decodes to more hours than were allowed
├── DossierError            the dossier can't do what was asked
│   ├── DocumentError       a document can't be read as text
│   ├── BadStatement        a statement does not hold together
│   └── ModelUnreachable    a language model that was asked for does not answer as it should
├── MethodError
│   ├── UnknownExamination  no examination goes by that name
│   └── BadParameter        a parameter of an examination is unknown or out of range
├── ArchiveError
│   ├── ArchiveNotFound     the folder holds no archive
│   ├── ArchiveDamaged      a part of the archive is missing, or its bytes have changed
│   ├── ArchiveTooNew       written by a later version of earwitness
│   ├── ArchiveBusy         another process is changing the archive
│   └── ArchiveNotWritten   the disk is full, or may not be written
├── EngineError             a cluster can't do the work that it was given
│   ├── EngineUnreachable   it does not answer, has no workers, or went away meanwhile
│   └── EngineUnfit         its workers have other versions, don't see the files, or were lost
├── GridError
│   ├── GridNotFound        the folder holds no record of a grid
│   ├── GridDamaged         a part of the record is missing, or its bytes have changed
│   └── BadGridRecord       a file is not in the layout that it should be in; the line is named
├── PublicationError        a case can't be published or handed over as was asked
│   ├── BadRedaction        a redaction names nothing that could be left out
│   ├── BadBag              a bag is incomplete or altered, or holds what it should not
│   └── StampRefused        an authority gave no time stamp, or a stamp does not hold
├── DeskError               the desk, which is the web page, can't do what was asked
│   ├── NoAccounts          it is to be reached from elsewhere, and nobody has an account
│   └── BadAccount          an account's name, password or role is refused, or unknown
├── MissingPart             an optional package, model or data file is not installed
└── WorkerDied              the process that examined was ended from outside, or crashed
"""

from __future__ import annotations


class EarwitnessError(Exception):
    """The root of all errors that earwitness raises on purpose.

    Parameters
    ----------
    what : str
        What went wrong, as a sentence without a full stop.
    got, expected, do : str
        What was found, what should have been there, and what the reader can do; each may be empty.
    """

    def __init__(self, what: str, *, got: str = "", expected: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.got = got
        self.expected = expected
        self.do = do

    def __str__(self) -> str:
        parts = [self.what]
        if self.got:
            parts.append(f"got {self.got}")
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.do:
            parts.append(self.do)
        return "; ".join(parts)


class CaseError(EarwitnessError):
    """Something about a case as a whole."""


class CaseNotFound(CaseError):
    """The folder holds no case."""


class CaseExists(CaseError):
    """A case is there already."""


class CaseDamaged(CaseError):
    """A part of the case cannot be read."""


class CaseTooNew(CaseError):
    """The case, or the server that holds it, was written by a later version of earwitness."""


class BadCaseFile(CaseError):
    """case.toml does not say what it should."""


class StoreError(EarwitnessError):
    """The database server that holds cases can't do what was asked."""


class StoreUnreachable(StoreError):
    """The database server does not answer, refuses, or went away in the midst of an act."""


class StoreNotReady(StoreError):
    """The server's tables are missing or of another version, or its role sees every desk's rows."""


class JobTakenOver(StoreError):
    """A worker was slow or cut off, so another has its job; what the first reached is not kept."""


class ExhibitError(EarwitnessError):
    """Something about one file that was, or should become, an exhibit."""


class NotAFile(ExhibitError):
    """A folder, link, pipe or device was given where a file was expected."""


class UnreadableFile(ExhibitError):
    """The file is missing, or may not be read."""


class EmptyFile(ExhibitError):
    """The file has no bytes."""


class NotARecording(ExhibitError):
    """Nothing in the file can be heard."""


class BadTranscript(ExhibitError):
    """A transcript is damaged, or in no format that is known; the line is named."""


class ExhibitAltered(ExhibitError):
    """An exhibit's bytes are not those that were received."""


class UnknownExhibit(ExhibitError):
    """No exhibit of the case goes by that name or hash."""


class BadMark(ExhibitError):
    """A mark lies outside of its recording, ends before it begins, or is not there."""


class DecodeError(EarwitnessError):
    """The sound could not be decoded."""


class TooLong(DecodeError):
    """The recording decodes to more hours than were allowed."""


class DossierError(EarwitnessError):
    """The dossier can't do what was asked: no such statement or act, or it was undone already."""


class DocumentError(DossierError):
    """A document can't be read as text: it is too large, encrypted, damaged or empty."""


class BadStatement(DossierError):
    """A statement does not hold together: a date that ends before it begins, an empty subject."""


class ModelUnreachable(DossierError):
    """A language model that a person asked for is not allowed, silent, or answers nonsense."""


class MethodError(EarwitnessError):
    """Something about an examination's name or parameters."""


class UnknownExamination(MethodError):
    """No examination goes by that name."""


class BadParameter(MethodError):
    """A parameter of an examination is unknown or out of range."""


class ArchiveError(EarwitnessError):
    """Something about a fingerprint archive."""


class ArchiveNotFound(ArchiveError):
    """The folder holds no archive."""


class ArchiveDamaged(ArchiveError):
    """A part of the archive is missing, or its bytes have changed."""


class ArchiveTooNew(ArchiveError):
    """The archive was written by a later version of earwitness."""


class ArchiveBusy(ArchiveError):
    """Another process is changing the archive."""


class ArchiveNotWritten(ArchiveError):
    """The archive could not be written: the disk is full, or may not be written."""


class EngineError(EarwitnessError):
    """A cluster can't do the work that it was given."""


class EngineUnreachable(EngineError):
    """The cluster does not answer, has no workers, or went away meanwhile."""


class EngineUnfit(EngineError):
    """The cluster's workers have other versions, don't see the files, or were lost over them."""


class GridError(EarwitnessError):
    """Something about a record of mains frequency."""


class GridNotFound(GridError):
    """The folder holds no record of a grid."""


class GridDamaged(GridError):
    """A part of the record is missing, or its bytes have changed."""


class BadGridRecord(GridError):
    """A file is not in the layout that it should be in; the line is named."""


class PublicationError(EarwitnessError):
    """A case can't be published or handed over as was asked."""


class BadRedaction(PublicationError):
    """A redaction names nothing that could be left out, or there is none of that number."""


class BadBag(PublicationError):
    """A bag is incomplete or altered, or holds what it should not."""


class StampRefused(PublicationError):
    """An authority gave no time stamp, or a stamp does not hold."""


class DeskError(EarwitnessError):
    """The desk, which is the web page, can't do what was asked."""


class NoAccounts(DeskError):
    """The desk is to be reached from other machines, and nobody has an account for it."""


class BadAccount(DeskError):
    """An account's name, password or role is refused, or nobody goes by that name."""


class MissingPart(EarwitnessError):
    """An optional package, model or data file is not installed."""


class WorkerDied(EarwitnessError):
    """The process that examined was ended from outside, or crashed."""

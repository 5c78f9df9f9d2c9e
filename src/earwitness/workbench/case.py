"""One case with all that can be done with it; each subject has its own file beside this one."""

from __future__ import annotations

from earwitness.workbench.documents import DocumentActs
from earwitness.workbench.places import PlaceActs
from earwitness.workbench.queued import JobActs
from earwitness.workbench.replaying import ReplayActs
from earwitness.workbench.reports import ReportActs
from earwitness.workbench.storing import StoringActs
from earwitness.workbench.words import WordActs


class Case(WordActs, DocumentActs, PlaceActs, JobActs, ReplayActs, ReportActs, StoringActs):
    """One case, opened by one person. Make it with ``open``, ``new`` or ``beside``."""

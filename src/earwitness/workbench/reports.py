"""What a case says to others: its report, what is published of it, and whether it is whole."""

from __future__ import annotations

import hashlib
from pathlib import Path

from earwitness import checking, reporting
from earwitness.atomic import write_whole
from earwitness.checking import Verification
from earwitness.examinations import examination_of_outcome, find_examination, newest_examinations
from earwitness.publishing import Publication
from earwitness.report import ReportData, assemble, render, render_summary
from earwitness.workbench.examining import ExaminingActs
from earwitness.workbench.opened import verify


class ReportActs(ExaminingActs):
    """Reporting, publishing, verifying."""

    @property
    def publication(self) -> Publication:
        """What leaves the case: redactions, reviews, exports, time stamps."""
        return Publication(self._folder, self.report_data, self.outcomes)

    def report_data(self) -> ReportData:
        """Everything that a report says, as data.

        Raises
        ------
        CaseDamaged
            If the log, the exhibits and the outcomes do not agree: nothing is reported then.
        BadRedaction
            If case.toml redacts a passage of something that is no exhibit.
        """
        checking.require_intact_log(self._folder)
        tasks = {(task.exhibit.sha256, task.method): task for task in self._tasks(self._chosen(()))}
        outcomes = self.outcomes()
        keys = {identity: task.key for identity, task in tasks.items()}
        done = {(each.exhibit, examination_of_outcome(each.method).family) for each in outcomes}
        case_file, exhibits, custody = self.case_file, self.exhibits, self.custody
        data = assemble(
            case_file=case_file,
            exhibits=exhibits,
            outcomes=outcomes,
            stale={
                each.number
                for each in outcomes
                if keys.get((each.exhibit, each.method), each.key) != each.key
            },
            missing=[
                (sha256, method)
                for sha256, method in tasks
                if (sha256, find_examination(method).family) not in done
            ],
            examinations={
                **newest_examinations(),
                **{e.method: examination_of_outcome(e.method) for e in outcomes},
            },
            custody=custody,
        )
        return reporting.finished(
            data, case_file=case_file, exhibits=exhibits, outcomes=outcomes, entries=custody
        )

    def report(self, form: str = "html", *, to: Path | None = None, summary: bool = False) -> Path:
        """Write the report; give its path.

        The same evidence, outcomes and version of earwitness give the same bytes.

        Parameters
        ----------
        form : str
            ``html``, ``pdf`` or ``json``.
        to : Path, optional
            Where; by default ``reports/`` in the case.
        summary : bool
            Only the page for editors, as HTML or PDF.

        Raises
        ------
        MissingPart
            If it is to be a PDF, and the extra ``pdf`` is not installed.
        """
        content = (render_summary if summary else render)(self.report_data(), form)
        path = to or self.path / "reports" / f"{'summary' if summary else 'report'}.{form}"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
        digest = hashlib.sha256(content).hexdigest()
        details = {"form": form, "sha256": digest} | ({"summary": True} if summary else {})
        self._folder.act("report", changes=False, details=details)
        return path

    def verify(self) -> Verification:
        """Check that nothing in the case was altered, removed or slipped in; changes nothing."""
        return verify(self.path)

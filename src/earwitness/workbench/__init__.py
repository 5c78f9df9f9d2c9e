"""The workbench: open a case, add exhibits, examine, report, verify, replay.

Everything that the command line and the web page do, they do through this module, so it is also
the Python API::

    import earwitness

    case = earwitness.new("tape.case", questioned=["tape.opus"])
    for ended in case.examine():
        print(ended.method, ended.outcome.kind)
    case.report("html")
"""

from __future__ import annotations

from earwitness.workbench.case import Case
from earwitness.workbench.examining import OnEvent
from earwitness.workbench.exhibits import MAX_TAGS
from earwitness.workbench.opened import this_user, verify
from earwitness.workbench.opening import beside, new, open, open_bag, title_of
from earwitness.workbench.results import Added, Drafted, Listening, Refused, Replayed
from earwitness.workbench.storing import back_up, jobs, prepare_store, restore

__all__ = [
    "MAX_TAGS",
    "Added",
    "Case",
    "Drafted",
    "Listening",
    "OnEvent",
    "Refused",
    "Replayed",
    "back_up",
    "beside",
    "jobs",
    "new",
    "open",
    "open_bag",
    "prepare_store",
    "restore",
    "this_user",
    "title_of",
    "verify",
]

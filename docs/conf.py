"""How the documentation is built. What can be read from the program is not written by hand."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

import earwitness

project = "earwitness"
author = "the earwitness contributors"
project_copyright = author
version = release = earwitness.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "earwitness_docs"]
exclude_patterns = ["_build", "_ext", "examples"]
templates_path: list[str] = []
smartquotes = False  # "--as" is not a dash

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_param = False  # "path" is a word there, not a property to link to

html_theme = "furo"
html_title = f"earwitness {release}"
html_extra_path = ["report.schema.json"]
html_show_sphinx = False
html_copy_source = False

"""How the documentation is built: Sphinx, MyST, Furo. Build it with `sphinx-build -W docs docs/_build`."""

from __future__ import annotations

import udaemon

project = "udaemon"
author = "the udaemon authors"
copyright = author
version = release = udaemon.__version__

extensions = ["myst_parser", "sphinxcontrib.mermaid"]
exclude_patterns = ["_build", "changes/*.md", "decisions/template.md"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_fence_as_directive = ["mermaid"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "udaemon"

"""Sphinx settings for these pages."""

import sys
from pathlib import Path

from twisted_auction import __version__

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "twisted-auction"
author = "The twisted-auction developers"
project_copyright = f"2026, {author}"
version = release = __version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.viewcode", "messages"]
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {"description": "An auctioneer that one command deploys", "page_width": "60em"}

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {"members": True, "show-inheritance": True}

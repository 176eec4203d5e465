"""The two programs beside the plugin, which are no package of the hub's."""

from __future__ import annotations

import importlib
import sys

from tests.plugin.php import PLUGIN

sys.path.insert(0, str(PLUGIN.parents[1]))
try:
    words = importlib.import_module("words")
    build = importlib.import_module("build")
finally:
    sys.path.pop(0)

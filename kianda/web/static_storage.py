"""Collected files under names that hold their content, in the imports of our modules too."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

# `import "./a.js";` and `import {b} from "../page/a.js";`, in what we have written: others'
# comments hold things that look like them. The star stands for folders too.
_IMPORTS = (
    "kianda/js/*.js",
    (
        (r"""(?P<matched>import\s*["'](?P<url>\.\.?/[^"'\s]+)["'];)""", 'import "%(url)s";'),
        (
            r"""(?P<matched>(?P<what>(?:import|export)\s[^;"']+?\sfrom)\s*["'](?P<url>\.\.?/[^"'\s]+)["'];)""",
            '%(what)s "%(url)s";',
        ),
    ),
)


class LastingNames(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise's own has no types
    """As WhiteNoise's own, with the imports of our modules rewritten.

    Else a module that a page names and another module imports would be loaded, and run, twice.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, _IMPORTS)
    # The name of a module settles after those of all that it imports: as the disk lists the files,
    # a pass may settle one link of the longest chain only. Passes end once nothing changes.
    max_post_process_passes = 50

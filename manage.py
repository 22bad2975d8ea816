#!/usr/bin/env python
"""Django's command-line door."""

import os
import signal
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kianda.settings")
    if sys.argv[1:2] == ["serve"]:
        # Ctrl-C during the imports: nothing runs that would have to be ended, so no traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A wrong setting: the sentence says which one and what to write; a traceback would hide it.
        sys.exit(str(error))


if __name__ == "__main__":
    main()

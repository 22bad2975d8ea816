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
        from kianda.serve.output import make_steady

        make_steady()
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import Error

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A wrong setting: the sentence says which one and what to write; a traceback would hide it.
        sys.exit(str(error))
    except (OSError, Error) as error:
        from kianda.ops.start_checks import sentence_of

        sentence = sentence_of(error)
        if sentence is None or "--traceback" in sys.argv:
            raise
        sys.exit(sentence)


if __name__ == "__main__":
    main()

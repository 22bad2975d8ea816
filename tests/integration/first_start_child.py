"""A first start in a process that kills itself at its n-th step; at number 0 it ends.

A step is a statement of the database, or something that is done to a file of the data directory.
"""

import io
import os
import signal
import sys
from typing import Any

number, folder = int(sys.argv[1]), os.environ["KIANDA_DATA_DIR"]
# Or at the statement that has this value.
value = sys.argv[2] if len(sys.argv) > 2 else None
seen = 0
FILES = {"open", "os.link", "os.mkdir", "os.remove", "os.rename"}


def step(values: Any = ()) -> None:
    global seen
    seen += 1
    if seen == number or (value and value in values):
        os.kill(os.getpid(), signal.SIGKILL)


def on_event(event: str, words: Any) -> None:
    if event in FILES and str(words[0]).startswith(folder):
        step()


def on_statement(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
    step(params or ())
    return execute(sql, params, many, context)


def main() -> None:
    sys.argv = ["manage.py", "serve", "--set-up"]
    sys.addaudithook(on_event)
    os.environ["DJANGO_SETTINGS_MODULE"] = "kianda.settings"
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management.base import OutputWrapper
    from django.db import connection

    from kianda.serve import first_start

    said = io.StringIO()
    with connection.execute_wrapper(on_statement):
        first_start.prepare(out=OutputWrapper(said))
    print(said.getvalue())
    print("steps:", seen)
    password = said.getvalue().partition("the password is ")[2].split("\n")[0]
    print("password holds:", User.objects.get().check_password(password))


if __name__ == "__main__":
    main()

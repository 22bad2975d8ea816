"""`python -m kianda.sandbox`: the sandbox alone, without Django."""

import argparse
import os
from pathlib import Path

from kianda.sandbox.server import serve


def main() -> None:
    """Serve from the data directory until stopped."""
    os.umask(0o077)
    parser = argparse.ArgumentParser(prog="python -m kianda.sandbox", description=__doc__)
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(os.environ.get("KIANDA_DATA_DIR") or "var"),
        help="folder of sandbox.sqlite3 and sandbox.address",
    )
    serve(parser.parse_args().data_dir)


if __name__ == "__main__":
    main()

"""dbt, in a process that ends with the one that started it. Run by its path, with dbt's arguments.

Who starts it holds its stdin open, which closes even with kill -9: dbt would go on, and keep DuckDB locked.
"""

import os
from threading import Thread


def _end_with_stdin() -> None:
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    Thread(target=_end_with_stdin, daemon=True).start()
    from dbt.cli.main import cli

    cli()

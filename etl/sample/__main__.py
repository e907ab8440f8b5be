"""`python -m etl.sample`: write an invented inbox, or invented orders or points of meters."""

import sys

from etl.sample.command import main

if __name__ == "__main__":
    sys.exit(main())

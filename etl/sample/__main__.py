"""`python -m etl.sample`: write an invented inbox, or insert invented orders."""

import sys

from etl.sample.readings import main

if __name__ == "__main__":
    sys.exit(main())

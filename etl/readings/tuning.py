"""How Python runs while readings are loaded."""

import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager

GARBAGE_THRESHOLD = 100_000
SWITCH_SECONDS = 0.001


@contextmanager
def tuned_for_loading() -> Generator[None]:
    """Look for garbage seldom and switch threads often within the block."""
    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    # 300,000 files are millions of objects and no rings; looking for rings takes a tenth of the time.
    gc.set_threshold(GARBAGE_THRESHOLD, *threshold[1:])
    # Three threads with short turns: the usual 5 ms would let a batch wait as long as it takes to load.
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        sys.setswitchinterval(interval)

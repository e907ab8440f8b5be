"""The run history and its trigger, for page and API alike."""
